//! Choices that depend on a seed and on what is chosen from, and on nothing else.

use crate::table::Row;

/// Is a draw: the same seed, purpose and record give the same on every machine, whatever stands
/// around the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Draw(u64);

impl Draw {
    /// Draws for one record and one purpose.
    pub(crate) fn of(seed: u64, purpose: &str, row: &Row) -> Draw {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&seed.to_le_bytes());
        let cells = row.iter().map(Option::as_deref);
        // Each text with its length before it, so that no two records run together.
        for text in std::iter::once(Some(purpose)).chain(cells) {
            let length = text.map_or(u64::MAX, |text| u64::try_from(text.len()).unwrap_or(0));
            hasher.update(&length.to_le_bytes());
            hasher.update(text.unwrap_or_default().as_bytes());
        }
        let digest = hasher.finalize();
        let first = digest.as_bytes().first_chunk();
        Draw(u64::from_le_bytes(*first.expect("a digest has 32 bytes")))
    }

    /// Gives the next draw after this one (the mixing step of SplitMix64, Steele, Lea and Flood
    /// 2014).
    pub(crate) fn next(self) -> Draw {
        let mut mixed = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        Draw(mixed ^ (mixed >> 31))
    }

    /// Gives a number below `end`; 0 where there is nothing to draw from.
    pub(crate) fn below(self, end: usize) -> usize {
        let end = u64::try_from(end).unwrap_or(u64::MAX);
        usize::try_from(self.0.checked_rem(end).unwrap_or(0)).unwrap_or(0)
    }
}
