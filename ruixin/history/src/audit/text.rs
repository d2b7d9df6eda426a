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

pub(crate) fn parse_decimal(text: &str, scale: u32) -> Option<i64> {
    let units: i64 = text.replacen('.', "", 1).parse().ok()?;
    is_written(text, |out| decimal(out, units, scale)).then_some(units)
}

pub(crate) fn parse_date(text: &str) -> Option<i32> {
    let mut parts = text.splitn(3, '-').map(|part| part.parse::<i32>().ok());
    let day = days(parts.next()??, parts.next()??, parts.next()??);
    is_written(text, |out| date(out, day)).then_some(day)
}

pub(crate) fn parse_time(text: &str) -> Option<i64> {
    let (day, clock) = text.split_once(' ')?;
    let mut parts = clock
        .splitn(4, [':', '.'])
        .map(|part| part.parse::<i64>().ok());
    let mut millis = i64::from(parse_date(day)?) * DAY;
    for unit in [HOUR, 60 * SECOND, SECOND, 1] {
        millis = millis.checked_add(parts.next()??.checked_mul(unit)?)?;
    }
    is_written(text, |out| time(out, millis)).then_some(millis)
}

/// Whether a text is exactly what is written.
fn is_written(text: &str, write: impl FnOnce(&mut Vec<u8>)) -> bool {
    let mut written = Vec::new();
    write(&mut written);
    written == text.as_bytes()
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
        for other in ["1", "1.5", "1.500", "+1.50", "-0.00", "01.50", "1,50", ""] {
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
            "",
        ] {
            assert_eq!(parse_time(other), None, "{other}");
        }
    }
}
