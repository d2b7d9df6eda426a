//! What each cause makes of a record in its place, by real machinery where there is any: real
//! floats, real decoders, real narrow integers.

mod amount;
mod code;
mod floats;
mod text;
mod time;

use ledger::Decimal;

use crate::cause::Cause;
use crate::draw::Draw;
use crate::naming::{self, FEE, STATUS, TYPE};
use crate::scene::Scene;
use crate::table::{Kind, Row, cell};

pub(crate) use code::columns as columns_of_codes;

/// Is what becomes of a record: columns, each with its new value.
pub(crate) type Change = Vec<(usize, Option<String>)>;

/// Gives the changes that a cause can make to a record and that can be written back, without those
/// that change nothing. Where there are too many to list, some are drawn.
pub(crate) fn outcomes(cause: Cause, scene: &Scene<'_>, row: &Row, draw: Draw) -> Vec<Change> {
    let mut changes: Vec<Change> = raw(cause, scene, row, draw)
        .into_iter()
        .filter(|change| {
            change
                .iter()
                .all(|(at, value)| scene.holds(*at, value.as_deref()))
        })
        .map(|change| effective(scene, row, change))
        .filter(|change| !change.is_empty())
        .collect();
    changes.sort();
    changes.dedup();
    changes
}

/// Says whether another cause of this crate makes the same of a record. What a run says of such a
/// damage could not be judged. A bit that turned reaches a few values of everything, and is no
/// reason to leave another cause out.
pub(crate) fn is_told_apart(cause: Cause, scene: &Scene<'_>, row: &Row, change: &Change) -> bool {
    let mut others = Cause::ALL
        .iter()
        .filter(|other| **other != cause && **other != Cause::M1);
    !others.any(|other| gives(*other, scene, row, change))
}

fn gives(cause: Cause, scene: &Scene<'_>, row: &Row, change: &Change) -> bool {
    if code::is_of_codes(cause) {
        return code::gives(cause, scene, row, change);
    }
    outcomes(cause, scene, row, Draw::of(0, "", row)).contains(change)
}

/// Leaves out the columns that keep their value.
fn effective(scene: &Scene<'_>, row: &Row, change: Change) -> Change {
    let differing = change.into_iter();
    let mut differing: Change = differing
        .filter(|(at, value)| scene.differs(*at, row, value.as_deref()))
        .collect();
    differing.sort();
    differing
}

fn raw(cause: Cause, scene: &Scene<'_>, row: &Row, draw: Draw) -> Vec<Change> {
    match cause {
        Cause::A11 => ids(scene, row),
        Cause::B10 | Cause::B11 => fees(cause, scene, row),
        Cause::B12 => other_columns(scene, row),
        Cause::B14 => nothings(scene, row),
        Cause::B16 if !is_refund(scene, row) => Vec::new(),
        Cause::D1 => sides(scene, row),
        Cause::E3 => notations(scene, row),
        Cause::T11 => other_dates(scene, row),
        _ if code::is_of_codes(cause) => code::outcomes(cause, scene, row, draw),
        _ => by_column(cause, scene, row),
    }
}

/// What a cause makes of one field, whatever stands beside it.
fn by_column(cause: Cause, scene: &Scene<'_>, row: &Row) -> Vec<Change> {
    let mut changes = Vec::new();
    for (at, column) in scene.plain() {
        let Some(text) = cell(row, at) else { continue };
        let values = match column.kind {
            Kind::Amount { scale, .. } => amount::outcomes(cause, text, scale),
            Kind::Text => text::outcomes(cause, text),
            Kind::Date => time::of_date(cause, text),
            Kind::Instant => time::of_instant(cause, text, scene.facts.get(at)),
            Kind::Number | Kind::Boolean | Kind::Other => Vec::new(),
        };
        changes.extend(values.into_iter().map(|value| vec![(at, Some(value))]));
    }
    changes
}

/// A number of a key through a double.
fn ids(scene: &Scene<'_>, row: &Row) -> Vec<Change> {
    let columns = scene.table.columns.iter().enumerate();
    let keys = columns
        .filter(|(_, column)| column.is_key && matches!(column.kind, Kind::Text | Kind::Number));
    keys.filter_map(|(at, _)| Some(vec![(at, Some(floats::id_through_double(cell(row, at)?)?))]))
        .collect()
}

/// Other notations of a text, in the key as well.
fn notations(scene: &Scene<'_>, row: &Row) -> Vec<Change> {
    let mut changes = Vec::new();
    for (at, column) in scene.table.columns.iter().enumerate() {
        let is_seen = column.is_compared || column.is_key;
        let Some(text) = cell(row, at).filter(|_| is_seen && column.kind == Kind::Text) else {
            continue;
        };
        let values = text::notations(text).into_iter();
        changes.extend(values.map(|value| vec![(at, Some(value))]));
    }
    changes
}

/// The numbers of a record that are compared, with their places.
fn numbers(scene: &Scene<'_>, row: &Row) -> Vec<(usize, Decimal)> {
    scene
        .plain()
        .filter(|(_, column)| matches!(column.kind, Kind::Amount { .. } | Kind::Number))
        .filter_map(|(at, _)| Some((at, cell(row, at)?.parse().ok()?)))
        .collect()
}

/// The amounts of a record, with their places and scales.
fn amounts(scene: &Scene<'_>, row: &Row) -> Vec<(usize, Decimal, u8)> {
    scene
        .plain()
        .filter_map(|(at, column)| match column.kind {
            Kind::Amount { scale, .. } => Some((at, cell(row, at)?.parse().ok()?, scale)),
            _ => None,
        })
        .collect()
}

fn is_fee(scene: &Scene<'_>, at: usize) -> bool {
    let column = scene.table.columns.get(at);
    column.is_some_and(|column| naming::is(&column.name, FEE))
}

/// An amount with the fee where it should be without, or the other way round (B10); a fee that was
/// taken twice (B11).
fn fees(cause: Cause, scene: &Scene<'_>, row: &Row) -> Vec<Change> {
    let mut changes = Vec::new();
    let numbers = numbers(scene, row);
    let fees = numbers
        .iter()
        .filter(|(at, fee)| is_fee(scene, *at) && !fee.is_zero());
    for (of_fee, fee) in fees {
        for (at, amount, scale) in amounts(scene, row) {
            let made = match cause {
                Cause::B11 if at == *of_fee => vec![amount.checked_mul_int(2)],
                Cause::B10 if at != *of_fee && !is_fee(scene, at) && !amount.is_zero() => {
                    vec![amount.checked_add(*fee), amount.checked_sub(*fee)]
                }
                _ => Vec::new(),
            };
            changes.extend(
                made.into_iter()
                    .flatten()
                    .filter_map(|made| put(at, made, scale)),
            );
        }
    }
    changes
}

/// An amount at the scale of its column, where no digit is lost.
fn put(at: usize, amount: Decimal, scale: u8) -> Option<Change> {
    let held = amount.rescale_exact(scale)?;
    Some(vec![(at, Some(held.to_string()))])
}

/// An amount taken from another column of the record.
fn other_columns(scene: &Scene<'_>, row: &Row) -> Vec<Change> {
    let mut changes = Vec::new();
    let numbers = numbers(scene, row);
    for (at, _, scale) in amounts(scene, row) {
        let others = numbers.iter().filter(|(other, _)| *other != at);
        let telling = others.filter(|(_, number)| !number.is_zero());
        changes.extend(telling.filter_map(|(_, number)| put(at, *number, scale)));
    }
    changes
}

/// A default in the place of nothing, and nothing in the place of a zero.
fn nothings(scene: &Scene<'_>, row: &Row) -> Vec<Change> {
    let mut changes = Vec::new();
    for (at, column) in scene.plain() {
        let zero = match column.kind {
            Kind::Amount { scale, .. } => Decimal::new(0, scale).to_string(),
            Kind::Number => "0".to_owned(),
            Kind::Date => "1970-01-01".to_owned(),
            Kind::Instant => "1970-01-01T00:00:00Z".to_owned(),
            Kind::Text => String::new(),
            Kind::Boolean | Kind::Other => continue,
        };
        match cell(row, at) {
            None => changes.push(vec![(at, Some(zero))]),
            Some("") => changes.extend([vec![(at, None)], vec![(at, Some("0".to_owned()))]]),
            Some(text) if text == zero => changes.push(vec![(at, None)]),
            Some(_) => {}
        }
    }
    changes
}

/// Debit and credit change places: in two columns, in the word of a side, or in both.
fn sides(scene: &Scene<'_>, row: &Row) -> Vec<Change> {
    let amounts = amounts(scene, row);
    let name = |at: usize| scene.table.columns.get(at).map_or("", |one| &one.name);
    let turned = code::turned_sides(scene, row);
    let mut changes: Vec<Change> = Vec::new();
    for (debit, was_debit, scale) in &amounts {
        for (credit, was_credit, other_scale) in &amounts {
            if !naming::are_sides(name(*debit), name(*credit)) || was_debit == was_credit {
                continue;
            }
            let both = put(*debit, *was_credit, *scale).zip(put(*credit, *was_debit, *other_scale));
            // A word that tells the side goes along, as the real mistake takes it.
            changes.extend(both.map(|(one, other)| [one, other, turned.clone()].concat()));
        }
    }
    let has_columns = !changes.is_empty();
    if !has_columns && !turned.is_empty() {
        changes.push(turned);
    }
    changes
}

/// A date taken from another column of dates.
fn other_dates(scene: &Scene<'_>, row: &Row) -> Vec<Change> {
    let mut changes = Vec::new();
    for kind in [Kind::Date, Kind::Instant] {
        let of_kind = scene.plain().filter(|(_, column)| column.kind == kind);
        let dates: Vec<(usize, &str)> = of_kind
            .filter_map(|(at, _)| Some((at, cell(row, at)?)))
            .collect();
        for (at, _) in &dates {
            let others = dates.iter().filter(|(other, _)| other != at);
            changes.extend(others.map(|(_, text)| vec![(*at, Some((*text).to_owned()))]));
        }
    }
    changes
}

/// Says whether the record tells that the money went back.
fn is_refund(scene: &Scene<'_>, row: &Row) -> bool {
    let mut told = scene.plain().filter(|(_, column)| {
        [TYPE, STATUS]
            .iter()
            .any(|words| naming::is(&column.name, words))
    });
    told.any(|(at, _)| cell(row, at).is_some_and(naming::is_refund))
}
