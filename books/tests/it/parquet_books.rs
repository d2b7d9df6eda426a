//! Parquet: types, places, filters, damage.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use arrow_array::cast::AsArray;
use arrow_array::types::{Decimal64Type, Decimal128Type, Float64Type, Int64Type, UInt64Type};
use arrow_array::{
    Array, ArrayRef, BooleanArray, Decimal128Array, DictionaryArray, Float64Array, Int64Array,
    ListArray, RecordBatch, StringArray, TimestampMicrosecondArray,
};
use arrow_schema::{DataType, TimeUnit};
use books::{Book, BookSpec, Meter, ReadErrorKind, ReadRequest, RowFilter, Table};
use parquet::arrow::ArrowWriter;
use parquet::file::properties::WriterProperties;
use proptest::prelude::*;

use crate::bookshelf::{open, outcome, records, shelf, texts};

/// A file with row groups of `group` rows.
fn file(columns: Vec<(&str, ArrayRef)>, group: usize) -> Vec<u8> {
    let batch = RecordBatch::try_from_iter_with_nullable(
        columns.into_iter().map(|(name, array)| (name, array, true)),
    )
    .unwrap();
    let properties = WriterProperties::builder()
        .set_max_row_group_row_count(Some(group))
        .set_data_page_row_count_limit(7)
        .set_write_batch_size(7)
        .build();
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    bytes
}

fn ids(ids: impl IntoIterator<Item = i64>) -> ArrayRef {
    Arc::new(Int64Array::from_iter_values(ids))
}

/// `id` counts from 0, `name` is it in words, in row groups of 10.
fn ledger(rows: i64) -> Vec<u8> {
    let names = StringArray::from_iter_values((0..rows).map(|id| format!("record number {id}")));
    file(vec![("id", ids(0..rows)), ("name", Arc::new(names))], 10)
}

fn table(book: &Book) -> &Arc<Table> {
    book.table("t").unwrap()
}

fn digests(table: &Table, threads: usize) -> Result<Vec<books::FileDigest>, books::ReadError> {
    let digests = books::digest_tables(&[table], threads, &Meter::default(), &|| false)?;
    Ok(digests.into_iter().flatten().collect())
}

/// `(id, _row)` of everything that a request gives.
fn read(table: &Table, request: &ReadRequest) -> Vec<(i64, u64)> {
    let mut found = Vec::new();
    for chunk in table.chunks() {
        for batch in table.read(&chunk, request).unwrap() {
            let batch = batch.unwrap();
            assert!(batch.num_rows() <= request.batch_rows);
            let rows = batch.column(0).as_primitive::<UInt64Type>().values().iter();
            let ids = batch.column(1).as_primitive::<Int64Type>().values().iter();
            found.extend(ids.copied().zip(rows.copied()));
        }
    }
    found
}

/// `_row`, then `id`.
fn row_and_id(table: &Table) -> Vec<usize> {
    let schema = table.schema();
    vec![
        schema.index_of("_row").unwrap(),
        schema.index_of("id").unwrap(),
    ]
}

/// Wants some ids, and perhaps only rows with some numbers.
#[derive(Debug)]
struct Ids {
    columns: Vec<usize>,
    wanted: Vec<i64>,
    uses_bounds: bool,
    keeps_many: bool,
}

impl RowFilter for Ids {
    fn columns(&self) -> &[usize] {
        &self.columns
    }

    fn keeps_many(&self) -> bool {
        self.keeps_many
    }

    fn keep(&self, batch: &RecordBatch) -> Result<BooleanArray, String> {
        if self.wanted.contains(&-1) {
            return Err("minus one".to_owned());
        }
        let ids = batch.column(0).as_primitive::<Int64Type>();
        Ok(ids
            .iter()
            .map(|id| Some(id.is_none_or(|id| self.wanted.contains(&id))))
            .collect())
    }

    fn may_contain(&self, column: usize, min: &ArrayRef, max: &ArrayRef) -> bool {
        assert_eq!((column, min.len(), max.len()), (self.columns[0], 1, 1));
        let (min, max) = (
            min.as_primitive::<Int64Type>().value(0),
            max.as_primitive::<Int64Type>().value(0),
        );
        !self.uses_bounds || self.wanted.iter().any(|id| (min..=max).contains(id))
    }
}

#[test]
fn types_stay_but_text_is_viewed_and_dictionaries_are_resolved() {
    let amount = Decimal128Array::from(vec![Some(1001), None])
        .with_precision_and_scale(18, 2)
        .unwrap();
    let time = TimestampMicrosecondArray::from(vec![1, 2]).with_timezone("Asia/Shanghai");
    let kind: DictionaryArray<arrow_array::types::Int8Type> =
        vec![Some("in"), None].into_iter().collect();
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("amount", Arc::new(amount)),
        ("time", Arc::new(time)),
        ("kind", Arc::new(kind)),
        (
            "bytes",
            Arc::new(arrow_array::BinaryArray::from(vec![&b"x"[..], b"y"])),
        ),
    ];
    let folder = shelf(&[("t.parquet", &file(columns, 10))]);
    let book = open(folder.path(), "").unwrap();
    let schema = table(&book).schema();
    let types: Vec<&DataType> = schema
        .fields()
        .iter()
        .map(|field| field.data_type())
        .collect();
    let zone = DataType::Timestamp(TimeUnit::Microsecond, Some("Asia/Shanghai".into()));
    let expect = [
        &DataType::Decimal128(18, 2),
        &zone,
        &DataType::Utf8View,
        &DataType::BinaryView,
        &DataType::Utf8View,
        &DataType::UInt64,
    ];
    assert_eq!(types, expect);
    let chunk = &table(&book).chunks()[0];
    let batch = table(&book)
        .read(chunk, &ReadRequest::new(vec![2, 0, 4]))
        .unwrap()
        .next()
        .unwrap()
        .unwrap();
    assert_eq!(
        batch.column(0).as_string_view().iter().collect::<Vec<_>>(),
        [Some("in"), None]
    );
    assert_eq!(
        batch.column(1).as_primitive::<Decimal128Type>().value(0),
        1001
    );
    assert_eq!(batch.column(2).as_string_view().value(1), "t.parquet");
}

#[test]
fn a_row_is_numbered_from_one_within_its_file() {
    let folder = shelf(&[("1.parquet", &ledger(25)), ("2.parquet", &ledger(3))]);
    let book = open(folder.path(), "t.files = '*.parquet'").unwrap();
    let table = table(&book);
    let request = ReadRequest {
        batch_rows: 4,
        ..ReadRequest::new(row_and_id(table))
    };
    let expect: Vec<(i64, u64)> = (0..25).chain(0..3).map(|id| (id, id as u64 + 1)).collect();
    assert_eq!(read(table, &request), expect);
    let chunks = table.chunks();
    let ids: Vec<u64> = chunks.iter().map(|chunk| chunk.id.0).collect();
    assert_eq!(ids, [0, 1, 2, 1 << 32]);
    assert_eq!(
        chunks
            .iter()
            .map(|chunk| chunk.rows.unwrap())
            .collect::<Vec<_>>(),
        [10, 10, 5, 3]
    );
}

#[test]
fn no_columns_at_all_still_count_the_rows() {
    let folder = shelf(&[("t.parquet", &ledger(25)), ("u.csv", b"a,b\n1,2\n3,4\n")]);
    let book = open(folder.path(), "").unwrap();
    for (table, rows) in [("t", 25), ("u", 2)] {
        let table = book.table(table).unwrap();
        let request = ReadRequest::new(Vec::new());
        let count: usize = table
            .chunks()
            .iter()
            .flat_map(|chunk| table.read(chunk, &request).unwrap())
            .map(|batch| batch.unwrap().num_rows())
            .sum();
        assert_eq!(count, rows);
    }
}

proptest! {
    #[test]
    fn a_filter_keeps_what_it_wants_at_its_place(
        wanted in prop::collection::vec(0i64..60, 0..10),
        batch_rows in 1usize..30,
        uses_bounds: bool,
        keeps_many: bool,
        is_csv: bool,
        over_place: bool,
    ) {
        let text: String = (0..50).map(|id| format!("{id}\n")).collect();
        let text = format!("id\n{text}");
        let folder = shelf(&[("t.parquet", &ledger(50)), ("c.csv", text.as_bytes())]);
        let book = Book::open_cut(&BookSpec { root: folder.path().into(), ..BookSpec::default() }, 30).unwrap();
        let meter = Arc::new(Meter::default());
        let table = if is_csv { book.table("c").unwrap() } else { book.table("t").unwrap() };
        let columns = if over_place { vec![0, table.schema().index_of("_row").unwrap()] } else { vec![0] };
        let filter: Arc<dyn RowFilter> = if is_csv {
            Arc::new(Texts { columns, wanted: wanted.iter().map(ToString::to_string).collect() })
        } else {
            Arc::new(Ids { columns, wanted: wanted.clone(), uses_bounds, keeps_many })
        };
        let request = ReadRequest {
            columns: row_and_id(table),
            batch_rows,
            filter: Some(filter),
            meter: Some(Arc::clone(&meter)),
            narrow_decimals: false,
            ..ReadRequest::new(Vec::new())
        };
        let found: Vec<u64> = if is_csv {
            let chunks = table.chunks();
            let batches = chunks.iter().flat_map(|chunk| table.read(chunk, &request).unwrap());
            batches.flat_map(|batch| {
                let batch = batch.unwrap();
                let texts = batch.column(1).as_string_view();
                let rows = batch.column(0).as_primitive::<UInt64Type>();
                (0..batch.num_rows()).map(|row| {
                    assert_eq!(texts.value(row).parse::<u64>().unwrap() + 2, rows.value(row));
                    rows.value(row) - 2
                }).collect::<Vec<u64>>()
            }).collect()
        } else {
            read(table, &request).iter().map(|(id, row)| { assert_eq!(*id as u64 + 1, *row); row - 1 }).collect()
        };
        let expect: Vec<u64> = (0..50).filter(|id| wanted.contains(&(*id as i64))).collect();
        prop_assert_eq!(found, expect);
        prop_assert_eq!(meter.rows.load(Ordering::Relaxed), 50);
        let bytes: u64 = table.chunks().iter().map(|chunk| chunk.bytes).sum();
        prop_assert_eq!(meter.bytes.load(Ordering::Relaxed), bytes);
    }
}

/// Wants some texts.
#[derive(Debug)]
struct Texts {
    columns: Vec<usize>,
    wanted: Vec<String>,
}

impl RowFilter for Texts {
    fn columns(&self) -> &[usize] {
        &self.columns
    }

    fn keep(&self, batch: &RecordBatch) -> Result<BooleanArray, String> {
        let texts = batch.column(0).as_string_view();
        Ok(texts
            .iter()
            .map(|text| Some(text.is_some_and(|text| self.wanted.iter().any(|own| own == text))))
            .collect())
    }

    fn may_contain(&self, _: usize, _: &ArrayRef, _: &ArrayRef) -> bool {
        panic!("CSV has no statistics")
    }
}

#[test]
fn a_row_group_with_null_is_never_passed_over() {
    let with_null: ArrayRef = Arc::new(Int64Array::from(vec![Some(5), None]));
    let folder = shelf(&[("t.parquet", &file(vec![("id", with_null)], 10))]);
    let book = open(folder.path(), "").unwrap();
    let filter = Ids {
        columns: vec![0],
        wanted: vec![100],
        uses_bounds: true,
        keeps_many: false,
    };
    let request = ReadRequest {
        filter: Some(Arc::new(filter)),
        ..ReadRequest::new(vec![0])
    };
    let chunk = &table(&book).chunks()[0];
    let batch = table(&book)
        .read(chunk, &request)
        .unwrap()
        .next()
        .unwrap()
        .unwrap();
    assert_eq!((batch.num_rows(), batch.column(0).null_count()), (1, 1));
}

/// Wants everything that is not a number, and would pass over any bounds.
#[derive(Debug)]
struct NotANumber;

impl RowFilter for NotANumber {
    fn columns(&self) -> &[usize] {
        &[0]
    }

    fn keep(&self, batch: &RecordBatch) -> Result<BooleanArray, String> {
        let values = batch.column(0).as_primitive::<Float64Type>();
        Ok(values.iter().map(|value| value.map(f64::is_nan)).collect())
    }

    fn may_contain(&self, _: usize, _: &ArrayRef, _: &ArrayRef) -> bool {
        false
    }
}

#[test]
fn a_row_group_is_never_passed_over_for_the_bounds_of_floats() {
    let values: ArrayRef = Arc::new(Float64Array::from(vec![1.0, f64::NAN, 2.0]));
    let folder = shelf(&[("t.parquet", &file(vec![("x", values)], 10))]);
    let book = open(folder.path(), "").unwrap();
    let request = ReadRequest {
        filter: Some(Arc::new(NotANumber)),
        ..ReadRequest::new(vec![2])
    };
    let chunk = &table(&book).chunks()[0];
    let batch = table(&book)
        .read(chunk, &request)
        .unwrap()
        .next()
        .unwrap()
        .unwrap();
    assert_eq!(batch.column(0).as_primitive::<UInt64Type>().values(), &[2]);
}

#[test]
fn a_filter_that_fails_is_an_error_with_its_reason() {
    let folder = shelf(&[("t.parquet", &ledger(5))]);
    let book = open(folder.path(), "").unwrap();
    let filter = Ids {
        columns: vec![0],
        wanted: vec![-1],
        uses_bounds: false,
        keeps_many: false,
    };
    let request = ReadRequest {
        filter: Some(Arc::new(filter)),
        ..ReadRequest::new(vec![0])
    };
    let chunk = &table(&book).chunks()[0];
    let mut reader = table(&book).read(chunk, &request).unwrap();
    let error = reader.next().unwrap().unwrap_err();
    assert_eq!(error.kind, ReadErrorKind::Filter("minus one".to_owned()));
    assert!(reader.next().is_none());
}

#[test]
fn files_of_a_table_must_have_the_same_types_and_may_have_another_order() {
    let (one, two) = (ids([1]), ids([2]));
    let folder = shelf(&[
        (
            "1.parquet",
            &file(vec![("id", one.clone()), ("b", two.clone())], 10),
        ),
        (
            "2.parquet",
            &file(vec![("b", two), ("id", one.clone())], 10),
        ),
    ]);
    let book = open(folder.path(), "t.files = '*.parquet'").unwrap();
    let table = table(&book);
    assert_eq!(
        read(table, &ReadRequest::new(row_and_id(table))),
        [(1, 1), (1, 1)]
    );

    let text: ArrayRef = Arc::new(StringArray::from(vec!["1"]));
    let folder = shelf(&[
        ("1.parquet", &file(vec![("id", one)], 10)),
        ("2.parquet", &file(vec![("id", text)], 10)),
    ]);
    let errors = open(folder.path(), "t.files = '*.parquet'").unwrap_err();
    assert_eq!(
        texts(&errors),
        "2.parquet: column \"id\" is Utf8View here and Int64 in 1.parquet; \
         make them two tables, and bring the types together in the rule"
    );
}

#[test]
fn a_nested_column_is_refused_only_when_it_is_asked_for() {
    let list = ListArray::from_iter_primitive::<Int64Type, _, _>(vec![Some(vec![Some(1)])]);
    let folder = shelf(&[(
        "t.parquet",
        &file(vec![("tags", Arc::new(list)), ("id", ids([7]))], 10),
    )]);
    let book = open(folder.path(), "").unwrap();
    let table = table(&book);
    assert_eq!(read(table, &ReadRequest::new(row_and_id(table))), [(7, 1)]);
    let error = table
        .read(&table.chunks()[0], &ReadRequest::new(vec![0]))
        .unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("t.parquet: column \"tags\" is List(Int64"),
        "{error}"
    );
}

#[test]
fn a_damaged_file_is_refused_and_never_a_panic() {
    let whole = ledger(50);
    for length in (0..whole.len()).step_by(13) {
        let said = outcome(&[("t.parquet", &whole[..length])], "");
        assert!(
            said.starts_with("t.parquet: not readable as Parquet: "),
            "{length}: {said}"
        );
    }
    let sound = outcome(&[("t.parquet", &whole)], "");
    let mut placed = 0;
    for at in 0..whole.len() {
        let mut damaged = whole.clone();
        damaged[at] ^= 0x55;
        let said = outcome(&[("t.parquet", &damaged)], "");
        let is_harmless = said.lines().count() == sound.lines().count();
        assert!(
            is_harmless || said.contains("t.parquet: "),
            "byte {at}: {said}"
        );
        placed += usize::from(said.contains("not readable as Parquet: row group 1, rows 1 to "));
    }
    assert!(placed > 0, "the place of a damaged page is told");
}

#[test]
fn a_file_that_changes_while_it_is_read_is_refused() {
    for (name, bytes) in [("t.parquet", ledger(50)), ("t.csv", b"a,b\n1,2\n".to_vec())] {
        let folder = shelf(&[(name, &bytes)]);
        let book = open(folder.path(), "").unwrap();
        let chunk = table(&book).chunks().pop().unwrap();
        let mut reader = table(&book)
            .read(&chunk, &ReadRequest::new(vec![0]))
            .unwrap();
        assert!(reader.next().unwrap().is_ok());
        std::fs::write(folder.path().join(name), [&bytes[..], b"more"].concat()).unwrap();
        let error = reader.last().unwrap().unwrap_err();
        assert_eq!(error.kind, ReadErrorKind::Changed);
        assert_eq!(
            digests(table(&book), 2).unwrap_err().kind,
            ReadErrorKind::Changed
        );
    }
}

#[test]
fn a_file_that_is_replaced_by_another_one_is_no_damaged_file() {
    for (name, bytes) in [("t.parquet", ledger(50)), ("t.csv", b"a,b\n1,2\n".to_vec())] {
        let folder = shelf(&[(name, &bytes)]);
        let book = open(folder.path(), "").unwrap();
        let chunk = table(&book).chunks().pop().unwrap();
        let other = folder.path().join("other");
        std::fs::write(&other, "a,b\n1\n").unwrap();
        std::fs::rename(other, folder.path().join(name)).unwrap();
        let mut reader = table(&book)
            .read(&chunk, &ReadRequest::new(vec![0]))
            .unwrap();
        let error = reader.find_map(Result::err).unwrap();
        assert_eq!(error.kind, ReadErrorKind::Changed, "{name}");
    }
}

#[test]
fn digests_are_those_of_the_bytes_in_the_order_of_the_files() {
    let names = ["1.csv", "2.csv", "3.csv"];
    let folder = shelf(&[
        (names[0], b"a\n1\n"),
        (names[1], b"a\n2\n"),
        (names[2], b"a\n"),
    ]);
    let book = open(folder.path(), "t.files = '*.csv'").unwrap();
    for threads in [0, 1, 2, 50] {
        let digests = digests(table(&book), threads).unwrap();
        let found: Vec<(&str, u64, &str)> = digests
            .iter()
            .map(|digest| (digest.file.as_str(), digest.bytes, digest.blake3.as_str()))
            .collect();
        let hash = |text: &[u8]| blake3::hash(text).to_hex().to_string();
        let hashes = [hash(b"a\n1\n"), hash(b"a\n2\n"), hash(b"a\n")];
        assert_eq!(
            found,
            [
                (names[0], 4, &*hashes[0]),
                (names[1], 4, &*hashes[1]),
                (names[2], 2, &*hashes[2])
            ]
        );
    }
}

#[test]
fn columns_of_one_name_can_be_left_out() {
    let columns = vec![("id", ids([1])), ("id", ids([2])), ("day", ids([3]))];
    let folder = shelf(&[("t.parquet", &file(columns, 10))]);
    let errors = open(folder.path(), "").unwrap_err();
    assert_eq!(
        texts(&errors),
        "t.parquet: two columns are named \"id\": the 1. and the 2.; leave both out with `ignore = [\"id\"]`, \
         or have the file written with a name for each"
    );
    let book = open(folder.path(), "t.ignore = ['id']").unwrap();
    assert_eq!(records(table(&book), 10).unwrap().len(), 1);
}

#[test]
fn small_decimals_come_in_64_bits_where_that_is_asked_for() {
    let decimals = |precision| -> ArrayRef {
        let values = Decimal128Array::from(vec![Some(-12_345), None, Some(999)]);
        Arc::new(values.with_precision_and_scale(precision, 2).unwrap())
    };
    let columns = vec![("small", decimals(18)), ("large", decimals(19))];
    let folder = shelf(&[("t.parquet", &file(columns, 10))]);
    let book = open(folder.path(), "").unwrap();
    let request = ReadRequest {
        narrow_decimals: true,
        ..ReadRequest::new(vec![1, 0])
    };
    let chunk = &table(&book).chunks()[0];
    let mut reader = table(&book).read(chunk, &request).unwrap();
    let batch = reader.next().unwrap().unwrap();
    assert_eq!(
        batch.column(0).as_primitive::<Decimal128Type>(),
        decimals(19).as_primitive::<Decimal128Type>()
    );
    let small = batch.column(1).as_primitive::<Decimal64Type>();
    assert_eq!(small.data_type(), &DataType::Decimal64(18, 2));
    assert_eq!(
        small.iter().collect::<Vec<_>>(),
        [Some(-12_345), None, Some(999)]
    );
}
