//! Under load nothing grows but the books: not the memory of the service, not its open files, no other
//! table. Answers are pruned, and each round is a day with its night, for the clock hurries.

use std::cell::Cell;
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use ruixin_bao::Day;
use ruixin_bao_service::Books;

use crate::support::{Kind, Place, SHOP, USERS, day};
use crate::web::http::{Client, ask};
use crate::web::program::Program;
use crate::web::soaked::Soaked;
use crate::web::{FIRST_DAY, advance, block_on, people};

/// Tables that hold the books: they grow as long as people pay and invest, and with each night.
const BOOKS: [&str; 9] = [
    "account_days",
    "account_line",
    "day",
    "fund_order",
    "income",
    "posting",
    "refund",
    "share_move",
    "voucher",
];
/// It begins on a Sunday evening, before a week without holidays, and six seconds are a day: so long answers are
/// kept, too, and each round waits until they are pruned.
const BEGINS: &str = "2013-06-16 22:00";
const OPTIONS: [&str; 4] = ["--pace", "14400", "--keep-answers", "24h"];
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
            // What was subscribed today is confirmed tomorrow; from then on there is something.
            6 => assert!(matches!(order("redeem_fast"), 201 | 422)),
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

/// Runs the nights that are due, one at least, from the next day on. Gives how many of the days earned something:
/// all but those before the first shares.
fn nights(admin: &Client, next: &Cell<Day>) -> u64 {
    let (mut earned, mut asked) = (0, 0);
    let (from, end) = (next.get(), Instant::now() + Duration::from_secs(60));
    loop {
        let day = next.get();
        let mut run = |income: &str| {
            asked += 1;
            let (path, id) = (
                format!("/v1/admin/days/{day}/run"),
                format!("{day}-{asked}"),
            );
            let body = format!(r#"{{"income":"{income}"}}"#);
            admin.post(&path, &id, &body).unwrap()
        };
        let mut reply = run("0.37");
        earned += u64::from(reply.status == 200);
        if reply.code() == "income-unfit" {
            reply = run("0");
        }
        match (reply.status, reply.code().as_str()) {
            (200, _) => next.set(day.next().unwrap()),
            (409, "too-early") if day > from => return earned,
            (409, "too-early") if Instant::now() < end => thread::sleep(Duration::from_millis(50)),
            _ => panic!("{day}: {reply:?}"),
        }
    }
}

fn soak(kind: Kind) {
    let place = Place::new(kind);
    let books = &place.address;
    Program::found(books);
    let key = Program::key(books);
    let program = Program::start_at(books, BEGINS, &OPTIONS);
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
    let (next, earned) = (Cell::new(day(FIRST_DAY)), Cell::new(0));
    soaked.grows_by_its_books_alone(|round| {
        earned.set(earned.get() + nights(&client_of, &next));
        thread::scope(|scope| {
            for (at, user) in USERS.into_iter().enumerate() {
                let one = client_of.clone();
                scope.spawn(move || client(&one, round, at, user));
            }
        });
    });
    // What was subscribed on Monday earns from Tuesday on.
    let earned = earned.get() + nights(&client_of, &next);
    assert!(earned >= 2, "{earned} days earned something");
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
