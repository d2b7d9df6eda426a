//! The command line.

use books::DatabaseLoad;
use clap::{Args, Parser, Subcommand, ValueEnum};
use rules::plan::{MOST_THREADS, Plan};
use std::num::NonZeroUsize;
use std::path::PathBuf;

/// Moves a ledger and proves that it balances, or names the exact records that do not.
#[derive(Debug, Parser)]
#[command(
    name = "crossfoot",
    version,
    propagate_version = true,
    after_help = "Exit codes: 0 agrees, 1 breaks found, 2 wrong use or wrong plan, 3 a book cannot \
                  be read, 4 a fault of our own, 5 incomplete: something was not checked.",
    after_long_help = EXIT_CODES
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXIT_CODES: &str = "\
Exit codes, everywhere:
  0  the books agree
  1  breaks, rejects or broken controls were found
  2  wrong use, or a mistake in the plan
  3  a book cannot be reached or read
  4  a fault of Crossfoot's own
  5  incomplete: something was not checked; never taken for 0

First steps:
  crossfoot demo                play the whole story on made-up books
  crossfoot verify OLD NEW      compare two books at once
  crossfoot init OLD NEW        write a plan that says how they are compared
  crossfoot check               read the plan, and report every mistake in it
  crossfoot convert             write what the rules say the new book must hold
  crossfoot verify              verify by the plan in this folder
  crossfoot explain KEY         tell one record's whole story
  crossfoot correct             propose entries that correct what verify found
  crossfoot rehearse            prove on these books that faults are found
  crossfoot window announce     begin the window, and keep its daybook
  crossfoot gate                GO, NO-GO or INCOMPLETE, and why";

#[derive(Debug, Args)]
pub(crate) struct Global {
    /// Language of words on the screen; by default that of the system.
    #[arg(long, global = true, value_enum, env = "CROSSFOOT_LANG")]
    pub(crate) lang: Option<Lang>,
    /// Prints one JSON document on stdout instead of a report.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Shows no progress.
    #[arg(long, global = true)]
    pub(crate) no_progress: bool,
    /// When to use colour.
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto)]
    pub(crate) color: Color,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Lang {
    /// 中文
    Zh,
    /// English
    En,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal, unless `NO_COLOR` is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Plays the whole story: books, conversion, one cent off, the search, the entry, GO.
    ///
    /// It writes the old books of a wallet, converts them into double entry, damages the new ledger
    /// the way a converter could have, then verifies, explains, corrects and verifies again. All of
    /// it is done by the commands that it shows, in a folder of its own that stays.
    Demo(Demo),
    /// Finds every record on which two books differ, and closes the account.
    ///
    /// Without books it reads the plan of this folder (`crossfoot.toml`). With two books it
    /// compares them as `init` would plan it, and says in one line what it took for key and money.
    Verify(Verify),
    /// Tells one record's whole story: what should be, what is, and why they differ.
    ///
    /// The record is named by its key, or by any compared columns. Every cause of the catalogue is
    /// tried on it, and told with what it would have given. With --difference instead of a record,
    /// it names entries that a bare difference of two totals may come from; that proves nothing.
    Explain(Explain),
    /// Runs the rules and writes the tables of the target; killed at any point, it goes on.
    ///
    /// Every agreement whose `target` is a table is written, in chunks of the main table of its
    /// rule: into a folder as a Parquet file each, into a database in a transaction each, with a
    /// manifest that tells what was read, converted, rejected, left out and written. Started again
    /// it goes on behind the last finished chunk; a source or a rule that has changed meanwhile is
    /// refused. All tables come to their places together, once everything is accounted for; in a
    /// database, tables that are there already are filled in place.
    Convert(Convert),
    /// Proposes correcting entries for the breaks that `verify` found: reversal and rebooking.
    ///
    /// Nothing that is booked is changed. What the target holds wrongly is reversed and what the
    /// rule gives is booked, in a table beside: `posting.corrections` corrects `posting`, and every
    /// query sees it corrected. Without --write nothing is written. Verify again afterwards.
    Correct(Correct),
    /// Keeps the window between closing the old system and opening the new one.
    ///
    /// Everything that happens in it goes into a daybook, `window/daybook.jsonl` beside the plan: an
    /// entry a line, each with the hash of the one before. `convert`, `verify` and `correct` write into
    /// it too while the window is open. Every step is decided from the daybook alone; what is refused
    /// says why, and what to do instead.
    #[command(subcommand)]
    Window(Window),
    /// Says GO, NO-GO or INCOMPLETE, and why.
    ///
    /// Nothing is taken on trust: files are digested anew, breaks counted, signatures checked. What was
    /// not checked is not passed. Exit codes: 0 GO, 1 NO-GO, 5 INCOMPLETE.
    Gate(Gate),
    /// Signs off the evidence of the last verification, or makes a key to sign with.
    Sign(Sign),
    /// Plants known faults in a shadow of the real books, and proves that each is found.
    ///
    /// Nothing of the books is changed: the shadow is an overlay that every query reads through. Faults
    /// of every cause that the target's tables can carry are planted; all must be found, to the last
    /// unit, nothing else reported, and their causes named. The outcome goes into the daybook, where the
    /// gate looks for it. Exit codes: 0 passed, 1 failed.
    Rehearse(Rehearse),
    /// Writes evidence as a workbook, a page, a test report or a table.
    ///
    /// It reads the evidence and nothing else: the same folder gives the same bytes. What was accepted,
    /// disposed of and signed, and how good the forecasts were, comes from the daybook.
    Report(Report),
    /// Checks a folder of evidence, anywhere.
    #[command(subcommand)]
    Evidence(Evidence),
    /// Checks a daybook by itself.
    #[command(subcommand)]
    Daybook(Daybook),
    /// Reads the plan and both books' schemas, and reports every mistake at its place.
    Check(Check),
    /// Looks at two books and writes a first plan that runs.
    Init(Init),
    /// Prints the completions of a shell.
    #[command(hide = true)]
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Writes man pages into a folder.
    #[command(hide = true)]
    Man {
        /// The folder.
        folder: PathBuf,
    },
}

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  crossfoot demo\n  crossfoot demo --fault A5,B9:10 --records 100000\n  \
                        crossfoot demo --leave              the fault stays, and so does the gate: NO-GO\n  \
                        crossfoot demo --records 100000000  the real size\n\n\
                        Exit codes: 0 it ends with GO, 1 with NO-GO."
)]
pub(crate) struct Demo {
    /// Records of the old books' flow.
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    pub(crate) records: u64,
    /// What goes wrong, by the ids of the catalogue of causes, each with how often: `A5,B9:10`.
    #[arg(
        long,
        value_name = "CAUSES",
        value_delimiter = ',',
        default_value = "B3",
        value_parser = order
    )]
    pub(crate) fault: Vec<ruixin_faults::Order>,
    /// Books and faults are drawn from it: the same seed gives the same story.
    #[arg(long, value_name = "N", default_value_t = 2013)]
    pub(crate) seed: u64,
    /// The folder that it is played in: a new one, or one of a demo before.
    #[arg(long, value_name = "DIR", default_value = "crossfoot-demo")]
    pub(crate) folder: PathBuf,
    /// Leaves the fault in: the story ends with NO-GO.
    #[arg(long)]
    pub(crate) leave: bool,
    /// The whole evening, with both systems running and people who use them.
    ///
    /// Ruixin Pay and Ruixin Bao serve over HTTP on ports of this machine, with their books in SQLite. A
    /// crowd pays until the freeze, and goes on at the new system once the gate says GO; then the fund
    /// has its first nights. What goes wrong is one leg of the ledger that a double lost a fen of.
    #[arg(long, conflicts_with = "fault")]
    pub(crate) live: bool,
    /// How many people use the systems of `--live`.
    #[arg(
        long,
        value_name = "N",
        default_value_t = 40,
        value_parser = clap::value_parser!(u32).range(1..=100_000),
        requires = "live",
        conflicts_with = "fault"
    )]
    pub(crate) people: u32,
    /// Threads to work in; by default one for each processor.
    #[arg(long, value_name = "N", value_parser = thread_count)]
    pub(crate) threads: Option<NonZeroUsize>,
}

/// Reads `B3` and `B3:10`.
fn order(text: &str) -> Result<ruixin_faults::Order, String> {
    let whole = match text.contains(':') {
        true => text.to_owned(),
        false => format!("{text}:1"),
    };
    let order = whole.parse::<ruixin_faults::Order>();
    order.map_err(|error| match error {
        ruixin_faults::OrderError::Cause(error) => {
            let known = ruixin_faults::Cause::ALL.map(|cause| cause.to_string());
            format!("{error}; known are {}", known.join(", "))
        }
        error => error.to_string(),
    })
}

/// Reads how many threads to work in: as many as a plan may say.
fn thread_count(text: &str) -> Result<NonZeroUsize, String> {
    let count = text.parse::<u64>().ok();
    let count = count.filter(|count| (1..=MOST_THREADS).contains(count));
    let count = count.and_then(|count| usize::try_from(count).ok());
    count
        .and_then(NonZeroUsize::new)
        .ok_or_else(|| format!("threads are a whole number from 1 to {MOST_THREADS}"))
}

/// How to find a plan.
#[derive(Debug, Args)]
pub(crate) struct PlanPath {
    /// The plan, or the folder it lies in.
    #[arg(long, short, value_name = "PATH", default_value = "crossfoot.toml")]
    pub(crate) plan: PathBuf,
}

/// What databases may be asked for.
#[derive(Debug, Args)]
pub(crate) struct MaxLoad {
    /// The most that each database is asked for: records a second (50000), or seconds that its
    /// replicas may be behind (lag=5), or both (50000,lag=5). `max_load` in an address says it for one.
    #[arg(long, value_name = "LOAD")]
    pub(crate) max_load: Option<DatabaseLoad>,
}

impl MaxLoad {
    /// Holds the books of a plan to it.
    pub(crate) fn apply(&self, plan: &mut Plan) {
        if let Some(load) = self.max_load {
            plan.limit(load);
        }
    }
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  crossfoot verify --plan examples/first\n  \
                        crossfoot verify old.csv new.parquet --key serial --money amount,fee\n  \
                        crossfoot verify old.csv sqlite://new.db\n  \
                        crossfoot verify --as-of --settle 30    while payments go on\n  \
                        crossfoot verify --json | jq .verdict")]
pub(crate) struct Verify {
    /// The old and the new book: a file, a folder, a glob or a database each. Without them, the plan
    /// says.
    #[arg(
        value_names = ["OLD", "NEW"],
        num_args = 2,
        action = clap::ArgAction::Set,
        conflicts_with = "plan"
    )]
    pub(crate) books: Vec<String>,
    #[command(flatten)]
    pub(crate) plan: PlanPath,
    #[command(flatten)]
    pub(crate) load: MaxLoad,
    /// Columns that name a record, when two books are given.
    #[arg(
        long,
        value_name = "COLUMNS",
        value_delimiter = ',',
        requires = "books",
        conflicts_with = "plan"
    )]
    pub(crate) key: Option<Vec<String>>,
    /// Columns that hold amounts, when two books are given.
    #[arg(
        long,
        value_name = "COLUMNS",
        value_delimiter = ',',
        requires = "books",
        conflicts_with = "plan"
    )]
    pub(crate) money: Option<Vec<String>>,
    /// The folder for the evidence; by default one named by the time, in `evidence/` beside the
    /// plan.
    #[arg(long, value_name = "DIR")]
    pub(crate) evidence: Option<PathBuf>,
    /// Threads to work in; by default as the plan says, else one for each processor.
    #[arg(long, value_name = "N", value_parser = thread_count)]
    pub(crate) threads: Option<NonZeroUsize>,
    /// Does not digest the books; the evidence then names their files without BLAKE3, and the gate
    /// stays shut.
    #[arg(long)]
    pub(crate) no_digest: bool,
    /// Locates breaks and does not say why they are there: much faster where very many records
    /// differ. `explain` tells of one afterwards.
    #[arg(long)]
    pub(crate) no_causes: bool,
    /// Verifies databases that still move: as of one moment each. Records that differ are looked at
    /// again; those in flight are no breaks. The gate stays shut.
    #[arg(long)]
    pub(crate) as_of: bool,
    /// How long one book may come after the other: a record that differs and stands unchanged so
    /// long is a break.
    #[arg(long, value_name = "SECONDS", default_value_t = 10, requires = "as_of")]
    pub(crate) settle: u32,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  crossfoot explain P00041979 --plan examples/first\n  \
                        crossfoot explain V1,2                      a key of two columns\n  \
                        crossfoot explain voucher=V1 leg=2          the same by name\n  \
                        crossfoot explain account=W-1055 amount=-18.80\n  \
                        crossfoot explain P00041979 --json | jq '.records[].tried'\n  \
                        crossfoot explain --difference 0.01 --column amount\n\n\
                        Exit codes: 0 the record agrees, 1 it does not, 2 no such record; \
                        with --difference always 5, as nothing is proved."
)]
pub(crate) struct Explain {
    /// The record: the values of its key, or COLUMN=VALUE for any compared columns. NULL is the
    /// missing value.
    #[arg(
        value_name = "KEY",
        required_unless_present = "difference",
        conflicts_with = "difference",
        allow_negative_numbers = true
    )]
    pub(crate) key: Vec<String>,
    #[command(flatten)]
    pub(crate) plan: PlanPath,
    #[command(flatten)]
    pub(crate) load: MaxLoad,
    /// The agreement; needed where more than one could answer.
    #[arg(long, value_name = "NAME")]
    pub(crate) agreement: Option<String>,
    /// Evidence of a verification: the cause is told as it told it, if the record still differs as it
    /// did. By default the latest in `evidence/` beside the plan, where the books are too large to be
    /// read whole for one record.
    #[arg(long, value_name = "DIR", conflicts_with = "difference")]
    pub(crate) evidence: Option<PathBuf>,
    /// A difference of two totals of which nothing else is known.
    #[arg(long, value_name = "AMOUNT", allow_negative_numbers = true)]
    pub(crate) difference: Option<String>,
    /// The money column of the difference; needed where there is more than one.
    #[arg(
        long,
        value_name = "COLUMN",
        requires = "difference",
        conflicts_with = "key"
    )]
    pub(crate) column: Option<String>,
    /// The currency of the difference; needed where the records have one each.
    #[arg(
        long,
        value_name = "CODE",
        requires = "difference",
        conflicts_with = "key"
    )]
    pub(crate) currency: Option<String>,
    /// Threads to work in; by default as the plan says, else one for each processor.
    #[arg(long, value_name = "N", value_parser = thread_count)]
    pub(crate) threads: Option<NonZeroUsize>,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  crossfoot convert --plan ruixin\n  \
                        crossfoot convert --threads 8 --chunk-records 500000\n  \
                        crossfoot convert --json | jq '.tables[] | [.read, .converted, .rejected]'\n\n\
                        Exit codes: 0 every record is converted or left out by its rule, 1 some \
                        were rejected, 3 a file or a database cannot be read or written, 5 stopped: \
                        start it again.")]
pub(crate) struct Convert {
    #[command(flatten)]
    pub(crate) plan: PlanPath,
    #[command(flatten)]
    pub(crate) load: MaxLoad,
    /// Threads to work in, each at a chunk of its own; by default as the plan says, else one for each
    /// processor.
    #[arg(long, value_name = "N", value_parser = thread_count)]
    pub(crate) threads: Option<NonZeroUsize>,
    /// Records of a chunk, about: chunks are whole row groups of Parquet or stretches of CSV.
    #[arg(long, value_name = "N", default_value_t = std::num::NonZeroU64::new(migrate::CHUNK_RECORDS).expect("a million"))]
    pub(crate) chunk_records: std::num::NonZeroU64,
    /// Throws away what a former conversion wrote here, published or not, and begins again.
    #[arg(long)]
    pub(crate) discard: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  crossfoot correct --plan ruixin\n  \
                        crossfoot correct --cause B3,A5 --write --reason 'float in the old converter'\n  \
                        crossfoot correct --json | jq '.tables[].effect'\n\n\
                        Exit codes: 0 entries are proposed, written, or not needed; 1 a record that was \
                        corrected differs still; 5 some breaks have none.")]
pub(crate) struct Correct {
    #[command(flatten)]
    pub(crate) plan: PlanPath,
    /// The evidence whose breaks are corrected; by default the latest in `evidence/` beside the
    /// plan.
    #[arg(long, value_name = "DIR")]
    pub(crate) evidence: Option<PathBuf>,
    /// Corrects breaks of these causes only. Once their entries stand in a table, no others can be
    /// added to it: to correct the rest, they are taken away, and all are corrected at once.
    #[arg(long, value_name = "IDS", value_delimiter = ',')]
    pub(crate) cause: Vec<String>,
    /// Writes the entries.
    #[arg(long)]
    pub(crate) write: bool,
    /// Why, in your words; it stands in every entry.
    #[arg(long, value_name = "TEXT", required_if_eq("write", "true"))]
    pub(crate) reason: Option<String>,
    /// Who books them, for the daybook; by default the user of this machine.
    #[arg(long, value_name = "NAME")]
    pub(crate) by: Option<String>,
    /// Threads to work in; by default as the plan says, else one for each processor.
    #[arg(long, value_name = "N", value_parser = thread_count)]
    pub(crate) threads: Option<NonZeroUsize>,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  crossfoot check --plan plans/ledger\n  \
                        crossfoot check --schema > crossfoot.schema.json\n\n\
                        An editor that knows TOML completes and checks a plan by the schema: with\n\
                        `#:schema ./crossfoot.schema.json` as its first line.")]
pub(crate) struct Check {
    #[command(flatten)]
    pub(crate) plan: PlanPath,
    /// Print the JSON Schema of plans, and read none.
    #[arg(long, conflicts_with = "plan")]
    pub(crate) schema: bool,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  crossfoot init old.csv new.parquet --key serial\n  \
                        crossfoot init 'postgres://me:${PGPASSWORD}@db/old?schema=pay' mysql://me@127.0.0.1/new\n  \
                        crossfoot init sqlite://old.db ledger/ -o plan/crossfoot.toml\n\n\
                        Keys, types and comments of a database are taken from it. `${NAME}` stands for a \
                        variable of the environment; the plan names it too, and never holds a password."
)]
pub(crate) struct Init {
    /// The old book: a file, a folder, a glob, or a database: postgres://, mysql:// or sqlite://.
    pub(crate) source: String,
    /// The new book.
    pub(crate) target: String,
    /// Where to write the plan.
    #[arg(long, short, value_name = "PATH", default_value = "crossfoot.toml")]
    pub(crate) output: PathBuf,
    /// Columns that name a record.
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',')]
    pub(crate) key: Option<Vec<String>>,
    /// Columns that hold amounts.
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',')]
    pub(crate) money: Option<Vec<String>>,
    /// Currency of amounts, an ISO 4217 code.
    #[arg(long)]
    pub(crate) currency: Option<String>,
    /// Replaces a plan that is there already.
    #[arg(long)]
    pub(crate) force: bool,
}

/// A step of the window.
#[derive(Debug, Subcommand)]
pub(crate) enum Window {
    /// Begins the daybook and tells the channels when the system will be closed.
    Announce(WindowAt),
    /// Closes the old system, and proves by its figures that nothing moves any more.
    ///
    /// The plan's hook is called, then the opening figures are read twice. Only where they are equal
    /// is the window frozen; otherwise exit code 1, with what moved. Given again, it calls again; once
    /// something was made of the frozen book, which that voids, only with `--again`.
    Freeze(WindowFreeze),
    /// Records that something other than Crossfoot converted, so that `verify` may begin.
    ///
    /// There is no account of such a conversion: the gate goes by the verification alone, which must have
    /// read both sides of every agreement. What was verified before no longer holds.
    Converted(WindowConverted),
    /// Shows where the window stands, what comes next, and the clock.
    Status(WindowAt),
    /// Opens the new system, if the gate says GO at this moment.
    Release(WindowReleased),
    /// Opens the old system again.
    Rollback(WindowBack),
    /// Puts the release off, and tells the channels.
    Extend(WindowExtend),
    /// Records that the plan was changed: convert and verify again.
    Replan(WindowReplan),
    /// Puts a remark into the daybook.
    Note(WindowNote),
}

#[derive(Debug, Args)]
pub(crate) struct WindowAt {
    #[command(flatten)]
    pub(crate) plan: PlanPath,
}

/// What a decision is taken for, and by whom.
#[derive(Debug, Args)]
pub(crate) struct Decision {
    /// Why.
    #[arg(long, value_name = "TEXT")]
    pub(crate) why: String,
    /// Who decided it.
    #[arg(long, value_name = "NAME")]
    pub(crate) by: String,
}

#[derive(Debug, Args)]
pub(crate) struct WindowFreeze {
    #[command(flatten)]
    pub(crate) at: WindowAt,
    /// Freezes once more, and voids what was converted, verified and signed.
    #[arg(long, requires_all = ["why", "by"])]
    pub(crate) again: bool,
    /// Why again.
    #[arg(long, value_name = "TEXT", requires = "again")]
    pub(crate) why: Option<String>,
    /// Who decided it.
    #[arg(long, value_name = "NAME", requires = "again")]
    pub(crate) by: Option<String>,
    /// Threads to read the figures in.
    #[arg(long, value_name = "N", value_parser = thread_count)]
    pub(crate) threads: Option<NonZeroUsize>,
}

#[derive(Debug, Args)]
pub(crate) struct WindowConverted {
    #[command(flatten)]
    pub(crate) at: WindowAt,
    /// Who answers for it.
    #[arg(long, value_name = "NAME")]
    pub(crate) by: String,
    /// With what it was converted, and how.
    #[arg(long, value_name = "TEXT")]
    pub(crate) how: String,
}

#[derive(Debug, Args)]
pub(crate) struct WindowReleased {
    #[command(flatten)]
    pub(crate) at: WindowAt,
    /// After a release whose call failed: the new system was asked, and is not open.
    #[arg(long, value_name = "TEXT")]
    pub(crate) not_released: Option<String>,
    /// After a release whose call failed: the new system was asked, and is open.
    #[arg(long, value_name = "TEXT", conflicts_with = "not_released")]
    pub(crate) released: Option<String>,
    /// Threads to digest the books in.
    #[arg(long, value_name = "N", value_parser = thread_count)]
    pub(crate) threads: Option<NonZeroUsize>,
}

#[derive(Debug, Args)]
pub(crate) struct WindowBack {
    #[command(flatten)]
    pub(crate) at: WindowAt,
    #[command(flatten)]
    pub(crate) decision: Decision,
    /// Accepts that it will end after the release time.
    #[arg(long)]
    pub(crate) late: bool,
}

#[derive(Debug, Args)]
pub(crate) struct WindowExtend {
    #[command(flatten)]
    pub(crate) at: WindowAt,
    /// When the new system must be open, from now on, such as 2013-05-27T18:00:00+08:00.
    #[arg(long, value_name = "TIME")]
    pub(crate) until: jiff::Timestamp,
    #[command(flatten)]
    pub(crate) decision: Decision,
}

#[derive(Debug, Args)]
pub(crate) struct WindowReplan {
    #[command(flatten)]
    pub(crate) at: WindowAt,
    #[command(flatten)]
    pub(crate) decision: Decision,
}

#[derive(Debug, Args)]
pub(crate) struct WindowNote {
    #[command(flatten)]
    pub(crate) at: WindowAt,
    /// Who says it.
    #[arg(long, value_name = "NAME")]
    pub(crate) by: String,
    /// What.
    #[arg(value_name = "TEXT")]
    pub(crate) says: String,
}

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Gate {
    #[command(subcommand)]
    pub(crate) step: Option<GateStep>,
    #[command(flatten)]
    pub(crate) plan: PlanPath,
    /// Threads to digest the books in.
    #[arg(long, value_name = "N", value_parser = thread_count)]
    pub(crate) threads: Option<NonZeroUsize>,
}

/// A decision about what a verification found.
#[derive(Debug, Subcommand)]
pub(crate) enum GateStep {
    /// Accepts one break by name. It stays in every report, and its amount in the account.
    Accept(GateAccept),
    /// Says what becomes of the records that the rules could not convert.
    Dispose(GateDispose),
}

#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  crossfoot gate accept --agreement postings V1 2 --amount 0.01 \
                        --reason 'booked by hand in 2011' --owner 'Li Na'"
)]
pub(crate) struct GateAccept {
    /// The break: the values of its key, or COLUMN=VALUE of any compared columns.
    #[arg(value_name = "KEY", required = true, allow_negative_numbers = true)]
    pub(crate) key: Vec<String>,
    #[command(flatten)]
    pub(crate) plan: PlanPath,
    /// The agreement.
    #[arg(long, value_name = "NAME")]
    pub(crate) agreement: String,
    /// What the break adds to the difference of the books; another amount is refused.
    #[arg(long, value_name = "AMOUNT", allow_negative_numbers = true)]
    pub(crate) amount: Option<String>,
    /// Why it may stay.
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: String,
    /// Who answers for it.
    #[arg(long, value_name = "NAME")]
    pub(crate) owner: String,
}

#[derive(Debug, Args)]
pub(crate) struct GateDispose {
    #[command(flatten)]
    pub(crate) plan: PlanPath,
    /// What becomes of them.
    #[arg(long, value_name = "TEXT")]
    pub(crate) how: String,
    /// Who answers for it.
    #[arg(long, value_name = "NAME")]
    pub(crate) owner: String,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  crossfoot sign --new li.key --name 'Li Na'   prints the public key\n  \
                        crossfoot sign --role accountant --key li.key"
)]
pub(crate) struct Sign {
    #[command(flatten)]
    pub(crate) plan: PlanPath,
    /// Makes a key in this file, and prints its public half for the plan's `signers`.
    #[arg(long, value_name = "FILE", requires = "name", conflicts_with_all = ["role", "key"])]
    pub(crate) new: Option<PathBuf>,
    /// The name of the person whose key it is.
    #[arg(long, value_name = "NAME", requires = "new", conflicts_with_all = ["role", "key"])]
    pub(crate) name: Option<String>,
    /// The role that is signed in.
    #[arg(
        long,
        value_name = "ROLE",
        required_unless_present = "new",
        requires = "key"
    )]
    pub(crate) role: Option<String>,
    /// The file of the secret key.
    #[arg(long, value_name = "FILE", required_unless_present = "new")]
    pub(crate) key: Option<PathBuf>,
}

/// What is done with evidence.
#[derive(Debug, Subcommand)]
pub(crate) enum Evidence {
    /// Checks every file of a folder against its manifest, the daybook and the signatures.
    ///
    /// It needs nothing but the folder and the public keys: neither plan nor books. Exit codes: 0 all
    /// is as it was written and signed, 1 something is not, 5 something could not be checked.
    Verify {
        /// The folder.
        folder: PathBuf,
        /// The public keys of those who may sign, with their roles.
        #[arg(long, value_name = "FILE")]
        keys: Option<PathBuf>,
    },
}

/// What is done with a daybook.
#[derive(Debug, Subcommand)]
pub(crate) enum Daybook {
    /// Checks every entry and the chain of hashes.
    Verify {
        /// The daybook.
        file: PathBuf,
    },
}

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  crossfoot report --xlsx report.xlsx --html report.html\n  \
                        crossfoot report --evidence evidence/2013-05-27T00-00-00Z --junit report.xml\n  \
                        crossfoot report --lang zh --csv breaks.csv\n  \
                        crossfoot report --json | jq .verdict"
)]
pub(crate) struct Report {
    #[command(flatten)]
    pub(crate) plan: PlanPath,
    /// The evidence; by default the latest in `evidence/` beside the plan.
    #[arg(long, value_name = "DIR")]
    pub(crate) evidence: Option<PathBuf>,
    /// Writes a workbook, as accountants keep it: lead sheets with live formulas, exceptions, controls.
    #[arg(long, value_name = "FILE")]
    pub(crate) xlsx: Option<PathBuf>,
    /// Writes one page that opens offline and prints well.
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,
    /// Writes a test report for a build server.
    #[arg(long, value_name = "FILE")]
    pub(crate) junit: Option<PathBuf>,
    /// Writes the breaks and the rejects as a table for a spreadsheet.
    #[arg(long, value_name = "FILE")]
    pub(crate) csv: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  crossfoot rehearse\n  crossfoot rehearse --count 10 --cause B3,A5\n  \
                        crossfoot rehearse --rollback-took 12m\n  \
                        crossfoot rehearse --json | jq '.agreements[].total'"
)]
pub(crate) struct Rehearse {
    #[command(flatten)]
    pub(crate) plan: PlanPath,
    #[command(flatten)]
    pub(crate) load: MaxLoad,
    /// Plants these causes only; by default every one that fits.
    #[arg(long, value_name = "IDS", value_delimiter = ',')]
    pub(crate) cause: Vec<shadow::Cause>,
    /// Faults of each cause in each table.
    #[arg(long, value_name = "N", default_value = "3", value_parser = crate::commands::rehearse::per_cause)]
    pub(crate) count: NonZeroUsize,
    /// What is damaged is drawn from it.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u64,
    /// Keeps the evidence of the shadow in this folder.
    #[arg(long, value_name = "DIR")]
    pub(crate) keep: Option<PathBuf>,
    /// Calls the plan's hook for a rollback, with `"rehearsal": true`, and measures it.
    #[arg(long, conflicts_with = "rollback_took")]
    pub(crate) call_rollback: bool,
    /// How long a rollback took when it was tried, such as 12m.
    #[arg(long, value_name = "TIME")]
    pub(crate) rollback_took: Option<jiff::SignedDuration>,
    /// Threads to work in; by default as the plan says, else one for each processor.
    #[arg(long, value_name = "N", value_parser = thread_count)]
    pub(crate) threads: Option<NonZeroUsize>,
}
