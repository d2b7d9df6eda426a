//! The seven-day annualised yield (七日年化收益率), on the basis that the fund must state.
//!
//! With the income per ten thousand shares of the last seven natural days, R1 to R7, holidays among
//! them, the two figures that funds publish are
//!
//! - **carried monthly** (按月结转, simple): `ΣRi / 7 × 365 / 10,000`;
//! - **carried daily** (按日结转, compound): `Π(1 + Ri / 10,000)^(365 / 7) − 1`.
//!
//! They differ: at an income of 1.2000 each day they are 4.380 % and 4.477 %. So the basis is a
//! part of the type, and a figure of one is no figure of the other:
//!
//! ```compile_fail
//! use ruixin_bao::yields::{daily_carry, monthly_carry};
//!
//! let week = [ledger::Decimal::new(12_000, 4); 7];
//! assert_ne!(monthly_carry(&week), daily_carry(&week)); // two types: it does not compile
//! ```
//!
//! Both are published in percent with three decimals, rounded to the nearest, on a tie away from
//! zero. The R are the published ones, with four decimals, so that everybody can make them again.
//!
//! **Precision.** The first is exact: whole numbers, rounded once. The second is computed with 18
//! decimals as `P^52 × P^(1/7)`, where P is the product of the seven factors (365 / 7 = 52 + 1/7)
//! and the root is taken by Newton's method. What one yuan becomes in a year is good to 10^-14 of
//! itself, and the last decimal that is published is 10^-5. Yields from some 15,000 % on are out of
//! range.

use std::fmt;

use ::ledger::Decimal;
use thiserror::Error;

use crate::ratio::divide_half_up;

/// Is simple interest: income is carried to shares once a month (按月结转).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MonthlyCarry;

/// Is compound interest: income is carried to shares every day (按日结转).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DailyCarry;

/// Is a seven-day annualised yield on one basis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SevenDayYield<Basis> {
    /// Percent with three decimals, as it is published.
    pub percent: Decimal,
    /// The basis it is on.
    pub basis: Basis,
}

/// Says why there is no yield.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[expect(missing_docs, reason = "the fields are what the messages name")]
pub enum YieldError {
    /// An income per ten thousand shares has more than four decimals.
    #[error("the income per ten thousand shares {income} has more than four decimals")]
    TooManyDecimals { income: Decimal },
    /// An income per ten thousand shares takes all that there was, or more.
    #[error("the income per ten thousand shares {income} leaves nothing of them")]
    NothingLeft { income: Decimal },
    /// The figure is beyond what is computed.
    #[error("the yield is out of range")]
    OutOfRange,
}

impl YieldError {
    /// Gives the stable code of the error, for problem details.
    pub const fn code(&self) -> &'static str {
        match self {
            YieldError::TooManyDecimals { .. } => "yield_too_many_decimals",
            YieldError::NothingLeft { .. } => "yield_nothing_left",
            YieldError::OutOfRange => "yield_out_of_range",
        }
    }
}

/// Decimals of an income per ten thousand shares.
const INCOME_SCALE: u8 = 4;
/// Decimals of a yield in percent.
const PERCENT_SCALE: u8 = 3;
/// One, with 18 decimals.
const ONE: i128 = 1_000_000_000_000_000_000;

/// Gives the yield with income carried monthly, of seven days' incomes per ten thousand shares in
/// yuan.
///
/// # Errors
///
/// An income has more than four decimals or the figure is out of range.
pub fn monthly_carry(incomes: &[Decimal; 7]) -> Result<SevenDayYield<MonthlyCarry>, YieldError> {
    let mut sum = 0_i128;
    for income in incomes {
        sum = sum
            .checked_add(ten_thousandths(*income)?)
            .ok_or(YieldError::OutOfRange)?;
    }
    // Ri has four decimals and percent of 10,000 take two away; thousandths put three back.
    let dividend = sum.checked_mul(365 * 1_000).ok_or(YieldError::OutOfRange)?;
    let mantissa = divide_half_up(dividend, 7 * 100 * 10_000).ok_or(YieldError::OutOfRange)?;
    Ok(SevenDayYield {
        percent: Decimal::new(mantissa, PERCENT_SCALE),
        basis: MonthlyCarry,
    })
}

/// Gives the yield with income carried daily, of seven days' incomes per ten thousand shares in
/// yuan.
///
/// # Errors
///
/// An income has more than four decimals, takes all shares or more, or the figure is out of range.
pub fn daily_carry(incomes: &[Decimal; 7]) -> Result<SevenDayYield<DailyCarry>, YieldError> {
    let grown = grown(incomes)?.ok_or(YieldError::OutOfRange)?;
    // 18 decimals of a ratio are 16 of percent.
    let percent = grown.checked_sub(ONE).ok_or(YieldError::OutOfRange)?;
    let mantissa = divide_half_up(percent, 10_000_000_000_000).ok_or(YieldError::OutOfRange)?;
    Ok(SevenDayYield {
        percent: Decimal::new(mantissa, PERCENT_SCALE),
        basis: DailyCarry,
    })
}

/// What one yuan becomes in a year, with 18 decimals.
fn grown(incomes: &[Decimal; 7]) -> Result<Option<i128>, YieldError> {
    let mut week = ONE;
    for income in incomes {
        let ten_thousandths = ten_thousandths(*income)?;
        if ten_thousandths <= -100_000_000 {
            return Err(YieldError::NothingLeft { income: *income });
        }
        let factor = ten_thousandths
            .checked_mul(10_000_000_000)
            .and_then(|part| part.checked_add(ONE));
        let Some(product) = factor.and_then(|factor| multiply(week, factor)) else {
            return Ok(None);
        };
        week = product;
    }
    Ok(year(week))
}

/// `week^52 × week^(1/7)`.
fn year(week: i128) -> Option<i128> {
    if week == 0 {
        return Some(0);
    }
    let root = seventh_root(week)?;
    // 52 is 110100 in binary.
    let fourth = power_of_two(week, 2)?;
    let sixteenth = power_of_two(fourth, 2)?;
    let thirty_second = power_of_two(sixteenth, 1)?;
    let power = multiply(multiply(thirty_second, sixteenth)?, fourth)?;
    multiply(power, root)
}

/// Squares so many times.
fn power_of_two(base: i128, squarings: u8) -> Option<i128> {
    (0..squarings).try_fold(base, |power, _| multiply(power, power))
}

/// Newton's method: from above, each step is nearer until the last decimal stands still.
fn seventh_root(number: i128) -> Option<i128> {
    let mut root = number.max(ONE);
    // Far above the root a step takes a seventh away, so a hundred are more than any number needs.
    for _ in 0..100 {
        let cubed = multiply(multiply(root, root)?, root)?;
        let sixth = multiply(cubed, cubed)?;
        let quotient = number.checked_mul(ONE)?.checked_div(sixth)?;
        let next = divide_half_up(root.checked_mul(6)?.checked_add(quotient)?, 7)?;
        if next >= root {
            break;
        }
        root = next;
    }
    Some(root)
}

/// Multiplies numbers with 18 decimals, rounded to the nearest.
fn multiply(left: i128, right: i128) -> Option<i128> {
    divide_half_up(left.checked_mul(right)?, ONE)
}

fn ten_thousandths(income: Decimal) -> Result<i128, YieldError> {
    let exact = income.rescale_exact(INCOME_SCALE);
    exact
        .map(|income| income.mantissa)
        .ok_or(YieldError::TooManyDecimals { income })
}

impl fmt::Display for SevenDayYield<MonthlyCarry> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} % (carried monthly)", self.percent)
    }
}

impl fmt::Display for SevenDayYield<DailyCarry> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} % (carried daily)", self.percent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What one yuan becomes in a year, computed with 80 digits by logarithms elsewhere.
    const GROWN: [(&[&str], i128); 9] = [
        (&["1.2"], 1_044_770_633_874_519_718),
        (&["0"], ONE),
        (
            &["1.1", "1.15", "1.2", "1.25", "1.3", "1.35", "1.4"],
            1_046_678_828_143_225_782,
        ),
        (&["-1.2"], 957_142_851_828_928_278),
        (
            &["1.8306", "1.8306", "1.8306", "1.7", "1.6", "1.5", "1.4222"],
            1_062_978_621_384_125_228,
        ),
        (&["0.0001"], 1_000_003_650_006_643_008),
        (&["-9999.9999"], 0),
        (&["100"], 37_783_434_332_887_158_878),
        (&["135"], 133_557_984_200_075_300_864),
    ];

    #[test]
    fn what_one_yuan_becomes_is_good_to_fourteen_digits() {
        for (incomes, expect) in GROWN {
            let week: [Decimal; 7] =
                std::array::from_fn(|at| incomes[at % incomes.len()].parse().unwrap());
            let found = grown(&week).unwrap().unwrap();
            let tolerance = expect.unsigned_abs() / 100_000_000_000_000;
            assert!(
                found.abs_diff(expect) <= tolerance,
                "{incomes:?}: {found}, not {expect}"
            );
        }
    }

    #[test]
    fn a_seventh_root_is_right_to_the_last_decimals() {
        for root in [
            ONE,
            ONE + 120_000_000_000_000,
            ONE * 11 / 10,
            ONE * 9 / 10,
            ONE / 50,
        ] {
            let power = (0..6)
                .try_fold(root, |power, _| multiply(power, root))
                .unwrap();
            let found = seventh_root(power).unwrap();
            // Below one, the power has fewer digits to find the root by.
            let tolerance = if root < ONE / 2 { ONE / 10_000_000 } else { 4 };
            assert!(
                found.abs_diff(root) <= tolerance.unsigned_abs(),
                "{found}, not {root}"
            );
        }
    }
}
