//! One CSV file each, and what it says.

use crate::bookshelf::outcome;

fn check(text: &str, expect: &str) {
    check_with("", text, expect);
}

fn check_with(settings: &str, text: &str, expect: &str) {
    let said = outcome(&[("t.csv", text.as_bytes())], &format!("[t]\n{settings}"));
    let expect: Vec<String> = expect
        .lines()
        .map(|line| format!("t.csv:{}", line.trim_start()))
        .collect();
    assert_eq!(said, expect.join("\n"), "\n{settings}\n{text}");
}

#[test]
fn a_line_is_a_record_and_its_row_is_the_line() {
    check("a,b\n1,2\n3,4\n", "2: 1 | 2\n3: 3 | 4");
    check("a,b\r\n1,2\r\n", "2: 1 | 2");
    check("a,b\n1,2\r\n3,4\n", "2: 1 | 2\n3: 3 | 4");
    check("a,b\n", "");
    check("a,b", "");
}

#[test]
fn the_last_line_need_not_end() {
    check("a,b\n1,2", "2: 1 | 2");
    check("a,b\n1,", "2: 1 | ");
    check("a,b\n1,\"\"", "2: 1 | ");
    check("a,b\n1,\"x\"\r\n", "2: 1 | x");
}

#[test]
fn a_quoted_field_may_hold_anything() {
    check("a,b\n\"1,5\",2\n", "2: 1,5 | 2");
    check(
        "a,b\n\"say \"\"yes\"\"\",\"\"\"\"\n",
        "2: say \\\"yes\\\" | \\\"",
    );
    check(
        "a,b\n\"two\nlines\",2\n3,4\n",
        "2: two\\nlines | 2\n4: 3 | 4",
    );
    check(
        "a,b\n\"x\r\ny\rz\",2\n3,4\n",
        "2: x\\r\\ny\\rz | 2\n4: 3 | 4",
    );
    check("\"a\n,\",b\n1,2\n", "3: 1 | 2");
}

#[test]
fn an_empty_field_is_the_empty_text_and_not_null() {
    check("a,b,c\n,\"\",\n", "2:  |  | ");
}

#[test]
fn in_a_file_of_one_column_an_empty_line_is_a_record() {
    check("a\n\n1\n\n", "2: \n3: 1\n4: ");
}

#[test]
fn texts_of_any_length_are_read_whole() {
    for length in 0..70 {
        let long = "金".repeat(length) + &"x".repeat(length % 16);
        check(
            &format!("a,b\n{long},1\n\"{long}\"\"\",2\n{long},{long}"),
            &format!("2: {long} | 1\n3: {long}\\\" | 2\n4: {long} | {long}"),
        );
    }
}

#[test]
fn a_delimiter_and_a_quote_are_as_the_plan_says() {
    check_with("delimiter = ';'", "a;b\n1,5;2\n", "2: 1,5 | 2");
    check_with("delimiter = \"\\t\"", "a\tb\n1\t2\n", "2: 1 | 2");
    check_with(
        "quote = \"'\"",
        "a,b\n'1,5','it''s \"so\"'\n",
        "2: 1,5 | it\\'s \\\"so\\\"",
    );
    check_with("quote = ''", "a,b\n\"1,2\"\n", "2: \\\"1 | 2\\\"");
}

#[test]
fn a_tsv_file_has_tabs() {
    let said = outcome(&[("t.tsv", b"a\tb\n1,5\t2\n")], "");
    assert_eq!(said, "t.tsv:2: 1,5 | 2");
}

#[test]
fn without_a_header_the_names_come_from_the_plan() {
    check_with(
        "header = false\nnames = ['a', 'b']",
        "1,2\n3,4\n",
        "1: 1 | 2\n2: 3 | 4",
    );
    check_with("names = ['a', 'b']", "x,x\n3,4\n", "2: 3 | 4");
}

#[test]
fn a_byte_order_mark_is_no_text() {
    check("\u{FEFF}a,b\n1,2\n", "2: 1 | 2");
    check("\u{FEFF}\"a\",b\n1,2\n", "2: 1 | 2");
    check_with("encoding = 'utf-8'", "\u{FEFF}a,b\n1,2\n", "2: 1 | 2");
}
