//! Rounding, against a second way to compute it: on the digits of the written number.

use ledger::{Rounding, round};
use proptest::prelude::*;

const ALL: [Rounding; 4] = [
    Rounding::HalfUp,
    Rounding::HalfEven,
    Rounding::Down,
    Rounding::Up,
];

fn check(mantissa: i128, from: u8, to: u8, expect: [i128; 4]) {
    for (rounding, expect) in ALL.into_iter().zip(expect) {
        assert_eq!(
            round(mantissa, from, to, rounding),
            Some(expect),
            "{mantissa} {from}->{to} {rounding:?}"
        );
    }
}

#[test]
fn each_way_of_rounding_does_what_its_name_says() {
    //                     half-up half-even down up
    check(1004, 3, 2, [100, 100, 100, 101]);
    check(1005, 3, 2, [101, 100, 100, 101]);
    check(1015, 3, 2, [102, 102, 101, 102]);
    check(1006, 3, 2, [101, 101, 100, 101]);
    check(1000, 3, 2, [100, 100, 100, 100]);
    check(5, 1, 0, [1, 0, 0, 1]);
    check(15, 1, 0, [2, 2, 1, 2]);
    check(25, 1, 0, [3, 2, 2, 3]);
    check(1, 1, 0, [0, 0, 0, 1]);
    check(0, 9, 2, [0, 0, 0, 0]);
    check(50, 2, 0, [1, 0, 0, 1]);
    check(51, 2, 0, [1, 1, 0, 1]);
    check(49, 2, 0, [0, 0, 0, 1]);
    check(123, 2, 2, [123, 123, 123, 123]);
    check(123, 2, 4, [12300, 12300, 12300, 12300]);
    check(29, 2, 2, [29, 29, 29, 29]);
}

#[test]
fn rounding_mirrors_at_zero() {
    check(-1005, 3, 2, [-101, -100, -100, -101]);
    check(-1004, 3, 2, [-100, -100, -100, -101]);
    check(-5, 1, 0, [-1, 0, 0, -1]);
    check(-15, 1, 0, [-2, -2, -1, -2]);
    check(-1, 1, 0, [0, 0, 0, -1]);
}

#[test]
fn far_more_decimals_than_digits_leave_nothing_or_one() {
    check(i128::MAX, 39, 0, [0, 0, 0, 1]);
    check(i128::MIN, 39, 0, [0, 0, 0, -1]);
    check(i128::MAX, 255, 0, [0, 0, 0, 1]);
    check(0, 255, 0, [0, 0, 0, 0]);
    check(i128::MAX, 38, 0, [2, 2, 1, 2]);
    check(i128::MIN, 38, 0, [-2, -2, -1, -2]);
}

#[test]
fn what_does_not_fit_is_said() {
    assert_eq!(round(i128::MAX, 0, 1, Rounding::Down), None);
    assert_eq!(round(1, 0, 39, Rounding::Down), None);
    assert_eq!(round(1, 0, 38, Rounding::Down), Some(10_i128.pow(38)));
    assert_eq!(round(0, 0, 255, Rounding::Up), Some(0));
}

/// Rounds the digits as one does on paper.
fn on_paper(mantissa: i128, from: u8, to: u8, rounding: Rounding) -> Option<i128> {
    let digits = mantissa.unsigned_abs().to_string();
    let sign = if mantissa < 0 { "-" } else { "" };
    if to >= from {
        let zeros = "0".repeat(usize::from(to - from));
        return if mantissa == 0 {
            Some(0)
        } else {
            format!("{sign}{digits}{zeros}").parse().ok()
        };
    }
    let cut = usize::from(from - to);
    let digits = format!("{}{digits}", "0".repeat(cut + 1));
    let (kept, lost) = digits.split_at(digits.len() - cut);
    let half = format!("5{}", "0".repeat(cut - 1));
    let is_odd = kept.ends_with(['1', '3', '5', '7', '9']);
    let goes_up = match rounding {
        Rounding::Down => false,
        Rounding::Up => lost.contains(|c| c != '0'),
        Rounding::HalfUp => lost >= half.as_str(),
        Rounding::HalfEven => lost > half.as_str() || (lost == half && is_odd),
    };
    let kept = if goes_up {
        one_more(kept)
    } else {
        kept.to_owned()
    };
    format!("{sign}{kept}").parse().ok()
}

fn one_more(digits: &str) -> String {
    let nines = digits.len() - digits.trim_end_matches('9').len();
    let (head, _) = digits.split_at(digits.len() - nines);
    let (head, last) = head.split_at(head.len() - 1);
    let next = char::from(last.as_bytes()[0] + 1);
    format!("{head}{next}{}", "0".repeat(nines))
}

fn any_mantissa() -> impl Strategy<Value = i128> {
    prop_oneof![
        any::<i128>(),
        any::<i64>().prop_map(i128::from),
        -100_000_i128..100_000,
        // Ties are rare among random numbers, so they are made.
        (any::<i32>(), 1_u32..10, -1_i128..=1).prop_map(|(kept, cut, off)| {
            let tie = 5 * 10_i128.pow(cut - 1);
            i128::from(kept) * 10_i128.pow(cut) + tie + off
        }),
    ]
}

fn any_rounding() -> impl Strategy<Value = Rounding> {
    prop::sample::select(ALL.to_vec())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn rounding_is_what_one_does_on_paper(
        mantissa in any_mantissa(), from in 0_u8..45, to in 0_u8..45, rounding in any_rounding(),
    ) {
        prop_assert_eq!(round(mantissa, from, to, rounding), on_paper(mantissa, from, to, rounding));
    }

    #[test]
    fn rounding_never_panics(mantissa: i128, from: u8, to: u8, rounding in any_rounding()) {
        let _ = round(mantissa, from, to, rounding);
    }

    #[test]
    fn rounding_twice_is_rounding_once(mantissa in any_mantissa(), from in 0_u8..20, to in 0_u8..20, rounding in any_rounding()) {
        if let Some(once) = round(mantissa, from, to, rounding) {
            prop_assert_eq!(round(once, to, to, rounding), Some(once));
        }
    }

    #[test]
    fn down_and_up_differ_by_at_most_one_and_hold_the_others(mantissa in any_mantissa(), from in 0_u8..20, to in 0_u8..20) {
        let all = ALL.map(|rounding| round(mantissa, from, to, rounding));
        if let [Some(half_up), Some(half_even), Some(down), Some(up)] = all {
            prop_assert!(up.abs_diff(down) <= 1);
            prop_assert!([down, up].contains(&half_up) && [down, up].contains(&half_even));
        }
    }
}
