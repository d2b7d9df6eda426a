use ledger::{BreakKind, Decimal};

use crate::case::{Case, Field};
use crate::catalogue::{Cause, CauseId, Way};
use crate::trial::{Fit, Trial, reason};

// Cause: B16 sense of a refund | 退款冲正方向
//
// The record says that the money went back, and it is booked as if it had come, or twice, or not
// at all. Without more than the record this cannot be told from a sign that was lost.
//
// source:
//     id,status,paid
//     1,refunded,-80.00
// expected:
//     id:key,amount:money
//     1,-80.00
// target:
//     1,80.00
// says: B9 consistent, or B16; amount: -80.00 became 80.00: the minus sign was lost
pub(crate) const CAUSE: Cause = Cause {
    id: CauseId::B16,
    en: "sense of a refund",
    zh: "退款冲正方向",
    ways: &[Way::Field(offer), Way::Record(offer_record)],
};

fn offer(case: &Case<'_>, field: &Field<'_>, trial: &mut Trial<'_>) {
    let Some(pair) = field.numbers else { return };
    let senses = [
        (
            pair.expected.checked_neg(),
            Fit::Exact,
            "a refund was booked as the original",
            "退款按原交易方向入账",
        ),
        (
            pair.expected.checked_mul_int(2),
            // Whatever is added twice comes to the same, a refund or not.
            Fit::Loose,
            "a refund was booked twice",
            "退款重复入账",
        ),
        (
            Some(Decimal::new(0, field.scale())),
            Fit::Loose,
            "a refund was not booked",
            "退款未入账",
        ),
    ];
    for (value, fit, en, zh) in senses {
        let Some(value) = value else { continue };
        // The words of all columns are looked at last, for that takes longest.
        if (value == pair.actual || trial.tried.is_some()) && case.is_refund() {
            trial.manner = Some(en.to_owned());
            trial.number(field, value, fit, || reason(en, zh));
        }
    }
    trial.manner = None;
}

fn offer_record(case: &Case<'_>, trial: &mut Trial<'_>) {
    let (en, zh) = match case.found.kind {
        BreakKind::Missing => ("a refund was not booked", "退款未入账"),
        BreakKind::Extra => ("a refund was booked once more", "退款多入账一次"),
        BreakKind::Copies => (
            "a refund was booked another number of times",
            "退款入账次数不符",
        ),
        BreakKind::Differs => return,
    };
    if case.is_refund() {
        trial.whole(case.found.actual.as_ref(), true, Fit::Loose, || {
            reason(en, zh)
        });
    }
}
