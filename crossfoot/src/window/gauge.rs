//! How fast a run reads, piece by piece.

use cutover::clock::Chunk;
use cutover::daybook::{Paced, Piece};
use reconcile::{Phase as Stretch, Watch, Work};
use rules::watch::Pace;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Time from one measurement of a rehearsal to the next.
const EVERY: Duration = Duration::from_millis(100);

/// Pieces of a rehearsal that are kept; where there are more, neighbours are put together.
const PIECES_MAX: usize = 512;

/// What a run has read so far, in stretches, and how long the pieces took that were measured.
pub(super) struct Gauge {
    stretches: Vec<Stretch>,
    finished: Vec<Chunk>,
    /// Bytes at the last measurement, and when that was.
    measured: (u64, Instant),
}

impl Gauge {
    pub(super) fn start() -> Self {
        Self {
            stretches: Vec::new(),
            finished: Vec::new(),
            measured: (0, Instant::now()),
        }
    }

    pub(super) fn begin(&mut self, stretch: Stretch) {
        self.stretches.push(stretch);
    }

    /// What the stretch at hand is called.
    pub(super) fn name(&self) -> Option<&str> {
        let name = self.stretches.last()?.name.as_str();
        Some(name).filter(|name| !name.is_empty())
    }

    pub(super) fn finished(&self) -> &[Chunk] {
        &self.finished
    }

    /// The stretches that read, with their numbers: telling breaks reads nothing, and what that work counts
    /// are no bytes of the books.
    fn reading(&self) -> impl Iterator<Item = (usize, &Stretch)> {
        let stretches = self.stretches.iter().enumerate();
        stretches.filter(|(_, stretch)| stretch.work != Work::Tell)
    }

    pub(super) fn bytes(&self) -> u64 {
        let read = |stretch: &Stretch| {
            let read = stretch.meter.bytes.load(Ordering::Relaxed);
            stretch.bytes.map_or(read, |total| read.min(total))
        };
        let last = self.stretches.len().saturating_sub(1);
        // What has ended was read to its end, as far as it was known where that is.
        let bytes = self.reading().map(|(at, stretch)| match at == last {
            true => read(stretch),
            false => stretch.bytes.unwrap_or_else(|| read(stretch)),
        });
        bytes.sum()
    }

    pub(super) fn rows(&self) -> u64 {
        let rows = |(_, stretch): (usize, &Stretch)| stretch.meter.rows.load(Ordering::Relaxed);
        self.reading().map(rows).sum()
    }

    /// How long ago the last piece ended.
    pub(super) fn idle(&self) -> Duration {
        self.measured.1.elapsed()
    }

    /// Ends a piece, if anything was read since the last one.
    pub(super) fn measure(&mut self) {
        let (bytes, (before, at)) = (self.bytes(), self.measured);
        if bytes > before {
            self.finished.push(Chunk {
                units: bytes - before,
                took: at.elapsed(),
            });
            self.measured = (bytes, Instant::now());
        }
    }

    /// Puts neighbours together where there are too many pieces.
    fn thin_out(&mut self) {
        if self.finished.len() <= PIECES_MAX {
            return;
        }
        let pairs = self.finished.chunks(2).map(|pair| Chunk {
            units: pair.iter().map(|one| one.units).sum(),
            took: pair.iter().map(|one| one.took).sum(),
        });
        self.finished = pairs.collect();
    }
}

/// Measures a run of a rehearsal from beside.
pub(crate) struct Measuring {
    shared: Arc<Shared>,
    measurer: Option<JoinHandle<()>>,
}

struct Shared {
    /// Whether the run is over.
    inner: Mutex<(Gauge, bool)>,
    bell: Condvar,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, (Gauge, bool)> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn measure(&self) {
        loop {
            let waited = self
                .bell
                .wait_timeout_while(self.lock(), EVERY, |(_, is_over)| !*is_over);
            let (mut inner, _) = waited.unwrap_or_else(PoisonError::into_inner);
            inner.0.measure();
            inner.0.thin_out();
            if inner.1 {
                return;
            }
        }
    }
}

impl Measuring {
    pub(crate) fn start() -> Self {
        let shared = Arc::new(Shared {
            inner: Mutex::new((Gauge::start(), false)),
            bell: Condvar::new(),
        });
        let measurer = Arc::clone(&shared);
        Self {
            measurer: Some(std::thread::spawn(move || measurer.measure())),
            shared,
        }
    }

    /// Wraps what watches the run.
    pub(crate) fn watch(&self, inner: Arc<dyn Watch>) -> Arc<dyn Watch> {
        let shared = Arc::clone(&self.shared);
        Arc::new(Wrapped {
            inner,
            begun: move |stretch| shared.lock().0.begin(stretch),
        })
    }

    /// Says how it went, over an old book of so many bytes.
    pub(crate) fn end(mut self, source_bytes: u64) -> Paced {
        self.stop();
        let inner = self.shared.lock();
        let pieces = inner.0.finished.iter().map(|piece| Piece {
            bytes: piece.units,
            took_ms: u64::try_from(piece.took.as_millis()).unwrap_or(u64::MAX),
        });
        Paced {
            source_bytes,
            pieces: pieces.collect(),
        }
    }

    fn stop(&mut self) {
        self.shared.lock().1 = true;
        self.shared.bell.notify_all();
        if let Some(measurer) = self.measurer.take() {
            drop(measurer.join());
        }
    }
}

impl Drop for Measuring {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Tells of each stretch that begins, too.
pub(super) struct Wrapped<F> {
    pub(super) inner: Arc<dyn Watch>,
    pub(super) begun: F,
}

impl<F: Fn(Stretch) + Send + Sync> Watch for Wrapped<F> {
    fn begin(&self, phase: Stretch) {
        (self.begun)(phase.clone());
        self.inner.begin(phase);
    }

    fn pace(&self, pace: Arc<Pace>) {
        self.inner.pace(pace);
    }

    fn say(&self, words: &str) {
        self.inner.say(words);
    }

    fn is_stopped(&self) -> bool {
        self.inner.is_stopped()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stretch(bytes: Option<u64>, read: u64) -> Stretch {
        let stretch = Stretch {
            work: Work::Locate,
            name: String::new(),
            bytes,
            meter: Arc::default(),
        };
        stretch.meter.bytes.store(read, Ordering::Relaxed);
        stretch
    }

    #[test]
    fn what_was_read_before_never_grows_less() {
        let mut gauge = Gauge::start();
        gauge.begin(stretch(Some(100), 90));
        assert_eq!(gauge.bytes(), 90);
        // How much there is was not known before: it is what was read.
        gauge.begin(stretch(None, 50));
        assert_eq!(gauge.bytes(), 150);
        gauge.begin(stretch(Some(10), 12));
        assert_eq!(gauge.bytes(), 160);
        gauge.measure();
        gauge.measure();
        let units: Vec<u64> = gauge.finished().iter().map(|piece| piece.units).collect();
        assert_eq!(units, [160]);
    }

    #[test]
    fn telling_breaks_is_no_reading() {
        let mut gauge = Gauge::start();
        gauge.begin(stretch(Some(100), 90));
        let told = Stretch {
            work: Work::Tell,
            ..stretch(Some(1_000), 700)
        };
        told.meter.rows.store(700, Ordering::Relaxed);
        gauge.begin(told);
        assert_eq!((gauge.bytes(), gauge.rows()), (100, 0));
        gauge.begin(stretch(Some(10), 3));
        assert_eq!((gauge.bytes(), gauge.rows()), (103, 0));
    }

    #[test]
    fn many_pieces_become_fewer_and_come_to_the_same() {
        let mut gauge = Gauge::start();
        let piece = |units| Chunk {
            units,
            took: Duration::from_millis(units),
        };
        gauge.finished = (0..1_001).map(piece).collect();
        gauge.thin_out();
        assert_eq!(gauge.finished().len(), 501);
        let units: u64 = gauge.finished().iter().map(|piece| piece.units).sum();
        let took: Duration = gauge.finished().iter().map(|piece| piece.took).sum();
        assert_eq!((units, took), (500_500, Duration::from_millis(500_500)));
    }

    #[test]
    fn a_rehearsal_is_measured_to_its_end() {
        let measuring = Measuring::start();
        measuring.shared.lock().0.begin(stretch(None, 77));
        let paced = measuring.end(1_000);
        assert_eq!(paced.source_bytes, 1_000);
        assert_eq!(
            paced.pieces.iter().map(|piece| piece.bytes).sum::<u64>(),
            77
        );
    }
}
