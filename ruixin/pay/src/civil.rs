//! The clock on the wall in Shanghai, as the old system wrote it: without a zone, in milliseconds.

use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

use jiff::civil::{Date, DateTime};
use jiff::tz::Offset;
use jiff::{Timestamp, ToSpan as _};

/// China has kept one clock, eight hours ahead of UTC, without changes since 1992.
const SHANGHAI: Offset = Offset::constant(8);

/// Is a civil time in Shanghai, to the millisecond. As text `2013-05-27 07:59:59.999`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Civil(DateTime);

impl Civil {
    /// Gives the civil time of a moment, in milliseconds since 1970 UTC; the first or last one there
    /// is where it is beyond all calendars.
    pub fn of_millis(millis: i64) -> Civil {
        let stamp = Timestamp::from_millisecond(millis);
        let stamp = stamp.unwrap_or(if millis < 0 {
            Timestamp::MIN
        } else {
            Timestamp::MAX
        });
        Civil(SHANGHAI.to_datetime(stamp))
    }

    /// Reads `2013-05-27 07:59:59.999`, and the same with a `T`.
    pub fn parse(text: &str) -> Option<Civil> {
        let time: DateTime = text.parse().ok()?;
        Some(Civil(time))
    }

    /// Gives the milliseconds since 1970 UTC.
    pub fn millis(self) -> i64 {
        SHANGHAI
            .to_timestamp(self.0)
            .map_or(i64::MAX, Timestamp::as_millisecond)
    }

    /// Gives the day as `20130527`.
    pub fn compact_day(self) -> String {
        let date = self.0.date();
        format!("{:04}{:02}{:02}", date.year(), date.month(), date.day())
    }

    /// Gives the day as `2013-05-27`.
    pub fn day(self) -> String {
        self.0.date().to_string()
    }

    /// Gives the business day: from 23:00 on it is the next one.
    pub fn business_day(self) -> String {
        let later = self.0.checked_add(1.hour()).unwrap_or(self.0);
        later.date().to_string()
    }

    /// Gives the later of this and the beginning of a day that is written `20130527`.
    pub(crate) fn not_before_day(self, compact: &str) -> Civil {
        let is_before = self.compact_day().as_str() < compact;
        match is_before.then(|| Date::strptime("%Y%m%d", compact)) {
            Some(Ok(day)) => Civil(day.to_datetime(jiff::civil::Time::midnight())),
            _ => self,
        }
    }
}

impl fmt::Display for Civil {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (date, time) = (self.0.date(), self.0.time());
        write!(
            to,
            "{date} {:02}:{:02}:{:02}.{:03}",
            time.hour(),
            time.minute(),
            time.second(),
            time.millisecond()
        )
    }
}

/// Is where the service takes its time from: the system's clock, put off by a fixed span.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Clock {
    ahead_millis: i64,
}

impl Clock {
    /// Makes a clock that shows `civil` now, and goes on from there.
    pub fn starting(civil: Civil) -> Clock {
        Clock {
            ahead_millis: civil.millis().saturating_sub(system_millis()),
        }
    }

    /// Gives the time in Shanghai.
    pub fn now(self) -> Civil {
        Civil::of_millis(system_millis().saturating_add(self.ahead_millis))
    }
}

fn system_millis() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| {
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_shanghais_and_the_business_day_changes_at_23() {
        let eight = Civil::of_millis(1_369_612_800_000);
        assert_eq!(eight.to_string(), "2013-05-27 08:00:00.000");
        assert_eq!(Civil::parse("2013-05-27 08:00:00.000"), Some(eight));
        assert_eq!(eight.millis(), 1_369_612_800_000);
        let table = [
            ("2013-05-27 22:59:59.999", "20130527", "2013-05-27"),
            ("2013-05-27 23:00:00.000", "20130527", "2013-05-28"),
            ("2012-12-31 23:30:00.000", "20121231", "2013-01-01"),
        ];
        for (text, day, business_day) in table {
            let civil = Civil::parse(text).expect("a time");
            assert_eq!(civil.to_string(), text);
            assert_eq!(civil.compact_day(), day);
            assert_eq!(civil.business_day(), business_day);
        }
    }

    #[test]
    fn a_clock_that_went_back_over_midnight_stays_in_the_day_of_the_last_record() {
        let civil = Civil::parse("2013-05-27 23:59:59.000").expect("a time");
        let later = civil.not_before_day("20130528");
        assert_eq!(later.to_string(), "2013-05-28 00:00:00.000");
        assert_eq!(civil.not_before_day("20130527"), civil);
    }
}
