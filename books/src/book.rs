//! A book: all tables of one side.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use arrow_schema::{Field, Schema};

use crate::columns::{FileColumns, unify};
use crate::csv::{CsvFile, head_error, is_sqlite};
use crate::error::{BookError, BookErrorKind, ReadError, ReadErrorKind};
use crate::find::{FoundFile, Globs, find_tables, format_of};
use crate::parquet::ParquetFile;
use crate::place::place_fields;
use crate::repair::RepairBook;
use crate::spec::{BookSpec, Format, TableSpec};
use crate::table::{Body, FileInfo, SourceFile, Stamp, Table};

/// Bytes of a chunk of CSV, about.
pub const CHUNK_BYTES: u64 = 16 << 20;

/// All the tables of one side.
#[derive(Debug, Default)]
pub struct Book {
    tables: BTreeMap<String, Arc<Table>>,
    /// Tables that are there and may not be read.
    barred: BTreeSet<String>,
    /// Files that are there and belong to no table.
    unread: Vec<String>,
}

impl Book {
    /// Finds the files of a book and learns their columns; reads no record.
    ///
    /// # Errors
    /// All that is wrong with the book as it is described, at once: files that
    /// are not there or cannot be read, columns that do not go together,
    /// settings that cannot be.
    pub fn open(spec: &BookSpec) -> Result<Book, Vec<BookError>> {
        Book::open_cut(spec, CHUNK_BYTES)
    }

    /// As [`open`](Book::open), with CSV and tables of databases cut into chunks of about
    /// `chunk_bytes`.
    ///
    /// # Errors
    /// As [`open`](Book::open).
    pub fn open_cut(spec: &BookSpec, chunk_bytes: u64) -> Result<Book, Vec<BookError>> {
        let mut book = Book::default();
        if let Some(address) = &spec.database {
            let (tables, barred) = crate::database::open(address, spec, chunk_bytes)?;
            for table in tables {
                book.tables.insert(table.name.to_string(), Arc::new(table));
            }
            book.barred = barred.into_iter().collect();
            return Ok(book);
        }
        let found = find_tables(spec)?;
        book.unread = found.unread;
        let mut errors = Vec::new();
        for (name, files) in found.tables {
            let table_spec = spec.tables.get(&name).cloned().unwrap_or_default();
            match open_table(&name, &files, &table_spec, chunk_bytes) {
                Ok(table) => {
                    book.tables.insert(name, Arc::new(table));
                }
                Err(wrong) => errors.extend(wrong.into_iter().map(|error| error.table(&name))),
            }
        }
        if errors.is_empty() {
            Ok(book)
        } else {
            Err(errors)
        }
    }

    /// Puts the tables of another book beside these. A table of a name that is there already takes its
    /// place.
    pub fn with(mut self, other: Book) -> Book {
        self.barred.retain(|name| !other.tables.contains_key(name));
        self.tables.extend(other.tables);
        self.barred.extend(other.barred);
        self
    }

    /// Its tables, by name.
    pub fn tables(&self) -> impl Iterator<Item = &Arc<Table>> {
        self.tables.values()
    }

    /// Tables that are there and that the user of the database may not read.
    pub fn barred(&self) -> impl Iterator<Item = &str> {
        self.barred.iter().map(String::as_str)
    }

    /// Whether a table of this name is there that the user of the database may not read.
    pub fn is_barred(&self, name: &str) -> bool {
        self.barred.contains(name)
    }

    /// Files of the book's folder that belong to no table, relative to it and in order. Hidden ones,
    /// those that the plan excludes, and marks of other programs such as `_SUCCESS` are not among them.
    pub fn unread(&self) -> &[String] {
        &self.unread
    }

    /// The table of this name.
    pub fn table(&self, name: &str) -> Option<&Arc<Table>> {
        self.tables.get(name)
    }
}

/// A file that was opened, before its columns are fitted into the table's.
struct Opened {
    body: Body,
    stamp: Stamp,
    columns: FileColumns,
}

fn open_table(
    name: &str,
    files: &[FoundFile],
    spec: &TableSpec,
    chunk_bytes: u64,
) -> Result<Table, Vec<BookError>> {
    let mut errors = Vec::new();
    let overrides = match_overrides(files, spec, &mut errors);
    let formats = formats(files, spec, &mut errors);
    if !errors.is_empty() {
        return Err(errors);
    }
    let mut opened = Vec::with_capacity(files.len());
    for ((file, spec), format) in files.iter().zip(&overrides).zip(formats) {
        match open_file(file, spec, format) {
            Ok(file) => opened.push(file),
            Err(error) => errors.push(error.file(&file.display)),
        }
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    let columns: Vec<FileColumns> = opened
        .iter_mut()
        .map(|file| FileColumns {
            display: file.columns.display.clone(),
            takes_names: file.columns.takes_names,
            fields: std::mem::take(&mut file.columns.fields),
        })
        .collect();
    let unified = unify(&columns, spec)?;
    let fields: Vec<Field> = unified.fields.into_iter().chain(place_fields()).collect();
    let infos = files
        .iter()
        .zip(&opened)
        .map(|(file, opened)| file_info(file, opened))
        .collect();
    let sources = files
        .iter()
        .zip(opened)
        .zip(unified.places.into_iter().zip(unified.ignored))
        .enumerate()
        .map(|(number, ((file, opened), columns))| Arc::new(source(number, file, opened, columns)))
        .collect();
    Ok(Table {
        name: Arc::from(name),
        schema: Arc::new(Schema::new(fields)),
        files: infos,
        sources,
        chunk_bytes,
        chunks: OnceLock::new(),
        repairs: Arc::new(RepairBook::default()),
        is_named: true,
    })
}

fn file_info(file: &FoundFile, opened: &Opened) -> FileInfo {
    let rows = match &opened.body {
        Body::Csv(_) | Body::Database(_) => None,
        Body::Parquet(parquet) => Some(parquet.rows()),
    };
    FileInfo {
        path: file.display.clone(),
        bytes: opened.stamp.bytes,
        rows,
    }
}

fn source(
    number: usize,
    file: &FoundFile,
    opened: Opened,
    (columns, ignored): (Vec<Option<usize>>, Vec<String>),
) -> SourceFile {
    SourceFile {
        display: Arc::from(file.display.as_str()),
        path: file.path.clone(),
        stamp: opened.stamp,
        number: u32::try_from(number).expect("a table has fewer than 2^32 files"),
        body: opened.body,
        columns,
        ignored,
    }
}

/// What the plan says about each file, its overrides applied.
fn match_overrides(
    files: &[FoundFile],
    spec: &TableSpec,
    errors: &mut Vec<BookError>,
) -> Vec<TableSpec> {
    let mut globs = Vec::new();
    for found in &spec.overrides {
        match Globs::new(&found.files) {
            Ok(matching) => {
                for idle in matching.idle(files) {
                    errors.push(
                        BookError::new(BookErrorKind::Unmatched(format!("{idle:?}")))
                            .setting("file")
                            .mend("it is held against the paths of this table's files"),
                    );
                }
                globs.push((matching, found));
            }
            Err(error) => errors.push(error.setting("file")),
        }
    }
    let settle = |file: &FoundFile| {
        let found = globs.iter().find(|(glob, _)| glob.is_match(&file.display));
        found.map_or_else(|| spec.clone(), |(_, found)| spec.with(found))
    };
    files.iter().map(settle).collect()
}

/// The format of each file; all files of a table have the same one.
fn formats(files: &[FoundFile], spec: &TableSpec, errors: &mut Vec<BookError>) -> Vec<Format> {
    let mut formats = Vec::with_capacity(files.len());
    for file in files {
        match spec.format.or_else(|| format_of(&file.display)) {
            Some(format) => formats.push(format),
            None if is_sqlite(&file.path) => {
                errors.push(head_error(&file.display, ReadErrorKind::SqliteInstead).into());
            }
            None => errors.push(
                BookError::new(BookErrorKind::UnknownFormat)
                    .file(&file.display)
                    .setting("format")
                    .mend("say it with `format = \"csv\"` or `format = \"parquet\"`"),
            ),
        }
    }
    let other = formats
        .iter()
        .position(|format| Some(format) != formats.first());
    if let (Some(other), true) = (other, errors.is_empty()) {
        let (first, second) = (files[0].display.clone(), files[other].display.clone());
        errors.push(
            BookError::new(BookErrorKind::MixedFormats { first, second })
                .setting("files")
                .mend("make them two tables"),
        );
    }
    formats
}

fn open_file(file: &FoundFile, spec: &TableSpec, format: Format) -> Result<Opened, BookError> {
    let metadata = std::fs::metadata(&file.path)
        .map_err(|error| ReadError::new(&file.display, ReadErrorKind::Io(error.to_string())))?;
    let (body, fields) = match format {
        Format::Csv => {
            let (csv, names) = CsvFile::open(file, spec)?;
            let fields = names
                .into_iter()
                .map(|name| Field::new(name, arrow_schema::DataType::Utf8View, true))
                .collect();
            (Body::Csv(csv), fields)
        }
        Format::Parquet => {
            let (parquet, fields) = ParquetFile::open(file)?;
            (Body::Parquet(parquet), fields)
        }
    };
    let columns = FileColumns {
        display: file.display.clone(),
        takes_names: format == Format::Csv,
        fields,
    };
    Ok(Opened {
        body,
        stamp: Stamp::of(&metadata),
        columns,
    })
}
