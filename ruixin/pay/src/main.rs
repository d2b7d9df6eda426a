//! The wallet as a program.

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use clap::{Args, Parser, Subcommand};
use ruixin_pay::civil::{Civil, Clock};
use ruixin_pay::import::{self, Imported, Options};
use ruixin_pay::{Books, api};
use ruixin_service::options::{NewKey, Serving, tell_id};
use ruixin_service::store::Store;
use ruixin_service::{keys, logs, server};
use tokio::net::TcpListener;

/// Ruixin Pay (瑞信支付): a mobile wallet with single-entry books, as a service.
#[derive(Debug, Parser)]
#[command(name = "ruixin-pay", version)]
struct Arguments {
    #[command(subcommand)]
    does: Does,
}

#[derive(Debug, Subcommand)]
enum Does {
    /// Serves, until SIGTERM or Ctrl-C.
    Serve(Serve),
    /// Fills an empty store with a history that `ruixin-history` wrote as CSV.
    Import(Import),
    /// Makes an API key and prints it, this once; its id is told on the standard error. Where there is
    /// no store yet, it is made, and that is told, too.
    Key(NewKeyAt),
    /// Lists the API keys: id, role, when it was made, whether it is good or revoked, name.
    Keys {
        #[command(flatten)]
        store: StoreAt,
    },
    /// Revokes an API key by its id.
    Revoke {
        #[command(flatten)]
        store: StoreAt,
        /// The id, as `key` told it, and `keys` and the log of requests (`key_id`) name it.
        id: String,
    },
    /// Prints the OpenAPI document.
    Openapi,
}

#[derive(Debug, Args)]
struct StoreAt {
    /// Where the books are: a path, sqlite:PATH or postgres://…
    #[arg(long, env = "RUIXIN_PAY_STORE", hide_env_values = true)]
    store: String,
}

#[derive(Debug, Args)]
struct Serve {
    #[command(flatten)]
    store: StoreAt,
    /// Where to listen.
    #[arg(long, default_value = "127.0.0.1:8081")]
    listen: SocketAddr,
    /// What the clock in Shanghai shows at the start, as 2013-05-27T07:30:00; `continue` for the time
    /// of the last record of the books. Left out, the time.
    #[arg(long)]
    clock: Option<String>,
    #[command(flatten)]
    serving: Serving,
}

#[derive(Debug, Args)]
struct Import {
    #[command(flatten)]
    store: StoreAt,
    /// The folder of the history.
    folder: PathBuf,
    /// The seed that it was written with; left out, small ones are tried.
    #[arg(long)]
    seed: Option<u64>,
    /// Threads that read and check, beside the one that writes.
    #[arg(long, default_value_t = Options::default().threads)]
    threads: usize,
}

#[derive(Debug, Args)]
struct NewKeyAt {
    #[command(flatten)]
    store: StoreAt,
    #[command(flatten)]
    key: NewKey,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    let done = match runtime {
        Ok(runtime) => runtime.block_on(run(arguments.does)),
        Err(error) => Err(error.to_string()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(says) => {
            // Where nobody listens, there is nobody to tell.
            drop(writeln!(std::io::stderr(), "ruixin-pay: {says}"));
            ExitCode::FAILURE
        }
    }
}

async fn run(does: Does) -> Result<(), String> {
    match does {
        Does::Serve(asked) => serve(asked).await,
        Does::Import(asked) => bring_in(&asked),
        Does::Key(asked) => {
            let store = keys_to_be(&asked.store).await?;
            let made = keys::make(&store, &asked.key.name, asked.key.role).await;
            let made = made.map_err(|error| error.to_string())?;
            say(&made)?;
            tell_id(&made);
            Ok(())
        }
        Does::Keys { store } => {
            let listed = keys::list(&keys_at(&store).await?).await;
            let listed = listed.map_err(|error| error.to_string())?;
            listed.iter().try_for_each(|key| say(&key.to_string()))
        }
        Does::Revoke { store, id } => {
            let revoked = keys::revoke(&keys_at(&store).await?, &id).await;
            match revoked.map_err(|error| error.to_string())? {
                true => Ok(()),
                false => Err(format!(
                    "there is no key `{id}`: `ruixin-pay keys` lists their ids"
                )),
            }
        }
        Does::Openapi => say(&format!("{:#}", api::document())),
    }
}

async fn serve(asked: Serve) -> Result<(), String> {
    logs::begin(&asked.serving.log)?;
    // New books are founded at the time that the service is to live in; any others have a last record.
    let begin = match asked.clock.as_deref() {
        None | Some("continue") => Clock::default(),
        text => clock(text, None)?,
    };
    let books = open(&asked.store, begin).await?;
    let last = books
        .last_moment()
        .await
        .map_err(|error| error.to_string())?;
    let clock = clock(asked.clock.as_deref(), last)?;
    if last.is_some_and(|last| clock.now() < last) {
        // It can be meant so, but seldom is.
        tracing::warn!(
            "the clock is behind the last record: `--clock continue` goes on from there"
        );
    }
    let books = books.with_clock(clock);
    let limits = asked.serving.limits();
    let failed = |error: std::io::Error| format!("cannot listen on {}: {error}", asked.listen);
    let listener = TcpListener::bind(asked.listen).await.map_err(failed)?;
    say(&format!(
        "listening on {}",
        listener.local_addr().map_err(failed)?
    ))?;
    let (keep, every) = (asked.serving.keep_answers, asked.serving.prune_every());
    let pruning = tokio::spawn(books.clone().keep_pruning(keep, every));
    let router = api::router(books, limits);
    server::serve(listener, router, limits.connections, server::stop()).await;
    pruning.abort();
    Ok(())
}

/// The clock that is asked for, with the time of the last record.
fn clock(asked: Option<&str>, last: Option<Civil>) -> Result<Clock, String> {
    let Some(text) = asked else {
        return Ok(Clock::default());
    };
    let civil = match text {
        "continue" => {
            let none = || "`--clock continue` needs books with records".to_owned();
            last.ok_or_else(none)?
        }
        _ => {
            let none = || format!("`{text}` is no time: write 2013-05-27T07:30:00, or continue");
            Civil::parse(text).ok_or_else(none)?
        }
    };
    Ok(Clock::starting(civil))
}

fn bring_in(asked: &Import) -> Result<(), String> {
    let begun = Instant::now();
    let told = Mutex::new(begun);
    let progress = |records: u64| {
        let mut told = told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.elapsed() > Duration::from_secs(2) {
            *told = Instant::now();
            drop(writeln!(std::io::stderr(), "{records} records"));
        }
    };
    let options = Options {
        seed: asked.seed,
        threads: asked.threads,
    };
    let imported = import::import(&asked.store.store, &asked.folder, options, &progress);
    let imported = imported.map_err(|error| error.to_string())?;
    let Imported {
        seed,
        records,
        accounts,
        orders,
        bank_lines,
        withdrawals,
        holds,
        until,
    } = imported;
    say(&format!(
        "{records} records, {orders} orders, {bank_lines} lines of banks, {accounts} accounts of seed {seed} \
         in {:.1?}; {withdrawals} withdrawals are under way, {holds} other amounts are frozen; the last \
         record is of {until}",
        begun.elapsed()
    ))
}

/// Opens the store for its keys, if it is there.
async fn keys_at(at: &StoreAt) -> Result<Store, String> {
    match are_there(at).await? {
        true => open_keys(at).await,
        false => Err(
            "there is no store of a wallet at this address: `ruixin-pay key` makes one, and its first key"
                .to_owned(),
        ),
    }
}

/// Opens the store for its keys, and says so where it has to be made.
async fn keys_to_be(at: &StoreAt) -> Result<Store, String> {
    let are_there = are_there(at).await?;
    let opened = open_keys(at).await?;
    if !are_there {
        let says = "ruixin-pay: there was no store of a wallet at this address: it was made";
        drop(writeln!(std::io::stderr(), "{says}"));
    }
    Ok(opened)
}

async fn are_there(at: &StoreAt) -> Result<bool, String> {
    let are_there = Books::are_there(&at.store).await;
    are_there.map_err(|error| error.to_string())
}

/// Books that are not founded yet stay so, as only a service knows their time.
async fn open_keys(at: &StoreAt) -> Result<Store, String> {
    let opened = Books::keys(&at.store).await;
    opened.map_err(|error| error.to_string())
}

async fn open(at: &StoreAt, clock: Clock) -> Result<Books, String> {
    Books::open(&at.store, clock)
        .await
        .map_err(|error| error.to_string())
}

fn say(text: &str) -> Result<(), String> {
    let mut out = std::io::stdout();
    let said = writeln!(out, "{text}").and_then(|()| out.flush());
    said.map_err(|error| error.to_string())
}
