//! Orders in several currencies become records with their worth in yuan, at the day's rate.

use std::collections::BTreeMap;

use jiff::ToSpan;
use jiff::civil::{Date, DateTime};

use super::{Codes, Woulds, case, meaning, roundings, slipped};
use crate::book::{Book, Column, Kind, Record, Role, Table};
use crate::draws;
use crate::exact::{Exact, Mode};
use crate::random::Random;

const STATES: Codes = &[
    ("0", "PROCESSING"),
    ("1", "SETTLED"),
    ("2", "PARTLY_REFUNDED"),
    ("3", "REVERSED"),
];
/// Currency, its decimals, and what a unit of it is worth, in millionths of a yuan.
const CURRENCIES: [(&str, u32, i64); 4] = [
    ("CNY", 2, 1_000_000),
    ("JPY", 0, 63_215),
    ("KWD", 3, 20_123_450),
    ("USD", 2, 6_123_450),
];

const CURRENCY: usize = 2;
const AMOUNT: usize = 3;
const BASE: usize = 4;
const STATUS: usize = 5;
const SUMMARY: usize = 7;

const COLUMNS: [Column; 9] = [
    Column::new("order_no", Kind::Text, Role::Id),
    Column::new("customer", Kind::Text, Role::Account),
    Column::new("currency", Kind::Text, Role::Plain),
    Column::new("amount", Kind::Money(3), Role::Plain),
    Column::new("base", Kind::Money(2), Role::Plain),
    Column::new("status", Kind::Text, Role::Plain),
    Column::new("ordered_at", Kind::Instant, Role::Plain),
    Column::new("summary", Kind::Text, Role::Memo),
    Column::new("remark", Kind::Text, Role::AfterMemo),
];

type Rates = BTreeMap<(&'static str, Date), Exact>;

/// One record of the old system, as it is before it is written down.
struct Order {
    order_no: String,
    customer: String,
    currency: &'static (&'static str, u32, i64),
    amount: Exact,
    ordered_at: DateTime,
    status: &'static str,
    memo: String,
    remark: String,
}

pub(super) fn draw(random: &mut Random, records: usize) -> Book {
    let mut ids = draws::Ids::default();
    let mut table = Table::new(
        "orders",
        &[
            "order_no",
            "customer",
            "currency",
            "amount",
            "ordered_at",
            "status",
            "memo",
            "remark",
        ],
    );
    let orders: Vec<Order> = (0..records).map(|_| one_order(random, &mut ids)).collect();
    let rates = draw_rates(random, &orders);
    let mut expected = Vec::with_capacity(records);
    for (at, one) in orders.iter().enumerate() {
        table.push(&one.written().each_ref().map(String::as_str));
        expected.push(one.expected(at, &rates));
    }
    table.cut();
    let mut rate = Table::new("rate", &["currency", "day", "rate"]);
    for ((currency, day), figure) in &rates {
        rate.push(&[currency, &day.to_string(), &figure.to_string()]);
    }
    Book {
        agreement: "orders",
        tables: vec![table, rate],
        columns: COLUMNS.to_vec(),
        records: expected,
        target: "trade",
        classes: vec!["currency", "status"],
        is_aggregate: false,
        plan: PLAN.to_owned(),
        rules: vec![("orders.sql", rule()), ("trades.sql", TRADES.to_owned())],
    }
}

fn one_order(random: &mut Random, ids: &mut draws::Ids) -> Order {
    let currency = random.one_of(&CURRENCIES);
    let millis = random.between(0, 999).milliseconds();
    let (status, _) = *random.one_of(STATES);
    let sign = if random.percent(10) { -1 } else { 1 };
    Order {
        order_no: ids.next(random),
        customer: draws::user(random, 400),
        currency,
        amount: draws::decimal(draws::amount(random) * sign, currency.1),
        ordered_at: draws::moment(random).saturating_add(millis),
        status,
        memo: draws::memo(random),
        remark: draws::reference(random),
    }
}

/// A rate for each currency on each day with an order, and on the days around it.
fn draw_rates(random: &mut Random, orders: &[Order]) -> Rates {
    let mut rates = Rates::new();
    for one in orders {
        for step in -1..=1_i64 {
            let day = one.ordered_at.date().saturating_add(step.days());
            for (currency, _, worth) in &CURRENCIES {
                let off = random.between(-30, 30);
                let rate = if *currency == "CNY" {
                    *worth
                } else {
                    worth + worth * off / 1_000
                };
                rates
                    .entry((currency, day))
                    .or_insert_with(|| Exact::new(rate.into(), 6));
            }
        }
    }
    rates
}

impl Order {
    fn written(&self) -> [String; 8] {
        [
            self.order_no.clone(),
            self.customer.clone(),
            self.currency.0.to_owned(),
            self.amount.to_string(),
            draws::written(self.ordered_at),
            self.status.to_owned(),
            self.memo.clone(),
            self.remark.clone(),
        ]
    }

    /// The worth in yuan before it is rounded, at the rate of a day so many days away.
    fn worth(&self, rates: &Rates, away: i64) -> Exact {
        let day = self.ordered_at.date().saturating_add(away.days());
        self.amount * rates[&(self.currency.0, day)]
    }

    fn expected(&self, source: usize, rates: &Rates) -> Record {
        let amount = self.amount.round(3, Mode::Down);
        let base = self.worth(rates, 0).round(2, Mode::HalfUp);
        let instant = draws::instant(self.ordered_at, &draws::shanghai());
        let mut would = Woulds::default();
        would.extend(roundings(BASE, self.worth(rates, 0), 2));
        for away in [-1, 1] {
            let other = self.worth(rates, away).round(2, Mode::HalfUp);
            would.add("B13", BASE, other);
        }
        for (other, _, _) in &CURRENCIES {
            would.add("B13", CURRENCY, other);
        }
        if let Some(units) = amount.units(2) {
            would.add("B13", BASE, Exact::new(units, 2));
        }
        would.add("B12", AMOUNT, base.round(3, Mode::Down));
        for status in slipped(STATES, self.status) {
            would.add("T7", STATUS, status);
        }
        if self.memo.is_empty() {
            would.add("B14", SUMMARY, "N/A");
        }
        Record {
            cells: vec![
                self.order_no.clone(),
                format!("C{}", self.customer.trim_start_matches('U')),
                self.currency.0.to_owned(),
                amount.to_string(),
                base.to_string(),
                meaning(STATES, self.status).to_owned(),
                draws::stamped(instant),
                self.memo.clone(),
                self.remark.clone(),
            ],
            source,
            would: would.0,
        }
    }
}

const PLAN: &str = r#"# Orders in four currencies against the trades that they became.
name     = "exchange"
timezone = "Asia/Shanghai"
currency = "CNY"

[source]
url = "source"

[source.tables.orders]
files = "orders-*.csv"

[target]
url = "target"

[[agreement]]
name     = "orders"
rule     = "rules/orders.sql"
target   = "rules/trades.sql"
key      = ["order_no"]
money    = ["amount", "base"]
currency = "currency"
foot     = ["currency", "status"]
origin   = { table = "orders", on = { order_no = "order_no" } }
"#;

fn rule() -> String {
    format!(
        "-- What each order must have become: yen have no decimals, dinars three.
SELECT
  order_no,
  concat('C', substr(customer, 2)) AS customer,
  o.currency,
  money(amount, 3) AS amount,
  round_half_up(money(amount, 3) * money(r.rate, 6), 2) AS base,
  {} AS status,
  local_time(ordered_at, 'Asia/Shanghai') AS ordered_at,
  memo AS summary,
  remark
FROM orders AS o
JOIN rate AS r ON r.currency = o.currency AND r.day = substr(o.ordered_at, 1, 10)
",
        case("o.status", STATES)
    )
}

const TRADES: &str = "-- What the trades do hold.
SELECT
  order_no,
  customer,
  currency,
  money(amount, 3) AS amount,
  money(base) AS base,
  status,
  local_time(ordered_at, 'UTC') AS ordered_at,
  summary,
  remark
FROM trade
";
