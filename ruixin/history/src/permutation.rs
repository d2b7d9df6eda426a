//! A keyed permutation of the numbers below 10^11: account numbers that look drawn by lot.
//!
//! A Feistel network of four rounds (Luby and Rackoff 1988) permutes 38 bits. A number that falls
//! outside of the range goes through it again until it is inside (cycle walking, Black and Rogaway
//! 2002). Whoever knows the key comes back from the permuted number to the first one, so a record
//! needs no lookup table to say which account of which shard it belongs to.

use crate::random::Random;

/// How many numbers are permuted.
pub(crate) const RANGE: u64 = 100_000_000_000;

const HALF_BITS: u32 = 19;
const HALF_MASK: u64 = (1 << HALF_BITS) - 1;
const ROUNDS: usize = 4;

/// Is one permutation out of many: the one of its key.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Permutation {
    keys: [u64; ROUNDS],
}

impl Permutation {
    pub(crate) fn new(random: &mut Random) -> Self {
        Self {
            keys: std::array::from_fn(|_| random.bits()),
        }
    }

    /// Gives the number that stands for `plain`, which is below [`RANGE`].
    pub(crate) fn permute(&self, plain: u64) -> u64 {
        let mut number = plain;
        loop {
            let (mut left, mut right) = (number >> HALF_BITS, number & HALF_MASK);
            for key in self.keys {
                (left, right) = (right, left ^ round(right, key));
            }
            number = (left << HALF_BITS) | right;
            if number < RANGE {
                return number;
            }
        }
    }

    /// Gives the number that `permuted` stands for.
    pub(crate) fn restore(&self, permuted: u64) -> u64 {
        let mut number = permuted;
        loop {
            let (mut left, mut right) = (number >> HALF_BITS, number & HALF_MASK);
            for key in self.keys.iter().rev() {
                (left, right) = (right ^ round(left, *key), left);
            }
            number = (left << HALF_BITS) | right;
            if number < RANGE {
                return number;
            }
        }
    }
}

fn round(half: u64, key: u64) -> u64 {
    let mixed = (half ^ key).wrapping_mul(0x9fb2_1c65_1e98_df25);
    (mixed ^ (mixed >> 28)).wrapping_mul(0xd6e8_feb8_6659_fd93) >> 40 & HALF_MASK
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::random::Purpose;

    #[test]
    fn every_number_has_its_own_stand_in_and_comes_back() {
        let permutation = Permutation::new(&mut Random::keyed(1, Purpose::AccountNumber, [0, 0]));
        let numbers = || (0..2_000).chain(RANGE - 2_000..RANGE);
        let permuted: BTreeSet<u64> = numbers().map(|one| permutation.permute(one)).collect();
        assert_eq!(permuted.len(), 4_000);
        for number in numbers() {
            let stand_in = permutation.permute(number);
            assert!(stand_in < RANGE);
            assert_eq!(permutation.restore(stand_in), number);
        }
    }
}
