//! Bad input: each folder of `tests/bad` breaks the books of `tests/sound` in one way, and holds
//! in `expected.txt` what is said of it, with the exit status.
//!
//! A new way to fail is a new folder; `UPDATE_EXPECT=1` writes what is said now. A folder may
//! hold a `command` to run in place of `verify`. Files that no editor can write are made by
//! [`make`].

use crate::place::{Place, here};
use arrow_array::{ArrayRef, Float64Array, RecordBatch, StringArray};
use flate2::write::GzEncoder;
use parquet::arrow::ArrowWriter;
use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

#[test]
fn bad_input_gets_a_message_and_an_exit_status() {
    let mut differing = Vec::new();
    for folder in corpus() {
        let name = name_of(&folder);
        let said = say(&folder);
        let expected = folder.join("expected.txt");
        if std::env::var_os("UPDATE_EXPECT").is_some() {
            fs::write(&expected, &said).unwrap();
        }
        if fs::read_to_string(&expected).unwrap_or_default() != said {
            differing.push(format!("{name}:\n{said}"));
        }
    }
    assert!(
        differing.is_empty(),
        "UPDATE_EXPECT=1 takes over what is said now:\n{}",
        differing.join("\n")
    );
}

/// The screen in Chinese, beside the one in English: `expected.zh.txt`. Messages of other
/// programs may stand in ours, and names of columns and files; every message has words of ours.
#[test]
fn bad_input_gets_a_message_in_chinese() {
    let mut differing = Vec::new();
    for folder in corpus() {
        let said = say_with(&folder, " --lang zh");
        let expected = folder.join("expected.zh.txt");
        if std::env::var_os("UPDATE_EXPECT").is_some() {
            fs::write(&expected, &said).unwrap();
        }
        if fs::read_to_string(&expected).unwrap_or_default() != said {
            differing.push(format!("{}:\n{said}", name_of(&folder)));
        }
        let is_message = |line: &&str| {
            let line = line.trim_start();
            ["× ", "help: ", "错误：", "处理："]
                .iter()
                .any(|start| line.starts_with(start))
        };
        for message in said.lines().filter(is_message) {
            let words = message
                .trim_start_matches("错误：")
                .trim_start_matches("  处理：");
            let is_chinese = |letter: char| matches!(letter, '\u{4e00}'..='\u{9fff}');
            assert!(
                words.contains(is_chinese),
                "{}: {message}",
                name_of(&folder)
            );
        }
    }
    assert!(
        differing.is_empty(),
        "UPDATE_EXPECT=1 takes over what is said now:\n{}",
        differing.join("\n")
    );
}

#[test]
fn nothing_bad_passes_and_nothing_bad_is_a_fault_of_ours() {
    let statuses = ["exit 1", "exit 2", "exit 3", "exit 5"];
    for folder in corpus() {
        let expected = fs::read_to_string(folder.join("expected.txt")).unwrap();
        let status = expected.lines().nth(1).unwrap_or_default();
        assert!(statuses.contains(&status), "{}: {status}", name_of(&folder));
        assert!(!expected.contains("panicked"), "{}", name_of(&folder));
    }
    assert!(corpus().len() > 40, "the corpus was found");
}

#[test]
fn no_message_is_an_order_to_the_terminal() {
    for folder in corpus() {
        let expected = fs::read_to_string(folder.join("expected.txt")).unwrap();
        let order = expected
            .chars()
            .find(|letter| letter.is_control() && *letter != '\n');
        assert_eq!(order, None, "{}", name_of(&folder));
    }
}

/// A name of a header, of a column of SQL and a value of a plan that a terminal would obey, and
/// marks that turn the direction of writing.
#[test]
fn no_name_is_an_order_to_the_terminal() {
    let header = Place::sound().lay_over(&here().join("tests/bad/csv-with-escapes-in-a-name"));
    let sql = "SELECT serial AS voucher, money(amount) AS amount, \"me\u{1b}[8mmo\u{202e}\" FROM flow -- \u{1b}[2J";
    let sql = Place::sound().with("rules/posting.sql", sql);
    let plan = fs::read_to_string(here().join("tests/sound/crossfoot.toml")).unwrap();
    let plan = plan.replace("\"sound\"", "\"so\u{202e}und\u{9b}31m\"");
    let plan = Place::sound().with("crossfoot.toml", plan);
    for (place, written) in [
        (header, "voucher;am\\u{1b}[2Jount;memo"),
        (sql, "me\\u{1b}[8mmo\\u{202e}"),
        (plan, "so\\u{202e}und"),
    ] {
        for command in ["verify", "check", "verify --json", "verify --lang zh"] {
            let output = place.output(&format!("{command} --color always"));
            let told = output.stdout + &output.stderr;
            assert!(!told.contains("\u{1b}[2J"), "{command}: {told:?}");
            assert!(!told.contains("\u{1b}[8m"), "{command}: {told:?}");
            let is_order =
                |letter: char| matches!(letter, '\u{202e}' | '\r' | '\u{7}' | '\u{80}'..='\u{9f}');
            assert!(!told.contains(is_order), "{command}: {told:?}");
            let is_json = command.contains("json");
            assert!(is_json || told.contains(written), "{command}: {told:?}");
        }
    }
}

/// The folders of the corpus, in order.
fn corpus() -> Vec<PathBuf> {
    let entries = fs::read_dir(here().join("tests/bad")).unwrap();
    let mut folders: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    folders.retain(|path| path.is_dir());
    folders.sort();
    folders
}

fn name_of(folder: &std::path::Path) -> String {
    folder.file_name().unwrap().to_string_lossy().into_owned()
}

fn say(folder: &std::path::Path) -> String {
    say_with(folder, "")
}

fn say_with(folder: &std::path::Path, option: &str) -> String {
    let place = make(&name_of(folder), Place::sound().lay_over(folder));
    let command = fs::read_to_string(folder.join("command"));
    let command = command.as_deref().unwrap_or("verify").trim();
    place.run(&format!("{command}{option}"))
}

/// Makes what cannot lie in a folder: packed and binary files, folders that are empty, files that
/// are not there.
fn make(name: &str, place: Place) -> Place {
    let posting = fs::read(place.path().join("new/posting.csv")).unwrap_or_default();
    let gone = |file: &str| fs::remove_file(place.path().join(file)).unwrap();
    match name {
        "plan-missing" => gone("crossfoot.toml"),
        "book-file-missing" | "book-folder-missing" => {
            fs::remove_dir_all(place.path().join("new")).unwrap();
        }
        "book-folder-empty" => gone("new/posting.csv"),
        "gzip-truncated" => {
            gone("new/posting.csv");
            let packed = gzip(&posting.repeat(200));
            return place.with(
                "new/posting.csv.gz",
                packed.get(..packed.len() / 2).unwrap(),
            );
        }
        "gzip-that-is-none" => {
            gone("new/posting.csv");
            return place.with("new/posting.csv.gz", posting);
        }
        "gzip-with-a-flipped-bit" => {
            gone("new/posting.csv");
            let mut packed = gzip(&posting);
            let last = packed.len() - 6;
            packed[last] ^= 1;
            return place.with("new/posting.csv.gz", packed);
        }
        "zstd-truncated" => {
            gone("new/posting.csv");
            let packed = zstd::encode_all(&posting[..], 3).unwrap();
            return place.with(
                "new/posting.csv.zst",
                packed.get(..packed.len() - 4).unwrap(),
            );
        }
        "parquet-truncated" => {
            gone("new/posting.csv");
            let file = parquet();
            return place.with("new/posting.parquet", file.get(..file.len() / 2).unwrap());
        }
        "parquet-that-is-none" => {
            gone("new/posting.csv");
            return place.with("new/posting.parquet", posting);
        }
        "parquet-with-float-money" => {
            gone("new/posting.csv");
            return place.with("new/posting.parquet", parquet());
        }
        "csv-of-no-bytes" => return place.with("new/posting.csv", ""),
        "csv-in-utf-16-without-a-mark" => {
            let text = String::from_utf8(posting).unwrap();
            let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
            return place.with("new/posting.csv", bytes);
        }
        _ => {}
    }
    place
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packer = GzEncoder::new(Vec::new(), flate2::Compression::default());
    packer.write_all(bytes).unwrap();
    packer.finish().unwrap()
}

/// A table whose amounts are floats.
fn parquet() -> Vec<u8> {
    let vouchers: ArrayRef = Arc::new(StringArray::from(vec!["V1", "V2", "V3", "V4"]));
    let amounts: ArrayRef = Arc::new(Float64Array::from(vec![10.0, 1250.5, -3.2, 0.29]));
    let batch = RecordBatch::try_from_iter([("voucher", vouchers), ("amount", amounts)]).unwrap();
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.into_inner().unwrap()
}
