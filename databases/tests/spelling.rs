//! What real servers spell, digest and add up, against what is written by hand.

#[path = "support/certificates.rs"]
mod certificates;
#[path = "support/mariadb.rs"]
#[expect(dead_code, reason = "only conversions begin a server anew")]
mod mariadb;
#[path = "support/postgres.rs"]
#[expect(dead_code, reason = "only conversions begin a server anew")]
mod postgres;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_buffer::i256;
use arrow_schema::DataType;
use databases::{
    Address, Database, RangeSums, SpelledColumn, SpellingRequest, TableInfo, Unsummed,
};
use mariadb::MariaDb;
use md5::{Digest as _, Md5};
use postgres::{PASSWORD, Postgres};

const SECRET: &str = "0123456789abcdef0123456789abcdef";

fn table<'a>(database: &'a Database, name: &str) -> (usize, &'a TableInfo) {
    let mut tables = database.tables().iter().enumerate();
    let found = tables.find(|(_, table)| table.name == name);
    let (at, table) = found.unwrap_or_else(|| panic!("there is no table {name}"));
    (at, table)
}

/// A column by its name, with one more decimal than it has where `more` says so.
fn spelled(table: &TableInfo, name: &str, more: u8) -> SpelledColumn {
    let mut columns = table.columns.iter();
    let column = columns.position(|column| column.name == name);
    let column = column.unwrap_or_else(|| panic!("there is no column {name}"));
    let scale = match &table.columns[column].data_type {
        DataType::Decimal128(_, scale) | DataType::Decimal256(_, scale) => {
            u8::try_from(*scale).ok()
        }
        data_type if data_type.is_integer() => Some(0),
        _ => None,
    };
    SpelledColumn {
        column,
        scale: scale.map(|scale| scale + more),
    }
}

fn request(table: &TableInfo, columns: &[&str], more: u8) -> SpellingRequest {
    SpellingRequest {
        columns: columns
            .iter()
            .map(|name| spelled(table, name, more))
            .collect(),
        key: vec![0],
        money: Vec::new(),
        groups: Vec::new(),
        secret: SECRET.to_owned(),
        digits: 4,
    }
}

fn added(database: &Database, name: &str, request: &SpellingRequest) -> Result<RangeSums, String> {
    let (at, _) = table(database, name);
    let spelling = database.spelling(at, request)?;
    let ranges = database.cut(at, 100).expect("it is cut");
    database
        .add_up(&spelling, &ranges)
        .map_err(|why| match why {
            Unsummed::Unfit(why) => why,
            Unsummed::Failed(error) => panic!("{error}"),
        })
}

/// Bucket and digest of a record, from texts written by hand.
fn digest(key: &str, record: &str) -> (u32, [u128; 2]) {
    let of = |text: &str| {
        let digest = Md5::digest(format!("{SECRET}{text}").as_bytes());
        let digits: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        digits
    };
    let piece = |digits: &str| u128::from_str_radix(digits, 16).expect("hexadecimal");
    let (key, record) = (of(key), of(record));
    let bucket = u32::from_str_radix(&key[..4], 16).expect("hexadecimal");
    (bucket, [piece(&record[..15]), piece(&record[15..30])])
}

/// Holds the digests of each column by itself, and of all together, against spellings written by
/// hand: of each record, in the order of `id` from 1.
fn check(database: &Database, name: &str, columns: &[(&str, u8, &[&str])]) {
    let (_, info) = table(database, name);
    let mut wrong = Vec::new();
    let mut whole: BTreeMap<usize, String> = BTreeMap::new();
    for (column, more, fields) in columns {
        let sums = match added(database, name, &request(info, &["id", column], *more)) {
            Ok(sums) => sums,
            Err(why) => {
                wrong.push(format!("{column}: {why}"));
                continue;
            }
        };
        for (at, field) in fields.iter().enumerate() {
            let (id, one) = (at + 1, if *more > 0 { ".0" } else { "" });
            let key = format!("{id}{one};");
            let (bucket, pieces) = digest(&key, &format!("{key}{field}"));
            let found = sums.buckets.iter().find(|sums| sums.bucket == bucket);
            if found.is_none_or(|found| (found.records, found.sums) != (1, pieces)) {
                wrong.push(format!("{column}, record {id}: not {field:?}"));
            }
            if *more == 0 {
                whole.entry(at).or_default().push_str(field);
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));

    let plain = columns.iter().filter(|(_, more, _)| *more == 0);
    let names: Vec<&str> = std::iter::once("id")
        .chain(plain.map(|(name, ..)| *name))
        .collect();
    let mut request = request(info, &names, 0);
    let expected = |is_keyed: bool| {
        let mut buckets: Vec<(u32, u64, [u128; 2])> = whole
            .iter()
            .map(|(at, fields)| {
                let key = format!("{};", at + 1);
                let record = format!("{key}{fields}");
                let by = if is_keyed { &key } else { &record };
                let (bucket, pieces) = digest(by, &record);
                (bucket, 1, pieces)
            })
            .collect();
        buckets.sort_unstable();
        buckets
    };
    for is_keyed in [true, false] {
        if !is_keyed {
            request.key.clear();
        }
        let sums = added(database, name, &request).expect("added up");
        let buckets = sums.buckets.iter();
        let mut found: Vec<_> = buckets
            .map(|one| (one.bucket, one.records, one.sums))
            .collect();
        found.sort_unstable();
        assert_eq!(found, expected(is_keyed), "keyed: {is_keyed}");
    }
}

fn open_postgres(server: &Postgres) -> Database {
    let address = Address::parse(&server.url("teller", PASSWORD), Path::new("/")).expect("good");
    Database::open(&address, 2).expect("it opens")
}

#[test]
fn postgresql_spells_every_type_as_it_is_written_by_hand() {
    let server = Postgres::start("");
    server.psql(
        "CREATE TYPE mood AS ENUM ('calm', 'anxious');
         CREATE DOMAIN fen AS numeric(18,2);
         CREATE TABLE every (id int PRIMARY KEY,
             a bool, b int2, d int8, e oid, h numeric(18,2), j numeric(76,2), k numeric, m fen, n money,
             o text, p varchar(9), q char(6), nm name, r bytea, s date, t time, u timestamp, v timestamptz,
             w uuid, x json, z mood, aa int4[], ab interval);
         INSERT INTO every VALUES
           (1, true, -32768, -9223372036854775808, 4294967295, -9999999999999999.99,
             repeat('9', 74)::numeric + 0.99, 'NaN', -0.00, -1234.5, '一分钱 🪙;~:', 'tail  ', 'ab', 'Name',
             '\\x00ff7f', '0001-01-01', '23:59:59.999999', '0001-01-01 00:00:00', '2013-05-27 08:00:00+08',
             'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11', '{\"a\":  2}', 'anxious', '{1,NULL,3}', '1 day'),
           (2, false, 32767, 9223372036854775807, 0, 0.50, -0.01, 12.340, 1.00, 0, '', '', '', '', '',
             '9999-12-31', '00:00:00', '2013-05-27 08:00:00.12', '1969-12-31 23:59:59.999999+00',
             '00000000-0000-0000-0000-000000000000', 'null', 'calm', '{}', '0');
         INSERT INTO every (id) VALUES (3);",
    );
    let nines = format!("{}.99;", "9".repeat(74));
    let columns: &[(&str, u8, &[&str])] = &[
        ("a", 0, &["true;", "false;", "~;"]),
        ("b", 0, &["-32768;", "32767;", "~;"]),
        ("b", 1, &["-32768.0;", "32767.0;", "~;"]),
        (
            "d",
            0,
            &["-9223372036854775808;", "9223372036854775807;", "~;"],
        ),
        ("e", 0, &["4294967295;", "0;", "~;"]),
        ("h", 0, &["-9999999999999999.99;", "0.50;", "~;"]),
        ("h", 1, &["-9999999999999999.990;", "0.500;", "~;"]),
        ("j", 0, &[&nines, "-0.01;", "~;"]),
        ("k", 0, &["3:NaN", "6:12.340", "~:"]),
        ("m", 0, &["0.00;", "1.00;", "~;"]),
        ("n", 0, &["8:-1234.50", "4:0.00", "~:"]),
        ("o", 0, &["17:一分钱 🪙;~:", "0:", "~:"]),
        ("p", 0, &["6:tail  ", "0:", "~:"]),
        ("q", 0, &["2:ab", "0:", "~:"]),
        ("nm", 0, &["4:Name", "0:", "~:"]),
        ("r", 0, &["00ff7f;", ";", "~;"]),
        ("s", 0, &["0001-01-01;", "9999-12-31;", "~;"]),
        ("t", 0, &["23:59:59.999999;", "00:00:00;", "~;"]),
        (
            "u",
            0,
            &["0001-01-01 00:00:00;", "2013-05-27 08:00:00.12;", "~;"],
        ),
        (
            "v",
            0,
            &["2013-05-27 00:00:00;", "1969-12-31 23:59:59.999999;", "~;"],
        ),
        (
            "w",
            0,
            &[
                "36:a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
                "36:00000000-0000-0000-0000-000000000000",
                "~:",
            ],
        ),
        ("x", 0, &["9:{\"a\":  2}", "4:null", "~:"]),
        ("z", 0, &["7:anxious", "4:calm", "~:"]),
        ("aa", 0, &["10:{1,NULL,3}", "2:{}", "~:"]),
        ("ab", 0, &["3:P1D", "4:PT0S", "~:"]),
    ];
    check(&open_postgres(&server), "every", columns);
}

const MYSQL_TYPES: &str = r#"
CREATE DATABASE types;
USE types;
SET NAMES utf8mb4;
SET sql_mode = 'ALLOW_INVALID_DATES';
SET time_zone = '+05:00';
CREATE TABLE every (
  id INT PRIMARY KEY,
  t TINYINT, su SMALLINT UNSIGNED ZEROFILL, b BIGINT, bu BIGINT UNSIGNED, truth BOOLEAN,
  bits BIT(64), bits3 BIT(3), y YEAR,
  money DECIMAL(18,2), wider DECIMAL(60,30), padded DECIMAL(10,3) ZEROFILL,
  day DATE, at DATETIME, at6 DATETIME(6), stamp TIMESTAMP NULL, stamp3 TIMESTAMP(3) NULL,
  clock TIME, clock6 TIME(6),
  c CHAR(5), v VARCHAR(20), old VARCHAR(20) CHARACTER SET latin1, gbk VARCHAR(20) CHARACTER SET gbk,
  bin_text VARCHAR(20) COLLATE utf8mb4_bin, long_text LONGTEXT,
  e ENUM('small','it''s'), st SET('x','y','z'), j JSON, u UUID, i4 INET4, i6 INET6,
  bin BINARY(4), vbin VARBINARY(9), blobs LONGBLOB
) DEFAULT CHARSET utf8mb4;
INSERT INTO every VALUES (1,
  -128, 7, -9223372036854775808, 18446744073709551615, TRUE, ~0, 5, 1901,
  -9999999999999999.99, -123456789012345678901234567890.000000000000000000000000000001, 1.5,
  '1000-01-01', '1000-01-01 00:00:00', '2013-05-27 08:00:00.120000', '1970-01-01 05:00:01', '1970-01-01 05:00:01.100',
  '-838:59:59', '-838:59:59.999999',
  'Ab', '支付流水😀;~', 'Müller é', '支付', 'A a ', 'ü', 'it''s', 'x,z', '{"a": "é"}',
  'ffffffff-ffff-ffff-ffff-ffffffffffff', '255.255.255.255', '::1',
  x'00ff01', x'00ff', x'ff00fe');
INSERT INTO every VALUES (2,
  127, 65535, 9223372036854775807, 0, FALSE, 0, 0, 0,
  0.50, 0, 0,
  '9999-12-31', '9999-12-31 23:59:59', '2013-05-27 08:00:10.000000', '2038-01-19 08:14:07', '2038-01-19 08:14:00',
  '25:00:00', '00:00:00',
  '', '', '', '', '', '', 'small', '', '{}', '00000000-0000-0000-0000-000000000000', '0.0.0.0', '::',
  '', '', '');
INSERT INTO every (id) VALUES (3);
CREATE TABLE zero (id INT PRIMARY KEY, day DATE NULL, at DATETIME NULL);
INSERT INTO zero VALUES (1, '2013-01-01', '2013-02-28 10:00:00'), (2, NULL, NULL);
CREATE TABLE zero_day LIKE zero;
INSERT INTO zero_day SELECT * FROM zero;
INSERT INTO zero_day VALUES (3, '0000-00-00', NULL);
CREATE TABLE no_day LIKE zero;
INSERT INTO no_day VALUES (3, NULL, '2013-02-31 00:00:00');
CREATE TABLE folded (id INT PRIMARY KEY, code VARCHAR(9) COLLATE utf8mb4_general_ci, yuan DECIMAL(18,2) NULL);
INSERT INTO folded VALUES (1, 'cny', 1.50), (2, 'CNY', 2), (3, 'cny ', NULL), (4, NULL, 0.05), (5, 'cny', -0.25);
CREATE TABLE big (id INT PRIMARY KEY, b LONGTEXT);
INSERT INTO big VALUES (1, REPEAT('x', 12000000));
CREATE TABLE heap (a INT);
CREATE VIEW seen AS SELECT id FROM zero;
"#;

#[test]
#[expect(
    clippy::too_many_lines,
    reason = "a table of all types, each with its values"
)]
fn mariadb_spells_every_type_as_it_is_written_by_hand() {
    let server = MariaDb::start();
    server.run(MYSQL_TYPES);
    let database = server.open("types", 2);
    let columns: &[(&str, u8, &[&str])] = &[
        ("t", 0, &["-128;", "127;", "~;"]),
        ("t", 1, &["-128.0;", "127.0;", "~;"]),
        ("su", 0, &["7;", "65535;", "~;"]),
        (
            "b",
            0,
            &["-9223372036854775808;", "9223372036854775807;", "~;"],
        ),
        ("bu", 0, &["18446744073709551615;", "0;", "~;"]),
        ("bu", 1, &["18446744073709551615.0;", "0.0;", "~;"]),
        ("truth", 0, &["1;", "0;", "~;"]),
        ("bits", 0, &["18446744073709551615;", "0;", "~;"]),
        ("bits3", 0, &["5;", "0;", "~;"]),
        ("y", 0, &["1901;", "0;", "~;"]),
        ("money", 0, &["-9999999999999999.99;", "0.50;", "~;"]),
        ("money", 1, &["-9999999999999999.990;", "0.500;", "~;"]),
        (
            "wider",
            0,
            &[
                "-123456789012345678901234567890.000000000000000000000000000001;",
                "0.000000000000000000000000000000;",
                "~;",
            ],
        ),
        ("padded", 0, &["1.500;", "0.000;", "~;"]),
        ("padded", 1, &["1.5000;", "0.0000;", "~;"]),
        ("day", 0, &["1000-01-01;", "9999-12-31;", "~;"]),
        (
            "at",
            0,
            &["1000-01-01 00:00:00;", "9999-12-31 23:59:59;", "~;"],
        ),
        (
            "at6",
            0,
            &["2013-05-27 08:00:00.12;", "2013-05-27 08:00:10;", "~;"],
        ),
        (
            "stamp",
            0,
            &["1970-01-01 00:00:01;", "2038-01-19 03:14:07;", "~;"],
        ),
        (
            "stamp3",
            0,
            &["1970-01-01 00:00:01.1;", "2038-01-19 03:14:00;", "~;"],
        ),
        ("clock", 0, &["10:-838:59:59", "8:25:00:00", "~:"]),
        (
            "clock6",
            0,
            &["17:-838:59:59.999999", "15:00:00:00.000000", "~:"],
        ),
        ("c", 0, &["2:Ab", "0:", "~:"]),
        ("v", 0, &["18:支付流水😀;~", "0:", "~:"]),
        ("old", 0, &["10:Müller é", "0:", "~:"]),
        ("gbk", 0, &["6:支付", "0:", "~:"]),
        ("bin_text", 0, &["4:A a ", "0:", "~:"]),
        ("long_text", 0, &["2:ü", "0:", "~:"]),
        ("e", 0, &["4:it's", "5:small", "~:"]),
        ("st", 0, &["3:x,z", "0:", "~:"]),
        ("j", 0, &["11:{\"a\": \"é\"}", "2:{}", "~:"]),
        (
            "u",
            0,
            &[
                "36:ffffffff-ffff-ffff-ffff-ffffffffffff",
                "36:00000000-0000-0000-0000-000000000000",
                "~:",
            ],
        ),
        ("i4", 0, &["15:255.255.255.255", "7:0.0.0.0", "~:"]),
        ("i6", 0, &["3:::1", "2:::", "~:"]),
        ("bin", 0, &["00ff0100;", "00000000;", "~;"]),
        ("vbin", 0, &["00ff;", ";", "~;"]),
        ("blobs", 0, &["ff00fe;", ";", "~;"]),
    ];
    check(&database, "every", columns);

    // What reading would refuse is not passed over, and what the server cannot do is said.
    let of = |name: &str, columns: &[&str]| {
        let (_, info) = table(&database, name);
        added(&database, name, &request(info, columns, 0)).map(|sums| sums.buckets.len())
    };
    assert_eq!(of("zero", &["id", "day", "at"]), Ok(2));
    let unreadable = "it holds a value that no type here holds".to_owned();
    assert_eq!(of("zero_day", &["id", "day"]), Err(unreadable.clone()));
    assert_eq!(of("no_day", &["id", "at"]), Err(unreadable.clone()));
    // Longer than a packet.
    server.run("SET GLOBAL max_allowed_packet = 1048576;\n");
    let small = server.open("types", 1);
    let (_, info) = table(&small, "big");
    let big = added(&small, "big", &request(info, &["id", "b"], 0));
    assert_eq!(big.map(|_| ()), Err(unreadable));
    assert!(of("heap", &["a"]).is_err_and(|why| why.contains("no primary key")));
    assert!(of("seen", &["id"]).is_err_and(|why| why.contains("a view")));

    // Texts that a collation takes for the same are added up apart.
    let (_, info) = table(&database, "folded");
    let money = SpellingRequest {
        money: vec![2],
        groups: vec![1],
        ..request(info, &["id", "code", "yuan"], 0)
    };
    let mut sums = added(&database, "folded", &money).expect("added up").groups;
    sums.sort_by_key(|group| group.values.clone());
    let told: Vec<_> = sums
        .iter()
        .map(|group| {
            let (present, sum) = &group.money[0];
            (group.values[0].as_deref(), group.records, *present, *sum)
        })
        .collect();
    let fen = i256::from_i128;
    assert_eq!(
        told,
        [
            (None, 1, 1, fen(5)),
            (Some("CNY"), 1, 1, fen(200)),
            (Some("cny"), 2, 2, fen(125)),
            (Some("cny "), 1, 0, fen(0)),
        ]
    );
}

#[test]
fn what_postgresql_cannot_add_up_is_said_and_never_passed_over() {
    let server = Postgres::start("");
    server.psql(
        "CREATE TABLE fine (id int PRIMARY KEY, a numeric(9,2), b date, c time, d timestamp, e timestamptz);
         INSERT INTO fine VALUES (1, 1, '2013-05-27', '08:00', '2013-05-27', '2013-05-27');
         INSERT INTO fine (id) VALUES (2);
         CREATE TABLE a AS TABLE fine; ALTER TABLE a ADD PRIMARY KEY (id);
         CREATE TABLE b AS TABLE fine; ALTER TABLE b ADD PRIMARY KEY (id);
         CREATE TABLE c AS TABLE fine; ALTER TABLE c ADD PRIMARY KEY (id);
         CREATE TABLE d AS TABLE fine; ALTER TABLE d ADD PRIMARY KEY (id);
         CREATE TABLE e AS TABLE fine; ALTER TABLE e ADD PRIMARY KEY (id);
         INSERT INTO a (id, a) VALUES (3, 'NaN');
         INSERT INTO b (id, b) VALUES (3, '-infinity');
         INSERT INTO c (id, c) VALUES (3, '24:00:00');
         INSERT INTO d (id, d) VALUES (3, 'infinity');
         INSERT INTO e (id, e) VALUES (3, '280000-01-01');
         CREATE COLLATION soft (provider = icu, locale = 'und-u-ks-level1', deterministic = false);
         CREATE TABLE folded (id int PRIMARY KEY, code text COLLATE soft, yuan numeric(18,2));
         INSERT INTO folded VALUES (1, 'cny', 1.5), (2, 'CNY', 2), (3, 'cny', NULL);",
    );
    let database = open_postgres(&server);
    let of = |name: &str, columns: &[&str]| {
        let (_, info) = table(&database, name);
        added(&database, name, &request(info, columns, 0)).map(|sums| sums.buckets.len())
    };
    let columns = ["id", "a", "b", "c", "d", "e"];
    assert_eq!(of("fine", &columns), Ok(2));
    for name in ["a", "b", "c", "d", "e"] {
        let refused = of(name, &columns).expect_err("it holds what none can hold");
        assert_eq!(
            refused, "it holds a value that no type here holds",
            "{name}"
        );
        // Of the other columns nothing is wrong.
        let others: Vec<&str> = columns.into_iter().filter(|one| *one != name).collect();
        assert_eq!(of(name, &others), Ok(3), "{name}");
    }
    let (_, info) = table(&database, "folded");
    let money = SpellingRequest {
        money: vec![2],
        groups: vec![1],
        ..request(info, &["id", "code", "yuan"], 0)
    };
    let mut sums = added(&database, "folded", &money).expect("added up").groups;
    sums.sort_by_key(|group| group.values.clone());
    let told: Vec<_> = sums
        .iter()
        .map(|group| (group.values[0].as_deref(), group.records, group.money[0]))
        .collect();
    let fen = i256::from_i128;
    assert_eq!(
        told,
        [
            (Some("CNY"), 1, (1, fen(200))),
            (Some("cny"), 2, (1, fen(150)))
        ]
    );
}

/// The ids and numbers of the records of some buckets.
fn part(database: &Database, is_numbered: bool) -> Vec<(i64, Option<i64>)> {
    let (at, info) = table(database, "entry");
    let asked = SpellingRequest {
        digits: 1,
        ..request(info, &["id", "memo"], 0)
    };
    let spelling = database.spelling(at, &asked).expect("plain");
    let wanted: Vec<bool> = (0..16).map(|bucket| bucket % 5 == 0).collect();
    let part = Arc::new(spelling.part(&wanted));
    let mut found = Vec::new();
    for range in database.cut(at, 17).expect("cut") {
        let columns = [asked.columns[0].column];
        for batch in database.read_part(at, &range, &columns, &part, is_numbered, 4) {
            let batch = batch.expect("read");
            let ids = batch.column(0).as_primitive::<Int64Type>();
            for row in 0..batch.num_rows() {
                let number = is_numbered.then(|| {
                    let in_range = batch.column(1).as_primitive::<Int64Type>().value(row);
                    range.first_row.cast_signed() + in_range - 1
                });
                found.push((ids.value(row), number));
            }
        }
    }
    found
}

#[test]
fn a_part_has_the_records_of_its_buckets_with_their_numbers_in_the_table() {
    let create = "CREATE TABLE entry (memo varchar(9), id bigint PRIMARY KEY)";
    let values: Vec<String> = (1..=200).map(|n| format!("('m{n}', {})", n * 3)).collect();
    let insert = format!("INSERT INTO entry VALUES {}", values.join(", "));
    let postgres = Postgres::start("");
    postgres.psql(&format!("{create}; {insert}"));
    let mariadb = MariaDb::start();
    mariadb.run(&format!(
        "CREATE DATABASE book;\nUSE book;\n{create};\n{insert};\n"
    ));
    let expected: Vec<(i64, i64)> = (1..=200)
        .map(|n| (n * 3, n))
        .filter(|(id, _)| (digest(&format!("{id};"), "").0 >> 12).is_multiple_of(5))
        .collect();
    assert!(expected.len() > 20 && expected.len() < 120);
    for database in [open_postgres(&postgres), mariadb.open("book", 2)] {
        let numbered: Vec<_> = expected.iter().map(|(id, n)| (*id, Some(*n))).collect();
        assert_eq!(part(&database, true), numbered, "{database:?}");
        let plain: Vec<_> = expected.iter().map(|(id, _)| (*id, None)).collect();
        assert_eq!(part(&database, false), plain, "{database:?}");
    }
}

#[test]
fn under_a_load_sums_and_parts_come_in_steps_and_are_the_same() {
    let postgres = Postgres::start("");
    postgres.psql(
        "CREATE TABLE entry (id int PRIMARY KEY, yuan numeric(9,2));
         INSERT INTO entry SELECT 3 * n, n / 100.0 FROM generate_series(1, 2500) n;",
    );
    let address = Address::parse(&postgres.url("teller", PASSWORD), Path::new("/")).expect("good");
    let limited = address.clone().with_load("2000".parse().expect("a load"));
    let told = |address: &Address| {
        let database = Database::open(address, 1).expect("it opens");
        let (at, info) = table(&database, "entry");
        let asked = SpellingRequest {
            digits: 1,
            money: vec![1],
            ..request(info, &["id", "yuan"], 0)
        };
        let spelling = database.spelling(at, &asked).expect("plain");
        let ranges = database.cut(at, 10_000).expect("cut");
        let sums = database.add_up(&spelling, &ranges).expect("added up");
        let mut buckets: BTreeMap<u32, (u64, [u128; 2])> = BTreeMap::new();
        for one in &sums.buckets {
            let own = buckets.entry(one.bucket).or_default();
            own.0 += one.records;
            own.1 = [own.1[0] + one.sums[0], own.1[1] + one.sums[1]];
        }
        let yuan = sums.groups.iter().map(|group| group.money[0].1.as_i128());
        let wanted: Vec<bool> = (0..16).map(|bucket| bucket < 3).collect();
        let part = Arc::new(spelling.part(&wanted));
        let mut found = Vec::new();
        for batch in database.read_part(at, &ranges[0], &[0], &part, true, 100) {
            let batch = batch.expect("read");
            let numbers = batch.column(1).as_primitive::<Int64Type>();
            found.extend(numbers.values().iter().copied());
        }
        let steps = sums.groups.len();
        (buckets, yuan.sum::<i128>(), found, steps)
    };
    let (at_once, in_steps) = (told(&address), told(&limited));
    assert_eq!((at_once.3, in_steps.3), (1, 2));
    assert_eq!(at_once.0, in_steps.0);
    assert_eq!((at_once.1, in_steps.1), (3_126_250, 3_126_250));
    assert_eq!(at_once.2, in_steps.2);
    assert!(
        at_once.2.len() > 300 && at_once.2.is_sorted(),
        "{}",
        at_once.2.len()
    );
}
