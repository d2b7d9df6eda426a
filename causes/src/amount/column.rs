use crate::case::{Case, Field};
use crate::catalogue::{Cause, CauseId, Way};
use crate::number::{self, ROUNDINGS};
use crate::terms::Kind;
use crate::trial::{Fit, Trial, reason};

// Cause: B12 wrong column | 取错字段
//
// The field holds another column of the source record: the settled amount for the original one,
// the balance for the amount.
//
// source:
//     id,paid,settled
//     1,100.00,640.12
// expected:
//     id:key,amount:money
//     1,100.00
// target:
//     1,640.12
// says: B12 proved; amount: 100.00 became 640.12: it was taken from the column settled
pub(crate) const CAUSE: Cause = Cause {
    id: CauseId::B12,
    en: "wrong column",
    zh: "取错字段",
    ways: &[Way::Field(offer)],
};

fn offer(case: &Case<'_>, field: &Field<'_>, trial: &mut Trial<'_>) {
    if field.numbers.is_some() {
        offer_numbers(case, field, trial);
    } else if field.is_text() {
        offer_texts(case, field, trial);
    }
}

fn offer_numbers(case: &Case<'_>, field: &Field<'_>, trial: &mut Trial<'_>) {
    for other in &case.numbers {
        let is_itself = !other.is_source && other.name == field.name;
        // What the rule rounds to the expected amount is the right column.
        let is_rounded = field.numbers.is_some_and(|pair| {
            ROUNDINGS.iter().any(|(rounding, ..)| {
                number::at_scale(other.value, field.scale(), *rounding) == Some(pair.expected)
            })
        });
        if is_itself || is_rounded {
            continue;
        }
        for rounding in [ledger::Rounding::HalfUp, ledger::Rounding::Down] {
            if let Some(value) = number::at_scale(other.value, field.scale(), rounding) {
                trial.number(field, value, Fit::Exact, || says(other.name));
                if value == other.value {
                    break;
                }
            }
        }
    }
}

fn offer_texts(case: &Case<'_>, field: &Field<'_>, trial: &mut Trial<'_>) {
    let beside = case
        .expected_values()
        .filter(|(name, _)| *name != field.name);
    for (name, text) in case.source_values().chain(beside) {
        if field.expected.is_some() {
            trial.text(field, Some(text), Fit::Exact, || says(name));
        }
    }
    if field.actual.is_none() || field.actual == Some("") {
        for (name, value) in case.found.source.iter().flat_map(|source| &source.fields.0) {
            if field.column.kind == Kind::Text && value.as_deref().is_none_or(str::is_empty) {
                trial.text(field, value.as_deref(), Fit::Loose, || says(name));
            }
        }
    }
}

fn says(name: &str) -> crate::explanation::Says {
    reason(
        format!("it was taken from the column {name}"),
        format!("取自字段 {name}"),
    )
}
