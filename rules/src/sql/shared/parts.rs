//! The parts of a plan that add up what they read before anything else is done with it.

use std::sync::Arc;

use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::scalar_subquery::ScalarSubqueryExpr;
use datafusion::physical_plan::aggregates::AggregateExec;
use datafusion::physical_plan::coop::CooperativeExec;
use datafusion::physical_plan::filter::FilterExec;
use datafusion::physical_plan::joins::{HashJoinExec, PartitionMode};
use datafusion::physical_plan::projection::ProjectionExec;
use datafusion::physical_plan::recursive_query::RecursiveQueryExec;
use datafusion::physical_plan::union::UnionExec;
use datafusion::physical_plan::{ExecutionPlan, ExecutionPlanProperties};

use super::super::checked::Checked;
use super::super::scan::Scan;

/// A total over tables.
pub(super) struct Part {
    /// Which control, and which of its queries.
    pub(super) of: (usize, usize),
    /// The operator that adds up, with all that is below it.
    pub(super) plan: Arc<dyn ExecutionPlan>,
    /// The scans whose records it takes as they come.
    scans: Vec<Arc<dyn ExecutionPlan>>,
}

/// One scan of a part.
pub(super) struct Own {
    pub(super) part: usize,
    pub(super) scan: Arc<dyn ExecutionPlan>,
    /// The columns that it reads, of the table.
    pub(super) columns: Vec<usize>,
}

/// Finds the totals of a plan.
pub(super) fn of(plan: &Arc<dyn ExecutionPlan>, of: (usize, usize)) -> Vec<Part> {
    let mut found = Vec::new();
    find(plan, of, &mut found);
    found
}

fn find(plan: &Arc<dyn ExecutionPlan>, of: (usize, usize), found: &mut Vec<Part>) {
    // What is inside runs once for every turn.
    if plan.is::<RecursiveQueryExec>() {
        return;
    }
    if let Some(total) = plan.downcast_ref::<AggregateExec>()
        && !asks_elsewhere(plan)
    {
        let mut scans = Vec::new();
        scans_below(total.input(), &mut scans);
        if !scans.is_empty() {
            let plan = Arc::clone(plan);
            found.push(Part { of, plan, scans });
            return;
        }
    }
    for child in plan.children() {
        find(child, of, found);
    }
}

/// Whether something in it must be known from elsewhere in the query before it can be run.
fn asks_elsewhere(plan: &Arc<dyn ExecutionPlan>) -> bool {
    let mut asks = false;
    let of_expr =
        |expr: &Arc<dyn PhysicalExpr>| expr.exists(|part| Ok(part.is::<ScalarSubqueryExpr>()));
    let seen = plan.apply(|node| {
        node.apply_expressions(&mut |expr| {
            asks |= of_expr(expr)?;
            Ok(TreeNodeRecursion::Continue)
        })?;
        Ok(TreeNodeRecursion::Continue)
    });
    asks || seen.is_err()
}

/// The scans from which records come up to an operator one by one, each partition from one of a scan:
/// so it never waits for one scan while another waits for it.
fn scans_below(plan: &Arc<dyn ExecutionPlan>, found: &mut Vec<Arc<dyn ExecutionPlan>>) {
    if let Some(scan) = scan_of(plan) {
        if scan.plainly_reads().is_some() {
            found.push(Arc::clone(plan));
        }
        return;
    }
    let hands_on = plan.is::<Checked>()
        || plan.is::<ProjectionExec>()
        || plan.is::<FilterExec>()
        || plan.is::<CooperativeExec>()
        || plan.is::<UnionExec>();
    if hands_on {
        for child in plan.children() {
            scans_below(child, found);
        }
    } else if let Some(join) = plan.downcast_ref::<HashJoinExec>()
        && *join.partition_mode() == PartitionMode::CollectLeft
    {
        scans_below(join.right(), found);
    }
}

pub(super) fn scan_of(plan: &Arc<dyn ExecutionPlan>) -> Option<&Scan> {
    plan.downcast_ref::<Scan>()
}

/// Scans of the same chunks, where there are several of them.
pub(super) fn groups(parts: &[Part]) -> Vec<Vec<Own>> {
    let mut groups: Vec<Vec<Own>> = Vec::new();
    for (index, part) in parts.iter().enumerate() {
        for scan in &part.scans {
            let Some(columns) = scan_of(scan).and_then(Scan::plainly_reads) else {
                continue;
            };
            let own = Own {
                part: index,
                scan: Arc::clone(scan),
                columns: columns.to_vec(),
            };
            match groups
                .iter_mut()
                .find(|group| are_alike(&group[0].scan, scan))
            {
                Some(group) => group.push(own),
                None => groups.push(vec![own]),
            }
        }
    }
    groups.retain(|group| group.len() > 1);
    groups
}

fn are_alike(one: &Arc<dyn ExecutionPlan>, other: &Arc<dyn ExecutionPlan>) -> bool {
    let partitions = |plan: &Arc<dyn ExecutionPlan>| plan.output_partitioning().partition_count();
    match (scan_of(one), scan_of(other)) {
        (Some(a), Some(b)) => a.reads_what(b) && partitions(one) == partitions(other),
        _ => false,
    }
}
