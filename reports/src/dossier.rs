//! What a report is made of, but for the breaks and the rejects: plain values that the caller fills.

use std::collections::BTreeMap;

use ledger::{Amount, Record, Report};
use serde::Deserialize;

/// Is all that a run left and that people have said of it since.
///
/// Breaks and rejects are not in it: there may be millions, and they are passed through one by one.
/// Sentences (`notes`, `says`) are shown as they are, in the language in which the caller gives them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dossier {
    /// What the run came to: `report.json`.
    pub report: Report,
    /// What was read and written: `manifest.json`.
    pub manifest: Manifest,
    /// Names of the causes by their ids, in the reader's language. A cause without a name is shown
    /// by its id.
    pub cause_names: BTreeMap<String, String>,
    /// Breaks that somebody has accepted, in the order in which they were.
    pub acceptances: Vec<Acceptance>,
    /// What was decided about the rejects of this run, if anything.
    pub disposal: Option<Disposal>,
    /// Who has signed the evidence, in the order in which they did.
    pub sign_offs: Vec<SignOff>,
    /// How good the forecasts of the window's phases were, in the order in which these ended.
    pub forecasts: Vec<Forecasts>,
}

/// Is what was read, by which plan, and what was written: `manifest.json`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
pub struct Manifest {
    /// Version of the document.
    pub version: u32,
    /// Version of Crossfoot.
    pub crossfoot: String,
    /// The plan's name.
    pub plan: String,
    /// BLAKE3 of the plan and its SQL, hexadecimal.
    pub plan_blake3: String,
    /// When the run began, in UTC, such as `2013-05-27T00:00:00Z`.
    pub started: String,
    /// The secret of the run's hashes, told once the run is over.
    pub seed: String,
    /// The files that were read.
    pub inputs: Vec<Input>,
    /// The files of the evidence but for the manifest.
    pub files: Vec<Output>,
}

/// Is one file of a book.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
pub struct Input {
    /// `source` or `target`.
    pub book: String,
    /// The table.
    pub table: String,
    /// The file, relative to its book.
    pub file: String,
    /// Its length in bytes.
    pub bytes: u64,
    /// BLAKE3 of its bytes, hexadecimal; empty where it was not digested.
    pub blake3: String,
}

/// Is one file of the evidence.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
pub struct Output {
    /// Its name.
    pub file: String,
    /// Its length in bytes.
    pub bytes: u64,
    /// BLAKE3 of its bytes, hexadecimal.
    pub blake3: String,
}

/// Says that somebody answers for one break.
///
/// It names the break by its agreement and key (where there is no key, by all columns of the
/// expected record, or of the actual one where none was expected) and by its amounts. It holds for
/// one break; a break of another amount, or of other records, stays open.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Acceptance {
    /// Name of the agreement.
    pub agreement: String,
    /// The break's key.
    pub key: Record,
    /// The break's differences, actual minus expected; empty where no money is off.
    pub amount: Vec<Amount>,
    /// Why it is accepted.
    pub reason: String,
    /// Who answers for it.
    pub owner: String,
    /// When it was accepted, as it is to be shown.
    pub date: String,
    /// Whether a break of this run has both records that were accepted, to the byte.
    pub has_its_records: bool,
}

/// Says what becomes of all rejects of a run.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Disposal {
    /// What becomes of them.
    pub how: String,
    /// Who answers for it.
    pub owner: String,
    /// When it was decided, as it is to be shown.
    pub date: String,
}

/// Says how good the forecasts of one phase were, held against the end that came.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Forecasts {
    /// The phase, in the reader's language.
    pub phase: String,
    /// When it ended, as it is to be shown.
    pub ended: String,
    /// How good they were, in the reader's language.
    pub says: String,
}

/// Is one signature under the evidence. That it is genuine is for the caller to check.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SignOff {
    /// In which role it was signed, such as `accountant`.
    pub role: String,
    /// Who signed.
    pub name: String,
    /// Id of the key.
    pub key_id: String,
    /// When, as it is to be shown.
    pub time: String,
}
