use ledger::BreakKind;

use crate::case::Case;
use crate::catalogue::{Cause, CauseId, Way};
use crate::trial::{Fit, Trial, reason};

// Cause: A2 lost at a boundary | 边界丢失
//
// The last or first records of a chunk, a page or a file are lost, as with `>` for `>=` at a cut:
// the missing records stand next to each other.
//
// source:
//     id,paid,_file,_row
//     8,1.00,day1.csv,9
//     9,2.00,day1.csv,10
//     10,3.00,day1.csv,11
// expected:
//     id:key,amount:money
//     8,1.00
//     9,2.00
//     10,3.00
// target:
// says: A2 consistent, or A1, A3, A4; 3 records that stand next to each other are missing: rows 9 to 11 of day1.csv
// says: A2 consistent, or A1, A3, A4; 3 records that stand next to each other are missing: rows 9 to 11 of day1.csv
// says: A2 consistent, or A1, A3, A4; 3 records that stand next to each other are missing: rows 9 to 11 of day1.csv
pub(crate) const CAUSE: Cause = Cause {
    id: CauseId::A2,
    en: "lost at a boundary",
    zh: "边界丢失",
    ways: &[Way::Record(offer), Way::Together],
};

fn offer(case: &Case<'_>, trial: &mut Trial<'_>) {
    if case.found.kind == BreakKind::Missing {
        trial.whole(None, true, Fit::Loose, || {
            reason("it may stand at the end of a chunk", "可能位于分块边界")
        });
    }
}
