use ledger::Decimal;

use super::separator::unread;
use crate::case::{Case, Field};
use crate::catalogue::{Cause, CauseId, Way};
use crate::explanation::Says;
use crate::number;
use crate::trial::{Fit, Trial, reason};

// Cause: B9 sign lost or turned | 正负号丢失
//
// A minus sign is lost, or read where there is none: a trailing minus, parentheses, a CR, the
// overpunched last digit of an old file, `abs()`.
//
// source:
//     id,paid
//     1,-468.60
//     2,(252.00)
// expected:
//     id:key,amount:money
//     1,-468.60
//     2,-252.00
// target:
//     1,468.60
//     2,252.00
// says: B9 proved; amount: -468.60 became 468.60: the minus sign was lost
// says: B9 proved; amount: -252.00 became 252.00: the minus sign was lost: parentheses were read as plus
pub(crate) const CAUSE: Cause = Cause {
    id: CauseId::B9,
    en: "sign lost or turned",
    zh: "正负号丢失",
    ways: &[Way::Field(offer)],
};

fn offer(case: &Case<'_>, field: &Field<'_>, trial: &mut Trial<'_>) {
    for text in case.unread(field) {
        if mark(text).is_some() {
            trial.text(field, None, Fit::Loose, || unread(text));
        }
    }
    let Some(pair) = field.numbers else { return };
    if let Some(turned) = pair.expected.checked_neg() {
        trial.number(field, turned, Fit::Exact, || says(case, pair.expected));
    }
    for (_, text) in case.source_values() {
        if let Some((value, meant)) = without_overpunch(text, field.scale())
            && number::magnitude(meant) == number::magnitude(pair.expected)
        {
            trial.number(field, value, Fit::Exact, || {
                reason(
                    "the overpunched last digit was misread",
                    "末位符号叠打被误读",
                )
            });
        }
    }
}

fn says(case: &Case<'_>, expected: Decimal) -> Says {
    if !expected.is_negative() {
        return reason("the sign was turned", "正负号被反转");
    }
    let source = case
        .numbers
        .iter()
        .find(|number| number.is_source && number.value == expected);
    match source.and_then(|source| mark(source.text)) {
        Some((en, zh)) => reason(
            format!("the minus sign was lost: {en} was read as plus")
                .replace("parentheses was", "parentheses were"),
            format!("负号丢失：{zh}被读作正数"),
        ),
        None => reason("the minus sign was lost", "负号丢失"),
    }
}

/// Names an unusual way to write a negative amount.
fn mark(text: &str) -> Option<(&'static str, &'static str)> {
    let text = text.trim();
    let has = |marks: &[&str]| marks.iter().any(|mark| text.contains(mark));
    if has(&["(", "\u{ff08}"]) {
        Some(("parentheses", "括号"))
    } else if text.ends_with(['-', '\u{2212}', '\u{ff0d}']) {
        Some(("a trailing minus", "末尾的负号"))
    } else if has(&["CR", "cr", "Cr", "贷"]) {
        Some(("CR", "贷方标记"))
    } else {
        None
    }
}

/// Reads `4686}` as a program does that knows no overpunched digits: without its last character. Gives
/// also what it means, signs apart.
fn without_overpunch(text: &str, scale: u8) -> Option<(Decimal, Decimal)> {
    const OVERPUNCHED: &str = "{ABCDEFGHI}JKLMNOPQR";
    let text = text.trim();
    let (digits, last) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let last = OVERPUNCHED.find(last)?.checked_rem(10)?;
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let read = Decimal::new(digits.parse().ok()?, scale);
    let meant = Decimal::new(format!("{digits}{last}").parse().ok()?, scale);
    Some((read, meant))
}
