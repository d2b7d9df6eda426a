use crate::case::{Case, Field, MICROS_PER_DAY, MICROS_PER_SECOND};
use crate::catalogue::{Cause, CauseId, Way};
use crate::trial::{Fit, Trial, reason};

// Cause: T5 precision of time | 时间精度
//
// Decimals of a second are cut or rounded, or seconds, or the whole time of day. Two events of the
// same second may then change their order.
//
// expected:
//     id:key,paid_at:instant
//     1,2013-05-27T01:30:00.750Z
// target:
//     1,2013-05-27T01:30:00.000Z
// says: T5 proved; paid_at: 2013-05-27T01:30:00.750Z became 2013-05-27T01:30:00.000Z: cut to seconds
pub(crate) const CAUSE: Cause = Cause {
    id: CauseId::T5,
    en: "precision of time",
    zh: "时间精度",
    ways: &[Way::Field(offer), Way::Together],
};

const STEPS: [(i64, &str, &str); 5] = [
    (1_000, "milliseconds", "毫秒"),
    (MICROS_PER_SECOND, "seconds", "秒"),
    (MICROS_PER_SECOND * 60, "minutes", "分钟"),
    (MICROS_PER_SECOND * 3_600, "hours", "小时"),
    (MICROS_PER_DAY, "days", "日"),
];

fn offer(case: &Case<'_>, field: &Field<'_>, trial: &mut Trial<'_>) {
    let Some(pair) = field.micros else { return };
    let offset =
        super::moments::of_instant(case, pair.expected).map_or(0, |moment| moment.offset());
    for (step, en, zh) in STEPS {
        for shift in [0, offset] {
            let rest = pair.expected.saturating_add(shift).rem_euclid(step);
            let cut = pair.expected.saturating_sub(rest);
            let says = |way_en: &str, way_zh: &str| {
                reason(format!("{way_en} to {en}"), format!("{way_zh}到{zh}"))
            };
            trial.instant(field, cut, Fit::Exact, || says("cut", "截断"));
            if rest.saturating_mul(2) >= step {
                trial.instant(field, cut.saturating_add(step), Fit::Exact, || {
                    says("rounded", "舍入")
                });
            }
        }
    }
}
