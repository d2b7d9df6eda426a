//! Where an output column comes from: through projections, joins, groups and branches.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode, TreeNodeRecursion};
use datafusion::common::{Column, DFSchema, JoinType};
use datafusion::datasource::source_as_provider;
use datafusion::logical_expr::logical_plan::{
    Aggregate, Distinct, Join, Subquery, TableScan, Window,
};
use datafusion::logical_expr::{Case, Expr, LogicalPlan};

use crate::sql::scan::BookTable;
use crate::sql::session::Which;

/// A column of a book's table.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceColumn {
    /// The book.
    pub side: Which,
    /// The table.
    pub table: String,
    /// The column.
    pub column: String,
}

/// What one column of a plan depends on.
#[derive(Debug, Clone, Default)]
pub(super) struct Origin {
    /// Columns whose values it is computed from.
    pub(super) values: BTreeSet<SourceColumn>,
    /// Columns that only decide how: conditions of `CASE`, keys of a join that brings the value.
    pub(super) conditions: BTreeSet<SourceColumn>,
    /// The column that it is, where it is handed on as it is.
    pub(super) same_as: Option<SourceColumn>,
    /// The same for two plans where the column is computed in the same way from the books.
    pub(super) print: u64,
}

impl Origin {
    fn add(&mut self, other: &Origin, as_condition: bool) {
        match as_condition {
            true => self.conditions.extend(other.values.iter().cloned()),
            false => self.values.extend(other.values.iter().cloned()),
        }
        self.conditions.extend(other.conditions.iter().cloned());
    }

    fn mix(&mut self, print: u64) {
        self.print = hashed(&(self.print, print));
    }
}

/// A plan's columns, and what decides which records it has.
#[derive(Debug, Clone, Default)]
pub(super) struct Traced {
    pub(super) columns: Vec<Origin>,
    /// `values` are the columns that decide whether a record is there at all.
    pub(super) rows: Origin,
}

/// Traces every column of `plan`.
pub(super) fn trace(plan: &LogicalPlan) -> Traced {
    trace_within(plan, None)
}

fn hashed(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// The columns of one input, found by name without going through all of them.
struct Input<'a> {
    schema: &'a DFSchema,
    origins: &'a [Origin],
    /// Where the column of a name stands; `None` where several have it.
    names: BTreeMap<&'a str, Option<usize>>,
}

impl<'a> Input<'a> {
    fn new(plan: &'a LogicalPlan, traced: &'a Traced) -> Self {
        let schema = plan.schema().as_ref();
        let mut names = BTreeMap::new();
        for (at, field) in schema.fields().iter().enumerate() {
            names
                .entry(field.name().as_str())
                .and_modify(|known| *known = None)
                .or_insert(Some(at));
        }
        Self {
            schema,
            origins: &traced.columns,
            names,
        }
    }

    fn find(&self, column: &Column) -> Option<&'a Origin> {
        let only = self.names.get(column.name.as_str()).copied().flatten();
        let is_meant = |at: &usize| {
            let of = self.schema.qualified_field(*at).0;
            column.relation.is_none() || column.relation.as_ref() == of
        };
        let at = only.filter(is_meant);
        let at = at.or_else(|| self.schema.maybe_index_of_column(column));
        self.origins.get(at?)
    }
}

/// The columns that an expression may name, with those of the query around it.
struct Scope<'a> {
    inputs: Vec<Input<'a>>,
    outer: Option<&'a Scope<'a>>,
}

impl Scope<'_> {
    fn find(&self, column: &Column) -> Option<&Origin> {
        self.inputs.iter().find_map(|input| input.find(column))
    }

    fn find_outer(&self, column: &Column) -> Option<&Origin> {
        let outer = self.outer?;
        outer.find(column).or_else(|| outer.find_outer(column))
    }

    /// What `expr` is computed from.
    fn origin(&self, expr: &Expr) -> Origin {
        let mut origin = Origin {
            print: self.print(expr),
            same_as: self.same_as(expr),
            ..Origin::default()
        };
        self.gather(expr, false, &mut origin);
        origin
    }

    fn same_as(&self, expr: &Expr) -> Option<SourceColumn> {
        match expr {
            Expr::Column(column) => self.find(column)?.same_as.clone(),
            Expr::Alias(alias) => self.same_as(&alias.expr),
            _ => None,
        }
    }

    /// Adds what `expr` reads: as values, or all of it as conditions.
    fn gather(&self, expr: &Expr, as_condition: bool, into: &mut Origin) {
        match expr {
            Expr::Column(column) => {
                if let Some(origin) = self.find(column) {
                    into.add(origin, as_condition);
                }
            }
            Expr::OuterReferenceColumn(_, column) => {
                if let Some(origin) = self.find_outer(column) {
                    into.add(origin, as_condition);
                }
            }
            Expr::Case(case) => self.gather_case(case, as_condition, into),
            Expr::AggregateFunction(call) => {
                let params = &call.params;
                self.gather_all(&params.args, as_condition, into);
                self.gather_all(params.filter.as_deref(), true, into);
                self.gather_all(params.order_by.iter().map(|sort| &sort.expr), true, into);
            }
            Expr::WindowFunction(call) => {
                let params = &call.params;
                self.gather_all(&params.args, as_condition, into);
                self.gather_all(&params.partition_by, true, into);
                self.gather_all(params.filter.as_deref(), true, into);
                self.gather_all(params.order_by.iter().map(|sort| &sort.expr), true, into);
            }
            Expr::ScalarSubquery(subquery) => self.gather_query(subquery, as_condition, into),
            Expr::Exists(exists) => self.gather_query(&exists.subquery, true, into),
            Expr::InSubquery(within) => {
                self.gather(&within.expr, as_condition, into);
                self.gather_query(&within.subquery, true, into);
            }
            Expr::SetComparison(comparison) => {
                self.gather(&comparison.expr, as_condition, into);
                self.gather_query(&comparison.subquery, true, into);
            }
            other => {
                let visited = other.apply_children(|child| {
                    self.gather(child, as_condition, into);
                    Ok(TreeNodeRecursion::Continue)
                });
                debug_assert!(visited.is_ok(), "gathering cannot fail");
            }
        }
    }

    fn gather_all<'e>(
        &self,
        exprs: impl IntoIterator<Item = &'e Expr>,
        as_condition: bool,
        into: &mut Origin,
    ) {
        for expr in exprs {
            self.gather(expr, as_condition, into);
        }
    }

    fn gather_case(&self, case: &Case, as_condition: bool, into: &mut Origin) {
        self.gather_all(case.expr.as_deref(), true, into);
        for (when, then) in &case.when_then_expr {
            self.gather(when, true, into);
            self.gather(then, as_condition, into);
        }
        self.gather_all(case.else_expr.as_deref(), as_condition, into);
    }

    fn gather_query(&self, query: &Subquery, as_condition: bool, into: &mut Origin) {
        let traced = trace_within(&query.subquery, Some(self));
        for column in &traced.columns {
            into.add(column, as_condition);
        }
        into.add(&traced.rows, true);
    }

    /// A number that is the same for two expressions that compute the same from the books.
    fn print(&self, expr: &Expr) -> u64 {
        let stand_in = |expr: Expr| match expr {
            Expr::Column(column) => {
                let print = self.find(&column).map_or(0, |origin| origin.print);
                let name = Column::new_unqualified(format!("{print:016x}"));
                Ok(Transformed::yes(Expr::Column(name)))
            }
            other => Ok(Transformed::no(other)),
        };
        let expr = expr.clone().unalias();
        match &expr {
            // A column handed on is the column itself.
            Expr::Column(column) => self.find(column).map_or(0, |origin| origin.print),
            _ => match expr.clone().transform(stand_in).data() {
                Ok(expr) => hashed(&expr),
                Err(_) => hashed(&expr),
            },
        }
    }
}

fn trace_within(plan: &LogicalPlan, outer: Option<&Scope<'_>>) -> Traced {
    match plan {
        LogicalPlan::TableScan(scan) => trace_scan(scan),
        LogicalPlan::Projection(projection) => {
            let input = trace_within(&projection.input, outer);
            let scope = over(&projection.input, &input, outer);
            Traced {
                columns: projection.expr.iter().map(|e| scope.origin(e)).collect(),
                rows: input.rows.clone(),
            }
        }
        LogicalPlan::Filter(filter) => {
            let mut input = trace_within(&filter.input, outer);
            let predicate = over(&filter.input, &input, outer).origin(&filter.predicate);
            decide(&mut input.rows, &predicate);
            input
        }
        LogicalPlan::Aggregate(aggregate) => trace_aggregate(aggregate, outer),
        LogicalPlan::Window(window) => trace_window(window, outer),
        LogicalPlan::Join(join) => trace_join(join, outer),
        LogicalPlan::Distinct(Distinct::All(input)) => {
            let mut traced = trace_within(input, outer);
            traced.rows.mix(1);
            for column in &mut traced.columns {
                decide(&mut traced.rows, column);
                column.same_as = None;
            }
            traced
        }
        LogicalPlan::Union(union) => by_position(
            union.inputs.iter().map(|input| trace_within(input, outer)),
            union.schema.fields().len(),
        ),
        LogicalPlan::RecursiveQuery(query) => by_position(
            [&query.static_term, &query.recursive_term].map(|term| trace_within(term, outer)),
            query.schema.fields().len(),
        ),
        other => trace_other(other, outer),
    }
}

fn over<'a>(plan: &'a LogicalPlan, traced: &'a Traced, outer: Option<&'a Scope<'a>>) -> Scope<'a> {
    Scope {
        inputs: vec![Input::new(plan, traced)],
        outer,
    }
}

/// Lets `condition` decide which records there are.
fn decide(rows: &mut Origin, condition: &Origin) {
    rows.add(condition, false);
    rows.mix(condition.print);
}

fn trace_scan(scan: &TableScan) -> Traced {
    let provider = source_as_provider(&scan.source).ok();
    let book = provider
        .as_ref()
        .and_then(|it| it.downcast_ref::<BookTable>());
    let origin = |name: &String| {
        let values = book.map(|book| SourceColumn {
            side: book.side,
            table: book.table.name().to_owned(),
            column: name.clone(),
        });
        Origin {
            print: hashed(&(&values, scan.table_name.to_string(), name)),
            values: values.iter().cloned().collect(),
            conditions: BTreeSet::new(),
            same_as: values,
        }
    };
    let fields = scan.projected_schema.fields();
    Traced {
        columns: fields.iter().map(|field| origin(field.name())).collect(),
        rows: Origin {
            print: hashed(&scan.table_name.to_string()),
            ..Origin::default()
        },
    }
}

/// A total depends on which records there are: its print does, its columns are told apart.
fn trace_aggregate(node: &Aggregate, outer: Option<&Scope<'_>>) -> Traced {
    let input = trace_within(&node.input, outer);
    let scope = over(&node.input, &input, outer);
    let mut rows = input.rows.clone();
    let mut columns = Vec::with_capacity(node.schema.fields().len());
    for group in &node.group_expr {
        for part in parts(group) {
            let origin = Origin {
                // A group is of many records.
                same_as: None,
                ..scope.origin(part)
            };
            decide(&mut rows, &origin);
            columns.push(origin);
        }
    }
    // Sets of groups add a column that numbers them, before the totals.
    let totals = node
        .schema
        .fields()
        .len()
        .saturating_sub(node.aggr_expr.len());
    columns.resize(totals, Origin::default());
    for total in &node.aggr_expr {
        let mut origin = scope.origin(total);
        origin.mix(rows.print);
        columns.push(origin);
    }
    Traced { columns, rows }
}

/// The expressions of a set of groups, each once; any other group is one by itself.
fn parts(group: &Expr) -> Vec<&Expr> {
    match group {
        Expr::GroupingSet(set) => set.distinct_expr(),
        other => vec![other],
    }
}

fn trace_window(node: &Window, outer: Option<&Scope<'_>>) -> Traced {
    let mut input = trace_within(&node.input, outer);
    let scope = over(&node.input, &input, outer);
    let computed: Vec<Origin> = node
        .window_expr
        .iter()
        .map(|expr| {
            let mut origin = scope.origin(expr);
            origin.mix(input.rows.print);
            origin
        })
        .collect();
    input.columns.extend(computed);
    input
}

fn trace_join(join: &Join, outer: Option<&Scope<'_>>) -> Traced {
    let left = trace_within(&join.left, outer);
    let right = trace_within(&join.right, outer);
    let condition = join_condition(join, &left, &right, outer);
    let mut rows = Origin::default();
    decide(&mut rows, &left.rows);
    decide(&mut rows, &right.rows);
    match join.join_type {
        // Every record of one side stays, whatever the other has.
        JoinType::Left | JoinType::Right | JoinType::Full => rows.mix(condition.print),
        _ => decide(&mut rows, &condition),
    }
    let brought = |columns: Vec<Origin>| columns.into_iter().map(|c| brought_by(c, &condition));
    let mark = Origin {
        print: condition.print,
        same_as: None,
        conditions: BTreeSet::new(),
        values: condition
            .values
            .union(&condition.conditions)
            .cloned()
            .collect(),
    };
    let columns = match join.join_type {
        JoinType::Inner | JoinType::Left => left
            .columns
            .into_iter()
            .chain(brought(right.columns))
            .collect(),
        JoinType::Right => brought(left.columns).chain(right.columns).collect(),
        JoinType::Full => brought(left.columns)
            .chain(brought(right.columns))
            .collect(),
        JoinType::LeftSemi | JoinType::LeftAnti => left.columns,
        JoinType::RightSemi | JoinType::RightAnti => right.columns,
        JoinType::LeftMark => left.columns.into_iter().chain([mark]).collect(),
        JoinType::RightMark => right.columns.into_iter().chain([mark]).collect(),
    };
    Traced { columns, rows }
}

/// A value that a join brings depends on what it was looked up by.
fn brought_by(mut column: Origin, condition: &Origin) -> Origin {
    column.add(condition, true);
    column.mix(condition.print);
    column.same_as = None;
    column
}

fn join_condition(join: &Join, left: &Traced, right: &Traced, outer: Option<&Scope<'_>>) -> Origin {
    let scope = Scope {
        inputs: vec![Input::new(&join.left, left), Input::new(&join.right, right)],
        outer,
    };
    let mut condition = Origin {
        print: hashed(&join.join_type),
        ..Origin::default()
    };
    let keys = join.on.iter().flat_map(|(left, right)| [left, right]);
    for expr in keys.chain(&join.filter) {
        decide(&mut condition, &scope.origin(expr));
    }
    condition
}

/// Branches one above the other: each column comes from all of them.
fn by_position(branches: impl IntoIterator<Item = Traced>, width: usize) -> Traced {
    let mut columns = vec![Origin::default(); width];
    let mut rows = Origin::default();
    for branch in branches {
        for (column, of_branch) in columns.iter_mut().zip(&branch.columns) {
            column.add(of_branch, false);
            column.mix(of_branch.print);
        }
        decide(&mut rows, &branch.rows);
    }
    Traced { columns, rows }
}

/// Operators that keep the columns of their input; where one does not, each column may come from
/// all of them.
fn trace_other(plan: &LogicalPlan, outer: Option<&Scope<'_>>) -> Traced {
    let inputs: Vec<Traced> = plan
        .inputs()
        .into_iter()
        .map(|input| trace_within(input, outer))
        .collect();
    let width = plan.schema().fields().len();
    let mut rows = Origin::default();
    inputs
        .iter()
        .for_each(|input| decide(&mut rows, &input.rows));
    for expr in plan.expressions() {
        rows.mix(hashed(&expr));
    }
    let keeps_records = matches!(
        plan,
        LogicalPlan::Sort(_) | LogicalPlan::Limit(_) | LogicalPlan::SubqueryAlias(_)
    );
    let kept = |column: &Origin| Origin {
        same_as: column.same_as.clone().filter(|_| keeps_records),
        ..column.clone()
    };
    match inputs.as_slice() {
        [input] if input.columns.len() == width => Traced {
            columns: input.columns.iter().map(kept).collect(),
            rows,
        },
        _ => {
            let mut every = Origin::default();
            for column in inputs.iter().flat_map(|input| &input.columns) {
                every.add(column, false);
                every.mix(column.print);
            }
            Traced {
                columns: vec![every; width],
                rows,
            }
        }
    }
}
