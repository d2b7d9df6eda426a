//! Runs contestants in turn, some times over, and keeps the median run of each.

use std::ffi::OsStr;
use std::fs;
use std::iter;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::bench::data::Books;
use crate::bench::judge;
use crate::measure::{self, Taken};
use crate::place;

/// What takes part in a measurement.
#[derive(Debug)]
pub(crate) struct Contestant {
    /// How the page calls it.
    pub(crate) name: &'static str,
    /// What is run, and where.
    pub(crate) command: Command,
    /// How its findings are read.
    pub(crate) findings: Findings,
    /// How many times it runs; the median by wall time counts.
    pub(crate) runs: usize,
}

/// Where a contestant says what it found.
#[derive(Debug)]
pub(crate) enum Findings {
    /// It looks for nothing.
    None,
    /// It prints `{"version": …, "txn_ids": […]}`.
    Printed,
    /// It prints the report and leaves evidence in this folder.
    Evidence(PathBuf),
    /// The same, with so many breaks that only their number is compared.
    Counted(PathBuf),
}

/// Runs contestants in rounds, one after the other, so that what else the machine does meets all of
/// them alike, and returns their rows for the results' file.
///
/// A contestant that fails is a result too: its row says how it ended, and it runs no more.
///
/// # Errors
/// When one cannot be started at all.
pub(crate) fn run(mut contestants: Vec<Contestant>, books: &Books) -> Result<Vec<Value>> {
    let mut runs: Vec<Vec<(Taken, Value)>> = contestants.iter().map(|_| Vec::new()).collect();
    let rounds = contestants.iter().map(|one| one.runs).max();
    for round in 0..rounds.unwrap_or(0) {
        for (contestant, runs) in contestants.iter_mut().zip(&mut runs) {
            let has_failed = runs.iter().any(|(_, run)| run.get("failure").is_some());
            if round >= contestant.runs || has_failed {
                continue;
            }
            books.warm()?;
            let run = run_once(contestant, books)?;
            eprintln!("   {}: {}", contestant.name, in_short(&run.0));
            runs.push(run);
        }
    }
    let rows = contestants.iter().zip(runs);
    Ok(rows
        .map(|(contestant, runs)| row(contestant, runs, books))
        .collect())
}

/// The median run by wall time.
fn row(contestant: &Contestant, mut runs: Vec<(Taken, Value)>, books: &Books) -> Value {
    runs.sort_by(|one, other| one.0.wall_seconds.total_cmp(&other.0.wall_seconds));
    let spread: Vec<f64> = runs.iter().map(|(taken, _)| taken.wall_seconds).collect();
    let (taken, findings) = runs.swap_remove((runs.len() - 1) / 2);
    json!({
        "name": contestant.name,
        "command": shown(&contestant.command, &books.folder),
        "figures": taken.figures(),
        "wall_seconds_of_all_runs": spread,
        "findings": findings,
    })
}

fn in_short(taken: &Taken) -> String {
    format!(
        "{:.1} s wall, {:.1} s CPU, {} MB",
        taken.wall_seconds,
        taken.cpu_seconds,
        taken.peak_bytes / 1_000_000
    )
}

/// Runs a step of a story once: what it leaves is what the next one begins with.
///
/// # Errors
/// When it cannot be started, or does not end as it should.
pub(crate) fn once(name: &'static str, command: &mut Command, folder: &Path) -> Result<Value> {
    let taken = measure::run(command)?;
    eprintln!("   {name}: {}", in_short(&taken));
    let failure = (!taken.status.success()).then(|| taken.status.to_string());
    Ok(json!({
        "name": name,
        "command": shown(command, folder),
        "figures": taken.figures(),
        "wall_seconds_of_all_runs": [taken.wall_seconds],
        "findings": failure.map_or(Value::Null, |failure| json!({"failure": failure})),
    }))
}

fn run_once(contestant: &mut Contestant, books: &Books) -> Result<(Taken, Value)> {
    if let Findings::Evidence(folder) | Findings::Counted(folder) = &contestant.findings
        && folder.exists()
    {
        fs::remove_dir_all(folder).context("older evidence cannot be removed")?;
    }
    let said = tempfile::tempfile_in(&books.folder).context("no file for what it says")?;
    contestant.command.stderr(Stdio::from(said.try_clone()?));
    let taken = measure::run(&mut contestant.command)?;
    let scratch = books.scratch();
    if scratch.exists() {
        fs::remove_dir_all(&scratch).context("a rival's files cannot be removed")?;
    }
    let findings = read_findings(contestant, books, &taken);
    let findings = findings.unwrap_or_else(|error| {
        let exit = taken.status;
        json!({"failure": format!("{exit}; {}; {error:#}", last_line(said))})
    });
    Ok((taken, findings))
}

fn read_findings(contestant: &Contestant, books: &Books, taken: &Taken) -> Result<Value> {
    let reported = match &contestant.findings {
        Findings::None if taken.status.success() => return Ok(Value::Null),
        Findings::None => anyhow::bail!("it did not end well"),
        Findings::Printed => judge::reported_by_rival(&taken.stdout)?,
        Findings::Evidence(folder) => judge::reported_in_evidence(folder)?,
        Findings::Counted(_) => return counted(&taken.stdout, &books.truth),
    };
    let mut verdict = judge::verdict(&books.truth, &reported);
    if let Ok(said) = serde_json::from_slice::<Value>(&taken.stdout) {
        verdict["version"] = said["version"].clone();
        verdict["verdict"] = said["verdict"].clone();
    }
    Ok(verdict)
}

fn counted(stdout: &[u8], truth: &Value) -> Result<Value> {
    let report: Value = serde_json::from_slice(stdout).context("the report is no JSON")?;
    let breaks = report["agreements"][0]["breaks"].as_object();
    let breaks = breaks.context("the report has no breaks")?;
    let breaks: u64 = breaks.values().filter_map(Value::as_u64).sum();
    Ok(json!({"breaks": breaks, "planted_breaks": truth["differing"]}))
}

/// The command as a reader can type it: the project's and the books' folders left out.
fn shown(command: &Command, folder: &Path) -> String {
    let target = place::target().unwrap_or_default();
    let cache = place::cache().unwrap_or_default();
    let short = |word: &OsStr| {
        let path = Path::new(word);
        let stripped = path
            .strip_prefix(folder)
            .or_else(|_| path.strip_prefix(target.join("release")))
            .or_else(|_| path.strip_prefix(cache.join("rivals/bin")))
            .or_else(|_| path.strip_prefix(place::root()));
        stripped.unwrap_or(path).display().to_string()
    };
    let words = iter::once(command.get_program()).chain(command.get_args());
    words.map(short).collect::<Vec<_>>().join(" ")
}

fn last_line(mut file: fs::File) -> String {
    use std::io::{Read, Seek};
    let mut text = Vec::new();
    let read = file.rewind().and_then(|()| file.read_to_end(&mut text));
    if read.is_err() {
        return String::new();
    }
    let text = String::from_utf8_lossy(&text);
    let mut lines = text.lines().rev().filter(|line| !line.trim().is_empty());
    let line = lines.next().unwrap_or("it said nothing");
    line.chars().take(200).collect()
}
