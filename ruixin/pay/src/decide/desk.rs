//! What the commands share: the page they work on, and how a movement is booked.

use std::collections::BTreeMap;

use ruixin_service::store::Write;

use super::{DONE, Decided, Page, Reply};
use crate::codes::{Kind, Owner, Rates};
use crate::command::Receipt;
use crate::money::{MOST_FEN, Yuan};
use crate::record::{Account, BankLine, Flow, Hold, Order, Sealer};
use crate::refusal::Refusal;
use crate::{numbers, view};

pub(super) struct Desk<'a> {
    pub(super) page: Page,
    pub(super) rates: &'a Rates,
    pub(super) sealer: &'a Sealer,
    pub(super) flows: Vec<Flow>,
    /// The accounts that moved, with the number of records they had.
    pub(super) moved: BTreeMap<String, i64>,
    /// What goes before the records, and what after them.
    pub(super) before: Vec<Write>,
    pub(super) after: Vec<Write>,
    pub(super) order: Option<Order>,
    pub(super) hold: Option<Hold>,
}

/// Is a movement before it is booked.
pub(super) struct Movement<'a> {
    pub(super) kind: Kind,
    pub(super) account: &'a str,
    pub(super) amount: i64,
    pub(super) fee: i64,
    pub(super) coupon: Option<i64>,
    pub(super) counterparty: Option<&'a str>,
    pub(super) order_id: Option<&'a str>,
    pub(super) channel: Option<&'a str>,
    pub(super) memo: Option<&'a str>,
}

impl<'a> Movement<'a> {
    pub(super) fn new(kind: Kind, account: &'a str, amount: i64) -> Movement<'a> {
        Movement {
            kind,
            account,
            amount,
            fee: 0,
            coupon: None,
            counterparty: None,
            order_id: None,
            channel: None,
            memo: None,
        }
    }
}

impl<'a> Desk<'a> {
    pub(super) fn new(mut page: Page, rates: &'a Rates, sealer: &'a Sealer) -> Desk<'a> {
        // A serial begins with its day, and an account's serials ascend, even if the clock went
        // back over midnight.
        for account in page.accounts.values() {
            if let Some(day) = account
                .last_serial
                .as_deref()
                .and_then(|last| last.get(..8))
            {
                page.now = page.now.not_before_day(day);
            }
        }
        page.numbers.flow.reverse();
        Desk {
            page,
            rates,
            sealer,
            flows: Vec::new(),
            moved: BTreeMap::new(),
            before: Vec::new(),
            after: Vec::new(),
            order: None,
            hold: None,
        }
    }

    pub(super) fn close(self) -> Decided {
        let mut writes = self.before;
        writes.extend(self.flows.iter().map(|flow| flow.insert(self.sealer)));
        for (number, flow_count_before) in &self.moved {
            if let Some(account) = self.page.accounts.get(number) {
                writes.push(account.update(self.sealer, *flow_count_before));
            }
        }
        writes.extend(self.after);
        let reply = Reply::Receipt(Receipt {
            order: self.order.as_ref().map(view::order),
            hold: self.hold.as_ref().map(view::hold),
            movements: self.flows.iter().map(view::movement).collect(),
        });
        Decided { writes, reply }
    }

    /// Books a movement: the record, and the account's balance.
    pub(super) fn post(&mut self, movement: Movement<'_>) -> Result<(), Refusal> {
        let number = movement.account.to_owned();
        let Some(account) = self.page.accounts.get_mut(movement.account) else {
            return Err(Refusal::AccountNotFound { account: number });
        };
        let (amount, kind) = (movement.amount, movement.kind);
        let balance = match kind.is_in() {
            true => account.balance.saturating_add(amount),
            false => account.balance.saturating_sub(amount),
        };
        if balance < 0 {
            return Err(Refusal::InsufficientFunds {
                account: number,
                available: Yuan(account.balance),
                needed: Yuan(amount),
            });
        }
        let frozen = match kind {
            Kind::Freeze => account.frozen.saturating_add(amount),
            Kind::Unfreeze => account.frozen.saturating_sub(amount),
            _ => account.frozen,
        };
        // With what is frozen, so that it can always be unfrozen.
        if balance.saturating_add(frozen) > MOST_FEN {
            return Err(Refusal::BalanceLimit { account: number });
        }
        let flow_number = self.page.numbers.flow.pop().unwrap_or_default();
        let day = self.page.now.compact_day();
        let serial = numbers::serial(self.sealer, &day, &account.number, flow_number);
        self.moved.entry(number).or_insert(account.flow_count);
        account.balance = balance;
        account.frozen = frozen;
        account.flow_count = account.flow_count.saturating_add(1);
        account.last_serial = Some(serial.clone());
        self.flows.push(Flow {
            serial,
            account: account.number.clone(),
            kind,
            amount,
            fee: movement.fee,
            coupon: movement.coupon,
            balance_after: balance,
            happened_at: self.page.now,
            counterparty: movement.counterparty.map(str::to_owned),
            order_id: movement.order_id.map(str::to_owned),
            channel: movement.channel.map(str::to_owned),
            memo: movement.memo.map(str::to_owned),
        });
        Ok(())
    }

    /// Writes what the bank says of a movement.
    pub(super) fn bank_line(
        &mut self,
        channel: &str,
        side: &'static str,
        order_id: &str,
        account: &str,
        amount: i64,
        bank_fee: i64,
    ) -> Result<(), Refusal> {
        let place = self.rates.channel(channel).ok_or(Refusal::ChannelUnknown)?;
        let day = self.page.now.compact_day();
        let line = BankLine {
            bank_serial: numbers::bank(place, &day, account, self.page.numbers.bank),
            channel: channel.to_owned(),
            side,
            order_id: order_id.to_owned(),
            amount,
            bank_fee,
            bank_time: self.page.now,
        };
        self.after.push(line.insert(self.sealer));
        Ok(())
    }

    /// An order that is done at once, of nobody yet.
    pub(super) fn new_order(&self, order_type: &str, account: &str, amount: i64) -> Order {
        let now = self.page.now;
        Order {
            order_id: numbers::order(&now.compact_day(), account, self.page.numbers.order),
            order_type: order_type.to_owned(),
            payer: None,
            payee: None,
            amount,
            coupon: None,
            refunded: 0,
            channel: None,
            status: DONE.to_owned(),
            created_at: now.to_string(),
            finished_at: Some(now.to_string()),
            title: None,
        }
    }

    /// Orders go before the records that name them.
    pub(super) fn begin(&mut self, order: Order) {
        self.before.push(order.insert(self.sealer));
        self.order = Some(order);
    }

    pub(super) fn change(&mut self, order: Order) {
        self.after.push(order.update(self.sealer));
        self.order = Some(order);
    }

    /// Begins a hold by the record that was booked last.
    pub(super) fn begin_hold(&mut self, account: &str, order_id: Option<String>, amount: i64) {
        let serial = self.flows.last().map(|flow| flow.serial.clone());
        let hold = Hold {
            serial: serial.unwrap_or_default(),
            account: account.to_owned(),
            order_id,
            amount,
            released: 0,
        };
        self.after.push(hold.insert());
        self.hold = Some(hold);
    }

    pub(super) fn account(&self, number: &str) -> Result<&Account, Refusal> {
        let account = number.to_owned();
        let found = self.page.accounts.get(number);
        found.ok_or(Refusal::AccountNotFound { account })
    }

    pub(super) fn customer(&self, number: &str) -> Result<&Account, Refusal> {
        let account = self.account(number)?;
        match account.owner {
            Owner::User | Owner::Merchant => Ok(account),
            // The house's own accounts have no movements.
            Owner::House => Err(Refusal::WrongOwner {
                account: number.to_owned(),
            }),
        }
    }

    pub(super) fn owned(&self, number: &str, owner: Owner) -> Result<&Account, Refusal> {
        let account = self.account(number)?;
        match account.owner == owner {
            true => Ok(account),
            false => Err(Refusal::WrongOwner {
                account: number.to_owned(),
            }),
        }
    }
}
