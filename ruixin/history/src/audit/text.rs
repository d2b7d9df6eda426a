//! Amounts, times and numbers as text, in the one way in which they are written.

use crate::calendar::{DAY, HOUR, SECOND, civil, days};
use crate::digits::write_number;

/// An amount of the smallest units with a point before the last `scale` digits.
pub(crate) fn decimal(out: &mut Vec<u8>, units: i64, scale: u32) {
    if units < 0 {
        out.push(b'-');
    }
    let (one, units) = (10_u64.pow(scale), units.unsigned_abs());
    out.extend_from_slice((units / one).to_string().as_bytes());
    out.push(b'.');
    let start = out.len();
    out.resize(start + scale as usize, b'0');
    write_number(&mut out[start..], units % one);
}

/// A civil time as `2013-05-27 07:59:59.999`.
pub(crate) fn time(out: &mut Vec<u8>, millis: i64) {
    date(out, millis.div_euclid(DAY) as i32);
    let of_day = millis.rem_euclid(DAY);
    let parts = [
        of_day / HOUR,
        of_day / (60 * SECOND) % 60,
        of_day / SECOND % 60,
    ];
    for (before, part) in b" ::".iter().zip(parts) {
        out.push(*before);
        put(out, 2, part);
    }
    out.push(b'.');
    put(out, 3, of_day % SECOND);
}

/// A date as `2013-05-27`.
pub(crate) fn date(out: &mut Vec<u8>, days: i32) {
    let (year, month, day) = civil(days);
    put(out, 4, i64::from(year));
    for part in [month, day] {
        out.push(b'-');
        put(out, 2, i64::from(part));
    }
}

fn put(out: &mut Vec<u8>, width: usize, number: i64) {
    let start = out.len();
    out.resize(start + width, b'0');
    write_number(&mut out[start..], number.unsigned_abs());
}

pub(crate) fn parse_number(text: &str) -> Option<i64> {
    let number: i64 = text.parse().ok()?;
    (number.to_string() == text).then_some(number)
}

/// Units of the smallest kind: exactly `scale` decimals, no needless nought before them.
pub(crate) fn parse_decimal(text: &str, scale: usize) -> Option<i64> {
    let (is_below, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits.as_bytes()),
        None => (false, text.as_bytes()),
    };
    let point = digits.len().checked_sub(scale + 1)?;
    let (whole, places) = (&digits[..point], &digits[point + 1..]);
    let is_written = digits[point] == b'.' && (whole == b"0" || whole.first()? != &b'0');
    if !is_written {
        return None;
    }
    let mut units: u64 = 0;
    for digit in whole.iter().chain(places) {
        let digit = digit.checked_sub(b'0').filter(|digit| *digit < 10)?;
        units = units.checked_mul(10)?.checked_add(u64::from(digit))?;
    }
    match is_below {
        true if units == 0 => None,
        true => 0_i64.checked_sub_unsigned(units),
        false => i64::try_from(units).ok(),
    }
}

pub(crate) fn parse_date(text: &str) -> Option<i32> {
    let text: &[u8; 10] = text.as_bytes().try_into().ok()?;
    if (text[4], text[7]) != (b'-', b'-') {
        return None;
    }
    let (year, month, day) = (
        number_of(&text[..4])?,
        number_of(&text[5..7])?,
        number_of(&text[8..])?,
    );
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let found = days(year, month, day);
    // The thirtieth of February is another day.
    (civil(found).2 == day.unsigned_abs()).then_some(found)
}

pub(crate) fn parse_time(text: &str) -> Option<i64> {
    let bytes: &[u8; 23] = text.as_bytes().try_into().ok()?;
    if [bytes[10], bytes[13], bytes[16], bytes[19]] != *b" ::." {
        return None;
    }
    let day = parse_date(text.get(..10)?)?;
    let part = |from: usize, to: usize, most: i32| {
        number_of(&bytes[from..to])
            .filter(|number| *number <= most)
            .map(i64::from)
    };
    let (hours, minutes) = (part(11, 13, 23)?, part(14, 16, 59)?);
    let (seconds, millis) = (part(17, 19, 59)?, part(20, 23, 999)?);
    Some(i64::from(day) * DAY + hours * HOUR + (minutes * 60 + seconds) * SECOND + millis)
}

/// A number of a few digits, all of which are digits.
fn number_of(digits: &[u8]) -> Option<i32> {
    let mut number = 0;
    for digit in digits {
        let digit = digit.checked_sub(b'0').filter(|digit| *digit < 10)?;
        number = number * 10 + i32::from(digit);
    }
    Some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(write: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).expect("digits")
    }

    #[test]
    fn amounts_are_read_as_they_are_written_and_no_other_way() {
        for units in [0, 1, -1, 29, 100, -12_345, i64::MAX] {
            let text = written(|out| decimal(out, units, 2));
            assert_eq!(parse_decimal(&text, 2), Some(units), "{text}");
        }
        for other in [
            "1",
            "1.5",
            "1.500",
            "+1.50",
            "-0.00",
            "01.50",
            "1,50",
            "",
            ".50",
            "-.50",
            "00.00",
            "--1.50",
            "1.5:",
            "99999999999999999999.00",
            "１.00",
        ] {
            assert_eq!(parse_decimal(other, 2), None, "{other}");
        }
    }

    #[test]
    fn times_are_read_as_they_are_written_and_no_other_way() {
        let text = "2012-02-29 23:59:59.007";
        let millis = parse_time(text).expect("a time");
        assert_eq!(written(|out| time(out, millis)), text);
        for other in [
            "2012-02-30 00:00:00.000",
            "2012-02-29 24:00:00.000",
            "2012-02-29",
            "2011-02-29 23:59:59.007",
            "2012-13-01 00:00:00.000",
            "2012-00-10 00:00:00.000",
            "2012-02-00 00:00:00.000",
            "2012-02-29 23:60:00.000",
            "2012-02-29 23:59:60.000",
            "2012-02-29T23:59:59.007",
            "2012-02-29 23:59:59,007",
            "2012-2-29 23:59:59.0070",
            "2012-02-29 23:59:5 .007",
            "",
        ] {
            assert_eq!(parse_time(other), None, "{other}");
        }
    }
}
