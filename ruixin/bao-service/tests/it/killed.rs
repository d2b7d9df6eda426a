//! The real program, killed at any moment under load: what was answered is answered alike
//! afterwards, every command is done once or not at all, and the books stand.

use std::collections::BTreeMap;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use crate::postgres::{PASSWORD, Postgres};
use crate::support::{Kind, Place};
use crate::web::http::{Client, Reply};
use crate::web::program::Program;
use crate::web::{did, people};

const CLIENTS: usize = 6;
const USERS: [u64; 3] = [6_001, 6_002, 6_003];

/// What was asked: path and body, and what was answered, if anything was.
type Asked = BTreeMap<String, (String, String, Option<Reply>)>;

fn ask_for(at: usize, number: usize, last: Option<&str>) -> (String, String) {
    let user = USERS[(at + number) % 3];
    match (number % 5, last) {
        (0, Some(payment)) => (
            format!("/v1/payments/{payment}/refunds"),
            r#"{"amount":"0.37"}"#.to_owned(),
        ),
        (1, _) => {
            let payee = USERS[(at + number + 1) % 3];
            let body = format!(r#"{{"payer":"{user}","payee":"{payee}","amount":"0.05"}}"#);
            ("/v1/transfers".to_owned(), body)
        }
        (2, _) => {
            let body = format!(r#"{{"user":"{user}","kind":"subscribe","amount":"1.23"}}"#);
            ("/v1/orders".to_owned(), body)
        }
        _ => {
            let body =
                format!(r#"{{"user":"{user}","merchant":"7001","amount":"2.11","from":"wallet"}}"#);
            ("/v1/payments".to_owned(), body)
        }
    }
}

/// Commands from several threads, until they are told to stop.
fn load(client: &Client, round: usize, stop: &Arc<AtomicBool>, done: &Arc<AtomicUsize>) -> Asked {
    let threads: Vec<_> = (0..CLIENTS)
        .map(|at| {
            let (client, stop, done) = (client.clone(), stop.clone(), done.clone());
            thread::spawn(move || {
                let mut asked = Asked::new();
                let mut last: Option<String> = None;
                for number in 1.. {
                    if stop.load(Ordering::Relaxed) {
                        break;
                    }
                    let id = format!("{round}-{at}-{number}");
                    let (path, body) = ask_for(at, number, last.as_deref());
                    let reply = client.post(&path, &id, &body).ok();
                    if let Some(reply) = &reply {
                        done.fetch_add(1, Ordering::Relaxed);
                        if reply.status == 201 && path == "/v1/payments" {
                            last = reply.json()["id"].as_str().map(str::to_owned);
                        }
                    } else {
                        thread::sleep(Duration::from_millis(5));
                    }
                    // Told that nothing was done, or that nobody knows: the same key asks again
                    // later.
                    let kept = reply.filter(|reply| reply.status < 500);
                    asked.insert(id, (path, body, kept));
                }
                asked
            })
        })
        .collect();
    let threads = threads.into_iter();
    threads.flat_map(|thread| thread.join().unwrap()).collect()
}

/// Asks for everything again; gives how many were done, and how many had had no answer.
fn ask_again(client: &Client, asked: &Asked) -> (usize, usize) {
    let (mut done, mut unanswered) = (0, 0);
    for (id, (path, body, reply)) in asked {
        let again = client.post(path, id, body).unwrap();
        match reply {
            Some(reply) => {
                assert_eq!(
                    (again.status, &again.body),
                    (reply.status, &reply.body),
                    "{id}"
                );
                assert!(again.headers.contains_key("idempotency-replayed"), "{id}");
            }
            None => unanswered += 1,
        }
        assert!(matches!(again.status, 201 | 422), "{again:?}");
        done += usize::from(again.status == 201);
        // And once more, now that there must be an answer.
        let third = client.post(path, id, body).unwrap();
        assert_eq!(third.body, again.body);
    }
    (done, unanswered)
}

/// Is where the books are, and what is killed.
enum Victim {
    Program(Place),
    Database(Box<Postgres>),
}

impl Victim {
    fn address(&self) -> String {
        match self {
            Victim::Program(place) => place.address.clone(),
            Victim::Database(server) => server.tcp_url("teller", PASSWORD) + "?sslmode=disable",
        }
    }

    /// Kills at a moment that the commands choose: when so many have been answered.
    fn kill(&mut self, program: &mut Program, done: &AtomicUsize, after: usize) {
        while done.load(Ordering::Relaxed) < after {
            thread::yield_now();
        }
        match self {
            // SIGKILL: nothing is finished, flushed or told.
            Victim::Program(_) => {
                program.0.kill().unwrap();
                program.0.wait().unwrap();
            }
            Victim::Database(server) => {
                server.kill();
                thread::sleep(Duration::from_millis(100));
                server.revive();
            }
        }
    }
}

fn killed_and_started(mut victim: Victim, rounds: usize) {
    let books = victim.address();
    Program::found(&books);
    let key = Program::key(&books);
    let mut program = Program::start(&books, &[]);
    let client = |program: &Program| Client {
        to: program.1,
        key: key.clone(),
        language: "en",
    };
    people(&client(&program), &USERS, 7_001);
    let mut all = Asked::new();
    for round in 0..rounds {
        let (stop, done) = (Arc::new(AtomicBool::new(false)), Arc::default());
        let loading = {
            let (client, stop, done) = (client(&program), stop.clone(), Arc::clone(&done));
            thread::spawn(move || load(&client, round, &stop, &done))
        };
        victim.kill(&mut program, &done, 40 + 37 * (round * 7 % 5));
        stop.store(true, Ordering::Relaxed);
        let asked = loading.join().unwrap();
        match victim {
            Victim::Program(_) => program = Program::start(&books, &[]),
            Victim::Database(_) => until_it_answers(&client(&program)),
        }
        ask_again(&client(&program), &asked);
        all.extend(asked);
    }
    // An answer of the first round is the same after the last one.
    let (done, _) = ask_again(&client(&program), &all);
    drop(program);
    let mut store = ruixin_bao_store::Store::open(&books).unwrap();
    store.prove().unwrap();
    let whole = store.whole().unwrap();
    // Beside the three top-ups, and each order has one voucher of its own so far.
    let booked = whole.book().entries().count() - USERS.len();
    assert_eq!(booked, done, "each was done once, and nothing else was");
}

/// The database is there again: the service finds it by itself.
fn until_it_answers(client: &Client) {
    for _ in 0..300 {
        if client
            .get("/healthz")
            .is_ok_and(|reply| reply.status == 200)
        {
            let body = r#"{"user":"6001"}"#;
            // The writer's session, too.
            if client
                .post("/v1/users", "open-6001", body)
                .is_ok_and(|reply| reply.status == 201)
            {
                return;
            }
        }
        thread::sleep(Duration::from_millis(50));
    }
    panic!("the service did not find its database again");
}

#[test]
fn sqlite_loses_and_doubles_nothing_when_the_program_is_killed() {
    killed_and_started(Victim::Program(Place::new(Kind::Sqlite)), 5);
}

#[test]
fn postgres_loses_and_doubles_nothing_when_the_program_is_killed() {
    killed_and_started(Victim::Program(Place::new(Kind::Postgres)), 4);
}

#[test]
fn postgres_loses_and_doubles_nothing_when_the_database_is_killed() {
    killed_and_started(Victim::Database(Box::new(Postgres::start(""))), 3);
}

/// SIGTERM: what has begun is answered, and the program ends with success.
#[cfg(unix)]
#[test]
fn a_program_that_is_told_to_stop_ends_well() {
    let place = Place::new(Kind::Sqlite);
    Program::found(&place.address);
    let key = Program::key(&place.address);
    let mut program = Program::start(&place.address, &[]);
    let client = Client {
        to: program.1,
        key,
        language: "en",
    };
    did(&client, "/v1/users", "u", r#"{"user":"6001"}"#);
    let told = Command::new("kill")
        .arg(program.0.id().to_string())
        .status();
    assert!(told.unwrap().success());
    assert!(program.0.wait().unwrap().success());
    assert!(client.get("/healthz").is_err(), "nobody listens any more");
}
