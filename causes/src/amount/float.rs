use super::floats;
use crate::case::{Case, Field};
use crate::catalogue::{Cause, CauseId, Way};
use crate::trial::{Fit, Trial, reason};

// Cause: B3 cut after a float | 浮点截断
//
// An amount is held in a binary float, multiplied into minor units and cut: 0.58 x 100 is
// 57.99999999999999 in a double. About one amount in twenty loses a cent, always towards zero.
//
// source:
//     id,paid
//     1,0.58
// expected:
//     id:key,amount:money
//     1,0.58
// target:
//     1,0.57
// says: B3 proved; amount: 0.58 became 0.57: multiplied by 100 in a double, and cut
pub(crate) const CAUSE: Cause = Cause {
    id: CauseId::B3,
    en: "cut after a float",
    zh: "浮点截断",
    ways: &[Way::Field(offer)],
};

fn offer(_: &Case<'_>, field: &Field<'_>, trial: &mut Trial<'_>) {
    let Some(pair) = field.numbers else { return };
    let scale = field.scale();
    if scale == 0 || scale > 18 {
        return;
    }
    let factor = 10_i64.saturating_pow(u32::from(scale));
    if let Some(value) = floats::cut_minor(pair.expected, scale) {
        trial.number(field, value, Fit::Exact, || {
            reason(
                format!("multiplied by {factor} in a double, and cut"),
                format!("以双精度浮点乘以 {factor} 后截断"),
            )
        });
    }
    if let Some(value) = floats::cut_minor_single(pair.expected, scale) {
        trial.number(field, value, Fit::Exact, || {
            reason(
                format!("multiplied by {factor} in a float of 32 bits, and cut"),
                format!("以单精度浮点乘以 {factor} 后截断"),
            )
        });
    }
}
