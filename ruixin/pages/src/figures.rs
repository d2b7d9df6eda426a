//! Figures, days and times as people read them.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::Offset;
use ruixin_service::language::Language;

/// Shanghai is eight hours ahead of UTC, and has been since 1992.
const SHANGHAI: Offset = Offset::constant(8);
const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];
const WEEKDAYS: [(&str, &str); 7] = [
    ("Mon", "周一"),
    ("Tue", "周二"),
    ("Wed", "周三"),
    ("Thu", "周四"),
    ("Fri", "周五"),
    ("Sat", "周六"),
    ("Sun", "周日"),
];

/// Writes a whole number of units as a decimal number, its thousands apart: `1,234,567.89`.
pub fn decimal(value: i64, places: usize) -> String {
    let digits = value.unsigned_abs().to_string();
    let digits = format!("{digits:0>width$}", width = places.saturating_add(1));
    let (whole, part) = digits.split_at(digits.len().saturating_sub(places));
    let mut text = String::from(if value < 0 { "−" } else { "" });
    let mut left = whole.len();
    for digit in whole.chars() {
        text.push(digit);
        left = left.saturating_sub(1);
        if left > 0 && left.is_multiple_of(3) {
            text.push(',');
        }
    }
    if places > 0 {
        text.push('.');
        text.push_str(part);
    }
    text
}

/// Writes fen as yuan.
pub fn yuan(fen: i64) -> String {
    decimal(fen, 2)
}

/// Writes fen as yuan, with a plus before what is above zero.
pub fn signed(fen: i64) -> String {
    let plus = if fen > 0 { "+" } else { "" };
    format!("{plus}{}", yuan(fen))
}

/// Writes fen as a field of a form takes them: no thousands apart.
pub fn plain(fen: i64) -> String {
    yuan(fen).replace(',', "").replace('−', "-")
}

fn place<T: Copy + Default>(list: &[T], from_one: i8) -> T {
    let at = usize::try_from(from_one).ok();
    let at = at.and_then(|at| at.checked_sub(1));
    at.and_then(|at| list.get(at)).copied().unwrap_or_default()
}

fn month_name(day: Date) -> &'static str {
    place(&MONTHS, day.month())
}

fn weekday(day: Date, language: Language) -> &'static str {
    let (en, zh) = place(&WEEKDAYS, day.weekday().to_monday_one_offset());
    match language {
        Language::English => en,
        Language::Chinese => zh,
    }
}

/// Writes a day with its day of the week and its year.
pub fn long_day(day: Date, language: Language) -> String {
    let (year, month, date) = (day.year(), day.month(), day.day());
    let weekday = weekday(day, language);
    match language {
        Language::English => format!("{weekday} {date} {} {year}", month_name(day)),
        Language::Chinese => format!("{year}年{month}月{date}日 {weekday}"),
    }
}

/// Writes a day with its day of the week.
pub fn short_day(day: Date, language: Language) -> String {
    let (month, date) = (day.month(), day.day());
    let weekday = weekday(day, language);
    match language {
        Language::English => format!("{weekday} {date} {}", month_name(day)),
        Language::Chinese => format!("{month}月{date}日 {weekday}"),
    }
}

/// Writes the month of a day.
pub fn month(day: Date, language: Language) -> String {
    match language {
        Language::English => format!("{} {}", month_name(day), day.year()),
        Language::Chinese => format!("{}年{}月", day.year(), day.month()),
    }
}

fn civil(micros: i64) -> DateTime {
    let stamp = Timestamp::from_microsecond(micros);
    SHANGHAI.to_datetime(stamp.unwrap_or_default())
}

fn time_of_day(civil: DateTime) -> String {
    format!("{:02}:{:02}", civil.hour(), civil.minute())
}

/// Writes an instant with its day, without the year, as clocks in Shanghai show it. Instants are
/// microseconds since 1970 UTC.
pub fn moment(micros: i64, language: Language) -> String {
    let civil = civil(micros);
    let day = short_day(civil.date(), language);
    format!("{day} {}", time_of_day(civil))
}

/// Writes an instant in digits, day and time of day apart.
pub fn digits(micros: i64) -> (String, String) {
    let civil = civil(micros);
    (civil.date().to_string(), time_of_day(civil))
}

/// Writes an instant with its day and year.
pub fn long_moment(micros: i64, language: Language) -> String {
    let civil = civil(micros);
    let day = long_day(civil.date(), language);
    format!("{day} {}", time_of_day(civil))
}

/// Writes the day of an instant with its year.
pub fn long_day_of(micros: i64, language: Language) -> String {
    long_day(civil(micros).date(), language)
}

/// Takes the words of a language.
pub fn pick(language: Language, en: String, zh: String) -> String {
    match language {
        Language::English => en,
        Language::Chinese => zh,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_written_to_the_fen() {
        let table = [
            (0, "0.00", "0.00"),
            (5, "0.05", "+0.05"),
            (-5, "−0.05", "−0.05"),
            (99_999, "999.99", "+999.99"),
            (100_000, "1,000.00", "+1,000.00"),
            (-123_456_789, "−1,234,567.89", "−1,234,567.89"),
            (
                i64::MIN,
                "−92,233,720,368,547,758.08",
                "−92,233,720,368,547,758.08",
            ),
        ];
        for (fen, text, with_sign) in table {
            assert_eq!(yuan(fen), text);
            assert_eq!(signed(fen), with_sign);
        }
        assert_eq!(plain(123_456_789), "1234567.89");
    }

    #[test]
    fn days_and_times_are_shanghais_in_both_languages() {
        use Language::{Chinese, English};
        let day: Date = "2013-06-02".parse().expect("a day");
        assert_eq!(long_day(day, English), "Sun 2 Jun 2013");
        assert_eq!(long_day(day, Chinese), "2013年6月2日 周日");
        assert_eq!(short_day(day, Chinese), "6月2日 周日");
        assert_eq!(month(day, English), "Jun 2013");
        assert_eq!(month(day, Chinese), "2013年6月");
        // 2013-05-27 11:30 in Shanghai, and a minute before midnight.
        assert_eq!(moment(1_369_625_400_000_000, English), "Mon 27 May 11:30");
        assert_eq!(
            long_moment(1_369_670_340_000_000, Chinese),
            "2013年5月27日 周一 23:59"
        );
        assert_eq!(moment(1_369_670_400_000_000, English), "Tue 28 May 00:00");
        assert_eq!(
            long_day_of(1_369_625_400_000_000, English),
            "Mon 27 May 2013"
        );
        let (day, time) = digits(1_369_625_400_000_000);
        assert_eq!([day, time], ["2013-05-27", "11:30"]);
    }
}
