//! The named columns that a common cause is looked for in.

use crate::Kind;
use ledger::Zone;
use std::fmt;

/// The place of a column in [`Attributes`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ColumnIndex(pub usize);

/// What a column is besides its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// A value of the record.
    Value,
    /// The table that the record stands in.
    Table,
    /// The file that it stands in.
    File,
    /// Its line or row in that file.
    Row,
}

/// One named column of the source or the target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// `source` or `target`.
    pub side: String,
    /// The column.
    pub name: String,
    /// What its values are.
    pub kind: Kind,
    /// Whether it is a value or a place.
    pub role: Role,
}

/// All columns that conditions may speak of, the preferred first: where two conditions separate as
/// well and are as simple, the one of the earlier column is told.
#[derive(Debug, Clone)]
pub struct Attributes {
    /// The columns.
    pub columns: Vec<Attribute>,
    /// The zone in which instants have an hour and a day.
    pub zone: Zone,
}

/// A record: its values as text, in the forms that [`Kind`] tells.
pub trait Facts {
    /// The value of a column; none where it is null.
    fn value(&self, column: ColumnIndex) -> Option<&str>;
}

impl Attribute {
    /// A column of values.
    pub fn new(side: &str, name: &str, kind: Kind) -> Self {
        Self {
            side: side.to_owned(),
            name: name.to_owned(),
            kind,
            role: Role::Value,
        }
    }

    /// The table that a record stands in: `_table`.
    pub fn table(side: &str) -> Self {
        Self {
            role: Role::Table,
            ..Self::new(side, "_table", Kind::Text)
        }
    }

    /// The file that a record stands in: `_file`.
    pub fn file(side: &str) -> Self {
        Self {
            role: Role::File,
            ..Self::new(side, "_file", Kind::Text)
        }
    }

    /// A record's line or row in its file: `_row`.
    pub fn row(side: &str) -> Self {
        Self {
            role: Role::Row,
            ..Self::new(side, "_row", Kind::Number)
        }
    }
}

impl Attributes {
    /// Columns, and the zone of their instants.
    pub fn new(columns: Vec<Attribute>, zone: Zone) -> Self {
        Self { columns, zone }
    }

    /// All columns with their places.
    pub(super) fn iter(&self) -> impl Iterator<Item = (ColumnIndex, &Attribute)> {
        (0..).map(ColumnIndex).zip(&self.columns)
    }
}

impl<T: AsRef<str>> Facts for [Option<T>] {
    fn value(&self, column: ColumnIndex) -> Option<&str> {
        self.get(column.0)?.as_ref().map(AsRef::as_ref)
    }
}

impl<T: AsRef<str>> Facts for Vec<Option<T>> {
    fn value(&self, column: ColumnIndex) -> Option<&str> {
        self.as_slice().value(column)
    }
}

impl fmt::Display for Attribute {
    /// Writes `source.channel`, with quotes where SQL needs them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = self.name.bytes();
        let is_plain = bytes
            .next()
            .is_some_and(|first| first == b'_' || first.is_ascii_lowercase())
            && bytes.all(|byte| byte == b'_' || byte.is_ascii_lowercase() || byte.is_ascii_digit());
        if is_plain {
            write!(f, "{}.{}", self.side, self.name)
        } else {
            write!(f, "{}.\"{}\"", self.side, self.name.replace('"', "\"\""))
        }
    }
}
