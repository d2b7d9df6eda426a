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

/// What is folded: in words, and as `footing/examples/rounds.rs` calls it.
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

/// Counts, and compares with `bench/callgrind.json`. Says what came of it; where the figures were counted
/// with another compiler, or on a processor for which other forms of the loop are run, that they were not
/// compared.
///
/// # Errors
/// When there is nothing to compare with, or a count grew by more than the tolerance.
pub(crate) fn check() -> Result<String> {
    let text = fs::read(kept()).context("bench/callgrind.json cannot be read")?;
    let kept: Value = serde_json::from_slice(&text)?;
    compare(&kept, &count()?)
}

/// What counts must have in common to be compared.
const SETTING: [&str; 3] = ["rustc", "processor", "folded"];

fn compare(kept: &Value, now: &Value) -> Result<String> {
    if let Some(which) = SETTING.iter().find(|which| kept[**which] != now[**which]) {
        let (before, after) = (&kept[*which], &now[*which]);
        return Ok(format!(
            "not compared: {which} {after}, the figures are of {before}; cargo xtask bench fold"
        ));
    }
    for (shape, before) in per_record(kept)? {
        let after = per_record(now)?
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
    Ok("ok".to_owned())
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
    let program = build()?;
    let mut counts = serde_json::Map::new();
    let mut processor = String::new();
    for (name, shape) in SHAPES {
        let few = instructions(&program, shape, FEW)?;
        let many = instructions(&program, shape, MANY)?;
        let rows = (MANY - FEW) * ROWS;
        let count = (many.count - few.count) as f64 / rows as f64;
        counts.insert(name.to_owned(), json!((count * 10.0).round() / 10.0));
        processor = many.processor;
    }
    Ok(json!({
        "instructions_per_record": counts,
        "folded": "footing/examples/rounds.rs",
        "valgrind": machine::said_by("valgrind", &["--version"]),
        "rustc": machine::said_by("rustc", &["--version"]),
        "processor": processor,
    }))
}

/// Builds what is counted as users get it, and nothing of the engine with it.
fn build() -> Result<PathBuf> {
    let words = [
        "build",
        "--release",
        "--locked",
        "--package",
        "footing",
        "--example",
        "rounds",
    ];
    let status = place::cargo().args(words).status();
    if !status.context("cargo cannot be run")?.success() {
        bail!("the hot loop cannot be built");
    }
    Ok(place::target()?.join("release/examples/rounds"))
}

/// What one run took, and what the program found its processor to be: callgrind's, not the machine's.
struct Counted {
    count: u64,
    processor: String,
}

fn instructions(program: &Path, shape: &str, rounds: u64) -> Result<Counted> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(program)
        .args([shape, &ROWS.to_string(), &rounds.to_string()])
        .output()
        .context("valgrind cannot be run")?;
    let said = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        bail!("valgrind failed:\n{said}");
    }
    let told = String::from_utf8_lossy(&output.stdout);
    let processor = told
        .lines()
        .find_map(|line| line.strip_prefix("processor: "));
    Ok(Counted {
        count: collected(&said).with_context(|| format!("valgrind named no count:\n{said}"))?,
        processor: processor.context("no processor was named")?.to_owned(),
    })
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

    #[test]
    fn a_count_that_grows_fails_and_one_of_another_setting_is_not_compared() {
        let counted = |count: f64, processor: &str| json!({"instructions_per_record": {"keyed": count}, "rustc": "1.95", "processor": processor});
        let kept = counted(100.0, "x86_64 aes");
        let compared = |now: &Value| compare(&kept, now);
        assert_eq!(compared(&counted(104.9, "x86_64 aes")).unwrap(), "ok");
        assert_eq!(compared(&counted(40.0, "x86_64 aes")).unwrap(), "ok");
        assert!(compared(&counted(105.1, "x86_64 aes")).is_err());
        let elsewhere = compared(&counted(200.0, "aarch64")).unwrap();
        insta::assert_snapshot!(elsewhere, @r#"not compared: processor "aarch64", the figures are of "x86_64 aes"; cargo xtask bench fold"#);
        // Figures without a shape that is counted now are no reason to fail; one that is not counted is.
        let none =
            json!({"instructions_per_record": {}, "rustc": "1.95", "processor": "x86_64 aes"});
        assert!(compared(&none).is_err());
    }
}
