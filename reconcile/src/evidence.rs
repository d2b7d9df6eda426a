//! The evidence of a run: a folder that tells what was read, what was found, and by which plan.
//!
//! It is written under another name and put in its place as a whole at the end, so that a folder
//! of evidence is never half of one.

use crate::error::VerifyError;
use arrow_array::builder::{StringBuilder, UInt64Builder};
use arrow_array::{ArrayRef, RecordBatch};
use ledger::{Break, Reject, Report};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;
use serde::Serialize;
use std::fs::{self, File};
use std::io::{BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Lines of `breaks.parquet` that are written at a time.
const BREAKS_PER_BATCH: usize = 4_096;

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
    line: Vec<u8>,
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
            line: Vec::new(),
            folder: folder.to_owned(),
            partial,
        })
    }

    /// Writes one break; gives the bytes of its line.
    pub(crate) fn write_break(&mut self, found: &Break) -> Result<&[u8], VerifyError> {
        self.line.clear();
        serde_json::to_writer(&mut self.line, found).map_err(internal)?;
        self.line.push(b'\n');
        let path = self.partial.join("breaks.jsonl");
        self.breaks.write_all(&self.line).map_err(failed(&path))?;
        self.table.push(found)?;
        Ok(&self.line)
    }

    pub(crate) fn write_reject(&mut self, reject: &Reject) -> Result<(), VerifyError> {
        let path = self.partial.join("rejects.jsonl");
        let mut line = serde_json::to_vec(reject).map_err(internal)?;
        line.push(b'\n');
        self.rejects.write_all(&line).map_err(failed(&path))
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
            table,
            rejects,
            ..
        } = self;
        for (writer, name) in [(breaks, "breaks.jsonl"), (rejects, "rejects.jsonl")] {
            let path = partial.join(name);
            let file = writer
                .into_inner()
                .map_err(|error| error.into_error())
                .map_err(failed(&path))?;
            file.sync_all().map_err(failed(&path))?;
        }
        table.close()?;
        write_json(&partial.join("report.json"), report)?;
        let names = [
            "breaks.jsonl",
            "breaks.parquet",
            "rejects.jsonl",
            "report.json",
        ];
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
    pub(crate) fn abandon(self) {
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
    let mut file = File::open(&path).map_err(failed(&path))?;
    let mut hasher = blake3::Hasher::new();
    let mut buffer = vec![0; 1 << 20];
    let mut bytes = 0;
    loop {
        match file.read(&mut buffer).map_err(failed(&path))? {
            0 => break,
            count => {
                hasher.update(&buffer[..count]);
                bytes += count as u64;
            }
        }
    }
    Ok(Output {
        file: name.to_owned(),
        bytes,
        blake3: hasher.finalize().to_hex().to_string(),
    })
}

/// Columns of `breaks.parquet` that hold text; records and lists are JSON.
const TEXTS: [&str; 12] = [
    "agreement",
    "kind",
    "key",
    "expected",
    "actual",
    "fields",
    "difference",
    "source",
    "target",
    "cause_id",
    "cause_status",
    "cause_says",
];

/// `breaks.parquet`: the same breaks as a table.
struct BreakTable {
    path: PathBuf,
    writer: Option<ArrowWriter<File>>,
    file: Option<File>,
    texts: Vec<StringBuilder>,
    copies: [UInt64Builder; 2],
    rows: usize,
}

impl std::fmt::Debug for BreakTable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BreakTable")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

impl BreakTable {
    fn create(path: &Path) -> Result<Self, VerifyError> {
        Ok(Self {
            file: Some(create(path)?),
            path: path.to_owned(),
            writer: None,
            texts: TEXTS.iter().map(|_| StringBuilder::new()).collect(),
            copies: [UInt64Builder::new(), UInt64Builder::new()],
            rows: 0,
        })
    }

    fn push(&mut self, found: &Break) -> Result<(), VerifyError> {
        let json = |value: &dyn ErasedJson| value.json();
        let values = [
            Some(found.agreement.clone()),
            Some(found.kind.as_str().to_owned()),
            Some(json(&found.key)?),
            found
                .expected
                .as_ref()
                .map(|record| json(record))
                .transpose()?,
            found
                .actual
                .as_ref()
                .map(|record| json(record))
                .transpose()?,
            Some(json(&found.fields)?),
            Some(json(&found.difference)?),
            Some(json(&found.source)?),
            Some(json(&found.target)?),
            found.cause.id.clone(),
            Some(json(&found.cause.status)?.trim_matches('"').to_owned()),
            Some(found.cause.says.clone()),
        ];
        for (builder, value) in self.texts.iter_mut().zip(values) {
            builder.append_option(value);
        }
        self.copies[0].append_value(found.copies.expected);
        self.copies[1].append_value(found.copies.actual);
        self.rows += 1;
        if self.rows >= BREAKS_PER_BATCH {
            self.flush()
        } else {
            Ok(())
        }
    }

    fn flush(&mut self) -> Result<(), VerifyError> {
        let texts = self
            .texts
            .iter_mut()
            .map(|builder| Arc::new(builder.finish()) as ArrayRef);
        let texts = TEXTS
            .into_iter()
            .zip(texts)
            .map(|(name, array)| (name, array, true));
        let [expected, actual] = &mut self.copies;
        let copies = [
            (
                "copies_expected",
                Arc::new(expected.finish()) as ArrayRef,
                false,
            ),
            (
                "copies_actual",
                Arc::new(actual.finish()) as ArrayRef,
                false,
            ),
        ];
        let batch = RecordBatch::try_from_iter_with_nullable(texts.chain(copies))?;
        self.rows = 0;
        if let Some(file) = self.file.take() {
            let properties =
                WriterProperties::builder().set_compression(Compression::ZSTD(Default::default()));
            let writer = ArrowWriter::try_new(file, batch.schema(), Some(properties.build()));
            self.writer = Some(writer.map_err(internal)?);
        }
        match &mut self.writer {
            Some(writer) => writer.write(&batch).map_err(internal),
            None => Err(internal("the table of breaks is closed")),
        }
    }

    fn close(mut self) -> Result<(), VerifyError> {
        self.flush()?;
        let writer = self
            .writer
            .take()
            .ok_or_else(|| internal("the table of breaks is closed"))?;
        let file = writer.into_inner().map_err(internal)?;
        file.sync_all().map_err(failed(&self.path))
    }
}

/// Anything that becomes JSON text.
trait ErasedJson {
    fn json(&self) -> Result<String, VerifyError>;
}

impl<T: Serialize> ErasedJson for T {
    fn json(&self) -> Result<String, VerifyError> {
        serde_json::to_string(self).map_err(internal)
    }
}
