//! What a correction has touched, compared anew by its keys.

use crate::common::Case;
use ledger::{BreakKind, Record};
use reconcile::story::{RECHECKED_MAX, Rechecked, StoryError, recheck};
use reconcile::{Unwatched, Watch, prepare};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Numbers, dates and NULLs in the key; one amount is off, one record is missing, one is doubled.
fn case(key: &str) -> Case {
    let rule = "SELECT CAST(day AS DATE) AS day, CAST(serial AS BIGINT) AS serial, nullif(shop, '') AS shop, \
                money(amount) AS amount FROM";
    let plan = format!(
        "[[agreement]]\nname = \"a\"\nrule = \"{rule} flow\"\ntarget = \"{rule} posting\"\n{key}\n\
         money = [\"amount\"]\n"
    );
    let old = "day,serial,shop,amount\n2013-05-27,1,x,1.00\n2013-05-27,2,,2.00\n2013-05-28,3,y,3.00\n\
               2013-05-28,4,NULL,4.00\n2013-05-28,5,z,5.00\n";
    let new = "day,serial,shop,amount\n2013-05-27,1,x,1.00\n2013-05-27,2,,2.01\n2013-05-28,3,y,3.00\n\
               2013-05-28,5,z,5.00\n2013-05-28,5,z,5.00\n";
    Case::new(&plan, old, new)
}

const KEY: &str = "key = [\"day\", \"serial\", \"shop\"]";

fn key(day: &str, serial: &str, shop: Option<&str>) -> Record {
    let named = [("day", Some(day)), ("serial", Some(serial)), ("shop", shop)];
    named.into_iter().collect()
}

fn looked(
    case: &Case,
    agreement: &str,
    keys: &BTreeSet<Record>,
) -> Result<Option<Rechecked>, StoryError> {
    let plan = rules::plan::read(&case.path().join("crossfoot.toml")).expect("a good plan");
    let prepared = prepare(plan, 2, &|_| None).expect("a plan that fits its books");
    let watch: Arc<dyn Watch> = Arc::new(Unwatched::default());
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .build();
    let runtime = runtime.expect("a runtime");
    runtime.block_on(recheck(&prepared, agreement, keys, 2, &watch))
}

#[test]
fn the_keys_that_are_given_are_compared_and_no_others() {
    let case = case(KEY);
    let wanted = [
        key("2013-05-27", "1", Some("x")),
        key("2013-05-27", "2", None),
        key("2013-05-28", "4", Some("NULL")),
        key("2013-05-28", "5", Some("z")),
    ];
    let all = looked(&case, "a", &wanted.clone().into())
        .expect("it ends")
        .expect("a key");
    let kinds: Vec<BreakKind> = all.breaks.iter().map(|found| found.kind).collect();
    assert_eq!((all.keys, all.agree), (4, 1));
    assert_eq!(
        kinds,
        [BreakKind::Differs, BreakKind::Missing, BreakKind::Copies]
    );
    let agreeing = BTreeSet::from([key("2013-05-28", "3", Some("y"))]);
    let one = looked(&case, "a", &agreeing)
        .expect("it ends")
        .expect("a key");
    assert_eq!((one.keys, one.agree, one.breaks.len()), (1, 1, 0));
    // The same breaks as those of a whole run, but for the causes.
    let whole = case.run();
    let of = |breaks: &[ledger::Break]| -> Vec<(Record, BreakKind)> {
        breaks
            .iter()
            .map(|found| (found.key.clone(), found.kind))
            .collect()
    };
    assert_eq!(of(&all.breaks), of(&whole.breaks));
}

#[test]
fn what_cannot_be_looked_up_by_key_is_left_to_the_whole() {
    let keys = BTreeSet::from([key("2013-05-27", "1", Some("x"))]);
    assert!(looked(&case(""), "a", &keys).expect("it ends").is_none());
    let many = (0..=RECHECKED_MAX).map(|n| key("2013-05-27", &n.to_string(), None));
    assert!(
        looked(&case(KEY), "a", &many.collect())
            .expect("it ends")
            .is_none()
    );
    assert!(matches!(
        looked(&case(KEY), "b", &keys),
        Err(StoryError::NoAgreement { .. })
    ));
    let other = BTreeSet::from([key("2013-05-27", "one", None)]);
    assert!(matches!(
        looked(&case(KEY), "a", &other),
        Err(StoryError::Unreadable { .. })
    ));
}
