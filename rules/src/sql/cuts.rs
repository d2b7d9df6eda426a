//! `LIMIT` and `OFFSET`: where they cut between two records that are equal in the order, they would
//! keep the one that happens to arrive first.

use std::fmt;
use std::sync::Arc;

use arrow_array::RecordBatch;
use datafusion::arrow::row::OwnedRow;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode, TreeNodeRecursion};
use datafusion::common::{Result, internal_err};
use datafusion::execution::TaskContext;
use datafusion::physical_expr::expressions::Column;
use datafusion::physical_expr::{Distribution, LexOrdering, OrderingRequirements, PhysicalExpr};
use datafusion::physical_plan::ChildrenPropertiesMode::Recompute;
use datafusion::physical_plan::limit::GlobalLimitExec;
use datafusion::physical_plan::projection::ProjectionExec;
use datafusion::physical_plan::sorts::sort::SortExec;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, InputDistributionRequirements, PlanProperties,
    ReplaceChildrenOptions, SendableRecordBatchStream,
};
use futures::StreamExt;
use futures::stream::Fuse;

use super::ties::{Compared, Tied};

/// Puts a check between a sort and what keeps a part of it. The sort gives one record more than is
/// kept: it tells whether there was a choice.
pub(super) fn below_limit(
    node: Arc<dyn ExecutionPlan>,
) -> Result<Transformed<Arc<dyn ExecutionPlan>>> {
    if let Some(sort) = node.downcast_ref::<SortExec>()
        && let Some(fetch) = sort.fetch()
    {
        let more = Arc::new(sort.with_fetch(Some(fetch.saturating_add(1))));
        let cut = Arc::new(Cut::new(more, sort.expr().clone(), "LIMIT", fetch));
        let limit = GlobalLimitExec::new(cut, 0, Some(fetch));
        return Ok(Transformed::yes(Arc::new(limit)));
    }
    let Some(limit) = node.downcast_ref::<GlobalLimitExec>() else {
        return Ok(Transformed::no(node));
    };
    let end = limit
        .fetch()
        .map(|fetch| limit.skip().saturating_add(fetch));
    let mut input = Arc::clone(limit.input());
    for (word, at) in [("LIMIT", end), ("OFFSET", Some(limit.skip()))] {
        if let Some(at) = at.filter(|at| *at > 0)
            && let Some(checked) = within(&input, word, at)?
        {
            input = checked;
        }
    }
    let limit = GlobalLimitExec::new(input, limit.skip(), limit.fetch());
    Ok(Transformed::yes(Arc::new(limit)))
}

/// The same input with a check above its sort, if it is one: DataFusion leaves no more than the
/// columns that are asked for, and a limit of its own, in between.
fn within(
    input: &Arc<dyn ExecutionPlan>,
    word: &'static str,
    at: usize,
) -> Result<Option<Arc<dyn ExecutionPlan>>> {
    if let Some(cut) = input.downcast_ref::<Cut>() {
        let checked = (cut.at != at).then(|| cut.over(input, word, at));
        return Ok(checked);
    }
    if let Some(sort) = input.downcast_ref::<SortExec>() {
        let by = sort.expr().clone();
        return Ok(Some(Arc::new(Cut::new(Arc::clone(input), by, word, at))));
    }
    if !input.is::<ProjectionExec>() && !input.is::<GlobalLimitExec>() {
        return Ok(None);
    }
    let Some(inner) = within(input.children()[0], word, at)? else {
        return Ok(None);
    };
    let options = ReplaceChildrenOptions::new(Recompute);
    let outer = Arc::clone(input).replace_children(vec![inner], options)?;
    Ok(Some(outer))
}

/// Takes the checks out of subqueries that give one value, where they order by all that there is:
/// `(SELECT day FROM rate ORDER BY day DESC LIMIT 1)`. Elsewhere a record also tells where it stands.
pub(super) fn in_subqueries(
    node: Arc<dyn ExecutionPlan>,
) -> Result<Transformed<Arc<dyn ExecutionPlan>>> {
    let without = |node: Arc<dyn ExecutionPlan>| {
        let free = node.downcast_ref::<Cut>().filter(|cut| cut.orders_by_all());
        match free.map(|cut| Arc::clone(&cut.input)) {
            Some(input) => Ok(Transformed::yes(input)),
            None => Ok(Transformed::no(node)),
        }
    };
    let mut children = node.children().into_iter().map(Arc::clone);
    let outer = children.next();
    let subqueries = children.map(|plan| plan.transform_up(without).data());
    let children = outer.map(Ok).into_iter().chain(subqueries);
    let children = children.collect::<Result<Vec<_>>>()?;
    let options = ReplaceChildrenOptions::new(Recompute);
    Ok(Transformed::yes(node.replace_children(children, options)?))
}

/// Ends the run where the records on both sides of a cut are equal in the order.
#[derive(Debug)]
struct Cut {
    input: Arc<dyn ExecutionPlan>,
    by: LexOrdering,
    /// What cuts, as the query says it.
    word: &'static str,
    /// How many records stand before the cut.
    at: usize,
}

impl Cut {
    fn new(input: Arc<dyn ExecutionPlan>, by: LexOrdering, word: &'static str, at: usize) -> Self {
        Self {
            input,
            by,
            word,
            at,
        }
    }

    fn orders_by_all(&self) -> bool {
        let is_sorted = |at: usize| {
            let column = |expr: &Arc<dyn PhysicalExpr>| {
                expr.downcast_ref::<Column>()
                    .is_some_and(|column| column.index() == at)
            };
            self.by.iter().any(|sort| column(&sort.expr))
        };
        (0..self.input.schema().fields().len()).all(is_sorted)
    }

    fn over(
        &self,
        input: &Arc<dyn ExecutionPlan>,
        word: &'static str,
        at: usize,
    ) -> Arc<dyn ExecutionPlan> {
        Arc::new(Self::new(Arc::clone(input), self.by.clone(), word, at))
    }
}

impl DisplayAs for Cut {
    fn fmt_as(&self, _format: DisplayFormatType, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "Cut: {} after {}", self.word, self.at)
    }
}

impl ExecutionPlan for Cut {
    fn name(&self) -> &'static str {
        "Cut"
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

    fn input_distribution_requirements(&self) -> InputDistributionRequirements {
        InputDistributionRequirements::new(vec![Distribution::SinglePartition])
    }

    fn required_input_ordering(&self) -> Vec<Option<OrderingRequirements>> {
        vec![Some(OrderingRequirements::from(self.by.clone()))]
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
        match children.pop() {
            Some(input) => Ok(self.over(&input, self.word, self.at)),
            None => internal_err!("a check of a cut has one input"),
        }
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
        let exprs = self.by.iter().map(|sort| Arc::clone(&sort.expr)).collect();
        let cutting = Cutting {
            input: self.input.execute(partition, context)?.fuse(),
            by: Compared::new(exprs, &schema)?,
            word: self.word,
            left: self.at,
            before: None,
            held: None,
        };
        let checked = futures::stream::try_unfold(cutting, Cutting::next);
        Ok(Box::pin(RecordBatchStreamAdapter::new(schema, checked)))
    }
}

/// A stream of sorted records, on the way to a cut.
struct Cutting {
    input: Fuse<SendableRecordBatchStream>,
    by: Compared,
    word: &'static str,
    /// How many records there are yet to the cut.
    left: usize,
    /// The last record before the cut, where it ends a batch.
    before: Option<OwnedRow>,
    /// What is not handed on before the next batch is seen: the limit above may ask for no more.
    held: Option<RecordBatch>,
}

impl Cutting {
    async fn next(mut self) -> Result<Option<(RecordBatch, Self)>> {
        while let Some(batch) = self.input.next().await.transpose()? {
            if batch.num_rows() == 0 {
                continue;
            }
            self.look(&batch)?;
            if let Some(held) = self.held.replace(batch) {
                return Ok(Some((held, self)));
            }
        }
        Ok(self.held.take().map(|held| (held, self)))
    }

    fn look(&mut self, batch: &RecordBatch) -> Result<()> {
        let rows = batch.num_rows();
        let (left, before) = (self.left, self.before.take());
        self.left = left.saturating_sub(rows);
        let after = match (left, &before) {
            (0, None) => return Ok(()),
            (left, _) if left > rows => return Ok(()),
            (left, _) => left,
        };
        // The records on both sides of the cut, as far as they are in this batch.
        let first = after.saturating_sub(1);
        let near = batch.slice(first, rows.min(after + 1) - first);
        let keys = self.by.rows(&near)?;
        let is_tied = match before {
            Some(before) => before.row() == keys.row(0),
            None if after == rows => {
                self.before = Some(keys.row(0).owned());
                false
            }
            None => keys.row(0) == keys.row(1),
        };
        match is_tied {
            true => Err(Tied::error(self.word)),
            false => Ok(()),
        }
    }
}
