use super::moments;
use crate::case::{Case, Field, MICROS_PER_DAY, MICROS_PER_SECOND};
use crate::catalogue::{Cause, CauseId, Way};
use crate::trial::{Fit, Trial, reason};

// Cause: T2 day cut | 日切错日
//
// The record is booked on the day before or after, since the cut-off is another, or the record at
// the very cut-off is counted on the other side of it. Two days' totals are off, their sum is not.
//
// source:
//     id,paid_at
//     1,2013-05-27 23:00:00
// expected:
//     id:key,day:date
//     1,2013-05-28
// target:
//     1,2013-05-27
// says: T2 consistent, or T1, T3, T11, M1; day: 2013-05-28 became 2013-05-27: the day before, at 23:00:00
pub(crate) const CAUSE: Cause = Cause {
    id: CauseId::T2,
    en: "day cut",
    zh: "日切错日",
    ways: &[Way::Field(offer)],
};

fn offer(case: &Case<'_>, field: &Field<'_>, trial: &mut Trial<'_>) {
    offer_instants(field, trial);
    let Some(pair) = field.days else { return };
    for (step, en, zh) in [
        (-1, "the day before", "前一日"),
        (1, "the day after", "后一日"),
    ] {
        let day = pair.expected.saturating_add(step);
        trial.day(field, day, Fit::Loose, || {
            let time = moments::of(case)
                .first()
                .map(|moment| shown_time(moment.time_of_day()));
            match time {
                Some(time) => reason(format!("{en}, at {time}"), format!("{zh}，时间为 {time}")),
                None => reason(en, zh),
            }
        });
    }
}

/// Where the day moves, the time of day may be kept.
fn offer_instants(field: &Field<'_>, trial: &mut Trial<'_>) {
    let Some(pair) = field.micros else { return };
    for (step, en, zh) in [
        (-MICROS_PER_DAY, "a whole day earlier", "早一整天"),
        (MICROS_PER_DAY, "a whole day later", "晚一整天"),
    ] {
        let instant = pair.expected.saturating_add(step);
        trial.instant(field, instant, Fit::Loose, || reason(en, zh));
    }
}

fn shown_time(micros: i64) -> String {
    let seconds = micros.div_euclid(MICROS_PER_SECOND);
    format!(
        "{:02}:{:02}:{:02}",
        seconds / 3_600,
        seconds / 60 % 60,
        seconds % 60
    )
}
