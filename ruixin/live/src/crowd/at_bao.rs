//! What the crowd does at Ruixin Bao.

use serde_json::json;

use super::Has;
use super::circle::Circle;
use crate::client::{fen, yuan};
use crate::error::LiveError;

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
            78..83 => self.take_out_at_once(who, amount),
            83..86 => self.hold(who, amount),
            86..88 => self.release(),
            _ => self.fill(who, amount * 4),
        }
    }

    fn pay_from_wallet(&mut self, who: usize, amount: i64) -> Result<(), LiveError> {
        let body = json!({
            "user": self.people[who].account, "merchant": self.merchant, "amount": yuan(amount),
            "from": "wallet", "memo": "晚餐",
        });
        self.buy(&body, amount)
    }

    fn pay_from_fund(&mut self, who: usize, amount: i64) -> Result<(), LiveError> {
        let body = json!({
            "user": self.people[who].account, "merchant": self.merchant, "amount": yuan(amount),
            "from": "fund",
        });
        if self.ask("/v1/payments", &body)?.is_some() {
            self.people[who].told.fund -= amount;
        }
        Ok(())
    }

    fn fill(&mut self, who: usize, amount: i64) -> Result<(), LiveError> {
        let body = json!({"user": self.people[who].account, "amount": yuan(amount)});
        self.ask("/v1/top-ups", &body).map(drop)
    }

    /// Buys shares, or gives them back for money at once: the wallet's part is told. What is given back
    /// for the next trading day comes at night, when nobody is told.
    fn order(&mut self, who: usize, amount: i64, kind: &str) -> Result<(), LiveError> {
        let body = json!({
            "user": self.people[who].account, "kind": kind, "amount": yuan(amount),
        });
        if self.ask("/v1/orders", &body)?.is_some() {
            let fund = &mut self.people[who].told.fund;
            match kind {
                "subscribe" => *fund += amount,
                _ => *fund -= amount,
            }
        }
        Ok(())
    }

    fn take_out_at_once(&mut self, who: usize, amount: i64) -> Result<(), LiveError> {
        let body = json!({"user": self.people[who].account, "amount": yuan(amount)});
        match self.withdraw(who, &body, amount)? {
            Some(order) => self.settle(who, &order, amount, "paid"),
            None => Ok(()),
        }
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
