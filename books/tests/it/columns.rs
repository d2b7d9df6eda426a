//! Bringing the columns of several files together.

use crate::bookshelf::{open, outcome, records, shelf};

fn check(plan: &str, files: &[(&str, &str)], expect: &str) {
    let files: Vec<(&str, &[u8])> = files
        .iter()
        .map(|(name, text)| (*name, text.as_bytes()))
        .collect();
    let expect: Vec<&str> = expect.lines().map(str::trim).collect();
    assert_eq!(
        outcome(&files, &format!("[t]\nfiles = '*.csv'\n{plan}")),
        expect.join("\n")
    );
}

#[test]
fn columns_may_be_in_another_order() {
    check(
        "",
        &[("1.csv", "a,b\n1,2\n"), ("2.csv", "b,a\n3,4\n")],
        "1.csv:2: 1 | 2\n2.csv:2: 4 | 3",
    );
}

#[test]
fn a_column_may_have_other_names() {
    check(
        "columns = { amount = ['金额', 'Amount'] }",
        &[
            ("1.csv", "金额,b\n1,2\n"),
            ("2.csv", "b,Amount\n3,4\n"),
            ("3.csv", "amount,b\n5,6\n"),
        ],
        "1.csv:2: 1 | 2\n2.csv:2: 4 | 3\n3.csv:2: 5 | 6",
    );
}

#[test]
fn a_missing_column_is_an_error_with_its_mend() {
    check(
        "",
        &[("1.csv", "a,Net Amount\n1,2\n"), ("2.csv", "a,net_amount\n3,4\n")],
        "2.csv: column \"Net Amount\" is missing here; 1.csv has it; it has \"net_amount\": if that is the same, say so with `columns = { \"Net Amount\" = [\"net_amount\"] }`
         1.csv: column \"net_amount\" is missing here; 2.csv has it; it has \"Net Amount\": if that is the same, say so with `columns = { \"net_amount\" = [\"Net Amount\"] }`",
    );
    check(
        "",
        &[
            ("1.csv", "a\n1\n"),
            ("2.csv", "a,ref\n3,4\n"),
            ("3.csv", "a\n"),
        ],
        "1.csv: column \"ref\" is missing here and in 1 other file; 2.csv has it; name it with `columns = { \"ref\" = [\"NAME HERE\"] }`, take NULL for it with `optional = [\"ref\"]`, or leave it out with `ignore = [\"ref\"]`; the columns here are \"a\"",
    );
}

#[test]
fn an_optional_column_is_null_where_it_is_missing() {
    check(
        "optional = ['ref']",
        &[("1.csv", "a\n1\n"), ("2.csv", "a,ref\n3,4\n")],
        "1.csv:2: 1 | ∅\n2.csv:2: 3 | 4",
    );
}

#[test]
fn a_column_may_be_left_out() {
    check(
        "ignore = ['ref', '']",
        &[("1.csv", "a,\n1,\n"), ("2.csv", "a,ref,,\n3,4,,\n")],
        "1.csv:2: 1\n2.csv:2: 3",
    );
}

#[test]
fn what_the_plan_names_must_be_there() {
    check(
        "optional = ['rfe']\nignore = ['x']\ncolumns = { amount = ['Amount'] }",
        &[("1.csv", "a\n1\n")],
        "table t: no file has a column \"rfe\"; the columns are \"a\"
         table t: no file has a column \"x\"; the columns are \"a\"
         table t: no file has a column \"amount\"; the columns are \"a\"
         table t: no file has a column \"Amount\"; the columns are \"a\"",
    );
}

#[test]
fn a_column_that_is_left_out_is_named_nowhere_else() {
    check(
        "optional = ['ref']\nignore = ['ref']",
        &[("1.csv", "a\n1\n"), ("2.csv", "a,ref\n3,4\n")],
        "table t: column \"ref\" is left out, and `optional` names it; take it out of `optional`, or take it out of `ignore`",
    );
    check(
        "optional = ['ref']\nonly = ['a']",
        &[("1.csv", "a\n1\n"), ("2.csv", "a,ref\n3,4\n")],
        "table t: column \"ref\" is left out, and `optional` names it; take it out of `optional`, or add it to `only`",
    );
}

#[test]
fn columns_without_a_name_or_with_one_twice_are_errors() {
    check(
        "columns = { a = ['A'] }",
        &[("1.csv", "a,A,\n1,2,3\n")],
        "1.csv: two columns are named \"a\": the 1. and the 2.; name all columns of this file with `names = [...]`
         1.csv: the 3. column has no name; name all columns with `names = [...]`, or leave it out with `ignore = [\"\"]`",
    );
    check(
        "",
        &[("1.csv", "a,_row\n1,2\n")],
        "1.csv: a column is named \"_row\", which is the name of a record's place; give it another one: `columns = { row_ = [\"_row\"] }`",
    );
    check(
        "columns = { row_ = ['_row'] }",
        &[("1.csv", "a,_row\n1,2\n")],
        "1.csv:2: 1 | 2",
    );
}

#[test]
fn columns_that_are_missing_or_left_out_are_counted() {
    let folder = shelf(&[("1.csv", b"a,x\n1,2\n"), ("2.csv", b"a,ref\n3,4\n")]);
    let plan = "[t]\nfiles = '*.csv'\noptional = ['ref']\nignore = ['x']";
    let book = open(folder.path(), plan).unwrap();
    let table = book.table("t").unwrap();
    records(table, 10).unwrap();
    let repairs: Vec<String> = table
        .repairs()
        .iter()
        .map(|repair| {
            format!(
                "{} {} {:?} {}",
                repair.file, repair.what, repair.column, repair.count
            )
        })
        .collect();
    assert_eq!(
        repairs,
        [
            "1.csv optional Some(\"ref\") 1",
            "1.csv ignore Some(\"x\") 1"
        ]
    );
}

#[test]
fn only_some_columns_may_be_read() {
    let files = [
        ("1.csv", "a,x,Amount,\n1,2,3,4\n"),
        ("2.csv", "amount,y,a\n5,6,7\n"),
    ];
    let plan = "only = ['a', 'amount']\ncolumns = { amount = ['Amount'] }";
    check(plan, &files, "1.csv:2: 1 | 3\n2.csv:2: 7 | 5");
    check(
        "only = ['b']",
        &[("1.csv", "a\n1\n")],
        "table t: no file has a column \"b\"; the columns are \"a\"",
    );
}
