//! PostgreSQL, the real one.

#[path = "support/certificates.rs"]
mod certificates;
#[path = "support/chosen.rs"]
mod chosen;
#[path = "support/postgres.rs"]
#[expect(dead_code, reason = "only conversions begin a server anew")]
mod server;
#[path = "support/written.rs"]
mod written;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use arrow_array::{ArrayRef, Date32Array, Decimal128Array, RecordBatch};
use arrow_cast::display::{ArrayFormatter, FormatOptions};
use databases::{Address, Comparison, Condition, Database, DatabaseError, KeyRange};

use self::server::{PASSWORD, Postgres};

fn open(server: &Postgres, sessions: usize) -> Database {
    let address = Address::parse(&server.url("teller", PASSWORD), Path::new("/")).expect("good");
    Database::open(&address, sessions).expect("it opens")
}

fn refused(url: &str) -> String {
    let address = Address::parse(url, Path::new("/")).expect("good");
    let error = Database::open(&address, 1).expect_err("it does not open");
    let said = format!("{error} {error:?} {address} {address:?}");
    assert!(!said.contains("p%40ss") && !said.contains(PASSWORD) && !said.contains("wr0ng"));
    error.to_string()
}

fn table(database: &Database, name: &str) -> usize {
    let tables = database.tables();
    tables
        .iter()
        .position(|table| table.name == name)
        .expect("it is there")
}

/// All records of a table by ranges of `rows`, as text, with the number of each range's first.
fn records(database: &Database, name: &str, rows: u64) -> Result<Vec<String>, DatabaseError> {
    let at = table(database, name);
    let columns: Vec<usize> = (0..database.tables()[at].columns.len()).collect();
    let mut lines = Vec::new();
    for range in database.cut(at, rows)? {
        assert_eq!(range.first_row, lines.len() as u64 + 1);
        for batch in database.read(at, &range, &columns, 3) {
            lines.extend(shown(&batch?));
        }

        if let Some(rows) = range.rows {
            assert_eq!(range.first_row + rows, lines.len() as u64 + 1);
        }
    }
    Ok(lines)
}

fn shown(batch: &RecordBatch) -> Vec<String> {
    let options = FormatOptions::new().with_null("NULL");
    let line = |row| {
        let values = batch.columns().iter().map(|column| {
            let formatter = ArrayFormatter::try_new(column, &options).expect("it can be shown");
            formatter.value(row).to_string()
        });
        values.collect::<Vec<_>>().join(" | ")
    };
    (0..batch.num_rows()).map(line).collect()
}

#[test]
#[expect(
    clippy::too_many_lines,
    reason = "a table of all types, each with its values"
)]
fn every_type_is_read_exactly_or_as_the_servers_own_text_or_refused_by_name() {
    let server = Postgres::start("");
    server.psql(
        "CREATE TYPE mood AS ENUM ('calm', 'anxious');
         CREATE DOMAIN fen AS numeric(18,2) CHECK (value >= 0);
         CREATE TABLE one (id int PRIMARY KEY,
             a bool, b int2, c int4, d int8, e oid, f float4, g float8, h numeric(18,2), i numeric(38,10),
             j numeric(76,2), k numeric, l numeric(3,-2), m fen, n money, o text, p varchar(9), q char(6),
             r bytea, s date, t time, u timestamp, v timestamptz, w uuid, x json, y jsonb, z mood,
             aa int4[], ab interval, ac inet, ad int4range, ae timetz, af bit(3));
         COMMENT ON TABLE one IS '一切类型'; COMMENT ON COLUMN one.h IS '金额';
         INSERT INTO one VALUES (1, true, -32768, -2147483648, -9223372036854775808, 4294967295, 0.1, 0.1,
             -9999999999999999.99, 9999999999999999999999999999.9999999999,
             repeat('9', 74)::numeric + 0.99, 'NaN', 12345, 0.01, -1234.5, '一分钱 🪙', 'tail  ', 'ab',
             '\\x00ff', '0001-01-01', '23:59:59.999999', '0001-01-01 00:00:00', '2013-05-27 08:00:00+08',
             'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11', '{\"b\": 1, \"a\":  2}', '{\"b\": 1, \"a\":  2}', 'anxious',
             '{1,NULL,3}', '1 year 2 days 03:04:05.006', '10.0.0.1/8', '[1,5)', '08:00:00+08', B'101');
         INSERT INTO one VALUES (2, false, 32767, 2147483647, 9223372036854775807, 0, 'Infinity', '-0',
             0.01, 0.0000000001, -0.01, 12345678901234567890.123456789012345678901234567890, 100, 0, 0, '', '', '',
             '', '9999-12-31', '00:00:00', '9999-12-31 23:59:59.999999', '1969-12-31 23:59:59.999999+00',
             '00000000-0000-0000-0000-000000000000', 'null', 'null', 'calm', '{}', '0', '::1', 'empty', '00:00:00+00', B'000');
         INSERT INTO one (id) VALUES (3);",
    );
    let database = open(&server, 1);
    let info = &database.tables()[0];
    let types: Vec<String> = info
        .columns
        .iter()
        .map(|column| {
            format!(
                "{} {} -> {}",
                column.name, column.declared, column.data_type
            )
        })
        .collect();
    insta::assert_snapshot!(types.join("\n"), @r#"
    id integer -> Int32
    a boolean -> Boolean
    b smallint -> Int16
    c integer -> Int32
    d bigint -> Int64
    e oid -> UInt32
    f real -> Float32
    g double precision -> Float64
    h numeric(18,2) -> Decimal128(18, 2)
    i numeric(38,10) -> Decimal128(38, 10)
    j numeric(76,2) -> Decimal256(76, 2)
    k numeric -> Utf8View
    l numeric(3,-2) -> Utf8View
    m fen -> Decimal128(18, 2)
    n money -> Utf8View
    o text -> Utf8View
    p character varying(9) -> Utf8View
    q character(6) -> Utf8View
    r bytea -> BinaryView
    s date -> Date32
    t time without time zone -> Time64(µs)
    u timestamp without time zone -> Timestamp(µs)
    v timestamp with time zone -> Timestamp(µs, "UTC")
    w uuid -> Utf8View
    x json -> Utf8View
    y jsonb -> Utf8View
    z mood -> Utf8View
    aa integer[] -> Utf8View
    ab interval -> Utf8View
    ac inet -> Utf8View
    ad int4range -> Utf8View
    ae time with time zone -> Utf8View
    af bit(3) -> Utf8View
    "#);
    assert_eq!(info.comment.as_deref(), Some("一切类型"));
    assert_eq!(info.columns[8].comment.as_deref(), Some("金额"));
    assert_eq!(
        (info.full_name().as_str(), info.key.as_slice()),
        ("public.one", [0].as_slice())
    );
    assert!(!info.columns[0].is_nullable && info.columns[1].is_nullable);
    let read = records(&database, "one", 10).expect("it is read");
    insta::assert_snapshot!(read.join("\n").replace(" | ", "\n"), @r#"
    1
    true
    -32768
    -2147483648
    -9223372036854775808
    4294967295
    0.1
    0.1
    -9999999999999999.99
    9999999999999999999999999999.9999999999
    99999999999999999999999999999999999999999999999999999999999999999999999999.99
    NaN
    12300
    0.01
    -1234.50
    一分钱 🪙
    tail  
    ab
    00ff
    0001-01-01
    23:59:59.999999
    0001-01-01T00:00:00
    2013-05-27T00:00:00Z
    a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11
    {"b": 1, "a":  2}
    {"a": 2, "b": 1}
    anxious
    {1,NULL,3}
    P1Y2DT3H4M5.006S
    10.0.0.1/8
    [1,5)
    08:00:00+08
    101
    2
    false
    32767
    2147483647
    9223372036854775807
    0
    inf
    -0.0
    0.01
    0.0000000001
    -0.01
    12345678901234567890.123456789012345678901234567890
    100
    0.00
    0.00




    9999-12-31
    00:00:00
    9999-12-31T23:59:59.999999
    1969-12-31T23:59:59.999999Z
    00000000-0000-0000-0000-000000000000
    null
    null
    calm
    {}
    PT0S
    ::1/128
    empty
    00:00:00+00
    000
    3
    NULL
    NULL
    NULL
    NULL
    NULL
    NULL
    NULL
    NULL
    NULL
    NULL
    NULL
    NULL
    NULL
    NULL
    NULL
    NULL
    NULL
    NULL
    NULL
    NULL
    NULL
    NULL
    NULL
    NULL
    NULL
    NULL
    NULL
    NULL
    NULL
    NULL
    NULL
    NULL
    "#);
}

#[test]
fn what_a_condition_leaves_out_there_is_what_it_leaves_out_here() {
    let server = Postgres::start("");
    server.psql(
        "CREATE COLLATION any_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
         CREATE DOMAIN fen AS numeric(18,2);
         CREATE TYPE mood AS ENUM ('calm', 'anxious', 'Calm');
         CREATE TABLE one (id int PRIMARY KEY, b bool, s int2, o oid, l int8, h numeric(18,2),
             w numeric(60,2), k numeric, m fen, t text, i text COLLATE any_case, c char(6), e mood,
             u uuid, f float8, r bytea, d date, z time, p timestamp, q timestamptz);
         INSERT INTO one VALUES
             (1, true, -1, 4294967295, -9223372036854775808, -0.01, 10.00, 1.0, 1, 'IN', 'IN', 'ab', 'calm',
              'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11', 1, 'a', '0001-01-01', '08:00', '2013-05-27', '2013-05-27 08:00+08'),
             (2, false, 1, 7, 9223372036854775807, 0, 9, 1.00, 2, 'in', 'in', 'ab ', 'anxious',
              'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', 2, 'b', '9999-12-31', '09:00', '2013-05-27 00:00:00.000001', '2013-05-27 00:00:00.000001+00'),
             (3, NULL, 0, 0, 0, 0.01, 9.99, -1, 3, 'IN ', 'it''s \\ 一分钱 🪙', 'b', 'Calm',
              '00000000-0000-0000-0000-000000000000', 3, '', '2013-05-27', '10:00', '9999-12-31', '9999-12-31'),
             (4, true, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
         CREATE TABLE odd (id int PRIMARY KEY, day date, amount numeric(18,2));
         INSERT INTO odd VALUES (1, '2013-05-27', 1), (2, 'infinity', 1), (3, '2013-05-28', 'NaN'), (4, '300000-01-01', 1);",
    );
    let database = open(&server, 1);
    let one = table(&database, "one");
    let asked = chosen::asked_everywhere(&database, one, &[]);
    assert_eq!(asked.join(" "), "id b s o l h w k m t i c e u d p q");
    let name = |name: &str| {
        let columns = &database.tables()[one].columns;
        columns
            .iter()
            .position(|column| column.name == name)
            .expect("it is there")
    };
    let null = Condition::IsNull(name("f"));
    assert_eq!(chosen::chosen(&database, one, &null), Some(vec![4]));
    let null = Condition::IsNotNull(name("s"));
    assert_eq!(chosen::chosen(&database, one, &null), Some(vec![1, 2, 3]));

    // What no type holds comes whatever is asked of it.
    let odd = table(&database, "odd");
    let day: ArrayRef = Arc::new(Date32Array::from(vec![0]));
    let before = |column, with| Condition::Compares {
        column,
        by: Comparison::Less,
        with,
    };
    let days = chosen::chosen(&database, odd, &before(1, day));
    assert_eq!(days, Some(vec![2, 4]));
    let amount = Decimal128Array::from(vec![0]).with_precision_and_scale(18, 2);
    let amount: ArrayRef = Arc::new(amount.expect("two decimals"));
    let amounts = chosen::chosen(&database, odd, &before(2, amount));
    assert_eq!(amounts, Some(vec![3]));
    let null = |column| chosen::chosen(&database, odd, &Condition::IsNull(column));
    assert_eq!([null(1), null(2)], [Some(vec![2, 4]), Some(vec![3])]);
}

#[test]
fn what_no_type_holds_is_named_with_its_record() {
    let server = Postgres::start("");
    server.psql(
        "CREATE TABLE day (book text, leg int, at date, PRIMARY KEY (book, leg));
         INSERT INTO day SELECT 'B' || n / 100, n, date '2013-05-27' + n FROM generate_series(1, 1000) n;
         UPDATE day SET at = 'infinity' WHERE leg = 815;
         CREATE TABLE instant (id int PRIMARY KEY, at timestamptz);
         INSERT INTO instant VALUES (7, '-infinity');
         CREATE TABLE sum (id int PRIMARY KEY, amount numeric(18,2));
         INSERT INTO sum VALUES (1, 1), (2, 'NaN');
         CREATE TABLE midnight (at time);
         INSERT INTO midnight VALUES ('00:00'), ('24:00');
         CREATE TABLE far (id int PRIMARY KEY, at timestamp);
         INSERT INTO far VALUES (1, '294276-12-31 23:59:59');",
    );
    let database = open(&server, 2);
    let said: Vec<String> = ["day", "instant", "sum", "midnight", "far"]
        .iter()
        .map(|name| {
            records(&database, name, 100)
                .expect_err("it is refused")
                .to_string()
        })
        .collect();
    insta::assert_snapshot!(said.join("\n"), @r#"
    public.day, book B8, leg 815, column "at": infinity is no date
    public.instant, id 7, column "at": -infinity is no instant
    public.sum, id 2, column "amount": NaN is no amount
    public.midnight, record 2, column "at": 24:00:00 is no time of a day
    public.far, id 1, column "at": 9223371331199000000 µs from 2000-01-01 is beyond what can be shown
    "#);
    // The same sessions go on.
    assert_eq!(
        database.cut(table(&database, "sum"), 1).expect("cut").len(),
        2
    );
}

#[test]
fn ranges_hold_every_record_once_in_order_whatever_the_key() {
    let server = Postgres::start("");
    server.psql(
        "CREATE TABLE whole (id bigint PRIMARY KEY);
         INSERT INTO whole SELECT n * 7 % 1009 - 500 FROM generate_series(1, 1000) n;
         CREATE TABLE text (code text COLLATE \"und-x-icu\" PRIMARY KEY);
         INSERT INTO text SELECT chr(65 + n % 50) || '''' || n || '\\' FROM generate_series(1, 300) n;
         CREATE TABLE pair (at timestamptz, no numeric(20,3), extra text, PRIMARY KEY (at, no));
         INSERT INTO pair SELECT timestamptz '2013-05-27 08:00+08' + n / 10 * interval '1 s', n / 8.0, n
             FROM generate_series(1, 200) n;
         CREATE TABLE by_index (a int, b uuid NOT NULL, c text);
         CREATE UNIQUE INDEX ON by_index (b) INCLUDE (c);
         CREATE UNIQUE INDEX ON by_index (a);
         INSERT INTO by_index SELECT n, md5(n::text)::uuid, n FROM generate_series(1, 100) n;
         CREATE TABLE keyless (n int); INSERT INTO keyless SELECT generate_series(1, 50);
         CREATE TABLE empty (id int PRIMARY KEY);
         CREATE VIEW seen AS SELECT * FROM whole WHERE id < 0;
         CREATE TABLE parted (id int PRIMARY KEY) PARTITION BY RANGE (id);
         CREATE TABLE parted_1 PARTITION OF parted FOR VALUES FROM (0) TO (50);
         CREATE TABLE parted_2 PARTITION OF parted FOR VALUES FROM (50) TO (500);
         INSERT INTO parted SELECT generate_series(1, 120);",
    );
    server.psql("VACUUM ANALYZE");
    let database = open(&server, 2);
    let names: Vec<&str> = database
        .tables()
        .iter()
        .map(|table| table.name.as_str())
        .collect();
    assert_eq!(
        names,
        [
            "by_index", "empty", "keyless", "pair", "parted", "seen", "text", "whole"
        ]
    );
    for name in names {
        let all = records(&database, name, 1_000_000).expect("read");
        let order = server.psql(&match name {
            "by_index" => "SELECT b FROM by_index ORDER BY b".to_owned(),
            "pair" => "SELECT extra FROM pair ORDER BY at, no".to_owned(),
            "keyless" | "seen" => format!("SELECT * FROM {name}"),
            _ => format!("SELECT * FROM {name} ORDER BY 1"),
        });
        let told: Vec<&str> = order.lines().collect();
        let own: Vec<&str> = all
            .iter()
            .map(|line| match name {
                "by_index" => line.split(" | ").nth(1).expect("a key"),
                "pair" => line.split(" | ").nth(2).expect("a third"),
                _ => line.as_str(),
            })
            .collect();
        assert_eq!(own, told, "{name}");
        for rows in [1, 7, 64, 100, 1000] {
            if rows > 1 || all.len() < 300 {
                assert_eq!(
                    records(&database, name, rows).expect("read"),
                    all,
                    "{name} by {rows}"
                );
            }
        }
    }
    let whole = table(&database, "whole");
    assert_eq!(database.cut(whole, 300).expect("cut").len(), 4);
    assert_eq!(database.tables()[whole].rows_estimate, Some(1000));
    let pair = table(&database, "pair");
    let keys = [
        ["2013-05-27 08:00:00+08", "1.0"],
        ["2013-05-27 00:00:01+00", "1.375"],
        ["2013-05-27 00:00:01+00", "9"],
    ];
    let keys = keys
        .iter()
        .map(|key| key.iter().map(|&part| part.to_owned()).collect())
        .collect();
    let found: Vec<String> = database
        .read_keys(pair, keys, &[2, 1], 100)
        .flat_map(|batch| shown(&batch.expect("read")))
        .collect();
    assert_eq!(found, ["8 | 1.000", "11 | 1.375"]);
}

/// What a collation takes for the same, and how it sorts, is the server's own business: it compares the
/// ends of ranges as it sorts its index.
#[test]
fn ranges_hold_every_record_once_whatever_the_collation_of_the_key() {
    let server = Postgres::start("");
    let words = "SELECT w || s AS k FROM unnest(ARRAY['a','A','b','B','ä','Ä','z','Z','ab','aB','', \
        '-','co-op','coop','CO-OP','工资','𠮷','e','é','É','ß','ss','it''s','\\']) w, \
        unnest(ARRAY['', ' ', '  x', '0']) s";
    server.psql(&format!(
        "CREATE COLLATION loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
         CREATE DOMAIN word AS text CHECK (VALUE <> 'none');
         CREATE TYPE mood AS ENUM ('z', 'a', 'M', 'b');
         CREATE TABLE english (k text COLLATE \"en-US-x-icu\" PRIMARY KEY);
         CREATE TABLE bytewise (k text COLLATE \"C\" PRIMARY KEY);
         CREATE TABLE either (k varchar(20) COLLATE loose PRIMARY KEY);
         CREATE TABLE padded (k char(8) COLLATE \"en-US-x-icu\" PRIMARY KEY);
         CREATE TABLE owned (k word COLLATE \"en-US-x-icu\" PRIMARY KEY);
         CREATE TABLE of_two (a text COLLATE loose, b int, PRIMARY KEY (a, b));
         INSERT INTO english {words}; INSERT INTO bytewise {words};
         INSERT INTO either {words} ON CONFLICT DO NOTHING;
         INSERT INTO padded {words} ON CONFLICT DO NOTHING;
         INSERT INTO owned {words};
         INSERT INTO of_two SELECT k, row_number() OVER () FROM ({words}) w;
         CREATE TABLE whole (a int, b bigint, PRIMARY KEY (a, b));
         INSERT INTO whole SELECT n % 3 - 1, (n - 40)::bigint * 4000000000 FROM generate_series(1, 90) n;
         CREATE TABLE uuids (k uuid PRIMARY KEY);
         INSERT INTO uuids SELECT md5(n::text)::uuid FROM generate_series(1, 90) n;
         CREATE TABLE amounts (k numeric(20,4) PRIMARY KEY);
         INSERT INTO amounts SELECT (n - 45) / 7.0 FROM generate_series(1, 90) n;
         CREATE TABLE digits (k numeric PRIMARY KEY);
         INSERT INTO digits SELECT (n - 45) / 7.0 FROM generate_series(1, 90) n UNION ALL SELECT 'NaN';
         CREATE TABLE moods (k mood PRIMARY KEY);
         INSERT INTO moods VALUES ('a'), ('b'), ('z'), ('M');
         CREATE TABLE days (k date NOT NULL, open boolean NOT NULL);
         CREATE UNIQUE INDEX ON days (k DESC, open);
         INSERT INTO days SELECT date '2013-05-27' + n / 2, n % 2 = 0 FROM generate_series(1, 90) n;
         CREATE TABLE bytes (k bytea PRIMARY KEY);
         INSERT INTO bytes SELECT decode(md5(n::text), 'hex') FROM generate_series(1, 90) n;
         CREATE TABLE spans (k interval PRIMARY KEY);
         INSERT INTO spans SELECT n * interval '7 hours' FROM generate_series(1, 90) n;"
    ));
    let database = open(&server, 2);
    for info in database.tables() {
        let name = info.name.as_str();
        assert!(!info.key.is_empty(), "{name}");
        let whole = records(&database, name, 1_000_000).expect("read");
        let counted = server.psql(&format!("SELECT count(*) FROM {name}"));
        assert_eq!(counted.trim(), whole.len().to_string(), "{name}");
        for rows in [1, 3, 7, 50] {
            let cut = records(&database, name, rows).expect("read");
            assert_eq!(cut, whole, "{name} by {rows}");
        }
    }
    // Of what a collation takes for the same there is one.
    let either = records(&database, "either", 5).expect("read");
    assert!(either.len() < 70, "{either:?}");
}

/// A table without a key is found by where its records lie, from one moment on, whatever becomes of
/// them.
#[test]
fn a_table_without_a_key_is_read_by_the_places_of_its_records() {
    let server = Postgres::start("log_statement = all");
    server.psql(
        "CREATE TABLE heap (n int, memo text);
         INSERT INTO heap SELECT n, repeat('x', n % 300) FROM generate_series(1, 3000) n;
         DELETE FROM heap WHERE n % 3 = 0; UPDATE heap SET memo = 'new' WHERE n % 5 = 0;
         INSERT INTO heap SELECT 7, 'twice' FROM generate_series(1, 2);
         CREATE MATERIALIZED VIEW made AS SELECT * FROM heap;
         CREATE TABLE bare (n int);
         CREATE TABLE parent (n int); CREATE TABLE child () INHERITS (parent);
         INSERT INTO parent VALUES (1); INSERT INTO child VALUES (2);
         CREATE TABLE parted (n int) PARTITION BY RANGE (n);
         CREATE TABLE parted_1 PARTITION OF parted FOR VALUES FROM (0) TO (50);
         CREATE TABLE parted_2 PARTITION OF parted FOR VALUES FROM (50) TO (500);
         INSERT INTO parted SELECT generate_series(1, 120);
         CREATE VIEW seen AS SELECT * FROM heap;",
    );
    let all = server.psql("SELECT n || ' | ' || memo FROM heap");
    let all: Vec<&str> = all.lines().collect();
    let database = open(&server, 3);
    // What comes later moves no record of this moment.
    server.psql(
        "DELETE FROM heap WHERE n % 2 = 0; UPDATE heap SET memo = ''; INSERT INTO heap VALUES (0)",
    );
    server.psql("VACUUM heap");
    for name in ["heap", "made"] {
        let at = table(&database, name);
        let cut = database.cut(at, 300).expect("cut");
        assert_eq!(cut.len(), all.len().div_ceil(300), "{name}");
        for rows in [300, 77, 1_000_000] {
            let told = records(&database, name, rows).expect("read");
            assert_eq!(told, all, "{name} by {rows}");
        }
        let first = database.beginning(at, &cut[1], 10).expect("begun");
        let read = database.read(at, &first, &[0, 1], 100);
        let told: Vec<String> = read
            .flat_map(|batch| shown(&batch.expect("read")))
            .collect();
        assert_eq!(told, all[300..310], "{name}");
    }
    for name in ["parent", "child", "parted", "seen"] {
        let ranges = database.cut(table(&database, name), 1).expect("cut");
        let is_cut = name == "child";
        assert_eq!(
            ranges.len() > 1 || ranges[0].rows.is_some(),
            is_cut,
            "{name}"
        );
    }
    let bare = database.cut(table(&database, "bare"), 1).expect("cut");
    assert_eq!((bare.len(), bare[0].rows), (1, Some(0)));

    // No range costs a reading of the whole table.
    let log = std::fs::read_to_string(server.folder().join("log")).expect("a log");
    let asked = log.lines().find_map(|line| {
        let statement = line
            .split_once("COPY (")?
            .1
            .strip_suffix(") TO STDOUT (FORMAT binary)")?;
        let is_between = statement.contains("t.ctid >") && statement.contains("t.ctid <=");
        (is_between && statement.contains("\"heap\"")).then_some(statement)
    });
    let asked = asked.expect("a range was read");
    let plan = server.psql(&format!("EXPLAIN {asked}"));
    assert!(plan.contains("Tid Range Scan"), "{plan}");
}

/// Whoever writes a table anew lays its records elsewhere; who had it cut before finds that out.
#[test]
fn places_in_a_table_that_was_written_anew_mean_nothing() {
    let server = Postgres::start("");
    server.psql(
        "CREATE TABLE heap (n int); INSERT INTO heap SELECT generate_series(1, 3000);
         DELETE FROM heap WHERE n % 3 = 0",
    );
    let before = open(&server, 1);
    let ranges = before.cut(table(&before, "heap"), 500).expect("cut");
    drop(before);
    server.psql("VACUUM FULL heap");
    let database = open(&server, 1);
    let heap = table(&database, "heap");
    for range in &ranges {
        let mut read = database.read(heap, range, &[0], 100);
        let error = read
            .next()
            .expect("an error")
            .expect_err("it lies elsewhere");
        insta::allow_duplicates! {
            insta::assert_snapshot!(error, @"reading public.heap: 0 records came where 500 were counted; it was emptied or written anew meanwhile, or the index of its key is damaged: start again");
        }
        assert!(read.next().is_none());
    }
    assert_eq!(records(&database, "heap", 500).expect("read").len(), 2_000);
}

/// A few keys of each range, and the number that each of them has in the table.
fn numbered(database: &Database, name: &str) -> Vec<(bool, Vec<String>)> {
    let at = table(database, name);
    let key = database.tables()[at].key.clone();
    let ranges = database.cut(at, 40).expect("cut");
    let numbers = |range: &KeyRange| {
        let read = database.read(at, range, &key, 100);
        let keys: Vec<String> = read
            .flat_map(|batch| shown(&batch.expect("read")))
            .collect();
        let chosen = keys.iter().step_by(3);
        let keys: Vec<Vec<String>> = chosen
            .map(|key| key.split(" | ").map(str::to_owned).collect())
            .collect();
        let numbers = database.numbers(at, range, &keys).expect("numbered");
        let told = keys.into_iter().zip(numbers);
        let told = told.map(|(key, number)| format!("{} {number}", key.join(",")));
        (database.numbers_many(at, range), told.collect())
    };
    ranges.iter().map(numbers).collect()
}

#[test]
fn records_are_numbered_by_their_keys_without_reading_the_others() {
    let server = Postgres::start("log_statement = all");
    server.psql(
        "CREATE TABLE whole (id bigint PRIMARY KEY);
         INSERT INTO whole SELECT n * 7 % 1009 - 500 FROM generate_series(1, 200) n;
         CREATE TABLE dense (id int PRIMARY KEY);
         INSERT INTO dense SELECT n - 60 FROM generate_series(1, 130) n;
         CREATE DOMAIN few AS smallint CHECK (VALUE < 4000);
         CREATE TABLE small (id few PRIMARY KEY, t text, gap int, after int);
         INSERT INTO small SELECT n * 9 FROM generate_series(1, 90) n;
         CREATE TABLE text (code text PRIMARY KEY);
         INSERT INTO text SELECT 'c' || n FROM generate_series(1, 70) n;
         CREATE TABLE pair (a int, b int, PRIMARY KEY (a, b));
         INSERT INTO pair SELECT n / 9, n FROM generate_series(1, 70) n;",
    );
    let database = open(&server, 2);
    // Of the first range and the last one it is not known where they end.
    let dense = numbered(&database, "dense");
    let first: Vec<&str> = dense.iter().map(|(_, told)| told[0].as_str()).collect();
    assert_eq!(first, ["-59 1", "-19 41", "21 81", "61 121"]);
    for (name, column, are_easy) in [
        ("dense", "id", true),
        ("whole", "id", true),
        ("small", "id", true),
        ("text", "code", false),
        ("pair", "a || ',' || b", false),
    ] {
        let order = server.psql(&match name {
            "pair" => format!("SELECT {column} FROM pair ORDER BY a, b"),
            _ => format!("SELECT {column} FROM {name} ORDER BY 1"),
        });
        let all: Vec<String> = order
            .lines()
            .zip(1..)
            .map(|(key, number)| format!("{key} {number}"))
            .collect();
        let expected: Vec<String> = all
            .chunks(40)
            .flat_map(|range| range.iter().step_by(3).cloned())
            .collect();
        let ranges = numbered(&database, name);
        assert!(
            ranges.iter().all(|(is_easy, _)| *is_easy == are_easy),
            "{name}"
        );
        let told: Vec<String> = ranges.into_iter().flat_map(|(_, told)| told).collect();
        assert_eq!(told, expected, "{name}");
    }
    // Each range in one statement, whatever the planner thinks of indexes, and all as before after it.
    let log = std::fs::read_to_string(server.folder().join("log")).expect("a log");
    let asked: Vec<&str> = log
        .lines()
        .filter(|line| line.contains("unnest(") && line.contains("\"whole\""))
        .collect();
    assert_eq!(asked.len(), 5);
    let [before, after] = [
        "SET enable_seqscan = off; SET enable_bitmapscan = off; SELECT",
        "; RESET enable_seqscan; RESET enable_bitmapscan",
    ];
    let is_whole = |line: &&str| line.contains(before) && line.ends_with(after);
    assert!(asked.iter().all(is_whole), "{asked:?}");
    let whole = table(&database, "whole");
    let range = &database.cut(whole, 300).expect("cut")[0];
    assert!(
        database
            .numbers(whole, range, &[])
            .expect("none")
            .is_empty()
    );
}

#[test]
fn all_sessions_see_one_moment_and_none_can_write() {
    let server = Postgres::start("");
    server.psql(
        "CREATE TABLE flow (id int PRIMARY KEY); INSERT INTO flow SELECT generate_series(1, 1000);
         CREATE ROLE reader LOGIN PASSWORD 'r'; GRANT USAGE ON SCHEMA public TO reader; GRANT SELECT ON flow TO reader;",
    );
    let database = open(&server, 3);
    assert!(
        database.product().starts_with("PostgreSQL "),
        "{}",
        database.product()
    );
    assert!(
        database.snapshot().starts_with("snapshot 0"),
        "{}",
        database.snapshot()
    );
    server.psql("DELETE FROM flow WHERE id % 2 = 0; INSERT INTO flow VALUES (2000)");
    let ranges = database.cut(0, 100).expect("cut");
    // Many more readers than sessions, all open at once, asked in turn.
    let mut readers: Vec<_> = ranges
        .iter()
        .map(|range| database.read(0, range, &[0], 7))
        .collect();
    let mut rows = 0;
    loop {
        let batches: Vec<_> = readers.iter_mut().filter_map(Iterator::next).collect();
        if batches.is_empty() {
            break;
        }
        rows += batches
            .into_iter()
            .map(|batch| batch.expect("read").num_rows())
            .sum::<usize>();
    }
    assert_eq!(rows, 1000);
    // Readers that are given up leave their sessions fit for use.
    for range in &ranges {
        drop(database.read(0, range, &[0], 1));
    }
    assert_eq!(records(&database, "flow", 400).expect("read").len(), 1000);
    // A user that may not write at all is as good as one whose writes the server refuses.
    let address = Address::parse(&server.url("reader", "r"), Path::new("/")).expect("good");
    let reader = Database::open(&address, 1).expect("it opens");
    assert_eq!(records(&reader, "flow", 400).expect("read").len(), 501);
    let left = server.psql("SELECT count(*) FROM pg_class WHERE relname LIKE 'crossfoot%'");
    assert_eq!(left.trim(), "0");
}

/// What the server itself notes of its sessions: that each of them reads only, has tried to write before
/// it reads, and says nothing else that would write.
#[test]
fn every_session_reads_only_as_the_server_sees_it() {
    let server = Postgres::start("log_statement = all\nlog_line_prefix = '%a %c '");
    server.psql(
        "CREATE TABLE flow (id int PRIMARY KEY); INSERT INTO flow SELECT generate_series(1, 100)",
    );
    let database = open(&server, 3);
    assert_eq!(records(&database, "flow", 40).expect("read").len(), 100);
    drop(database);
    let log = std::fs::read_to_string(server.folder().join("log")).expect("a log");
    let mut sessions: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for line in log.lines() {
        let own = line.strip_prefix("crossfoot ");
        if let Some((session, said)) = own.and_then(|line| line.split_once(' ')) {
            sessions.entry(session).or_default().push(said);
        }
    }
    // One holds the moment, and three read.
    assert_eq!(sessions.len(), 4, "{log}");
    let mut reads = 0;
    for said in sessions.values() {
        let at = |words: &str| said.iter().position(|line| line.contains(words));
        let begun = at("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
        let refused = at("ERROR:  cannot execute CREATE TABLE in a read-only transaction");
        assert!(begun.is_some() && begun < refused, "{said:#?}");
        let read = at("COPY (");
        assert!(read.is_none_or(|read| refused < Some(read)), "{said:#?}");
        reads += usize::from(read.is_some());
        let statements: Vec<&str> = said.iter().filter_map(|line| statement(line)).collect();
        assert!(statements.len() > 3, "{said:#?}");
        for sql in statements {
            let is_known = KNOWN.iter().any(|known| sql.starts_with(known));
            assert!(is_known, "{sql}");
        }
    }
    assert!(reads > 0, "{log}");
}

/// The statement that a line of the log tells of; of one that was prepared when it is run.
fn statement(line: &str) -> Option<&str> {
    let noted = line.strip_prefix("LOG:  ")?;
    let prepared = || Some(noted.strip_prefix("execute ")?.split_once(": ")?.1);
    noted.strip_prefix("statement: ").or_else(prepared)
}

/// How all begins that a session says.
const KNOWN: [&str; 6] = [
    "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY; ",
    "SAVEPOINT crossfoot",
    "CREATE TABLE crossfoot_must_not_be_able_to_write ()",
    "ROLLBACK TO SAVEPOINT crossfoot",
    "SELECT ",
    "COPY (SELECT ",
];

#[test]
fn a_server_without_tls_is_named_with_what_to_do() {
    let server = Postgres::start("ssl = off");
    let said = refused(&format!(
        "{}?tls=verify",
        server.tcp_url("teller", PASSWORD)
    ));
    insta::assert_snapshot!(said.replace(&server.port.to_string(), "PORT"), @"no secure connection to 127.0.0.1:PORT: the server offers no TLS; have it set up, or write `tls=off` where nobody listens in");
}

#[test]
fn whoever_is_not_let_in_learns_why_and_no_password_is_told() {
    let server = Postgres::start("");
    server.psql(
        "CREATE SCHEMA bare; CREATE TABLE flow (id int); CREATE ROLE nobody_here LOGIN PASSWORD 'unkn0wn'",
    );
    let port = server.port;
    let url = server.url("teller", PASSWORD);
    let said = [
        refused(&server.url("teller", "wr0ng")),
        refused(&url.replace("/postgres?", "/no_such?")),
        refused(&format!("{url}&schema=none")),
        refused(&format!(
            "{}&schema=bare",
            server.url("nobody_here", "unkn0wn")
        )),
        refused(&server.url("nobody_here", "unkn0wn")),
        refused(&format!("{}?tls=verify", server.tcp_url("teller", "wr0ng"))),
        refused("postgres://teller:wr0ng@127.0.0.1:1/postgres"),
        refused("postgres://teller:wr0ng@no-such-host.invalid/postgres"),
        refused(&format!("postgres://teller@127.0.0.1:{port}/postgres")),
    ];
    let said = said
        .join("\n")
        .replace(&server.folder().display().to_string(), "FOLDER");
    insta::assert_snapshot!(said.replace(&port.to_string(), "PORT"), @r#"
    FOLDER refuses teller: password authentication failed for user "teller" (28P01)
    FOLDER refuses teller: database "no_such" does not exist (3D000)
    looking for tables: there is no schema "none" in "postgres"; name another with `?schema=…`
    looking for tables: nobody_here may read no table in the schema "bare" of "postgres"; name another with `?schema=…`, or GRANT USAGE on it and SELECT on its tables
    looking for tables: nobody_here may read no table in the schema "public" of "postgres"; name another with `?schema=…`, or GRANT USAGE on it and SELECT on its tables
    no secure connection to 127.0.0.1:PORT: error performing TLS handshake: invalid peer certificate: UnknownIssuer; name the roots of its certificate with `?ca_file=…` in the address
    127.0.0.1:1 cannot be reached: error connecting to server: Connection refused (os error 111); is it running, and is this its host and port?
    no-such-host.invalid:5432 cannot be reached: error connecting to server: failed to lookup address information: Name or service not known; is it running, and is this its host and port?
    127.0.0.1:PORT refuses teller: it asks for a password, and there is none; write `user:${NAME}@` in the address, or `?password_file=…`
    "#);
}

#[test]
fn what_a_user_may_not_read_is_refused_by_name_and_never_left_out() {
    let server = Postgres::start("");
    server.psql(
        "CREATE TABLE part (id int PRIMARY KEY, v int);
         INSERT INTO part SELECT n, n FROM generate_series(1, 1000) n;
         CREATE TABLE wide (id int PRIMARY KEY, v int, hidden text);
         INSERT INTO wide VALUES (1, 2, 'three');
         CREATE TABLE secret (id int);
         CREATE ROLE reader LOGIN PASSWORD 'r'; GRANT SELECT ON part TO reader;
         GRANT SELECT (id, v) ON wide TO reader;
         ALTER TABLE part ENABLE ROW LEVEL SECURITY;
         CREATE POLICY half ON part TO reader USING (id % 2 = 0);",
    );
    let address = Address::parse(&server.url("reader", "r"), Path::new("/")).expect("good");
    let database = Database::open(&address, 1).expect("it opens");
    assert_eq!(database.barred(), ["secret"]);
    let names: Vec<&str> = database.tables().iter().map(|one| &*one.name).collect();
    assert_eq!(names, ["part", "wide"]);
    let wide = table(&database, "wide");
    let info = &database.tables()[wide];
    assert_eq!((info.columns.len(), info.key.as_slice()), (3, &[0][..]));
    let range = &database.cut(wide, 10).expect("cut")[0];
    let seen: Vec<String> = database
        .read(wide, range, &[0, 1], 3)
        .flat_map(|batch| shown(&batch.expect("read")))
        .collect();
    assert_eq!(seen, ["1 | 2"]);
    let half = records(&database, "part", 100).expect_err("it is refused");
    let hidden = records(&database, "wide", 100).expect_err("it is refused");
    insta::assert_snapshot!(format!("{half}\n{hidden}"), @r#"
    cutting part: query would be affected by row-level security policy for table "part" (42501); its policies would hide records from this user: read as one that has BYPASSRLS, or that owns the table
    public.wide, column "hidden": the user may not read it; GRANT SELECT on it to the user that reads, or leave it out with `ignore` of the table
    "#);
    // Whom policies do not bind reads all.
    assert_eq!(
        records(&open(&server, 1), "part", 400).expect("read").len(),
        1000
    );
}

#[test]
fn an_empty_schema_is_an_empty_book() {
    let server = Postgres::start("");
    server.psql("CREATE SCHEMA bare");
    let url = format!("{}&schema=bare", server.url("teller", PASSWORD));
    let address = Address::parse(&url, Path::new("/")).expect("good");
    let database = Database::open(&address, 2).expect("it opens");
    assert!(database.tables().is_empty() && database.barred().is_empty());
}

#[test]
fn a_domain_over_a_domain_is_read_and_written_as_what_is_under_both() {
    let server = Postgres::start("");
    server.psql(
        "CREATE DOMAIN fen AS numeric(12,2) NOT NULL; CREATE DOMAIN price AS fen;
         CREATE DOMAIN sale AS price CHECK (value > 0); CREATE DOMAIN word AS varchar(3);
         CREATE DOMAIN code AS word;
         CREATE TABLE flow (id int PRIMARY KEY, amount sale, code code);
         INSERT INTO flow VALUES (1, 2.50, 'abc')",
    );
    let database = open(&server, 1);
    let columns = &database.tables()[0].columns;
    let told: Vec<String> = columns
        .iter()
        .map(|one| format!("{} {} {}", one.declared, one.data_type, one.is_nullable))
        .collect();
    assert_eq!(
        told,
        [
            "integer Int32 false",
            "sale Decimal128(12, 2) false",
            "code Utf8View true"
        ]
    );
    let read = records(&database, "flow", 10).expect("it is read");
    assert_eq!(read, ["1 | 2.50 | abc"]);
}

#[test]
fn a_lock_on_a_table_keeps_nobody_from_opening_the_book_and_reading_others() {
    let server = Postgres::start("");
    server.psql(
        "CREATE TABLE busy (id int PRIMARY KEY, memo text); CREATE TABLE flow (id int PRIMARY KEY);
         INSERT INTO flow VALUES (1);
         CREATE TABLE day (id int, at date) PARTITION BY RANGE (at);
         CREATE TABLE day_13 PARTITION OF day FOR VALUES FROM ('2013-01-01') TO ('2014-01-01');
         INSERT INTO day SELECT n, '2013-05-27' FROM generate_series(1, 1000) n; ANALYZE day_13;",
    );
    let mut other = server.psql_command();
    let mut other = other
        .args([
            "-c",
            "BEGIN; LOCK TABLE busy, day IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(30)",
        ])
        .spawn()
        .expect("psql runs");
    while server
        .psql("SELECT count(*) FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND granted")
        .trim()
        .parse::<u32>()
        .expect("a number")
        < 3
    {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let url = format!("{}&lock_timeout=1", server.url("teller", PASSWORD));
    let address = Address::parse(&url, Path::new("/")).expect("good");
    let database = Database::open(&address, 1).expect("it opens");
    assert_eq!(records(&database, "flow", 10).expect("read"), ["1"]);
    // Pages of 8 KiB, as they were counted last: those of partitions count for the whole.
    let day = &database.tables()[table(&database, "day")];
    assert!(day.bytes_estimate.is_some_and(|bytes| bytes >= 8_192));
    other.kill().and_then(|()| other.wait()).expect("it ends");
}

#[test]
fn a_lost_server_a_lock_and_a_slow_statement_end_with_their_names() {
    let mut server = Postgres::start("");
    server.psql(
        "CREATE TABLE flow (id int PRIMARY KEY, memo text);
         INSERT INTO flow SELECT n, repeat('x', 100) FROM generate_series(1, 20000) n;
         CREATE VIEW slow AS SELECT pg_sleep(20)::text AS nothing;",
    );
    let url = format!(
        "{}&lock_timeout=1&statement_timeout=2",
        server.url("teller", PASSWORD)
    );
    let address = Address::parse(&url, Path::new("/")).expect("good");
    let database = Database::open(&address, 1).expect("it opens");
    let slow = records(&database, "slow", 10).expect_err("it is too slow");
    let mut other = server.psql_command();
    let mut other = other
        .args([
            "-c",
            "BEGIN; LOCK TABLE flow IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(20)",
        ])
        .spawn()
        .expect("psql runs");
    while server
        .psql("SELECT count(*) FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND granted")
        .trim()
        == "0"
    {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let locked = records(&database, "flow", 1000).expect_err("it is locked");
    other.kill().and_then(|()| other.wait()).expect("it ends");
    server.psql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%LOCK TABLE%' AND pid <> pg_backend_pid()");
    assert_eq!(
        records(&database, "flow", 1000)
            .expect("the session goes on")
            .len(),
        20000
    );

    // One connection is cut: another one of the same moment takes its place.
    server.psql("DELETE FROM flow WHERE id > 100");
    server.psql(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'crossfoot'
         ORDER BY backend_start DESC LIMIT 1",
    );
    assert_eq!(
        records(&database, "flow", 1000)
            .expect("another goes on")
            .len(),
        20000
    );

    let ranges = database.cut(0, 1000).expect("cut");
    server.kill();
    let lost: Vec<_> = database.read(0, &ranges[3], &[0, 1], 100).collect();
    let lost = lost.into_iter().find_map(Result::err).expect("it is lost");
    insta::assert_snapshot!([slow, locked, lost].map(|error| error.to_string()).join("\n"), @"
    reading public.slow took longer than it may: canceling statement due to statement timeout (57014); say how long it may take with `?statement_timeout=…` in the address
    cutting flow took longer than it may: canceling statement due to lock timeout (55P03); end what holds the lock, or wait longer with `?lock_timeout=…` in the address
    the connection was lost: connection closed; what it read of that moment is gone with it: start again
    ");
}

#[test]
fn a_read_that_nobody_wants_to_the_end_is_called_off_and_the_session_goes_on() {
    let server = Postgres::start("");
    server.psql(
        "CREATE VIEW flood AS SELECT generate_series(1::bigint, 100000000000) AS n;
         CREATE TABLE flow (id int PRIMARY KEY); INSERT INTO flow SELECT generate_series(1, 20000);",
    );
    let by_socket = server.url("teller", PASSWORD);
    let (by_host, _) = by_socket.split_once('?').expect("a folder");
    let ca = server.folder().join("ca.pem");
    let secured = format!("{by_host}?tls=verify&ca_file={}", ca.display());
    for url in [by_socket.clone(), secured] {
        let address = Address::parse(&url, Path::new("/")).expect("good");
        let database = Database::open(&address, 1).expect("it opens");
        let flood = table(&database, "flood");
        let range = &database.cut(flood, 1).expect("it is one")[0];
        let begun = Instant::now();
        let first = database.read(flood, range, &[0], 100).next();
        let first = first.expect("a batch").expect("it is read");
        assert_eq!(first.num_rows(), 100);
        // One that ends by itself, too.
        let flow = table(&database, "flow");
        let range = &database.cut(flow, 1_000_000).expect("it is one")[0];
        drop(database.read(flow, range, &[0], 100).next());
        let all = records(&database, "flow", 5_000).expect("the session goes on");
        assert_eq!(all.len(), 20_000);
        assert!(begun.elapsed() < Duration::from_secs(30), "{begun:?}");
    }
}

#[test]
fn the_time_for_which_a_load_holds_a_read_up_does_not_count_as_its_statements() {
    let server = Postgres::start("");
    // More than any buffer between takes.
    server.psql(
        "CREATE TABLE kept AS SELECT n AS id, repeat('x', 12000) AS memo FROM generate_series(1, 3500) n;
         CREATE VIEW heap AS SELECT * FROM kept",
    );
    let url = format!(
        "{}&statement_timeout=1&max_load=1000",
        server.url("teller", PASSWORD)
    );
    let address = Address::parse(&url, Path::new("/")).expect("good");
    let database = Database::open(&address, 1).expect("it opens");
    let heap = table(&database, "heap");
    let range = &database.cut(heap, 1_000).expect("it is one")[0];
    let read = database.read(heap, range, &[0, 1], 100);
    let read = read.map(|batch| batch.expect("it is read").num_rows());
    assert_eq!(read.sum::<usize>(), 3_500);
}

#[test]
fn a_certificate_is_verified_by_its_roots_and_its_name() {
    let server = Postgres::start("");
    server.psql("CREATE TABLE flow (id int PRIMARY KEY); INSERT INTO flow VALUES (1)");
    let url = server.tcp_url("teller", PASSWORD);
    let by_name = url.replace("127.0.0.1", "localhost");
    let good = format!("{by_name}?ca_file=ca.pem");
    let address = Address::parse(&good, server.folder()).expect("good");
    let database = Database::open(&address, 2).expect("it opens");
    assert_eq!(records(&database, "flow", 10).expect("read"), ["1"]);
    assert_eq!(
        server.psql("SELECT bool_and(ssl) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE application_name = 'crossfoot'").trim(),
        "t"
    );
    let wrong = [
        format!("{by_name}?ca_file=other.pem"),
        format!("{url}?ca_file=ca.pem"),
        format!("{by_name}?tls=verify"),
        format!("{by_name}?ca_file=none.pem"),
        format!("{by_name}?ca_file=server.key"),
    ];
    let said: Vec<String> = wrong
        .iter()
        .map(|url| {
            let address = Address::parse(url, server.folder()).expect("good");
            let error = Database::open(&address, 1).expect_err("it does not open");
            assert!(
                matches!(error.kind, databases::DatabaseErrorKind::Tls { .. }),
                "{error}"
            );
            error.to_string()
        })
        .collect();
    let said = said
        .join("\n")
        .replace(&server.folder().display().to_string(), "FOLDER");
    insta::assert_snapshot!(said.replace(&server.port.to_string(), "PORT"), @r#"
    no secure connection to localhost:PORT: error performing TLS handshake: invalid peer certificate: UnknownIssuer; name the roots of its certificate with `?ca_file=…` in the address
    no secure connection to 127.0.0.1:PORT: error performing TLS handshake: invalid peer certificate: certificate not valid for name "127.0.0.1"; certificate is only valid for DnsName("localhost"); connect by a name that its certificate is for
    no secure connection to localhost:PORT: error performing TLS handshake: invalid peer certificate: UnknownIssuer; name the roots of its certificate with `?ca_file=…` in the address
    no secure connection to localhost:PORT: FOLDER/none.pem: I/O error: No such file or directory (os error 2); `ca_file` names the certificates to trust
    no secure connection to localhost:PORT: FOLDER/server.key holds no certificate; `ca_file` names the certificates to trust
    "#);
}

#[test]
fn what_is_written_is_read_back_as_it_was_or_refused() {
    let server = Postgres::start("");
    let url = server.url("teller", PASSWORD);
    insta::assert_snapshot!(written::check(&url, Path::new("/"), &[]), @"");
    server.psql(
        "CREATE TABLE ledger (id bigint PRIMARY KEY, amount numeric(18,2), memo varchar(6) CHECK (memo <> 'good!'))",
    );
    insta::assert_snapshot!(written::refusals(&url, Path::new("/")), @r#"
    1 written
    public.ledger, id 2, column "amount": a column numeric(18,2) cannot hold 1.2345 exactly
    public.ledger, id 3, column "amount": a column numeric(18,2) cannot hold 1000000000000000000.00 exactly
    public.ledger, id NULL, column "id": it is NULL, which the column does not take
    public.ledger, id 5, column "memo": a column character varying(6) cannot hold "too much" exactly: it takes 6 characters
    writing public.ledger: duplicate key value violates unique constraint "ledger_pkey" (23505); Key (id)=(1) already exists; COPY ledger, line 1
    public.ledger, id 7, column "memo": it holds a NUL, which PostgreSQL keeps in no text
    1 held
    "#);
    server.psql(
        "CREATE TYPE mood AS ENUM ('A', 'b'); CREATE DOMAIN five AS char(5); \
         CREATE TABLE kept (id bigint PRIMARY KEY, second timestamp(0), milli time(3), fixed five, \
         short varchar(6), uid uuid, label mood, doc json, terms jsonb, loose numeric, list text[], \
         span interval, addr inet)",
    );
    insta::assert_snapshot!(written::in_place(&url, Path::new("/")), @r#"
    second: written
    public.kept, id 1, column "second": a column timestamp(0) without time zone cannot hold 2013-05-27T00:00:00.500 exactly
    milli: written
    public.kept, id 3, column "milli": a column time(3) without time zone cannot hold 11:59:59.999999 exactly
    fixed: written
    public.kept, id 5, column "fixed": a column character(5) cannot hold "ab " exactly: it drops blanks at the end
    public.kept, id 6, column "fixed": a column character(5) cannot hold "abcdef" exactly: it takes 5 characters
    short: written
    public.kept, id 8, column "short": a column character varying(6) cannot hold "ab     " exactly: it takes 6 characters
    short: written
    uid: written
    public.kept, id 11, column "uid": a column uuid cannot hold "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11" exactly: it gives 36 characters in small letters
    label: written
    writing public.kept: invalid input value for enum mood: "a" (22P02); COPY kept, line 1, column label: "a"
    doc: written
    column "terms": kept has it as jsonb, which does not keep every text as it is; make the column text, convert, and change its type afterwards
    column "loose": kept has it as numeric, which does not keep every text as it is; make it a numeric with a precision, such as numeric(38,2), and give a decimal in the rule
    column "list": kept has it as text[], which does not keep every text as it is; make the column text, convert, and change its type afterwards
    column "span": kept has it as interval, which does not keep every text as it is; make the column text, convert, and change its type afterwards
    column "addr": kept has it as inet, which does not keep every text as it is; make the column text, convert, and change its type afterwards
    "#);
}

#[test]
fn whatever_has_a_tables_name_is_noticed_before_anything_is_made() {
    let server = Postgres::start("");
    server.psql(
        "CREATE ROLE clerk LOGIN PASSWORD 'p@ss/word'; CREATE TABLE secret (id int); \
         CREATE TABLE year (id int) PARTITION BY RANGE (id); \
         CREATE TABLE may PARTITION OF year FOR VALUES FROM (1) TO (9); \
         CREATE MATERIALIZED VIEW seen AS SELECT 1 AS id; CREATE INDEX sorted ON secret (id); \
         CREATE SEQUENCE counted; CREATE TYPE mood AS ENUM ('A'); \
         CREATE TABLE parent (id int PRIMARY KEY); CREATE TABLE child (id int REFERENCES parent); \
         INSERT INTO parent VALUES (1); GRANT SELECT ON seen, may TO clerk",
    );
    let open = |user: &str| {
        let address = Address::parse(&server.url(user, PASSWORD), Path::new("/")).expect("good");
        databases::Writer::open(&address).expect("it opens")
    };
    let mut clerk = open("clerk");
    let names = ["secret", "may", "sorted", "counted", "mood"];
    let refused = names.map(|name| clerk.table(name).expect_err("it is taken").to_string());
    insta::assert_snapshot!(refused.join("\n"), @"
    writing secret: it is there, and the user may not read it; GRANT SELECT and INSERT on it to the user that writes
    writing may: it is a partition of year; name year as the target: no book shows its partitions
    writing sorted: its name is taken by an index; give the table another name, or take that away
    writing counted: its name is taken by a sequence; give the table another name, or take that away
    writing mood: its name is taken by a type; give the table another name, or take that away
    ");
    assert_eq!(clerk.table("none"), Ok(None));
    // Here names that differ in their letters' case are two.
    assert_eq!(clerk.table("SEEN"), Ok(None));
    let seen = clerk.table("seen").expect("asked").expect("it is there");
    assert!(seen.is_view);
    let denied = clerk.prepare_documents().expect_err("it may make nothing");
    insta::assert_snapshot!(denied, @"making the table crossfoot_convert: permission denied for schema public (42501); GRANT USAGE and CREATE on the schema to the user that writes, on tables that are there SELECT and INSERT, and for --discard DELETE or TRUNCATE");

    // A table that a foreign key points to cannot be truncated.
    let mut owner = open("teller");
    owner.begin().expect("begun");
    owner.clear("child").expect("emptied");
    owner.clear("parent").expect("emptied");
    owner.commit().expect("committed");
    assert_eq!(owner.is_empty("parent"), Ok(true));
}

#[test]
fn one_conversion_at_a_time_has_a_schema() {
    let server = Postgres::start("");
    server.psql("CREATE SCHEMA other");
    let open = |query: &str| {
        let url = format!("{}{query}", server.url("teller", PASSWORD));
        let address = Address::parse(&url, Path::new("/")).expect("good");
        databases::Writer::open(&address).expect("it opens")
    };
    let (mut first, mut second, mut other) = (open(""), open(""), open("&schema=other"));
    assert_eq!(first.hold(), Ok(true));
    assert_eq!(second.hold(), Ok(false));
    assert_eq!(other.hold(), Ok(true));
    drop(first);
    let begun = std::time::Instant::now();
    while second.hold() != Ok(true) {
        assert!(
            begun.elapsed().as_secs() < 10,
            "it is let go with its connection"
        );
    }
}

#[test]
fn nothing_is_read_while_replicas_are_further_behind_than_they_may_be() {
    let server = Postgres::start("");
    server.psql(
        "CREATE TABLE flow (k int PRIMARY KEY); INSERT INTO flow SELECT generate_series(1, 9); \
         CREATE USER reader PASSWORD 'p@ss/word'; GRANT SELECT ON flow TO reader",
    );
    // Who may not know the lag may not read either.
    let url =
        |user: &str, server: &Postgres| format!("{}&max_load=lag=1", server.url(user, PASSWORD));
    insta::assert_snapshot!(
        refused(&url("reader", &server)).replace(&server.folder().display().to_string(), "SOCKET"),
        @"SOCKET, the lag of replicas: the user may not know it; GRANT pg_read_all_stats to the user, or leave `lag` out"
    );
    server.psql("GRANT pg_read_all_stats TO reader");
    let replica = server.replica(5);
    let open = |server: &Postgres| {
        let address = Address::parse(&url("reader", server), Path::new("/")).expect("good");
        Database::open(&address, 1).expect("it opens")
    };
    let database = open(&server);
    assert!(database.snapshot().ends_with("at most replicas 1 s behind"));
    let read = |database: &Database| {
        let began = Instant::now();
        let flow = table(database, "flow");
        let range = &database.cut(flow, 100).expect("cut")[0];
        let records = database.read(flow, range, &[0], 100);
        let read: usize = records.map(|batch| batch.expect("read").num_rows()).sum();
        (read, began.elapsed())
    };
    assert!(read(&database).1 < Duration::from_secs(1));
    server.psql("INSERT INTO flow SELECT generate_series(10, 19)");
    let began = Instant::now();
    let mut longest = Duration::ZERO;
    // It waits for as long as the replica is behind, and no longer.
    while began.elapsed() < Duration::from_secs(7) {
        let (records, took) = read(&database);
        assert_eq!(records, 9);
        longest = longest.max(took);
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(longest > Duration::from_secs(2), "it waited {longest:?}");
    assert!(longest < Duration::from_secs(30), "it waited {longest:?}");
    // The replica tells its own.
    let of_replica = open(&replica);
    assert_eq!(read(&of_replica).0, 19);
}

/// A server that takes the connection and then says nothing, as one that is stopped does.
#[test]
fn a_server_that_says_nothing_is_not_waited_for_for_ever() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    // Taken by the system, and answered by nobody.
    let url = format!("postgres://teller@127.0.0.1:{port}/pay");
    let address = Address::parse(&url, Path::new("/")).expect("an address");
    let began = Instant::now();
    let error = Database::open(&address, 1).expect_err("nobody answers");
    assert!(began.elapsed() < Duration::from_secs(40), "{error}");
    assert!(
        error.to_string().contains("it was silent for 15 seconds"),
        "{error}"
    );
    drop(listener);
}
