//! The spelling of a record: one text for the same values wherever they lie, short enough to say
//! that a server of a database writes it as well, and the digests of records by it.
//!
//! # The spelling
//!
//! A record is spelled by its compared columns, in the layout's order, one field behind the other:
//!
//! | values | field |
//! |---|---|
//! | text | the number of its bytes in UTF-8, `:`, the bytes themselves |
//! | a number | all decimals of the column's common scale, `-` in front below zero, `;` |
//! | true, false | `true` or `false`, `;` |
//! | bytes | two small hexadecimal digits a byte, `;` |
//! | a day | `2013-05-27;` |
//! | a moment | `2013-05-27 08:00:00.12;`, in UTC where it has a zone, the fraction without the zeros at its end |
//! | a time of day | `08:00:00.12;` |
//! | NULL | `~:` for a text, else `~;` |
//!
//! Each field tells by itself where it ends, for `;` and `~` stand in no value but a text, and of a
//! text the length is said first. So two records of one layout have the same spelling only if they
//! have the same values: nothing that stands in one column can be taken for another.
//!
//! A floating-point number is spelled by every server in its own way; a layout with one is not
//! spelled at all.
//!
//! # The digest
//!
//! MD5 of a secret and the spelling, because that is what PostgreSQL, MySQL and MariaDB all have.
//! Of its 32 hexadecimal digits the first fifteen are one number and the next fifteen another: 60
//! bits each, which every server adds up exactly. A bucket holds how many records fell into it and
//! the sums of both numbers, so that a record that is there twice counts twice, and no order is
//! needed. The bucket's number is the first few hexadecimal digits of the MD5 of the secret and the
//! spelling of the key's columns alone; where there is no key, of the record's own.
//!
//! MD5 is broken where whoever writes the records knows what goes in front of them. The secret is
//! drawn when both books have been opened at their moment and can no longer be changed.
//!
//! Spellings that differ although the values do not cost time and nothing else: the records of the
//! bucket are then read, and compared by their values.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Time32MillisecondType, Time32SecondType, Time64MicrosecondType, Time64NanosecondType,
};
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_schema::{DataType, TimeUnit};
use md5::{Digest as _, Md5};

use crate::hash::Seed;
use crate::layout::{Class, Layout, Side};
use crate::values::value_text;

/// Bits of each of the two numbers of a digest.
const PIECE_BITS: u32 = 60;

/// The most hexadecimal digits that a bucket's number may have.
const DIGITS_MAX: u32 = 4;

/// Count and digests of the records of a bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Digest {
    /// How many records there are.
    pub records: u64,
    /// The sums of both numbers of their digests.
    pub sums: [u128; 2],
}

/// The digests of all buckets of one side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Digests {
    buckets: Vec<Digest>,
}

/// A record by its spelling.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spelled {
    /// The number of its bucket.
    pub bucket: u32,
    /// Both numbers of its digest.
    pub pieces: [u64; 2],
}

impl Digests {
    /// No records, in as many buckets as numbers of so many hexadecimal digits tell apart; four
    /// digits at most.
    pub fn new(digits: u32) -> Self {
        Self {
            buckets: vec![Digest::default(); 1 << (4 * digits.min(DIGITS_MAX))],
        }
    }

    /// How many buckets there are.
    pub fn count(&self) -> usize {
        self.buckets.len()
    }

    /// Counts a record.
    pub fn add(&mut self, spelled: Spelled) {
        let own = Digest {
            records: 1,
            sums: spelled.pieces.map(u128::from),
        };
        // A speller of as many digits gives no number beyond them.
        let _ = self.add_to(spelled.bucket, own);
    }

    /// Counts the records of a bucket; none where there is no such bucket, or its sums are beyond
    /// what any number of records comes to.
    pub fn add_to(&mut self, bucket: u32, digest: Digest) -> Option<()> {
        let own = self.buckets.get_mut(bucket as usize)?;
        let sum = |at: usize| own.sums[at].checked_add(digest.sums[at]);
        let sums = [sum(0)?, sum(1)?];
        *own = Digest {
            records: own.records.checked_add(digest.records)?,
            sums,
        };
        Some(())
    }

    /// Adds the records of another part of the same side, of as many buckets.
    pub fn merge(&mut self, other: &Self) -> Option<()> {
        let mut numbered = (0..).zip(&other.buckets);
        numbered.try_for_each(|(bucket, digest)| self.add_to(bucket, *digest))
    }

    /// Records of all buckets.
    pub fn records(&self) -> u64 {
        self.buckets.iter().map(|bucket| bucket.records).sum()
    }

    /// Records of the buckets that are marked.
    pub fn records_of(&self, wanted: &[bool]) -> u64 {
        let pairs = self.buckets.iter().zip(wanted);
        pairs
            .filter(|(_, wanted)| **wanted)
            .map(|(bucket, _)| bucket.records)
            .sum()
    }

    /// Marks the buckets in which two sides differ.
    pub fn differing(&self, other: &Self) -> Vec<bool> {
        let pairs = self.buckets.iter().zip(&other.buckets);
        pairs.map(|(own, other)| own != other).collect()
    }
}

/// Gives what goes in front of every spelling of a run: it follows from the seed, and does not tell
/// it.
pub fn spelling_secret(seed: &Seed) -> String {
    let secret = blake3::derive_key("crossfoot footing 1 spelling", seed.bytes());
    secret[..16]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// Spells the records of one side.
#[derive(Clone)]
pub struct Speller {
    layout: Arc<Layout>,
    side: Side,
    secret: String,
    digits: u32,
}

impl std::fmt::Debug for Speller {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Speller")
            .field("side", &self.side)
            .finish_non_exhaustive()
    }
}

impl Speller {
    /// Makes a speller for one side of a layout, of buckets whose numbers have so many digits.
    ///
    /// # Errors
    /// The name of a column that has no spelling.
    pub fn new(layout: &Arc<Layout>, side: Side, seed: &Seed, digits: u32) -> Result<Self, String> {
        let mut columns = layout.columns().iter();
        if let Some(float) = columns.find(|column| column.class == Class::Float) {
            return Err(float.name.clone());
        }
        Ok(Self {
            layout: Arc::clone(layout),
            side,
            secret: spelling_secret(seed),
            digits: digits.min(DIGITS_MAX),
        })
    }

    /// Spells every record of a batch, in order.
    pub fn spell(&self, batch: &RecordBatch) -> Vec<Spelled> {
        let fields = self.fields(batch);
        let mut text = Vec::new();
        let mut one = |row: usize| {
            let md5 = |text: &mut Vec<u8>, columns: &mut dyn Iterator<Item = usize>| {
                text.clear();
                text.extend(self.secret.as_bytes());
                columns.for_each(|column| fields[column].write(row, text));
                u128::from_be_bytes(Md5::digest(&*text).into())
            };
            let record = md5(&mut text, &mut (0..fields.len()));
            let bucket = match self.layout.key() {
                [] => record,
                key => md5(&mut text, &mut key.iter().copied()),
            };
            Spelled {
                bucket: top_bits(bucket, 4 * self.digits),
                pieces: pieces(record),
            }
        };
        (0..batch.num_rows()).map(&mut one).collect()
    }

    /// The spelling of one record, without the secret.
    pub fn text(&self, batch: &RecordBatch, row: usize) -> Vec<u8> {
        let mut text = Vec::new();
        for field in self.fields(batch) {
            field.write(row, &mut text);
        }
        text
    }

    fn fields(&self, batch: &RecordBatch) -> Vec<Field> {
        let columns = self.layout.columns().iter();
        columns
            .map(|column| Field {
                class: column.class,
                array: crate::fold::unpack(batch.column(column.index[self.side as usize])),
            })
            .collect()
    }
}

/// The topmost bits of a number of 128.
fn top_bits(number: u128, bits: u32) -> u32 {
    let shifted = number.checked_shr(u128::BITS - bits).unwrap_or_default();
    u32::try_from(shifted).unwrap_or_default()
}

/// Both numbers of a digest: its first fifteen hexadecimal digits, and the next fifteen.
fn pieces(digest: u128) -> [u64; 2] {
    let piece = |at: u32| (digest >> (u128::BITS - (at + 1) * PIECE_BITS)) as u64;
    [0, 1].map(|at| piece(at) & ((1 << PIECE_BITS) - 1))
}

/// A column of a batch.
struct Field {
    class: Class,
    array: ArrayRef,
}

impl Field {
    fn write(&self, row: usize, out: &mut Vec<u8>) {
        match self.class {
            Class::Text => return self.write_text(row, out),
            Class::Binary => self.write_hexadecimal(row, out),
            _ => match self.plain(row) {
                Some(text) => out.extend(text.as_bytes()),
                None => out.push(b'~'),
            },
        }
        out.push(b';');
    }

    /// The spelling of a value that is neither text nor bytes; none for NULL.
    fn plain(&self, row: usize) -> Option<String> {
        match self.class {
            Class::Number { scale, .. } => value_text(&self.array, row, Some(scale)),
            Class::Time => self.array.is_valid(row).then(|| self.time(row)).flatten(),
            Class::Instant { .. } => {
                let text = value_text(&self.array, row, None)?;
                Some(text.trim_end_matches('Z').replacen('T', " ", 1))
            }
            _ => value_text(&self.array, row, None),
        }
    }

    fn write_text(&self, row: usize, out: &mut Vec<u8>) {
        match bytes_at(&self.array, row) {
            Some(text) => {
                out.extend(text.len().to_string().as_bytes());
                out.push(b':');
                out.extend(text);
            }
            None => out.extend(b"~:"),
        }
    }

    fn write_hexadecimal(&self, row: usize, out: &mut Vec<u8>) {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        match bytes_at(&self.array, row) {
            Some(bytes) => out.extend(
                bytes
                    .iter()
                    .flat_map(|byte| [byte >> 4, byte & 15])
                    .map(|half| DIGITS[usize::from(half)]),
            ),
            None => out.push(b'~'),
        }
    }

    fn time(&self, row: usize) -> Option<String> {
        let (value, per_second) = match self.array.data_type() {
            DataType::Time32(TimeUnit::Second) => {
                let values = self.array.as_primitive::<Time32SecondType>();
                (i64::from(values.value(row)), 1)
            }
            DataType::Time32(_) => {
                let values = self.array.as_primitive::<Time32MillisecondType>();
                (i64::from(values.value(row)), 1_000)
            }
            DataType::Time64(TimeUnit::Microsecond) => {
                let values = self.array.as_primitive::<Time64MicrosecondType>();
                (values.value(row), 1_000_000)
            }
            DataType::Time64(_) => {
                let values = self.array.as_primitive::<Time64NanosecondType>();
                (values.value(row), 1_000_000_000)
            }
            _ => return None,
        };
        // What is no time of a day is spelled as it would be one, and so is like no other.
        let (seconds, part) = (value.div_euclid(per_second), value.rem_euclid(per_second));
        let (hour, minute, second) = (
            seconds.div_euclid(3_600),
            seconds.rem_euclid(3_600) / 60,
            seconds.rem_euclid(60),
        );
        let mut text = format!("{hour:02}:{minute:02}:{second:02}");
        if part != 0 {
            let width = per_second.ilog10() as usize;
            let fraction = format!("{part:0width$}");
            text.push('.');
            text.push_str(fraction.trim_end_matches('0'));
        }
        Some(text)
    }
}

/// The bytes of a text or of bytes; none for NULL.
fn bytes_at(array: &ArrayRef, row: usize) -> Option<&[u8]> {
    if array.is_null(row) {
        return None;
    }
    Some(match array.data_type() {
        DataType::Utf8View => array.as_string_view().value(row).as_bytes(),
        DataType::Utf8 => array.as_string::<i32>().value(row).as_bytes(),
        DataType::LargeUtf8 => array.as_string::<i64>().value(row).as_bytes(),
        DataType::Binary => array.as_binary::<i32>().value(row),
        DataType::LargeBinary => array.as_binary::<i64>().value(row),
        DataType::BinaryView => array.as_binary_view().value(row),
        DataType::FixedSizeBinary(_) => array.as_fixed_size_binary().value(row),
        // A column of nothing but NULL.
        _ => return None,
    })
}

#[cfg(test)]
mod tests;
