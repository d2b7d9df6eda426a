//! What can go wrong while a report is written.

use std::io;

use thiserror::Error;

/// Says why a report was not written. What was written so far is no report.
#[derive(Debug, Error)]
pub enum ReportError {
    /// A line of the evidence cannot be read.
    #[error(transparent)]
    Line(#[from] LineError),
    /// A break or a reject is of an agreement that the report does not hold.
    #[error(
        "{file} holds a line of the agreement `{agreement}`, which report.json does not have; \
         report from a folder that one run has left"
    )]
    UnknownAgreement {
        /// The file of the line.
        file: &'static str,
        /// The agreement that it names.
        agreement: String,
    },
    /// There are more or fewer breaks or rejects than the report says.
    #[error(
        "{file} holds {found} of `{of}` and report.json counts {counted}, a difference of \
         {difference}; report from a folder that one run has left"
    )]
    Count {
        /// The file of the lines.
        file: &'static str,
        /// The agreement, and the kind of break.
        of: String,
        /// Lines in the file.
        found: u64,
        /// Lines according to the report.
        counted: u64,
        /// How many they are apart.
        difference: u64,
    },
    /// The breaks do not come to what the report's causes come to.
    #[error(
        "the breaks of `{agreement}` come to {found} in {column} {currency} and the causes of \
         report.json to {counted}, a difference of {difference}; report from a folder that one run \
         has left"
    )]
    Sum {
        /// The agreement.
        agreement: String,
        /// The money column.
        column: String,
        /// The currency.
        currency: String,
        /// Sum of the breaks.
        found: String,
        /// Sum of the causes.
        counted: String,
        /// How far they are apart.
        difference: String,
    },
    /// An amount is no number.
    #[error("{place}: `{text}` is no amount; report from a folder that one run has left")]
    Amount {
        /// Where it stands.
        place: String,
        /// What stands there.
        text: String,
    },
    /// The start of the run is no instant.
    #[error(
        "manifest.json: `started` is `{text}`, which is no time such as 2013-05-27T00:00:00Z; \
         report from a folder that one run has left"
    )]
    Started {
        /// What stands there.
        text: String,
    },
    /// The workbook cannot be made.
    #[error("failed to make the workbook: {0}")]
    Workbook(#[from] rust_xlsxwriter::XlsxError),
    /// A temporary file of the workbook cannot be written.
    #[error(
        "failed to write a temporary file of the workbook ({0}); make room in the folder for \
         temporary files, or name another in TMPDIR"
    )]
    Spill(String),
    /// The test report cannot be made.
    #[error("failed to make the test report: {0}")]
    Junit(#[from] quick_junit::SerializeError),
    /// The output cannot be written.
    #[error("failed to write the report: {0}")]
    Write(#[from] io::Error),
}

/// Says why a line of `breaks.jsonl` or `rejects.jsonl` cannot be read.
#[derive(Debug, Error)]
#[error("{file}:{line}: {error}; report from a folder that one run has left")]
pub struct LineError {
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: u64,
    /// What is wrong with it.
    #[source]
    pub error: LineFault,
}

/// Says what is wrong with a line.
#[derive(Debug, Error)]
pub enum LineFault {
    /// It cannot be read.
    #[error("failed to read: {0}")]
    Read(#[from] io::Error),
    /// It holds something else.
    #[error("not a line of this file: {0}")]
    Parse(#[from] serde_json::Error),
}
