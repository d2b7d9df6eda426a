//! What holds for every query, whatever it says.

use arrow_array::cast::AsArray;
use arrow_array::{ArrayRef, BooleanArray};

use super::*;
use crate::sql::{KeyTest, Probe};

const FLOW: &str = "id,account,status,amount\n1,A,OK,1.00\n2,B,OK,abc\n3,A,VOID,xyz\n4,C,OK,4.00\n5,A,OK,\n6,B,OK,0.10\n7,Z,OK,7.00\n8,C,OK,0\n";
const ACCOUNT: &str = "account,name,most\nA,Ann,5.00\nB,Bob,many\nC,Cid,1.00\n";

/// Queries whose first column is `id`.
const QUERIES: [&str; 14] = [
    "SELECT id, money(amount) AS m FROM flow",
    "SELECT id FROM flow WHERE status = 'OK' AND money(amount) > 1",
    "SELECT id FROM flow WHERE money(amount) > 1 OR account = 'B'",
    "SELECT id, CASE WHEN status = 'OK' THEN money(amount) END AS m FROM flow",
    "SELECT id, money(amount) * 2 AS d, money(amount) * 3 AS t FROM flow WHERE money(amount) <> 0",
    "SELECT f.id, a.name FROM flow f JOIN account a ON f.account = a.account AND money(f.amount) < money(a.most)",
    "SELECT f.id, money(a.most) AS most FROM flow f LEFT JOIN account a ON f.account = a.account",
    "SELECT id, 'D' AS dir, money(amount) AS m FROM flow UNION ALL SELECT id, 'C', -money(amount) FROM flow WHERE status = 'OK'",
    "SELECT id, control_total(money(amount)) AS t FROM flow GROUP BY id",
    "SELECT id, control_total(money(amount)) OVER (PARTITION BY account ORDER BY id) AS t FROM flow",
    "SELECT id, round_half_up(money('10') / money(amount), 4) AS q FROM flow",
    "SELECT id FROM flow WHERE account IN (SELECT account FROM account WHERE money(most) > 0)",
    "SELECT id, (SELECT control_total(money(most)) FROM account) AS t FROM flow",
    "WITH f AS (SELECT id, money(amount) AS m FROM flow) SELECT f.id, g.m FROM f JOIN f AS g ON f.id = g.id WHERE f.m > 0.05",
];

fn books() -> Story {
    story_cut(&[("source/flow", FLOW), ("source/account", ACCOUNT)], 24)
}

/// The records without hidden columns, ordered, and how many were rejected.
fn outcome(side: &Side, run: &Run) -> (Vec<String>, u64) {
    let own: Vec<usize> = (0..side.schema().fields().len()).collect();
    let batches = batches(side, run).expect("a run");
    let narrow = |batch: &RecordBatch| batch.project(&own).expect("the query's own columns");
    let mut lines: Vec<String> = batches
        .iter()
        .map(narrow)
        .flat_map(|batch| lines(&batch))
        .collect();
    lines.sort();
    (lines, run.rejects.count())
}

#[test]
fn lineage_changes_neither_records_nor_rejects() {
    let story = books();
    for sql in QUERIES {
        let side = story.side(sql);
        let plain = outcome(&side, &Run::new(2));
        assert!(!plain.0.is_empty(), "{sql} gives nothing to compare");
        assert_eq!(outcome(&side, &keeping()), plain, "{sql}");
    }
}

#[test]
fn partitions_and_batches_change_neither_records_nor_rejects() {
    let story = books();
    for sql in QUERIES {
        let side = story.side(sql);
        let one = outcome(&side, &Run::new(1));
        for (partitions, batch_rows) in [(1, 1), (2, 3), (3, 8192)] {
            let run = Run {
                batch_rows,
                ..Run::new(partitions)
            };
            assert_eq!(outcome(&side, &run), one, "{sql}");
        }
    }
}

#[test]
fn rejects_come_in_the_same_order_whatever_the_partitions() {
    let story = books();
    for sql in QUERIES {
        let side = story.side(sql);
        let kept = |partitions| {
            let run = Run {
                partitions,
                batch_rows: partitions,
                ..keeping()
            };
            outcome(&side, &run);
            run.rejects.read()
        };
        assert_eq!(kept(1), kept(3), "{sql}");
    }
}

/// Keeps records whose first key column is one of a few texts.
#[derive(Debug)]
struct OneOf(Vec<&'static str>);

impl KeyTest for OneOf {
    fn keep(&self, key_columns: &[ArrayRef]) -> Result<BooleanArray, String> {
        let key = arrow_cast::cast(&key_columns[0], &arrow_schema::DataType::Utf8);
        let key = key.map_err(|error| error.to_string())?;
        let wanted = |value: Option<&str>| Some(value.is_some_and(|value| self.0.contains(&value)));
        Ok(key.as_string::<i32>().iter().map(wanted).collect())
    }

    fn may_contain(&self, _column: usize, _min: &ArrayRef, _max: &ArrayRef) -> bool {
        true
    }
}

#[test]
fn the_second_look_gives_the_wanted_records_and_no_others() {
    let story = books();
    for sql in QUERIES {
        let side = story.side(sql);
        let (whole, _) = outcome(&side, &Run::new(2));
        let wanted = vec!["1", "4", "6", "7"];
        let of_key = |line: &String| wanted.contains(&line.split('|').next().expect("a key"));
        let expected: Vec<String> = whole.into_iter().filter(of_key).collect();
        for lineage in [false, true] {
            let run = Run {
                lineage,
                probe: Some(Probe {
                    columns: vec!["id".to_owned()],
                    test: Arc::new(OneOf(wanted.clone())),
                }),
                ..Run::new(2)
            };
            assert_eq!(outcome(&side, &run).0, expected, "{sql}");
        }
    }
}

#[test]
fn a_join_that_needs_too_much_memory_says_so() {
    let folder = TempDir::new().expect("a temporary folder");
    std::fs::create_dir(folder.path().join("source")).expect("a folder");
    let mut text = String::from("id,note\n");
    for id in 0..60_000 {
        let _ = writeln!(text, "{id},{}", "x".repeat(60));
    }
    std::fs::write(folder.path().join("source/wide.csv"), text).expect("a file");
    let settings = Settings {
        memory_limit: Some(2 << 20),
        ..settings()
    };
    let session = open_with(folder.path(), settings);
    let sql = "SELECT a.id, a.note, b.note AS other FROM wide a JOIN wide b ON a.id = b.id";
    let side = session
        .side(Which::Source, sql, &[])
        .expect("a sound query");
    match collect(&side, &Run::new(2)) {
        Err(error @ RunError::Memory(_)) => assert!(error.mend().is_some()),
        other => panic!("{:?}", other.map(|text| text.len())),
    }
    let grouped = "SELECT id, count(*) AS n FROM wide GROUP BY id";
    let side = session
        .side(Which::Source, grouped, &[])
        .expect("a sound query");
    assert_eq!(
        collect(&side, &Run::new(2))
            .expect("groups spill")
            .lines()
            .count(),
        60_000
    );
}
