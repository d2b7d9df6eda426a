//! `crossfoot rehearse`: plants faults in a shadow of the real books, and proves that each is found.
//!
//! The shadow is no copy. A table of correcting entries in a scratch folder takes the chosen records
//! out and puts damaged ones in, and every query sees the target through it: the books themselves are
//! only read.

use super::{bytes_of, environment, read_plan, threads, watched};
use crate::args::Rehearse;
use crate::error::{CommandError, Kind};
use crate::screen::Screen;
use crate::terminal::rehearse as drawn;
use crate::window::desk::{digest, failed};
use crate::window::gauge::Measuring;
use crate::window::hook::Caller;
use crate::window::{Desk, folder};
use books::{Book, BookSpec, ReadRequest, Table};
use cutover::daybook::{Event, LeftBy, LeftOut, Paced, RehearsalFinished, Scope};
use cutover::seal::{Input, Sealed, book_blake3, table_blake3};
use cutover::window::Stage;
use jiff::Timestamp;
use ledger::{Break, Record};
use migrate::{Does, EntryTable, is_exact};
use reconcile::{Options, Prepared, VerifyError, Watch, prepare};
use rules::plan::{Agreement, Plan};
use rules::sql::Which;
use serde::Serialize;
use serde_json::json;
use shadow::{Cause, Column, Currency, Outcome, Planted, Rehearsal, Table as Shadow, judge};
use std::fs;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Records that are drawn from of each table.
const SAMPLES: usize = 4_000;

/// Chunks of a table that samples are taken from.
const CHUNKS: usize = 16;

/// Records that stand next to each other in a sample: vouchers are whole.
const RUN: usize = 25;

/// Breaks of the books themselves that are held in memory.
const BASELINE_MAX: usize = 400_000;

/// Why nothing is planted where there are records.
const NO_CAUSE: &str = "no cause fits its columns";

/// What the rehearsal of one agreement came to.
#[derive(Debug, Serialize)]
pub(crate) struct Rehearsed {
    pub(crate) agreement: String,
    #[serde(flatten)]
    pub(crate) outcome: Outcome,
}

/// Why nothing is planted in an agreement.
#[derive(Debug)]
pub(crate) struct Left {
    pub(crate) why: String,
    lasts: Lasts,
}

/// For how long nothing is planted.
#[derive(Debug)]
enum Lasts {
    /// As long as the plan is this one.
    WithThePlan,
    /// As long as the books are these; the table holds nothing else.
    WithTheBooks { table: String },
    /// Another rehearsal may plant.
    ForNow,
}

impl Left {
    fn with_the_plan(why: impl Into<String>) -> Self {
        Self {
            why: why.into(),
            lasts: Lasts::WithThePlan,
        }
    }

    fn with_the_books(table: &Table, why: impl Into<String>) -> Self {
        Self {
            why: why.into(),
            lasts: Lasts::WithTheBooks {
                table: table.name().to_owned(),
            },
        }
    }

    fn for_now(why: impl Into<String>) -> Self {
        Self {
            why: why.into(),
            lasts: Lasts::ForNow,
        }
    }

    /// By what nothing can be planted for good, where these are the books that were rehearsed.
    fn by(&self, inputs: &[Input]) -> Option<LeftBy> {
        match &self.lasts {
            Lasts::ForNow => None,
            Lasts::WithThePlan => Some(LeftBy::Plan),
            Lasts::WithTheBooks { table } => Some(LeftBy::Table {
                table: table.clone(),
                blake3: table_blake3(inputs, "target", table),
            }),
        }
    }
}

/// What the rehearsal of a plan came to.
#[derive(Debug)]
pub(crate) struct Whole {
    pub(crate) agreements: Vec<Rehearsed>,
    /// Agreements that were not rehearsed, and why.
    pub(crate) left: Vec<(String, Left)>,
    /// How long verifying took, without faults and with them.
    pub(crate) took: [Duration; 2],
    /// How verifying without faults went.
    pub(crate) measured: Paced,
    /// Ids of the causes that it was limited to.
    pub(crate) causes: Vec<String>,
    /// The files of both books.
    inputs: Vec<Input>,
    pub(crate) rollback: Option<Duration>,
}

impl Whole {
    /// Whether something was planted, and everything passed.
    pub(crate) fn passed(&self) -> bool {
        !self.agreements.is_empty() && self.agreements.iter().all(|one| one.outcome.passed)
    }

    /// Adds up a figure of all agreements.
    pub(crate) fn sum(&self, of: impl Fn(&Outcome) -> u64) -> u64 {
        self.agreements.iter().map(|one| of(&one.outcome)).sum()
    }
}

pub(crate) fn run(asked: &Rehearse, screen: &Screen) -> Result<u8, CommandError> {
    let (plan, whole) = rehearsed(asked, screen)?;
    match screen.json {
        true => drop(screen.document(&document(&plan, &whole))?),
        false => screen.print(&drawn::render(&plan.name.value, &whole, &screen.style()))?,
    }
    Ok(match whole.passed() {
        true => 0,
        false => 1,
    })
}

/// Rehearses, and prints no result.
pub(crate) fn rehearsed(asked: &Rehearse, screen: &Screen) -> Result<(Plan, Whole), CommandError> {
    let mut plan = read_plan(&asked.plan)?;
    asked.load.apply(&mut plan);
    let threads = threads(asked.threads, Some(&plan));
    let is_at_work = would_be_recorded(&plan, screen)?;
    let scratch = Scratch::make(&plan)?;
    let prepared = prepare(plan.clone(), threads, &environment)?;
    let began = Instant::now();
    screen.say(screen.words().rehearse_as_they_are());
    let measuring = Measuring::start();
    // As on the night, digests and all.
    let options = options(threads, true, &scratch.0.join("before"));
    let before = verified(&prepared, &options, &|watch| measuring.watch(watch), screen)?;
    let first = began.elapsed();
    let inputs = inputs_of(&options.evidence)?;
    let measured = measuring.end(bytes_of(prepared.session.book(Which::Source).tables()));
    let mut left = Vec::new();
    let mut planted: Vec<(&Agreement, Planted)> = Vec::new();
    for agreement in &plan.agreements {
        match plant(asked, &plan, &prepared, agreement, &before)? {
            Ok(faults) => planted.push((agreement, faults)),
            Err(why) => left.push((agreement.name.value.clone(), why)),
        }
    }
    let overlay = scratch.0.join("overlay");
    for (agreement, faults) in &planted {
        lay_over(&prepared, agreement, faults, &overlay)?;
    }
    let count = planted.iter().map(|(_, one)| one.faults.len() as u64).sum();
    screen.say(&screen.words().rehearse_planted(count));
    let began = Instant::now();
    let after = shadowed(&plan, threads, &overlay, &scratch.0.join("after"), screen)?;
    let second = began.elapsed();
    let agreements = planted.iter().map(|(agreement, faults)| {
        let name = &agreement.name.value;
        let own = |found: &&Break| found.agreement == *name;
        let outcome = judge(faults, after.iter().filter(own), before.iter().filter(own));
        Rehearsed {
            agreement: name.clone(),
            outcome,
        }
    });
    let whole = Whole {
        agreements: agreements.collect(),
        left,
        took: [first, second],
        measured,
        causes: limit(asked),
        inputs,
        rollback: rollback(asked, &plan)?,
    };
    record(&plan, &whole, is_at_work, screen)?;
    if let Some(folder) = &asked.keep {
        keep(&scratch, folder)?;
    }
    Ok((plan, whole))
}

/// The ids of the causes that a rehearsal is limited to; none where it is not.
fn limit(asked: &Rehearse) -> Vec<String> {
    match Cause::ALL.iter().all(|cause| asked.cause.contains(cause)) {
        true => Vec::new(),
        false => {
            let ids = asked.cause.iter().map(|cause| cause.as_str().to_owned());
            let each_once: std::collections::BTreeSet<String> = ids.collect();
            each_once.into_iter().collect()
        }
    }
}

/// The files of both books when these were verified.
fn inputs_of(evidence: &Path) -> Result<Vec<Input>, CommandError> {
    let path = evidence.join(cutover::seal::MANIFEST);
    let manifest = fs::read(&path).map_err(|error| failed(&path, &error))?;
    let sealed =
        Sealed::read(&manifest).map_err(|error| CommandError::new(Kind::Own, error.to_string()))?;
    Ok(sealed.manifest().inputs.clone())
}

/// A folder that goes away with the rehearsal.
struct Scratch(PathBuf);

impl Scratch {
    fn make(plan: &Plan) -> Result<Self, CommandError> {
        let stamp = Timestamp::now().strftime("%Y-%m-%dT%H-%M-%SZ");
        let name = format!("{stamp}-{}", std::process::id());
        let parent = plan.folder().join("rehearsal");
        fs::create_dir_all(&parent).map_err(|error| failed(&parent, &error))?;
        let folder = parent.join(name);
        // One that was not there: all that is in it goes away.
        fs::create_dir(&folder).map_err(|error| failed(&folder, &error))?;
        Ok(Self(folder))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
        if let Some(parent) = self.0.parent() {
            // It stays where something else is in it.
            drop(fs::remove_dir(parent));
        }
    }
}

fn keep(scratch: &Scratch, folder: &Path) -> Result<(), CommandError> {
    fs::rename(scratch.0.join("after"), folder).map_err(|error| {
        failed(folder, &error).hint("name a folder that is not there yet, on the plan's disk")
    })
}

/// Verifies, and gives all breaks.
fn options(threads: usize, digest: bool, evidence: &Path) -> Options {
    Options {
        threads,
        evidence_shown: String::new(),
        started: Timestamp::now(),
        digest,
        ..Options::new(evidence.to_owned())
    }
}

fn verified(
    prepared: &Prepared,
    options: &Options,
    watching: &dyn Fn(Arc<dyn Watch>) -> Arc<dyn Watch>,
    screen: &Screen,
) -> Result<Vec<Break>, CommandError> {
    let done = watched(options.threads, screen, async |watch| {
        reconcile::verify(prepared, options, &watching(watch)).await
    })?;
    match done {
        None | Some(Err(VerifyError::Stopped)) => {
            return Err(CommandError::new(
                Kind::Incomplete,
                screen.words().stopped(),
            ));
        }
        Some(done) => drop(done?),
    }
    let mut breaks = Vec::new();
    for found in folder::breaks(&options.evidence)? {
        breaks.push(found?);
        if breaks.len() > BASELINE_MAX {
            let message = format!("the books have more than {BASELINE_MAX} breaks of their own");
            return Err(CommandError::new(Kind::Use, message)
                .hint("mend the rules or the conversion first, then rehearse"));
        }
    }
    Ok(breaks)
}

/// Verifies the books through the overlay.
fn shadowed(
    plan: &Plan,
    threads: usize,
    overlay: &Path,
    evidence: &Path,
    screen: &Screen,
) -> Result<Vec<Break>, CommandError> {
    let spec = BookSpec {
        root: overlay.to_owned(),
        ..BookSpec::default()
    };
    let beside = match overlay.exists() {
        true => Book::open(&spec).map_err(rules::prepare::PrepareError::Books)?,
        false => Book::default(),
    };
    let session = rules::prepare::open_beside(plan, threads, &environment, beside)?;
    let prepared = reconcile::read(plan.clone(), session)?;
    verified(
        &prepared,
        &options(threads, false, evidence),
        &|watch| watch,
        screen,
    )
}

/// Chooses faults for an agreement; why there are none where there can be none.
fn plant(
    asked: &Rehearse,
    plan: &Plan,
    prepared: &Prepared,
    agreement: &Agreement,
    before: &[Break],
) -> Result<Result<Planted, Left>, CommandError> {
    if !agreement.target.is_table() {
        let why = "its target is a query, and only a table has a shadow";
        return Ok(Err(Left::with_the_plan(why)));
    }
    let book = prepared.session.book(Which::Target);
    let Some(table) = book.table(agreement.target.as_str()) else {
        return Ok(Err(Left::for_now("the target has no such table")));
    };
    let corrections = rules::sql::corrections_of(table.name());
    if book.table(&corrections).is_some() {
        let why = format!("its table has corrections already: {corrections}");
        return Ok(Err(Left::for_now(why)));
    }
    let mut samples = samples(table)?;
    // What has no record yet, or none that agrees, may have some on the night.
    let has_records = !samples.is_empty();
    let own: Vec<Break> = before
        .iter()
        .filter(|found| found.agreement == agreement.name.value)
        .cloned()
        .collect();
    let ready = prepared
        .agreements
        .iter()
        .find(|ready| ready.name == agreement.name.value);
    let Some(ready) = ready else {
        return Ok(Err(Left::for_now("it cannot be prepared")));
    };
    let shadow = shadow_of(plan, table, ready);
    samples.retain(|record| is_plain(record, &shadow));
    if samples.is_empty() {
        let why = "its table has no records with plain amounts";
        return Ok(Err(match has_records {
            true => Left::with_the_books(table, why),
            false => Left::for_now(why),
        }));
    }
    let causes: Vec<Cause> = match asked.cause.as_slice() {
        [] => Cause::ALL.to_vec(),
        some => some.to_vec(),
    };
    let mut taken: Vec<Record> = Vec::new();
    // A key that a fault makes may be in the books, beyond the samples: then it is planned again.
    for _ in 0..4 {
        let rehearsal = Rehearsal {
            seed: asked.seed,
            per_cause: asked.count,
            causes: &causes,
            table: &shadow,
            samples: &samples,
            baseline: &own,
            taken: &taken,
        };
        let mut planned = rehearsal
            .plan()
            .map_err(|error| CommandError::new(Kind::Own, error.to_string()))?;
        let known = known_keys(prepared, agreement, &planned)?;
        if !known.is_empty() {
            taken.extend(known);
            continue;
        }
        planned.retain(|fault| fault.put_in.iter().all(|record| fits(record, table)));
        return Ok(match planned.faults.is_empty() {
            true if own.is_empty() => Err(Left::with_the_books(table, NO_CAUSE)),
            true => Err(Left::for_now(NO_CAUSE)),
            false => Ok(planned),
        });
    }
    Ok(Err(Left::for_now(
        "the keys that faults would make are all taken",
    )))
}

/// Whether the amounts of a record are plain decimals; a text file may dress them up.
fn is_plain(record: &Record, shadow: &Shadow) -> bool {
    let amounts = shadow.columns.iter();
    let mut amounts = amounts.filter(|column| matches!(column.kind, shadow::Kind::Amount { .. }));
    amounts.all(|column| {
        let text = record.get(&column.name).flatten();
        text.is_none_or(|text| text.parse::<ledger::Decimal>().is_ok())
    })
}

/// Whether every value of a record can be written in its column.
fn fits(record: &Record, table: &Table) -> bool {
    let schema = table.schema();
    record.0.iter().all(|(name, value)| {
        let field = schema.field_with_name(name);
        field.is_ok_and(|field| is_exact(value.as_deref(), field.data_type()))
    })
}

/// Of the keys that faults make, those that the table has already.
fn known_keys(
    prepared: &Prepared,
    agreement: &Agreement,
    planned: &Planted,
) -> Result<Vec<Record>, CommandError> {
    let keys: Vec<Record> = planned.new_keys().collect();
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let columns: Vec<String> = agreement.key.iter().map(|key| key.value.clone()).collect();
    let value = |key: &Record, name: &String| key.get(name).flatten().map(str::to_owned);
    let wanted = rules::sql::Wanted {
        values: keys
            .iter()
            .map(|key| columns.iter().map(|name| value(key, name)).collect())
            .collect(),
        columns,
    };
    let found = prepared
        .session
        .fetch(Which::Target, agreement.target.as_str(), &wanted)
        .map_err(VerifyError::from)?;
    let mut places: Vec<usize> = found.into_iter().map(|one| one.wanted).collect();
    places.sort_unstable();
    places.dedup();
    Ok(places.into_iter().map(|at| keys[at].clone()).collect())
}

/// What is known of a table's columns.
fn shadow_of(plan: &Plan, table: &Table, ready: &reconcile::Agreement) -> Shadow {
    use arrow_schema::DataType;
    let layout = &ready.layout;
    let compared = layout.columns();
    let place = |name: &str| compared.iter().position(|column| column.name == name);
    let is_in = |list: &[usize], name: &str| place(name).is_some_and(|at| list.contains(&at));
    let scale = plan
        .currency
        .as_ref()
        .and_then(|code| code.value.minor_units());
    let schema = table.schema();
    let places = [books::FILE_COLUMN, books::ROW_COLUMN];
    let own = schema.fields().iter();
    let own = own.filter(|field| !places.contains(&&**field.name()));
    let column = |field: &std::sync::Arc<arrow_schema::Field>| {
        let is_money = is_in(layout.money(), field.name());
        let kind = match field.data_type() {
            DataType::Decimal32(digits, scale @ 0..)
            | DataType::Decimal64(digits, scale @ 0..)
            | DataType::Decimal128(digits, scale @ 0..)
                if is_money =>
            {
                shadow::Kind::Amount {
                    scale: scale.unsigned_abs(),
                    digits: *digits,
                }
            }
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View if is_money => {
                shadow::Kind::Amount {
                    scale: scale.unwrap_or(2),
                    digits: 18,
                }
            }
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => shadow::Kind::Text,
            numeric if numeric.is_integer() || numeric.is_decimal() => shadow::Kind::Number,
            DataType::Date32 | DataType::Date64 => shadow::Kind::Date,
            DataType::Timestamp(_, Some(_)) => shadow::Kind::Instant,
            DataType::Boolean => shadow::Kind::Boolean,
            _ => shadow::Kind::Other,
        };
        Column {
            name: field.name().clone(),
            kind,
            is_key: is_in(layout.key(), field.name()),
            is_compared: place(field.name()).is_some(),
        }
    };
    Shadow {
        columns: own.map(column).collect(),
        currency: match layout.currency_column() {
            Some(column) => Currency::Column(compared[column].name.clone()),
            None => Currency::Fixed(layout.fixed_currency().unwrap_or_default().to_owned()),
        },
    }
}

/// Records of a table, in short runs from all over it.
fn samples(table: &Table) -> Result<Vec<Record>, CommandError> {
    let schema = table.schema();
    let names: Vec<String> = schema
        .fields()
        .iter()
        .map(|field| field.name().clone())
        .filter(|name| ![books::FILE_COLUMN, books::ROW_COLUMN].contains(&&**name))
        .collect();
    let wanted = names.iter().filter_map(|name| schema.index_of(name).ok());
    let request = ReadRequest::new(wanted.collect());
    let chunks = table.chunks();
    let step = chunks.len().div_ceil(CHUNKS).max(1);
    let chosen: Vec<_> = chunks.iter().step_by(step).collect();
    let share = SAMPLES.div_ceil(chosen.len().max(1)).max(RUN);
    let mut samples = Vec::new();
    let read = |error: books::ReadError| CommandError::new(Kind::Book, error.to_string());
    for chunk in chosen {
        let mut left = share;
        for batch in table.read(chunk, &request).map_err(read)? {
            let batch = batch.map_err(read)?;
            let rows = runs(batch.num_rows(), left);
            left -= rows.len();
            for row in rows {
                let values = batch
                    .columns()
                    .iter()
                    .map(|column| footing::value_text(column, row, None));
                samples.push(names.iter().zip(values).collect());
            }
            if left == 0 {
                break;
            }
        }
    }
    Ok(samples)
}

/// Rows of a batch in runs, as many as wanted at most.
fn runs(rows: usize, wanted: usize) -> Vec<usize> {
    let count = wanted.div_ceil(RUN).max(1);
    let apart = (rows / count).max(RUN);
    let starts = (0..rows).step_by(apart);
    let run = |start: usize| start..(start + RUN).min(rows);
    starts.flat_map(run).take(wanted).collect()
}

/// Writes the entries that take records out of a table and put others in.
fn lay_over(
    prepared: &Prepared,
    agreement: &Agreement,
    faults: &Planted,
    overlay: &Path,
) -> Result<(), CommandError> {
    let name = agreement.target.as_str();
    let book = prepared.session.book(Which::Target);
    let table = book
        .table(name)
        .ok_or_else(|| CommandError::new(Kind::Own, "a table is gone"))?;
    let file = overlay
        .join(rules::sql::corrections_of(name))
        .join("part-000000.parquet");
    let mut entries = EntryTable::begin(&table.schema(), "rehearsal", Some(&file))?;
    for fault in &faults.faults {
        for record in &fault.taken_out {
            entries.take(Does::Reverses, record.clone(), None)?;
        }
        for record in &fault.put_in {
            entries.take(Does::Rebooks, record.clone(), None)?;
        }
    }
    Ok(entries.finish()?)
}

/// How long a rollback took: measured now by the plan's hook, or as it is told.
fn rollback(asked: &Rehearse, plan: &Plan) -> Result<Option<Duration>, CommandError> {
    if let Some(took) = asked.rollback_took {
        return Ok(Duration::try_from(took).ok());
    }
    if !asked.call_rollback {
        return Ok(None);
    }
    let window = crate::window::desk::window_of(plan)?;
    let Some(called) = &window.hooks.rollback else {
        return Err(
            CommandError::new(Kind::Use, "the plan has no hook for a rollback")
                .hint("add `rollback` to `[window.hooks]`, or tell the time with --rollback-took"),
        );
    };
    let about =
        json!({"version": 1, "plan": plan.name.value, "step": "rollback", "rehearsal": true});
    let (began, now) = (Instant::now(), Timestamp::now());
    let id = format!("{}/rehearsal/{now}", plan.name.value);
    let made = Caller::new(plan, window).call(called, &id, &about);
    made.map_err(|says| {
        CommandError::new(Kind::Incomplete, format!("the rollback failed: {says}"))
    })?;
    Ok(Some(began.elapsed()))
}

/// Says whether a rehearsal would be recorded now; where the plan's window does not take it, that is
/// told before hours go by.
fn would_be_recorded(plan: &Plan, screen: &Screen) -> Result<bool, CommandError> {
    let desk = match &plan.window {
        Some(_) => Desk::open(plan)?,
        None => None,
    };
    let stage = desk.map(|desk| desk.state().stage());
    let stage = stage.filter(|stage| !stage.is_at_work());
    if let Some(stage) = stage {
        unrecorded(stage, screen);
    }
    Ok(stage.is_none())
}

fn unrecorded(stage: Stage, screen: &Screen) {
    let instead = match stage.is_over() {
        true => "for another window, announce it first: `crossfoot window announce`",
        false => stage.what_next(),
    };
    screen.tell(&format!(
        "this rehearsal is not recorded, and opens no gate: the window is {stage}; {instead}"
    ));
}

/// Tells the daybook, where the plan has a window.
fn record(
    plan: &Plan,
    whole: &Whole,
    was_at_work: bool,
    screen: &Screen,
) -> Result<(), CommandError> {
    let Some(window) = &plan.window else {
        return Ok(());
    };
    let mut desk = Desk::begin(plan)?;
    let stage = desk.state().stage();
    if !stage.is_at_work() {
        // What became so in the meantime was not told yet.
        if was_at_work {
            unrecorded(stage, screen);
        }
        return Ok(());
    }
    let planned = Duration::try_from(window.rollback_takes.value).unwrap_or_default();
    let took = whole.rollback.unwrap_or(planned);
    let left_out = whole.left.iter().map(|(agreement, left)| LeftOut {
        agreement: agreement.clone(),
        why: left.why.clone(),
        is_for_good: !matches!(left.lasts, Lasts::ForNow),
        by: left.by(&whole.inputs),
    });
    desk.record(Event::RehearsalFinished(RehearsalFinished {
        plan_blake3: digest(plan)?,
        planted: whole.sum(|outcome| outcome.total.planted),
        found: whole.sum(|outcome| outcome.total.found),
        explained: whole.sum(|outcome| outcome.total.proved + outcome.total.named),
        rollback_took_ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
        verified: Some(whole.measured.clone()),
        scope: Some(Scope {
            left_out: left_out.collect(),
            causes: whole.causes.clone(),
            source_blake3: book_blake3(&whole.inputs, "source"),
        }),
        passed: whole.passed(),
    }))
}

fn document(plan: &Plan, whole: &Whole) -> serde_json::Value {
    let left = whole
        .left
        .iter()
        .map(|(agreement, left)| json!({"agreement": agreement, "why": left.why}));
    json!({
        "version": 1,
        "plan": plan.name.value,
        "passed": whole.passed(),
        "agreements": whole.agreements,
        "not_rehearsed": left.collect::<Vec<_>>(),
        "limited_to": whole.causes,
        "verify_seconds": whole.took.map(|took| took.as_millis() as f64 / 1000.0),
        "rollback_seconds": whole.rollback.map(|took| took.as_millis() as f64 / 1000.0),
    })
}

/// Reads how many faults each cause gets.
pub(crate) fn per_cause(text: &str) -> Result<NonZeroUsize, String> {
    text.parse()
        .map_err(|_| "write a number from 1 on".to_owned())
}

#[cfg(test)]
mod tests {
    use super::{RUN, runs};

    #[test]
    fn samples_stand_in_runs_and_are_never_more_than_wanted() {
        assert_eq!(runs(10, 100), (0..10).collect::<Vec<_>>());
        assert_eq!(runs(8192, 50).len(), 50);
        let rows = runs(8192, 100);
        assert_eq!(rows[..RUN], (0..RUN).collect::<Vec<_>>()[..]);
        assert!(rows.windows(2).all(|pair| pair[0] < pair[1]));
        assert!(rows[99] > 4096, "{rows:?}");
        assert_eq!(runs(0, 10), Vec::<usize>::new());
    }
}
