//! What readings give for given records, and how many records of a book they change.

use arrow_array::cast::AsArray;

use super::*;
use crate::sql::{Reading, RejectedRecord, Reread, Wanted};

const FLOW: &str = "\
id,code,status,amount,fee,memo,day
1,01,OK,7.50,0.10,5.00,2024-02-28
2,02,OK,2.50,0.20,n/a,2024-02-29
3,02,OK,10.00,0.00,,2024-03-01
4,03,VOID,1.00,0.30,7.00,2024-02-29
";
const RATE: &str = "day,rate\n2024-02-28,7.0000\n2024-02-29,7.1000\n2024-03-01,7.2500\n";

fn books() -> Story {
    story_cut(&[("source/flow", FLOW), ("source/rate", RATE)], 64)
}

/// The only reading of the rule that says all of `words`.
fn reading(side: &Side, words: &str) -> Reading {
    let all = side.readings();
    let mut found = all.iter().filter(|reading| reading.en.contains(words));
    match (found.next(), found.next()) {
        (Some(reading), None) => reading.clone(),
        _ => panic!(
            "{words}: {:#?}",
            all.iter().map(|r| &r.en).collect::<Vec<_>>()
        ),
    }
}

fn always(columns: &[&str]) -> Vec<String> {
    columns.iter().map(|name| (*name).to_owned()).collect()
}

/// All records of `flow`, as text.
fn flow(story: &Story) -> Vec<RejectedRecord> {
    let values = (1..=4).map(|id| vec![Some(id.to_string())]).collect();
    let wanted = Wanted {
        columns: vec!["id".to_owned()],
        values,
    };
    let fetched = story
        .session
        .fetch(Which::Source, "flow", &wanted)
        .expect("the records");
    fetched.into_iter().map(|found| found.record).collect()
}

fn reread(
    side: &Side,
    readings: &[Reading],
    of: &[RejectedRecord],
    keys: &[&str],
) -> Vec<Option<Reread>> {
    let records = side
        .records_of(of)
        .expect("records")
        .expect("a table to read");
    assert_eq!(records.len(), of.len());
    wait(side.reread(readings, &records, &always(keys), 2)).expect("answers")
}

/// `record: row` a line; `-` where there is no row, `!` with the reason where it is rejected.
fn told(answer: &Reread, count: u32) -> String {
    let rows = lines(&answer.rows);
    let mut text = Vec::new();
    for record in 0..count {
        if let Some(reason) = answer.reject_of(record) {
            text.push(format!("{record}! {reason}"));
        } else if answer.rows_of(record).is_empty() {
            text.push(format!("{record}: -"));
        }
        text.extend(
            rows[answer.rows_of(record)]
                .iter()
                .map(|row| format!("{record}: {row}")),
        );
    }
    text.join("\n")
}

/// What one reading of `sql` gives for the four records of `flow`.
fn gives(sql: &str, words: &str, keys: &[&str]) -> String {
    let story = books();
    let side = story.side(sql);
    let answers = reread(&side, &[reading(&side, words)], &flow(&story), keys);
    match answers.as_slice() {
        [Some(answer)] => told(answer, 4),
        other => panic!("{words}: {other:?}"),
    }
}

const FEE: &str =
    "SELECT id, round_half_up(money(amount) * 0.006, 2) AS fee FROM flow WHERE status = 'OK'";

#[test]
fn a_reading_gives_what_it_would_have_given_for_each_record() {
    // 7.50 × 0.006 = 0.045; 2.50 × 0.006 = 0.015; 10.00 × 0.006 = 0.06.
    for (words, expect) in [
        ("half to even", "0: 0.04\n1: 0.02\n2: 0.06\n3: -"),
        ("cuts instead", "0: 0.04\n1: 0.01\n2: 0.06\n3: -"),
        ("away from zero", "0: 0.05\n1: 0.02\n2: 0.06\n3: -"),
        ("does not round", "0: 0.04500\n1: 0.01500\n2: 0.06000\n3: -"),
        ("turns the sign", "0: -0.05\n1: -0.02\n2: -0.06\n3: -"),
        ("leaves a factor out", "0: 7.50\n1: 2.50\n2: 10.00\n3: -"),
        ("`money(fee)`", "0: 0.00\n1: 0.00\n2: 0.00\n3: -"),
    ] {
        assert_eq!(gives(FEE, words, &[]), expect, "{words}");
    }
    assert_eq!(
        gives(FEE, "half to even", &["id"]),
        "0: 1|0.04\n1: 2|0.02\n2: 3|0.06\n3: -"
    );
}

#[test]
fn a_reading_may_reject_a_record_and_read_the_others() {
    assert_eq!(
        gives(FEE, "`money(memo)`", &[]),
        "0: 0.03\n1! money: `n/a` has letters that mean nothing in an amount at character 1\n2! money: the amount is empty\n3: -"
    );
}

#[test]
fn a_reading_that_does_not_filter_gives_the_record_that_the_rule_leaves_out() {
    assert_eq!(
        gives(FEE, "does not filter", &[]),
        "0: 1|0.05\n1: 2|0.02\n2: 3|0.06\n3: 4|0.01"
    );
    let sql = "SELECT id FROM flow WHERE code IN ('01', '02')";
    assert_eq!(
        gives(sql, "`code IN ('01')`", &[]),
        "0: 1\n1: -\n2: -\n3: -"
    );
    let sql = "SELECT id FROM flow WHERE money(amount) > 2.50";
    assert_eq!(
        gives(sql, "takes the bound in", &[]),
        "0: 1\n1: 2\n2: 3\n3: -"
    );
}

#[test]
fn branches_and_terms_are_recomputed() {
    let sql = "SELECT id, CASE code WHEN '01' THEN 'TOPUP' WHEN '02' THEN 'PAY' ELSE 'OTHER' END AS kind FROM flow";
    assert_eq!(
        gives(sql, "`CASE code WHEN '02' THEN 'TOPUP' END`", &[]),
        "0: TOPUP\n1: TOPUP\n2: TOPUP\n3: OTHER"
    );
    assert_eq!(
        gives(sql, "without `'OTHER'`", &[]),
        "0: TOPUP\n1: PAY\n2: PAY\n3: ∅"
    );
    let sql = "SELECT id, money(amount) - money(fee) AS net FROM flow";
    assert_eq!(
        gives(sql, "leaves a term out", &[]),
        "0: 7.50\n1: 2.50\n2: 10.00\n3: 1.00"
    );
    assert_eq!(
        gives(sql, "takes a term twice", &[]),
        "0: 7.30\n1: 2.10\n2: 10.00\n3: 0.40"
    );
    assert_eq!(
        gives(sql, "with the other sign", &[]),
        "0: 7.60\n1: 2.70\n2: 10.00\n3: 1.30"
    );
}

#[test]
fn roundings_that_treat_negative_amounts_otherwise_are_recomputed() {
    // −0.045, −0.015, −0.06 and −0.006: by −∞, by +∞, and with ties upwards.
    let sql = "SELECT id, round_half_up(-money(amount) * 0.006, 2) AS fee FROM flow";
    for (words, expect) in [
        ("minus infinity", "0: -0.05\n1: -0.02\n2: -0.06\n3: -0.01"),
        ("plus infinity", "0: -0.04\n1: -0.01\n2: -0.06\n3: 0.00"),
        ("ties upwards", "0: -0.04\n1: -0.01\n2: -0.06\n3: -0.01"),
    ] {
        assert_eq!(gives(sql, words, &[]), expect, "{words}");
    }
    // 0.045, 0.015, 0.06, 0.006.
    for (words, expect) in [
        ("minus infinity", "0: 0.04\n1: 0.01\n2: 0.06\n3: -"),
        ("plus infinity", "0: 0.05\n1: 0.02\n2: 0.06\n3: -"),
        ("ties upwards", "0: 0.05\n1: 0.02\n2: 0.06\n3: -"),
    ] {
        assert_eq!(gives(FEE, words, &[]), expect, "{words}");
    }
}

#[test]
fn legs_with_their_sides_swapped_are_recomputed() {
    let sql = "SELECT id, 'D' AS leg, amount FROM flow UNION ALL SELECT id, 'C', fee FROM flow";
    assert_eq!(
        gives(sql, "swaps debit and credit", &["id", "amount"])
            .lines()
            .take(2)
            .collect::<Vec<_>>(),
        ["0: 1|C|7.50", "0: 1|D|0.10"]
    );
}

#[test]
fn a_rate_of_another_day_is_looked_up() {
    let sql = "SELECT f.id, round_half_up(money(f.amount) * money(r.rate, 4), 2) AS cny FROM flow f JOIN rate r ON f.day = r.day";
    // 2.50 × 7.00, 10.00 × 7.10, 1.00 × 7.00; there is no rate of 27 February.
    assert_eq!(
        gives(sql, "the day before", &[]),
        "0: -\n1: 2|17.50\n2: 3|71.00\n3: 4|7.00"
    );
    assert_eq!(
        gives(sql, "the day after", &[]),
        "0: 1|53.25\n1: 2|18.13\n2: -\n3: 4|7.25"
    );
    assert_eq!(
        gives(sql, "half to even", &["id"]),
        "0: 1|52.50\n1: 2|17.75\n2: 3|72.50\n3: 4|7.10"
    );
}

#[test]
fn another_row_of_a_small_table_is_read() {
    let sql = "SELECT f.id, round_half_up(money(f.amount) * money(r.rate, 4), 2) AS cny FROM flow f JOIN rate r ON f.day = r.day";
    // One figure of it: 7.50, 2.50, 10.00 and 1.00, each times 7.00.
    assert_eq!(
        gives(sql, "`money('7.0000', 4)`", &[]),
        "0: 52.50\n1: 17.50\n2: 70.00\n3: 7.00"
    );
    // The whole row, whatever the record asks for.
    assert_eq!(
        gives(sql, "day = '2024-02-28'`", &[]),
        "0: 1|52.50\n1: 2|17.50\n2: 3|70.00\n3: 4|7.00"
    );
    let story = books();
    let side = story.side(sql);
    let is_picked = |words: &str| reading(&side, words).picked;
    assert!(is_picked("`money('7.0000', 4)`") && !is_picked("half to even"));
}

#[test]
fn a_record_with_two_legs_gives_both() {
    let sql = "SELECT id, 'D' AS leg, money(amount) AS v FROM flow UNION ALL SELECT id, 'C', -money(amount) FROM flow";
    assert_eq!(
        gives(sql, "does not turn the sign", &["id", "leg"]),
        "0: 1|D|7.50\n0: 1|C|7.50\n1: 2|D|2.50\n1: 2|C|2.50\n2: 3|D|10.00\n2: 3|C|10.00\n3: 4|D|1.00\n3: 4|C|1.00"
    );
    assert_eq!(
        gives(sql, "without `SELECT 1 of 2`", &[]),
        "0: 1|C|-7.50\n1: 2|C|-2.50\n2: 3|C|-10.00\n3: 4|C|-1.00"
    );
}

#[test]
fn records_come_from_a_run_with_lineage() {
    let story = books();
    let side = story.side(FEE);
    let run = Run {
        lineage: true,
        ..Run::new(1)
    };
    let looked = batches(&side, &run).expect("a run");
    let batch = arrow_select::concat::concat_batches(&looked[0].schema(), &looked).expect("rows");
    let records = side
        .records(&batch)
        .expect("records")
        .expect("a table to read");
    assert_eq!(
        side.reread_table(),
        Some((Which::Source, "flow".to_owned()))
    );
    let answers = wait(side.reread(
        &[reading(&side, "half to even")],
        &records,
        &always(&["id"]),
        1,
    ));
    let answers = answers.expect("answers");
    let answer = answers[0].as_ref().expect("record by record");
    let ids = batch.column(0);
    let own: Vec<_> = texts(ids).into_iter().flatten().collect();
    assert_eq!(own.len(), 3);
    for (record, id) in (0..).zip(&own) {
        let rows = answer.rows_of(record);
        assert_eq!(texts(answer.rows.column(0))[rows.start].as_ref(), Some(id));
    }
    let narrow = batch.project(&[0, 1]).expect("without lineage");
    let error = side.records(&narrow).expect_err("no lineage");
    assert!(error.to_string().contains("run with lineage"), "{error}");
}

#[test]
fn what_fails_a_requirement_is_a_reject_of_every_reading() {
    let story = books();
    let side = story.require(FEE, &["amount <> '7.50'"]);
    let answers = reread(&side, &[reading(&side, "half to even")], &flow(&story), &[]);
    let answer = answers[0].as_ref().expect("record by record");
    assert_eq!(
        told(answer, 4),
        "0! require: amount <> '7.50'\n1: 0.02\n2: 0.06\n3: -"
    );
}

#[test]
fn rules_that_mix_records_are_not_reread() {
    let story = books();
    let mut count = 0;
    for sql in [
        "SELECT day, control_total(money(amount)) AS t FROM flow GROUP BY day",
        "SELECT DISTINCT code FROM flow",
        "SELECT id, row_number() OVER (ORDER BY id) AS n FROM flow",
        "SELECT id FROM flow ORDER BY id LIMIT 2",
    ] {
        let side = story.side(sql);
        assert_eq!(side.reread_table(), None, "{sql}");
        assert!(
            side.records_of(&flow(&story)).expect("an answer").is_none(),
            "{sql}"
        );
        // They can be run as a whole, unless what is read otherwise leaves an order open.
        let readings = side.readings();
        let mut run = 0;
        for reading in &readings {
            let read = side.read_as(reading).expect("a sound reading");
            match collect(&read, &Run::new(2)) {
                Ok(_) => run += 1,
                Err(RunError::Request(why)) => assert!(why.contains("ORDER BY"), "{why}"),
                Err(error) => panic!("{sql}: {error}"),
            }
        }
        assert!(readings.is_empty() || run > 0, "{sql}: none of them runs");
        count += run;
    }
    assert!(count > 0, "no reading runs");
}

#[test]
fn a_reading_that_leaves_an_order_open_ends_nothing() {
    let flow_table = "id,cur\n1,U\n2,U\n3,E\n4,E\n";
    let rate = "cur,kind,day,rate\nU,std,2024-01-01,7\nU,std,2024-01-02,8\nE,std,2024-01-01,9\nE,std,2024-01-03,6\n";
    let story = story_cut(&[("source/flow", flow_table), ("source/rate", rate)], 64);
    let side = story.side(
        "SELECT f.id, r.rate FROM flow f JOIN (SELECT cur, rate, \
         row_number() OVER (PARTITION BY cur ORDER BY day DESC, kind) AS n FROM rate) r \
         ON r.cur = f.cur AND r.n = 1",
    );
    let readings = side.readings();
    assert!(!readings.is_empty());
    let answers = reread(&side, &readings, &flow(&story), &["id"]);
    assert_eq!(answers.len(), readings.len());
    assert!(answers.iter().any(Option::is_none), "one leaves it open");
}

/// Rules of every kind that are read record by record.
const RULES: [&str; 9] = [
    FEE,
    "flow",
    "SELECT id, CASE WHEN code IN ('01', '03') THEN -money(amount) ELSE money(amount) END AS v, local_time(concat(day, ' 10:00:00'), 'Asia/Shanghai') AS t FROM flow WHERE status = 'OK' AND fee <> '0.00'",
    "WITH a AS (SELECT id AS k, money(amount) - money(fee) AS x, day FROM flow), b AS (SELECT k, x, r.rate FROM a LEFT JOIN rate r ON a.day = r.day) SELECT k, round_half_even(x * money(rate, 4), 2) AS y FROM b",
    "SELECT f.id, r.rate FROM rate r RIGHT JOIN flow f ON f.day = r.day AND r.rate > '7.05'",
    "SELECT f.id, o.amount AS old FROM flow f LEFT JOIN flow o ON f.code = o.code AND f.id > o.id",
    "SELECT id, 'D' AS leg, money(amount) AS v FROM flow UNION ALL SELECT id, 'C', -money(amount) FROM flow WHERE code <> '03'",
    "SELECT id FROM flow WHERE day IN (SELECT day FROM rate WHERE rate > '7.05')",
    "SELECT id, (SELECT max(rate) FROM rate WHERE rate.day = flow.day) AS rate FROM flow WHERE EXISTS (SELECT 1 FROM rate WHERE rate.day = flow.day)",
];

#[test]
fn reading_all_records_gives_what_the_reading_gives_as_a_whole() {
    let story = books();
    let mut count = 0;
    for sql in RULES {
        let side = story.side(sql);
        let readings = side.readings();
        let answers = reread(&side, &readings, &flow(&story), &[]);
        for (reading, answer) in readings.iter().zip(answers) {
            let answer = answer.unwrap_or_else(|| panic!("{sql}: {}", reading.en));
            let whole = side.read_as(reading).expect("a sound reading");
            let batches = batches(&whole, &Run::new(2)).expect("a run");
            let schema = answer.rows.schema();
            let names: Vec<&str> = schema.fields().iter().map(|f| f.name().as_str()).collect();
            let mut expect: Vec<String> = Vec::new();
            for batch in batches {
                let columns: Vec<usize> = names
                    .iter()
                    .map(|name| batch.schema().index_of(name).expect("the column"))
                    .collect();
                expect.extend(lines(&batch.project(&columns).expect("columns")));
            }
            let mut found = lines(&answer.rows);
            // A column that is not looked at may fail where the whole reading does.
            let is_whole = names.len() == side.schema().fields().len();
            found.sort();
            expect.sort();
            if is_whole || found.len() == expect.len() {
                assert_eq!(found, expect, "{sql}: {}", reading.en);
            }
            count += 1;
        }
    }
    assert!(count > 150, "{count} readings prove little");
}

#[test]
fn readings_are_bounded_sound_and_always_the_same() {
    let story = books();
    let wide: Vec<String> = (0..40)
        .map(|n| format!("money(amount, {n}) * 1 AS c{n}"))
        .take(30)
        .collect();
    let wide = format!("SELECT id, {} FROM flow", wide.join(", "));
    for sql in RULES.iter().copied().chain([wide.as_str()]) {
        let side = story.side(sql);
        let readings = side.readings();
        assert!(!readings.is_empty(), "{sql}");
        assert!(readings.len() <= 500, "{sql}: {}", readings.len());
        let told = |readings: &[Reading]| -> Vec<String> {
            readings
                .iter()
                .map(|r| format!("{} {} {}", r.cause, r.en, r.zh))
                .collect()
        };
        assert_eq!(told(&story.side(sql).readings()), told(&readings), "{sql}");
        for reading in &readings {
            let read = side.read_as(reading).expect("a sound reading");
            assert_eq!(read.schema().fields().len(), side.schema().fields().len());
            assert!(
                reading.rows || !reading.columns.is_empty(),
                "{}",
                reading.en
            );
        }
    }
}

/// What `changed_by` gives for the readings that say `words`, one record a line, ordered.
fn changed(
    story: &Story,
    sql: &str,
    words: &[&str],
    columns: &[&str],
    partitions: usize,
) -> String {
    let side = story.side(sql);
    let readings: Vec<Reading> = words.iter().map(|words| reading(&side, words)).collect();
    let run = Run::new(partitions);
    let found = wait(async {
        let streams = side.changed_by(&readings, &always(columns), &run).await?;
        gather(streams.expect("record by record")).await
    });
    let mut found: Vec<String> = found.expect("a pass").iter().flat_map(lines).collect();
    found.sort();
    let rows = run.meter.rows.load(std::sync::atomic::Ordering::Relaxed);
    assert_eq!(rows, 4, "one pass");
    found.join("\n")
}

#[test]
fn one_pass_tells_which_records_readings_change() {
    let story = books();
    for partitions in [1, 3] {
        // Columns: key, whether the rule gives it, then one for each reading.
        assert_eq!(
            changed(
                &story,
                FEE,
                &["half to even", "cuts instead", "does not round"],
                &["id"],
                partitions
            ),
            "1|true|true|true|true\n2|true|false|true|true"
        );
        assert_eq!(
            changed(
                &story,
                FEE,
                &["does not filter"],
                &["id", "fee"],
                partitions
            ),
            "4|0.01|false|true"
        );
        // A record that a reading rejects is one that it changes, and only for that reading.
        assert_eq!(
            changed(
                &story,
                FEE,
                &["`money(memo)`", "half to even"],
                &["id"],
                partitions
            ),
            "1|true|true|true\n2|true|true|false\n3|true|true|false"
        );
    }
}

#[test]
fn one_pass_tells_legs_and_matches_apart() {
    let story = books();
    let sql = "SELECT id, 'D' AS leg, money(amount) AS v FROM flow UNION ALL SELECT id, 'C', -money(amount) FROM flow WHERE code = '02'";
    assert_eq!(
        changed(
            &story,
            sql,
            &["does not turn the sign", "without `SELECT 2 of 2`"],
            &["id", "leg"],
            2
        ),
        "2|C|true|true|true\n3|C|true|true|true"
    );
    let sql =
        "SELECT f.id, r.rate FROM flow f JOIN rate r ON f.day = r.day WHERE r.day < '2024-03-01'";
    assert_eq!(
        changed(&story, sql, &["takes the bound in"], &["id"], 2),
        "3|false|true"
    );
    let sql = "SELECT id, money(amount) - money(fee) AS net FROM flow";
    assert_eq!(
        changed(&story, sql, &["leaves a term out"], &["id", "net"], 2),
        "1|7.40|true|true\n2|2.30|true|true\n4|0.70|true|true"
    );
}

#[test]
fn a_pass_refuses_what_it_cannot_do() {
    let story = books();
    let side = story.side(FEE);
    let nine: Vec<Reading> = side.readings().into_iter().take(9).collect();
    let pass = |side: &Side, readings: &[Reading], column: &str| {
        wait(side.changed_by(readings, &always(&[column]), &Run::new(1))).map(|s| s.is_some())
    };
    assert!(pass(&side, &nine, "id").is_err());
    assert!(pass(&side, &nine[..1], "nope").is_err());
    let grouped = story.side("SELECT day, count(*) AS n FROM flow GROUP BY day");
    assert!(!pass(&grouped, &grouped.readings()[..1], "day").expect("an answer"));
    assert_eq!(pass(&side, &nine[..1], "id").ok(), Some(true));
}

#[test]
fn flags_are_truth_values() {
    let story = books();
    let side = story.side(FEE);
    let readings = [reading(&side, "half to even")];
    let found = wait(async {
        let streams = side
            .changed_by(&readings, &always(&["id"]), &Run::new(1))
            .await?;
        gather(streams.expect("record by record")).await
    });
    let batches = found.expect("a pass");
    let schema = batches[0].schema();
    let names: Vec<&str> = schema
        .fields()
        .iter()
        .map(|field| field.name().as_str())
        .collect();
    assert_eq!(names, ["id", "given", "changed_0"]);
    let trues: usize = batches
        .iter()
        .map(|batch| batch.column(2).as_boolean().true_count())
        .sum();
    assert_eq!(trues, 1);
}

#[test]
fn a_reading_that_rejects_all_of_a_sample_is_given_up() {
    let mut text = String::from("id,amount,note,part\n");
    for number in 0..4096 {
        // Every eighth note is an amount, wherever a sample may look; no part is one.
        let note = if number % 64 < 8 { "1.00" } else { "none" };
        let _ = writeln!(text, "{number},2.00,{note},p{number}");
    }
    let story = story(&[("source/flow", &text)]);
    let side = story.side("SELECT id, money(amount) AS v FROM flow");
    let run = Run {
        lineage: true,
        ..Run::new(1)
    };
    let looked = batches(&side, &run).expect("a run");
    let batch = arrow_select::concat::concat_batches(&looked[0].schema(), &looked).expect("rows");
    let records = side
        .records(&batch)
        .expect("records")
        .expect("a table to read");
    let readings = ["`money(note)`", "`money(part)`"].map(|words| reading(&side, words));
    let answers = wait(side.reread(&readings, &records, &[], 2)).expect("answers");
    let note = answers[0].as_ref().expect("not given up");
    assert_eq!((note.of.len(), note.rejects.len()), (512, 3584));
    assert!(answers[1].is_none());
}

/// Lines of which half a fen is left of some, with the code that they are added up by.
const LINES: &str = "\
id,code,amount
1,A,2.50
2,A,2.50
3,B,10.00
4,C,2.50
5,C,7.50
6,D,100.00
";
const TOTALS: &str = "SELECT code, round_half_up(control_total(money(amount) * 0.006), 2) AS fee FROM flow GROUP BY code";
const OF_LINES: &str = "SELECT code, control_total(round_half_up(money(amount) * 0.006, 2)) AS fee FROM flow GROUP BY code";
const EACH_LINE: &str =
    "`control_total(round_half_up(money(amount) * 0.006, 2))` instead of `round_half_up(";

/// What one reading of `sql` gives for the groups of some codes, one a line, ordered; `-` where it is
/// not run over groups.
fn of_groups(sql: &str, words: &str, codes: &[&str], key: &[&str]) -> String {
    let story = story(&[("source/flow", LINES)]);
    let side = story.side(sql);
    let run = Run {
        lineage: true,
        ..Run::new(2)
    };
    let looked = batches(&side, &run).expect("a run");
    let batch = arrow_select::concat::concat_batches(&looked[0].schema(), &looked).expect("rows");
    let own: Vec<String> = texts(batch.column(0)).into_iter().flatten().collect();
    let is_wanted = |code: &String| codes.contains(&code.as_str());
    let kept: Vec<bool> = own.iter().map(is_wanted).collect();
    let batch = arrow_select::filter::filter_record_batch(&batch, &kept.into()).expect("rows");
    let records = side.records(&batch).expect("records").expect("groups");
    assert_eq!(records.len(), codes.len());
    let readings = [reading(&side, words)];
    let answers = wait(side.reread(&readings, &records, &always(key), 2)).expect("answers");
    let Some(answer) = &answers[0] else {
        return "-".to_owned();
    };
    let wanted = texts(batch.column(0));
    for record in 0..u32::try_from(codes.len()).expect("few") {
        let rows = answer.rows_of(record);
        assert_eq!(rows.len(), 1, "a row for each group");
        let given = &texts(answer.rows.column(0))[rows.start];
        assert_eq!(given, &wanted[usize::try_from(record).expect("few")]);
    }
    let mut rows = lines(&answer.rows);
    rows.sort();
    rows.join("\n")
}

#[test]
fn totals_are_recomputed_at_another_level_of_rounding() {
    assert_eq!(
        of_groups(TOTALS, EACH_LINE, &["A", "B", "C"], &["code"]),
        "A|0.04\nB|0.06\nC|0.07"
    );
    assert_eq!(
        of_groups(
            OF_LINES,
            "rounds the total, not each line",
            &["A", "C"],
            &["code"]
        ),
        "A|0.03\nC|0.06"
    );
    // Other readings of a rule that adds up are not run, and without a key nothing tells its groups.
    assert_eq!(of_groups(TOTALS, "turns the sign", &["A"], &["code"]), "-");
    assert_eq!(of_groups(TOTALS, EACH_LINE, &["A"], &[]), "-");
}

#[test]
fn all_totals_that_another_level_of_rounding_changes_are_told() {
    let story = story(&[("source/flow", LINES)]);
    let changed = |sql: &str, words: &[&str]| {
        let side = story.side(sql);
        let readings: Vec<Reading> = words.iter().map(|words| reading(&side, words)).collect();
        let (test, run) = (always(&["code"]), Run::new(2));
        let found = wait(async {
            let pass = side.changed_by(&readings, &test, &run);
            match pass.await? {
                Some(streams) => gather(streams).await.map(Some),
                None => Ok(None),
            }
        });
        found.expect("a pass").map(|batches| {
            let mut found: Vec<String> = batches.iter().flat_map(lines).collect();
            found.sort();
            found.join("\n")
        })
    };
    // Columns: the key, whether the rule gives it, whether it is another total.
    let told = changed(TOTALS, &[EACH_LINE]);
    assert_eq!(told.as_deref(), Some("A|true|true\nC|true|true"));
    let told = changed(OF_LINES, &["rounds the total, not each line"]);
    assert_eq!(told.as_deref(), Some("A|true|true\nC|true|true"));
    // Of other readings nothing is told.
    assert_eq!(changed(TOTALS, &[EACH_LINE, "turns the sign"]), None);
}
