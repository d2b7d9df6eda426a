//! One holder's part: a division by the same divisor for all, done by multiplication.

/// Divides `amount × shares` by all shares, for any holder's shares.
#[derive(Debug, Clone, Copy)]
pub(super) struct Divisor {
    amount: u64,
    /// All shares: above zero, below 2^63.
    total: u64,
    /// Whole fen for each hundredth of a share.
    whole: u64,
    /// What is left of the amount after that; below `total`.
    rest: u64,
    /// `rest / total` in units of 2^-64, cut.
    reciprocal: u64,
}

/// Is a holder's part of an amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Part {
    /// Whole fen.
    pub(super) cut: u64,
    /// What was cut off, in units of one fen divided by all shares.
    pub(super) remainder: u64,
}

impl Divisor {
    /// Takes an amount and all shares; none where either is nothing.
    pub(super) fn new(amount: u64, total: i64) -> Option<Divisor> {
        let total = u64::try_from(total).ok()?;
        if amount == 0 {
            return None;
        }
        let (whole, rest) = (amount.checked_div(total)?, amount.checked_rem(total)?);
        let reciprocal = (u128::from(rest) << 64).checked_div(u128::from(total))?;
        Some(Divisor {
            amount,
            total,
            whole,
            rest,
            // The rest is below the total, so the quotient is below 2^64.
            reciprocal: u64::try_from(reciprocal).ok()?,
        })
    }

    pub(super) fn amount(&self) -> u64 {
        self.amount
    }

    /// Gives a holder's part. `shares` are at most all shares.
    ///
    /// The reciprocal is too small by less than 2^-64, and shares are below 2^63: so the product is
    /// too small by less than one half, its whole part by at most one. What is left over is then
    /// below `2 × total`, which fits into 64 bits, and shows whether the one is missing.
    #[inline]
    pub(super) fn part(&self, shares: u64) -> Part {
        let product = u128::from(shares).wrapping_mul(u128::from(self.reciprocal));
        let estimate = u64::try_from(product >> 64).unwrap_or(u64::MAX);
        let left = self
            .rest
            .wrapping_mul(shares)
            .wrapping_sub(estimate.wrapping_mul(self.total));
        let is_short = left >= self.total;
        let cut = estimate.wrapping_add(u64::from(is_short));
        Part {
            // At most the amount, as the shares are at most the total.
            cut: self.whole.wrapping_mul(shares).wrapping_add(cut),
            remainder: if is_short {
                left.wrapping_sub(self.total)
            } else {
                left
            },
        }
    }

    /// Gives what was cut off from a part, by the part itself.
    #[inline]
    pub(super) fn remainder(&self, shares: u64, cut: u64) -> u64 {
        // It is below the total, whatever overflows on the way to it.
        self.amount
            .wrapping_mul(shares)
            .wrapping_sub(cut.wrapping_mul(self.total))
    }

    /// Gives the largest remainder that can be.
    pub(super) fn remainder_max(&self) -> u64 {
        self.total.saturating_sub(1)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Numbers of all lengths, below 2^63.
    fn any_length() -> impl Strategy<Value = u64> {
        (0_u32..63, 0..i64::MAX.unsigned_abs()).prop_map(|(shift, number)| number >> shift)
    }

    proptest! {
        #[test]
        fn a_part_is_that_of_long_division(
            amount in any_length(),
            total in any_length(),
            shares in any_length(),
        ) {
            let (amount, total) = (amount.max(1), total.max(1));
            let shares = shares % (total + 1);
            let divisor = Divisor::new(amount, total.cast_signed()).unwrap();
            let product = u128::from(amount) * u128::from(shares);
            let part = divisor.part(shares);
            prop_assert_eq!(u128::from(part.cut), product / u128::from(total));
            prop_assert_eq!(u128::from(part.remainder), product % u128::from(total));
            prop_assert_eq!(divisor.remainder(shares, part.cut), part.remainder);
        }
    }

    #[test]
    fn the_largest_numbers_do_not_overflow() {
        let most = i64::MAX;
        for (amount, total) in [
            (1, most),
            (most, most),
            (most - 1, most),
            (most, 1),
            (most, 3),
        ] {
            let divisor = Divisor::new(amount.unsigned_abs(), total).unwrap();
            let all = divisor.part(total.unsigned_abs());
            assert_eq!(all.cut, amount.unsigned_abs());
            assert_eq!(all.remainder, 0);
        }
        assert!(Divisor::new(0, 5).is_none());
        assert!(Divisor::new(5, 0).is_none());
        assert!(Divisor::new(5, -1).is_none());
    }
}
