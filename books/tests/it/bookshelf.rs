//! Puts files on a shelf, opens them, and says in text what was read.

use std::collections::BTreeMap;
use std::path::Path;

use arrow_array::cast::AsArray;
use arrow_array::types::UInt64Type;
use arrow_array::{Array, RecordBatch};
use books::{Book, BookError, BookSpec, ReadError, ReadRequest, Table, TableSpec};
use tempfile::TempDir;

/// A folder with these files.
pub(crate) fn shelf(files: &[(&str, &[u8])]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    folder
}

/// The book at `root`, with what the plan says about its tables.
pub(crate) fn open(root: &Path, tables: &str) -> Result<Book, Vec<BookError>> {
    open_cut(root, tables, books::CHUNK_BYTES)
}

/// As [`open`], cut finer.
pub(crate) fn open_cut(
    root: &Path,
    tables: &str,
    chunk_bytes: u64,
) -> Result<Book, Vec<BookError>> {
    let tables: BTreeMap<String, TableSpec> = toml::from_str(tables).unwrap();
    Book::open_cut(
        &BookSpec {
            root: root.to_owned(),
            tables,
            ..BookSpec::default()
        },
        chunk_bytes,
    )
}

/// All records of a table, each `FILE:ROW: a | b | ∅`.
pub(crate) fn records(table: &Table, batch_rows: usize) -> Result<Vec<String>, ReadError> {
    let mut records = Vec::new();
    let request = ReadRequest {
        batch_rows,
        ..ReadRequest::new((0..table.schema().fields().len()).collect())
    };
    for chunk in table.chunks() {
        for batch in table.read(&chunk, &request)? {
            records.extend(lines(&batch?));
        }
    }
    Ok(records)
}

/// The rows of a batch that ends with `_file` and `_row`.
pub(crate) fn lines(batch: &RecordBatch) -> Vec<String> {
    let width = batch.num_columns() - 2;
    let files = batch.column(width).as_string_view();
    let numbers = batch.column(width + 1).as_primitive::<UInt64Type>();
    (0..batch.num_rows())
        .map(|row| {
            let values: Vec<String> = (0..width).map(|at| value(batch.column(at), row)).collect();
            format!(
                "{}:{}: {}",
                files.value(row),
                numbers.value(row),
                values.join(" | ")
            )
        })
        .collect()
}

fn value(column: &dyn Array, row: usize) -> String {
    if column.is_null(row) {
        return "∅".to_owned();
    }
    match column.as_string_view_opt() {
        Some(texts) => texts.value(row).escape_debug().to_string(),
        None => format!("{:?}", column.slice(row, 1).to_data().buffers()[0]),
    }
}

/// What comes of a book with a table `t`: its records, or what is wrong.
pub(crate) fn outcome(files: &[(&str, &[u8])], tables: &str) -> String {
    let folder = shelf(files);
    match open(folder.path(), tables) {
        Err(errors) => texts(&errors).replace(&folder.path().display().to_string(), "SHELF"),
        Ok(book) => match records(book.table("t").expect("a table t"), 8192) {
            Err(error) => error.to_string(),
            Ok(records) => records.join("\n"),
        },
    }
}

/// Errors, a line each.
pub(crate) fn texts(errors: &[BookError]) -> String {
    errors
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<String>>()
        .join("\n")
}
