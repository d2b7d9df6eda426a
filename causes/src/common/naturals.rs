//! Limits that have a meaning of their own, and round values between two records.

use super::reading::{self, Moment, NANOS_PER_DAY, NANOS_PER_SECOND};
use crate::Kind;
use ledger::{Decimal, Zone};

/// Zero, and the sizes at which fields and machines end: powers of ten, and the first number that
/// does not fit into so many bits, as whole units and as units of the second, third and fourth decimal.
pub(super) fn limits() -> Vec<Decimal> {
    let mut limits = vec![Decimal::ZERO];
    let mut both = |limit: Decimal| {
        limits.push(limit);
        limits.extend(limit.checked_neg());
    };
    for bits in [15, 16, 24, 31, 32, 53, 63] {
        for scale in [0, 2, 3, 4] {
            both(Decimal::new(1 << bits, scale));
        }
    }
    let mut power = 10_i128;
    for _ in 1..=15 {
        both(Decimal::new(power, 0));
        power *= 10;
    }
    both(Decimal::new(1, 0));
    limits.sort_unstable();
    limits.dedup();
    limits
}

/// The roundest number above `below` and up to `to`.
pub(super) fn round_number(below: Decimal, to: Decimal) -> Option<Decimal> {
    let scale = below.scale.max(to.scale);
    let (low, high) = (
        below.rescale_exact(scale)?.mantissa,
        to.rescale_exact(scale)?.mantissa,
    );
    if low < 0 && high >= 0 {
        return Some(Decimal::ZERO);
    }
    let (mut unit, mut best) = (1_i128, high);
    // Each step drops one more digit; once nothing is between, no larger unit has anything either.
    while let Some(larger) = unit.checked_mul(10) {
        unit = larger;
        let floor = high.div_euclid(unit) * unit;
        if floor <= low {
            break;
        }
        best = floor;
    }
    Some(Decimal::new(best, scale))
}

/// The roundest moment above `below` and up to `to`, on the clock of the wall.
pub(super) fn round_moment(kind: Kind, zone: &Zone, below: Moment, to: Moment) -> Option<Moment> {
    let offset = reading::on_the_wall(kind, to, zone)?.0 - to.0;
    let (low, high) = (below.0 + offset, to.0 + offset);
    let minute = 60 * NANOS_PER_SECOND;
    let units = [
        NANOS_PER_DAY,
        60 * minute,
        15 * minute,
        minute,
        NANOS_PER_SECOND,
    ];
    let floors = units.iter().map(|unit| high.div_euclid(*unit) * unit);
    let round = floors.into_iter().find(|floor| *floor > low)?;
    Some(Moment(round - offset))
}

/// The roundest count above `below` and up to `to`, by units that the count has, the largest first.
pub(super) fn round_count(units: &[u32], below: u32, to: u32) -> Option<u32> {
    let floors = units.iter().map(|unit| to / unit * unit);
    floors.into_iter().find(|floor| *floor > below)
}
