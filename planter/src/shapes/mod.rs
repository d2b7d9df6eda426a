//! The shapes of books that can be made, each with its rule and its own computation of the target.

mod balance;
mod charges;
mod exchange;
mod fund;
mod income;
mod keyless;
mod voucher;
mod wallet;

use crate::book::{Book, Would};
use crate::exact::{Exact, Mode};
use crate::random::Random;

/// Is a shape of books.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub(crate) enum Shape {
    /// A wallet's single-sided flow becomes postings with fees.
    Wallet,
    /// A trade becomes a voucher of several legs.
    Voucher,
    /// Orders in currencies of 0, 2 and 3 decimals become records with their worth in yuan.
    Exchange,
    /// A journal without a key, compared as a multiset.
    Keyless,
    /// A fund's orders become confirmed shares, with a cut-off at 15:00 and a calendar.
    Fund,
    /// Shares held become a day's income.
    Income,
    /// Entries become balances.
    Balance,
    /// Charges become statements: totals of rounded lines, and rounded totals.
    Charges,
}

impl Shape {
    pub(crate) const ALL: [Self; 8] = [
        Self::Wallet,
        Self::Voucher,
        Self::Exchange,
        Self::Keyless,
        Self::Fund,
        Self::Income,
        Self::Balance,
        Self::Charges,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Wallet => "wallet",
            Self::Voucher => "voucher",
            Self::Exchange => "exchange",
            Self::Keyless => "keyless",
            Self::Fund => "fund",
            Self::Income => "income",
            Self::Balance => "balance",
            Self::Charges => "charges",
        }
    }

    /// Makes a book of about so many source records.
    pub(crate) fn draw(self, seed: u64, records: usize) -> Book {
        let mut random = Random::named(seed, self.name());
        match self {
            Self::Wallet => wallet::draw(&mut random, records),
            Self::Voucher => voucher::draw(&mut random, records),
            Self::Exchange => exchange::draw(&mut random, records),
            Self::Keyless => keyless::draw(&mut random, records),
            Self::Fund => fund::draw(&mut random, records),
            Self::Income => income::draw(&mut random, records),
            Self::Balance => balance::draw(&mut random, records),
            Self::Charges => charges::draw(&mut random, records),
        }
    }
}

/// What every other way of rounding an exact figure gives for a column.
fn roundings(column: usize, exact: Exact, scale: u32) -> Vec<Would> {
    let rounded = Mode::ALL.map(|mode| exact.round(scale, mode).to_string());
    let would = rounded.into_iter().map(|value| Would {
        cause: "B5",
        change: vec![(column, value)],
    });
    would.collect()
}

/// Collects what causes would have written, leaving out what they would not have changed.
#[derive(Debug, Default)]
struct Woulds(Vec<Would>);

impl Woulds {
    fn add(&mut self, cause: &'static str, column: usize, value: impl ToString) {
        self.both(cause, vec![(column, value.to_string())]);
    }

    fn both(&mut self, cause: &'static str, change: Vec<(usize, String)>) {
        self.0.push(Would { cause, change });
    }

    fn extend(&mut self, more: Vec<Would>) {
        self.0.extend(more);
    }
}

/// A table of codes and what they become.
type Codes = &'static [(&'static str, &'static str)];

fn meaning(codes: Codes, code: &str) -> &'static str {
    let found = codes.iter().find(|(one, _)| *one == code);
    found.map_or("OTHER", |(_, meaning)| meaning)
}

/// What a slipped table gives: the neighbours' meanings, and the default.
fn slipped(codes: Codes, code: &str) -> Vec<&'static str> {
    let at = codes.iter().position(|(one, _)| *one == code);
    let Some(at) = at else { return Vec::new() };
    let before = at.checked_sub(1).and_then(|at| codes.get(at));
    let neighbours = before.into_iter().chain(codes.get(at + 1));
    let meanings = neighbours.map(|(_, meaning)| *meaning);
    meanings.chain(["OTHER"]).collect()
}

/// Writes `CASE column WHEN … END` over a table of codes.
fn case(column: &str, codes: Codes) -> String {
    let arms = codes
        .iter()
        .map(|(code, meaning)| format!("    WHEN '{code}' THEN '{meaning}'\n"));
    format!("CASE {column}\n{}  END", arms.collect::<String>())
}
