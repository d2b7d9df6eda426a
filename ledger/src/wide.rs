//! Sums that never overflow.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use crate::money::{Decimal, power_of_ten};

/// Is an exact decimal of any size: a sum of amounts that can neither overflow nor lose a decimal.
///
/// Like [`Decimal`] it compares by value and shows as many decimals as the longest that went in.
/// It is kept as limbs to the base of 10^18, the lowest first, and shares no code with the control
/// totals of the footing: each checks the other.
#[derive(Debug, Clone, Default)]
pub struct Wide {
    /// Limbs; between carries they may be out of 0..10^18 and have any sign.
    limbs: Vec<i128>,
    /// How many of the limbs stand behind the decimal point.
    fraction: usize,
    /// Number of decimals to show.
    scale: usize,
}

/// Number of digits of a limb.
const LIMB_DIGITS: usize = 18;
/// Base of the limbs.
const LIMB: i128 = 1_000_000_000_000_000_000;

/// Says why a text is no decimal of any size.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{text}` is no plain decimal number")]
pub struct WideError {
    /// What stands in its place.
    pub text: String,
}

impl Wide {
    /// Makes zero.
    pub fn new() -> Wide {
        Wide::default()
    }

    /// Adds an amount.
    pub fn add(&mut self, amount: Decimal) {
        self.add_scaled(amount.mantissa, usize::from(amount.scale));
    }

    /// Takes an amount away.
    pub fn subtract(&mut self, amount: Decimal) {
        // The lowest mantissa has no positive partner, so it goes in two steps.
        let half = amount.mantissa.checked_div(2).unwrap_or(0);
        let rest = amount.mantissa.saturating_sub(half);
        for part in [half, rest] {
            self.add_scaled(part.saturating_neg(), usize::from(amount.scale));
        }
    }

    /// Adds another sum.
    pub fn add_wide(&mut self, other: &Wide) {
        self.add_limbs(other, i128::saturating_add);
    }

    /// Takes another sum away.
    pub fn subtract_wide(&mut self, other: &Wide) {
        self.add_limbs(other, i128::saturating_sub);
    }

    /// Gives this sum less another.
    pub fn minus(&self, other: &Wide) -> Wide {
        let mut difference = self.clone();
        difference.subtract_wide(other);
        difference
    }

    /// Says whether the sum is zero.
    pub fn is_zero(&self) -> bool {
        self.sign() == Ordering::Equal
    }

    /// Says whether the sum is below zero.
    pub fn is_negative(&self) -> bool {
        self.sign() == Ordering::Less
    }

    /// Gives the sum as an amount, where it fits into one.
    pub fn to_decimal(&self) -> Option<Decimal> {
        self.to_string().parse().ok()
    }

    /// Shows at least so many decimals from now on.
    pub fn show_decimals(&mut self, scale: u8) {
        self.scale = self.scale.max(usize::from(scale));
        self.make_fraction(self.scale.div_ceil(LIMB_DIGITS));
    }

    fn sign(&self) -> Ordering {
        let carried = self.carried();
        let top = carried.last().copied().unwrap_or(0);
        match top.cmp(&0) {
            Ordering::Equal if carried.iter().any(|limb| *limb != 0) => Ordering::Greater,
            sign => sign,
        }
    }

    /// Adds `mantissa` / 10^`scale`, cut into limbs that stand where ours stand.
    fn add_scaled(&mut self, mantissa: i128, scale: usize) {
        self.scale = self.scale.max(scale);
        let behind_point = scale.div_ceil(LIMB_DIGITS);
        let missing_digits = behind_point
            .saturating_mul(LIMB_DIGITS)
            .saturating_sub(scale);
        self.make_fraction(behind_point);
        let factor = u8::try_from(missing_digits)
            .ok()
            .and_then(power_of_ten)
            .expect("below 10^18");
        let mut place = self.fraction.saturating_sub(behind_point);
        let mut rest = mantissa;
        while rest != 0 {
            // A limb times a factor, each below 10^18, is far below 128 bits.
            let limb = rest.checked_rem(LIMB).unwrap_or(0);
            self.add_limb(place, limb.saturating_mul(factor));
            rest = rest.checked_div(LIMB).unwrap_or(0);
            place = place.saturating_add(1);
        }
    }

    fn add_limb(&mut self, place: usize, value: i128) {
        if self.limbs.len() <= place {
            self.limbs.resize(place.saturating_add(1), 0);
        }
        if let Some(sum) = self
            .limbs
            .get(place)
            .and_then(|limb| limb.checked_add(value))
        {
            self.set_limb(place, sum);
            return;
        }
        self.limbs = self.carried();
        let limb = self.limbs.get(place).copied().unwrap_or(0);
        self.set_limb(
            place,
            limb.checked_add(value)
                .expect("10^18 and 10^36 fit into 128 bits"),
        );
    }

    fn set_limb(&mut self, place: usize, value: i128) {
        if let Some(limb) = self.limbs.get_mut(place) {
            *limb = value;
        }
    }

    fn add_limbs(&mut self, other: &Wide, add: fn(i128, i128) -> i128) {
        self.scale = self.scale.max(other.scale);
        self.make_fraction(other.fraction);
        // After carrying, all limbs but the top are below 10^18, so that no addition saturates.
        self.limbs = self.carried();
        let shift = self.fraction.saturating_sub(other.fraction);
        for (index, value) in other.carried().into_iter().enumerate() {
            let place = index.saturating_add(shift);
            if self.limbs.len() <= place {
                self.limbs.resize(place.saturating_add(1), 0);
            }
            let limb = self.limbs.get(place).copied().unwrap_or(0);
            self.set_limb(place, add(limb, value));
        }
    }

    /// Makes room for so many limbs behind the point.
    fn make_fraction(&mut self, behind_point: usize) {
        let missing = behind_point.saturating_sub(self.fraction);
        if missing > 0 {
            self.limbs.splice(0..0, std::iter::repeat_n(0, missing));
            self.fraction = behind_point;
        }
    }

    /// Gives the limbs with all carries done: each in 0..10^18 but the top, which is 0 or -1 and
    /// holds the sign.
    fn carried(&self) -> Vec<i128> {
        let mut carried = Vec::with_capacity(self.limbs.len().saturating_add(3));
        let mut carry = 0_i128;
        for limb in &self.limbs {
            // Split first: a limb near the end of its range must not overflow with the carry.
            let (high, low) = (limb.div_euclid(LIMB), limb.rem_euclid(LIMB));
            let sum = low.saturating_add(carry.rem_euclid(LIMB));
            carried.push(sum.rem_euclid(LIMB));
            let carried_over = carry.div_euclid(LIMB).saturating_add(sum.div_euclid(LIMB));
            carry = high.saturating_add(carried_over);
        }
        while carry != 0 && carry != -1 {
            carried.push(carry.rem_euclid(LIMB));
            carry = carry.div_euclid(LIMB);
        }
        // Limbs that only repeat the sign are dropped, so that a sum does not grow by being used.
        let repeats_sign = carry.rem_euclid(LIMB);
        while carried.last() == Some(&repeats_sign) {
            carried.pop();
        }
        carried.push(carry);
        carried
    }

    /// Gives the digits of the absolute value, the decimal point left out.
    fn digits(&self) -> String {
        let mut limbs = self.carried();
        if self.is_negative() {
            let negated = limbs.iter().map(|limb| limb.saturating_neg()).collect();
            limbs = Wide {
                limbs: negated,
                ..Wide::default()
            }
            .carried();
        }
        limbs.resize(limbs.len().max(self.fraction), 0);
        limbs
            .iter()
            .rev()
            .map(|limb| format!("{limb:018}"))
            .collect()
    }
}

impl fmt::Display for Wide {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.digits();
        let behind_point = self.fraction.saturating_mul(LIMB_DIGITS);
        let (whole, decimals) = digits.split_at(digits.len().saturating_sub(behind_point));
        let whole = match whole.trim_start_matches('0') {
            "" => "0",
            whole => whole,
        };
        let decimals = decimals.get(..self.scale).unwrap_or(decimals);
        let shown = if decimals.is_empty() {
            whole.to_owned()
        } else {
            format!("{whole}.{decimals}")
        };
        f.pad_integral(!self.is_negative(), "", &shown)
    }
}

impl FromStr for Wide {
    type Err = WideError;

    /// Reads `-?digits(.digits)?` of any length.
    ///
    /// # Errors
    ///
    /// Whatever is not of this form.
    fn from_str(text: &str) -> Result<Wide, WideError> {
        let error = || WideError {
            text: text.chars().take(60).collect(),
        };
        let unsigned = text.strip_prefix('-').unwrap_or(text);
        let (whole, decimals) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
        let is_run =
            |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if !is_run(whole) || !is_run(decimals) {
            return Err(error());
        }
        let scale = if unsigned.len() == whole.len() {
            0
        } else {
            decimals.len()
        };
        let fraction = scale.div_ceil(LIMB_DIGITS);
        let mut digits = format!("{whole}{}", if scale == 0 { "" } else { decimals });
        let zeros = fraction.saturating_mul(LIMB_DIGITS).saturating_sub(scale);
        digits.extend(std::iter::repeat_n('0', zeros));
        let limbs = digits.as_bytes().rchunks(LIMB_DIGITS).map(limb_of_digits);
        let limbs: Vec<i128> = if unsigned.len() == text.len() {
            limbs.collect()
        } else {
            limbs.map(i128::saturating_neg).collect()
        };
        Ok(Wide {
            limbs,
            fraction,
            scale,
        })
    }
}

fn limb_of_digits(digits: &[u8]) -> i128 {
    let append = |limb: i128, digit: &u8| {
        limb.saturating_mul(10)
            .saturating_add(i128::from(digit.wrapping_sub(b'0')))
    };
    digits.iter().fold(0, append)
}

impl From<Decimal> for Wide {
    fn from(amount: Decimal) -> Wide {
        let mut sum = Wide::new();
        sum.add(amount);
        sum
    }
}

impl PartialEq for Wide {
    fn eq(&self, other: &Wide) -> bool {
        self.minus(other).is_zero()
    }
}

impl Eq for Wide {}

impl PartialOrd for Wide {
    fn partial_cmp(&self, other: &Wide) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Wide {
    fn cmp(&self, other: &Wide) -> Ordering {
        self.minus(other).sign()
    }
}
