//! Several records that became one, since their keys fell together.

use std::collections::BTreeMap;

use ledger::{Break, BreakKind, Decimal, Record};

use super::{Explained, put_first, shown_key, values};
use crate::catalogue::CauseId;
use crate::explanation::Says;
use crate::prover::Prover;
use crate::text::normal_form::normalised;

/// Records that may become one.
const MERGED_MAX: usize = 1_000;

/// Looks for records whose keys are the same once they are normalised, or cut to the target's key.
pub(super) fn by_key(prover: &Prover, breaks: &mut [Explained]) {
    if !prover.knows(CauseId::A7) || prover.money().next().is_none() {
        return;
    }
    let mut missing: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (at, (found, _)) in breaks.iter().enumerate() {
        if let (BreakKind::Missing, Some(record)) = (found.kind, &found.expected) {
            let key = normalised(&values(record, prover.identity()));
            missing.entry(key).or_default().push(at);
        }
    }
    if missing.is_empty() {
        return;
    }
    for at in 0..breaks.len() {
        let Some((found, _)) = breaks.get(at) else {
            continue;
        };
        let Some(record) = holder(found) else {
            continue;
        };
        let key = normalised(&values(record, prover.identity()));
        let alike = missing.get(&key).cloned().unwrap_or_default();
        // A key that was cut is the beginning of the keys that it was.
        let beginning = key.trim_end_matches('\u{0}').to_owned();
        let longer: Vec<usize> = missing
            .range(beginning.clone()..)
            .take_while(|(key, _)| key.starts_with(&beginning) && !beginning.is_empty())
            .flat_map(|(_, at)| at.iter().copied())
            .take(MERGED_MAX)
            .collect();
        for lost in [alike, longer] {
            if settle(prover, breaks, at, &lost) {
                break;
            }
        }
    }
}

/// The record into which others may have been merged: one too many, or one whose amount is off.
pub(super) fn holder(found: &Break) -> Option<&Record> {
    match found.kind {
        BreakKind::Extra | BreakKind::Differs => found.actual.as_ref(),
        BreakKind::Missing | BreakKind::Copies => None,
    }
}

/// Names the merger where the amounts of the missing records are what the holder has too much.
pub(super) fn settle(prover: &Prover, breaks: &mut [Explained], at: usize, lost: &[usize]) -> bool {
    let Some(says) = reproduce(prover, breaks, at, lost) else {
        return false;
    };
    for at in lost.iter().copied().chain([at]) {
        if let Some((_, explanation)) = breaks.get_mut(at) {
            put_first(explanation, CauseId::A7, true, says.clone());
        }
    }
    true
}

/// Adds up what would be merged; gives the sentence where that is what the holder has.
pub(super) fn reproduce(
    prover: &Prover,
    breaks: &[Explained],
    at: usize,
    lost: &[usize],
) -> Option<Says> {
    let (found, _) = breaks.get(at)?;
    // An extra record takes the place of two at least; one that differs is one of them itself.
    let least = if found.kind == BreakKind::Extra { 2 } else { 1 };
    if lost.len() < least || lost.len() > MERGED_MAX {
        return None;
    }
    let actual = holder(found)?;
    let mut shown = Vec::new();
    for column in prover.money() {
        let amount = |record: &Record| -> Option<Decimal> {
            record.get(&column.name).flatten()?.parse().ok()
        };
        let mut sum = match &found.expected {
            Some(expected) if found.kind == BreakKind::Differs => amount(expected)?,
            _ => Decimal::ZERO,
        };
        for at in lost {
            let (missing, _) = breaks.get(*at)?;
            sum = sum.checked_add(amount(missing.expected.as_ref()?)?)?;
        }
        if amount(actual)? != sum {
            return None;
        }
        shown.push(actual.get(&column.name).flatten()?.to_owned());
    }
    let only_money_differs = found
        .fields
        .iter()
        .all(|field| prover.money().any(|column| column.name == field.name));
    if shown.is_empty() || !only_money_differs {
        return None;
    }
    let key = shown_key(found);
    let sums = shown.join(" and ");
    Some(Says {
        en: format!("merged into {key}: the amounts add up to {sums}"),
        zh: format!("并入 {key}:金额合计 {sums}"),
    })
}
