//! Which of the planted differences a tool reported, and what it reported besides.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::{Value, json};

/// Reads the records' numbers out of what a rival prints: `{"txn_ids": […]}`.
///
/// # Errors
/// When it is something else.
pub(crate) fn reported_by_rival(stdout: &[u8]) -> Result<BTreeSet<String>> {
    let said: Value = serde_json::from_slice(stdout).context("the rival printed no JSON")?;
    let ids = said["txn_ids"].as_array().context("no txn_ids in it")?;
    let text = |id: &Value| match id {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    Ok(ids.iter().map(text).collect())
}

/// Reads the records' numbers out of the evidence that `crossfoot verify` left.
///
/// # Errors
/// When the breaks' file is missing or is no JSON lines.
pub(crate) fn reported_in_evidence(folder: &Path) -> Result<BTreeSet<String>> {
    let path = folder.join("breaks.jsonl");
    let file = File::open(&path).with_context(|| path.display().to_string())?;
    let mut ids = BTreeSet::new();
    for line in BufReader::new(file).lines() {
        let found: Value = serde_json::from_str(&line?).context("a break is no JSON")?;
        let places = [&found["key"], &found["expected"], &found["actual"]];
        let named = places.iter().filter_map(|place| place["txn_id"].as_str());
        ids.extend(named.map(str::to_owned));
    }
    Ok(ids)
}

/// Compares what was reported with the truth: a plant is found when all its records are named.
pub(crate) fn verdict(truth: &Value, reported: &BTreeSet<String>) -> Value {
    let none = Vec::new();
    let plants = truth["plants"].as_array().unwrap_or(&none);
    let mut planted = BTreeSet::new();
    let mut missed = Vec::new();
    for plant in plants {
        let ids = plant["txn_ids"].as_array().unwrap_or(&none);
        let ids: Vec<&str> = ids.iter().filter_map(Value::as_str).collect();
        if !ids.iter().all(|id| reported.contains(*id)) {
            missed.push(plant["name"].clone());
        }
        planted.extend(ids);
    }
    let beyond = reported.iter().filter(|id| !planted.contains(id.as_str()));
    json!({
        "planted": plants.len(),
        "found": plants.len() - missed.len(),
        "missed": missed,
        "false_reports": beyond.count(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plant_of_two_records_is_found_only_when_both_are_named() {
        let truth = json!({"plants": [
            {"name": "swap", "txn_ids": ["1", "2"]}, {"name": "sign", "txn_ids": ["3"]},
        ]});
        let reported = reported_by_rival(br#"{"txn_ids": [1, 3, 9]}"#).unwrap();
        let expected = json!({"planted": 2, "found": 1, "missed": ["swap"], "false_reports": 1});
        assert_eq!(verdict(&truth, &reported), expected);
    }
}
