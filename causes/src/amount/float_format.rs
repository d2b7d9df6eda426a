use ledger::{Decimal, Rounding};

use super::floats;
use super::separator::unread;
use crate::case::{Case, Field};
use crate::catalogue::{Cause, CauseId, Way};
use crate::explanation::Says;
use crate::number::{self, ROUNDINGS};
use crate::terms::Kind;
use crate::trial::{Fit, Trial, reason};

// Cause: B4 float of 32 bits, or exponent | 单精度或指数格式
//
// An amount is kept in 32 bits, which hold seven digits; or in 64, which hold fifteen; or it is
// written with an exponent, and the exponent is lost or the digits beyond it are.
//
// expected:
//     id:key,amount:money
//     1,87654321.09
//     2,12345678.90
// target:
//     1,87654320.00
//     2,12345700.00
// says: B4 proved; amount: 87654321.09 became 87654320.00: kept in a float of 32 bits
// says: B4 proved; amount: 12345678.90 became 12345700.00: written with 6 significant digits
pub(crate) const CAUSE: Cause = Cause {
    id: CauseId::B4,
    en: "float of 32 bits, or exponent",
    zh: "单精度或指数格式",
    ways: &[Way::Field(offer)],
};

fn offer(case: &Case<'_>, field: &Field<'_>, trial: &mut Trial<'_>) {
    offer_text(field, trial);
    offer_unread(case, field, trial);
    let Some(pair) = field.numbers else { return };
    let scale = field.scale();
    let single = floats::through_single(pair.expected, scale)
        .into_iter()
        .flatten();
    for value in single.chain(floats::minor_through_single(pair.expected, scale)) {
        trial.number(field, value, Fit::Exact, || {
            reason("kept in a float of 32 bits", "存入 32 位单精度浮点")
        });
    }
    for value in floats::through_double(pair.expected, scale)
        .into_iter()
        .flatten()
    {
        trial.number(field, value, Fit::Exact, || {
            reason("kept in a float of 64 bits", "存入 64 位双精度浮点")
        });
    }
    for digits in [6, 7, 15] {
        if let Some(value) = significant(pair.expected, digits) {
            trial.number(field, value, Fit::Exact, || {
                reason(
                    format!("written with {digits} significant digits"),
                    format!("只保留 {digits} 位有效数字"),
                )
            });
        }
    }
    let exponents = case
        .source_values()
        .filter_map(|(_, text)| split_exponent(text));
    for (digits, exponent) in exponents {
        offer_exponent(field, digits, exponent, trial);
    }
    // Without an exponent in the source, the way between may have written one.
    for digits in [6_u32, 15] {
        if let Some(value) = mantissa_alone(pair.expected, digits, scale) {
            trial.number(field, value, Fit::Exact, || lost("e+"));
        }
    }
}

/// A text that is written with an exponent loses the sign of it, or all of it.
fn offer_text(field: &Field<'_>, trial: &mut Trial<'_>) {
    let written = field.expected.filter(|_| field.is_text());
    let Some((digits, exponent)) = written.and_then(split_exponent) else {
        return;
    };
    // `7E5` is a code as well as a number, and codes lose a letter in other ways.
    let is_number = digits.contains('.') || digits.starts_with(['-', '+']);
    let fit = if is_number && digits.parse::<Decimal>().is_ok() {
        Fit::Exact
    } else {
        Fit::Loose
    };
    let (letter, power) = exponent.split_at_checked(1).unwrap_or_default();
    let joined = format!("{digits}{power}");
    trial.text(field, Some(&joined), fit, || match fit {
        Fit::Exact => lost(exponent),
        Fit::Loose => reason(
            format!("the letter {letter} of the exponent {exponent} was lost"),
            format!("指数 {exponent} 的字母 {letter} 丢失"),
        ),
    });
    trial.text(field, Some(digits), fit, || lost(exponent));
}

/// Offers nothing for a number whose exponent a program does not read.
fn offer_unread(case: &Case<'_>, field: &Field<'_>, trial: &mut Trial<'_>) {
    let is_number = field.is_gone() && field.column.kind == Kind::Number;
    let expected = field.expected.filter(|_| is_number);
    let Some(expected) = expected.and_then(|text| text.parse::<Decimal>().ok()) else {
        return;
    };
    for (_, text) in case.source_values() {
        let is_it = split_exponent(text).is_some_and(|(digits, exponent)| {
            let digits = digits.parse::<Decimal>();
            digits.is_ok_and(|digits| is_written_so(digits, exponent, expected, expected.scale))
        });
        if is_it {
            trial.text(field, None, Fit::Loose, || unread(text));
        }
    }
}

/// Offers a number of the source without its exponent, where it is the one that is expected.
fn offer_exponent(field: &Field<'_>, digits: &str, exponent: &str, trial: &mut Trial<'_>) {
    let (Ok(value), Some(pair)) = (digits.parse::<Decimal>(), field.numbers) else {
        return;
    };
    if !is_written_so(value, exponent, pair.expected, field.scale()) {
        return;
    }
    for rounding in [Rounding::HalfUp, Rounding::Down] {
        if let Some(value) = number::at_scale(value, field.scale(), rounding) {
            trial.number(field, value, Fit::Exact, || lost(exponent));
        }
    }
}

/// Says whether digits with an exponent such as `E-18` are a number, signs and rounding apart.
fn is_written_so(digits: Decimal, exponent: &str, number: Decimal, scale: u8) -> bool {
    let power: Option<i16> = exponent.get(1..).and_then(|power| power.parse().ok());
    let Some(power) = power else { return false };
    let value = number::slide(digits, power);
    ROUNDINGS.iter().any(|(rounding, ..)| {
        let rounded = value.and_then(|value| number::at_scale(value, scale, *rounding));
        // So small a number has no digits left.
        let rounded = rounded.or((power < 0).then_some(Decimal::ZERO));
        rounded.is_some_and(|rounded| number::magnitude(rounded) == number::magnitude(number))
    })
}

fn lost(exponent: &str) -> Says {
    reason(
        format!("the exponent {exponent} was lost"),
        format!("指数 {exponent} 丢失"),
    )
}

/// Cuts `-3.46945E-18` into digits and exponent.
fn split_exponent(text: &str) -> Option<(&str, &str)> {
    let text = text.trim();
    let at = text.find(['e', 'E'])?;
    let (digits, exponent) = text.split_at_checked(at)?;
    let power = exponent.get(1..)?.trim_start_matches(['+', '-']);
    let is_number = |text: &str| {
        text.bytes().any(|byte| byte.is_ascii_digit())
            && text
                .bytes()
                .all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b'+'))
    };
    (is_number(digits) && is_number(power)).then_some((digits, exponent))
}

/// Rounds to a number of significant digits, as `%g` does.
fn significant(value: Decimal, digits: u32) -> Option<Decimal> {
    let length = number_of_digits(value)?;
    let lost = length.checked_sub(digits).filter(|lost| *lost > 0)?;
    let factor = 10_i128.checked_pow(lost)?;
    let rounded = ledger::round(
        value.mantissa,
        u8::try_from(lost).ok()?,
        0,
        Rounding::HalfEven,
    )?;
    Some(Decimal::new(rounded.checked_mul(factor)?, value.scale))
}

/// Gives the digits before an exponent of a number from ten million on, from where on programs
/// write one.
fn mantissa_alone(value: Decimal, digits: u32, scale: u8) -> Option<Decimal> {
    let whole = value
        .mantissa
        .checked_div(10_i128.checked_pow(u32::from(value.scale))?)?;
    if whole.unsigned_abs() < 1_000_000 {
        return None;
    }
    let kept = significant(value, digits).unwrap_or(value);
    let places = number_of_digits(kept)?.checked_sub(1)?;
    let mantissa = Decimal::new(kept.mantissa, u8::try_from(places).ok()?);
    number::at_scale(mantissa, scale, Rounding::HalfUp)
}

fn number_of_digits(value: Decimal) -> Option<u32> {
    Some(
        value
            .mantissa
            .unsigned_abs()
            .checked_ilog10()?
            .saturating_add(1),
    )
}
