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
