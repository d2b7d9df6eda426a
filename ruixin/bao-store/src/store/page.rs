//! The page of the books that a command needs, as the pure core takes it.

use std::collections::{BTreeMap, BTreeSet};

use ruixin_bao::Day;
use ruixin_bao::calendar::Schedule;
use ruixin_bao::fund::{
    DayRecord, Fund, Move, Order, OrderKind, OrderStatus, Request, Stage, Terms,
};
use ruixin_bao::ledger::{Account, AccountId, AccountKind, Limit, Totals, VoucherId};

use super::entries::{account_id, entries, padded, voucher_id};
use super::terms::{day, day_of};
use super::write::number;
use crate::error::StoreError;
use crate::sql::{Row, Session, Value, parameters};

/// Ids that one statement names.
const AT_ONCE: usize = 64;

pub(crate) const ORDER_COLUMNS: &str =
    "id, investor, kind, merchant, amount, placed_at, placed_on, trade_date, confirmed_on, status";
pub(crate) const ACCOUNT_COLUMNS: &str = "subject, number, kind, keeps, debits_posted, \
     credits_posted, debits_pending, credits_pending";

/// Is a fund with what was loaded, and the transaction that it was loaded in.
pub(crate) struct Page<'a> {
    pub(crate) fund: Fund,
    session: &'a mut dyn Session,
    bulk: BTreeSet<VoucherId>,
    locks: bool,
}

impl<'a> Page<'a> {
    /// Begins a page whose accounts are locked as they are loaded: load them first, and all at
    /// once, so that all commands lock in one order.
    pub(crate) fn new(session: &'a mut dyn Session, terms: &Terms) -> Result<Page<'a>, StoreError> {
        Ok(Page {
            fund: Fund::new(terms.clone())?,
            locks: session.is_postgres(),
            session,
            bulk: BTreeSet::new(),
        })
    }

    /// Begins a page that is only looked at.
    pub(crate) fn empty(
        session: &'a mut dyn Session,
        terms: &Terms,
    ) -> Result<Page<'a>, StoreError> {
        let page = Page::new(session, terms)?;
        Ok(Page {
            locks: false,
            ..page
        })
    }

    pub(crate) fn is_postgres(&self) -> bool {
        self.session.is_postgres()
    }

    pub(crate) fn session(&mut self) -> &mut dyn Session {
        self.session
    }

    pub(crate) fn into_session(self) -> &'a mut dyn Session {
        self.session
    }

    /// Whether a voucher that was loaded is one of those whose legs are kept as columns.
    pub(crate) fn is_bulk(&self, id: VoucherId) -> bool {
        self.bulk.contains(&id)
    }

    /// Gives the instant at which to book: time does not go back behind what is booked.
    pub(crate) fn instant(&mut self, now_micros: i64) -> Result<i64, StoreError> {
        instant(self.session, now_micros)
    }

    /// Loads accounts, as far as they are there.
    pub(crate) fn load_accounts(
        &mut self,
        ids: impl IntoIterator<Item = AccountId>,
    ) -> Result<(), StoreError> {
        let mut by_subject: BTreeMap<u16, BTreeSet<u64>> = BTreeMap::new();
        for id in ids {
            by_subject.entry(id.subject).or_default().insert(id.number);
        }
        let lock = if self.locks { " FOR UPDATE" } else { "" };
        for (subject, numbers) in by_subject {
            let numbers: Vec<u64> = numbers.into_iter().collect();
            for numbers in numbers.chunks(AT_ONCE) {
                // What is beyond the range is not there.
                let numbers = numbers
                    .iter()
                    .filter_map(|number| i64::try_from(*number).ok());
                let numbers = padded(numbers.map(Value::Int).collect());
                if numbers.is_empty() {
                    continue;
                }
                let sql = format!(
                    "SELECT {ACCOUNT_COLUMNS} FROM account WHERE subject = $1 AND number IN {} \
                     ORDER BY subject, number{lock}",
                    parameters(2, numbers.len())
                );
                let mut with = vec![Value::Int(i64::from(subject))];
                with.extend(numbers);
                let fund = &mut self.fund;
                self.session
                    .each("reading accounts", &sql, &with, &mut |row| {
                        fund.load_account(account(row)?);
                        Ok(())
                    })?;
            }
        }
        Ok(())
    }

    /// Loads all vouchers under some ids.
    pub(crate) fn load_entries(&mut self, ids: &[u128]) -> Result<(), StoreError> {
        for entry in entries(self.session, ids)? {
            self.fund.load_entry(entry);
        }
        // The fund's own parts begin at 1, and those kept as columns at 3.
        for chunk in ids.chunks(AT_ONCE) {
            let ids = padded(chunk.iter().map(|id| Value::from(*id)).collect());
            let sql = format!(
                "SELECT id, part FROM voucher WHERE part >= 3 AND kind IN {} AND id IN {}",
                super::BULK,
                parameters(1, ids.len())
            );
            let bulk = &mut self.bulk;
            self.session
                .each("reading vouchers", &sql, &ids, &mut |row| {
                    bulk.insert(voucher_id(row, 0)?);
                    Ok(())
                })?;
        }
        Ok(())
    }

    /// Loads orders, as far as they are there.
    pub(crate) fn load_orders(&mut self, ids: &[u128]) -> Result<(), StoreError> {
        for ids in ids.chunks(AT_ONCE) {
            let ids = padded(ids.iter().map(|id| Value::from(*id)).collect());
            let sql = format!(
                "SELECT {ORDER_COLUMNS} FROM fund_order WHERE id IN {}",
                parameters(1, ids.len())
            );
            self.read_orders(&sql, &ids)?;
        }
        Ok(())
    }

    /// Loads the orders of investors on a natural day, for the caps.
    pub(crate) fn load_orders_of_day(
        &mut self,
        investors: &[u64],
        today: Day,
    ) -> Result<(), StoreError> {
        for investors in investors.chunks(AT_ONCE) {
            let mut numbers = Vec::new();
            for investor in investors {
                numbers.push(number("investor", *investor)?);
            }
            let numbers = padded(numbers);
            let sql = format!(
                "SELECT {ORDER_COLUMNS} FROM fund_order WHERE placed_on = $1 AND investor IN {}",
                parameters(2, numbers.len())
            );
            let mut with = vec![day(today)];
            with.extend(numbers);
            self.read_orders(&sql, &with)?;
        }
        Ok(())
    }

    fn read_orders(&mut self, sql: &str, with: &[Value]) -> Result<(), StoreError> {
        let fund = &mut self.fund;
        self.session.each("reading orders", sql, with, &mut |row| {
            fund.load_order(order(row)?);
            Ok(())
        })
    }

    /// Loads how far the days have come.
    pub(crate) fn load_days(&mut self) -> Result<(), StoreError> {
        let fund = &mut self.fund;
        let sql = "SELECT day, stage FROM day";
        self.session.each("reading days", sql, &[], &mut |row| {
            let record = DayRecord {
                stage: stage(row.int(1)?)?,
                ..DayRecord::default()
            };
            fund.load_day(day_of(row.int(0)?)?, record);
            Ok(())
        })
    }

    /// Loads what holders have: on the last day that is distributed, and what comes after it.
    pub(crate) fn load_holdings(&mut self, holders: &[u64]) -> Result<(), StoreError> {
        let last = last_distributed(self.session)?;
        for holders in holders.chunks(AT_ONCE) {
            let distinct: BTreeSet<u64> = holders.iter().copied().collect();
            let mut numbers = Vec::new();
            for holder in distinct {
                numbers.push(number("holder", holder)?);
            }
            for change in changes_of(self.session, &padded(numbers), last)? {
                self.fund.load_move(change)?;
            }
        }
        Ok(())
    }
}

/// Reads what some holders have: on a day that is distributed, and what comes after it.
fn changes_of(
    session: &mut dyn Session,
    holders: &[Value],
    last: Option<Day>,
) -> Result<Vec<Move>, StoreError> {
    let list = parameters(2, holders.len());
    let mut with = vec![last.map_or(Value::Int(i64::MIN), day)];
    with.extend(holders.iter().cloned());
    let what = "reading holdings";
    let mut changes = Vec::new();
    let sql = format!(
        "SELECT holder, day, shares, borne FROM income WHERE day = $1 AND holder IN {list}"
    );
    session.each(what, &sql, &with, &mut |row| {
        let (holder, from) = (row.unsigned(0)?, day_of(row.int(1)?)?);
        let change = |from, shares| Move {
            holder,
            from,
            shares,
        };
        changes.push(change(from, row.int(2)?));
        changes.push(change(day_after(from)?, row.int(3)?));
        Ok(())
    })?;
    let later = [
        format!(
            "SELECT holder, from_day, CAST(sum(shares) AS bigint) FROM share_move \
             WHERE from_day > $1 AND holder IN {list} GROUP BY holder, from_day \
             ORDER BY holder, from_day"
        ),
        format!(
            "SELECT holder, confirmed_on, shares FROM opening_holding WHERE confirmed_on > $1 \
             AND holder IN {list} AND EXISTS (SELECT 1 FROM opened WHERE is_confirmed = 1)"
        ),
    ];
    let mut moves = Vec::new();
    for sql in later {
        session.each(what, &sql, &with, &mut |row| {
            moves.push(Move {
                holder: row.unsigned(0)?,
                from: day_of(row.int(1)?)?,
                shares: row.int(2)?,
            });
            Ok(())
        })?;
    }
    // What comes first counts first, and of a day what comes before what goes.
    moves.sort_by_key(|change| (change.from, std::cmp::Reverse(change.shares), change.holder));
    changes.extend(moves);
    Ok(changes)
}

/// Gives the last day whose income is booked.
pub(crate) fn last_distributed(session: &mut dyn Session) -> Result<Option<Day>, StoreError> {
    let sql = "SELECT day FROM day WHERE stage >= 3 ORDER BY day DESC LIMIT 1";
    session.first("reading days", sql, &[], |row| day_of(row.int(0)?))
}

pub(crate) fn instant(session: &mut dyn Session, now_micros: i64) -> Result<i64, StoreError> {
    let sql = "SELECT coalesce(max(booked_at), $1) FROM voucher";
    let last = session.number("the last instant", sql, &[Value::Int(now_micros)])?;
    Ok(last.max(now_micros))
}

pub(crate) fn day_after(day: Day) -> Result<Day, StoreError> {
    day.next()
        .ok_or_else(|| StoreError::damaged("there is no day after the last"))
}

pub(crate) fn account(row: &Row) -> Result<Account, StoreError> {
    let kind = match row.text(2)? {
        "A" => AccountKind::Asset,
        "L" => AccountKind::Liability,
        "Q" => AccountKind::Equity,
        "I" => AccountKind::Income,
        "E" => AccountKind::Expense,
        other => {
            return Err(StoreError::damaged(format!(
                "{other:?} is no kind of account"
            )));
        }
    };
    let limit = match row.text(3)? {
        "N" => Limit::None,
        "D" => Limit::DebitsMustNotExceedCredits,
        "C" => Limit::CreditsMustNotExceedDebits,
        other => return Err(StoreError::damaged(format!("{other:?} is no limit"))),
    };
    let mut account = Account::new(account_id(row, 0)?, kind, limit);
    account.totals = Totals {
        debits_posted_fen: row.int(4)?,
        credits_posted_fen: row.int(5)?,
        debits_pending_fen: row.int(6)?,
        credits_pending_fen: row.int(7)?,
    };
    Ok(account)
}

pub(crate) fn order(row: &Row) -> Result<Order, StoreError> {
    let kind = match row.text(2)? {
        "S" => OrderKind::Subscribe,
        "R" => OrderKind::Redeem,
        "F" => OrderKind::RedeemFast,
        "P" => OrderKind::Pay {
            merchant: row.unsigned(3)?,
        },
        other => {
            return Err(StoreError::damaged(format!(
                "{other:?} is no kind of order"
            )));
        }
    };
    let confirmed_on = day_of(row.int(8)?)?;
    let trade_date = day_of(row.int(7)?)?;
    Ok(Order {
        request: Request {
            id: row.id(0)?,
            investor: row.unsigned(1)?,
            kind,
            amount_fen: row.int(4)?,
        },
        placed_at: row.int(5)?,
        placed_on: day_of(row.int(6)?)?,
        schedule: Schedule {
            trade_date,
            confirmed_on,
            earns_from: confirmed_on,
            earns_until: confirmed_on.previous().unwrap_or(trade_date),
        },
        status: match row.text(9)? {
            "P" => OrderStatus::Placed,
            _ => OrderStatus::Confirmed,
        },
    })
}

pub(crate) fn stage(number: i64) -> Result<Stage, StoreError> {
    Ok(match number {
        0 => Stage::Open,
        1 => Stage::Cut,
        2 => Stage::Confirmed,
        3 => Stage::Distributed,
        4 => Stage::Closed,
        other => return Err(StoreError::damaged(format!("{other} is no stage of a day"))),
    })
}
