//! Over HTTP: what was not at its end when the books were moved is found, and comes to its end.

use std::io::Write as _;
use std::process::Stdio;
use std::thread;
use std::time::Duration;

use ruixin_service::gate::Limits;
use ruixin_service::keys::Role;

use crate::postgres::{PASSWORD, Postgres};
use crate::support::{BOTH, Kind, Place, at};
use crate::web::documented::is_as_documented;
use crate::web::http::{Client, Reply};
use crate::web::served::{Served, beside};
use crate::web::{Database, block_on};

const WITHDRAWAL: &str = "201306050010000000003";
const ESCROW: &str = "201306050010000000004";
const PAYMENT: &str = "201306050010000000005";

/// Of 100.00 a user has paid 15.00 and put 10.00 into escrow; 30.00 are held, 20.00 are to go to a bank.
const CONVERTED: &str = include_str!("converted.sql");

#[test]
fn whatever_was_under_way_is_found_and_comes_to_its_end() {
    for kind in BOTH {
        block_on(async {
            let (database, converted) = (Database::new(kind), Place::new(kind));
            converted.direct(CONVERTED).unwrap();
            let from = converted.address.clone();
            database.with_store(move |store| {
                let opened = store.import(&from, at("2013-06-05 09:00")).unwrap();
                assert_eq!((opened.under_way, opened.refundable), (3, 1));
            });
            let served = Served::begin(database.books().await, Limits::default()).await;
            let admin = served.client(Role::Admin).await;
            beside(move || ends(&admin)).await;
            served.end().await;
        });
    }
}

fn ends(admin: &Client) {
    let document = admin.get("/v1/openapi.json").unwrap().json();
    let get = |operation: &str, path: &str| {
        let reply = admin.get(path).unwrap();
        is_as_documented(&document, operation, &reply);
        reply.json()
    };
    let post = |operation: &str, path: &str, id: &str, body: &str| -> Reply {
        let reply = admin.post(path, id, body).unwrap();
        is_as_documented(&document, operation, &reply);
        reply
    };
    let user = get("getUser", "/v1/users/6001");
    assert_eq!(
        (&user["available"], &user["frozen"]),
        (&"25.00".into(), &"50.00".into())
    );

    // Each is on one page, by its number in the old books.
    let (mut cursor, mut found) = (String::new(), Vec::new());
    loop {
        let path = format!("/v1/accounts/6001/open-items?limit=1{cursor}");
        let page = get("listOpenItems", &path);
        for item in page["items"].as_array().unwrap() {
            assert_eq!(item["left"], item["amount"]);
            found.push(format!(
                "{} {} {}",
                item["kind"], item["item"], item["left"]
            ));
        }
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    let expected = [
        format!(r#""withdrawal" "{WITHDRAWAL}" "20.00""#),
        format!(r#""escrow" "{ESCROW}" "10.00""#),
        r#""hold" "6001" "30.00""#.to_owned(),
    ];
    assert_eq!(found, expected);

    let path = format!("/v1/withdrawals/{WITHDRAWAL}/settlement");
    let paid = post("settleWithdrawal", &path, "bank", r#"{"outcome":"paid"}"#);
    assert_eq!(paid.status, 200, "{paid:?}");
    let again = post("settleWithdrawal", &path, "bank", r#"{"outcome":"paid"}"#);
    assert_eq!(again.body, paid.body);
    assert_eq!(again.headers["idempotency-replayed"], "true");
    let other = post(
        "settleWithdrawal",
        &path,
        "other",
        r#"{"outcome":"refused"}"#,
    );
    assert_eq!(other.code(), "already-settled");
    let item = get("getOpenItem", &format!("/v1/open-items/{WITHDRAWAL}"));
    assert_eq!(
        (&item["left"], &item["outcome"]),
        (&"0.00".into(), &"paid".into())
    );

    let release = |id: &str, body: &str| post("release", "/v1/holds/6001/release", id, body);
    assert_eq!(
        release("some", r#"{"amount":"10","memo":"half of it"}"#).status,
        200
    );
    assert_eq!(
        release("more", r#"{"amount":"20.01"}"#).code(),
        "release-exceeds-hold"
    );
    assert_eq!(release("rest", "{}").status, 200);
    assert_eq!(release("none", "{}").code(), "already-settled");

    let path = format!("/v1/escrows/{ESCROW}/settlement");
    let body = r#"{"outcome":"confirmed"}"#;
    assert_eq!(post("settleEscrow", &path, "escrow", body).status, 200);
    let path = format!("/v1/payments/{PAYMENT}/refunds");
    assert_eq!(
        post("refund", &path, "back", r#"{"amount":"15"}"#).status,
        201
    );
    let more = post("refund", &path, "more-back", r#"{"amount":"0.01"}"#);
    assert_eq!(more.code(), "refund-exceeds-payment");

    let user = get("getUser", "/v1/users/6001");
    assert_eq!(
        (&user["available"], &user["frozen"]),
        (&"70.00".into(), &"0.00".into())
    );
    let shop = get("getMerchant", "/v1/merchants/7001");
    assert_eq!(shop["balance"], "9.94");
    let bills = get("listBills", "/v1/users/6001/bills");
    let kinds = bills["bills"].as_array().unwrap().iter();
    let kinds: Vec<&str> = kinds.map(|bill| bill["kind"].as_str().unwrap()).collect();
    let count = |kind: &str| kinds.iter().filter(|one| **one == kind).count();
    assert_eq!(
        (count("release"), count("refund"), count("other")),
        (2, 1, 0)
    );
    let proved = admin.post("/v1/admin/prove", "-", "{}").unwrap();
    is_as_documented(&document, "prove", &proved);
    assert_eq!(proved.status, 200, "{proved:?}");
}

/// What Crossfoot's hook of the release sends.
const RELEASE: &str = r#"{"step":"release","rehearsal":false}"#;

/// A change of the books or of the ledger after they were taken over, and the code of the refusal.
const CHANGES: [(&str, bool, &str); 5] = [
    ("", false, ""),
    (
        "UPDATE posting SET credit = 101 WHERE voucher = 'v1' AND leg = 1; \
         UPDATE posting SET debit = 101 WHERE voucher = 'v1' AND leg = 2",
        true,
        "books-changed",
    ),
    (
        "UPDATE refundable SET merchant = '7001', amount = 14",
        true,
        "books-changed",
    ),
    (
        "UPDATE opening SET debits = debits + 1, credits = credits + 1 WHERE number = 7001",
        false,
        "books-changed",
    ),
    (
        "UPDATE account SET debits_posted = debits_posted + 1, credits_posted = credits_posted + 1 \
         WHERE number = 7001",
        false,
        "out-of-balance",
    ),
];

#[test]
fn books_that_are_not_what_was_taken_over_are_not_opened_by_the_release() {
    for kind in BOTH {
        for (change, is_of_ledger, code) in CHANGES {
            block_on(async {
                let (database, converted) = (Database::new(kind), Place::new(kind));
                converted.direct(CONVERTED).unwrap();
                let from = converted.address.clone();
                database.with_store(move |store| {
                    store.import(&from, at("2013-06-05 09:00")).unwrap();
                });
                let place = if is_of_ledger {
                    &converted
                } else {
                    &database.place
                };
                let past = match kind {
                    Kind::Sqlite => "DROP TRIGGER opening_stays; ",
                    Kind::Postgres => "ALTER TABLE opening DISABLE TRIGGER opening_stays; ",
                };
                match change {
                    "" => {}
                    _ if is_of_ledger => place.direct(change).unwrap(),
                    _ => place.direct(&format!("{past}{change}")).unwrap(),
                }
                let books = database.as_it_is().await.with_ledger(&converted.address);
                let served = Served::begin(books, Limits::default()).await;
                let admin = served.client(Role::Admin).await;
                beside(move || {
                    let document = admin.get("/v1/openapi.json").unwrap().json();
                    let path = "/v1/admin/window/open";
                    let told = admin.post(path, "-", RELEASE).unwrap();
                    is_as_documented(&document, "open", &told);
                    let window = admin.get("/v1/window").unwrap().json();
                    match code {
                        "" => {
                            assert_eq!(told.status, 200, "{kind:?}: {told:?}");
                            assert_eq!(window["state"], "open");
                            // Given again, it is open.
                            let path = "/v1/holds/6001/release";
                            assert_eq!(admin.post(path, "1", "{}").unwrap().status, 200);
                            let again = admin.post("/v1/admin/window/open", "-", RELEASE);
                            assert_eq!(again.unwrap().status, 200);
                        }
                        _ => {
                            assert_eq!(told.code(), code, "{kind:?}: {change}: {told:?}");
                            // Nor are they by who says nothing of a release.
                            let plain = admin.post(path, "-", "").unwrap();
                            assert_eq!(plain.code(), code, "{kind:?}: {change}: {plain:?}");
                            let window = admin.get("/v1/window").unwrap().json();
                            assert_eq!(window["state"], "closed");
                        }
                    }
                })
                .await;
                served.end().await;
            });
        }
    }
}

const OPEN: &str = "/v1/admin/window/open";
const CLOSE: &str = "/v1/admin/window/close";

/// Once they were open, a day's close and opening need no proof; the release of a move does.
#[test]
fn books_that_were_open_are_opened_again_as_they_are() {
    for kind in BOTH {
        block_on(async {
            let (database, converted) = (Database::new(kind), Place::new(kind));
            converted.direct(CONVERTED).unwrap();
            let from = converted.address.clone();
            database.with_store(move |store| {
                store.import(&from, at("2013-06-05 09:00")).unwrap();
            });
            let books = database.as_it_is().await.with_ledger(&converted.address);
            let served = Served::begin(books, Limits::default()).await;
            let admin = served.client(Role::Admin).await;
            beside(move || {
                assert_eq!(admin.post(OPEN, "-", "").unwrap().status, 200);
                assert_eq!(admin.post(CLOSE, "-", "").unwrap().status, 200);
                converted
                    .direct("UPDATE refundable SET amount = 14")
                    .unwrap();
                assert_eq!(admin.post(OPEN, "-", "").unwrap().status, 200);
                assert_eq!(admin.post(CLOSE, "-", "").unwrap().status, 200);
                let told = admin.post(OPEN, "-", RELEASE).unwrap();
                assert_eq!(told.code(), "books-changed", "{kind:?}: {told:?}");
            })
            .await;
            served.end().await;
        });
    }
}

/// The release waits for a table of the ledger that somebody holds; meanwhile the books are closed.
#[test]
fn a_close_that_comes_while_the_release_looks_at_the_books_stands() {
    // A server of its own, to look at its locks.
    let server = Postgres::start("");
    let ledger = server.tcp_url("teller", PASSWORD);
    server.psql(CONVERTED);
    block_on(async {
        let database = Database::new(Kind::Sqlite);
        let from = ledger.clone();
        database.with_store(move |store| {
            store.import(&from, at("2013-06-05 09:00")).unwrap();
        });
        let books = database.as_it_is().await.with_ledger(&ledger);
        let limits = Limits {
            time: Duration::from_secs(60),
            ..Limits::default()
        };
        let served = Served::begin(books, limits).await;
        let admin = served.client(Role::Admin).await;
        beside(move || closes_meanwhile(&admin, &server)).await;
        served.end().await;
    });
}

fn closes_meanwhile(admin: &Client, server: &Postgres) {
    let document = admin.get("/v1/openapi.json").unwrap().json();
    let until = |sql: &str| {
        while server.psql(sql).trim() == "0" {
            thread::yield_now();
        }
    };
    let mut holder = server
        .psql_command()
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let mut says = holder.stdin.take().unwrap();
    says.write_all(b"BEGIN; LOCK TABLE holding IN ACCESS EXCLUSIVE MODE;\n")
        .unwrap();
    until(
        "SELECT count(*) FROM pg_stat_activity WHERE state = 'idle in transaction' AND query LIKE '%holding%'",
    );
    let client = admin.clone();
    let releasing = thread::spawn(move || client.post(OPEN, "-", RELEASE).unwrap());
    until(
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'ruixin-bao' AND wait_event_type = 'Lock'",
    );
    // They are closed already: it changes nothing, and is what somebody wants all the same.
    assert_eq!(admin.post(CLOSE, "-", "").unwrap().status, 200);
    says.write_all(b"COMMIT;\n").unwrap();
    drop(says);
    assert!(holder.wait().unwrap().success());
    let told = releasing.join().unwrap();
    is_as_documented(&document, "open", &told);
    assert_eq!(told.code(), "closed-meanwhile", "{told:?}");
    let window = admin.get("/v1/window").unwrap().json();
    assert_eq!(window["state"], "closed");
    assert_eq!(admin.post(OPEN, "-", RELEASE).unwrap().status, 200);
}
