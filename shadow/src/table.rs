//! The table that is damaged: its columns, and what makes a record of it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use ledger::{Amount, Decimal, Record, Wide};
use serde::{Deserialize, Serialize};

use crate::error::PlanError;

/// Is what a rehearsal knows of an agreement's target table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    /// All columns, compared or not, in the order in which overlay records have them.
    pub columns: Vec<Column>,
    /// The currency of the amounts.
    pub currency: Currency,
}

/// Says in which currency a record's amounts are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Currency {
    /// All of them in one, an ISO 4217 code.
    Fixed(String),
    /// In the one that this column holds.
    Column(String),
}

/// Is one column of the table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// What its values are.
    pub kind: Kind,
    /// Whether it is part of the agreement's key.
    pub is_key: bool,
    /// Whether the agreement compares it. No other column is damaged.
    pub is_compared: bool,
}

/// Says what the values of a column are. Records carry them as text, written as a report does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Money, as a decimal string such as `12.30`.
    Amount {
        /// Number of decimals.
        scale: u8,
        /// Number of digits that the column has room for, decimals among them, as in
        /// DECIMAL(18, 2).
        digits: u8,
    },
    /// Another exact number.
    Number,
    /// Text.
    Text,
    /// A calendar date, such as `2013-05-27`.
    Date,
    /// An instant in UTC, such as `2013-05-27T02:30:01Z`.
    Instant,
    /// `true` or `false`.
    Boolean,
    /// Anything else. It is never damaged.
    Other,
}

/// The values of a record, in the order of the table's columns.
pub(crate) type Row = Vec<Option<String>>;

/// What tells a record apart: its key, or without one all that is compared; in one spelling.
pub(crate) type Identity = Vec<Option<String>>;

impl Table {
    /// Says whether records are told apart by a key.
    pub fn has_key(&self) -> bool {
        self.columns.iter().any(|column| column.is_key)
    }

    /// Holds the table against itself.
    pub(crate) fn check(&self) -> Result<(), PlanError> {
        let mut names = BTreeSet::new();
        for column in &self.columns {
            if !names.insert(column.name.as_str()) {
                let column = column.name.clone();
                return Err(PlanError::ColumnTwice { column });
            }
        }
        if !self.columns.iter().any(|column| column.is_compared) {
            return Err(PlanError::NothingCompared);
        }
        match &self.currency {
            Currency::Column(column) if !names.contains(column.as_str()) => {
                Err(PlanError::NoCurrencyColumn {
                    column: column.clone(),
                })
            }
            _ => Ok(()),
        }
    }

    /// The columns that make a record's identity.
    fn identifying(&self) -> impl Iterator<Item = (usize, &Column)> {
        let has_key = self.has_key();
        let columns = self.columns.iter().enumerate();
        columns.filter(move |(_, column)| {
            if has_key {
                column.is_key
            } else {
                column.is_compared
            }
        })
    }

    pub(crate) fn identity(&self, row: &Row) -> Identity {
        let columns = self.identifying();
        columns
            .map(|(at, column)| spelled(column.kind, cell(row, at)))
            .collect()
    }

    /// The identity that a record tells which may have fewer columns; an error names the one that
    /// it lacks.
    pub(crate) fn identity_of(&self, record: &Record) -> Result<Identity, &str> {
        let columns = self.identifying();
        columns
            .map(|(_, column)| match record.get(&column.name) {
                Some(value) => Ok(spelled(column.kind, value)),
                None => Err(column.name.as_str()),
            })
            .collect()
    }

    /// What a run compares of a record, in one spelling; none where the record lacks some of it.
    pub(crate) fn compared(&self, record: &Record) -> Option<Row> {
        let told = self.columns.iter();
        let told = told.filter(|column| column.is_compared || column.is_key);
        told.map(|column| Some(spelled(column.kind, record.get(&column.name)?)))
            .collect()
    }

    pub(crate) fn record(&self, row: &Row) -> Record {
        let names = self.columns.iter().map(|column| column.name.clone());
        names.zip(row.iter().cloned()).collect()
    }

    /// The key of a whole record.
    pub(crate) fn key_of(&self, record: &Record) -> Record {
        let keys = self.columns.iter().filter(|column| column.is_key);
        keys.map(|column| {
            let value = record.get(&column.name).flatten();
            (column.name.clone(), value.map(str::to_owned))
        })
        .collect()
    }

    /// The money of a record by column, where it is compared; NULL is left out.
    pub(crate) fn amounts<'r>(&'r self, row: &'r Row) -> impl Iterator<Item = (usize, Decimal)> {
        let columns = self.columns.iter().enumerate();
        let money = columns
            .filter(|(_, column)| column.is_compared && matches!(column.kind, Kind::Amount { .. }));
        money.filter_map(|(at, _)| Some((at, cell(row, at)?.parse().ok()?)))
    }

    /// What the records that were put in add to the books, less those that were taken out: by
    /// column and currency, where it is not zero.
    pub(crate) fn difference(&self, taken_out: &[Row], put_in: &[Row]) -> Vec<Amount> {
        let mut sums: BTreeMap<(usize, String), Wide> = BTreeMap::new();
        for (rows, is_plus) in [(taken_out, false), (put_in, true)] {
            for row in rows {
                for (at, amount) in self.amounts(row) {
                    let sum = sums.entry((at, self.currency_of(row))).or_default();
                    if is_plus {
                        sum.add(amount);
                    } else {
                        sum.subtract(amount);
                    }
                }
            }
        }
        let open = sums.into_iter().filter(|(_, sum)| !sum.is_zero());
        open.map(|((at, currency), sum)| Amount {
            column: self.columns.get(at).map_or("", |one| &one.name).to_owned(),
            currency,
            amount: sum.to_string(),
        })
        .collect()
    }

    fn currency_of(&self, row: &Row) -> String {
        match &self.currency {
            Currency::Fixed(code) => code.clone(),
            Currency::Column(_) => self
                .currency_column()
                .and_then(|at| cell(row, at))
                .unwrap_or_default()
                .to_owned(),
        }
    }

    /// Where the column of the currency stands.
    pub(crate) fn currency_column(&self) -> Option<usize> {
        let Currency::Column(name) = &self.currency else {
            return None;
        };
        self.columns.iter().position(|column| column.name == *name)
    }
}

/// A value of a row; none where it is NULL.
pub(crate) fn cell(row: &Row, at: usize) -> Option<&str> {
    row.get(at)?.as_deref()
}

/// A value in one spelling: `1.50` and `1.5`, `01:30:00.500Z` and `01:30:00.5Z` are the same.
pub(crate) fn spelled(kind: Kind, value: Option<&str>) -> Option<String> {
    let text = value?;
    let same = match kind {
        Kind::Amount { .. } | Kind::Number => text
            .parse::<Decimal>()
            .ok()
            .map(|number| number.normalized().to_string()),
        Kind::Instant => text.parse::<Timestamp>().ok().map(|time| time.to_string()),
        Kind::Text | Kind::Date | Kind::Boolean | Kind::Other => None,
    };
    Some(same.unwrap_or_else(|| text.to_owned()))
}
