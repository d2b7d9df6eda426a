//! `crossfoot verify`: foots both books, locates every break, closes the account.

use super::{bytes_of, environment, read_plan, runtime, threads, unless_stopped};
use crate::args::Verify;
use crate::error::{CommandError, Kind};
use crate::screen::Screen;
use crate::window::clocked::Clocked;
use crate::window::record;
use cutover::daybook::Phase;
use jiff::Timestamp;
use reconcile::survey::{Wishes, plan_of, survey};
use reconcile::{
    AsOf, Beforehand, Options, Outcome, Prepared, VerifyError, prepare, prepare_again,
};
use rules::plan::Plan;
use rules::sql::Which;
use std::path::PathBuf;
use std::time::Duration;

pub(crate) fn run(verify: &Verify, screen: &Screen) -> Result<u8, CommandError> {
    let outcome = outcome(verify, screen)?;
    if screen.json {
        screen.document(&outcome.report)?;
    } else {
        screen.print(&screen.report(&outcome))?;
    }
    Ok(outcome.report.verdict.exit_code())
}

/// Verifies, and prints no result.
pub(crate) fn outcome(verify: &Verify, screen: &Screen) -> Result<Outcome, CommandError> {
    let (mut plan, beforehand) = match &verify.books[..] {
        [source, target] => plan_for(verify, source, target, screen)?,
        _ => (read_plan(&verify.plan)?, Vec::new()),
    };
    verify.load.apply(&mut plan);
    let started = Timestamp::now();
    let threads = threads(verify.threads, Some(&plan));
    let (evidence, shown) = evidence_folder(verify, &plan, started);
    let as_of_plan = verify.as_of.then(|| plan.clone());
    let prepared = unless_stopped(move || prepare(plan, threads, &environment))?
        .ok_or_else(|| stopped(screen))??;
    let as_of = as_of_plan
        .map(|plan| as_of(plan, &prepared, verify.settle))
        .transpose()?;
    // Two books without a plan have no window.
    let clocked = match verify.books.is_empty() {
        true => {
            // Controls are planned for it, so only where a window asks.
            let sizes = || {
                let bytes = reconcile::bytes_to_read(&prepared, threads, !verify.no_digest);
                let bytes = runtime(1)?.block_on(bytes)?;
                let source = prepared.session.book(Which::Source);
                Ok((bytes, bytes_of(source.tables())))
            };
            record::begin(&prepared.plan, Phase::Verify, sizes, screen)?
        }
        false => None,
    };
    let options = Options {
        threads,
        evidence_shown: shown,
        // A folder that is named is meant; one that is not must be nobody else's.
        is_numbered: verify.evidence.is_none(),
        started,
        digest: !verify.no_digest,
        causes: !verify.no_causes,
        as_of,
        beforehand,
        ..Options::new(evidence)
    };
    let done = watched(&prepared, &options, clocked.as_ref(), screen);
    if let Some(clocked) = clocked {
        let event = done
            .as_ref()
            .ok()
            .map(|done| record::verified(&prepared.plan, &done.report, &done.evidence));
        let ended = event.transpose().and_then(|event| clocked.end(event));
        // Where the run failed, that is what is told.
        if done.is_ok() {
            ended?;
        }
    }
    done
}

/// Two books without a plan: compared as `init` would plan it. Nobody has read what was taken for
/// what, so the report tells it, and what was left out or taken by guess is not checked.
fn plan_for(
    verify: &Verify,
    source: &str,
    target: &str,
    screen: &Screen,
) -> Result<(Plan, Vec<Beforehand>), CommandError> {
    let wishes = Wishes {
        key: verify.key.clone(),
        money: verify.money.clone(),
        ..Wishes::default()
    };
    let (source, target) = (source.to_owned(), target.to_owned());
    let surveyed = unless_stopped(move || survey(&source, &target, &wishes, &environment))?
        .ok_or_else(|| stopped(screen))?
        .map_err(super::init::survey_error)?;
    screen.tell(&surveyed.in_one_line());
    let plan = plan_of(&surveyed).map_err(CommandError::plan)?;
    Ok((plan, surveyed.beforehand))
}

/// How records in flight are told from breaks.
fn as_of(plan: Plan, prepared: &Prepared, settle: u32) -> Result<AsOf, CommandError> {
    let books = [Which::Source, Which::Target].map(|which| prepared.session.book(which));
    let mut tables = books.iter().flat_map(|book| book.tables());
    if !tables.any(|table| table.moment().is_some()) {
        let why = "`--as-of` reads databases as of one moment, and both books are files";
        return Err(CommandError::new(Kind::Use, why)
            .hint("leave it out: what changes a file while it is read is noticed"));
    }
    let settle = Duration::from_secs(settle.into());
    Ok(AsOf::new(settle, move || {
        prepare_again(plan.clone(), &environment)
    }))
}

/// The folder of this run's evidence, and how to show it. One that is named by the time may get a
/// number behind its name.
fn evidence_folder(verify: &Verify, plan: &Plan, started: Timestamp) -> (PathBuf, String) {
    let (folder, mut shown) = match &verify.evidence {
        Some(folder) => (folder.clone(), folder.display().to_string()),
        None => {
            let name = started.strftime("%Y-%m-%dT%H-%M-%SZ").to_string();
            let folder = plan.folder().join("evidence").join(name);
            (folder.clone(), folder.display().to_string())
        }
    };
    if !shown.ends_with('/') {
        shown.push('/');
    }
    (folder, shown)
}

/// Runs with progress on the screen; Ctrl-C and signals to end it do so in good order.
fn watched(
    prepared: &Prepared,
    options: &Options,
    clocked: Option<&Clocked>,
    screen: &Screen,
) -> Result<Outcome, CommandError> {
    let outcome = super::watched(options.threads, screen, async |watch| {
        let watch = match clocked {
            Some(clocked) => clocked.watch(watch),
            None => watch,
        };
        reconcile::verify(prepared, options, &watch).await
    })?;
    match outcome {
        None | Some(Err(VerifyError::Stopped)) => Err(stopped(screen)),
        Some(outcome) => Ok(outcome?),
    }
}

fn stopped(screen: &Screen) -> CommandError {
    CommandError::new(Kind::Incomplete, screen.words().stopped())
}
