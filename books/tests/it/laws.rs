//! What holds for any bytes.

use books::{ReadError, ReadErrorKind};
use proptest::prelude::*;
use tempfile::TempDir;

use crate::bookshelf::{open_cut, records, shelf, texts};
use crate::reference::{self, Rules};

/// Pieces of which files are made that are often nearly right.
fn piece() -> impl Strategy<Value = &'static [u8]> {
    prop_oneof![
        6 => Just(&b","[..]),
        6 => Just(&b"\n"[..]),
        2 => Just(&b"\r\n"[..]),
        4 => Just(&b"a"[..]),
        2 => Just(&b"long enough not to fit"[..]),
        4 => Just(&b"\""[..]),
        3 => Just(&b"\"q\""[..]),
        2 => Just(&b"\"\"\"\""[..]),
        2 => Just(&b"\"x\ny\""[..]),
        2 => Just("\u{91D1}".as_bytes()),
        1 => Just(&b"1,2\n3,4\n"[..]),
    ]
}

/// Now and then something that is never right.
fn rare_piece() -> impl Strategy<Value = &'static [u8]> {
    prop_oneof![
        60 => piece(),
        1 => Just(&b"\r"[..]),
        1 => Just(&b"\0"[..]),
        1 => Just(&b"\xFF"[..]),
        1 => Just(&b"\xE9\x87"[..]),
    ]
}

fn file() -> impl Strategy<Value = Vec<u8>> {
    let body = prop::collection::vec(rare_piece(), 0..60).prop_map(|pieces| pieces.concat());
    let head = prop::sample::select(vec![
        &b""[..],
        b"a,b\n",
        b"h\n",
        b"\xEF\xBB\xBFa,b\r\n",
        b"a,b\n1,2\n3,\"4\"\n",
    ]);
    (head, body).prop_map(|(head, body)| [head, &body].concat())
}

/// What our reader says of a file, in the words of the reference.
fn said(
    folder: &TempDir,
    plan: &str,
    chunk_bytes: u64,
    batch_rows: usize,
) -> Result<Vec<String>, String> {
    let book = match open_cut(folder.path(), plan, chunk_bytes) {
        Ok(book) => book,
        Err(errors) => {
            return match &errors[0].kind {
                books::BookErrorKind::Read(error) => Err(place(error)),
                _ => Err(texts(&errors)),
            };
        }
    };
    match records(book.table("t").unwrap(), batch_rows) {
        Ok(records) => Ok(records
            .iter()
            .map(|record| record.replacen("t.csv:", "", 1))
            .collect()),
        Err(error) => Err(place(&error)),
    }
}

fn place(error: &ReadError) -> String {
    let what = match &error.kind {
        ReadErrorKind::Nul => "NUL",
        ReadErrorKind::LoneReturn => "lone return",
        ReadErrorKind::StrayQuote => "stray quote",
        ReadErrorKind::AfterQuote => "after quote",
        ReadErrorKind::UnclosedQuote => "unclosed quote",
        ReadErrorKind::BlankLine => "blank line",
        ReadErrorKind::FieldCount { .. } => "field count",
        ReadErrorKind::Undecodable { .. } => "undecodable",
        ReadErrorKind::NoHeader => return "0:0: no header".to_owned(),
        ReadErrorKind::FooterTooLong { .. } => return "0:0: footer".to_owned(),
        other => panic!("{other}"),
    };
    format!("{}:{}: {what}", error.line.unwrap(), error.column.unwrap())
}

/// Names for columns of any header, so that only the records matter.
fn plan(bytes: &[u8], rules: Rules) -> String {
    let width = reference_width(bytes, rules);
    let names: Vec<String> = (0..width).map(|number| format!("'c{number}'")).collect();
    let names = if width == 0 {
        String::new()
    } else {
        format!("names = [{}]\n", names.join(","))
    };
    let Rules {
        skip_footer,
        skip_blank_lines,
    } = rules;
    format!("[t]\n{names}skip_footer = {skip_footer}\nskip_blank_lines = {skip_blank_lines}")
}

/// The number of columns by the header alone.
fn reference_width(bytes: &[u8], rules: Rules) -> usize {
    let folder = shelf(&[("t.csv", bytes)]);
    let plan = format!(
        "[t]\nnames = ['x']\nskip_blank_lines = {}",
        rules.skip_blank_lines
    );
    match open_cut(folder.path(), &plan, u64::MAX) {
        Ok(_) => 1,
        Err(errors) => match &errors[0].kind {
            books::BookErrorKind::Read(error) => match error.kind {
                ReadErrorKind::NameCount { found, .. } => found,
                _ => 0,
            },
            _ => 0,
        },
    }
}

/// Four times what `PROPTEST_CASES` says: a case is quick.
fn many() -> ProptestConfig {
    let usual = ProptestConfig::default();
    ProptestConfig {
        cases: usual.cases.saturating_mul(4),
        failure_persistence: None,
        ..usual
    }
}

proptest! {
    #![proptest_config(many())]

    #[test]
    fn any_bytes_are_read_as_the_reference_reads_them_however_they_are_cut(
        bytes in file(),
        chunk_bytes in 1u64..80,
        batch_rows in 1usize..5,
        skip_footer in 0usize..3,
        skip_blank_lines: bool,
    ) {
        let rules = Rules { skip_footer, skip_blank_lines };
        let expected = reference::read(&bytes, rules);
        let folder = shelf(&[("t.csv", &bytes)]);
        let plan = plan(&bytes, rules);
        prop_assert_eq!(&said(&folder, &plan, u64::MAX, 8192), &expected, "whole");
        prop_assert_eq!(&said(&folder, &plan, u64::MAX, batch_rows), &expected, "in batches");
        prop_assert_eq!(&said(&folder, &plan, chunk_bytes, batch_rows), &expected, "cut");
    }

    #[test]
    fn random_bytes_never_panic(
        bytes in prop::collection::vec(any::<u8>(), 0..200),
        encoding in prop::sample::select(vec!["utf-8", "gb18030", "utf-16le", "shift_jis", "iso-2022-jp", "windows-1252"]),
        loose: bool,
    ) {
        let folder = shelf(&[("t.csv", &bytes)]);
        let settings = format!(
            "[t]\nheader = false\nnames = ['a', 'b']\nencoding = '{encoding}'\nkeep_stray_quotes = {loose}\n\
             pad_short = {loose}\nextra_fields = 'drop'\nskip_blank_lines = {loose}\ntrim = {loose}"
        );
        if let Ok(book) = open_cut(folder.path(), &settings, 16) {
            let _ = records(book.table("t").unwrap(), 3);
        }
    }

    #[test]
    fn what_is_written_is_read(
        rows in prop::collection::vec(prop::collection::vec(value(), 3), 0..20),
        ending in prop::sample::select(vec!["\n", "\r\n"]),
        has_last_end: bool,
        quote_all: bool,
        chunk_bytes in 1u64..200,
    ) {
        let mut text = format!("a,b,c{ending}");
        let mut line = 2;
        let mut expected = Vec::new();
        for row in &rows {
            let fields: Vec<String> = row.iter().map(|value| field(value, quote_all)).collect();
            let shown: Vec<String> = row.iter().map(|value| value.escape_debug().to_string()).collect();
            expected.push(format!("{line}: {}", shown.join(" | ")));
            text.push_str(&fields.join(","));
            text.push_str(ending);
            line += 1 + row.iter().map(|value| value.matches('\n').count()).sum::<usize>();
        }
        if !has_last_end {
            text.truncate(text.len() - ending.len());
        }
        let folder = shelf(&[("t.csv", text.as_bytes())]);
        prop_assert_eq!(said(&folder, "", chunk_bytes, 2), Ok(expected));
    }
}

fn value() -> impl Strategy<Value = String> {
    let letter = prop::sample::select(vec!['a', ',', '"', '\n', '\r', ' ', '金', 'é', '😀', '0']);
    prop::collection::vec(letter, 0..20).prop_map(|letters| letters.into_iter().collect())
}

fn field(value: &str, quote_all: bool) -> String {
    if quote_all || value.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", value.replace('"', "\"\""))
    } else {
        value.to_owned()
    }
}
