//! The first look: folds both sides of an agreement, each once.

use crate::drive::{Worker, drive};
use crate::error::VerifyError;
use crate::locate::name_of;
use crate::prepare::Agreement;
use crate::push::Restriction;
use crate::watch::Watch;
use crate::whereabouts::Whereabouts;
use arrow_array::{Array, BooleanArray, RecordBatch};
use arrow_buffer::NullBuffer;
use arrow_select::filter::filter_record_batch;
use books::Meter;
use footing::{
    ChunkId, Comparison, Crossed, Digests, Folder, Seed, Side, SketchSize, Speller, State, Totals,
};
use ledger::RejectsOf;
use rules::sql::{ChunkWatch, Run, ScanLog, Session, Which};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What a fold tells: figures of both sides, and what differs.
#[derive(Debug)]
pub(crate) struct Folded {
    pub(crate) expected: Figures,
    pub(crate) actual: Figures,
    pub(crate) comparison: Comparison,
    /// Where the keys of both sides lie, as far as that was noted.
    pub(crate) whereabouts: [Option<Arc<Whereabouts>>; 2],
}

/// What is counted and added up of one side.
#[derive(Debug)]
pub(crate) struct Figures {
    pub(crate) records: u64,
    pub(crate) totals: Totals,
    pub(crate) crossed: Crossed,
    pub(crate) rejected: u64,
    /// Records with NULL in the key.
    pub(crate) null_keys: u64,
}

impl Folded {
    pub(crate) fn rejects(&self) -> u64 {
        self.rejects_of().sum()
    }

    pub(crate) fn rejects_of(&self) -> RejectsOf {
        RejectsOf {
            source: self.expected.rejected,
            target: self.actual.rejected,
        }
    }
}

/// How a fold is made.
#[derive(Clone, Copy)]
pub(crate) struct How<'a> {
    pub(crate) session: &'a Session,
    pub(crate) agreement: &'a Agreement,
    pub(crate) seed: &'a Seed,
    pub(crate) size: SketchSize,
    pub(crate) threads: usize,
    pub(crate) watch: &'a Arc<dyn Watch>,
    pub(crate) meter: &'a Arc<Meter>,
}

/// What is done with the records of a side beside folding them.
#[derive(Debug, Clone, Default)]
pub(crate) enum Beside {
    #[default]
    Nothing,
    /// Their digests are counted, in buckets whose numbers have so many digits.
    Digest(Speller, u32),
    /// Those of other buckets are left out.
    Choose(Speller, Arc<[bool]>),
}

struct FoldWorker {
    folder: Folder,
    agreement: String,
    side: Side,
    /// The columns of the key in this side's batches.
    key: Vec<usize>,
    null_keys: u64,
    beside: Beside,
    digests: Option<Digests>,
}

impl Worker for FoldWorker {
    fn take(&mut self, batch: RecordBatch) -> Result<(), VerifyError> {
        self.null_keys += null_keys(&batch, &self.key);
        let batch = match &self.beside {
            Beside::Nothing => batch,
            Beside::Digest(speller, _) => {
                if let Some(digests) = &mut self.digests {
                    let spelled = speller.spell(&batch).into_iter();
                    spelled.for_each(|one| digests.add(one));
                }
                batch
            }
            Beside::Choose(speller, wanted) => {
                let spelled = speller.spell(&batch).into_iter();
                let is_wanted = |bucket: u32| wanted.get(bucket as usize).copied();
                let keep: BooleanArray = spelled.map(|one| is_wanted(one.bucket)).collect();
                filter_record_batch(&batch, &keep)?
            }
        };
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
/// same time, where a side has too few chunks to keep all threads at work. Under a restriction only
/// the records of some buckets are folded.
pub(crate) async fn fold(
    how: How<'_>,
    restriction: Option<&Restriction>,
) -> Result<Folded, VerifyError> {
    let one = |side: Side| {
        let (beside, part) = match restriction {
            Some(restriction) => restriction.of(side),
            None => (Beside::Nothing, None),
        };
        fold_side(how, side, beside, part)
    };
    let queries = [&how.agreement.expected, &how.agreement.actual];
    let (expected, actual) = if queries
        .iter()
        .all(|query| chunks(how.session, query) >= how.threads)
    {
        (one(Side::Expected).await?, one(Side::Actual).await?)
    } else {
        tokio::try_join!(one(Side::Expected), one(Side::Actual))?
    };
    let comparison = expected.state.compare(&actual.state)?;
    let whereabouts = [&expected, &actual].map(|side| side.whereabouts.clone());
    Ok(Folded {
        expected: expected.into_figures(),
        actual: actual.into_figures(),
        comparison,
        whereabouts,
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
pub(crate) struct FoldedSide {
    state: State,
    rejected: u64,
    null_keys: u64,
    /// The digests of all records, where they were asked for.
    pub(crate) digests: Option<Digests>,
    whereabouts: Option<Arc<Whereabouts>>,
}

impl FoldedSide {
    pub(crate) fn into_figures(self) -> Figures {
        let records = self.state.records();
        let (totals, crossed) = self.state.into_totals();
        Figures {
            records,
            totals,
            crossed,
            rejected: self.rejected,
            null_keys: self.null_keys,
        }
    }
}

/// Folds one side, or the part of it that its server picks out.
pub(crate) async fn fold_side(
    how: How<'_>,
    side: Side,
    beside: Beside,
    part: Option<Arc<books::Part>>,
) -> Result<FoldedSide, VerifyError> {
    let How {
        session, agreement, ..
    } = how;
    let query = agreement.side(side);
    let layout = &agreement.layout;
    let key = layout.key().iter().map(|at| {
        let [expected, actual] = layout.columns()[*at].index;
        match side {
            Side::Expected => expected,
            Side::Actual => actual,
        }
    });
    let key: Vec<usize> = key.collect();
    let is_whole = part.is_none() && matches!(beside, Beside::Nothing);
    let whereabouts = (is_whole && can_be_noted(session, agreement, query))
        .then(|| Arc::new(Whereabouts::new(layout, side, how.seed)));
    let seen = whereabouts.clone();
    let run = Run {
        meter: Arc::clone(how.meter),
        narrow_decimals: true,
        part,
        passes_over: true,
        seen: seen.map(|seen| seen as Arc<dyn ChunkWatch>),
        ..Run::new(how.threads)
    };
    let nothing = match &beside {
        Beside::Digest(_, digits) => Some(Digests::new(*digits)),
        Beside::Nothing | Beside::Choose(..) => None,
    };
    let make = || FoldWorker {
        folder: Folder::new(layout, side, how.seed, how.size),
        agreement: agreement.name.clone(),
        side,
        key: key.clone(),
        null_keys: 0,
        beside: beside.clone(),
        digests: nothing.clone(),
    };
    let workers = drive(query, &run, how.watch, make).await?;
    // Of a part there is no telling how many records each chunk should have.
    let chunks = match &run.part {
        None => chunks_read(session, query, &run.log)?,
        Some(_) => BTreeMap::new(),
    };
    let mut whole: Option<State> = None;
    let mut null_keys = 0;
    let mut digests = nothing;
    for worker in workers {
        null_keys += worker.null_keys;
        if let (Some(all), Some(own)) = (&mut digests, &worker.digests) {
            all.merge(own)
                .ok_or_else(|| VerifyError::Internal("digests beyond all sums".to_owned()))?;
        }
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
        digests,
        whereabouts,
    })
}

/// Whether it can be noted where a side's keys lie, and is worth it: files are read to find a key, while
/// a server is asked.
fn can_be_noted(session: &Session, agreement: &Agreement, query: &rules::sql::Side) -> bool {
    let table = query.table_read_once();
    let table = table.and_then(|(which, name)| session.book(*which).table(name));
    !agreement.layout.key().is_empty()
        && table.is_some_and(|table| table.moment().is_none() && table.chunks().len() > 1)
}

/// The chunks that were read. Where a query reads one table and that once, these must be all of
/// its chunks, each once, and as long as the file says.
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
    let once = query.table_read_once();
    for read in log.chunks() {
        let table = numbers
            .get(&(read.side, read.table.clone()))
            .copied()
            .unwrap_or(u32::MAX);
        let id = ChunkId {
            table,
            part: read.chunk.0,
        };
        if once.is_some() && read.reads != 1 {
            return Err(VerifyError::Internal(format!(
                "chunk {} was read {} times",
                read.chunk.0, read.reads
            )));
        }
        chunks.insert(id, read.rows);
    }
    if let Some((which, name)) = once
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
