//! Shares held on a day become that day's income, the third decimal cut.

use std::collections::{BTreeMap, BTreeSet};

use jiff::ToSpan;
use jiff::civil::Date;

use super::{Woulds, roundings};
use crate::book::{Book, Column, Kind, Record, Role, Table};
use crate::draws;
use crate::exact::{Exact, Mode};
use crate::random::Random;

const DAYS: i64 = 40;
const TEN_THOUSANDTH: Exact = Exact::new(1, 4);

const SHARES: usize = 2;
const INCOME: usize = 3;

const COLUMNS: [Column; 4] = [
    Column::new("holder", Kind::Text, Role::Key),
    Column::new("day", Kind::Date, Role::Key),
    Column::new("shares", Kind::Money(2), Role::Plain),
    Column::new("income", Kind::Money(2), Role::Plain),
];

/// One record of the old system, as it is before it is written down.
struct Holding {
    holder: String,
    day: Date,
    confirmed: Exact,
    unconfirmed: Exact,
}

/// Income of 10,000 shares, by day.
type Incomes = BTreeMap<Date, Exact>;

pub(super) fn draw(random: &mut Random, records: usize) -> Book {
    // A leap day, a month's end and New Year are among the days.
    let first = *random.one_of(&[Date::constant(2012, 2, 10), Date::constant(2012, 12, 10)]);
    let incomes: Incomes = (-1..=DAYS)
        .map(|step| (first.saturating_add(step.days()), one_income(random)))
        .collect();
    let mut holding = Table::new("holding", &["holder", "day", "confirmed", "unconfirmed"]);
    let mut expected = Vec::with_capacity(records);
    let mut given = BTreeSet::new();
    while expected.len() < records {
        let one = one_holding(random, first, records);
        if given.insert((one.holder.clone(), one.day)) {
            holding.push(&one.written().each_ref().map(String::as_str));
            expected.push(one.expected(expected.len(), &incomes));
        }
    }
    holding.cut();
    let mut daily = Table::new("daily", &["day", "income_of_10000"]);
    for (day, income) in &incomes {
        daily.push(&[&day.to_string(), &income.to_string()]);
    }
    Book {
        agreement: "incomes",
        tables: vec![holding, daily],
        columns: COLUMNS.to_vec(),
        records: expected,
        target: "income",
        classes: Vec::new(),
        is_aggregate: false,
        plan: PLAN.to_owned(),
        rules: vec![
            ("income.sql", RULE.to_owned()),
            ("paid.sql", PAID.to_owned()),
        ],
    }
}

/// Mostly between 0.8 and 1.8 yuan, now and then a loss.
fn one_income(random: &mut Random) -> Exact {
    let tenths_of_mills = if random.percent(5) {
        random.between(-3_000, -1)
    } else {
        random.between(8_000, 18_000)
    };
    Exact::new(tenths_of_mills.into(), 4)
}

fn one_holding(random: &mut Random, first: Date, records: usize) -> Holding {
    let users = i64::try_from(records / 10).unwrap_or(1).max(10);
    let day = first.saturating_add(random.between(0, DAYS - 1).days());
    let unconfirmed = if random.percent(50) {
        draws::amount(random)
    } else {
        0
    };
    Holding {
        holder: draws::user(random, users),
        day,
        confirmed: draws::decimal(draws::amount(random), 2),
        unconfirmed: draws::decimal(unconfirmed, 2),
    }
}

impl Holding {
    fn written(&self) -> [String; 4] {
        [
            self.holder.clone(),
            self.day.to_string(),
            self.confirmed.to_string(),
            self.unconfirmed.to_string(),
        ]
    }

    fn expected(&self, source: usize, incomes: &Incomes) -> Record {
        let of = |shares: Exact, away: i64| {
            shares * incomes[&self.day.saturating_add(away.days())] * TEN_THOUSANDTH
        };
        let paid = |exact: Exact| exact.round(2, Mode::Down);
        let all = self.confirmed + self.unconfirmed;
        let income = paid(of(self.confirmed, 0));
        let mut would = Woulds::default();
        would.extend(roundings(INCOME, of(self.confirmed, 0), 2));
        would.add("Q2", INCOME, income + income);
        for away in [-1, 1] {
            // Another day's row of the joined table: a fund calls it Q4, a currency's rate B13.
            for cause in ["Q4", "B13"] {
                would.add(cause, INCOME, paid(of(self.confirmed, away)));
            }
        }
        would.add("Q5", INCOME, paid(of(all, 0)));
        would.add("B12", SHARES, self.unconfirmed);
        would.add("B12", INCOME, self.confirmed);
        would.add("B12", INCOME, paid(of(self.unconfirmed, 0)));
        Record {
            cells: vec![
                self.holder.clone(),
                self.day.to_string(),
                self.confirmed.to_string(),
                income.to_string(),
            ],
            source,
            would: would.0,
        }
    }
}

const PLAN: &str = r#"# Income of a money-market fund, by holder and day.
name     = "income"
timezone = "Asia/Shanghai"
currency = "CNY"

[source]
url = "source"

[source.tables.holding]
files = "holding-*.csv"

[target]
url = "target"

[[agreement]]
name   = "incomes"
rule   = "rules/income.sql"
target = "rules/paid.sql"
key    = ["holder", "day"]
money  = ["income", "shares"]
foot   = ["day"]
origin = { table = "holding", on = { holder = "holder", day = "day" } }
"#;

const RULE: &str = "-- The income of a day: confirmed shares, the third decimal cut.
SELECT
  holder,
  CAST(h.day AS DATE) AS day,
  money(confirmed) AS shares,
  round_down(money(confirmed) * money(d.income_of_10000, 4) / 10000, 2) AS income
FROM holding AS h
JOIN daily AS d ON d.day = h.day
";

const PAID: &str = "-- What was paid.
SELECT
  holder,
  CAST(day AS DATE) AS day,
  money(shares) AS shares,
  money(income) AS income
FROM income
";
