use ledger::{Decimal, Rounding};

use crate::case::{Case, Field};
use crate::catalogue::{Cause, CauseId, Way};
use crate::naming::{self, FUND, INCOME, SHARES, UNCONFIRMED, Words};
use crate::number::{self, ROUNDINGS};
use crate::trial::{Fit, Trial, reason};

// Cause: Q1 shares and amount mixed up | 份额与金额混淆
//
// A fund's shares stand where the amount should, or the other way round.
//
// source:
//     id,shares,paid
//     1,98.04,100.00
// expected:
//     id:key,amount:money
//     1,100.00
// target:
//     1,98.04
// says: B10 consistent, or B11, B12, Q1; amount: 100.00 became 98.04: it is shares, before what is taken off
pub(crate) const SHARES_FOR_AMOUNT: Cause = Cause {
    id: CauseId::Q1,
    en: "shares and amount mixed up",
    zh: "份额与金额混淆",
    ways: &[Way::Field(offer_shares)],
};

fn offer_shares(case: &Case<'_>, field: &Field<'_>, trial: &mut Trial<'_>) {
    if field.numbers.is_none() {
        return;
    }
    for other in &case.numbers {
        let is_itself = !other.is_source && other.name == field.name
            || other.is_source && field.is_only_from(other.name);
        // Shares for other shares are but the wrong column.
        let is_mixed = field.is_named(SHARES) != naming::is(other.name, SHARES);
        if is_itself || !is_mixed {
            continue;
        }
        if let Some(value) = number::at_scale(other.value, field.scale(), Rounding::HalfUp) {
            // As with any other column: what must be rounded first may come near by chance, and one or
            // two digits stand in many columns.
            let is_near = value != other.value || number::has_few_digits(value.normalized());
            let fit = if is_near { Fit::Loose } else { Fit::Exact };
            trial.number(field, value, fit, || {
                reason(
                    format!("it is the {} of the record", other.name),
                    format!("实为记录的 {}", other.name),
                )
            });
        }
    }
}

// Cause: Q2 income carried twice | 收益重复结转
//
// A day's income is added twice, or not.
//
// source:
//     id,base,income
//     1,100.00,0.01
// expected:
//     id:key,balance:money
//     1,100.01
// target:
//     1,100.02
// says: B10 consistent, or B5, B6, B7, B11, Q2, Q3; balance: 100.01 became 100.02: the income 0.01 was added once more
pub(crate) const TWICE: Cause = Cause {
    id: CauseId::Q2,
    en: "income carried twice",
    zh: "收益重复结转",
    ways: &[Way::Field(offer_twice)],
};

fn offer_twice(case: &Case<'_>, field: &Field<'_>, trial: &mut Trial<'_>) {
    let Some(pair) = field.numbers else { return };
    for income in case
        .numbers
        .iter()
        .filter(|number| naming::is(number.name, INCOME))
    {
        let fit = fit_of(income.value);
        for value in [
            pair.expected.checked_add(income.value),
            pair.expected.checked_sub(income.value),
        ] {
            let Some(value) = value else { continue };
            trial.number(field, value, fit, || {
                reason(
                    format!("the income {} was carried twice, or not", income.value),
                    format!("收益 {} 重复结转或漏结转", income.value),
                )
            });
        }
    }
    if field.is_named(INCOME)
        && let Some(twice) = pair.expected.checked_mul_int(2)
    {
        trial.number(field, twice, fit_of(pair.expected), || {
            reason("the income was carried twice", "收益重复结转")
        });
    }
}

/// A few cents are the income of many days and holdings.
fn fit_of(income: Decimal) -> Fit {
    if number::has_few_digits(income) {
        Fit::Loose
    } else {
        Fit::Exact
    }
}

// Cause: Q3 residue to the wrong holder | 尾差分配错误
//
// What remains of a day's income after rounding goes to another holder, or to none: two holders are
// off by one cent, and the sum is right.
//
// source:
//     holder,shares,income
//     H1,8334.00,1.00008
// expected:
//     holder:key,income:money
//     H1,1.01
// target:
//     H1,1.00
// says: B5 consistent, or B7, B8, M1, Q3, Q4; income: 1.01 became 1.00: rounded to 0 decimals
pub(crate) const RESIDUE: Cause = Cause {
    id: CauseId::Q3,
    en: "residue to the wrong holder",
    zh: "尾差分配错误",
    ways: &[Way::Field(offer_residue)],
};

fn offer_residue(case: &Case<'_>, field: &Field<'_>, trial: &mut Trial<'_>) {
    let (Some(minor), Some(pair)) = (field.minor(), field.numbers) else {
        return;
    };
    if field.is_amount() && minor.expected.abs_diff(minor.actual) == 1 && case.has_column(FUND) {
        trial.number(field, pair.actual, Fit::Loose, || {
            reason(
                "the residue of a day went to another holder",
                "当日尾差分给了其他持有人",
            )
        });
    }
}

// Cause: Q4 yield of the wrong day | 万份收益取错日
//
// Income is shares times the yield per ten thousand shares of another day.
//
// source:
//     holder,shares,yield
//     H1,100000.00,1.2000
// expected:
//     holder:key,income:money
//     H1,12.00
// target:
//     H1,12.35
// says: Q4 consistent, or M2; income: 12.00 became 12.35: a yield near 1.2350 for ten thousand shares gives it
pub(crate) const YIELD: Cause = Cause {
    id: CauseId::Q4,
    en: "yield of the wrong day",
    zh: "万份收益取错日",
    ways: &[Way::Field(offer_yield)],
};

fn offer_yield(case: &Case<'_>, field: &Field<'_>, trial: &mut Trial<'_>) {
    let Some(pair) = field.numbers else { return };
    if pair.actual.is_zero() || !pair.actual.is_negative() && pair.expected.is_negative() {
        return;
    }
    for shares in numbers(case, SHARES) {
        let other = number::slide(pair.actual, 4)
            .and_then(|value| number::over(value, shares, 4, Rounding::HalfUp));
        let own = number::slide(pair.expected, 4)
            .and_then(|value| number::over(value, shares, 4, Rounding::HalfUp));
        let (Some(other), Some(own)) = (other, own) else {
            continue;
        };
        // Yields move by less than a factor of four from one day to another.
        let most = own.checked_mul_int(4).unwrap_or(own);
        let fits = other > Decimal::ZERO
            && other <= most
            && own <= other.checked_mul_int(4).unwrap_or(other);
        if fits && own < Decimal::from(100) {
            trial.number(field, pair.actual, Fit::Loose, || {
                reason(
                    format!("a yield near {other} for ten thousand shares gives it"),
                    format!("万份收益约 {other} 可得此数"),
                )
            });
        }
    }
}

// Cause: Q5 income on unconfirmed shares | 未确认份额计息
//
// Shares that are not confirmed yet bear income, or confirmed ones do not.
//
// source:
//     holder,shares,unconfirmed,yield
//     H1,100000.00,50000.00,1.2000
// expected:
//     holder:key,income:money
//     H1,12.00
// target:
//     H1,18.00
// says: Q5 consistent, or Q4; income: 12.00 became 18.00: 50000.00 unconfirmed shares bore income
pub(crate) const UNCONFIRMED_CAUSE: Cause = Cause {
    id: CauseId::Q5,
    en: "income on unconfirmed shares",
    zh: "未确认份额计息",
    ways: &[Way::Field(offer_unconfirmed)],
};

fn offer_unconfirmed(case: &Case<'_>, field: &Field<'_>, trial: &mut Trial<'_>) {
    let Some(pair) = field.numbers else { return };
    for unconfirmed in numbers(case, UNCONFIRMED) {
        for shares in numbers(case, SHARES).filter(|shares| *shares != unconfirmed) {
            for (rounding, ..) in ROUNDINGS {
                // Income on both is the expected income, enlarged as the shares are.
                let Some(all) = shares.checked_add(unconfirmed) else {
                    continue;
                };
                let value = number::times(pair.expected, all)
                    .and_then(|product| number::over(product, shares, field.scale(), rounding));
                let Some(value) = value else { continue };
                trial.number(field, value, Fit::Exact, || {
                    reason(
                        format!("{unconfirmed} unconfirmed shares bore income"),
                        format!("未确认份额 {unconfirmed} 参与了计息"),
                    )
                });
            }
        }
        if field.difference().is_some() {
            offer_with_yield(case, field, unconfirmed, trial);
        }
    }
}

/// The income of unconfirmed shares at the record's own yield, added or taken off.
fn offer_with_yield(
    case: &Case<'_>,
    field: &Field<'_>,
    unconfirmed: Decimal,
    trial: &mut Trial<'_>,
) {
    let Some(pair) = field.numbers else { return };
    for rate in yields(case) {
        for (rounding, ..) in ROUNDINGS {
            let income_of = |shares: Decimal| {
                number::times(shares, rate)
                    .and_then(|product| number::slide(product, -4))
                    .and_then(|income| number::at_scale(income, field.scale(), rounding))
            };
            // Rounding all at once is not the same as adding what was rounded.
            let at_once = case
                .numbers
                .iter()
                .filter(|number| number.is_source && income_of(number.value) == Some(pair.expected))
                .find_map(|shares| income_of(shares.value.checked_add(unconfirmed)?));
            let income = income_of(unconfirmed);
            for value in [
                at_once,
                income.and_then(|income| pair.expected.checked_add(income)),
                income.and_then(|income| pair.expected.checked_sub(income)),
            ] {
                let Some(value) = value else { continue };
                trial.number(field, value, fit_of(value), || {
                    reason(
                        format!("{unconfirmed} unconfirmed shares bore income"),
                        format!("未确认份额 {unconfirmed} 参与了计息"),
                    )
                });
            }
        }
    }
}

/// The yields of the source: on a day of losses one is below zero.
pub(crate) fn yields(case: &Case<'_>) -> impl Iterator<Item = Decimal> {
    let of_source = case.numbers.iter().filter(|number| number.is_source);
    of_source
        .filter(|number| naming::is(number.name, INCOME) && !number.value.is_zero())
        .map(|number| number.value)
}

/// The numbers of the source above zero whose columns bear one of the words.
pub(crate) fn numbers(case: &Case<'_>, words: Words) -> impl Iterator<Item = Decimal> {
    case.numbers
        .iter()
        .filter(move |number| number.is_source && naming::is(number.name, words))
        .map(|number| number.value)
        .filter(|value| *value > Decimal::ZERO)
}
