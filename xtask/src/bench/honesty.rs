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
         the time that was really left: the median. *Wide* is how much later p90 was than p50, likewise. \
         *Stalled* are the conversions that had stood still by then, wholly or in a piece, and *of these* is how many \
         of them ended by p90. *Rehearsed* is the same clock after a rehearsal of the same kind and size: by p90. The \
         old rule, median pace and slowest tenth, is the one that the clock replaced: by p90.\n\n{LIMITS}\n\
         | conversion | done | by p50 | between | by p90 | off | wide | stalled | of these | rehearsed | the old rule |\n\
         |---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n",
        measured["runs"]
    );
    let of = |rule: &str| {
        let rows = list(&measured["rows"]).iter();
        rows.filter(|row| text(&row["rule"]) == rule)
            .collect::<Vec<_>>()
    };
    let others = of("rehearsed").into_iter().zip(of("pace"));
    for (own, (rehearsed, pace)) in of("clock").into_iter().zip(others) {
        let _ = writeln!(
            part,
            "| {}{} | {} % | {} | {} | {} | {} | {} | {} | {} | {} | {} |",
            text(&own["world"]),
            match own["is_held_out"].as_bool() {
                Some(true) => " \\*",
                _ => "",
            },
            own["percent"],
            share(own, "by_p50_permille"),
            share(own, "between_permille"),
            share(own, "by_p90_permille"),
            share(own, "median_off_permille"),
            share(own, "width_permille"),
            own["shown"],
            match own["shown"].as_u64() {
                Some(1..) => share(own, "shown_by_p90_permille"),
                _ => "-".to_owned(),
            },
            share(rehearsed, "by_p90_permille"),
            share(pace, "by_p90_permille"),
        );
    }
    part
}

fn share(row: &Value, name: &str) -> String {
    let permille = row[name].as_u64().unwrap_or(0);
    format!("{}.{} %", permille / 10, permille % 10)
}

const LIMITS: &str = "The clock was chosen on conversions of other seeds than these, and never by the kinds marked \
    with \\*. What it cannot do: foresee a stall before the first one. Calm work and work that has not stalled yet look \
    the same, and a p90 that held for the second would be far too late for the first. The same goes for work that \
    slows down by less than its noise shows, and above all for a pace that changes once and for all. A rehearsal that \
    stalled or slowed down tells of both.\n";
