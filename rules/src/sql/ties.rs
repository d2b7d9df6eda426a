//! Orders that leave a choice between two records.
//!
//! `row_number() OVER (ORDER BY amount)` numbers records of one amount as they happen to arrive, and
//! `string_agg(id, ',' ORDER BY amount)` strings them together so. Whether there are such records only
//! they can tell, so the run that meets two ends.

use std::fmt;
use std::sync::Arc;

use arrow_array::{Array, BooleanArray, RecordBatch};
use arrow_schema::Schema;
use arrow_select::filter::filter_record_batch;
use datafusion::arrow::compute::{and, is_not_null, prep_null_mask_filter};
use datafusion::arrow::row::{OwnedRow, Row, RowConverter, Rows, SortField};
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode, TreeNodeRecursion};
use datafusion::common::{DataFusionError, Result, internal_err};
use datafusion::config::ConfigOptions;
use datafusion::execution::TaskContext;
use datafusion::logical_expr::WindowFrameUnits;
use datafusion::physical_expr::aggregate::AggregateFunctionExpr;
use datafusion::physical_expr::expressions::lit;
use datafusion::physical_expr::window::WindowExpr;
use datafusion::physical_expr::{
    Distribution, EquivalenceProperties, LexOrdering, OrderingRequirements, PhysicalExpr,
    PhysicalSortExpr,
};
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::ChildrenPropertiesMode::Recompute;
use datafusion::physical_plan::aggregates::{AggregateExec, AggregateInputMode, PhysicalGroupBy};
use datafusion::physical_plan::scalar_subquery::ScalarSubqueryExec;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::windows::{BoundedWindowAggExec, WindowAggExec};
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, InputDistributionRequirements, PlanProperties,
    ReplaceChildrenOptions, SendableRecordBatchStream,
};
use futures::StreamExt;
use futures::stream::Fuse;

use super::cuts;

/// Functions that tell records apart which are equal in the order.
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

/// Two records between which an order leaves a choice.
#[derive(Debug, thiserror::Error)]
#[error(
    "{function} depends on the order of records that are equal in all of its ORDER BY: add columns to it until it leaves no choice, `_file, _row` at last where the book is of files"
)]
pub(super) struct Tied {
    function: String,
}

impl Tied {
    pub(super) fn error(function: &str) -> DataFusionError {
        let function = function.to_owned();
        DataFusionError::External(Box::new(Self { function }))
    }
}

/// Puts a check below every aggregate whose result depends on more than its order says, and below
/// every `LIMIT`. It goes before DataFusion's own rules, which sort for it.
#[derive(Debug)]
pub(super) struct CheckOrders;

impl PhysicalOptimizerRule for CheckOrders {
    fn name(&self) -> &str {
        "check_orders"
    }

    fn optimize(
        &self,
        plan: Arc<dyn ExecutionPlan>,
        _config: &ConfigOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        plan.transform_up(|node| {
            if let Some(aggregate) = node.downcast_ref::<AggregateExec>() {
                below_aggregate(aggregate, &node)
            } else if node.is::<ScalarSubqueryExec>() {
                cuts::in_subqueries(node)
            } else {
                cuts::below_limit(node)
            }
        })
        .data()
    }

    fn schema_check(&self) -> bool {
        true
    }
}

fn below_aggregate(
    aggregate: &AggregateExec,
    node: &Arc<dyn ExecutionPlan>,
) -> Result<Transformed<Arc<dyn ExecutionPlan>>> {
    let mut sorts: Vec<(Sort, Vec<Order>)> = Vec::new();
    for (sort, order) in Order::of_aggregate(aggregate) {
        match sorts.iter_mut().find(|(known, _)| *known == sort) {
            Some((_, orders)) => orders.push(order),
            None => sorts.push((sort, vec![order])),
        }
    }
    if sorts.is_empty() {
        return Ok(Transformed::no(Arc::clone(node)));
    }
    let mut input = Arc::clone(aggregate.input());
    for (sort, orders) in sorts {
        input = Arc::new(Untied::new(input, orders.into(), Some(sort)));
    }
    let options = ReplaceChildrenOptions::new(Recompute);
    let checked = Arc::clone(node).replace_children(vec![input], options)?;
    Ok(Transformed::yes(checked))
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
        let orders: Arc<[Order]> = windows.iter().filter_map(Order::of_window).collect();
        if orders.is_empty() {
            return Ok(Transformed::no(node));
        }
        let input = Arc::clone(node.children()[0]);
        let untied: Arc<dyn ExecutionPlan> = Arc::new(Untied::new(input, orders, None));
        let options = ReplaceChildrenOptions::new(Recompute);
        Ok(Transformed::yes(
            node.replace_children(vec![untied], options)?,
        ))
    })
    .data()
}

/// How records have to come for a check to see those beside one another that are equal.
#[derive(Debug, Clone, PartialEq)]
struct Sort {
    groups: Vec<Arc<dyn PhysicalExpr>>,
    by: LexOrdering,
}

/// Which of the records that are equal in an order a function tells apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Anywhere,
    First,
    Last,
}

impl Place {
    fn of(function: &str) -> Self {
        match function {
            "first_value" => Self::First,
            "last_value" => Self::Last,
            _ => Self::Anywhere,
        }
    }
}

/// What a function orders records by: no two that it tells apart may be equal in it.
#[derive(Debug)]
struct Order {
    function: String,
    /// What it is computed for each of: never empty.
    group: Vec<Arc<dyn PhysicalExpr>>,
    key: Vec<Arc<dyn PhysicalExpr>>,
    /// What it takes of a record; records that are equal in it are as good as one another. Of `None`
    /// no two are.
    value: Option<Vec<Arc<dyn PhysicalExpr>>>,
    /// Conditions on the records that it takes.
    filter: Option<Arc<dyn PhysicalExpr>>,
    passes_over_nulls: bool,
    place: Place,
}

impl Order {
    /// `None` where equal records come to the same whatever their order.
    fn of_window(window: &Arc<dyn WindowExpr>) -> Option<Self> {
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
        Some(Self {
            function,
            group: vec![lit(true)],
            key: window.partition_by().iter().cloned().chain(order).collect(),
            value: None,
            filter: None,
            passes_over_nulls: false,
            place: Place::Anywhere,
        })
    }

    /// The orders of an aggregate that first sees the records, each with the sort that it takes.
    fn of_aggregate(aggregate: &AggregateExec) -> Vec<(Sort, Self)> {
        let mut found = Vec::new();
        if aggregate.mode().input_mode() != AggregateInputMode::Raw {
            return found;
        }
        let sets = grouping_sets(aggregate.group_expr());
        let functions = aggregate.aggr_expr().iter().zip(aggregate.filter_expr());
        for (function, filter) in functions {
            if TELL_APART.contains(&function.fun().name()) {
                let of_set = |groups| Self::of_function(function, filter.as_ref(), groups);
                found.extend(sets.iter().filter_map(of_set));
            }
        }
        found
    }

    /// `None` where there is no order: what depends on one is refused when it is planned.
    fn of_function(
        function: &AggregateFunctionExpr,
        filter: Option<&Arc<dyn PhysicalExpr>>,
        groups: &Vec<Arc<dyn PhysicalExpr>>,
    ) -> Option<(Sort, Self)> {
        let key = function.order_bys().iter();
        let key: Vec<_> = key.map(|sort| Arc::clone(&sort.expr)).collect();
        if key.is_empty() {
            return None;
        }
        let of_groups = groups.iter().cloned().map(PhysicalSortExpr::new_default);
        let by = LexOrdering::new(of_groups.chain(function.order_bys().iter().cloned()))?;
        let order = Self {
            function: function.fun().name().to_owned(),
            group: groups.iter().cloned().chain([lit(true)]).collect(),
            key,
            value: Some(function.expressions()),
            filter: filter.cloned(),
            passes_over_nulls: function.ignore_nulls(),
            place: Place::of(function.fun().name()),
        };
        let groups = groups.clone();
        Some((Sort { groups, by }, order))
    }

    /// The records of a batch that the function takes.
    fn taken(&self, batch: &RecordBatch) -> Result<RecordBatch> {
        let mut kept: Option<BooleanArray> = None;
        if let Some(filter) = &self.filter {
            let array = filter.evaluate(batch)?.into_array(batch.num_rows())?;
            match array.as_any().downcast_ref::<BooleanArray>() {
                Some(holds) if holds.null_count() == 0 => kept = Some(holds.clone()),
                Some(holds) => kept = Some(prep_null_mask_filter(holds)),
                None => return internal_err!("a filter gives {}", array.data_type()),
            }
        }
        let value = self.value.iter().flatten().next();
        if let (true, Some(value)) = (self.passes_over_nulls, value) {
            let array = value.evaluate(batch)?.into_array(batch.num_rows())?;
            let is_some = is_not_null(&array)?;
            kept = Some(match kept {
                Some(kept) => and(&kept, &is_some)?,
                None => is_some,
            });
        }
        match kept {
            Some(kept) => Ok(filter_record_batch(batch, &kept)?),
            None => Ok(batch.clone()),
        }
    }
}

/// What each grouping set groups by.
fn grouping_sets(groups: &PhysicalGroupBy) -> Vec<Vec<Arc<dyn PhysicalExpr>>> {
    let of_set = |is_null: &Vec<bool>| {
        let exprs = groups.expr().iter().zip(is_null);
        let kept = exprs.filter(|(_, is_null)| !**is_null);
        kept.map(|((expr, _), _)| Arc::clone(expr)).collect()
    };
    match groups.groups() {
        [] => vec![Vec::new()],
        sets => sets.iter().map(of_set).collect(),
    }
}

/// Ends the run where two records that come one after the other are equal in an order.
#[derive(Debug)]
struct Untied {
    input: Arc<dyn ExecutionPlan>,
    orders: Arc<[Order]>,
    /// `None` where the operator above has its input sorted already.
    sort: Option<Sort>,
    properties: Arc<PlanProperties>,
}

impl Untied {
    /// What the operator above makes of its input's order depends on no check: a sort of our own is
    /// not told of.
    fn new(input: Arc<dyn ExecutionPlan>, orders: Arc<[Order]>, sort: Option<Sort>) -> Self {
        let given = input.properties();
        let properties = match sort {
            None => Arc::clone(given),
            Some(_) => Arc::new(PlanProperties::new(
                EquivalenceProperties::new(input.schema()),
                given.partitioning.clone(),
                given.emission_type,
                given.boundedness,
            )),
        };
        Self {
            input,
            orders,
            sort,
            properties,
        }
    }
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
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.input]
    }

    fn maintains_input_order(&self) -> Vec<bool> {
        vec![self.sort.is_none()]
    }

    fn input_distribution_requirements(&self) -> InputDistributionRequirements {
        let distribution = match &self.sort {
            None => Distribution::UnspecifiedDistribution,
            Some(sort) if sort.groups.is_empty() => Distribution::SinglePartition,
            Some(sort) => Distribution::KeyPartitioned(sort.groups.clone()),
        };
        InputDistributionRequirements::new(vec![distribution])
    }

    fn required_input_ordering(&self) -> Vec<Option<OrderingRequirements>> {
        let by = self.sort.as_ref().map(|sort| sort.by.clone());
        vec![by.map(OrderingRequirements::from)]
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
        let (orders, sort) = (Arc::clone(&self.orders), self.sort.clone());
        Ok(Arc::new(Self::new(input, orders, sort)))
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
        let checks = self.orders.iter().map(|order| Check::new(order, &schema));
        let checking = Checking {
            checks: checks.collect::<Result<_>>()?,
            orders: Arc::clone(&self.orders),
            input: self.input.execute(partition, context)?.fuse(),
        };
        let checked = futures::stream::try_unfold(checking, Checking::next);
        Ok(Box::pin(RecordBatchStreamAdapter::new(schema, checked)))
    }
}

/// A stream of records, and what each check has seen of it.
struct Checking {
    input: Fuse<SendableRecordBatchStream>,
    orders: Arc<[Order]>,
    checks: Vec<Check>,
}

impl Checking {
    async fn next(mut self) -> Result<Option<(RecordBatch, Self)>> {
        let batch = self.input.next().await.transpose()?;
        for (order, check) in self.orders.iter().zip(&mut self.checks) {
            match &batch {
                Some(batch) => check.look(order, batch)?,
                None => check.settle(order)?,
            }
        }
        Ok(batch.map(|batch| (batch, self)))
    }
}

/// Turns expressions into rows that can be compared.
pub(super) struct Compared {
    converter: RowConverter,
    exprs: Vec<Arc<dyn PhysicalExpr>>,
}

impl Compared {
    pub(super) fn new(exprs: Vec<Arc<dyn PhysicalExpr>>, schema: &Schema) -> Result<Self> {
        let field = |expr: &Arc<dyn PhysicalExpr>| expr.data_type(schema).map(SortField::new);
        let fields = exprs.iter().map(field).collect::<Result<Vec<_>>>()?;
        let converter = RowConverter::new(fields)?;
        Ok(Self { converter, exprs })
    }

    pub(super) fn rows(&self, batch: &RecordBatch) -> Result<Rows> {
        let exprs = self.exprs.iter();
        let values = exprs.map(|expr| expr.evaluate(batch)?.into_array(batch.num_rows()));
        let values = values.collect::<Result<Vec<_>>>()?;
        Ok(self.converter.convert_columns(&values)?)
    }
}

/// What is known of the records so far in one order.
struct Check {
    group: Compared,
    key: Compared,
    value: Compared,
    /// Group, key and value of the newest record.
    last: Option<[OwnedRow; 3]>,
    /// Whether the newest records are the first of their group, equal in the order.
    is_first: bool,
    /// Whether the newest records, equal in the order, are not all the same.
    is_tied: bool,
}

impl Check {
    fn new(order: &Order, schema: &Schema) -> Result<Self> {
        let value = order.value.clone().unwrap_or_else(|| vec![lit(true)]);
        Ok(Self {
            group: Compared::new(order.group.clone(), schema)?,
            key: Compared::new(order.key.clone(), schema)?,
            value: Compared::new(value, schema)?,
            last: None,
            is_first: true,
            is_tied: false,
        })
    }

    /// Compares the records of a batch with those before them.
    fn look(&mut self, order: &Order, batch: &RecordBatch) -> Result<()> {
        let batch = order.taken(batch)?;
        let [groups, keys, values] =
            [&self.group, &self.key, &self.value].map(|of| of.rows(&batch));
        let (groups, keys, values) = (groups?, keys?, values?);
        let last = self.last.take();
        let mut before = last.as_ref().map(|last| last.each_ref().map(OwnedRow::row));
        for at in 0..batch.num_rows() {
            let row = [groups.row(at), keys.row(at), values.row(at)];
            if let Some(before) = before {
                self.compare(order, before, row)?;
            }
            before = Some(row);
        }
        self.last = before.map(|before| before.map(|row| row.owned()));
        Ok(())
    }

    fn compare(&mut self, order: &Order, before: [Row<'_>; 3], row: [Row<'_>; 3]) -> Result<()> {
        if before[0] != row[0] {
            self.settle(order)?;
            self.is_first = true;
        } else if before[1] != row[1] {
            self.is_first = false;
            self.is_tied = false;
        } else if order.value.is_none() || before[2] != row[2] {
            self.is_tied = true;
            let matters = match order.place {
                Place::Anywhere => true,
                Place::First => self.is_first,
                Place::Last => false,
            };
            if matters {
                return Err(Tied::error(&order.function));
            }
        }
        Ok(())
    }

    /// A group is at its end: its last records are known.
    fn settle(&mut self, order: &Order) -> Result<()> {
        let is_tied = std::mem::take(&mut self.is_tied);
        match order.place == Place::Last && is_tied {
            true => Err(Tied::error(&order.function)),
            false => Ok(()),
        }
    }
}
