//! Converts one chunk after the other, in as many threads as asked.

use crate::chunk::Task;
use crate::control::{Rows, Sums};
use crate::error::ConvertError;
use crate::folder::{Folder, part_name, remove_if_there, write_bytes, write_json};
use crate::manifest::{ChunkManifest, Counts, Sealed, VERSION, Written};
use crate::part::PartFile;
use crate::prepare::TableRule;
use crate::store::{Load, Store, pauses};
use arrow_array::RecordBatch;
use arrow_array::cast::AsArray;
use arrow_array::types::UInt64Type;
use books::Meter;
use databases::Destination;
use futures::StreamExt;
use ledger::{Reject, SourceRecord};
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
    pub(crate) sink: Sink,
    pub(crate) threads: usize,
    pub(crate) meter: Arc<Meter>,
    pub(crate) pace: Arc<Pace>,
    pub(crate) watch: Arc<dyn Watch>,
}

/// Where the chunks of one table go.
pub(crate) enum Sink {
    Folder(Arc<Folder>),
    Database {
        store: Arc<Store>,
        destination: Arc<Destination>,
    },
}

/// Where the records of one chunk go.
enum Part {
    File(Box<PartFile>),
    Load(Box<Load>),
}

impl Part {
    async fn write(&mut self, batch: RecordBatch) -> Result<(), ConvertError> {
        match self {
            Self::File(file) => file.write(&batch),
            Self::Load(load) => load.write(batch).await,
        }
    }

    fn rows(&self) -> u64 {
        match self {
            Self::File(file) => file.rows(),
            Self::Load(load) => load.rows(),
        }
    }
}

/// Converts tasks side by side; the first error ends all, and what is finished stays.
pub(crate) async fn convert_all(
    converter: Arc<Converter>,
    tasks: Vec<Task>,
) -> Result<Vec<Sealed>, ConvertError> {
    let queue = Arc::new(Mutex::new(VecDeque::from(tasks)));
    let mut workers = JoinSet::new();
    let side_by_side = match &converter.sink {
        Sink::Folder(_) => converter.threads,
        Sink::Database { store, .. } => store.writers(converter.threads),
    };
    for _ in 0..side_by_side {
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
                match converter.convert_or_again(&task).await {
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
    /// Converts a chunk, from its beginning again when the connection to the target is lost:
    /// nothing of it is there then.
    async fn convert_or_again(&self, task: &Task) -> Result<Sealed, ConvertError> {
        for pause in pauses() {
            match self.convert(task).await {
                Err(error) if error.is_passing() => {
                    let chunk = format!("{}, chunk {}", self.rule.table, task.number);
                    self.watch
                        .say(&format!("{chunk}: {error}; it is converted again"));
                    tokio::time::sleep(pause).await;
                }
                done => return done,
            }
            if self.watch.is_stopped() {
                return Err(ConvertError::Stopped);
            }
        }
        self.convert(task).await
    }

    async fn convert(&self, task: &Task) -> Result<Sealed, ConvertError> {
        let schema = self.rule.side.schema();
        let (spill, mut part) = match &self.sink {
            Sink::Folder(folder) => {
                let staging = folder.staging(&self.rule.table);
                let path = staging.join(part_name(task.number));
                let file = PartFile::create(&path, schema, &self.rule.key)?;
                (staging, Part::File(Box::new(file)))
            }
            Sink::Database { store, destination } => {
                let load = Load::begin(store, destination, &schema)?;
                (std::env::temp_dir(), Part::Load(Box::new(load)))
            }
        };
        let run = Run {
            meter: Arc::clone(&self.meter),
            rejects: Rejects::keeping_in(&spill),
            ..Run::new(self.threads)
        };
        let mut account = Account::default();
        let mut stream = match &self.runner {
            Runner::Parted(parted) => parted.run(&task.chunks, &run).await?,
            Runner::Whole(whole) => whole.run(&run).await?,
        };
        while let Some(batch) = stream.next().await {
            let batch = batch.map_err(RunError::from)?;
            part.write(self.counted(batch, &mut account)?).await?;
            if self.watch.is_stopped() {
                return Err(ConvertError::Stopped);
            }
            // Chunks share the threads with whoever listens for a wish to stop.
            tokio::task::yield_now().await;
        }
        drop(stream);
        let rejects = self.reject_lines(task, &run, &mut account)?;
        let counts = self.balance(task, &run, &account, part.rows())?;
        match part {
            Part::File(part) => {
                let Sink::Folder(folder) = &self.sink else {
                    unreachable!("a file lies in a folder");
                };
                let path = folder.rejects_of(&self.rule.table, task.number);
                match rejects.is_empty() {
                    true => remove_if_there(&path)?,
                    false => write_bytes(&path, &rejects)?,
                }
                let file = part_name(task.number);
                let sealed = self.sealed(task, &account, counts, file, part.finish()?);
                let path = folder.manifest(&self.rule.table, task.number);
                // The chunk counts from here on.
                write_json(&path, &sealed)?;
                Ok(sealed)
            }
            Part::Load(load) => {
                let sealed = self.sealed(task, &account, counts, String::new(), load.written());
                load.seal(&sealed, &rejects).await?;
                Ok(sealed)
            }
        }
    }

    fn sealed(
        &self,
        task: &Task,
        account: &Account,
        counts: Counts,
        file: String,
        written: Written,
    ) -> Sealed {
        let Written { bytes, blake3 } = written;
        let source = match &self.runner {
            Runner::Parted(parted) => task.range(parted.table()),
            Runner::Whole(_) => None,
        };
        Sealed::of(ChunkManifest {
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
        })
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

    /// The records that could not be converted, whole and each with its reason, a line each.
    fn reject_lines(
        &self,
        task: &Task,
        run: &Run,
        account: &mut Account,
    ) -> Result<Vec<u8>, ConvertError> {
        if run.rejects.count() == 0 {
            return Ok(Vec::new());
        }
        let failed = |error| ConvertError::Write {
            path: std::path::PathBuf::from("rejects"),
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
                book: rules::sql::Which::Source.name().to_owned(),
                reason: reject.reason,
                record: reject.values.into_iter().collect(),
                source: source.collect(),
            };
            serde_json::to_writer(&mut lines, &reject)
                .map_err(|error| ConvertError::Internal(error.to_string()))?;
            lines.push(b'\n');
        }
        Ok(lines)
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
