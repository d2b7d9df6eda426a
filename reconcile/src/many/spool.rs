//! A file of batches: written by whoever has some, then read from its beginning.

use crate::error::VerifyError;
use arrow_array::RecordBatch;
use arrow_ipc::CompressionType;
use arrow_ipc::reader::StreamReader;
use arrow_ipc::writer::{IpcWriteOptions, StreamWriter};
use arrow_schema::ArrowError;
use std::fs::File;
use std::io::{self, BufReader, BufWriter};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// A file of batches, which is gone when this is.
pub(super) struct Spool {
    path: PathBuf,
    writer: Mutex<Option<StreamWriter<BufWriter<File>>>>,
    rows: AtomicU64,
}

/// Reads the batches of a file.
pub(super) struct Batches {
    reader: StreamReader<BufReader<File>>,
    path: PathBuf,
}

impl Iterator for Batches {
    type Item = Result<RecordBatch, VerifyError>;

    fn next(&mut self) -> Option<Self::Item> {
        let batch = self.reader.next()?;
        Some(batch.map_err(|error| spill_error(&self.path, error)))
    }
}

impl Spool {
    /// Makes no file before something is written.
    pub(super) fn new(path: PathBuf) -> Self {
        Self {
            path,
            writer: Mutex::new(None),
            rows: AtomicU64::new(0),
        }
    }

    /// Rows written so far.
    pub(super) fn rows(&self) -> u64 {
        self.rows.load(Ordering::Relaxed)
    }

    pub(super) fn write(&self, batch: &RecordBatch) -> Result<(), VerifyError> {
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        if writer.is_none() {
            let file = File::create_new(&self.path).map_err(|error| self.failed(error))?;
            let options = IpcWriteOptions::default()
                .try_with_compression(Some(CompressionType::LZ4_FRAME))?;
            *writer = Some(StreamWriter::try_new_with_options(
                BufWriter::new(file),
                &batch.schema(),
                options,
            )?);
        }
        if let Some(writer) = writer.as_mut() {
            let written = writer.write(batch);
            written.map_err(|error| spill_error(&self.path, error))?;
        }
        self.rows
            .fetch_add(batch.num_rows() as u64, Ordering::Relaxed);
        Ok(())
    }

    /// Ends the file: nothing is written after that.
    pub(super) fn finish(&self) -> Result<(), VerifyError> {
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(mut writer) = writer.take() {
            let finished = writer.finish();
            finished.map_err(|error| spill_error(&self.path, error))?;
        }
        Ok(())
    }

    /// What was written, read through a buffer of so many bytes; none where nothing was.
    pub(super) fn batches(&self, buffer: usize) -> Result<Option<Batches>, VerifyError> {
        if self.rows() == 0 {
            return Ok(None);
        }
        let file = File::open(&self.path).map_err(|error| self.failed(error))?;
        let reader = StreamReader::try_new(BufReader::with_capacity(buffer, file), None);
        Ok(Some(Batches {
            reader: reader.map_err(|error| spill_error(&self.path, error))?,
            path: self.path.clone(),
        }))
    }

    /// Takes the file away before this goes.
    pub(super) fn remove(&self) -> Result<(), VerifyError> {
        match self.rows() {
            0 => Ok(()),
            _ => std::fs::remove_file(&self.path).map_err(|error| self.failed(error)),
        }
    }

    fn failed(&self, error: io::Error) -> VerifyError {
        failed(&self.path, error)
    }
}

/// What is wrong with the file, where that is what went wrong.
fn spill_error(path: &Path, error: ArrowError) -> VerifyError {
    match error {
        ArrowError::IoError(_, error) => failed(path, error),
        other => other.into(),
    }
}

fn failed(path: &Path, error: io::Error) -> VerifyError {
    VerifyError::Evidence {
        path: path.to_owned(),
        error,
    }
}

impl Drop for Spool {
    fn drop(&mut self) {
        if self.rows() > 0 {
            // It may be gone already; else it goes with the folder that it lies in.
            drop(std::fs::remove_file(&self.path));
        }
    }
}
