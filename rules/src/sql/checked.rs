//! Projections and filters that set a failing record aside instead of ending the run.
//!
//! DataFusion's own operators give up on the first error of a batch and do not say which row it
//! was. The two here compute the batch as usual; only when that fails do they halve it until the
//! failing rows stand alone. A row by itself also settles what `CASE`, `COALESCE`, `AND` and `OR`
//! really evaluate for it, so a branch that is not taken rejects nothing.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use arrow_array::{Array, BooleanArray, RecordBatch, RecordBatchOptions};
use arrow_schema::{ArrowError, SchemaRef};
use arrow_select::coalesce::BatchCoalescer;
use arrow_select::concat::concat_batches;
use arrow_select::filter::filter_record_batch;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode, TreeNodeRecursion};
use datafusion::common::{DataFusionError, Result, internal_err};
use datafusion::execution::TaskContext;
use datafusion::logical_expr::Operator;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::expressions::{
    BinaryExpr, CaseExpr, Column, InListExpr, IsNotNullExpr, IsNullExpr, Literal, NotExpr,
};
use datafusion::physical_plan::filter::FilterExec;
use datafusion::physical_plan::projection::ProjectionExec;
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, PlanProperties, RecordBatchStream,
    ReplaceChildrenOptions, SendableRecordBatchStream,
};
use futures::{Stream, StreamExt, ready};

use super::lineage::ScanName;
use super::rejects::{Origin, Rejects, take_rows};
use super::ties;

/// Rows of a batch that failed, ascending, each with its reason.
pub(super) type Failing = Vec<(usize, String)>;

/// Replaces every projection and filter of `plan` that can fail on a record by a checked one, and
/// puts a check below windows whose order may leave a choice.
pub(super) fn install(
    plan: Arc<dyn ExecutionPlan>,
    rejects: &Arc<Rejects>,
    scans: &[ScanName],
) -> Result<Arc<dyn ExecutionPlan>> {
    ties::install(plan)?
        .transform_up(|node| {
            let step = match (
                node.downcast_ref::<ProjectionExec>(),
                node.downcast_ref::<FilterExec>(),
            ) {
                (Some(projection), _) => Step::of_projection(projection),
                (_, Some(filter)) => Step::of_filter(filter),
                _ => None,
            };
            let Some(step) = step else {
                return Ok(Transformed::no(node));
            };
            let checked = Checked::new(node, step, rejects, scans);
            Ok(Transformed::yes(Arc::new(checked) as Arc<dyn ExecutionPlan>))
        })
        .data()
}

/// Returns whether evaluating `expr` can fail on one record and not on another.
///
/// What is not known to be safe counts as able to fail.
fn can_fail(expr: &Arc<dyn PhysicalExpr>) -> bool {
    let mut waiting = vec![expr];
    while let Some(expr) = waiting.pop() {
        if !is_safe(expr) {
            return true;
        }
        waiting.extend(expr.children());
    }
    false
}

fn is_safe(expr: &Arc<dyn PhysicalExpr>) -> bool {
    expr.is::<Column>()
        || expr.is::<Literal>()
        || expr.is::<IsNullExpr>()
        || expr.is::<IsNotNullExpr>()
        || expr.is::<NotExpr>()
        || expr.is::<InListExpr>()
        || expr.is::<CaseExpr>()
        || expr
            .downcast_ref::<BinaryExpr>()
            .is_some_and(|binary| is_safe_operator(*binary.op()))
}

fn is_safe_operator(operator: Operator) -> bool {
    use Operator::{And, Eq, Gt, GtEq, IsDistinctFrom, IsNotDistinctFrom, Lt, LtEq, NotEq, Or};
    matches!(
        operator,
        And | Or | Eq | NotEq | Lt | LtEq | Gt | GtEq | IsDistinctFrom | IsNotDistinctFrom
    )
}

/// What a checked operator does with a batch.
#[derive(Debug, Clone)]
enum Step {
    Project(Arc<[Arc<dyn PhysicalExpr>]>),
    Filter {
        predicate: Arc<dyn PhysicalExpr>,
        projection: Option<Vec<usize>>,
    },
}

impl Step {
    fn of_projection(node: &ProjectionExec) -> Option<Self> {
        let exprs: Arc<[_]> = node
            .expr()
            .iter()
            .map(|item| Arc::clone(&item.expr))
            .collect();
        exprs.iter().any(can_fail).then_some(Self::Project(exprs))
    }

    /// A filter that also stops after so many rows keeps DataFusion's own operator.
    fn of_filter(node: &FilterExec) -> Option<Self> {
        let fails = can_fail(node.predicate()) && node.fetch().is_none();
        fails.then(|| Self::Filter {
            predicate: Arc::clone(node.predicate()),
            projection: node.projection().as_ref().map(|columns| columns.to_vec()),
        })
    }

    fn apply(&self, batch: &RecordBatch, output: &SchemaRef) -> Result<RecordBatch> {
        match self {
            Self::Project(exprs) => project(batch, exprs, output),
            Self::Filter {
                predicate,
                projection,
            } => {
                let kept = condition(batch, predicate)?;
                let narrow = match projection {
                    Some(columns) => batch.project(columns)?,
                    None => batch.clone(),
                };
                Ok(filter_record_batch(&narrow, &kept)?)
            }
        }
    }
}

fn project(
    batch: &RecordBatch,
    exprs: &[Arc<dyn PhysicalExpr>],
    output: &SchemaRef,
) -> Result<RecordBatch> {
    let rows = batch.num_rows();
    let columns = exprs
        .iter()
        .map(|expr| expr.evaluate(batch)?.into_array(rows))
        .collect::<Result<Vec<_>>>()?;
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    Ok(RecordBatch::try_new_with_options(
        Arc::clone(output),
        columns,
        &options,
    )?)
}

fn condition(batch: &RecordBatch, predicate: &Arc<dyn PhysicalExpr>) -> Result<BooleanArray> {
    let array = predicate.evaluate(batch)?.into_array(batch.num_rows())?;
    match array.as_any().downcast_ref::<BooleanArray>() {
        Some(kept) => Ok(kept.clone()),
        None => internal_err!("a condition gives {}, not a truth value", array.data_type()),
    }
}

/// Finds the rows of `batch` on which `evaluate` fails, by halving. Every other row is in exactly
/// one slice for which `evaluate` succeeded, and these come in the order of the rows.
///
/// # Errors
/// Whatever `evaluate` fails with that is not the fault of a record.
pub(super) fn failing_rows(
    batch: &RecordBatch,
    evaluate: &mut dyn FnMut(&RecordBatch) -> Result<()>,
) -> Result<Failing> {
    let mut failing = Vec::new();
    halve(batch, 0, evaluate, &mut failing)?;
    Ok(failing)
}

fn halve(
    batch: &RecordBatch,
    first: usize,
    evaluate: &mut dyn FnMut(&RecordBatch) -> Result<()>,
    failing: &mut Failing,
) -> Result<()> {
    let rows = batch.num_rows();
    match evaluate(batch) {
        Ok(()) => Ok(()),
        Err(error) if !is_record_error(&error) => Err(error),
        Err(error) if rows <= 1 => {
            failing.push((first, reason(&error)));
            Ok(())
        }
        Err(_) => {
            let half = rows / 2;
            halve(&batch.slice(0, half), first, evaluate, failing)?;
            halve(
                &batch.slice(half, rows - half),
                first + half,
                evaluate,
                failing,
            )
        }
    }
}

/// Finds the rows of `batch` on which a requirement is false, NULL or fails.
pub(super) fn failing_condition(
    batch: &RecordBatch,
    predicate: &Arc<dyn PhysicalExpr>,
    text: &str,
) -> Result<Failing> {
    match condition(batch, predicate) {
        Ok(kept) => Ok(unmet(&kept, 0, text).collect()),
        Err(error) if is_record_error(&error) => {
            let unmet_or_failing = |row| match condition(&batch.slice(row, 1), predicate) {
                Ok(kept) => Ok(unmet(&kept, row, text).next()),
                Err(error) if is_record_error(&error) => {
                    Ok(Some((row, format!("{text}: {}", reason(&error)))))
                }
                Err(error) => Err(error),
            };
            (0..batch.num_rows())
                .filter_map(|row| unmet_or_failing(row).transpose())
                .collect()
        }
        Err(error) => Err(error),
    }
}

fn unmet<'a>(
    kept: &'a BooleanArray,
    first: usize,
    text: &'a str,
) -> impl Iterator<Item = (usize, String)> + 'a {
    let holds = |row: &usize| kept.is_valid(*row) && kept.value(*row);
    (0..kept.len())
        .filter(move |row| !holds(row))
        .map(move |row| (first + row, text.to_owned()))
}

/// Hands the `failing` rows of `batch` to `rejects` and returns the others.
pub(super) fn set_aside(
    batch: &RecordBatch,
    failing: Failing,
    rejects: &Rejects,
    origin: &Arc<Origin>,
) -> Result<RecordBatch> {
    let (rows, reasons): (Vec<usize>, Vec<String>) = failing.into_iter().unzip();
    let mut kept = vec![true; batch.num_rows()];
    rows.iter().for_each(|row| kept[*row] = false);
    let rest = filter_record_batch(batch, &BooleanArray::from(kept))?;
    let taken = match rejects.keeps() {
        true => take_rows(batch, &rows)?,
        false => batch.slice(0, 0),
    };
    rejects.add(origin, taken, reasons)?;
    Ok(rest)
}

/// Returns whether `error` is the fault of a record's values, not of the machine or of our code.
pub(super) fn is_record_error(error: &DataFusionError) -> bool {
    match error.find_root() {
        DataFusionError::Execution(_) => true,
        DataFusionError::ArrowError(error, _) => matches!(
            error.as_ref(),
            ArrowError::CastError(_)
                | ArrowError::ComputeError(_)
                | ArrowError::ParseError(_)
                | ArrowError::ArithmeticOverflow(_)
                | ArrowError::DivideByZero
                | ArrowError::InvalidArgumentError(_)
        ),
        _ => false,
    }
}

/// The error's own words, without the names of the layers that it came through.
pub(super) fn reason(error: &DataFusionError) -> String {
    match error.find_root() {
        DataFusionError::Execution(message) => message.clone(),
        DataFusionError::ArrowError(error, _) => match error.as_ref() {
            ArrowError::CastError(message)
            | ArrowError::ComputeError(message)
            | ArrowError::ParseError(message)
            | ArrowError::ArithmeticOverflow(message)
            | ArrowError::InvalidArgumentError(message) => message.clone(),
            ArrowError::DivideByZero => "division by zero".to_owned(),
            other => other.to_string(),
        },
        other => other.strip_backtrace(),
    }
}

/// A projection or filter that sets failing records aside.
#[derive(Debug)]
pub(super) struct Checked {
    /// The operator that this one stands for: its properties and its words in a plan.
    original: Arc<dyn ExecutionPlan>,
    input: Arc<dyn ExecutionPlan>,
    step: Step,
    origin: Arc<Origin>,
    rejects: Arc<Rejects>,
}

impl Checked {
    fn new(
        original: Arc<dyn ExecutionPlan>,
        step: Step,
        rejects: &Arc<Rejects>,
        scans: &[ScanName],
    ) -> Self {
        let input = Arc::clone(original.children()[0]);
        Self {
            origin: Arc::new(Origin::of_rule(&input.schema(), scans)),
            original,
            input,
            step,
            rejects: Arc::clone(rejects),
        }
    }
}

impl DisplayAs for Checked {
    fn fmt_as(&self, format: DisplayFormatType, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "Checked")?;
        self.original.fmt_as(format, f)
    }
}

impl ExecutionPlan for Checked {
    fn name(&self) -> &'static str {
        "Checked"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        self.original.properties()
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.input]
    }

    fn maintains_input_order(&self) -> Vec<bool> {
        vec![true]
    }

    fn apply_expressions(
        &self,
        visit: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        self.original.apply_expressions(visit)
    }

    fn replace_children(
        self: Arc<Self>,
        mut children: Vec<Arc<dyn ExecutionPlan>>,
        options: ReplaceChildrenOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let Some(input) = children.pop() else {
            return internal_err!("a checked operator has one input");
        };
        let original =
            Arc::clone(&self.original).replace_children(vec![Arc::clone(&input)], options)?;
        Ok(Arc::new(Self {
            original,
            input,
            step: self.step.clone(),
            origin: Arc::clone(&self.origin),
            rejects: Arc::clone(&self.rejects),
        }))
    }

    fn with_new_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn ExecutionPlan>>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        use datafusion::physical_plan::ChildrenPropertiesMode::Recompute;
        self.replace_children(children, ReplaceChildrenOptions::new(Recompute))
    }

    fn execute(
        &self,
        partition: usize,
        context: Arc<TaskContext>,
    ) -> Result<SendableRecordBatchStream> {
        let rows = context.session_config().batch_size();
        let gather = matches!(self.step, Step::Filter { .. });
        Ok(Box::pin(CheckedStream {
            gather: gather.then(|| BatchCoalescer::new(self.schema(), rows)),
            input: self.input.execute(partition, context)?,
            output: self.schema(),
            step: self.step.clone(),
            origin: Arc::clone(&self.origin),
            rejects: Arc::clone(&self.rejects),
        }))
    }
}

struct CheckedStream {
    input: SendableRecordBatchStream,
    /// Gathers what a filter leaves into batches of the usual size; none for a projection.
    gather: Option<BatchCoalescer>,
    output: SchemaRef,
    step: Step,
    origin: Arc<Origin>,
    rejects: Arc<Rejects>,
}

impl CheckedStream {
    fn apply(&self, batch: &RecordBatch) -> Result<RecordBatch> {
        match self.step.apply(batch, &self.output) {
            Err(error) if is_record_error(&error) => self.apply_in_pieces(batch),
            result => result,
        }
    }

    /// Gives a batch to whoever asked, or keeps it until there is more.
    fn hand_on(&mut self, batch: RecordBatch) -> Result<Option<RecordBatch>> {
        match &mut self.gather {
            _ if batch.num_rows() == 0 => Ok(None),
            Some(gather) => {
                gather.push_batch(batch)?;
                Ok(None)
            }
            None => Ok(Some(batch)),
        }
    }

    fn last_batch(&mut self) -> Result<Option<RecordBatch>> {
        let Some(gather) = &mut self.gather else {
            return Ok(None);
        };
        gather.finish_buffered_batch()?;
        Ok(gather.next_completed_batch())
    }

    /// A batch may fail as a whole although each of its rows is sound: `OR` computes both sides
    /// for all rows at once. So what is handed on are the pieces that did not fail.
    fn apply_in_pieces(&self, batch: &RecordBatch) -> Result<RecordBatch> {
        let mut pieces = Vec::new();
        let failing = failing_rows(batch, &mut |slice| {
            pieces.push(self.step.apply(slice, &self.output)?);
            Ok(())
        })?;
        set_aside(batch, failing, &self.rejects, &self.origin)?;
        Ok(concat_batches(&self.output, &pieces)?)
    }
}

impl Stream for CheckedStream {
    type Item = Result<RecordBatch>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Some(batch) = self
                .gather
                .as_mut()
                .and_then(BatchCoalescer::next_completed_batch)
            {
                return Poll::Ready(Some(Ok(batch)));
            }
            let Some(batch) = ready!(self.input.poll_next_unpin(context)) else {
                return Poll::Ready(self.last_batch().transpose());
            };
            match batch
                .and_then(|batch| self.apply(&batch))
                .and_then(|batch| self.hand_on(batch))
            {
                Ok(None) => {}
                result => return Poll::Ready(result.transpose()),
            }
        }
    }
}

impl RecordBatchStream for CheckedStream {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.output)
    }
}
