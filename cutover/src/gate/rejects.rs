//! The rejects of the evidence, counted anew.

use ledger::Reject;

use super::TallyError;
use crate::Digest;

/// Folds the lines of `rejects.jsonl`, in bounded memory whatever their number, and keeps the
/// digest of all bytes that it saw.
#[derive(Debug, Clone, Default)]
pub struct RejectTally {
    hasher: blake3::Hasher,
    rejects: u64,
}

impl RejectTally {
    /// Makes a tally that has seen nothing.
    pub fn new() -> RejectTally {
        RejectTally::default()
    }

    /// Takes the next line, with its `\n`.
    ///
    /// # Errors
    /// It is no reject.
    pub fn see_line(&mut self, line: &[u8]) -> Result<(), TallyError> {
        self.hasher.update(line);
        self.rejects = self.rejects.saturating_add(1);
        let read: Result<Reject, _> = serde_json::from_slice(line);
        let unreadable = |error: serde_json::Error| TallyError::Unreadable {
            file: "rejects.jsonl",
            line: self.rejects,
            says: error.to_string(),
        };
        read.map(drop).map_err(unreadable)
    }

    /// Gives the number of rejects.
    pub fn rejects(&self) -> u64 {
        self.rejects
    }

    /// Gives the digest of all bytes seen.
    pub fn blake3(&self) -> Digest {
        Digest::from_bytes(*self.hasher.finalize().as_bytes())
    }
}
