//! Folds one batch over and over, so that the instructions that a record takes can be counted:
//! `rounds keyed|keyless|text ROWS ROUNDS`. Says which of the processor's own instructions it finds.
#![expect(clippy::print_stdout, reason = "an example for the terminal")]

use std::error::Error;
use std::hint::black_box;
use std::sync::Arc;

use arrow_array::{
    Array, ArrayRef, Decimal128Array, Int64Array, RecordBatch, StringViewArray,
    TimestampMillisecondArray,
};
use arrow_cast::cast;
use arrow_schema::{DataType, Field, Schema};
use footing::{Folder, Layout, LayoutOptions, Seed, Side, SketchSize};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [shape, rows, rounds] = &arguments[..] else {
        return Err("rounds keyed|keyless|text ROWS ROUNDS".into());
    };
    let (key, money): (&[&str], &[&str]) = match &shape[..] {
        "keyed" => (&["txn_id"], &["amount", "fee", "balance"]),
        "keyless" => (&[], &["amount", "fee", "balance"]),
        "text" => (&["txn_id"], &[]),
        other => return Err(format!("no shape `{other}`").into()),
    };
    let batch = batch(rows.parse()?, shape == "text")?;
    let names = |names: &[&str]| names.iter().map(|name| String::from(*name)).collect();
    let options = LayoutOptions {
        key: names(key),
        money: names(money),
        ..LayoutOptions::default()
    };
    let schema = batch.schema();
    let layout = Layout::new(&schema, &schema, &options);
    let layout = Arc::new(layout.map_err(|problems| format!("{problems:?}"))?);
    let seed = Seed::new([7; 32]);
    let mut folder = Folder::new(&layout, Side::Expected, &seed, SketchSize::DEFAULT);
    for _ in 0..rounds.parse::<u64>()? {
        folder.fold(black_box(&batch))?;
    }
    black_box(folder.finish([])?);
    println!("processor: {}", processor());
    Ok(())
}

/// Records as a wallet's ledger has them, text as views; with `all`, every column as text, as in a CSV
/// book.
fn batch(rows: u64, all: bool) -> Result<RecordBatch, Box<dyn Error>> {
    const KINDS: [&str; 8] = [
        "PAYMENT",
        "REFUND",
        "TOPUP",
        "WITHDRAWAL",
        "TRANSFER_IN",
        "TRANSFER_OUT",
        "FEE",
        "CHARGEBACK",
    ];
    let below = |end: u64, salt: u64| (0..rows).map(move |row| mixed(row ^ salt) % end);
    let whole = |end: u64, salt: u64| below(end, salt).map(u64::cast_signed);
    let serials = whole(7, 1).zip(0_i64..).map(|(off, row)| row * 7 + off);
    let money = |end: u64, salt: u64| {
        let fen = whole(end, salt).map(|fen| i128::from(fen) - 1_000);
        Decimal128Array::from_iter_values(fen).with_precision_and_scale(18, 2)
    };
    let kinds = below(8, 2).map(|kind| KINDS[kind as usize]);
    let references = below(16, 3)
        .zip(0_u64..)
        .map(|(dice, row)| (dice > 0).then(|| format!("{:016X}", mixed(row))));
    let columns: [(&str, ArrayRef); 8] = [
        ("txn_id", Arc::new(Int64Array::from_iter_values(serials))),
        (
            "account",
            Arc::new(Int64Array::from_iter_values(whole(2_000_000, 4))),
        ),
        (
            "at",
            Arc::new(TimestampMillisecondArray::from_iter_values(whole(
                1 << 37,
                5,
            ))),
        ),
        ("kind", Arc::new(StringViewArray::from_iter_values(kinds))),
        ("amount", Arc::new(money(10_000_000, 6)?)),
        ("fee", Arc::new(money(1_000, 7)?)),
        ("balance", Arc::new(money(1_000_000_000, 8)?)),
        (
            "reference",
            Arc::new(StringViewArray::from_iter(references)),
        ),
    ];
    let (mut fields, mut arrays) = (Vec::new(), Vec::new());
    for (name, array) in columns {
        let array = match all {
            true => cast(&array, &DataType::Utf8View)?,
            false => array,
        };
        let kind = array.data_type().clone();
        fields.push(Field::new(name, kind, name == "reference"));
        arrays.push(array);
    }
    Ok(RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays)?)
}

/// Scrambles a number so that near numbers are far apart.
fn mixed(number: u64) -> u64 {
    let mut z = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// What decides which of several forms of the loop is run.
fn processor() -> String {
    [&[std::env::consts::ARCH][..], &instructions()]
        .concat()
        .join(" ")
}

#[cfg(target_arch = "x86_64")]
fn instructions() -> Vec<&'static str> {
    let known = [
        ("aes", std::arch::is_x86_feature_detected!("aes")),
        ("avx2", std::arch::is_x86_feature_detected!("avx2")),
        ("avx512f", std::arch::is_x86_feature_detected!("avx512f")),
        ("bmi2", std::arch::is_x86_feature_detected!("bmi2")),
        ("vaes", std::arch::is_x86_feature_detected!("vaes")),
    ];
    let found = known.into_iter().filter(|(_, is_there)| *is_there);
    found.map(|(name, _)| name).collect()
}

#[cfg(not(target_arch = "x86_64"))]
fn instructions() -> Vec<&'static str> {
    Vec::new()
}
