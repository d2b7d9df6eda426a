use ledger::BreakKind;

use crate::case::{Case, Field};
use crate::catalogue::{Cause, CauseId, Way};
use crate::naming::STATUS;
use crate::trial::{Fit, Trial, reason};

// Cause: T7 status mapping | 状态映射
//
// A status is mapped to another, or a record of a status that should be booked is not, or of one
// that should not be is.
//
// expected:
//     id:key,status
//     1,PROCESSING
// target:
//     1,DONE
// says: T7 consistent, or T10; status: PROCESSING became DONE: another status
pub(crate) const CAUSE: Cause = Cause {
    id: CauseId::T7,
    en: "status mapping",
    zh: "状态映射",
    ways: &[Way::Field(offer), Way::Record(offer_record)],
};

fn offer(_: &Case<'_>, field: &Field<'_>, trial: &mut Trial<'_>) {
    if !field.is_named(STATUS) {
        return;
    }
    let says = || reason("another status", "状态不同");
    match field.numbers {
        Some(pair) => trial.number(field, pair.actual, Fit::Loose, says),
        None => trial.text(field, field.actual, Fit::Loose, says),
    }
}

fn offer_record(case: &Case<'_>, trial: &mut Trial<'_>) {
    let is_absent = matches!(case.found.kind, BreakKind::Missing | BreakKind::Extra);
    let Some((name, status)) = case
        .all_values()
        .find(|(name, _)| is_absent && crate::naming::is(name, STATUS))
    else {
        return;
    };
    trial.whole(case.found.actual.as_ref(), true, Fit::Loose, || {
        reason(
            format!("a record whose {name} is {status} was treated as one of another status"),
            format!("{name} 为 {status} 的记录被当作其他状态处理"),
        )
    });
}
