//! The plain form `-?digits(.digits)?`, in which nearly all amounts come.

use super::error::shown;
use super::{Decimal, MoneyError};

/// Reads the plain form within 64 bits; `None` sends everything else down the long way.
#[inline]
pub(super) fn read_plain(text: &[u8], scale: Option<u8>) -> Option<Decimal> {
    let (is_negative, unsigned) = match text {
        [b'-', unsigned @ ..] => (true, unsigned),
        unsigned => (false, unsigned),
    };
    // 19 digits are below 2^64, so that nothing wraps from here on.
    if unsigned.len() > 19 {
        return None;
    }
    let (value, rest) = take_digits(0, unsigned);
    let whole = unsigned.len().wrapping_sub(rest.len());
    let (value, decimals) = match rest {
        [] => (value, 0),
        [b'.', digits @ ..] => {
            let (value, rest) = take_digits(value, digits);
            if !rest.is_empty() || digits.is_empty() {
                return None;
            }
            (value, digits.len())
        }
        _ => return None,
    };
    if whole == 0 {
        return None;
    }
    let could_be_a_thousand = decimals == 3 && whole <= 3 && unsigned.first() != Some(&b'0');
    if could_be_a_thousand && scale.is_none_or(|scale| scale < 3) {
        return None;
    }
    let decimals = u8::try_from(decimals).ok()?;
    let scale = scale.unwrap_or(decimals);
    let magnitude = rescale(value, decimals, scale)?;
    Some(Decimal::new(
        if is_negative {
            magnitude.wrapping_neg()
        } else {
            magnitude
        },
        scale,
    ))
}

/// Appends the digits at the front to a value; gives what follows them.
#[inline]
fn take_digits(mut value: u64, mut text: &[u8]) -> (u64, &[u8]) {
    while let [byte, rest @ ..] = text {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            break;
        }
        value = value.wrapping_mul(10).wrapping_add(u64::from(digit));
        text = rest;
    }
    (value, text)
}

/// Brings a value to a scale where nothing is lost and 38 digits cannot be passed.
#[inline]
fn rescale(value: u64, from: u8, to: u8) -> Option<i128> {
    if from == to {
        return Some(i128::from(value));
    }
    let power = *POWERS_OF_TEN.get(usize::from(from.abs_diff(to)))?;
    if to > from {
        // Both are below 10^19 and a bit, so that the product is below 10^38.
        return Some(i128::from(value).wrapping_mul(i128::from(power)));
    }
    let (quotient, rest) = (value.checked_div(power)?, value.checked_rem(power)?);
    if rest == 0 {
        Some(i128::from(quotient))
    } else {
        None
    }
}

/// Holds the powers of ten up to 10^18.
const POWERS_OF_TEN: [u64; 19] = powers_of_ten();

#[expect(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "evaluated while compiling, where an overflow is an error"
)]
const fn powers_of_ten() -> [u64; 19] {
    let mut powers = [1; 19];
    let mut exponent = 1;
    while exponent < powers.len() {
        powers[exponent] = powers[exponent - 1] * 10;
        exponent += 1;
    }
    powers
}

/// Reads what [`Decimal`] displays and nothing else, up to the last of its 128 bits.
pub(super) fn parse_displayed(text: &str) -> Result<Decimal, MoneyError> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, decimals) = digits.split_once('.').unwrap_or((digits, "0"));
    let unknown = |at: usize, found: char| MoneyError::UnknownCharacter {
        text: shown(text),
        found,
        at,
    };
    if text.is_empty() {
        return Err(MoneyError::Empty);
    }
    if whole.is_empty() || decimals.is_empty() {
        return Err(MoneyError::NoDigits { text: shown(text) });
    }
    let too_many = || MoneyError::TooManyDigits {
        text: shown(text),
        digits: digits.bytes().filter(u8::is_ascii_digit).count(),
    };
    let mut value = Decimal::ZERO;
    let mut has_point = false;
    // Below zero there is room for one more amount than above.
    for (index, character) in text.char_indices() {
        match character {
            '-' if index == 0 => continue,
            '.' if !has_point => has_point = true,
            '0'..='9' => {
                let digit = i128::from(character.to_digit(10).unwrap_or(0));
                let longer = value
                    .mantissa
                    .checked_mul(10)
                    .and_then(|tens| tens.checked_sub(digit));
                value.mantissa = longer.ok_or_else(too_many)?;
                value.scale = value
                    .scale
                    .checked_add(u8::from(has_point))
                    .ok_or_else(too_many)?;
            }
            other => return Err(unknown(index.saturating_add(1), other)),
        }
    }
    if digits.len() == text.len() {
        value.checked_neg().ok_or_else(too_many)
    } else {
        Ok(value)
    }
}
