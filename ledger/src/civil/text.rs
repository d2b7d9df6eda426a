//! Reads civil times.

use super::CivilError;
use super::calendar::{Civil, Day, MICROS_PER_DAY, MICROS_PER_SECOND};
use crate::money::shown;

/// Reads a civil time: year, month, day, then perhaps hour, minute, second and fraction.
///
/// | form | |
/// |---|---|
/// | `2013-05-27 08:00:00.123456`, `2013-05-27T08:00:00` | the fraction after `.` or `,` has up to nine digits |
/// | `2013/5/27 8:00` | month, day and hour may have one digit; without seconds they are zero |
/// | `2013-05-27` | midnight |
/// | `20130527080000`, `20130527080000123`, `201305270800`, `20130527`, `20130527T080000` | without signs |
///
/// Blanks around it are dropped. A day never stands before its year, so that no form is ambiguous.
///
/// # Errors
///
/// Another form, a day or time that does not exist (24:00 and leap seconds among them), an offset
/// from UTC, a fraction finer than a microsecond.
pub fn parse_civil(text: &str) -> Result<Civil, CivilError> {
    if let Some(civil) = read_usual(text.as_bytes()) {
        return Ok(civil);
    }
    let mut reader = Reader::new(text);
    if reader.rest.is_empty() {
        return Err(CivilError::Empty);
    }
    let (day, has_time) = reader.read_day()?;
    let time = match has_time {
        TimeOfDay::None => Time::default(),
        TimeOfDay::Compact => reader.read_compact_time()?,
        TimeOfDay::Separate => reader.read_time()?,
    };
    reader.check_end()?;
    if !day.exists() {
        return Err(CivilError::NoSuchDate { text: shown(text) });
    }
    let time = time
        .micros()
        .ok_or_else(|| CivilError::NoSuchTime { text: shown(text) })?;
    Ok(at(day, time))
}

/// Reads `2013-05-27`, `2013-05-27 08:00:00` and `2013-05-27 08:00:00.123456` alone, with up to six
/// decimals; `None` sends all else down the long way.
fn read_usual(text: &[u8]) -> Option<Civil> {
    let (day, time) = text.split_first_chunk::<10>()?;
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = *day else {
        return None;
    };
    let century = pair(y1, y2)?.saturating_mul(100);
    let day = Day {
        year: century.saturating_add(pair(y3, y4)?),
        month: pair(m1, m2)?,
        day: pair(d1, d2)?,
    };
    let time = match *time {
        [] => Time::default(),
        [
            b' ' | b'T',
            h1,
            h2,
            b':',
            n1,
            n2,
            b':',
            s1,
            s2,
            ref fraction @ ..,
        ] => Time {
            hour: pair(h1, h2)?,
            minute: pair(n1, n2)?,
            second: pair(s1, s2)?,
            micros: match *fraction {
                [] => 0,
                [b'.', ref decimals @ ..] => millionths(decimals)?,
                _ => return None,
            },
        },
        _ => return None,
    };
    if day.exists() {
        Some(at(day, time.micros()?))
    } else {
        None
    }
}

/// Gives what one to six decimals of a second make, in microseconds.
fn millionths(decimals: &[u8]) -> Option<i64> {
    if decimals.is_empty() || decimals.len() > 6 {
        return None;
    }
    let mut micros = 0_i64;
    for place in 0..6 {
        let digit = decimals
            .get(place)
            .map_or(0, |byte| byte.wrapping_sub(b'0'));
        if digit > 9 {
            return None;
        }
        micros = micros.saturating_mul(10).saturating_add(i64::from(digit));
    }
    Some(micros)
}

/// Gives the number that two digits make.
fn pair(tens: u8, ones: u8) -> Option<i64> {
    let digit = |byte: u8| Some(byte.wrapping_sub(b'0')).filter(|digit| *digit <= 9);
    Some(
        i64::from(digit(tens)?)
            .saturating_mul(10)
            .saturating_add(i64::from(digit(ones)?)),
    )
}

/// Puts a day and the microseconds since its midnight together.
fn at(day: Day, micros: i64) -> Civil {
    let midnight = day.number().saturating_mul(MICROS_PER_DAY);
    Civil::from_micros(midnight.saturating_add(micros))
}

/// Reads a time of day such as `23:00`, in microseconds below one day; `24:00` is zero.
pub(super) fn parse_time_of_day(text: &str) -> Result<i64, CivilError> {
    let wrong = || CivilError::NoSuchCutOff { text: shown(text) };
    if matches!(text.trim(), "24:00" | "24:00:00") {
        return Ok(0);
    }
    let mut reader = Reader::new(text);
    let time = reader.read_time().map_err(|_| wrong())?;
    if reader.rest.is_empty() {
        time.micros().ok_or_else(wrong)
    } else {
        Err(wrong())
    }
}

/// Says how the time stands behind the day.
enum TimeOfDay {
    None,
    /// Right behind it, without signs.
    Compact,
    /// Behind a `T` or a blank.
    Separate,
}

#[derive(Default)]
struct Time {
    hour: i64,
    minute: i64,
    second: i64,
    micros: i64,
}

impl Time {
    /// Gives microseconds since midnight, where a clock shows this time.
    fn micros(&self) -> Option<i64> {
        if self.hour > 23 || self.minute > 59 || self.second > 59 {
            return None;
        }
        let minutes = self.hour.checked_mul(60)?.checked_add(self.minute)?;
        let seconds = minutes.checked_mul(60)?.checked_add(self.second)?;
        seconds
            .checked_mul(MICROS_PER_SECOND)?
            .checked_add(self.micros)
    }
}

struct Reader<'a> {
    text: &'a str,
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn new(text: &'a str) -> Reader<'a> {
        Reader {
            text,
            rest: text.trim().as_bytes(),
        }
    }

    /// Counts the characters up to what is left; all that has been read is ASCII.
    fn at(&self) -> usize {
        let start = self.text.trim_start();
        let blanks = self
            .text
            .chars()
            .count()
            .saturating_sub(start.chars().count());
        let read = start.trim_end().len().saturating_sub(self.rest.len());
        blanks.saturating_add(read).saturating_add(1)
    }

    fn unreadable(&self) -> CivilError {
        CivilError::Unreadable {
            text: shown(self.text),
            at: self.at(),
        }
    }

    fn count_digits(&self) -> usize {
        self.rest
            .iter()
            .take_while(|byte| byte.is_ascii_digit())
            .count()
    }

    /// Takes a number of digits; the caller knows that they are there, or wants an error.
    fn take_digits(&mut self, count: usize) -> Result<i64, CivilError> {
        let Some((digits, rest)) = self.rest.split_at_checked(count) else {
            return Err(self.unreadable());
        };
        if !digits.iter().all(u8::is_ascii_digit) {
            return Err(self.unreadable());
        }
        self.rest = rest;
        let append = |number: i64, digit: &u8| {
            number
                .saturating_mul(10)
                .saturating_add(i64::from(digit.saturating_sub(b'0')))
        };
        Ok(digits.iter().fold(0, append))
    }

    /// Takes one or two digits.
    fn take_short(&mut self) -> Result<i64, CivilError> {
        match self.count_digits() {
            count @ (1 | 2) => self.take_digits(count),
            _ => Err(self.unreadable()),
        }
    }

    fn take(&mut self, wanted: u8) -> bool {
        match self.rest.split_first() {
            Some((first, rest)) if *first == wanted => {
                self.rest = rest;
                true
            }
            _ => false,
        }
    }

    fn read_day(&mut self) -> Result<(Day, TimeOfDay), CivilError> {
        match self.count_digits() {
            8 | 12 | 14 | 17 => {
                let day = self.read_compact_day()?;
                let has_time = if self.count_digits() > 0 {
                    TimeOfDay::Compact
                } else {
                    self.take_between()
                };
                Ok((day, has_time))
            }
            4 => {
                let day = self.read_separate_day()?;
                Ok((day, self.take_between()))
            }
            _ => Err(self.unreadable()),
        }
    }

    fn read_compact_day(&mut self) -> Result<Day, CivilError> {
        let (year, month, day) = (
            self.take_digits(4)?,
            self.take_digits(2)?,
            self.take_digits(2)?,
        );
        Ok(Day { year, month, day })
    }

    fn read_separate_day(&mut self) -> Result<Day, CivilError> {
        let year = self.take_digits(4)?;
        let separator = match self.rest.first() {
            Some(separator @ (b'-' | b'/')) => *separator,
            _ => return Err(self.unreadable()),
        };
        self.take(separator);
        let month = self.take_short()?;
        if !self.take(separator) {
            return Err(self.unreadable());
        }
        let day = self.take_short()?;
        Ok(Day { year, month, day })
    }

    /// Takes what stands between day and time: a `T` or blanks.
    fn take_between(&mut self) -> TimeOfDay {
        if self.take(b'T') || self.take(b't') {
            return TimeOfDay::Separate;
        }
        let mut has_blank = false;
        while self.take(b' ') {
            has_blank = true;
        }
        if has_blank {
            TimeOfDay::Separate
        } else {
            TimeOfDay::None
        }
    }

    fn read_time(&mut self) -> Result<Time, CivilError> {
        if matches!(self.count_digits(), 4 | 6) {
            return self.read_compact_time();
        }
        let hour = self.take_short()?;
        if !self.take(b':') {
            return Err(self.unreadable());
        }
        let minute = self.take_digits(2)?;
        let mut time = Time {
            hour,
            minute,
            ..Time::default()
        };
        if self.take(b':') {
            time.second = self.take_digits(2)?;
            time.micros = self.read_fraction()?;
        }
        Ok(time)
    }

    fn read_compact_time(&mut self) -> Result<Time, CivilError> {
        let digits = self.count_digits();
        let mut time = Time {
            hour: self.take_digits(2)?,
            minute: self.take_digits(2)?,
            ..Time::default()
        };
        match digits {
            4 => {}
            6 => {
                time.second = self.take_digits(2)?;
                time.micros = self.read_fraction()?;
            }
            _ => {
                time.second = self.take_digits(2)?;
                time.micros = self.take_digits(3)?.saturating_mul(1000);
            }
        }
        Ok(time)
    }

    fn read_fraction(&mut self) -> Result<i64, CivilError> {
        if !self.take(b'.') && !self.take(b',') {
            return Ok(0);
        }
        let digits = self.count_digits();
        if !(1..=9).contains(&digits) {
            return Err(self.unreadable());
        }
        let mut nanos = self.take_digits(digits)?;
        for _ in digits..9 {
            nanos = nanos.saturating_mul(10);
        }
        if nanos.checked_rem(1000) != Some(0) {
            return Err(CivilError::FinerThanMicros {
                text: shown(self.text),
            });
        }
        Ok(nanos.checked_div(1000).unwrap_or(0))
    }

    fn check_end(&mut self) -> Result<(), CivilError> {
        let blanks = self.rest.iter().take_while(|byte| **byte == b' ').count();
        match self.rest.get(blanks) {
            None => Ok(()),
            Some(b'Z' | b'z' | b'+' | b'-' | b'[') => {
                let at = self.at().saturating_add(blanks);
                Err(CivilError::HasOffset {
                    text: shown(self.text),
                    at,
                })
            }
            Some(_) => Err(self.unreadable()),
        }
    }
}
