//! A run whose progress is told: nothing that a channel does holds it up.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot prepare its window fails"
)]

use super::{Clocked, Desk, Phase, Watch};
use crate::args::{Color, Global, Lang};
use crate::screen::Screen;
use cutover::Digest;
use cutover::clock::Basis;
use cutover::daybook::{
    ConversionFinished, Event, Figure, OpeningFigures, Paced, PhaseStarted, Piece,
    RehearsalFinished, TableMoved, Taken,
};
use cutover::window::Command;
use jiff::{SignedDuration, Timestamp};
use reconcile::Phase as Stretch;
use rules::plan::Plan;
use rules::watch::Work;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// How long a test may take that waits for something.
const PATIENCE: Duration = Duration::from_secs(60);

/// A run that nobody sees.
struct Unseen;

impl Watch for Unseen {
    fn begin(&self, _: Stretch) {}

    fn say(&self, _: &str) {}

    fn is_stopped(&self) -> bool {
        false
    }
}

/// A plan whose window is open, which reports every second to this channel.
fn plan(folder: &Path, channel: &str) -> Plan {
    let at = |minutes| Timestamp::now() + SignedDuration::from_mins(minutes);
    let (freeze, release) = (at(-1), at(240));
    let text = format!(
        "name = \"wallet\"\ncurrency = \"CNY\"\n[source]\nurl = \"old\"\n[target]\nurl = \"new\"\n\
         [[agreement]]\nname = \"a\"\nrule = \"SELECT id FROM flow\"\ntarget = \"flow\"\n\
         key = [\"id\"]\n\
         [window]\nfreeze = {freeze:.0}\nrelease = {release:.0}\nrollback_takes = \"45m\"\n\
         report_every = \"1s\"\n\
         [[window.notice]]\nlanguage = \"en\"\nsystem = \"Ruixin Pay\"\ncontact = \"95000\"\n\
         [[window.channel]]\nname = \"pager\"\nnotices = [\"progress\"]\n{channel}\n"
    );
    let path = folder.join("crossfoot.toml");
    std::fs::write(&path, text).unwrap();
    rules::plan::read(&path).unwrap()
}

/// The daybook of a window that is frozen.
fn frozen(plan: &Plan) -> Desk {
    let mut desk = Desk::begin(plan).unwrap();
    desk.take(Command::Announce).unwrap();
    desk.take(Command::Freeze).unwrap();
    for taken in [Taken::Before, Taken::After] {
        let figures = vec![Figure {
            name: "records".to_owned(),
            value: "7".to_owned(),
        }];
        let blake3 = Digest::of(b"7");
        desk.record(Event::OpeningFigures(OpeningFigures {
            taken,
            figures,
            blake3,
        }))
        .unwrap();
    }
    desk.take(Command::ConfirmFrozen).unwrap();
    desk
}

fn begun(plan: &Plan) -> Clocked {
    let screen = Screen::new(&Global {
        lang: Some(Lang::En),
        json: false,
        no_progress: true,
        color: Color::Never,
    });
    let window = plan.window.as_ref().unwrap();
    let (desk, screen) = (frozen(plan), screen.muted());
    Clocked::begin(
        plan,
        window,
        desk,
        Phase::Convert,
        (1 << 20, 1 << 19),
        &screen,
    )
    .unwrap()
}

fn stretch() -> Stretch {
    Stretch {
        work: Work::Convert,
        name: "postings".to_owned(),
        bytes: Some(1 << 20),
        meter: Arc::default(),
    }
}

/// The events so far, as the daybook on the disk has them.
fn events(plan: &Plan) -> Vec<Event> {
    let desk = Desk::need(plan).unwrap();
    let entries = desk.daybook().entries().iter();
    entries.map(|entry| entry.event().clone()).collect()
}

fn count(plan: &Plan, name: &str) -> usize {
    let events = events(plan);
    events.iter().filter(|event| event.name() == name).count()
}

fn wait_for(what: &str, is_there: impl Fn() -> bool) {
    let began = Instant::now();
    while !is_there() {
        assert!(began.elapsed() < PATIENCE, "{what} did not come");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A rehearsal that verified an old book of so many bytes, twice as many bytes read, ten pieces of
/// a minute.
fn rehearsed(desk: &mut Desk, plan_blake3: Digest, source_bytes: u64) {
    let piece = Piece {
        bytes: source_bytes / 5,
        took_ms: 60_000,
    };
    desk.record(Event::RehearsalFinished(RehearsalFinished {
        plan_blake3,
        planted: 1,
        found: 1,
        explained: 1,
        rollback_took_ms: 60_000,
        verified: Some(Paced {
            source_bytes,
            pieces: vec![piece; 10],
        }),
        scope: None,
        passed: true,
    }))
    .unwrap();
}

#[test]
fn verifying_is_foreseen_by_the_rehearsal_of_this_plan_over_a_book_of_this_size() {
    let foreseen = |source_bytes: u64, is_of_this_plan: bool| {
        let folder = tempfile::tempdir().unwrap();
        let plan = plan(folder.path(), "file = \"notices.jsonl\"");
        let mut desk = frozen(&plan);
        let own = desk.state().terms().unwrap().plan_blake3;
        let rehearsed_plan = if is_of_this_plan {
            own
        } else {
            Digest::of(b"another")
        };
        rehearsed(&mut desk, rehearsed_plan, source_bytes);
        desk.record(Event::PhaseStarted(PhaseStarted {
            phase: Phase::Convert,
            records: None,
            chunks: None,
            source_bytes: Some(1 << 20),
        }))
        .unwrap();
        let words = crate::words::Language::En;
        let reading = super::reading(&desk, words).unwrap();
        let verify = &reading.phases[1];
        let minutes = verify.takes.map(|takes| takes.p50.as_secs_f64() / 60.0);
        (verify.basis, minutes)
    };
    let near = |(basis, minutes): (Basis, Option<f64>), wanted: f64| {
        assert_eq!(basis, Basis::Rehearsed);
        let minutes = minutes.unwrap();
        assert!(
            (minutes - wanted).abs() < 0.2 * wanted,
            "{minutes} minutes, not {wanted}"
        );
    };
    near(foreseen(1 << 20, true), 10.0);
    near(foreseen(1 << 19, true), 20.0);
    near(foreseen(1 << 22, true), 2.5);
    assert_eq!(foreseen(1 << 20, false), (Basis::NotRehearsed, None));
    assert_eq!(foreseen(1 << 15, true), (Basis::NotRehearsed, None));
    // Of a view nobody knows the size; and what another wrote may be any number.
    assert_eq!(foreseen(0, true), (Basis::NotRehearsed, None));
    assert_eq!(foreseen(u64::MAX, true).0, Basis::Rehearsed);
}

#[test]
fn every_so_often_the_daybook_and_the_channels_are_told_when_it_will_be_done() {
    let folder = tempfile::tempdir().unwrap();
    let plan = plan(folder.path(), "file = \"notices.jsonl\"");
    let clocked = begun(&plan);
    let watch = clocked.watch(Arc::new(Unseen));
    let stretch = stretch();
    watch.begin(stretch.clone());
    stretch.meter.rows.store(3, Ordering::Relaxed);
    stretch.meter.bytes.store(1 << 10, Ordering::Relaxed);
    wait_for("the second notice", || count(&plan, "notice_sent") >= 2);
    clocked.end(None).unwrap();
    let told = std::fs::read_to_string(folder.path().join("notices.jsonl")).unwrap();
    let first: serde_json::Value = serde_json::from_str(told.lines().next().unwrap()).unwrap();
    assert_eq!(first["kind"], "progress");
    let events = events(&plan);
    let forecasts = events.iter().filter_map(|event| match event {
        Event::Forecast(forecast) => Some(forecast),
        _ => None,
    });
    let forecasts: Vec<_> = forecasts.collect();
    assert!(forecasts.len() >= 2, "{forecasts:?}");
    assert_eq!(forecasts[0].phase, Phase::Convert);
    assert_eq!(forecasts[0].done, 3);
    assert!(forecasts[0].margin_ms.is_some() || forecasts[0].p90.is_none());
}

#[test]
fn a_channel_that_hangs_does_not_hold_up_the_run() {
    let folder = tempfile::tempdir().unwrap();
    let hangs = "command = [\"sh\", \"-c\", \"touch called; sleep 300\"]\nattempts = 20\n\
                 time_limit = \"5s\"";
    let plan = plan(folder.path(), hangs);
    let clocked = begun(&plan);
    let watch = clocked.watch(Arc::new(Unseen));
    watch.begin(stretch());
    let called = folder.path().join("called");
    wait_for("the call", || called.exists());
    // While the channel hangs, the run goes on, and so does the daybook.
    let (began, forecasts) = (Instant::now(), count(&plan, "forecast"));
    watch.begin(stretch());
    assert!(began.elapsed() < Duration::from_secs(1), "it was held up");
    wait_for("the next forecast", || count(&plan, "forecast") > forecasts);
    assert_eq!(count(&plan, "notice_failed"), 0, "the first attempt hangs");
    // The end waits for no more than the attempt that is under way, and that is told.
    let began = Instant::now();
    clocked.end(None).unwrap();
    assert!(began.elapsed() < Duration::from_secs(15), "it was held up");
    assert_eq!(count(&plan, "notice_failed"), 1);
}

#[test]
fn a_channel_that_cannot_be_opened_costs_neither_the_run_nor_its_result() {
    let folder = tempfile::tempdir().unwrap();
    let closed = "webhook = \"https://pager.example\"\n\
                  headers = { Authorization = \"Bearer ${NO_SUCH_VARIABLE_ANYWHERE}\" }";
    let plan = plan(folder.path(), closed);
    let clocked = begun(&plan);
    let watch = clocked.watch(Arc::new(Unseen));
    watch.begin(stretch());
    wait_for("the notice", || count(&plan, "notice_failed") >= 1);
    let table = TableMoved {
        agreement: "a".to_owned(),
        table: "flow".to_owned(),
        by_record: true,
        read: 7,
        converted: Some(7),
        rejected: 0,
        left_out: Some(0),
        written: 7,
    };
    let event = Event::ConversionFinished(ConversionFinished {
        conversion_blake3: Digest::of(b"conversion.json"),
        tables: vec![table],
    });
    clocked.end(Some(event)).unwrap();
    assert_eq!(count(&plan, "conversion_finished"), 1);
    assert_eq!(count(&plan, "phase_finished"), 1);
    let says = events(&plan).into_iter().find_map(|event| match event {
        Event::NoticeFailed { says, .. } => Some(says),
        _ => None,
    });
    assert!(says.unwrap().contains("NO_SUCH_VARIABLE_ANYWHERE"));
}
