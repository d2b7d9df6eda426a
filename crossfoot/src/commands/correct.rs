//! `crossfoot correct`: correcting entries for the breaks that `verify` found.

use super::{environment, read_plan, threads};
use crate::args::Correct;
use crate::error::{CommandError, Kind};
use crate::screen::Screen;
use crate::terminal::correct;
use migrate::CorrectOptions;
use rules::plan::Plan;
use serde_json::json;
use std::fs;
use std::path::PathBuf;

/// Some breaks have no entry.
const LEFT: u8 = Kind::Incomplete.code();

pub(crate) fn run(asked: &Correct, screen: &Screen) -> Result<u8, CommandError> {
    let plan = read_plan(&asked.plan)?;
    let threads = threads(asked.threads, Some(&plan));
    let evidence = match &asked.evidence {
        Some(folder) => folder.clone(),
        None => latest(&plan)?,
    };
    let options = CorrectOptions {
        evidence,
        causes: asked.cause.clone(),
        reason: asked.reason.clone().unwrap_or_default(),
        write: asked.write,
    };
    let corrections = migrate::correct(&plan, &options, threads, &environment)?;
    match screen.json {
        true => drop(screen.document(&json!({
            "version": 1,
            "plan": plan.name.value,
            "evidence": options.evidence.to_string_lossy(),
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

/// The folder of the latest evidence: they are named by their times.
fn latest(plan: &Plan) -> Result<PathBuf, CommandError> {
    let folder = plan.folder().join("evidence");
    let entries = fs::read_dir(&folder).into_iter().flatten().flatten();
    let folders = entries.map(|entry| entry.path());
    let latest = folders
        .filter(|path| path.join("manifest.json").is_file())
        .max();
    latest.ok_or_else(|| {
        let message = format!("there is no evidence in {}", folder.display());
        CommandError::new(Kind::Use, message)
            .hint("run `crossfoot verify` first, or name a folder with --evidence")
    })
}
