//! From a rule's output back to the records of the books: hidden columns.
//!
//! The plan is widened after it has been optimized, so that it evaluates exactly what it
//! evaluates without lineage. Every scan hands on all its columns a second time under hidden
//! names, and every operator that keeps records apart lets them through.

use std::sync::Arc;

use datafusion::common::{
    Column, DFSchema, ExprSchema, JoinType, Result, ScalarValue, TableReference,
};
use datafusion::datasource::{provider_as_source, source_as_provider};
use datafusion::logical_expr::logical_plan::{
    Filter, Join, Projection, SubqueryAlias, TableScan, TableScanBuilder, Union,
};
use datafusion::logical_expr::{Expr, LogicalPlan};

use super::scan::BookTable;
use super::session::Which;

const PREFIX: &str = "__s";

/// One scan of a rule, and the hidden columns under which its records reach the output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lineage {
    /// The book.
    pub side: Which,
    /// The table.
    pub table: String,
    /// Output columns `__s{k}.{column}`, in the order of the table's schema; the last two are
    /// `_file` and `_row`. All are NULL where the scan gave no record to the output row.
    pub columns: Vec<String>,
}

/// The table that a scan reads; its place in a list is the `k` of the hidden names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ScanName {
    pub(super) side: Which,
    pub(super) table: String,
}

/// A plan that carries hidden columns.
pub(super) struct Widened {
    pub(super) plan: LogicalPlan,
    /// All scans that carry hidden columns somewhere, also below a group.
    pub(super) scans: Vec<ScanName>,
    /// The scans whose columns reach the output, in the order of the output.
    pub(super) lineage: Vec<Lineage>,
}

/// Splits a hidden name into the scan's number and the column.
pub(super) fn parse(name: &str) -> Option<(usize, &str)> {
    let (scan, column) = name.strip_prefix(PREFIX)?.split_once('.')?;
    Some((scan.parse().ok()?, column))
}

fn hidden_name(scan: usize, column: &str) -> String {
    format!("{PREFIX}{scan}.{column}")
}

/// Adds the hidden columns to an optimized `plan`. Its own columns stay first and unchanged.
pub(super) fn widen(plan: &LogicalPlan) -> Result<Widened> {
    let mut scans = Vec::new();
    let (inner, hidden) = carry(plan, &mut scans)?;
    let own = plan.schema().columns().into_iter().map(Expr::Column);
    let exprs = own
        .chain(hidden.iter().cloned().map(Expr::Column))
        .collect();
    Ok(Widened {
        plan: LogicalPlan::Projection(Projection::try_new(exprs, Arc::new(inner))?),
        lineage: describe(&hidden, &scans),
        scans,
    })
}

fn describe(hidden: &[Column], scans: &[ScanName]) -> Vec<Lineage> {
    let mut lineage: Vec<(usize, Lineage)> = Vec::new();
    for column in hidden {
        let Some((scan, _)) = parse(&column.name) else {
            continue;
        };
        if lineage.last().is_none_or(|(last, _)| *last != scan) {
            let ScanName { side, table } = scans[scan].clone();
            let columns = Vec::new();
            lineage.push((
                scan,
                Lineage {
                    side,
                    table,
                    columns,
                },
            ));
        }
        if let Some((_, last)) = lineage.last_mut() {
            last.columns.push(column.name.clone());
        }
    }
    lineage.into_iter().map(|(_, lineage)| lineage).collect()
}

/// Returns `plan` with hidden columns, and those of them that its output has, grouped by scan.
fn carry(plan: &LogicalPlan, scans: &mut Vec<ScanName>) -> Result<(LogicalPlan, Vec<Column>)> {
    match plan {
        LogicalPlan::TableScan(scan) => carry_scan(scan, scans),
        LogicalPlan::Projection(projection) => {
            let (input, hidden) = carry(&projection.input, scans)?;
            let extra = hidden.iter().cloned().map(Expr::Column);
            let exprs = projection.expr.iter().cloned().chain(extra).collect();
            let plan = Projection::try_new(exprs, Arc::new(input))?;
            Ok((LogicalPlan::Projection(plan), hidden))
        }
        LogicalPlan::Filter(filter) => {
            let (input, hidden) = carry(&filter.input, scans)?;
            let plan = Filter::try_new(filter.predicate.clone(), Arc::new(input))?;
            Ok((LogicalPlan::Filter(plan), hidden))
        }
        LogicalPlan::SubqueryAlias(alias) => {
            let (input, hidden) = carry(&alias.input, scans)?;
            let plan = SubqueryAlias::try_new(Arc::new(input), alias.alias.clone())?;
            Ok((
                LogicalPlan::SubqueryAlias(plan),
                requalify(hidden, &alias.alias),
            ))
        }
        LogicalPlan::Sort(_) | LogicalPlan::Limit(_) | LogicalPlan::Window(_) => {
            let (input, hidden) = carry(plan.inputs()[0], scans)?;
            Ok((
                plan.with_new_exprs(plan.expressions(), vec![input])?,
                hidden,
            ))
        }
        LogicalPlan::Aggregate(aggregate) => {
            let (input, _) = carry(&aggregate.input, scans)?;
            Ok((
                plan.with_new_exprs(plan.expressions(), vec![input])?,
                Vec::new(),
            ))
        }
        LogicalPlan::Join(join) => carry_join(join, scans),
        LogicalPlan::Union(union) => carry_union(union, scans),
        // What else there is mixes records in ways that no column can follow.
        other => Ok((other.clone(), Vec::new())),
    }
}

fn requalify(hidden: Vec<Column>, alias: &TableReference) -> Vec<Column> {
    let qualified = |column: Column| Column::new(Some(alias.clone()), column.name);
    hidden.into_iter().map(qualified).collect()
}

fn carry_scan(scan: &TableScan, scans: &mut Vec<ScanName>) -> Result<(LogicalPlan, Vec<Column>)> {
    let provider = source_as_provider(&scan.source)?;
    let Some(book) = provider.downcast_ref::<BookTable>() else {
        return Ok((LogicalPlan::TableScan(scan.clone()), Vec::new()));
    };
    let number = scans.len();
    scans.push(ScanName {
        side: book.side,
        table: book.table.name().to_owned(),
    });
    let full = book.table.schema();
    let mut indexes = match &scan.projection {
        Some(indexes) => indexes.clone(),
        None => (0..scan.source.schema().fields().len()).collect(),
    };
    let own = indexes.len();
    let missing: Vec<usize> = (0..full.fields().len())
        .filter(|index| !indexes.contains(index))
        .collect();
    indexes.extend(missing);
    let source = provider_as_source(Arc::new(book.with_places()));
    let wide = TableScanBuilder::new(scan.table_name.clone(), source)
        .with_projection(Some(indexes))
        .with_filters(scan.filters.clone())
        .with_fetch(scan.fetch)
        .build()?;
    let wide = LogicalPlan::TableScan(wide);
    let columns = wide.schema().columns();
    let hidden: Vec<Column> = full
        .fields()
        .iter()
        .map(|field| Column::new_unqualified(hidden_name(number, field.name())))
        .collect();
    let seconds = full.fields().iter().zip(&hidden).map(|(field, hidden)| {
        let column = Column::new(Some(scan.table_name.clone()), field.name());
        Expr::Column(column).alias(hidden.name.clone())
    });
    let exprs = columns[..own]
        .iter()
        .cloned()
        .map(Expr::Column)
        .chain(seconds)
        .collect();
    let plan = Projection::try_new(exprs, Arc::new(wide))?;
    Ok((LogicalPlan::Projection(plan), hidden))
}

fn carry_join(join: &Join, scans: &mut Vec<ScanName>) -> Result<(LogicalPlan, Vec<Column>)> {
    let (left, mut hidden) = carry(&join.left, scans)?;
    let (right, of_right) = carry(&join.right, scans)?;
    match join.join_type {
        JoinType::Inner | JoinType::Left | JoinType::Right | JoinType::Full => {
            hidden.extend(of_right);
        }
        JoinType::LeftSemi | JoinType::LeftAnti | JoinType::LeftMark => {}
        JoinType::RightSemi | JoinType::RightAnti | JoinType::RightMark => hidden = of_right,
    }
    let plan = Join::try_new(
        Arc::new(left),
        Arc::new(right),
        join.on.clone(),
        join.filter.clone(),
        join.join_type,
        join.join_constraint,
        join.null_equality,
        join.null_aware,
    )?;
    Ok((LogicalPlan::Join(plan), hidden))
}

/// Each branch hands on its own records and NULL for those of the others.
fn carry_union(union: &Union, scans: &mut Vec<ScanName>) -> Result<(LogicalPlan, Vec<Column>)> {
    let mut branches = Vec::with_capacity(union.inputs.len());
    for input in &union.inputs {
        let own = input.schema().columns();
        let (plan, hidden) = carry(input, scans)?;
        branches.push((plan, own, hidden));
    }
    let mut every = Vec::new();
    for (plan, _, hidden) in &branches {
        for column in hidden {
            every.push((column.clone(), plan.schema().data_type(column)?.clone()));
        }
    }
    let mut inputs = Vec::with_capacity(branches.len());
    for (plan, own, hidden) in branches {
        let mut exprs: Vec<Expr> = own.into_iter().map(Expr::Column).collect();
        for (column, data_type) in &every {
            let value = match hidden.contains(column) {
                true => Expr::Column(column.clone()),
                false => Expr::Literal(ScalarValue::try_from(data_type)?, None),
            };
            exprs.push(value.alias(column.name.clone()));
        }
        inputs.push(Arc::new(LogicalPlan::Projection(Projection::try_new(
            exprs,
            Arc::new(plan),
        )?)));
    }
    let schema = widen_schema(&union.schema, &inputs)?;
    let hidden = every
        .into_iter()
        .map(|(column, _)| Column::new_unqualified(column.name))
        .collect();
    let schema = Arc::new(schema);
    Ok((LogicalPlan::Union(Union { inputs, schema }), hidden))
}

/// The union's own schema, then the hidden columns, which any branch may leave NULL.
fn widen_schema(own: &DFSchema, inputs: &[Arc<LogicalPlan>]) -> Result<DFSchema> {
    let known = own.fields().len();
    let mut fields: Vec<_> = own
        .iter()
        .map(|(table, field)| (table.cloned(), Arc::clone(field)))
        .collect();
    if let Some(first) = inputs.first() {
        let hidden = first.schema().iter().skip(known);
        fields.extend(
            hidden.map(|(_, field)| (None, Arc::new(field.as_ref().clone().with_nullable(true)))),
        );
    }
    DFSchema::new_with_metadata(fields, own.metadata().clone())
}
