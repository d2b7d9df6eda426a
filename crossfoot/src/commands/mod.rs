//! The commands, one file each.

pub(crate) mod check;
pub(crate) mod convert;
pub(crate) mod correct;
pub(crate) mod daybook;
pub(crate) mod demo;
pub(crate) mod evidence;
pub(crate) mod explain;
pub(crate) mod gate;
pub(crate) mod generate;
pub(crate) mod init;
pub(crate) mod rehearse;
pub(crate) mod report;
pub(crate) mod sign;
pub(crate) mod verify;
pub(crate) mod window;

use crate::args::PlanPath;
use crate::error::{CommandError, Kind};
use crate::progress::Progress;
use crate::screen::Screen;
use reconcile::Watch;
use rules::plan::{self, Plan};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// Reads the plan that a command names: a file, or the folder it lies in.
pub(crate) fn read_plan(path: &PlanPath) -> Result<Plan, CommandError> {
    let path = plan_file(&path.plan);
    plan::read(&path).map_err(|mistakes| {
        let missing = !path.exists();
        let failed = CommandError::plan(mistakes);
        match missing {
            true => CommandError {
                message: "there is no plan".to_owned(),
                ..failed
            },
            false => failed,
        }
    })
}

fn plan_file(path: &std::path::Path) -> PathBuf {
    match path.is_dir() {
        true => path.join("crossfoot.toml"),
        false => path.to_owned(),
    }
}

/// Variables that a demo gives to the commands that it plays, beside the environment.
static LENT: OnceLock<BTreeMap<&'static str, String>> = OnceLock::new();

/// A variable of the environment, for addresses in plans.
pub(crate) fn environment(name: &str) -> Option<String> {
    let lent = LENT.get().and_then(|lent| lent.get(name).cloned());
    lent.or_else(|| std::env::var(name).ok())
}

/// How many threads to work in: as asked, as the plan says, or one for each processor.
pub(crate) fn threads(asked: Option<std::num::NonZeroUsize>, plan: Option<&Plan>) -> usize {
    let planned = plan.and_then(|plan| plan.settings.threads);
    let all = std::thread::available_parallelism().ok();
    asked.or(planned).or(all).map_or(1, std::num::NonZero::get)
}

/// A runtime whose workers read and fold.
pub(crate) fn runtime(threads: usize) -> Result<tokio::runtime::Runtime, CommandError> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(threads)
        .enable_all()
        .build()
        .map_err(|error| CommandError::new(Kind::Own, format!("no threads to work in: {error}")))
}

/// The bytes of some tables.
pub(crate) fn bytes_of<'t>(tables: impl Iterator<Item = &'t Arc<books::Table>>) -> u64 {
    let files = tables.flat_map(|table| table.files());
    files.map(|file| file.bytes).sum()
}

/// Does the work with progress on the screen; Ctrl-C ends it in good order. Gives nothing where it
/// was stopped and did not come to an end by itself.
pub(crate) fn watched<T, E>(
    threads: usize,
    screen: &Screen,
    work: impl AsyncFnOnce(Arc<dyn Watch>) -> Result<T, E>,
) -> Result<Option<Result<T, E>>, CommandError> {
    let runtime = runtime(threads)?;
    let progress = Arc::new(Progress::start(screen.progress()));
    let watch: Arc<dyn Watch> = Arc::clone(&progress) as Arc<dyn Watch>;
    // Listens from a thread of its own, as the run begins with work that waits for nothing.
    let stopped = Arc::new(tokio::sync::Notify::new());
    let (bell, listener) = (Arc::clone(&stopped), Arc::clone(&progress));
    runtime.spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            listener.stop();
            bell.notify_one();
        }
    });
    let done = runtime.block_on(async {
        let work = work(watch);
        tokio::pin!(work);
        tokio::select! {
            done = &mut work => Some(done),
            () = stopped.notified() => {
                // The run stops at its next batch and cleans up behind itself; if it does not
                // come to one soon, it is dropped where it is.
                tokio::time::timeout(Duration::from_secs(10), &mut work).await.ok()
            }
        }
    });
    progress.finish();
    runtime.shutdown_timeout(Duration::from_secs(1));
    Ok(done)
}
