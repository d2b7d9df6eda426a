//! Declared repairs, counted.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Mutex;

use serde::Serialize;

/// How often a file was read otherwise than it is written, as the plan declares.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Repair {
    /// The file, relative to the book.
    pub file: String,
    /// What was done.
    pub what: RepairKind,
    /// The column it was done to, where it is about one.
    pub column: Option<String>,
    /// How often.
    pub count: u64,
}

/// A kind of declared repair, named as its setting in the plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RepairKind {
    /// Lines before the header passed over.
    SkipHeader,
    /// Records at the end dropped.
    SkipFooter,
    /// Empty lines passed over.
    SkipBlankLines,
    /// Fields read as NULL.
    NullValues,
    /// Records that lacked fields.
    PadShort,
    /// Records that had fields beyond the header.
    ExtraFields,
    /// Quotes taken as data.
    KeepStrayQuotes,
    /// Values that had blanks around them.
    Trim,
    /// Columns that the file lacks, filled with NULL.
    Optional,
    /// Columns that were not read.
    Ignore,
}

impl RepairKind {
    /// The setting's name in the plan.
    pub fn setting(self) -> &'static str {
        match self {
            RepairKind::SkipHeader => "skip_header",
            RepairKind::SkipFooter => "skip_footer",
            RepairKind::SkipBlankLines => "skip_blank_lines",
            RepairKind::NullValues => "null_values",
            RepairKind::PadShort => "pad_short",
            RepairKind::ExtraFields => "extra_fields",
            RepairKind::KeepStrayQuotes => "keep_stray_quotes",
            RepairKind::Trim => "trim",
            RepairKind::Optional => "optional",
            RepairKind::Ignore => "ignore",
        }
    }
}

impl fmt::Display for RepairKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.setting())
    }
}

/// Repairs of one chunk: by kind and column of the table, where there is one.
pub(crate) type ChunkRepairs = BTreeMap<(RepairKind, Option<usize>), u64>;

/// What the chunks of a table told of their repairs.
///
/// A chunk that is read again tells the same again, so its numbers replace
/// the former ones and nothing is counted twice.
#[derive(Debug, Default)]
pub(crate) struct RepairBook {
    chunks: Mutex<BTreeMap<(u32, u32), ChunkRepairs>>,
}

impl RepairBook {
    pub(crate) fn record(&self, file: u32, part: u32, repairs: ChunkRepairs) {
        let mut chunks = self
            .chunks
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        chunks.entry((file, part)).or_default().extend(repairs);
    }

    /// The sums over the chunks, by file number, kind and column.
    pub(crate) fn totals(&self) -> BTreeMap<(u32, RepairKind, Option<usize>), u64> {
        let chunks = self
            .chunks
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let mut totals = BTreeMap::new();
        for ((file, _), repairs) in chunks.iter() {
            for ((kind, column), count) in repairs {
                *totals.entry((*file, *kind, *column)).or_insert(0) += count;
            }
        }
        totals
    }
}
