//! Converts one chunk after the other, in as many threads as asked.

use crate::chunk::Task;
use crate::control::{Rows, Sums};
use crate::error::ConvertError;
use crate::folder::{Folder, part_name, remove_if_there, write_bytes, write_json};
use crate::manifest::{ChunkManifest, Counts, Sealed, VERSION};
use crate::part::{PartFile, Written};
use crate::prepare::TableRule;
use arrow_array::RecordBatch;
use arrow_array::cast::AsArray;
use arrow_array::types::UInt64Type;
use books::Meter;
use futures::StreamExt;
use ledger::{Record, Reject, SourceRecord};
use rules::sql::{Parted, Rejects, Run, RunError, Whole};
use rules::watch::{Pace, Watch};
use std::collections::{BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;
use tokio::task::JoinSet;

/// A rule, ready to run.
#[derive(Debug)]
pub(crate) enum Runner {
    /// Part by part.
    Parted(Box<Parted>),
    /// All at once: it mixes records.
    Whole(Box<Whole>),
}

/// What all chunks of one table share.
pub(crate) struct Converter {
    pub(crate) rule: Arc<TableRule>,
    pub(crate) runner: Runner,
    pub(crate) folder: Arc<Folder>,
    pub(crate) threads: usize,
    pub(crate) meter: Arc<Meter>,
    pub(crate) pace: Arc<Pace>,
    pub(crate) watch: Arc<dyn Watch>,
}

/// Converts tasks side by side; the first error ends all, and what is finished stays.
pub(crate) async fn convert_all(
    converter: Arc<Converter>,
    tasks: Vec<Task>,
) -> Result<Vec<Sealed>, ConvertError> {
    let queue = Arc::new(Mutex::new(VecDeque::from(tasks)));
    let mut workers = JoinSet::new();
    for _ in 0..converter.threads {
        let (converter, queue) = (Arc::clone(&converter), Arc::clone(&queue));
        workers.spawn(async move {
            let draw = || {
                queue
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .pop_front()
            };
            let mut done = Vec::new();
            while let Some(task) = draw() {
                let began = Instant::now();
                match converter.convert(&task).await {
                    Ok(manifest) => done.push(manifest),
                    Err(error) => {
                        // Nobody begins another chunk.
                        queue.lock().unwrap_or_else(PoisonError::into_inner).clear();
                        return Err(error);
                    }
                }
                converter.pace.finish(task.bytes(), began.elapsed());
            }
            Ok(done)
        });
    }
    let mut all = Vec::new();
    let mut failed = None;
    while let Some(done) = workers.join_next().await {
        let done = done.map_err(|error| ConvertError::Internal(error.to_string()))?;
        match done {
            Ok(done) => all.extend(done),
            // That others were stopped by it is not what happened.
            Err(error) => failed = failed.or(Some(error)),
        }
    }
    match failed {
        Some(error) => Err(error),
        None => Ok(all),
    }
}

/// What the records of a chunk came to, so far.
#[derive(Default)]
struct Account {
    sums: Sums,
    /// Rows of the main table that gave records.
    given: Rows,
    /// Rows of the main table that were rejected.
    rejected: Rows,
    rejects: u64,
}

impl Converter {
    async fn convert(&self, task: &Task) -> Result<Sealed, ConvertError> {
        let staging = self.folder.staging(&self.rule.table);
        let run = Run {
            meter: Arc::clone(&self.meter),
            rejects: Rejects::keeping_in(&staging),
            ..Run::new(self.threads)
        };
        let file = part_name(task.number);
        let mut part = PartFile::create(
            &staging.join(&file),
            self.rule.side.schema(),
            &self.rule.key,
        )?;
        let mut account = Account::default();
        let mut stream = match &self.runner {
            Runner::Parted(parted) => parted.run(&task.chunks, &run).await?,
            Runner::Whole(whole) => whole.run(&run).await?,
        };
        while let Some(batch) = stream.next().await {
            let batch = batch.map_err(RunError::from)?;
            part.write(&self.counted(batch, &mut account)?)?;
            if self.watch.is_stopped() {
                return Err(ConvertError::Stopped);
            }
            // Chunks share the threads with whoever listens for a wish to stop.
            tokio::task::yield_now().await;
        }
        drop(stream);
        self.write_rejects(task, &run, &mut account)?;
        let counts = self.balance(task, &run, &account, part.rows())?;
        let Written { bytes, blake3 } = part.finish()?;
        let source = match &self.runner {
            Runner::Parted(parted) => task.range(parted.table()),
            Runner::Whole(_) => None,
        };
        let sealed = Sealed::of(ChunkManifest {
            version: VERSION,
            agreement: self.rule.agreement.clone(),
            table: self.rule.table.clone(),
            chunk: task.number,
            source,
            rule_blake3: self.rule.digest.clone(),
            counts,
            rejects: account.rejects,
            totals: account.sums.amounts(&self.rule.money),
            file,
            bytes,
            blake3,
        });
        let path = self.folder.manifest(&self.rule.table, task.number);
        // The chunk counts from here on.
        write_json(&path, &sealed)?;
        Ok(sealed)
    }

    /// Takes a batch into account, and gives what of it is written.
    fn counted(
        &self,
        batch: RecordBatch,
        account: &mut Account,
    ) -> Result<RecordBatch, ConvertError> {
        let batch = match &self.runner {
            Runner::Whole(_) => batch,
            Runner::Parted(parted) => {
                let row = parted.row_column();
                let rows = batch.column(row).as_primitive::<UInt64Type>();
                account.given.insert_all(rows);
                let own: Vec<usize> = (0..row).collect();
                batch.project(&own)?
            }
        };
        account.sums.add(&batch, &self.rule.money)?;
        Ok(batch)
    }

    /// Writes the records that could not be converted, whole and each with its reason.
    fn write_rejects(
        &self,
        task: &Task,
        run: &Run,
        account: &mut Account,
    ) -> Result<(), ConvertError> {
        let path = self.folder.rejects_of(&self.rule.table, task.number);
        if run.rejects.count() == 0 {
            return remove_if_there(&path);
        }
        let failed = |error| ConvertError::Write {
            path: path.clone(),
            error,
        };
        let mut rejects = Vec::new();
        for reject in run.rejects.take().map_err(failed)? {
            rejects.push(reject.map_err(failed)?);
        }
        account.rejects = rejects.len() as u64;
        let mut whole = std::collections::BTreeMap::new();
        if let Runner::Parted(parted) = &self.runner {
            let is_main = |record: &&rules::sql::RejectedRecord| {
                record.side == parted.which() && record.table == parted.table().name()
            };
            let sources = rejects.iter().flat_map(|reject| &reject.sources);
            let rows: BTreeSet<u64> = sources.filter(is_main).map(|record| record.row).collect();
            rows.iter().for_each(|row| account.rejected.insert(*row));
            whole = parted.records(&task.chunks, &rows)?;
        }
        let mut lines = Vec::new();
        for reject in rejects {
            let source = reject.sources.into_iter().map(|record| {
                let known = whole.get(&record.row);
                let known = known.filter(|known| known.table == record.table);
                SourceRecord::from(known.cloned().unwrap_or(record))
            });
            let reject = Reject {
                agreement: self.rule.agreement.clone(),
                reason: reject.reason,
                record: Record(reject.values),
                source: source.collect(),
            };
            serde_json::to_writer(&mut lines, &reject)
                .map_err(|error| ConvertError::Internal(error.to_string()))?;
            lines.push(b'\n');
        }
        write_bytes(&path, &lines)
    }

    /// Accounts for every record that was read.
    fn balance(
        &self,
        task: &Task,
        run: &Run,
        account: &Account,
        written: u64,
    ) -> Result<Counts, ConvertError> {
        let unaccounted = |why: String| ConvertError::Unaccounted {
            agreement: self.rule.agreement.clone(),
            why,
        };
        let log = run.log.chunks();
        let Runner::Parted(parted) = &self.runner else {
            return Ok(Counts {
                read: log.iter().map(|chunk| chunk.rows).sum(),
                rejected: run.rejects.count(),
                written,
                ..Counts::default()
            });
        };
        let mut read = 0_u64;
        for chunk in &task.chunks {
            let is_it = |one: &&rules::sql::ChunkRead| {
                one.chunk == chunk.id && one.table == parted.table().name()
            };
            let rows = log
                .iter()
                .find(is_it)
                .map_or(0, |one| one.rows / one.reads.max(1));
            if let Some(known) = chunk.rows.filter(|known| *known != rows) {
                let difference = i128::from(rows) - i128::from(known);
                let message = format!(
                    "part {} of {} has {known} records and {rows} were read: {difference:+}",
                    chunk.part, chunk.table
                );
                return Err(unaccounted(message));
            }
            read += rows;
        }
        let (given, rejected) = (account.given.len(), account.rejected.len());
        let partly = account.given.both(&account.rejected);
        let converted = given - partly;
        let Some(left_out) = read.checked_sub(converted + rejected) else {
            let message = format!(
                "{converted} records converted and {rejected} rejected are {} more than the {read} read",
                converted + rejected - read
            );
            return Err(unaccounted(message));
        };
        Ok(Counts {
            read,
            converted,
            rejected,
            partly,
            left_out,
            written,
        })
    }
}
