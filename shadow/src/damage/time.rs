//! What becomes of instants and days.

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, ToSpan};

use crate::cause::Cause;
use crate::scene::{Fact, decimals_of_second};

/// Hours by which a zone that was forgotten or taken twice moves an instant: Shanghai's and
/// Tokyo's from Greenwich, and one that a summer time takes.
const HOURS: [i64; 6] = [8, -8, 9, -9, 1, -1];

const MICROS_PER_SECOND: i64 = 1_000_000;
const MICROS_PER_MINUTE: i64 = 60 * MICROS_PER_SECOND;

/// Every other instant that a cause can make of one.
pub(super) fn of_instant(cause: Cause, text: &str, fact: Option<&Fact>) -> Vec<String> {
    let Ok(instant) = text.parse::<Timestamp>() else {
        return Vec::new();
    };
    let decimals = fact.map_or(0, |fact| fact.decimals);
    let made: Vec<Option<Timestamp>> = match cause {
        Cause::T1 => {
            let moved = |hours| instant.checked_add(SignedDuration::from_hours(hours));
            HOURS.map(|hours| moved(hours).ok()).to_vec()
        }
        Cause::T4 => vec![day_for_month(instant)],
        Cause::T5 => vec![
            cut(instant, MICROS_PER_SECOND),
            cut(instant, MICROS_PER_MINUTE),
        ],
        Cause::T6 => vec![seconds_as_millis(instant, decimals)],
        _ => Vec::new(),
    };
    let made = made.into_iter().flatten();
    made.map(|instant| instant.to_string())
        .filter(|text| decimals_of_second(text) <= decimals)
        .collect()
}

/// Every other day that a cause can make of one.
pub(super) fn of_date(cause: Cause, text: &str) -> Vec<String> {
    let Ok(date) = text.parse::<Date>() else {
        return Vec::new();
    };
    let made: Vec<Option<Date>> = match cause {
        Cause::T2 => vec![date.tomorrow().ok(), date.yesterday().ok()],
        Cause::T4 => vec![swapped(date), guessed_year(date)],
        _ => Vec::new(),
    };
    let made = made.into_iter().flatten();
    made.map(|date| date.to_string()).collect()
}

/// Day for month, where both readings are days.
fn swapped(date: Date) -> Option<Date> {
    Date::new(date.year(), date.day(), date.month()).ok()
}

/// A year that was not written and is guessed, around New Year.
fn guessed_year(date: Date) -> Option<Date> {
    match date.month() {
        12 => date.checked_add(1.year()).ok(),
        1 => date.checked_sub(1.year()).ok(),
        _ => None,
    }
}

/// Day for month in the date of an instant as it is written, in UTC.
fn day_for_month(instant: Timestamp) -> Option<Timestamp> {
    let written = instant.to_string();
    let (date, time) = written.split_once('T')?;
    let date = swapped(date.parse().ok()?)?;
    format!("{date}T{time}").parse().ok()
}

fn cut(instant: Timestamp, step: i64) -> Option<Timestamp> {
    let micros = instant.as_microsecond();
    let rest = micros.checked_rem_euclid(step)?;
    Timestamp::from_microsecond(micros.checked_sub(rest)?).ok()
}

/// Seconds since 1970 read as milliseconds, and cut to the decimals that the column has.
fn seconds_as_millis(instant: Timestamp, decimals: u32) -> Option<Timestamp> {
    let read = Timestamp::from_millisecond(instant.as_second()).ok()?;
    let kept = 10_i64.checked_pow(6_u32.saturating_sub(decimals))?;
    cut(read, kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_instant(cause: Cause, text: &str, decimals: u32, expect: &[&str]) {
        let fact = Fact {
            decimals,
            ..Fact::default()
        };
        assert_eq!(
            of_instant(cause, text, Some(&fact)),
            expect,
            "{cause} of {text}"
        );
    }

    #[test]
    fn a_zone_is_forgotten_taken_twice_or_another() {
        let made = of_instant(Cause::T1, "2013-05-27T02:30:00Z", None);
        assert_eq!(made[..2], ["2013-05-27T10:30:00Z", "2013-05-26T18:30:00Z"]);
        assert_eq!(made.len(), 6);
    }

    #[test]
    fn decimals_of_a_second_are_cut_and_then_seconds() {
        check_instant(
            Cause::T5,
            "2013-05-27T02:30:07.75Z",
            2,
            &["2013-05-27T02:30:07Z", "2013-05-27T02:30:00Z"],
        );
    }

    #[test]
    fn seconds_read_as_milliseconds_land_in_january_1970() {
        let text = "2013-05-27T00:00:00Z";
        check_instant(Cause::T6, text, 0, &["1970-01-16T20:26:52Z"]);
        check_instant(Cause::T6, text, 3, &["1970-01-16T20:26:52.8Z"]);
    }

    #[test]
    fn days_and_months_change_places_and_years_are_guessed() {
        let check = |text: &str, expect: &[&str]| assert_eq!(of_date(Cause::T4, text), expect);
        check("2013-05-11", &["2013-11-05"]);
        check("2013-05-27", &[]);
        check("2012-12-31", &["2013-12-31"]);
        check("2013-01-02", &["2013-02-01", "2012-01-02"]);
        check_instant(
            Cause::T4,
            "2013-05-07T01:02:03Z",
            0,
            &["2013-07-05T01:02:03Z"],
        );
    }

    #[test]
    fn the_day_before_and_after_is_another_day() {
        assert_eq!(
            of_date(Cause::T2, "2013-02-28"),
            ["2013-03-01", "2013-02-27"]
        );
        assert_eq!(of_date(Cause::T2, "9999-12-31"), ["9999-12-30"]);
        assert!(of_date(Cause::T2, "soon").is_empty());
        assert!(of_instant(Cause::T1, "soon", None).is_empty());
    }
}
