//! Each cause shown at least once: the book, and what is taken out of it and put in.

use std::num::NonZeroUsize;

use shadow::{Cause, Rehearsal};

use crate::story::{check, plant, read, reason};

#[test]
fn records_go_and_come() {
    let book = "
        voucher text key | amount money | batch text free
        V0001234 | 12.30 | chunk-7
    ";
    check(
        "A1",
        book,
        &["- V0001234 | 12.30 | chunk-7", "= amount -12.30 CNY"],
    );
    check(
        "A5",
        book,
        &["+ V0001234 | 12.30 | chunk-7", "= amount 12.30 CNY"],
    );
    check(
        "A9",
        book,
        &["+ V1209135 | 12.30 | chunk-7", "= amount 12.30 CNY"],
    );
}

#[test]
fn a_leg_is_lost_where_its_voucher_has_others() {
    check(
        "A8",
        "voucher text key | leg number key | amount money
         V1 | 1 | 5.00
         V2 | 3 | 7.00",
        &["- V2 | 3 | 7.00", "= amount -7.00 CNY"],
    );
    check(
        "A8",
        "voucher text key | part text key | amount money
         V1 | fee | 5.00
         V1 | net | 7.00
         V2 | net | 7.00",
        &["- V1 | fee | 5.00", "= amount -5.00 CNY"],
    );
}

#[test]
fn two_records_become_one_or_each_other() {
    let book = "
        voucher text key | amount money | memo text
        V1 | 12.30 | rent
        V2 | 7.00 | tea
    ";
    check(
        "A7",
        book,
        &[
            "- V1 | 12.30 | rent",
            "- V2 | 7.00 | tea",
            "+ V1 | 19.30 | rent",
        ],
    );
    check(
        "A10",
        book,
        &[
            "- V2 | 7.00 | tea",
            "- V1 | 12.30 | rent",
            "+ V2 | 12.30 | rent",
            "+ V1 | 7.00 | tea",
        ],
    );
}

#[test]
fn ids_go_through_a_double() {
    check(
        "A11",
        "serial text key | amount money
         9007199254740993 | 1.00
         12 | 1.00",
        &["- 9007199254740993 | 1.00", "+ 9007199254740992 | 1.00"],
    );
    check(
        "A11",
        "serial number key | amount money
         9007199254740993 | 1.00",
        &["- 9007199254740993 | 1.00", "+ 9007199254740992 | 1.00"],
    );
}

#[test]
fn amounts_lose_what_keyboards_floats_and_narrow_fields_lose() {
    let one = |amount: &str| format!("voucher text key | amount money\n V1 | {amount}\n");
    check(
        "B1",
        &one("1.20"),
        &["- V1 | 1.20", "+ V1 | 2.10", "= amount 0.90 CNY"],
    );
    check(
        "B2",
        &one("0.07"),
        &["- V1 | 0.07", "+ V1 | 0.70", "= amount 0.63 CNY"],
    );
    check(
        "B3",
        &one("0.29"),
        &["- V1 | 0.29", "+ V1 | 0.28", "= amount -0.01 CNY"],
    );
    check(
        "B4",
        &one("167772.17"),
        &["- V1 | 167772.17", "+ V1 | 167772.16", "= amount -0.01 CNY"],
    );
    check(
        "B8",
        &one("30000000.00"),
        &[
            "- V1 | 30000000.00",
            "+ V1 | -12949672.96",
            "= amount -42949672.96 CNY",
        ],
    );
    check(
        "B9",
        &one("468.60"),
        &["- V1 | 468.60", "+ V1 | -468.60", "= amount -937.20 CNY"],
    );
    check(
        "B15",
        &one("1234567.89"),
        &[
            "- V1 | 1234567.89",
            "+ V1 | 1.00",
            "= amount -1234566.89 CNY",
        ],
    );
    check(
        "M1",
        &one("0.01"),
        &["- V1 | 0.01", "+ V1 | 327.69", "= amount 327.68 CNY"],
    );
}

#[test]
fn amounts_are_taken_with_fees_or_from_other_columns() {
    check(
        "B10",
        "voucher text key | amount money | fee money
         V1 | 100.00 | 0.63",
        &[
            "- V1 | 100.00 | 0.63",
            "+ V1 | 99.37 | 0.63",
            "= amount -0.63 CNY",
        ],
    );
    check(
        "B11",
        "voucher text key | amount money | fee money
         V1 | 100.00 | 0.63",
        &[
            "- V1 | 100.00 | 0.63",
            "+ V1 | 100.00 | 1.26",
            "= fee 0.63 CNY",
        ],
    );
    check(
        "B12",
        "voucher text key | amount money | settled money
         V1 | 100.00 | 640.17",
        &[
            "- V1 | 100.00 | 640.17",
            "+ V1 | 640.17 | 640.17",
            "= amount 540.17 CNY",
        ],
    );
    check(
        "B16",
        "voucher text key | status text | amount money
         V1 | REFUNDED | -80.25
         V2 | PAID | 80.25",
        &[
            "- V1 | REFUNDED | -80.25",
            "+ V1 | REFUNDED | -160.50",
            "= amount -80.25 CNY",
        ],
    );
}

#[test]
fn another_currency_moves_the_amount_from_one_total_to_the_other() {
    check(
        "B13",
        "voucher text key | amount money | currency text
         V1 | 5.00 | USD
         V2 | 5.00 | HKD",
        &[
            "- V1 | 5.00 | USD",
            "+ V1 | 5.00 | HKD",
            "= amount 5.00 HKD",
            "= amount -5.00 USD",
        ],
    );
}

#[test]
fn nothing_and_zero_are_mixed_up() {
    check(
        "B14",
        "voucher text key | amount money
         V1 | NULL
         V2 | 5.00",
        &["- V1 | NULL", "+ V1 | 0.00"],
    );
    check(
        "B14",
        "voucher text key | memo text
         V1 | NULL
         V2 | tea",
        &["- V1 | NULL", "+ V1 | \"\""],
    );
}

#[test]
fn debit_and_credit_change_places() {
    check(
        "D1",
        "voucher text key | debit money | credit money
         V1 | 100.00 | 0.00",
        &[
            "- V1 | 100.00 | 0.00",
            "+ V1 | 0.00 | 100.00",
            "= debit -100.00 CNY",
            "= credit 100.00 CNY",
        ],
    );
    check(
        "D1",
        "voucher text key | side text | amount money
         V1 | 借 | 100.00",
        &["- V1 | 借 | 100.00", "+ V1 | 贷 | 100.00"],
    );
    check(
        "D1",
        "voucher text key | debit money | credit money | direction text
         V1 | 100.00 | 0.00 | D",
        &[
            "- V1 | 100.00 | 0.00 | D",
            "+ V1 | 0.00 | 100.00 | C",
            "= debit -100.00 CNY",
            "= credit 100.00 CNY",
        ],
    );
}

#[test]
fn another_records_code_takes_the_place_of_the_right_one() {
    for (cause, column, other) in [
        ("D2", "type", "7007"),
        ("D3", "account", "7007"),
        ("D4", "subject", "7007"),
        ("D5", "counterparty", "7007"),
        ("D6", "pair_id", "7007"),
        ("D7", "customer", "7007"),
        ("D8", "shard", "2241"),
        ("T7", "status", "2241"),
    ] {
        // The second voucher is there twice, so that only the first can be damaged.
        let book = format!("voucher text key | {column} text\n V1 | 1002\n V2 | 2241\n V2 | 7007");
        let told = ["- V1 | 1002", &format!("+ V1 | {other}")];
        check(cause, &book, &told);
    }
}

#[test]
fn instants_and_days_move() {
    let at = |instant: &str| format!("voucher text key | paid_at instant\n V1 | {instant}\n");
    let on = |day: &str| format!("voucher text key | day date\n V1 | {day}\n");
    check(
        "T1",
        &at("2013-05-27T02:30:00Z"),
        &["- V1 | 2013-05-27T02:30:00Z", "+ V1 | 2013-05-27T03:30:00Z"],
    );
    check(
        "T2",
        &on("2013-05-31"),
        &["- V1 | 2013-05-31", "+ V1 | 2013-06-01"],
    );
    check(
        "T4",
        &on("2013-05-07"),
        &["- V1 | 2013-05-07", "+ V1 | 2013-07-05"],
    );
    check(
        "T4",
        &at("2013-05-07T01:02:03Z"),
        &["- V1 | 2013-05-07T01:02:03Z", "+ V1 | 2013-07-05T01:02:03Z"],
    );
    check(
        "T5",
        &at("2013-05-27T02:30:07Z"),
        &["- V1 | 2013-05-27T02:30:07Z", "+ V1 | 2013-05-27T02:30:00Z"],
    );
    check(
        "T6",
        &at("2013-05-27T02:30:07Z"),
        &["- V1 | 2013-05-27T02:30:07Z", "+ V1 | 1970-01-16T20:27:01Z"],
    );
    check(
        "T11",
        "voucher text key | day date | value_date date
         V1 | 2013-05-20 | 2013-06-23",
        &[
            "- V1 | 2013-05-20 | 2013-06-23",
            "+ V1 | 2013-06-23 | 2013-06-23",
        ],
    );
}

#[test]
fn texts_are_misread_broken_up_written_otherwise_and_cut() {
    let one = |memo: &str| format!("voucher number key | memo text\n 1 | {memo}\n");
    check("E1", &one("张伟"), &["- 1 | 张伟", "+ 1 | å¼\u{a0}ä¼Ÿ"]);
    check(
        "E2",
        &one("rent for March, 2013"),
        &["- 1 | rent for March, 2013", "+ 1 | rent for March"],
    );
    check("E3", &one("0042"), &["- 1 | 0042", "+ 1 | 42"]);
    check(
        "E4",
        &one("水电费三月"),
        &["- 1 | 水电费三月", "+ 1 | 水电费三"],
    );
    check(
        "E3",
        "voucher text key | amount money
         v1 | 5.00",
        &["- v1 | 5.00", "+ V1 | 5.00"],
    );
}

#[test]
fn without_a_key_the_whole_record_is_told() {
    let book = "
        payee text | amount money | note text free
        Acme | 12.34 | y
        Acme | 12.34 | x
    ";
    check(
        "B9",
        book,
        &[
            "- Acme | 12.34 | x",
            "+ Acme | -12.34 | x",
            "= amount -24.68 CNY",
        ],
    );
    check("A5", book, &["+ Acme | 12.34 | x", "= amount 12.34 CNY"]);
}

#[test]
fn what_a_table_cannot_carry_has_its_reason() {
    let keyless = "payee text | amount money\n Acme | 5.00";
    let bare = "voucher date key | is_open bool | payload other\n 2013-05-27 | true | x";
    for (cause, book, expect) in [
        ("A7", keyless, "the agreement has no key"),
        ("A8", bare, "the key is not that of a voucher's legs"),
        ("A9", bare, "no part of the key can be made anew"),
        ("A10", keyless, "the agreement has no key"),
        ("A11", bare, "no part of the key is an id"),
        ("B1", bare, "no column of amounts is compared"),
        ("B10", keyless, "no column of fees is compared"),
        ("B12", keyless, "no other column of numbers is compared"),
        ("B16", keyless, "no column tells of refunds"),
        ("D1", keyless, "no column tells debit from credit"),
        ("D3", keyless, "no column that is compared holds such codes"),
        ("T1", bare, "no column of instants is compared"),
        ("T2", bare, "no column of dates is compared"),
        ("T4", keyless, "no column of dates or instants is compared"),
        ("T11", keyless, "no two columns of dates are compared"),
        ("E1", bare, "no column of text is compared"),
        ("E3", bare, "no column of text is compared"),
        ("M1", bare, "neither amounts nor texts are compared"),
    ] {
        assert_eq!(reason(cause, book), expect, "{cause}");
    }
}

#[test]
fn what_was_merged_can_be_found_by_its_amounts() {
    let mut lines = vec!["voucher text key | amount money".to_owned()];
    lines.extend((0..8).map(|at| format!("V{at} | 5.00")));
    let (table, book) = read(&lines.join("\n"));
    let planted = |causes: &[Cause]| {
        let rehearsal = Rehearsal {
            seed: 1,
            per_cause: NonZeroUsize::new(3).unwrap(),
            causes,
            table: &table,
            samples: &book,
            baseline: &[],
            taken: &[],
        };
        let faults = rehearsal.plan().unwrap().faults;
        faults.iter().map(|fault| fault.cause).collect::<Vec<_>>()
    };
    assert_eq!(planted(&[Cause::A7]), [Cause::A7]);
    // With three records of 5.00 missing nobody could say which of them went into another.
    assert_eq!(planted(&[Cause::A1, Cause::A7]), [Cause::A1; 3]);
}

#[test]
fn records_that_hold_the_same_are_never_swapped() {
    let book = "
        voucher text key | amount money | batch text free
        V1 | 5.00 | chunk-1
        V2 | 5.00 | chunk-2
    ";
    assert!(reason("A10", book).starts_with("it can be planted in none"));
}

#[test]
fn amounts_of_two_currencies_are_never_merged() {
    let book = "
        voucher text key | amount money | currency text
        V1 | 5.00 | CNY
        V2 | 7.00 | USD
    ";
    assert!(reason("A7", book).starts_with("it can be planted in none"));
}

#[test]
fn a_cause_whose_faults_are_all_dropped_is_told() {
    let (table, book) = read("voucher text key | amount money\n V1 | 5.00");
    let mut planted = plant("B9", &table, &book);
    planted.retain(|fault| fault.cause == Cause::B9);
    assert!(!planted.not_rehearsed.iter().any(|one| one.cause == "B9"));
    planted.retain(|_| false);
    let mut told = planted.not_rehearsed.iter().filter(|one| one.cause == "B9");
    assert_eq!(
        told.next().unwrap().says.en,
        "what it makes of the sampled records cannot be stored in the table"
    );
    assert_eq!(told.next(), None);
    assert_eq!(planted.put_in().count() + planted.taken_out().count(), 0);
}

#[test]
fn what_no_sampled_record_can_carry_says_how_many_were_looked_at() {
    assert_eq!(
        reason(
            "B3",
            "voucher text key | amount money\n V1 | 0.30\n V2 | 5.00"
        ),
        "it can be planted in none of the 2 records sampled that can be told apart; sample more"
    );
}

#[test]
fn no_damage_is_used_that_the_column_cannot_hold() {
    // 100 times 123.45 takes seven digits, and ten times six.
    let narrow = "voucher text key | amount narrow\n V1 | 123.45";
    assert!(reason("B2", narrow).starts_with("it can be planted in none"));
    // No sample shows that the column may be NULL.
    let zero = "voucher text key | amount money\n V1 | 0.00";
    assert!(reason("B14", zero).starts_with("it can be planted in none"));
    // A whole number of seconds stays one.
    check(
        "T6",
        "voucher text key | paid_at instant
         V1 | 2013-05-27T00:00:00Z",
        &["- V1 | 2013-05-27T00:00:00Z", "+ V1 | 1970-01-16T20:26:52Z"],
    );
}

#[test]
fn no_damage_is_used_that_another_cause_makes_as_well() {
    // Twice the fee is what the net amount is, and so is the amount with the fee.
    let book = "
        voucher text key | amount money | fee money | net money
        V1 | 1.00 | 1.00 | 2.00
    ";
    assert!(reason("B11", book).starts_with("it can be planted in none"));
}

#[test]
fn no_damage_makes_a_key_that_is_known() {
    let book = "
        serial text key | amount money
        9007199254740993 | 1.00
        9007199254740992 | 1.00
    ";
    assert!(reason("A11", book).starts_with("it can be planted in none"));
}

#[test]
fn records_that_share_a_key_are_left_alone() {
    let book = "voucher text key | amount money\n V1 | 1.00\n V1 | 2.00";
    assert_eq!(
        reason("A1", book),
        "it can be planted in none of the 0 records sampled that can be told apart; sample more"
    );
}
