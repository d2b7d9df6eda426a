use ledger::{Decimal, Rounding};

use crate::case::{Case, Computed, Field};
use crate::catalogue::{Cause, CauseId, Way};
use crate::number::{self, ROUNDINGS};
use crate::trial::{Fit, Trial, reason};

// Cause: B5 rounding rule | 舍入规则
//
// The amount has more decimals before it is rounded than after, and another way of rounding is
// used than the rule says; or decimals are dropped that the rule keeps.
//
// source:
//     id,interest
//     1,1.245
// expected:
//     id:key,amount:money
//     1,1.25
// target:
//     1,1.24
// says: B5 consistent, or M1; amount: 1.25 became 1.24: 1.245 was rounded half to even and not half up
// source:
//     id,interest
//     2,10.02
// expected:
//     id:key,amount:money
//     2,10.02
// target:
//     2,10.00
// says: B5 consistent, or B8, M1; amount: 10.02 became 10.00: rounded to 0 decimals
// expected:
//     id:key,fee:money
//     3,0.57
// target:
//     3,1.00
// says: B5 consistent; fee: 0.57 became 1.00: rounded to 0 decimals
pub(crate) const CAUSE: Cause = Cause {
    id: CauseId::B5,
    en: "rounding rule",
    zh: "舍入规则",
    ways: &[Way::Field(offer)],
};

/// Number of factors whose products may be what was rounded.
const FACTORS_MAX: usize = 8;

fn offer(case: &Case<'_>, field: &Field<'_>, trial: &mut Trial<'_>) {
    let Some(pair) = field.numbers else { return };
    offer_fewer_decimals(field, pair.expected, trial);
    for way in case.computed(field) {
        offer_of_lines(field, way, trial);
    }
    if !is_off_by_last_digit(field) {
        return;
    }
    for unrounded in unrounded(case, field.scale()) {
        offer_roundings(field, pair.expected, unrounded, trial);
    }
    // That a product of the source's numbers comes to the amount may be chance.
    let is_shown = case.is_passed_on(pair.expected) || case.is_told_by_lines(field);
    if field.is_amount() && !is_shown {
        // The rule computes the amount from something that the records do not show.
        trial.number(field, pair.actual, Fit::Loose, || {
            reason(
                "off by the last digit, as another rounding gives it",
                "末位相差一，可由另一种舍入得到",
            )
        });
    }
}

/// Says whether both amounts differ by one in their last digit: that of the column, or the last one
/// that both write where the column has more, as 0.10 is among amounts of one decimal.
fn is_off_by_last_digit(field: &Field<'_>) -> bool {
    let (Some(pair), Some(off)) = (field.numbers, field.difference()) else {
        return false;
    };
    let decimals = |value: Decimal| value.normalized().scale;
    let written = decimals(pair.expected).max(decimals(pair.actual));
    let is_unit = |scale: u8| number::magnitude(off) == Decimal::new(1, scale);
    is_unit(field.scale()) || written > 0 && is_unit(written)
}

/// Says whether the rule may compute the amount from something that the records do not show: the
/// source does not hold it, and rounding no number of the source gives both values.
pub(super) fn may_be_computed(case: &Case<'_>, field: &Field<'_>) -> bool {
    let Some(pair) = field.numbers else {
        return false;
    };
    let gives = |unrounded: Decimal, value: Decimal| {
        let mut rounded = ROUNDINGS
            .iter()
            .map(|(rounding, ..)| number::at_scale(unrounded, field.scale(), *rounding));
        rounded.any(|rounded| rounded == Some(value))
    };
    let is_shown =
        |unrounded: &Decimal| gives(*unrounded, pair.expected) && gives(*unrounded, pair.actual);
    !case.is_told_by_lines(field)
        && !case.is_passed_on(pair.expected)
        && !unrounded(case, field.scale()).iter().any(is_shown)
}

fn offer_fewer_decimals(field: &Field<'_>, expected: Decimal, trial: &mut Trial<'_>) {
    // As the first of two causes this reaches too many amounts.
    if trial.steps.is_some() {
        return;
    }
    for scale in 0..field.scale() {
        for rounding in [Rounding::HalfUp, Rounding::HalfEven, Rounding::Down] {
            if let Some(value) = number::at_scale(expected, scale, rounding) {
                // One or two digits are rounded to one of few amounts, and any rate may come to it.
                let fit = if number::are_short(expected, value, field.scale()) {
                    Fit::Loose
                } else {
                    Fit::Exact
                };
                trial.number(field, value, fit, || {
                    reason(
                        format!("rounded to {scale} decimals"),
                        format!("舍入到 {scale} 位小数"),
                    )
                });
            }
        }
    }
}

/// Offers what the other ways of rounding make of an amount, where one of them makes the
/// expected one.
fn offer_roundings(
    field: &Field<'_>,
    expected: Decimal,
    unrounded: Decimal,
    trial: &mut Trial<'_>,
) {
    let rounded = |rounding| number::at_scale(unrounded, field.scale(), rounding);
    let of_rule = ROUNDINGS
        .iter()
        .find(|(rounding, ..)| rounded(*rounding) == Some(expected));
    let Some((rule, rule_en, rule_zh)) = of_rule else {
        return;
    };
    for (rounding, en, zh) in ROUNDINGS {
        if rounding == *rule {
            continue;
        }
        if let Some(value) = rounded(rounding) {
            let shown = unrounded.normalized();
            trial.number(field, value, Fit::Exact, || {
                reason(
                    format!("{shown} was rounded {en} and not {rule_en}"),
                    format!("{shown} 按{zh}而非{rule_zh}舍入"),
                )
            });
        }
    }
}

/// Offers what lines come to where they, or their total, are rounded in another way.
fn offer_of_lines(field: &Field<'_>, way: &Computed, trial: &mut Trial<'_>) {
    let Some((_, rule_en, rule_zh)) = ROUNDINGS.get(way.rounding) else {
        return;
    };
    let (of, count) = (&way.of, way.lines.len());
    for (rounding, (_, en, zh)) in ROUNDINGS.iter().enumerate() {
        let Some(value) = way.total(rounding, way.by_line) else {
            continue;
        };
        // As with the level: nothing tells how the rule rounds, nor what else may have cut the lines.
        trial.number(field, value, Fit::Loose, || {
            if way.by_line {
                reason(
                    format!("the {count} lines of {of} were rounded {en} and not {rule_en}"),
                    format!("{count} 笔 {of} 按{zh}而非{rule_zh}舍入"),
                )
            } else {
                reason(
                    format!("the total of {of} was rounded {en} and not {rule_en}"),
                    format!("{of} 的合计按{zh}而非{rule_zh}舍入"),
                )
            }
        });
    }
}

/// Amounts before rounding that the source can give: its numbers, and products of two.
fn unrounded(case: &Case<'_>, scale: u8) -> Vec<Decimal> {
    let numbers: Vec<Decimal> = case
        .numbers
        .iter()
        .filter(|number| number.is_source && !number.value.is_zero())
        .map(|number| number.value)
        .take(FACTORS_MAX)
        .collect();
    let mut all = numbers.clone();
    for (at, one) in numbers.iter().enumerate() {
        for other in numbers.iter().skip(at.saturating_add(1)) {
            let Some(product) = number::times(*one, *other) else {
                continue;
            };
            // A rate may be a fraction, a percentage, a permille or per ten thousand.
            all.extend(
                [0, -2, -3, -4]
                    .iter()
                    .filter_map(|by| number::slide(product, *by)),
            );
        }
    }
    let has_more =
        |value: &Decimal| number::at_scale(*value, scale, Rounding::Down) != Some(*value);
    all.retain(has_more);
    all
}
