use super::moments;
use crate::case::{Case, Field, MICROS_PER_DAY, days_of, micros_of};
use crate::catalogue::{Cause, CauseId, Way};
use crate::naming::{self, CLOCK};
use crate::terms::Kind;
use crate::trial::{Fit, Trial, reason};

// Cause: T11 other date | 生效日与系统日
//
// The date or time comes from another column: the day of booking for the value date, the time of
// creation for the time of payment.
//
// source:
//     id,value_date,booked_on
//     1,2013-05-20,2013-06-03
// expected:
//     id:key,day:date
//     1,2013-05-20
// target:
//     1,2013-06-03
// says: T11 proved; day: 2013-05-20 became 2013-06-03: it was taken from booked_on
pub(crate) const CAUSE: Cause = Cause {
    id: CauseId::T11,
    en: "other date",
    zh: "生效日与系统日",
    ways: &[Way::Field(offer)],
};

fn offer(case: &Case<'_>, field: &Field<'_>, trial: &mut Trial<'_>) {
    offer_empty(case, field, trial);
    if field.days.is_none() && field.micros.is_none() {
        return;
    }
    let beside = case
        .expected_values()
        .filter(|(name, _)| *name != field.name);
    let others = case
        .source_values()
        .filter(|(name, _)| !field.is_only_from(name));
    for (name, text) in others.chain(beside) {
        if !text
            .bytes()
            .next()
            .is_some_and(|byte| byte.is_ascii_digit())
            || text.len() < 8
        {
            continue;
        }
        let says = || reason(format!("it was taken from {name}"), format!("取自 {name}"));
        if field.days.is_some() {
            for day in days(case, text).into_iter().flatten() {
                // The very time that the expected day was made from, perhaps, without its cut-off.
                let is_next = text.len() > 10
                    && field
                        .days
                        .is_some_and(|pair| pair.expected.abs_diff(day) <= 1);
                let fit = if is_next { Fit::Loose } else { Fit::Exact };
                trial.day(field, day, fit, says);
            }
        } else {
            for micros in instants(case, text).into_iter().flatten() {
                trial.instant(field, micros, Fit::Exact, says);
            }
        }
    }
}

/// Offers the dates and times of the source that are not there.
fn offer_empty(case: &Case<'_>, field: &Field<'_>, trial: &mut Trial<'_>) {
    if !field.is_gone() || !matches!(field.column.kind, Kind::Date | Kind::Instant) {
        return;
    }
    let columns = case.found.source.iter().flat_map(|source| &source.fields.0);
    for (name, value) in columns {
        let is_empty = value.as_deref().is_none_or(str::is_empty);
        if is_empty && naming::is(name, CLOCK) && !field.is_only_from(name) {
            trial.text(field, None, Fit::Loose, || {
                reason(format!("it was taken from {name}"), format!("取自 {name}"))
            });
        }
    }
}

/// The day of a text: as it is written, and where it is an instant, in the plan's zone.
fn days(case: &Case<'_>, text: &str) -> [Option<i64>; 2] {
    let written = text.get(..10).and_then(days_of).or_else(|| {
        Some(
            ledger::parse_civil(text)
                .ok()?
                .micros()
                .div_euclid(MICROS_PER_DAY),
        )
    });
    let local = micros_of(text)
        .filter(|_| text.ends_with('Z'))
        .and_then(|instant| moments::of_instant(case, instant))
        .map(|moment| moment.day());
    [written, local]
}

/// The instant of a text, where a civil time is one of the plan's zone.
fn instants(case: &Case<'_>, text: &str) -> [Option<i64>; 1] {
    if text.ends_with('Z') {
        return [micros_of(text)];
    }
    let civil = ledger::parse_civil(text).ok();
    let instant = civil.and_then(|civil| {
        case.terms
            .zone
            .instant(civil, ledger::Disambiguation::Compatible)
            .ok()
    });
    [instant]
}
