//! Closing the account: what the breaks add up to beside the difference of the books.

use std::collections::BTreeMap;

use crate::money::Decimal;
use crate::report::{Amount, Total};
use crate::wide::Wide;

/// Collects the totals of both books and the differences of the breaks, by column and currency.
///
/// Every sum is exact whatever its size, and none of the code is that of the control totals.
#[derive(Debug, Clone, Default)]
pub struct Account {
    columns: BTreeMap<String, BTreeMap<String, Line>>,
}

#[derive(Debug, Clone, Default)]
struct Line {
    expected: Wide,
    actual: Wide,
    breaks: Wide,
}

/// Is the closed account of one money column in one currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClosedLine {
    /// The money column.
    pub column: String,
    /// ISO 4217 code.
    pub currency: String,
    /// Total of what the rule gives.
    pub expected: Wide,
    /// Total of what the target holds.
    pub actual: Wide,
    /// Actual minus expected.
    pub difference: Wide,
    /// What the breaks add up to.
    pub breaks: Wide,
    /// Difference minus breaks: what nothing explains.
    pub residual: Wide,
}

impl Account {
    /// Makes an account without lines.
    pub fn new() -> Account {
        Account::default()
    }

    /// Adds control totals of both books, or of a part of them.
    pub fn add_totals(&mut self, column: &str, currency: &str, expected: &Wide, actual: &Wide) {
        let line = self.line(column, currency);
        line.expected.add_wide(expected);
        line.actual.add_wide(actual);
    }

    /// Adds the difference of one break, actual minus expected.
    pub fn add_break(&mut self, column: &str, currency: &str, difference: Decimal) {
        self.line(column, currency).breaks.add(difference);
    }

    /// Adds a difference of any size, as [`Account::add_break`] does.
    pub fn add_break_sum(&mut self, column: &str, currency: &str, difference: &Wide) {
        self.line(column, currency).breaks.add_wide(difference);
    }

    /// Adds all that another account holds.
    pub fn merge(&mut self, other: &Account) {
        for (column, currencies) in &other.columns {
            for (currency, line) in currencies {
                self.add_totals(column, currency, &line.expected, &line.actual);
                self.line(column, currency).breaks.add_wide(&line.breaks);
            }
        }
    }

    /// Closes every line, ordered by column and currency.
    pub fn close(&self) -> Vec<ClosedLine> {
        let lines = self.columns.iter().flat_map(|(column, currencies)| {
            currencies
                .iter()
                .map(move |(currency, line)| line.close(column, currency))
        });
        lines.collect()
    }

    fn line(&mut self, column: &str, currency: &str) -> &mut Line {
        // Looked up first: nearly every call finds its line and needs no owned key.
        let is_known = self
            .columns
            .get(column)
            .is_some_and(|currencies| currencies.contains_key(currency));
        if !is_known {
            let currencies = self.columns.entry(column.to_owned()).or_default();
            currencies.insert(currency.to_owned(), Line::default());
        }
        let currencies = self.columns.get_mut(column);
        currencies
            .and_then(|lines| lines.get_mut(currency))
            .expect("it was there or has just been put there")
    }
}

impl Line {
    fn close(&self, column: &str, currency: &str) -> ClosedLine {
        let difference = self.actual.minus(&self.expected);
        let residual = difference.minus(&self.breaks);
        ClosedLine {
            column: column.to_owned(),
            currency: currency.to_owned(),
            expected: self.expected.clone(),
            actual: self.actual.clone(),
            difference,
            breaks: self.breaks.clone(),
            residual,
        }
    }
}

impl ClosedLine {
    /// Says whether nothing is left unexplained.
    pub fn is_closed(&self) -> bool {
        self.residual.is_zero()
    }

    /// Gives the line of the report's totals.
    pub fn total(&self) -> Total {
        Total {
            column: self.column.clone(),
            currency: self.currency.clone(),
            expected: self.expected.to_string(),
            actual: self.actual.to_string(),
            difference: self.difference.to_string(),
        }
    }

    /// Gives the line of the report's residual.
    pub fn residual_amount(&self) -> Amount {
        Amount {
            column: self.column.clone(),
            currency: self.currency.clone(),
            amount: self.residual.to_string(),
        }
    }
}
