//! Windows whose order leaves a choice between two records.
//!
//! `row_number() OVER (ORDER BY amount)` numbers records of one amount as they happen to arrive.
//! Whether there are such records only they can tell, so the run that meets two ends.

use std::fmt;
use std::sync::Arc;

use arrow_array::RecordBatch;
use datafusion::arrow::row::{OwnedRow, RowConverter, SortField};
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode, TreeNodeRecursion};
use datafusion::common::{DataFusionError, Result, internal_err};
use datafusion::execution::TaskContext;
use datafusion::logical_expr::WindowFrameUnits;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::window::WindowExpr;
use datafusion::physical_plan::ChildrenPropertiesMode::Recompute;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::windows::{BoundedWindowAggExec, WindowAggExec};
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, PlanProperties, ReplaceChildrenOptions,
    SendableRecordBatchStream,
};
use futures::StreamExt;

/// Window functions that tell records apart which are equal in the order.
const TELL_APART: [&str; 11] = [
    "any_value",
    "array_agg",
    "first_value",
    "lag",
    "last_value",
    "lead",
    "listagg",
    "nth_value",
    "ntile",
    "row_number",
    "string_agg",
];

/// Window functions of the order alone, whatever their frame.
const RANKS: [&str; 4] = ["cume_dist", "dense_rank", "percent_rank", "rank"];

/// Two records between which the order of a window leaves a choice.
#[derive(Debug, thiserror::Error)]
#[error(
    "{function} depends on the order of records that are equal in all that its window orders by: add columns to its ORDER BY until it leaves no choice"
)]
pub(super) struct Tied {
    function: String,
}

/// Puts a check below every window whose result depends on more than its order says.
pub(super) fn install(plan: Arc<dyn ExecutionPlan>) -> Result<Arc<dyn ExecutionPlan>> {
    plan.transform_up(|node| {
        let windows = match (
            node.downcast_ref::<WindowAggExec>(),
            node.downcast_ref::<BoundedWindowAggExec>(),
        ) {
            (Some(window), _) => window.window_expr(),
            (_, Some(window)) => window.window_expr(),
            _ => return Ok(Transformed::no(node)),
        };
        let orders: Arc<[Order]> = windows.iter().filter_map(Order::of).collect();
        if orders.is_empty() {
            return Ok(Transformed::no(node));
        }
        let input = Arc::clone(node.children()[0]);
        let untied: Arc<dyn ExecutionPlan> = Arc::new(Untied { input, orders });
        let options = ReplaceChildrenOptions::new(Recompute);
        Ok(Transformed::yes(
            node.replace_children(vec![untied], options)?,
        ))
    })
    .data()
}

/// What a window sorts by: no two records may be equal in it.
#[derive(Debug)]
struct Order {
    function: String,
    exprs: Vec<Arc<dyn PhysicalExpr>>,
}

impl Order {
    /// `None` where equal records come to the same whatever their order.
    fn of(window: &Arc<dyn WindowExpr>) -> Option<Self> {
        let function = window.name().split('(').next().unwrap_or_default();
        let function = function.trim().to_lowercase();
        let frame = window.get_window_frame();
        let counts_rows = frame.units == WindowFrameUnits::Rows
            && !(frame.start_bound.is_unbounded() && frame.end_bound.is_unbounded());
        let is_rank = RANKS.contains(&function.as_str());
        let tells_apart = TELL_APART.contains(&function.as_str()) || (counts_rows && !is_rank);
        if window.order_by().is_empty() || !tells_apart {
            return None;
        }
        let order = window.order_by().iter().map(|sort| Arc::clone(&sort.expr));
        let exprs = window.partition_by().iter().cloned().chain(order).collect();
        Some(Self { function, exprs })
    }
}

/// Ends the run where two records that come one after the other are equal in an order.
#[derive(Debug)]
struct Untied {
    input: Arc<dyn ExecutionPlan>,
    orders: Arc<[Order]>,
}

impl DisplayAs for Untied {
    fn fmt_as(&self, _format: DisplayFormatType, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("Untied")
    }
}

impl ExecutionPlan for Untied {
    fn name(&self) -> &'static str {
        "Untied"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        self.input.properties()
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.input]
    }

    fn maintains_input_order(&self) -> Vec<bool> {
        vec![true]
    }

    fn apply_expressions(
        &self,
        _visit: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn replace_children(
        self: Arc<Self>,
        mut children: Vec<Arc<dyn ExecutionPlan>>,
        _options: ReplaceChildrenOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let Some(input) = children.pop() else {
            return internal_err!("a check of an order has one input");
        };
        let orders = Arc::clone(&self.orders);
        Ok(Arc::new(Self { input, orders }))
    }

    fn with_new_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn ExecutionPlan>>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        self.replace_children(children, ReplaceChildrenOptions::new(Recompute))
    }

    fn execute(
        &self,
        partition: usize,
        context: Arc<TaskContext>,
    ) -> Result<SendableRecordBatchStream> {
        let schema = self.schema();
        let mut seen = Vec::with_capacity(self.orders.len());
        for order in self.orders.iter() {
            let field = |expr: &Arc<dyn PhysicalExpr>| expr.data_type(&schema).map(SortField::new);
            let fields = order.exprs.iter().map(field).collect::<Result<Vec<_>>>()?;
            seen.push((RowConverter::new(fields)?, None));
        }
        let orders = Arc::clone(&self.orders);
        let input = self.input.execute(partition, context)?;
        let checked = input.map(move |batch| {
            let batch = batch?;
            for (order, (converter, last)) in orders.iter().zip(&mut seen) {
                look(order, converter, last, &batch)?;
            }
            Ok(batch)
        });
        Ok(Box::pin(RecordBatchStreamAdapter::new(schema, checked)))
    }
}

/// Compares the records of a batch with those before them.
fn look(
    order: &Order,
    converter: &RowConverter,
    last: &mut Option<OwnedRow>,
    batch: &RecordBatch,
) -> Result<()> {
    let values = order
        .exprs
        .iter()
        .map(|expr| expr.evaluate(batch)?.into_array(batch.num_rows()));
    let rows = converter.convert_columns(&values.collect::<Result<Vec<_>>>()?)?;
    let mut before = last.as_ref().map(OwnedRow::row);
    for row in &rows {
        if before == Some(row) {
            let function = order.function.clone();
            return Err(DataFusionError::External(Box::new(Tied { function })));
        }
        before = Some(row);
    }
    let newest = before.map(|row| row.owned());
    *last = newest;
    Ok(())
}
