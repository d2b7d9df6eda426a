use ledger::Decimal;

use crate::case::{Case, Field};
use crate::catalogue::{Cause, CauseId, Way};
use crate::number;
use crate::trial::{Fit, Trial, reason};

// Cause: B1 transposition | 数字颠倒
//
// Two neighbouring digits of an amount change places. A person who types does this, a program
// hardly ever: look for rows that were mended by hand. Of one or two digits it proves nothing.
//
// expected:
//     id:key,amount:money
//     1,1234.56
// target:
//     1,1324.56
// says: B1 proved; amount: 1234.56 became 1324.56: the neighbouring digits 2 and 3 changed places
// expected:
//     id:key,fee:money
//     2,0.36
// target:
//     2,0.63
// says: B1 consistent; fee: 0.36 became 0.63: the neighbouring digits 3 and 6 changed places
pub(crate) const CAUSE: Cause = Cause {
    id: CauseId::B1,
    en: "transposition",
    zh: "数字颠倒",
    ways: &[Way::Field(offer)],
};

fn offer(_: &Case<'_>, field: &Field<'_>, trial: &mut Trial<'_>) {
    let Some(minor) = field.minor() else { return };
    let digits = minor.expected.unsigned_abs().to_string();
    let scale = field.scale();
    // A leading zero can change places with the first digit: 5.00 and 0.50 are ten apart, though,
    // and that is a slide.
    for (at, pair) in digits.as_bytes().windows(2).enumerate() {
        let [left, right] = pair else { continue };
        if left == right {
            continue;
        }
        let mut swapped = digits.clone().into_bytes();
        swapped.swap(at, at.saturating_add(1));
        let Some(swapped) = read(&swapped) else {
            continue;
        };
        let mantissa = if minor.expected < 0 {
            swapped.saturating_neg()
        } else {
            swapped
        };
        let value = Decimal::new(mantissa, scale);
        // A zero that comes to the front is written no more: it may as well have been dropped. Of two
        // digits there is one other order, and any rate may come to it.
        let is_dropped = at == 0 && *right == b'0';
        let is_short = number::are_short(Decimal::new(minor.expected, scale), value, scale);
        let fit = if is_dropped || is_short {
            Fit::Loose
        } else {
            Fit::Exact
        };
        let (left, right) = (char::from(*left), char::from(*right));
        trial.number(field, value, fit, || {
            reason(
                format!("the neighbouring digits {left} and {right} changed places"),
                format!("相邻数字 {left} 与 {right} 颠倒"),
            )
        });
    }
}

fn read(digits: &[u8]) -> Option<i128> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}
