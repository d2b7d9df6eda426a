//! What goes wrong with a server while it is read and written, and that it is made good.

use crate::convert::target as written;
use crate::databases::{PASSWORD, Servers, run};
use crate::place::Place;
use crate::proxy::{AtCommit, Proxy};
use mysql::prelude::Queryable as _;
use serde_json::Value;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const PLAN: &str = r#"
name = "faults"
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

/// So many records in PostgreSQL and in MariaDB, of which one is off in each thousand.
fn fill(servers: &Servers, records: u32) {
    servers.make("pay");
    servers.postgres.psql(&format!(
        "SET search_path = pay; CREATE TABLE flow (serial int PRIMARY KEY, amount decimal(18,2), memo text); \
         INSERT INTO flow SELECT n, n * 0.07, 'memo ' || n FROM generate_series(1, {records}) n"
    ));
    servers.mariadb.run(&format!(
        "CREATE USER teller@'%' IDENTIFIED BY 'p@ss/word';\nGRANT ALL ON *.* TO teller@'%';\n\
         USE pay;\nCREATE TABLE flow (serial int PRIMARY KEY, amount decimal(18,2), memo text);\n\
         INSERT INTO flow SELECT seq, seq * 0.07 + IF(seq % 1000 = 0, 0.01, 0), CONCAT('memo ', seq) \
         FROM seq_1_to_{records};\n"
    ));
}

/// The addresses of both by TCP, through these ports.
fn through(postgres: u16, mariadb: u16) -> [String; 2] {
    [
        format!(
            "postgres://teller:${{PASSWORD}}@127.0.0.1:{postgres}/postgres?schema=pay&connections=3"
        ),
        format!("mysql://teller:${{PASSWORD}}@127.0.0.1:{mariadb}/pay?connections=3"),
    ]
}

fn plan(place: &Place, source: &str, target: &str) {
    let plan = PLAN.replace("SOURCE", source).replace("TARGET", target);
    std::fs::write(place.path().join("crossfoot.toml"), plan).unwrap();
}

#[test]
fn a_connection_that_is_cut_while_it_reads_costs_no_record() {
    let servers = Servers::start();
    fill(&servers, 400_000);
    let place = Place::empty();
    let [source, target] = through(servers.postgres.port, servers.mariadb.port());
    plan(&place, &source, &target);
    let (code, stdout, stderr) = run(&place, "verify --evidence whole --no-digest");
    assert_eq!(code, Some(1), "{stdout}{stderr}");
    let whole = place.read("whole/breaks.jsonl");
    assert_eq!(whole.lines().count(), 400);
    // PostgreSQL lets others join its moment; MariaDB goes on with the connections that are left.
    let postgres = Proxy::before(servers.postgres.port, 900_000, 2);
    let mariadb = Proxy::before(servers.mariadb.port(), 900_000, 2);
    let [source, target] = through(postgres.port, mariadb.port);
    plan(&place, &source, &target);
    let (code, stdout, stderr) = run(&place, "verify --evidence cut --no-digest");
    assert_eq!(code, Some(1), "{stdout}{stderr}");
    assert!(postgres.is_done() && mariadb.is_done(), "nothing was cut");
    assert_eq!(place.read("cut/breaks.jsonl"), whole);

    // None is left: nothing is claimed.
    let mariadb = Proxy::before(servers.mariadb.port(), 900_000, 99);
    let [source, target] = through(servers.postgres.port, mariadb.port);
    plan(&place, &source, &target);
    let (code, _, stderr) = run(
        &place,
        "verify --evidence none --no-digest --no-progress --lang en",
    );
    assert_eq!(code, Some(3), "{stderr}");
    let said = stderr.replace(&mariadb.port.to_string(), "PORT");
    assert!(
        said.starts_with("error: the connection was lost: "),
        "{said}"
    );
    assert!(said.trim_end().ends_with("start again"), "{said}");
    assert!(!place.path().join("none").exists());
}

/// Whichever of its connections a server would let write, nothing is read: each of them has tried.
#[test]
fn a_connection_that_could_write_is_found_out_and_nothing_is_read() {
    let servers = Servers::start();
    fill(&servers, 10);
    let place = Place::empty();
    let [of_postgres, of_mariadb] = [servers.postgres.port, servers.mariadb.port()];
    // PostgreSQL has one more, which holds the moment. That of MariaDB only holds the tables still.
    for (name, connections) in [("PostgreSQL", 4), ("MariaDB", 3)] {
        for number in 1..=connections {
            let is_source = name == "PostgreSQL";
            let server = if is_source { of_postgres } else { of_mariadb };
            let proxy = Proxy::unsaying(server, number);
            let [source, target] = match is_source {
                true => through(proxy.port, of_mariadb),
                false => through(of_postgres, proxy.port),
            };
            plan(&place, &source, &target);
            let (code, _, stderr) = run(&place, "verify --evidence none --no-progress --lang en");
            let what = format!("{name}, connection {number}: {stderr}");
            assert!(proxy.is_done(), "{what}");
            assert_eq!(code, Some(3), "{what}");
            assert_eq!(
                stderr.replace(&proxy.port.to_string(), "PORT").trim_end(),
                format!(
                    "error: in the {}, 127.0.0.1:PORT let a write through, although it was opened for reading only; \
                 use a user who may only SELECT",
                    if is_source { "source" } else { "target" }
                ),
                "{what}"
            );
            assert!(!place.path().join("none").exists());
        }
    }
    let left = "SELECT count(*) FROM pg_class WHERE relname LIKE 'crossfoot%'";
    assert_eq!(servers.postgres.psql(left).trim(), "0");
}

/// Verifies until the server is killed in the middle of it; the same command then runs to its end.
#[test]
fn a_server_that_is_killed_while_it_is_read_is_named_and_the_run_is_begun_again() {
    let mut servers = Servers::start();
    fill(&servers, 300_000);
    let place = Place::empty();
    let [source, target] = through(servers.postgres.port, servers.mariadb.port());
    plan(&place, &source, &target);
    run(&place, "verify --evidence whole --no-digest");
    let whole = place.read("whole/breaks.jsonl");
    let mut told = String::new();
    for name in ["PostgreSQL", "MariaDB"] {
        let slow = "verify --evidence broken --no-digest --no-progress --lang en --max-load 100000";
        let running = place
            .command(slow)
            .env("PASSWORD", PASSWORD)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // Three seconds' worth of records: it is in the middle after one.
        std::thread::sleep(Duration::from_millis(1_200));
        servers.kill(name);
        let output = running.wait_with_output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        writeln!(told, "{name} {:?}: {stderr}", output.status.code()).unwrap();
        assert!(!place.path().join("broken").exists());
        servers.revive(name);
        let (code, _, stderr) = run(&place, "verify --evidence again --no-digest");
        assert_eq!(code, Some(1), "{stderr}");
        assert_eq!(place.read("again/breaks.jsonl"), whole);
    }
    for said in told.lines().filter(|line| !line.is_empty()) {
        assert!(
            said.contains("Some(3): error: the connection was lost"),
            "{told}"
        );
    }
}

#[test]
fn who_is_not_let_in_or_not_who_it_says_is_named() {
    let servers = Servers::start();
    fill(&servers, 10);
    let place = Place::empty();
    let other = Servers::start();
    let shown = |stderr: String| {
        let mut shown = stderr;
        for (port, name) in [
            (servers.postgres.port, "PG"),
            (servers.mariadb.port(), "MY"),
        ] {
            shown = shown.replace(&port.to_string(), name);
        }
        for (folder, name) in [
            (other.postgres.folder(), "OTHER"),
            (other.mariadb.folder(), "OTHER"),
        ] {
            shown = shown.replace(&folder.display().to_string(), name);
        }
        shown
    };
    let mut told = String::new();
    let [source, target] = through(servers.postgres.port, servers.mariadb.port());
    let wrong = |url: &str| url.replace("${PASSWORD}", "${WRONG}");
    let roots = |url: &str, folder: &Path| {
        let url = url.replace("127.0.0.1", "localhost");
        format!("{url}&ca_file={}", folder.join("ca.pem").display())
    };
    let cases = [
        (wrong(&source), target.clone()),
        (source.clone(), wrong(&target)),
        (roots(&source, other.postgres.folder()), target.clone()),
        (source.clone(), roots(&target, other.mariadb.folder())),
        (source.replace("teller", "nobody"), target.clone()),
    ];
    for (source, target) in cases {
        plan(&place, &source, &target);
        let output = place
            .command("verify --no-progress --lang en")
            .env("PASSWORD", PASSWORD)
            .env("WRONG", "s3cret")
            .output()
            .unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(
            !stderr.contains("s3cret") && !stderr.contains("p@ss"),
            "{stderr}"
        );
        let code = output.status.code().unwrap();
        write!(told, "exit {code}\n{}", shown(stderr)).unwrap();
    }
    // The same with the right roots.
    plan(
        &place,
        &roots(&source, servers.postgres.folder()),
        &roots(&target, servers.mariadb.folder()),
    );
    let (code, stdout, stderr) = run(&place, "verify --no-progress --evidence sealed");
    assert_eq!(code, Some(0), "{stdout}{stderr}");
    insta::assert_snapshot!(told);
}

#[test]
fn a_lock_that_somebody_holds_is_waited_for_and_named() {
    let servers = Servers::start();
    fill(&servers, 1_000);
    let place = Place::empty();
    let [source, target] = through(servers.postgres.port, servers.mariadb.port());
    plan(
        &place,
        &format!("{source}&lock_timeout=1"),
        &format!("{target}&lock_timeout=1"),
    );
    let verify = || {
        let (code, _, stderr) = run(&place, "verify --no-progress --lang en --evidence locked");
        let stderr = stderr.replace(&servers.mariadb.port().to_string(), "PORT");
        format!("exit {}\n{stderr}", code.unwrap())
    };
    let mut told = String::new();
    for name in ["PostgreSQL", "MariaDB"] {
        let holder = Holder::of(&servers, name, "flow");
        told += &verify();
        holder.let_go();
    }
    told += &verify();
    insta::assert_snapshot!(told);
}

/// Somebody who holds a table locked until he lets go.
enum Holder<'a> {
    Postgres(&'a Servers, Child),
    Mariadb(mysql::Conn),
}

impl<'a> Holder<'a> {
    /// Waits until he has it.
    fn of(servers: &'a Servers, name: &str, table: &str) -> Holder<'a> {
        if name == "MariaDB" {
            let mut conn = servers.mariadb.root();
            let lock = format!("LOCK TABLES pay.{table} WRITE");
            conn.query_drop(lock).unwrap();
            return Holder::Mariadb(conn);
        }
        let lock = format!("BEGIN; LOCK TABLE pay.{table}; SELECT pg_sleep(30)");
        let psql = servers
            .postgres
            .psql_command()
            .args(["-c", &lock])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let held = format!(
            "SELECT count(*) FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND granted \
             AND relation = 'pay.{table}'::regclass"
        );
        wait_until(|| servers.postgres.psql(&held).trim() == "1");
        Holder::Postgres(servers, psql)
    }

    fn let_go(self) {
        match self {
            Holder::Postgres(servers, mut psql) => {
                psql.kill().unwrap();
                psql.wait().unwrap();
                servers.postgres.psql(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                     WHERE query LIKE 'BEGIN; LOCK%'",
                );
            }
            Holder::Mariadb(mut conn) => conn.query_drop("UNLOCK TABLES").unwrap(),
        }
    }
}

fn wait_until(mut is_so: impl FnMut() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < Duration::from_secs(20), "it never is");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A wallet that is converted into PostgreSQL and MariaDB.
const CONVERT: &str = r#"
name = "into"
currency = "CNY"
[source]
url = "old"
[source.tables.flow]
files = "flow/*.csv"
[target]
url = "TARGET"
[[agreement]]
name = "flow"
rule = "SELECT serial, money(amount) AS amount, memo FROM flow"
target = "entry"
key = ["serial"]
money = ["amount"]
"#;

fn wallet(target: &str) -> Place {
    let mut place = Place::empty();
    for part in 0..6_u32 {
        let mut text = String::from("serial,amount,memo\n");
        for at in 0..4_000_u32 {
            let cents = (part * 4_000 + at) * 7_919 % 100_000;
            let (whole, rest) = (cents / 100, cents % 100);
            writeln!(text, "{part}-{at:06},{whole}.{rest:02},memo of {at}").unwrap();
        }
        place = place.with(&format!("old/flow/part-{part}.csv"), text);
    }
    place.with("crossfoot.toml", CONVERT.replace("TARGET", target))
}

/// Each server's name, address and port, by TCP.
fn targets(servers: &Servers) -> [(&'static str, String, u16); 2] {
    let [of_postgres, of_mariadb] = [servers.postgres.port, servers.mariadb.port()];
    let [postgres, mariadb] = through(of_postgres, of_mariadb);
    [
        ("PostgreSQL", postgres, of_postgres),
        ("MariaDB", mariadb, of_mariadb),
    ]
}

/// The records that a conversion has left, and what they come to.
fn left(servers: &Servers, name: &str) -> String {
    match name {
        "PostgreSQL" => servers.postgres.psql(
            "SELECT count(*) || ' ' || sum(amount) || ' ' || md5(string_agg(e::text, '' ORDER BY serial)) \
             FROM pay.entry e",
        ),
        _ => {
            let sql = "SELECT CONCAT(COUNT(*), ' ', SUM(amount), ' ', \
                       SUM(CRC32(CONCAT_WS('|', serial, amount, memo)))) FROM pay.entry";
            servers.mariadb.root().query_first(sql).unwrap().unwrap()
        }
    }
}

/// What a conversion leaves that nobody disturbs.
fn undisturbed(servers: &Servers, name: &str, url: &str) -> String {
    let (code, _, stderr) = run(&wallet(url), "convert --no-progress --discard");
    assert_eq!(code, Some(0), "{name}: {stderr}");
    let whole = left(servers, name);
    assert!(whole.starts_with("24000 "), "{name}: {whole}");
    whole
}

/// How a conversion ended whose connection was cut at one of its commits: whether it went on by itself,
/// and whether it wrote a chunk again.
#[derive(Debug, PartialEq, Eq)]
enum End {
    WentOn,
    WroteAgain,
    Lost,
}

/// The commits of six chunks are told apart by what is found: one of which the server was not told is
/// made again, and one that it has made is not.
#[test]
fn a_connection_that_is_cut_at_any_commit_doubles_and_loses_no_record() {
    let servers = Servers::start();
    fill(&servers, 1);
    for (name, url, port) in targets(&servers) {
        let whole = undisturbed(&servers, name, &url);
        for at in [AtCommit::Untold, AtCommit::Unanswered] {
            let mut ends = Vec::new();
            for number in 1.. {
                let what = format!("{name}, commit {number}, {at:?}");
                let proxy = Proxy::at_commit(port, number, at);
                let place = wallet(&url.replace(&port.to_string(), &proxy.port.to_string()));
                let convert = "convert --discard --threads 1 --lang en";
                let (code, stdout, stderr) = run(&place, convert);
                if !proxy.is_done() {
                    assert_eq!(code, Some(0), "{what}: {stdout}{stderr}");
                    break;
                }
                ends.push(match (code, stderr.contains("it is converted again")) {
                    (Some(0), false) => End::WentOn,
                    (Some(0), true) => End::WroteAgain,
                    (Some(3), _) if stderr.contains("the connection was lost") => End::Lost,
                    _ => panic!("{what}: {code:?} {stdout}{stderr}"),
                });
                if ends.last() == Some(&End::Lost) {
                    let (code, _, stderr) = run(&place, "convert --no-progress");
                    assert_eq!(code, Some(0), "{what}: {stderr}");
                }
                assert_eq!(left(&servers, name), whole, "{what}");
                let (code, stdout, _) = run(&place, "verify --no-progress --evidence evidence");
                assert_eq!(code, Some(0), "{what}: {stdout}");
            }
            let of = |end: End| ends.iter().filter(|one| **one == end).count();
            let told = match at {
                AtCommit::Untold => End::WroteAgain,
                AtCommit::Unanswered => End::WentOn,
            };
            assert!(of(told) >= 6, "{name}, {at:?}: {ends:?}");
        }
    }
}

/// The server, too, is gone as it commits.
#[test]
fn a_server_that_is_killed_at_a_commit_doubles_and_loses_no_record() {
    let mut servers = Servers::start();
    // From now on it keeps what was committed.
    servers.mariadb.kill();
    servers.mariadb.revive();
    fill(&servers, 1);
    for (name, url, port) in targets(&servers) {
        let whole = undisturbed(&servers, name, &url);
        for number in [2, 4, 6] {
            for at in [AtCommit::Untold, AtCommit::Unanswered] {
                let what = format!("{name}, commit {number}, {at:?}");
                let proxy = Proxy::at_commit(port, number, at);
                let place = wallet(&url.replace(&port.to_string(), &proxy.port.to_string()));
                let mut running = place
                    .command("convert --discard --threads 1 --no-progress --lang en")
                    .env("PASSWORD", PASSWORD)
                    .stdout(Stdio::null())
                    .stderr(Stdio::piped())
                    .spawn()
                    .unwrap();
                while !proxy.is_done() {
                    let ended = running.try_wait().unwrap();
                    assert!(ended.is_none(), "{what}: {ended:?} before its commit");
                    std::thread::sleep(Duration::from_millis(1));
                }
                servers.kill_and_revive(name);
                let output = running.wait_with_output().unwrap();
                let (code, stderr) = (
                    output.status.code(),
                    String::from_utf8_lossy(&output.stderr),
                );
                assert!(
                    [Some(0), Some(3)].contains(&code),
                    "{what}: {code:?} {stderr}"
                );
                let (code, _, stderr) = run(&place, "convert --no-progress");
                assert_eq!(code, Some(0), "{what}: {stderr}");
                assert_eq!(left(&servers, name), whole, "{what}");
            }
        }
    }
}

#[test]
fn a_connection_that_is_cut_while_it_writes_doubles_and_loses_no_record() {
    let servers = Servers::start();
    fill(&servers, 1);
    for (name, url, port) in targets(&servers) {
        let whole = undisturbed(&servers, name, &url);
        assert_eq!(undisturbed(&servers, name, &url), whole, "{name}");
        for bytes in [60_000, 90_000, 140_000] {
            let proxy = Proxy::before(port, bytes, 3);
            let place = wallet(&url.replace(&port.to_string(), &proxy.port.to_string()));
            let (code, stdout, stderr) = run(&place, "convert --discard --threads 2");
            assert_eq!(code, Some(0), "{name}, {bytes}: {stdout}{stderr}");
            assert!(proxy.is_done(), "{name}, {bytes}");
            assert!(stderr.contains("it is converted again"), "{name}: {stderr}");
            assert_eq!(left(&servers, name), whole, "{name}, {bytes}");
        }
    }
}

/// A table of a server that is converted into the other one, or into files.
const ACROSS: &str = r#"
name = "across"
currency = "CNY"
[source]
url = "SOURCE"
[target]
url = "TARGET"
[[agreement]]
name = "flow"
rule = "SELECT serial, amount, memo FROM TABLE"
target = "entry"
key = ["serial"]
money = ["amount"]
"#;

fn across(table: &str, source: &str, target: &str) -> String {
    ACROSS
        .replace("TABLE", table)
        .replace("SOURCE", source)
        .replace("TARGET", target)
}

/// Converts into files, each of the records of one range.
const IN_CHUNKS: &str = "convert --no-progress --lang en --threads 2 --chunk-records 5000";

/// Twenty thousand records in tables so wide that some five thousand are a range.
fn fill_wide(servers: &Servers) {
    fill(servers, 1);
    let notes: Vec<String> = (0..40).map(|at| format!("note{at} text")).collect();
    let create = format!(
        "CREATE TABLE wide (serial int PRIMARY KEY, amount decimal(18,2), memo text, {})",
        notes.join(", ")
    );
    let insert = "INSERT INTO wide (serial, amount, memo) SELECT";
    servers.postgres.psql(&format!(
        "SET search_path = pay; {create}; \
         {insert} n, n * 0.07, 'memo ' || n FROM generate_series(1, 20000) n"
    ));
    servers.mariadb.run(&format!(
        "USE pay;\n{create};\n\
         {insert} seq, seq * 0.07, CONCAT('memo ', seq) FROM seq_1_to_20000;\n"
    ));
}

/// What a conversion of the wide table of a server leaves that nobody disturbs.
fn undisturbed_files(name: &str, url: &str) -> Vec<(String, Vec<u8>)> {
    let place = Place::empty().with("crossfoot.toml", across("wide", url, "new"));
    let (code, stdout, stderr) = run(&place, IN_CHUNKS);
    assert_eq!(code, Some(0), "{name}: {stdout}{stderr}");
    let whole = written(&place);
    let parts = |(file, _): &&(String, Vec<u8>)| file.starts_with("new/entry/");
    assert_eq!(whole.iter().filter(parts).count(), 4, "{name}");
    whole
}

/// Where a conversion into files notes the chunks that are done.
fn chunks(place: &Place) -> PathBuf {
    place.path().join("new/.crossfoot/convert/chunks/entry")
}

fn has_begun(chunks: &Path) -> bool {
    std::fs::read_dir(chunks).is_ok_and(|mut found| found.next().is_some())
}

/// Goes on with a conversion into files that has done some of its chunks; it must leave the same bytes.
fn go_on(place: &Place, whole: &[(String, Vec<u8>)], what: &str) {
    assert!(!place.path().join("new/entry").exists(), "{what}");
    let (code, stdout, stderr) = run(place, &format!("{IN_CHUNKS} --json"));
    assert_eq!(code, Some(0), "{what}: {stdout}{stderr}");
    let done: Value = serde_json::from_str(&stdout).unwrap();
    assert!(done["resumed_chunks"].as_u64() > Some(0), "{what}: {done}");
    assert!(written(place) == whole, "{what}: other bytes");
}

#[test]
fn a_connection_to_a_source_that_is_cut_while_it_is_converted_changes_no_byte() {
    let servers = Servers::start();
    fill_wide(&servers);
    for (name, url, port) in targets(&servers) {
        let whole = undisturbed_files(name, &url);
        // PostgreSQL lets others join its moment. Of MariaDB there are three connections, and what is
        // left goes on; where none is, the conversion ends, and the same command goes on with it.
        let rounds: &[(i64, i32)] = match name {
            "MariaDB" => &[(2, 0), (3, 3)],
            _ => &[(2, 0)],
        };
        for (cuts, ends) in rounds {
            let place = Place::empty();
            let chunks = chunks(&place);
            let proxy = Proxy::once(port, *cuts, move || has_begun(&chunks));
            let url = url.replace(&port.to_string(), &proxy.port.to_string());
            let place = place.with("crossfoot.toml", across("wide", &url, "new"));
            let (code, stdout, stderr) = run(&place, IN_CHUNKS);
            let what = format!("{name}, {cuts} cuts: {stdout}{stderr}");
            assert_eq!(code, Some(*ends), "{what}");
            assert!(proxy.is_done(), "{what}");
            if *ends == 3 {
                assert!(
                    stderr.starts_with("error: the connection was lost: ")
                        && stderr.trim_end().ends_with("start again"),
                    "{what}"
                );
                go_on(&place, &whole, &what);
            }
            assert!(written(&place) == whole, "{what}: other bytes");
        }
    }
}

#[test]
fn a_source_that_is_killed_while_it_is_converted_is_named_and_gone_on_with() {
    let mut servers = Servers::start();
    // What it was given it keeps, whoever is killed.
    servers
        .mariadb
        .run("SET GLOBAL innodb_flush_log_at_trx_commit = 1;\n");
    fill_wide(&servers);
    for (name, url, _) in targets(&servers) {
        let whole = undisturbed_files(name, &url);
        let place = Place::empty().with("crossfoot.toml", across("wide", &url, "new"));
        // A second's worth of chunks.
        let running = place
            .command(&format!("{IN_CHUNKS} --max-load 20000"))
            .env("PASSWORD", PASSWORD)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        wait_until(|| has_begun(&chunks(&place)));
        servers.kill(name);
        let output = running.wait_with_output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(3), "{name}: {stderr}");
        assert!(
            stderr.starts_with("error: the connection was lost: "),
            "{name}: {stderr}"
        );
        servers.revive(name);
        go_on(&place, &whole, name);
    }
}

#[test]
fn a_source_that_is_locked_is_named_and_converted_once_it_is_not() {
    let servers = Servers::start();
    fill_wide(&servers);
    let mut told = String::new();
    for (name, url, _) in targets(&servers) {
        let url = format!("{url}&lock_timeout=1");
        let whole = undisturbed_files(name, &url);
        let place = Place::empty().with("crossfoot.toml", across("wide", &url, "new"));
        let holder = Holder::of(&servers, name, "wide");
        let (code, _, stderr) = run(&place, IN_CHUNKS);
        write!(told, "{name}, exit {}\n{stderr}", code.unwrap()).unwrap();
        holder.let_go();
        let (code, _, stderr) = run(&place, IN_CHUNKS);
        assert_eq!(code, Some(0), "{name}: {stderr}");
        assert!(written(&place) == whole, "{name}: other bytes");
    }
    insta::assert_snapshot!(told, @"
    PostgreSQL, exit 3
    error: cutting wide took longer than it may: canceling statement due to lock timeout (55P03); end what holds the lock, or wait longer with `?lock_timeout=…` in the address
    MariaDB, exit 3
    error: in the source, starting one moment for all connections took longer than it may: Lock wait timeout exceeded; try restarting transaction (error 1205); another session writes, or holds a lock: wait for its end, raise `lock_timeout` in the address, or write `connections=1`, which needs no lock
    ");
}

/// How many chunks of a conversion into a server are done, as far as that can be asked.
fn done(servers: &Servers, name: &str) -> u64 {
    let sql = "SELECT COUNT(*) FROM pay.crossfoot_convert WHERE name LIKE 'chunk/%'";
    if name == "MariaDB" {
        let found = servers.mariadb.root().query_first::<u64, _>(sql);
        return found.ok().flatten().unwrap_or_default();
    }
    let mut psql = servers.postgres.psql_command();
    let output = psql.args(["-c", sql]).output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    told.trim().parse().unwrap_or_default()
}

#[test]
fn a_target_that_is_locked_midway_is_named_and_gone_on_with_once_it_is_not() {
    let servers = Servers::start();
    fill(&servers, 1);
    let mut told = String::new();
    for (name, url, _) in targets(&servers) {
        let whole = undisturbed(&servers, name, &url);
        let place = wallet(&format!("{url}&lock_timeout=1"));
        // A second for each chunk; those of before are thrown away.
        let line = "convert --discard --threads 1 --max-load 4000 --no-progress --lang en";
        let running = place
            .command(line)
            .env("PASSWORD", PASSWORD)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        wait_until(|| (1..6).contains(&done(&servers, name)));
        let holder = Holder::of(&servers, name, "crossfoot_convert_entry");
        let output = running.wait_with_output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        write!(
            told,
            "{name}, exit {}\n{stderr}",
            output.status.code().unwrap()
        )
        .unwrap();
        let so_far = done(&servers, name);
        assert!((1..6).contains(&so_far), "{name}: {so_far} chunks");
        holder.let_go();
        let (code, stdout, stderr) = run(&place, "convert --no-progress --json");
        assert_eq!(code, Some(0), "{name}: {stdout}{stderr}");
        let document: Value = serde_json::from_str(&stdout).unwrap();
        assert_eq!(document["resumed_chunks"], so_far, "{name}");
        assert_eq!(left(&servers, name), whole, "{name}");
    }
    insta::assert_snapshot!(told, @"
    PostgreSQL, exit 3
    error: writing pay.crossfoot_convert_entry took longer than it may: canceling statement due to lock timeout (55P03); end what holds the lock, or wait longer with `?lock_timeout=…` in the address
    MariaDB, exit 3
    error: writing crossfoot_convert_entry took longer than it may: Lock wait timeout exceeded; try restarting transaction (error 1205); another session holds a lock: wait for its end, or raise `lock_timeout` in the address
    ");
}

/// With a wrong password, or wrong roots, nothing is touched; the same command with the right ones then
/// leaves what it would have left at first.
#[test]
fn who_is_let_in_at_last_leaves_the_same_bytes() {
    let servers = Servers::start();
    fill(&servers, 2_000);
    let both = targets(&servers);
    for [from, into] in [[0, 1], [1, 0]] {
        let [(of_source, source, _), (of_target, target, _)] = [&both[from], &both[into]];
        let secured = |url: &str, side: &str| {
            let url = url.replace("127.0.0.1", "localhost");
            let url = url.replace("PASSWORD", &side.to_uppercase());
            format!("{url}&ca_file={side}.pem")
        };
        let (source, target) = (secured(source, "source"), secured(target, "target"));
        let place = Place::empty().with("crossfoot.toml", across("flow", &source, &target));
        let convert = |wrong: &str| {
            let mut command = place.command("convert --discard --no-progress --lang en");
            for (side, name) in [("source", of_source), ("target", of_target)] {
                let folder = match *name {
                    "PostgreSQL" => servers.postgres.folder(),
                    _ => servers.mariadb.folder(),
                };
                let file = format!("{side}.pem");
                let roots = if wrong == file { "other.pem" } else { "ca.pem" };
                std::fs::copy(folder.join(roots), place.path().join(file)).unwrap();
                let variable = side.to_uppercase();
                let word = if wrong == variable { "wr0ng" } else { PASSWORD };
                command.env(variable, word);
            }
            let output = command.output().unwrap();
            let stderr = String::from_utf8(output.stderr).unwrap();
            let is_told = stderr.contains("wr0ng") || stderr.contains("p@ss");
            assert!(!is_told, "{stderr}");
            (output.status.code(), stderr)
        };
        let (code, stderr) = convert("nothing");
        assert_eq!(code, Some(0), "{of_source}: {stderr}");
        let whole = left(&servers, of_target);
        assert!(whole.starts_with("2000 "), "{of_target}: {whole}");
        for (wrong, said) in [
            ("source.pem", "no secure connection to localhost:"),
            ("target.pem", "no secure connection to localhost:"),
            ("SOURCE", " refuses teller: "),
            ("TARGET", " refuses teller: "),
        ] {
            let (code, stderr) = convert(wrong);
            assert_eq!(code, Some(3), "{of_source}, {wrong}: {stderr}");
            assert!(stderr.contains(said), "{of_source}, {wrong}: {stderr}");
            assert_eq!(left(&servers, of_target), whole, "{of_source}, {wrong}");
        }
        let (code, stderr) = convert("nothing");
        assert_eq!(code, Some(0), "{of_source}: {stderr}");
        assert_eq!(left(&servers, of_target), whole, "{of_source}");
    }
}

/// A small disk of its own.
struct Disk(PathBuf);

impl Disk {
    /// Only root may; whoever may not is told, as a full disk must be tried.
    fn mount(at: &Path, size: &str) -> Disk {
        std::fs::create_dir(at).unwrap();
        let mounted = Command::new("mount")
            .args([
                "-t",
                "tmpfs",
                "-o",
                &format!("size={size},mode=777"),
                "none",
            ])
            .arg(at)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&mounted.stderr);
        assert!(
            mounted.status.success(),
            "no small disk can be mounted, so no full one was tried: run this test as root: {said}"
        );
        let disk = Disk(at.to_owned());
        let parent = at.parent().unwrap();
        let owned = Command::new("chown")
            .arg(format!("--reference={}", parent.display()))
            .arg(at)
            .status();
        assert!(owned.unwrap().success());
        disk
    }

    fn grow(&self, size: &str) {
        let remount = format!("remount,size={size}");
        let grown = Command::new("mount")
            .args(["-o", &remount])
            .arg(&self.0)
            .status();
        assert!(grown.unwrap().success());
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        drop(Command::new("umount").arg("-l").arg(&self.0).status());
    }
}

#[test]
fn a_server_whose_disk_is_full_is_named_and_gone_on_with_once_there_is_room() {
    let servers = Servers::start();
    fill(&servers, 1);
    let folder = servers.postgres.folder().join("small");
    let disk = Disk::mount(&folder, "900k");
    servers.postgres.psql(&format!(
        "CREATE TABLESPACE small LOCATION '{}'",
        folder.display()
    ));
    servers
        .postgres
        .psql("ALTER ROLE teller SET default_tablespace = small");
    let [url, _] = through(servers.postgres.port, servers.mariadb.port());
    let place = wallet(&url);
    let (code, _, stderr) = run(&place, "convert --no-progress --threads 1 --lang en");
    assert_eq!(code, Some(3), "{stderr}");
    let entry = servers
        .postgres
        .psql("SELECT to_regclass('pay.entry') IS NULL");
    assert_eq!(entry.trim(), "t");
    let done = servers
        .postgres
        .psql("SELECT count(*) FROM pay.crossfoot_convert WHERE name LIKE 'chunk/%'");
    let done: u32 = done.trim().parse().unwrap();
    assert!((1..6).contains(&done), "{done} chunks were done");
    insta::with_settings!({filters => vec![(r#""[^"]*/[^"]*""#, "[file]")]}, {
        insta::assert_snapshot!(stderr);
    });
    disk.grow("64m");
    let (code, _, stderr) = run(&place, "convert --no-progress");
    assert_eq!(code, Some(0), "{stderr}");
    let (code, stdout, _) = run(&place, "verify --no-progress --evidence evidence");
    assert_eq!(code, Some(0), "{stdout}");
    // The server must not write to a disk that goes.
    servers.postgres.psql("CHECKPOINT");
}

#[test]
fn a_mariadb_whose_disk_is_full_is_named_and_gone_on_with_once_there_is_room() {
    let servers = Servers::start();
    fill(&servers, 1);
    // A database is a folder: that of this one lies on a disk of its own.
    let data = servers.mariadb.folder().join("data");
    servers
        .mariadb
        .run("CREATE DATABASE small CHARACTER SET utf8mb4;\n");
    let options = std::fs::read(data.join("small/db.opt")).unwrap();
    std::fs::remove_file(data.join("small/db.opt")).unwrap();
    std::fs::remove_dir(data.join("small")).unwrap();
    let disk = Disk::mount(&data.join("small"), "900k");
    std::fs::write(data.join("small/db.opt"), options).unwrap();
    let [_, url] = through(servers.postgres.port, servers.mariadb.port());
    let place = wallet(&url.replace("/pay?", "/small?"));
    let (code, _, stderr) = run(&place, "convert --no-progress --threads 1 --lang en");
    assert_eq!(code, Some(3), "{stderr}");
    let mut root = servers.mariadb.root();
    let made: Option<u32> = root
        .query_first(
            "SELECT COUNT(*) FROM information_schema.TABLES \
             WHERE TABLE_SCHEMA = 'small' AND TABLE_NAME = 'entry'",
        )
        .unwrap();
    assert_eq!(made, Some(0));
    let done: Option<u32> = root
        .query_first("SELECT COUNT(*) FROM small.crossfoot_convert WHERE name LIKE 'chunk/%'")
        .unwrap();
    assert!(
        done.is_some_and(|done| (1..6).contains(&done)),
        "{done:?} chunks were done"
    );
    insta::assert_snapshot!(stderr);
    disk.grow("64m");
    let (code, _, stderr) = run(&place, "convert --no-progress");
    assert_eq!(code, Some(0), "{stderr}");
    let (code, stdout, _) = run(&place, "verify --no-progress --evidence evidence");
    assert_eq!(code, Some(0), "{stdout}");
    // The server must not write to a disk that goes.
    root.query_drop("DROP DATABASE small").unwrap_or_default();
}
