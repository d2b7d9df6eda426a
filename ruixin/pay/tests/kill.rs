//! The real program, killed at any moment: what was answered is answered alike afterwards, and
//! every payment is there once or not at all. Told to stop, it finishes what has begun.

mod support;

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use support::http::{Client, Reply};
use support::program::Program;
use support::{Database, audit, block_on};

/// What was asked: path and body, and what was answered, if anything was.
type Asked = BTreeMap<String, (String, String, Option<Reply>)>;

const CLIENTS: usize = 6;

/// Payments, transfers and refunds from several threads, until they are told to stop.
fn load(client: &Client, people: &[String], round: usize, stop: &Arc<AtomicBool>) -> Asked {
    let answered = Arc::new(AtomicUsize::new(0));
    let threads: Vec<_> = (0..CLIENTS)
        .map(|at| {
            let (client, stop, answered) = (client.clone(), stop.clone(), answered.clone());
            let people = people.to_vec();
            thread::spawn(move || {
                let mut asked = Asked::new();
                let mut last_order: Option<String> = None;
                let mut number = 0;
                while !stop.load(Ordering::Relaxed) {
                    number += 1;
                    let id = format!("{round}-{at}-{number}");
                    let (payer, merchant) = (&people[(at + number) % 3], &people[3]);
                    let (path, body) = match (number % 4, &last_order) {
                        (0, Some(order)) => (
                            format!("/v1/payments/{order}/refunds"),
                            r#"{"amount":"0.37"}"#.to_owned(),
                        ),
                        (1, _) => {
                            let payee = &people[(at + number + 1) % 3];
                            let body = format!(
                                r#"{{"payer":"{payer}","payee":"{payee}","amount":"0.05"}}"#
                            );
                            ("/v1/transfers".to_owned(), body)
                        }
                        _ => {
                            let body = format!(
                                r#"{{"payer":"{payer}","merchant":"{merchant}","amount":"1.11"}}"#
                            );
                            ("/v1/payments".to_owned(), body)
                        }
                    };
                    let reply = client.post(&path, &id, &body).ok();
                    if let Some(reply) = &reply {
                        if reply.status == 201 && path == "/v1/payments" {
                            let order = reply.json()["order"]["order_id"]
                                .as_str()
                                .map(str::to_owned);
                            last_order = order;
                        }
                        answered.fetch_add(1, Ordering::Relaxed);
                    }
                    let gone = reply.is_none();
                    // Told that nothing was done, or that nobody knows: the same key asks again later.
                    let kept = reply.filter(|reply| reply.status < 500);
                    asked.insert(id, (path, body, kept));
                    if gone {
                        thread::sleep(Duration::from_millis(5));
                    }
                }
                asked
            })
        })
        .collect();
    threads
        .into_iter()
        .flat_map(|thread| thread.join().expect("a client ends"))
        .collect()
}

fn ask_again(client: &Client, asked: &Asked) -> (usize, usize) {
    let (mut done, mut unanswered) = (0, 0);
    for (id, (path, body, reply)) in asked {
        let again = client.post(path, id, body).expect("an answer");
        match reply {
            Some(reply) => {
                assert_eq!(
                    (again.status, &again.body),
                    (reply.status, &reply.body),
                    "{id}"
                );
                assert_eq!(
                    again
                        .headers
                        .get("idempotency-replayed")
                        .map(String::as_str),
                    Some("true")
                );
            }
            None => unanswered += 1,
        }
        assert!(matches!(again.status, 201 | 422), "{again:?}");
        done += usize::from(again.status == 201);
        // And once more, now that there must be an answer.
        let third = client.post(path, id, body).expect("an answer");
        assert_eq!(third.body, again.body);
    }
    (done, unanswered)
}

/// How many commands the books have done: orders of payments and transfers, and refunds.
fn done_in(database: &Database) -> usize {
    block_on(async {
        let books = database.books().await;
        audit(books.store()).await;
        let counted = books
            .store()
            .read(async |tx| {
                let sql = "SELECT (SELECT count(*) FROM orders WHERE order_type IN ('P', 'T')) \
                     + (SELECT count(*) FROM flow WHERE type_code = '52')";
                tx.rows(sql, vec![]).await?[0].int(0)
            })
            .await;
        usize::try_from(counted.expect("a count")).expect("some")
    })
}

/// Opens three users with 200.00 each, and a shop.
fn people(client: &Client) -> Vec<String> {
    let people: Vec<String> = (0..4)
        .map(|at| client.open(&format!("open-{at}"), at < 3))
        .collect();
    for (at, person) in people.iter().take(3).enumerate() {
        client.top_up(&format!("fill-{at}"), person, "200.00");
    }
    people
}

fn killed_and_started(mut database: Database, rounds: usize, kill_the_database: bool) {
    let store = database.address();
    let key = Program::key(&store);
    let mut program = Program::start(&store, &[]);
    let client = |program: &Program| Client {
        to: program.1,
        key: key.clone(),
        language: "en",
    };
    let people = people(&client(&program));
    let all = Arc::new(Mutex::new(Asked::new()));
    let mut lost_answers = 0;
    for round in 0..rounds {
        let stop = Arc::new(AtomicBool::new(false));
        let loading = {
            let (client, people, stop) = (client(&program), people.clone(), stop.clone());
            thread::spawn(move || load(&client, &people, round, &stop))
        };
        thread::sleep(Duration::from_millis(120 + 67 * (round as u64 * 7 % 5)));
        match (&mut database, kill_the_database) {
            (Database::Postgres(server), true) => {
                server.kill();
                thread::sleep(Duration::from_millis(100));
                server.revive();
                thread::sleep(Duration::from_millis(200));
            }
            _ => {
                // SIGKILL: nothing is finished, flushed or told.
                program.0.kill().expect("it is killed");
                program.0.wait().expect("it ends");
            }
        }
        stop.store(true, Ordering::Relaxed);
        let asked = loading.join().expect("the load ends");
        assert!(
            asked.len() > CLIENTS,
            "there was some load: {}",
            asked.len()
        );
        if !kill_the_database {
            program = Program::start(&store, &[]);
        }
        let (_, unanswered) = ask_again(&client(&program), &asked);
        lost_answers += unanswered;
        all.lock().expect("nobody panics").extend(asked);
    }
    // An answer of the first round is the same after the last one.
    let all = all.lock().expect("nobody panics");
    let answered: Asked = all
        .iter()
        .map(|(id, one)| (id.clone(), one.clone()))
        .collect();
    let (done, _) = ask_again(&client(&program), &answered);
    drop(program);
    assert_eq!(
        done_in(&database),
        done,
        "each was done once, and nothing else was"
    );
    assert!(
        lost_answers > 0,
        "no kill fell between a question and its answer"
    );
}

#[test]
fn sqlite_loses_and_doubles_nothing_when_the_program_is_killed() {
    killed_and_started(Database::sqlite(), 5, false);
}

#[test]
fn postgres_loses_and_doubles_nothing_when_the_program_is_killed() {
    killed_and_started(Database::postgres(), 4, false);
}

#[test]
fn postgres_loses_and_doubles_nothing_when_the_database_is_killed() {
    killed_and_started(Database::postgres(), 3, true);
}

/// Sends the head of a payment.
fn head(client: &Client, id: &str, body: &str) -> TcpStream {
    let mut stream = TcpStream::connect(client.to).expect("it listens");
    let head = format!(
        "POST /v1/payments HTTP/1.1\r\nHost: pay\r\nAuthorization: Bearer {}\r\nContent-Type: \
         application/json\r\nIdempotency-Key: {id}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
        client.key,
        body.len()
    );
    stream.write_all(head.as_bytes()).expect("sent");
    stream
}

/// SIGTERM under load: what has begun is finished and answered, what comes later finds nobody, and the
/// program ends with success.
fn told_to_stop(database: &Database) {
    let store = database.address();
    let key = Program::key(&store);
    let mut program = Program::start(&store, &[]);
    let client = |program: &Program| Client {
        to: program.1,
        key: key.clone(),
        language: "en",
    };
    let first = client(&program);
    let people = people(&first);
    let (payer, shop) = (&people[0], &people[3]);
    let body = format!(r#"{{"payer":"{payer}","merchant":"{shop}","amount":"1.11"}}"#);
    let mut begun = head(&first, "begun", &body);
    // Its head has been read when another request is answered that came after it.
    assert_eq!(first.get("/healthz").expect("an answer").status, 200);
    let stop = Arc::new(AtomicBool::new(false));
    let loading = {
        let (client, people, stop) = (first.clone(), people.clone(), stop.clone());
        thread::spawn(move || load(&client, &people, 0, &stop))
    };
    thread::sleep(Duration::from_millis(300));
    let told = Command::new("kill")
        .arg(program.0.id().to_string())
        .status();
    assert!(told.expect("it runs").success());
    while TcpStream::connect(first.to).is_ok() {
        thread::sleep(Duration::from_millis(5));
    }
    stop.store(true, Ordering::Relaxed);
    let asked = loading.join().expect("the load ends");
    begun.write_all(body.as_bytes()).expect("sent");
    let mut answer = String::new();
    begun.read_to_string(&mut answer).expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    assert!(program.0.wait().expect("it ends").success());
    // Nothing was done that was not answered: of what found nobody, nothing had begun.
    let is_done = |reply: &&Reply| reply.status == 201;
    let replies = asked.values().filter_map(|(_, _, reply)| reply.as_ref());
    let done = replies.filter(is_done).count();
    assert!(done > CLIENTS, "there was some load: {done}");
    assert_eq!(done_in(database), done + 1);
    // All of it is answered alike by the next one.
    let program = Program::start(&store, &[]);
    ask_again(&client(&program), &asked);
    let again = client(&program).post("/v1/payments", "begun", &body);
    let again = again.expect("an answer");
    assert!(answer.ends_with(&again.body), "{again:?}");
    assert!(again.headers.contains_key("idempotency-replayed"));
}

#[test]
fn sqlite_has_finished_what_had_begun_when_the_program_is_told_to_stop() {
    told_to_stop(&Database::sqlite());
}

#[test]
fn postgres_has_finished_what_had_begun_when_the_program_is_told_to_stop() {
    told_to_stop(&Database::postgres());
}
