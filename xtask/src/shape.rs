//! Tests of the project's shape: which crate knows which, and what no file may say.

use std::collections::BTreeMap;
use std::process::Command;

use serde_json::Value;

use crate::{place, table};

#[test]
fn the_crates_know_each_other_one_way_only() {
    insta::assert_snapshot!(map(&place::metadata().unwrap()), @"
    bench               books cutover ruixin-history rules
    books               databases
    causes              ledger
    channels
    crossfoot           books causes channels cutover footing ledger migrate reconcile reports ruixin-faults ruixin-history ruixin-live rules shadow
    cutover             ledger
    databases
    footing
    ledger
    migrate             books databases ledger rules
    planter
    reconcile           books causes footing ledger rules
    reports             ledger
    ruixin-bao          ledger
    ruixin-bao-service  ledger ruixin-bao ruixin-bao-store ruixin-pages ruixin-service
    ruixin-bao-store    ledger ruixin-bao
    ruixin-faults
    ruixin-history
    ruixin-live         ruixin-bao ruixin-bao-service ruixin-bao-store ruixin-pay ruixin-service
    ruixin-pages        ruixin-service
    ruixin-pay          ruixin-history ruixin-pages ruixin-service
    ruixin-service
    rules               books cutover ledger
    shadow              ledger
    xtask
    ");
}

/// One line per crate: the workspace's crates that it uses, in alphabetical order.
fn map(metadata: &Value) -> String {
    let packages = metadata["packages"].as_array().unwrap();
    let name = |package: &Value| package["name"].as_str().unwrap().to_owned();
    let ours: BTreeMap<String, &Value> = packages.iter().map(|one| (name(one), one)).collect();
    let uses = |package: &Value| -> Vec<String> {
        let dependencies = package["dependencies"].as_array().unwrap().iter();
        let built_in = dependencies.filter(|one| one["kind"].is_null());
        let mut names: Vec<String> = built_in
            .map(name)
            .filter(|one| ours.contains_key(one))
            .collect();
        names.sort();
        names
    };
    let row = |(name, package): (&String, &&Value)| vec![name.clone(), uses(package).join(" ")];
    table::draw(&ours.iter().map(row).collect::<Vec<_>>(), &[])
}

/// Folders of one machine. Each is written in two parts, so that this file does not name them.
const FOLDERS_OF_A_MACHINE: &[&str] = &[
    concat!("/ho", "me/"),
    concat!("/ro", "ot/"),
    concat!("/tm", "p/"),
    concat!("/wo", "rk/"),
    concat!("/Use", "rs/"),
    concat!("/va", "r/folders/"),
    concat!("C:\\Use", "rs"),
];

/// Files that speak of such a folder for a reason: (path, folder, reason).
const ALLOWED: &[(&str, &str, &str)] = &[];

#[test]
fn no_tracked_file_names_a_folder_of_one_machine() {
    let mut found = Vec::new();
    for name in tracked_files() {
        let bytes = std::fs::read(place::root().join(&name)).unwrap();
        let Ok(text) = String::from_utf8(bytes) else {
            continue; // a Parquet file, a GB18030 page: no sentence of ours
        };
        for (at, line) in text.lines().enumerate() {
            let folder = named_folder(line);
            found.extend(
                folder
                    .filter(|folder| !is_allowed(&name, folder))
                    .map(|folder| format!("{name}:{}: {folder}", at + 1)),
            );
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn a_folder_of_one_machine_is_seen_wherever_it_stands_in_a_line() {
    for folder in FOLDERS_OF_A_MACHINE {
        assert_eq!(named_folder(&format!("see {folder}notes")), Some(*folder));
    }
    assert_eq!(named_folder("https://example.org/home"), None);
    assert_eq!(named_folder("a relative ../homework/file"), None);
}

/// The first folder of a machine that a line names, not as the tail of a longer word.
fn named_folder(line: &str) -> Option<&'static str> {
    FOLDERS_OF_A_MACHINE.iter().copied().find(|folder| {
        line.match_indices(folder).any(|(at, _)| {
            let before = line[..at].chars().next_back();
            !before.is_some_and(|letter| letter.is_alphanumeric() || ".-_})".contains(letter))
        })
    })
}

fn is_allowed(name: &str, folder: &str) -> bool {
    ALLOWED
        .iter()
        .any(|(path, allowed, _)| *path == name && *allowed == folder)
}

/// The files that git tracks and that are there, relative to the root.
fn tracked_files() -> Vec<String> {
    let mut git = Command::new("git");
    let git = git.args(["ls-files", "-z"]).current_dir(place::root());
    let output = git.output().unwrap();
    assert!(output.status.success(), "git ls-files failed");
    let names = String::from_utf8(output.stdout).unwrap();
    let names = names.split_terminator('\0').map(str::to_owned);
    names
        .filter(|name| place::root().join(name).is_file())
        .collect()
}
