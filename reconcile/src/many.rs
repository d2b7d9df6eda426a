//! When very many records differ: both sides are cut into partitions by ranges of the key, on
//! disk, and each pair of partitions is compared in memory. Exact and complete for any number of
//! differences, in time that grows with the records.
//!
//! The ranges come from a sample of the keys, so that partitions are of about one size; taken in
//! order they give the breaks in order. Where there is no key the ranges are of all columns but the
//! money: records that differ in an amount are paired as ever, but a record that differs elsewhere
//! may then read as one missing and one extra.

use crate::drive::{Worker, drive};
use crate::error::VerifyError;
use crate::locate::{Look, Paired};
use crate::readings::{Given, Readings};
use crate::rows::Encoder;
use crate::wanted::Choice;
use arrow_array::{RecordBatch, UInt32Array};
use arrow_ipc::CompressionType;
use arrow_ipc::reader::StreamReader;
use arrow_ipc::writer::{IpcWriteOptions, StreamWriter};
use arrow_select::concat::concat_batches;
use arrow_select::take::take_record_batch;
use footing::Side;
use std::fs::File;
use std::io::{BufReader, BufWriter};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// More partitions than this would be too many open files.
const PARTITIONS_MAX: u64 = 384;

/// Rows that a thread gathers for a partition before it writes them.
const GATHERED_ROWS: usize = 512;

/// Compares the chosen records of both sides, or all, and gives the breaks of every partition in
/// order to `take`, while another thread pairs the next. Returns the records seen on each side.
pub(crate) async fn compare_by_partitions(
    look: &Look<'_>,
    choice: Option<&Choice>,
    records: (u64, u64),
    scratch: &Path,
    readings: &Readings,
    take: &mut (dyn FnMut(&Paired<'_>, &Given<'_>) -> Result<(), VerifyError> + Send),
) -> Result<(u64, u64), VerifyError> {
    let all = records.0.saturating_add(records.1);
    let count = all
        .div_ceil(look.partition_records.max(1))
        .clamp(1, PARTITIONS_MAX);
    // Some 20,000 keys tell well enough how they are spread.
    let bits = (all / 20_000).checked_ilog2().unwrap_or(0);
    let count = usize::try_from(count).unwrap_or(1);
    let splitters = Arc::new(splitters(look, count, bits).await?);
    let expected = spill(look, Side::Expected, choice, &splitters, scratch).await?;
    let actual = spill(look, Side::Actual, choice, &splitters, scratch).await?;
    let seen = (expected.rows(), actual.rows());
    let pair = |partition: usize| look.pair(expected.read(partition)?, actual.read(partition)?);
    let last = splitters.len();
    let mut paired = pair(0)?;
    for next in 1..=last {
        if look.watch.is_stopped() {
            return Err(VerifyError::Stopped);
        }
        let given = look.read(readings, &paired).await?;
        let following = std::thread::scope(|scope| {
            let following = scope.spawn(|| pair(next));
            take(&paired, &given)?;
            following
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        });
        paired = following?;
    }
    let given = look.read(readings, &paired).await?;
    take(&paired, &given)?;
    Ok(seen)
}

/// Keys that cut the records into `count` ranges of about one size.
async fn splitters(look: &Look<'_>, count: usize, bits: u32) -> Result<Vec<Vec<u8>>, VerifyError> {
    let encoder = Encoder::new(&look.agreement.layout)?;
    let mut sample: Vec<Vec<u8>> = Vec::new();
    for side in [Side::Expected, Side::Actual] {
        let batch = look.fetch(side, Some(&Choice::Sample(bits)), false).await?;
        let keys = encoder.keys(side, &batch)?;
        sample.extend(keys.iter().map(|row| row.data().to_vec()));
    }
    sample.sort_unstable();
    let mut splitters: Vec<Vec<u8>> = (1..count)
        .filter_map(|part| sample.get(part * sample.len() / count).cloned())
        .collect();
    splitters.dedup();
    Ok(splitters)
}

/// One side's partitions on disk.
struct Spilled {
    files: Vec<Arc<Partition>>,
    schema: arrow_schema::SchemaRef,
}

struct Partition {
    path: PathBuf,
    writer: Mutex<Option<StreamWriter<BufWriter<File>>>>,
    rows: AtomicU64,
}

impl Partition {
    fn write(&self, batch: &RecordBatch) -> Result<(), VerifyError> {
        let failed = |error: std::io::Error| VerifyError::Evidence {
            path: self.path.clone(),
            error,
        };
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        if writer.is_none() {
            let file = BufWriter::new(File::create_new(&self.path).map_err(failed)?);
            let options = IpcWriteOptions::default()
                .try_with_compression(Some(CompressionType::LZ4_FRAME))?;
            *writer = Some(StreamWriter::try_new_with_options(
                file,
                &batch.schema(),
                options,
            )?);
        }
        if let Some(writer) = writer.as_mut() {
            writer
                .write(batch)
                .map_err(|error| spill_error(&self.path, error))?;
        }
        self.rows
            .fetch_add(batch.num_rows() as u64, Ordering::Relaxed);
        Ok(())
    }

    fn finish(&self) -> Result<(), VerifyError> {
        let taken = self
            .writer
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(mut writer) = taken {
            writer
                .finish()
                .map_err(|error| spill_error(&self.path, error))?;
        }
        Ok(())
    }
}

fn spill_error(path: &Path, error: arrow_schema::ArrowError) -> VerifyError {
    match error {
        arrow_schema::ArrowError::IoError(_, error) => VerifyError::Evidence {
            path: path.to_owned(),
            error,
        },
        other => other.into(),
    }
}

impl Spilled {
    fn rows(&self) -> u64 {
        self.files
            .iter()
            .map(|file| file.rows.load(Ordering::Relaxed))
            .sum()
    }

    fn read(&self, partition: usize) -> Result<RecordBatch, VerifyError> {
        let file = &self.files[partition];
        if file.rows.load(Ordering::Relaxed) == 0 {
            return Ok(RecordBatch::new_empty(Arc::clone(&self.schema)));
        }
        let failed = |error: std::io::Error| VerifyError::Evidence {
            path: file.path.clone(),
            error,
        };
        let reader = BufReader::with_capacity(1 << 20, File::open(&file.path).map_err(failed)?);
        let batches = StreamReader::try_new(reader, None)?.collect::<Result<Vec<_>, _>>()?;
        // What has been read is not needed on disk any more.
        std::fs::remove_file(&file.path).map_err(failed)?;
        Ok(concat_batches(&self.schema, &batches)?)
    }
}

/// Gathers one thread's rows for each partition.
struct Spiller {
    side: Side,
    encoder: Encoder,
    splitters: Arc<Vec<Vec<u8>>>,
    files: Vec<Arc<Partition>>,
    gathered: Vec<Vec<RecordBatch>>,
    rows: Vec<usize>,
    schema: Option<arrow_schema::SchemaRef>,
}

impl Spiller {
    fn flush(&mut self, partition: usize) -> Result<(), VerifyError> {
        let batches = std::mem::take(&mut self.gathered[partition]);
        self.rows[partition] = 0;
        match batches.first() {
            None => Ok(()),
            Some(first) => self.files[partition].write(&concat_batches(&first.schema(), &batches)?),
        }
    }
}

impl Worker for Spiller {
    fn take(&mut self, batch: RecordBatch) -> Result<(), VerifyError> {
        self.schema.get_or_insert_with(|| batch.schema());
        let keys = self.encoder.keys(self.side, &batch)?;
        let mut rows_of: Vec<Vec<u32>> = vec![Vec::new(); self.files.len()];
        for (row, key) in (0_u32..).zip(keys.iter()) {
            let partition = self
                .splitters
                .partition_point(|splitter| &splitter[..] <= key.data());
            rows_of[partition].push(row);
        }
        for (partition, rows) in rows_of.into_iter().enumerate() {
            if rows.is_empty() {
                continue;
            }
            let part = take_record_batch(&batch, &UInt32Array::from(rows))?;
            self.rows[partition] += part.num_rows();
            self.gathered[partition].push(rules::sql::compact(&part)?);
            if self.rows[partition] >= GATHERED_ROWS {
                self.flush(partition)?;
            }
        }
        Ok(())
    }
}

/// Writes the chosen records of one side to its partitions.
async fn spill(
    look: &Look<'_>,
    side: Side,
    choice: Option<&Choice>,
    splitters: &Arc<Vec<Vec<u8>>>,
    scratch: &Path,
) -> Result<Spilled, VerifyError> {
    let name = crate::locate::name_of(side);
    let files: Vec<Arc<Partition>> = (0..=splitters.len())
        .map(|number| {
            Arc::new(Partition {
                path: scratch.join(format!("{name}-{number:03}.arrow")),
                writer: Mutex::new(None),
                rows: AtomicU64::new(0),
            })
        })
        .collect();
    // The encoder of the layout was made before, so making it again can not fail.
    let encoders: Vec<Encoder> = (0..look.threads.max(1) + 1)
        .map(|_| Encoder::new(&look.agreement.layout))
        .collect::<Result<_, _>>()?;
    let encoders = Mutex::new(encoders);
    let make = || Spiller {
        side,
        encoder: encoders
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop()
            .expect("one encoder for each partition of the run"),
        splitters: Arc::clone(splitters),
        gathered: vec![Vec::new(); files.len()],
        rows: vec![0; files.len()],
        files: files.clone(),
        schema: None,
    };
    let query = look.side(side);
    let run = look.run(side, choice, true);
    let mut schema = query.schema();
    for mut spiller in drive(query, &run, look.watch, make).await? {
        for partition in 0..files.len() {
            spiller.flush(partition)?;
        }
        schema = spiller.schema.unwrap_or(schema);
    }
    for file in &files {
        file.finish()?;
    }
    Ok(Spilled { files, schema })
}
