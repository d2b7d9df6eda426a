//! Records that fail: exactly they are set aside, with their place and reason.

use proptest::prelude::*;

use super::*;
use crate::sql::{Reject, Rejects};

const BAD: &str = "id,status,amount\n1,OK,1.00\n2,OK,abc\n3,VOID,xyz\n4,OK,4.00\n5,OK,\n";

#[test]
fn a_failing_record_is_set_aside_and_the_others_go_on() {
    let story = story(&[("source/flow", BAD)]);
    let side = story.side("SELECT id, money(amount) AS amount FROM flow WHERE id <> '5'");
    let run = keeping();
    let found = collect(&side, &run).expect("a run");
    assert_eq!(found.lines().count(), 2, "{found}");
    assert_eq!(run.rejects.count(), 2);
    let text = rejected(&run.rejects);
    assert!(text.starts_with("flow.csv:3 money: `abc`"), "{text}");
    let first = &run.rejects.read()[0].sources[0];
    assert_eq!((first.table.as_str(), first.side), ("flow", Which::Source));
    let record: Vec<_> = first
        .record
        .iter()
        .map(|(name, value)| format!("{name}={}", value.as_deref().unwrap_or("∅")))
        .collect();
    assert_eq!(record, ["id=2", "status=OK", "amount=abc"]);
}

#[test]
fn counting_needs_no_lineage_and_counts_the_same() {
    let story = story(&[("source/flow", BAD)]);
    let side = story.side("SELECT money(amount) AS amount FROM flow");
    let run = Run::new(2);
    collect(&side, &run).expect("a run");
    let kept = keeping();
    collect(&side, &kept).expect("a run");
    assert_eq!(run.rejects.count(), kept.rejects.count());
    assert!(run.rejects.read().is_empty());
}

#[test]
fn what_a_filter_drops_is_not_rejected() {
    let story = story(&[("source/flow", BAD)]);
    for sql in [
        "SELECT money(amount) AS amount FROM flow WHERE status = 'OK' AND id < '5'",
        "SELECT money(amount) AS amount, status FROM flow WHERE status = 'OK' AND id < '5'",
        "SELECT m FROM (SELECT money(amount) AS m, status, id FROM flow) AS f WHERE status = 'OK' AND id < '5'",
        "SELECT id FROM flow WHERE id < '5' AND status = 'OK' AND money(amount) > 0",
        "SELECT status, control_total(money(amount)) AS t FROM flow WHERE status = 'OK' AND id < '5' GROUP BY status",
    ] {
        let run = keeping();
        collect(&story.side(sql), &run).expect(sql);
        let text = rejected(&run.rejects);
        assert_eq!(text.lines().count(), 1, "{sql}: {text}");
        assert!(text.starts_with("flow.csv:3 money: `abc`"), "{sql}: {text}");
    }
}

#[test]
fn a_branch_that_is_not_taken_rejects_nothing() {
    let story = story(&[("source/flow", BAD)]);
    for sql in [
        "SELECT CASE WHEN id IN ('1', '4') THEN money(amount) END AS m FROM flow",
        "SELECT coalesce(CASE WHEN id IN ('2', '3', '5') THEN money('0') END, money(amount)) AS m FROM flow",
        "SELECT id FROM flow WHERE id IN ('2', '3', '5') OR money(amount) > 0",
        "SELECT id IN ('1', '4') AND money(amount) > 0 AS m FROM flow",
    ] {
        let run = keeping();
        let found = collect(&story.side(sql), &run).expect(sql);
        assert_eq!(rejected(&run.rejects), "", "{sql}");
        assert_eq!(found.lines().count(), 5, "{sql}: {found}");
    }
}

#[test]
fn casts_divisions_and_overflows_are_rejects_too() {
    let story = story(&[("source/n", "id,n\n1,7\n2,seven\n3,0\n")]);
    let run = keeping();
    let sql = "SELECT id, 10 / CAST(n AS BIGINT) AS q FROM n";
    assert_eq!(
        collect(&story.side(sql), &run)
            .expect("a run")
            .lines()
            .count(),
        1
    );
    let text = rejected(&run.rejects);
    assert!(
        text.contains("n.csv:3 Cannot cast string 'seven'"),
        "{text}"
    );
    assert!(text.contains("n.csv:4 division by zero"), "{text}");
}

#[test]
fn groups_sorts_windows_and_joins_set_records_aside() {
    let story = story(&[
        ("source/flow", BAD),
        ("source/limit", "id,most\n1,2.00\n2,many\n4,1.00\n"),
    ]);
    for (sql, expect) in [
        (
            "SELECT control_total(money(amount)) AS t FROM flow WHERE id <> '5'",
            "flow.csv:3 flow.csv:4",
        ),
        (
            "SELECT money(amount) AS m, count(*) AS n FROM flow WHERE id <> '5' GROUP BY money(amount)",
            "flow.csv:3 flow.csv:4",
        ),
        (
            "SELECT id FROM flow WHERE id <> '5' ORDER BY money(amount) LIMIT 9",
            "flow.csv:3 flow.csv:4",
        ),
        (
            "SELECT id, row_number() OVER (ORDER BY money(amount), id) AS n FROM flow WHERE id <> '5'",
            "flow.csv:3 flow.csv:4",
        ),
        (
            "SELECT f.id FROM flow f JOIN \"limit\" l ON f.id = l.id AND l.most <> money(f.amount)::VARCHAR WHERE f.id <> '5'",
            "flow.csv:3 flow.csv:4",
        ),
        (
            "SELECT f.id FROM flow f JOIN \"limit\" l ON money(f.amount) = money(l.most) WHERE f.id = '1'",
            "limit.csv:3",
        ),
    ] {
        let run = keeping();
        collect(&story.side(sql), &run).expect(sql);
        let mut places: Vec<String> = rejected(&run.rejects)
            .lines()
            .filter_map(|line| line.split(' ').next().map(str::to_owned))
            .collect();
        places.dedup();
        assert_eq!(places.join(" "), expect, "{sql}");
    }
}

#[test]
fn a_reject_after_a_join_names_both_records() {
    let story = story(&[
        ("source/a", "id,x\n1,1\n2,2\n"),
        ("source/b", "id,y\n1,1\n2,0\n"),
    ]);
    let run = keeping();
    let sql =
        "SELECT a.id, round_half_up(money(x) / money(y), 2) AS q FROM a JOIN b ON a.id = b.id";
    assert_eq!(
        collect(&story.side(sql), &run)
            .expect("a run")
            .lines()
            .count(),
        1
    );
    assert_eq!(
        rejected(&run.rejects),
        "a.csv:3+b.csv:3 round_half_up: 2.00 is divided by zero\n"
    );
}

#[test]
fn requirements_are_asked_before_the_rule_drops_anything() {
    let story = story(&[("source/flow", BAD)]);
    let side = story.require(
        "SELECT id FROM flow WHERE status = 'OK'",
        &[
            "status IN ('OK', 'FAILED')",
            "amount IS NOT NULL AND amount <> ''",
        ],
    );
    let run = keeping();
    assert_eq!(
        collect(&side, &run).expect("a run"),
        "1|1|OK|1.00|flow.csv|2\n2|2|OK|abc|flow.csv|3\n4|4|OK|4.00|flow.csv|5"
    );
    assert_eq!(
        rejected(&run.rejects),
        "flow.csv:4 require: status IN ('OK', 'FAILED')\nflow.csv:6 require: amount IS NOT NULL AND amount <> ''\n",
    );
    let counted = Run::new(1);
    assert_eq!(collect(&side, &counted).expect("a run"), "1\n2\n4");
    assert_eq!(counted.rejects.count(), 2);
}

#[test]
fn a_requirement_that_fails_or_is_unknown_is_not_met() {
    let story = story(&[("source/flow", BAD)]);
    let side = story.require("SELECT id FROM flow", &["money(amount) > 1.00"]);
    let run = keeping();
    assert_eq!(collect(&side, &run).expect("a run").lines().count(), 1);
    assert_eq!(run.rejects.count(), 4);
    let text = rejected(&run.rejects);
    assert!(
        text.contains("flow.csv:3 require: money(amount) > 1.00: money: `abc`"),
        "{text}"
    );
}

#[test]
fn a_record_that_fails_in_the_second_look_is_still_rejected() {
    let story = story(&[("source/flow", BAD)]);
    let side = story.side("SELECT money(amount) AS m FROM flow WHERE id <> '5'");
    #[derive(Debug)]
    struct Nothing;
    impl crate::sql::KeyTest for Nothing {
        fn keep(
            &self,
            columns: &[arrow_array::ArrayRef],
        ) -> Result<arrow_array::BooleanArray, String> {
            Ok(vec![false; columns[0].len()].into())
        }
        fn may_contain(
            &self,
            _: usize,
            _: &arrow_array::ArrayRef,
            _: &arrow_array::ArrayRef,
        ) -> bool {
            true
        }
    }
    let run = Run {
        probe: Some(crate::sql::Probe {
            columns: vec!["m".to_owned()],
            test: Arc::new(Nothing),
        }),
        ..keeping()
    };
    assert_eq!(collect(&side, &run).expect("a run"), "");
    assert_eq!(run.rejects.count(), 2);
}

/// A record as the generator makes it, and whether `money` can read it.
fn record() -> impl Strategy<Value = (String, bool)> {
    prop_oneof![
        4 => (0_u32..1_000_000).prop_map(|minor| (format!("{}.{:02}", minor / 100, minor % 100), true)),
        1 => "[a-z]{1,6}".prop_map(|word| (word, false)),
        1 => Just(("1.005".to_owned(), false)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn exactly_the_bad_records_are_rejected(
        records in prop::collection::vec(record(), 0..200),
        batch_rows in 1_usize..70,
        partitions in 1_usize..4,
        chunk_bytes in 8_u64..500,
    ) {
        let mut text = String::from("id,amount\n");
        for (id, (amount, _)) in records.iter().enumerate() {
            let _ = writeln!(text, "{id},{amount}");
        }
        let story = story_cut(&[("source/flow", &text)], chunk_bytes);
        let side = story.side("SELECT id, money(amount) AS amount FROM flow");
        let run = Run { partitions, batch_rows, ..keeping() };
        let found = batches(&side, &run).expect("a run");
        let mut good: Vec<String> = found.iter().map(|batch| batch.project(&[0, 1]).expect("columns")).flat_map(|b| lines(&b)).collect();
        good.sort();
        let mut expected: Vec<String> = records.iter().enumerate().filter(|(_, (_, good))| *good).map(|(id, (amount, _))| format!("{id}|{amount}")).collect();
        expected.sort();
        prop_assert_eq!(good, expected);
        let rows: Vec<u64> = run.rejects.read().iter().map(|reject| reject.sources[0].row).collect();
        let bad: Vec<u64> = records.iter().zip(2_u64..).filter(|((_, good), _)| !good).map(|(_, row)| row).collect();
        prop_assert_eq!(rows, bad);
    }
}

#[test]
fn any_number_of_rejects_comes_in_the_same_order_as_if_all_were_held() {
    let folder = TempDir::new().expect("a temporary folder");
    let sql = "SELECT id, money(amount) AS m FROM a UNION ALL SELECT id, money(amount) AS m FROM b";
    let law = |(most, bad): (usize, Vec<bool>)| {
        let rows = bad.iter().enumerate().map(|(at, is_bad)| {
            let amount = if *is_bad { "x" } else { "1.00" };
            format!("{at},{amount}\n")
        });
        let table = format!("id,amount\n{}", rows.collect::<String>());
        let story = story(&[("source/a", &table), ("source/b", &table)]);
        let side = story.side(sql);
        let held = keeping();
        collect(&side, &held).expect("a run");
        let spilled = Run {
            rejects: Rejects::keeping_at_most(most, folder.path()),
            batch_rows: 3,
            ..keeping()
        };
        collect(&side, &spilled).expect("a run");
        let taken = spilled.rejects.take().expect("sorted runs");
        let taken: Vec<Reject> = taken.collect::<Result<_, _>>().expect("runs are read");
        prop_assert_eq!(taken, held.rejects.read());
        prop_assert_eq!(spilled.rejects.take().expect("nothing").count(), 0);
        Ok(())
    };
    let books = (1_usize..9, proptest::collection::vec(any::<bool>(), 1..400));
    let config = ProptestConfig::with_cases(8);
    let mut runner = proptest::test_runner::TestRunner::new(config);
    runner.run(&books, law).expect("the law holds");
    let left = std::fs::read_dir(folder.path()).expect("the folder is there");
    assert_eq!(left.count(), 0, "what was spilled has no name");
}

#[test]
fn a_reject_shows_no_column_that_was_computed_on_the_way() {
    let story = story(&[("source/n", "id,a,b\n1,1.00,0\n2,4.00,2\n")]);
    for sql in [
        "SELECT id, round_half_up(money(a) / money(b), 2) AS q, round_half_up(money(a) / money(b), 2) + 1 AS r FROM n",
        "SELECT id, money(a) * money(a) AS q, round_half_up(money(a) * money(a) / money(b), 2) AS r FROM n",
    ] {
        let run = keeping();
        let found = collect(&story.side(sql), &run).expect(sql);
        assert_eq!(found.lines().count(), 1, "{sql}: {found}");
        let rejects = run.rejects.read();
        assert_eq!(rejects.len(), 1, "{sql}");
        let names: Vec<&str> = rejects[0]
            .values
            .iter()
            .map(|(name, _)| name.as_str())
            .collect();
        let is_own = |name: &&str| ["id", "a", "b"].contains(name);
        assert!(names.iter().all(is_own), "{sql}: {names:?}");
    }
}
