//! One table of types: what each database declares, what is written there, and what a run says that
//! it read. Every value reads the same in each database, and another value is a break.

use crate::databases::{Servers, run};
use crate::place::Place;
use mysql::prelude::Queryable as _;
use serde_json::Value;
use std::fmt::Write as _;
use std::fs;

/// A type as a database has it.
struct Declared {
    /// What stands in `CREATE TABLE`.
    sql: &'static str,
    /// The values of the records 1 and 2; those of 3 are NULL.
    values: [&'static str; 2],
    /// What a rule makes of it, to compare it with the other databases; nothing if left empty.
    rule: &'static str,
}

/// A type, with what the evidence says of the records 1 and 2.
struct Type {
    name: &'static str,
    known: [&'static str; 2],
    /// In PostgreSQL, in MariaDB, in SQLite.
    declared: [Option<Declared>; 3],
}

const fn of(sql: &'static str, values: [&'static str; 2], rule: &'static str) -> Option<Declared> {
    Some(Declared { sql, values, rule })
}

/// A type that each of them writes alike, under another name.
const fn alike(
    name: &'static str,
    known: [&'static str; 2],
    values: [&'static str; 2],
    [postgres, mariadb, sqlite]: [&'static str; 3],
) -> Type {
    Type {
        name,
        known,
        declared: [
            of(postgres, values, ""),
            of(mariadb, values, ""),
            of(sqlite, values, ""),
        ],
    }
}

const NINES_38: &str = "99999999999999999999999999999999.999999";
const NINES_60: &str = "99999999999999999999999999999999999999999999999999.9999999999";
const NINES_76: &str =
    "99999999999999999999999999999999999999999999999999999999999999999999999999.99";
const UID: &str = "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11";
const NIL: &str = "00000000-0000-0000-0000-000000000000";

#[expect(clippy::too_many_lines, reason = "it is a table")]
fn types() -> Vec<Type> {
    vec![
        alike(
            "tiny",
            ["-128", "127"],
            ["-128", "127"],
            ["smallint", "tinyint", "TINYINT"],
        ),
        alike(
            "small",
            ["-32768", "32767"],
            ["-32768", "32767"],
            ["smallint", "smallint", "SMALLINT"],
        ),
        alike(
            "middling",
            ["0", "16777215"],
            ["0", "16777215"],
            ["int", "mediumint unsigned", "INT"],
        ),
        alike(
            "whole",
            ["-2147483648", "2147483647"],
            ["-2147483648", "2147483647"],
            ["int", "int", "INT"],
        ),
        alike(
            "counted",
            ["0", "4294967295"],
            ["0", "4294967295"],
            ["oid", "int unsigned", "INTEGER"],
        ),
        alike(
            "big",
            ["-9223372036854775808", "9223372036854775807"],
            ["-9223372036854775808", "9223372036854775807"],
            ["bigint", "bigint", "BIGINT"],
        ),
        Type {
            name: "serial",
            known: ["18446744073709551615", "0"],
            declared: [
                of("numeric(20,0)", ["18446744073709551615", "0"], ""),
                of(
                    "bigint unsigned",
                    ["18446744073709551615", "0"],
                    "CAST(serial AS DECIMAL(20, 0))",
                ),
                of(
                    "TEXT",
                    ["'18446744073709551615'", "'0'"],
                    "money(serial, 0)",
                ),
            ],
        },
        Type {
            name: "mask",
            known: ["18446744073709551615", "1"],
            declared: [
                of("numeric(20,0)", ["18446744073709551615", "1"], ""),
                of(
                    "bit(64)",
                    ["18446744073709551615", "1"],
                    "CAST(mask AS DECIMAL(20, 0))",
                ),
                None,
            ],
        },
        alike(
            "amount",
            ["9999999999999.99", "-0.01"],
            ["9999999999999.99", "-0.01"],
            ["numeric(18,2)", "decimal(18,2)", "DECIMAL(18,2)"],
        ),
        Type {
            name: "due",
            known: ["0.00", "123.40"],
            declared: [
                of("amount_of_ours", ["0", "123.4"], ""),
                of("decimal(18,2)", ["-0.00", "123.4"], ""),
                of("NUMERIC(18,2)", ["'-0'", "'123.4'"], ""),
            ],
        },
        Type {
            name: "units",
            known: [NINES_38, "-0.000001"],
            declared: [
                of("numeric(38,6)", [NINES_38, "-0.000001"], ""),
                of("decimal(38,6)", [NINES_38, "-0.000001"], ""),
                of(
                    "TEXT",
                    ["'99999999999999999999999999999999.999999'", "'-0.000001'"],
                    "money(units, 6)",
                ),
            ],
        },
        Type {
            name: "wide",
            known: [NINES_60, "-0.0000000001"],
            declared: [
                of("numeric(60,10)", [NINES_60, "-0.0000000001"], ""),
                of("decimal(60,10)", [NINES_60, "-0.0000000001"], ""),
                None,
            ],
        },
        Type {
            name: "most",
            known: [NINES_76, "0.01"],
            declared: [of("numeric(76,2)", [NINES_76, "0.01"], ""), None, None],
        },
        Type {
            name: "free",
            known: ["1.5000", "-20.0001"],
            declared: [
                of("numeric", ["1.5", "-20.0001"], "money(free, 4)"),
                of("decimal(20,4)", ["1.5", "-20.0001"], ""),
                of("NUMERIC", ["'1.5'", "'-20.0001'"], "money(free, 4)"),
            ],
        },
        Type {
            name: "coin",
            known: ["1234.50", "-0.01"],
            declared: [
                of("money", ["1234.5", "-0.01"], "money(coin, 2)"),
                of("decimal(18,2)", ["1234.5", "-0.01"], ""),
                of("TEXT", ["'1,234.50'", "'(0.01)'"], "money(coin, 2)"),
            ],
        },
        Type {
            name: "flag",
            known: ["true", "false"],
            declared: [
                of("boolean", ["true", "false"], ""),
                of("tinyint(1)", ["true", "false"], "flag = 1"),
                of("BOOLEAN", ["1", "0"], ""),
            ],
        },
        Type {
            name: "half",
            known: ["0.5", "-1.25"],
            declared: [
                of("real", ["0.5", "-1.25"], ""),
                of("float", ["0.5", "-1.25"], ""),
                None,
            ],
        },
        alike(
            "rate",
            ["0.1", "-123456.789"],
            ["0.1", "-123456.789"],
            ["double precision", "double", "DOUBLE"],
        ),
        alike(
            "day",
            ["1000-01-01", "9999-12-31"],
            ["'1000-01-01'", "'9999-12-31'"],
            ["date", "date", "DATE"],
        ),
        Type {
            name: "clock",
            known: ["23:59:59.999999", "00:00:00"],
            declared: [
                of("time", ["'23:59:59.999999'", "'00:00:00'"], ""),
                of(
                    "time(6)",
                    ["'23:59:59.999999'", "'00:00:00'"],
                    "CAST(clock AS TIME)",
                ),
                of("TIME", ["'23:59:59.999999'", "'00:00:00'"], ""),
            ],
        },
        alike(
            "moment",
            ["1000-01-01T00:00:00", "9999-12-31T23:59:59.999999"],
            ["'1000-01-01 00:00:00'", "'9999-12-31 23:59:59.999999'"],
            ["timestamp", "datetime(6)", "DATETIME"],
        ),
        Type {
            name: "instant",
            known: ["1970-01-01T00:00:01Z", "2038-01-19T03:14:07.999999Z"],
            declared: [
                of(
                    "timestamptz",
                    [
                        "'1970-01-01 08:00:01+08'",
                        "'2038-01-19 03:14:07.999999+00'",
                    ],
                    "",
                ),
                of(
                    "timestamp(6) NULL",
                    ["'1970-01-01 00:00:01'", "'2038-01-19 03:14:07.999999'"],
                    "",
                ),
                of(
                    "TIMESTAMPTZ",
                    ["'1970-01-01 08:00:01+08'", "'2038-01-19T03:14:07.999999Z'"],
                    "",
                ),
            ],
        },
        Type {
            name: "word",
            known: ["ab", "\u{745e}\u{4fe1}"],
            declared: [
                of("char(5)", ["'ab   '", "'\u{745e}\u{4fe1}'"], ""),
                of("char(5)", ["'ab   '", "'\u{745e}\u{4fe1}'"], ""),
                of("TEXT", ["'ab'", "'\u{745e}\u{4fe1}'"], ""),
            ],
        },
        Type {
            name: "old_word",
            known: ["\u{745e}\u{4fe1}\u{5b9d} ", "\u{4f59}"],
            declared: [
                of("text", ["'\u{745e}\u{4fe1}\u{5b9d} '", "'\u{4f59}'"], ""),
                of(
                    "varchar(9) CHARACTER SET gbk",
                    ["'\u{745e}\u{4fe1}\u{5b9d} '", "'\u{4f59}'"],
                    "",
                ),
                None,
            ],
        },
        alike(
            "memo",
            ["it's\t\\ \"\u{1f600}\" \r\n--; ", ""],
            ["'it''s\t\\ \"\u{1f600}\" \r\n--; '", "''"],
            ["text", "longtext", "CLOB"],
        ),
        Type {
            name: "seal",
            known: ["00ff275c", ""],
            declared: [
                of("bytea", ["'\\x00ff275c'", "''"], ""),
                of("varbinary(9)", ["x'00ff275c'", "x''"], ""),
                of("BLOB", ["x'00ff275c'", "x''"], ""),
            ],
        },
        Type {
            name: "raw",
            known: ["00000000", "61626364"],
            declared: [
                of("bytea", ["'\\x00000000'", "'abcd'"], ""),
                of("binary(4)", ["x''", "'abcd'"], ""),
                of("BLOB", ["x'00000000'", "x'61626364'"], ""),
            ],
        },
        Type {
            name: "uid",
            known: [UID, NIL],
            declared: [
                of(
                    "uuid",
                    [
                        "'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'",
                        "'00000000-0000-0000-0000-000000000000'",
                    ],
                    "",
                ),
                of(
                    "uuid",
                    [
                        "'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'",
                        "'00000000-0000-0000-0000-000000000000'",
                    ],
                    "",
                ),
                of(
                    "TEXT",
                    [
                        "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'",
                        "'00000000-0000-0000-0000-000000000000'",
                    ],
                    "",
                ),
            ],
        },
        Type {
            name: "address",
            known: ["::1", "fe80::1"],
            declared: [
                of(
                    "inet",
                    ["'::1'", "'fe80:0::1'"],
                    "split_part(address, '/', 1)",
                ),
                of("inet6", ["'::1'", "'fe80:0::1'"], ""),
                of("TEXT", ["'::1'", "'fe80::1'"], ""),
            ],
        },
        alike(
            "document",
            ["{ \"b\": 1, \"a\":2.50 }", "null"],
            ["'{ \"b\": 1, \"a\":2.50 }'", "'null'"],
            ["json", "json", "TEXT"],
        ),
        Type {
            name: "ordered",
            known: ["{\"a\": 2.50, \"b\": 1}", "[]"],
            declared: [
                of("jsonb", ["'{ \"b\": 1, \"a\":2.50 }'", "'[]'"], ""),
                of("text", ["'{\"a\": 2.50, \"b\": 1}'", "'[]'"], ""),
                of("TEXT", ["'{\"a\": 2.50, \"b\": 1}'", "'[]'"], ""),
            ],
        },
        Type {
            name: "mood",
            known: ["good", "bad"],
            declared: [
                of("mood_of_ours", ["'good'", "'bad'"], ""),
                of("enum('bad','good')", ["'good'", "'bad'"], ""),
                of("TEXT", ["'good'", "'bad'"], ""),
            ],
        },
        Type {
            name: "marks",
            known: ["a,c", ""],
            declared: [
                of("text", ["'a,c'", "''"], ""),
                of("set('a','b','c')", ["'c,a'", "''"], ""),
                of("TEXT", ["'a,c'", "''"], ""),
            ],
        },
        Type {
            name: "list",
            known: ["{1,NULL,3}", "{}"],
            declared: [
                of("int[]", ["'{1, NULL, 3}'", "'{}'"], ""),
                of("text", ["'{1,NULL,3}'", "'{}'"], ""),
                of("TEXT", ["'{1,NULL,3}'", "'{}'"], ""),
            ],
        },
        Type {
            name: "span",
            known: ["P1M2DT3H", "PT-1S"],
            declared: [
                of("interval", ["'P1M2DT3H'", "'-1 second'"], ""),
                of("text", ["'P1M2DT3H'", "'PT-1S'"], ""),
                None,
            ],
        },
        Type {
            name: "founded",
            known: ["2013", "1901"],
            declared: [
                of("smallint", ["2013", "1901"], ""),
                of("year", ["2013", "1901"], ""),
                of("SMALLINT", ["2013", "1901"], ""),
            ],
        },
        Type {
            name: "hours",
            known: ["-838:59:59", "838:59:59"],
            declared: [
                of("text", ["'-838:59:59'", "'838:59:59'"], ""),
                of("time", ["'-838:59:59'", "'838:59:59'"], ""),
                None,
            ],
        },
    ]
}

const NAMES: [&str; 3] = ["PostgreSQL", "MariaDB", "SQLite"];

/// The statements that make the table `kind` in one of the databases.
fn statements(types: &[Type], database: usize) -> Vec<String> {
    let declared: Vec<(&str, &Declared)> = types
        .iter()
        .filter_map(|one| Some((one.name, one.declared[database].as_ref()?)))
        .collect();
    let column = |(name, declared): &(&str, &Declared)| format!("{name} {}", declared.sql);
    let columns: Vec<String> = declared.iter().map(column).collect();
    let mut statements = vec![format!(
        "CREATE TABLE kind (id int PRIMARY KEY, {})",
        columns.join(", ")
    )];
    for at in [Some(0), Some(1), None] {
        let value = |(_, declared): &(&str, &Declared)| at.map_or("NULL", |at| declared.values[at]);
        let values: Vec<&str> = declared.iter().map(value).collect();
        let id = at.map_or(3, |at: usize| at + 1);
        statements.push(format!(
            "INSERT INTO kind VALUES ({id}, {})",
            values.join(", ")
        ));
    }
    statements
}

/// Whether a database could add up a column of that type by itself, as the other could.
fn is_plain(one: &Type, [database, other]: [usize; 2]) -> bool {
    let declared = [&one.declared[database], &one.declared[other]];
    let is_as_it_is = |declared: &&Option<Declared>| {
        declared
            .as_ref()
            .is_some_and(|declared| declared.rule.is_empty())
    };
    // Every server writes a floating-point number in its own way.
    declared.iter().all(is_as_it_is) && !["half", "rate"].contains(&one.name)
}

/// Selects what two databases both have, or of it what each could add up by itself.
fn select(types: &[Type], [database, other]: [usize; 2], is_plain_only: bool) -> String {
    let mut sql = "SELECT id".to_owned();
    for one in types.iter().filter(|one| one.declared[other].is_some()) {
        let Some(declared) = &one.declared[database] else {
            continue;
        };
        if is_plain_only && !is_plain(one, [database, other]) {
            continue;
        }
        match declared.rule {
            "" => write!(sql, ", {}", one.name),
            rule => write!(sql, ", {rule} AS {}", one.name),
        }
        .unwrap();
    }
    sql + " FROM kind"
}

struct Types {
    servers: Servers,
    place: Place,
    types: Vec<Type>,
    addresses: [(&'static str, String); 3],
}

impl Types {
    fn lay() -> Types {
        let (servers, place, types) = (Servers::start(), Place::empty(), types());
        let [mut postgres, mut mariadb, sqlite] = [0, 1, 2].map(|at| statements(&types, at));
        postgres.splice(
            0..0,
            [
                "CREATE DOMAIN amount_of_ours AS numeric(18,2)".to_owned(),
                "CREATE TYPE mood_of_ours AS ENUM ('bad', 'good')".to_owned(),
            ],
        );
        mariadb.insert(0, "SET time_zone = '+00:00'".to_owned());
        let addresses = servers.put(&place, "kinds", [&postgres, &mariadb, &sqlite]);
        Types {
            servers,
            place,
            types,
            addresses,
        }
    }

    /// Verifies one of the databases against another; gives exit code, breaks, how it was folded, and
    /// what was said.
    fn verify(&self, from: usize, to: usize, more: &str, way: &str) -> Ran {
        let where_ = if more == "nothing" {
            " WHERE id < 0"
        } else {
            ""
        };
        let push = if more == "push" {
            "fold = \"push\"\n"
        } else {
            ""
        };
        let plan = format!(
            "name = \"types\"\n[source]\nurl = \"{}\"\n[target]\nurl = \"{}\"\n\
             [[agreement]]\nname = \"kinds\"\nrule = '''{}'''\ntarget = '''{}{where_}'''\n\
             key = [\"id\"]\n{push}",
            self.addresses[from].1,
            self.addresses[to].1,
            select(&self.types, [from, to], more == "push"),
            select(&self.types, [to, from], more == "push"),
        );
        fs::write(self.place.path().join("crossfoot.toml"), plan).unwrap();
        let line = format!("verify --evidence evidence --no-progress --lang en{way}");
        let (code, stdout, stderr) = run(&self.place, &line);
        let said = format!("{stdout}{stderr}");
        assert!(matches!(code, Some(0 | 1)), "{}", said);
        let breaks = self.place.read("evidence/breaks.jsonl");
        let breaks = breaks
            .lines()
            .map(|line| serde_json::from_str(line).unwrap());
        let breaks = breaks.collect();
        let report: Value = serde_json::from_str(&self.place.read("evidence/report.json")).unwrap();
        let fold = report["agreements"][0]["fold"].clone();
        fs::remove_dir_all(self.place.path().join("evidence")).unwrap();
        Ran {
            code,
            breaks,
            fold,
            said,
        }
    }

    /// Gives a column of a record another value.
    fn set(&self, database: usize, name: &str, value: &str, id: u32) {
        let statement = format!("UPDATE kind SET {name} = {value} WHERE id = {id}");
        match database {
            0 => {
                let statement = format!("SET search_path = kinds; {statement}");
                self.servers.postgres.psql(&statement);
            }
            1 => {
                let mut connection = self.servers.mariadb.root();
                connection.query_drop("USE kinds").unwrap();
                let plain = "SET time_zone = '+00:00', \
                             sql_mode = CONCAT(@@sql_mode, ',NO_BACKSLASH_ESCAPES')";
                connection.query_drop(plain).unwrap();
                connection.query_drop(statement).unwrap();
            }
            _ => {
                let file = self.place.path().join("kinds.db");
                let file = rusqlite::Connection::open(file).unwrap();
                file.execute_batch(&statement).unwrap();
            }
        }
    }
}

struct Ran {
    code: Option<i32>,
    breaks: Vec<Value>,
    fold: Value,
    said: String,
}

#[test]
fn every_type_reads_as_the_table_says_and_the_same_in_every_pair_of_databases() {
    let types = Types::lay();
    for (at, name) in NAMES.iter().enumerate() {
        let ran = types.verify(at, at, "nothing", "");
        assert_eq!(ran.breaks.len(), 3, "{name}: {}", ran.said);
        for (record, found) in ran.breaks.iter().enumerate() {
            for one in types.types.iter().filter(|one| one.declared[at].is_some()) {
                let expected = &found["expected"][one.name];
                let known = match one.known.get(record) {
                    Some(known) => Value::from(*known),
                    None => Value::Null,
                };
                assert_eq!(*expected, known, "{name}, {}", one.name);
            }
        }
    }
    for (from, of_source) in NAMES.iter().enumerate() {
        for (to, of_target) in NAMES.iter().enumerate() {
            for (more, way) in [("", ""), ("", " --no-digest"), ("push", " --no-digest")] {
                let ran = types.verify(from, to, more, way);
                let which = format!("{of_source} against {of_target}, {more}{way}");
                assert_eq!(ran.code, Some(0), "{which}: {}{:?}", ran.said, ran.breaks);
                if more == "push" {
                    for (side, at) in [("expected", from), ("actual", to)] {
                        let way = if at == 2 { "read" } else { "pushed" };
                        assert_eq!(ran.fold[side]["way"], way, "{which}: {}", ran.fold);
                    }
                }
            }
        }
    }
}

#[test]
fn another_value_of_any_type_is_a_break_of_that_column_alone() {
    let types = Types::lay();
    for (to, of_target) in NAMES.iter().enumerate() {
        let from = (to + 1) % NAMES.len();
        for (number, one) in types.types.iter().enumerate() {
            let (Some(there), true) = (&one.declared[to], one.declared[from].is_some()) else {
                continue;
            };
            // What was another value, what was there, and what was NULL.
            let (id, value, back) = match number % 3 {
                0 => (1, there.values[1], there.values[0]),
                1 => (2, "NULL", there.values[1]),
                _ => (3, there.values[0], "NULL"),
            };
            types.set(to, one.name, value, id);
            let more = match is_plain(one, [to, from]) && number % 2 == 0 {
                true => "push",
                false => "",
            };
            let ran = types.verify(from, to, more, " --no-digest");
            types.set(to, one.name, back, id);
            let which = format!("{} in {of_target}, {more}: {}", one.name, ran.fold);
            assert_eq!(ran.code, Some(1), "{which}");
            assert_eq!(ran.breaks.len(), 1, "{which}: {:?}", ran.breaks);
            let found = &ran.breaks[0];
            assert_eq!(found["key"]["id"], id.to_string(), "{which}");
            let fields = found["fields"].as_array().unwrap();
            assert_eq!(fields.len(), 1, "{which}: {found}");
            assert_eq!(fields[0]["name"], one.name, "{which}");
        }
    }
}
