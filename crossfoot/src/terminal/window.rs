//! The window, the gate's answer and a look at evidence, as they are drawn.

use super::table::{Cell, Table};
use super::{Paint, Style, text};
use crate::commands::evidence::Looked;
use crate::window::{Desk, clocked};
use cutover::clock::{Reading, goodness_line, judge_daybook, leaving_line, status_line};
use cutover::daybook::Event;
use cutover::gate::{Check, Item, Judgement, Outcome, Status};
use cutover::notice::Language as NoticeLanguage;
use cutover::window::Stage;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use rules::plan::Plan;
use serde_json::{Value, json};

/// Opening figures that a screen shows.
const FIGURES_MAX: usize = 6;

/// Draws where a window stands.
pub(crate) fn status(desk: &Desk, reading: Option<&Reading>, style: &Style) -> String {
    let (words, state) = (style.language, desk.state());
    let zone = clocked::zone(state);
    let stage = state.stage();
    let colon = words.pick(": ", "：");
    let plan = text::plain(state.plan().unwrap_or_default());
    let mut out = style.said(
        0,
        paint_of(stage),
        &format!("{plan}{colon}{}", words.stage(stage)),
    );
    let mut say = |paint: Paint, said: &str| out.push_str(&style.said(2, paint, said));
    say(Paint::Plain, words.open_book(stage.open_book()));
    if let (Some(terms), Some(point)) = (state.terms(), state.point_of_no_return()) {
        let times = [
            (words.freeze_at(), terms.freeze),
            (words.release_at(), terms.release),
            (words.point_of_no_return(), point),
        ];
        let times = times.map(|(name, at)| format!("{name} {}", moment(at, &zone)));
        say(Paint::Plain, &times.join(words.pick(", ", "，")));
    }
    let (before, after) = state.opening_figures();
    if let Some(figures) = after.or(before) {
        let shown = figures.figures.iter().take(FIGURES_MAX);
        let shown = shown.map(|figure| format!("{} {}", text::plain(&figure.name), figure.value));
        let shown: Vec<String> = shown.collect();
        let list = shown.join(words.pick(", ", "，"));
        say(
            Paint::Plain,
            &format!("{}{colon}{list}", words.opening_figures()),
        );
    }
    if let Some(conversion) = state.conversion() {
        let read = conversion.tables.iter().map(|table| table.read).sum();
        let rejects = conversion.tables.iter().map(|table| table.rejected).sum();
        say(Paint::Plain, &words.last_conversion(read, rejects));
    }
    if let Some(conversion) = state.converted_elsewhere() {
        let (by, how) = (text::plain(&conversion.by), text::plain(&conversion.how));
        say(Paint::Plain, &words.converted_elsewhere(&by, &how));
    }
    if let Some(run) = state.verification() {
        let verdict = words.verdict(run.verdict);
        let evidence = text::plain(&run.evidence);
        say(
            Paint::Plain,
            &words.last_verification(&evidence, verdict, run.breaks.sum()),
        );
    }
    for sign_off in state.sign_offs() {
        let statement = &sign_off.statement;
        let (name, role) = (text::plain(&statement.name), text::plain(&statement.role));
        say(Paint::Plain, &words.signed_by(&name, &role));
    }
    if let Some(judgement) = state.judgement() {
        let outcome = judgement.outcome();
        let said = match stage {
            Stage::Releasing => words.gate_outcome_once_called(outcome),
            _ => words.gate_outcome(outcome),
        };
        say(paint(outcome), said);
    }
    if let Some(reading) = reading.filter(|_| state.stage().is_closed()) {
        let language = notice_language(style);
        say(Paint::Bold, &status_line(reading, &zone, language));
        if let Some(line) = leaving_line(reading, &zone, language) {
            say(Paint::Dim, &line);
        }
    }
    for judged in judge_daybook(desk.daybook().entries()) {
        let said = goodness_line(&judged.goodness, notice_language(style));
        let phase = words.phase(judged.phase);
        say(Paint::Plain, &words.forecasts_of(phase, &said));
    }
    let next = words.engine(stage.what_next());
    say(Paint::Plain, &format!("{}{colon}{next}", words.next_step()));
    let count = desk.daybook().entries().len() as u64;
    let head = state.head().short();
    out.push_str(&style.said(2, Paint::Dim, &words.entries_of_daybook(count, &head)));
    out
}

fn paint_of(stage: Stage) -> Paint {
    match stage {
        Stage::Balanced | Stage::Released => Paint::Good,
        Stage::OutOfBalance | Stage::RolledBack | Stage::RollingBack => Paint::Bad,
        Stage::Incomplete | Stage::Freezing | Stage::Releasing => Paint::Doubtful,
        _ => Paint::Bold,
    }
}

fn notice_language(style: &Style) -> NoticeLanguage {
    let (en, zh) = (NoticeLanguage::English, NoticeLanguage::Chinese);
    style.language.pick(en, zh)
}

fn moment(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone())
        .strftime("%Y-%m-%d %H:%M:%S %:z")
        .to_string()
}

/// A window's state as one JSON document.
pub(crate) fn document(desk: &Desk, reading: Option<&Reading>) -> Value {
    let state = desk.state();
    let last = desk.daybook().entries().last();
    json!({
        "version": 1,
        "plan": state.plan(),
        "stage": state.stage(),
        "open_book": state.stage().open_book(),
        "next": state.stage().what_next(),
        "point_of_no_return": state.point_of_no_return(),
        "terms": state.terms(),
        "converted_elsewhere": state.converted_elsewhere(),
        "verification": state.verification(),
        "accepted": state.accepted(),
        "sign_offs": state.sign_offs(),
        "gate": state.judgement().map(Judgement::outcome),
        "clock": reading,
        "forecasts": judge_daybook(desk.daybook().entries()),
        "daybook": {
            "file": desk.path().to_string_lossy(),
            "entries": desk.daybook().entries().len(),
            "head": state.head(),
            "last": last.map(|entry| entry.event()).map(Event::name),
        },
    })
}

/// Draws what the gate says, to whoever has told the new system to open, or has not yet.
pub(crate) fn judgement(judgement: &Judgement, was_called: bool, style: &Style) -> String {
    let words = style.language;
    let outcome = judgement.outcome();
    let head = match was_called {
        true => words.gate_outcome_once_called(outcome),
        false => words.gate_outcome(outcome),
    };
    let mut out = style.said(0, paint(outcome), head);
    let open: Vec<&Item> = judgement.open_items().collect();
    if !open.is_empty() {
        out.push('\n');
        let mut table = Table::default()
            .text("")
            .text(words.check_title())
            .text(words.of_title())
            .figure(words.expected())
            .figure(words.actual())
            .figure(words.difference());
        for item in &open {
            let paint = match item.status {
                Status::Failed => Paint::Bad,
                _ => Paint::Doubtful,
            };
            let figure = |text: &Option<String>| {
                Cell::new(text.as_deref().map(text::plain).unwrap_or_default())
            };
            table.row([
                Cell::painted(words.gate_status(item.status), paint),
                Cell::new(words.gate_check(item.check)),
                Cell::new(item.of.as_deref().map(text::plain).unwrap_or_default()),
                figure(&item.expected),
                figure(&item.actual),
                figure(&item.difference),
            ]);
        }
        out.push_str(&style.table(2, &table));
        out.push('\n');
        for item in &open {
            out.push_str(&style.said(2, Paint::Plain, &told(item, style)));
        }
    }
    // What a rehearsal covered is for people to weigh, also where it passes.
    let rehearsed = judgement.items().iter();
    let rehearsed =
        rehearsed.filter(|item| item.check == Check::Rehearsal && item.status == Status::Passed);
    for item in rehearsed {
        out.push_str(&style.said(2, Paint::Dim, &told(item, style)));
    }
    let passed = judgement.items().len().saturating_sub(open.len()) as u64;
    out.push_str(&style.said(2, Paint::Dim, &words.all_passed(passed)));
    out
}

/// What was looked at, and what was found.
fn told(item: &Item, style: &Style) -> String {
    let words = style.language;
    let of = item.of.as_deref().map(|of| format!(" {}", text::plain(of)));
    let name = format!("{}{}", words.gate_check(item.check), of.unwrap_or_default());
    let colon = words.pick(": ", "：");
    let says = text::plain(&words.engine(&item.says));
    format!("{name}{colon}{says}")
}

fn paint(outcome: Outcome) -> Paint {
    match outcome {
        Outcome::Go => Paint::Good,
        Outcome::NoGo => Paint::Loud,
        Outcome::Incomplete => Paint::Doubtful,
    }
}

/// What the gate says as one JSON document.
pub(crate) fn gate_document(plan: &Plan, judgement: &Judgement) -> Value {
    json!({
        "version": 1,
        "plan": plan.name.value,
        "gate": judgement.outcome(),
        "judged_at": judgement.at(),
        "daybook": judgement.daybook_head(),
        "manifest_blake3": judgement.manifest_blake3(),
        "items": judgement.items(),
    })
}

/// Draws what a look at a folder of evidence found.
pub(crate) fn evidence(looked: &Looked, style: &Style) -> String {
    let words = style.language;
    let (head, paint) = match (looked.wrong.is_empty(), looked.not_checked.is_empty()) {
        (false, _) => (words.evidence_wrong().to_owned(), Paint::Loud),
        (true, false) => (words.evidence_not_checked().to_owned(), Paint::Doubtful),
        (true, true) => (words.evidence_sound(looked.files), Paint::Good),
    };
    let colon = words.pick(": ", "：");
    let plan = text::plain(&looked.plan);
    let mut out = match plan.is_empty() {
        true => style.said(0, paint, &head),
        false => style.said(0, paint, &format!("{plan}{colon}{head}")),
    };
    let came_to = looked
        .verdict
        .map(|verdict| words.verdict(verdict).to_owned());
    let stage = looked.stage.map(|stage| words.stage(stage).to_owned());
    let entries = looked.entries.map(|count| words.entries(count));
    let came_to: Vec<String> = came_to.into_iter().chain(stage).chain(entries).collect();
    if !came_to.is_empty() {
        let came_to = came_to.join(words.pick(", ", "，"));
        out.push_str(&style.said(2, Paint::Plain, &came_to));
    }
    for wrong in &looked.wrong {
        let said = text::plain(&words.engine(wrong));
        out.push_str(&style.said(2, Paint::Bad, &said));
    }
    for not_checked in &looked.not_checked {
        let said = text::plain(&words.engine(not_checked));
        out.push_str(&style.said(2, Paint::Doubtful, &said));
    }
    for signed in &looked.signed {
        out.push_str(&style.said(2, Paint::Plain, &words.signature_of(&text::plain(signed))));
    }
    if let Some(manifest) = looked.manifest {
        out.push_str(&style.said(2, Paint::Dim, &format!("manifest.json {manifest}")));
    }
    out
}
