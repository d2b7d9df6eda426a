//! `crossfoot gate`: GO, NO-GO or INCOMPLETE, and why; breaks accepted by name, rejects disposed of.

use super::read_plan;
use crate::args::{Gate, GateAccept, GateDispose, GateStep};
use crate::error::{CommandError, Kind};
use crate::screen::Screen;
use crate::terminal::window as drawn;
use crate::window::Desk;
use crate::window::desk::{failed, window_of};
use crate::window::facts::{evidence_folder, judged};
use crate::window::folder;
use cutover::daybook::{BreakAccepted, Event, RejectsDisposed};
use cutover::gate::{Judgement, break_blake3};
use cutover::window::{Command, Stage};
use jiff::Zoned;
use ledger::Break;
use rules::plan::Plan;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

pub(crate) fn run(gate: &Gate, screen: &Screen) -> Result<u8, CommandError> {
    match &gate.step {
        Some(GateStep::Accept(accept)) => self::accept(accept, screen),
        Some(GateStep::Dispose(dispose)) => self::dispose(dispose, screen),
        None => judge(gate, screen),
    }
}

fn judge(gate: &Gate, screen: &Screen) -> Result<u8, CommandError> {
    let plan = read_plan(&gate.plan)?;
    let window = window_of(&plan)?;
    let mut desk = Desk::need(&plan)?;
    let stage = desk.state().stage();
    if stage.is_over() {
        let message = format!("the window is {stage}; {}", stage.what_next());
        return Err(CommandError::new(Kind::Use, message));
    }
    let judgement = judged(&plan, window, &desk, gate.threads)?;
    if stage.is_at_work() || stage == Stage::Releasing {
        desk.take(Command::Judge(judgement.clone()))?;
    }
    show(&plan, &judgement, stage == Stage::Releasing, screen)
}

/// Shows what the gate says, and gives its exit code. `was_called` says that the new system was told
/// to open before, and has not answered.
pub(super) fn show(
    plan: &Plan,
    judgement: &Judgement,
    was_called: bool,
    screen: &Screen,
) -> Result<u8, CommandError> {
    match screen.json {
        true => drop(screen.document(&drawn::gate_document(plan, judgement))?),
        false => screen.print(&drawn::judgement(judgement, was_called, &screen.style()))?,
    }
    Ok(judgement.outcome().exit_code())
}

/// The evidence of the last verification in the daybook.
fn evidence(plan: &Plan, desk: &Desk) -> Result<PathBuf, CommandError> {
    let run = desk.state().verification().ok_or_else(|| {
        CommandError::new(Kind::Use, "the daybook tells of no verification that holds")
            .hint("run `crossfoot verify` first")
    })?;
    Ok(evidence_folder(plan, &run.evidence))
}

fn accept(asked: &GateAccept, screen: &Screen) -> Result<u8, CommandError> {
    let plan = read_plan(&asked.plan)?;
    let mut desk = Desk::need(&plan)?;
    desk.unchanged(&plan)?;
    let folder = evidence(&plan, &desk)?;
    let found = find(&folder, asked)?;
    let said: Vec<String> = found
        .difference
        .iter()
        .map(|amount| format!("{} {}", amount.amount, amount.currency))
        .collect();
    if let Some(amount) = &asked.amount
        && !found.difference.iter().any(|one| one.amount == *amount)
        && !(found.difference.is_empty() && amount == "0")
    {
        let said = match said.is_empty() {
            true => "nothing".to_owned(),
            false => said.join(", "),
        };
        let message = format!("the break adds {said} to the difference of the books, not {amount}");
        return Err(CommandError::new(Kind::Use, message)
            .hint("look at the break again with `crossfoot explain`"));
    }
    desk.record(Event::BreakAccepted(Box::new(BreakAccepted {
        agreement: found.agreement.to_string(),
        kind: found.kind,
        key: found.key.clone(),
        amounts: found.difference.clone(),
        break_blake3: break_blake3(&found),
        reason: asked.reason.clone(),
        owner: asked.owner.clone(),
        date: Zoned::now().date(),
    })))?;
    let words = screen.words();
    let said = said.join(words.pick(", ", "，"));
    screen.say(&words.break_accepted(&found.agreement, &said));
    Ok(0)
}

/// Finds the one break of this key in the evidence.
fn find(folder: &Path, asked: &GateAccept) -> Result<Break, CommandError> {
    let mut found: Option<Break> = None;
    for read in folder::breaks(folder)? {
        let read = read?;
        if read.agreement != asked.agreement || !matches(&read, &asked.key) {
            continue;
        }
        if found.is_some() {
            return Err(
                CommandError::new(Kind::Use, "more than one break is so named")
                    .hint("name more of its columns, as COLUMN=VALUE"),
            );
        }
        found = Some(read);
    }
    found.ok_or_else(|| {
        CommandError::new(Kind::Use, "there is no such break in the evidence").hint(format!(
            "its breaks are the lines of {}",
            folder.join("breaks.jsonl").display()
        ))
    })
}

/// Whether a break has these values: of its key in their order, or `COLUMN=VALUE` of any column.
fn matches(found: &Break, key: &[String]) -> bool {
    let record = found.expected.as_ref().or(found.actual.as_ref());
    let text = |value: Option<&str>| value.unwrap_or("NULL").to_owned();
    let mut plain = found.key.0.iter();
    key.iter().all(|word| match word.split_once('=') {
        Some((name, value)) => record
            .and_then(|record| record.get(name))
            .or_else(|| found.key.get(name))
            .is_some_and(|held| text(held) == value),
        None => plain
            .next()
            .is_some_and(|(_, held)| text(held.as_deref()) == *word),
    })
}

fn dispose(asked: &GateDispose, screen: &Screen) -> Result<u8, CommandError> {
    let plan = read_plan(&asked.plan)?;
    let mut desk = Desk::need(&plan)?;
    desk.unchanged(&plan)?;
    let path = evidence(&plan, &desk)?.join("rejects.jsonl");
    let file = File::open(&path).map_err(|error| failed(&path, &error))?;
    let rejects = BufReader::new(file).split(b'\n').count() as u64;
    let (_, rejects_blake3) = folder::digest_of(&path)?;
    desk.record(Event::RejectsDisposed(RejectsDisposed {
        rejects,
        rejects_blake3,
        how: asked.how.clone(),
        owner: asked.owner.clone(),
        date: Zoned::now().date(),
    }))?;
    screen.say(&screen.words().rejects_disposed(rejects));
    Ok(0)
}
