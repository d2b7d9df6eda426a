//! Records that a rule cannot convert, counted always and kept when asked: the last ones in
//! memory, those before them in sorted runs on disk.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Lines, Seek, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_cast::display::{ArrayFormatter, FormatOptions};
use arrow_schema::{Schema, SchemaRef};
use datafusion::common::Result;
use serde::{Deserialize, Serialize};

use super::lineage::{self, ScanName};
use super::scan::{FILE, ROW};
use super::session::Which;

/// A record on which a rule, a target query or a requirement failed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Reject {
    /// The records of the books that it stands for; more than one after a join, none where the
    /// run carried no lineage or where records had been grouped before.
    pub sources: Vec<RejectedRecord>,
    /// Why, in the words of the expression that failed.
    pub reason: String,
    /// The values that the failing expression could see, as text; `None` is NULL.
    pub values: Vec<(String, Option<String>)>,
}

/// One record of a book, whole and with its place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RejectedRecord {
    /// The book.
    pub side: Which,
    /// The table.
    pub table: String,
    /// The file, relative to the book; empty in a database.
    pub file: String,
    /// The line (text) or row (Parquet) in the file, the number by the key in a database.
    pub row: u64,
    /// All columns in the order of the table, as text; `None` is NULL.
    pub record: Vec<(String, Option<String>)>,
}

impl From<RejectedRecord> for ledger::SourceRecord {
    fn from(record: RejectedRecord) -> Self {
        Self {
            table: record.table.into(),
            file: (!record.file.is_empty()).then(|| record.file.into()),
            row: Some(record.row),
            fields: record.record.into_iter().collect(),
        }
    }
}

/// Rejects that are held before they go to disk; one takes some 2 kB.
const HELD_ROWS: usize = 1 << 15;
/// Bytes of the batches that are held before they go to disk.
const HELD_BYTES: usize = 32 << 20;
/// Sorted runs that are read at a time.
const RUNS: usize = 64;

/// Collects the rejects of one run, from all its partitions.
#[derive(Debug, Default)]
pub struct Rejects {
    keep: Option<Keep>,
    count: AtomicU64,
    held: Mutex<Held>,
}

/// How rejects are kept.
#[derive(Debug)]
struct Keep {
    /// Where they go when they are too many to hold; all are held where there is none.
    folder: Option<PathBuf>,
    rows_max: usize,
}

/// The rejects so far: the last ones, and sorted runs of those before them.
#[derive(Debug, Default)]
struct Held {
    kept: Vec<Kept>,
    rows: usize,
    bytes: usize,
    runs: Vec<File>,
}

/// The failing rows of one batch.
#[derive(Debug)]
struct Kept {
    origin: Arc<Origin>,
    rows: RecordBatch,
    reasons: Vec<String>,
}

impl Rejects {
    /// Only counts.
    pub fn counting() -> Arc<Self> {
        Arc::new(Self::default())
    }

    /// Counts and holds the records, for runs that reject few; to be used with a run that carries
    /// lineage.
    pub fn keeping() -> Arc<Self> {
        let keep = Keep {
            folder: None,
            rows_max: usize::MAX,
        };
        Arc::new(Self {
            keep: Some(keep),
            ..Self::default()
        })
    }

    /// Counts and keeps the records, any number of them: beyond some ten thousand they go to
    /// files without a name in `folder`. To be used with a run that carries lineage.
    pub fn keeping_in(folder: &Path) -> Arc<Self> {
        Self::keeping_at_most(HELD_ROWS, folder)
    }

    /// As [`Rejects::keeping_in`], with another number of rejects to hold.
    pub(super) fn keeping_at_most(rows_max: usize, folder: &Path) -> Arc<Self> {
        let keep = Keep {
            folder: Some(folder.to_owned()),
            rows_max,
        };
        Arc::new(Self {
            keep: Some(keep),
            ..Self::default()
        })
    }

    /// Returns how many rows have been rejected so far.
    pub fn count(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }

    /// Returns the rejects that are held, ordered by table, file, row, reason and values, whatever
    /// the order in which partitions found them.
    pub fn read(&self) -> Vec<Reject> {
        sorted(&self.held().kept)
    }

    /// Takes the rejects out, one by one, in the order of [`Rejects::read`].
    ///
    /// # Errors
    /// When a file cannot be written or read; the same of every reject.
    pub fn take(&self) -> io::Result<impl Iterator<Item = io::Result<Reject>> + use<>> {
        let Held { kept, mut runs, .. } = std::mem::take(&mut *self.held());
        while let (
            true,
            Some(Keep {
                folder: Some(folder),
                ..
            }),
        ) = (runs.len() > RUNS, &self.keep)
        {
            let rest = runs.split_off(RUNS);
            let merged = write_run(Merge::new(runs, Vec::new())?, folder)?;
            runs = rest;
            runs.push(merged);
        }
        Merge::new(runs, sorted(&kept))
    }

    /// Counts, and keeps when asked, `rows` with one reason each.
    pub(super) fn add(
        &self,
        origin: &Arc<Origin>,
        rows: RecordBatch,
        reasons: Vec<String>,
    ) -> io::Result<()> {
        self.count
            .fetch_add(reasons.len() as u64, Ordering::Relaxed);
        let Some(keep) = &self.keep else {
            return Ok(());
        };
        let full = {
            let mut held = self.held();
            held.rows += reasons.len();
            held.bytes += rows.get_array_memory_size();
            held.kept.push(Kept {
                origin: Arc::clone(origin),
                rows,
                reasons,
            });
            let is_full = held.rows >= keep.rows_max || held.bytes >= HELD_BYTES;
            match &keep.folder {
                Some(folder) if is_full => {
                    (held.rows, held.bytes) = (0, 0);
                    Some((std::mem::take(&mut held.kept), folder))
                }
                _ => None,
            }
        };
        // Others go on meanwhile.
        if let Some((kept, folder)) = full {
            let run = write_run(sorted(&kept).into_iter().map(Ok), folder)?;
            self.held().runs.push(run);
        }
        Ok(())
    }

    pub(super) fn keeps(&self) -> bool {
        self.keep.is_some()
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn sorted(kept: &[Kept]) -> Vec<Reject> {
    let mut rejects: Vec<Reject> = kept.iter().flat_map(Kept::read).collect();
    rejects.sort_unstable();
    rejects
}

/// Writes rejects to a file without a name, a line of JSON each, to be read from its start.
fn write_run(rejects: impl Iterator<Item = io::Result<Reject>>, folder: &Path) -> io::Result<File> {
    let mut writer = BufWriter::new(tempfile::tempfile_in(folder)?);
    for reject in rejects {
        serde_json::to_writer(&mut writer, &reject?)?;
        writer.write_all(b"\n")?;
    }
    let mut file = writer
        .into_inner()
        .map_err(io::IntoInnerError::into_error)?;
    file.rewind()?;
    Ok(file)
}

/// One order out of sorted runs, with one reject of each at hand.
struct Merge {
    runs: Vec<Lines<BufReader<File>>>,
    /// The first rejects of the runs, and the number of the run.
    heads: BinaryHeap<Reverse<(Reject, usize)>>,
    /// A run that lies in memory.
    held: std::iter::Peekable<std::vec::IntoIter<Reject>>,
}

impl Merge {
    fn new(runs: Vec<File>, held: Vec<Reject>) -> io::Result<Self> {
        let lines = |file| BufReader::new(file).lines();
        let mut merge = Self {
            runs: runs.into_iter().map(lines).collect(),
            heads: BinaryHeap::new(),
            held: held.into_iter().peekable(),
        };
        for run in 0..merge.runs.len() {
            merge.draw(run)?;
        }
        Ok(merge)
    }

    /// Puts the next reject of a run in its place.
    fn draw(&mut self, run: usize) -> io::Result<()> {
        if let Some(line) = self.runs.get_mut(run).and_then(Iterator::next) {
            let reject: Reject = serde_json::from_str(&line?)?;
            self.heads.push(Reverse((reject, run)));
        }
        Ok(())
    }
}

impl Iterator for Merge {
    type Item = io::Result<Reject>;

    fn next(&mut self) -> Option<Self::Item> {
        let is_held_first = match (self.held.peek(), self.heads.peek()) {
            (Some(held), Some(Reverse((head, _)))) => held <= head,
            (Some(_), None) => true,
            (None, _) => false,
        };
        if is_held_first {
            return self.held.next().map(Ok);
        }
        let Reverse((reject, run)) = self.heads.pop()?;
        match self.draw(run) {
            Ok(()) => Some(Ok(reject)),
            Err(error) => Some(Err(error)),
        }
    }
}

impl Kept {
    fn read(&self) -> Vec<Reject> {
        let texts: Vec<Vec<Option<String>>> = self.rows.columns().iter().map(texts).collect();
        let reject = |(row, reason): (usize, &String)| Reject {
            sources: self.origin.sources(&texts, row),
            reason: reason.clone(),
            values: pick(&self.rows.schema(), &texts, row, &self.origin.own),
        };
        self.reasons.iter().enumerate().map(reject).collect()
    }
}

fn pick(
    schema: &Schema,
    texts: &[Vec<Option<String>>],
    row: usize,
    columns: &[usize],
) -> Vec<(String, Option<String>)> {
    let cell = |index: &usize| {
        (
            schema.field(*index).name().clone(),
            texts[*index][row].clone(),
        )
    };
    columns.iter().map(cell).collect()
}

/// Every value of `array` as text, exactly; NULL is `None`.
pub(super) fn texts(array: &ArrayRef) -> Vec<Option<String>> {
    let options = FormatOptions::default();
    let Ok(formatter) = ArrayFormatter::try_new(array.as_ref(), &options) else {
        return vec![None; array.len()];
    };
    let text = |row: usize| match array.is_null(row) {
        true => None,
        false => Some(formatter.value(row).to_string()),
    };
    (0..array.len()).map(text).collect()
}

/// Tells from a schema which columns are the expression's own, and which carry source records.
#[derive(Debug)]
pub(super) struct Origin {
    own: Vec<usize>,
    records: Vec<Place>,
}

/// Where the columns of one scan lie within a batch.
#[derive(Debug)]
struct Place {
    side: Which,
    table: String,
    columns: Vec<(String, usize)>,
    /// None where all records are of one file, which whoever asked knows.
    file: Option<usize>,
    row: usize,
}

impl Origin {
    /// For a batch of one table itself.
    pub(super) fn of_table(side: Which, table: &str, schema: &SchemaRef) -> Self {
        let columns: Vec<(String, usize)> = names(schema).collect();
        let place = Place::new(side, table.to_owned(), columns);
        let own = match place {
            Some(_) => Vec::new(),
            None => (0..schema.fields().len()).collect(),
        };
        Self {
            own,
            records: place.into_iter().collect(),
        }
    }

    /// For a batch within a rule: hidden columns carry the records of `scans`, the rest is the
    /// expression's own.
    pub(super) fn of_rule(schema: &SchemaRef, scans: &[ScanName]) -> Self {
        let mut hidden: BTreeMap<usize, Vec<(String, usize)>> = BTreeMap::new();
        let mut own = Vec::new();
        for (name, index) in names(schema) {
            match lineage::parse(&name) {
                Some((scan, column)) if scan < scans.len() => {
                    hidden
                        .entry(scan)
                        .or_default()
                        .push((column.to_owned(), index));
                }
                // What the optimizer or we have computed beforehand is no value of the rule's own.
                _ if is_computed(&name) => {}
                _ => own.push(index),
            }
        }
        let place = |(scan, columns): (usize, _)| {
            let ScanName { side, table } = scans[scan].clone();
            Place::new(side, table, columns)
        };
        Self {
            own,
            records: hidden.into_iter().filter_map(place).collect(),
        }
    }

    /// The record of every row of a batch of one table; `None` where it has no place.
    pub(super) fn records(&self, batch: &RecordBatch) -> Vec<Option<RejectedRecord>> {
        let texts: Vec<Vec<Option<String>>> = batch.columns().iter().map(texts).collect();
        let record = |row| {
            self.records
                .first()
                .and_then(|place| place.record(&texts, row))
        };
        (0..batch.num_rows()).map(record).collect()
    }

    fn sources(&self, texts: &[Vec<Option<String>>], row: usize) -> Vec<RejectedRecord> {
        let mut sources: Vec<_> = self
            .records
            .iter()
            .filter_map(|place| place.record(texts, row))
            .collect();
        sources.sort();
        sources
    }
}

/// Whether a column's name is one of DataFusion's for a common part of expressions, or one of
/// [`super::hoist`].
fn is_computed(name: &str) -> bool {
    let numbered = |prefix: &str| {
        let number = name.strip_prefix(prefix);
        number.is_some_and(|it| !it.is_empty() && it.bytes().all(|byte| byte.is_ascii_digit()))
    };
    numbered("__common_expr_") || numbered("__h")
}

fn names(schema: &Schema) -> impl Iterator<Item = (String, usize)> {
    schema
        .fields()
        .iter()
        .enumerate()
        .map(|(index, field)| (field.name().clone(), index))
}

impl Place {
    /// `None` where the batch does not carry the place of a record.
    fn new(side: Which, table: String, columns: Vec<(String, usize)>) -> Option<Self> {
        let find = |name: &str| {
            columns
                .iter()
                .find(|(column, _)| column == name)
                .map(|(_, at)| *at)
        };
        let (file, row) = (find(FILE), find(ROW)?);
        Some(Self {
            side,
            table,
            columns: columns
                .into_iter()
                .filter(|(name, _)| name != FILE && name != ROW)
                .collect(),
            file,
            row,
        })
    }

    /// `None` where an outer join or another branch of a union left the record NULL.
    fn record(&self, texts: &[Vec<Option<String>>], row: usize) -> Option<RejectedRecord> {
        let cell = |(name, index): &(String, usize)| (name.clone(), texts[*index][row].clone());
        Some(RejectedRecord {
            side: self.side,
            table: self.table.clone(),
            file: self
                .file
                .map_or(Some(String::new()), |file| texts[file][row].clone())?,
            row: texts[self.row][row].as_deref()?.parse().ok()?,
            record: self.columns.iter().map(cell).collect(),
        })
    }
}

/// Takes the failing rows out of `batch`, for [`Rejects::add`].
pub(super) fn take_rows(batch: &RecordBatch, rows: &[usize]) -> Result<RecordBatch> {
    let indexes = rows.iter().map(|row| *row as u64).collect::<Vec<_>>();
    let indexes = arrow_array::UInt64Array::from(indexes);
    Ok(arrow_select::take::take_record_batch(batch, &indexes)?)
}
