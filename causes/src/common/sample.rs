//! Samples of records that depend on nothing but what the records hold.

use super::Facts;
use super::attribute::Attributes;
use std::collections::BTreeMap;

/// A record's values, by column.
pub(super) type Row = Box<[Option<Box<str>>]>;

/// Keeps the records whose hashes are the smallest: the same ones in whatever order they come, and
/// however many gather them.
#[derive(Debug, Clone)]
pub(super) struct Sample {
    room: usize,
    /// By hash and record; copies are counted.
    rows: BTreeMap<(u64, Row), u32>,
    kept: usize,
    /// Records that were offered.
    pub(super) offered: u64,
}

impl Sample {
    pub(super) fn new(room: usize) -> Self {
        Self {
            room,
            rows: BTreeMap::new(),
            kept: 0,
            offered: 0,
        }
    }

    /// Offers a record with its hash.
    pub(super) fn offer<F: Facts + ?Sized>(
        &mut self,
        attributes: &Attributes,
        facts: &F,
        hash: u64,
    ) {
        self.offered = self.offered.saturating_add(1);
        if self.is_too_late(hash) {
            return;
        }
        self.keep((hash, row_of(attributes, facts)), 1);
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.offered = self.offered.saturating_add(other.offered);
        for (entry, copies) in other.rows {
            if self.is_too_late(entry.0) {
                break;
            }
            self.keep(entry, copies);
        }
    }

    /// The records that were kept, in the order of their hashes.
    pub(super) fn into_rows(self) -> impl Iterator<Item = Row> {
        let copies = self
            .rows
            .into_iter()
            .flat_map(|((_, row), copies)| std::iter::repeat_n(row, copies as usize));
        copies.take(self.room)
    }

    fn is_too_late(&self, hash: u64) -> bool {
        self.kept >= self.room
            && self
                .rows
                .last_key_value()
                .is_none_or(|((largest, _), _)| hash > *largest)
    }

    fn keep(&mut self, entry: (u64, Row), copies: u32) {
        // More copies than there is room for change nothing, and a count must not grow without end.
        let room = u32::try_from(self.room).unwrap_or(u32::MAX);
        let count = self.rows.entry(entry).or_default();
        let before = *count;
        *count = before.saturating_add(copies).min(room);
        self.kept += (*count - before) as usize;
        while let Some(last) = self.rows.last_entry() {
            let copies = *last.get() as usize;
            if self.kept - copies < self.room {
                break;
            }
            self.kept -= copies;
            last.remove();
        }
    }
}

pub(super) fn row_of<F: Facts + ?Sized>(attributes: &Attributes, facts: &F) -> Row {
    let values = attributes
        .iter()
        .map(|(column, _)| facts.value(column).map(Box::from));
    values.collect()
}

/// A hash of all values, with nulls and borders told apart: FNV-1a over eight bytes at a time, then
/// mixed so that its smallest values are a fair sample.
pub(super) fn hash_of<F: Facts + ?Sized>(attributes: &Attributes, facts: &F) -> u64 {
    const PRIME: u64 = 0x0000_0100_0000_01b3;
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut take = |word: u64| {
        hash = (hash ^ word).wrapping_mul(PRIME);
        hash ^= hash >> 29;
    };
    for (column, _) in attributes.iter() {
        let Some(text) = facts.value(column) else {
            take(u64::MAX);
            continue;
        };
        take(text.len() as u64);
        let (words, rest) = text.as_bytes().as_chunks::<8>();
        words
            .iter()
            .for_each(|word| take(u64::from_le_bytes(*word)));
        rest.iter().for_each(|byte| take(u64::from(*byte)));
    }
    mixed(hash)
}

/// The last steps of SplitMix64.
pub(super) fn mixed(mut hash: u64) -> u64 {
    hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^ (hash >> 31)
}
