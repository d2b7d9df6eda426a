use super::rounding;
use crate::case::{Case, Field};
use crate::catalogue::{Cause, CauseId, Way};
use crate::naming::{FUND, VOUCHER};
use crate::trial::{Fit, Trial, reason};

// Cause: B7 remainder not allocated | 尾差未分
//
// An amount is split into legs, each is rounded down, and what remains of it is given to no leg
// or to another one. Each leg is off by less units than there are legs.
//
// source:
//     voucher,total
//     V1,100.00
// expected:
//     voucher:key,leg:key,amount:money
//     V1,1,33.34
// target:
//     V1,1,33.33
// says: B5 consistent, or B6, B7; amount: 33.34 became 33.33: off by the last digit, as another rounding gives it
pub(crate) const CAUSE: Cause = Cause {
    id: CauseId::B7,
    en: "remainder not allocated",
    zh: "尾差未分",
    ways: &[Way::Field(offer)],
};

/// Units that a remainder may come to: one less than the legs of any usual voucher.
const UNITS_MAX: u128 = 9;

fn offer(case: &Case<'_>, field: &Field<'_>, trial: &mut Trial<'_>) {
    let Some(minor) = field.minor() else { return };
    let Some(pair) = field.numbers else { return };
    let off = minor.actual.abs_diff(minor.expected);
    let may_be_leg = off <= UNITS_MAX
        && (off == 1 && rounding::may_be_computed(case, field)
            || case.has_column(VOUCHER)
            || case.has_column(FUND));
    if !field.is_amount() || !may_be_leg {
        return;
    }
    trial.number(field, pair.actual, Fit::Loose, || {
        reason(
            format!("a remainder of {off} units went to no leg, or to another"),
            format!("{off} 个最小单位的尾差未分配或分给了别的分录"),
        )
    });
}
