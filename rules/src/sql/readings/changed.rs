//! How many records of a whole book a reading would change: one pass for a few readings.
//!
//! The table is read batch by batch. For each batch the rule and every reading give their rows,
//! record by record, and only rows that some reading changes go on. So nothing of a reading that
//! fails on a record can touch the rule or another reading.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use arrow_array::{Array, ArrayRef, BooleanArray, RecordBatch, UInt32Array, UInt64Array};
use arrow_buffer::BooleanBuffer;
use arrow_cast::{CastOptions, cast_with_options};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use arrow_select::concat::concat_batches;
use arrow_select::filter::FilterBuilder;
use arrow_select::take::take;
use books::{Chunk, ChunkReader, ReadRequest, Table};
use datafusion::arrow::compute::kernels::cmp::distinct;
use datafusion::arrow::row::{RowConverter, Rows, SortField};
use datafusion::common::{DataFusionError, Result as EngineResult};
use datafusion::execution::SendableRecordBatchStream;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;

use super::Reading;
use super::given::{GivenTable, Planned, Read};
use super::reread::numbered;
use crate::sql::carry::{Held, Strays, table_of};
use crate::sql::error::RunError;
use crate::sql::scan::{BookTable, ROW, Requirement};
use crate::sql::side::{Run, Side};

/// Rows of a batch: planning it again for each reading must not cost more than reading it.
const BATCH_ROWS: usize = 32_768;
/// How many readings a pass takes.
const AT_ONCE: usize = 8;

impl Side {
    /// Reads the whole book once, and gives every record that one of `readings` would change.
    ///
    /// The output has the columns `columns` of the rule, such as its key; then `given`, whether the
    /// rule gives the record at all (if not, the columns are the reading's); then for each reading
    /// `changed_0`, `changed_1` …, whether the record is another under it: another value in some
    /// column, no such record, or a reject. Records that no reading changes are left out, and so
    /// is the order.
    ///
    /// A record counts against a reading if the target has it as the rule gives it, although
    /// `changed_…` is true. Where a record gives several rows, those that are equal under rule and
    /// reading belong together.
    ///
    /// At most 8 readings go in one pass. `None` where rule or readings do not work record by
    /// record; see [`Side::reread_table`]. Where the rule adds up, its readings that round at another
    /// level are run over all lines, each in a pass of its own, and the records are its groups: up to a
    /// million of them, else `None`. Of `run`, the partitions and the meter are used: each
    /// stream is to be driven by a thread of its own.
    ///
    /// ```no_run
    /// # async fn count(side: rules::sql::Side) -> Result<(), Box<dyn std::error::Error>> {
    /// use futures::StreamExt;
    /// use rules::sql::Run;
    ///
    /// let readings: Vec<_> = side.readings().into_iter().take(1).collect();
    /// let key = ["id".to_owned()];
    /// for mut stream in side.changed_by(&readings, &key, &Run::new(2)).await?.unwrap_or_default() {
    ///     while let Some(batch) = stream.next().await {
    ///         println!("{} records would be others", batch?.num_rows());
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// When there are more than 8 readings, `columns` names no output column, or a table that the
    /// rule joins cannot be read.
    pub async fn changed_by(
        &self,
        readings: &[Reading],
        columns: &[String],
        run: &Run,
    ) -> Result<Option<Vec<SendableRecordBatchStream>>, RunError> {
        if readings.len() > AT_ONCE {
            let message = format!("{} readings in one pass; {AT_ONCE} can be", readings.len());
            return Err(RunError::Request(message));
        }
        let Some((name, provider)) = table_of(self, &GivenTable::stand, Strays::Told)? else {
            let changed = self.changed_groups(readings, columns, run).await?;
            return Ok(changed.map(|groups| vec![given(groups)]));
        };
        let Some(book) = provider.downcast_ref::<BookTable>() else {
            return Ok(None);
        };
        let mut held = Held::default();
        let all: Vec<&Reading> = readings.iter().collect();
        let wanted = self.wanted(&all, columns);
        let planned = Planned::new(self, self.written(), &name, &wanted, &mut held).await?;
        let Some(rule) = planned else {
            return Ok(None);
        };
        let mut others = Vec::with_capacity(readings.len());
        for reading in readings {
            let compared = self.wanted(&[reading], columns);
            let planned = Planned::new(self, &reading.plan, &name, &compared, &mut held).await?;
            let Some(planned) = planned else {
                return Ok(None);
            };
            others.push((planned, compared));
        }
        let pass = Pass::new(self, book, rule, others, columns)?;
        let source = Arc::new(Source::new(book, &pass, run)?);
        let pass = Arc::new(pass);
        let streams = (0..run.partitions.max(1)).map(|_| stream(&pass, &source));
        Ok(Some(streams.collect()))
    }
}

fn internal(error: impl std::fmt::Display) -> RunError {
    RunError::Internal(error.to_string())
}

/// What is done with each batch of records.
#[derive(Debug)]
struct Pass {
    side: Side,
    rule: Planned,
    /// The readings, each with the columns that it gives.
    readings: Vec<(Planned, Vec<String>)>,
    columns: Vec<String>,
    output: SchemaRef,
    requires: Vec<Requirement>,
}

impl Pass {
    fn new(
        side: &Side,
        book: &BookTable,
        rule: Planned,
        readings: Vec<(Planned, Vec<String>)>,
        columns: &[String],
    ) -> Result<Self, RunError> {
        let schema = side.schema();
        let mut fields = Vec::with_capacity(columns.len() + 1 + readings.len());
        for name in columns {
            let field = schema.field_with_name(name).map_err(internal)?;
            fields.push(field.clone().with_nullable(true));
        }
        let flags = (0..readings.len()).map(|number| format!("changed_{number}"));
        for name in std::iter::once("given".to_owned()).chain(flags) {
            fields.push(Field::new(name, DataType::Boolean, false));
        }
        Ok(Self {
            side: side.clone(),
            rule,
            readings,
            columns: columns.to_vec(),
            output: Arc::new(Schema::new(fields)),
            requires: book.requires.clone(),
        })
    }

    /// The rows of `records` that some reading changes.
    async fn changes(&self, records: RecordBatch) -> Result<RecordBatch, RunError> {
        let records = self.side.admitted(records, &self.requires)?;
        let rule = self.rule.read_rows(records.clone()).await?;
        let is_single = rule.gives_one_row_each();
        let mut flags = Vec::with_capacity(self.readings.len());
        let mut pieces = Vec::new();
        for (number, (planned, compared)) in self.readings.iter().enumerate() {
            let read = planned.read_rows(records.clone()).await?;
            let pair = Pair::new(&rule, &read, compared)?;
            let side_by_side = match is_single && rule.of == read.of {
                true => pair.changed_row_by_row(),
                false => None,
            };
            let (changed, extra) = match side_by_side {
                Some(changed) => (changed, Vec::new()),
                None => pair.changed()?,
            };
            flags.push(changed);
            if !extra.is_empty() {
                pieces.push(self.only_read(&read, &extra, number)?);
            }
        }
        pieces.push(self.of_rule(&rule, &flags)?);
        concat_batches(&self.output, &pieces).map_err(internal)
    }

    /// Rows of the rule, with what each reading makes of them.
    fn of_rule(&self, rule: &Read, flags: &[BooleanBuffer]) -> Result<RecordBatch, RunError> {
        let rows = rule.rows.num_rows();
        let any = flags.iter().cloned().reduce(|one, other| &one | &other);
        let any = any.unwrap_or_else(|| BooleanBuffer::new_unset(rows));
        let kept = FilterBuilder::new(&BooleanArray::from(any)).build();
        let mut columns = Vec::with_capacity(self.output.fields().len());
        for (name, field) in self.columns.iter().zip(self.output.fields()) {
            let index = rule.rows.schema().index_of(name).map_err(internal)?;
            let own = kept.filter(rule.rows.column(index)).map_err(internal)?;
            columns.push(like(&own, field.data_type())?);
        }
        columns.push(Arc::new(BooleanArray::from(vec![true; kept.count()])));
        for flags in flags {
            let flags = BooleanArray::from(flags.clone());
            columns.push(kept.filter(&flags).map_err(internal)?);
        }
        RecordBatch::try_new(Arc::clone(&self.output), columns).map_err(internal)
    }

    /// Rows that only the reading `number` gives.
    fn only_read(&self, read: &Read, rows: &[u32], number: usize) -> Result<RecordBatch, RunError> {
        let mut columns = self.taken(&read.rows, &UInt32Array::from(rows.to_vec()))?;
        columns.push(Arc::new(BooleanArray::from(vec![false; rows.len()])));
        for flag in 0..self.readings.len() {
            columns.push(Arc::new(BooleanArray::from(vec![
                flag == number;
                rows.len()
            ])));
        }
        RecordBatch::try_new(Arc::clone(&self.output), columns).map_err(internal)
    }

    /// The columns that are put out, of some rows.
    fn taken(&self, of: &RecordBatch, rows: &UInt32Array) -> Result<Vec<ArrayRef>, RunError> {
        let mut columns = Vec::with_capacity(self.output.fields().len());
        for (name, field) in self.columns.iter().zip(self.output.fields()) {
            let index = of.schema().index_of(name).map_err(internal)?;
            let taken = take(of.column(index), rows, None).map_err(internal)?;
            columns.push(like(&taken, field.data_type())?);
        }
        Ok(columns)
    }
}

/// The same values in the type of the rule; a reading may leave an amount more decimals than the
/// rule's type has, and then its value is not shown.
fn like(array: &ArrayRef, wanted: &DataType) -> Result<ArrayRef, RunError> {
    if array.data_type() == wanted {
        return Ok(Arc::clone(array));
    }
    let cast = cast_with_options(array, wanted, &CastOptions::default()).map_err(internal)?;
    Ok(cast)
}

/// The rows of rule and reading, ready to be compared.
struct Pair<'a> {
    rule: &'a Read,
    read: &'a Read,
    /// The compared columns of both, each pair in one type.
    columns: Vec<(ArrayRef, ArrayRef)>,
}

/// The same rows in bytes that are equal where the values are.
struct Encoded {
    of_rule: Rows,
    of_read: Rows,
}

impl<'a> Pair<'a> {
    fn new(rule: &'a Read, read: &'a Read, compared: &[String]) -> Result<Self, RunError> {
        let mut columns = Vec::with_capacity(compared.len());
        for name in compared {
            let column = |of: &Read| {
                let index = of.rows.schema().index_of(name).map_err(internal)?;
                Ok::<_, RunError>(Arc::clone(of.rows.column(index)))
            };
            columns.push(alike(column(rule)?, column(read)?)?);
        }
        Ok(Self {
            columns,
            rule,
            read,
        })
    }

    fn encoded(&self) -> Result<Encoded, RunError> {
        let (left, right): (Vec<ArrayRef>, Vec<ArrayRef>) = self.columns.iter().cloned().unzip();
        let fields = left
            .iter()
            .map(|column| SortField::new(column.data_type().clone()));
        let converter = RowConverter::new(fields.collect()).map_err(internal)?;
        Ok(Encoded {
            of_rule: converter.convert_columns(&left).map_err(internal)?,
            of_read: converter.convert_columns(&right).map_err(internal)?,
        })
    }

    /// Tells the rows of the rule that the reading changes, where every record gives one row under
    /// both, so that the rows stand side by side. None where the engine does not compare a column
    /// so.
    fn changed_row_by_row(&self) -> Option<BooleanBuffer> {
        let mut changed: Option<BooleanBuffer> = None;
        for (rule, read) in &self.columns {
            if rule.data_type().is_nested() {
                return None;
            }
            let (distinct, _) = distinct(rule, read).ok()?.into_parts();
            changed = Some(match changed {
                Some(before) => &before | &distinct,
                None => distinct,
            });
        }
        let rows = self.rule.rows.num_rows();
        Some(changed.unwrap_or_else(|| BooleanBuffer::new_unset(rows)))
    }

    /// Tells the rows of the rule that the reading changes, and those of the reading that stand
    /// for none of the rule's.
    fn changed(&self) -> Result<(BooleanBuffer, Vec<u32>), RunError> {
        let encoded = self.encoded()?;
        let mut flags = vec![false; self.rule.rows.num_rows()];
        let mut extra = Vec::new();
        let (mut at_rule, mut at_read) = (0, 0);
        loop {
            let record = match (self.rule.of.get(at_rule), self.read.of.get(at_read)) {
                (Some(rule), Some(read)) => rule.min(read),
                (Some(of), None) | (None, Some(of)) => of,
                (None, None) => return Ok((BooleanBuffer::from(flags), extra)),
            };
            let rule = run_of(&self.rule.of, at_rule, *record);
            let read = run_of(&self.read.of, at_read, *record);
            encoded.of_record(rule.clone(), read.clone(), &mut flags, &mut extra);
            (at_rule, at_read) = (rule.end, read.end);
        }
    }
}

impl Encoded {
    /// Equal rows belong together; what is left of the rule is changed.
    fn of_record(
        &self,
        rule: Range<usize>,
        read: Range<usize>,
        flags: &mut [bool],
        extra: &mut Vec<u32>,
    ) {
        let mut left: Vec<usize> = read.collect();
        let mut changed = 0;
        for row in rule {
            let same = left
                .iter()
                .position(|of| self.of_read.row(*of) == self.of_rule.row(row));
            match same {
                Some(at) => {
                    left.remove(at);
                }
                None => {
                    flags[row] = true;
                    changed += 1;
                }
            }
        }
        let surplus = left.into_iter().skip(changed);
        extra.extend(surplus.filter_map(|row| u32::try_from(row).ok()));
    }
}

/// The rows from `first` on that come from `record`.
fn run_of(of: &[u32], first: usize, record: u32) -> Range<usize> {
    let more = of[first..].iter().take_while(|other| **other == record);
    first..first + more.count()
}

/// Both columns in one type: amounts of other decimals are brought to the larger number of them.
pub(super) fn alike(one: ArrayRef, other: ArrayRef) -> Result<(ArrayRef, ArrayRef), RunError> {
    let (left, right) = (one.data_type(), other.data_type());
    if left == right {
        return Ok((one, other));
    }
    let common = match (scale(left), scale(right)) {
        (Some(left), Some(right)) => DataType::Decimal256(76, left.max(right)),
        _ => left.clone(),
    };
    let options = CastOptions {
        safe: false,
        ..CastOptions::default()
    };
    let cast = |array| cast_with_options(array, &common, &options).map_err(internal);
    Ok((cast(&one)?, cast(&other)?))
}

fn scale(given: &DataType) -> Option<i8> {
    match given {
        DataType::Decimal32(_, scale)
        | DataType::Decimal64(_, scale)
        | DataType::Decimal128(_, scale)
        | DataType::Decimal256(_, scale) => Some(*scale),
        _ => None,
    }
}

/// The chunks of the table that no stream has drawn yet.
#[derive(Debug)]
struct Source {
    table: Arc<Table>,
    request: ReadRequest,
    waiting: Mutex<VecDeque<Chunk>>,
}

impl Source {
    fn new(book: &BookTable, pass: &Pass, run: &Run) -> Result<Self, RunError> {
        let schema = book.table.schema();
        let mut names = vec![ROW.to_owned()];
        names.extend(pass.rule.columns()?);
        for (planned, _) in &pass.readings {
            names.extend(planned.columns()?);
        }
        for requirement in &pass.requires {
            let columns = requirement.expr.column_refs();
            names.extend(columns.into_iter().map(|column| column.name.clone()));
        }
        let columns = names.iter().map(|name| schema.index_of(name));
        let mut columns = columns.collect::<Result<Vec<_>, _>>().map_err(internal)?;
        columns.sort_unstable();
        columns.dedup();
        Ok(Self {
            table: Arc::clone(&book.table),
            waiting: Mutex::new(book.table.chunks().into()),
            request: ReadRequest {
                batch_rows: BATCH_ROWS,
                meter: Some(Arc::clone(&run.meter)),
                ..ReadRequest::new(columns)
            },
        })
    }

    fn draw(&self) -> Option<Chunk> {
        self.waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop_front()
    }

    /// The next batch of the open chunk, or of the next one.
    fn next(&self, open: &mut Option<ChunkReader>) -> EngineResult<Option<RecordBatch>> {
        loop {
            let reader = match open {
                Some(reader) => reader,
                None => match self.draw() {
                    Some(chunk) => {
                        let reader = self.table.read(&chunk, &self.request);
                        open.insert(reader.map_err(external)?)
                    }
                    None => return Ok(None),
                },
            };
            match reader.next() {
                Some(batch) => return Ok(Some(batch.map_err(external)?)),
                None => *open = None,
            }
        }
    }
}

fn external(error: impl std::error::Error + Send + Sync + 'static) -> DataFusionError {
    DataFusionError::External(Box::new(error))
}

/// A stream of one batch.
fn given(batch: RecordBatch) -> SendableRecordBatchStream {
    let schema = batch.schema();
    let once = futures::stream::iter([Ok::<_, DataFusionError>(batch)]);
    Box::pin(RecordBatchStreamAdapter::new(schema, once))
}

fn stream(pass: &Arc<Pass>, source: &Arc<Source>) -> SendableRecordBatchStream {
    let output = Arc::clone(&pass.output);
    let state = (Arc::clone(pass), Arc::clone(source), None::<ChunkReader>);
    let batches = futures::stream::try_unfold(state, |(pass, source, mut open)| async move {
        let Some(batch) = source.next(&mut open)? else {
            return Ok(None);
        };
        let numbers: UInt64Array = (0_u64..).take(batch.num_rows()).collect();
        let changes = async {
            let records = numbered(&batch, Arc::new(numbers))?;
            pass.changes(records).await
        };
        let changes = changes.await.map_err(external)?;
        Ok::<_, DataFusionError>(Some((changes, (pass, source, open))))
    });
    Box::pin(RecordBatchStreamAdapter::new(output, batches))
}
