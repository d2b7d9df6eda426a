//! Quotients of whole numbers.

/// Divides and rounds to the nearest, on a tie away from zero (四舍五入); `None` where the divisor is
/// not above zero or a step does not fit into 128 bits.
pub(crate) fn divide_half_up(dividend: i128, divisor: i128) -> Option<i128> {
    if divisor <= 0 {
        return None;
    }
    let quotient = dividend.checked_div(divisor)?;
    let rest = dividend.checked_rem(divisor)?.unsigned_abs();
    if rest >= divisor.unsigned_abs().checked_sub(rest)? {
        return quotient.checked_add(dividend.signum());
    }
    Some(quotient)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tie_goes_away_from_zero() {
        let table = [
            (5, 2, Some(3)),
            (-5, 2, Some(-3)),
            (4, 3, Some(1)),
            (5, 3, Some(2)),
            (-4, 3, Some(-1)),
            (0, 9, Some(0)),
            (1, 0, None),
            (1, -1, None),
            (i128::MAX, 1, Some(i128::MAX)),
            (i128::MIN, 1, Some(i128::MIN)),
            (i128::MAX, i128::MAX, Some(1)),
        ];
        for (dividend, divisor, expect) in table {
            assert_eq!(
                divide_half_up(dividend, divisor),
                expect,
                "{dividend} / {divisor}"
            );
        }
    }
}
