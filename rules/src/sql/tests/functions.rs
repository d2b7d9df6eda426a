//! What each function gives, and what it says of what it cannot do.

use super::*;
use crate::sql::Marks;

/// Evaluates expressions over one record with columns `t` (text) and `n` (text).
fn check(expr: &str, expect: &str) {
    check_all(&[(expr, expect)]);
}

fn check_all(cases: &[(&str, &str)]) {
    let story = story(&[("source/one", "t,n\nx,1\n")]);
    for (expr, expect) in cases {
        let found = evaluate(&story, expr);
        assert_eq!(found, *expect, "{expr}");
    }
}

/// The value, or the mistake in planning, or the reason of the reject.
fn evaluate(story: &Story, expr: &str) -> String {
    let sql = format!("SELECT {expr} AS x FROM one");
    let side = match story.session.side(Which::Source, &sql, &[]) {
        Ok(side) => side,
        Err(errors) => return format!("mistake: {}", errors[0].message),
    };
    let run = keeping();
    match batches(&side, &run) {
        Ok(batches) => {
            let narrow = |batch: &RecordBatch| batch.project(&[0]).expect("column x");
            let values: Vec<String> = batches
                .iter()
                .map(narrow)
                .flat_map(|batch| lines(&batch))
                .collect();
            let reasons: Vec<String> = run
                .rejects
                .read()
                .into_iter()
                .map(|reject| reject.reason)
                .collect();
            values
                .into_iter()
                .chain(reasons)
                .collect::<Vec<_>>()
                .join("; ")
        }
        Err(error) => format!("error: {error}"),
    }
}

#[test]
fn money_reads_text_and_loses_nothing() {
    check_all(&[
        ("money('1,234.50')", "1234.50"),
        ("money('(7.00)')", "-7.00"),
        ("money('12.345', 3)", "12.345"),
        ("money(n)", "1.00"),
        ("money(n, 0)", "1"),
        ("money(NULL)", "∅"),
        ("money(CAST(NULL AS VARCHAR))", "∅"),
        ("money(5)", "5.00"),
        ("money(0.5)", "0.50"),
        (
            "money(money('1.2345', 4), 2)",
            "mistake: money: 1.2345 does not fit into 2 decimals",
        ),
        (
            "money(CAST(n AS DOUBLE))",
            "mistake: money takes no float: read the amount as text or decimal instead",
        ),
        (
            "money(t, n)",
            "mistake: the scale of money is a whole number from 0 to 38, written out",
        ),
    ]);
}

#[test]
fn money_refuses_another_currency_than_the_plans() {
    check_all(&[
        ("money('￥1.00')", "1.00"),
        ("money('1.00元')", "1.00"),
        ("money('CNY 1.00')", "1.00"),
        (
            "money('$2.00')",
            "mistake: money: `$2.00` is not in CNY: it names another currency at character 1",
        ),
        (
            "money('JPY 5')",
            "mistake: money: `JPY 5` is not in CNY: it names another currency at character 1",
        ),
        (
            "money('5.00 EUR')",
            "mistake: money: `5.00 EUR` is not in CNY: it names another currency at character 6",
        ),
        // What is no text bears no mark.
        ("money(5)", "5.00"),
    ]);
}

#[test]
fn money_of_records_with_a_currency_each_takes_any() {
    let story = story(&[(
        "source/flow",
        "id,amount\n1,USD 1.00\n2,¥2.00\n3,5.00 EUR\n",
    )]);
    let sql = "SELECT id, money(amount) AS amount FROM flow";
    let read = |marks| {
        let side = story
            .session
            .side_with(Which::Source, marks, sql, &[])
            .expect("a sound rule");
        let run = keeping();
        let taken = batches(&side, &run).expect("a run");
        let taken: usize = taken.iter().map(RecordBatch::num_rows).sum();
        (taken, run.rejects.count())
    };
    assert_eq!(read(Marks::OfSettings), (1, 2));
    assert_eq!(read(Marks::Any), (3, 0));
    // The same holds of what a record must meet before the rule sees it.
    let require = ["money(amount) > 0".to_owned()];
    let count = |marks| {
        let side = story
            .session
            .side_with(Which::Source, marks, "SELECT id FROM flow", &require)
            .expect("a sound rule");
        let run = keeping();
        batches(&side, &run).expect("a run");
        run.rejects.count()
    };
    assert_eq!((count(Marks::OfSettings), count(Marks::Any)), (2, 0));
}

#[test]
fn money_is_told_what_no_amount_shows() {
    check_all(&[
        ("money('1.234,56', 2, 'decimal-comma')", "1234.56"),
        ("money('12,34', 'decimal-comma')", "12.34"),
        ("money('1.234', 2, 'decimal-comma')", "1234.00"),
        ("money('1.234', 3, 'decimal-point')", "1.234"),
        ("money('7.00 CR')", "-7.00"),
        ("money('7.00 CR', 2, 'credit-positive')", "7.00"),
        ("money('7.00 DR', 'credit-positive')", "-7.00"),
        (
            "money('贷 7,00', 2, 'decimal-comma, credit-positive')",
            "7.00",
        ),
        ("money(n, 'decimal-comma')", "1.00"),
        (
            "money('12.34', 2, 'decimal-comma')",
            "mistake: money: `12.34` has digits that are not grouped in threes around the separator \
             at character 3",
        ),
        (
            "money(n, 2, 'comma')",
            "mistake: money: `comma` is none of 'decimal-comma', 'decimal-point', 'credit-positive'",
        ),
        (
            "money(n, 2, 'decimal-comma decimal-point')",
            "mistake: money: `decimal-comma decimal-point` names two decimal signs",
        ),
        (
            "money(n, 2, t)",
            "mistake: the last argument of money is a text, written out",
        ),
    ]);
}

#[test]
fn minor_counts_the_smallest_units() {
    check_all(&[
        ("minor(money('12.34'))", "1234"),
        ("minor(money('12.34'), 4)", "123400"),
        ("minor(5)", "500"),
        ("minor(money('-0.01'))", "-1"),
        (
            "minor(money('123456789012.123456789012345678', 18), 18)",
            "123456789012123456789012345678",
        ),
        (
            "minor(n)",
            "mistake: minor takes an amount, not text: use minor(money(…))",
        ),
    ]);
}

#[test]
fn rounding_does_what_its_name_says() {
    check_all(&[
        ("round_half_up(0.125, 2)", "0.13"),
        ("round_half_even(0.125, 2)", "0.12"),
        ("round_half_even(-0.135, 2)", "-0.14"),
        ("round_down(-0.129, 2)", "-0.12"),
        ("round_up(0.1201, 2)", "0.13"),
        ("round_half_up(7, 2)", "7.00"),
        ("round_half_up(NULL, 2)", "∅"),
        (
            "round_half_up(n, 2)",
            "mistake: round_half_up takes an amount, not text: use round_half_up(money(…))",
        ),
    ]);
}

#[test]
fn a_quotient_is_rounded_once_and_exactly() {
    check_all(&[
        ("round_half_up(money('1.00') / 3, 2)", "0.33"),
        ("round_half_up(money('2.00') / 3, 2)", "0.67"),
        // The digits that `/` leaves are 0.50000000: a tie that is none.
        (
            "round_half_even(money('0.50000000001', 11) / money('1.00'), 0)",
            "1",
        ),
        ("round_up(money('1.00') / money('100000000', 0), 0)", "1"),
        ("round_half_up(CAST(n AS BIGINT) / 3, 4)", "0.3333"),
        ("round_half_up(7 / 2, 0)", "4"),
        (
            "round_half_up(money(n) / (money(n) - 1), 2)",
            "round_half_up: 1.00 is divided by zero",
        ),
    ]);
}

#[test]
fn local_times_become_instants() {
    check_all(&[
        (
            "local_time('2013-05-27 08:00:00', 'Asia/Shanghai')",
            "2013-05-27T00:00:00Z",
        ),
        ("local_time('2013-05-27 08:00:00')", "2013-05-27T00:00:00Z"),
        (
            "local_time('2024-11-03 01:30:00', 'America/New_York', 'earlier')",
            "2024-11-03T05:30:00Z",
        ),
        (
            "local_time('2024-11-03 01:30:00', 'America/New_York', 'later')",
            "2024-11-03T06:30:00Z",
        ),
        (
            "local_time(CAST('2013-05-27T08:00:00' AS TIMESTAMP), 'Asia/Shanghai')",
            "2013-05-27T00:00:00Z",
        ),
        (
            "local_time('x', 'Mars/Olympus')",
            "mistake: local_time: `Mars/Olympus` is no time zone: it takes a name such as Asia/Shanghai, or an offset such as +08:00",
        ),
        (
            "local_time('2013-05-27 08:00:00', 'UTC', 'never')",
            "mistake: local_time: `never` is none of 'earlier', 'later', 'reject'",
        ),
    ]);
    check(
        "local_time(concat('2024-11-03 01:30:0', n), 'America/New_York')",
        "local_time: 2024-11-03T01:30:01 happens twice in America/New_York: \
         the clock goes back from 2024-11-03T02:00:00 to 2024-11-03T01:00:00",
    );
}

#[test]
fn business_dates_change_at_the_cut() {
    check_all(&[
        (
            "business_date(local_time('2013-05-27 22:59:59'), 'Asia/Shanghai', '23:00')",
            "2013-05-27",
        ),
        (
            "business_date(local_time('2013-05-27 23:00:00'), 'Asia/Shanghai', '23:00')",
            "2013-05-28",
        ),
        (
            "business_date('2013-05-27', 'Asia/Shanghai', '23:00')",
            "mistake: business_date takes an instant, not Utf8: use local_time(…, zone) first",
        ),
    ]);
}

#[test]
fn control_totals_never_wrap() {
    let story = story(&[(
        "source/big",
        "id,n,d\n1,9223372036854775807,99999999999999999999999999999999999999\n2,1,99999999999999999999999999999999999999\n",
    )]);
    assert_eq!(
        story.run("SELECT control_total(CAST(n AS BIGINT)) AS t FROM big"),
        "9223372036854775808"
    );
    assert_eq!(
        story.run("SELECT control_total(money(d, 0)) AS t FROM big"),
        "199999999999999999999999999999999999998",
    );
    assert_eq!(
        story.run("SELECT id, control_total(money(n)) AS t FROM big GROUP BY id"),
        "1|9223372036854775807.00\n2|1.00",
    );
    assert_eq!(
        story.run("SELECT control_total(money(n)) AS t FROM big WHERE id = '3'"),
        "∅"
    );
}

#[test]
fn control_totals_can_be_subtracted_and_compared() {
    let story = story(&[("source/flow", "dir,amount\nD,1.10\nC,1.00\nD,0.05\n")]);
    let sql = "SELECT control_total(CASE WHEN dir = 'D' THEN money(amount) END) \
               - control_total(CASE WHEN dir = 'C' THEN money(amount) END) AS difference FROM flow";
    assert_eq!(story.run(sql), "0.15");
    let sql = "SELECT dir, control_total(money(amount)) AS t FROM flow GROUP BY dir HAVING control_total(money(amount)) > 1.10";
    assert_eq!(story.run(sql), "D|1.15");
    let sql = "SELECT dir, control_total(money(amount)) AS t FROM flow GROUP BY dir HAVING control_total(money(amount)) = 1";
    assert_eq!(story.run(sql), "C|1.00");
    let sql = "SELECT control_total(money(amount)) OVER (PARTITION BY dir ORDER BY amount) AS t FROM flow";
    assert_eq!(story.run(sql), "0.05\n1.00\n1.15");
}

#[test]
fn a_total_beyond_76_digits_is_an_error() {
    let nines = "9".repeat(38);
    let story = story(&[("source/big", &format!("d\n{nines}\n{nines}\n"))]);
    // A product of 76 decimals has no room for a second one.
    let sql = "SELECT control_total(CAST(money(d, 0) AS DECIMAL(76, 38)) * 1) AS t FROM big";
    let side = story.side(sql);
    match collect(&side, &Run::new(1)) {
        Err(RunError::Query { message }) => {
            assert!(message.contains("too many digits"), "{message}")
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_value_that_is_no_pattern_is_an_error_of_its_own() {
    let story = story(&[("source/flow", "id,pattern\na,(\n")]);
    let side = story.side("SELECT regexp_replace(id, pattern, 'x') AS x FROM flow");
    match collect(&side, &Run::new(1)) {
        Err(error @ RunError::Pattern(_)) => {
            assert!(error.to_string().ends_with(": unclosed group"), "{error}");
            assert!(error.mend().is_some());
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn decimal_literals_are_exact() {
    check_all(&[
        ("money(n) * 0.006", "0.00600"),
        ("0.1 + 0.2", "0.3"),
        ("0.1 + 0.2 = 0.3", "true"),
        ("arrow_typeof(0.1)", "Decimal128(1, 1)"),
    ]);
}

/// `+`, `-` and `*` of decimals are exact or an error; nothing is rounded on the way.
#[test]
fn decimal_arithmetic_fails_rather_than_rounds() {
    let big = "9".repeat(36);
    let story = story(&[("source/one", &format!("d,n\n{big}.99,1\n"))]);
    let product = evaluate(&story, "money(d) * money(d)");
    assert!(product.to_lowercase().contains("overflow"), "{product}");
    let sum = evaluate(&story, "money(d) + money(d)");
    assert!(sum.to_lowercase().contains("overflow"), "{sum}");
    assert_eq!(
        evaluate(&story, "money(n, 10) * money(n, 10)"),
        "1.00000000000000000000"
    );
}

/// `+`, `-`, `*`, `<<` and the minus sign of whole numbers do not wrap: what is beyond the range of its
/// type is a reject, and a mistake of the query where no record has a part in it.
#[test]
fn whole_numbers_do_not_wrap() {
    let story = story(&[("source/one", "d,n\n9223372036854775807,2\n")]);
    for (expr, expect) in [
        (
            "CAST(d AS BIGINT) * CAST(n AS BIGINT)",
            "`9223372036854775807 * 2` is beyond the range of Int64",
        ),
        (
            "CAST(d AS BIGINT) + CAST(n AS BIGINT)",
            "`9223372036854775807 + 2` is beyond the range of Int64",
        ),
        (
            "-CAST(d AS BIGINT) - CAST(n AS BIGINT)",
            "`-9223372036854775807 - 2` is beyond the range of Int64",
        ),
        (
            "-(-CAST(d AS BIGINT) - 1)",
            "`- -9223372036854775808` is beyond the range of Int64",
        ),
        (
            "arrow_cast(CAST(n AS BIGINT), 'UInt32') - arrow_cast(3, 'UInt32')",
            "`2 - 3` is beyond the range of UInt32",
        ),
        (
            "CASE WHEN n = '2' THEN 1 ELSE CAST(d AS BIGINT) * 2 END",
            "1",
        ),
        (
            "CAST(d AS BIGINT) - CAST(n AS BIGINT)",
            "9223372036854775805",
        ),
        ("CAST(NULL AS BIGINT) * CAST(d AS BIGINT)", "∅"),
        ("-CAST(n AS SMALLINT)", "-2"),
        (
            "arrow_typeof(CAST(n AS SMALLINT) * CAST(n AS SMALLINT))",
            "Int16",
        ),
        ("CAST(n AS BIGINT) << 61", "4611686018427387904"),
        (
            "CAST(n AS BIGINT) << 62",
            "`2 << 62` is beyond the range of Int64",
        ),
        ("-CAST(n AS BIGINT) << 62", "-9223372036854775808"),
        (
            "CAST(d AS BIGINT) << 1",
            "`9223372036854775807 << 1` is beyond the range of Int64",
        ),
        (
            "CAST(n AS BIGINT) << 64",
            "`2 << 64` is beyond the range of Int64",
        ),
        (
            "CAST(n AS BIGINT) << -CAST(n AS BIGINT)",
            "`2 << -2` is beyond the range of Int64",
        ),
        ("(CAST(n AS BIGINT) - 2) << 70", "0"),
        ("CAST(NULL AS BIGINT) << CAST(n AS BIGINT)", "∅"),
        (
            "10 << 60",
            "mistake: `10 << 60` is beyond the range of Int64",
        ),
        (
            "9223372036854775807 * 2",
            "mistake: `9223372036854775807 * 2` is beyond the range of Int64",
        ),
    ] {
        assert_eq!(evaluate(&story, expr), expect, "{expr}");
    }
}

#[test]
fn whole_numbers_wrap_neither_in_groups_nor_in_filters_nor_in_requirements() {
    let story = story(&[("source/one", "id,d\n1,9223372036854775807\n2,3\n")]);
    for (sql, requires) in [
        (
            "SELECT id FROM one WHERE CAST(d AS BIGINT) * 2 <> 1 GROUP BY id",
            &[][..],
        ),
        (
            "SELECT control_total(CAST(d AS BIGINT) * 2) AS t FROM one",
            &[],
        ),
        (
            "SELECT CAST(d AS BIGINT) * 2 AS t, count(*) AS n FROM one GROUP BY CAST(d AS BIGINT) * 2",
            &[],
        ),
        ("SELECT id FROM one", &["CAST(d AS BIGINT) * 2 <> 1"]),
        ("SELECT id FROM one", &["-(-CAST(d AS BIGINT) - 2) > 0"]),
    ] {
        let run = keeping();
        let found = collect(&story.require(sql, requires), &run).expect(sql);
        assert_eq!(found.lines().count(), 1, "{sql}: {found}");
        let text = rejected(&run.rejects);
        assert!(
            text.starts_with("one.csv:2 ") && text.contains("is beyond the range of Int64"),
            "{sql}: {text}"
        );
    }
}

#[test]
fn an_interval_moves_a_time_as_far_as_it_says() {
    check_all(&[
        (
            "CAST('2013-05-27 08:00:00' AS TIMESTAMP(6)) + INTERVAL '9 hours'",
            "2013-05-27T17:00:00",
        ),
        (
            "INTERVAL '90 minutes' + CAST('2013-05-27 23:00:00' AS TIMESTAMP(6))",
            "2013-05-28T00:30:00",
        ),
        (
            "CAST('2013-03-01 00:00:00.5' AS TIMESTAMP(3)) - INTERVAL '1 day 1 millisecond'",
            "2013-02-28T00:00:00.499",
        ),
        // Months are as long as the calendar says.
        (
            "CAST('2012-01-31 00:00:00' AS TIMESTAMP(6)) + INTERVAL '1 month'",
            "2012-02-29T00:00:00",
        ),
        // A tick is a second here: what is shorter is left to the calendar.
        (
            "CAST('2013-05-27 08:00:00' AS TIMESTAMP(0)) + INTERVAL '2500 milliseconds'",
            "2013-05-27T08:00:02",
        ),
        (
            "CAST(CAST('2013-05-27 08:00:00' AS TIMESTAMP(6)) + INTERVAL '16 hours' AS DATE)",
            "2013-05-28",
        ),
        ("CAST(NULL AS TIMESTAMP(6)) + INTERVAL '9 hours'", "∅"),
    ]);
}

#[test]
fn hours_are_added_without_the_calendar_and_months_with_it() {
    let story = story(&[("source/one", "t\n2013-05-27 08:00:00\n")]);
    let plan = |interval: &str| {
        let sql = format!("SELECT CAST(t AS TIMESTAMP(6)) + INTERVAL '{interval}' AS x FROM one");
        wait(story.side(&sql).explain(&Run::new(1))).expect("a plan")
    };
    for (interval, goes_by_calendar) in [("9 hours", false), ("2 days", false), ("1 month", true)] {
        let plan = plan(interval);
        assert_eq!(
            plan.contains("IntervalMonthDayNano"),
            goes_by_calendar,
            "{plan}"
        );
    }
    let run = |sql: &str| story.run(sql);
    assert_eq!(
        run("SELECT CAST(t AS TIMESTAMP(6)) + INTERVAL '2 days' AS x FROM one"),
        "2013-05-29T08:00:00"
    );
    // In a zone a day may have 23 hours: Amsterdam's clocks were put forward in that night.
    assert_eq!(
        run("SELECT CAST(arrow_cast('2013-03-30T12:00:00+01:00', 'Timestamp(Microsecond, Some(\"Europe/Amsterdam\"))')
               + INTERVAL '1 day' AS VARCHAR) AS x FROM one"),
        "2013-03-31T12:00:00+02:00"
    );
}
