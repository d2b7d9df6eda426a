//! Tiny books for tests: written to a folder of their own, verified, and read back.

#![allow(
    dead_code,
    unreachable_pub,
    reason = "each test file uses a part of it"
)]

use ledger::{Break, BreakKind, Report, SmolStr};
use reconcile::{Options, Unwatched, VerifyError, Watch, prepare, verify};
use std::fs;
use std::path::Path;
use std::sync::Arc;

/// A plan and two books in a temporary folder.
pub(crate) struct Case {
    pub(crate) folder: tempfile::TempDir,
}

/// What a run left.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) report: Report,
    pub(crate) breaks: Vec<Break>,
    /// The bytes of `breaks.jsonl`.
    pub(crate) lines: String,
    pub(crate) rejects: Vec<ledger::Reject>,
}

impl Case {
    /// One CSV for each side, and the words of the agreement.
    pub(crate) fn new(agreement: &str, source: &str, target: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let case = Self { folder };
        case.write("old/flow.csv", source);
        case.write("new/posting.csv", target);
        case.plan(agreement);
        case
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.folder.path().join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    }

    pub(crate) fn plan(&self, agreement: &str) {
        let plan = format!(
            "name = \"case\"\ncurrency = \"CNY\"\ntimezone = \"Asia/Shanghai\"\n\
             [source]\nurl = \"old\"\n[target]\nurl = \"new\"\n{agreement}"
        );
        self.write("crossfoot.toml", &plan);
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn try_run(&self, change: impl FnOnce(&mut Options)) -> Result<Ran, VerifyError> {
        self.try_run_with(&|_| None, change)
    }

    /// Runs with these variables of the environment.
    pub(crate) fn try_run_with(
        &self,
        environment: &dyn Fn(&str) -> Option<String>,
        change: impl FnOnce(&mut Options),
    ) -> Result<Ran, VerifyError> {
        let watch: Arc<dyn Watch> = Arc::new(Unwatched::default());
        self.try_run_watched(&watch, environment, change)
    }

    /// Runs under a watch.
    pub(crate) fn try_run_watched(
        &self,
        watch: &Arc<dyn Watch>,
        environment: &dyn Fn(&str) -> Option<String>,
        change: impl FnOnce(&mut Options),
    ) -> Result<Ran, VerifyError> {
        let plan = rules::plan::read(&self.path().join("crossfoot.toml")).expect("a good plan");
        let evidence = self.path().join("evidence");
        let mut options = Options::new(evidence.clone());
        options.threads = 2;
        change(&mut options);
        let prepared = prepare(plan, options.threads, environment)?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .build();
        let runtime = runtime.expect("a runtime");
        let outcome = runtime.block_on(verify(&prepared, &options, watch))?;
        let lines = fs::read_to_string(evidence.join("breaks.jsonl")).expect("breaks");
        let rejects = fs::read_to_string(evidence.join("rejects.jsonl")).expect("rejects");
        Ok(Ran {
            report: outcome.report,
            breaks: read_lines(&lines),
            rejects: read_lines(&rejects),
            lines,
        })
    }

    pub(crate) fn run(&self) -> Ran {
        self.try_run(|_| ()).expect("the run ends")
    }
}

fn read_lines<T: serde::de::DeserializeOwned>(lines: &str) -> Vec<T> {
    lines
        .lines()
        .map(|line| serde_json::from_str(line).expect("a line of JSON"))
        .collect()
}

impl Ran {
    /// The breaks in short: kind, key or record, changed fields, amounts.
    pub(crate) fn shown(&self) -> String {
        self.breaks.iter().map(shown).collect::<Vec<_>>().join("\n")
    }

    /// Asserts that every residual is zero, and that there is one for each total.
    pub(crate) fn closes(&self) -> &Self {
        for agreement in &self.report.agreements {
            assert_eq!(agreement.residual.len(), agreement.totals.len());
            for amount in &agreement.residual {
                let sum: ledger::Wide = amount.amount.parse().expect("a number");
                assert!(sum.is_zero(), "{amount:?}");
            }
        }
        self
    }
}

fn shown(found: &Break) -> String {
    let text = |value: &Option<SmolStr>| value.as_deref().unwrap_or("NULL").to_owned();
    let record = |record: &ledger::Record| {
        record
            .0
            .iter()
            .map(|(_, value)| text(value))
            .collect::<Vec<_>>()
            .join("|")
    };
    let name = match found.key.is_empty() {
        false => record(&found.key),
        true => found
            .expected
            .as_ref()
            .or(found.actual.as_ref())
            .map(record)
            .unwrap_or_default(),
    };
    let mut line = format!("{} {name}", found.kind);
    if found.kind == BreakKind::Copies {
        line += &format!(" {}->{}", found.copies.expected, found.copies.actual);
    }
    for field in &found.fields {
        line += &format!(
            " {}:{}->{}",
            field.name,
            text(&field.expected),
            text(&field.actual)
        );
    }
    for amount in &found.difference {
        line += &format!(" [{} {} {}]", amount.column, amount.amount, amount.currency);
    }
    for record in &found.source {
        line += &format!(
            " @{}:{}",
            record.file.as_deref().unwrap_or(""),
            record.row.unwrap_or(0)
        );
    }
    if found.alternatives > 0 {
        line += &format!(" ({} other pairings)", found.alternatives);
    }
    line
}
