//! Cases as the command makes them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

fn planter(words: &[&str], out: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_planter"));
    command.args(words);
    if words[0] == "make" {
        command.arg("--out").arg(out);
    }
    command.output().expect("planter runs")
}

/// Makes a case and gives every file of it.
fn made(words: &str) -> BTreeMap<String, Vec<u8>> {
    let scratch = tempfile::tempdir().expect("a temporary folder");
    let out = scratch.path().join("case");
    let words: Vec<&str> = words.split(' ').collect();
    let output = planter(&words, &out);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    let mut files = BTreeMap::new();
    for folder in ["", "source", "target", "rules"] {
        for entry in fs::read_dir(out.join(folder)).expect("a folder of the case") {
            let path = entry.expect("a file of the case").path();
            if path.is_file() {
                let name = path
                    .strip_prefix(&out)
                    .expect("within the case")
                    .display()
                    .to_string();
                files.insert(name, fs::read(path).expect("a file that can be read"));
            }
        }
    }
    files
}

/// The causes that can be planted, by shape.
fn listed() -> BTreeMap<String, Vec<String>> {
    let output = planter(&["list"], Path::new(""));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

#[test]
fn the_same_seed_makes_the_same_bytes_and_another_seed_others() {
    let line = "make --seed 7 --shape wallet --records 300 --fault B9:5,A5:2,A1:3";
    assert_eq!(made(line), made(line));
    let other = made("make --seed 8 --shape wallet --records 300 --fault B9:5,A5:2,A1:3");
    assert_ne!(
        made(line)["target/posting.csv"],
        other["target/posting.csv"]
    );
}

#[test]
fn faults_leave_the_source_as_it_is() {
    let clean = made("make --seed 7 --shape voucher --records 300");
    let damaged = made("make --seed 7 --shape voucher --records 300 --fault A8:5,B9:5");
    for (name, bytes) in &clean {
        let may_differ = name.starts_with("target/") || name == "truth.jsonl";
        assert_eq!(bytes == &damaged[name], !may_differ, "{name}");
    }
    assert!(clean["truth.jsonl"].is_empty());
}

#[test]
fn every_cause_that_is_listed_can_be_planted_and_tells_the_truth() {
    for (shape, causes) in listed() {
        assert!(causes.len() > 10, "{shape}: {causes:?}");
        let orders: Vec<String> = causes.iter().map(|cause| format!("{cause}:2")).collect();
        let orders = orders.join(",");
        let files = made(&format!(
            "make --seed 1 --shape {shape} --records 3000 --fault {orders}"
        ));
        let text = std::str::from_utf8(&files["truth.jsonl"]).unwrap();
        let mut planted = BTreeSet::new();
        for line in text.lines() {
            let truth: Value = serde_json::from_str(line).unwrap();
            let is_copy = truth["kind"] == "copies";
            assert_eq!(truth["before"] == truth["after"], is_copy, "{line}");
            planted.insert(truth["causes"][0].as_str().unwrap().to_owned());
        }
        assert_eq!(planted, causes.into_iter().collect(), "{shape}");
    }
}

#[test]
fn what_is_no_case_is_not_replaced() {
    let scratch = tempfile::tempdir().unwrap();
    fs::write(scratch.path().join("letter.txt"), "keep me").unwrap();
    let words = [
        "make",
        "--seed",
        "1",
        "--shape",
        "wallet",
        "--records",
        "20",
    ];
    let output = planter(&words, scratch.path());
    assert!(!output.status.success());
    assert!(scratch.path().join("letter.txt").is_file());
}

#[test]
fn a_cause_that_nobody_can_plant_is_refused_by_name() {
    let scratch = tempfile::tempdir().unwrap();
    let line = "make --seed 1 --shape wallet --records 20 --fault Z9:1";
    let words: Vec<&str> = line.split(' ').collect();
    let output = planter(&words, &scratch.path().join("case"));
    assert!(String::from_utf8_lossy(&output.stderr).contains("`Z9` cannot be planted"));
}
