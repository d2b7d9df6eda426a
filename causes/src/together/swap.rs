//! Two records that hold each other's values.

use std::collections::{BTreeMap, BTreeSet};

use ledger::{Break, BreakKind, CauseStatus, Decimal, Record, SmolStr};

use super::{Explained, add_rival, put_first, put_first_where_open, shown_key, values};
use crate::catalogue::CauseId;
use crate::explanation::Says;
use crate::naming::{self, COUNTERPARTY, PAIR, SIDE};
use crate::prover::Prover;
use crate::terms::Kind;

/// What differs on a break: the columns, and their values on one side and on the other.
type Change = (String, String);

/// Missing records of equal values that are looked at for each extra one.
const ALIKE_MAX: usize = 64;

/// Finds pairs; gives what their keys were swapped for.
pub(super) fn find(prover: &Prover, breaks: &mut [Explained]) -> BTreeSet<Apart> {
    let mut changes: BTreeMap<Change, Vec<usize>> = BTreeMap::new();
    for (at, (found, _)) in breaks.iter().enumerate() {
        if found.kind == BreakKind::Differs && !found.fields.is_empty() {
            changes.entry(change(found)).or_default().push(at);
        }
    }
    let mut pairs = Vec::new();
    let mut others = Vec::new();
    for ((from, to), ones) in &changes {
        let Some(turned) = changes.get(&(to.clone(), from.clone())) else {
            continue;
        };
        match (ones.as_slice(), turned.as_slice()) {
            ([one], [other]) => {
                if one < other {
                    pairs.push((*one, *other));
                }
            }
            _ => others.extend(ones.iter().copied()),
        }
    }
    let mut swapped = BTreeSet::new();
    for (one, other) in pairs {
        explain(prover, breaks, one, other);
        if let (Some((first, _)), Some((second, _))) = (breaks.get(one), breaks.get(other)) {
            let keys = [told_apart(first, second), told_apart(second, first)];
            swapped.extend(keys.into_iter().flatten());
        }
    }
    // Where many records change alike, any two of them may have been swapped, and none is told.
    for at in others.into_iter().filter(|_| prover.knows(CauseId::A10)) {
        if let Some((_, explanation)) = breaks.get_mut(at) {
            add_rival(explanation, CauseId::A10);
        }
    }
    swapped
}

/// The parts of two keys in which they differ, where they share another part: of legs of two vouchers
/// the vouchers.
pub(super) type Apart = (Vec<SmolStr>, Vec<SmolStr>);

fn told_apart(one: &Break, other: &Break) -> Option<Apart> {
    let values = one.key.0.iter().zip(&other.key.0);
    let (same, apart): (Vec<_>, Vec<_>) = values.partition(|(one, other)| one == other);
    let texts = apart.into_iter().map(|((_, one), (_, other))| {
        let text = |value: &Option<SmolStr>| value.clone().unwrap_or_default();
        (text(one), text(other))
    });
    (!same.is_empty()).then(|| texts.unzip())
}

/// Joins what else two vouchers swapped, where one has more legs than the other: a leg is then
/// missing in one, and the same leg is too many in the other.
pub(super) fn join(prover: &Prover, breaks: &mut [Explained], swapped: &BTreeSet<Apart>) {
    if swapped.is_empty() || !prover.knows(CauseId::A10) {
        return;
    }
    let rest = |record: &Record| values(record, prover.others());
    let mut missing: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (at, (found, _)) in breaks.iter().enumerate() {
        if let (BreakKind::Missing, Some(record)) = (found.kind, &found.expected) {
            missing.entry(rest(record)).or_default().push(at);
        }
    }
    for at in 0..breaks.len() {
        let Some((extra, _)) = breaks.get(at) else {
            continue;
        };
        let record = extra.actual.as_ref();
        let Some(record) = record.filter(|_| extra.kind == BreakKind::Extra) else {
            continue;
        };
        let alike = missing.get(&rest(record)).into_iter().flatten().copied();
        let alike = alike.take(ALIKE_MAX);
        let is_its = |other: &usize| {
            let other = breaks.get(*other).map(|(found, _)| found);
            let apart = other.and_then(|other| told_apart(extra, other));
            apart.is_some_and(|apart| swapped.contains(&apart))
        };
        let Some(other) = alike.into_iter().find(is_its) else {
            continue;
        };
        let Some((lost, _)) = breaks.get(other) else {
            continue;
        };
        let (here, there) = (shown_key(extra), shown_key(lost));
        let says = Says {
            en: format!("{here} is the leg that {there} lacks: the two hold each other's legs"),
            zh: format!("{here} 即 {there} 所缺的分录：两者分录互换"),
        };
        put_first_where_open(breaks, &[at, other], CauseId::A10, &says);
    }
}

fn change(found: &Break) -> Change {
    let (mut from, mut to) = (String::new(), String::new());
    for field in &found.fields {
        for (text, value) in [(&mut from, &field.expected), (&mut to, &field.actual)] {
            text.push_str(&field.name);
            text.push('\u{0}');
            text.push_str(value.as_deref().unwrap_or("\u{1}"));
            text.push('\u{0}');
        }
    }
    (from, to)
}

fn explain(prover: &Prover, breaks: &mut [Explained], one: usize, other: usize) {
    let of = |at: usize| breaks.get(at).map(|(found, _)| found);
    let (Some(first), Some(second)) = (of(one), of(other)) else {
        return;
    };
    let mut causes = causes(prover, first, second);
    let is_whole = hold_each_other(prover, first, second);
    let is_of_ids = causes.first() == Some(&CauseId::A10);
    let mut fields = first.fields.iter();
    let has_money = fields.any(|field| is_money(prover, &field.name));
    let mut fields = first.fields.iter();
    let has_other = fields.any(|field| !is_money(prover, &field.name));
    // Of records that are the same in all but their amounts nothing tells whether the ids changed
    // places.
    let is_told = is_whole && has_other;
    if is_of_ids && !is_told && has_money {
        // Amounts that change places leave the total as it is, and so do others that are off by as
        // much up as down, whoever or whatever changed them.
        causes.extend([CauseId::V2, CauseId::M2]);
    }
    causes.retain(|cause| prover.knows(*cause));
    let says = says(first, second);
    let Some((head, rivals)) = causes.split_first() else {
        return;
    };
    for at in [one, other] {
        let Some((_, explanation)) = breaks.get_mut(at) else {
            continue;
        };
        if explanation.status == CauseStatus::Proved {
            add_rival(explanation, *head);
        } else {
            let is_open = explanation.status == CauseStatus::Unknown;
            let is_only = is_open && is_whole && rivals.is_empty();
            put_first(explanation, *head, is_only, says.clone());
        }
        for rival in rivals {
            add_rival(explanation, *rival);
        }
    }
}

/// Says whether each of two records holds all of the other but its key, as ids that were swapped leave
/// them.
fn hold_each_other(prover: &Prover, one: &Break, other: &Break) -> bool {
    let mut others = prover.others();
    let holds = |held: &Option<Record>, of: &Option<Record>, name: &str| {
        let value = |record: &Option<Record>| Some(record.as_ref()?.get(name)?.map(str::to_owned));
        value(held).is_some() && value(held) == value(of)
    };
    others.all(|column| {
        holds(&one.actual, &other.expected, &column.name)
            && holds(&other.actual, &one.expected, &column.name)
    })
}

fn is_money(prover: &Prover, name: &str) -> bool {
    prover.money().any(|column| column.name == name)
}

/// The causes that swap what differs, the likeliest first.
fn causes(prover: &Prover, one: &Break, other: &Break) -> Vec<CauseId> {
    let kind = |name: &str| {
        let columns = &prover.terms().columns;
        columns
            .iter()
            .find(|column| column.name == name)
            .map(|column| column.kind)
    };
    let mut causes = vec![CauseId::A10];
    let is_time = |name: &str| matches!(kind(name), Some(Kind::Instant | Kind::Date));
    if one.fields.iter().all(|field| is_time(&field.name)) {
        causes.push(CauseId::T5);
    }
    // The halves of two transfers that were matched crosswise are each other's counterparties.
    let is_counterparty = |name: &str| naming::is(name, COUNTERPARTY);
    let is_linked = one.fields.iter().any(|field| naming::is(&field.name, PAIR))
        || one.fields.iter().all(|field| is_counterparty(&field.name));
    if is_linked {
        causes.push(CauseId::D6);
    }
    // Two legs of one voucher that change places are a debit and a credit that do. A voucher comes
    // first in a key of several columns.
    let [voucher, _, ..] = one.key.0.as_slice() else {
        return causes;
    };
    let (name, value) = voucher;
    let is_one_voucher = value.is_some() && other.key.get(name) == Some(value.as_deref());
    let is_side = |name: &str| is_money(prover, name) || naming::is(name, SIDE);
    if is_one_voucher && stand_on_other_sides(prover, one, other) {
        // Where nothing but the sides changed places, it is no matter of ids.
        let only_sides = one.fields.iter().all(|field| is_side(&field.name));
        let place = if only_sides { 0 } else { causes.len() };
        causes.insert(place, CauseId::D1);
    }
    causes
}

/// Says whether one leg is a debit and the other a credit: by the column that tells the side, or
/// where there is none by the signs of their amounts.
fn stand_on_other_sides(prover: &Prover, one: &Break, other: &Break) -> bool {
    let (Some(one), Some(other)) = (&one.expected, &other.expected) else {
        return false;
    };
    let columns = prover.terms().columns.iter();
    let mut sides = columns.filter(|column| naming::is(&column.name, SIDE));
    if let Some(side) = sides.next() {
        return one.get(&side.name) != other.get(&side.name);
    }
    let sign = |record: &Record, name: &str| {
        let amount: Option<Decimal> = record.get(name).flatten()?.parse().ok();
        amount.map(|amount| amount.mantissa.signum())
    };
    prover
        .money()
        .any(|column| sign(one, &column.name) != sign(other, &column.name))
}

fn says(one: &Break, other: &Break) -> Says {
    let names: Vec<&str> = one.fields.iter().map(|field| field.name.as_str()).collect();
    let (first, second) = (shown_key(one), shown_key(other));
    Says {
        en: format!(
            "{first} and {second} hold each other's {}",
            names.join(" and ")
        ),
        zh: format!("{first} 与 {second} 的 {} 互换", names.join("、")),
    }
}
