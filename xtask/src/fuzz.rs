//! Runs one target of `fuzz/`, which is a workspace of its own, and notes what came of it.

use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::arguments::Arguments;
use crate::bench::figures::{text, thousands};
use crate::bench::{machine, page};
use crate::{place, programs};

/// The targets, and what each is given.
const TARGETS: &[(&str, &str)] = &[
    ("csv_reader", "a table's words, and the bytes of its file"),
    ("daybook", "the bytes of a daybook, and events"),
    ("money", "a text that may be an amount"),
    ("plan", "the text of a plan"),
    ("sql", "the text of a rule, and of a control"),
];

/// The features that a target needs: only what reads plans lives in the engine's crate.
fn features(target: &str) -> &'static str {
    match target {
        "plan" | "sql" => "plan",
        _ => "",
    }
}

/// Runs `cargo fuzz run TARGET` for some seconds on the toolchain at hand, beginning with the seeds of
/// `fuzz/seeds/TARGET` and what earlier runs have kept; writes `bench/fuzz.json` and the page.
///
/// # Errors
/// When the target is unknown, cargo-fuzz is missing, or an input fails.
pub(crate) fn run(mut arguments: Arguments) -> Result<()> {
    let seconds = |word: String| word.parse::<u32>().context("SECONDS is a whole number");
    let target = arguments.word().unwrap_or_default();
    if !TARGETS.iter().any(|(name, _)| *name == target) {
        let names: Vec<&str> = TARGETS.iter().map(|(name, _)| *name).collect();
        bail!("cargo xtask fuzz TARGET [SECONDS], where TARGET is one of {names:?}");
    }
    let seconds = arguments.word().map(seconds).transpose()?.unwrap_or(60);
    arguments.finish()?;
    if !programs::is_there("cargo-fuzz") {
        bail!("cargo-fuzz is missing: cargo install --locked cargo-fuzz");
    }
    // What is new goes into the first folder.
    let kept = place::root().join("fuzz/corpus").join(&target);
    fs::create_dir_all(&kept).with_context(|| kept.display().to_string())?;
    let started = Instant::now();
    // The sanitizers' flags are unstable; this lets the pinned compiler take them.
    let mut fuzzer = place::cargo()
        .args(["fuzz", "run", "--features", features(&target), &target])
        .arg(&kept)
        .arg(place::root().join("fuzz/seeds").join(&target))
        .arg("--")
        .arg(format!("-max_total_time={seconds}"))
        .arg("-timeout=10")
        .env("RUSTC_BOOTSTRAP", "1")
        .stderr(Stdio::piped())
        .spawn()
        .context("cargo cannot be run")?;
    let said = fuzzer.stderr.take().context("it has an output")?;
    let told = Told::of(said, |line| eprintln!("{line}"))?;
    let status = fuzzer.wait().context("cargo cannot be waited for")?;
    // A seed that fails ends the run before anything is counted.
    if told.executions == 0 && told.failing.is_empty() {
        bail!("{target}: nothing ran, {status}");
    }
    let seconds = told.seconds.unwrap_or(started.elapsed().as_secs());
    note(&target, &told, seconds)?;
    if !status.success() {
        bail!("{target}: an input fails; it lies in fuzz/artifacts/{target}/");
    }
    Ok(())
}

/// What a fuzzer says of itself.
#[derive(Debug, Default, PartialEq, Eq)]
struct Told {
    executions: u64,
    /// How long it ran; none where it did not come to its end.
    seconds: Option<u64>,
    /// Inputs that fail, by the names of their files.
    failing: Vec<String>,
}

impl Told {
    /// Reads to the end, and gives every line on.
    fn of(said: impl Read, mut pass_on: impl FnMut(&str)) -> Result<Self> {
        let mut told = Self::default();
        for line in BufReader::new(said).split(b'\n') {
            let line = line.context("the fuzzer cannot be heard")?;
            let line = String::from_utf8_lossy(&line);
            told.take(&line);
            pass_on(&line);
        }
        Ok(told)
    }

    fn take(&mut self, line: &str) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let number = |word: &str| word.parse::<u64>().ok();
        match words[..] {
            ["Done", runs, "runs", "in", seconds, ..] => {
                self.executions = number(runs).unwrap_or(self.executions);
                self.seconds = number(seconds);
            }
            // Now and then: #4096 pulse cov: 1234 …
            [first, ..] if first.starts_with('#') => {
                let runs = number(first.trim_start_matches('#'));
                self.executions = runs.unwrap_or(self.executions).max(self.executions);
            }
            _ => {}
        }
        if let Some((_, path)) = line.split_once("Test unit written to ") {
            let name = path.trim().rsplit('/').next().unwrap_or(path);
            self.failing.push(name.to_owned());
        }
    }

    fn found(&self) -> String {
        match self.failing.is_empty() {
            true => "nothing".to_owned(),
            false => self.failing.join(", "),
        }
    }
}

/// Notes a run in the place of the target's last one.
fn note(target: &str, told: &Told, seconds: u64) -> Result<()> {
    let bench = place::root().join("bench");
    let file: PathBuf = bench.join("fuzz.json");
    let mut noted = page::read(&file)?.unwrap_or_else(|| json!({}));
    noted[target] = json!({
        "date": machine::said_by("date", &["-u", "+%F"]),
        "seconds": seconds,
        "executions": told.executions,
        "found": told.found(),
        "rustc": machine::said_by("rustc", &["--version"]),
    });
    let text = serde_json::to_string_pretty(&noted)? + "\n";
    fs::write(&file, text).context("bench/fuzz.json cannot be written")?;
    page::write(&bench, &place::root().join("docs"))
}

/// The part of the page.
pub(crate) fn draw(noted: &Value) -> String {
    let mut part = "\n## Fuzzing\n\n\
         The last run of each target (`cargo xtask fuzz`). What a run finds is mended, and becomes a seed in \
         `fuzz/seeds`; the tests feed all seeds, and what becomes of them when they are cut, doubled and mixed, \
         to the same functions.\n\n\
         | target | is given | on | seconds | inputs | found | with |\n|---|---|---|--:|--:|---|---|\n"
        .to_owned();
    for (target, given) in TARGETS {
        let run = &noted[*target];
        let line = match run.is_null() {
            true => format!("| {target} | {given} | not run yet | | | | |"),
            false => format!(
                "| {target} | {given} | {} | {} | {} | {} | {} |",
                text(&run["date"]),
                run["seconds"],
                thousands(run["executions"].as_u64().unwrap_or(0)),
                text(&run["found"]),
                text(&run["rustc"]),
            ),
        };
        writeln!(part, "{line}").expect("a string takes every write");
    }
    part
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_run_came_to_is_read_from_what_the_fuzzer_says() {
        let told = |said: &str| Told::of(said.as_bytes(), |_| ()).unwrap();
        let ended = "INFO: Seed: 1\n#2\tINITED cov: 7\n#4096\tpulse  cov: 9\nDone 5011 runs in 61 second(s)\n";
        let ended = told(ended);
        assert_eq!((ended.executions, ended.seconds), (5011, Some(61)));
        assert_eq!(ended.found(), "nothing");
        let failed = told(
            "#512\tNEW cov: 9\nthread panicked\nTest unit written to fuzz/artifacts/sql/crash-0a1b\n",
        );
        assert_eq!((failed.executions, failed.seconds), (512, None));
        assert_eq!(failed.found(), "crash-0a1b");
        assert_eq!(told("error: could not compile `fuzz`\n"), Told::default());
    }

    #[test]
    fn every_target_is_a_program_with_seeds_and_every_program_a_target() {
        let manifest = fs::read_to_string(place::root().join("fuzz/Cargo.toml")).unwrap();
        let programs = manifest.matches("[[bin]]").count();
        assert_eq!(programs, TARGETS.len());
        for (target, _) in TARGETS {
            assert!(manifest.contains(&format!("path = \"fuzz_targets/{target}.rs\"")));
            let seeds = place::root().join("fuzz/seeds").join(target);
            assert!(fs::read_dir(&seeds).unwrap().count() > 0, "{target}");
        }
    }

    #[test]
    fn a_target_that_was_not_run_yet_is_in_the_table() {
        let noted = json!({"money": {"date": "2026-11-30", "seconds": 300, "executions": 1_234_567,
            "found": "nothing", "rustc": "rustc 1.95.0"}});
        let drawn = draw(&noted);
        let lines: Vec<&str> = drawn
            .lines()
            .filter(|line| line.starts_with("| "))
            .collect();
        insta::assert_snapshot!(lines[2..5].join("\n"), @"
        | daybook | the bytes of a daybook, and events | not run yet | | | | |
        | money | a text that may be an amount | 2026-11-30 | 300 | 1,234,567 | nothing | rustc 1.95.0 |
        | plan | the text of a plan | not run yet | | | | |
        ");
    }
}
