//! What a run tells whoever watches it.

use books::Meter;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// One stretch of work over a known number of bytes.
#[derive(Clone, Debug)]
pub struct Phase {
    /// What is being done.
    pub work: Work,
    /// The agreement or control it is done for.
    pub name: String,
    /// Bytes of the books to be read; none where it is not known before.
    pub bytes: Option<u64>,
    /// Counts what has been read so far.
    pub meter: Arc<Meter>,
}

/// The kinds of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// Digesting the files of both books.
    Digest,
    /// Folding both sides.
    Fold,
    /// Looking for the differing records by their keys.
    Locate,
    /// Comparing every record by partitions, because too many differ.
    Partition,
    /// Counting what the records of a cause have in common.
    Common,
    /// Fetching the records that could not be converted.
    Rejects,
    /// Computing a control.
    Control,
}

/// Watches a run, and may stop it.
pub trait Watch: Send + Sync {
    /// A stretch of work begins; the one before has ended.
    fn begin(&self, phase: Phase);

    /// The run says something worth reading while it goes on.
    fn say(&self, words: &str);

    /// Whether the run is to stop.
    fn is_stopped(&self) -> bool;
}

/// Watches nothing; can be told to stop.
#[derive(Debug, Default)]
pub struct Unwatched {
    stopped: AtomicBool,
}

impl Unwatched {
    /// Asks the run to stop.
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }
}

impl Watch for Unwatched {
    fn begin(&self, _: Phase) {}

    fn say(&self, _: &str) {}

    fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }
}
