//! A journal without any key is compared as a multiset; some records are there twice, rightly.

use jiff::civil::DateTime;

use super::{Codes, Woulds, case, meaning, slipped};
use crate::book::{Book, Column, Kind, Record, Role, Table};
use crate::draws;
use crate::exact::Exact;
use crate::random::Random;

const KINDS: Codes = &[
    ("CASH", "现金"),
    ("CHQ", "支票"),
    ("FEE", "手续费"),
    ("INT", "利息"),
    ("TRF", "转账"),
];

/// What every transfer costs, whatever its amount: 2.00.
const TRANSFER_FEE: Exact = Exact::new(200, 2);

const ACCOUNTING_DATE: usize = 2;
const KIND: usize = 3;
const AMOUNT: usize = 4;
const SUMMARY: usize = 5;

const COLUMNS: [Column; 7] = [
    Column::new("account", Kind::Text, Role::Account),
    Column::new("booked_at", Kind::Instant, Role::Plain),
    Column::new("accounting_date", Kind::Date, Role::Plain),
    Column::new("kind", Kind::Text, Role::Plain),
    Column::new("amount", Kind::Money(2), Role::Plain),
    Column::new("summary", Kind::Text, Role::Memo),
    Column::new("reference", Kind::Text, Role::AfterMemo),
];

/// One record of the old system, as it is before it is written down.
#[derive(Clone)]
struct Line {
    account: String,
    happened_at: DateTime,
    code: &'static str,
    amount: Exact,
    /// The same for every transfer, and nothing for all else.
    fee: Exact,
    balance: Exact,
    memo: String,
    reference: String,
}

pub(super) fn draw(random: &mut Random, records: usize) -> Book {
    let mut journal = Table::new(
        "journal",
        &[
            "account",
            "happened_at",
            "code",
            "amount",
            "fee",
            "balance",
            "memo",
            "reference",
        ],
    );
    let mut expected = Vec::with_capacity(records);
    let mut last: Option<Line> = None;
    for at in 0..records {
        let twice = last.take().filter(|_| random.percent(4));
        let one = twice.unwrap_or_else(|| one_line(random));
        journal.push(&one.written().each_ref().map(String::as_str));
        expected.push(one.expected(at));
        last = Some(one);
    }
    journal.cut();
    Book {
        agreement: "journal",
        tables: vec![journal],
        columns: COLUMNS.to_vec(),
        records: expected,
        target: "ledger",
        classes: vec!["code"],
        is_aggregate: false,
        plan: PLAN.to_owned(),
        rules: vec![("journal.sql", rule()), ("ledger.sql", LEDGER.to_owned())],
    }
}

fn one_line(random: &mut Random) -> Line {
    let (code, _) = *random.one_of(KINDS);
    let sign = if random.percent(50) { -1 } else { 1 };
    Line {
        account: draws::user(random, 300),
        happened_at: draws::moment(random),
        code,
        amount: draws::decimal(draws::amount(random) * sign, 2),
        fee: if code == "TRF" {
            TRANSFER_FEE
        } else {
            Exact::new(0, 2)
        },
        balance: draws::decimal(draws::amount(random), 2),
        memo: draws::memo(random),
        reference: draws::reference(random),
    }
}

impl Line {
    fn written(&self) -> [String; 8] {
        [
            self.account.clone(),
            draws::written(self.happened_at),
            self.code.to_owned(),
            self.amount.to_string(),
            self.fee.to_string(),
            self.balance.to_string(),
            self.memo.clone(),
            self.reference.clone(),
        ]
    }

    fn expected(&self, source: usize) -> Record {
        let instant = draws::instant(self.happened_at, &draws::shanghai());
        let date = |cut| draws::business_date(self.happened_at, cut).to_string();
        let mut would = Woulds::default();
        would.add("B10", AMOUNT, self.amount);
        would.add("B11", AMOUNT, self.amount);
        would.add("B11", AMOUNT, self.amount - self.fee - self.fee);
        would.add("B12", AMOUNT, self.balance);
        for kind in slipped(KINDS, self.code) {
            would.add("D2", KIND, kind);
        }
        for cut in [24, 22] {
            would.add("T2", ACCOUNTING_DATE, date(cut));
        }
        if self.memo.is_empty() {
            would.add("B14", SUMMARY, "NULL");
        }
        Record {
            cells: vec![
                format!("9558{}", self.account.trim_start_matches('U')),
                draws::stamped(instant),
                date(23),
                meaning(KINDS, self.code).to_owned(),
                (self.amount - self.fee).to_string(),
                self.memo.clone(),
                self.reference.clone(),
            ],
            source,
            would: would.0,
        }
    }
}

const PLAN: &str = r#"# A journal without a key against the ledger that it became.
name     = "keyless"
timezone = "Asia/Shanghai"
currency = "CNY"

[source]
url = "source"

[source.tables.journal]
files = "journal-*.csv"

[target]
url = "target"

[[agreement]]
name   = "journal"
rule   = "rules/journal.sql"
target = "rules/ledger.sql"
money  = ["amount"]
foot   = ["accounting_date", "kind"]
"#;

fn rule() -> String {
    format!(
        "-- What the ledger must hold of each line of the journal.
SELECT
  concat('9558', substr(account, 2)) AS account,
  local_time(happened_at, 'Asia/Shanghai') AS booked_at,
  business_date(local_time(happened_at, 'Asia/Shanghai'), 'Asia/Shanghai', '23:00') AS accounting_date,
  {} AS kind,
  money(amount) - money(fee) AS amount,
  memo AS summary,
  reference
FROM journal
",
        case("code", KINDS)
    )
}

const LEDGER: &str = "-- What the ledger does hold.
SELECT
  account,
  local_time(booked_at, 'UTC') AS booked_at,
  CAST(accounting_date AS DATE) AS accounting_date,
  kind,
  money(amount) AS amount,
  summary,
  reference
FROM ledger
";
