use ledger::{Decimal, Rounding};

use crate::case::{Case, Field};
use crate::catalogue::{Cause, CauseId, Way};
use crate::number;
use crate::trial::{Fit, Trial, reason};

// Cause: B8 truncation or overflow | 截断溢出
//
// The field is narrower than the amount: leading digits are lost, or trailing ones, or a whole
// number of 16 or 32 bits wraps around or stops at its largest value. Minor units that lose their
// last digits are divided by ten or a hundred, as a decimal point that moves does it (B2).
//
// expected:
//     id:key,amount:money
//     1,12345678.90
//     2,30000000.00
// target:
//     1,345678.90
//     2,-12949672.96
// says: B8 proved; amount: 12345678.90 became 345678.90: the leading digits 12 were lost
// says: B8 proved; amount: 30000000.00 became -12949672.96: wrapped around in a signed number of 32 bits
pub(crate) const CAUSE: Cause = Cause {
    id: CauseId::B8,
    en: "truncation or overflow",
    zh: "截断溢出",
    ways: &[Way::Field(offer)],
};

fn offer(_: &Case<'_>, field: &Field<'_>, trial: &mut Trial<'_>) {
    let Some(minor) = field.minor() else { return };
    let scale = field.scale();
    offer_wraps(field, minor.expected, scale, trial);
    // The whole units alone may have gone through the narrow number.
    if let Some(unit) = 10_i128
        .checked_pow(u32::from(scale))
        .filter(|unit| *unit > 1)
    {
        let whole = minor.expected.checked_div(unit).unwrap_or(0);
        offer_wraps(&Field { ..*field }, whole, 0, trial);
    }
    offer_lost_digits(field, minor.expected, scale, trial);
}

fn offer_wraps(field: &Field<'_>, units: i128, scale: u8, trial: &mut Trial<'_>) {
    for bits in [32_u32, 16, 31, 64] {
        let Some(range) = 1_i128.checked_shl(bits) else {
            continue;
        };
        let half = range.checked_div(2).unwrap_or(range);
        let has_room_signed = (half.saturating_neg()..half).contains(&units);
        let has_room_unsigned = (0..range).contains(&units);
        let unsigned = units.rem_euclid(range);
        let signed = if unsigned >= half {
            unsigned.saturating_sub(range)
        } else {
            unsigned
        };
        let wrapped = [
            (signed, has_room_signed, "a signed", "有符号"),
            (unsigned, has_room_unsigned, "an unsigned", "无符号"),
        ];
        for (value, _, en, zh) in wrapped.iter().filter(|(_, has_room, ..)| !has_room) {
            trial.number(field, Decimal::new(*value, scale), fit_of(*value), || {
                reason(
                    format!("wrapped around in {en} number of {bits} bits"),
                    format!("在 {bits} 位{zh}整数中溢出回绕"),
                )
            });
        }
        if !has_room_signed {
            offer_edges(field, units, [half, range], (scale, bits), trial);
        }
    }
}

/// Offers the numbers at which a field stops that does not wrap around.
fn offer_edges(
    field: &Field<'_>,
    units: i128,
    [half, range]: [i128; 2],
    (scale, bits): (u8, u32),
    trial: &mut Trial<'_>,
) {
    let edge = if units < 0 {
        half.saturating_neg()
    } else {
        half.saturating_sub(1)
    };
    for value in [edge, range.saturating_sub(1)] {
        trial.number(field, Decimal::new(value, scale), Fit::Exact, || {
            reason(
                format!("stopped at the largest number of {bits} bits"),
                format!("停在 {bits} 位整数的最大值"),
            )
        });
    }
}

/// What remains of an amount is a proof only where it has some digits left.
fn fit_of(units: i128) -> Fit {
    if number::has_few_digits(Decimal::new(units, 0)) {
        Fit::Loose
    } else {
        Fit::Exact
    }
}

fn offer_lost_digits(field: &Field<'_>, minor: i128, scale: u8, trial: &mut Trial<'_>) {
    let digits = minor.unsigned_abs().to_string();
    let sign = minor.signum();
    for lost in 1..digits.len() {
        let Some((leading, kept)) = digits.split_at_checked(lost) else {
            continue;
        };
        let Ok(kept) = kept.parse::<i128>() else {
            continue;
        };
        let value = Decimal::new(kept.saturating_mul(sign), scale);
        trial.number(field, value, fit_of(kept), || {
            reason(
                format!("the leading digits {leading} were lost"),
                format!("高位数字 {leading} 丢失"),
            )
        });
    }
    // A field of minor units knows no point: what is cut on the right moves it as well. Without
    // decimals they are the text.
    for kept in 1..digits.len() {
        let Some((kept, lost)) = digits.split_at_checked(kept).filter(|_| scale > 0) else {
            continue;
        };
        let Ok(units) = kept.parse::<i128>() else {
            continue;
        };
        let value = Decimal::new(units.saturating_mul(sign), scale);
        trial.number(field, value, fit_of(units), || {
            reason(
                format!("the trailing digits {lost} were lost"),
                format!("低位数字 {lost} 丢失"),
            )
        });
    }
    // A text that is cut on the right loses decimals, then whole digits.
    let shown = Decimal::new(minor, scale).to_string();
    for length in 1..shown.len() {
        let kept = shown
            .get(..length)
            .unwrap_or_default()
            .trim_end_matches('.');
        let Ok(value) = kept.parse::<Decimal>() else {
            continue;
        };
        let Some(value) = number::at_scale(value, scale, Rounding::Down) else {
            continue;
        };
        if value.is_zero() {
            continue;
        }
        trial.number(field, value, fit_of(value.mantissa), || {
            reason(
                format!("cut after {length} characters"),
                format!("在 {length} 个字符后被截断"),
            )
        });
    }
}
