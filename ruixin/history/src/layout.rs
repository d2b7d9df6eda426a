//! How many shards, accounts and records there are, and which accounts are open at a moment.

use crate::calendar::{Rhythm, WHOLE};
use crate::numbers::DayTexts;
use crate::random::{Purpose, Random};
use crate::words::Memos;

/// Is all that every shard knows of the whole, from seed and size alone.
#[derive(Debug)]
pub(crate) struct Layout {
    pub(crate) seed: u64,
    pub(crate) records: u64,
    pub(crate) shards: u32,
    pub(crate) users: u64,
    pub(crate) merchants: u64,
    pub(crate) rhythm: Rhythm,
    pub(crate) days: DayTexts,
    pub(crate) memos: Memos,
}

/// The records that one user brings about, on the average: his own and a merchant's.
const RECORDS_PER_USER: u64 = 30;
const USERS_PER_MERCHANT: u64 = 25;
const MAX_SHARDS: u64 = 998;

impl Layout {
    pub(crate) fn new(seed: u64, records: u64) -> Self {
        // The number of files grows with the root of the size, and so does what is in each.
        let shards = (records / 2_500).isqrt().clamp(1, MAX_SHARDS);
        let users = (records / shards / RECORDS_PER_USER).max(12);
        Self {
            seed,
            records,
            shards: shards as u32,
            users,
            merchants: (users / USERS_PER_MERCHANT).max(5),
            rhythm: Rhythm::new(),
            days: DayTexts::new(),
            memos: Memos::new(),
        }
    }

    /// How many flow records a shard holds.
    pub(crate) fn quota(&self, shard: u32) -> u64 {
        let shards = u64::from(self.shards);
        self.records / shards + u64::from(u64::from(shard) < self.records % shards)
    }

    /// How many users are open at a moment.
    #[inline]
    pub(crate) fn open_users(&self, moment: u64) -> u64 {
        open(self.users, moment)
    }

    #[inline]
    pub(crate) fn open_merchants(&self, moment: u64) -> u64 {
        open(self.merchants, moment)
    }

    /// Draws a user who is open at a moment: the first ones are by far the busiest.
    #[inline]
    pub(crate) fn some_user(&self, random: &mut Random, moment: u64) -> u64 {
        let open = self.open_users(moment);
        let rank = (open * random.cubed()) >> 32;
        (rank + random.below(open / 200 + 1)) % open
    }

    /// Draws a merchant who is open at a moment: a few of them have most of the trade.
    #[inline]
    pub(crate) fn some_merchant(&self, random: &mut Random, moment: u64) -> u64 {
        let open = self.open_merchants(moment);
        let steep = (random.cubed() * (random.bits() >> 32)) >> 32;
        let rank = (open * steep) >> 32;
        (rank + random.below(open / 64 + 1)) % open
    }

    /// The class of a merchant.
    #[inline]
    pub(crate) fn class(&self, shard: u32, merchant: u64) -> usize {
        let place = [u64::from(shard), merchant | 1 << 40];
        match Random::keyed(self.seed, Purpose::Person, place).below(100) {
            0..52 => 0,
            52..66 => 1,
            66..82 => 2,
            _ => 3,
        }
    }

    /// The moment at which an account opens; `None` where it was open from the beginning.
    pub(crate) fn opening(&self, accounts: u64, index: u64) -> Option<u64> {
        if index < open(accounts, 0) {
            return None;
        }
        let (mut closed, mut opened) = (0, 1 << STEP_BITS);
        while opened - closed > 1 {
            let middle = (closed + opened) / 2;
            if open(accounts, middle << STEP_SHIFT) > index {
                opened = middle;
            } else {
                closed = middle;
            }
        }
        Some(opened << STEP_SHIFT)
    }
}

const STEP_BITS: u32 = 16;
const STEP_SHIFT: u32 = WHOLE.trailing_zeros() - STEP_BITS;

/// How many of the accounts are open: a twentieth at first, then quickly more, later slowly.
#[inline]
fn open(accounts: u64, moment: u64) -> u64 {
    let step = moment >> STEP_SHIFT;
    let share = ((2 * step) << STEP_BITS).saturating_sub(step * step) >> STEP_BITS;
    let first = (accounts / 20).max(4);
    first + (((accounts - first) * share) >> STEP_BITS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_open_from_its_opening_on_and_not_before() {
        let layout = Layout::new(1, 100_000);
        for index in 0..layout.users {
            if let Some(moment) = layout.opening(layout.users, index) {
                assert!(layout.open_users(moment) > index);
                assert!(layout.open_users(moment - 1) <= index);
            }
        }
        assert_eq!(layout.open_users(WHOLE), layout.users);
    }

    #[test]
    fn the_quotas_add_up_to_the_records() {
        for records in [1_000, 9_999, 10_007, 1_000_003, 1_000_000_000] {
            let layout = Layout::new(1, records);
            let sum: u64 = (0..layout.shards).map(|shard| layout.quota(shard)).sum();
            assert_eq!(sum, records);
        }
    }
}
