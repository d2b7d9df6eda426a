//! The folders that a measurement writes: generated books and evidence.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::Value;
use tempfile::TempDir;

/// A folder for everything that is measured, removed at the end unless it shall stay.
#[derive(Debug)]
pub(crate) struct Workshop {
    folder: PathBuf,
    _removed_at_the_end: Option<TempDir>,
}

impl Workshop {
    /// Makes a folder of its own under `within`, or under the system's temporary folder.
    ///
    /// # Errors
    /// When it cannot be made.
    pub(crate) fn open(within: Option<&Path>, keep: bool) -> Result<Self> {
        let mut builder = tempfile::Builder::new();
        builder.prefix("crossfoot-bench-");
        let made = match within {
            None => builder.tempdir(),
            Some(within) => fs::create_dir_all(within).and_then(|()| builder.tempdir_in(within)),
        };
        let made = made.context("no folder for the books can be made")?;
        if keep {
            let folder = made.keep();
            eprintln!("the books stay in {}", folder.display());
            return Ok(Self {
                folder,
                _removed_at_the_end: None,
            });
        }
        Ok(Self {
            folder: made.path().to_owned(),
            _removed_at_the_end: Some(made),
        })
    }

    /// Makes an empty folder in it.
    ///
    /// # Errors
    /// When it cannot be made.
    pub(crate) fn folder(&self, name: &str) -> Result<PathBuf> {
        let folder = self.folder.join(name);
        fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
        Ok(folder)
    }

    /// Generates two books with `bench generate` and the given arguments.
    ///
    /// # Errors
    /// When the generator fails, for instance for want of space.
    pub(crate) fn books(&self, name: &str, bench: &Path, arguments: &[&str]) -> Result<Books> {
        let folder = self.folder.join(name);
        eprintln!("-- {name}: generating the books");
        let mut command = Command::new(bench);
        command
            .arg("generate")
            .args(arguments)
            .arg("--dir")
            .arg(&folder);
        let status = command.status().context("bench cannot be run")?;
        if !status.success() {
            bail!("the books for `{name}` were not written");
        }
        let truth = fs::read(folder.join("truth.json")).context("truth.json cannot be read")?;
        let truth = serde_json::from_slice(&truth).context("truth.json is no JSON")?;
        Ok(Books { folder, truth })
    }
}

/// The length of all files below a folder.
///
/// # Errors
/// When a folder cannot be listed.
pub(crate) fn bytes_below(folder: &Path) -> Result<u64> {
    let mut bytes = 0;
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let entry = entry?;
        bytes += match entry.file_type()?.is_dir() {
            true => bytes_below(&entry.path())?,
            false => entry.metadata()?.len(),
        };
    }
    Ok(bytes)
}

/// Two generated books and the truth about them.
#[derive(Debug)]
pub(crate) struct Books {
    /// Holds `old/`, `new/`, plans and evidence.
    pub(crate) folder: PathBuf,
    /// What was planted.
    pub(crate) truth: Value,
}

impl Books {
    /// The only file of one side.
    ///
    /// # Errors
    /// When the side has no file.
    pub(crate) fn file(&self, side: &str) -> Result<PathBuf> {
        let mut entries = fs::read_dir(self.folder.join(side))?;
        let first = entries.next().context("the side has no file")?;
        Ok(first?.path())
    }

    /// Writes a plan (and its rule) into a folder of its own beside the books.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub(crate) fn plan(&self, name: &str, plan: &str, rule: Option<&str>) -> Result<PathBuf> {
        let folder = self.folder.join(name);
        fs::create_dir_all(&folder)?;
        fs::write(folder.join("crossfoot.toml"), plan)?;
        if let Some(rule) = rule {
            fs::write(folder.join("rule.sql"), rule)?;
        }
        Ok(folder)
    }

    /// Where a rival keeps files of its own while it runs.
    pub(crate) fn scratch(&self) -> PathBuf {
        self.folder.join("scratch")
    }

    /// Reads both files once, so that every tool finds them in memory as far as it has room.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub(crate) fn warm(&self) -> Result<()> {
        for side in ["old", "new"] {
            io::copy(&mut File::open(self.file(side)?)?, &mut io::sink())?;
        }
        Ok(())
    }

    /// Gives the space back, unless the workshop stays.
    ///
    /// # Errors
    /// When the folder cannot be removed.
    pub(crate) fn close(self, keep: bool) -> Result<()> {
        if keep {
            return Ok(());
        }
        fs::remove_dir_all(&self.folder).context("the books cannot be removed")
    }
}
