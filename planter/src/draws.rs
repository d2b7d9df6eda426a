//! Random contents of a wallet's books: ids, times, amounts and words as old systems hold them.

use std::collections::BTreeSet;

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use crate::exact::Exact;
use crate::random::Random;

const DIGITS: &str = "0123456789";
const LETTERS: &str = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghjkmnpqrstuvwxyz";

/// Draws ids that never repeat: short, beyond 2^53, with leading zeros, in mixed case.
#[derive(Debug, Default)]
pub(crate) struct Ids {
    given: BTreeSet<String>,
    last: String,
}

impl Ids {
    pub(crate) fn next(&mut self, random: &mut Random) -> String {
        loop {
            let id = match random.below(20) {
                0 => self.twin(random),
                1..=4 => format!("P{}", random.word(DIGITS, 8)),
                5..=11 => format!("201{}{}", random.between(1, 6), random.word(DIGITS, 15)),
                12..=15 => format!("000{}", random.word(DIGITS, 11)),
                _ => format!("{}{}", random.word(LETTERS, 6), random.word(DIGITS, 6)),
            };
            if self.given.insert(id.clone()) {
                self.last.clone_from(&id);
                return id;
            }
        }
    }

    /// An id that a careless system takes for the last one.
    fn twin(&self, random: &mut Random) -> String {
        let last = &self.last;
        match random.below(3) {
            0 => last.to_lowercase(),
            1 => last.trim_start_matches('0').to_owned(),
            _ => {
                let cut = last.len().saturating_sub(3);
                format!("{}{}", &last[..cut], random.word(DIGITS, 3))
            }
        }
    }
}

/// Draws an amount in minor units: many small ones, a heavy tail, the awkward ones.
pub(crate) fn amount(random: &mut Random) -> i128 {
    const AWKWARD: [i128; 12] = [29, 57, 58, 113, 115, 1, 100, 1001, 410, 1999, 999, 100_000];
    match random.below(100) {
        0..=2 => 0,
        3..=9 => *random.one_of(&AWKWARD),
        10..=49 => random.between(1, 99_999).into(),
        50..=74 => random.between(100_000, 10_000_000).into(),
        75..=86 => random.between(16_777_217, 2_147_483_647).into(),
        _ => random.between(2_147_483_648, 900_000_000_000).into(),
    }
}

/// An amount in minor units as a decimal.
pub(crate) fn decimal(units: i128, scale: u32) -> Exact {
    Exact::new(units, scale)
}

/// Writes an amount with separators of thousands.
pub(crate) fn with_thousands(amount: Exact) -> String {
    let text = amount.abs().to_string();
    let (whole, decimals) = text.split_once('.').unwrap_or((&text, ""));
    let mut grouped = String::new();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    let sign = if amount.is_negative() { "-" } else { "" };
    format!("{sign}{grouped}.{decimals}")
}

/// Draws a civil time: often within seconds of a cut-off, a month's end, a leap day, New Year.
pub(crate) fn moment(random: &mut Random) -> DateTime {
    let first = Date::constant(2011, 1, 1);
    let day = match random.below(12) {
        0 => *random.one_of(&[
            Date::constant(2012, 2, 29),
            Date::constant(2016, 2, 29),
            Date::constant(2015, 2, 28),
        ]),
        1 => *random.one_of(&[
            Date::constant(2012, 12, 31),
            Date::constant(2013, 1, 1),
            Date::constant(2015, 12, 31),
            Date::constant(2016, 1, 1),
        ]),
        2 => random
            .one_of(&[Date::constant(2013, 5, 1), Date::constant(2014, 10, 1)])
            .last_of_month(),
        _ => first.saturating_add(random.between(0, 2_100).days()),
    };
    let near = |hour: i8, random: &mut Random| {
        DateTime::from_parts(day, Time::constant(hour, 0, 0, 0))
            .saturating_add(random.between(-3, 2).seconds())
    };
    match random.below(10) {
        0 | 1 => near(23, random),
        2 => near(15, random),
        3 => near(0, random),
        _ => DateTime::from_parts(day, Time::midnight())
            .saturating_add(random.between(0, 86_399).seconds()),
    }
}

/// A civil time as the old system writes it.
pub(crate) fn written(moment: DateTime) -> String {
    let seconds = moment.strftime("%Y-%m-%d %H:%M:%S");
    match moment.millisecond() {
        0 => seconds.to_string(),
        millis => format!("{seconds}.{millis:03}"),
    }
}

/// The instant at which clocks of a zone show a civil time.
pub(crate) fn instant(moment: DateTime, zone: &TimeZone) -> Timestamp {
    zone.to_ambiguous_timestamp(moment)
        .compatible()
        .expect("the years of a book are within the calendar")
}

/// An instant as the target holds it.
pub(crate) fn stamped(instant: Timestamp) -> String {
    instant.to_string()
}

/// The zone of the old system.
pub(crate) fn shanghai() -> TimeZone {
    TimeZone::get("Asia/Shanghai").expect("the zone database is built in")
}

/// The business date where the day changes at a full hour.
pub(crate) fn business_date(moment: DateTime, cut_hour: i64) -> Date {
    moment.saturating_add((24 - cut_hour).hours()).date()
}

/// Draws a memo: Chinese for the most part, with commas, quotes and a line break now and then.
pub(crate) fn memo(random: &mut Random) -> String {
    const WHAT: [&str; 10] = [
        "水电费",
        "打车",
        "工资到账后充值",
        "商家退款",
        "余额收益结转",
        "生活缴费（一月至三月）",
        "coffee",
        "Taxi to the airport",
        "转账给张伟",
        "团购券",
    ];
    const WHO: [&str; 7] = [
        "杭州西湖店",
        "上海浦东机场二号航站楼",
        "王芳",
        "Blue Bottle",
        "欧阳娜娜",
        "北京朝阳大悦城",
        "Zoë's Café",
    ];
    let what = *random.one_of(&WHAT);
    let who = *random.one_of(&WHO);
    match random.below(20) {
        0 | 1 => String::new(),
        2..=6 => what.to_owned(),
        7..=12 => format!("{what} {who}"),
        13..=15 => format!("{what}, {who}"),
        16 => format!("{what} \"{who}\""),
        17 => format!("{what}\n{who}"),
        _ => format!("{what} {who} {}号订单", random.between(1, 99_999)),
    }
}

/// Draws a reference of letters and digits; some begin with zeros or end in a blank.
pub(crate) fn reference(random: &mut Random) -> String {
    match random.below(6) {
        0 => format!("00{}", random.word(DIGITS, 8)),
        1 => format!("{} ", random.word(DIGITS, 9)),
        2 => random.word(LETTERS, 10),
        _ => format!("{}{}", random.word(LETTERS, 3), random.word(DIGITS, 9)),
    }
}

/// Draws a user id.
pub(crate) fn user(random: &mut Random, users: i64) -> String {
    let number = random.between(1, users);
    // Spread over all last digits, so that shards and check digits differ.
    format!("U{:09}", 310_000_000 + number * 7_919 % 9_999_991)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_grouped_from_the_point() {
        let grouped = |units| with_thousands(decimal(units, 2));
        assert_eq!(grouped(123_456_789), "1,234,567.89");
        assert_eq!(grouped(-100_000), "-1,000.00");
        assert_eq!(grouped(99_999), "999.99");
    }

    #[test]
    fn the_business_day_ends_at_its_cut() {
        let at = |text: &str| {
            let moment: DateTime = text.parse().expect("a civil time");
            business_date(moment, 23).to_string()
        };
        assert_eq!(at("2012-02-28T22:59:59"), "2012-02-28");
        assert_eq!(at("2012-02-28T23:00:00"), "2012-02-29");
        assert_eq!(at("2012-12-31T23:30:00"), "2013-01-01");
    }

    #[test]
    fn ids_never_repeat() {
        let mut random = Random::named(1, "ids");
        let mut ids = Ids::default();
        let all: BTreeSet<String> = (0..5_000).map(|_| ids.next(&mut random)).collect();
        assert_eq!(all.len(), 5_000);
        assert!(all.iter().any(|id| id.starts_with("000")));
    }
}
