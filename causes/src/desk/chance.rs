//! How many hits chance alone would give.

use std::cmp::Ordering;
use std::fmt;

/// An expected number of hits, as an exact ratio.
#[derive(Debug, Clone, Copy)]
pub struct Chance {
    /// Above the line.
    pub numerator: u128,
    /// Below the line; above zero.
    pub denominator: u128,
}

impl Chance {
    /// Too many to be told.
    pub(super) const SURE: Self = Self {
        numerator: u128::MAX,
        denominator: 1,
    };

    pub(super) fn new(numerator: u128, denominator: u128) -> Self {
        Self {
            numerator,
            denominator: denominator.max(1),
        }
    }

    /// So many hits more.
    pub(super) fn plus(self, hits: u64) -> Self {
        let hits = u128::from(hits).saturating_mul(self.denominator);
        Self {
            numerator: self.numerator.saturating_add(hits),
            ..self
        }
    }

    /// Says whether it is at most one in ten.
    pub fn is_small(self) -> bool {
        self.numerator.saturating_mul(10) <= self.denominator
    }

    /// Whole hits, and what is left over the denominator.
    fn split(self) -> (u128, u128) {
        let denominator = self.denominator.max(1);
        (
            self.numerator.checked_div(denominator).unwrap_or(u128::MAX),
            self.numerator.checked_rem(denominator).unwrap_or(0),
        )
    }
}

impl Ord for Chance {
    /// Compares the ratios exactly: whole parts first, then the rests upside down (as a continued
    /// fraction), so that nothing is multiplied and nothing overflows.
    fn cmp(&self, other: &Self) -> Ordering {
        let (mut left, mut right, mut is_turned) = (*self, *other, false);
        loop {
            let ((whole, rest), (other_whole, other_rest)) = (left.split(), right.split());
            let order = whole.cmp(&other_whole);
            let order = match (order, rest, other_rest) {
                (Ordering::Equal, 0, 0) => return Ordering::Equal,
                (Ordering::Equal, 0, _) => Ordering::Less,
                (Ordering::Equal, _, 0) => Ordering::Greater,
                (order, ..) => order,
            };
            if whole != other_whole || rest == 0 || other_rest == 0 {
                return if is_turned { order.reverse() } else { order };
            }
            left = Self::new(left.denominator.max(1), rest);
            right = Self::new(right.denominator.max(1), other_rest);
            is_turned = !is_turned;
        }
    }
}

impl PartialOrd for Chance {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Chance {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Chance {}

impl fmt::Display for Chance {
    /// Writes four decimals, the rest cut off; `< 0.0001` where they are all zero and it is not.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.numerator > 0 && self.numerator.saturating_mul(10_000) < self.denominator {
            return f.pad("< 0.0001");
        }
        let (whole, mut rest) = self.split();
        let mut text = format!("{whole}.");
        for _ in 0..4 {
            // Where ten times the rest is too wide, both lines lose a digit that four decimals do not show.
            let (tens, denominator) = match rest.checked_mul(10) {
                Some(tens) => (tens, self.denominator),
                None => (rest, self.denominator.checked_div(10).unwrap_or(1)),
            };
            let digit = tens.checked_div(denominator.max(1)).unwrap_or(0).min(9);
            text.push_str(&digit.to_string());
            let taken = digit.saturating_mul(denominator);
            rest = tens.saturating_sub(taken);
        }
        f.pad(&text)
    }
}
