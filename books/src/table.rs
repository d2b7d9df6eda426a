//! A table: its columns, its files, its chunks, its records.

use std::fs::Metadata;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::SystemTime;

use arrow_schema::SchemaRef;
use databases::{ColumnInfo, Part, TableInfo};
use serde::Serialize;

use crate::csv::CsvFile;
use crate::database::DatabaseTable;
use crate::error::{ReadError, ReadErrorKind};
use crate::parquet::ParquetFile;
use crate::read::{ChunkReader, RangeTest, ReadRequest};
use crate::repair::{Repair, RepairBook, RepairKind};

/// One table of a book.
#[derive(Debug)]
pub struct Table {
    pub(crate) name: Arc<str>,
    pub(crate) schema: SchemaRef,
    pub(crate) files: Vec<FileInfo>,
    pub(crate) sources: Vec<Arc<SourceFile>>,
    pub(crate) chunk_bytes: u64,
    pub(crate) chunks: OnceLock<Vec<Chunk>>,
    pub(crate) repairs: Arc<RepairBook>,
    /// Whether what is asked of the book may read it.
    pub(crate) is_named: bool,
}

/// A file of a table, as it was when the book was opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FileInfo {
    /// Relative to the book, with `/`.
    pub path: String,
    /// Its length in bytes.
    pub bytes: u64,
    /// Its records, where the file says how many they are (Parquet).
    pub rows: Option<u64>,
}

/// Names a chunk within its table, the same in every run over the same files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct ChunkId(
    /// The file's number in the upper, the part's in the lower 32 bits.
    pub u64,
);

/// A part of a file that is read on its own: a row group of Parquet, a range
/// of bytes of CSV that starts and ends between records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chunk {
    /// Its name within the table.
    pub id: ChunkId,
    /// The table's name.
    pub table: Arc<str>,
    /// The file's index in [`Table::files`].
    pub file: usize,
    /// Which part of the file, from 0.
    pub part: u32,
    /// Bytes on the disk.
    pub bytes: u64,
    /// Its records, where that is known before reading (Parquet).
    pub rows: Option<u64>,
    pub(crate) span: Span,
}

/// Where in its file a chunk is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Span {
    /// A row group, with the number of its first row, from 1.
    RowGroup { index: usize, first_row: u64 },
    /// A range of the key of a database's table.
    Keys { index: usize },
    /// Bytes, with the line on which they start; all of the file for a file
    /// that is not cut.
    Bytes {
        start: u64,
        end: u64,
        line: u64,
        is_last: bool,
    },
}

/// A file as a reader needs it.
#[derive(Debug)]
pub(crate) struct SourceFile {
    /// Relative to the book.
    pub(crate) display: Arc<str>,
    pub(crate) path: PathBuf,
    pub(crate) stamp: Stamp,
    /// Its number in the table.
    pub(crate) number: u32,
    pub(crate) body: Body,
    /// Per data column of the table: the column of the file.
    pub(crate) columns: Vec<Option<usize>>,
    /// Columns of the file that the table leaves out, by their names.
    pub(crate) ignored: Vec<String>,
}

/// What is known of a file by its format.
#[derive(Debug)]
pub(crate) enum Body {
    Csv(CsvFile),
    Parquet(ParquetFile),
    Database(DatabaseTable),
}

/// What tells that a file was not touched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stamp {
    pub(crate) bytes: u64,
    modified: Option<SystemTime>,
}

impl Stamp {
    /// Of what is no file.
    pub(crate) fn none() -> Stamp {
        Stamp {
            bytes: 0,
            modified: None,
        }
    }

    pub(crate) fn of(metadata: &Metadata) -> Stamp {
        Stamp {
            bytes: metadata.len(),
            modified: metadata.modified().ok(),
        }
    }
}

impl SourceFile {
    pub(crate) fn io_error(&self, error: &std::io::Error) -> ReadError {
        ReadError::new(&self.display, ReadErrorKind::Io(error.to_string()))
    }

    /// Whether the file is still the one that was opened.
    pub(crate) fn check_unchanged(&self) -> Result<(), ReadError> {
        if matches!(self.body, Body::Database(_)) {
            // A snapshot does not change.
            return Ok(());
        }
        let metadata = std::fs::metadata(&self.path).map_err(|error| self.io_error(&error))?;
        if Stamp::of(&metadata) == self.stamp {
            return Ok(());
        }
        Err(ReadError::new(&self.display, ReadErrorKind::Changed)
            .mend("freeze the book (or copy it), then start again"))
    }

    /// What is wrong with the file, if that is found wrong: that it is another one by now says more
    /// than what is wrong in it.
    pub(crate) fn wrong(&self, found: ReadError) -> ReadError {
        match self.check_unchanged() {
            Err(changed) if changed.kind == ReadErrorKind::Changed => changed,
            _ => found,
        }
    }
}

impl Table {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its columns, then [`FILE_COLUMN`](crate::FILE_COLUMN) (`Utf8View`) and
    /// [`ROW_COLUMN`](crate::ROW_COLUMN) (`UInt64`).
    ///
    /// The columns of CSV are `Utf8View`. Those of Parquet are as the file has
    /// them, texts as `Utf8View` and bytes as `BinaryView`, dictionaries
    /// resolved.
    pub fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    /// Whether what is asked of the book may read this table: always, if it is of files.
    pub fn is_named(&self) -> bool {
        self.is_named
    }

    /// The moment at which a database's table is read, with the database's name and version.
    pub fn moment(&self) -> Option<String> {
        self.sources.iter().find_map(|source| match &source.body {
            Body::Database(table) => Some(table.moment()),
            Body::Csv(_) | Body::Parquet(_) => None,
        })
    }

    /// Has whoever reads a range of a database's table whole from now on take its digest on the way:
    /// all its columns then travel, and all its records. [`digest_tables`](crate::digest_tables) reads
    /// what is left. Of files it does nothing.
    pub fn digest_as_read(&self) {
        for source in &self.sources {
            if let Body::Database(table) = &source.body {
                table.digest_as_read();
            }
        }
    }

    /// Bytes that [`digest_tables`](crate::digest_tables) still has to read of it, none where nothing
    /// is left. What a database cannot tell the size of counts as no bytes.
    pub fn undigested(&self) -> Option<u64> {
        if !self.is_named {
            return None;
        }
        if self.moment().is_none() {
            return Some(self.files.iter().map(|file| file.bytes).sum());
        }
        let is_left = |chunk: &Chunk| match (&self.sources[chunk.file].body, chunk.span) {
            (Body::Database(table), Span::Keys { index }) => table.digest_of(index).is_none(),
            _ => true,
        };
        let left = self.chunks().into_iter().filter(is_left);
        left.map(|chunk| chunk.bytes).reduce(|all, more| all + more)
    }

    /// The columns of the primary key that a database says, by their names here; empty for files.
    pub fn key(&self) -> Vec<&str> {
        let Some(source) = self.sources.first() else {
            return Vec::new();
        };
        let Body::Database(table) = &source.body else {
            return Vec::new();
        };
        let name = |place: &usize| {
            let at = source.columns.iter().position(|own| *own == Some(*place))?;
            Some(self.schema.field(at).name().as_str())
        };
        let names = table.key().iter().map(name).collect::<Option<Vec<_>>>();
        names.unwrap_or_default()
    }

    /// What the makers of a database say of the table; none for files.
    pub fn comment(&self) -> Option<&str> {
        self.info()?.comment.as_deref()
    }

    /// What the makers of a database say of a column, by its index in the schema.
    pub fn column_comment(&self, column: usize) -> Option<&str> {
        self.column_info(column)?.comment.as_deref()
    }

    /// The type of a column as a database declares it, such as `numeric(18,2)`, by its index in the
    /// schema; none for files.
    pub fn declared(&self, column: usize) -> Option<&str> {
        Some(&self.column_info(column)?.declared)
    }

    /// About how many records it holds, as far as a database knows without counting.
    pub fn rows_estimate(&self) -> Option<u64> {
        self.info()?.rows_estimate
    }

    /// What a database says of the table.
    fn info(&self) -> Option<&TableInfo> {
        match &self.sources.first()?.body {
            Body::Database(table) => Some(table.info()),
            Body::Csv(_) | Body::Parquet(_) => None,
        }
    }

    fn column_info(&self, column: usize) -> Option<&ColumnInfo> {
        let place = self.sources.first()?.columns.get(column).copied()??;
        self.info()?.columns.get(place)
    }

    /// Its files, in the order of their paths. A database's table is one, by the table's name.
    pub fn files(&self) -> &[FileInfo] {
        &self.files
    }

    /// Its parts, in the order of files and records, always the same for the
    /// same files.
    ///
    /// The first call looks through large CSV files for places to cut them;
    /// a file that cannot be read then is one chunk, and reading it gives the
    /// error. For a first look at the records, read some of the first chunk.
    pub fn chunks(&self) -> Vec<Chunk> {
        self.chunks.get_or_init(|| crate::chunk::cut(self)).clone()
    }

    /// Starts to read one chunk.
    ///
    /// At the chunk's end the file is looked at again: if its length or its
    /// time of change is not what it was when the book was opened, that is an
    /// error.
    ///
    /// # Errors
    /// When the file cannot be opened, a column is asked for that is not there
    /// or is nested. Further errors come from the reader itself; the first
    /// error of a CSV file is the same whatever chunk is read when it is found.
    pub fn read(&self, chunk: &Chunk, request: &ReadRequest) -> Result<ChunkReader, ReadError> {
        self.read_chosen(chunk, request, None)
    }

    /// Starts to read what a part has of one chunk. Only tables of databases have parts; of a file
    /// all is read.
    ///
    /// # Errors
    /// As [`Table::read`].
    pub fn read_part(
        &self,
        chunk: &Chunk,
        request: &ReadRequest,
        part: &Arc<Part>,
    ) -> Result<ChunkReader, ReadError> {
        self.read_chosen(chunk, request, Some(part))
    }

    /// Says whether a chunk may hold a record that passes a test of all these columns, indexes into
    /// [`Table::schema`], as far as its file tells the ranges of their values (Parquet). Where it
    /// says no there is none.
    pub fn may_hold(&self, chunk: &Chunk, columns: &[usize], test: &dyn RangeTest) -> bool {
        match self
            .sources
            .get(chunk.file)
            .map(|source| (source, &source.body))
        {
            Some((source, Body::Parquet(_))) => {
                crate::parquet::may_hold(source, chunk, columns, test)
            }
            _ => true,
        }
    }

    fn read_chosen(
        &self,
        chunk: &Chunk,
        request: &ReadRequest,
        part: Option<&Arc<Part>>,
    ) -> Result<ChunkReader, ReadError> {
        let Some(source) = self.sources.get(chunk.file) else {
            let file = format!("file {} of table {}", chunk.file, self.name);
            return Err(ReadError::new(&file, ReadErrorKind::NoSuchFile));
        };
        let asked = request
            .columns
            .iter()
            .chain(request.filter.iter().flat_map(|filter| filter.columns()));
        if let Some(wrong) = asked
            .copied()
            .find(|column| *column >= self.schema.fields().len())
        {
            return Err(ReadError::new(
                &source.display,
                ReadErrorKind::NoSuchColumn(wrong),
            ));
        }
        match &source.body {
            Body::Csv(_) => crate::csv::read(
                source,
                &self.schema,
                chunk,
                request,
                Arc::clone(&self.repairs),
            ),
            Body::Parquet(_) => crate::parquet::read(source, &self.schema, chunk, request),
            Body::Database(_) => crate::database::read(source, &self.schema, chunk, request, part),
        }
    }

    /// The declared repairs of everything that was read so far to a chunk's
    /// end, without a filter: file by file, then by kind and column.
    ///
    /// Fields are counted in the columns that were asked for.
    pub fn repairs(&self) -> Vec<Repair> {
        let mut repairs: Vec<Repair> = self
            .repairs
            .totals()
            .into_iter()
            .map(|((file, what, column), count)| Repair {
                file: self.sources[file as usize].display.to_string(),
                what,
                column: column.map(|column| self.schema.field(column).name().clone()),
                count,
            })
            .collect();
        repairs.extend(
            self.sources
                .iter()
                .flat_map(|source| self.column_repairs(source)),
        );
        repairs.sort();
        repairs
    }

    /// Columns that a file lacks or that are left out; known without reading.
    fn column_repairs(&self, source: &SourceFile) -> Vec<Repair> {
        let repair = |what, column: &str| Repair {
            file: source.display.to_string(),
            what,
            column: Some(column.to_owned()),
            count: 1,
        };
        let lacking = source
            .columns
            .iter()
            .enumerate()
            .filter(|(_, place)| place.is_none());
        let lacking = lacking
            .map(|(column, _)| repair(RepairKind::Optional, self.schema.field(column).name()));
        let ignored = source
            .ignored
            .iter()
            .map(|name| repair(RepairKind::Ignore, name));
        lacking.chain(ignored).collect()
    }
}
