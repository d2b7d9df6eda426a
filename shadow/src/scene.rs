//! The sampled records, made ready: what was seen of each column, and who can be told apart.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;
use ledger::{Decimal, Record, SmolStr};

use crate::error::PlanError;
use crate::table::{Column, Identity, Kind, Row, Table, cell, spelled};

/// Number of digits that any column of whole numbers has room for.
const DIGITS_OF_A_LONG: u32 = 18;

/// Is the sample, in an order of its own.
#[derive(Debug)]
pub(crate) struct Scene<'a> {
    pub(crate) table: &'a Table,
    /// Records that can be told apart from all other samples.
    pub(crate) rows: Vec<Row>,
    pub(crate) facts: Vec<Fact>,
    /// All identities that are known to be in the books.
    pub(crate) taken: BTreeSet<Identity>,
}

/// Is what the samples show of one column.
#[derive(Debug, Default)]
pub(crate) struct Fact {
    pub(crate) has_null: bool,
    /// The most decimals of a number, or of a second.
    pub(crate) decimals: u32,
    /// The most digits of a number.
    pub(crate) digits: u32,
    /// All values, each once, in order.
    pub(crate) values: Vec<String>,
}

impl<'a> Scene<'a> {
    /// Reads the samples.
    ///
    /// # Errors
    /// A record has other columns than the table, or a value is not what its column says.
    pub(crate) fn new(table: &'a Table, samples: &[Record]) -> Result<Scene<'a>, PlanError> {
        table.check()?;
        let mut rows = Vec::with_capacity(samples.len());
        for (at, record) in samples.iter().enumerate() {
            rows.push(read(table, record, at.saturating_add(1))?);
        }
        let facts = facts(table, &rows);
        rows.sort();
        // Of equal records without a key one can be damaged; of records that share a key none can,
        // since a run would pair them as it likes.
        let mut by_identity: BTreeMap<Identity, Vec<Row>> = BTreeMap::new();
        for row in rows {
            by_identity
                .entry(table.identity(&row))
                .or_default()
                .push(row);
        }
        let taken = by_identity.keys().cloned().collect();
        let lone = by_identity
            .into_values()
            .filter(|alike| alike.len() == 1 || !table.has_key());
        let rows = lone.filter_map(|alike| alike.into_iter().next()).collect();
        Ok(Scene {
            table,
            rows,
            facts,
            taken,
        })
    }

    /// Leaves alone what is off already: no record of it is damaged, and none is made like it.
    pub(crate) fn spare(&mut self, known: &BTreeSet<Identity>) {
        let table = self.table;
        self.rows
            .retain(|row| !known.contains(&table.identity(row)));
        self.taken.extend(known.iter().cloned());
    }

    /// Says whether a column can hold a value, as far as its kind and the samples tell.
    pub(crate) fn holds(&self, at: usize, value: Option<&str>) -> bool {
        let (Some(column), Some(fact)) = (self.table.columns.get(at), self.facts.get(at)) else {
            return false;
        };
        let Some(text) = value else {
            return fact.has_null && !column.is_key;
        };
        match column.kind {
            Kind::Amount { scale, digits } => text.parse::<Decimal>().is_ok_and(|amount| {
                let held = amount.rescale_exact(scale);
                held.is_some_and(|held| digits_of(held) <= u32::from(digits))
            }),
            Kind::Number => text.parse::<Decimal>().is_ok_and(|number| {
                let is_short = digits_of(number) <= fact.digits.max(DIGITS_OF_A_LONG);
                let is_long = i64::try_from(number.mantissa).is_ok();
                u32::from(number.scale) <= fact.decimals && is_short && is_long
            }),
            Kind::Date => text.parse::<Date>().is_ok_and(|day| day.year() >= 1),
            Kind::Instant => {
                text.parse::<Timestamp>().is_ok() && decimals_of_second(text) <= fact.decimals
            }
            Kind::Boolean => matches!(text, "true" | "false"),
            Kind::Text => !text.contains('\0'),
            Kind::Other => false,
        }
    }

    /// Says whether a value is another than the one that a row holds, not only another spelling.
    pub(crate) fn differs(&self, at: usize, row: &Row, value: Option<&str>) -> bool {
        let kind = self
            .table
            .columns
            .get(at)
            .map_or(Kind::Other, |one| one.kind);
        spelled(kind, cell(row, at)) != spelled(kind, value)
    }

    /// The columns that are compared and no part of the key, with their places.
    pub(crate) fn plain(&self) -> impl Iterator<Item = (usize, &'a Column)> + use<'a> {
        let columns = self.table.columns.iter().enumerate();
        columns.filter(|(_, column)| column.is_compared && !column.is_key)
    }
}

fn read(table: &Table, record: &Record, at: usize) -> Result<Row, PlanError> {
    let other = |column: &str, what| PlanError::OtherColumns {
        at,
        column: column.to_owned(),
        what,
    };
    let is_known = |name: &SmolStr| table.columns.iter().any(|column| column.name == *name);
    if let Some((name, _)) = record.0.iter().find(|(name, _)| !is_known(name)) {
        return Err(other(name, "none of the table's"));
    }
    let mut row = Row::with_capacity(table.columns.len());
    for column in &table.columns {
        let value = record.get(&column.name);
        let value = value.ok_or_else(|| other(&column.name, "missing"))?;
        if let Some((text, what)) = value.and_then(|text| Some((text, mistake(column.kind, text)?)))
        {
            return Err(PlanError::OtherKind {
                at,
                column: column.name.clone(),
                value: text.chars().take(60).collect(),
                what,
            });
        }
        row.push(value.map(str::to_owned));
    }
    Ok(row)
}

/// What a value should be, where it is not.
fn mistake(kind: Kind, text: &str) -> Option<String> {
    let (is_right, what) = match kind {
        Kind::Amount { scale, .. } => {
            let amount = text.parse::<Decimal>().ok();
            let held = amount.and_then(|amount| amount.rescale_exact(scale));
            (held.is_some(), format!("an amount of {scale} decimals"))
        }
        Kind::Number => (text.parse::<Decimal>().is_ok(), "a number".to_owned()),
        Kind::Date => (text.parse::<Date>().is_ok(), "a date".to_owned()),
        Kind::Instant => (
            text.parse::<Timestamp>().is_ok(),
            "an instant in UTC".to_owned(),
        ),
        Kind::Boolean => (
            matches!(text, "true" | "false"),
            "`true` or `false`".to_owned(),
        ),
        Kind::Text | Kind::Other => (true, String::new()),
    };
    (!is_right).then_some(what)
}

fn facts(table: &Table, rows: &[Row]) -> Vec<Fact> {
    let columns = table.columns.iter().enumerate();
    columns
        .map(|(at, column)| {
            let texts = || rows.iter().filter_map(|row| cell(row, at));
            let numbers = || texts().filter_map(|text| text.parse::<Decimal>().ok());
            let decimals = match column.kind {
                Kind::Instant => texts().map(decimals_of_second).max(),
                Kind::Number => numbers().map(|number| u32::from(number.scale)).max(),
                _ => None,
            };
            let digits = match column.kind {
                Kind::Number => numbers().map(digits_of).max(),
                _ => None,
            };
            let values: BTreeSet<&str> = texts().collect();
            Fact {
                has_null: rows.iter().any(|row| cell(row, at).is_none()),
                decimals: decimals.unwrap_or(0),
                digits: digits.unwrap_or(0),
                values: values.into_iter().map(str::to_owned).collect(),
            }
        })
        .collect()
}

fn digits_of(number: Decimal) -> u32 {
    let length = number.mantissa.unsigned_abs().checked_ilog10();
    length.unwrap_or(0).saturating_add(1)
}

/// How many decimals of a second an instant is written with, zeros at its end left out.
pub(crate) fn decimals_of_second(text: &str) -> u32 {
    let decimals = text.split_once('.').map_or("", |(_, decimals)| decimals);
    let digits = decimals.trim_end_matches('Z').trim_end_matches('0');
    u32::try_from(digits.len()).unwrap_or(u32::MAX)
}
