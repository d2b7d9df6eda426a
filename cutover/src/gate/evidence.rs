//! The evidence as it was read, each part with the digest of its bytes.

use ledger::Report;

use super::{RejectTally, Tally};
use crate::Digest;
use crate::seal::{Flaw, Found, SealError, Sealed};

/// Is the evidence of one verification, as it was read just now.
#[derive(Debug)]
pub struct Evidence {
    pub(super) sealed: Sealed,
    pub(super) report: Report,
    pub(super) report_blake3: Digest,
    pub(super) files: Vec<Found>,
    pub(super) tally: Tally,
    pub(super) rejects: RejectTally,
}

/// Says why a folder is no evidence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EvidenceError {
    /// Its manifest is none.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// Its report is none.
    #[error("report.json cannot be read: {says}; do not trust this evidence")]
    Report {
        /// What the reader says, with line and column.
        says: String,
    },
}

impl Evidence {
    /// Takes the parts of a folder: the bytes of `manifest.json` and of `report.json`, all files
    /// with their digests, and the tallies of `breaks.jsonl` and `rejects.jsonl`.
    ///
    /// # Errors
    /// The manifest or the report cannot be read.
    pub fn read(
        manifest: &[u8],
        report: &[u8],
        files: Vec<Found>,
        tally: Tally,
        rejects: RejectTally,
    ) -> Result<Evidence, EvidenceError> {
        let sealed = Sealed::read(manifest)?;
        let read = serde_json::from_slice(report).map_err(|error| EvidenceError::Report {
            says: error.to_string(),
        })?;
        Ok(Evidence {
            sealed,
            report: read,
            report_blake3: Digest::of(report),
            files,
            tally,
            rejects,
        })
    }

    /// Gives the manifest with its digest.
    pub fn sealed(&self) -> &Sealed {
        &self.sealed
    }

    /// Gives what of the folder is not as its manifest says; nothing where it is as it was written.
    /// Of a folder that is, what was read must have been those very bytes.
    pub fn flaws(&self) -> Vec<Flaw> {
        let flaws = self.sealed.check(&self.files);
        if !flaws.is_empty() {
            return flaws;
        }
        let read = [
            ("report.json", self.report_blake3),
            ("breaks.jsonl", self.tally.blake3()),
            ("rejects.jsonl", self.rejects.blake3()),
        ];
        let otherwise = read.into_iter().filter_map(|(file, actual)| {
            let expected = self.sealed.blake3_of(file).unwrap_or_default();
            (expected != actual).then(|| Flaw::ReadOtherwise {
                file: file.to_owned(),
                expected,
                actual,
            })
        });
        otherwise.collect()
    }

    /// Gives the report.
    pub fn report(&self) -> &Report {
        &self.report
    }
}
