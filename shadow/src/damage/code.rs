//! Another record's code, account or subject in the place of the right one; and the words of sides.

use super::Change;
use super::text::is_one_notation;
use crate::cause::Cause;
use crate::draw::Draw;
use crate::naming::{
    self, ACCOUNT, COUNTERPARTY, CURRENCY, CUSTOMER, PAIR, SHARD, SIDE, STATUS, SUBJECT, TYPE,
    Words,
};
use crate::scene::Scene;
use crate::table::{Column, Kind, Row, cell};

/// Longest value that is taken for a code, in bytes.
const CODE_LENGTH_MAX: usize = 40;

/// Values of other records that are tried for each column.
const TRIED: usize = 4;

/// The two words of a side, in the ways that they are written.
const SIDES: &[(&str, &str)] = &[
    ("D", "C"),
    ("DR", "CR"),
    ("d", "c"),
    ("DEBIT", "CREDIT"),
    ("Debit", "Credit"),
    ("debit", "credit"),
    ("借", "贷"),
    ("借方", "贷方"),
    ("IN", "OUT"),
    ("in", "out"),
];

/// The causes that put another record's value into a column, with the words of its name. A column
/// belongs to the first of them that it fits.
const CODES: [(Cause, Words); 9] = [
    (Cause::B13, CURRENCY),
    (Cause::T7, STATUS),
    (Cause::D2, TYPE),
    (Cause::D8, SHARD),
    (Cause::D6, PAIR),
    (Cause::D5, COUNTERPARTY),
    (Cause::D4, SUBJECT),
    (Cause::D3, ACCOUNT),
    (Cause::D7, CUSTOMER),
];

/// Says whether a cause puts another record's value in the place of the right one.
pub(super) fn is_of_codes(cause: Cause) -> bool {
    CODES.iter().any(|(known, _)| *known == cause)
}

/// The columns that hold the codes of a cause.
pub(crate) fn columns<'s>(
    cause: Cause,
    scene: &'s Scene<'_>,
) -> impl Iterator<Item = (usize, &'s Column)> + use<'s> {
    scene
        .plain()
        .filter(move |(at, column)| cause_of(scene, *at, column) == Some(cause))
}

fn cause_of(scene: &Scene<'_>, at: usize, column: &Column) -> Option<Cause> {
    let is_whole = scene.facts.get(at).is_some_and(|fact| fact.decimals == 0);
    let has_codes = column.kind == Kind::Text || column.kind == Kind::Number && is_whole;
    if !has_codes {
        return None;
    }
    if scene.table.currency_column() == Some(at) {
        return Some(Cause::B13);
    }
    let fits = |(_, words): &&(Cause, Words)| naming::is(&column.name, words);
    CODES.iter().find(fits).map(|(cause, _)| *cause)
}

/// Values of other records, drawn from all that the samples show.
pub(super) fn outcomes(cause: Cause, scene: &Scene<'_>, row: &Row, draw: Draw) -> Vec<Change> {
    let mut changes = Vec::new();
    for (at, _) in columns(cause, scene) {
        let (Some(own), Some(fact)) = (cell(row, at), scene.facts.get(at)) else {
            continue;
        };
        let mut draw = draw;
        for _ in 0..TRIED {
            draw = draw.next();
            let other = fact.values.get(draw.below(fact.values.len()));
            let other = other.filter(|other| is_another(own, other));
            changes.extend(other.map(|other| vec![(at, Some(other.clone()))]));
        }
    }
    changes
}

/// Says whether a change puts another record's code in the place of one.
pub(super) fn gives(cause: Cause, scene: &Scene<'_>, row: &Row, change: &Change) -> bool {
    let [(at, Some(value))] = change.as_slice() else {
        return false;
    };
    let is_its = columns(cause, scene).any(|(of_cause, _)| of_cause == *at);
    let is_known = || {
        let fact = scene.facts.get(*at);
        fact.is_some_and(|fact| fact.values.binary_search(value).is_ok())
    };
    is_its && is_known() && cell(row, *at).is_some_and(|own| is_another(own, value))
}

/// Says whether two values are two codes, and not one in two notations.
fn is_another(own: &str, other: &str) -> bool {
    is_code(own) && is_code(other) && !is_one_notation(own, other)
}

fn is_code(text: &str) -> bool {
    let is_plain = !text.contains(char::is_control) && !text.contains('\u{fffd}');
    !text.is_empty() && text.len() <= CODE_LENGTH_MAX && is_plain
}

/// The words of sides in a record, each turned into the other.
pub(super) fn turned_sides(scene: &Scene<'_>, row: &Row) -> Change {
    let columns = scene
        .plain()
        .filter(|(_, column)| column.kind == Kind::Text && naming::is(&column.name, SIDE));
    let turned = columns.filter_map(|(at, _)| Some((at, Some(turned(cell(row, at)?)?.to_owned()))));
    turned.collect()
}

fn turned(word: &str) -> Option<&'static str> {
    SIDES.iter().find_map(|(one, other)| {
        if word == *one {
            Some(*other)
        } else {
            (word == *other).then_some(*one)
        }
    })
}
