use ledger::{Decimal, Rounding};

use crate::case::{Case, Field, Named};
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
    } else if field.is_new_number() {
        offer_new(case, field, trial);
    } else if field.is_gone() && field.column.kind == Kind::Number {
        offer_empty(case, field, trial);
    } else if field.is_text() {
        offer_texts(case, field, trial);
    }
}

fn offer_numbers(case: &Case<'_>, field: &Field<'_>, trial: &mut Trial<'_>) {
    offer_lines(case, field, trial);
    for other in &case.numbers {
        let is_itself = !other.is_source && other.name == field.name
            || other.is_source && field.is_only_from(other.name);
        if is_itself {
            continue;
        }
        for rounding in [Rounding::HalfUp, Rounding::Down] {
            let Some(value) = number::at_scale(other.value, field.scale(), rounding) else {
                continue;
            };
            let matters =
                trial.wants_all() || field.numbers.is_some_and(|pair| pair.actual == value);
            if matters && !is_rounded(field, other.value) {
                // A number that must be rounded first may come near by chance, and one or two digits
                // stand in many columns.
                let fit =
                    if value != other.value || number::has_few_digits(other.value.normalized()) {
                        Fit::Loose
                    } else {
                        Fit::Exact
                    };
                trial.number(field, value, fit, || says(other.name));
            }
            if value == other.value {
                break;
            }
        }
    }
}

/// Offers what another column holds where nothing is expected.
fn offer_new(case: &Case<'_>, field: &Field<'_>, trial: &mut Trial<'_>) {
    let Some(actual) = field.actual.and_then(|text| text.parse::<Decimal>().ok()) else {
        return;
    };
    let is_other = |other: &&Named<'_>| {
        other.value == actual && !(other.is_source && field.is_only_from(other.name))
    };
    for other in case.numbers.iter().filter(is_other) {
        // A zero is what many things leave, and one or two digits stand in many columns.
        let fit = if number::has_few_digits(other.value.normalized()) {
            Fit::Loose
        } else {
            Fit::Exact
        };
        trial.text(field, field.actual, fit, || says(other.name));
    }
}

/// Offers the amount of one line where the total of all is expected.
fn offer_lines(case: &Case<'_>, field: &Field<'_>, trial: &mut Trial<'_>) {
    let Some(lines) = case.lines_of(field) else {
        return;
    };
    for amount in &lines.amounts {
        let fit = if number::has_few_digits(amount.normalized()) {
            Fit::Loose
        } else {
            Fit::Exact
        };
        let (column, table) = (lines.column, lines.table);
        trial.number(field, *amount, fit, || {
            reason(
                format!("it is the {column} of one record of {table} and not the total of all"),
                format!("取自 {table} 中一条记录的 {column}，而非合计"),
            )
        });
    }
}

/// Says whether the rule may have rounded a number to the expected one: then its column is right.
fn is_rounded(field: &Field<'_>, value: Decimal) -> bool {
    field.numbers.is_some_and(|pair| {
        ROUNDINGS.iter().any(|(rounding, ..)| {
            number::at_scale(value, field.scale(), *rounding) == Some(pair.expected)
        })
    })
}

fn offer_texts(case: &Case<'_>, field: &Field<'_>, trial: &mut Trial<'_>) {
    let beside = case
        .expected_values()
        .filter(|(name, _)| *name != field.name);
    let others = case
        .source_values()
        .filter(|(name, _)| !field.is_only_from(name));
    for (name, text) in others.chain(beside) {
        // Where nothing is expected any default may stand, and be what another column holds.
        let fit = if field.expected.is_none() {
            Fit::Loose
        } else {
            Fit::Exact
        };
        trial.text(field, Some(text), fit, || says(name));
    }
    if field.column.kind == Kind::Text && field.actual.is_none_or(str::is_empty) {
        offer_empty(case, field, trial);
    }
}

/// Offers the columns of the source that hold nothing.
fn offer_empty(case: &Case<'_>, field: &Field<'_>, trial: &mut Trial<'_>) {
    for (name, value) in case.found.source.iter().flat_map(|source| &source.fields.0) {
        let value = value.as_deref();
        if !value.is_none_or(str::is_empty) || field.is_only_from(name) {
            continue;
        }
        // What is empty in a book of text is nothing in a column of numbers.
        let value = value.filter(|_| field.is_text());
        trial.text(field, value, Fit::Loose, || says(name));
    }
}

fn says(name: &str) -> crate::explanation::Says {
    reason(
        format!("it was taken from the column {name}"),
        format!("取自字段 {name}"),
    )
}
