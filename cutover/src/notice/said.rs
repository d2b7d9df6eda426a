//! Times and sizes as people say them.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, Zoned};

use super::Language;

/// Says a number of bytes in units of a thousand, with one decimal, which is cut: `159.2 GB`.
pub(crate) fn bytes(bytes: u64) -> String {
    let units = ["kB", "MB", "GB", "TB", "PB", "EB"];
    let mut tenths = bytes / 100;
    let mut units = units.into_iter();
    while tenths >= 10_000 && units.len() > 1 {
        tenths /= 1_000;
        units.next();
    }
    match (bytes, units.next()) {
        (1_000.., Some(unit)) => format!("{}.{} {unit}", tenths / 10, tenths % 10),
        _ => format!("{bytes} B"),
    }
}

/// Says a moment with its date and weekday: `Monday 27 May 2013, 08:00`, `2013年5月27日（星期一）08:00`.
pub(crate) fn moment(at: Timestamp, zone: &TimeZone, language: Language) -> String {
    let zoned = at.to_zoned(zone.clone());
    match language {
        Language::English => format!("{}, {}", date(&zoned, language), clock(&zoned)),
        Language::Chinese => format!("{}{}", date(&zoned, language), clock(&zoned)),
    }
}

/// Says from when to when, with dates, weekdays and the zone; the date once where it is one day.
pub(crate) fn window(
    from: Timestamp,
    until: Timestamp,
    zone: &TimeZone,
    language: Language,
) -> String {
    let (first, last) = (from.to_zoned(zone.clone()), until.to_zoned(zone.clone()));
    let end = match first.date() == last.date() {
        true => clock(&last),
        false => moment(until, zone, language),
    };
    let (first_zone, last_zone) = (
        self::zone(from, zone, language),
        self::zone(until, zone, language),
    );
    let begin = moment(from, zone, language);
    match (language, first_zone == last_zone) {
        (Language::English, true) => format!("{begin} to {end} ({last_zone})"),
        (Language::Chinese, true) => format!("{begin} 至 {end}（{last_zone}）"),
        // The clocks change in between.
        (Language::English, false) => format!("{begin} ({first_zone}) to {end} ({last_zone})"),
        (Language::Chinese, false) => format!("{begin}（{first_zone}）至 {end}（{last_zone}）"),
    }
}

/// Says from when to when in few words: `27 May, 08:00 to 16:00`, `5月27日 08:00 至 16:00`.
pub(crate) fn span(
    from: Timestamp,
    until: Timestamp,
    zone: &TimeZone,
    language: Language,
) -> String {
    let (first, last) = (from.to_zoned(zone.clone()), until.to_zoned(zone.clone()));
    let short = |zoned: &Zoned| match language {
        Language::English => format!("{}, {}", day(zoned, language), clock(zoned)),
        Language::Chinese => format!("{} {}", day(zoned, language), clock(zoned)),
    };
    let end = match first.date() == last.date() {
        true => clock(&last),
        false => short(&last),
    };
    match language {
        Language::English => format!("{} to {end}", short(&first)),
        Language::Chinese => format!("{} 至 {end}", short(&first)),
    }
}

/// Says a moment seen from another one: `16:05`, and with its day where that is another one.
pub(crate) fn seen_from(
    now: Timestamp,
    at: Timestamp,
    zone: &TimeZone,
    language: Language,
) -> String {
    let (here, there) = (now.to_zoned(zone.clone()), at.to_zoned(zone.clone()));
    match here.date() == there.date() {
        true => clock(&there),
        false => format!("{} {}", day(&there, language), clock(&there)),
    }
}

/// Says the time of day.
pub(crate) fn clock_of(at: Timestamp, zone: &TimeZone) -> String {
    clock(&at.to_zoned(zone.clone()))
}

/// Names the zone, with its offset at that moment: `Beijing time, UTC+08:00`.
pub(crate) fn zone(at: Timestamp, zone: &TimeZone, language: Language) -> String {
    let offset = format!("UTC{}", at.to_zoned(zone.clone()).strftime("%:z"));
    let name = zone.iana_name().filter(|name| *name != "UTC");
    match (name, language) {
        (None, _) => offset,
        (Some("Asia/Shanghai" | "Asia/Chongqing" | "PRC"), Language::English) => {
            format!("Beijing time, {offset}")
        }
        (Some("Asia/Shanghai" | "Asia/Chongqing" | "PRC"), Language::Chinese) => {
            format!("北京时间，{offset}")
        }
        (Some(name), Language::English) => format!("{name}, {offset}"),
        (Some(name), Language::Chinese) => format!("{name}，{offset}"),
    }
}

/// Says a length of time in hours and minutes, rounded down to the minute; a sign is left out.
pub(crate) fn length(time: SignedDuration, language: Language) -> String {
    let minutes = time.as_secs().unsigned_abs() / 60;
    let (hours, minutes) = (minutes / 60, minutes % 60);
    let plural = |count: u64, one: &str| match count {
        1 => format!("1 {one}"),
        _ => format!("{count} {one}s"),
    };
    match (language, hours, minutes) {
        (Language::English, 0, _) => plural(minutes, "minute"),
        (Language::English, _, 0) => plural(hours, "hour"),
        (Language::English, _, _) => {
            format!("{} {}", plural(hours, "hour"), plural(minutes, "minute"))
        }
        (Language::Chinese, 0, _) => format!("{minutes} 分钟"),
        (Language::Chinese, _, 0) => format!("{hours} 小时"),
        (Language::Chinese, _, _) => format!("{hours} 小时 {minutes} 分钟"),
    }
}

/// Moves a moment on to the next whole minute, so that nothing is promised too early.
pub(crate) fn minute_up(at: Timestamp) -> Timestamp {
    let second = at.as_second() + i64::from(at.subsec_nanosecond() > 0);
    let minute = second.div_euclid(60) + i64::from(second.rem_euclid(60) > 0);
    Timestamp::from_second(minute.saturating_mul(60)).unwrap_or(at)
}

fn clock(zoned: &Zoned) -> String {
    zoned.strftime("%H:%M").to_string()
}

fn date(zoned: &Zoned, language: Language) -> String {
    match language {
        Language::English => format!(
            "{} {} {}",
            zoned.strftime("%A"),
            day(zoned, language),
            zoned.year()
        ),
        Language::Chinese => {
            let weekdays = ["一", "二", "三", "四", "五", "六", "日"];
            let place = zoned.weekday().to_monday_zero_offset();
            let weekday = weekdays.get(usize::from(place.unsigned_abs()));
            format!(
                "{}年{}（星期{}）",
                zoned.year(),
                day(zoned, language),
                weekday.unwrap_or(&"")
            )
        }
    }
}

fn day(zoned: &Zoned, language: Language) -> String {
    match language {
        Language::English => format!("{} {}", zoned.day(), zoned.strftime("%B")),
        Language::Chinese => format!("{}月{}日", zoned.month(), zoned.day()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shanghai() -> TimeZone {
        TimeZone::get("Asia/Shanghai").expect("a known zone")
    }

    fn at(text: &str) -> Timestamp {
        text.parse().expect("an instant")
    }

    #[test]
    fn a_window_names_its_day_once() {
        let check = |from, until, english: &str, chinese: &str| {
            let say = |language| window(at(from), at(until), &shanghai(), language);
            assert_eq!(say(Language::English), english);
            assert_eq!(say(Language::Chinese), chinese);
        };
        check(
            "2013-05-27T08:00+08",
            "2013-05-27T16:00+08",
            "Monday 27 May 2013, 08:00 to 16:00 (Beijing time, UTC+08:00)",
            "2013年5月27日（星期一）08:00 至 16:00（北京时间，UTC+08:00）",
        );
        check(
            "2013-05-26T23:30+08",
            "2013-05-27T00:00+08",
            "Sunday 26 May 2013, 23:30 to Monday 27 May 2013, 00:00 (Beijing time, UTC+08:00)",
            "2013年5月26日（星期日）23:30 至 2013年5月27日（星期一）00:00（北京时间，UTC+08:00）",
        );
    }

    #[test]
    fn where_the_clocks_change_both_offsets_are_told() {
        let zone = TimeZone::get("America/New_York").expect("a known zone");
        let (from, until) = (at("2024-11-03T05:00Z"), at("2024-11-03T08:00Z"));
        assert_eq!(
            window(from, until, &zone, Language::English),
            "Sunday 3 November 2024, 01:00 (America/New_York, UTC-04:00) to 03:00 (America/New_York, UTC-05:00)"
        );
    }

    #[test]
    fn a_zone_without_a_name_is_its_offset() {
        let zone = TimeZone::fixed(jiff::tz::offset(8));
        assert_eq!(
            super::zone(at("2013-05-27T00:00Z"), &zone, Language::English),
            "UTC+08:00"
        );
        assert_eq!(
            super::zone(at("2013-05-27T00:00Z"), &TimeZone::UTC, Language::Chinese),
            "UTC+00:00"
        );
    }

    #[test]
    fn a_length_is_hours_and_minutes() {
        let check = |minutes: i64, english: &str, chinese: &str| {
            let time = SignedDuration::from_secs(minutes * 60 + 59);
            assert_eq!(length(time, Language::English), english);
            assert_eq!(length(time, Language::Chinese), chinese);
        };
        check(480, "8 hours", "8 小时");
        check(61, "1 hour 1 minute", "1 小时 1 分钟");
        check(45, "45 minutes", "45 分钟");
        check(0, "0 minutes", "0 分钟");
    }

    #[test]
    fn a_minute_that_has_begun_counts() {
        let check = |given, minute| assert_eq!(minute_up(at(given)), at(minute));
        check("2013-05-27T00:00:00Z", "2013-05-27T00:00:00Z");
        check("2013-05-27T00:00:00.001Z", "2013-05-27T00:01:00Z");
        check("2013-05-27T00:59:01Z", "2013-05-27T01:00:00Z");
        check("1969-12-31T23:58:30Z", "1969-12-31T23:59:00Z");
        assert_eq!(minute_up(Timestamp::MAX), Timestamp::MAX);
    }

    #[test]
    fn the_ends_of_time_can_be_said() {
        for language in [Language::English, Language::Chinese] {
            for end in [Timestamp::MIN, Timestamp::MAX] {
                assert!(!moment(end, &shanghai(), language).is_empty());
                assert!(!window(Timestamp::MIN, end, &shanghai(), language).is_empty());
            }
            assert!(!length(SignedDuration::MIN, language).is_empty());
        }
    }
}
