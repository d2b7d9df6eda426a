//! Asking for records: which columns, which rows, how many at a time.

use std::fmt::Debug;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arrow_array::{ArrayRef, BooleanArray, RecordBatch};
use arrow_schema::DataType;
use databases::Condition;

use crate::ReadError;

/// What a reader shall give.
#[derive(Debug, Clone)]
pub struct ReadRequest {
    /// Indexes into [`Table::schema`](crate::Table::schema), in any order. A
    /// batch has exactly these columns, in this order.
    pub columns: Vec<usize>,
    /// Rows of a batch at most.
    pub batch_rows: usize,
    /// Keeps some rows only; the columns of the others are not even built.
    pub filter: Option<Arc<dyn RowFilter>>,
    /// Told of every record that was passed, kept or not.
    pub meter: Option<Arc<Meter>>,
    /// Gives decimals of Parquet files of up to 18 digits as `Decimal64`, whatever the table's
    /// schema says: half the bytes, for a reader that only adds up and hashes. Only without a
    /// filter, which sees the types of the schema.
    pub narrow_decimals: bool,
    /// Gives a share of the chunk's rows, in stretches that are spread over it, where it
    /// [gives columns apart](crate::Table::gives_columns_apart); otherwise all. Only without a filter.
    pub share: Option<Share>,
    /// No more rows than about so many of the chunk's first will be asked for: a server then sends
    /// no others. Only without a filter.
    pub first_rows: Option<u64>,
    /// Passes over ranges of a database's key in which no record can be wanted, without reading
    /// them, and of the others has the server send what may be wanted, where no record is asked for
    /// its number. Only without a filter, and not while a range is
    /// [digested](crate::Table::digest_as_read).
    pub within: Option<Arc<dyn RangeTest>>,
}

impl ReadRequest {
    /// All rows of `columns`, 8,192 at a time, unmetered.
    pub fn new(columns: Vec<usize>) -> ReadRequest {
        ReadRequest {
            columns,
            batch_rows: 8192,
            filter: None,
            meter: None,
            narrow_decimals: false,
            first_rows: None,
            share: None,
            within: None,
        }
    }
}

/// A share of a chunk's rows, in hundredths: of each stretch of them what lies between two places.
///
/// Shares that follow on each other, as 0 to 10 and 10 to 100, have no row in common, and give
/// together every row once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    /// Where it begins.
    pub from: u8,
    /// Where it ends; at most 100.
    pub to: u8,
}

/// Says which rows are wanted, from a few columns.
pub trait RowFilter: Send + Sync + Debug {
    /// The columns it looks at, as indexes into [`Table::schema`](crate::Table::schema).
    fn columns(&self) -> &[usize];

    /// One truth value per row of `batch`, which has the columns of
    /// [`columns`](RowFilter::columns) in their order. NULL counts as false.
    ///
    /// # Errors
    /// When it cannot tell, with the reason; the read ends there.
    fn keep(&self, batch: &RecordBatch) -> Result<BooleanArray, String>;

    /// Whether so many rows are wanted, all over the table, that it saves nothing to read the other
    /// columns for those rows only.
    fn keeps_many(&self) -> bool {
        false
    }

    /// False only if no value in `min..=max` of this column can pass. It is
    /// asked with arrays of one element, only about columns without NULL.
    fn may_contain(&self, column: usize, min: &ArrayRef, max: &ArrayRef) -> bool;

    /// The values of a column behind one value and up to another that can pass, each once and in
    /// order and of its type, where they are known and so many at most. Bounds are of one element.
    fn wanted(
        &self,
        _column: usize,
        _data_type: &DataType,
        _bounds: [Option<&ArrayRef>; 2],
        _most: usize,
    ) -> Option<ArrayRef> {
        None
    }
}

/// Says of ranges of values whether a record with one of them may be wanted.
pub trait RangeTest: Send + Sync + Debug {
    /// False only if no record is wanted whose value of this column, an index into
    /// [`Table::schema`](crate::Table::schema), is in `min..=max`. It is asked with arrays of one
    /// element, only about columns without NULL.
    fn may_contain(&self, column: usize, min: &ArrayRef, max: &ArrayRef) -> bool;

    /// What every record that is wanted fulfils, its columns indexes into
    /// [`Table::schema`](crate::Table::schema): a server that has counted its records need not send
    /// the others. None where nothing is known.
    fn condition(&self) -> Option<&Condition> {
        None
    }
}

/// Exact progress, shared by all readers of a job.
///
/// A chunk that was read to its end has added exactly its
/// [`bytes`](crate::Chunk::bytes), and all its records, kept or not.
#[derive(Debug, Default)]
pub struct Meter {
    /// Records passed.
    pub rows: AtomicU64,
    /// Bytes of the files passed, as they lie on the disk.
    pub bytes: AtomicU64,
}

/// Adds one chunk's share to a [`Meter`], never more than the chunk has.
#[derive(Debug)]
pub(crate) struct ChunkMeter {
    meter: Option<Arc<Meter>>,
    left: u64,
}

impl ChunkMeter {
    pub(crate) fn new(meter: Option<Arc<Meter>>, bytes: u64) -> ChunkMeter {
        ChunkMeter { meter, left: bytes }
    }

    pub(crate) fn add(&mut self, rows: u64, bytes: u64) {
        let bytes = bytes.min(self.left);
        self.left -= bytes;
        if let Some(meter) = &self.meter {
            meter.rows.fetch_add(rows, Ordering::Relaxed);
            meter.bytes.fetch_add(bytes, Ordering::Relaxed);
        }
    }

    pub(crate) fn finish(&mut self) {
        self.add(0, self.left);
    }
}

/// Reads one chunk, batch by batch. After an error it gives nothing more.
pub struct ChunkReader {
    batches: Box<dyn Iterator<Item = Result<RecordBatch, ReadError>> + Send>,
    is_over: bool,
    passed_over: Arc<AtomicU64>,
}

impl ChunkReader {
    /// Returns how many records it does not give, since none of them can be wanted:
    /// [`ReadRequest::within`]. Known when all others have been given.
    pub fn passed_over(&self) -> u64 {
        self.passed_over.load(Ordering::Relaxed)
    }

    /// The same reader, which learns from those that it reads with how many these are.
    pub(crate) fn passing_over(self, rows: Arc<AtomicU64>) -> ChunkReader {
        ChunkReader {
            passed_over: rows,
            ..self
        }
    }

    pub(crate) fn new(
        batches: impl Iterator<Item = Result<RecordBatch, ReadError>> + Send + 'static,
    ) -> ChunkReader {
        ChunkReader {
            batches: Box::new(batches),
            is_over: false,
            passed_over: Arc::default(),
        }
    }
}

impl Debug for ChunkReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ChunkReader")
            .field("is_over", &self.is_over)
            .finish_non_exhaustive()
    }
}

impl Iterator for ChunkReader {
    type Item = Result<RecordBatch, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_over {
            return None;
        }
        let item = self.batches.next();
        self.is_over = !matches!(item, Some(Ok(_)));
        item
    }
}
