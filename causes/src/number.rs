//! Exact arithmetic that the causes share.

use ledger::{Decimal, Rounding, parse_money, round};

/// All ways of rounding, with their names in both languages.
pub(crate) const ROUNDINGS: [(Rounding, &str, &str); 4] = [
    (Rounding::HalfUp, "half up", "四舍五入"),
    (Rounding::HalfEven, "half to even", "银行家舍入"),
    (Rounding::Down, "down", "去尾"),
    (Rounding::Up, "up", "进一"),
];

/// Reads a number as programs write it, or else as people do.
pub(crate) fn read(text: &str) -> Option<Decimal> {
    let text = text.trim();
    // Most texts of a record are no numbers: the first look must be cheap.
    let is_code = matches!(text.as_bytes(), [b'0', b'0'..=b'9', ..]);
    if is_code || text.len() > 48 || !text.bytes().any(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse().ok().or_else(|| parse_money(text, None).ok())
}

/// Multiplies with 10^`exponent`, without losing a digit.
pub(crate) fn slide(value: Decimal, exponent: i16) -> Option<Decimal> {
    let scale = i16::from(value.scale).checked_sub(exponent)?;
    match u8::try_from(scale) {
        Ok(scale) => Some(Decimal { scale, ..value }),
        Err(_) => {
            let factor = 10_i128.checked_pow(u32::from(scale.unsigned_abs()))?;
            Some(Decimal::new(value.mantissa.checked_mul(factor)?, 0))
        }
    }
}

/// Brings a number to a scale, rounding where that loses digits.
pub(crate) fn at_scale(value: Decimal, scale: u8, rounding: Rounding) -> Option<Decimal> {
    let mantissa = round(value.mantissa, value.scale, scale, rounding)?;
    Some(Decimal::new(mantissa, scale))
}

/// Multiplies exactly.
pub(crate) fn times(left: Decimal, right: Decimal) -> Option<Decimal> {
    Some(Decimal::new(
        left.mantissa.checked_mul(right.mantissa)?,
        left.scale.checked_add(right.scale)?,
    ))
}

/// Divides, cutting after `scale` + 1 decimals less whatever rounding asks for.
pub(crate) fn over(
    dividend: Decimal,
    divisor: Decimal,
    scale: u8,
    rounding: Rounding,
) -> Option<Decimal> {
    // Twelve more decimals than asked for: enough to tell a half from what is near it.
    let fine = scale.checked_add(12)?;
    let shift = i16::from(fine)
        .checked_add(i16::from(divisor.scale))?
        .checked_sub(i16::from(dividend.scale))?;
    let mantissa = if shift >= 0 {
        let factor = 10_i128.checked_pow(u32::from(shift.unsigned_abs()))?;
        dividend.mantissa.checked_mul(factor)?
    } else {
        dividend.mantissa
    };
    let quotient = mantissa.checked_div(divisor.mantissa)?;
    let at = if shift >= 0 {
        fine
    } else {
        dividend.scale.checked_sub(divisor.scale)?
    };
    at_scale(Decimal::new(quotient, at), scale, rounding)
}

/// Gives the number without its sign.
pub(crate) fn magnitude(value: Decimal) -> Decimal {
    if value.is_negative() {
        value.checked_neg().unwrap_or(value)
    } else {
        value
    }
}

/// Digits from which on a number is no coincidence: one of fewer is reached by many roads.
const TELLING_DIGITS: u32 = 3;

/// Says whether a number has so few digits that many amounts come to it when most of theirs are
/// lost.
pub(crate) fn has_few_digits(value: Decimal) -> bool {
    let digits = value.mantissa.unsigned_abs().checked_ilog10();
    digits.is_none_or(|length| length.saturating_add(1) < TELLING_DIGITS)
}

/// Says whether one of two amounts of a column has so few digits that it comes to the other, or from
/// it, in many ways.
pub(crate) fn are_short(one: Decimal, other: Decimal, scale: u8) -> bool {
    let mut both = [one, other].into_iter();
    both.any(|value| value.rescale_exact(scale).is_some_and(has_few_digits))
}
