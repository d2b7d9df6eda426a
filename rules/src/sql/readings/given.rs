//! A rule over given records: one table stands for them, the others are held in memory.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::UInt64Type;
use arrow_array::{Array, RecordBatch, UInt32Array};
use arrow_schema::{Schema, SchemaRef};
use arrow_select::concat::concat_batches;
use arrow_select::take::take_record_batch;
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{Column, DFSchemaRef, Result, TableReference, internal_err};
use datafusion::datasource::memory::MemorySourceConfig;
use datafusion::datasource::{TableType, source_as_provider};
use datafusion::logical_expr::logical_plan::Projection;
use datafusion::logical_expr::{Expr, LogicalPlan};
use datafusion::physical_plan::{ExecutionPlan, ExecutionPlanProperties};
use futures::TryStreamExt;

use crate::sql::carry::{
    Carried, Held, ROW_BESIDE, Strays, TableName, can_hold, carry, field_beside, hidden,
};
use crate::sql::checked;
use crate::sql::error::RunError;
use crate::sql::lineage::ScanName;
use crate::sql::rejects::Rejects;
use crate::sql::scan::BookTable;
use crate::sql::side::{Run, Side};

/// A table that is, in each run, the records given to it.
#[derive(Debug)]
pub(super) struct GivenTable {
    schema: SchemaRef,
}

/// The records of a run; it reaches the table through the session's configuration.
#[derive(Debug)]
pub(super) struct Given(pub(super) RecordBatch);

impl GivenTable {
    /// Stands for a table of a book.
    pub(super) fn stand(book: &BookTable) -> Arc<dyn TableProvider> {
        Arc::new(Self::in_place_of(book))
    }

    fn in_place_of(book: &BookTable) -> Self {
        let own = TableProvider::schema(book);
        let fields: Vec<_> = own
            .fields()
            .iter()
            .cloned()
            .chain([field_beside()])
            .collect();
        Self {
            schema: Arc::new(Schema::new(fields)),
        }
    }
}

#[async_trait]
impl TableProvider for GivenTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        _filters: &[Expr],
        _limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let Some(given) = state.config().get_extension::<Given>() else {
            return internal_err!("records were to be read that were not given");
        };
        let schema = match projection {
            Some(columns) => Arc::new(self.schema.project(columns)?),
            None => Arc::clone(&self.schema),
        };
        let records = &given.0;
        let columns = schema
            .fields()
            .iter()
            .map(|field| records.schema().index_of(field.name()))
            .collect::<Result<Vec<_>, _>>()?;
        let columns = records.project(&columns)?.columns().to_vec();
        let narrow = RecordBatch::try_new(Arc::clone(&schema), columns)?;
        let step = state.config().batch_size().max(1);
        let slices = (0..narrow.num_rows())
            .step_by(step)
            .map(|first| narrow.slice(first, step.min(narrow.num_rows() - first)))
            .collect();
        Ok(MemorySourceConfig::try_new_exec(&[slices], schema, None)?)
    }
}

/// A rule or a reading in which one table stands for given records.
pub(super) struct Carrying {
    plan: Arc<LogicalPlan>,
    of: Option<TableReference>,
    /// The columns of its output.
    output: DFSchemaRef,
}

impl Carrying {
    /// `None` where the plan mixes records of the table, or reads others that are too large.
    pub(super) fn new(plan: &LogicalPlan, table: &TableName) -> Result<Option<Self>> {
        let Carried::With(carried, of) = carry(plan, table, &GivenTable::stand, Strays::Told)?
        else {
            return Ok(None);
        };
        Ok(can_hold(&carried)?.then(|| Self {
            plan: carried,
            of,
            output: Arc::clone(plan.schema()),
        }))
    }

    pub(super) fn plan(&self) -> &LogicalPlan {
        &self.plan
    }

    /// Plans the columns `wanted`, with the tables beside as they are held.
    pub(super) fn planned(
        &self,
        side: &Side,
        table: &TableName,
        wanted: &[String],
        held: &Held,
    ) -> Result<Planned, RunError> {
        let carried = held.put_in(self.plan.as_ref().clone())?;
        let mut exprs = Vec::with_capacity(wanted.len() + 2);
        for name in wanted {
            let Some(index) = self.output.index_of_column_by_name(None, name) else {
                let message = format!("the query gives no column {name}");
                return Err(RunError::Request(message));
            };
            let column = Column::from(self.output.qualified_field(index));
            exprs.push(Expr::Column(column));
        }
        exprs.push(Expr::Column(hidden(&self.of)));
        let narrow = Projection::try_new(exprs, Arc::new(carried))?;
        Ok(Planned {
            plan: side.optimize(&LogicalPlan::Projection(narrow))?,
            side: side.clone(),
            scans: [ScanName {
                side: table.0,
                table: table.1.clone(),
            }],
        })
    }
}

/// A rule or a reading, planned for given records.
#[derive(Debug, Clone)]
pub(super) struct Planned {
    side: Side,
    plan: LogicalPlan,
    scans: [ScanName; 1],
}

impl Planned {
    /// Plans the columns `wanted` of `plan`; `None` where it mixes records of the table.
    pub(super) async fn new(
        side: &Side,
        plan: &LogicalPlan,
        table: &TableName,
        wanted: &[String],
        held: &mut Held,
    ) -> Result<Option<Self>, RunError> {
        let Some(carrying) = Carrying::new(plan, table)? else {
            return Ok(None);
        };
        held.read(side, &carrying.plan).await?;
        carrying.planned(side, table, wanted, held).map(Some)
    }

    /// The columns of the table that it reads.
    pub(super) fn columns(&self) -> Result<Vec<String>> {
        let mut columns = Vec::new();
        self.plan.apply_with_subqueries(|node| {
            if let LogicalPlan::TableScan(scan) = node
                && source_as_provider(&scan.source)?.is::<GivenTable>()
            {
                let fields = scan.projected_schema.fields();
                columns.extend(fields.iter().map(|field| field.name().clone()));
            }
            Ok(TreeNodeRecursion::Continue)
        })?;
        columns.retain(|name| name != ROW_BESIDE);
        Ok(columns)
    }

    /// Reads `records`, which have the hidden columns too, and says of each reject why.
    pub(super) async fn read(&self, records: RecordBatch) -> Result<Read, RunError> {
        self.read_into(records, &Rejects::keeping()).await
    }

    /// Reads `records` when nobody asks why one is rejected.
    pub(super) async fn read_rows(&self, records: RecordBatch) -> Result<Read, RunError> {
        self.read_into(records, &Rejects::counting()).await
    }

    /// How many rows are rejected among `records`.
    pub(super) async fn count_rejects(&self, records: RecordBatch) -> Result<u64, RunError> {
        let rejects = Rejects::counting();
        self.read_into(records, &rejects).await?;
        Ok(rejects.count())
    }

    async fn read_into(
        &self,
        records: RecordBatch,
        rejects: &Arc<Rejects>,
    ) -> Result<Read, RunError> {
        let run = Run {
            rejects: Arc::clone(rejects),
            ..Run::new(1)
        };
        let mut state = self.side.state_of(&run);
        let config = state.config().clone();
        *state.config_mut() = config.with_extension(Arc::new(Given(records)));
        let physical = state
            .query_planner()
            .create_physical_plan(&self.plan, &state)
            .await?;
        let physical = checked::install(physical, rejects, &self.scans)?;
        let schema = physical.schema();
        let mut batches = Vec::new();
        // One after the other, so that the order of a record's rows is always the same.
        for partition in 0..physical.output_partitioning().partition_count() {
            let stream = physical.execute(partition, state.task_ctx())?;
            batches.extend(stream.try_collect::<Vec<_>>().await?);
        }
        let rows = concat_batches(&schema, &batches).map_err(internal)?;
        Read::new(&rows, rejects)
    }
}

fn internal(error: impl std::fmt::Display) -> RunError {
    RunError::Internal(error.to_string())
}

/// What given records come to.
#[derive(Debug, Clone)]
pub(super) struct Read {
    /// The columns that were wanted, in the order of the records.
    pub(super) rows: RecordBatch,
    /// For each row, the record that it comes from.
    pub(super) of: Vec<u32>,
    /// Records that were rejected, ascending, each once with its first reason.
    pub(super) rejects: Vec<(u32, String)>,
}

impl Read {
    fn new(rows: &RecordBatch, rejects: &Rejects) -> Result<Self, RunError> {
        let schema = rows.schema();
        let at = schema.index_of(ROW_BESIDE).map_err(internal)?;
        let record = rows.column(at).as_primitive::<UInt64Type>();
        let wanted: Vec<usize> = (0..schema.fields().len())
            .filter(|index| schema.field(*index).name() != ROW_BESIDE)
            .collect();
        let narrow = rows.project(&wanted).map_err(internal)?;
        let rejects = first_reasons(rejects)?;
        let values = record.values();
        if record.null_count() == 0 && values.is_sorted() {
            // As a rule of projections and filters gives them.
            let of = values.iter().map(|of| u32::try_from(*of));
            return Ok(Self {
                of: of.collect::<Result<_, _>>().map_err(internal)?,
                rows: narrow,
                rejects,
            });
        }
        let mut order: Vec<(u32, u32)> = Vec::with_capacity(rows.num_rows());
        for row in (0..rows.num_rows()).filter(|row| record.is_valid(*row)) {
            let of = u32::try_from(record.value(row)).map_err(internal)?;
            order.push((of, u32::try_from(row).map_err(internal)?));
        }
        order.sort_unstable();
        let indices: UInt32Array = order.iter().map(|(_, row)| *row).collect();
        Ok(Self {
            rows: take_record_batch(&narrow, &indices).map_err(internal)?,
            of: order.into_iter().map(|(of, _)| of).collect(),
            rejects,
        })
    }

    /// Whether no record gives more than one row.
    pub(super) fn gives_one_row_each(&self) -> bool {
        self.of.is_sorted_by(|one, next| one < next)
    }
}

fn first_reasons(rejects: &Rejects) -> Result<Vec<(u32, String)>, RunError> {
    let mut reasons = BTreeMap::new();
    for reject in rejects.read() {
        for source in reject.sources {
            let record = u32::try_from(source.row).map_err(internal)?;
            reasons
                .entry(record)
                .or_insert_with(|| reject.reason.clone());
        }
    }
    Ok(reasons.into_iter().collect())
}
