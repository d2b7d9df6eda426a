//! `crossfoot convert`: writes what the rules say the target must hold.

use super::{bytes_of, environment, read_plan, threads, watched};
use crate::args::Convert;
use crate::error::{CommandError, Kind};
use crate::screen::Screen;
use crate::terminal::convert;
use crate::window::record;
use cutover::daybook::Phase;
use migrate::{ConvertError, Options, Outcome, Prepared, prepare, prepare_anew};
use reconcile::PrepareError;
use rules::plan::Plan;
use rules::sql::Which;
use serde_json::{Value, json};
use std::time::Instant;

/// Some records could not be converted.
const REJECTED: u8 = 1;

pub(crate) fn run(asked: &Convert, screen: &Screen) -> Result<u8, CommandError> {
    let began = Instant::now();
    let outcome = outcome(asked, screen)?;
    match screen.json {
        true => drop(screen.document(&document(&outcome, began))?),
        false => screen.print(&convert::render(&outcome, began.elapsed(), &screen.style()))?,
    }
    Ok(match outcome.conversion.rejects {
        0 => 0,
        _ => REJECTED,
    })
}

/// Converts, and prints no result.
pub(crate) fn outcome(asked: &Convert, screen: &Screen) -> Result<Outcome, CommandError> {
    let mut plan = read_plan(&asked.plan)?;
    asked.load.apply(&mut plan);
    let threads = threads(asked.threads, Some(&plan));
    let prepared = match asked.discard {
        true => prepare_anew(plan.clone(), threads, &environment),
        false => prepare(plan.clone(), threads, &environment),
    };
    let prepared = prepared.map_err(|error| failed(&plan, error))?;
    let options = Options {
        chunk_records: asked.chunk_records.get(),
        discard: asked.discard,
        ..Options::new(threads)
    };
    let clocked = record::begin(&plan, Phase::Convert, || Ok(sizes(&prepared)), screen)?;
    let done = watched(threads, screen, async |watch| {
        let watch = match &clocked {
            Some(clocked) => clocked.watch(watch),
            None => watch,
        };
        migrate::convert(&prepared, &options, &watch).await
    })?;
    let done = done.unwrap_or(Err(ConvertError::Stopped));
    if let Some(clocked) = clocked {
        let event = done.as_ref().ok().map(record::converted);
        let ended = clocked.end(event);
        // Where the run failed, that is what is told.
        if done.is_ok() {
            ended?;
        }
    }
    done.map_err(|error| failed(&plan, error))
}

/// Where another's work may stand in the target, a window can be told so.
fn failed(plan: &Plan, error: ConvertError) -> CommandError {
    let may_be_anothers = match &error {
        ConvertError::Foreign { .. } | ConvertError::Occupied { .. } => true,
        ConvertError::Prepare(PrepareError::Plan(_)) => {
            !plan.agreements.iter().any(|one| one.target.is_table())
        }
        _ => false,
    };
    let error = CommandError::from(error);
    match may_be_anothers && plan.window.is_some() {
        true => error.hint(
            "in a window, record who converted: `crossfoot window converted --by NAME --how TEXT`",
        ),
        false => error,
    }
}

/// How much a conversion reads, which is every file once for its digest, and for each table again;
/// and how much the old book has.
fn sizes(prepared: &Prepared) -> (u64, u64) {
    let digested = bytes_of(prepared.session.book(Which::Source).tables());
    let sides = prepared.tables.iter().map(|rule| &rule.side);
    let read = sides.flat_map(|side| side.tables());
    let read = bytes_of(read.filter_map(|(which, name)| prepared.session.book(*which).table(name)));
    (digested + read, digested)
}

/// What a conversion came to, as one JSON document; `docs/convert.md` describes it.
fn document(outcome: &Outcome, began: Instant) -> Value {
    let conversion = &outcome.conversion;
    json!({
        "version": conversion.version,
        "plan": conversion.plan,
        "tables": conversion.tables,
        "not_converted": conversion.left_out,
        "rejects": conversion.rejects,
        "target": outcome.target,
        "already": outcome.already,
        "resumed_chunks": outcome.resumed,
        "converted_again": outcome.redone,
        "elapsed_seconds": began.elapsed().as_millis() as f64 / 1000.0,
    })
}

impl From<ConvertError> for CommandError {
    fn from(error: ConvertError) -> Self {
        use rules::sql::RunError;
        let kind = match &error {
            ConvertError::Prepare(_)
            | ConvertError::Foreign { .. }
            | ConvertError::Occupied { .. }
            | ConvertError::Changed { .. }
            | ConvertError::Unbooked { .. }
            | ConvertError::Stale { .. } => Kind::Use,
            ConvertError::Run(
                RunError::Query { .. } | RunError::Pattern(_) | RunError::Request(_),
            ) => Kind::Use,
            ConvertError::Run(RunError::Memory(_)) | ConvertError::Stopped => Kind::Incomplete,
            ConvertError::Run(RunError::Read(_) | RunError::Disk(_))
            | ConvertError::Write { .. }
            | ConvertError::Busy { .. }
            | ConvertError::Database(_)
            | ConvertError::Damaged { .. }
            | ConvertError::Unlisted { .. } => Kind::Book,
            ConvertError::Run(RunError::Internal(_))
            | ConvertError::Unaccounted { .. }
            | ConvertError::Internal(_) => Kind::Own,
        };
        let hint = error.mend();
        match error {
            ConvertError::Prepare(error) => error.into(),
            error => hint
                .into_iter()
                .fold(Self::new(kind, error.to_string()), Self::hint),
        }
    }
}
