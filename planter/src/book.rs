//! Both books of a case in memory: what the source says, what the target must hold.

use std::collections::BTreeMap;

/// Columns of one record that a cause sets, and to what.
pub(crate) type Change = Vec<(usize, String)>;

/// Says how the text of a target's column is to be understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    /// Exact money with so many decimals.
    Money(u32),
    /// An instant in UTC, written `2013-05-27T08:00:00Z`.
    Instant,
    /// A date, written `2013-05-27`.
    Date,
}

/// Says what a target's column is for, as far as a cause must know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Plain,
    /// Part of the key.
    Key,
    /// The part of the key that came from the old system's id.
    Id,
    /// An account number.
    Account,
    /// Free text, Chinese for the most part.
    Memo,
    /// The text column that follows the memo in the file.
    AfterMemo,
}

/// Is one column of the target that is compared.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Column {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) role: Role,
    /// Whether an empty field stands for NULL.
    pub(crate) nullable: bool,
}

impl Column {
    pub(crate) const fn new(name: &'static str, kind: Kind, role: Role) -> Self {
        Self {
            name,
            kind,
            role,
            nullable: false,
        }
    }

    pub(crate) const fn nullable(mut self) -> Self {
        self.nullable = true;
        self
    }

    pub(crate) fn is_key(&self) -> bool {
        matches!(self.role, Role::Key | Role::Id)
    }
}

/// Is what one cause would have made of a record, where only the shape can know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Would {
    pub(crate) cause: &'static str,
    pub(crate) change: Change,
}

/// Is one record that the target must hold.
#[derive(Debug, Clone)]
pub(crate) struct Record {
    pub(crate) cells: Vec<String>,
    /// Row of the first source table that it comes from; for a sum, of the first of them.
    pub(crate) source: usize,
    pub(crate) would: Vec<Would>,
}

/// Is one table of the source.
#[derive(Debug, Clone)]
pub(crate) struct Table {
    pub(crate) name: &'static str,
    pub(crate) columns: Vec<&'static str>,
    pub(crate) rows: Vec<Vec<String>>,
    /// How many rows each of its files holds; empty for a table of one file.
    pub(crate) chunks: Vec<usize>,
}

impl Table {
    pub(crate) fn new(name: &'static str, columns: &[&'static str]) -> Self {
        Self {
            name,
            columns: columns.to_vec(),
            rows: Vec::new(),
            chunks: Vec::new(),
        }
    }

    /// Adds one row.
    pub(crate) fn push(&mut self, row: &[&str]) {
        self.rows
            .push(row.iter().map(|cell| (*cell).to_owned()).collect());
    }

    /// Cuts the rows into files of a few, some and many rows.
    pub(crate) fn cut(&mut self) {
        let mut left = self.rows.len();
        for size in [12, 150, 1_500].into_iter().cycle() {
            if left == 0 {
                break;
            }
            self.chunks.push(size.min(left));
            left = left.saturating_sub(size);
        }
    }

    /// The rows of each file, in order.
    pub(crate) fn files(&self) -> Vec<std::ops::Range<usize>> {
        if self.chunks.is_empty() {
            return std::iter::once(0..self.rows.len()).collect();
        }
        let mut first = 0;
        let ranges = self.chunks.iter().map(|size| {
            let range = first..first + size;
            first = range.end;
            range
        });
        ranges.collect()
    }
}

/// Is a whole case before any damage.
#[derive(Debug, Clone)]
pub(crate) struct Book {
    pub(crate) agreement: &'static str,
    /// The first is the one that records come from.
    pub(crate) tables: Vec<Table>,
    pub(crate) columns: Vec<Column>,
    pub(crate) records: Vec<Record>,
    /// Name of the target's table.
    pub(crate) target: &'static str,
    /// Columns of the first source table whose values make classes of records.
    pub(crate) classes: Vec<&'static str>,
    /// Whether one record stands for many of the source.
    pub(crate) is_aggregate: bool,
    /// `crossfoot.toml`.
    pub(crate) plan: String,
    /// Files under `rules/`, by name.
    pub(crate) rules: Vec<(&'static str, String)>,
}

impl Book {
    pub(crate) fn is_keyed(&self) -> bool {
        self.columns.iter().any(Column::is_key)
    }

    /// The key of a record, one text for each key column.
    pub(crate) fn key<'a>(&self, cells: &'a [String]) -> Vec<&'a str> {
        let columns = self.columns.iter().zip(cells);
        columns
            .filter(|(column, _)| column.is_key())
            .map(|(_, cell)| cell.as_str())
            .collect()
    }

    pub(crate) fn at(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name == name)
    }

    pub(crate) fn with_role(&self, role: Role) -> Option<usize> {
        self.columns.iter().position(|column| column.role == role)
    }

    /// Columns that hold money, with their scale.
    pub(crate) fn money(&self) -> impl Iterator<Item = (usize, u32)> {
        let columns = self.columns.iter().enumerate();
        columns.filter_map(|(at, column)| match column.kind {
            Kind::Money(scale) => Some((at, scale)),
            _ => None,
        })
    }

    /// Records by the source row that they come from.
    pub(crate) fn by_source(&self) -> BTreeMap<usize, Vec<usize>> {
        let mut groups: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (at, record) in self.records.iter().enumerate() {
            groups.entry(record.source).or_default().push(at);
        }
        groups
    }
}

/// Applies a change to a copy of a record's cells.
pub(crate) fn changed(cells: &[String], change: &Change) -> Vec<String> {
    let mut cells = cells.to_vec();
    for (at, value) in change {
        cells[*at].clone_from(value);
    }
    cells
}
