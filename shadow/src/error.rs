//! What keeps a rehearsal from being planned.

use thiserror::Error;

/// Says why no rehearsal can be planned: what was passed is not what it should be.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PlanError {
    /// Two columns bear one name.
    #[error("the table has the column `{column}` twice; give each column a name of its own")]
    ColumnTwice {
        /// The name.
        column: String,
    },
    /// No column is compared, so that no damage would be seen.
    #[error("no column of the table is compared; name at least one that is")]
    NothingCompared,
    /// The column of the currency is none of the table's.
    #[error("the currency is in `{column}`, and the table has no such column; name one of its own")]
    NoCurrencyColumn {
        /// The name.
        column: String,
    },
    /// A sampled record has other columns than the table.
    #[error("sample {at}: the column `{column}` is {what}; pass each record with all its columns")]
    OtherColumns {
        /// Number of the sample, from 1.
        at: usize,
        /// The column.
        column: String,
        /// `missing` or `none of the table's`.
        what: &'static str,
    },
    /// A value is not what its column says.
    #[error(
        "sample {at}: `{column}` holds `{value}`, which is not {what}; pass it as a report writes it"
    )]
    OtherKind {
        /// Number of the sample, from 1.
        at: usize,
        /// The column.
        column: String,
        /// The value.
        value: String,
        /// What it should be.
        what: String,
    },
    /// A break or a key that is known lacks a column by which records are told apart.
    #[error(
        "{list} {at}: the column `{column}` is missing; pass only what belongs to this agreement"
    )]
    OtherAgreement {
        /// `baseline break` or `taken key`.
        list: &'static str,
        /// Its number, from 1.
        at: usize,
        /// The column.
        column: String,
    },
}
