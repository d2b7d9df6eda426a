//! What a query may not do, said at its place.

use super::*;

fn books() -> Story {
    story(&[
        ("source/flow", "id,Payment Date,amount\n1,2013-05-27,2.50\n"),
        ("source/account", "account,name\n"),
        ("target/posting", "voucher,amount\n"),
        ("target/account", "account,name\n"),
    ])
}

/// Every mistake as `text: message; mend`.
fn check(sql: &str, expect: &[&str]) {
    let found: Vec<String> = books()
        .mistakes(sql)
        .into_iter()
        .map(|error| {
            let at = error.span.map_or("?", |span| &sql[span]);
            match error.mend {
                Some(mend) => format!("{at}: {}; {mend}", error.message),
                None => format!("{at}: {}", error.message),
            }
        })
        .collect();
    assert_eq!(found, expect, "{sql}");
}

#[test]
fn what_does_not_parse_is_underlined() {
    check(
        "SELECT id FORM flow WHERE x = 1",
        &[
            "flow: expected end of statement, found `flow`; is a comma missing before it, or a word misspelt?",
        ],
    );
    check(
        "SELECT (id FROM flow",
        &["FROM: expected ), found `FROM`; is a comma missing before it, or a bracket not closed?"],
    );
    check(
        "SELECT id AS voucher money(amount) AS amount FROM flow",
        &[
            "money: expected end of statement, found `money`; is a comma missing before it, or a word misspelt?",
        ],
    );
    check(
        "SELECT 'open FROM flow",
        &["'open FROM flow: Unterminated string literal; end the text with '"],
    );
    check(
        "",
        &[": there is no table `` in the source; the tables are account, flow"],
    );
    check(
        "SELECT 1; SELECT 2",
        &[
            "SELECT 1; SELECT 2: there is more than one query; keep one SELECT; a WITH may name its parts",
        ],
    );
}

#[test]
fn a_rule_only_reads() {
    for (sql, verb) in [
        ("DROP TABLE flow", "DROP"),
        ("COPY flow TO 'x.csv'", "COPY"),
        ("SET x = 1", "SET"),
        ("INSERT INTO flow VALUES (1)", "INSERT"),
        ("CREATE TABLE x AS SELECT 1", "CREATE"),
    ] {
        let expect = format!(
            "{verb}: {verb} is not allowed: a rule only reads; write a SELECT, or WITH … SELECT"
        );
        check(sql, &[&expect]);
    }
}

#[test]
fn unknown_names_come_with_what_was_meant() {
    check(
        "flwo",
        &["flwo: there is no table `flwo` in the source; did you mean `flow`?"],
    );
    check(
        "SELECT id FROM flwo",
        &["flwo: there is no table `flwo`; did you mean `flow`?"],
    );
    check(
        "SELECT ammount FROM flow",
        &["ammount: there is no column `ammount`; did you mean `amount`?"],
    );
    check(
        "SELECT monney(amount) AS m FROM flow",
        &["monney: there is no function `monney`; did you mean `money`?"],
    );
    check(
        "SELECT idd, f.ammount FROM flow f WHERE nme = 'x'",
        &[
            "idd: there is no column `idd`; did you mean `id`?",
            "ammount: there is no column `ammount`; did you mean `amount`?",
            "nme: there is no column `nme`; the columns are Payment Date, _file, _row, amount, f, id",
        ],
    );
    check(
        "SELECT id FROM posting",
        &[
            "posting: there is no table `posting`; the tables are account, flow, target.account, target.posting",
        ],
    );
}

#[test]
fn types_that_do_not_go_together_are_mistakes() {
    let story = books();
    for sql in [
        "SELECT -name AS x FROM account",
        "SELECT id FROM flow WHERE amount",
        "SELECT business_date(1, 'UTC', '23:00') AS d FROM flow",
    ] {
        assert_eq!(story.mistakes(sql).len(), 1, "{sql}");
    }
}

#[test]
fn two_columns_of_one_name_are_refused() {
    check(
        "SELECT f.id, g.id FROM flow f JOIN flow g ON f.id = g.id",
        &["g.id: the query gives two columns named `id`; name one of them with AS"],
    );
    check(
        "SELECT id, amount, id FROM flow",
        &["id: two columns of a query have the same name; name one of them with AS"],
    );
}

#[test]
fn what_the_planner_says_of_the_whole_is_underlined_at_its_place() {
    let scale = "the scale of money is a whole number from 0 to 38, written out; write how many decimals there are, as in money(amount, 2)";
    let zero = "division by zero; nothing can be divided by zero: write another divisor";
    let format =
        "is no format of a date or time; use the signs of strftime, as in '%Y-%m-%d %H:%M:%S'";
    for (sql, expect) in [
        (
            "SELECT id, money(amount, 99) AS m FROM flow",
            format!("money(amount, 99): {scale}"),
        ),
        (
            "SELECT id, upper(id) AS u FROM flow WHERE money(amount, 99 ) > 5",
            format!("money(amount, 99 ): {scale}"),
        ),
        (
            "SELECT id, 1 / 0 AS x FROM flow",
            format!("1 / 0: {zero}"),
        ),
        (
            "SELECT f.id FROM flow AS f WHERE money(f.amount) > 0 AND CAST(f.id AS BIGINT) = 7 / (1 - 1)",
            format!("7 / (1 - 1): {zero}"),
        ),
        (
            "SELECT id, 9223372036854775807+1 AS x FROM flow",
            "9223372036854775807+1: `9223372036854775807 + 1` is beyond the range of Int64; CAST one side to DECIMAL(38, 0), which holds more".to_owned(),
        ),
        (
            "SELECT id, to_char(local_time(\"Payment Date\", 'UTC'), '%Q') AS x FROM flow",
            format!("%Q: `%Q` {format}"),
        ),
        (
            "SELECT id, to_timestamp(\"Payment Date\", '%Q') AS x FROM flow",
            format!("%Q: `%Q` {format}"),
        ),
        (
            "SELECT id FROM flow WHERE amount",
            "amount: a condition is true or false, and this is neither; compare it with something, as in status = 'OK'".to_owned(),
        ),
    ] {
        check(sql, &[&expect]);
    }
    check(
        "SELECT id, to_char(local_time(\"Payment Date\", 'UTC'), '%Y-%m-%d') AS x, to_timestamp(id, '%d/%m/%Y %H:%M:%S%.3f') AS y FROM flow",
        &[],
    );
}

#[test]
fn a_mistake_that_is_made_twice_is_said_at_both_places() {
    let zero = "division by zero; nothing can be divided by zero: write another divisor";
    check(
        "SELECT 1 / 0 AS x, 2 / 0 AS y, 4 / 2 AS z FROM flow",
        &[&format!("1 / 0: {zero}"), &format!("2 / 0: {zero}")],
    );
}

#[test]
fn a_query_in_the_place_of_a_value_gives_one_record() {
    let several = "a query in the place of a value may give several records; take max(…), control_total(…) or another aggregate without GROUP BY, or ORDER BY … LIMIT 1, or join its table instead";
    for (sql, at) in [
        (
            "SELECT id, (SELECT name FROM account) AS n FROM flow",
            "SELECT name FROM account",
        ),
        (
            "SELECT id FROM flow WHERE id = (SELECT account FROM account WHERE name = 'x')",
            "SELECT account FROM account WHERE name = 'x'",
        ),
        (
            "SELECT id, (SELECT count(*) FROM account GROUP BY name) AS n FROM flow",
            "SELECT count(*) FROM account GROUP BY name",
        ),
        (
            "SELECT f.id, (SELECT a.name FROM account AS a WHERE a.account = f.id) AS n FROM flow AS f",
            "SELECT a.name FROM account AS a WHERE a.account = f.id",
        ),
    ] {
        check(sql, &[&format!("{at}: {several}")]);
    }
    for sql in [
        "SELECT id, (SELECT count(*) FROM account) AS n FROM flow",
        "SELECT id, (SELECT max(name) FROM account) AS n FROM flow",
        "SELECT id, (SELECT n FROM (SELECT max(name) AS n FROM account) AS m) AS n FROM flow",
        "SELECT id, (SELECT name FROM account ORDER BY account LIMIT 1) AS n FROM flow",
        "SELECT id, (SELECT 1) AS n FROM flow",
        "SELECT f.id, (SELECT max(a.name) FROM account AS a WHERE a.account = f.id) AS n FROM flow AS f",
    ] {
        check(sql, &[]);
    }
}

#[test]
fn a_query_that_cannot_be_computed_where_it_stands_is_refused() {
    check(
        "SELECT f.id, (SELECT a.name FROM account AS a WHERE a.account = f.id ORDER BY a.name LIMIT 1) AS n FROM flow AS f",
        &[
            "SELECT a.name FROM account AS a WHERE a.account = f.id ORDER BY a.name LIMIT 1: a query that looks at the record around it cannot be computed here; join its table instead, grouped by what it is joined by",
        ],
    );
}

#[test]
fn inexact_totals_are_refused() {
    check(
        "SELECT sum(money(amount)) AS s, AVG(money(amount)) AS a FROM flow",
        &[
            "sum: sum wraps silently when it overflows; use control_total(…)",
            "AVG: avg rounds silently; use round_half_up(control_total(x) / count(x), 2), or another round_…",
        ],
    );
    check(
        "SELECT stddev(money(amount)) AS s FROM flow",
        &[
            "stddev: stddev computes in floats, whose last digits depend on the order of records; use an exact figure",
        ],
    );
}

#[test]
fn a_pattern_that_is_none_is_refused_before_anything_is_read() {
    let of = |text: &str| {
        format!(
            "'(': `{text}` is no regular expression: unclosed group; a character that has a meaning in \
             one stands for itself after a backslash, as in \\("
        )
    };
    for expression in [
        "regexp_replace(id, '(', 'x')",
        "CASE WHEN id ~ '(' THEN id END",
        "CASE WHEN id !~* '(' THEN id END",
        "CASE WHEN id SIMILAR TO '(' THEN id END",
        "CASE WHEN regexp_like(id, '(') THEN id END",
    ] {
        check(&format!("SELECT {expression} AS x FROM flow"), &[&of("(")]);
    }
    check(
        "SELECT regexp_replace(id, '\\(', '(') AS x FROM flow WHERE id ~ '^(a|b)$'",
        &[],
    );
}

#[test]
fn digits_are_not_lost_without_a_word() {
    let division = "amount: `/` cuts the digits of a decimal off without a word; say how it rounds: round_half_up(a / b, 2), or another round_…";
    check("SELECT money(amount) / 3 AS x FROM flow", &[division]);
    check(
        "SELECT round_half_up(money(amount) / 3, 2) AS x FROM flow",
        &[],
    );
    check(
        "SELECT CAST(amount AS DECIMAL(18, 2)) AS x FROM flow",
        &[
            "amount: CAST of text to Decimal128(18, 2) rounds what has more than 2 decimals; use money(…, 2)",
        ],
    );
    check(
        "SELECT money(amount, 4)::DECIMAL(18, 2) AS x FROM flow",
        &[
            "amount: CAST from Decimal128(38, 4) to Decimal128(18, 2) rounds without a word; use round_half_up(…, 2) or another round_…; money(…, 2) if nothing may be lost",
        ],
    );
    check(
        "SELECT CAST(money(amount) AS BIGINT) AS x FROM flow",
        &[
            "amount: CAST from Decimal128(38, 2) to Int64 rounds without a word; use minor(…) for minor units, or round_down(…, 0)",
        ],
    );
    check(
        "SELECT TRY_CAST(id AS BIGINT) AS x FROM flow",
        &[
            "id: TRY_CAST turns what it cannot convert into NULL without a word; use CAST: a record that it cannot convert is a reject",
        ],
    );
}

#[test]
fn text_is_not_compared_with_numbers() {
    let mistake = "text meets a number here: as text, '10' is less than '9'; use money(…) or CAST(… AS BIGINT) on the text";
    for (sql, at) in [
        ("SELECT id FROM flow WHERE amount > 5", "amount"),
        ("SELECT id FROM flow WHERE 5.5 <= amount", "amount"),
        ("SELECT id FROM flow WHERE id BETWEEN 1 AND '2'", "id"),
        ("SELECT id FROM flow WHERE id IN ('1', 2)", "id"),
        (
            "SELECT f.id FROM flow f JOIN (SELECT CAST(account AS BIGINT) AS n FROM account) AS a ON f.id = a.n",
            "f.id",
        ),
    ] {
        check(sql, &[&format!("{at}: {mistake}")]);
    }
    check(
        "SELECT id FROM flow WHERE money(amount) > 5 AND id > '3' AND CAST(id AS BIGINT) IN (1, 2)",
        &[],
    );
}

#[test]
fn copies_are_not_taken_for_one() {
    let expect = "SELECT: EXCEPT ALL takes all copies of a record for one; count the copies with GROUP BY and compare the counts";
    check(
        "SELECT id FROM flow EXCEPT ALL SELECT name FROM account",
        &[expect],
    );
    check("SELECT id FROM flow EXCEPT SELECT name FROM account", &[]);
    check(
        "SELECT id FROM flow UNION ALL SELECT name FROM account",
        &[],
    );
}

#[test]
fn floats_do_not_reach_money() {
    let story = books();
    let inexact = |sql: &str| {
        let side = story.side(sql);
        side.check_money(&["m".to_owned()])
            .into_iter()
            .map(|error| error.message)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        inexact("SELECT money(amount) AS m FROM flow"),
        Vec::<String>::new()
    );
    assert_eq!(
        inexact("SELECT CAST(amount AS DOUBLE) AS m FROM flow"),
        ["`m` is a float (Float64)"]
    );
    let through = inexact(
        "SELECT x AS m FROM (SELECT money(CAST(CAST(amount AS DOUBLE) AS VARCHAR)) AS x FROM flow) AS f",
    );
    assert_eq!(through.len(), 1, "{through:?}");
    assert!(through[0].contains("is a float"), "{through:?}");
    let cut = inexact("SELECT CAST(id AS BIGINT) / 100 AS m FROM flow");
    assert_eq!(cut, ["`/` on whole numbers cuts the rest off"]);
    assert_eq!(
        inexact("SELECT amount AS m FROM flow"),
        ["`m` is text, not an amount"]
    );
    assert_eq!(
        inexact("SELECT id FROM flow"),
        ["the query gives no column `m`"]
    );
    let union = inexact(
        "SELECT money(amount) AS m FROM flow UNION ALL SELECT control_total(money(amount)) FROM flow",
    );
    assert_eq!(union, Vec::<String>::new());
}

#[test]
fn what_changes_from_run_to_run_is_refused() {
    let mend = "write the value out, or read it from a table";
    check(
        "SELECT id, now() AS at FROM flow",
        &[&format!(
            "now: now gives another value in every run; {mend}"
        )],
    );
    check(
        "SELECT id, random() AS r, uuid() AS u FROM flow",
        &[
            &format!("random: random gives another value in every run; {mend}"),
            &format!("uuid: uuid gives another value in every run; {mend}"),
        ],
    );
    check(
        "SELECT id, CURRENT_DATE AS d FROM flow",
        &[&format!(
            "CURRENT_DATE: current_date gives another value in every run; {mend}"
        )],
    );
    check(
        "SELECT id FROM flow LIMIT 5",
        &[
            "5: LIMIT without ORDER BY keeps whichever records arrive first; add an ORDER BY that leaves no choice, or a WHERE",
        ],
    );
    check("SELECT id FROM flow ORDER BY id LIMIT 5", &[]);
    check(
        "SELECT first_value(id) AS f FROM flow",
        &[
            "first_value: first_value depends on the order in which records arrive; give it an ORDER BY that leaves no choice, as in first_value(x ORDER BY id)",
        ],
    );
    check(
        "SELECT row_number() OVER () AS n FROM flow",
        &[
            "row_number: row_number depends on the order in which records arrive; give it an ORDER BY that leaves no choice, as in row_number() OVER (ORDER BY id)",
        ],
    );
    check(
        "SELECT DISTINCT ON (id) id FROM flow",
        &[
            "SELECT: DISTINCT ON keeps whichever record arrives first; number the records with row_number() OVER (PARTITION BY … ORDER BY …) and keep the first",
        ],
    );
}

#[test]
fn a_literal_that_cannot_be_read_is_a_mistake_of_the_query() {
    let found = books().mistakes("SELECT money('abc') AS m FROM flow");
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].message.contains("money: `abc`"), "{found:?}");
}

#[test]
fn many_mistakes_are_said_at_once() {
    let found = books().mistakes("SELECT sum(ammount) AS s, now() AS n FROM flow LIMIT 1");
    let messages: Vec<&str> = found
        .iter()
        .map(|error| error.message.split(' ').next().expect("a word"))
        .collect();
    assert_eq!(messages, ["sum", "there", "now", "LIMIT"], "{found:?}");
}

#[test]
fn requirements_are_read_against_the_tables_of_the_rule() {
    let story = books();
    let mistake = |sql: &str, require: &str| {
        let errors = story
            .session
            .side(Which::Source, sql, &[require.to_owned()])
            .expect_err("a mistake");
        errors[0].message.clone()
    };
    assert_eq!(
        mistake("flow", "amont <> ''"),
        "require `amont <> ''`: there is no column `amont`"
    );
    assert_eq!(
        mistake(
            "SELECT f.id FROM flow f JOIN flow g ON f.id = g.id JOIN account a ON a.name = f.id",
            "1 = 1"
        ),
        "require `1 = 1`: `account` and `flow` all have these columns",
    );
    assert!(mistake("flow", "amount +").starts_with("require `amount +`: "));
}

#[test]
fn deep_nesting_is_a_mistake_and_no_crash() {
    let deep = format!(
        "SELECT {}1{} AS x FROM flow",
        "(".repeat(5000),
        ")".repeat(5000)
    );
    assert_eq!(books().mistakes(&deep).len(), 1);
    let long = format!("SELECT {} AS x FROM flow", vec!["1"; 250_000].join("+"));
    let found = books().mistakes(&long);
    assert_eq!(found[0].message, "an expression nests more than 500 deep");
    let too_long = format!("SELECT '{}' AS x FROM flow", "x".repeat(1 << 20));
    assert_eq!(
        books().mistakes(&too_long)[0].message,
        "the query is longer than 524288 bytes"
    );
}

#[test]
fn a_part_of_a_window_without_an_order_is_refused() {
    let expect = |at: &str, name: &str| {
        format!(
            "{at}: {name} depends on the order in which records arrive; give it an ORDER BY that leaves no choice, as in {name}(x) OVER (ORDER BY id ROWS …)"
        )
    };
    for (name, over) in [
        (
            "control_total",
            "(ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)",
        ),
        (
            "control_total",
            "(PARTITION BY id ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)",
        ),
        ("max", "(ROWS UNBOUNDED PRECEDING)"),
        (
            "count",
            "w AS t FROM flow WINDOW w AS (PARTITION BY id ROWS 1 PRECEDING)",
        ),
    ] {
        let from = if over.contains("FROM") {
            ""
        } else {
            "AS t FROM flow"
        };
        check(
            &format!("SELECT {name}(money(amount)) OVER {over} {from}"),
            &[&expect(name, name)],
        );
    }
    check(
        "SELECT row_number() OVER w AS n FROM flow WINDOW w AS (PARTITION BY amount)",
        &[
            "row_number: row_number depends on the order in which records arrive; give it an ORDER BY that leaves no choice, as in row_number() OVER (ORDER BY id)",
        ],
    );
    for over in [
        "(PARTITION BY amount)",
        "(ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)",
        "(ORDER BY id ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)",
        "(PARTITION BY amount RANGE UNBOUNDED PRECEDING)",
        "(PARTITION BY amount RANGE BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING)",
    ] {
        check(
            &format!("SELECT control_total(money(amount)) OVER {over} AS t FROM flow"),
            &[],
        );
    }
    check(
        "SELECT control_total(money(amount)) OVER w AS t FROM flow WINDOW w AS (ORDER BY id ROWS 1 PRECEDING)",
        &[],
    );
}

#[test]
fn a_querys_own_order_may_use_the_windows_that_it_names() {
    for sql in [
        "SELECT id FROM flow WINDOW w AS (ORDER BY id) ORDER BY row_number() OVER w",
        "SELECT id, (SELECT count(*) FROM account) AS n FROM flow WINDOW w AS (ORDER BY id) ORDER BY row_number() OVER w LIMIT 1",
    ] {
        check(sql, &[]);
    }
    let unordered = "row_number: row_number depends on the order in which records arrive; give it an ORDER BY that leaves no choice, as in row_number() OVER (ORDER BY id)";
    check(
        "SELECT id FROM flow WINDOW w AS (PARTITION BY id) ORDER BY row_number() OVER w",
        &[unordered],
    );
}

#[test]
fn functions_that_cast_are_held_to_what_casts_are() {
    check(
        "SELECT arrow_cast(amount, 'Decimal128(18, 2)') AS x FROM flow",
        &[
            "amount: CAST of text to Decimal128(18, 2) rounds what has more than 2 decimals; use money(…, 2)",
        ],
    );
    check(
        "SELECT arrow_cast(money(amount), 'Int64') AS x FROM flow",
        &[
            "amount: CAST from Decimal128(38, 2) to Int64 rounds without a word; use minor(…) for minor units, or round_down(…, 0)",
        ],
    );
    check(
        "SELECT cast_to_type(money(amount), 1) AS x FROM flow",
        &[
            "amount: CAST from Decimal128(38, 2) to Int64 rounds without a word; use minor(…) for minor units, or round_down(…, 0)",
        ],
    );
    for name in ["arrow_try_cast(id, 'Int64')", "try_cast_to_type(id, 1)"] {
        let function = name.split('(').next().expect("a name");
        check(
            &format!("SELECT {name} AS x FROM flow"),
            &[&format!(
                "id: {function} turns what it cannot convert into NULL without a word; use CAST: a record that it cannot convert is a reject"
            )],
        );
    }
    check("SELECT arrow_cast(id, 'Int64') AS x FROM flow", &[]);
}

#[test]
fn text_is_not_compared_with_numbers_within_functions() {
    let mistake = "amount: text meets a number here: as text, '10' is less than '9'; use money(…) or CAST(… AS BIGINT) on the text";
    for expr in [
        "CASE amount WHEN 5 THEN 'x' ELSE 'y' END",
        "nullif(amount, 5)",
        "greatest(amount, 9)",
        "least('1', id, 9, amount)",
        "amount IS DISTINCT FROM 5",
    ] {
        let sql = format!("SELECT {expr} AS x FROM flow");
        let found = books().mistakes(&sql);
        assert!(!found.is_empty(), "{sql}");
        if !expr.starts_with("least") {
            check(&sql, &[mistake]);
        }
    }
    check("SELECT nullif(amount, '') AS x FROM flow", &[]);
    check("SELECT greatest(money(amount), 9) AS x FROM flow", &[]);
    check(
        "SELECT CASE amount WHEN '5' THEN 1 ELSE 2 END AS x FROM flow",
        &[],
    );
}
