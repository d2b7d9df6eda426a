//! What a run tells whoever watches it.

use books::Meter;
pub use cutover::clock::Forecast;
use cutover::clock::{CHUNKS_MIN, Chunk, Progress};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// One stretch of work over a known number of bytes.
#[derive(Clone, Debug)]
pub struct Phase {
    /// What is being done.
    pub work: Work,
    /// The agreement or control it is done for.
    pub name: String,
    /// Bytes of the books to be read, or, of [`Work::Tell`], records to be looked at; none where it is not
    /// known before.
    pub bytes: Option<u64>,
    /// Counts what has been read so far.
    pub meter: Arc<Meter>,
}

/// The kinds of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// Having databases count off their tables.
    Count,
    /// Digesting what both books hold.
    Digest,
    /// Writing books that are made up.
    Generate,
    /// Converting the records of an agreement.
    Convert,
    /// Digesting what was written before, to go on from it.
    Resume,
    /// Folding both sides.
    Fold,
    /// Looking for the differing records by their keys.
    Locate,
    /// Putting every record into partitions, because too many differ.
    Partition,
    /// Pairing records that may differ, and explaining and writing the breaks.
    Tell,
    /// Counting what the records of a cause have in common.
    Common,
    /// Fetching the records that could not be converted.
    Rejects,
    /// Reading once what several controls have in common.
    Share,
    /// Computing a control.
    Control,
}

/// Watches a run, and may stop it.
pub trait Watch: Send + Sync {
    /// A stretch of work begins; the one before has ended.
    fn begin(&self, phase: Phase);

    /// The work that has begun is done in pieces, whose times tell when it will be done.
    fn pace(&self, _: Arc<Pace>) {}

    /// The run says something worth reading while it goes on.
    fn say(&self, words: &str);

    /// Whether the run is to stop.
    fn is_stopped(&self) -> bool;
}

/// Times of the pieces of some work that are finished.
#[derive(Debug)]
pub struct Pace {
    /// Pieces that are worked off at a time.
    side_by_side: u64,
    /// Bytes and time of each.
    finished: Mutex<Vec<Chunk>>,
}

/// Waiting pieces that are played out; beyond, they are larger.
const PIECES_MAX: u64 = 2_048;

impl Pace {
    /// Nothing is finished yet.
    pub fn new(side_by_side: usize) -> Self {
        Self {
            side_by_side: (side_by_side as u64).max(1),
            finished: Mutex::default(),
        }
    }

    /// Notes a finished piece.
    pub fn finish(&self, bytes: u64, time: Duration) {
        let mut finished = self.finished.lock().unwrap_or_else(PoisonError::into_inner);
        finished.push(Chunk {
            units: bytes,
            took: time,
        });
    }

    /// Says how long the `left` bytes will take, as [`cutover::clock`] reckons it; `None` as long as
    /// too few pieces are finished.
    pub fn forecast(&self, left: u64) -> Option<Forecast> {
        let finished = self.finished.lock().unwrap_or_else(PoisonError::into_inner);
        let progress = Progress {
            finished: &finished,
            under_way: &[],
            waiting: &pieces(left, &finished),
            side_by_side: self.side_by_side,
        };
        progress.forecast().filter(|_| finished.len() >= CHUNKS_MIN)
    }
}

/// Cuts what is left into pieces such as those that are finished.
pub fn pieces(left: u64, finished: &[Chunk]) -> Vec<u64> {
    let units = finished.iter().map(|chunk| chunk.units);
    let done = units.fold(0_u64, u64::saturating_add);
    let usual = done.checked_div(finished.len() as u64).unwrap_or(left);
    let size = usual.max(left / PIECES_MAX).max(1);
    let mut pieces = vec![size; usize::try_from(left / size).unwrap_or(0)];
    pieces.extend(Some(left % size).filter(|rest| *rest > 0));
    pieces
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_forecast_takes_some_finished_pieces_and_what_is_left() {
        let pace = Pace::new(2);
        for millis in [100, 110, 100, 90] {
            pace.finish(1 << 20, Duration::from_millis(millis));
            assert_eq!(pace.forecast(1 << 20), None, "too few to tell");
        }
        pace.finish(2 << 20, Duration::from_millis(200));
        let forecast = pace.forecast(100 << 20).expect("five are enough");
        // A hundred pieces of a tenth of a second, two at a time.
        let around = Duration::from_secs(4)..Duration::from_secs(7);
        assert!(around.contains(&forecast.p50), "{forecast:?}");
        assert!(forecast.p90 >= forecast.p50, "{forecast:?}");
        assert_eq!(pace.forecast(0).expect("nothing left").p90, Duration::ZERO);
    }

    #[test]
    fn what_is_left_is_cut_whole() {
        let finished = [Chunk {
            units: 30,
            took: Duration::from_secs(1),
        }];
        assert_eq!(pieces(100, &finished), [30, 30, 30, 10]);
        assert_eq!(pieces(0, &finished), Vec::<u64>::new());
        assert_eq!(pieces(7, &[]), [7]);
        for left in [1, 29, 1 << 20, 10_000_000_019] {
            let pieces = pieces(left, &finished);
            assert_eq!(pieces.iter().sum::<u64>(), left);
            assert!(pieces.len() as u64 <= PIECES_MAX + 1);
        }
    }
}
