//! Trading days, the cut at 15:00, and who earns from when until when.

use proptest::prelude::*;
use ruixin_bao::Day;
use ruixin_bao::calendar::{Calendar, CalendarError, Source};

use crate::{at, day};

fn china() -> Calendar {
    Calendar::china_2013_2014().unwrap()
}

/// Placed at; belongs to; confirmed on; a subscription earns from; a redemption earns until.
fn check(cases: &[[&str; 5]]) {
    let china = china();
    for [placed, trade_date, confirmed_on, earns_from, earns_until] in cases {
        let schedule = china.schedule(at(placed)).unwrap();
        let found = [
            schedule.trade_date,
            schedule.confirmed_on,
            schedule.earns_from,
            schedule.earns_until,
        ];
        let expect = [trade_date, confirmed_on, earns_from, earns_until].map(|text| day(text));
        assert_eq!(found, expect, "{placed}");
    }
}

#[test]
fn an_order_belongs_to_the_day_until_15_00_and_then_to_the_next() {
    check(&[
        [
            "2013-05-27 00:00",
            "2013-05-27",
            "2013-05-28",
            "2013-05-28",
            "2013-05-27",
        ],
        [
            "2013-05-27 08:00",
            "2013-05-27",
            "2013-05-28",
            "2013-05-28",
            "2013-05-27",
        ],
        [
            "2013-05-27 14:59:59.999999",
            "2013-05-27",
            "2013-05-28",
            "2013-05-28",
            "2013-05-27",
        ],
        [
            "2013-05-27 15:00",
            "2013-05-28",
            "2013-05-29",
            "2013-05-29",
            "2013-05-28",
        ],
        [
            "2013-05-27 23:59:59",
            "2013-05-28",
            "2013-05-29",
            "2013-05-29",
            "2013-05-28",
        ],
    ]);
}

#[test]
fn weekends_are_no_trading_days() {
    check(&[
        [
            "2013-05-30 15:00",
            "2013-05-31",
            "2013-06-03",
            "2013-06-03",
            "2013-06-02",
        ],
        [
            "2013-05-31 14:00",
            "2013-05-31",
            "2013-06-03",
            "2013-06-03",
            "2013-06-02",
        ],
        [
            "2013-05-31 15:00",
            "2013-06-03",
            "2013-06-04",
            "2013-06-04",
            "2013-06-03",
        ],
        [
            "2013-06-01 10:00",
            "2013-06-03",
            "2013-06-04",
            "2013-06-04",
            "2013-06-03",
        ],
        // Redeemed on Sunday is redeemed on Monday.
        [
            "2013-06-02 10:00",
            "2013-06-03",
            "2013-06-04",
            "2013-06-04",
            "2013-06-03",
        ],
        [
            "2013-06-03 10:00",
            "2013-06-03",
            "2013-06-04",
            "2013-06-04",
            "2013-06-03",
        ],
    ]);
}

#[test]
fn over_a_holiday_the_one_who_redeemed_before_it_earns_and_the_one_who_subscribed_does_not() {
    check(&[
        // The Dragon Boat Festival: Saturday 8 and Sunday 9 were worked, and not traded.
        [
            "2013-06-07 14:00",
            "2013-06-07",
            "2013-06-13",
            "2013-06-13",
            "2013-06-12",
        ],
        [
            "2013-06-08 10:00",
            "2013-06-13",
            "2013-06-14",
            "2013-06-14",
            "2013-06-13",
        ],
        [
            "2013-06-12 16:00",
            "2013-06-13",
            "2013-06-14",
            "2013-06-14",
            "2013-06-13",
        ],
        // The National Day of 2013, and the Spring Festival of 2014 with its eve traded.
        [
            "2013-09-30 14:59",
            "2013-09-30",
            "2013-10-08",
            "2013-10-08",
            "2013-10-07",
        ],
        [
            "2013-09-30 15:00",
            "2013-10-08",
            "2013-10-09",
            "2013-10-09",
            "2013-10-08",
        ],
        [
            "2014-01-30 10:00",
            "2014-01-30",
            "2014-02-07",
            "2014-02-07",
            "2014-02-06",
        ],
        // Over the turn of the year.
        [
            "2013-12-31 15:30",
            "2014-01-02",
            "2014-01-03",
            "2014-01-03",
            "2014-01-02",
        ],
    ]);
}

#[test]
fn the_exchanges_traded_on_238_days_of_2013_and_on_245_of_2014() {
    let china = china();
    let of_year = |year: &str| {
        let days = china.trading_days().iter();
        days.filter(|day| day.to_string().starts_with(year)).count()
    };
    assert_eq!(of_year("2013"), 238);
    assert_eq!(of_year("2014"), 245);
    // Weekends that offices worked in place of a holiday.
    for text in [
        "2013-01-05",
        "2013-02-16",
        "2013-04-27",
        "2013-06-08",
        "2013-09-29",
        "2014-05-04",
    ] {
        assert_eq!(china.is_trading_day(day(text)), Ok(false), "{text}");
    }
}

#[test]
fn a_day_that_is_not_covered_is_an_error_and_never_a_guess() {
    let china = china();
    let needs = |error: CalendarError| match error {
        CalendarError::NotCovered { day, .. } => day.to_string(),
        other => panic!("{other}"),
    };
    let of = |text: &str| needs(china.schedule(at(text)).unwrap_err());
    assert_eq!(of("2012-12-31 10:00"), "2012-12-31");
    assert_eq!(of("2015-01-05 10:00"), "2015-01-05");
    // Covered itself, but T+1 is not, or T is not.
    assert_eq!(of("2014-12-31 10:00"), "2015-01-01");
    assert_eq!(of("2014-12-31 15:00"), "2015-01-01");
    assert_eq!(
        china.schedule(at("2014-12-30 14:00")).unwrap().confirmed_on,
        day("2014-12-31")
    );
    assert_eq!(
        needs(china.is_trading_day(day("2015-01-01")).unwrap_err()),
        "2015-01-01"
    );
    assert!(china.schedule(i64::MAX).is_err());
    assert!(china.schedule(i64::MIN).is_err());
}

#[test]
fn lists_that_contradict_are_refused() {
    let code = |first: &str, last: &str, closed: &[&str], worked: &[&str]| {
        let days = |texts: &[&str]| texts.iter().map(|text| day(text)).collect::<Vec<Day>>();
        let calendar = Calendar::new(Source {
            first: day(first),
            last: day(last),
            closed: &days(closed),
            worked: &days(worked),
        });
        calendar.err().map(|error| error.code())
    };
    let (first, last) = ("2013-05-27", "2013-06-02");
    assert_eq!(
        code(first, last, &["2013-06-01", "2013-05-28"], &["2013-06-02"]),
        None
    );
    assert_eq!(code(last, first, &[], &[]), Some("calendar_empty"));
    assert_eq!(
        code(first, last, &["2013-06-03"], &[]),
        Some("calendar_listed_outside")
    );
    assert_eq!(
        code(first, last, &[], &["2013-05-26"]),
        Some("calendar_listed_outside")
    );
    assert_eq!(
        code(first, last, &["2013-06-01"], &["2013-06-01"]),
        Some("calendar_contradiction")
    );
    assert_eq!(
        code(first, last, &[], &["2013-05-29"]),
        Some("calendar_no_weekend")
    );
}

#[test]
fn a_weekend_that_is_listed_as_worked_is_traded() {
    let calendar = Calendar::new(Source {
        first: day("2013-05-27"),
        last: day("2013-06-09"),
        closed: &[day("2013-05-31")],
        worked: &[day("2013-06-01")],
    });
    let schedule = calendar.unwrap().schedule(at("2013-05-30 15:00")).unwrap();
    assert_eq!(schedule.trade_date, day("2013-06-01"));
    assert_eq!(schedule.confirmed_on, day("2013-06-03"));
}

proptest! {
    #[test]
    fn later_orders_never_have_earlier_days(minutes in 0_i64..1_000_000, later in 0_i64..20_000) {
        let china = china();
        let first = at("2013-01-01 00:00") + minutes * 60_000_000;
        let earlier = china.schedule(first).unwrap();
        let other = china.schedule(first + later * 60_000_000).unwrap();
        prop_assert!(earlier.trade_date <= other.trade_date);
        prop_assert!(earlier.confirmed_on <= other.confirmed_on);
        prop_assert!(earlier.trade_date < earlier.confirmed_on);
        prop_assert!(china.natural_day(first).unwrap() <= earlier.trade_date);
        prop_assert_eq!(china.is_trading_day(earlier.trade_date), Ok(true));
        prop_assert_eq!(china.is_trading_day(earlier.confirmed_on), Ok(true));
        // Nothing is traded between both.
        let mut between = earlier.trade_date.next().unwrap();
        while between < earlier.confirmed_on {
            prop_assert_eq!(china.is_trading_day(between), Ok(false));
            between = between.next().unwrap();
        }
    }
}
