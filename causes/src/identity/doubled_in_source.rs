use ledger::{BreakKind, Record};

use crate::case::Case;
use crate::catalogue::{Cause, CauseId, Way};
use crate::trial::{Fit, Trial, reason};

// Cause: A6 already double in the source | 源账重复
//
// The source holds the same record twice, perhaps under two ids, and the target takes it once.
//
// expected:
//     id,amount:money
//     1,10.00
//     1,10.00
// target:
//     1,10.00
// says: A6 consistent, or A1; the same record is 2 times in the source and 1 times in the target
pub(crate) const CAUSE: Cause = Cause {
    id: CauseId::A6,
    en: "already double in the source",
    zh: "源账重复",
    ways: &[Way::Record(offer)],
};

fn offer(case: &Case<'_>, trial: &mut Trial<'_>) {
    let copies = case.found.copies;
    let (before, after) = (copies.expected, copies.actual);
    match case.found.kind {
        BreakKind::Copies if after < before => {
            trial.whole(case.found.expected.as_ref(), true, Fit::Loose, || {
                reason(
                    format!("the same record is {before} times in the source and {after} times in the target"),
                    format!("源账中有 {before} 条相同记录，新账中有 {after} 条"),
                )
            });
        }
        BreakKind::Missing if has_twins(case) => {
            trial.whole(None, true, Fit::Exact, || {
                reason(
                    "the source holds it twice, under two ids",
                    "源账以两个编号重复记录",
                )
            });
        }
        BreakKind::Copies | BreakKind::Missing | BreakKind::Differs | BreakKind::Extra => {}
    }
}

/// Says whether two source records of the break are equal in all columns but one.
fn has_twins(case: &Case<'_>) -> bool {
    let records = &case.found.source;
    records.windows(2).any(|pair| match pair {
        [one, other] => one.table == other.table && differing(&one.fields, &other.fields) <= 1,
        _ => false,
    })
}

fn differing(one: &Record, other: &Record) -> usize {
    if one.0.len() != other.0.len() {
        return usize::MAX;
    }
    one.0
        .iter()
        .zip(&other.0)
        .filter(|(one, other)| one != other)
        .count()
}
