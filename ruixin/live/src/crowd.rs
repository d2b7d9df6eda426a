//! People who use a ledger, and note what they are told.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::json;

use crate::client::{Answer, Client, fen, yuan};
use crate::error::LiveError;
use crate::wallet::Wallet;

/// How many circles the crowd falls into: each asks one thing after the other.
const CIRCLES: usize = 4;
/// How long somebody waits who was told that the house is closed.
const PATIENCE: Duration = Duration::from_millis(20);

const BANKS: [&str; 4] = ["ICBC", "BOC", "CCB", "ABC"];
const NAMES: [&str; 8] = [
    "王芳", "李强", "张敏", "刘洋", "陈静", "杨磊", "黄丽", "周军",
];

/// Is what the crowd did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Commands that were done.
    pub done: u64,
    /// Commands that were refused, for want of money say.
    pub refused: u64,
    /// Commands that were answered with: closed for now.
    pub closed: u64,
    /// Questions that had to be asked again.
    pub again: u64,
}

/// Is somebody whose balance is not what he was told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Odd {
    /// The account.
    pub account: String,
    /// What its owner was told last, available and frozen, fen.
    pub told: [i64; 2],
    /// What the ledger says, fen.
    pub found: [i64; 2],
}

/// Is a person and his notebook.
#[derive(Debug, Clone)]
struct Person {
    account: String,
    /// Available and frozen, fen.
    told: [i64; 2],
}

/// Is a payment of which some can be given back.
#[derive(Debug, Clone)]
struct Paid {
    order: String,
    payer: usize,
    left: i64,
}

/// Are people who deal with each other only: so what each is told stays true until he asks again.
#[derive(Debug)]
struct Circle {
    client: Client,
    number: usize,
    people: Vec<Person>,
    merchant: String,
    paid: Vec<Paid>,
    held: Vec<(String, usize, i64)>,
    asked: u64,
    dice: Dice,
    tally: Tally,
}

/// Are all people.
#[derive(Debug)]
pub struct Crowd {
    circles: Vec<Circle>,
    at_work: Vec<JoinHandle<(Circle, Result<(), LiveError>)>>,
    is_over: Arc<AtomicBool>,
}

impl Crowd {
    /// Opens accounts for so many people and a merchant of each circle, and fills them with 1,000 yuan.
    ///
    /// # Errors
    ///
    /// The wallet answers otherwise than it should.
    pub fn gather(wallet: &Wallet, people: usize, seed: u64) -> Result<Crowd, LiveError> {
        let mut circles = Vec::new();
        for number in 0..CIRCLES {
            let client = Client::new(wallet.address(), wallet.writer_key());
            let mut circle = Circle {
                client,
                number,
                people: Vec::new(),
                merchant: String::new(),
                paid: Vec::new(),
                held: Vec::new(),
                asked: 0,
                dice: Dice(
                    seed.wrapping_mul(CIRCLES as u64)
                        .wrapping_add(number as u64),
                ),
                tally: Tally::default(),
            };
            circle.found(people.div_ceil(CIRCLES))?;
            circles.push(circle);
        }
        Ok(Crowd {
            circles,
            at_work: Vec::new(),
            is_over: Arc::default(),
        })
    }

    /// How many people there are.
    pub fn people(&self) -> usize {
        self.circles.iter().map(|circle| circle.people.len()).sum()
    }

    /// Lets the crowd begin; it goes on until [`Crowd::stop`].
    pub fn start(&mut self) {
        self.is_over = Arc::default();
        for mut circle in self.circles.drain(..) {
            let is_over = Arc::clone(&self.is_over);
            self.at_work.push(std::thread::spawn(move || {
                let mut done = Ok(());
                while done.is_ok() && !is_over.load(Ordering::Relaxed) {
                    done = circle.act();
                }
                (circle, done)
            }));
        }
    }

    /// Waits until everybody has the answer to his last question, and says what was done since
    /// [`Crowd::start`].
    ///
    /// # Errors
    ///
    /// Somebody got an answer that is none, or nothing at all.
    pub fn stop(&mut self) -> Result<Tally, LiveError> {
        self.is_over.store(true, Ordering::Relaxed);
        let (mut tally, mut first) = (Tally::default(), Ok(()));
        for thread in self.at_work.drain(..) {
            let joined = thread.join();
            let (mut circle, done) =
                joined.map_err(|_| LiveError::Fallen("a thread panicked".to_owned()))?;
            let of_circle = std::mem::take(&mut circle.tally);
            tally.done += of_circle.done;
            tally.refused += of_circle.refused;
            tally.closed += of_circle.closed;
            tally.again += of_circle.again;
            self.circles.push(circle);
            first = first.and(done);
        }
        self.circles.sort_by_key(|circle| circle.number);
        first.map(|()| tally)
    }

    /// Lets the crowd go on for a while.
    ///
    /// # Errors
    ///
    /// As [`Crowd::stop`].
    pub fn go_on(&mut self, time: Duration) -> Result<Tally, LiveError> {
        self.start();
        std::thread::sleep(time);
        self.stop()
    }

    /// Asks for everybody's balance, and gives those that are not what their owner was told.
    ///
    /// # Errors
    ///
    /// The wallet answers otherwise than it should.
    pub fn compare(&self) -> Result<Vec<Odd>, LiveError> {
        let mut odd = Vec::new();
        for circle in &self.circles {
            for person in &circle.people {
                let found = circle.balance(&person.account)?;
                if found != person.told {
                    odd.push(Odd {
                        account: person.account.clone(),
                        told: person.told,
                        found,
                    });
                }
            }
        }
        Ok(odd)
    }
}

impl Circle {
    fn found(&mut self, people: usize) -> Result<(), LiveError> {
        let shop = json!({"owner": "merchant", "name": "街角便利店", "class": "A"});
        self.merchant = self.open(&shop)?;
        for at in 0..people {
            let bank = BANKS[at % BANKS.len()];
            let name = NAMES[(at + self.number) % NAMES.len()];
            let person = json!({"owner": "user", "name": name, "channel": bank});
            let account = self.open(&person)?;
            self.people.push(Person {
                account,
                told: [0, 0],
            });
            self.top_up(at, 100_000)?;
        }
        Ok(())
    }

    fn open(&mut self, body: &serde_json::Value) -> Result<String, LiveError> {
        let answer = self.post("/v1/accounts", body)?;
        let account = answer.body["account"].as_str().map(str::to_owned);
        account.ok_or_else(|| answer.unexpected("/v1/accounts"))
    }

    /// Asks with an `Idempotency-Key` of its own, and counts the answer.
    fn post(&mut self, path: &str, body: &serde_json::Value) -> Result<Answer, LiveError> {
        self.asked += 1;
        let id = format!("crowd-{}-{}", self.number, self.asked);
        let answer = self.client.post(path, &id, body)?;
        self.tally.again += u64::from(answer.again);
        match (answer.status, answer.code()) {
            (200 | 201, _) => self.tally.done += 1,
            (422, _) => self.tally.refused += 1,
            (503, "service-window") => {
                self.tally.closed += 1;
                std::thread::sleep(PATIENCE);
            }
            _ => return Err(answer.unexpected(path)),
        }
        self.note(&answer);
        Ok(answer)
    }

    /// Notes the balances that an answer tells.
    fn note(&mut self, answer: &Answer) {
        let movements = answer.body["movements"].as_array();
        for movement in movements.into_iter().flatten() {
            let account = movement["account"].as_str().unwrap_or_default();
            let person = self.people.iter_mut().find(|one| one.account == account);
            if let (Some(person), Some(after)) = (person, fen(&movement["balance_after"])) {
                person.told[0] = after;
            }
        }
    }

    /// Does one thing or another.
    fn act(&mut self) -> Result<(), LiveError> {
        let who = self.dice.below(self.people.len() as u64) as usize;
        let amount = 1 + self.dice.below(20_000) as i64;
        match self.dice.below(100) {
            0..55 => self.pay(who, amount),
            55..70 => self.transfer(who, amount),
            70..82 => self.top_up(who, amount),
            82..90 => self.refund(),
            90..95 => self.withdraw(who, amount + 1_000),
            95..98 => self.hold(who, amount),
            _ => self.release(),
        }
    }

    fn pay(&mut self, who: usize, amount: i64) -> Result<(), LiveError> {
        let body = json!({
            "payer": self.people[who].account, "merchant": self.merchant, "amount": yuan(amount),
            "title": "午餐",
        });
        let answer = self.post("/v1/payments", &body)?;
        if let Some(order) = answer.body["order"]["order_id"].as_str() {
            self.paid.push(Paid {
                order: order.to_owned(),
                payer: who,
                left: amount,
            });
        }
        Ok(())
    }

    fn transfer(&mut self, who: usize, amount: i64) -> Result<(), LiveError> {
        let other = (who + 1) % self.people.len();
        if other == who {
            return Ok(());
        }
        let (payer, payee) = (&self.people[who].account, &self.people[other].account);
        let body = json!({"payer": payer, "payee": payee, "amount": yuan(amount)});
        self.post("/v1/transfers", &body).map(drop)
    }

    fn top_up(&mut self, who: usize, amount: i64) -> Result<(), LiveError> {
        let account = &self.people[who].account;
        let channel = BANKS[who % BANKS.len()];
        let body = json!({"account": account, "amount": yuan(amount), "channel": channel});
        self.post("/v1/top-ups", &body).map(drop)
    }

    fn refund(&mut self) -> Result<(), LiveError> {
        let Some(mut paid) = self.paid.pop() else {
            return Ok(());
        };
        let amount = 1 + self.dice.below(paid.left.unsigned_abs()) as i64;
        let path = format!("/v1/payments/{}/refunds", paid.order);
        let answer = self.post(&path, &json!({"amount": yuan(amount)}))?;
        debug_assert!(paid.payer < self.people.len());
        paid.left -= amount;
        if answer.status == 201 && paid.left > 0 {
            self.paid.push(paid);
        }
        Ok(())
    }

    fn withdraw(&mut self, who: usize, amount: i64) -> Result<(), LiveError> {
        let account = self.people[who].account.clone();
        let channel = BANKS[who % BANKS.len()];
        let body = json!({"account": account, "amount": yuan(amount), "channel": channel});
        let answer = self.post("/v1/withdrawals", &body)?;
        let Some(order) = answer.body["order"]["order_id"].as_str() else {
            return Ok(());
        };
        self.people[who].told[1] += amount;
        // One in four is left for the next day, as banks do.
        if self.dice.below(4) == 0 {
            return Ok(());
        }
        let outcome = if self.dice.below(10) == 0 {
            "refused"
        } else {
            "paid"
        };
        let path = format!("/v1/withdrawals/{order}/settlement");
        let answer = self.post(&path, &json!({"outcome": outcome}))?;
        if answer.status == 200 {
            self.people[who].told[1] -= amount;
        }
        Ok(())
    }

    fn hold(&mut self, who: usize, amount: i64) -> Result<(), LiveError> {
        let account = self.people[who].account.clone();
        let answer = self.post(
            "/v1/holds",
            &json!({"account": account, "amount": yuan(amount)}),
        )?;
        if let Some(hold) = answer.body["hold"]["hold"].as_str() {
            self.people[who].told[1] += amount;
            self.held.push((hold.to_owned(), who, amount));
        }
        Ok(())
    }

    fn release(&mut self) -> Result<(), LiveError> {
        let Some((hold, who, amount)) = self.held.pop() else {
            return Ok(());
        };
        let answer = self.post(&format!("/v1/holds/{hold}/release"), &json!({}))?;
        match answer.status {
            200 => self.people[who].told[1] -= amount,
            _ => self.held.push((hold, who, amount)),
        }
        Ok(())
    }

    /// Available and frozen.
    fn balance(&self, account: &str) -> Result<[i64; 2], LiveError> {
        let path = format!("/v1/accounts/{account}");
        let answer = self.client.get(&path)?;
        let (balance, frozen) = (fen(&answer.body["balance"]), fen(&answer.body["frozen"]));
        match (answer.status, balance, frozen) {
            (200, Some(balance), Some(frozen)) => Ok([balance, frozen]),
            _ => Err(answer.unexpected(&path)),
        }
    }
}

/// Chance that is the same each time. After SplitMix64, by Guy Steele and others.
#[derive(Debug)]
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % end.max(1)
    }
}
