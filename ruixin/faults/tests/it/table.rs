//! A small table of postings, three parts of several row groups, and what is in it as text.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::Path;
use std::sync::Arc;

use anyhow::Result;
use arrow_array::{ArrayRef, BooleanArray, RecordBatch, StringArray};
use arrow_cast::cast;
use arrow_schema::{DataType, Field, Schema, TimeUnit};
use arrow_select::concat::concat_batches;
use arrow_select::filter::filter_record_batch;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::file::properties::WriterProperties;

/// A record, its texts by column.
pub(crate) type Record = BTreeMap<String, Option<String>>;

const PARTS: usize = 3;
const VOUCHERS_OF_A_PART: usize = 60;
const ROWS_OF_A_GROUP: usize = 50;

/// Names and types as the conversion writes them.
pub(crate) fn schema() -> Schema {
    let utc = DataType::Timestamp(TimeUnit::Millisecond, Some("UTC".into()));
    let columns = [
        ("voucher", DataType::Utf8View),
        ("leg", DataType::Int64),
        ("subject", DataType::Utf8),
        ("account", DataType::Utf8View),
        ("side", DataType::Utf8),
        ("debit", DataType::Decimal128(38, 2)),
        ("credit", DataType::Decimal128(38, 2)),
        ("amount_fen", DataType::Decimal128(38, 0)),
        ("booked_at", utc),
        ("accounting_date", DataType::Date32),
        ("memo", DataType::Utf8View),
    ];
    let field = |(name, kind)| Field::new(name, kind, !matches!(name, "voucher" | "leg"));
    Schema::new(columns.map(field).to_vec())
}

/// Writes the table with those of its columns that a schema names, in the schema's types.
pub(crate) fn write(folder: &Path, schema: &Schema) -> Result<()> {
    let schema = Arc::new(schema.clone());
    for part in 0..PARTS {
        let records: Vec<Record> = (0..VOUCHERS_OF_A_PART)
            .flat_map(|at| voucher(part * VOUCHERS_OF_A_PART + at))
            .collect();
        let columns = schema.fields().iter().map(|field| {
            let texts = records.iter().map(|one| one[field.name()].clone());
            let texts = cast(
                &texts.collect::<StringArray>(),
                &in_greenwich(field.data_type()),
            )?;
            Ok(cast(&texts, field.data_type())?)
        });
        let columns: Result<Vec<ArrayRef>> = columns.collect();
        let batch = RecordBatch::try_new(schema.clone(), columns?)?;
        let file = File::create(folder.join(format!("part-{part:06}.parquet")))?;
        let groups = WriterProperties::builder()
            .set_max_row_group_row_count(Some(ROWS_OF_A_GROUP))
            .build();
        let mut writer = ArrowWriter::try_new(file, schema.clone(), Some(groups))?;
        writer.write(&batch)?;
        writer.close()?;
    }
    Ok(())
}

/// The legs of the nth voucher: every fourth has a fee, every tenth a coupon too.
fn voucher(nth: usize) -> Vec<Record> {
    let fen = match nth % 5 {
        0 => 29 + 100 * nth as i64,
        1 => 16_777_217 + 2 * nth as i64,
        2 => 12_345_678 + 7 * nth as i64,
        3 => -(57 + nth as i64),
        _ => 123 + nth as i64,
    };
    let fee = if nth.is_multiple_of(4) {
        11 + nth as i64
    } else {
        0
    };
    let coupon = if nth.is_multiple_of(10) { 5 } else { 0 };
    let comes_in = nth.is_multiple_of(2);
    let (own, other) = match comes_in {
        true => ("CREDIT", "DEBIT"),
        false => ("DEBIT", "CREDIT"),
    };
    let moved = if comes_in {
        fen + fee
    } else {
        fen + coupon - fee
    };
    let bank = Some(["ICBC", "ABC", "CMB"][nth % 3]);
    let account = format!("60016517302{:05}", nth * 37 % 90);
    let mut legs = vec![
        leg(nth, 1, "2001", Some(&account), own, fen),
        leg(nth, 2, ["1002", "2201"][nth % 2], bank, other, moved),
    ];
    if fee > 0 {
        legs.push(leg(nth, 3, "6021", None, "CREDIT", fee));
    }
    if coupon > 0 {
        legs.push(leg(nth, 4, "6601", None, "DEBIT", coupon));
    }
    legs
}

fn leg(nth: usize, leg: i64, subject: &str, account: Option<&str>, side: &str, fen: i64) -> Record {
    let zero = "0.00".to_owned();
    let yuan = format!(
        "{}{}.{:02}",
        if fen < 0 { "-" } else { "" },
        fen.abs() / 100,
        fen.abs() % 100
    );
    let (debit, credit) = match side {
        "DEBIT" => (yuan, zero),
        _ => (zero, yuan),
    };
    // Every third is booked within minutes of the cut, 23:00 in Shanghai.
    let minute = if nth.is_multiple_of(3) {
        14 * 60 + 52 + nth % 16
    } else {
        nth * 7 % 800
    };
    let time = format!(
        "2010-01-01T{:02}:{:02}:{:02}.123Z",
        minute / 60,
        minute % 60,
        nth % 60
    );
    let memo = match nth % 3 {
        0 => Some(format!("付款，第{nth}笔")),
        1 => Some(format!("order {nth}")),
        _ => None,
    };
    let fields = [
        ("voucher", Some(format!("20100101000{nth:09}07"))),
        ("leg", Some(leg.to_string())),
        ("subject", Some(subject.to_owned())),
        ("account", account.map(str::to_owned)),
        ("side", Some(side.to_owned())),
        ("debit", Some(debit)),
        ("credit", Some(credit)),
        ("amount_fen", Some(fen.to_string())),
        ("booked_at", Some(time)),
        ("accounting_date", Some("2010-01-01".to_owned())),
        ("memo", memo),
    ];
    fields.map(|(name, value)| (name.to_owned(), value)).into()
}

/// All records of a folder, in their order.
pub(crate) fn read(folder: &Path) -> Result<Vec<Record>> {
    let mut records = Vec::new();
    for (name, _) in bytes(folder)? {
        let file = File::open(folder.join(name))?;
        let builder = ParquetRecordBatchReaderBuilder::try_new(file)?;
        let schema = builder.schema().clone();
        let batches: Vec<RecordBatch> = builder.build()?.collect::<Result<_, _>>()?;
        records.extend(texts(&concat_batches(&schema, &batches)?)?);
    }
    Ok(records)
}

fn texts(batch: &RecordBatch) -> Result<Vec<Record>> {
    let mut records = vec![Record::new(); batch.num_rows()];
    for (field, column) in batch.schema().fields().iter().zip(batch.columns()) {
        let told = cast(column, &in_greenwich(field.data_type()))?;
        let told = cast(&told, &DataType::Utf8)?;
        let told = told
            .as_any()
            .downcast_ref::<StringArray>()
            .expect("it was cast");
        for (record, text) in records.iter_mut().zip(told) {
            record.insert(field.name().clone(), text.map(str::to_owned));
        }
    }
    Ok(records)
}

/// The type itself, but of an instant one whose zone has no name: only that is read and shown.
fn in_greenwich(data_type: &DataType) -> DataType {
    match data_type {
        DataType::Timestamp(unit, Some(_)) => DataType::Timestamp(*unit, Some("+00:00".into())),
        other => other.clone(),
    }
}

/// The files of a folder by name, byte for byte.
pub(crate) fn bytes(folder: &Path) -> Result<BTreeMap<String, Vec<u8>>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        files.insert(name, fs::read(entry.path())?);
    }
    Ok(files)
}

/// The number of records in each row group of each file.
pub(crate) fn row_groups(folder: &Path) -> Result<Vec<Vec<i64>>> {
    let mut groups = Vec::new();
    for (name, _) in bytes(folder)? {
        let file = File::open(folder.join(name))?;
        let builder = ParquetRecordBatchReaderBuilder::try_new(file)?;
        let of_file = builder.metadata().row_groups().iter();
        groups.push(of_file.map(|group| group.num_rows()).collect());
    }
    Ok(groups)
}

/// Keeps some of the records of a folder.
pub(crate) fn retain(folder: &Path, mut keeps: impl FnMut(&Record) -> bool) -> Result<()> {
    for (name, _) in bytes(folder)? {
        let path = folder.join(name);
        let builder = ParquetRecordBatchReaderBuilder::try_new(File::open(&path)?)?;
        let schema = builder.schema().clone();
        let batches: Vec<RecordBatch> = builder.build()?.collect::<Result<_, _>>()?;
        let all = concat_batches(&schema, &batches)?;
        let mask: Vec<bool> = texts(&all)?.iter().map(&mut keeps).collect();
        let kept = filter_record_batch(&all, &BooleanArray::from(mask))?;
        let mut writer = ArrowWriter::try_new(File::create(&path)?, schema, None)?;
        writer.write(&kept)?;
        writer.close()?;
    }
    Ok(())
}
