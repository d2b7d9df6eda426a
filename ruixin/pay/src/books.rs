//! The books: opens them, runs commands on them, reads from them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ruixin_service::idempotency::{Answer, Asked, Before};
use ruixin_service::keys::Caller;
use ruixin_service::prune;
use ruixin_service::store::{Change, Dialect, Migration, Row, Store, StoreError, Tx, Value};
use thiserror::Error;

use crate::civil::{Civil, Clock};
use crate::codes::Rates;
use crate::command::{AccountView, Command, MovementPage, OrderView};
use crate::decide::{Need, Numbers, Page, Reply, decide};
use crate::house;
use crate::record::{
    ACCOUNT, ACCOUNTS_LOCKED, Account, HOLD_LOCKED, Hold, ORDER, ORDER_LOCKED, Order, Sealer,
};
use crate::refusal::Refusal;
use crate::{numbers, view};

const CODES: &str = include_str!("../migrations/0002_codes.sql");

/// The migrations of the books.
const MIGRATIONS: [Migration; 7] = [
    Migration {
        set: "pay",
        number: 1,
        sqlite: include_str!("../migrations/0001_books.sqlite.sql"),
        postgres: include_str!("../migrations/0001_books.postgres.sql"),
    },
    Migration {
        set: "pay",
        number: 2,
        sqlite: CODES,
        postgres: CODES,
    },
    Migration {
        set: "pay",
        number: 3,
        sqlite: include_str!("../migrations/0003_house.sqlite.sql"),
        postgres: include_str!("../migrations/0003_house.postgres.sql"),
    },
    Migration {
        set: "pay",
        number: 4,
        sqlite: include_str!("../migrations/0004_exact.sqlite.sql"),
        postgres: include_str!("../migrations/0004_exact.postgres.sql"),
    },
    Migration {
        set: "pay",
        number: 5,
        sqlite: include_str!("../migrations/0005_chain.sqlite.sql"),
        postgres: include_str!("../migrations/0005_chain.postgres.sql"),
    },
    Migration {
        set: "pay",
        number: 6,
        sqlite: include_str!("../migrations/0006_kept.sqlite.sql"),
        postgres: include_str!("../migrations/0006_kept.postgres.sql"),
    },
    Migration {
        set: "pay",
        number: 7,
        sqlite: include_str!("../migrations/0007_open.sqlite.sql"),
        postgres: include_str!("../migrations/0007_open.postgres.sql"),
    },
];

/// All migrations of a wallet's database.
pub(crate) fn migrations() -> Vec<Migration> {
    ruixin_service::MIGRATIONS
        .into_iter()
        .chain(MIGRATIONS)
        .chain(crate::pages::MIGRATIONS)
        .collect()
}

/// Is the books of a wallet. A clone is the same books.
#[derive(Debug, Clone)]
pub struct Books {
    pub(crate) store: Store,
    pub(crate) clock: Clock,
    pub(crate) rates: Arc<Rates>,
    pub(crate) sealer: Sealer,
    /// What the sealer was made from.
    seal: Arc<str>,
    /// Whether payments were taken when we looked last: it spares the store what would be refused.
    /// The truth is in the store.
    pub(crate) closed: Arc<AtomicBool>,
}

/// Says why a command was not run.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CommandError {
    /// The books are closed.
    #[error("the books are closed")]
    Closed,
    /// The `Idempotency-Key` was used for another command.
    #[error("the Idempotency-Key was used for another command")]
    KeyReused,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Is what became of a command: its answer, or its refusal, which is an answer, too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The status of HTTP.
    pub status: i64,
    /// The body, or why it was refused.
    pub result: Result<String, Refusal>,
    /// Whether this had been answered before, and nothing was done now.
    pub is_replay: bool,
}

/// What one transaction found.
enum Found {
    Closed,
    Other,
    Answered { answer: Answer, is_replay: bool },
}

const LAST_SERIAL: &str = "SELECT serial FROM flow ORDER BY serial DESC LIMIT 1";
/// Serials begin with their day.
const LAST_MOMENT: &str =
    "SELECT clock:happened_at FROM flow WHERE serial >= ?1 ORDER BY happened_at DESC LIMIT 1";
const STATE: &str = "SELECT state, seal FROM house";
/// Payments hold it in common while they run, the freeze alone: it waits for all of them.
const PASS: [&str; 2] = [
    "SELECT 1",
    "SELECT CAST(pg_advisory_xact_lock_shared(7305802) AS TEXT)",
];
const NUMBERS_SQLITE: &str = "UPDATE counter SET flow = flow + ?1, orders = orders + ?2, bank = bank + ?3, \
     account = account + ?4 RETURNING flow, orders, bank, account";
const NUMBERS_POSTGRES: &str = "\
     SELECT 1, nextval('flow_number') FROM generate_series(1, CAST(?1 AS BIGINT)) UNION ALL \
     SELECT 2, nextval('order_number') FROM generate_series(1, CAST(?2 AS BIGINT)) UNION ALL \
     SELECT 3, nextval('bank_number') FROM generate_series(1, CAST(?3 AS BIGINT)) UNION ALL \
     SELECT 4, nextval('account_number') FROM generate_series(1, CAST(?4 AS BIGINT))";

impl Books {
    /// Opens the books at an address (see [`Store::open`]), and founds them where there are none.
    ///
    /// # Errors
    ///
    /// The database cannot be reached, or holds something else.
    pub async fn open(address: &str, clock: Clock) -> Result<Books, StoreError> {
        let store = Store::open(address, &migrations()).await?;
        let seal = house::found(&store, clock).await?;
        let sealer = Sealer::of_text(&seal)
            .ok_or_else(|| StoreError::Migration("the seal is no key".to_owned()))?;
        let (rates, is_closed) = store
            .read(async |tx| {
                let rates = Rates::read(tx).await?;
                let state = tx.rows(STATE, vec![]).await?;
                Ok((rates, state_of(&state)?.0))
            })
            .await?;
        Ok(Books {
            store,
            clock,
            rates: Arc::new(rates),
            sealer,
            seal: seal.into(),
            closed: Arc::new(AtomicBool::new(is_closed)),
        })
    }

    /// Tells whether there is a store of a wallet at an address, and makes none.
    ///
    /// # Errors
    ///
    /// The address is none, or the database cannot be reached.
    pub async fn are_there(address: &str) -> Result<bool, StoreError> {
        Store::holds(address, "pay").await
    }

    /// Opens the store of the keys, which is that of the books, and founds none; it makes the store
    /// where there is none.
    ///
    /// # Errors
    ///
    /// The database cannot be reached, or holds something else.
    pub async fn keys(address: &str) -> Result<Store, StoreError> {
        Store::open(address, &migrations()).await
    }

    /// Gives the same books with another clock.
    #[must_use]
    pub fn with_clock(mut self, clock: Clock) -> Books {
        self.clock = clock;
        self
    }

    /// Gives the time of the last record, if there is any.
    ///
    /// # Errors
    ///
    /// The store failed.
    pub async fn last_moment(&self) -> Result<Option<Civil>, StoreError> {
        let read = async |tx: &mut Tx<'_>| {
            let last = tx.rows(LAST_SERIAL, vec![]).await?;
            let last = last.first().and_then(|row| row.text(0).ok()?.get(..8));
            let Some(day) = last.map(str::to_owned) else {
                return Ok(None);
            };
            let rows = tx.rows(LAST_MOMENT, vec![day.into()]).await?;
            let text = rows.first().map(|row| row.text(0)).transpose()?;
            Ok(text.and_then(Civil::parse))
        };
        self.store.read(read).await
    }

    /// Prunes answers that are older than `keep` by the books' clock, until it is dropped. A key
    /// whose answer is pruned is free again.
    pub async fn keep_pruning(self, keep: Duration, every: Duration) {
        let clock = self.clock;
        let now = move || clock.now().millis() / 1_000;
        prune::keep_pruning(self.store, keep, every, now).await;
    }

    /// Gives the store.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Runs a command once, whatever happens on the way: with the same request and key it gives the
    /// same answer.
    ///
    /// # Errors
    ///
    /// The books are closed, the key is another command's, or the store failed. A refusal is no
    /// error.
    pub async fn run(&self, command: Command, asked: Asked) -> Result<Outcome, CommandError> {
        if self.closed.load(Ordering::Acquire) && self.still_closed().await? {
            return self.said_before(asked).await;
        }
        let asked = asked.at(self.clock.now().millis() / 1_000);
        let books = self.clone();
        let found = self
            .store
            .write(async move |tx| books.decided(tx, &command, &asked).await)
            .await?;
        match found {
            Found::Closed => {
                self.closed.store(true, Ordering::Release);
                Err(CommandError::Closed)
            }
            Found::Other => Err(CommandError::KeyReused),
            Found::Answered { answer, is_replay } => Ok(outcome(answer, is_replay)?),
        }
    }

    /// Looks whether somebody has opened the books since.
    async fn still_closed(&self) -> Result<bool, StoreError> {
        let read = async |tx: &mut Tx<'_>| Ok(state_of(&tx.rows(STATE, vec![]).await?)?.0);
        let closed = self.store.read(read).await?;
        self.closed.store(closed, Ordering::Release);
        Ok(closed)
    }

    /// Who lost an answer gets it, closed or not.
    async fn said_before(&self, asked: Asked) -> Result<Outcome, CommandError> {
        match self.before(asked).await? {
            Before::Nothing => Err(CommandError::Closed),
            Before::Other => Err(CommandError::KeyReused),
            Before::Answered(answer) => Ok(outcome(answer, true)?),
        }
    }

    /// Looks whether something was asked before, and what was answered.
    pub(crate) async fn before(&self, asked: Asked) -> Result<Before, StoreError> {
        let read = async move |tx: &mut Tx<'_>| {
            let (sql, parameters) = asked.find();
            asked.before(&tx.rows(sql, parameters).await?)
        };
        self.store.read(read).await
    }

    /// Loads what the command names, decides, and gives what is to be written.
    async fn decided(
        &self,
        tx: &mut Tx<'_>,
        command: &Command,
        asked: &Asked,
    ) -> Result<Change<Found>, StoreError> {
        let (page, before, is_closed) = self.page(tx, command, asked).await?;
        match before {
            Before::Other => return Ok(Change::new(Found::Other)),
            Before::Answered(answer) => {
                let is_replay = true;
                return Ok(Change::new(Found::Answered { answer, is_replay }));
            }
            Before::Nothing if is_closed => return Ok(Change::new(Found::Closed)),
            Before::Nothing => {}
        }
        let mut page = page;
        if tx.dialect() == Dialect::Sqlite {
            let rows = tx.rows(NUMBERS_SQLITE, Need::of(command).values()).await?;
            page.numbers = counted(&rows, Need::of(command))?;
        }
        let (status, text, writes) = match decide(command, page, &self.rates, &self.sealer) {
            Ok(decided) => {
                let text = match &decided.reply {
                    Reply::Account(account) => serde_json::to_string(account),
                    Reply::Receipt(receipt) => serde_json::to_string(receipt),
                };
                (status_of(command), text, decided.writes)
            }
            Err(refusal) => {
                let status = i64::from(refusal.kind().status);
                (status, serde_json::to_string(&refusal), Vec::new())
            }
        };
        let text = text.map_err(|error| StoreError::Fault(error.to_string()))?;
        let answer = Answer { status, text };
        let note = asked.note(&answer);
        let is_replay = false;
        Ok(Change::new(Found::Answered { answer, is_replay })
            .with_all(writes)
            .with(note))
    }

    /// Locks and reads what a command names: the order or hold first, then the accounts in the
    /// order of their numbers, then the numbers it may need. Whoever locks keeps to this order.
    async fn page(
        &self,
        tx: &mut Tx<'_>,
        command: &Command,
        asked: &Asked,
    ) -> Result<(Page, Before, bool), StoreError> {
        let dialect = tx.dialect();
        let pass = match dialect {
            Dialect::Sqlite => PASS[0],
            Dialect::Postgres => PASS[1],
        };
        let numbers = || match dialect {
            // Only where they are needed: one connection writes, so nobody comes in between.
            Dialect::Sqlite => ("SELECT 1", vec![]),
            Dialect::Postgres => (NUMBERS_POSTGRES, Need::of(command).values()),
        };
        let mut order = None;
        let mut hold = None;
        let (state, accounts, before, drawn);
        if let Some((order_id, hold_id)) = of_order_or_hold(command) {
            let orders;
            let holds;
            [_, state, orders, holds, before] = tx
                .rows_of([
                    (pass, vec![]),
                    (STATE, vec![]),
                    (ORDER_LOCKED, vec![order_id.into()]),
                    (HOLD_LOCKED, vec![hold_id.into()]),
                    asked.find(),
                ])
                .await?;
            order = orders.first().map(Order::of_row).transpose()?;
            hold = holds.first().map(Hold::of_row).transpose()?;
            let named = match (&order, &hold) {
                (Some(order), _) => [order.payer.as_deref(), order.payee.as_deref()],
                (None, Some(hold)) => [Some(hold.account.as_str()), None],
                (None, None) => [None, None],
            };
            let named = named.map(|number| number.unwrap_or_default().into());
            [accounts, drawn] = tx
                .rows_of([(ACCOUNTS_LOCKED, named.into()), numbers()])
                .await?;
        } else {
            let named = of_accounts(command).map(Value::from);
            [_, state, accounts, before, drawn] = tx
                .rows_of([
                    (pass, vec![]),
                    (STATE, vec![]),
                    (ACCOUNTS_LOCKED, named.into()),
                    asked.find(),
                    numbers(),
                ])
                .await?;
        }
        let mut known = BTreeMap::new();
        for row in &accounts {
            let account = Account::of_row(row)?;
            known.insert(account.number.clone(), account);
        }
        let page = Page {
            // After the locks: later movements of an account are never earlier.
            now: self.clock.now(),
            accounts: known,
            order,
            hold,
            numbers: match dialect {
                Dialect::Sqlite => Numbers::default(),
                Dialect::Postgres => drawn_numbers(&drawn)?,
            },
        };
        Ok((page, asked.before(&before)?, self.is_closed(&state)?))
    }

    /// Whether payments are taken; an error if these are other books than were opened.
    fn is_closed(&self, state: &[Row]) -> Result<bool, StoreError> {
        let (is_closed, seal) = state_of(state)?;
        match seal == &*self.seal {
            true => Ok(is_closed),
            false => Err(StoreError::Fault(
                "other books were imported since the service began: begin it again".to_owned(),
            )),
        }
    }

    /// Gives an account; the house's own are none of a caller's.
    ///
    /// # Errors
    ///
    /// The store failed.
    pub async fn account(&self, number: &str) -> Result<Option<AccountView>, StoreError> {
        if !numbers::is_account(number) {
            return Ok(None);
        }
        let number = number.to_owned();
        let read = async move |tx: &mut Tx<'_>| {
            let rows = tx.rows(ACCOUNT, vec![number.into()]).await?;
            rows.first().map(Account::of_row).transpose()
        };
        let account = self.store.read(read).await?;
        Ok(account.as_ref().and_then(view::account))
    }

    /// Gives an order.
    ///
    /// # Errors
    ///
    /// The store failed.
    pub async fn order(&self, order_id: &str) -> Result<Option<OrderView>, StoreError> {
        if !numbers::is_digits(order_id, 21) {
            return Ok(None);
        }
        let order_id = order_id.to_owned();
        let read = async move |tx: &mut Tx<'_>| {
            let rows = tx.rows(ORDER, vec![order_id.into()]).await?;
            rows.first().map(Order::of_row).transpose()
        };
        Ok(self.store.read(read).await?.as_ref().map(view::order))
    }

    /// Gives an account's movements before a serial, the latest first; nothing if there is no such
    /// account. `next` of the page is a serial, not yet a cursor.
    ///
    /// # Errors
    ///
    /// The store failed.
    pub async fn movements(
        &self,
        number: &str,
        before: Option<&str>,
        limit: i64,
    ) -> Result<Option<MovementPage>, StoreError> {
        if !numbers::is_account(number) {
            return Ok(None);
        }
        // Longer than any serial, and so behind all of them.
        let before = before.unwrap_or("99999999999999999999999").to_owned();
        let number = number.to_owned();
        let more = limit.saturating_add(1);
        let read = async move |tx: &mut Tx<'_>| {
            let parameters = vec![number.as_str().into(), before.into(), more.into()];
            let account = (ACCOUNT, vec![number.as_str().into()]);
            let [accounts, rows] = tx.rows_of([account, (view::MOVEMENTS, parameters)]).await?;
            let account = accounts.first().map(Account::of_row).transpose()?;
            let rows = rows.iter().map(view::movement_of_row);
            let rows = rows.collect::<Result<Vec<_>, _>>()?;
            let is_seen = account.as_ref().and_then(view::account).is_some();
            Ok(is_seen.then_some(rows))
        };
        let Some(mut movements) = self.store.read(read).await? else {
            return Ok(None);
        };
        let wanted = usize::try_from(limit).unwrap_or(usize::MAX);
        let next = (movements.len() > wanted).then(|| {
            movements.truncate(wanted);
            movements.last().map(|last| last.serial.clone())
        });
        let next = next.flatten();
        Ok(Some(MovementPage { movements, next }))
    }
}

impl Need {
    fn values(self) -> Vec<Value> {
        [self.flow, self.orders, self.bank, self.accounts]
            .map(Value::from)
            .into()
    }
}

/// The order and the hold that a command names, where it names one of them: the same text for both
/// where a withdrawal's hold goes with its order.
fn of_order_or_hold(command: &Command) -> Option<(&str, &str)> {
    // A text of another form is no id, and none that PostgreSQL need be asked about.
    let fit = |id, length| {
        if numbers::is_digits(id, length) {
            id
        } else {
            ""
        }
    };
    match command {
        Command::Refund(order, _) => Some((fit(order, 21), "")),
        Command::Settle(order, _) => Some((fit(order, 21), fit(order, 21))),
        Command::Release(hold, _) => Some(("", fit(hold, 22))),
        Command::Open(_)
        | Command::TopUp(_)
        | Command::Pay(_)
        | Command::Transfer(_)
        | Command::Withdraw(_)
        | Command::Hold(_) => None,
    }
}

fn of_accounts(command: &Command) -> [&str; 2] {
    let named = match command {
        Command::TopUp(asked) => [asked.account.as_str(), ""],
        Command::Pay(asked) => [asked.payer.as_str(), &asked.merchant],
        Command::Transfer(asked) => [asked.payer.as_str(), &asked.payee],
        Command::Withdraw(asked) => [asked.account.as_str(), ""],
        Command::Hold(asked) => [asked.account.as_str(), ""],
        Command::Open(_) | Command::Refund(..) | Command::Settle(..) | Command::Release(..) => {
            ["", ""]
        }
    };
    // As above.
    named.map(|number| {
        if numbers::is_account(number) {
            number
        } else {
            ""
        }
    })
}

fn status_of(command: &Command) -> i64 {
    match command {
        Command::Settle(..) | Command::Release(..) => 200,
        _ => 201,
    }
}

fn outcome(answer: Answer, is_replay: bool) -> Result<Outcome, StoreError> {
    let Answer { status, text } = answer;
    let result = match status {
        400.. => {
            let refusal = serde_json::from_str(&text);
            Err(refusal.map_err(|error| StoreError::Fault(error.to_string()))?)
        }
        _ => Ok(text),
    };
    Ok(Outcome {
        status,
        result,
        is_replay,
    })
}

/// Whether the books are closed, and the key of their check codes.
fn state_of(state: &[Row]) -> Result<(bool, &str), StoreError> {
    let row = state.first();
    let row = row.ok_or_else(|| StoreError::Fault("the books were not founded".to_owned()))?;
    Ok((row.text(0)? != "open", row.text(1)?))
}

/// The numbers up to the last ones, which SQLite's counter gives.
fn counted(rows: &[Row], need: Need) -> Result<Numbers, StoreError> {
    let row = rows.first();
    let row = row.ok_or_else(|| StoreError::Fault("the counter is gone".to_owned()))?;
    let last = row.int(0)?;
    let first = last.saturating_sub(need.flow).saturating_add(1);
    Ok(Numbers {
        flow: (first..=last).collect(),
        order: row.int(1)?,
        bank: row.int(2)?,
        account: row.int(3)?,
    })
}

/// The numbers that PostgreSQL's sequences gave, by their kind.
fn drawn_numbers(rows: &[Row]) -> Result<Numbers, StoreError> {
    let mut numbers = Numbers::default();
    for row in rows {
        let number = row.int(1)?;
        match row.int(0)? {
            1 => numbers.flow.push(number),
            2 => numbers.order = number,
            3 => numbers.bank = number,
            _ => numbers.account = number,
        }
    }
    Ok(numbers)
}

/// Makes what a command is asked with, where no HTTP is between: for
/// forms, tests and tools.
///
/// # Errors
///
/// The key is empty, too long or not visible ASCII.
pub fn asked(
    caller: &Caller,
    key: &str,
    body: &[u8],
) -> Result<Asked, ruixin_service::problem::Problem> {
    let mut headers = axum::http::HeaderMap::new();
    if let Ok(key) = key.parse() {
        headers.insert("idempotency-key", key);
    }
    Asked::new(caller, &headers, "POST", "", body)
}
