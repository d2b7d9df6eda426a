//! Digests of whole files, as the evidence of what was read.

use std::fs::File;
use std::io::Read;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use serde::Serialize;

use crate::ReadError;
use crate::table::SourceFile;

/// What a file was when it was read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct FileDigest {
    /// The file, relative to the book.
    pub file: String,
    /// Its length in bytes.
    pub bytes: u64,
    /// BLAKE3 of its bytes, 64 hexadecimal digits.
    pub blake3: String,
}

/// Digests of all files, in their order, several at a time.
pub(crate) fn digest_files(
    files: &[std::sync::Arc<SourceFile>],
    threads: usize,
) -> Result<Vec<FileDigest>, ReadError> {
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::with_capacity(files.len()));
    std::thread::scope(|scope| {
        for _ in 0..threads.clamp(1, files.len().max(1)) {
            scope.spawn(|| {
                while let Some((index, file)) = take(&next, files) {
                    let digest = digest(file);
                    done.lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .push((index, digest));
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, digest)| digest).collect()
}

fn take<'a, T>(next: &AtomicUsize, items: &'a [T]) -> Option<(usize, &'a T)> {
    let index = next.fetch_add(1, Ordering::Relaxed);
    items.get(index).map(|item| (index, item))
}

fn digest(file: &SourceFile) -> Result<FileDigest, ReadError> {
    let mut opened = File::open(&file.path).map_err(|error| file.io_error(&error))?;
    let mut hasher = blake3::Hasher::new();
    let mut block = vec![0; 256 * 1024];
    let mut bytes = 0;
    loop {
        let read = opened
            .read(&mut block)
            .map_err(|error| file.io_error(&error))?;
        if read == 0 {
            break;
        }
        hasher.update(&block[..read]);
        bytes += read as u64;
    }
    file.check_unchanged()?;
    let blake3 = hasher.finalize().to_hex().to_string();
    Ok(FileDigest {
        file: file.display.to_string(),
        bytes,
        blake3,
    })
}
