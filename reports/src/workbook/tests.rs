mod libreoffice;

use std::collections::BTreeMap;
use std::io::{Cursor, Read};

use super::*;
use crate::story;

fn xlsx(dossier: &Dossier, breaks: Vec<Break>, language: Language, rows: u32) -> Vec<u8> {
    let rejects = match dossier.report.rejects {
        0 => Vec::new(),
        _ => story::rejects(),
    };
    let mut out = Vec::new();
    write_with_room(
        dossier,
        story::read(breaks),
        story::read(rejects),
        language,
        rows,
        &mut out,
    )
    .unwrap();
    out
}

fn usual(language: Language) -> Vec<u8> {
    xlsx(&story::dossier(), story::breaks(), language, ROWS)
}

/// Gives the parts of a workbook by their names.
fn parts(xlsx: &[u8]) -> BTreeMap<String, String> {
    let mut archive = zip::ZipArchive::new(Cursor::new(xlsx)).unwrap();
    let names: Vec<String> = archive
        .file_names()
        .map(|name| name.unwrap().into_owned())
        .collect();
    let read = |name: String| {
        let mut text = String::new();
        archive
            .by_name(&name)
            .unwrap()
            .read_to_string(&mut text)
            .unwrap();
        (name, text)
    };
    names.into_iter().map(read).collect()
}

/// Gives the XML of a sheet by its place in the workbook, from 1.
fn sheet(parts: &BTreeMap<String, String>, number: usize) -> &str {
    &parts[&format!("xl/worksheets/sheet{number}.xml")]
}

/// Gives the cells of a sheet, one a line: place, formula, value.
fn cells(sheet: &str) -> String {
    let mut lines = String::new();
    for cell in sheet.split("<c r=\"").skip(1) {
        let place = cell.split('"').next().unwrap();
        let inner = |tag: &str| {
            let start = cell.find(&format!("<{tag}"))?;
            let text = cell[start..].split_once('>')?.1;
            Some(text.split("</").next().unwrap().to_owned())
        };
        let formula = inner("f>").map(|formula| format!("={formula} -> "));
        let value = inner("v>").map(|value| match cell.contains("t=\"str\"") {
            true => format!("\"{value}\""),
            false => value,
        });
        let text = inner("t>")
            .or_else(|| inner("t xml"))
            .map(|text| format!("\"{text}\""));
        let shown = format!(
            "{}{}",
            formula.unwrap_or_default(),
            value.or(text).unwrap_or_default()
        );
        if !shown.is_empty() {
            lines.push_str(&format!("{place} {shown}\n"));
        }
    }
    lines
}

#[test]
fn the_sheets_are_those_that_an_accountant_keeps() {
    let parts = parts(&usual(Language::English));
    let names: Vec<&str> = parts["xl/workbook.xml"]
        .split("<sheet name=\"")
        .skip(1)
        .map(|sheet| sheet.split('"').next().unwrap())
        .collect();
    assert_eq!(
        names,
        [
            "Summary",
            "postings",
            "Exceptions",
            "Control totals",
            "Controls",
            "Crossed totals",
            "Rejects",
            "Method",
            "Sign-off"
        ]
    );
}

#[test]
fn the_lead_sheet_reads_from_source_over_breaks_to_target() {
    let parts = parts(&usual(Language::English));
    insta::assert_snapshot!(cells(sheet(&parts, 2)));
}

#[test]
fn the_exceptions_are_all_there_and_nothing_in_them_is_a_formula() {
    let parts = parts(&usual(Language::English));
    let exceptions = sheet(&parts, 3);
    assert!(!exceptions.contains("<f>"));
    insta::assert_snapshot!(cells(exceptions));
}

#[test]
fn the_other_sheets_hold_the_rest() {
    let parts = parts(&usual(Language::Chinese));
    let shown: Vec<String> = [1, 4, 5, 6, 7, 8, 9]
        .iter()
        .map(|number| format!("-- {number}\n{}", cells(sheet(&parts, *number))))
        .collect();
    insta::assert_snapshot!(shown.join("\n"));
}

#[test]
fn every_sheet_prints_on_landscape_a4_and_keeps_its_heads() {
    let parts = parts(&usual(Language::English));
    for number in 1..=9 {
        let sheet = sheet(&parts, number);
        assert!(sheet.contains("orientation=\"landscape\""), "{number}");
        assert!(sheet.contains("paperSize=\"9\""), "{number}");
        assert!(sheet.contains("fitToPage=\"1\""), "{number}");
        assert!(sheet.contains("fitToHeight=\"0\""), "{number}");
        assert!(sheet.contains("state=\"frozen\""), "{number}");
    }
    let book = &parts["xl/workbook.xml"];
    assert_eq!(book.matches("_xlnm.Print_Titles").count(), 9, "{book}");
    for number in [3, 4, 5, 6, 7] {
        assert!(
            sheet(&parts, number).contains("<autoFilter ref=\"A"),
            "{number}"
        );
    }
}

#[test]
fn columns_are_as_wide_as_their_texts_and_chinese_counts_double() {
    let width = |language| {
        let parts = parts(&usual(language));
        let columns = sheet(&parts, 4).split("<cols>").nth(1).unwrap().to_owned();
        // The second column holds `postings` and its head: `Agreement` or 核对项.
        let column = columns.split("<col ").nth(2).unwrap().to_owned();
        let width = column.split("width=\"").nth(1).unwrap();
        width.split('"').next().unwrap().parse::<f64>().unwrap()
    };
    assert!(width(Language::English) > 11.0);
    assert!(width(Language::Chinese) > 10.0);
}

#[test]
fn the_same_evidence_gives_the_same_bytes() {
    for language in [Language::English, Language::Chinese] {
        assert!(usual(language) == usual(language));
    }
    let parts = parts(&usual(Language::English));
    let core = &parts["docProps/core.xml"];
    assert!(
        core.contains(">2013-05-27T00:00:00Z</dcterms:created>"),
        "{core}"
    );
    assert!(
        core.contains(">2013-05-27T00:00:00Z</dcterms:modified>"),
        "{core}"
    );
}

#[test]
fn an_amount_of_more_than_15_digits_is_text_and_says_so() {
    let mut dossier = story::balanced();
    let total = &mut dossier.report.agreements[0].totals[0];
    total.expected = "90071992547409.91".to_owned();
    total.actual.clone_from(&total.expected);
    let parts = parts(&xlsx(&dossier, Vec::new(), Language::English, ROWS));
    let lead = cells(sheet(&parts, 2));
    assert!(lead.contains("\"90,071,992,547,409.91\""), "{lead}");
    assert!(
        lead.contains("\"As text: a spreadsheet keeps 15 digits"),
        "{lead}"
    );
    assert!(lead.contains("\"As text, added up exactly"), "{lead}");
    assert!(!lead.contains("90071992547409.9\n"), "{lead}");
}

#[test]
fn an_amount_that_is_no_number_is_an_error() {
    let mut dossier = story::balanced();
    dossier.report.agreements[0].totals[0].actual = "=1".to_owned();
    let written = write(
        &dossier,
        story::read(vec![]),
        story::read(vec![]),
        Language::English,
        Vec::new(),
    );
    assert_eq!(
        written.unwrap_err().to_string(),
        "report.json: `postings`, amount: `=1` is no amount; report from a folder that one run has left"
    );
}

#[test]
fn a_start_that_is_no_time_is_an_error() {
    for text in [
        "",
        "yesterday",
        "2013-05-27",
        "2013-02-30T00:00:00Z",
        "2013-05-27T00:00:00+08:00",
    ] {
        let mut dossier = story::balanced();
        dossier.manifest.started = text.to_owned();
        let written = write(
            &dossier,
            story::read(vec![]),
            story::read(vec![]),
            Language::English,
            Vec::new(),
        );
        let said = written.unwrap_err().to_string();
        assert!(said.contains("which is no time such as"), "{text}: {said}");
    }
}

#[test]
fn breaks_and_rejects_must_be_those_that_the_report_counts() {
    let dossier = story::dossier();
    let rejects = || story::read(story::rejects());
    let written = write(
        &dossier,
        story::read(vec![]),
        rejects(),
        Language::English,
        Vec::new(),
    );
    assert!(
        written
            .unwrap_err()
            .to_string()
            .starts_with("breaks.jsonl holds 0 of")
    );
    let breaks = story::read(story::breaks());
    let written = write(
        &dossier,
        breaks,
        story::read(vec![]),
        Language::English,
        Vec::new(),
    );
    assert!(
        written
            .unwrap_err()
            .to_string()
            .starts_with("rejects.jsonl holds 0 of")
    );
}

/// A run with so many missing records of 1.00 each.
fn many(count: u64) -> (Dossier, impl Iterator<Item = Result<Break, LineError>>) {
    let mut dossier = story::balanced();
    let agreement = &mut dossier.report.agreements[0];
    agreement.breaks.missing = count;
    agreement.records.expected = 1_000 + count;
    agreement.records.actual = 1_000;
    let sum = format!("{count}.00");
    agreement.totals = vec![story::total(&sum, "0.00", &format!("-{sum}"))];
    agreement.causes = vec![ledger::CauseLine {
        id: Some("A1".to_owned()),
        breaks: count,
        difference: vec![story::amount("CNY", &format!("-{sum}"))],
        ..Default::default()
    }];
    dossier.report.verdict = ledger::Verdict::OutOfBalance;
    let found = |number| Ok(story::missing(&format!("V{number:09}"), "1.00"));
    (dossier, (0..count).map(found))
}

#[test]
fn what_a_sheet_cannot_hold_is_told_loudly_and_not_added_up() {
    let (dossier, breaks) = many(10);
    let breaks = breaks.map(Result::unwrap).collect();
    let parts = parts(&xlsx(&dossier, breaks, Language::English, 8));
    let notice = "THE SHEET IS FULL: 5 further lines do not fit. All of them are in breaks.jsonl.";
    for number in [1, 2, 3] {
        assert!(sheet(&parts, number).contains(notice), "{number}");
    }
    let exceptions = cells(sheet(&parts, 3));
    assert!(
        exceptions.contains("E7 \"voucher=V000000004\""),
        "{exceptions}"
    );
    assert!(!exceptions.contains("V000000005"), "{exceptions}");
    assert!(
        exceptions.contains("A8 \"THE SHEET IS FULL"),
        "{exceptions}"
    );
    let lead = cells(sheet(&parts, 2));
    assert!(!lead.contains("SUMIF"), "{lead}");
    assert!(lead.contains("\"Not a formula: not every line"), "{lead}");
}

#[test]
fn crossed_totals_and_rejects_beyond_a_sheet_are_told_as_well() {
    let mut dossier = story::balanced();
    dossier.report.rejects = 12;
    dossier.report.agreements[0].crossed =
        vec![story::dossier().report.agreements[0].crossed[0].clone(); 12];
    let rejects = vec![story::rejects().remove(0); 12];
    let mut out = Vec::new();
    write_with_room(
        &dossier,
        story::read(vec![]),
        story::read(rejects),
        Language::English,
        6,
        &mut out,
    )
    .unwrap();
    let parts = parts(&out);
    let summary = sheet(&parts, 1);
    assert!(
        summary.contains("Crossed totals: THE SHEET IS FULL: 9 further lines"),
        "{summary}"
    );
    assert!(
        summary.contains("Rejects: THE SHEET IS FULL: 9 further lines"),
        "{summary}"
    );
}

#[test]
fn a_panic_that_is_not_the_sheets_is_passed_on() {
    let thrown = catch_unwind(|| catching_spills::<()>(|| panic!("something else")));
    assert!(thrown.is_err());
    let spilt = catching_spills::<()>(|| {
        let full = std::io::Error::from_raw_os_error(28);
        panic!("{SPILL_FAILED}: {full:?}")
    });
    assert_eq!(
        spilt.unwrap_err().to_string(),
        "failed to write a temporary file of the workbook (No space left on device); make room in \
         the folder for temporary files, or name another in TMPDIR"
    );
}

#[test]
fn a_sheet_with_an_odd_name_can_be_reached_from_the_summary() {
    let mut dossier = story::balanced();
    dossier.report.agreements[0].name = "it's [a] <name> & more".to_owned();
    let parts = parts(&xlsx(&dossier, Vec::new(), Language::English, ROWS));
    assert!(parts["xl/workbook.xml"].contains("<sheet name=\"it's _a_ &lt;name&gt; &amp; more\""));
    let summary = sheet(&parts, 1);
    assert!(
        summary.contains("location=\"'it''s _a_ &lt;name&gt; &amp; more'!A1\""),
        "{summary}"
    );
}
