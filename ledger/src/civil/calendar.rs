//! The Gregorian calendar, on microseconds.

use std::fmt;

pub(super) const MICROS_PER_SECOND: i64 = 1_000_000;
pub(super) const MICROS_PER_DAY: i64 = 86_400 * MICROS_PER_SECOND;

/// Is what clock and calendar show, as microseconds since their 1970-01-01 00:00:00.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Civil {
    micros: i64,
}

/// Is a day of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Day {
    pub(super) year: i64,
    pub(super) month: i64,
    pub(super) day: i64,
}

impl Civil {
    /// Takes microseconds since 1970-01-01 00:00:00 on the same clock, as a timestamp without a
    /// zone has them.
    pub const fn from_micros(micros: i64) -> Civil {
        Civil { micros }
    }

    /// Gives microseconds since 1970-01-01 00:00:00 on the same clock.
    pub const fn micros(self) -> i64 {
        self.micros
    }
}

impl fmt::Display for Civil {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let day = Day::from_number(self.micros.div_euclid(MICROS_PER_DAY));
        let micros = self.micros.rem_euclid(MICROS_PER_DAY);
        let (seconds, fraction) = (
            micros.div_euclid(MICROS_PER_SECOND),
            micros.rem_euclid(MICROS_PER_SECOND),
        );
        let (hour, minute, second) = (
            seconds.div_euclid(3600),
            seconds.div_euclid(60).rem_euclid(60),
            seconds.rem_euclid(60),
        );
        write!(
            f,
            "{:04}-{:02}-{:02}T{hour:02}:{minute:02}:{second:02}",
            day.year, day.month, day.day
        )?;
        if fraction != 0 {
            write!(f, ".{fraction:06}")?;
        }
        Ok(())
    }
}

/// Days of 400 years, after which the calendar and its weekdays repeat.
pub(super) const DAYS_PER_CYCLE: i64 = 146_097;
/// Days from 0000-03-01 to 1970-01-01.
const DAYS_TO_EPOCH: i64 = 719_468;

// Years are counted from March, so that the leap day is the last of its year. The days before the
// month m after March are then (153 m + 2) / 5, which spreads 31 and 30 as the calendar does.
#[expect(
    clippy::arithmetic_side_effects,
    reason = "years have four digits where they are read, and days come from 64 bits of microseconds"
)]
impl Day {
    /// Says whether the calendar has this day.
    pub(super) fn exists(self) -> bool {
        let is_leap = self.year % 4 == 0 && (self.year % 100 != 0 || self.year % 400 == 0);
        let days = match self.month {
            2 if is_leap => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            1..=12 => 31,
            _ => 0,
        };
        self.year >= 1 && (1..=days).contains(&self.day)
    }

    /// Gives the number of the day, 0 on 1970-01-01.
    pub(super) const fn number(self) -> i64 {
        let (year, month) = if self.month > 2 {
            (self.year, self.month - 3)
        } else {
            (self.year - 1, self.month + 9)
        };
        let (cycle, year) = (year.div_euclid(400), year.rem_euclid(400));
        let day_of_year = (153 * month + 2) / 5 + self.day - 1;
        let day_of_cycle = year * 365 + year / 4 - year / 100 + day_of_year;
        cycle * DAYS_PER_CYCLE + day_of_cycle - DAYS_TO_EPOCH
    }

    /// Gives the day of a number.
    pub(super) fn from_number(number: i64) -> Day {
        let number = number + DAYS_TO_EPOCH;
        let (cycle, day_of_cycle) = (
            number.div_euclid(DAYS_PER_CYCLE),
            number.rem_euclid(DAYS_PER_CYCLE),
        );
        let leap_days = day_of_cycle / 1460 - day_of_cycle / 36_524 + day_of_cycle / 146_096;
        let year = (day_of_cycle - leap_days) / 365;
        let day_of_year = day_of_cycle - (365 * year + year / 4 - year / 100);
        let month = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * month + 2) / 5 + 1;
        let year = year + cycle * 400;
        if month < 10 {
            Day {
                year,
                month: month + 3,
                day,
            }
        } else {
            Day {
                year: year + 1,
                month: month - 9,
                day,
            }
        }
    }
}
