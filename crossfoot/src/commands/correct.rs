//! `crossfoot correct`: correcting entries for the breaks that `verify` found.

use super::{environment, read_plan, threads};
use crate::args::Correct;
use crate::error::{CommandError, Kind};
use crate::screen::Screen;
use crate::terminal::correct;
use crate::window::record;
use migrate::{CorrectOptions, Corrections};
use rules::plan::Plan;
use serde_json::{Value, json};
use std::fs;
use std::path::PathBuf;

/// Some breaks have no entry.
const LEFT: u8 = Kind::Incomplete.code();

pub(crate) fn run(asked: &Correct, screen: &Screen) -> Result<u8, CommandError> {
    let plan = read_plan(&asked.plan)?;
    let (corrections, evidence) = corrections(asked, &plan)?;
    match screen.json {
        true => drop(screen.document(&json!({
            "version": 1,
            "plan": plan.name.value,
            "evidence": evidence.to_string_lossy(),
            "tables": corrections.tables,
            "left": corrections.left,
            "not_asked": corrections.not_asked,
            "written": corrections.written,
        }))?),
        false => {
            let name = &plan.name.value;
            screen.print(&correct::render(name, &corrections, &screen.style()))?;
        }
    }
    Ok(if corrections.left.is_empty() { 0 } else { LEFT })
}

/// Proposes or writes entries, and prints no result; tells whose breaks they correct.
pub(crate) fn corrections(
    asked: &Correct,
    plan: &Plan,
) -> Result<(Corrections, PathBuf), CommandError> {
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
    let corrections = migrate::correct(plan, &options, threads, &environment)?;
    let by = asked.by.clone().or_else(|| environment("USER"));
    record::corrected(plan, &corrections, by.as_deref().unwrap_or("nobody named"))?;
    Ok((corrections, options.evidence))
}

/// The folder of the latest evidence.
pub(crate) fn latest(plan: &Plan) -> Result<PathBuf, CommandError> {
    let folder = plan.folder().join("evidence");
    let entries = fs::read_dir(&folder).into_iter().flatten().flatten();
    let folders = entries.map(|entry| entry.path());
    let started = |path: &PathBuf| -> Option<String> {
        let manifest = fs::read(path.join("manifest.json")).ok()?;
        let manifest: Value = serde_json::from_slice(&manifest).ok()?;
        manifest["started"].as_str().map(str::to_owned)
    };
    let known = folders.filter_map(|path| Some((started(&path)?, path)));
    let latest = known.max().map(|(_, path)| path);
    latest.ok_or_else(|| {
        let message = format!("there is no evidence in {}", folder.display());
        CommandError::new(Kind::Use, message)
            .hint("run `crossfoot verify` first, or name a folder with --evidence")
    })
}
