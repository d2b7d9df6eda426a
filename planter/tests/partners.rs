//! What is told of one record is what a verification of the whole tells, also of causes that only
//! several records show.

mod place;

use std::collections::BTreeMap;
use std::fs;
use std::sync::Arc;

use ledger::{Break, CauseFound, Record};
use reconcile::story::{Explained, Question, Sight, Told, story};
use reconcile::{Options, Prepared, Unwatched, Watch, verify};

/// Causes that take more than one record, or that others take proofs back from.
const TOGETHER: [&str; 14] = [
    "A2", "A5", "A7", "A8", "A10", "A11", "D1", "E2", "E3", "P1", "P3", "Q3", "R1", "V2",
];

/// Stories of a shape: each takes a look at all breaks.
const STORIES_MAX: usize = 8;

/// Of vouchers, whose rule can be read in many more ways, each takes its time.
const STORIES_OF_VOUCHERS: usize = 4;

/// The value of every column, as a question names it.
fn words(record: &Record) -> Vec<String> {
    let named = record.0.iter();
    named
        .map(|(name, value)| format!("{name}={}", value.as_deref().unwrap_or("NULL")))
        .collect()
}

fn is_same(explained: &Explained, found: &Break) -> bool {
    let own = &explained.found;
    (own.kind, own.copies) == (found.kind, found.copies)
        && (&own.key, &own.expected, &own.actual) == (&found.key, &found.expected, &found.actual)
}

/// The breaks that a verification finds, the first of each kind and cause.
async fn verified(prepared: &Prepared, folder: &std::path::Path) -> Vec<Break> {
    let watch: Arc<dyn Watch> = Arc::new(Unwatched::default());
    let options = Options {
        threads: 1,
        digest: false,
        ..Options::new(folder.to_owned())
    };
    let outcome = verify(prepared, &options, &watch).await;
    let outcome = outcome.expect("the books can be read");
    let lines = fs::read_to_string(outcome.evidence.join("breaks.jsonl"));
    let lines = lines.expect("there is evidence");
    let mut first: BTreeMap<String, Break> = BTreeMap::new();
    for line in lines.lines() {
        let found: Break = serde_json::from_str(line).expect("a line is a break");
        let (kind, cause) = (found.kind, &found.cause);
        let kind = format!("{kind:?} {:?} {:?}", cause.status, cause.id);
        first.entry(kind).or_insert(found);
    }
    first.into_values().collect()
}

/// Whether a cause was named for what all records of a condition came to, which takes the whole book.
fn is_of_the_book(cause: &CauseFound) -> bool {
    ["agrees, and", "look filtered out", "look cut off"]
        .iter()
        .any(|words| cause.says.contains(words))
}

/// Holds stories against the verification; gives the causes that were told.
fn told(shape: &str, stories: usize) -> Vec<String> {
    let scratch = tempfile::tempdir().expect("a temporary folder");
    let listed = place::listed(shape);
    let orders = listed.iter().filter(|one| TOGETHER.contains(&one.as_str()));
    let orders: Vec<String> = orders.map(|cause| format!("{cause}:1")).collect();
    let case = scratch.path().join("case");
    let prepared = place::made(shape, "240", &orders.join(","), &case);
    let runtime = tokio::runtime::Runtime::new().expect("a runtime can be started");
    let evidence = scratch.path().join("evidence");
    let mut breaks = runtime.block_on(verified(&prepared, &evidence));
    // Swapped ids take two records, and are told of one.
    breaks.sort_by_key(|found| found.cause.id.as_deref() != Some("A10"));
    assert!(!breaks.is_empty(), "{shape}");
    let watch: Arc<dyn Watch> = Arc::new(Unwatched::default());
    let mut causes = Vec::new();
    for found in breaks
        .iter()
        .take(stories)
        .filter(|found| !is_of_the_book(&found.cause))
    {
        let question = Question {
            agreement: None,
            words: words(&found.key),
            threads: 1,
        };
        let story = runtime.block_on(story(&prepared, &question, &watch));
        let story = story.expect("the record is there");
        let told = story.records.iter().find_map(|told| match told {
            Told::Breaks(explained) if is_same(explained, found) => Some(explained),
            Told::Breaks(_) | Told::Agrees(_) => None,
        });
        let told = told.expect("what differs is told");
        assert_eq!(told.found.cause, found.cause, "{shape}: {:?}", found.key);
        assert_eq!(told.sight, Sight::WithAll);
        causes.extend(found.cause.id.clone());
    }
    assert!(!causes.is_empty(), "{shape}: nothing was compared");
    causes
}

#[test]
fn a_wallet_is_told_as_it_is_verified() {
    let told = told("wallet", STORIES_MAX);
    for cause in ["A10", "V2"] {
        assert!(told.iter().any(|one| one == cause), "{told:?}");
    }
}

#[test]
fn vouchers_are_told_as_they_are_verified() {
    let told = told("voucher", STORIES_OF_VOUCHERS);
    assert!(told.iter().any(|one| one == "A10"), "{told:?}");
}

#[test]
fn a_fund_is_told_as_it_is_verified() {
    told("fund", STORIES_MAX);
}

#[test]
fn a_day_s_income_is_told_as_it_is_verified() {
    told("income", STORIES_MAX);
}
