//! MariaDB, as it is read.

#[path = "support/certificates.rs"]
mod certificates;
#[path = "support/chosen.rs"]
mod chosen;
#[path = "support/mariadb.rs"]
#[expect(dead_code, reason = "only conversions begin a server anew")]
mod mariadb;
#[path = "support/written.rs"]
mod written;

use std::fmt::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use arrow_array::cast::AsArray;
use arrow_array::types::TimestampMicrosecondType;
use arrow_array::{Array, ArrayRef, Date32Array, RecordBatch};
use arrow_cast::display::{ArrayFormatter, FormatOptions};
use arrow_schema::DataType;
use databases::{Comparison, Condition, Database, DatabaseError, DatabaseErrorKind, TableInfo};
use mariadb::MariaDb;
use mysql::prelude::Queryable;

fn number(database: &Database, table: &str) -> usize {
    let at = database
        .tables()
        .iter()
        .position(|known| known.name == table);
    at.unwrap_or_else(|| panic!("there is a table {table}"))
}

fn table<'a>(database: &'a Database, name: &str) -> &'a TableInfo {
    &database.tables()[number(database, name)]
}

/// The records of a batch, their values as text.
fn lines(batch: &RecordBatch) -> Vec<Vec<String>> {
    let options = FormatOptions::new().with_null("NULL");
    let columns: Vec<ArrayRef> = batch.columns().iter().map(without_zone).collect();
    let formatters: Vec<_> = columns
        .iter()
        .map(|array| ArrayFormatter::try_new(array, &options).expect("it can be shown"))
        .collect();
    let line = |row| {
        formatters
            .iter()
            .map(|one| one.value(row).to_string())
            .collect()
    };
    (0..batch.num_rows()).map(line).collect()
}

/// A timestamp in UTC as the clock reads, which can be shown without a table of zones.
fn without_zone(array: &ArrayRef) -> ArrayRef {
    match array.data_type() {
        DataType::Timestamp(_, Some(zone)) => {
            assert_eq!(&**zone, "UTC");
            let stamps = array.as_primitive::<TimestampMicrosecondType>().clone();
            Arc::new(stamps.with_timezone_opt(None::<&str>))
        }
        _ => Arc::clone(array),
    }
}

/// All records of a table, read in ranges of so many.
fn read(
    database: &Database,
    name: &str,
    columns: &[&str],
    rows: u64,
) -> Result<Vec<Vec<String>>, DatabaseError> {
    let at = number(database, name);
    let table = &database.tables()[at];
    let named = |name: &&str| {
        let found = table.columns.iter().position(|column| column.name == *name);
        found.unwrap_or_else(|| panic!("there is a column {name}"))
    };
    let columns: Vec<usize> = match columns {
        [] => (0..table.columns.len()).collect(),
        some => some.iter().map(named).collect(),
    };
    let mut all = Vec::new();
    for range in database.cut(at, rows)? {
        let before = all.len() as u64;
        assert_eq!(range.first_row, before + 1);
        for batch in database.read(at, &range, &columns, 3) {
            all.extend(lines(&batch?));
        }
        if let Some(rows) = range.rows {
            assert_eq!(all.len() as u64 - before, rows);
        }
    }
    Ok(all)
}

const TYPES: &str = r#"
CREATE DATABASE types;
USE types;
SET NAMES utf8mb4;
SET sql_mode = '';
SET time_zone = '+05:00';
CREATE TABLE every (
  id TINYINT PRIMARY KEY COMMENT 'which',
  t TINYINT, tu TINYINT UNSIGNED, s SMALLINT, su SMALLINT UNSIGNED ZEROFILL,
  m MEDIUMINT, mu MEDIUMINT UNSIGNED, i INT, iu INT UNSIGNED, b BIGINT, bu BIGINT UNSIGNED,
  truth BOOLEAN, bits BIT(64), bits3 BIT(3), y YEAR,
  money DECIMAL(18,2), wide DECIMAL(38,10), wider DECIMAL(65,30), whole DECIMAL(65,0),
  padded DECIMAL(10,3) ZEROFILL,
  f FLOAT, d DOUBLE,
  day DATE, at DATETIME, at6 DATETIME(6), stamp TIMESTAMP NULL, stamp3 TIMESTAMP(3) NULL,
  clock TIME, clock6 TIME(6),
  c CHAR(5), v VARCHAR(20), old VARCHAR(20) CHARACTER SET latin1, long_text LONGTEXT,
  e ENUM('small','it''s'), st SET('x','y','z'), j JSON, u UUID, i4 INET4, i6 INET6,
  bin BINARY(4), vbin VARBINARY(9), blobs LONGBLOB,
  place POINT
) COMMENT 'all there are' DEFAULT CHARSET utf8mb4;
INSERT INTO every VALUES (1,
  -128, 0, -32768, 0, -8388608, 0, -2147483648, 0, -9223372036854775808, 0,
  FALSE, 0, 0, 1901,
  -9999999999999999.99, -9999999999999999999999999999.9999999999,
  -99999999999999999999999999999999999.999999999999999999999999999999,
  -99999999999999999999999999999999999999999999999999999999999999999, 0,
  -3.402823466e38, -1.7976931348623157e308,
  '0000-01-01', '1000-01-01 00:00:00', '1000-01-01 00:00:00.000001', '1970-01-01 05:00:01', '1970-01-01 05:00:01.001',
  '-838:59:59', '-838:59:59.999999',
  '', '', '', '', 'small', '', '{}', '00000000-0000-0000-0000-000000000000', '0.0.0.0', '::',
  '', '', '', NULL);
INSERT INTO every VALUES (2,
  127, 255, 32767, 65535, 8388607, 16777215, 2147483647, 4294967295, 9223372036854775807, 18446744073709551615,
  TRUE, ~0, 7, 2155,
  9999999999999999.99, 9999999999999999999999999999.9999999999,
  99999999999999999999999999999999999.999999999999999999999999999999,
  99999999999999999999999999999999999999999999999999999999999999999, 9999999.999,
  3.402823466e38, 1.7976931348623157e308,
  '9999-12-31', '9999-12-31 23:59:59', '9999-12-31 23:59:59.999999', '2038-01-19 08:14:07', '2038-01-19 08:14:07.999',
  '838:59:59', '838:59:59.999999',
  '中文字符𠀀', '支付流水😀', 'Müller é', REPEAT('长', 5), 'it''s', 'x,z', '{"a": "é"}',
  'ffffffff-ffff-ffff-ffff-ffffffffffff', '255.255.255.255', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff',
  x'00ff01', x'00ff', x'ff00fe', POINT(1, 2));
INSERT INTO every (id) VALUES (3);
INSERT INTO every (id, f, d, money, day, at6, clock, c, y, e) VALUES (4,
  0.1, 0.1, -0.01, '2024-02-29', '2024-02-29 12:00:00.5', '25:00:00', 'a ', 0, 'nonsense');
CREATE VIEW seen AS SELECT id, money * 2 AS twice, clock FROM every;
CREATE TABLE zero (id INT PRIMARY KEY, day DATE, at DATETIME, stamp TIMESTAMP NULL);
INSERT INTO zero VALUES (1, '2013-01-01', NULL, NULL), (7, '0000-00-00', '0000-00-00', '0000-00-00'),
  (8, '2013-00-00', '2013-01-00 10:00:00', NULL);
CREATE TABLE heap (a INT) ENGINE=Aria;
CREATE TABLE big (id INT PRIMARY KEY, b LONGBLOB);
INSERT INTO big VALUES (1, REPEAT('x', 12000000));
"#;

#[test]
fn what_a_condition_leaves_out_there_is_what_it_leaves_out_here() {
    let server = MariaDb::start();
    server.run(TYPES);
    server.run(
        "USE types;
CREATE TABLE one (id INT PRIMARY KEY, t VARCHAR(19), l VARCHAR(9) CHARACTER SET latin1, c CHAR(9), \
  e ENUM('b','a'), d DECIMAL(18,2), day DATE NOT NULL, at DATETIME(6), stamp TIMESTAMP(3) NULL) \
  DEFAULT CHARSET utf8mb4 COLLATE utf8mb4_general_ci;
INSERT INTO one VALUES (1, 'IN', 'Müller', 'a', 'b', -0.01, '2013-05-27', '2013-05-27', '2013-05-27'), \
  (2, 'in', 'muller', 'a ', 'a', 0, '0001-01-01', '2013-05-27 00:00:00.000001', '2013-05-27 00:00:00.001'), \
  (3, 'IN ', 'MÜLLER ', 'A', 'b', 0.01, '9999-12-31', '9999-12-31', '2038-01-19 03:14:07'), \
  (4, 'it''s 一分钱 🪙', '', '', NULL, NULL, '2013-05-28', NULL, NULL);
",
    );
    let database = server.open("types", 1);
    let one = number(&database, "one");
    let asked = chosen::asked_everywhere(&database, one, &[]);
    assert_eq!(asked.join(" "), "id t l c e d day at stamp");
    let every = number(&database, "every");
    // Of a day of the year 0 the server cannot tell whether there was one.
    let asked = chosen::asked_everywhere(&database, every, &[1]);
    insta::assert_snapshot!(asked.join(" "), @"id t tu s su m mu i iu b bu truth bits bits3 y money wide wider whole padded day at at6 stamp stamp3 clock clock6 c v old long_text e st j u i4 i6");
    let null = |column| chosen::chosen(&database, one, &Condition::IsNull(column));
    assert_eq!([null(1), null(5)], [Some(vec![]), Some(vec![4])]);
    // Where there is no NULL, days of zeros would be.
    assert_eq!(null(6), None);

    // Days that there never were come whatever is asked of them.
    let zero = number(&database, "zero");
    let before = Condition::Compares {
        column: 1,
        by: Comparison::Greater,
        with: Arc::new(Date32Array::from(vec![30_000])),
    };
    assert_eq!(chosen::chosen(&database, zero, &before), Some(vec![2, 3]));
    let null = chosen::chosen(&database, zero, &Condition::IsNull(1));
    assert_eq!(null, Some(vec![2, 3]));
}

#[test]
fn every_type_is_read_exactly_or_refused() {
    let server = MariaDb::start();
    server.run(TYPES);
    let database = server.open("types", 2);
    assert!(
        database.product().starts_with("MariaDB 1"),
        "{}",
        database.product()
    );
    let every = table(&database, "every");
    assert_eq!(every.comment.as_deref(), Some("all there are"));
    assert_eq!(every.columns[0].comment.as_deref(), Some("which"));
    assert_eq!(every.key_names().collect::<Vec<_>>(), ["id"]);
    assert!(every.rows_estimate.is_some() && every.bytes_estimate.is_some_and(|bytes| bytes > 0));
    let readable: Vec<&str> = every
        .columns
        .iter()
        .filter(|one| one.is_readable())
        .map(|one| one.name.as_str())
        .collect();
    let records = read(&database, "every", &readable, 100).expect("it is read");
    let mut told = String::new();
    for (at, name) in readable.iter().enumerate() {
        let column = every
            .columns
            .iter()
            .find(|one| one.name == *name)
            .expect("it is there");
        let values: Vec<&str> = records.iter().map(|record| record[at].as_str()).collect();
        writeln!(
            told,
            "{name} {} -> {}: {}",
            column.declared,
            column.data_type,
            values.join(" | ")
        )
        .expect("written");
    }
    insta::assert_snapshot!(told, @r#"
    id tinyint(4) -> Int8: 1 | 2 | 3 | 4
    t tinyint(4) -> Int8: -128 | 127 | NULL | NULL
    tu tinyint(3) unsigned -> UInt8: 0 | 255 | NULL | NULL
    s smallint(6) -> Int16: -32768 | 32767 | NULL | NULL
    su smallint(5) unsigned zerofill -> UInt16: 0 | 65535 | NULL | NULL
    m mediumint(9) -> Int32: -8388608 | 8388607 | NULL | NULL
    mu mediumint(8) unsigned -> UInt32: 0 | 16777215 | NULL | NULL
    i int(11) -> Int32: -2147483648 | 2147483647 | NULL | NULL
    iu int(10) unsigned -> UInt32: 0 | 4294967295 | NULL | NULL
    b bigint(20) -> Int64: -9223372036854775808 | 9223372036854775807 | NULL | NULL
    bu bigint(20) unsigned -> UInt64: 0 | 18446744073709551615 | NULL | NULL
    truth tinyint(1) -> Int8: 0 | 1 | NULL | NULL
    bits bit(64) -> UInt64: 0 | 18446744073709551615 | NULL | NULL
    bits3 bit(3) -> UInt64: 0 | 7 | NULL | NULL
    y year(4) -> Int16: 1901 | 2155 | NULL | 0
    money decimal(18,2) -> Decimal128(18, 2): -9999999999999999.99 | 9999999999999999.99 | NULL | -0.01
    wide decimal(38,10) -> Decimal128(38, 10): -9999999999999999999999999999.9999999999 | 9999999999999999999999999999.9999999999 | NULL | NULL
    wider decimal(65,30) -> Decimal256(65, 30): -99999999999999999999999999999999999.999999999999999999999999999999 | 99999999999999999999999999999999999.999999999999999999999999999999 | NULL | NULL
    whole decimal(65,0) -> Decimal256(65, 0): -99999999999999999999999999999999999999999999999999999999999999999 | 99999999999999999999999999999999999999999999999999999999999999999 | NULL | NULL
    padded decimal(10,3) unsigned zerofill -> Decimal128(10, 3): 0.000 | 9999999.999 | NULL | NULL
    f float -> Float32: -3.4028235e38 | 3.4028235e38 | NULL | 0.1
    d double -> Float64: -1.7976931348623157e308 | 1.7976931348623157e308 | NULL | 0.1
    day date -> Date32: 0000-01-01 | 9999-12-31 | NULL | 2024-02-29
    at datetime -> Timestamp(µs): 1000-01-01T00:00:00 | 9999-12-31T23:59:59 | NULL | NULL
    at6 datetime(6) -> Timestamp(µs): 1000-01-01T00:00:00.000001 | 9999-12-31T23:59:59.999999 | NULL | 2024-02-29T12:00:00.500
    stamp timestamp -> Timestamp(µs, "UTC"): 1970-01-01T00:00:01 | 2038-01-19T03:14:07 | NULL | NULL
    stamp3 timestamp(3) -> Timestamp(µs, "UTC"): 1970-01-01T00:00:01.001 | 2038-01-19T03:14:07.999 | NULL | NULL
    clock time -> Utf8View: -838:59:59 | 838:59:59 | NULL | 25:00:00
    clock6 time(6) -> Utf8View: -838:59:59.999999 | 838:59:59.999999 | NULL | NULL
    c char(5) -> Utf8View:  | 中文字符𠀀 | NULL | a
    v varchar(20) -> Utf8View:  | 支付流水😀 | NULL | NULL
    old varchar(20) -> Utf8View:  | Müller é | NULL | NULL
    long_text longtext -> Utf8View:  | 长长长长长 | NULL | NULL
    e enum('small','it''s') -> Utf8View: small | it's | NULL | 
    st set('x','y','z') -> Utf8View:  | x,z | NULL | NULL
    j longtext -> Utf8View: {} | {"a": "é"} | NULL | NULL
    u uuid -> Utf8View: 00000000-0000-0000-0000-000000000000 | ffffffff-ffff-ffff-ffff-ffffffffffff | NULL | NULL
    i4 inet4 -> Utf8View: 0.0.0.0 | 255.255.255.255 | NULL | NULL
    i6 inet6 -> Utf8View: :: | ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff | NULL | NULL
    bin binary(4) -> BinaryView: 00000000 | 00ff0100 | NULL | NULL
    vbin varbinary(9) -> BinaryView:  | 00ff | NULL | NULL
    blobs longblob -> BinaryView:  | ff00fe | NULL | NULL
    "#);

    let place = read(&database, "every", &["id", "place"], 100).expect_err("it has no type");
    insta::assert_snapshot!(place, @r#"every, column "place" is point, which cannot be compared"#);
    let twice = read(&database, "seen", &[], 100).expect("a view is read");
    insta::assert_snapshot!(format!("{twice:?}"), @r#"[["1", "-19999999999999999.98", "-838:59:59"], ["2", "19999999999999999.98", "838:59:59"], ["3", "NULL", "NULL"], ["4", "-0.02", "25:00:00"]]"#);
    assert!(table(&database, "seen").is_view && table(&database, "seen").key.is_empty());

    let refused = |column| read(&database, "zero", &["id", column], 100).expect_err("no date");
    insta::assert_snapshot!(refused("day"), @r#"zero, id 7, column "day": 0000-00-00 is no date"#);
    insta::assert_snapshot!(refused("at"), @r#"zero, id 7, column "at": 0000-00-00 00:00:00 is no date and time"#);
    insta::assert_snapshot!(refused("stamp"), @r#"zero, id 7, column "stamp": 0000-00-00 00:00:00 is no date and time"#);
    let unkeyed = database
        .snapshot()
        .split_once("; ")
        .expect("it names the table")
        .1;
    insta::assert_snapshot!(unkeyed, @"heap is Aria, which keeps no moment, and is read as it stands");

    // Larger than the packets that clients say they take if they are not told otherwise.
    assert_eq!(
        read(&database, "big", &["b"], 100).expect("it is read")[0][0].len(),
        24_000_000
    );
}

const KEYS: &str = r"
CREATE DATABASE keyed;
USE keyed;
SET NAMES utf8mb4;
CREATE TABLE plain (id BIGINT UNSIGNED PRIMARY KEY);
INSERT INTO plain SELECT seq * 7 FROM seq_1_to_100;
INSERT INTO plain VALUES (18446744073709551615);
CREATE TABLE mixed (branch VARCHAR(9) CHARACTER SET latin1, day DATE, kind ENUM('out','in','fee'),
  serial SMALLINT, PRIMARY KEY (branch, day, kind, serial));
INSERT INTO mixed SELECT ELT(1 + seq MOD 5, 'Müller', 'müllex', 'A', 'it''s\\', ''),
  '2024-01-01' + INTERVAL seq MOD 3 DAY, 1 + seq MOD 3, seq DIV 60 FROM seq_1_to_200 GROUP BY 1,2,3,4;
CREATE TABLE texts (v VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci PRIMARY KEY);
INSERT INTO texts VALUES ('支付'), ('流水'), ('😀'), ('a'), ('B'), ('é f'), ('back\\slash'), ('quo''te'), (''), ('%_');
CREATE TABLE loose (k VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci PRIMARY KEY);
INSERT IGNORE INTO loose VALUES ('a'), ('A'), ('a '), ('b'), ('B  '), ('s'), ('ß'), ('ss'), ('e'), ('É'), ('é'),
  ('z'), ('Ä'), ('ae'), (' a'), (''), (' '), ('支付'), ('😀'), ('-a'), ('_b'), ('a-b'), ('ab'), ('AB c'), ('~');
CREATE TABLE unpadded (k VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_nopad_ci PRIMARY KEY);
INSERT IGNORE INTO unpadded VALUES ('a'), ('A'), ('a '), ('a  '), ('b'), (''), (' '), ('aa'), ('B ');
CREATE TABLE fixed (k CHAR(8) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci PRIMARY KEY);
INSERT IGNORE INTO fixed SELECT * FROM loose;
CREATE TABLE ci_pairs (k VARCHAR(9) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci, n INT, PRIMARY KEY (k, n));
INSERT INTO ci_pairs SELECT ELT(1 + seq MOD 5, 'a', 'A', 'a ', 'B', 'b  '), seq FROM seq_1_to_60;
CREATE TABLE latin (name VARCHAR(9) CHARACTER SET latin1 PRIMARY KEY);
INSERT INTO latin VALUES ('?'), ('ü'), ('z');
CREATE TABLE bytes (k VARBINARY(9) PRIMARY KEY);
INSERT INTO bytes VALUES (''), (x'00'), (x'0000'), (x'ff'), (x'27'), (x'5c27'), ('abc');
CREATE TABLE amounts (k DECIMAL(65,30) PRIMARY KEY);
INSERT INTO amounts SELECT (CAST(seq AS SIGNED) - 50) / 7 FROM seq_1_to_100;
CREATE TABLE floats (k FLOAT PRIMARY KEY);
INSERT INTO floats SELECT (CAST(seq AS SIGNED) - 50) / 7 FROM seq_1_to_100;
CREATE TABLE doubles (k DOUBLE PRIMARY KEY);
INSERT INTO doubles SELECT EXP(CAST(seq AS SIGNED) - 50) FROM seq_1_to_100;
CREATE TABLE times (k TIME(3) PRIMARY KEY);
INSERT INTO times SELECT SEC_TO_TIME((CAST(seq AS SIGNED) - 50) * 50000.125) FROM seq_1_to_100;
CREATE TABLE moments (k DATETIME(6) PRIMARY KEY);
INSERT INTO moments SELECT '2024-01-01' + INTERVAL seq * 1000003 MICROSECOND FROM seq_1_to_100;
CREATE TABLE stamps (k TIMESTAMP(2) DEFAULT '2000-01-01', PRIMARY KEY (k));
INSERT INTO stamps SELECT '2024-10-27 00:00:00' + INTERVAL seq * 10 MINUTE FROM seq_1_to_100;
CREATE TABLE kinds (k ENUM('z','m','a','it''s') PRIMARY KEY);
INSERT INTO kinds VALUES ('a'), ('m'), ('z'), ('it''s');
CREATE TABLE sets (k SET('z','m','a') PRIMARY KEY);
INSERT INTO sets SELECT seq FROM seq_0_to_7;
CREATE TABLE bits (k BIT(60) PRIMARY KEY);
INSERT INTO bits SELECT seq * 12345678901 FROM seq_1_to_50;
CREATE TABLE years (k YEAR PRIMARY KEY);
INSERT INTO years SELECT 1900 + seq FROM seq_1_to_150;
CREATE TABLE uuids (k UUID PRIMARY KEY);
INSERT INTO uuids SELECT UUID() FROM seq_1_to_50;
CREATE TABLE addresses (k INET6 PRIMARY KEY);
INSERT INTO addresses SELECT CONCAT(HEX(seq), '::', HEX(seq * 3)) FROM seq_1_to_50;
CREATE TABLE prefixed (k TEXT, n INT, PRIMARY KEY (k(5), n));
INSERT INTO prefixed SELECT CONCAT('k', seq MOD 9), seq FROM seq_1_to_50;
CREATE TABLE indexed (`a``b:c?` INT NOT NULL, b INT, c INT NOT NULL, d CHAR(30) NOT NULL,
  UNIQUE KEY one (b), UNIQUE KEY part (d(3)), UNIQUE KEY two (c, `a``b:c?`));
INSERT INTO indexed SELECT seq MOD 7, NULL, seq, CONCAT(100 + seq) FROM seq_1_to_50;
CREATE TABLE unkeyed (a INT, UNIQUE KEY (a));
INSERT INTO unkeyed SELECT seq MOD 3 FROM seq_1_to_3;
INSERT INTO unkeyed VALUES (NULL), (NULL);
CREATE TABLE versioned (id INT PRIMARY KEY, n INT) WITH SYSTEM VERSIONING;
INSERT INTO versioned VALUES (1, 1), (2, 2);
UPDATE versioned SET n = 3 WHERE id = 2;
CREATE TABLE empty (id INT PRIMARY KEY);
";

#[test]
fn ranges_of_every_kind_of_key_hold_every_record_once_and_in_order() {
    let server = MariaDb::start();
    server.run(KEYS);
    let database = server.open("keyed", 2);
    for table in database.tables() {
        let whole = read(&database, &table.name, &[], 1_000_000).expect("it is read");
        let counted: Option<u64> = server
            .root()
            .query_first(format!("SELECT COUNT(*) FROM keyed.{}", table.name))
            .expect("it is counted");
        assert_eq!(Some(whole.len() as u64), counted, "{}", table.name);
        for rows in [1, 2, 7, 50, 100] {
            let cut = read(&database, &table.name, &[], rows).expect("it is read");
            assert_eq!(cut, whole, "{} by {rows}", table.name);
        }
        if table.key.is_empty() {
            continue;
        }
        let key = table.key.clone();
        let columns: Vec<usize> = (0..table.columns.len()).collect();
        let third = |record: &Vec<String>| key.iter().map(|at| record[*at].clone()).collect();
        let mut keys: Vec<Vec<String>> = whole.iter().step_by(3).map(third).collect();
        keys.reverse();
        keys.push(vec!["9999".to_owned(); key.len()]);
        let at = number(&database, &table.name);
        let found: Vec<Vec<String>> = database
            .read_keys(at, keys, &columns, 10)
            .flat_map(|batch| lines(&batch.expect("it is read")))
            .collect();
        let wanted: Vec<Vec<String>> = whole.into_iter().step_by(3).collect();
        assert_eq!(found, wanted, "{}", table.name);
    }
    let keys: Vec<String> = database
        .tables()
        .iter()
        .map(|table| format!("{} {:?}", table.name, table.key_names().collect::<Vec<_>>()))
        .filter(|told| !told.ends_with(r#"["k"]"#))
        .collect();
    insta::assert_snapshot!(keys.join("\n"), @r#"
    ci_pairs ["k", "n"]
    empty ["id"]
    indexed ["c", "a`b:c?"]
    latin ["name"]
    mixed ["branch", "day", "kind", "serial"]
    plain ["id"]
    prefixed ["k", "n"]
    texts ["v"]
    unkeyed []
    versioned ["id"]
    "#);
    // Capitals, accents and blanks at the end make no other key under such a collation.
    let loose = read(&database, "loose", &[], 3).expect("read");
    assert_eq!(loose.len(), 17, "{loose:?}");
    let order: Vec<String> = read(&database, "kinds", &[], 1).expect("read").concat();
    assert_eq!(
        order,
        ["z", "m", "a", "it's"],
        "the order of an enum is that of its labels"
    );
    let none = database.read_keys(
        number(&database, "plain"),
        vec![vec!["x".to_owned()]],
        &[0],
        9,
    );
    assert_eq!(none.count(), 0, "what cannot be a key is nowhere");

    let names = ["支", "Ü", "z"].map(|name| vec![name.to_owned()]).to_vec();
    let found = database.read_keys(number(&database, "latin"), names, &[0], 9);
    let found: Vec<_> = found
        .flat_map(|batch| lines(&batch.expect("it is read")))
        .collect();
    assert_eq!(
        found,
        [["ü"], ["z"]],
        "a text that latin1 cannot hold is not its question mark"
    );

    // A batch without columns has a length.
    let range = &database
        .cut(number(&database, "plain"), 1000)
        .expect("it is cut")[0];
    let rows = database.read(number(&database, "plain"), range, &[], 64);
    assert_eq!(
        rows.map(|batch| batch.expect("it is read").num_rows())
            .sum::<usize>(),
        101
    );
}

const MOMENT: &str = r"
CREATE DATABASE moment;
USE moment;
CREATE TABLE source (id INT PRIMARY KEY, amount INT NOT NULL);
CREATE TABLE target (id INT PRIMARY KEY, amount INT NOT NULL);
INSERT INTO source SELECT seq, 100 FROM seq_1_to_200;
INSERT INTO target SELECT seq, 100 FROM seq_1_to_200;
CREATE VIEW both_books AS SELECT * FROM source UNION ALL SELECT * FROM target;
CREATE USER locker@'127.0.0.1' IDENTIFIED BY 'pa55word';
GRANT SELECT, LOCK TABLES ON moment.* TO locker@'127.0.0.1';
CREATE USER reader@'127.0.0.1' IDENTIFIED BY 'pa55word';
GRANT SELECT ON moment.* TO reader@'127.0.0.1';
CREATE USER flusher@'127.0.0.1' IDENTIFIED BY 'pa55word';
GRANT SELECT, DELETE ON moment.* TO flusher@'127.0.0.1';
GRANT RELOAD ON *.* TO flusher@'127.0.0.1';
";

/// What stands in both books, as each of some reads at once sees it.
fn sums(database: &Database) -> Vec<i64> {
    let reads: Vec<_> = ["source", "target", "both_books"]
        .iter()
        .map(|name| {
            let at = number(database, name);
            let range = database.cut(at, 1_000_000).expect("it is cut").remove(0);
            database.read(at, &range, &[1], 1000)
        })
        .collect();
    let sum = |records: databases::Records| {
        let lines = records.flat_map(|batch| lines(&batch.expect("it is read")));
        lines
            .map(|line| line[0].parse::<i64>().expect("a number"))
            .sum()
    };
    reads.into_iter().map(sum).collect()
}

/// Tells a thread to end, also when the test fails.
struct SetOnDrop<'a>(&'a AtomicBool);

impl Drop for SetOnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[test]
fn all_sessions_see_one_moment_whatever_is_written() {
    let server = MariaDb::start();
    server.run(MOMENT);
    let is_over = AtomicBool::new(false);
    let mut told = String::new();
    std::thread::scope(|scope| {
        let _ends_the_writer = SetOnDrop(&is_over);
        scope.spawn(|| {
            let mut conn = server.root();
            conn.query_drop("USE moment").expect("used");
            for turn in 0.. {
                if is_over.load(Ordering::Relaxed) {
                    break;
                }
                // Both books change at once, and no two moments look alike.
                let id = turn % 200 + 1;
                for statement in [
                    "BEGIN".to_owned(),
                    format!("UPDATE source SET amount = amount + 1 WHERE id = {id}"),
                    format!("UPDATE target SET amount = amount + 1 WHERE id = {id}"),
                    "COMMIT".to_owned(),
                ] {
                    conn.query_drop(statement).expect("written");
                }
            }
        });
        for (user, sessions) in [
            ("flusher", 4),
            ("locker", 4),
            ("reader", 4),
            ("reader", 1),
            ("locker", 3),
            ("flusher", 2),
        ] {
            let url = format!("mysql://{user}:pa55word@127.0.0.1:PORT/moment");
            let database = server.open_url(&url, sessions).expect("it opens");
            let first = sums(&database);
            assert_eq!(
                (first[0], first[0] * 2),
                (first[1], first[2]),
                "{user} {sessions}"
            );
            server.run("USE moment;\nINSERT INTO source VALUES (1000, 7) ON DUPLICATE KEY UPDATE amount = 7;\nDELETE FROM source WHERE id = 1000;\n");
            for _ in 0..5 {
                assert_eq!(sums(&database), first, "{user} {sessions}");
            }
            writeln!(told, "{user} {sessions}: {}", database.snapshot()).expect("written");
        }
    });
    insta::with_settings!({filters => vec![
        (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "[now]"), (r"GTID 0-23-\d+", "GTID 0-23-[n]"),
    ]}, {
        insta::assert_snapshot!(told, @"
        flusher 4: [now], one moment for 4 connections, GTID 0-23-[n]
        locker 4: [now], one moment for 4 connections, GTID 0-23-[n]
        reader 4: [now], one connection instead of 4: the user may hold still neither all tables, for want of RELOAD, nor these, for want of LOCK TABLES, GTID 0-23-[n]
        reader 1: [now], one connection, GTID 0-23-[n]
        locker 3: [now], one moment for 3 connections, GTID 0-23-[n]
        flusher 2: [now], one moment for 2 connections, GTID 0-23-[n]
        ");
    });
    let mut conn = server.root();
    let left: Vec<String> = conn
        .query("SELECT USER FROM information_schema.PROCESSLIST WHERE USER LIKE '%er'")
        .expect("asked");
    assert!(left.iter().all(|user| user == "system user"), "{left:?}");
}

#[test]
fn who_is_not_let_in_is_told_why_and_never_the_password() {
    let server = MariaDb::start();
    server.run(
        "CREATE DATABASE pay;\nCREATE USER teller@'127.0.0.1' IDENTIFIED BY 's3cret';\n\
         CREATE TABLE pay.flow (id INT PRIMARY KEY);\nINSERT INTO pay.flow VALUES (1);\n\
         GRANT SELECT ON pay.* TO teller@'127.0.0.1';\n",
    );
    let refused = |url: &str| {
        let begun = Instant::now();
        let error = server.open_url(url, 2).expect_err("it does not open");
        assert!(
            begun.elapsed() < Duration::from_secs(14),
            "{url} took {:?}",
            begun.elapsed()
        );
        let told = format!("{error}\n{error:?}");
        assert!(
            !told.contains("s3cret") && !told.contains("wr0ng"),
            "{told}"
        );
        error
            .to_string()
            .replace(&server.port().to_string(), "PORT")
    };
    let free_port = mariadb::free_port();
    let told = [
        refused("mysql://teller:wr0ng@127.0.0.1:PORT/pay"),
        refused("mysql://nobody:s3cret@127.0.0.1:PORT/pay"),
        refused("mysql://teller:s3cret@127.0.0.1:PORT/mysql"),
        refused("mysql://root@127.0.0.1:PORT/nowhere"),
        refused(&format!("mysql://teller:s3cret@127.0.0.1:{free_port}/pay"))
            .replace(&free_port.to_string(), "FREE"),
        refused("mysql://teller:s3cret@no.such.host.invalid:PORT/pay?tls=off"),
        refused("mysql://teller:s3cret@localhost/pay?socket=/no/socket"),
        refused("mysql://teller:s3cret@localhost:PORT/pay?ca_file=other.pem"),
        refused("mysql://teller:s3cret@127.0.0.1:PORT/pay?ca_file=ca.pem"),
        refused("mysql://teller:s3cret@localhost:PORT/pay?tls=verify"),
        refused("mysql://teller:s3cret@localhost:PORT/pay?ca_file=none.pem")
            .replace(&server.folder().display().to_string(), "FOLDER"),
    ];
    insta::assert_snapshot!(told.join("\n"), @r#"
    127.0.0.1:PORT refuses teller: Access denied for user 'teller'@'127.0.0.1' (using password: YES) (error 1045); see user, password and the database's name, and what the user is granted
    127.0.0.1:PORT refuses nobody: Access denied for user 'nobody'@'127.0.0.1' (using password: YES) (error 1045); see user, password and the database's name, and what the user is granted
    127.0.0.1:PORT refuses teller: Access denied for user 'teller'@'127.0.0.1' to database 'mysql' (error 1044); see user, password and the database's name, and what the user is granted
    opening nowhere: Unknown database 'nowhere' (error 1049); SHOW DATABASES names those there are
    127.0.0.1:FREE cannot be reached: Connection refused (os error 111); is it running, and is this its host and port?
    no.such.host.invalid:PORT cannot be reached: failed to lookup address information: Name or service not known; is it running, and is this its host and port?
    /no/socket cannot be reached: No such file or directory (os error 2); is it running, and is this its host and port?
    no secure connection to localhost:PORT: invalid peer certificate: UnknownIssuer; name the roots of its certificate with `?ca_file=…` in the address
    no secure connection to 127.0.0.1:PORT: invalid peer certificate: certificate not valid for name "127.0.0.1"; certificate is only valid for DnsName("localhost"); connect by a name that its certificate is for
    no secure connection to localhost:PORT: invalid peer certificate: UnknownIssuer; name the roots of its certificate with `?ca_file=…` in the address
    no secure connection to localhost:PORT: FOLDER/none.pem: No such file or directory (os error 2); `ca_file` names the certificates to trust
    "#);

    // The driver is built without this way of logging in; asked for it, it ends its thread.
    server.run(
        "INSTALL SONAME 'auth_ed25519';\n\
         CREATE USER modern@'127.0.0.1' IDENTIFIED VIA ed25519 USING PASSWORD('s3cret');\n\
         GRANT SELECT ON pay.* TO modern@'127.0.0.1';\n",
    );
    insta::assert_snapshot!(refused("mysql://modern:s3cret@127.0.0.1:PORT/pay"), @"127.0.0.1:PORT refuses modern: it asks for a way of logging in that is not spoken here; give the user a password by `mysql_native_password` or `caching_sha2_password`");

    let secured = server
        .open_url("mysql://teller:s3cret@localhost:PORT/pay?ca_file=ca.pem", 2)
        .expect("it opens");
    assert_eq!(
        read(&secured, "flow", &[], 9),
        Ok(vec![vec!["1".to_owned()]])
    );
    server.run("ALTER USER teller@'127.0.0.1' REQUIRE SSL;\n");
    assert!(
        server
            .open_url("mysql://teller:s3cret@localhost:PORT/pay?ca_file=ca.pem", 1)
            .is_ok()
    );
    assert!(
        server
            .open_url("mysql://teller:s3cret@localhost:PORT/pay?tls=off", 1)
            .is_err()
    );
}

#[test]
fn a_server_without_tls_is_named_with_what_to_do() {
    let server = MariaDb::start_with(&["--skip-ssl"]);
    let secured = server.open_url("mysql://root@localhost:PORT/mysql?tls=verify", 1);
    let error = secured.expect_err("it does not open");
    assert!(
        matches!(error.kind, DatabaseErrorKind::Tls { .. }),
        "{error:?}"
    );
    let said = error
        .to_string()
        .replace(&server.port().to_string(), "PORT");
    insta::assert_snapshot!(said, @"no secure connection to localhost:PORT: the server offers no TLS; have it set up, or write `tls=off` where nobody listens in");
}

/// What the server itself knows of its sessions: that each of them reads only, has tried to write before
/// it reads, and says nothing else that would write.
#[test]
fn every_session_reads_only_as_the_server_sees_it() {
    let server = MariaDb::start();
    server.run(
        "CREATE DATABASE pay;\nUSE pay;\nCREATE TABLE flow (id INT PRIMARY KEY);\n\
         INSERT INTO flow SELECT seq FROM seq_1_to_100;\n\
         CREATE USER teller@'127.0.0.1' IDENTIFIED BY 's3cret';\n\
         GRANT ALL ON *.* TO teller@'127.0.0.1';\n\
         SET GLOBAL log_output = 'TABLE';\nSET GLOBAL general_log = ON;\n",
    );
    let url = "mysql://teller:s3cret@127.0.0.1:PORT/pay";
    let database = server.open_url(url, 3).expect("it opens");
    let records = read(&database, "flow", &[], 40).expect("it is read");
    assert_eq!(records.len(), 100);
    let mut root = server.root();
    let transactions: Vec<(u64, u8)> = root
        .query(
            "SELECT trx_mysql_thread_id, trx_is_read_only FROM information_schema.INNODB_TRX \
             JOIN information_schema.PROCESSLIST ON ID = trx_mysql_thread_id WHERE USER = 'teller'",
        )
        .expect("asked");
    assert_eq!(transactions.len(), 3, "{transactions:?}");
    let said: Vec<(u64, String)> = root
        .query(
            "SELECT thread_id, CONVERT(argument USING utf8mb4) FROM mysql.general_log \
             WHERE command_type IN ('Query', 'Prepare') AND user_host LIKE 'teller[%'",
        )
        .expect("asked");
    let mut reads = 0;
    for (session, is_read_only) in transactions {
        assert_eq!(is_read_only, 1, "{session}: {said:?}");
        let own: Vec<&str> = said
            .iter()
            .filter(|(of, _)| *of == session)
            .map(|(_, sql)| sql.as_str())
            .collect();
        let at = |sql: &str| own.iter().position(|one| one.starts_with(sql));
        let begun = at("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY");
        let tried = at(TRIED);
        assert!(begun.is_some() && begun < tried, "{own:?}");
        let read = own
            .iter()
            .position(|sql| sql.starts_with("SELECT") && sql.contains("FROM `flow`"));
        assert!(read.is_none_or(|read| tried < Some(read)), "{own:?}");
        reads += usize::from(read.is_some());
    }
    assert!(reads > 0, "{said:?}");
    let is_known = |sql: &str| {
        let word = sql.split_whitespace().next().unwrap_or_default();
        sql == TRIED || KNOWN.contains(&word.to_ascii_uppercase().as_str())
    };
    let others: Vec<_> = said.iter().filter(|(_, sql)| !is_known(sql)).collect();
    assert!(others.is_empty(), "{others:?}");
    drop(database);
}

/// The write that every session tries.
const TRIED: &str = "DELETE FROM `flow` WHERE 1 = 0";
/// What else a session says; the lock is taken for a moment, and let go.
const KNOWN: [&str; 7] = ["SET", "SELECT", "SHOW", "START", "FLUSH", "UNLOCK", "DO"];

/// A user who may read some columns of one table, may only add to another, and may read a third.
const RIGHTS: &str = r"
CREATE DATABASE rights;
USE rights;
CREATE TABLE part (id INT PRIMARY KEY, v INT, secret INT, hidden TEXT);
INSERT INTO part VALUES (1, 2, 3, 'four');
CREATE TABLE drop_box (id INT PRIMARY KEY);
CREATE TABLE flow (id INT PRIMARY KEY);
INSERT INTO flow VALUES (1);
CREATE USER reader@localhost IDENTIFIED BY 'pa55word';
GRANT SELECT (id, v), INSERT (secret) ON rights.part TO reader@localhost;
GRANT INSERT ON rights.drop_box TO reader@localhost;
GRANT SELECT ON rights.flow TO reader@localhost;
";

#[test]
fn what_a_user_may_not_read_is_refused_by_name_and_never_left_out() {
    let server = MariaDb::start();
    server.run(RIGHTS);
    let socket = server.folder().join("socket");
    let url = format!(
        "mysql://reader:pa55word@localhost/rights?socket={}&connections=1",
        socket.display()
    );
    let database = server.open_url(&url, 1).expect("it opens");
    assert_eq!(database.barred(), ["drop_box"]);
    let part = table(&database, "part");
    let columns: Vec<(&str, bool)> = part
        .columns
        .iter()
        .map(|one| (one.name.as_str(), one.is_granted))
        .collect();
    assert_eq!(
        columns,
        [("id", true), ("v", true), ("secret", false), ("?", false)]
    );
    assert_eq!(
        read(&database, "part", &["id", "v"], 9),
        Ok(vec![vec!["1".to_owned(), "2".to_owned()]])
    );
    let told = [&["secret"][..], &["id", "v", "?"]].map(|columns| {
        let refused = read(&database, "part", columns, 9).expect_err("it is refused");
        refused.to_string()
    });
    insta::assert_snapshot!(told.join("\n"), @r#"
    part, column "secret": the user may not read it; GRANT SELECT on it to the user that reads, or leave it out with `ignore` of the table
    part, column "?": the user may not read it; GRANT SELECT on it to the user that reads, or leave it out with `ignore` of the table
    "#);
    assert_eq!(table(&database, "flow").columns.len(), 1);
    // Who may read all columns has no others.
    assert_eq!(table(&server.open("rights", 1), "part").columns.len(), 4);
}

#[test]
fn who_writes_meanwhile_waits_for_a_moment_only() {
    let server = MariaDb::start();
    server.run(
        "CREATE DATABASE busy;\nUSE busy;\nCREATE TABLE long_one (id INT PRIMARY KEY, n INT);\n\
         INSERT INTO long_one SELECT seq, 0 FROM seq_1_to_400;\n\
         CREATE TABLE flow (id INT PRIMARY KEY AUTO_INCREMENT, n INT);\n",
    );
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let _ends_the_writer = SetOnDrop(&is_over);
        let began = Instant::now();
        scope.spawn(|| {
            let mut conn = server.root();
            conn.query_drop("UPDATE busy.long_one SET n = n + SLEEP(0.01)")
                .expect("written");
        });
        let longest = scope.spawn(|| {
            let mut conn = server.root();
            let mut longest = Duration::ZERO;
            while !is_over.load(Ordering::Relaxed) {
                let one = Instant::now();
                conn.query_drop("INSERT INTO busy.flow (n) VALUES (1)")
                    .expect("written");
                longest = longest.max(one.elapsed());
                std::thread::sleep(Duration::from_millis(5));
            }
            longest
        });
        std::thread::sleep(Duration::from_millis(300));
        let url = format!(
            "mysql://root@localhost/busy?socket={}&lock_timeout=30",
            server.folder().join("socket").display()
        );
        let database = server.open_url(&url, 2).expect("it opens");
        assert!(database.snapshot().contains("one moment for 2 connections"));
        // It had to wait for the long statement; nobody else had.
        assert!(began.elapsed() > Duration::from_secs(3));
        is_over.store(true, Ordering::Relaxed);
        let longest = longest.join().expect("it ends");
        assert!(longest < Duration::from_secs(3), "{longest:?}");
    });
}

const SLOW: &str = r"
CREATE DATABASE slow;
USE slow;
CREATE TABLE flow (id INT PRIMARY KEY, text VARCHAR(3000) NOT NULL);
INSERT INTO flow SELECT seq, REPEAT('x', 2000) FROM seq_1_to_20000;
CREATE VIEW never AS SELECT id, SLEEP(5) AS waited FROM flow;
CREATE VIEW dripping AS SELECT id, text, SLEEP(0.005) AS waited FROM flow;
CREATE VIEW flood AS SELECT one.id, one.text FROM flow one JOIN flow other;
CREATE USER teller@'127.0.0.1' IDENTIFIED BY 's3cret';
GRANT SELECT, LOCK TABLES ON slow.* TO teller@'127.0.0.1';
";

#[test]
fn what_takes_too_long_or_breaks_off_is_told_and_nothing_hangs() {
    let mut server = MariaDb::start();
    server.run(SLOW);

    // A statement that takes too long; the session lives on.
    let url = "mysql://root@127.0.0.1:PORT/slow?statement_timeout=1&lock_timeout=1";
    let database = server.open_url(url, 1).expect("it opens");
    insta::assert_snapshot!(read(&database, "never", &[], 9).expect_err("it takes long"), @"reading never took longer than it may: Query execution was interrupted (max_statement_time exceeded) (error 1969); raise `statement_timeout` in the address");
    assert_eq!(
        read(&database, "flow", &["id"], 9_000)
            .expect("it is read")
            .len(),
        20_000
    );

    // Locks of others: on opening by either way, and on reading. Whoever has read a table keeps
    // others from locking it, or altering it, until he is gone.
    drop(database);
    let mut other = server.root();
    other
        .query_drop("LOCK TABLES slow.flow WRITE")
        .expect("locked");
    let locked = |url: &str| server.open_url(url, 2).expect_err("it is locked");
    let long = "mysql://root@127.0.0.1:PORT/slow?statement_timeout=30&lock_timeout=1";
    insta::assert_snapshot!(locked(long), @"starting one moment for all connections took longer than it may: Lock wait timeout exceeded; try restarting transaction (error 1205); another session writes, or holds a lock: wait for its end, raise `lock_timeout` in the address, or write `connections=1`, which needs no lock");
    let teller = "mysql://teller:s3cret@127.0.0.1:PORT/slow?lock_timeout=1";
    insta::assert_snapshot!(locked(teller), @"starting one moment for all connections took longer than it may: Lock wait timeout exceeded; try restarting transaction (error 1205); another session writes, or holds a lock: wait for its end, raise `lock_timeout` in the address, or write `connections=1`, which needs no lock");
    let single = server.open_url(long, 1).expect("one session needs no lock");
    insta::assert_snapshot!(read(&single, "flow", &["id"], 9).expect_err("it is locked"), @"finding keys of flow took longer than it may: Lock wait timeout exceeded; try restarting transaction (error 1205); another session holds a lock: wait for its end, or raise `lock_timeout` in the address");
    other.query_drop("UNLOCK TABLES").expect("unlocked");
    assert_eq!(
        read(&single, "flow", &["id"], 9_000)
            .expect("it is read")
            .len(),
        20_000
    );

    // A read that nobody wants to the end is called off, and the session goes on.
    let begun = Instant::now();
    let flood = number(&single, "flood");
    let range = &single.cut(flood, 1).expect("it is cut")[0];
    let first = single
        .read(flood, range, &[0, 1], 100)
        .next()
        .expect("a batch")
        .expect("read");
    assert_eq!(first.num_rows(), 100);
    assert_eq!(
        read(&single, "flow", &["id"], 9_000)
            .expect("it is read")
            .len(),
        20_000
    );
    assert!(
        begun.elapsed() < Duration::from_secs(20),
        "{:?}",
        begun.elapsed()
    );

    // A connection that is killed is replaced by another one, and no record comes twice.
    let pair = server.open("slow", 2);
    let flow = number(&pair, "flow");
    let range = &pair.cut(flow, 1_000_000).expect("it is cut")[0];
    let mut records = pair.read(flow, range, &[0, 1], 100);
    let mut count = records.next().expect("a batch").expect("read").num_rows();
    let ids: Vec<u64> = other
        .query("SELECT ID FROM information_schema.PROCESSLIST WHERE DB = 'slow' AND INFO LIKE 'SELECT%`flow`%'")
        .expect("asked");
    assert!(!ids.is_empty(), "it still reads");
    for id in ids {
        drop(other.query_drop(format!("KILL {id}")));
    }
    count += records
        .map(|batch| batch.expect("it goes on").num_rows())
        .sum::<usize>();
    assert_eq!(count, 20_000);

    // The server goes away in the middle of a read.
    let dripping = number(&single, "dripping");
    let range = &single.cut(dripping, 1).expect("it is cut")[0];
    let mut records = single.read(dripping, range, &[0, 1], 10);
    assert!(records.next().expect("a batch").is_ok());
    let begun = Instant::now();
    server.kill();
    let ended = records.find_map(Result::err).expect("it ends in an error");
    assert!(
        matches!(ended.kind, DatabaseErrorKind::Lost(_)),
        "{ended:?}"
    );
    assert!(
        begun.elapsed() < Duration::from_secs(5),
        "{:?}",
        begun.elapsed()
    );
    insta::assert_snapshot!(ended, @"the connection was lost: reading dripping: the server closed the connection; a table without a key cannot be read on: start again");
    let gone = read(&single, "flow", &["id"], 9).expect_err("nobody is there");
    insta::assert_snapshot!(gone, @"the connection was lost: finding keys of flow: the server closed the connection; what it read of that moment is gone with it: start again");
}

#[test]
fn the_time_for_which_a_load_holds_a_read_up_does_not_count_as_its_statements() {
    let server = MariaDb::start();
    // More than any buffer between takes.
    server.run(
        "CREATE DATABASE pay;
CREATE TABLE pay.heap (id INT, memo LONGTEXT);
SET max_recursive_iterations = 10000;
INSERT INTO pay.heap WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n WHERE id < 3500) \
  SELECT id, REPEAT('x', 12000) FROM n;
",
    );
    let url = "mysql://root@127.0.0.1:PORT/pay?statement_timeout=1&max_load=1000";
    let database = server.open_url(url, 1).expect("it opens");
    let heap = read(&database, "heap", &["id", "memo"], 1_000).expect("it is read");
    assert_eq!(heap.len(), 3_500);
}

#[test]
fn what_is_written_is_read_back_as_it_was_or_refused() {
    let server = MariaDb::start();
    server.run(
        "CREATE DATABASE pay CHARACTER SET utf8mb4;\nCREATE DATABASE bao CHARACTER SET utf8mb4;\n",
    );
    let url = |database: &str| {
        let socket = server.folder().join("socket");
        format!(
            "mariadb://root@localhost/{database}?socket={}",
            socket.display()
        )
    };
    insta::assert_snapshot!(written::check(&url("pay"), server.folder(), &[]), @r#"
    column "flag": it is true or false, for which the database has no type; give it as a number in the rule: CAST(… AS TINYINT)
    column "clock": it is a time of day, for which the database has no type; give it as text in the rule: CAST(… AS VARCHAR)
    "#);
    server.run(
        "CREATE TABLE bao.ledger (id bigint PRIMARY KEY, amount decimal(18,2), memo varchar(6))",
    );
    insta::assert_snapshot!(written::refusals(&url("bao"), server.folder()), @r#"
    1 written
    ledger, id 2, column "amount": a column decimal(18,2) cannot hold 1.2345 exactly
    ledger, id 3, column "amount": a column decimal(18,2) cannot hold 1000000000000000000.00 exactly
    ledger, id NULL, column "id": it is NULL, which the column does not take
    ledger, id 5, column "memo": a column varchar(6) cannot hold "too much" exactly: it takes 6 characters
    writing ledger: Duplicate entry '1' for key 'PRIMARY' (error 1062)
    1 written
    2 held
    "#);
    server.run(
        "CREATE TABLE bao.kept (id bigint PRIMARY KEY, second datetime, fixed char(5), \
         short varchar(6), uid uuid, label enum('A','b'), clock time, founded year, raw binary(2), \
         doc json, terms set('a','b'), addr inet6, rate float(7,2)) CHARACTER SET utf8mb4;\n",
    );
    insta::assert_snapshot!(written::in_place(&url("bao"), server.folder()), @r#"
    second: written
    kept, id 1, column "second": a column datetime cannot hold 2013-05-27T00:00:00.500 exactly
    fixed: written
    kept, id 5, column "fixed": a column char(5) cannot hold "ab " exactly: it drops blanks at the end
    kept, id 6, column "fixed": a column char(5) cannot hold "abcdef" exactly: it takes 5 characters
    short: written
    kept, id 8, column "short": a column varchar(6) cannot hold "ab     " exactly: it takes 6 characters
    short: written
    uid: written
    kept, id 11, column "uid": a column uuid cannot hold "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11" exactly: it gives 36 characters in small letters
    label: written
    kept, id 13, column "label": a column enum('A','b') cannot hold "a" exactly: it is none of its labels
    clock: written
    kept, id 15, column "clock": a column time cannot hold "10:11" exactly: it spells a time in its own way
    founded: written
    kept, id 17, column "founded": a column year(4) cannot hold 13 exactly: it makes a year of four digits of it
    raw: written
    kept, id 19, column "raw": a column binary(2) cannot hold 61 exactly: it holds 2 bytes, and fills them up
    doc: written
    column "terms": kept has it as set('a','b'), which does not keep every text as it is; make the column text, convert, and change its type afterwards
    column "addr": kept has it as inet6, which does not keep every text as it is; make the column text, convert, and change its type afterwards
    column "rate": kept has it as float(7,2), which rounds what is written; make it double without digits, or decimal with them
    "#);
    server.run(
        "CREATE TABLE bao.old (id int PRIMARY KEY) ENGINE = MyISAM;\n\
         CREATE SEQUENCE bao.counted;\nCREATE TABLE bao.parent (id int PRIMARY KEY);\n\
         CREATE TABLE bao.child (id int, FOREIGN KEY (id) REFERENCES bao.parent (id));\n\
         INSERT INTO bao.parent VALUES (1);\n",
    );
    let address = databases::Address::parse(&url("bao"), server.folder()).expect("good");
    let mut writer = databases::Writer::open(&address).expect("it opens");
    insta::assert_snapshot!(writer.table("old").expect_err("no transactions"), @"writing old: it is MyISAM, which knows no transactions: a broken write would stay; ALTER TABLE old ENGINE = InnoDB");
    insta::assert_snapshot!(writer.table("counted").expect_err("it is taken"), @"writing counted: its name is taken by a sequence; give the table another name, or take that away");
    // Here names that differ in their letters' case are two.
    assert_eq!(writer.table("KEPT"), Ok(None));
    writer.clear("child").expect("emptied");
    writer.clear("parent").expect("emptied");
    assert_eq!(writer.is_empty("parent"), Ok(true));
    let moves = [("one", "two"), ("three", "four")];
    let moves = moves.map(|(from, to)| (from.to_owned(), to.to_owned()));
    insta::assert_snapshot!(writer.rename(&moves).expect_err("they are not there"), @"putting two, four in their places: Table 'bao.one' doesn't exist (error 1146)");
    assert_eq!(writer.hold(), Ok(true));
    let mut second = databases::Writer::open(&address).expect("it opens");
    assert_eq!(second.hold(), Ok(false));
}

#[test]
fn a_replica_that_does_not_replicate_is_not_read_under_a_limit_of_its_lag() {
    let server = MariaDb::start();
    server.run("CREATE DATABASE pay;\nCREATE TABLE pay.flow (k INT PRIMARY KEY);\n");
    let socket = server.folder().join("socket").display().to_string();
    let said = |load: &str| {
        let url = format!("mariadb://root@localhost/pay?socket={socket}&max_load={load}");
        match server.open_url(&url, 1) {
            Ok(database) => database.snapshot().to_owned(),
            Err(error) => error.to_string().replace(&socket, "SOCKET"),
        }
    };
    let mut told = vec![said("lag=1")];
    server.run("CHANGE MASTER TO MASTER_HOST = '127.0.0.1', MASTER_PORT = 1;\n");
    told.push(said("900,lag=1"));
    insta::assert_snapshot!(told.join("\n"), @"
    SOCKET, the lag of replicas: this server is no replica, and a source does not know how far its replicas are behind; read from a replica, or leave `lag` out
    SOCKET, the lag of replicas: its replication does not run; START REPLICA, or leave `lag` out
    ");
    assert!(said("900").ends_with(", at most 900 records a second"));
}

#[test]
fn nothing_is_read_from_a_replica_while_it_is_further_behind_than_it_may_be() {
    let server = MariaDb::start();
    server.run(
        "CREATE DATABASE pay;\nUSE pay;\nCREATE TABLE flow (k INT PRIMARY KEY);\n\
         INSERT INTO flow SELECT seq FROM seq_1_to_9;\n",
    );
    let replica = server.replica(5);
    let socket = replica.folder().join("socket").display().to_string();
    let url = format!("mariadb://root@localhost/pay?socket={socket}&max_load=lag=1");
    let open = || replica.open_url(&url, 1).expect("it opens");
    let database = open();
    assert!(database.snapshot().ends_with("at most replicas 1 s behind"));
    let records = |database: &Database| {
        let began = Instant::now();
        let flow = read(database, "flow", &["k"], 100).expect("it is read");
        (flow.len(), began.elapsed())
    };
    assert!(records(&database).1 < Duration::from_secs(1));
    server.run("USE pay;\nINSERT INTO flow SELECT seq FROM seq_10_to_19;\n");
    let began = Instant::now();
    let mut longest = Duration::ZERO;
    // It waits for as long as the replica is behind, and no longer.
    while began.elapsed() < Duration::from_secs(8) {
        let (count, took) = records(&database);
        assert_eq!(count, 9);
        longest = longest.max(took);
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(longest > Duration::from_secs(2), "it waited {longest:?}");
    assert!(longest < Duration::from_secs(30), "it waited {longest:?}");
    assert_eq!(records(&open()).0, 19);
}
