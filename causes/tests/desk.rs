//! Desk tests: differences with nothing to hold against, and what they suggest.

use causes::desk::{Candidate, Desk, DeskTest, NAMED_MAX, Suspects, suspects};
use ledger::Decimal;
use proptest::prelude::*;

fn amount(text: &str) -> Decimal {
    text.parse()
        .unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// Entries named by their place: A, B, C …
fn entries(amounts: &[&str]) -> Vec<Candidate> {
    let entry = |(label, text): (char, &&str)| Candidate {
        label: label.to_string(),
        amount: amount(text),
    };
    ('A'..='Z').zip(amounts).map(entry).collect()
}

/// Makes all tests of a difference in yuan; every suspicion is one line.
fn check(difference: &str, amounts: &[&str], expect: &[&str]) {
    let found = suspects(amount(difference), 2, &entries(amounts));
    let said: Vec<&str> = found
        .suspects
        .iter()
        .map(|suspect| suspect.says.en.as_str())
        .collect();
    assert_eq!(
        said, expect,
        "{difference} {amounts:?}, refused: {:?}",
        found.refused
    );
}

const OPEN: [&str; 6] = [
    "1234.56",
    "-98000.00",
    "57311.08",
    "3.21",
    "-40217.95",
    "777.70",
];

#[test]
fn an_entry_that_equals_the_difference_is_the_first_suspect() {
    let says = "1,234.56 is an entry: A may be left out or booked twice; by chance < 0.0001";
    check("1234.56", &OPEN, &[says]);
    check("-1234.56", &OPEN, &[says]);
    check("1234.5600", &OPEN, &[says]);
}

#[test]
fn an_entry_of_half_the_difference_is_on_the_wrong_side() {
    check(
        "80435.90",
        &OPEN,
        &["40,217.95 is half of it: E may stand on the wrong side; by chance < 0.0001"],
    );
}

#[test]
fn a_moved_point_is_found_by_its_nines() {
    // 3.21 became 321.00: yuan taken for fen.
    check(
        "317.79",
        &OPEN,
        &[
            "an entry of 3.21 whose point moved 2 places to the right would leave it, as yuan and \
             fen mixed up: D; by chance 0.0012",
        ],
    );
    // 777.70 became 77.77.
    check(
        "-699.93",
        &OPEN,
        &[
            "an entry of 777.70 whose point moved 1 place to the left would leave it: F; by chance \
             < 0.0001",
        ],
    );
    // Nothing was looked at; one amount in 99 is divisible by 99.
    check(
        "1.98",
        &[],
        &[
            "an entry of 0.02 whose point moved 2 places to the right would leave it, as yuan and \
             fen mixed up; by chance 0.0101",
        ],
    );
}

#[test]
fn swapped_digits_are_told_with_place_and_step() {
    check(
        "63000.00",
        &["18500.00", "-5.12"],
        &[
            "63,000.00 is 9 × 10^5 × 7 minor units: two neighbouring digits that differ by 7 may be \
             swapped, as A has; by chance < 0.0001",
        ],
    );
    let found = suspects(amount("0.27"), 2, &[]);
    assert_eq!(
        found.suspects,
        [],
        "one in ten small amounts is of that form"
    );
    assert_eq!(
        found.refused[0].test,
        DeskTest::Transposition { place: 0, step: 3 }
    );
    assert_eq!(
        found.refused[0].says.zh,
        "0.27 为 9 × 10^0 × 3 最小单位：相邻两位数字（相差 3）可能颠倒；偶然相符的期望数为 0.1010"
    );
}

#[test]
fn two_or_three_open_entries_add_up() {
    check(
        "57314.29",
        &OPEN,
        &["2 entries add up to it: D + C; by chance < 0.0001"],
    );
    check(
        "-40213.98",
        &[
            "1234.56",
            "-98000.01",
            "57311.08",
            "3.21",
            "-40217.95",
            "0.76",
            "12.34",
        ],
        &["3 entries add up to it: E + F + D; by chance < 0.0001"],
    );
}

#[test]
fn sums_of_too_many_entries_are_refused() {
    let open: Vec<Candidate> = (1..=400)
        .map(|n| Candidate {
            label: format!("V{n:03}"),
            amount: Decimal::new(n * n, 2),
        })
        .collect();
    let found = suspects(amount("321.09"), 2, &open);
    let refused: Vec<DeskTest> = found.refused.iter().map(|suspect| suspect.test).collect();
    assert!(refused.contains(&DeskTest::Sum { of: 2 }), "{refused:?}");
    assert!(refused.contains(&DeskTest::Sum { of: 3 }), "{refused:?}");
    let sums = |suspect: &&causes::desk::Suspect| matches!(suspect.test, DeskTest::Sum { .. });
    assert_eq!(found.suspects.iter().find(sums), None);
    assert!(
        found
            .refused
            .iter()
            .filter(sums)
            .all(|sum| sum.hits == 0 && !sum.chance.is_small())
    );
}

#[test]
fn whole_amounts_leave_chance_more_room() {
    let open = |minor: i64| -> Vec<Candidate> {
        let amounts = [1, 5, 19, 84, 213, 377, 610, 987, 1_597, 2_584, 4_181];
        let entry = |amount: &i64| Candidate {
            label: amount.to_string(),
            amount: Decimal::new(i128::from(amount * 100 + minor), 2),
        };
        amounts.iter().map(entry).collect()
    };
    let chance = |open: &[Candidate], difference| {
        let found = suspects(amount(difference), 2, open);
        let mut all = found.suspects.into_iter().chain(found.refused);
        let sum = all.find(|suspect| suspect.test == DeskTest::Sum { of: 2 });
        sum.map(|suspect| suspect.chance.to_string())
    };
    // 55 pairs of either sign over 4,181 yuan, or over as many fen and a hundred times that.
    assert_eq!(chance(&open(0), "1600.00").as_deref(), None);
    assert_eq!(chance(&open(0), "1602.00").as_deref(), Some("0.0263"));
    assert_eq!(chance(&open(7), "1602.14").as_deref(), Some("0.0002"));
}

#[test]
fn an_amount_that_many_entries_have_is_refused() {
    let mut desk = Desk::new(amount("100.00"), 2);
    for n in 0..50 {
        desk.look(amount("100.00"), || format!("V{n:02}"));
    }
    let found = desk.finish(&[]);
    assert_eq!(
        found
            .suspects
            .iter()
            .filter(|s| s.test == DeskTest::Entry)
            .count(),
        0
    );
    let entry = found
        .refused
        .iter()
        .find(|s| s.test == DeskTest::Entry)
        .expect("refused");
    assert_eq!((entry.hits, entry.entries.len()), (50, NAMED_MAX));
    assert_eq!(entry.entries[0][0].label, "V00");
}

#[test]
fn two_of_an_amount_may_be_one_booked_twice() {
    check(
        "5120.37",
        &["5120.37", "12.00", "5120.37"],
        &["5,120.37 is an entry: A or C may be left out or booked twice; by chance < 0.0001"],
    );
}

#[test]
fn no_difference_and_no_entries_suggest_nothing() {
    assert_eq!(
        suspects(amount("0.00"), 2, &entries(&OPEN)),
        Suspects::default()
    );
    check("0.01", &[], &[]);
}

#[test]
fn what_is_finer_than_the_unit_or_too_large_is_passed_over() {
    let extreme = [
        Decimal::new(i128::MAX, 0),
        Decimal::new(i128::MIN, 0),
        Decimal::new(i128::MIN, 2),
        Decimal::new(1, 255),
        Decimal::new(i128::MAX, 255),
    ];
    let open = extreme.map(|amount| Candidate {
        label: amount.to_string(),
        amount,
    });
    for difference in extreme.into_iter().chain([amount("0.01"), amount("9")]) {
        let found = suspects(difference, 2, &open);
        assert!(
            found
                .suspects
                .iter()
                .all(|suspect| suspect.chance.is_small())
        );
    }
}

/// All sums by trying all.
fn tried(amounts: &[i64], of: usize, size: i64) -> u64 {
    let mut hits = 0;
    for a in 0..amounts.len() {
        for b in a + 1..amounts.len() {
            if of == 2 {
                hits += u64::from((amounts[a] + amounts[b]).abs() == size);
                continue;
            }
            for c in b + 1..amounts.len() {
                hits += u64::from((amounts[a] + amounts[b] + amounts[c]).abs() == size);
            }
        }
    }
    hits
}

proptest! {
    #[test]
    fn all_sums_are_found(
        mut amounts in prop::collection::vec(prop_oneof![-9..10_i64, -1_000_000..1_000_000_i64], 2..14),
        size in prop_oneof![1..20_i64, 1..2_000_000_i64],
        of in 2..4_usize,
    ) {
        // Two far ends leave chance no part in it.
        amounts.extend([-1_000_000_000_000, 1_000_000_000_000]);
        amounts.retain(|amount| *amount != 0);
        let open: Vec<Candidate> = amounts
            .iter()
            .enumerate()
            .map(|(n, amount)| Candidate { label: format!("{n:02}"), amount: Decimal::from(*amount) })
            .collect();
        let found = suspects(Decimal::from(size), 0, &open);
        let test = DeskTest::Sum { of: of as u32 };
        let all = found.suspects.iter().chain(&found.refused);
        let hits = all.filter(|suspect| suspect.test == test).map(|suspect| suspect.hits).sum::<u64>();
        prop_assert_eq!(hits, tried(&amounts, of, size));
    }

    #[test]
    fn every_named_sum_is_one(amounts in prop::collection::vec(-10_000_000..10_000_000_i64, 3..20), pick in 0..3_usize) {
        let size = amounts[pick] + amounts[(pick + 1) % 3];
        let open: Vec<Candidate> = amounts
            .iter()
            .enumerate()
            .map(|(n, amount)| Candidate { label: n.to_string(), amount: Decimal::new(i128::from(*amount), 2) })
            .collect();
        let found = suspects(Decimal::new(i128::from(size), 2), 2, &open);
        for suspect in found.suspects.iter().filter(|suspect| matches!(suspect.test, DeskTest::Sum { .. })) {
            for sum in &suspect.entries {
                let total = sum.iter().try_fold(Decimal::ZERO, |total, entry| total.checked_add(entry.amount));
                let total = total.expect("small amounts");
                prop_assert!(total == Decimal::new(i128::from(size), 2) || total == Decimal::new(-i128::from(size), 2));
            }
        }
    }

    #[test]
    fn order_and_threads_change_nothing(
        amounts in prop::collection::vec(-300..300_i64, 0..60),
        difference in -600..600_i64,
        at in 0..60_usize,
    ) {
        let mut open: Vec<Candidate> = amounts
            .iter()
            .enumerate()
            .map(|(n, amount)| Candidate { label: format!("{n:02}"), amount: Decimal::new(i128::from(*amount), 2) })
            .collect();
        let difference = Decimal::new(i128::from(difference), 2);
        let whole = suspects(difference, 2, &open);
        open.reverse();
        let (left, right) = open.split_at(at.min(open.len()));
        let desk = |part: &[Candidate]| {
            let mut desk = Desk::new(difference, 2);
            part.iter().for_each(|entry| desk.look(entry.amount, || entry.label.clone()));
            desk
        };
        let mut merged = desk(right);
        merged.merge(desk(left));
        prop_assert_eq!(merged.finish(&open), whole);
    }

    #[test]
    fn chances_compare_as_their_products(a in 0..u64::MAX, b in 1..u64::MAX, c in 0..u64::MAX, d in 1..u64::MAX) {
        let chance = |numerator: u64, denominator: u64| causes::desk::Chance {
            numerator: numerator.into(),
            denominator: denominator.into(),
        };
        let products = (u128::from(a) * u128::from(d)).cmp(&(u128::from(c) * u128::from(b)));
        prop_assert_eq!(chance(a, b).cmp(&chance(c, d)), products);
        let small = chance(a % 1_000, 10_000).to_string();
        let expect = if a % 1_000 == 0 { "0.0000".to_owned() } else { format!("0.{:04}", a % 1_000) };
        prop_assert_eq!(small, expect);
    }
}
