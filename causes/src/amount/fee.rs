use ledger::{BreakKind, Decimal, Record, Rounding};

use crate::case::{Case, Field, Named};
use crate::catalogue::{Cause, CauseId, Way};
use crate::naming::{self, ACCOUNT, FEE, RATE, SUBJECT, TYPE, VOUCHER};
use crate::number;
use crate::trial::{Fit, Trial, reason};

// Cause: B10 gross or net | 手续费口径
//
// The amount is booked with its fee (or tax, or coupon) where the rule says without, or the other
// way round: it is off by exactly the fee of the record. One record cannot tell this from a fee
// that was taken twice or not at all (B11).
//
// source:
//     id,paid,fee
//     1,100.00,0.60
// expected:
//     id:key,amount:money
//     1,99.40
// target:
//     1,100.00
// says: B10 consistent, or B11, B12; amount: 99.40 became 100.00: the fee 0.60 was left out
pub(crate) const GROSS: Cause = Cause {
    id: CauseId::B10,
    en: "gross or net",
    zh: "手续费口径",
    ways: &[Way::Field(offer_gross)],
};

// Cause: B11 fee twice or not | 手续费重复或漏收
//
// The fee or interest is taken twice, or not at all. Of a voucher of several legs, that of the fee is
// there twice or missing, and another leg is off by as much.
//
// source:
//     id,paid,fee
//     1,100.00,0.60
// expected:
//     id:key,amount:money
//     1,99.40
// target:
//     1,98.80
// says: B10 consistent, or B11; amount: 99.40 became 98.80: the fee 0.60 was taken off once more
// expected:
//     voucher:key,leg:key,account,amount:money
//     V1,2,merchant,99.40
//     V1,3,fee income,0.60
// target:
//     V1,2,merchant,100.00
// says: B11 consistent, or A7; V1 3 is not there, and V1 2 is off by its 0.60: no fee was taken
// says: B11 consistent, or A1, A2, A3, A4, A7, A8, P3; V1 3 is not there, and V1 2 is off by its 0.60: no fee was taken
pub(crate) const TWICE: Cause = Cause {
    id: CauseId::B11,
    en: "fee twice or not",
    zh: "手续费重复或漏收",
    ways: &[
        Way::Field(offer_twice),
        Way::Record(offer_leg),
        Way::Together,
    ],
};

/// Rates of a record that a fee may be computed with.
const RATES_MAX: usize = 3;
/// Numbers of the source that a leg may be the fee of.
const NUMBERS_MAX: usize = 32;

fn offer_gross(case: &Case<'_>, field: &Field<'_>, trial: &mut Trial<'_>) {
    offer(case, field, trial);
}

fn offer_twice(case: &Case<'_>, field: &Field<'_>, trial: &mut Trial<'_>) {
    offer(case, field, trial);
    offer_own(field, trial);
}

fn offer(case: &Case<'_>, field: &Field<'_>, trial: &mut Trial<'_>) {
    let Some(pair) = field.numbers else { return };
    // Whether it can be a fee is asked last, for that takes longest.
    let off = field.difference().map(number::magnitude);
    let fits = |fee: &Named<'_>| Some(number::magnitude(fee.value)) == off;
    let wants_all = trial.wants_all();
    for fee in &case.numbers {
        if (wants_all || fits(fee)) && may_be_fee(fee, field) && !case.is_line_of(field, fee) {
            offer_fee(case, field, pair.expected, fee.name, fee.value, trial);
        }
    }
    // All fees at once, where there are several.
    let mut both = Decimal::ZERO;
    let mut count = 0_u32;
    for fee in case
        .numbers
        .iter()
        .filter(|fee| fee.is_source && fee.value.scale > 0)
    {
        if naming::is(fee.name, FEE) {
            both = both.checked_add(fee.value).unwrap_or(both);
            count = count.saturating_add(1);
        }
    }
    if count > 1 {
        offer_fee(case, field, pair.expected, "fees", both, trial);
    }
    offer_computed(case, field, pair.expected, trial);
}

/// Offers the leg of a voucher that books its fee: not there, no fee was taken, and there once more, it
/// was taken twice.
fn offer_leg(case: &Case<'_>, trial: &mut Trial<'_>) {
    let copies = case.found.copies;
    if case.found.kind == BreakKind::Differs || !books_fee(case) {
        return;
    }
    if copies.actual < copies.expected {
        trial.whole(None, true, Fit::Loose, || {
            reason(
                "it is the leg of a fee that was not taken, perhaps",
                "可能是未计收的手续费分录",
            )
        });
    } else {
        trial.whole(case.found.actual.as_ref(), true, Fit::Loose, || {
            reason(
                "it is the leg of a fee that was taken twice, perhaps",
                "可能是重复计收的手续费分录",
            )
        });
    }
}

/// Says whether a record is the leg of a voucher that books a fee: a code of its own says so, or its
/// amount is a fee of its source record.
fn books_fee(case: &Case<'_>) -> bool {
    let columns = &case.terms.columns;
    if !columns
        .iter()
        .any(|column| naming::is(&column.name, VOUCHER))
    {
        return false;
    }
    let found = case.found;
    let Some(record) = found.expected.as_ref().or(found.actual.as_ref()) else {
        return false;
    };
    let is_code = |name: &str| {
        let mut words = [ACCOUNT, SUBJECT, TYPE, VOUCHER].into_iter();
        words.any(|words| naming::is(name, words))
    };
    // In Chinese one sign of the word for a fee stands in that for consumption, which is none.
    let says_fee = |value: &str| {
        let mut words = FEE.iter().filter(|word| **word != "费");
        words.any(|word| naming::has(value, word))
    };
    let mut values = record.0.iter();
    let is_named = values.any(|(name, value)| {
        let value = value.as_deref().unwrap_or_default();
        is_code(name) && says_fee(value)
    });
    is_named || is_fee_of_source(case, record)
}

/// Says whether an amount of a record is what its source calls a fee, or an amount times a rate of it.
fn is_fee_of_source(case: &Case<'_>, record: &Record) -> bool {
    let money = case.terms.columns.iter().filter(|column| column.is_money);
    let amounts: Vec<Decimal> = money
        .filter_map(|column| record.get(&column.name).flatten()?.parse::<Decimal>().ok())
        .filter(|amount| !amount.is_zero())
        .map(number::magnitude)
        .collect();
    let [own] = amounts.as_slice() else {
        return false;
    };
    let numbers = || {
        case.source_values()
            .filter_map(|(name, text)| Some((name, number::magnitude(number::read(text)?))))
            .take(NUMBERS_MAX)
    };
    let is_rate = |name: &str, value: Decimal| value < Decimal::from(1) && naming::is(name, RATE);
    let is_product = |rate: Decimal| {
        numbers().any(|(_, amount)| {
            let fee = number::times(amount, rate)
                .and_then(|fee| number::at_scale(fee, own.scale, Rounding::HalfUp));
            amount > Decimal::from(1) && fee == Some(*own)
        })
    };
    let is_told = numbers().any(|(name, value)| value == *own && naming::is(name, FEE));
    let mut rates = numbers().filter(|(name, value)| is_rate(name, *value));
    is_told || rates.any(|(_, rate)| is_product(rate))
}

/// Offers what a column of fees itself holds where the fee was taken twice, or not at all.
fn offer_own(field: &Field<'_>, trial: &mut Trial<'_>) {
    let Some(pair) = field.numbers.filter(|_| field.is_named(FEE)) else {
        return;
    };
    // So small a fee is doubled by another rate as well.
    let fit = if number::has_few_digits(pair.expected) {
        Fit::Loose
    } else {
        Fit::Exact
    };
    if let Some(twice) = pair.expected.checked_mul_int(2) {
        trial.number(field, twice, fit, || {
            reason("the fee was taken twice", "手续费重复计收")
        });
    }
    trial.number(field, Decimal::ZERO, Fit::Loose, || {
        reason("the fee was not taken", "未计手续费")
    });
}

/// Offers fees that a rule computes: a rate of the source times another of its numbers; and the
/// gross amount itself, from which a computed fee should have been taken.
fn offer_computed(case: &Case<'_>, field: &Field<'_>, expected: Decimal, trial: &mut Trial<'_>) {
    let amounts = || {
        let numbers = case.numbers.iter().filter(|number| number.is_source);
        numbers.filter(|number| !number.value.is_zero() && number.value.scale > 0)
    };
    let is_rate = |number: &&Named<'_>| {
        number::magnitude(number.value) < Decimal::from(1) && naming::is(number.name, RATE)
    };
    for rate in amounts().filter(is_rate).take(RATES_MAX) {
        for amount in amounts().filter(|amount| amount.name != rate.name) {
            let fee = number::times(amount.value, rate.value)
                .and_then(|fee| number::at_scale(fee, field.scale(), Rounding::HalfUp));
            // The fee of an amount that has nothing to do with the record's is none of its own.
            let is_own = |fee: &Decimal| {
                is_near(amount.value, expected)
                    || number::magnitude(*fee) == number::magnitude(expected)
            };
            if let Some(fee) = fee.filter(|fee| !fee.is_zero() && is_own(fee)) {
                offer_fee(case, field, expected, "fee", fee, trial);
            }
        }
    }
    for gross in amounts().filter(|gross| !case.is_line_of(field, gross)) {
        let is_near =
            gross.value.is_negative() == expected.is_negative() && is_near(gross.value, expected);
        if is_near && !field.is_only_from(gross.name) {
            trial.number(field, gross.value, Fit::Exact, || {
                let name = gross.name;
                reason(
                    format!("it is {name}, before what is taken off"),
                    format!("为扣减前的 {name}"),
                )
            });
        }
    }
}

/// Says whether two amounts, signs apart, are within a fifth of the second.
fn is_near(amount: Decimal, expected: Decimal) -> bool {
    let expected = number::magnitude(expected);
    let off = number::magnitude(amount)
        .checked_sub(expected)
        .map(number::magnitude);
    let fifth = off.and_then(|off| off.checked_mul_int(5));
    fifth.is_some_and(|fifth| fifth <= expected)
}

/// Says whether a number can be a fee: it is named so, or it is written like money and smaller
/// than the amount.
fn may_be_fee(number: &Named<'_>, field: &Field<'_>) -> bool {
    if number.value.is_zero() || number.name == field.name && !number.is_source {
        return false;
    }
    naming::is(number.name, FEE) || {
        let is_smaller = field
            .numbers
            .is_some_and(|pair| number::magnitude(number.value) < number::magnitude(pair.expected));
        number.value.scale > 0 && is_smaller
    }
}

fn offer_fee(
    case: &Case<'_>,
    field: &Field<'_>,
    expected: Decimal,
    name: &str,
    fee: Decimal,
    trial: &mut Trial<'_>,
) {
    let said = if name == "fees" {
        "fees".to_owned()
    } else {
        name.to_owned()
    };
    let (with, without) = (expected.checked_add(fee), expected.checked_sub(fee));
    // What the rule does with the fee is told by the amount that it begins with.
    let is_shown = |amount: Option<Decimal>| {
        let mut numbers = case.numbers.iter();
        amount.is_some() && numbers.any(|number| Some(number.value) == amount)
    };
    let left_out = || {
        reason(
            format!("the {said} {fee} was left out"),
            format!("未计入 {said} {fee}"),
        )
    };
    let off = || {
        reason(
            format!("it is off by the {said} {fee}"),
            format!("相差 {said} {fee}"),
        )
    };
    if let Some(value) = with {
        trial.number(field, value, Fit::Exact, || {
            match (is_shown(with), is_shown(without)) {
                (true, _) => left_out(),
                (false, true) => reason(
                    format!("the {said} {fee} was added once more"),
                    format!("多加了一次 {said} {fee}"),
                ),
                (false, false) => off(),
            }
        });
    }
    if let Some(value) = without {
        trial.number(field, value, Fit::Exact, || {
            match (is_shown(with), is_shown(without)) {
                (true, _) => reason(
                    format!("the {said} {fee} was taken off once more"),
                    format!("多扣了一次 {said} {fee}"),
                ),
                (false, true) => left_out(),
                (false, false) => off(),
            }
        });
    }
}
