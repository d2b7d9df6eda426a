//! Tables of any size, on disk in the order of the bytes of their first column: what memory holds is
//! sorted, and what was sorted is merged.

use super::spool::{Batches, Spool};
use crate::error::VerifyError;
use crate::watch::Watch;
use arrow_array::cast::AsArray;
use arrow_array::types::UInt64Type;
use arrow_array::{RecordBatch, UInt32Array};
use arrow_select::concat::concat_batches;
use arrow_select::interleave::interleave_record_batch;
use arrow_select::take::take_record_batch;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Rows of a batch of a table: of each run that is merged one such batch is held.
pub(super) const ROWS_AT_A_TIME: usize = 4_096;

/// More runs than this are merged into one before there are others.
const RUNS_MAX: usize = 64;

/// Bytes that are read of a table at a time.
const BUFFER: usize = 1 << 16;

/// Where tables are made, and how much of one is held in memory.
#[derive(Clone)]
pub(super) struct Room {
    /// The names of the files begin so.
    pub(super) prefix: PathBuf,
    /// Files made so far.
    pub(super) made: Arc<AtomicU64>,
    /// Rows that are sorted in memory.
    pub(super) rows: usize,
    pub(super) watch: Arc<dyn Watch>,
}

impl Room {
    fn spool(&self) -> Spool {
        let number = self.made.fetch_add(1, Ordering::Relaxed);
        let mut path = self.prefix.clone().into_os_string();
        path.push(format!("-{number:05}.arrow"));
        Spool::new(path.into())
    }
}

/// Takes rows in any order.
pub(super) struct Sorter {
    room: Room,
    held: Vec<RecordBatch>,
    rows: usize,
    runs: Vec<Spool>,
}

impl Sorter {
    pub(super) fn new(room: &Room) -> Self {
        Self {
            room: room.clone(),
            held: Vec::new(),
            rows: 0,
            runs: Vec::new(),
        }
    }

    pub(super) fn push(&mut self, batch: RecordBatch) -> Result<(), VerifyError> {
        if self.room.watch.is_stopped() {
            return Err(VerifyError::Stopped);
        }
        self.rows += batch.num_rows();
        self.held.push(batch);
        match self.rows >= self.room.rows {
            true => self.sort_held(),
            false => Ok(()),
        }
    }

    pub(super) fn finish(mut self) -> Result<Table, VerifyError> {
        self.sort_held()?;
        if self.runs.len() > 1 {
            self.merge()?;
        }
        Ok(Table {
            spool: self.runs.pop(),
        })
    }

    fn sort_held(&mut self) -> Result<(), VerifyError> {
        let Some(first) = self.held.first() else {
            return Ok(());
        };
        let batch = concat_batches(&first.schema(), &self.held)?;
        self.held.clear();
        self.rows = 0;
        let orders = batch.column(0).as_binary::<i64>();
        let mut rows: Vec<u32> = (0..).take(batch.num_rows()).collect();
        rows.sort_unstable_by_key(|row| (orders.value(*row as usize), *row));
        let run = self.room.spool();
        for part in rows.chunks(ROWS_AT_A_TIME) {
            let part = take_record_batch(&batch, &UInt32Array::from(part.to_vec()))?;
            run.write(&rules::sql::compact(&part)?)?;
        }
        run.finish()?;
        self.runs.push(run);
        match self.runs.len() >= RUNS_MAX {
            true => self.merge(),
            false => Ok(()),
        }
    }

    /// Makes one run of all.
    fn merge(&mut self) -> Result<(), VerifyError> {
        let runs = std::mem::take(&mut self.runs);
        let cursors = runs.iter().map(|run| Cursor::new(Some(run)));
        let mut cursors = cursors.collect::<Result<Vec<Cursor>, _>>()?;
        let schema = |cursor: &Cursor| Some(cursor.at()?.0.schema());
        let Some(schema) = cursors.iter().find_map(schema) else {
            return Ok(());
        };
        let nothing = RecordBatch::new_empty(schema);
        let merged = self.room.spool();
        let mut heads = BinaryHeap::new();
        for (number, cursor) in cursors.iter().enumerate() {
            heads.extend(
                cursor
                    .order()
                    .map(|order| Reverse((order.to_vec(), number))),
            );
        }
        let mut picked: Vec<(usize, usize)> = Vec::with_capacity(ROWS_AT_A_TIME);
        while let Some(Reverse((_, number))) = heads.pop() {
            picked.push((number, cursors[number].row));
            // What was picked of a batch is written before the batch goes; so all is in the end.
            if picked.len() == ROWS_AT_A_TIME || cursors[number].is_last_of_batch() {
                let batches = cursors.iter().map(|one| one.batch.as_ref());
                let batches: Vec<&RecordBatch> =
                    batches.map(|batch| batch.unwrap_or(&nothing)).collect();
                let part = interleave_record_batch(&batches, &picked)?;
                merged.write(&rules::sql::compact(&part)?)?;
                picked.clear();
                if self.room.watch.is_stopped() {
                    return Err(VerifyError::Stopped);
                }
            }
            cursors[number].advance()?;
            let order = cursors[number].order();
            heads.extend(order.map(|order| Reverse((order.to_vec(), number))));
        }
        merged.finish()?;
        self.runs.push(merged);
        Ok(())
    }
}

/// A table in its order, as long as this is there.
pub(super) struct Table {
    /// None where it has no rows.
    spool: Option<Spool>,
}

impl Table {
    /// Begins to read it.
    pub(super) fn cursor(&self) -> Result<Cursor, VerifyError> {
        Cursor::new(self.spool.as_ref())
    }
}

/// Stands at a row of a table, or behind the last one.
pub(super) struct Cursor {
    batches: Option<Batches>,
    batch: Option<RecordBatch>,
    row: usize,
}

impl Cursor {
    fn new(spool: Option<&Spool>) -> Result<Self, VerifyError> {
        let mut cursor = Self {
            batches: match spool {
                Some(spool) => spool.batches(BUFFER)?,
                None => None,
            },
            batch: None,
            row: 0,
        };
        cursor.load()?;
        Ok(cursor)
    }

    fn load(&mut self) -> Result<(), VerifyError> {
        self.row = 0;
        self.batch = match &mut self.batches {
            Some(batches) => batches.next().transpose()?,
            None => None,
        };
        Ok(())
    }

    /// The row, in its batch; none behind the last one.
    pub(super) fn at(&self) -> Option<(&RecordBatch, usize)> {
        Some((self.batch.as_ref()?, self.row))
    }

    /// What the row is sorted by.
    pub(super) fn order(&self) -> Option<&[u8]> {
        let (batch, row) = self.at()?;
        Some(batch.column(0).as_binary::<i64>().value(row))
    }

    /// The number in a column of the row; 0 behind the last row.
    pub(super) fn number(&self, column: usize) -> u64 {
        let number = |(batch, row): (&RecordBatch, usize)| {
            let column = batch.column(column).as_primitive::<UInt64Type>();
            column.value(row)
        };
        self.at().map_or(0, number)
    }

    pub(super) fn is_last_of_batch(&self) -> bool {
        self.at()
            .is_some_and(|(batch, row)| row + 1 == batch.num_rows())
    }

    /// Goes to the next row.
    pub(super) fn advance(&mut self) -> Result<(), VerifyError> {
        if self.batch.is_none() {
            return Ok(());
        }
        match self.is_last_of_batch() {
            true => self.load(),
            false => {
                self.row += 1;
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::watch::Unwatched;
    use arrow_array::{ArrayRef, LargeBinaryArray, UInt64Array};

    /// Rows that are turned: the order, and a number that goes with it.
    fn batch(rows: &[u64]) -> RecordBatch {
        let orders = rows.iter().map(|row| (row % 100).to_be_bytes());
        let columns: [(&str, ArrayRef); 2] = [
            (
                "order",
                Arc::new(LargeBinaryArray::from_iter_values(orders)),
            ),
            ("row", Arc::new(UInt64Array::from(rows.to_vec()))),
        ];
        RecordBatch::try_from_iter(columns).expect("columns of one length")
    }

    #[test]
    fn rows_come_in_their_order_however_few_are_held() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let all: Vec<u64> = (0..1_000).map(|row| row * 7_919 % 1_000).collect();
        for held in [1, 7, 400, 5_000] {
            let room = Room {
                prefix: folder.path().join(format!("{held}")),
                made: Arc::default(),
                rows: held,
                watch: Arc::new(Unwatched::default()),
            };
            let mut sorter = Sorter::new(&room);
            for part in all.chunks(13) {
                sorter.push(batch(part)).expect("it is written");
            }
            let table = sorter.finish().expect("it is merged");
            let mut cursor = table.cursor().expect("it can be read");
            let mut read = Vec::new();
            while let Some(order) = cursor.order() {
                assert_eq!(order, (cursor.number(1) % 100).to_be_bytes());
                read.push((cursor.number(1) % 100, cursor.number(1)));
                cursor.advance().expect("it can be read");
            }
            assert!(read.is_sorted_by_key(|(order, _)| *order), "{held}");
            let mut rows: Vec<u64> = read.into_iter().map(|(_, row)| row).collect();
            rows.sort_unstable();
            assert_eq!(rows, (0..1_000).collect::<Vec<u64>>(), "{held}");
            // What was merged is gone, and the table goes with its last reader.
            let left = |path: &std::path::Path| std::fs::read_dir(path).expect("a folder").count();
            assert_eq!(left(folder.path()), 1, "{held}");
            drop((cursor, table));
            assert_eq!(left(folder.path()), 0, "{held}");
        }
    }

    #[test]
    fn a_table_without_rows_is_at_its_end() {
        let room = Room {
            prefix: PathBuf::from("never made"),
            made: Arc::default(),
            rows: 1,
            watch: Arc::new(Unwatched::default()),
        };
        let table = Sorter::new(&room).finish().expect("nothing to sort");
        let mut cursor = table.cursor().expect("nothing to read");
        cursor.advance().expect("still nothing");
        assert!(cursor.order().is_none());
        assert_eq!(cursor.number(1), 0);
    }
}
