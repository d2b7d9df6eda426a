//! Appending notices to a file.

use std::fs::{File as Handle, OpenOptions};
use std::io::{self, ErrorKind, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use crate::Message;
use crate::attempt::Failure;
use crate::channel::File;
use crate::mistake::Mistake;
use crate::post::Opening;

/// Carries messages to a file.
#[derive(Debug)]
pub(crate) struct FileCarrier {
    path: PathBuf,
}

impl FileCarrier {
    pub(crate) fn open(file: &File, opening: &mut Opening<'_>) -> Option<FileCarrier> {
        if file.path.as_os_str().is_empty() {
            opening.note("path", Mistake::Empty);
            return None;
        }
        Some(FileCarrier {
            path: opening.folder.join(&file.path),
        })
    }

    pub(crate) fn carry(&self, message: &Message) -> Result<String, Failure> {
        let line = serde_json::to_string(message)
            .map_err(|error| Failure::for_good(format!("failed to write the notice: {error}")))?;
        match append(&self.path, &line) {
            Ok(()) => Ok("written".to_owned()),
            Err(error) => {
                let told = format!("failed to append to {}: {error}", self.path.display());
                Err(match error.kind() {
                    ErrorKind::NotFound => Failure::for_good(format!("{told}; make its folder")),
                    ErrorKind::PermissionDenied | ErrorKind::IsADirectory => {
                        Failure::for_good(format!("{told}; name a file that can be written"))
                    }
                    ErrorKind::StorageFull => Failure::for_now(format!("{told}; make room")),
                    _ => Failure::for_now(told),
                })
            }
        }
    }
}

/// Appends a line that is there after a loss of power, or leaves the file as it was.
fn append(path: &Path, line: &str) -> io::Result<()> {
    let is_new = !path.exists();
    let mut options = OpenOptions::new();
    let mut file = options.read(true).append(true).create(true).open(path)?;
    let is_regular = file.metadata()?.is_file();
    let length = file.metadata()?.len();
    let torn = is_regular && is_torn(&mut file)?;
    let text = format!("{}{line}\n", if torn { "\n" } else { "" });
    let written = file
        .write_all(text.as_bytes())
        .and_then(|()| sync(&file, is_regular));
    if written.is_err() && is_regular {
        // A part of a line is worse than none; where even this fails, the next line begins anew.
        let _ = file.set_len(length);
    }
    written?;
    if is_new {
        sync_folder(path)?;
    }
    Ok(())
}

/// Says whether the last line has no end, because a writer was killed.
fn is_torn(file: &mut Handle) -> io::Result<bool> {
    if file.metadata()?.len() == 0 {
        return Ok(false);
    }
    file.seek(SeekFrom::End(-1))?;
    let mut last = [0];
    file.read_exact(&mut last)?;
    Ok(last != *b"\n")
}

/// Waits until the disk has it; a device or a pipe has nothing to wait for.
fn sync(file: &Handle, is_regular: bool) -> io::Result<()> {
    match is_regular {
        true => file.sync_all(),
        false => Ok(()),
    }
}

/// Waits until the disk has the name of a new file.
fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    #[cfg(unix)]
    Handle::open(folder.unwrap_or(Path::new(".")))?.sync_all()?;
    #[cfg(not(unix))]
    let _ = folder;
    Ok(())
}
