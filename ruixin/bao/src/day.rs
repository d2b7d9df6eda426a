//! A day of the calendar.

use std::fmt;
use std::str::FromStr;

use ::ledger::{Civil, CivilError, parse_civil};
use thiserror::Error;

const MICROS_PER_DAY: i64 = 86_400_000_000;

/// Is a day of the Gregorian calendar, from 0001-01-01 to 9999-12-31.
///
/// ```
/// use ruixin_bao::Day;
///
/// let freeze: Day = "2013-05-27".parse()?;
/// assert_eq!(freeze.number(), 15_852);
/// assert_eq!(freeze.next().expect("there are more").to_string(), "2013-05-28");
/// # Ok::<(), ruixin_bao::DayError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(i32);

/// Says why a text is no day.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DayError {
    /// It is no date at all.
    #[error(transparent)]
    Civil(#[from] CivilError),
    /// It has a time of day.
    #[error("`{text}` is more than a day: it has a time")]
    HasTime {
        /// What was read.
        text: String,
    },
}

impl Day {
    const FIRST: i32 = -719_162;
    const LAST: i32 = 2_932_896;

    /// Takes days since 1970-01-01; none outside of the years 1 to 9999.
    pub const fn from_number(number: i32) -> Option<Day> {
        if number < Day::FIRST || number > Day::LAST {
            return None;
        }
        Some(Day(number))
    }

    /// Takes year, month and day; none where the calendar has no such day.
    #[expect(
        clippy::arithmetic_side_effects,
        reason = "year, month and day are within small bounds by then"
    )]
    pub const fn from_civil(year: i32, month: i32, day: i32) -> Option<Day> {
        let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let days = match month {
            2 if is_leap => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            1..=12 => 31,
            _ => 0,
        };
        if year < 1 || year > 9999 || day < 1 || day > days {
            return None;
        }
        // Years are counted from March, so that the leap day is the last of its year.
        let (year, month) = if month > 2 {
            (year, month - 3)
        } else {
            (year - 1, month + 9)
        };
        let leap_days = year / 4 - year / 100 + year / 400;
        let of_year = (153 * month + 2) / 5 + day - 1;
        Day::from_number(year * 365 + leap_days + of_year - 719_468)
    }

    /// Gives days since 1970-01-01.
    pub const fn number(self) -> i32 {
        self.0
    }

    /// Gives the day after, if there is one.
    pub fn next(self) -> Option<Day> {
        self.checked_add(1)
    }

    /// Gives the day before, if there is one.
    pub fn previous(self) -> Option<Day> {
        self.checked_add(-1)
    }

    /// Gives the day so many days on, or back.
    pub fn checked_add(self, days: i32) -> Option<Day> {
        self.0.checked_add(days).and_then(Day::from_number)
    }

    /// Says whether it is a Saturday or a Sunday.
    pub fn is_weekend(self) -> bool {
        // 1970-01-01 was a Thursday: counted from there, Saturday is 2 and Sunday is 3.
        matches!(self.0.rem_euclid(7), 2 | 3)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let midnight = i64::from(self.0).saturating_mul(MICROS_PER_DAY);
        let text = Civil::from_micros(midnight).to_string();
        f.pad(text.split('T').next().unwrap_or(&text))
    }
}

impl FromStr for Day {
    type Err = DayError;

    /// Reads `2013-05-27`, and whatever else [`parse_civil`] takes for a date.
    ///
    /// # Errors
    ///
    /// It is no date, or has a time of day.
    fn from_str(text: &str) -> Result<Day, DayError> {
        let civil = parse_civil(text)?;
        let has_time = || DayError::HasTime {
            text: text.to_owned(),
        };
        if civil.micros().rem_euclid(MICROS_PER_DAY) != 0 {
            return Err(has_time());
        }
        let number = i32::try_from(civil.micros().div_euclid(MICROS_PER_DAY));
        let day = number.ok().and_then(Day::from_number);
        day.ok_or(DayError::Civil(CivilError::OutOfRange { civil }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_of_all_days_are_those_of_the_ledgers_calendar() {
        for (first, last) in [(-719_162, -718_000), (-800, 40_000), (2_932_000, 2_932_896)] {
            for number in first..=last {
                let day = Day::from_number(number).unwrap();
                let text = day.to_string();
                assert_eq!(text.parse(), Ok(day));
                let parts: Vec<i32> = text.split('-').map(|part| part.parse().unwrap()).collect();
                assert_eq!(Day::from_civil(parts[0], parts[1], parts[2]), Some(day));
            }
        }
        assert_eq!(Day::from_number(-719_163), None);
        assert_eq!(Day::from_number(2_932_897), None);
    }

    #[test]
    fn what_the_calendar_has_not_is_no_day() {
        for (year, month, day) in [(2013, 2, 29), (2013, 4, 31), (0, 1, 1), (10_000, 1, 1)] {
            assert_eq!(Day::from_civil(year, month, day), None);
        }
        for parts in [
            (2013, 0, 1),
            (2013, 13, 1),
            (2013, 1, 0),
            (i32::MIN, i32::MAX, 1),
        ] {
            assert_eq!(Day::from_civil(parts.0, parts.1, parts.2), None);
        }
        assert!("2013-05-27 08:00".parse::<Day>().is_err());
        assert!("yesterday".parse::<Day>().is_err());
    }

    #[test]
    fn weekends_are_saturday_and_sunday() {
        let weekends: Vec<String> = (0..7)
            .filter_map(|days| "2013-05-27".parse::<Day>().unwrap().checked_add(days))
            .filter(|day| day.is_weekend())
            .map(|day| day.to_string())
            .collect();
        assert_eq!(weekends, ["2013-06-01", "2013-06-02"]);
    }
}
