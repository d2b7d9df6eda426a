//! A rule over given records: one table stands for them, the others are held in memory.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::UInt64Type;
use arrow_array::{Array, RecordBatch, UInt32Array};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use arrow_select::concat::concat_batches;
use arrow_select::take::take_record_batch;
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNodeRecursion};
use datafusion::common::{
    Column, DFSchema, DFSchemaRef, JoinType, Result, ScalarValue, TableReference, internal_err,
};
use datafusion::datasource::memory::MemorySourceConfig;
use datafusion::datasource::{MemTable, TableType, provider_as_source, source_as_provider};
use datafusion::logical_expr::logical_plan::{
    Filter, Join, Projection, SubqueryAlias, TableScan, TableScanBuilder, Union,
};
use datafusion::logical_expr::{Expr, LogicalPlan};
use datafusion::physical_plan::{ExecutionPlan, ExecutionPlanProperties};
use futures::TryStreamExt;

use crate::sql::checked;
use crate::sql::error::RunError;
use crate::sql::lineage::ScanName;
use crate::sql::rejects::Rejects;
use crate::sql::scan::BookTable;
use crate::sql::session::Which;
use crate::sql::side::{Run, Side};

/// The hidden columns that tell which of the given records a row comes from. Their names are those
/// of lineage, so that a reject tells it too.
pub(super) const GIVEN_FILE: &str = "__s0._file";
pub(super) const GIVEN_ROW: &str = "__s0._row";

/// Bytes of the files of all tables beside the given one, at most: they are held in memory.
const HELD_BYTES: u64 = 256 << 20;

/// A table that is, in each run, the records given to it.
#[derive(Debug)]
pub(super) struct GivenTable {
    schema: SchemaRef,
}

/// The records of a run; it reaches the table through the session's configuration.
#[derive(Debug)]
pub(super) struct Given(pub(super) RecordBatch);

impl GivenTable {
    fn in_place_of(book: &BookTable) -> Self {
        let own = TableProvider::schema(book);
        let hidden = [
            Arc::new(Field::new(GIVEN_FILE, DataType::Utf8, true)),
            Arc::new(Field::new(GIVEN_ROW, DataType::UInt64, true)),
        ];
        let fields: Vec<_> = own.fields().iter().cloned().chain(hidden).collect();
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

/// A plan in which one table may have been replaced.
enum Carried {
    /// It does not read the table.
    Apart,
    /// Each of its records comes from one record of the table, told by hidden columns under this
    /// qualifier.
    With(Arc<LogicalPlan>, Option<TableReference>),
    /// It mixes records of the table.
    Mixed,
}

/// A table of a book.
pub(super) type TableName = (Which, String);

fn book_of(scan: &TableScan) -> Option<Arc<dyn TableProvider>> {
    let provider = source_as_provider(&scan.source).ok()?;
    provider.is::<BookTable>().then_some(provider)
}

pub(super) fn name_of(book: &BookTable) -> TableName {
    (book.side, book.table.name().to_owned())
}

fn hidden(table: &Option<TableReference>) -> [Column; 2] {
    [GIVEN_FILE, GIVEN_ROW].map(|name| Column::new(table.clone(), name))
}

fn carry(plan: &LogicalPlan, table: &TableName) -> Result<Carried> {
    match plan {
        LogicalPlan::TableScan(scan) => carry_scan(scan, table),
        LogicalPlan::Projection(projection) => match carry(&projection.input, table)? {
            Carried::With(input, of) => {
                let extra = hidden(&of).map(Expr::Column);
                let exprs = projection.expr.iter().cloned().chain(extra).collect();
                let plan = LogicalPlan::Projection(Projection::try_new(exprs, input)?);
                Ok(Carried::With(Arc::new(plan), of))
            }
            other => Ok(other),
        },
        LogicalPlan::Filter(filter) => match carry(&filter.input, table)? {
            Carried::With(input, of) => {
                let plan = Filter::try_new(filter.predicate.clone(), input)?;
                Ok(Carried::With(Arc::new(LogicalPlan::Filter(plan)), of))
            }
            other => Ok(other),
        },
        LogicalPlan::SubqueryAlias(alias) => match carry(&alias.input, table)? {
            Carried::With(input, _) => {
                let plan = SubqueryAlias::try_new(input, alias.alias.clone())?;
                let of = Some(alias.alias.clone());
                Ok(Carried::With(
                    Arc::new(LogicalPlan::SubqueryAlias(plan)),
                    of,
                ))
            }
            other => Ok(other),
        },
        LogicalPlan::Join(join) => carry_join(join, table),
        LogicalPlan::Union(union) => carry_union(union, table),
        other => Ok(match reads(other, table)? {
            true => Carried::Mixed,
            false => Carried::Apart,
        }),
    }
}

fn reads(plan: &LogicalPlan, table: &TableName) -> Result<bool> {
    Ok(others(plan)?.iter().any(|(name, _)| name == table))
}

fn carry_scan(scan: &TableScan, table: &TableName) -> Result<Carried> {
    let Some(provider) = book_of(scan) else {
        return Ok(Carried::Apart);
    };
    match provider.downcast_ref::<BookTable>() {
        Some(book) if name_of(book) == *table => {
            let source = provider_as_source(Arc::new(GivenTable::in_place_of(book)));
            let given = TableScanBuilder::new(scan.table_name.clone(), source).build()?;
            let of = Some(scan.table_name.clone());
            Ok(Carried::With(Arc::new(LogicalPlan::TableScan(given)), of))
        }
        _ => Ok(Carried::Apart),
    }
}

/// Where both sides read the table, one of them stands for the given records and the other for
/// the whole table: the side that the join keeps whole, or else the first.
fn carry_join(join: &Join, table: &TableName) -> Result<Carried> {
    use JoinType::{Full, Inner, Left, Right, RightAnti, RightMark, RightSemi};
    let kind = join.join_type;
    let (left, right) = (carry(&join.left, table)?, carry(&join.right, table)?);
    let both = matches!(kind, Inner | Left | Right | Full);
    let right_first = matches!(kind, Right | RightSemi | RightAnti | RightMark);
    let rebuilt = |left: Arc<LogicalPlan>, right: Arc<LogicalPlan>| {
        Join::try_new(
            left,
            right,
            join.on.clone(),
            join.filter.clone(),
            kind,
            join.join_constraint,
            join.null_equality,
            join.null_aware,
        )
        .map(|join| Arc::new(LogicalPlan::Join(join)))
    };
    let with_left = |plan, of| Ok(Carried::With(rebuilt(plan, Arc::clone(&join.right))?, of));
    let with_right = |plan, of| Ok(Carried::With(rebuilt(Arc::clone(&join.left), plan)?, of));
    match (left, right) {
        (Carried::Apart, Carried::Apart) => Ok(Carried::Apart),
        (_, Carried::With(plan, of)) if right_first => with_right(plan, of),
        (Carried::With(plan, of), _) if both || !right_first => with_left(plan, of),
        (Carried::Apart, Carried::With(plan, of)) if both => with_right(plan, of),
        _ => Ok(Carried::Mixed),
    }
}

/// Branches that do not read the table give records that come from none of it.
fn carry_union(union: &Union, table: &TableName) -> Result<Carried> {
    let mut branches = Vec::with_capacity(union.inputs.len());
    let mut any = false;
    for input in &union.inputs {
        let own = input.schema().columns().into_iter().map(Expr::Column);
        let (plan, extra) = match carry(input, table)? {
            Carried::Mixed => return Ok(Carried::Mixed),
            Carried::Apart => {
                let file = Expr::Literal(ScalarValue::Utf8(None), None);
                let row = Expr::Literal(ScalarValue::UInt64(None), None);
                (Arc::clone(input), [file, row])
            }
            Carried::With(plan, of) => {
                any = true;
                (plan, hidden(&of).map(Expr::Column))
            }
        };
        let [file, row] = extra;
        let extra = [file.alias(GIVEN_FILE), row.alias(GIVEN_ROW)];
        let exprs = own.chain(extra).collect();
        let plan = Projection::try_new(exprs, plan)?;
        branches.push(Arc::new(LogicalPlan::Projection(plan)));
    }
    if !any {
        return Ok(Carried::Apart);
    }
    let own = union.schema.iter();
    let mut fields: Vec<_> = own
        .map(|(table, field)| (table.cloned(), Arc::clone(field)))
        .collect();
    fields.push((None, Arc::new(Field::new(GIVEN_FILE, DataType::Utf8, true))));
    fields.push((
        None,
        Arc::new(Field::new(GIVEN_ROW, DataType::UInt64, true)),
    ));
    let schema = DFSchema::new_with_metadata(fields, union.schema.metadata().clone())?;
    let union = Union {
        inputs: branches,
        schema: Arc::new(schema),
    };
    Ok(Carried::With(Arc::new(LogicalPlan::Union(union)), None))
}

/// The scans of books that a plan has, also within subqueries.
fn others(plan: &LogicalPlan) -> Result<Vec<(TableName, TableScan)>> {
    let mut found = Vec::new();
    plan.apply_with_subqueries(|node| {
        if let LogicalPlan::TableScan(scan) = node
            && let Some(provider) = book_of(scan)
            && let Some(book) = provider.downcast_ref::<BookTable>()
        {
            found.push((name_of(book), scan.clone()));
        }
        Ok(TreeNodeRecursion::Continue)
    })?;
    Ok(found)
}

fn bytes_of(scan: &TableScan) -> u64 {
    let provider = book_of(scan);
    let book = provider
        .as_ref()
        .and_then(|it| it.downcast_ref::<BookTable>());
    book.map_or(0, |book| {
        book.table.chunks().iter().map(|chunk| chunk.bytes).sum()
    })
}

/// The table whose records a rule can be read for one by one: the largest of its own side that it
/// does not mix, beside others that can be held. `None` where there is none.
pub(super) fn table_of(side: &Side) -> Result<Option<(TableName, Arc<dyn TableProvider>)>> {
    let plan = side.written();
    let mut tables: Vec<(u64, TableName, TableScan)> = Vec::new();
    for (name, scan) in others(plan)? {
        if name.0 == side.which() && tables.iter().all(|(_, known, _)| *known != name) {
            tables.push((bytes_of(&scan), name, scan));
        }
    }
    tables.sort_by_key(|(bytes, ..)| std::cmp::Reverse(*bytes));
    for (_, name, scan) in tables {
        if let Carried::With(carried, _) = carry(plan, &name)?
            && can_hold(&carried)?
            && let Some(provider) = book_of(&scan)
        {
            return Ok(Some((name, provider)));
        }
    }
    Ok(None)
}

fn can_hold(plan: &LogicalPlan) -> Result<bool> {
    let bytes: u64 = others(plan)?.iter().map(|(_, scan)| bytes_of(scan)).sum();
    Ok(bytes <= HELD_BYTES)
}

/// Tables that have been read into memory, each once.
#[derive(Debug, Default)]
pub(super) struct Held {
    tables: BTreeMap<TableName, Arc<MemTable>>,
}

impl Held {
    /// Reads the tables that `plan` has beside given records.
    pub(super) async fn read(&mut self, side: &Side, plan: &LogicalPlan) -> Result<(), RunError> {
        for (name, scan) in others(plan)? {
            if self.tables.contains_key(&name) {
                continue;
            }
            let schema = scan.source.schema();
            let whole = TableScanBuilder::new(scan.table_name.clone(), Arc::clone(&scan.source));
            let plan = LogicalPlan::TableScan(whole.build()?);
            let state = side.state_of(&Run::new(1));
            let physical = state
                .query_planner()
                .create_physical_plan(&plan, &state)
                .await?;
            let mut batches = Vec::new();
            for partition in 0..physical.output_partitioning().partition_count() {
                let stream = physical.execute(partition, state.task_ctx())?;
                batches.extend(stream.try_collect::<Vec<_>>().await?);
            }
            let table = MemTable::try_new(schema, vec![batches])?;
            self.tables.insert(name, Arc::new(table));
        }
        Ok(())
    }

    fn put_in(&self, plan: LogicalPlan) -> Result<LogicalPlan> {
        plan.transform_up_with_subqueries(|node| {
            let LogicalPlan::TableScan(scan) = &node else {
                return Ok(Transformed::no(node));
            };
            let provider = book_of(scan);
            let book = provider
                .as_ref()
                .and_then(|it| it.downcast_ref::<BookTable>());
            let Some(table) = book.and_then(|book| self.tables.get(&name_of(book))) else {
                return Ok(Transformed::no(node));
            };
            let source = provider_as_source(Arc::clone(table) as Arc<dyn TableProvider>);
            let held = TableScanBuilder::new(scan.table_name.clone(), source)
                .with_projection(scan.projection.clone())
                .build()?;
            Ok(Transformed::yes(LogicalPlan::TableScan(held)))
        })
        .data()
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
        let Carried::With(carried, of) = carry(plan, table)? else {
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
        exprs.extend(hidden(&self.of).map(Expr::Column));
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
        columns.retain(|name| name != GIVEN_FILE && name != GIVEN_ROW);
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
        let at = schema.index_of(GIVEN_ROW).map_err(internal)?;
        let record = rows.column(at).as_primitive::<UInt64Type>();
        let mut order: Vec<(u32, u32)> = Vec::with_capacity(rows.num_rows());
        for row in (0..rows.num_rows()).filter(|row| record.is_valid(*row)) {
            let of = u32::try_from(record.value(row)).map_err(internal)?;
            order.push((of, u32::try_from(row).map_err(internal)?));
        }
        order.sort_unstable();
        let wanted: Vec<usize> = (0..schema.fields().len())
            .filter(|index| !matches!(schema.field(*index).name().as_str(), GIVEN_FILE | GIVEN_ROW))
            .collect();
        let indices: UInt32Array = order.iter().map(|(_, row)| *row).collect();
        let narrow = rows.project(&wanted).map_err(internal)?;
        Ok(Self {
            rows: take_record_batch(&narrow, &indices).map_err(internal)?,
            of: order.into_iter().map(|(of, _)| of).collect(),
            rejects: first_reasons(rejects)?,
        })
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
