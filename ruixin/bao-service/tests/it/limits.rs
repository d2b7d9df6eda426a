//! Too much at once, sessions that break, and a graceful stop.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::thread;
use std::time::Duration;

use ruixin_bao_service::Books;
use ruixin_bao_service::clock::Clock;
use ruixin_bao_store::Store;
use ruixin_service::gate::Limits;
use ruixin_service::keys::Role;

use crate::postgres::{PASSWORD, Postgres};
use crate::support::{SHOP, USERS, at, terms};
use crate::web::documented::serving;
use crate::web::http::Client;
use crate::web::served::{Served, beside};
use crate::web::{Database, FIRST_DAY, block_on, did, people};

/// Sends the head of a payment and half of its body.
fn half(client: &Client, body: &str) -> TcpStream {
    let mut stream = TcpStream::connect(client.to).unwrap();
    let head = format!(
        "POST /v1/users HTTP/1.1\r\nHost: bao\r\nAuthorization: Bearer {}\r\nContent-Type: \
         application/json\r\nIdempotency-Key: half\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
        client.key,
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream
}

#[test]
fn too_much_at_once_is_shed_and_the_service_recovers() {
    let limits = Limits {
        concurrent: 2,
        time: Duration::from_secs(60),
        ..Limits::default()
    };
    serving(limits, |reader, writer, admin| {
        let body = r#"{"user":"6001"}"#;
        // Those that wait for their bodies hold the places; one that finds none is told so at once,
        // so there are more of them until a reading is told, too.
        let mut halves = Vec::new();
        let shed = loop {
            halves.push(half(writer, body));
            thread::sleep(Duration::from_millis(20));
            let reply = reader.get("/v1/window").unwrap();
            if reply.status != 200 {
                break reply;
            }
            assert!(halves.len() < 500, "nothing is shed");
        };
        assert_eq!((shed.status, shed.code().as_str()), (503, "overloaded"));
        assert_eq!(shed.headers["retry-after"], "1");
        // The window closes and opens in any case.
        for path in ["/v1/admin/window/close", "/v1/admin/window/open"] {
            assert_eq!(admin.post(path, "-", "").unwrap().status, 200);
        }
        for stream in &mut halves {
            // One that was shed may be closed by now.
            stream.write_all(body.as_bytes()).ok();
        }
        let answers = halves.into_iter().map(|mut stream| {
            let mut answer = String::new();
            stream.read_to_string(&mut answer).ok();
            answer
        });
        let (done, others): (Vec<String>, Vec<String>) =
            answers.partition(|answer| answer.starts_with("HTTP/1.1 201"));
        // The same command twice at once: one was done, the other was told.
        let told = done
            .iter()
            .filter(|answer| answer.contains("idempotency-replayed"));
        assert_eq!((done.len(), told.count()), (2, 1), "{done:?} {others:?}");
        assert_eq!(reader.get("/v1/window").unwrap().status, 200);
        let metrics = reader.get("/metrics").unwrap().body;
        let shed = metrics
            .lines()
            .find_map(|line| line.strip_prefix("ruixin_requests_shed_total "));
        assert!(shed.is_some_and(|shed| shed.parse::<u64>().is_ok_and(|shed| shed > 0)));
    });
}

/// The database ends all sessions: what is asked next is answered, by sessions that are new.
#[test]
fn sessions_that_break_are_opened_anew() {
    // A server of its own: it ends the sessions of all.
    let server = Postgres::start("");
    let address = server.tcp_url("teller", PASSWORD);
    let mut store = Store::create(&address, terms(FIRST_DAY)).unwrap();
    let now = at("2013-06-05 10:00");
    store.set_open(true, now).unwrap();
    drop(store);
    block_on(async {
        let clock = Clock::set_by(Arc::new(AtomicI64::new(now)));
        let books = Books::open(&address, clock).await.unwrap();
        let served = Served::begin(books.clone(), Limits::default()).await;
        let admin = served.client(Role::Admin).await;
        beside(move || {
            people(&admin, &USERS, SHOP);
            let ended = server.psql(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
                 WHERE application_name = 'ruixin-bao'",
            );
            assert!(ended.trim().parse::<u32>().unwrap() > 0);
            for at in 0..10 {
                let body = r#"{"user":"6001","amount":"1"}"#;
                did(&admin, "/v1/top-ups", &format!("again-{at}"), body);
            }
            // Each of the readers has a session that was ended, and nobody is told of it.
            for _ in 0..16 {
                let reply = admin.get("/v1/users/6001").unwrap();
                assert_eq!(reply.status, 200, "{reply:?}");
                assert_eq!(reply.json()["available"], "1010.00");
            }
        })
        .await;
        assert!(books.figures().reopened.load(Ordering::Relaxed) > 0);
        served.end().await;
    });
}

#[test]
fn a_service_that_stops_finishes_what_is_under_way() {
    block_on(async {
        let database = Database::sqlite();
        let served = Served::begin(database.books().await, Limits::default()).await;
        let client = served.client(Role::Writer).await;
        let to = served.to;
        let body = r#"{"user":"6001"}"#;
        let mut stream = beside(move || {
            let stream = half(&client, body);
            // Its head has been read when another request is answered that came after it.
            client.get("/healthz").unwrap();
            stream
        })
        .await;
        let ending = tokio::spawn(served.end());
        let answer = beside(move || {
            while TcpStream::connect(to).is_ok() {
                thread::sleep(Duration::from_millis(5));
            }
            stream.write_all(body.as_bytes()).unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).unwrap();
            answer
        });
        let answer = answer.await;
        assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
        ending.await.unwrap();
        let there = database.with_store(|store| store.user(6_001).unwrap().is_some());
        assert!(there);
    });
}

/// Readings are bounded like commands, and answered all.
#[test]
fn many_readers_and_writers_at_once_are_all_answered() {
    serving(Limits::default(), |_, writer, _| {
        people(writer, &USERS, SHOP);
        let threads: Vec<_> = (0..16)
            .map(|at| {
                let writer = writer.clone();
                thread::spawn(move || {
                    for number in 0..10 {
                        let user = USERS[number % 3];
                        assert_eq!(writer.get(&format!("/v1/users/{user}")).unwrap().status, 200);
                        let body = format!(
                            r#"{{"user":"{user}","merchant":"{SHOP}","amount":"1","from":"wallet"}}"#
                        );
                        did(&writer, "/v1/payments", &format!("{at}-{number}"), &body);
                    }
                })
            })
            .collect();
        threads.into_iter().for_each(|one| one.join().unwrap());
        let shop = writer.get(&format!("/v1/merchants/{SHOP}")).unwrap().json();
        assert_eq!(shop["balance"], "160.00");
    });
}

/// Who does not send what he began has begun nothing, and is told so.
#[test]
fn a_body_that_does_not_come_is_told_and_nothing_is_done() {
    let limits = Limits {
        time: Duration::from_secs(2),
        ..Limits::default()
    };
    serving(limits, |reader, writer, _| {
        let mut stream = half(writer, r#"{"user":"6001"}"#);
        stream.write_all(br#"{"user""#).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
        assert!(answer.contains("body-not-received"), "{answer}");
        assert_eq!(reader.get("/v1/users/6001").unwrap().status, 404);
    });
}
