//! A folder with the old books of a small wallet and the new ones.

use crate::sheet::Sheet;
use ruixin_history::{Format, History};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

/// Records of the history: enough for every kind of movement, and for suspense and open escrow.
pub(crate) const FLOW_RECORDS: u64 = 8_000;

/// A folder of its own for each test.
pub(crate) struct Place(TempDir);

impl Place {
    /// A folder, and no books.
    pub(crate) fn empty() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// The old books, and no new ones yet.
    pub(crate) fn generated() -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        let history = History::new(20_130_527, FLOW_RECORDS).unwrap();
        let pay = place.path().join("pay");
        history.write(&pay, Format::Parquet, 2, &|_| {}).unwrap();
        place
    }

    /// Both books.
    pub(crate) fn converted() -> Self {
        let place = Self::generated();
        let output = place.run(&["convert", "--plan", &plan().to_string_lossy()]);
        assert_eq!(output.status.code(), Some(0), "{}", told(&output));
        place
    }

    /// The same books in another folder.
    pub(crate) fn copied(&self) -> Self {
        let copy = Self(tempfile::tempdir().unwrap());
        copy_folder(self.path(), copy.path());
        copy
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    /// Runs the real command on these books.
    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_crossfoot"))
            .args(arguments)
            .arg("--no-progress")
            .current_dir(self.path())
            .env_clear()
            .env("LC_ALL", "C.UTF-8")
            .env("RUIXIN_BOOKS", self.path())
            .stdin(Stdio::null())
            .output()
            .unwrap()
    }

    /// Verifies by a plan: the exit code, and the report.
    pub(crate) fn verify(&self, plan: &Path) -> (Option<i32>, Value) {
        let evidence = self.path().join("evidence");
        let output = self.run(&[
            "verify",
            "--json",
            "--plan",
            &plan.to_string_lossy(),
            "--evidence",
            &evidence.to_string_lossy(),
        ]);
        let report = serde_json::from_slice(&output.stdout);
        let report = report.unwrap_or_else(|_| panic!("{}", told(&output)));
        (output.status.code(), report)
    }

    /// The controls that do not hold, by the plan's controls alone: no agreement helps them.
    pub(crate) fn broken_controls(&self) -> BTreeSet<String> {
        let statuses = self.statuses_of_controls().into_iter();
        let broken = statuses.filter(|(_, status)| status != "holds");
        broken.map(|(name, _)| name).collect()
    }

    /// What each of the plan's controls came to, by its name.
    pub(crate) fn statuses_of_controls(&self) -> BTreeMap<String, String> {
        let plan = self.path().join("controls.toml");
        fs::write(&plan, controls_alone()).unwrap();
        let (_, report) = self.verify(&plan);
        let controls = report["controls"].as_array().unwrap().iter();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        controls
            .map(|control| (text(&control["name"]), text(&control["status"])))
            .collect()
    }

    /// A table of the new books.
    pub(crate) fn target(&self, table: &str) -> Sheet {
        Sheet::read(&self.path().join("ledger").join(table))
    }

    /// A table of the old books: a folder of files, or a file.
    pub(crate) fn source(&self, table: &str) -> Sheet {
        let pay = self.path().join("pay");
        let folder = pay.join(table);
        match folder.is_dir() {
            true => Sheet::read(&folder),
            false => Sheet::read(&pay.join(format!("{table}.parquet"))),
        }
    }
}

/// The plan that ships.
pub(crate) fn plan() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../ruixin/crossfoot.toml")
}

/// The names of its controls.
pub(crate) fn names_of_controls() -> BTreeSet<String> {
    let plan = fs::read_to_string(plan()).unwrap();
    let mut names = BTreeSet::new();
    let mut lines = plan.lines();
    while let Some(line) = lines.next() {
        if line == "[[control]]" {
            let name = lines.next().unwrap().split('"').nth(1).unwrap();
            assert!(names.insert(name.to_owned()), "{name} is there twice");
        }
    }
    names
}

/// The plan without its agreements.
fn controls_alone() -> String {
    let plan = fs::read_to_string(plan()).unwrap();
    let (head, rest) = plan.split_once("[[agreement]]").unwrap();
    let (_, controls) = rest.split_once("[[control]]").unwrap();
    format!("{head}[[control]]{controls}")
}

/// What a command said.
pub(crate) fn told(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    format!(
        "{}\n{}{}",
        output.status,
        text(&output.stdout),
        text(&output.stderr)
    )
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        match entry.path().is_dir() {
            true => copy_folder(&entry.path(), &target),
            false => drop(fs::copy(entry.path(), target).unwrap()),
        }
    }
}
