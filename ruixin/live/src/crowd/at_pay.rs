//! What the crowd does at Ruixin Pay.

use serde_json::{Value, json};

use super::Has;
use super::circle::{Circle, Person};
use super::notebook::Noted;
use crate::client::{fen, yuan};
use crate::error::LiveError;

const BANKS: [&str; 4] = ["ICBC", "BOC", "CCB", "ABC"];
const NAMES: [&str; 8] = [
    "王芳", "李强", "张敏", "刘洋", "陈静", "杨磊", "黄丽", "周军",
];

impl Circle {
    /// Opens the accounts of a shop and of so many people, and fills theirs.
    pub(super) fn found(&mut self, people: usize) -> Result<(), LiveError> {
        let shop = json!({"owner": "merchant", "name": "街角便利店", "class": "A"});
        self.merchant = self.open(&shop)?;
        for at in 0..people {
            let bank = BANKS[at % BANKS.len()];
            let name = NAMES[(at + self.number) % NAMES.len()];
            let person = json!({"owner": "user", "name": name, "channel": bank});
            let account = self.open(&person)?;
            self.people.push(Person {
                account,
                told: Has::default(),
                shares: Noted::default(),
                at_once: Noted::default(),
            });
            self.top_up(at, 100_000)?;
        }
        Ok(())
    }

    fn open(&mut self, body: &Value) -> Result<String, LiveError> {
        let answer = self.post("/v1/accounts", body)?;
        let account = answer.as_ref().and_then(|one| one.body["account"].as_str());
        account
            .map(str::to_owned)
            .ok_or_else(|| LiveError::Fallen("no account could be opened".to_owned()))
    }

    pub(super) fn act_at_pay(&mut self) -> Result<(), LiveError> {
        let (who, amount) = self.drawn();
        match self.dice.below(100) {
            0..55 => self.pay(who, amount),
            55..70 => self.send(who, amount),
            70..82 => self.top_up(who, amount * 6),
            82..90 => self.give_back(),
            90..95 => self.take_out(who, amount + 1_000),
            95..98 => self.hold(who, amount),
            // One stays: somebody is always held when the house closes.
            _ if self.held.len() > 1 => self.release(),
            _ => Ok(()),
        }
    }

    /// Asks for a withdrawal that the bank does not answer today, and has something held.
    pub(super) fn leave_something(&mut self) -> Result<(), LiveError> {
        let (account, amount) = (&self.people[0].account, 5_000);
        let body = json!({"account": account, "amount": yuan(amount), "channel": BANKS[0]});
        if let Some(order) = self.withdraw(0, &body, amount)? {
            self.leave(0, &order, amount);
        }
        self.hold(0, 10_000)
    }

    fn pay(&mut self, who: usize, amount: i64) -> Result<(), LiveError> {
        let body = json!({
            "payer": self.people[who].account, "merchant": self.merchant, "amount": yuan(amount),
            "title": "午餐",
        });
        self.buy(&body, amount)
    }

    fn top_up(&mut self, who: usize, amount: i64) -> Result<(), LiveError> {
        let account = &self.people[who].account;
        let channel = BANKS[who % BANKS.len()];
        let body = json!({"account": account, "amount": yuan(amount), "channel": channel});
        self.ask("/v1/top-ups", &body).map(drop)
    }

    fn take_out(&mut self, who: usize, amount: i64) -> Result<(), LiveError> {
        let account = &self.people[who].account;
        let channel = BANKS[who % BANKS.len()];
        let body = json!({"account": account, "amount": yuan(amount), "channel": channel});
        let Some(order) = self.withdraw(who, &body, amount)? else {
            return Ok(());
        };
        // One in four is left for the next day, as banks do.
        if self.dice.below(4) == 0 {
            self.leave(who, &order, amount);
            return Ok(());
        }
        let outcome = if self.dice.below(10) == 0 {
            "refused"
        } else {
            "paid"
        };
        self.settle(who, &order, amount, outcome)
    }

    pub(super) fn has_at_pay(&self, account: &str) -> Result<(Has, i64), LiveError> {
        let path = format!("/v1/accounts/{account}");
        let answer = self.client.get(&path)?;
        let (balance, frozen) = (fen(&answer.body["balance"]), fen(&answer.body["frozen"]));
        match (answer.status, balance, frozen) {
            (200, Some(available), Some(frozen)) => {
                let fund = 0;
                let has = Has {
                    available,
                    frozen,
                    fund,
                };
                Ok((has, 0))
            }
            _ => Err(answer.unexpected(&path)),
        }
    }
}
