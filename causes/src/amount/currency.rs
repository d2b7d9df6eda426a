use ledger::{Decimal, minor_units};

use crate::case::{Case, Field, Named};
use crate::catalogue::{Cause, CauseId, Way};
use crate::explanation::Says;
use crate::naming::{self, CURRENCY, RATE};
use crate::number::{self, ROUNDINGS};
use crate::trial::{Fit, Trial, reason};

// Cause: B13 currency or rate | 币种或汇率
//
// The amount is converted where it should not be, or not converted, or at the rate of another
// day; or the currency's code is another one.
//
// source:
//     id,paid,rate
//     1,100.00,6.1234
// expected:
//     id:key,amount:money
//     1,612.34
// target:
//     1,612.95
// says: B13 consistent, or M2; amount: 612.34 became 612.95: a rate near 6.1295 gives it, and the record has 6.1234
// expected:
//     id:key,amount:money,currency
//     2,5.00,USD
// target:
//     2,5.00,HKD
// says: B13 consistent; currency: USD became HKD: another currency
pub(crate) const CAUSE: Cause = Cause {
    id: CauseId::B13,
    en: "currency or rate",
    zh: "币种或汇率",
    ways: &[Way::Field(offer)],
};

fn offer(case: &Case<'_>, field: &Field<'_>, trial: &mut Trial<'_>) {
    if field.numbers.is_some() {
        offer_rates(case, field, trial);
    } else {
        offer_code(case, field, trial);
    }
}

fn offer_code(case: &Case<'_>, field: &Field<'_>, trial: &mut Trial<'_>) {
    let is_told =
        case.terms.currency_column.as_deref() == Some(field.name) || field.is_named(CURRENCY);
    let Some(actual) = field.actual else { return };
    if is_told && (minor_units(actual).is_some() || field.is_named(CURRENCY)) {
        trial.text(field, Some(actual), Fit::Loose, || {
            reason("another currency", "币种不同")
        });
    }
}

fn offer_rates(case: &Case<'_>, field: &Field<'_>, trial: &mut Trial<'_>) {
    let Some(pair) = field.numbers else { return };
    if currencies(case) > 1 {
        offer_near(field, pair.expected, pair.actual, trial, || {
            reason("a rate of another day may give it", "可由另一日的汇率得到")
        });
    }
    let rates = case
        .numbers
        .iter()
        .filter(|number| naming::is(number.name, RATE) && number.value > Decimal::ZERO);
    for rate in rates {
        for (rounding, ..) in ROUNDINGS {
            let product = number::times(pair.expected, rate.value);
            let converted =
                product.and_then(|value| number::at_scale(value, field.scale(), rounding));
            if let Some(value) = converted {
                trial.number(field, value, Fit::Exact, || {
                    reason(
                        format!("converted once more at {} {}", rate.name, rate.value),
                        format!("按 {} {} 多折算一次", rate.name, rate.value),
                    )
                });
            }
            if let Some(value) = number::over(pair.expected, rate.value, field.scale(), rounding) {
                trial.number(field, value, Fit::Exact, || {
                    reason(
                        format!("not converted at {} {}", rate.name, rate.value),
                        format!("未按 {} {} 折算", rate.name, rate.value),
                    )
                });
            }
        }
        if may_be_used(case, field, rate) {
            offer_near_rate(field, rate.value, pair.expected, pair.actual, trial);
        }
    }
}

/// Says whether the rule computes a field with a rate, as far as it can be read: only then another
/// day's rate can stand in its place.
fn may_be_used(case: &Case<'_>, field: &Field<'_>, rate: &Named<'_>) -> bool {
    let origins = &field.column.comes_from;
    if origins.is_empty() || rate.is_source {
        return origins.is_empty() || origins.iter().any(|origin| origin.column == rate.name);
    }
    let mut columns = case.terms.columns.iter();
    let own = columns.find(|column| column.name == rate.name);
    own.is_none_or(|own| {
        let mut others = own.comes_from.iter();
        own.comes_from.is_empty() || others.any(|origin| origins.contains(origin))
    })
}

/// The number of different currencies that the record's columns name.
fn currencies(case: &Case<'_>) -> usize {
    let mut codes: Vec<&str> = case
        .source_values()
        .chain(case.expected_values())
        .filter(|(_, value)| value.len() == 3 && minor_units(value).is_some())
        .map(|(_, value)| value)
        .collect();
    codes.sort_unstable();
    codes.dedup();
    codes.len()
}

/// Offers what the target holds where it is within a fifth of what is expected.
fn offer_near(
    field: &Field<'_>,
    expected: Decimal,
    actual: Decimal,
    trial: &mut Trial<'_>,
    says: impl FnOnce() -> Says,
) {
    let ratio = |by: i128| expected.checked_mul_int(by);
    let (Some(low), Some(high), Some(actual_5)) = (ratio(4), ratio(6), actual.checked_mul_int(5))
    else {
        return;
    };
    if !expected.is_zero() && actual_5 >= low.min(high) && actual_5 <= low.max(high) {
        trial.number(field, actual, Fit::Loose, says);
    }
}

/// Fits a rate within a fifth of the record's own: that of another day, which nothing here tells.
fn offer_near_rate(
    field: &Field<'_>,
    rate: Decimal,
    expected: Decimal,
    actual: Decimal,
    trial: &mut Trial<'_>,
) {
    if expected.is_zero() {
        return;
    }
    let other = number::times(rate, actual)
        .and_then(|product| number::over(product, expected, 4, ledger::Rounding::HalfUp));
    let Some(other) = other else { return };
    offer_near(field, expected, actual, trial, || {
        reason(
            format!("a rate near {other} gives it, and the record has {rate}"),
            format!("汇率约 {other} 可得此数，而记录中为 {rate}"),
        )
    });
}
