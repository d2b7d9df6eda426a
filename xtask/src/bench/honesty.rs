//! Measures how honest the forecasts of the clock are, on simulated conversions.

use std::fmt::Write as _;
use std::fs;
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::bench::figures::{list, text};
use crate::bench::page;
use crate::place;

/// Runs of each world.
const RUNS: &str = "400";

/// Measures, and writes `bench/honesty.json` and the page.
///
/// # Errors
/// When the program cannot be built or run, or a file cannot be written.
pub(crate) fn measure() -> Result<()> {
    let program = place::build_release()?.join("bench");
    let output = Command::new(&program)
        .args(["honesty", "--runs", RUNS])
        .output()
        .with_context(|| program.display().to_string())?;
    if !output.status.success() {
        bail!("{}", String::from_utf8_lossy(&output.stderr));
    }
    let measured: Value = serde_json::from_slice(&output.stdout)?;
    let figures = place::root().join("bench");
    let text = serde_json::to_string_pretty(&measured)? + "\n";
    fs::write(figures.join("honesty.json"), text).context("bench/honesty.json")?;
    page::write(&figures, &place::root().join("docs"))
}

/// The part of the page.
pub(crate) fn draw(measured: &Value) -> String {
    let mut part = format!(
        "\n## How honest the clock is\n\n\
         Measured by `cargo xtask bench honesty`, on {} simulated conversions of each kind, of 60 to 480 pieces \
         of which up to eight are worked on at a time. The figures are the same on every machine. \
         *By p90* is how often the end came by the p90 that had been told: nine times of ten, of honest ones; \
         *between* how often it lay between p50 and p90: four times of ten. *Off* is how far the p50 was off, of \
         the time that was really left: the median. The rule beside it, median pace and slowest tenth, is the one \
         that the clock replaced.\n\n\
         | conversion | done | by p50 | between | by p90 | off | the old rule: by p90 | off |\n\
         |---|--:|--:|--:|--:|--:|--:|--:|\n",
        measured["runs"]
    );
    let of = |rule: &str| {
        let rows = list(&measured["rows"]).iter();
        rows.filter(|row| text(&row["rule"]) == rule)
            .collect::<Vec<_>>()
    };
    for (own, other) in of("clock").into_iter().zip(of("pace")) {
        let share = |row: &Value, name: &str| {
            let permille = row[name].as_u64().unwrap_or(0);
            format!("{}.{} %", permille / 10, permille % 10)
        };
        let _ = writeln!(
            part,
            "| {} | {} % | {} | {} | {} | {} | {} | {} |",
            text(&own["world"]),
            own["percent"],
            share(own, "by_p50_permille"),
            share(own, "between_permille"),
            share(own, "by_p90_permille"),
            share(own, "median_off_permille"),
            share(other, "by_p90_permille"),
            share(other, "median_off_permille"),
        );
    }
    part
}
