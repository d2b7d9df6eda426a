//! Simulated conversions.

use std::time::Duration;

use super::super::chance::{Chance, ONE};
use super::super::pace::{Chunk, UnderWay};

/// Is a kind of conversion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct World {
    name: &'static str,
    /// Deviation of a piece's pace, in sixteenths of a doubling.
    noise: u64,
    /// Deviation of a piece's size, likewise.
    unevenness: u64,
    /// Whether the first pieces take three times as long; half of that is gone after 3 % of the work.
    is_slow_at_first: bool,
    /// Pace at the end against that at the beginning, in thousandths.
    pace_at_end_permille: u64,
    /// Deviation of the steps that the level takes every 5 % of the work, as of `noise`.
    wandering: u64,
    /// Pieces that take longer than others.
    stalls: Stalls,
    /// Times in which everything stands still.
    outages: Outages,
    /// Whether pieces take half as long again from some moment on, at 20 to 80 % of the work.
    slows_suddenly: bool,
}

/// Says which pieces take longer than others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stalls {
    No,
    /// One piece in 60 takes 5 to 25 pieces longer.
    NowAndThen,
    /// In a fifth of the work, that is in the middle of each quarter, one piece in six takes 4 to 12 pieces longer.
    InBursts,
    /// One piece in 40 takes four pieces longer or more: twice that in half of all stalls, ten times in
    /// a tenth, never above 16 times.
    HeavyTailed,
}

/// Says when everything stands still.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outages {
    No,
    /// One to four times, each for 2 to 10 % of a calm run.
    Few,
    /// Every tenth of a calm run or so, each for 1 to 2 % of it, such as a checkpoint.
    AtIntervals,
}

const STEADY: World = World {
    name: "steady",
    noise: 2,
    unevenness: 0,
    is_slow_at_first: false,
    pace_at_end_permille: 1000,
    wandering: 0,
    stalls: Stalls::No,
    outages: Outages::No,
    slows_suddenly: false,
};

/// The worlds that were looked at while the clock was made.
pub const WORLDS: [World; 10] = [
    STEADY,
    World {
        name: "noisy chunks",
        noise: 10,
        ..STEADY
    },
    World {
        name: "uneven chunks",
        unevenness: 16,
        ..STEADY
    },
    World {
        name: "slow start",
        is_slow_at_first: true,
        ..STEADY
    },
    World {
        name: "slowing down",
        pace_at_end_permille: 1600,
        ..STEADY
    },
    World {
        name: "getting faster",
        pace_at_end_permille: 600,
        ..STEADY
    },
    World {
        name: "wandering",
        wandering: 2,
        ..STEADY
    },
    World {
        name: "stalls",
        stalls: Stalls::NowAndThen,
        ..STEADY
    },
    World {
        name: "outages",
        outages: Outages::Few,
        ..STEADY
    },
    World {
        name: "all together",
        noise: 6,
        unevenness: 10,
        is_slow_at_first: true,
        pace_at_end_permille: 1200,
        wandering: 1,
        stalls: Stalls::NowAndThen,
        outages: Outages::Few,
        slows_suddenly: false,
    },
];

/// Worlds that were not: chosen before the clock was changed, and measured once it was.
pub const HELD_OUT: [World; 4] = [
    World {
        name: "bursts of stalls",
        stalls: Stalls::InBursts,
        ..STEADY
    },
    World {
        name: "heavy-tailed stalls",
        noise: 4,
        stalls: Stalls::HeavyTailed,
        ..STEADY
    },
    World {
        name: "pauses",
        outages: Outages::AtIntervals,
        ..STEADY
    },
    World {
        name: "suddenly slower",
        slows_suddenly: true,
        ..STEADY
    },
];

/// Units of a usual piece.
const UNITS: u64 = 100_000;

/// Microseconds of a usual piece.
const MICROS: u64 = 1_000_000;

/// Is one conversion, from its beginning to its end.
#[derive(Debug)]
pub(super) struct Run {
    /// In the order in which they began.
    pieces: Vec<Piece>,
    side_by_side: u64,
    /// When it first stood still, wholly or in one piece.
    first_stall: Option<u64>,
}

/// Is a piece with its times in microseconds.
#[derive(Debug, Clone, Copy)]
struct Piece {
    units: u64,
    began: u64,
    ended: u64,
}

/// Is a time in which nothing moves: after so many microseconds of work, and for how many.
struct Outage {
    after: u64,
    lasts: u64,
}

impl World {
    /// Gives its name.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Plays a conversion through.
    pub(super) fn run(&self, seed: u64) -> Run {
        let mut chance = Chance::new(seed, 0);
        let side_by_side = [1, 2, 4, 8][chance.place(4)];
        let count = [60, 120, 240, 480][chance.place(4)];
        self.play(side_by_side, count, chance)
    }

    /// Plays another conversion of its size through, with chances of its own.
    pub(super) fn rehearsal(&self, run: &Run, seed: u64) -> Run {
        let count = run.pieces.len() as u64;
        self.play(run.side_by_side as usize, count, Chance::new(seed, 1))
    }

    fn play(&self, side_by_side: usize, count: u64, mut chance: Chance) -> Run {
        let outages = self.draw_outages(&mut chance);
        let slower_from = match self.slows_suddenly {
            true => count * (200 + chance.below(600)) / 1000,
            false => count,
        };
        let mut first_stall = None;
        let mut free = vec![0; side_by_side];
        let mut level = ONE;
        let mut pieces = Vec::new();
        for place in 0..count {
            let units = (UNITS * bell_of_doublings(&mut chance, self.unevenness) / ONE).max(1);
            if place % (count / 20) == 0 {
                level = level * bell_of_doublings(&mut chance, self.wandering) / ONE;
            }
            let pace = self.pace(place, count) * level / ONE;
            let pace = pace * bell_of_doublings(&mut chance, self.noise) / ONE;
            let pace = match place >= slower_from {
                true => pace * 3 / 2,
                false => pace,
            };
            let stall = MICROS * self.stalls.pieces(place * 80 / count, &mut chance);
            let hand = (0..side_by_side)
                .min_by_key(|hand| free[*hand])
                .unwrap_or(0);
            let began = free[hand];
            let ended = began + units * (MICROS / UNITS) * pace / ONE + stall;
            free[hand] = ended;
            if stall > 0 {
                first_stall = Some(first_stall.unwrap_or(u64::MAX).min(ended - stall));
            }
            pieces.push(Piece {
                units,
                began,
                ended,
            });
        }
        let calm = MICROS * count / side_by_side as u64;
        let work_ends = free.into_iter().max().unwrap_or(0);
        let outages: Vec<Outage> = outages
            .iter()
            .map(|(after, lasts)| Outage {
                after: work_ends * after / 1000,
                lasts: calm * lasts / 1000,
            })
            .collect();
        let at = |time| put_off(time, &outages);
        let first_outage = outages.iter().map(|outage| outage.after).min();
        Run {
            first_stall: first_stall.into_iter().chain(first_outage).min().map(at),
            pieces: pieces.iter().map(|piece| piece.put_off(&outages)).collect(),
            side_by_side: side_by_side as u64,
        }
    }

    /// Draws when everything stands still, and how long, in thousandths of the run.
    fn draw_outages(&self, chance: &mut Chance) -> Vec<(u64, u64)> {
        match self.outages {
            Outages::No => Vec::new(),
            Outages::Few => (0..1 + chance.below(4))
                .map(|_| (chance.below(1000), 20 + chance.below(80)))
                .collect(),
            Outages::AtIntervals => (0..10)
                .map(|place| (100 * place + chance.below(100), 10 + chance.below(10)))
                .collect(),
        }
    }

    /// Gives the pace at a place of the work, against the usual one.
    fn pace(&self, place: u64, count: u64) -> u64 {
        let drift = 1000 * count + self.pace_at_end_permille * place - 1000 * place;
        let pace = ONE * drift / (1000 * count);
        let excess = match self.is_slow_at_first {
            true => (2 * ONE) >> (place * 100 / count / 3),
            false => 0,
        };
        pace * (ONE + excess) / ONE
    }
}

impl Stalls {
    /// Draws how many usual pieces longer a piece takes, in this eightieth of the work.
    fn pieces(self, eightieth: u64, chance: &mut Chance) -> u64 {
        let one_in = match self {
            Stalls::No => return 0,
            Stalls::NowAndThen => 60,
            // Bursts are in the middle of each quarter.
            Stalls::InBursts if (8..12).contains(&(eightieth % 20)) => 6,
            Stalls::InBursts => return 0,
            Stalls::HeavyTailed => 40,
        };
        if chance.below(one_in) > 0 {
            return 0;
        }
        match self {
            Stalls::No => 0,
            Stalls::NowAndThen => 5 + chance.below(20),
            Stalls::InBursts => 4 + chance.below(8),
            Stalls::HeavyTailed => 4 * 1024 / (64 + chance.below(960)),
        }
    }
}

impl Piece {
    fn put_off(&self, outages: &[Outage]) -> Piece {
        Piece {
            units: self.units,
            began: put_off(self.began, outages),
            ended: put_off(self.ended, outages),
        }
    }
}

/// Gives a time of a calm run with the outages before it.
fn put_off(time: u64, outages: &[Outage]) -> u64 {
    let before = outages.iter().filter(|outage| outage.after < time);
    time + before.map(|outage| outage.lasts).sum::<u64>()
}

impl Run {
    pub(super) fn side_by_side(&self) -> u64 {
        self.side_by_side
    }

    /// Says whether anything had stood still by then.
    pub(super) fn has_stalled(&self, now: Duration) -> bool {
        let now = now.as_micros();
        self.first_stall
            .is_some_and(|first| u128::from(first) < now)
    }

    pub(super) fn end(&self) -> Duration {
        let ends = self.pieces.iter().map(|piece| piece.ended);
        Duration::from_micros(ends.max().unwrap_or(0))
    }

    /// Gives a moment between the end of the piece that completes so much of the work and the next end.
    pub(super) fn moment(&self, percent: u64, chance: &mut Chance) -> Duration {
        let total: u64 = self.pieces.iter().map(|piece| piece.units).sum();
        let mut by_end = self.pieces.clone();
        by_end.sort_by_key(|piece| piece.ended);
        let mut done = 0;
        let mut ends = by_end.iter().skip_while(|piece| {
            done += piece.units;
            done * 100 < total * percent
        });
        let this = ends.next().map_or(0, |piece| piece.ended);
        let next = ends.next().map_or(this, |piece| piece.ended);
        Duration::from_micros(this + chance.below(next - this + 1))
    }

    pub(super) fn finished(&self, now: Duration) -> Vec<Chunk> {
        let now = now.as_micros();
        let is_finished = |piece: &&Piece| u128::from(piece.ended) <= now;
        let mut finished: Vec<&Piece> = self.pieces.iter().filter(is_finished).collect();
        finished.sort_by_key(|piece| piece.ended);
        let chunk = |piece: &Piece| Chunk {
            units: piece.units,
            took: Duration::from_micros(piece.ended - piece.began),
        };
        finished.into_iter().map(chunk).collect()
    }

    pub(super) fn under_way(&self, now: Duration) -> Vec<UnderWay> {
        let micros = now.as_micros();
        let is_under_way =
            |piece: &&Piece| u128::from(piece.began) <= micros && u128::from(piece.ended) > micros;
        let under_way = self.pieces.iter().filter(is_under_way);
        under_way
            .map(|piece| UnderWay {
                units: piece.units,
                elapsed: now.saturating_sub(Duration::from_micros(piece.began)),
            })
            .collect()
    }

    pub(super) fn waiting(&self, now: Duration) -> Vec<u64> {
        let is_waiting = |piece: &&Piece| u128::from(piece.began) > now.as_micros();
        let waiting = self.pieces.iter().filter(is_waiting);
        waiting.map(|piece| piece.units).collect()
    }
}

/// Draws a factor whose doublings are a bell (log-normal), with that deviation in sixteenths.
fn bell_of_doublings(chance: &mut Chance, deviation: u64) -> u64 {
    let sixteenths = chance.bell() * deviation as i64;
    let low = doublings(sixteenths >> 16);
    let high = doublings((sixteenths >> 16) + 1);
    let between = (sixteenths & 0xFFFF) as u64;
    low + (((high - low) * between) >> 16)
}

/// Gives two to the power of so many sixteenths.
fn doublings(sixteenths: i64) -> u64 {
    /// The sixteenth root of two.
    const ROOT: u64 = 1_095_001;
    let rest = (0..sixteenths.rem_euclid(16)).fold(ONE, |power, _| power * ROOT / ONE);
    match sixteenths.div_euclid(16) {
        up @ 0.. => rest << up,
        down => rest >> -down,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sixteenth_of_a_doubling_sixteen_times_is_two() {
        assert_eq!(doublings(0), ONE);
        assert_eq!(doublings(16), 2 * ONE);
        assert_eq!(doublings(-32), ONE / 4);
        let root_of_two = doublings(8);
        assert!(root_of_two.abs_diff(1_482_910) < 20, "{root_of_two}");
    }

    #[test]
    fn every_piece_is_finished_under_way_or_waiting_at_every_moment() {
        for world in &WORLDS {
            let run = world.run(3);
            let count = run.pieces.len();
            for percent in [0, 10, 50, 99, 100] {
                let now = run.moment(percent, &mut Chance::new(1, percent));
                let (finished, waiting) = (run.finished(now), run.waiting(now));
                let under_way = run.under_way(now);
                let all = finished.len() + under_way.len() + waiting.len();
                assert_eq!(all, count, "{} at {percent}", world.name());
                assert!(under_way.len() as u64 <= run.side_by_side());
            }
            assert!(run.waiting(run.end()).is_empty());
        }
    }

    #[test]
    fn an_outage_puts_off_all_that_comes_after_it() {
        let outages = [Outage {
            after: 100,
            lasts: 50,
        }];
        let piece = |began, ended| Piece {
            units: 1,
            began,
            ended,
        };
        let times = |piece: Piece| {
            let put_off = piece.put_off(&outages);
            (put_off.began, put_off.ended)
        };
        assert_eq!(times(piece(0, 100)), (0, 100));
        assert_eq!(times(piece(90, 110)), (90, 160));
        assert_eq!(times(piece(110, 120)), (160, 170));
    }
}
