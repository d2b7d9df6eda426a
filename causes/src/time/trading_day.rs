use ledger::{Decimal, Rounding};

use super::moments;
use crate::case::{Case, Field, MICROS_PER_SECOND, days_of};
use crate::catalogue::{Cause, CauseId, Way};
use crate::naming::{self, SHARES, TRADING_DATE};
use crate::number;
use crate::origin::fund;
use crate::trial::{Fit, Trial, reason};

// Cause: T3 trading day | 交易日与十五点截止
//
// An order near 15:00, or before a holiday, is confirmed on another trading day: its date is another one,
// or its income is off by that of some days.
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
    offer_income(case, field, trial);
    let Some(pair) = field.days else { return };
    let off = pair.actual.abs_diff(pair.expected);
    if off > DAYS_MAX {
        return;
    }
    let fits = off == 1
        || is_one_working_day(
            pair.expected.min(pair.actual),
            pair.expected.max(pair.actual),
        )
        || field.is_named(TRADING_DATE)
        || is_near_three(case);
    if fits {
        trial.day(field, pair.actual, Fit::Loose, || {
            reason(
                format!("another trading day, {off} calendar days away"),
                format!("另一个交易日，相差 {off} 个自然日"),
            )
        });
    }
}

/// Says whether the record tells a time within an hour of 15:00.
fn is_near_three(case: &Case<'_>) -> bool {
    let three = MICROS_PER_SECOND.saturating_mul(15 * 3_600);
    let hour = MICROS_PER_SECOND.unsigned_abs().saturating_mul(3_600);
    moments::of(case)
        .iter()
        .any(|moment| moment.time_of_day().abs_diff(three) <= hour)
}

/// Offers the amount that an order comes to which bears income for some days more, or fewer, where the
/// record tells of trading days.
fn offer_income(case: &Case<'_>, field: &Field<'_>, trial: &mut Trial<'_>) {
    let (Some(pair), Some(off)) = (field.numbers, field.difference()) else {
        return;
    };
    let mut rates = fund::yields(case).peekable();
    if !field.is_amount() || rates.peek().is_none() {
        return;
    }
    // An amount of what is confirmed is named like a day of it, and is none.
    let is_day = |(name, text): (&str, &str)| {
        naming::is(name, TRADING_DATE) && text.get(..10).and_then(days_of).is_some()
    };
    if !case.all_values().any(is_day) && !is_near_three(case) {
        return;
    }
    let off = number::magnitude(off);
    let days_in = |income: Decimal| {
        (1..=DAYS_MAX).find(|days| income.checked_mul_int(i128::from(*days)) == Some(off))
    };
    for rate in rates {
        for shares in fund::numbers(case, SHARES) {
            let income = number::times(shares, number::magnitude(rate))
                .and_then(|product| number::slide(product, -4))
                .and_then(|income| number::at_scale(income, field.scale(), Rounding::HalfUp));
            let income = income.filter(|income| !income.is_zero());
            let Some((days, income)) = income.and_then(|income| Some((days_in(income)?, income)))
            else {
                continue;
            };
            trial.number(field, pair.actual, Fit::Loose, || match days {
                1 => reason(
                    format!("off by the income of a day, {income}"),
                    format!("相差一日的收益 {income}"),
                ),
                _ => reason(
                    format!("off by the income of {days} days, {income} a day"),
                    format!("相差 {days} 日的收益，每日 {income}"),
                ),
            });
        }
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
