//! What becomes of an amount, whatever stands beside it.

use ledger::Decimal;

use super::floats;
use crate::cause::Cause;

/// Fewest minor units that a lost digit leaves: with less, nobody could tell what was lost.
const LEFT_MIN: i128 = 100;

/// Every other amount that a cause can make of one, as text at its scale.
pub(super) fn outcomes(cause: Cause, text: &str, scale: u8) -> Vec<String> {
    let amount = text.parse::<Decimal>().ok();
    let held = amount.and_then(|amount| amount.rescale_exact(scale));
    let Some(amount) = held.filter(|held| !held.is_zero()) else {
        return Vec::new();
    };
    let units = amount.mantissa;
    let made: Vec<Option<i128>> = match cause {
        Cause::B1 => transposed(units),
        Cause::B2 => slid(units),
        Cause::B3 => vec![floats::cut_after_double(amount)],
        Cause::B4 => floats::through_single(amount),
        Cause::B8 => overflowed(units),
        Cause::B9 => vec![units.checked_neg()],
        Cause::B15 => misread_separators(amount),
        Cause::B16 => vec![units.checked_mul(2)],
        Cause::M1 => (0..32).map(|bit| flipped(units, bit)).collect(),
        _ => Vec::new(),
    };
    let others = made.into_iter().flatten().filter(|other| *other != units);
    others
        .map(|units| Decimal::new(units, scale).to_string())
        .collect()
}

/// Two neighbouring digits change places; the first does not become a zero.
fn transposed(units: i128) -> Vec<Option<i128>> {
    let digits = units.unsigned_abs().to_string().into_bytes();
    let places = 1..digits.len();
    places
        .map(|at| {
            let mut digits = digits.clone();
            digits.swap(at.checked_sub(1)?, at);
            let digits = String::from_utf8(digits).ok()?;
            let swapped: i128 = digits.parse().ok()?;
            (!digits.starts_with('0')).then(|| swapped.checked_mul(units.signum()))?
        })
        .collect()
}

/// The decimal point moves, and no digit is lost: yuan for fen, fen for yuan, ten for one.
fn slid(units: i128) -> Vec<Option<i128>> {
    let larger = [100, 10].map(|factor| units.checked_mul(factor));
    let smaller = [100, 10].map(|factor| {
        let is_whole = units.checked_rem(factor) == Some(0);
        units.checked_div(factor).filter(|_| is_whole)
    });
    larger.into_iter().chain(smaller).collect()
}

/// What 32 bits make of an amount, with a sign and without; or else a field that is too narrow for
/// its leading digits.
#[expect(
    clippy::as_conversions,
    reason = "this is the damage: an integer that is too narrow wraps around"
)]
fn overflowed(units: i128) -> Vec<Option<i128>> {
    if i32::try_from(units).is_err() {
        let wrapped = [i128::from(units as i32), i128::from(units as u32)];
        return wrapped.map(|kept| tells(kept).then_some(kept)).to_vec();
    }
    let fields = [8, 7, 6, 5, 4, 3].into_iter().filter_map(|width| {
        let field = 10_i128.checked_pow(width)?;
        let kept = units.checked_rem(field)?;
        (kept != units && tells(kept)).then_some(Some(kept))
    });
    fields.take(1).collect()
}

fn tells(units: i128) -> bool {
    units.unsigned_abs() >= LEFT_MIN.unsigned_abs()
}

/// An amount written with separators of thousands, and read as if the first of them were the
/// decimal sign, or the end.
fn misread_separators(amount: Decimal) -> Vec<Option<i128>> {
    let read = || {
        let unit = 10_i128.checked_pow(u32::from(amount.scale))?;
        let whole = amount
            .mantissa
            .unsigned_abs()
            .checked_div(unit.unsigned_abs())?;
        if whole < 1_000 {
            return None;
        }
        // The digits before the first separator, and the three behind it.
        let mut head = i128::try_from(whole).ok()?;
        let mut behind = 0;
        while head >= 1_000 {
            behind = head.checked_rem(1_000)?;
            head = head.checked_div(1_000)?;
        }
        let thousandths = head.checked_mul(1_000)?.checked_add(behind)?;
        let turned = thousandths.checked_mul(unit)?.checked_div(1_000)?;
        Some([turned, head.checked_mul(unit)?])
    };
    let signed = read().into_iter().flatten();
    signed
        .map(|read| read.checked_mul(amount.mantissa.signum()))
        .collect()
}

/// One bit of the minor units, kept as a number of 64 bits, turns.
fn flipped(units: i128, bit: u32) -> Option<i128> {
    let held = i64::try_from(units).ok()?;
    Some(i128::from(held ^ 1_i64.checked_shl(bit)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(cause: Cause, amount: &str, expect: &[&str]) {
        let mut made = outcomes(cause, amount, 2);
        made.sort();
        let mut expect = expect.to_vec();
        expect.sort_unstable();
        assert_eq!(made, expect, "{cause} of {amount}");
    }

    #[test]
    fn each_cause_makes_of_an_amount_what_the_catalogue_says() {
        check(Cause::B1, "12.30", &["21.30", "13.20", "12.03"]);
        check(Cause::B1, "-5.60", &["-6.50", "-5.06"]);
        check(Cause::B1, "77.77", &[]);
        check(Cause::B2, "12.00", &["1200.00", "120.00", "1.20", "0.12"]);
        check(Cause::B2, "0.05", &["5.00", "0.50"]);
        check(Cause::B3, "0.29", &["0.28"]);
        check(Cause::B3, "-1.15", &["-1.14"]);
        check(Cause::B3, "0.30", &[]);
        check(Cause::B4, "167772.17", &["167772.16"]);
        check(Cause::B8, "30000000.00", &["-12949672.96"]);
        check(Cause::B8, "50000000.00", &["7050327.04", "7050327.04"]);
        check(Cause::B8, "123456.78", &["23456.78"]);
        check(Cause::B8, "12.34", &["2.34"]);
        check(Cause::B8, "1000.05", &[]);
        check(Cause::B9, "7.00", &["-7.00"]);
        check(Cause::B15, "-1234.56", &["-1.23", "-1.00"]);
        check(Cause::B15, "1234567.00", &["1.23", "1.00"]);
        check(Cause::B15, "999.99", &[]);
        check(Cause::B16, "-80.00", &["-160.00"]);
    }

    #[test]
    fn a_flipped_bit_is_one_bit_of_the_minor_units() {
        let made = outcomes(Cause::M1, "163.84", 2);
        assert_eq!(made.len(), 32);
        for text in made {
            let units = text.parse::<Decimal>().unwrap().mantissa;
            assert_eq!((units ^ 16_384).count_ones(), 1, "{text}");
        }
    }

    #[test]
    fn nothing_becomes_of_zero_or_of_what_is_no_amount() {
        for cause in Cause::ALL {
            for text in ["0.00", "", "abc", "1.234"] {
                assert!(outcomes(*cause, text, 2).is_empty(), "{cause} of `{text}`");
            }
        }
    }

    #[test]
    fn the_ends_of_128_bits_are_no_matter() {
        for text in [i128::MAX.to_string(), i128::MIN.to_string()] {
            for cause in Cause::ALL {
                for made in outcomes(*cause, &text, 0) {
                    assert_ne!(made, text);
                }
            }
        }
    }
}
