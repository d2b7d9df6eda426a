//! Which amounts of a record are totals that the rule rounds: the source shows lines that come to
//! them, each rounded by itself or all of them at once.

use std::collections::BTreeMap;
use std::rc::Rc;

use ledger::{Break, Decimal, SourceRecord};

use super::{Entries, Field};
use crate::number::{self, ROUNDINGS};

/// Number of lines up to which a total is computed anew.
const LINES_MAX: usize = 512;
/// Number of columns whose values, or products of two of them, may be what is added up.
const FACTORS_MAX: usize = 8;
/// Digits up to which a whole number may be a quantity; with more it is an id.
const QUANTITY_DIGITS_MAX: usize = 9;
/// Powers of ten that a rate is a fraction, a percentage, a permille or per ten thousand by.
const RATE_PLACES: [i16; 4] = [0, -2, -3, -4];

/// Is a way in which the lines of a total come to what is expected.
pub(crate) struct Computed {
    /// The column, or the two whose product it is.
    pub(crate) of: String,
    /// What each line comes to before it is rounded, in the order of the source.
    pub(crate) lines: Rc<[Decimal]>,
    /// What they come to, by level (each line, then all at once) and way of rounding.
    totals: [[Option<Decimal>; ROUNDINGS.len()]; 2],
    /// Which of the ways of rounding gives what is expected, by its place among all.
    pub(crate) rounding: usize,
    /// Whether each line is rounded, and not their total.
    pub(crate) by_line: bool,
}

impl Computed {
    /// What another way of rounding comes to, or the other level.
    pub(crate) fn total(&self, rounding: usize, by_line: bool) -> Option<Decimal> {
        let [by_lines, at_once] = &self.totals;
        let level = if by_line { by_lines } else { at_once };
        *level.get(rounding)?
    }

    /// What all ways of rounding come to, on both levels.
    pub(crate) fn totals(&self) -> impl Iterator<Item = Decimal> {
        self.totals.iter().flatten().copied().flatten()
    }

    /// The lines as entries of the total that is expected.
    pub(super) fn entries(&self, expected: Decimal, scale: u8) -> Option<Entries> {
        let (rounding, ..) = ROUNDINGS.get(self.rounding)?;
        if self.by_line {
            let lines = self.lines.iter();
            let amounts = lines.map(|line| number::at_scale(*line, scale, *rounding));
            return Some(Entries::of_total(expected, amounts.collect::<Option<_>>()?));
        }
        Some(Entries {
            total: sum(self.lines.iter().copied().map(Some))?,
            amounts: self.lines.to_vec(),
            rounding: *rounding,
        })
    }
}

/// Finds how each differing amount is computed of the lines of a table.
pub(super) fn find(found: &Break, fields: &[Field<'_>]) -> Vec<(u64, Vec<Computed>)> {
    let mut tables: BTreeMap<&str, Vec<&SourceRecord>> = BTreeMap::new();
    for record in &found.source {
        tables.entry(&record.table).or_default().push(record);
    }
    tables.retain(|_, records| records.len() > 1 && records.len() <= LINES_MAX);
    if tables.is_empty() {
        return Vec::new();
    }
    let of_field = |field: &Field<'_>| {
        let expected = field.numbers?.expected;
        let ways: Vec<Computed> = tables
            .iter()
            .flat_map(|(table, records)| candidates(field, expected, table, records))
            .flat_map(|(of, lines)| ways(&of, &lines, expected, field.scale()))
            .collect();
        (!ways.is_empty()).then_some((field.bit, ways))
    };
    fields.iter().filter_map(of_field).collect()
}

/// What the lines of a table may come to before they are rounded, each with the columns that it is
/// computed of: only such as have more decimals than the total.
fn candidates(
    field: &Field<'_>,
    expected: Decimal,
    table: &str,
    records: &[&SourceRecord],
) -> Vec<(String, Vec<Decimal>)> {
    let columns = columns(field, table, records);
    let mut all: Vec<(String, Vec<Decimal>)> = columns
        .iter()
        .map(|(name, values)| ((*name).to_owned(), values.clone()))
        .collect();
    for (at, (one, left)) in columns.iter().enumerate() {
        for (other, right) in columns.iter().skip(at.saturating_add(1)) {
            let pairs = left.iter().zip(right);
            let product: Option<Vec<Decimal>> = pairs
                .map(|(left, right)| number::times(*left, *right))
                .collect();
            let Some(product) = product else { continue };
            let Some(sum) = sum(product.iter().copied().map(Some)) else {
                continue;
            };
            let near = RATE_PLACES.iter().filter(|by| {
                number::slide(sum, **by)
                    .is_some_and(|sum| is_near(sum, product.len(), expected, field.scale()))
            });
            all.extend(near.filter_map(|by| {
                let lines = product.iter().map(|line| number::slide(*line, *by));
                Some((format!("{one} x {other}"), lines.collect::<Option<_>>()?))
            }));
        }
    }
    let has_more = |line: &Decimal| {
        let cut = number::at_scale(*line, field.scale(), ledger::Rounding::Down);
        cut.is_some_and(|cut| cut != *line)
    };
    all.retain(|(_, lines)| lines.iter().any(has_more));
    all
}

/// The columns of a table that hold a number in each record: those that the rule computes the field
/// from, where it can be read.
fn columns<'a>(
    field: &Field<'_>,
    table: &str,
    records: &[&'a SourceRecord],
) -> Vec<(&'a str, Vec<Decimal>)> {
    let origins = &field.column.comes_from;
    let is_read = |name: &str| {
        let mut origins = origins.iter().filter(|origin| origin.table == table);
        origins.any(|origin| origin.column == name)
    };
    let names = records.first().map(|record| &record.fields.0);
    let names = names.into_iter().flatten().map(|(name, _)| name.as_str());
    let values = |name: &'a str| {
        let value = |record: &&SourceRecord| {
            let text = record.fields.get(name).flatten()?;
            let value = number::read(text)?;
            let is_id = value.scale == 0 && text.len() > QUANTITY_DIGITS_MAX;
            (!is_id).then_some(value)
        };
        let values: Option<Vec<Decimal>> = records.iter().map(value).collect();
        Some((name, values?))
    };
    names
        .filter(|name| origins.is_empty() || is_read(name))
        .filter_map(values)
        .take(FACTORS_MAX)
        .collect()
}

/// The ways of rounding lines, or their total, that give what is expected.
fn ways(of: &str, lines: &[Decimal], expected: Decimal, scale: u8) -> Vec<Computed> {
    let sum = sum(lines.iter().copied().map(Some));
    if !sum.is_some_and(|sum| is_near(sum, lines.len(), expected, scale)) {
        return Vec::new();
    }
    let of_level = |by_line| std::array::from_fn(|rounding| total(lines, scale, rounding, by_line));
    let totals: [[Option<Decimal>; ROUNDINGS.len()]; 2] = [of_level(true), of_level(false)];
    let lines: Rc<[Decimal]> = lines.into();
    let mut ways = Vec::new();
    for (by_line, level) in [true, false].into_iter().zip(&totals) {
        for (rounding, total) in level.iter().enumerate() {
            if *total == Some(expected) {
                ways.push(Computed {
                    of: of.to_owned(),
                    lines: Rc::clone(&lines),
                    totals,
                    rounding,
                    by_line,
                });
            }
        }
    }
    ways
}

/// Says whether so many lines, which add up to a sum, may come to a total: but for a unit that rounding
/// may cost each of them.
fn is_near(sum: Decimal, lines: usize, expected: Decimal, scale: u8) -> bool {
    let off = sum.checked_sub(expected).map(number::magnitude);
    let most = i128::try_from(lines).map(|count| Decimal::new(count, scale));
    matches!((off, most), (Some(off), Ok(most)) if off <= most)
}

fn total(lines: &[Decimal], scale: u8, rounding: usize, by_line: bool) -> Option<Decimal> {
    let (rounding, ..) = ROUNDINGS.get(rounding)?;
    if by_line {
        let lines = lines.iter();
        return sum(lines.map(|line| number::at_scale(*line, scale, *rounding)));
    }
    let exact = sum(lines.iter().copied().map(Some))?;
    number::at_scale(exact, scale, *rounding)
}

fn sum(mut lines: impl Iterator<Item = Option<Decimal>>) -> Option<Decimal> {
    lines.try_fold(Decimal::ZERO, |sum, line| sum.checked_add(line?))
}
