//! The leaves of plans that share a reading: what is being read, and what it has been added up to.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use arrow_array::RecordBatch;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{Result, exec_err, internal_err};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, ExecutionPlanProperties, PlanProperties,
    ReplaceChildrenOptions,
};
use futures::stream;
use tokio::sync::mpsc::{self, Receiver};

use super::super::leaf::leaf_of_a_plan;

/// Batches that wait for one reader, at most.
const WAITING_MAX: usize = 2;

/// What a reader is given.
#[derive(Debug)]
pub(super) enum Given {
    /// Some of it.
    Records(RecordBatch),
    /// All has been given: without it, what came before is not the whole.
    End,
}

pub(super) type Sender = mpsc::Sender<Given>;

/// Stands for an operator: gives what comes of it in another way.
#[derive(Debug)]
pub(super) struct Leaf {
    /// What it stands for, and how.
    name: String,
    properties: Arc<PlanProperties>,
    /// Of each partition, until it is started.
    partitions: Mutex<Vec<Option<Origin>>>,
}

/// Where a partition comes from.
#[derive(Debug)]
enum Origin {
    Given(Receiver<Given>),
    Held(Vec<RecordBatch>),
}

impl Leaf {
    /// In place of a scan: hands on what is given to its partitions.
    pub(super) fn given(scan: &Arc<dyn ExecutionPlan>) -> (Self, Vec<Sender>) {
        let partitions = scan.output_partitioning().partition_count();
        let channels = (0..partitions).map(|_| mpsc::channel(WAITING_MAX));
        let channels = channels.map(|(to, from)| (to, Origin::Given(from)));
        let (senders, origins): (Vec<_>, Vec<_>) = channels.unzip();
        (Self::of("given to", scan, origins), senders)
    }

    /// In place of an operator whose partitions have come to their end.
    pub(super) fn held(of: &Arc<dyn ExecutionPlan>, partitions: Vec<Vec<RecordBatch>>) -> Self {
        let origins = partitions.into_iter().map(Origin::Held);
        Self::of("taken from", of, origins.collect())
    }

    fn of(how: &str, plan: &Arc<dyn ExecutionPlan>, partitions: Vec<Origin>) -> Self {
        Self {
            name: format!("{how} {}", plan.name()),
            properties: Arc::clone(plan.properties()),
            partitions: Mutex::new(partitions.into_iter().map(Some).collect()),
        }
    }

    fn start(&self, partition: usize) -> Option<Origin> {
        let mut partitions = self
            .partitions
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        partitions.get_mut(partition)?.take()
    }
}

impl DisplayAs for Leaf {
    fn fmt_as(&self, _format: DisplayFormatType, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "Leaf: {}", self.name)
    }
}

impl ExecutionPlan for Leaf {
    fn name(&self) -> &'static str {
        "Leaf"
    }

    leaf_of_a_plan!();

    fn execute(
        &self,
        partition: usize,
        _context: Arc<TaskContext>,
    ) -> Result<SendableRecordBatchStream> {
        let Some(origin) = self.start(partition) else {
            return internal_err!("partition {partition} of {} was started twice", self.name);
        };
        let schema = self.schema();
        Ok(match origin {
            Origin::Given(receiver) => {
                let given = stream::unfold(Some(receiver), next_given);
                Box::pin(RecordBatchStreamAdapter::new(schema, given))
            }
            Origin::Held(batches) => {
                let held = stream::iter(batches.into_iter().map(Ok));
                Box::pin(RecordBatchStreamAdapter::new(schema, held))
            }
        })
    }
}

/// The next batch that is given, with what it comes from; that is gone after an error.
async fn next_given(
    receiver: Option<Receiver<Given>>,
) -> Option<(Result<RecordBatch>, Option<Receiver<Given>>)> {
    let mut receiver = receiver?;
    match receiver.recv().await {
        Some(Given::Records(batch)) => Some((Ok(batch), Some(receiver))),
        Some(Given::End) => None,
        None => Some((exec_err!("a table was not read to its end"), None)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_schema::Schema;
    use datafusion::physical_plan::empty::EmptyExec;
    use futures::TryStreamExt;

    fn tapped() -> (Leaf, Vec<Sender>) {
        let scan: Arc<dyn ExecutionPlan> = Arc::new(EmptyExec::new(Arc::new(Schema::empty())));
        Leaf::given(&scan)
    }

    fn batch(leaf: &Leaf) -> RecordBatch {
        RecordBatch::new_empty(leaf.schema())
    }

    #[tokio::test]
    async fn a_partition_without_its_end_is_an_error() {
        for is_ended in [true, false] {
            let (leaf, senders) = tapped();
            let stream = leaf.execute(0, Arc::default()).expect("a start");
            let given = Given::Records(batch(&leaf));
            senders[0].send(given).await.expect("a reader");
            if is_ended {
                senders[0].send(Given::End).await.expect("a reader");
            }
            drop(senders);
            let read: Result<Vec<_>> = stream.try_collect().await;
            assert_eq!(
                read.map(|batches| batches.len()).ok(),
                is_ended.then_some(1)
            );
        }
    }

    #[test]
    fn a_partition_is_started_once() {
        let (leaf, _senders) = tapped();
        assert!(leaf.execute(0, Arc::default()).is_ok());
        assert!(leaf.execute(0, Arc::default()).is_err());
        assert!(leaf.execute(1, Arc::default()).is_err());
    }
}
