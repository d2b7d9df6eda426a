//! Which files are which tables.

use crate::bookshelf::{open, shelf, texts};

/// The tables and their files, or what is wrong.
fn found(root: &str, plan: &str, files: &[&str]) -> String {
    let files: Vec<(&str, &[u8])> = files.iter().map(|name| (*name, &b"a,b\n"[..])).collect();
    let folder = shelf(&files);
    let said = match open(&folder.path().join(root), plan) {
        Err(errors) => texts(&errors),
        Ok(book) => {
            let tables = book.tables().map(|table| {
                let files: Vec<&str> = table
                    .files()
                    .iter()
                    .map(|file| file.path.as_str())
                    .collect();
                format!("{}: {}", table.name(), files.join(" "))
            });
            tables.collect::<Vec<String>>().join("\n")
        }
    };
    said.replace(&folder.path().display().to_string(), "SHELF")
        .replace("\\", "/")
}

#[track_caller]
fn check(root: &str, plan: &str, files: &[&str], expect: &str) {
    let expect: Vec<&str> = expect.lines().map(str::trim).collect();
    assert_eq!(found(root, plan, files), expect.join("\n"));
}

#[test]
fn every_file_of_a_folder_is_a_table_by_its_stem() {
    check(
        "",
        "",
        &[
            "flow.csv",
            "deep/er/account.TSV",
            "notes.txt",
            ".hidden.csv",
            ".git/x.csv",
            "README",
        ],
        "account: deep/er/account.TSV\nflow: flow.csv",
    );
}

#[test]
fn files_that_belong_to_no_table_are_named() {
    let unread = |root: &str, plan: &str, files: &[&str]| {
        let files: Vec<(&str, &[u8])> = files.iter().map(|name| (*name, &b"a,b\n"[..])).collect();
        let folder = shelf(&files);
        let book = open(&folder.path().join(root), plan).unwrap();
        book.unread().join(" ")
    };
    let files = [
        "flow.csv",
        "flow.csv.bak",
        "notes.txt",
        "deep/er/account.dat",
        "extra/a.csv",
        ".DS_Store",
        ".git/config",
        "_SUCCESS",
        "_delta_log/0.json",
        "flow.csv.crc",
    ];
    assert_eq!(
        unread("", "", &files),
        "deep/er/account.dat flow.csv.bak notes.txt"
    );
    // What a table of the plan reads, or the plan excludes, is no such file.
    let plan = "[account]\nfiles = ['deep/**/*.dat', '!flow.csv.bak']\nformat = 'csv'";
    assert_eq!(unread("", plan, &files), "notes.txt");
    let plan = "[notes]\nformat = 'csv'";
    assert_eq!(unread("", plan, &files), "deep/er/account.dat flow.csv.bak");
    // A glob names its files, and a file itself.
    assert_eq!(unread("*.csv", "", &files), "");
    assert_eq!(unread("flow.csv", "", &files), "");
}

#[test]
fn a_single_file_is_a_table_by_its_stem() {
    check(
        "x/flow.csv",
        "",
        &["x/flow.csv", "x/other.csv"],
        "flow: flow.csv",
    );
    check(
        "order.asc",
        "[order]\nformat = 'csv'",
        &["order.asc"],
        "order: order.asc",
    );
}

#[test]
fn a_glob_names_any_file() {
    check(
        "x*/flow-?.csv",
        "",
        &["x1/flow-1.csv", "x2/flow-2.csv", "flow-3.csv"],
        "flow-1: x1/flow-1.csv\nflow-2: x2/flow-2.csv",
    );
    check(
        "x*/*.csv",
        "[flow]\nfiles = '**/*.csv'",
        &["x1/b.csv", "x1/a.csv"],
        "flow: x1/a.csv x1/b.csv",
    );
}

#[test]
fn a_table_may_have_many_files() {
    check(
        "",
        "[flow]\nfiles = ['flow/*.csv', '!flow/bad.csv']",
        &["flow/2.csv", "flow/1.csv", "flow/bad.csv", "rest.csv"],
        "flow: flow/1.csv flow/2.csv\nrest: rest.csv",
    );
}

#[test]
fn files_that_are_parts_by_their_names_are_the_table_of_their_folder() {
    check(
        "",
        "",
        &[
            "new/posting/part-1.csv",
            "new/posting/part-0.csv",
            "part-9.csv",
        ],
        "part-9: part-9.csv\nposting: new/posting/part-0.csv new/posting/part-1.csv",
    );
    check(
        "",
        "[first]\nfiles = 'posting/part-0.csv'",
        &["posting/part-0.csv", "posting/part-1.csv"],
        "first: posting/part-0.csv\nposting: posting/part-1.csv",
    );
    check(
        "",
        "",
        &["a/posting/part-0.csv", "b/posting/part-0.csv"],
        "table posting: a/posting/part-0.csv and b/posting/part-0.csv would both be the table \"posting\"; name the tables and their files in the plan: `[source.tables.NAME]` with `files = \"GLOB\"`",
    );
    check(
        "",
        "",
        &["posting.csv", "posting/part-0.csv"],
        "table posting: posting.csv and posting/part-0.csv would both be the table \"posting\"; name the tables and their files in the plan: `[source.tables.NAME]` with `files = \"GLOB\"`",
    );
}

#[test]
fn two_files_of_one_stem_are_an_error() {
    check(
        "",
        "",
        &["a/flow.csv", "b/flow.csv"],
        "table flow: a/flow.csv and b/flow.csv would both be the table \"flow\"; name the tables and their files in the plan: `[source.tables.NAME]` with `files = \"GLOB\"`",
    );
}

#[test]
fn a_book_without_files_is_an_error() {
    check(
        "",
        "",
        &["README"],
        "no CSV or Parquet file is at SHELF/; a book's files end in .csv, .tsv, .csv.gz, .csv.zst or .parquet; others are named in the plan, with `files` and `format`",
    );
    check(
        "gone",
        "",
        &["README"],
        "nothing is at SHELF/gone; name a file, a folder or a glob",
    );
    check("gone/*.csv", "", &["README"], "nothing is at SHELF/gone");
    check(
        "*.csv",
        "",
        &["README"],
        "no CSV or Parquet file is at SHELF/*.csv; `*` stands for a name, `**` for any folders",
    );
}

#[test]
fn what_the_plan_names_must_be_found() {
    check(
        "",
        "[flow]\nfiles = ['flow-*.csv']\n[fund]",
        &["flow.csv"],
        "table flow: no file matches \"flow-*.csv\"; the book has flow.csv
         table fund: no file matches the table's name \"fund\"; say which with `files`; the book has flow.csv",
    );
    check(
        "",
        "[a]\nfiles = '*.csv'\n[b]\nfiles = 'x.csv'",
        &["x.csv"],
        "x.csv: it is in two tables, a and b; exclude it from one of them: `\"!x.csv\"`",
    );
    check(
        "",
        "[a]\nfiles = '*.asc'",
        &["x.asc"],
        "x.asc: its ending does not say how it is written; say it with `format = \"csv\"` or `format = \"parquet\"`",
    );
    check(
        "",
        "[a]\nfiles = '[.csv'",
        &["x.csv"],
        "table a: \"[.csv\" is no glob: unclosed character class; missing ']'",
    );
    check(
        "",
        "[a]\nfiles = ['*.csv', '*.parquet']",
        &["x.csv", "y.parquet"],
        "table a: some files are CSV and some Parquet: x.csv and y.parquet; make them two tables",
    );
    check(
        "",
        "[x]\n[[x.file]]\nmatch = 'y.csv'",
        &["x.csv"],
        "table x: no file matches \"y.csv\"; it is held against the paths of this table's files",
    );
}

#[test]
fn settings_that_cannot_be_are_errors() {
    check(
        "",
        "[x]\ndelimiter = '§'",
        &["x.csv"],
        "x.csv: the delimiter '§' is not an ASCII character; files with such a one must be written anew first",
    );
    check(
        "",
        "[x]\nquote = ','",
        &["x.csv"],
        "x.csv: delimiter and quote are the same character",
    );
    check(
        "",
        "[x]\nquote = 'ab'",
        &["x.csv"],
        "x.csv: the quote is one character, or none: `quote = \"\"`",
    );
    check(
        "",
        "[x]\nheader = false",
        &["x.csv"],
        "x.csv: without a header the columns need names; give them: `names = [\"…\", …]`",
    );
    check(
        "",
        "[x]\nencoding = 'klingon'",
        &["x.csv"],
        "x.csv: \"klingon\" is no encoding; use a WHATWG name, such as utf-8, gb18030, windows-1252 or utf-16le",
    );
}
