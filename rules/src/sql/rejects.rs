//! Records that a rule cannot convert, counted always and kept when asked.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_cast::display::{ArrayFormatter, FormatOptions};
use arrow_schema::{Schema, SchemaRef};
use datafusion::common::Result;

use super::lineage::{self, ScanName};
use super::scan::{FILE, ROW};
use super::session::Which;

/// A record on which a rule, a target query or a requirement failed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
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
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RejectedRecord {
    /// The book.
    pub side: Which,
    /// The table.
    pub table: String,
    /// The file, relative to the book.
    pub file: String,
    /// The line (text) or row (Parquet) in the file.
    pub row: u64,
    /// All columns in the order of the table, as text; `None` is NULL.
    pub record: Vec<(String, Option<String>)>,
}

/// Collects the rejects of one run, from all its partitions.
#[derive(Debug, Default)]
pub struct Rejects {
    keep: bool,
    count: AtomicU64,
    kept: Mutex<Vec<Kept>>,
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

    /// Counts and keeps the records; to be used with a run that carries lineage.
    pub fn keeping() -> Arc<Self> {
        Arc::new(Self {
            keep: true,
            ..Self::default()
        })
    }

    /// Returns how many rows have been rejected so far.
    pub fn count(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }

    /// Returns the rejects kept so far, ordered by table, file, row, reason and values, whatever
    /// the order in which partitions found them.
    pub fn read(&self) -> Vec<Reject> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let mut rejects: Vec<Reject> = kept.iter().flat_map(Kept::read).collect();
        rejects.sort_unstable();
        rejects
    }

    /// Counts, and keeps when asked, `rows` with one reason each.
    pub(super) fn add(&self, origin: &Arc<Origin>, rows: RecordBatch, reasons: Vec<String>) {
        self.count
            .fetch_add(reasons.len() as u64, Ordering::Relaxed);
        if self.keep {
            let kept = Kept {
                origin: Arc::clone(origin),
                rows,
                reasons,
            };
            self.kept
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(kept);
        }
    }

    pub(super) fn keeps(&self) -> bool {
        self.keep
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
    file: usize,
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
        let (file, row) = (find(FILE)?, find(ROW)?);
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
            file: texts[self.file][row].clone()?,
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
