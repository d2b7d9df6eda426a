//! Serving over HTTP, and keys for it.

use std::io::Write;
use std::net::SocketAddr;
use std::time::Duration;

use clap::{Args, ValueEnum};
use ruixin_bao_service::clock::{self, Clock};
use ruixin_bao_service::{Books, BooksError, api};
use ruixin_service::gate::Limits;
use ruixin_service::keys::{self, Role};
use ruixin_service::{logs, server};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

use super::error::CommandError;

#[derive(Debug, Args)]
pub(super) struct Serve {
    /// Where to listen
    #[arg(long, default_value = "127.0.0.1:8082")]
    listen: SocketAddr,
    /// What the clock in Shanghai shows at the start, as `2013-05-27 16:00`; left out, the time
    #[arg(long)]
    clock: Option<String>,
    /// What is logged: off, error, warn, info or debug
    #[arg(long, default_value = "info")]
    log: String,
    /// Requests under way at a time; more are refused with 503
    #[arg(long, default_value_t = Limits::default().concurrent)]
    concurrent: usize,
    /// Requests a second with one key
    #[arg(long, default_value_t = Limits::default().per_second)]
    rate: u32,
    /// Seconds that a request may take; an admin's may take longer
    #[arg(long, default_value_t = 10)]
    seconds: u64,
}

#[derive(Debug, Args)]
pub(super) struct NewKey {
    /// Whose it is
    #[arg(long)]
    name: String,
    /// What it may do
    #[arg(long, value_enum)]
    role: RoleWord,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum RoleWord {
    /// Look
    Reader,
    /// Move money
    Writer,
    /// Open and close the service, run days, book any voucher
    Admin,
}

impl From<RoleWord> for Role {
    fn from(word: RoleWord) -> Role {
        match word {
            RoleWord::Reader => Role::Reader,
            RoleWord::Writer => Role::Writer,
            RoleWord::Admin => Role::Admin,
        }
    }
}

fn runtime() -> Result<Runtime, CommandError> {
    Ok(tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?)
}

/// Serves until it is told to stop, and finishes what has begun.
pub(super) fn serve(books: &str, asked: &Serve, out: &mut impl Write) -> Result<(), CommandError> {
    logs::begin(&asked.log).map_err(CommandError::usage)?;
    let clock = match &asked.clock {
        None => Clock::default(),
        Some(text) => {
            let at = clock::parse(text);
            let says = format!("`{text}` is no time: write 2013-05-27 16:00");
            Clock::starting(at.ok_or_else(|| CommandError::usage(says))?)
        }
    };
    let limits = Limits {
        concurrent: asked.concurrent,
        per_second: asked.rate,
        burst: asked.rate.saturating_mul(2),
        time: Duration::from_secs(asked.seconds),
        ..Limits::default()
    };
    runtime()?.block_on(async {
        let books = open(books, clock).await?;
        let failed = |error| CommandError::listening(asked.listen, &error);
        let listener = TcpListener::bind(asked.listen).await.map_err(failed)?;
        let at = listener.local_addr().map_err(failed)?;
        writeln!(out, "listening on {at}")?;
        out.flush()?;
        let stop = async {
            if let Err(error) = server::told_to_stop().await {
                tracing::error!(%error, "the system does not tell of signals");
            }
        };
        let router = api::router(books, limits);
        server::serve(listener, router, limits.connections, stop).await;
        Ok(())
    })
}

/// Makes a key and prints it, this once.
pub(super) fn key(books: &str, asked: &NewKey, out: &mut impl Write) -> Result<(), CommandError> {
    let made = runtime()?.block_on(async {
        let books = open(books, Clock::default()).await?;
        let made = keys::make(books.store(), &asked.name, asked.role.into()).await;
        made.map_err(|error| CommandError::trouble("key", &error))
    })?;
    Ok(writeln!(out, "{made}")?)
}

/// Revokes a key.
pub(super) fn revoke(books: &str, id: &str) -> Result<(), CommandError> {
    let was_there = runtime()?.block_on(async {
        let books = open(books, Clock::default()).await?;
        let revoked = keys::revoke(books.store(), id).await;
        revoked.map_err(|error| CommandError::trouble("key", &error))
    })?;
    match was_there {
        true => Ok(()),
        false => Err(CommandError::refused(
            "key_not_found",
            format!("there is no key `{id}`"),
        )),
    }
}

async fn open(books: &str, clock: Clock) -> Result<Books, CommandError> {
    let opened = Books::open(books, clock).await;
    opened.map_err(|error| match error {
        BooksError::Store(error) => CommandError::of_store(&error),
        other => CommandError::trouble("service", &other),
    })
}
