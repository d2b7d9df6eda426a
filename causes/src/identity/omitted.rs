use ledger::BreakKind;

use crate::case::Case;
use crate::catalogue::{Cause, CauseId, Way};
use crate::explanation::Says;
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
    let rejected = case.terms.rejected.actual;
    let says_missing = || missing(rejected);
    match case.found.kind {
        BreakKind::Missing => trial.whole(None, true, Fit::Loose, says_missing),
        BreakKind::Copies if copies.actual < copies.expected => {
            let lost = copies.expected.saturating_sub(copies.actual);
            trial.whole(case.found.expected.as_ref(), true, Fit::Loose, || {
                fewer(copies.expected, lost, rejected)
            });
        }
        BreakKind::Copies | BreakKind::Differs | BreakKind::Extra => {
            trial.whole(None, false, Fit::Exact, says_missing);
        }
    }
}

/// Where the target has rejects that the record may be one of, no more is said than is known.
fn missing(rejected: u64) -> Says {
    match were_rejected(rejected) {
        None => reason("the record is not in the target", "新账中没有这条记录"),
        Some(were) => reason(
            format!(
                "the record is not among those of the target that could be converted, and {were}"
            ),
            format!("新账可转换的记录中没有这条记录，另有 {rejected} 笔被拒收"),
        ),
    }
}

fn fewer(expected: u64, lost: u64, rejected: u64) -> Says {
    match were_rejected(rejected) {
        None => reason(
            format!("of {expected} equal records {lost} are not in the target"),
            format!("{expected} 条相同记录中有 {lost} 条不在新账"),
        ),
        Some(were) => reason(
            format!(
                "of {expected} equal records {lost} are not among those of the target that could be \
                 converted, and {were}"
            ),
            format!(
                "{expected} 条相同记录中有 {lost} 条不在新账可转换的记录之中，另有 {rejected} 笔被拒收"
            ),
        ),
    }
}

/// Says how many records were rejected; none where none were.
pub(super) fn were_rejected(count: u64) -> Option<String> {
    match count {
        0 => None,
        1 => Some("1 was rejected".to_owned()),
        _ => Some(format!("{count} were rejected")),
    }
}
