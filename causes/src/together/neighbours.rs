//! Breaks that stand next to each other in the order of the report.

use std::collections::BTreeMap;

use ledger::{BreakKind, CauseStatus};

use super::merge::{holder, reproduce};
use super::{Explained, add_rival, put_first};
use crate::catalogue::CauseId;
use crate::explanation::Says;
use crate::prover::Prover;

/// Neighbours on each side that may have been merged into a record.
const REACH: usize = 8;

/// Looks for a record that holds the sum of its missing neighbours, where nothing else is proved.
/// Their keys tell nothing, so that this is consistent at best.
pub(super) fn merged(prover: &Prover, breaks: &mut [Explained]) {
    if !prover.knows(CauseId::A7) {
        return;
    }
    for at in 0..breaks.len() {
        let Some((found, explanation)) = breaks.get(at) else {
            continue;
        };
        if holder(found).is_none() || explanation.status == CauseStatus::Proved {
            continue;
        }
        let Some((lost, says)) = neighbours(prover, breaks, at) else {
            continue;
        };
        for at in lost {
            if let Some((_, explanation)) = breaks.get_mut(at) {
                add_rival(explanation, CauseId::A7);
            }
        }
        if let Some((_, explanation)) = breaks.get_mut(at) {
            put_first(explanation, CauseId::A7, false, says);
        }
    }
}

/// Finds the missing records around a place whose amounts add up to what the record has too much.
fn neighbours(prover: &Prover, breaks: &[Explained], at: usize) -> Option<(Vec<usize>, Says)> {
    let is_missing = |at: &usize| {
        breaks.get(*at).is_some_and(|(found, explanation)| {
            found.kind == BreakKind::Missing && explanation.status != CauseStatus::Proved
        })
    };
    let after: Vec<usize> = (at.saturating_add(1)..breaks.len())
        .take(REACH)
        .take_while(is_missing)
        .collect();
    let before: Vec<usize> = (0..at).rev().take(REACH).take_while(is_missing).collect();
    for side in [&after, &before] {
        for count in 1..=side.len() {
            let lost = side.get(..count)?;
            if let Some(says) = reproduce(prover, breaks, at, lost) {
                return Some((lost.to_vec(), says));
            }
        }
    }
    let both: Vec<usize> = before.into_iter().chain(after).collect();
    let says = reproduce(prover, breaks, at, &both)?;
    Some((both, says))
}

/// Looks for records that were split at a line end: the rest of a text is an extra record. What is
/// proved already, and what is one of a pair, is a record of its own.
pub(super) fn split_lines(prover: &Prover, breaks: &mut [Explained], is_paired: &[bool]) {
    if !prover.knows(CauseId::E2) {
        return;
    }
    let mut rests: BTreeMap<String, usize> = BTreeMap::new();
    for (at, (found, _)) in breaks.iter().enumerate() {
        let values = found.expected.iter().flat_map(|record| &record.0);
        for text in values.filter_map(|(_, value)| value.as_deref()) {
            if let Some((_, rest)) = text.split_once(['\n', '\r']) {
                let rest = rest.trim();
                if !rest.is_empty() && found.kind != BreakKind::Extra {
                    rests.insert(rest.to_owned(), at);
                }
            }
        }
    }
    if rests.is_empty() {
        return;
    }
    for (at, (found, explanation)) in breaks.iter_mut().enumerate() {
        let is_known =
            explanation.status == CauseStatus::Proved || is_paired.get(at) == Some(&true);
        let is_extra = found.kind == BreakKind::Extra && !is_known;
        let values = found
            .actual
            .iter()
            .filter(|_| is_extra)
            .flat_map(|record| &record.0);
        let rest = values
            .filter_map(|(_, value)| value.as_deref())
            .find(|text| rests.contains_key(text.trim()));
        if let Some(rest) = rest {
            let says = Says {
                en: format!("it is the rest of a text that holds a line end: {rest}"),
                zh: format!("是含换行文本的后半部分：{rest}"),
            };
            put_first(explanation, CauseId::E2, false, says);
        }
    }
}
