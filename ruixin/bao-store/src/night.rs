//! The nightly run: cut, confirm, divide, carry, close, over the stored register in bulk.
//!
//! Each step is one transaction and is done once: a run that was killed goes on with the first step
//! that is not done, and comes to the same. What is read for the division cannot change any more
//! when it is read: no order's right can begin on a day that is confirmed.

mod stored;

use std::num::NonZeroUsize;

use ruixin_bao::Day;
use ruixin_bao::fund::{
    Batch, CLIENT_MONEY, FUND_ASSETS, Fund, RESERVE, SHARES, SUBSCRIPTIONS, Stage, Terms,
    check_same_income, income_voucher,
};
use ruixin_bao::income::{Distribution, IncomeError, Register};
use ruixin_bao::ledger::{Account, AccountId, Entry, LedgerError, Posting, Voucher, VoucherId};

pub use stored::StoredDay;
pub(crate) use stored::{stored_day, stored_days};

use crate::columns::Columns;
use crate::error::StoreError;
use crate::import::CONFIRMATION;
use crate::sql::{Session, Value};
use crate::store::terms::day as day_value;
use crate::store::write_bulk;
use crate::store::{Changes, Lock, Page, Store, page, update_accounts};
use stored::{batch, batch_of_opening, batch_values, overflow, sum};

/// Orders that are confirmed at once: so many pages of them are in memory.
const ORDERS_AT_ONCE: usize = 20_000;

/// Is what a run of a day did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// The day.
    pub day: Day,
    /// How far it had come before.
    pub was: Stage,
    /// The orders that belong to it.
    pub cut: Batch,
    /// The orders that were confirmed after it.
    pub confirmed: Batch,
    /// Its income.
    pub income: Distribution,
    /// What of a loss the risk reserve bore, fen.
    pub from_reserve_fen: i64,
}

impl Store {
    /// Goes through all steps of a day that are not done yet.
    ///
    /// # Errors
    ///
    /// See [`Store::cut`], [`Store::confirm`], [`Store::distribute`] and [`Store::close`]. The steps
    /// before the one that failed are done.
    pub fn run_day(
        &mut self,
        day: Day,
        income_fen: i64,
        now_micros: i64,
        threads: NonZeroUsize,
    ) -> Result<Run, StoreError> {
        let was = self.day(day)?.map_or(Stage::Open, |day| day.record.stage);
        let cut = self.cut(day, now_micros)?;
        let confirmed = self.confirm(day, now_micros)?;
        let (income, from_reserve_fen) = self.distribute(day, income_fen, now_micros, threads)?;
        self.close(day)?;
        Ok(Run {
            day,
            was,
            cut,
            confirmed,
            income,
            from_reserve_fen,
        })
    }

    /// Cuts a day (日切).
    ///
    /// # Errors
    ///
    /// See [`Fund::cut`]; or the database refuses.
    pub fn cut(&mut self, day: Day, now_micros: i64) -> Result<Batch, StoreError> {
        self.tell("cut");
        let terms = self.terms.clone();
        self.transaction(Lock::All, |session| {
            if let Some(batch) = stored_day(session, day)?.and_then(|day| day.record.cut) {
                return Ok(batch);
            }
            days_only(session, &terms)?.check_cut(day, now_micros)?;
            let with = [day_value(day)];
            let batch = batch(session, "fund_order WHERE trade_date = $1", &with)?;
            let opening = batch_of_opening(session, "subscribed_on", day)?;
            let batch = sum(batch, opening);
            let sql = "INSERT INTO day (day, stage, cut_orders, cut_subscribed, cut_redeemed, \
                       cut_fast) VALUES ($1, 1, $2, $3, $4, $5)";
            let mut with = with.to_vec();
            with.extend(batch_values(&batch)?);
            session.execute("cutting a day", sql, &with)?;
            Ok(batch)
        })
    }

    /// Confirms (确认) after a day the orders that are due on the next one.
    ///
    /// # Errors
    ///
    /// See [`Fund::confirm`]; or the database refuses.
    pub fn confirm(&mut self, day: Day, now_micros: i64) -> Result<Batch, StoreError> {
        self.tell("confirm");
        let terms = self.terms.clone();
        self.transaction(Lock::All, |session| {
            if let Some(batch) = stored_day(session, day)?.and_then(|day| day.record.confirmed) {
                return Ok(batch);
            }
            let due_on = days_only(session, &terms)?.check_confirm(day, now_micros)?;
            let now = page::instant(session, now_micros)?;
            let condition = "fund_order WHERE status = 'P' AND confirmed_on = $1";
            let due = batch(session, condition, &[day_value(due_on)])?;
            let opening = batch_of_opening(session, "confirmed_on", due_on)?;
            if opening.orders > 0 {
                confirm_opening(session, &terms, due_on, opening.subscribed_fen, now)?;
            }
            let mut after = 0_u128;
            while let Some(last) = confirm_some(session, &terms, due_on, after, now)? {
                after = last;
            }
            let batch = sum(due, opening);
            let sql = "UPDATE day SET stage = 2, conf_orders = $2, conf_subscribed = $3, \
                       conf_redeemed = $4, conf_fast = $5 WHERE day = $1";
            let mut with = vec![day_value(day)];
            with.extend(batch_values(&batch)?);
            session.execute("confirming a day", sql, &with)?;
            Ok(batch)
        })
    }

    /// Divides a day's income (分配), fen, and carries it to shares. Gives what it came to, and what
    /// of a loss the risk reserve bore.
    ///
    /// An income is written first, holder by holder, which keeps nobody waiting in PostgreSQL; then
    /// it is booked. A loss is both in one transaction: it depends on what holders have left.
    ///
    /// # Errors
    ///
    /// See [`Fund::distribute`]; or the database refuses.
    pub fn distribute(
        &mut self,
        day: Day,
        income_fen: i64,
        now_micros: i64,
        threads: NonZeroUsize,
    ) -> Result<(Distribution, i64), StoreError> {
        let terms = self.terms.clone();
        let mut trace = self.trace.take();
        let mut tell = |what| {
            if let Some(trace) = &mut trace {
                trace(what);
            }
        };
        let mut steps = || {
            if income_fen < 0 {
                return self.transaction(Lock::All, |session| {
                    divide(session, &terms, day, income_fen, threads, &mut tell)?;
                    carry(session, &terms, day, now_micros, &mut tell)
                });
            }
            self.transaction(Lock::Step, |session| {
                divide(session, &terms, day, income_fen, threads, &mut tell)
            })?;
            self.transaction(Lock::All, |session| {
                carry(session, &terms, day, now_micros, &mut tell)
            })
        };
        let done = steps();
        self.trace = trace;
        done
    }

    /// Closes a day (日终), if its books stand the proofs of a day. Gives what it came to.
    ///
    /// # Errors
    ///
    /// See [`Fund::close`]; or the database refuses.
    pub fn close(&mut self, day: Day) -> Result<StoredDay, StoreError> {
        self.tell("prove and close");
        let terms = self.terms.clone();
        self.transaction(Lock::All, |session| {
            let found = stored_day(session, day)?;
            if let Some(found) = found.filter(|day| day.record.stage == Stage::Closed) {
                return Ok(found);
            }
            days_only(session, &terms)?.check_close(day)?;
            crate::prove::prove_day(session, day)?;
            let sql = "UPDATE day SET stage = 4 WHERE day = $1";
            session.execute("closing a day", sql, &[day_value(day)])?;
            let closed = stored_day(session, day)?;
            closed.ok_or_else(|| StoreError::damaged("the day is gone"))
        })
    }

    /// Gives what is kept of a day, if it was cut.
    ///
    /// # Errors
    ///
    /// The database refuses.
    pub fn day(&mut self, day: Day) -> Result<Option<StoredDay>, StoreError> {
        self.transaction(Lock::Read, |session| stored_day(session, day))
    }

    /// Gives all days that were cut.
    ///
    /// # Errors
    ///
    /// The database refuses.
    pub fn days(&mut self) -> Result<Vec<StoredDay>, StoreError> {
        self.transaction(Lock::Read, |session| stored_days(session, "", &[]))
    }
}

/// A fund that knows the days and nothing else.
fn days_only(session: &mut dyn Session, terms: &Terms) -> Result<Fund, StoreError> {
    let mut page = Page::empty(session, terms)?;
    page.load_days()?;
    Ok(page.fund)
}

/// Confirms some orders after an id, which are all in memory; gives the last id, if there were any.
fn confirm_some(
    session: &mut dyn Session,
    terms: &Terms,
    due_on: Day,
    after: u128,
    now: i64,
) -> Result<Option<u128>, StoreError> {
    let sql = format!(
        "SELECT {} FROM fund_order WHERE status = 'P' AND confirmed_on = $1 AND id >= $2 \
         ORDER BY id LIMIT {ORDERS_AT_ONCE}",
        page::ORDER_COLUMNS
    );
    let with = [day_value(due_on), Value::from(after)];
    let due = session.all("reading orders", &sql, &with, page::order)?;
    let Some(last) = due.last().map(|order| order.request.id) else {
        return Ok(None);
    };
    let mut page = Page::new(session, terms)?;
    let house = ruixin_bao::fund::house_accounts(terms).map(|account| account.id);
    let of_order = |order: &ruixin_bao::fund::Order| {
        let investor = order.request.investor;
        [
            AccountId::new(ruixin_bao::fund::USERS, investor),
            AccountId::new(SHARES, investor),
        ]
    };
    page.load_accounts(house.into_iter().chain(due.iter().flat_map(of_order)))?;
    let ids: Vec<u128> = due.iter().map(|order| order.request.id).collect();
    page.load_entries(&ids)?;
    let mut holders: Vec<u64> = due.iter().map(|order| order.request.investor).collect();
    holders.push(terms.provider);
    holders.sort_unstable();
    holders.dedup();
    page.load_holdings(&holders)?;
    let mut changes = Changes::default();
    changes.add_confirmations(page.fund.decide_confirmations(&due, now)?);
    changes.write(page.into_session())?;
    Ok(Some(last))
}

/// Confirms what users had subscribed before the books were opened, all at once.
fn confirm_opening(
    session: &mut dyn Session,
    terms: &Terms,
    due_on: Day,
    shares_fen: i128,
    now: i64,
) -> Result<(), StoreError> {
    let amount_fen = i64::try_from(shares_fen).map_err(|_| overflow())?;
    let mut page = Page::new(session, terms)?;
    let legs = [
        Posting::debit(AccountId::new(SUBSCRIPTIONS, 0), amount_fen),
        Posting::credit(
            AccountId::new(CLIENT_MONEY, terms.settlement_bank),
            amount_fen,
        ),
        Posting::debit(AccountId::new(FUND_ASSETS, 0), amount_fen),
    ];
    let sql = "UPDATE account SET credits_posted = credits_posted + h.shares \
               FROM opening_holding h WHERE account.subject = 4001 AND account.number = h.holder";
    carry_all(
        page.session(),
        sql,
        &[],
        "SELECT count(*) FROM opening_holding",
    )?;
    page.load_accounts(legs.iter().map(|leg| leg.account))?;
    let accounts = moved(&page.fund, &legs)?;
    let session = page.into_session();
    update_accounts(session, accounts.iter())?;
    session.execute(
        "confirming holdings",
        "UPDATE opened SET is_confirmed = 1",
        &[],
    )?;
    let entry = entry(CONFIRMATION, due_on, now, legs.to_vec());
    write_bulk(session, &entry, "opening_confirmation")
}

/// Divides a day's income and writes the register of the day with it, unless that is done.
fn divide(
    session: &mut dyn Session,
    terms: &Terms,
    day: Day,
    income_fen: i64,
    threads: NonZeroUsize,
    tell: &mut dyn FnMut(&'static str),
) -> Result<(), StoreError> {
    if let Some(income) = stored_day(session, day)?.and_then(|day| day.income) {
        return Ok(check_same_income(day, income.income_fen, income_fen)?);
    }
    days_only(session, terms)?.check_distribute(day)?;
    tell("read the register");
    let Columns { holders, shares } = Columns::of(session, day)?;
    tell("divide");
    let mut incomes = vec![0; holders.len()];
    let register = Register::new(&holders, &shares)?;
    let distribution = register.distribute_on(threads, income_fen, &mut incomes)?;
    let per_ten_thousand = i64::try_from(distribution.per_ten_thousand.mantissa);
    let per_ten_thousand = per_ten_thousand.map_err(|_| IncomeError::OutOfRange {
        income_fen,
        shares: distribution.shares,
    })?;
    tell("write incomes");
    let mut from_reserve_fen = 0_i64;
    let available = match income_fen < 0 {
        true => available(session)?,
        false => Columns::default(),
    };
    let mut available = available
        .holders
        .into_iter()
        .zip(available.shares)
        .peekable();
    let mut rows = holders.iter().zip(&shares).zip(&incomes);
    let day_number = i64::from(day.number());
    let columns = ["day", "holder", "shares", "income", "borne"];
    session.append("income", &columns, &mut |row| {
        let Some(((holder, shares), income)) = rows.next() else {
            return Ok(false);
        };
        let mut borne = *income;
        if borne < 0 {
            while available.next_if(|(one, _)| one < holder).is_some() {}
            let left = available.next_if(|(one, _)| one == holder);
            borne = borne.max(left.map_or(0, |(_, left)| left.saturating_neg()));
            let rest = borne.checked_sub(*income).ok_or_else(overflow)?;
            from_reserve_fen = from_reserve_fen.checked_add(rest).ok_or_else(overflow)?;
        }
        row.extend([
            Value::Int(day_number),
            crate::store::number("holder", *holder)?,
            Value::Int(*shares),
            Value::Int(*income),
            Value::Int(borne),
        ]);
        Ok(true)
    })?;
    let sql = "UPDATE day SET income = $2, shares = $3, per_ten_thousand = $4, residue = $5, \
               from_reserve = $6 WHERE day = $1";
    let with = [
        day_value(day),
        Value::Int(income_fen),
        Value::Int(distribution.shares),
        Value::Int(per_ten_thousand),
        Value::Int(distribution.residue_fen),
        Value::Int(from_reserve_fen),
    ];
    session.execute("dividing an income", sql, &with)?;
    tell("commit incomes");
    Ok(())
}

/// What can be taken of each holder's shares, those that are held for an order not among it.
fn available(session: &mut dyn Session) -> Result<Columns, StoreError> {
    let sql = "SELECT number, credits_posted - debits_posted - debits_pending FROM account \
               WHERE subject = 4001 ORDER BY number";
    crate::columns::read(session, "reading shares", sql, &[])
}

/// Books the income that was divided: each holder's to its shares, as one voucher.
fn carry(
    session: &mut dyn Session,
    terms: &Terms,
    day: Day,
    now_micros: i64,
    tell: &mut dyn FnMut(&'static str),
) -> Result<(Distribution, i64), StoreError> {
    let found = stored_day(session, day)?;
    let found = found.ok_or_else(|| StoreError::damaged("the day is gone"))?;
    let income = found.income;
    let income = income.ok_or_else(|| StoreError::damaged("the day's income is gone"))?;
    if found.record.stage >= Stage::Distributed {
        return Ok((income, found.from_reserve_fen));
    }
    tell("carry to shares");
    let now = page::instant(session, now_micros)?;
    if income.income_fen != 0 {
        let (column, sign) = match income.income_fen < 0 {
            true => ("debits_posted", "-"),
            false => ("credits_posted", "+"),
        };
        let sql = format!(
            "UPDATE account SET {column} = {column} {sign} i.borne FROM income i \
             WHERE i.day = $1 AND i.borne <> 0 AND account.subject = {SHARES} \
             AND account.number = i.holder"
        );
        let count = "SELECT count(*) FROM income WHERE day = $1 AND borne <> 0";
        carry_all(session, &sql, &[day_value(day)], count)?;
        tell("seal the voucher");
        let mut legs = Vec::new();
        if found.from_reserve_fen > 0 {
            let reserve = AccountId::new(RESERVE, 0);
            legs.push(Posting::debit(reserve, found.from_reserve_fen));
        }
        let assets = AccountId::new(FUND_ASSETS, 0);
        legs.push(match income.income_fen {
            gain if gain > 0 => Posting::debit(assets, gain),
            loss => Posting::credit(assets, loss.saturating_neg()),
        });
        let mut page = Page::new(session, terms)?;
        page.load_accounts(legs.iter().map(|leg| leg.account))?;
        let accounts = moved(&page.fund, &legs)?;
        let session = page.into_session();
        update_accounts(session, accounts.iter())?;
        write_bulk(
            session,
            &entry(income_voucher(day), day, now, legs),
            "income",
        )?;
    }
    let sql = "UPDATE day SET stage = 3 WHERE day = $1";
    session.execute("distributing a day", sql, &[day_value(day)])?;
    tell("commit shares");
    Ok((income, found.from_reserve_fen))
}

/// Moves many accounts by one statement, and checks that it has moved as many as it should.
fn carry_all(
    session: &mut dyn Session,
    update: &str,
    with: &[Value],
    count: &str,
) -> Result<(), StoreError> {
    let moved = session.execute("carrying to shares", update, with)?;
    let expected = session.number("counting", count, with)?;
    if i64::try_from(moved).ok() != Some(expected) {
        let why =
            format!("{moved} accounts of shares were moved, and there are {expected} to move");
        return Err(StoreError::damaged(why));
    }
    Ok(())
}

/// Moves the house's accounts by the legs of a voucher whose others are columns, within limits.
fn moved(fund: &Fund, legs: &[Posting]) -> Result<Vec<Account>, StoreError> {
    let mut moved = Vec::new();
    for leg in legs {
        let account = leg.account;
        let found = fund.book().account(account);
        let found = found.ok_or(LedgerError::AccountNotFound { account })?;
        moved.push(found.after(leg)?);
    }
    Ok(moved)
}

fn entry(id: VoucherId, day: Day, booked_at: i64, postings: Vec<Posting>) -> Entry {
    Entry {
        voucher: Voucher::booking(id, day, postings.clone()),
        booked_at,
        postings,
        resolved: None,
        reversed_by: None,
        rebooked_by: None,
    }
}
