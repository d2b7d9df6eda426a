//! What the plan tells of an agreement: the columns, and where they come from.

use ledger::{Sides, Zone};

/// What a prover knows of one agreement besides its records.
#[derive(Debug, Clone)]
pub struct Terms {
    /// The compared columns, in the order of the records.
    pub columns: Vec<Column>,
    /// The currency of all records, an ISO 4217 code, where no column tells it.
    pub currency: Option<String>,
    /// The column that tells each record's currency.
    pub currency_column: Option<String>,
    /// The zone of civil times and business dates.
    pub zone: Zone,
    /// When the source was frozen, in microseconds since 1970 in UTC, where the plan says it. What
    /// changed in the source after that may be as it was in the target.
    pub freeze: Option<i64>,
    /// Rejects of each side of which any record may be one: as many as a side has where it is not
    /// known of all of them which records they are, else none.
    pub rejected: Sides,
}

/// One compared column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// What its values are.
    pub kind: Kind,
    /// Whether it is part of the key.
    pub is_key: bool,
    /// Whether it holds amounts.
    pub is_money: bool,
    /// Source columns that the rule computes it from, as far as the rule can be read; empty where
    /// it can not. A column that the rule passes on unchanged has just one.
    pub comes_from: Vec<SourceColumn>,
}

/// A column of a source table.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceColumn {
    /// The table.
    pub table: String,
    /// The column.
    pub column: String,
}

/// What the values of a column are. Records carry them as text: numbers as decimal strings,
/// dates as `2013-05-27`, instants as `2013-05-27T08:00:00Z` with the decimals that they have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// An exact number.
    Number,
    /// A calendar date.
    Date,
    /// An instant, in UTC.
    Instant,
    /// Text.
    Text,
    /// `true` or `false`.
    Boolean,
    /// A binary floating-point number. Its digits are neither amounts nor texts.
    Float,
    /// Anything else: bytes, times of day.
    Other,
}
