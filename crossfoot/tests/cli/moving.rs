//! Databases that are written to while they are read, and how hard they are asked.

use crate::databases::{Servers, run};
use crate::place::Place;
use mysql::prelude::Queryable as _;
use serde_json::Value;
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// The password of the servers, as the plan has it from the environment.
const PASSWORD: &str = "p@ss/word";

const PLAN: &str = r#"
name = "moving"
currency = "CNY"
[source]
url = "SOURCE"
[target]
url = "TARGET"
[[agreement]]
name = "flow"
rule = "flow"
target = "flow"
key = ["serial"]
money = ["amount"]
"#;

const TABLE: &str = "CREATE TABLE flow (serial bigint PRIMARY KEY, amount decimal(18,2) NOT NULL)";

/// Forty records; 7 and 9 are off in the target, 41 and 42 are only in the source.
fn records(is_source: bool) -> String {
    let last = if is_source { 42 } else { 40 };
    let record = |n: u32| {
        let is_off = !is_source && (n == 7 || n == 9);
        format!("({n}, {n}.{})", if is_off { "01" } else { "00" })
    };
    let records: Vec<String> = (1..=last).map(record).collect();
    format!("INSERT INTO flow VALUES {}", records.join(", "))
}

/// Runs statements in a book of one kind of database.
fn execute(servers: &Servers, place: &Place, name: &str, book: &str, statements: &[&str]) {
    match name {
        "PostgreSQL" => {
            let statements = statements.join("; ");
            let sql = format!("SET search_path = {book}; {statements}");
            servers.postgres.psql(&sql);
        }
        "MariaDB" => servers
            .mariadb
            .run(&format!("USE {book};\n{};\n", statements.join(";\n"))),
        _ => {
            let file = rusqlite::Connection::open(place.path().join(format!("{book}.db"))).unwrap();
            file.execute_batch(&statements.join("; ")).unwrap();
        }
    }
}

fn plan(place: &Place, source: &str, target: &str) {
    let plan = PLAN.replace("SOURCE", source).replace("TARGET", target);
    std::fs::write(place.path().join("crossfoot.toml"), plan).unwrap();
}

fn books(servers: &Servers, place: &Place) {
    servers.make("live");
    let [(_, source), (_, target), _] = servers.addresses("live");
    execute(
        servers,
        place,
        "PostgreSQL",
        "live",
        &[TABLE, &records(true)],
    );
    execute(servers, place, "MariaDB", "live", &[TABLE, &records(false)]);
    plan(place, &source, &target);
}

fn begin(place: &Place, line: &str) -> Child {
    place
        .command(line)
        .env("PASSWORD", PASSWORD)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Without where the server of this test is.
fn hidden(servers: &Servers, said: &str) -> String {
    let socket = servers.mariadb.folder().join("socket");
    said.replace(&socket.display().to_string(), "SOCKET")
}

fn report(place: &Place, folder: &str) -> Value {
    serde_json::from_str(&place.read(&format!("{folder}/report.json"))).unwrap()
}

#[test]
fn while_payments_go_on_only_what_stands_is_a_break() {
    let servers = Servers::start();
    let place = Place::empty();
    books(&servers, &place);
    let mut running = begin(&place, "verify --as-of --settle 6 --evidence live");
    // Once it has its moment of the target, payments arrive there.
    let began = Instant::now();
    let mut looking = servers.mariadb.root();
    let mut begun = || {
        let sql = "SELECT VARIABLE_VALUE FROM information_schema.GLOBAL_STATUS \
                   WHERE VARIABLE_NAME = 'COM_BEGIN'";
        looking.query_first::<u64, _>(sql).unwrap().unwrap()
    };
    let connections = std::thread::available_parallelism().unwrap().get().min(8) as u64;
    while begun() < connections {
        assert!(
            began.elapsed() < Duration::from_secs(5),
            "it does not begin"
        );
        std::thread::sleep(Duration::from_millis(20));
    }
    servers.mariadb.run(
        "USE live;\nUPDATE flow SET amount = 7.00 WHERE serial = 7;\n\
         INSERT INTO flow VALUES (41, 41.00), (43, 43.00);\n",
    );
    servers
        .postgres
        .psql("INSERT INTO live.flow VALUES (43, 43.00)");
    let code = running.wait().unwrap().code();
    assert_eq!(code, Some(1));
    // The later moment was read by one connection.
    assert_eq!(begun(), connections + 1);
    let found = report(&place, "live");
    let agreement = &found["agreements"][0];
    assert_eq!(agreement["in_flight"]["settled"], 2, "{found:#}");
    assert_eq!(agreement["in_flight"]["moving"], 0);
    assert_eq!(agreement["residual"][0]["amount"], "0.00");
    assert_eq!(found["as_of"], true);
    // Each book was read at two moments.
    assert_eq!(found["moments"].as_array().unwrap().len(), 4);
    let mut off: Vec<String> = place
        .read("live/breaks.jsonl")
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["key"]["serial"].to_string())
        .collect();
    off.sort();
    assert_eq!(off, ["\"42\"", "\"9\""]);
    // A third party finds the folder as it was written.
    let (code, stdout, stderr) = run(&place, "evidence verify live --lang en");
    assert!(!stdout.contains("in_flight"), "{code:?} {stdout}{stderr}");

    let (_, stdout, _) = run(
        &place,
        "verify --as-of --settle 0 --evidence still --lang en",
    );
    let notes: Vec<&str> = stdout
        .lines()
        .map(str::trim)
        .filter(|line| line.contains("frozen"))
        .collect();
    assert_eq!(
        notes,
        ["- the books were not frozen: this holds of the moment that was read"]
    );
    let (_, stdout, _) = run(
        &place,
        "verify --as-of --settle 0 --evidence still --lang zh",
    );
    assert!(stdout.contains("两账并未停写"), "{stdout}");

    // The same where the servers add up.
    let plan = place.read("crossfoot.toml");
    let plan = plan.replace("money =", "fold = \"push\"\nmoney =");
    std::fs::write(place.path().join("crossfoot.toml"), plan).unwrap();
    let (code, stdout, _) = run(&place, "verify --as-of --settle 0 --evidence pushed");
    assert_eq!(code, Some(1), "{stdout}");
    assert_eq!(
        place.read("pushed/breaks.jsonl"),
        place.read("still/breaks.jsonl")
    );
    assert_eq!(
        report(&place, "pushed")["agreements"][0]["fold"]["actual"]["way"],
        "pushed"
    );
}

/// A book of its own for a source of each other kind, with its target in PostgreSQL; of the source
/// record 5 has changed since.
fn changing(servers: &Servers, name: &'static str, book: &'static str) -> Changing {
    let place = Place::empty();
    servers.make(book);
    let [(_, target), (_, mariadb), (_, sqlite)] = servers.addresses(book);
    let source = match name {
        "MariaDB" => format!("{mariadb}&connections=1"),
        _ => {
            // Else whoever writes waits for whoever reads.
            let wal = "PRAGMA journal_mode = WAL";
            execute(servers, &place, name, book, &[wal]);
            sqlite
        }
    };
    plan(&place, &source, &format!("{target}&connections=1"));
    let records = [records(true), records(false)];
    execute(servers, &place, name, book, &[TABLE, &records[0], CHANGE]);
    execute(servers, &place, "PostgreSQL", book, &[TABLE, &records[1]]);
    Changing { name, book, place }
}

struct Changing {
    name: &'static str,
    book: &'static str,
    place: Place,
}

const CHANGE: &str = "UPDATE flow SET amount = amount + 1 WHERE serial = 5";

impl Changing {
    /// Changes it again and again.
    fn go_on(&self, servers: &Servers, is_over: &AtomicBool) {
        let mut change: Box<dyn FnMut()> = match self.name {
            "MariaDB" => {
                let mut conn = servers.mariadb.root();
                conn.query_drop(format!("USE {}", self.book)).unwrap();
                Box::new(move || conn.query_drop(CHANGE).unwrap())
            }
            _ => {
                let file = self.place.path().join(format!("{}.db", self.book));
                let conn = rusqlite::Connection::open(file).unwrap();
                Box::new(move || conn.execute_batch(CHANGE).unwrap())
            }
        };
        while !is_over.load(Ordering::Relaxed) {
            change();
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

/// Tells threads to end, also when the test fails.
struct SetOnDrop<'a>(&'a AtomicBool);

impl Drop for SetOnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[test]
fn a_record_that_keeps_changing_is_in_flight_and_no_break() {
    let servers = Servers::start();
    let books = [("MariaDB", "live"), ("SQLite", "lite")];
    let books = books.map(|(name, book)| changing(&servers, name, book));
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let _ends_the_writers = SetOnDrop(&is_over);
        for one in &books {
            let (servers, is_over) = (&servers, &is_over);
            scope.spawn(move || one.go_on(servers, is_over));
        }
        let line = "verify --as-of --settle 2 --evidence live";
        let running = books.each_ref().map(|one| begin(&one.place, line));
        // Each has its moment of the target once both its connections are there: one holds it, one reads.
        let sessions = "SELECT count(*) >= 4 FROM pg_stat_activity \
                        WHERE application_name = 'crossfoot'";
        let began = Instant::now();
        while servers.postgres.psql(sessions).trim() != "t" {
            assert!(
                began.elapsed() < Duration::from_secs(5),
                "they do not begin"
            );
            std::thread::sleep(Duration::from_millis(20));
        }
        for Changing { name, book, place } in &books {
            let arrived = [
                "UPDATE flow SET amount = 7.00 WHERE serial = 7",
                "INSERT INTO flow VALUES (41, 41.00), (43, 43.00)",
            ];
            execute(&servers, place, "PostgreSQL", book, &arrived);
            let later = "INSERT INTO flow VALUES (43, 43.00)";
            execute(&servers, place, name, book, &[later]);
        }
        for (mut child, one) in running.into_iter().zip(&books) {
            // What still changes was not checked.
            assert_eq!(child.wait().unwrap().code(), Some(5), "{}", one.name);
        }
    });
    for Changing { name, place, .. } in &books {
        let found = report(place, "live");
        let agreement = &found["agreements"][0];
        assert_eq!(agreement["in_flight"]["settled"], 2, "{name}: {found:#}");
        assert_eq!(agreement["in_flight"]["moving"], 1, "{name}: {found:#}");
        assert_eq!(agreement["residual"][0]["amount"], "0.00", "{name}");
        // Each book as of the first moment and of four later ones.
        assert_eq!(found["moments"].as_array().unwrap().len(), 10, "{name}");
        let lines = |file: &str, told: fn(&Value) -> String| {
            let text = place.read(&format!("live/{file}"));
            let parsed = text
                .lines()
                .map(|line| serde_json::from_str::<Value>(line).unwrap());
            let mut told: Vec<String> = parsed.map(|line| told(&line)).collect();
            told.sort();
            told
        };
        let serial = |line: &Value| line["key"]["serial"].to_string();
        assert_eq!(lines("breaks.jsonl", serial), ["\"42\"", "\"9\""], "{name}");
        let flight = |line: &Value| {
            let (key, cause) = (&line["key"]["serial"], &line["cause"]["id"]);
            format!("{key} {cause} {}", line["settled"])
        };
        assert_eq!(
            lines("in_flight.jsonl", flight),
            [
                "\"41\" \"T9\" true",
                "\"5\" \"T8\" false",
                "\"7\" \"T8\" true"
            ],
            "{name}"
        );
    }
}

#[test]
fn files_have_no_moment() {
    let place = Place::first();
    let (code, _, stderr) = run(&place, "verify --as-of --lang en");
    assert_eq!(code, Some(2));
    insta::assert_snapshot!(stderr, @"
    error: `--as-of` reads databases as of one moment, and both books are files
      mend: leave it out: what changes a file while it is read is noticed
    ");
}

#[test]
fn a_load_is_kept_to_and_a_lag_that_cannot_be_known_is_refused() {
    let servers = Servers::start();
    let place = Place::empty();
    books(&servers, &place);
    // In the plan and for one run.
    let (code, stdout, stderr) = run(&place, "verify --max-load 1000 --evidence slow --lang en");
    assert_eq!(code, Some(1), "{stdout}{stderr}");
    assert!(stdout.contains("at most 1000 records a second"), "{stdout}");
    let slow = place.read("slow/breaks.jsonl");
    run(&place, "verify --evidence quick");
    assert_eq!(slow, place.read("quick/breaks.jsonl"));

    let (code, _, stderr) = run(&place, "verify --max-load lag=2 --lang en");
    assert_eq!(code, Some(3));
    insta::assert_snapshot!(hidden(&servers, &stderr), @"error: in the target, SOCKET, the lag of replicas: this server is no replica, and a source does not know how far its replicas are behind; read from a replica, or leave `lag` out");
    let (code, _, stderr) = run(&place, "verify --max-load much --lang en");
    assert_eq!(code, Some(2));
    insta::assert_snapshot!(stderr, @"
    error: invalid value 'much' for '--max-load <LOAD>': a load is written `50000` (records a second), `lag=5` (seconds that replicas may be behind) or `50000,lag=5`

    For more information, try '--help'.
    ");
}

/// Each book against itself: what is read of it is counted off first, and then read.
#[test]
fn no_more_records_a_second_are_read_than_may_be() {
    let servers = Servers::start();
    servers.make("loaded");
    let records: Vec<String> = (1..=3_000).map(|n| format!("({n}, {n}.00)")).collect();
    let records = format!("INSERT INTO flow VALUES {}", records.join(", "));
    let books = servers.addresses("loaded").map(|(name, url)| {
        let place = Place::empty();
        execute(&servers, &place, name, "loaded", &[TABLE, &records]);
        plan(&place, &url, &url);
        (name, place)
    });
    std::thread::scope(|scope| {
        for (name, place) in &books {
            scope.spawn(move || {
                let line = "verify --max-load 1500 --evidence slow --no-progress";
                let began = Instant::now();
                let (code, stdout, stderr) = run(place, line);
                let took = began.elapsed();
                assert_eq!(code, Some(0), "{name}: {stdout}{stderr}");
                // Two seconds for counting, and one for the first half; what is read last costs no wait.
                assert!(took >= Duration::from_millis(2_500), "{name}: {took:?}");
            });
        }
    });
}
