//! Spellings against what is written by hand, and digests against what other programs say.

use super::*;
use crate::layout::LayoutOptions;
use arrow_array::{
    BinaryArray, BooleanArray, Date32Array, Decimal128Array, Decimal256Array, Float64Array,
    Int16Array, Int64Array, StringArray, StringViewArray, Time32SecondArray,
    Time64MicrosecondArray, TimestampMicrosecondArray, TimestampNanosecondArray, UInt64Array,
};
use arrow_buffer::i256;
use proptest::prelude::*;

/// A layout over two batches with the columns `a`, `b`, …; `a` is the key where there is one.
fn layout(expected: &RecordBatch, actual: &RecordBatch, is_keyed: bool) -> Arc<Layout> {
    let options = LayoutOptions {
        key: Vec::from_iter(is_keyed.then(|| "a".to_owned())),
        ..LayoutOptions::default()
    };
    let layout = Layout::new(&expected.schema(), &actual.schema(), &options);
    Arc::new(layout.expect("a good layout"))
}

fn batch(columns: Vec<ArrayRef>) -> RecordBatch {
    let names = ["a", "b", "c", "d"];
    let named = names.into_iter().zip(columns);
    RecordBatch::try_from_iter_with_nullable(named.map(|(name, array)| (name, array, true)))
        .expect("a batch")
}

fn speller(batch: &RecordBatch, other: &RecordBatch) -> Speller {
    let layout = layout(batch, other, true);
    Speller::new(&layout, Side::Expected, &Seed::new([7; 32]), 2).expect("no float")
}

/// The spellings of a column against another one of the same values, a line each.
fn spelled(array: ArrayRef, other: ArrayRef) -> String {
    let (own, other) = (batch(vec![array]), batch(vec![other]));
    let speller = speller(&own, &other);
    let text = |row| String::from_utf8(speller.text(&own, row)).expect("UTF-8");
    let lines: Vec<String> = (0..own.num_rows()).map(text).collect();
    lines.join(" ")
}

fn alone(array: ArrayRef) -> String {
    spelled(Arc::clone(&array), array)
}

#[test]
fn every_value_has_one_spelling() {
    let decimals = |values: Vec<Option<i128>>| -> ArrayRef {
        let array = Decimal128Array::from(values).with_precision_and_scale(18, 2);
        Arc::new(array.expect("decimals"))
    };
    let amounts = || decimals(vec![Some(0), Some(-1), Some(100), Some(123_456), None]);
    assert_eq!(alone(amounts()), "0.00; -0.01; 1.00; 1234.56; ~;");
    let finer = Decimal256Array::from(vec![Some(i256::ZERO); 5]).with_precision_and_scale(50, 4);
    let finer: ArrayRef = Arc::new(finer.expect("decimals"));
    assert_eq!(
        spelled(amounts(), Arc::clone(&finer)),
        "0.0000; -0.0100; 1.0000; 1234.5600; ~;"
    );
    let whole: ArrayRef = Arc::new(Int64Array::from(vec![i64::MIN, i64::MAX, 0]));
    assert_eq!(
        alone(Arc::clone(&whole)),
        "-9223372036854775808; 9223372036854775807; 0;"
    );
    let three = decimals(vec![Some(1); 3]);
    assert_eq!(
        spelled(whole, three),
        "-9223372036854775808.00; 9223372036854775807.00; 0.00;"
    );
    assert_eq!(
        alone(Arc::new(UInt64Array::from(vec![u64::MAX]))),
        "18446744073709551615;"
    );
    assert_eq!(
        alone(Arc::new(BooleanArray::from(vec![
            Some(true),
            Some(false),
            None
        ]))),
        "true; false; ~;"
    );
    let texts = vec![Some("a;b"), Some(""), Some("~"), Some("中文"), None];
    assert_eq!(
        alone(Arc::new(StringViewArray::from(texts))),
        "3:a;b 0: 1:~ 6:中文 ~:"
    );
    let bytes: Vec<Option<&[u8]>> = vec![Some(&[0, 0x7f, 0xff]), Some(&[]), None];
    assert_eq!(
        alone(Arc::new(BinaryArray::from_iter(bytes))),
        "007fff; ; ~;"
    );
    assert_eq!(
        alone(Arc::new(Date32Array::from(vec![
            Some(15_852),
            Some(-719_162),
            None
        ]))),
        "2013-05-27; 0001-01-01; ~;"
    );
    let micros = vec![1_369_641_600_000_000, 1_369_641_600_120_000, -1, 0];
    let zoned = TimestampMicrosecondArray::from(micros.clone()).with_timezone("UTC");
    let moments = "2013-05-27 08:00:00; 2013-05-27 08:00:00.12; 1969-12-31 23:59:59.999999; 1970-01-01 00:00:00;";
    assert_eq!(alone(Arc::new(zoned)), moments);
    assert_eq!(
        spelled(
            Arc::new(TimestampMicrosecondArray::from(micros)),
            Arc::new(TimestampNanosecondArray::from(vec![0, 0, 0, 0]))
        ),
        moments
    );
    assert_eq!(
        alone(Arc::new(TimestampNanosecondArray::from(vec![1]))),
        "1970-01-01 00:00:00.000000001;"
    );
    assert_eq!(
        spelled(
            Arc::new(Time64MicrosecondArray::from(vec![0, 86_399_999_999, 1])),
            Arc::new(Time32SecondArray::from(vec![0, 0, 0]))
        ),
        "00:00:00; 23:59:59.999999; 00:00:00.000001;"
    );
}

#[test]
fn a_record_is_digested_as_md5sum_does_it() {
    let record = batch(vec![
        Arc::new(Int64Array::from(vec![42])),
        Arc::new(StringArray::from(vec!["支付"])),
        Arc::new(StringArray::from(vec![None::<&str>])),
    ]);
    let speller = speller(&record, &record);
    // printf '%s' '42;6:支付~:' | md5sum, with the secret in front; and of the key '42;'.
    assert_eq!(speller.secret, SECRET);
    assert_eq!(speller.text(&record, 0), "42;6:支付~:".as_bytes());
    let expected = Spelled {
        bucket: KEY_BUCKET,
        pieces: PIECES,
    };
    assert_eq!(speller.spell(&record), [expected]);
}

const SECRET: &str = "714140b3889b8bb96b642753809e1d89";
const KEY_BUCKET: u32 = 0x69;
const PIECES: [u64; 2] = [0x0d69_fc49_27fb_0d5e, 0x0561_a031_7d9d_738e];

#[test]
fn a_layout_with_a_float_is_not_spelled() {
    let floats = batch(vec![Arc::new(Float64Array::from(vec![0.1]))]);
    let layout = layout(&floats, &floats, false);
    let refused = Speller::new(&layout, Side::Actual, &Seed::new([7; 32]), 2);
    assert_eq!(refused.expect_err("a float"), "a");
}

#[test]
fn the_secret_depends_on_the_seed_and_does_not_tell_it() {
    let secret = spelling_secret(&Seed::new([7; 32]));
    assert_eq!(secret.len(), 32);
    assert_ne!(secret, spelling_secret(&Seed::new([8; 32])));
    assert_ne!(secret, "07".repeat(16));
}

/// A batch of a number and two texts.
fn records(values: &[(Option<i16>, Option<String>, Option<String>)]) -> RecordBatch {
    batch(vec![
        Arc::new(values.iter().map(|one| one.0).collect::<Int16Array>()),
        Arc::new(
            values
                .iter()
                .map(|one| one.1.clone())
                .collect::<StringArray>(),
        ),
        Arc::new(
            values
                .iter()
                .map(|one| one.2.clone())
                .collect::<StringArray>(),
        ),
    ])
}

fn digests(batch: &RecordBatch) -> Digests {
    let mut digests = Digests::new(1);
    let layout = layout(batch, batch, false);
    let speller = Speller::new(&layout, Side::Actual, &Seed::new([1; 32]), 1).expect("no float");
    speller
        .spell(batch)
        .into_iter()
        .for_each(|one| digests.add(one));
    digests
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Values that differ, or stand in another column, are spelled in another way.
    #[test]
    fn records_have_the_same_spelling_only_if_they_are_the_same(
        one in (prop::option::of(-3_i16..3), prop::option::of("[~:;0-2]{0,3}"), prop::option::of("[~:;0-2]{0,3}")),
        other in (prop::option::of(-3_i16..3), prop::option::of("[~:;0-2]{0,3}"), prop::option::of("[~:;0-2]{0,3}")),
    ) {
        let both = records(&[one.clone(), other.clone()]);
        let speller = speller(&both, &both);
        let same = speller.text(&both, 0) == speller.text(&both, 1);
        prop_assert_eq!(same, one == other);
    }

    /// Neither the order of records nor how they come in batches matters, and how often one is
    /// there does.
    #[test]
    fn digests_are_of_the_records_and_nothing_else(
        values in prop::collection::vec((prop::option::of(-3_i16..3), prop::option::of("[ab]{0,2}"), prop::option::of("[ab]{0,2}")), 1..12),
        at in any::<prop::sample::Index>(),
    ) {
        let at = at.index(values.len());
        let whole = digests(&records(&values));
        let (head, tail) = values.split_at(at);
        let mut parts = digests(&records(tail));
        parts.merge(&digests(&records(head))).expect("as many buckets");
        prop_assert_eq!(&whole, &parts);
        prop_assert_eq!(whole.records(), values.len() as u64);

        let mut twice = values.clone();
        twice.push(values[at].clone());
        let twice = digests(&records(&twice));
        let differing = whole.differing(&twice);
        prop_assert_eq!(differing.iter().filter(|one| **one).count(), 1);
        prop_assert_eq!(twice.records_of(&differing), whole.records_of(&differing) + 1);
    }

    /// A column that was left out of the digest would show here: each one tells.
    #[test]
    fn every_column_is_in_the_digest(column in 0_usize..3, text in "[a-z]{1,3}", number in 0_i16..9) {
        let plain = (Some(number), Some(text.clone()), Some(text.clone()));
        let mut other = plain.clone();
        match column {
            0 => other.0 = Some(number + 1),
            1 => other.1 = Some(format!("{text}x")),
            _ => other.2 = None,
        }
        prop_assert_ne!(digests(&records(&[plain])), digests(&records(&[other])));
    }
}
