//! A rule over a part of its main table, as a conversion works it off: part after part.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow_array::BooleanArray;
use arrow_array::cast::AsArray;
use arrow_array::types::UInt64Type;
use arrow_schema::SchemaRef;
use arrow_select::filter::filter_record_batch;
use books::{Chunk, ReadRequest, Table};
use datafusion::common::Result;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::logical_expr::logical_plan::{Projection, Sort};
use datafusion::logical_expr::{Expr, LogicalPlan};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{ExecutionPlan, ExecutionPlanProperties};
use futures::StreamExt;

use super::carry::{self, Carried, Held, Strays, carry};
use super::checked;
use super::error::RunError;
use super::lineage::ScanName;
use super::rejects::{Origin, RejectedRecord};
use super::scan::{BookTable, Part, PartTable, ROW};
use super::session::Which;
use super::side::{Run, Side};

/// A rule that can be run a part at a time: each of its records comes from one record of its main
/// table, and the tables beside it are small enough to be held in memory, where they are.
#[derive(Debug, Clone)]
pub struct Parted {
    side: Side,
    plan: LogicalPlan,
    table: Arc<Table>,
    scan: [ScanName; 1],
}

/// A rule that mixes the records of its tables, and so runs as a whole: its records come in the
/// order of their columns.
#[derive(Debug, Clone)]
pub struct Whole {
    side: Side,
    plan: LogicalPlan,
    scans: Vec<ScanName>,
}

impl Side {
    /// Makes the rule ready to be run part by part, and reads the tables beside the main one, each
    /// once. `None` where the rule mixes records: groups, windows, `DISTINCT`, `LIMIT`, a join with a
    /// table that is too large to hold; or where it has records that come from none of the main
    /// table, as by another branch of `UNION ALL`.
    ///
    /// # Errors
    /// When a table cannot be read, or the engine cannot plan the rule.
    pub async fn parted(&self) -> Result<Option<Parted>, RunError> {
        let Some((name, provider)) = carry::table_of(self, &PartTable::stand, Strays::Refused)?
        else {
            return Ok(None);
        };
        let carried = carry(self.written(), &name, &PartTable::stand, Strays::Refused)?;
        let Carried::With(carried, of) = carried else {
            return Ok(None);
        };
        let Some(book) = provider.downcast_ref::<BookTable>() else {
            return Ok(None);
        };
        let mut held = Held::default();
        held.read(self, &carried).await?;
        let carried = held.put_in(carried.as_ref().clone())?;
        let own = self.written().schema().columns();
        let exprs = own
            .into_iter()
            .chain([carry::hidden(&of)])
            .map(Expr::Column);
        let plan = Projection::try_new(exprs.collect(), Arc::new(carried))?;
        let (side, table) = name;
        Ok(Some(Parted {
            plan: self.optimize(&LogicalPlan::Projection(plan))?,
            side: self.clone(),
            table: Arc::clone(&book.table),
            scan: [ScanName { side, table }],
        }))
    }

    /// Makes the rule ready to be run as a whole, in the order of its columns.
    ///
    /// # Errors
    /// When the engine cannot plan the rule.
    pub fn whole(&self) -> Result<Whole, RunError> {
        let columns = self.written().schema().columns();
        let order = columns
            .into_iter()
            .map(|column| Expr::Column(column).sort(true, true));
        let sort = Sort {
            expr: order.collect(),
            input: Arc::new(self.optimize(self.written())?),
            fetch: None,
        };
        let scans = self.tables().iter().map(|(side, table)| ScanName {
            side: *side,
            table: table.clone(),
        });
        Ok(Whole {
            plan: LogicalPlan::Sort(sort),
            scans: scans.collect(),
            side: self.clone(),
        })
    }
}

impl Parted {
    /// Returns the main table.
    pub fn table(&self) -> &Arc<Table> {
        &self.table
    }

    /// Returns the book of the main table.
    pub fn which(&self) -> Which {
        self.scan[0].side
    }

    /// Returns the columns of the output: those of [`Side::schema`], then the row of the main
    /// table's record in its file.
    pub fn row_column(&self) -> usize {
        self.side.schema().fields().len()
    }

    /// Starts a run over some chunks of the main table. The records come in the same order
    /// whatever the machine does: one stream, to be driven by one thread.
    ///
    /// A reject that an expression makes tells the row of its record, and neither its file nor the
    /// record; see [`Parted::records`].
    ///
    /// # Errors
    /// When the engine cannot plan the rule.
    pub async fn run(
        &self,
        chunks: &[Chunk],
        run: &Run,
    ) -> Result<SendableRecordBatchStream, RunError> {
        let one = Run {
            partitions: 1,
            ..run.clone()
        };
        let mut state = self.side.state_of(&one);
        let config = state.config().clone();
        *state.config_mut() = config.with_extension(Arc::new(Part(chunks.to_vec())));
        let physical = state
            .query_planner()
            .create_physical_plan(&self.plan, &state)
            .await?;
        let physical = checked::install(physical, &run.rejects, &self.scan)?;
        in_order(&physical, &state)
    }

    /// Reads some records of the main table whole, by their rows: for rejects, whose places a run
    /// tells. All chunks are of one file.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn records(
        &self,
        chunks: &[Chunk],
        rows: &BTreeSet<u64>,
    ) -> Result<BTreeMap<u64, RejectedRecord>, RunError> {
        let schema = self.table.schema();
        let row = schema.index_of(ROW).map_err(internal)?;
        let origin = Origin::of_table(self.scan[0].side, &self.scan[0].table, &schema);
        let request = ReadRequest::new((0..schema.fields().len()).collect());
        let mut records = BTreeMap::new();
        for chunk in chunks {
            for batch in self.table.read(chunk, &request).map_err(RunError::Read)? {
                let batch = batch.map_err(RunError::Read)?;
                let numbers = batch.column(row).as_primitive::<UInt64Type>();
                let is_wanted = |row: &u64| rows.contains(row);
                let wanted: BooleanArray = numbers
                    .values()
                    .iter()
                    .map(|row| Some(is_wanted(row)))
                    .collect();
                if wanted.true_count() == 0 {
                    continue;
                }
                let found = filter_record_batch(&batch, &wanted).map_err(internal)?;
                let found = origin.records(&found).into_iter().flatten();
                records.extend(found.map(|record| (record.row, record)));
            }
        }
        Ok(records)
    }
}

impl Whole {
    /// Returns the columns of the output.
    pub fn schema(&self) -> SchemaRef {
        self.side.schema()
    }

    /// Starts a run over everything, with `run.partitions` threads up to the last step: one stream
    /// in the order of its columns. Equal records stand together, so that the order tells nothing
    /// of the machine.
    ///
    /// # Errors
    /// When the engine cannot plan the rule.
    pub async fn run(&self, run: &Run) -> Result<SendableRecordBatchStream, RunError> {
        let state = self.side.state_of(run);
        let physical = state
            .query_planner()
            .create_physical_plan(&self.plan, &state)
            .await?;
        let physical = checked::install(physical, &run.rejects, &self.scans)?;
        in_order(&physical, &state)
    }
}

fn internal(error: impl std::fmt::Display) -> RunError {
    RunError::Internal(error.to_string())
}

/// The partitions of a plan, one after the other.
fn in_order(
    plan: &Arc<dyn ExecutionPlan>,
    state: &datafusion::execution::SessionState,
) -> Result<SendableRecordBatchStream, RunError> {
    let context = state.task_ctx();
    let partitions = plan.output_partitioning().partition_count();
    let streams = (0..partitions)
        .map(|partition| plan.execute(partition, Arc::clone(&context)))
        .collect::<Result<Vec<_>>>()?;
    let schema = plan.schema();
    let chained = futures::stream::iter(streams).flatten();
    Ok(Box::pin(RecordBatchStreamAdapter::new(schema, chained)))
}
