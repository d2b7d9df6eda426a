//! Why a conversion ended before its end.

use crate::store::is_passing;
use databases::DatabaseError;
use rules::prepare::PrepareError;
use rules::sql::RunError;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// Why a conversion ended before its end. Whatever it is, nothing is half published, and all
/// finished chunks are kept.
#[derive(Debug, Error)]
pub enum ConvertError {
    /// The plan cannot be run.
    #[error("the plan cannot be run")]
    Prepare(PrepareError),
    /// A rule failed, or a file of the source could not be read.
    #[error(transparent)]
    Run(#[from] RunError),
    /// Something could not be written.
    #[error("{} cannot be written: {error}", path.display())]
    Write {
        /// What.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// Another process converts into the same folder.
    #[error("another conversion is writing to {}", folder.display())]
    Busy {
        /// The target.
        folder: PathBuf,
    },
    /// There is something that no conversion has written.
    #[error("{} is there already, and not from a conversion", path.display())]
    Foreign {
        /// What.
        path: PathBuf,
    },
    /// There are records in a table of a database that no conversion has written.
    #[error("{} holds records already, and not from a conversion", path.display())]
    Occupied {
        /// The table, behind the database's address.
        path: PathBuf,
    },
    /// The database cannot be written to.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// A conversion was begun here from other inputs, or by other rules.
    #[error("the conversion in {} was begun from something else: {}", folder.display(), listed(changes))]
    Changed {
        /// The target.
        folder: PathBuf,
        /// What is not as it was.
        changes: Vec<Change>,
    },
    /// A file that was published is not what was written.
    #[error("{} is not what was written: {why}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// Something lies among the files of a table that no conversion has written.
    #[error("{} lies among what was converted, and no manifest tells of it", path.display())]
    Unlisted {
        /// What.
        path: PathBuf,
    },
    /// A column of a table is of a type in which no correcting entry can be kept.
    #[error("no entry can be booked for {}: {why}", path.display())]
    Unbooked {
        /// The table, behind the database's address.
        path: PathBuf,
        /// Which column, and why.
        why: String,
    },
    /// Evidence tells of other books than those that are there.
    #[error("the evidence in {} does not fit: {why}", folder.display())]
    Stale {
        /// The evidence.
        folder: PathBuf,
        /// What is different.
        why: String,
    },
    /// Records read are not records converted, rejected and left out.
    #[error("{agreement}: {why}")]
    Unaccounted {
        /// The agreement.
        agreement: String,
        /// Which figures, and their difference.
        why: String,
    },
    /// It was asked to stop.
    #[error("stopped before the conversion was complete")]
    Stopped,
    /// A fault of our own.
    #[error("a fault in the conversion: {0}")]
    Internal(String),
}

impl ConvertError {
    /// Whether it may pass: a connection that is lost, a server that is being started.
    pub(crate) fn is_passing(&self) -> bool {
        matches!(self, Self::Database(error) if is_passing(error))
    }

    /// Returns how to mend it, where that is known.
    pub fn mend(&self) -> Option<String> {
        match self {
            Self::Run(error) => error.mend().map(str::to_owned),
            Self::Write { error, .. } if is_full(error) => Some(
                "make room on the disk, then start it again: it goes on behind the last finished \
                 chunk"
                    .to_owned(),
            ),
            Self::Busy { .. } => Some("wait for it, or stop it; two would write the same".to_owned()),
            Self::Foreign { .. } => {
                Some("name an empty folder as the target, or move this away".to_owned())
            }
            Self::Occupied { .. } => {
                Some("empty the table, or name another database or schema as the target".to_owned())
            }
            Self::Changed { .. } => Some(
                "put it back as it was to go on; or throw away what was converted, and begin \
                 again, with --discard"
                    .to_owned(),
            ),
            Self::Damaged { .. } => Some(
                "look for what has changed it; then convert again from the beginning with --discard"
                    .to_owned(),
            ),
            Self::Unlisted { .. } => Some(
                "find out where it comes from, and move it away; then start it again".to_owned(),
            ),
            Self::Stale { .. } => {
                Some("run `crossfoot verify` and name its evidence with --evidence".to_owned())
            }
            Self::Stopped => {
                Some("start it again: it goes on behind the last finished chunk".to_owned())
            }
            _ => None,
        }
    }
}

/// Whether a disk is full, or a quota used up.
pub(crate) fn is_full(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded
    )
}

impl From<PrepareError> for ConvertError {
    fn from(error: PrepareError) -> Self {
        Self::Prepare(error)
    }
}

impl From<arrow_schema::ArrowError> for ConvertError {
    fn from(error: arrow_schema::ArrowError) -> Self {
        Self::Internal(error.to_string())
    }
}

/// Something that is not as it was when a conversion began.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A file of the source has other bytes.
    File {
        /// The file, relative to the source.
        file: String,
        /// Its lengths, then and now.
        bytes: [u64; 2],
    },
    /// A file of the source is new.
    FileAdded(String),
    /// A file of the source is gone.
    FileGone(String),
    /// An agreement's rule, or what the plan says with it, is another one.
    Rule(String),
    /// The agreements that are converted are others.
    Agreements,
    /// The version of Crossfoot, then and now.
    Version([String; 2]),
    /// Records of a chunk, then and now.
    ChunkRecords([u64; 2]),
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File {
                file,
                bytes: [then, now],
            } if then == now => {
                write!(f, "{file} has other bytes")
            }
            Self::File {
                file,
                bytes: [then, now],
            } => {
                write!(f, "{file} had {then} bytes and has {now}")
            }
            Self::FileAdded(file) => write!(f, "{file} is new"),
            Self::FileGone(file) => write!(f, "{file} is gone"),
            Self::Rule(agreement) => write!(f, "the rule of `{agreement}` is another one"),
            Self::Agreements => f.write_str("the plan converts other agreements"),
            Self::Version([then, now]) => write!(f, "it was Crossfoot {then}, and is {now}"),
            Self::ChunkRecords([then, now]) => {
                write!(f, "chunks had {then} records, and have {now}")
            }
        }
    }
}

/// The first few changes, and how many more there are.
fn listed(changes: &[Change]) -> String {
    const SHOWN: usize = 3;
    let shown: Vec<String> = changes
        .iter()
        .take(SHOWN)
        .map(ToString::to_string)
        .collect();
    match changes.len().checked_sub(SHOWN) {
        None | Some(0) => shown.join("; "),
        Some(more) => format!("{}; and {more} more", shown.join("; ")),
    }
}

/// Names the file of an error of the system.
pub(crate) fn at(path: &Path) -> impl FnOnce(io::Error) -> ConvertError {
    let path = path.to_owned();
    move |error| ConvertError::Write { path, error }
}
