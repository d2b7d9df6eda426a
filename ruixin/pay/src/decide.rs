//! Decides a command: from the rows it names to what is booked, or to why not. Pure.

mod desk;

use std::collections::BTreeMap;

use ruixin_service::store::Write;

use crate::civil::Civil;
use crate::codes::{Kind, Owner, Rates};
use crate::command::{
    AccountView, BankOutcome, Command, NewHold, NewOwner, OpenAccount, Payment, Receipt, Refund,
    Release, Settlement, TopUp, Transfer, Withdrawal,
};
use crate::money::Yuan;
use crate::record::{Account, Hold, Order, Sealer};
use crate::refusal::Refusal;
use crate::{numbers, view};
use desk::{Desk, Movement};

/// The least that can be withdrawn: 10.00, more than any fee's lower bound.
pub(crate) const LEAST_WITHDRAWAL_FEN: i64 = 1_000;
const NAME: usize = 60;
/// Characters of a memo at most.
pub(crate) const MEMO: usize = 100;

const PENDING: &str = "1";
const DONE: &str = "2";
const REFUNDED: &str = "4";
const PARTLY_REFUNDED: &str = "5";
const FAILED: &str = "7";

/// How many numbers of each kind a command needs at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Need {
    pub(crate) flow: i64,
    pub(crate) orders: i64,
    pub(crate) bank: i64,
    pub(crate) accounts: i64,
}

impl Need {
    pub(crate) fn of(command: &Command) -> Need {
        let (flow, orders, bank, accounts) = match command {
            Command::Open(_) => (0, 0, 0, 1),
            Command::TopUp(_) => (1, 1, 1, 0),
            Command::Pay(_) | Command::Transfer(_) => (2, 1, 0, 0),
            Command::Refund(..) => (2, 0, 0, 0),
            Command::Withdraw(_) => (1, 1, 0, 0),
            Command::Settle(..) => (2, 0, 1, 0),
            Command::Hold(_) | Command::Release(..) => (1, 0, 0, 0),
        };
        Need {
            flow,
            orders,
            bank,
            accounts,
        }
    }
}

/// Holds the numbers that were drawn for a command: ascending, and drawn after its accounts were
/// locked, so that later movements of an account have higher ones.
#[derive(Debug, Clone, Default)]
pub(crate) struct Numbers {
    pub(crate) flow: Vec<i64>,
    pub(crate) order: i64,
    pub(crate) bank: i64,
    pub(crate) account: i64,
}

/// Holds the rows that a command names, as they are while they are locked.
#[derive(Debug, Clone)]
pub(crate) struct Page {
    pub(crate) now: Civil,
    pub(crate) accounts: BTreeMap<String, Account>,
    pub(crate) order: Option<Order>,
    pub(crate) hold: Option<Hold>,
    pub(crate) numbers: Numbers,
}

/// Is what was decided.
#[derive(Debug)]
pub(crate) struct Decided {
    pub(crate) writes: Vec<Write>,
    pub(crate) reply: Reply,
}

/// Is what the caller is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reply {
    Account(AccountView),
    Receipt(Receipt),
}

/// Decides, and changes nothing.
pub(crate) fn decide(
    command: &Command,
    page: Page,
    rates: &Rates,
    sealer: &Sealer,
) -> Result<Decided, Refusal> {
    let mut desk = Desk::new(page, rates, sealer);
    match command {
        Command::Open(asked) => return desk.open(asked),
        Command::TopUp(asked) => desk.top_up(asked),
        Command::Pay(asked) => desk.pay(asked),
        Command::Refund(_, asked) => desk.refund(asked),
        Command::Transfer(asked) => desk.transfer(asked),
        Command::Withdraw(asked) => desk.withdraw(asked),
        Command::Settle(_, asked) => desk.settle(asked),
        Command::Hold(asked) => desk.hold(asked),
        Command::Release(_, asked) => desk.release(asked),
    }?;
    Ok(desk.close())
}

impl Desk<'_> {
    fn open(self, asked: &OpenAccount) -> Result<Decided, Refusal> {
        fit(Some(&asked.name), NAME)?;
        let owner = match asked.owner {
            NewOwner::User => Owner::User,
            NewOwner::Merchant => Owner::Merchant,
        };
        let class_fits = match (&asked.class, owner) {
            (Some(class), Owner::Merchant) => self.rates.has_class(class),
            (None, Owner::User) => true,
            _ => false,
        };
        if !class_fits {
            return Err(Refusal::ClassUnknown);
        }
        let channel_fits = match &asked.channel {
            Some(channel) => owner == Owner::User && self.rates.channel(channel).is_some(),
            None => true,
        };
        if !channel_fits {
            return Err(Refusal::ChannelUnknown);
        }
        let account = Account {
            number: numbers::account(self.sealer, owner, self.page.numbers.account),
            owner,
            name: asked.name.clone(),
            class: asked.class.clone(),
            channel: asked.channel.clone(),
            opened_at: self.page.now.to_string(),
            opening_balance: 0,
            balance: 0,
            frozen: 0,
            flow_count: 0,
            last_serial: None,
        };
        let number = account.number.clone();
        let view = view::account(&account).ok_or(Refusal::AccountNotFound { account: number })?;
        Ok(Decided {
            writes: vec![account.insert(self.sealer)],
            reply: Reply::Account(view),
        })
    }

    fn top_up(&mut self, asked: &TopUp) -> Result<(), Refusal> {
        let (
            TopUp {
                account, channel, ..
            },
            amount,
        ) = (asked, asked.amount.fen());
        let memo = fit(asked.memo.as_deref(), MEMO)?;
        self.customer(account)?;
        let order = Order {
            payee: Some(account.clone()),
            channel: Some(channel.clone()),
            title: memo.map(str::to_owned),
            ..self.new_order("C", account, amount)
        };
        let order_id = order.order_id.clone();
        self.begin(order);
        let bank_fee = self
            .rates
            .bank_fee(channel, &self.page.now.business_day(), amount);
        self.bank_line(channel, "C", &order_id, account, amount, bank_fee)?;
        self.post(Movement {
            order_id: Some(&order_id),
            channel: Some(channel),
            memo,
            ..Movement::new(Kind::TopUp, account, amount)
        })
    }

    fn pay(&mut self, asked: &Payment) -> Result<(), Refusal> {
        let (
            Payment {
                payer, merchant, ..
            },
            amount,
        ) = (asked, asked.amount.fen());
        let memo = fit(asked.title.as_deref(), MEMO)?;
        self.owned(payer, Owner::User)?;
        let class = self.owned(merchant, Owner::Merchant)?.class.clone();
        let coupon = asked.coupon.map(|coupon| coupon.fen());
        let own = amount.saturating_sub(coupon.unwrap_or(0));
        if own <= 0 {
            return Err(Refusal::CouponTooLarge);
        }
        let order = Order {
            payer: Some(payer.clone()),
            payee: Some(merchant.clone()),
            coupon,
            title: memo.map(str::to_owned),
            ..self.new_order("P", payer, amount)
        };
        let order_id = order.order_id.clone();
        self.begin(order);
        // The old system keeps whom a payer paid, and not by whom a payee was paid.
        self.post(Movement {
            coupon,
            counterparty: Some(merchant),
            order_id: Some(&order_id),
            memo,
            ..Movement::new(Kind::PaymentOut, payer, own)
        })?;
        let day = self.page.now.business_day();
        let fee = self
            .rates
            .merchant_fee(class.as_deref().unwrap_or_default(), &day, amount);
        self.post(Movement {
            fee,
            order_id: Some(&order_id),
            memo,
            ..Movement::new(Kind::PaymentIn, merchant, amount.saturating_sub(fee))
        })
    }

    fn refund(&mut self, asked: &Refund) -> Result<(), Refusal> {
        let memo = fit(asked.memo.as_deref(), MEMO)?;
        let mut order = self.page.order.clone().ok_or(Refusal::OrderNotFound)?;
        let is_refundable = matches!(order.status.as_str(), DONE | REFUNDED | PARTLY_REFUNDED);
        let (Some(payer), Some(merchant), "P", true) = (
            &order.payer,
            &order.payee,
            order.order_type.as_str(),
            is_refundable,
        ) else {
            return Err(order_state(&order));
        };
        let (payer, merchant) = (payer.clone(), merchant.clone());
        let paid = order.amount.saturating_sub(order.coupon.unwrap_or(0));
        let left = paid.saturating_sub(order.refunded);
        let amount = asked.amount.fen();
        if amount > left {
            return Err(Refusal::RefundExceedsPayment {
                refundable: Yuan(left),
                asked: Yuan(amount),
            });
        }
        order.refunded = order.refunded.saturating_add(amount);
        order.status = if order.refunded == paid {
            REFUNDED
        } else {
            PARTLY_REFUNDED
        }
        .to_owned();
        let order_id = order.order_id.clone();
        self.post(Movement {
            counterparty: Some(&payer),
            order_id: Some(&order_id),
            memo,
            ..Movement::new(Kind::RefundOut, &merchant, amount)
        })?;
        self.post(Movement {
            order_id: Some(&order_id),
            memo,
            ..Movement::new(Kind::RefundIn, &payer, amount)
        })?;
        self.change(order);
        Ok(())
    }

    fn transfer(&mut self, asked: &Transfer) -> Result<(), Refusal> {
        let (Transfer { payer, payee, .. }, amount) = (asked, asked.amount.fen());
        let memo = fit(asked.memo.as_deref(), MEMO)?;
        if payer == payee {
            return Err(Refusal::SameAccount);
        }
        self.owned(payer, Owner::User)?;
        self.owned(payee, Owner::User)?;
        let order = Order {
            payer: Some(payer.clone()),
            payee: Some(payee.clone()),
            title: memo.map(str::to_owned),
            ..self.new_order("T", payer, amount)
        };
        let order_id = order.order_id.clone();
        self.begin(order);
        self.post(Movement {
            counterparty: Some(payee),
            order_id: Some(&order_id),
            memo,
            ..Movement::new(Kind::TransferOut, payer, amount)
        })?;
        self.post(Movement {
            order_id: Some(&order_id),
            memo,
            ..Movement::new(Kind::TransferIn, payee, amount)
        })
    }

    fn withdraw(&mut self, asked: &Withdrawal) -> Result<(), Refusal> {
        let (
            Withdrawal {
                account, channel, ..
            },
            amount,
        ) = (asked, asked.amount.fen());
        let memo = fit(asked.memo.as_deref(), MEMO)?;
        self.customer(account)?;
        if self.rates.channel(channel).is_none() {
            return Err(Refusal::ChannelUnknown);
        }
        if amount < LEAST_WITHDRAWAL_FEN {
            return Err(Refusal::BelowMinimum {
                least: Yuan(LEAST_WITHDRAWAL_FEN),
            });
        }
        let order = Order {
            payer: Some(account.clone()),
            channel: Some(channel.clone()),
            status: PENDING.to_owned(),
            finished_at: None,
            title: memo.map(str::to_owned),
            ..self.new_order("W", account, amount)
        };
        let order_id = order.order_id.clone();
        self.begin(order);
        self.post(Movement {
            order_id: Some(&order_id),
            memo,
            ..Movement::new(Kind::Freeze, account, amount)
        })?;
        self.begin_hold(account, Some(order_id), amount);
        Ok(())
    }

    fn settle(&mut self, asked: &Settlement) -> Result<(), Refusal> {
        let mut order = self.page.order.clone().ok_or(Refusal::OrderNotFound)?;
        let hold = self.page.hold.clone();
        let (Some(account), Some(channel), Some(mut hold), "W", PENDING) = (
            order.payer.clone(),
            order.channel.clone(),
            hold,
            order.order_type.as_str(),
            order.status.as_str(),
        ) else {
            return Err(order_state(&order));
        };
        let (order_id, amount) = (order.order_id.clone(), order.amount);
        self.post(Movement {
            order_id: Some(&order_id),
            memo: order.title.as_deref(),
            ..Movement::new(Kind::Unfreeze, &account, amount)
        })?;
        hold.released = amount;
        self.after.push(hold.update());
        order.status = match asked.outcome {
            BankOutcome::Refused => FAILED.to_owned(),
            BankOutcome::Paid => {
                let day = self.page.now.business_day();
                let fee = self.rates.withdrawal_fee(&channel, &day, amount);
                // Whatever the code table says, something reaches the bank.
                let fee = fee.min(amount.saturating_sub(1));
                self.post(Movement {
                    fee,
                    order_id: Some(&order_id),
                    channel: Some(&channel),
                    memo: order.title.as_deref(),
                    ..Movement::new(Kind::Withdrawal, &account, amount)
                })?;
                let paid = amount.saturating_sub(fee);
                self.bank_line(&channel, "D", &order_id, &account, paid, 0)?;
                DONE.to_owned()
            }
        };
        order.finished_at = Some(self.page.now.to_string());
        self.change(order);
        Ok(())
    }

    fn hold(&mut self, asked: &NewHold) -> Result<(), Refusal> {
        let memo = fit(asked.memo.as_deref(), MEMO)?;
        self.customer(&asked.account)?;
        let amount = asked.amount.fen();
        self.post(Movement {
            memo,
            ..Movement::new(Kind::Freeze, &asked.account, amount)
        })?;
        self.begin_hold(&asked.account, None, amount);
        Ok(())
    }

    fn release(&mut self, asked: &Release) -> Result<(), Refusal> {
        let memo = fit(asked.memo.as_deref(), MEMO)?;
        let hold = self.page.hold.clone();
        // What is held for a withdrawal is released by what the bank answers, and not otherwise.
        let hold = hold.filter(|hold| hold.order_id.is_none());
        let mut hold = hold.ok_or(Refusal::HoldNotFound)?;
        let held = hold.amount.saturating_sub(hold.released);
        let amount = asked.amount.map_or(held, |amount| amount.fen());
        if amount > held || held == 0 {
            return Err(Refusal::ReleaseExceedsHold {
                held: Yuan(held),
                asked: Yuan(amount),
            });
        }
        let account = hold.account.clone();
        self.post(Movement {
            memo,
            ..Movement::new(Kind::Unfreeze, &account, amount)
        })?;
        hold.released = hold.released.saturating_add(amount);
        self.after.push(hold.update());
        self.hold = Some(hold);
        Ok(())
    }
}

fn order_state(order: &Order) -> Refusal {
    Refusal::OrderState {
        order_type: order.order_type.clone(),
        status: order.status.clone(),
    }
}

/// A text that has something in it, and not too much.
fn fit(text: Option<&str>, most: usize) -> Result<Option<&str>, Refusal> {
    let is_fit = |text: &str| {
        let length = text.chars().count();
        !text.trim().is_empty() && length <= most && !text.chars().any(char::is_control)
    };
    match text {
        Some(text) if !is_fit(text) => Err(Refusal::TextUnfit),
        _ => Ok(text),
    }
}
