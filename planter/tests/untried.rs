//! A cause that the prover does not try: its faults turn up as unknown or as consistent, and never
//! as another cause that is proved. The books are those of `cargo xtask rehearse-causes`, smaller.
//!
//! There is one excuse: the damage is the other cause's as well, byte for byte. Of single records the
//! planter says so, by the catalogue's signatures and apart from the prover; what it cannot say is on
//! the list [`SAME`], by shape and pair of causes, and an entry that is not needed fails.

mod place;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use causes::CauseId;
use ledger::Break;
use reconcile::{Unwatched, Watch, explain_without};
use serde_json::{Value, json};

use place::{listed, made, planter, shown};

/// Records of a book, and faults of each cause in it.
const RECORDS: &str = "400";
const FAULTS: usize = 2;

/// Is a pair of causes of which the second is proved for faults of the first where that is not tried,
/// and rightly so, though the planter does not know that it makes the same of these records.
struct Same {
    shape: &'static str,
    untried: &'static str,
    proved: &'static str,
    /// By which words of the catalogue the damage is the second's as well.
    why: &'static str,
}

const SAME: &[Same] = &[
    Same {
        shape: "income",
        untried: "B4",
        proved: "B3",
        why: "a float of 32 bits may lose just the fen that is lost where one of 64 bits is cut",
    },
    Same {
        shape: "balance",
        untried: "B4",
        proved: "B3",
        why: "a float of 32 bits may lose just the fen that is lost where one of 64 bits is cut",
    },
    Same {
        shape: "income",
        untried: "B12",
        proved: "Q1",
        why: "an amount where shares are due is another field of the record",
    },
    Same {
        shape: "fund",
        untried: "T7",
        proved: "D2",
        why: "a status may be mapped as a type code is, to the row beside it",
    },
];

/// A record of which no cause tells what it became: whatever else makes the same is proved for it.
const UNKNOWABLE: &str = "M2";

fn json_of(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).expect("planter answers in JSON")
}

/// Makes a book with all its causes, and explains its breaks without each of them.
fn explained(shape: &str, case: &Path, untried: &[Option<CauseId>]) -> Vec<Vec<Break>> {
    let causes = untried.iter().flatten();
    let orders: Vec<String> = causes.map(|cause| format!("{cause}:{FAULTS}")).collect();
    let orders = orders.join(",");
    let prepared = made(shape, RECORDS, &orders, case);
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

fn names(found: &Break, cause: &str) -> bool {
    let id = found.cause.id.iter().flat_map(|id| id.split('+'));
    let mut named = id.chain(found.cause.rivals.iter().map(String::as_str));
    named.any(|one| one == cause)
}

/// Is what is said where one cause is not tried, or where all are.
#[derive(Default)]
struct Said {
    wrong: Vec<String>,
    /// What faults of the cause that is not tried are proved to be, though the planter does not know
    /// that it makes the same.
    proved: BTreeSet<(String, String)>,
}

fn weigh(judged: &Value, breaks: &[Break], untried: Option<CauseId>) -> Said {
    let of = untried.map_or("with all causes".to_owned(), |one| format!("without {one}"));
    let untried = untried.map(CauseId::as_str);
    let mut said = Said::default();
    if judged["false_breaks"] != 0 {
        let count = &judged["false_breaks"];
        said.wrong.push(format!("{of}: {count} false breaks"));
    }
    let wrongly = judged["wrong_proved_as"].as_object();
    for (planted, ids) in wrongly.into_iter().flatten() {
        for (id, count) in ids.as_object().into_iter().flatten() {
            if untried == Some(planted.as_str()) {
                said.proved.insert((planted.clone(), id.clone()));
            } else {
                let line = format!("{of}: {count} of {planted} are proved to be {id}");
                said.wrong.push(line);
            }
        }
    }
    let Some(untried) = untried else {
        // Where all are tried, what another makes as well is not proved either.
        for (planted, counts) in judged["causes"].as_object().into_iter().flatten() {
            let count = &counts["equal_proved"];
            if planted != UNKNOWABLE && *count != 0 {
                let line = format!("{of}: {count} of {planted} are proved, and may be another");
                said.wrong.push(line);
            }
        }
        return said;
    };
    let counts = &judged["causes"][untried];
    if counts["planted"]
        .as_u64()
        .is_none_or(|planted| planted == 0)
    {
        said.wrong.push(format!("{of}: none is planted"));
    }
    let named = breaks.iter().filter(|found| names(found, untried));
    let named = named.map(|found| format!("{of}: it is named: {:?}", found.cause));
    said.wrong.extend(named);
    said
}

/// Where a list of pairs and what was proved do not say the same of a shape.
fn off_the_list(list: &[Same], shape: &str, proved: &BTreeSet<(String, String)>) -> Vec<String> {
    let of_shape = || list.iter().filter(move |same| same.shape == shape);
    let mut off = Vec::new();
    for (untried, id) in proved {
        if !of_shape().any(|same| same.untried == untried && same.proved == id) {
            off.push(format!(
                "without {untried}: its faults are proved to be {id}"
            ));
        }
    }
    for same in of_shape() {
        let Same {
            untried,
            proved: id,
            why,
            ..
        } = same;
        if !proved.contains(&((*untried).to_owned(), (*id).to_owned())) {
            off.push(format!("not needed: {untried} as {id} ({why})"));
        }
    }
    off
}

/// Plays a shape; gives for how many causes a prover that tries all proves some fault.
fn rehearse(shape: &str) -> usize {
    let scratch = tempfile::tempdir().expect("a temporary folder");
    let case = scratch.path().join("case");
    let causes = listed(shape);
    let causes: Vec<CauseId> = causes.iter().filter_map(|id| CauseId::find(id)).collect();
    let untried: Vec<Option<CauseId>> = std::iter::once(None)
        .chain(causes.iter().copied().map(Some))
        .collect();
    let explained = explained(shape, &case, &untried);
    let mut all = Said::default();
    let mut proved = 0;
    for (untried, breaks) in untried.iter().zip(&explained) {
        let judged = judged(&case, scratch.path(), breaks);
        let said = weigh(&judged, breaks, *untried);
        all.wrong.extend(said.wrong);
        all.proved.extend(said.proved);
        if untried.is_none() {
            let counts = judged["causes"].as_object().into_iter().flatten();
            proved = counts.filter(|(_, one)| one["proved"] != 0).count();
        }
    }
    all.wrong.extend(off_the_list(SAME, shape, &all.proved));
    assert!(all.wrong.is_empty(), "{shape}:\n{}", all.wrong.join("\n"));
    proved
}

#[test]
fn another_cause_that_is_proved_is_told_and_so_is_an_excuse_that_nothing_needs() {
    let judged = |as_proved: Value| {
        let counts = json!({"planted": 2, "proved": 0, "equal_proved": 0});
        json!({"false_breaks": 0, "causes": {"B9": counts}, "wrong_proved_as": as_proved})
    };
    let b9 = CauseId::find("B9");
    let silent = weigh(&judged(json!({})), &[], b9);
    assert!(silent.wrong.is_empty() && silent.proved.is_empty());
    let said = weigh(&judged(json!({"B9": {"D1": 1}})), &[], b9);
    let is_told = |list: &[Same]| off_the_list(list, "wallet", &said.proved);
    assert!(said.wrong.is_empty());
    assert_eq!(is_told(&[]), ["without B9: its faults are proved to be D1"]);
    let same = |shape, proved| Same {
        shape,
        untried: "B9",
        proved,
        why: "off by twice the amount",
    };
    assert!(is_told(&[same("wallet", "D1")]).is_empty());
    assert_eq!(
        is_told(&[same("wallet", "D1"), same("wallet", "B2")]),
        ["not needed: B9 as B2 (off by twice the amount)"]
    );
    assert_eq!(
        is_told(&[same("voucher", "D1")]),
        ["without B9: its faults are proved to be D1"]
    );
    // Of the faults of other causes nothing is excused, and where all are tried nothing either.
    for untried in [CauseId::find("D1"), None] {
        let said = weigh(&judged(json!({"B9": {"D1": 1}})), &[], untried);
        let line = said
            .wrong
            .iter()
            .find(|line| line.ends_with("1 of B9 are proved to be D1"));
        assert!(line.is_some(), "{:?}", said.wrong);
    }
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
