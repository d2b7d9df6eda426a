use ledger::{Civil, Disambiguation, parse_civil};

use crate::case::{Case, Field, MICROS_PER_DAY, days_of, micros_of};
use crate::catalogue::{Cause, CauseId, Way};
use crate::terms::Kind;
use crate::trial::{Fit, Trial, reason, shown_instant};

// Cause: T4 date format | 日期格式
//
// Day and month change places where both are possible, the year is read from the day's digits, or
// a year that was not written is guessed.
//
// expected:
//     id:key,day:date
//     1,2013-05-07
//     2,2012-12-31
// target:
//     1,2013-07-05
//     2,2013-12-31
// says: T4 proved; day: 2013-05-07 became 2013-07-05: day and month changed places
// says: T4 consistent, or M1; day: 2012-12-31 became 2013-12-31: the year was guessed
pub(crate) const CAUSE: Cause = Cause {
    id: CauseId::T4,
    en: "date format",
    zh: "日期格式",
    ways: &[Way::Field(offer)],
};

fn offer(case: &Case<'_>, field: &Field<'_>, trial: &mut Trial<'_>) {
    offer_unread(case, field, trial);
    let Some(expected) = field
        .expected
        .filter(|_| field.days.is_some() || field.micros.is_some())
    else {
        return;
    };
    let (Some(date), Some(rest)) = (expected.get(..10), expected.get(10..)) else {
        return;
    };
    offer_readings(case, field, date, |date| format!("{date}{rest}"), trial);
    // An instant is written in UTC here, and its date was read on the clock of the zone.
    let zone = &case.terms.zone;
    let Some(civil) = field.micros.and_then(|pair| zone.civil(pair.expected).ok()) else {
        return;
    };
    offer_half_days(case, field, civil, trial);
    let civil = civil.to_string();
    if let (Some(date), Some(time)) = (civil.get(..10), civil.get(10..)) {
        let in_utc = |date: &str| {
            let civil = parse_civil(&format!("{date}{time}")).ok();
            let instant =
                civil.and_then(|civil| zone.instant(civil, Disambiguation::Compatible).ok());
            instant.map(shown_instant).unwrap_or_default()
        };
        offer_readings(case, field, date, in_utc, trial);
    }
}

/// Offers nothing for a date that is none where day and month change places.
fn offer_unread(case: &Case<'_>, field: &Field<'_>, trial: &mut Trial<'_>) {
    if !field.is_gone() || !matches!(field.column.kind, Kind::Date | Kind::Instant) {
        return;
    }
    let written = field.expected.map(str::to_owned);
    let instant = field
        .expected
        .filter(|_| field.column.kind == Kind::Instant);
    let instant = instant.and_then(micros_of);
    let local = instant.and_then(|instant| case.terms.zone.civil(instant).ok());
    let local = local.map(|civil| civil.to_string());
    let is_no_month = |text: &String| {
        let date = text.get(..10).and_then(parts);
        date.is_some_and(|(_, _, day)| day > 12)
    };
    if written.iter().chain(&local).any(is_no_month) {
        trial.text(field, None, Fit::Loose, || {
            reason(
                "day and month changed places, and there is no such month",
                "日与月颠倒，而没有这样的月份",
            )
        });
    }
}

/// Offers the time of a clock of twelve hours whose half of the day is not written, or not read.
fn offer_half_days(case: &Case<'_>, field: &Field<'_>, civil: Civil, trial: &mut Trial<'_>) {
    let of_day = civil.micros().rem_euclid(MICROS_PER_DAY);
    let half = MICROS_PER_DAY / 2;
    let shift = if of_day < half {
        half
    } else {
        half.saturating_neg()
    };
    let other = Civil::from_micros(civil.micros().saturating_add(shift));
    let Ok(instant) = case.terms.zone.instant(other, Disambiguation::Compatible) else {
        return;
    };
    trial.instant(field, instant, Fit::Exact, || {
        reason("the half of the day was lost", "上午下午标记丢失")
    });
}

/// Offers all readings of a date, each made into a value of the field. Where the source writes the
/// year nobody has to guess it: that it was guessed is no more than fitted.
fn offer_readings(
    case: &Case<'_>,
    field: &Field<'_>,
    date: &str,
    value: impl Fn(&str) -> String,
    trial: &mut Trial<'_>,
) {
    let Some((year, month, day)) = parts(date) else {
        return;
    };
    let two = |year: i32| year.rem_euclid(100);
    let century = year.saturating_sub(two(year));
    let readings = [
        (
            year,
            day,
            month,
            "day and month changed places",
            "日与月颠倒",
        ),
        (
            century.saturating_add(day),
            month,
            two(year),
            "the year was read from the day",
            "日被读作年",
        ),
        (
            century.saturating_add(month),
            day,
            two(year),
            "year, month and day were read in another order",
            "年月日次序读错",
        ),
        (
            century.saturating_add(day),
            two(year),
            month,
            "year, month and day were read in another order",
            "年月日次序读错",
        ),
        (
            century.saturating_add(month),
            two(year),
            day,
            "the year was read from the month",
            "月被读作年",
        ),
        (
            year.saturating_add(1),
            month,
            day,
            "the year was guessed",
            "年份推断错误",
        ),
        (
            year.saturating_sub(1),
            month,
            day,
            "the year was guessed",
            "年份推断错误",
        ),
        (
            year.saturating_sub(100),
            month,
            day,
            "the century was guessed",
            "世纪推断错误",
        ),
        (
            year.saturating_add(100),
            month,
            day,
            "the century was guessed",
            "世纪推断错误",
        ),
        (two(year), month, day, "the century was lost", "世纪丢失"),
    ];
    let (own, own_day) = (year, (month, day));
    // Who guesses a year goes wrong by one around its turn.
    let is_turn = month == 12 || month == 1;
    let written = date.get(..4).unwrap_or_default();
    let is_written = || case.source_values().any(|(_, text)| text.contains(written));
    for (year, month, day, en, zh) in readings {
        let off = year.saturating_sub(own).saturating_abs();
        let is_guess = matches!(off, 1 | 100) && (month, day) == own_day;
        let may_be_guessed = || (off == 100 || is_turn) && !is_written();
        let fit = if is_guess && !may_be_guessed() {
            Fit::Loose
        } else {
            Fit::Exact
        };
        let text = value(&format!("{year:04}-{month:02}-{day:02}"));
        let says = || reason(en, zh);
        if field.days.is_some() {
            if let Some(day) = days_of(&text) {
                trial.day(field, day, fit, says);
            }
        } else if let Some(micros) = micros_of(&text) {
            trial.instant(field, micros, fit, says);
        }
    }
}

fn parts(date: &str) -> Option<(i32, i32, i32)> {
    let mut parts = date.split('-').map(|part| part.parse().ok());
    Some((parts.next()??, parts.next()??, parts.next()??))
}
