//! How long the rest of some work takes, from the pieces of it that are finished.
//!
//! The rest is played out many times over, always with the same draws. A future is made of
//!
//! - the **level**: how fast the last pieces were, as far back as nothing says that it was
//!   otherwise then (Lepski's rule), drawn anew from these pieces because they are a sample only;
//! - the **noise**: runs of neighbouring pieces, drawn from the same stretch (Künsch's block
//!   bootstrap), so that what neighbours share is kept;
//! - the **wandering** of the level, as strong as it was between the parts of the work done; of few
//!   parts it is drawn wider (Student), since they may have been alike by chance;
//! - the **trend**, where pieces grew slower, in as many futures as that is likelier than chance, by the
//!   slope measured and its doubt (a mean over both models, with Zellner's prior); never where they grew
//!   faster, since a slow start ends, and hoping is not a forecast;
//! - the **stalls**: what pieces took beyond their neighbours' pace, where that is far beyond the noise.
//!   How often they come is drawn from what so many stalls in so much work leave open (a gamma
//!   distribution, by Jeffreys' prior), how long they last from those seen or, with the chance of one
//!   more (Laplace, Hill), from around them. Each holds up as many pieces as those seen did: one, or all
//!   that are side by side. One that is under way counts;
//! - the **pieces under way**: each takes as long as one of those that took longer than it already
//!   has, or, with the chance of one more, longer than any. One that has taken longer than any takes
//!   as long again in half of all futures (Lindy's law), so that a stall moves the forecast while it
//!   lasts.
//!
//! What is waiting is then handed out piece by piece to whoever is free, so that few large pieces
//! at the end count as what they are.
//!
//! **What nobody has seen.** Work that never stood still looks the same whether it never will or just has
//! not yet. Only one future in 16 takes a stall into account then: were they more than one in ten, the p90
//! of all calm work would be put off by a stall that hardly any of it has. So p90 is too early for the
//! first stall, and so it is for a slope that is still within the noise. A rehearsal tells of both
//! ([`Progress::futures_beside`]).
//!
//! A forecast of 480 pieces takes two or three milliseconds, one of more than 16,000 a quarter of a second.

mod future;
mod history;
mod stalls;

use std::time::Duration;

use serde::Serialize;

use self::future::Rest;
use self::history::History;
use super::deadline::millis;

/// Pieces that must be finished before a forecast is worth reading.
pub const CHUNKS_MIN: usize = 5;

/// Is a finished piece of some work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chunk {
    /// Records or bytes that it holds.
    pub units: u64,
    /// Time from its beginning to its end.
    pub took: Duration,
}

/// Is a piece of some work that has begun and not ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnderWay {
    /// Records or bytes that it holds.
    pub units: u64,
    /// Time since it began.
    pub elapsed: Duration,
}

/// Says how far some work has come.
#[derive(Debug, Clone, Copy)]
pub struct Progress<'a> {
    /// Pieces that are finished, in the order in which they ended.
    pub finished: &'a [Chunk],
    /// Pieces that have begun.
    pub under_way: &'a [UnderWay],
    /// Records or bytes of each piece that has not begun, in the order in which they will.
    pub waiting: &'a [u64],
    /// Pieces that are really worked on at a time; 0 counts as 1.
    pub side_by_side: u64,
}

/// Says when some work will be done, counted from now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Forecast {
    /// Time within which it is done in half of all futures.
    #[serde(rename = "p50_ms", serialize_with = "millis")]
    pub p50: Duration,
    /// Time within which it is done in nine of ten.
    #[serde(rename = "p90_ms", serialize_with = "millis")]
    pub p90: Duration,
}

/// Holds how long some work takes in each of many futures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Futures {
    /// Nanoseconds; their order is that of the draws, so that those of two works pair up by chance.
    nanos: Vec<u64>,
}

/// Futures that are played out.
const COUNT: usize = 256;

impl Progress<'_> {
    /// Says how long the rest takes; `None` as long as fewer than [`CHUNKS_MIN`] pieces are finished.
    pub fn forecast(&self) -> Option<Forecast> {
        self.futures(0).map(|futures| futures.forecast())
    }

    /// Plays the rest out. Works whose futures are added need a `seed` of their own each.
    ///
    /// One more waiting piece never brings the end nearer. Returns `None` as
    /// [`Progress::forecast`] does.
    pub fn futures(&self, seed: u64) -> Option<Futures> {
        self.futures_beside(seed, &[])
    }

    /// Plays the rest out, beside the pieces of a rehearsal of the same work.
    ///
    /// What pieces take is what they take today; but a stall that came in the rehearsal may come today as
    /// well, and work that slowed down then may do so now. Returns `None` as [`Progress::forecast`] does,
    /// whatever the rehearsal.
    pub fn futures_beside(&self, seed: u64, rehearsed: &[Chunk]) -> Option<Futures> {
        if self.waiting.is_empty() && self.under_way.is_empty() {
            return Some(Futures::certain(Duration::ZERO));
        }
        let mut history = History::read(self)?;
        let rehearsal = Progress {
            finished: rehearsed,
            under_way: &[],
            waiting: &[],
            side_by_side: self.side_by_side,
        };
        if let Some(rehearsal) = History::read(&rehearsal) {
            history.remember(&rehearsal);
        }
        let rest = Rest::new(&history, self);
        let nanos = (0..COUNT).map(|number| rest.play(seed, number as u64));
        Some(Futures {
            nanos: nanos.collect(),
        })
    }
}

impl Futures {
    /// Takes a time as certain.
    pub fn certain(time: Duration) -> Futures {
        Futures {
            nanos: vec![nanos_of(time); COUNT],
        }
    }

    /// Gives the futures of this work and another one after it.
    #[must_use]
    pub fn then(&self, next: &Futures) -> Futures {
        let pairs = self.nanos.iter().zip(&next.nanos);
        Futures {
            nanos: pairs.map(|(one, two)| one.saturating_add(*two)).collect(),
        }
    }

    /// Gives the time within which it is done in half and in nine of ten futures.
    pub fn forecast(&self) -> Forecast {
        let mut sorted = self.nanos.clone();
        sorted.sort_unstable();
        let at = |percent: usize| {
            let place = (sorted.len() * percent).div_ceil(100).saturating_sub(1);
            Duration::from_nanos(sorted.get(place).copied().unwrap_or(0))
        };
        Forecast {
            p50: at(50),
            p90: at(90),
        }
    }
}

/// Gives a time in nanoseconds; 584 years are as good as for ever.
fn nanos_of(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// Gives how long something takes that takes longer than anything known: twice as long or more in half
/// of all futures, ten times in a tenth (Lindy's law), never above 32 times. `draw` has 32 bits.
fn beyond(longest: u128, draw: u64) -> u128 {
    let share = u128::from(draw.max(1 << 27));
    longest.saturating_mul(1 << 32) / share
}

#[cfg(test)]
mod tests;
