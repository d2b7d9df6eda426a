use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::Path;

use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use ruixin_history::{Format, History, SizeError, Table, WriteError};

use crate::book::{Book, Fields};

/// Every file below a folder with its bytes.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut all = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if path.is_dir() {
            let inner = files(&path).into_iter();
            all.extend(inner.map(|(inner, bytes)| (format!("{name}/{inner}"), bytes)));
        } else {
            all.insert(name, fs::read(&path).unwrap());
        }
    }
    all
}

fn written(seed: u64, records: u64, format: Format, threads: usize) -> BTreeMap<String, Vec<u8>> {
    let folder = tempfile::tempdir().unwrap();
    let history = History::new(seed, records).unwrap();
    let summary = history
        .write(folder.path(), format, threads, &|_| {})
        .unwrap();
    assert_eq!(summary.flow_records, records);
    files(folder.path())
}

#[test]
fn threads_do_not_change_a_byte() {
    for format in [Format::Csv, Format::Parquet] {
        let one = written(11, 60_000, format, 1);
        assert_eq!(
            one.keys().filter(|name| name.starts_with("flow/")).count(),
            4
        );
        for threads in [2, 3, 16] {
            assert!(
                written(11, 60_000, format, threads) == one,
                "{format:?} {threads}"
            );
        }
        assert!(written(12, 60_000, format, 1) != one);
    }
}

/// The records of a CSV file, read by the letter of RFC 4180.
fn csv(bytes: &[u8]) -> Vec<Fields> {
    let text = std::str::from_utf8(bytes).unwrap();
    let (mut records, mut fields, mut field, mut quoted) =
        (Vec::new(), Vec::new(), String::new(), false);
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match (letter, quoted) {
            ('"', true) if letters.peek() == Some(&'"') => {
                letters.next();
                field.push('"');
            }
            ('"', _) => quoted = !quoted,
            (',' | '\n', false) => {
                fields.push(Some(std::mem::take(&mut field)).filter(|one| !one.is_empty()));
                if letter == '\n' {
                    records.push(std::mem::take(&mut fields));
                }
            }
            _ => field.push(letter),
        }
    }
    assert!(field.is_empty() && fields.is_empty());
    records.remove(0);
    records
}

/// All records of a table out of CSV files; the house's accounts stand behind the others.
fn csv_table(files: &BTreeMap<String, Vec<u8>>, table: Table) -> Vec<Fields> {
    let folder = format!("{}/", table.name());
    let of_table = files.iter().filter(|(name, _)| name.starts_with(&folder));
    of_table.flat_map(|(_, bytes)| csv(bytes)).collect()
}

#[test]
fn a_csv_book_holds_the_records_of_the_book_and_the_auditor_knows_them() {
    let history = History::new(11, 30_000).unwrap();
    let (book, files) = (Book::of(&history), written(11, 30_000, Format::Csv, 2));
    for table in Table::ALL {
        let mut records = csv_table(&files, table);
        let auditor = history.auditor();
        for record in &records {
            let fields: Vec<Option<&str>> = record.iter().map(Option::as_deref).collect();
            assert!(auditor.audit(table, &fields), "{record:?}");
        }
        records.truncate(book.table(table).len());
        assert_eq!(records, book.table(table));
    }
}

#[test]
fn a_parquet_book_holds_the_same_records_and_the_auditor_knows_them() {
    let history = History::new(11, 30_000).unwrap();
    let folder = tempfile::tempdir().unwrap();
    history
        .write(folder.path(), Format::Parquet, 2, &|_| {})
        .unwrap();
    let csv_files = written(11, 30_000, Format::Csv, 2);
    for table in Table::ALL {
        let codes = csv_table(&csv_files, table).into_iter();
        let mut codes = codes.map(|fields| fields.last().cloned().flatten().unwrap());
        let mut paths: Vec<_> = fs::read_dir(folder.path().join(table.name()))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        paths.sort();
        for path in paths {
            let file = File::open(path).unwrap();
            let reader = ParquetRecordBatchReaderBuilder::try_new(file)
                .unwrap()
                .build()
                .unwrap();
            for batch in reader {
                let batch = batch.unwrap();
                assert!(
                    history
                        .auditor()
                        .audit_batch(table, &batch)
                        .unwrap()
                        .is_empty()
                );
                let check_codes = batch.column_by_name("check_code").unwrap();
                let check_codes: &arrow_array::Int64Array =
                    check_codes.as_any().downcast_ref().unwrap();
                for code in check_codes.values() {
                    assert_eq!(codes.next().unwrap(), code.to_string());
                }
            }
        }
        assert!(codes.next().is_none());
    }
}

fn fen(field: Option<&String>) -> i64 {
    field.map_or(0, |text| text.replace('.', "").parse().unwrap())
}

#[test]
fn the_daily_totals_are_the_sums_of_the_flow() {
    let files = written(11, 60_000, Format::Csv, 2);
    let mut sums: BTreeMap<[String; 3], [i64; 4]> = BTreeMap::new();
    for record in csv_table(&files, Table::Flow) {
        let (direction, code) = (record[2].clone().unwrap(), record[7].clone().unwrap());
        let sum = sums.entry([business_day(record[9].as_ref().unwrap()), code, direction]);
        let sum = sum.or_default();
        sum[0] += 1;
        for (sum, at) in sum[1..].iter_mut().zip([3, 4, 5]) {
            *sum += fen(record[at].as_ref());
        }
    }
    let mut told = BTreeMap::new();
    for line in csv(&files["daily_total.csv"]) {
        let key = [0, 1, 2].map(|at: usize| line[at].clone().unwrap());
        let count = line[3].as_ref().unwrap().parse().unwrap();
        let [amount, fee, coupon] = [4, 5, 6].map(|at: usize| fen(line[at].as_ref()));
        assert!(told.insert(key, [count, amount, fee, coupon]).is_none());
    }
    assert_eq!(told, sums);
}

/// The day of a time, the next one from 23:00 on.
fn business_day(time: &str) -> String {
    let day: calendar::Day = time[..10].parse().unwrap();
    if &time[11..13] == "23" {
        day.next().to_string()
    } else {
        day.to_string()
    }
}

/// A calendar of its own, so that the test does not lean on what it tests.
mod calendar {
    use std::fmt;
    use std::str::FromStr;

    pub(super) struct Day(u32, u32, u32);

    impl Day {
        pub(super) fn next(&self) -> Day {
            let Day(year, month, day) = *self;
            let length = match month {
                2 if year.is_multiple_of(4) => 29,
                2 => 28,
                4 | 6 | 9 | 11 => 30,
                _ => 31,
            };
            match (day < length, month < 12) {
                (true, _) => Day(year, month, day + 1),
                (false, true) => Day(year, month + 1, 1),
                (false, false) => Day(year + 1, 1, 1),
            }
        }
    }

    impl FromStr for Day {
        type Err = std::num::ParseIntError;

        fn from_str(text: &str) -> Result<Day, Self::Err> {
            Ok(Day(
                text[..4].parse()?,
                text[5..7].parse()?,
                text[8..].parse()?,
            ))
        }
    }

    impl fmt::Display for Day {
        fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(out, "{:04}-{:02}-{:02}", self.0, self.1, self.2)
        }
    }
}

#[test]
fn all_accounts_together_come_to_nothing_and_nothing_is_in_transit() {
    let files = written(11, 60_000, Format::Csv, 2);
    let accounts = csv_table(&files, Table::Account);
    let sum = |at: usize| {
        accounts
            .iter()
            .map(|one| fen(one[at].as_ref()))
            .sum::<i64>()
    };
    assert_eq!(sum(7), 0, "opening balances");
    assert_eq!(sum(8) + sum(9), 0, "balances, and what is frozen");
    let house = |class: &str| {
        let mut lines = accounts.iter().filter(|one| one[1].as_deref() == Some("H"));
        let line = lines.find(|one| one[3].as_deref() == Some(class)).unwrap();
        fen(line[8].as_ref())
    };
    assert_eq!(house("TRANSIT"), 0);
    assert!(house("ESCROW") > 0 && house("FEES") > 0 && house("MARKETING") < 0);
    assert_ne!(house("SUSPENSE"), 0);
    assert!(house("CHANNEL") < 0, "banks hold the customers' money");
}

#[test]
fn nothing_is_written_over() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("notes.txt"), "mine").unwrap();
    let history = History::new(1, 1_000).unwrap();
    let refused = history.write(folder.path(), Format::Csv, 1, &|_| {});
    assert!(matches!(refused, Err(WriteError::NotEmpty { .. })));
}

#[test]
fn a_size_out_of_range_is_refused() {
    for records in [0, 999, 1_000_000_001] {
        assert_eq!(History::new(1, records).err(), Some(SizeError { records }));
    }
}
