//! One file of a target table, written under a preliminary name.

use crate::error::{ConvertError, at};
use crate::folder;
use crate::manifest::Written;
use arrow_array::{ArrayRef, RecordBatch};
use arrow_row::{RowConverter, SortField};
use arrow_schema::SchemaRef;
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::errors::ParquetError;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::ColumnPath;
use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Records of a row group: what a reader later takes in one piece.
const ROWS_PER_GROUP: usize = 1 << 18;

/// Of a column's first values so many in a hundred may be other ones for a dictionary to be tried.
const DISTINCT_PERCENT_MAX: usize = 25;

/// A file under way. Dropped before it is finished, it is gone.
pub(crate) struct PartFile {
    path: PathBuf,
    schema: SchemaRef,
    /// Columns that a reader looks records up by.
    key: Vec<String>,
    state: State,
    rows: u64,
}

/// How far a file has come.
enum State {
    /// Nothing is written yet: the first records say how.
    New(Box<Digesting>),
    Open(Box<ArrowWriter<Digesting>>),
    /// Finished, or given up.
    Closed,
}

impl PartFile {
    pub(crate) fn create(
        path: &Path,
        schema: SchemaRef,
        key: &[String],
    ) -> Result<Self, ConvertError> {
        let draft = folder::unfinished(path);
        let file = File::create(&draft).map_err(at(path))?;
        let sink = Digesting {
            file: BufWriter::with_capacity(1 << 20, file),
            hasher: blake3::Hasher::new(),
            bytes: 0,
        };
        Ok(Self {
            path: path.to_owned(),
            schema,
            key: key.to_vec(),
            state: State::New(Box::new(sink)),
            rows: 0,
        })
    }

    pub(crate) fn write(&mut self, batch: &RecordBatch) -> Result<(), ConvertError> {
        self.rows += batch.num_rows() as u64;
        let path = self.path.clone();
        let writer = self.open(Some(batch))?;
        writer.write(batch).map_err(|error| failed(&path, error))
    }

    /// Opens the file, if it is not open yet, as it suits its first records.
    fn open(
        &mut self,
        first: Option<&RecordBatch>,
    ) -> Result<&mut ArrowWriter<Digesting>, ConvertError> {
        let state = std::mem::replace(&mut self.state, State::Closed);
        let writer = match state {
            State::Open(writer) => writer,
            State::New(sink) => {
                let properties = properties(&self.schema, &self.key, first)?;
                let opened =
                    ArrowWriter::try_new(*sink, Arc::clone(&self.schema), Some(properties));
                Box::new(opened.map_err(|error| failed(&self.path, error))?)
            }
            State::Closed => {
                let message = "a file was written to after its end".to_owned();
                return Err(ConvertError::Internal(message));
            }
        };
        self.state = State::Open(writer);
        match &mut self.state {
            State::Open(writer) => Ok(writer),
            State::New(_) | State::Closed => unreachable!("it has just been opened"),
        }
    }

    /// Records written so far.
    pub(crate) fn rows(&self) -> u64 {
        self.rows
    }

    /// Completes the file, brings it to the disk and gives it its name.
    pub(crate) fn finish(mut self) -> Result<Written, ConvertError> {
        self.open(None)?;
        let State::Open(writer) = std::mem::replace(&mut self.state, State::Closed) else {
            unreachable!("it has just been opened");
        };
        let sink = writer
            .into_inner()
            .map_err(|error| failed(&self.path, error));
        let done = sink.and_then(|sink| {
            let Digesting {
                file,
                hasher,
                bytes,
            } = sink;
            let file = file.into_inner().map_err(io::IntoInnerError::into_error);
            file.and_then(|file| file.sync_all())
                .map_err(at(&self.path))?;
            folder::settle(&self.path)?;
            Ok(Written {
                bytes,
                blake3: hasher.finalize().to_hex().to_string(),
            })
        });
        if done.is_err() {
            self.forget();
        }
        done
    }

    fn forget(&self) {
        // It has a name that nothing reads, and goes at the next start if not now.
        drop(fs::remove_file(folder::unfinished(&self.path)));
    }
}

impl Drop for PartFile {
    fn drop(&mut self) {
        // Nothing more is to be written, whatever is held back in memory.
        match std::mem::replace(&mut self.state, State::Closed) {
            State::New(_) | State::Open(_) => self.forget(),
            State::Closed => {}
        }
    }
}

/// How a file is written whose first records are these.
///
/// A dictionary of values that hardly repeat costs a look-up for each and is thrown away in the
/// end: such columns go without. Texts are held against the least and the greatest so far only
/// where a reader asks for them, in keys.
fn properties(
    schema: &SchemaRef,
    key: &[String],
    first: Option<&RecordBatch>,
) -> Result<WriterProperties, ConvertError> {
    let mut builder = WriterProperties::builder()
        .set_compression(Compression::LZ4_RAW)
        .set_max_row_group_row_count(Some(ROWS_PER_GROUP))
        .set_statistics_enabled(EnabledStatistics::Chunk);
    for (at, field) in schema.fields().iter().enumerate() {
        let path = || ColumnPath::from(field.name().as_str());
        if field.data_type().is_string() && !key.contains(field.name()) {
            builder = builder.set_column_statistics_enabled(path(), EnabledStatistics::None);
        }
        if let Some(first) = first
            && distinct(first.column(at))? * 100 > first.num_rows() * DISTINCT_PERCENT_MAX
        {
            builder = builder.set_column_dictionary_enabled(path(), false);
        }
    }
    Ok(builder.build())
}

/// How many different values a column has.
fn distinct(column: &ArrayRef) -> Result<usize, ConvertError> {
    let converter = RowConverter::new(vec![SortField::new(column.data_type().clone())])?;
    let rows = converter.convert_columns(std::slice::from_ref(column))?;
    let values: HashSet<&[u8]> = rows.iter().map(|row| row.data()).collect();
    Ok(values.len())
}

/// Keeps apart what the disk says from what the format says.
fn failed(path: &Path, error: ParquetError) -> ConvertError {
    match error {
        ParquetError::External(error) => match error.downcast::<io::Error>() {
            Ok(error) => at(path)(*error),
            Err(error) => ConvertError::Internal(error.to_string()),
        },
        error => ConvertError::Internal(format!("{}: {error}", path.display())),
    }
}

/// Digests what passes.
struct Digesting {
    file: BufWriter<File>,
    hasher: blake3::Hasher,
    bytes: u64,
}

impl Write for Digesting {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.file.write(bytes)?;
        self.hasher.update(&bytes[..count]);
        self.bytes += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
