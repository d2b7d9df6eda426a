//! Real books: with the plans of `examples`, every row of the tables of what is known to be off is
//! found, nothing else is claimed, and every residual is zero. `cargo xtask corpus` does the same
//! with the program that users get, and with the strict plans beside these.
//!
//! The data are no part of the project. They lie in the folder that `CROSSFOOT_DATA` names, else
//! in `data` beside the project; where there are none, the tests say so and pass.

#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test that cannot prepare its books fails, and says when there are none"
)]

mod corpus;
mod data;

use crate::corpus::likeness::{amount, differences};
use crate::corpus::truth::Truth;
use crate::data::{data, example, unpack_berka, unpack_council};
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;

#[test]
fn leeds_lost_the_sign_of_its_credit_notes_and_took_no_total_for_a_payment() {
    let Some(run) = Run::of("leeds") else { return };
    let rows = run.known("truth_leeds_raw_vs_processed.tsv");
    let is_total = |row: &&Vec<String>| row.iter().any(|cell| cell.starts_with("grand-total"));
    let totals = rows.iter().filter(is_total).count();
    assert_eq!((rows.len() - totals, totals), (4_248, 13));
    run.holds(&json!({"rejects": totals}));
    run.agree_but_for(rows.len() - totals);
    run.says_of_all("the minus sign was lost");
}

#[test]
fn london_read_parentheses_as_payments() {
    let Some(run) = Run::of("london") else { return };
    let rows = run.known("truth_clean_vs_processed.tsv");
    assert_eq!(rows.len(), 2_001);
    run.agree_but_for(rows.len());
    run.says_of_all("the minus sign was lost: parentheses were read as plus");
    run.misses_the_published_months();
    let twice =
        "in 3 lines one figure is just twice the other: what is behind it may be there twice";
    run.holds(&json!({"controls": [{"name": "published monthly totals", "says": twice}]}));
}

#[test]
fn network_rail_booked_its_copyright_line() {
    let Some(run) = Run::of("networkrail") else {
        return;
    };
    let breaks = json!({"missing": 0, "extra": 1, "differs": 0, "copies": 0});
    run.holds(&json!({"agreements": [{"breaks": breaks}]}));
    run.says_of_all("2017.00 may be a year: it looks like a footer");
    run.misses_the_published_months();
}

#[test]
fn newcastle_broke_one_record_and_one_number() {
    let Some(run) = Run::of("newcastle") else {
        return;
    };
    let breaks = json!({"missing": 1, "extra": 1, "differs": 1, "copies": 0});
    run.holds(&json!({"agreements": [{"breaks": breaks}]}));
    let not_split = "a line was not split: unit of one record holds 5 columns of the other";
    let exponent = "-3.46945E-18 became -3.46945-18: the exponent E-18 was lost; \
                    amount: 0.00 became NULL: -3.46945E-18 was not read as a number";
    for (said, says) in run.said().iter().zip([not_split, not_split, exponent]) {
        assert!(said.ends_with(says), "{said}");
    }
    run.misses_the_published_months();
    let residue = "in 2 lines the figures are less than a billionth apart: what binary fractions leave of zero";
    run.holds(&json!({"controls": [{"name": "published monthly totals", "says": residue}]}));
}

#[test]
fn manchester_balances() {
    let Some(run) = Run::of("manchester") else {
        return;
    };
    run.holds(&json!({"verdict": "balanced"}));
    run.agree_but_for(0);
}

#[test]
fn the_transfers_of_a_czech_bank_follow_their_orders() {
    let Some(data) = data() else { return };
    let folder = tempfile::tempdir().unwrap();
    unpack_berka(&data.join("berka"), folder.path());
    let plan = example("berka");
    let report = verify(&plan, folder.path(), "BERKA_DATA");
    let off = differences("report", &expected(&plan), &report);
    assert_eq!(off, Vec::<String>::new());
}

/// What makes these tests worth something: take one row out of the tables, or put one in that is
/// not so, and they fail.
#[test]
fn a_row_too_few_or_too_many_in_the_tables_is_told() {
    let Some(run) = Run::of("networkrail") else {
        return;
    };
    let table = "truth_clean_vs_processed.tsv";
    let sound = fs::read_to_string(run.council.join(table)).unwrap();
    let is_other = |row: &&str| !row.starts_with("networkrail\t2017-01.csv\t");
    let without: Vec<&str> = sound.lines().filter(is_other).collect();
    let with = format!("{sound}networkrail\t2017-02.csv\t7\t-12.00\t12.00\tsign-lost\n");
    let wrong = tempfile::tempdir().unwrap();
    for one in fs::read_dir(&run.council).unwrap() {
        let one = one.unwrap();
        if one.file_name().to_string_lossy().starts_with("truth_") {
            fs::copy(one.path(), wrong.path().join(one.file_name())).unwrap();
        }
    }
    for rows in [without.join("\n"), with] {
        fs::write(wrong.path().join(table), rows).unwrap();
        let told = run.faults(wrong.path());
        // The row, and the amount of the target that it speaks of.
        assert!((1..=2).contains(&told.len()), "{told:?}");
    }
}

/// One run over the books of a body.
struct Run {
    body: &'static str,
    /// The data as they come: archives, and tables of what is known to be off.
    council: PathBuf,
    report: Value,
    /// The unpacked data and the evidence.
    _folder: TempDir,
}

impl Run {
    /// Verifies the books of a body; none where there are no data.
    ///
    /// Holds already what holds for every body: the report is as the example expects it, nothing
    /// is found but what is known, all that is known is found, and the account is closed.
    fn of(body: &'static str) -> Option<Self> {
        let council = data()?.join("council");
        let folder = tempfile::tempdir().unwrap();
        unpack_council(&council, body, folder.path());
        let plan = example("council").join(body);
        let report = verify(&plan, folder.path(), "COUNCIL_DATA");
        let run = Self {
            body,
            council,
            report,
            _folder: folder,
        };
        run.holds(&expected(&plan));
        let said = Truth::read(&run.council, body).unwrap().said();
        assert_eq!(
            run.faults(&run.council),
            Vec::<String>::new(),
            "{body}: {said}"
        );
        let closed = json!({"column": "amount", "currency": "GBP", "amount": "0.00"});
        run.holds(&json!({"agreements": [{"residual": [closed]}]}));
        Some(run)
    }

    /// Where the breaks and the tables of a folder do not say the same.
    fn faults(&self, tables: &Path) -> Vec<String> {
        let truth = Truth::read(tables, self.body).unwrap();
        let evidence = self.report["evidence"].as_str().unwrap();
        truth.compare(Path::new(evidence), &self.report).unwrap()
    }

    /// What is said of each break.
    fn said(&self) -> Vec<String> {
        let evidence = self.report["evidence"].as_str().unwrap();
        let breaks = fs::read_to_string(Path::new(evidence).join("breaks.jsonl")).unwrap();
        let said = |line: &str| {
            let found: Value = serde_json::from_str(line).unwrap();
            found["cause"]["says"].as_str().unwrap().to_owned()
        };
        breaks.lines().map(said).collect()
    }

    /// The same is said of every break, whatever the record.
    fn says_of_all(&self, says: &str) {
        let said = self.said();
        assert!(!said.is_empty(), "{}", self.body);
        for said in said {
            assert!(said.ends_with(says), "{said}");
        }
    }

    /// The rows of a table about this body, as cells. The table of Leeds is about nothing else.
    fn known(&self, table: &str) -> Vec<Vec<String>> {
        let rows = fs::read_to_string(self.council.join(table)).unwrap();
        let cells = |row: &str| row.split('\t').map(str::to_owned).collect();
        let is_of = |row: &Vec<String>| row[0] == self.body || table.contains(self.body);
        rows.lines().skip(1).map(cells).filter(is_of).collect()
    }

    /// Holds the members of the report that are given.
    fn holds(&self, expected: &Value) {
        let off = differences("report", expected, &self.report);
        assert_eq!(off, Vec::<String>::new(), "{}", self.body);
    }

    /// Both sides have the same number of records, and all agree but so many.
    fn agree_but_for(&self, count: usize) {
        let records = &self.report["agreements"][0]["records"];
        let [expected, actual, agreed] =
            ["expected", "actual", "agreed"].map(|side| records[side].as_u64().unwrap());
        assert_eq!((expected, expected - agreed), (actual, count as u64));
    }

    /// The control over the published months is off in the months that are known, by as much.
    fn misses_the_published_months(&self) {
        let controls = self.report["controls"].as_array().unwrap();
        let is_published = |one: &&Value| one["name"] == "published monthly totals";
        let control = controls.iter().find(is_published).unwrap();
        let line = |line: &Value| {
            let [month, published, sum] =
                [&line["key"]["month"], &line["expected"], &line["actual"]]
                    .map(|value| value.as_str().unwrap().to_owned());
            (month, amount(&published), amount(&sum))
        };
        let found: Vec<_> = control["lines"]
            .as_array()
            .unwrap()
            .iter()
            .map(line)
            .collect();
        let row = |row: Vec<String>| (row[1].clone(), amount(&row[2]), amount(&row[3]));
        let known = self.known("truth_control_totals.tsv");
        let known: Vec<_> = known.into_iter().map(row).collect();
        assert_eq!(found, known, "{}", self.body);
    }
}

/// What an example expects of its report.
fn expected(example: &Path) -> Value {
    let expected = fs::read(example.join("expected.json")).unwrap();
    let mut expected: Value = serde_json::from_slice(&expected).unwrap();
    expected["crossfoot.toml"]["report"].take()
}

/// Verifies the plan of a folder and gives its report.
fn verify(plan: &Path, data: &Path, variable: &str) -> Value {
    let output = Command::new(env!("CARGO_BIN_EXE_crossfoot"))
        .args(["verify", "--json", "--no-progress", "--plan"])
        .arg(plan)
        .arg("--evidence")
        .arg(data.join("evidence"))
        .env(variable, data)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
    let status = if report["verdict"] == "balanced" {
        0
    } else {
        1
    };
    assert_eq!(output.status.code(), Some(status), "{told}");
    report
}
