//! Serving over HTTP, and keys for it.

use std::io::Write;
use std::net::SocketAddr;
use std::time::Duration;

use clap::Args;
use ruixin_bao_service::clock::{self, Clock};
use ruixin_bao_service::{Books, BooksError, api};
use ruixin_service::options::{NewKey, Serving, tell_id};
use ruixin_service::{keys, logs, server};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

use super::error::CommandError;

/// How often to look for vouchers that have expired, at least.
const LOOK_EVERY: Duration = Duration::from_secs(1);

#[derive(Debug, Args)]
pub(super) struct Serve {
    /// Where to listen
    #[arg(long, default_value = "127.0.0.1:8082")]
    listen: SocketAddr,
    /// What the clock in Shanghai shows at the start, as `2013-05-27 16:00`; left out, the time
    #[arg(long)]
    clock: Option<String>,
    /// How many times as fast as others the clock goes, so that days and nights pass in minutes
    #[arg(long, value_name = "TIMES", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=86_400))]
    pace: u32,
    /// The converted ledger that the books were opened with, a path or an address: the hook of a release
    /// opens them only if it is what it was
    #[arg(long, env = "RUIXIN_BAO_LEDGER", hide_env_values = true)]
    ledger: Option<String>,
    #[command(flatten)]
    serving: Serving,
}

fn runtime() -> Result<Runtime, CommandError> {
    Ok(tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?)
}

/// Serves until it is told to stop, and finishes what has begun.
pub(super) fn serve(books: &str, asked: &Serve, out: &mut impl Write) -> Result<(), CommandError> {
    logs::begin(&asked.serving.log).map_err(CommandError::usage)?;
    let begins = match &asked.clock {
        None => Clock::default().now(),
        Some(text) => {
            let says = format!("`{text}` is no time: write 2013-05-27 16:00");
            clock::parse(text).ok_or_else(|| CommandError::usage(says))?
        }
    };
    let clock = Clock::hurrying(begins, asked.pace);
    let limits = asked.serving.limits();
    runtime()?.block_on(async {
        let mut books = Books::open(books, clock).await.map_err(refused)?;
        if let Some(ledger) = &asked.ledger {
            books = books.with_ledger(ledger);
        }
        let failed = |error| CommandError::listening(asked.listen, &error);
        let listener = TcpListener::bind(asked.listen).await.map_err(failed)?;
        let at = listener.local_addr().map_err(failed)?;
        writeln!(out, "listening on {at}")?;
        out.flush()?;
        let (keep, every) = (asked.serving.keep_answers, asked.serving.prune_every());
        let every = every
            .checked_div(asked.pace)
            .unwrap_or(every)
            .max(LOOK_EVERY);
        let pruning = tokio::spawn(books.clone().keep_pruning(keep, every));
        let releasing = tokio::spawn(books.clone().keep_releasing(LOOK_EVERY));
        let router = api::router(books, limits);
        server::serve(listener, router, limits.connections, server::stop()).await;
        pruning.abort();
        releasing.abort();
        Ok(())
    })
}

/// Makes a key and prints it, this once.
pub(super) fn key(books: &str, asked: &NewKey, out: &mut impl Write) -> Result<(), CommandError> {
    let made = runtime()?.block_on(async {
        let store = Books::keys(books).await.map_err(refused)?;
        let made = keys::make(&store, &asked.name, asked.role).await;
        made.map_err(|error| CommandError::trouble("key", &error))
    })?;
    writeln!(out, "{made}")?;
    tell_id(&made);
    Ok(())
}

/// Lists the keys, and which of them are revoked.
pub(super) fn list_keys(books: &str, out: &mut impl Write) -> Result<(), CommandError> {
    let listed = runtime()?.block_on(async {
        let store = Books::keys(books).await.map_err(refused)?;
        let listed = keys::list(&store).await;
        listed.map_err(|error| CommandError::trouble("key", &error))
    })?;
    for key in listed {
        writeln!(out, "{key}")?;
    }
    Ok(())
}

/// Revokes a key.
pub(super) fn revoke(books: &str, id: &str) -> Result<(), CommandError> {
    let was_there = runtime()?.block_on(async {
        let store = Books::keys(books).await.map_err(refused)?;
        let revoked = keys::revoke(&store, id).await;
        revoked.map_err(|error| CommandError::trouble("key", &error))
    })?;
    match was_there {
        true => Ok(()),
        false => Err(CommandError::refused(
            "key_not_found",
            format!("there is no key `{id}`: `ruixin-bao keys` lists their ids"),
        )),
    }
}

fn refused(error: BooksError) -> CommandError {
    match error {
        BooksError::Store(error) => CommandError::of_store(&error),
        other => CommandError::trouble("service", &other),
    }
}
