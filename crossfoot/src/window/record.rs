//! What `convert`, `verify` and `correct` write into the daybook of a window that is under way.

use super::clocked::Clocked;
use super::desk::{Desk, window_of};
use super::folder;
use crate::error::{CommandError, Kind};
use crate::screen::Screen;
use cutover::Digest;
use cutover::daybook::{
    ConversionFinished, Corrected, Event, Phase, TableMoved, VerificationFinished,
};
use cutover::window::{Command, Stage};
use ledger::{BreakCounts, ControlStatus, Report};
use migrate::{Corrections, Outcome};
use rules::plan::Plan;
use std::path::Path;

/// Begins a phase of the window, where one is under way: none where there is no daybook, the old
/// system is not closed yet, or the window is over. `bytes` are those to be read, and those of the
/// old book.
pub(crate) fn begin(
    plan: &Plan,
    phase: Phase,
    bytes: impl FnOnce() -> Result<(u64, u64), CommandError>,
    screen: &Screen,
) -> Result<Option<Clocked>, CommandError> {
    let Some(desk) = Desk::open(plan)? else {
        return Ok(None);
    };
    if !desk.state().stage().is_closed() {
        screen.tell("the daybook is not written to: the window is not under way");
        return Ok(None);
    }
    let window = window_of(plan)?;
    desk.unchanged(plan)?;
    Clocked::begin(plan, window, desk, phase, bytes()?, screen).map(Some)
}

/// What a conversion came to.
pub(crate) fn converted(done: &Outcome) -> Event {
    let conversion = &done.conversion;
    let tables = conversion.tables.iter().map(|table| TableMoved {
        agreement: table.agreement.clone(),
        table: table.table.clone(),
        by_record: table.by_record,
        read: table.counts.read,
        converted: table.by_record.then_some(table.counts.converted),
        rejected: table.counts.rejected,
        left_out: table.by_record.then_some(table.counts.left_out),
        written: table.counts.written,
    });
    Event::ConversionFinished(ConversionFinished {
        conversion_blake3: done.conversion_blake3.parse().expect("a digest of BLAKE3"),
        tables: tables.collect(),
    })
}

/// What a verification came to.
pub(crate) fn verified(
    plan: &Plan,
    report: &Report,
    evidence: &Path,
) -> Result<Event, CommandError> {
    let (_, manifest_blake3) = folder::digest_of(&evidence.join(cutover::seal::MANIFEST))?;
    let usual = plan.folder().join("evidence");
    let name = match evidence.strip_prefix(&usual) {
        Ok(name) => name.to_string_lossy().into_owned(),
        // Another folder is named by its whole path: the next command may run elsewhere.
        Err(_) => std::path::absolute(evidence)
            .map_err(|error| super::desk::failed(evidence, &error))?
            .to_string_lossy()
            .into_owned(),
    };
    let mut breaks = BreakCounts::default();
    for agreement in &report.agreements {
        breaks = breaks.plus(agreement.breaks);
    }
    let off = |status: ControlStatus| status != ControlStatus::Holds;
    Ok(Event::VerificationFinished(VerificationFinished {
        evidence: name,
        manifest_blake3,
        verdict: report.verdict,
        agreements: report.agreements.len() as u64,
        breaks,
        controls_off: report.controls.iter().filter(|one| off(one.status)).count() as u64,
        rejects: report.rejects,
    }))
}

/// Says whether the window, where one is under way, takes corrections now. What it refuses must not be
/// written first.
pub(crate) fn takes_corrections(plan: &Plan, by: &str) -> Result<(), CommandError> {
    let is_in_the_way = |stage: Stage| stage.is_closed() || stage == Stage::Releasing;
    let Some(desk) = Desk::open(plan)?.filter(|desk| is_in_the_way(desk.state().stage())) else {
        return Ok(());
    };
    desk.unchanged(plan)?;
    let agreements = plan.agreements.iter();
    for agreement in agreements.map(|agreement| agreement.name.value.clone()) {
        desk.would_take(Command::Record(Event::Corrected(Corrected {
            agreement,
            entries: 0,
            corrections_blake3: Digest::ZERO,
            by: by.to_owned(),
        })))?;
    }
    Ok(())
}

/// Records correcting entries that were written, where a window is under way.
pub(crate) fn corrected(
    plan: &Plan,
    corrections: &Corrections,
    by: &str,
) -> Result<(), CommandError> {
    if !corrections.written {
        return Ok(());
    }
    let Some(mut desk) = Desk::open(plan)?.filter(|desk| desk.state().stage().is_closed()) else {
        return Ok(());
    };
    for table in &corrections.tables {
        let corrections_blake3 = match &table.blake3 {
            Some(digest) => digest.parse().map_err(|error| {
                CommandError::new(Kind::Own, format!("a digest of entries: {error}"))
            })?,
            None => folder::digest_of(&table.file)?.1,
        };
        desk.record(Event::Corrected(Corrected {
            agreement: table.agreement.clone(),
            entries: table.reversals + table.rebookings,
            corrections_blake3,
            by: by.to_owned(),
        }))?;
    }
    Ok(())
}
