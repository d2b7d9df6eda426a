//! Writes a book: a thread takes a shard at a time and writes its files.

mod csv;
mod house;
mod parquet;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::thread;

use thiserror::Error;

use crate::Desk;
use crate::Summary;
use crate::layout::Layout;
use crate::record::{Column, Record, Sealed, Table};
use crate::seal::{SealKey, WithCheckCode};
use crate::shard;
use crate::totals::{House, Totals};

/// Says how a book is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Parquet with zstd.
    Parquet,
    /// CSV (RFC 4180), UTF-8, with a header; nothing is an empty field.
    Csv,
}

/// Says how far the writing has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Flow records written.
    pub flow_records: u64,
    /// Flow records that there will be.
    pub of: u64,
}

/// Says why a book could not be written.
#[derive(Debug, Error)]
#[expect(missing_docs, reason = "the fields are what the messages name")]
pub enum WriteError {
    /// Nothing is ever written over.
    #[error("`{folder}` is not empty: a book is written into a new folder")]
    NotEmpty { folder: PathBuf },
    /// The system refused.
    #[error("cannot write `{path}`")]
    Io { path: PathBuf, source: io::Error },
    /// The Parquet writer refused.
    #[error("cannot write `{path}`")]
    Parquet {
        path: PathBuf,
        source: ::parquet::errors::ParquetError,
    },
}

impl Format {
    fn ending(self) -> &'static str {
        match self {
            Format::Parquet => "parquet",
            Format::Csv => "csv",
        }
    }
}

pub(crate) fn book(
    layout: &Layout,
    folder: &Path,
    format: Format,
    threads: usize,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<Summary, WriteError> {
    prepare(folder)?;
    let next = AtomicU32::new(0);
    let written = AtomicU64::new(0);
    let all = Mutex::new((Totals::new(), None));
    let work = || {
        let mut totals = Totals::new();
        let mut failed = None;
        while failed.is_none() {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= layout.shards {
                break;
            }
            let tell = |records| {
                let flow_records = written.fetch_add(records, Ordering::Relaxed) + records;
                let of = layout.records;
                progress(Progress { flow_records, of });
            };
            failed = one_shard(layout, folder, format, number, &mut totals, &tell).err();
        }
        let mut all = all.lock().expect("no thread panics while it merges");
        all.0.merge(&totals);
        if let Some(failed) = failed {
            // The others stop at their next shard.
            next.store(layout.shards, Ordering::Relaxed);
            all.1.get_or_insert(failed);
        }
    };
    thread::scope(|scope| {
        for _ in 1..threads.clamp(1, layout.shards as usize) {
            scope.spawn(work);
        }
        work();
    });
    let (mut totals, failed) = all.into_inner().expect("no thread panics while it merges");
    match failed {
        Some(failed) => Err(failed),
        None => {
            house::write(layout, folder, format, &mut totals)?;
            Ok(summary(layout, &totals))
        }
    }
}

fn prepare(folder: &Path) -> Result<(), WriteError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        |source| WriteError::Io { path, source }
    };
    fs::create_dir_all(folder).map_err(failed(folder))?;
    let mut inside = fs::read_dir(folder).map_err(failed(folder))?;
    if inside.next().is_some() {
        let folder = folder.to_owned();
        return Err(WriteError::NotEmpty { folder });
    }
    for table in Table::ALL {
        let inner = folder.join(table.name());
        fs::create_dir(&inner).map_err(failed(&inner))?;
    }
    Ok(())
}

fn summary(layout: &Layout, totals: &Totals) -> Summary {
    let [flow_records, orders, channel_lines, accounts] = totals.records;
    Summary {
        shards: layout.shards,
        flow_records,
        orders,
        channel_lines,
        accounts,
        // All accounts together come to nothing.
        owed_fen: -totals.house.iter().sum::<i64>(),
    }
}

fn one_shard(
    layout: &Layout,
    folder: &Path,
    format: Format,
    number: u32,
    totals: &mut Totals,
    tell: &dyn Fn(u64),
) -> Result<(), WriteError> {
    let file = |table: Table| {
        let name = format!("{}-{number:03}.{}", table.name(), format.ending());
        Sink::create(
            folder.join(table.name()).join(name),
            format,
            table.columns(),
        )
    };
    let [flow, orders, channel_file, account] = Table::ALL.map(file);
    let mut desk = Files {
        sinks: [flow?, orders?, channel_file?, account?],
        keys: Table::ALL.map(|table| SealKey::new(layout.seed, table)),
        untold: 0,
        tell,
    };
    shard::generate(layout, number, totals, &mut desk)?;
    (desk.tell)(desk.untold);
    desk.sinks.into_iter().try_for_each(Sink::finish)
}

/// Seals each record and writes it into its table's file.
struct Files<'a> {
    sinks: [Sink; 4],
    keys: [SealKey; 4],
    untold: u64,
    tell: &'a dyn Fn(u64),
}

const RECORDS_PER_MESSAGE: u64 = 100_000;

impl Desk for Files<'_> {
    type Error = WriteError;

    fn take<R: Sealed>(&mut self, record: &R) -> Result<(), WriteError> {
        let at = R::TABLE as usize;
        let check_code = self.keys[at].of(record);
        self.sinks[at].write(&WithCheckCode { record, check_code })?;
        if R::TABLE == Table::Flow {
            self.untold += 1;
            if self.untold == RECORDS_PER_MESSAGE {
                (self.tell)(self.untold);
                self.untold = 0;
            }
        }
        Ok(())
    }
}

/// Is one file that is written record by record.
enum Sink {
    Parquet(Box<parquet::Parquet>),
    Csv(csv::Csv),
}

impl Sink {
    fn create(
        path: PathBuf,
        format: Format,
        columns: &'static [Column],
    ) -> Result<Self, WriteError> {
        Ok(match format {
            Format::Parquet => Sink::Parquet(Box::new(parquet::Parquet::create(path, columns)?)),
            Format::Csv => Sink::Csv(csv::Csv::create(path, columns)?),
        })
    }

    #[inline]
    fn write(&mut self, record: &impl Record) -> Result<(), WriteError> {
        match self {
            Sink::Parquet(file) => file.write(record),
            Sink::Csv(file) => file.write(record),
        }
    }

    fn finish(self) -> Result<(), WriteError> {
        match self {
            Sink::Parquet(file) => file.finish(),
            Sink::Csv(file) => file.finish(),
        }
    }
}

const _: () = assert!(House::Reserve as usize + 1 == crate::totals::HOUSE_ACCOUNTS);
