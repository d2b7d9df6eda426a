//! Digests of whole files, as the evidence of what was read.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use serde::Serialize;

use crate::error::{ReadError, ReadErrorKind};
use crate::read::Meter;
use crate::table::{Body, FileInfo, SourceFile, Table};

/// What a file, or a database's table, was when it was read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct FileDigest {
    /// The file, relative to the book.
    pub file: String,
    /// Its length in bytes; of a table, that of all its values.
    pub bytes: u64,
    /// BLAKE3 of its bytes, 64 hexadecimal digits.
    pub blake3: String,
}

/// Digests all files of some tables, each table's in their order, several files at a time whatever
/// table they are of. Of a database's tables only those are digested that matter
/// ([`Table::is_named`]); the others give nothing.
///
/// The meter is told of every byte. Once `is_stopped` says so, no further file is begun and what is
/// left comes back as [`ReadErrorKind::Stopped`].
///
/// # Errors
/// When a file cannot be read or has changed since the book was opened, and when stopped.
pub fn digest_tables(
    tables: &[&Table],
    threads: usize,
    meter: &Meter,
    is_stopped: &(dyn Fn() -> bool + Sync),
) -> Result<Vec<Vec<FileDigest>>, ReadError> {
    let files: Vec<(&SourceFile, &FileInfo)> = tables
        .iter()
        .filter(|table| table.is_named())
        .flat_map(|table| table.sources.iter().map(|file| &**file).zip(&table.files))
        .collect();
    let next = AtomicUsize::new(0);
    let done = Mutex::new(BTreeMap::new());
    std::thread::scope(|scope| {
        for _ in 0..threads.clamp(1, files.len().max(1)) {
            scope.spawn(|| {
                let take = || next.fetch_add(1, Ordering::Relaxed);
                while let Some((index, (file, info))) = numbered(&files, take()) {
                    let digest = match &file.body {
                        Body::Database(_) => digest_table(file, info, threads, meter, is_stopped),
                        Body::Csv(_) | Body::Parquet(_) => digest(file, meter, is_stopped),
                    };
                    let mut done = done.lock().unwrap_or_else(PoisonError::into_inner);
                    done.insert(index, digest);
                }
            });
        }
    });
    let done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    let mut digests = done.into_values();
    let of_table = |table: &&Table| {
        let files = if table.is_named() {
            table.sources.len()
        } else {
            0
        };
        digests.by_ref().take(files).collect()
    };
    tables.iter().map(of_table).collect()
}

fn numbered<T: Copy>(items: &[T], index: usize) -> Option<(usize, T)> {
    items.get(index).map(|item| (index, *item))
}

fn digest_table(
    file: &SourceFile,
    info: &FileInfo,
    threads: usize,
    meter: &Meter,
    is_stopped: &(dyn Fn() -> bool + Sync),
) -> Result<FileDigest, ReadError> {
    let (bytes, hash) = crate::database::digest(file, info, threads, meter, is_stopped)?;
    Ok(FileDigest {
        file: file.display.to_string(),
        bytes,
        blake3: hash.to_hex().to_string(),
    })
}

fn digest(
    file: &SourceFile,
    meter: &Meter,
    is_stopped: &(dyn Fn() -> bool + Sync),
) -> Result<FileDigest, ReadError> {
    let mut opened = File::open(&file.path).map_err(|error| file.io_error(&error))?;
    let mut hasher = blake3::Hasher::new();
    let mut block = vec![0; 256 * 1024];
    let mut bytes = 0;
    loop {
        if is_stopped() {
            return Err(ReadError::new(&file.display, ReadErrorKind::Stopped));
        }
        let read = opened
            .read(&mut block)
            .map_err(|error| file.io_error(&error))?;
        if read == 0 {
            break;
        }
        hasher.update(&block[..read]);
        bytes += read as u64;
        meter.bytes.fetch_add(read as u64, Ordering::Relaxed);
    }
    file.check_unchanged()?;
    let blake3 = hasher.finalize().to_hex().to_string();
    Ok(FileDigest {
        file: file.display.to_string(),
        bytes,
        blake3,
    })
}
