//! `crossfoot convert`: writes what the rules say the target must hold.

use super::{environment, read_plan, threads, watched};
use crate::args::Convert;
use crate::error::{CommandError, Kind};
use crate::screen::Screen;
use crate::terminal::convert;
use migrate::{ConvertError, Options, Outcome, prepare};
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
    let plan = read_plan(&asked.plan)?;
    let threads = threads(asked.threads, Some(&plan));
    let prepared = prepare(plan, threads, &environment)?;
    let options = Options {
        chunk_records: asked.chunk_records.get(),
        discard: asked.discard,
        ..Options::new(threads)
    };
    let done = watched(threads, screen, async |watch| {
        migrate::convert(&prepared, &options, &watch).await
    })?;
    Ok(done.unwrap_or(Err(ConvertError::Stopped))?)
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
        "target": outcome.target.to_string_lossy(),
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
            | ConvertError::Changed { .. }
            | ConvertError::Stale { .. } => Kind::Use,
            ConvertError::Run(RunError::Query { .. } | RunError::Request(_)) => Kind::Use,
            ConvertError::Run(RunError::Memory(_)) | ConvertError::Stopped => Kind::Incomplete,
            ConvertError::Run(RunError::Read(_) | RunError::Disk(_))
            | ConvertError::Write { .. }
            | ConvertError::Busy { .. }
            | ConvertError::Damaged { .. } => Kind::Book,
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
