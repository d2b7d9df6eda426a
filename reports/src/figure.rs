//! Amounts as a reader sees them: with separators, or as the number of a spreadsheet where that
//! number is exact.

use ledger::Wide;

/// A spreadsheet shows and keeps 15 digits of a number; it turns all others to zero. This is less
/// than the 2^53 of its binary floats, and it is what decides.
const DIGITS_OF_A_NUMBER: usize = 15;

/// Gives a decimal with a comma between its thousands; other texts as they are.
pub(crate) fn grouped(text: &str) -> String {
    if text.parse::<Wide>().is_err() {
        return text.to_owned();
    }
    let (sign, unsigned) = match text.strip_prefix('-') {
        Some(unsigned) => ("-", unsigned),
        None => ("", text),
    };
    let (whole, decimals) = match unsigned.find('.') {
        Some(point) => unsigned.split_at(point),
        None => (unsigned, ""),
    };
    let mut shown = String::from(sign);
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            shown.push(',');
        }
        shown.push(digit);
    }
    shown + decimals
}

/// Gives a count with a comma between its thousands.
pub(crate) fn counted(count: u64) -> String {
    grouped(&count.to_string())
}

/// Says whether a text is a number and this number is zero.
pub(crate) fn is_zero(text: &str) -> bool {
    text.parse().is_ok_and(|amount: Wide| amount.is_zero())
}

/// Gives the number of decimals of a decimal.
pub(crate) fn scale_of(text: &str) -> usize {
    text.split_once('.')
        .map_or(0, |(_, decimals)| decimals.len())
}

/// Gives a decimal as a spreadsheet's number; none where that would not be the same amount.
pub(crate) fn exact_number(text: &str) -> Option<f64> {
    text.parse::<Wide>().ok()?;
    let digits = text.chars().filter(char::is_ascii_digit);
    let significant = digits.skip_while(|digit| *digit == '0').count();
    // The nearest float of at most 15 digits gives these digits again.
    (significant <= DIGITS_OF_A_NUMBER).then(|| text.parse().ok())?
}

/// Adds up how far a spreadsheet's sum can be off, and says whether rounding mends it.
///
/// A sum of n floats is off by less than n · 2^-52 of the sum of their magnitudes; rounding to the
/// minor unit gives the true sum as long as this is less than half of one.
/// (Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., section 4.2.)
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct SumBound {
    terms: u128,
    magnitude_minor: u128,
    is_beyond: bool,
}

impl SumBound {
    /// Makes the bound of a sum of these terms, all shown with `scale` decimals.
    pub(crate) fn of<'t>(terms: impl IntoIterator<Item = &'t str>, scale: usize) -> Self {
        let mut bound = Self::default();
        for term in terms {
            bound.add(term, scale);
        }
        bound
    }

    /// Adds a term.
    pub(crate) fn add(&mut self, text: &str, scale: usize) {
        self.terms = self.terms.saturating_add(1);
        match magnitude_minor(text, scale) {
            Some(magnitude) if exact_number(text).is_some() => {
                self.magnitude_minor = self.magnitude_minor.saturating_add(magnitude);
            }
            _ => self.is_beyond = true,
        }
    }

    /// Says whether a spreadsheet's sum of these terms, rounded to the minor unit, is the true one.
    pub(crate) fn is_exact(self) -> bool {
        !self.is_beyond && self.terms.saturating_mul(self.magnitude_minor) < 1 << 51
    }
}

/// Gives an amount's magnitude in units of 10^-`scale`.
fn magnitude_minor(text: &str, scale: usize) -> Option<u128> {
    let missing = scale.checked_sub(scale_of(text))?;
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let power = 10_u128.checked_pow(u32::try_from(missing).ok()?)?;
    digits.parse::<u128>().ok()?.checked_mul(power)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_told_apart() {
        for (text, shown) in [
            ("0", "0"),
            ("999", "999"),
            ("1000", "1,000"),
            ("-1234567.80", "-1,234,567.80"),
            ("12345678901234567890.12", "12,345,678,901,234,567,890.12"),
            ("not a number", "not a number"),
        ] {
            assert_eq!(grouped(text), shown);
        }
    }

    #[test]
    fn a_number_of_more_than_15_digits_is_none_for_a_spreadsheet() {
        for (text, number) in [
            ("9999999999999.99", Some(9_999_999_999_999.99)),
            ("-0.01", Some(-0.01)),
            ("000000000000000000.01", Some(0.01)),
            ("10000000000000.00", None),
            ("90071992547409.91", None),
            ("1e7", None),
            ("NaN", None),
            ("", None),
        ] {
            assert_eq!(exact_number(text), number, "{text}");
        }
    }

    #[test]
    fn a_sum_is_live_only_while_rounding_makes_it_exact() {
        assert!(SumBound::of(["2555.56", "-0.01"], 2).is_exact());
        assert!(SumBound::of(["5000000000000.00", "4999999999999.99"], 2).is_exact());
        assert!(!SumBound::of(["9999999999999.99"; 3], 2).is_exact());
        assert!(!SumBound::of(["1.00", "90071992547409.91"], 2).is_exact());
        assert!(
            !SumBound::of(["1.005"], 2).is_exact(),
            "a decimal would be lost"
        );
        assert!(SumBound::default().is_exact());
    }
}
