//! The one place where amounts go through real floats: to see what a program did that let them.

#![expect(
    clippy::float_arithmetic,
    clippy::as_conversions,
    reason = "the damage of a float is only reproduced by a float"
)]

use ledger::{Decimal, Rounding};

use crate::number;

/// Multiplies by ten to the scale in a double and cuts: `(long) (0.29 * 100)` is 28.
pub(crate) fn cut_minor(amount: Decimal, scale: u8) -> Option<Decimal> {
    let double: f64 = amount.to_string().parse().ok()?;
    let factor: f64 = format!("1e{scale}").parse().ok()?;
    minor(double * factor, scale)
}

/// Does the same in a float of 32 bits.
pub(crate) fn cut_minor_single(amount: Decimal, scale: u8) -> Option<Decimal> {
    let single: f32 = amount.to_string().parse().ok()?;
    let factor: f32 = format!("1e{scale}").parse().ok()?;
    minor(f64::from(single * factor), scale)
}

fn minor(value: f64, scale: u8) -> Option<Decimal> {
    let is_held = value.is_finite() && value.abs() < 1e18;
    is_held.then(|| Decimal::new(i128::from(value.trunc() as i64), scale))
}

/// Keeps the amount in 32 bits: all its digits, rounded to a scale in each way.
pub(crate) fn through_single(amount: Decimal, scale: u8) -> Option<[Decimal; 3]> {
    let single: f32 = amount.to_string().parse().ok()?;
    of_double(f64::from(single), single.to_string(), scale)
}

/// Keeps the whole number of minor units in 32 bits.
pub(crate) fn minor_through_single(amount: Decimal, scale: u8) -> Option<Decimal> {
    let minor = amount.rescale_exact(scale)?.mantissa;
    let single = minor as f32;
    (single.abs() < 1e30).then(|| Decimal::new(single as i128, scale))
}

/// Keeps the amount in 64 bits.
pub(crate) fn through_double(amount: Decimal, scale: u8) -> Option<[Decimal; 3]> {
    let double: f64 = amount.to_string().parse().ok()?;
    of_double(double, double.to_string(), scale)
}

/// Gives the exact value of a float, rounded half up and, as `printf` does, half to even; and the
/// shortest text that means it, at a scale.
fn of_double(exact: f64, shortest: String, scale: u8) -> Option<[Decimal; 3]> {
    if !exact.is_finite() || exact.abs() >= 1e24 {
        return None;
    }
    let exact: Decimal = format!("{exact:.12}").parse().ok()?;
    let shortest: Decimal = shortest.parse().ok()?;
    Some([
        number::at_scale(exact, scale, Rounding::HalfUp)?,
        number::at_scale(exact, scale, Rounding::HalfEven)?,
        number::at_scale(shortest, scale, Rounding::HalfUp)?,
    ])
}

/// Keeps a whole number, such as an id, in a double.
pub(crate) fn id_through_double(id: &str) -> Option<String> {
    let whole: u128 = id.parse().ok()?;
    let double = whole as f64;
    (double < 1e30).then(|| format!("{double:.0}"))
}

/// Keeps a whole number in a double and writes it as programs of the web do: the fewest digits that
/// mean the same double, then zeros.
pub(crate) fn id_of_shortest_digits(id: &str) -> Option<String> {
    let whole: u128 = id.parse().ok()?;
    with_zeros(&format!("{:e}", whole as f64))
}

/// Keeps a whole number in a double and writes it with fifteen digits, the last one rounded.
pub(crate) fn id_of_fifteen_rounded(id: &str) -> Option<String> {
    let whole: u128 = id.parse().ok()?;
    with_zeros(&format!("{:.14e}", whole as f64))
}

/// Writes a whole number, such as an id, as a spreadsheet shows a long one: six digits and an exponent,
/// `2.01305E+17`.
pub(crate) fn id_with_exponent(id: &str) -> Option<String> {
    let whole: u128 = id.parse().ok()?;
    let scientific = format!("{:.5e}", whole as f64);
    let (digits, exponent) = scientific.split_once('e')?;
    let digits = digits.trim_end_matches('0').trim_end_matches('.');
    Some(format!("{digits}E+{exponent:0>2}"))
}

/// Writes `2.5e3` as 2500.
fn with_zeros(scientific: &str) -> Option<String> {
    let (digits, exponent) = scientific.split_once('e')?;
    let length = exponent.parse::<usize>().ok()?.checked_add(1)?;
    let digits = digits.replace('.', "");
    (digits.len() <= length && length < 30).then(|| format!("{digits:0<length$}"))
}

/// Writes a whole number, such as an id, as a spreadsheet does: fifteen digits, then zeros.
pub(crate) fn id_of_fifteen_digits(id: &str) -> Option<String> {
    let is_long = id.len() > 15 && id.bytes().all(|byte| byte.is_ascii_digit());
    let kept = id.get(..15).filter(|_| is_long)?;
    Some(format!("{kept:0<width$}", width = id.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_double_loses_a_cent_where_it_is_cut() {
        let cut = |amount: &str| cut_minor(amount.parse().unwrap(), 2).unwrap().to_string();
        assert_eq!(cut("0.29"), "0.28");
        assert_eq!(cut("0.58"), "0.57");
        assert_eq!(cut("0.30"), "0.30");
        assert_eq!(cut("-0.29"), "-0.28");
    }

    #[test]
    fn thirty_two_bits_hold_seven_digits() {
        let kept = through_single("1234567.89".parse().unwrap(), 2).unwrap();
        assert_eq!(
            kept.map(|kept| kept.to_string()),
            ["1234567.88", "1234567.88", "1234567.90"]
        );
        let tie = through_single("1436046.18".parse().unwrap(), 2).unwrap();
        assert_eq!(
            tie.map(|kept| kept.to_string()),
            ["1436046.13", "1436046.12", "1436046.10"]
        );
        assert_eq!(
            id_through_double("9007199254740993").unwrap(),
            "9007199254740992"
        );
        assert_eq!(
            id_of_fifteen_rounded("2011495789761419786").unwrap(),
            "2011495789761420000"
        );
        assert_eq!(
            id_of_shortest_digits("2011495789761419786").unwrap(),
            "2011495789761419800"
        );
        assert_eq!(
            id_of_fifteen_digits("1234567890123456789").unwrap(),
            "1234567890123450000"
        );
    }
}
