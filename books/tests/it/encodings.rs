//! The same text in many encodings and compressions.

use std::io::Write;

use encoding_rs::Encoding;

use crate::bookshelf::{open_cut, outcome, records, shelf};

/// Several blocks of text, some of it quoted, with characters of every length.
fn text(letters: &str) -> String {
    let mut text = String::from("serial,name,amount\r\n");
    for number in 0..9000 {
        let name: String = letters
            .chars()
            .cycle()
            .skip(number % 7)
            .take(number % 40)
            .collect();
        match number % 11 {
            0 => text.push_str(&format!(
                "{number},\"{name}\"\"{name},\n{name}\",{number}.00\r\n"
            )),
            _ => text.push_str(&format!("{number},{name},{number}.00\n")),
        }
    }
    text
}

fn encoded(text: &str, label: &str) -> Vec<u8> {
    match label {
        "utf-16le" => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        "utf-16be" => text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
        _ => {
            let encoding = Encoding::for_label(label.as_bytes()).unwrap();
            let (bytes, _, has_unmappable) = encoding.encode(text);
            assert!(!has_unmappable, "{label}");
            bytes.into_owned()
        }
    }
}

fn check(label: &str, letters: &str) {
    let text = text(letters);
    let expected = {
        let folder = shelf(&[("t.csv", text.as_bytes())]);
        records(
            open_cut(folder.path(), "", u64::MAX)
                .unwrap()
                .table("t")
                .unwrap(),
            8192,
        )
        .unwrap()
    };
    assert_eq!(expected.len(), 9000);
    let folder = shelf(&[("t.csv", &encoded(&text, label))]);
    for chunk_bytes in [u64::MAX, 50_000] {
        let book = open_cut(
            folder.path(),
            &format!("t.encoding = '{label}'"),
            chunk_bytes,
        )
        .unwrap();
        let table = book.table("t").unwrap();
        let is_cut = table.chunks().len() > 1;
        let can_be_cut = !label.starts_with("utf-16") && label != "iso-2022-jp";
        assert_eq!(is_cut, can_be_cut && chunk_bytes < u64::MAX, "{label}");
        assert_eq!(records(table, 1000).unwrap(), expected, "{label}");
    }
}

#[test]
fn every_encoding_says_the_same() {
    check("utf-8", "aé金😀|");
    check("utf-16le", "aé金😀|");
    check("utf-16be", "aé金😀|");
    check("gb18030", "aé金😀|凗");
    check("gbk", "a金额|凗\\");
    check("big5", "a金額許功|");
    check("shift_jis", "aソ能表金|");
    check("euc-jp", "aソ能表金|");
    check("euc-kr", "a금액|");
    check("iso-2022-jp", "aソ能表金");
    check("windows-1252", "aé£€|");
    check("koi8-r", "aрубль|");
}

#[test]
fn a_mark_says_utf_16() {
    for (label, mark) in [("utf-16le", [0xFF, 0xFE]), ("utf-16be", [0xFE, 0xFF])] {
        let bytes = [&mark[..], &encoded("a,b\n金,2\n", label)].concat();
        for plan in [
            "".to_owned(),
            "t.encoding = 'utf-16'".to_owned(),
            format!("t.encoding = '{label}'"),
        ] {
            assert_eq!(outcome(&[("t.csv", &bytes)], &plan), "t.csv:2: 金 | 2");
        }
    }
}

#[test]
fn windows_1252_has_a_character_for_every_byte() {
    let bytes = b"a,b\n\x80\x81,\xE9\n";
    assert_eq!(
        outcome(&[("t.csv", bytes)], "t.encoding = 'windows-1252'"),
        "t.csv:2: €\\u{81} | é"
    );
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub(crate) fn zstandard(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 1).unwrap()
}

#[test]
fn compressed_files_say_the_same_in_one_piece_or_several() {
    let text = text("aé金😀");
    let (first, second) = text.as_bytes().split_at(100_001);
    let files: [(&str, Vec<u8>); 6] = [
        ("t.csv", text.clone().into_bytes()),
        ("t.csv.gz", gzip(text.as_bytes())),
        ("t.csv.gz", [gzip(first), gzip(second)].concat()),
        ("t.csv.zst", zstandard(text.as_bytes())),
        ("t.csv.zst", [zstandard(first), zstandard(second)].concat()),
        // A frame that is to be skipped goes before.
        (
            "t.csv.zst",
            [
                b"\x5E\x2A\x4D\x18\x03\0\0\0abc".to_vec(),
                zstandard(text.as_bytes()),
            ]
            .concat(),
        ),
    ];
    let read = |(name, bytes): &(&str, Vec<u8>)| {
        let folder = shelf(&[(name, bytes)]);
        let book = open_cut(folder.path(), "", 1000).unwrap();
        let records = records(book.table("t").unwrap(), 1000).unwrap();
        records
            .iter()
            .map(|record| record.replacen(name, "", 1))
            .collect::<Vec<String>>()
    };
    let expected = read(&files[0]);
    for file in &files[1..] {
        assert_eq!(read(file), expected, "{}", file.0);
    }
}

#[test]
fn a_compressed_file_that_is_cut_off_anywhere_is_refused() {
    let text = text("aé金");
    for whole in [
        gzip(&text.as_bytes()[..4000]),
        zstandard(&text.as_bytes()[..4000]),
    ] {
        let name = if whole[0] == 0x1F {
            "t.csv.gz"
        } else {
            "t.csv.zst"
        };
        for length in 0..whole.len() {
            let said = outcome(&[(name, &whole[..length])], "");
            assert!(
                said.starts_with(name) && said.contains("; "),
                "{length} of {}: {said}",
                whole.len()
            );
        }
    }
}
