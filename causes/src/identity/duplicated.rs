use ledger::BreakKind;

use crate::case::{Case, Field};
use crate::catalogue::{Cause, CauseId, Way};
use crate::number;
use crate::trial::{Fit, Trial, reason};

// Cause: A5 duplicated | 重复转入
//
// The target holds a record once more than it should, as after a restart that does not know what
// was done. Where all records of a run are there twice, the run was (P1). Under an id of its own the second
// one is an extra record: it is named so where another break holds the same in all but the key, which
// must be an amount of several digits and something besides that is no mere code of a kind.
//
// expected:
//     id,amount:money
//     1,10.00
// target:
//     1,10.00
//     1,10.00
// says: A5 consistent, or P1; the same record is there 2 times instead of 1
// expected:
//     id:key,payer,amount:money
// target:
//     8,Zhang,128.40
//     9,Zhang,128.40
// says: A5 consistent, or A9; 9 is the same in all but its key
// says: A5 consistent, or A9; 8 is the same in all but its key
// expected:
//     id:key,payer,amount:money
//     7,Zhang,128.40
// target:
//     8,Zhang,128.40
// says: A1 consistent, or A2, A3, A4; 8 holds all of 7 but its key: it may be the same record under another id
// says: A5 consistent, or A9; 8 holds all of 7 but its key: it may be the same record under another id
pub(crate) const CAUSE: Cause = Cause {
    id: CauseId::A5,
    en: "duplicated",
    zh: "重复转入",
    ways: &[Way::Record(offer), Way::Together],
};

fn offer(case: &Case<'_>, trial: &mut Trial<'_>) {
    let copies = case.found.copies;
    match case.found.kind {
        BreakKind::Copies if copies.actual > copies.expected => {
            trial.whole(case.found.actual.as_ref(), true, Fit::Loose, || {
                let (is, should) = (copies.actual, copies.expected);
                reason(
                    format!("the same record is there {is} times instead of {should}"),
                    format!("同一记录出现 {is} 次，应为 {should} 次"),
                )
            });
        }
        // Under an id of its own a duplicate is an extra record.
        BreakKind::Extra => trial.whole(case.found.actual.as_ref(), true, Fit::Loose, || {
            reason(
                "it may be another record once more, under an id of its own",
                "可能是另一记录的重复，编号不同",
            )
        }),
        BreakKind::Copies | BreakKind::Differs | BreakKind::Missing => {}
    }
}

/// Says whether the record may have been added twice under one key: each amount that differs is what
/// both have, and nothing else differs.
pub(crate) fn may_be_added(case: &Case<'_>) -> bool {
    let is_twice = |field: &Field<'_>| {
        let pair = field.numbers.filter(|_| field.is_amount());
        pair.is_some_and(|pair| pair.expected.checked_mul_int(2) == Some(pair.actual))
    };
    !case.fields.is_empty() && case.fields.iter().all(is_twice)
}

/// Says whether an amount that may have been added twice has so few digits that one and one may be two
/// of many things.
pub(crate) fn is_small_change(case: &Case<'_>) -> bool {
    let is_small = |field: &Field<'_>| {
        let pair = field.numbers;
        pair.is_none_or(|pair| number::has_few_digits(pair.expected))
    };
    case.fields.iter().any(is_small)
}
