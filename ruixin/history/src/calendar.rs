//! Days and hours of the history, and how much business falls on each.
//!
//! Time is civil time in Shanghai, without a zone, in milliseconds since 1970-01-01 00:00 of that
//! clock. (China has kept one clock without changes since 1992.) A *moment* is the share of all
//! business that lies before it, as a fraction of [`WHOLE`]: even steps through moments give more
//! records on busy days and hours, and every shard goes through the same days.

use crate::random::Random;

/// The first day of the history, 2010-01-01, in days since 1970-01-01.
pub(crate) const FIRST_DAY: i32 = 14_610;
/// Days of the history: the last one, 2013-05-27, ends with the freeze.
pub(crate) const DAYS: usize = 1_243;
/// Civil time of the freeze: 2013-05-27 08:00.
pub(crate) const FREEZE: i64 = (FIRST_DAY as i64 + 1_242) * DAY + 8 * HOUR;
/// All business of the history, as a moment.
pub(crate) const WHOLE: u64 = 1 << 48;

pub(crate) const SECOND: i64 = 1_000;
pub(crate) const HOUR: i64 = 3_600 * SECOND;
pub(crate) const DAY: i64 = 24 * HOUR;

/// The business day changes at 23:00.
const CUT: i64 = 23 * HOUR;

/// Gives the calendar day of a civil time, in days since 1970-01-01.
#[inline]
pub(crate) fn day_of(time: i64) -> i32 {
    time.div_euclid(DAY) as i32
}

/// Gives the business day of a civil time: from 23:00 on it is the next day's.
#[inline]
pub(crate) fn business_day_of(time: i64) -> i32 {
    (time + (DAY - CUT)).div_euclid(DAY) as i32
}

/// Draws a time of day as people are awake: on one of the next days, up to so many from now.
pub(crate) fn soon(random: &mut Random, now: i64, days: i64) -> i64 {
    let day = i64::from(day_of(now)) + random.between(1, days);
    day * DAY + time_of_day(&HOURS[Profile::Plain as usize], random.below(PROFILE_WHOLE))
}

/// The time by which a share of a day's business is done.
#[inline]
fn time_of_day(hours: &Hours, share: u64) -> i64 {
    let hour = hours.partition_point(|before| *before <= share) - 1;
    let within = (share - hours[hour]) * HOUR as u64 / (hours[hour + 1] - hours[hour]).max(1);
    hour as i64 * HOUR + within as i64
}

/// Gives year, month and day (Howard Hinnant, `chrono`-compatible date algorithms).
pub(crate) fn civil(days: i32) -> (i32, u32, u32) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let day = (of_year - (153 * shifted_month + 2) / 5 + 1) as u32;
    let month = if shifted_month < 10 {
        shifted_month + 3
    } else {
        shifted_month - 9
    } as u32;
    let year = year_of_era + era * 400 + i32::from(month <= 2);
    (year, month, day)
}

/// Gives the days since 1970-01-01 of a date.
pub(crate) const fn days(year: i32, month: i32, day: i32) -> i32 {
    let shifted = if month <= 2 { year - 1 } else { year };
    let era = shifted.div_euclid(400);
    let year_of_era = shifted - era * 400;
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + of_year - 719_468
}

/// A date as `YYYYMMDD`.
pub(crate) fn compact(days: i32) -> [u8; 8] {
    let (year, month, day) = civil(days);
    let mut text = [b'0'; 8];
    crate::digits::write_number(
        &mut text,
        year as u64 * 10_000 + u64::from(month * 100 + day),
    );
    text
}

/// Is the table of days by their business, for going from a moment to its time.
#[derive(Debug)]
pub(crate) struct Rhythm {
    /// Business before each day, and after the last one.
    before: Vec<u64>,
    profile: Vec<Profile>,
}

/// The business before each hour of a day, of [`PROFILE_WHOLE`].
type Hours = [u64; 25];

const PROFILE_BITS: u32 = 22;
const PROFILE_WHOLE: u64 = 1 << PROFILE_BITS;

#[derive(Debug, Clone, Copy)]
enum Profile {
    Plain = 0,
    /// 11-11: the doors open at midnight.
    Sale,
    /// New Year's Eve: red packets in the evening.
    Eve,
    /// The day of the freeze, up to 08:00.
    Frozen,
}

/// Business by hour: least at four in the morning, most in the evening.
const PLAIN: [u64; 24] = [
    24, 12, 7, 5, 3, 5, 10, 20, 40, 62, 75, 72, 66, 68, 76, 78, 76, 72, 66, 72, 84, 86, 70, 44,
];

const SALE: [u64; 24] = [
    290, 110, 48, 20, 12, 14, 24, 44, 80, 92, 95, 85, 78, 76, 80, 82, 80, 74, 70, 82, 104, 120,
    132, 150,
];

const EVE: [u64; 24] = [
    20, 9, 5, 4, 3, 5, 11, 24, 44, 60, 66, 60, 54, 50, 50, 48, 44, 40, 70, 150, 190, 170, 160, 180,
];

impl Rhythm {
    pub(crate) fn new() -> Self {
        let mut before = Vec::with_capacity(DAYS + 1);
        let mut sum = 0;
        for at in 0..DAYS as i32 {
            before.push(sum);
            sum += business(FIRST_DAY + at);
        }
        before.push(sum);
        Self {
            before,
            profile: (0..DAYS as i32).map(|at| profile(FIRST_DAY + at)).collect(),
        }
    }

    /// Gives the civil time of a moment, rising with it, always before the freeze.
    pub(crate) fn time_of(&self, moment: u64) -> i64 {
        let whole = self.before[DAYS];
        let wanted = ((u128::from(moment) * u128::from(whole)) / u128::from(WHOLE)) as u64;
        let wanted = wanted.min(whole - 1);
        let at = self.before.partition_point(|before| *before <= wanted) - 1;
        let (from, to) = (self.before[at], self.before[at + 1]);
        let share = ((wanted - from) << PROFILE_BITS) / (to - from);
        let hours = &HOURS[self.profile[at] as usize];
        i64::from(FIRST_DAY + at as i32) * DAY + time_of_day(hours, share)
    }
}

static HOURS: [Hours; 4] = [
    cumulated(PLAIN, 24),
    cumulated(SALE, 24),
    cumulated(EVE, 24),
    cumulated(PLAIN, 8),
];

const fn cumulated(weights: [u64; 24], open_hours: usize) -> Hours {
    let mut sum = 0;
    let mut at = 0;
    while at < open_hours {
        sum += weights[at];
        at += 1;
    }
    let mut hours = [PROFILE_WHOLE; 25];
    let mut before = 0;
    at = 0;
    while at < open_hours {
        hours[at] = before * PROFILE_WHOLE / sum;
        before += weights[at];
        at += 1;
    }
    hours
}

/// New Year's Day of the Chinese calendar.
const SPRING_FESTIVALS: [i32; 4] = [
    days(2010, 2, 14),
    days(2011, 2, 3),
    days(2012, 1, 23),
    days(2013, 2, 10),
];

fn profile(day: i32) -> Profile {
    let (_, month, of_month) = civil(day);
    if day == FIRST_DAY + DAYS as i32 - 1 {
        Profile::Frozen
    } else if (month, of_month) == (11, 11) {
        Profile::Sale
    } else if SPRING_FESTIVALS.contains(&(day + 1)) {
        Profile::Eve
    } else {
        Profile::Plain
    }
}

/// How much business a day sees: growth, season, day of the week, feasts; in percents of percents.
fn business(day: i32) -> u64 {
    let all = growth(day) * season(day) * weekday(day) * feast(day);
    match profile(day) {
        Profile::Frozen => all / 12,
        _ => all,
    }
}

/// The wallet grows about twofold each year: straight lines between New Year's Days.
fn growth(day: i32) -> u64 {
    const NEW_YEARS: [(i32, u64); 5] = [
        (days(2010, 1, 1), 100),
        (days(2011, 1, 1), 220),
        (days(2012, 1, 1), 470),
        (days(2013, 1, 1), 860),
        (days(2014, 1, 1), 1_500),
    ];
    let after = NEW_YEARS
        .partition_point(|(start, _)| *start <= day)
        .clamp(1, 4);
    let ((from, low), (to, high)) = (NEW_YEARS[after - 1], NEW_YEARS[after]);
    low + (high - low) * day.abs_diff(from) as u64 / to.abs_diff(from) as u64
}

/// Months in percent: quiet in February and summer, busy before the year's end.
fn season(day: i32) -> u64 {
    const MONTHS: [u64; 12] = [98, 88, 97, 98, 100, 102, 95, 95, 101, 100, 110, 112];
    let (_, month, _) = civil(day);
    MONTHS[month as usize - 1]
}

/// Days of the week in percent, from Monday on.
fn weekday(day: i32) -> u64 {
    const WEEK: [u64; 7] = [106, 104, 103, 102, 100, 90, 86];
    WEEK[(day + 3).rem_euclid(7) as usize]
}

/// Feasts and sales in percent.
fn feast(day: i32) -> u64 {
    match civil(day) {
        (2010, 11, 11) => return 320,
        (2011, 11, 11) => return 520,
        (2012, 11, 11) => return 800,
        (2012, 12, 12) => return 320,
        (_, 11, 9 | 10) => return 80,
        (_, 10, 1..=4) => return 75,
        _ => {}
    }
    let nearest = SPRING_FESTIVALS.iter().map(|new_year| day - new_year);
    match nearest.min_by_key(|distance| distance.abs()) {
        Some(-16..=-4) => 135,
        Some(-3 | -2) => 90,
        Some(-1) => 170,
        Some(0) => 110,
        Some(1..=6) => 45,
        _ => 100,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_go_both_ways() {
        assert_eq!(days(2010, 1, 1), FIRST_DAY);
        assert_eq!(days(1970, 1, 1), 0);
        assert_eq!(days(2013, 5, 27), FIRST_DAY + DAYS as i32 - 1);
        for day in FIRST_DAY - 800..FIRST_DAY + 2_000 {
            let (year, month, of_month) = civil(day);
            assert_eq!(days(year, month as i32, of_month as i32), day);
        }
        assert_eq!(&compact(days(2012, 2, 29)), b"20120229");
    }

    #[test]
    fn the_business_day_changes_at_eleven_in_the_evening() {
        let noon = i64::from(FIRST_DAY) * DAY + 12 * HOUR;
        assert_eq!(business_day_of(noon), FIRST_DAY);
        assert_eq!(business_day_of(noon + 11 * HOUR - 1), FIRST_DAY);
        assert_eq!(business_day_of(noon + 11 * HOUR), FIRST_DAY + 1);
    }

    #[test]
    fn time_rises_with_the_moment_and_ends_before_the_freeze() {
        let rhythm = Rhythm::new();
        let mut last = i64::from(FIRST_DAY) * DAY;
        for step in 0..200_000 {
            let time = rhythm.time_of(WHOLE / 200_000 * step);
            assert!(time >= last, "at {step}");
            last = time;
        }
        assert!(rhythm.time_of(WHOLE) < FREEZE);
        assert!(rhythm.time_of(WHOLE) > FREEZE - HOUR);
    }
}
