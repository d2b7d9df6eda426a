//! What can be wrong with a query when it is read, and what can go wrong when it runs.

use std::ops::Range;

use datafusion::common::DataFusionError;
use thiserror::Error;

use super::lints::last_reason;
use super::{checked, ties};

/// A mistake in a query, found before anything is read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{message}")]
pub struct SqlError {
    /// What is wrong, in one sentence without a full stop.
    pub message: String,
    /// The bytes of the query that it is about.
    pub span: Option<Range<usize>>,
    /// How to mend it.
    pub mend: Option<String>,
    /// Which of the requirements that the query was read with it is about, and its span; `None` is
    /// the query itself.
    pub require: Option<usize>,
    /// Whether nothing is wrong with the query: the machine had no room to read it.
    pub is_of_the_machine: bool,
}

impl SqlError {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            span: None,
            mend: None,
            require: None,
            is_of_the_machine: false,
        }
    }

    /// No thread could be had to read a query.
    pub(super) fn without_room(why: &std::io::Error) -> Self {
        Self {
            is_of_the_machine: true,
            ..Self::new(format!(
                "there is not enough memory, or there are too many threads, to read a query: {why}"
            ))
        }
    }

    pub(super) fn at(mut self, span: impl Into<Option<Range<usize>>>) -> Self {
        self.span = span.into();
        self
    }

    pub(super) fn mend(mut self, mend: impl Into<String>) -> Self {
        self.mend = Some(mend.into());
        self
    }
}

/// Why a run ended before its end.
#[derive(Debug, Error)]
pub enum RunError {
    /// A file could not be read.
    #[error(transparent)]
    Read(books::ReadError),
    /// The query needs more memory than it may use.
    #[error("the query needs more memory than it may use: {0}")]
    Memory(String),
    /// An expression failed where no single record can be set aside: within a group, a window or
    /// the condition of a join.
    #[error("{message}")]
    Query {
        /// What failed.
        message: String,
    },
    /// A value that is taken for a regular expression is none.
    #[error("a value that is taken for a regular expression is none: {0}")]
    Pattern(String),
    /// A run asks for something that its query does not have.
    #[error("{0}")]
    Request(String),
    /// A temporary file could not be written or read.
    #[error("a temporary file failed: {0}")]
    Disk(String),
    /// A fault of our own or of DataFusion.
    #[error("a fault in the query engine: {0}")]
    Internal(String),
}

impl RunError {
    /// Returns how to mend it, where that is known.
    pub fn mend(&self) -> Option<&'static str> {
        match self {
            Self::Memory(_) => Some("give it more memory, or join and group fewer columns"),
            Self::Query { .. } => Some("compute the expression in a subquery of its own"),
            Self::Pattern(_) => Some("leave such values out, or write the pattern in the query"),
            Self::Disk(_) => Some("make room on the disk, or name another folder for the evidence"),
            Self::Read(_) | Self::Request(_) | Self::Internal(_) => None,
        }
    }
}

impl From<DataFusionError> for RunError {
    /// Sorts an error that a stream of records ended with.
    fn from(error: DataFusionError) -> Self {
        if let Some(read) = source_of::<books::ReadError>(&error) {
            return Self::Read(read.clone());
        }
        if let Some(tied) = source_of::<ties::Tied>(&error) {
            return Self::Request(tied.to_string());
        }
        match error.find_root() {
            DataFusionError::ResourcesExhausted(message) => Self::Memory(message.clone()),
            DataFusionError::IoError(error) => Self::Disk(error.to_string()),
            root if checked::is_record_error(root) => Self::Query {
                message: checked::reason(root),
            },
            root => match root.strip_backtrace() {
                said if said.contains("regex parse error") => Self::Pattern(last_reason(&said)),
                said => Self::Internal(said),
            },
        }
    }
}

/// The error of one kind among those that an error comes from.
fn source_of<E: std::error::Error + 'static>(error: &DataFusionError) -> Option<&E> {
    let mut source: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = source {
        if let Some(found) = error.downcast_ref::<E>() {
            return Some(found);
        }
        source = error.source();
    }
    None
}
