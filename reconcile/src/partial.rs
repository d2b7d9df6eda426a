//! The folder that a run writes into until its evidence is complete: `NAME.partial`, beside it.
//!
//! A run holds it by a lock on the folder itself, which the system takes away with the process,
//! however that ends: what nobody holds was left behind. A mark in it says that it is ours. Without
//! the mark nothing in it is removed, and with it only what runs write.

use crate::error::VerifyError;
use crate::evidence::{FILES, evidence_in, failed, make_room};
use std::fs::{self, File, TryLockError};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// How the name of such a folder ends.
const ENDING: &str = "partial";

/// The file that marks a folder as a run's.
const MARK: &str = ".crossfoot-unfinished";

/// What is in that file.
const MARK_SAYS: &str = "Crossfoot writes evidence here, or was stopped while it did. What lies \
                         here proves nothing, and may be deleted.\n";

/// How the names of folders begin for what a run cannot hold in memory.
const SPILL: &str = "spill-";

/// How often a folder is asked for that others take away at the same time.
const ATTEMPTS: usize = 100;

/// A folder that this run alone writes into. It goes away with this, unless it is put in its place.
#[derive(Debug)]
pub(crate) struct Partial {
    path: PathBuf,
    /// Locked as long as it is open; none where the system locks no folders.
    _lock: Option<File>,
    is_placed: bool,
}

/// What comes of asking for a folder.
#[derive(Debug)]
pub(crate) enum Taken {
    /// It is this run's, and holds nothing but its mark.
    Held(Partial),
    /// Another run writes into it.
    Busy,
    /// It holds what no run has written: why it cannot be used.
    Foreign(String),
}

/// The folder in which the evidence of `folder` is written.
pub(crate) fn partial_of(folder: &Path) -> PathBuf {
    let mut name = folder.file_name().unwrap_or_default().to_owned();
    name.push(".");
    name.push(ENDING);
    folder.with_file_name(name)
}

impl Partial {
    /// Takes a folder for this run: a new one, or one that a run left behind that was killed.
    ///
    /// # Errors
    /// It cannot be made or read.
    pub(crate) fn take(path: &Path) -> Result<Taken, VerifyError> {
        for _ in 0..ATTEMPTS {
            let is_new = make(path).map_err(failed(path))?;
            match fs::symlink_metadata(path) {
                Ok(found) if found.is_dir() => {}
                Ok(_) => return Ok(Taken::Foreign(NO_FOLDER.to_owned())),
                Err(error) if error.kind() == ErrorKind::NotFound => continue,
                Err(error) => return Err(failed(path)(error)),
            }
            match hold(path) {
                Hold::Held(lock) => return Self::begin(path, Some(lock)),
                // Where nothing can be locked, whoever has made it has it.
                Hold::Unknown if is_new => return Self::begin(path, None),
                Hold::Unknown | Hold::Busy => return Ok(Taken::Busy),
                Hold::Gone => {}
            }
        }
        Ok(Taken::Busy)
    }

    /// Marks a folder that is held, and takes out what was left in it.
    fn begin(path: &Path, lock: Option<File>) -> Result<Taken, VerifyError> {
        let left = match left_in(path).map_err(failed(path))? {
            Ok(left) => left,
            Err(name) => {
                let why = format!(
                    "holds {name}, which no run has written; move it away, or name another folder"
                );
                return Ok(Taken::Foreign(why));
            }
        };
        let partial = Self {
            path: path.to_owned(),
            _lock: lock,
            is_placed: false,
        };
        let mark = path.join(MARK);
        fs::write(&mark, MARK_SAYS).map_err(failed(&mark))?;
        for path in left {
            remove(&path).map_err(failed(&path))?;
        }
        Ok(Taken::Held(partial))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Makes a folder in it that goes away before it is put in its place.
    pub(crate) fn scratch(&self) -> Result<TempDir, VerifyError> {
        let made = tempfile::Builder::new()
            .prefix(SPILL)
            .tempdir_in(&self.path);
        made.map_err(failed(&self.path))
    }

    /// Gives it its name, in the place of evidence that is there. What is in it is whole: if it cannot have
    /// that name, it stays under the one that it has, without the mark of what may be deleted.
    ///
    /// # Errors
    /// Something that is no evidence is there by now, or the folder cannot be renamed.
    pub(crate) fn place(mut self, folder: &Path) -> Result<(), VerifyError> {
        self.is_placed = true;
        self.put(folder).map_err(|error| match error {
            VerifyError::Evidence { path, error } => {
                let kept = self.path.display();
                let why = format!("{error}; the evidence of this run is whole, and lies in {kept}");
                let error = io::Error::new(error.kind(), why);
                VerifyError::Evidence { path, error }
            }
            other => other,
        })
    }

    fn put(&self, folder: &Path) -> Result<(), VerifyError> {
        let (own, _) = own_in(&self.path).map_err(failed(&self.path))?;
        for spilt in own.iter().filter(|path| path.is_dir()) {
            remove(spilt).map_err(failed(spilt))?;
        }
        let mark = self.path.join(MARK);
        fs::remove_file(&mark).map_err(failed(&mark))?;
        make_room(folder)?;
        fs::rename(&self.path, folder).map_err(failed(folder))
    }

    /// Takes it away, but for what no run has written.
    fn take_away(&self) -> io::Result<()> {
        let (own, stranger) = own_in(&self.path)?;
        own.iter().try_for_each(|path| remove(path))?;
        if stranger.is_some() {
            return Ok(());
        }
        // The mark goes last: as long as anything is left, it tells whose it is.
        match fs::remove_file(self.path.join(MARK)) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        fs::remove_dir(&self.path)
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        if !self.is_placed {
            // What cannot be taken away now is known by its mark later.
            drop(self.take_away());
        }
    }
}

/// Takes away what runs left in a folder that were killed: what is marked, and held by nobody.
pub(crate) fn sweep(folder: &Path) {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    for path in entries.map(|entry| entry.path()) {
        let is_partial = path.extension().is_some_and(|ending| ending == ENDING);
        // A run that has just made its folder has not marked it before it holds it; so it is never in
        // its way that others look whether it does.
        if is_partial
            && is_marked(&path)
            && let Hold::Held(lock) = hold(&path)
            && is_marked(&path)
        {
            drop(Partial {
                path,
                _lock: Some(lock),
                is_placed: false,
            });
        }
    }
}

const NO_FOLDER: &str = "is no folder; move it away, or name another folder for the evidence";

/// Makes a folder, and those that it lies in; tells whether it was not there.
fn make(path: &Path) -> io::Result<bool> {
    let made = match fs::create_dir(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            path.parent().map_or(Ok(()), fs::create_dir_all)?;
            fs::create_dir(path)
        }
        made => made,
    };
    match made {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(error),
    }
}

/// What comes of locking a folder.
enum Hold {
    Held(File),
    /// Another one holds it.
    Busy,
    /// It has been taken away, or has another name by now.
    Gone,
    /// The system locks no folders, or not here.
    Unknown,
}

fn hold(path: &Path) -> Hold {
    let folder = match File::open(path) {
        Ok(folder) => folder,
        Err(error) if error.kind() == ErrorKind::NotFound => return Hold::Gone,
        Err(_) => return Hold::Unknown,
    };
    match folder.try_lock() {
        Ok(()) if is_at(&folder, path) => Hold::Held(folder),
        Ok(()) => Hold::Gone,
        Err(TryLockError::WouldBlock) => Hold::Busy,
        Err(TryLockError::Error(_)) => Hold::Unknown,
    }
}

/// Whether an open folder is still the one of this name: between opening and locking it, a run may
/// have ended that held it.
#[cfg(unix)]
fn is_at(folder: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let which = |found: fs::Metadata| (found.dev(), found.ino());
    match (folder.metadata(), fs::symlink_metadata(path)) {
        (Ok(held), Ok(found)) => which(held) == which(found),
        _ => false,
    }
}

/// No folder is opened there, and so none is locked.
#[cfg(not(unix))]
fn is_at(_: &File, _: &Path) -> bool {
    false
}

/// Whether a folder has the mark, be it half written.
fn is_marked(folder: &Path) -> bool {
    fs::read(folder.join(MARK)).is_ok_and(|said| MARK_SAYS.as_bytes().starts_with(&said))
}

/// What was left in a folder and is ours; else what is not, the first by its name.
fn left_in(folder: &Path) -> io::Result<Result<Vec<PathBuf>, String>> {
    if !is_marked(folder) {
        // A run may have been killed when its evidence was complete and had not got its name.
        return evidence_in(folder);
    }
    let (own, stranger) = own_in(folder)?;
    Ok(match stranger {
        Some(name) => Err(name),
        None => Ok(own),
    })
}

/// What a run writes into its folder, but for the mark; and what is not of it, the first by its name.
fn own_in(folder: &Path) -> io::Result<(Vec<PathBuf>, Option<String>)> {
    let (mut own, mut strangers) = (Vec::new(), Vec::new());
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let kind = entry.file_type()?;
        let is_own = match kind.is_dir() {
            true => name.starts_with(SPILL),
            false => kind.is_file() && FILES.contains(&name.as_str()),
        };
        if is_own {
            own.push(entry.path());
        } else if name != MARK {
            strangers.push(name);
        }
    }
    Ok((own, strangers.into_iter().min()))
}

fn remove(path: &Path) -> io::Result<()> {
    match path.is_dir() {
        true => fs::remove_dir_all(path),
        false => fs::remove_file(path),
    }
}

#[cfg(test)]
mod tests;
