//! `crossfoot correct`: correcting entries for the breaks that `verify` found.

use super::explain::watched;
use super::{environment, read_plan, threads};
use crate::args::Correct;
use crate::error::{CommandError, Kind};
use crate::screen::Screen;
use crate::terminal::correct;
use crate::window::{folder, record};
use jiff::Timestamp;
use ledger::Record;
use migrate::{CorrectOptions, Corrections};
use reconcile::prepare;
use reconcile::story::{RECHECKED_MAX, Rechecked, recheck};
use rules::plan::Plan;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Some breaks have no entry.
const LEFT: u8 = Kind::Incomplete.code();

/// What was corrected differs still.
const BROKEN: u8 = 1;

/// What a correction came to.
pub(crate) struct Corrected {
    pub(crate) corrections: Corrections,
    /// Whose breaks they correct.
    pub(crate) evidence: PathBuf,
    /// The records that they touch, compared anew; only what was written is.
    pub(crate) rechecked: Vec<Rechecked>,
    /// Agreements of which nothing, or not all, was compared anew.
    pub(crate) unchecked: BTreeSet<String>,
    /// What went wrong once the entries were written.
    pub(crate) failed: Option<CommandError>,
}

pub(crate) fn run(asked: &Correct, screen: &Screen) -> Result<u8, CommandError> {
    let plan = read_plan(&asked.plan)?;
    let done = corrected(asked, &plan, screen)?;
    let corrections = &done.corrections;
    let rechecked = done.rechecked.iter().map(|one| {
        json!({
            "agreement": one.agreement,
            "keys": one.keys,
            "agree": one.agree,
            "breaks": one.breaks,
        })
    });
    match screen.json {
        true => drop(screen.document(&json!({
            "version": 1,
            "plan": plan.name.value,
            "evidence": done.evidence.to_string_lossy(),
            "tables": corrections.tables,
            "left": corrections.left,
            "not_asked": corrections.not_asked,
            "written": corrections.written,
            "rechecked": rechecked.collect::<Vec<_>>(),
            "not_rechecked": done.unchecked,
            // One document: what went wrong once the entries stood is in it.
            "error": done.failed.as_ref().map(CommandError::document),
        }))?),
        false => {
            let name = &plan.name.value;
            screen.print(&correct::render(name, &done, &screen.style()))?;
        }
    }
    match done.failed {
        Some(error) if screen.json => {
            screen.explain(&error);
            return Ok(error.kind.code());
        }
        Some(error) => return Err(error),
        None => {}
    }
    let differs = done.rechecked.iter().any(|one| !one.breaks.is_empty());
    Ok(match (differs, corrections.left.is_empty()) {
        (true, _) => BROKEN,
        (false, true) => 0,
        (false, false) => LEFT,
    })
}

/// Proposes or writes entries, and prints no result.
pub(crate) fn corrected(
    asked: &Correct,
    plan: &Plan,
    screen: &Screen,
) -> Result<Corrected, CommandError> {
    let threads = threads(asked.threads, Some(plan));
    let evidence = match &asked.evidence {
        Some(folder) => folder.clone(),
        None => latest(plan)?,
    };
    let options = CorrectOptions {
        evidence,
        causes: asked.cause.clone(),
        reason: asked.reason.clone().unwrap_or_default(),
        write: asked.write,
    };
    let by = asked.by.clone().or_else(|| environment("USER"));
    let by = by.as_deref().unwrap_or("nobody named");
    if asked.write {
        record::takes_corrections(plan, by)?;
    }
    let corrections = migrate::correct(plan, &options, threads, &environment)?;
    let told = record::corrected(plan, &corrections, by);
    let mut done = Corrected {
        corrections,
        evidence: options.evidence,
        rechecked: Vec::new(),
        unchecked: BTreeSet::new(),
        failed: None,
    };
    if done.corrections.written {
        let looked = told.and_then(|()| look_again(&mut done, plan, &asked.cause, threads, screen));
        // The entries stand, and what they are must be told all the same.
        let failed = looked.err();
        done.failed = failed.map(|error| error.hint(screen.words().written_all_the_same()));
    } else {
        told?;
    }
    Ok(done)
}

/// Compares the records that entries touch anew, through the entries; the whole is for `verify`.
fn look_again(
    done: &mut Corrected,
    plan: &Plan,
    causes: &[String],
    threads: usize,
    screen: &Screen,
) -> Result<(), CommandError> {
    let (touched, unchecked) = touched(&done.corrections, causes, &done.evidence)?;
    done.unchecked = unchecked;
    let prepared = prepare(plan.clone(), threads, &environment)?;
    for (agreement, keys) in touched {
        let rechecked = watched(threads, screen, async |watch| {
            recheck(&prepared, &agreement, &keys, threads, watch).await
        })?;
        match rechecked {
            Some(rechecked) => done.rechecked.push(rechecked),
            None => drop(done.unchecked.insert(agreement)),
        }
    }
    Ok(())
}

/// Keys by agreement.
type Keys = BTreeMap<String, BTreeSet<Record>>;

/// The keys that entries touch, by agreement; and the agreements with keys that have other breaks
/// too, which differ still.
fn touched(
    corrections: &Corrections,
    causes: &[String],
    evidence: &Path,
) -> Result<(Keys, BTreeSet<String>), CommandError> {
    let is_asked = |cause: &Option<String>| {
        causes.is_empty() || cause.as_ref().is_some_and(|cause| causes.contains(cause))
    };
    let tables = corrections.tables.iter();
    let names = tables.map(|table| (table.agreement.clone(), BTreeSet::new()));
    let mut touched: Keys = names.collect();
    let mut others = Keys::new();
    for found in folder::breaks(evidence)? {
        let found = found?;
        let Some(keys) = touched.get_mut(found.agreement.as_str()) else {
            continue;
        };
        let keys = match is_asked(&found.cause.id) {
            true => keys,
            false => others.entry(found.agreement.into()).or_default(),
        };
        if keys.len() <= RECHECKED_MAX {
            keys.insert(found.key);
        }
    }
    let mut unchecked = BTreeSet::new();
    for (agreement, others) in others {
        if let Some(keys) = touched.get_mut(&agreement) {
            let all = keys.len();
            keys.retain(|key| !others.contains(key));
            if keys.len() < all || others.len() > RECHECKED_MAX {
                unchecked.insert(agreement);
            }
        }
    }
    Ok((touched, unchecked))
}

/// The folder of the latest evidence of a plan, by when its run began: names have a number behind them where
/// runs began in the same second.
pub(crate) fn latest(plan: &Plan) -> Result<PathBuf, CommandError> {
    let folder = plan.folder().join("evidence");
    let entries = fs::read_dir(&folder).into_iter().flatten().flatten();
    let is_whole = |path: &PathBuf| path.extension().is_none_or(|ending| ending != "partial");
    let folders = entries.map(|entry| entry.path()).filter(is_whole);
    let started = |path: &PathBuf| -> Option<Timestamp> {
        let manifest = fs::read(path.join("manifest.json")).ok()?;
        let manifest: Value = serde_json::from_slice(&manifest).ok()?;
        (manifest["plan"].as_str()? == plan.name.value).then_some(())?;
        manifest["started"].as_str()?.parse().ok()
    };
    let known = folders.filter_map(|path| Some((started(&path)?, path)));
    let latest = known.max().map(|(_, path)| path);
    latest.ok_or_else(|| {
        let message = format!("there is no evidence in {}", folder.display());
        CommandError::new(Kind::Use, message)
            .hint("run `crossfoot verify` first, or name a folder with --evidence")
    })
}
