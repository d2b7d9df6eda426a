//! The flow of a shard: each record against the one before it, and all of them against the accounts.

use std::collections::BTreeMap;

use ruixin_history::Table;

use super::folder::{Checked, MEND, digits, shard_file};
use super::rows::{Banks, Known, is_of_day, order_key, weight};
use super::{ImportError, Out, refused};
use crate::civil::Civil;
use crate::codes::{Kind, OtherSide};
use crate::house::Sum;
use crate::money::Yuan;

/// Is what is kept of a shard's flow.
#[derive(Debug, Default)]
pub(super) struct Flow {
    /// By business day, in the order of [`Kind::ALL`].
    pub(super) days: BTreeMap<String, Vec<Sum>>,
    /// By kind, channel, and the account that a record by hand names.
    pub(super) sides: BTreeMap<(Kind, Option<usize>, Option<String>), Sum>,
    pub(super) banks: Banks,
    /// What was given back, each by the weight of its order.
    pub(super) refunded: u64,
    /// What is still held, by the record that began it.
    pub(super) holds: Vec<Held>,
    pub(super) records: u64,
    /// The last number, and the last time.
    pub(super) last: u64,
    pub(super) until: String,
}

/// Is an amount that was frozen and not unfrozen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Held {
    pub(super) serial: String,
    pub(super) account: String,
    pub(super) order_id: Option<String>,
    pub(super) amount: i64,
}

/// Is an account while its records are read.
#[derive(Debug, Default)]
struct Account {
    line: u64,
    number: String,
    opened_at: String,
    balance: i64,
    frozen: i64,
    records: i64,
    last: String,
    held: Vec<Held>,
    /// What its row says that it comes to.
    said: Said,
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Said {
    balance: i64,
    frozen: i64,
    records: i64,
    last: String,
}

/// Is the hour that the last record was of: the ones that follow are mostly of the same.
#[derive(Debug, Default)]
struct Hour {
    text: String,
    business_day: String,
    sums: Vec<Sum>,
}

pub(super) fn flow(known: &Known, shard: u32, out: &mut Out) -> Result<Flow, ImportError> {
    let mut accounts = accounts(known, shard)?;
    let file = shard_file(Table::Flow, shard);
    let mut reader = Reader {
        known,
        shard,
        kept: Flow::default(),
        hour: Hour::default(),
    };
    known.each::<15>(Table::Flow, &file, |one| {
        let key = digits(one.text(1), 16).unwrap_or_default();
        let Some(account) = accounts.get_mut(&key) else {
            let says = format!("there is no account `{}` in this shard", one.text(1));
            return Err(one.refused(says));
        };
        reader.record(&one, account)?;
        out.put(Table::Flow, &one)
    })?;
    let mut kept = reader.close();
    let mut all: Vec<Account> = accounts.into_values().collect();
    all.sort_unstable_by_key(|account| account.line);
    let file = shard_file(Table::Account, shard);
    for account in all {
        comes_to_what_is_said(&file, &account)?;
        kept.holds.extend(account.held);
    }
    Ok(kept)
}

/// The accounts of the shard as they were when the flow began.
fn accounts(known: &Known, shard: u32) -> Result<BTreeMap<u64, Account>, ImportError> {
    let file = shard_file(Table::Account, shard);
    let mut accounts = BTreeMap::new();
    known.each::<13>(Table::Account, &file, |one| {
        let account = Account {
            line: one.line,
            number: one.text(0).to_owned(),
            opened_at: one.text(5).to_owned(),
            balance: one.number(7),
            said: Said {
                balance: one.number(8),
                frozen: one.number(9),
                records: one.number(10),
                last: one.text(11).to_owned(),
            },
            ..Account::default()
        };
        accounts.insert(digits(one.text(0), 16).unwrap_or_default(), account);
        Ok(())
    })?;
    Ok(accounts)
}

fn comes_to_what_is_said(file: &str, account: &Account) -> Result<(), ImportError> {
    let found = Said {
        balance: account.balance,
        frozen: account.frozen,
        records: account.records,
        last: account.last.clone(),
    };
    let said = &account.said;
    let off = |what: &str, said: i64, found: i64| {
        let difference = Yuan(said.saturating_sub(found));
        let (said, found) = (Yuan(said), Yuan(found));
        format!("{what} says {said}, and the flow comes to {found}: the difference is {difference}")
    };
    let says = if found == *said {
        return Ok(());
    } else if found.records != said.records {
        let (said, found) = (said.records, found.records);
        format!("`flow_count` says {said}, and the flow has {found} records of the account")
    } else if found.balance != said.balance {
        off("`balance`", said.balance, found.balance)
    } else if found.frozen != said.frozen {
        off("`frozen`", said.frozen, found.frozen)
    } else {
        let (said, found) = (&said.last, &found.last);
        format!("`last_serial` says {said}, and the flow ends with {found}")
    };
    Err(refused(file, account.line, says, MEND))
}

struct Reader<'a> {
    known: &'a Known,
    shard: u32,
    kept: Flow,
    hour: Hour,
}

impl Reader<'_> {
    fn record(&mut self, one: &Checked<'_, 15>, account: &mut Account) -> Result<(), ImportError> {
        self.number(one, account)?;
        let (amount, fee) = (one.number(3), one.number(4));
        let kind = self.kind(one)?;
        let is_red = one.text(8) == "2";
        one.must(
            matches!(one.text(8), "0" | "1" | "2"),
            "`status` holds an unknown code",
        )?;
        one.must(amount > 0 || is_red, "the amount is not above nothing")?;
        one.must(
            fee >= 0 && one.maybe_number(5).is_none_or(|coupon| coupon > 0),
            "the fee or the coupon is below nothing",
        )?;
        let signed = if kind.is_in() {
            amount
        } else {
            amount.saturating_neg()
        };
        let after = account.balance.saturating_add(signed);
        if after != one.number(6) {
            let (before, said) = (Yuan(account.balance), Yuan(one.number(6)));
            let difference = Yuan(one.number(6).saturating_sub(after));
            let (moved, after) = (Yuan(signed), Yuan(after));
            return Err(one.refused(format!(
                "`balance_after` says {said}, and {before} before it and {moved} are {after}: the difference is {difference}"
            )));
        }
        one.must(after >= 0, "the account is below nothing")?;
        account.balance = after;
        self.named(one, kind)?;
        freeze(one, kind, account)?;
        self.keep(one, kind);
        Ok(())
    }

    /// Serials say day, shard, number and check, and those of an account ascend.
    fn number(&mut self, one: &Checked<'_, 15>, account: &mut Account) -> Result<(), ImportError> {
        let (serial, at) = (one.text(0), one.text(9));
        let part = |from: usize, to: usize| {
            serial
                .get(from..to)
                .and_then(|part| digits(part, to.saturating_sub(from)))
        };
        let (shard, number, check) = (part(8, 11), part(11, 20), part(20, 22));
        let number = number.unwrap_or_default();
        let is_right = serial.len() == 22
            && is_of_day(serial, at)
            && shard == Some(u64::from(self.shard))
            && check == Some(self.known.auditor.serial_check(self.shard, number));
        one.must(is_right, "`serial` is none of this shard and day")?;
        one.must(
            serial > account.last.as_str(),
            "`serial` is not behind the account's record before it",
        )?;
        one.must(
            at >= account.opened_at.as_str(),
            "the record is from before the account was opened",
        )?;
        account.last.clear();
        account.last.push_str(serial);
        account.records = account.records.saturating_add(1);
        self.kept.last = self.kept.last.max(number);
        if at > self.kept.until.as_str() {
            at.clone_into(&mut self.kept.until);
        }
        Ok(())
    }

    fn kind(&mut self, one: &Checked<'_, 15>) -> Result<Kind, ImportError> {
        let hour = one.text(9).get(..13).unwrap_or_default();
        if hour != self.hour.text {
            self.turn(hour, one)?;
        }
        let (code, direction) = (one.text(7), one.text(2));
        let kind = Kind::of_code(code, direction, &self.hour.business_day);
        kind.ok_or_else(|| {
            let day = &self.hour.business_day;
            one.refused(format!(
                "`type_code` {code} with direction {direction} means nothing on {day}"
            ))
        })
    }

    /// Puts the sums of the last hour away, and begins another one.
    fn turn(&mut self, hour: &str, one: &Checked<'_, 15>) -> Result<(), ImportError> {
        self.put_away();
        let civil = Civil::parse(one.text(9));
        let civil = civil.ok_or_else(|| one.refused("`happened_at` is no time".to_owned()))?;
        hour.clone_into(&mut self.hour.text);
        self.hour.business_day = civil.business_day();
        Ok(())
    }

    fn put_away(&mut self) {
        let sums = std::mem::take(&mut self.hour.sums);
        let day = self.kept.days.entry(self.hour.business_day.clone());
        let day = day.or_default();
        if day.len() < sums.len() {
            day.resize(sums.len(), Sum::default());
        }
        for (of_day, more) in day.iter_mut().zip(sums) {
            of_day.more(more);
        }
        self.hour.sums = vec![Sum::default(); Kind::ALL.len()];
    }

    /// Whatever a record names is there.
    fn named(&self, one: &Checked<'_, 15>, kind: Kind) -> Result<(), ImportError> {
        if let Some(other) = one.maybe(10) {
            let is_hand = kind.other_side() == OtherSide::Named;
            let is_fit = !is_hand || other.starts_with('9');
            if !is_fit || !self.known.has_account(other) {
                let whose = if is_hand { " of the house" } else { "" };
                return Err(one.refused(format!("there is no account `{other}`{whose}")));
            }
        }
        if let Some(order_id) = one.maybe(11)
            && !self.known.has_order(order_id)
        {
            return Err(one.refused(format!("there is no order `{order_id}`")));
        }
        let channel = one.maybe(12).map(|code| self.known.channel(code));
        one.must(channel != Some(None), "the channel is unknown")?;
        let needs_one = kind.other_side() == OtherSide::Channel;
        one.must(
            !needs_one || (channel.is_some() && one.maybe(11).is_some()),
            "a movement to or from a bank lacks its channel or order",
        )
    }

    fn keep(&mut self, one: &Checked<'_, 15>, kind: Kind) {
        let sum = Sum {
            records: 1,
            amount: one.number(3),
            fee: one.number(4),
            coupon: one.maybe_number(5).unwrap_or(0),
        };
        let place = Kind::ALL.iter().position(|other| *other == kind);
        if let Some(of_hour) = place.and_then(|place| self.hour.sums.get_mut(place)) {
            of_hour.more(sum);
        }
        let channel = one.maybe(12).and_then(|code| self.known.channel(code));
        let named = match kind.other_side() {
            OtherSide::Named => one.maybe(10).map(str::to_owned),
            _ => None,
        };
        let side = self.kept.sides.entry((kind, channel, named));
        side.or_default().more(sum);
        let order_id = one.maybe(11).unwrap_or_default();
        if let (OtherSide::Channel, Some(channel)) = (kind.other_side(), channel) {
            let moved = match kind.is_in() {
                true => sum.amount.saturating_add(sum.fee),
                false => sum.fee.saturating_sub(sum.amount),
            };
            self.kept.banks.add(channel, order_id, moved);
        }
        if matches!(kind, Kind::RefundIn | Kind::EscrowReturn) {
            let weighed = sum.amount.cast_unsigned().wrapping_mul(weight(order_id));
            self.kept.refunded = self.kept.refunded.wrapping_add(weighed);
        }
        self.kept.records = self.kept.records.saturating_add(1);
    }

    fn close(mut self) -> Flow {
        self.put_away();
        self.kept
            .days
            .retain(|_, sums| sums.iter().any(|sum| sum.records > 0));
        self.kept
    }
}

/// What is frozen waits for its like: of a withdrawal for its order, of others for the same amount,
/// the oldest first. Which of two equal amounts was let go, a history does not say.
fn freeze(one: &Checked<'_, 15>, kind: Kind, account: &mut Account) -> Result<(), ImportError> {
    let (amount, order_id) = (one.number(3), one.maybe(11));
    match kind {
        Kind::Freeze => {
            account.frozen = account.frozen.saturating_add(amount);
            account.held.push(Held {
                serial: one.text(0).to_owned(),
                account: account.number.clone(),
                order_id: order_id.map(str::to_owned),
                amount,
            });
            Ok(())
        }
        Kind::Unfreeze => {
            let is_it = |held: &Held| held.order_id.as_deref() == order_id && held.amount == amount;
            let Some(at) = account.held.iter().position(is_it) else {
                let amount = Yuan(amount);
                return Err(one.refused(format!(
                    "{amount} is unfrozen, and nothing of that amount is frozen"
                )));
            };
            account.held.remove(at);
            account.frozen = account.frozen.saturating_sub(amount);
            Ok(())
        }
        _ => Ok(()),
    }
}

/// A shard's number of an order that something is held for.
pub(super) fn shard_of(order_id: &str) -> Option<usize> {
    order_key(order_id).map(|(shard, _)| shard)
}
