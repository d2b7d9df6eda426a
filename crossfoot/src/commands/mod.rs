//! The commands, one file each.

pub(crate) mod check;
pub(crate) mod explain;
pub(crate) mod generate;
pub(crate) mod init;
pub(crate) mod verify;

use crate::args::PlanPath;
use crate::error::{CommandError, Kind};
use rules::plan::{self, Plan};
use std::path::PathBuf;

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

/// A variable of the environment, for addresses in plans.
pub(crate) fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
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
