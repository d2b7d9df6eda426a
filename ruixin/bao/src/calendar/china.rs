//! The days on which the exchanges in Shanghai and Shenzhen were closed, as they published them.
//!
//! 2013: notice of both exchanges of 2012-12-25 on 证监办发〔2012〕116号. 2014: the days of 国办发明电〔2013〕28号
//! as the exchanges and the Shanghai Gold Exchange (notice of 2013-12-24) applied them. Only days
//! that are no weekend are listed; the weekends worked in their place were not traded. The
//! exchanges counted 238 trading days in 2013 and 245 in 2014, and so does a test.

use crate::day::Day;

pub(super) const FIRST: Day = day(2013, 1, 1);
pub(super) const LAST: Day = day(2014, 12, 31);

/// Weekdays of 2013 without trading.
#[rustfmt::skip]
pub const CLOSED_2013: &[Day] = &[
    // 元旦
    day(2013, 1, 1), day(2013, 1, 2), day(2013, 1, 3),
    // 春节
    day(2013, 2, 11), day(2013, 2, 12), day(2013, 2, 13), day(2013, 2, 14), day(2013, 2, 15),
    // 清明节
    day(2013, 4, 4), day(2013, 4, 5),
    // 劳动节
    day(2013, 4, 29), day(2013, 4, 30), day(2013, 5, 1),
    // 端午节
    day(2013, 6, 10), day(2013, 6, 11), day(2013, 6, 12),
    // 中秋节
    day(2013, 9, 19), day(2013, 9, 20),
    // 国庆节
    day(2013, 10, 1), day(2013, 10, 2), day(2013, 10, 3), day(2013, 10, 4), day(2013, 10, 7),
];

/// Weekdays of 2014 without trading.
#[rustfmt::skip]
pub const CLOSED_2014: &[Day] = &[
    // 元旦
    day(2014, 1, 1),
    // 春节
    day(2014, 1, 31), day(2014, 2, 3), day(2014, 2, 4), day(2014, 2, 5), day(2014, 2, 6),
    // 清明节
    day(2014, 4, 7),
    // 劳动节
    day(2014, 5, 1), day(2014, 5, 2),
    // 端午节
    day(2014, 6, 2),
    // 中秋节
    day(2014, 9, 8),
    // 国庆节
    day(2014, 10, 1), day(2014, 10, 2), day(2014, 10, 3), day(2014, 10, 6), day(2014, 10, 7),
];

#[expect(
    clippy::panic,
    reason = "evaluated while compiling, where it is an error of the compiler"
)]
const fn day(year: i32, month: i32, day: i32) -> Day {
    match Day::from_civil(year, month, day) {
        Some(day) => day,
        None => panic!("the calendar has no such day"),
    }
}
