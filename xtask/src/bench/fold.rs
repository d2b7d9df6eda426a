//! Counts the instructions that folding one record takes, under callgrind.
//!
//! Two runs that differ only in how often they fold the same batch are counted;
//! their difference leaves out the start of the process and the making of the batch.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::bench::{machine, page};
use crate::{place, programs};

/// What is folded: in words, and as `bench fold` calls it.
const SHAPES: [(&str, &str); 3] = [
    ("eight typed columns, a key, three totals", "keyed"),
    ("eight typed columns, no key, three totals", "keyless"),
    ("eight text columns, a key, no totals", "text"),
];
const ROWS: u64 = 8192;
const FEW: u64 = 2;
const MANY: u64 = 10;
/// How much the count may grow before `--check` fails.
const TOLERANCE: f64 = 0.05;

/// Counts, and writes `bench/callgrind.json` and the page.
///
/// # Errors
/// When valgrind is missing or something cannot be run or written.
pub(crate) fn measure() -> Result<()> {
    let counted = count()?;
    let text = serde_json::to_string_pretty(&counted)? + "\n";
    fs::write(kept(), text).context("bench/callgrind.json cannot be written")?;
    println!("{counted:#}");
    page::write(&place::root().join("bench"), &place::root().join("docs"))
}

/// Counts, and compares with `bench/callgrind.json`.
///
/// # Errors
/// When there is nothing to compare with, or a count grew by more than the tolerance.
pub(crate) fn check() -> Result<()> {
    let text = fs::read(kept()).context("bench/callgrind.json cannot be read")?;
    let kept: Value = serde_json::from_slice(&text)?;
    let now = count()?;
    for (shape, before) in per_record(&kept)? {
        let after = per_record(&now)?
            .into_iter()
            .find(|(name, _)| *name == shape);
        let (_, after) = after.with_context(|| format!("`{shape}` was not counted"))?;
        let grown = after / before - 1.0;
        println!(
            "{shape}: {before:.1} -> {after:.1} instructions a record ({:+.1} %)",
            grown * 100.0
        );
        if grown > TOLERANCE {
            bail!(
                "`{shape}` takes more instructions than it may; if that is meant: cargo xtask bench fold"
            );
        }
    }
    Ok(())
}

fn kept() -> PathBuf {
    place::root().join("bench/callgrind.json")
}

fn per_record(counted: &Value) -> Result<Vec<(String, f64)>> {
    let counts = counted["instructions_per_record"].as_object();
    let counts = counts.context("no instructions_per_record")?.iter();
    counts
        .map(|(name, count)| Ok((name.clone(), count.as_f64().context("no number")?)))
        .collect()
}

fn count() -> Result<Value> {
    programs::provide(programs::FOR_CALLGRIND)?;
    let bench = place::build_release()?.join("bench");
    let mut counts = serde_json::Map::new();
    for (name, shape) in SHAPES {
        let few = instructions(&bench, shape, FEW)?;
        let many = instructions(&bench, shape, MANY)?;
        let rows = (MANY - FEW) * ROWS;
        let count = (many - few) as f64 / rows as f64;
        counts.insert(name.to_owned(), json!((count * 10.0).round() / 10.0));
    }
    Ok(json!({
        "instructions_per_record": counts,
        "valgrind": machine::said_by("valgrind", &["--version"]),
        "rustc": machine::said_by("rustc", &["--version"]),
    }))
}

fn instructions(bench: &Path, shape: &str, rounds: u64) -> Result<u64> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(bench)
        .args(["fold", "--rows", &ROWS.to_string(), "--shape", shape])
        .args(["--rounds", &rounds.to_string()])
        .output()
        .context("valgrind cannot be run")?;
    let said = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        bail!("valgrind failed:\n{said}");
    }
    collected(&said).with_context(|| format!("valgrind named no count:\n{said}"))
}

/// The count in valgrind's line `==1== Collected : 123456`.
fn collected(said: &str) -> Option<u64> {
    let line = said.lines().find(|line| line.contains("Collected :"))?;
    line.rsplit(' ').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_count_is_read_from_what_valgrind_says() {
        let said = "==7== Events    : Ir\n==7== Collected : 18234567\n==7== \n";
        assert_eq!(collected(said), Some(18_234_567));
        assert_eq!(collected("==7== Events : Ir"), None);
    }
}
