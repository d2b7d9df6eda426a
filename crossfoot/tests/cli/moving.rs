//! Databases that are written to while they are read, and how hard they are asked.

use crate::databases::{Servers, run};
use crate::place::Place;
use mysql::prelude::Queryable as _;
use serde_json::Value;
use std::process::{Child, Stdio};
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

const TABLE: &str = "CREATE TABLE flow (serial int PRIMARY KEY, amount decimal(18,2) NOT NULL)";

/// Forty records; 7 and 9 are off in the target, 41 and 42 are only in the source.
fn books(servers: &Servers, place: &Place) -> [String; 2] {
    servers.make("live");
    let [(_, source), (_, target), _] = servers.addresses("live");
    let source_records: Vec<String> = (1..=42).map(|n| format!("({n}, {n}.00)")).collect();
    let target_records: Vec<String> = (1..=40)
        .map(|n| format!("({n}, {n}.{})", if n == 7 || n == 9 { "01" } else { "00" }))
        .collect();
    servers.postgres.psql(&format!(
        "SET search_path = live; {TABLE}; INSERT INTO flow VALUES {}",
        source_records.join(",")
    ));
    servers.mariadb.run(&format!(
        "USE live;\n{TABLE};\nINSERT INTO flow VALUES {};\n",
        target_records.join(",")
    ));
    let plan = PLAN.replace("SOURCE", &source).replace("TARGET", &target);
    std::fs::write(place.path().join("crossfoot.toml"), plan).unwrap();
    [source, target]
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
    insta::assert_snapshot!(hidden(&servers, &stderr), @"error: SOCKET, the lag of replicas: this server is no replica, and a source does not know how far its replicas are behind; read from a replica, or leave `lag` out");
    let (code, _, stderr) = run(&place, "verify --max-load much --lang en");
    assert_eq!(code, Some(2));
    insta::assert_snapshot!(stderr, @"
    error: invalid value 'much' for '--max-load <LOAD>': a load is written `50000` (records a second), `lag=5` (seconds that replicas may be behind) or `50000,lag=5`

    For more information, try '--help'.
    ");
}
