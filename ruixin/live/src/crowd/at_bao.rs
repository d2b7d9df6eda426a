//! What the crowd does at Ruixin Bao.

use std::time::{Duration, Instant};

use serde_json::json;

use super::circle::{Circle, Person};
use super::notebook::Holder;
use super::{Has, Income};
use crate::client::{Answer, fen, yuan};
use crate::error::LiveError;

/// How long the house may take to release what has expired: it looks once a second.
const RELEASED_WITHIN: Duration = Duration::from_secs(60);

/// The day of a time in Shanghai.
fn day(time: Option<&str>) -> Option<&str> {
    time?.get(..10)
}

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
        if let Some(answer) = self.ask("/v1/payments", &body)? {
            self.note_gone(who, amount, &answer)?;
        }
        Ok(())
    }

    /// Notes shares that go at once: they have no right on the day any more. Gives the day.
    fn note_gone(&mut self, who: usize, amount: i64, answer: &Answer) -> Result<String, LiveError> {
        let from = day(answer.body["order"]["placed_at"].as_str()).map(str::to_owned);
        let from = from.ok_or_else(|| answer.unexpected("an order"))?;
        let person = &mut self.people[who];
        person.told.fund -= amount;
        person.shares.note(&from, -amount);
        Ok(from)
    }

    pub(super) fn fill(&mut self, who: usize, amount: i64) -> Result<(), LiveError> {
        let body = json!({"user": self.people[who].account, "amount": yuan(amount)});
        self.ask("/v1/top-ups", &body).map(drop)
    }

    /// Buys shares, or gives them back for money at once: the wallet's part is told. What is given back
    /// for the next trading day comes at night, when nobody is told.
    fn order(&mut self, who: usize, amount: i64, kind: &str) -> Result<(), LiveError> {
        let body = json!({
            "user": self.people[who].account, "kind": kind, "amount": yuan(amount),
        });
        let Some(answer) = self.ask("/v1/orders", &body)? else {
            return Ok(());
        };
        if kind == "redeem_fast" {
            let on = self.note_gone(who, amount, &answer)?;
            self.people[who].at_once.note(&on, amount);
            return Ok(());
        }
        let from = answer.body["order"]["earns_from"].as_str();
        let from = from.ok_or_else(|| answer.unexpected("/v1/orders"))?;
        let person = &mut self.people[who];
        person.told.fund += amount;
        person.shares.note(from, amount);
        Ok(())
    }

    /// Redeems at once what the cap leaves of a day, and is refused a fen more, before and after.
    pub(super) fn reach_the_cap(
        &mut self,
        who: usize,
        cap: i64,
        day: &str,
    ) -> Result<(), LiveError> {
        let left = cap - self.people[who].at_once.on_day(day);
        self.is_above_the_cap(who, left + 1)?;
        if left > 0 {
            self.order(who, left, "redeem_fast")?;
        }
        match self.people[who].at_once.on_day(day) == cap {
            true => self.is_above_the_cap(who, 1),
            false => Err(LiveError::Fallen(format!(
                "{} could not be redeemed at once, which the cap leaves",
                yuan(left)
            ))),
        }
    }

    fn is_above_the_cap(&mut self, who: usize, amount: i64) -> Result<(), LiveError> {
        let account = &self.people[who].account;
        let body = json!({"user": account, "kind": "redeem_fast", "amount": yuan(amount)});
        self.is_refused("/v1/orders", &body, "cap-exceeded")
    }

    /// Waits until a voucher has expired and is released.
    pub(super) fn see_expired(&self, voucher: &str) -> Result<(), LiveError> {
        let path = format!("/v1/vouchers/{voucher}");
        let until = Instant::now() + RELEASED_WITHIN;
        loop {
            let answer = self.client.get(&path)?;
            if answer.body["state"] == "expired" {
                return Ok(());
            }
            if answer.status != 200 || Instant::now() > until {
                return Err(answer.unexpected(&path));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// What somebody has noted of his shares on a day, and what the fund says of it, which is the last one that is
    /// distributed.
    pub(super) fn holder(&self, person: &Person, day: &str) -> Result<Holder, LiveError> {
        let path = format!("/v1/users/{}", person.account);
        let answer = self.client.get(&path)?;
        let last = &answer.body["last_day"];
        match (fen(&last["shares"]), fen(&last["income"])) {
            (Some(shares), Some(fen)) if last["day"] == day => Ok(Holder {
                account: person.account.clone(),
                noted: person.shares.on(day),
                found: Income { shares, fen },
            }),
            _ => Err(answer.unexpected(&path)),
        }
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
