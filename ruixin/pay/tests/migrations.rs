//! Books of version 1 are brought to this one: nothing of them is lost, and they go on.

mod support;

use std::process::Command as Process;

use ruixin_pay::civil::Clock;
use ruixin_pay::command::{BankOutcome, Command, Payment, Refund, Release, Settlement, TopUp};
use ruixin_pay::money::Amount;
use ruixin_pay::{Books, asked};
use ruixin_service::gate::Limits;
use ruixin_service::store::load::Loading;
use ruixin_service::store::{Change, Dialect, Tx, Write};
use support::http::Client;
use support::served::{Served, beside};
use support::{Database, audit, block_on, teller};

/// The tables of version 1: the digests among its rows say that they are still the same.
const KEYS: &str = include_str!("../../service/migrations/0001_keys_and_requests.sql");
const BOOKS: [&str; 2] = [
    include_str!("../migrations/0001_books.sqlite.sql"),
    include_str!("../migrations/0001_books.postgres.sql"),
];
const CODES: &str = include_str!("../migrations/0002_codes.sql");
/// What was in them.
const ROWS: &str = include_str!("fixtures/version-1.sql");
const OWN_ROWS: [&str; 2] = [
    include_str!("fixtures/version-1.sqlite.sql"),
    include_str!("fixtures/version-1.postgres.sql"),
];

/// Who is in it, and what is under way.
const USER: &str = "6164324834462001";
const OTHER: &str = "6550871891154002";
const SHOP: &str = "7937418947848003";
const PAYMENT: &str = "201305270010000000002";
const WITHDRAWAL: &str = "201305270010000000004";
const HOLD: &str = "2013052700200000000954";
/// A key that was made at the time.
const KEY: &str = "rx_4d63283186a434b40b560ec15c782bc5d1ff35c7d79e11519016d4a285d21ddb";

/// Makes the books as a program of version 1 has left them.
fn found_version_1(database: &Database) {
    // It makes the table of the migrations, and no other one.
    let loading = Loading::begin(&database.address(), &[]).expect("a database");
    let own = usize::from(loading.dialect() == Dialect::Postgres);
    for sql in [KEYS, BOOKS[own], CODES, ROWS, OWN_ROWS[own]] {
        loading.run(sql).expect("it runs");
    }
    loading.commit().expect("written");
}

/// Which migrations were run.
async fn versions(books: &Books) -> Vec<(String, i64)> {
    let sql = "SELECT set_name, number FROM migration ORDER BY set_name, number";
    let rows = books
        .store()
        .read(async move |tx| tx.rows(sql, vec![]).await);
    let rows = rows.await.expect("rows");
    let version = |row: &ruixin_service::store::Row| {
        let set = row.text(0).expect("a text").to_owned();
        (set, row.int(1).expect("a number"))
    };
    rows.iter().map(version).collect()
}

/// What the three have, and what of it is frozen, fen.
async fn balances(books: &Books) -> [[i64; 2]; 3] {
    let mut all = [[0; 2]; 3];
    for (number, found) in [USER, OTHER, SHOP].into_iter().zip(&mut all) {
        let account = books.account(number).await.expect("read");
        let account = account.expect("an account");
        *found = [account.balance.0, account.frozen.0];
    }
    all
}

fn amount(text: &str) -> Amount {
    Amount::parse(text).expect("an amount")
}

/// What was under way is brought to its end, and something new is done.
async fn goes_on(books: &Books) {
    let outcome = BankOutcome::Paid;
    let commands = [
        Command::Settle(WITHDRAWAL.to_owned(), Settlement { outcome }),
        Command::Release(
            HOLD.to_owned(),
            Release {
                amount: None,
                memo: None,
            },
        ),
        Command::Refund(
            PAYMENT.to_owned(),
            Refund {
                amount: amount("10"),
                memo: None,
            },
        ),
        Command::Pay(Payment {
            payer: USER.to_owned(),
            merchant: SHOP.to_owned(),
            amount: amount("1"),
            coupon: None,
            title: None,
        }),
        Command::TopUp(TopUp {
            account: OTHER.to_owned(),
            amount: amount("5"),
            channel: "CMB".to_owned(),
            memo: None,
        }),
    ];
    for (at, command) in commands.into_iter().enumerate() {
        let key = asked(&teller(), &format!("new-{at}"), b"").expect("a key");
        let outcome = books.run(command.clone(), key).await.expect("an answer");
        let done = outcome.result.is_ok() && !outcome.is_replay;
        assert!(done, "{command:?}: {outcome:?}");
    }
}

fn is_brought_to_this_version(database: &Database) {
    found_version_1(database);
    block_on(async {
        let books = database.books().await;
        let new = Database::sqlite();
        assert_eq!(versions(&books).await, versions(&new.books().await).await);
        let last = books.last_moment().await.expect("read").expect("records");
        assert_eq!(last.to_string(), "2013-05-27 08:08:00.000");
        let books = books.with_clock(Clock::starting(last));
        let before = [[40_018, 50_005], [4, 3], [9_915, 0]];
        assert_eq!(balances(&books).await, before);
        audit(books.store()).await;
        // What was answered is told again.
        let key = asked(&teller(), "pay-1", b"").expect("a key");
        let top_up = Command::TopUp(TopUp {
            account: USER.to_owned(),
            amount: amount("7"),
            channel: "CMB".to_owned(),
            memo: None,
        });
        let again = books.run(top_up, key).await.expect("an answer");
        assert!(again.is_replay, "{again:?}");
        let said = again.result.expect("it was done");
        assert!(said.contains("by version 1"), "{said}");
        assert_eq!(balances(&books).await, before);

        goes_on(&books).await;
        let after = [[40_918, 0], [507, 0], [9_014, 0]];
        assert_eq!(balances(&books).await, after);
        audit(books.store()).await;
        let figures = books.freeze().await.expect("frozen").figures;
        let figures = figures.expect("figures");
        assert_eq!((figures.difference.0, figures.records), (0, 17));
        // The same once more; and the old key opens the door.
        let books = database.books().await;
        assert_eq!(balances(&books).await, after);
        let served = Served::begin(books, Limits::default()).await;
        let client = Client {
            to: served.to,
            key: KEY.to_owned(),
            language: "en",
        };
        let path = format!("/v1/accounts/{USER}");
        let seen = beside(move || client.get(&path).expect("an answer")).await;
        assert_eq!(seen.json()["balance"], "409.18", "{seen:?}");
        served.end().await;
    });
}

#[test]
fn sqlite_books_of_version_1_are_brought_to_this_one() {
    is_brought_to_this_version(&Database::sqlite());
}

#[test]
fn postgres_books_of_version_1_are_brought_to_this_one() {
    is_brought_to_this_version(&Database::postgres());
}

#[test]
fn books_of_a_newer_program_are_refused() {
    for database in [Database::sqlite(), Database::postgres()] {
        block_on(async {
            let books = database.books().await;
            let newer = async |_: &mut Tx<'_>| {
                let sql = "INSERT INTO migration VALUES ('pay', 99, '')";
                Ok(Change::new(()).with(Write::one(sql, vec![])))
            };
            books.store().write(newer).await.expect("written");
        });
        let says = "pay 99 is of a newer program, and this one knows pay to 7: run the newer one";
        let refused = block_on(Books::open(&database.address(), Clock::default()));
        let refused = refused.expect_err("they are newer").to_string();
        assert!(refused.contains(says), "{refused}");
        // The program says so, and does not listen.
        let output = Process::new(env!("CARGO_BIN_EXE_ruixin-pay"))
            .args(["serve", "--listen", "127.0.0.1:0", "--log", "off"])
            .env("RUIXIN_PAY_STORE", database.address())
            .output()
            .expect("it runs");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains(says), "{said}");
        assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0));
    }
}
