//! When very many records differ: both sides are cut into partitions by ranges of the key, on
//! disk, and each pair of partitions is compared in memory. Exact and complete for any number of
//! differences, in time that grows with the records.
//!
//! The ranges come from a sample of the keys, so that partitions are of about one size; taken in
//! order they give the breaks in order. Where there is no key the ranges are of all columns but the
//! money: records that differ in an amount are paired as ever, but a record that differs elsewhere
//! may then read as one missing and one extra.
//!
//! Where many records share the values on which partitions are cut, no cut makes theirs small enough:
//! such a partition is sorted and paired on disk (`crowd`).

mod crowd;
mod sorted;
mod spool;

use crate::drive::{Worker, drive};
use crate::error::VerifyError;
use crate::locate::{Look, Paired};
use crate::readings::{Given, Readings};
use crate::rows::Encoder;
use crate::wanted::{Choice, bits_of_sample, cuts};
use arrow_array::{BooleanArray, RecordBatch, UInt32Array};
use arrow_select::concat::concat_batches;
use arrow_select::filter::filter_record_batch;
use arrow_select::take::take_record_batch;
use crowd::Crowd;
use footing::Side;
use rules::sql::Probe;
use spool::Spool;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// More partitions than this would be too many open files.
const PARTITIONS_MAX: u64 = 384;

/// Rows that a thread holds before it writes them to their partitions.
const HELD_ROWS: usize = 64 * 1024;

/// Some twenty thousand keys tell well enough how they are spread.
const SAMPLED: u64 = 20_000;

/// So many times the records that a partition should have are compared in memory still: ranges that a
/// sample tells are not all of one size.
const TIMES_IN_MEMORY: u64 = 3;

/// The chosen records of both sides, or all, cut into partitions on disk.
pub(crate) struct Cut {
    expected: Spilled,
    actual: Spilled,
    scratch: PathBuf,
}

impl Cut {
    /// Cuts both sides. Of one record in 2^`sampled` a copy is held back for [`Cut::take_sample`].
    ///
    /// Of records with a key, any cut gives the same breaks in the same order. Where there is none,
    /// which are paired depends on it, and it must be the same in every run.
    pub(crate) async fn new(
        look: &Look<'_>,
        choice: Option<&Choice>,
        records: (u64, u64),
        scratch: &Path,
        sampled: Option<u32>,
    ) -> Result<Self, VerifyError> {
        let has_key = !look.agreement.layout.key().is_empty();
        let keys = match choice {
            Some(Choice::Keys(keys)) if has_key => Some(keys),
            _ => None,
        };
        let all = match keys {
            Some(keys) => keys.len() as u64 * 2,
            None => records.0.saturating_add(records.1),
        };
        let count = all
            .div_ceil(look.partition_records.max(1))
            .clamp(1, PARTITIONS_MAX);
        let count = usize::try_from(count).unwrap_or(1);
        let splitters = match keys.and_then(|keys| keys.cuts(count)) {
            _ if count == 1 => Vec::new(),
            Some(words) => splitters_of_words(look, words)?,
            None => {
                let bits = bits_of_sample(all, SAMPLED);
                let sample = match keys {
                    Some(keys) => Choice::Keys(Arc::new(keys.one_in(bits))),
                    None => Choice::Sample(bits),
                };
                splitters(look, count, &sample).await?
            }
        };
        let splitters = Arc::new(splitters);
        let side = |side| spill(look, side, choice, &splitters, scratch, sampled);
        Ok(Self {
            expected: side(Side::Expected).await?,
            actual: side(Side::Actual).await?,
            scratch: scratch.to_owned(),
        })
    }

    /// Records seen on each side.
    pub(crate) fn seen(&self) -> (u64, u64) {
        (self.expected.rows(), self.actual.rows())
    }

    /// Records of both sides.
    pub(crate) fn records(&self) -> u64 {
        self.expected.rows() + self.actual.rows()
    }

    /// What was held back of the expected and of the actual side.
    pub(crate) fn take_sample(&mut self) -> Result<[RecordBatch; 2], VerifyError> {
        Ok([self.expected.take_sample()?, self.actual.take_sample()?])
    }

    /// Gives the breaks of every partition in order to `take`, while another thread pairs the next.
    pub(crate) async fn compare(
        self,
        look: &Look<'_>,
        readings: &Readings,
        take: &mut (dyn FnMut(&Paired<'_>, &Given<'_>) -> Result<(), VerifyError> + Send),
    ) -> Result<(), VerifyError> {
        let mut parts = Parts {
            cut: &self,
            look: *look,
            next: 0,
            crowd: None,
        };
        let mut waiting = parts.next_part()?;
        while let Some(paired) = waiting {
            if look.watch.is_stopped() {
                return Err(VerifyError::Stopped);
            }
            let given = look.read(readings, &paired).await?;
            waiting = std::thread::scope(|scope| {
                let following = scope.spawn(|| parts.next_part());
                take(&paired, &given)?;
                following
                    .join()
                    .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            })?;
        }
        Ok(())
    }
}

/// The partitions on their way to being told, each at once or in several parts.
struct Parts<'c, 'l> {
    cut: &'c Cut,
    look: Look<'l>,
    next: usize,
    crowd: Option<Crowd<'l>>,
}

impl<'l> Parts<'_, 'l> {
    /// Pairs the next one; none where all are paired.
    fn next_part(&mut self) -> Result<Option<Paired<'l>>, VerifyError> {
        loop {
            if let Some(crowd) = &mut self.crowd {
                if let Some(paired) = crowd.next_part()? {
                    return Ok(Some(paired));
                }
                self.crowd = None;
            }
            let (at, cut) = (self.next, self.cut);
            let (Some(expected), Some(actual)) =
                (cut.expected.files.get(at), cut.actual.files.get(at))
            else {
                return Ok(None);
            };
            self.next += 1;
            let most = self.look.partition_records.max(1);
            if expected.rows() + actual.rows() <= most.saturating_mul(TIMES_IN_MEMORY) {
                let paired = self
                    .look
                    .pair(cut.expected.read(at)?, cut.actual.read(at)?)?;
                return Ok(Some(paired));
            }
            let sides = [
                (&**expected, &cut.expected.schema),
                (&**actual, &cut.actual.schema),
            ];
            let prefix = cut.scratch.join(format!("crowd-{at:03}"));
            self.crowd = Some(Crowd::new(self.look, sides, prefix)?);
        }
    }
}

/// Keys that cut the records, of words that are the values themselves: no book is asked for them.
fn splitters_of_words(look: &Look<'_>, words: Vec<i64>) -> Result<Vec<Vec<u8>>, VerifyError> {
    let keys = Encoder::new(&look.agreement.layout)?.keys_of_words(words)?;
    Ok(keys.iter().map(|key| key.data().to_vec()).collect())
}

/// Keys that cut the records into `count` ranges of about one size.
async fn splitters(
    look: &Look<'_>,
    count: usize,
    sample: &Choice,
) -> Result<Vec<Vec<u8>>, VerifyError> {
    let encoder = Encoder::new(&look.agreement.layout)?;
    let mut sampled: Vec<Vec<u8>> = Vec::new();
    for side in [Side::Expected, Side::Actual] {
        let names = encoder.key_names(side, &look.side(side).schema());
        let batch = look.fetch_columns(side, sample, &names).await?;
        let keys = encoder.keys_by_name(&names, &batch)?;
        sampled.extend(keys.iter().map(|row| row.data().to_vec()));
    }
    sampled.sort_unstable();
    Ok(cuts(&sampled, count))
}

/// Which of a batch's records a probe is after.
pub(crate) fn chosen(probe: &Probe, batch: &RecordBatch) -> Result<BooleanArray, VerifyError> {
    let schema = batch.schema();
    let column = |name: &String| Ok(Arc::clone(batch.column(schema.index_of(name)?)));
    let columns = probe.columns.iter().map(column);
    let columns = columns.collect::<Result<Vec<_>, VerifyError>>()?;
    probe.test.keep(&columns).map_err(VerifyError::Internal)
}

/// One side's partitions on disk.
struct Spilled {
    files: Vec<Arc<Spool>>,
    sample: Vec<RecordBatch>,
    schema: arrow_schema::SchemaRef,
}

impl Spilled {
    fn rows(&self) -> u64 {
        self.files.iter().map(|file| file.rows()).sum()
    }

    fn take_sample(&mut self) -> Result<RecordBatch, VerifyError> {
        let sample = std::mem::take(&mut self.sample);
        Ok(concat_batches(&self.schema, &sample)?)
    }

    fn read(&self, partition: usize) -> Result<RecordBatch, VerifyError> {
        let file = &self.files[partition];
        let Some(batches) = file.batches(1 << 20)? else {
            return Ok(RecordBatch::new_empty(Arc::clone(&self.schema)));
        };
        let batches = batches.collect::<Result<Vec<_>, _>>()?;
        // What has been read is not needed on disk any more.
        file.remove()?;
        Ok(concat_batches(&self.schema, &batches)?)
    }
}

/// Gathers one thread's rows and writes them to their partitions.
struct Spiller {
    side: Side,
    encoder: Encoder,
    splitters: Arc<Vec<Vec<u8>>>,
    files: Vec<Arc<Spool>>,
    held: Vec<RecordBatch>,
    rows: usize,
    /// Tells which records are held back, and what was.
    sampled: Option<Probe>,
    sample: Vec<RecordBatch>,
    schema: Option<arrow_schema::SchemaRef>,
}

impl Spiller {
    /// Writes what is held: all rows of a partition at once, in the order in which they came.
    fn flush(&mut self) -> Result<(), VerifyError> {
        let Some(first) = self.held.first() else {
            return Ok(());
        };
        let batch = concat_batches(&first.schema(), &self.held)?;
        self.held.clear();
        self.rows = 0;
        if let Some(sampled) = &self.sampled {
            let chosen = filter_record_batch(&batch, &chosen(sampled, &batch)?)?;
            self.sample.push(rules::sql::compact(&chosen)?);
        }
        let keys = self.encoder.keys(self.side, &batch)?;
        let mut rows_of: Vec<Vec<u32>> = vec![Vec::new(); self.files.len()];
        for (row, key) in (0_u32..).zip(keys.iter()) {
            let partition = self
                .splitters
                .partition_point(|splitter| &splitter[..] <= key.data());
            rows_of[partition].push(row);
        }
        for (file, rows) in self.files.iter().zip(rows_of) {
            if !rows.is_empty() {
                let part = take_record_batch(&batch, &UInt32Array::from(rows))?;
                file.write(&rules::sql::compact(&part)?)?;
            }
        }
        Ok(())
    }
}

impl Worker for Spiller {
    fn take(&mut self, batch: RecordBatch) -> Result<(), VerifyError> {
        self.schema.get_or_insert_with(|| batch.schema());
        if batch.num_rows() > 0 {
            self.rows += batch.num_rows();
            // Few rows of a batch must not hold the texts of all.
            self.held.push(rules::sql::compact(&batch)?);
        }
        match self.rows >= HELD_ROWS {
            true => self.flush(),
            false => Ok(()),
        }
    }
}

/// Writes the chosen records of one side to its partitions.
async fn spill(
    look: &Look<'_>,
    side: Side,
    choice: Option<&Choice>,
    splitters: &Arc<Vec<Vec<u8>>>,
    scratch: &Path,
    sampled: Option<u32>,
) -> Result<Spilled, VerifyError> {
    let name = crate::locate::name_of(side);
    let path = |number: usize| scratch.join(format!("{name}-{number:03}.arrow"));
    let files: Vec<Arc<Spool>> = (0..=splitters.len())
        .map(|number| Arc::new(Spool::new(path(number))))
        .collect();
    // The encoder of the layout was made before, so making it again can not fail.
    let encoders: Vec<Encoder> = (0..look.threads.max(1) + 1)
        .map(|_| Encoder::new(&look.agreement.layout))
        .collect::<Result<_, _>>()?;
    let encoders = Mutex::new(encoders);
    let sampled = sampled.map(|bits| look.probe(side, &Choice::Sample(bits)));
    let make = || Spiller {
        side,
        encoder: encoders
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop()
            .expect("one encoder for each partition of the run"),
        splitters: Arc::clone(splitters),
        held: Vec::new(),
        rows: 0,
        sampled: sampled.clone(),
        sample: Vec::new(),
        files: files.clone(),
        schema: None,
    };
    let query = look.side(side);
    let run = look.run(side, choice, true);
    let mut schema = query.schema();
    let mut sample = Vec::new();
    for mut spiller in drive(query, &run, look.watch, make).await? {
        spiller.flush()?;
        sample.append(&mut spiller.sample);
        schema = spiller.schema.unwrap_or(schema);
    }
    for file in &files {
        file.finish()?;
    }
    Ok(Spilled {
        files,
        sample,
        schema,
    })
}
