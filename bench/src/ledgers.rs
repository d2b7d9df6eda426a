//! Writes the two books: the source by transaction, the target by account and edited.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;

use anyhow::{Context, Result, anyhow};
use arrow_array::builder::{
    Date32Builder, Decimal128Builder, Int8Builder, Int64Builder, StringBuilder,
    TimestampMicrosecondBuilder, TimestampMillisecondBuilder,
};
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{DataType, Field, Schema, SchemaRef, TimeUnit};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;

use crate::order;
use crate::plants::Edits;
use crate::record::{CHANNELS, KINDS, Ledger, Record};

/// What to write, and where.
#[derive(Debug)]
pub(crate) struct Wanted {
    pub(crate) records: u64,
    /// Gets `old/ledger.*`, `new/ledger.*` and `truth.json`.
    pub(crate) folder: PathBuf,
    pub(crate) format: Format,
    pub(crate) shape: Shape,
    /// Instead of the twelve plants: this share of the records is one fen off.
    pub(crate) differ_percent: Option<u64>,
    /// Instead of the twelve plants: so many records are one fen off.
    pub(crate) breaks: Option<u64>,
    pub(crate) rows_per_group: usize,
}

/// How a book is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Parquet,
    Csv,
}

/// What the two books have to do with each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// Both hold the same eight columns.
    Same,
    /// The old one is as an old system writes it; five functions lead to the new one.
    Convert,
}

/// The columns of one side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Columns {
    Same,
    Old,
    New,
}

/// Writes both books, each in a thread of its own, and the truth about them.
pub(crate) fn write(wanted: &Wanted) -> Result<()> {
    let ledger = Ledger {
        records: wanted.records,
    };
    let edits = match (wanted.differ_percent, wanted.breaks) {
        (None, None) => Edits::twelve(ledger),
        (Some(percent), _) => Edits::percent(percent),
        (None, Some(breaks)) => Edits::breaks(ledger, breaks),
    };
    let (old, new) = match wanted.shape {
        Shape::Same => (Columns::Same, Columns::Same),
        Shape::Convert => (Columns::Old, Columns::New),
    };
    thread::scope(|scope| {
        let source = scope.spawn(|| {
            let records = (0..ledger.records).map(|number| ledger.record(number));
            write_side(wanted, "old", old, records)
        });
        let end = u32::try_from(ledger.records + 1).context("too many records")?;
        let order = order::by_account(end).into_iter();
        let records = order.flat_map(|number| edits.target(ledger, u64::from(number)));
        write_side(wanted, "new", new, records)?;
        source
            .join()
            .map_err(|_| anyhow!("the source's writer panicked"))?
    })?;
    let truth = serde_json::to_vec_pretty(&edits.truth(ledger))?;
    fs::write(wanted.folder.join("truth.json"), truth).context("truth.json cannot be written")
}

fn write_side(
    wanted: &Wanted,
    side: &str,
    columns: Columns,
    records: impl Iterator<Item = Record>,
) -> Result<()> {
    let folder = wanted.folder.join(side);
    fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
    match wanted.format {
        Format::Parquet => {
            let path = folder.join("ledger.parquet");
            write_parquet(&path, wanted.rows_per_group, columns, records)
        }
        Format::Csv => write_csv(&folder.join("ledger.csv"), records),
    }
    .with_context(|| folder.display().to_string())
}

const ROWS_PER_BATCH: usize = 65_536;

fn write_parquet(
    path: &Path,
    rows_per_group: usize,
    columns: Columns,
    records: impl Iterator<Item = Record>,
) -> Result<()> {
    let schema = schema(columns);
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(3)?))
        .set_max_row_group_row_count(Some(rows_per_group))
        .build();
    let file = File::create(path)?;
    let mut writer = ArrowWriter::try_new(file, Arc::clone(&schema), Some(properties))?;
    let mut rows = Vec::with_capacity(ROWS_PER_BATCH);
    for record in records {
        rows.push(record);
        if rows.len() == ROWS_PER_BATCH {
            writer.write(&batch(&schema, columns, &rows)?)?;
            rows.clear();
        }
    }
    writer.write(&batch(&schema, columns, &rows)?)?;
    writer.close()?;
    Ok(())
}

fn schema(columns: Columns) -> SchemaRef {
    let civil = DataType::Timestamp(TimeUnit::Millisecond, None);
    let instant = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    let decimal = |scale| DataType::Decimal128(18, scale);
    let fields: Vec<(&str, DataType)> = match columns {
        Columns::Same => vec![
            ("at", civil),
            ("kind", DataType::Utf8),
            ("amount", decimal(2)),
            ("fee", decimal(2)),
            ("balance", decimal(2)),
        ],
        Columns::Old => vec![
            ("at", civil),
            ("kind", DataType::Int8),
            ("amount", DataType::Utf8),
            ("fee", decimal(4)),
            ("balance", decimal(2)),
        ],
        Columns::New => vec![
            ("at", instant),
            ("day", DataType::Date32),
            ("kind", DataType::Int8),
            ("amount", decimal(2)),
            ("fee", decimal(2)),
            ("balance_fen", DataType::Int64),
        ],
    };
    let first = [("txn_id", DataType::Int64), ("account", DataType::Int64)];
    let last = [("reference", DataType::Utf8)];
    let all = first.into_iter().chain(fields).chain(last);
    Arc::new(Schema::new(
        all.map(|(name, kind)| Field::new(name, kind, name == "reference"))
            .collect::<Vec<_>>(),
    ))
}

fn batch(schema: &SchemaRef, columns: Columns, rows: &[Record]) -> Result<RecordBatch> {
    let column = |field: &Arc<Field>| column(field, columns, rows);
    let arrays = schema.fields().iter().map(column).collect::<Result<_>>()?;
    Ok(RecordBatch::try_new(Arc::clone(schema), arrays)?)
}

fn column(field: &Field, columns: Columns, rows: &[Record]) -> Result<ArrayRef> {
    let whole = |of: fn(&Record) -> i64| {
        let mut array = Int64Builder::with_capacity(rows.len());
        rows.iter().for_each(|row| array.append_value(of(row)));
        Ok(Arc::new(array.finish()) as ArrayRef)
    };
    let decimal = |scale: i8, of: fn(&Record) -> i64| {
        let array = Decimal128Builder::with_capacity(rows.len());
        let mut array = array.with_precision_and_scale(18, scale)?;
        rows.iter()
            .for_each(|row| array.append_value(i128::from(of(row))));
        Ok(Arc::new(array.finish()) as ArrayRef)
    };
    match (field.name().as_str(), columns) {
        ("txn_id", _) => whole(|row| row.txn_id),
        ("account", _) => whole(|row| row.account),
        ("at", Columns::New) => {
            let array = TimestampMicrosecondBuilder::with_capacity(rows.len());
            let mut array = array.with_timezone("UTC");
            rows.iter()
                .for_each(|row| array.append_value(instant_ms(row) * 1000));
            Ok(Arc::new(array.finish()))
        }
        ("at", _) => {
            let mut array = TimestampMillisecondBuilder::with_capacity(rows.len());
            rows.iter().for_each(|row| array.append_value(row.at_ms));
            Ok(Arc::new(array.finish()))
        }
        ("day", _) => {
            let mut array = Date32Builder::with_capacity(rows.len());
            rows.iter()
                .for_each(|row| array.append_value(business_day(row)));
            Ok(Arc::new(array.finish()))
        }
        ("kind", Columns::Same) => {
            let words = rows.iter().map(|row| Some(KINDS[usize::from(row.kind)]));
            Ok(text(rows.len(), words))
        }
        ("kind", _) => {
            let mut array = Int8Builder::with_capacity(rows.len());
            rows.iter()
                .for_each(|row| array.append_value(row.kind as i8));
            Ok(Arc::new(array.finish()))
        }
        ("amount", Columns::Old) => {
            let words: Vec<String> = rows.iter().map(|row| grouped(row.amount_fen)).collect();
            Ok(text(
                rows.len(),
                words.iter().map(|word| Some(word.as_str())),
            ))
        }
        ("amount", _) => decimal(2, |row| row.amount_fen),
        ("fee", Columns::Old) => decimal(4, |row| row.fee_e4),
        ("fee", _) => decimal(2, fee_fen),
        ("balance", _) => decimal(2, |row| row.balance_fen),
        ("balance_fen", _) => whole(|row| row.balance_fen),
        _ => Ok(text(
            rows.len(),
            rows.iter().map(|row| row.reference.as_deref()),
        )),
    }
}

fn text<'a>(rows: usize, words: impl Iterator<Item = Option<&'a str>>) -> ArrayRef {
    let mut array = StringBuilder::with_capacity(rows, rows * 16);
    words.for_each(|word| array.append_option(word));
    Arc::new(array.finish())
}

/// The instant of a civil time in Shanghai, which kept UTC+8 in all these years.
fn instant_ms(row: &Record) -> i64 {
    row.at_ms - 8 * 3600 * 1000
}

/// The accounting date, in days since 1970-01-01: from 23:00 on it is the next day's.
fn business_day(row: &Record) -> i32 {
    const DAY_MS: i64 = 24 * 3600 * 1000;
    const AFTER_CUT_MS: i64 = 3600 * 1000;
    (row.at_ms + AFTER_CUT_MS).div_euclid(DAY_MS) as i32
}

/// The fee in fen, halves rounded to even.
fn fee_fen(row: &Record) -> i64 {
    let (whole, rest) = (row.fee_e4.div_euclid(100), row.fee_e4.rem_euclid(100));
    let up = rest > 50 || (rest == 50 && whole % 2 != 0);
    whole + i64::from(up)
}

/// An amount as the old system printed it: `-1,234.56`.
fn grouped(fen: i64) -> String {
    let yuan = (fen.unsigned_abs() / 100).to_string();
    let mut text = String::from(if fen < 0 { "-" } else { "" });
    for (place, digit) in yuan.chars().enumerate() {
        if place > 0 && (yuan.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text + &format!(".{:02}", fen.unsigned_abs() % 100)
}

/// An amount as plain digits: `-1234.56`.
fn plain(fen: i64) -> String {
    grouped(fen).replace(',', "")
}

const CSV_HEADER: &str = "txn_id,account,at,kind,amount,fee,balance,reference,channel";

/// Writes nine columns of text; NULL is `\N`.
fn write_csv(path: &Path, records: impl Iterator<Item = Record>) -> Result<()> {
    let mut file = BufWriter::with_capacity(1 << 20, File::create(path)?);
    writeln!(file, "{CSV_HEADER}")?;
    for row in records {
        writeln!(
            file,
            "{},{},{},{},{},{},{},{},{}",
            row.txn_id,
            row.account,
            civil_text(row.at_ms),
            KINDS[usize::from(row.kind)],
            plain(row.amount_fen),
            plain(fee_fen(&row)),
            plain(row.balance_fen),
            row.reference.as_deref().unwrap_or("\\N"),
            CHANNELS[usize::from(row.channel)],
        )?;
    }
    file.flush()?;
    Ok(())
}

/// A civil time as `2013-05-27 08:00:00.000`.
fn civil_text(at_ms: i64) -> String {
    let (days, ms) = (at_ms.div_euclid(86_400_000), at_ms.rem_euclid(86_400_000));
    let (year, month, day) = civil_date(days);
    let (seconds, ms) = (ms / 1000, ms % 1000);
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}.{ms:03}")
}

/// The civil date of a day counted from 1970-01-01; years are counted from March in between.
fn civil_date(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 {
        from_march + 3
    } else {
        from_march - 9
    };
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_and_times_read_as_an_old_system_writes_them() {
        assert_eq!(grouped(-123_456_789), "-1,234,567.89");
        assert_eq!(grouped(5), "0.05");
        assert_eq!(grouped(-100_000), "-1,000.00");
        assert_eq!(plain(123_456), "1234.56");
        assert_eq!(civil_text(1_369_641_600_000), "2013-05-27 08:00:00.000");
        assert_eq!(civil_text(1_330_560_000_001), "2012-03-01 00:00:00.001");
        assert_eq!(civil_text(1_330_559_999_000), "2012-02-29 23:59:59.000");
    }

    #[test]
    fn the_new_books_fee_day_and_instant_follow_from_the_old_record() {
        let mut row = Ledger { records: 10 }.record(3);
        row.at_ms = 1_369_695_599_999; // 2013-05-27 22:59:59.999
        assert_eq!(business_day(&row), 15_852);
        row.at_ms += 1;
        assert_eq!(business_day(&row), 15_853);
        assert_eq!(instant_ms(&row), 1_369_666_800_000);
        for (e4, fen) in [(150, 2), (250, 2), (251, 3), (-50, 0), (-150, -2), (99, 1)] {
            row.fee_e4 = e4;
            assert_eq!(fee_fen(&row), fen, "{e4}");
        }
    }

    #[test]
    fn both_books_are_written_and_hold_the_same_number_of_records() {
        for (format, shape, name) in [
            (Format::Parquet, Shape::Same, "ledger.parquet"),
            (Format::Parquet, Shape::Convert, "ledger.parquet"),
            (Format::Csv, Shape::Same, "ledger.csv"),
        ] {
            let folder = tempfile::tempdir().unwrap();
            let wanted = Wanted {
                records: 2_000,
                folder: folder.path().to_owned(),
                format,
                shape,
                differ_percent: None,
                breaks: None,
                rows_per_group: 500,
            };
            write(&wanted).unwrap();
            let files = ["old", "new"].map(|side| folder.path().join(side).join(name));
            if format == Format::Parquet {
                assert_eq!(crate::decode::all(&files, 2).unwrap(), 4_000);
            } else {
                let lines = files.map(|file| fs::read_to_string(file).unwrap().lines().count());
                assert_eq!(lines, [2_001, 2_001]);
            }
        }
    }
}
