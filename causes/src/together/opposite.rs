//! Two unknown breaks that are off by as much up as down.

use std::collections::BTreeMap;

use ledger::{Break, BreakKind, CauseStatus, Decimal, SmolStr};

use super::{Explained, add_rival, put_first, shown_key};
use crate::catalogue::CauseId;
use crate::explanation::{Explanation, Says};
use crate::prover::Prover;

/// The column and the difference without its sign, with those above and those below zero.
type Off = BTreeMap<(SmolStr, Decimal), [Vec<usize>; 2]>;

pub(super) fn find(prover: &Prover, breaks: &mut [Explained]) {
    if !prover.knows(CauseId::V2) {
        return;
    }
    let mut off = Off::new();
    for (at, (found, _)) in breaks.iter().enumerate() {
        let Some((column, difference)) = difference(prover, found) else {
            continue;
        };
        let amount = crate::number::magnitude(difference);
        let [above, below] = off.entry((column, amount)).or_default();
        let side = if difference.is_negative() {
            below
        } else {
            above
        };
        side.push(at);
    }
    for ((_, amount), [above, below]) in off {
        for (one, other) in above.iter().zip(&below) {
            explain(prover, breaks, *one, *other, amount);
        }
    }
}

/// Names the pair where nothing else is known of it, or beside what is. Two records that are proved
/// to have the same cause compensate each other, and that is no other cause.
fn explain(prover: &Prover, breaks: &mut [Explained], one: usize, other: usize, amount: Decimal) {
    let of = |at: usize| breaks.get(at);
    let (Some((first, why)), Some((second, other_why))) = (of(one.min(other)), of(one.max(other)))
    else {
        return;
    };
    let is_proved = |why: &Explanation| why.status == CauseStatus::Proved;
    let is_swap = |why: &Explanation| {
        why.causes.contains(&CauseId::A10) || why.rivals.contains(&CauseId::A10)
    };
    let are_alike = why.causes == other_why.causes;
    if are_alike && (is_proved(why) && is_proved(other_why) || is_swap(why) && is_swap(other_why)) {
        return;
    }
    let (first, second) = (shown_key(first), shown_key(second));
    let says = Says {
        en: format!("{first} and {second} are off by {amount} up and down"),
        zh: format!("{first} 与 {second} 一增一减 {amount}"),
    };
    for at in [one, other] {
        let Some((_, explanation)) = breaks.get_mut(at) else {
            continue;
        };
        if explanation.status == CauseStatus::Unknown {
            put_first(explanation, CauseId::V2, false, says.clone());
            // Whoever changes an amount by hand may change another one so that the total stays.
            if prover.knows(CauseId::M2) {
                add_rival(explanation, CauseId::M2);
            }
        } else {
            add_rival(explanation, CauseId::V2);
        }
    }
}

/// The difference of a break that is off in one amount alone. To a total, no amount is none.
fn difference(prover: &Prover, found: &Break) -> Option<(SmolStr, Decimal)> {
    let [field] = found.fields.as_slice() else {
        return None;
    };
    if found.kind != BreakKind::Differs {
        return None;
    }
    let is_money = prover.money().any(|column| column.name == field.name);
    let value = |text: Option<&str>| match text {
        Some(text) => text.parse().ok(),
        None => is_money.then_some(Decimal::ZERO),
    };
    let expected = value(field.expected.as_deref())?;
    let actual = value(field.actual.as_deref())?;
    Some((field.name.clone(), actual.checked_sub(expected)?))
}
