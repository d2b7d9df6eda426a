use ledger::BreakKind;

use crate::case::Case;
use crate::catalogue::{Cause, CauseId, Way};
use crate::naming::{self, VOUCHER};
use crate::trial::{Fit, Trial, reason};

// Cause: P1 run twice | 重复执行
//
// A chunk or a file was converted twice: each of its records is there once more. One record alone
// may just as well be a duplicate (A5).
//
// source:
//     id,paid,_file,_row
//     1,1.00,day1.csv,2
//     2,2.00,day1.csv,3
//     3,3.00,day1.csv,4
// expected:
//     id,amount:money
//     1,1.00
//     2,2.00
//     3,3.00
// target:
//     1,1.00
//     1,1.00
//     2,2.00
//     2,2.00
//     3,3.00
//     3,3.00
// says: P1 consistent, or A5; 3 neighbouring records are there 2 times instead of 1: rows 2 to 4 of day1.csv
// says: P1 consistent, or A5; 3 neighbouring records are there 2 times instead of 1: rows 2 to 4 of day1.csv
// says: P1 consistent, or A5; 3 neighbouring records are there 2 times instead of 1: rows 2 to 4 of day1.csv
pub(crate) const RUN_TWICE: Cause = Cause {
    id: CauseId::P1,
    en: "run twice",
    zh: "重复执行",
    ways: &[Way::Record(offer_run_twice), Way::Together],
};

fn offer_run_twice(case: &Case<'_>, trial: &mut Trial<'_>) {
    let copies = case.found.copies;
    if case.found.kind == BreakKind::Copies && copies.actual > copies.expected {
        trial.whole(case.found.actual.as_ref(), true, Fit::Loose, || {
            reason(
                "its whole run may have been made twice",
                "其所在批次可能重复执行",
            )
        });
    }
}

// Cause: P2 lost update | 更新丢失
//
// Two programs wrote the same balance at once: the entries are right, and the balance lacks one.
//
// needs: a control of balances against the sums of their entries
pub(crate) const RACE: Cause = Cause {
    id: CauseId::P2,
    en: "lost update",
    zh: "更新丢失",
    ways: &[Way::Evidence(
        "a control of balances against the sums of their entries",
    )],
};

// Cause: P3 partial commit | 部分提交
//
// A run broke off between the head of a voucher and its legs: those of the last chunk are missing.
//
// expected:
//     voucher:key,leg:key,amount:money
//     V9,1,10.00
// target:
// says: A1 consistent, or A2, A3, A4, A8, P3; the record is not in the target
pub(crate) const PARTIAL: Cause = Cause {
    id: CauseId::P3,
    en: "partial commit",
    zh: "部分提交",
    ways: &[Way::Record(offer_partial)],
};

fn offer_partial(case: &Case<'_>, trial: &mut Trial<'_>) {
    let mut names = case.expected_values().map(|(name, _)| name);
    if case.found.kind == BreakKind::Missing && names.any(|name| naming::is(name, VOUCHER)) {
        trial.whole(None, true, Fit::Loose, || {
            reason(
                "its voucher may have been committed in part",
                "凭证可能只提交了一部分",
            )
        });
    }
}

// Cause: P4 derived table stale | 派生表未重建
//
// The entries are right, and a table of totals, balances or an index made from them is not.
//
// needs: a control of the derived table against the entries
pub(crate) const STALE: Cause = Cause {
    id: CauseId::P4,
    en: "derived table stale",
    zh: "派生表未重建",
    ways: &[Way::Evidence(
        "a control of the derived table against the entries",
    )],
};
