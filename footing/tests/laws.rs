//! Laws of the fold: what it gives depends on the records alone.

use arrow_array::builder::{Decimal128Builder, StringBuilder};
use arrow_array::{Array, ArrayRef, Int64Array, RecordBatch, StringViewArray};
use arrow_buffer::NullBuffer;
use arrow_schema::DataType;
use footing::{
    ChunkId, Comparison, Currency, Folder, Layout, LayoutOptions, Marker, Seed, Side, SketchSize,
    State, StateError, bucket_of,
};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A record of the test's books: key, memo, amount in fen, currency.
type Record = (Option<i64>, Option<String>, Option<i64>, bool);

fn record() -> impl Strategy<Value = Record> {
    (
        prop::option::weighted(0.9, 0_i64..50),
        prop::option::weighted(0.8, "[a-c\u{4e2d}]{0,20}"),
        prop::option::weighted(0.9, -1_000_i64..1_000),
        any::<bool>(),
    )
}

fn book() -> impl Strategy<Value = Vec<Record>> {
    prop::collection::vec(record(), 0..200)
}

/// The source's types: 64-bit key, text with offsets, decimals of two places.
fn source(records: &[Record]) -> RecordBatch {
    let mut memos = StringBuilder::new();
    let mut amounts = Decimal128Builder::new().with_data_type(DataType::Decimal128(18, 2));
    let mut codes = StringBuilder::new();
    for (_, memo, amount, dollars) in records {
        memos.append_option(memo.as_deref());
        amounts.append_option(amount.map(i128::from));
        codes.append_value(if *dollars { "USD" } else { "CNY" });
    }
    let keys = Int64Array::from_iter(records.iter().map(|record| record.0));
    RecordBatch::try_from_iter_with_nullable([
        ("key", Arc::new(keys) as ArrayRef, true),
        ("memo", Arc::new(memos.finish()), true),
        ("amount", Arc::new(amounts.finish()), true),
        ("code", Arc::new(codes.finish()), true),
    ])
    .expect("columns of one length")
}

/// The target's types: the same records, other column order, views, four decimals.
fn target(records: &[Record]) -> RecordBatch {
    let memos = StringViewArray::from_iter(records.iter().map(|record| record.1.clone()));
    let mut amounts = Decimal128Builder::new().with_data_type(DataType::Decimal128(24, 4));
    for record in records {
        amounts.append_option(record.2.map(|fen| i128::from(fen) * 100));
    }
    let codes =
        StringViewArray::from_iter_values(records.iter().map(|r| if r.3 { "USD" } else { "CNY" }));
    let keys = Int64Array::from_iter(records.iter().map(|record| record.0));
    RecordBatch::try_from_iter_with_nullable([
        ("code", Arc::new(codes) as ArrayRef, true),
        ("amount", Arc::new(amounts.finish()), true),
        ("key", Arc::new(keys), true),
        ("memo", Arc::new(memos), true),
    ])
    .expect("columns of one length")
}

fn layout(keyed: bool) -> Arc<Layout> {
    let options = LayoutOptions {
        key: if keyed { vec!["key".into()] } else { vec![] },
        money: vec!["amount".into()],
        foot: vec!["memo".into(), "key".into()],
        currency: Currency::Column("code".into()),
        ignore: vec![],
    };
    let (source, target) = (source(&[]), target(&[]));
    Arc::new(Layout::new(&source.schema(), &target.schema(), &options).expect("a good layout"))
}

fn seed() -> Seed {
    Seed::new([9; 32])
}

fn folder(layout: &Arc<Layout>, side: Side) -> Folder {
    Folder::new(layout, side, &seed(), SketchSize::of_bits(9))
}

/// Folds the batch as one chunk.
fn fold(layout: &Arc<Layout>, side: Side, batch: &RecordBatch, part: u64) -> State {
    let mut folder = folder(layout, side);
    folder.fold(batch).expect("values fit");
    let chunk = ChunkId { table: 0, part };
    folder
        .finish([(chunk, batch.num_rows() as u64)])
        .expect("totals fit")
}

/// Of 2,000 pairs of books that share no record and differ in up to 400, all but one decode. The
/// books are the same in every run: what chance may spoil is counted here, and nowhere else.
#[test]
fn nearly_every_difference_decodes_whole() {
    let mut runner = TestRunner::new_with_rng(
        ProptestConfig::default(),
        TestRng::deterministic_rng(RngAlgorithm::ChaCha),
    );
    let layout = layout(true);
    let mut incomplete = 0;
    for _ in 0..2_000 {
        let mut draw = || book().new_tree(&mut runner).expect("a book").current();
        let (left, right) = (draw(), draw());
        incomplete += u32::from(!compare(&layout, &left, &right).complete);
    }
    assert!(incomplete <= 1, "{incomplete} of 2,000 did not decode");
}

/// The differing records by plain counting, as marks with their signed counts.
fn by_counting(
    layout: &Arc<Layout>,
    left: &RecordBatch,
    right: &RecordBatch,
) -> Vec<footing::Element> {
    let mut counts = BTreeMap::new();
    for (side, batch, sign) in [(Side::Expected, left, 1), (Side::Actual, right, -1)] {
        let marks = Marker::new(layout, side, &seed())
            .marks(batch)
            .expect("values fit");
        for mark in marks {
            *counts.entry(mark).or_insert(0) += sign;
        }
    }
    let differing = counts.into_iter().filter(|(_, count)| *count != 0);
    differing
        .map(|(mark, count)| footing::Element { mark, count })
        .collect()
}

fn compare(layout: &Arc<Layout>, left: &[Record], right: &[Record]) -> Comparison {
    let expected = fold(layout, Side::Expected, &source(left), 0);
    let actual = fold(layout, Side::Actual, &target(right), 0);
    expected.compare(&actual).expect("one run")
}

proptest! {
    #[test]
    fn the_same_book_in_other_types_and_order_agrees(
        records in book(), shift in 0_usize..200, keyed in any::<bool>()
    ) {
        let mut other = records.clone();
        if !other.is_empty() {
            let middle = shift % other.len();
            other.rotate_left(middle);
        }
        let comparison = compare(&layout(keyed), &records, &other);
        prop_assert!(comparison.complete);
        prop_assert_eq!(comparison.elements, vec![]);
        prop_assert_eq!(comparison.differing_buckets, Vec::<usize>::new());
    }

    #[test]
    fn what_is_decoded_is_what_differs(left in book(), right in book(), keyed in any::<bool>()) {
        let layout = layout(keyed);
        let comparison = compare(&layout, &left, &right);
        let counted = by_counting(&layout, &source(&left), &target(&right));
        if comparison.complete {
            prop_assert_eq!(comparison.elements, counted);
        } else {
            // Two records may share all their cells, once in some hundred million pairs. Then the
            // buckets lead to them.
            for element in counted {
                prop_assert!(comparison.differing_buckets.contains(&bucket_of(element.mark.key)));
            }
        }
    }

    #[test]
    fn marks_are_equal_just_where_records_are(a in record(), b in record()) {
        let layout = layout(true);
        let elements = by_counting(&layout, &source(std::slice::from_ref(&a)), &target(std::slice::from_ref(&b)));
        prop_assert_eq!(elements.is_empty(), a == b);
    }

    #[test]
    fn batches_chunks_and_the_order_of_merging_do_not_change_a_byte(
        records in book(), cuts in prop::collection::vec(0_usize..200, 2), swap in any::<bool>()
    ) {
        let layout = layout(true);
        let batch = source(&records);
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut % (records.len() + 1)).collect();
        cuts.sort_unstable();
        let parts = [0..cuts[0], cuts[0]..cuts[1], cuts[1]..records.len()];
        let part = |n: usize| {
            let rows = parts[n].clone();
            fold(&layout, Side::Expected, &batch.slice(rows.start, rows.len()), n as u64)
        };
        let mut left = part(0);
        left.merge(part(1)).expect("other chunk");
        left.merge(part(2)).expect("other chunk");
        let mut right = part(2);
        let mut rest = part(if swap { 1 } else { 0 });
        rest.merge(part(if swap { 0 } else { 1 })).expect("other chunk");
        right.merge(rest).expect("other chunk");
        prop_assert_eq!(left.to_bytes(), right.to_bytes());

        let mut whole = folder(&layout, Side::Expected);
        for rows in &parts {
            whole.fold(&batch.slice(rows.start, rows.len())).expect("values fit");
        }
        let chunks = parts.iter().enumerate();
        let whole = whole
            .finish(chunks.map(|(n, rows)| (ChunkId { table: 0, part: n as u64 }, rows.len() as u64)))
            .expect("totals fit");
        prop_assert_eq!(whole.to_bytes(), left.to_bytes());
    }

    #[test]
    fn totals_are_the_plain_sums(records in book()) {
        let state = fold(&layout(false), Side::Actual, &target(&records), 0);
        for (code, dollars) in [("USD", true), ("CNY", false)] {
            let mine: Vec<_> = records.iter().filter(|record| record.3 == dollars).collect();
            let sum: i64 = mine.iter().filter_map(|record| record.2).sum();
            match state.totals()[0].get(code) {
                None => prop_assert!(mine.is_empty()),
                Some(total) => {
                    prop_assert_eq!(total.records, mine.len() as u64);
                    prop_assert_eq!(total.nulls, mine.iter().filter(|r| r.2.is_none()).count() as u64);
                    let text = footing::sum_text(total.sum().expect("fits"), 4);
                    let plain = footing::sum_text(arrow_buffer::i256::from_i128(i128::from(sum) * 100), 4);
                    prop_assert_eq!(text, plain);
                }
            }
        }
        let groups = state.crossed().groups.as_ref().expect("few groups");
        prop_assert_eq!(groups.values().map(|line| line.records).sum::<u64>(), records.len() as u64);
    }

    #[test]
    fn a_state_survives_its_bytes_and_any_flipped_bit_is_refused(
        records in book(), at in any::<prop::sample::Index>(), bit in 0_u8..8
    ) {
        let state = fold(&layout(true), Side::Expected, &source(&records), 3);
        let mut bytes = state.to_bytes();
        prop_assert_eq!(&State::from_bytes(&bytes, &seed()).expect("whole"), &state);
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        let refused = matches!(State::from_bytes(&bytes, &seed()), Err(StateError::Damaged { .. }));
        prop_assert!(refused);
    }
}

#[test]
fn a_chunk_is_not_counted_twice() {
    let layout = layout(true);
    let batch = source(&[(Some(1), None, Some(5), false)]);
    let mut state = fold(&layout, Side::Expected, &batch, 7);
    let again = fold(&layout, Side::Expected, &batch, 7);
    let before = state.to_bytes();
    assert_eq!(
        state.merge(again),
        Err(StateError::Twice(ChunkId { table: 0, part: 7 }))
    );
    assert_eq!(state.to_bytes(), before);
}

#[test]
fn states_of_other_seeds_sides_and_layouts_are_refused() {
    let layout = layout(true);
    let batch = source(&[]);
    let mut state = fold(&layout, Side::Expected, &batch, 0);
    let mut other = Folder::new(
        &layout,
        Side::Expected,
        &Seed::new([8; 32]),
        SketchSize::of_bits(9),
    );
    other.fold(&batch).expect("values fit");
    let other = other.finish([]).expect("totals fit");
    assert_eq!(
        state.merge(other),
        Err(StateError::Foreign { what: "seed" })
    );
    let keyless = fold(&self::layout(false), Side::Expected, &batch, 1);
    assert_eq!(
        state.merge(keyless),
        Err(StateError::Foreign { what: "layout" })
    );
    let actual = fold(&layout, Side::Actual, &target(&[]), 1);
    assert_eq!(
        state.merge(actual.clone()),
        Err(StateError::Foreign { what: "side" })
    );
    assert!(matches!(
        actual.compare(&state),
        Err(StateError::Foreign { what: "side" })
    ));
    let larger = Folder::new(&layout, Side::Expected, &seed(), SketchSize::of_bits(10));
    let larger = larger.finish([]).expect("totals fit");
    assert_eq!(
        state.merge(larger),
        Err(StateError::Foreign {
            what: "sketch size"
        })
    );
}

#[test]
fn compensating_cents_do_not_cancel() {
    let left = vec![
        (Some(1), None, Some(10), false),
        (Some(2), None, Some(20), false),
    ];
    let right = vec![
        (Some(1), None, Some(11), false),
        (Some(2), None, Some(19), false),
    ];
    assert_eq!(compare(&layout(true), &left, &right).elements.len(), 4);
}

#[test]
fn when_too_many_differ_it_says_so_and_keeps_a_sample() {
    let books = |fen: i64| -> Vec<Record> {
        (0..200_000)
            .map(|n| (Some(n), None, Some(fen), false))
            .collect()
    };
    let comparison = compare(&layout(true), &books(1), &books(2));
    assert!(!comparison.complete);
    let sample = comparison.sample.expect("a stratum decodes");
    assert!(
        (300_000..500_000).contains(&sample.estimate),
        "{}",
        sample.estimate
    );
    assert!(!sample.elements.is_empty());
}

#[test]
fn a_cent_at_ten_to_the_fifteenth_is_seen() {
    let cent = 100_000_000_000_000_000;
    let left = vec![(Some(1), None, Some(cent), false)];
    let right = vec![(Some(1), None, Some(cent + 1), false)];
    let comparison = compare(&layout(true), &left, &right);
    assert_eq!(comparison.elements.len(), 2);
}

#[test]
fn the_key_alone_gives_the_key_word_of_the_whole_record() {
    let records: Vec<Record> = (0..700)
        .map(|n| {
            (
                (n % 7 != 0).then_some(n),
                Some(format!("memo {n}")),
                Some(n * 3),
                n % 2 == 0,
            )
        })
        .collect();
    let two_keys = LayoutOptions {
        key: vec!["memo".into(), "key".into()],
        ..LayoutOptions::default()
    };
    let (left, right) = (source(&records), target(&records));
    let two_keys = Layout::new(&left.schema(), &right.schema(), &two_keys).expect("a good layout");
    for layout in [layout(true), layout(false), Arc::new(two_keys)] {
        for (side, batch) in [(Side::Expected, &left), (Side::Actual, &right)] {
            let whole = Marker::new(&layout, side, &seed())
                .marks(batch)
                .expect("values fit");
            let mut marker = footing::KeyMarker::new(&layout, side, &seed());
            let named = |name: &String| batch.column_by_name(name).expect("it is there").clone();
            let columns: Vec<ArrayRef> = marker.columns().iter().map(named).collect();
            let keys = marker.keys(&columns).expect("values fit");
            assert_eq!(keys, whole.iter().map(|mark| mark.key).collect::<Vec<_>>());
        }
    }
}

/// Two batches of one column each, by name, as both sides of a layout without a key: their marks.
fn marks_of(left: &ArrayRef, right: &ArrayRef) -> [Vec<footing::Mark>; 2] {
    let batch = |array: &ArrayRef| {
        RecordBatch::try_from_iter_with_nullable([("value", Arc::clone(array), true)])
            .expect("one column")
    };
    let (left, right) = (batch(left), batch(right));
    let layout = Layout::new(&left.schema(), &right.schema(), &LayoutOptions::default());
    let layout = Arc::new(layout.expect("a good layout"));
    [(Side::Expected, left), (Side::Actual, right)].map(|(side, batch)| {
        Marker::new(&layout, side, &seed())
            .marks(&batch)
            .expect("values fit")
    })
}

/// What an array holds where it is NULL is nobody's: texts of any length, and any number.
#[test]
fn what_lies_under_a_null_does_not_matter() {
    let rows = 0..1_500_i64;
    let is_there: Vec<bool> = rows.clone().map(|row| row % 3 != 1).collect();
    let nulls = || Some(NullBuffer::from(is_there.clone()));
    let text = |row: i64| "长".repeat(usize::try_from(row % 12).expect("it is small"));
    let texts = StringViewArray::from_iter_values(rows.clone().map(text));
    let (views, buffers, _) = texts.into_parts();
    let hidden = StringViewArray::try_new(views, buffers, nulls()).expect("valid views");
    let plain = hidden.iter().collect::<StringViewArray>();
    let numbers = Int64Array::new(rows.clone().collect(), nulls());
    let plain_numbers = numbers.iter().collect::<Int64Array>();
    let pairs: [[ArrayRef; 2]; 2] = [
        [Arc::new(hidden), Arc::new(plain)],
        [Arc::new(numbers), Arc::new(plain_numbers)],
    ];
    for [hidden, plain] in pairs {
        let [left, right] = marks_of(&hidden, &plain);
        assert_eq!(left, right);
        let distinct: BTreeSet<_> = left.iter().collect();
        let is_text = hidden.data_type() == &DataType::Utf8View;
        // Eight lengths, or as many numbers as are there; and NULL.
        assert_eq!(distinct.len(), if is_text { 8 + 1 } else { 1_000 + 1 });
        // A part of an array has its own NULLs.
        let [part, _] = marks_of(&hidden.slice(700, 600), &plain.slice(700, 600));
        assert_eq!(part, left[700..1_300]);
    }
}

/// A number is itself in every type that holds it.
#[test]
fn whole_numbers_of_all_types_have_the_same_words() {
    let numbers: ArrayRef = Arc::new(Int64Array::from_iter(
        (0..700_i64).map(|row| (row % 5 != 3).then_some(row % 128)),
    ));
    let types = [
        DataType::Int8,
        DataType::Int16,
        DataType::Int32,
        DataType::Int64,
        DataType::UInt8,
        DataType::UInt16,
        DataType::UInt32,
        DataType::UInt64,
        DataType::Decimal32(9, 0),
        DataType::Decimal64(18, 0),
        DataType::Decimal128(18, 0),
        DataType::Decimal128(30, 2),
        DataType::Decimal256(60, 3),
    ];
    for kind in types {
        let other = arrow_cast::cast(&numbers, &kind).expect("they fit");
        let [left, right] = marks_of(&numbers, &other);
        assert_eq!(left, right, "{kind}");
        // Without NULLs a column may be taken as it lies.
        let dense = |array: &ArrayRef| array.slice(4, 4);
        let [left, right] = marks_of(&dense(&numbers), &dense(&other));
        assert_eq!((left.len(), dense(&other).null_count()), (4, 0), "{kind}");
        assert_eq!(left, right, "{kind}, without NULLs");
    }
}
