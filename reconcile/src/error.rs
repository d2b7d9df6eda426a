//! Why a run could not come to its end.

use crate::prepare::PrepareError;
use arrow_schema::ArrowError;
use std::path::PathBuf;

/// Why a run could not come to its end.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The plan cannot be run.
    #[error("the plan cannot be run")]
    Prepare(PrepareError),
    /// A query or a file failed while it was read.
    #[error(transparent)]
    Run(#[from] rules::sql::RunError),
    /// A file failed while it was digested.
    #[error(transparent)]
    Read(#[from] books::ReadError),
    /// A value does not fit its column, or a total is too large.
    #[error("{side} of {agreement}: {error}")]
    Fold {
        /// The agreement.
        agreement: String,
        /// `expected` or `actual`.
        side: &'static str,
        /// What did not fit.
        error: footing::FoldError,
    },
    /// The evidence could not be written.
    #[error("{}: {error}", .path.display())]
    Evidence {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        error: std::io::Error,
    },
    /// The run was told to stop.
    #[error("stopped before the end; nothing is proved")]
    Stopped,
    /// A fault of our own.
    #[error("a fault of Crossfoot's own: {0}")]
    Internal(String),
}

impl From<ArrowError> for VerifyError {
    fn from(error: ArrowError) -> Self {
        Self::Internal(error.to_string())
    }
}

impl From<footing::StateError> for VerifyError {
    fn from(error: footing::StateError) -> Self {
        Self::Internal(error.to_string())
    }
}

impl From<PrepareError> for VerifyError {
    fn from(error: PrepareError) -> Self {
        Self::Prepare(error)
    }
}

impl From<tokio::task::JoinError> for VerifyError {
    fn from(error: tokio::task::JoinError) -> Self {
        Self::Internal(format!("a worker stopped: {error}"))
    }
}
