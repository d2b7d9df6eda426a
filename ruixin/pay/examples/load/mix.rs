//! What a connection asks for, one after another, and what became of it.

use std::time::{Duration, Instant};

use hyper::body::Bytes;
use serde_json::Value;

use crate::client::{Connection, Failure};

/// Is who money moves between.
#[derive(Debug, Default)]
pub(crate) struct People {
    pub(crate) users: Vec<String>,
    pub(crate) merchants: Vec<String>,
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

/// How long somebody waits who was refused because too much was under way.
const PAUSE: Duration = Duration::from_millis(100);
/// How many orders a connection remembers.
const REMEMBERED: usize = 32;

/// Is one connection with its own random numbers, and the orders that it may go on with.
pub(crate) struct Worker {
    connection: Connection,
    run: String,
    state: u64,
    is_mixed: bool,
    number: u64,
    paid: Vec<String>,
    pending: Vec<String>,
}

impl Worker {
    pub(crate) fn new(connection: Connection, run: String, seed: u64, is_mixed: bool) -> Worker {
        Worker {
            connection,
            run,
            state: seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1,
            is_mixed,
            number: 0,
            paid: Vec::new(),
            pending: Vec::new(),
        }
    }

    /// An xorshift by Marsaglia: enough to choose people by.
    fn draw(&mut self, most: usize) -> usize {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        (self.state % most as u64) as usize
    }

    fn amount(&mut self, most: usize) -> String {
        let fen = 1 + self.draw(most);
        format!("{}.{:02}", fen / 100, fen % 100)
    }

    fn one<'a>(&mut self, of: &'a [String]) -> &'a str {
        &of[self.draw(of.len())]
    }

    /// Asks until the time is up.
    pub(crate) async fn drive(
        &mut self,
        people: &People,
        until: Instant,
    ) -> Result<Tally, Failure> {
        let mut tally = Tally::default();
        while Instant::now() < until {
            let begun = Instant::now();
            let (status, answer) = self.ask(people).await?;
            match status {
                200 | 201 => tally.took.push(begun.elapsed()),
                409 | 422 => tally.refused += 1,
                503 => {
                    tally.shed += 1;
                    tokio::time::sleep(PAUSE).await;
                }
                _ => {
                    tally.failed += 1;
                    let says = || format!("; {status}: {}", String::from_utf8_lossy(&answer));
                    tally.failure.get_or_insert_with(says);
                }
            }
        }
        Ok(tally)
    }

    async fn ask(&mut self, people: &People) -> Result<(u16, Bytes), Failure> {
        let draw = if self.is_mixed { self.draw(100) } else { 0 };
        match draw {
            0..48 => self.pay(people).await,
            48..56 => {
                let (user, amount) = (self.one(&people.users), self.amount(99_999));
                let body = format!(r#"{{"account":"{user}","amount":"{amount}","channel":"CMB"}}"#);
                self.post("/v1/top-ups", body).await
            }
            56..66 => {
                let (payer, payee) = (self.one(&people.users), self.one(&people.users));
                let amount = self.amount(9_999);
                let body =
                    format!(r#"{{"payer":"{payer}","payee":"{payee}","amount":"{amount}"}}"#);
                self.post("/v1/transfers", body).await
            }
            66..71 => match self.paid.pop() {
                Some(order) => {
                    let path = format!("/v1/payments/{order}/refunds");
                    self.post(&path, r#"{"amount":"0.01"}"#.to_owned()).await
                }
                None => self.pay(people).await,
            },
            71..76 => {
                let (user, amount) = (self.one(&people.users), 10 + self.draw(500));
                let body =
                    format!(r#"{{"account":"{user}","amount":"{amount}","channel":"ICBC"}}"#);
                let (status, answer) = self.post("/v1/withdrawals", body).await?;
                remember(&mut self.pending, &answer);
                Ok((status, answer))
            }
            76..80 => match self.pending.pop() {
                Some(order) => {
                    let outcome = ["paid", "paid", "refused"][self.draw(3)];
                    let body = format!(r#"{{"outcome":"{outcome}"}}"#);
                    self.post(&format!("/v1/withdrawals/{order}/settlement"), body)
                        .await
                }
                None => self.pay(people).await,
            },
            80..90 => {
                let path = format!("/v1/accounts/{}", self.one(&people.users));
                self.connection.get(&path).await
            }
            90..96 => {
                let path = format!(
                    "/v1/accounts/{}/movements?limit=20",
                    self.one(&people.users)
                );
                self.connection.get(&path).await
            }
            _ => match self.paid.last().cloned() {
                Some(order) => self.connection.get(&format!("/v1/orders/{order}")).await,
                None => self.pay(people).await,
            },
        }
    }

    async fn pay(&mut self, people: &People) -> Result<(u16, Bytes), Failure> {
        let (user, merchant) = (self.one(&people.users), self.one(&people.merchants));
        let amount = self.amount(9_999);
        let body = format!(r#"{{"payer":"{user}","merchant":"{merchant}","amount":"{amount}"}}"#);
        let (status, answer) = self.post("/v1/payments", body).await?;
        if self.is_mixed {
            remember(&mut self.paid, &answer);
        }
        Ok((status, answer))
    }

    async fn post(&mut self, path: &str, body: String) -> Result<(u16, Bytes), Failure> {
        self.number += 1;
        let id = format!("{}-{}", self.run, self.number);
        self.connection.post(path, &id, body).await
    }
}

/// Keeps the order of an answer, if it has one.
fn remember(orders: &mut Vec<String>, answer: &Bytes) {
    let answer: Value = serde_json::from_slice(answer).unwrap_or_default();
    if let Some(order) = answer["order"]["order_id"].as_str() {
        if orders.len() == REMEMBERED {
            orders.remove(0);
        }
        orders.push(order.to_owned());
    }
}
