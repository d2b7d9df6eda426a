//! Pending vouchers that have expired are released: what they held can be spent again.
//!
//! The house releases them, each by a voucher whose name follows from theirs
//! ([`ruixin_bao::fund::release_of`]): the books move by vouchers alone, and whoever releases once more,
//! after a crash or at another instance, finds it done. Until then what has expired is held, in an
//! account's totals and by its limit, and nobody can post it; so a service releases before it decides.

use std::collections::BTreeSet;

use ruixin_bao::fund::{FundEffects, Terms};
use ruixin_bao::ledger::{AccountId, VoucherId};

use crate::error::StoreError;
use crate::sql::{Session, Value};
use crate::store::entries::voucher_id;
use crate::store::{Changes, Lock, Page, Store};

/// How many vouchers go at once: others write in between.
const AT_ONCE: i64 = 256;

/// Is how far the vouchers that expire have been released.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expired {
    /// How many were released now.
    pub released: u64,
    /// The earliest expiry of those that nothing has resolved, microseconds since 1970 UTC. Where it is
    /// over, there were more than go at once, or nothing can be booked.
    pub next_at: Option<i64>,
}

impl Store {
    /// Releases pending vouchers that have expired by an instant, the earliest first, so many as go in one
    /// transaction. While the window is closed nothing is booked, and so nothing released.
    ///
    /// # Errors
    ///
    /// Nothing can be booked on that day, see [`ruixin_bao::fund::Fund::release_expired`]; or the database
    /// refuses. Then none is released.
    pub fn release_expired(&mut self, now_micros: i64) -> Result<Expired, StoreError> {
        // As a rule there is nothing to release, and to find that out takes no lock.
        let next_at = next(&mut *self.session)?;
        if next_at.is_none_or(|at| at > now_micros) {
            let released = 0;
            return Ok(Expired { released, next_at });
        }
        let terms = self.terms.clone();
        self.transaction(Lock::Command, |session| some(session, &terms, now_micros))
    }
}

fn some(session: &mut dyn Session, terms: &Terms, now_micros: i64) -> Result<Expired, StoreError> {
    let mut released: u64 = 0;
    if !crate::window::is_open(session)? {
        let next_at = next(session)?;
        return Ok(Expired { released, next_at });
    }
    let due = due(session, now_micros)?;
    let ids: Vec<u128> = due.iter().map(|pending| pending.id).collect();
    let mut page = Page::new(session, terms)?;
    // Twice in PostgreSQL: the vouchers say which accounts to lock, and only then they stand still.
    page.load_entries(&ids)?;
    let mut accounts: BTreeSet<AccountId> = BTreeSet::new();
    for entry in due.iter().filter_map(|id| page.fund.book().entry(*id)) {
        accounts.extend(entry.postings.iter().map(|posting| posting.account));
    }
    page.load_accounts(accounts)?;
    if page.is_postgres() {
        page.load_entries(&ids)?;
    }
    page.load_days()?;
    let now = page.instant(now_micros)?;
    let mut changes = Changes::default();
    for pending in due {
        let Some(effects) = page.fund.decide_release(pending, now)? else {
            continue;
        };
        page.fund.apply(FundEffects {
            vouchers: vec![effects.clone()],
            ..FundEffects::default()
        })?;
        changes.add_voucher(effects);
        released = released.saturating_add(1);
    }
    let session = page.into_session();
    changes.write(session)?;
    let next_at = next(session)?;
    Ok(Expired { released, next_at })
}

/// The earliest expiry that waits, over or ahead.
fn next(session: &mut dyn Session) -> Result<Option<i64>, StoreError> {
    let sql = "SELECT min(expires_at) FROM expiring";
    let what = "looking for what expires";
    let found = session.first(what, sql, &[], |row| row.int_or_null(0))?;
    Ok(found.flatten())
}

fn due(session: &mut dyn Session, now_micros: i64) -> Result<Vec<VoucherId>, StoreError> {
    let sql = "SELECT id, part FROM expiring WHERE expires_at <= $1 \
               ORDER BY expires_at, id, part LIMIT $2";
    let with = [Value::Int(now_micros), Value::Int(AT_ONCE)];
    let what = "looking for what has expired";
    session.all(what, sql, &with, |row| voucher_id(row, 0))
}
