//! One file of a target table, written under a preliminary name.

use crate::error::{ConvertError, at};
use crate::folder;
use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// Records of a row group: what a reader later takes in one piece.
const ROWS_PER_GROUP: usize = 1 << 18;

/// A file under way. Dropped before it is finished, it is gone.
pub(crate) struct PartFile {
    path: PathBuf,
    writer: Option<ArrowWriter<Digesting>>,
    rows: u64,
}

/// A finished file.
pub(crate) struct Written {
    pub(crate) bytes: u64,
    pub(crate) blake3: String,
}

impl PartFile {
    pub(crate) fn create(path: &Path, schema: SchemaRef) -> Result<Self, ConvertError> {
        let draft = folder::unfinished(path);
        let file = File::create(&draft).map_err(at(path))?;
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
            .set_max_row_group_row_count(Some(ROWS_PER_GROUP))
            .set_statistics_enabled(EnabledStatistics::Chunk)
            .build();
        let sink = Digesting {
            file: BufWriter::with_capacity(1 << 20, file),
            hasher: blake3::Hasher::new(),
            bytes: 0,
        };
        let mut part = Self {
            path: path.to_owned(),
            writer: None,
            rows: 0,
        };
        let writer = ArrowWriter::try_new(sink, schema, Some(properties));
        part.writer = Some(writer.map_err(|error| failed(path, error))?);
        Ok(part)
    }

    pub(crate) fn write(&mut self, batch: &RecordBatch) -> Result<(), ConvertError> {
        self.rows += batch.num_rows() as u64;
        let writer = self
            .writer
            .as_mut()
            .expect("it is open until it is finished");
        writer
            .write(batch)
            .map_err(|error| failed(&self.path, error))
    }

    /// Records written so far.
    pub(crate) fn rows(&self) -> u64 {
        self.rows
    }

    /// Completes the file, brings it to the disk and gives it its name.
    pub(crate) fn finish(mut self) -> Result<Written, ConvertError> {
        let writer = self.writer.take().expect("it is finished once");
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
        if let Some(writer) = self.writer.take() {
            // Nothing more is to be written, whatever is held back in memory.
            drop(writer);
            self.forget();
        }
    }
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
