//! The whole way: convert, verify, and every record is accounted for.

use crate::place::{FLOW_RECORDS, Place, names_of_controls, plan, told};
use serde_json::Value;

#[test]
fn the_converted_books_balance_by_every_agreement_and_control() {
    let place = Place::generated();
    let output = place.run(&["convert", "--json", "--plan", &plan().to_string_lossy()]);
    assert_eq!(output.status.code(), Some(0), "{}", told(&output));
    let conversion: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(conversion["rejects"], 0);
    for table in ["voucher", "posting"] {
        let tables = conversion["tables"].as_array().unwrap();
        let found = tables.iter().find(|one| one["table"] == table).unwrap();
        assert_eq!(found["read"], FLOW_RECORDS, "{found}");
        assert_eq!(found["converted"], FLOW_RECORDS, "{found}");
    }

    let (code, report) = place.verify(&plan());
    assert_eq!(code, Some(0), "{report:#}");
    assert_eq!(report["verdict"], "balanced");
    assert_eq!(report["rejects"], 0);
    let agreements = report["agreements"].as_array().unwrap();
    let compared = |name: &str| {
        let found = agreements.iter().find(|one| one["name"] == name).unwrap();
        let records = &found["records"];
        assert_eq!(records["agreed"], records["expected"], "{name}");
        records["agreed"].as_u64().unwrap()
    };
    assert_eq!(compared("vouchers"), FLOW_RECORDS);
    assert_eq!(compared("postings"), place.target("posting").len() as u64);
    assert_eq!(compared("accounts"), place.source("account").len() as u64);
    assert_eq!(compared("chart of accounts"), 11);
    assert!(compared("opening balances") > 0);
    assert!(compared("holdings of the fund") > 0);
    assert!(compared("refundable payments") > 0);
    let under_way = place.target("under_way");
    assert_eq!(compared("under way"), under_way.len() as u64);
    for kind in ["WITHDRAWAL", "HOLD", "ESCROW"] {
        under_way.first(|all, row| all.text(row, "kind") == kind);
    }
    let controls = report["controls"].as_array().unwrap();
    assert_eq!(controls.len(), names_of_controls().len());
    assert!(controls.iter().all(|control| control["status"] == "holds"));
}

#[test]
fn the_history_has_what_the_rules_tell_apart() {
    let place = Place::converted();
    let vouchers = place.target("voucher");
    let type_codes = place.source("type_code");
    for row in type_codes.rows(|_, _| true) {
        let kind = type_codes.text(row, "kind");
        vouchers.first(|all, row| all.text(row, "kind") == kind);
    }
    let postings = place.target("posting");
    let chart = place.target("subject");
    for row in chart.rows(|chart, row| chart.text(row, "subject") != "1009") {
        let subject = chart.text(row, "subject");
        postings.first(|all, row| all.text(row, "subject") == subject);
    }
}
