//! What a verification does not look into, its report says.

mod place;

use std::sync::Arc;

use reconcile::{Options, Unwatched, Watch, verify};

/// The notes of the report on a wallet with so many of each cause.
fn notes(orders: &str) -> Vec<String> {
    let scratch = tempfile::tempdir().expect("a temporary folder");
    let case = scratch.path().join("case");
    let prepared = place::made("wallet", "900", orders, &case);
    let watch: Arc<dyn Watch> = Arc::new(Unwatched::default());
    let options = Options {
        threads: 1,
        digest: false,
        ..Options::new(scratch.path().join("evidence"))
    };
    let runtime = tokio::runtime::Runtime::new().expect("a runtime can be started");
    let outcome = runtime.block_on(verify(&prepared, &options, &watch));
    let mut agreements = outcome.expect("the books can be read").report.agreements;
    agreements.remove(0).notes
}

#[test]
fn causes_beyond_those_with_the_most_breaks_are_counted() {
    let is_it = |note: &&String| note.starts_with("what breaks have in common was looked for of");
    let all: Vec<String> = place::listed("wallet");
    let all: Vec<String> = all.iter().map(|cause| format!("{cause}:8")).collect();
    let said = notes(&all.join(","));
    assert_eq!(said.iter().filter(is_it).count(), 1, "{said:?}");
    let said = notes("B9:8,T6:8");
    assert_eq!(said.iter().filter(is_it).count(), 0, "{said:?}");
}
