//! What a rehearsal comes to, and what it says where it fails.

use ledger::{Amount, Break, CauseFound, CauseStatus, Record};
use shadow::{Cause, Outcome, Planted, judge};

use crate::auditor::{audit, explain, shadow_of};
use crate::story::{plant, read};

const BOOK: &str = "voucher text key | amount money\n V1 | 468.60\n V2 | 0.30";

/// A book with one fault, and the breaks that a run finds which is never wrong.
fn rehearsed(cause: &str) -> (Planted, Vec<Record>, Vec<Break>) {
    let (table, book) = read(BOOK);
    let planted = plant(cause, &table, &book);
    let mut breaks = audit(&table, &book, &shadow_of(&planted, &book));
    explain(&planted, &mut breaks);
    (planted, book, breaks)
}

/// Checks the sentences of an outcome in both languages.
fn check(outcome: &Outcome, en: &[&str], zh: &[&str]) {
    let told: Vec<&str> = outcome
        .failures
        .iter()
        .map(|says| says.en.as_str())
        .collect();
    assert_eq!(told, en);
    let told: Vec<&str> = outcome
        .failures
        .iter()
        .map(|says| says.zh.as_str())
        .collect();
    assert_eq!(told, zh);
    assert_eq!(outcome.passed, en.is_empty());
    assert_eq!(outcome.passed, outcome.passes());
}

fn cause(id: &str, status: CauseStatus, rivals: &[&str]) -> CauseFound {
    CauseFound {
        id: Some(id.to_owned()),
        status,
        says: String::new(),
        rivals: rivals.iter().map(|one| (*one).to_owned()).collect(),
    }
}

#[test]
fn all_found_and_proved_passes_and_says_nothing() {
    let (planted, _, breaks) = rehearsed("B9");
    let outcome = judge(&planted, &breaks, []);
    check(&outcome, &[], &[]);
    assert_eq!((outcome.total.planted, outcome.total.proved), (1, 1));
    assert_eq!(outcome.causes[0].cause, Cause::B9);
    let line = &outcome.amounts[0];
    assert_eq!(line.planted, line.found);
    assert_eq!(line.difference, "0.00");
}

#[test]
fn a_cause_that_is_named_among_others_is_explained() {
    let (planted, _, mut breaks) = rehearsed("B9");
    breaks[0].cause = cause("D1", CauseStatus::Consistent, &["B16", "B9"]);
    let outcome = judge(&planted, &breaks, []);
    check(&outcome, &[], &[]);
    assert_eq!((outcome.total.proved, outcome.total.named), (0, 1));
}

#[test]
fn what_is_not_found_is_told_with_its_amount() {
    let (planted, ..) = rehearsed("A1");
    let key = planted.faults[0].keys[0].get("voucher").flatten().unwrap();
    let amount = &planted.faults[0].difference[0].amount;
    let positive = amount.trim_start_matches('-');
    check(
        &judge(&planted, [], []),
        &[
            &format!("A1 planted in voucher={key} was not found"),
            &format!(
                "amount in CNY: the faults add up to {amount} and the breaks to 0, {positive} apart"
            ),
            "the cause of 0 of 1 faults was proved or named, and 99 in 100 must be",
        ],
        &[
            &format!("植入 voucher={key} 的 A1 未被发现"),
            &format!("amount（CNY）：植入差额合计 {amount}，发现差额合计 0，相差 {positive}"),
            "1 处植入中 0 处给出了原因，至少应达 99%",
        ],
    );
}

#[test]
fn a_wrong_proof_and_a_cause_that_is_not_named_are_told() {
    let (planted, _, mut breaks) = rehearsed("B9");
    let key = planted.faults[0].keys[0].get("voucher").flatten().unwrap();
    breaks[0].cause = cause("B2", CauseStatus::Proved, &[]);
    check(
        &judge(&planted, &breaks, []),
        &[
            &format!("B9 was planted in voucher={key}, and B2 was said to be proved"),
            "the cause of 0 of 1 faults was proved or named, and 99 in 100 must be",
        ],
        &[
            &format!("voucher={key} 植入的是 B9，却称证实为 B2"),
            "1 处植入中 0 处给出了原因，至少应达 99%",
        ],
    );
    breaks[0].cause = cause("B2", CauseStatus::Consistent, &["M1"]);
    let named = judge(&planted, &breaks, []);
    let said = &named.failures[1];
    assert_eq!(
        said.en,
        format!("B9 was planted in voucher={key}, and only B2, M1 was named")
    );
    assert_eq!(said.zh, format!("voucher={key} 植入的是 B9，只给出 B2、M1"));
    breaks[0].cause = CauseFound::default();
    let unknown = judge(&planted, &breaks, []);
    let said = &unknown.failures[1];
    assert_eq!(
        said.en,
        format!("B9 was planted in voucher={key}, and no cause was named")
    );
    assert_eq!(unknown.total.unnamed, 1);
}

#[test]
fn breaks_that_nobody_planted_are_told_once_each() {
    let (planted, book, mut breaks) = rehearsed("B9");
    let fault = &planted.faults[0];
    let other = book.iter().find(|record| !fault.taken_out.contains(record));
    let (table, other) = (&planted.table, other.unwrap().clone());
    let key = other.get("voucher").flatten().unwrap().to_owned();
    let mut false_break = audit(table, std::slice::from_ref(&other), &[]);
    false_break[0].difference.clear();
    breaks.extend(false_break);
    let outcome = judge(&planted, &breaks, []);
    check(
        &outcome,
        &[&format!(
            "a break that nobody planted was reported: missing, voucher={key}"
        )],
        &[&format!("误报未植入的差错：漏转，voucher={key}")],
    );
    assert_eq!(outcome.false_breaks, 1);
}

#[test]
fn a_difference_that_is_no_number_is_no_zero() {
    let (planted, _, mut breaks) = rehearsed("B9");
    let key = planted.faults[0].keys[0].get("voucher").flatten().unwrap();
    breaks[0].difference.push(Amount {
        column: "amount".to_owned(),
        currency: "CNY".to_owned(),
        amount: "NaN".to_owned(),
    });
    check(
        &judge(&planted, &breaks, []),
        &[&format!(
            "the difference of amount in voucher={key} is no number: `NaN`"
        )],
        &[&format!("voucher={key} 的 amount 差额不是数字：“NaN”")],
    );
}

#[test]
fn a_rehearsal_that_planted_nothing_never_passes() {
    let (table, book) = read("voucher text key | amount money\n V1 | 0.30");
    let planted = plant("B3", &table, &book);
    check(
        &judge(&planted, [], []),
        &["no fault could be planted, so that nothing was rehearsed"],
        &["未能植入任何差错，等于没有演练"],
    );
}

#[test]
fn a_break_of_before_that_is_not_reported_again_is_missed() {
    let (planted, book, breaks) = rehearsed("B9");
    let fault = &planted.faults[0];
    let mut before = audit(&planted.table, &book, &[]);
    before.retain(|found| !fault.keys.contains(&found.key));
    before.iter_mut().for_each(|found| found.difference.clear());
    check(
        &judge(&planted, &breaks, &before),
        &["records that break without any fault and were not reported again: 1"],
        &["未植入时已有的差错记录未再报告：1 条"],
    );
    let again: Vec<Break> = breaks.iter().chain(&before).cloned().collect();
    check(&judge(&planted, &again, &before), &[], &[]);
}

#[test]
fn of_the_breaks_of_one_fault_the_worst_said_counts() {
    let (planted, _, mut breaks) = rehearsed("A10");
    assert_eq!(breaks.len(), 2);
    for at in [0, 1] {
        let told = std::mem::replace(&mut breaks[at].cause, cause("B2", CauseStatus::Proved, &[]));
        let outcome = judge(&planted, &breaks, []);
        assert_eq!((outcome.total.proved, outcome.total.wrongly_proved), (0, 1));
        assert!(!outcome.passed);
        breaks[at].cause = told;
    }
}

/// Two hundred faults, all found, and what was said of the first few.
fn of_two_hundred(said: &[CauseFound]) -> Outcome {
    let lines: Vec<String> = (0..200)
        .map(|at| format!("V{at:03} | 1.{:02}", at % 100))
        .collect();
    let (table, book) = read(&format!(
        "voucher text key | amount money\n{}",
        lines.join("\n")
    ));
    let rehearsal = shadow::Rehearsal {
        seed: 1,
        per_cause: std::num::NonZeroUsize::new(200).expect("more than none"),
        causes: &[Cause::A5],
        table: &table,
        samples: &book,
        baseline: &[],
        taken: &[],
    };
    let planted = rehearsal.plan().expect("the book is well written");
    let mut breaks = audit(&table, &book, &shadow_of(&planted, &book));
    explain(&planted, &mut breaks);
    for (found, said) in breaks.iter_mut().zip(said) {
        found.cause = said.clone();
    }
    judge(&planted, &breaks, [])
}

#[test]
fn one_cause_in_a_hundred_may_remain_unnamed_and_none_may_be_proved_wrongly() {
    let unknown = CauseFound::default();
    let passed = of_two_hundred(&[unknown.clone(), unknown.clone()]);
    assert_eq!((passed.total.proved, passed.total.unnamed), (198, 2));
    check(&passed, &[], &[]);
    let failed = of_two_hundred(&[unknown.clone(), unknown.clone(), unknown]);
    assert_eq!(
        failed.failures[0].en,
        "the cause of 197 of 200 faults was proved or named, and 99 in 100 must be"
    );
    check(
        &of_two_hundred(&[cause("P1", CauseStatus::Proved, &[])]),
        &["A5 was planted in voucher=V000, and P1 was said to be proved"],
        &["voucher=V000 植入的是 A5，却称证实为 P1"],
    );
}

#[test]
fn of_many_failures_ten_are_told_and_the_others_counted() {
    let lines: Vec<String> = (0..30).map(|at| format!("V{at:03} | 1.{at:02}")).collect();
    let (table, book) = read(&format!(
        "voucher text key | amount money\n{}",
        lines.join("\n")
    ));
    let rehearsal = shadow::Rehearsal {
        seed: 1,
        per_cause: std::num::NonZeroUsize::new(25).unwrap(),
        causes: &[Cause::A5],
        table: &table,
        samples: &book,
        baseline: &[],
        taken: &[],
    };
    let outcome = judge(&rehearsal.plan().unwrap(), [], []);
    let told = outcome
        .failures
        .iter()
        .filter(|says| says.en.ends_with("was not found"));
    assert_eq!(told.count(), 10);
    assert!(
        outcome
            .failures
            .iter()
            .any(|says| says.en == "and 15 more faults were not found")
    );
}

#[test]
fn values_count_and_not_their_spelling() {
    let (planted, _, mut breaks) = rehearsed("B9");
    let found = &mut breaks[0];
    for record in [&mut found.expected, &mut found.actual] {
        let (_, amount) = &mut record.as_mut().unwrap().0[1];
        let amount = amount.as_mut().unwrap();
        *amount = format!("{amount}00").into();
    }
    check(&judge(&planted, &breaks, []), &[], &[]);
}

#[test]
fn an_outcome_is_read_as_it_was_written() {
    let (planted, _, breaks) = rehearsed("B9");
    let outcome = judge(&planted, &breaks, []);
    let text = serde_json::to_string(&outcome).unwrap();
    assert!(text.starts_with(
        r#"{"passed":true,"seed":1,"total":{"planted":1,"found":1,"proved":1,"named":0,"unnamed":0,"wrongly_proved":0},"causes":[{"cause":"B9","planted":1,"#
    ));
    assert_eq!(serde_json::from_str::<Outcome>(&text).unwrap(), outcome);
    let text = serde_json::to_string(&planted).unwrap();
    assert_eq!(serde_json::from_str::<Planted>(&text).unwrap(), planted);
}

#[test]
fn a_passed_that_the_figures_do_not_bear_out_is_seen() {
    let (planted, ..) = rehearsed("B9");
    let mut outcome = judge(&planted, [], []);
    outcome.passed = true;
    assert!(!outcome.passes());
}
