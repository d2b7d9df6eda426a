//! From a file's bytes to UTF-8 text: decompressed, decoded, strictly.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use encoding_rs::{Decoder, DecoderResult, Encoding, UTF_8, UTF_16BE, UTF_16LE};

use crate::error::{BookError, BookErrorKind, ReadErrorKind};

/// Bytes that are decompressed and decoded at a time.
const PIECE_BYTES: usize = 64 * 1024;
/// Bytes kept of what was decoded before, to show one that is wrong.
const KEPT_BYTES: usize = 16;

/// How a file's bytes become text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Coding {
    pub(crate) compression: Option<Compression>,
    pub(crate) encoding: &'static Encoding,
    /// Bytes of the byte-order mark.
    pub(crate) mark_bytes: usize,
}

/// How a file is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Compression {
    Gzip,
    Zstandard,
}

impl Compression {
    fn name(self) -> &'static str {
        match self {
            Compression::Gzip => "gzip",
            Compression::Zstandard => "Zstandard",
        }
    }
}

impl Coding {
    /// Looks at the first bytes of a file: its compression and byte-order mark.
    pub(crate) fn detect(
        path: &Path,
        claimed: Option<&'static str>,
        declared: Declared,
    ) -> Result<Coding, ReadErrorKind> {
        let head = read_head(File::open(path).map_err(|error| io_kind(&error))?)?;
        let compression = match head.as_slice() {
            [0x1F, 0x8B, ..] => Some(Compression::Gzip),
            // A frame of data, or one that is to be skipped.
            [0x28, 0xB5, 0x2F, 0xFD, ..] | [0x50..=0x5F, 0x2A, 0x4D, 0x18, ..] => {
                Some(Compression::Zstandard)
            }
            [b'P', b'A', b'R', b'1', ..] => return Err(ReadErrorKind::ParquetInstead),
            head if head.starts_with(SQLITE) => return Err(ReadErrorKind::SqliteInstead),
            _ => None,
        };
        if let Some(claimed) = claimed
            && compression.is_none_or(|found| found.name() != claimed)
        {
            return Err(ReadErrorKind::NotCompressed(claimed));
        }
        let head = match compression {
            None => head,
            Some(format) => {
                let file = File::open(path).map_err(|error| io_kind(&error))?;
                let mut plain = Vec::new();
                // Damage is told, with its place, when the text is read.
                let _ = decompress(file, Some(format))
                    .and_then(|from| from.take(4).read_to_end(&mut plain));
                plain
            }
        };
        let (encoding, mark_bytes) = declared.settle(mark_of(&head))?;
        Ok(Coding {
            compression,
            encoding,
            mark_bytes,
        })
    }

    /// Whether a line feed or the byte `quote` is always that character, so
    /// that a file can be cut before it is decoded.
    pub(crate) fn can_be_cut(&self, quote: Option<u8>) -> bool {
        if self.compression.is_some() || !self.encoding.is_ascii_compatible() {
            return false;
        }
        // In the encodings of several bytes the later ones are 0x30 and above.
        let is_plain = self.encoding == UTF_8 || self.encoding.is_single_byte();
        is_plain || quote.is_none_or(|quote| quote < 0x30)
    }
}

/// What a SQLite database begins with.
const SQLITE: &[u8] = b"SQLite format 3\0";

/// Whether a file is a SQLite database.
pub(crate) fn is_sqlite(path: &Path) -> bool {
    File::open(path)
        .map_err(|error| io_kind(&error))
        .and_then(read_head)
        .is_ok_and(|head| head == SQLITE)
}

fn read_head(mut file: File) -> Result<Vec<u8>, ReadErrorKind> {
    let mut head = Vec::new();
    file.by_ref()
        .take(SQLITE.len() as u64)
        .read_to_end(&mut head)
        .map_err(|error| io_kind(&error))?;
    Ok(head)
}

fn io_kind(error: &io::Error) -> ReadErrorKind {
    ReadErrorKind::Io(error.to_string())
}

/// The encoding that a plan declares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Declared {
    /// None: UTF-8, or what the byte-order mark says.
    Open,
    /// UTF-16 of either order.
    Utf16,
    /// Exactly this one.
    Exactly(&'static Encoding),
}

impl Declared {
    pub(crate) fn new(label: Option<&str>) -> Result<Declared, BookError> {
        let Some(label) = label else {
            return Ok(Declared::Open);
        };
        if label.trim().eq_ignore_ascii_case("utf-16") {
            return Ok(Declared::Utf16);
        }
        let known = Encoding::for_label_no_replacement(label.as_bytes());
        known.map(Declared::Exactly).ok_or_else(|| {
            BookError::new(BookErrorKind::Setting(format!("{label:?} is no encoding")))
                .setting("encoding")
                .mend("use a WHATWG name, such as utf-8, gb18030, windows-1252 or utf-16le")
        })
    }

    fn settle(
        self,
        mark: Option<(&'static Encoding, usize)>,
    ) -> Result<(&'static Encoding, usize), ReadErrorKind> {
        match (self, mark) {
            (Declared::Open, None) => Ok((UTF_8, 0)),
            (Declared::Open, Some(mark)) => Ok(mark),
            (Declared::Utf16, None) => Ok((UTF_16LE, 0)),
            (Declared::Utf16, Some((found, bytes))) if found != UTF_8 => Ok((found, bytes)),
            (Declared::Utf16, Some((found, _))) => Err(contradiction(found, "UTF-16")),
            (Declared::Exactly(encoding), None) => Ok((encoding, 0)),
            (Declared::Exactly(encoding), Some((found, bytes))) if found == encoding => {
                Ok((encoding, bytes))
            }
            (Declared::Exactly(encoding), Some((found, _))) => {
                Err(contradiction(found, encoding.name()))
            }
        }
    }
}

fn contradiction(mark: &'static Encoding, declared: &'static str) -> ReadErrorKind {
    ReadErrorKind::ByteOrderMark {
        mark: mark.name(),
        declared,
    }
}

fn mark_of(head: &[u8]) -> Option<(&'static Encoding, usize)> {
    match head {
        [0xEF, 0xBB, 0xBF, ..] => Some((UTF_8, 3)),
        [0xFF, 0xFE, ..] => Some((UTF_16LE, 2)),
        [0xFE, 0xFF, ..] => Some((UTF_16BE, 2)),
        _ => None,
    }
}

/// Counts the bytes that are taken from a file.
struct Counted {
    file: io::Take<File>,
    passed: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(into)?;
        self.passed.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }

    fn read_to_end(&mut self, into: &mut Vec<u8>) -> io::Result<usize> {
        let read = self.file.read_to_end(into)?;
        self.passed.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

fn decompress<'a>(
    from: impl Read + Send + 'a,
    compression: Option<Compression>,
) -> io::Result<Box<dyn Read + Send + 'a>> {
    Ok(match compression {
        None => Box::new(from),
        Some(Compression::Gzip) => {
            let buffered = BufReader::with_capacity(PIECE_BYTES, from);
            Box::new(flate2::bufread::MultiGzDecoder::new(buffered))
        }
        Some(Compression::Zstandard) => Box::new(zstd::stream::read::Decoder::new(from)?),
    })
}

/// Where the bytes of a text come from.
enum Bytes {
    /// As they are: read without a detour.
    Plain(Counted),
    /// Through a decompressor.
    Compressed(Box<dyn Read + Send>),
}

impl Bytes {
    /// Appends up to `want` bytes; fewer only at the end.
    fn append(&mut self, want: usize, into: &mut Vec<u8>) -> io::Result<usize> {
        into.reserve(want);
        match self {
            Bytes::Plain(from) => {
                let read = from.file.by_ref().take(want as u64).read_to_end(into)?;
                from.passed.fetch_add(read as u64, Ordering::Relaxed);
                Ok(read)
            }
            Bytes::Compressed(from) => from.by_ref().take(want as u64).read_to_end(into),
        }
    }
}

/// A stretch of a file as UTF-8.
///
/// Text that cannot be had (a damaged stream, an undecodable byte) ends it,
/// with the reason in [`failure`](Text::failure): so what comes before is
/// looked at first.
pub(crate) struct Text {
    bytes: Bytes,
    compression: Option<Compression>,
    decoding: Decoding,
    passed: Arc<AtomicU64>,
    has_ended: bool,
    failure: Option<ReadErrorKind>,
}

enum Decoding {
    /// UTF-8: bytes of a character whose rest is still to come.
    Utf8 { begun: Vec<u8> },
    /// Anything else; `raw` are the bytes decoded last.
    Other {
        decoder: Decoder,
        encoding: &'static Encoding,
        raw: Vec<u8>,
        is_start: bool,
    },
}

impl Text {
    /// The text of the bytes `start..end` of a file (all of it, where compressed).
    pub(crate) fn open(path: &Path, coding: &Coding, start: u64, end: u64) -> io::Result<Text> {
        let mut file = File::open(path)?;
        let passed = Arc::new(AtomicU64::new(0));
        let is_start = start == 0;
        file.seek(SeekFrom::Start(start))?;
        let counted = Counted {
            file: file.take(end - start),
            passed: Arc::clone(&passed),
        };
        let mut bytes = match coding.compression {
            None => Bytes::Plain(counted),
            some => Bytes::Compressed(decompress(counted, some)?),
        };
        let mut failure = None;
        if is_start && let Err(error) = bytes.append(coding.mark_bytes, &mut Vec::new()) {
            failure = Some(failure_of(&error, coding.compression));
        }
        let decoding = if coding.encoding == UTF_8 {
            Decoding::Utf8 { begun: Vec::new() }
        } else {
            Decoding::Other {
                decoder: coding.encoding.new_decoder_without_bom_handling(),
                encoding: coding.encoding,
                raw: Vec::new(),
                is_start,
            }
        };
        let has_ended = failure.is_some();
        Ok(Text {
            bytes,
            compression: coding.compression,
            decoding,
            passed,
            has_ended,
            failure,
        })
    }

    /// Bytes of the file that were used so far.
    pub(crate) fn passed(&self) -> u64 {
        self.passed.load(Ordering::Relaxed)
    }

    /// Whether there is no more text.
    pub(crate) fn has_ended(&self) -> bool {
        self.has_ended
    }

    /// Why the text ends early, once it has ended.
    pub(crate) fn failure(&self) -> Option<&ReadErrorKind> {
        self.failure.as_ref()
    }

    /// Appends text until `block` is at least `target` bytes long or the text ends.
    pub(crate) fn fill(&mut self, target: usize, block: &mut Vec<u8>) {
        while block.len() < target && !self.has_ended {
            let want = target - block.len();
            match &mut self.decoding {
                Decoding::Utf8 { .. } => self.fill_utf8(want, block),
                Decoding::Other { .. } => self.fill_other(block),
            }
        }
    }

    fn end(&mut self, failure: Option<ReadErrorKind>) {
        self.has_ended = true;
        self.failure = failure;
    }

    fn fill_utf8(&mut self, want: usize, block: &mut Vec<u8>) {
        let Decoding::Utf8 { begun } = &mut self.decoding else {
            return;
        };
        let start = block.len();
        block.append(begun);
        let read = self.bytes.append(want, block);
        let valid = Encoding::utf8_valid_up_to(&block[start..]) + start;
        let rest = block.split_off(valid);
        let wrong = wrong_utf8(&rest);
        match (read, wrong) {
            (_, Some(length)) => self.end(Some(undecodable(&rest[..length], UTF_8))),
            (Err(error), None) => {
                let failure = failure_of(&error, self.compression);
                self.end(Some(failure));
            }
            (Ok(read), None) if read < want => {
                let failure = (!rest.is_empty()).then(|| undecodable(&rest, UTF_8));
                self.end(failure);
            }
            (Ok(_), None) => *begun = rest,
        }
    }

    fn fill_other(&mut self, block: &mut Vec<u8>) {
        let Decoding::Other {
            decoder,
            encoding,
            raw,
            is_start,
        } = &mut self.decoding
        else {
            return;
        };
        raw.drain(..raw.len().saturating_sub(KEPT_BYTES));
        let kept = raw.len();
        let read = self.bytes.append(PIECE_BYTES, raw);
        let is_last = !matches!(read, Ok(read) if read == PIECE_BYTES);
        let source = &raw[kept..];
        let room = decoder
            .max_utf8_buffer_length_without_replacement(source.len())
            .unwrap_or(source.len().saturating_mul(4));
        let start = block.len();
        block.resize(start + room, 0);
        // A damaged stream ends wherever it ends: half a character there is no second fault.
        let is_whole = is_last && read.is_ok();
        let (result, used, written) =
            decoder.decode_to_utf8_without_replacement(source, &mut block[start..], is_whole);
        block.truncate(start + written);
        let position = kept + used;
        if std::mem::take(is_start) && block[start..].starts_with("\u{FEFF}".as_bytes()) {
            block.drain(start..start + 3);
        }
        if let DecoderResult::Malformed(length, after) = result {
            let end = position - usize::from(after);
            let from = end.saturating_sub(usize::from(length));
            let failure = undecodable(&raw[from..end], encoding);
            return self.end(Some(failure));
        }
        if let Err(error) = read {
            let failure = failure_of(&error, self.compression);
            self.end(Some(failure));
        } else if is_last {
            self.end(None);
        }
    }
}

/// How many bytes of text that does not go on as UTF-8 are wrong; none where
/// the rest of a character may follow.
fn wrong_utf8(rest: &[u8]) -> Option<usize> {
    std::str::from_utf8(rest)
        .err()
        .and_then(|error| error.error_len())
}

fn undecodable(bytes: &[u8], encoding: &'static Encoding) -> ReadErrorKind {
    let bytes: Vec<String> = bytes.iter().map(|byte| format!("0x{byte:02X}")).collect();
    ReadErrorKind::Undecodable {
        bytes: bytes.join(" "),
        encoding: encoding.name(),
    }
}

fn failure_of(error: &io::Error, compression: Option<Compression>) -> ReadErrorKind {
    match compression {
        Some(format) if error.raw_os_error().is_none() => ReadErrorKind::Compression {
            format: format.name(),
            why: error.to_string(),
        },
        _ => io_kind(error),
    }
}
