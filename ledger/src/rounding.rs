//! How an amount loses decimals.

use serde::{Deserialize, Serialize};

use crate::money::power_of_ten;
use crate::short::{product, quotient_and_rest};

/// Says what becomes of the decimals that an amount loses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rounding {
    /// To the nearest; on a tie away from zero. 四舍五入
    HalfUp,
    /// To the nearest; on a tie to the even digit. 银行家舍入
    HalfEven,
    /// Toward zero: the decimals are cut. 去尾
    Down,
    /// Away from zero, if any digit is lost. 进一
    Up,
}

/// Brings a mantissa from one scale to another; `None` where the result does not fit into 128 bits.
///
/// ```
/// use ledger::{Rounding, round};
///
/// assert_eq!(round(-1005, 3, 2, Rounding::HalfUp), Some(-101));
/// assert_eq!(round(-1005, 3, 2, Rounding::HalfEven), Some(-100));
/// ```
pub fn round(mantissa: i128, from: u8, to: u8, rounding: Rounding) -> Option<i128> {
    if to >= from {
        let factor = power_of_ten(to.saturating_sub(from));
        return if mantissa == 0 {
            Some(0)
        } else {
            product(mantissa, factor?)
        };
    }
    let lost = power_of_ten(from.saturating_sub(to));
    // A divisor beyond 10^38 is more than twice any mantissa, so that nothing reaches one half.
    let (quotient, half) = match lost {
        Some(divisor) => {
            let (quotient, rest) = quotient_and_rest(mantissa, divisor)?;
            (quotient, compare_with_half(rest, divisor)?)
        }
        None if mantissa == 0 => (0, Rest::Nothing),
        None => (0, Rest::LessThanHalf),
    };
    if moves_away_from_zero(rounding, half, quotient) {
        quotient.checked_add(mantissa.signum())
    } else {
        Some(quotient)
    }
}

/// Is what is left of a division, beside one half of the divisor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rest {
    Nothing,
    LessThanHalf,
    Half,
    MoreThanHalf,
}

fn compare_with_half(rest: i128, divisor: i128) -> Option<Rest> {
    let rest = rest.unsigned_abs();
    let twice = rest.checked_mul(2)?;
    Some(match twice.cmp(&divisor.unsigned_abs()) {
        _ if rest == 0 => Rest::Nothing,
        std::cmp::Ordering::Less => Rest::LessThanHalf,
        std::cmp::Ordering::Equal => Rest::Half,
        std::cmp::Ordering::Greater => Rest::MoreThanHalf,
    })
}

fn moves_away_from_zero(rounding: Rounding, rest: Rest, quotient: i128) -> bool {
    match rounding {
        Rounding::HalfUp => matches!(rest, Rest::Half | Rest::MoreThanHalf),
        Rounding::HalfEven => {
            rest == Rest::MoreThanHalf || (rest == Rest::Half && quotient & 1 == 1)
        }
        Rounding::Down => false,
        Rounding::Up => rest != Rest::Nothing,
    }
}
