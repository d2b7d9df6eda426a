//! Exact amounts: a whole number and where its decimal point stands.

mod body;
mod cursor;
mod error;
mod format;
mod marks;
mod parse;
mod plain;

pub use error::MoneyError;
pub(crate) use error::shown;
pub use format::{format_decimal, push_decimal};
pub use parse::{DecimalSign, MoneyFormat, currencies_beside, parse_money, parse_money_as};

use crate::short::{product, quotient_and_rest};
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Number of digits of the widest amount that is read, as in DECIMAL(38).
pub const DIGITS_MAX: u8 = 38;

/// Is an exact amount: `mantissa` divided by ten to the `scale`.
///
/// Every pair of fields is a valid amount. Amounts compare by value, so that 1.0 equals 1.00; their
/// scale stays as it was written and shows when they are displayed. Serde reads and writes a string.
///
/// ```
/// use ledger::Decimal;
///
/// let price: Decimal = "-0.050".parse()?;
/// assert_eq!(price, Decimal::new(-5, 2));
/// assert_eq!(price.to_string(), "-0.050");
/// # Ok::<(), ledger::MoneyError>(())
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct Decimal {
    /// The amount in units of its last decimal.
    pub mantissa: i128,
    /// Number of decimals.
    pub scale: u8,
}

impl Decimal {
    /// Is zero without decimals.
    pub const ZERO: Decimal = Decimal::new(0, 0);

    /// Makes the amount `mantissa` / 10^`scale`.
    pub const fn new(mantissa: i128, scale: u8) -> Decimal {
        Decimal { mantissa, scale }
    }

    /// Says whether the amount is zero.
    pub const fn is_zero(self) -> bool {
        self.mantissa == 0
    }

    /// Says whether the amount is below zero.
    pub const fn is_negative(self) -> bool {
        self.mantissa < 0
    }

    /// Adds exactly, at the larger of both scales; `None` on overflow.
    pub fn checked_add(self, other: Decimal) -> Option<Decimal> {
        let (left, right) = self.aligned(other)?;
        let mantissa = left.mantissa.checked_add(right.mantissa)?;
        Some(Decimal { mantissa, ..left })
    }

    /// Subtracts exactly, at the larger of both scales; `None` on overflow.
    pub fn checked_sub(self, other: Decimal) -> Option<Decimal> {
        let (left, right) = self.aligned(other)?;
        let mantissa = left.mantissa.checked_sub(right.mantissa)?;
        Some(Decimal { mantissa, ..left })
    }

    /// Turns the sign; `None` on overflow.
    pub fn checked_neg(self) -> Option<Decimal> {
        let mantissa = self.mantissa.checked_neg()?;
        Some(Decimal { mantissa, ..self })
    }

    /// Multiplies with a whole number, such as a number of copies; `None` on overflow.
    pub fn checked_mul_int(self, factor: i128) -> Option<Decimal> {
        let mantissa = self.mantissa.checked_mul(factor)?;
        Some(Decimal { mantissa, ..self })
    }

    /// Brings the amount to another scale; `None` where a digit would be lost or does not fit.
    pub fn rescale_exact(self, scale: u8) -> Option<Decimal> {
        let mantissa = if self.mantissa == 0 || scale == self.scale {
            self.mantissa
        } else if scale > self.scale {
            product(self.mantissa, power_of_ten(scale.checked_sub(self.scale)?)?)?
        } else {
            let divisor = power_of_ten(self.scale.checked_sub(scale)?)?;
            let (quotient, rest) = quotient_and_rest(self.mantissa, divisor)?;
            if rest != 0 {
                return None;
            }
            quotient
        };
        Some(Decimal { mantissa, scale })
    }

    /// Whether both are the same amount, though they have not the same number of decimals.
    fn equals_at_another_scale(&self, other: &Decimal) -> bool {
        let (coarse, fine) = match self.scale < other.scale {
            true => (self, other),
            false => (other, self),
        };
        // Any power of ten is even, and most amounts that are held against each other differ.
        fine.mantissa & 1 == 0
            && coarse
                .rescale_exact(fine.scale)
                .is_some_and(|aligned| aligned.mantissa == fine.mantissa)
    }

    /// Compares with an amount that has more decimals.
    fn cmp_with_finer(&self, fine: &Decimal) -> Ordering {
        match self.rescale_exact(fine.scale) {
            Some(aligned) => aligned.mantissa.cmp(&fine.mantissa),
            // What does not fit at the other's scale is larger than all that does.
            None => self.mantissa.cmp(&0),
        }
    }

    /// Gives the same amount without trailing zeros among its decimals.
    pub fn normalized(self) -> Decimal {
        if self.mantissa == 0 {
            return Decimal::ZERO;
        }
        let mut short = self;
        while let Some(shorter) = short
            .scale
            .checked_sub(1)
            .and_then(|scale| short.rescale_exact(scale))
        {
            short = shorter;
        }
        short
    }

    fn aligned(self, other: Decimal) -> Option<(Decimal, Decimal)> {
        let scale = self.scale.max(other.scale);
        Some((self.rescale_exact(scale)?, other.rescale_exact(scale)?))
    }
}

/// Gives 10^`exponent`; `None` from 10^39 on, which 128 bits do not hold.
pub(crate) fn power_of_ten(exponent: u8) -> Option<i128> {
    POWERS_OF_TEN.get(usize::from(exponent)).copied()
}

const POWERS_OF_TEN: [i128; 39] = powers_of_ten();

#[expect(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "evaluated while compiling, where an overflow is an error"
)]
const fn powers_of_ten() -> [i128; 39] {
    let mut powers = [1; 39];
    let mut exponent = 1;
    while exponent < powers.len() {
        powers[exponent] = powers[exponent - 1] * 10;
        exponent += 1;
    }
    powers
}

impl PartialEq for Decimal {
    #[inline]
    fn eq(&self, other: &Decimal) -> bool {
        match self.scale == other.scale {
            true => self.mantissa == other.mantissa,
            false => self.equals_at_another_scale(other),
        }
    }
}

impl Eq for Decimal {}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Decimal) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Decimal {
    #[inline]
    fn cmp(&self, other: &Decimal) -> Ordering {
        match self.scale.cmp(&other.scale) {
            Ordering::Equal => self.mantissa.cmp(&other.mantissa),
            Ordering::Less => self.cmp_with_finer(other),
            Ordering::Greater => other.cmp_with_finer(self).reverse(),
        }
    }
}

impl Hash for Decimal {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let short = self.normalized();
        short.mantissa.hash(state);
        short.scale.hash(state);
    }
}

impl From<i64> for Decimal {
    fn from(whole: i64) -> Decimal {
        Decimal::new(i128::from(whole), 0)
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut digits = String::new();
        format::push_magnitude(
            &mut digits,
            self.mantissa.unsigned_abs(),
            i16::from(self.scale),
        );
        f.pad_integral(self.mantissa >= 0, "", &digits)
    }
}

impl FromStr for Decimal {
    type Err = MoneyError;

    /// Reads the plain form that [`Decimal`] displays, with all its decimals, and nothing else.
    ///
    /// # Errors
    ///
    /// Whatever is not of this form; see [`MoneyError`].
    fn from_str(text: &str) -> Result<Decimal, MoneyError> {
        plain::parse_displayed(text)
    }
}

impl Serialize for Decimal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Decimal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Decimal, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(D::Error::custom)
    }
}
