//! Entries become balances: one record for many.

use std::collections::BTreeMap;

use super::Woulds;
use crate::book::{Book, Column, Kind, Record, Role, Table};
use crate::draws;
use crate::exact::Exact;
use crate::random::Random;

const BALANCE: usize = 1;

const COLUMNS: [Column; 3] = [
    Column::new("account", Kind::Text, Role::Key),
    Column::new("balance", Kind::Money(2), Role::Plain),
    Column::new("entries", Kind::Text, Role::Plain),
];

pub(super) fn draw(random: &mut Random, records: usize) -> Book {
    let accounts: Vec<String> = (0..records.max(1))
        .map(|at| format!("A{:07}", at * 7 + 1_000_003))
        .collect();
    let mut ids = draws::Ids::default();
    let columns = ["serial", "account", "happened_at", "amount", "memo"];
    let mut entry = Table::new("entry", &columns);
    let mut entries: BTreeMap<&str, Vec<(usize, Exact)>> = BTreeMap::new();
    for at in 0..records * 4 {
        // Each account has one entry at least.
        let account = accounts.get(at).unwrap_or_else(|| random.one_of(&accounts));
        let sign = if random.percent(45) { -1 } else { 1 };
        let amount = draws::decimal(draws::amount(random) * sign, 2);
        entry.push(&[
            &ids.next(random),
            account,
            &draws::written(draws::moment(random)),
            &amount.to_string(),
            &draws::memo(random),
        ]);
        entries.entry(account).or_default().push((at, amount));
    }
    let records = entries.iter().map(|(account, all)| expected(account, all));
    let records = records.collect();
    entry.cut();
    Book {
        agreement: "balances",
        tables: vec![entry],
        columns: COLUMNS.to_vec(),
        records,
        target: "account",
        classes: Vec::new(),
        is_aggregate: true,
        plan: PLAN.to_owned(),
        rules: vec![
            ("balance.sql", RULE.to_owned()),
            ("stored.sql", STORED.to_owned()),
        ],
    }
}

fn expected(account: &str, entries: &[(usize, Exact)]) -> Record {
    let nothing = Exact::new(0, 2);
    let balance = entries
        .iter()
        .fold(nothing, |sum, (_, amount)| sum + *amount);
    let mut would = Woulds::default();
    for (_, amount) in entries {
        would.add("P2", BALANCE, balance - *amount);
        would.add("B12", BALANCE, *amount);
    }
    // A summary that was not rebuilt lacks the last entries, but has the first.
    let mut stale = balance;
    for (_, amount) in entries.iter().skip(1).rev() {
        stale = stale - *amount;
        would.add("P4", BALANCE, stale);
    }
    Record {
        cells: vec![
            account.to_owned(),
            balance.to_string(),
            entries.len().to_string(),
        ],
        source: entries.first().map_or(0, |(at, _)| *at),
        would: would.0,
    }
}

const PLAN: &str = r#"# Entries against the balances that the new system keeps.
name     = "balance"
timezone = "Asia/Shanghai"
currency = "CNY"

[source]
url = "source"

[source.tables.entry]
files = "entry-*.csv"

[target]
url = "target"

[[agreement]]
name   = "balances"
rule   = "rules/balance.sql"
target = "rules/stored.sql"
key    = ["account"]
money  = ["balance"]
origin = { table = "entry", on = { account = "account" } }
"#;

const RULE: &str = "-- The balance of an account is the sum of its entries.
SELECT
  account,
  control_total(money(amount)) AS balance,
  count(*) AS entries
FROM entry
GROUP BY account
";

const STORED: &str = "-- What the new system stores.
SELECT
  account,
  money(balance) AS balance,
  CAST(entries AS BIGINT) AS entries
FROM account
";
