//! A wallet's single-sided flow becomes postings: signed amount, fee by channel, merged accounts.

use std::collections::BTreeMap;

use jiff::civil::DateTime;

use super::{Codes, Woulds, case, meaning, roundings, slipped};
use crate::book::{Book, Column, Kind, Record, Role, Table, Would};
use crate::draws;
use crate::exact::{Exact, Mode};
use crate::random::Random;

const KINDS: Codes = &[
    ("01", "TOPUP"),
    ("02", "PAYMENT"),
    ("03", "REFUND"),
    ("04", "WITHDRAWAL"),
    ("05", "INCOME"),
    ("06", "TRANSFER_IN"),
    ("07", "TRANSFER_OUT"),
    ("99", "ADJUSTMENT"),
];
const OUTGOING: [&str; 3] = ["02", "04", "07"];
const STATES: Codes = &[
    ("C", "CLOSED"),
    ("P", "PENDING"),
    ("R", "REFUNDED"),
    ("S", "BOOKED"),
];
/// Channel, rate, and the rate that was in force before.
const CHANNELS: [(&str, &str, &str); 5] = [
    ("ALIPAY", "0.0055", "0.0060"),
    ("BANK", "0.0020", "0.0025"),
    ("QUICK", "0.0100", "0.0120"),
    ("UNIONPAY", "0.0060", "0.0078"),
    ("WECHAT", "0.0038", "0.0050"),
];

/// When the old system was closed: 2017-01-01 08:00:00 in Shanghai.
const FREEZE: DateTime = DateTime::constant(2017, 1, 1, 8, 0, 0, 0);

const ACCOUNT: usize = 1;
const SHARD: usize = 2;
const COUNTERPARTY: usize = 3;
const KIND: usize = 4;
const STATUS: usize = 5;
const ACCOUNTING_DATE: usize = 7;
const VALUE_DATE: usize = 8;
const AMOUNT: usize = 9;
const FEE: usize = 10;
const NET: usize = 11;
const COUPON: usize = 12;
const MEMO: usize = 13;

const COLUMNS: [Column; 15] = [
    Column::new("voucher", Kind::Text, Role::Id),
    Column::new("account", Kind::Text, Role::Account),
    Column::new("shard", Kind::Text, Role::Plain),
    Column::new("counterparty", Kind::Text, Role::Plain).nullable(),
    Column::new("kind", Kind::Text, Role::Plain),
    Column::new("status", Kind::Text, Role::Plain),
    Column::new("booked_at", Kind::Instant, Role::Plain),
    Column::new("accounting_date", Kind::Date, Role::Plain),
    Column::new("value_date", Kind::Date, Role::Plain),
    Column::new("amount", Kind::Money(2), Role::Plain),
    Column::new("fee", Kind::Money(2), Role::Plain),
    Column::new("net", Kind::Money(2), Role::Plain),
    Column::new("coupon", Kind::Money(2), Role::Plain).nullable(),
    Column::new("memo", Kind::Text, Role::Memo),
    Column::new("reference", Kind::Text, Role::AfterMemo),
];

/// One record of the old system, as it is before it is written down.
struct Flow {
    serial: String,
    user: String,
    channel: &'static (&'static str, &'static str, &'static str),
    code: &'static str,
    status: &'static str,
    amount: Exact,
    has_thousands: bool,
    coupon: Option<Exact>,
    settle: Exact,
    balance: Exact,
    counterparty: String,
    happened_at: DateTime,
    value_date: jiff::civil::Date,
    updated_at: DateTime,
    memo: String,
    reference: String,
}

pub(super) fn draw(random: &mut Random, records: usize) -> Book {
    let users = i64::try_from(records / 4).unwrap_or(1).max(20);
    let merged = merge_users(random, users);
    let mut ids = draws::Ids::default();
    let mut flow = Table::new(
        "flow",
        &[
            "serial",
            "user_id",
            "channel",
            "code",
            "status",
            "amount",
            "coupon",
            "settle",
            "balance",
            "counterparty",
            "happened_at",
            "value_date",
            "updated_at",
            "memo",
            "reference",
        ],
    );
    let mut expected = Vec::with_capacity(records);
    let mut last: Option<Flow> = None;
    for at in 0..records {
        let mut one = one_flow(random, &mut ids, users);
        // The old system holds some events twice, under another serial.
        // And some events, of other people, are alike in amount and time.
        match last.take().map(|last| (last, random.below(20))) {
            Some((twice, 0)) => {
                one = Flow {
                    serial: one.serial,
                    ..twice
                };
            }
            Some((alike, 1)) => {
                one = Flow {
                    serial: one.serial,
                    user: one.user,
                    counterparty: one.counterparty,
                    ..alike
                };
            }
            _ => {}
        }
        flow.push(&one.written().each_ref().map(String::as_str));
        expected.push(one.expected(at, &merged));
        last = Some(one);
    }
    confuse_parties(&flow, &mut expected);
    flow.cut();
    let mut rejected = Table::new("rejected", &["serial", "code", "message"]);
    for row in flow.rows.iter().filter(|_| random.percent(8)) {
        rejected.push(&[&row[0], "E0417", "busy, tried again"]);
    }
    let mut channel = Table::new("channel", &["code", "rate", "old_rate"]);
    for (code, rate, old_rate) in CHANNELS {
        channel.push(&[code, rate, old_rate]);
    }
    let mut merge = Table::new("merged", &["old_id", "new_id"]);
    for (old, new) in &merged {
        merge.push(&[old, new]);
    }
    Book {
        agreement: "postings",
        tables: vec![flow, channel, merge, rejected],
        columns: COLUMNS.to_vec(),
        records: expected,
        target: "posting",
        classes: vec!["channel", "code", "status"],
        is_aggregate: false,
        plan: PLAN.to_owned(),
        rules: vec![("posting.sql", rule()), ("ledger.sql", LEDGER.to_owned())],
    }
}

/// Where two events are alike in amount and time, each may have got the other's counterparty.
fn confuse_parties(flow: &Table, expected: &mut [Record]) {
    let is_alike = |one: &[String], two: &[String]| {
        let columns =
            ["amount", "happened_at"].map(|name| flow.columns.iter().position(|one| *one == name));
        columns.into_iter().flatten().all(|at| one[at] == two[at])
    };
    for at in 1..expected.len() {
        if !is_alike(&flow.rows[at - 1], &flow.rows[at]) {
            continue;
        }
        for (one, two) in [(at - 1, at), (at, at - 1)] {
            let other = expected[two].cells[COUNTERPARTY].clone();
            if !other.is_empty() && !expected[one].cells[COUNTERPARTY].is_empty() {
                expected[one].would.push(Would {
                    cause: "D5",
                    change: vec![(COUNTERPARTY, other)],
                });
            }
        }
    }
}

/// Some users were merged into others, and some of those into others again.
fn merge_users(random: &mut Random, users: i64) -> BTreeMap<String, String> {
    let mut merged = BTreeMap::new();
    for _ in 0..users / 3 {
        let (old, new) = (draws::user(random, users), draws::user(random, users));
        if old != new {
            merged.entry(old).or_insert(new);
        }
    }
    merged
}

fn one_flow(random: &mut Random, ids: &mut draws::Ids, users: i64) -> Flow {
    let (code, _) = *random.one_of(KINDS);
    let (status, _) = *random.one_of(STATES);
    let status = if random.percent(70) { "S" } else { status };
    let mut amount = draws::decimal(draws::amount(random), 2);
    if code == "99" && random.percent(50) {
        amount = -amount;
    }
    let coupon = random
        .percent(30)
        .then(|| draws::decimal(random.between(0, 2_000).into(), 2));
    let tip = draws::decimal(random.between(1, 90_000).into(), 2);
    let happened_at = draws::moment(random);
    let days = random.between(0, 3);
    Flow {
        serial: ids.next(random),
        user: draws::user(random, users),
        channel: random.one_of(&CHANNELS),
        code,
        status,
        amount,
        has_thousands: random.percent(25),
        coupon,
        settle: amount + tip,
        balance: draws::decimal(draws::amount(random), 2),
        counterparty: if random.percent(30) {
            String::new()
        } else {
            draws::user(random, users)
        },
        happened_at,
        value_date: happened_at
            .date()
            .saturating_add(jiff::Span::new().days(days)),
        updated_at: if random.percent(8) {
            FREEZE.saturating_add(jiff::Span::new().seconds(random.between(1, 9_000)))
        } else {
            happened_at.saturating_add(jiff::Span::new().seconds(random.between(0, 90_000)))
        },
        memo: draws::memo(random),
        reference: draws::reference(random),
    }
}

impl Flow {
    fn written(&self) -> [String; 15] {
        let amount = if self.has_thousands {
            draws::with_thousands(self.amount)
        } else {
            self.amount.to_string()
        };
        [
            self.serial.clone(),
            self.user.clone(),
            self.channel.0.to_owned(),
            self.code.to_owned(),
            self.status.to_owned(),
            amount,
            self.coupon.map(|one| one.to_string()).unwrap_or_default(),
            self.settle.to_string(),
            self.balance.to_string(),
            self.counterparty.clone(),
            draws::written(self.happened_at),
            self.value_date.to_string(),
            draws::written(self.updated_at),
            self.memo.clone(),
            self.reference.clone(),
        ]
    }

    fn has_fee(&self) -> bool {
        OUTGOING.contains(&self.code)
    }

    fn signed(&self, amount: Exact) -> Exact {
        if self.has_fee() { -amount } else { amount }
    }

    /// The fee before it is rounded.
    fn fee_at(&self, rate: &str) -> Exact {
        let rate = Exact::read(rate).expect("a rate of the table");
        if self.has_fee() {
            self.amount * rate
        } else {
            Exact::new(0, 2)
        }
    }

    fn expected(&self, source: usize, merged: &BTreeMap<String, String>) -> Record {
        let owner = merged.get(&self.user).unwrap_or(&self.user);
        let amount = self.signed(self.amount);
        let fee = self.fee_at(self.channel.1).round(2, Mode::HalfUp);
        let instant = draws::instant(self.happened_at, &draws::shanghai());
        let cells = vec![
            self.serial.clone(),
            account(owner),
            shard(owner),
            self.counterparty.clone(),
            meaning(KINDS, self.code).to_owned(),
            meaning(STATES, self.status).to_owned(),
            draws::stamped(instant),
            draws::business_date(self.happened_at, 23).to_string(),
            self.value_date.to_string(),
            amount.to_string(),
            fee.to_string(),
            (amount - fee).to_string(),
            self.coupon.map(|one| one.to_string()).unwrap_or_default(),
            self.memo.clone(),
            self.reference.clone(),
        ];
        let mut would = Woulds::default();
        self.amounts(amount, fee, &mut would);
        self.meanings(owner, merged, &mut would);
        self.times(&mut would);
        Record {
            cells,
            source,
            would: would.0,
        }
    }

    fn amounts(&self, amount: Exact, fee: Exact, would: &mut Woulds) {
        would.extend(roundings(FEE, self.fee_at(self.channel.1), 2));
        would.add("B10", AMOUNT, amount - fee);
        would.add("B10", AMOUNT, amount + fee);
        would.add("B10", NET, amount);
        if let Some(coupon) = self.coupon {
            would.add("B10", AMOUNT, amount - coupon);
            would.add("B10", AMOUNT, amount + coupon);
            would.add("B12", AMOUNT, coupon);
        }
        let nothing = Exact::new(0, 2);
        would.both(
            "B11",
            vec![(FEE, nothing.to_string()), (NET, amount.to_string())],
        );
        would.both(
            "B11",
            vec![
                (FEE, (fee + fee).to_string()),
                (NET, (amount - fee - fee).to_string()),
            ],
        );
        would.add("B11", NET, amount - fee - fee);
        would.add("B11", FEE, nothing);
        would.add("B11", FEE, fee + fee);
        for other in [self.settle, self.balance] {
            would.add("B12", AMOUNT, other);
            would.add("B12", FEE, other);
        }
        if self.coupon.is_none() {
            would.add("B14", COUPON, nothing);
        }
        if self.has_thousands && self.amount.abs().units(2) >= Some(100_000) {
            self.separators(would);
        }
        if self.code == "03" {
            would.add("B16", AMOUNT, -amount);
            would.add("B16", AMOUNT, amount + amount);
        }
        let rates = CHANNELS.iter().map(|(_, rate, _)| *rate);
        for rate in rates.filter(|rate| *rate != self.channel.1) {
            would.add("R1", FEE, self.fee_at(rate).round(2, Mode::HalfUp));
        }
        // What a rule adds that is wrong for a class.
        if self.has_fee() {
            would.add("R1", FEE, fee + Exact::new(100, 2));
        }
        would.add(
            "R2",
            FEE,
            self.fee_at(self.channel.2).round(2, Mode::HalfUp),
        );
    }

    /// What comes of `1,234.56` where the reader stops at the comma, or drops every mark.
    fn separators(&self, would: &mut Woulds) {
        let text = draws::with_thousands(self.amount);
        let mut read = |text: &str| {
            let value = Exact::read(text).expect("digits are left");
            would.add("B15", AMOUNT, self.signed(value).round(2, Mode::Down));
        };
        read(text.split(',').next().unwrap_or_default());
        read(&text.replace([',', '.'], ""));
    }

    fn meanings(&self, owner: &str, merged: &BTreeMap<String, String>, would: &mut Woulds) {
        for kind in slipped(KINDS, self.code) {
            would.add("D2", KIND, kind);
        }
        for status in slipped(STATES, self.status) {
            would.add("T7", STATUS, status);
        }
        // What was read at the freeze, of a record that changed after it.
        if self.updated_at > FREEZE && self.status == "S" {
            would.add("T8", STATUS, "PENDING");
        }
        if owner != self.user {
            would.add("D7", ACCOUNT, account(&self.user));
        }
        if let Some(again) = merged.get(owner) {
            would.add("D7", ACCOUNT, account(again));
        }
        would.add("D8", SHARD, &owner[1..4]);
        let last: u32 = shard(owner).parse().unwrap_or(0);
        would.add("D8", SHARD, format!("{:03}", (last + 1) % 1_000));
        if self.counterparty.is_empty() {
            would.add("B14", COUNTERPARTY, "0");
        }
        if self.memo.is_empty() {
            would.add("B14", MEMO, "NULL");
            would.add("B14", MEMO, "null");
        }
    }

    fn times(&self, would: &mut Woulds) {
        let calendar = self.happened_at.date();
        would.add("T2", ACCOUNTING_DATE, calendar);
        would.add(
            "T2",
            ACCOUNTING_DATE,
            draws::business_date(self.happened_at, 22),
        );
        would.add("T11", ACCOUNTING_DATE, self.value_date);
        would.add(
            "T11",
            VALUE_DATE,
            draws::business_date(self.happened_at, 23),
        );
    }
}

fn account(user: &str) -> String {
    format!("W-{}", user.trim_start_matches('U'))
}

fn shard(user: &str) -> String {
    user[user.len() - 3..].to_owned()
}

const PLAN: &str = r#"# A wallet's flow against the postings that it was moved into.
name     = "wallet"
timezone = "Asia/Shanghai"
currency = "CNY"

[source]
url = "source"

[source.tables.flow]
files = "flow-*.csv"

[target]
url = "target"

[[agreement]]
name   = "postings"
rule   = "rules/posting.sql"
target = "rules/ledger.sql"
key    = ["voucher"]
money  = ["amount", "fee", "net", "coupon"]
foot   = ["accounting_date", "kind"]
origin = { table = "flow", on = { serial = "voucher" } }

[window]
freeze         = 2017-01-01T08:00:00+08:00
release        = 2017-01-01T16:00:00+08:00
rollback_takes = "45m"
"#;

fn rule() -> String {
    format!(
        "-- What the ledger must hold of each record of the wallet.
SELECT
  serial AS voucher,
  concat('W-', substr(coalesce(m.new_id, f.user_id), 2)) AS account,
  right(coalesce(m.new_id, f.user_id), 3) AS shard,
  NULLIF(counterparty, '') AS counterparty,
  {} AS kind,
  {} AS status,
  local_time(happened_at, 'Asia/Shanghai') AS booked_at,
  business_date(local_time(happened_at, 'Asia/Shanghai'), 'Asia/Shanghai', '23:00') AS accounting_date,
  CAST(value_date AS DATE) AS value_date,
  CASE WHEN f.code IN ('02', '04', '07') THEN -money(amount) ELSE money(amount) END AS amount,
  CASE WHEN f.code IN ('02', '04', '07') THEN round_half_up(money(amount) * money(c.rate, 4), 2) ELSE money('0') END AS fee,
  CASE WHEN f.code IN ('02', '04', '07')
    THEN -money(amount) - round_half_up(money(amount) * money(c.rate, 4), 2)
    ELSE money(amount)
  END AS net,
  money(NULLIF(coupon, '')) AS coupon,
  memo,
  reference
FROM flow AS f
JOIN channel AS c ON c.code = f.channel
LEFT JOIN merged AS m ON m.old_id = f.user_id
",
        case("f.code", KINDS),
        case("f.status", STATES)
    )
}

const LEDGER: &str = "-- What the ledger does hold. A CSV holds text: this says what it means.
SELECT
  voucher,
  account,
  shard,
  NULLIF(counterparty, '') AS counterparty,
  kind,
  status,
  local_time(booked_at, 'UTC') AS booked_at,
  CAST(accounting_date AS DATE) AS accounting_date,
  CAST(value_date AS DATE) AS value_date,
  money(amount) AS amount,
  money(fee) AS fee,
  money(net) AS net,
  money(NULLIF(coupon, '')) AS coupon,
  memo,
  reference
FROM posting
";
