use ledger::{BreakKind, Decimal};

use crate::case::{Case, Entries, Field};
use crate::catalogue::{Cause, CauseId, Way};
use crate::naming::{self, VOUCHER};
use crate::number;
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
// Two programs wrote the same balance at once: the entries are right, and the balance lacks one, or
// has one twice. An entry that was itself left out gives the same balance, so that this is never
// proved.
//
// source:
//     account,paid
//     W1,100.00
//     W1,-31.50
//     W1,7.25
// expected:
//     account:key,balance:money
//     W1,75.75
// target:
//     W1,107.25
// says: P2 consistent; balance: 75.75 became 107.25: it lacks one of its 3 entries, -31.50
pub(crate) const RACE: Cause = Cause {
    id: CauseId::P2,
    en: "lost update",
    zh: "更新丢失",
    ways: &[Way::Field(offer_race)],
};

fn offer_race(case: &Case<'_>, field: &Field<'_>, trial: &mut Trial<'_>) {
    for entries in case.entries_of(field) {
        offer_race_of(field, &entries, trial);
    }
}

fn offer_race_of(field: &Field<'_>, entries: &Entries, trial: &mut Trial<'_>) {
    let count = entries.amounts.len();
    let rounded = |value: Decimal| number::at_scale(value, field.scale(), entries.rounding);
    for amount in &entries.amounts {
        if let Some(without) = entries.total.checked_sub(*amount).and_then(rounded) {
            trial.number(field, without, Fit::Loose, || {
                reason(
                    format!("it lacks one of its {count} entries, {amount}"),
                    format!("{count} 笔分录中少计一笔 {amount}"),
                )
            });
        }
        if let Some(twice) = entries.total.checked_add(*amount).and_then(rounded) {
            trial.number(field, twice, Fit::Loose, || {
                reason(
                    format!("it has one of its {count} entries twice, {amount}"),
                    format!("{count} 笔分录中重复计一笔 {amount}"),
                )
            });
        }
    }
}

// Cause: P3 partial commit | 部分提交
//
// A run broke off between the head of a voucher and its legs: those of the last chunk are missing. It is
// named first where the vouchers of one run of rows of a file are there without some of their legs, and
// no other voucher of the file is: one that lacks a leg by itself is A8.
//
// expected:
//     voucher:key,leg:key,amount:money
//     V9,1,10.00
// target:
// says: A1 consistent, or A2, A3, A4, A8, P3; the record is not in the target
// source:
//     voucher,_file,_row
//     V8,day1.csv,8
//     V9,day1.csv,9
// expected:
//     voucher:key,leg:key,side,amount:money
//     V8,2,C,10.00
//     V9,2,C,4.50
// target:
// says: P3 consistent, or A1, A2, A3, A4, A8; the vouchers of rows 8 to 9 of day1.csv are there in part: a run may have broken off
// says: P3 consistent, or A1, A2, A3, A4, A8; the vouchers of rows 8 to 9 of day1.csv are there in part: a run may have broken off
pub(crate) const PARTIAL: Cause = Cause {
    id: CauseId::P3,
    en: "partial commit",
    zh: "部分提交",
    ways: &[Way::Record(offer_partial), Way::Together],
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
// The entries are right, and a table of totals or balances made from them was not made anew: it
// lacks the last entries. Entries that were themselves left out give the same total, so that this is
// never proved.
//
// source:
//     account,paid
//     W1,100.00
//     W1,-31.50
//     W1,7.25
//     W1,12.40
// expected:
//     account:key,balance:money
//     W1,88.15
// target:
//     W1,68.50
// says: P4 consistent; balance: 88.15 became 68.50: it lacks the last 2 of its 4 entries
pub(crate) const STALE: Cause = Cause {
    id: CauseId::P4,
    en: "derived table stale",
    zh: "派生表未重建",
    ways: &[Way::Field(offer_stale)],
};

fn offer_stale(case: &Case<'_>, field: &Field<'_>, trial: &mut Trial<'_>) {
    for entries in case.entries_of(field) {
        offer_stale_of(field, &entries, trial);
    }
}

fn offer_stale_of(field: &Field<'_>, entries: &Entries, trial: &mut Trial<'_>) {
    let count = entries.amounts.len();
    let mut left = entries.total;
    for (lacking, amount) in (1_usize..).zip(entries.amounts.iter().rev()) {
        let without = left.checked_sub(*amount);
        let Some(without) = without else { return };
        left = without;
        let total = number::at_scale(left, field.scale(), entries.rounding);
        let Some(total) = total else { return };
        trial.number(field, total, Fit::Loose, || {
            reason(
                format!("it lacks the last {lacking} of its {count} entries"),
                format!("{count} 笔分录中缺最后 {lacking} 笔"),
            )
        });
    }
}
