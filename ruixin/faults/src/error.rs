//! Why a table cannot be damaged.

use std::io;
use std::path::{Path, PathBuf};

use arrow_schema::{ArrowError, DataType};
use parquet::errors::ParquetError;
use thiserror::Error;

use crate::cause::Cause;

/// Says why a table could not be damaged. The table is then as it was.
#[derive(Debug, Error)]
pub enum FaultError {
    /// The folder holds no `part-*.parquet`.
    #[error("no part-*.parquet in {}", folder.display())]
    NoParts {
        /// The folder that was given.
        folder: PathBuf,
    },
    /// The table has no column that a cause needs.
    #[error("{cause} needs a column `{column}`, and {} has none", part.display())]
    NoColumn {
        /// The cause that was ordered.
        cause: Cause,
        /// The column that it needs.
        column: &'static str,
        /// The file without it.
        part: PathBuf,
    },
    /// A column holds something else than its name says.
    #[error("column `{column}` of {} is {is}; it should be {should_be}", part.display())]
    WrongType {
        /// The column.
        column: &'static str,
        /// The type that it has.
        is: DataType,
        /// What it should hold.
        should_be: &'static str,
        /// The file it stands in.
        part: PathBuf,
    },
    /// Fewer vouchers can be damaged by a cause than were ordered.
    #[error("{wanted} vouchers were to be damaged by {cause}, and {suitable} are suitable")]
    TooFew {
        /// The cause that was ordered.
        cause: Cause,
        /// How many vouchers it was to damage.
        wanted: usize,
        /// How many can be damaged by it and are not damaged by another cause already.
        suitable: usize,
    },
    /// A voucher lacks the leg that would have been damaged.
    #[error("voucher {voucher} has no leg that {cause} could damage in the part it was drawn from")]
    NothingDamaged {
        /// The cause that was to be planted.
        cause: Cause,
        /// The voucher that was drawn for it.
        voucher: String,
    },
    /// A part is no Parquet file, or cannot be read or written as one.
    #[error("cannot read or write {}", path.display())]
    Parquet {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: ParquetError,
    },
    /// The records of a part cannot be read or changed.
    #[error("cannot read or change the records of {}", path.display())]
    Records {
        /// The file.
        path: PathBuf,
        /// What is wrong with them.
        source: ArrowError,
    },
    /// A file or folder cannot be read or written.
    #[error("cannot read or write {}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

/// Says of which file an error speaks.
pub(crate) trait At<T> {
    /// Adds the path to an error.
    fn at(self, path: &Path) -> Result<T, FaultError>;
}

impl<T> At<T> for io::Result<T> {
    fn at(self, path: &Path) -> Result<T, FaultError> {
        let path = path.to_owned();
        self.map_err(|source| FaultError::Io { path, source })
    }
}

impl<T> At<T> for Result<T, ParquetError> {
    fn at(self, path: &Path) -> Result<T, FaultError> {
        let path = path.to_owned();
        self.map_err(|source| FaultError::Parquet { path, source })
    }
}

impl<T> At<T> for Result<T, ArrowError> {
    fn at(self, path: &Path) -> Result<T, FaultError> {
        let path = path.to_owned();
        self.map_err(|source| FaultError::Records { path, source })
    }
}
