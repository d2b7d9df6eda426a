//! The rivals that are Python packages, in an environment of their own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::{place, programs};

/// The Python of the rivals' environment, made and filled if it is not as pinned.
///
/// # Errors
/// When Python is missing or the packages cannot be installed.
pub(crate) fn python() -> Result<PathBuf> {
    environment("rivals", "requirements.txt")
}

/// The Python of DuckDB's reader of PostgreSQL: a package has it only of an older DuckDB than the one
/// that is measured elsewhere.
///
/// # Errors
/// As [`python`].
pub(crate) fn python_of_reader() -> Result<PathBuf> {
    environment("rivals-postgres", "requirements-postgres.txt")
}

fn environment(name: &str, pinned_in: &str) -> Result<PathBuf> {
    programs::provide(programs::FOR_RIVALS)?;
    let folder = place::cache()?.join(name);
    let python = folder.join("bin/python");
    let wanted = place::root().join("bench/rivals").join(pinned_in);
    let installed = folder.join("installed.txt");
    let pinned = fs::read_to_string(&wanted).context("the rivals' versions cannot be read")?;
    if python.is_file() && fs::read_to_string(&installed).is_ok_and(|text| text == pinned) {
        return Ok(python);
    }
    eprintln!("-- installing the rivals into {}", folder.display());
    run(Command::new("python3")
        .args(["-m", "venv", "--clear"])
        .arg(&folder))?;
    run(Command::new(&python)
        .args(["-m", "pip", "install", "--quiet", "--requirement"])
        .arg(&wanted))?;
    fs::write(&installed, pinned).context("the environment cannot be marked as complete")?;
    Ok(python)
}

/// Builds the rival that is a crate, in a workspace of its own, and says where it lies.
///
/// # Errors
/// When it cannot be built.
pub(crate) fn csv_diff() -> Result<PathBuf> {
    let target = place::target()?;
    let mut cargo = place::cargo();
    cargo.args([
        "build",
        "--release",
        "--locked",
        "--quiet",
        "--manifest-path",
    ]);
    cargo.arg("bench/rivals/csv-diff/Cargo.toml");
    run(cargo.arg("--target-dir").arg(&target))?;
    Ok(target.join("release/rival-csv-diff"))
}

/// The script of one rival.
pub(crate) fn script(name: &str) -> PathBuf {
    Path::new("bench/rivals").join(name)
}

fn run(command: &mut Command) -> Result<()> {
    let program = command.get_program().to_string_lossy().into_owned();
    let status = command.status();
    let status = status.with_context(|| format!("{program} cannot be run"))?;
    if !status.success() {
        bail!("{program} failed: the rivals' environment is not complete");
    }
    Ok(())
}
