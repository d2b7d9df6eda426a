//! Orders for a fund become confirmed shares: the order day ends at 15:00, and only some days trade.

use jiff::ToSpan;
use jiff::civil::{Date, DateTime, Time, Weekday};

use super::{Codes, Woulds, case, meaning, roundings, slipped};
use crate::book::{Book, Column, Kind, Record, Role, Table};
use crate::draws;
use crate::exact::{Exact, Mode};
use crate::random::Random;

const KINDS: Codes = &[("022", "SUBSCRIBE"), ("024", "REDEEM")];
const STATES: Codes = &[
    ("A", "APPLIED"),
    ("C", "CONFIRMED"),
    ("F", "FAILED"),
    ("W", "WITHDRAWN"),
];
/// The share of a subscription that is its fee: 1.5 %.
const FEE_RATE: Exact = Exact::new(150, 4);
/// What a rule says that is wrong: 1.2 %.
const OTHER_FEE_RATE: Exact = Exact::new(120, 4);
/// The first days of months on which nobody trades for a week.
const HOLIDAYS: [(i8, i8); 3] = [(1, 1), (5, 1), (10, 1)];

const KIND: usize = 2;
const AMOUNT: usize = 3;
const FEE: usize = 4;
const SHARES: usize = 5;
const TRADE_DATE: usize = 7;
const CONFIRM_DATE: usize = 8;
const STATUS: usize = 9;

const COLUMNS: [Column; 10] = [
    Column::new("order_no", Kind::Text, Role::Id),
    Column::new("holder", Kind::Text, Role::Account),
    Column::new("kind", Kind::Text, Role::Plain),
    Column::new("amount", Kind::Money(2), Role::Plain),
    Column::new("fee", Kind::Money(2), Role::Plain),
    Column::new("shares", Kind::Money(2), Role::Plain),
    Column::new("ordered_at", Kind::Instant, Role::Plain),
    Column::new("trade_date", Kind::Date, Role::Plain),
    Column::new("confirm_date", Kind::Date, Role::Plain),
    Column::new("status", Kind::Text, Role::Plain),
];

/// One record of the old system, as it is before it is written down.
struct Order {
    order_no: String,
    holder: String,
    code: &'static str,
    /// Money to pay in, or shares to give back.
    asked: Exact,
    value: Exact,
    ordered_at: DateTime,
    status: &'static str,
}

pub(super) fn draw(random: &mut Random, records: usize) -> Book {
    let mut ids = draws::Ids::default();
    let mut table = Table::new(
        "orders",
        &[
            "order_no",
            "holder",
            "code",
            "asked",
            "unit_value",
            "ordered_at",
            "status",
        ],
    );
    let mut expected = Vec::with_capacity(records);
    for at in 0..records {
        let one = one_order(random, &mut ids);
        table.push(&one.written().each_ref().map(String::as_str));
        expected.push(one.expected(at));
    }
    table.cut();
    Book {
        agreement: "confirmations",
        tables: vec![table, calendar()],
        columns: COLUMNS.to_vec(),
        records: expected,
        target: "confirmation",
        classes: vec!["code", "status"],
        is_aggregate: false,
        plan: PLAN.to_owned(),
        rules: vec![("orders.sql", rule()), ("ta.sql", TA.to_owned())],
    }
}

fn one_order(random: &mut Random, ids: &mut draws::Ids) -> Order {
    let (code, _) = *random.one_of(KINDS);
    let (status, _) = *random.one_of(STATES);
    Order {
        order_no: ids.next(random),
        holder: draws::user(random, 500),
        code,
        asked: draws::decimal(draws::amount(random), 2),
        value: draws::decimal(random.between(8_000, 25_000).into(), 4),
        ordered_at: draws::moment(random),
        status,
    }
}

fn is_trading(day: Date) -> bool {
    let is_weekend = matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday);
    let is_holiday = HOLIDAYS.iter().any(|(month, first)| {
        day.month() == *month && (*first..first.saturating_add(7)).contains(&day.day())
    });
    !is_weekend && !is_holiday
}

/// The first trading day from this one on.
fn trading_from(mut day: Date) -> Date {
    while !is_trading(day) {
        day = day.saturating_add(1.day());
    }
    day
}

/// The first trading day after this one.
fn trading_after(day: Date) -> Date {
    trading_from(day.saturating_add(1.day()))
}

/// The day to which an order of a day belongs, before the cut-off and after it.
fn trade_days(day: Date) -> [Date; 2] {
    let before = trading_from(day);
    if is_trading(day) {
        [before, trading_after(day)]
    } else {
        [before, before]
    }
}

fn calendar() -> Table {
    let columns = [
        "day",
        "before_cut",
        "before_confirm",
        "after_cut",
        "after_confirm",
    ];
    let mut table = Table::new("calendar", &columns);
    let mut day = Date::constant(2011, 1, 1);
    while day < Date::constant(2016, 12, 31) {
        let [before, after] = trade_days(day);
        let row = [
            day,
            before,
            trading_after(before),
            after,
            trading_after(after),
        ];
        let row = row.map(|date| date.to_string());
        table.push(&row.each_ref().map(String::as_str));
        day = day.saturating_add(1.day());
    }
    table
}

impl Order {
    fn written(&self) -> [String; 7] {
        [
            self.order_no.clone(),
            self.holder.clone(),
            self.code.to_owned(),
            self.asked.to_string(),
            self.value.to_string(),
            draws::written(self.ordered_at),
            self.status.to_owned(),
        ]
    }

    fn is_subscription(&self) -> bool {
        self.code == "022"
    }

    fn fee(&self, mode: Mode) -> Exact {
        if self.is_subscription() {
            (self.asked * FEE_RATE).round(2, mode)
        } else {
            Exact::new(0, 2)
        }
    }

    /// Money and shares, where the one that is computed is rounded in a given way.
    fn money_and_shares(&self, fee: Exact, mode: Mode) -> [Exact; 2] {
        if self.is_subscription() {
            [self.asked, (self.asked - fee).over(self.value, 2, mode)]
        } else {
            [(self.asked * self.value).round(2, mode), self.asked]
        }
    }

    fn trade_date(&self) -> Date {
        let [before, after] = trade_days(self.ordered_at.date());
        let cut = Time::constant(15, 0, 0, 0);
        if self.ordered_at.time() < cut {
            before
        } else {
            after
        }
    }

    fn expected(&self, source: usize) -> Record {
        let fee = self.fee(Mode::HalfUp);
        let [amount, shares] = self.money_and_shares(fee, Mode::HalfUp);
        let trade_date = self.trade_date();
        let confirm_date = trading_after(trade_date);
        let mut would = Woulds::default();
        self.amounts(fee, &mut would);
        would.add("Q1", SHARES, amount);
        would.add("Q1", AMOUNT, shares);
        self.dates(&mut would);
        for kind in slipped(KINDS, self.code) {
            would.add("D2", KIND, kind);
        }
        for status in slipped(STATES, self.status) {
            would.add("T7", STATUS, status);
        }
        let instant = draws::instant(self.ordered_at, &draws::shanghai());
        Record {
            cells: vec![
                self.order_no.clone(),
                format!("F{}", self.holder.trim_start_matches('U')),
                meaning(KINDS, self.code).to_owned(),
                amount.to_string(),
                fee.to_string(),
                shares.to_string(),
                draws::stamped(instant),
                trade_date.to_string(),
                confirm_date.to_string(),
                meaning(STATES, self.status).to_owned(),
            ],
            source,
            would: would.0,
        }
    }

    fn amounts(&self, fee: Exact, would: &mut Woulds) {
        if self.is_subscription() {
            would.extend(roundings(FEE, self.asked * FEE_RATE, 2));
            would.add("B10", AMOUNT, self.asked - fee);
            would.add("B10", AMOUNT, self.asked + fee);
        }
        would.add("B12", AMOUNT, self.asked);
        would.add("B12", SHARES, self.asked);
        for mode in Mode::ALL {
            let [amount, shares] = self.money_and_shares(fee, mode);
            would.add("B5", AMOUNT, amount);
            would.add("B5", SHARES, shares);
        }
        would.add("B11", FEE, Exact::new(0, 2));
        would.add("B11", FEE, fee + fee);
        if self.is_subscription() {
            // Another constant in the rule, and what a rule adds that is wrong for a class.
            let other = (self.asked * OTHER_FEE_RATE).round(2, Mode::HalfUp);
            would.add("R1", FEE, other);
            would.add("R1", FEE, fee + Exact::new(500, 2));
        }
    }

    /// The cut-off forgotten, or an hour off; the calendar forgotten.
    fn dates(&self, would: &mut Woulds) {
        let mut confirmed = |trade: Date| {
            would.both(
                "T3",
                vec![
                    (TRADE_DATE, trade.to_string()),
                    (CONFIRM_DATE, trading_after(trade).to_string()),
                ],
            );
        };
        for day in trade_days(self.ordered_at.date()) {
            confirmed(day);
        }
        let next = self.trade_date().saturating_add(1.day());
        would.add("T3", CONFIRM_DATE, next);
    }
}

const PLAN: &str = r#"# A fund's orders against the registrar's confirmations.
name     = "fund"
timezone = "Asia/Shanghai"
currency = "CNY"

[source]
url = "source"

[source.tables.orders]
files = "orders-*.csv"

[target]
url = "target"

[[agreement]]
name   = "confirmations"
rule   = "rules/orders.sql"
target = "rules/ta.sql"
key    = ["order_no"]
money  = ["amount", "fee", "shares"]
foot   = ["confirm_date", "kind"]
origin = { table = "orders", on = { order_no = "order_no" } }
"#;

fn rule() -> String {
    format!(
        "-- What each order must have become. From 15:00 on it belongs to the next trading day.
WITH priced AS (
  SELECT
    *,
    CASE WHEN code = '022' THEN round_half_up(money(asked) * 0.0150, 2) ELSE money('0') END AS fee,
    substr(ordered_at, 12) < '15:00:00' AS in_time
  FROM orders
)
SELECT
  order_no,
  concat('F', substr(holder, 2)) AS holder,
  {} AS kind,
  CASE WHEN code = '022' THEN money(asked) ELSE round_half_up(money(asked) * money(unit_value, 4), 2) END AS amount,
  fee,
  CASE WHEN code = '022' THEN round_half_up((money(asked) - fee) / money(unit_value, 4), 2) ELSE money(asked) END AS shares,
  local_time(ordered_at, 'Asia/Shanghai') AS ordered_at,
  CAST(CASE WHEN in_time THEN c.before_cut ELSE c.after_cut END AS DATE) AS trade_date,
  CAST(CASE WHEN in_time THEN c.before_confirm ELSE c.after_confirm END AS DATE) AS confirm_date,
  {} AS status
FROM priced AS p
JOIN calendar AS c ON c.day = substr(p.ordered_at, 1, 10)
",
        case("code", KINDS),
        case("status", STATES)
    )
}

const TA: &str = "-- What the registrar does hold.
SELECT
  order_no,
  holder,
  kind,
  money(amount) AS amount,
  money(fee) AS fee,
  money(shares) AS shares,
  local_time(ordered_at, 'UTC') AS ordered_at,
  CAST(trade_date AS DATE) AS trade_date,
  CAST(confirm_date AS DATE) AS confirm_date,
  status
FROM confirmation
";
