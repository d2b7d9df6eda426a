//! The window: books begin closed, a hook opens them, and what is closed is closed for all.

use std::io::Write as _;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::thread;
use std::time::Duration;

use ruixin_bao_service::Books;
use ruixin_bao_service::clock::Clock;
use ruixin_bao_store::Store;
use ruixin_service::gate::Limits;
use ruixin_service::keys::Role;

use crate::postgres::{PASSWORD, Postgres};
use crate::support::{BOTH, SHOP, USERS, at, terms};
use crate::web::documented::is_as_documented;
use crate::web::http::{Client, ask};
use crate::web::served::{Served, beside};
use crate::web::{Database, FIRST_DAY, block_on, did, people};

const OPEN: &str = "/v1/admin/window/open";
const CLOSE: &str = "/v1/admin/window/close";
/// What Crossfoot's hook of the release sends.
const CALL: &str =
    r#"{"step":"release","run":"2013-05-27","rehearsal":false,"fields":{"records":"1"}}"#;

fn open_user(client: &Client, id: &str, user: u64) -> crate::web::http::Reply {
    let body = format!(r#"{{"user":"{user}"}}"#);
    client.post("/v1/users", id, &body).unwrap()
}

#[test]
fn books_begin_closed_and_a_hook_opens_them() {
    for kind in BOTH {
        block_on(async {
            let database = Database::new(kind);
            let served = Served::begin(database.as_it_is().await, Limits::default()).await;
            let admin = served.client(Role::Admin).await;
            beside(move || {
                begins_closed(&admin);
                database.set("2013-06-05 16:00");
            })
            .await;
            served.end().await;
        });
    }
}

fn begins_closed(admin: &Client) {
    let document = admin.get("/v1/openapi.json").unwrap().json();
    let window = admin.get("/v1/window").unwrap();
    is_as_documented(&document, "getWindow", &window);
    assert_eq!(window.json()["state"], "closed");
    assert_eq!(window.json()["since"], "2013-06-05 10:00:00.000");
    // Without notices there are words of the service's own.
    let closed = open_user(admin, "1", 6_001);
    is_as_documented(&document, "openUser", &closed);
    assert_eq!(
        (closed.status, closed.code().as_str()),
        (503, "service-window")
    );
    assert_eq!(closed.headers["retry-after"], "600");
    let notice = |language: &str, subject: &str| {
        format!(
            r#"{{"language":"{language}","kind":"stop","subject":"{subject}","text":"A\nB",
            "fields":{{"until":"2013-06-05T12:00:00+08:00","more":1}},"event":"stop"}}"#
        )
    };
    for (language, subject) in [("en", "Books move"), ("zh", "账务迁移")] {
        let told = admin
            .post("/v1/admin/notices", "-", &notice(language, subject))
            .unwrap();
        is_as_documented(&document, "tell", &told);
        assert_eq!(told.status, 200, "{told:?}");
    }
    let closed = open_user(admin, "1", 6_001);
    assert_eq!(closed.json()["detail"], "Books move\nA\nB");
    assert_eq!(closed.headers["retry-after"], "7200");
    let chinese = Client {
        language: "zh-CN",
        ..admin.clone()
    };
    let closed = open_user(&chinese, "1", 6_001).json();
    assert_eq!(closed["detail"], "账务迁移\nA\nB");
    assert_eq!(closed["title"], "瑞信宝系统维护中");
    // What was not taken over is not released.
    let early = admin.post(OPEN, "-", CALL).unwrap();
    is_as_documented(&document, "open", &early);
    assert_eq!(
        (early.status, early.code().as_str()),
        (409, "nothing-taken-over")
    );
    // A rehearsal changes nothing, and a hook of another step has the wrong address.
    let rehearsal = CALL.replace("false", "true");
    let tried = admin.post(OPEN, "-", &rehearsal).unwrap();
    assert_eq!(
        (tried.status, tried.json()["state"].as_str()),
        (200, Some("closed"))
    );
    let wrong = admin.post(OPEN, "-", r#"{"step":"rollback"}"#).unwrap();
    assert_eq!(wrong.code(), "invalid-request");
    // An address has no headers: the key stands behind its `?`.
    let at = format!("{OPEN}?key={}", admin.key);
    let opened = ask(admin.to, "POST", &at, &[], Some("{}")).unwrap();
    is_as_documented(&document, "open", &opened);
    assert_eq!(opened.json()["state"], "open");
    assert_eq!(open_user(admin, "1", 6_001).status, 201);
    // Again, it is as it was.
    let again = ask(admin.to, "POST", &at, &[], Some("{}")).unwrap();
    assert_eq!(again.body, opened.body);
    let closed = admin.post(CLOSE, "-", r#"{"step":"rollback"}"#).unwrap();
    is_as_documented(&document, "close", &closed);
    assert_eq!(closed.json()["state"], "closed");
    // Who lost an answer gets it, closed or not; what is new waits; reads go on.
    let replayed = open_user(admin, "1", 6_001);
    assert_eq!(replayed.status, 201);
    assert_eq!(replayed.headers["idempotency-replayed"], "true");
    assert_eq!(
        open_user(admin, "1", 6_002).code(),
        "idempotency-key-reused"
    );
    assert_eq!(open_user(admin, "2", 6_002).code(), "service-window");
    assert_eq!(admin.get("/v1/users/6001").unwrap().status, 200);
    let metrics = admin.get("/metrics").unwrap().body;
    assert!(metrics.contains("ruixin_bao_open 0"), "{metrics}");
    assert!(metrics.contains("ruixin_bao_queue 0"), "{metrics}");
}

/// When it is, and in how many seconds the service is worth trying again: the evening takes eight hours.
/// Where it takes longer than was said, nobody knows how long.
const EVENING: [(&str, &str); 3] = [
    ("2013-06-05 20:00", "28800"),
    ("2013-06-05 23:00", "18000"),
    ("2013-06-06 04:30", "600"),
];

#[test]
fn whoever_is_refused_in_the_evening_is_told_when_it_ends() {
    for kind in BOTH {
        block_on(async {
            let database = Database::new(kind);
            let served = Served::begin(database.books().await, Limits::default()).await;
            let admin = served.client(Role::Admin).await;
            beside(move || refuses_in_the_evening(&admin, &database)).await;
            served.end().await;
        });
    }
}

fn refuses_in_the_evening(admin: &Client, database: &Database) {
    let document = admin.get("/v1/openapi.json").unwrap().json();
    people(admin, &USERS[..1], SHOP);
    database.set("2013-06-05 20:00");
    for (language, subject) in [("en", "Books move"), ("zh", "账务迁移")] {
        let notice = format!(
            r#"{{"language":"{language}","kind":"stop","subject":"{subject}","text":"20:00 – 04:00",
            "fields":{{"until":"2013-06-06T04:00:00+08:00"}}}}"#
        );
        let told = admin.post("/v1/admin/notices", "-", &notice).unwrap();
        assert_eq!(told.status, 200, "{told:?}");
    }
    assert_eq!(admin.post(CLOSE, "-", "").unwrap().status, 200);
    let body = format!(r#"{{"user":"6001","merchant":"{SHOP}","amount":"1","from":"wallet"}}"#);
    for (time, seconds) in EVENING {
        database.set(time);
        for (language, says) in [
            ("en", "Books move\n20:00 – 04:00"),
            ("zh-CN", "账务迁移\n20:00 – 04:00"),
        ] {
            let client = Client {
                language,
                ..admin.clone()
            };
            let refused = client.post("/v1/payments", language, &body).unwrap();
            is_as_documented(&document, "pay", &refused);
            assert_eq!(
                (refused.status, refused.code().as_str()),
                (503, "service-window"),
                "{refused:?}"
            );
            assert_eq!(refused.headers["retry-after"], seconds, "{time}");
            assert_eq!(refused.json()["detail"], says, "{refused:?}");
        }
    }
}

/// Closing waits for what is under way; after it is told, nothing is booked any more, and each
/// command was done or refused for the window.
#[test]
fn nothing_is_booked_after_a_close_is_told() {
    for kind in BOTH {
        block_on(async {
            let database = Database::new(kind);
            let limits = Limits {
                per_second: 1_000_000,
                burst: 1_000_000,
                ..Limits::default()
            };
            let served = Served::begin(database.books().await, limits).await;
            let admin = served.client(Role::Admin).await;
            beside(move || closes_under_load(&admin, &database)).await;
            served.end().await;
        });
    }
}

fn closes_under_load(admin: &Client, database: &Database) {
    people(admin, &USERS, SHOP);
    let stop = Arc::new(AtomicBool::new(false));
    let threads: Vec<_> = (0..6)
        .map(|at| {
            let (admin, stop) = (admin.clone(), stop.clone());
            thread::spawn(move || {
                let (mut done, mut refused) = (0, 0);
                for number in 0.. {
                    if stop.load(Ordering::Acquire) && refused > 0 {
                        break;
                    }
                    let user = USERS[number % 3];
                    let body = format!(
                        r#"{{"user":"{user}","merchant":"{SHOP}","amount":"0.01","from":"wallet"}}"#
                    );
                    let id = format!("{at}-{number}");
                    let reply = admin.post("/v1/payments", &id, &body).unwrap();
                    match (reply.status, reply.code().as_str()) {
                        (201, _) => done += 1,
                        (503, "service-window") => refused += 1,
                        other => panic!("{other:?}"),
                    }
                }
                done
            })
        })
        .collect();
    let balance = || {
        let shop = admin.get(&format!("/v1/merchants/{SHOP}")).unwrap().json();
        shop["balance"]
            .as_str()
            .unwrap()
            .replace('.', "")
            .parse::<usize>()
            .unwrap()
    };
    while balance() < 100 {
        thread::yield_now();
    }
    let closed = admin.post(CLOSE, "-", "").unwrap();
    assert_eq!(closed.status, 200, "{closed:?}");
    let at_close = balance();
    stop.store(true, Ordering::Release);
    let done: usize = threads.into_iter().map(|one| one.join().unwrap()).sum();
    assert_eq!((balance(), done), (at_close, at_close));
    database.with_store(|store| store.prove().unwrap());
}

/// The state is the database's: of all instances, and of the next one.
#[test]
fn two_instances_and_a_later_one_have_one_window() {
    for kind in BOTH {
        block_on(async {
            let database = Database::new(kind);
            let one = Served::begin(database.books().await, Limits::default()).await;
            let other = Served::begin(database.as_it_is().await, Limits::default()).await;
            let admin = one.client(Role::Admin).await;
            let there = Client {
                to: other.to,
                ..admin.clone()
            };
            let client = admin.clone();
            beside(move || {
                did(&there, "/v1/users", "1", r#"{"user":"6001"}"#);
                // The same command at the other instance is the same command.
                let again = open_user(&client, "1", 6_001);
                assert_eq!(again.headers["idempotency-replayed"], "true");
                assert_eq!(client.post(CLOSE, "-", "").unwrap().status, 200);
                assert_eq!(open_user(&there, "2", 6_002).code(), "service-window");
            })
            .await;
            one.end().await;
            other.end().await;
            let later = Served::begin(database.as_it_is().await, Limits::default()).await;
            let client = Client {
                to: later.to,
                ..admin
            };
            beside(move || {
                assert_eq!(open_user(&client, "2", 6_002).code(), "service-window");
                assert_eq!(client.post(OPEN, "-", "").unwrap().status, 200);
                assert_eq!(open_user(&client, "2", 6_002).status, 201);
            })
            .await;
            later.end().await;
        });
    }
}

/// A payment waits for a row that somebody holds: the close waits for the payment.
#[test]
fn a_close_waits_for_what_is_under_way() {
    // A server of its own, to look at its locks.
    let server = Postgres::start("");
    let address = server.tcp_url("teller", PASSWORD);
    let mut store = Store::create(&address, terms(FIRST_DAY)).unwrap();
    let now = at("2013-06-05 10:00");
    store.set_open(true, now).unwrap();
    drop(store);
    block_on(async {
        let clock = Clock::set_by(Arc::new(AtomicI64::new(now)));
        let books = Books::open(&address, clock).await.unwrap();
        let limits = Limits {
            time: Duration::from_secs(60),
            ..Limits::default()
        };
        let served = Served::begin(books, limits).await;
        let admin = served.client(Role::Admin).await;
        beside(move || waits(&admin, &server)).await;
        served.end().await;
    });
}

fn waits(admin: &Client, server: &Postgres) {
    people(admin, &USERS, SHOP);
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
    let held = "BEGIN; SELECT 1 FROM account WHERE subject = 2002 FOR UPDATE;\n";
    says.write_all(held.as_bytes()).unwrap();
    until(
        "SELECT count(*) FROM pg_stat_activity WHERE state = 'idle in transaction' AND query LIKE '%2002%'",
    );
    let client = admin.clone();
    let paying = thread::spawn(move || {
        let body = format!(
            r#"{{"user":"{}","merchant":"{SHOP}","amount":"1","from":"wallet"}}"#,
            USERS[0]
        );
        client.post("/v1/payments", "waits", &body).unwrap()
    });
    until(
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'ruixin-bao' AND wait_event_type = 'Lock'",
    );
    let client = admin.clone();
    let closing = thread::spawn(move || client.post(CLOSE, "-", "").unwrap());
    // Either it waits, or it is done, which it must not be.
    let waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted";
    while server.psql(waiting).trim() == "0" {
        assert!(
            !closing.is_finished(),
            "it closed while a payment was under way"
        );
        thread::yield_now();
    }
    says.write_all(b"COMMIT;\n").unwrap();
    drop(says);
    assert!(holder.wait().unwrap().success());
    assert_eq!(paying.join().unwrap().status, 201);
    assert_eq!(closing.join().unwrap().json()["state"], "closed");
}
