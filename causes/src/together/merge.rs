//! Several records that became one, since their keys fell together.

use std::collections::BTreeMap;

use ledger::{Break, BreakKind, CauseStatus, Decimal, Record};

use super::{Explained, add_rival, may_be_rejected, normal_values, put_first, shown_key, values};
use crate::catalogue::CauseId;
use crate::explanation::Says;
use crate::prover::Prover;

/// Records that may become one.
const MERGED_MAX: usize = 64;
/// Missing records of which two may add up to a difference: with more, some two nearly always do.
const PAIRED_MAX: usize = 64;

/// Looks for records whose keys are the same once they are normalised, or cut to the target's key.
pub(super) fn by_key(prover: &Prover, breaks: &mut [Explained]) {
    if !prover.knows(CauseId::A7) || prover.money().next().is_none() {
        return;
    }
    let mut missing: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (at, (found, _)) in breaks.iter().enumerate() {
        if let (BreakKind::Missing, Some(record)) = (found.kind, &found.expected) {
            let key = normal_values(record, prover.identity());
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
        let key = normal_values(record, prover.identity());
        let alike = missing
            .get(&key)
            .filter(|alike| alike.len() <= MERGED_MAX)
            .cloned()
            .unwrap_or_default();
        // A key that was cut is the beginning of the keys that it was.
        let beginning = key.trim_end_matches('\u{0}').to_owned();
        let longer: Vec<usize> = missing
            .range(beginning.clone()..)
            .take_while(|(key, _)| key.starts_with(&beginning) && !beginning.is_empty())
            .flat_map(|(_, at)| at.iter().copied())
            .take(MERGED_MAX.saturating_add(1))
            .collect();
        for lost in [alike, longer] {
            if settle(prover, breaks, at, &lost) {
                break;
            }
        }
    }
}

/// Looks for a record that is off by the amounts of one missing record, or of two where few are
/// missing. Their keys tell nothing, so that this is consistent at best, and no record went into
/// another that is proved to be there under a key of its own.
pub(super) fn by_amount(prover: &Prover, breaks: &mut [Explained]) {
    if !prover.knows(CauseId::A7) {
        return;
    }
    let mut missing: BTreeMap<Vec<Decimal>, Vec<usize>> = BTreeMap::new();
    for (at, (found, explanation)) in breaks.iter().enumerate() {
        let is_open = found.kind == BreakKind::Missing && explanation.status != CauseStatus::Proved;
        let lost = found.expected.as_ref().filter(|_| is_open);
        if let Some(amounts) = lost.and_then(|record| amounts(prover, record)) {
            missing.entry(amounts).or_default().push(at);
        }
    }
    for at in 0..breaks.len() {
        let Some((lost, says)) = lost_in(prover, breaks, at, &missing) else {
            continue;
        };
        for at in lost {
            if let Some((_, explanation)) = breaks.get_mut(at) {
                add_rival(explanation, CauseId::A7);
            }
        }
        let Some((_, explanation)) = breaks.get_mut(at) else {
            continue;
        };
        if explanation.status == CauseStatus::Unknown {
            put_first(explanation, CauseId::A7, false, says);
        } else {
            add_rival(explanation, CauseId::A7);
        }
    }
}

/// The missing records that a record that differs may hold, where there is no choice of them.
fn lost_in(
    prover: &Prover,
    breaks: &[Explained],
    at: usize,
    missing: &BTreeMap<Vec<Decimal>, Vec<usize>>,
) -> Option<(Vec<usize>, Says)> {
    let (found, explanation) = breaks.get(at)?;
    let is_open = found.kind == BreakKind::Differs && explanation.status != CauseStatus::Proved;
    if missing.is_empty() || !is_open {
        return None;
    }
    let off = off(prover, found)?;
    let lost = match missing.get(&off).map(Vec::as_slice) {
        Some([one]) => vec![*one],
        Some(_) => return None,
        None => two_of(missing, &off)?,
    };
    let says = reproduce(prover, breaks, at, &lost)?;
    Some((lost, says))
}

/// The amounts of a record, where nothing counts as zero; none where it has no amount at all, or
/// one that is none.
fn amounts(prover: &Prover, record: &Record) -> Option<Vec<Decimal>> {
    let mut has_amount = false;
    let amounts = prover
        .money()
        .map(|column| match record.get(&column.name).flatten() {
            Some(text) => {
                has_amount = true;
                text.parse().ok()
            }
            None => Some(Decimal::ZERO),
        })
        .collect::<Option<_>>()?;
    has_amount.then_some(amounts)
}

fn off(prover: &Prover, found: &Break) -> Option<Vec<Decimal>> {
    let expected = amounts(prover, found.expected.as_ref()?)?;
    let actual = amounts(prover, found.actual.as_ref()?)?;
    minus(&actual, &expected)
}

fn minus(one: &[Decimal], other: &[Decimal]) -> Option<Vec<Decimal>> {
    one.iter()
        .zip(other)
        .map(|(one, other)| one.checked_sub(*other))
        .collect()
}

/// Finds two missing records whose amounts add up, where there is no choice.
fn two_of(missing: &BTreeMap<Vec<Decimal>, Vec<usize>>, off: &[Decimal]) -> Option<Vec<usize>> {
    if missing.len() > PAIRED_MAX {
        return None;
    }
    let mut pairs = missing.iter().filter_map(|(amounts, ones)| {
        let others = missing.get(&minus(off, amounts)?)?;
        match (ones.as_slice(), others.as_slice()) {
            ([one], [other]) if one < other => Some(vec![*one, *other]),
            _ => None,
        }
    });
    let pair = pairs.next()?;
    pairs.next().is_none().then_some(pair)
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
    if lost.iter().any(|at| adds_nothing(prover, breaks, *at)) {
        // That a sum is right proves nothing of what adds nothing to it.
        for at in lost.iter().copied().chain([at]) {
            if let Some((_, explanation)) = breaks.get_mut(at) {
                add_rival(explanation, CauseId::A7);
            }
        }
        return false;
    }
    // What is proved of one of them alone gives the same, and so may what fits the record that is off.
    let all: Vec<usize> = lost.iter().copied().chain([at]).collect();
    let is_rival = all.iter().any(|at| is_proved_otherwise(breaks, *at));
    let is_open = fits_otherwise(breaks, at)
        || begins_alone(prover, breaks, at, lost)
        || all.iter().any(|at| may_be_rejected(breaks, *at))
        || !holds_labels_of_one(prover, breaks, at, lost);
    let is_proved = !is_rival && !is_open;
    for at in all {
        let Some((_, explanation)) = breaks.get_mut(at) else {
            continue;
        };
        if is_rival && explanation.status != CauseStatus::Unknown {
            add_rival(explanation, CauseId::A7);
        } else {
            put_first(explanation, CauseId::A7, is_proved, says.clone());
        }
    }
    true
}

fn is_proved_otherwise(breaks: &[Explained], at: usize) -> bool {
    breaks.get(at).is_some_and(|(_, explanation)| {
        explanation.status == CauseStatus::Proved && explanation.causes != [CauseId::A7]
    })
}

/// Says whether another cause fits a record that differs; that it was changed later fits anything.
fn fits_otherwise(breaks: &[Explained], at: usize) -> bool {
    breaks.get(at).is_some_and(|(found, explanation)| {
        let is_told = !matches!(
            explanation.causes.as_slice(),
            [] | [CauseId::A7 | CauseId::T8]
        );
        found.kind == BreakKind::Differs && is_told
    })
}

/// Says whether nothing but the beginnings of keys tells that records fell together with one that is
/// there under a key of its own: of `1` and `10` that is no proof.
fn begins_alone(prover: &Prover, breaks: &[Explained], at: usize, lost: &[usize]) -> bool {
    let key = |record: &Record| normal_values(record, prover.identity());
    let of = |at: usize| breaks.get(at).map(|(found, _)| found);
    let Some(found) = of(at).filter(|found| found.kind == BreakKind::Differs) else {
        return false;
    };
    let own = holder(found).map(key);
    let is_other = |at: &usize| of(*at).and_then(|lost| lost.expected.as_ref()).map(key) != own;
    lost.iter().any(is_other)
}

/// Says whether a record that is there in the place of several has all of one of them but its key and
/// its amounts; one that differs has its own.
fn holds_labels_of_one(prover: &Prover, breaks: &[Explained], at: usize, lost: &[usize]) -> bool {
    let of = |at: usize| breaks.get(at).map(|(found, _)| found);
    let Some(held) = of(at).filter(|found| found.kind == BreakKind::Extra) else {
        return true;
    };
    let labels = |record: &Record| {
        let columns = prover.terms().columns.iter();
        values(record, columns.filter(|one| !one.is_key && !one.is_money))
    };
    let held = held.actual.as_ref().map(labels);
    let parts = lost.iter().filter_map(|at| of(*at)?.expected.as_ref());
    parts.map(labels).any(|part| Some(part) == held)
}

/// Says whether all amounts of a missing record are zero.
fn adds_nothing(prover: &Prover, breaks: &[Explained], at: usize) -> bool {
    let record = breaks
        .get(at)
        .and_then(|(found, _)| found.expected.as_ref());
    record
        .and_then(|record| amounts(prover, record))
        .is_none_or(|amounts| amounts.iter().all(|amount| amount.is_zero()))
}

/// Says whether the holder has the sum of the parts in a column, and gives it. A part without an
/// amount adds nothing; where the first has none, the holder may have none either.
fn sum_held<'a>(
    parts: impl Iterator<Item = Option<&'a str>>,
    held: Option<&'a str>,
) -> Option<Option<&'a str>> {
    let parts: Vec<Option<&str>> = parts.collect();
    let Some(text) = held else {
        return parts.first()?.is_none().then_some(None);
    };
    let mut sum = Decimal::ZERO;
    for part in parts.iter().flatten() {
        sum = sum.checked_add(part.parse().ok()?)?;
    }
    let is_sum = parts.iter().any(Option::is_some) && text.parse() == Ok(sum);
    is_sum.then_some(Some(text))
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
        let own = found
            .expected
            .as_ref()
            .filter(|_| found.kind == BreakKind::Differs);
        let missing = lost
            .iter()
            .map(|at| breaks.get(*at)?.0.expected.as_ref())
            .collect::<Option<Vec<_>>>()?;
        let parts = own.into_iter().chain(missing);
        let parts = parts.map(|record| record.get(&column.name).flatten());
        if let Some(text) = sum_held(parts, actual.get(&column.name).flatten())? {
            shown.push(text.to_owned());
        }
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
        zh: format!("并入 {key}：金额合计 {sums}"),
    })
}
