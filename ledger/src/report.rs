//! What a run says: the report of version 1, and the lines of `breaks.jsonl` and `rejects.jsonl`.
//!
//! Field names and their order are the published format. Amounts are decimal strings, all values of
//! records are strings or null, and differences are actual minus expected. Fields that were added
//! after the first version are left out where they hold nothing.

mod record;
mod seconds;
mod verdict;

pub use record::Record;
pub use verdict::{Verdict, verdict};

use std::fmt;
use std::time::Duration;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use smol_str::SmolStr;

/// Is the whole outcome of one run, `report.json` and the answer to `--json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Format of this document.
    pub version: Version,
    /// Name of the plan.
    pub plan: String,
    /// What the run comes to, as [`verdict`] computes it from the parts below.
    pub verdict: Verdict,
    /// One outcome for each agreement, in the order of the plan.
    pub agreements: Vec<AgreementReport>,
    /// One outcome for each control, in the order of the plan.
    pub controls: Vec<ControlReport>,
    /// Number of records that could not be converted, of both books.
    pub rejects: u64,
    /// How many of them are of which book.
    #[serde(default, skip_serializing_if = "RejectsOf::is_empty")]
    pub rejects_of: RejectsOf,
    /// Why they could not be converted, the most frequent reason first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rejects_by: Vec<RejectLine>,
    /// Files that lie beside those of the books and belong to no table; nothing in them was read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_read: Vec<NotRead>,
    /// What databases were read, and as of which moment; none where both books are files.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub moments: Vec<Moment>,
    /// Whether the books still moved: what differs was then looked at again in later moments.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub as_of: bool,
    /// Folder of the evidence, as a path to show; empty where none was written.
    pub evidence: String,
    /// Time that the run took, in JSON as seconds to the millisecond.
    #[serde(rename = "elapsed_seconds", with = "seconds")]
    pub elapsed: Duration,
}

/// Counts the records of each book that could not be converted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RejectsOf {
    /// Source records that a rule could not convert, or that miss a requirement.
    pub source: u64,
    /// Records of the target that its query could not read.
    pub target: u64,
}

/// Counts the records of a book that could not be converted for one reason.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RejectLine {
    /// The reason; where several records have it, without the values of each: `…` stands for them.
    pub reason: String,
    /// `source` or `target`.
    pub book: String,
    /// Number of records.
    pub count: u64,
    /// Where the first of them stands, without its fields; none where no record can be told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first: Option<SourceRecord>,
}

/// Counts the files of a book's folder that belong to none of its tables.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct NotRead {
    /// `source` or `target`.
    pub book: String,
    /// Number of files.
    pub count: u64,
    /// The first few of them, in order, relative to the book.
    pub files: Vec<String>,
}

/// Is the moment of a database that a run has read: what is written later, it does not see.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Moment {
    /// `source` or `target`.
    pub book: String,
    /// What database it is and which moment, in its own words.
    pub moment: String,
}

/// Marks a [`Report`] as version 1; reading any other version is an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Version;

/// Is the outcome of one agreement.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct AgreementReport {
    /// Name of the agreement in the plan.
    pub name: String,
    /// How many records each side has, and how many of them agree.
    pub records: Counts,
    /// Control totals of both sides, by column and currency.
    pub totals: Vec<Total>,
    /// Number of breaks of each kind.
    pub breaks: BreakCounts,
    /// Records in flight, which are no breaks; none where the books stood still.
    #[serde(default, skip_serializing_if = "InFlight::is_empty")]
    pub in_flight: InFlight,
    /// Causes found, the heaviest first; those of records in flight among them.
    pub causes: Vec<CauseLine>,
    /// What the breaks leave unexplained, by column and currency; all zero where the account is closed.
    pub residual: Vec<Amount>,
    /// Crossed totals that are off, one for each value of the `foot` columns.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub crossed: Vec<CrossedTotal>,
    /// Sentences that a reader must know, such as which keys are not unique.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// What of this agreement was not checked, and why; anything here makes the run incomplete.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_checked: Vec<String>,
    /// Repairs that the plan declares and that were made while reading.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub repairs: Vec<Repair>,
    /// Which way the records were added up; none where the plan does not ask for another than
    /// reading them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fold: Option<Fold>,
}

/// Says which way the records of an agreement were added up, where the plan asks that databases do
/// it themselves.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Fold {
    /// The side that the rule gives.
    pub expected: FoldedSide,
    /// The side that the target holds.
    pub actual: FoldedSide,
    /// Into how many buckets the records fell; 0 where all were read.
    pub buckets: u64,
    /// In how many of them the sides differ: of a database only their records were read.
    pub differing: u64,
}

/// Says which way the records of one side were added up.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct FoldedSide {
    /// Which way.
    pub way: FoldWay,
    /// Why they were read; none where they were not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// Is a way of adding up records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FoldWay {
    /// The database did it.
    Pushed,
    /// They were read.
    #[default]
    Read,
}

/// Counts the records of both sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Counts {
    /// Records that the rule gives.
    pub expected: u64,
    /// Records that the target holds.
    pub actual: u64,
    /// Records that are the same on both sides, copies counted.
    pub agreed: u64,
}

/// Is a control total of both sides for one money column and currency.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Total {
    /// The money column.
    pub column: String,
    /// ISO 4217 code.
    pub currency: String,
    /// Sum over what the rule gives.
    pub expected: String,
    /// Sum over what the target holds.
    pub actual: String,
    /// Actual minus expected.
    pub difference: String,
}

/// Counts the breaks of one agreement by kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct BreakCounts {
    /// Records that the target lacks.
    pub missing: u64,
    /// Records that the target should not have.
    pub extra: u64,
    /// Records whose fields differ.
    pub differs: u64,
    /// Records that are there another number of times.
    pub copies: u64,
}

/// Counts the records that differed at first because the books moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct InFlight {
    /// Records that agreed when they were looked at again.
    pub settled: u64,
    /// Records that were still changing when they were last looked at.
    pub moving: u64,
}

/// Is one cause and what it accounts for.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct CauseLine {
    /// Id in the catalogue of causes; null where the cause is unknown.
    pub id: Option<String>,
    /// How sure it is.
    pub status: CauseStatus,
    /// Number of breaks that it accounts for.
    pub breaks: u64,
    /// What these breaks add up to, by column and currency.
    pub difference: Vec<Amount>,
    /// Conditions that these records share and others do not.
    #[serde(rename = "where")]
    pub conditions: Vec<String>,
    /// Records that meet the conditions and yet agree.
    pub counterexamples: u64,
    /// Of these breaks, how many meet the conditions; none where there are no conditions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub covered: Option<u64>,
    /// How many times as often records are broken that meet the conditions as those that do not, with
    /// one decimal cut off; none where no break lies beside the conditions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub risk_ratio: Option<String>,
}

/// Says how sure a cause is.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum CauseStatus {
    /// Applying the cause reproduces the wrong record byte for byte.
    Proved,
    /// The cause fits, and so do the rivals that are named.
    Consistent,
    /// No cause of the catalogue fits.
    #[default]
    Unknown,
}

/// Is an amount of one money column in one currency.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Amount {
    /// The money column.
    pub column: String,
    /// ISO 4217 code.
    pub currency: String,
    /// The amount, a decimal string.
    pub amount: String,
}

/// Is a total along one value of the `foot` columns.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct CrossedTotal {
    /// The `foot` columns with their values.
    pub by: Record,
    /// Number of records on each side.
    pub records: Sides,
    /// The money columns' totals along this value.
    pub totals: Vec<Total>,
}

/// Is a number of records on each side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Sides {
    /// Number of them that the rule gives.
    pub expected: u64,
    /// Number of them that the target holds.
    pub actual: u64,
}

/// Counts one kind of declared repair in one file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub struct Repair {
    /// `source` or `target`.
    pub book: String,
    /// The table that was read.
    pub table: String,
    /// The file, relative to its book.
    pub file: String,
    /// The word of the plan that allows it, such as `skip_footer`.
    pub what: String,
    /// How many records or values were repaired.
    pub count: u64,
}

/// Is the outcome of one control.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ControlReport {
    /// Name of the control in the plan.
    pub name: String,
    /// Whether it holds.
    pub status: ControlStatus,
    /// What it should come to; null where that cannot be said in one figure.
    pub expected: Option<String>,
    /// What it comes to; null where that cannot be said in one figure.
    pub actual: Option<String>,
    /// Actual minus expected; null where that cannot be said in one figure.
    pub difference: Option<String>,
    /// The single lines that are off, for a control over groups.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<ControlLine>,
    /// Why the control is broken or incomplete, where the figures do not say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub says: Option<String>,
}

/// Says whether a control holds. Until it has been computed it is incomplete.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum ControlStatus {
    /// Every difference is zero.
    Holds,
    /// Some difference is not zero.
    Broken,
    /// It could not be computed.
    #[default]
    Incomplete,
}

/// Is one group of a control, such as a currency or a month.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ControlLine {
    /// The columns that name the group, with their values.
    pub key: Record,
    /// What it should come to; null where one side lacks the group.
    pub expected: Option<String>,
    /// What it comes to; null where one side lacks the group.
    pub actual: Option<String>,
    /// Actual minus expected.
    pub difference: Option<String>,
}

/// Is one record on which the sides differ: a line of `breaks.jsonl`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Break {
    /// Name of the agreement.
    pub agreement: SmolStr,
    /// In which way the sides differ.
    pub kind: BreakKind,
    /// The key columns with their values; empty where the plan gives no key.
    pub key: Record,
    /// How often the record is there on each side.
    pub copies: Sides,
    /// The record that the rule gives; null where there is none.
    pub expected: Option<Record>,
    /// The record that the target holds; null where there is none.
    pub actual: Option<Record>,
    /// The fields that differ.
    pub fields: Vec<FieldDifference>,
    /// What the break adds to the difference of the books.
    pub difference: Vec<Amount>,
    /// The source records that it comes from.
    pub source: Vec<SourceRecord>,
    /// Why it is there.
    pub cause: CauseFound,
    /// Where the target's record stands.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub target: Vec<SourceRecord>,
    /// How many other pairings of expected and actual records would have been as good; 0 where
    /// there was no choice.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub alternatives: u64,
}

/// Is one record in flight: a line of `in_flight.jsonl`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flight {
    /// How it differed at first.
    #[serde(flatten)]
    pub found: Break,
    /// Whether it agreed when it was looked at again.
    pub settled: bool,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands the field by reference"
)]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// Says in which way the sides differ on a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BreakKind {
    /// Expected, and not in the target.
    Missing,
    /// In the target, and not expected.
    Extra,
    /// On both sides, with other fields.
    Differs,
    /// The same record on both sides, another number of times.
    Copies,
}

/// Is one field on which two records differ.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct FieldDifference {
    /// The column.
    pub name: SmolStr,
    /// Its expected value.
    pub expected: Option<SmolStr>,
    /// Its actual value.
    pub actual: Option<SmolStr>,
}

/// Is a record of a book with its place.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SourceRecord {
    /// The table.
    #[serde(rename = "_table")]
    pub table: SmolStr,
    /// The file, relative to its book; none in a database.
    #[serde(rename = "_file", default, skip_serializing_if = "Option::is_none")]
    pub file: Option<SmolStr>,
    /// The line of a text file, the row of a Parquet file, in a database the number of the record
    /// in the order of its table's key, all from 1.
    #[serde(rename = "_row", default, skip_serializing_if = "Option::is_none")]
    pub row: Option<u64>,
    /// The record's own columns.
    #[serde(flatten)]
    pub fields: Record,
}

/// Says why one break is there.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct CauseFound {
    /// Id in the catalogue of causes; null where the cause is unknown.
    pub id: Option<String>,
    /// How sure it is.
    pub status: CauseStatus,
    /// The cause in a sentence; empty where it is unknown.
    pub says: String,
    /// Ids of the causes that fit as well.
    pub rivals: Vec<String>,
}

/// Is one record of a book that could not be converted: a line of `rejects.jsonl`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Reject {
    /// Name of the agreement whose rule or target it is.
    pub agreement: String,
    /// Whose record it is: `source` or `target`. Empty where evidence of old does not tell it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub book: String,
    /// Why the record could not be converted.
    pub reason: String,
    /// What the failing expression saw.
    pub record: Record,
    /// The records of the book that it comes from.
    pub source: Vec<SourceRecord>,
}

impl RejectsOf {
    /// Says whether there are none.
    pub fn is_empty(&self) -> bool {
        self.sum() == 0
    }

    /// Gives the number of rejects of both books.
    pub fn sum(&self) -> u64 {
        self.source.saturating_add(self.target)
    }

    /// Adds the rejects of another agreement.
    #[must_use]
    pub fn plus(self, other: RejectsOf) -> RejectsOf {
        RejectsOf {
            source: self.source.saturating_add(other.source),
            target: self.target.saturating_add(other.target),
        }
    }
}

impl InFlight {
    /// Says whether there are none.
    pub fn is_empty(&self) -> bool {
        self.sum() == 0
    }

    /// Gives the number of records in flight.
    pub fn sum(&self) -> u64 {
        self.settled.saturating_add(self.moving)
    }
}

impl BreakCounts {
    /// Counts one more break.
    pub fn count(&mut self, kind: BreakKind) {
        let counter = match kind {
            BreakKind::Missing => &mut self.missing,
            BreakKind::Extra => &mut self.extra,
            BreakKind::Differs => &mut self.differs,
            BreakKind::Copies => &mut self.copies,
        };
        *counter = counter.saturating_add(1);
    }

    /// Adds the breaks of another agreement.
    #[must_use]
    pub fn plus(self, other: BreakCounts) -> BreakCounts {
        BreakCounts {
            missing: self.missing.saturating_add(other.missing),
            extra: self.extra.saturating_add(other.extra),
            differs: self.differs.saturating_add(other.differs),
            copies: self.copies.saturating_add(other.copies),
        }
    }

    /// Gives the number of breaks of all kinds.
    pub fn sum(&self) -> u64 {
        let absent = self.missing.saturating_add(self.extra);
        absent
            .saturating_add(self.differs)
            .saturating_add(self.copies)
    }
}

impl BreakKind {
    /// All kinds, in the order of the report.
    pub const ALL: [BreakKind; 4] = [
        BreakKind::Missing,
        BreakKind::Extra,
        BreakKind::Differs,
        BreakKind::Copies,
    ];

    /// Gives the word of the report.
    pub fn as_str(self) -> &'static str {
        match self {
            BreakKind::Missing => "missing",
            BreakKind::Extra => "extra",
            BreakKind::Differs => "differs",
            BreakKind::Copies => "copies",
        }
    }
}

impl CauseStatus {
    /// Gives the word of the report.
    pub fn as_str(self) -> &'static str {
        match self {
            CauseStatus::Proved => "proved",
            CauseStatus::Consistent => "consistent",
            CauseStatus::Unknown => "unknown",
        }
    }
}

impl fmt::Display for BreakKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl Version {
    /// The number in the document.
    pub const NUMBER: u32 = 1;
}

impl Serialize for Version {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u32(Version::NUMBER)
    }
}

impl<'de> Deserialize<'de> for Version {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Version, D::Error> {
        match u32::deserialize(deserializer)? {
            Version::NUMBER => Ok(Version),
            other => Err(D::Error::custom(format_args!(
                "report version {other}, and only version {} can be read",
                Version::NUMBER
            ))),
        }
    }
}
