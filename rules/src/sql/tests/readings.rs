//! The rule as evidence: where columns come from.

use super::*;

const FLOW: &str = "id,code,status,amount,fee,day\n";
const RATE: &str = "ccy,day,rate\n";

fn books() -> Story {
    story(&[
        (
            "source/flow",
            &format!("{FLOW}1,02,OK,10.00,0.10,2024-02-29\n"),
        ),
        ("source/rate", &format!("{RATE}USD,2024-02-29,7.10\n")),
        ("source/old.flow", "id,amount\n1,2.00\n"),
    ])
}

/// `column: values [if conditions]` a line, then `rows: columns`.
fn origins(sql: &str) -> String {
    let side = books().side(sql);
    let columns = |columns: &[crate::sql::SourceColumn]| {
        let name = |c: &crate::sql::SourceColumn| format!("{}.{}", c.table, c.column);
        columns.iter().map(name).collect::<Vec<_>>().join(" ")
    };
    let mut text = String::new();
    for from in side.comes_from() {
        let _ = write!(text, "{}: {}", from.column, columns(&from.values));
        if !from.conditions.is_empty() {
            let _ = write!(text, " if {}", columns(&from.conditions));
        }
        text.push('\n');
    }
    let _ = write!(text, "rows: {}", columns(&side.decided_by()));
    text
}

#[test]
fn a_column_handed_on_as_it_is_is_told_and_no_other() {
    let check = |sql: &str, expect: &[Option<&str>]| {
        let from = books().side(sql).comes_from();
        let same: Vec<Option<String>> = from
            .into_iter()
            .map(|one| {
                one.same_as
                    .map(|own| format!("{}.{}", own.table, own.column))
            })
            .collect();
        let same: Vec<Option<&str>> = same.iter().map(Option::as_deref).collect();
        assert_eq!(same, expect, "{sql}");
    };
    let [id, status] = [Some("flow.id"), Some("flow.status")];
    check(
        "SELECT id, status AS s, 'X' AS x FROM flow",
        &[id, status, None],
    );
    check(
        "SELECT trim(id) AS id, money(fee) AS fee FROM flow",
        &[None, None],
    );
    check(
        "WITH a AS (SELECT id AS k, status FROM flow WHERE code <> '9') SELECT z.k, z.status FROM a AS z",
        &[id, status],
    );
    check(
        "SELECT f.id, r.rate FROM flow f LEFT JOIN rate r ON f.day = r.day",
        &[id, None],
    );
    check(
        "SELECT id FROM flow UNION ALL SELECT status FROM flow",
        &[None],
    );
    check(
        "SELECT status, count(*) AS n FROM flow GROUP BY status",
        &[None, None],
    );
    check("SELECT DISTINCT id FROM flow", &[None]);
}

#[test]
fn every_output_column_tells_what_it_comes_from() {
    for (sql, expect) in [
        (
            "SELECT id AS voucher, 'X' AS kind FROM flow",
            "voucher: flow.id\nkind: \nrows: ",
        ),
        (
            "SELECT id, CASE code WHEN '02' THEN -money(amount) ELSE money(fee) END AS net FROM flow WHERE status = 'OK'",
            "id: flow.id\nnet: flow.amount flow.fee if flow.code\nrows: flow.status",
        ),
        (
            "WITH a AS (SELECT id AS k, money(amount) - money(fee) AS x FROM flow WHERE code <> '9'), b AS (SELECT k, x AS y FROM a AS z) SELECT k, y FROM b",
            "k: flow.id\ny: flow.amount flow.fee\nrows: flow.code",
        ),
        (
            "SELECT f.id, round_half_up(money(f.amount) * money(r.rate, 4), 2) AS cny FROM flow f JOIN rate r ON f.day = r.day",
            "id: flow.id\ncny: flow.amount rate.rate if flow.day rate.day\nrows: flow.day rate.day",
        ),
        (
            "SELECT f.id, r.rate FROM flow f LEFT JOIN rate r ON f.day = r.day",
            "id: flow.id\nrate: rate.rate if flow.day rate.day\nrows: ",
        ),
        (
            "SELECT id, amount FROM flow UNION ALL SELECT code, fee FROM flow WHERE fee <> '0'",
            "id: flow.code flow.id\namount: flow.amount flow.fee\nrows: flow.fee",
        ),
        (
            "SELECT day, control_total(money(amount)) FILTER (WHERE code = '02') AS t FROM flow WHERE status = 'OK' GROUP BY day",
            "day: flow.day\nt: flow.amount if flow.code\nrows: flow.day flow.status",
        ),
        (
            "SELECT id, row_number() OVER (PARTITION BY code ORDER BY id) AS n, lag(amount) OVER (PARTITION BY code ORDER BY id) AS before FROM flow",
            "id: flow.id\nn:  if flow.code flow.id\nbefore: flow.amount if flow.code flow.id\nrows: ",
        ),
        (
            "SELECT id, (SELECT max(rate) FROM rate WHERE rate.day = flow.day) AS rate FROM flow WHERE EXISTS (SELECT 1 FROM rate WHERE ccy = 'USD')",
            "id: flow.id\nrate: rate.rate if flow.day rate.day\nrows: rate.ccy",
        ),
        (
            "SELECT DISTINCT code, coalesce(fee, amount) AS v FROM flow",
            "code: flow.code\nv: flow.amount flow.fee\nrows: flow.amount flow.code flow.fee",
        ),
        (
            "SELECT * FROM \"old.flow\"",
            "id: old.flow.id\namount: old.flow.amount\nrows: ",
        ),
    ] {
        assert_eq!(origins(sql), expect, "{sql}");
    }
}

/// What a reading says, one a line.
fn readings(sql: &str) -> String {
    let side = books().side(sql);
    let line = |reading: crate::sql::Reading| {
        let rows = if reading.rows { " [rows]" } else { "" };
        format!("{} {}{rows}", reading.cause, reading.en)
    };
    side.readings()
        .into_iter()
        .map(line)
        .collect::<Vec<_>>()
        .join("\n")
}

/// The readings of `sql` have all these lines, in this order.
fn reads(sql: &str, expect: &[&str]) {
    let all = readings(sql);
    let mut lines = all.lines();
    for line in expect {
        assert!(
            lines.any(|found| found == *line),
            "{sql}\nlacks {line}\namong\n{all}"
        );
    }
}

#[test]
fn roundings_and_factors_are_read_otherwise() {
    reads(
        "SELECT id, round_half_up(money(amount) * 0.006, 2) AS fee FROM flow",
        &[
            "B5 fee: rounds half to even, `round_half_even(money(amount) * 0.006, 2)` instead of `round_half_up(money(amount) * 0.006, 2)`",
            "B5 fee: cuts instead of rounding, `round_down(money(amount) * 0.006, 2)` instead of `round_half_up(money(amount) * 0.006, 2)`",
            "B5 fee: does not round, `money(amount) * 0.006` instead of `round_half_up(money(amount) * 0.006, 2)`",
            "B13 fee: leaves a factor out, `money(amount)` instead of `money(amount) * 0.006`",
            "B9 fee: loses the sign, `abs(round_half_up(money(amount) * 0.006, 2))` instead of `round_half_up(money(amount) * 0.006, 2)`",
            "B5 fee: rounds to other decimals, `round_half_up(money(amount) * 0.006, 1)` instead of `round_half_up(money(amount) * 0.006, 2)`",
            "B12 fee: takes another column, `money(fee)` instead of `money(amount)`",
            "B12 id: takes another column, `code` instead of `id`",
        ],
    );
    reads(
        "SELECT id, round_half_up(money(amount) * 1.5 + money(fee) * 0.5, 2) AS v FROM flow",
        &[
            "B6 v: rounds each part, not the result, `round_half_up(money(amount) * 1.5, 2) + round_half_up(money(fee) * 0.5, 2)` instead of `round_half_up(money(amount) * 1.5 + money(fee) * 0.5, 2)`",
        ],
    );
    reads(
        "SELECT id, round_half_up(money(amount) / 100, 2) AS v FROM flow",
        &[
            "B2 v: leaves the division out, `money(amount)` instead of `money(amount) / 100`",
            "B2 v: multiplies and divides the other way round, `round_half_up(money(amount) * 100, 2)` instead of `round_half_up(money(amount) / 100, 2)`",
        ],
    );
}

#[test]
fn terms_and_signs_are_read_otherwise() {
    reads(
        "SELECT id, money(amount) - money(fee) AS net, -money(fee) AS cost FROM flow",
        &[
            "B10 net: leaves a term out, `money(amount)` instead of `money(amount) - money(fee)`",
            "B11 net: takes a term twice, `money(amount) - money(fee) - money(fee)` instead of `money(amount) - money(fee)`",
            "B9 cost: does not turn the sign, `money(fee)` instead of `-money(fee)`",
            "B10 net: takes a term with the other sign, `money(amount) + money(fee)` instead of `money(amount) - money(fee)`",
            "B9 net: turns the sign, `-(money(amount) - money(fee))` instead of `money(amount) - money(fee)`",
        ],
    );
    reads(
        "SELECT id, money(amount) AS v, minor(money(fee)) AS m FROM flow WHERE day LIKE '2024%'",
        &[
            "B2 m: takes the amount for one of minor units, `money(fee)` instead of `minor(money(fee))`",
            "B10 v: takes a fee off, `money(amount) - money(fee)` instead of `money(amount)`",
            "B10 v: adds a fee, `money(amount) + money(fee)` instead of `money(amount)`",
            "R1 says the contrary, `day NOT LIKE '2024%'` instead of `day LIKE '2024%'` [rows]",
        ],
    );
    reads(
        "SELECT id, abs(money(amount)) AS a, -1 * money(fee) AS b, coalesce(fee, '0') AS c FROM flow",
        &[
            "B9 a: keeps the sign, `money(amount)` instead of `abs(money(amount))`",
            "B9 b: leaves a factor out, `money(fee)` instead of `-1 * money(fee)`",
            "B14 c: has no default, `fee` instead of `coalesce(fee, '0')`",
            "B14 c: has another default, `coalesce(fee, '')` instead of `coalesce(fee, '0')`",
        ],
    );
}

#[test]
fn branches_and_times_are_read_otherwise() {
    reads(
        "SELECT id, CASE code WHEN '01' THEN 'TOPUP' WHEN '02' THEN 'PAY' ELSE 'OTHER' END AS kind FROM flow",
        &[
            "D2 kind: takes the neighbouring branch of a CASE, `CASE code WHEN '01' THEN 'PAY' END` instead of `CASE code WHEN '01' THEN 'TOPUP' END`",
            "D2 kind: takes the default of a CASE, `CASE code WHEN '02' THEN 'OTHER' END` instead of `CASE code WHEN '02' THEN 'PAY' END`",
            "B14 kind: has no default, without `'OTHER'`",
        ],
    );
    reads(
        "SELECT id, CASE WHEN code IN ('02', '04') THEN -money(amount) ELSE money(amount) END AS v FROM flow",
        &[
            "B9 v: does not turn the sign, `money(amount)` instead of `-money(amount)`",
            "D2 v: leaves a value out of a list, `code IN ('04')` instead of `code IN ('02', '04')`",
            "R1 v: says the contrary, `code NOT IN ('02', '04')` instead of `code IN ('02', '04')`",
        ],
    );
    reads(
        "SELECT id, business_date(local_time(day, 'Asia/Shanghai'), 'Asia/Shanghai', '23:00') AS d FROM flow",
        &[
            "T2 d: changes the day at midnight, `business_date(local_time(day, 'Asia/Shanghai'), 'Asia/Shanghai', '00:00')` instead of `business_date(local_time(day, 'Asia/Shanghai'), 'Asia/Shanghai', '23:00')`",
            "T1 d: takes the time as UTC, `local_time(day, 'UTC')` instead of `local_time(day, 'Asia/Shanghai')`",
            "T1 d: takes the time in another zone, `local_time(day, 'Asia/Tokyo')` instead of `local_time(day, 'Asia/Shanghai')`",
        ],
    );
    reads(
        "SELECT id, CASE WHEN substr(day, 12) >= '23:00:00' THEN 'late' ELSE 'day' END AS d FROM flow",
        &[
            "T2 d: leaves the bound out, `substr(day, 12) > '23:00:00'` instead of `substr(day, 12) >= '23:00:00'`",
        ],
    );
}

#[test]
fn filters_joins_and_unions_are_read_otherwise() {
    reads(
        "SELECT id FROM flow WHERE status IN ('OK', 'PART') AND money(amount) > 1",
        &[
            "A2 takes the bound in, `money(amount) >= 1` instead of `money(amount) > 1` [rows]",
            "A3 does not filter, without `WHERE status IN ('OK', 'PART') AND money(amount) > 1` [rows]",
            "A3 does not ask for a condition, without `money(amount) > 1` [rows]",
            "A3 does not ask for a condition, without `status IN ('OK', 'PART')` [rows]",
            "T7 leaves a value out of a list, `status IN ('PART')` instead of `status IN ('OK', 'PART')` [rows]",
        ],
    );
    reads(
        "SELECT f.id, money(r.rate, 4) AS rate FROM flow f LEFT JOIN rate r ON f.day = r.day",
        &[
            "B13 rate: looks up the day before, `CAST(CAST(CAST(f.day AS DATE) - INTERVAL '1 DAYS' AS DATE) AS VARCHAR) = r.day` instead of `f.day = r.day` [rows]",
            "A3 rate: drops records without a match, `JOIN` instead of `LEFT JOIN` [rows]",
        ],
    );
    reads(
        "SELECT id, money(rate, 4) AS rate FROM flow JOIN rate USING (day)",
        &["A3 rate: keeps records without a match, `LEFT JOIN` instead of `JOIN` [rows]"],
    );
    reads(
        "SELECT id, 'D' AS leg FROM flow UNION ALL SELECT id, 'C' FROM flow",
        &[
            "A8 leaves a branch of the union out, without `SELECT 1 of 2` [rows]",
            "A8 leaves a branch of the union out, without `SELECT 2 of 2` [rows]",
            "D1 leg: swaps debit and credit, `'C' UNION ALL 'D'` instead of `'D' UNION ALL 'C'`",
        ],
    );
    reads(
        "SELECT id, CASE WHEN code = '02' THEN 'D' ELSE 'C' END AS leg FROM flow",
        &[
            "D1 leg: takes the default of a CASE, `CASE WHEN code = '02' THEN 'C' END` instead of `CASE WHEN code = '02' THEN 'D' END`",
        ],
    );
    reads(
        "SELECT DISTINCT code FROM flow",
        &["A6 keeps records that are equal, without `DISTINCT` [rows]"],
    );
}

#[test]
fn totals_are_read_otherwise() {
    reads(
        "SELECT day, round_half_up(control_total(money(amount) * 0.006), 2) AS t FROM flow GROUP BY day",
        &[
            "B6 t: rounds each line, not the total, `control_total(round_half_up(money(amount) * 0.006, 2))` instead of `round_half_up(control_total(money(amount) * 0.006), 2)`",
        ],
    );
    reads(
        "SELECT day, control_total(round_half_up(money(amount) * 0.006, 2)) AS t FROM flow GROUP BY day",
        &[
            "B6 t: rounds the total, not each line, `round_half_up(control_total(money(amount) * 0.006), 2)` instead of `control_total(round_half_up(money(amount) * 0.006, 2))`",
        ],
    );
    // Lines that are rounded already: rounding them once more changes nothing.
    let both = "SELECT day, round_half_up(control_total(round_half_up(money(amount) * 0.006, 2)), 2) AS t FROM flow GROUP BY day";
    let told = readings(both);
    assert!(!told.contains("rounds each line, not the total"), "{told}");
    assert!(told.contains("rounds the total, not each line"), "{told}");
    // A total that is not rounded at all has lines that may be.
    reads(
        "SELECT day, control_total(money(amount) * 0.006) AS t FROM flow GROUP BY day",
        &[
            "B6 t: rounds each line, not the total, `control_total(round_half_up(money(amount) * 0.006, 2))` instead of `control_total(money(amount) * 0.006)`",
        ],
    );
}

#[test]
fn another_column_of_a_table_that_is_looked_up_in_is_told_as_such() {
    let flow: String = (0..40)
        .map(|number| format!("{number},C{number},A,10.00,0.10\n"))
        .collect();
    let story = story(&[
        ("source/flow", &format!("id,acct,code,paid,fee\n{flow}")),
        (
            "source/r",
            "code,rate,next_rate,minimum\nA,0.0060,0.0131,0.0010\n",
        ),
        ("source/m", "old_id,new_id\nC103,C900\n"),
    ]);
    let check = |rule: &str, taken: &str, expect: (&str, bool)| {
        let readings = story.side(rule).readings();
        let found = readings
            .iter()
            .find(|one| one.reading.as_deref() == Some(taken));
        let found = found.unwrap_or_else(|| panic!("{rule}: none takes {taken}"));
        assert_eq!((found.cause, found.looked_up), expect, "{}", found.en);
    };
    let fee = "SELECT id, round_half_up(money(paid) * money(r.rate, 4), 2) AS fee \
               FROM flow JOIN r ON flow.code = r.code";
    check(fee, "money(next_rate, 4)", ("R2", true));
    check(fee, "money(minimum, 4)", ("B12", true));
    check(fee, "money(fee)", ("B12", false));
    let owner = "SELECT id, coalesce(m.new_id, flow.acct) AS customer \
                 FROM flow LEFT JOIN m ON flow.acct = m.old_id";
    check(owner, "old_id", ("D7", true));
}

#[test]
fn a_wide_table_has_a_few_readings_of_neighbouring_columns() {
    let names: Vec<String> = (0..800).map(|number| format!("c{number}")).collect();
    let story = story(&[("source/wide", &format!("{}\n", names.join(",")))]);
    let side = story.side("wide");
    let readings = side.readings();
    assert_eq!(readings.len(), 50);
    let of_second = readings.iter().filter(|reading| reading.rule == "c1");
    let taken: Vec<&str> = of_second.filter_map(|one| one.reading.as_deref()).collect();
    assert_eq!(
        taken,
        ["c0", "c2", "c3", "c4", "c5", "c6", "c7", "c8", "c9", "c10"]
    );
    let from = side.comes_from();
    assert_eq!(from.len(), 800);
    assert!(from.iter().all(|one| one.values[0].column == one.column));
}
