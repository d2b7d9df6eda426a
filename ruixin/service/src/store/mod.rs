//! The store: SQLite in the process, or PostgreSQL by its address, with the same statements.
//!
//! A **transaction** is a function that reads through [`Tx`], decides, and gives a [`Change`]: a
//! value and the [`Write`]s that go with it. The store makes the writes, sees that each touches the
//! number of rows that it says, and commits; only then does [`Store::write`] give the value. A
//! transaction may be run more than once before it succeeds (two that meet in PostgreSQL), so it
//! must have no effects of its own.
//!
//! - **SQLite** (WAL, `synchronous = FULL`): one thread writes. Transactions that wait while another
//!   group is on its way to the disk go together in the next one, each in a savepoint of its own: one
//!   `fsync` for many, and a failed one takes nothing with it.
//! - **PostgreSQL**: a pool of connections, each transaction on one, `READ COMMITTED`. What is to be
//!   changed is locked first, with `lock:`, in a fixed order. Statements that do not need each
//!   other's answers go out together.
//!
//! # Statements
//!
//! SQL is written once; these words stand for what differs:
//!
//! | word | stands for | as |
//! |---|---|---|
//! | `?1` | first parameter, a text or a whole number | |
//! | `yuan:1` | first parameter, fen | yuan, DECIMAL(18, 2) |
//! | `time:1`, `day:1` | first parameter, text | TIMESTAMP(3) without a zone, DATE |
//! | `fen:amount` | a column in yuan | fen |
//! | `sum_fen:amount` | the checked sum of a column in yuan | fen, null for no rows |
//! | `clock:at`, `date:on` | a column with a time, a date | text |
//! | `lock:` | nothing in SQLite | `FOR NO KEY UPDATE` |
//!
//! In SQLite a column declared DECIMAL(18, 2) keeps whole yuan as integers and others as the nearest
//! floating-point number, from which the fen are got back exactly below 2^51 of them (2.25·10^13
//! yuan); tables must bound their amounts by that.

pub mod load;
mod migrate;
mod postgres;
mod sql;
mod sqlite;
mod value;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use thiserror::Error;

pub use migrate::Migration;
pub use value::{Row, Value};

/// Says why a store did not do what it was asked to.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The address is none of a store.
    #[error("`{0}` is no address of a store: write a path, sqlite:PATH or postgres://…")]
    Address(String),
    /// The database cannot be reached, or refuses. Nothing was done.
    #[error("the database cannot be reached: {0}")]
    Unreachable(String),
    /// Too much is waiting. Nothing was done.
    #[error("the database has too much to do")]
    Busy,
    /// A constraint of the database forbids it. Nothing was done.
    #[error("the database forbids it: {0}")]
    Constraint(String),
    /// Two transactions met, again and again. Nothing was done.
    #[error("two transactions met: {0}")]
    Conflict(String),
    /// The connection broke while the transaction was being committed: it is done or it is not.
    #[error("it is not known whether the transaction was committed: {0}")]
    Unknown(String),
    /// The tables are not those that this program knows.
    #[error("the tables of the database are not those of this program: {0}")]
    Migration(String),
    /// A statement is wrong, or a value is of another type than it is read as. A fault of ours.
    #[error("a statement failed: {0}")]
    Fault(String),
    /// The store was closed.
    #[error("the store is closed")]
    Closed,
}

/// Is one statement that changes something.
#[derive(Debug, Clone)]
pub struct Write {
    pub(crate) sql: &'static str,
    pub(crate) parameters: Vec<Value>,
    pub(crate) rows: Option<u64>,
}

impl Write {
    /// Makes a statement that must touch exactly one row.
    pub fn one(sql: &'static str, parameters: Vec<Value>) -> Write {
        let rows = Some(1);
        Write {
            sql,
            parameters,
            rows,
        }
    }

    /// Makes a statement that touches as many rows as there are.
    pub fn any(sql: &'static str, parameters: Vec<Value>) -> Write {
        Write {
            sql,
            parameters,
            rows: None,
        }
    }

    fn check(&self, touched: u64) -> Result<(), StoreError> {
        match self.rows {
            Some(rows) if rows != touched => Err(StoreError::Fault(format!(
                "{touched} rows instead of {rows}: {}",
                self.sql
            ))),
            _ => Ok(()),
        }
    }
}

/// Is what a transaction has decided: a value, and what is written if it is to be true.
#[derive(Debug, Clone)]
pub struct Change<T> {
    pub(crate) value: T,
    pub(crate) writes: Vec<Write>,
}

impl<T> Change<T> {
    /// Makes a change that writes nothing.
    pub fn new(value: T) -> Change<T> {
        let writes = Vec::new();
        Change { value, writes }
    }

    /// Adds a write.
    #[must_use]
    pub fn with(mut self, write: Write) -> Change<T> {
        self.writes.push(write);
        self
    }

    /// Adds writes.
    #[must_use]
    pub fn with_all(mut self, writes: impl IntoIterator<Item = Write>) -> Change<T> {
        self.writes.extend(writes);
        self
    }
}

/// Is which database a store is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// SQLite.
    Sqlite,
    /// PostgreSQL.
    Postgres,
}

/// Is a transaction, as the function that decides sees it.
#[derive(Debug)]
pub struct Tx<'a>(Way<'a>);

#[derive(Debug)]
enum Way<'a> {
    Sqlite(&'a rusqlite::Connection),
    Postgres(&'a postgres::Connection),
}

impl Tx<'_> {
    /// Tells which database it is, for the few statements that must differ.
    pub fn dialect(&self) -> Dialect {
        match self.0 {
            Way::Sqlite(_) => Dialect::Sqlite,
            Way::Postgres(_) => Dialect::Postgres,
        }
    }

    /// Gives the rows of a query.
    ///
    /// # Errors
    ///
    /// The database cannot be reached, or the statement is wrong.
    pub async fn rows(
        &mut self,
        sql: &'static str,
        parameters: Vec<Value>,
    ) -> Result<Vec<Row>, StoreError> {
        match self.0 {
            Way::Sqlite(connection) => sqlite::rows(connection, sql, &parameters),
            Way::Postgres(connection) => connection.rows(sql, parameters).await,
        }
    }

    /// Gives the rows of several queries, which run one after another but are sent together.
    ///
    /// # Errors
    ///
    /// As [`Tx::rows`], the first of them.
    pub async fn rows_of<const N: usize>(
        &mut self,
        queries: [(&'static str, Vec<Value>); N],
    ) -> Result<[Vec<Row>; N], StoreError> {
        let mut rows = Vec::new();
        match self.0 {
            Way::Sqlite(connection) => {
                for (sql, parameters) in queries {
                    rows.push(sqlite::rows(connection, sql, &parameters)?);
                }
            }
            Way::Postgres(connection) => {
                let sent = queries.map(|(sql, parameters)| connection.rows(sql, parameters));
                for answered in futures::future::join_all(sent).await {
                    rows.push(answered?);
                }
            }
        }
        let wrong = |_| StoreError::Fault("a query has no answer".to_owned());
        rows.try_into().map_err(wrong)
    }
}

/// Counts what a store has done.
#[derive(Debug, Default)]
pub struct Figures {
    /// Transactions that were committed.
    pub transactions: AtomicU64,
    /// Commits, each with one transaction or more.
    pub commits: AtomicU64,
    /// Transactions that met another one and were run again.
    pub repeats: AtomicU64,
    /// Transactions that failed.
    pub failures: AtomicU64,
}

fn count(figure: &AtomicU64, by: usize) {
    figure.fetch_add(u64::try_from(by).unwrap_or(0), Ordering::Relaxed);
}

fn is_postgres(address: &str) -> bool {
    address.starts_with("postgres://") || address.starts_with("postgresql://")
}

/// The path of a file of SQLite.
fn path_of(address: &str) -> Result<&str, StoreError> {
    let path = address.strip_prefix("sqlite:").unwrap_or(address);
    let path = path.strip_prefix("//").unwrap_or(path);
    match path.is_empty() || path.contains("://") {
        true => Err(StoreError::Address(address.to_owned())),
        false => Ok(path),
    }
}

/// Is a store. A clone is the same store; it closes when the last one is gone.
#[derive(Debug, Clone)]
pub struct Store {
    kind: Kind,
    figures: Arc<Figures>,
}

#[derive(Debug, Clone)]
enum Kind {
    Sqlite(sqlite::Sqlite),
    Postgres(postgres::Postgres),
}

impl Store {
    /// Opens the store at an address, and brings its tables up to date.
    ///
    /// `postgres://…` and `postgresql://…` are PostgreSQL's; `sqlite:PATH` and any other text
    /// without `://` are files of SQLite.
    ///
    /// # Errors
    ///
    /// The address is none; the database cannot be reached; its tables are of a newer program or
    /// were made otherwise.
    pub async fn open(address: &str, migrations: &[Migration]) -> Result<Store, StoreError> {
        let figures = Arc::new(Figures::default());
        let kind = if is_postgres(address) {
            let open = postgres::Postgres::open(address, migrations, figures.clone());
            Kind::Postgres(open.await?)
        } else {
            let path = path_of(address)?;
            Kind::Sqlite(sqlite::Sqlite::open(path, migrations, figures.clone())?)
        };
        Ok(Store { kind, figures })
    }

    /// Tells whether the tables of a set of migrations are at an address. Nothing is made there.
    ///
    /// # Errors
    ///
    /// The address is none, or the database cannot be reached; a file that is not there is no error.
    pub async fn holds(address: &str, set: &'static str) -> Result<bool, StoreError> {
        match is_postgres(address) {
            true => postgres::holds(address, set).await,
            false => sqlite::holds(path_of(address)?, set),
        }
    }

    /// Tells which database it is.
    pub fn dialect(&self) -> Dialect {
        match self.kind {
            Kind::Sqlite(_) => Dialect::Sqlite,
            Kind::Postgres(_) => Dialect::Postgres,
        }
    }

    /// Tells what it has done so far.
    pub fn figures(&self) -> &Figures {
        &self.figures
    }

    /// Runs a transaction and gives its value once it is on the disk.
    ///
    /// # Errors
    ///
    /// What the transaction gave, or the store. Only [`StoreError::Unknown`] and
    /// [`StoreError::Closed`] leave open whether something was done.
    pub async fn write<T, F>(&self, transaction: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: AsyncFn(&mut Tx<'_>) -> Result<Change<T>, StoreError> + Send + 'static,
    {
        match &self.kind {
            Kind::Sqlite(store) => store.write(transaction).await,
            Kind::Postgres(store) => store.write(transaction).await,
        }
    }

    /// Runs a transaction that only reads. Each query sees what was committed before it; several in
    /// one read see one moment in SQLite, and may see later ones in PostgreSQL.
    ///
    /// # Errors
    ///
    /// What the transaction gave, or the store.
    pub async fn read<T, F>(&self, transaction: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: AsyncFnOnce(&mut Tx<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        match &self.kind {
            Kind::Sqlite(store) => store.read(transaction).await,
            Kind::Postgres(store) => store.read(transaction).await,
        }
    }
}
