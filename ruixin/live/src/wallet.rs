//! Ruixin Pay, running.

use std::net::SocketAddr;
use std::path::Path;

use ruixin_pay::civil::{Civil, Clock};
use ruixin_pay::import::{self, Imported, Options};
use ruixin_pay::{Books, api};

use crate::door::Door;
use crate::error::LiveError;
use crate::host::{Host, let_in, limits, runtime};

/// Is Ruixin Pay as a service over HTTP. It ends gracefully when it is dropped.
#[derive(Debug)]
pub struct Wallet {
    // Before the door: it stops listening, then the port is free.
    _host: Host,
    address: SocketAddr,
    writer: String,
}

/// Brings a history, as `ruixin-history` writes it as CSV, into books that are not there yet, a path of
/// SQLite or an address of PostgreSQL. Tells of the records of `flow` as they go in.
///
/// # Errors
///
/// The history does not add up, or there are books already.
pub fn bring_in(
    books: &str,
    history: &Path,
    seed: u64,
    threads: usize,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<Imported, LiveError> {
    let options = Options {
        seed: Some(seed),
        threads,
    };
    let imported = import::import(books, history, options, progress);
    imported.map_err(|error| LiveError::Database {
        place: "Ruixin Pay".to_owned(),
        why: error.to_string(),
    })
}

impl Wallet {
    /// Opens the wallet on its books, a path of SQLite or an address of PostgreSQL. Its clock in
    /// Shanghai begins with the last record of the books; with `clock`, such as `2013-05-27T07:30:00`,
    /// where they have none.
    ///
    /// # Errors
    ///
    /// The clock is none, or the books cannot be opened.
    pub fn open(books: &str, clock: &str, door: &Door) -> Result<Wallet, LiveError> {
        let failed = |why: String| LiveError::NotStarted {
            system: "Ruixin Pay",
            why,
        };
        let civil = Civil::parse(clock).ok_or_else(|| failed(format!("`{clock}` is no time")))?;
        let runtime = runtime()?;
        let opened = runtime.block_on(async {
            let books = Books::open(books, Clock::starting(civil)).await;
            let books = books.map_err(|error| error.to_string())?;
            let last = books.last_moment().await;
            let last = last.map_err(|error| error.to_string())?;
            let books = books.with_clock(Clock::starting(last.unwrap_or(civil)));
            let writer = let_in(books.store(), door).await?;
            Ok((books, writer))
        });
        let (books, writer) = opened.map_err(failed)?;
        let router = api::router(books, limits());
        Ok(Wallet {
            _host: Host::start(runtime, router, limits(), door)?,
            address: door.address(),
            writer,
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The key that moves money.
    pub fn writer_key(&self) -> &str {
        &self.writer
    }
}
