//! A rule whose records each come from one record of a table: another table can stand in its
//! place, and a hidden column tells which record each row comes from.
//!
//! Readings put given records there, conversions a part of the table. The tables beside it are
//! read once and held in memory.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow_schema::{DataType, Field};
use datafusion::catalog::TableProvider;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNodeRecursion};
use datafusion::common::{Column, DFSchema, JoinType, Result, ScalarValue, TableReference};
use datafusion::datasource::{MemTable, provider_as_source, source_as_provider};
use datafusion::logical_expr::logical_plan::{
    Filter, Join, Projection, SubqueryAlias, TableScan, TableScanBuilder, Union,
};
use datafusion::logical_expr::{Expr, LogicalPlan};
use datafusion::physical_plan::ExecutionPlanProperties;
use futures::TryStreamExt;

use super::error::RunError;
use super::scan::BookTable;
use super::session::Which;
use super::side::{Run, Side};

/// The hidden column that tells which record of the table a row comes from. Its name is that of
/// lineage, so that a reject tells it too; the file is known to whoever gives the records.
pub(super) const ROW_BESIDE: &str = "__s0._row";

/// Bytes of the files of all tables beside, at most: they are held in memory.
const HELD_BYTES: u64 = 256 << 20;

/// Gives what stands in the place of a table: its columns and the hidden one.
pub(super) type Stand<'a> = &'a dyn Fn(&BookTable) -> Arc<dyn TableProvider>;

/// The hidden column as a field.
pub(super) fn field_beside() -> Arc<Field> {
    Arc::new(Field::new(ROW_BESIDE, DataType::UInt64, true))
}

/// A plan in which one table may have been replaced.
pub(super) enum Carried {
    /// It does not read the table.
    Apart,
    /// Each of its records comes from one record of the table, told by the hidden column under this
    /// qualifier.
    With(Arc<LogicalPlan>, Option<TableReference>),
    /// It mixes records of the table.
    Mixed,
}

/// What to make of rows that come from no record of the table: of a branch of `UNION ALL` that does
/// not read it, or of the other side of an outer join.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Strays {
    /// They have NULL in the hidden column, and come again with any records that stand in the
    /// table's place.
    Told,
    /// A plan that may have some mixes records: worked off part by part, it would give them with
    /// every part.
    Refused,
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

pub(super) fn hidden(table: &Option<TableReference>) -> Column {
    Column::new(table.clone(), ROW_BESIDE)
}

/// Puts what `stand` gives in the place of `table`, and its hidden column through every operator
/// that keeps its records apart.
pub(super) fn carry(
    plan: &LogicalPlan,
    table: &TableName,
    stand: Stand<'_>,
    strays: Strays,
) -> Result<Carried> {
    match plan {
        LogicalPlan::TableScan(scan) => carry_scan(scan, table, stand),
        LogicalPlan::Projection(projection) => {
            match carry(&projection.input, table, stand, strays)? {
                Carried::With(input, of) => {
                    let extra = Expr::Column(hidden(&of));
                    let exprs = projection.expr.iter().cloned().chain([extra]).collect();
                    let plan = LogicalPlan::Projection(Projection::try_new(exprs, input)?);
                    Ok(Carried::With(Arc::new(plan), of))
                }
                other => Ok(other),
            }
        }
        LogicalPlan::Filter(filter) => match carry(&filter.input, table, stand, strays)? {
            Carried::With(input, of) => {
                let plan = Filter::try_new(filter.predicate.clone(), input)?;
                Ok(Carried::With(Arc::new(LogicalPlan::Filter(plan)), of))
            }
            other => Ok(other),
        },
        LogicalPlan::SubqueryAlias(alias) => match carry(&alias.input, table, stand, strays)? {
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
        LogicalPlan::Join(join) => carry_join(join, table, stand, strays),
        LogicalPlan::Union(union) => carry_union(union, table, stand, strays),
        other => Ok(match reads(other, table)? {
            true => Carried::Mixed,
            false => Carried::Apart,
        }),
    }
}

fn reads(plan: &LogicalPlan, table: &TableName) -> Result<bool> {
    Ok(others(plan)?.iter().any(|(name, _)| name == table))
}

fn carry_scan(scan: &TableScan, table: &TableName, stand: Stand<'_>) -> Result<Carried> {
    let Some(provider) = book_of(scan) else {
        return Ok(Carried::Apart);
    };
    match provider.downcast_ref::<BookTable>() {
        Some(book) if name_of(book) == *table => {
            let source = provider_as_source(stand(book));
            let given = TableScanBuilder::new(scan.table_name.clone(), source).build()?;
            let of = Some(scan.table_name.clone());
            Ok(Carried::With(Arc::new(LogicalPlan::TableScan(given)), of))
        }
        _ => Ok(Carried::Apart),
    }
}

/// Where both sides read the table, one of them stands for the given records and the other for
/// the whole table: the side that the join keeps whole, or else the first.
fn carry_join(join: &Join, table: &TableName, stand: Stand<'_>, strays: Strays) -> Result<Carried> {
    use JoinType::{Full, Inner, Left, Right, RightAnti, RightMark, RightSemi};
    let kind = join.join_type;
    let (left, right) = (
        carry(&join.left, table, stand, strays)?,
        carry(&join.right, table, stand, strays)?,
    );
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
    // Of an outer join the side that it keeps whole has rows whatever the other one holds.
    let is_strict = strays == Strays::Refused;
    let strays_beside_left = is_strict && matches!(kind, Right | Full);
    let strays_beside_right = is_strict && matches!(kind, Left | Full);
    match (left, right) {
        (Carried::Apart, Carried::Apart) => Ok(Carried::Apart),
        (Carried::With(..), Carried::Apart | Carried::Mixed) if strays_beside_left => {
            Ok(Carried::Mixed)
        }
        (Carried::Apart, Carried::With(..)) if strays_beside_right => Ok(Carried::Mixed),
        (Carried::With(..), Carried::With(..)) if is_strict && kind == Full => Ok(Carried::Mixed),
        (_, Carried::With(plan, of)) if right_first => with_right(plan, of),
        (Carried::With(plan, of), _) if both || !right_first => with_left(plan, of),
        (Carried::Apart, Carried::With(plan, of)) if both => with_right(plan, of),
        _ => Ok(Carried::Mixed),
    }
}

/// Branches that do not read the table give records that come from none of it.
fn carry_union(
    union: &Union,
    table: &TableName,
    stand: Stand<'_>,
    strays: Strays,
) -> Result<Carried> {
    let mut branches = Vec::with_capacity(union.inputs.len());
    let (mut any, mut any_apart) = (false, false);
    for input in &union.inputs {
        let own = input.schema().columns().into_iter().map(Expr::Column);
        let (plan, extra) = match carry(input, table, stand, strays)? {
            Carried::Mixed => return Ok(Carried::Mixed),
            Carried::Apart => {
                any_apart = true;
                let row = Expr::Literal(ScalarValue::UInt64(None), None);
                (Arc::clone(input), row)
            }
            Carried::With(plan, of) => {
                any = true;
                (plan, Expr::Column(hidden(&of)))
            }
        };
        let exprs = own.chain([extra.alias(ROW_BESIDE)]).collect();
        let plan = Projection::try_new(exprs, plan)?;
        branches.push(Arc::new(LogicalPlan::Projection(plan)));
    }
    if !any {
        return Ok(Carried::Apart);
    }
    if any_apart && strays == Strays::Refused {
        return Ok(Carried::Mixed);
    }
    let own = union.schema.iter();
    let mut fields: Vec<_> = own
        .map(|(table, field)| (table.cloned(), Arc::clone(field)))
        .collect();
    fields.push((None, field_beside()));
    let schema = DFSchema::new_with_metadata(fields, union.schema.metadata().clone())?;
    let union = Union {
        inputs: branches,
        schema: Arc::new(schema),
    };
    Ok(Carried::With(Arc::new(LogicalPlan::Union(union)), None))
}

/// The scans of books that a plan has, also within subqueries.
pub(super) fn others(plan: &LogicalPlan) -> Result<Vec<(TableName, TableScan)>> {
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
pub(super) fn table_of(
    side: &Side,
    stand: Stand<'_>,
    strays: Strays,
) -> Result<Option<(TableName, Arc<dyn TableProvider>)>> {
    let plan = side.written();
    let mut tables: Vec<(u64, TableName, TableScan)> = Vec::new();
    for (name, scan) in others(plan)? {
        if name.0 == side.which() && tables.iter().all(|(_, known, _)| *known != name) {
            tables.push((bytes_of(&scan), name, scan));
        }
    }
    tables.sort_by_key(|(bytes, ..)| std::cmp::Reverse(*bytes));
    for (_, name, scan) in tables {
        if let Carried::With(carried, _) = carry(plan, &name, stand, strays)?
            && can_hold(&carried)?
            && let Some(provider) = book_of(&scan)
        {
            return Ok(Some((name, provider)));
        }
    }
    Ok(None)
}

pub(super) fn can_hold(plan: &LogicalPlan) -> Result<bool> {
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

    pub(super) fn put_in(&self, plan: LogicalPlan) -> Result<LogicalPlan> {
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
