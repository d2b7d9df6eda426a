//! `crossfoot verify`: foots both books, locates every break, closes the account.

use super::{environment, read_plan, runtime, threads};
use crate::args::Verify;
use crate::error::{CommandError, Kind};
use crate::progress::Progress;
use crate::screen::Screen;
use jiff::Timestamp;
use reconcile::survey::{Wishes, plan_of, survey};
use reconcile::{Options, Outcome, Prepared, VerifyError, Watch, prepare};
use rules::plan::Plan;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

pub(crate) fn run(verify: &Verify, screen: &Screen) -> Result<u8, CommandError> {
    let plan = match &verify.books[..] {
        [source, target] => plan_for(verify, source, target, screen)?,
        _ => read_plan(&verify.plan)?,
    };
    let started = Timestamp::now();
    let threads = threads(verify.threads, Some(&plan));
    let (evidence, shown) = evidence_folder(verify, &plan, started);
    let prepared = prepare(plan, threads, &environment)?;
    let options = Options {
        threads,
        evidence_shown: shown,
        started,
        digest: !verify.no_digest,
        ..Options::new(evidence)
    };
    let outcome = watched(&prepared, &options, screen)?;
    if screen.json {
        screen.document(&outcome.report)?;
    } else {
        screen.print(&screen.report(&outcome))?;
    }
    Ok(outcome.report.verdict.exit_code())
}

/// Two books without a plan: compared as `init` would plan it.
fn plan_for(
    verify: &Verify,
    source: &str,
    target: &str,
    screen: &Screen,
) -> Result<Plan, CommandError> {
    let wishes = Wishes {
        key: verify.key.clone(),
        money: verify.money.clone(),
        ..Wishes::default()
    };
    let surveyed =
        survey(Path::new(source), Path::new(target), &wishes).map_err(super::init::survey_error)?;
    screen.tell(&surveyed.in_one_line());
    plan_of(&surveyed).map_err(CommandError::plan)
}

/// The folder of this run's evidence, and how to show it.
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

/// Runs with progress on the screen; Ctrl-C ends it in good order.
fn watched(
    prepared: &Prepared,
    options: &Options,
    screen: &Screen,
) -> Result<Outcome, CommandError> {
    let runtime = runtime(options.threads)?;
    let progress = Arc::new(Progress::start(screen.progress()));
    let watch: Arc<dyn Watch> = Arc::clone(&progress) as Arc<dyn Watch>;
    let work = reconcile::verify(prepared, options, &watch);
    // Listens from a thread of its own, as the run begins with work that waits for nothing.
    let stopped = Arc::new(tokio::sync::Notify::new());
    let (bell, listener) = (Arc::clone(&stopped), Arc::clone(&progress));
    runtime.spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            listener.stop();
            bell.notify_one();
        }
    });
    let outcome = runtime.block_on(async {
        tokio::pin!(work);
        tokio::select! {
            done = &mut work => done,
            () = stopped.notified() => {
                // The run stops at its next batch and takes its evidence back; if it does not
                // come to one soon, it is dropped where it is.
                match tokio::time::timeout(Duration::from_secs(10), &mut work).await {
                    Ok(done) => done.and(Err(VerifyError::Stopped)),
                    Err(_) => Err(VerifyError::Stopped),
                }
            }
        }
    });
    progress.finish();
    runtime.shutdown_timeout(Duration::from_secs(1));
    outcome.map_err(|error| match error {
        VerifyError::Stopped => CommandError::new(Kind::Incomplete, screen.words().stopped()),
        other => other.into(),
    })
}
