//! The one place where values go through real floats, for that is the damage.

#![expect(
    clippy::float_arithmetic,
    clippy::as_conversions,
    reason = "what a float loses is only lost by a float"
)]

use ledger::Decimal;

/// Largest whole number up to which a double holds every one.
const EXACT_MAX: u128 = 1 << 53;

/// Held in a double, multiplied into minor units and cut: `(long) (0.29 * 100)` is 28. In minor
/// units.
pub(super) fn cut_after_double(amount: Decimal) -> Option<i128> {
    let double: f64 = amount.to_string().parse().ok()?;
    let factor: f64 = format!("1e{}", amount.scale).parse().ok()?;
    let minor = double * factor;
    let cut = i128::from(minor as i64);
    // One minor unit is what a cut loses; a double that holds fewer digits is another cause.
    let is_one = amount.mantissa.checked_sub(cut)?.unsigned_abs() == 1;
    (minor.abs() < 1e15 && is_one).then_some(cut)
}

/// Kept in 32 bits as minor units or as whole units, or written with six digits as `%g` does. In
/// minor units.
pub(super) fn through_single(amount: Decimal) -> Vec<Option<i128>> {
    let text = amount.to_string();
    let scale = usize::from(amount.scale);
    let minor = amount.mantissa as f32;
    let minor = (minor.abs() < 1e18).then_some(minor as i128);
    let major = text.parse::<f32>().ok().filter(|major| major.abs() < 1e15);
    let major = major.and_then(|major| units(&format!("{major:.scale$}")));
    vec![minor, major, six_digits(&text, amount.scale)]
}

/// What is left of an amount that was written as `1.23457e+06`.
fn six_digits(text: &str, scale: u8) -> Option<i128> {
    let double: f64 = text.parse().ok()?;
    let written = format!("{double:.5e}");
    let (digits, exponent) = written.split_once('e')?;
    let exponent: u32 = exponent.parse().ok().filter(|exponent| *exponent >= 6)?;
    let digits: Decimal = digits.parse().ok()?;
    let read = digits.checked_mul_int(10_i128.checked_pow(exponent)?)?;
    Some(read.rescale_exact(scale)?.mantissa)
}

fn units(text: &str) -> Option<i128> {
    Some(text.parse::<Decimal>().ok()?.mantissa)
}

/// A whole number beyond 2^53 through a double, as many a program reads JSON; none where it is no
/// such number or nothing is lost.
pub(super) fn id_through_double(text: &str) -> Option<String> {
    let number: u128 = text.parse().ok()?;
    let is_plain = number.to_string() == text;
    if !is_plain || number <= EXACT_MAX {
        return None;
    }
    let double = number as f64;
    let kept = format!("{double:.0}");
    (double < 1e30 && kept != text).then_some(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_double_loses_a_fen_of_4586_of_the_first_100000_amounts_and_never_more() {
        let lost = (0..100_000_i128).filter_map(|fen| {
            let cut = cut_after_double(Decimal::new(fen, 2))?;
            Some((fen, cut))
        });
        let lost: Vec<(i128, i128)> = lost.collect();
        assert_eq!(lost.len(), 4_586);
        assert!(lost.iter().all(|(fen, cut)| fen - 1 == *cut));
    }

    #[test]
    fn ids_beyond_2_to_the_53_lose_their_low_digits() {
        let check = |id: &str, expect: Option<&str>| {
            assert_eq!(id_through_double(id).as_deref(), expect, "{id}");
        };
        check("9007199254740993", Some("9007199254740992"));
        check("20130527123456789", Some("20130527123456788"));
        check("9007199254740992", None);
        check("9007199254740994", None);
        check("00020130527123456789", None);
        check("+20130527123456789", None);
        check("V1", None);
        check(&"9".repeat(40), None);
    }

    #[test]
    fn six_digits_are_kept_from_a_million_on() {
        let kept = |text: &str| six_digits(text, 2);
        assert_eq!(kept("1234567.89"), Some(123_457_000));
        assert_eq!(kept("-12345678.00"), Some(-1_234_570_000));
        assert_eq!(kept("999999.00"), None);
    }
}
