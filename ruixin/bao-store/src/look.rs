//! What a service shows: a user's wallet and shares, bills, incomes, orders, days.

mod bills;

use std::io::Write;

use ruixin_bao::Day;
use ruixin_bao::fund::{Order, SHARES, Stage, USERS};
use ruixin_bao::ledger::{Account, AccountId, Entry, VoucherId};

use crate::error::StoreError;
use crate::import::FROZEN;
use crate::night::{StoredDay, stored_day, stored_days};
use crate::report::RegisterTotals;
use crate::sql::{Session, Value, parameters};
use crate::store::terms::{day as day_value, day_of};
use crate::store::{Lock, Page, Store, entries, number, padded};

pub use bills::{BillAt, BillKind, BillRecord};

/// Days that one statement names.
const AT_ONCE: usize = 64;

/// Is what a user has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserRecord {
    /// The account of the wallet.
    pub wallet: Account,
    /// The account of shares, if there ever were any.
    pub shares: Option<Account>,
    /// Frozen when the books were opened with converted ones, and not yet given back or out, fen: what
    /// stands below subject 2003. It is what is left of withdrawals and of what is held, see
    /// [`crate::OpenItem`].
    pub frozen_fen: i64,
    /// Paid for shares that are not confirmed, fen.
    pub subscribing_fen: i64,
    /// Shares that are redeemed and not paid out, hundredths.
    pub redeeming_fen: i64,
    /// All incomes that are booked, fen.
    pub income_fen: i64,
    /// The first day on which the shares earned, or will earn.
    pub earns_from: Option<Day>,
    /// The last day whose income is booked, and what the user has of it.
    pub last_day: Option<UserDay>,
}

impl UserRecord {
    /// What of the user's money is held or frozen, fen: in the wallet, and from the books that these
    /// were opened with.
    pub fn held_fen(&self) -> i64 {
        let held = self.wallet.balance_fen();
        let held = held.saturating_sub(self.wallet.available_fen());
        held.saturating_add(self.frozen_fen)
    }
}

/// Is a user's part of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UserDay {
    /// The day.
    pub day: Day,
    /// Shares with a right on it, hundredths.
    pub shares: i64,
    /// The income that is booked, fen.
    pub income_fen: i64,
}

impl Store {
    /// Gives what a user has, if there is such a user.
    ///
    /// # Errors
    ///
    /// The number is too large, a sum does not fit, or the database refuses.
    pub fn user(&mut self, user: u64) -> Result<Option<UserRecord>, StoreError> {
        let holder = number("user", user)?;
        let terms = self.terms.clone();
        self.transaction(Lock::Read, |session| {
            let mut page = Page::empty(session, &terms)?;
            let ids = [USERS, SHARES, FROZEN].map(|subject| AccountId::new(subject, user));
            page.load_accounts(ids)?;
            let [wallet, shares, frozen] = ids.map(|id| page.fund.book().account(id).cloned());
            let session = page.into_session();
            let Some(wallet) = wallet else {
                return Ok(None);
            };
            let (subscribing_fen, redeeming_fen, earns_from) = on_the_way(session, &holder)?;
            // Day by day, each by its key: a register has a row for each holder.
            let sql = "SELECT CAST(coalesce(sum((SELECT i.borne FROM income i WHERE i.day = d.day \
                       AND i.holder = $1)), 0) AS bigint) FROM day d WHERE d.stage >= 3";
            let with = std::slice::from_ref(&holder);
            let income_fen = session.number("adding up incomes", sql, with)?;
            let last_day = match crate::store::last_distributed(session)? {
                None => None,
                Some(day) => Some(day_of_user(session, &holder, day)?),
            };
            Ok(Some(UserRecord {
                wallet,
                shares,
                frozen_fen: frozen.map_or(0, |frozen| frozen.balance_fen()),
                subscribing_fen,
                redeeming_fen,
                income_fen,
                earns_from,
                last_day,
            }))
        })
    }

    /// Gives a user's days with shares before a day, or all, the latest first, so many at most.
    ///
    /// # Errors
    ///
    /// The number is too large, or the database refuses.
    pub fn incomes(
        &mut self,
        user: u64,
        before: Option<Day>,
        limit: usize,
    ) -> Result<Vec<UserDay>, StoreError> {
        let holder = number("user", user)?;
        self.transaction(Lock::Read, |session| {
            let sql = "SELECT day FROM day WHERE stage >= 3 AND day < $1 ORDER BY day DESC";
            let before = before.map_or(Value::Int(i64::MAX), day_value);
            let days = session.all("reading days", sql, &[before], |row| day_of(row.int(0)?))?;
            let mut found = Vec::new();
            for days in days.chunks(AT_ONCE) {
                if found.len() >= limit {
                    break;
                }
                let mut with = vec![holder.clone()];
                with.extend(padded(days.iter().map(|day| day_value(*day)).collect()));
                let list = parameters(2, with.len().saturating_sub(1));
                let sql = format!(
                    "SELECT day, shares, borne FROM income WHERE holder = $1 AND day IN {list} \
                     ORDER BY day DESC"
                );
                found.extend(session.all("reading incomes", &sql, &with, |row| {
                    Ok(UserDay {
                        day: day_of(row.int(0)?)?,
                        shares: row.int(1)?,
                        income_fen: row.int(2)?,
                    })
                })?);
            }
            found.truncate(limit);
            Ok(found)
        })
    }

    /// Gives a user's part of a day that is distributed; nothing on it where the user had no right.
    ///
    /// # Errors
    ///
    /// The number is too large, or the database refuses.
    pub fn user_day(&mut self, user: u64, day: Day) -> Result<UserDay, StoreError> {
        let holder = number("user", user)?;
        self.transaction(Lock::Read, |session| day_of_user(session, &holder, day))
    }

    /// Gives what a user has redeemed fast and paid from the fund on a natural day, fen: what counts
    /// for the caps.
    ///
    /// # Errors
    ///
    /// The number is too large, or the database refuses.
    pub fn used_of_caps(&mut self, user: u64, day: Day) -> Result<[i64; 2], StoreError> {
        let holder = number("user", user)?;
        self.transaction(Lock::Read, |session| {
            let sql = "SELECT CAST(coalesce(sum(CASE kind WHEN 'F' THEN amount ELSE 0 END), 0) AS bigint), \
                 CAST(coalesce(sum(CASE kind WHEN 'P' THEN amount ELSE 0 END), 0) AS bigint) \
                 FROM fund_order WHERE investor = $1 AND placed_on = $2";
            let with = [holder.clone(), day_value(day)];
            let used = session.first("reading orders", sql, &with, |row| {
                Ok([row.int(0)?, row.int(1)?])
            })?;
            Ok(used.unwrap_or_default())
        })
    }

    /// Gives an order, if it is there.
    ///
    /// # Errors
    ///
    /// The database refuses.
    pub fn order(&mut self, id: u128) -> Result<Option<Order>, StoreError> {
        let terms = self.terms.clone();
        self.transaction(Lock::Read, |session| {
            let mut page = Page::empty(session, &terms)?;
            page.load_orders(&[id])?;
            Ok(page.fund.order(id).copied())
        })
    }

    /// Gives a voucher, if it is there; of those kept as columns the legs of the house.
    ///
    /// # Errors
    ///
    /// The database refuses.
    pub fn voucher(&mut self, id: VoucherId) -> Result<Option<Entry>, StoreError> {
        self.transaction(Lock::Read, |session| {
            let found = entries(session, &[id.id])?;
            Ok(found.into_iter().find(|entry| entry.voucher.id == id))
        })
    }

    /// Gives what was given back of a payment, fen.
    ///
    /// # Errors
    ///
    /// The database refuses.
    pub fn refunded(&mut self, payment: u128) -> Result<i64, StoreError> {
        self.transaction(Lock::Read, |session| {
            let sql = "SELECT CAST(coalesce(sum(amount), 0) AS bigint) FROM refund r WHERE payment = $1 \
                       AND NOT EXISTS (SELECT 1 FROM voucher v WHERE v.kind = 'reversal' \
                       AND v.link_id = r.id AND v.link_part = 0)";
            session.number("adding up refunds", sql, &[Value::from(payment)])
        })
    }

    /// Gives the days that are distributed before a day, or all, the latest first, so many at most.
    ///
    /// # Errors
    ///
    /// The database refuses.
    pub fn days_before(
        &mut self,
        before: Option<Day>,
        limit: usize,
    ) -> Result<Vec<StoredDay>, StoreError> {
        self.transaction(Lock::Read, |session| {
            let sql =
                "SELECT day FROM day WHERE stage >= 3 AND day < $1 ORDER BY day DESC LIMIT $2";
            let before = before.map_or(Value::Int(i64::MAX), day_value);
            let limit = i64::try_from(limit).unwrap_or(i64::MAX);
            let with = [before, Value::Int(limit)];
            let days = session.all("reading days", sql, &with, |row| row.int(0))?;
            let (Some(last), Some(first)) = (days.first(), days.last()) else {
                return Ok(Vec::new());
            };
            let with = [Value::Int(*first), Value::Int(*last)];
            let mut days = stored_days(
                session,
                " WHERE stage >= 3 AND day BETWEEN $1 AND $2",
                &with,
            )?;
            days.reverse();
            Ok(days)
        })
    }

    /// Gives how many hold shares with a right on a day that is distributed.
    ///
    /// # Errors
    ///
    /// The database refuses.
    pub fn holders(&mut self, day: Day) -> Result<u64, StoreError> {
        self.transaction(Lock::Read, |session| {
            let sql = "SELECT CAST(count(*) AS bigint) FROM income WHERE day = $1";
            let holders = session.number("counting holders", sql, &[day_value(day)])?;
            u64::try_from(holders).map_err(|_| StoreError::damaged("fewer holders than none"))
        })
    }

    /// Gives what the register of a day that is distributed comes to, without its rows.
    ///
    /// # Errors
    ///
    /// The day is not distributed, or the database refuses.
    pub fn register_totals(&mut self, day: Day) -> Result<RegisterTotals, StoreError> {
        let holders = self.holders(day)?;
        self.transaction(Lock::Read, |session| {
            let income = distributed(session, day)?.income;
            let income = income.ok_or_else(|| StoreError::damaged("a day without its income"))?;
            let days = stored_days(session, " WHERE day <= $1", &[day_value(day)])?;
            let week = crate::report::week(&days, day);
            Ok(RegisterTotals {
                day,
                holders,
                income,
                week,
            })
        })
    }

    /// Writes the register of a day that is distributed, row by row as the database gives it: the
    /// same bytes as [`crate::write_register`], however many holders there are.
    ///
    /// # Errors
    ///
    /// The day is not distributed, the writer takes no more, or the database refuses.
    pub fn stream_register(&mut self, day: Day, to: &mut dyn Write) -> Result<(), StoreError> {
        self.transaction(Lock::Read, |session| {
            distributed(session, day)?;
            let failed = |error: std::io::Error| StoreError::File {
                path: "the register".to_owned(),
                why: error.to_string(),
            };
            writeln!(to, "{}", crate::report::REGISTER_HEAD).map_err(failed)?;
            let sql = "SELECT holder, shares, income FROM income WHERE day = $1 ORDER BY holder";
            session.each("reading a register", sql, &[day_value(day)], &mut |row| {
                let row = (row.unsigned(0)?, row.int(1)?, row.int(2)?);
                crate::report::write_holder(day, row, to).map_err(failed)
            })
        })
    }
}

/// Gives a day whose income is booked.
pub(crate) fn distributed(session: &mut dyn Session, day: Day) -> Result<StoredDay, StoreError> {
    let stored = stored_day(session, day)?;
    let stored = stored.filter(|day| day.record.stage >= Stage::Distributed);
    stored.ok_or_else(|| StoreError::NoRegister {
        day: day.to_string(),
        why: "its income is not distributed".to_owned(),
    })
}

fn day_of_user(session: &mut dyn Session, holder: &Value, day: Day) -> Result<UserDay, StoreError> {
    let sql = "SELECT shares, borne FROM income WHERE day = $1 AND holder = $2";
    let with = [day_value(day), holder.clone()];
    let found = session.first("reading incomes", sql, &with, |row| {
        Ok((row.int(0)?, row.int(1)?))
    })?;
    let (shares, income_fen) = found.unwrap_or_default();
    Ok(UserDay {
        day,
        shares,
        income_fen,
    })
}

/// What is subscribed and redeemed and not confirmed, and the first day on which shares earn.
fn on_the_way(
    session: &mut dyn Session,
    holder: &Value,
) -> Result<(i64, i64, Option<Day>), StoreError> {
    let what = "reading orders";
    let with = std::slice::from_ref(holder);
    let sql = "SELECT CAST(coalesce(sum(CASE WHEN status = 'P' AND kind = 'S' THEN amount ELSE 0 END), 0) AS bigint), \
         CAST(coalesce(sum(CASE WHEN status = 'P' AND kind = 'R' THEN amount ELSE 0 END), 0) AS bigint), \
         min(CASE kind WHEN 'S' THEN confirmed_on END) FROM fund_order WHERE investor = $1";
    let orders = session.first(what, sql, with, |row| {
        Ok((row.int(0)?, row.int(1)?, row.int_or_null(2)?))
    })?;
    let (subscribing, redeeming, of_orders) = orders.unwrap_or_default();
    let sql = "SELECT h.shares, h.confirmed_on, (SELECT is_confirmed FROM opened) \
               FROM opening_holding h WHERE h.holder = $1";
    let opening = session.first(what, sql, with, |row| {
        Ok((row.int(0)?, row.int(1)?, row.int_or_null(2)? == Some(1)))
    })?;
    let (mut opening_fen, mut of_opening) = (0, None);
    if let Some((shares, confirmed_on, is_confirmed)) = opening {
        opening_fen = if is_confirmed { 0 } else { shares };
        of_opening = Some(confirmed_on);
    }
    let first = of_orders.into_iter().chain(of_opening).min();
    let what = "a user's orders";
    let sum = subscribing.checked_add(opening_fen);
    Ok((
        sum.ok_or(StoreError::Overflow { what })?,
        redeeming,
        first.map(day_of).transpose()?,
    ))
}
