//! Values as text, read as what they are.

use super::Part;
use crate::Kind;
use ledger::{Decimal, Zone, parse_civil, parse_money};

/// A point in time in nanoseconds since 1970-01-01 00:00:00: of UTC where the column holds instants,
/// of the clock on the wall where it holds dates or civil times.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(pub i128);

pub(super) const NANOS_PER_SECOND: i128 = 1_000_000_000;
pub(super) const NANOS_PER_DAY: i128 = 86_400 * NANOS_PER_SECOND;
/// The first and the last moment that can be written: of the years 1 to 9999.
pub(super) const FIRST_MOMENT: Moment = Moment(-719_162 * NANOS_PER_DAY);
pub(super) const LAST_MOMENT: Moment = Moment(2_932_897 * NANOS_PER_DAY - 1);

/// Reads a number; text as money.
#[inline]
pub(super) fn number(kind: Kind, text: &str) -> Option<Decimal> {
    if let Some(plain) = plain_number(text.as_bytes()) {
        return Some(plain);
    }
    match kind {
        Kind::Number => text.parse().ok(),
        Kind::Text => money(text),
        Kind::Date | Kind::Instant | Kind::Boolean | Kind::Float | Kind::Other => None,
    }
}

/// Reads `-?digits(.digits)?` of up to 18 digits, as nearly all numbers are.
#[inline]
fn plain_number(text: &[u8]) -> Option<Decimal> {
    let (is_negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        all => (false, all),
    };
    if digits.len() > 19 || !digits.first()?.is_ascii_digit() || !digits.last()?.is_ascii_digit() {
        return None;
    }
    let mut value = 0_i64;
    let mut decimals = None;
    for byte in digits {
        match byte {
            b'0'..=b'9' => {
                value = value.checked_mul(10)?.checked_add(i64::from(byte - b'0'))?;
                decimals = decimals.map(|count| count + 1);
            }
            b'.' if decimals.is_none() => decimals = Some(0_u8),
            _ => return None,
        }
    }
    let mantissa = i128::from(if is_negative { -value } else { value });
    Some(Decimal::new(mantissa, decimals.unwrap_or(0)))
}

/// Reads money as people write it. `1.005` is taken as a program writes it; `1,234` as a thousand.
#[cold]
fn money(text: &str) -> Option<Decimal> {
    let trimmed = text.trim();
    // Most text is no amount, and is sent away before anything is written down.
    if trimmed.len() > 64 || !may_be_money(trimmed) {
        return None;
    }
    trimmed
        .parse()
        .ok()
        .or_else(|| parse_money(trimmed, None).ok())
        .or_else(|| parse_money(trimmed, Some(2)).ok())
}

/// Says whether text may be an amount: it has a digit, few letters, and no sign between digits.
fn may_be_money(text: &str) -> bool {
    let (mut digits, mut letters, mut before) = (0, 0, ' ');
    for character in text.chars() {
        if character.is_numeric() {
            digits += 1;
            // One letter alone before a digit is no currency: it is a serial number.
            let is_serial = before.is_ascii_alphabetic() && letters == 1;
            if is_serial || (before == '-' && digits > 1) {
                return false;
            }
        }
        letters += u32::from(character.is_ascii_alphabetic());
        before = character;
    }
    digits > 0 && letters <= 6
}

/// Reads a date, an instant, or text that is a civil time.
#[inline]
pub(super) fn moment(kind: Kind, text: &str) -> Option<Moment> {
    match kind {
        Kind::Date | Kind::Text => civil(text),
        Kind::Instant => civil(text.strip_suffix('Z')?),
        Kind::Number | Kind::Boolean | Kind::Float | Kind::Other => None,
    }
}

fn civil(text: &str) -> Option<Moment> {
    if !may_be_civil(text.trim_start().as_bytes()) {
        return None;
    }
    if let Ok(civil) = parse_civil(text) {
        return Some(Moment(i128::from(civil.micros()) * 1_000));
    }
    finer_than_micros(text)
}

/// Says whether text may be a civil time: four digits, then a sign or a month.
fn may_be_civil(text: &[u8]) -> bool {
    let [y1, y2, y3, y4, next, ..] = text else {
        return false;
    };
    let is_year = [y1, y2, y3, y4].iter().all(|byte| byte.is_ascii_digit());
    is_year && text.len() <= 40 && matches!(next, b'-' | b'/' | b'0' | b'1')
}

/// Reads a fraction of more than six decimals, which `ledger` refuses.
#[cold]
fn finer_than_micros(text: &str) -> Option<Moment> {
    let (seconds, fraction) = text.split_once('.')?;
    if fraction.len() > 9 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let nanos: i128 = format!("{fraction:0<9}").parse().ok()?;
    let whole = parse_civil(seconds).ok()?;
    Some(Moment(i128::from(whole.micros()) * 1_000 + nanos))
}

/// What the clock on the wall shows at a moment of a column of this kind.
#[inline]
pub(super) fn on_the_wall(kind: Kind, moment: Moment, zone: &Zone) -> Option<Moment> {
    if kind != Kind::Instant {
        return Some(moment);
    }
    let micros = i64::try_from(moment.0.div_euclid(1_000)).ok()?;
    let civil = zone.civil(micros).ok()?;
    Some(Moment(
        i128::from(civil.micros()) * 1_000 + moment.0.rem_euclid(1_000),
    ))
}

/// One part of what the clock and the calendar show.
#[inline]
pub(super) fn part(part: Part, wall: Moment) -> u32 {
    const DAY: i64 = 86_400_000_000_000;
    const SECOND: i64 = 1_000_000_000;
    // Nearly all moments fit into 64 bits, which divide much faster.
    let (day, of_day) = match i64::try_from(wall.0) {
        Ok(nanos) => (nanos.div_euclid(DAY), nanos.rem_euclid(DAY)),
        Err(_) => {
            let (day, of_day) = (
                wall.0.div_euclid(NANOS_PER_DAY),
                wall.0.rem_euclid(NANOS_PER_DAY),
            );
            let end = if day < 0 { i64::MIN } else { i64::MAX };
            (
                i64::try_from(day).unwrap_or(end),
                i64::try_from(of_day).unwrap_or_default(),
            )
        }
    };
    let value = match part {
        Part::Hour => of_day / (3_600 * SECOND),
        Part::SecondOfDay => of_day / SECOND,
        Part::NanosOfSecond => of_day % SECOND,
        // 1970 began on a Thursday.
        Part::Weekday => (day.rem_euclid(7) + 3) % 7 + 1,
        Part::Day => day_and_month(day).0,
        Part::Month => day_and_month(day).1,
    };
    u32::try_from(value).unwrap_or(u32::MAX)
}

/// Day and month of the Gregorian calendar. Years are counted from March, as in `ledger`.
fn day_and_month(day: i64) -> (i64, i64) {
    let day_of_cycle = (day.rem_euclid(146_097) + 719_468).rem_euclid(146_097);
    let leap_days = day_of_cycle / 1_460 - day_of_cycle / 36_524 + day_of_cycle / 146_096;
    let year = (day_of_cycle - leap_days) / 365;
    let day_of_year = day_of_cycle - (365 * year + year / 4 - year / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    (day, if month < 10 { month + 3 } else { month - 9 })
}

/// Number of characters.
#[inline]
pub(super) fn length(text: &str) -> u32 {
    u32::try_from(text.chars().count()).unwrap_or(u32::MAX)
}

/// Number of decimals that are needed to write a number, zeros at the end left out.
#[inline]
pub(super) fn decimals(number: Decimal) -> u32 {
    let mut mantissa = number.mantissa;
    let mut scale = u32::from(number.scale);
    while scale > 0 && mantissa % 10 == 0 {
        mantissa /= 10;
        scale -= 1;
    }
    scale
}

/// The size of a number, its sign left out, modulo another.
#[inline]
pub(super) fn remainder(number: Decimal, modulus: Decimal) -> Option<Decimal> {
    let scale = number.scale.max(modulus.scale);
    let number = number.rescale_exact(scale)?;
    let modulus = modulus.rescale_exact(scale)?;
    let rest = number.mantissa.checked_rem(modulus.mantissa)?;
    Some(Decimal::new(rest.checked_abs()?, scale))
}
