//! A folder of evidence: its files with their digests, and what of it is not as its manifest says.

use super::desk::failed;
use crate::error::{CommandError, Kind};
use cutover::Digest;
use cutover::daybook::BreakAccepted;
use cutover::gate::{Evidence, RejectTally, Tally, TallyError};
use cutover::seal::{Found, MANIFEST};
use ledger::Break;
use reports::read_breaks;
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::Path;

/// Reads a folder of evidence.
pub(crate) fn read(folder: &Path, accepted: &[BreakAccepted]) -> Result<Evidence, CommandError> {
    let bytes = |name: &str| {
        let path = folder.join(name);
        fs::read(&path).map_err(|error| failed(&path, &error))
    };
    let (manifest, report) = (bytes(MANIFEST)?, bytes("report.json")?);
    let (mut breaks, mut rejects) = (Tally::new(accepted), RejectTally::new());
    each_line(&folder.join("breaks.jsonl"), |line| breaks.see_line(line))?;
    each_line(&folder.join("rejects.jsonl"), |line| rejects.see_line(line))?;
    let read = Evidence::read(&manifest, &report, files(folder)?, breaks, rejects);
    read.map_err(|error| {
        let message = format!("{}: {error}", folder.display());
        CommandError::new(Kind::Book, message)
    })
}

/// The breaks of a folder of evidence, one at a time.
pub(crate) fn breaks(
    folder: &Path,
) -> Result<impl Iterator<Item = Result<Break, CommandError>>, CommandError> {
    let path = folder.join("breaks.jsonl");
    let file = File::open(&path).map_err(|error| failed(&path, &error))?;
    let folder = folder.display().to_string();
    let breaks = read_breaks(BufReader::with_capacity(1 << 20, file));
    Ok(breaks.map(move |found| {
        found.map_err(|error| CommandError::new(Kind::Book, format!("{folder}: {error}")))
    }))
}

/// Shows each line of a file, with its end, so that one is in memory at a time.
fn each_line(
    path: &Path,
    mut see: impl FnMut(&[u8]) -> Result<(), TallyError>,
) -> Result<(), CommandError> {
    let file = File::open(path).map_err(|error| failed(path, &error))?;
    let mut reader = BufReader::with_capacity(1 << 20, file);
    let mut line = Vec::new();
    loop {
        line.clear();
        let read = reader.read_until(b'\n', &mut line);
        if read.map_err(|error| failed(path, &error))? == 0 {
            return Ok(());
        }
        see(&line).map_err(|error| {
            let message = format!("{}: {error}", path.display());
            CommandError::new(Kind::Book, message)
        })?;
    }
}

/// All files of a folder, in the order of their names, with `/` between folders.
fn files(folder: &Path) -> Result<Vec<Found>, CommandError> {
    let mut found = Vec::new();
    walk(folder, "", &mut found)?;
    found.sort_by(|one, other| one.file.cmp(&other.file));
    Ok(found)
}

fn walk(folder: &Path, prefix: &str, found: &mut Vec<Found>) -> Result<(), CommandError> {
    let entries = fs::read_dir(folder).map_err(|error| failed(folder, &error))?;
    for entry in entries {
        let entry = entry.map_err(|error| failed(folder, &error))?;
        let (path, name) = (entry.path(), entry.file_name());
        let Some(name) = name.to_str() else {
            let message = format!("{}: its name is no text", path.display());
            return Err(CommandError::new(Kind::Book, message));
        };
        let name = format!("{prefix}{name}");
        let kind = entry.file_type().map_err(|error| failed(&path, &error))?;
        match kind.is_dir() {
            true => walk(&path, &format!("{name}/"), found)?,
            false => found.push(digested(&path, name)?),
        }
    }
    Ok(())
}

fn digested(path: &Path, file: String) -> Result<Found, CommandError> {
    let (bytes, blake3) = digest_of(path)?;
    Ok(Found {
        file,
        bytes,
        blake3,
    })
}

/// Length and digest of a file.
pub(crate) fn digest_of(path: &Path) -> Result<(u64, Digest), CommandError> {
    let mut hasher = blake3::Hasher::new();
    let digested = File::open(path).and_then(|file| hasher.update_reader(file).map(|_| ()));
    digested.map_err(|error| failed(path, &error))?;
    let digest = Digest::from_bytes(*hasher.finalize().as_bytes());
    Ok((hasher.count(), digest))
}
