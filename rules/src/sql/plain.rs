//! Whether a query is nothing but some columns of one table.

use datafusion::common::Column;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::datasource::source_as_provider;
use datafusion::logical_expr::{Expr, LogicalPlan};

use super::scan::BookTable;
use super::session::Which;
use super::side::Side;

/// A query that gives every record of one table once, its columns under whatever names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plain {
    /// The book.
    pub which: Which,
    /// The table.
    pub table: String,
    /// For each column of the output, its index in the table's schema.
    pub columns: Vec<usize>,
}

impl Side {
    /// Says which columns of which table the query gives, where it gives nothing else.
    ///
    /// # Errors
    /// What else it does.
    pub fn plain(&self) -> Result<Plain, String> {
        let optimized = self.optimize(self.written());
        let plan = optimized.map_err(|_| "it is more than a table".to_owned())?;
        let (table, columns) = columns_of(&plan)?;
        // What the optimizer has put in another order would be taken for something else.
        let own = plan.schema().fields().iter().map(|field| field.name());
        let schema = self.schema();
        match own.eq(schema.fields().iter().map(|field| field.name())) {
            true => Ok(Plain {
                which: table.side,
                table: table.table.name().to_owned(),
                columns,
            }),
            false => Err("it is more than a table".to_owned()),
        }
    }
}

impl Side {
    /// Returns the one table that the query reads, where it reads it once and record by record: what
    /// it gives of some of the records is then what it gives of these among all.
    pub fn single_table(&self) -> Option<(Which, String)> {
        let [own] = self.lineage() else {
            return None;
        };
        let plan = self.optimize(self.written()).ok()?;
        let mut is_record_by_record = true;
        let seen = plan.apply_with_subqueries(|node| {
            is_record_by_record &= match node {
                // Nothing else gives of a record what it gives of it among all others.
                LogicalPlan::Projection(_)
                | LogicalPlan::Filter(_)
                | LogicalPlan::SubqueryAlias(_) => true,
                LogicalPlan::TableScan(scan) => {
                    scan.fetch.is_none() && source_as_provider(&scan.source)?.is::<BookTable>()
                }
                _ => false,
            };
            is_record_by_record &= node.expressions().iter().all(|expr| !reads_more(expr));
            Ok(TreeNodeRecursion::Continue)
        });
        seen.ok()?;
        is_record_by_record.then(|| (own.side, own.table.clone()))
    }
}

/// Whether an expression has a query of its own.
fn reads_more(expr: &Expr) -> bool {
    let is_query = |expr: &Expr| {
        let is_query = matches!(
            expr,
            Expr::ScalarSubquery(_)
                | Expr::InSubquery(_)
                | Expr::Exists(_)
                | Expr::SetComparison(_)
        );
        Ok(is_query)
    };
    // What cannot be looked through may read anything.
    expr.exists(is_query).unwrap_or(true)
}

/// The table below a plan, and for each of its columns the index in the table's schema.
fn columns_of(plan: &LogicalPlan) -> Result<(BookTable, Vec<usize>), String> {
    match plan {
        LogicalPlan::TableScan(scan) => {
            let provider = source_as_provider(&scan.source).map_err(|error| error.to_string())?;
            let Some(table) = provider.downcast_ref::<BookTable>() else {
                return Err("its table is read with corrections".to_owned());
            };
            if !table.requires.is_empty() {
                return Err("the plan requires something of each record".to_owned());
            }
            if !scan.filters.is_empty() || scan.fetch.is_some() {
                return Err("it does not take every record".to_owned());
            }
            let schema = table.table.schema();
            let fields = scan.projected_schema.fields().iter();
            let columns = fields.map(|field| schema.index_of(field.name()));
            let columns = columns.collect::<Result<Vec<usize>, _>>();
            Ok((table.clone(), columns.map_err(|error| error.to_string())?))
        }
        LogicalPlan::SubqueryAlias(alias) => columns_of(&alias.input),
        LogicalPlan::Projection(projection) => {
            let (table, below) = columns_of(&projection.input)?;
            let schema = projection.input.schema();
            let column = |expr: &Expr| {
                let column = plain_column(expr)?;
                let at = schema.index_of_column(column).ok()?;
                below.get(at).copied()
            };
            let columns = projection.expr.iter().map(|expr| {
                column(expr).ok_or_else(|| format!("it computes `{}`", expr.schema_name()))
            });
            Ok((table, columns.collect::<Result<Vec<usize>, String>>()?))
        }
        LogicalPlan::Filter(_) | LogicalPlan::Limit(_) => {
            Err("it does not take every record".to_owned())
        }
        LogicalPlan::Join(_) | LogicalPlan::Union(_) => {
            Err("it reads more than one table".to_owned())
        }
        LogicalPlan::Aggregate(_) | LogicalPlan::Distinct(_) => {
            Err("it puts records together".to_owned())
        }
        _ => Err("it is more than a table".to_owned()),
    }
}

/// The column that an expression is, by whatever name.
fn plain_column(expr: &Expr) -> Option<&Column> {
    match expr {
        Expr::Column(column) => Some(column),
        Expr::Alias(alias) => plain_column(&alias.expr),
        _ => None,
    }
}
