//! Who gets a fen of the residue: those with most cut off, without sorting anybody.
//!
//! A histogram of what was cut off tells in which bucket the border falls between those who get a
//! fen and those who do not. Only the rows of that bucket are compared with each other, by
//! selection.

use super::cut::{Divisor, Part};

/// So many bits of what was cut off choose the bucket: the counts fit into the first cache.
const BUCKET_BITS: u32 = 11;

/// Counts the rows by what was cut off, and adds up what was not.
#[derive(Debug, Clone)]
pub(super) struct Histogram {
    counts: Vec<u64>,
    shift: u32,
    cut: u64,
}

/// Says who gets a fen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Winners {
    shift: u32,
    /// All rows above this bucket get one, and some of its own rows.
    border: u64,
    /// How many of the border's rows.
    of_border: u64,
}

/// Is a row on the border. The least of them come first: most cut off, then the first row, which
/// has the lowest holder number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Candidate {
    kept: u64,
    row: usize,
}

impl Candidate {
    pub(super) fn new(remainder: u64, row: usize) -> Candidate {
        Candidate {
            kept: u64::MAX.wrapping_sub(remainder),
            row,
        }
    }
}

impl Histogram {
    pub(super) fn new(divisor: &Divisor) -> Histogram {
        let bits = u64::BITS.saturating_sub(divisor.remainder_max().leading_zeros());
        Histogram {
            counts: vec![0; 1 << BUCKET_BITS],
            shift: bits.saturating_sub(BUCKET_BITS),
            cut: 0,
        }
    }

    #[inline]
    pub(super) fn add(&mut self, part: Part) {
        // All cuts together are at most the amount.
        self.cut = self.cut.wrapping_add(part.cut);
        let bucket = usize::try_from(part.remainder >> self.shift).unwrap_or(usize::MAX);
        if let Some(count) = self.counts.get_mut(bucket) {
            *count = count.wrapping_add(1);
        }
    }

    pub(super) fn merge(&mut self, other: &Histogram) {
        self.cut = self.cut.wrapping_add(other.cut);
        for (count, more) in self.counts.iter_mut().zip(&other.counts) {
            *count = count.wrapping_add(*more);
        }
    }

    /// Gives the sum of the cuts.
    pub(super) fn cut(&self) -> u64 {
        self.cut
    }

    /// Finds the border for so many fen; nobody gets one where there are none.
    ///
    /// What was cut off comes to the residue, and from each row less than a fen: so there are more
    /// rows with something cut off than fen to hand out.
    pub(super) fn winners(&self, residue: u64) -> Option<Winners> {
        let mut left = residue;
        let mut border = u64::try_from(self.counts.len()).ok()?;
        for count in self.counts.iter().rev() {
            border = border.checked_sub(1)?;
            if *count >= left {
                break;
            }
            left = left.wrapping_sub(*count);
        }
        let winners = Winners {
            shift: self.shift,
            border,
            of_border: left,
        };
        (residue > 0).then_some(winners)
    }
}

impl Winners {
    /// Says whether a row gets a fen without being compared.
    #[inline]
    pub(super) fn has(self, remainder: u64) -> bool {
        remainder >> self.shift > self.border
    }

    /// Says whether a row has to be compared.
    #[inline]
    pub(super) fn may_have(self, remainder: u64) -> bool {
        remainder >> self.shift == self.border
    }

    /// Gives the rows of the border that get a fen.
    pub(super) fn select(self, border: &mut [Candidate]) -> impl Iterator<Item = usize> {
        let wanted = usize::try_from(self.of_border).unwrap_or(usize::MAX);
        if wanted < border.len() {
            border.select_nth_unstable(wanted);
        }
        border.iter().take(wanted).map(|candidate| candidate.row)
    }
}
