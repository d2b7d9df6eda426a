//! The crowd at the wallet: what everybody is told is what the books hold.

use std::time::Duration;

use ruixin_live::{Crowd, Wallet, spoil};

fn wallet(folder: &tempfile::TempDir) -> Wallet {
    let store = folder.path().join("pay.db");
    let store = store.to_str().expect("UTF-8");
    Wallet::open(store, "2013-05-27T07:30:00").expect("it opens")
}

#[test]
fn a_crowd_is_told_what_the_books_hold() {
    let folder = tempfile::tempdir().unwrap();
    let wallet = wallet(&folder);
    let mut crowd = Crowd::gather(&wallet, 10, 1).unwrap();
    assert_eq!(crowd.people(), 12);
    let tally = crowd.go_on(Duration::from_millis(500)).unwrap();
    assert!(tally.done > 20 && tally.closed == 0, "{tally:?}");
    assert_eq!(crowd.compare().unwrap(), []);

    // Somebody takes a cent from outside: his owner sees it, and nobody else.
    let books = rusqlite::Connection::open(folder.path().join("pay.db")).unwrap();
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
    let odd = crowd.compare().unwrap();
    assert_eq!(odd.len(), 1, "{odd:?}");
    assert_eq!(odd[0].account, victim);
    assert_eq!(odd[0].told[0] - odd[0].found[0], 1);
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
    let spoiled = spoil(&path, 7).unwrap();
    assert_eq!((spoiled.voucher.as_str(), spoiled.leg), ("v1", 2));
    assert_eq!(
        (spoiled.was.as_str(), spoiled.is_now.as_str()),
        ("5.00", "5.01")
    );
    let kept: f64 = ledger
        .query_row("SELECT credit FROM posting WHERE leg = 2", [], |row| {
            row.get(0)
        })
        .unwrap();
    assert!(kept.to_string() == "5.01");
}
