//! Broken files, and the message each gives.
//!
//! The messages are in `snapshots/`; `INSTA_UPDATE=always cargo test -p books`
//! writes them anew. Every file here goes through the same fate alone and cut
//! into small chunks, and the message must be the same.

use std::fmt::Write;

use crate::bookshelf::{open_cut, records, shelf, texts};
use crate::encodings::{gzip, zstandard};

/// A name that says what is wrong, the file, what the plan says, the bytes.
type Broken = (&'static str, &'static str, &'static str, Vec<u8>);

#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn cases() -> Vec<Broken> {
    let long = "id,name\n1,金额\n".repeat(20);
    let cut_utf16: Vec<u8> = "a,b\n1,2\n"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let csv = |name, settings, text: &str| (name, "t.csv", settings, text.as_bytes().to_vec());
    let bytes = |name, settings, bytes: &[u8]| (name, "t.csv", settings, bytes.to_vec());
    vec![
        csv("an empty file", "", ""),
        csv("a file of blank lines", "", "\n\n"),
        csv(
            "only blank lines, passed over",
            "skip_blank_lines = true",
            "\n\n",
        ),
        csv(
            "fewer lines than the header is behind",
            "skip_header = 3",
            "x\ny\n",
        ),
        csv(
            "a short record",
            "",
            "id,name,amount\n1,Li,2.00\n2,Wang\n3,Zhao,1.00\n",
        ),
        csv("a long record", "", "id,name,amount\n1,Li, Hua,2.00\n"),
        csv(
            "a long record with text where blanks may be",
            "extra_fields = 'blank'",
            "id,name\n1,Li,\n2,Li,x\n",
        ),
        csv(
            "the last record is cut",
            "delimiter = ';'",
            "id;name;amount\n1;Li;2\n2;Wa",
        ),
        csv("a blank line", "", "id,name\n1,Li\n\n2,Wang\n"),
        csv(
            "a blank line with a carriage return",
            "",
            "id,name\r\n1,Li\r\n\r\n",
        ),
        csv("a quote inside a field", "", "id,name\n1,金额 \"x\"\n"),
        csv("text after a closing quote", "", "id,name\n1,\"Li\" Hua\n"),
        csv("a blank after a closing quote", "", "id,name\n\"1\" ,Li\n"),
        csv(
            "a quote never closed",
            "",
            "id,name\n1,Li\n2,\"Wang\n3,Zhao\n4,Qian\n",
        ),
        csv("a quote never closed at the very end", "", "id,name\n1,\""),
        csv(
            "a fault in a record of several lines",
            "",
            "id,name\n1,\"two\nlines\",x\n",
        ),
        csv(
            "a fault after lines within quotes",
            "",
            "id,name\n1,\"two\n三\"x\n",
        ),
        csv("a NUL byte", "", "id,name\n1,a\0b\n"),
        csv("a lone carriage return", "", "id,name\r1,Li\r2,Wang\r"),
        csv("a lone carriage return at the end", "", "id,name\n1,Li\r"),
        csv(
            "a lone carriage return after a quote",
            "",
            "id,name\n1,\"Li\"\r2,x\n",
        ),
        csv(
            "no header and other names",
            "header = false\nnames = ['id', 'name', 'x']",
            "1,2\n",
        ),
        csv(
            "other names than columns",
            "names = ['id', 'name', 'x']",
            "a,b\n1,2\n",
        ),
        csv(
            "a footer longer than the file",
            "skip_footer = 3",
            "id,name\n1,Li\n2,Wang\n",
        ),
        csv(
            "a quote that swallows lines is no footer",
            "skip_footer = 1",
            "id,name\n1,\"Li\n2,Wang\n",
        ),
        csv(
            "a wrong record right before the footer",
            "skip_footer = 1",
            "id,name\n1\ntotal\n",
        ),
        bytes("latin-1 taken for UTF-8", "", b"id,name\n1,Caf\xE9\n"),
        bytes("UTF-8 cut within a character", "", b"id,name\n1,\xE9\x87"),
        bytes(
            "a byte that GB18030 has not",
            "encoding = 'gb18030'",
            b"id,name\n1,\xBD\xF0\xB6\xEE\n2,\xBD\xFF\n",
        ),
        bytes(
            "GB18030 cut within a character",
            "encoding = 'gb18030'",
            b"id,name\n1,\xBD\xF0\xB6",
        ),
        bytes("UTF-16 without mark or word", "", &cut_utf16),
        bytes(
            "UTF-16 of an odd length",
            "encoding = 'utf-16le'",
            &cut_utf16[..cut_utf16.len() - 1],
        ),
        bytes(
            "UTF-16 of an odd length behind its mark",
            "",
            &[&[0xFF, 0xFE], &cut_utf16[..cut_utf16.len() - 1]].concat(),
        ),
        bytes(
            "half of a surrogate pair",
            "encoding = 'utf-16le'",
            b"a\0,\0b\0\n\0\x00\xD8,\x001\0\n\0",
        ),
        bytes(
            "a mark that contradicts the plan",
            "encoding = 'windows-1252'",
            b"\xEF\xBB\xBFid,name\n",
        ),
        bytes("Parquet in a CSV file", "", b"PAR1....PAR1"),
        bytes(
            "a SQLite database in a CSV file",
            "",
            b"SQLite format 3\0\x10\0\x01\x01",
        ),
        (
            "a file that is not gzip",
            "t.csv.gz",
            "",
            b"id,name\n1,Li\n".to_vec(),
        ),
        (
            "Zstandard named as gzip",
            "t.csv.gz",
            "",
            zstandard(b"id,name\n"),
        ),
        (
            "gzip cut off",
            "t.csv.gz",
            "",
            gzip(long.as_bytes())[..40].to_vec(),
        ),
        ("gzip with a wrong checksum", "t.csv.gz", "", {
            let mut bytes = gzip(long.as_bytes());
            let at = bytes.len() - 6;
            bytes[at] ^= 1;
            bytes
        }),
        (
            "gzip with something behind",
            "t.csv.gz",
            "",
            [gzip(long.as_bytes()), b"junk".to_vec()].concat(),
        ),
        ("Zstandard cut off", "t.csv.zst", "", {
            let bytes = zstandard(long.as_bytes());
            bytes[..bytes.len() - 9].to_vec()
        }),
        ("not Parquet", "t.parquet", "", b"id,name\n1,Li\n".to_vec()),
        (
            "Parquet cut off",
            "t.parquet",
            "",
            b"PAR1\x15\x04\x15".to_vec(),
        ),
    ]
}

fn message(file: &str, settings: &str, bytes: &[u8], chunk_bytes: u64) -> String {
    let folder = shelf(&[(file, bytes)]);
    match open_cut(folder.path(), &format!("[t]\n{settings}"), chunk_bytes) {
        Err(errors) => texts(&errors),
        Ok(book) => match records(book.table("t").unwrap(), 2) {
            Err(error) => error.to_string(),
            Ok(records) => format!("NO ERROR: {records:?}"),
        },
    }
}

#[test]
fn every_broken_file_is_refused_at_its_place_with_the_mend() {
    let mut said = String::new();
    for (name, file, settings, bytes) in cases() {
        let whole = message(file, settings, &bytes, u64::MAX);
        for chunk_bytes in [1, 5, 12] {
            assert_eq!(
                message(file, settings, &bytes, chunk_bytes),
                whole,
                "{name}"
            );
        }
        writeln!(said, "{name}\n    {whole}").unwrap();
    }
    assert!(!said.contains("NO ERROR"), "{said}");
    insta::assert_snapshot!(said);
}
