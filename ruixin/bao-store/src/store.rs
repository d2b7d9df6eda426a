//! The store: books in a database, and the commands on them.

pub(crate) mod entries;
pub(crate) mod page;
pub(crate) mod terms;
mod write;

use std::path::Path;
use std::time::Duration;

use ruixin_bao::Day;
use ruixin_bao::fund::{
    Fund, FundError, Order, OrderDecision, OrderKind, Request, Terms, house_accounts,
    reserve_voucher,
};
use ruixin_bao::ledger::{
    Account, AccountId, Book, Decision, LedgerError, Outcome, Voucher, VoucherId,
};

use crate::error::{DatabaseKind, StoreError};
use crate::migrate;
use crate::sql::{Postgres, Session, Sqlite, Value};

pub(crate) use entries::{BULK, entries, padded};
pub(crate) use page::{Page, last_distributed};
pub(crate) use write::write_bulk;
pub(crate) use write::{Changes, account_row, insert_accounts, number, update_accounts};

/// Is the books of Bao in a database, over one connection.
///
/// A command is one transaction: it loads what it needs, lets the pure core decide, and writes the
/// effects. What it answers is on the disk. Several stores, in one process or many, may work on the
/// same database at once.
pub struct Store {
    pub(crate) session: Box<dyn Session>,
    pub(crate) terms: Terms,
    pub(crate) trace: Option<Trace>,
}

/// Is told what a long command is about to do.
pub type Trace = Box<dyn FnMut(&'static str) + Send>;

/// Says what a transaction keeps others from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lock {
    /// From steps of a day.
    Command,
    /// From other steps of a day.
    Step,
    /// From steps and commands.
    All,
    /// From nothing: it reads one moment.
    Read,
}

/// Times that a command is tried in all when others are in its way.
const TRIES: u32 = 10;

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Store({})", self.session.place())
    }
}

/// Connects to a database: a path, or an address of PostgreSQL.
pub(crate) fn connect(address: &str, create: bool) -> Result<Box<dyn Session>, StoreError> {
    if address.starts_with("postgres://") || address.starts_with("postgresql://") {
        return Ok(Box::new(Postgres::connect(address, create)?));
    }
    let path = address.strip_prefix("sqlite:").unwrap_or(address);
    let path = path.strip_prefix("//").unwrap_or(path);
    if path.is_empty() || path.contains("://") {
        return Err(StoreError::Address {
            url: address.to_owned(),
            why: "neither a path nor an address of PostgreSQL".to_owned(),
        });
    }
    Ok(Box::new(Sqlite::open(Path::new(path), create)?))
}

impl Store {
    /// Makes the books, empty, with the fund's own accounts, and opens them. Books that are there
    /// with the same terms stay as they are.
    ///
    /// # Errors
    ///
    /// The terms are not those of the books that are there; the calendar does not cover the first
    /// day; the database refuses.
    pub fn create(address: &str, terms: Terms) -> Result<Store, StoreError> {
        // Checks the terms.
        Fund::new(terms.clone())?;
        let mut session = connect(address, true)?;
        migrate::migrate(&mut *session)?;
        let mut store = Store {
            session,
            terms,
            trace: None,
        };
        let terms = store.terms.clone();
        store.transaction(Lock::All, |session| {
            if let Some(there) = terms::read(session)? {
                return terms::check_same(&there, &terms);
            }
            terms::write(session, &terms)?;
            insert_accounts(session, &house_accounts(&terms))
        })?;
        Ok(store)
    }

    /// Opens books, and brings their tables to the version of this program.
    ///
    /// # Errors
    ///
    /// There are none; they are of a later version; the database refuses.
    pub fn open(address: &str) -> Result<Store, StoreError> {
        let mut session = connect(address, false)?;
        let place = session.place();
        if migrate::version(&mut *session)? == 0 {
            return Err(StoreError::NotThere { place });
        }
        migrate::migrate(&mut *session)?;
        let terms = terms::read(&mut *session)?;
        let terms = terms.ok_or(StoreError::NotThere { place })?;
        Ok(Store {
            session,
            terms,
            trace: None,
        })
    }

    /// Limits the memory in which this session keeps pages of the database, 128 MiB as it is opened:
    /// where many sessions are open, each page may be kept by each of them. PostgreSQL keeps its pages
    /// itself, and nothing changes.
    ///
    /// # Errors
    ///
    /// The database refuses.
    pub fn keep_at_most(&mut self, mebibytes: u32) -> Result<(), StoreError> {
        self.session.keep_at_most(mebibytes)
    }

    /// Has something told what a long command is about to do, for measuring.
    pub fn set_trace(&mut self, trace: Option<Trace>) {
        self.trace = trace;
    }

    /// Gives what the operator set.
    pub fn terms(&self) -> &Terms {
        &self.terms
    }

    /// Opens accounts of the wallet. Those that are there with the same kind and limit stay as they
    /// are.
    ///
    /// # Errors
    ///
    /// One is there with another kind or limit, has totals, or is one of the fund's own; or the
    /// database refuses. Then none is opened.
    pub fn open_accounts(&mut self, accounts: &[Account]) -> Result<(), StoreError> {
        let terms = self.terms.clone();
        self.transaction(Lock::Command, |session| {
            let mut page = Page::new(session, &terms)?;
            page.load_accounts(accounts.iter().map(|account| account.id))?;
            let mut opened = Vec::new();
            for account in accounts {
                if page.fund.open_account(account.clone())? == Outcome::Booked {
                    opened.push(account.clone());
                }
            }
            insert_accounts(session, &opened)
        })
    }

    /// Books a voucher of the wallet, such as a top-up, at an instant.
    ///
    /// # Errors
    ///
    /// See [`Fund::book_voucher`]; or the database refuses.
    pub fn book_voucher(
        &mut self,
        voucher: &Voucher,
        now_micros: i64,
    ) -> Result<Outcome, StoreError> {
        self.book(voucher, now_micros, |fund, now| {
            fund.decide_voucher(voucher, now)
        })
    }

    /// Puts money of the fund's manager into the risk reserve, fen.
    ///
    /// # Errors
    ///
    /// See [`Fund::pay_into_reserve`]; or the database refuses.
    pub fn pay_into_reserve(
        &mut self,
        id: u128,
        amount_fen: i64,
        accounting_date: Day,
        now_micros: i64,
    ) -> Result<Outcome, StoreError> {
        let voucher = reserve_voucher(id, amount_fen, accounting_date);
        self.book(&voucher, now_micros, |fund, now| {
            Ok(fund.book().decide(&voucher, now)?)
        })
    }

    fn book(
        &mut self,
        voucher: &Voucher,
        now_micros: i64,
        decide: impl for<'a> Fn(&'a Fund, i64) -> Result<Decision<'a>, FundError>,
    ) -> Result<Outcome, StoreError> {
        let terms = self.terms.clone();
        self.transaction(Lock::Command, |session| {
            let mut page = Page::new(session, &terms)?;
            let link = voucher.kind.link();
            let named = [Some(voucher.id), link];
            let named: Vec<u128> = named.into_iter().flatten().map(|id| id.id).collect();
            // Twice: the linked voucher says which accounts to lock, and only then it stands still.
            page.load_entries(&named)?;
            if let Some(link) = link.filter(|link| page.is_bulk(*link)) {
                return Err(FundError::ReservedId { voucher: link }.into());
            }
            let accounts = page.fund.book().accounts_of(voucher);
            page.load_accounts(accounts)?;
            if page.is_postgres() {
                page.load_entries(&named)?;
            }
            let now = page.instant(now_micros)?;
            let effects = match decide(&page.fund, now)? {
                Decision::Exists(_) => return Ok(Outcome::Exists),
                Decision::Book(effects) => *effects,
            };
            let mut changes = Changes::default();
            changes.add_voucher(effects);
            changes.write(page.into_session())?;
            Ok(Outcome::Booked)
        })
    }

    /// Places orders at an instant, one after the other, in one transaction: each is placed or
    /// refused by itself, and the outcomes are in the order of the requests.
    ///
    /// # Errors
    ///
    /// A number is too large, or the database refuses; then none is placed.
    pub fn place(
        &mut self,
        requests: &[Request],
        now_micros: i64,
    ) -> Result<Vec<Result<Placed, FundError>>, StoreError> {
        for request in requests {
            number("investor", request.investor)?;
            if let OrderKind::Pay { merchant } = request.kind {
                number("merchant", merchant)?;
            }
        }
        let terms = self.terms.clone();
        self.transaction(Lock::Command, |session| {
            let mut page = Page::new(session, &terms)?;
            page.load_accounts(accounts_of_orders(&terms, requests))?;
            let ids: Vec<u128> = requests.iter().map(|request| request.id).collect();
            page.load_entries(&ids)?;
            page.load_orders(&ids)?;
            let now = page.instant(now_micros)?;
            page.load_days()?;
            let is_fast = |request: &&Request| {
                matches!(request.kind, OrderKind::RedeemFast | OrderKind::Pay { .. })
            };
            let investors = requests.iter().filter(is_fast);
            let investors: Vec<u64> = investors.map(|request| request.investor).collect();
            if let Ok(today) = terms.calendar.natural_day(now) {
                page.load_orders_of_day(&investors, today)?;
            }
            page.load_holdings(&investors)?;
            let mut changes = Changes::default();
            let mut outcomes = Vec::with_capacity(requests.len());
            for request in requests {
                let decision = page.fund.decide(request, now);
                let (order, effects) = match decision {
                    Err(error) => {
                        outcomes.push(Err(error));
                        continue;
                    }
                    Ok(OrderDecision::Exists(order)) => {
                        outcomes.push(Ok(Placed {
                            order: *order,
                            is_repeat: true,
                        }));
                        continue;
                    }
                    Ok(OrderDecision::Place { order, effects }) => (order, *effects),
                };
                page.fund.apply(effects.clone())?;
                changes.add(effects);
                let is_repeat = false;
                outcomes.push(Ok(Placed { order, is_repeat }));
            }
            changes.write(page.into_session())?;
            Ok(outcomes)
        })
    }

    /// Gives an account.
    ///
    /// # Errors
    ///
    /// The database refuses.
    pub fn account(&mut self, id: AccountId) -> Result<Option<Account>, StoreError> {
        let terms = self.terms.clone();
        self.transaction(Lock::Read, |session| {
            let mut page = Page::empty(session, &terms)?;
            page.load_accounts([id])?;
            Ok(page.fund.book().account(id).cloned())
        })
    }

    /// Does some work in a transaction, and does it again where another one was in its way.
    pub(crate) fn transaction<T>(
        &mut self,
        lock: Lock,
        mut work: impl FnMut(&mut dyn Session) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut tries = 1;
        loop {
            let done = self.once(lock, &mut work);
            match done {
                Err(error) if error.is_passing() && tries < TRIES => {
                    let pause = 2_u64.saturating_pow(tries);
                    std::thread::sleep(Duration::from_millis(pause));
                    tries = tries.saturating_add(1);
                }
                other => return other,
            }
        }
    }

    fn once<T>(
        &mut self,
        lock: Lock,
        work: &mut impl FnMut(&mut dyn Session) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let session = &mut *self.session;
        session.script("beginning", begin(lock, session.is_postgres()))?;
        let done = work(session).and_then(|done| {
            session.script("committing", "COMMIT")?;
            Ok(done)
        });
        if done.is_err() {
            // The first error is the one to tell; a connection that is lost has rolled back.
            drop(session.script("rolling back", "ROLLBACK"));
        }
        done
    }

    pub(crate) fn tell(&mut self, what: &'static str) {
        if let Some(trace) = &mut self.trace {
            trace(what);
        }
    }
}

/// Begins a transaction. In PostgreSQL advisory locks keep commands and steps of a day apart: 1 is
/// shared by commands, 2 is had by one step at a time. 4350319 is "Bao".
fn begin(lock: Lock, is_postgres: bool) -> &'static str {
    match (is_postgres, lock) {
        (false, Lock::Read) => "BEGIN",
        (false, _) => "BEGIN IMMEDIATE",
        (true, Lock::Read) => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        (true, Lock::Command) => {
            "BEGIN ISOLATION LEVEL READ COMMITTED; SELECT pg_advisory_xact_lock_shared(4350319, 1)"
        }
        (true, Lock::Step) => {
            "BEGIN ISOLATION LEVEL READ COMMITTED; SELECT pg_advisory_xact_lock(4350319, 2)"
        }
        (true, Lock::All) => {
            "BEGIN ISOLATION LEVEL READ COMMITTED; SELECT pg_advisory_xact_lock(4350319, 2); \
             SELECT pg_advisory_xact_lock(4350319, 1)"
        }
    }
}

/// Is an order that is placed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placed {
    /// The order.
    pub order: Order,
    /// Whether it had been placed before, with the same content.
    pub is_repeat: bool,
}

pub(crate) fn accounts_of_orders<'a>(
    terms: &'a Terms,
    requests: &'a [Request],
) -> impl Iterator<Item = AccountId> + 'a {
    use ruixin_bao::fund::{MERCHANTS, SHARES, USERS};
    let of_request = |request: &Request| {
        let merchant = match request.kind {
            OrderKind::Pay { merchant } => Some(AccountId::new(MERCHANTS, merchant)),
            _ => None,
        };
        let own = [
            Some(AccountId::new(USERS, request.investor)),
            Some(AccountId::new(SHARES, request.investor)),
        ];
        own.into_iter().chain([merchant]).flatten()
    };
    let house = house_accounts(terms).map(|account| account.id);
    house
        .into_iter()
        .chain(requests.iter().flat_map(of_request))
}

/// Refuses to write a page that was decided on by rules for whole books.
pub(crate) fn book_on_page(
    page: &Book,
    voucher: &Voucher,
    now_micros: i64,
) -> Result<ruixin_bao::ledger::Effects, LedgerError> {
    match page.decide(voucher, now_micros)? {
        Decision::Book(effects) => Ok(*effects),
        Decision::Exists(entry) => Err(LedgerError::VoucherNotFound {
            voucher: entry.voucher.id,
        }),
    }
}

pub(crate) fn busy(what: &str) -> StoreError {
    StoreError::Database {
        what: what.to_owned(),
        why: "not all rows were there".to_owned(),
        kind: DatabaseKind::Other,
    }
}

pub(crate) fn voucher_key(id: VoucherId) -> [Value; 2] {
    [Value::from(id.id), Value::Int(i64::from(id.part))]
}
