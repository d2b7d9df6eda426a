//! One side of an agreement: a rule over the source, or a table or query over the target.

use std::sync::Arc;

use arrow_schema::{Schema, SchemaRef};
use books::{Meter, RowFilter};
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::common::{Column, Result, plan_err};
use datafusion::datasource::source_as_provider;
use datafusion::execution::{SendableRecordBatchStream, SessionState};
use datafusion::logical_expr::expr::ScalarFunction;
use datafusion::logical_expr::logical_plan::{Filter, Projection};
use datafusion::logical_expr::{Expr, LogicalPlan};
use datafusion::optimizer::Optimizer;
use datafusion::optimizer::optimize_projections::OptimizeProjections;
use datafusion::physical_plan::ChildrenPropertiesMode::Recompute;
use datafusion::physical_plan::coop::CooperativeExec;
use datafusion::physical_plan::displayable;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{ExecutionPlan, ExecutionPlanProperties, ReplaceChildrenOptions};

use super::bounds::Bounds;
use super::carry;
use super::checked;
use super::error::{RunError, SqlError};
use super::hoist;
use super::lineage::{self, Lineage};
use super::names::Scope;
use super::probe::{KeyTest, Probe, ProbeFunction};
use super::rejects::Rejects;
use super::scan::{BookTable, ChunkTest, ChunkWatch, FILE, ROW, RunContext, Scan, ScanLog};
use super::session::{Marks, Session, Which, engine_error};
use super::{lints, names, phrases};

/// How a query is to be run.
#[derive(Debug, Clone)]
pub struct Run {
    /// Streams to give, each to be driven by a thread of its own.
    pub partitions: usize,
    /// Rows of a batch, at most.
    pub batch_rows: usize,
    /// Reads only the records that a test wants.
    pub probe: Option<Probe>,
    /// Appends the source records to the output; see [`Side::lineage`].
    pub lineage: bool,
    /// Gives no other columns of the output than these, in the order of the output, and reads no
    /// more than it takes. What only other columns compute is not computed: a record that they
    /// reject is there all the same, so this is for queries without rejects.
    pub columns: Option<Arc<[String]>>,
    /// Where records go on which an expression fails.
    pub rejects: Arc<Rejects>,
    /// Told of every record and byte read.
    pub meter: Arc<Meter>,
    /// Told of every chunk read to its end.
    pub log: Arc<ScanLog>,
    /// Lets decimals of up to 18 digits come in 64 bits, where the query is a plain table: batches
    /// may then have other types than [`Side::schema`].
    pub narrow_decimals: bool,
    /// Reads about so many records of each chunk and passes over the rest, in tables of more than
    /// one chunk: a first look at a large book. Rejects and the log then tell of these only.
    pub rows_per_chunk: Option<u64>,
    /// Reads a share of the records, in stretches that are spread over every table, or all where it
    /// is text: only of a side with a [`Side::single_table`]. Rejects and the log then tell of these
    /// only.
    pub share: Option<books::Share>,
    /// Reads only the records that a test of the table's own columns keeps: only of a side with a
    /// [`Side::single_table`], and not with a probe. Rejects and the log then tell of these only.
    pub only: Option<Arc<dyn RowFilter>>,
    /// Has the server pick out some records: only of a side that is [`Side::plain`], over a table
    /// of a database. The log then tells of these only.
    pub part: Option<Arc<books::Part>>,
    /// Passes over records of a database that the query's conditions do not keep, where nothing else
    /// depends on it: ranges of the key, and what its server leaves out of the others. They count as
    /// read: the server has counted them.
    pub passes_over: bool,
    /// Is shown what is read of each chunk, where the query is a plain table; elsewhere nothing.
    pub seen: Option<Arc<dyn ChunkWatch>>,
    /// Reads only the chunks that a test wants: only of a side with a [`Side::table_read_once`].
    pub chunks: Option<Arc<dyn ChunkTest>>,
}

impl Run {
    /// Everything, in `partitions` streams of batches of 8,192 rows; rejects are counted.
    pub fn new(partitions: usize) -> Self {
        Self {
            partitions: partitions.max(1),
            batch_rows: 8192,
            probe: None,
            lineage: false,
            columns: None,
            rejects: Rejects::counting(),
            meter: Arc::default(),
            log: Arc::default(),
            narrow_decimals: false,
            rows_per_chunk: None,
            share: None,
            only: None,
            part: None,
            passes_over: false,
            seen: None,
            chunks: None,
        }
    }
}

/// A query that has been read and found sound.
#[derive(Debug, Clone)]
pub struct Side {
    which: Which,
    state: SessionState,
    plan: LogicalPlan,
    schema: SchemaRef,
    lineage: Vec<Lineage>,
    tables: Vec<(Which, String)>,
    /// How often a run reads a table, all tables together.
    scans: usize,
}

impl Side {
    pub(super) fn new(which: Which, state: SessionState, plan: LogicalPlan) -> Result<Self> {
        let plan = without_places(without_order(plan))?;
        let mut side = Self {
            which,
            schema: Arc::new(Schema::empty()),
            lineage: Vec::new(),
            tables: tables(&plan)?,
            scans: 0,
            state,
            plan,
        };
        let optimized = side.optimize(&side.plan)?;
        if is_out_of_place(&optimized)? {
            return plan_err!("{}", phrases::OUT_OF_PLACE);
        }
        side.schema = plain_schema(optimized.schema().inner());
        side.lineage = lineage::widen(&optimized)?.lineage;
        side.scans = carry::others(&optimized)?.len();
        Ok(side)
    }

    /// Returns the side that it was read for.
    pub fn which(&self) -> Which {
        self.which
    }

    /// Returns the output without hidden columns.
    pub fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    /// Returns the scans whose records a run with lineage appends, in the order of the output.
    ///
    /// A scan below a group, a `DISTINCT` or a subquery within an expression has none.
    pub fn lineage(&self) -> &[Lineage] {
        &self.lineage
    }

    /// Returns the tables that the query reads, ordered, each once.
    pub fn tables(&self) -> &[(Which, String)] {
        &self.tables
    }

    /// Returns the one table that the query reads, where a run reads it once, in subqueries too, and
    /// its records are kept apart: each of its chunks is then read once.
    pub fn table_read_once(&self) -> Option<&(Which, String)> {
        match (self.tables.as_slice(), self.lineage.as_slice()) {
            ([table], [_]) if self.scans == 1 => Some(table),
            _ => None,
        }
    }

    /// Says of each money column why its figures are not exact: a float on the way to it, a
    /// division that cuts, text, or no such column. Empty is sound.
    pub fn check_money(&self, columns: &[String]) -> Vec<SqlError> {
        columns
            .iter()
            .filter_map(|name| self.check_one(name))
            .collect()
    }

    fn check_one(&self, name: &str) -> Option<SqlError> {
        let Some(index) = self.plan.schema().index_of_column_by_name(None, name) else {
            return Some(SqlError::new(format!("the query gives no column `{name}`")));
        };
        let given = self.schema.field(index).data_type();
        if given.is_string() {
            let error = SqlError::new(format!("`{name}` is text, not an amount"));
            return Some(error.mend(format!("read it with money({name})")));
        }
        match lints::inexact(&self.plan, index) {
            Ok(reason) => reason.map(|reason| {
                SqlError::new(reason)
                    .mend("keep the amount text or decimal all the way: money(…), round_…(…)")
            }),
            Err(error) => Some(engine_error(error)),
        }
    }

    /// The query as it was written, before it is optimized.
    pub(super) fn written(&self) -> &LogicalPlan {
        &self.plan
    }

    /// What the query is planned and run in.
    pub(super) fn state(&self) -> &SessionState {
        &self.state
    }

    pub(super) fn optimize(&self, plan: &LogicalPlan) -> Result<LogicalPlan> {
        hoist::hoist(self.state.optimize(plan)?)
    }

    /// Starts a run: at most as many streams as partitions were asked for, to be driven in
    /// parallel.
    ///
    /// Nothing is read before a stream is polled. A stream ends with an error when a file cannot
    /// be read or an expression fails where no single record can be set aside; turn that error
    /// into a [`RunError`] to tell which.
    ///
    /// # Errors
    /// When the probe names no output column, or the engine cannot plan the query.
    pub async fn run(&self, run: &Run) -> Result<Vec<SendableRecordBatchStream>, RunError> {
        let (state, plan) = self.plan(run).await?;
        Ok(merge(streams(&plan, &state)?, run.partitions.max(1)))
    }

    /// Runs the query to its end and gives its records as text, in no order: for small results.
    ///
    /// # Errors
    /// As [`Side::run`].
    pub async fn rows(&self, run: &Run) -> Result<Vec<Vec<Option<String>>>, RunError> {
        let mut rows = Vec::new();
        for batch in super::controls::gather(self.run(run).await?).await? {
            let columns: Vec<_> = batch.columns().iter().map(super::rejects::texts).collect();
            let row = |at: usize| columns.iter().map(|column| column[at].clone()).collect();
            rows.extend((0..batch.num_rows()).map(row));
        }
        Ok(rows)
    }

    /// Returns the physical plan of a run as text, one operator a line.
    ///
    /// # Errors
    /// As [`Side::run`].
    pub async fn explain(&self, run: &Run) -> Result<String, RunError> {
        let (_, plan) = self.plan(run).await?;
        Ok(displayable(plan.as_ref()).indent(false).to_string())
    }

    /// How a run will go about it, and the state that it is planned in.
    pub(super) async fn plan(
        &self,
        run: &Run,
    ) -> Result<(SessionState, Arc<dyn ExecutionPlan>), RunError> {
        let probed = match &run.probe {
            Some(probe) => self.probed(probe)?,
            None => self.plan.clone(),
        };
        let optimized = self.optimize(&probed)?;
        let bounds = match run.passes_over && run.probe.is_none() {
            true => Bounds::of(&optimized)?,
            false => Arc::default(),
        };
        let (logical, scans) = match run.lineage {
            true => {
                let widened = lineage::widen(&optimized)?;
                if widened.lineage != self.lineage {
                    return Err(RunError::Internal(
                        "a probe changed a rule's lineage".to_owned(),
                    ));
                }
                (widened.plan, widened.scans)
            }
            false => (optimized, Vec::new()),
        };
        let state = self.state_within(run, bounds);
        let logical = match &run.columns {
            Some(columns) => only(logical, columns, &state)?,
            None => logical,
        };
        let physical = state
            .query_planner()
            .create_physical_plan(&logical, &state)
            .await?;
        let physical = checked::install(physical, &run.rejects, &scans)?;
        let physical = match run.narrow_decimals {
            true => alone(physical, Scan::narrowed)?,
            false => physical,
        };
        let physical = match &run.seen {
            Some(seen) => alone(physical, |scan| scan.watched(seen))?,
            None => physical,
        };
        Ok((state, physical))
    }

    pub(super) fn state_of(&self, run: &Run) -> SessionState {
        self.state_within(run, Arc::default())
    }

    fn state_within(&self, run: &Run, bounds: Arc<[Arc<Bounds>]>) -> SessionState {
        let mut state = self.state.clone();
        let context = RunContext {
            batch_rows: run.batch_rows.max(1),
            partitions: run.partitions.max(1),
            meter: Arc::clone(&run.meter),
            log: Arc::clone(&run.log),
            rejects: Arc::clone(&run.rejects),
            rows_per_chunk: run.rows_per_chunk,
            share: run.share,
            only: run.only.clone(),
            part: run.part.clone(),
            bounds,
            chunks: run.chunks.clone(),
        };
        let config = state.config().clone();
        *state.config_mut() = config
            .with_target_partitions(context.partitions)
            .with_batch_size(context.batch_rows)
            .with_extension(Arc::new(context));
        state
    }

    /// The rule's plan with the second look on top, and below it what it says of each column alone.
    fn probed(&self, probe: &Probe) -> Result<LogicalPlan, RunError> {
        let schema = self.plan.schema();
        let column = |name: &String| match schema.index_of_column_by_name(None, name) {
            Some(index) => Ok(Expr::Column(Column::from(schema.qualified_field(index)))),
            None => Err(RunError::Request(format!(
                "the query gives no column {name}"
            ))),
        };
        let columns = probe.columns.iter().map(column);
        let columns = columns.collect::<Result<Vec<_>, _>>()?;
        let look = |test: &Arc<dyn KeyTest>, columns: Vec<Expr>| {
            Expr::ScalarFunction(ScalarFunction::new_udf(ProbeFunction::udf(test), columns))
        };
        let alone = columns.iter().enumerate().filter_map(|(at, column)| {
            let test = probe.test.of_column(at)?;
            Some(look(&test, vec![column.clone()]))
        });
        let predicate = alone.fold(look(&probe.test, columns.clone()), Expr::and);
        let filter = Filter::try_new(predicate, Arc::new(self.plan.clone()))?;
        Ok(LogicalPlan::Filter(filter))
    }
}

/// Leaves of an optimized `plan` what it takes to give some of its columns.
fn only(plan: LogicalPlan, columns: &[String], state: &SessionState) -> Result<LogicalPlan> {
    let own = plan.schema().columns().into_iter();
    let kept = own
        .filter(|column| columns.contains(&column.name))
        .map(Expr::Column);
    let kept = Projection::try_new(kept.collect(), Arc::new(plan))?;
    let prune = Optimizer::with_rules(vec![Arc::new(OptimizeProjections::new())]);
    prune.optimize(LogicalPlan::Projection(kept), state, |_, _| {})
}

/// The same plan with another scan, where it is nothing but a scan; the engine may have put one
/// operator around it that hands its batches on.
fn alone(
    plan: Arc<dyn ExecutionPlan>,
    other: impl Fn(&Scan) -> Scan,
) -> Result<Arc<dyn ExecutionPlan>> {
    let of = |plan: &Arc<dyn ExecutionPlan>| -> Option<Arc<dyn ExecutionPlan>> {
        Some(Arc::new(other(plan.downcast_ref::<Scan>()?)))
    };
    if let Some(scan) = of(&plan) {
        return Ok(scan);
    }
    let inner = match plan.children().as_slice() {
        [child] if plan.is::<CooperativeExec>() => of(child),
        _ => None,
    };
    match inner {
        Some(scan) => plan.replace_children(vec![scan], ReplaceChildrenOptions::new(Recompute)),
        None => Ok(plan),
    }
}

/// One stream for each partition of a plan. Nothing is read before one is polled.
pub(super) fn streams(
    plan: &Arc<dyn ExecutionPlan>,
    state: &SessionState,
) -> Result<Vec<SendableRecordBatchStream>> {
    let context = state.task_ctx();
    let partitions = plan.output_partitioning().partition_count();
    let stream = |partition| plan.execute(partition, Arc::clone(&context));
    (0..partitions).map(stream).collect()
}

/// Brings many streams to at most `count`: a union has the partitions of all its branches.
pub(super) fn merge(
    streams: Vec<SendableRecordBatchStream>,
    count: usize,
) -> Vec<SendableRecordBatchStream> {
    if streams.len() <= count {
        return streams;
    }
    let mut shares: Vec<Vec<SendableRecordBatchStream>> = (0..count).map(|_| Vec::new()).collect();
    for (index, stream) in streams.into_iter().enumerate() {
        shares[index % count].push(stream);
    }
    let one = |share: Vec<SendableRecordBatchStream>| {
        let schema = share[0].schema();
        let merged = RecordBatchStreamAdapter::new(schema, futures::stream::select_all(share));
        Box::pin(merged) as SendableRecordBatchStream
    };
    shares.into_iter().map(one).collect()
}

impl Session {
    /// Reads a side: the name of a table, or a query.
    ///
    /// Every record of the tables read must meet `requires` before the query sees it; a record
    /// for which one is false, NULL or fails is a reject.
    ///
    /// # Errors
    /// Every mistake that can be told at once, each at its place in the text.
    pub fn side(
        &self,
        which: Which,
        sql_or_table: &str,
        requires: &[String],
    ) -> Result<Side, Vec<SqlError>> {
        self.side_with(which, Marks::OfSettings, sql_or_table, requires)
    }

    /// As [`Session::side`], and says which currencies may stand beside its amounts.
    ///
    /// # Errors
    /// As [`Session::side`].
    pub fn side_with(
        &self,
        which: Which,
        marks: Marks,
        sql_or_table: &str,
        requires: &[String],
    ) -> Result<Side, Vec<SqlError>> {
        let scope = Scope::of(which, marks);
        let read = || names::read_side(self, scope, sql_or_table, requires);
        names::with_room(sql_or_table, read)
    }
}

/// The tables of the books that `plan` reads, ordered, each once.
pub(super) fn tables(plan: &LogicalPlan) -> Result<Vec<(Which, String)>> {
    let mut tables = Vec::new();
    plan.apply_with_subqueries(|node| {
        if let LogicalPlan::TableScan(scan) = node
            && let Some(book) = source_as_provider(&scan.source)?.downcast_ref::<BookTable>()
        {
            tables.push((book.side, book.table.name().to_owned()));
        }
        Ok(TreeNodeRecursion::Continue)
    })?;
    tables.sort();
    tables.dedup();
    Ok(tables)
}

/// Whether a query within `plan` is left over that no step computes: one that looks at the records
/// around it and could not be made a join of.
fn is_out_of_place(plan: &LogicalPlan) -> Result<bool> {
    let mut found = false;
    plan.apply_with_subqueries(|node| {
        node.apply_expressions(|expr| {
            expr.apply(|inner| {
                found |= match inner {
                    Expr::OuterReferenceColumn(..)
                    | Expr::Exists(_)
                    | Expr::InSubquery(_)
                    | Expr::SetComparison(_) => true,
                    Expr::ScalarSubquery(query) => !query.outer_ref_columns.is_empty(),
                    _ => false,
                };
                Ok(TreeNodeRecursion::Continue)
            })
        })
    })?;
    Ok(found)
}

/// Records have no order between the books; an `ORDER BY` without a `LIMIT` only costs time.
fn without_order(plan: LogicalPlan) -> LogicalPlan {
    match plan {
        LogicalPlan::Sort(sort) if sort.fetch.is_none() => Arc::unwrap_or_clone(sort.input),
        other => other,
    }
}

/// Drops `_file` and `_row` from the output: they tell where a record is, not what it says.
fn without_places(plan: LogicalPlan) -> Result<LogicalPlan> {
    let is_place = |column: &Column| column.name == FILE || column.name == ROW;
    let columns = plan.schema().columns();
    if !columns.iter().any(is_place) {
        return Ok(plan);
    }
    let data = columns
        .into_iter()
        .filter(|column| !is_place(column))
        .map(Expr::Column)
        .collect();
    Ok(LogicalPlan::Projection(Projection::try_new(
        data,
        Arc::new(plan),
    )?))
}

/// The fields without the metadata that DataFusion hangs on them.
fn plain_schema(schema: &Schema) -> SchemaRef {
    let plain = |field: &Arc<arrow_schema::Field>| {
        field
            .as_ref()
            .clone()
            .with_metadata(std::collections::HashMap::new())
    };
    Arc::new(Schema::new(
        schema.fields().iter().map(plain).collect::<Vec<_>>(),
    ))
}
