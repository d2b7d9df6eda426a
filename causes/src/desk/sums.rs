//! Two or three entries that add up to the difference.
//!
//! The amounts are sorted; for each first entry two fingers close in from both ends on the others.
//! That is as fast as a table of all sums of two, and takes no memory.

use super::chance::Chance;
use super::{Candidate, NAMED_MAX};
use std::cmp::Ordering;
use std::collections::BTreeSet;

/// So many sums say nothing more than fewer would: the search ends.
const HITS_MAX: u64 = 10_000;

/// Sums that were found.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) hits: u64,
    /// The places of their entries, ascending; the first sums of all.
    pub(super) named: BTreeSet<Vec<usize>>,
}

/// The expected number of accidental sums: the ways to choose the entries, over the spread of the
/// amounts in the largest unit of which all are multiples, for a sum of either sign. The spread is that of the middle nine tenths, widened to all, for
/// one large amount alone must not make chance look small.
pub(super) fn chance(minors: &[(i128, &Candidate)], of: u32) -> Chance {
    let count = u128::try_from(minors.len()).unwrap_or(u128::MAX);
    let ways = match of {
        2 => choose(count, 2),
        _ => choose(count, 3),
    };
    let steps = spread(minors).checked_div(unit(minors)).unwrap_or(1);
    Chance::new(ways.saturating_mul(2), steps)
}

/// What all amounts are multiples of, such as 100 where they are whole yuan: sums fall on these only.
fn unit(minors: &[(i128, &Candidate)]) -> u128 {
    let divisor = |mut left: u128, mut right: u128| {
        while let Some(rest) = left.checked_rem(right) {
            (left, right) = (right, rest);
        }
        left
    };
    let sizes = minors.iter().map(|(minor, _)| minor.unsigned_abs());
    sizes.fold(0, divisor).max(1)
}

fn choose(count: u128, of: u128) -> u128 {
    let mut ways = 1_u128;
    for step in 0..of {
        ways = ways.saturating_mul(count.saturating_sub(step));
        ways = ways.checked_div(step.saturating_add(1)).unwrap_or(0);
    }
    ways
}

fn spread(minors: &[(i128, &Candidate)]) -> u128 {
    let tail = minors.len().checked_div(20).unwrap_or(0);
    let last = minors.len().saturating_sub(1).saturating_sub(tail);
    let (Some((low, _)), Some((high, _))) = (minors.get(tail), minors.get(last)) else {
        return 1;
    };
    let middle = high.saturating_sub(*low).unsigned_abs();
    let widened = middle.saturating_mul(10).checked_div(9).unwrap_or(middle);
    let spread = if tail == 0 { middle } else { widened };
    spread.saturating_add(1)
}

/// Finds all sums of that size, of either sign, up to some thousands. The amounts are ascending and
/// far from overflow.
pub(super) fn find(minors: &[(i128, &Candidate)], of: u32, size: i128) -> Found {
    let mut found = Found::default();
    for target in [size, size.saturating_neg()] {
        if of == 2 {
            pairs(minors, 0, target, &mut |left, right| {
                found.take(&[left, right])
            });
            continue;
        }
        for (place, (first, _)) in minors.iter().enumerate() {
            let target = target.saturating_sub(*first);
            let take = &mut |left, right| found.take(&[place, left, right]);
            if !pairs(minors, place.saturating_add(1), target, take) {
                break;
            }
        }
    }
    found
}

/// Gives the places of every two from `start` on that add up to the target, until `take` wants no
/// more; says whether it always did.
fn pairs(
    minors: &[(i128, &Candidate)],
    start: usize,
    target: i128,
    take: &mut dyn FnMut(usize, usize) -> bool,
) -> bool {
    let mut rest = minors.get(start..).unwrap_or_default();
    let mut left = start;
    while let [(low, _), .., (high, _)] = rest {
        match low.saturating_add(*high).cmp(&target) {
            Ordering::Greater => rest = rest.split_last().map_or(rest, |(_, others)| others),
            order => {
                // Equal amounts stand side by side: each of them makes a sum with the lowest.
                let partners = rest.iter().enumerate().skip(1).rev();
                let partners = partners.take_while(|(_, (amount, _))| amount == high);
                for (right, _) in partners.filter(|_| order == Ordering::Equal) {
                    if !take(left, left.saturating_add(right)) {
                        return false;
                    }
                }
                rest = rest.get(1..).unwrap_or_default();
                left = left.saturating_add(1);
            }
        }
    }
    true
}

impl Found {
    /// Counts a sum; says whether more are wanted.
    fn take(&mut self, places: &[usize]) -> bool {
        self.hits = self.hits.saturating_add(1);
        self.named.insert(places.to_vec());
        while self.named.len() > NAMED_MAX {
            self.named.pop_last();
        }
        self.hits < HITS_MAX
    }
}
