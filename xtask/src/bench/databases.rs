//! `cargo xtask bench databases`: books in PostgreSQL and MariaDB, beside only reading them and beside
//! rivals.

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::fs;
use std::iter;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::arguments::Arguments;
use crate::bench::figures::{list, peak, text, thousands, wall};
use crate::bench::servers::{self, LEDGER, MariaDb, PASSWORD, Postgres, Server};
use crate::bench::{machine, page, rivals, targets};
use crate::{measure, place, programs};

pub(crate) const OURS: &str = "crossfoot verify";
const NO_DIGEST: &str = "crossfoot verify --no-digest";
pub(crate) const LOCATED: &str = "crossfoot verify --no-digest --no-causes";
const PUSHED: &str = "crossfoot verify --no-digest, fold = \"push\"";
const DUCKDB: &str = "DuckDB 1.5.5, full outer join over its reader";
const JOIN: &str = "full outer join in the server";
pub(crate) const RELADIFF: &str = "reladiff";

const PLAN: &str = r#"name     = "bench"
timezone = "Asia/Shanghai"
currency = "CNY"
[source]
url = "SOURCE"
[target]
url = "TARGET"
[[agreement]]
name   = "ledger"
rule   = "ledger"
target = "ledger"
key    = ["txn_id"]
money  = ["amount", "fee", "balance"]
"#;

pub(crate) const SERVERS: [&str; 2] = ["PostgreSQL", "MariaDB"];

const LOAD: &str = "psql, \\copy from the files, then the primary key";
const INTO_POSTGRES: &str = "crossfoot convert, into PostgreSQL";
const INTO_SQLITE: &str = "crossfoot convert, into SQLite";
const INTO_FILES: &str = "crossfoot convert, into Parquet";

/// Files that a conversion reads, each a chunk or more.
const PARTS: u64 = 8;

const CONVERT: &str = r#"name     = "bench"
timezone = "Asia/Shanghai"
currency = "CNY"
[source]
url = "old"
[source.tables.ledger]
files = "ledger/*.csv"
[target]
url = "TARGET"
[[agreement]]
name   = "ledger"
rule   = "SELECT CAST(txn_id AS BIGINT) AS txn_id, CAST(account AS BIGINT) AS account, at, CAST(kind AS SMALLINT) AS kind, money(amount) AS amount, money(fee) AS fee, money(balance) AS balance, reference FROM ledger"
target = "ledger"
key    = ["txn_id"]
money  = ["amount", "fee", "balance"]
"#;

/// Makes the command of a contestant anew for each run.
type Making<'a> = Box<dyn Fn() -> Command + 'a>;

/// Measures and writes the figures and the page.
///
/// # Errors
/// When a server or a rival cannot be had, or a program cannot be started.
pub(crate) fn run(mut arguments: Arguments) -> Result<()> {
    let records = arguments.number("--records")?.unwrap_or(10_000_000);
    let runs = arguments.number("--repeat")?.unwrap_or(3).max(1);
    let only = arguments.text("--server")?;
    arguments.finish()?;
    if let Some(kind) = &only
        && !SERVERS.contains(&kind.as_str())
    {
        bail!("there is no server {kind:?}: say {}", SERVERS.join(" or "));
    }
    programs::provide(programs::FOR_CI)?;
    let crossfoot = place::build_release()?.join("crossfoot");
    let python = rivals::python()?;
    let bench = place::root().join("bench");
    let path = bench.join("databases.json");
    let measured = json!({
        "date": machine::said_by("date", &["-u", "+%F"]),
        "machine": machine::describe(),
        "crossfoot": machine::said_by(&crossfoot.to_string_lossy(), &["--version"]),
        "python": machine::said_by(&python.to_string_lossy(), &["--version"]),
    });
    let mut results = match &only {
        Some(_) => {
            let before = fs::read_to_string(&path).context("nothing is measured of the others")?;
            serde_json::from_str(&before).context("the figures are no JSON")?
        }
        None => {
            let mut results = measured.clone();
            results["cases"] = json!([]);
            results
        }
    };
    let is_wanted = |kind: &str| only.as_ref().is_none_or(|only| only == kind);
    let mut add = |server: &dyn Server| -> Result<()> {
        let mut cases = cases(server, &crossfoot, &python, records, runs)?;
        if only.is_some() {
            for case in &mut cases {
                case["measured"] = measured.clone();
            }
        }
        results["servers"][server.kind()] = server.version()?.into();
        results["by_tcp"][server.kind()] = true.into();
        put_cases(&mut results, cases);
        Ok(())
    };
    let [postgres, mariadb] = SERVERS;
    if is_wanted(postgres) {
        add(&servers::postgres()?)?;
    }
    if is_wanted(mariadb) {
        add(&MariaDb::start()?)?;
    }
    if only.is_none() {
        results["writing"] = writing(&servers::postgres()?, &crossfoot, records / 5, runs)?;
    }
    let text = serde_json::to_string_pretty(&results)? + "\n";
    fs::write(path, text).context("the figures cannot be written")?;
    page::write(&bench, &place::root().join("docs"))
}

/// Puts the cases of one server in the place of those that were there.
fn put_cases(results: &mut Value, cases: Vec<Value>) {
    let server = cases.first().map(server_of).unwrap_or_default().to_owned();
    let before = list(&results["cases"]).to_vec();
    let at = before
        .iter()
        .position(|case| server_of(case) == server)
        .unwrap_or(before.len());
    let mut all: Vec<Value> = before
        .into_iter()
        .filter(|case| server_of(case) != server)
        .collect();
    all.splice(at..at, cases);
    results["cases"] = all.into();
}

/// Measures one server: with nothing that differs, and with one record in a hundred.
fn cases(
    server: &dyn Server,
    crossfoot: &Path,
    python: &Path,
    records: u64,
    runs: u64,
) -> Result<Vec<Value>> {
    let mut cases = Vec::new();
    for differing in [0, records / 100] {
        eprintln!(
            "-- {}: {records} records, {differing} differ",
            server.kind()
        );
        server.fill(records, differing)?;
        let rows = case(server, crossfoot, python, runs)?;
        let kind = server.kind();
        cases.push(
            json!({"server": kind, "records": records, "differing": differing, "rows": rows}),
        );
    }
    Ok(cases)
}

fn case(server: &dyn Server, crossfoot: &Path, python: &Path, runs: u64) -> Result<Vec<Value>> {
    let folder = tempfile::tempdir().context("no folder for the plan")?;
    let [source, target] = server.addresses();
    let plan = PLAN.replace("SOURCE", &source).replace("TARGET", &target);
    let pushed = format!("{plan}fold = \"push\"\n");
    for (name, plan) in [("read.toml", plan), ("pushed.toml", pushed)] {
        fs::write(folder.path().join(name), plan).context("the plan cannot be written")?;
    }
    let verify = |plan: &str, more: &[&str]| {
        let mut command = Command::new(crossfoot);
        command
            .args(["verify", "--json", "--no-progress", "--plan"])
            .arg(folder.path().join(plan));
        command.args(more).env("PASSWORD", PASSWORD);
        command
    };
    let reladiff = || {
        let mut command = Command::new(python.with_file_name("reladiff"));
        command.args(server.for_reladiff());
        command.args(["-k", "txn_id", "-c", "%", "--threads", "2"]);
        command
    };
    let undigested = |plan| verify(plan, &["--no-digest"]);
    let located = || verify("read.toml", &["--no-digest", "--no-causes"]);
    let (floor, _) = server.floor();
    let mut contestants: Vec<(&str, u64, Making<'_>)> = vec![
        (floor, runs, Box::new(|| server.floor().1)),
        (LOCATED, runs, Box::new(located)),
        (NO_DIGEST, runs, Box::new(|| undigested("read.toml"))),
        (PUSHED, runs, Box::new(|| undigested("pushed.toml"))),
        (OURS, runs, Box::new(|| verify("read.toml", &[]))),
        (JOIN, runs, Box::new(|| server.join())),
        (RELADIFF, 1, Box::new(reladiff)),
    ];
    if let Some([old, new, address]) = server.for_duckdb() {
        let python = rivals::python_of_reader()?;
        let work = folder.path().join("work");
        let duckdb = move || {
            let mut command = Command::new(&python);
            command.arg(rivals::script("duckdb_postgres.py"));
            command.args([&old, &new]).arg("--work").arg(&work);
            command.args(["--address", &address]);
            command
        };
        contestants.push((DUCKDB, runs, Box::new(duckdb)));
    }
    let mut measured = Vec::new();
    for (name, runs, command) in &contestants {
        let is_ours = [OURS, NO_DIGEST, LOCATED, PUSHED].contains(name);
        let taken = median(name, *runs, command, is_ours)?;
        let found = match *name == floor {
            true => None,
            false => found(name, &taken.stdout)?,
        };
        let command = shown(&command());
        measured.push(
            json!({"name": name, "command": command, "figures": taken.figures(), "found": found}),
        );
    }
    Ok(measured)
}

/// Runs a contestant some times over and gives the run with the median wall time. Ours ends with 1
/// where it finds breaks; a rival that fails has measured nothing.
fn median(name: &str, runs: u64, command: &Making<'_>, may_find: bool) -> Result<measure::Taken> {
    let mut taken = (0..runs)
        .map(|_| measure::run(&mut command()))
        .collect::<Result<Vec<_>>>()?;
    taken.sort_by(|one, other| one.wall_seconds.total_cmp(&other.wall_seconds));
    let taken = taken.swap_remove((taken.len() - 1) / 2);
    let has_ended_well = taken.status.success() || may_find && taken.status.code() == Some(1);
    if !has_ended_well {
        bail!("{name} failed, {}", taken.status);
    }
    eprintln!("   {name}: {:.1} s", taken.wall_seconds);
    Ok(taken)
}

/// The command as a reader can type it: without the temporary folders in which it was run, and
/// without a password.
fn shown(command: &Command) -> String {
    let password = PASSWORD.replace('@', "%40").replace('/', "%2F");
    let short = |word: &OsStr| {
        let word = word.to_string_lossy().replace(&password, "PASSWORD");
        let word = without_folders(&word);
        match word.contains([' ', '$', '\\', ';', '>', '%']) {
            true => format!("'{}'", word.replace('\'', r"'\''")),
            false => word,
        }
    };
    let program = Path::new(command.get_program());
    let program = program.file_name().unwrap_or_default();
    let words = iter::once(program).chain(command.get_args());
    words.map(short).collect::<Vec<_>>().join(" ")
}

/// Leaves out folders of the system's temporary one; such a folder itself becomes `.`.
fn without_folders(word: &str) -> String {
    let temporary = format!("{}/", std::env::temp_dir().display());
    let mut parts = word.split(&temporary);
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |told, part| match part.split_once('/') {
        Some((_, rest)) => told + rest,
        None => told + ".",
    })
}

/// Converts records of CSV files into a database, beside loading the same files with the server's own
/// client.
fn writing(server: &Postgres, crossfoot: &Path, records: u64, runs: u64) -> Result<Value> {
    eprintln!("-- {records} records to be written");
    let folder = tempfile::tempdir().context("no folder for the files")?;
    let old = folder.path().join("old/ledger");
    fs::create_dir_all(&old).context("no folder for the files")?;
    let part = records / PARTS;
    let mut load = vec![
        "CREATE SCHEMA IF NOT EXISTS new".to_owned(),
        "DROP TABLE IF EXISTS new.loaded".to_owned(),
        format!("CREATE TABLE new.loaded AS {LEDGER} FROM generate_series(1, 0) n"),
    ];
    for number in 0..PARTS {
        let file = old.join(format!("part-{number}.csv"));
        let (from, to) = (number * part + 1, (number + 1) * part);
        let query = format!("{LEDGER} FROM generate_series({from}, {to}) n");
        let file = file.display();
        server.psql(&format!(
            "\\copy ({query}) TO '{file}' (FORMAT csv, HEADER)\n"
        ));
        load.push(format!(
            "\\copy new.loaded FROM '{file}' (FORMAT csv, HEADER)"
        ));
    }
    load.push("ALTER TABLE new.loaded ADD PRIMARY KEY (txn_id)".to_owned());
    server.psql("DROP SCHEMA IF EXISTS bao CASCADE; CREATE SCHEMA bao");
    let url = server.url("teller", "${PASSWORD}").replace("%40", "@") + "&schema=bao";
    for (name, target) in [
        ("postgres.toml", url.as_str()),
        ("sqlite.toml", "sqlite://bao.db"),
        ("files.toml", "bao"),
    ] {
        let plan = CONVERT.replace("TARGET", target);
        fs::write(folder.path().join(name), plan).context("the plan cannot be written")?;
    }
    let convert = |plan: &str| {
        let mut command = Command::new(crossfoot);
        command
            .args(["convert", "--json", "--no-progress", "--discard", "--plan"])
            .arg(folder.path().join(plan))
            .env("PASSWORD", PASSWORD);
        command
    };
    let psql = || {
        let mut command = server.psql_command();
        for statement in &load {
            command.args(["-c", statement]);
        }
        command
    };
    let contestants: [(&str, Making<'_>); 4] = [
        (LOAD, Box::new(psql)),
        (INTO_POSTGRES, Box::new(|| convert("postgres.toml"))),
        (INTO_SQLITE, Box::new(|| convert("sqlite.toml"))),
        (INTO_FILES, Box::new(|| convert("files.toml"))),
    ];
    let mut measured = Vec::new();
    for (name, command) in &contestants {
        let taken = median(name, runs, command, false)?;
        let command = shown(&command());
        measured.push(json!({"name": name, "command": command, "figures": taken.figures()}));
    }
    Ok(json!({"records": part * PARTS, "rows": measured}))
}

/// How many differing records a contestant has told.
fn found(name: &str, stdout: &[u8]) -> Result<Option<u64>> {
    let said = String::from_utf8_lossy(stdout);
    Ok(match name {
        JOIN => said.trim().parse().ok(),
        DUCKDB => {
            let keys: Value = serde_json::from_str(&said).context("the rival printed no JSON")?;
            Some(list(&keys["txn_ids"]).len() as u64)
        }
        // A changed record is two lines, one for each side.
        RELADIFF => Some(said.lines().filter(|line| line.starts_with('+')).count() as u64),
        _ => {
            let report: Value = serde_json::from_str(&said).context("the report is no JSON")?;
            let Some(breaks) = report["agreements"][0]["breaks"].as_object() else {
                bail!("the report has no breaks: {said}");
            };
            Some(breaks.values().filter_map(Value::as_u64).sum())
        }
    })
}

/// The server of a case; those measured first had one only.
pub(crate) fn server_of(case: &Value) -> &str {
    case["server"].as_str().unwrap_or("PostgreSQL")
}

/// Draws the section of the page.
pub(crate) fn draw(results: &Value) -> String {
    let version = |kind: &str| match results["servers"][kind].as_str() {
        Some(version) => Some(version),
        // Those measured first had one only.
        None if kind == "PostgreSQL" => results["server"].as_str(),
        None => None,
    };
    let versions: Vec<String> = SERVERS
        .into_iter()
        .filter_map(|kind| Some(format!("in one {kind} {}", version(kind)?)))
        .collect();
    // Figures of an older measurement stay until they are taken anew.
    let connected = match results["by_tcp"]["MariaDB"].as_bool() {
        Some(true) => "All are connected by TCP on the machine itself, and none encrypts.",
        _ => {
            "Whatever reads PostgreSQL is connected by TCP on the machine itself, and none encrypts; \
             MariaDB's floor and ours by its socket, reladiff by TCP."
        }
    };
    let mut section = format!(
        "\nTwo tables of eight columns {}, on the same machine, read before and so in memory: \
         server and contestant share its cores, and wall time is what counts. The floor reads both tables, one after \
         the other, and throws them away; the peak is that of the contestant, without the server. A contestant of ours \
         locates every record, explains it and writes evidence; the digest of each table is taken on the way, and \
         without causes it does what reladiff does: it names the records that differ. The full outer join only counts. \
         {connected} DuckDB's reader of PostgreSQL is an extension; \
         a package has it of an older release only, which is the one measured here.\n",
        versions.join(", and ")
    );
    section += &targets::draw_databases(results);
    for case in list(&results["cases"]) {
        draw_case(case, &mut section);
    }
    draw_writing(&results["writing"], &mut section);
    section
}

fn draw_case(case: &Value, section: &mut String) {
    let differing = case["differing"].as_u64().unwrap_or(0);
    let apart = match &case["measured"] {
        Value::Null => String::new(),
        apart => format!(
            "Measured apart from the others, {}\n",
            page::measured("", apart)
        ),
    };
    write!(
        section,
        "\n### {}: {} records, {} differ\n\n{apart}| what | wall s | against the floor | peak | records told |\n|---|---:|---:|---:|---:|\n",
        server_of(case),
        thousands(case["records"].as_u64().unwrap_or(0)),
        if differing == 0 { "none".to_owned() } else { thousands(differing) },
    )
    .expect("a string takes it");
    let rows = list(&case["rows"]);
    let floor = rows.first().map_or(f64::NAN, wall);
    for row in rows {
        let found = row["found"].as_u64().map_or("-".to_owned(), thousands);
        writeln!(
            section,
            "| {} | {:.1} | {:.2} | {:.0} MB | {found} |",
            text(&row["name"]),
            wall(row),
            wall(row) / floor,
            peak(row) / 1e6,
        )
        .expect("a string takes it");
    }
    draw_commands(rows, section);
}

/// The commands under a table, where they were kept.
fn draw_commands(rows: &[Value], section: &mut String) {
    let commands: Vec<&str> = rows
        .iter()
        .filter_map(|row| row["command"].as_str())
        .collect();
    if !commands.is_empty() {
        write!(section, "\n```text\n{}\n```\n", commands.join("\n")).expect("a string takes it");
    }
}

fn draw_writing(writing: &Value, section: &mut String) {
    let Some(records) = writing["records"].as_u64() else {
        return;
    };
    write!(
        section,
        "\n### {} records converted\n\nFrom {PARTS} CSV files, money read by `money()`. Loading parses the files in the \
         server, within one session; a conversion commits each chunk with its manifest, and gives the key in the end.\n\n\
         | what | wall s | records/s | against loading | peak |\n|---|---:|---:|---:|---:|\n",
        thousands(records),
    )
    .expect("a string takes it");
    let rows = list(&writing["rows"]);
    let loading = rows.iter().find(|row| row["name"] == LOAD);
    let loading = loading.map_or(f64::NAN, wall);
    for row in rows {
        writeln!(
            section,
            "| {} | {:.1} | {} | {:.2} | {:.0} MB |",
            text(&row["name"]),
            wall(row),
            thousands((records as f64 / wall(row)) as u64),
            wall(row) / loading,
            peak(row) / 1e6,
        )
        .expect("a string takes it");
    }
    draw_commands(rows, section);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_release_of_duckdb_that_is_named_is_the_one_that_is_pinned() {
        let pinned = include_str!("../../../bench/rivals/requirements-postgres.txt");
        let named = DUCKDB.split([' ', ',']).nth(1).expect("a release");
        assert!(
            pinned
                .lines()
                .any(|line| line == format!("duckdb=={named}"))
        );
    }

    #[test]
    fn one_servers_cases_take_the_place_of_those_that_were_there() {
        let case = |server: &str, wall: u64| json!({"server": server, "rows": [wall]});
        let mut results = json!({"cases": []});
        put_cases(
            &mut results,
            vec![case("PostgreSQL", 1), case("PostgreSQL", 2)],
        );
        put_cases(&mut results, vec![case("MariaDB", 3)]);
        assert_eq!(
            results["cases"],
            json!([
                case("PostgreSQL", 1),
                case("PostgreSQL", 2),
                case("MariaDB", 3)
            ])
        );
        put_cases(&mut results, vec![case("PostgreSQL", 4)]);
        assert_eq!(
            results["cases"],
            json!([case("PostgreSQL", 4), case("MariaDB", 3)])
        );
    }

    #[test]
    fn a_command_is_shown_without_folders_and_passwords() {
        let folder = std::env::temp_dir().join(".tmpAbc");
        let mut command = Command::new("/usr/local/bin/reladiff");
        command
            .arg("mysql://teller:p%40ss%2Fword@127.0.0.1:1/pay")
            .arg("-h")
            .arg(&folder)
            .arg(folder.join("read.toml"))
            .args(["-e", "SELECT 'it'; SELECT 2"]);
        insta::assert_snapshot!(shown(&command), @r"reladiff mysql://teller:PASSWORD@127.0.0.1:1/pay -h . read.toml -e 'SELECT '\''it'\''; SELECT 2'");
    }
}
