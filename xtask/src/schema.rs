//! Refreshes `docs/crossfoot.schema.json` from the types of the plan.
//!
//! The test that compares the file with the types also writes it, when told to:
//! this command links no engine of its own.

use anyhow::{Context, Result, bail};

use crate::place;

/// Runs the schema's test so that it writes the file.
///
/// # Errors
/// When the test cannot be built or fails.
pub(crate) fn refresh() -> Result<()> {
    let status = place::cargo()
        .args([
            "test",
            "--workspace",
            "--locked",
            "--test",
            "plan",
            "schema::",
        ])
        .env("UPDATE_EXPECT", "1")
        .status()
        .context("cargo cannot be run")?;
    if !status.success() {
        bail!("the schema was not written");
    }
    Ok(())
}
