//! Ruixin Pay, running.

use std::net::SocketAddr;

use ruixin_pay::civil::{Civil, Clock};
use ruixin_pay::{Books, api};
use ruixin_service::keys::{self, Role};

use crate::error::LiveError;
use crate::host::{Host, limits, runtime};

/// Is Ruixin Pay as a service over HTTP. It ends gracefully when it is dropped.
#[derive(Debug)]
pub struct Wallet {
    host: Host,
    admin: String,
    writer: String,
}

impl Wallet {
    /// Opens the wallet on its books, a path of SQLite or an address of PostgreSQL, when the clock in
    /// Shanghai shows `clock`, such as `2013-05-27T07:30:00`. Its keys are new.
    ///
    /// # Errors
    ///
    /// The clock is none, the books cannot be opened, or no port is free.
    pub fn open(store: &str, clock: &str) -> Result<Wallet, LiveError> {
        let failed = |why: String| LiveError::NotStarted {
            system: "Ruixin Pay",
            why,
        };
        let civil = Civil::parse(clock).ok_or_else(|| failed(format!("`{clock}` is no time")))?;
        let runtime = runtime()?;
        let (books, admin, writer) = runtime.block_on(async {
            let books = Books::open(store, Clock::starting(civil)).await;
            let books = books.map_err(|error| failed(error.to_string()))?;
            let make = async |name: &str, role| {
                let key = keys::make(books.store(), name, role).await;
                key.map_err(|error| failed(error.to_string()))
            };
            let admin = make("window", Role::Admin).await?;
            let writer = make("app", Role::Writer).await?;
            Ok::<_, LiveError>((books, admin, writer))
        })?;
        let host = Host::start(runtime, api::router(books, limits()), limits(), 0)?;
        Ok(Wallet {
            host,
            admin,
            writer,
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.host.address
    }

    /// The key that closes and opens it.
    pub fn admin_key(&self) -> &str {
        &self.admin
    }

    /// The key that moves money.
    pub fn writer_key(&self) -> &str {
        &self.writer
    }
}
