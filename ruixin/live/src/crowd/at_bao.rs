//! What the crowd does at Ruixin Bao.

use serde_json::{Value, json};

use super::Has;
use super::circle::{Circle, Held, Paid};
use crate::client::{Answer, fen, yuan};
use crate::error::LiveError;

/// Subject of what is owed to users in their wallets.
const WALLETS: u64 = 2001;

impl Circle {
    pub(super) fn act_at_bao(&mut self, is_fund_open: bool) -> Result<(), LiveError> {
        let (who, amount) = self.drawn();
        match self.dice.below(100) {
            0..25 => self.pay_from_wallet(who, amount),
            25..45 if is_fund_open => self.pay_from_fund(who, amount),
            45..55 => self.send(who, amount),
            55..62 => self.give_back(),
            62..70 => self.order(who, amount, "subscribe"),
            70..78 if is_fund_open => self.order(who, amount, "redeem_fast"),
            78..83 => self.take_out(who, amount),
            83..86 => self.freeze(who, amount),
            86..88 => self.unfreeze(),
            _ => self.fill(who, amount * 4),
        }
    }

    /// Asks for something, and notes what is told of wallets.
    fn told(&mut self, path: &str, body: &Value) -> Result<Option<Answer>, LiveError> {
        let answer = self.post(path, body)?;
        let balances = answer.as_ref().map(|one| one.body["balances"].clone());
        for balance in balances.iter().filter_map(Value::as_array).flatten() {
            let account = balance["account"].as_str().unwrap_or_default();
            let available = fen(&balance["available"]);
            if let (Some(WALLETS), Some(available)) = (balance["subject"].as_u64(), available) {
                self.note(account, available);
            }
        }
        Ok(answer)
    }

    fn pay_from_wallet(&mut self, who: usize, amount: i64) -> Result<(), LiveError> {
        let body = json!({
            "user": self.people[who].account, "merchant": self.merchant, "amount": yuan(amount),
            "from": "wallet", "memo": "晚餐",
        });
        let answer = self.told("/v1/payments", &body)?;
        if let Some(order) = answer.as_ref().and_then(|one| one.body["id"].as_str()) {
            self.paid.push(Paid {
                order: order.to_owned(),
                left: amount,
            });
        }
        Ok(())
    }

    fn pay_from_fund(&mut self, who: usize, amount: i64) -> Result<(), LiveError> {
        let body = json!({
            "user": self.people[who].account, "merchant": self.merchant, "amount": yuan(amount),
            "from": "fund",
        });
        if self.told("/v1/payments", &body)?.is_some() {
            self.people[who].told.fund -= amount;
        }
        Ok(())
    }

    fn send(&mut self, who: usize, amount: i64) -> Result<(), LiveError> {
        let Some(other) = self.other(who) else {
            return Ok(());
        };
        let (payer, payee) = (&self.people[who].account, &self.people[other].account);
        let body = json!({"payer": payer, "payee": payee, "amount": yuan(amount)});
        self.told("/v1/transfers", &body).map(drop)
    }

    fn fill(&mut self, who: usize, amount: i64) -> Result<(), LiveError> {
        let body = json!({"user": self.people[who].account, "amount": yuan(amount)});
        self.told("/v1/top-ups", &body).map(drop)
    }

    fn give_back(&mut self) -> Result<(), LiveError> {
        let Some(mut paid) = self.paid.pop() else {
            return Ok(());
        };
        let amount = 1 + self.dice.below(paid.left.unsigned_abs()) as i64;
        let path = format!("/v1/payments/{}/refunds", paid.order);
        let answer = self.told(&path, &json!({"amount": yuan(amount)}))?;
        paid.left -= amount;
        if answer.is_some() && paid.left > 0 {
            self.paid.push(paid);
        }
        Ok(())
    }

    /// Buys shares, or gives them back for money at once: the wallet's part is told. What is given back
    /// for the next trading day comes at night, when nobody is told.
    fn order(&mut self, who: usize, amount: i64, kind: &str) -> Result<(), LiveError> {
        let body = json!({
            "user": self.people[who].account, "kind": kind, "amount": yuan(amount),
        });
        if self.told("/v1/orders", &body)?.is_some() {
            let fund = &mut self.people[who].told.fund;
            match kind {
                "subscribe" => *fund += amount,
                _ => *fund -= amount,
            }
        }
        Ok(())
    }

    fn take_out(&mut self, who: usize, amount: i64) -> Result<(), LiveError> {
        let body = json!({"user": self.people[who].account, "amount": yuan(amount)});
        let answer = self.told("/v1/withdrawals", &body)?;
        let Some(withdrawal) = answer.as_ref().and_then(|one| one.body["id"].as_str()) else {
            return Ok(());
        };
        self.people[who].told.frozen += amount;
        let path = format!("/v1/withdrawals/{withdrawal}/settlement");
        if self.told(&path, &json!({"outcome": "paid"}))?.is_some() {
            self.people[who].told.frozen -= amount;
        }
        Ok(())
    }

    fn freeze(&mut self, who: usize, amount: i64) -> Result<(), LiveError> {
        let body = json!({"user": self.people[who].account, "amount": yuan(amount)});
        let answer = self.told("/v1/holds", &body)?;
        if let Some(hold) = answer.as_ref().and_then(|one| one.body["id"].as_str()) {
            self.people[who].told.frozen += amount;
            self.held.push(Held {
                hold: hold.to_owned(),
                who,
                amount,
            });
        }
        Ok(())
    }

    fn unfreeze(&mut self) -> Result<(), LiveError> {
        let Some(held) = self.held.pop() else {
            return Ok(());
        };
        let path = format!("/v1/holds/{}/release", held.hold);
        match self.told(&path, &json!({}))? {
            Some(_) => self.people[held.who].told.frozen -= held.amount,
            None => self.held.push(held),
        }
        Ok(())
    }

    pub(super) fn has_at_bao(&self, account: &str) -> Result<(Has, i64), LiveError> {
        let path = format!("/v1/users/{account}");
        let answer = self.client.get(&path)?;
        let of = |name: &str| fen(&answer.body[name]);
        let fund: Option<i64> = [of("shares"), of("subscribing")].into_iter().sum();
        match (
            answer.status,
            of("available"),
            of("frozen"),
            fund,
            of("income"),
        ) {
            (200, Some(available), Some(frozen), Some(fund), Some(income)) => {
                let fund = fund - income;
                let has = Has {
                    available,
                    frozen,
                    fund,
                };
                Ok((has, income))
            }
            _ => Err(answer.unexpected(&path)),
        }
    }
}
