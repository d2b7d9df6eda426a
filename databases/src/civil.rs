//! Days and times of day, to and from numbers and text.

use std::fmt::{Arguments, Write};

/// Microseconds of a day.
pub(crate) const MICROS_PER_DAY: i64 = 86_400_000_000;

/// Whether there is such a day.
pub(crate) fn is_day(year: u16, month: u8, day: u8) -> bool {
    let is_leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let length = match month {
        4 | 6 | 9 | 11 => 30,
        2 if is_leap => 29,
        2 => 28,
        1..=12 => 31,
        _ => 0,
    };
    (1..=length).contains(&day)
}

/// Days since 1970-01-01, of a day that there is. After "days_from_civil" of Howard Hinnant's
/// `chrono`-compatible algorithms: years begin in March, so that the leap day is their last.
pub(crate) fn days(year: u16, month: u8, day: u8) -> Option<i32> {
    if !is_day(year, month, day) {
        return None;
    }
    let (month, day) = (i32::from(month), i32::from(day));
    let year = i32::from(year) - i32::from(month <= 2);
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    Some(era * 146_097 + day_of_era - 719_468)
}

/// Writes the day so many days after 1970-01-01. After "civil_from_days" of the same algorithms.
pub(crate) fn put_day(out: &mut String, days: i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    put(out, format_args!("{year:04}-{month:02}-{day:02}"));
}

/// Writes a time of day, with a fraction of six digits where it has one.
pub(crate) fn put_time(out: &mut String, micros: i64) {
    let (seconds, micros) = (micros / 1_000_000, micros % 1_000_000);
    let (minutes, second) = (seconds / 60, seconds % 60);
    let (hour, minute) = (minutes / 60, minutes % 60);
    put(out, format_args!("{hour:02}:{minute:02}:{second:02}"));
    if micros != 0 {
        put(out, format_args!(".{micros:06}"));
    }
}

/// Writes a day and a time of day, so many microseconds after 1970-01-01.
pub(crate) fn put_moment(out: &mut String, micros: i64) {
    put_day(out, micros.div_euclid(MICROS_PER_DAY));
    out.push(' ');
    put_time(out, micros.rem_euclid(MICROS_PER_DAY));
}

fn put(out: &mut String, value: Arguments<'_>) {
    // Writing to a string never fails.
    let _ = out.write_fmt(value);
}

/// Reads `2013-05-27` as days since 1970-01-01; a year of four digits, and nothing else.
pub(crate) fn day(text: &str) -> Option<i32> {
    let [year, month, day] = parts(text, '-')?;
    let is_whole = year.len() == 4 && month.len() == 2 && day.len() == 2;
    let year = digits(year).filter(|year| is_whole && *year > 0)?;
    days(
        u16::try_from(year).ok()?,
        u8::try_from(digits(month)?).ok()?,
        u8::try_from(digits(day)?).ok()?,
    )
}

/// Reads `08:00:00`, `08:00:00.25` or `08:00` as microseconds of the day. Digits of a fraction that
/// are finer than that must be zeros.
pub(crate) fn time(text: &str) -> Option<i64> {
    let (clock, fraction) = match text.split_once('.') {
        Some((clock, fraction)) => (clock, Some(fraction)),
        None => (text, None),
    };
    let [hour, minute, second] = match parts(clock, ':') {
        Some(whole) => whole,
        None if fraction.is_none() => {
            let (hour, minute) = clock.split_once(':')?;
            [hour, minute, "00"]
        }
        None => return None,
    };
    let two = |text: &str, below: i64| {
        let number = digits(text).filter(|_| text.len() == 2)?;
        (number < below).then_some(number)
    };
    let seconds = (two(hour, 24)? * 60 + two(minute, 60)?) * 60 + two(second, 60)?;
    let micros = match fraction {
        None => 0,
        Some(fraction) => {
            let kept = fraction.get(..fraction.len().min(6))?;
            let finer = fraction.get(kept.len()..)?;
            if finer.bytes().any(|digit| digit != b'0') {
                return None;
            }
            let missing = u32::try_from(6 - kept.len()).ok()?;
            digits(kept)? * 10_i64.pow(missing)
        }
    };
    Some(seconds * 1_000_000 + micros)
}

/// Reads a day and a time, with a blank or a `T` between them, as microseconds since 1970-01-01.
pub(crate) fn moment(text: &str) -> Option<i64> {
    let (date, clock) = text.split_at_checked(10)?;
    let clock = clock.strip_prefix([' ', 'T'])?;
    Some(i64::from(day(date)?) * MICROS_PER_DAY + time(clock)?)
}

/// Reads a moment with its zone behind it (`Z`, `+08`, `+08:00`, `+0800`) as an instant in UTC.
pub(crate) fn instant(text: &str) -> Option<i64> {
    if let Some(moment_of_utc) = text.strip_suffix(['Z', 'z']) {
        return moment(moment_of_utc);
    }
    // A minus before the eleventh character is one of the date.
    let at = text.get(10..)?.find(['+', '-'])? + 10;
    let (local, offset) = text.split_at_checked(at)?;
    let sign = if offset.starts_with('-') { -1 } else { 1 };
    let offset = offset.get(1..)?;
    let (hours, minutes) = match offset.len() {
        2 => (offset, "00"),
        4 => offset.split_at_checked(2)?,
        5 => offset.split_once(':')?,
        _ => return None,
    };
    let (hours, minutes) = (digits(hours)?, digits(minutes)?);
    let is_offset = hours < 24 && minutes < 60;
    let offset = sign * (hours * 60 + minutes) * 60_000_000;
    is_offset.then_some(())?;
    moment(local)?.checked_sub(offset)
}

fn parts(text: &str, separator: char) -> Option<[&str; 3]> {
    let mut parts = text.split(separator);
    let three = [parts.next()?, parts.next()?, parts.next()?];
    parts.next().is_none().then_some(three)
}

/// A number of digits alone: no sign, no blank.
fn digits(text: &str) -> Option<i64> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| is_number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn days_are_counted_from_1970_on() {
        assert_eq!(days(1970, 1, 1), Some(0));
        assert_eq!(days(2000, 2, 29), Some(11_016));
        assert_eq!(days(9999, 12, 31), Some(2_932_896));
        assert_eq!(days(1000, 1, 1), Some(-354_285));
        assert_eq!((days(2013, 2, 31), days(2013, 0, 0)), (None, None));
    }

    #[test]
    fn what_is_spelled_otherwise_is_none() {
        for text in [
            "2013-5-27",
            "13-05-27",
            "2013-05-27 ",
            " 2013-05-27",
            "20130527",
            "2013-02-29",
            "0000-01-01",
            "+013-05-27",
            "2013-05-27-",
            "２013-05-27",
            "",
        ] {
            assert_eq!(day(text), None, "{text:?}");
        }
        for text in [
            "8:00:00",
            "24:00:00",
            "08:60",
            "08:00:60",
            "08",
            "08:00.5",
            "08:00:00.",
            "08:00:00.1234567",
            "08:00:00.+1",
            "08:00:00:00",
            "-8:00:00",
            "",
        ] {
            assert_eq!(time(text), None, "{text:?}");
        }
        for text in [
            "2013-05-27",
            "2013-05-27x08:00",
            "2013-05-27 08:00:00Z",
            "2013-05-27  08:00",
        ] {
            assert_eq!(moment(text), None, "{text:?}");
        }
        for text in [
            "2013-05-27 08:00:00",
            "2013-05-27 08:00:00+8",
            "2013-05-27 08:00:00+24:00",
            "2013-05-27 08:00:00+08:60",
            "2013-05-27 08:00:00+0a",
            "2013-05-27Z",
        ] {
            assert_eq!(instant(text), None, "{text:?}");
        }
    }

    #[test]
    fn times_are_read_to_the_microsecond() {
        assert_eq!(time("08:00"), Some(28_800_000_000));
        assert_eq!(time("08:00:00.25"), Some(28_800_250_000));
        assert_eq!(time("23:59:59.999999000"), Some(MICROS_PER_DAY - 1));
        assert_eq!(moment("1970-01-01T00:00:01"), Some(1_000_000));
        for text in [
            "1970-01-01 08:00:00+08:00",
            "1970-01-01 08:00:00+08",
            "1970-01-01T08:00+0800",
            "1969-12-31 18:30:00-05:30",
            "1970-01-01 00:00:00Z",
            "1970-01-01 00:00:00z",
        ] {
            assert_eq!(instant(text), Some(0), "{text:?}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn what_is_written_is_read(micros in -62_135_596_800_000_000_i64..253_402_300_800_000_000) {
            let mut text = String::new();
            put_moment(&mut text, micros);
            prop_assert_eq!(moment(&text), Some(micros));
            prop_assert_eq!(instant(&format!("{text}Z")), Some(micros));
            prop_assert_eq!(day(&text[..10]).map(i64::from), Some(micros.div_euclid(MICROS_PER_DAY)));
            prop_assert_eq!(time(&text[11..]), Some(micros.rem_euclid(MICROS_PER_DAY)));
        }
    }
}
