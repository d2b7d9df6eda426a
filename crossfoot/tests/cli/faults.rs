//! What goes wrong with a server while it is read and written, and that it is made good.

use crate::databases::{Servers, run};
use crate::place::Place;
use std::fmt::Write as _;
use std::io::{Read, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::{Duration, Instant};

/// Stands before a server, and cuts connections once so many bytes have come through.
struct Proxy {
    port: u16,
    cuts: Arc<AtomicI64>,
}

impl Proxy {
    /// Cuts the first `cuts` connections, each after `bytes`.
    fn before(server: u16, bytes: usize, cuts: i64) -> Proxy {
        let left = Arc::new(AtomicI64::new(cuts));
        let cuts = Arc::clone(&left);
        let port = relay(server, move |client, server| {
            let (passed, cuts) = (Arc::new(AtomicI64::new(0)), Arc::clone(&cuts));
            let is_over = move |read: &[u8]| {
                let (read, most) = (read.len() as i64, bytes as i64);
                let so_far = passed.fetch_add(read, Ordering::SeqCst);
                so_far < most && so_far + read >= most && cuts.fetch_sub(1, Ordering::SeqCst) > 0
            };
            pass(&client, &server, is_over.clone());
            pass(&server, &client, is_over);
        });
        Proxy { port, cuts: left }
    }

    /// Cuts the connection of one of the commits that come through, counted from 1.
    fn at_commit(server: u16, number: i64, at: AtCommit) -> Proxy {
        let left = Arc::new(AtomicI64::new(number));
        let to_come = Arc::clone(&left);
        let port = relay(server, move |client, server| {
            let (is_cut, to_come) = (Arc::new(AtomicBool::new(false)), Arc::clone(&to_come));
            let is_answer_lost = Arc::clone(&is_cut);
            pass(&client, &server, move |read| {
                let is_commit = read.ends_with(b"COMMIT") || read.ends_with(b"COMMIT\0");
                let is_it = is_commit && to_come.fetch_sub(1, Ordering::SeqCst) == 1;
                is_cut.fetch_or(is_it, Ordering::SeqCst);
                is_it && at == AtCommit::Untold
            });
            pass(&server, &client, move |_| {
                is_answer_lost.load(Ordering::SeqCst)
            });
        });
        Proxy { port, cuts: left }
    }

    fn has_cut(&self) -> bool {
        self.cuts.load(Ordering::SeqCst) <= 0
    }
}

/// When the connection of a commit is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum AtCommit {
    /// Before the server is told.
    Untold,
    /// Once the server has done it, before it can say so.
    Unanswered,
}

/// Listens on a port, and has `begin` connect whoever comes there with a server.
fn relay(server: u16, begin: impl Fn(TcpStream, TcpStream) + Send + 'static) -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    // It ends with the process.
    std::thread::spawn(move || {
        for client in listener.incoming() {
            let server = TcpStream::connect(("127.0.0.1", server));
            if let (Ok(client), Ok(server)) = (client, server) {
                begin(client, server);
            }
        }
    });
    port
}

/// Hands bytes on, on a thread of its own, until the connection is to be cut.
fn pass(from: &TcpStream, to: &TcpStream, mut is_over: impl FnMut(&[u8]) -> bool + Send + 'static) {
    let (mut from, mut to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
    std::thread::spawn(move || {
        let mut buffer = vec![0; 16_384];
        while let Ok(read) = from.read(&mut buffer) {
            let read = &buffer[..read];
            if read.is_empty() || is_over(read) || to.write_all(read).is_err() {
                break;
            }
        }
        for end in [from, to] {
            drop(end.shutdown(Shutdown::Both));
        }
    });
}

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
    assert!(postgres.has_cut() && mariadb.has_cut(), "nothing was cut");
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
            .env("PASSWORD", "p@ss/word")
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        // Three seconds' worth of records: it is in the middle after one.
        std::thread::sleep(Duration::from_millis(1_200));
        match name {
            "PostgreSQL" => servers.postgres.kill(),
            _ => servers.mariadb.kill(),
        }
        let output = running.wait_with_output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        writeln!(told, "{name} {:?}: {stderr}", output.status.code()).unwrap();
        assert!(!place.path().join("broken").exists());
        match name {
            "PostgreSQL" => servers.postgres.revive(),
            _ => servers.mariadb.revive(),
        }
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
            .env("PASSWORD", "p@ss/word")
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
    let mut holder = servers
        .postgres
        .psql_command()
        .args(["-c", "BEGIN; LOCK TABLE pay.flow; SELECT pg_sleep(30)"])
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let held = || {
        servers.postgres.psql(
            "SELECT count(*) FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND granted \
             AND relation = 'pay.flow'::regclass",
        )
    };
    wait_until(|| held().trim() == "1");
    told += &verify();
    holder.kill().unwrap();
    holder.wait().unwrap();
    servers.postgres.psql(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'BEGIN; LOCK%'",
    );

    use mysql::prelude::Queryable as _;
    let mut holder = servers.mariadb.root();
    holder.query_drop("LOCK TABLES pay.flow WRITE").unwrap();
    told += &verify();
    holder.query_drop("UNLOCK TABLES").unwrap();
    told += &verify();
    insta::assert_snapshot!(told);
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
    use mysql::prelude::Queryable as _;
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
                if !proxy.has_cut() {
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
                    .env("PASSWORD", "p@ss/word")
                    .stdout(std::process::Stdio::null())
                    .stderr(std::process::Stdio::piped())
                    .spawn()
                    .unwrap();
                while !proxy.has_cut() {
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
            assert!(proxy.has_cut(), "{name}, {bytes}");
            assert!(stderr.contains("it is converted again"), "{name}: {stderr}");
            assert_eq!(left(&servers, name), whole, "{name}, {bytes}");
        }
    }
}

/// A small disk of its own, where the user may mount one.
struct Disk(std::path::PathBuf);

impl Disk {
    fn mount(at: &Path, size: &str) -> Option<Disk> {
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
        let disk = mounted.status.success().then(|| Disk(at.to_owned()))?;
        let parent = at.parent().unwrap();
        let owned = Command::new("chown")
            .arg(format!("--reference={}", parent.display()))
            .arg(at)
            .status();
        assert!(owned.unwrap().success());
        Some(disk)
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
    let Some(disk) = Disk::mount(&folder, "900k") else {
        // Only root may: the message of a full disk is then seen with files alone.
        eprintln!("no disk can be mounted here: nothing was tried");
        return;
    };
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
    use mysql::prelude::Queryable as _;
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
    let Some(disk) = Disk::mount(&data.join("small"), "900k") else {
        // Only root may: the message of a full disk is then seen with files alone.
        eprintln!("no disk can be mounted here: nothing was tried");
        return;
    };
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
