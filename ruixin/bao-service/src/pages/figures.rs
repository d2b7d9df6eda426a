//! Figures, days and times as people read them.

use ruixin_bao::Day;
use ruixin_service::language::Language;

/// Shanghai is eight hours ahead of UTC, and has been since 1992.
const AHEAD_MICROS: i64 = 8 * 3_600_000_000;
const DAY_MICROS: i64 = 86_400_000_000;
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
fn decimal(value: i64, places: usize) -> String {
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
pub(super) fn yuan(fen: i64) -> String {
    decimal(fen, 2)
}

/// Writes fen as yuan, with a plus before what is above zero.
pub(super) fn signed(fen: i64) -> String {
    let plus = if fen > 0 { "+" } else { "" };
    format!("{plus}{}", yuan(fen))
}

/// Writes fen as a field of a form takes them: no thousands apart.
pub(super) fn plain(fen: i64) -> String {
    yuan(fen).replace(',', "").replace('−', "-")
}

/// Writes ten-thousandths of a yuan, of an income per ten thousand shares.
pub(super) fn per_ten_thousand(value: i64) -> String {
    decimal(value, 4)
}

/// Writes thousandths of a percent, of a yield.
pub(super) fn percent(value: i64) -> String {
    decimal(value, 3)
}

/// Year, month and day.
fn parts(day: Day) -> [String; 3] {
    let text = day.to_string();
    let mut parts = text.split('-').map(|part| part.trim_start_matches('0'));
    std::array::from_fn(|_| parts.next().unwrap_or_default().to_owned())
}

fn month_name(month: &str) -> &'static str {
    let number: usize = month.parse().unwrap_or(0);
    let name = number.checked_sub(1).and_then(|at| MONTHS.get(at));
    name.copied().unwrap_or_default()
}

fn weekday(day: Day, language: Language) -> &'static str {
    // 1970-01-01 was a Thursday.
    let at = i64::from(day.number()).saturating_add(3).rem_euclid(7);
    let found = usize::try_from(at).ok().and_then(|at| WEEKDAYS.get(at));
    let (en, zh) = found.copied().unwrap_or_default();
    match language {
        Language::English => en,
        Language::Chinese => zh,
    }
}

/// Writes a day with its day of the week and its year.
pub(super) fn long_day(day: Day, language: Language) -> String {
    let [year, month, date] = parts(day);
    let weekday = weekday(day, language);
    match language {
        Language::English => format!("{weekday} {date} {} {year}", month_name(&month)),
        Language::Chinese => format!("{year}年{month}月{date}日 {weekday}"),
    }
}

/// Writes a day with its day of the week.
pub(super) fn short_day(day: Day, language: Language) -> String {
    let [_, month, date] = parts(day);
    let weekday = weekday(day, language);
    match language {
        Language::English => format!("{weekday} {date} {}", month_name(&month)),
        Language::Chinese => format!("{month}月{date}日 {weekday}"),
    }
}

/// Writes the month of a day.
pub(super) fn month(day: Day, language: Language) -> String {
    let [year, month, _] = parts(day);
    match language {
        Language::English => format!("{} {year}", month_name(&month)),
        Language::Chinese => format!("{year}年{month}月"),
    }
}

/// Writes month and date in digits, as an axis has room for.
pub(super) fn tick(day: Day) -> String {
    day.to_string().chars().skip(5).collect()
}

/// Gives the day and the time of day, `10:30`, that clocks in Shanghai show.
pub(super) fn civil(micros: i64) -> (Option<Day>, String) {
    let local = micros.saturating_add(AHEAD_MICROS);
    let day = i32::try_from(local.div_euclid(DAY_MICROS)).ok();
    let minutes = local.rem_euclid(DAY_MICROS).div_euclid(60_000_000);
    let (hour, minute) = (minutes.div_euclid(60), minutes.rem_euclid(60));
    (
        day.and_then(Day::from_number),
        format!("{hour:02}:{minute:02}"),
    )
}

/// Writes an instant with its day, without the year.
pub(super) fn moment(micros: i64, language: Language) -> String {
    let (day, time) = civil(micros);
    let day = day.map(|day| short_day(day, language)).unwrap_or_default();
    format!("{day} {time}")
}

/// Writes an instant in digits, day and time of day apart.
pub(super) fn digits(micros: i64) -> (String, String) {
    let (day, time) = civil(micros);
    (day.map(|day| day.to_string()).unwrap_or_default(), time)
}

/// Writes an instant with its day and year.
pub(super) fn long_moment(micros: i64, language: Language) -> String {
    let (day, time) = civil(micros);
    let day = day.map(|day| long_day(day, language)).unwrap_or_default();
    format!("{day} {time}")
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
        assert_eq!(per_ten_thousand(12_000), "1.2000");
        assert_eq!(per_ten_thousand(-7), "−0.0007");
        assert_eq!(percent(4_477), "4.477");
        assert_eq!(percent(12), "0.012");
    }

    #[test]
    fn days_and_times_are_shanghais_in_both_languages() {
        use Language::{Chinese, English};
        let day: Day = "2013-06-02".parse().expect("a day");
        assert_eq!(long_day(day, English), "Sun 2 Jun 2013");
        assert_eq!(long_day(day, Chinese), "2013年6月2日 周日");
        assert_eq!(short_day(day, Chinese), "6月2日 周日");
        assert_eq!(month(day, English), "Jun 2013");
        assert_eq!(tick(day), "06-02");
        // 2013-05-27 11:30 in Shanghai, and a minute before midnight.
        assert_eq!(moment(1_369_625_400_000_000, English), "Mon 27 May 11:30");
        assert_eq!(
            long_moment(1_369_670_340_000_000, Chinese),
            "2013年5月27日 周一 23:59"
        );
        assert_eq!(moment(1_369_670_400_000_000, English), "Tue 28 May 00:00");
    }
}
