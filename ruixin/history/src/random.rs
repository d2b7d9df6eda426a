//! Seeded random numbers: the same seed and place give the same draws on every machine.

/// Is a stream of random numbers (SplitMix64, Steele, Lea and Flood 2014).
#[derive(Debug, Clone)]
pub(crate) struct Random(u64);

/// Names what a stream is for, so that no two uses share their draws.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Purpose {
    Shard = 1,
    Crossing,
    CrossingCount,
    AccountNumber,
    Person,
    Seal,
    SerialCheck,
    Opening,
}

impl Random {
    /// Opens the stream of a seed, a purpose and a place, apart from all others.
    pub(crate) fn keyed(seed: u64, purpose: Purpose, place: [u64; 2]) -> Self {
        let mut state = stir(seed ^ 0x5275_6978_696e_2050);
        for word in [purpose as u64, place[0], place[1]] {
            state = stir(state.wrapping_add(GOLDEN) ^ word.wrapping_mul(0xd6e8_feb8_6659_fd93));
        }
        Self(state)
    }

    /// Draws any 64 bits.
    #[inline]
    pub(crate) fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(GOLDEN);
        stir(self.0)
    }

    /// Draws a number from 0 up to, not including, `end`; 0 where `end` is 0.
    #[inline]
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        scaled(self.bits(), end)
    }

    /// Draws an index of a list of `length`.
    #[inline]
    pub(crate) fn index(&mut self, length: usize) -> usize {
        self.below(length as u64) as usize
    }

    /// Draws a number between both ends, which can come too.
    #[inline]
    pub(crate) fn between(&mut self, first: i64, last: i64) -> i64 {
        first + self.below(last.abs_diff(first) + 1) as i64
    }

    /// Says yes in so many of a thousand cases.
    #[inline]
    pub(crate) fn permille(&mut self, share: u64) -> bool {
        self.below(1_000) < share
    }

    /// Draws one of several.
    #[inline]
    pub(crate) fn one_of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.index(all.len())]
    }

    /// Draws a fraction of 2^32 that is often small: the cube of a uniform one.
    #[inline]
    pub(crate) fn cubed(&mut self) -> u64 {
        let uniform = self.bits() >> 32;
        let squared = (uniform * uniform) >> 32;
        (squared * uniform) >> 32
    }
}

const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

#[inline]
fn stir(mut mixed: u64) -> u64 {
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// Maps any 64 bits to a number below `end` (Lemire 2019, without the rejection).
#[inline]
fn scaled(bits: u64, end: u64) -> u64 {
    ((u128::from(bits) * u128::from(end)) >> 64) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_depends_on_seed_purpose_and_place() {
        let first = |seed, purpose, place| Random::keyed(seed, purpose, place).bits();
        let one = first(1, Purpose::Shard, [2, 3]);
        assert_eq!(one, first(1, Purpose::Shard, [2, 3]));
        assert_ne!(one, first(2, Purpose::Shard, [2, 3]));
        assert_ne!(one, first(1, Purpose::Person, [2, 3]));
        assert_ne!(one, first(1, Purpose::Shard, [3, 2]));
    }

    #[test]
    fn both_ends_of_a_range_are_drawn_and_nothing_beyond() {
        let mut random = Random::keyed(1, Purpose::Shard, [0, 0]);
        let mut drawn: Vec<i64> = (0..200).map(|_| random.between(-2, 2)).collect();
        drawn.sort_unstable();
        drawn.dedup();
        assert_eq!(drawn, [-2, -1, 0, 1, 2]);
    }
}
