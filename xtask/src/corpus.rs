//! Verifies the example books and, where their data are present, the real ones in whole.
//!
//! Each folder of `examples/` holds an `expected.json`: for every plan its exit
//! code, the members of the report that must be as given, and words that must
//! stand on stderr. The council's books also have tables of what is known to be
//! off, row by row; the breaks are held against them.

pub(crate) mod data;
mod likeness;
mod truth;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::arguments::Arguments;
use crate::{place, table};

/// Runs every plan and prints a table.
///
/// # Errors
/// When a plan comes to something else than expected. Absent data are no error: the table says so.
pub(crate) fn run(arguments: Arguments) -> Result<()> {
    arguments.finish()?;
    let scratch = tempfile::tempdir().context("no temporary folder can be made")?;
    let data = data::Data::unpack(&scratch.path().join("data"))?;
    let program = place::build_release()?.join("crossfoot");
    let mut rows = vec![header()];
    let mut failures = Vec::new();
    let mut truths = Vec::new();
    for folder in folders()? {
        let Some(variables) = data.variables_for(&folder) else {
            rows.push(vec![shown(&folder), "not run: no data".to_owned()]);
            continue;
        };
        let expected = fs::read(folder.join("expected.json"))?;
        let expected: Value = serde_json::from_slice(&expected)
            .with_context(|| format!("{}/expected.json is no JSON", shown(&folder)))?;
        for (plan, expected) in expected.as_object().context("expected.json is no object")? {
            let run = Run {
                plan: folder.join(plan),
                evidence: scratch.path().join("evidence"),
                variables: &variables,
            };
            let truth = data.truth_for(&run.plan)?;
            let (row, faults) = play(&program, &run, expected, truth.as_ref())?;
            failures.extend(faults.iter().map(|fault| format!("{}: {fault}", row[0])));
            truths.extend(truth.map(|truth| format!("{}: {}", row[0], truth.said())));
            rows.push(row);
        }
    }
    println!("{}", table::draw(&rows, &[1, 2, 4]));
    for said in truths {
        println!("truth: {said}");
    }
    if data.is_absent() {
        println!("real books: not run: no data");
    }
    if !failures.is_empty() {
        bail!("not as expected:\n  {}", failures.join("\n  "));
    }
    Ok(())
}

struct Run<'a> {
    plan: PathBuf,
    evidence: PathBuf,
    variables: &'a [(&'static str, PathBuf)],
}

fn header() -> Vec<String> {
    ["plan", "records", "breaks", "verdict", "seconds", "outcome"]
        .map(str::to_owned)
        .to_vec()
}

fn play(
    program: &Path,
    run: &Run<'_>,
    expected: &Value,
    truth: Option<&truth::Truth>,
) -> Result<(Vec<String>, Vec<String>)> {
    if run.evidence.exists() {
        fs::remove_dir_all(&run.evidence).context("older evidence cannot be removed")?;
    }
    let started = Instant::now();
    let output = Command::new(program)
        .args([
            "verify",
            "--json",
            "--no-progress",
            "--lang",
            "en",
            "--plan",
        ])
        .arg(&run.plan)
        .arg("--evidence")
        .arg(&run.evidence)
        .envs(run.variables.iter().cloned())
        .stdin(Stdio::null())
        .output()
        .context("crossfoot cannot be run")?;
    let seconds = started.elapsed().as_secs_f64();
    let stderr = String::from_utf8_lossy(&output.stderr);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap_or(Value::Null);

    let mut faults = Vec::new();
    if expected["exit"].as_i64() != output.status.code().map(i64::from) {
        let last = stderr.lines().last().unwrap_or("nothing");
        let exit = output.status;
        faults.push(format!("{exit} instead of {}: {last}", expected["exit"]));
    }
    if let Some(words) = expected["stderr"].as_str()
        && !stderr.contains(words)
    {
        faults.push(format!("stderr lacks `{words}`"));
    }
    if !expected["report"].is_null() {
        faults.extend(likeness::differences(
            "report",
            &expected["report"],
            &report,
        ));
    }
    if let Some(truth) = truth {
        faults.extend(truth.compare(&run.evidence, &report)?);
    }
    let agreements = || report["agreements"].as_array().into_iter().flatten();
    let records: u64 = agreements()
        .filter_map(|one| one["records"]["expected"].as_u64())
        .sum();
    let kinds = agreements()
        .filter_map(|one| one["breaks"].as_object())
        .flatten();
    let breaks: u64 = kinds.filter_map(|(_, count)| count.as_u64()).sum();
    let row = vec![
        shown(&run.plan),
        records.to_string(),
        breaks.to_string(),
        report["verdict"].as_str().unwrap_or("-").to_owned(),
        format!("{seconds:.1}"),
        String::from(if faults.is_empty() {
            "as expected"
        } else {
            "FAILED"
        }),
    ];
    Ok((row, faults))
}

/// The folders of examples that say what they must come to, in order.
fn folders() -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut open = vec![place::root().join("examples")];
    while let Some(folder) = open.pop() {
        if folder.join("expected.json").is_file() {
            found.push(folder);
            continue;
        }
        for entry in fs::read_dir(&folder).with_context(|| shown(&folder))? {
            let path = entry?.path();
            if path.is_dir() {
                open.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

fn shown(path: &Path) -> String {
    let path = path.strip_prefix(place::root()).unwrap_or(path);
    path.display().to_string()
}
