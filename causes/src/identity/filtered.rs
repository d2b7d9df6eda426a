use ledger::BreakKind;

use crate::case::Case;
use crate::catalogue::{Cause, CauseId, Way};
use crate::trial::{Fit, Trial, reason};

// Cause: A3 filtered by a rule | 被规则过滤
//
// The conversion drops records of a kind that should be kept: zero amounts, a status, a type. What
// the missing records have in common decides.
//
// expected:
//     id:key,amount:money
//     1,0.00
// target:
// says: A1 consistent, or A2, A3, A4; the record is not in the target
pub(crate) const CAUSE: Cause = Cause {
    id: CauseId::A3,
    en: "filtered by a rule",
    zh: "被规则过滤",
    ways: &[Way::Record(offer)],
};

fn offer(case: &Case<'_>, trial: &mut Trial<'_>) {
    if case.found.kind == BreakKind::Missing {
        trial.whole(None, true, Fit::Loose, || {
            reason(
                "a condition of the conversion may leave it out",
                "可能被转换条件排除",
            )
        });
    }
}
