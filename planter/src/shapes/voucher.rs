//! A trade becomes a voucher: payer, payee or three shares of the payee, fee and coupon.

use jiff::civil::DateTime;

use super::{Codes, Woulds, case, meaning, roundings, slipped};
use crate::book::{Book, Column, Kind, Record, Role, Table};
use crate::draws;
use crate::exact::{Exact, Mode};
use crate::random::Random;

/// What the payer's account is booked under, by the kind of trade.
const SUBJECTS: Codes = &[
    ("B", "2241-01"),
    ("D", "2241-02"),
    ("P", "2241-05"),
    ("S", "2241-07"),
    ("T", "2241-11"),
];
const PAYEE_SUBJECT: &str = "2202-01";
const FEE_SUBJECT: &str = "6021-03";
const COUPON_SUBJECT: &str = "6602-08";
const CHART: [&str; 4] = [PAYEE_SUBJECT, "2202-09", FEE_SUBJECT, COUPON_SUBJECT];
const SPLIT: &str = "S";
const RATES: [(&str, &str); 4] = [
    ("APP", "0.0038"),
    ("MINI", "0.0060"),
    ("POS", "0.0078"),
    ("WEB", "0.0125"),
];

const SIDE: usize = 2;
const ACCOUNT: usize = 3;
const SUBJECT: usize = 4;
const ACCOUNTING_DATE: usize = 6;
const AMOUNT: usize = 7;

const COLUMNS: [Column; 9] = [
    Column::new("voucher", Kind::Text, Role::Id),
    Column::new("leg", Kind::Text, Role::Key),
    Column::new("side", Kind::Text, Role::Plain),
    Column::new("account", Kind::Text, Role::Account),
    Column::new("subject", Kind::Text, Role::Plain),
    Column::new("booked_at", Kind::Instant, Role::Plain),
    Column::new("accounting_date", Kind::Date, Role::Plain),
    Column::new("amount", Kind::Money(2), Role::Plain),
    Column::new("summary", Kind::Text, Role::Memo),
];

/// One record of the old system, as it is before it is written down.
struct Trade {
    serial: String,
    payer: String,
    payees: [String; 3],
    channel: &'static (&'static str, &'static str),
    code: &'static str,
    amount: Exact,
    coupon: Exact,
    happened_at: DateTime,
    memo: String,
}

pub(super) fn draw(random: &mut Random, records: usize) -> Book {
    let trades = (records / 3).max(1);
    let users = i64::try_from(trades / 3).unwrap_or(1).max(20);
    let mut ids = draws::Ids::default();
    let mut trade = Table::new(
        "trade",
        &[
            "serial",
            "payer",
            "payee",
            "payee_2",
            "payee_3",
            "channel",
            "code",
            "amount",
            "coupon",
            "happened_at",
            "memo",
        ],
    );
    let mut expected = Vec::with_capacity(records);
    for at in 0..trades {
        let one = one_trade(random, &mut ids, users);
        trade.push(&one.written().each_ref().map(String::as_str));
        expected.extend(one.expected(at));
    }
    trade.cut();
    let mut rate = Table::new("rate", &["channel", "rate"]);
    for (channel, figure) in RATES {
        rate.push(&[channel, figure]);
    }
    Book {
        agreement: "legs",
        tables: vec![trade, rate],
        columns: COLUMNS.to_vec(),
        records: expected,
        target: "leg",
        classes: vec!["channel", "code"],
        is_aggregate: false,
        plan: PLAN.to_owned(),
        rules: vec![("legs.sql", rule()), ("ledger.sql", LEDGER.to_owned())],
    }
}

fn one_trade(random: &mut Random, ids: &mut draws::Ids, users: i64) -> Trade {
    let (code, _) = *random.one_of(SUBJECTS);
    let amount = draws::amount(random);
    let coupon = if random.percent(40) {
        random.between(0, 3_000).into()
    } else {
        0
    };
    Trade {
        serial: ids.next(random),
        payer: draws::user(random, users),
        payees: [(); 3].map(|()| draws::user(random, users)),
        channel: random.one_of(&RATES),
        code,
        amount: draws::decimal(amount, 2),
        coupon: draws::decimal(coupon.min(amount), 2),
        happened_at: draws::moment(random),
        memo: draws::memo(random),
    }
}

/// One leg of a voucher before it is written down.
struct Leg {
    number: &'static str,
    side: &'static str,
    owner: String,
    subject: &'static str,
    amount: Exact,
    would: Woulds,
}

impl Trade {
    fn written(&self) -> [String; 11] {
        let [payee, second, third] = self.payees.clone();
        let is_split = self.code == SPLIT;
        let only_split = |text: String| if is_split { text } else { String::new() };
        [
            self.serial.clone(),
            self.payer.clone(),
            payee,
            only_split(second),
            only_split(third),
            self.channel.0.to_owned(),
            self.code.to_owned(),
            self.amount.to_string(),
            self.coupon.to_string(),
            draws::written(self.happened_at),
            self.memo.clone(),
        ]
    }

    fn exact_fee(&self) -> Exact {
        self.amount * Exact::read(self.channel.1).expect("a rate of the table")
    }

    fn expected(&self, source: usize) -> Vec<Record> {
        let fee = self.exact_fee().round(2, Mode::HalfUp);
        let mut legs = vec![self.payer_leg()];
        if self.code == SPLIT {
            legs.extend(self.split_legs(self.amount - fee));
        } else {
            legs.push(self.payee_leg(fee));
        }
        if !fee.is_zero() {
            legs.push(self.fee_leg(fee));
        }
        if !self.coupon.is_zero() {
            let shop = "U900000002".to_owned();
            legs.push(leg("4", "D", shop, COUPON_SUBJECT, self.coupon));
        }
        legs.into_iter()
            .map(|leg| self.recorded(leg, source))
            .collect()
    }

    fn payer_leg(&self) -> Leg {
        let subject = meaning(SUBJECTS, self.code);
        let paid = self.amount - self.coupon;
        let mut leg = leg("1", "D", self.payer.clone(), subject, paid);
        for other in slipped(SUBJECTS, self.code) {
            leg.would.add("D4", SUBJECT, other);
        }
        leg.would.add("B10", AMOUNT, self.amount);
        leg.would.add("B10", AMOUNT, paid - self.coupon);
        leg.would.add("B12", AMOUNT, self.amount);
        leg.would.add("B12", AMOUNT, self.coupon);
        leg
    }

    fn payee_leg(&self, fee: Exact) -> Leg {
        let net = self.amount - fee;
        let mut leg = leg("2", "C", self.payees[0].clone(), PAYEE_SUBJECT, net);
        for mode in Mode::ALL {
            let fee = self.exact_fee().round(2, mode);
            leg.would.add("B5", AMOUNT, self.amount - fee);
        }
        leg.would.add("B10", AMOUNT, self.amount);
        leg.would.add("B11", AMOUNT, net - fee);
        leg.would.add("B11", AMOUNT, self.amount);
        leg.would.add("B12", AMOUNT, self.coupon);
        leg.would.add("B12", AMOUNT, self.amount);
        leg
    }

    /// Thirds, rounded down; the last takes what is left.
    fn split_legs(&self, net: Exact) -> [Leg; 3] {
        let third = net.over(Exact::new(3, 0), 2, Mode::Down);
        let rest = net - third - third;
        let [first, second, last] = self.payees.clone();
        let mut remainder = leg("6", "C", last, PAYEE_SUBJECT, rest);
        remainder.would.add("B7", AMOUNT, third);
        [
            leg("2", "C", first, PAYEE_SUBJECT, third),
            leg("5", "C", second, PAYEE_SUBJECT, third),
            remainder,
        ]
    }

    fn fee_leg(&self, fee: Exact) -> Leg {
        let mut leg = leg("3", "C", "U900000001".to_owned(), FEE_SUBJECT, fee);
        leg.would.extend(roundings(AMOUNT, self.exact_fee(), 2));
        leg.would.add("B11", AMOUNT, fee + fee);
        leg.would.add("B11", AMOUNT, Exact::new(0, 2));
        leg.would.add("B12", AMOUNT, self.amount);
        leg.would.add("B12", AMOUNT, self.coupon);
        // What a rule adds that is wrong for a class; of the ways there may be many.
        leg.would.add("R1", AMOUNT, fee + Exact::new(100, 2));
        for (_, rate) in RATES.iter().filter(|(_, rate)| *rate != self.channel.1) {
            let rate = Exact::read(rate).expect("a rate of the table");
            let wrong = (self.amount * rate).round(2, Mode::HalfUp);
            leg.would.add("R1", AMOUNT, wrong);
        }
        leg
    }

    fn recorded(&self, leg: Leg, source: usize) -> Record {
        let instant = draws::instant(self.happened_at, &draws::shanghai());
        let mut would = leg.would;
        let other_side = if leg.side == "D" { "C" } else { "D" };
        would.add("D1", SIDE, other_side);
        for subject in CHART {
            would.add("D4", SUBJECT, subject);
        }
        for other in std::iter::once(&self.payer).chain(&self.payees) {
            would.add("D3", ACCOUNT, account(other));
        }
        let date = |cut| draws::business_date(self.happened_at, cut).to_string();
        for cut in [24, 22] {
            would.add("T2", ACCOUNTING_DATE, date(cut));
        }
        Record {
            cells: vec![
                self.serial.clone(),
                leg.number.to_owned(),
                leg.side.to_owned(),
                account(&leg.owner),
                leg.subject.to_owned(),
                draws::stamped(instant),
                date(23),
                leg.amount.to_string(),
                self.memo.clone(),
            ],
            source,
            would: would.0,
        }
    }
}

fn leg(
    number: &'static str,
    side: &'static str,
    owner: String,
    subject: &'static str,
    amount: Exact,
) -> Leg {
    Leg {
        number,
        side,
        owner,
        subject,
        amount,
        would: Woulds::default(),
    }
}

fn account(user: &str) -> String {
    format!("6217{}", user.trim_start_matches('U'))
}

const PLAN: &str = r#"# Trades against the vouchers that they became.
name     = "voucher"
timezone = "Asia/Shanghai"
currency = "CNY"

[source]
url = "source"

[source.tables.trade]
files = "trade-*.csv"

[target]
url = "target"

[[agreement]]
name   = "legs"
rule   = "rules/legs.sql"
target = "rules/ledger.sql"
key    = ["voucher", "leg"]
money  = ["amount"]
foot   = ["accounting_date", "subject"]
origin = { table = "trade", on = { serial = "voucher" } }
"#;

/// One `SELECT` of the rule: the columns that all legs share stand around its own.
fn select(
    number: &str,
    side: &str,
    owner: &str,
    subject: &str,
    amount: &str,
    rest: &str,
) -> String {
    format!(
        "SELECT
  serial AS voucher, '{number}' AS leg, '{side}' AS side,
  concat('6217', substr({owner}, 2)) AS account,
  {subject} AS subject,
  local_time(happened_at, 'Asia/Shanghai') AS booked_at,
  business_date(local_time(happened_at, 'Asia/Shanghai'), 'Asia/Shanghai', '23:00') AS accounting_date,
  {amount} AS amount,
  memo AS summary
{rest}
"
    )
}

fn rule() -> String {
    const TRADE: &str = "FROM trade AS t JOIN rate AS r ON r.channel = t.channel";
    let fee = "round_half_up(money(amount) * money(r.rate, 4), 2)";
    let net = format!("money(amount) - {fee}");
    let third = format!("round_down(({net}) / 3, 2)");
    let quoted = |text: &str| format!("'{text}'");
    let payee = quoted(PAYEE_SUBJECT);
    let split = format!("{TRADE} WHERE t.code = '{SPLIT}'");
    let legs = [
        select(
            "1",
            "D",
            "payer",
            &case("t.code", SUBJECTS),
            "money(amount) - money(coupon)",
            "FROM trade AS t",
        ),
        select(
            "2",
            "C",
            "payee",
            &payee,
            &format!("CASE WHEN t.code = '{SPLIT}' THEN {third} ELSE {net} END"),
            TRADE,
        ),
        select("5", "C", "payee_2", &payee, &third, &split),
        select(
            "6",
            "C",
            "payee_3",
            &payee,
            &format!("{net} - {third} - {third}"),
            &split,
        ),
        select(
            "3",
            "C",
            &quoted("U900000001"),
            &quoted(FEE_SUBJECT),
            fee,
            &format!("{TRADE} WHERE {fee} <> 0"),
        ),
        select(
            "4",
            "D",
            &quoted("U900000002"),
            &quoted(COUPON_SUBJECT),
            "money(coupon)",
            "FROM trade AS t WHERE money(coupon) <> 0",
        ),
    ];
    let legs = legs.join("UNION ALL\n");
    format!(
        "-- The legs that a trade must have: payer, payee or three of them, fee, coupon.\n{legs}"
    )
}

const LEDGER: &str = "-- What the ledger does hold. A CSV holds text: this says what it means.
SELECT
  voucher,
  leg,
  side,
  account,
  subject,
  local_time(booked_at, 'UTC') AS booked_at,
  CAST(accounting_date AS DATE) AS accounting_date,
  money(amount) AS amount,
  summary
FROM leg
";
