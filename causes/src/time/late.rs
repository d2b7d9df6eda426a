use ledger::BreakKind;

use super::in_flight::has_clock;
use crate::case::Case;
use crate::catalogue::{Cause, CauseId, Way};
use crate::trial::{Fit, Trial, reason};

// Cause: T9 late arrival | 迟到或增量遗漏
//
// The record was committed after the extract had passed its place: ids are not in the order of
// commits. That it lies between records that were taken decides. One that was made after the freeze (T8)
// may be late as well, for a clock may go wrong.
//
// source:
//     id,paid,created_at
//     7,10.00,2013-05-27 07:59:59
// expected:
//     id:key,amount:money
//     7,10.00
// target:
// says: A1 consistent, or A2, A3, A4, T8, T9; the record is not in the target
pub(crate) const CAUSE: Cause = Cause {
    id: CauseId::T9,
    en: "late arrival",
    zh: "迟到或增量遗漏",
    ways: &[Way::Record(offer)],
};

fn offer(case: &Case<'_>, trial: &mut Trial<'_>) {
    if case.found.kind == BreakKind::Missing && has_clock(case) {
        trial.whole(None, true, Fit::Loose, || {
            reason(
                "it may have been committed after the extract had passed its place",
                "可能在抽取经过其位置之后才提交",
            )
        });
    }
}
