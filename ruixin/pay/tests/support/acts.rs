//! Random commands: drawn before anybody has a number, made when they are asked, and asked over HTTP.

use proptest::prelude::*;
use ruixin_pay::command::{
    BankOutcome, Command, NewHold, Payment, Receipt, Refund, Release, Settlement, TopUp, Transfer,
    Withdrawal,
};
use ruixin_pay::money::Amount;
use serde::Serialize;

/// A command about people by their place, so that it can be drawn before they have numbers.
#[derive(Debug, Clone)]
pub enum Act {
    TopUp(usize, i64),
    Pay(usize, usize, i64, Option<i64>),
    Refund(usize, i64),
    Transfer(usize, usize, i64),
    Withdraw(usize, i64),
    Settle(usize, bool),
    Hold(usize, i64),
    Release(usize, Option<i64>),
}

pub const USERS: usize = 4;
pub const MERCHANTS: usize = 2;

pub fn act() -> impl Strategy<Value = Act> {
    let someone = 0..USERS + MERCHANTS;
    let fen = prop_oneof![3 => 1_i64..5_000, 1 => 1_i64..200_000];
    prop_oneof![
        4 => (someone.clone(), fen.clone()).prop_map(|(who, fen)| Act::TopUp(who, fen)),
        6 => (0..USERS, USERS..USERS + MERCHANTS, fen.clone(), prop::option::weighted(0.2, 1_i64..300))
            .prop_map(|(payer, payee, fen, coupon)| Act::Pay(payer, payee, fen, coupon)),
        3 => (0_usize..40, fen.clone()).prop_map(|(order, fen)| Act::Refund(order, fen)),
        5 => (0..USERS, 0..USERS, fen.clone()).prop_map(|(payer, payee, fen)| Act::Transfer(payer, payee, fen)),
        2 => (someone.clone(), 500_i64..20_000).prop_map(|(who, fen)| Act::Withdraw(who, fen)),
        2 => (0_usize..20, any::<bool>()).prop_map(|(order, paid)| Act::Settle(order, paid)),
        2 => (someone, fen.clone()).prop_map(|(who, fen)| Act::Hold(who, fen)),
        2 => (0_usize..20, prop::option::of(fen)).prop_map(|(hold, fen)| Act::Release(hold, fen)),
    ]
}

/// Ids that earlier commands gave, which later ones name.
#[derive(Debug, Default, Clone)]
pub struct Ids {
    pub people: Vec<String>,
    orders: Vec<String>,
    withdrawals: Vec<String>,
    holds: Vec<String>,
}

fn amount(fen: i64) -> Amount {
    Amount::from_fen(fen).expect("above zero")
}

impl Ids {
    /// Knows people, and nothing that they have done.
    pub fn of(people: Vec<String>) -> Ids {
        Ids {
            people,
            ..Ids::default()
        }
    }

    fn some(ids: &[String], at: usize) -> String {
        match ids.len() {
            0 => "0".repeat(21),
            count => ids[at % count].clone(),
        }
    }

    pub fn command(&self, act: &Act) -> Command {
        let who = |at: usize| self.people[at].clone();
        let (channel, memo) = ("ICBC".to_owned(), Some("网上购物, “测试”".to_owned()));
        match *act {
            Act::TopUp(at, fen) => Command::TopUp(TopUp {
                account: who(at),
                amount: amount(fen),
                channel,
                memo,
            }),
            Act::Pay(payer, merchant, fen, coupon) => Command::Pay(Payment {
                payer: who(payer),
                merchant: who(merchant),
                amount: amount(fen),
                coupon: coupon.map(amount),
                title: memo,
            }),
            Act::Refund(at, fen) => Command::Refund(
                Ids::some(&self.orders, at),
                Refund {
                    amount: amount(fen),
                    memo: None,
                },
            ),
            Act::Transfer(payer, payee, fen) => Command::Transfer(Transfer {
                payer: who(payer),
                payee: who(payee),
                amount: amount(fen),
                memo,
            }),
            Act::Withdraw(at, fen) => Command::Withdraw(Withdrawal {
                account: who(at),
                amount: amount(fen),
                channel,
                memo: None,
            }),
            Act::Settle(at, paid) => {
                let outcome = if paid {
                    BankOutcome::Paid
                } else {
                    BankOutcome::Refused
                };
                Command::Settle(Ids::some(&self.withdrawals, at), Settlement { outcome })
            }
            Act::Hold(at, fen) => Command::Hold(NewHold {
                account: who(at),
                amount: amount(fen),
                memo,
            }),
            Act::Release(at, fen) => Command::Release(
                match self.holds.len() {
                    0 => "0".repeat(22),
                    count => self.holds[at % count].clone(),
                },
                Release {
                    amount: fen.map(amount),
                    memo: None,
                },
            ),
        }
    }

    pub fn keep(&mut self, command: &Command, receipt: &Receipt) {
        let order = receipt.order.as_ref().map(|order| order.order_id.clone());
        match command {
            Command::Pay(_) => self.orders.extend(order),
            Command::Withdraw(_) => self.withdrawals.extend(order),
            Command::Hold(_) => self
                .holds
                .extend(receipt.hold.as_ref().map(|hold| hold.hold.clone())),
            _ => {}
        }
    }
}

/// Path and body of a command.
pub fn asks(command: &Command) -> (String, String) {
    let at = |path: &str| path.to_owned();
    match command {
        Command::Open(asked) => (at("/v1/accounts"), json(asked)),
        Command::TopUp(asked) => (at("/v1/top-ups"), json(asked)),
        Command::Pay(asked) => (at("/v1/payments"), json(asked)),
        Command::Refund(order, asked) => (format!("/v1/payments/{order}/refunds"), json(asked)),
        Command::Transfer(asked) => (at("/v1/transfers"), json(asked)),
        Command::Withdraw(asked) => (at("/v1/withdrawals"), json(asked)),
        Command::Settle(order, asked) => {
            (format!("/v1/withdrawals/{order}/settlement"), json(asked))
        }
        Command::Hold(asked) => (at("/v1/holds"), json(asked)),
        Command::Release(hold, asked) => (format!("/v1/holds/{hold}/release"), json(asked)),
    }
}

fn json(body: &impl Serialize) -> String {
    serde_json::to_string(body).expect("it can be written")
}
