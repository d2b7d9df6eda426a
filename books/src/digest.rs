//! Digests of whole files and tables, as the evidence of what was read.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use serde::Serialize;

use crate::database::RangeDigest;
use crate::error::{ReadError, ReadErrorKind};
use crate::read::Meter;
use crate::table::{Body, SourceFile, Span, Table};

/// What a file, or a database's table, was when it was read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct FileDigest {
    /// The file, relative to the book.
    pub file: String,
    /// Its length in bytes; of a table, that of all its values.
    pub bytes: u64,
    /// BLAKE3 of its bytes, 64 hexadecimal digits; of a table, of the BLAKE3 of each range of its key.
    pub blake3: String,
}

/// What one thread digests at a time.
#[derive(Debug, Clone, Copy)]
enum Piece<'t> {
    /// A whole file.
    File(&'t SourceFile),
    /// A range of the key of a database's table.
    Range {
        file: &'t SourceFile,
        index: usize,
        /// Its share of the table's bytes.
        bytes: u64,
    },
}

/// Digests all files of some tables, each table's in their order, several files at a time whatever
/// table they are of, and of databases several ranges. Of a database's tables only those are digested
/// that matter ([`Table::is_named`]); the others give nothing. Ranges that were
/// [digested as they were read](Table::digest_as_read) are not read again.
///
/// The meter is told of every byte that is read. Once `is_stopped` says so, no further file is begun
/// and what is left comes back as [`ReadErrorKind::Stopped`].
///
/// # Errors
/// When a file cannot be read or has changed since the book was opened, and when stopped.
pub fn digest_tables(
    tables: &[&Table],
    threads: usize,
    meter: &Meter,
    is_stopped: &(dyn Fn() -> bool + Sync),
) -> Result<Vec<Vec<FileDigest>>, ReadError> {
    cut_side_by_side(tables);
    let named = tables.iter().filter(|table| table.is_named());
    let pieces: Vec<Piece<'_>> = named.flat_map(|table| pieces(table)).collect();
    let next = AtomicUsize::new(0);
    // The first piece that failed: those before it are still looked at, so that it is the first one
    // whatever the threads.
    let failed = AtomicUsize::new(usize::MAX);
    let done = Mutex::new(BTreeMap::new());
    std::thread::scope(|scope| {
        for _ in 0..threads.clamp(1, pieces.len().max(1)) {
            scope.spawn(|| {
                let take = || next.fetch_add(1, Ordering::Relaxed);
                while let Some((at, piece)) = numbered(&pieces, take()) {
                    let is_stopped = || is_stopped() || failed.load(Ordering::Relaxed) < at;
                    let digest = digest(piece, meter, &is_stopped);
                    if digest.is_err() {
                        failed.fetch_min(at, Ordering::Relaxed);
                    }
                    let mut done = done.lock().unwrap_or_else(PoisonError::into_inner);
                    done.insert(at, digest);
                }
            });
        }
    });
    let done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    let mut digests = done.into_values().zip(&pieces).peekable();
    let of_table = |table: &&Table| -> Result<Vec<FileDigest>, ReadError> {
        let mut files = Vec::new();
        let sources = table.sources.iter().filter(|_| table.is_named());
        for source in sources {
            let is_own = |piece: &Piece<'_>| std::ptr::eq(piece.file(), &**source);
            let mut own = Vec::new();
            while let Some((digest, _)) = digests.next_if(|(_, piece)| is_own(piece)) {
                own.push(digest?);
            }
            files.push(whole(source, &own));
        }
        Ok(files)
    };
    tables.iter().map(of_table).collect()
}

/// Has databases count off their tables all at once, before each waits for its turn. What is wrong with
/// one is said when it is read.
pub fn cut_side_by_side(tables: &[&Table]) {
    let in_databases = tables
        .iter()
        .filter(|table| table.is_named() && table.moment().is_some());
    std::thread::scope(|scope| {
        for table in in_databases {
            scope.spawn(|| table.chunks());
        }
    });
}

impl<'t> Piece<'t> {
    fn file(&self) -> &'t SourceFile {
        match self {
            Piece::File(file) | Piece::Range { file, .. } => file,
        }
    }
}

fn pieces(table: &Table) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    for (number, file) in table.sources.iter().enumerate() {
        let chunks = match &file.body {
            Body::Database(_) => table.chunks(),
            Body::Csv(_) | Body::Parquet(_) => {
                pieces.push(Piece::File(file));
                continue;
            }
        };
        for chunk in chunks.into_iter().filter(|chunk| chunk.file == number) {
            if let Span::Keys { index } = chunk.span {
                let bytes = chunk.bytes;
                pieces.push(Piece::Range { file, index, bytes });
            }
        }
    }
    pieces
}

fn numbered<T: Copy>(items: &[T], index: usize) -> Option<(usize, T)> {
    items.get(index).map(|item| (index, *item))
}

/// The digest of a file from those of its pieces, which are all there.
fn whole(file: &SourceFile, pieces: &[RangeDigest]) -> FileDigest {
    let hash = match (&file.body, pieces) {
        (Body::Csv(_) | Body::Parquet(_), [all]) => all.hash,
        _ => {
            let mut hasher = blake3::Hasher::new();
            for piece in pieces {
                hasher.update(piece.hash.as_bytes());
            }
            hasher.finalize()
        }
    };
    FileDigest {
        file: file.display.to_string(),
        bytes: pieces.iter().map(|piece| piece.bytes).sum(),
        blake3: hash.to_hex().to_string(),
    }
}

fn digest(
    piece: Piece<'_>,
    meter: &Meter,
    is_stopped: &(dyn Fn() -> bool + Sync),
) -> Result<RangeDigest, ReadError> {
    match piece {
        Piece::File(file) => digest_file(file, meter, is_stopped),
        Piece::Range { file, index, bytes } => {
            if let Body::Database(table) = &file.body
                && let Some(noted) = table.digest_of(index)
            {
                return Ok(noted);
            }
            if is_stopped() {
                return Err(ReadError::new(&file.display, ReadErrorKind::Stopped));
            }
            let digest = crate::database::digest(file, index, is_stopped)?;
            meter.bytes.fetch_add(bytes, Ordering::Relaxed);
            Ok(digest)
        }
    }
}

fn digest_file(
    file: &SourceFile,
    meter: &Meter,
    is_stopped: &(dyn Fn() -> bool + Sync),
) -> Result<RangeDigest, ReadError> {
    let mut opened = File::open(&file.path).map_err(|error| file.io_error(&error))?;
    let mut hasher = blake3::Hasher::new();
    let mut block = vec![0; 256 * 1024];
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
        meter.bytes.fetch_add(read as u64, Ordering::Relaxed);
    }
    file.check_unchanged()?;
    Ok(RangeDigest {
        bytes: hasher.count(),
        hash: hasher.finalize(),
    })
}
