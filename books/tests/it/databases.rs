//! Tables of a database as tables of a book: SQLite, which needs no server.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{ArrayRef, BooleanArray, Int64Array, RecordBatch};
use arrow_cast::display::{ArrayFormatter, FormatOptions};
use arrow_schema::DataType;
use books::{
    Book, BookError, BookSpec, DatabaseAddress, Meter, RangeTest, ReadRequest, RowFilter, Table,
};
use proptest::prelude::*;

fn fill(folder: &Path, sql: &str) {
    let file = rusqlite::Connection::open(folder.join("pay.db")).unwrap();
    file.execute_batch(sql).unwrap();
}

fn open(folder: &Path, tables: &str, chunk_bytes: u64) -> Result<Book, Vec<BookError>> {
    let spec = BookSpec {
        database: Some(DatabaseAddress::parse("sqlite://pay.db", folder).unwrap()),
        tables: toml::from_str(tables).unwrap(),
        ..BookSpec::default()
    };
    Book::open_cut(&spec, chunk_bytes)
}

/// The records of a batch, the values with a bar between them.
fn lines(batch: &RecordBatch) -> Vec<String> {
    let options = FormatOptions::new().with_null("∅");
    let line = |row| {
        let value = |column| {
            ArrayFormatter::try_new(column, &options)
                .unwrap()
                .value(row)
                .to_string()
        };
        batch
            .columns()
            .iter()
            .map(|column| value(column))
            .collect::<Vec<_>>()
            .join(" | ")
    };
    (0..batch.num_rows()).map(line).collect()
}

fn records(table: &Table, batch_rows: usize) -> Vec<String> {
    let request = ReadRequest {
        batch_rows,
        ..ReadRequest::new((0..table.schema().fields().len()).collect())
    };
    let chunks = table.chunks();
    let batches = chunks
        .iter()
        .flat_map(|chunk| table.read(chunk, &request).unwrap());
    batches.flat_map(|batch| lines(&batch.unwrap())).collect()
}

fn digest(table: &Table) -> String {
    let (meter, left) = (Meter::default(), table.undigested());
    let digests = books::digest_tables(&[table], 2, &meter, &|| false).unwrap();
    assert_eq!(meter.bytes.load(Ordering::Relaxed), left.unwrap_or(0));
    digests[0][0].blake3.clone()
}

/// Wants the records whose number is in a list.
#[derive(Debug)]
struct Numbers {
    columns: Vec<usize>,
    wanted: Vec<i64>,
    is_bounded: bool,
    /// Whether it tells what it wants.
    tells: bool,
    /// How many records it was shown.
    shown: AtomicU64,
}

impl RowFilter for Numbers {
    fn columns(&self) -> &[usize] {
        &self.columns
    }

    fn keep(&self, batch: &RecordBatch) -> Result<BooleanArray, String> {
        let numbers = batch.column(0).as_primitive::<Int64Type>();
        self.shown
            .fetch_add(numbers.len() as u64, Ordering::Relaxed);
        Ok(numbers
            .iter()
            .map(|number| number.map(|n| self.wanted.contains(&n)))
            .collect())
    }

    fn may_contain(&self, column: usize, min: &ArrayRef, max: &ArrayRef) -> bool {
        assert_eq!((column, min.len(), max.len()), (self.columns[0], 1, 1));
        let [min, max] = [min, max].map(|end| end.as_primitive::<Int64Type>().value(0));
        !self.is_bounded
            || self
                .wanted
                .iter()
                .any(|number| (min..=max).contains(number))
    }

    fn wanted(
        &self,
        column: usize,
        data_type: &DataType,
        [after, upto]: [Option<&ArrayRef>; 2],
        most: usize,
    ) -> Option<ArrayRef> {
        assert_eq!((column, data_type), (self.columns[0], &DataType::Int64));
        let bound = |end: &ArrayRef| end.as_primitive::<Int64Type>().value(0);
        let (after, upto) = (after.map(bound), upto.map(bound));
        let is_within = |number: &i64| {
            after.is_none_or(|after| *number > after) && upto.is_none_or(|upto| *number <= upto)
        };
        let wanted = self.wanted.iter().copied().filter(is_within);
        let wanted: BTreeSet<i64> = wanted.collect();
        let is_told = self.tells && wanted.len() <= most;
        is_told.then(|| Arc::new(Int64Array::from_iter_values(wanted)) as ArrayRef)
    }
}

#[test]
fn each_table_has_its_columns_its_place_and_its_key() {
    let folder = tempfile::tempdir().unwrap();
    fill(
        folder.path(),
        "CREATE TABLE flow (serial TEXT, leg INTEGER, amount DECIMAL(18,2), memo TEXT,
             PRIMARY KEY (leg, serial)) WITHOUT ROWID;
         INSERT INTO flow VALUES ('B', 1, '0.01', NULL), ('A', 2, '10.00', 'a'), ('A', 1, '-5.5', '');
         CREATE VIEW large AS SELECT serial FROM flow WHERE amount > 1;",
    );
    let book = open(
        folder.path(),
        "flow.columns = { \"序号\" = \"serial\" }\nflow.ignore = [\"memo\"]",
        1 << 20,
    )
    .unwrap();
    let names: Vec<&str> = book.tables().map(|table| table.name()).collect();
    assert_eq!(names, ["flow", "large"]);
    let flow = book.table("flow").unwrap();
    let schema = flow.schema();
    let columns: Vec<&str> = schema
        .fields()
        .iter()
        .map(|field| field.name().as_str())
        .collect();
    assert_eq!(columns, ["序号", "leg", "amount", "_file", "_row"]);
    assert_eq!(flow.key(), ["leg", "序号"]);
    assert!(flow.moment().unwrap().starts_with("SQLite 3."));
    assert_eq!(
        records(flow, 2),
        [
            "A | 1 | -5.50 |  | 1",
            "B | 1 | 0.01 |  | 2",
            "A | 2 | 10.00 |  | 3"
        ]
    );
    assert_eq!(records(book.table("large").unwrap(), 2), ["A |  | 1"]);
    assert_eq!(flow.repairs().len(), 1);
}

#[test]
fn what_says_how_files_are_written_is_refused_and_so_is_a_table_that_is_not_there() {
    let folder = tempfile::tempdir().unwrap();
    fill(
        folder.path(),
        "CREATE TABLE flow (id INTEGER PRIMARY KEY); CREATE TABLE day (id INTEGER)",
    );
    let said = |tables: &str| {
        let errors = open(folder.path(), tables, 1 << 20).unwrap_err();
        errors
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join("\n")
    };
    insta::assert_snapshot!(
        [
            said("flow.encoding = \"gb18030\""),
            said("flow.null_values = [\"\"]"),
            said("[flows]"),
            said("flow.columns = { _row = \"id\" }"),
        ]
        .join("\n"),
        @r#"
    table flow: it says how files are written, and this is a table of a database; leave `encoding` out
    table flow: it says how files are written, and this is a table of a database; leave `null_values` out
    table flows: no file matches the name "flows"; sqlite://pay.db has day, flow
    flow: a column is named "_row", which is the name of a record's place; give it another one: `columns = { row_ = ["_row"] }`
    table flow: no file has a column "_row"; the columns are "id"
    "#
    );
}

#[test]
fn a_digest_tells_every_value_and_not_the_order_of_writing() {
    let of = |columns: &str, records: &str| {
        let folder = tempfile::tempdir().unwrap();
        fill(
            folder.path(),
            &format!("CREATE TABLE flow (id INTEGER PRIMARY KEY, {columns})"),
        );
        fill(folder.path(), &format!("INSERT INTO flow VALUES {records}"));
        let book = open(folder.path(), "", 200).unwrap();
        digest(book.table("flow").unwrap())
    };
    let cases = [
        (
            "amount DECIMAL(18,2), memo TEXT",
            "(1, '1.00', 'ab'), (2, NULL, ''), (3, '0.01', NULL)",
            "(3, '0.01', NULL), (2, NULL, ''), (1, 1, 'ab')",
            &[
                "(1, '1.01', 'ab'), (2, NULL, ''), (3, '0.01', NULL)",
                "(1, '1.00', 'ab'), (2, 0, ''), (3, '0.01', NULL)",
                "(1, '1.00', 'ab'), (2, NULL, NULL), (3, '0.01', NULL)",
                "(1, '1.00', 'a'), (2, NULL, 'b'), (3, '0.01', NULL)",
                "(1, '1.00', 'ab'), (2, NULL, '')",
                "(1, '1.00', 'ab'), (2, NULL, ''), (4, '0.01', NULL)",
            ][..],
        ),
        (
            "memo TEXT, other TEXT",
            "(1, 'ab', 'c'), (2, NULL, ''), (3, 'd', 'e'), (9, 'f', 'g')",
            "(9, 'f', 'g'), (3, 'd', 'e'), (2, NULL, ''), (1, 'ab', 'c')",
            &[
                "(1, 'a', 'bc'), (2, NULL, ''), (3, 'd', 'e'), (9, 'f', 'g')",
                "(1, 'ab', 'c'), (2, '', NULL), (3, 'd', 'e'), (9, 'f', 'g')",
                "(1, 'ab', 'c'), (2, NULL, ''), (3, 'f', 'g'), (9, 'd', 'e')",
                "(1, 'ab', 'c'), (2, NULL, ''), (3, 'd', 'e')",
                "(1, 'ab', 'c'), (2, NULL, ''), (4, 'd', 'e'), (9, 'f', 'g')",
            ],
        ),
    ];
    for (columns, first, same, others) in cases {
        let first = of(columns, first);
        assert_eq!(first, of(columns, same), "{same}");
        for other in others {
            assert_ne!(first, of(columns, other), "{other}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]
    #[test]
    fn filters_give_the_records_that_they_want_with_their_numbers(
        numbers in prop::collection::btree_set(-500..500_i64, 0..120),
        wanted in prop::collection::vec(-500..500_i64, 0..30),
        wants_all in any::<bool>(),
        is_bounded in any::<bool>(),
        tells in any::<bool>(),
        key in 0..3_usize,
        chunk_bytes in 100..20_000_u64,
        batch_rows in 1..20_usize,
    ) {
        let folder = tempfile::tempdir().unwrap();
        let key = ["n INTEGER PRIMARY KEY", "n INTEGER", "n INTEGER, t2 TEXT AS ('k' || n) STORED NOT NULL UNIQUE"][key];
        let mut sql = format!("CREATE TABLE flow ({key}, memo TEXT);\n");
        for number in &numbers {
            sql.push_str(&format!("INSERT INTO flow (n, memo) VALUES ({number}, 'm{number}');\n"));
        }
        fill(folder.path(), &sql);
        let book = open(folder.path(), "", chunk_bytes).unwrap();
        let table = book.table("flow").unwrap();
        let mut wanted = wanted;
        if wants_all {
            wanted.extend(&numbers);
        }
        let all = records(table, 7);
        prop_assert_eq!(all.len(), numbers.len());
        let number_of = |line: &String| {
            line.split(" | ").next().unwrap().parse::<i64>().unwrap()
        };
        let expected: Vec<String> =
            all.into_iter().filter(|line| wanted.contains(&number_of(line))).collect();
        let meter = Arc::new(Meter::default());
        let request = ReadRequest {
            batch_rows,
            filter: Some(Arc::new(Numbers {
                columns: vec![0],
                wanted,
                is_bounded,
                tells,
                shown: AtomicU64::new(0),
            })),
            meter: Some(Arc::clone(&meter)),
            ..ReadRequest::new((0..table.schema().fields().len()).collect())
        };
        let mut found = Vec::new();
        for chunk in table.chunks() {
            for batch in table.read(&chunk, &request).unwrap() {
                found.extend(lines(&batch.unwrap()));
            }
        }
        prop_assert_eq!(found, expected);
        prop_assert_eq!(meter.rows.load(Ordering::Relaxed), numbers.len() as u64);
        prop_assert_eq!(meter.bytes.load(Ordering::Relaxed), table.files()[0].bytes);
        digest(table);
    }
}

#[test]
fn tables_that_nothing_names_are_there_and_are_not_digested() {
    let folder = tempfile::tempdir().unwrap();
    fill(
        folder.path(),
        "CREATE TABLE flow (id INTEGER PRIMARY KEY); INSERT INTO flow VALUES (1);
         CREATE TABLE Day (id INTEGER PRIMARY KEY); CREATE TABLE log (id INTEGER PRIMARY KEY);",
    );
    let spec = BookSpec {
        database: Some(DatabaseAddress::parse("sqlite://pay.db", folder.path()).unwrap()),
        named_in: Some(vec![
            "flow".to_owned(),
            "SELECT * FROM source.day".to_owned(),
        ]),
        ..BookSpec::default()
    };
    let book = Book::open(&spec).unwrap();
    let tables: Vec<&Table> = book.tables().map(|table| &**table).collect();
    let named: Vec<(&str, bool)> = tables
        .iter()
        .map(|table| (table.name(), table.is_named()))
        .collect();
    assert_eq!(named, [("Day", true), ("flow", true), ("log", false)]);
    let digests = books::digest_tables(&tables, 2, &Meter::default(), &|| false).unwrap();
    let files: Vec<Vec<&str>> = digests
        .iter()
        .map(|files| files.iter().map(|file| file.file.as_str()).collect())
        .collect();
    assert_eq!(files, [vec!["Day"], vec!["flow"], vec![]]);
    assert_eq!(digests[1][0].blake3, digest(book.table("flow").unwrap()));
}

#[test]
fn who_reads_a_range_whole_takes_its_digest() {
    let folder = tempfile::tempdir().unwrap();
    let records: Vec<String> = (1..=50).map(|n| format!("({n}, 'm{n}', NULL)")).collect();
    fill(
        folder.path(),
        &format!(
            "CREATE TABLE flow (id INTEGER PRIMARY KEY, memo TEXT, amount NUMERIC(18,2));
             INSERT INTO flow VALUES {}",
            records.join(", ")
        ),
    );
    let open = || open(folder.path(), "", 900).unwrap();
    let expected = digest(open().table("flow").unwrap());

    let book = open();
    let table = book.table("flow").unwrap();
    table.digest_as_read();
    let chunks = table.chunks();
    assert!(chunks.len() > 3, "{}", chunks.len());
    let read = |chunk, request: &ReadRequest| -> usize {
        let batches = table.read(chunk, request).unwrap();
        batches.map(|batch| batch.unwrap().num_rows()).sum()
    };
    let left = || table.undigested();
    let whole = ReadRequest::new(vec![0]);
    // Neither the beginning of a range nor what a filter keeps of it is the range.
    let beginning = ReadRequest {
        first_rows: Some(2),
        ..whole.clone()
    };
    let some = ReadRequest {
        filter: Some(Arc::new(Numbers {
            columns: vec![0],
            wanted: vec![1],
            is_bounded: true,
            tells: false,
            shown: AtomicU64::new(0),
        })),
        ..whole.clone()
    };
    let all = left();
    assert_eq!(all, Some(table.files()[0].bytes));
    read(&chunks[0], &beginning);
    read(&chunks[0], &some);
    assert_eq!(left(), all);
    // One that ends early has not seen it all; another may.
    drop(table.read(&chunks[1], &whole).unwrap());
    assert_eq!(left(), all);
    // Records that nobody wants are digested, and so they are read; but only once.
    let from_last = ReadRequest {
        within: Some(Arc::new(AtLeast(50))),
        ..whole.clone()
    };
    let rows = usize::try_from(chunks[2].rows.unwrap()).unwrap();
    assert_eq!(read(&chunks[2], &from_last), rows);
    assert_eq!(left(), all.map(|all| all - chunks[2].bytes));
    assert_eq!(read(&chunks[2], &from_last), 0);
    assert_eq!(digest(table), expected);
    // However few come in a batch.
    let by_three = ReadRequest {
        batch_rows: 3,
        ..whole.clone()
    };
    read(&chunks[0], &by_three);
    for chunk in &chunks[3..] {
        read(chunk, &whole);
    }
    assert_eq!(left(), Some(chunks[1].bytes));
    assert_eq!(digest(table), expected);
    read(&chunks[1], &by_three);
    assert_eq!(left(), None);
    assert_eq!(digest(table), expected);
}

#[test]
fn a_value_that_stops_a_digest_is_told_with_what_leaves_its_column_out() {
    let folder = tempfile::tempdir().unwrap();
    fill(
        folder.path(),
        "CREATE TABLE flow (id INTEGER PRIMARY KEY, at DATE);
         INSERT INTO flow VALUES (1, '0000-00-00');",
    );
    let digests = |tables: &str| {
        let book = open(folder.path(), tables, 1 << 20).unwrap();
        let tables: Vec<&Table> = book.tables().map(|table| &**table).collect();
        books::digest_tables(&tables, 1, &Meter::default(), &|| false)
    };
    let refused = digests("").unwrap_err().to_string();
    assert!(
        refused.starts_with("flow, id 1, column \"at\": ")
            && refused.ends_with(
                "; where no rule reads the column, leave it out with `ignore` of the table"
            ),
        "{refused}"
    );
    assert!(digests("[flow]\nignore = [\"at\"]").is_ok());
}

/// Wants the ids from one on.
#[derive(Debug)]
struct AtLeast(i64);

impl RangeTest for AtLeast {
    fn may_contain(&self, column: usize, _: &ArrayRef, max: &ArrayRef) -> bool {
        assert_eq!(column, 0);
        max.as_primitive::<Int64Type>().value(0) >= self.0
    }
}

#[test]
fn ranges_that_hold_nothing_wanted_are_passed_over_and_counted() {
    let folder = tempfile::tempdir().unwrap();
    fill(
        folder.path(),
        "CREATE TABLE flow (id INTEGER PRIMARY KEY);
         INSERT INTO flow VALUES (1), (2), (3), (4), (5), (6), (7), (8), (9), (10);",
    );
    // Four records of eight bytes in each, and what is left.
    let book = open(folder.path(), "", 64).unwrap();
    let table = book.table("flow").unwrap();
    let meter = Arc::new(Meter::default());
    let request = ReadRequest {
        within: Some(Arc::new(AtLeast(9))),
        meter: Some(Arc::clone(&meter)),
        ..ReadRequest::new(vec![0])
    };
    let mut told = Vec::new();
    for chunk in table.chunks() {
        let mut reader = table.read(&chunk, &request).unwrap();
        let rows: usize = reader.by_ref().map(|batch| batch.unwrap().num_rows()).sum();
        told.push((rows, reader.passed_over()));
    }
    // Of the first one nobody says where it begins.
    assert_eq!(told, [(4, 0), (0, 4), (2, 0)]);
    assert_eq!(meter.rows.load(Ordering::Relaxed), 10);
}

#[test]
fn of_few_wanted_keys_the_others_are_not_looked_at() {
    let folder = tempfile::tempdir().unwrap();
    let records: Vec<String> = (1..=200).map(|n| format!("({}, 'm{n}')", n * 2)).collect();
    fill(
        folder.path(),
        &format!(
            "CREATE TABLE flow (n INTEGER PRIMARY KEY, memo TEXT); INSERT INTO flow VALUES {}",
            records.join(", ")
        ),
    );
    // Some twenty records in each range.
    let book = open(folder.path(), "", 2_000).unwrap();
    let table = book.table("flow").unwrap();
    let mut shown = Vec::new();
    for tells in [true, false] {
        let filter = Arc::new(Numbers {
            columns: vec![0],
            // Of the odd ones there are none; the last range has more than a few.
            wanted: [2, 41, 42, 300].into_iter().chain(370..=400).collect(),
            is_bounded: false,
            tells,
            shown: AtomicU64::new(0),
        });
        let request = ReadRequest {
            filter: Some(Arc::clone(&filter) as Arc<dyn RowFilter>),
            ..ReadRequest::new((0..table.schema().fields().len()).collect())
        };
        let mut found = Vec::new();
        for chunk in table.chunks() {
            for batch in table.read(&chunk, &request).unwrap() {
                found.extend(lines(&batch.unwrap()));
            }
        }
        assert_eq!(found.len(), 19, "{found:?}");
        assert_eq!(found[1], "42 | m21 |  | 21");
        assert_eq!(found[2], "300 | m150 |  | 150");
        shown.push(filter.shown.load(Ordering::Relaxed));
    }
    assert!(shown[0] < 60 && shown[1] >= 200, "{shown:?}");
}

/// Where a range has every whole number between its ends, records are numbered by their keys, and as
/// many as are worth it are asked for by them.
#[test]
fn of_keys_without_gaps_many_are_asked_for_by_their_values() {
    let folder = tempfile::tempdir().unwrap();
    let records: Vec<String> = (1..=20_000).map(|n| format!("({n}, 'm{n}')")).collect();
    fill(
        folder.path(),
        &format!(
            "CREATE TABLE flow (n INTEGER PRIMARY KEY, memo TEXT); INSERT INTO flow VALUES {}",
            records.join(", ")
        ),
    );
    let book = open(folder.path(), "", 1 << 19).unwrap();
    let table = book.table("flow").unwrap();
    let ranges = table.chunks().len() as u64;
    assert!(ranges > 2, "{ranges} ranges");
    let wanted: Vec<i64> = (1..=20_000).step_by(41).collect();
    let filter = Arc::new(Numbers {
        columns: vec![0],
        wanted: wanted.clone(),
        is_bounded: false,
        tells: true,
        shown: AtomicU64::new(0),
    });
    let request = ReadRequest {
        filter: Some(Arc::clone(&filter) as Arc<dyn RowFilter>),
        ..ReadRequest::new((0..table.schema().fields().len()).collect())
    };
    let mut found = Vec::new();
    let mut others = 0;
    for chunk in table.chunks() {
        let before = filter.shown.load(Ordering::Relaxed);
        for batch in table.read(&chunk, &request).unwrap() {
            found.extend(lines(&batch.unwrap()));
        }
        let shown = filter.shown.load(Ordering::Relaxed) - before;
        others += u64::from(shown > 500);
    }
    let expected: Vec<String> = wanted
        .iter()
        .map(|n| format!("{n} | m{n} |  | {n}"))
        .collect();
    assert_eq!(found, expected);
    assert_eq!(
        others, 2,
        "the first range and the last one have an open end"
    );
}
