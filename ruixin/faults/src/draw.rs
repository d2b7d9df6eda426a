//! A uniform draw in one pass: of all that are suitable, those with the smallest hashes.

use std::collections::BTreeMap;

/// Is a record that was drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pick {
    pub(crate) voucher: String,
    pub(crate) leg: Option<i64>,
    /// The hash it was drawn by, which also decides whatever else is left to chance.
    pub(crate) hash: u64,
    /// Its amount in fen; 0 where it has none.
    pub(crate) fen: i128,
    /// Number of the part it stands in.
    pub(crate) part: usize,
}

/// Is a draw of so many vouchers, each by that one of its records with the smallest hash.
#[derive(Debug)]
pub(crate) struct Reservoir {
    capacity: usize,
    picks: BTreeMap<(u64, String), Pick>,
    hashes: BTreeMap<String, u64>,
}

impl Reservoir {
    pub(crate) fn new(capacity: usize) -> Self {
        Self {
            capacity,
            picks: BTreeMap::new(),
            hashes: BTreeMap::new(),
        }
    }

    /// Whether a record with this hash may come in: most need no further look.
    pub(crate) fn has_room_for(&self, hash: u64) -> bool {
        let last = self.picks.last_key_value();
        self.picks.len() < self.capacity || last.is_some_and(|((last, _), _)| hash < *last)
    }

    pub(crate) fn offer(&mut self, pick: Pick) {
        if let Some(former) = self.hashes.get(&pick.voucher) {
            if *former <= pick.hash {
                return;
            }
            self.picks.remove(&(*former, pick.voucher.clone()));
        }
        self.hashes.insert(pick.voucher.clone(), pick.hash);
        self.picks.insert((pick.hash, pick.voucher.clone()), pick);
        if self.picks.len() > self.capacity
            && let Some((_, dropped)) = self.picks.pop_last()
        {
            self.hashes.remove(&dropped.voucher);
        }
    }

    /// What was drawn; where fewer were suitable than there is room for, all of them.
    pub(crate) fn picks(&self) -> impl Iterator<Item = &Pick> {
        self.picks.values()
    }
}

/// Hashes a record's id (FNV-1a, then the finish of SplitMix64).
pub(crate) fn hash_of(voucher: &str, leg: Option<i64>) -> u64 {
    stir(stir_text(0, voucher) ^ leg.unwrap_or(0).cast_unsigned())
}

/// Hashes a text.
pub(crate) fn stir_text(start: u64, text: &str) -> u64 {
    let fold = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    stir(text.bytes().fold(start ^ 0xcbf2_9ce4_8422_2325, fold))
}

/// Mixes 64 bits, so that each depends on all.
pub(crate) fn stir(bits: u64) -> u64 {
    let mut mixed = bits.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pick(voucher: u64, leg: i64) -> Pick {
        let voucher = voucher.to_string();
        Pick {
            hash: hash_of(&voucher, Some(leg)),
            leg: Some(leg),
            voucher,
            fen: 0,
            part: 0,
        }
    }

    fn drawn(capacity: usize, records: impl Iterator<Item = (u64, i64)>) -> Vec<Pick> {
        let mut reservoir = Reservoir::new(capacity);
        for (voucher, leg) in records {
            reservoir.offer(pick(voucher, leg));
        }
        reservoir.picks().cloned().collect()
    }

    #[test]
    fn the_order_of_the_records_does_not_matter_and_no_voucher_is_drawn_twice() {
        let records: Vec<(u64, i64)> = (0..400).flat_map(|at| [(at, 1), (at, 2)]).collect();
        let forward = drawn(25, records.iter().copied());
        assert_eq!(forward, drawn(25, records.iter().rev().copied()));
        let mut vouchers: Vec<&str> = forward.iter().map(|one| one.voucher.as_str()).collect();
        vouchers.sort_unstable();
        vouchers.dedup();
        assert_eq!(vouchers.len(), 25);
    }

    #[test]
    fn every_tenth_of_the_records_gets_its_share() {
        let mut shares = [0_u32; 10];
        for one in drawn(2_000, (0..20_000).map(|at| (at, 1))) {
            shares[one.voucher.parse::<usize>().unwrap() / 2_000] += 1;
        }
        assert!(
            shares.iter().all(|share| (150..250).contains(share)),
            "{shares:?}"
        );
    }

    #[test]
    fn a_voucher_that_fell_out_comes_back_by_another_leg() {
        let mut reservoir = Reservoir::new(1);
        let with = |voucher: u64, hash| Pick {
            hash,
            ..pick(voucher, 1)
        };
        reservoir.offer(with(1, 50));
        reservoir.offer(with(2, 40));
        reservoir.offer(with(1, 30));
        assert!(!reservoir.has_room_for(35));
        assert_eq!(reservoir.picks().collect::<Vec<_>>(), [&with(1, 30)]);
    }
}
