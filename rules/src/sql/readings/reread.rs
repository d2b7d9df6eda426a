//! Readings of given records: what each would have given for them.

use std::ops::Range;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::UInt64Type;
use arrow_array::{
    Array, ArrayRef, BooleanArray, RecordBatch, StringArray, UInt32Array, UInt64Array,
};
use arrow_cast::{CastOptions, cast_with_options};
use arrow_schema::{Field, Schema, SchemaRef};
use arrow_select::concat::concat_batches;
use arrow_select::filter::filter_record_batch;
use arrow_select::take::take_record_batch;
use datafusion::catalog::TableProvider;
use datafusion::common::DFSchema;
use futures::{StreamExt, TryStreamExt};

use super::given::{Carrying, GivenTable, Planned, Read};
use super::{Reading, groups};
use crate::sql::carry::{Held, ROW_BESIDE, Strays, TableName, field_beside, table_of};
use crate::sql::checked;
use crate::sql::error::RunError;
use crate::sql::lineage;
use crate::sql::rejects::RejectedRecord;
use crate::sql::scan::{BookTable, FILE, ROW, Requirement};
use crate::sql::session::Which;
use crate::sql::side::Side;

/// How many of many records are tried first.
const SAMPLE: usize = 512;

/// Records of one table, or groups of a rule's output, to be read by a rule and its readings; see
/// [`Side::records`].
///
/// A record is known by its index in what it was made of.
#[derive(Debug, Clone)]
pub struct Records {
    /// The table; none where they are groups.
    table: Option<TableName>,
    /// All columns of the table, and the hidden ones; of groups those of the output.
    batch: RecordBatch,
    count: usize,
    /// Those that fail a requirement, ascending.
    unmet: Vec<(u32, String)>,
}

impl Records {
    /// Returns how many there are, with those that do not come from the table.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Returns whether there is none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }
}

/// What one reading gives for each of the given records.
#[derive(Debug, Clone)]
pub struct Reread {
    /// Rows of the output, ordered by record: its columns that the reading may change and those
    /// that were asked for, in the order of the output.
    pub rows: RecordBatch,
    /// For each row the record that it comes from, ascending. A record may have no row, because
    /// it is filtered, has no match or is rejected, and may have several.
    pub of: Vec<u32>,
    /// The records that the reading rejects, ascending, each with the reason.
    pub rejects: Vec<(u32, String)>,
}

impl Reread {
    /// Returns the rows that come from one record.
    pub fn rows_of(&self, record: u32) -> Range<usize> {
        let first = self.of.partition_point(|of| *of < record);
        let end = self.of.partition_point(|of| *of <= record);
        first..end
    }

    /// Returns why the reading rejects a record, if it does.
    pub fn reject_of(&self, record: u32) -> Option<&str> {
        let at = self
            .rejects
            .binary_search_by_key(&record, |(of, _)| *of)
            .ok()?;
        Some(self.rejects.get(at)?.1.as_str())
    }
}

impl Side {
    /// Returns the table whose records [`Side::reread`] takes: the largest one of the side that the
    /// rule works on record by record. `None` where it groups, sorts out or numbers the records,
    /// or where the tables beside it are too large to be held; then [`Side::read_as`] remains.
    pub fn reread_table(&self) -> Option<(Which, String)> {
        let found = table_of(self, &GivenTable::stand, Strays::Told).ok()??;
        Some(found.0)
    }

    /// Takes the records of [`Side::reread_table`] out of a run of this side with lineage: record
    /// `i` is the one behind row `i`. Where there is no such table and the rule adds up, they are the
    /// groups themselves: record `i` is row `i`. `None` for all other rules.
    ///
    /// # Errors
    /// When `looked` does not come from such a run.
    pub fn records(&self, looked: &RecordBatch) -> Result<Option<Records>, RunError> {
        let Some((table, provider)) = table_of(self, &GivenTable::stand, Strays::Told)? else {
            return Ok(groups::adds_up(self.written()).then(|| Records {
                table: None,
                batch: looked.clone(),
                count: looked.num_rows(),
                unmet: Vec::new(),
            }));
        };
        let mut parts = Vec::new();
        let mut taken = vec![false; looked.num_rows()];
        for scan in self.lineage() {
            if (scan.side, &scan.table) == (table.0, &table.1) {
                parts.push(part_of(looked, &scan.columns, &mut taken)?);
            }
        }
        let batch = match parts.as_slice() {
            [] => return Ok(None),
            [first, ..] => concat_batches(&first.schema(), &parts).map_err(internal)?,
        };
        self.admit(table, provider.as_ref(), batch, looked.num_rows())
            .map(Some)
    }

    /// Takes records that were fetched or rejected, as text. Those of another table than
    /// [`Side::reread_table`] are kept as records that give nothing.
    ///
    /// # Errors
    /// When a record has not the columns of the table, or texts that are none of their types.
    pub fn records_of(&self, fetched: &[RejectedRecord]) -> Result<Option<Records>, RunError> {
        let Some((table, provider)) = table_of(self, &GivenTable::stand, Strays::Told)? else {
            return Ok(None);
        };
        let Some(book) = provider.downcast_ref::<BookTable>() else {
            return Ok(None);
        };
        let of_table =
            |record: &&RejectedRecord| (record.side, &record.table) == (table.0, &table.1);
        let mine: Vec<&RejectedRecord> = fetched.iter().filter(of_table).collect();
        let schema = book.table.schema();
        let columns = schema
            .fields()
            .iter()
            .map(|field| typed(&mine, field))
            .collect::<Result<Vec<_>, _>>()?;
        let numbers = (0_u64..)
            .zip(fetched)
            .filter(|(_, record)| of_table(record))
            .map(|(number, _)| number);
        let numbers: UInt64Array = numbers.collect();
        let batch = RecordBatch::try_new(schema, columns).map_err(internal)?;
        let batch = numbered(&batch, Arc::new(numbers))?;
        self.admit(table, provider.as_ref(), batch, fetched.len())
            .map(Some)
    }

    /// Sets aside the records that fail a requirement of the table.
    fn admit(
        &self,
        table: TableName,
        provider: &dyn TableProvider,
        batch: RecordBatch,
        count: usize,
    ) -> Result<Records, RunError> {
        let requires = match provider.downcast_ref::<BookTable>() {
            Some(book) => book.requires.as_slice(),
            None => &[],
        };
        let mut unmet = Vec::new();
        let batch = self.meeting(batch, requires, &mut unmet)?;
        unmet.sort();
        Ok(Records {
            table: Some(table),
            batch,
            count,
            unmet,
        })
    }

    /// The records of `batch` that meet all requirements.
    pub(super) fn admitted(
        &self,
        batch: RecordBatch,
        requires: &[Requirement],
    ) -> Result<RecordBatch, RunError> {
        self.meeting(batch, requires, &mut Vec::new())
    }

    fn meeting(
        &self,
        mut batch: RecordBatch,
        requires: &[Requirement],
        unmet: &mut Vec<(u32, String)>,
    ) -> Result<RecordBatch, RunError> {
        for requirement in requires {
            let names = DFSchema::try_from(batch.schema().as_ref().clone())?;
            let condition = self
                .state()
                .create_physical_expr(requirement.expr.clone(), &names)?;
            let text = format!("require: {}", requirement.text);
            let failing = checked::failing_condition(&batch, &condition, &text)?;
            if !failing.is_empty() {
                batch = without(&batch, failing, unmet)?;
            }
        }
        Ok(batch)
    }

    /// Reads given records as each of `readings` does: every reading alone, each record alone.
    ///
    /// Besides the columns that a reading may change, it gives the columns `always`, such as a
    /// key. The answers have the order of the readings. `None` stands for a reading that does not
    /// work record by record or that the engine cannot plan, and for one that rejects each of 512 records taken evenly among
    /// many: a column that is no amount, say. Nothing is read from the books but tables that a
    /// rule joins, each once. `threads` readings are worked on at a time, on the runtime that this
    /// is called in.
    ///
    /// Of groups only four readings are run, those that round at another level, and for each of them the
    /// lines of the groups are read anew; there `always` is the key that tells the groups apart.
    ///
    /// ```no_run
    /// # async fn reread(side: rules::sql::Side, looked: arrow_array::RecordBatch) -> Result<(), Box<dyn std::error::Error>> {
    /// // `looked` comes from a run of `side` with lineage: the records that differ.
    /// let readings = side.readings();
    /// if let Some(records) = side.records(&looked)? {
    ///     let answers = side.reread(&readings, &records, &[], 2).await?;
    ///     for (reading, answer) in readings.iter().zip(answers) {
    ///         let Some(answer) = answer else { continue };
    ///         println!("{}: record 0 gives {} rows", reading.en, answer.rows_of(0).len());
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// When a joined table cannot be read, `always` names no output column, or the engine fails.
    pub async fn reread(
        &self,
        readings: &[Reading],
        records: &Records,
        always: &[String],
        threads: usize,
    ) -> Result<Vec<Option<Reread>>, RunError> {
        self.has_all(always)?;
        let Some(table) = &records.table else {
            let groups = &records.batch;
            return self.reread_groups(readings, groups, always, threads).await;
        };
        let mut held = Held::default();
        let mut carrying = Vec::with_capacity(readings.len());
        for reading in readings {
            let one = Carrying::new(&reading.plan, table)?;
            if let Some(one) = &one {
                held.read(self, one.plan()).await?;
            }
            carrying.push((one, self.wanted(&[reading], always)));
        }
        let held = Arc::new(held);
        let sample = sample(&records.batch)?;
        let work = carrying.into_iter().map(|(carrying, wanted)| {
            let (side, held, sample) = (self.clone(), Arc::clone(&held), sample.clone());
            let (records, table) = (records.clone(), table.clone());
            let read = async move {
                let Some(carrying) = carrying else {
                    return Ok(None);
                };
                // What the engine cannot plan is no reading that anybody lived with.
                let Ok(planned) = carrying.planned(&side, &table, &wanted, &held) else {
                    return Ok(None);
                };
                let Records { batch, unmet, .. } = records;
                let tried = async {
                    match is_hopeless(&planned, sample).await? {
                        true => Ok::<_, RunError>(None),
                        false => planned.read(batch).await.map(Some),
                    }
                };
                match tried.await {
                    Ok(read) => Ok(read.map(|read| with_unmet(read, unmet))),
                    // Nor is one that leaves the order of a window open, or that fails as a whole.
                    Err(RunError::Request(_) | RunError::Query { .. }) => Ok(None),
                    Err(error) => Err(error),
                }
            };
            async { tokio::spawn(read).await.map_err(internal)? }
        });
        let work = futures::stream::iter(work);
        work.buffered(threads.max(1)).try_collect().await
    }

    fn has_all(&self, columns: &[String]) -> Result<(), RunError> {
        let schema = self.schema();
        let unknown = columns.iter().find(|name| schema.index_of(name).is_err());
        match unknown {
            Some(name) => Err(RunError::Request(format!(
                "the query gives no column {name}"
            ))),
            None => Ok(()),
        }
    }

    /// The columns that some of `readings` may change, or whose records they may, and `always`.
    pub(super) fn wanted(&self, readings: &[&Reading], always: &[String]) -> Vec<String> {
        let schema = self.schema();
        let is_wanted = |name: &String| {
            always.contains(name)
                || readings
                    .iter()
                    .any(|reading| reading.rows || reading.columns.contains(name))
        };
        let names = schema.fields().iter().map(|field| field.name().clone());
        names
            .filter(is_wanted)
            .chain(
                always
                    .iter()
                    .filter(|name| schema.index_of(name).is_err())
                    .cloned(),
            )
            .collect()
    }
}

fn internal(error: impl std::fmt::Display) -> RunError {
    RunError::Internal(error.to_string())
}

/// Some records taken evenly among many; none among few.
fn sample(batch: &RecordBatch) -> Result<Option<RecordBatch>, RunError> {
    let step = batch.num_rows() / SAMPLE;
    if step < 4 {
        return Ok(None);
    }
    let rows = (0..batch.num_rows()).step_by(step).map(u32::try_from);
    let rows: Vec<u32> = rows.collect::<Result<_, _>>().map_err(internal)?;
    let sample = take_record_batch(batch, &UInt32Array::from(rows)).map_err(internal)?;
    Ok(Some(sample))
}

/// Whether a reading rejects all of a sample.
async fn is_hopeless(planned: &Planned, sample: Option<RecordBatch>) -> Result<bool, RunError> {
    let Some(sample) = sample else {
        return Ok(false);
    };
    let rows = sample.num_rows();
    let rejects = planned.count_rejects(sample).await?;
    Ok(usize::try_from(rejects).is_ok_and(|rejects| rejects >= rows))
}

fn with_unmet(read: Read, unmet: Vec<(u32, String)>) -> Reread {
    let mut rejects = read.rejects;
    rejects.extend(unmet);
    rejects.sort();
    Reread {
        rows: read.rows,
        of: read.of,
        rejects,
    }
}

/// The records of one scan, without those that another scan has given for the same row.
fn part_of(
    looked: &RecordBatch,
    columns: &[String],
    taken: &mut [bool],
) -> Result<RecordBatch, RunError> {
    let schema = looked.schema();
    let mut indexes = Vec::with_capacity(columns.len());
    let mut fields = Vec::with_capacity(columns.len());
    for hidden in columns {
        let (Ok(index), Some((_, name))) = (schema.index_of(hidden), lineage::parse(hidden)) else {
            let message = format!("the records have no column {hidden}: run with lineage");
            return Err(RunError::Request(message));
        };
        indexes.push(index);
        let field = schema
            .field(index)
            .clone()
            .with_name(name)
            .with_nullable(true);
        fields.push(Arc::new(field));
    }
    let found = fields
        .iter()
        .position(|field| field.name() == ROW)
        .map(|at| indexes[at]);
    let Some(place) = found else {
        return Err(RunError::Request("the records tell no place".to_owned()));
    };
    let place = looked.column(place);
    let mut rows = Vec::new();
    for (row, taken) in taken.iter_mut().enumerate() {
        if place.is_valid(row) && !*taken {
            *taken = true;
            rows.push(u32::try_from(row).map_err(internal)?);
        }
    }
    let numbers: UInt64Array = rows.iter().map(|row| u64::from(*row)).collect();
    let narrow = looked.project(&indexes).map_err(internal)?;
    let narrow = take_record_batch(&narrow, &UInt32Array::from(rows)).map_err(internal)?;
    let schema: SchemaRef = Arc::new(Schema::new(fields));
    let narrow = RecordBatch::try_new(schema, narrow.columns().to_vec()).map_err(internal)?;
    numbered(&narrow, Arc::new(numbers))
}

/// Adds the hidden column.
pub(super) fn numbered(batch: &RecordBatch, numbers: ArrayRef) -> Result<RecordBatch, RunError> {
    let schema = batch.schema();
    let own = schema.fields().iter().cloned();
    let fields: Vec<_> = own.chain([field_beside()]).collect();
    let columns = batch.columns().iter().cloned().chain([numbers]).collect();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).map_err(internal)
}

/// One column of records that are texts.
fn typed(records: &[&RejectedRecord], field: &Field) -> Result<ArrayRef, RunError> {
    let mut texts: Vec<Option<String>> = Vec::with_capacity(records.len());
    for record in records {
        texts.push(match field.name().as_str() {
            FILE => Some(record.file.clone()),
            ROW => Some(record.row.to_string()),
            name => match record.record.iter().find(|(column, _)| column == name) {
                Some((_, text)) => text.clone(),
                None => {
                    let message = format!("a record of {} has no column {name}", record.table);
                    return Err(RunError::Request(message));
                }
            },
        });
    }
    let options = CastOptions {
        safe: false,
        ..CastOptions::default()
    };
    let texts = StringArray::from(texts);
    cast_with_options(&texts, field.data_type(), &options).map_err(internal)
}

/// Takes failing records out, and notes them by their number.
fn without(
    batch: &RecordBatch,
    failing: checked::Failing,
    unmet: &mut Vec<(u32, String)>,
) -> Result<RecordBatch, RunError> {
    let at = batch.schema().index_of(ROW_BESIDE).map_err(internal)?;
    let numbers = batch.column(at).as_primitive::<UInt64Type>();
    let mut kept = vec![true; batch.num_rows()];
    for (row, reason) in failing {
        kept[row] = false;
        unmet.push((u32::try_from(numbers.value(row)).map_err(internal)?, reason));
    }
    filter_record_batch(batch, &BooleanArray::from(kept)).map_err(internal)
}
