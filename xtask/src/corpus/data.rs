//! The real books' data: found beside the project, unpacked into a temporary folder.

use std::env;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::corpus::truth::Truth;
use crate::{place, programs};

/// The unpacked data, or the fact that there are none.
#[derive(Debug)]
pub(crate) struct Data {
    /// Where the packed data lie.
    packed: Option<PathBuf>,
    unpacked: PathBuf,
}

impl Data {
    /// Looks in the folder that `CROSSFOOT_DATA` names, else in `data` beside the project, and unpacks.
    ///
    /// # Errors
    /// When `CROSSFOOT_DATA` names no folder, or something cannot be unpacked.
    pub(crate) fn unpack(unpacked: &Path) -> Result<Self> {
        let data = Self {
            packed: packed()?,
            unpacked: unpacked.to_owned(),
        };
        if let Some(packed) = &data.packed {
            programs::provide(programs::FOR_CORPUS)?;
            unpack_council(&packed.join("council"), &unpacked.join("council"))?;
            unpack_berka(&packed.join("berka"), &unpacked.join("berka"))?;
        }
        Ok(data)
    }

    /// Says whether there are none.
    pub(crate) fn is_absent(&self) -> bool {
        self.packed.is_none()
    }

    /// The variables that the plans of a folder need; none when their data are absent.
    pub(crate) fn variables_for(&self, folder: &Path) -> Option<Vec<(&'static str, PathBuf)>> {
        let needed = match kind(folder) {
            Kind::Council => ("COUNCIL_DATA", self.unpacked.join("council")),
            Kind::Berka => ("BERKA_DATA", self.unpacked.join("berka")),
            Kind::Own => return Some(Vec::new()),
        };
        needed.1.is_dir().then(|| vec![needed])
    }

    /// What is known to be off in the books of this plan, where a table says it.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub(crate) fn truth_for(&self, plan: &Path) -> Result<Option<Truth>> {
        let is_main = plan
            .file_name()
            .is_some_and(|name| name == "crossfoot.toml");
        let folder = plan.parent().unwrap_or(plan);
        let (Some(packed), Kind::Council, true) = (&self.packed, kind(folder), is_main) else {
            return Ok(None);
        };
        let body = folder.file_name().unwrap_or_default().to_string_lossy();
        Truth::read(&packed.join("council"), &body).map(Some)
    }
}

enum Kind {
    Council,
    Berka,
    Own,
}

fn kind(folder: &Path) -> Kind {
    let examples = place::root().join("examples");
    if folder.starts_with(examples.join("council")) {
        Kind::Council
    } else if folder.starts_with(examples.join("berka")) {
        Kind::Berka
    } else {
        Kind::Own
    }
}

/// The folder of the packed data: the one that `CROSSFOOT_DATA` names, else `data` beside the project.
///
/// # Errors
/// When `CROSSFOOT_DATA` names no folder.
pub(crate) fn packed() -> Result<Option<PathBuf>> {
    if let Some(named) = env::var_os("CROSSFOOT_DATA") {
        let named = PathBuf::from(named);
        if !named.is_dir() {
            bail!("CROSSFOOT_DATA names no folder: {}", named.display());
        }
        return Ok(Some(named));
    }
    let beside = ["../data", "../shared/data"].map(|path| place::root().join(path));
    Ok(beside.into_iter().find(|folder| folder.is_dir()))
}

fn unpack_council(packed: &Path, unpacked: &Path) -> Result<()> {
    if !packed.is_dir() {
        return Ok(());
    }
    fs::create_dir_all(unpacked)?;
    for stage in ["raw", "clean", "processed"] {
        for archive in files(&packed.join(stage), ".tar.xz")? {
            let mut tar = Command::new("tar");
            run(tar.arg("-xJf").arg(archive).arg("-C").arg(unpacked))?;
        }
    }
    for totals in files(&packed.join("control_totals"), ".summary.csv")? {
        let name = totals.file_name().unwrap_or_default().to_string_lossy();
        let body = name.trim_end_matches(".summary.csv");
        let folder = unpacked.join(body);
        fs::create_dir_all(&folder)?;
        fs::copy(&totals, folder.join("summary.csv"))?;
    }
    Ok(())
}

fn unpack_berka(packed: &Path, unpacked: &Path) -> Result<()> {
    if !packed.is_dir() {
        return Ok(());
    }
    fs::create_dir_all(unpacked)?;
    for plain in files(packed, ".asc")? {
        fs::copy(&plain, unpacked.join(plain.file_name().unwrap_or_default()))?;
    }
    for archive in files(packed, ".asc.xz")? {
        let out = File::create(unpacked.join(archive.file_stem().unwrap_or_default()))?;
        run(Command::new("xz").arg("-dc").arg(&archive).stdout(out))?;
    }
    Ok(())
}

fn files(folder: &Path, ending: &str) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    let mut found = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path.to_string_lossy().ends_with(ending) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

fn run(command: &mut Command) -> Result<()> {
    let program = command.get_program().to_string_lossy().into_owned();
    let status = command.status();
    let status = status.with_context(|| format!("{program} cannot be run"))?;
    if !status.success() {
        bail!("{program} failed: the data cannot be unpacked");
    }
    Ok(())
}
