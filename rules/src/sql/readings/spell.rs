//! Expressions as a person would write them.

use std::ops::ControlFlow;

use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode};
use datafusion::common::{Column, DFSchema};
use datafusion::logical_expr::{Expr, LogicalPlan};
use datafusion::sql::sqlparser::ast::{self, VisitMut, VisitorMut};
use datafusion::sql::unparser::Unparser;
use datafusion::sql::unparser::dialect::Dialect;

/// Quotes a name only where SQL could not read it without.
struct Plain;

impl Dialect for Plain {
    fn identifier_quote_style(&self, name: &str) -> Option<char> {
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        let begins = name.chars().next().is_some_and(|c| !c.is_numeric());
        (!begins || !name.chars().all(is_word)).then_some('"')
    }
}

/// Takes brackets off where nothing stands beside them.
struct Brackets;

fn bare(expr: &mut ast::Expr) {
    if let ast::Expr::Nested(inner) = expr {
        *expr = inner.as_ref().clone();
    }
}

impl VisitorMut for Brackets {
    type Break = ();

    fn post_visit_expr(&mut self, expr: &mut ast::Expr) -> ControlFlow<()> {
        match expr {
            ast::Expr::Case {
                conditions,
                else_result,
                ..
            } => {
                for branch in conditions {
                    bare(&mut branch.condition);
                    bare(&mut branch.result);
                }
                else_result.iter_mut().for_each(|result| bare(result));
            }
            ast::Expr::Cast { expr, .. } => bare(expr),
            _ => {}
        }
        ControlFlow::Continue(())
    }
}

/// Spells the expressions of one operator.
pub(super) struct Speller {
    /// Columns that stand for an expression below: totals and windows.
    computed: Vec<(String, Expr)>,
    /// Names that several tables have, and so need the table's name with them.
    shared: Vec<String>,
}

impl Speller {
    /// For expressions over `inputs`.
    pub(super) fn over(inputs: &[&LogicalPlan]) -> Self {
        let mut computed = Vec::new();
        inputs
            .iter()
            .for_each(|input| collect(input, &mut computed));
        let mut names: Vec<&String> = inputs.iter().flat_map(|input| names(input)).collect();
        names.sort_unstable();
        let mut shared: Vec<String> = names
            .windows(2)
            .filter(|pair| pair[0] == pair[1])
            .map(|pair| pair[0].clone())
            .collect();
        shared.dedup();
        Self { computed, shared }
    }

    /// Spells one expression on one line.
    pub(super) fn spell(&self, expr: &Expr) -> String {
        let plain = |expr: Expr| match expr {
            Expr::Column(column) => Ok(Transformed::yes(self.column(column))),
            other => Ok(Transformed::no(other)),
        };
        let Ok(expr) = expr.clone().unalias().transform_up(plain).data() else {
            return expr.to_string();
        };
        match Unparser::new(&Plain).with_pretty(true).expr_to_sql(&expr) {
            Ok(mut sql) => {
                let _ = VisitMut::visit(&mut sql, &mut Brackets);
                sql.to_string()
            }
            Err(_) => expr.human_display().to_string(),
        }
    }

    fn column(&self, column: Column) -> Expr {
        let below = self.computed.iter().find(|(name, _)| *name == column.name);
        if let Some((_, expr)) = below {
            return self.unqualified(expr.clone());
        }
        Expr::Column(self.short(column))
    }

    fn unqualified(&self, expr: Expr) -> Expr {
        let bare = |expr: Expr| match expr {
            Expr::Column(column) => Ok(Transformed::yes(Expr::Column(self.short(column)))),
            other => Ok(Transformed::no(other)),
        };
        expr.clone().transform_up(bare).data().unwrap_or(expr)
    }

    fn short(&self, column: Column) -> Column {
        match (&column.relation, self.shared.contains(&column.name)) {
            (Some(table), true) => Column::new(Some(table.table().to_owned()), column.name),
            _ => Column::new_unqualified(column.name),
        }
    }
}

fn names(plan: &LogicalPlan) -> impl Iterator<Item = &String> {
    let schema: &DFSchema = plan.schema();
    schema.fields().iter().map(|field| field.name())
}

/// What a column of an aggregate or a window was before it got its name.
fn collect(plan: &LogicalPlan, computed: &mut Vec<(String, Expr)>) {
    let mut add = |exprs: &[Expr]| {
        let named = |expr: &Expr| (expr.schema_name().to_string(), expr.clone().unalias());
        computed.extend(exprs.iter().map(named));
    };
    match plan {
        LogicalPlan::Filter(filter) => collect(&filter.input, computed),
        LogicalPlan::Aggregate(aggregate) => {
            add(&aggregate.group_expr);
            add(&aggregate.aggr_expr);
        }
        LogicalPlan::Window(window) => {
            add(&window.window_expr);
            collect(&window.input, computed);
        }
        _ => {}
    }
}
