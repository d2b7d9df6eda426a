//! From the fields of a block to Arrow arrays, which point into its text.

use std::sync::Arc;

use arrow_array::{ArrayRef, StringViewArray};
use arrow_buffer::{Buffer, NullBuffer, ScalarBuffer};

use super::dialect::Dialect;
use super::index::{Field, Index, unescape};
use crate::repair::{ChunkRepairs, RepairKind};

/// Texts up to this long are held in the view itself.
const INLINE_BYTES: usize = 12;

/// Records of which all columns are taken before those of the next.
const RECORDS_AT_ONCE: usize = 64;

/// Builds the columns of some records.
pub(crate) struct Columns<'a> {
    text: Buffer,
    index: &'a Index,
    rows: usize,
    width: usize,
    dialect: &'a Dialect,
}

impl<'a> Columns<'a> {
    pub(crate) fn new(
        text: Vec<u8>,
        index: &'a Index,
        rows: usize,
        dialect: &'a Dialect,
    ) -> Columns<'a> {
        let width = if index.starts.is_empty() {
            0
        } else {
            index.fields.len() / index.starts.len()
        };
        Columns {
            text: Buffer::from_vec(text),
            index,
            rows,
            width,
            dialect,
        }
    }

    /// The values of some fields of the file; repairs are counted for the column of each.
    pub(crate) fn build(
        &self,
        asked: &[(usize, usize)],
        repairs: &mut ChunkRepairs,
    ) -> Vec<ArrayRef> {
        let index = self.index;
        if !(index.has_escapes || index.has_missing || self.dialect.changes_values()) {
            return self.plain(asked.iter().map(|(field, _)| *field));
        }
        let mended = |(field, column): &(usize, usize)| {
            Arc::new(self.mended(*field, *column, repairs)) as ArrayRef
        };
        asked.iter().map(mended).collect()
    }

    fn fields(&self, field: usize) -> impl ExactSizeIterator<Item = Field> {
        self.index.fields[field..]
            .iter()
            .step_by(self.width)
            .take(self.rows)
            .copied()
    }

    /// Fields that are their text. They are taken from a few records at a time, whose text and
    /// index stay in the first-level cache for all columns.
    fn plain(&self, fields: impl Iterator<Item = usize>) -> Vec<ArrayRef> {
        struct Column {
            field: usize,
            views: Vec<u128>,
            longest: usize,
        }
        let text = self.text.as_slice();
        let mut columns: Vec<Column> = fields
            .map(|field| Column {
                field,
                views: Vec::with_capacity(self.rows),
                longest: 0,
            })
            .collect();
        let all = &self.index.fields[..self.rows * self.width];
        for records in all.chunks(RECORDS_AT_ONCE * self.width.max(1)) {
            for Column {
                field,
                views,
                longest,
            } in &mut columns
            {
                views.extend(records.chunks_exact(self.width).map(|record| {
                    let (start, end) = (record[*field].start(), record[*field].end());
                    *longest = (*longest).max(end - start);
                    view(text, 0, start, end)
                }));
            }
        }
        let finished = columns.into_iter().map(|column| {
            let buffers = match column.longest > INLINE_BYTES {
                true => vec![self.text.clone()],
                false => Vec::new(),
            };
            Arc::new(array(column.views, buffers, None)) as ArrayRef
        });
        finished.collect()
    }

    /// Fields of which some are NULL, trimmed, or have doubled quotes.
    fn mended(&self, field: usize, column: usize, repairs: &mut ChunkRepairs) -> StringViewArray {
        let text = self.text.as_slice();
        let mut views = Vec::with_capacity(self.rows);
        let mut valid = Vec::with_capacity(self.rows);
        let mut unescaped = Vec::new();
        let (mut nulls, mut trimmed) = (0, 0);
        for field in self.fields(field) {
            if field.is_missing() || self.is_null(field, text) {
                nulls += u64::from(!field.is_missing());
                views.push(0);
                valid.push(false);
                continue;
            }
            let (mut start, mut end) = (field.start(), field.end());
            if self.dialect.trim {
                (start, end) = trim(text, start, end);
                trimmed += u64::from(end - start < field.end() - field.start());
            }
            if let Some(quote) = self.dialect.quote.filter(|_| field.is_escaped()) {
                let from = unescaped.len();
                unescape(&text[start..end], quote, &mut unescaped);
                views.push(view(&unescaped, 1, from, unescaped.len()));
            } else {
                views.push(view(text, 0, start, end));
            }
            valid.push(true);
        }
        for (kind, count) in [(RepairKind::NullValues, nulls), (RepairKind::Trim, trimmed)] {
            if count > 0 {
                *repairs.entry((kind, Some(column))).or_default() += count;
            }
        }
        let nulls = valid.contains(&false).then(|| NullBuffer::from(valid));
        array(
            views,
            vec![self.text.clone(), Buffer::from_vec(unescaped)],
            nulls,
        )
    }

    fn is_null(&self, field: Field, text: &[u8]) -> bool {
        let values = if field.is_quoted() {
            &self.dialect.quoted_nulls
        } else {
            &self.dialect.plain_nulls
        };
        !values.is_empty()
            && values
                .iter()
                .any(|null| *null == text[field.start()..field.end()])
    }
}

/// A text as Arrow's view: its length, then itself or its first four bytes and its place.
#[inline]
fn view(text: &[u8], buffer: u32, start: usize, end: usize) -> u128 {
    let length = end - start;
    let Some(bytes) = text
        .get(start..start + 16)
        .and_then(|bytes| bytes.as_array::<16>())
    else {
        return view_at_the_end(text, buffer, start, end);
    };
    let bytes = u128::from_le_bytes(*bytes);
    if length <= INLINE_BYTES {
        let own = bytes & ((1 << (8 * length)) - 1);
        own << 32 | length as u128
    } else {
        placed(bytes, length, buffer, start)
    }
}

/// Where fewer than 16 bytes follow.
#[cold]
fn view_at_the_end(text: &[u8], buffer: u32, start: usize, end: usize) -> u128 {
    let length = end - start;
    let mut padded = [0; 16];
    padded[..length].copy_from_slice(&text[start..end]);
    let bytes = u128::from_le_bytes(padded);
    if length <= INLINE_BYTES {
        bytes << 32 | length as u128
    } else {
        placed(bytes, length, buffer, start)
    }
}

#[inline]
fn placed(bytes: u128, length: usize, buffer: u32, start: usize) -> u128 {
    let prefix = bytes & 0xFFFF_FFFF;
    (start as u128) << 96 | u128::from(buffer) << 64 | prefix << 32 | length as u128
}

/// The text without blanks and tabs around it.
fn trim(text: &[u8], start: usize, end: usize) -> (usize, usize) {
    let is_blank = |byte: &u8| matches!(byte, b' ' | b'\t');
    let own = &text[start..end];
    let before = own.iter().take_while(|byte| is_blank(byte)).count();
    let after = own[before..]
        .iter()
        .rev()
        .take_while(|byte| is_blank(byte))
        .count();
    (start + before, end - after)
}

/// Makes an array of views that this module built.
///
/// Arrow would look at every text again, which takes three times as long as
/// everything else; builds with assertions let it.
fn array(views: Vec<u128>, buffers: Vec<Buffer>, nulls: Option<NullBuffer>) -> StringViewArray {
    let views = ScalarBuffer::from(views);
    if cfg!(debug_assertions) {
        return StringViewArray::try_new(views, buffers, nulls)
            .expect("views lie in the text, between characters of valid UTF-8");
    }
    unchecked(views, buffers, nulls)
}

#[expect(
    unsafe_code,
    reason = "the text was validated as a whole when it was read"
)]
fn unchecked(
    views: ScalarBuffer<u128>,
    buffers: Vec<Buffer>,
    nulls: Option<NullBuffer>,
) -> StringViewArray {
    // SAFETY: `Text` gives valid UTF-8 only. A field starts and ends at an ASCII byte or at an end
    // of the text, so it is valid UTF-8 too; taking out an ASCII quote or blank leaves it so. `view`
    // reads it with checked indexing, pads what is short with zeros, and names the buffer it read.
    unsafe { StringViewArray::new_unchecked(views, buffers, nulls) }
}
