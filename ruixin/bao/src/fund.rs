//! The money fund (货币基金) on the double-entry book: orders, the steps of a day, income rights.
//!
//! # Accounts
//!
//! | subject | what | sub-account | side | limit |
//! |---|---|---|---|---|
//! | 1002 | client money at banks (备付金) | bank | debit | never below zero |
//! | 1321 | the fund's assets, at the custodian (基金资产) | | debit | never below zero |
//! | 2001 | owed to users (用户余额) | user | credit | never below zero |
//! | 2002 | owed to merchants (商户余额) | merchant | credit | never below zero |
//! | 2203 | subscriptions paid and not confirmed (待确认申购款) | | credit | never below zero |
//! | 2205 | the advance bank's money (垫支款) | provider | credit | never below zero |
//! | 4001 | shares of the fund (实收基金), at 1.00 | holder | credit | never below zero |
//! | 4102 | risk reserve (风险准备金) | | credit | never below zero |
//!
//! | step | debit | credit |
//! |---|---|---|
//! | subscribe (申购) | 2001 user | 2203 |
//! | … confirmed | 2203 · 1321 | 1002 · 4001 user |
//! | redeem (赎回), held until T+1 | 4001 user · 1002 | 2001 user · 1321 |
//! | redeem fast (快速赎回), at once | 4001 user · 2205 | 4001 provider · 2001 user |
//! | … and held until T+1 | 4001 provider · 1002 | 2205 · 1321 |
//! | pay (消费): redeem fast, and | 2001 user | 2002 merchant |
//! | income of a day | 1321 | 4001 each holder |
//! | loss of a day | 4001 each holder, else 4102 | 1321 |
//!
//! # Rights
//!
//! Who earns on a natural day is who holds shares on it: subscribed shares from T+1 on, redeemed
//! ones until the day before T+1 (see [`crate::calendar`]), and income from the day after it was
//! earned. Shares that are redeemed fast are the provider's from that natural day on, until they
//! are redeemed in turn on T+1: so whoever has put up the money has the income, and no day's shares
//! are without a holder. Every change of a holding carries the day from which on it counts, so that
//! the income of a day is right however late it is divided and whatever customers did in the
//! meantime.
//!
//! # Days
//!
//! A natural day goes through `open → cut → confirmed → distributed → closed`:
//!
//! | step | when | what |
//! |---|---|---|
//! | cut (日切) | from 15:00 on it | no order can belong to the day any more |
//! | confirm (确认) | after it is over | those due on the next day: on Sunday night Friday's |
//! | distribute (分配) | then | the day's income to those who have a right on it |
//! | close (日终) | then | the books are proved, see [`Fund::prove`] |
//!
//! A day is cut after the one before it is cut, and confirmed after the one before it is closed; so
//! days close in order. A step that is done once more changes nothing and answers the same.
//! Customers need not wait for any of it: what they do after midnight counts from the new day on.
//!
//! # A loss that a holder cannot bear
//!
//! Redemption is at 1.00, whatever happens after the order. So a loss is taken from shares that are
//! not held for an order; what a holder has not got any more is borne by the risk reserve. If that
//! is too small the day is not distributed, and nothing has changed: [`Fund::pay_into_reserve`]
//! fills it.
//!
//! # What is held for a time
//!
//! A pending voucher of the wallet may expire. From then on nobody can post it, and the house releases
//! what it holds, by a voucher of its own: see [`Fund::release_expired`]. What orders hold never expires.

mod chart;
mod day;
mod error;
mod expiry;
mod order;
mod place;
mod proof;
mod rights;
mod step;

pub use chart::{
    ADVANCE, CLIENT_MONEY, FUND_ASSETS, MERCHANTS, RESERVE, SHARES, SUBSCRIPTIONS, USERS,
    house_accounts, merchant_account, shares_account, user_account,
};
pub use day::{Batch, DayRecord, Income, Stage};
pub use error::{Check, FundError, OrderField};
pub use expiry::release_of;
pub use order::{Order, OrderKind, OrderStatus, Request, income_voucher};
pub use place::{FundEffects, OrderDecision};
pub use rights::{Move, Rights};
pub use step::check_same_income;

use std::collections::{BTreeMap, BTreeSet};

use ::ledger::Decimal;

use crate::calendar::Calendar;
use crate::day::Day;
use crate::ledger::{Account, Book, Decision, Entry, Outcome, Posting, Voucher, VoucherId};

/// Is what the fund's operator sets.
#[derive(Debug, Clone)]
pub struct Terms {
    /// The trading calendar.
    pub calendar: Calendar,
    /// The first day of the fund.
    pub first_day: Day,
    /// The bank, below subject 1002, by which money goes to the fund and comes back.
    pub settlement_bank: u64,
    /// The bank that advances money for fast redemptions: its number as a holder and below 2205.
    pub provider: u64,
    /// What an investor can redeem fast on a natural day, fen; none: without a cap.
    pub fast_redemption_cap_fen: Option<i64>,
    /// What an investor can pay from the fund on a natural day, fen; none: without a cap.
    pub payment_cap_fen: Option<i64>,
}

impl Terms {
    /// Gives the day of an instant at which something is to be booked. Time does not go back in a book,
    /// so no order could be placed after what is booked on a day that the calendar does not cover.
    ///
    /// # Errors
    ///
    /// The calendar does not cover the day.
    pub fn day_to_book(&self, instant_micros: i64) -> Result<Day, FundError> {
        Ok(self.calendar.natural_day(instant_micros)?)
    }
}

/// Is the fund with its book: a whole one, or a page with what a request names.
#[derive(Debug, Clone)]
pub struct Fund {
    terms: Terms,
    book: Book,
    orders: BTreeMap<u128, Order>,
    /// The orders of an investor by the natural day on which they were placed.
    placed: BTreeMap<(Day, u64), BTreeSet<u128>>,
    rights: Rights,
    days: BTreeMap<Day, DayRecord>,
}

impl Fund {
    /// Founds the fund: its own accounts are opened, nothing is on them.
    ///
    /// # Errors
    ///
    /// The calendar does not cover the first day.
    pub fn new(terms: Terms) -> Result<Fund, FundError> {
        terms.calendar.is_trading_day(terms.first_day)?;
        let mut book = Book::new();
        for account in chart::house_accounts(&terms) {
            book.open_account(account)?;
        }
        Ok(Fund {
            terms,
            book,
            orders: BTreeMap::new(),
            placed: BTreeMap::new(),
            rights: Rights::default(),
            days: BTreeMap::new(),
        })
    }

    /// Puts an account into a page as a store holds it.
    pub fn load_account(&mut self, account: Account) {
        self.book.load_account(account);
    }

    /// Puts a voucher into a page as a store holds it.
    pub fn load_entry(&mut self, entry: Entry) {
        self.book.load_entry(entry);
    }

    /// Puts an order into a page as a store holds it.
    pub fn load_order(&mut self, order: Order) {
        let Request { id, investor, .. } = order.request;
        let placed = self.placed.entry((order.placed_on, investor)).or_default();
        placed.insert(id);
        self.orders.insert(id, order);
    }

    /// Puts a change of a holding into a page as a store holds it, the earlier ones first.
    ///
    /// # Errors
    ///
    /// The holding would be below zero, or beyond 64 bits.
    pub fn load_move(&mut self, change: Move) -> Result<(), FundError> {
        self.rights.apply(change)
    }

    /// Puts a day into a page as a store holds it.
    pub fn load_day(&mut self, day: Day, record: DayRecord) {
        self.days.insert(day, record);
    }

    /// Gives what the operator set.
    pub fn terms(&self) -> &Terms {
        &self.terms
    }

    /// Gives the book.
    pub fn book(&self) -> &Book {
        &self.book
    }

    /// Gives an order.
    pub fn order(&self, id: u128) -> Option<&Order> {
        self.orders.get(&id)
    }

    /// Gives all orders, by id.
    pub fn orders(&self) -> impl Iterator<Item = &Order> {
        self.orders.values()
    }

    /// Gives all holdings, by the days from which on they count.
    pub fn rights(&self) -> &Rights {
        &self.rights
    }

    /// Gives how far a day has come and what it came to.
    pub fn day(&self, day: Day) -> DayRecord {
        self.days.get(&day).cloned().unwrap_or_default()
    }

    /// Gives the register of a day (份额登记): holders, rising, and the shares that earn on it.
    pub fn register(&self, day: Day) -> (Vec<u64>, Vec<i64>) {
        self.rights.on(day).unzip()
    }

    /// Gives the incomes per ten thousand shares of the seven natural days that end with a day, for
    /// the yields; none before all of them have been distributed.
    pub fn week(&self, day: Day) -> Option<[Decimal; 7]> {
        let mut week = [Decimal::ZERO; 7];
        for (income, back) in week
            .iter_mut()
            .zip((-6..=0).map(|days| day.checked_add(days)))
        {
            let record = self.days.get(&back?)?;
            *income = record.income.as_ref()?.distribution.per_ten_thousand;
        }
        Some(week)
    }

    /// Opens an account of the wallet; see [`user_account`] and [`merchant_account`].
    ///
    /// # Errors
    ///
    /// It is there with another kind or limit, has totals, or is one of the fund's own.
    pub fn open_account(&mut self, account: Account) -> Result<Outcome, FundError> {
        if chart::is_funds_own(account.id) {
            let account = account.id;
            return Err(FundError::ReservedAccount { account });
        }
        Ok(self.book.open_account(account)?)
    }

    /// Books a voucher of the wallet, such as a top-up.
    ///
    /// # Errors
    ///
    /// The voucher is refused by the book, has another part than the client's, touches an
    /// account that only orders and days move, or belongs to a day that is closed.
    pub fn book_voucher(
        &mut self,
        voucher: &Voucher,
        now_micros: i64,
    ) -> Result<Outcome, FundError> {
        let effects = match self.decide_voucher(voucher, now_micros)? {
            Decision::Exists(_) => return Ok(Outcome::Exists),
            Decision::Book(effects) => effects,
        };
        self.book.apply(*effects);
        Ok(Outcome::Booked)
    }

    /// Decides on a voucher of the wallet, and changes nothing; see [`Book::accounts_of`] for what
    /// a page needs.
    ///
    /// # Errors
    ///
    /// See [`Fund::book_voucher`].
    pub fn decide_voucher(
        &self,
        voucher: &Voucher,
        now_micros: i64,
    ) -> Result<Decision<'_>, FundError> {
        if voucher.id.part != 0 {
            let voucher = voucher.id;
            return Err(FundError::ReservedId { voucher });
        }
        let mut touched = self.book.accounts_of(voucher).into_iter();
        if let Some(account) = touched.find(|account| chart::is_funds_own(*account)) {
            return Err(FundError::ReservedAccount { account });
        }
        let decision = self.book.decide(voucher, now_micros)?;
        let day = voucher.accounting_date;
        match decision {
            Decision::Book(_) if self.stage(day) >= Stage::Closed => {
                Err(FundError::DayClosed { day })
            }
            decision => Ok(decision),
        }
    }

    /// Puts money of the fund's manager into the risk reserve, fen.
    ///
    /// # Errors
    ///
    /// The book refuses the voucher: its id was used for something else, or the amount is not above
    /// zero.
    pub fn pay_into_reserve(
        &mut self,
        id: u128,
        amount_fen: i64,
        accounting_date: Day,
        now_micros: i64,
    ) -> Result<Outcome, FundError> {
        let voucher = reserve_voucher(id, amount_fen, accounting_date);
        Ok(self.book.book(&voucher, now_micros)?)
    }
}

/// Makes the voucher that puts money of the provider's at the settlement bank, for fast redemptions
/// to be advanced from it, fen. It is one of the wallet, see [`Fund::book_voucher`].
pub fn advance_voucher(terms: &Terms, id: u128, amount_fen: i64, accounting_date: Day) -> Voucher {
    let postings = vec![
        Posting::debit(chart::bank(terms), amount_fen),
        Posting::credit(chart::advance(terms), amount_fen),
    ];
    Voucher::booking(VoucherId::of_client(id), accounting_date, postings)
}

/// Makes the voucher that [`Fund::pay_into_reserve`] books, fen.
pub fn reserve_voucher(id: u128, amount_fen: i64, accounting_date: Day) -> Voucher {
    let postings = vec![
        Posting::debit(chart::fund_assets(), amount_fen),
        Posting::credit(chart::reserve(), amount_fen),
    ];
    Voucher::booking(VoucherId::of_client(id), accounting_date, postings)
}
