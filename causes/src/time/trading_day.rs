use super::moments;
use crate::case::{Case, Field, MICROS_PER_SECOND};
use crate::catalogue::{Cause, CauseId, Way};
use crate::naming::TRADING_DATE;
use crate::trial::{Fit, Trial, reason};

// Cause: T3 trading day | 交易日与十五点截止
//
// An order near 15:00, or before a holiday, is confirmed on another trading day.
//
// source:
//     id,ordered_at
//     1,2013-05-24 15:00:00
// expected:
//     id:key,confirm_date:date
//     1,2013-05-28
// target:
//     1,2013-05-27
// says: T2 consistent, or T3, M1; confirm_date: 2013-05-28 became 2013-05-27: the day before, at 15:00:00
pub(crate) const CAUSE: Cause = Cause {
    id: CauseId::T3,
    en: "trading day",
    zh: "交易日与十五点截止",
    ways: &[Way::Field(offer)],
};

/// The longest holiday of a market, with the weekends around it.
const DAYS_MAX: u64 = 11;

fn offer(case: &Case<'_>, field: &Field<'_>, trial: &mut Trial<'_>) {
    let Some(pair) = field.days else { return };
    let off = pair.actual.abs_diff(pair.expected);
    if off > DAYS_MAX {
        return;
    }
    let near_three = || {
        let three = MICROS_PER_SECOND.saturating_mul(15 * 3_600);
        let hour = MICROS_PER_SECOND.unsigned_abs().saturating_mul(3_600);
        moments::of(case)
            .iter()
            .any(|moment| moment.time_of_day().abs_diff(three) <= hour)
    };
    let fits = off == 1
        || is_one_working_day(
            pair.expected.min(pair.actual),
            pair.expected.max(pair.actual),
        )
        || field.is_named(TRADING_DATE)
        || near_three();
    if fits {
        trial.day(field, pair.actual, Fit::Loose, || {
            reason(
                format!("another trading day, {off} calendar days away"),
                format!("另一个交易日，相差 {off} 个自然日"),
            )
        });
    }
}

/// Says whether only a weekend lies between two days.
fn is_one_working_day(from: i64, to: i64) -> bool {
    let weekday = |day: i64| day.saturating_add(3).rem_euclid(7);
    let working = (from..to)
        .take(12)
        .map(|day| day.saturating_add(1))
        .filter(|day| weekday(*day) < 5)
        .count();
    working == 1
}
