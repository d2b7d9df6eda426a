//! Laws that hold for every record.

use causes::{CauseId, Prover};
use ledger::{CauseStatus, Decimal, Record, Sides};
use proptest::prelude::*;

use crate::books;

const HEADER: &str = "id:key,amount:money,memo,day:date,at:instant,type,account,fee:money";

fn any_value() -> impl Strategy<Value = Option<String>> {
    let text = prop_oneof![
        any::<String>(),
        "[0-9]{1,20}",
        "-?[0-9]{1,25}\\.[0-9]{0,6}",
        "[0-9]{4}-[0-9]{2}-[0-9]{2}",
        "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]{1,9})?Z",
        "[ A-Za-z,;\"'\\n瑞信支付0-9]{0,12}",
    ];
    proptest::option::weighted(0.9, text)
}

fn any_record() -> impl Strategy<Value = Vec<Option<String>>> {
    proptest::collection::vec(any_value(), 8)
}

fn record(values: Vec<Option<String>>) -> Record {
    let terms = books::terms(HEADER);
    terms
        .columns
        .into_iter()
        .map(|column| column.name)
        .zip(values)
        .collect()
}

fn found(expected: &Record, actual: &Record, source: Option<&Record>) -> ledger::Break {
    let terms = books::terms(HEADER);
    let copies = Sides {
        expected: 1,
        actual: 1,
    };
    let mut found = books::found(&terms, &[], Some(expected), Some(actual), copies);
    found.source = source
        .map(|fields| ledger::SourceRecord {
            fields: fields.clone(),
            ..ledger::SourceRecord::default()
        })
        .into_iter()
        .collect();
    found
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn no_text_makes_it_panic_and_the_story_says_the_same(
        expected in any_record(),
        actual in any_record(),
        source in any_record(),
        mixed in proptest::collection::vec(any::<bool>(), 8),
    ) {
        let actual: Vec<Option<String>> = expected.iter().zip(actual).zip(mixed)
            .map(|((same, other), is_same)| if is_same { same.clone() } else { other })
            .collect();
        let (expected, actual, source) = (record(expected), record(actual), record(source));
        let prover = Prover::new(books::terms(HEADER));
        for found in [
            found(&expected, &actual, Some(&source)),
            books::found(prover.terms(), &[], Some(&expected), None, Sides { expected: 1, actual: 0 }),
            books::found(prover.terms(), &[], None, Some(&actual), Sides { expected: 0, actual: 1 }),
            books::found(prover.terms(), &[], Some(&expected), Some(&expected), Sides { expected: 1, actual: 2 }),
        ] {
            let short = prover.explain(&found, &[]);
            let mut long = prover.story(&found, &[]);
            let reproduces = |cause: &CauseId| long.tried.iter().any(|tried| tried.cause == *cause && tried.reproduces);
            if let (CauseStatus::Proved, [cause]) = (short.status, short.causes.as_slice()) {
                // A cause that acts on several fields gives them one by one.
                prop_assert!(reproduces(cause) || found.fields.len() > 1);
            }
            long.tried.clear();
            prop_assert_eq!(short, long);
        }
        let mut together = vec![
            (found(&expected, &actual, Some(&source)), prover.explain(&found(&expected, &actual, None), &[])),
            (found(&actual, &expected, Some(&source)), prover.explain(&found(&actual, &expected, None), &[])),
        ];
        prover.explain_together(&mut together);
    }

    #[test]
    fn a_record_that_agrees_has_no_cause(values in any_record()) {
        let clean = record(values);
        let prover = Prover::new(books::terms(HEADER));
        let mut found = found(&clean, &clean, Some(&clean));
        found.kind = ledger::BreakKind::Differs;
        let why = prover.story(&found, &[]);
        prop_assert_eq!(why.status, CauseStatus::Unknown);
        prop_assert!(why.causes.is_empty() && why.tried.iter().all(|tried| !tried.reproduces));
    }

    #[test]
    fn what_was_done_is_always_among_the_causes(minor in -10_000_000_000_i64..10_000_000_000, fee in 1_i64..10_000, which in 0_usize..8) {
        let amount = Decimal::new(i128::from(minor), 2);
        let (cause, damaged) = match which {
            0 => (CauseId::B9, -minor),
            1 => (CauseId::B10, minor + fee),
            2 => (CauseId::B2, minor * 100),
            3 => (CauseId::B12, fee),
            4 => (CauseId::M1, minor ^ (1 << (fee % 40))),
            5 => (CauseId::B8, i64::from(minor as i32)),
            6 => (CauseId::B2, minor / 100),
            _ => (CauseId::B8, minor % 1_000_000),
        };
        prop_assume!(damaged != minor && damaged != 0);
        let header = "id:key,amount:money";
        let terms = books::terms(header);
        let of = |amount: Decimal| Record::from_iter([("id", Some("k".to_owned())), ("amount", Some(amount.to_string()))]);
        let mut found = books::found(&terms, &[], Some(&of(amount)), Some(&of(Decimal::new(i128::from(damaged), 2))), Sides { expected: 1, actual: 1 });
        found.source = vec![ledger::SourceRecord {
            fields: Record::from_iter([
                ("id", Some("k".to_owned())),
                ("paid", Some(amount.to_string())),
                ("fee", Some(Decimal::new(i128::from(fee), 2).to_string())),
            ]),
            ..ledger::SourceRecord::default()
        }];
        let why = Prover::new(terms).explain(&found, &[]);
        let named: Vec<CauseId> = why.causes.iter().chain(&why.rivals).copied().collect();
        prop_assert!(named.contains(&cause), "{} named {:?} for {} -> {}", cause, named, amount, Decimal::new(i128::from(damaged), 2));
        prop_assert!(why.status != CauseStatus::Proved || why.causes == [cause]);
    }
}
