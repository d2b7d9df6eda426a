//! Single records of a table, by the values of some columns.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use arrow_array::{Array, ArrayRef, BooleanArray, RecordBatch, StringArray};
use arrow_cast::{CastOptions, cast_with_options};
use arrow_schema::{DataType, Schema};
use books::{Chunk, ReadError, ReadRequest, RowFilter, Table};
use datafusion::arrow::row::{OwnedRow, RowConverter, SortField};

use super::error::RunError;
use super::rejects::{Origin, RejectedRecord};
use super::session::{Session, Which};

/// Which records to fetch: those whose `columns` hold one of `values`.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// Names of columns of the table.
    pub columns: Vec<String>,
    /// One value per column each, as text; `None` is NULL and finds NULL. A text is read in the
    /// column's type, so `7` and `07` find the same number, and `1.5` and `1.50` the same amount.
    pub values: Vec<Vec<Option<String>>>,
}

/// A record that was found.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fetched {
    /// Index into [`Wanted::values`].
    pub wanted: usize,
    /// The record with its place.
    pub record: RejectedRecord,
}

impl Session {
    /// Fetches the records of a table that have one of the wanted values, ordered by wanted value
    /// and place. It reads the named columns of the whole table, and whole records only of those
    /// that it finds.
    ///
    /// # Errors
    /// When there is no such table or column, or a file cannot be read.
    pub fn fetch(
        &self,
        which: Which,
        table: &str,
        wanted: &Wanted,
    ) -> Result<Vec<Fetched>, RunError> {
        let Some(found) = self.book(which).table(table) else {
            return Err(RunError::Request(format!(
                "there is no table {which}.{table}"
            )));
        };
        let filter = Arc::new(WantedFilter::new(found, wanted)?);
        let schema = found.schema();
        let request = ReadRequest {
            columns: (0..schema.fields().len()).collect(),
            batch_rows: 8192,
            filter: Some(Arc::clone(&filter) as Arc<dyn RowFilter>),
            meter: None,
            narrow_decimals: false,
            first_rows: None,
            share: None,
            within: None,
        };
        let queue = Mutex::new(found.chunks().into_iter());
        let origin = Origin::of_table(which, table, &schema);
        let work = || {
            let drained = drain(found, &queue, &request, &filter, &origin);
            drained.map_err(|error| match error {
                RunError::Read(error) => RunError::Read(error.in_book(which.name())),
                other => other,
            })
        };
        let parts = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..self.settings().threads.max(1))
                .map(|_| scope.spawn(work))
                .collect();
            threads.into_iter().map(join).collect::<Result<Vec<_>, _>>()
        })?;
        let mut fetched: Vec<Fetched> = parts.into_iter().flatten().collect();
        fetched.sort_unstable();
        Ok(fetched)
    }
}

type Part = Result<Vec<Fetched>, RunError>;

fn join(thread: std::thread::ScopedJoinHandle<'_, Part>) -> Part {
    let broken = |_| RunError::Internal("a thread that fetched records broke off".to_owned());
    thread.join().map_err(broken)?
}

fn drain(
    table: &Table,
    queue: &Mutex<std::vec::IntoIter<Chunk>>,
    request: &ReadRequest,
    filter: &WantedFilter,
    origin: &Origin,
) -> Part {
    let mut fetched = Vec::new();
    let draw = || queue.lock().unwrap_or_else(PoisonError::into_inner).next();
    while let Some(chunk) = draw() {
        for batch in table.read(&chunk, request).map_err(RunError::Read)? {
            let batch = batch.map_err(|error: ReadError| RunError::Read(error))?;
            let keys = batch.project(&filter.columns).map_err(internal)?;
            let found = filter.find(&keys).map_err(RunError::Internal)?;
            for (record, wanted) in origin.records(&batch).into_iter().zip(found) {
                if let (Some(record), Some(wanted)) = (record, wanted) {
                    fetched.extend(wanted.iter().map(|wanted| Fetched {
                        wanted: *wanted,
                        record: record.clone(),
                    }));
                }
            }
        }
    }
    Ok(fetched)
}

fn internal(error: impl std::fmt::Display) -> RunError {
    RunError::Internal(error.to_string())
}

/// Compares in the columns' own types, through their row format.
struct WantedFilter {
    columns: Vec<usize>,
    converter: RowConverter,
    wanted: HashMap<OwnedRow, Vec<usize>>,
}

impl std::fmt::Debug for WantedFilter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} values of columns {:?}",
            self.wanted.len(),
            self.columns
        )
    }
}

impl WantedFilter {
    fn new(table: &Table, wanted: &Wanted) -> Result<Self, RunError> {
        let schema = table.schema();
        let no_column = |_| {
            let names = wanted.columns.join(", ");
            RunError::Request(format!(
                "{} has not all of the columns {names}",
                table.name()
            ))
        };
        let columns = wanted.columns.iter().map(|name| schema.index_of(name));
        let columns = columns.collect::<Result<Vec<_>, _>>().map_err(no_column)?;
        if let Some(values) = wanted
            .values
            .iter()
            .find(|values| values.len() != columns.len())
        {
            let message = format!("{} values for {} columns", values.len(), columns.len());
            return Err(RunError::Request(message));
        }
        let field = |index: &usize| SortField::new(schema.field(*index).data_type().clone());
        let converter = RowConverter::new(columns.iter().map(field).collect()).map_err(internal)?;
        let mut filter = Self {
            columns,
            converter,
            wanted: HashMap::new(),
        };
        filter.fill(&schema, &wanted.values)?;
        Ok(filter)
    }

    fn fill(&mut self, schema: &Schema, values: &[Vec<Option<String>>]) -> Result<(), RunError> {
        if values.is_empty() {
            return Ok(());
        }
        let mut readable = vec![true; values.len()];
        let mut arrays = Vec::new();
        for (position, index) in self.columns.iter().enumerate() {
            let texts: StringArray = values
                .iter()
                .map(|values| values[position].as_deref())
                .collect();
            let array = typed(&texts, schema.field(*index).data_type())?;
            for (row, readable) in readable.iter_mut().enumerate() {
                // What is no value of the column's type is in no record.
                *readable &= texts.is_null(row) || array.is_valid(row);
            }
            arrays.push(array);
        }
        let rows = self.converter.convert_columns(&arrays).map_err(internal)?;
        for (index, row) in rows
            .iter()
            .enumerate()
            .filter(|(index, _)| readable[*index])
        {
            self.wanted.entry(row.owned()).or_default().push(index);
        }
        Ok(())
    }

    /// For every row of `keys`, the wanted values that it has.
    fn find(&self, keys: &RecordBatch) -> Result<Vec<Option<&Vec<usize>>>, String> {
        let rows = self
            .converter
            .convert_columns(keys.columns())
            .map_err(|error| error.to_string())?;
        Ok(rows
            .iter()
            .map(|row| self.wanted.get(&row.owned()))
            .collect())
    }
}

fn typed(texts: &StringArray, data_type: &DataType) -> Result<ArrayRef, RunError> {
    let options = CastOptions {
        safe: true,
        ..CastOptions::default()
    };
    cast_with_options(texts, data_type, &options).map_err(internal)
}

impl RowFilter for WantedFilter {
    fn columns(&self) -> &[usize] {
        &self.columns
    }

    fn keep(&self, batch: &RecordBatch) -> Result<BooleanArray, String> {
        Ok(self
            .find(batch)?
            .into_iter()
            .map(|found| Some(found.is_some()))
            .collect())
    }

    fn may_contain(&self, _column: usize, _min: &ArrayRef, _max: &ArrayRef) -> bool {
        true
    }
}
