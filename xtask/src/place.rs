//! Where things are: the project, its build, what is kept between runs.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::Value;

/// The project's root folder.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("xtask lies directly under the project's root")
}

/// A command of the cargo that runs this program, in the project's root.
///
/// What cargo has told this program of its own package is left out. Build scripts look at that, and
/// would build their crates anew, and all that hangs on these, whenever cargo is called by hand and from
/// here by turns.
pub(crate) fn cargo() -> Command {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.current_dir(root());
    for (name, _) in env::vars_os().filter(|(name, _)| is_of_package(&name.to_string_lossy())) {
        command.env_remove(name);
    }
    command
}

/// Whether cargo sets a variable to tell a program of its package.
fn is_of_package(name: &str) -> bool {
    ["CARGO_PKG_", "CARGO_MANIFEST_"]
        .iter()
        .any(|start| name.starts_with(start))
}

/// The folder that holds what may be kept between runs.
///
/// # Errors
/// When the environment names neither a cache folder nor a home.
pub(crate) fn cache() -> Result<PathBuf> {
    if let Some(cache) = env::var_os("XDG_CACHE_HOME").filter(|path| !path.is_empty()) {
        return Ok(Path::new(&cache).join("crossfoot"));
    }
    let home = env::var_os("HOME").context("neither XDG_CACHE_HOME nor HOME is set")?;
    Ok(Path::new(&home).join(".cache/crossfoot"))
}

/// What `cargo metadata` says of the workspace's own crates.
///
/// # Errors
/// When cargo cannot be run or refuses the workspace.
pub(crate) fn metadata() -> Result<Value> {
    let output = cargo()
        .args(["metadata", "--format-version=1", "--no-deps", "--offline"])
        .output()
        .context("cargo cannot be run")?;
    if !output.status.success() {
        bail!(
            "cargo metadata: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    serde_json::from_slice(&output.stdout).context("cargo metadata is no JSON")
}

/// The folder that cargo builds into.
///
/// # Errors
/// As [`metadata`].
pub(crate) fn target() -> Result<PathBuf> {
    let metadata = metadata()?;
    let folder = metadata
        .get("target_directory")
        .and_then(Value::as_str)
        .context("cargo metadata names no target folder")?;
    Ok(PathBuf::from(folder))
}

/// Builds the programs as users get them and says in which folder they lie.
///
/// Where `CROSSFOOT_PROGRAMS` names a folder, the programs in it are taken as they are.
///
/// # Errors
/// When they cannot be built.
pub(crate) fn build_release() -> Result<PathBuf> {
    if let Some(folder) = env::var_os("CROSSFOOT_PROGRAMS") {
        return Ok(PathBuf::from(folder));
    }
    let all = ["build", "--release", "--locked", "--workspace", "--bins"];
    let status = cargo().args(all).status().context("cargo cannot be run")?;
    if !status.success() {
        bail!("the release build failed");
    }
    Ok(target()?.join("release"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cargo_is_not_told_of_the_package_of_this_program() {
        // Cargo has told these tests of theirs.
        assert!(env::var_os("CARGO_MANIFEST_DIR").is_some());
        let command = cargo();
        let removed: Vec<String> = command
            .get_envs()
            .filter(|(_, value)| value.is_none())
            .map(|(name, _)| name.to_string_lossy().into_owned())
            .collect();
        for name in ["CARGO_MANIFEST_DIR", "CARGO_PKG_NAME", "CARGO_PKG_VERSION"] {
            assert!(removed.iter().any(|one| one == name), "{name}");
        }
        assert!(!is_of_package("CARGO_HOME") && !is_of_package("CARGO_TARGET_DIR"));
    }
}
