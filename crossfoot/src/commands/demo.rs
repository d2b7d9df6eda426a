//! `crossfoot demo`: the whole story, played with the commands themselves on made-up books.

mod judged;
mod live;

use super::{convert, correct, explain, read_plan, threads, verify};
use crate::args::{Cli, Command, Demo};
use crate::error::{CommandError, Kind};
use crate::progress::Progress;
use crate::screen::Screen;
use crate::terminal;
use crate::terminal::text::wrapped;
use crate::window::folder;
use books::Meter;
use clap::Parser;
use cutover::gate::Outcome;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use judged::Judged;
use ledger::{Break, Decimal, Report, Verdict};
use reconcile::{Phase, Watch, Work};
use ruixin_faults::{Cause, Order, Planted};
use ruixin_history::{Format, History, Summary};
use serde_json::json;
use std::cell::Cell;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// The plan of the story.
const PLAN: &str = include_str!("../../../ruixin/crossfoot.toml");

/// Its rules.
const RULES: [(&str, &str); 8] = [
    (
        "rules/account.sql",
        include_str!("../../../ruixin/rules/account.sql"),
    ),
    (
        "rules/holding.sql",
        include_str!("../../../ruixin/rules/holding.sql"),
    ),
    (
        "rules/opening.sql",
        include_str!("../../../ruixin/rules/opening.sql"),
    ),
    (
        "rules/posting.sql",
        include_str!("../../../ruixin/rules/posting.sql"),
    ),
    (
        "rules/refundable.sql",
        include_str!("../../../ruixin/rules/refundable.sql"),
    ),
    (
        "rules/subject.sql",
        include_str!("../../../ruixin/rules/subject.sql"),
    ),
    (
        "rules/under_way.sql",
        include_str!("../../../ruixin/rules/under_way.sql"),
    ),
    (
        "rules/voucher.sql",
        include_str!("../../../ruixin/rules/voucher.sql"),
    ),
];

/// The lines of the plan that say when its window closes and opens.
const CLOSES: &str = "freeze         = 2013-05-27T08:00:00+08:00";
const OPENS: &str = "release        = 2013-05-27T16:00:00+08:00";

/// What the plan's books are called before it is told where they lie.
const BOOKS: &str = "${RUIXIN_BOOKS}";

/// A file that tells that a folder is a demo's.
const MARK: &str = ".crossfoot-demo";

/// What lies in the folder of a demo, whatever was played: what it makes itself, and the reports that it
/// proposes at its end.
const OWN: [&str; 23] = [
    MARK,
    ".crossfoot",
    "accountant.key",
    "bao.db",
    "bao.db-journal",
    "bao.db-shm",
    "bao.db-wal",
    "books",
    "crossfoot.toml",
    "engineer.key",
    "evidence",
    "kept",
    "notices.jsonl",
    "old",
    "opened",
    "registrar",
    "rehearsal",
    "report.html",
    "report.xlsx",
    "rules",
    "signers.txt",
    "truth.jsonl",
    "window",
];

/// The wallet stops at 08:00 and must open at 16:00.
const STOPS: Duration = Duration::from_secs(8 * 3600);
const WINDOW: Duration = Duration::from_secs(8 * 3600);

pub(crate) fn run(demo: &Demo, screen: &Screen) -> Result<u8, CommandError> {
    // Wrong use is told before anything is played.
    History::new(demo.seed, demo.records)
        .map_err(|error| CommandError::new(Kind::Use, error.to_string()))?;
    if demo.live {
        return live::run(demo, screen);
    }
    let stage = Stage::set(demo, screen)?;
    stage.plan(|plan| Ok(plan.replace(BOOKS, "books")))?;
    let rehearsed = stage.rehearse()?;
    stage.say(&screen.words().demo_begins(demo.records))?;
    let pay = stage.folder.join("books/pay");
    let summary = stage.old_books(&pay, Format::Parquet)?;
    let owed = Decimal::new(i128::from(summary.owed_fen), 2).to_string();
    let said = screen
        .words()
        .demo_books(&pay.to_string_lossy(), summary.accounts, &owed);
    stage.say(&said)?;
    stage.step(&["window", "announce", "--plan", &stage.path()])?;
    stage.step(&["window", "freeze", "--plan", &stage.path()])?;
    let converted = stage.convert()?;
    let planted = stage.plant()?;
    let first = stage.verify("found")?;
    let breaks = stage.breaks("found")?;
    stage.explain(&breaks)?;
    let last = match demo.leave {
        true => first.clone(),
        false => {
            stage.correct()?;
            stage.verify("corrected")?
        }
    };
    let gate = stage.release(last.verdict)?;
    let judged = Judged::of(&planted, &breaks);
    stage.end(&judged, gate)?;
    if screen.json {
        screen.document(&json!({
            "version": 1,
            "records": summary.flow_records,
            "seed": demo.seed,
            "written": converted,
            "planted": judged.planted,
            "found": judged.found,
            "same": judged.same,
            "cause_proved": judged.proved,
            "cause_named": judged.named,
            "rehearsed": {"planted": rehearsed[0], "found": rehearsed[1]},
            "verdicts": [first.verdict, last.verdict],
            "gate": gate_word(gate),
            "folder": stage.folder.to_string_lossy(),
            "elapsed_seconds": stage.began.elapsed().as_millis() as f64 / 1000.0,
        }))?;
    }
    Ok(gate.exit_code())
}

fn gate_word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Go => "GO",
        Outcome::NoGo => "NO-GO",
        Outcome::Incomplete => "INCOMPLETE",
    }
}

/// Those who sign off, each in a role of the plan.
const SIGNERS: [(&str, &str, &str); 2] = [
    ("accountant", "Li Na", "accountant.key"),
    ("engineer", "Wang Wei", "engineer.key"),
];

/// The books that the night is rehearsed on are always the same.
const TRIAL: (u64, u64) = (1, 3_000);

/// Where the story is played.
struct Stage<'a> {
    demo: &'a Demo,
    screen: &'a Screen,
    folder: PathBuf,
    began: Instant,
    /// What the clock of the story shows, and since when.
    clock: Cell<(Duration, Instant)>,
}

impl<'a> Stage<'a> {
    /// Makes the folder, with the rules in it.
    fn set(demo: &'a Demo, screen: &'a Screen) -> Result<Self, CommandError> {
        let folder = demo.folder.clone();
        let foreign = fs::read_dir(&folder).is_ok_and(|mut entries| entries.next().is_some())
            && !folder.join(MARK).is_file();
        if foreign {
            let message = format!("{} is there already, and not from a demo", folder.display());
            return Err(
                CommandError::new(Kind::Use, message).hint("name another folder with --folder")
            );
        }
        if let Some(name) = stranger_in(&folder).map_err(|error| failed(&folder, &error))? {
            let message = format!("{} holds {name}, which no demo has made", folder.display());
            return Err(
                CommandError::new(Kind::Use, message).hint("name another folder with --folder")
            );
        }
        emptied(&folder).map_err(|error| failed(&folder, &error))?;
        let write = |name: &str, text: &str| {
            let path = folder.join(name);
            let made = path.parent().map_or(Ok(()), fs::create_dir_all);
            made.and_then(|()| fs::write(&path, text))
                .map_err(|error| failed(&path, &error))
        };
        write(MARK, "")?;
        for (name, text) in RULES {
            write(name, text)?;
        }
        let mut signers = String::new();
        for (role, name, file) in SIGNERS {
            let key = super::sign::made(&folder.join(file), name)?;
            signers.push_str(&format!("{role} {}", key.to_file()));
        }
        write("signers.txt", &signers)?;
        Ok(Self {
            demo,
            screen,
            folder,
            began: Instant::now(),
            clock: Cell::new((STOPS, Instant::now())),
        })
    }

    /// Writes the plan of the story, changed for where its books lie. Its window closes now.
    fn plan(
        &self,
        changed: impl FnOnce(&str) -> Result<String, CommandError>,
    ) -> Result<(), CommandError> {
        let (closes, opens) = window();
        let text = changed(PLAN)?
            .replace(CLOSES, &closes)
            .replace(OPENS, &opens);
        let path = self.folder.join("crossfoot.toml");
        fs::write(&path, text).map_err(|error| failed(&path, &error))
    }

    /// Puts the clock of the story to a time; it goes on from there as any clock.
    fn at(&self, time: Duration) {
        self.clock.set((time, Instant::now()));
    }

    /// Says something at the time that it is in the story.
    fn say(&self, said: &str) -> Result<(), CommandError> {
        if self.screen.json {
            return Ok(());
        }
        let style = self.screen.style();
        let mut out = String::new();
        for (at, line) in wrapped(said, style.width.saturating_sub(10))
            .iter()
            .enumerate()
        {
            let time = if at == 0 {
                let (shown, since) = self.clock.get();
                clock(shown + since.elapsed())
            } else {
                String::new()
            };
            out.push_str(&format!("{time:8}  {line}\n"));
        }
        self.screen.print(&out)
    }

    /// Shows what a command prints.
    fn show(&self, printed: &str) -> Result<(), CommandError> {
        match self.screen.json {
            true => Ok(()),
            false => self.screen.print(&format!("\n{printed}\n")),
        }
    }

    /// Reads a command line as a reader would type it, and says it.
    fn command(&self, words: &[&str]) -> Result<Command, CommandError> {
        let quoted = |word: &&str| match word.contains(' ') {
            true => format!("'{word}'"),
            false => (*word).to_owned(),
        };
        let line: Vec<String> = words.iter().map(quoted).collect();
        self.say(&format!("$ crossfoot {}", line.join(" ")))?;
        let threads = self.demo.threads.map(|threads| threads.to_string());
        let takes_threads = ["convert", "verify", "explain", "correct", "rehearse"];
        let threads = threads
            .iter()
            .filter(|_| {
                words
                    .first()
                    .is_some_and(|word| takes_threads.contains(word))
            })
            .flat_map(|threads| ["--threads", threads.as_str()]);
        let all = ["crossfoot"]
            .into_iter()
            .chain(words.iter().copied())
            .chain(threads);
        let read = Cli::try_parse_from(all);
        read.map(|cli| cli.command)
            .map_err(|error| CommandError::new(Kind::Own, error.to_string()))
    }

    fn path(&self) -> String {
        self.folder.to_string_lossy().into_owned()
    }

    fn inside(&self, name: &str) -> String {
        self.folder.join(name).to_string_lossy().into_owned()
    }

    /// Plays a command whose result is a page of its own.
    fn step(&self, words: &[&str]) -> Result<u8, CommandError> {
        let screen = match self.screen.json {
            true => self.screen.muted(),
            false => *self.screen,
        };
        let command = self.command(words)?;
        screen.print("\n")?;
        let code = match &command {
            Command::Window(step) => super::window::run(step, &screen),
            Command::Sign(sign) => super::sign::run(sign, &screen),
            Command::Gate(gate) => super::gate::run(gate, &screen),
            Command::Evidence(evidence) => super::evidence::run(evidence, &screen),
            _ => return Err(not_that()),
        }?;
        screen.print("\n")?;
        Ok(code)
    }

    /// The night before, on small books: faults are planted in their shadow, and must be found. Gives
    /// how many were planted and found.
    fn rehearse(&self) -> Result<[u64; 2], CommandError> {
        self.rehearse_on(|history, books| {
            let threads = threads(self.demo.threads, None);
            history
                .write(&books.join("pay"), Format::Parquet, threads, &|_| {})
                .map_err(|error| CommandError::new(Kind::Book, error.to_string()))?;
            Ok(())
        })
    }

    /// The same, on books that are made in a folder, `books`, and taken away again.
    fn rehearse_on(
        &self,
        make: impl FnOnce(&History, &Path) -> Result<(), CommandError>,
    ) -> Result<[u64; 2], CommandError> {
        let words = self.screen.words();
        let (seed, records) = TRIAL;
        self.say(&words.demo_rehearses(records))?;
        let muted = self.screen.muted();
        let books = self.folder.join("books");
        let history = History::new(seed, records)
            .map_err(|error| CommandError::new(Kind::Use, error.to_string()))?;
        make(&history, &books)?;
        let Command::Convert(convert) = self.command(&["convert", "--plan", &self.path()])? else {
            return Err(not_that());
        };
        convert::outcome(&convert, &muted)?;
        let line = [
            "rehearse",
            "--plan",
            &self.path(),
            "--count",
            "1",
            "--rollback-took",
            "20m",
        ];
        let Command::Rehearse(rehearse) = self.command(&line)? else {
            return Err(not_that());
        };
        let (_, whole) = super::rehearse::rehearsed(&rehearse, &muted)?;
        let planted = whole.sum(|outcome| outcome.total.planted);
        let found = whole.sum(|outcome| outcome.total.found);
        let explained = whole.sum(|outcome| outcome.total.proved + outcome.total.named);
        self.say(&words.demo_rehearsed(planted, found, explained))?;
        fs::remove_dir_all(&books).map_err(|error| failed(&books, &error))?;
        Ok([planted, found])
    }

    /// Signs, asks the gate, and opens the new system where it says GO.
    fn release(&self, verdict: Verdict) -> Result<Outcome, CommandError> {
        let path = self.path();
        if verdict != Verdict::Balanced {
            let code = self.step(&["gate", "--plan", &path])?;
            return Ok(match code {
                1 => Outcome::NoGo,
                _ => Outcome::Incomplete,
            });
        }
        for (role, _, file) in SIGNERS {
            let key = self.inside(file);
            self.step(&["sign", "--plan", &path, "--role", role, "--key", &key])?;
        }
        let code = self.step(&["window", "release", "--plan", &path])?;
        if code != 0 {
            return Ok(Outcome::Incomplete);
        }
        let evidence = self.inside(match self.demo.leave {
            true => "evidence/found",
            false => "evidence/corrected",
        });
        let signers = self.inside("signers.txt");
        match self.step(&["evidence", "verify", &evidence, "--keys", &signers])? {
            0 => Ok(Outcome::Go),
            _ => Ok(Outcome::Incomplete),
        }
    }

    /// Makes the old books of the story, as files.
    fn old_books(&self, to: &Path, format: Format) -> Result<Summary, CommandError> {
        let history = History::new(self.demo.seed, self.demo.records)
            .map_err(|error| CommandError::new(Kind::Use, error.to_string()))?;
        let threads = threads(self.demo.threads, None);
        let written = self.counted(|tell| {
            history.write(to, format, threads, &|done: ruixin_history::Progress| {
                tell(done.flow_records);
            })
        });
        written.map_err(|error| CommandError::new(Kind::Book, error.to_string()))
    }

    /// Shows how many records of the old books some work has come to, which tells of all so far.
    fn counted<T>(&self, work: impl FnOnce(&(dyn Fn(u64) + Sync)) -> T) -> T {
        let progress = Progress::start(self.screen.progress());
        let meter = Arc::new(Meter::default());
        progress.begin(Phase {
            work: Work::Generate,
            name: String::new(),
            bytes: None,
            meter: Arc::clone(&meter),
        });
        let done = work(&|records| {
            meter.rows.fetch_max(records, Ordering::Relaxed);
        });
        progress.finish();
        done
    }

    /// Gives the number of records written.
    fn convert(&self) -> Result<u64, CommandError> {
        let began = Instant::now();
        let Command::Convert(asked) = self.command(&["convert", "--plan", &self.path()])? else {
            return Err(not_that());
        };
        let outcome = convert::outcome(&asked, self.screen)?;
        let style = self.screen.style();
        self.show(&terminal::convert::render(
            &outcome,
            began.elapsed(),
            &style,
        ))?;
        let written = outcome
            .conversion
            .tables
            .iter()
            .map(|table| table.counts.written);
        Ok(written.sum())
    }

    /// Damages what was converted, and keeps the truth.
    fn plant(&self) -> Result<Vec<Planted>, CommandError> {
        let words = self.screen.words();
        for order in &self.demo.fault {
            let says = words.pick(order.cause.says(), order.cause.says_zh());
            let id = order.cause.to_string();
            self.say(&words.demo_plants(&id, says, u64::from(order.count)))?;
        }
        let mut by_table: BTreeMap<&str, Vec<Order>> = BTreeMap::new();
        for order in &self.demo.fault {
            by_table
                .entry(table_of(order.cause))
                .or_default()
                .push(*order);
        }
        let fault =
            |error: ruixin_faults::FaultError| CommandError::new(Kind::Use, error.to_string());
        let mut planted = Vec::new();
        for (table, orders) in by_table {
            let folder = self.folder.join("books/ledger").join(table);
            planted.extend(ruixin_faults::plant(&folder, &orders, self.demo.seed).map_err(fault)?);
        }
        let truth = self.folder.join("truth.jsonl");
        ruixin_faults::write_truth(&truth, &planted).map_err(fault)?;
        self.say(&words.demo_truth(&truth.to_string_lossy()))?;
        Ok(planted)
    }

    fn verify(&self, evidence: &str) -> Result<Report, CommandError> {
        let evidence = self.inside(&format!("evidence/{evidence}"));
        let report = self.verify_by(&self.path(), &evidence)?;
        self.say(self.screen.words().gate(report.verdict))?;
        Ok(report)
    }

    /// Verifies by a plan of its own.
    fn verify_by(&self, plan: &str, evidence: &str) -> Result<Report, CommandError> {
        let line = ["verify", "--plan", plan, "--evidence", evidence];
        let Command::Verify(asked) = self.command(&line)? else {
            return Err(not_that());
        };
        let outcome = verify::outcome(&asked, self.screen)?;
        self.show(&self.screen.report(&outcome))?;
        Ok(outcome.report)
    }

    /// The breaks as the evidence has them.
    fn breaks(&self, evidence: &str) -> Result<Vec<Break>, CommandError> {
        folder::breaks(&self.folder.join("evidence").join(evidence))?.collect()
    }

    /// Tells the story of the record, where it is but one.
    fn explain(&self, breaks: &[Break]) -> Result<(), CommandError> {
        let [found] = breaks else {
            return Ok(());
        };
        let key: Vec<String> = found
            .key
            .0
            .iter()
            .map(|(name, value)| format!("{name}={}", value.as_deref().unwrap_or("NULL")))
            .collect();
        let path = self.path();
        let mut line = vec!["explain", "--plan", &path, "--agreement", &found.agreement];
        line.extend(key.iter().map(String::as_str));
        let Command::Explain(asked) = self.command(&line)? else {
            return Err(not_that());
        };
        let told = explain::told_of(&asked, self.screen)?;
        self.show(&terminal::explain::story(&told, &self.screen.style()))
    }

    fn correct(&self) -> Result<(), CommandError> {
        let evidence = self.inside("evidence/found");
        let path = self.path();
        let reason = "found by crossfoot demo";
        let line = [
            "correct",
            "--plan",
            &path,
            "--evidence",
            &evidence,
            "--write",
            "--reason",
            reason,
            "--by",
            SIGNERS[1].1,
        ];
        let Command::Correct(asked) = self.command(&line)? else {
            return Err(not_that());
        };
        let plan = read_plan(&asked.plan)?;
        let muted = self.screen.muted();
        let done = correct::corrected(&asked, &plan, &muted)?;
        let style = self.screen.style();
        self.show(&terminal::correct::render(&plan.name.value, &done, &style))?;
        done.failed.map_or(Ok(()), Err)
    }

    /// Holds what was found against the truth, and says where everything lies.
    fn end(&self, judged: &Judged, gate: Outcome) -> Result<(), CommandError> {
        if self.screen.json {
            return Ok(());
        }
        let words = self.screen.words();
        self.say(&words.demo_found(judged.planted, judged.found, judged.same))?;
        self.say(&words.demo_causes(judged.proved, judged.named, judged.planted))?;
        if gate == Outcome::Go {
            self.took(self.began.elapsed())?;
        }
        self.next()
    }

    /// Says how much of the window it took.
    fn took(&self, took: Duration) -> Result<(), CommandError> {
        let left = WINDOW.saturating_sub(took);
        let said = self.screen.words().demo_ends(&clock(took), &clock(left));
        self.say(&said)
    }

    /// Says what to try next.
    fn next(&self) -> Result<(), CommandError> {
        let words = self.screen.words();
        let (path, found) = (self.path(), self.inside("evidence/found"));
        let mut out = format!("\n{}\n", words.demo_next());
        for line in [
            format!("crossfoot verify --plan {path}"),
            format!("head -1 {found}/breaks.jsonl"),
            format!("crossfoot report --plan {path} --html report.html --xlsx report.xlsx"),
            format!("crossfoot window status --plan {path}"),
            "crossfoot demo --fault A5:3,D3:2,B9".to_owned(),
            "crossfoot demo --leave".to_owned(),
            "crossfoot demo --live".to_owned(),
            "crossfoot demo --records 100000000".to_owned(),
        ] {
            out.push_str(&format!("  {line}\n"));
        }
        self.screen.print(&out)
    }
}

/// The window of the story: it closes now, and is open for eight hours.
fn window() -> (String, String) {
    let zone = TimeZone::fixed(jiff::tz::offset(8));
    let now = Timestamp::now().to_zoned(zone);
    let line =
        |name: &str, at: &jiff::Zoned| format!("{name} = {}", at.strftime("%Y-%m-%dT%H:%M:%S%:z"));
    let opens = now.saturating_add(SignedDuration::from_hours(8));
    (line("freeze ", &now), line("release", &opens))
}

/// The table of the target that a cause is planted in.
fn table_of(cause: Cause) -> &'static str {
    match cause {
        Cause::T1 | Cause::E1 => "voucher",
        _ => "posting",
    }
}

/// What lies in the folder of a demo and is none of its own, the first by its name.
fn stranger_in(folder: &Path) -> std::io::Result<Option<String>> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        entries => entries?,
    };
    let mut strangers = Vec::new();
    for entry in entries {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if !OWN.contains(&name.as_str()) {
            strangers.push(name);
        }
    }
    Ok(strangers.into_iter().min())
}

/// Empties the folder of a demo, which stays itself: it may be the one that we are in. So does its mark,
/// by which it is known as a demo's if this ends half way.
fn emptied(folder: &Path) -> std::io::Result<()> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        match entry.file_type()?.is_dir() {
            true => fs::remove_dir_all(entry.path())?,
            false if entry.file_name() == MARK => {}
            false => fs::remove_file(entry.path())?,
        }
    }
    Ok(())
}

fn failed(path: &Path, error: &std::io::Error) -> CommandError {
    CommandError::new(Kind::Book, format!("{}: {error}", path.display()))
}

fn not_that() -> CommandError {
    CommandError::new(Kind::Own, "a command was read as another one")
}

/// A time as `hh:mm:ss`.
fn clock(time: Duration) -> String {
    let seconds = time.as_secs();
    format!(
        "{:02}:{:02}:{:02}",
        seconds / 3600,
        seconds / 60 % 60,
        seconds % 60
    )
}
