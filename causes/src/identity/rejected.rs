use ledger::BreakKind;

use crate::case::Case;
use crate::catalogue::{Cause, CauseId, Way};
use crate::trial::{Fit, Trial, reason};

// Cause: A4 rejected and not tried again | 拒绝后未重试
//
// The record was set aside with an error and never converted. The log of rejects decides. Where it is
// the verification itself that could not convert a record of the key in question, on the other side,
// its reject names the place and the reason, and the cause is proved.
//
// expected:
//     id:key,amount:money
//     1,99999999999.00
// target:
// says: A1 consistent, or A2, A3, A4; the record is not in the target
pub(crate) const CAUSE: Cause = Cause {
    id: CauseId::A4,
    en: "rejected and not tried again",
    zh: "拒绝后未重试",
    ways: &[Way::Record(offer)],
};

fn offer(case: &Case<'_>, trial: &mut Trial<'_>) {
    match case.found.kind {
        BreakKind::Missing => trial.whole(None, true, Fit::Loose, || {
            reason(
                "it may have been rejected and not tried again",
                "可能被拒绝且未重试",
            )
        }),
        BreakKind::Extra if case.terms.rejected.expected > 0 => {
            trial.whole(case.found.actual.as_ref(), true, Fit::Loose, || {
                reason(
                    "its source record may be among those that were rejected",
                    "其源记录可能在被拒收的记录之中",
                )
            });
        }
        BreakKind::Extra | BreakKind::Differs | BreakKind::Copies => {}
    }
}
