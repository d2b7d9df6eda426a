//! A cause that the prover does not try: its faults turn up as unknown or as consistent, and never
//! as another cause that is proved. The books are those of `cargo xtask rehearse-causes`, smaller.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use causes::CauseId;
use ledger::Break;
use reconcile::{Unwatched, Watch, explain_without};
use serde_json::{Value, json};

/// Records of a book, and faults of each cause in it.
const RECORDS: &str = "400";
const FAULTS: usize = 2;

fn planter(words: &[&str]) -> Vec<u8> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_planter"));
    let output = command.args(words).output().expect("planter runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    output.stdout
}

fn json_of(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).expect("planter answers in JSON")
}

fn shown(path: &Path) -> &str {
    path.to_str().expect("temporary folders have plain names")
}

/// The causes that can be planted in a shape.
fn listed(shape: &str) -> Vec<CauseId> {
    let list = json_of(&planter(&["list", "--records", "600"]));
    let causes = list[shape].as_array().expect("every shape has causes");
    let id = |one: &Value| CauseId::find(one.as_str()?);
    causes.iter().filter_map(id).collect()
}

/// Makes a book with all its causes, and explains its breaks without each of them.
fn explained(shape: &str, case: &Path, untried: &[Option<CauseId>]) -> Vec<Vec<Break>> {
    let causes = untried.iter().flatten();
    let orders: Vec<String> = causes.map(|cause| format!("{cause}:{FAULTS}")).collect();
    let orders = orders.join(",");
    let make = ["make", "--seed", "1", "--records", RECORDS];
    let rest = ["--shape", shape, "--fault", &orders, "--out", shown(case)];
    planter(&[&make[..], &rest[..]].concat());
    let plan = rules::plan::read(&case.join("crossfoot.toml")).expect("the plan has no mistake");
    let prepared = reconcile::prepare(plan, 1, &|_| None).expect("the rules can be read");
    let watch: Arc<dyn Watch> = Arc::new(Unwatched::default());
    let runtime = tokio::runtime::Runtime::new().expect("a runtime can be started");
    let [agreement] = &prepared.agreements[..] else {
        panic!("a case has one agreement");
    };
    let explained = explain_without(&prepared, agreement, untried, (1, &watch));
    runtime.block_on(explained).expect("the books can be read")
}

/// What the planter says of such breaks.
fn judged(case: &Path, scratch: &Path, breaks: &[Break]) -> Value {
    let lines = breaks.iter().map(|found| {
        let line = serde_json::to_string(found).expect("breaks can be written");
        line + "\n"
    });
    let evidence = scratch.join("evidence");
    fs::create_dir_all(&evidence).expect("a folder can be made");
    fs::write(evidence.join("breaks.jsonl"), lines.collect::<String>()).expect("it can be written");
    let report = json!({"verdict": "out_of_balance", "rejects": 0, "agreements": []});
    fs::write(evidence.join("report.json"), report.to_string()).expect("it can be written");
    let words = [
        "judge",
        "--case",
        shown(case),
        "--evidence",
        shown(&evidence),
    ];
    json_of(&planter(&words))
}

fn names(found: &Break, cause: CauseId) -> bool {
    let id = found.cause.id.iter().flat_map(|id| id.split('+'));
    let mut named = id.chain(found.cause.rivals.iter().map(String::as_str));
    named.any(|one| one == cause.as_str())
}

/// What is wrong with what is said where one cause is not tried, or where all are.
fn faults(judged: &Value, breaks: &[Break], untried: Option<CauseId>) -> Vec<String> {
    let of = untried.map_or("with all causes".to_owned(), |one| format!("without {one}"));
    let mut faults = Vec::new();
    let wrong = &judged["lines"]["wrong_proved"];
    if !wrong.is_null() {
        faults.push(format!("{of}: proved wrong: {wrong}"));
    }
    if judged["false_breaks"] != 0 {
        faults.push(format!("{of}: {} false breaks", judged["false_breaks"]));
    }
    let Some(untried) = untried else {
        return faults;
    };
    let counts = &judged["causes"][untried.as_str()];
    if counts["planted"]
        .as_u64()
        .is_none_or(|planted| planted == 0)
    {
        faults.push(format!("{of}: none is planted"));
    }
    for counter in ["proved", "equal_proved", "wrong_proved"] {
        if counts[counter] != 0 {
            faults.push(format!("{of}: {counter} {}", counts[counter]));
        }
    }
    let named = breaks.iter().filter(|found| names(found, untried));
    faults.extend(named.map(|found| format!("{of}: it is named: {:?}", found.cause)));
    faults
}

/// Plays a shape; gives for how many causes a prover that tries all proves some fault.
fn rehearse(shape: &str) -> usize {
    let scratch = tempfile::tempdir().expect("a temporary folder");
    let case = scratch.path().join("case");
    let causes = listed(shape);
    let untried: Vec<Option<CauseId>> = std::iter::once(None)
        .chain(causes.iter().copied().map(Some))
        .collect();
    let explained = explained(shape, &case, &untried);
    let mut wrong = Vec::new();
    let mut proved = 0;
    for (untried, breaks) in untried.iter().zip(&explained) {
        let judged = judged(&case, scratch.path(), breaks);
        wrong.extend(faults(&judged, breaks, *untried));
        if untried.is_none() {
            let counts = judged["causes"].as_object().into_iter().flatten();
            proved = counts.filter(|(_, one)| one["proved"] != 0).count();
        }
    }
    assert!(wrong.is_empty(), "{shape}:\n{}", wrong.join("\n"));
    proved
}

#[test]
fn without_a_cause_a_wallet_proves_no_other() {
    assert!(rehearse("wallet") >= 10);
}

#[test]
fn without_a_cause_vouchers_prove_no_other() {
    assert!(rehearse("voucher") >= 8);
}

#[test]
fn without_a_cause_an_exchange_proves_no_other() {
    assert!(rehearse("exchange") >= 8);
}

#[test]
fn without_a_cause_a_journal_without_a_key_proves_no_other() {
    assert!(rehearse("keyless") >= 5);
}

#[test]
fn without_a_cause_a_fund_proves_no_other() {
    assert!(rehearse("fund") >= 8);
}

#[test]
fn without_a_cause_a_day_s_income_proves_no_other() {
    assert!(rehearse("income") >= 3);
}

#[test]
fn without_a_cause_statements_prove_no_other() {
    assert!(rehearse("charges") >= 1);
}

#[test]
fn without_a_cause_balances_prove_no_other() {
    assert!(rehearse("balance") >= 3);
}
