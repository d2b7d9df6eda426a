//! What the crowd does at Ruixin Pay.

use serde_json::{Value, json};

use super::Has;
use super::circle::{Circle, Held, Paid, Person};
use crate::client::{Answer, fen, yuan};
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

    /// Asks for money to move, and notes the balances that are told.
    fn moved(&mut self, path: &str, body: &Value) -> Result<Option<Answer>, LiveError> {
        let answer = self.post(path, body)?;
        let movements = answer.as_ref().map(|one| one.body["movements"].clone());
        for movement in movements.iter().filter_map(Value::as_array).flatten() {
            let account = movement["account"].as_str().unwrap_or_default();
            if let Some(after) = fen(&movement["balance_after"]) {
                self.note(account, after);
            }
        }
        Ok(answer)
    }

    pub(super) fn act_at_pay(&mut self) -> Result<(), LiveError> {
        let (who, amount) = self.drawn();
        match self.dice.below(100) {
            0..55 => self.pay(who, amount),
            55..70 => self.transfer(who, amount),
            70..82 => self.top_up(who, amount * 6),
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
        let answer = self.moved("/v1/payments", &body)?;
        let order = answer
            .as_ref()
            .and_then(|one| one.body["order"]["order_id"].as_str());
        if let Some(order) = order {
            self.paid.push(Paid {
                order: order.to_owned(),
                left: amount,
            });
        }
        Ok(())
    }

    fn transfer(&mut self, who: usize, amount: i64) -> Result<(), LiveError> {
        let Some(other) = self.other(who) else {
            return Ok(());
        };
        let (payer, payee) = (&self.people[who].account, &self.people[other].account);
        let body = json!({"payer": payer, "payee": payee, "amount": yuan(amount)});
        self.moved("/v1/transfers", &body).map(drop)
    }

    fn top_up(&mut self, who: usize, amount: i64) -> Result<(), LiveError> {
        let account = &self.people[who].account;
        let channel = BANKS[who % BANKS.len()];
        let body = json!({"account": account, "amount": yuan(amount), "channel": channel});
        self.moved("/v1/top-ups", &body).map(drop)
    }

    fn refund(&mut self) -> Result<(), LiveError> {
        let Some(mut paid) = self.paid.pop() else {
            return Ok(());
        };
        let amount = 1 + self.dice.below(paid.left.unsigned_abs()) as i64;
        let path = format!("/v1/payments/{}/refunds", paid.order);
        let answer = self.moved(&path, &json!({"amount": yuan(amount)}))?;
        paid.left -= amount;
        if answer.is_some() && paid.left > 0 {
            self.paid.push(paid);
        }
        Ok(())
    }

    fn withdraw(&mut self, who: usize, amount: i64) -> Result<(), LiveError> {
        let account = self.people[who].account.clone();
        let channel = BANKS[who % BANKS.len()];
        let body = json!({"account": account, "amount": yuan(amount), "channel": channel});
        let answer = self.moved("/v1/withdrawals", &body)?;
        let order = answer
            .as_ref()
            .and_then(|one| one.body["order"]["order_id"].as_str());
        let Some(order) = order else {
            return Ok(());
        };
        self.people[who].told.frozen += amount;
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
        if self.moved(&path, &json!({"outcome": outcome}))?.is_some() {
            self.people[who].told.frozen -= amount;
        }
        Ok(())
    }

    fn hold(&mut self, who: usize, amount: i64) -> Result<(), LiveError> {
        let body = json!({"account": self.people[who].account, "amount": yuan(amount)});
        let answer = self.moved("/v1/holds", &body)?;
        let hold = answer
            .as_ref()
            .and_then(|one| one.body["hold"]["hold"].as_str());
        if let Some(hold) = hold {
            self.people[who].told.frozen += amount;
            self.held.push(Held {
                hold: hold.to_owned(),
                who,
                amount,
            });
        }
        Ok(())
    }

    fn release(&mut self) -> Result<(), LiveError> {
        let Some(held) = self.held.pop() else {
            return Ok(());
        };
        let path = format!("/v1/holds/{}/release", held.hold);
        match self.moved(&path, &json!({}))? {
            Some(_) => self.people[held.who].told.frozen -= held.amount,
            None => self.held.push(held),
        }
        Ok(())
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
