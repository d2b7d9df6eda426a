//! What the finished pieces say of those to come.

use std::borrow::Cow;

use super::super::chance::ONE;
use super::stalls::{Stall, Stalls};
use super::{CHUNKS_MIN, Chunk, Progress, UnderWay, nanos_of};

/// Pieces that are kept apart; more are taken together in pairs of neighbours.
const PIECES_MAX: usize = 2048;

/// A piece that took longer than its neighbours by this factor stalled, whatever the noise.
const STALL_FACTOR: u128 = 4;

/// One that took longer by less than this did not.
const STALL_FACTOR_MIN: u128 = 2;

/// Between the two, one that is so many times as far above its neighbours as one piece in four, counted
/// in doublings, stalled: that is three deviations of a bell and a third.
const STALL_QUARTERS: usize = 5;

/// The fastest and slowest base paces that are told apart, against the median one.
const BASE_MAX: u128 = 1 << 30;

/// The shortest stretch whose pace is taken for the level.
const STRETCH_MIN: usize = 8;

/// Deviations by which the means of two stretches may be off, in tenths.
const STRETCH_DEVIATIONS: u64 = 20;

/// Parts of the work between which the wandering of the level is measured.
const PARTS_MAX: usize = 8;

/// In how many of 256 futures a slope goes on that is so many halves of a deviation above zero.
///
/// Before anything is measured, one work in ten is held to slow down, by a slope of about what 30 pieces
/// can show (a bell with 30 times the variance of the measured one: Zellner's g-prior). At `t` deviations
/// that is against none as 2 e^(t² 30/62) / √31 is to 9; the share is never quite all.
const TREND_SHARES: [u64; 9] = [10, 11, 16, 27, 56, 116, 194, 240, 253];

/// No slope is more doubtful than by eight times itself, with 16 bits behind the point.
const DOUBT_MAX: i64 = 8 << 16;

/// Is what the finished pieces say.
pub(super) struct History {
    /// Nanoseconds for 2^20 units, of every piece, sorted.
    pub(super) paces: Vec<u128>,
    /// The median of `paces`, at least 1.
    pub(super) median: u128,
    /// The last pieces, as far back as their pace was what it is now.
    pub(super) recent: Vec<Piece>,
    /// Mean base pace of `recent`, by units.
    pub(super) level: u64,
    /// When it stood still; neighbours that stalled together are one stall.
    pub(super) stalls: Stalls,
    /// How the level wandered.
    pub(super) wander: Wander,
    /// How much slower pieces grow.
    pub(super) trend: Option<Trend>,
}

/// Is a finished piece, what it lost in a stall set apart. Base paces stand against the median pace,
/// with 20 bits behind the point.
#[derive(Debug, Clone, Copy)]
pub(super) struct Piece {
    /// Records or bytes.
    pub(super) units: u64,
    /// Its pace without the stall.
    pub(super) base: u64,
    /// Nanoseconds beyond that.
    stall: u128,
}

/// Says how far the level moves over a number of units.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wander {
    /// Mean square of the move.
    square: u128,
    /// Units over which it was measured.
    units: u128,
    /// The level was reached so many units ago, as it were.
    behind: u128,
    /// Moves by which it was measured.
    pub(super) moves: u64,
}

/// Says by how much the base pace grows over a number of units.
#[derive(Debug, Clone, Copy)]
pub(super) struct Trend {
    growth: i128,
    units: i128,
    /// The level was reached so many units ago.
    behind: i128,
    /// Deviation of `growth` from what it really is, for each unit of it, with 16 bits behind the point.
    pub(super) doubt: i64,
    /// In how many of 256 futures it goes on.
    pub(super) share: u64,
}

impl History {
    /// Reads the finished pieces; `None` where they are too few to tell.
    pub(super) fn read(progress: &Progress<'_>) -> Option<History> {
        let finished: Vec<Chunk> = progress
            .finished
            .iter()
            .copied()
            .filter(|chunk| chunk.units > 0)
            .collect();
        if finished.len() < CHUNKS_MIN {
            return None;
        }
        let chunks = merged(&finished);
        let paces: Vec<u128> = chunks.iter().map(pace).collect();
        let median = middle(&paces).max(1);
        // Where all that run side by side stall together, as many neighbours do.
        let together = usize::try_from(progress.side_by_side).unwrap_or(PIECES_MAX);
        let together = together.clamp(1, PIECES_MAX);
        let pieces = set_stalls_apart(&chunks, &paces, median, together);
        let recent = &pieces[pieces.len() - stretch(&pieces)..];
        let level = Mean::of(recent).mean.max(1);
        let usual = median.saturating_mul(u128::from(level)) / u128::from(ONE);
        let stalls = stalls(&pieces, progress.under_way, usual, together);
        let mut sorted = paces;
        sorted.sort_unstable();
        Some(History {
            paces: sorted,
            median,
            level,
            recent: recent.to_vec(),
            stalls,
            wander: Wander::measure(&pieces, recent),
            trend: Trend::measure(&pieces[pieces.len() / 3..]),
        })
    }

    /// Takes into account how the same work went in a rehearsal: its stalls, as if they were of today, and
    /// its trend, where that is surer than today's.
    pub(super) fn remember(&mut self, rehearsed: &History) {
        self.stalls.remember(&rehearsed.stalls);
        let doubt = |trend: Option<Trend>| trend.map_or(DOUBT_MAX, |trend| trend.doubt);
        if doubt(rehearsed.trend) < doubt(self.trend) {
            let behind = i128::try_from(units(&self.recent) / 2).unwrap_or(i128::MAX);
            self.trend = rehearsed.trend.map(|trend| Trend { behind, ..trend });
        }
    }
}

/// Takes neighbours together until they are few enough.
fn merged(chunks: &[Chunk]) -> Cow<'_, [Chunk]> {
    let mut merged = Cow::Borrowed(chunks);
    while merged.len() > PIECES_MAX {
        let pairs = merged.chunks(2).map(|pair| Chunk {
            units: pair
                .iter()
                .fold(0, |sum, chunk| chunk.units.saturating_add(sum)),
            took: pair.iter().fold(Default::default(), |sum, chunk| {
                chunk.took.saturating_add(sum)
            }),
        });
        merged = Cow::Owned(pairs.collect());
    }
    merged
}

/// Gives the nanoseconds for 2^20 units.
fn pace(chunk: &Chunk) -> u128 {
    (u128::from(nanos_of(chunk.took)) << 20) / u128::from(chunk.units.max(1))
}

fn middle(values: &[u128]) -> u128 {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    sorted.get(sorted.len() / 2).copied().unwrap_or(0)
}

fn units(pieces: &[Piece]) -> u128 {
    pieces.iter().map(|piece| u128::from(piece.units)).sum()
}

fn set_stalls_apart(chunks: &[Chunk], paces: &[u128], median: u128, together: usize) -> Vec<Piece> {
    let reach = (2 * together).max(4);
    let near = |place: usize| {
        let end = paces.len().min(place + reach + 1);
        middle(&paces[place.saturating_sub(reach)..end]).max(1)
    };
    let near: Vec<u128> = (0..paces.len()).map(near).collect();
    let limit = stall_limit(paces, &near);
    let piece = |(place, chunk): (usize, &Chunk)| {
        let stands_still = paces[place] > near[place].saturating_mul(limit) >> 20;
        let base = match stands_still {
            true => near[place],
            false => paces[place],
        };
        let relative = base.saturating_mul(u128::from(ONE)) / median;
        Piece {
            units: chunk.units,
            base: u64::try_from(relative.min(BASE_MAX)).unwrap_or(u64::MAX),
            stall: (paces[place] - base).saturating_mul(u128::from(chunk.units)) >> 20,
        }
    };
    chunks.iter().enumerate().map(piece).collect()
}

/// Gives the factor beyond which a piece stalled, with 20 bits behind the point.
fn stall_limit(paces: &[u128], near: &[u128]) -> u128 {
    let mut over: Vec<u128> = paces
        .iter()
        .zip(near)
        .map(|(pace, near)| pace.saturating_mul(u128::from(ONE)) / near)
        .collect();
    over.sort_unstable();
    let quarter = over
        .get(over.len() * 3 / 4)
        .copied()
        .unwrap_or(0)
        .clamp(1 << 20, 4 << 20);
    // Of pieces whose doublings are a bell, one in four is two thirds of a deviation above the middle.
    let times = |factor: u128, _| (factor * quarter) >> 20;
    let factor = (0..STALL_QUARTERS).fold(1 << 20, times);
    factor.clamp(STALL_FACTOR_MIN << 20, STALL_FACTOR << 20)
}

/// Takes what pieces lost that ended near each other for one stall: whatever held one up held up the
/// others. Pieces that are under way for so long that they stand still come last; what they have lost by
/// now counts twice, since nobody knows when it ends.
fn stalls(pieces: &[Piece], under_way: &[UnderWay], usual: u128, together: usize) -> Stalls {
    let over = |piece: &UnderWay| {
        let elapsed = u128::from(nanos_of(piece.elapsed));
        let usual = usual.saturating_mul(u128::from(piece.units)) >> 20;
        let stands_still = elapsed > usual.saturating_mul(STALL_FACTOR);
        stands_still.then(|| (elapsed - usual).saturating_mul(2))
    };
    let lost = pieces.iter().map(|piece| piece.stall).enumerate();
    let lost = lost.filter(|(_, lost)| *lost > 0);
    let all = lost.chain(
        under_way
            .iter()
            .filter_map(over)
            .map(|lost| (pieces.len(), lost)),
    );
    let mut seen: Vec<Stall> = Vec::new();
    let mut last = None;
    for (place, each) in all {
        let is_same = last.is_some_and(|last| place - last <= together);
        match seen.last_mut() {
            // The sum, for now.
            Some(stall) if is_same => {
                stall.each = stall.each.saturating_add(each);
                stall.pieces += 1;
            }
            _ => seen.push(Stall { each, pieces: 1 }),
        }
        last = Some(place);
    }
    for stall in &mut seen {
        // More than work side by side are held up one after the other.
        let pieces = stall.pieces.min(together);
        stall.each /= pieces as u128;
        stall.pieces = pieces;
    }
    let units = units(pieces);
    Stalls {
        seen,
        units,
        usual: usual.saturating_mul(units / pieces.len().max(1) as u128) >> 20,
        together,
    }
}

/// Gives the number of last pieces that make up the longest stretch of one pace.
///
/// Stretches grow by half. Each gives a mean and how sure it is; the first that fits none of the
/// figures that all shorter ones allow has reached back into another time (Lepski's rule).
fn stretch(pieces: &[Piece]) -> usize {
    let mut length = STRETCH_MIN.min(pieces.len());
    let mut fits = length;
    let (mut low, mut high) = (0, u64::MAX);
    loop {
        let Mean { mean, error } = Mean::of(&pieces[pieces.len() - length..]);
        let reach = error.saturating_mul(STRETCH_DEVIATIONS) / 10;
        low = low.max(mean.saturating_sub(reach));
        high = high.min(mean.saturating_add(reach));
        if low > high {
            return fits;
        }
        fits = length;
        if length == pieces.len() {
            return fits;
        }
        length = pieces.len().min(length + length / 2);
    }
}

/// Is the mean base pace of some pieces, and how far off it may be by their number.
struct Mean {
    mean: u64,
    error: u64,
}

impl Mean {
    fn of(pieces: &[Piece]) -> Mean {
        let time = |piece: &Piece| u128::from(piece.units) * u128::from(piece.base);
        let time: u128 = pieces.iter().map(time).sum();
        let mean = time / units(pieces).max(1);
        let square = |piece: &Piece| u128::from(piece.base).abs_diff(mean).pow(2);
        let count = pieces.len().max(1) as u128;
        let squares: u128 = pieces.iter().map(square).sum();
        let variance = squares / count.saturating_sub(1).max(1);
        // Base paces are below 2^31, and so are mean and error.
        Mean {
            mean: mean as u64,
            error: (variance / count).isqrt() as u64,
        }
    }
}

impl Wander {
    /// Measures by how much the level differs from one part of the work to the next, beyond what the
    /// noise of pieces explains. The median square counts: a slow start or an end of one is no habit.
    fn measure(pieces: &[Piece], recent: &[Piece]) -> Wander {
        let parts = (pieces.len() / 4).clamp(1, PARTS_MAX);
        let part = |number: usize| {
            let from = pieces.len() * number / parts;
            Mean::of(&pieces[from..pieces.len() * (number + 1) / parts])
        };
        let means: Vec<Mean> = (0..parts).map(part).collect();
        let mut squares: Vec<u128> = means
            .windows(2)
            .map(|pair| {
                let noise = u128::from(pair[0].error).pow(2) + u128::from(pair[1].error).pow(2);
                let moved = u128::from(pair[0].mean.abs_diff(pair[1].mean));
                moved.pow(2).saturating_sub(noise)
            })
            .collect();
        squares.sort_unstable();
        // The median of squares of a bell is about half their mean; and the means of two neighbouring parts
        // of a level that wanders differ by two thirds of what it moves over one.
        let square = squares
            .get(squares.len() / 2)
            .map_or(0, |square| square * 3);
        Wander {
            square,
            units: units(pieces) / parts as u128,
            behind: units(recent) * 4 / 9,
            moves: squares.len() as u64,
        }
    }

    /// Gives the deviation of the level after `ahead` units.
    ///
    /// A level that wanders by chance is off by the root of the way. Over a whole stretch it is off by
    /// the root of a third of it on average; since one draw moves a whole future here, three quarters of
    /// the way at each place come to the same.
    pub(super) fn deviation(&self, ahead: u128) -> u64 {
        let ahead = ahead.saturating_add(self.behind).min(1 << 100);
        let parts = (ahead << 20) / self.units.max(1);
        let square = self.square.saturating_mul(parts.min(1 << 40)) >> 20;
        (square / 4).saturating_mul(3).isqrt() as u64
    }
}

impl Trend {
    /// Fits a line through the base paces; `None` unless it rises.
    fn measure(pieces: &[Piece]) -> Option<Trend> {
        let count = pieces.len() as i128;
        if pieces.len() < STRETCH_MIN {
            return None;
        }
        let mean = i128::from(Mean::of(pieces).mean);
        // Places run from -(count - 1) to count - 1 in steps of 2, so that they add up to nothing.
        let points = || {
            let places = (0_i128..).map(|place| 2 * place - (count - 1));
            places.zip(pieces.iter().map(|piece| i128::from(piece.base) - mean))
        };
        let across: i128 = points().map(|(place, _)| place * place).sum();
        let along: i128 = points().map(|(place, off)| place * off).sum();
        let growth = along * 2 * count / across;
        let misses = |(place, off): (i128, i128)| (off - along * place / across).pow(2);
        let variance = points().map(misses).sum::<i128>() / (count - 2);
        if growth <= 0 {
            return None;
        }
        // Halves of a deviation above zero.
        let above = (4 * (along * along / across)) / variance.max(1);
        let halves = usize::try_from(above.isqrt()).unwrap_or(usize::MAX);
        let share = TREND_SHARES.get(halves).copied();
        let doubt = (variance << 32).checked_div(along * along / across);
        let doubt = doubt.unwrap_or(i128::MAX).isqrt();
        let units = i128::try_from(units(pieces)).unwrap_or(i128::MAX);
        Some(Trend {
            growth,
            units: units.max(1),
            behind: units / 2,
            doubt: i64::try_from(doubt).unwrap_or(i64::MAX).min(DOUBT_MAX),
            share: share.unwrap_or(256),
        })
    }

    /// Gives by how much the base pace is above its level after `ahead` units, which was reached in the
    /// middle of the pieces.
    pub(super) fn growth(&self, ahead: u128) -> u64 {
        let ahead = i128::try_from(ahead).unwrap_or(i128::MAX);
        let way = ahead.saturating_add(self.behind).min(1 << 80);
        let grown = self.growth.saturating_mul(way) / self.units;
        u64::try_from(grown).unwrap_or(u64::MAX)
    }
}
