//! Damage to which records there are: left out, twice, merged, swapped, made up.

use std::collections::BTreeMap;

use ledger::Decimal;

use super::{Planner, Plot, changed};
use crate::cause::Cause;
use crate::damage::Change;
use crate::draw::Draw;
use crate::naming::{self, LEG, VOUCHER};
use crate::scene::Scene;
use crate::table::{Column, Identity, Kind, Row, cell};

/// Records that are tried as the second of two.
const PARTNERS: usize = 16;

/// Tries for a key that nobody has.
const KEYS_TRIED: usize = 8;

/// Digits of a key that are made anew at most; what stands before them keeps a number in its range.
const NEW_DIGITS_MAX: usize = 8;

/// The ways in which a cause changes which records there are; none where that is no matter of the
/// cause.
pub(super) fn plots(
    planner: &Planner<'_>,
    cause: Cause,
    at: usize,
    draw: Draw,
) -> Option<Vec<Plot>> {
    let row = planner.scene.rows.get(at)?;
    let plots = match cause {
        Cause::A1 => vec![omit(at, row)],
        Cause::A5 => vec![Plot {
            of: vec![at],
            put_in: vec![row.clone()],
            ..Plot::default()
        }],
        Cause::A7 => with_partner(planner, at, draw, merge),
        Cause::A8 if is_leg_of_more(planner, row) => vec![omit(at, row)],
        Cause::A8 => Vec::new(),
        Cause::A9 => phantoms(planner, at, row, draw),
        Cause::A10 => with_partner(planner, at, draw, swap),
        _ => return None,
    };
    Some(plots)
}

fn omit(at: usize, row: &Row) -> Plot {
    Plot {
        of: vec![at],
        taken_out: vec![row.clone()],
        put_in: Vec::new(),
    }
}

/// Makes of two records what is taken out and what is put in; none where they do not fit.
type OfTwo = fn(&Planner<'_>, &Row, &Row) -> Option<[Vec<Row>; 2]>;

/// Tries some records as the second of two.
fn with_partner(planner: &Planner<'_>, at: usize, draw: Draw, of_two: OfTwo) -> Vec<Plot> {
    let rows = &planner.scene.rows;
    if !planner.scene.table.has_key() {
        return Vec::new();
    }
    let mut plots = Vec::new();
    let mut draw = draw;
    for _ in 0..PARTNERS {
        draw = draw.next();
        let other = draw.below(rows.len());
        let both = rows.get(at).zip(rows.get(other));
        let Some((one, two)) = both.filter(|_| other != at) else {
            continue;
        };
        let made = of_two(planner, one, two);
        plots.extend(made.map(|[taken_out, put_in]| Plot {
            of: vec![at, other],
            taken_out,
            put_in,
        }));
    }
    plots
}

/// Two keys became one: the first record has the amounts of both, the second is gone.
fn merge(planner: &Planner<'_>, one: &Row, other: &Row) -> Option<[Vec<Row>; 2]> {
    let table = planner.scene.table;
    let currency = |row: &Row| Some(cell(row, table.currency_column()?)?.to_owned());
    if currency(one) != currency(other) {
        return None;
    }
    let mut change = Change::new();
    for (at, added) in table.amounts(other).filter(|(_, added)| !added.is_zero()) {
        let Kind::Amount { scale, .. } = table.columns.get(at)?.kind else {
            return None;
        };
        let own: Decimal = cell(one, at)?.parse().ok()?;
        let sum = own.checked_add(added)?.rescale_exact(scale)?.to_string();
        if !planner.scene.holds(at, Some(&sum)) || table.columns.get(at)?.is_key {
            return None;
        }
        change.push((at, Some(sum)));
    }
    let is_merged = !change.is_empty();
    is_merged.then(|| {
        [
            vec![one.clone(), other.clone()],
            vec![changed(one, &change)],
        ]
    })
}

/// Two records have each other's keys: the first holds all that the second should, and the other
/// way round.
fn swap(planner: &Planner<'_>, one: &Row, other: &Row) -> Option<[Vec<Row>; 2]> {
    let columns = &planner.scene.table.columns;
    let with_key_of = |rest: &Row, key: &Row| -> Row {
        let columns = columns.iter().zip(rest.iter().zip(key));
        columns
            .map(|(column, (rest, key))| if column.is_key { key } else { rest }.clone())
            .collect()
    };
    let differs = |(at, _): (usize, &Column)| planner.scene.differs(at, one, cell(other, at));
    let is_seen = planner.scene.plain().any(differs);
    is_seen.then(|| {
        let swapped = vec![with_key_of(other, one), with_key_of(one, other)];
        [vec![one.clone(), other.clone()], swapped]
    })
}

/// The parts of a record's key but for the last.
fn voucher_of(scene: &Scene<'_>, row: &Row) -> Identity {
    let mut voucher = scene.table.identity(row);
    voucher.pop();
    voucher
}

/// Counts the samples of each voucher, if the key has more than one part.
pub(super) fn count_legs(scene: &Scene<'_>) -> BTreeMap<Identity, usize> {
    let mut legs = BTreeMap::new();
    let is_composite = scene.table.columns.iter().filter(|one| one.is_key).count() > 1;
    for row in scene.rows.iter().filter(|_| is_composite) {
        let count: &mut usize = legs.entry(voucher_of(scene, row)).or_default();
        *count = count.saturating_add(1);
    }
    legs
}

/// Says whether a record is a leg of a voucher that has others: one of them is among the samples, or
/// the leg's number tells of those before it.
fn is_leg_of_more(planner: &Planner<'_>, row: &Row) -> bool {
    let columns = planner.scene.table.columns.iter().enumerate();
    let keys: Vec<(usize, &Column)> = columns.filter(|(_, column)| column.is_key).collect();
    let is_of_voucher = keys
        .iter()
        .any(|(_, column)| naming::is(&column.name, VOUCHER));
    let Some((leg, column)) = keys.last().filter(|_| keys.len() > 1 && is_of_voucher) else {
        return false;
    };
    let number = cell(row, *leg).and_then(|text| text.parse::<u32>().ok());
    let has_number = naming::is(&column.name, LEG) && number.is_some_and(|number| number > 1);
    let legs = planner.legs.get(&voucher_of(planner.scene, row));
    has_number || legs.is_some_and(|count| *count > 1)
}

/// A record of which no source record knows: with a key that nobody has, or without keys with
/// values of several records.
fn phantoms(planner: &Planner<'_>, at: usize, row: &Row, draw: Draw) -> Vec<Plot> {
    let table = planner.scene.table;
    let mut plots = Vec::new();
    let mut draw = draw;
    for _ in 0..KEYS_TRIED {
        draw = draw.next();
        let made = if table.has_key() {
            with_new_key(planner, row, draw)
        } else {
            Some(mixed(planner, row, draw))
        };
        // The template stays as it is: were it missing, the phantom would look like it.
        plots.extend(made.map(|made| Plot {
            of: vec![at],
            taken_out: Vec::new(),
            put_in: vec![made],
        }));
    }
    plots
}

/// The record with the most telling part of its key made anew.
fn with_new_key(planner: &Planner<'_>, row: &Row, draw: Draw) -> Option<Row> {
    let columns = planner.scene.table.columns.iter().enumerate();
    let keys = columns
        .filter(|(_, column)| column.is_key && matches!(column.kind, Kind::Text | Kind::Number));
    let with_digits = keys.filter_map(|(at, column)| {
        let text = cell(row, at)?;
        let digits = text.bytes().filter(u8::is_ascii_digit).count();
        (digits > 0).then_some((digits, at, column.kind, text))
    });
    // Of keys of as many digits the first: a voucher stands before its legs.
    let (_, at, kind, text) =
        with_digits.min_by_key(|(digits, at, ..)| (std::cmp::Reverse(*digits), *at))?;
    let made = with_new_digits(text, draw, kind == Kind::Number);
    planner
        .scene
        .holds(at, Some(&made))
        .then(|| changed(row, &vec![(at, Some(made))]))
}

/// Draws the last digits of a text anew; a number keeps its length.
fn with_new_digits(text: &str, draw: Draw, is_number: bool) -> String {
    let mut draw = draw;
    let mut left = NEW_DIGITS_MAX;
    let mut made: Vec<char> = text.chars().collect();
    let first = made.iter().position(char::is_ascii_digit);
    for (at, letter) in made.iter_mut().enumerate().rev() {
        if !letter.is_ascii_digit() || left == 0 {
            continue;
        }
        left = left.saturating_sub(1);
        draw = draw.next();
        let least = usize::from(is_number && Some(at) == first);
        let digit = draw
            .below(10_usize.saturating_sub(least))
            .saturating_add(least);
        let digit = u32::try_from(digit).ok();
        *letter = digit
            .and_then(|digit| char::from_digit(digit, 10))
            .unwrap_or(*letter);
    }
    made.into_iter().collect()
}

/// A record whose compared values come from several: it is like none of them.
fn mixed(planner: &Planner<'_>, row: &Row, draw: Draw) -> Row {
    let rows = &planner.scene.rows;
    let mut draw = draw;
    let mut change = Change::new();
    for (at, _) in planner.scene.plain() {
        draw = draw.next();
        if let Some(other) = rows.get(draw.below(rows.len())) {
            change.push((at, other.get(at).cloned().flatten()));
        }
    }
    changed(row, &change)
}
