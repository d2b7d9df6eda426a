//! Moves expressions that can fail out of operators that cannot set a record aside.
//!
//! Groups, windows, sorts and joins evaluate expressions of their own and end the run on the
//! first error. Below each, a projection computes these expressions beforehand, and a projection
//! is checked. The operator then only reads columns, under the names that it had before.

use std::sync::Arc;

use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode, TreeNodeRecursion};
use datafusion::common::{Column, Result};
use datafusion::logical_expr::expr::{AggregateFunction, WindowFunction};
use datafusion::logical_expr::logical_plan::{Aggregate, Join, Projection, Sort, Window};
use datafusion::logical_expr::{BinaryExpr, Expr, LogicalPlan, Operator};

/// Rewrites an optimized `plan`.
pub(super) fn hoist(plan: LogicalPlan) -> Result<LogicalPlan> {
    let mut number = 0;
    let mut rewrite = |node: LogicalPlan| match node {
        LogicalPlan::Aggregate(node) => hoist_aggregate(node, &mut number),
        LogicalPlan::Window(node) => hoist_window(node, &mut number),
        LogicalPlan::Sort(node) => hoist_sort(node, &mut number),
        LogicalPlan::Join(node) => hoist_join(node, &mut number),
        other => Ok(Transformed::no(other)),
    };
    plan.transform_up_with_subqueries(&mut rewrite).data()
}

/// Returns whether evaluating `expr` can fail on one record and not on another.
pub(super) fn can_fail(expr: &Expr) -> bool {
    let mut found = false;
    let visited = expr.apply(|node| {
        found |= match node {
            Expr::Cast(_) | Expr::ScalarFunction(_) | Expr::Negative(_) => true,
            Expr::BinaryExpr(BinaryExpr { op, .. }) => is_arithmetic(*op),
            _ => false,
        };
        Ok(TreeNodeRecursion::Continue)
    });
    found || visited.is_err()
}

fn is_arithmetic(operator: Operator) -> bool {
    use Operator::{Divide, Minus, Modulo, Multiply, Plus};
    matches!(operator, Plus | Minus | Multiply | Divide | Modulo)
}

/// Expressions to compute below an operator, each under a name of its own.
struct Below<'a> {
    number: &'a mut usize,
    computed: Vec<Expr>,
}

impl<'a> Below<'a> {
    fn new(number: &'a mut usize) -> Self {
        Self {
            number,
            computed: Vec::new(),
        }
    }

    /// Returns a column in place of `expr` when it can fail, else `expr` itself.
    fn column(&mut self, expr: Expr) -> Expr {
        if !can_fail(&expr) {
            return expr;
        }
        let name = format!("__h{}", self.number);
        *self.number += 1;
        self.computed.push(expr.unalias().alias(name.clone()));
        Expr::Column(Column::new_unqualified(name))
    }

    fn columns(&mut self, exprs: &mut [Expr]) {
        for expr in exprs {
            *expr = self.column(std::mem::take(expr));
        }
    }

    /// Puts the projection on top of `input`.
    fn project(self, input: Arc<LogicalPlan>) -> Result<Arc<LogicalPlan>> {
        if self.computed.is_empty() {
            return Ok(input);
        }
        let own = input.schema().columns().into_iter().map(Expr::Column);
        let exprs = own.chain(self.computed).collect();
        Ok(Arc::new(LogicalPlan::Projection(Projection::try_new(
            exprs, input,
        )?)))
    }
}

/// Gives `expr` the name back under which operators above know it.
fn keep_name(expr: Expr, name: String) -> Expr {
    match &expr {
        Expr::Alias(alias) if alias.name == name => expr,
        _ if expr.schema_name().to_string() == name => expr,
        _ => expr.alias(name),
    }
}

fn hoist_aggregate(node: Aggregate, number: &mut usize) -> Result<Transformed<LogicalPlan>> {
    let mut below = Below::new(number);
    let mut groups = Vec::with_capacity(node.group_expr.len());
    for expr in node.group_expr {
        let name = expr.schema_name().to_string();
        groups.push(match expr {
            // Sets of groups name their expressions themselves; DataFusion evaluates them.
            Expr::GroupingSet(_) => expr,
            _ => {
                let fails = can_fail(&expr);
                let column = below.column(expr);
                if fails {
                    keep_name(column, name)
                } else {
                    column
                }
            }
        });
    }
    let mut totals = Vec::with_capacity(node.aggr_expr.len());
    for expr in node.aggr_expr {
        let name = expr.schema_name().to_string();
        let rewritten = expr.transform_up(|inner| match inner {
            Expr::AggregateFunction(AggregateFunction { func, mut params }) => {
                below.columns(&mut params.args);
                if let Some(filter) = params.filter.as_mut() {
                    **filter = below.column(std::mem::take(filter));
                }
                for sort in &mut params.order_by {
                    sort.expr = below.column(std::mem::take(&mut sort.expr));
                }
                let call = AggregateFunction { func, params };
                Ok(Transformed::yes(Expr::AggregateFunction(call)))
            }
            other => Ok(Transformed::no(other)),
        });
        totals.push(keep_name(rewritten.data()?, name));
    }
    let hoisted = !below.computed.is_empty();
    let input = below.project(node.input)?;
    let plan = Aggregate::try_new(input, groups, totals)?;
    Ok(transformed(LogicalPlan::Aggregate(plan), hoisted))
}

fn transformed(plan: LogicalPlan, yes: bool) -> Transformed<LogicalPlan> {
    match yes {
        true => Transformed::yes(plan),
        false => Transformed::no(plan),
    }
}

fn hoist_window(node: Window, number: &mut usize) -> Result<Transformed<LogicalPlan>> {
    let mut below = Below::new(number);
    let mut exprs = Vec::with_capacity(node.window_expr.len());
    for expr in node.window_expr {
        let name = expr.schema_name().to_string();
        let rewritten = expr.transform_up(|inner| match inner {
            Expr::WindowFunction(call) => {
                let WindowFunction { fun, mut params } = *call;
                below.columns(&mut params.args);
                below.columns(&mut params.partition_by);
                for sort in &mut params.order_by {
                    sort.expr = below.column(std::mem::take(&mut sort.expr));
                }
                let call = WindowFunction { fun, params };
                Ok(Transformed::yes(Expr::WindowFunction(Box::new(call))))
            }
            other => Ok(Transformed::no(other)),
        });
        exprs.push(keep_name(rewritten.data()?, name));
    }
    if below.computed.is_empty() {
        return Ok(Transformed::no(LogicalPlan::Window(Window::try_new(
            exprs, node.input,
        )?)));
    }
    let input = below.project(node.input)?;
    let window = LogicalPlan::Window(Window::try_new(exprs, input)?);
    narrow(window, &node.schema.columns())
}

/// Drops the columns that only the operator below needed.
fn narrow(plan: LogicalPlan, columns: &[Column]) -> Result<Transformed<LogicalPlan>> {
    let exprs = columns.iter().cloned().map(Expr::Column).collect();
    let plan = Projection::try_new(exprs, Arc::new(plan))?;
    Ok(Transformed::yes(LogicalPlan::Projection(plan)))
}

fn hoist_sort(mut node: Sort, number: &mut usize) -> Result<Transformed<LogicalPlan>> {
    let own = node.input.schema().columns();
    let mut below = Below::new(number);
    for sort in &mut node.expr {
        sort.expr = below.column(std::mem::take(&mut sort.expr));
    }
    if below.computed.is_empty() {
        return Ok(Transformed::no(LogicalPlan::Sort(node)));
    }
    node.input = below.project(node.input)?;
    narrow(LogicalPlan::Sort(node), &own)
}

/// A condition beside the keys of a join: what looks at one side only is computed on that side.
///
/// Keys themselves need nothing: DataFusion computes them in projections of its own.
fn hoist_join(mut node: Join, number: &mut usize) -> Result<Transformed<LogicalPlan>> {
    let Some(filter) = node.filter.take() else {
        return Ok(Transformed::no(LogicalPlan::Join(node)));
    };
    let (mut left, mut right) = (Vec::new(), Vec::new());
    let rewritten = filter.transform_down(|expr| {
        if !can_fail(&expr) {
            return Ok(Transformed::new(expr, false, TreeNodeRecursion::Jump));
        }
        let columns = expr.column_refs();
        let side = |plan: &LogicalPlan| {
            !columns.is_empty()
                && columns
                    .iter()
                    .all(|column| plan.schema().has_column(column))
        };
        let computed = if side(&node.left) {
            &mut left
        } else if side(&node.right) {
            &mut right
        } else {
            return Ok(Transformed::no(expr));
        };
        let mut below = Below::new(number);
        let column = below.column(expr);
        computed.append(&mut below.computed);
        Ok(Transformed::new(column, true, TreeNodeRecursion::Jump))
    });
    node.filter = Some(rewritten.data()?);
    if left.is_empty() && right.is_empty() {
        return Ok(Transformed::no(LogicalPlan::Join(node)));
    }
    let own = node.schema.columns();
    let project = |computed, input| {
        Below {
            number: &mut 0,
            computed,
        }
        .project(input)
    };
    let plan = Join::try_new(
        project(left, node.left)?,
        project(right, node.right)?,
        node.on,
        node.filter,
        node.join_type,
        node.join_constraint,
        node.null_equality,
        node.null_aware,
    )?;
    narrow(LogicalPlan::Join(plan), &own)
}
