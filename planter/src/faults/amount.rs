//! What becomes of an amount.

use crate::exact::Exact;

/// Every other amount that a cause can make of one.
pub(super) fn outcomes(cause: &str, text: &str, scale: u32) -> Vec<String> {
    let Some(amount) = Exact::read(text) else {
        return Vec::new();
    };
    let Some(units) = amount.units(scale) else {
        return Vec::new();
    };
    let written = |units: i128| Exact::new(units, scale).to_string();
    match cause {
        "B1" => transposed(units).into_iter().map(written).collect(),
        "B2" => [1, 2, 3, -1, -2, -3]
            .into_iter()
            .filter_map(|places| amount.shifted(places))
            .map(|one| one.to_string())
            .collect(),
        "B3" => vec![written(through_double(text, scale))],
        "B4" => through_float(text, units, scale),
        "B8" => cut_to_field(units).into_iter().map(written).collect(),
        "B9" => vec![(-amount).to_string(), amount.abs().to_string()],
        "B15" => without_point(text, scale),
        "M1" => flipped(text, units, scale),
        "M2" => vec![tampered(units)].into_iter().map(written).collect(),
        _ => Vec::new(),
    }
}

/// Two neighbouring digits change places; the first does not become a zero.
fn transposed(units: i128) -> Vec<i128> {
    let digits = units.unsigned_abs().to_string().into_bytes();
    let swaps = (1..digits.len()).map(|at| {
        let mut digits = digits.clone();
        digits.swap(at - 1, at);
        digits
    });
    let kept = swaps.filter(|digits| digits.first() != Some(&b'0'));
    kept.filter_map(|digits| String::from_utf8(digits).ok()?.parse::<i128>().ok())
        .map(|swapped| swapped * units.signum())
        .collect()
}

/// `(int)(atof(text) * 100)`, as it stands in many a program.
#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    clippy::float_arithmetic,
    reason = "this is the damage: a double does to money what doubles do"
)]
fn through_double(text: &str, scale: u32) -> i128 {
    let factor: f64 = [1.0, 10.0, 100.0, 1_000.0][scale.min(3) as usize];
    let double: f64 = text.parse().unwrap_or(f64::NAN);
    i128::from((double * factor) as i64)
}

/// A 32-bit float of the minor units, of the major units, and `%g`, which keeps six digits.
#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "this is the damage: a float does to money what floats do"
)]
fn through_float(text: &str, units: i128, scale: u32) -> Vec<String> {
    let minor = units as f32 as i128;
    let major: f32 = text.parse().unwrap_or(f32::NAN);
    let mut all = vec![
        Exact::new(minor, scale).to_string(),
        format!("{major:.*}", scale as usize),
    ];
    all.extend(six_digits(text, scale));
    all
}

/// What is left of an amount that was written as `1.23457e+06`.
fn six_digits(text: &str, scale: u32) -> Option<String> {
    let double: f64 = text.parse().ok()?;
    let written = format!("{double:.5e}");
    let (digits, exponent) = written.split_once('e')?;
    let exponent: u32 = exponent.parse().ok()?;
    if exponent < 6 {
        return None; // `%g` takes to exponents from 10^6 on
    }
    let digits = Exact::read(digits)?;
    Some(
        (digits * Exact::new(10_i128.pow(exponent), 0))
            .round(scale, crate::exact::Mode::Down)
            .to_string(),
    )
}

/// Leading digits lost in a field of 8 digits, and what 32 bits make of it, with and without sign.
#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "this is the damage: an integer that is too narrow wraps"
)]
fn cut_to_field(units: i128) -> Vec<i128> {
    let long = units as i64;
    vec![
        units % 100_000_000,
        i128::from(long as i32),
        i128::from(long as u32),
    ]
}

/// The decimal point was taken for a separator of thousands.
fn without_point(text: &str, scale: u32) -> Vec<String> {
    let joined = Exact::read(&text.replace('.', ""));
    let wide = joined.map(|one| one.round(scale, crate::exact::Mode::Down).to_string());
    wide.into_iter().collect()
}

/// One bit set or cleared: in the digits as text, in the minor units as a number of 64 bits.
fn flipped(text: &str, units: i128, scale: u32) -> Vec<String> {
    let mut all: Vec<String> = super::text::flipped(text)
        .into_iter()
        .filter(|one| Exact::read(one).is_some_and(|amount| is_written(amount, one, scale)))
        .collect();
    let bits = (0..40).map(|bit| Exact::new(units ^ (1_i128 << bit), scale).to_string());
    all.extend(bits);
    all
}

/// Whether an amount is written as the target writes amounts, leading zeros apart.
fn is_written(amount: Exact, text: &str, scale: u32) -> bool {
    amount
        .units(scale)
        .is_some_and(|units| Exact::new(units, scale).to_string() == text)
}

/// Another amount of as many digits, which nothing but a change ticket could explain.
fn tampered(units: i128) -> i128 {
    let digest = blake3::hash(&units.to_le_bytes());
    let digits = units.unsigned_abs().to_string();
    let drawn = digits.bytes().zip(digest.as_bytes());
    let drawn = drawn.enumerate().map(|(at, (_, byte))| {
        let lowest = u8::from(at == 0);
        i128::from(lowest + byte % (10 - lowest))
    });
    drawn.fold(0, |number, digit| number * 10 + digit) * units.signum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(cause: &str, amount: &str, expected: &[&str]) {
        let mut all = outcomes(cause, amount, 2);
        all.sort();
        let mut expected: Vec<&str> = expected.to_vec();
        expected.sort_unstable();
        assert_eq!(all, expected, "{cause} of {amount}");
    }

    #[test]
    fn each_cause_makes_of_an_amount_what_the_catalogue_says() {
        check("B1", "12.30", &["21.30", "13.20", "12.03"]);
        check("B1", "-5.60", &["-6.50", "-5.06"]);
        check("B1", "10.00", &["10.00", "10.00"]);
        check(
            "B2",
            "12.00",
            &["120.00", "1200.00", "12000.00", "1.20", "0.12"],
        );
        check("B3", "0.29", &["0.28"]);
        check("B3", "1.15", &["1.14"]);
        check("B3", "0.30", &["0.30"]);
        // 16,777,217 is the first whole number that 24 bits cannot hold.
        check("B4", "167772.17", &["167772.16", "167772.17"]);
        check(
            "B8",
            "21474836.48",
            &["474836.48", "-21474836.48", "21474836.48"],
        );
        check(
            "B8",
            "-42949673.00",
            &["-949673.00", "-0.04", "42949672.92"].map(fix_wrap),
        );
        check("B15", "1234.56", &["123456.00"]);
        check("B9", "7.00", &["-7.00", "7.00"]);
        check("B9", "-7.00", &["7.00", "7.00"]);
    }

    /// -4,294,967,300 is 4 below -2^32: 32 bits make -4 of it with a sign, 2^32 - 4 without.
    fn fix_wrap(text: &'static str) -> &'static str {
        text
    }

    #[test]
    fn six_digits_are_kept_from_a_million_on() {
        assert_eq!(six_digits("1234567.89", 2).as_deref(), Some("1234570.00"));
        assert_eq!(six_digits("999999.00", 2), None);
        assert_eq!(
            six_digits("-12345678.00", 2).as_deref(),
            Some("-12345700.00")
        );
    }

    #[test]
    fn a_flipped_bit_is_one_bit() {
        for flipped in outcomes("M1", "163.84", 2) {
            let as_number = Exact::read(&flipped)
                .and_then(|one| one.units(2))
                .unwrap_or(0);
            let in_number = (as_number ^ 16_384).count_ones() == 1;
            let pairs = flipped.bytes().zip("163.84".bytes());
            let bits: u32 = pairs.map(|(one, other)| (one ^ other).count_ones()).sum();
            assert!(in_number || (bits == 1 && flipped.len() == 6), "{flipped}");
        }
    }

    #[test]
    fn a_tampered_amount_has_as_many_digits_and_the_sign() {
        let tampered = outcomes("M2", "-1234.56", 2).remove(0);
        assert_eq!(tampered.len(), "-1234.56".len());
        assert!(tampered.starts_with('-'));
        assert_ne!(tampered, "-1234.56");
    }

    #[test]
    fn what_is_no_amount_has_no_outcome() {
        assert!(outcomes("B9", "", 2).is_empty());
        assert!(outcomes("B9", "1.234", 2).is_empty());
    }
}
