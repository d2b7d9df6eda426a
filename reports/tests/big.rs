//! A book of more breaks than a sheet has rows, in the memory of a small one.

use std::io::{Read, Seek, SeekFrom};

use ledger::Break;
use reports::{Dossier, Language, LineError, workbook};

/// More than the 1,048,576 rows of a sheet.
const BREAKS: u64 = 1_048_600;

/// Bytes of memory that suffice, whatever the number of breaks; 7 MB were seen.
const MEMORY: u64 = 64 << 20;

fn dossier() -> Dossier {
    let sum = format!("{}.{:02}", BREAKS / 100, BREAKS % 100);
    let report = format!(
        r#"{{"version": 1, "plan": "big", "verdict": "out_of_balance", "agreements": [{{
            "name": "postings",
            "records": {{"expected": {BREAKS}, "actual": {BREAKS}, "agreed": 0}},
            "totals": [{{"column": "amount", "currency": "CNY", "expected": "{sum}", "actual": "0.00",
                "difference": "-{sum}"}}],
            "breaks": {{"missing": 0, "extra": 0, "differs": {BREAKS}, "copies": 0}},
            "causes": [{{"id": "B3", "status": "proved", "breaks": {BREAKS}, "where": [],
                "difference": [{{"column": "amount", "currency": "CNY", "amount": "-{sum}"}}],
                "counterexamples": 0}}],
            "residual": [{{"column": "amount", "currency": "CNY", "amount": "0.00"}}]}}],
            "controls": [], "rejects": 0, "evidence": "", "elapsed_seconds": 1.5}}"#
    );
    let manifest = r#"{"version": 1, "crossfoot": "0.1.0", "plan": "big", "plan_blake3": "1f",
        "started": "2013-05-27T00:00:00Z", "seed": "5e", "inputs": [], "files": []}"#;
    Dossier {
        report: serde_json::from_str(&report).expect("it is a report"),
        manifest: serde_json::from_str(manifest).expect("it is a manifest"),
        cause_names: Default::default(),
        acceptances: Vec::new(),
        disposal: None,
        sign_offs: Vec::new(),
        forecasts: Vec::new(),
    }
}

/// Gives the breaks one by one: a cent is off in each.
fn breaks() -> impl Iterator<Item = Result<Break, LineError>> {
    let line = r#"{"agreement": "postings", "kind": "differs", "key": {"voucher": ""},
        "copies": {"expected": 1, "actual": 1}, "expected": {"amount": "0.01"},
        "actual": {"amount": "0.00"},
        "fields": [{"name": "amount", "expected": "0.01", "actual": "0.00"}],
        "difference": [{"column": "amount", "currency": "CNY", "amount": "-0.01"}], "source": [],
        "cause": {"id": "B3", "status": "proved", "says": "cut, not rounded", "rivals": []}}"#;
    let found: Break = serde_json::from_str(line).expect("it is a break");
    (0..BREAKS).map(move |number| {
        let mut found = found.clone();
        found.key = [("voucher", Some(format!("V{number:09}")))]
            .into_iter()
            .collect();
        Ok(found)
    })
}

/// Gives the most memory that the process has held; none where the system does not tell.
fn memory_at_most() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kilobytes << 10)
}

#[test]
fn more_breaks_than_a_sheet_has_rows_take_no_more_memory_and_are_told() {
    let mut file = tempfile::tempfile().unwrap();
    let rejects = std::iter::empty();
    workbook::write(&dossier(), breaks(), rejects, Language::English, &mut file).unwrap();
    if let Some(memory) = memory_at_most() {
        assert!(memory < MEMORY, "{memory} bytes");
    }
    file.seek(SeekFrom::Start(0)).unwrap();
    let mut archive = zip::ZipArchive::new(file).unwrap();
    let mut part = |number| {
        let mut text = String::new();
        let name = format!("xl/worksheets/sheet{number}.xml");
        archive
            .by_name(&name)
            .unwrap()
            .read_to_string(&mut text)
            .unwrap();
        text
    };
    // Two rows are the notice above and the heads, and the last one says what found no room.
    let notice = "THE SHEET IS FULL: 27 further lines do not fit. All of them are in breaks.jsonl.";
    assert!(part(1).contains(notice));
    assert!(part(2).contains(notice));
    let exceptions = part(3);
    assert!(exceptions.contains("<row r=\"1048576\""));
    assert!(!exceptions.contains("<row r=\"1048577\""));
    let end = &exceptions[exceptions.len() - 2000..];
    assert!(end.contains(notice), "{end}");
    assert!(exceptions.contains("voucher=V001048572<") && !exceptions.contains("V001048573"));
}
