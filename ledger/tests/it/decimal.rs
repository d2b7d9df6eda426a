//! Amounts: shown, compared, computed with.

use std::hash::{DefaultHasher, Hash, Hasher};

use ledger::{Decimal, MoneyError, Wide, format_decimal};
use proptest::prelude::*;

#[test]
fn amounts_are_shown_with_all_their_decimals() {
    let expect = [
        (0, 0, "0"),
        (0, 2, "0.00"),
        (5, 2, "0.05"),
        (-5, 2, "-0.05"),
        (50, 2, "0.50"),
        (123, 2, "1.23"),
        (-12345, 2, "-123.45"),
        (100, 0, "100"),
        (1, 4, "0.0001"),
        (5, -2, "500"),
        (-5, -2, "-500"),
        (0, -2, "0"),
        (i128::MAX, 0, "170141183460469231731687303715884105727"),
        (i128::MIN, 0, "-170141183460469231731687303715884105728"),
        (i128::MIN, 38, "-1.70141183460469231731687303715884105728"),
        (i128::MIN, 40, "-0.0170141183460469231731687303715884105728"),
    ];
    for (mantissa, scale, text) in expect {
        assert_eq!(format_decimal(mantissa, scale), text);
        if let Ok(scale) = u8::try_from(scale) {
            assert_eq!(Decimal::new(mantissa, scale).to_string(), text);
        }
    }
    assert_eq!(format!("[{:>8}]", Decimal::new(-5, 2)), "[   -0.05]");
    assert_eq!(format!("[{:+}]", Decimal::new(5, 2)), "[+0.05]");
}

#[test]
fn only_what_is_shown_is_read_back() {
    for text in [
        "", "-", ".", ".5", "5.", "-.5", "+5", " 5", "5 ", "1,000", "1e5", "0x1", "--5", "5-",
        "1.2.3", "５", "(5)",
    ] {
        assert!(text.parse::<Decimal>().is_err(), "{text}");
    }
    assert_eq!("-0.50".parse(), Ok(Decimal::new(-50, 2)));
    assert_eq!(
        "1.234".parse(),
        Ok(Decimal::new(1234, 3)),
        "nothing groups in this form"
    );
    let too_many = "170141183460469231731687303715884105728".parse::<Decimal>();
    assert!(
        matches!(too_many, Err(MoneyError::TooManyDigits { .. })),
        "{too_many:?}"
    );
}

#[test]
fn amounts_compare_by_value() {
    let equal = [
        ((10, 1), (100, 2)),
        ((0, 0), (0, 200)),
        ((-1, 0), (-1000, 3)),
        ((10, 255), (1, 254)),
    ];
    for ((m, s), (n, t)) in equal {
        assert_eq!(Decimal::new(m, s), Decimal::new(n, t));
        assert_eq!(hash_of(Decimal::new(m, s)), hash_of(Decimal::new(n, t)));
    }
    let ascending = [
        Decimal::new(i128::MIN, 0),
        Decimal::new(i128::MIN, 1),
        Decimal::new(-1, 0),
        Decimal::new(-1, 255),
        Decimal::new(0, 7),
        Decimal::new(1, 255),
        Decimal::new(1, 254),
        Decimal::new(9_007_199_254_740_992, 2),
        Decimal::new(9_007_199_254_740_993, 2),
        Decimal::new(i128::MAX, 1),
        Decimal::new(i128::MAX, 0),
    ];
    assert!(ascending.is_sorted() && ascending.windows(2).all(|pair| pair[0] != pair[1]));
}

#[test]
fn arithmetic_is_exact_or_refused() {
    let sum =
        |a: (i128, u8), b: (i128, u8)| Decimal::new(a.0, a.1).checked_add(Decimal::new(b.0, b.1));
    assert_eq!(
        sum((1, 1), (20, 2)).map(|d| d.to_string()).as_deref(),
        Some("0.30")
    );
    assert_eq!(sum((i128::MAX, 0), (1, 0)), None);
    assert_eq!(sum((i128::MAX, 0), (1, 1)), None, "it cannot be aligned");
    assert_eq!(
        Decimal::new(1, 0).checked_sub(Decimal::new(1, 2)),
        Some(Decimal::new(99, 2))
    );
    assert_eq!(Decimal::new(i128::MIN, 0).checked_neg(), None);
    assert_eq!(
        Decimal::new(-25, 2).checked_mul_int(4),
        Some(Decimal::new(-1, 0))
    );
    assert_eq!(Decimal::new(i128::MAX, 0).checked_mul_int(2), None);
}

#[test]
fn a_rescale_loses_nothing() {
    let expect = [
        ((1500, 3), 2, Some(150)),
        ((1501, 3), 2, None),
        ((15, 1), 2, Some(150)),
        ((0, 200), 2, Some(0)),
        ((1, 200), 2, None),
        ((1, 0), 38, Some(10_i128.pow(38))),
        ((1, 0), 39, None),
        ((2, 0), 38, None),
        ((7, 4), 4, Some(7)),
    ];
    for ((mantissa, scale), to, expect) in expect {
        let rescaled = Decimal::new(mantissa, scale).rescale_exact(to);
        assert_eq!(
            rescaled.map(|d| (d.mantissa, d.scale)),
            expect.map(|m| (m, to)),
            "{mantissa} {scale} -> {to}"
        );
    }
}

#[test]
fn serde_takes_amounts_as_strings_only() {
    let price = Decimal::new(-1230, 2);
    assert_eq!(serde_json::to_string(&price).expect("json"), "\"-12.30\"");
    assert_eq!(
        serde_json::from_str::<Decimal>("\"-12.30\"").expect("json"),
        price
    );
    assert!(
        serde_json::from_str::<Decimal>("-12.3").is_err(),
        "a JSON number may have been a float"
    );
}

fn hash_of(amount: Decimal) -> u64 {
    let mut hasher = DefaultHasher::new();
    amount.hash(&mut hasher);
    hasher.finish()
}

fn any_amount() -> impl Strategy<Value = Decimal> {
    let mantissa = prop_oneof![
        any::<i128>(),
        any::<i64>().prop_map(i128::from),
        -50_i128..50
    ];
    let scale = prop_oneof![any::<u8>(), 0_u8..5];
    // Trailing zeros make equal amounts of other scales likely.
    (mantissa, scale, 0_u32..4).prop_map(|(mantissa, scale, zeros)| {
        Decimal::new(
            mantissa.checked_mul(10_i128.pow(zeros)).unwrap_or(mantissa),
            scale,
        )
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn an_amount_is_read_as_it_is_shown(amount in any_amount()) {
        let back: Decimal = amount.to_string().parse().expect("shown");
        prop_assert_eq!((back.mantissa, back.scale), (amount.mantissa, amount.scale));
    }

    #[test]
    fn order_and_hash_are_those_of_the_exact_values(left in any_amount(), right in any_amount()) {
        let exact = Wide::from(left).cmp(&Wide::from(right));
        prop_assert_eq!(left.cmp(&right), exact);
        prop_assert_eq!(left == right, exact.is_eq());
        if exact.is_eq() {
            prop_assert_eq!(hash_of(left), hash_of(right));
        }
        let short = left.normalized();
        prop_assert_eq!(short, left);
        prop_assert!(short.scale == 0 || short.mantissa % 10 != 0);
    }

    #[test]
    fn sums_and_differences_are_exact_where_they_fit(left in any_amount(), right in any_amount()) {
        let (mut sum, mut difference) = (Wide::from(left), Wide::from(left));
        sum.add(right);
        difference.subtract(right);
        if let Some(narrow) = left.checked_add(right) {
            prop_assert_eq!(Wide::from(narrow), sum);
        }
        if let Some(narrow) = left.checked_sub(right) {
            prop_assert_eq!(Wide::from(narrow), difference);
        }
    }
}
