//! `crossfoot window`: announce, freeze, converted, status, release, roll back.

use super::{environment, gate, read_plan, threads};
use crate::args::{Window as Step, WindowAt, WindowConverted, WindowFreeze, WindowReleased};
use crate::error::{CommandError, Kind};
use crate::screen::Screen;
use crate::terminal::window as drawn;
use crate::window::desk::{terms, window_of};
use crate::window::facts::{conversion, evidence_folder, judged};
use crate::window::hook::Caller;
use crate::window::{Desk, clocked, figures, hook, notices};
use crate::words::Language;
use channels::SystemClock;
use cutover::Digest;
use cutover::daybook::{ConvertedElsewhere, Entry, Event, Hook as Called, Replanned, Taken};
use cutover::gate::Outcome;
use cutover::window::{Command, Stage};
use jiff::Timestamp;
use rules::plan::{Hook, Plan, Window};
use serde_json::json;
use std::fs;
use std::time::Duration;

/// A step that found the books as they must not be.
const NO_GO: u8 = 1;

pub(crate) fn run(step: &Step, screen: &Screen) -> Result<u8, CommandError> {
    match step {
        Step::Announce(at) => announce(at, screen),
        Step::Freeze(freeze) => self::freeze(freeze, screen),
        Step::Converted(converted) => self::converted(converted, screen),
        Step::Status(at) => status(at, screen),
        Step::Release(release) => self::release(release, screen),
        Step::Rollback(back) => roll_back(back, screen),
        Step::Extend(extend) => self::extend(extend, screen),
        Step::Replan(replan) => self::replan(replan, screen),
        Step::Note(note) => {
            let plan = read_plan(&note.at.plan)?;
            Desk::need(&plan)?.record(Event::Remark {
                by: note.by.clone(),
                says: note.says.clone(),
            })?;
            Ok(0)
        }
    }
}

/// What every step begins with: the plan, its window and its daybook.
struct Case {
    plan: Plan,
    window: Window,
    desk: Desk,
}

impl Case {
    /// The case of a plan that has not changed since the window was announced.
    fn open(at: &WindowAt) -> Result<Self, CommandError> {
        let case = Self::load(at)?;
        case.desk.unchanged(&case.plan)?;
        Ok(case)
    }

    /// The case of a plan, whatever became of it.
    fn load(at: &WindowAt) -> Result<Self, CommandError> {
        let plan = read_plan(&at.plan)?;
        let window = window_of(&plan)?.clone();
        let desk = Desk::need(&plan)?;
        Ok(Self { plan, window, desk })
    }

    /// Shows where the window stands.
    fn show(&self, screen: &Screen) -> Result<(), CommandError> {
        let words = match screen.json {
            true => Language::En,
            false => screen.words(),
        };
        let reading = clocked::reading(&self.desk, words);
        match screen.json {
            true => screen
                .document(&drawn::document(&self.desk, reading.as_ref()))
                .map(|_| ()),
            false => screen.print(&drawn::status(
                &self.desk,
                reading.as_ref(),
                &screen.style(),
            )),
        }
    }

    /// Calls a system; what it answers that is no success is recorded, and an error.
    fn call(
        &mut self,
        called: Called,
        hook: Option<&Hook>,
        screen: &Screen,
    ) -> Result<(), CommandError> {
        let words = screen.words();
        let Some(hook) = hook else {
            screen.say(words.by_hand(called));
            return Ok(());
        };
        let since = self.called_since();
        let about = json!({
            "version": 1,
            "plan": self.plan.name.value,
            "step": step_name(called),
            "daybook": since,
        });
        // A call that a crash cut off is made again by the same name.
        let (plan, step, since) = (&self.plan.name.value, step_name(called), since.short());
        let id = format!("{plan}/{step}/{since}");
        match Caller::new(&self.plan, &self.window).call(hook, &id, &about) {
            Ok(()) => Ok(()),
            Err(says) => {
                self.desk.record(Event::HookFailed {
                    hook: called,
                    says: says.clone(),
                })?;
                let message = format!("the call to {} failed: {says}", hook_name(called));
                Err(CommandError::new(Kind::Incomplete, message).hint(
                    "what it did is not known; see to it, and give the same command again, which \
                     calls once more",
                ))
            }
        }
    }

    /// The entry that a call is named by.
    fn called_since(&self) -> Digest {
        let since = called_since(self.desk.daybook().entries());
        since.unwrap_or(self.desk.state().head())
    }

    /// Whether the old system was told to close.
    fn was_closed(&self) -> bool {
        let mut entries = self.desk.daybook().entries().iter();
        entries.any(|entry| matches!(entry.event(), Event::Freezing { .. }))
    }

    /// Tells what is wrong with channels while there is time to mend it.
    fn look_at_channels(&self, screen: &Screen) {
        if let Err(error) = notices::check(&self.plan, &self.window) {
            screen.tell(&error.message);
        }
    }

    /// Ends a window that is over: the daybook comes into the evidence, and whoever was not told yet
    /// is. Given again, it does what was left undone.
    fn end(&mut self, occasion: notices::About, screen: &Screen) -> Result<(), CommandError> {
        // The users hear of it even where the daybook cannot be copied.
        let kept = keep(self);
        self.notify(occasion, screen)?;
        kept.and_then(|()| keep(self))?;
        self.show(screen)
    }

    /// When the window was over; now, where it is not.
    fn over_since(&self) -> Timestamp {
        let mut entries = self.desk.daybook().entries().iter().rev();
        let over =
            entries.find(|entry| matches!(entry.event(), Event::Released | Event::RolledBack));
        over.map_or_else(Timestamp::now, Entry::at)
    }

    fn notify(&mut self, occasion: notices::About, screen: &Screen) -> Result<(), CommandError> {
        let (plan, window, desk) = (&self.plan, &self.window, &mut self.desk);
        notices::send(plan, window, desk, occasion, &SystemClock, screen)
    }
}

/// The last entry that tells of more than what the gate says: so long as there is no other, a call is
/// the same call. Where a freeze was cut off and is given again, the first of its intents.
fn called_since(entries: &[Entry]) -> Option<Digest> {
    let told = entries.iter().rev();
    let mut told = told.filter(|entry| !matches!(entry.event(), Event::Gate(_)));
    let mut since = told.next()?;
    for before in told {
        let both = (before.event(), since.event());
        let (Event::Freezing { .. }, Event::Freezing { again: None }) = both else {
            break;
        };
        since = before;
    }
    Some(since.hash())
}

/// What a system is told that the step is.
fn step_name(called: Called) -> &'static str {
    match called {
        Called::Freeze => "freeze",
        Called::Release => "release",
        Called::Rollback => "rollback",
    }
}

fn hook_name(called: Called) -> &'static str {
    match called {
        Called::Freeze => "freeze the old system",
        Called::Release => "release the new system",
        Called::Rollback => "roll back to the old system",
    }
}

fn announce(at: &WindowAt, screen: &Screen) -> Result<u8, CommandError> {
    let plan = read_plan(&at.plan)?;
    let window = window_of(&plan)?.clone();
    notices::check(&plan, &window)?;
    hook::check(&plan, &window)?;
    let (desk, before) = Desk::begin_another(&plan)?;
    if let Some(before) = before {
        let before = before.display();
        screen.tell(&format!("the daybook of the window before is now {before}"));
    }
    let mut case = Case { plan, window, desk };
    case.desk.unchanged(&case.plan)?;
    case.desk.take(Command::Announce)?;
    let (from, until) = (case.window.freeze.value, case.window.release.value);
    case.notify(notices::About::Stop { from, until }, screen)?;
    case.show(screen)?;
    Ok(0)
}

fn freeze(asked: &WindowFreeze, screen: &Screen) -> Result<u8, CommandError> {
    let mut case = Case::open(&asked.at)?;
    let voided = case.desk.state().voided_by_freeze();
    case.desk.take(match (&asked.why, &asked.by) {
        (Some(why), Some(by)) if asked.again => Command::FreezeAgain {
            why: why.clone(),
            by: by.clone(),
        },
        _ => Command::Freeze,
    })?;
    if let Some(voided) = voided {
        screen.tell(&format!("freezing again has voided {voided}"));
    }
    let hook = case.window.hooks.freeze.clone();
    case.call(Called::Freeze, hook.as_ref(), screen)?;
    let threads = threads(asked.threads, Some(&case.plan));
    for taken in [Taken::Before, Taken::After] {
        if taken == Taken::After {
            let apart = Duration::try_from(case.window.figures_apart);
            std::thread::sleep(apart.unwrap_or_default());
        }
        let read = figures::read(&case.plan, &case.window, threads, taken)?;
        case.desk.record(Event::OpeningFigures(read))?;
    }
    match case.desk.try_take(Command::ConfirmFrozen)? {
        Ok(()) => {
            case.show(screen)?;
            Ok(0)
        }
        // That something still moves is what was asked, and no wrong use.
        Err(refusal) => {
            case.show(screen)?;
            screen.tell(&refusal.to_string());
            Ok(NO_GO)
        }
    }
}

fn converted(asked: &WindowConverted, screen: &Screen) -> Result<u8, CommandError> {
    let mut case = Case::open(&asked.at)?;
    let account = conversion(&case.plan)?.map_err(|why| CommandError::new(Kind::Book, why))?;
    if account.is_some() {
        let message = "the target has the account of a conversion by Crossfoot";
        return Err(CommandError::new(Kind::Use, message)
            .hint("convert again, so that it is recorded, or put another target in its place"));
    }
    let (by, how) = (asked.by.clone(), asked.how.clone());
    let event = Event::ConvertedElsewhere(ConvertedElsewhere { by, how });
    case.desk.record(event)?;
    case.show(screen)?;
    Ok(0)
}

fn status(at: &WindowAt, screen: &Screen) -> Result<u8, CommandError> {
    let case = Case::load(at)?;
    case.show(screen)?;
    if let Some(torn) = case.desk.torn() {
        screen.tell(&format!(
            "the daybook ends in half an entry of {} bytes, left by a crash; it is cut off with \
             the next entry",
            torn.bytes
        ));
    }
    if let Err(error) = case.desk.unchanged(&case.plan) {
        screen.tell(&error.message);
    }
    Ok(0)
}

fn release(asked: &WindowReleased, screen: &Screen) -> Result<u8, CommandError> {
    // What the new system answered is a fact, whatever became of the plan.
    let mut case = Case::load(&asked.at)?;
    if let Some(says) = &asked.not_released {
        let says = says.clone();
        case.desk.record(Event::NotReleased { says })?;
        case.show(screen)?;
        return Ok(NO_GO);
    }
    if let Some(says) = &asked.released {
        let by = environment("USER").unwrap_or_else(|| "nobody named".to_owned());
        let says = says.clone();
        let remark = Event::Remark { by, says };
        case.desk.would_take(Command::ConfirmReleased)?;
        // Wherever this is cut off, the daybook never tells of a release without who said it.
        case.desk.record(remark)?;
        case.desk.take(Command::ConfirmReleased)?;
    }
    if case.desk.state().stage() != Stage::Released {
        case.desk.unchanged(&case.plan)?;
        if let Some(refused) = case.open_new_system(asked.threads, screen)? {
            return Ok(refused);
        }
    }
    let (from, at) = (case.freezes_at(), case.over_since());
    case.end(notices::About::Reopening { from, at }, screen)?;
    Ok(0)
}

impl Case {
    /// Opens the new system, if the gate says GO now; gives the exit code where it does not. A call
    /// whose answer is not known is made again under the same condition: what the books were at the
    /// first call, they need not be now.
    fn open_new_system(
        &mut self,
        threads: Option<std::num::NonZeroUsize>,
        screen: &Screen,
    ) -> Result<Option<u8>, CommandError> {
        self.look_at_channels(screen);
        let was_called = self.desk.state().stage() == Stage::Releasing;
        let judgement = judged(&self.plan, &self.window, &self.desk, threads)?;
        if judgement.outcome() != Outcome::Go {
            self.desk.take(Command::Judge(judgement.clone()))?;
            let code = gate::show(&self.plan, &judgement, was_called, screen)?;
            if was_called {
                screen.tell(
                    "the new system was told to open before, and may be open; it is not called \
                     again: ask it, then give `--released TEXT` or `--not-released TEXT`",
                );
            }
            return Ok(Some(code));
        }
        self.desk.take(Command::Release(judgement))?;
        let hook = self.window.hooks.release.clone();
        self.call(Called::Release, hook.as_ref(), screen)?;
        self.desk.take(Command::ConfirmReleased)?;
        Ok(None)
    }

    /// When the old system closed, or was to close, by the plan that was announced.
    fn freezes_at(&self) -> Timestamp {
        let terms = self.desk.state().terms();
        terms.map_or(self.window.freeze.value, |terms| terms.freeze)
    }
}

/// Puts the daybook into the evidence that was released on, for whoever checks it elsewhere.
fn keep(case: &Case) -> Result<(), CommandError> {
    let Some(run) = case.desk.state().verification() else {
        return Ok(());
    };
    let folder = evidence_folder(&case.plan, &run.evidence);
    let (path, draft) = (
        folder.join(cutover::seal::DAYBOOK),
        folder.join(".daybook.jsonl.unfinished"),
    );
    let copied =
        fs::write(&draft, case.desk.daybook().text()).and_then(|()| fs::rename(&draft, &path));
    copied.map_err(|error| crate::window::desk::failed(&path, &error))
}

fn roll_back(asked: &crate::args::WindowBack, screen: &Screen) -> Result<u8, CommandError> {
    // The way back is open whatever became of the plan.
    let mut case = Case::load(&asked.at)?;
    if case.desk.state().stage() != Stage::RolledBack {
        case.look_at_channels(screen);
        if case.desk.state().stage() != Stage::RollingBack {
            case.desk.take(Command::RollBack {
                why: asked.decision.why.clone(),
                by: asked.decision.by.clone(),
                late_is_accepted: asked.late,
            })?;
        }
        let hook = case.window.hooks.rollback.clone();
        let began = Timestamp::now();
        case.call(Called::Rollback, hook.as_ref(), screen)?;
        case.desk.take(Command::ConfirmRolledBack)?;
        clocked::finished(&mut case.desk, cutover::daybook::Phase::Rollback, began)?;
    }
    // Whoever was told of the window is told, whether the old system was closed yet or not.
    let terms = case.desk.state().terms();
    let until = terms.map_or(case.window.release.value, |terms| terms.release);
    let (from, at) = (case.freezes_at(), case.over_since());
    let was_closed = case.was_closed();
    let put_off = notices::About::PutOff {
        from,
        until,
        at,
        was_closed,
    };
    case.end(put_off, screen)?;
    Ok(0)
}

fn extend(asked: &crate::args::WindowExtend, screen: &Screen) -> Result<u8, CommandError> {
    let mut case = Case::open(&asked.at)?;
    let was_until = case.desk.state().terms().map(|terms| terms.release);
    case.desk.record(Event::Extended {
        release: asked.until,
        why: asked.decision.why.clone(),
        by: asked.decision.by.clone(),
    })?;
    if let Some(was_until) = was_until {
        let until = asked.until;
        case.notify(notices::About::Delay { was_until, until }, screen)?;
    }
    case.show(screen)?;
    Ok(0)
}

fn replan(asked: &crate::args::WindowReplan, screen: &Screen) -> Result<u8, CommandError> {
    let mut case = Case::load(&asked.at)?;
    if case.desk.knows(&case.plan)? {
        return Err(CommandError::new(Kind::Use, "the plan has not changed"));
    }
    let terms = terms(&case.plan, &case.window)?;
    let (why, by) = (asked.decision.why.clone(), asked.decision.by.clone());
    let event = Event::Replanned(Box::new(Replanned { terms, why, by }));
    case.desk.record(event)?;
    case.show(screen)?;
    Ok(0)
}
