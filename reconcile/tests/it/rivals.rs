//! Where other tools fail, silently or by breaking down: each case by name, with what must come
//! out here.

use crate::common::Case;
use ledger::{RejectsOf, Verdict};

const KEYED: &str = "[[agreement]]\nname = \"a\"\nrule = \"flow\"\ntarget = \"posting\"\n\
                     key = [\"id\"]\nmoney = [\"amount\"]\n";

fn shown(agreement: &str, source: &str, target: &str) -> String {
    Case::new(agreement, source, target).run().closes().shown()
}

/// Both sides through SQL, to give the columns their types.
fn typed(columns: &str, source: &str, target: &str, money: &str) -> String {
    let agreement = format!(
        "[[agreement]]\nname = \"a\"\nrule = \"rule.sql\"\ntarget = \"target.sql\"\n\
         key = [\"id\"]\n{money}"
    );
    let case = Case::new(&agreement, source, target);
    case.write("rule.sql", &format!("SELECT {columns} FROM flow"));
    case.write("target.sql", &format!("SELECT {columns} FROM posting"));
    case.run().closes().shown()
}

#[test]
fn a_cent_in_a_million_and_in_five_billion_is_not_lost_in_a_float() {
    assert_eq!(
        shown(
            KEYED,
            "id,amount\n1,1000000.01\n2,5000000000\n",
            "id,amount\n1,1000000.02\n2,5000000100\n"
        ),
        "differs 1 amount:1000000.01->1000000.02 [amount 0.01 CNY] @flow.csv:2\n\
         differs 2 amount:5000000000.00->5000000100.00 [amount 100.00 CNY] @flow.csv:3"
    );
}

#[test]
fn nine_quadrillion_and_a_cent_is_not_equal_by_tolerance() {
    assert_eq!(
        shown(
            KEYED,
            "id,amount\n1,900719925474099.21\n",
            "id,amount\n1,900719925474099.22\n"
        ),
        "differs 1 amount:900719925474099.21->900719925474099.22 [amount 0.01 CNY] @flow.csv:2"
    );
}

#[test]
fn two_to_the_53rd_and_one_more_are_two_integers() {
    assert_eq!(
        typed(
            "id, CAST(n AS BIGINT) AS n",
            "id,n\n1,9007199254740993\n2,-9007199254740993\n",
            "id,n\n1,9007199254740992\n2,-9007199254740993\n",
            ""
        ),
        "differs 1 n:9007199254740993->9007199254740992 @flow.csv:2"
    );
}

#[test]
fn four_decimals_are_not_rounded_to_two_before_they_are_compared() {
    let case = Case::new(
        "[[agreement]]\nname = \"a\"\nrule = \"rule.sql\"\ntarget = \"target.sql\"\n\
         key = [\"id\"]\nmoney = [\"amount\"]\n",
        "id,amount\n1,10.0049\n2,10.0000\n",
        "id,amount\n1,10.00\n2,10.00\n",
    );
    case.write(
        "rule.sql",
        "SELECT id, money(amount, 4) AS amount FROM flow",
    );
    case.write(
        "target.sql",
        "SELECT id, money(amount, 2) AS amount FROM posting",
    );
    let ran = case.run();
    assert_eq!(
        ran.closes().shown(),
        "differs 1 amount:10.0049->10.00 [amount -0.0049 CNY] @flow.csv:2"
    );
    let notes = &ran.report.agreements[0].notes;
    assert!(
        notes.iter().any(|note| note.contains("4 decimals")),
        "{notes:?}"
    );
}

#[test]
fn values_are_not_run_together_before_they_are_hashed() {
    assert_eq!(
        shown(
            KEYED,
            "id,amount,a,b\n1,0,1,23\n",
            "id,amount,a,b\n1,0,12,3\n"
        ),
        "differs 1 a:1->12 b:23->3 @flow.csv:2"
    );
}

#[test]
fn null_and_the_empty_text_are_two_things() {
    let plan =
        "[[agreement]]\nname = \"a\"\nrule = \"rule.sql\"\ntarget = \"posting\"\nkey = [\"id\"]\n";
    let case = Case::new(plan, "id,memo\n1,-\n2,\n", "id,memo\n1,\n2,\n");
    case.write("rule.sql", "SELECT id, NULLIF(memo, '-') AS memo FROM flow");
    assert_eq!(case.run().shown(), "differs 1 memo:NULL-> @flow.csv:2");
}

#[test]
fn the_eleventh_of_january_is_not_the_first_of_november() {
    assert_eq!(
        typed(
            "id, CAST(day AS DATE) AS day",
            "id,day\n1,2024-01-11\n",
            "id,day\n1,2024-11-01\n",
            ""
        ),
        "differs 1 day:2024-01-11->2024-11-01 @flow.csv:2"
    );
}

#[test]
fn two_lost_rows_of_one_key_are_two_breaks() {
    // A map from key to hash loses the first of two records of one key.
    assert_eq!(
        shown(
            KEYED,
            "id,amount\n1,1.00\n1,2.00\n1,3.00\n2,5.00\n",
            "id,amount\n1,2.00\n2,5.00\n"
        ),
        "missing 1 [amount -1.00 CNY] @flow.csv:2\nmissing 1 [amount -3.00 CNY] @flow.csv:4"
    );
}

#[test]
fn a_record_that_is_there_twice_is_not_hidden_by_a_join() {
    assert_eq!(
        shown(
            KEYED,
            "id,amount\n1,1.00\n2,2.00\n",
            "id,amount\n1,1.00\n2,2.00\n2,2.00\n"
        ),
        "copies 2 1->2 [amount 2.00 CNY] @flow.csv:3"
    );
}

#[test]
fn identical_pairs_do_not_cancel_as_they_would_under_xor() {
    let agreement = "[[agreement]]\nname = \"a\"\nrule = \"flow\"\ntarget = \"posting\"\nmoney = [\"amount\"]\n";
    assert_eq!(
        shown(
            agreement,
            "day,amount\n1,7.00\n1,7.00\n1,1.00\n",
            "day,amount\n1,1.00\n"
        ),
        "missing 1|7.00 [amount -7.00 CNY] @flow.csv:2\nmissing 1|7.00 [amount -7.00 CNY] @flow.csv:3"
    );
}

#[test]
fn keys_with_null_are_compared_and_not_dropped() {
    let plan = "[[agreement]]\nname = \"a\"\nrule = \"rule.sql\"\ntarget = \"target.sql\"\n\
                key = [\"id\", \"leg\"]\nmoney = [\"amount\"]\n";
    let case = Case::new(
        plan,
        "id,leg,amount\n1,,1.00\n,2,2.00\n,,3.00\n0,0,4.00\n",
        "id,leg,amount\n1,,1.00\n,2,2.50\n0,0,4.00\n",
    );
    let sql = "SELECT CAST(NULLIF(id, '') AS BIGINT) AS id, NULLIF(leg, '') AS leg, money(amount) AS amount";
    case.write("rule.sql", &format!("{sql} FROM flow"));
    case.write("target.sql", &format!("{sql} FROM posting"));
    let told = case.run();
    assert_eq!(
        told.closes().shown(),
        "missing NULL|NULL [amount -3.00 CNY] @flow.csv:4\n\
         differs NULL|2 amount:2.00->2.50 [amount 0.50 CNY] @flow.csv:3"
    );
    assert_eq!(
        told.report.agreements[0].notes,
        ["records with NULL in the key: 3 expected, 2 actual"]
    );
}

#[test]
fn a_null_key_is_found_though_its_word_is_that_of_zero() {
    let plan = "[[agreement]]\nname = \"a\"\nrule = \"rule.sql\"\ntarget = \"target.sql\"\nkey = [\"id\"]\n";
    let case = Case::new(plan, "id,memo\n,a\n0,b\n7,c\n", "id,memo\n,x\n0,b\n7,c\n");
    let sql = "SELECT CAST(NULLIF(id, '') AS BIGINT) AS id, memo";
    case.write("rule.sql", &format!("{sql} FROM flow"));
    case.write("target.sql", &format!("{sql} FROM posting"));
    assert_eq!(case.run().shown(), "differs NULL memo:a->x @flow.csv:2");
}

#[test]
fn many_differences_are_all_told_not_the_first_ten() {
    let rows = |add: usize| -> String {
        let lines: Vec<String> = (0..20_000).map(|n| format!("{n},{}.00", n + add)).collect();
        format!("id,amount\n{}\n", lines.join("\n"))
    };
    let ran = Case::new(KEYED, &rows(0), &rows(1)).run();
    ran.closes();
    assert_eq!(ran.breaks.len(), 20_000);
    assert_eq!(ran.report.agreements[0].totals[0].difference, "20000.00");
    assert_eq!(ran.report.verdict, Verdict::OutOfBalance);
}

#[test]
fn one_point_zero_and_one_point_zero_zero_are_the_same_money() {
    assert_eq!(
        shown(
            KEYED,
            "id,amount\n1,1.0\n2,-0.00\n",
            "id,amount\n1,1.00\n2,0\n"
        ),
        ""
    );
}

#[test]
fn five_yen_are_not_five_euro() {
    let ran = Case::new(
        KEYED,
        "id,amount\n1,USD 1.00\n2,$2.00\n3,JPY 5\n4,￥4.00\n5,5.00元\n",
        "id,amount\n1,1.00\n2,CNY 2.00\n3,5.00 EUR\n4,4.00\n5,RMB 5.00\n",
    )
    .run();
    assert_eq!(
        ran.closes().shown(),
        "extra 1 [amount 1.00 CNY]\nextra 2 [amount 2.00 CNY]"
    );
    assert_eq!(ran.report.verdict, Verdict::OutOfBalance);
    let of = RejectsOf {
        source: 3,
        target: 1,
    };
    assert_eq!(ran.report.rejects_of, of);
    let told: Vec<(&str, &str)> = ran
        .rejects
        .iter()
        .map(|reject| (reject.book.as_str(), reject.reason.as_str()))
        .collect();
    assert_eq!(
        told,
        [
            (
                "source",
                "money: `USD 1.00` is not in CNY: it names another currency at character 1"
            ),
            (
                "source",
                "money: `$2.00` is not in CNY: it names another currency at character 1"
            ),
            (
                "source",
                "money: `JPY 5` is not in CNY: it names another currency at character 1"
            ),
            (
                "target",
                "money: `5.00 EUR` is not in CNY: it names another currency at character 6"
            ),
        ]
    );
    // By kind and book they are two reasons.
    let lines = &ran.report.rejects_by;
    let told: Vec<(&str, u64)> = lines
        .iter()
        .map(|line| (line.book.as_str(), line.count))
        .collect();
    assert_eq!(told, [("source", 3), ("target", 1)]);
    assert_eq!(
        lines[0].reason,
        "money: `…` is not in CNY: it names another currency at character …"
    );
}

#[test]
fn an_amount_may_bear_the_currency_of_its_record() {
    let plan = format!("{KEYED}currency = \"currency\"\n");
    let ran = Case::new(
        &plan,
        "id,amount,currency\n1,USD 1.00,USD\n2,￥2.00,CNY\n",
        "id,amount,currency\n1,1.00,USD\n2,2.00,CNY\n",
    )
    .run();
    assert_eq!(
        (ran.report.verdict, ran.report.rejects),
        (Verdict::Balanced, 0)
    );
}

#[test]
fn a_control_holds_a_mark_against_the_plans_currency() {
    let control = "[[control]]\nname = \"c\"\n\
                   expected = \"SELECT id, money(total) AS total FROM source.sheet\"\n\
                   actual = \"SELECT id, money(amount) AS total FROM target.posting\"\n";
    let run = |agreement: &str, total: &str| {
        let books = "id,amount,currency\n1,5.00,CNY\n";
        let case = Case::new(&format!("{agreement}{control}"), books, books);
        case.write("old/sheet.csv", &format!("id,total\n1,{total}\n"));
        let ran = case.run();
        ran.report.controls[0].status
    };
    assert_eq!(run(KEYED, "￥5.00"), ledger::ControlStatus::Holds);
    assert_eq!(run(KEYED, "5.00 EUR"), ledger::ControlStatus::Incomplete);
    let each = format!("{KEYED}currency = \"currency\"\n");
    assert_eq!(run(&each, "5.00 EUR"), ledger::ControlStatus::Holds);
}
