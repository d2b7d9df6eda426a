//! Reads records of a table to learn from them.

use super::profile::{Class, Column, hash_of};
use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_cast::cast;
use arrow_cast::display::{ArrayFormatter, FormatOptions};
use arrow_schema::{ArrowError, DataType};
use books::{Chunk, ReadError, ReadRequest, Table};
use hashbrown::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::ControlFlow;
use std::sync::Arc;

/// Records of a table that its columns are judged by.
pub(super) const SAMPLE_RECORDS: u64 = 200_000;

/// A table and what a sample of its records shows.
#[derive(Debug)]
pub(super) struct Sample {
    pub(super) table: Arc<Table>,
    /// The columns that can be compared, in the table's order.
    pub(super) columns: Vec<Column>,
    /// Columns of lists and structures, which cannot.
    pub(super) nested: Vec<String>,
    /// Columns of a database whose type is not read.
    pub(super) unread: Vec<String>,
    /// Records read.
    pub(super) records: u64,
    /// Whether these are all.
    pub(super) is_whole: bool,
    /// The first record that could not be read.
    pub(super) fault: Option<ReadError>,
}

impl Sample {
    /// Reads records of a table, some of each of its chunks.
    pub(super) fn read(table: &Arc<Table>) -> Sample {
        let schema = table.schema();
        let data = schema.fields().len().saturating_sub(2);
        let (read, unread): (Vec<usize>, Vec<usize>) = (0..data).partition(|at| {
            table.declared(*at).is_none() || *schema.field(*at).data_type() != DataType::Null
        });
        let (flat, nested): (Vec<usize>, Vec<usize>) = read.into_iter().partition(|at| {
            let data_type = schema.field(*at).data_type();
            !data_type.is_nested()
                && !matches!(data_type, DataType::Interval(_) | DataType::Duration(_))
        });
        let name = |at: &usize| schema.field(*at).name().clone();
        let new = |at: &usize| Column {
            declared: table.declared(*at).map(str::to_owned),
            comment: table.column_comment(*at).map(str::to_owned),
            ..Column::new(schema.field(*at).name(), schema.field(*at).data_type())
        };
        let mut sample = Sample {
            table: Arc::clone(table),
            columns: flat.iter().map(new).collect(),
            nested: nested.iter().map(name).collect(),
            unread: unread.iter().map(name).collect(),
            records: 0,
            is_whole: false,
            fault: None,
        };
        sample.is_whole = true;
        for (chunk, quota) in quotas(table) {
            if quota == 0 {
                sample.is_whole = false;
                continue;
            }
            let mut left = quota;
            let read = read_chunk(table, &chunk, &flat, &mut |batch| {
                let rows = batch
                    .num_rows()
                    .min(usize::try_from(left).unwrap_or(usize::MAX));
                for (column, array) in sample.columns.iter_mut().zip(batch.columns()) {
                    each_text(&array.slice(0, rows), |text| column.take(text))?;
                }
                sample.records += rows as u64;
                left -= rows as u64;
                Ok(match rows < batch.num_rows() {
                    true => ControlFlow::Break(()),
                    false => ControlFlow::Continue(()),
                })
            });
            match read {
                Ok(flow) => sample.is_whole &= flow.is_continue(),
                Err(error) => {
                    sample.is_whole = false;
                    sample.fault.get_or_insert(error);
                }
            }
        }
        sample
    }

    /// The table's name.
    pub(super) fn name(&self) -> &str {
        self.table.name()
    }

    /// Whether a database says that these columns tell all records apart, or some of them do.
    pub(super) fn is_declared_key(&self, columns: &[usize]) -> bool {
        let key = self.table.key();
        let is_there = |name: &&str| columns.iter().any(|at| self.columns[*at].name == *name);
        !key.is_empty() && key.iter().all(is_there)
    }

    /// How many records the table holds in all, where that is known, and whether it is an estimate
    /// only.
    pub(super) fn records_in_all(&self) -> Option<(u64, bool)> {
        let estimate = self.table.rows_estimate();
        let is_database = !self.table.key().is_empty() || estimate.is_some();
        let counted = || self.table.chunks().iter().map(|chunk| chunk.rows).sum();
        let counted: Option<u64> = is_database.then(counted).flatten();
        match (counted, estimate) {
            (Some(records), _) => Some((records, false)),
            (None, Some(records)) => Some((records.max(self.records), true)),
            (None, None) => None,
        }
    }
}

/// The chunks of a table, each with the records to read of it: as many as its share of the bytes
/// gives, so that a sample has something of every file.
fn quotas(table: &Table) -> Vec<(Chunk, u64)> {
    let chunks = table.chunks();
    let bytes: u64 = chunks.iter().map(|chunk| chunk.bytes).sum();
    let known: Option<u64> = chunks.iter().map(|chunk| chunk.rows).sum();
    let is_small = known.is_some_and(|rows| rows <= SAMPLE_RECORDS);
    let quota = |chunk: &Chunk| {
        let share = match bytes {
            // Databases do not know the size of all that they hold.
            0 => u128::from(SAMPLE_RECORDS) / (chunks.len().max(1) as u128),
            _ => u128::from(SAMPLE_RECORDS) * u128::from(chunk.bytes) / u128::from(bytes),
        };
        match is_small {
            true => SAMPLE_RECORDS,
            false => u64::try_from(share)
                .unwrap_or(u64::MAX)
                .max(BATCH_RECORDS as u64),
        }
    };
    // Of very many chunks some at even distances.
    let most = usize::try_from(SAMPLE_RECORDS).unwrap_or(usize::MAX) / BATCH_RECORDS;
    let step = chunks.len() / most + 1;
    let nothing = |at: usize| !at.is_multiple_of(step);
    chunks
        .iter()
        .enumerate()
        .map(|(at, chunk)| match nothing(at) {
            true => (chunk.clone(), 0),
            false => (chunk.clone(), quota(chunk)),
        })
        .collect()
}

/// How many records of a table a set of columns tells apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Measure {
    pub(super) records: u64,
    /// Records with a value that none before them has.
    pub(super) distinct: u64,
    /// Records in which a column is NULL or empty.
    pub(super) gaps: u64,
    /// Whether all records of the table were counted.
    pub(super) is_whole: bool,
    /// Whether a database says so, and nothing was counted.
    pub(super) is_declared: bool,
}

impl Measure {
    pub(super) fn is_key(self) -> bool {
        self.gaps == 0 && self.distinct == self.records
    }
}

/// Records that a key is measured on: their hashes fill some 200 MB.
const MEASURED_RECORDS: u64 = 5_000_000;

/// Measures columns of a sample, by their indexes.
pub(super) fn measure_sample(sample: &Sample, columns: &[usize]) -> Measure {
    let mut measure = Measure {
        is_whole: sample.is_whole,
        ..Measure::default()
    };
    let mut seen = HashSet::new();
    for row in 0..sample.rows() {
        let hashes = columns
            .iter()
            .filter_map(|at| sample.columns[*at].rows.get(row));
        measure.note(hashes.copied(), &mut seen);
    }
    measure
}

impl Sample {
    fn rows(&self) -> usize {
        self.columns.first().map_or(0, |column| column.rows.len())
    }

    /// Whether columns tell all records of the sample apart; quicker than to measure them.
    pub(super) fn is_told_apart_by(&self, columns: &[usize]) -> bool {
        let mut seen = HashSet::new();
        (0..self.rows()).all(|row| {
            let hashes = columns
                .iter()
                .filter_map(|at| self.columns[*at].rows.get(row));
            seen.insert(mixed(hashes.copied()))
        })
    }
}

/// Measures columns of a table on all its records that can be read, up to 5,000,000. What a database
/// declares is not measured.
pub(super) fn measure(sample: &Sample, columns: &[usize]) -> Measure {
    if sample.is_declared_key(columns) {
        return Measure {
            records: sample.records,
            distinct: sample.records,
            gaps: 0,
            is_whole: sample.is_whole,
            is_declared: true,
        };
    }
    if sample.is_whole {
        return measure_sample(sample, columns);
    }
    let schema = sample.table.schema();
    let wanted = columns
        .iter()
        .filter_map(|at| schema.index_of(&sample.columns[*at].name).ok());
    let mut measure = Measure::default();
    let mut seen = HashSet::new();
    let read = each_batch(&sample.table, wanted.collect(), |batch| {
        let mut rows: Vec<Vec<u64>> = vec![Vec::new(); batch.num_rows()];
        for array in batch.columns() {
            let mut row = rows.iter_mut();
            each_text(array, |text| {
                let text = text.filter(|text| !text.trim().is_empty());
                if let Some(row) = row.next() {
                    row.push(text.map_or(0, hash_of));
                }
            })?;
        }
        for row in rows {
            if measure.records == MEASURED_RECORDS {
                return Ok(ControlFlow::Break(()));
            }
            measure.note(row.into_iter(), &mut seen);
        }
        Ok(ControlFlow::Continue(()))
    });
    measure.is_whole = read.is_whole;
    measure
}

impl Measure {
    fn note(&mut self, hashes: impl Iterator<Item = u64> + Clone, seen: &mut HashSet<u128>) {
        self.records += 1;
        if hashes.clone().any(|hash| hash == 0) {
            self.gaps += 1;
        } else if seen.insert(mixed(hashes)) {
            self.distinct += 1;
        }
    }
}

/// One hash of several, so long that two that differ do not fall together.
fn mixed(hashes: impl Iterator<Item = u64>) -> u128 {
    let (mut one, mut other) = (DefaultHasher::new(), DefaultHasher::new());
    1_u8.hash(&mut other);
    for hash in hashes {
        hash.hash(&mut one);
        hash.hash(&mut other);
    }
    u128::from(one.finish()) << 64 | u128::from(other.finish())
}

/// How a read of a table ended.
#[derive(Debug, Default)]
pub(super) struct End {
    /// Whether all records were read.
    pub(super) is_whole: bool,
    /// The first record that could not be.
    pub(super) fault: Option<ReadError>,
}

/// Reads a table batch by batch, until it is told to break off. After a fault it goes on with the
/// table's next chunk.
pub(super) fn each_batch(
    table: &Table,
    columns: Vec<usize>,
    take: impl FnMut(&RecordBatch) -> Result<ControlFlow<()>, ArrowError>,
) -> End {
    each_chunk(table, columns, false, take)
}

/// As [`each_batch`], but a fault ends it.
pub(super) fn each_batch_up_to_fault(
    table: &Table,
    columns: Vec<usize>,
    take: impl FnMut(&RecordBatch) -> Result<ControlFlow<()>, ArrowError>,
) -> End {
    each_chunk(table, columns, true, take)
}

fn each_chunk(
    table: &Table,
    columns: Vec<usize>,
    ends_at_fault: bool,
    mut take: impl FnMut(&RecordBatch) -> Result<ControlFlow<()>, ArrowError>,
) -> End {
    let mut end = End::default();
    for chunk in table.chunks() {
        match read_chunk(table, &chunk, &columns, &mut take) {
            Ok(ControlFlow::Continue(())) => {}
            Ok(ControlFlow::Break(())) => return end,
            Err(error) => {
                end.fault.get_or_insert(error);
                if ends_at_fault {
                    return end;
                }
            }
        }
    }
    end.is_whole = end.fault.is_none();
    end
}

/// Reads one chunk batch by batch, until it is told to break off.
fn read_chunk(
    table: &Table,
    chunk: &Chunk,
    columns: &[usize],
    take: &mut impl FnMut(&RecordBatch) -> Result<ControlFlow<()>, ArrowError>,
) -> Result<ControlFlow<()>, ReadError> {
    // A batch with a fault in it gives nothing; small ones lose little.
    let request = ReadRequest {
        batch_rows: BATCH_RECORDS,
        ..ReadRequest::new(columns.to_vec())
    };
    for batch in table.read(chunk, &request)? {
        // Values of a type that cannot be shown teach nothing.
        if take(&batch?).unwrap_or(ControlFlow::Break(())).is_break() {
            return Ok(ControlFlow::Break(()));
        }
    }
    Ok(ControlFlow::Continue(()))
}

const BATCH_RECORDS: usize = 512;

/// Gives every value as text, moments in UTC.
pub(super) fn each_text(
    array: &ArrayRef,
    mut take: impl FnMut(Option<&str>),
) -> Result<(), ArrowError> {
    if let Some(texts) = array.as_string_view_opt() {
        texts.iter().for_each(take);
        return Ok(());
    }
    let array = match Class::of(array.data_type()) {
        Class::Moment { .. } => without_zone(array)?,
        _ => Arc::clone(array),
    };
    let moment = Some("%Y-%m-%d %H:%M:%S%.f");
    let options = FormatOptions::new()
        .with_timestamp_format(moment)
        .with_datetime_format(moment);
    let shown = ArrayFormatter::try_new(&array, &options)?;
    let mut text = String::new();
    for row in 0..array.len() {
        if array.is_null(row) {
            take(None);
            continue;
        }
        text.clear();
        shown.value(row).write(&mut text)?;
        take(Some(&text));
    }
    Ok(())
}

/// Moments as a clock in UTC shows them.
fn without_zone(array: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    let DataType::Timestamp(unit, _) = array.data_type() else {
        return Ok(Arc::clone(array));
    };
    let utc = cast(array, &DataType::Timestamp(*unit, Some("+00:00".into())))?;
    cast(&utc, &DataType::Timestamp(*unit, None))
}
