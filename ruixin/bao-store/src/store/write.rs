//! What was decided, as it is written.

use std::collections::BTreeMap;

use ruixin_bao::fund::{FundEffects, Move, Order, OrderKind, OrderStatus};
use ruixin_bao::ledger::{Account, AccountId, AccountKind, Effects, Entry, Limit, VoucherKind};

use super::entries::side_word;
use super::terms::day;
use super::voucher_key;
use crate::error::StoreError;
use crate::sql::{Session, Value};

/// Is all that a transaction changes.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    opened: Vec<Account>,
    accounts: BTreeMap<AccountId, Account>,
    entries: Vec<Entry>,
    moves: Vec<(u128, i64, Move)>,
    orders: Vec<Order>,
}

impl Changes {
    /// Adds an account of the wallet that is opened.
    pub(crate) fn open(&mut self, account: Account) {
        self.opened.push(account);
    }

    /// Adds what one order changes.
    pub(crate) fn add(&mut self, effects: FundEffects) {
        let id = effects.orders.first().map(|order| order.request.id);
        for (leg, change) in (1..).zip(effects.moves) {
            self.moves.push((id.unwrap_or_default(), leg, change));
        }
        self.opened.extend(effects.opened);
        self.orders.extend(effects.orders);
        effects
            .vouchers
            .into_iter()
            .for_each(|voucher| self.add_voucher(voucher));
    }

    /// Adds what the confirmation of orders changes: of each one move.
    pub(crate) fn add_confirmations(&mut self, effects: FundEffects) {
        for (order, change) in effects.orders.iter().zip(effects.moves) {
            self.moves.push((order.request.id, 0, change));
        }
        self.orders.extend(effects.orders);
        effects
            .vouchers
            .into_iter()
            .for_each(|voucher| self.add_voucher(voucher));
    }

    /// Adds what a voucher changes. What became of the one that it is linked to is not stored.
    pub(crate) fn add_voucher(&mut self, effects: Effects) {
        for account in effects.accounts {
            self.accounts.insert(account.id, account);
        }
        self.entries.push(effects.entry);
    }

    /// Writes it all: legs come before their vouchers, which seal them.
    pub(crate) fn write(self, session: &mut dyn Session) -> Result<(), StoreError> {
        insert_accounts(session, &self.opened)?;
        let mut legs = Vec::new();
        let mut vouchers = Vec::new();
        for entry in &self.entries {
            legs_of(entry, &mut legs)?;
            vouchers.push(voucher(entry)?);
        }
        session.append_rows("posting", &POSTING, legs)?;
        session.append_rows("voucher", &VOUCHER, vouchers)?;
        update_accounts(session, self.accounts.values())?;
        write_orders(session, &self.orders)?;
        let moves = self.moves.iter().map(|(id, leg, change)| {
            Ok(vec![
                Value::from(*id),
                Value::Int(*leg),
                number("holder", change.holder)?,
                day(change.from),
                Value::Int(change.shares),
            ])
        });
        let moves: Vec<Vec<Value>> = moves.collect::<Result<_, StoreError>>()?;
        let columns = ["id", "leg", "holder", "from_day", "shares"];
        session.append_rows("share_move", &columns, moves)?;
        Ok(())
    }
}

const POSTING: [&str; 7] = ["id", "part", "leg", "subject", "number", "side", "amount"];
pub(crate) const VOUCHER: [&str; 11] = [
    "id",
    "part",
    "kind",
    "link_id",
    "link_part",
    "expires_at",
    "accounting_date",
    "booked_at",
    "own_legs",
    "legs",
    "memo",
];
const ACCOUNT: [&str; 8] = [
    "subject",
    "number",
    "kind",
    "keeps",
    "debits_posted",
    "credits_posted",
    "debits_pending",
    "credits_pending",
];

/// Writes accounts that are not there yet.
pub(crate) fn insert_accounts(
    session: &mut dyn Session,
    accounts: &[Account],
) -> Result<(), StoreError> {
    let rows = accounts.iter().map(account_row);
    let rows: Vec<Vec<Value>> = rows.collect::<Result<_, _>>()?;
    session.append_rows("account", &ACCOUNT, rows)?;
    Ok(())
}

/// Writes the totals of accounts that are there.
pub(crate) fn update_accounts<'a>(
    session: &mut dyn Session,
    accounts: impl Iterator<Item = &'a Account>,
) -> Result<(), StoreError> {
    let mut rows = Vec::new();
    for account in accounts {
        let totals = &account.totals;
        rows.push(vec![
            Value::Int(i64::from(account.id.subject)),
            number("account", account.id.number)?,
            Value::Int(totals.debits_posted_fen),
            Value::Int(totals.credits_posted_fen),
            Value::Int(totals.debits_pending_fen),
            Value::Int(totals.credits_pending_fen),
        ]);
    }
    let sql = "UPDATE account SET debits_posted = $3, credits_posted = $4, debits_pending = $5, \
               credits_pending = $6 WHERE subject = $1 AND number = $2";
    let touched = session.execute_many("writing accounts", sql, &rows)?;
    if touched != u64::try_from(rows.len()).unwrap_or(u64::MAX) {
        return Err(super::busy("writing accounts"));
    }
    Ok(())
}

fn write_orders(session: &mut dyn Session, orders: &[Order]) -> Result<(), StoreError> {
    let is_placed = |order: &&Order| order.status == OrderStatus::Placed;
    let mut rows = Vec::new();
    for order in orders.iter().filter(is_placed) {
        rows.push(order_row(order)?);
    }
    let columns: Vec<&str> = super::page::ORDER_COLUMNS.split(", ").collect();
    session.append_rows("fund_order", &columns, rows)?;
    let confirmed = orders.iter().filter(|order| !is_placed(order));
    let rows: Vec<Vec<Value>> = confirmed
        .map(|order| vec![Value::from(order.request.id)])
        .collect();
    let sql = "UPDATE fund_order SET status = 'C' WHERE id = $1";
    session.execute_many("confirming orders", sql, &rows)?;
    Ok(())
}

fn order_row(order: &Order) -> Result<Vec<Value>, StoreError> {
    let request = &order.request;
    let (kind, merchant) = match request.kind {
        OrderKind::Subscribe => ("S", Value::Null),
        OrderKind::Redeem => ("R", Value::Null),
        OrderKind::RedeemFast => ("F", Value::Null),
        OrderKind::Pay { merchant } => ("P", number("merchant", merchant)?),
    };
    Ok(vec![
        Value::from(request.id),
        number("investor", request.investor)?,
        Value::from(kind),
        merchant,
        Value::Int(request.amount_fen),
        Value::Int(order.placed_at),
        day(order.placed_on),
        day(order.schedule.trade_date),
        day(order.schedule.confirmed_on),
        Value::from("P"),
    ])
}

/// Writes an account as its row.
pub(crate) fn account_row(account: &Account) -> Result<Vec<Value>, StoreError> {
    let kind = match account.kind {
        AccountKind::Asset => "A",
        AccountKind::Liability => "L",
        AccountKind::Equity => "Q",
        AccountKind::Income => "I",
        AccountKind::Expense => "E",
    };
    let keeps = match account.limit {
        Limit::None => "N",
        Limit::DebitsMustNotExceedCredits => "D",
        Limit::CreditsMustNotExceedDebits => "C",
    };
    Ok(vec![
        Value::Int(i64::from(account.id.subject)),
        number("account", account.id.number)?,
        Value::from(kind),
        Value::from(keeps),
        Value::Int(account.totals.debits_posted_fen),
        Value::Int(account.totals.credits_posted_fen),
        Value::Int(account.totals.debits_pending_fen),
        Value::Int(account.totals.credits_pending_fen),
    ])
}

fn legs_of(entry: &Entry, rows: &mut Vec<Vec<Value>>) -> Result<(), StoreError> {
    for (leg, posting) in (1..).zip(&entry.postings) {
        let mut row = voucher_key(entry.voucher.id).to_vec();
        row.extend([
            Value::Int(leg),
            Value::Int(i64::from(posting.account.subject)),
            number("account", posting.account.number)?,
            Value::from(side_word(posting.side)),
            Value::Int(posting.amount_fen),
        ]);
        rows.push(row);
    }
    Ok(())
}

fn voucher(entry: &Entry) -> Result<Vec<Value>, StoreError> {
    let kind = match entry.voucher.kind {
        VoucherKind::Booking => "booking",
        VoucherKind::Pending { .. } => "pending",
        VoucherKind::Post { .. } => "post",
        VoucherKind::Void { .. } => "void",
        VoucherKind::Reversal { .. } => "reversal",
        VoucherKind::Rebooking { .. } => "rebooking",
    };
    voucher_of_kind(entry, kind)
}

/// Writes a voucher as its row, and says what the database is to call it.
fn voucher_of_kind(entry: &Entry, kind: &str) -> Result<Vec<Value>, StoreError> {
    let asked = &entry.voucher;
    let link = asked.kind.link().map(voucher_key);
    let [link_id, link_part] = link.unwrap_or([Value::Null, Value::Null]);
    let [id, part] = voucher_key(asked.id);
    let own_legs = asked.postings.len() == entry.postings.len();
    let legs = i64::try_from(entry.postings.len());
    Ok(vec![
        id,
        part,
        Value::from(kind),
        link_id,
        link_part,
        asked.kind.expires_at().into(),
        day(asked.accounting_date),
        Value::Int(entry.booked_at),
        Value::Int(i64::from(own_legs)),
        Value::Int(legs.map_err(|_| StoreError::Overflow { what: "legs" })?),
        Value::from(asked.memo.as_str()),
    ])
}

/// Writes a voucher most of whose legs are kept as columns: `entry` has those of the house.
pub(crate) fn write_bulk(
    session: &mut dyn Session,
    entry: &Entry,
    kind: &str,
) -> Result<(), StoreError> {
    let mut legs = Vec::new();
    legs_of(entry, &mut legs)?;
    session.append_rows("posting", &POSTING, legs)?;
    session.append_rows("voucher", &VOUCHER, [voucher_of_kind(entry, kind)?])?;
    Ok(())
}

/// Writes a number that has to be one for the database too.
pub(crate) fn number(what: &'static str, number: u64) -> Result<Value, StoreError> {
    i64::try_from(number)
        .map(Value::Int)
        .map_err(|_| StoreError::TooLarge { what, number })
}
