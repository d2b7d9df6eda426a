//! What a connection asks for, one after another, and what became of it.

use std::time::{Duration, Instant};

use hyper::body::Bytes;
use serde_json::Value;

use super::connection::Connection;
use super::{Asked, Failure};

/// Is what asks a service: its people, and what they do.
pub(crate) trait Crowd: Send + Sync + 'static {
    /// Where in an answer the number is of what was booked.
    const NUMBER: &'static str;
    /// What counts in the store the records of the books, and the answers that are kept.
    const COUNTS: [&'static str; 2];

    /// What somebody asks for next.
    fn next(&self, known: &mut Known) -> Request;

    /// What is done after each tenth of a soak beside what people ask for, such as the nights that are due.
    /// Says what it was.
    fn between(&self, _asked: &Asked) -> impl Future<Output = Result<String, Failure>> + Send {
        std::future::ready(Ok(String::new()))
    }
}

/// Is a request: a read without a body, a command with one.
pub(crate) struct Request {
    path: String,
    body: Option<String>,
    leads: Leads,
}

/// Is what can be gone on with afterwards.
enum Leads {
    Nowhere,
    /// A payment can be refunded and looked at.
    Payment,
    /// A withdrawal waits for the bank's answer.
    Withdrawal,
}

impl Request {
    pub(crate) fn get(path: String) -> Request {
        Request {
            path,
            body: None,
            leads: Leads::Nowhere,
        }
    }

    pub(crate) fn post(path: &str, body: String) -> Request {
        Request {
            path: path.to_owned(),
            body: Some(body),
            leads: Leads::Nowhere,
        }
    }

    pub(crate) fn payment(body: String) -> Request {
        Request {
            leads: Leads::Payment,
            ..Request::post("/v1/payments", body)
        }
    }

    pub(crate) fn withdrawal(body: String) -> Request {
        Request {
            leads: Leads::Withdrawal,
            ..Request::post("/v1/withdrawals", body)
        }
    }
}

/// How many payments and withdrawals a connection remembers.
const REMEMBERED: usize = 32;

/// Is what a connection knows: its own random numbers, and what it may go on with.
pub(crate) struct Known {
    state: u64,
    pub(crate) paid: Vec<String>,
    pending: Vec<String>,
}

impl Known {
    fn new(seed: u64) -> Known {
        Known {
            state: seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1,
            paid: Vec::new(),
            pending: Vec::new(),
        }
    }

    /// An xorshift by Marsaglia: enough to choose people by.
    pub(crate) fn draw(&mut self, most: usize) -> usize {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        (self.state % most as u64) as usize
    }

    /// An amount of so many fen at most, as text in yuan.
    pub(crate) fn amount(&mut self, most: usize) -> String {
        let fen = 1 + self.draw(most);
        format!("{}.{:02}", fen / 100, fen % 100)
    }

    /// Gives back a fen of the last payment that nothing was given back of.
    pub(crate) fn refund(&mut self) -> Option<Request> {
        let payment = self.paid.pop()?;
        let path = format!("/v1/payments/{payment}/refunds");
        Some(Request::post(&path, r#"{"amount":"0.01"}"#.to_owned()))
    }

    /// The bank's answer to the last withdrawal that waits for it.
    pub(crate) fn settlement(&mut self) -> Option<Request> {
        let withdrawal = self.pending.pop()?;
        let outcome = ["paid", "paid", "refused"][self.draw(3)];
        let path = format!("/v1/withdrawals/{withdrawal}/settlement");
        Some(Request::post(
            &path,
            format!(r#"{{"outcome":"{outcome}"}}"#),
        ))
    }

    /// Keeps the number of an answer, if it has one.
    fn remember(&mut self, leads: &Leads, pointer: &str, answer: &Bytes) {
        let numbers = match leads {
            Leads::Nowhere => return,
            Leads::Payment => &mut self.paid,
            Leads::Withdrawal => &mut self.pending,
        };
        let answer: Value = serde_json::from_slice(answer).unwrap_or_default();
        if let Some(number) = answer.pointer(pointer).and_then(Value::as_str) {
            if numbers.len() == REMEMBERED {
                numbers.remove(0);
            }
            numbers.push(number.to_owned());
        }
    }
}

/// How long somebody waits who was refused because too much was under way.
const PAUSE: Duration = Duration::from_millis(100);

/// Is one connection, and what it knows.
pub(crate) struct Worker {
    connection: Connection,
    known: Known,
    run: String,
    number: u64,
}

impl Worker {
    pub(crate) fn new(connection: Connection, run: String, seed: u64) -> Worker {
        Worker {
            connection,
            known: Known::new(seed),
            run,
            number: 0,
        }
    }

    /// Asks until the time is up.
    pub(crate) async fn drive<C: Crowd>(
        &mut self,
        crowd: &C,
        until: Instant,
    ) -> Result<Tally, Failure> {
        let mut tally = Tally::default();
        while Instant::now() < until {
            let request = crowd.next(&mut self.known);
            let begun = Instant::now();
            let (status, answer) = match request.body {
                None => self.connection.get(&request.path).await?,
                Some(body) => {
                    self.number += 1;
                    let id = format!("{}-{}", self.run, self.number);
                    self.connection.post(&request.path, &id, body).await?
                }
            };
            let took = begun.elapsed();
            match status {
                200 | 201 => {
                    tally.took.push(took);
                    self.known.remember(&request.leads, C::NUMBER, &answer);
                }
                422 => tally.refused += 1,
                503 => {
                    tally.shed += 1;
                    tokio::time::sleep(PAUSE).await;
                }
                _ => {
                    tally.failed += 1;
                    let says = || {
                        let says = String::from_utf8_lossy(&answer);
                        format!("; {}: {status}: {says}", request.path)
                    };
                    tally.failure.get_or_insert_with(says);
                }
            }
        }
        Ok(tally)
    }
}

/// Counts what became of requests.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    took: Vec<Duration>,
    /// By a rule of the books, such as a balance that is too low.
    refused: u64,
    /// Because too much was under way.
    shed: u64,
    pub(crate) failed: u64,
    /// The first answer that was no answer.
    failure: Option<String>,
    time: Duration,
}

impl Tally {
    pub(crate) fn add(&mut self, other: Tally) {
        self.took.extend(other.took);
        self.refused += other.refused;
        self.shed += other.shed;
        self.failed += other.failed;
        self.failure = self.failure.take().or(other.failure);
    }

    pub(crate) fn close(&mut self, time: Duration) {
        self.took.sort_unstable();
        self.time = time;
    }

    fn at(&self, permille: usize) -> String {
        let place = self.took.len().saturating_sub(1) * permille / 1000;
        let took = self.took.get(place).copied().unwrap_or_default();
        format!(
            "{}.{:01} ms",
            took.as_millis(),
            took.as_micros() % 1_000 / 100
        )
    }

    pub(crate) fn line(&self, connections: usize) -> String {
        format!(
            "{} in {:.1?}: {} a second; p50 {}, p99 {}, p99.9 {}; {} refused by a rule, {} shed, {} failed; {connections} connections{}",
            self.took.len(),
            self.time,
            self.took.len() as u128 * 1_000 / self.time.as_millis().max(1),
            self.at(500),
            self.at(990),
            self.at(999),
            self.refused,
            self.shed,
            self.failed,
            self.failure.as_deref().unwrap_or_default(),
        )
    }
}
