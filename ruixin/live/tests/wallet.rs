//! The crowd at the wallet: what everybody is told is what the books hold.
//!
//! How it moves to the fund, with a conversion between, is tested with `crossfoot demo --live`.

use std::time::Duration;

use ruixin_live::{Crowd, Door, Fund, Wallet, spoil};

fn wallet(folder: &tempfile::TempDir) -> Wallet {
    let store = folder.path().join("pay.db");
    let store = store.to_str().expect("UTF-8");
    let door = Door::find().expect("a port is free");
    Wallet::open(store, "2013-05-27T07:30:00", &door).expect("it opens")
}

#[test]
fn a_crowd_is_told_what_the_books_hold() {
    let folder = tempfile::tempdir().unwrap();
    let wallet = wallet(&folder);
    let mut crowd = Crowd::gather(&wallet, 10, 1).unwrap();
    assert_eq!(crowd.people(), 10);
    let tally = crowd.go_on(Duration::from_millis(500)).unwrap();
    assert!(tally.done > 20 && tally.closed == 0, "{tally:?}");
    let compared = crowd.compare().unwrap();
    assert_eq!((compared.people, compared.odd), (10, Vec::new()));

    // Somebody takes a cent from outside, with what the database has against it out of the way: his
    // owner sees it, and nobody else.
    let books = rusqlite::Connection::open(folder.path().join("pay.db")).unwrap();
    books.execute_batch("DROP TRIGGER account_follows").unwrap();
    let victim: String = books
        .query_row(
            "SELECT account FROM account WHERE owner = 'U' AND balance > 1 LIMIT 1",
            [],
            |row| row.get(0),
        )
        .unwrap();
    books
        .execute(
            "UPDATE account SET balance = (CAST(round(balance * 100) AS INTEGER) - 1) / 100.0 \
             WHERE account = ?1",
            [&victim],
        )
        .unwrap();
    let odd = crowd.compare().unwrap().odd;
    assert_eq!(odd.len(), 1, "{odd:?}");
    assert_eq!(odd[0].account, victim);
    assert_eq!(odd[0].told.available - odd[0].found.available, 1);
}

#[test]
fn the_fund_is_closed_until_its_window_opens_and_has_days() {
    let folder = tempfile::tempdir().unwrap();
    let wallet = wallet(&folder);
    let mut crowd = Crowd::gather(&wallet, 4, 3).unwrap();
    let books = folder.path().join("bao.db");
    let books = books.to_str().expect("UTF-8");
    let (first, clock) = ("2013-05-27", "2013-05-27T08:00:00");
    let door = Door::find().unwrap();
    let fund = Fund::found(books, "ledger.db", first, clock, None, &door).unwrap();
    crowd.move_to(&fund, "2013-05-28");
    let tally = crowd.go_on(Duration::from_millis(200)).unwrap();
    assert!(tally.done == 0 && tally.closed > 0, "{tally:?}");

    // The day is not over; then it is, and nobody has earned.
    assert!(fund.run_day(first, 0).is_err());
    fund.put_clock("2013-05-28T00:05:00").unwrap();
    let night = fund.run_day(first, 0).unwrap();
    assert_eq!(night.shares.to_string(), "0.00");
    assert_eq!(fund.shares().unwrap(), 0);
    assert!(fund.prove().unwrap() > 0);

    // Books that are there do not get another first day; what is no time is none.
    let other = Door::find().unwrap();
    assert!(Fund::found(books, "ledger.db", "2013-05-28", clock, None, &other).is_err());
    assert!(fund.put_clock("later").is_err());
    assert!(fund.open_with(books).is_err());
}

#[test]
fn what_is_no_ledger_is_not_spoiled() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    assert!(spoil(&path, 1).is_err());
    let ledger = rusqlite::Connection::open(&path).unwrap();
    ledger
        .execute_batch(
            "CREATE TABLE posting (voucher TEXT, leg INTEGER, debit DECIMAL(18,2), credit DECIMAL(18,2));
             INSERT INTO posting VALUES ('v1', 1, 5, 0), ('v1', 2, 0, 5);",
        )
        .unwrap();
    // A double bears five yuan, and not 0.29.
    assert!(spoil(&path, 7).is_err());
    ledger
        .execute_batch("INSERT INTO posting VALUES ('v2', 1, '0.29', 0), ('v2', 2, 0, '0.29');")
        .unwrap();
    let spoiled = spoil(&path, 7).unwrap();
    assert_eq!((spoiled.voucher.as_str(), spoiled.leg), ("v2", 2));
    assert_eq!(
        (spoiled.was.as_str(), spoiled.is_now.as_str()),
        ("0.29", "0.28")
    );
    let kept: f64 = ledger
        .query_row(
            "SELECT credit FROM posting WHERE voucher = 'v2' AND leg = 2",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert!(kept.to_string() == "0.28");
}
