//! What can be wrong with a book, at its place, with the mend.

use std::fmt;

use thiserror::Error;

/// A book that cannot be opened as it is described.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BookError {
    /// Which book it is, where there are two: `source` or `target`.
    pub book: Option<&'static str>,
    /// The table it is about, where it is about one.
    pub table: Option<String>,
    /// The file it is about, relative to the book.
    pub file: Option<String>,
    /// The setting of [`TableSpec`](crate::TableSpec) that is wrong, by its name in the plan.
    pub setting: Option<&'static str>,
    /// What is wrong.
    pub kind: BookErrorKind,
    /// What to do about it; may be empty.
    pub mend: String,
}

impl BookError {
    pub(crate) fn new(kind: BookErrorKind) -> BookError {
        BookError {
            book: None,
            table: None,
            file: None,
            setting: None,
            kind,
            mend: String::new(),
        }
    }

    /// Says which of two books it is about: both may have files of one name.
    #[must_use]
    pub fn in_book(mut self, book: &'static str) -> BookError {
        match &mut self.kind {
            BookErrorKind::Read(error) => error.book = Some(book),
            _ => self.book = Some(book),
        }
        self
    }

    pub(crate) fn table(mut self, name: &str) -> BookError {
        self.table.get_or_insert_with(|| name.to_owned());
        self
    }

    pub(crate) fn file(mut self, path: &str) -> BookError {
        self.file.get_or_insert_with(|| path.to_owned());
        self
    }

    pub(crate) fn setting(mut self, name: &'static str) -> BookError {
        self.setting.get_or_insert(name);
        self
    }

    pub(crate) fn mend(mut self, mend: impl Into<String>) -> BookError {
        self.mend = mend.into();
        self
    }
}

impl fmt::Display for BookError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let BookErrorKind::Read(error) = &self.kind {
            return error.fmt(f);
        }
        put_book(f, self.book)?;
        match (&self.file, &self.table) {
            (Some(file), _) => write!(f, "{file}: ")?,
            (None, Some(table)) => write!(f, "table {table}: ")?,
            (None, None) => {}
        }
        self.kind.fmt(f)?;
        if self.mend.is_empty() {
            Ok(())
        } else {
            write!(f, "; {}", self.mend)
        }
    }
}

impl std::error::Error for BookError {}

fn put_book(f: &mut fmt::Formatter<'_>, book: Option<&str>) -> fmt::Result {
    book.map_or(Ok(()), |book| write!(f, "in the {book}, "))
}

/// What is wrong with a book.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum BookErrorKind {
    /// Nothing is at the root.
    #[error("nothing is at {0}")]
    Nothing(String),
    /// The folder or glob holds no file that is a book's.
    #[error("no CSV or Parquet file is at {0}")]
    NoFiles(String),
    /// A folder cannot be listed.
    #[error("cannot be listed: {0}")]
    Unlisted(String),
    /// A file's name is not Unicode, so that no report could name it.
    #[error("its name is not Unicode")]
    NameNotUnicode,
    /// A glob is malformed.
    #[error("{glob:?} is no glob: {why}")]
    Glob {
        /// The glob.
        glob: String,
        /// What is wrong with it.
        why: String,
    },
    /// A glob or a table's name matches no file.
    #[error("no file matches {0}")]
    Unmatched(String),
    /// Two files would be the same table.
    #[error("{first} and {second} would both be the table {stem:?}")]
    SameStem {
        /// The stem they share.
        stem: String,
        /// The file that comes first.
        first: String,
        /// The other one.
        second: String,
    },
    /// Two tables name the same file.
    #[error("it is in two tables, {first} and {second}")]
    InTwoTables {
        /// The table that comes first.
        first: String,
        /// The other one.
        second: String,
    },
    /// Neither its ending nor the plan says how the file is written.
    #[error("its ending does not say how it is written")]
    UnknownFormat,
    /// The files of a table are of several formats.
    #[error("some files are CSV and some Parquet: {first} and {second}")]
    MixedFormats {
        /// A file.
        first: String,
        /// One of the other format.
        second: String,
    },
    /// A setting has a value that cannot be.
    #[error("{0}")]
    Setting(String),
    /// A column has the name of another one.
    #[error("two columns are named {name:?}: the {first}. and the {second}.")]
    SameName {
        /// The name they share.
        name: String,
        /// The first of them, from 1.
        first: usize,
        /// The other one, from 1.
        second: usize,
    },
    /// A column has no name.
    #[error("the {0}. column has no name")]
    NoName(usize),
    /// A column's name is one that every record has for its place.
    #[error("a column is named {0:?}, which is the name of a record's place")]
    PlaceName(String),
    /// Some files lack a column that others have.
    #[error("column {column:?} is missing here{others}; {holder} has it")]
    ColumnMissing {
        /// The column.
        column: String,
        /// A file that has it.
        holder: String,
        /// How many other files lack it, in words; empty for none.
        others: String,
    },
    /// The plan names a column that no file has.
    #[error("no file has a column {0:?}")]
    ColumnUnknown(String),
    /// A column has another type than in the first file.
    #[error("column {column:?} is {found} here and {expected} in {holder}")]
    ColumnType {
        /// The column.
        column: String,
        /// Its type in this file.
        found: String,
        /// Its type in the first file.
        expected: String,
        /// The first file.
        holder: String,
    },
    /// A file cannot be read.
    #[error("{0}")]
    Read(Box<ReadError>),
    /// A database cannot be opened.
    #[error("{0}")]
    Database(Box<databases::DatabaseError>),
}

impl From<ReadError> for BookError {
    fn from(error: ReadError) -> BookError {
        let file = error.file.clone();
        let mend = error.mend.clone();
        BookError::new(BookErrorKind::Read(Box::new(error)))
            .file(&file)
            .mend(mend)
    }
}

/// A file that cannot be read, at its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadError {
    /// Which book it is, where there are two: `source` or `target`.
    pub book: Option<&'static str>,
    /// The file, relative to the book.
    pub file: String,
    /// The physical line, from 1, where that is known.
    pub line: Option<u64>,
    /// The character in that line, from 1, where that is known.
    pub column: Option<u64>,
    /// The field of the record, where it is known.
    pub field: Option<FieldPlace>,
    /// The line on which the record starts, where that is known.
    pub record_line: Option<u64>,
    /// What is wrong.
    pub kind: ReadErrorKind,
    /// What to do about it; may be empty.
    pub mend: String,
}

/// A field of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldPlace {
    /// Which one, from 1.
    pub number: usize,
    /// The column's name in this file; empty where it has none.
    pub name: String,
}

impl ReadError {
    pub(crate) fn new(file: &str, kind: ReadErrorKind) -> ReadError {
        ReadError {
            book: None,
            file: file.to_owned(),
            line: None,
            column: None,
            field: None,
            record_line: None,
            kind,
            mend: String::new(),
        }
    }

    pub(crate) fn mend(mut self, mend: impl Into<String>) -> ReadError {
        self.mend = mend.into();
        self
    }

    /// Says which of two books it is about: both may have files of one name.
    #[must_use]
    pub fn in_book(self, book: &'static str) -> ReadError {
        ReadError {
            book: Some(book),
            ..self
        }
    }

    /// Whether a database has a value that no type here holds.
    pub fn is_of_a_value(&self) -> bool {
        match &self.kind {
            ReadErrorKind::Database(error) => {
                matches!(error.kind, databases::DatabaseErrorKind::Value { .. })
            }
            _ => false,
        }
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let ReadErrorKind::Database(error) = &self.kind {
            // It names its own place.
            return error.fmt(f);
        }
        put_book(f, self.book)?;
        f.write_str(&self.file)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        if let Some(column) = self.column {
            write!(f, ":{column}")?;
        }
        write!(f, ": {}", self.kind)?;
        if let Some(field) = &self.field {
            write!(f, ", in field {}", field.number)?;
            if !field.name.is_empty() {
                write!(f, " ({})", field.name)?;
            }
        }
        match self.record_line {
            Some(start) if self.line != Some(start) => {
                write!(f, " of the record from line {start}")?
            }
            _ => {}
        }
        if self.mend.is_empty() {
            Ok(())
        } else {
            write!(f, "; {}", self.mend)
        }
    }
}

impl std::error::Error for ReadError {}

/// Why a file cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ReadErrorKind {
    /// The operating system does not give the file's bytes.
    #[error("cannot be read: {0}")]
    Io(String),
    /// The file is not what it was when the book was opened.
    #[error("changed while it was read")]
    Changed,
    /// Whoever asked for the bytes wants them no more.
    #[error("was not read to its end")]
    Stopped,
    /// A compressed file ends before its data do, or is damaged.
    #[error("{format} data end too early or are damaged: {why}")]
    Compression {
        /// `gzip` or `Zstandard`.
        format: &'static str,
        /// What the decompressor says.
        why: String,
    },
    /// The file's name says that it is compressed, and it is not.
    #[error("its name says {0}, its first bytes do not")]
    NotCompressed(&'static str),
    /// Bytes that are no character in the file's encoding.
    #[error("{bytes} is no character in {encoding}")]
    Undecodable {
        /// The bytes in hexadecimal, such as `0xC3 0x28`.
        bytes: String,
        /// The encoding.
        encoding: &'static str,
    },
    /// The byte-order mark contradicts the encoding that is declared.
    #[error("its byte-order mark says {mark}, the plan says {declared}")]
    ByteOrderMark {
        /// What the mark says.
        mark: &'static str,
        /// What is declared.
        declared: &'static str,
    },
    /// The file holds Parquet where CSV is expected.
    #[error("this is a Parquet file")]
    ParquetInstead,
    /// The file is a database where CSV is expected.
    #[error("this is a SQLite database")]
    SqliteInstead,
    /// There is no header record.
    #[error("there is no header")]
    NoHeader,
    /// A file has another number of columns than names are declared.
    #[error("{found} columns, {declared} names")]
    NameCount {
        /// Columns in the file.
        found: usize,
        /// Names in the plan.
        declared: usize,
    },
    /// A record has more or fewer fields than the header.
    #[error("{found} {}, {expected} expected", if *.found == 1 { "field" } else { "fields" })]
    FieldCount {
        /// Fields in the record.
        found: usize,
        /// Fields in the header.
        expected: usize,
    },
    /// A line without any character.
    #[error("an empty line")]
    BlankLine,
    /// A quote within a field that does not start with one.
    #[error("a quote inside a field that is not quoted")]
    StrayQuote,
    /// Text between a closing quote and the next delimiter.
    #[error("text after a closing quote")]
    AfterQuote,
    /// A quote that is never closed.
    #[error("a quote that is never closed")]
    UnclosedQuote,
    /// A NUL byte.
    #[error("a NUL byte")]
    Nul,
    /// A carriage return that does not end a line.
    #[error("a carriage return without a line feed")]
    LoneReturn,
    /// A record longer than [`MAX_RECORD_BYTES`](crate::MAX_RECORD_BYTES).
    #[error("a record longer than {0} bytes")]
    RecordTooLong(usize),
    /// Fewer records than the footer has.
    #[error("{found} records, and the footer alone has {declared}")]
    FooterTooLong {
        /// Records in the file.
        found: usize,
        /// Records of the footer.
        declared: usize,
    },
    /// A Parquet file that is damaged or cut off, or uses what cannot be read.
    #[error("not readable as Parquet: {0}")]
    Parquet(String),
    /// A column of lists, maps or structures.
    #[error("column {column:?} is {found}, which cannot be compared")]
    Nested {
        /// The column.
        column: String,
        /// Its type.
        found: String,
    },
    /// A filter that the caller gave failed.
    #[error("the filter failed: {0}")]
    Filter(String),
    /// A database cannot be read on.
    #[error("{0}")]
    Database(Box<databases::DatabaseError>),
    /// A chunk of another table.
    #[error("there is no such file in the table")]
    NoSuchFile,
    /// A column number beyond the table's.
    #[error("there is no column number {0}")]
    NoSuchColumn(usize),
}
