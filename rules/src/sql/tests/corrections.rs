//! Tables with correcting entries beside them.

use super::*;
use crate::sql::Corrected;

const POSTING: &str =
    "voucher,leg,amount\nV1,1,1.00\nV1,2,-1.00\nV2,1,2.00\nV3,1,3.00\nV3,1,3.00\n";

fn check(corrections: &str, expect: &str) {
    let story = story_cut(
        &[
            ("target/posting", POSTING),
            ("target/posting.corrections", corrections),
        ],
        32,
    );
    let side = story
        .session
        .side(Which::Target, "posting", &[])
        .expect("a sound table");
    for run in [Run::new(1), Run::new(3), keeping()] {
        let own: Vec<usize> = (0..3).collect();
        let records = batches(&side, &run).expect("a run");
        let mut found: Vec<String> = records
            .iter()
            .flat_map(|batch| lines(&batch.project(&own).expect("three columns")))
            .collect();
        found.sort();
        assert_eq!(found.join("\n"), expect);
    }
    // A query sees the same as the table itself, and so does one that asks for places.
    let query = "SELECT voucher, leg, amount FROM posting WHERE _row > 0";
    let side = story
        .session
        .side(Which::Target, query, &[])
        .expect("a sound query");
    assert_eq!(collect(&side, &Run::new(2)).expect("a run"), expect);
}

#[test]
fn a_reversal_takes_all_copies_of_a_record_out_and_a_rebooking_puts_one_in() {
    check(
        "voucher,leg,amount,_entry,_cause,_reason\n\
         V1,2,-1.00,REVERSAL,B9,sign\n\
         V1,2,1.00,REBOOKING,B9,sign\n\
         V3,1,3.00,REVERSAL,A5,twice\n\
         V3,1,3.00,REBOOKING,A5,twice\n\
         V4,1,4.00,REBOOKING,A1,left out\n",
        "V1|1|1.00\nV1|2|1.00\nV2|1|2.00\nV3|1|3.00\nV4|1|4.00",
    );
}

#[test]
fn a_reversal_of_another_record_takes_nothing_out() {
    check(
        "voucher,leg,amount,_entry,_cause,_reason\nV2,1,2.01,REVERSAL,,\n",
        "V1|1|1.00\nV1|2|-1.00\nV2|1|2.00\nV3|1|3.00\nV3|1|3.00",
    );
}

#[test]
fn corrections_of_another_shape_are_refused_in_words() {
    let story = story(&[
        ("target/posting", POSTING),
        (
            "target/posting.corrections",
            "voucher,amount,_entry,_cause,_reason\n",
        ),
    ]);
    let errors = story
        .session
        .side(Which::Target, "posting", &[])
        .expect_err("no leg");
    assert!(
        errors[0]
            .message
            .contains("the corrections of `posting` have no column `leg` of type Utf8View"),
        "{errors:?}"
    );
}

#[test]
fn a_book_tells_how_its_tables_are_corrected() {
    let story = story(&[
        ("target/posting", POSTING),
        (
            "target/posting.corrections",
            "voucher,leg,amount,_entry,_cause,_reason\nV1,1,1.00,REVERSAL,,\nV9,1,1.00,REBOOKING,,\nV8,1,1.00,REBOOKING,,\n",
        ),
    ]);
    let corrected = |table: &str| story.session.corrected(table).expect("readable");
    let some = Corrected {
        reversals: 1,
        rebookings: 2,
    };
    assert_eq!(corrected("posting"), Some(some));
    assert_eq!(corrected("other"), None);
}
