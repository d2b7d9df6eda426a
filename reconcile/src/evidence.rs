//! The evidence of a run: a folder that tells what was read, what was found, and by which plan.
//!
//! It is written under another name and put in its place as a whole at the end, so that a folder
//! of evidence is never half of one. What is not ours is neither replaced nor removed.

use crate::error::VerifyError;
use crate::partial::{Partial, Taken, partial_of, sweep};
use crate::scribe::{BREAKS_PER_BLOCK, TABLE};
use arrow_array::RecordBatch;
use arrow_select::coalesce::BatchCoalescer;
use ledger::{Flight, Reject, Report};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, BufWriter, ErrorKind, Write};
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

/// Names the files of the folder.
pub(crate) const MANIFEST: &str = "manifest.json";

/// All files that a run may write.
pub(crate) const FILES: [&str; 6] = [
    "breaks.jsonl",
    "breaks.parquet",
    "in_flight.jsonl",
    "rejects.jsonl",
    "report.json",
    MANIFEST,
];

/// What `window release` puts beside them: the daybook, and its preliminary name.
const DAYBOOKS: [&str; 2] = ["daybook.jsonl", ".daybook.jsonl.unfinished"];

/// The greatest number behind the name of a folder.
const NUMBERS: u32 = 9_999;

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

/// Writes a folder of evidence. Unless it is closed, nothing of it is left.
#[derive(Debug)]
pub(crate) struct Evidence {
    folder: PathBuf,
    number: u32,
    breaks: BufWriter<File>,
    table: BreakTable,
    rejects: BufWriter<File>,
    /// Only where the books were verified while they moved.
    flights: Option<BufWriter<File>>,
    /// The last to go: by then nobody writes into it any more.
    partial: Partial,
}

pub(crate) fn failed(path: &Path) -> impl FnOnce(io::Error) -> VerifyError {
    let path = path.to_owned();
    move |error| VerifyError::Evidence { path, error }
}

fn refused(path: &Path, why: impl Into<String>) -> VerifyError {
    let why: String = why.into();
    failed(path)(io::Error::new(ErrorKind::AlreadyExists, why))
}

fn create(path: &Path) -> Result<File, VerifyError> {
    File::create_new(path).map_err(failed(path))
}

impl Evidence {
    /// Makes the folder under its preliminary name; evidence that is there is replaced at the end.
    ///
    /// # Errors
    /// It cannot be made, another run is writing it, or `folder` holds something that is no evidence.
    pub(crate) fn create(folder: &Path) -> Result<Self, VerifyError> {
        if folder.file_name().is_none() {
            return Err(refused(
                folder,
                "has no name of its own; name a folder for the evidence",
            ));
        }
        replaced_in(folder)?;
        let partial = partial_of(folder);
        match Partial::take(&partial)? {
            Taken::Held(partial) => Self::begin(folder.to_owned(), 1, partial),
            Taken::Busy => Err(refused(
                folder,
                "another run is writing this evidence; wait for it, or name another folder",
            )),
            Taken::Foreign(why) => Err(refused(&partial, why)),
        }
    }

    /// Makes a folder of a name that nobody has, under its preliminary name: `folder`, or with a number
    /// behind it. What runs left beside it that were killed goes away.
    ///
    /// # Errors
    /// It cannot be made.
    pub(crate) fn create_numbered(folder: &Path) -> Result<Self, VerifyError> {
        if let Some(beside) = folder.parent() {
            sweep(beside);
        }
        for number in 1..=NUMBERS {
            let own = numbered(folder, number);
            if is_there(&own) {
                continue;
            }
            // Between that look and the lock a run may have ended that had this name.
            if let Taken::Held(partial) = Partial::take(&partial_of(&own))?
                && !is_there(&own)
            {
                return Self::begin(own, number, partial);
            }
        }
        Err(refused(
            folder,
            "is there, and so is every name with a number behind it",
        ))
    }

    fn begin(folder: PathBuf, number: u32, partial: Partial) -> Result<Self, VerifyError> {
        let file = |name: &str| partial.path().join(name);
        Ok(Self {
            breaks: BufWriter::with_capacity(1 << 20, create(&file("breaks.jsonl"))?),
            table: BreakTable::create(&file("breaks.parquet"))?,
            rejects: BufWriter::new(create(&file("rejects.jsonl"))?),
            flights: None,
            folder,
            number,
            partial,
        })
    }

    /// The folder in which it will lie.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// How that folder is shown where the one that was asked for is shown so.
    pub(crate) fn shown(&self, shown: &str) -> String {
        if self.number == 1 || shown.is_empty() {
            return shown.to_owned();
        }
        let number = self.number;
        match shown.strip_suffix('/') {
            Some(bare) => format!("{bare}-{number}/"),
            None => format!("{shown}-{number}"),
        }
    }

    /// Makes a folder for what cannot be held in memory; it goes away with what it gives, or with the
    /// run.
    pub(crate) fn scratch(&self) -> Result<tempfile::TempDir, VerifyError> {
        self.partial.scratch()
    }

    /// Puts the lines and rows of a block of breaks behind those before it.
    pub(crate) fn append(&mut self, lines: &[u8], rows: RecordBatch) -> Result<(), VerifyError> {
        let path = self.partial.path().join("breaks.jsonl");
        self.breaks.write_all(lines).map_err(failed(&path))?;
        self.table.write(rows)
    }

    pub(crate) fn write_reject(&mut self, reject: &Reject) -> Result<(), VerifyError> {
        let path = self.partial.path().join("rejects.jsonl");
        let mut line = serde_json::to_vec(reject).map_err(internal)?;
        line.push(b'\n');
        self.rejects.write_all(&line).map_err(failed(&path))
    }

    /// Writes a record in flight, and gives back its line.
    pub(crate) fn write_flight(&mut self, flight: &Flight) -> Result<Vec<u8>, VerifyError> {
        let path = self.partial.path().join("in_flight.jsonl");
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
            ..
        } = self;
        let unfinished = partial.path().to_owned();
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
            let path = unfinished.join(name);
            let file = writer
                .into_inner()
                .map_err(|error| error.into_error())
                .map_err(failed(&path))?;
            file.sync_all().map_err(failed(&path))?;
        }
        table.finish()?;
        write_json(&unfinished.join("report.json"), report)?;
        let outputs = names
            .iter()
            .map(|name| output(&unfinished, name))
            .collect::<Result<_, _>>()?;
        write_json(&unfinished.join(MANIFEST), &manifest(outputs))?;
        partial.place(&folder)
    }
}

/// The folder of a name with a number behind it; the first one has none.
fn numbered(folder: &Path, number: u32) -> PathBuf {
    if number == 1 {
        return folder.to_owned();
    }
    let mut name = folder.file_name().unwrap_or_default().to_owned();
    name.push(format!("-{number}"));
    folder.with_file_name(name)
}

fn is_there(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok()
}

/// Takes away the evidence that is in a folder, so that other evidence can come there.
pub(crate) fn make_room(folder: &Path) -> Result<(), VerifyError> {
    let mut files = replaced_in(folder)?;
    if folder.is_symlink() {
        // What it leads to stays as it is.
        return fs::remove_file(folder).map_err(failed(folder));
    }
    // The manifest goes last: as long as anything is left, it tells what that is.
    files.sort_by_key(|file| file.ends_with(MANIFEST));
    for file in files {
        fs::remove_file(&file).map_err(failed(&file))?;
    }
    match fs::remove_dir(folder) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(failed(folder)(error)),
        _ => Ok(()),
    }
}

/// The files of a folder that is replaced: only an empty one is, or one that holds evidence and nothing
/// else.
fn replaced_in(folder: &Path) -> Result<Vec<PathBuf>, VerifyError> {
    if !folder.exists() {
        return Ok(Vec::new());
    }
    if !folder.is_dir() {
        return Err(refused(folder, "is a file; name a folder for the evidence"));
    }
    let files = evidence_in(folder).map_err(failed(folder))?;
    files.map_err(|name| {
        let why = format!("holds {name}, which is no evidence; name an empty or a new folder");
        refused(folder, why)
    })
}

/// The files of a folder if all of them are evidence; else what is none, the first by its name.
pub(crate) fn evidence_in(folder: &Path) -> io::Result<Result<Vec<PathBuf>, String>> {
    let listed = listed_in(folder);
    let (mut files, mut strangers) = (Vec::new(), Vec::new());
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        match entry.file_type()?.is_file() && listed.contains(&name) {
            true => files.push(entry.path()),
            false => strangers.push(name),
        }
    }
    Ok(match strangers.into_iter().min() {
        Some(name) => Err(name),
        None => Ok(files),
    })
}

/// A manifest, as far as it tells whose it is and what lies beside it.
#[derive(Deserialize)]
struct Listed {
    version: u32,
    crossfoot: String,
    plan_blake3: String,
    files: Vec<ListedFile>,
}

#[derive(Deserialize)]
struct ListedFile {
    file: String,
}

/// The names that evidence in this folder may have; none where no manifest of ours is in it.
fn listed_in(folder: &Path) -> BTreeSet<String> {
    let manifest = fs::read(folder.join(MANIFEST)).ok();
    let manifest = manifest.and_then(|bytes| serde_json::from_slice::<Listed>(&bytes).ok());
    let is_digest = |text: &str| text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit());
    let Some(manifest) = manifest.filter(|manifest| {
        manifest.version > 0 && !manifest.crossfoot.is_empty() && is_digest(&manifest.plan_blake3)
    }) else {
        return BTreeSet::new();
    };
    let listed = manifest.files.into_iter().map(|listed| listed.file);
    let beside = DAYBOOKS.into_iter().chain([MANIFEST]).map(str::to_owned);
    listed.chain(beside).collect()
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

impl Drop for BreakTable {
    fn drop(&mut self) {
        // The writing thread ends before its file goes.
        drop(self.finish());
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
