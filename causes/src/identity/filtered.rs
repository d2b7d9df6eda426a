use ledger::BreakKind;

use super::phantom::is_unlabelled;
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
// expected:
//     payee,paid_on,amount:money
//     NULL,NULL,8211.50
// target:
// says: A3 consistent, or A1, A2, A4; all its labels are empty: a total row was left out, it seems
pub(crate) const CAUSE: Cause = Cause {
    id: CauseId::A3,
    en: "filtered by a rule",
    zh: "被规则过滤",
    ways: &[Way::Record(offer)],
};

fn offer(case: &Case<'_>, trial: &mut Trial<'_>) {
    let Some(record) = &case.found.expected else {
        return;
    };
    if case.found.kind != BreakKind::Missing {
        return;
    }
    if is_unlabelled(record, &case.terms.columns) {
        trial.whole(None, true, Fit::Exact, || {
            reason(
                "all its labels are empty: a total row was left out, it seems",
                "没有任何说明：像是被排除的合计行",
            )
        });
    } else {
        trial.whole(None, true, Fit::Loose, || {
            reason(
                "a condition of the conversion may leave it out",
                "可能被转换条件排除",
            )
        });
    }
}
