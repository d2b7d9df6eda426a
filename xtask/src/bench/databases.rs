//! `cargo xtask bench databases`: books in PostgreSQL, beside only reading them and beside rivals.

use std::fmt::Write as _;
use std::fs;
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::arguments::Arguments;
use crate::bench::figures::{list, text, thousands};
use crate::bench::{machine, page, rivals};
use crate::{measure, place, programs};

#[path = "../../../databases/tests/support/certificates.rs"]
mod certificates;
#[path = "../../../databases/tests/support/postgres.rs"]
#[expect(dead_code, reason = "measuring needs less of it than the tests")]
mod server;

use self::server::{PASSWORD, Postgres};

/// Memory and no sync: what is measured is reading.
const SETTINGS: &str = "shared_buffers = 2GB\nmax_wal_size = 16GB\nwork_mem = 512MB";

const FLOOR: &str = "psql, \\copy of both tables to nowhere";
const OURS: &str = "crossfoot verify";
const NO_DIGEST: &str = "crossfoot verify --no-digest";
const LOCATED: &str = "crossfoot verify --no-digest --no-causes";
const PUSHED: &str = "crossfoot verify --no-digest, fold = \"push\"";
const JOIN: &str = "full outer join in the server";
const RELADIFF: &str = "reladiff";

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

/// Eight columns, as the measurement of files has them.
const LEDGER: &str = "SELECT n::bigint AS txn_id, (n * 7919::bigint % 2000003)::bigint AS account, \
    timestamp '2013-01-01' + (n / 3) * interval '1 second' AS at, (n % 16)::smallint AS kind, \
    ((n * 2654435761::bigint % 100000007 - 50000000) / 100.0)::numeric(18,2) AS amount, \
    ((n % 997) / 100.0)::numeric(18,2) AS fee, \
    ((n * 40503::bigint % 1000000007) / 100.0)::numeric(18,2) AS balance, \
    'R' || lpad(n::text, 15, '0') AS reference";

/// Measures and writes the figures and the page.
///
/// # Errors
/// When PostgreSQL or a rival cannot be had, or a program cannot be started.
pub(crate) fn run(mut arguments: Arguments) -> Result<()> {
    let records = arguments.number("--records")?.unwrap_or(10_000_000);
    let runs = arguments.number("--repeat")?.unwrap_or(3).max(1);
    arguments.finish()?;
    programs::provide(programs::FOR_CI)?;
    let crossfoot = place::build_release()?.join("crossfoot");
    let python = rivals::python()?;
    let server = Postgres::start(SETTINGS);
    let mut cases = Vec::new();
    for differing in [0, records / 100] {
        cases.push(case(
            &server, &crossfoot, &python, records, differing, runs,
        )?);
    }
    let writing = writing(&server, &crossfoot, records / 5, runs)?;
    let results = json!({
        "date": machine::said_by("date", &["-u", "+%F"]),
        "machine": machine::describe(),
        "crossfoot": machine::said_by(&crossfoot.to_string_lossy(), &["--version"]),
        "python": machine::said_by(&python.to_string_lossy(), &["--version"]),
        "server": server.psql("SHOW server_version").trim(),
        "cases": cases,
        "writing": writing,
    });
    let bench = place::root().join("bench");
    let text = serde_json::to_string_pretty(&results)? + "\n";
    fs::write(bench.join("databases.json"), text).context("the figures cannot be written")?;
    page::write(&bench, &place::root().join("docs"))
}

fn case(
    server: &Postgres,
    crossfoot: &std::path::Path,
    python: &std::path::Path,
    records: u64,
    differing: u64,
    runs: u64,
) -> Result<Value> {
    eprintln!("-- {records} records, {differing} differ");
    let changed = match differing {
        0 => String::new(),
        some => format!(
            "UPDATE new.ledger SET amount = amount + 0.01 WHERE txn_id % {} = 0;",
            records / some
        ),
    };
    server.psql(&format!(
        "DROP SCHEMA IF EXISTS old CASCADE; DROP SCHEMA IF EXISTS new CASCADE;
         CREATE SCHEMA old; CREATE SCHEMA new;
         CREATE TABLE old.ledger AS {LEDGER} FROM generate_series(1, {records}) n;
         ALTER TABLE old.ledger ADD PRIMARY KEY (txn_id);
         CREATE TABLE new.ledger AS SELECT * FROM old.ledger ORDER BY txn_id;
         ALTER TABLE new.ledger ADD PRIMARY KEY (txn_id); {changed}"
    ));
    server.psql("VACUUM ANALYZE old.ledger");
    server.psql("VACUUM ANALYZE new.ledger");
    let folder = tempfile::tempdir().context("no folder for the plan")?;
    let url = |schema: &str| format!("{}&schema={schema}", server.url("teller", "${PASSWORD}"));
    let url = |schema: &str| url(schema).replace("%40", "@");
    let plan = PLAN
        .replace("SOURCE", &url("old"))
        .replace("TARGET", &url("new"));
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
    let psql = |statements: &[&str]| {
        let mut command = server.psql_command();
        for statement in statements {
            command.args(["-c", statement]);
        }
        command
    };
    let rows = "old.ledger o FULL JOIN new.ledger n USING (txn_id) WHERE (o.account, o.at, o.kind, o.amount, \
        o.fee, o.balance, o.reference) IS DISTINCT FROM (n.account, n.at, n.kind, n.amount, n.fee, n.balance, n.reference)";
    let reladiff = || {
        let mut command = Command::new(python.with_file_name("reladiff"));
        let uri = server
            .tcp_url("teller", PASSWORD)
            .replace("postgres://", "postgresql://");
        command
            .arg(&uri)
            .arg("old.ledger")
            .arg(&uri)
            .arg("new.ledger");
        command.args(["-k", "txn_id", "-c", "%", "--threads", "2"]);
        command
    };
    let floor = [
        r"\copy old.ledger TO /dev/null (FORMAT binary)",
        r"\copy new.ledger TO /dev/null (FORMAT binary)",
    ];
    let join = format!("SELECT count(*) FROM {rows}");
    let undigested = |plan| verify(plan, &["--no-digest"]);
    let located = || verify("read.toml", &["--no-digest", "--no-causes"]);
    let contestants: [(&str, u64, Making<'_>); 7] = [
        (FLOOR, runs, Box::new(|| psql(&floor))),
        (LOCATED, runs, Box::new(located)),
        (NO_DIGEST, runs, Box::new(|| undigested("read.toml"))),
        (PUSHED, runs, Box::new(|| undigested("pushed.toml"))),
        (OURS, runs, Box::new(|| verify("read.toml", &[]))),
        (JOIN, runs, Box::new(|| psql(&[&join]))),
        (RELADIFF, 1, Box::new(reladiff)),
    ];
    let mut measured = Vec::new();
    for (name, runs, command) in &contestants {
        let mut taken = (0..*runs)
            .map(|_| measure::run(&mut command()))
            .collect::<Result<Vec<_>>>()?;
        taken.sort_by(|one, other| one.wall_seconds.total_cmp(&other.wall_seconds));
        let taken = taken.swap_remove((taken.len() - 1) / 2);
        let is_ours = [OURS, NO_DIGEST, LOCATED, PUSHED].contains(name);
        // Ours ends with 1 where it finds breaks; a rival that fails has measured nothing.
        let has_ended_well = taken.status.success() || is_ours && taken.status.code() == Some(1);
        if !has_ended_well {
            bail!("{name} failed, {}", taken.status);
        }
        let found = found(name, &taken.stdout)?;
        eprintln!("   {name}: {:.1} s", taken.wall_seconds);
        measured.push(json!({"name": name, "figures": taken.figures(), "found": found}));
    }
    Ok(json!({"records": records, "differing": differing, "rows": measured}))
}

/// Converts records of CSV files into a database, beside loading the same files with the server's own
/// client.
fn writing(
    server: &Postgres,
    crossfoot: &std::path::Path,
    records: u64,
    runs: u64,
) -> Result<Value> {
    eprintln!("-- {records} records to be written");
    let folder = tempfile::tempdir().context("no folder for the files")?;
    let old = folder.path().join("old/ledger");
    fs::create_dir_all(&old).context("no folder for the files")?;
    let part = records / PARTS;
    let mut load = vec![
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
        let mut taken = (0..runs)
            .map(|_| measure::run(&mut command()))
            .collect::<Result<Vec<_>>>()?;
        taken.sort_by(|one, other| one.wall_seconds.total_cmp(&other.wall_seconds));
        let taken = taken.swap_remove((taken.len() - 1) / 2);
        if !taken.status.success() {
            bail!("{name} failed, {}", taken.status);
        }
        eprintln!("   {name}: {:.1} s", taken.wall_seconds);
        measured.push(json!({"name": name, "figures": taken.figures()}));
    }
    Ok(json!({"records": part * PARTS, "rows": measured}))
}

/// How many differing records a contestant has told.
fn found(name: &str, stdout: &[u8]) -> Result<Option<u64>> {
    let said = String::from_utf8_lossy(stdout);
    Ok(match name {
        FLOOR => None,
        JOIN => said.trim().parse().ok(),
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

/// Draws the section of the page.
pub(crate) fn draw(results: &Value) -> String {
    let mut section = format!(
        "\nTwo tables of eight columns in one PostgreSQL {}, on the same machine, read before and so in memory: \
         server and contestant share its cores, and wall time is what counts. The floor reads both tables, one after \
         the other, and throws them away; the peak is that of the contestant, without the server. A contestant of ours \
         locates every record, explains it and writes evidence; without digests it reads each table once less, and \
         without causes it does what reladiff does: it names the records that differ. The full outer join only counts. DuckDB's reader of PostgreSQL is an extension that is not in its package, and \
         was not measured.\n",
        text(&results["server"])
    );
    section += "\n| target | measured | |\n|---|---:|---|\n";
    for (target, measured, holds) in targets(results) {
        let verdict = if holds { "met" } else { "**missed**" };
        writeln!(section, "| {target} | {measured:.2} | {verdict} |").expect("a string takes it");
    }
    for case in list(&results["cases"]) {
        let differing = case["differing"].as_u64().unwrap_or(0);
        writeln!(
            section,
            "\n### {} records, {} differ\n\n| what | wall s | against the floor | peak | records told |\n|---|---:|---:|---:|---:|",
            thousands(case["records"].as_u64().unwrap_or(0)),
            if differing == 0 { "none".to_owned() } else { thousands(differing) },
        )
        .expect("a string takes it");
        for row in list(&case["rows"]) {
            let found = row["found"].as_u64().map_or("-".to_owned(), thousands);
            writeln!(
                section,
                "| {} | {:.1} | {:.2} | {:.0} MB | {found} |",
                text(&row["name"]),
                seconds(case, &text(&row["name"])),
                seconds(case, &text(&row["name"])) / seconds(case, FLOOR),
                row["figures"]["peak_bytes"].as_f64().unwrap_or(f64::NAN) / 1e6,
            )
            .expect("a string takes it");
        }
    }
    draw_writing(&results["writing"], &mut section);
    section
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
    for row in list(&writing["rows"]) {
        let wall = seconds(writing, &text(&row["name"]));
        writeln!(
            section,
            "| {} | {wall:.1} | {} | {:.2} | {:.0} MB |",
            text(&row["name"]),
            thousands((records as f64 / wall) as u64),
            wall / seconds(writing, LOAD),
            row["figures"]["peak_bytes"].as_f64().unwrap_or(f64::NAN) / 1e6,
        )
        .expect("a string takes it");
    }
}

fn seconds(case: &Value, name: &str) -> f64 {
    let rows = list(&case["rows"]).iter();
    let mut own = rows.filter(|row| row["name"] == name);
    let own = own
        .next()
        .and_then(|row| row["figures"]["wall_seconds"].as_f64());
    own.unwrap_or(f64::NAN)
}

/// What is asked, what was measured, and whether that suffices.
fn targets(results: &Value) -> Vec<(String, f64, bool)> {
    let cases = list(&results["cases"]);
    let [none, some] = cases else {
        return Vec::new();
    };
    let floor = seconds(none, NO_DIGEST) / seconds(none, FLOOR);
    let located = seconds(some, RELADIFF) / seconds(some, LOCATED);
    let ahead = seconds(some, RELADIFF) / seconds(some, NO_DIGEST);
    let behind = seconds(none, RELADIFF) / seconds(none, NO_DIGEST);
    vec![
        (
            "times the floor, none differ, at most 1.50".to_owned(),
            floor,
            floor <= 1.5,
        ),
        (
            "times as fast as reladiff, 1 % differ, without causes, at least 5.00".to_owned(),
            located,
            located >= 5.0,
        ),
        (
            "times as fast as reladiff, 1 % differ, at least 5.00".to_owned(),
            ahead,
            ahead >= 5.0,
        ),
        (
            "times as fast as reladiff, none differ, at least 1.00".to_owned(),
            behind,
            behind >= 1.0,
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_met_or_missed_as_the_figures_say_and_nothing_measured_is_missed() {
        let row = |name: &str, wall: f64| json!({"name": name, "figures": {"wall_seconds": wall}});
        let case = |floor, ours, reladiff| json!({"rows": [row(FLOOR, floor), row(NO_DIGEST, ours), row(LOCATED, ours), row(RELADIFF, reladiff)]});
        let told = |none, some| {
            let told = targets(&json!({"cases": [none, some]}));
            told.into_iter()
                .map(|(_, _, holds)| holds)
                .collect::<Vec<_>>()
        };
        assert_eq!(
            told(case(2.0, 3.0, 3.0), case(2.0, 3.0, 15.0)),
            [true, true, true, true]
        );
        assert_eq!(
            told(case(2.0, 3.1, 3.0), case(2.0, 3.0, 14.9)),
            [false, false, false, false]
        );
        assert_eq!(told(json!({}), json!({})), [false, false, false, false]);
    }
}
