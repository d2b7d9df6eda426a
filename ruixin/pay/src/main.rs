//! The wallet as a program.

use std::io::Write as _;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use ruixin_pay::civil::{Civil, Clock};
use ruixin_pay::{Books, api};
use ruixin_service::gate::Limits;
use ruixin_service::keys::{self, Role};
use ruixin_service::{logs, server};
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
    /// Makes an API key and prints it, this once.
    Key(NewKey),
    /// Revokes an API key by its id.
    Revoke {
        #[command(flatten)]
        store: StoreAt,
        /// The id, as it was printed.
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
    /// What the clock in Shanghai shows at the start, as 2013-05-27T07:30:00; left out, the time.
    #[arg(long)]
    clock: Option<String>,
    /// What is logged: off, error, warn, info or debug.
    #[arg(long, default_value = "info")]
    log: String,
    /// Requests under way at a time; more are refused with 503.
    #[arg(long, default_value_t = Limits::default().concurrent)]
    concurrent: usize,
    /// Requests a second with one key.
    #[arg(long, default_value_t = Limits::default().per_second)]
    rate: u32,
    /// Seconds that a request may take.
    #[arg(long, default_value_t = 10)]
    seconds: u64,
}

#[derive(Debug, Args)]
struct NewKey {
    #[command(flatten)]
    store: StoreAt,
    /// Whose it is.
    #[arg(long)]
    name: String,
    /// What it may do.
    #[arg(long, value_enum)]
    role: RoleWord,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum RoleWord {
    /// Look.
    Reader,
    /// Move money.
    Writer,
    /// Close and open the service.
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
        Does::Key(asked) => {
            let books = open(&asked.store, Clock::default()).await?;
            let made = keys::make(books.store(), &asked.name, asked.role.into()).await;
            say(&made.map_err(|error| error.to_string())?)
        }
        Does::Revoke { store, id } => {
            let books = open(&store, Clock::default()).await?;
            let revoked = keys::revoke(books.store(), &id).await;
            match revoked.map_err(|error| error.to_string())? {
                true => Ok(()),
                false => Err(format!("there is no key `{id}`")),
            }
        }
        Does::Openapi => say(&format!("{:#}", api::document())),
    }
}

async fn serve(asked: Serve) -> Result<(), String> {
    logs::begin(&asked.log)?;
    let clock = match &asked.clock {
        None => Clock::default(),
        Some(text) => {
            let civil = Civil::parse(text);
            Clock::starting(
                civil.ok_or_else(|| format!("`{text}` is no time: write 2013-05-27T07:30:00"))?,
            )
        }
    };
    let books = open(&asked.store, clock).await?;
    let limits = Limits {
        concurrent: asked.concurrent,
        per_second: asked.rate,
        burst: asked.rate.saturating_mul(2),
        time: Duration::from_secs(asked.seconds),
        ..Limits::default()
    };
    let failed = |error: std::io::Error| format!("cannot listen on {}: {error}", asked.listen);
    let listener = TcpListener::bind(asked.listen).await.map_err(failed)?;
    say(&format!(
        "listening on {}",
        listener.local_addr().map_err(failed)?
    ))?;
    let stop = async {
        if let Err(error) = server::told_to_stop().await {
            tracing::error!(%error, "the system does not tell of signals");
        }
    };
    server::serve(
        listener,
        api::router(books, limits),
        limits.connections,
        stop,
    )
    .await;
    Ok(())
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
