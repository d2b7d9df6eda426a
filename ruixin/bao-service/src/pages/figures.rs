//! Figures and days as people read them.

use ruixin_bao::Day;
use ruixin_pages::{Date, figures};
use ruixin_service::language::Language;

pub(super) use ruixin_pages::figures::{digits, long_moment, moment, pick, plain, signed, yuan};

/// Writes ten-thousandths of a yuan, of an income per ten thousand shares.
pub(super) fn per_ten_thousand(value: i64) -> String {
    figures::decimal(value, 4)
}

/// Writes thousandths of a percent, of a yield.
pub(super) fn percent(value: i64) -> String {
    figures::decimal(value, 3)
}

fn date(day: Day) -> Date {
    day.to_string().parse().unwrap_or(Date::MAX)
}

/// Writes a day with its day of the week and its year.
pub(super) fn long_day(day: Day, language: Language) -> String {
    figures::long_day(date(day), language)
}

/// Writes a day with its day of the week.
pub(super) fn short_day(day: Day, language: Language) -> String {
    figures::short_day(date(day), language)
}

/// Writes the month of a day.
pub(super) fn month(day: Day, language: Language) -> String {
    figures::month(date(day), language)
}

/// Writes month and date in digits, as an axis has room for.
pub(super) fn tick(day: Day) -> String {
    day.to_string().chars().skip(5).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn incomes_and_yields_are_written_to_their_last_place() {
        assert_eq!(per_ten_thousand(12_000), "1.2000");
        assert_eq!(per_ten_thousand(-7), "−0.0007");
        assert_eq!(percent(4_477), "4.477");
        assert_eq!(percent(12), "0.012");
    }

    #[test]
    fn days_of_the_fund_are_written_as_all_days_are() {
        use Language::{Chinese, English};
        let day: Day = "2013-06-02".parse().expect("a day");
        assert_eq!(long_day(day, English), "Sun 2 Jun 2013");
        assert_eq!(short_day(day, Chinese), "6月2日 周日");
        assert_eq!(month(day, English), "Jun 2013");
        assert_eq!(tick(day), "06-02");
    }
}
