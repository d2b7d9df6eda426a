//! Days and moments as they stand in texts.

use jiff::civil::{DateTime, Time};
use jiff::fmt::strtime;

/// One way to write a day or a moment.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Format {
    /// In the signs of `strftime`, as `to_date` and `to_timestamp` take them.
    pub(super) pattern: &'static str,
    /// Whether there is a time of day.
    pub(super) has_time: bool,
    /// Whether an offset from UTC makes it an instant.
    pub(super) is_instant: bool,
    /// Whether SQL's CAST reads it.
    pub(super) is_plain: bool,
}

const fn day(pattern: &'static str) -> Format {
    Format {
        pattern,
        has_time: false,
        is_instant: false,
        is_plain: false,
    }
}

const fn moment(pattern: &'static str) -> Format {
    Format {
        has_time: true,
        ..day(pattern)
    }
}

/// All of them.
pub(super) static FORMATS: [Format; 26] = [
    Format {
        is_plain: true,
        ..day("%Y-%m-%d")
    },
    day("%Y/%m/%d"),
    day("%Y.%m.%d"),
    day("%Y%m%d"),
    day("%d/%m/%Y"),
    day("%m/%d/%Y"),
    day("%d-%m-%Y"),
    day("%d.%m.%Y"),
    day("%d-%b-%Y"),
    day("%d %b %Y"),
    day("%d %B %Y"),
    day("%Y年%m月%d日"),
    Format {
        is_plain: true,
        ..moment("%Y-%m-%d %H:%M:%S%.f")
    },
    Format {
        is_plain: true,
        ..moment("%Y-%m-%dT%H:%M:%S%.f")
    },
    Format {
        is_instant: true,
        ..moment("%Y-%m-%dT%H:%M:%S%.fZ")
    },
    Format {
        is_instant: true,
        ..moment("%Y-%m-%dT%H:%M:%S%.f%:z")
    },
    Format {
        is_instant: true,
        ..moment("%Y-%m-%d %H:%M:%S%.f%:z")
    },
    moment("%Y-%m-%d %H:%M"),
    moment("%Y/%m/%d %H:%M:%S"),
    moment("%Y/%m/%d %H:%M"),
    moment("%Y%m%d%H%M%S"),
    moment("%Y%m%d %H:%M:%S"),
    moment("%d/%m/%Y %H:%M:%S"),
    moment("%d/%m/%Y %H:%M"),
    moment("%m/%d/%Y %H:%M:%S"),
    moment("%Y年%m月%d日 %H:%M:%S"),
];

const MICROS_PER_DAY: i64 = 86_400_000_000;

/// Whether a text can be a day or a moment at all.
pub(super) fn is_likely(text: &str) -> bool {
    let length = text.len();
    (8..=40).contains(&length) && text.starts_with(|c: char| c.is_ascii_digit())
}

/// Whether a text is a day or a moment.
pub(super) fn is_time(text: &str) -> bool {
    is_likely(text) && FORMATS.iter().any(|format| format.read(text).is_some())
}

impl Format {
    /// Reads microseconds since 1970, of UTC where there is an offset, else on the same clock.
    pub(super) fn read(&self, text: &str) -> Option<i64> {
        let shows_time = text.contains(':') || is_digits(text, 14);
        if self.has_time != shows_time {
            return None;
        }
        let parts = strtime::parse(self.pattern, text).ok()?;
        let date = parts
            .to_date()
            .ok()
            .filter(|date| (1800..=2200).contains(&date.year()))?;
        let time = match self.has_time {
            true => parts.to_time().ok()?,
            false => Time::midnight(),
        };
        let micros = micros(DateTime::from_parts(date, time));
        match parts.offset() {
            Some(offset) if self.is_instant => {
                micros.checked_sub(i64::from(offset.seconds()) * 1_000_000)
            }
            _ => Some(micros),
        }
    }
}

fn micros(moment: DateTime) -> i64 {
    let utc = jiff::tz::Offset::UTC.to_timestamp(moment);
    utc.map_or(0, |moment| moment.as_microsecond())
}

/// Whether a text is just so many digits.
fn is_digits(text: &str, count: usize) -> bool {
    text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether microseconds since 1970 are midnight.
pub(super) fn is_midnight(micros: i64) -> bool {
    micros.rem_euclid(MICROS_PER_DAY) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The patterns that read a text.
    fn patterns(text: &str) -> Vec<&'static str> {
        let likely = FORMATS.iter().filter(|_| is_likely(text));
        likely
            .filter(|format| format.read(text).is_some())
            .map(|format| format.pattern)
            .collect()
    }

    #[test]
    fn days_and_moments_are_told_apart() {
        assert_eq!(patterns("2013-05-27"), ["%Y-%m-%d"]);
        assert_eq!(patterns("20130527"), ["%Y%m%d"]);
        assert_eq!(patterns("27/05/2013"), ["%d/%m/%Y"]);
        assert_eq!(patterns("05/06/2013"), ["%d/%m/%Y", "%m/%d/%Y"]);
        assert_eq!(patterns("27-May-2013"), ["%d-%b-%Y"]);
        assert_eq!(patterns("2013年05月27日"), ["%Y年%m月%d日"]);
        assert_eq!(patterns("2013-05-27 08:00:00"), ["%Y-%m-%d %H:%M:%S%.f"]);
        assert_eq!(patterns("2013-05-27T08:00:00.5"), ["%Y-%m-%dT%H:%M:%S%.f"]);
        assert_eq!(patterns("20130527080000"), ["%Y%m%d%H%M%S"]);
        for text in [
            "10000001",
            "20131327",
            "2013",
            "V20130527",
            "12.30",
            "2013-02-30",
            "",
        ] {
            assert!(patterns(text).is_empty(), "{text}: {:?}", patterns(text));
        }
    }

    #[test]
    fn an_offset_makes_an_instant() {
        let [utc, zoned] = ["%Y-%m-%dT%H:%M:%S%.fZ", "%Y-%m-%dT%H:%M:%S%.f%:z"].map(|pattern| {
            FORMATS
                .iter()
                .find(|format| format.pattern == pattern)
                .unwrap()
        });
        assert_eq!(
            utc.read("2013-05-27T00:00:00Z"),
            zoned.read("2013-05-27T08:00:00+08:00")
        );
        assert!(utc.read("2013-05-27T00:00:00Z").is_some_and(is_midnight));
    }
}
