//! `crossfoot convert` into real databases.

use crate::databases::{Servers, run};
use crate::place::Place;
use databases::{Address, Database, Writer};
use serde_json::Value;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// The password of the servers, as the plan has it from the environment.
const PASSWORD: &str = "p@ss/word";

/// A wallet in so many files, each a chunk of its own, and the double entry that its plan makes of it.
fn wallet(files: u64, target: &str) -> Place {
    let mut place = Place::empty().with("posting.sql", POSTING);
    for part in 0..files {
        place = place.with(
            &format!("old/flow/part-{part:02}.csv"),
            flow(part, 1_000 + 300 * part),
        );
    }
    place.with("crossfoot.toml", PLAN.replace("TARGET", target))
}

fn flow(part: u64, records: u64) -> String {
    let mut text = String::from("serial,account,kind,happened,amount,memo\n");
    for at in 0..records {
        let (kind, cents) = (if at % 3 == 0 { "OUT" } else { "IN" }, at * 7_919 % 100_000);
        let (whole, rest) = (cents / 100, cents % 100);
        text.push_str(&format!(
            "P{part:02}{at:06},A{:03},{kind},2013-05-{:02} 08:00:{:02},{whole}.{rest:02},\"备注\t'{at}'\"\n",
            at % 917,
            1 + at % 28,
            at % 60,
        ));
    }
    text
}

const PLAN: &str = r#"
name = "wallet"
currency = "CNY"
timezone = "Asia/Shanghai"
[source]
url = "old"
[source.tables.flow]
files = "flow/*.csv"
[target]
url = "TARGET"
[[agreement]]
name = "postings"
rule = "posting.sql"
target = "posting"
key = ["voucher", "leg"]
money = ["amount"]
[[agreement]]
name = "accounts"
rule = "SELECT account, CAST(control_total(money(amount)) AS DECIMAL(20, 2)) AS amount FROM flow GROUP BY account"
target = "account"
key = ["account"]
money = ["amount"]
"#;

/// Dates as text, which all databases have.
const POSTING: &str = "
SELECT serial AS voucher, leg,
       CASE leg WHEN 1 THEN account ELSE 'HOUSE' END AS account,
       kind, substr(happened, 1, 10) AS accounting_date, money(amount) AS amount, memo
FROM flow CROSS JOIN (VALUES (1), (2)) AS l(leg)
";

fn address(place: &Place, url: &str) -> Address {
    let url = url.replace(
        "${PASSWORD}",
        &PASSWORD.replace('@', "%40").replace('/', "%2F"),
    );
    Address::parse(&url, place.path()).unwrap()
}

/// Everything that a conversion has left in a database: the records of its tables in the order of
/// their keys, and its documents.
fn left(place: &Place, url: &str) -> String {
    let address = address(place, url);
    let database = Database::open(&address, 1).unwrap();
    let mut told = String::new();
    for (at, table) in database.tables().iter().enumerate() {
        told.push_str(&format!("{}, key {:?}\n", table.name, table.key));
        let columns: Vec<usize> = (0..table.columns.len()).collect();
        for range in database.cut(at, 1_000_000).unwrap() {
            for batch in database.read(at, &range, &columns, 100_000) {
                let batch = batch.unwrap();
                let digest = blake3::hash(format!("{:?}", batch.columns()).as_bytes());
                told.push_str(&format!("{} records {digest}\n", batch.num_rows()));
            }
        }
    }
    let mut writer = Writer::open(&address).unwrap();
    for (name, body) in writer.documents("").unwrap() {
        told.push_str(&format!("{name} {}\n", blake3::hash(body.as_bytes())));
    }
    told
}

/// The counts and totals of a conversion.
fn totals(stdout: &str) -> Value {
    let mut document: Value = serde_json::from_str(stdout).unwrap();
    let mut tables = document["tables"].take();
    for table in tables.as_array_mut().unwrap() {
        table.as_object_mut().unwrap().remove("bytes");
    }
    tables
}

#[test]
fn a_conversion_into_each_database_is_the_one_into_files_and_balances() {
    let servers = Servers::start();
    servers.make("bao");
    let into_files = wallet(5, "new");
    let (code, stdout, stderr) = run(&into_files, "convert --json --no-progress");
    assert_eq!(code, Some(0), "{stdout}{stderr}");
    let expected = totals(&stdout);
    for (name, url) in servers.addresses("bao") {
        let place = wallet(5, &url);
        let (code, stdout, stderr) = run(&place, "convert --json --no-progress --threads 2");
        assert_eq!(code, Some(0), "{name}: {stdout}{stderr}");
        assert_eq!(totals(&stdout), expected, "{name}");
        let (code, stdout, _) = run(&place, "verify --no-progress --evidence evidence");
        assert_eq!(code, Some(0), "{name}: {stdout}");
        let before = left(&place, &url);
        assert!(before.contains("posting, key [0, 1]"), "{name}: {before}");
        let (code, stdout, _) = run(&place, "convert --json --no-progress");
        assert_eq!(code, Some(0));
        assert!(stdout.contains("\"already\": true"), "{name}: {stdout}");
        let (_, stdout, _) = run(&place, "convert --no-progress");
        assert!(
            stdout.contains("every table holds as many records as were written"),
            "{name}: {stdout}"
        );
        assert_eq!(left(&place, &url), before, "{name}");

        // Other inputs are refused, and begun anew when asked.
        let place = place.with("old/flow/part-99.csv", flow(99, 10));
        let (code, _, stderr) = run(&place, "convert --no-progress");
        assert_eq!(code, Some(2), "{stderr}");
        assert!(stderr.contains("part-99.csv is new"), "{name}: {stderr}");
        assert_eq!(left(&place, &url), before, "{name}");
        let (code, _, stderr) = run(&place, "convert --no-progress --discard");
        assert_eq!(code, Some(0), "{name}: {stderr}");
        assert_ne!(left(&place, &url), before, "{name}");
        let (code, stdout, _) = run(&place, "verify --no-progress --evidence again");
        assert_eq!(code, Some(0), "{name}: {stdout}");
    }
}

#[test]
fn tables_that_are_there_are_filled_in_place_or_refused() {
    let servers = Servers::start();
    servers.make("bao");
    let [(_, url), ..] = servers.addresses("bao");
    let place = wallet(3, &url);
    let refused = |line: &str| {
        let (code, stdout, stderr) = run(&place, line);
        let folder = servers.postgres.folder().display().to_string();
        let port = servers.postgres.port.to_string();
        format!(
            "exit {}\n{}",
            code.unwrap(),
            (stdout + &stderr)
                .replace(&folder, "[server]")
                .replace(&port, "[port]")
                .replace(&place.path().display().to_string(), "[folder]")
        )
    };
    let sql = |sql: &str| {
        servers
            .postgres
            .psql(&format!("SET search_path = bao; {sql}"))
    };
    let mut said = String::new();
    let mut note = |title: &str, text: String| said.push_str(&format!("── {title}\n{text}"));

    sql("CREATE TABLE posting (voucher text, leg int, account text, kind int, amount numeric)");
    sql("CREATE VIEW account AS SELECT 1 AS account");
    note("of other kinds", refused("convert --no-progress"));
    sql("DROP VIEW account; DROP TABLE posting");
    sql(
        "CREATE TABLE posting (voucher varchar(9), leg smallint, account text NOT NULL, kind text, \
         accounting_date text, amount numeric(12,2) CHECK (amount < 1000), memo text, \
         filled date NOT NULL DEFAULT '2013-06-13', PRIMARY KEY (leg, voucher))",
    );
    sql("INSERT INTO posting VALUES ('x', 1, 'A', '', '', 0, '')");
    note("not empty", refused("convert --no-progress"));
    sql("TRUNCATE posting; ALTER TABLE posting ADD CHECK (amount <> 79.19)");
    note(
        "a record that the table refuses",
        refused("convert --no-progress --threads 1"),
    );
    assert_eq!(
        sql("SELECT count(*) FROM posting WHERE amount = 79.19").trim(),
        "0"
    );
    sql("ALTER TABLE posting DROP CONSTRAINT posting_amount_check1");
    sql("INSERT INTO posting VALUES ('x', 1, 'A', '', '', 0, '')");
    note(
        "a record of somebody else's",
        refused("convert --no-progress"),
    );
    sql("DELETE FROM posting WHERE voucher = 'x'");
    let (code, stdout, stderr) = run(&place, "convert --no-progress");
    assert_eq!(code, Some(0), "{stdout}{stderr}");
    let (code, stdout, _) = run(&place, "verify --no-progress --evidence evidence");
    assert_eq!(code, Some(0), "{stdout}");
    assert_eq!(sql("SELECT count(*) FROM posting").trim(), "7800");
    sql("DELETE FROM posting WHERE voucher = 'P00000001' AND leg = 2");
    note("a record gone", refused("convert --no-progress"));
    let mut holder = Writer::open(&address(&place, &url)).unwrap();
    assert!(holder.hold().unwrap());
    note("another one at it", refused("convert --no-progress"));
    drop(holder);
    let (code, _, stderr) = run(&place, "convert --no-progress --discard");
    assert_eq!(code, Some(0), "{stderr}");
    assert_eq!(sql("SELECT count(*) FROM posting").trim(), "7800");
    insta::assert_snapshot!(said);
}

#[test]
fn names_that_no_table_can_be_given_are_mistakes_of_the_plan() {
    let servers = Servers::start();
    servers.make("bao");
    let [(_, url), ..] = servers.addresses("bao");
    let place = wallet(1, &url);
    let long = format!("posting_{}", "x".repeat(38));
    let plan = place
        .read("crossfoot.toml")
        .replace("target = \"posting\"", &format!("target = \"{long}\""))
        .replace("\"account\"\nkey", "\"crossfoot_convert_account\"\nkey");
    let place = place.with("crossfoot.toml", plan);
    let (code, _, stderr) = run(&place, "convert --no-progress");
    assert_eq!(code, Some(2), "{stderr}");
    let too_long = format!("the name of `{long}` has 46 bytes");
    for said in [
        too_long.as_str(),
        "crossfoot.toml:14:10",
        "make the table yourself, under its own name, before converting",
        "`crossfoot_convert_account` begins as the tables that a conversion keeps for itself do",
        "crossfoot.toml:20:10",
    ] {
        assert!(stderr.contains(said), "{said}: {stderr}");
    }
    let made = servers
        .postgres
        .psql("SELECT count(*) FROM pg_tables WHERE schemaname = 'bao'");
    assert_eq!(made.trim(), "0");
}

/// Two tables, of which the second one points to the first.
const KIN: &str = r#"
name = "kin"
[source]
url = "old"
[target]
url = "TARGET"
[[agreement]]
name = "accounts"
rule = "SELECT DISTINCT account FROM flow"
target = "account"
key = ["account"]
[[agreement]]
name = "flow"
rule = "SELECT serial, account FROM flow"
target = "flow"
key = ["serial"]
"#;

/// Runs statements in one of the databases.
fn execute(servers: &Servers, place: &Place, name: &str, statements: &[&str]) {
    match name {
        "PostgreSQL" => {
            let statements = statements.join("; ");
            drop(
                servers
                    .postgres
                    .psql(&format!("SET search_path = bao; {statements}")),
            );
        }
        "MariaDB" => servers
            .mariadb
            .run(&format!("USE bao;\n{};\n", statements.join(";\n"))),
        _ => {
            let file = rusqlite::Connection::open(place.path().join("bao.db")).unwrap();
            file.execute_batch(&statements.join("; ")).unwrap();
        }
    }
}

#[test]
fn discarding_empties_tables_that_point_to_each_other_and_misses_none_that_is_gone() {
    let servers = Servers::start();
    servers.make("bao");
    for (name, url) in servers.addresses("bao") {
        let place = Place::empty()
            .with("old/flow.csv", flow(0, 50))
            .with("crossfoot.toml", KIN.replace("TARGET", &url));
        let made = [
            "CREATE TABLE account (account varchar(9) NOT NULL PRIMARY KEY)",
            "CREATE TABLE flow (serial varchar(9) NOT NULL PRIMARY KEY, account varchar(9) NOT NULL, \
             FOREIGN KEY (account) REFERENCES account (account))",
        ];
        execute(&servers, &place, name, &made);
        let held = || {
            let mut writer = Writer::open(&address(&place, &url)).unwrap();
            ["account", "flow"].map(|table| writer.count(table).unwrap())
        };
        let (code, _, stderr) = run(&place, "convert --no-progress");
        assert_eq!(code, Some(0), "{name}: {stderr}");
        assert_eq!(held(), [50, 50], "{name}");
        let (code, _, stderr) = run(&place, "convert --no-progress --discard");
        assert_eq!(code, Some(0), "{name}: {stderr}");
        assert_eq!(held(), [50, 50], "{name}");
        execute(&servers, &place, name, &["DROP TABLE flow"]);
        let (code, _, stderr) = run(&place, "convert --no-progress --discard");
        assert_eq!(code, Some(0), "{name}: {stderr}");
        assert_eq!(held(), [50, 50], "{name}");
    }
}

/// A table of which the key that the plan names cannot be made.
#[test]
fn a_key_that_the_rule_does_not_give_is_a_mistake_before_a_record_is_read() {
    let servers = Servers::start();
    servers.make("bao");
    for (name, url) in servers.addresses("bao") {
        let plan = KIN.replace("TARGET", &url);
        let place = Place::empty()
            .with("old/flow.csv", flow(0, 5))
            .with("crossfoot.toml", plan.replace("[\"serial\"]", "[\"nope\"]"));
        let (code, _, stderr) = run(&place, "convert --no-progress");
        assert_eq!(code, Some(2), "{name}: {stderr}");
        for said in [
            "the key column `nope` is not among the rule's columns",
            "add it to the rule, or take it out of `key`",
            "crossfoot.toml:16:8",
        ] {
            assert!(stderr.contains(said), "{name}, {said}: {stderr}");
        }
        if name != "SQLite" {
            let database = Database::open(&address(&place, &url), 1).unwrap();
            assert!(database.tables().is_empty(), "{name}");
        }
    }
}

#[test]
fn after_a_rule_has_changed_the_tables_that_were_made_are_made_anew() {
    let servers = Servers::start();
    servers.make("bao");
    for (name, url) in servers.addresses("bao") {
        let plan = KIN.replace("TARGET", &url);
        let place = Place::empty()
            .with("old/flow.csv", flow(0, 50))
            .with("crossfoot.toml", &plan);
        let (code, _, stderr) = run(&place, "convert --no-progress");
        assert_eq!(code, Some(0), "{name}: {stderr}");
        let place = place.with(
            "crossfoot.toml",
            plan.replace("serial, account FROM", "serial, account, kind FROM"),
        );
        let (code, _, stderr) = run(&place, "convert --no-progress");
        assert_eq!(code, Some(2), "{name}: {stderr}");
        for said in ["flow has no such column", "begin again, with --discard"] {
            assert!(stderr.contains(said), "{name}, {said}: {stderr}");
        }
        let (code, _, stderr) = run(&place, "convert --no-progress --discard");
        assert_eq!(code, Some(0), "{name}: {stderr}");
        let (code, stdout, _) = run(&place, "verify --no-progress --evidence evidence");
        assert_eq!(code, Some(0), "{name}: {stdout}");
    }
}

#[test]
fn before_the_first_conversion_check_says_the_same_of_every_database() {
    let servers = Servers::start();
    servers.make("bao");
    for (name, url) in servers.addresses("bao") {
        let place = wallet(1, &url);
        let (code, stdout, stderr) = run(&place, "check --lang en");
        assert_eq!(code, Some(5), "{name}: {stdout}{stderr}");
        assert!(
            stdout.contains("no mistakes in 2 rules; the target is not there"),
            "{name}: {stdout}"
        );
        // Other tables are there, and that of one agreement.
        execute(
            &servers,
            &place,
            name,
            &[
                "CREATE TABLE other (id int PRIMARY KEY)",
                "CREATE TABLE account (id int PRIMARY KEY)",
            ],
        );
        // What is wrong with the tables that are there is said, and of the missing ones nothing.
        let (code, _, stderr) = run(&place, "check --lang en");
        assert_eq!(code, Some(2), "{name}: {stderr}");
        assert!(
            stderr.contains("the rule gives column `account`") && !stderr.contains("no table"),
            "{name}: {stderr}"
        );
        execute(
            &servers,
            &place,
            name,
            &[
                "DROP TABLE account",
                "CREATE TABLE account (account varchar(40) PRIMARY KEY, amount decimal(20,2))",
            ],
        );
        let (code, stdout, stderr) = run(&place, "check --lang en");
        assert_eq!(code, Some(5), "{name}: {stdout}{stderr}");
        assert!(
            stdout.contains("the target has no table `posting`, so nothing of it was checked"),
            "{name}: {stdout}"
        );
        execute(
            &servers,
            &place,
            name,
            &["DROP TABLE other", "DROP TABLE account"],
        );
        let (code, _, stderr) = run(&place, "convert --no-progress");
        assert_eq!(code, Some(0), "{name}: {stderr}");
        let (code, stdout, stderr) = run(&place, "check");
        assert_eq!(code, Some(0), "{name}: {stdout}{stderr}");
    }
}

/// A server that is started anew ends all connections, also those that wait for work.
#[test]
fn a_server_that_is_started_anew_costs_one_attempt() {
    let servers = Servers::start();
    servers.make("bao");
    let [(_, url), ..] = servers.addresses("bao");
    let place = wallet(8, &url);
    servers.postgres.psql(
        "SET search_path = bao; CREATE TABLE account (account text PRIMARY KEY, \
         amount numeric(20,2)); CREATE SEQUENCE restarts; \
         CREATE FUNCTION restart() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
         IF nextval('bao.restarts') = 1 THEN \
         PERFORM pg_terminate_backend(pid) FROM pg_stat_activity \
         WHERE application_name = 'crossfoot' AND pid <> pg_backend_pid(); \
         PERFORM pg_terminate_backend(pg_backend_pid()); END IF; RETURN NULL; END $$; \
         CREATE TRIGGER restart BEFORE INSERT ON account FOR EACH STATEMENT \
         EXECUTE FUNCTION restart()",
    );
    // Four connections wait while the table of one chunk is written.
    let (code, stdout, stderr) = run(&place, "convert --threads 4");
    assert_eq!(code, Some(0), "{stdout}{stderr}");
    let attempts = stderr.matches("it is converted again").count();
    assert_eq!(attempts, 1, "{stderr}");
    let (code, stdout, _) = run(&place, "verify --no-progress --evidence evidence");
    assert_eq!(code, Some(0), "{stdout}");
}

#[test]
fn rejects_lie_beside_the_plan() {
    let servers = Servers::start();
    servers.make("bao");
    for (name, url) in servers.addresses("bao") {
        let bad = flow(1, 50)
            .replace(",158.38,", ",many,")
            .replace(",A00", ",a00");
        let place = wallet(2, &url).with("old/flow/part-01.csv", bad);
        let plan = place.read("crossfoot.toml").replacen(
            "key = [\"voucher\"",
            "require = [\"account NOT LIKE 'a003'\"]\nkey = [\"voucher\"",
            1,
        );
        let (accounts, _) = plan.split_at(plan.find("[[agreement]]\nname = \"accounts\"").unwrap());
        let place = place.with("crossfoot.toml", accounts);
        let (code, stdout, stderr) = run(&place, "convert --no-progress");
        assert_eq!(code, Some(1), "{name}: {stdout}{stderr}");
        let rejects = place.read(".crossfoot/convert/rejects.jsonl");
        assert!(rejects.lines().count() >= 2, "{name}: {rejects}");
        assert!(rejects.contains("part-01.csv"), "{rejects}");
        assert!(
            stdout.contains(".crossfoot/convert/rejects.jsonl"),
            "{name}: {stdout}"
        );
        let place = place.with("old/flow/part-01.csv", flow(1, 50).replace(",A00", ",A10"));
        let (code, stdout, stderr) = run(&place, "convert --no-progress --discard");
        assert_eq!(code, Some(0), "{name}: {stdout}{stderr}");
        assert!(
            !place
                .path()
                .join(".crossfoot/convert/rejects.jsonl")
                .exists()
        );
    }
}

#[test]
fn no_more_records_a_second_are_written_than_may_be() {
    let servers = Servers::start();
    servers.make("bao");
    let places = servers.addresses("bao");
    let places = places.map(|(name, url)| (name, wallet(3, &url)));
    std::thread::scope(|scope| {
        for (name, place) in &places {
            scope.spawn(move || {
                let line = "convert --no-progress --threads 1 --max-load 3000";
                let began = Instant::now();
                let (code, stdout, stderr) = run(place, line);
                let took = began.elapsed();
                assert_eq!(code, Some(0), "{name}: {stdout}{stderr}");
                // 7,800 records come before those of the last table.
                assert!(took >= Duration::from_millis(2_000), "{name}: {took:?}");
            });
        }
    });
}

/// Numbers that look like chance, and are the same each time.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit.max(1)
    }
}

/// A conversion under way.
fn spawned(place: &Place) -> std::process::Child {
    place
        .command("convert --no-progress --threads 2")
        .env("PASSWORD", PASSWORD)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

#[test]
fn killed_at_random_points_no_record_is_lost_or_doubled() {
    let servers = Servers::start();
    servers.make("whole");
    servers.make("killed");
    let whole = servers.addresses("whole");
    let killed = servers.addresses("killed");
    let mut random = Random(42);
    for ((name, whole), (_, killed)) in whole.into_iter().zip(killed) {
        let undisturbed = wallet(8, &whole);
        let began = Instant::now();
        let (code, stdout, stderr) = run(&undisturbed, "convert --no-progress --threads 2");
        assert_eq!(code, Some(0), "{name}: {stdout}{stderr}");
        let took = began.elapsed().as_micros() as u64;
        let expected = left(&undisturbed, &whole);
        let place = wallet(8, &killed);
        let mut kills = 0;
        while kills < 10 {
            let (code, _, stderr) = run(&place, "convert --no-progress --discard --json");
            assert_eq!(code, Some(0), "{name}: {stderr}");
            let (mut child, mut is_first) = (discarding(&place), true);
            loop {
                std::thread::sleep(Duration::from_micros(random.below(took)));
                child.kill().unwrap();
                match child.wait().unwrap().code() {
                    // Another one may have gone on before the first was gone.
                    Some(code) if code == 0 || is_first => break,
                    Some(code) => panic!("{name}: exit {code}"),
                    None => kills += 1,
                }
                child = spawned(&place);
                is_first = false;
            }
            let (code, _, stderr) = run(&place, "convert --no-progress");
            assert_eq!(code, Some(0), "{name}: {stderr}");
            assert_eq!(
                left(&place, &killed),
                expected,
                "{name}, after {kills} kills"
            );
        }
    }
}

fn discarding(place: &Place) -> std::process::Child {
    place
        .command("convert --no-progress --threads 2 --discard")
        .env("PASSWORD", PASSWORD)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Kills one of Crossfoot's sessions, if there is one, as a system does that is out of memory: the server
/// then ends all others, and recovers.
fn kill_session(servers: &Servers) {
    let server = &servers.postgres;
    let session = "SELECT pid FROM pg_stat_activity WHERE application_name = 'crossfoot' LIMIT 1";
    let pid = server.psql(session);
    if pid.trim().is_empty() {
        return;
    }
    let kill = Command::new("kill").args(["-KILL", pid.trim()]).status();
    // The session may have ended by itself.
    assert!(kill.is_ok(), "{kill:?}");
    server.wait_until_ready();
}

#[test]
fn a_server_that_is_killed_meanwhile_loses_and_doubles_nothing() {
    let mut servers = Servers::start();
    // From now on it keeps what was committed.
    servers.mariadb.kill();
    servers.mariadb.revive();
    servers.make("whole");
    servers.make("killed");
    let mut random = Random(7);
    for at in 0..2 {
        let (name, whole) = servers.addresses("whole")[at].clone();
        let (_, killed) = servers.addresses("killed")[at].clone();
        let undisturbed = wallet(8, &whole);
        let began = Instant::now();
        let (code, stdout, stderr) = run(&undisturbed, "convert --no-progress --threads 2");
        assert_eq!(code, Some(0), "{name}: {stdout}{stderr}");
        let took = began.elapsed().as_micros() as u64;
        let expected = left(&undisturbed, &whole);
        let place = wallet(8, &killed);
        for round in 0..4 {
            let mut child = discarding(&place);
            std::thread::sleep(Duration::from_micros(random.below(took)));
            match at == 0 && round % 2 == 0 {
                true => kill_session(&servers),
                false => servers.kill_and_revive(name),
            }
            // It waits for the server and goes on, or ends and is started again.
            let code = child.wait().unwrap().code();
            assert!([Some(0), Some(3)].contains(&code), "{name}: {code:?}");
            let (code, _, stderr) = run(&place, "convert --no-progress");
            assert_eq!(code, Some(0), "{name}: {stderr}");
            assert_eq!(left(&place, &killed), expected, "{name}, round {round}");
        }
    }
}

/// A plan that compares a table of each kind of column with the same table elsewhere.
const KINDS: &str = r#"
name = "kinds"
[source]
url = "SOURCE"
[target]
url = "TARGET"
[[agreement]]
name = "parts"
rule = "part"
target = "part"
key = ["id"]
"#;

/// Columns that a conversion would refuse to write into are kept as text beside the table.
#[test]
fn entries_hold_columns_of_every_kind() {
    let servers = Servers::start();
    servers.make("kinds_old");
    servers.make("kinds_new");
    let postgres = [
        "CREATE TYPE mood AS ENUM ('calm', 'anxious')",
        "CREATE DOMAIN fen AS numeric(12,2)",
        "CREATE DOMAIN price AS fen",
        "CREATE TABLE part (id int PRIMARY KEY, a mood, b jsonb, c text[], d interval, e money, \
         f numeric, g bit(3), h price, i uuid)",
        "INSERT INTO part SELECT n, 'calm', '{\"a\": 1}', '{x,NULL}', '1 day', 2.5, 0.10, B'101', \
         1.5, '00000000-0000-0000-0000-000000000000' FROM generate_series(1, 9) n",
    ];
    let mariadb = [
        "CREATE TABLE part (id int PRIMARY KEY, a set('x','y'), b inet6, c float(7,2), d enum('p','q'))",
        "INSERT INTO part SELECT seq, 'x,y', '::1', 0.25, 'p' FROM seq_1_to_9",
    ];
    let address = |name: &str, book: &str| {
        let all = servers.addresses(book);
        all.into_iter().find(|(one, _)| *one == name).unwrap().1
    };
    for (name, statements) in [("PostgreSQL", &postgres[..]), ("MariaDB", &mariadb[..])] {
        for book in ["kinds_old", "kinds_new"] {
            match name {
                "PostgreSQL" => drop(servers.postgres.psql(&format!(
                    "SET search_path = {book}; {}",
                    statements.join("; ")
                ))),
                _ => servers
                    .mariadb
                    .run(&format!("USE {book};\n{};\n", statements.join(";\n"))),
            }
        }
        let [old, new] = ["kinds_old", "kinds_new"].map(|book| address(name, book));
        let plan = KINDS.replace("SOURCE", &old).replace("TARGET", &new);
        let place = Place::empty().with("crossfoot.toml", plan);
        let change = match name {
            "PostgreSQL" => {
                "SET search_path = kinds_new; UPDATE part SET a = 'anxious' WHERE id = 3; DELETE FROM part WHERE id = 4"
            }
            _ => {
                "USE kinds_new;\nUPDATE part SET d = 'q' WHERE id = 3;\nDELETE FROM part WHERE id = 4;\n"
            }
        };
        match name {
            "PostgreSQL" => drop(servers.postgres.psql(change)),
            _ => servers.mariadb.run(change),
        }
        let (code, stdout, stderr) = run(&place, "verify --no-progress --evidence evidence/found");
        assert_eq!(code, Some(1), "{name}: {stdout}{stderr}");
        let (code, stdout, stderr) = run(&place, "correct --write --reason 'by hand'");
        assert_eq!(code, Some(0), "{name}: {stdout}{stderr}");
        let (code, stdout, stderr) = run(&place, "verify --no-progress --evidence evidence/mended");
        assert_eq!(code, Some(0), "{name}: {stdout}{stderr}");
    }
}

#[test]
fn where_no_entry_can_be_made_no_table_of_entries_is_left() {
    let servers = Servers::start();
    servers.make("bao");
    for (name, url) in servers.addresses("bao") {
        let place = wallet(1, &url);
        let (code, _, stderr) = run(&place, "convert --no-progress");
        assert_eq!(code, Some(0), "{name}: {stderr}");
        execute(
            &servers,
            &place,
            name,
            &["UPDATE posting SET amount = amount + 1 WHERE voucher = 'P00000007' AND leg = 1"],
        );
        let (code, ..) = run(&place, "verify --no-progress --evidence evidence/found");
        assert_eq!(code, Some(1), "{name}");
        // As a break would be that does not tell its record whole.
        let found = place.read("evidence/found/breaks.jsonl");
        let damaged = found.replace("\"memo\":", "\"memento\":");
        assert_ne!(found, damaged);
        let place = place.with("evidence/found/breaks.jsonl", damaged);
        let (code, stdout, stderr) = run(&place, "correct --write --reason none --lang en");
        assert_eq!(code, Some(5), "{name}: {stdout}{stderr}");
        assert!(!left(&place, &url).contains("corrections"), "{name}");
        let place = place.with("evidence/found/breaks.jsonl", found);
        let (code, stdout, stderr) = run(&place, "correct --write --reason 'a yuan'");
        assert_eq!(code, Some(0), "{name}: {stdout}{stderr}");
        assert!(left(&place, &url).contains("posting.corrections"), "{name}");
    }
}

/// The whole of a night with a database: converted, damaged, found, corrected, balanced.
#[test]
fn entries_are_booked_beside_the_table_that_they_correct() {
    let servers = Servers::start();
    servers.make("bao");
    for (name, url) in servers.addresses("bao") {
        let place = wallet(2, &url);
        let (code, _, stderr) = run(&place, "convert --no-progress");
        assert_eq!(code, Some(0), "{name}: {stderr}");
        let damage = [
            "UPDATE posting SET amount = amount + 0.01 WHERE voucher = 'P01000007' AND leg = 1",
            "DELETE FROM posting WHERE voucher = 'P00000005'",
            "INSERT INTO posting SELECT 'X', leg, account, kind, accounting_date, amount, memo \
             FROM posting WHERE voucher = 'P00000009'",
        ];
        execute(&servers, &place, name, &damage);
        let before = left(&place, &url);
        let (code, _, stderr) = run(&place, "verify --no-progress --evidence evidence/found");
        assert_eq!(code, Some(1), "{name}: {stderr}");
        let (code, proposed, stderr) = run(&place, "correct --json");
        assert_eq!(code, Some(0), "{name}: {stderr}");
        assert_eq!(left(&place, &url), before, "{name}: proposed, not booked");
        let (code, written, stderr) = run(&place, "correct --write --reason 'ein Cent' --json");
        assert_eq!(code, Some(0), "{name}: {stderr}");
        let [proposed, written] = [proposed, written].map(|text| {
            let document: Value = serde_json::from_str(&text).unwrap();
            document["tables"][0]["effect"].clone()
        });
        assert_eq!(proposed, written, "{name}");
        // What was booked stays as it is; the entries stand beside it.
        let after = left(&place, &url);
        let tables = |told: &str| -> Vec<String> {
            let those = told.lines().filter(|line| line.contains(", key"));
            those.map(|line| line.to_owned()).collect()
        };
        assert_eq!(
            tables(&after),
            [
                "account, key [0]",
                "posting, key [0, 1]",
                "posting.corrections, key [0]"
            ],
            "{name}"
        );
        for line in before.lines() {
            assert!(after.contains(line), "{name}: {line}");
        }
        let (code, stdout, stderr) = run(
            &place,
            "verify --no-progress --evidence evidence/mended --lang en",
        );
        assert_eq!(code, Some(0), "{name}: {stdout}{stderr}");
        assert!(
            stdout.contains("`posting` is read with its corrections: 3 reversals, 3 rebookings"),
            "{name}: {stdout}"
        );
        // All at once, or not at all: there are some already.
        let (_, _, _) = run(&place, "verify --no-progress --evidence evidence/later");
        execute(
            &servers,
            &place,
            name,
            &["UPDATE posting SET amount = 1 WHERE voucher = 'P01000001'"],
        );
        let (code, ..) = run(&place, "verify --no-progress --evidence evidence/worse");
        assert_eq!(code, Some(1), "{name}");
        let (code, stdout, _) = run(&place, "correct --write --reason more --lang en");
        assert_eq!(code, Some(5), "{name}: {stdout}");
        assert!(
            stdout.contains("has corrections already"),
            "{name}: {stdout}"
        );
    }
}
