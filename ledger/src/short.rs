//! Arithmetic of 128 bits that is short where the figures are: nearly all have 64 bits, for which the
//! processor has instructions of its own.

/// Multiplies; `None` beyond 128 bits.
#[inline]
pub(crate) fn product(one: i128, other: i128) -> Option<i128> {
    match (i64::try_from(one), i64::try_from(other)) {
        // No product of two of 64 bits passes 128.
        (Ok(one), Ok(other)) => Some(i128::from(one).wrapping_mul(i128::from(other))),
        _ => one.checked_mul(other),
    }
}

/// Divides towards zero, and gives what is left, with the sign of what was divided; `None` by zero,
/// and beyond 128 bits.
#[inline]
pub(crate) fn quotient_and_rest(dividend: i128, divisor: i128) -> Option<(i128, i128)> {
    if let (Ok(dividend), Ok(divisor)) = (i64::try_from(dividend), i64::try_from(divisor))
        && let (Some(quotient), Some(rest)) =
            (dividend.checked_div(divisor), dividend.checked_rem(divisor))
    {
        return Some((i128::from(quotient), i128::from(rest)));
    }
    Some((
        dividend.checked_div(divisor)?,
        dividend.checked_rem(divisor)?,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Figures around the borders of 64 and 128 bits, and any others.
    fn figure() -> impl Strategy<Value = i128> {
        let borders = [
            0,
            i128::from(i64::MIN),
            i128::from(i64::MAX),
            i128::MIN,
            i128::MAX,
        ];
        let near = (proptest::sample::select(borders.to_vec()), -3_i128..=3)
            .prop_map(|(border, off)| border.saturating_add(off));
        prop_oneof![
            near,
            any::<i128>(),
            any::<i64>().prop_map(i128::from),
            -20_i128..=20
        ]
    }

    proptest! {
        #[test]
        fn it_is_the_arithmetic_of_128_bits(one in figure(), other in figure()) {
            prop_assert_eq!(product(one, other), one.checked_mul(other));
            let long = one.checked_div(other).zip(one.checked_rem(other));
            prop_assert_eq!(quotient_and_rest(one, other), long);
        }
    }
}
