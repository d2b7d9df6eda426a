//! What runs give: records, partitions, lineage, the second look, chunks.

use arrow_array::cast::AsArray;
use arrow_array::{ArrayRef, BooleanArray};

use super::*;
use crate::sql::{KeyTest, Probe};

const FLOW: &str = "id,account,amount\n1,A,1.00\n2,B,2.00\n3,A,3.00\n4,C,4.00\n";
const ACCOUNT: &str = "account,name\nA,Ann\nB,Bob\n";

fn flow() -> Story {
    story_cut(
        &[
            ("source/flow", FLOW),
            ("source/account", ACCOUNT),
            ("target/flow", FLOW),
        ],
        16,
    )
}

#[test]
fn a_table_is_its_data_columns() {
    let story = flow();
    let side = story.side("flow");
    let names: Vec<String> = side
        .schema()
        .fields()
        .iter()
        .map(|field| field.name().clone())
        .collect();
    assert_eq!(names, ["id", "account", "amount"]);
    assert_eq!(
        collect(&side, &Run::new(2)).expect("a run"),
        "1|A|1.00\n2|B|2.00\n3|A|3.00\n4|C|4.00"
    );
    assert_eq!(
        story.run("SELECT * FROM flow WHERE account = 'A'"),
        "1|A|1.00\n3|A|3.00"
    );
}

#[test]
fn places_can_be_asked_for() {
    let story = flow();
    assert_eq!(
        story.run("SELECT id, _row AS line FROM flow WHERE id = '2'"),
        "2|3"
    );
    assert_eq!(
        story.run("SELECT _file AS file, count(*) AS n FROM flow GROUP BY _file"),
        "flow.csv|4"
    );
    // Unnamed places tell where a record is, not what it says.
    assert_eq!(
        story.run("SELECT *, _row FROM flow WHERE id = '2'"),
        "2|B|2.00"
    );
    assert_eq!(
        story.run("SELECT DISTINCT account FROM (SELECT DISTINCT * FROM flow) AS f"),
        "A\nB\nC"
    );
}

#[test]
fn names_are_found_whatever_their_capitals() {
    let story = story(&[("source/Flow", "ID,Payment Date,金额\n1,2013-05-27,2.50\n")]);
    let expect = "1|2013-05-27|2.50";
    assert_eq!(
        story.run("SELECT id, \"Payment Date\", 金额 FROM flow"),
        expect
    );
    assert_eq!(
        story.run("SELECT F.Id, f.\"Payment Date\", f.\"金额\" FROM FLOW AS f"),
        expect
    );
    assert_eq!(
        story.run("WITH Part AS (SELECT ID AS Number FROM Flow) SELECT number FROM part"),
        "1"
    );
    let side = story.side("SELECT id AS Voucher FROM flow");
    assert_eq!(side.schema().field(0).name(), "Voucher");
}

#[test]
fn rules_may_name_both_books() {
    let story = flow();
    let sql =
        "SELECT s.id FROM source.flow s JOIN target.flow t ON s.id = t.id WHERE t.account = 'C'";
    assert_eq!(story.run(sql), "4");
    let target = story
        .session
        .side(Which::Target, "SELECT count(*) AS n FROM flow", &[])
        .expect("a sound query");
    assert_eq!(collect(&target, &Run::new(2)).expect("a run"), "4");
    assert_eq!(target.tables(), [(Which::Target, "flow".to_owned())]);
}

#[test]
fn every_chunk_is_read_once_whatever_the_partitions() {
    let story = flow();
    let side = story.side("SELECT id FROM flow");
    for partitions in [1, 2, 5] {
        let run = Run::new(partitions);
        assert_eq!(collect(&side, &run).expect("a run"), "1\n2\n3\n4");
        let chunks = run.log.chunks();
        assert!(chunks.len() > 1, "one chunk proves nothing");
        assert_eq!(chunks.iter().map(|chunk| chunk.rows).sum::<u64>(), 4);
        let table = story
            .session
            .book(Which::Source)
            .table("flow")
            .expect("the table");
        let ids: Vec<_> = table.chunks().iter().map(|chunk| chunk.id).collect();
        assert_eq!(
            chunks.iter().map(|chunk| chunk.chunk).collect::<Vec<_>>(),
            ids
        );
        let bytes = run.meter.bytes.load(std::sync::atomic::Ordering::Relaxed);
        assert_eq!(
            bytes,
            table.chunks().iter().map(|chunk| chunk.bytes).sum::<u64>()
        );
    }
}

#[test]
fn groups_joins_and_windows_do_not_depend_on_partitions() {
    let story = flow();
    for sql in [
        "SELECT account, control_total(money(amount)) AS t, count(*) AS n FROM flow GROUP BY account",
        "SELECT id, name FROM flow LEFT JOIN account USING (account)",
        "SELECT id, row_number() OVER (PARTITION BY account ORDER BY id) AS n FROM flow",
        "SELECT id FROM flow WHERE account IN (SELECT account FROM account)",
        "SELECT id FROM flow WHERE money(amount) > (SELECT control_total(money(amount)) / count(*) AS x FROM flow WHERE id < '3')",
        "SELECT account FROM flow UNION ALL SELECT account FROM account",
    ] {
        let sql = sql.replace(
            "control_total(money(amount)) / count(*)",
            "round_half_up(control_total(money(amount)) / count(*), 2)",
        );
        let side = story.side(&sql);
        let one = collect(&side, &Run::new(1)).expect("a run");
        assert!(!one.is_empty(), "{sql}");
        assert_eq!(collect(&side, &Run::new(3)).expect("a run"), one, "{sql}");
        assert!(
            wait(side.run(&Run::new(2))).expect("streams").len() <= 2,
            "{sql}"
        );
    }
}

fn explain(side: &Side, run: &Run) -> String {
    wait(side.explain(run)).expect("a plan")
}

#[test]
fn a_rule_that_works_record_by_record_stays_in_the_partition_that_reads() {
    let story = flow();
    let side = story.side(
        "SELECT id, money(amount) AS amount FROM flow WHERE account <> 'B' AND money(amount) > 1",
    );
    let plan = explain(&side, &Run::new(2));
    for operator in ["Repartition", "Coalesce"] {
        assert!(!plan.contains(operator), "{plan}");
    }
    assert_eq!(wait(side.run(&Run::new(2))).expect("streams").len(), 2);
}

#[test]
fn an_identity_rule_is_nothing_but_a_scan() {
    let story = flow();
    let plan = explain(&story.side("SELECT * FROM flow"), &Run::new(2));
    assert_eq!(
        plan,
        "CooperativeExec\n  Scan: source.flow [id, account, amount]\n"
    );
}

/// Keeps records whose key is one of a few texts.
#[derive(Debug)]
struct OneOf(&'static [&'static str]);

impl KeyTest for OneOf {
    fn keep(&self, key_columns: &[ArrayRef]) -> Result<BooleanArray, String> {
        let key = arrow_cast::cast(&key_columns[0], &arrow_schema::DataType::Utf8)
            .map_err(|e| e.to_string())?;
        let wanted = |value: Option<&str>| Some(value.is_some_and(|value| self.0.contains(&value)));
        Ok(key.as_string::<i32>().iter().map(wanted).collect())
    }

    fn may_contain(&self, _column: usize, _min: &ArrayRef, _max: &ArrayRef) -> bool {
        true
    }
}

fn probe(column: &str, keys: &'static [&'static str]) -> Run {
    Run {
        probe: Some(Probe {
            columns: vec![column.to_owned()],
            test: Arc::new(OneOf(keys)),
        }),
        ..Run::new(2)
    }
}

#[test]
fn the_second_look_reaches_the_scan() {
    let story = flow();
    for (sql, column, expect) in [
        ("SELECT * FROM flow", "id", "3|A|3.00"),
        (
            "SELECT id AS voucher, money(amount) AS amount FROM flow WHERE account = 'A'",
            "voucher",
            "3|3.00",
        ),
        (
            "WITH f AS (SELECT id AS k, account FROM flow) SELECT k FROM f",
            "k",
            "3",
        ),
        (
            "SELECT id, name FROM flow JOIN account ON flow.account = account.account",
            "id",
            "3|Ann",
        ),
        (
            "SELECT id, 'D' AS dir FROM flow UNION ALL SELECT id, 'C' FROM flow",
            "id",
            "3|C\n3|D",
        ),
        (
            "SELECT id, count(*) AS n FROM flow GROUP BY id",
            "id",
            "3|1",
        ),
        ("SELECT concat(id, '') AS id FROM flow", "id", "3"),
    ] {
        let (side, run) = (story.side(sql), probe(column, &["3"]));
        let plan = explain(&side, &run);
        let scan = plan
            .lines()
            .find(|line| line.contains("filter=second_look"));
        assert!(
            scan.is_some_and(|line| line.trim_start().starts_with("Scan")),
            "{sql}\n{plan}"
        );
        assert!(!plan.contains("FilterExec: second_look"), "{sql}\n{plan}");
        assert_eq!(collect(&side, &run).expect("a run"), expect, "{sql}");
    }
}

#[test]
fn a_second_look_that_cannot_travel_still_gives_the_same() {
    let story = flow();
    let sql = "SELECT account, control_total(money(amount)) AS t FROM flow GROUP BY account";
    assert_eq!(
        collect(&story.side(sql), &probe("t", &["4.00"])).expect("a run"),
        "A|4.00\nC|4.00"
    );
    let sql = "SELECT id FROM flow ORDER BY id LIMIT 2";
    assert_eq!(
        collect(&story.side(sql), &probe("id", &["2", "3"])).expect("a run"),
        "2"
    );
}

#[test]
fn a_probe_of_no_column_is_refused() {
    let story = flow();
    let error = collect(&story.side("flow"), &probe("nope", &["3"])).expect_err("no such column");
    assert_eq!(error.to_string(), "the query gives no column nope");
}

#[test]
fn a_run_over_some_columns_reads_no_more_than_it_takes() {
    let story = flow();
    for (sql, columns, reads, expect) in [
        (
            "SELECT id, money(amount) AS amount FROM flow WHERE account = 'A'",
            &["id"][..],
            "[id, account]",
            "1\n3",
        ),
        (
            "SELECT id, account, money(amount) AS amount FROM flow WHERE id = '3'",
            &["amount", "__s0.account"],
            "[id, account, amount]",
            "3.00|A",
        ),
        (
            "SELECT account, count(*) AS n, control_total(money(amount)) AS t FROM flow GROUP BY account",
            &["account"],
            "[account]",
            "A\nB\nC",
        ),
        (
            "SELECT id FROM flow WHERE id = '3'",
            &["__s0._row"],
            "[id, _row]",
            "4",
        ),
    ] {
        let run = Run {
            lineage: true,
            columns: Some(columns.iter().map(|column| (*column).to_owned()).collect()),
            ..Run::new(2)
        };
        let side = story.side(sql);
        let plan = explain(&side, &run);
        assert!(plan.contains(reads), "{sql}\n{plan}");
        assert_eq!(collect(&side, &run).expect("a run"), expect, "{sql}");
    }
}

/// With lineage: output, then per scan `table(columns…)`.
fn with_lineage(story: &Story, sql: &str) -> String {
    let side = story.side(sql);
    let run = Run {
        lineage: true,
        ..Run::new(2)
    };
    let batches = batches(&side, &run).expect("a run");
    for batch in &batches {
        let expected: Vec<&str> = side
            .lineage()
            .iter()
            .flat_map(|scan| &scan.columns)
            .map(String::as_str)
            .collect();
        let schema = batch.schema();
        let found: Vec<&str> = schema
            .fields()
            .iter()
            .skip(side.schema().fields().len())
            .map(|f| f.name().as_str())
            .collect();
        assert_eq!(found, expected);
    }
    let mut lines: Vec<String> = batches.iter().flat_map(lines).collect();
    lines.sort();
    lines.join("\n")
}

#[test]
fn lineage_leads_back_to_the_records() {
    let story = flow();
    assert_eq!(
        with_lineage(&story, "SELECT id FROM flow WHERE account = 'A'"),
        "1|1|A|1.00|flow.csv|2\n3|3|A|3.00|flow.csv|4",
    );
    assert_eq!(
        with_lineage(
            &story,
            "SELECT f.id, a.name FROM flow f LEFT JOIN account a ON f.account = a.account WHERE f.id > '2'"
        ),
        "3|Ann|3|A|3.00|flow.csv|4|A|Ann|account.csv|2\n4|∅|4|C|4.00|flow.csv|5|∅|∅|∅|∅",
    );
    assert_eq!(
        with_lineage(
            &story,
            "SELECT account FROM flow WHERE id = '4' UNION ALL SELECT account FROM account WHERE name = 'Bob'"
        ),
        "B|∅|∅|∅|∅|∅|B|Bob|account.csv|3\nC|4|C|4.00|flow.csv|5|∅|∅|∅|∅",
    );
    assert_eq!(
        with_lineage(
            &story,
            "SELECT id, row_number() OVER (PARTITION BY account ORDER BY id) AS n FROM flow WHERE id = '2'"
        ),
        "2|1|2|B|2.00|flow.csv|3",
    );
    assert_eq!(
        with_lineage(
            &story,
            "SELECT account, count(*) AS n FROM flow GROUP BY account"
        ),
        "A|2\nB|1\nC|1"
    );
    assert_eq!(
        with_lineage(
            &story,
            "SELECT x.id FROM (SELECT id, account FROM flow) AS x WHERE x.account IN (SELECT account FROM account WHERE name = 'Bob')"
        ),
        "2|2|B|2.00|flow.csv|3",
    );
    assert_eq!(
        with_lineage(
            &story,
            "SELECT id FROM flow WHERE amount = (SELECT max(amount) FROM flow)"
        ),
        "4|4|C|4.00|flow.csv|5",
    );
}

#[test]
fn a_second_look_with_lineage_reads_only_what_it_wants() {
    let story = flow();
    let side =
        story.side("SELECT id, name FROM flow LEFT JOIN account ON flow.account = account.account");
    let run = Run {
        lineage: true,
        ..probe("id", &["2"])
    };
    assert_eq!(
        collect(&side, &run).expect("a run"),
        "2|Bob|2|B|2.00|flow.csv|3|B|Bob|account.csv|3"
    );
}

#[test]
fn records_are_fetched_by_value() {
    let story = flow();
    let wanted = crate::sql::Wanted {
        columns: vec!["account".to_owned()],
        values: vec![
            vec![Some("C".to_owned())],
            vec![Some("Z".to_owned())],
            vec![None],
        ],
    };
    let fetched = story
        .session
        .fetch(Which::Source, "flow", &wanted)
        .expect("a table");
    assert_eq!(fetched.len(), 1);
    assert_eq!((fetched[0].wanted, fetched[0].record.row), (0, 5));
    assert_eq!(
        fetched[0].record.record[0],
        ("id".to_owned(), Some("4".to_owned()))
    );
}

#[test]
fn tables_are_listed_with_their_data_columns() {
    let story = flow();
    let schemas = story.session.table_schemas();
    let names: Vec<String> = schemas
        .iter()
        .map(|table| {
            format!(
                "{}.{}:{}",
                table.side,
                table.table,
                table.schema.fields().len()
            )
        })
        .collect();
    assert_eq!(
        names,
        ["source.account:2", "source.flow:3", "target.flow:3"]
    );
}

#[test]
fn an_order_that_leaves_a_choice_ends_the_run_whatever_the_threads() {
    let story = story_cut(&[("source/n", "id,amount\n1,5\n2,5\n3,7\n")], 8);
    for sql in [
        "SELECT id, row_number() OVER (ORDER BY amount) AS n FROM n",
        "SELECT id, lag(id) OVER (ORDER BY amount) AS before FROM n",
        "SELECT id, first_value(id) OVER (ORDER BY amount) AS f FROM n",
        "SELECT id, control_total(money(amount)) OVER (ORDER BY amount ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS t FROM n",
    ] {
        for partitions in [1, 3] {
            match collect(&story.side(sql), &Run::new(partitions)) {
                Err(RunError::Request(message)) => {
                    assert!(message.contains("until it leaves no choice"), "{message}");
                }
                other => panic!("{sql}: {other:?}"),
            }
        }
    }
    for (sql, expect) in [
        (
            "SELECT id, rank() OVER (ORDER BY amount) AS n FROM n",
            "1|1\n2|1\n3|3",
        ),
        (
            "SELECT id, row_number() OVER (ORDER BY amount, id) AS n FROM n",
            "1|1\n2|2\n3|3",
        ),
        (
            "SELECT id, row_number() OVER (PARTITION BY id ORDER BY amount) AS n FROM n",
            "1|1\n2|1\n3|1",
        ),
        (
            "SELECT id, control_total(money(amount)) OVER (ORDER BY amount) AS t FROM n",
            "1|10.00\n2|10.00\n3|17.00",
        ),
    ] {
        assert_eq!(story.run(sql), expect, "{sql}");
    }
}

/// Every run, whatever the threads, ends and names `function`.
fn is_tied(story: &Story, sql: &str, function: &str) {
    for (partitions, lineage) in [(1, false), (3, false), (3, true)] {
        let run = Run {
            lineage,
            ..Run::new(partitions)
        };
        match collect(&story.side(sql), &run) {
            Err(RunError::Request(message)) => assert!(
                message.starts_with(&format!("{function} depends on the order of records")),
                "{sql}: {message}"
            ),
            other => panic!("{sql}: {other:?}"),
        }
    }
}

fn rates() -> Story {
    let rate = "cur,day,kind,rate\nU,1,a,7\nU,1,b,8\nU,2,a,9\nE,1,a,5\nE,3,a,6\nE,3,b,4\nY,1,a,2\nY,1,b,2\n";
    story_cut(&[("source/rate", rate)], 8)
}

#[test]
fn an_order_within_an_aggregate_that_leaves_a_choice_ends_the_run() {
    let story = rates();
    for (call, function) in [
        ("first_value(rate ORDER BY day)", "first_value"),
        ("last_value(rate ORDER BY day)", "last_value"),
        ("first_value(rate ORDER BY day DESC)", "first_value"),
        ("nth_value(rate, 2 ORDER BY day)", "nth_value"),
        ("string_agg(kind, '' ORDER BY day)", "string_agg"),
        ("array_agg(rate ORDER BY day)", "array_agg"),
        (
            "first_value(rate ORDER BY rate), string_agg(kind, '' ORDER BY day)",
            "string_agg",
        ),
        (
            "first_value(rate ORDER BY day) FILTER (WHERE cur <> 'Y')",
            "first_value",
        ),
        (
            "first_value(CASE WHEN day IN ('2', '3') THEN NULL ELSE rate END ORDER BY day DESC) IGNORE NULLS",
            "first_value",
        ),
    ] {
        is_tied(
            &story,
            &format!("SELECT cur, {call} FROM rate GROUP BY cur"),
            function,
        );
        is_tied(
            &story,
            &format!("SELECT {call} FROM rate WHERE cur IN ('U', 'E') AND day <> '2'"),
            function,
        );
    }
    is_tied(
        &story,
        "SELECT cur, day, string_agg(rate, '' ORDER BY kind) FROM rate GROUP BY ROLLUP (cur, day)",
        "string_agg",
    );
    is_tied(
        &story,
        "SELECT cur FROM rate WHERE rate = (SELECT first_value(rate ORDER BY day) FROM rate)",
        "first_value",
    );
}

#[test]
fn an_order_within_an_aggregate_that_leaves_no_choice_is_none() {
    let story = rates();
    for (sql, expect) in [
        (
            "SELECT cur, string_agg(rate, '' ORDER BY day, kind) AS r FROM rate GROUP BY cur",
            "E|564\nU|789\nY|22",
        ),
        (
            "SELECT cur, string_agg(rate, '' ORDER BY day DESC, kind) AS r, last_value(kind ORDER BY rate, kind) AS n FROM rate WHERE cur <> 'Y' GROUP BY cur",
            "E|645|a\nU|978|a",
        ),
        (
            "SELECT cur, nth_value(kind, 2 ORDER BY rate, kind) AS n FROM rate WHERE cur <> 'Y' GROUP BY cur",
            "E|a\nU|b",
        ),
        // Records of one rate are as good as one another.
        (
            "SELECT cur, string_agg(rate, '' ORDER BY day) AS r FROM rate WHERE cur = 'Y' GROUP BY cur",
            "Y|22",
        ),
        // The choice is among others than those that are taken.
        (
            "SELECT cur, first_value(rate ORDER BY day) AS f FROM rate WHERE cur = 'E' GROUP BY cur",
            "E|5",
        ),
        (
            "SELECT cur, last_value(rate ORDER BY day) AS f FROM rate WHERE cur = 'U' GROUP BY cur",
            "U|9",
        ),
        (
            "SELECT cur, string_agg(rate, '' ORDER BY day) FILTER (WHERE kind = 'a') AS r FROM rate GROUP BY cur",
            "E|56\nU|79\nY|2",
        ),
        (
            "SELECT string_agg(kind, '' ORDER BY day, _file, _row) AS r FROM rate",
            "abaabaab",
        ),
    ] {
        for partitions in [1, 3] {
            let found = collect(&story.side(sql), &Run::new(partitions)).expect(sql);
            assert_eq!(found, expect, "{sql}");
        }
    }
}

#[test]
fn a_limit_that_cuts_between_equal_records_ends_the_run() {
    let story = rates();
    for (sql, word) in [
        ("SELECT cur FROM rate ORDER BY day LIMIT 2", "LIMIT"),
        (
            "SELECT cur, kind FROM rate ORDER BY day DESC LIMIT 1",
            "LIMIT",
        ),
        (
            "SELECT cur FROM rate ORDER BY day LIMIT 2 OFFSET 5",
            "LIMIT",
        ),
        (
            "SELECT cur FROM rate ORDER BY day LIMIT 5 OFFSET 1",
            "OFFSET",
        ),
        ("SELECT cur FROM rate ORDER BY day OFFSET 3", "OFFSET"),
        (
            "SELECT upper(cur) AS c FROM rate ORDER BY day, cur OFFSET 2",
            "OFFSET",
        ),
        (
            "SELECT cur FROM rate WHERE rate IN (SELECT rate FROM rate ORDER BY day LIMIT 1)",
            "LIMIT",
        ),
        (
            "SELECT cur, n FROM (SELECT cur, count(*) AS n FROM rate GROUP BY cur ORDER BY n DESC LIMIT 1)",
            "LIMIT",
        ),
    ] {
        is_tied(&story, sql, word);
    }
}

#[test]
fn a_limit_that_cuts_between_unequal_records_keeps_the_same_in_every_run() {
    let story = rates();
    for (sql, expect) in [
        (
            "SELECT rate FROM rate ORDER BY day LIMIT 5",
            "2\n2\n5\n7\n8",
        ),
        ("SELECT rate FROM rate ORDER BY day DESC LIMIT 3", "4\n6\n9"),
        (
            "SELECT rate FROM rate ORDER BY day LIMIT 100",
            "2\n2\n4\n5\n6\n7\n8\n9",
        ),
        ("SELECT rate FROM rate ORDER BY day LIMIT 1 OFFSET 5", "9"),
        ("SELECT rate FROM rate ORDER BY day OFFSET 6", "4\n6"),
        ("SELECT rate FROM rate ORDER BY day OFFSET 100", ""),
        ("SELECT rate FROM rate ORDER BY day LIMIT 0", ""),
        (
            "SELECT upper(cur) AS c FROM rate ORDER BY day, cur, kind OFFSET 6",
            "E\nE",
        ),
        (
            "SELECT cur FROM rate ORDER BY day, _file, _row LIMIT 2",
            "U\nU",
        ),
        (
            "SELECT rate FROM rate WINDOW w AS (ORDER BY rate DESC, kind) ORDER BY row_number() OVER w LIMIT 1",
            "9",
        ),
        // Of one value it does not matter which.
        (
            "SELECT cur FROM rate WHERE day = (SELECT day FROM rate ORDER BY day DESC LIMIT 1)",
            "E\nE",
        ),
        (
            "SELECT rate FROM rate ORDER BY day",
            "2\n2\n4\n5\n6\n7\n8\n9",
        ),
        (
            "SELECT rate FROM (SELECT cur, rate FROM rate ORDER BY day) ORDER BY rate DESC LIMIT 2",
            "8\n9",
        ),
    ] {
        for batch_rows in [1, 2, 8192] {
            for partitions in [1, 3] {
                let run = Run {
                    batch_rows,
                    ..Run::new(partitions)
                };
                assert_eq!(collect(&story.side(sql), &run).expect(sql), expect, "{sql}");
            }
        }
    }
}

#[test]
fn exact_copies_are_told_apart_by_where_they_stand() {
    let story = story(&[("source/n", "day,kind\n1,a\n1,a\n")]);
    is_tied(
        &story,
        "SELECT day, row_number() OVER (PARTITION BY day, kind ORDER BY day) AS n FROM n",
        "row_number",
    );
    let by =
        "SELECT day, row_number() OVER (PARTITION BY day, kind ORDER BY _file, _row) AS n FROM n";
    assert_eq!(story.run(by), "1|1\n1|2");
}
