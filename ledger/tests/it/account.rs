//! Sums of any size, and the closed account.

use ledger::{Account, Decimal, Wide};
use proptest::prelude::*;

fn amount(text: &str) -> Decimal {
    text.parse()
        .unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn wide(text: &str) -> Wide {
    text.parse()
        .unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn check_sum(amounts: &[&str], expect: &str) {
    let mut sum = Wide::new();
    amounts.iter().for_each(|text| sum.add(amount(text)));
    assert_eq!(sum.to_string(), expect, "{amounts:?}");
    let mut back = sum.clone();
    amounts.iter().for_each(|text| back.subtract(amount(text)));
    assert!(back.is_zero(), "{amounts:?}");
}

#[test]
fn sums_are_exact_and_show_the_longest_decimals() {
    check_sum(&[], "0");
    check_sum(&["0.00"], "0.00");
    check_sum(&["0.01", "-0.01"], "0.00");
    check_sum(&["0.1", "0.20"], "0.30");
    check_sum(&["-0.01"], "-0.01");
    check_sum(&["-1", "0.01"], "-0.99");
    check_sum(&["999999999999999999", "1"], "1000000000000000000");
    check_sum(&["-999999999999999999", "-1"], "-1000000000000000000");
    check_sum(&["900719925474099.21", "-900719925474099.22"], "-0.01");
    check_sum(&["0.000000000000000001", "1"], "1.000000000000000001");
    check_sum(&["0.0000000000000000001"], "0.0000000000000000001");
    check_sum(
        &["-0.00000000000000000000000000000000000001", "1"],
        "0.99999999999999999999999999999999999999",
    );
}

#[test]
fn sums_do_not_overflow() {
    let most = i128::MAX.to_string();
    check_sum(&[&most, &most], "340282366920938463463374607431768211454");
    let least = i128::MIN.to_string();
    check_sum(
        &[&least, &least],
        "-340282366920938463463374607431768211456",
    );
    check_sum(&[&most, &least], "-1");

    let mut sum = Wide::new();
    for _ in 0..1000 {
        sum.add(Decimal::new(i128::MAX, 17));
        sum.add(Decimal::new(i128::MAX, 0));
    }
    let mut other = Wide::new();
    for _ in 0..1000 {
        other.add_wide(&Decimal::new(i128::MAX, 0).into());
        other.add_wide(&Decimal::new(i128::MAX, 17).into());
    }
    assert_eq!(sum, other);
    assert_eq!(
        sum.to_string(),
        "170141183460469233433099138320576423043873.03715884105727000"
    );
}

#[test]
fn a_sum_is_read_as_it_is_shown() {
    for text in [
        "0",
        "0.00",
        "-0.01",
        "12.340",
        "1000000000000000000",
        "-123456789012345678901234567890123456789012345678901234567890.12345678901234567890123",
    ] {
        assert_eq!(wide(text).to_string(), text);
    }
    for text in [
        "", "-", ".", "1.", ".5", "1e3", "+1", " 1", "1,000", "--1", "1.2.3", "NaN",
    ] {
        assert!(text.parse::<Wide>().is_err(), "{text}");
    }
    assert_eq!(
        "1x".parse::<Wide>().expect_err("no number").to_string(),
        "`1x` is no plain decimal number"
    );
}

#[test]
fn sums_compare_by_value() {
    assert_eq!(wide("1.0"), wide("1.00"));
    assert!(wide("-2") < wide("-1.5") && wide("-1.5") < wide("0") && wide("0") < wide("0.001"));
    assert!(wide("1000000000000000000") > wide("999999999999999999.999"));
    assert!(wide("-0").is_zero() && !wide("-0").is_negative());
}

#[test]
fn a_sum_becomes_an_amount_where_it_fits() {
    assert_eq!(wide("-12.30").to_decimal(), Some(Decimal::new(-1230, 2)));
    assert_eq!(wide(&"9".repeat(50)).to_decimal(), None);
    let mut shown = wide("5");
    shown.show_decimals(2);
    assert_eq!(shown.to_string(), "5.00");
    let mut far = wide("0");
    far.show_decimals(40);
    assert_eq!(far.to_string(), format!("0.{}", "0".repeat(40)));
}

#[test]
fn an_account_closes_where_the_breaks_explain_the_difference() {
    let mut account = Account::new();
    account.add_totals("amount", "CNY", &wide("100.00"), &wide("100.01"));
    account.add_totals("amount", "USD", &wide("5.00"), &wide("7.50"));
    account.add_totals("fee", "CNY", &wide("0.10"), &wide("0.10"));
    account.add_break("amount", "CNY", amount("0.02"));
    account.add_break("amount", "CNY", amount("-0.01"));
    account.add_break_sum("amount", "USD", &wide("2"));

    let shown: Vec<String> = account
        .close()
        .iter()
        .map(|line| {
            let (total, residual) = (line.total(), line.residual_amount());
            format!(
                "{} {} {} {} {} breaks {} residual {} {}",
                total.column,
                total.currency,
                total.expected,
                total.actual,
                total.difference,
                line.breaks,
                residual.amount,
                line.is_closed()
            )
        })
        .collect();
    assert_eq!(
        shown,
        [
            "amount CNY 100.00 100.01 0.01 breaks 0.01 residual 0.00 true",
            "amount USD 5.00 7.50 2.50 breaks 2 residual 0.50 false",
            "fee CNY 0.10 0.10 0.00 breaks 0 residual 0.00 true",
        ]
    );
}

#[test]
fn a_break_in_a_currency_that_no_total_knows_stays_as_residual() {
    let mut account = Account::new();
    account.add_break("amount", "EUR", amount("0.01"));
    let lines = account.close();
    assert_eq!(lines.len(), 1);
    assert_eq!(lines[0].residual.to_string(), "-0.01");
    assert!(!lines[0].is_closed());
}

fn any_amount() -> impl Strategy<Value = Decimal> {
    prop_oneof![
        (any::<i128>(), any::<u8>()).prop_map(|(mantissa, scale)| Decimal::new(mantissa, scale)),
        (any::<i64>(), 0_u8..6)
            .prop_map(|(mantissa, scale)| Decimal::new(i128::from(mantissa), scale)),
    ]
}

/// Adds two numbers digit by digit, to have a second opinion.
fn add_on_paper(left: &str, right: &str) -> String {
    let parts = |text: &str| {
        let unsigned = text.trim_start_matches('-');
        let (whole, decimals) = unsigned.split_once('.').unwrap_or((unsigned, ""));
        (text.starts_with('-'), whole.to_owned(), decimals.to_owned())
    };
    let (left, right) = (parts(left), parts(right));
    let decimals = left.2.len().max(right.2.len());
    let wholes = left.1.len().max(right.1.len()) + 1;
    let digits = |part: &(bool, String, String)| -> Vec<i8> {
        let text = format!("{:0>wholes$}{:0<decimals$}", part.1, part.2);
        let sign = if part.0 { -1 } else { 1 };
        text.bytes()
            .map(|byte| sign * i8::try_from(byte - b'0').expect("a digit"))
            .collect()
    };
    let mut sum: Vec<i8> = digits(&left)
        .iter()
        .zip(digits(&right))
        .map(|(l, r)| l + r)
        .collect();
    let is_negative = sum
        .iter()
        .find(|digit| **digit != 0)
        .is_some_and(|digit| *digit < 0);
    // A first digit below zero does not settle the sign of 1,-9,-9 and the like, so carry twice.
    let carry_all = |sum: &mut Vec<i8>| {
        for index in (1..sum.len()).rev() {
            let carry = sum[index].div_euclid(10);
            sum[index] = sum[index].rem_euclid(10);
            sum[index - 1] += carry;
        }
    };
    if is_negative {
        sum.iter_mut().for_each(|digit| *digit = -*digit);
    }
    carry_all(&mut sum);
    let mut is_negative = is_negative;
    if sum[0] < 0 {
        is_negative = !is_negative;
        sum.iter_mut().for_each(|digit| *digit = -*digit);
        carry_all(&mut sum);
    }
    let text: String = sum.iter().map(|digit| digit.to_string()).collect();
    let (whole, decimals) = text.split_at(wholes);
    let whole = whole.trim_start_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    let sign = if is_negative && text.contains(|c| c != '0') {
        "-"
    } else {
        ""
    };
    if decimals.is_empty() {
        format!("{sign}{whole}")
    } else {
        format!("{sign}{whole}.{decimals}")
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn a_sum_is_what_one_adds_on_paper(amounts in prop::collection::vec(any_amount(), 0..8)) {
        let mut sum = Wide::new();
        let mut paper = "0".to_owned();
        for amount in &amounts {
            sum.add(*amount);
            paper = add_on_paper(&paper, &amount.to_string());
        }
        prop_assert_eq!(sum.to_string(), paper);
    }

    #[test]
    fn the_order_of_a_sum_does_not_matter(
        (amounts, shuffled) in prop::collection::vec(any_amount(), 0..30).prop_flat_map(|v| (Just(v.clone()), Just(v).prop_shuffle())),
        cut in 0_usize..30,
    ) {
        let add = |sum: &mut Wide, amounts: &[Decimal]| amounts.iter().for_each(|amount| sum.add(*amount));
        let mut sum = Wide::new();
        add(&mut sum, &amounts);
        let (left, right) = shuffled.split_at(cut.min(shuffled.len()));
        let (mut parts, mut rest) = (Wide::new(), Wide::new());
        add(&mut parts, left);
        add(&mut rest, right);
        parts.add_wide(&rest);
        prop_assert_eq!(sum.to_string(), parts.to_string());
        parts.subtract_wide(&sum);
        prop_assert!(parts.is_zero());
        prop_assert_eq!(&sum.to_string().parse::<Wide>().expect("shown"), &sum);
    }

    #[test]
    fn an_account_closes_when_every_change_is_a_break(changes in prop::collection::vec((any_amount(), any_amount(), 0_usize..3), 0..20)) {
        let currencies = ["CNY", "JPY", "USD"];
        let (mut account, mut part) = (Account::new(), Account::new());
        for (index, (before, after, currency)) in changes.iter().enumerate() {
            let currency = currencies[*currency];
            let into = if index % 2 == 0 { &mut account } else { &mut part };
            into.add_totals("amount", currency, &(*before).into(), &(*after).into());
            if let Some(difference) = after.checked_sub(*before) {
                into.add_break("amount", currency, difference);
            } else {
                into.add_break("amount", currency, *after);
                into.add_break("amount", currency, Decimal::new(before.mantissa / 2, before.scale).checked_neg().expect("a half"));
                let rest = before.mantissa - before.mantissa / 2;
                into.add_break("amount", currency, Decimal::new(rest, before.scale).checked_neg().expect("a half"));
            }
        }
        account.merge(&part);
        prop_assert!(account.close().iter().all(|line| line.is_closed()));
    }
}
