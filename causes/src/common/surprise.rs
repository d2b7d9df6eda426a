//! How unlikely it is that chance did it, in halvings, with integers only.

/// Logarithms to the base of two have so many binary places.
pub(super) const PLACES: u32 = 20;

/// One halving.
pub(super) const BIT: i64 = 1 << PLACES;

/// Up to this number of broken records the tail of the distribution is added up; beyond, Chernoff's
/// bound is near enough.
const EXACT_MAX: u64 = 30;

/// What a condition holds of, in the whole book.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Split {
    /// Broken records that it holds of.
    pub(super) covered: u64,
    /// Broken records.
    pub(super) broken: u64,
    /// Records that it holds of.
    pub(super) matching: u64,
    /// All records.
    pub(super) book: u64,
}

impl Split {
    /// Gives how often the chance must be halved that as many or more broken records are covered, if
    /// those who break were drawn by lot. `freedom` values were read off the broken records: as
    /// many of those that are covered are taken as given, in whatever way they can be chosen.
    pub(super) fn surprise(self, freedom: u64) -> i64 {
        let Self {
            covered,
            broken,
            matching,
            book,
        } = self;
        if covered <= freedom || matching == 0 || book == 0 {
            return 0;
        }
        let free = Self {
            covered: covered - freedom,
            broken: broken - freedom,
            matching: matching.saturating_sub(freedom).max(1),
            book: book.saturating_sub(freedom).max(1),
        };
        let bits = if broken < EXACT_MAX {
            free.exact()
        } else {
            free.chernoff()
        };
        (bits - log2_choices(broken, freedom)).max(0)
    }

    /// The tail of the hypergeometric distribution, taken as its largest term times their number.
    fn exact(self) -> i64 {
        if self.is_below_mean() {
            return 0;
        }
        let last = self.broken.min(self.matching);
        if self.covered > last {
            return 0;
        }
        // Beyond the mean the terms only fall, so that the first is the largest.
        let terms = last - self.covered + 1;
        (-self.log2_term() - log2(terms)).max(0)
    }

    /// The logarithm of the chance of exactly as many: C(b, c) m…(m-c+1) u…(u-(b-c)+1) / n…(n-b+1).
    fn log2_term(self) -> i64 {
        let unmatching = self.book - self.matching;
        let uncovered = self.broken - self.covered;
        if uncovered > unmatching {
            return i64::MIN / 2;
        }
        log2_choices(self.broken, self.covered)
            + log2_falling(self.matching, self.covered)
            + log2_falling(unmatching, uncovered)
            - log2_falling(self.book, self.broken)
    }

    /// Hoeffding's form of Chernoff's bound, which holds for draws without putting back.
    fn chernoff(self) -> i64 {
        if self.is_below_mean() {
            return 0;
        }
        let part = |count: u64, matching: u64| {
            if count == 0 || matching == 0 {
                return 0;
            }
            let ratio = log2(count) - log2(self.broken) - log2(matching) + log2(self.book);
            i128::from(count) * i128::from(ratio)
        };
        let bits = part(self.covered, self.matching)
            + part(self.broken - self.covered, self.book - self.matching);
        i64::try_from(bits)
            .unwrap_or(i64::MAX / 4)
            .clamp(0, i64::MAX / 4)
    }

    fn is_below_mean(self) -> bool {
        u128::from(self.covered) * u128::from(self.book)
            <= u128::from(self.broken) * u128::from(self.matching)
    }
}

/// The logarithm of n (n-1) … (n-k+1).
fn log2_falling(n: u64, k: u64) -> i64 {
    (0..k).map(|i| log2(n - i)).sum()
}

/// The logarithm of the number of ways to choose k of n; an upper bound where k is large.
fn log2_choices(n: u64, k: u64) -> i64 {
    let k = k.min(n.saturating_sub(k));
    let factorial: i64 = (1..=k).map(log2).sum();
    log2_falling(n, k) - factorial
}

/// The logarithm to the base of two, [`PLACES`] binary places; of zero it is zero.
pub(super) fn log2(value: u64) -> i64 {
    let Some(whole) = value.checked_ilog2() else {
        return 0;
    };
    // The mantissa in 1..2 with 63 binary places: squaring it brings out one place after another.
    let mut mantissa = value << (63 - whole);
    let mut log = i64::from(whole);
    for _ in 0..PLACES {
        let square = (u128::from(mantissa) * u128::from(mantissa)) >> 63;
        let is_two = square >> 64 != 0;
        mantissa = u64::try_from(if is_two { square >> 1 } else { square }).unwrap_or(u64::MAX);
        log = log << 1 | i64::from(is_two);
    }
    log
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logarithms_are_right_to_the_last_place_but_one() {
        for (value, expect) in [(1, 0), (2, BIT), (1_024, 10 * BIT), (u64::MAX, 64 * BIT)] {
            assert!((log2(value) - expect).abs() <= 1, "{value}");
        }
        // log2(10) = 3.321928094887362
        assert!((log2(10) - 3_483_294).abs() <= 1, "{}", log2(10));
        assert!((log2(1_000_000_007) - log2(1_000_000_000)).abs() <= 1);
    }

    #[test]
    fn the_test_is_fishers() {
        // All 5 broken among 10 matching of 100: 10·9·8·7·6 / 100·99·98·97·96 = 1 in 298,760.
        let split = Split {
            covered: 5,
            broken: 5,
            matching: 10,
            book: 100,
        };
        let bits = split.surprise(0);
        assert!((bits - log2(298_760)).abs() < 16, "{bits}");
        // As many as by chance are no surprise, and one read off the records leaves four.
        let split = Split {
            covered: 1,
            broken: 10,
            matching: 10,
            book: 100,
        };
        assert_eq!(split.surprise(0), 0);
        let split = Split {
            covered: 1,
            broken: 1,
            matching: 1,
            book: 100,
        };
        assert_eq!(split.surprise(1), 0);
    }

    #[test]
    fn the_bound_is_never_more_surprised_than_the_test() {
        for covered in 1..=29 {
            let split = Split {
                covered,
                broken: 29,
                matching: 40,
                book: 400,
            };
            // The tail as the number of its terms times the largest is at most so much above.
            assert!(split.chernoff() <= split.exact() + log2(30), "{covered}");
        }
    }
}
