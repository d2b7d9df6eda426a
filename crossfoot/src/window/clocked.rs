//! A run under the window's clock: what it does goes into the daybook, and when it will be done is
//! said every so often.

use super::Desk;
use super::notices;
use crate::error::CommandError;
use crate::screen::Screen;
use crate::words::Language;
use channels::Clock;
use cutover::clock::{self, Chunk, Deadline, Measured, Progress, Reading, Rollback, Stage};
use cutover::daybook::{ChunkFinished, Event, Forecast, Phase, PhaseFinished, PhaseStarted};
use cutover::window::State;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use reconcile::{Phase as Stretch, Watch};
use rules::plan::{Plan, Window};
use rules::watch::pieces;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{JoinHandle, ScopedJoinHandle};
use std::time::{Duration, Instant};

/// Time from one measurement to the next: each stretch is a piece of the work to the clock.
const MEASURED_EVERY: Duration = Duration::from_secs(1);

/// Time from one piece in the daybook to the next.
const TOLD_EVERY: Duration = Duration::from_secs(30);

/// Sign-off is given so long where nothing is known of it.
const SIGN_OFF_TAKES: Duration = Duration::from_secs(15 * 60);

/// What the clock says by the daybook alone; none before the window is announced.
pub(crate) fn reading(desk: &Desk, words: Language) -> Option<Reading> {
    let (state, daybook) = (desk.state(), desk.daybook());
    let deadline = deadline(state)?;
    let chunks = |phase: Phase| -> Vec<Chunk> {
        let of = daybook
            .entries()
            .iter()
            .filter_map(|entry| match entry.event() {
                Event::ChunkFinished(chunk) if chunk.phase == phase => Some(Chunk {
                    units: chunk.records,
                    took: Duration::from_millis(chunk.took_ms),
                }),
                _ => None,
            });
        of.collect()
    };
    use cutover::window::Stage as At;
    let stage = state.stage();
    let is_converted = matches!(stage, At::Converted | At::Verifying) || stage.is_verified();
    let (converted, verified) = (chunks(Phase::Convert), chunks(Phase::Verify));
    let of = |is_done: bool, chunks: &[Chunk]| {
        let done: u64 = chunks.iter().map(|chunk| chunk.units).sum();
        (done, is_done.then_some(done))
    };
    let (convert_done, convert_total) = of(is_converted, &converted);
    let (verify_done, verify_total) = of(stage.is_verified(), &verified);
    let known = |is_done: bool| match is_done {
        true => Stage::Done,
        false => Stage::Unknown,
    };
    let phases = [
        clock::Phase {
            name: words.phase(Phase::Convert),
            done: convert_done,
            total: convert_total,
            stage: known(is_converted),
            can_wait: false,
        },
        clock::Phase {
            name: words.phase(Phase::Verify),
            done: verify_done,
            total: verify_total,
            stage: known(stage.is_verified()),
            can_wait: false,
        },
        clock::Phase {
            name: words.phase(Phase::SignOff),
            done: 0,
            total: None,
            stage: Stage::Allowed(SIGN_OFF_TAKES),
            can_wait: false,
        },
    ];
    Some(clock::read(desk.now(), &deadline, &phases))
}

fn deadline(state: &State) -> Option<Deadline> {
    let (terms, takes) = (state.terms()?, state.rollback_takes()?);
    let by_plan = i128::from(terms.rollback_takes_ms);
    let measured = match takes.as_millis() > by_plan {
        true => Measured::InRehearsal,
        false => Measured::ByPlan,
    };
    Some(Deadline {
        release: terms.release,
        rollback: Rollback {
            takes: Duration::try_from(takes).ok()?,
            measured,
        },
    })
}

/// Records that a phase is done which has no records.
pub(crate) fn finished(
    desk: &mut Desk,
    phase: Phase,
    began: Timestamp,
) -> Result<(), CommandError> {
    desk.record(Event::PhaseFinished(PhaseFinished {
        phase,
        records: 0,
        took_ms: millis_since(began),
    }))
}

fn millis_since(began: Timestamp) -> u64 {
    let took = Timestamp::now().duration_since(began).as_millis();
    u64::try_from(took).unwrap_or(0)
}

/// A run whose progress goes into the daybook.
pub(crate) struct Clocked {
    shared: Arc<Shared>,
    teller: Option<JoinHandle<()>>,
}

struct Shared {
    phase: Phase,
    began: Timestamp,
    /// How much there is to read, in bytes.
    total: u64,
    every: Duration,
    plan: Plan,
    window: Window,
    screen: Screen,
    inner: Mutex<Inner>,
    bell: Condvar,
}

struct Inner {
    desk: Desk,
    stretches: Vec<Stretch>,
    finished: Vec<Chunk>,
    /// Bytes at the last measurement, and when that was.
    measured: (u64, Instant),
    /// Records in the daybook so far, and when they were told.
    told: (u64, Timestamp),
    is_over: bool,
    /// The first thing that went wrong with the daybook; the run goes on, and ends with it.
    failed: Option<CommandError>,
}

impl Clocked {
    /// Begins a phase of the window, of so many bytes.
    pub(crate) fn begin(
        plan: &Plan,
        window: &Window,
        mut desk: Desk,
        phase: Phase,
        total: u64,
        screen: &Screen,
    ) -> Result<Self, CommandError> {
        desk.record(Event::PhaseStarted(PhaseStarted {
            phase,
            records: None,
            chunks: None,
        }))?;
        let began = Timestamp::now();
        let every = Duration::try_from(window.report_every);
        let shared = Arc::new(Shared {
            phase,
            began,
            total,
            every: every.unwrap_or(Duration::from_secs(600)),
            plan: plan.clone(),
            window: window.clone(),
            screen: *screen,
            inner: Mutex::new(Inner {
                desk,
                stretches: Vec::new(),
                finished: Vec::new(),
                measured: (0, Instant::now()),
                told: (0, began),
                is_over: false,
                failed: None,
            }),
            bell: Condvar::new(),
        });
        let teller = Arc::clone(&shared);
        Ok(Self {
            teller: Some(std::thread::spawn(move || teller.tell())),
            shared,
        })
    }

    /// Wraps what watches the run.
    pub(crate) fn watch(&self, inner: Arc<dyn Watch>) -> Arc<dyn Watch> {
        Arc::new(Wrapped {
            inner,
            shared: Arc::clone(&self.shared),
        })
    }

    /// Ends the phase. `event` is what it came to; a run that failed came to nothing, and begins anew.
    pub(crate) fn end(mut self, event: Option<Event>) -> Result<(), CommandError> {
        self.shared.lock().is_over = true;
        self.shared.bell.notify_all();
        if let Some(teller) = self.teller.take() {
            drop(teller.join());
        }
        let (phase, began) = (self.shared.phase, self.shared.began);
        let mut inner = self.shared.lock();
        if let Some(error) = inner.failed.take() {
            return Err(error);
        }
        inner.tell_piece(phase)?;
        let records = inner.rows();
        if let Some(event) = event {
            inner.desk.record(event)?;
            inner.desk.record(Event::PhaseFinished(PhaseFinished {
                phase,
                records,
                took_ms: millis_since(began),
            }))?;
        }
        Ok(())
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Measures, and tells now and then.
    fn tell(&self) {
        std::thread::scope(|scope| {
            let mut courier: Option<ScopedJoinHandle<'_, ()>> = None;
            self.measure(|about| {
                // What is still on its way is enough: a slow channel gets the next one.
                if courier.as_ref().is_none_or(ScopedJoinHandle::is_finished) {
                    courier = Some(scope.spawn(|| self.send(about)));
                }
            });
        });
    }

    /// Measures until the run is over. Every so often there is something to send.
    fn measure(&self, mut send: impl FnMut(notices::About)) {
        let (mut piece, mut report) = (Instant::now(), Instant::now());
        loop {
            let inner = self.lock();
            let waited = self
                .bell
                .wait_timeout_while(inner, MEASURED_EVERY, |inner| !inner.is_over);
            let (mut inner, _) = waited.unwrap_or_else(PoisonError::into_inner);
            if inner.is_over {
                return;
            }
            inner.measure();
            let mut told = Ok(());
            if piece.elapsed() >= TOLD_EVERY {
                piece = Instant::now();
                told = inner.tell_piece(self.phase);
            }
            let mut reading = None;
            if told.is_ok() && report.elapsed() >= self.every {
                report = Instant::now();
                reading = self.reading(&inner);
                told = match &reading {
                    Some(reading) => self.forecast(&mut inner, reading),
                    None => Ok(()),
                };
            }
            let zone = zone(inner.desk.state());
            match told {
                Ok(()) => {}
                Err(error) => drop(inner.failed.get_or_insert(error)),
            }
            // Nothing that screen and channels do may hold up the run.
            drop(inner);
            if let Some(reading) = reading {
                let language = notices::language(self.screen.words());
                self.screen
                    .say(&clock::status_line(&reading, &zone, language));
                let reading = Box::new(reading);
                send(notices::About::Progress { reading });
            }
        }
    }

    /// Puts into the daybook when it will be done.
    fn forecast(&self, inner: &mut Inner, reading: &Reading) -> Result<(), CommandError> {
        let current = reading.phases.first();
        let end = current.and_then(|estimate| estimate.end);
        inner.desk.record(Event::Forecast(Forecast {
            phase: self.phase,
            done: inner.rows(),
            total: None,
            p50: end.map(|end| end.p50),
            p90: end.map(|end| end.p90),
            point_of_no_return: reading.point_of_no_return,
            margin_ms: reading
                .margin
                .and_then(|margin| i64::try_from(margin.as_millis()).ok()),
            outlook: reading.outlook,
        }))
    }

    /// Sends a notice, with a daybook of its own: the run's goes on meanwhile.
    fn send(&self, about: notices::About) {
        let sent = Desk::need(&self.plan).and_then(|mut desk| {
            let (plan, window) = (&self.plan, &self.window);
            notices::send(plan, window, &mut desk, about, self, &self.screen)
        });
        if let Err(error) = sent {
            self.lock().failed.get_or_insert(error);
        }
    }

    fn reading(&self, inner: &Inner) -> Option<Reading> {
        let words = self.screen.words();
        let deadline = deadline(inner.desk.state())?;
        let done = inner.bytes().min(self.total);
        let waiting = pieces(self.total.saturating_sub(done), &inner.finished);
        let progress = Progress {
            finished: &inner.finished,
            under_way: &[],
            waiting: &waiting,
            side_by_side: 1,
        };
        let under_way = clock::Phase {
            name: words.phase(self.phase),
            done,
            total: Some(self.total),
            stage: Stage::UnderWay {
                progress,
                rehearsed: &[],
            },
            can_wait: false,
        };
        let unknown = |name| clock::Phase {
            name,
            done: 0,
            total: None,
            stage: Stage::Unknown,
            can_wait: false,
        };
        let sign_off = clock::Phase {
            stage: Stage::Allowed(SIGN_OFF_TAKES),
            ..unknown(words.phase(Phase::SignOff))
        };
        let now = Timestamp::now();
        Some(match self.phase {
            Phase::Convert => clock::read(
                now,
                &deadline,
                &[under_way, unknown(words.phase(Phase::Verify)), sign_off],
            ),
            _ => clock::read(now, &deadline, &[under_way, sign_off]),
        })
    }
}

/// No channel is waited for once the run is over.
impl Clock for Shared {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn wait(&self, time: Duration) -> bool {
        let inner = self.lock();
        let waited = self
            .bell
            .wait_timeout_while(inner, time, |inner| !inner.is_over);
        let (inner, _) = waited.unwrap_or_else(PoisonError::into_inner);
        !inner.is_over
    }
}

/// The zone in which a window's times are told.
pub(crate) fn zone(state: &State) -> TimeZone {
    named(state.terms().map(|terms| terms.timezone.as_str()))
}

/// The same by the plan.
pub(crate) fn zone_of(plan: &Plan) -> TimeZone {
    named(plan.timezone.as_ref().map(|zone| zone.value.as_str()))
}

fn named(name: Option<&str>) -> TimeZone {
    let fixed = |name: &str| {
        let parser = jiff::fmt::temporal::DateTimeParser::new();
        parser.parse_time_zone(name).ok()
    };
    let found = name.and_then(|name| TimeZone::get(name).ok().or_else(|| fixed(name)));
    found.unwrap_or(TimeZone::UTC)
}

impl Inner {
    fn bytes(&self) -> u64 {
        let read = |stretch: &Stretch| {
            let read = stretch.meter.bytes.load(Ordering::Relaxed);
            stretch.bytes.map_or(read, |total| read.min(total))
        };
        // What has ended was read to its end.
        let (last, before) = match self.stretches.split_last() {
            Some((last, before)) => (Some(last), before),
            None => (None, &[][..]),
        };
        let ended = before.iter().map(|one| one.bytes.unwrap_or(0));
        ended.chain(last.map(read)).sum()
    }

    fn rows(&self) -> u64 {
        let rows = |stretch: &Stretch| stretch.meter.rows.load(Ordering::Relaxed);
        self.stretches.iter().map(rows).sum()
    }

    fn measure(&mut self) {
        let (bytes, (before, at)) = (self.bytes(), self.measured);
        if bytes > before {
            self.finished.push(Chunk {
                units: bytes - before,
                took: at.elapsed(),
            });
            self.measured = (bytes, Instant::now());
        }
    }

    fn tell_piece(&mut self, phase: Phase) -> Result<(), CommandError> {
        let (rows, (before, began)) = (self.rows(), self.told);
        if rows <= before {
            return Ok(());
        }
        let chunk = self.stretches.last().map(|one| one.name.clone());
        self.desk.record(Event::ChunkFinished(ChunkFinished {
            phase,
            chunk: chunk
                .filter(|name| !name.is_empty())
                .unwrap_or_else(|| "all".to_owned()),
            records: rows - before,
            began,
            took_ms: millis_since(began),
        }))?;
        self.told = (rows, Timestamp::now());
        Ok(())
    }
}

struct Wrapped {
    inner: Arc<dyn Watch>,
    shared: Arc<Shared>,
}

impl Watch for Wrapped {
    fn begin(&self, phase: Stretch) {
        self.shared.lock().stretches.push(phase.clone());
        self.inner.begin(phase);
    }

    fn pace(&self, pace: Arc<rules::watch::Pace>) {
        self.inner.pace(pace);
    }

    fn say(&self, words: &str) {
        self.inner.say(words);
    }

    fn is_stopped(&self) -> bool {
        self.inner.is_stopped()
    }
}

#[cfg(all(test, unix))]
mod tests;
