use ledger::BreakKind;

use crate::case::{Case, Field};
use crate::catalogue::{Cause, CauseId, Way};
use crate::naming::STATUS;
use crate::trial::{Fit, Trial, reason};

// Cause: T10 pending resolved twice | 待定重复了结
//
// A pending record is both posted and voided, or resolved though it expired: the target holds one
// record more, or another status.
//
// expected:
//     id:key,status,amount:money
// target:
//     1,VOIDED,10.00
// says: A9 consistent, or A5, B16, T7, T10; the target has a record that the source does not give
pub(crate) const CAUSE: Cause = Cause {
    id: CauseId::T10,
    en: "pending resolved twice",
    zh: "待定重复了结",
    ways: &[Way::Field(offer), Way::Record(offer_record)],
};

const WORDS: &[&str] = &[
    "pending",
    "posted",
    "void",
    "closed",
    "cancel",
    "expired",
    "settled",
    "captured",
    "authori",
    "hold",
    "inflight",
    "processing",
    "committed",
    "待",
    "冻结",
    "过期",
    "预授权",
    "处理中",
    "在途",
    "撤销",
    "关闭",
];

fn is_resolved(value: &str) -> bool {
    let value = value.to_lowercase();
    WORDS.iter().any(|word| value.contains(word))
}

fn offer(_: &Case<'_>, field: &Field<'_>, trial: &mut Trial<'_>) {
    let Some(texts) = field
        .texts()
        .filter(|_| field.is_text() && field.is_named(STATUS))
    else {
        return;
    };
    if is_resolved(texts.expected) || is_resolved(texts.actual) {
        trial.text(field, field.actual, Fit::Loose, || {
            reason(
                "a pending record was resolved otherwise",
                "待定记录被另行了结",
            )
        });
    }
}

fn offer_record(case: &Case<'_>, trial: &mut Trial<'_>) {
    let is_more = match case.found.kind {
        BreakKind::Extra => true,
        BreakKind::Copies => case.found.copies.actual > case.found.copies.expected,
        BreakKind::Missing | BreakKind::Differs => false,
    };
    let tells = |(name, value): (&str, &str)| crate::naming::is(name, STATUS) && is_resolved(value);
    if is_more && case.all_values().any(tells) {
        trial.whole(case.found.actual.as_ref(), true, Fit::Loose, || {
            reason("a pending record was resolved twice", "待定记录被重复了结")
        });
    }
}
