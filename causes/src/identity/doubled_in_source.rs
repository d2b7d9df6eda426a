use ledger::{BreakKind, Record, SmolStr};

use crate::case::Case;
use crate::catalogue::{Cause, CauseId, Way};
use crate::number;
use crate::trial::{Fit, Trial, reason};

// Cause: A6 already double in the source | 源账重复
//
// The source holds the same record twice, perhaps under two ids, and the target takes it once. Under two
// ids it is named so where another break has the same in all but the key; that a record which agrees on
// both sides has, no break tells.
//
// expected:
//     id,amount:money
//     1,10.00
//     1,10.00
// target:
//     1,10.00
// says: A6 consistent, or A1; the same record is 2 times in the source and 1 times in the target
// expected:
//     id:key,payer,amount:money
//     7,Zhang,128.40
//     8,Zhang,128.40
// target:
//     7,Li,128.40
// says: D5 consistent; payer: Zhang became Li: another counterparty
// says: A6 consistent, or A1, A2, A3, A4; the source holds it twice: 7 is the same in all but its key
pub(crate) const CAUSE: Cause = Cause {
    id: CauseId::A6,
    en: "already double in the source",
    zh: "源账重复",
    ways: &[Way::Record(offer), Way::Together],
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

/// Says whether two source records of the break are equal in all columns, or all but an id.
fn has_twins(case: &Case<'_>) -> bool {
    let records = &case.found.source;
    records.windows(2).any(|pair| match pair {
        [one, other] => one.table == other.table && are_twins(case, &one.fields, &other.fields),
        _ => false,
    })
}

fn are_twins(case: &Case<'_>, one: &Record, other: &Record) -> bool {
    if one.0.len() != other.0.len() {
        return false;
    }
    let columns = one.0.iter().zip(&other.0);
    let mut differing = columns.filter(|(one, other)| one != other);
    match (differing.next(), differing.next()) {
        (None, _) => true,
        // Two entries that differ by their amount are two.
        (Some(((name, one), (_, other))), None) => {
            let is_amount = |value: &Option<SmolStr>| {
                let number = value.as_deref().and_then(number::read);
                number.is_some_and(|number| number.scale > 0)
            };
            let mut money = case.terms.columns.iter().filter(|column| column.is_money);
            let is_money = money.any(|column| {
                let mut origins = column.comes_from.iter();
                origins.any(|origin| origin.column == *name)
            });
            !is_money && !is_amount(one) && !is_amount(other)
        }
        (Some(_), Some(_)) => false,
    }
}
