use ledger::{Decimal, Rounding};

use crate::case::{Case, Field};
use crate::catalogue::{Cause, CauseId, Way};
use crate::explanation::Says;
use crate::number;
use crate::trial::{Fit, Trial, reason};

// Cause: B15 thousands or decimal sign | 千位或小数分隔符
//
// A comma or a point is read as what it is not: `1,234.56` becomes 1, `1.234,56` becomes 1.23,
// or the decimal point is dropped with the separators.
//
// source:
//     id,paid
//     7,"1,234.56"
// expected:
//     id:key,amount:money
//     7,1234.56
// target:
//     7,1.00
// says: B15 consistent, or B8; amount: 1234.56 became 1.00: 1,234.56 was read up to its first separator
pub(crate) const CAUSE: Cause = Cause {
    id: CauseId::B15,
    en: "thousands or decimal sign",
    zh: "千位或小数分隔符",
    ways: &[Way::Field(offer)],
};

fn offer(case: &Case<'_>, field: &Field<'_>, trial: &mut Trial<'_>) {
    for text in case.unread(field) {
        if text.trim().contains([',', '\'', ' ']) {
            trial.text(field, None, Fit::Loose, || unread(text));
        }
    }
    let Some(pair) = field.numbers else { return };
    let mut has_source = false;
    for number in case.numbers.iter().filter(|number| number.is_source) {
        if number::magnitude(number.value) == number::magnitude(pair.expected) {
            has_source = true;
            offer_readings(field, number.text, pair.expected.is_negative(), trial);
        }
    }
    if !has_source {
        let shown = pair.expected.to_string();
        offer_readings(field, &shown, pair.expected.is_negative(), trial);
    }
    // Whatever the source shows, what carried the amount may have grouped it.
    let grouped = grouped(pair.expected);
    offer_readings(field, &grouped, pair.expected.is_negative(), trial);
}

/// Says that a text was no number to the program that read it.
pub(super) fn unread(text: &str) -> Says {
    let text = text.trim();
    reason(
        format!("{text} was not read as a number"),
        format!("{text} 未被识别为数字"),
    )
}

fn offer_readings(field: &Field<'_>, text: &str, is_negative: bool, trial: &mut Trial<'_>) {
    let body: String = text
        .chars()
        .filter(|sign| sign.is_ascii_digit() || matches!(sign, '.' | ',' | '\'' | ' '))
        .collect();
    let body = body.trim();
    // A point alone is the decimal point: what is read up to it has lost its decimals, no more.
    let is_plain = !body.contains(',') && body.matches('.').count() == 1;
    let is_separator = |sign: char| !sign.is_ascii_digit();
    let first = body
        .split(is_separator)
        .next()
        .filter(|_| !is_plain)
        .unwrap_or_default();
    let all: String = body.chars().filter(char::is_ascii_digit).collect();
    // A point for a comma and a comma for a point, the first of them being the decimal sign.
    let mut parts = body.split(is_separator);
    let whole = parts.next().unwrap_or_default();
    let decimals = parts.next().unwrap_or_default();
    let turned = format!("{whole}.{decimals}");
    let last = body
        .rsplit_once(is_separator)
        .map(|(whole, decimals)| {
            let whole: String = whole.chars().filter(char::is_ascii_digit).collect();
            format!("{whole}.{decimals}")
        })
        .unwrap_or_default();
    let readings = [
        (
            first,
            "was read up to its first separator",
            "只读到第一个分隔符",
        ),
        (
            all.as_str(),
            "was read without its decimal sign",
            "被去掉小数点读取",
        ),
        (
            turned.as_str(),
            "was read with its first separator as the decimal sign",
            "第一个分隔符被当作小数点",
        ),
        (
            last.as_str(),
            "was read with its last separator as the decimal sign",
            "最后一个分隔符被当作小数点",
        ),
    ];
    for (digits, en, zh) in readings {
        let Ok(value) = digits.parse::<Decimal>() else {
            continue;
        };
        let signed = if is_negative {
            value.checked_neg()
        } else {
            Some(value)
        };
        for rounding in [Rounding::HalfUp, Rounding::Down] {
            let Some(value) =
                signed.and_then(|value| number::at_scale(value, field.scale(), rounding))
            else {
                continue;
            };
            trial.number(field, value, Fit::Exact, || {
                reason(
                    format!("{} {en}", text.trim()),
                    format!("{} {zh}", text.trim()),
                )
            });
        }
    }
}

/// Writes an amount with commas between its thousands.
fn grouped(value: Decimal) -> String {
    let shown = number::magnitude(value).to_string();
    let (whole, decimals) = shown.split_once('.').unwrap_or((&shown, ""));
    let mut text = String::new();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && whole.len().saturating_sub(at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if !decimals.is_empty() {
        text.push('.');
        text.push_str(decimals);
    }
    text
}
