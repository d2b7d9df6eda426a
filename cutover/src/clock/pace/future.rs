//! Playing the rest of some work out.

use super::super::chance::{Chance, ONE};
use super::history::{History, Piece};
use super::stalls::Coming;
use super::{Progress, UnderWay, beyond, nanos_of};

/// Waiting pieces that are kept apart; more are taken together with their neighbours.
const WAITING_MAX: usize = 1 << 14;

/// More pieces than these are never worked on at a time.
const SIDE_BY_SIDE_MAX: usize = 1 << 12;

/// Shares of a trend that futures take on, in quarters: it may end, and it may grow.
const TREND_QUARTERS: [u64; 5] = [0, 2, 4, 5, 6];

/// Is the rest of some work, ready to be played out.
pub(super) struct Rest<'a> {
    history: &'a History,
    under_way: Vec<Overrun>,
    waiting: Vec<Waiting>,
    side_by_side: usize,
    /// Pieces that are drawn together, so that what neighbours share is kept.
    run: usize,
}

/// Is a piece under way beside the finished ones that took longer than it has up to now.
struct Overrun {
    units: u64,
    elapsed: u128,
    /// The first of the sorted paces at which it would take longer than that.
    first_longer: usize,
    /// The longest time that is known of such a piece, its own included.
    longest: u128,
}

/// Is a piece that has not begun.
struct Waiting {
    units: u64,
    /// How much it is of what is done, with 20 bits behind the point.
    share: u64,
    /// How far the level may have wandered until then.
    wander: u64,
    /// How far the base pace will have grown.
    growth: u64,
}

impl<'a> Rest<'a> {
    pub(super) fn new(history: &'a History, progress: &Progress<'_>) -> Rest<'a> {
        let waiting = waiting(history, progress.waiting);
        let side_by_side = usize::try_from(progress.side_by_side).unwrap_or(SIDE_BY_SIDE_MAX);
        let overrun = |piece: &UnderWay| {
            let elapsed = u128::from(nanos_of(piece.elapsed));
            let is_over = |pace: &u128| time_at(*pace, piece.units) <= elapsed;
            Overrun {
                units: piece.units,
                elapsed,
                first_longer: history.paces.partition_point(is_over),
                longest: history
                    .paces
                    .last()
                    .map_or(0, |pace| time_at(*pace, piece.units))
                    .max(elapsed),
            }
        };
        Rest {
            history,
            under_way: progress.under_way.iter().map(overrun).collect(),
            waiting,
            side_by_side: side_by_side.clamp(1, SIDE_BY_SIDE_MAX),
            run: history.recent.len().isqrt().max(1),
        }
    }

    /// Gives the nanoseconds that the rest takes in one future.
    pub(super) fn play(&self, seed: u64, number: u64) -> u64 {
        // Each part has draws of its own, so that more of one does not move another.
        let chance = |part: u64| Chance::new(seed.wrapping_mul(8).wrapping_add(part), number);
        let mut hands = vec![0_u128; self.side_by_side];
        self.play_under_way(&mut chance(1), &mut hands);
        let stalls = self.history.stalls.coming(chance(3));
        self.play_waiting(&mut chance(2), stalls, &mut hands);
        let last = hands.last().copied().unwrap_or(0);
        u64::try_from(last).unwrap_or(u64::MAX)
    }

    fn play_under_way(&self, chance: &mut Chance, hands: &mut [u128]) {
        // What has never been seen is the same for all: whatever holds one up holds up the others.
        let unseen = chance.next() >> 32;
        for (place, piece) in self.under_way.iter().enumerate() {
            let longer = &self.history.paces[piece.first_longer..];
            let time = match longer.get(chance.place(longer.len() + 1)) {
                Some(pace) => time_at(*pace, piece.units),
                None => beyond(piece.longest, unseen),
            };
            let hand = place % hands.len();
            hands[hand] = hands[hand].saturating_add(time.saturating_sub(piece.elapsed));
        }
        hands.sort_unstable();
    }

    fn play_waiting(&self, chance: &mut Chance, mut stalls: Coming<'_>, hands: &mut [u128]) {
        let recent = &self.history.recent;
        let mean = self.history.level;
        let level = self.draw_level(chance);
        let wander = chance.student(self.history.wander.moves);
        let slope = self.draw_slope(chance);
        let (mut place, mut left) = (0, 0);
        for piece in &self.waiting {
            if left == 0 {
                place = chance.place(recent.len() - self.run + 1);
                left = self.run;
            }
            let wandered = (i128::from(piece.wander) * i128::from(wander)) >> 16;
            let level = i128::from(level) + wandered;
            let level = level.clamp(i128::from(mean / 2), i128::from(mean) * 3) as u64;
            let grown = (u128::from(piece.growth) * u128::from(slope)) >> 16;
            // Neither is above 2^30, and the level not above three times the mean.
            let base = u128::from(recent[place].base * level / mean);
            let base = base + grown.min(base);
            let pace = base.saturating_mul(self.history.median) / u128::from(ONE);
            let held = stalls.hold(piece.share);
            hand_out(hands, time_at(pace, piece.units).saturating_add(held));
            place += 1;
            left -= 1;
        }
    }

    /// Draws which share of the slope goes on, with 16 bits behind the point.
    fn draw_slope(&self, chance: &mut Chance) -> u64 {
        let quarters = TREND_QUARTERS[chance.place(TREND_QUARTERS.len())];
        let (goes_on, doubt) = (chance.below(256), chance.bell());
        match self.history.trend {
            Some(trend) if goes_on < trend.share => {
                let off = (i128::from(doubt) * i128::from(trend.doubt)) >> 16;
                let slope = i128::from(quarters << 14) + off;
                u64::try_from(slope.max(0)).unwrap_or(u64::MAX)
            }
            _ => 0,
        }
    }

    /// Draws the level from the last pieces, as if there were as many others of their kind. Few pieces
    /// show less than there is, so that their deviation counts for more.
    fn draw_level(&self, chance: &mut Chance) -> u64 {
        let recent = &self.history.recent;
        let (mut time, mut units) = (0, 0);
        for _ in 0..recent.len().div_ceil(self.run) {
            let place = chance.place(recent.len() - self.run + 1);
            for Piece {
                base, units: some, ..
            } in &recent[place..place + self.run]
            {
                time += u128::from(*base) * u128::from(*some);
                units += u128::from(*some);
            }
        }
        let mean = i128::from(self.history.level);
        let count = recent.len() as i128;
        let drawn = (time / units.max(1)) as i128;
        let drawn = mean + (drawn - mean) * (count + 3) / count;
        drawn.clamp(mean / 2, mean * 3) as u64
    }
}

/// Gives the nanoseconds of a piece, from its pace for 2^20 units.
fn time_at(pace: u128, units: u64) -> u128 {
    pace.saturating_mul(u128::from(units)) >> 20
}

/// Gives the next piece to the hand that is free first; `hands` are sorted, and stay so.
fn hand_out(hands: &mut [u128], time: u128) {
    let Some(first) = hands.first_mut() else {
        return;
    };
    *first = first.saturating_add(time);
    let busy = *first;
    let place = hands[1..].partition_point(|hand| *hand < busy);
    hands[..=place].rotate_left(1);
}

/// Reads the waiting pieces, each with what may happen until it begins.
fn waiting(history: &History, sizes: &[u64]) -> Vec<Waiting> {
    let together = sizes.len().div_ceil(WAITING_MAX).max(1);
    let mut ahead: u128 = 0;
    let piece = |sizes: &[u64]| {
        let units = sizes
            .iter()
            .fold(0, |sum: u64, size| sum.saturating_add(*size));
        ahead += u128::from(units);
        Waiting {
            units,
            share: history.stalls.share(units),
            wander: history.wander.deviation(ahead),
            growth: history.trend.map_or(0, |trend| trend.growth(ahead)),
        }
    };
    sizes.chunks(together).map(piece).collect()
}
