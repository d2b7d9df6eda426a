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
#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

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

/// Comes to its end once Ctrl-C is pressed or a signal asks to end, or did since this program
/// listens: from the first call on, for as long as it runs.
fn interrupt() -> impl Future<Output = ()> + Send + 'static {
    static PRESSED: OnceLock<watch::Receiver<bool>> = OnceLock::new();
    let pressed = PRESSED.get_or_init(|| {
        let (bell, pressed) = watch::channel(false);
        // Where there is no thread to listen in, Ctrl-C ends the program as the system does it.
        drop(std::thread::Builder::new().spawn(move || listen(&bell)));
        pressed
    });
    let mut pressed = pressed.clone();
    async move {
        if pressed.wait_for(|pressed| *pressed).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

fn listen(bell: &watch::Sender<bool>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    if let Ok(runtime) = runtime {
        runtime.block_on(heed(bell));
    }
}

/// The run stops at its next batch and cleans up behind itself. Whoever rings once more does not want to
/// wait for that: what it leaves is marked, and goes with the next run.
fn ring(bell: &watch::Sender<bool>) {
    if bell.send_replace(true) {
        std::process::exit(Kind::Incomplete.code().into());
    }
}

/// Rings at Ctrl-C, and at what a system sends to end a program: SIGTERM, and SIGHUP where its terminal
/// is gone.
#[cfg(unix)]
async fn heed(bell: &watch::Sender<bool>) {
    let heard = |kind: SignalKind| signal(kind).ok();
    let mut interrupt = heard(SignalKind::interrupt());
    let mut hangup = match is_meant_to_outlive_its_terminal() {
        true => None,
        false => heard(SignalKind::hangup()),
    };
    let mut terminate = heard(SignalKind::terminate());
    loop {
        tokio::select! {
            () = next(&mut interrupt) => {}
            () = next(&mut hangup) => {}
            () = next(&mut terminate) => {}
        }
        ring(bell);
    }
}

/// The next signal of a kind; never where it cannot be listened to.
#[cfg(unix)]
async fn next(signal: &mut Option<Signal>) {
    let heard = match signal {
        Some(signal) => signal.recv().await,
        None => None,
    };
    if heard.is_none() {
        std::future::pending::<()>().await;
    }
}

/// Whether whoever started this program had it ignore SIGHUP, as `nohup` does. Where the system does not
/// tell, one that writes to no terminal is taken for such.
#[cfg(unix)]
fn is_meant_to_outlive_its_terminal() -> bool {
    use std::io::IsTerminal;
    match std::fs::read_to_string("/proc/self/status") {
        Ok(status) => {
            let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
            let signals = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
            // SIGHUP is the first.
            signals.is_some_and(|signals| signals & 1 == 1)
        }
        Err(_) => !std::io::stderr().is_terminal(),
    }
}

/// Rings at Ctrl-C.
#[cfg(not(unix))]
async fn heed(bell: &watch::Sender<bool>) {
    while tokio::signal::ctrl_c().await.is_ok() {
        ring(bell);
    }
}

/// Does work that leaves nothing behind, wherever it is broken off. Gives nothing where it was to
/// stop: the work then ends with the program.
pub(crate) fn unless_stopped<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<Option<T>, CommandError> {
    let pressed = interrupt();
    let failed =
        |why: String| CommandError::new(Kind::Own, format!("no threads to work in: {why}"));
    let (give, done) = tokio::sync::oneshot::channel();
    let worker = std::thread::Builder::new()
        .stack_size(STACK_BYTES)
        .spawn(move || drop(give.send(work())))
        .map_err(|error| failed(error.to_string()))?;
    let done = runtime(1)?.block_on(async {
        tokio::select! {
            done = done => Some(done.ok()),
            () = pressed => None,
        }
    });
    match done {
        None => Ok(None),
        Some(Some(done)) => Ok(Some(done)),
        // It gives nothing only where it panicked: so do those who wait for it.
        Some(None) => match worker.join() {
            Err(panic) => std::panic::resume_unwind(panic),
            Ok(()) => Err(failed("one of them gave nothing".to_owned())),
        },
    }
}

/// What the system gives the first thread, as SQL is planned by functions that call themselves.
const STACK_BYTES: usize = 8 << 20;

/// Does the work with progress on the screen; Ctrl-C and signals to end it do so in good order. Gives
/// nothing where it was stopped and did not come to an end by itself.
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
    let pressed = interrupt();
    runtime.spawn(async move {
        pressed.await;
        listener.stop();
        bell.notify_one();
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
