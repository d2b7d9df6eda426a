use std::collections::{BTreeMap, BTreeSet};

use ruixin_history::{History, Table};

use crate::book::{Book, Fields, field};

fn flow<'a>(record: &'a Fields, column: &str) -> &'a str {
    field(Table::Flow, record, column)
}

fn counted<'a>(of: impl Iterator<Item = &'a str>) -> BTreeMap<&'a str, usize> {
    let mut counts = BTreeMap::new();
    for one in of {
        *counts.entry(one).or_default() += 1;
    }
    counts
}

#[test]
fn every_kind_of_event_occurs_in_ten_thousand_records() {
    for seed in 0..5 {
        let book = Book::of(&History::new(seed, 10_000).unwrap());
        let records = book.table(Table::Flow);
        let codes: BTreeSet<&str> = records.iter().map(|one| flow(one, "type_code")).collect();
        for code in [
            "01", "02", "03", "04", "05", "06", "07", "08", "09", "10", "11", "12", "13", "14",
            "15", "16", "21", "22", "31", "41", "42", "51", "52", "53", "98", "99",
        ] {
            assert!(codes.contains(code), "seed {seed}: no {code}");
        }
        let statuses = counted(records.iter().map(|one| flow(one, "status")));
        assert_eq!(statuses.len(), 3);
        assert_eq!(statuses["1"], statuses["2"]);
        let orders = book.table(Table::Orders);
        let statuses = counted(orders.iter().map(|one| field(Table::Orders, one, "status")));
        assert_eq!(statuses.len(), 7, "seed {seed}: {statuses:?}");
        let unnamed = records
            .iter()
            .any(|one| flow(one, "type_code") == "99" && flow(one, "counterparty").is_empty());
        assert!(unnamed);
    }
}

#[test]
fn days_and_hours_have_their_rhythm() {
    let book = Book::of(&History::new(3, 300_000).unwrap());
    let records = book.table(Table::Flow);
    let hours = counted(records.iter().map(|one| &flow(one, "happened_at")[11..13]));
    let busiest = *hours.values().max().unwrap();
    assert!(
        hours.values().all(|count| *count >= hours["04"]),
        "{hours:?}"
    );
    assert!(busiest > 12 * hours["04"], "{hours:?}");
    assert!(hours["23"] > 5_000, "the hour after the cut is not empty");
    let days = counted(records.iter().map(|one| &flow(one, "happened_at")[..10]));
    for year in [2010, 2011, 2012] {
        let day = |date: &str| days[format!("{year}-{date}").as_str()];
        assert!(day("11-11") > 2 * day("11-04"), "{year}");
    }
    // New Year's Day 2012 of the Chinese calendar: 23 January.
    assert!(days["2012-01-25"] * 3 < days["2012-01-11"] * 2);
    assert!(days["2013-04-10"] > 4 * days["2010-04-14"]);
}

#[test]
fn few_accounts_make_most_of_the_records() {
    let book = Book::of(&History::new(3, 300_000).unwrap());
    let records = book.table(Table::Flow);
    let mut counts: Vec<usize> = counted(records.iter().map(|one| flow(one, "account")))
        .into_values()
        .collect();
    counts.sort_unstable_by(|one, two| two.cmp(one));
    let whole: usize = counts.iter().sum();
    let share = |permille: usize| {
        counts[..counts.len() * permille / 1_000]
            .iter()
            .sum::<usize>()
    };
    assert!(share(10) * 4 > whole, "the first hundredth has a quarter");
    assert!(share(200) * 2 > whole, "the first fifth has half");
    assert!(
        counts[counts.len() / 2] < 40,
        "the middle account is a quiet one"
    );
}

#[test]
fn texts_are_chinese_and_counterparties_are_told_only_sometimes() {
    let book = Book::of(&History::new(3, 50_000).unwrap());
    let records = book.table(Table::Flow);
    let memos: BTreeSet<&str> = records.iter().map(|one| flow(one, "memo")).collect();
    assert!(memos.len() > 200);
    let is_chinese = |text: &str| {
        text.chars()
            .any(|one| ('\u{4e00}'..='\u{9fff}').contains(&one))
    };
    assert!(memos.iter().filter(|one| is_chinese(one)).count() * 10 > memos.len() * 9);
    assert!(!memos.iter().any(|one| one.contains('\u{fffd}')));
    for mark in ["\"", ",", "\n", "🎉"] {
        assert!(memos.iter().any(|one| one.contains(mark)), "{mark:?}");
    }
    let named = records
        .iter()
        .filter(|one| !flow(one, "counterparty").is_empty())
        .count();
    assert!(
        (records.len() / 5..records.len() * 3 / 5).contains(&named),
        "{named}"
    );
    for account in book.table(Table::Account) {
        let name = field(Table::Account, account, "name");
        assert!(is_chinese(name), "{name}");
    }
}
