//! What a conversion writes down of itself: documents of version 1.
//!
//! Nothing in them tells of times, threads or machines: the same inputs give the same bytes.

use serde::{Deserialize, Serialize};

/// The version of all documents here.
pub(crate) const VERSION: u32 = 1;

/// Counts the records of one chunk, of one table, or of all.
///
/// `read = converted + rejected + left_out`, for a rule that works record by record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Counts {
    /// Records read of the rule's main table; of a rule that mixes records, of all its tables.
    pub read: u64,
    /// Records that gave at least one record of the target, and no reject.
    pub converted: u64,
    /// Records that the rule could not convert, wholly or in part.
    pub rejected: u64,
    /// Those of them that gave some records of the target all the same.
    pub partly: u64,
    /// Records that the rule leaves out: its conditions are not met.
    pub left_out: u64,
    /// Records written to the target.
    pub written: u64,
}

impl Counts {
    /// Adds other counts; `None` on overflow.
    #[must_use]
    pub fn plus(self, other: Self) -> Option<Self> {
        Some(Self {
            read: self.read.checked_add(other.read)?,
            converted: self.converted.checked_add(other.converted)?,
            rejected: self.rejected.checked_add(other.rejected)?,
            partly: self.partly.checked_add(other.partly)?,
            left_out: self.left_out.checked_add(other.left_out)?,
            written: self.written.checked_add(other.written)?,
        })
    }
}

/// A control total of one money column and currency.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Amount {
    /// The money column.
    pub column: String,
    /// ISO 4217 code.
    pub currency: String,
    /// The sum, a decimal string with the column's scale.
    pub amount: String,
}

/// The records of a source file that a chunk was made from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceRange {
    /// The table.
    pub table: String,
    /// The file, relative to the source.
    pub file: String,
    /// Its first part, from 0: a row group of Parquet, a stretch of CSV.
    pub from_part: u32,
    /// Its last part.
    pub to_part: u32,
}

/// What the records of a chunk came to where they lie.
pub(crate) struct Written {
    pub(crate) bytes: u64,
    pub(crate) blake3: String,
}

/// What one chunk came to: a manifest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChunkManifest {
    /// Version of this document.
    pub version: u32,
    /// The agreement whose rule it is.
    pub agreement: String,
    /// The table of the target.
    pub table: String,
    /// The chunk's number, from 0.
    pub chunk: u32,
    /// What it was made from; none where the rule mixes records.
    pub source: Option<SourceRange>,
    /// The rule's digest: BLAKE3 of its SQL and of what the plan says with it.
    pub rule_blake3: String,
    /// What it came to.
    #[serde(flatten)]
    pub counts: Counts,
    /// Rejects: a record may be rejected for more than one reason.
    pub rejects: u64,
    /// Control totals of what was written.
    pub totals: Vec<Amount>,
    /// The file, in the table's folder; empty in a database.
    pub file: String,
    /// Its length; in a database, of the records in Arrow's row format.
    pub bytes: u64,
    /// BLAKE3 of its bytes; in a database, of the records in Arrow's row format, each after its
    /// length.
    pub blake3: String,
}

/// A manifest as it lies on the disk, with what tells that it was not touched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Sealed {
    pub(crate) manifest: ChunkManifest,
    /// BLAKE3 of the manifest's JSON, without blanks.
    pub(crate) blake3: String,
}

impl Sealed {
    pub(crate) fn of(manifest: ChunkManifest) -> Self {
        Self {
            blake3: seal(&manifest),
            manifest,
        }
    }

    pub(crate) fn is_whole(&self) -> bool {
        self.blake3 == seal(&self.manifest)
    }
}

fn seal(manifest: &ChunkManifest) -> String {
    let bytes = serde_json::to_vec(manifest).expect("texts and numbers are JSON");
    blake3::hash(&bytes).to_hex().to_string()
}

/// One table of the target, converted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "TableWritten", into = "TableWritten")]
pub struct TableTotal {
    /// The agreement whose rule it is.
    pub agreement: String,
    /// The table.
    pub table: String,
    /// Files that it was written to.
    pub chunks: u32,
    /// Whether the rule works record by record; if not, nothing says which record became which:
    /// `converted`, `partly` and `left_out` are not known, and null where this is written.
    pub by_record: bool,
    /// What it came to.
    pub counts: Counts,
    /// Control totals of what was written.
    pub totals: Vec<Amount>,
    /// Length of its files; in a database, of its records in Arrow's row format.
    pub bytes: u64,
}

/// The same as it is written.
#[derive(Serialize, Deserialize)]
struct TableWritten {
    agreement: String,
    table: String,
    chunks: u32,
    by_record: bool,
    read: u64,
    converted: Option<u64>,
    rejected: u64,
    partly: Option<u64>,
    left_out: Option<u64>,
    written: u64,
    totals: Vec<Amount>,
    bytes: u64,
}

impl From<TableTotal> for TableWritten {
    fn from(total: TableTotal) -> Self {
        let known = |count| total.by_record.then_some(count);
        Self {
            read: total.counts.read,
            converted: known(total.counts.converted),
            rejected: total.counts.rejected,
            partly: known(total.counts.partly),
            left_out: known(total.counts.left_out),
            written: total.counts.written,
            agreement: total.agreement,
            table: total.table,
            chunks: total.chunks,
            by_record: total.by_record,
            totals: total.totals,
            bytes: total.bytes,
        }
    }
}

impl From<TableWritten> for TableTotal {
    fn from(written: TableWritten) -> Self {
        Self {
            agreement: written.agreement,
            table: written.table,
            chunks: written.chunks,
            by_record: written.by_record,
            counts: Counts {
                read: written.read,
                converted: written.converted.unwrap_or_default(),
                rejected: written.rejected,
                partly: written.partly.unwrap_or_default(),
                left_out: written.left_out.unwrap_or_default(),
                written: written.written,
            },
            totals: written.totals,
            bytes: written.bytes,
        }
    }
}

/// An agreement that is not converted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    /// The agreement.
    pub agreement: String,
    /// Why.
    pub why: String,
}

/// One file of the source.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Input {
    /// The table.
    pub table: String,
    /// The file, relative to the source.
    pub file: String,
    /// Its length.
    pub bytes: u64,
    /// BLAKE3 of its bytes.
    pub blake3: String,
}

/// What a whole conversion came to: `conversion.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conversion {
    /// Version of this document.
    pub version: u32,
    /// The plan's name.
    pub plan: String,
    /// BLAKE3 of `job.json`: what was converted, by what.
    pub job_blake3: String,
    /// The tables written.
    pub tables: Vec<TableTotal>,
    /// Agreements that are not converted.
    pub left_out: Vec<LeftOut>,
    /// BLAKE3 of each manifest, by table and chunk.
    pub manifests: Vec<String>,
    /// Lines of `rejects.jsonl`.
    pub rejects: u64,
}
