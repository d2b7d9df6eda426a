//! Controls that read the same tables, begun together, come to what each comes to by itself.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::*;
use crate::sql::{ControlOutcome, ControlQuery, ControlStatus, IsStopped};

/// Over `target.posting` (600 records), `source.flow` (300) and `source.kind` (3).
const CONTROLS: [&str; 17] = [
    // Plain, grouped, filtered, and none but a count.
    "SELECT control_total(money(debit)) - control_total(money(credit)) AS difference FROM target.posting",
    "SELECT day, control_total(money(debit)) - control_total(money(credit)) AS difference FROM target.posting GROUP BY day",
    "SELECT count(*) - 300 AS difference FROM target.posting WHERE leg = '1'",
    "SELECT count(*) - 600 AS difference FROM target.posting",
    "SELECT day, max(money(debit)) - money('9.00') AS difference FROM target.posting GROUP BY day",
    // A total of a total, one of records told apart, one with nothing below.
    "SELECT count(*) - 7 AS difference FROM (SELECT DISTINCT day FROM target.posting) AS days",
    "SELECT control_total(of_day.records) - 600 AS difference
     FROM (SELECT day, count(*) AS records FROM target.posting GROUP BY day) AS of_day",
    "SELECT count(*) AS difference FROM target.posting WHERE day = 'never'",
    // Branches, of one table and of two.
    "SELECT day, control_total(part) AS difference
     FROM (SELECT day, money(debit) AS part FROM target.posting
           UNION ALL SELECT day, -money(credit) AS part FROM target.posting
           UNION ALL SELECT day, money('0') AS part FROM source.flow) AS line
     GROUP BY day",
    // Joins: with a small table before the total, of two totals, of a table with itself.
    "SELECT kind.name, count(*) - 100 AS difference
     FROM source.flow AS flow JOIN source.kind AS kind ON kind.code = flow.code GROUP BY kind.name",
    "SELECT a.day, a.n - 2 * b.n AS difference
     FROM (SELECT day, count(*) AS n FROM target.posting GROUP BY day) AS a
     JOIN (SELECT day, count(*) AS n FROM source.flow GROUP BY day) AS b ON a.day = b.day",
    "SELECT count(*) - 600 AS difference FROM target.posting AS one
     JOIN target.posting AS other ON one.voucher = other.voucher AND one.leg = other.leg",
    // What a query must know from elsewhere first.
    "SELECT count(*) - 600 AS difference FROM target.posting
     WHERE day >= (SELECT min(day) FROM source.flow)",
    "SELECT count(*) AS difference FROM target.posting
     WHERE voucher NOT IN (SELECT id FROM source.flow)",
    // What runs again and again.
    "WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL
       SELECT n.i + 1 AS i FROM n CROSS JOIN (SELECT count(*) AS c FROM source.flow) AS f WHERE n.i < f.c)
     SELECT count(*) - 300 AS difference FROM n",
    // No total at all, and one in a window.
    "SELECT 0 AS difference FROM source.kind WHERE code = 'A'",
    "SELECT day, control_total(n) OVER (ORDER BY day) - control_total(n) OVER (ORDER BY day) AS difference
     FROM (SELECT day, count(*) AS n FROM source.flow GROUP BY day) AS of_day",
];

fn books() -> Vec<(&'static str, String)> {
    let mut flow = String::from("id,day,code,amount\n");
    let mut posting = String::from("voucher,leg,day,debit,credit\n");
    for id in 0..300 {
        let (day, code) = (id % 7, ["A", "B", "C"][id % 3]);
        let _ = writeln!(flow, "F{id},2013-05-0{},{code},{}.00", day + 1, id % 10);
        for (leg, amount) in [("1", (id % 10, 0)), ("2", (0, id % 10))] {
            let (debit, credit) = amount;
            let _ = writeln!(
                posting,
                "F{id},{leg},2013-05-0{},{debit}.00,{credit}.00",
                day + 1
            );
        }
    }
    vec![
        ("source/flow", flow),
        ("source/kind", "code,name\nA,a\nB,b\nC,c\n".to_owned()),
        ("target/posting", posting),
    ]
}

fn story_of(books: &[(&'static str, String)]) -> Story {
    let files: Vec<_> = books
        .iter()
        .map(|(name, text)| (*name, text.as_str()))
        .collect();
    story_cut(&files, 1 << 10)
}

fn read(session: &Session, controls: &[&str]) -> Vec<ControlQuery> {
    let read = |sql: &&str| match session.control(sql) {
        Ok(control) => control,
        Err(mistakes) => panic!("{sql}: {mistakes:?}"),
    };
    controls.iter().map(read).collect()
}

fn never() -> IsStopped {
    Arc::new(|| false)
}

struct Together {
    outcomes: Vec<Result<ControlOutcome, RunError>>,
    /// Records that were read for several of them.
    rows: u64,
    /// Records that each read besides.
    by_themselves: Vec<u64>,
}

/// What controls come to together.
fn together(
    session: &Session,
    controls: &[ControlQuery],
    partitions: usize,
    is_stopped: IsStopped,
) -> Together {
    wait(async {
        let shared = session.share(controls.iter().collect(), partitions).await;
        let shared = shared.expect("plans");
        let meter = Arc::clone(shared.meter());
        let begun = shared.read(is_stopped).await.expect("plans");
        let (mut outcomes, mut rows) = (Vec::new(), Vec::new());
        for (control, begun) in controls.iter().zip(&begun) {
            outcomes.push(control.finish(begun).await);
            rows.push(begun.run().meter.rows.load(Ordering::Relaxed));
        }
        Together {
            outcomes,
            rows: meter.rows.load(Ordering::Relaxed),
            by_themselves: rows,
        }
    })
}

fn alone(control: &ControlQuery) -> ControlOutcome {
    wait(control.run(&Run::new(2))).expect("a run")
}

#[test]
fn controls_together_come_to_what_each_comes_to() {
    let story = story_of(&books());
    let controls = read(&story.session, &CONTROLS);
    for partitions in [1, 2, 5] {
        let done = together(&story.session, &controls, partitions, never());
        for ((sql, control), outcome) in CONTROLS.iter().zip(&controls).zip(done.outcomes) {
            let outcome = outcome.expect("an outcome");
            assert_eq!(outcome, alone(control), "{sql} in {partitions}");
            assert_eq!(outcome.status, ControlStatus::Holds, "{sql}: {outcome:?}");
        }
        assert_eq!(
            done.rows,
            600 + 300,
            "each table once, in {partitions} partitions"
        );
    }
}

#[test]
fn controls_of_a_corrected_table_see_it_corrected_together_as_well() {
    let mut books = books();
    // One record is off, and put right; another of the same amount is there for it alone.
    books[2].1 = books[2]
        .1
        .replace("F7,1,2013-05-01,7.00", "F7,1,2013-05-01,7.01");
    let entries = "voucher,leg,day,debit,credit,_entry,_cause,_reason\n\
        F7,1,2013-05-01,7.01,0.00,REVERSAL,B3,cent\nF7,1,2013-05-01,7.00,0.00,REBOOKING,B3,cent\n";
    books.push(("target/posting.corrections", entries.to_owned()));
    let story = story_of(&books);
    let controls = read(&story.session, &CONTROLS);
    let done = together(&story.session, &controls, 2, never());
    assert!(done.rows > 900, "{}", done.rows);
    for ((sql, control), outcome) in CONTROLS.iter().zip(&controls).zip(done.outcomes) {
        let outcome = outcome.expect("an outcome");
        assert_eq!(outcome, alone(control), "{sql}");
        assert_eq!(outcome.status, ControlStatus::Holds, "{sql}: {outcome:?}");
    }
}

#[test]
fn what_only_one_control_reads_is_left_to_it() {
    let story = story_of(&books());
    let controls = read(&story.session, &[CONTROLS[0], CONTROLS[9]]);
    let done = together(&story.session, &controls, 2, never());
    assert!(done.outcomes.iter().all(Result::is_ok));
    assert_eq!(done.rows, 0);
}

#[test]
fn a_record_is_rejected_of_those_controls_alone_that_fail_on_it() {
    let mut books = books();
    books[2].1.push_str("F0,3,2013-05-01,many,0.00\n");
    let story = story_of(&books);
    let sound = "SELECT count(*) - 601 AS difference FROM target.posting";
    let credits =
        "SELECT control_total(money(credit)) - money('1350.00') AS difference FROM target.posting";
    let debits =
        "SELECT control_total(money(debit)) - money('1350.00') AS difference FROM target.posting";
    let controls = read(&story.session, &[sound, credits, debits, debits]);
    let done = together(&story.session, &controls, 2, never());
    let notes = |outcome: &Result<ControlOutcome, RunError>| {
        let outcome = outcome.as_ref().expect("an outcome");
        (outcome.status, outcome.notes.join("; "))
    };
    let rejected = "1 record was rejected on the way".to_owned();
    assert_eq!(
        done.outcomes.iter().map(notes).collect::<Vec<_>>(),
        [
            (ControlStatus::Holds, String::new()),
            (ControlStatus::Holds, String::new()),
            (ControlStatus::Incomplete, rejected.clone()),
            (ControlStatus::Incomplete, rejected),
        ]
    );
}

#[test]
fn a_record_that_a_control_never_comes_to_is_not_rejected_for_others() {
    let mut books = books();
    books[2].1.push_str("F0,3,2013-05-01,many,0.00\n");
    let story = story_of(&books);
    // No record of the one side, so that the other is not read.
    let joined = "SELECT count(*) AS difference
     FROM (SELECT voucher FROM target.posting WHERE day = 'never' GROUP BY voucher) AS one
     JOIN (SELECT voucher, control_total(money(debit)) AS total FROM target.posting GROUP BY voucher) AS other
       ON one.voucher = other.voucher";
    let controls = read(&story.session, &[joined, CONTROLS[3]]);
    let by_itself = alone(&controls[0]);
    let done = together(&story.session, &controls, 2, never());
    assert_eq!(done.outcomes[0].as_ref().expect("an outcome"), &by_itself);
}

#[test]
fn what_controls_read_is_known_before() {
    let story = story_of(&books());
    let bytes = |controls: &[&str]| {
        let controls = read(&story.session, controls);
        let shared = wait(story.session.share(controls.iter().collect(), 2)).expect("plans");
        (shared.bytes(), shared.all_bytes())
    };
    let bytes_of = |name: &str| {
        books()
            .iter()
            .find(|(own, _)| *own == name)
            .map_or(0, |(_, text)| text.len() as u64)
    };
    let (posting, flow, kind) = (
        bytes_of("target/posting"),
        bytes_of("source/flow"),
        bytes_of("source/kind"),
    );
    assert_eq!(bytes(&[CONTROLS[0]]), (0, posting));
    assert_eq!(bytes(&[CONTROLS[0], CONTROLS[1]]), (posting, posting));
    // Of a table with itself one side is read beforehand, and the other by the control.
    assert_eq!(bytes(&[CONTROLS[0], CONTROLS[11]]), (posting, 2 * posting));
    assert_eq!(bytes(&[CONTROLS[9], CONTROLS[9]]), (flow, flow + 2 * kind));
    // What must be known from elsewhere is not read for nothing.
    assert_eq!(
        bytes(&[CONTROLS[12], CONTROLS[12]]),
        (flow, flow + 2 * posting)
    );
}

#[test]
fn a_table_that_cannot_be_read_to_its_end_is_never_a_total() {
    let mut books = books();
    books[2].1.push_str("F0,3\n");
    let story = story_of(&books);
    let controls = read(
        &story.session,
        &[CONTROLS[0], CONTROLS[1], CONTROLS[9], CONTROLS[9]],
    );
    let done = together(&story.session, &controls, 2, never());
    for outcome in &done.outcomes[..2] {
        let error = outcome.as_ref().expect_err("a broken table");
        assert!(error.to_string().contains("posting.csv:602"), "{error}");
    }
    assert_eq!(
        done.outcomes[2].as_ref().expect("a sound table").status,
        ControlStatus::Holds
    );
}

#[test]
fn totals_that_do_not_fit_are_left_to_their_controls() {
    let by_voucher =
        "SELECT voucher, control_total(money(debit)) - control_total(money(credit)) AS difference
     FROM target.posting GROUP BY voucher";
    let folder = TempDir::new().expect("a temporary folder");
    for (name, text) in books() {
        let path = folder.path().join(format!("{name}.csv"));
        fs::create_dir_all(path.parent().expect("a book")).expect("a folder");
        fs::write(path, text).expect("a file");
    }
    let limited = |bytes| Settings {
        memory_limit: Some(bytes),
        ..settings()
    };
    // A quarter of it for all totals, a quarter of that for each: enough for a few days, not for
    // three hundred vouchers.
    let session = open_with(folder.path(), limited(1 << 18));
    let controls = read(&session, &[by_voucher, CONTROLS[1], CONTROLS[0]]);
    let done = together(&session, &controls, 2, never());
    assert_eq!(done.rows, 600);
    assert_eq!(done.by_themselves, [600, 0, 0]);
    for (control, outcome) in controls.iter().zip(done.outcomes) {
        assert_eq!(outcome.expect("an outcome"), alone(control));
    }
}

#[test]
fn a_reading_stops_when_it_is_told_to() {
    let story = story_of(&books());
    let controls = read(&story.session, &[CONTROLS[0], CONTROLS[1]]);
    let asked = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&asked);
    let after_three: IsStopped = Arc::new(move || counted.fetch_add(1, Ordering::Relaxed) >= 3);
    let done = together(&story.session, &controls, 1, after_three);
    assert!(done.rows < 600, "{} were read", done.rows);
    // Whoever goes on all the same gets the whole.
    for (control, outcome) in controls.iter().zip(done.outcomes) {
        assert_eq!(outcome.expect("an outcome"), alone(control));
    }
}
