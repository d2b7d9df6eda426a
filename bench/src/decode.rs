//! The floor: both files decoded with the bare Parquet readers, and nothing else.

use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use anyhow::{Context, Result, anyhow};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder,
};

const ROWS_PER_BATCH: usize = 8192;

/// A file with its footer, read once.
struct Book {
    path: PathBuf,
    metadata: ArrowReaderMetadata,
}

/// Decodes every column of every row group and returns how many rows there were.
///
/// Row groups are handed to the threads one by one; each reader has a `File` of
/// its own, because a cloned one shares its position.
pub(crate) fn all(paths: &[PathBuf], threads: usize) -> Result<usize> {
    let books: Vec<Book> = paths.iter().map(open).collect::<Result<_>>()?;
    let groups = |book: usize| {
        let count = books[book].metadata.metadata().num_row_groups();
        (0..count).map(move |group| (book, group))
    };
    let work: Vec<(usize, usize)> = (0..books.len()).flat_map(groups).collect();
    let next = AtomicUsize::new(0);
    let decode_some = || -> Result<usize> {
        let mut rows = 0;
        while let Some((book, group)) = work.get(next.fetch_add(1, Ordering::Relaxed)) {
            rows += decode(&books[*book], *group)?;
        }
        Ok(rows)
    };
    thread::scope(|scope| {
        let started: Vec<_> = (0..threads).map(|_| scope.spawn(decode_some)).collect();
        let ended = started.into_iter().map(thread::ScopedJoinHandle::join);
        ended
            .map(|rows| rows.map_err(|_| anyhow!("a reader panicked"))?)
            .sum()
    })
}

fn open(path: &PathBuf) -> Result<Book> {
    let file = File::open(path).with_context(|| path.display().to_string())?;
    let plain = ArrowReaderMetadata::load(&file, ArrowReaderOptions::new())?;
    let options = ArrowReaderOptions::new().with_schema(cheapest(plain.schema()));
    Ok(Book {
        path: path.clone(),
        metadata: ArrowReaderMetadata::load(&file, options)?,
    })
}

/// The same columns in the types that decode fastest: text as views, narrow decimals in 64 bits.
fn cheapest(schema: &SchemaRef) -> SchemaRef {
    let cheaper = |field: &Arc<Field>| {
        let kind = match field.data_type() {
            DataType::Utf8 => DataType::Utf8View,
            DataType::Decimal128(precision @ ..=18, scale) => {
                DataType::Decimal64(*precision, *scale)
            }
            other => other.clone(),
        };
        field.as_ref().clone().with_data_type(kind)
    };
    Arc::new(Schema::new(
        schema.fields().iter().map(cheaper).collect::<Vec<_>>(),
    ))
}

fn decode(book: &Book, group: usize) -> Result<usize> {
    let file = File::open(&book.path)?;
    let reader = ParquetRecordBatchReaderBuilder::new_with_metadata(file, book.metadata.clone())
        .with_row_groups(vec![group])
        .with_batch_size(ROWS_PER_BATCH)
        .build()?;
    let mut rows = 0;
    for batch in reader {
        rows += std::hint::black_box(batch?).num_rows();
    }
    Ok(rows)
}
