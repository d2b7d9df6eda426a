use super::moments;
use crate::case::{Case, Field, MICROS_PER_DAY, MICROS_PER_SECOND};
use crate::catalogue::{Cause, CauseId, Way};
use crate::trial::{Fit, Trial, reason};

// Cause: T1 time zone | 时区偏移
//
// A civil time is taken for UTC, or the offset is applied twice: the instant is off by the zone's
// whole distance, and a date by a day where that crosses midnight.
//
// expected:
//     id:key,paid_at:instant
//     1,2013-05-27T02:30:00Z
// target:
//     1,2013-05-27T10:30:00Z
// says: T1 proved; paid_at: 2013-05-27T02:30:00Z became 2013-05-27T10:30:00Z: shifted by +8:00, the distance of Asia/Shanghai from UTC
pub(crate) const CAUSE: Cause = Cause {
    id: CauseId::T1,
    en: "time zone",
    zh: "时区偏移",
    ways: &[Way::Field(offer)],
};

const HOUR: i64 = MICROS_PER_SECOND * 3_600;

fn offer(case: &Case<'_>, field: &Field<'_>, trial: &mut Trial<'_>) {
    if let Some(pair) = field.micros {
        offer_shifts(case, field, pair.expected, pair.actual, trial);
    }
    if let Some(pair) = field.days {
        offer_days(case, field, pair.expected, trial);
    }
}

fn offer_shifts(
    case: &Case<'_>,
    field: &Field<'_>,
    expected: i64,
    actual: i64,
    trial: &mut Trial<'_>,
) {
    let zone = case.terms.zone.name();
    let own = moments::of_instant(case, expected).map_or(0, moments::Moment::offset);
    for shift in [own, own.saturating_neg()] {
        trial.manner = Some(shown_offset(shift));
        trial.instant(field, expected.saturating_add(shift), Fit::Exact, || {
            let shown = shown_offset(shift);
            reason(
                format!("shifted by {shown}, the distance of {zone} from UTC"),
                format!("偏移 {shown}，即 {zone} 与 UTC 之差"),
            )
        });
    }
    let shift = actual.saturating_sub(expected);
    if shift.saturating_abs() == own.saturating_abs() {
        return;
    }
    // Zones stand whole quarters of an hour from each other, and hardly ever a whole day. Which two
    // they would be nothing tells but the target itself.
    let distance = shift.saturating_abs();
    let is_quarters = shift.rem_euclid(HOUR / 4) == 0 && distance <= HOUR * 26;
    if is_quarters && distance != MICROS_PER_DAY {
        trial.manner = Some(shown_offset(shift));
        trial.instant(field, actual, Fit::Loose, || {
            let shown = shown_offset(shift);
            reason(
                format!("shifted by {shown}, as between two zones"),
                format!("偏移 {shown}，如同两个时区之差"),
            )
        });
    }
}

/// Offers the day that an instant of the record has in UTC, or with the offset applied twice.
fn offer_days(case: &Case<'_>, field: &Field<'_>, expected: i64, trial: &mut Trial<'_>) {
    for moment in moments::of(case) {
        if moment.day().abs_diff(expected) > 1 {
            continue;
        }
        let offset = moment.offset();
        let day = |micros: i64| micros.div_euclid(MICROS_PER_DAY);
        let says = || {
            reason(
                "the day of the same instant in another zone",
                "同一时刻在另一时区的日期",
            )
        };
        // A day beyond the clock's own, where a cut-off lies before midnight, moves as well.
        let ahead = expected.saturating_sub(moment.day());
        let fit = if ahead == 0 { Fit::Exact } else { Fit::Loose };
        // The day follows the instant: one shifted back stands on the day that it has in UTC.
        let shifted = [
            (moment.instant, offset.saturating_neg()),
            (moment.civil.saturating_add(offset), offset),
        ];
        for (civil, shift) in shifted {
            trial.manner = Some(shown_offset(shift));
            trial.day(field, day(civil), fit, says);
            trial.day(field, day(civil).saturating_add(ahead), fit, says);
        }
    }
}

fn shown_offset(shift: i64) -> String {
    let sign = if shift < 0 { '-' } else { '+' };
    let minutes = shift.unsigned_abs() / 60_000_000;
    format!("{sign}{}:{:02}", minutes / 60, minutes % 60)
}
