//! The progress of a run on stderr: one line that is redrawn on a terminal, plain lines elsewhere.
//!
//! What is shown is a function of counts and times alone ([`Track`]); a thread of its own asks
//! for it ([`Progress`]). Percent and remaining time come from the bytes of the books, which are
//! known exactly before the first is read; where they are not, nothing is claimed.

use crate::terminal::text::{clipped, plain};
use crate::terminal::{Style, shows_unicode, terminal_width};
use crate::words::Language;
use rules::watch::{Forecast, Pace, Phase, Watch, Work};
use std::collections::VecDeque;
use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How progress is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Show {
    /// Language of the words.
    pub(crate) language: Language,
    /// Whether one line is redrawn, which wants a terminal.
    pub(crate) bar: bool,
    /// Whether plain lines are written now and then, where no line is redrawn.
    pub(crate) lines: bool,
}

/// Time from one drawing of the line to the next.
const REDRAW: Duration = Duration::from_millis(200);

/// Time from one plain line to the next.
const PLAIN_LINE: Duration = Duration::from_secs(30);

/// A phase that took longer than this gets a plain line at its end.
const LONG_PHASE: Duration = Duration::from_secs(10);

/// Rates are those of this last stretch of time.
const WINDOW: Duration = Duration::from_secs(15);

/// Samples are at least this far apart.
const SAMPLE_APART: Duration = Duration::from_millis(500);

/// Nothing is said about rates before so much time was measured.
const MEASURED_MIN: Duration = Duration::from_secs(1);

/// A remaining time above this is no measurement but noise.
const REMAINING_MAX: Duration = Duration::from_secs(100 * 3600);

/// What had been read at some time of a phase.
#[derive(Debug, Clone, Copy, Default)]
struct Sample {
    at: Duration,
    records: u64,
    bytes: u64,
}

/// Rate and remaining time from exact counts.
#[derive(Debug, Default)]
struct Eta {
    /// Samples of the last stretch, the oldest first; the first of them may be older.
    samples: VecDeque<Sample>,
}

impl Eta {
    /// Takes a measurement in.
    fn measure(&mut self, sample: Sample) {
        let apart = |last: &Sample| sample.at.saturating_sub(last.at) >= SAMPLE_APART;
        if self.samples.back().is_none_or(apart) {
            self.samples.push_back(sample);
        }
        let is_past = |second: &Sample| sample.at.saturating_sub(second.at) >= WINDOW;
        while self.samples.get(1).is_some_and(is_past) {
            self.samples.pop_front();
        }
    }

    /// The stretch from the oldest measurement to `now`; none where it is too short to tell.
    fn stretch(&self, now: Sample) -> Option<Sample> {
        let first = self.samples.front()?;
        let at = now.at.saturating_sub(first.at);
        (at >= MEASURED_MIN).then(|| Sample {
            at,
            records: now.records.saturating_sub(first.records),
            bytes: now.bytes.saturating_sub(first.bytes),
        })
    }

    /// Records a second.
    fn rate(&self, now: Sample) -> Option<u64> {
        let stretch = self.stretch(now)?;
        let rate = u128::from(stretch.records) * 1000 / stretch.at.as_millis();
        u64::try_from(rate).ok()
    }

    /// The time that the rest of `total` bytes will take at the present rate; none where nothing
    /// moves, nothing is measured, or the answer would be absurd.
    fn remaining(&self, now: Sample, total: u64) -> Option<Duration> {
        let rest = total.saturating_sub(now.bytes);
        if rest == 0 {
            return Some(Duration::ZERO);
        }
        let stretch = self.stretch(now)?;
        let millis = u128::from(rest) * stretch.at.as_millis();
        let millis = millis.checked_div(u128::from(stretch.bytes))?;
        let remaining = Duration::from_millis(u64::try_from(millis).ok()?);
        (remaining <= REMAINING_MAX).then_some(remaining)
    }
}

/// Gives the share of `total` that is done, in percent with one decimal, rounded down and never
/// over 100.
fn percent(done: u64, total: u64) -> String {
    let done = u128::from(done.min(total));
    let per_mille = (done * 1000).checked_div(u128::from(total)).unwrap_or(1000);
    format!("{}.{} %", per_mille / 10, per_mille % 10)
}

/// Gives a time as `m:ss` or `h:mm:ss`.
fn clock(time: Duration) -> String {
    let seconds = time.as_secs();
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match hours {
        0 => format!("{minutes}:{seconds:02}"),
        _ => format!("{hours}:{minutes:02}:{seconds:02}"),
    }
}

/// The phase that is under way.
#[derive(Debug)]
struct Stretch {
    phase: Phase,
    began: Duration,
    eta: Eta,
    /// Times of finished pieces, where the work is done in some.
    pace: Option<Arc<Pace>>,
}

impl Stretch {
    fn sample(&self, now: Duration) -> Sample {
        let meter = &self.phase.meter;
        Sample {
            at: now.saturating_sub(self.began),
            records: meter.rows.load(Ordering::Relaxed),
            bytes: meter.bytes.load(Ordering::Relaxed),
        }
    }

    fn title(&self, words: Language) -> String {
        let work = words.work(self.phase.work);
        match self.phase.name.as_str() {
            "" => work.to_owned(),
            name => words.pick(
                format!("{work}: {}", plain(name)),
                format!("{work}：{}", plain(name)),
            ),
        }
    }

    /// The state of the phase in words.
    fn line(&self, now: Duration, words: Language) -> String {
        let sample = self.sample(now);
        let mut parts = vec![self.title(words)];
        // Digests are taken of bytes, not of records; and what is counted off is not read.
        if !matches!(self.phase.work, Work::Count | Work::Digest | Work::Resume) {
            parts.push(words.done_so_far(self.phase.work, sample.records));
            parts.extend(self.eta.rate(sample).map(|rate| words.rate(rate)));
        }
        parts.extend(self.phase.bytes.map(|bytes| percent(sample.bytes, bytes)));
        parts.push(clock(sample.at));
        if let Some(bytes) = self.phase.bytes {
            let left = bytes.saturating_sub(sample.bytes);
            let forecast = self.pace.as_ref().and_then(|pace| pace.forecast(left));
            parts.push(match (forecast, self.eta.remaining(sample, bytes)) {
                (Some(Forecast { p50, p90 }), _) => {
                    words.time_left_at_most(&clock(p50), &clock(p90))
                }
                (None, Some(time)) => words.time_left(&clock(time)),
                (None, None) => words.time_left_unknown().to_owned(),
            });
        }
        parts.join("  ")
    }
}

/// What is shown of a run: a state that is told what happens and when, and answers with what to
/// write.
#[derive(Debug)]
struct Track {
    show: Show,
    phase: Option<Stretch>,
    /// When the last plain line was written, or the run began.
    last_plain: Duration,
    /// Whether a line stands on the screen that has not ended.
    is_drawn: bool,
    is_stopping: bool,
}

/// Goes to the beginning of the line and clears it.
const CLEAR: &str = "\r\u{1b}[K";

impl Track {
    fn new(show: Show) -> Self {
        Self {
            show,
            phase: None,
            last_plain: Duration::ZERO,
            is_drawn: false,
            is_stopping: false,
        }
    }

    /// A phase begins; the one before has ended.
    fn begin(&mut self, phase: Phase, now: Duration) -> String {
        let before = self.end(now);
        let mut stretch = Stretch {
            phase,
            began: now,
            eta: Eta::default(),
            pace: None,
        };
        stretch.eta.measure(stretch.sample(now));
        self.phase = Some(stretch);
        before
    }

    /// The phase is done in pieces.
    fn pace(&mut self, pace: Arc<Pace>) {
        if let Some(stretch) = &mut self.phase {
            stretch.pace = Some(pace);
        }
    }

    /// Some time has passed.
    fn tick(&mut self, now: Duration, style: &Style) -> String {
        let words = self.show.language;
        let Some(stretch) = &mut self.phase else {
            return String::new();
        };
        let sample = stretch.sample(now);
        stretch.eta.measure(sample);
        if self.is_stopping {
            return String::new();
        }
        let line = stretch.line(now, words);
        if self.show.bar {
            self.is_drawn = true;
            // The last column stays free: some terminals begin a new line after it.
            return format!(
                "{CLEAR}{}",
                clipped(&line, style.width.saturating_sub(1), style)
            );
        }
        if self.show.lines && now.saturating_sub(self.last_plain) >= PLAIN_LINE {
            self.last_plain = now;
            return line + "\n";
        }
        String::new()
    }

    /// Something worth reading is said.
    fn say(&mut self, sentence: &str) -> String {
        match self.show.bar || self.show.lines {
            true => format!("{}{}\n", self.clear(), plain(sentence)),
            false => String::new(),
        }
    }

    /// The run is asked to stop.
    fn stop(&mut self) -> String {
        if std::mem::replace(&mut self.is_stopping, true) {
            return String::new();
        }
        self.say(self.show.language.stopping())
    }

    /// The phase has ended.
    fn end(&mut self, now: Duration) -> String {
        let cleared = self.clear();
        let Some(stretch) = self.phase.take() else {
            return cleared.to_owned();
        };
        let sample = stretch.sample(now);
        if self.show.bar || !self.show.lines || self.is_stopping || sample.at <= LONG_PHASE {
            return cleared.to_owned();
        }
        self.last_plain = now;
        let words = self.show.language;
        let done = words.phase_done(stretch.phase.work, sample.records, &clock(sample.at));
        format!("{cleared}{}  {done}\n", stretch.title(words))
    }

    /// Takes a drawn line away.
    fn clear(&mut self) -> &'static str {
        if std::mem::take(&mut self.is_drawn) {
            CLEAR
        } else {
            ""
        }
    }
}

/// Tells the time since the run began.
type Clock = Box<dyn Fn() -> Duration + Send>;

/// What the run and the drawing thread share.
struct Shared {
    desk: Mutex<Desk>,
    /// Told when the run has ended.
    ended: Condvar,
    is_stopped: AtomicBool,
}

struct Desk {
    track: Track,
    out: Box<dyn Write + Send>,
    clock: Clock,
    is_finished: bool,
}

impl Desk {
    fn write(&mut self, text: &str) {
        if !text.is_empty() {
            // Nobody can be told when stderr is closed.
            drop(
                self.out
                    .write_all(text.as_bytes())
                    .and_then(|()| self.out.flush()),
            );
        }
    }
}

impl Shared {
    /// A panic elsewhere leaves nothing half done here.
    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Shows how a run goes on, and carries the wish to stop.
pub(crate) struct Progress {
    shared: Arc<Shared>,
    drawer: Mutex<Option<JoinHandle<()>>>,
}

impl std::fmt::Debug for Progress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Progress").finish_non_exhaustive()
    }
}

impl Progress {
    /// Begins to show progress on stderr.
    pub(crate) fn start(show: Show) -> Self {
        let began = Instant::now();
        let clock = Box::new(move || began.elapsed());
        let progress = Self::on(show, Box::new(std::io::stderr()), clock);
        if show.bar || show.lines {
            progress.draw_from_now_on();
        }
        progress
    }

    fn on(show: Show, out: Box<dyn Write + Send>, clock: Clock) -> Self {
        let desk = Desk {
            track: Track::new(show),
            out,
            clock,
            is_finished: false,
        };
        Self {
            shared: Arc::new(Shared {
                desk: Mutex::new(desk),
                ended: Condvar::new(),
                is_stopped: AtomicBool::new(false),
            }),
            drawer: Mutex::new(None),
        }
    }

    /// Starts the thread that draws. Without one a run is as well, only silent.
    fn draw_from_now_on(&self) {
        let shared = Arc::clone(&self.shared);
        let thread = std::thread::Builder::new().name("progress".to_owned());
        let drawer = thread.spawn(move || draw(&shared)).ok();
        *self.drawer.lock().unwrap_or_else(PoisonError::into_inner) = drawer;
    }

    /// Asks the run to stop.
    pub(crate) fn stop(&self) {
        self.shared.is_stopped.store(true, Ordering::Relaxed);
        let mut desk = self.shared.desk();
        let text = desk.track.stop();
        desk.write(&text);
    }

    /// Ends the last phase and leaves the screen clean.
    pub(crate) fn finish(&self) {
        let mut desk = self.shared.desk();
        if !std::mem::replace(&mut desk.is_finished, true) {
            let now = (desk.clock)();
            let text = desk.track.end(now);
            desk.write(&text);
        }
        drop(desk);
        self.shared.ended.notify_all();
        let drawer = self
            .drawer
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        // A drawer that panicked has nothing left to draw.
        drop(drawer.map(JoinHandle::join));
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.finish();
    }
}

/// Draws until the run has ended.
fn draw(shared: &Shared) {
    let mut desk = shared.desk();
    while !desk.is_finished {
        let now = (desk.clock)();
        let style = Style {
            language: desk.track.show.language,
            width: terminal_width(),
            colour: false,
            unicode: shows_unicode(),
        };
        let text = desk.track.tick(now, &style);
        desk.write(&text);
        let waited = shared.ended.wait_timeout(desk, REDRAW);
        desk = waited.unwrap_or_else(PoisonError::into_inner).0;
    }
}

impl Watch for Progress {
    fn begin(&self, phase: Phase) {
        let mut desk = self.shared.desk();
        let now = (desk.clock)();
        let text = desk.track.begin(phase, now);
        desk.write(&text);
    }

    fn pace(&self, pace: Arc<Pace>) {
        self.shared.desk().track.pace(pace);
    }

    fn say(&self, words: &str) {
        let mut desk = self.shared.desk();
        let words = desk.track.show.language.engine(words);
        let text = desk.track.say(&words);
        desk.write(&text);
    }

    fn is_stopped(&self) -> bool {
        self.shared.is_stopped.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests;
