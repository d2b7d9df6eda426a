//! The target's folder: where everything lies, and how it comes there as a whole.

use crate::error::{ConvertError, at};
use crate::job::Job;
use crate::manifest::Conversion;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeSet;
use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// The folder of a conversion, held for this process alone.
#[derive(Debug)]
pub(crate) struct Folder {
    target: PathBuf,
    own: PathBuf,
    /// Locked as long as it is open.
    _lock: File,
}

/// How the name of a file ends that is not complete.
const UNFINISHED: &str = "unfinished";

/// Where a target keeps what is known of its conversion.
pub(crate) fn own(target: &Path) -> PathBuf {
    target.join(".crossfoot").join("convert")
}

impl Folder {
    /// Makes the folder where there is none, and locks it.
    ///
    /// # Errors
    /// When it cannot be made, or another process holds it.
    pub(crate) fn open(target: &Path) -> Result<Self, ConvertError> {
        let own = own(target);
        fs::create_dir_all(&own).map_err(at(&own))?;
        let path = own.join("lock");
        let lock = File::create(&path).map_err(at(&path))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let folder = target.to_owned();
                return Err(ConvertError::Busy { folder });
            }
            Err(TryLockError::Error(error)) => return Err(at(&path)(error)),
        }
        Ok(Self {
            target: target.to_owned(),
            own,
            _lock: lock,
        })
    }

    pub(crate) fn target(&self) -> &Path {
        &self.target
    }

    pub(crate) fn job(&self) -> PathBuf {
        self.own.join("job.json")
    }

    pub(crate) fn conversion(&self) -> PathBuf {
        self.own.join("conversion.json")
    }

    pub(crate) fn rejects(&self) -> PathBuf {
        self.own.join("rejects.jsonl")
    }

    /// Where the manifests of a table's chunks lie.
    fn manifests(&self, table: &str) -> PathBuf {
        self.own.join("chunks").join(table)
    }

    pub(crate) fn manifest(&self, table: &str, chunk: u32) -> PathBuf {
        self.manifests(table).join(format!("{chunk:06}.json"))
    }

    pub(crate) fn rejects_of(&self, table: &str, chunk: u32) -> PathBuf {
        let name = format!("{chunk:06}.rejects.jsonl");
        self.manifests(table).join(name)
    }

    /// Where a table's files lie before it is published.
    pub(crate) fn staging(&self, table: &str) -> PathBuf {
        self.own.join("staging").join(table)
    }

    /// Where a table's files lie: published or not.
    pub(crate) fn files(&self, table: &str, folder: &str) -> PathBuf {
        let staging = self.staging(table);
        match staging.is_dir() {
            true => staging,
            false => self.target.join(folder),
        }
    }

    /// Begins a job: nothing of another one may be here.
    ///
    /// # Errors
    /// When a table's folder holds something, or nothing can be written.
    pub(crate) fn begin(&self, job: &Job) -> Result<(), ConvertError> {
        for rule in &job.rules {
            let path = self.target.join(&rule.folder);
            if !is_free(&path)? {
                return Err(ConvertError::Foreign { path });
            }
        }
        for rule in &job.rules {
            for folder in [self.staging(&rule.table), self.manifests(&rule.table)] {
                fs::create_dir_all(&folder).map_err(at(&folder))?;
            }
        }
        write_json(&self.job(), job)
    }

    /// Takes away what a process left that was killed while it wrote.
    pub(crate) fn sweep(&self, job: &Job) -> Result<(), ConvertError> {
        for rule in &job.rules {
            for folder in [self.staging(&rule.table), self.manifests(&rule.table)] {
                let entries = match fs::read_dir(&folder) {
                    Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                    entries => entries.map_err(at(&folder))?,
                };
                for entry in entries {
                    let path = entry.map_err(at(&folder))?.path();
                    if path.extension().is_some_and(|ending| ending == UNFINISHED) {
                        fs::remove_file(&path).map_err(at(&path))?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Throws away what the job wrote, published or not; nothing else.
    ///
    /// # Errors
    /// When something in the way is not of the job: then nothing at all is thrown away.
    pub(crate) fn discard(&self, job: &Job) -> Result<(), ConvertError> {
        let mut published = Vec::new();
        // Manifests may be gone: what was finished is told by the whole's account, too. One that
        // cannot be read tells nothing, and less is thrown away.
        let whole = read_json::<Conversion>(&self.conversion()).ok().flatten();
        let counted = |table: &str| {
            let tables = whole.iter().flat_map(|whole| &whole.tables);
            let mut own = tables.filter(|total| total.table == table);
            own.next().map_or(0, |total| total.chunks)
        };
        for rule in &job.rules {
            let folder = self.target.join(&rule.folder);
            if !self.staging(&rule.table).is_dir() && folder.is_dir() {
                let mut parts = self.parts_of(&rule.table)?;
                parts.extend((0..counted(&rule.table)).map(part_name));
                if let Some(path) = self.stranger(job, &folder, &parts)? {
                    return Err(ConvertError::Foreign { path });
                }
                published.push((folder, parts));
            }
        }
        for (folder, parts) in &published {
            for part in parts {
                remove_if_there(&folder.join(part))?;
            }
        }
        // A table's folder may lie in that of another one.
        published.sort_by_key(|(folder, _)| std::cmp::Reverse(folder.components().count()));
        for (folder, _) in &published {
            fs::remove_dir(folder).map_err(at(folder))?;
        }
        for path in [self.conversion(), self.job(), self.rejects()] {
            remove_if_there(&path)?;
        }
        for name in ["staging", "chunks"] {
            let path = self.own.join(name);
            match fs::remove_dir_all(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(at(&path)(error));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// The names of a table's part files, by their manifests.
    fn parts_of(&self, table: &str) -> Result<BTreeSet<String>, ConvertError> {
        let folder = self.manifests(table);
        let entries = match fs::read_dir(&folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(BTreeSet::new()),
            entries => entries.map_err(at(&folder))?,
        };
        let mut parts = BTreeSet::new();
        for entry in entries {
            let name = entry.map_err(at(&folder))?.file_name();
            let chunk = name.to_str().and_then(|name| name.strip_suffix(".json"));
            parts.extend(chunk.and_then(|chunk| chunk.parse().ok()).map(part_name));
        }
        Ok(parts)
    }

    /// What lies in a folder and is none of a table's parts: the first by its name. The way to the
    /// folder of another table is none.
    pub(crate) fn stranger(
        &self,
        job: &Job,
        folder: &Path,
        parts: &BTreeSet<String>,
    ) -> Result<Option<PathBuf>, ConvertError> {
        let tables = || job.rules.iter().map(|rule| self.target.join(&rule.folder));
        let mut strangers = Vec::new();
        for entry in fs::read_dir(folder).map_err(at(folder))? {
            let entry = entry.map_err(at(folder))?;
            let (path, name) = (entry.path(), entry.file_name());
            let is_part = name.to_str().is_some_and(|name| parts.contains(name));
            if !is_part && !tables().any(|table| table.starts_with(&path)) {
                strangers.push(path);
            }
        }
        Ok(strangers.into_iter().min())
    }

    /// Puts every table in its place. What a killed process has put there already stays.
    pub(crate) fn publish(&self, job: &Job) -> Result<(), ConvertError> {
        for rule in &job.rules {
            let (from, to) = (self.staging(&rule.table), self.target.join(&rule.folder));
            if !from.is_dir() {
                continue;
            }
            if !is_free(&to)? {
                return Err(ConvertError::Foreign { path: to });
            }
            let parent = to.parent().unwrap_or(&self.target);
            fs::create_dir_all(parent).map_err(at(parent))?;
            if to.is_dir() {
                fs::remove_dir(&to).map_err(at(&to))?;
            }
            fs::rename(&from, &to).map_err(at(&to))?;
            sync_folder(parent)?;
        }
        Ok(())
    }
}

/// The name of a part file.
pub(crate) fn part_name(chunk: u32) -> String {
    format!("part-{chunk:06}.parquet")
}

/// Whether nothing is at `path`, or an empty folder.
fn is_free(path: &Path) -> Result<bool, ConvertError> {
    match fs::read_dir(path) {
        Ok(mut entries) => Ok(entries.next().is_none()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => Ok(false),
        Err(error) => Err(at(path)(error)),
    }
}

/// Removes a file, if there is one.
pub(crate) fn remove_if_there(path: &Path) -> Result<(), ConvertError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(at(path)(error)),
        _ => Ok(()),
    }
}

/// Makes the names in a folder durable.
pub(crate) fn sync_folder(folder: &Path) -> Result<(), ConvertError> {
    // Only some systems can; on the others a name is durable without.
    if cfg!(unix) {
        let opened = File::open(folder).map_err(at(folder))?;
        opened.sync_all().map_err(at(folder))?;
    }
    Ok(())
}

/// The preliminary name of a file.
pub(crate) fn unfinished(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".");
    name.push(UNFINISHED);
    path.with_file_name(name)
}

/// Gives a file that is complete and on the disk its name.
pub(crate) fn settle(path: &Path) -> Result<(), ConvertError> {
    fs::rename(unfinished(path), path).map_err(at(path))?;
    sync_folder(path.parent().unwrap_or(path))
}

/// Writes bytes under a preliminary name, and gives them their name once they are on the disk.
pub(crate) fn write_bytes(path: &Path, bytes: &[u8]) -> Result<(), ConvertError> {
    let draft = unfinished(path);
    let mut file = File::create(&draft).map_err(at(path))?;
    file.write_all(bytes)
        .and_then(|()| file.sync_all())
        .map_err(at(path))?;
    settle(path)
}

/// Writes a document.
pub(crate) fn write_json(path: &Path, document: &impl Serialize) -> Result<(), ConvertError> {
    write_bytes(path, &json(document)?)
}

/// A document as it is written.
pub(crate) fn json(document: &impl Serialize) -> Result<Vec<u8>, ConvertError> {
    let mut bytes = serde_json::to_vec_pretty(document)
        .map_err(|error| ConvertError::Internal(error.to_string()))?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// Reads a document; `None` where there is none.
pub(crate) fn read_json<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, ConvertError> {
    let bytes = match fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        bytes => bytes.map_err(at(path))?,
    };
    match serde_json::from_slice(&bytes) {
        Ok(document) => Ok(Some(document)),
        Err(error) => Err(ConvertError::Damaged {
            path: path.to_owned(),
            why: error.to_string(),
        }),
    }
}

/// Length and BLAKE3 of a file; `None` where there is none.
pub(crate) fn digest(path: &Path) -> Result<Option<(u64, String)>, ConvertError> {
    let file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        file => file.map_err(at(path))?,
    };
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(file).map_err(at(path))?;
    Ok(Some((
        hasher.count(),
        hasher.finalize().to_hex().to_string(),
    )))
}
