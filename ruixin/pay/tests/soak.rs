//! Under load nothing grows but the books: not the memory of the service, not its open files, no other
//! table. Answers are pruned, and a key whose answer is pruned is free again.

mod support;

use std::thread;

use ruixin_pay::command::{Command, NewOwner, OpenAccount};
use ruixin_pay::{Books, CommandError, Outcome, asked};
use ruixin_service::prune::prune;
use support::http::{Client, ask};
use support::program::Program;
use support::soaked::Soaked;
use support::{Database, block_on, teller};

/// Tables that hold the books: they grow as long as people pay.
const BOOKS: [&str; 5] = ["account", "channel_file", "flow", "hold", "orders"];
const CLIENTS: usize = 4;
/// Requests of a client in a round.
const REQUESTS: usize = 1_200;

/// Payments, refusals, answers given again, reads, and what is no request at all.
fn client(client: &Client, round: usize, at: usize, user: &str, shop: &str) {
    for number in 0..REQUESTS {
        let id = format!("{round}-{at}-{number}");
        let pay = |amount: &str| {
            let body = format!(r#"{{"payer":"{user}","merchant":"{shop}","amount":"{amount}"}}"#);
            client
                .post("/v1/payments", &id, &body)
                .expect("an answer")
                .status
        };
        let status = |path: &str| client.get(path).expect("an answer").status;
        match number % 12 {
            0 | 1 => assert_eq!(pay("0.01"), 201),
            2 => assert_eq!((pay("0.01"), pay("0.01"), pay("0.02")), (201, 201, 409)),
            3 => assert_eq!(pay("9999999.99"), 422),
            4 => assert_eq!(pay("0.001"), 400),
            5 => assert_eq!(status(&format!("/v1/accounts/{user}")), 200),
            6 => assert_eq!(status(&format!("/v1/accounts/{user}/movements")), 200),
            7 => assert_eq!(status(&format!("/v1/nothing/{id}")), 404),
            8 => assert_eq!(status("/status"), 200),
            9 => {
                let stranger = Client {
                    key: format!("rx_{id}"),
                    ..client.clone()
                };
                let status = stranger.get("/v1/window").expect("an answer").status;
                assert!(matches!(status, 401 | 429), "{status}");
            }
            10 => {
                let reply = ask(client.to, "BREW", &format!("/{id}"), &[], None);
                assert_eq!(reply.expect("an answer").status, 404);
            }
            _ => assert_eq!(status("/metrics"), 200),
        }
    }
}

fn soak(database: &Database) {
    let address = database.address();
    let key = Program::key(&address);
    let program = Program::start(&address, &["--keep-answers", "2s"]);
    let pid = program.0.id();
    let client_of = Client {
        to: program.1,
        key,
        language: "en",
    };
    let books = block_on(database.books());
    let mut people = Vec::new();
    for at in 0..CLIENTS {
        let user = client_of.open(&format!("u{at}"), true);
        client_of.top_up(&format!("fill{at}"), &user, "1000.00");
        people.push((user, client_of.open(&format!("m{at}"), false)));
    }
    let log = match database {
        Database::Sqlite(folder) => Some(folder.path().join("pay.db-wal")),
        Database::Postgres(_) => None,
    };
    let soaked = Soaked {
        pid,
        store: books.store().clone(),
        books: &BOOKS,
        records: &["flow", "orders"],
        answers: "request",
        log,
    };
    soaked.grows_by_its_books_alone(|round| {
        thread::scope(|scope| {
            for (at, (user, shop)) in people.iter().enumerate() {
                let one = client_of.clone();
                scope.spawn(move || client(&one, round, at, user, shop));
            }
        });
    });
}

#[test]
fn sqlite_grows_by_its_books_alone() {
    soak(&Database::sqlite());
}

#[test]
fn postgres_grows_by_its_books_alone() {
    soak(&Database::postgres());
}

async fn opened(books: Books, key: &str, name: &str) -> Result<Outcome, CommandError> {
    let open = Command::Open(OpenAccount {
        owner: NewOwner::User,
        name: name.to_owned(),
        class: None,
        channel: None,
    });
    let asked = asked(&teller(), key, name.as_bytes()).expect("a key");
    books.run(open, asked).await
}

/// An answer is given again as long as it is kept, and its key is free afterwards.
fn pruned(database: &Database) {
    block_on(async {
        let books = database.books().await;
        let open = async |key: &str, name: &str| opened(books.clone(), key, name).await;
        // Many at a time: each waits for the disk.
        for some in 0..10 {
            let mut under_way = tokio::task::JoinSet::new();
            for at in 0..250 {
                let (books, key) = (books.clone(), format!("k{}", some * 250 + at));
                under_way.spawn(async move { opened(books, &key, "王芳").await });
            }
            for one in under_way.join_all().await {
                one.expect("opened");
            }
        }
        let now = ruixin_pay::civil::Clock::default().now().millis() / 1_000;
        let first = open("k7", "王芳").await.expect("an answer");
        assert!(first.is_replay);
        // Nothing is old enough.
        assert_eq!(prune(books.store(), now, now - 3_600).await, Ok(0));
        assert!(open("k7", "王芳").await.expect("an answer").is_replay);
        let other = open("k7", "李伟").await;
        assert!(matches!(other, Err(CommandError::KeyReused)), "{other:?}");
        // All of it is, in several rounds.
        assert_eq!(prune(books.store(), now, now + 3_600).await, Ok(2_500));
        let again = open("k7", "李伟").await.expect("an answer");
        assert!(!again.is_replay && again.result != first.result);
        // What has no time is dated first, and so kept.
        let undated = async |_: &mut ruixin_service::store::Tx<'_>| {
            let sql = "INSERT INTO request (key_id, idempotency_key, digest, status, answer) \
                 SELECT key_id, 'undated', digest, status, answer FROM request";
            let write = ruixin_service::store::Write::one(sql, vec![]);
            Ok(ruixin_service::store::Change::new(()).with(write))
        };
        books.store().write(undated).await.expect("one answer");
        assert_eq!(prune(books.store(), now, now - 3_600).await, Ok(0));
        for key in ["k7", "undated"] {
            assert!(open(key, "李伟").await.expect("an answer").is_replay);
        }
    });
}

#[test]
fn sqlite_keeps_answers_for_a_while() {
    pruned(&Database::sqlite());
}

#[test]
fn postgres_keeps_answers_for_a_while() {
    pruned(&Database::postgres());
}
