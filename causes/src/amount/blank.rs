use ledger::Decimal;

use crate::case::{Case, Field};
use crate::catalogue::{Cause, CauseId, Way};
use crate::explanation::Says;
use crate::naming::{ACCOUNT, COUNTERPARTY, CURRENCY, CUSTOMER, STATUS, TYPE, Words};
use crate::terms::Kind;
use crate::trial::{Fit, Trial, reason};

// Cause: B14 blank and zero mixed up | 空值与零混淆
//
// What is not there is booked as zero or as a default, or a zero as if it were not there. Among codes
// and accounts a default may be one of them, and proves nothing.
//
// expected:
//     id:key,amount:money
//     1,NULL
// target:
//     1,0.00
// says: B14 proved; amount: NULL became 0.00: what is not there became a default
// expected:
//     id:key,type
//     2,NULL
// target:
//     2,NA
// says: B14 consistent, or D2; type: NULL became NA: what is not there became a default
pub(crate) const CAUSE: Cause = Cause {
    id: CauseId::B14,
    en: "blank and zero mixed up",
    zh: "空值与零混淆",
    ways: &[Way::Field(offer)],
};

/// What programs put in the place of nothing.
const DEFAULTS: &[&str] = &[
    "",
    "0",
    "-",
    "--",
    "N/A",
    "n/a",
    "NA",
    "NULL",
    "null",
    "None",
    "none",
    "nil",
    "\\N",
    "NaN",
    "nan",
    "unknown",
    "UNKNOWN",
    "Unknown",
    "undefined",
    "false",
    "1970-01-01",
    "1900-01-01",
    "0001-01-01",
    "1970-01-01T00:00:00Z",
    "1900-01-01T00:00:00Z",
    "9999-12-31",
    "未知",
    "无",
    "空",
    "默认",
];

/// Columns whose values are codes: what stands for nothing elsewhere may be one of them.
const CODES: &[Words] = &[TYPE, STATUS, ACCOUNT, CUSTOMER, COUNTERPARTY, CURRENCY];

fn offer(_: &Case<'_>, field: &Field<'_>, trial: &mut Trial<'_>) {
    let is_nothing = |value: Option<&str>| value.is_none_or(|text| text.trim().is_empty());
    let is_default =
        |value: Option<&str>| value.is_none_or(|text| DEFAULTS.contains(&text) || is_zero(text));
    if is_nothing(field.expected) {
        offer_if(is_default(field.actual), field, trial, || {
            reason("what is not there became a default", "空值变成了默认值")
        });
    } else if is_nothing(field.actual) && is_default(field.expected) {
        trial.text(field, field.actual, fit_of_gone(field), || {
            reason("a default became nothing", "默认值变成了空值")
        });
    }
}

fn offer_if(fits: bool, field: &Field<'_>, trial: &mut Trial<'_>, says: impl FnOnce() -> Says) {
    if fits {
        trial.text(field, field.actual, fit_of_new(field), says);
    }
}

/// A default in the place of a code may as well be another code.
fn fit_of_new(field: &Field<'_>) -> Fit {
    let is_named = CODES.iter().any(|words| field.is_named(words));
    let is_blank = field.actual.is_none_or(|text| text.trim().is_empty());
    if is_named && !is_blank && may_be_code(field, field.actual) {
        Fit::Loose
    } else {
        Fit::Exact
    }
}

/// A default that is a code may as well be one that no table has a row for.
fn fit_of_gone(field: &Field<'_>) -> Fit {
    if may_be_code(field, field.expected) {
        Fit::Loose
    } else {
        Fit::Exact
    }
}

/// Says whether a column may hold codes, as far as its kind and one of its values tell.
fn may_be_code(field: &Field<'_>, value: Option<&str>) -> bool {
    let kind = field.column.kind;
    let is_whole = |text: &str| text.parse::<Decimal>().is_ok_and(|zero| zero.scale == 0);
    field.is_text()
        || kind == Kind::Boolean
        || kind == Kind::Number && !field.column.is_money && value.is_some_and(is_whole)
}

fn is_zero(text: &str) -> bool {
    text.contains('0') && text.bytes().all(|byte| matches!(byte, b'0' | b'.' | b'-'))
}
