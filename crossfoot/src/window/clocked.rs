//! A run under the window's clock: what it does goes into the daybook, and when it will be done is
//! said every so often.

use super::Desk;
use super::gauge::{Gauge, Wrapped};
use super::notices;
use crate::error::CommandError;
use crate::screen::Screen;
use crate::words::Language;
use channels::Clock;
use cutover::clock::{
    self, Chunk, Deadline, Measured, Progress, Reading, Rollback, Stage, UnderWay, Unit,
};
use cutover::daybook::{ChunkFinished, Event, Forecast, Phase, PhaseFinished, PhaseStarted};
use cutover::window::State;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use reconcile::Watch;
use rules::plan::{Plan, Window};
use rules::watch::pieces;
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
    let records = |phase: Phase| -> u64 {
        let of = daybook.entries().iter().map(|entry| match entry.event() {
            Event::ChunkFinished(chunk) if chunk.phase == phase => chunk.records,
            _ => 0,
        });
        of.fold(0_u64, u64::saturating_add)
    };
    use cutover::window::Stage as At;
    let stage = state.stage();
    let is_converted = matches!(stage, At::Converted | At::Verifying) || stage.is_verified();
    let (converted, verified) = (records(Phase::Convert), records(Phase::Verify));
    let (ahead, verify) = (Ahead::read(desk), words.phase(Phase::Verify));
    let phases = [
        clock::Phase {
            name: words.phase(Phase::Convert),
            unit: Unit::Records,
            done: converted,
            total: is_converted.then_some(converted),
            stage: match is_converted {
                true => Stage::Done,
                false => Stage::Unknown,
            },
            can_wait: false,
        },
        match stage.is_verified() {
            true => clock::Phase {
                name: verify,
                unit: Unit::Records,
                done: verified,
                total: Some(verified),
                stage: Stage::Done,
                can_wait: false,
            },
            false => Ahead::phase(ahead.as_ref(), verify),
        },
        clock::Phase {
            name: words.phase(Phase::SignOff),
            unit: Unit::Records,
            done: 0,
            total: None,
            stage: Stage::Allowed(SIGN_OFF_TAKES),
            can_wait: false,
        },
    ];
    Some(clock::read(desk.now(), &deadline, &phases))
}

/// How verifying went in the rehearsal of this very plan, and the pieces that today's takes.
struct Ahead {
    finished: Vec<Chunk>,
    waiting: Vec<u64>,
}

/// Today's old book may be so many times as large as that of the rehearsal: what a smaller one took
/// tells more of beginning and ending than of reading.
const LARGER_AT_MOST: u64 = 8;

impl Ahead {
    /// None where nothing was measured, or of other rules or a much smaller book.
    fn read(desk: &Desk) -> Option<Self> {
        let mut entries = desk.daybook().entries().iter().rev();
        let today = entries.find_map(|entry| match entry.event() {
            Event::PhaseStarted(started) => started.source_bytes,
            _ => None,
        })?;
        let rehearsal = desk.state().rehearsal()?;
        let measured = rehearsal.verified.as_ref()?;
        let is_of_this_plan = desk.state().terms()?.plan_blake3 == rehearsal.plan_blake3;
        // Of a view, say, the size is not known: then nothing can be held against it.
        let is_known = today > 0 && measured.source_bytes > 0;
        if !is_of_this_plan || !is_known || today / LARGER_AT_MOST > measured.source_bytes {
            return None;
        }
        let finished = measured.pieces.iter().map(|piece| Chunk {
            units: piece.bytes,
            took: Duration::from_millis(piece.took_ms),
        });
        let finished: Vec<Chunk> = finished.collect();
        let then: u128 = finished.iter().map(|piece| u128::from(piece.units)).sum();
        let now = then.saturating_mul(u128::from(today)) / u128::from(measured.source_bytes);
        let waiting = pieces(u64::try_from(now).unwrap_or(u64::MAX), &finished);
        let is_foreseen = !waiting.is_empty();
        is_foreseen.then_some(Self { finished, waiting })
    }

    fn phase<'a>(ahead: Option<&'a Self>, name: &'a str) -> clock::Phase<'a> {
        let rehearsed = |ahead: &'a Self| {
            Stage::Rehearsed(Progress {
                finished: &ahead.finished,
                under_way: &[],
                waiting: &ahead.waiting,
                side_by_side: 1,
            })
        };
        clock::Phase {
            name,
            unit: Unit::Bytes,
            done: 0,
            total: ahead.map(|ahead| {
                let pieces = ahead.waiting.iter();
                pieces.fold(0_u64, |sum, piece| sum.saturating_add(*piece))
            }),
            stage: ahead.map_or(Stage::Unknown, rehearsed),
            can_wait: false,
        }
    }
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
    /// What is known of verifying before it begins.
    ahead: Option<Ahead>,
    inner: Mutex<Inner>,
    bell: Condvar,
}

struct Inner {
    desk: Desk,
    gauge: Gauge,
    /// Records in the daybook so far, and when they were told.
    told: (u64, Timestamp),
    is_over: bool,
    /// The first thing that went wrong with the daybook; the run goes on, and tells it at its end.
    failed: Option<CommandError>,
}

impl Clocked {
    /// Begins a phase of the window, of so many bytes over an old book of so many.
    pub(crate) fn begin(
        plan: &Plan,
        window: &Window,
        mut desk: Desk,
        phase: Phase,
        (total, source_bytes): (u64, u64),
        screen: &Screen,
    ) -> Result<Self, CommandError> {
        desk.record(Event::PhaseStarted(PhaseStarted {
            phase,
            records: None,
            chunks: None,
            source_bytes: Some(source_bytes),
        }))?;
        // Hours later it would be told too late, and it is no reason not to begin.
        if let Err(error) = notices::check(plan, window) {
            screen.tell(&error.message);
        }
        let ahead = Ahead::read(&desk);
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
            ahead,
            inner: Mutex::new(Inner {
                desk,
                gauge: Gauge::start(),
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
        let shared = Arc::clone(&self.shared);
        Arc::new(Wrapped {
            inner,
            begun: move |stretch| shared.lock().gauge.begin(stretch),
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
        // What went wrong on the way is told, and what the run came to is recorded all the same: if
        // that fails too, it is the run's own failure.
        if let Some(error) = inner.failed.take() {
            self.shared.screen.tell(&error.message);
        }
        inner.tell_piece(phase)?;
        let records = inner.gauge.rows();
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
            inner.gauge.measure();
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
            done: inner.gauge.rows(),
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
        let done = inner.gauge.bytes().min(self.total);
        let waiting = pieces(self.total.saturating_sub(done), inner.gauge.finished());
        // While nothing is read, a piece is under way that takes as long as the stall.
        let idle = inner.gauge.idle();
        let is_idle = idle > 2 * MEASURED_EVERY;
        let under_way = waiting.first().filter(|_| is_idle).map(|units| UnderWay {
            units: *units,
            elapsed: idle,
        });
        let progress = Progress {
            finished: inner.gauge.finished(),
            under_way: under_way.as_slice(),
            waiting: waiting.get(under_way.iter().len()..).unwrap_or(&[]),
            side_by_side: 1,
        };
        let rehearsed = match (self.phase, &self.ahead) {
            (Phase::Verify, Some(ahead)) => &ahead.finished[..],
            _ => &[],
        };
        let current = clock::Phase {
            name: words.phase(self.phase),
            unit: Unit::Bytes,
            done,
            total: Some(self.total),
            stage: Stage::UnderWay {
                progress,
                rehearsed,
            },
            can_wait: false,
        };
        let sign_off = clock::Phase {
            name: words.phase(Phase::SignOff),
            unit: Unit::Records,
            done: 0,
            total: None,
            stage: Stage::Allowed(SIGN_OFF_TAKES),
            can_wait: false,
        };
        let ahead = self.ahead.as_ref();
        let now = Timestamp::now();
        Some(match self.phase {
            Phase::Convert => clock::read(
                now,
                &deadline,
                &[
                    current,
                    Ahead::phase(ahead, words.phase(Phase::Verify)),
                    sign_off,
                ],
            ),
            _ => clock::read(now, &deadline, &[current, sign_off]),
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
    fn tell_piece(&mut self, phase: Phase) -> Result<(), CommandError> {
        let (rows, (before, began)) = (self.gauge.rows(), self.told);
        if rows <= before {
            return Ok(());
        }
        self.desk.record(Event::ChunkFinished(ChunkFinished {
            phase,
            chunk: self.gauge.name().unwrap_or("all").to_owned(),
            records: rows - before,
            began,
            took_ms: millis_since(began),
        }))?;
        self.told = (rows, Timestamp::now());
        Ok(())
    }
}

#[cfg(all(test, unix))]
mod tests;
