//! What becomes of an instant or a date.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan, Unit};

use crate::draws;

pub(super) fn of_instant(cause: &str, text: &str) -> Vec<String> {
    let Ok(instant) = text.parse::<Timestamp>() else {
        return Vec::new();
    };
    let all = match cause {
        "T1" => in_another_zone(instant),
        "T5" => to_seconds(instant),
        "T6" => vec![Timestamp::from_millisecond(instant.as_second()).unwrap_or(instant)],
        _ => Vec::new(),
    };
    all.into_iter().map(draws::stamped).collect()
}

pub(super) fn of_date(cause: &str, text: &str) -> Vec<String> {
    let Ok(date) = text.parse::<Date>() else {
        return Vec::new();
    };
    let all = match cause {
        "T4" => other_reading(date),
        _ => Vec::new(),
    };
    all.into_iter().map(|date| date.to_string()).collect()
}

/// The zone forgotten, applied twice, or another one taken.
fn in_another_zone(instant: Timestamp) -> Vec<Timestamp> {
    let shanghai = draws::shanghai();
    let tokyo = TimeZone::get("Asia/Tokyo").expect("the zone database is built in");
    let civil = instant.to_zoned(shanghai.clone()).datetime();
    let in_utc = instant.to_zoned(TimeZone::UTC).datetime();
    vec![
        draws::instant(civil, &TimeZone::UTC),
        draws::instant(in_utc, &shanghai),
        draws::instant(civil, &tokyo),
    ]
}

/// Fractions cut off, and rounded away.
fn to_seconds(instant: Timestamp) -> Vec<Timestamp> {
    let whole = Timestamp::from_second(instant.as_second()).unwrap_or(instant);
    let nearest = instant.round(Unit::Second).unwrap_or(instant);
    vec![whole, nearest]
}

/// Day for month, and around New Year the year that was guessed.
fn other_reading(date: Date) -> Vec<Date> {
    let mut all = Vec::new();
    all.extend(Date::new(date.year(), date.day(), date.month()).ok());
    if date.month() == 12 {
        all.push(date.saturating_add(1.year()));
    }
    if date.month() == 1 {
        all.push(date.saturating_sub(1.year()));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zone_is_forgotten_applied_twice_or_another() {
        let all = of_instant("T1", "2013-05-27T00:30:00Z");
        let expected = [
            "2013-05-27T08:30:00Z",
            "2013-05-26T16:30:00Z",
            "2013-05-26T23:30:00Z",
        ];
        assert_eq!(all, expected);
    }

    #[test]
    fn fractions_are_cut_or_rounded() {
        let all = of_instant("T5", "2013-05-27T00:30:00.6Z");
        assert_eq!(all, ["2013-05-27T00:30:00Z", "2013-05-27T00:30:01Z"]);
    }

    #[test]
    fn seconds_read_as_milliseconds_land_in_january_1970() {
        let all = of_instant("T6", "2013-05-27T00:00:00Z");
        assert_eq!(all, ["1970-01-16T20:26:52.8Z"]);
    }

    #[test]
    fn a_date_is_read_the_other_way_round_or_in_another_year() {
        assert_eq!(of_date("T4", "2013-05-11"), ["2013-11-05"]);
        assert!(of_date("T4", "2013-05-27").is_empty());
        assert_eq!(of_date("T4", "2012-12-31"), ["2013-12-31"]);
        assert_eq!(of_date("T4", "2013-01-02"), ["2013-02-01", "2012-01-02"]);
    }
}
