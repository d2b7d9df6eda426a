//! Readings of a rule that adds up: what each would have given for groups, and how many of all groups it
//! would change.
//!
//! A group has no record behind it that could stand alone. So the reading itself is run: over the lines
//! of the groups in question, which the second look picks out, or over all lines.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::{Array, ArrayRef, BooleanArray, RecordBatch, UInt32Array};
use arrow_cast::{CastOptions, cast_with_options};
use arrow_schema::{ArrowError, DataType, Field, Schema};
use arrow_select::concat::concat_batches;
use arrow_select::filter::filter_record_batch;
use arrow_select::take::take_record_batch;
use datafusion::arrow::row::{RowConverter, Rows, SortField};
use datafusion::common::tree_node::TreeNode;
use datafusion::logical_expr::LogicalPlan;
use futures::StreamExt;

use super::Reading;
use super::changed::alike;
use super::reread::Reread;
use crate::sql::error::RunError;
use crate::sql::probe::{KeyTest, Probe};
use crate::sql::side::{Run, Side};

/// Readings of a rule that are run over groups, at most: each reads the lines anew.
const RUN_MAX: usize = 4;
/// Groups among which changes are counted, at most: they are held in memory.
const GROUPS_MAX: usize = 1_000_000;

/// Whether a plan adds records up.
pub(super) fn adds_up(plan: &LogicalPlan) -> bool {
    let is_group = |node: &LogicalPlan| Ok(matches!(node, LogicalPlan::Aggregate(_)));
    plan.exists(is_group).unwrap_or(false)
}

impl Side {
    /// Runs the readings that round at another level over given groups of the rule's output, which are
    /// told apart by `key`. All others are `None`, and so is what the engine cannot run.
    pub(super) async fn reread_groups(
        &self,
        readings: &[Reading],
        groups: &RecordBatch,
        key: &[String],
        threads: usize,
    ) -> Result<Vec<Option<Reread>>, RunError> {
        let mut answers = vec![None; readings.len()];
        if key.is_empty() || groups.num_rows() == 0 {
            return Ok(answers);
        }
        let keys = Arc::new(Keys::of(groups, key)?);
        let run = Run {
            probe: Some(Probe {
                columns: key.to_vec(),
                test: Arc::clone(&keys) as Arc<dyn KeyTest>,
            }),
            ..Run::new(threads)
        };
        let is_run = |reading: &Reading| {
            let mut changed = reading.columns.iter();
            reading.over_groups && !changed.any(|column| key.contains(column))
        };
        let both = readings.iter().zip(&mut answers);
        for (reading, answer) in both.filter(|(reading, _)| is_run(reading)).take(RUN_MAX) {
            if let Some(rows) = self.rows_as(reading, &run, usize::MAX).await? {
                let wanted = self.wanted(&[reading], key);
                *answer = Some(keys.answer(&rows, key, &wanted)?);
            }
        }
        Ok(answers)
    }

    /// Gives every group that one of `readings` changes, as [`Side::changed_by`] does. `None` where one of
    /// them is not run over groups, or there are too many groups.
    pub(super) async fn changed_groups(
        &self,
        readings: &[Reading],
        columns: &[String],
        run: &Run,
    ) -> Result<Option<RecordBatch>, RunError> {
        if !readings.iter().all(|reading| reading.over_groups) {
            return Ok(None);
        }
        let metered = Run {
            meter: Arc::clone(&run.meter),
            ..Run::new(run.partitions)
        };
        let Some(rule) = all_rows(self, &metered, GROUPS_MAX).await? else {
            return Ok(None);
        };
        let mut flags = Vec::with_capacity(readings.len());
        for reading in readings {
            let of_reading = Run::new(run.partitions);
            let Some(read) = self.rows_as(reading, &of_reading, GROUPS_MAX).await? else {
                return Ok(None);
            };
            flags.push(changed(&rule, &read)?);
        }
        told(&rule, columns, &flags).map(Some)
    }

    /// All rows that a reading gives; `None` where there are more than so many, and where the engine
    /// cannot plan or run it: that is no reading that anybody lived with.
    async fn rows_as(
        &self,
        reading: &Reading,
        run: &Run,
        most: usize,
    ) -> Result<Option<RecordBatch>, RunError> {
        let Ok(side) = self.read_as(reading) else {
            return Ok(None);
        };
        match all_rows(&side, run, most).await {
            Err(RunError::Request(_) | RunError::Query { .. }) => Ok(None),
            rows => rows,
        }
    }
}

fn internal(error: impl std::fmt::Display) -> RunError {
    RunError::Internal(error.to_string())
}

/// All rows that a side gives; `None` where there are more than so many.
async fn all_rows(side: &Side, run: &Run, most: usize) -> Result<Option<RecordBatch>, RunError> {
    let mut streams = futures::stream::select_all(side.run(run).await?);
    let (mut batches, mut rows) = (Vec::new(), 0);
    while let Some(batch) = streams.next().await {
        let batch = batch?;
        rows += batch.num_rows();
        if rows > most {
            return Ok(None);
        }
        batches.push(batch);
    }
    let schema = match batches.first() {
        Some(first) => first.schema(),
        None => side.schema(),
    };
    concat_batches(&schema, &batches)
        .map(Some)
        .map_err(internal)
}

/// Columns in bytes that are equal where the values of a row are.
fn encoded(columns: &[ArrayRef]) -> Result<Rows, ArrowError> {
    let fields = columns
        .iter()
        .map(|column| SortField::new(column.data_type().clone()));
    let converter = RowConverter::new(fields.collect())?;
    converter.convert_columns(columns)
}

fn columns_of(batch: &RecordBatch, names: &[String]) -> Result<Vec<ArrayRef>, RunError> {
    let schema = batch.schema();
    let column = |name: &String| {
        let index = schema.index_of(name).map_err(internal)?;
        Ok::<_, RunError>(Arc::clone(batch.column(index)))
    };
    names.iter().map(column).collect()
}

/// The keys of groups, each with the numbers of the groups that have it.
#[derive(Debug)]
struct Keys {
    types: Vec<DataType>,
    numbers: HashMap<Box<[u8]>, Vec<u32>>,
}

impl Keys {
    fn of(groups: &RecordBatch, key: &[String]) -> Result<Self, RunError> {
        let columns = columns_of(groups, key)?;
        let types = columns.iter().map(|column| column.data_type().clone());
        let mut keys = Self {
            types: types.collect(),
            numbers: HashMap::new(),
        };
        let rows = encoded(&columns).map_err(internal)?;
        for (number, row) in (0_u32..).zip(rows.iter()) {
            let numbers = keys.numbers.entry(row.data().into()).or_default();
            numbers.push(number);
        }
        Ok(keys)
    }

    /// Key columns as those of the groups are encoded.
    fn encode(&self, columns: &[ArrayRef]) -> Result<Rows, ArrowError> {
        let options = CastOptions::default();
        let alike = columns.iter().zip(&self.types);
        let alike: Vec<ArrayRef> = alike
            .map(|(column, wanted)| match column.data_type() == wanted {
                true => Ok(Arc::clone(column)),
                false => cast_with_options(column, wanted, &options),
            })
            .collect::<Result<_, _>>()?;
        encoded(&alike)
    }

    /// The rows that a reading gives for the groups, in their order.
    fn answer(
        &self,
        rows: &RecordBatch,
        key: &[String],
        wanted: &[String],
    ) -> Result<Reread, RunError> {
        let encoded = self.encode(&columns_of(rows, key)?).map_err(internal)?;
        let mut order: Vec<(u32, u32)> = Vec::new();
        for (at, row) in (0_u32..).zip(encoded.iter()) {
            let numbers = self.numbers.get(row.data()).into_iter().flatten();
            order.extend(numbers.map(|number| (*number, at)));
        }
        order.sort_unstable();
        let schema = rows.schema();
        let places = wanted.iter().map(|name| schema.index_of(name));
        let places: Vec<usize> = places.collect::<Result<_, _>>().map_err(internal)?;
        let narrow = rows.project(&places).map_err(internal)?;
        let indices: UInt32Array = order.iter().map(|(_, at)| *at).collect();
        Ok(Reread {
            rows: take_record_batch(&narrow, &indices).map_err(internal)?,
            of: order.into_iter().map(|(number, _)| number).collect(),
            rejects: Vec::new(),
        })
    }
}

impl KeyTest for Keys {
    fn keep(&self, key_columns: &[ArrayRef]) -> Result<BooleanArray, String> {
        let rows = self
            .encode(key_columns)
            .map_err(|error| error.to_string())?;
        let kept = rows.iter().map(|row| self.numbers.contains_key(row.data()));
        Ok(BooleanArray::from(kept.collect::<Vec<bool>>()))
    }

    fn may_contain(&self, _column: usize, _min: &ArrayRef, _max: &ArrayRef) -> bool {
        true
    }
}

/// Tells the rows of the rule that are none of the reading's, each of which stands for one.
fn changed(rule: &RecordBatch, read: &RecordBatch) -> Result<Vec<bool>, RunError> {
    let (mut of_rule, mut of_read) = (Vec::new(), Vec::new());
    for (one, other) in rule.columns().iter().zip(read.columns()) {
        let (one, other) = alike(Arc::clone(one), Arc::clone(other))?;
        of_rule.push(one);
        of_read.push(other);
    }
    let (of_rule, of_read) = (
        encoded(&of_rule).map_err(internal)?,
        encoded(&of_read).map_err(internal)?,
    );
    let mut left: HashMap<&[u8], usize> = HashMap::new();
    for row in of_read.iter() {
        *left.entry(row.data()).or_default() += 1;
    }
    let is_changed = |row: &[u8]| match left.get_mut(row) {
        Some(count) if *count > 0 => {
            *count -= 1;
            false
        }
        _ => true,
    };
    Ok(of_rule
        .iter()
        .map(|row| row.data())
        .map(is_changed)
        .collect())
}

/// The rows of the rule that some reading changes, with what each makes of them.
fn told(
    rule: &RecordBatch,
    columns: &[String],
    flags: &[Vec<bool>],
) -> Result<RecordBatch, RunError> {
    let rows = rule.num_rows();
    let schema = rule.schema();
    let mut fields = Vec::with_capacity(columns.len() + 1 + flags.len());
    for name in columns {
        let field = schema.field_with_name(name).map_err(internal)?;
        fields.push(field.clone().with_nullable(true));
    }
    let mut arrays = columns_of(rule, columns)?;
    fields.push(Field::new("given", DataType::Boolean, false));
    arrays.push(Arc::new(BooleanArray::from(vec![true; rows])));
    for (number, flags) in flags.iter().enumerate() {
        let name = format!("changed_{number}");
        fields.push(Field::new(name, DataType::Boolean, false));
        arrays.push(Arc::new(BooleanArray::from(flags.clone())));
    }
    let batch = RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).map_err(internal)?;
    let any = (0..rows).map(|row| flags.iter().any(|flags| flags[row]));
    let any = BooleanArray::from(any.collect::<Vec<bool>>());
    filter_record_batch(&batch, &any).map_err(internal)
}
