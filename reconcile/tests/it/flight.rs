//! Books that still move: what is in flight is no break, and what is a break is none in flight.

use crate::common::{Case, Ran};
use ledger::{Flight, Verdict};
use proptest::prelude::*;
use reconcile::{AsOf, VerifyError, prepare};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

const KEYED: &str = "[[agreement]]\nname = \"a\"\nrule = \"flow\"\ntarget = \"posting\"\n\
                     key = [\"serial\"]\nmoney = [\"amount\"]\nfoot = [\"memo\"]\n";
const KEYLESS: &str =
    "[[agreement]]\nname = \"a\"\nrule = \"flow\"\ntarget = \"posting\"\nmoney = [\"amount\"]\n";

/// Both books at one moment: the records by serial, amounts in cents.
type Books = [BTreeMap<u32, i64>; 2];

fn csv(book: &BTreeMap<u32, i64>) -> String {
    let mut text = String::from("serial,amount,memo\n");
    for (serial, cents) in book {
        let (whole, rest) = (cents / 100, cents % 100);
        writeln!(text, "S{serial:03},{whole}.{rest:02},m{}", serial % 3).expect("a string");
    }
    text
}

/// A plan whose books lie in a folder for each moment.
fn case(agreement: &str, moments: &[Books]) -> Case {
    let case = Case::new("", "", "");
    for (at, [source, target]) in moments.iter().enumerate() {
        case.write(&format!("{at}/old/flow.csv"), &csv(source));
        case.write(&format!("{at}/new/posting.csv"), &csv(target));
    }
    let plan = format!(
        "name = \"case\"\ncurrency = \"CNY\"\n[source]\nurl = \"${{MOMENT}}/old\"\n\
         [target]\nurl = \"${{MOMENT}}/new\"\n{agreement}"
    );
    case.write("crossfoot.toml", &plan);
    case
}

/// Verifies books that are at each of these moments in turn when they are opened.
fn run(agreement: &str, moments: &[Books], settle: Duration) -> (Case, Result<Ran, VerifyError>) {
    let case = case(agreement, moments);
    let path = case.path().join("crossfoot.toml");
    let (next, last) = (AtomicUsize::new(1), moments.len() - 1);
    let reopen = move || {
        let at = next.fetch_add(1, Ordering::Relaxed).min(last);
        let plan = rules::plan::read(&path).expect("a good plan");
        prepare(plan, 1, &|_| Some(at.to_string()))
    };
    let first = |_: &str| Some("0".to_owned());
    let as_of = AsOf::new(settle, reopen);
    let ran = case.try_run_with(&first, |options| options.as_of = Some(as_of));
    (case, ran)
}

fn flights(case: &Case) -> Vec<Flight> {
    let lines = std::fs::read_to_string(case.path().join("evidence/in_flight.jsonl"));
    let lines = lines.unwrap_or_default();
    let read = |line: &str| serde_json::from_str(line).expect("a line of JSON");
    lines.lines().map(read).collect()
}

fn books(source: &[(u32, i64)], target: &[(u32, i64)]) -> Books {
    [source, target].map(|records| records.iter().copied().collect())
}

const NOW: Duration = Duration::ZERO;

#[test]
fn a_record_that_agrees_later_was_in_flight_and_one_that_stands_is_a_break() {
    let source = [(1, 100), (2, 200), (3, 300), (4, 400), (5, 500)];
    // 2 comes late, 3 is changed late, 4 is wrong, 6 is there before its source.
    let first = books(&source, &[(1, 100), (3, 299), (4, 401), (5, 500), (6, 600)]);
    let later = [(1, 100), (2, 200), (3, 300), (4, 400), (5, 500), (6, 600)];
    let mut wrong = later;
    wrong[3].1 = 401;
    let second = books(&later, &wrong);
    let (case, ran) = run(KEYED, &[first, second], NOW);
    let ran = ran.expect("it ends");
    assert_eq!(
        ran.shown(),
        "differs S004 amount:4.00->4.01 [amount 0.01 CNY] @flow.csv:5"
    );
    ran.closes();
    let report = &ran.report.agreements[0];
    assert_eq!((report.in_flight.settled, report.in_flight.moving), (3, 0));
    assert_eq!((report.records.expected, report.records.agreed), (5, 2));
    assert!(ran.report.as_of);
    assert_eq!(ran.report.verdict, Verdict::OutOfBalance);
    let told: Vec<String> = flights(&case)
        .iter()
        .map(|flight| {
            let id = flight.found.cause.id.as_deref().unwrap_or("-");
            let key = flight.found.key.get("serial").flatten().unwrap_or("-");
            format!("{} {key} {id} {}", flight.found.kind, flight.settled)
        })
        .collect();
    insta::assert_snapshot!(told.join("\n"), @"
    missing S002 T9 true
    differs S003 T8 true
    extra S006 T9 true
    ");
    insta::assert_snapshot!(report.notes.join("\n"), @"
    the books were not frozen: this holds of the moment that was read
    3 records were in flight and have settled
    ");
}

#[test]
fn books_that_differ_only_by_what_is_in_flight_balance() {
    let first = books(&[(1, 100), (2, 200)], &[(1, 100)]);
    let second = books(&[(1, 100), (2, 200)], &[(1, 100), (2, 200)]);
    let (_, ran) = run(KEYED, &[first, second], NOW);
    let ran = ran.expect("it ends");
    assert_eq!(ran.report.verdict, Verdict::Balanced);
    // The totals are those of the first moment, and the account says what makes the difference.
    let report = &ran.report.agreements[0];
    assert_eq!(report.totals[0].difference, "-2.00");
    assert_eq!(report.residual[0].amount, "0.00");
    assert_eq!(report.causes[0].id.as_deref(), Some("T9"));
}

#[test]
fn a_record_that_never_stands_still_is_not_checked() {
    let moment = |n: i64| books(&[(1, 100), (2, n)], &[(1, 100), (2, n - 1)]);
    let moments: Vec<Books> = (200..210).map(moment).collect();
    let (case, ran) = run(KEYED, &moments, NOW);
    let ran = ran.expect("it ends");
    assert_eq!(ran.lines, "");
    assert_eq!(ran.report.verdict, Verdict::Incomplete);
    assert_eq!(ran.report.agreements[0].in_flight.moving, 1);
    assert_eq!(flights(&case).len(), 1);
    ran.closes();
}

#[test]
fn what_stands_is_a_break_only_after_the_time_that_one_book_may_lag() {
    let moment = books(&[(1, 100)], &[]);
    let began = std::time::Instant::now();
    let settle = Duration::from_millis(300);
    let (_, ran) = run(KEYED, &[moment], settle);
    assert_eq!(ran.expect("it ends").breaks.len(), 1);
    assert!(began.elapsed() >= settle);
}

#[test]
fn where_too_many_differ_it_is_said_that_none_was_told_apart() {
    let source: Vec<(u32, i64)> = (1..60).map(|n| (n, 100)).collect();
    let case = case(KEYED, &[books(&source, &[(1, 100)])]);
    let ran = case.try_run_with(&|_| Some("0".to_owned()), |options| {
        options.limits.in_memory = 10;
        options.as_of = Some(AsOf::new(NOW, || panic!("nothing is looked at again")));
    });
    let ran = ran.expect("it ends");
    assert_eq!(ran.report.verdict, Verdict::Incomplete);
    insta::assert_snapshot!(ran.report.agreements[0].not_checked.join("\n"), @"which records were in flight: too many differ to be looked at again");
}

#[test]
fn a_control_over_both_books_is_not_broken_by_what_moves() {
    let control = "[[control]]\nname = \"sums\"\nexpected = \"SELECT control_total(money(amount)) AS s FROM source.flow\"\n\
                   actual = \"SELECT control_total(money(amount)) AS s FROM target.posting\"\n";
    let first = books(&[(1, 100), (2, 200)], &[(1, 100)]);
    let second = books(&[(1, 100), (2, 200)], &[(1, 100), (2, 200)]);
    let (_, ran) = run(&format!("{KEYED}{control}"), &[first, second], NOW);
    let report = ran.expect("it ends").report;
    assert_eq!(report.verdict, Verdict::Incomplete);
    insta::assert_snapshot!(report.controls[0].says.as_deref().unwrap_or("-"), @"the books moved between their moments; freeze both to compute it");
}

/// What becomes of a record between two moments.
#[derive(Clone, Copy, Debug)]
enum Story {
    Agrees,
    /// In the source only, then in both.
    ComesLate,
    /// In the target first.
    ComesEarly,
    /// Changed in the source first.
    ChangedLate,
    /// Gone from the source first.
    GoesLate,
    Missing,
    Extra,
    Wrong,
}

impl Story {
    fn is_break(self) -> bool {
        matches!(self, Story::Missing | Story::Extra | Story::Wrong)
    }

    fn is_flight(self) -> bool {
        !self.is_break() && !matches!(self, Story::Agrees)
    }

    /// Its amounts on both sides at both moments.
    fn amounts(self, cents: i64) -> [[Option<i64>; 2]; 2] {
        let (here, other) = (Some(cents), Some(cents + 7));
        match self {
            Story::Agrees => [[here, here], [here, here]],
            Story::ComesLate => [[here, None], [here, here]],
            Story::ComesEarly => [[None, here], [here, here]],
            Story::ChangedLate => [[other, here], [other, other]],
            Story::GoesLate => [[None, here], [None, None]],
            Story::Missing => [[here, None], [here, None]],
            Story::Extra => [[None, here], [None, here]],
            Story::Wrong => [[here, other], [here, other]],
        }
    }
}

fn story() -> impl Strategy<Value = Story> {
    prop_oneof![
        4 => Just(Story::Agrees),
        1 => Just(Story::ComesLate),
        1 => Just(Story::ComesEarly),
        1 => Just(Story::ChangedLate),
        1 => Just(Story::GoesLate),
        1 => Just(Story::Missing),
        1 => Just(Story::Extra),
        1 => Just(Story::Wrong),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    /// Breaks are the records that are wrong at both moments, whatever else moves.
    #[test]
    fn breaks_are_what_is_wrong_and_nothing_that_moves(
        stories in prop::collection::vec(story(), 1..40),
        is_keyed in any::<bool>(),
    ) {
        let mut moments: [Books; 2] = Default::default();
        for (serial, story) in (0_u32..).zip(&stories) {
            let amounts = story.amounts(1_000 + i64::from(serial) * 100);
            for (moment, sides) in moments.iter_mut().zip(amounts) {
                for (book, amount) in moment.iter_mut().zip(sides) {
                    book.extend(amount.map(|amount| (serial, amount)));
                }
            }
        }
        let (case, ran) = run(if is_keyed { KEYED } else { KEYLESS }, &moments, NOW);
        let ran = ran.expect("it ends");
        ran.closes();
        let serial = |found: &ledger::Break| {
            let record = found.expected.as_ref().or(found.actual.as_ref());
            record.and_then(|record| record.get("serial").flatten().map(str::to_owned))
        };
        let mut told: Vec<Option<String>> = ran.breaks.iter().map(serial).collect();
        told.sort();
        told.dedup();
        let named = |wanted: fn(Story) -> bool| -> Vec<Option<String>> {
            let those = (0_u32..).zip(&stories).filter(|(_, story)| wanted(**story));
            those.map(|(serial, _)| Some(format!("S{serial:03}"))).collect()
        };
        let broken = named(Story::is_break);
        if is_keyed {
            prop_assert_eq!(&told, &broken);
            let mut moved: Vec<_> = flights(&case).iter().map(|one| serial(&one.found)).collect();
            moved.sort();
            prop_assert_eq!(moved, named(Story::is_flight));
        } else {
            // Without a key, records that differ are paired by likeness.
            prop_assert_eq!(told.is_empty(), broken.is_empty());
            let sides = |found: &ledger::Break| {
                usize::from(found.expected.is_some()) + usize::from(found.actual.is_some())
            };
            let records: usize = ran.breaks.iter().map(sides).sum();
            let wrong = |story: &Story| match story {
                Story::Wrong => 2,
                story => usize::from(story.is_break()),
            };
            prop_assert_eq!(records, stories.iter().map(wrong).sum::<usize>());
        }
        let expected = match (broken.is_empty(), stories.iter().all(|one| !one.is_break())) {
            (true, true) => Verdict::Balanced,
            _ => Verdict::OutOfBalance,
        };
        prop_assert_eq!(ran.report.verdict, expected);
    }
}
