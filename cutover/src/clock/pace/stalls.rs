//! Times in which work stood still, and those to come.

use super::super::chance::{Chance, ONE};
use super::beyond;

/// More stalls than these are told apart in one piece only by their mean.
const IN_A_PIECE_MAX: u64 = 2 * ONE;

/// In one of so many futures of work that never stood still, it may. More than one in ten would move the
/// p90 of all calm work.
const UNSEEN_ONE_IN: u64 = 16;

/// A stall of a kind that was not seen takes so many usual pieces, or more.
const UNSEEN_PIECES: u128 = 4;

/// Is a time in which pieces stood still.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stall {
    /// Nanoseconds that each piece lost.
    pub(super) each: u128,
    /// Pieces that were held up by it.
    pub(super) pieces: usize,
}

/// Is what is known of the stalls of some work.
pub(super) struct Stalls {
    /// Those that came, a last one that is not over included.
    pub(super) seen: Vec<Stall>,
    /// Units that were worked on meanwhile.
    pub(super) units: u128,
    /// Nanoseconds of a usual piece.
    pub(super) usual: u128,
    /// Pieces that are worked on at a time.
    pub(super) together: usize,
}

/// Is the stalls of one future, as they come.
pub(super) struct Coming<'a> {
    stalls: &'a Stalls,
    /// Stalls to be expected for as many units as are done, with 20 bits behind the point.
    rate: u64,
    chance: Chance,
    /// Stalls that hold further pieces up: how many, and each for how long.
    holding: Vec<Stall>,
}

impl Stalls {
    /// Adds those of a rehearsal.
    pub(super) fn remember(&mut self, rehearsed: &Stalls) {
        self.seen.extend_from_slice(&rehearsed.seen);
        self.units = self.units.saturating_add(rehearsed.units);
    }

    /// Gives how many times the units that are done a piece has, with 20 bits behind the point.
    pub(super) fn share(&self, units: u64) -> u64 {
        let share = u128::from(units).saturating_mul(u128::from(ONE)) / self.units.max(1);
        u64::try_from(share).unwrap_or(u64::MAX)
    }

    /// Draws how often stalls come in one future.
    ///
    /// A rate of which nothing is known but that it is one, and then so many stalls seen, has the gamma
    /// distribution with half a stall more than that (Jeffreys' prior).
    pub(super) fn coming(&self, mut chance: Chance) -> Coming<'_> {
        let rate = match self.seen.len() {
            0 if chance.below(UNSEEN_ONE_IN) > 0 => 0,
            seen => chance.gamma(seen as u64),
        };
        Coming {
            stalls: self,
            rate,
            chance,
            holding: Vec::new(),
        }
    }

    /// Draws a stall: one of those that came or, with the chance of one more, one that did not (Hill's
    /// rule). That is half to four times as long as one of them; where none came, of a usual length or
    /// more, and of one piece or all.
    fn draw(&self, chance: &mut Chance) -> Stall {
        let place = chance.place(self.seen.len() + 1);
        if let Some(stall) = self.seen.get(place) {
            return *stall;
        }
        let draw = chance.next() >> 32;
        match self.seen.get(chance.place(self.seen.len())) {
            Some(stall) => Stall {
                each: beyond(stall.each / 2, draw.max(1 << 29)),
                ..*stall
            },
            None => Stall {
                each: beyond(self.usual.saturating_mul(UNSEEN_PIECES), draw),
                pieces: match chance.place(2) {
                    0 => 1,
                    _ => self.together,
                },
            },
        }
    }

    /// Gives the nanoseconds that are lost in a mean stall.
    fn mean_each(&self) -> u128 {
        let each = self.seen.iter().map(|stall| stall.each);
        let sum = each.fold(0, u128::saturating_add);
        sum / self.seen.len().max(1) as u128
    }
}

impl Coming<'_> {
    /// Gives the nanoseconds for which the next piece is held up; `share` is its size.
    pub(super) fn hold(&mut self, share: u64) -> u128 {
        if self.rate == 0 {
            return 0;
        }
        let mean = u128::from(self.rate) * u128::from(share) / u128::from(ONE);
        let few = u64::try_from(mean).map_or(IN_A_PIECE_MAX, |mean| mean.min(IN_A_PIECE_MAX));
        for _ in 0..self.chance.times(few) {
            let stall = self.stalls.draw(&mut self.chance);
            self.holding.push(stall);
        }
        let many = (mean - u128::from(few)).saturating_mul(self.stalls.mean_each()) >> 20;
        let mut held = many;
        for stall in &mut self.holding {
            held = held.saturating_add(stall.each);
            stall.pieces = stall.pieces.saturating_sub(1);
        }
        self.holding.retain(|stall| stall.pieces > 0);
        held
    }
}
