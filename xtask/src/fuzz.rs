//! Runs one target of `fuzz/`, which is a workspace of its own.

use anyhow::{Context, Result, bail};

use crate::arguments::Arguments;
use crate::{place, programs};

const TARGETS: &[&str] = &["csv_reader", "daybook", "money", "plan"];

/// The features that a target needs: only the plan's reader lives in the engine's crate.
fn features(target: &str) -> &'static str {
    match target {
        "plan" => "plan",
        _ => "",
    }
}

/// Runs `cargo fuzz run TARGET` for some seconds on the toolchain at hand.
///
/// # Errors
/// When the target is unknown, cargo-fuzz is missing, or an input fails.
pub(crate) fn run(mut arguments: Arguments) -> Result<()> {
    let seconds = |word: String| word.parse::<u32>().context("SECONDS is a whole number");
    let target = arguments.word().unwrap_or_default();
    if !TARGETS.contains(&target.as_str()) {
        bail!("cargo xtask fuzz TARGET [SECONDS], where TARGET is one of {TARGETS:?}");
    }
    let seconds = arguments.word().map(seconds).transpose()?.unwrap_or(60);
    arguments.finish()?;
    if !programs::is_there("cargo-fuzz") {
        bail!("cargo-fuzz is missing: cargo install --locked cargo-fuzz");
    }
    // The sanitizers' flags are unstable; this lets the pinned compiler take them.
    let status = place::cargo()
        .args([
            "fuzz",
            "run",
            "--features",
            features(&target),
            &target,
            "--",
        ])
        .arg(format!("-max_total_time={seconds}"))
        .arg("-timeout=10")
        .env("RUSTC_BOOTSTRAP", "1")
        .status()
        .context("cargo cannot be run")?;
    if !status.success() {
        bail!("{target}: an input fails; it lies in fuzz/artifacts/{target}/");
    }
    Ok(())
}
