//! Charges of merchants become a statement: sums of what is rounded, and what is rounded of sums.

use std::collections::BTreeMap;

use super::Woulds;
use crate::book::{Book, Column, Kind, Record, Role, Table};
use crate::draws;
use crate::exact::{Exact, Mode};
use crate::random::Random;

/// Parts of an amount that are charged, and so many ten-thousandths.
const RATES: [i128; 5] = [38, 55, 60, 78, 125];

const TURNOVER: usize = 1;
const FEE: usize = 2;
const INTEREST: usize = 3;

const COLUMNS: [Column; 5] = [
    Column::new("merchant", Kind::Text, Role::Key),
    Column::new("turnover", Kind::Money(2), Role::Plain),
    Column::new("fee", Kind::Money(2), Role::Plain),
    Column::new("interest", Kind::Money(2), Role::Plain),
    Column::new("entries", Kind::Text, Role::Plain),
];

/// One record of the old system, as far as a statement is made of it.
struct Charge {
    at: usize,
    amount: Exact,
    /// The fee before it is rounded.
    fee: Exact,
    /// What is due until it is settled, before it is rounded.
    interest: Exact,
}

pub(super) fn draw(random: &mut Random, records: usize) -> Book {
    let merchants: Vec<String> = (0..records.max(1))
        .map(|at| format!("M{:07}", at * 3 + 1_000_001))
        .collect();
    let mut ids = draws::Ids::default();
    let columns = ["serial", "merchant", "amount", "rate", "interest", "memo"];
    let mut charge = Table::new("charge", &columns);
    let mut charges: BTreeMap<&str, Vec<Charge>> = BTreeMap::new();
    for at in 0..records * 5 {
        // Each merchant has one charge at least.
        let merchant = merchants.get(at);
        let merchant = merchant.unwrap_or_else(|| random.one_of(&merchants));
        let amount = draws::decimal(random.between(100, 5_000_000).into(), 2);
        let rate = Exact::new(*random.one_of(&RATES), 4);
        let interest = Exact::new(random.between(0, 90_000).into(), 5);
        charge.push(&[
            &ids.next(random),
            merchant,
            &amount.to_string(),
            &rate.to_string(),
            &interest.to_string(),
            &draws::memo(random),
        ]);
        charges.entry(merchant).or_default().push(Charge {
            at,
            amount,
            fee: amount * rate,
            interest,
        });
    }
    let records = charges
        .iter()
        .map(|(merchant, all)| expected(merchant, all));
    let records = records.collect();
    charge.cut();
    Book {
        agreement: "statements",
        tables: vec![charge],
        columns: COLUMNS.to_vec(),
        records,
        target: "statement",
        classes: Vec::new(),
        is_aggregate: true,
        plan: PLAN.to_owned(),
        rules: vec![
            ("statement.sql", RULE.to_owned()),
            ("stored.sql", STORED.to_owned()),
        ],
    }
}

/// Rounds each line, and adds up.
fn by_line(lines: &[Exact], mode: Mode) -> Exact {
    let rounded = lines.iter().map(|line| line.round(2, mode));
    rounded.fold(Exact::new(0, 2), |sum, line| sum + line)
}

/// Adds up, and rounds once.
fn at_once(lines: &[Exact], mode: Mode) -> Exact {
    let sum = lines.iter().fold(Exact::new(0, 2), |sum, line| sum + *line);
    sum.round(2, mode)
}

fn expected(merchant: &str, charges: &[Charge]) -> Record {
    let amounts: Vec<Exact> = charges.iter().map(|one| one.amount).collect();
    let fees: Vec<Exact> = charges.iter().map(|one| one.fee).collect();
    let interests: Vec<Exact> = charges.iter().map(|one| one.interest).collect();
    let turnover = by_line(&amounts, Mode::HalfUp);
    let fee = by_line(&fees, Mode::HalfUp);
    let interest = at_once(&interests, Mode::HalfUp);
    let mut would = Woulds::default();
    would.add("B6", FEE, at_once(&fees, Mode::HalfUp));
    would.add("B6", INTEREST, by_line(&interests, Mode::HalfUp));
    for mode in Mode::ALL {
        would.add("B5", FEE, by_line(&fees, mode));
        would.add("B5", INTEREST, at_once(&interests, mode));
    }
    for left_out in 0..charges.len() {
        let without = |lines: &[Exact]| -> Vec<Exact> {
            let kept = lines.iter().enumerate().filter(|(at, _)| *at != left_out);
            kept.map(|(_, line)| *line).collect()
        };
        would.add("P2", TURNOVER, by_line(&without(&amounts), Mode::HalfUp));
        would.add("P2", FEE, by_line(&without(&fees), Mode::HalfUp));
        would.add("P2", INTEREST, at_once(&without(&interests), Mode::HalfUp));
    }
    // A summary that was not rebuilt lacks the last charges, but has the first.
    for kept in 1..charges.len() {
        would.add("P4", TURNOVER, by_line(&amounts[..kept], Mode::HalfUp));
        would.add("P4", FEE, by_line(&fees[..kept], Mode::HalfUp));
        would.add("P4", INTEREST, at_once(&interests[..kept], Mode::HalfUp));
    }
    Record {
        cells: vec![
            merchant.to_owned(),
            turnover.to_string(),
            fee.to_string(),
            interest.to_string(),
            charges.len().to_string(),
        ],
        source: charges.first().map_or(0, |one| one.at),
        would: would.0,
    }
}

const PLAN: &str = r#"# Charges against the statements of merchants that the new system keeps.
name     = "charges"
timezone = "Asia/Shanghai"
currency = "CNY"

[source]
url = "source"

[source.tables.charge]
files = "charge-*.csv"

[target]
url = "target"

[[agreement]]
name   = "statements"
rule   = "rules/statement.sql"
target = "rules/stored.sql"
key    = ["merchant"]
money  = ["turnover", "fee", "interest"]
origin = { table = "charge", on = { merchant = "merchant" } }
"#;

const RULE: &str =
    "-- A fee is rounded charge by charge; interest is rounded once, when all is added up.
SELECT
  merchant,
  control_total(money(amount)) AS turnover,
  control_total(round_half_up(money(amount) * money(rate, 4), 2)) AS fee,
  round_half_up(control_total(money(interest, 5)), 2) AS interest,
  count(*) AS entries
FROM charge
GROUP BY merchant
";

const STORED: &str = "-- What the new system stores.
SELECT
  merchant,
  money(turnover) AS turnover,
  money(fee) AS fee,
  money(interest) AS interest,
  CAST(entries AS BIGINT) AS entries
FROM statement
";
