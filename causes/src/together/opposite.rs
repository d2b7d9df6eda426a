//! Two unknown breaks that are off by as much up as down.

use std::collections::BTreeMap;

use ledger::{Break, BreakKind, CauseStatus, Decimal};

use super::{Explained, put_first, shown_key};
use crate::catalogue::CauseId;
use crate::explanation::Says;
use crate::prover::Prover;

/// The column and the difference without its sign, with those above and those below zero.
type Off = BTreeMap<(String, Decimal), [Vec<usize>; 2]>;

pub(super) fn find(prover: &Prover, breaks: &mut [Explained]) {
    if !prover.knows(CauseId::V2) {
        return;
    }
    let mut off = Off::new();
    for (at, (found, explanation)) in breaks.iter().enumerate() {
        let is_open = explanation.status == CauseStatus::Unknown;
        let Some((column, difference)) = difference(found).filter(|_| is_open) else {
            continue;
        };
        let amount = crate::number::magnitude(difference);
        let sides = off.entry((column, amount)).or_default();
        let [above, below] = sides;
        let side = if difference.is_negative() {
            below
        } else {
            above
        };
        side.push(at);
    }
    for ((_, amount), [above, below]) in off {
        let ([one], [other]) = (above.as_slice(), below.as_slice()) else {
            continue;
        };
        let key = |at: usize| {
            breaks
                .get(at)
                .map(|(found, _)| shown_key(found))
                .unwrap_or_default()
        };
        let (first, second) = (key(*one.min(other)), key(*one.max(other)));
        let says = Says {
            en: format!("{first} and {second} are off by {amount} up and down"),
            zh: format!("{first} 与 {second} 一增一减 {amount}"),
        };
        for at in [one, other] {
            if let Some((_, explanation)) = breaks.get_mut(*at) {
                put_first(explanation, CauseId::V2, false, says.clone());
            }
        }
    }
}

/// The difference of a break that is off in one amount alone.
fn difference(found: &Break) -> Option<(String, Decimal)> {
    let [field] = found.fields.as_slice() else {
        return None;
    };
    if found.kind != BreakKind::Differs {
        return None;
    }
    let expected: Decimal = field.expected.as_deref()?.parse().ok()?;
    let actual: Decimal = field.actual.as_deref()?.parse().ok()?;
    Some((field.name.clone(), actual.checked_sub(expected)?))
}
