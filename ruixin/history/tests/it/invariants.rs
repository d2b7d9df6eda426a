use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use ruixin_history::{History, Owner, Table};

use crate::book::{Book, Fields, fen, field};

fn flow<'a>(record: &'a Fields, column: &str) -> &'a str {
    field(Table::Flow, record, column)
}

fn is_in(record: &Fields) -> bool {
    flow(record, "direction") == "1"
}

fn signed(record: &Fields) -> i64 {
    let amount = fen(Table::Flow, record, "amount");
    if is_in(record) { amount } else { -amount }
}

/// What the other side of a record gets.
fn other_side(record: &Fields) -> i64 {
    let of = |column| fen(Table::Flow, record, column);
    if is_in(record) {
        -(of("amount") + of("fee"))
    } else {
        of("amount") + of("coupon") - of("fee")
    }
}

/// The kind of a record, by the type tables: the codes changed on the first of July 2011.
fn kind(record: &Fields) -> &'static str {
    // The business day changes at 23:00.
    let is_late = flow(record, "happened_at") >= "2011-06-30 23:00:00.000";
    match (flow(record, "type_code"), is_late) {
        ("01" | "15", _) | ("11", true) => "CHANNEL_IN",
        ("98", _) => "REVERSAL",
        ("09", false) | ("31", true) => "WITHDRAWAL",
        ("02" | "03", _) => "PAYMENT",
        ("07" | "08", false) | ("21" | "22", true) => "TRANSFER",
        ("12" | "13", false) | ("51" | "52", true) => "REFUND",
        ("04" | "05", _) | ("06", false) | ("53", true) => "ESCROW",
        ("10" | "11", false) | ("41" | "42", true) => "FROZEN",
        ("14", false) | ("07", true) => "BONUS",
        ("16", false) | ("08", true) => "SERVICE_FEE",
        ("99", _) => "ADJUSTMENT",
        (code, _) => panic!("no such code: {code}"),
    }
}

fn check(seed: u64, records: u64) {
    let history = History::new(seed, records).unwrap();
    let book = Book::of(&history);
    assert_eq!(book.table(Table::Flow).len() as u64, records);
    balances_are_running_sums(&book);
    files_are_in_order_of_time(&history, &book);
    both_halves_of_a_movement_are_there(&book);
    orders_agree_with_the_flow(&book);
    the_bank_agrees_with_the_channels(&book);
    accounts_are_where_their_numbers_say(&history, &book);
}

/// `balance_after` = opening balance + all movements so far, never below nothing.
fn balances_are_running_sums(book: &Book) {
    let account = |record: &Fields, column| fen(Table::Account, record, column);
    let mut balances = BTreeMap::new();
    let mut frozen: BTreeMap<&str, i64> = BTreeMap::new();
    for record in book.table(Table::Account) {
        let opening = account(record, "opening_balance");
        balances.insert(field(Table::Account, record, "account"), (opening, 0, ""));
    }
    for record in book.table(Table::Flow) {
        let number = flow(record, "account");
        let (balance, count, last) = balances.get_mut(number).expect("its account is there");
        *balance += signed(record);
        *count += 1;
        *last = flow(record, "serial");
        assert_eq!(
            fen(Table::Flow, record, "balance_after"),
            *balance,
            "{last}"
        );
        assert!(*balance >= 0, "{last}");
        if kind(record) == "FROZEN" {
            *frozen.entry(number).or_default() -= signed(record);
        }
    }
    for record in book.table(Table::Account) {
        let number = field(Table::Account, record, "account");
        let (balance, count, last) = balances[number];
        assert_eq!(account(record, "balance"), balance, "{number}");
        assert_eq!(
            account(record, "frozen"),
            frozen.get(number).copied().unwrap_or(0)
        );
        assert_eq!(
            field(Table::Account, record, "flow_count"),
            count.to_string()
        );
        assert_eq!(field(Table::Account, record, "last_serial"), last);
    }
}

fn files_are_in_order_of_time(history: &History, book: &Book) {
    let opened: BTreeMap<&str, &str> = book
        .table(Table::Account)
        .iter()
        .map(|one| {
            (
                field(Table::Account, one, "account"),
                field(Table::Account, one, "opened_at"),
            )
        })
        .collect();
    let mut last: BTreeMap<&str, (&str, &str)> = BTreeMap::new();
    for record in book.table(Table::Flow) {
        let (serial, at) = (flow(record, "serial"), flow(record, "happened_at"));
        let shard = &serial[8..11];
        assert_eq!(shard, &flow(record, "account")[13..]);
        assert_eq!(serial[..8], at[..10].replace('-', ""));
        assert!(("2010-01-01".."2013-05-27 08:00:00").contains(&at), "{at}");
        assert!(opened[flow(record, "account")] <= at, "{serial}");
        if let Some((before, earlier)) = last.insert(shard, (serial, at)) {
            assert!(before < serial && earlier <= at, "{before} {serial}");
        }
    }
    assert_eq!(last.len(), history.shards() as usize);
}

/// Payments, transfers and refunds: what one customer gives another one gets, by order.
fn both_halves_of_a_movement_are_there(book: &Book) {
    let mut halves: BTreeMap<(&str, &str), (i64, i64)> = BTreeMap::new();
    let mut shards = BTreeSet::new();
    for record in book.table(Table::Flow) {
        let kind = kind(record);
        if !["PAYMENT", "TRANSFER", "REFUND"].contains(&kind) {
            continue;
        }
        let order = flow(record, "order_id");
        let half = halves.entry((order, kind)).or_default();
        half.0 += other_side(record);
        half.1 += if is_in(record) { 1 } else { -1 };
        shards.insert((order, &flow(record, "account")[13..]));
    }
    for (order, (difference, count)) in &halves {
        assert_eq!((*difference, *count), (0, 0), "{order:?}");
    }
    let orders: BTreeSet<&str> = halves.keys().map(|(order, _)| *order).collect();
    assert!(book.table(Table::Flow).len() < 10_000 || shards.len() > orders.len());
}

fn orders_agree_with_the_flow(book: &Book) {
    let of = |record, column| field(Table::Orders, record, column);
    let mut by_order: BTreeMap<&str, Vec<&Fields>> = BTreeMap::new();
    for record in book.table(Table::Flow) {
        by_order
            .entry(flow(record, "order_id"))
            .or_default()
            .push(record);
    }
    let mut seen = BTreeSet::new();
    for order in book.table(Table::Orders) {
        let id = of(order, "order_id");
        assert!(seen.insert(id), "{id} twice");
        let records = by_order.get(id).map(Vec::as_slice).unwrap_or_default();
        let status = of(order, "status");
        if ["P", "E", "T", "C"].contains(&of(order, "order_type"))
            && ["1", "3", "7"].contains(&status)
        {
            assert!(records.is_empty(), "{id}: nothing was paid");
            continue;
        }
        let returned = records.iter().filter(|one| {
            let back = ["13", "52", "53"].contains(&flow(one, "type_code"));
            back || (
                flow(one, "type_code"),
                flow(one, "happened_at") < "2011-06-30 23",
            ) == ("06", true)
        });
        let refunded: i64 = returned.map(|one| fen(Table::Flow, one, "amount")).sum();
        assert_eq!(refunded, fen(Table::Orders, order, "refunded"), "{id}");
        if ["P", "E", "T"].contains(&of(order, "order_type")) {
            let payer = of(order, "payer");
            let paid = records
                .iter()
                .find(|one| flow(one, "account") == payer && !is_in(one));
            let amount = fen(Table::Orders, order, "amount");
            assert_eq!(other_side(paid.expect("it was paid")), amount, "{id}");
        }
    }
    for id in by_order.keys().filter(|id| !id.is_empty()) {
        assert!(seen.contains(id), "{id} has no order");
    }
}

/// By channel and order, what the flow says came or went is what the bank says.
fn the_bank_agrees_with_the_channels(book: &Book) {
    let of = |record, column| field(Table::ChannelFile, record, column);
    let mut ours: BTreeMap<(&str, &str), i64> = BTreeMap::new();
    for record in book.table(Table::Flow) {
        if ["CHANNEL_IN", "WITHDRAWAL", "REVERSAL"].contains(&kind(record)) {
            let place = (flow(record, "channel"), flow(record, "order_id"));
            *ours.entry(place).or_default() -= other_side(record);
        } else {
            assert_eq!(flow(record, "channel"), "");
        }
    }
    let mut theirs = BTreeMap::new();
    for line in book.table(Table::ChannelFile) {
        let amount = fen(Table::ChannelFile, line, "amount");
        let came = if of(line, "side") == "C" {
            amount
        } else {
            -amount
        };
        let place = (of(line, "channel"), of(line, "order_id"));
        assert!(theirs.insert(place, came).is_none(), "{place:?} twice");
    }
    assert_eq!(ours, theirs);
}

fn accounts_are_where_their_numbers_say(history: &History, book: &Book) {
    let auditor = history.auditor();
    let mut seen = BTreeSet::new();
    for record in book.table(Table::Account) {
        let number = field(Table::Account, record, "account");
        let place = auditor.locate(number).expect("it is an account");
        let owner = match field(Table::Account, record, "owner") {
            "U" => Owner::User,
            _ => Owner::Merchant,
        };
        assert_eq!(place.owner, owner);
        assert!(place.shard < history.shards() && seen.insert(number));
    }
    for record in book.table(Table::Flow) {
        let other = flow(record, "counterparty");
        let is_house = other.starts_with('9') && kind(record) == "ADJUSTMENT";
        assert!(
            other.is_empty() || is_house || seen.contains(other),
            "{other}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn every_book_keeps_its_invariants(seed: u64, records in 1_000_u64..24_000) {
        check(seed, records);
    }
}

#[test]
fn a_book_of_many_shards_keeps_its_invariants() {
    check(1, 150_000);
}
