//! SQLite files, read as anybody may have made them.

#[path = "support/written.rs"]
mod written;

use std::fmt::Write as _;
use std::path::Path;

use arrow_array::{Array, RecordBatch};
use arrow_cast::display::{ArrayFormatter, FormatOptions};
use databases::{Address, Database, DatabaseErrorKind, KeyRange};
use proptest::prelude::*;
use rusqlite::Connection;
use tempfile::TempDir;

/// A file made by some SQL, and who wrote it.
struct Made {
    folder: TempDir,
    writer: Connection,
}

fn made(sql: &str) -> Made {
    let folder = tempfile::tempdir().expect("a folder");
    let writer = Connection::open(folder.path().join("pay.db")).expect("opened");
    // What a power cut would leave is of no interest here.
    writer
        .pragma_update(None, "synchronous", "OFF")
        .expect("set");
    writer.execute_batch(sql).expect("good SQL");
    Made { folder, writer }
}

impl Made {
    fn open(&self, sessions: usize) -> Database {
        opened(self.folder.path(), sessions).expect("opened")
    }
}

fn opened(folder: &Path, sessions: usize) -> Result<Database, databases::DatabaseError> {
    let address = Address::parse("sqlite://pay.db", folder).expect("an address");
    Database::open(&address, sessions)
}

/// What an error says, wherever the file lies.
fn refusal(folder: &Path) -> String {
    let error = opened(folder, 2)
        .map(|_| ())
        .expect_err("it cannot be opened");
    assert!(
        matches!(error.kind, DatabaseErrorKind::Unreachable { .. }),
        "{error:?}"
    );
    error
        .to_string()
        .replace(&folder.display().to_string(), "/data")
}

fn table(database: &Database, name: &str) -> usize {
    let mut tables = database.tables().iter();
    tables
        .position(|table| table.name == name)
        .expect("it is there")
}

fn all_columns(database: &Database, table: usize) -> Vec<usize> {
    (0..database.tables()[table].columns.len()).collect()
}

fn lines(batch: &RecordBatch) -> Vec<String> {
    let options = FormatOptions::new().with_null("NULL");
    let formatters: Vec<_> = batch
        .columns()
        .iter()
        .map(|column| ArrayFormatter::try_new(column, &options).expect("shown"))
        .collect();
    (0..batch.num_rows())
        .map(|row| {
            let values = formatters
                .iter()
                .map(|values| values.value(row).to_string());
            values.collect::<Vec<_>>().join(" | ")
        })
        .collect()
}

/// The records of a range, or the error they end with.
fn read(database: &Database, table: usize, range: &KeyRange, columns: &[usize]) -> Vec<String> {
    let mut shown = Vec::new();
    for batch in database.read(table, range, columns, 3) {
        match batch {
            Ok(batch) => shown.extend(lines(&batch)),
            Err(error) => shown.push(error.to_string()),
        }
    }
    shown
}

/// All of a table, in ranges of so many records.
fn read_all(database: &Database, name: &str, rows: u64) -> Vec<String> {
    let table = table(database, name);
    let columns = all_columns(database, table);
    let ranges = database.cut(table, rows).expect("cut");
    let mut shown = Vec::new();
    for range in &ranges {
        let records = read(database, table, range, &columns);
        if let Some(rows) = range.rows {
            assert_eq!(range.first_row, shown.len() as u64 + 1);
            assert_eq!(rows, records.len() as u64);
        }
        shown.extend(records);
    }
    shown
}

/// Every column of table `t` on its own, with its type.
fn each_column(sql: &str) -> String {
    let made = made(sql);
    let database = made.open(1);
    let range = &database.cut(0, 1000).expect("cut")[0];
    let mut shown = String::new();
    for (at, column) in database.tables()[0].columns.iter().enumerate() {
        let null = if column.is_nullable { "" } else { " NOT NULL" };
        let (name, declared) = (&column.name, &column.declared);
        let _ = writeln!(shown, "{name} {declared:?}: {}{null}", column.data_type);
        for record in read(&database, 0, range, &[at]) {
            let _ = writeln!(shown, "  {record}");
        }
    }
    shown
}

#[test]
fn each_type_is_given_to_its_edges() {
    insta::assert_snapshot!(
        each_column(
            "CREATE TABLE t (
                id INTEGER PRIMARY KEY, whole BIGINT, yes BOOLEAN, words VARCHAR(9), bytes BLOB,
                real DOUBLE, day DATE, time TIME, at DATETIME, since TIMESTAMPTZ, untyped,
                json JSON NOT NULL
            );
            INSERT INTO t VALUES
                (-9223372036854775808, -9223372036854775808, 0, '', x'', -1.7976931348623157e308,
                    '0001-01-01', '00:00', '0001-01-01 00:00', '0001-01-02T00:00:00+23:59', 'text',
                    '{\"a\": 1}'),
                (0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'null'),
                (1, 12, 1, '阿华田 工资', x'00ff', 0.1, '2024-02-29', '08:00:00.5',
                    '2024-02-29T08:00:00.000001', '2024-02-29 08:00:00.123+08', 7, '[]'),
                (9223372036854775807, 9223372036854775807, 1, 12, zeroblob(3), 5e-324,
                    '9999-12-31', '23:59:59.999999', '9999-12-31 23:59:59.999999',
                    '9999-12-31 23:59:59.999999Z', 0.1, '1');"
        ),
        @r#"
    id "INTEGER": Int64 NOT NULL
      -9223372036854775808
      0
      1
      9223372036854775807
    whole "BIGINT": Int64
      -9223372036854775808
      NULL
      12
      9223372036854775807
    yes "BOOLEAN": Boolean
      false
      NULL
      true
      true
    words "VARCHAR(9)": Utf8View
      
      NULL
      阿华田 工资
      12
    bytes "BLOB": BinaryView
      
      NULL
      00ff
      000000
    real "DOUBLE": Float64
      -1.7976931348623157e308
      NULL
      0.1
      5e-324
    day "DATE": Date32
      0001-01-01
      NULL
      2024-02-29
      9999-12-31
    time "TIME": Time64(µs)
      00:00:00
      NULL
      08:00:00.500
      23:59:59.999999
    at "DATETIME": Timestamp(µs)
      0001-01-01T00:00:00
      NULL
      2024-02-29T08:00:00.000001
      9999-12-31T23:59:59.999999
    since "TIMESTAMPTZ": Timestamp(µs, "UTC")
      0001-01-01T00:01:00Z
      NULL
      2024-02-29T00:00:00.123Z
      9999-12-31T23:59:59.999999Z
    untyped "": Utf8View
      text
      NULL
      7
      0.1
    json "JSON": Utf8View NOT NULL
      {"a": 1}
      null
      []
      1
    "#
    );
}

#[test]
fn decimals_are_given_back_as_they_were_written() {
    insta::assert_snapshot!(
        each_column(
            "CREATE TABLE t (id INTEGER PRIMARY KEY, money DECIMAL(18,2), rate NUMERIC(15,8),
                count DECIMAL(38), wide NUMERIC(76,38), bare NUMERIC);
            INSERT INTO t VALUES
                (1, '10.01', '0.00000001', '9223372036854775807', '9223372036854775807', '10.010'),
                (2, 10.01, 3.14159265, -9223372036854775808, '0.00000000000001', 1.5),
                (3, -0.05, -0.1, 1e22, '123456.789012345', '10.00'),
                (4, '9999999999999.99', 1234567.12345678, 0, -0.5, 1e17),
                (5, '-0.00', 7, 123456789012345, 123456789012345000, '1,000.00'),
                (6, NULL, NULL, NULL, NULL, NULL);"
        ),
        @r#"
    id "INTEGER": Int64 NOT NULL
      1
      2
      3
      4
      5
      6
    money "DECIMAL(18,2)": Decimal128(18, 2)
      10.01
      10.01
      -0.05
      9999999999999.99
      0.00
      NULL
    rate "NUMERIC(15,8)": Decimal128(15, 8)
      0.00000001
      3.14159265
      -0.10000000
      1234567.12345678
      7.00000000
      NULL
    count "DECIMAL(38)": Decimal128(38, 0)
      9223372036854775807
      -9223372036854775808
      10000000000000000000000
      0
      123456789012345
      NULL
    wide "NUMERIC(76,38)": Decimal256(76, 38)
      9223372036854775807.00000000000000000000000000000000000000
      0.00000000000001000000000000000000000000
      123456.78901234500000000000000000000000000000
      -0.50000000000000000000000000000000000000
      123456789012345000.00000000000000000000000000000000000000
      NULL
    bare "NUMERIC": Utf8View
      10.01
      1.5
      10
      100000000000000000
      1,000.00
      NULL
    "#
    );
}

/// SQLite rewrites numbers as they are inserted; what became a decimal only later is text still.
#[test]
fn decimals_kept_as_text_have_all_their_digits() {
    let nines = "9".repeat(38);
    let (left, right) = ("1".repeat(38), "2".repeat(38));
    let made = made(&format!(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, d38 DECIMAL(38,0), d76 DECIMAL(76,38));
        INSERT INTO t VALUES (1, NULL, NULL);
        CREATE TABLE kept (d38 TEXT, d76 TEXT);
        INSERT INTO kept VALUES ('{nines}', '-{left}.{right}'), ('-{nines}', '0.{right}');
        PRAGMA writable_schema = 1;
        UPDATE sqlite_schema SET sql = 'CREATE TABLE kept (d38 DECIMAL(38,0), d76 DECIMAL(76,38))'
            WHERE name = 'kept';"
    ));
    insta::assert_snapshot!(read_all(&made.open(1), "kept", 10).join("\n"), @"
    99999999999999999999999999999999999999 | -11111111111111111111111111111111111111.22222222222222222222222222222222222222
    -99999999999999999999999999999999999999 | 0.22222222222222222222222222222222222222
    ");
}

/// One record that cannot be held, in each way there is.
#[test]
fn what_cannot_be_held_names_its_record() {
    let cases = [
        ("id INTEGER PRIMARY KEY, v DECIMAL(18,2)", "0.1 + 0.2"),
        ("id INTEGER PRIMARY KEY, v DECIMAL(18,2)", "10.015"),
        ("id INTEGER PRIMARY KEY, v DECIMAL(18,2)", "1e17"),
        ("id INTEGER PRIMARY KEY, v DECIMAL(18,2)", "'ten'"),
        ("id INTEGER PRIMARY KEY, v DECIMAL(18,2)", "x'00'"),
        ("id INTEGER PRIMARY KEY, v DECIMAL(4,2)", "100"),
        ("id INTEGER PRIMARY KEY, v DECIMAL(40,2)", "0.1 + 0.2"),
        ("id INTEGER PRIMARY KEY, v DECIMAL(18,2)", "9e999"),
        ("id INTEGER PRIMARY KEY, v DECIMAL(18,2)", "1e-300"),
        ("id INTEGER PRIMARY KEY, v INTEGER", "1.5"),
        ("id INTEGER PRIMARY KEY, v INTEGER", "'one'"),
        ("id INTEGER PRIMARY KEY, v INTEGER", "x'01'"),
        ("id INTEGER PRIMARY KEY, v BOOLEAN", "2"),
        ("id INTEGER PRIMARY KEY, v BOOLEAN", "'true'"),
        ("id INTEGER PRIMARY KEY, v TEXT", "x'e4bda0'"),
        (
            "id INTEGER PRIMARY KEY, v TEXT",
            "CAST(x'e4bda0ff' AS TEXT)",
        ),
        ("id INTEGER PRIMARY KEY, v", "x'00'"),
        ("id INTEGER PRIMARY KEY, v DATE", "x'00'"),
        ("id INTEGER PRIMARY KEY, v DATE", "20240229"),
        ("id INTEGER PRIMARY KEY, v DATE", "'29/02/2024'"),
        ("id INTEGER PRIMARY KEY, v DATE", "'2023-02-29'"),
        ("id INTEGER PRIMARY KEY, v TIME", "'24:00:00'"),
        ("id INTEGER PRIMARY KEY, v DATETIME", "1709251199"),
        (
            "id INTEGER PRIMARY KEY, v DATETIME",
            "'2024-02-29 08:00:00Z'",
        ),
        (
            "id INTEGER PRIMARY KEY, v TIMESTAMPTZ",
            "'2024-02-29 08:00:00'",
        ),
        ("id INTEGER PRIMARY KEY, v BLOB", "'text'"),
        ("id INTEGER PRIMARY KEY, v BLOB", "1"),
        ("id INTEGER PRIMARY KEY, v REAL", "'much'"),
        (
            "v REAL, id TEXT, day DATE, PRIMARY KEY (id, day)",
            "'much', 'a', '2024-01-01'",
        ),
        ("v TEXT", "x'00'"),
    ];
    let mut shown = String::new();
    for (columns, value) in cases {
        let value = match columns.starts_with("id") {
            true => format!("7, {value}"),
            false => value.to_owned(),
        };
        let made = made(&format!(
            "CREATE TABLE t ({columns}); INSERT INTO t VALUES ({value})"
        ));
        let database = made.open(1);
        let _ = writeln!(shown, "{}", read_all_loosely(&database).join("\n"));
    }
    insta::assert_snapshot!(shown, @r#"
    t, id 7, column "v": 0.30000000000000004 is a floating-point number that no decimal of 15 digits gives
    t, id 7, column "v": 10.015 has more than 2 decimal places
    t, id 7, column "v": 100000000000000000 has more than 18 digits
    t, id 7, column "v": "ten" is no decimal number
    t, id 7, column "v": bytes are stored (1), not a decimal
    t, id 7, column "v": 100 has more than 4 digits
    t, id 7, column "v": 0.30000000000000004 is a floating-point number that no decimal of 15 digits gives
    t, id 7, column "v": inf is a floating-point number that no decimal of 15 digits gives
    t, id 7, column "v": 1.00000000000000e-300 is beyond any decimal of 76 digits
    t, id 7, column "v": 1.5 is stored as a floating-point number, not as a whole number
    t, id 7, column "v": "one" is stored as text, not as a whole number
    t, id 7, column "v": bytes are stored (1), not a whole number
    t, id 7, column "v": 2 is neither 0 nor 1
    t, id 7, column "v": "true" is stored as text, not as 0 or 1
    t, id 7, column "v": bytes are stored (3), not text
    t, id 7, column "v": text that is not UTF-8 after "你"
    t, id 7, column "v": bytes are stored (1), not text
    t, id 7, column "v": bytes are stored (1), not a date in text; `?dates=text` behind the address reads what is stored
    t, id 7, column "v": 20240229 is stored as a whole number, not as a date in text; `?dates=text` behind the address reads what is stored
    t, id 7, column "v": "29/02/2024" is not a date such as 2013-05-27; `?dates=text` behind the address reads what is stored
    t, id 7, column "v": "2023-02-29" is not a date such as 2013-05-27; `?dates=text` behind the address reads what is stored
    t, id 7, column "v": "24:00:00" is not a time of day such as 08:00:00; `?dates=text` behind the address reads what is stored
    t, id 7, column "v": 1709251199 is stored as a whole number, not as a date and time in text; `?dates=text` behind the address reads what is stored
    t, id 7, column "v": "2024-02-29 08:00:00Z" is not a date and time such as 2013-05-27 08:00:00; `?dates=text` behind the address reads what is stored
    t, id 7, column "v": "2024-02-29 08:00:00" is not an instant such as 2013-05-27 08:00:00+08:00; `?dates=text` behind the address reads what is stored
    t, id 7, column "v": "text" is stored as text, not as bytes
    t, id 7, column "v": 1 is stored as a whole number, not as bytes
    t, id 7, column "v": "much" is stored as text, not as a number
    t, id a, day 2024-01-01, column "v": "much" is stored as text, not as a number
    t, record 1, column "v": bytes are stored (1), not text
    "#);
}

fn read_all_loosely(database: &Database) -> Vec<String> {
    let range = &database.cut(0, 1000).expect("cut")[0];
    read(database, 0, range, &all_columns(database, 0))
}

#[test]
fn a_bad_record_is_named_wherever_it_lies() {
    let made = made(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, v INTEGER);
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 40)
        INSERT INTO t SELECT i * 10, iif(i = 27, 'x', i) FROM n;
        CREATE TABLE bag (v INTEGER);
        INSERT INTO bag SELECT v FROM t;",
    );
    let database = made.open(2);
    let t = table(&database, "t");
    let ranges = database.cut(t, 10).expect("cut");
    let ended = |records: Vec<String>| records.last().cloned().expect("an error");
    let keys = vec![
        vec!["20".to_owned()],
        vec!["270".to_owned()],
        vec!["271".to_owned()],
    ];
    let among = database
        .read_keys(t, keys, &[1], 8)
        .last()
        .expect("an error");
    let bag = table(&database, "bag");
    let all = &database.cut(bag, 10).expect("cut")[0];
    insta::assert_snapshot!(
        [
            ended(read(&database, t, &ranges[2], &[0, 1])),
            ended(read(&database, t, &ranges[2], &[1])),
            among.expect_err("a bad value").to_string(),
            ended(read(&database, bag, all, &[0])),
        ]
        .join("\n"),
        @r#"
    t, id 270, column "v": "x" is stored as text, not as a whole number
    t, id 270, column "v": "x" is stored as text, not as a whole number
    t, id 270, column "v": "x" is stored as text, not as a whole number
    bag, record 27, column "v": "x" is stored as text, not as a whole number
    "#
    );
    // The sessions go on.
    assert_eq!(read(&database, t, &ranges[3], &[0]).len(), 10);
}

/// What a NOT NULL column holds although it cannot.
#[test]
fn a_null_where_none_can_be_is_an_error() {
    let made = made(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT); INSERT INTO t VALUES (7, NULL);
        PRAGMA writable_schema = 1;
        UPDATE sqlite_schema SET sql = 'CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT NOT NULL)';",
    );
    insta::assert_snapshot!(read_all_loosely(&made.open(1)).join("\n"), @r#"t, id 7, column "v": it is NULL, although the column is declared NOT NULL"#);
}

#[test]
fn keys_are_found_where_they_hold() {
    let made = made(
        "CREATE TABLE a1 (id INTEGER PRIMARY KEY, v);
        CREATE TABLE a2 (id INTEGER PRIMARY KEY DESC, v);
        CREATE TABLE a3 (v, id INT PRIMARY KEY NOT NULL);
        CREATE TABLE b1 (a TEXT, b DATE, c, PRIMARY KEY (b, a));
        CREATE TABLE b2 (a TEXT, b DATE, PRIMARY KEY (b, a)); INSERT INTO b2 VALUES ('x', NULL);
        CREATE TABLE b3 (a TEXT PRIMARY KEY); INSERT INTO b3 VALUES (NULL);
        CREATE TABLE c1 (a TEXT, b INT, PRIMARY KEY (a, b DESC)) WITHOUT ROWID;
        CREATE TABLE c2 (a PRIMARY KEY) WITHOUT ROWID;
        CREATE TABLE c3 (a ANY PRIMARY KEY) STRICT;
        CREATE TABLE d1 (a TEXT NOT NULL, b INT NOT NULL UNIQUE, UNIQUE (a, b));
        CREATE TABLE d2 (a TEXT UNIQUE, b INT);
        CREATE TABLE d3 (a TEXT NOT NULL, b INT); CREATE UNIQUE INDEX d3a ON d3 (a) WHERE b > 0;
        CREATE TABLE d4 (a TEXT NOT NULL); CREATE UNIQUE INDEX d4a ON d4 (lower(a));
        CREATE TABLE d5 (a TEXT NOT NULL, b TEXT NOT NULL); CREATE UNIQUE INDEX d5a ON d5 (a, lower(b));
        CREATE TABLE e1 (a TEXT COLLATE NOCASE PRIMARY KEY NOT NULL);
        CREATE TABLE e2 (a TEXT COLLATE NOCASE NOT NULL);
            CREATE UNIQUE INDEX e2a ON e2 (a COLLATE BINARY);
        CREATE TABLE f1 (a TEXT NOT NULL PRIMARY KEY, rowid INT);
        CREATE TABLE g1 (a INTEGER PRIMARY KEY, s AS (a * 2) STORED, v TEXT AS (a || '!'));
        CREATE VIEW h1 AS SELECT a, s, a + 1 AS next FROM g1;
        CREATE VIEW h2 AS SELECT x FROM nowhere;
        CREATE VIRTUAL TABLE i1 USING fts5(words);",
    );
    let database = made.open(1);
    let mut shown = String::new();
    for table in database.tables() {
        let key: Vec<&str> = table.key_names().collect();
        let view = if table.is_view { " (view)" } else { "" };
        let columns: Vec<String> = table
            .columns
            .iter()
            .map(|column| {
                let null = if column.is_nullable { "" } else { "!" };
                format!("{} {}{null}", column.name, column.declared)
            })
            .collect();
        let columns = columns.join(", ");
        let _ = writeln!(
            shown,
            "{}{view} [{}]: {columns}",
            table.name,
            key.join(", ")
        );
    }
    insta::assert_snapshot!(shown, @"
    a1 [id]: id INTEGER!, v 
    a2 [id]: id INTEGER!, v 
    a3 [id]: v , id INT!
    b1 [b, a]: a TEXT!, b DATE!, c 
    b2 []: a TEXT, b DATE
    b3 []: a TEXT
    c1 [a, b]: a TEXT!, b INT!
    c2 []: a !
    c3 []: a ANY!
    d1 [b]: a TEXT!, b INT!
    d2 []: a TEXT, b INT
    d3 []: a TEXT!, b INT
    d4 []: a TEXT!
    d5 []: a TEXT!, b TEXT!
    e1 [a]: a TEXT!
    e2 []: a TEXT!
    f1 [a]: a TEXT!, rowid INT
    g1 [a]: a INTEGER!, s , v TEXT
    h1 (view) []: a INTEGER, s BLOB, next 
    i1 []: words
    ");
}

#[test]
fn estimates_are_had_without_counting() {
    let made = made(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT); CREATE INDEX i ON t (v);
        CREATE TABLE u (id INTEGER PRIMARY KEY);
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)
        INSERT INTO t SELECT i, 'some text' FROM n;
        ANALYZE;",
    );
    let database = made.open(1);
    let shown = database.tables().iter().map(|table| {
        format!(
            "{} {:?} {:?}",
            table.name, table.rows_estimate, table.bytes_estimate
        )
    });
    insta::assert_snapshot!(shown.collect::<Vec<_>>().join("\n"), @"
    t Some(1000) Some(24576)
    u None Some(4096)
    ");
}

#[test]
fn in_a_large_file_a_table_of_codes_is_not_taken_for_a_ledger() {
    // More pages than are measured, and as many tables of codes as share much of the file.
    let made = made(
        "PRAGMA page_size = 512;
        CREATE TABLE flow (id INTEGER PRIMARY KEY, memo TEXT);
        CREATE TABLE type_code (code TEXT PRIMARY KEY, word TEXT) WITHOUT ROWID;
        CREATE TABLE status_code (code TEXT PRIMARY KEY, word TEXT);
        CREATE TABLE empty (id INTEGER PRIMARY KEY);
        INSERT INTO type_code VALUES ('1', 'in'), ('2', 'out');
        INSERT INTO status_code VALUES ('0', 'done');
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
        INSERT INTO flow SELECT i, hex(zeroblob(200)) FROM n;",
    );
    let database = made.open(1);
    let bytes = |name: &str| {
        let tables = database.tables();
        let found = tables.iter().find(|table| table.name == name);
        found.and_then(|table| table.bytes_estimate)
    };
    assert!(
        bytes("flow").is_some_and(|bytes| bytes > 8_000_000),
        "{:?}",
        bytes("flow")
    );
    assert_eq!(bytes("type_code"), Some(2_048));
    assert_eq!(bytes("status_code"), Some(1_024));
    assert_eq!(bytes("empty"), Some(0));
}

#[test]
fn views_and_tables_without_a_key_are_one_range() {
    let made = made(
        "CREATE TABLE bag (rowid TEXT, amount DECIMAL(9,2));
        INSERT INTO bag VALUES ('b', 2.5), ('a', 1), ('b', 2.5);
        CREATE VIEW sums AS SELECT rowid, sum(amount) AS amount FROM bag GROUP BY 1;
        CREATE VIEW same AS SELECT rowid AS name, amount FROM bag;
        CREATE VIRTUAL TABLE found USING fts5(words); INSERT INTO found VALUES ('工资 salary');",
    );
    let database = made.open(2);
    for name in ["bag", "sums", "same", "found"] {
        let ranges = database.cut(table(&database, name), 1).expect("cut");
        assert_eq!(
            ranges.iter().map(|range| range.rows).collect::<Vec<_>>(),
            [None]
        );
    }
    let shown =
        ["bag", "sums", "same", "found"].map(|name| read_all(&database, name, 1).join("\n"));
    insta::assert_snapshot!(shown.join("\n--\n"), @"
    b | 2.50
    a | 1.00
    b | 2.50
    --
    a | 1
    b | 5.0
    --
    b | 2.50
    a | 1.00
    b | 2.50
    --
    工资 salary
    ");
}

#[test]
fn no_columns_give_the_count_alone() {
    let made = made("CREATE TABLE t (id INTEGER PRIMARY KEY); INSERT INTO t VALUES (1), (2), (3)");
    let database = made.open(1);
    let range = &database.cut(0, 10).expect("cut")[0];
    let rows = database
        .read(0, range, &[], 2)
        .map(|batch| batch.expect("read").num_rows());
    assert_eq!(rows.collect::<Vec<_>>(), [2, 1]);
}

#[test]
fn an_empty_table_is_one_empty_range() {
    let made = made("CREATE TABLE t (id INTEGER PRIMARY KEY)");
    let database = made.open(1);
    let ranges = database.cut(0, 10).expect("cut");
    assert_eq!(
        (ranges.len(), ranges[0].first_row, ranges[0].rows),
        (1, 1, Some(0))
    );
    assert_eq!(read_all(&database, "t", 1), Vec::<String>::new());
}

/// A key that is not of its column's type is no place to cut at; within a range it does no harm.
#[test]
fn a_key_of_another_type_is_never_passed_over_silently() {
    let made = made(
        "CREATE TABLE t (id INT PRIMARY KEY NOT NULL, v TEXT);
        INSERT INTO t VALUES (1, 'a'), (1.5, 'b'), (2, 'c'), ('x', 'd'), (x'00', 'e');",
    );
    let database = made.open(1);
    let ranges = database.cut(0, 3).expect("cut");
    let counted: Vec<_> = ranges.iter().map(|range| range.rows).collect();
    assert_eq!(counted, [Some(3), Some(2)]);
    let values: Vec<_> = ranges
        .iter()
        .flat_map(|range| read(&database, 0, range, &[1]))
        .collect();
    assert_eq!(values, ["a", "b", "c", "d", "e"]);
    insta::assert_snapshot!(
        [
            database.cut(0, 2).expect_err("at 1.5").to_string(),
            database.cut(0, 4).expect_err("at x").to_string(),
            database.cut(0, 5).expect_err("at bytes").to_string(),
            read(&database, 0, &ranges[0], &[0]).join("\n"),
        ]
        .join("\n"),
        @r#"
    t, record 2, column "id": 1.5 is stored as a floating-point number, not as a whole number; a table cannot be cut at such a key
    t, record 4, column "id": "x" is stored as text, not as a whole number; a table cannot be cut at such a key
    t, record 5, column "id": bytes are stored (1), not a whole number; a table cannot be cut at such a key
    t, record 2, column "id": 1.5 is stored as a floating-point number, not as a whole number
    "#
    );
}

/// Tables of one column `v` and a key of each kind, with keys of their own edges.
const KEYED: &[&str] = &[
    "k INTEGER PRIMARY KEY",
    "k INT PRIMARY KEY NOT NULL",
    "k TEXT PRIMARY KEY",
    "k TEXT PRIMARY KEY COLLATE NOCASE",
    "k TEXT NOT NULL COLLATE RTRIM UNIQUE",
    "k REAL PRIMARY KEY",
    "k DECIMAL(18,2) PRIMARY KEY",
    "k BLOB PRIMARY KEY",
    "k STRING NOT NULL PRIMARY KEY",
    "k DATE NOT NULL PRIMARY KEY",
    "k TIMESTAMP PRIMARY KEY",
    "k TEXT, l INT, PRIMARY KEY (k, l)",
    "k TEXT, l TEXT, PRIMARY KEY (k DESC, l)",
    "k STRING, l BLOB, PRIMARY KEY (l, k)",
    "k DATE, l BLOB, PRIMARY KEY (l, k)",
    "k INT, l REAL, m TEXT, PRIMARY KEY (m, l, k)",
];

/// A value as SQL writes it, for a column of this name of one of the tables.
fn literal(columns: &str, name: &str, number: i64, word: &str) -> String {
    let quoted = word.replace('\'', "''");
    let declared = columns
        .split(", ")
        .find(|column| column.starts_with(name))
        .expect("declared");
    match declared.split(' ').nth(1).expect("typed") {
        "INTEGER" | "INT" => number.to_string(),
        "REAL" => format!("{:?}", number as f64 / 3.0),
        "DECIMAL(18,2)" => format!("{}.{:02}", number / 100, number.unsigned_abs() % 100),
        "BLOB" => format!("CAST('{quoted}' AS BLOB)"),
        "STRING" if number % 2 == 0 => format!("'{:?}'", number as f64 / 8.0),
        "DATE" => format!(
            "'20{:02}-{:02}-03'",
            number.rem_euclid(100),
            number.rem_euclid(12) + 1
        ),
        _ => format!("'{quoted}'"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    /// However a table is cut, its records come once each, in the order of the whole.
    #[test]
    fn ranges_hold_every_record_once_and_in_order(
        keyed in prop::sample::select(KEYED),
        without_rowid in any::<bool>(),
        records in prop::collection::vec(
            (prop_oneof![-40_i64..40, any::<i32>().prop_map(i64::from)], "[aAbB é薪'\u{0}%.0-9]{0,3}", -3_i64..3),
            0..60,
        ),
        rows in prop_oneof![1_u64..9, Just(20), Just(60), Just(u64::MAX)],
    ) {
        let tail = match without_rowid && keyed.contains("PRIMARY KEY") {
            true => "WITHOUT ROWID",
            false => "",
        };
        let made = made(&format!("CREATE TABLE t (v INT, {keyed}) {tail}"));
        let names: Vec<&str> = ["k", "l", "m"]
            .into_iter()
            .filter(|name| keyed.contains(&format!("{name} ")) && (*name != "l" || keyed.contains(", l ")))
            .filter(|name| *name != "m" || keyed.contains(", m "))
            .collect();
        made.writer.execute_batch("BEGIN").expect("begun");
        for (at, (number, word, small)) in records.iter().enumerate() {
            let word = word.replace('\0', "");
            let values: Vec<String> = names
                .iter()
                .map(|name| literal(keyed, name, if *name == "k" { *number } else { *small }, &word))
                .collect();
            let (names, values) = (names.join(", "), values.join(", "));
            let sql = format!("INSERT OR IGNORE INTO t (v, {names}) VALUES ({at}, {values})");
            made.writer.execute_batch(&sql).expect("inserted");
        }
        made.writer.execute_batch("COMMIT").expect("committed");
        let database = made.open(2);
        prop_assert!(!database.tables()[0].key.is_empty(), "{} has no key", keyed);
        let key: Vec<&str> = database.tables()[0].key_names().collect();
        let whole: Vec<String> = {
            let order = key.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ");
            let sql = format!("SELECT v FROM t NOT INDEXED ORDER BY {order}");
            let mut statement = made.writer.prepare(&sql).expect("good SQL");
            let values = statement.query_map([], |row| row.get::<_, i64>(0)).expect("asked");
            values.map(|value| value.expect("read").to_string()).collect()
        };
        let ranges = database.cut(0, rows).expect("cut");
        prop_assert_eq!(&ranges, &database.cut(0, rows).expect("cut"));
        let mut seen = Vec::new();
        for (at, range) in ranges.iter().enumerate() {
            let records = read(&database, 0, range, &[0]);
            prop_assert_eq!(range.first_row, seen.len() as u64 + 1);
            prop_assert_eq!(range.rows, Some(records.len() as u64));
            prop_assert!(records.len() as u64 == rows || at + 1 == ranges.len());
            seen.extend(records);
        }
        prop_assert_eq!(&seen, &whole);

        // Every other record by its key as it is shown, the other way round and twice.
        let keys: Vec<usize> = database.tables()[0].key.clone();
        let all = database.cut(0, u64::MAX).expect("cut");
        let shown: Vec<Vec<String>> = database
            .read(0, &all[0], &keys, 1000)
            .flat_map(|batch| records_of(&batch.expect("read")))
            .collect();
        let some: Vec<Vec<String>> = shown.iter().step_by(2).cloned().rev().collect();
        let asked = [some.clone(), some].concat();
        let found: Vec<String> = database
            .read_keys(0, asked, &[0], 7)
            .flat_map(|batch| lines(&batch.expect("read")))
            .collect();
        prop_assert_eq!(found, whole.into_iter().step_by(2).collect::<Vec<_>>());
    }
}

fn records_of(batch: &RecordBatch) -> Vec<Vec<String>> {
    let options = FormatOptions::new();
    let value = |column: &dyn Array, row| {
        let formatter = ArrayFormatter::try_new(column, &options).expect("shown");
        formatter.value(row).to_string()
    };
    (0..batch.num_rows())
        .map(|row| {
            batch
                .columns()
                .iter()
                .map(|column| value(column, row))
                .collect()
        })
        .collect()
}

#[test]
fn keys_that_are_not_there_are_passed_over() {
    let made = made(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT);
        INSERT INTO t VALUES (3, 'c'), (1, 'a'), (2, 'b');",
    );
    let database = made.open(1);
    let read = |keys: &[&str]| -> Vec<String> {
        let keys = keys.iter().map(|key| vec![(*key).to_owned()]).collect();
        let records = database.read_keys(0, keys, &[1], 10);
        records
            .flat_map(|batch| lines(&batch.expect("read")))
            .collect()
    };
    assert_eq!(
        read(&["3", "0", "1", "1", "", "x", "1.5", "99999999999999999999"]),
        ["a", "c"]
    );
    assert_eq!(read(&[]), Vec::<String>::new());
    assert_eq!(read(&["x"]), Vec::<String>::new());
}

/// More keys than one statement takes.
#[test]
fn very_many_keys_come_in_order_and_once() {
    let made = made(
        "CREATE TABLE t (a TEXT COLLATE NOCASE, b INT, PRIMARY KEY (a, b));
        WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 49999)
        INSERT INTO t SELECT iif(i % 2, 'Aa', 'B') || (i / 2), i % 7 FROM n;",
    );
    let database = made.open(1);
    let sql = "SELECT a, b FROM t ORDER BY a, b";
    let mut statement = made.writer.prepare(sql).expect("good SQL");
    let whole: Vec<(String, i64)> = statement
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
        .expect("asked")
        .map(|row| row.expect("read"))
        .collect();
    let mut keys: Vec<Vec<String>> = whole
        .iter()
        .map(|(a, b)| vec![a.clone(), b.to_string()])
        .collect();
    // A fixed disorder, with another case of the same text, and keys that are not there.
    keys.sort_by_key(|key| {
        (key[0].len() * 31 + key[0].bytes().map(usize::from).sum::<usize>()) % 97
    });
    let other_case = keys
        .iter()
        .take(20_000)
        .map(|key| vec![key[0].to_lowercase(), key[1].clone()]);
    let other_case: Vec<_> = other_case.collect();
    keys.extend(other_case);
    keys.extend((0..5).map(|at| vec![format!("none {at}"), "0".to_owned()]));
    let found: Vec<String> = database
        .read_keys(0, keys, &[0, 1], 5000)
        .flat_map(|batch| lines(&batch.expect("read")))
        .collect();
    let whole: Vec<String> = whole.iter().map(|(a, b)| format!("{a} | {b}")).collect();
    assert!(found == whole, "{} found of {}", found.len(), whole.len());
}

const THOUSANDS: &str = "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT);
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
    INSERT INTO t SELECT i, 'text ' || i FROM n;";

#[test]
fn records_that_are_let_go_of_leave_their_session_fit() {
    let made = made(THOUSANDS);
    let database = made.open(1);
    let range = &database.cut(0, 20_000).expect("cut")[0];
    for _ in 0..20 {
        let mut records = database.read(0, range, &[0, 1], 10);
        let first = records.next().expect("a batch").expect("read");
        assert_eq!(lines(&first)[0], "1 | text 1");
        drop(records);
        drop(database.read(0, range, &[0], 10));
    }
    let rows: usize = database
        .read(0, range, &[0], 999)
        .map(|batch| batch.expect("read").num_rows())
        .sum();
    assert_eq!(rows, 20_000);
}

#[test]
fn more_reads_than_sessions_wait_for_each_other_only() {
    let made = made(THOUSANDS);
    let database = made.open(2);
    let ranges = database.cut(0, 1000).expect("cut");
    let mut open: Vec<_> = ranges
        .iter()
        .map(|range| database.read(0, range, &[0], 64))
        .collect();
    // The last one first: none waits for another to be drained.
    let mut rows = 0;
    while let Some(records) = open.pop() {
        rows += records
            .map(|batch| batch.expect("read").num_rows())
            .sum::<usize>();
    }
    assert_eq!(rows, 20_000);
}

#[test]
fn a_read_outlives_its_database() {
    let made = made(THOUSANDS);
    let records = {
        let database = made.open(1);
        let range = &database.cut(0, 20_000).expect("cut")[0];
        database.read(0, range, &[0], 64)
    };
    assert_eq!(
        records
            .map(|batch| batch.expect("read").num_rows())
            .sum::<usize>(),
        20_000
    );
}

#[test]
fn what_is_committed_later_is_seen_by_no_session() {
    let made = made(
        "PRAGMA journal_mode = WAL; CREATE TABLE t (id INTEGER PRIMARY KEY);
        INSERT INTO t VALUES (1), (2);",
    );
    let database = made.open(3);
    made.writer
        .execute_batch("INSERT INTO t VALUES (3); DELETE FROM t WHERE id = 1; CREATE TABLE u (x)")
        .expect("written");
    let range = &database.cut(0, 10).expect("cut")[0];
    // All three sessions, each held by a read of its own.
    let open: Vec<_> = (0..9).map(|_| database.read(0, range, &[0], 1)).collect();
    for records in open {
        let ids: Vec<String> = records
            .flat_map(|batch| lines(&batch.expect("read")))
            .collect();
        assert_eq!(ids, ["1", "2"]);
    }
    assert_eq!(database.tables().len(), 1);
    assert_eq!(read_all(&made.open(1), "t", 1), ["2", "3"]);
    insta::assert_snapshot!(database.snapshot(), @"3 read transactions, WAL, 2 pages, schema version 1");
    assert_eq!(
        database.product(),
        format!("SQLite {}", rusqlite::version())
    );
}

/// With a rollback journal it is the writer who waits.
#[test]
fn nobody_commits_while_a_journal_is_read() {
    let made = made("CREATE TABLE t (id INTEGER PRIMARY KEY); INSERT INTO t VALUES (1)");
    let database = made.open(2);
    made.writer
        .busy_timeout(std::time::Duration::ZERO)
        .expect("set");
    let written = made.writer.execute_batch("INSERT INTO t VALUES (2)");
    assert_eq!(
        written.expect_err("it waits").to_string(),
        "database is locked"
    );
    assert_eq!(read_all(&database, "t", 1), ["1"]);
    insta::assert_snapshot!(database.snapshot(), @"2 read transactions, journal mode delete, 2 pages, schema version 1");
    drop(database);
    made.writer
        .execute_batch("INSERT INTO t VALUES (2)")
        .expect("written");
}

#[test]
fn a_file_in_utf_16_is_read_alike() {
    let made = made(
        "PRAGMA encoding = 'UTF-16be'; CREATE TABLE t (name TEXT PRIMARY KEY, v INT);
        INSERT INTO t VALUES ('工资', 1), ('é', 2), ('a', 3), ('𠮷', 4);",
    );
    let database = made.open(1);
    for rows in 1..5 {
        assert_eq!(read_all(&database, "t", rows).len(), 4);
    }
    let keys = vec![vec!["工资".to_owned()]];
    let found: Vec<_> = database
        .read_keys(0, keys, &[1], 1)
        .map(|batch| lines(&batch.expect("read")))
        .collect();
    assert_eq!(found, [["1"]]);
}

#[test]
fn names_are_only_names() {
    let made = made(
        "CREATE TABLE \"se\"\"lect; 表\" (\"a\"\"b\" INTEGER PRIMARY KEY, \"from\" TEXT, \"列\" TEXT);
        INSERT INTO \"se\"\"lect; 表\" VALUES (1, 'x', 'y'), (2, 'z', NULL);",
    );
    assert_eq!(
        read_all(&made.open(1), "se\"lect; 表", 1),
        ["1 | x | y", "2 | z | NULL"]
    );
}

#[test]
fn what_is_no_database_says_so() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("pay.db");
    let mut shown = vec![refusal(folder.path())];
    std::fs::create_dir(&path).expect("made");
    shown.push(refusal(folder.path()));
    std::fs::remove_dir(&path).expect("gone");
    std::fs::write(&path, "id,amount\n1,10.00\n".repeat(100)).expect("written");
    shown.push(refusal(folder.path()));

    let made = made(THOUSANDS);
    let whole = made.folder.path().join("pay.db");
    drop(made.writer);
    let mut bytes = std::fs::read(&whole).expect("read");
    std::fs::write(&path, &bytes[..60]).expect("written");
    shown.push(refusal(folder.path()));
    // The first page holds the names of the tables.
    bytes[100..4096].fill(0x77);
    std::fs::write(&path, &bytes).expect("written");
    shown.push(refusal(folder.path()));
    insta::assert_snapshot!(shown.join("\n"), @"
    /data/pay.db cannot be reached: there is no such file; check the path, or make the file first: it is never made by reading
    /data/pay.db cannot be reached: it is a folder; name the file of the database in it
    /data/pay.db cannot be reached: file is not a database (code 26); it is another kind of file, or encrypted
    /data/pay.db cannot be reached: database disk image is malformed (code 11); the file is damaged: try `PRAGMA integrity_check` and `.recover` of the sqlite3 program on a copy of it
    /data/pay.db cannot be reached: database disk image is malformed (code 11); the file is damaged: try `PRAGMA integrity_check` and `.recover` of the sqlite3 program on a copy of it
    ");
}

#[test]
fn a_truncated_file_is_an_error_where_its_end_is_missed() {
    let made = made(THOUSANDS);
    let path = made.folder.path().join("pay.db");
    drop(made.writer);
    let bytes = std::fs::read(&path).expect("read");
    std::fs::write(&path, &bytes[..bytes.len() / 2]).expect("written");
    let told = match opened(made.folder.path(), 2) {
        Err(error) => error,
        Ok(database) => database
            .cut(0, 1000)
            .map(|_| ())
            .expect_err("pages are missing"),
    };
    let told = told
        .to_string()
        .replace(&made.folder.path().display().to_string(), "/data");
    insta::assert_snapshot!(told, @"/data/pay.db cannot be reached: database disk image is malformed (code 11); the file is damaged: try `PRAGMA integrity_check` and `.recover` of the sqlite3 program on a copy of it");
}

#[test]
fn an_empty_file_is_a_database_without_tables() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("pay.db"), "").expect("written");
    assert!(
        opened(folder.path(), 2)
            .expect("opened")
            .tables()
            .is_empty()
    );
}

/// Waits as long as a lock is waited for.
#[test]
fn a_file_that_stays_locked_is_given_up() {
    let made = made("CREATE TABLE t (id INTEGER PRIMARY KEY)");
    made.writer
        .execute_batch("BEGIN EXCLUSIVE")
        .expect("locked");
    let began = std::time::Instant::now();
    let error = opened(made.folder.path(), 2)
        .map(|_| ())
        .expect_err("it is locked");
    assert!(began.elapsed().as_secs() >= 9);
    assert!(matches!(error.kind, DatabaseErrorKind::TimedOut { .. }));
}

#[test]
fn days_and_times_are_read_as_they_are_stored_where_the_address_says_so() {
    let made = made(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, day DATE, at DATETIME);
        INSERT INTO t VALUES (1, '29/02/2024', 1709251199), (2, '2024-02-29', NULL);",
    );
    let read = |address: &str| {
        let address = Address::parse(address, made.folder.path()).expect("an address");
        read_all_loosely(&Database::open(&address, 1).expect("opened")).join("\n")
    };
    insta::assert_snapshot!(read("sqlite://pay.db?dates=text"), @"
    1 | 29/02/2024 | 1709251199
    2 | 2024-02-29 | NULL
    ");
    insta::assert_snapshot!(read("sqlite://pay.db"), @r#"t, id 1, column "day": "29/02/2024" is not a date such as 2013-05-27; `?dates=text` behind the address reads what is stored"#);
    let wrong = Address::parse("sqlite://pay.db?dates=iso", made.folder.path());
    insta::assert_snapshot!(wrong.expect_err("no such way"), @r#"it says "dates=iso", which means nothing in an address of SQLite; there is `dates=text`"#);
}

/// A path that SQLite would take for an address of its own, with a mode that writes.
#[test]
fn a_path_is_only_a_path() {
    let folder = tempfile::tempdir().expect("a folder");
    let address =
        Address::parse("sqlite://file:new.db?mode=rwc", folder.path()).expect("an address");
    let error = Database::open(&address, 1).expect_err("it is not there");
    assert!(
        error.to_string().contains("there is no such file"),
        "{error}"
    );
    assert_eq!(std::fs::read_dir(folder.path()).expect("read").count(), 0);
}

#[test]
fn what_is_written_is_read_back_as_it_was_or_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    // Of decimals SQLite keeps 15 digits: more are refused, record by record.
    let without = ["serial", "long", "wide"];
    insta::assert_snapshot!(written::check("sqlite://new.db", folder.path(), &without), @"");
    let made = made(
        "CREATE TABLE ledger (id INTEGER PRIMARY KEY NOT NULL, amount DECIMAL(18,2), \
         memo TEXT CHECK (length(memo) < 7)); CREATE INDEX sorted ON ledger (memo); \
         CREATE TABLE kept (id INTEGER PRIMARY KEY, fixed CHAR(2), short VARCHAR(3), uid UUID_TEXT)",
    );
    // Declared lengths are not held to, and nothing is cut.
    insta::assert_snapshot!(written::in_place("sqlite://pay.db", made.folder.path()), @"
    fixed: written
    fixed: written
    fixed: written
    short: written
    short: written
    short: written
    uid: written
    uid: written
    ");
    insta::assert_snapshot!(written::refusals("sqlite://pay.db", made.folder.path()), @r#"
    1 written
    ledger, id 2, column "amount": a column DECIMAL(18,2) cannot hold 1.2345 exactly
    ledger, id 3, column "amount": a column DECIMAL(18,2) cannot hold 1000000000000000000.00 exactly
    ledger, id NULL, column "id": it is NULL, which the column does not take
    writing ledger: CHECK constraint failed: length(memo) < 7 (code 275)
    writing ledger: UNIQUE constraint failed: ledger.id (code 1555)
    1 written
    2 held
    "#);
    let address = Address::parse("sqlite://pay.db", made.folder.path()).expect("good");
    let open = || databases::Writer::open(&address).expect("it opens");
    let (mut first, mut second) = (open(), open());
    assert_eq!(first.hold(), Ok(true));
    assert_eq!(second.hold(), Ok(false));
    drop(first);
    assert_eq!(second.hold(), Ok(true));
    let found = second.table("LEDGER").expect("asked").expect("it is there");
    assert_eq!(found.name, "ledger");
    insta::assert_snapshot!(second.table("Sorted").expect_err("it is taken"), @"writing Sorted: its name is taken by an index; give the table another name, or take that away");
}
