//! Declared repairs: what they do, and that they are counted.

use crate::bookshelf::{open, records, shelf};

/// The records, then the repairs, of one file under some settings.
fn check(settings: &str, text: &str, expect: &str) {
    let folder = shelf(&[("t.csv", text.as_bytes())]);
    for batch_rows in [1, 2, 8192] {
        let book = open(folder.path(), &format!("[t]\n{settings}")).unwrap();
        let table = book.table("t").unwrap();
        let mut said = records(table, batch_rows).unwrap();
        assert_eq!(
            said,
            records(table, batch_rows).unwrap(),
            "a second reading"
        );
        for repair in table.repairs() {
            let column = repair
                .column
                .map(|name| format!(" {name}"))
                .unwrap_or_default();
            said.push(format!("{}{column}: {}", repair.what, repair.count));
        }
        let record = |line: &str| {
            if line.starts_with(':') {
                format!("t.csv{line}")
            } else {
                line.to_owned()
            }
        };
        let expect: Vec<String> = expect
            .lines()
            .map(|line| record(line.trim_start()))
            .collect();
        assert_eq!(
            said, expect,
            "\n{settings}\n{text}\nbatches of {batch_rows}"
        );
    }
}

#[test]
fn nothing_is_counted_where_nothing_was_mended() {
    let all = "skip_blank_lines = true\nnull_values = ['NULL']\npad_short = true\ntrim = true\n\
               extra_fields = 'blank'\nkeep_stray_quotes = true";
    check(all, "a,b\n1,\"2\"\n", ":2: 1 | 2");
}

#[test]
fn lines_before_the_header_are_passed_over() {
    check(
        "skip_header = 2",
        "Report of 5\" pipes\n\na,b\n1,2\n",
        ":4: 1 | 2
         skip_header: 2",
    );
}

#[test]
fn records_at_the_end_are_dropped_whatever_their_width() {
    check(
        "skip_footer = 1",
        "a,b\n1,2\n3,4\ntotal 4\n",
        ":2: 1 | 2\n:3: 3 | 4\n skip_footer: 1",
    );
    check(
        "skip_footer = 2",
        "a,b\n1,2\n3,4\n,\n(c),\"2017\n\",x",
        ":2: 1 | 2\n:3: 3 | 4\n skip_footer: 2",
    );
    check(
        "skip_footer = 1",
        "a,b\n1,2\n3,\"cut o",
        ":2: 1 | 2\n skip_footer: 1",
    );
    check(
        "skip_footer = 1",
        "a,b\n1,2\n\n",
        ":2: 1 | 2\n skip_footer: 1",
    );
    check(
        "skip_footer = 1\nskip_blank_lines = true",
        "a,b\n1,2\n\nsum\n\n",
        ":2: 1 | 2\n skip_footer: 1\n skip_blank_lines: 2",
    );
    check("skip_footer = 1", "a,b\nonly\n", " skip_footer: 1");
}

#[test]
fn blank_lines_are_passed_over_and_leave_the_line_numbers_right() {
    check(
        "skip_blank_lines = true",
        "\na,b\n\n1,2\n\r\n\n3,4\n\n",
        ":4: 1 | 2\n:7: 3 | 4\n skip_blank_lines: 5",
    );
}

#[test]
fn null_values_match_a_field_as_it_is_written() {
    check(
        "null_values = ['NULL', '']",
        "a,b\nNULL,\n\"NULL\",\"\"\n",
        ":2: ∅ | ∅\n:3: NULL | \n null_values a: 1\n null_values b: 1",
    );
    check(
        "null_values = ['\"\"']",
        "a,b\n,\"\"\n",
        ":2:  | ∅\n null_values b: 1",
    );
}

#[test]
fn short_records_are_padded_with_null() {
    check(
        "pad_short = true",
        "a,b,c\n1,2,3\n1\n1,\n",
        ":2: 1 | 2 | 3\n:3: 1 | ∅ | ∅\n:4: 1 |  | ∅\n pad_short: 2",
    );
}

#[test]
fn fields_beyond_the_header_are_dropped() {
    check(
        "extra_fields = 'blank'",
        "a,b\n1,2\n3,4,,\"\"\n",
        ":2: 1 | 2\n:3: 3 | 4\n extra_fields: 1",
    );
    check(
        "extra_fields = 'drop'",
        "a,b\n1,2\n3,4,Contra\n",
        ":2: 1 | 2\n:3: 3 | 4\n extra_fields: 1",
    );
}

#[test]
fn stray_quotes_are_kept() {
    check(
        "keep_stray_quotes = true",
        "a,b\n(''YSC\") Ltd,5\"\n\"x\"y\",2\n",
        ":2: (\\'\\'YSC\\\") Ltd | 5\\\"\n:3: x\\\"y | 2\n keep_stray_quotes: 3",
    );
}

#[test]
fn blanks_around_values_are_taken_off() {
    check(
        "trim = true",
        "a,b\n 1 ,\"\t2 3 \"\n4,\" \"\"5\"\" \"\n",
        ":2: 1 | 2 3\n:3: 4 | \\\"5\\\"\n trim a: 1\n trim b: 2",
    );
    check(
        "trim = true\nnull_values = ['-']",
        "a,b\n-, - \n",
        ":2: ∅ | -\n null_values a: 1\n trim b: 1",
    );
}

#[test]
fn one_file_may_be_mended_and_the_others_not() {
    let folder = shelf(&[
        ("2012-04.csv", b"a,b\n1,2,\n"),
        ("2012-05.csv", b"a,b\n3,4\n"),
    ]);
    let plan = "[t]\nfiles = '*.csv'\n[[t.file]]\nmatch = '2012-04.csv'\nextra_fields = 'blank'";
    let book = open(folder.path(), plan).unwrap();
    let table = book.table("t").unwrap();
    assert_eq!(
        records(table, 10).unwrap(),
        ["2012-04.csv:2: 1 | 2", "2012-05.csv:2: 3 | 4"]
    );
    let repairs = table.repairs();
    assert_eq!(repairs.len(), 1);
    assert_eq!(
        (repairs[0].file.as_str(), repairs[0].count),
        ("2012-04.csv", 1)
    );
}
