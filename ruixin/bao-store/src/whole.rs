//! The books as a whole in memory: the pure core's own type, for small books and for comparison.

use std::collections::BTreeMap;

use ruixin_bao::calendar::Schedule;
use ruixin_bao::fund::{
    DayRecord, Fund, Income, Move, Order, OrderKind, OrderStatus, Request, SHARES, USERS,
};
use ruixin_bao::ledger::{AccountId, Entry, Posting, VoucherId};

use crate::error::StoreError;
use crate::import::{SUBSCRIPTION, order_of_holding};
use crate::night::stored_days;
use crate::sql::Session;
use crate::store::terms::{day as day_value, day_of};
use crate::store::{Lock, Store, entries, page};

impl Store {
    /// Reads everything into the pure core's own type: every account, voucher, order, change of a
    /// holding and day. It needs the memory for it.
    ///
    /// What was subscribed before the books were opened is in it as orders, whose ids follow from
    /// their holders.
    ///
    /// # Errors
    ///
    /// What is stored makes no sense, or the database refuses.
    pub fn whole(&mut self) -> Result<Fund, StoreError> {
        let terms = self.terms.clone();
        self.transaction(Lock::Read, |session| {
            let mut fund = Fund::new(terms.clone())?;
            let sql = format!("SELECT {} FROM account", page::ACCOUNT_COLUMNS);
            session.each("reading accounts", &sql, &[], &mut |row| {
                fund.load_account(page::account(row)?);
                Ok(())
            })?;
            load_entries(session, &mut fund)?;
            let sql = format!("SELECT {} FROM fund_order", page::ORDER_COLUMNS);
            session.each("reading orders", &sql, &[], &mut |row| {
                fund.load_order(page::order(row)?);
                Ok(())
            })?;
            for change in load_days(session, &mut fund)? {
                fund.load_move(change)?;
            }
            load_opening_orders(session, &mut fund)?;
            Ok(fund)
        })
    }
}

/// Loads all vouchers, those whose legs are columns with all of their legs.
fn load_entries(session: &mut dyn Session, fund: &mut Fund) -> Result<(), StoreError> {
    let mut columns: BTreeMap<VoucherId, Vec<Posting>> = BTreeMap::new();
    let sql = "SELECT id, part, subject, number, side, amount FROM leg WHERE leg = 0 \
               ORDER BY id, part, subject, number, side DESC";
    session.each("reading columns of legs", sql, &[], &mut |row| {
        let postings = columns.entry(entries::voucher_id(row, 0)?).or_default();
        postings.push(Posting {
            account: entries::account_id(row, 2)?,
            side: entries::side(row.text(4)?)?,
            amount_fen: row.int(5)?,
        });
        Ok(())
    })?;
    for entry in entries::all_entries(session)? {
        let Some(mut postings) = columns.remove(&entry.voucher.id) else {
            fund.load_entry(entry);
            continue;
        };
        postings.extend(&entry.postings);
        let mut voucher = entry.voucher.clone();
        voucher.postings.clone_from(&postings);
        fund.load_entry(Entry {
            voucher,
            postings,
            ..entry
        });
    }
    Ok(())
}

/// Loads all days with their incomes; gives all changes of holdings.
fn load_days(session: &mut dyn Session, fund: &mut Fund) -> Result<Vec<Move>, StoreError> {
    let mut moves = Vec::new();
    for stored in stored_days(session, "", &[])? {
        let day = stored.day;
        let is_booked = stored.record.stage >= ruixin_bao::fund::Stage::Distributed;
        let income = match stored.income.filter(|_| is_booked) {
            None => None,
            Some(distribution) => {
                let from = page::day_after(day)?;
                let mut incomes = Vec::new();
                let sql = "SELECT holder, income, borne FROM income WHERE day = $1 ORDER BY holder";
                session.each("reading incomes", sql, &[day_value(day)], &mut |row| {
                    let holder = row.unsigned(0)?;
                    incomes.push((holder, row.int(1)?));
                    let shares = row.int(2)?;
                    if shares != 0 {
                        moves.push(Move {
                            holder,
                            from,
                            shares,
                        });
                    }
                    Ok(())
                })?;
                Some(Income {
                    distribution,
                    incomes,
                    from_reserve_fen: stored.from_reserve_fen,
                })
            }
        };
        fund.load_day(
            day,
            DayRecord {
                income,
                ..stored.record
            },
        );
    }
    let sql = "SELECT holder, from_day, shares FROM share_move \
               UNION ALL SELECT holder, confirmed_on, shares FROM opening_holding \
               WHERE EXISTS (SELECT 1 FROM opened WHERE is_confirmed = 1)";
    session.each("reading holdings", sql, &[], &mut |row| {
        moves.push(Move {
            holder: row.unsigned(0)?,
            from: day_of(row.int(1)?)?,
            shares: row.int(2)?,
        });
        Ok(())
    })?;
    // Of a day what comes before what goes, so that nothing is below zero on the way.
    moves.sort_by_key(|change| (change.from, std::cmp::Reverse(change.shares)));
    Ok(moves)
}

fn load_opening_orders(session: &mut dyn Session, fund: &mut Fund) -> Result<(), StoreError> {
    let confirmed = "SELECT is_confirmed FROM opened";
    let confirmed = session.first("reading holdings", confirmed, &[], |row| row.int(0))?;
    let status = match confirmed {
        Some(1) => OrderStatus::Confirmed,
        _ => OrderStatus::Placed,
    };
    let placed_at = fund.book().entry(SUBSCRIPTION).map(|entry| entry.booked_at);
    let sql = "SELECT holder, shares, subscribed_on, confirmed_on FROM opening_holding";
    session.each("reading holdings", sql, &[], &mut |row| {
        let investor = row.unsigned(0)?;
        let (trade_date, confirmed_on) = (day_of(row.int(2)?)?, day_of(row.int(3)?)?);
        fund.load_order(Order {
            request: Request {
                id: order_of_holding(investor),
                investor,
                kind: OrderKind::Subscribe,
                amount_fen: row.int(1)?,
            },
            placed_at: placed_at.unwrap_or_default(),
            placed_on: trade_date,
            schedule: Schedule {
                trade_date,
                confirmed_on,
                earns_from: confirmed_on,
                earns_until: confirmed_on.previous().unwrap_or(trade_date),
            },
            status,
        });
        Ok(())
    })
}

/// Says what the accounts of a user are called.
pub(crate) fn accounts_of_user(user: u64) -> [AccountId; 2] {
    [AccountId::new(USERS, user), AccountId::new(SHARES, user)]
}
