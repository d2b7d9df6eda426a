//! Control totals of what a chunk writes, and which source records it accounts for.

use crate::error::ConvertError;
use crate::manifest::Amount;
use arrow_array::cast::AsArray;
use arrow_array::types::Decimal128Type;
use arrow_array::{ArrayRef, RecordBatch};
use arrow_cast::cast;
use arrow_schema::{DataType, SchemaRef};
use ledger::Decimal;
use std::collections::BTreeMap;

/// Where the money of a rule stands in its output.
#[derive(Debug, Clone)]
pub(crate) struct Money {
    columns: Vec<(String, usize)>,
    currency: Currency,
}

/// How the currency of an amount is told.
#[derive(Debug, Clone)]
pub(crate) enum Currency {
    /// All amounts have this one.
    Fixed(String),
    /// By a column.
    Column(usize),
}

impl Money {
    /// Finds the columns in the output of a rule; those that are not there have been told as
    /// mistakes of the plan.
    pub(crate) fn of(schema: &SchemaRef, names: &[String], currency: Currency) -> Self {
        let find = |name: &String| Some((name.clone(), schema.index_of(name).ok()?));
        Self {
            columns: names.iter().filter_map(find).collect(),
            currency,
        }
    }
}

/// Sums by column and currency, with the scale; exact, or an error.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sums(BTreeMap<(usize, String), (i128, i8)>);

fn overflow() -> ConvertError {
    ConvertError::Internal("a control total does not fit in 38 digits".to_owned())
}

impl Sums {
    pub(crate) fn add(&mut self, batch: &RecordBatch, money: &Money) -> Result<(), ConvertError> {
        let currencies = match &money.currency {
            Currency::Column(at) => Some(cast(batch.column(*at), &DataType::Utf8View)?),
            Currency::Fixed(_) => None,
        };
        for (at, (_, column)) in money.columns.iter().enumerate() {
            let (units, scale) = units(batch.column(*column))?;
            match (&currencies, &money.currency) {
                (None, Currency::Fixed(code)) => {
                    let mut sum = 0_i128;
                    for amount in units.iter().flatten() {
                        sum = sum.checked_add(amount).ok_or_else(overflow)?;
                    }
                    self.put(at, code, sum, scale)?;
                }
                (Some(codes), _) => {
                    let codes = codes.as_string_view();
                    for (amount, code) in units.iter().zip(codes) {
                        self.put(at, code.unwrap_or_default(), amount.unwrap_or(0), scale)?;
                    }
                }
                (None, Currency::Column(_)) => {}
            }
        }
        Ok(())
    }

    fn put(&mut self, at: usize, code: &str, sum: i128, scale: i8) -> Result<(), ConvertError> {
        let slot = self.0.entry((at, code.to_owned())).or_insert((0, scale));
        slot.0 = slot.0.checked_add(sum).ok_or_else(overflow)?;
        Ok(())
    }

    pub(crate) fn amounts(&self, money: &Money) -> Vec<Amount> {
        let amount = |((at, code), (units, scale)): (&(usize, String), &(i128, i8))| Amount {
            column: money.columns[*at].0.clone(),
            currency: code.clone(),
            amount: written(*units, *scale),
        };
        self.0.iter().map(amount).collect()
    }
}

/// Whole units of an amount's last digit, and its scale.
fn units(column: &ArrayRef) -> Result<(arrow_array::Decimal128Array, i8), ConvertError> {
    let (data_type, scale) = match column.data_type() {
        DataType::Decimal128(_, scale)
        | DataType::Decimal64(_, scale)
        | DataType::Decimal32(_, scale) => (DataType::Decimal128(38, *scale), *scale),
        _ => (DataType::Decimal128(38, 0), 0),
    };
    let units = cast(column, &data_type)?;
    Ok((units.as_primitive::<Decimal128Type>().clone(), scale))
}

/// Units of the last digit as a decimal number.
fn written(units: i128, scale: i8) -> String {
    Decimal::new(units, u8::try_from(scale).unwrap_or(0)).to_string()
}

/// Adds totals of several chunks.
pub(crate) fn together<'a>(
    chunks: impl Iterator<Item = &'a [Amount]>,
) -> Result<Vec<Amount>, ConvertError> {
    let mut sums: BTreeMap<(&str, &str), Decimal> = BTreeMap::new();
    let mut order: Vec<(&str, &str)> = Vec::new();
    for amount in chunks.flatten() {
        let key = (amount.column.as_str(), amount.currency.as_str());
        let no_amount = |_| ConvertError::Internal(format!("{} is no amount", amount.amount));
        let read: Decimal = amount.amount.parse().map_err(no_amount)?;
        let sum = match sums.get(&key) {
            Some(sum) => sum.checked_add(read).ok_or_else(overflow)?,
            None => {
                order.push(key);
                read
            }
        };
        sums.insert(key, sum);
    }
    order.sort_by_key(|key| key.1);
    let amount = |key: &(&str, &str)| Amount {
        column: key.0.to_owned(),
        currency: key.1.to_owned(),
        amount: sums[key].to_string(),
    };
    Ok(order.iter().map(amount).collect())
}

/// A set of rows of one file.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    words: Vec<u64>,
    first: u64,
}

impl Rows {
    pub(crate) fn insert(&mut self, row: u64) {
        if self.words.is_empty() {
            self.first = row & !63;
        }
        if row < self.first {
            let missing = usize::try_from((self.first - row).div_ceil(64)).unwrap_or(0);
            self.words.splice(0..0, std::iter::repeat_n(0, missing));
            self.first -= missing as u64 * 64;
        }
        let at = usize::try_from((row - self.first) / 64).unwrap_or(usize::MAX);
        if at >= self.words.len() {
            self.words.resize(at + 1, 0);
        }
        self.words[at] |= 1 << (row % 64);
    }

    pub(crate) fn insert_all(&mut self, rows: &arrow_array::UInt64Array) {
        let mut last = None;
        for row in rows.iter().flatten() {
            // The legs of a record mostly stand together.
            if last != Some(row) {
                self.insert(row);
                last = Some(row);
            }
        }
    }

    pub(crate) fn len(&self) -> u64 {
        self.words
            .iter()
            .map(|word| u64::from(word.count_ones()))
            .sum()
    }

    /// How many rows are in both sets.
    pub(crate) fn both(&self, other: &Self) -> u64 {
        let word = |set: &Self, first: u64| {
            let at = first.checked_sub(set.first)? / 64;
            set.words.get(usize::try_from(at).ok()?).copied()
        };
        let firsts = (0..self.words.len() as u64).map(|at| self.first + at * 64);
        firsts
            .zip(&self.words)
            .map(|(first, own)| u64::from((own & word(other, first).unwrap_or(0)).count_ones()))
            .sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn totals_of_chunks_add_up_by_column_and_currency() {
        let amount = |column: &str, currency: &str, amount: &str| Amount {
            column: column.to_owned(),
            currency: currency.to_owned(),
            amount: amount.to_owned(),
        };
        let one = [amount("debit", "CNY", "0.10"), amount("debit", "JPY", "5")];
        let two = [
            amount("debit", "CNY", "-0.25"),
            amount("fee", "CNY", "1.00"),
        ];
        assert_eq!(
            together([&one[..], &two[..]].into_iter()).expect("sums"),
            [
                amount("debit", "CNY", "-0.15"),
                amount("fee", "CNY", "1.00"),
                amount("debit", "JPY", "5"),
            ]
        );
    }

    #[test]
    fn a_set_of_rows_counts_each_once_wherever_it_begins() {
        let mut rows = Rows::default();
        let mut others = Rows::default();
        for row in [1_000, 70, 70, 5_000_000, 64, 63, 1] {
            rows.insert(row);
        }
        for row in [2, 63, 1_000, 9_000_000] {
            others.insert(row);
        }
        assert_eq!(rows.len(), 6);
        assert_eq!(others.len(), 4);
        assert_eq!(rows.both(&others), 2);
        assert_eq!(others.both(&rows), 2);
        assert_eq!(rows.both(&Rows::default()), 0);
    }
}
