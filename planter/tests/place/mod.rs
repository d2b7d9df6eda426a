//! Cases that the planter makes, for the tests of what is said of them.

use std::path::Path;
use std::process::Command;

use reconcile::Prepared;

/// What the planter answers to some words.
pub(crate) fn planter(words: &[&str]) -> Vec<u8> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_planter"));
    let output = command.args(words).output().expect("planter runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    output.stdout
}

/// A path as an argument.
pub(crate) fn shown(path: &Path) -> &str {
    path.to_str().expect("temporary folders have plain names")
}

/// The causes that can be planted in a shape.
pub(crate) fn listed(shape: &str) -> Vec<String> {
    let list = planter(&["list", "--records", "600"]);
    let list: serde_json::Value = serde_json::from_slice(&list).expect("planter answers in JSON");
    let causes = list[shape].as_array().expect("every shape has causes");
    let id = |one: &serde_json::Value| one.as_str().map(str::to_owned);
    causes.iter().filter_map(id).collect()
}

/// Makes a case and opens its books.
pub(crate) fn made(shape: &str, records: &str, orders: &str, case: &Path) -> Prepared {
    let make = ["make", "--seed", "1", "--records", records];
    let rest = ["--shape", shape, "--fault", orders, "--out", shown(case)];
    planter(&[&make[..], &rest[..]].concat());
    let plan = rules::plan::read(&case.join("crossfoot.toml")).expect("the plan has no mistake");
    reconcile::prepare(plan, 1, &|_| None).expect("the rules can be read")
}
