//! The first look: folds both sides of an agreement, each once.

use crate::drive::{Worker, drive};
use crate::error::VerifyError;
use crate::locate::name_of;
use crate::prepare::Agreement;
use crate::watch::Watch;
use arrow_array::{Array, RecordBatch};
use arrow_buffer::NullBuffer;
use books::Meter;
use footing::{ChunkId, Folder, Seed, Side, SketchSize, State};
use rules::sql::{Run, ScanLog, Session, Which};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Both sides' states.
#[derive(Debug)]
pub(crate) struct Folded {
    pub(crate) expected: State,
    pub(crate) actual: State,
    pub(crate) rejected: [u64; 2],
    /// Records of each side with NULL in the key.
    pub(crate) null_keys: [u64; 2],
}

impl Folded {
    pub(crate) fn rejects(&self) -> u64 {
        self.rejected.iter().sum()
    }
}

struct FoldWorker {
    folder: Folder,
    agreement: String,
    side: Side,
    /// The columns of the key in this side's batches.
    key: Vec<usize>,
    null_keys: u64,
}

impl Worker for FoldWorker {
    fn take(&mut self, batch: RecordBatch) -> Result<(), VerifyError> {
        self.null_keys += null_keys(&batch, &self.key);
        self.folder.fold(&batch).map_err(|error| VerifyError::Fold {
            agreement: self.agreement.clone(),
            side: name_of(self.side),
            error,
        })
    }
}

/// Counts the records with NULL in any of these columns.
fn null_keys(batch: &RecordBatch, key: &[usize]) -> u64 {
    let nulls = key.iter().filter_map(|at| {
        let nulls = batch.columns().get(*at)?.logical_nulls()?;
        (nulls.null_count() > 0).then_some(nulls)
    });
    let any = nulls.reduce(|one, other| {
        let both = NullBuffer::union(Some(&one), Some(&other));
        both.unwrap_or(one)
    });
    any.map_or(0, |nulls| nulls.null_count() as u64)
}

/// Folds both sides: one after the other, so that one side's tables stay in the cache; or at the
/// same time, where a side has too few chunks to keep all threads at work.
pub(crate) async fn fold(
    session: &Session,
    agreement: &Agreement,
    seed: &Seed,
    size: SketchSize,
    threads: usize,
    watch: &Arc<dyn Watch>,
    meter: &Arc<Meter>,
) -> Result<Folded, VerifyError> {
    let one = |side: Side| {
        let run = Run {
            meter: Arc::clone(meter),
            narrow_decimals: true,
            ..Run::new(threads)
        };
        fold_side(session, agreement, side, seed, size, run, watch)
    };
    let queries = [&agreement.expected, &agreement.actual];
    let (expected, actual) = if queries
        .iter()
        .all(|query| chunks(session, query) >= threads)
    {
        (one(Side::Expected).await?, one(Side::Actual).await?)
    } else {
        tokio::try_join!(one(Side::Expected), one(Side::Actual))?
    };
    Ok(Folded {
        rejected: [expected.rejected, actual.rejected],
        null_keys: [expected.null_keys, actual.null_keys],
        expected: expected.state,
        actual: actual.state,
    })
}

/// Chunks of the tables that a query reads.
fn chunks(session: &Session, query: &rules::sql::Side) -> usize {
    let table = |(which, name): &(Which, String)| session.book(*which).table(name);
    query
        .tables()
        .iter()
        .filter_map(table)
        .map(|table| table.chunks().len())
        .sum()
}

/// One side's state.
struct FoldedSide {
    state: State,
    rejected: u64,
    null_keys: u64,
}

async fn fold_side(
    session: &Session,
    agreement: &Agreement,
    side: Side,
    seed: &Seed,
    size: SketchSize,
    run: Run,
    watch: &Arc<dyn Watch>,
) -> Result<FoldedSide, VerifyError> {
    let query = match side {
        Side::Expected => &agreement.expected,
        Side::Actual => &agreement.actual,
    };
    let layout = &agreement.layout;
    let key = layout.key().iter().map(|at| {
        let [expected, actual] = layout.columns()[*at].index;
        match side {
            Side::Expected => expected,
            Side::Actual => actual,
        }
    });
    let key: Vec<usize> = key.collect();
    let make = || FoldWorker {
        folder: Folder::new(layout, side, seed, size),
        agreement: agreement.name.clone(),
        side,
        key: key.clone(),
        null_keys: 0,
    };
    let workers = drive(query, &run, watch, make).await?;
    let chunks = chunks_read(session, query, &run.log)?;
    let mut whole: Option<State> = None;
    let mut null_keys = 0;
    for worker in workers {
        null_keys += worker.null_keys;
        // The chunks belong to the side as a whole; its first part carries them all.
        let chunks = if whole.is_none() {
            chunks.clone()
        } else {
            BTreeMap::new()
        };
        let state = worker
            .folder
            .finish(chunks)
            .map_err(|error| VerifyError::Fold {
                agreement: agreement.name.clone(),
                side: name_of(side),
                error,
            })?;
        match &mut whole {
            None => whole = Some(state),
            Some(whole) => whole.merge(state)?,
        }
    }
    let state =
        whole.ok_or_else(|| VerifyError::Internal("a query without partitions".to_owned()))?;
    Ok(FoldedSide {
        state,
        rejected: run.rejects.count(),
        null_keys,
    })
}

/// The chunks that were read. Where a query is plainly over one table, these must be all of its
/// chunks, each once, and as long as the file says.
fn chunks_read(
    session: &Session,
    query: &rules::sql::Side,
    log: &ScanLog,
) -> Result<BTreeMap<ChunkId, u64>, VerifyError> {
    let numbers: BTreeMap<(Which, String), u32> = [Which::Source, Which::Target]
        .into_iter()
        .flat_map(|which| {
            session
                .book(which)
                .tables()
                .map(move |table| (which, table.name().to_owned()))
        })
        .zip(0_u32..)
        .collect();
    let mut chunks = BTreeMap::new();
    let plain = query.tables().len() == 1 && query.lineage().len() == 1;
    for read in log.chunks() {
        let table = numbers
            .get(&(read.side, read.table.clone()))
            .copied()
            .unwrap_or(u32::MAX);
        let id = ChunkId {
            table,
            part: read.chunk.0,
        };
        if plain && read.reads != 1 {
            return Err(VerifyError::Internal(format!(
                "chunk {} was read {} times",
                read.chunk.0, read.reads
            )));
        }
        chunks.insert(id, read.rows);
    }
    if let ([(which, name)], true) = (query.tables(), plain)
        && let Some(table) = session.book(*which).table(name)
    {
        for chunk in table.chunks() {
            let number = numbers
                .get(&(*which, name.clone()))
                .copied()
                .unwrap_or(u32::MAX);
            let read = chunks.get(&ChunkId {
                table: number,
                part: chunk.id.0,
            });
            let whole = read.is_some_and(|rows| chunk.rows.is_none_or(|known| known == *rows));
            if !whole {
                return Err(VerifyError::Internal(format!(
                    "chunk {} of {which}.{name} was read as {read:?} records of {:?}",
                    chunk.id.0, chunk.rows
                )));
            }
        }
    }
    Ok(chunks)
}
