//! Under load nothing grows but the books: not the memory of the service, not its open files, no other
//! table. Answers are pruned.

use std::path::PathBuf;
use std::thread;

use ruixin_bao_service::Books;

use crate::support::{Kind, Place, SHOP, USERS};
use crate::web::http::{Client, ask};
use crate::web::program::Program;
use crate::web::soaked::Soaked;
use crate::web::{advance, block_on, people};

/// Tables that hold the books: they grow as long as people pay and invest.
const BOOKS: [&str; 6] = [
    "account_days",
    "account_line",
    "fund_order",
    "posting",
    "refund",
    "voucher",
];
/// Requests of a client in a round.
const REQUESTS: usize = 1_200;

/// Commands, refusals, answers given again, reads, pages, and what is no request at all.
fn client(client: &Client, round: usize, at: usize, user: u64) {
    let mut last = String::new();
    for number in 0..REQUESTS {
        let id = format!("{round}-{at}-{number}");
        let post = |path: &str, body: &str| client.post(path, &id, body).unwrap();
        let pay = |amount: &str| {
            let body = format!(
                r#"{{"user":"{user}","merchant":"{SHOP}","amount":"{amount}","from":"wallet"}}"#
            );
            post("/v1/payments", &body)
        };
        let order = |kind: &str| {
            let body = format!(r#"{{"user":"{user}","kind":"{kind}","amount":"0.01"}}"#);
            post("/v1/orders", &body).status
        };
        let status = |path: &str| client.get(path).unwrap().status;
        match number % 14 {
            0 => last = pay("0.02").json()["id"].as_str().unwrap().to_owned(),
            1 => {
                let path = format!("/v1/payments/{last}/refunds");
                assert_eq!(post(&path, r#"{"amount":"0.01"}"#).status, 201);
            }
            2 => {
                let statuses = ["0.01", "0.01", "0.02"].map(|amount| pay(amount).status);
                assert_eq!(statuses, [201, 201, 409]);
            }
            3 => assert_eq!(pay("9999999.99").status, 422),
            4 => assert_eq!(pay("0.001").status, 400),
            5 => assert_eq!(order("subscribe"), 201),
            // What was subscribed today is confirmed tomorrow.
            6 => assert_eq!(order("redeem_fast"), 422),
            7 => assert_eq!(status(&format!("/v1/users/{user}")), 200),
            8 => assert_eq!(status(&format!("/v1/users/{user}/bills")), 200),
            9 => assert_eq!(status(&format!("/v1/nothing/{id}")), 404),
            10 => assert_eq!(status("/status"), 200),
            11 => {
                let stranger = Client {
                    key: format!("rx_{id}"),
                    ..client.clone()
                };
                let status = stranger.get("/v1/window").unwrap().status;
                assert!(matches!(status, 401 | 429), "{status}");
            }
            12 => {
                let reply = ask(client.to, "BREW", &format!("/{id}"), &[], None);
                assert_eq!(reply.unwrap().status, 404);
            }
            _ => assert_eq!(status("/metrics"), 200),
        }
    }
}

fn soak(kind: Kind) {
    let place = Place::new(kind);
    let books = &place.address;
    Program::found(books);
    let key = Program::key(books);
    let program = Program::start(books, &["--keep-answers", "2s"]);
    let client_of = Client {
        to: program.1,
        key,
        language: "en",
    };
    people(&client_of, &USERS, SHOP);
    advance(&client_of);
    let log = (kind == Kind::Sqlite).then(|| PathBuf::from(format!("{books}-wal")));
    let soaked = Soaked {
        pid: program.0.id(),
        store: block_on(Books::keys(books)).unwrap(),
        books: &BOOKS,
        records: &["account_line", "fund_order", "posting", "voucher"],
        answers: "answer",
        log,
    };
    soaked.grows_by_its_books_alone(|round| {
        thread::scope(|scope| {
            for (at, user) in USERS.into_iter().enumerate() {
                let one = client_of.clone();
                scope.spawn(move || client(&one, round, at, user));
            }
        });
    });
    drop(program);
    place.open().prove().unwrap();
}

#[test]
fn sqlite_grows_by_its_books_alone() {
    soak(Kind::Sqlite);
}

#[test]
fn postgres_grows_by_its_books_alone() {
    soak(Kind::Postgres);
}
