//! A second opinion: hledger reads the converted books as a journal of its own, and comes to the
//! balances that the old system says.

use crate::place::Place;
use crate::sheet::Sheet;
use jiff::civil::{Date, date};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

/// Balances in fen by account of the journal, debits above zero; without those of nothing.
type Balances = BTreeMap<String, i128>;

#[test]
fn hledger_comes_to_every_balance_of_the_old_books() {
    let place = Place::converted();
    let journal = place.path().join("ledger.journal");
    fs::write(&journal, journal_of(&place)).unwrap();
    // Each transaction balances, every account is declared, and dates are in order.
    hledger(&journal, &["check", "--strict", "ordereddates"]);
    let balances = hledger(
        &journal,
        &["balance", "--flat", "--no-total", "--output-format=csv"],
    );
    let balances = read_balances(&balances);
    assert_eq!(balances, old_balances(&place));
    assert_eq!(balances, converted_balances(&place));
}

/// Runs hledger and gives what it says; it must be content.
fn hledger(journal: &Path, arguments: &[&str]) -> String {
    let output = Command::new("hledger")
        .arg("--file")
        .arg(journal)
        .args(arguments)
        .env("LC_ALL", "C.UTF-8")
        .output();
    let output = output.expect(
        "this test needs the program hledger: apt-get install hledger, or `cargo xtask ci`, which installs it",
    );
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "hledger {arguments:?}: {said}");
    String::from_utf8(output.stdout).unwrap()
}

/// The opening balances and every voucher as a journal, by day.
fn journal_of(place: &Place) -> String {
    let (opening, postings) = (place.target("opening"), place.target("posting"));
    let mut transactions: BTreeMap<(Date, &str), String> = BTreeMap::new();
    let first_day = date(2010, 1, 1);
    for row in opening.rows(|_, _| true) {
        let transaction = transactions.entry((first_day, "")).or_default();
        write_posting(transaction, &opening, row);
    }
    for row in postings.rows(|_, _| true) {
        let day = day(postings.number(row, "accounting_date"));
        let voucher = postings.text(row, "voucher");
        let transaction = transactions.entry((day, voucher)).or_default();
        write_posting(transaction, &postings, row);
    }
    let mut journal = String::from("commodity CNY 1.00\n");
    for account in converted_accounts(&opening, &postings) {
        writeln!(journal, "account {account}").unwrap();
    }
    for ((day, voucher), lines) in transactions {
        write!(journal, "\n{day} voucher {voucher}\n{lines}").unwrap();
    }
    journal
}

fn write_posting(transaction: &mut String, sheet: &Sheet, row: usize) {
    let account = account_of(sheet, row);
    let amount = yuan(moved(sheet, row));
    writeln!(transaction, "    {account}  CNY {amount}").unwrap();
}

fn moved(sheet: &Sheet, row: usize) -> i128 {
    sheet.fen(row, "debit") - sheet.fen(row, "credit")
}

/// A posting's account in the journal: what the house has is by subject, and banks by channel.
fn account_of(sheet: &Sheet, row: usize) -> String {
    match sheet.text(row, "subject") {
        subject @ ("1002" | "2001" | "2002" | "2003") => {
            format!("{subject}:{}", sheet.text(row, "account"))
        }
        subject => subject.to_owned(),
    }
}

fn converted_accounts(opening: &Sheet, postings: &Sheet) -> Vec<String> {
    let of = |sheet: &Sheet| -> Vec<String> {
        let rows = sheet.rows(|_, _| true).into_iter();
        rows.map(|row| account_of(sheet, row)).collect()
    };
    let mut accounts = [of(opening), of(postings)].concat();
    accounts.sort();
    accounts.dedup();
    accounts
}

/// What the converted books come to, added up here.
fn converted_balances(place: &Place) -> Balances {
    let mut balances = Balances::new();
    for sheet in [place.target("opening"), place.target("posting")] {
        for row in sheet.rows(|_, _| true) {
            *balances.entry(account_of(&sheet, row)).or_default() += moved(&sheet, row);
        }
    }
    balances.retain(|_, fen| *fen != 0);
    balances
}

/// What the old books say of each account. What the wallet owes is above zero there.
fn old_balances(place: &Place) -> Balances {
    let accounts = place.source("account");
    let mut balances = Balances::new();
    for row in accounts.rows(|_, _| true) {
        let number = accounts.text(row, "account");
        let account = match (accounts.text(row, "owner"), accounts.text(row, "class")) {
            ("U", _) => format!("2001:{number}"),
            ("M", _) => format!("2002:{number}"),
            (_, "CHANNEL") => format!("1002:{}", accounts.text(row, "channel")),
            (_, "RESERVE") => "1009".to_owned(),
            (_, "TRANSIT") => "2201".to_owned(),
            (_, "ESCROW") => "2202".to_owned(),
            (_, "SUSPENSE") => "2241".to_owned(),
            (_, "FEES") => "6021".to_owned(),
            (_, "OPERATING") => "6301".to_owned(),
            (_, "MARKETING") => "6601".to_owned(),
            other => panic!("no subject is for {other:?}"),
        };
        balances.insert(account, -accounts.fen(row, "balance"));
        balances.insert(format!("2003:{number}"), -accounts.fen(row, "frozen"));
    }
    balances.retain(|_, fen| *fen != 0);
    balances
}

/// Reads lines such as `"2001:6000000000011001","CNY -12.30"`.
fn read_balances(csv: &str) -> Balances {
    let mut balances = Balances::new();
    for line in csv.lines().skip(1) {
        let fields: Vec<&str> = line.split('"').collect();
        let [_, account, _, amount, _] = fields.as_slice() else {
            panic!("hledger says {line}");
        };
        let amount = amount.strip_prefix("CNY").unwrap_or(amount);
        let fen: i128 = amount.replace(['.', ',', ' '], "").parse().unwrap();
        balances.insert((*account).to_owned(), fen);
    }
    balances.retain(|_, fen| *fen != 0);
    balances
}

fn yuan(fen: i128) -> String {
    let sign = if fen < 0 { "-" } else { "" };
    let fen = fen.unsigned_abs();
    format!("{sign}{}.{:02}", fen / 100, fen % 100)
}

fn day(since_1970: i64) -> Date {
    date(1970, 1, 1)
        .checked_add(jiff::Span::new().days(since_1970))
        .unwrap()
}
