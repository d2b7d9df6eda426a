//! The evidence of a run: a folder that tells what was read, what was found, and by which plan.
//!
//! It is written under another name and put in its place as a whole at the end, so that a folder
//! of evidence is never half of one.

use crate::error::VerifyError;
use crate::scribe::{BREAKS_PER_BLOCK, TABLE};
use arrow_array::RecordBatch;
use arrow_select::coalesce::BatchCoalescer;
use ledger::{Flight, Reject, Report};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use serde::Serialize;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

/// Rows of a row group of `breaks.parquet`: some 100 MB of JSON text.
const ROWS_PER_GROUP: usize = 131_072;

/// Blocks that may wait for the thread that writes the table.
const BLOCKS_WAITING: usize = 4;

/// Columns of `breaks.parquet` that say something else in nearly every row. To look for values that
/// they repeat, or for the least one, costs more than it can save.
const MANIFOLD: [&str; 5] = ["expected", "actual", "fields", "source", "target"];

/// What was read, by which plan, and what was written: `manifest.json`.
#[derive(Debug, Serialize)]
pub struct Manifest {
    /// Version of this document.
    pub version: u32,
    /// Version of Crossfoot.
    pub crossfoot: String,
    /// The plan's name.
    pub plan: String,
    /// BLAKE3 of the plan and its SQL.
    pub plan_blake3: String,
    /// When the run began, in UTC.
    pub started: String,
    /// The secret of the run's hashes, told once the run is over.
    pub seed: String,
    /// The files that were read.
    pub inputs: Vec<Input>,
    /// The files of this folder but for the manifest.
    pub files: Vec<Output>,
}

/// One file of a book.
#[derive(Debug, Clone, Serialize)]
pub struct Input {
    /// `source` or `target`.
    pub book: String,
    /// The table.
    pub table: String,
    /// The file, relative to its book.
    pub file: String,
    /// Its length.
    pub bytes: u64,
    /// BLAKE3 of its bytes.
    pub blake3: String,
}

/// One file of the evidence.
#[derive(Debug, Clone, Serialize)]
pub struct Output {
    /// Its name.
    pub file: String,
    /// Its length.
    pub bytes: u64,
    /// BLAKE3 of its bytes.
    pub blake3: String,
}

/// Writes a folder of evidence.
#[derive(Debug)]
pub(crate) struct Evidence {
    folder: PathBuf,
    partial: PathBuf,
    breaks: BufWriter<File>,
    table: BreakTable,
    rejects: BufWriter<File>,
    /// Only where the books were verified while they moved.
    flights: Option<BufWriter<File>>,
}

fn failed(path: &Path) -> impl FnOnce(std::io::Error) -> VerifyError {
    let path = path.to_owned();
    move |error| VerifyError::Evidence { path, error }
}

fn create(path: &Path) -> Result<File, VerifyError> {
    File::create_new(path).map_err(failed(path))
}

impl Evidence {
    /// Makes the folder under its preliminary name.
    ///
    /// # Errors
    /// It cannot be made, or `folder` holds something that is no evidence.
    pub(crate) fn create(folder: &Path) -> Result<Self, VerifyError> {
        refuse_foreign(folder)?;
        let mut name = folder.file_name().unwrap_or_default().to_owned();
        name.push(".partial");
        let partial = folder.with_file_name(name);
        if partial.exists() {
            // Left over from a run that was killed.
            fs::remove_dir_all(&partial).map_err(failed(&partial))?;
        }
        fs::create_dir_all(&partial).map_err(failed(&partial))?;
        Ok(Self {
            breaks: BufWriter::with_capacity(1 << 20, create(&partial.join("breaks.jsonl"))?),
            table: BreakTable::create(&partial.join("breaks.parquet"))?,
            rejects: BufWriter::new(create(&partial.join("rejects.jsonl"))?),
            flights: None,
            folder: folder.to_owned(),
            partial,
        })
    }

    /// Puts the lines and rows of a block of breaks behind those before it.
    pub(crate) fn append(&mut self, lines: &[u8], rows: RecordBatch) -> Result<(), VerifyError> {
        let path = self.partial.join("breaks.jsonl");
        self.breaks.write_all(lines).map_err(failed(&path))?;
        self.table.write(rows)
    }

    pub(crate) fn write_reject(&mut self, reject: &Reject) -> Result<(), VerifyError> {
        let path = self.partial.join("rejects.jsonl");
        let mut line = serde_json::to_vec(reject).map_err(internal)?;
        line.push(b'\n');
        self.rejects.write_all(&line).map_err(failed(&path))
    }

    /// Writes a record in flight, and gives back its line.
    pub(crate) fn write_flight(&mut self, flight: &Flight) -> Result<Vec<u8>, VerifyError> {
        let path = self.partial.join("in_flight.jsonl");
        let file = match &mut self.flights {
            Some(file) => file,
            none => none.insert(BufWriter::new(create(&path)?)),
        };
        let mut line = serde_json::to_vec(flight).map_err(internal)?;
        line.push(b'\n');
        file.write_all(&line).map_err(failed(&path))?;
        Ok(line)
    }

    /// Writes the report and the manifest, and puts the folder in its place.
    pub(crate) fn close(
        self,
        report: &Report,
        manifest: impl FnOnce(Vec<Output>) -> Manifest,
    ) -> Result<(), VerifyError> {
        let Self {
            folder,
            partial,
            breaks,
            mut table,
            rejects,
            flights,
        } = self;
        let mut names = vec![
            "breaks.jsonl",
            "breaks.parquet",
            "rejects.jsonl",
            "report.json",
        ];
        let mut lines = vec![(breaks, "breaks.jsonl"), (rejects, "rejects.jsonl")];
        if let Some(flights) = flights {
            names.push("in_flight.jsonl");
            lines.push((flights, "in_flight.jsonl"));
        }
        for (writer, name) in lines {
            let path = partial.join(name);
            let file = writer
                .into_inner()
                .map_err(|error| error.into_error())
                .map_err(failed(&path))?;
            file.sync_all().map_err(failed(&path))?;
        }
        table.finish()?;
        write_json(&partial.join("report.json"), report)?;
        let outputs = names
            .iter()
            .map(|name| output(&partial, name))
            .collect::<Result<_, _>>()?;
        write_json(&partial.join("manifest.json"), &manifest(outputs))?;
        if folder.exists() {
            fs::remove_dir_all(&folder).map_err(failed(&folder))?;
        }
        fs::rename(&partial, &folder).map_err(failed(&folder))
    }

    /// Takes back what was written so far.
    pub(crate) fn abandon(mut self) {
        // The writing thread ends before its file goes.
        drop(self.table.finish());
        drop(fs::remove_dir_all(&self.partial));
    }
}

/// Only an empty folder, or one with evidence in it, may be replaced.
fn refuse_foreign(folder: &Path) -> Result<(), VerifyError> {
    let refuse = |why: &str| {
        let error = std::io::Error::new(std::io::ErrorKind::AlreadyExists, why);
        Err(VerifyError::Evidence {
            path: folder.to_owned(),
            error,
        })
    };
    if !folder.exists() {
        return Ok(());
    }
    if !folder.is_dir() {
        return refuse("is a file; name a folder for the evidence");
    }
    let mut entries = fs::read_dir(folder).map_err(failed(folder))?;
    if entries.next().is_none() || folder.join("manifest.json").is_file() {
        return Ok(());
    }
    refuse("holds something that is no evidence; name an empty or a new folder")
}

fn internal(error: impl std::fmt::Display) -> VerifyError {
    VerifyError::Internal(error.to_string())
}

fn write_json(path: &Path, document: &impl Serialize) -> Result<(), VerifyError> {
    let mut bytes = serde_json::to_vec_pretty(document).map_err(internal)?;
    bytes.push(b'\n');
    let mut file = create(path)?;
    file.write_all(&bytes)
        .and_then(|()| file.sync_all())
        .map_err(failed(path))
}

fn output(folder: &Path, name: &str) -> Result<Output, VerifyError> {
    let path = folder.join(name);
    let file = File::open(&path).map_err(failed(&path))?;
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(file).map_err(failed(&path))?;
    Ok(Output {
        file: name.to_owned(),
        bytes: hasher.count(),
        blake3: hasher.finalize().to_hex().to_string(),
    })
}

/// `breaks.parquet`: the same breaks as a table, written by a thread of its own.
struct BreakTable {
    rows: Option<SyncSender<RecordBatch>>,
    writing: Option<JoinHandle<Result<(), VerifyError>>>,
}

impl std::fmt::Debug for BreakTable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("BreakTable")
    }
}

impl BreakTable {
    fn create(path: &Path) -> Result<Self, VerifyError> {
        let file = create(path)?;
        let path = path.to_owned();
        let (rows, taken) = sync_channel::<RecordBatch>(BLOCKS_WAITING);
        let writing = std::thread::Builder::new()
            .name("breaks.parquet".to_owned())
            .spawn(move || write_table(file, &path, taken))
            .map_err(internal)?;
        Ok(Self {
            rows: Some(rows),
            writing: Some(writing),
        })
    }

    fn write(&mut self, rows: RecordBatch) -> Result<(), VerifyError> {
        let is_taken = self.rows.as_ref().is_some_and(|to| to.send(rows).is_ok());
        match is_taken {
            true => Ok(()),
            // The thread has stopped, and knows why.
            false => self.finish(),
        }
    }

    fn finish(&mut self) -> Result<(), VerifyError> {
        self.rows = None;
        let writing = self.writing.take();
        let writing = writing.ok_or_else(|| internal("the table of breaks is closed"))?;
        writing
            .join()
            .unwrap_or_else(|_| Err(internal("the table of breaks was given up")))
    }
}

/// Writes the table. Batches are cut anew to one size, so that the bytes of the file do not depend
/// on the blocks in which its rows came.
fn write_table(file: File, path: &Path, rows: Receiver<RecordBatch>) -> Result<(), VerifyError> {
    let mut properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(Default::default()))
        .set_max_row_group_row_count(Some(ROWS_PER_GROUP));
    for column in MANIFOLD {
        properties = properties
            .set_column_dictionary_enabled(column.into(), false)
            .set_column_statistics_enabled(column.into(), EnabledStatistics::None);
    }
    let properties = Some(properties.build());
    let mut writer =
        ArrowWriter::try_new(file, Arc::clone(&TABLE), properties).map_err(internal)?;
    let mut cutter = BatchCoalescer::new(Arc::clone(&TABLE), BREAKS_PER_BLOCK);
    for batch in rows {
        cutter.push_batch(batch)?;
        while let Some(batch) = cutter.next_completed_batch() {
            writer.write(&batch).map_err(internal)?;
        }
    }
    cutter.finish_buffered_batch()?;
    if let Some(batch) = cutter.next_completed_batch() {
        writer.write(&batch).map_err(internal)?;
    }
    let file = writer.into_inner().map_err(internal)?;
    file.sync_all().map_err(failed(path))
}
