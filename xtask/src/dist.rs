//! Puts together what a user gets: the program, its man pages and completions, the licence.

use std::fs::{self, File};
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::place;

/// The shells, with the names that their completions have.
const COMPLETIONS: &[(&str, &str)] = &[
    ("bash", "crossfoot.bash"),
    ("zsh", "_crossfoot"),
    ("fish", "crossfoot.fish"),
    ("powershell", "crossfoot.ps1"),
    ("elvish", "crossfoot.elv"),
];

/// Builds the program and fills `dist/` in the target folder.
///
/// # Errors
/// When something cannot be built or written.
pub(crate) fn run() -> Result<()> {
    let program = place::build_release()?.join("crossfoot");
    let folder = place::target()?.join("dist");
    if folder.exists() {
        fs::remove_dir_all(&folder).context("an older dist cannot be removed")?;
    }
    let (pages, completions) = (folder.join("man"), folder.join("completions"));
    fs::create_dir_all(&pages)?;
    fs::create_dir_all(&completions)?;
    fs::copy(&program, folder.join("crossfoot")).context("the program cannot be copied")?;
    fs::copy(place::root().join("LICENSE"), folder.join("LICENSE"))?;
    succeed(Command::new(&program).arg("man").arg(&pages))?;
    for (shell, name) in COMPLETIONS {
        let file = File::create(completions.join(name))?;
        succeed(
            Command::new(&program)
                .args(["completions", shell])
                .stdout(file),
        )?;
    }
    require_content(&pages)?;
    require_content(&completions)?;
    println!("written: {}", folder.display());
    Ok(())
}

fn succeed(command: &mut Command) -> Result<()> {
    let status = command.status().context("crossfoot cannot be run")?;
    if !status.success() {
        bail!("{command:?} failed");
    }
    Ok(())
}

/// Refuses a folder without files, and empty files in it.
fn require_content(folder: &Path) -> Result<()> {
    let mut files = 0;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.metadata()?.len() == 0 {
            bail!("{} is empty", entry.path().display());
        }
        files += 1;
    }
    if files == 0 {
        bail!("{} holds nothing", folder.display());
    }
    Ok(())
}
