//! Drives the streams of a query: one task for each partition, every batch to a worker.

use crate::error::VerifyError;
use crate::watch::Watch;
use arrow_array::RecordBatch;
use futures::StreamExt;
use rules::sql::{Run, RunError, Side};
use std::sync::Arc;
use tokio::task::JoinSet;

/// Takes the batches of one partition.
pub(crate) trait Worker: Send + 'static {
    /// Takes one batch.
    fn take(&mut self, batch: RecordBatch) -> Result<(), VerifyError>;
}

/// Runs a side to its end, with a worker of `make` for each partition, and gives the workers back
/// in the order of the partitions.
pub(crate) async fn drive<W: Worker>(
    side: &Side,
    run: &Run,
    watch: &Arc<dyn Watch>,
    make: impl Fn() -> W,
) -> Result<Vec<W>, VerifyError> {
    let mut tasks = JoinSet::new();
    for (partition, mut stream) in side.run(run).await?.into_iter().enumerate() {
        let mut worker = make();
        let watch = Arc::clone(watch);
        tasks.spawn(async move {
            while let Some(batch) = stream.next().await {
                worker.take(batch.map_err(RunError::from)?)?;
                if watch.is_stopped() {
                    return Err(VerifyError::Stopped);
                }
                // Both sides' tasks share the threads; without this a task would keep its own.
                tokio::task::yield_now().await;
            }
            Ok((partition, worker))
        });
    }
    let mut workers = Vec::new();
    while let Some(done) = tasks.join_next().await {
        workers.push(done??);
    }
    workers.sort_by_key(|(partition, _)| *partition);
    Ok(workers.into_iter().map(|(_, worker)| worker).collect())
}

/// Lets every batch go.
pub(crate) struct Nowhere;

impl Worker for Nowhere {
    fn take(&mut self, _: RecordBatch) -> Result<(), VerifyError> {
        Ok(())
    }
}
