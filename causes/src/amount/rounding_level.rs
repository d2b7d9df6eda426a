use super::rounding;
use crate::case::{Case, Field};
use crate::catalogue::{Cause, CauseId, Way};
use crate::trial::{Fit, Trial, reason};

// Cause: B6 rounding level | 逐笔与汇总舍入
//
// A total is rounded where its lines should be, or each line where the total should be. Each line
// may be off by half a unit, so that a total over n lines is off by n/2 units at most.
//
// source:
//     id,voucher,fee
//     1,V1,0.105
//     2,V1,0.105
// expected:
//     voucher:key,fee:money
//     V1,0.22
// target:
//     V1,0.21
// says: B5 consistent, or B6, B7; fee: 0.22 became 0.21: off by the last digit, as another rounding gives it
pub(crate) const CAUSE: Cause = Cause {
    id: CauseId::B6,
    en: "rounding level",
    zh: "逐笔与汇总舍入",
    ways: &[Way::Field(offer)],
};

fn offer(case: &Case<'_>, field: &Field<'_>, trial: &mut Trial<'_>) {
    let lines = case.found.source.len();
    let Some(minor) = field.minor() else { return };
    let off = minor.actual.abs_diff(minor.expected);
    let Some(pair) = field.numbers else { return };
    // A single line may be one of the total, where the rule computes it.
    let may_be_line = off == 1 && rounding::may_be_computed(case, field);
    let may_be_total = lines > 1 && off <= u128::try_from(lines).unwrap_or(0);
    if !field.is_amount() || !(may_be_line || may_be_total) {
        return;
    }
    trial.number(field, pair.actual, Fit::Loose, || {
        reason(
            "the total was rounded where its lines should be, or the other way round",
            "该逐笔舍入处按汇总舍入，或相反",
        )
    });
}
