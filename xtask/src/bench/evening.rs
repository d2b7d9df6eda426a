//! `cargo xtask bench evening`: both ledgers running, with people who use them, at a real size.

use std::fmt::Write as _;
use std::fs;
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::arguments::Arguments;
use crate::bench::figures::{bytes, text, thousands};
use crate::bench::{machine, page};
use crate::{measure, place};

/// Records that the old books have, if not said: they come with a million accounts.
const RECORDS: u64 = 29_000_000;
/// People who use the systems, if not said.
const PEOPLE: u64 = 400;

/// The parts of the evening, in their order, and what each is.
const PARTS: [(&str, &str); 19] = [
    (
        "prepared",
        "the old books written as CSV and brought into Ruixin Pay's database",
    ),
    ("rehearsed", "the night rehearsed on small books"),
    (
        "open",
        "both systems running, people gathered and at work, the window announced",
    ),
    ("closed", "the freeze, with all figures added up twice"),
    ("converted", "convert"),
    ("verified", "verify, a cent off"),
    ("explained", "explain"),
    ("corrected", "correct"),
    ("verified_again", "verify once more"),
    (
        "taken_over",
        "Ruixin Bao takes the ledger over and proves its books",
    ),
    (
        "opened",
        "what it opens with held against Ruixin Pay, by verify",
    ),
    ("released", "sign, gate, release, evidence verified"),
    ("went_on", "people compare and go on at the new system"),
    ("first_night", "the first night: cut, confirm, close"),
    ("next_day", "people at the new system on the next day"),
    ("second_night", "the second night: incomes for everybody"),
    ("earned", "people compare what they have earned"),
    ("proved", "all proofs once more"),
    (
        "registered",
        "the register, and its reconciliation by verify",
    ),
];

/// Parts of the window: from the freeze to the release.
const WINDOW: [&str; 9] = [
    "closed",
    "converted",
    "verified",
    "explained",
    "corrected",
    "verified_again",
    "taken_over",
    "opened",
    "released",
];

/// Measures, and writes `bench/evening.json` and the page.
///
/// # Errors
/// When the program cannot be built or run, or the evening does not end with GO.
pub(crate) fn run(mut arguments: Arguments) -> Result<()> {
    let records = arguments.number("--records")?.unwrap_or(RECORDS);
    let people = arguments.number("--people")?.unwrap_or(PEOPLE);
    let dir = arguments.text("--dir")?;
    arguments.finish()?;
    let crossfoot = place::build_release()?.join("crossfoot");
    let folder = match dir {
        Some(dir) => tempfile::tempdir_in(dir),
        None => tempfile::tempdir(),
    };
    let folder = folder.context("there is no temporary folder")?;
    let line = format!("demo --live --json --no-progress --records {records} --people {people}");
    println!("crossfoot {line}");
    let mut command = Command::new(&crossfoot);
    command.args(line.split(' ')).current_dir(folder.path());
    let taken = measure::run(&mut command)?;
    if !taken.status.success() {
        bail!("the evening ended with {}", taken.status);
    }
    let told: Value = serde_json::from_slice(&taken.stdout).context("crossfoot's document")?;
    let measured = json!({
        "date": machine::said_by("date", &["-u", "+%F"]),
        "machine": machine::describe(),
        "crossfoot": machine::said_by(&crossfoot.to_string_lossy(), &["--version"]),
        "command": format!("crossfoot {line}"),
        "figures": taken.figures(),
        "told": told,
    });
    let figures = place::root().join("bench");
    let text = serde_json::to_string_pretty(&measured)? + "\n";
    fs::write(figures.join("evening.json"), text).context("bench/evening.json")?;
    page::write(&figures, &place::root().join("docs"))
}

/// The part of the page.
pub(crate) fn draw(measured: &Value) -> String {
    let (told, figures) = (&measured["told"], &measured["figures"]);
    let seconds = |part: &str| told["seconds"][part].as_f64().unwrap_or(0.0);
    let count = |value: &Value| thousands(value.as_u64().unwrap_or(0));
    let window: f64 = WINDOW.into_iter().map(seconds).sum();
    let machine = &measured["machine"];
    let night = &told["after"]["nights"][1];
    let mut part = format!(
        "\n## The whole evening, live\n\n\
         Measured on {date} by `cargo xtask bench evening`: {processor}, {cores} cores, {memory} of memory; \
         {crossfoot} at commit {commit}. Ruixin Pay and Ruixin Bao serve over HTTP, each with its books in SQLite, \
         and everything runs in one process on these cores: {accounts} accounts, {records} records, and {people} \
         people who were at work until the freeze ({done} commands done) and went on at the new system \
         ({went_on} done, and {next_day} on the next day). Each of them had to the cent what he was told, at every \
         look. From the freeze to the release it took {window:.1} s; the whole, {wall:.1} s of time, {cpu:.1} s \
         of the processors, {peak} at most. The first income was {income} yuan on {shares} shares.\n\n\
         | part | s |\n|---|--:|\n",
        date = text(&measured["date"]),
        processor = text(&machine["processor"]),
        cores = machine["cores"],
        memory = bytes(&machine["memory_bytes"]),
        crossfoot = text(&measured["crossfoot"]),
        commit = text(&machine["commit"]),
        accounts = count(&told["accounts"]),
        records = count(&told["records"]),
        people = count(&told["people"]),
        done = count(&told["before"]["done"]),
        went_on = count(&told["after"]["went_on"]["done"]),
        next_day = count(&told["after"]["next_day"]["done"]),
        wall = figures["wall_seconds"].as_f64().unwrap_or(0.0),
        cpu = figures["cpu_seconds"].as_f64().unwrap_or(0.0),
        peak = bytes(&figures["peak_bytes"]),
        income = text(&night["income"]),
        shares = text(&night["shares"]),
    );
    let was_measured = |name: &str| told["seconds"][name].is_number();
    for (name, what) in PARTS.into_iter().filter(|(name, _)| was_measured(name)) {
        let _ = writeln!(part, "| {what} | {:.1} |", seconds(name));
    }
    let _ = write!(part, "\n```text\n{}\n```\n", text(&measured["command"]));
    part
}
