//! `fold = "push"`: databases add up their own records, and nothing that a run says depends on it.

use crate::databases::{Servers, run};
use crate::place::Place;
use footing::{Seed, SketchSize};
use mysql::prelude::Queryable as _;
use reconcile::{Limits, Options, Unwatched, Watch};
use serde_json::Value;
use std::fmt::Write as _;
use std::fs;
use std::sync::Arc;

/// A record of `entry`: number, id, book, amount in fen, time, memo.
type Entry = (u32, u32, String, i64, String, Option<String>);

/// A ledger; where it is damaged, records are missing, too many, doubled or other in one column.
fn entries(records: u32, is_damaged: bool) -> Vec<Entry> {
    let mut entries = Vec::new();
    let mut push = |id: u32, book: &str, fen: i64, memo: Option<String>| {
        let number = u32::try_from(entries.len()).unwrap() + 1;
        let (day, second) = (1 + id % 28, id % 60);
        let at = format!("2013-05-{day:02} 08:00:{second:02}");
        entries.push((number * 7, id, book.to_owned(), fen, at, memo));
    };
    for id in 1..=records {
        let fen = i64::from(id.wrapping_mul(2_654_435_761) % 2_000_003) - 1_000_000;
        let book = format!("B{}", id % 97);
        let memo = match id % 13 {
            0 => None,
            1 => Some(String::new()),
            _ => Some(format!("备注;~{id}")),
        };
        if !is_damaged {
            push(id, &book, fen, memo);
            continue;
        }
        match id {
            _ if id.is_multiple_of(401) => push(id, &book, fen + 1, memo),
            _ if id.is_multiple_of(503) => {}
            _ if id.is_multiple_of(607) => {
                push(id, &book, fen, memo.clone());
                push(id, &book, fen, memo);
            }
            // NULL and no text are two values; so are two texts that a collation takes for one.
            _ if id.is_multiple_of(13 * 67) => push(id, &book, fen, Some(String::new())),
            _ if id.is_multiple_of(709) => push(id, &book.to_lowercase(), fen, memo),
            _ if id.is_multiple_of(811) => push(id, &format!("{book} "), fen, memo),
            _ => push(id, &book, fen, memo),
        }
    }
    if is_damaged {
        push(records + 5, "B1", 5, None);
    }
    entries
}

fn yuan(fen: i64) -> String {
    let sign = if fen < 0 { "-" } else { "" };
    format!("{sign}{}.{:02}", fen.abs() / 100, fen.abs() % 100)
}

const COLUMNS: &str = "no bigint PRIMARY KEY, id bigint NOT NULL, book varchar(9), \
                       amount decimal(18,2), at varchar(19), memo varchar(40)";

/// Puts a book into each kind of database and into files, and gives for each its name, its address
/// and what selects its records.
fn fill(
    servers: &Servers,
    place: &Place,
    book: &str,
    entries: &[Entry],
) -> Vec<(&'static str, String, &'static str)> {
    let record = |(no, id, book, fen, at, memo): &Entry| {
        let memo = memo
            .as_ref()
            .map_or("NULL".to_owned(), |memo| format!("'{memo}'"));
        format!("({no}, {id}, '{book}', {}, '{at}', {memo})", yuan(*fen))
    };
    let records: Vec<String> = entries.iter().map(record).collect();
    let mut statements = vec![format!("CREATE TABLE entry ({COLUMNS})")];
    for some in records.chunks(500) {
        statements.push(format!("INSERT INTO entry VALUES {}", some.join(", ")));
    }
    let databases = servers.put(place, book, [&statements; 3]);
    let mut csv = "id,book,amount,at,memo\n".to_owned();
    for (_, id, book, fen, at, memo) in entries {
        let memo = memo.as_deref().unwrap_or("NULL");
        writeln!(csv, "{id},{book},{},{at},{memo}", yuan(*fen)).unwrap();
    }
    fs::create_dir(place.path().join(book)).unwrap();
    fs::write(place.path().join(book).join("entry.csv"), csv).unwrap();
    let plain = "SELECT id, book, amount, at, memo FROM entry";
    let made =
        "SELECT CAST(id AS BIGINT) AS id, book, money(amount) AS amount, at, memo FROM entry";
    let databases = databases.into_iter().map(|(kind, url)| (kind, url, plain));
    let files = [("files", book.to_owned(), made)];
    databases.chain(files).collect()
}

/// What a run came to: exit code, the lines of its breaks, and its report without times and moments;
/// apart from it how it was folded.
#[derive(Debug, PartialEq)]
struct Told {
    code: Option<i32>,
    breaks: String,
    report: Value,
}

fn verify(place: &Place, plan: &str, more: &str) -> (Told, Value) {
    fs::write(place.path().join("crossfoot.toml"), plan).unwrap();
    let line = format!("verify --evidence evidence --no-progress --json {more}");
    let (code, stdout, stderr) = run(place, &line);
    assert!(matches!(code, Some(0 | 1)), "{stdout}{stderr}\n{plan}");
    let breaks = place.read("evidence/breaks.jsonl");
    let mut report: Value = serde_json::from_str(&place.read("evidence/report.json")).unwrap();
    let whole = report.as_object_mut().unwrap();
    for varying in ["moments", "evidence", "elapsed_seconds"] {
        whole.remove(varying);
    }
    let agreement = whole["agreements"][0].as_object_mut().unwrap();
    let fold = agreement.remove("fold").unwrap_or_default();
    fs::remove_dir_all(place.path().join("evidence")).unwrap();
    let told = Told {
        code,
        breaks,
        report,
    };
    (told, fold)
}

/// Verifies both ways; gives what is said of how it was folded.
fn check(place: &Place, plan: &str, more: &str, what: &str) -> (Told, Value) {
    let (read, fold) = verify(place, plan, more);
    assert_eq!(fold, Value::Null, "{what}");
    let (pushed, fold) = verify(place, &format!("{plan}\nfold = \"push\"\n"), more);
    assert_eq!(read, pushed, "{what}: {fold}");
    (pushed, fold)
}

fn plan(source: &str, target: &str, rule: &str, actual: &str, more: &str) -> String {
    let tables = |book: &str, url: &str| match url.contains("://") {
        true => String::new(),
        false => format!("[{book}.tables.entry]\nnull_values = [\"NULL\"]\n"),
    };
    format!(
        "name = \"pushed\"\ntimezone = \"Asia/Shanghai\"\ncurrency = \"CNY\"\n\
         [source]\nurl = \"{source}\"\n{}[target]\nurl = \"{target}\"\n{}\
         [[agreement]]\nname = \"entries\"\nrule = \"{rule}\"\ntarget = \"{actual}\"\n\
         money = [\"amount\"]\n{more}",
        tables("source", source),
        tables("target", target),
    )
}

#[test]
fn pushed_or_read_a_run_says_the_same_of_every_pair_of_books() {
    let servers = Servers::start();
    let place = Place::empty();
    let source = fill(&servers, &place, "old_books", &entries(3_000, false));
    let clean = fill(&servers, &place, "same_books", &entries(3_000, false));
    let damaged = fill(&servers, &place, "new_books", &entries(3_000, true));
    let is_server = |kind: &str| ["PostgreSQL", "MariaDB"].contains(&kind);
    for (of_source, source, rule) in &source {
        for (targets, code) in [(&clean, 0), (&damaged, 1)] {
            for (of_target, target, actual) in targets {
                let what = format!("{of_source} against {of_target}, {code}");
                let plan = plan(source, target, rule, actual, "key = [\"id\"]");
                let (told, fold) = check(&place, &plan, "--no-digest", &what);
                assert_eq!(told.code, Some(code), "{what}: {}", told.report);
                for (side, kind) in [("expected", of_source), ("actual", of_target)] {
                    let way = if is_server(kind) { "pushed" } else { "read" };
                    assert_eq!(fold[side]["way"], way, "{what}: {fold}");
                    assert_eq!(fold[side]["why"].is_null(), is_server(kind), "{fold}");
                }
                let is_pushed = is_server(of_source) || is_server(of_target);
                let differing = fold["differing"].as_u64().unwrap();
                match (is_pushed, code) {
                    (false, _) => assert_eq!(fold["buckets"], 0, "{what}: {fold}"),
                    // Both spell alike: nothing has travelled.
                    (true, 0) => assert_eq!(differing, 0, "{what}: {fold}"),
                    (true, _) => assert!((10..60).contains(&differing), "{what}: {fold}"),
                }
            }
        }
    }
}

#[test]
fn pushed_or_read_a_run_says_the_same_without_a_key_and_when_all_differ() {
    let servers = Servers::start();
    let place = Place::empty();
    let source = fill(&servers, &place, "old_books", &entries(3_000, false));
    let target = fill(&servers, &place, "new_books", &entries(3_000, true));
    let other: Vec<Entry> = entries(3_000, false)
        .into_iter()
        .map(|(no, id, book, fen, at, memo)| (no, id, book, fen + 1, at, memo))
        .collect();
    let other = fill(&servers, &place, "other_books", &other);
    for (from, to) in [(0, 1), (1, 3), (2, 0)] {
        let (of_source, source, rule) = &source[from];
        for (targets, more) in [(&target, ""), (&other, "key = [\"id\"]"), (&other, "")] {
            let (of_target, target, actual) = &targets[to];
            let what = format!("{of_source} against {of_target}: {more}");
            let plan = plan(source, target, rule, actual, more);
            let (told, fold) = check(&place, &plan, "", &what);
            assert_eq!(told.code, Some(1), "{what}");
            assert!(fold["differing"].as_u64() > Some(0), "{what}: {fold}");
        }
    }
}

#[test]
fn a_part_is_enough_for_a_larger_sketch_and_for_partitions() {
    let servers = Servers::start();
    let place = Place::empty();
    let source = fill(&servers, &place, "old_books", &entries(3_000, false));
    let target = fill(&servers, &place, "new_books", &entries(3_000, true));
    let (_, source, rule) = &source[0];
    let (_, target, actual) = &target[1];
    let verify = |plan: &str, limits: Limits| {
        fs::write(place.path().join("crossfoot.toml"), plan).unwrap();
        let plan = rules::plan::read(&place.path().join("crossfoot.toml")).unwrap();
        let password =
            |name: &str| (name == "PASSWORD").then(|| crate::databases::PASSWORD.to_owned());
        let prepared = reconcile::prepare(plan, 2, &password).unwrap();
        let options = Options {
            threads: 2,
            seed: Some(Seed::new([9; 32])),
            sketch: Some(SketchSize::of_bits(6)),
            digest: false,
            limits,
            ..Options::new(place.path().join("evidence"))
        };
        let watch: Arc<dyn Watch> = Arc::new(Unwatched::default());
        let runtime = tokio::runtime::Builder::new_multi_thread().build().unwrap();
        let run = reconcile::verify(&prepared, &options, &watch);
        let mut outcome = runtime.block_on(run).unwrap();
        let fold = outcome.report.agreements[0].fold.take();
        (
            place.read("evidence/breaks.jsonl"),
            outcome.report.agreements,
            fold,
        )
    };
    let usual = Limits::default();
    let on_disk = Limits {
        in_memory: 0,
        partition_records: 500,
        ..usual
    };
    let without_sketch = Limits {
        sketch: SketchSize::of_bits(6),
        ..on_disk
    };
    for limits in [usual, on_disk, without_sketch] {
        for more in ["key = [\"id\"]", ""] {
            let plan = plan(source, target, rule, actual, more);
            let read = verify(&plan, limits);
            let (breaks, agreements, fold) = verify(&format!("{plan}\nfold = \"push\"\n"), limits);
            assert_eq!(read.0, breaks, "{limits:?} {more}");
            assert_eq!(read.1, agreements, "{limits:?} {more}");
            let fold = fold.expect("asked for");
            assert!(breaks.lines().count() > 20, "{breaks}");
            assert!(
                fold.differing > 10 && fold.differing * 2 < fold.buckets,
                "{fold:?}"
            );
        }
    }
}

/// Fills a table of many types in PostgreSQL and in MariaDB.
fn declare(servers: &Servers, records: u32) -> (String, String) {
    let row = |id: u32| {
        let (day, fen) = (1 + id % 28, id.wrapping_mul(40_503) % 90_000);
        let currency = ["CNY", "HKD", "cny"][(id % 3) as usize];
        let optional = |value: String| match id % 11 {
            0 => "NULL".to_owned(),
            _ => value,
        };
        format!(
            "({id}, 'k{}', {}.{:02}, {}, '2013-05-{day:02}', '2013-05-{day:02} 08:00:00.{:06}', \
             '{currency}', {})",
            id % 5,
            fen / 100,
            fen % 100,
            optional((id % 128).to_string()),
            id * 10 % 1_000_000,
            optional(format!("'备注 {id}'"))
        )
    };
    let rows: Vec<String> = (1..=records).map(row).collect();
    let columns = |moment: &str, byte: &str| {
        format!(
            "CREATE TABLE entry (id bigint, part varchar(9), amount decimal(18,2), small {byte}, \
             booked date, at {moment}, currency varchar(9), memo varchar(40), PRIMARY KEY (part, id))"
        )
    };
    servers.make("old");
    servers.make("new");
    servers.postgres.psql(&format!(
        "SET search_path = old; {}; INSERT INTO entry VALUES {}",
        columns("timestamp", "smallint"),
        rows.join(", ")
    ));
    let mut connection = servers.mariadb.root();
    connection.query_drop("USE new").unwrap();
    let create = columns("datetime(6)", "tinyint");
    connection.query_drop(create).unwrap();
    for some in rows.chunks(2_000) {
        let insert = format!("INSERT INTO entry VALUES {}", some.join(", "));
        connection.query_drop(insert).unwrap();
    }
    let [(_, old), ..] = servers.addresses("old");
    let [_, (_, new), _] = servers.addresses("new");
    (old, new)
}

#[test]
fn every_column_tells_and_totals_by_currency_and_day_are_the_same() {
    let servers = Servers::start();
    let place = Place::empty();
    let (old, new) = declare(&servers, 20_000);
    let more =
        "key = [\"part\", \"id\"]\ncurrency = \"currency\"\nfoot = [\"booked\", \"small\", \"at\"]";
    let plan = plan(&old, &new, "entry", "entry", more);
    let (told, fold) = check(&place, &plan, "--no-digest", "clean");
    assert_eq!(
        (told.code, &fold["differing"]),
        (Some(0), &0.into()),
        "{fold}"
    );
    let totals = told.report["agreements"][0]["totals"].as_array().unwrap();
    assert_eq!(
        totals.len(),
        3,
        "codes that a collation takes for one: {totals:?}"
    );

    // One record, in one column after the other: a digest that left it out would say nothing.
    let changes = [
        ("amount = amount + 0.01", "amount = amount - 0.01"),
        ("small = small + 1", "small = small - 1"),
        ("small = NULL", "small = 89"),
        (
            "booked = booked + INTERVAL 1 DAY",
            "booked = booked - INTERVAL 1 DAY",
        ),
        (
            "at = at + INTERVAL 1 MICROSECOND",
            "at = at - INTERVAL 1 MICROSECOND",
        ),
        ("currency = LOWER(currency)", "currency = UPPER(currency)"),
        ("memo = CONCAT(memo, ' ')", "memo = '备注 12121'"),
        ("memo = NULL", "memo = '备注 12121'"),
        ("part = 'K1'", "part = 'k1'"),
        ("id = 99999", "id = 12121"),
    ];
    let mut connection = servers.mariadb.root();
    connection.query_drop("USE new").unwrap();
    let mut change = |set: &str, id: u32| {
        let update = format!("UPDATE entry SET {set} WHERE id = {id}");
        connection.query_drop(update).unwrap();
    };
    for (there, back) in changes {
        change(there, 12_121);
        let (told, fold) = check(&place, &plan, "--no-digest", there);
        assert_eq!(told.code, Some(1), "{there}");
        let lines = told.breaks.lines().count();
        assert!((1..=2).contains(&lines), "{there}: {}", told.breaks);
        assert!(fold["differing"].as_u64() <= Some(2), "{there}: {fold}");
        change(
            back,
            if there.starts_with("id") {
                99_999
            } else {
                12_121
            },
        );
    }
    let (told, _) = check(&place, &plan, "--no-digest", "clean again");
    assert_eq!(told.code, Some(0), "{}", told.breaks);

    let pushed = format!("{plan}\nfold = \"push\"\n");
    fs::write(place.path().join("crossfoot.toml"), pushed).unwrap();
    let line = |lang: &str| {
        let line = format!("verify --no-digest --no-progress --evidence e --lang {lang}");
        let (_, stdout, _) = run(&place, &line);
        let mut lines = stdout.lines();
        let found = lines.find(|line| line.contains("256"));
        found.unwrap_or(&stdout).trim().to_owned()
    };
    insta::assert_snapshot!(format!("{}\n{}", line("en"), line("zh")), @"
    expected: added up by its database; actual: added up by its database; 0 of 256 buckets differ
    应有：由其数据库汇总；实有：由其数据库汇总；256 个桶中有 0 个不同
    ");
}

#[test]
fn what_is_not_pushed_is_read_and_says_why_and_errors_are_the_same() {
    let servers = Servers::start();
    let place = Place::empty();
    servers.make("old");
    servers.make("new");
    // A value that no type holds, in one of them: which of two were named first would be chance.
    for (book, odd) in [("old", "'NaN'"), ("new", "1")] {
        servers.postgres.psql(&format!(
            "SET search_path = {book};
             CREATE TABLE entry (id int PRIMARY KEY, amount numeric(18,2), rate float8);
             INSERT INTO entry VALUES (1, 1.50, 0.1), (2, -0.01, 0.2);
             CREATE TABLE heap AS TABLE entry;
             CREATE TABLE odd (id int PRIMARY KEY, amount numeric(18,2));
             INSERT INTO odd VALUES (1, 1), (2, {odd});"
        ));
    }
    let [(_, old), ..] = servers.addresses("old");
    let [(_, new), ..] = servers.addresses("new");
    let of = |rule: &str, target: &str| {
        let plan = plan(&old, &new, rule, target, "key = [\"id\"]");
        let (told, fold) = check(&place, &plan, "--no-digest", rule);
        assert_eq!(told.code, Some(0), "{rule}");
        let said = |side: &str| {
            let why = fold[side]["why"].as_str().unwrap_or("-").to_owned();
            format!("{} {why}", fold[side]["way"].as_str().unwrap())
        };
        format!("{} | {}", said("expected"), said("actual"))
    };
    let plain = "SELECT id, amount FROM entry";
    insta::assert_snapshot!(
        [
            of("SELECT amount, id FROM entry AS e", plain),
            of("SELECT id, amount FROM entry WHERE id > 0", plain),
            of("SELECT id, amount + 0.00 AS amount FROM entry", plain),
            of("SELECT DISTINCT id, amount FROM entry", plain),
            of("SELECT e.id, e.amount FROM entry e JOIN heap h ON e.id = h.id", plain),
            of("SELECT id, amount FROM heap", plain),
            of("entry", "entry"),
        ]
        .join("\n"),
        @"
    pushed - | pushed -
    read it does not take every record | pushed -
    read it computes `amount` | pushed -
    read it puts records together | pushed -
    read it reads more than one table | pushed -
    read `heap` has no primary key | pushed -
    read `rate` is a floating-point number, which every server writes in its own way | read `rate` is a floating-point number, which every server writes in its own way
    "
    );
    // `check` tells beforehand, as far as plan and tables do.
    let heap = "SELECT id, amount FROM heap";
    let heap = plan(&old, &new, heap, plain, "key = [\"id\"]\nfold = \"push\"");
    fs::write(place.path().join("crossfoot.toml"), heap).unwrap();
    let (code, stdout, stderr) = run(&place, "check --lang en");
    let said =
        "expected: read here, as `heap` has no primary key; actual: added up by its database";
    assert_eq!(code, Some(0), "{stderr}");
    assert!(stdout.contains(said), "{stdout}");
    let (_, stdout, _) = run(&place, "check --json");
    let told: Value = serde_json::from_str(&stdout).unwrap();
    let fold = &told["agreements"][0]["fold"];
    assert_eq!(fold["expected"]["way"], "read");
    assert_eq!(fold["actual"]["way"], "pushed");
    let ends = |more: &str| {
        let plan = plan(&old, &new, "odd", "odd", &format!("key = [\"id\"]\n{more}"));
        fs::write(place.path().join("crossfoot.toml"), plan).unwrap();
        run(&place, "verify --no-digest --no-progress --lang en")
    };
    let (code, stdout, stderr) = ends("");
    assert_eq!((code, &*stdout), (Some(3), ""), "{stderr}");
    assert!(stderr.contains("NaN is no amount"), "{stderr}");
    assert_eq!(ends("fold = \"push\""), (code, stdout, stderr));
}
