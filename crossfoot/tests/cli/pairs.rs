//! Books at random, of typed columns and damaged at random: in whatever pair of files and databases
//! they lie, a run says the same of them, and just what differs.

use crate::databases::{Servers, run};
use crate::place::Place;
use arrow_array::{
    ArrayRef, Date32Array, Decimal128Array, Int16Array, Int64Array, RecordBatch, StringArray,
    TimestampMicrosecondArray,
};
use parquet::arrow::ArrowWriter;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::sync::Arc;

/// A record of a ledger. No column by itself tells it from the others.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    id: i64,
    book: String,
    fen: i64,
    /// In millionths.
    rate: Option<i128>,
    /// Days since 1970.
    day: i32,
    /// Microseconds since 1970, without a zone.
    at: Option<i64>,
    small: Option<i16>,
    memo: Option<String>,
}

const FEN_MAX: i64 = 999_999_999_999_999;
const MILLIONTHS_MAX: i128 = 999_999_999_999;
/// From the year 1000 to the year 9999, which every database has.
const DAYS: std::ops::RangeInclusive<i32> = -354_285..=2_932_896;
/// From 1700 to 2250: an instant of DataFusion counts nanoseconds.
const MICROS: std::ops::RangeInclusive<i64> = -8_520_336_000_000_000..=8_835_955_200_000_000;

fn entry() -> impl Strategy<Value = Entry> {
    let id = prop_oneof![
        8 => -30..30_i64,
        1 => Just(i64::MIN),
        1 => Just(i64::MAX),
        2 => any::<i64>(),
    ];
    let fen = prop_oneof![
        6 => -100_000..100_000_i64,
        1 => Just(0),
        1 => Just(FEN_MAX),
        1 => Just(-FEN_MAX),
        2 => -FEN_MAX..FEN_MAX,
    ];
    let rate = prop_oneof![
        3 => -2_000_000..2_000_000_i128,
        1 => Just(MILLIONTHS_MAX),
        1 => Just(-MILLIONTHS_MAX),
    ];
    let day = prop_oneof![
        6 => 15_000..16_000_i32,
        1 => Just(*DAYS.start()),
        1 => Just(*DAYS.end()),
        1 => DAYS,
    ];
    let at = prop_oneof![
        6 => 1_369_612_800_000_000..1_369_699_200_000_000_i64,
        1 => (15_000..16_000_i64).prop_map(|day| day * 86_400_000_000),
        1 => MICROS,
    ];
    let memo = "[a-c\u{745e}\u{4fe1}\u{e9}\u{1f600}'\"\\\\,;~%_ \n\t]{0,12}";
    (
        id,
        // What collations take for the same is not.
        "[Aa\u{e1}][Bb]? ?",
        fen,
        prop::option::of(rate),
        day,
        prop::option::of(at),
        prop::option::of(any::<i16>()),
        prop::option::of(memo),
    )
        .prop_map(|(id, book, fen, rate, day, at, small, memo)| Entry {
            id,
            book,
            fen,
            rate,
            day,
            at,
            small,
            memo,
        })
}

/// What is done to a record on its way.
#[derive(Debug, Clone)]
enum Damage {
    Drop,
    Double,
    Add(Entry),
    Fen(i64),
    Rate,
    Day,
    Micro,
    Small,
    Memo(Option<String>),
    Blank,
    Id(i64),
}

fn damage() -> impl Strategy<Value = Damage> {
    prop_oneof![
        Just(Damage::Drop),
        Just(Damage::Double),
        entry().prop_map(Damage::Add),
        (1..500_i64).prop_map(Damage::Fen),
        Just(Damage::Rate),
        Just(Damage::Day),
        Just(Damage::Micro),
        Just(Damage::Small),
        prop::option::of("[x-z ]{0,3}").prop_map(Damage::Memo),
        Just(Damage::Blank),
        (-30..30_i64).prop_map(Damage::Id),
    ]
}

impl Damage {
    /// The records that one becomes.
    fn done_to(&self, entry: &Entry) -> Vec<Entry> {
        let mut entry = entry.clone();
        match self {
            Damage::Drop => return Vec::new(),
            Damage::Double => return vec![entry.clone(), entry],
            Damage::Add(other) => return vec![entry, other.clone()],
            // Towards zero, so that it still fits.
            Damage::Fen(fen) => entry.fen -= fen * entry.fen.signum(),
            Damage::Rate => entry.rate = entry.rate.map_or(Some(0), |_| None),
            Damage::Day => entry.day -= if entry.day > 0 { 1 } else { -1 },
            Damage::Micro => entry.at = entry.at.map(|at| at - at.signum()),
            Damage::Small => entry.small = entry.small.map(|small| !small),
            Damage::Memo(memo) => entry.memo.clone_from(memo),
            Damage::Blank => entry.memo = entry.memo.map(|memo| memo + " "),
            Damage::Id(id) => entry.id = *id,
        }
        vec![entry]
    }
}

/// By what a table can be cut into ranges.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Keyed {
    Not,
    ByNumber,
    ByText,
    ByTwo,
}

/// One run of the test.
#[derive(Debug, Clone)]
struct Case {
    source: Vec<Entry>,
    target: Vec<Entry>,
    tables: [Keyed; 2],
    /// The agreement's key.
    key: &'static [&'static str],
    /// Which pair is read in which way.
    turn: usize,
}

fn case() -> impl Strategy<Value = Case> {
    let keyed = prop::sample::select(vec![
        Keyed::Not,
        Keyed::ByNumber,
        Keyed::ByText,
        Keyed::ByTwo,
    ]);
    let keys: Vec<&'static [&'static str]> = vec![&[], &["id"], &["book", "id"]];
    (
        prop::collection::vec(entry(), 1..60),
        prop::collection::vec((any::<prop::sample::Index>(), damage()), 0..10),
        0..60_usize,
        [keyed.clone(), keyed],
        prop::sample::select(keys),
        0..3_usize,
    )
        .prop_map(|(source, damages, by, tables, key, turn)| {
            let mut target: Vec<Vec<Entry>> =
                source.iter().map(|entry| vec![entry.clone()]).collect();
            for (at, damage) in damages {
                let place = at.get_mut(&mut target);
                *place = place
                    .iter()
                    .flat_map(|entry| damage.done_to(entry))
                    .collect();
            }
            let mut target = target.concat();
            if !target.is_empty() {
                let by = by % target.len();
                target.rotate_left(by);
            }
            Case {
                source,
                target,
                tables,
                key,
                turn,
            }
        })
}

/// A decimal of so many places, in the way in which every database and every file writes it.
fn decimal(units: i128, places: u32) -> String {
    let one = 10_i128.pow(places);
    let sign = if units < 0 { "-" } else { "" };
    let (whole, rest) = (units.abs() / one, units.abs() % one);
    format!("{sign}{whole}.{rest:0width$}", width = places as usize)
}

fn date(days: i32) -> String {
    let first = jiff::civil::date(1970, 1, 1);
    let span = jiff::Span::new().days(days);
    first.checked_add(span).unwrap().to_string()
}

fn time(micros: i64) -> String {
    let first = jiff::civil::date(1970, 1, 1).at(0, 0, 0, 0);
    let span = jiff::Span::new().microseconds(micros);
    let time = first.checked_add(span).unwrap();
    time.strftime("%Y-%m-%d %H:%M:%S%.6f").to_string()
}

impl Entry {
    /// Its values as text.
    fn texts(&self) -> [Option<String>; 8] {
        [
            Some(self.id.to_string()),
            Some(self.book.clone()),
            Some(decimal(i128::from(self.fen), 2)),
            self.rate.map(|rate| decimal(rate, 6)),
            Some(date(self.day)),
            self.at.map(time),
            self.small.map(|small| small.to_string()),
            self.memo.clone(),
        ]
    }
}

const NAMES: &str = "id, book, amount, rate, day, at, small, memo";

fn table(keyed: Keyed, entries: &[Entry]) -> Vec<String> {
    let key = match keyed {
        Keyed::Not => "no int",
        Keyed::ByNumber => "no int PRIMARY KEY",
        Keyed::ByText => "no varchar(9) PRIMARY KEY",
        Keyed::ByTwo => "no int NOT NULL",
    };
    let more = match keyed {
        Keyed::ByTwo => ", PRIMARY KEY (book, no)",
        _ => "",
    };
    let mut statements = vec![format!(
        "CREATE TABLE entry ({key}, id bigint NOT NULL, book varchar(9) NOT NULL, \
         amount decimal(17,2) NOT NULL, rate decimal(12,6), day date, at TIMESTAMP_6, \
         small smallint, memo varchar(40){more})"
    )];
    let record = |(no, entry): (usize, &Entry)| {
        let quoted = |text: Option<String>| {
            text.map_or("NULL".to_owned(), |text| {
                format!("'{}'", text.replace('\'', "''"))
            })
        };
        let no = match keyed {
            Keyed::ByText => format!("'N{}'", no * 7),
            _ => (no * 3).to_string(),
        };
        format!("({no}, {})", entry.texts().map(quoted).join(", "))
    };
    let records: Vec<String> = entries.iter().enumerate().map(record).collect();
    if !records.is_empty() {
        let insert = format!("INSERT INTO entry VALUES {}", records.join(", "));
        statements.push(insert);
    }
    statements
}

fn csv(entries: &[Entry]) -> String {
    let mut text = format!("{}\n", NAMES.replace(' ', ""));
    for entry in entries {
        let field = |text: Option<String>| match text {
            None => "NULL".to_owned(),
            Some(text) => format!("\"{}\"", text.replace('"', "\"\"")),
        };
        writeln!(text, "{}", entry.texts().map(field).join(",")).unwrap();
    }
    text
}

fn parquet(entries: &[Entry]) -> Vec<u8> {
    let of = |amounts: Decimal128Array, digits, places| -> ArrayRef {
        Arc::new(amounts.with_precision_and_scale(digits, places).unwrap())
    };
    let all = || entries.iter();
    let columns: [ArrayRef; 8] = [
        Arc::new(all().map(|entry| Some(entry.id)).collect::<Int64Array>()),
        Arc::new(
            all()
                .map(|entry| Some(&*entry.book))
                .collect::<StringArray>(),
        ),
        of(
            all().map(|entry| Some(i128::from(entry.fen))).collect(),
            17,
            2,
        ),
        of(all().map(|entry| entry.rate).collect(), 12, 6),
        Arc::new(all().map(|entry| Some(entry.day)).collect::<Date32Array>()),
        Arc::new(
            all()
                .map(|entry| entry.at)
                .collect::<TimestampMicrosecondArray>(),
        ),
        Arc::new(all().map(|entry| entry.small).collect::<Int16Array>()),
        Arc::new(
            all()
                .map(|entry| entry.memo.as_deref())
                .collect::<StringArray>(),
        ),
    ];
    let batch = RecordBatch::try_from_iter(NAMES.split(", ").zip(columns)).unwrap();
    let mut file = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut file, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    file
}

/// One side of an agreement: what it is read from, its address, and what selects its records.
struct Book {
    kind: &'static str,
    url: String,
    sql: String,
}

/// Puts a book where books can lie.
fn lay(servers: &Servers, place: &Place, name: &str, keyed: Keyed, entries: &[Entry]) -> Vec<Book> {
    let statements = table(keyed, entries);
    let of = |moment: &str| -> Vec<String> {
        let mut statements = statements.iter();
        let create = statements.next().unwrap().replace("TIMESTAMP_6", moment);
        std::iter::once(create).chain(statements.cloned()).collect()
    };
    let (timestamp, datetime) = (of("timestamp"), of("datetime(6)"));
    let databases = servers.put(place, name, [&timestamp, &datetime, &timestamp]);
    let typed = format!("SELECT {NAMES} FROM entry");
    let mut books: Vec<Book> = databases
        .into_iter()
        .map(|(kind, url)| Book {
            kind,
            url,
            sql: typed.clone(),
        })
        .collect();
    let cast = "SELECT CAST(id AS BIGINT) AS id, book, money(amount) AS amount, \
                money(rate, 6) AS rate, CAST(day AS DATE) AS day, \
                CAST(at AS TIMESTAMP) AS at, CAST(small AS SMALLINT) AS small, memo FROM entry";
    for (kind, file, bytes, sql) in [
        ("CSV", "entry.csv", csv(entries).into_bytes(), cast),
        ("Parquet", "entry.parquet", parquet(entries), &typed),
    ] {
        let url = format!("{name}_{kind}");
        fs::create_dir(place.path().join(&url)).unwrap();
        fs::write(place.path().join(&url).join(file), bytes).unwrap();
        let sql = sql.to_owned();
        books.push(Book { kind, url, sql });
    }
    books
}

fn plan(source: &Book, target: &Book, key: &[&str], is_pushed: bool) -> String {
    let side = |name: &str, book: &Book| {
        let nulls = match book.kind {
            "CSV" => format!("[{name}.tables.entry]\nnull_values = [\"NULL\"]\n"),
            _ => String::new(),
        };
        format!("[{name}]\nurl = \"{}\"\n{nulls}", book.url)
    };
    let mut plan = format!(
        "name = \"pairs\"\ncurrency = \"CNY\"\n{}{}[[agreement]]\nname = \"entries\"\n\
         rule = \"{}\"\ntarget = \"{}\"\nmoney = [\"amount\"]\n",
        side("source", source),
        side("target", target),
        source.sql,
        target.sql,
    );
    if !key.is_empty() {
        writeln!(plan, "key = {key:?}").unwrap();
    }
    if is_pushed {
        plan.push_str("fold = \"push\"\n");
    }
    plan
}

/// What a run said, without times, moments, places and how it was folded.
#[derive(Debug, Clone)]
struct Told {
    breaks: Vec<Value>,
    report: Value,
}

impl Told {
    fn of(place: &Place) -> Told {
        let mut breaks = Vec::new();
        for line in place.read("evidence/breaks.jsonl").lines() {
            let mut found: Value = serde_json::from_str(line).unwrap();
            // Of files a record is told by its place, and by its raw values where these are text.
            for side in ["source", "target"] {
                if let Some(records) = found[side].as_array() {
                    found[side] = records.len().into();
                }
            }
            breaks.push(found);
        }
        let mut report: Value = serde_json::from_str(&place.read("evidence/report.json")).unwrap();
        let whole = report.as_object_mut().unwrap();
        for varying in ["moments", "evidence", "elapsed_seconds"] {
            whole.remove(varying);
        }
        whole["agreements"][0]
            .as_object_mut()
            .unwrap()
            .remove("fold");
        Told { breaks, report }
    }

    /// Without why: files tell what stood beside what. Nor are NULLs of a CSV file told of others.
    fn found(&self) -> Told {
        let mut found = self.clone();
        for found in &mut found.breaks {
            found.as_object_mut().unwrap().remove("cause");
        }
        let agreement = found.report["agreements"][0].as_object_mut().unwrap();
        for of_files in ["causes", "repairs"] {
            agreement.remove(of_files);
        }
        found
    }

    /// Panics with the first line in which two say something else.
    fn assert_same(&self, other: &Told, which: &str) {
        let lines = |told: &Told| -> Vec<String> {
            let breaks = told.breaks.iter().map(Value::to_string);
            let report = format!("{:#}", told.report);
            breaks.chain(report.lines().map(str::to_owned)).collect()
        };
        let (one, two) = (lines(self), lines(other));
        let differs = one.iter().zip(&two).find(|(one, two)| one != two);
        assert_eq!(differs, None, "{which}");
        assert_eq!(one.len(), two.len(), "{which}");
    }
}

/// The records under each value of the key: the key itself where there is none is the record.
fn by_key(entries: &[Entry], key: &[&str]) -> BTreeMap<String, Vec<Entry>> {
    let mut groups = BTreeMap::<String, Vec<Entry>>::new();
    for entry in entries {
        let group = match key {
            ["id"] => json!({"id": entry.id.to_string()}).to_string(),
            ["book", "id"] => json!({"book": entry.book, "id": entry.id.to_string()}).to_string(),
            _ => format!("{entry:?}"),
        };
        groups.entry(group).or_default().push(entry.clone());
    }
    for group in groups.values_mut() {
        group.sort();
    }
    groups
}

/// Holds what a run said against the books themselves.
fn check(case: &Case, told: &Told, which: &str) {
    let agreement = &told.report["agreements"][0];
    let records = &agreement["records"];
    assert_eq!(records["expected"], case.source.len(), "{which}");
    assert_eq!(records["actual"], case.target.len(), "{which}");
    let sum = |entries: &[Entry]| -> i128 { entries.iter().map(|e| i128::from(e.fen)).sum() };
    let difference = sum(&case.target) - sum(&case.source);
    let total = &agreement["totals"][0];
    assert_eq!(total["difference"], decimal(difference, 2), "{which}");
    let copies = |side: &str| -> i64 {
        let of = |found: &Value| found["copies"][side].as_i64().unwrap();
        told.breaks.iter().map(of).sum()
    };
    let more = case.target.len() as i64 - case.source.len() as i64;
    assert_eq!(copies("actual") - copies("expected"), more, "{which}");

    let (source, target) = (
        by_key(&case.source, case.key),
        by_key(&case.target, case.key),
    );
    let mut differing: Vec<&String> = source.keys().chain(target.keys()).collect();
    differing.sort();
    differing.dedup();
    differing.retain(|key| source.get(*key) != target.get(*key));
    if case.key.is_empty() {
        assert_eq!(told.breaks.is_empty(), differing.is_empty(), "{which}");
        return;
    }
    let mut found: Vec<String> = told
        .breaks
        .iter()
        .map(|found| found["key"].to_string())
        .collect();
    found.sort();
    found.dedup();
    assert_eq!(found.iter().collect::<Vec<_>>(), differing, "{which}");
}

/// Verifies every pair of books, each in one of the ways in which it can be read.
fn check_pairs(place: &Place, case: &Case, source: &[Book], target: &[Book]) {
    let mut found: Option<Told> = None;
    let mut alike = BTreeMap::<[&str; 2], Told>::new();
    let class = |book: &Book| match book.kind {
        "CSV" | "Parquet" => book.kind,
        _ => "database",
    };
    for (of_source, from) in source.iter().enumerate() {
        for (of_target, to) in target.iter().enumerate() {
            let (way, is_pushed) = match (of_source + of_target + case.turn) % 3 {
                0 => ("", false),
                1 => (" --no-digest", false),
                _ => (" --no-digest", true),
            };
            let which = format!("{} against {}{way}, pushed {is_pushed}", from.kind, to.kind);
            let plan = plan(from, to, case.key, is_pushed);
            fs::write(place.path().join("crossfoot.toml"), &plan).unwrap();
            let line = format!("verify --evidence evidence --no-progress{way}");
            let (code, stdout, stderr) = run(place, &line);
            assert!(
                matches!(code, Some(0 | 1)),
                "{which}: {stdout}{stderr}{plan}"
            );
            let told = Told::of(place);
            fs::remove_dir_all(place.path().join("evidence")).unwrap();
            assert_eq!(code == Some(0), told.breaks.is_empty(), "{which}");
            if alike.is_empty() {
                check(case, &told, &which);
            }
            let found = found.get_or_insert_with(|| told.found());
            found.assert_same(&told.found(), &which);
            let alike = alike.entry([class(from), class(to)]);
            let alike = alike.or_insert_with(|| told.clone());
            alike.assert_same(&told, &which);
        }
    }
}

#[test]
fn books_at_random_of_typed_columns_say_the_same_in_every_pair_of_files_and_databases() {
    let servers = Servers::start();
    let number = std::cell::Cell::new(0);
    let mut runner = TestRunner::new(Config {
        cases: 4,
        max_shrink_iters: 24,
        failure_persistence: None,
        ..Config::default()
    });
    let outcome = runner.run(&case(), |case| {
        let place = Place::empty();
        number.set(number.get() + 1);
        let [old, new] = ["old", "new"].map(|name| format!("{name}{}", number.get()));
        let source = lay(&servers, &place, &old, case.tables[0], &case.source);
        let target = lay(&servers, &place, &new, case.tables[1], &case.target);
        check_pairs(&place, &case, &source, &target);
        Ok(())
    });
    outcome.unwrap();
}
