//! What a run tells whoever watches it.

use books::Meter;
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
    finished: Mutex<Vec<(u64, Duration)>>,
}

/// When some work will be done, counted from now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Forecast {
    /// As fast as the median piece so far.
    pub p50: Duration,
    /// As slow as the slowest tenth of the pieces so far.
    pub p90: Duration,
}

/// Pieces that must be finished before a forecast is worth reading.
const PIECES_MIN: usize = 5;

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
        finished.push((bytes, time));
    }

    /// Says how long the `left` bytes will take; `None` as long as too few pieces are finished.
    ///
    /// A piece's pace is its time for a byte. The forecast takes the median pace, and the pace
    /// that nine of ten pieces kept or beat, for all that is left: the second is slow on purpose.
    pub fn forecast(&self, left: u64) -> Option<Forecast> {
        let finished = self.finished.lock().unwrap_or_else(PoisonError::into_inner);
        if finished.len() < PIECES_MIN {
            return None;
        }
        // Nanoseconds for 2^20 bytes.
        let pace =
            |(bytes, time): &(u64, Duration)| (time.as_nanos() << 20) / u128::from((*bytes).max(1));
        let mut paces: Vec<u128> = finished.iter().map(pace).collect();
        paces.sort_unstable();
        let at = |percent: usize| {
            let pace = paces[(paces.len() * percent).div_ceil(100).max(1) - 1];
            let nanos =
                (pace.saturating_mul(u128::from(left)) >> 20) / u128::from(self.side_by_side);
            Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
        };
        Some(Forecast {
            p50: at(50),
            p90: at(90),
        })
    }
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
    fn a_forecast_is_the_median_pace_and_that_of_the_slowest_tenth() {
        let pace = Pace::new(2);
        for millis in [100, 100, 100, 400] {
            pace.finish(1 << 20, Duration::from_millis(millis));
            assert_eq!(pace.forecast(1 << 20), None, "too few to tell");
        }
        pace.finish(2 << 20, Duration::from_millis(240));
        let forecast = pace.forecast(10 << 20).expect("five are enough");
        assert_eq!(forecast.p50, Duration::from_millis(500));
        assert_eq!(forecast.p90, Duration::from_millis(2_000));
        assert_eq!(pace.forecast(0).expect("nothing left").p90, Duration::ZERO);
    }
}
