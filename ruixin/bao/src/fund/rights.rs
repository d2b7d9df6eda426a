//! Who holds how many shares on which day.

use std::collections::BTreeMap;

use super::error::FundError;
use crate::day::Day;

/// Is a change of a holding (份额变动).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Move {
    /// The holder.
    pub holder: u64,
    /// The day from which on it counts.
    pub from: Day,
    /// Shares that come, or go where it is below zero, in hundredths.
    pub shares: i64,
}

/// Is every holding on every day.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rights {
    /// For each holder, shares from a day on until the next one that is there.
    holdings: BTreeMap<u64, BTreeMap<Day, i64>>,
}

impl Rights {
    /// Gives the shares that a holder has on a day, hundredths.
    pub fn shares_on(&self, holder: u64, day: Day) -> i64 {
        self.holdings.get(&holder).map_or(0, |days| on(days, day))
    }

    /// Gives the shares that a holder has in the end, when all that is known has come to count.
    pub fn shares_at_last(&self, holder: u64) -> i64 {
        let days = self.holdings.get(&holder);
        let last = days.and_then(|days| days.values().next_back());
        last.copied().unwrap_or(0)
    }

    /// Gives all who hold anything on a day, rising, with their shares.
    pub fn on(&self, day: Day) -> impl Iterator<Item = (u64, i64)> {
        let holdings = self.holdings.iter();
        holdings
            .map(move |(holder, days)| (*holder, on(days, day)))
            .filter(|(_, shares)| *shares != 0)
    }

    /// Gives all who ever held anything, rising.
    pub fn holders(&self) -> impl Iterator<Item = u64> {
        self.holdings.keys().copied()
    }

    /// Checks that changes can be made, one after the other.
    pub(super) fn check(&self, moves: &[Move]) -> Result<(), FundError> {
        let holding = |change: &Move| {
            let days = self.holdings.get(&change.holder)?;
            Some((change.holder, days.clone()))
        };
        let mut after = Rights {
            holdings: moves.iter().filter_map(holding).collect(),
        };
        moves.iter().try_for_each(|change| after.apply(*change))
    }

    /// Makes a change; it counts on its day and on all that follow.
    pub(super) fn apply(&mut self, change: Move) -> Result<(), FundError> {
        let days = self.holdings.entry(change.holder).or_default();
        let before = on(days, change.from);
        days.entry(change.from).or_insert(before);
        for (day, shares) in days.range_mut(change.from..) {
            let sum = shares.checked_add(change.shares);
            *shares = sum
                .filter(|sum| *sum >= 0)
                .ok_or(FundError::SharesOutOfRange {
                    holder: change.holder,
                    day: *day,
                })?;
        }
        Ok(())
    }
}

fn on(days: &BTreeMap<Day, i64>, day: Day) -> i64 {
    let last = days.range(..=day).next_back();
    last.map_or(0, |(_, shares)| *shares)
}
