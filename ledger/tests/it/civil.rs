//! Civil times, zones and business dates.

use jiff::tz::TimeZoneDatabase;
use jiff::{Timestamp, civil::DateTime};
use ledger::{
    Civil, CivilError, CutOff, Disambiguation, Zone, business_date, local_time, parse_civil,
};
use proptest::prelude::*;

fn refusal(error: &CivilError) -> String {
    let debug = format!("{error:?}");
    debug.split([' ', '{']).next().unwrap_or(&debug).to_owned()
}

/// Reads each text and compares what it shows, or the name of the refusal.
fn check(cases: &[(&str, &str)]) {
    for (text, expect) in cases {
        let shown = match parse_civil(text) {
            Ok(civil) => civil.to_string(),
            Err(error) => refusal(&error),
        };
        assert_eq!(shown, *expect, "{text:?}");
    }
}

#[test]
fn civil_times_are_read_in_their_usual_forms() {
    check(&[
        ("2013-05-27 08:00:00", "2013-05-27T08:00:00"),
        ("2013-05-27T08:00:00", "2013-05-27T08:00:00"),
        ("2013-05-27t08:00:00", "2013-05-27T08:00:00"),
        ("2013-05-27  08:00:00", "2013-05-27T08:00:00"),
        (" 2013-05-27 08:00:00\n", "2013-05-27T08:00:00"),
        ("2013-05-27 08:00", "2013-05-27T08:00:00"),
        ("2013-05-27", "2013-05-27T00:00:00"),
        ("2013/05/27", "2013-05-27T00:00:00"),
        ("2013/5/7 8:05", "2013-05-07T08:05:00"),
        ("2013/5/27 8:00:01", "2013-05-27T08:00:01"),
        ("20130527", "2013-05-27T00:00:00"),
        ("201305270800", "2013-05-27T08:00:00"),
        ("20130527080001", "2013-05-27T08:00:01"),
        ("20130527080001123", "2013-05-27T08:00:01.123000"),
        ("20130527080001.5", "2013-05-27T08:00:01.500000"),
        ("20130527T080001", "2013-05-27T08:00:01"),
        ("20130527T0800", "2013-05-27T08:00:00"),
        ("20130527 08:00:01", "2013-05-27T08:00:01"),
        ("2013-05-27T080001", "2013-05-27T08:00:01"),
        ("2013-05-27 08:00:00.1", "2013-05-27T08:00:00.100000"),
        ("2013-05-27 08:00:00.123456", "2013-05-27T08:00:00.123456"),
        ("2013-05-27 08:00:00,123", "2013-05-27T08:00:00.123000"),
        (
            "2013-05-27 08:00:00.123456000",
            "2013-05-27T08:00:00.123456",
        ),
        ("2013-05-27 08:00:00.000000", "2013-05-27T08:00:00"),
        ("2012-02-29 23:59:59.999999", "2012-02-29T23:59:59.999999"),
        ("2000-02-29", "2000-02-29T00:00:00"),
        ("0001-01-01", "0001-01-01T00:00:00"),
        ("9999-12-31 23:59:59", "9999-12-31T23:59:59"),
        ("1969-12-31 23:59:59.999999", "1969-12-31T23:59:59.999999"),
    ]);
}

#[test]
fn what_is_no_civil_time_is_refused_by_name() {
    check(&[
        ("", "Empty"),
        ("  ", "Empty"),
        ("2013-02-29", "NoSuchDate"),
        ("1900-02-29", "NoSuchDate"),
        ("2013-13-01", "NoSuchDate"),
        ("2013-00-01", "NoSuchDate"),
        ("2013-04-31", "NoSuchDate"),
        ("2013-05-00", "NoSuchDate"),
        ("0000-00-00 00:00:00", "NoSuchDate"),
        ("0000-01-01", "NoSuchDate"),
        ("2013-05-27 24:00:00", "NoSuchTime"),
        ("2013-05-27 23:60", "NoSuchTime"),
        ("2012-06-30 23:59:60", "NoSuchTime"),
        ("20130527250000", "NoSuchTime"),
        ("2013-05-27 08:00:00.1234567", "FinerThanMicros"),
        ("2013-05-27 08:00:00.000000001", "FinerThanMicros"),
        ("2013-05-27T08:00:00Z", "HasOffset"),
        ("2013-05-27T08:00:00+08:00", "HasOffset"),
        ("2013-05-27 08:00:00 +0800", "HasOffset"),
        ("2013-05-27T08:00:00-05", "HasOffset"),
        ("2013-05-27T08:00:00[Asia/Shanghai]", "HasOffset"),
        ("2013-05-27 08:00:00.0000000001", "Unreadable"),
        ("2013-05-27 08:00:00.", "Unreadable"),
        ("2013-05-27 08", "Unreadable"),
        ("2013-05-27T", "Unreadable"),
        ("2013-05-27 08:0:00", "Unreadable"),
        ("2013-05-27 08:00:0", "Unreadable"),
        ("2013-05-27 08:00:00 PM", "Unreadable"),
        ("2013-05-27 x", "Unreadable"),
        ("2013-05", "Unreadable"),
        ("2013-05/27", "Unreadable"),
        ("27/05/2013", "Unreadable"),
        ("05-27-2013", "Unreadable"),
        ("13-05-27", "Unreadable"),
        ("2013.05.27", "Unreadable"),
        ("2013年5月27日", "Unreadable"),
        ("２０１３-05-27", "Unreadable"),
        ("201305", "Unreadable"),
        ("2013052708", "Unreadable"),
        ("1369612800", "Unreadable"),
        ("1369612800000", "Unreadable"),
        ("-2013-05-27", "Unreadable"),
        ("12013-05-27", "Unreadable"),
        ("now", "Unreadable"),
        ("NULL", "Unreadable"),
        ("2013-05-27 08:00:00é", "Unreadable"),
        ("2013-05-27\t08:00:00", "Unreadable"),
    ]);
}

#[test]
fn messages_say_what_and_where() {
    let message = |text: &str| parse_civil(text).expect_err(text).to_string();
    assert_eq!(
        message(" 2013-05-27 8h"),
        "` 2013-05-27 8h` is no date and time of the form 2013-05-27 08:00:00, from character 14 on"
    );
    assert_eq!(
        message("2013-02-30"),
        "`2013-02-30` is a date that the calendar does not have"
    );
    assert_eq!(
        message("2013-05-27T08:00:00 +08:00"),
        "`2013-05-27T08:00:00 +08:00` carries its own offset at character 21: it is an instant, not a civil time"
    );
    let error = Zone::new("Asia/Beijing").expect_err("no such zone");
    assert_eq!(
        error.to_string(),
        "`Asia/Beijing` is no time zone: it takes a name such as Asia/Shanghai, or an offset such as +08:00"
    );
    let shanghai = zone("Asia/Shanghai");
    let error =
        local_time("1986-05-04 02:30:00", &shanghai, Disambiguation::Refuse).expect_err("skipped");
    assert_eq!(
        error.to_string(),
        "1986-05-04T02:30:00 does not exist in Asia/Shanghai: the clock goes from 1986-05-04T02:00:00 to 1986-05-04T03:00:00"
    );
    let error =
        local_time("1986-09-14 01:30:00", &shanghai, Disambiguation::Refuse).expect_err("doubled");
    assert_eq!(
        error.to_string(),
        "1986-09-14T01:30:00 happens twice in Asia/Shanghai: the clock goes back from 1986-09-14T02:00:00 to 1986-09-14T01:00:00"
    );
}

fn zone(name: &str) -> Zone {
    Zone::new(name).unwrap_or_else(|error| panic!("{error}"))
}

/// Compares the instant with what is expected in UTC, for each way of reading; `-` where it is refused.
fn check_instants(name: &str, cases: &[(&str, [&str; 4])]) {
    let zone = zone(name);
    let ways = [
        Disambiguation::Refuse,
        Disambiguation::Earlier,
        Disambiguation::Later,
        Disambiguation::Compatible,
    ];
    for (text, expect) in cases {
        for (way, expect) in ways.into_iter().zip(expect) {
            let shown = match local_time(text, &zone, way) {
                Ok(instant) => Civil::from_micros(instant).to_string(),
                Err(CivilError::Skipped { .. } | CivilError::Doubled { .. }) => "-".to_owned(),
                Err(other) => refusal(&other),
            };
            assert_eq!(shown, *expect, "{text} in {name} {way:?}");
        }
    }
}

#[test]
fn shanghai_had_summer_time_from_1986_to_1991() {
    let same = |utc: &'static str| [utc; 4];
    check_instants(
        "Asia/Shanghai",
        &[
            ("2013-05-27 08:00:00", same("2013-05-27T00:00:00")),
            ("1970-01-01 08:00:00", same("1970-01-01T00:00:00")),
            ("1985-07-01 12:00:00", same("1985-07-01T04:00:00")),
            (
                "1986-05-04 01:59:59.999999",
                same("1986-05-03T17:59:59.999999"),
            ),
            (
                "1986-05-04 02:00:00",
                [
                    "-",
                    "1986-05-03T17:00:00",
                    "1986-05-03T18:00:00",
                    "1986-05-03T18:00:00",
                ],
            ),
            (
                "1986-05-04 02:59:59",
                [
                    "-",
                    "1986-05-03T17:59:59",
                    "1986-05-03T18:59:59",
                    "1986-05-03T18:59:59",
                ],
            ),
            ("1986-05-04 03:00:00", same("1986-05-03T18:00:00")),
            ("1986-07-01 12:00:00", same("1986-07-01T03:00:00")),
            ("1986-09-14 00:59:59", same("1986-09-13T15:59:59")),
            (
                "1986-09-14 01:00:00",
                [
                    "-",
                    "1986-09-13T16:00:00",
                    "1986-09-13T17:00:00",
                    "1986-09-13T16:00:00",
                ],
            ),
            (
                "1986-09-14 01:59:59",
                [
                    "-",
                    "1986-09-13T16:59:59",
                    "1986-09-13T17:59:59",
                    "1986-09-13T16:59:59",
                ],
            ),
            ("1986-09-14 02:00:00", same("1986-09-13T18:00:00")),
            ("1991-07-01 12:00:00", same("1991-07-01T03:00:00")),
            ("1992-07-01 12:00:00", same("1992-07-01T04:00:00")),
            ("9999-12-31 23:59:59", same("9999-12-31T15:59:59")),
        ],
    );
}

#[test]
fn other_zones_change_their_clocks_for_ever() {
    let same = |utc: &'static str| [utc; 4];
    check_instants(
        "Europe/London",
        &[
            ("2013-03-31 00:59:59", same("2013-03-31T00:59:59")),
            (
                "2013-03-31 01:30:00",
                [
                    "-",
                    "2013-03-31T00:30:00",
                    "2013-03-31T01:30:00",
                    "2013-03-31T01:30:00",
                ],
            ),
            ("2013-03-31 02:00:00", same("2013-03-31T01:00:00")),
            (
                "2013-10-27 01:30:00",
                [
                    "-",
                    "2013-10-27T00:30:00",
                    "2013-10-27T01:30:00",
                    "2013-10-27T00:30:00",
                ],
            ),
            ("2413-07-01 12:00:00", same("2413-07-01T11:00:00")),
            ("9999-07-01 12:00:00", same("9999-07-01T11:00:00")),
            ("9999-12-31 23:59:59", same("9999-12-31T23:59:59")),
        ],
    );
    // Lord Howe moves by half an hour; Apia lost a whole day.
    check_instants(
        "Australia/Lord_Howe",
        &[(
            "2013-04-07 01:45:00",
            [
                "-",
                "2013-04-06T14:45:00",
                "2013-04-06T15:15:00",
                "2013-04-06T14:45:00",
            ],
        )],
    );
    check_instants(
        "Pacific/Apia",
        &[(
            "2011-12-30 12:00:00",
            [
                "-",
                "2011-12-29T22:00:00",
                "2011-12-30T22:00:00",
                "2011-12-30T22:00:00",
            ],
        )],
    );
    check_instants(
        "+08:00",
        &[("1986-05-04 02:30:00", same("1986-05-03T18:30:00"))],
    );
    check_instants(
        "-03:30",
        &[("2013-05-27 00:00:00", same("2013-05-27T03:30:00"))],
    );
    check_instants(
        "UTC",
        &[("2013-05-27 00:00:00", same("2013-05-27T00:00:00"))],
    );
}

#[test]
fn a_zone_must_exist() {
    for name in [
        "", "Nowhere", "+8", "+24:00", "+08:60", "+0800", "08:00", "+٠8:00", "Asia/", "../etc",
    ] {
        assert!(
            matches!(Zone::new(name), Err(CivilError::UnknownZone { .. })),
            "{name}"
        );
    }
    assert_eq!(zone("asia/shanghai").name(), "asia/shanghai");
}

#[test]
fn the_business_date_changes_at_the_cut_off() {
    let shanghai = zone("Asia/Shanghai");
    let date = |text: &str, cut: &str| {
        let instant = local_time(text, &shanghai, Disambiguation::Refuse).expect(text);
        let days = business_date(instant, &shanghai, cut.parse().expect(cut)).expect("in range");
        Civil::from_micros(i64::from(days) * 86_400_000_000)
            .to_string()
            .replace("T00:00:00", "")
    };
    let expect = [
        ("2013-05-27 22:59:59.999999", "23:00", "2013-05-27"),
        ("2013-05-27 23:00:00", "23:00", "2013-05-28"),
        ("2013-05-27 23:59:59", "23:00", "2013-05-28"),
        ("2013-05-28 00:00:00", "23:00", "2013-05-28"),
        ("2013-05-28 22:59:59", "23:00", "2013-05-28"),
        ("2013-05-27 00:00:00", "00:00", "2013-05-27"),
        ("2013-05-27 23:59:59.999999", "00:00", "2013-05-27"),
        ("2013-05-27 23:59:59.999999", "24:00", "2013-05-27"),
        ("2013-05-27 14:59:59", "15:00", "2013-05-27"),
        ("2013-05-27 15:00:00", "15:00", "2013-05-28"),
        ("2013-12-31 23:00:00", "23:00", "2014-01-01"),
        ("1969-12-31 22:59:59", "23:00", "1969-12-31"),
        ("1969-12-31 23:00:00", "23:00", "1970-01-01"),
        ("1986-07-01 23:00:00", "23:00:00", "1986-07-02"),
        ("2013-05-27 23:00:29", "23:00:30", "2013-05-27"),
        ("2013-05-27 23:00:30", "23:00:30", "2013-05-28"),
    ];
    for (text, cut, day) in expect {
        assert_eq!(date(text, cut), day, "{text} cut {cut}");
    }
}

#[test]
fn a_cut_off_is_a_time_of_day() {
    for text in [
        "", "23", "25:00", "23:60", "23:00 pm", "24:01", "-1:00", "23:0", "noon",
    ] {
        let error = text.parse::<CutOff>().expect_err(text);
        assert_eq!(
            error.to_string(),
            format!("`{text}` is no time of day such as 23:00")
        );
    }
    assert_eq!("24:00".parse(), Ok(CutOff::default()));
    assert_eq!("compatible".parse(), Ok(Disambiguation::Compatible));
    assert!("maybe".parse::<Disambiguation>().is_err());
}

#[test]
fn the_ends_of_the_range_are_refused_not_wrapped() {
    let (east, west) = (zone("+14:00"), zone("-12:00"));
    let cut: CutOff = "23:00".parse().expect("a time");
    for zone in [&east, &west, &zone("Europe/London")] {
        for micros in [i64::MIN, i64::MIN + 1, i64::MAX - 1, i64::MAX] {
            let _ = zone.civil(micros);
            let _ = business_date(micros, zone, cut);
            for way in [
                Disambiguation::Refuse,
                Disambiguation::Earlier,
                Disambiguation::Later,
            ] {
                let _ = zone.instant(Civil::from_micros(micros), way);
            }
            let _ = Civil::from_micros(micros).to_string();
        }
    }
    assert!(matches!(
        east.civil(i64::MAX),
        Err(CivilError::OutOfRange { .. })
    ));
    let last = Civil::from_micros(i64::MAX);
    assert!(matches!(
        west.instant(last, Disambiguation::Refuse),
        Err(CivilError::OutOfRange { .. })
    ));
}

/// Asks jiff for the same instants.
fn by_jiff(zone: &jiff::tz::TimeZone, civil: DateTime, way: Disambiguation) -> Option<i64> {
    let ambiguous = zone.to_ambiguous_timestamp(civil);
    let instant = match way {
        Disambiguation::Refuse => ambiguous.unambiguous(),
        Disambiguation::Earlier => ambiguous.earlier(),
        Disambiguation::Later => ambiguous.later(),
        Disambiguation::Compatible => ambiguous.compatible(),
    };
    instant.ok().map(Timestamp::as_microsecond)
}

fn compare_with_jiff(name: &str, micros: i64) {
    let ours = zone(name);
    let theirs = TimeZoneDatabase::bundled().get(name).expect(name);
    compare_at(&ours, &theirs, micros);
}

fn compare_at(ours: &Zone, theirs: &jiff::tz::TimeZone, micros: i64) {
    let instant = Timestamp::from_microsecond(micros).expect("within jiff's years");
    let civil = theirs.to_datetime(instant);
    let ours_civil: DateTime = ours
        .civil(micros)
        .expect("in range")
        .to_string()
        .parse()
        .expect("the same form");
    assert_eq!(ours_civil, civil, "{micros} {}", ours.name());
    let shown = Civil::from_micros(micros);
    let read: DateTime = shown.to_string().parse().expect("the same form");
    for way in [
        Disambiguation::Refuse,
        Disambiguation::Earlier,
        Disambiguation::Later,
        Disambiguation::Compatible,
    ] {
        let instant = ours.instant(shown, way).ok();
        assert_eq!(
            instant,
            by_jiff(theirs, read, way),
            "{shown} {way:?} {}",
            ours.name()
        );
    }
}

#[test]
fn every_zone_agrees_with_jiff_around_each_of_its_clock_changes() {
    let database = TimeZoneDatabase::bundled();
    let until: Timestamp = "2140-01-01T00:00:00Z".parse().expect("an instant");
    let mut changes = 0;
    for name in database.available() {
        let theirs = database.get(name.as_str()).expect("listed");
        let ours = zone(name.as_str());
        for transition in theirs
            .following(Timestamp::MIN)
            .take_while(|change| change.timestamp() < until)
        {
            let at = transition.timestamp().as_microsecond();
            for hours in [-25, -2, -1, 0, 1, 2, 25] {
                for micros in [-1, 0, 1] {
                    compare_at(&ours, &theirs, at + hours * 3_600_000_000 + micros);
                    // The clock's own reading of the change, where it skips or doubles.
                    let offset = i64::from(transition.offset().seconds()) * 1_000_000;
                    compare_at(&ours, &theirs, at + offset + hours * 1_800_000_000 + micros);
                }
            }
            changes += 1;
        }
    }
    assert!(changes > 10_000, "{changes}");
}

fn any_zone() -> impl Strategy<Value = String> {
    let names: Vec<String> = TimeZoneDatabase::bundled()
        .available()
        .map(|name| name.as_str().to_owned())
        .collect();
    prop::sample::select(names)
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text: String) {
        let _ = parse_civil(&text);
        let _ = text.parse::<CutOff>();
        let _ = Zone::new(&text);
    }

    #[test]
    fn no_likely_text_makes_it_panic(text in "[0-9]{0,5}[-/ 0-9T:.,Z+]{0,24}") {
        if let Ok(civil) = parse_civil(&text) {
            prop_assert_eq!(parse_civil(&civil.to_string()), Ok(civil));
        }
    }

    #[test]
    fn the_short_way_and_the_long_way_agree(text in "[0-9]{4}-[01][0-9]-[0-3][0-9]([ T][0-2][0-9]:[0-6][0-9]:[0-6][0-9]([.,][0-9]{0,8}x?)?)?") {
        // A blank before the time changes nothing but the way it takes.
        prop_assert_eq!(parse_civil(&text).ok(), parse_civil(&format!(" {text}")).ok());
    }

    #[test]
    fn a_civil_time_is_read_as_it_is_shown(micros in -62_135_596_800_000_000_i64..253_402_300_800_000_000) {
        let civil = Civil::from_micros(micros);
        prop_assert_eq!(parse_civil(&civil.to_string()), Ok(civil));
        let read: DateTime = civil.to_string().parse().expect("jiff reads it too");
        prop_assert_eq!(read.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|z| z.timestamp().as_microsecond()).unwrap_or(micros), micros);
    }

    #[test]
    fn every_zone_agrees_with_jiff(name in any_zone(), micros in -8_000_000_000_000_000_i64..253_300_000_000_000_000) {
        compare_with_jiff(&name, micros);
    }

    #[test]
    fn every_zone_agrees_with_jiff_in_our_days(name in any_zone(), micros in -2_208_988_800_000_000_i64..4_102_444_800_000_000) {
        compare_with_jiff(&name, micros);
    }

    #[test]
    fn an_instant_comes_back_through_its_clock(name in any_zone(), micros in -2_208_988_800_000_000_i64..4_102_444_800_000_000) {
        let zone = zone(&name);
        let civil = zone.civil(micros).expect("in range");
        let both = [Disambiguation::Earlier, Disambiguation::Later].map(|way| zone.instant(civil, way));
        prop_assert!(both.contains(&Ok(micros)));
    }
}
