//! People who deal with each other only: so what each is told stays true until he asks again.

use std::time::Duration;

use serde_json::{Value, json};

use super::notebook::Noted;
use super::{Has, Tally};
use crate::client::{Answer, Client, fen, yuan};
use crate::error::LiveError;

/// How long somebody waits who was told that the house is closed.
const PATIENCE: Duration = Duration::from_millis(20);

/// Subject of what is owed to users in their wallets.
const WALLETS: u16 = 2001;

/// Where the crowd is.
#[derive(Debug, Clone, Copy)]
pub(super) enum At {
    /// The old wallet.
    Pay,
    /// The new system; shares can be used once the first are confirmed.
    Bao { is_fund_open: bool },
}

impl At {
    /// What a request calls the account that it is about.
    fn whose(self) -> &'static str {
        match self {
            At::Pay => "account",
            At::Bao { .. } => "user",
        }
    }

    /// The wallets that an answer tells of, and what is free in them.
    fn wallets(self, answer: &Value) -> Vec<(String, i64)> {
        let (list, amount) = match self {
            At::Pay => ("movements", "balance_after"),
            At::Bao { .. } => ("balances", "available"),
        };
        let is_wallet = |one: &&Value| match self {
            At::Pay => true,
            At::Bao { .. } => one["subject"] == WALLETS,
        };
        let told = answer[list].as_array().into_iter().flatten();
        let read = |one: &Value| Some((one["account"].as_str()?.to_owned(), fen(&one[amount])?));
        told.filter(is_wallet).filter_map(read).collect()
    }

    /// By what an answer names what was done: an order or a hold.
    fn id(self, answer: &Value, of_pay: &str) -> Option<String> {
        let id = match self {
            At::Pay => answer.pointer(of_pay)?,
            At::Bao { .. } => &answer["id"],
        };
        id.as_str().map(str::to_owned)
    }
}

/// Is a person and his notebook.
#[derive(Debug, Clone)]
pub(super) struct Person {
    pub(super) account: String,
    pub(super) told: Has,
    /// His shares.
    pub(super) shares: Noted,
    /// What he has redeemed at once.
    pub(super) at_once: Noted,
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
    /// Whether it is from before the move: then it is a part of what is held of the account.
    pub(super) is_old: bool,
}

/// Is a withdrawal that the bank has not answered.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub(super) order: String,
    pub(super) who: usize,
    pub(super) amount: i64,
}

/// Is what is held of somebody until a time.
#[derive(Debug, Clone)]
pub(super) struct Until {
    pub(super) voucher: String,
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
    pub(super) withdrawing: Vec<Asked>,
    pub(super) until: Vec<Until>,
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
            withdrawing: Vec::new(),
            until: Vec::new(),
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

    /// Asks with an `Idempotency-Key` of its own.
    fn asks(&mut self, path: &str, body: &Value) -> Result<Answer, LiveError> {
        self.asked += 1;
        let id = format!("crowd-{}-{}", self.number, self.asked);
        let answer = self.client.post(path, &id, body)?;
        self.tally.again += u64::from(answer.again);
        Ok(answer)
    }

    /// Asks for what must be refused, and for what reason.
    pub(super) fn is_refused(
        &mut self,
        path: &str,
        body: &Value,
        code: &str,
    ) -> Result<(), LiveError> {
        let answer = self.asks(path, body)?;
        match (answer.status, answer.code() == code) {
            (422, true) => Ok(()),
            _ => Err(answer.unexpected(path)),
        }
    }

    /// Asks with an `Idempotency-Key` of its own, and counts the answer. Gives it where it was done.
    pub(super) fn post(&mut self, path: &str, body: &Value) -> Result<Option<Answer>, LiveError> {
        let answer = self.asks(path, body)?;
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

    /// Asks for money to move, and notes what people of the circle are told to have free then.
    pub(super) fn ask(&mut self, path: &str, body: &Value) -> Result<Option<Answer>, LiveError> {
        let answer = self.post(path, body)?;
        let told = answer.iter().flat_map(|one| self.at.wallets(&one.body));
        for (account, available) in told.collect::<Vec<_>>() {
            let person = self.people.iter_mut().find(|one| one.account == account);
            if let Some(person) = person {
                person.told.available = available;
            }
        }
        Ok(answer)
    }

    /// Pays the shop from the wallet, as `body` says; some of it can be given back later.
    pub(super) fn buy(&mut self, body: &Value, amount: i64) -> Result<(), LiveError> {
        let answer = self.ask("/v1/payments", body)?;
        let order = answer.and_then(|one| self.at.id(&one.body, "/order/order_id"));
        self.paid.extend(order.map(|order| Paid {
            order,
            left: amount,
        }));
        Ok(())
    }

    pub(super) fn give_back(&mut self) -> Result<(), LiveError> {
        let Some(mut paid) = self.paid.pop() else {
            return Ok(());
        };
        let amount = 1 + self.dice.below(paid.left.unsigned_abs()) as i64;
        let path = format!("/v1/payments/{}/refunds", paid.order);
        let answer = self.ask(&path, &json!({"amount": yuan(amount)}))?;
        paid.left -= amount;
        if answer.is_some() && paid.left > 0 {
            self.paid.push(paid);
        }
        Ok(())
    }

    pub(super) fn send(&mut self, who: usize, amount: i64) -> Result<(), LiveError> {
        let Some(other) = self.other(who) else {
            return Ok(());
        };
        let (payer, payee) = (&self.people[who].account, &self.people[other].account);
        let body = json!({"payer": payer, "payee": payee, "amount": yuan(amount)});
        self.ask("/v1/transfers", &body).map(drop)
    }

    /// Asks for an amount to go to a bank, as `body` says; it is frozen until the bank has answered.
    /// Gives what the withdrawal is called, where it is under way.
    pub(super) fn withdraw(
        &mut self,
        who: usize,
        body: &Value,
        amount: i64,
    ) -> Result<Option<String>, LiveError> {
        let answer = self.ask("/v1/withdrawals", body)?;
        let order = answer.and_then(|one| self.at.id(&one.body, "/order/order_id"));
        if order.is_some() {
            self.people[who].told.frozen += amount;
        }
        Ok(order)
    }

    /// The bank has answered.
    pub(super) fn settle(
        &mut self,
        who: usize,
        order: &str,
        amount: i64,
        outcome: &str,
    ) -> Result<(), LiveError> {
        let path = format!("/v1/withdrawals/{order}/settlement");
        if self.ask(&path, &json!({"outcome": outcome}))?.is_some() {
            self.people[who].told.frozen -= amount;
        } else {
            self.leave(who, order, amount);
        }
        Ok(())
    }

    /// Leaves a withdrawal without an answer for now.
    pub(super) fn leave(&mut self, who: usize, order: &str, amount: i64) {
        let order = order.to_owned();
        self.withdrawing.push(Asked { order, who, amount });
    }

    pub(super) fn hold(&mut self, who: usize, amount: i64) -> Result<(), LiveError> {
        let whose = self.at.whose();
        let body = json!({whose: self.people[who].account, "amount": yuan(amount)});
        let answer = self.ask("/v1/holds", &body)?;
        if let Some(hold) = answer.and_then(|one| self.at.id(&one.body, "/hold/hold")) {
            self.people[who].told.frozen += amount;
            let is_old = false;
            self.held.push(Held {
                hold,
                who,
                amount,
                is_old,
            });
        }
        Ok(())
    }

    pub(super) fn release(&mut self) -> Result<(), LiveError> {
        let Some(held) = self.held.pop() else {
            return Ok(());
        };
        let path = format!("/v1/holds/{}/release", held.hold);
        let body = match held.is_old {
            true => json!({"amount": yuan(held.amount)}),
            false => json!({}),
        };
        match self.ask(&path, &body)? {
            Some(_) => self.people[held.who].told.frozen -= held.amount,
            None => self.held.push(held),
        }
        Ok(())
    }

    /// Somebody, and an amount of up to 200 yuan, fen.
    pub(super) fn drawn(&mut self) -> (usize, i64) {
        let who = self.dice.below(self.people.len() as u64) as usize;
        (who, 1 + self.dice.below(20_000) as i64)
    }

    /// Somebody else.
    fn other(&self, who: usize) -> Option<usize> {
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
