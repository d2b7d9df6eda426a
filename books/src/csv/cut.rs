//! Cutting a large file between records, before it is read.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use super::records::Layout;
use crate::table::{SourceFile, Span};

/// Bytes looked at at a time.
const PIECE_BYTES: usize = 128 * 1024;

/// The ranges of a file, each from a record's start to a record's end.
///
/// Where a record starts follows from the number of quotes before: in a strict
/// file a line feed after an even number of them ends a record. In a file that
/// is not strict the ranges may be wrong; then a reader that meets the end of
/// its range elsewhere, or a fault before it, looks for the file's first error.
pub(crate) fn cut(layout: &Layout, file: &SourceFile, chunk_bytes: u64) -> Vec<Span> {
    let end = file.stamp.bytes;
    let whole = vec![Span::Bytes {
        start: 0,
        end,
        line: 1,
        is_last: true,
    }];
    let dialect = &layout.dialect;
    let is_loose = dialect.keep_stray_quotes && dialect.quote.is_some();
    if chunk_bytes == 0
        || end <= chunk_bytes
        || is_loose
        || !layout.coding.can_be_cut(dialect.quote)
    {
        return whole;
    }
    let Ok(cuts) = find_cuts(layout, file, chunk_bytes) else {
        return whole;
    };
    spans(&cuts, end)
}

/// A record's start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Cut {
    at: u64,
    line: u64,
}

fn spans(cuts: &[Cut], end: u64) -> Vec<Span> {
    let starts = std::iter::once(Cut { at: 0, line: 1 }).chain(cuts.iter().copied());
    let ends = cuts.iter().map(|cut| cut.at).chain(std::iter::once(end));
    starts
        .zip(ends)
        .map(|(start, end_at)| Span::Bytes {
            start: start.at,
            end: end_at,
            line: start.line,
            is_last: end_at == end,
        })
        .collect()
}

fn find_cuts(layout: &Layout, file: &SourceFile, chunk_bytes: u64) -> io::Result<Vec<Cut>> {
    let (quote, end) = (layout.dialect.quote, file.stamp.bytes);
    let start = after_lines(&file.path, layout.dialect.skip_header)?;
    let segments: Vec<(u64, u64)> = (0..end.div_ceil(chunk_bytes))
        .map(|number| (number * chunk_bytes, ((number + 1) * chunk_bytes).min(end)))
        .map(|(from, to)| (from.max(start).min(to), to))
        .collect();
    let surveys = survey_all(&file.path, &segments, quote)?;
    let mut line = 1 + layout.dialect.skip_header as u64;
    let mut is_quoted = false;
    let mut cuts = Vec::new();
    for (number, survey) in surveys.iter().enumerate() {
        let first = if is_quoted {
            survey.quoted
        } else {
            survey.plain
        };
        if let Some(first) = first
            && number > 0
            && line + first.line > layout.data_line
            && first.at < end
        {
            cuts.push(Cut {
                at: first.at,
                line: line + first.line,
            });
        }
        line += survey.lines;
        is_quoted ^= survey.is_odd;
    }
    keep_footer_whole(&mut cuts, layout, file)?;
    Ok(cuts)
}

/// Where the line after `lines` lines starts.
fn after_lines(path: &Path, lines: usize) -> io::Result<u64> {
    if lines == 0 {
        return Ok(0);
    }
    let mut left = lines;
    let mut found = 0;
    for_pieces(path, 0, u64::MAX, |at, piece| {
        for feed in memchr::memchr_iter(b'\n', piece) {
            left -= 1;
            if left == 0 {
                found = at + feed as u64 + 1;
                return false;
            }
        }
        true
    })?;
    Ok(found)
}

/// What a stretch of a file holds.
#[derive(Debug, Clone, Copy, Default)]
struct Survey {
    /// Line feeds.
    lines: u64,
    /// Whether the number of quotes is odd.
    is_odd: bool,
    /// The first record's start, if the stretch starts outside of quotes.
    plain: Option<Cut>,
    /// The first record's start, if it starts within quotes.
    quoted: Option<Cut>,
}

impl Survey {
    /// Whether a piece with so many quotes may hold a start that is not known yet.
    fn may_start_in(&self, quotes: usize) -> bool {
        let current = if self.is_odd { self.quoted } else { self.plain };
        let other = if self.is_odd { self.plain } else { self.quoted };
        current.is_none() || (other.is_none() && quotes > 0)
    }
}

fn survey_all(path: &Path, segments: &[(u64, u64)], quote: Option<u8>) -> io::Result<Vec<Survey>> {
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::with_capacity(segments.len()));
    let threads = std::thread::available_parallelism().map_or(1, |threads| threads.get().min(8));
    std::thread::scope(|scope| {
        for _ in 0..threads.min(segments.len()) {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let Some(&(from, to)) = segments.get(number) else {
                        break;
                    };
                    let survey = survey(path, from, to, quote);
                    done.lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .push((number, survey));
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_by_key(|(number, _)| *number);
    done.into_iter().map(|(_, survey)| survey).collect()
}

fn survey(path: &Path, from: u64, to: u64, quote: Option<u8>) -> io::Result<Survey> {
    let mut survey = Survey::default();
    for_pieces(path, from, to, |at, piece| {
        let quotes = quote.map_or(0, |quote| memchr::memchr_iter(quote, piece).count());
        if survey.may_start_in(quotes) {
            find_starts(&mut survey, at, piece, quote);
        }
        survey.lines += memchr::memchr_iter(b'\n', piece).count() as u64;
        survey.is_odd ^= quotes % 2 == 1;
        true
    })?;
    Ok(survey)
}

/// Looks for the first record's start under both suppositions.
fn find_starts(survey: &mut Survey, at: u64, piece: &[u8], quote: Option<u8>) {
    let mut lines = survey.lines;
    let mut is_odd = survey.is_odd;
    for mark in memchr::memchr2_iter(b'\n', quote.unwrap_or(b'\n'), piece) {
        if piece[mark] != b'\n' {
            is_odd = !is_odd;
            continue;
        }
        lines += 1;
        let start = if is_odd {
            &mut survey.quoted
        } else {
            &mut survey.plain
        };
        start.get_or_insert(Cut {
            at: at + mark as u64 + 1,
            line: lines,
        });
        if survey.plain.is_some() && survey.quoted.is_some() {
            return;
        }
    }
}

/// Gives the bytes `from..to` of a file piece by piece, until told not to go on.
fn for_pieces(
    path: &Path,
    from: u64,
    to: u64,
    mut look: impl FnMut(u64, &[u8]) -> bool,
) -> io::Result<()> {
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(from))?;
    let mut piece = vec![0; PIECE_BYTES];
    let mut at = from;
    while at < to {
        let want = usize::try_from(to - at)
            .unwrap_or(PIECE_BYTES)
            .min(PIECE_BYTES);
        let read = file.read(&mut piece[..want])?;
        if read == 0 || !look(at, &piece[..read]) {
            break;
        }
        at += read as u64;
    }
    Ok(())
}

/// Takes cuts away until the last range holds all of the footer.
fn keep_footer_whole(cuts: &mut Vec<Cut>, layout: &Layout, file: &SourceFile) -> io::Result<()> {
    let footer = layout.dialect.skip_footer;
    if footer == 0 {
        return Ok(());
    }
    while let Some(last) = cuts.last() {
        // A line need not be a record: blank ones, and those within quotes.
        let ends = record_ends(&file.path, last.at, file.stamp.bytes, layout.dialect.quote)?;
        if ends > footer {
            break;
        }
        cuts.pop();
    }
    Ok(())
}

/// Lines that are not empty and end outside of quotes; the last may lack its end.
fn record_ends(path: &Path, from: u64, to: u64, quote: Option<u8>) -> io::Result<usize> {
    let (mut ends, mut is_quoted, mut is_empty) = (0, false, true);
    for_pieces(path, from, to, |_, piece| {
        for byte in piece {
            if Some(*byte) == quote {
                is_quoted = !is_quoted;
            }
            match byte {
                b'\n' if !is_quoted => {
                    ends += usize::from(!is_empty);
                    is_empty = true;
                }
                b'\r' => {}
                _ => is_empty = false,
            }
        }
        true
    })?;
    Ok(ends + usize::from(!is_empty))
}
