use ledger::Rounding;

use crate::case::{Case, Field};
use crate::catalogue::{Cause, CauseId, Way};
use crate::number;
use crate::trial::{Fit, Trial, reason};

// Cause: B2 slide | 错位、元分混淆
//
// The decimal point stands elsewhere: yuan taken for fen, or an amount booked at another
// currency's number of decimals. Where decimals are lost on the way they are cut or rounded; cut ones
// are what a field keeps that is too narrow for the minor units (B8).
//
// expected:
//     id:key,amount:money
//     1,120.30
//     2,1234.56
// target:
//     1,1203.00
//     2,12.35
// says: B2 proved; amount: 120.30 became 1203.00: multiplied by 10: the decimal point moved 1 place
// says: B2 proved; amount: 1234.56 became 12.35: divided by 100: the decimal point moved 2 places
// expected:
//     id:key,amount:money
//     3,1234.56
// target:
//     3,123.45
// says: B2 consistent, or B8; amount: 1234.56 became 123.45: divided by 10: the decimal point moved 1 place
pub(crate) const CAUSE: Cause = Cause {
    id: CauseId::B2,
    en: "slide",
    zh: "错位、元分混淆",
    ways: &[Way::Field(offer)],
};

/// Places that a decimal point may move.
const PLACES: [i16; 12] = [2, -2, 3, -3, 1, -1, 4, -4, 5, -5, 6, -6];

fn offer(_: &Case<'_>, field: &Field<'_>, trial: &mut Trial<'_>) {
    let Some(pair) = field.numbers else { return };
    if pair.expected.is_zero() {
        return;
    }
    for places in PLACES {
        let Some(exact) = number::slide(pair.expected, places) else {
            continue;
        };
        for rounding in [Rounding::HalfUp, Rounding::Down] {
            let Some(value) = number::at_scale(exact, field.scale(), rounding) else {
                continue;
            };
            // Nothing left at all is no slide that anyone could tell.
            if value.is_zero() {
                continue;
            }
            // A digit or two that remain of many are no slide that could be proved.
            let fit = if value != exact && number::has_few_digits(value) {
                Fit::Loose
            } else {
                Fit::Exact
            };
            trial.number(field, value, fit, || says(places));
            if value == exact {
                break;
            }
        }
    }
}

fn says(places: i16) -> crate::explanation::Says {
    let (verb, done) = if places > 0 {
        ("multiplied", "乘以")
    } else {
        ("divided", "除以")
    };
    let count = places.unsigned_abs();
    let factor = 10_u32.saturating_pow(u32::from(count));
    let noun = if count == 1 { "place" } else { "places" };
    reason(
        format!("{verb} by {factor}: the decimal point moved {count} {noun}"),
        format!("{done} {factor}，小数点移动 {count} 位"),
    )
}
