//! Sets of sampled records, as bits.

/// The sampled records that a condition holds of: the broken ones and the unbroken ones.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Cover {
    broken: Box<[u64]>,
    unbroken: Box<[u64]>,
}

/// How many records of each side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Counts {
    pub(super) broken: u64,
    pub(super) unbroken: u64,
}

impl Cover {
    /// The records of which `holds` is true; the first `broken` are broken.
    pub(super) fn of(records: usize, broken: usize, holds: impl Fn(usize) -> bool) -> Self {
        Self {
            broken: bits(0..broken, &holds),
            unbroken: bits(broken..records, &holds),
        }
    }

    pub(super) fn counts(&self) -> Counts {
        let ones = |words: &[u64]| words.iter().map(|word| u64::from(word.count_ones())).sum();
        Counts {
            broken: ones(&self.broken),
            unbroken: ones(&self.unbroken),
        }
    }

    pub(super) fn and(&self, other: &Self) -> Self {
        let both =
            |left: &[u64], right: &[u64]| left.iter().zip(right).map(|(l, r)| l & r).collect();
        Self {
            broken: both(&self.broken, &other.broken),
            unbroken: both(&self.unbroken, &other.unbroken),
        }
    }

    /// Counts of what this and another have in common.
    pub(super) fn counts_with(&self, other: &Self) -> Counts {
        let ones = |left: &[u64], right: &[u64]| {
            let words = left.iter().zip(right);
            words.map(|(l, r)| u64::from((l & r).count_ones())).sum()
        };
        Counts {
            broken: ones(&self.broken, &other.broken),
            unbroken: ones(&self.unbroken, &other.unbroken),
        }
    }

    /// Says whether a record is in it; `broken` is the number of broken records.
    pub(super) fn has(&self, record: usize, broken: usize) -> bool {
        let (words, place) = if record < broken {
            (&self.broken, record)
        } else {
            (&self.unbroken, record - broken)
        };
        words[place / 64] >> (place % 64) & 1 == 1
    }
}

fn bits(records: std::ops::Range<usize>, holds: impl Fn(usize) -> bool) -> Box<[u64]> {
    let mut words = vec![0_u64; records.len().div_ceil(64)];
    for (place, record) in records.enumerate() {
        words[place / 64] |= u64::from(holds(record)) << (place % 64);
    }
    words.into()
}

impl Counts {
    /// Adds up those at the places that are asked for.
    pub(super) fn sum(counts: &[Self], holds: impl Fn(usize) -> bool) -> Self {
        let mut sum = Self::default();
        let asked = counts.iter().enumerate().filter(|(place, _)| holds(*place));
        for (_, count) in asked {
            sum.broken += count.broken;
            sum.unbroken += count.unbroken;
        }
        sum
    }

    /// The sums of the first none, one, two … of them.
    pub(super) fn sums(counts: &[Self]) -> Vec<Self> {
        let mut sum = Self::default();
        let mut sums = Vec::with_capacity(counts.len() + 1);
        sums.push(sum);
        for count in counts {
            sum.broken += count.broken;
            sum.unbroken += count.unbroken;
            sums.push(sum);
        }
        sums
    }

    /// What is left of these.
    pub(super) fn without(self, other: Self) -> Self {
        Self {
            broken: self.broken.saturating_sub(other.broken),
            unbroken: self.unbroken.saturating_sub(other.unbroken),
        }
    }

    /// Weight of these records towards a split: positive where they are a larger part of the broken
    /// than of the unbroken.
    pub(super) fn weight(self, all: Self) -> i128 {
        if all.unbroken == 0 {
            return i128::from(self.broken);
        }
        i128::from(self.broken) * i128::from(all.unbroken)
            - i128::from(self.unbroken) * i128::from(all.broken)
    }
}
