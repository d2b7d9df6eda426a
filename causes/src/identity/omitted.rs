use ledger::BreakKind;

use crate::case::Case;
use crate::catalogue::{Cause, CauseId, Way};
use crate::trial::{Fit, Trial, reason};

// Cause: A1 omitted | 漏转
//
// The source has the record and the target does not. The record alone does not tell why: it may
// have been filtered (A3), rejected (A4) or lost at the end of a chunk (A2).
//
// expected:
//     id:key,amount:money
//     1,10.00
// target:
// says: A1 consistent, or A2, A3, A4; the record is not in the target
// expected:
//     id,amount:money
//     2,10.00
//     2,10.00
// target:
//     2,10.00
// says: A6 consistent, or A1; the same record is 2 times in the source and 1 times in the target
pub(crate) const CAUSE: Cause = Cause {
    id: CauseId::A1,
    en: "omitted",
    zh: "漏转",
    ways: &[Way::Record(offer)],
};

fn offer(case: &Case<'_>, trial: &mut Trial<'_>) {
    let copies = case.found.copies;
    let says_missing = || reason("the record is not in the target", "新账中没有这条记录");
    match case.found.kind {
        BreakKind::Missing => trial.whole(None, true, Fit::Loose, says_missing),
        BreakKind::Copies if copies.actual < copies.expected => {
            let lost = copies.expected.saturating_sub(copies.actual);
            trial.whole(case.found.expected.as_ref(), true, Fit::Loose, || {
                reason(
                    format!(
                        "of {} equal records {lost} are not in the target",
                        copies.expected
                    ),
                    format!("{} 条相同记录中有 {lost} 条不在新账", copies.expected),
                )
            });
        }
        BreakKind::Copies | BreakKind::Differs | BreakKind::Extra => {
            trial.whole(None, false, Fit::Exact, says_missing);
        }
    }
}
