//! A missing and an extra record that are one: their keys differ by a cause.

use std::collections::BTreeMap;

use ledger::{Break, BreakKind, CauseStatus, FieldDifference, Record, Sides, SmolStr};

use super::{Explained, add_rival, may_be_rejected, normal_values, values};
use crate::amount::floats::id_through_double;
use crate::catalogue::CauseId;
use crate::explanation::Explanation;
use crate::prover::Prover;

/// Causes that a key shows by itself: that it is another record would be a great coincidence.
const SHOWN_BY_KEY: &[CauseId] = &[CauseId::E1, CauseId::E3, CauseId::A11];

/// Missing and extra breaks that have something in common.
#[derive(Default)]
struct Group {
    missing: Vec<usize>,
    extra: Vec<usize>,
}

/// Tells for each break whether it is one of a pair.
pub(super) fn pair(prover: &Prover, breaks: &mut [Explained]) -> Vec<bool> {
    let mut is_paired = vec![false; breaks.len()];
    let has_key = prover.terms().columns.iter().any(|column| column.is_key);
    let rest = |record: &Record| values(record, prover.others());
    let normal = |record: &Record| normal_values(record, prover.identity());
    let double = |record: &Record| through_double(&values(record, prover.identity()));
    // What has most in common comes first.
    let normal_with_rest = |record: &Record| normal(record) + "\u{2}" + &rest(record);
    let double_with_rest = |record: &Record| double(record) + "\u{2}" + &rest(record);
    pair_by(prover, breaks, &mut is_paired, normal_with_rest);
    pair_by(prover, breaks, &mut is_paired, double_with_rest);
    pair_by(prover, breaks, &mut is_paired, normal);
    pair_by(prover, breaks, &mut is_paired, double);
    if has_key {
        pair_by(prover, breaks, &mut is_paired, rest);
    }
    is_paired
}

/// Puts the long numbers of a key through a double.
fn through_double(key: &str) -> String {
    let parts: Vec<String> = key
        .split('\u{0}')
        .map(|part| {
            let is_long = part.len() > 15;
            let kept = id_through_double(part).filter(|_| is_long);
            kept.unwrap_or_else(|| part.to_owned())
        })
        .collect();
    parts.join("\u{0}")
}

/// Pairs missing with extra records that have the same text in common, where there are as many of
/// them.
fn pair_by(
    prover: &Prover,
    breaks: &mut [Explained],
    is_paired: &mut [bool],
    common: impl Fn(&Record) -> String,
) {
    let mut groups: BTreeMap<String, Group> = BTreeMap::new();
    for (at, (found, _)) in breaks.iter().enumerate() {
        if is_paired.get(at) != Some(&false) {
            continue;
        }
        match (found.kind, &found.expected, &found.actual) {
            (BreakKind::Missing, Some(record), _) => {
                groups.entry(common(record)).or_default().missing.push(at);
            }
            (BreakKind::Extra, _, Some(record)) => {
                groups.entry(common(record)).or_default().extra.push(at);
            }
            _ => {}
        }
    }
    for group in groups.into_values() {
        if group.missing.len() != group.extra.len() {
            continue;
        }
        for (missing, extra) in group.missing.into_iter().zip(group.extra) {
            if explain_pair(prover, breaks, missing, extra) {
                mark(is_paired, [missing, extra]);
            }
        }
    }
}

/// Marks two breaks as a pair.
pub(super) fn mark(is_paired: &mut [bool], pair: [usize; 2]) {
    for at in pair {
        if let Some(mark) = is_paired.get_mut(at) {
            *mark = true;
        }
    }
}

fn explain_pair(prover: &Prover, breaks: &mut [Explained], missing: usize, extra: usize) -> bool {
    let of = |at: usize| breaks.get(at).map(|(found, _)| found);
    let (Some(lost), Some(found)) = (of(missing), of(extra)) else {
        return false;
    };
    let Some(one) = as_one(lost, found) else {
        return false;
    };
    let mut explanation = prover.explain(&one, &[]);
    // A code that merely is another one would make a pair of any two records.
    let is_shown = explanation
        .causes
        .iter()
        .any(|cause| SHOWN_BY_KEY.contains(cause));
    let is_told = matches!(
        explanation.causes.first(),
        Some(cause) if crate::simplicity::rank(*cause).0 < crate::simplicity::Tier::Choice
    );
    if !is_told {
        return false;
    }
    // That they are one record and not two is never shown by what was done to it, nor by their keys where
    // one of them may have been rejected.
    let may_be_two = !is_shown
        || [missing, extra]
            .iter()
            .any(|at| may_be_rejected(breaks, *at));
    if may_be_two && explanation.status == CauseStatus::Proved {
        explanation.status = CauseStatus::Consistent;
    }
    for (at, own) in [(missing, CauseId::A1), (extra, CauseId::A9)] {
        if may_be_two && prover.knows(own) {
            add_rival(&mut explanation, own);
        }
        if let Some((_, held)) = breaks.get_mut(at) {
            let tried = std::mem::take(&mut held.tried);
            *held = Explanation {
                tried,
                ..explanation.clone()
            };
        }
    }
    true
}

/// Makes one break of two: as if the key were no key.
pub(super) fn as_one(missing: &Break, extra: &Break) -> Option<Break> {
    let (expected, actual) = (missing.expected.clone()?, extra.actual.clone()?);
    let fields = expected
        .0
        .iter()
        .filter(|(name, value)| actual.get(name) != Some(value.as_deref()))
        .map(|(name, value)| FieldDifference {
            name: name.clone(),
            expected: value.clone(),
            actual: actual.value(name).cloned(),
        })
        .collect();
    Some(Break {
        agreement: SmolStr::default(),
        kind: BreakKind::Differs,
        key: Record::default(),
        copies: Sides {
            expected: 1,
            actual: 1,
        },
        expected: Some(expected),
        actual: Some(actual),
        fields,
        difference: Vec::new(),
        source: missing.source.clone(),
        cause: ledger::CauseFound::default(),
        target: extra.target.clone(),
        alternatives: 0,
    })
}
