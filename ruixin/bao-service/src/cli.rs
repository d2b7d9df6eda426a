//! The commands: thin screens over the library.

mod error;
mod fill;
mod orders;
mod serve;

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use clap::{Args, Parser, Subcommand};
use ledger::{Decimal, Disambiguation, Zone, local_time};
use ruixin_bao::Day;
use ruixin_bao::calendar::Calendar;
use ruixin_bao::fund::{Batch, Terms};
use ruixin_bao_store::{Store, write_register, write_trial_balance};
use ruixin_service::money::Income;

use error::CommandError;

const AFTER: &str = "\
Exit codes:
  0  done
  1  refused: an order, a step of a day, terms that are others
  2  the command line makes no sense
  3  the books, or converted books, do not balance
  4  a database or a file gives trouble

A day of the fund, after `init` and `import`:
  ruixin-bao place orders.jsonl
  ruixin-bao day run --date 2013-05-28 --income 12345.67
  ruixin-bao register --date 2013-05-28 --out register.csv --totals totals.csv
  ruixin-bao prove

New books have nothing to advance: fast redemptions and payments from the fund are refused until
  ruixin-bao advance --amount 1000000
A loss that no holder can bear is the risk reserve's; a day that it is too small for waits for
  ruixin-bao reserve --amount 0.01

Amounts are yuan with two decimals at most. Instants are Shanghai's clock.

The service, and its first request:
  ruixin-bao key --name admin --role admin
  ruixin-bao serve --clock '2013-05-28 10:00' &
  curl -X POST localhost:8082/v1/admin/window/open -H \"Authorization: Bearer $KEY\"";

/// The books of Ruixin Bao (瑞信宝): opening them, orders, the nightly run, reports, proofs.
#[derive(Debug, Parser)]
#[command(name = "ruixin-bao", version, after_help = AFTER)]
pub(crate) struct Arguments {
    /// The books: a path of SQLite, or postgres://user:password@host/database?schema=…
    #[arg(
        long,
        global = true,
        env = "RUIXIN_BAO_BOOKS",
        hide_env_values = true,
        default_value = "bao.db"
    )]
    books: String,
    /// The instant at which to act, such as `2013-05-27 16:00`; else the clock's
    #[arg(long, global = true, value_parser = instant)]
    at: Option<i64>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Makes books, empty, with the terms of the fund; terms are set once
    Init(Init),
    /// Takes converted books as opening books, and subscribes their holdings
    ///
    /// FROM is what `crossfoot convert` has written with ruixin/crossfoot.toml: a path of SQLite or
    /// an address of PostgreSQL. Books that do not balance are refused, with the place and both
    /// figures. The same books once more are no error, and nothing is done.
    Import {
        /// A path of SQLite, or an address of PostgreSQL
        from: String,
    },
    /// Places orders, one a line of JSON, and says of each what became of it
    ///
    /// A line is {"id": "…", "investor": 6001, "kind": "subscribe", "amount": "12.34"}. An id is a
    /// UUID or 32 hexadecimal digits; the same id with the same content is placed once only. Kinds
    /// are subscribe, redeem, redeem_fast, and pay, which takes a "merchant". An answer has
    /// "outcome" placed, exists or refused, and the code and the message of a refusal.
    Place {
        /// A file, or `-` for the standard input
        #[arg(default_value = "-")]
        file: PathBuf,
        /// Orders in one transaction
        #[arg(long, default_value = "256")]
        batch: NonZeroUsize,
    },
    /// The steps of a day
    #[command(subcommand)]
    Day(DayCommand),
    /// Puts money of the fund's manager into the risk reserve (风险准备金)
    ///
    /// The reserve bears what of a day's loss no holder can bear. A day that it is too small for is
    /// not distributed, and nothing of it is lost: fill the reserve, and run the day again.
    Reserve(fill::Fill),
    /// Puts money of the advance bank at the settlement bank (垫支款)
    ///
    /// Fast redemptions and payments from the fund are advanced from it, and refused where it is too
    /// small; in new books there is none.
    Advance(fill::Fill),
    /// What went over a user's wallet and shares
    Statement {
        /// The user's number
        user: u64,
        /// First day
        #[arg(long)]
        from: Day,
        /// Last day
        #[arg(long)]
        until: Day,
    },
    /// The trial balance of a moment (`--at`), from the vouchers alone, as CSV
    TrialBalance {
        /// One line for each subject, not for each account
        #[arg(long)]
        by_subject: bool,
    },
    /// The register of a day that is distributed, as CSV for the registrar, by account
    Register {
        /// The day
        #[arg(long)]
        date: Day,
        /// A file, or the standard output
        #[arg(long)]
        out: Option<PathBuf>,
        /// Where the totals go; they are no line of the register
        #[arg(long)]
        totals: Option<PathBuf>,
    },
    /// Proves all that is stored, and says what it looked at
    Prove,
    /// Serves over HTTP, until SIGTERM or Ctrl-C
    Serve(serve::Serve),
    /// Makes an API key and prints it, this once; its id is told on the standard error
    Key(ruixin_service::options::NewKey),
    /// Lists the API keys: id, role, when it was made, whether it is good or revoked, name
    Keys,
    /// Revokes an API key
    Revoke {
        /// Its id, as `key` told it, and `keys` and the log of requests (`key_id`) name it
        id: String,
    },
    /// Prints the OpenAPI document of the service
    Openapi,
}

#[derive(Debug, Args)]
struct Init {
    /// The first day of the fund: that of the freeze
    #[arg(long)]
    first_day: Day,
    /// The bank, below subject 1002, by which money goes to the fund and comes back
    #[arg(long, default_value_t = 1)]
    bank: u64,
    /// Who advances money for fast redemptions: its number as a holder
    #[arg(long, default_value_t = 90)]
    provider: u64,
    /// What an investor can redeem fast on a day; without it there is no cap
    #[arg(long, value_parser = fen)]
    fast_cap: Option<i64>,
    /// What an investor can pay from the fund on a day; without it there is no cap
    #[arg(long, value_parser = fen)]
    payment_cap: Option<i64>,
}

#[derive(Debug, Subcommand)]
enum DayCommand {
    /// Goes through the steps that are not done: cut, confirm, distribute, close
    ///
    /// Each step is done once: a run that was killed goes on where it was, and a run once more
    /// changes nothing. A day is run after the one before it.
    Run {
        /// The day
        #[arg(long)]
        date: Day,
        /// What the fund has earned on it; below zero for a loss
        #[arg(long, value_parser = Income::parse, allow_hyphen_values = true)]
        income: Income,
        /// Threads for the division; the incomes do not depend on it
        #[arg(long, default_value = "2")]
        threads: NonZeroUsize,
    },
    /// Lists the days that were cut, and how far they have come
    Show,
}

/// Does what was asked.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode, CommandError> {
    let mut out = BufWriter::new(io::stdout().lock());
    let now = arguments.at.map_or_else(clock, Ok)?;
    let mut code = ExitCode::SUCCESS;
    let books = &arguments.books;
    match &arguments.command {
        Command::Init(terms) => init(books, terms, &mut out)?,
        Command::Serve(asked) => serve::serve(books, asked, &mut out)?,
        Command::Key(asked) => serve::key(books, asked, &mut out)?,
        Command::Keys => serve::list_keys(books, &mut out)?,
        Command::Revoke { id } => serve::revoke(books, id)?,
        Command::Openapi => writeln!(out, "{:#}", ruixin_bao_service::api::document())?,
        command => {
            let mut store = Store::open(books)?;
            code = on_books(command, &mut store, now, &mut out)?;
        }
    }
    out.flush()?;
    Ok(code)
}

/// Does what is done on books that are there.
fn on_books(
    command: &Command,
    store: &mut Store,
    now: i64,
    out: &mut impl Write,
) -> Result<ExitCode, CommandError> {
    let mut code = ExitCode::SUCCESS;
    match command {
        Command::Init(_)
        | Command::Serve(_)
        | Command::Key(_)
        | Command::Keys
        | Command::Revoke { .. }
        | Command::Openapi => {}
        Command::Import { from } => import(store, from, now, out)?,
        Command::Place { file, batch } => {
            let refused = orders::place(store, file, batch.get(), now, out)?;
            if refused > 0 {
                code = ExitCode::from(1);
            }
        }
        Command::Day(DayCommand::Run {
            date,
            income,
            threads,
        }) => run_day(store, *date, income.fen(), now, *threads, out)?,
        Command::Day(DayCommand::Show) => show_days(store, out)?,
        Command::Reserve(asked) => fill::reserve(store, asked, now, out)?,
        Command::Advance(asked) => fill::advance(store, asked, now, out)?,
        Command::Statement { user, from, until } => statement(store, *user, *from, *until, out)?,
        Command::TrialBalance { by_subject } => {
            let balance = store.trial_balance(now)?;
            write_trial_balance(&balance, *by_subject, out)?;
            if !balance.is_balanced() {
                code = ExitCode::from(3);
            }
        }
        Command::Register {
            date,
            out: to,
            totals,
        } => {
            let register = store.register(*date)?;
            match to {
                None => write_register(&register, out)?,
                Some(path) => to_file(path, |file| write_register(&register, file))?,
            }
            if let Some(path) = totals {
                to_file(path, |file| register.write_totals(file))?;
            }
        }
        Command::Prove => {
            for proved in store.prove()? {
                writeln!(out, "{:>10}  {}", proved.rows, proved.proof)?;
            }
            writeln!(out, "The books stand.")?;
        }
    }
    Ok(code)
}

fn init(books: &str, init: &Init, out: &mut impl Write) -> Result<(), CommandError> {
    let calendar = Calendar::china_2013_2014().map_err(ruixin_bao_store::StoreError::from)?;
    let (first, last) = (calendar.first(), calendar.last());
    Store::create(
        books,
        Terms {
            calendar,
            first_day: init.first_day,
            settlement_bank: init.bank,
            provider: init.provider,
            fast_redemption_cap_fen: init.fast_cap,
            payment_cap_fen: init.payment_cap,
        },
    )?;
    writeln!(
        out,
        "The books are there: from {} on, by the exchanges' calendar of {first} to {last}.",
        init.first_day
    )?;
    Ok(())
}

fn import(
    store: &mut Store,
    from: &str,
    now: i64,
    out: &mut impl Write,
) -> Result<(), CommandError> {
    let opened = store.import(from, now)?;
    if opened.is_repeat {
        writeln!(
            out,
            "The books were opened with these before: nothing was done."
        )?;
    }
    writeln!(
        out,
        "{} vouchers and {} postings came to {} accounts with {} on each side.",
        opened.vouchers,
        opened.postings,
        opened.accounts,
        yuan(i128::from(opened.debits_fen)),
    )?;
    if let Some(confirmed_on) = opened.confirmed_on {
        writeln!(
            out,
            "{} users have subscribed {}, which is confirmed on {confirmed_on}.",
            opened.holdings,
            yuan(i128::from(opened.shares)),
        )?;
    }
    if opened.under_way > 0 || opened.refundable > 0 {
        writeln!(
            out,
            "{} withdrawals, holds and payments into escrow are under way; {} payments can be refunded.",
            opened.under_way, opened.refundable,
        )?;
    }
    for one in &opened.corrected {
        writeln!(
            out,
            "{} was read as it is corrected: {} records taken out, {} put in.",
            one.table, one.reversals, one.rebookings,
        )?;
    }
    writeln!(out, "digest {}", opened.digest)?;
    Ok(())
}

fn run_day(
    store: &mut Store,
    date: Day,
    income_fen: i64,
    now: i64,
    threads: NonZeroUsize,
    out: &mut impl Write,
) -> Result<(), CommandError> {
    let run = store.run_day(date, income_fen, now, threads)?;
    writeln!(out, "{date} was {} and is closed.", run.was)?;
    writeln!(out, "  orders of the day   {}", batch(&run.cut))?;
    writeln!(out, "  orders confirmed    {}", batch(&run.confirmed))?;
    writeln!(
        out,
        "  income              {} on {} shares: {} per ten thousand; {} fen handed out one by one",
        yuan(i128::from(run.income.income_fen)),
        yuan(i128::from(run.income.shares)),
        run.income.per_ten_thousand,
        run.income.residue_fen,
    )?;
    if run.from_reserve_fen > 0 {
        let borne = yuan(i128::from(run.from_reserve_fen));
        writeln!(out, "  from the reserve    {borne}")?;
    }
    Ok(())
}

fn statement(
    store: &mut Store,
    user: u64,
    from: Day,
    until: Day,
    out: &mut impl Write,
) -> Result<(), CommandError> {
    if from > until {
        let says = format!("{from} is after {until}: there is no day to state");
        return Err(CommandError::refused("span_unfit", says));
    }
    let statements = store.statement(user, from, until)?;
    if statements.is_empty() {
        let says = format!("there is no user {user}");
        return Err(CommandError::refused("account_not_found", says));
    }
    for statement in statements {
        statement.write(out)?;
    }
    Ok(())
}

fn batch(batch: &Batch) -> String {
    format!(
        "{}: {} subscribed, {} redeemed, {} redeemed fast or paid",
        batch.orders,
        yuan(batch.subscribed_fen),
        yuan(batch.redeemed_fen),
        yuan(batch.redeemed_fast_fen),
    )
}

fn show_days(store: &mut Store, out: &mut impl Write) -> Result<(), CommandError> {
    for day in store.days()? {
        let income = day.income.map_or_else(String::new, |income| {
            let (fen, per) = (income.income_fen, income.per_ten_thousand);
            format!("  income {}, {per} per ten thousand", yuan(i128::from(fen)))
        });
        writeln!(out, "{}  {:<11}{income}", day.day, day.record.stage)?;
    }
    Ok(())
}

/// Writes a file beside the one that is asked for, and puts it in its place when it is whole.
fn to_file(
    path: &Path,
    write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>,
) -> Result<(), CommandError> {
    let failed = |error: io::Error| CommandError::file(path, &error);
    let mut name = path.as_os_str().to_owned();
    name.push(".part");
    let part = PathBuf::from(name);
    let mut file = BufWriter::new(File::create(&part).map_err(failed)?);
    write(&mut file).map_err(failed)?;
    let file = file
        .into_inner()
        .map_err(|error| failed(error.into_error()))?;
    file.sync_all().map_err(failed)?;
    std::fs::rename(&part, path).map_err(failed)
}

fn yuan(fen: i128) -> Decimal {
    Decimal::new(fen, 2)
}

/// Reads yuan as fen.
fn fen(text: &str) -> Result<i64, String> {
    let amount: Decimal = text.parse().map_err(|_| format!("`{text}` is no amount"))?;
    let exact = amount.rescale_exact(2);
    let exact = exact.ok_or_else(|| format!("`{text}` is finer than a fen"))?;
    i64::try_from(exact.mantissa).map_err(|_| format!("`{text}` is out of range"))
}

/// Reads Shanghai's clock.
fn instant(text: &str) -> Result<i64, String> {
    let zone = Zone::new("Asia/Shanghai").map_err(|error| error.to_string())?;
    local_time(text, &zone, Disambiguation::Refuse).map_err(|error| error.to_string())
}

fn clock() -> Result<i64, CommandError> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).ok();
    let micros = now.and_then(|now| i64::try_from(now.as_micros()).ok());
    micros.ok_or_else(|| CommandError::usage("the machine's clock is out of range: give `--at`"))
}
