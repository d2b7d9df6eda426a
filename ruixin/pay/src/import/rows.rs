//! The records of accounts, orders and banks' lines: what each must hold, and what is kept of them.

use std::collections::{BTreeMap, BTreeSet};

use ruixin_history::{Auditor, Owner, Table};

use super::folder::{Checked, Folder, MEND, digits, names, shard_file};
use super::sheet::Sheet;
use super::{ImportError, Out, refused};
use crate::money::Yuan;

/// Is what every record is held against. Numbers are kept by shard, ascending.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) folder: Folder,
    pub(super) auditor: Auditor,
    pub(super) channels: Vec<String>,
    pub(super) classes: BTreeSet<String>,
    pub(super) accounts: Vec<Vec<u64>>,
    pub(super) house: Vec<u64>,
    pub(super) orders: Vec<Vec<u64>>,
}

/// The shard number of the house's own accounts.
pub(super) const HOUSE_SHARD: u64 = 999;
/// From here on orders are numbered that have a party in another shard.
const CROSSING: u64 = 9_000_000_000;

impl Known {
    pub(super) fn has_account(&self, text: &str) -> bool {
        let Some(number) = digits(text, 16) else {
            return false;
        };
        let shard = number % 1_000;
        let all = match shard {
            HOUSE_SHARD => Some(&self.house),
            _ => usize::try_from(shard)
                .ok()
                .and_then(|shard| self.accounts.get(shard)),
        };
        all.is_some_and(|all| all.binary_search(&number).is_ok())
    }

    pub(super) fn has_order(&self, text: &str) -> bool {
        let Some((shard, key)) = order_key(text) else {
            return false;
        };
        let orders = self.orders.get(shard);
        orders.is_some_and(|orders| orders.binary_search(&key).is_ok())
    }

    pub(super) fn channel(&self, code: &str) -> Option<usize> {
        self.channels.iter().position(|channel| channel == code)
    }

    /// Reads a shard's file of a table, record by record.
    pub(super) fn each<const N: usize>(
        &self,
        table: Table,
        file: &str,
        mut take: impl FnMut(Checked<'_, N>) -> Result<(), ImportError>,
    ) -> Result<(), ImportError> {
        let text = self.folder.read(file)?;
        let mut sheet = Sheet::begin(file, &text, &names(table))?;
        while let Some((line, fields)) = sheet.read::<N>()? {
            take(Checked::of(file, line, fields, table, &self.auditor)?)?;
        }
        Ok(())
    }
}

/// An order's shard, and its day and number in one.
pub(super) fn order_key(text: &str) -> Option<(usize, u64)> {
    let day = digits(text.get(..8)?, 8)?;
    let shard = digits(text.get(8..11)?, 3)?;
    let number = digits(text.get(11..)?, 10)?;
    // Eight digits of a day and ten of a number are less than 2^27 and 2^34.
    Some((usize::try_from(shard).ok()?, day.checked_shl(34)? | number))
}

/// A weight of an order's own: amounts that are added up with it do not cancel by chance.
pub(super) fn weight(order_id: &str) -> u64 {
    let (shard, key) = order_key(order_id).unwrap_or_default();
    let mut mixed = key ^ u64::try_from(shard).unwrap_or(0).rotate_left(54);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (mixed ^ (mixed >> 31)) | 1
}

/// Is what is kept of a shard's accounts.
#[derive(Debug, Default)]
pub(super) struct Accounts {
    pub(super) numbers: Vec<u64>,
    pub(super) users: u64,
    pub(super) merchants: u64,
    pub(super) opening: i64,
}

pub(super) fn accounts(known: &Known, shard: u32, out: &mut Out) -> Result<Accounts, ImportError> {
    let file = shard_file(Table::Account, shard);
    let mut kept = Accounts::default();
    known.each::<13>(Table::Account, &file, |one| {
        account(known, &one, shard)?;
        match one.text(1) {
            "U" => kept.users = kept.users.saturating_add(1),
            _ => kept.merchants = kept.merchants.saturating_add(1),
        }
        kept.numbers.extend(digits(one.text(0), 16));
        kept.opening = kept.opening.saturating_add(one.number(7));
        out.put(Table::Account, &one)
    })?;
    kept.numbers.sort_unstable();
    once(&file, &kept.numbers)?;
    Ok(kept)
}

/// What an account must hold by itself, whoever it belongs to.
pub(super) fn account(known: &Known, one: &Checked<'_, 13>, shard: u32) -> Result<(), ImportError> {
    let owner = match one.text(1) {
        "U" => Owner::User,
        "M" => Owner::Merchant,
        "H" => Owner::House,
        other => return Err(one.refused(format!("`owner` holds `{other}`, an unknown code"))),
    };
    let place = known.auditor.locate(one.text(0));
    let is_here = place.is_some_and(|place| place.owner == owner && place.shard == shard);
    one.must(
        is_here,
        "the account's number is none of this owner and shard",
    )?;
    let class_fits = match (owner, one.maybe(3)) {
        (Owner::User, None) | (Owner::House, Some(_)) => true,
        (Owner::Merchant, Some(class)) => known.classes.contains(class),
        _ => false,
    };
    one.must(
        class_fits,
        "the class does not go with the owner, or is unknown",
    )?;
    one.must(!one.text(2).is_empty(), "the name is empty")?;
    let channel_fits = one
        .maybe(4)
        .is_none_or(|code| known.channel(code).is_some());
    one.must(channel_fits, "the channel is unknown")?;
    let frozen = one.number(9);
    let status_fits = matches!((one.text(6), frozen), ("0", 0) | ("1", 1..));
    one.must(status_fits, "`status` does not go with what is frozen")?;
    let serial_fits = (one.number(10) == 0) == one.maybe(11).is_none();
    one.must(
        serial_fits,
        "`last_serial` does not go with the number of records",
    )
}

/// Is what is kept of a shard's orders.
#[derive(Debug, Default)]
pub(super) struct Orders {
    pub(super) keys: Vec<u64>,
    /// Withdrawals that no bank has answered: line, payer, amount.
    pub(super) pending: BTreeMap<String, (u64, String, i64)>,
    /// What was given back, each by the weight of its order.
    pub(super) refunded: u64,
    /// The last number of the shard's own.
    pub(super) last: u64,
}

pub(super) fn orders(known: &Known, shard: u32, out: &mut Out) -> Result<Orders, ImportError> {
    let file = shard_file(Table::Orders, shard);
    let mut kept = Orders::default();
    known.each::<13>(Table::Orders, &file, |one| {
        let (key, number) = order(known, &one, shard)?;
        kept.keys.push(key);
        if number < CROSSING {
            kept.last = kept.last.max(number);
        }
        let refunded = one.number(6).unsigned_abs();
        let weighed = refunded.wrapping_mul(weight(one.text(0)));
        kept.refunded = kept.refunded.wrapping_add(weighed);
        if (one.text(1), one.text(8)) == ("W", "1") {
            let payer = one.text(2).to_owned();
            let waits = (one.line, payer, one.number(4));
            kept.pending.insert(one.text(0).to_owned(), waits);
        }
        out.put(Table::Orders, &one)
    })?;
    kept.keys.sort_unstable();
    once(&file, &kept.keys)?;
    Ok(kept)
}

/// What an order must hold by itself: its key and number.
fn order(known: &Known, one: &Checked<'_, 13>, shard: u32) -> Result<(u64, u64), ImportError> {
    let id = one.text(0);
    let key = (id.len() == 21).then(|| order_key(id)).flatten();
    let number = id.get(11..).and_then(|number| digits(number, 10));
    let here = key
        .zip(number)
        .filter(|((of, _), _)| u32::try_from(*of) == Ok(shard));
    let Some(((_, key), number)) = here else {
        return Err(one.refused("`order_id` is none of this shard".to_owned()));
    };
    one.must(
        is_of_day(id, one.text(9)),
        "`order_id` is of another day than `created_at`",
    )?;
    let is_known = "PETCW".contains(one.text(1)) && one.text(1).len() == 1;
    one.must(is_known, "`order_type` holds an unknown code")?;
    let is_known = "1234567".contains(one.text(8)) && one.text(8).len() == 1;
    one.must(is_known, "`status` holds an unknown code")?;
    let parties = [one.maybe(2), one.maybe(3)];
    for party in parties.into_iter().flatten() {
        if !known.has_account(party) {
            return Err(one.refused(format!("there is no account `{party}`")));
        }
    }
    let [payer, payee] = parties;
    one.must(
        payer != payee,
        "payer and payee are the same, or neither is named",
    )?;
    let channel_fits = one
        .maybe(7)
        .is_none_or(|code| known.channel(code).is_some());
    one.must(channel_fits, "the channel is unknown")?;
    let (amount, coupon, refunded) = (one.number(4), one.maybe_number(5), one.number(6));
    one.must(amount > 0, "the amount is not above nothing")?;
    let coupon_fits = coupon.is_none_or(|coupon| coupon > 0 && coupon < amount);
    one.must(coupon_fits, "the coupon is nothing, or all of the amount")?;
    let paid = amount.saturating_sub(coupon.unwrap_or(0));
    if refunded < 0 || refunded > paid {
        let (refunded, paid) = (Yuan(refunded), Yuan(paid));
        return Err(one.refused(format!("{refunded} was given back of {paid} that was paid")));
    }
    let is_pending = one.text(8) == "1";
    let finish_fits = is_pending == one.maybe(10).is_none() || one.text(8) == "6";
    one.must(finish_fits, "`finished_at` does not go with the status")?;
    let can_settle =
        (one.text(1), is_pending) != ("W", true) || (payer.is_some() && one.maybe(7).is_some());
    one.must(
        can_settle,
        "a withdrawal under way lacks its payer or channel",
    )?;
    Ok((key, number))
}

/// Is what is kept of the banks' lines of a shard.
#[derive(Debug, Default)]
pub(super) struct Banks {
    /// By channel: what came less what went, each by the weight of its order, and plainly.
    pub(super) weighed: Vec<u64>,
    pub(super) plain: Vec<i64>,
    pub(super) last: u64,
    pub(super) lines: u64,
}

impl Banks {
    pub(super) fn add(&mut self, channel: usize, order_id: &str, fen: i64) {
        let needed = channel.saturating_add(1);
        if self.plain.len() < needed {
            self.weighed.resize(needed, 0);
            self.plain.resize(needed, 0);
        }
        if let Some(plain) = self.plain.get_mut(channel) {
            *plain = plain.wrapping_add(fen);
        }
        if let Some(weighed) = self.weighed.get_mut(channel) {
            let more = fen.cast_unsigned().wrapping_mul(weight(order_id));
            *weighed = weighed.wrapping_add(more);
        }
    }
}

pub(super) fn banks(known: &Known, shard: u32, out: &mut Out) -> Result<Banks, ImportError> {
    let file = shard_file(Table::ChannelFile, shard);
    let mut kept = Banks::default();
    known.each::<9>(Table::ChannelFile, &file, |one| {
        let Some(channel) = known.channel(one.text(1)) else {
            return Err(one.refused(format!(
                "`channel` holds `{}`, an unknown code",
                one.text(1)
            )));
        };
        let serial = one.text(0);
        let is_here = serial.get(7..10).and_then(|of| digits(of, 3)) == Some(u64::from(shard));
        let number = serial.get(10..).and_then(|number| digits(number, 9));
        let Some(number) = number.filter(|_| is_here && digits(serial, 19).is_some()) else {
            return Err(one.refused("`bank_serial` is none of this shard".to_owned()));
        };
        let amount = one.number(4);
        one.must(
            amount > 0 && one.number(5) >= 0,
            "the amount or the bank's fee is below nothing",
        )?;
        let is_day = one.text(7).starts_with(one.text(6));
        one.must(
            is_day,
            "`bank_date` is another day than that of `bank_time`",
        )?;
        let order_id = one.text(3);
        if !known.has_order(order_id) {
            return Err(one.refused(format!("there is no order `{order_id}`")));
        }
        let signed = match one.text(2) {
            "C" => amount,
            "D" => amount.saturating_neg(),
            other => return Err(one.refused(format!("`side` holds `{other}`, an unknown code"))),
        };
        kept.add(channel, order_id, signed);
        kept.last = kept.last.max(number);
        kept.lines = kept.lines.saturating_add(1);
        out.put(Table::ChannelFile, &one)
    })?;
    Ok(kept)
}

/// Whether a number begins with the day of a time.
pub(super) fn is_of_day(number: &str, time: &str) -> bool {
    let parts = [(0..4, 0..4), (4..6, 5..7), (6..8, 8..10)];
    parts
        .into_iter()
        .all(|(of, at)| number.get(of) == time.get(at))
}

fn once(file: &str, ascending: &[u64]) -> Result<(), ImportError> {
    let twice = ascending.windows(2).any(|pair| pair.first() == pair.last());
    match twice {
        true => Err(refused(file, 1, "a number is there twice".to_owned(), MEND)),
        false => Ok(()),
    }
}
