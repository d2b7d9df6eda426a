//! People who deal with each other only: so what each is told stays true until he asks again.

use std::time::Duration;

use serde_json::Value;

use super::{Has, Tally};
use crate::client::{Answer, Client};
use crate::error::LiveError;

/// How long somebody waits who was told that the house is closed.
const PATIENCE: Duration = Duration::from_millis(20);

/// Where the crowd is.
#[derive(Debug, Clone, Copy)]
pub(super) enum At {
    /// The old wallet.
    Pay,
    /// The new system; shares can be used once the first are confirmed.
    Bao { is_fund_open: bool },
}

/// Is a person and his notebook.
#[derive(Debug, Clone)]
pub(super) struct Person {
    pub(super) account: String,
    pub(super) told: Has,
}

/// Is a payment of which some can be given back.
#[derive(Debug, Clone)]
pub(super) struct Paid {
    pub(super) order: String,
    pub(super) left: i64,
}

/// Is a hold that stands.
#[derive(Debug, Clone)]
pub(super) struct Held {
    pub(super) hold: String,
    pub(super) who: usize,
    pub(super) amount: i64,
}

/// Are people around a shop, who ask one thing after the other.
#[derive(Debug)]
pub(super) struct Circle {
    pub(super) client: Client,
    pub(super) at: At,
    pub(super) number: usize,
    pub(super) people: Vec<Person>,
    pub(super) merchant: String,
    pub(super) paid: Vec<Paid>,
    pub(super) held: Vec<Held>,
    asked: u64,
    pub(super) dice: Dice,
    pub(super) tally: Tally,
}

impl Circle {
    pub(super) fn new(client: Client, number: usize, seed: u64) -> Circle {
        let seed = seed
            .wrapping_mul(super::CIRCLES as u64)
            .wrapping_add(number as u64);
        Circle {
            client,
            at: At::Pay,
            number,
            people: Vec::new(),
            merchant: String::new(),
            paid: Vec::new(),
            held: Vec::new(),
            asked: 0,
            dice: Dice(seed),
            tally: Tally::default(),
        }
    }

    /// Does one thing or another.
    pub(super) fn act(&mut self) -> Result<(), LiveError> {
        match self.at {
            At::Pay => self.act_at_pay(),
            At::Bao { is_fund_open } => self.act_at_bao(is_fund_open),
        }
    }

    /// What somebody has, and his incomes, fen.
    pub(super) fn has(&self, account: &str) -> Result<(Has, i64), LiveError> {
        match self.at {
            At::Pay => self.has_at_pay(account),
            At::Bao { .. } => self.has_at_bao(account),
        }
    }

    /// Asks with an `Idempotency-Key` of its own, and counts the answer. Gives it where it was done.
    pub(super) fn post(&mut self, path: &str, body: &Value) -> Result<Option<Answer>, LiveError> {
        self.asked += 1;
        let id = format!("crowd-{}-{}", self.number, self.asked);
        let answer = self.client.post(path, &id, body)?;
        self.tally.again += u64::from(answer.again);
        match (answer.status, answer.code()) {
            (200 | 201, _) => {
                self.tally.done += 1;
                Ok(Some(answer))
            }
            (422, _) => {
                self.tally.refused += 1;
                Ok(None)
            }
            (503, "service-window") => {
                self.tally.closed += 1;
                std::thread::sleep(PATIENCE);
                Ok(None)
            }
            _ => Err(answer.unexpected(path)),
        }
    }

    /// Notes what somebody of the circle is told to have free in his wallet.
    pub(super) fn note(&mut self, account: &str, available: i64) {
        let person = self.people.iter_mut().find(|one| one.account == account);
        if let Some(person) = person {
            person.told.available = available;
        }
    }

    /// Somebody, and an amount of up to 200 yuan, fen.
    pub(super) fn drawn(&mut self) -> (usize, i64) {
        let who = self.dice.below(self.people.len() as u64) as usize;
        (who, 1 + self.dice.below(20_000) as i64)
    }

    /// Somebody else.
    pub(super) fn other(&self, who: usize) -> Option<usize> {
        let other = (who + 1) % self.people.len();
        (other != who).then_some(other)
    }
}

/// Chance that is the same each time. After SplitMix64, by Guy Steele and others.
#[derive(Debug)]
pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % end.max(1)
    }
}
