//! The workbook in a real spreadsheet, where there is one.

use std::collections::BTreeMap;
use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{parts, usual};
use crate::{Language, story};

/// Says where LibreOffice is; where it is not, says so.
fn libreoffice() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let found = std::env::split_paths(&path)
        .map(|folder| folder.join("soffice"))
        .find(|program| program.is_file());
    if found.is_none() {
        eprintln!("not run: there is no LibreOffice (Debian: libreoffice-calc)");
    }
    found
}

/// Has LibreOffice open a workbook, compute every formula anew and write each sheet as CSV.
fn recalculated(soffice: &Path, xlsx: &[u8]) -> BTreeMap<String, String> {
    let folder = tempfile::tempdir().unwrap();
    let (profile, out) = (folder.path().join("profile"), folder.path().join("out"));
    std::fs::create_dir_all(profile.join("user")).unwrap();
    std::fs::write(
        profile.join("user/registrymodifications.xcu"),
        ALWAYS_RECALCULATE,
    )
    .unwrap();
    let book = folder.path().join("book.xlsx");
    std::fs::write(&book, xlsx).unwrap();
    let done = Command::new(soffice)
        .arg(format!(
            "-env:UserInstallation=file://{}",
            profile.display()
        ))
        .args(["--headless", "--norestore", "--convert-to"])
        // Comma, double quote, UTF-8, from line 1, as shown, every sheet.
        .arg("csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,false,true,false,false,-1")
        .arg("--outdir")
        .args([&out, &book])
        .output()
        .unwrap();
    assert!(done.status.success(), "{done:?}");
    let told = String::from_utf8_lossy(&done.stderr);
    assert!(!told.to_lowercase().contains("error"), "{told}");
    let files = std::fs::read_dir(&out)
        .unwrap()
        .map(|file| file.unwrap().path());
    let read = |path: PathBuf| {
        let name = path
            .file_stem()
            .unwrap()
            .to_string_lossy()
            .replacen("book-", "", 1);
        (name, std::fs::read_to_string(path).unwrap())
    };
    files.map(read).collect()
}

/// Settings of LibreOffice: no formula's stored result is trusted.
const ALWAYS_RECALCULATE: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry" xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load"><prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop></item>
</oor:items>
"#;

/// Gives the workbook with a text of one part replaced.
fn with_replaced(xlsx: &[u8], part: &str, from: &str, to: &str) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in parts(xlsx) {
        let options = zip::write::SimpleFileOptions::default();
        archive.start_file(name.as_str(), options).unwrap();
        let text = match name == part {
            true => {
                assert!(text.contains(from), "{text}");
                text.replace(from, to)
            }
            false => text,
        };
        archive.write_all(text.as_bytes()).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

/// Gives the amount and the tick of a line of a lead sheet.
fn line_of<'c>(csv: &'c str, says: &str) -> Vec<&'c str> {
    let line = csv.lines().find(|line| line.contains(says)).unwrap();
    line.rsplit(',').take(3).skip(1).collect()
}

#[test]
fn libreoffice_opens_the_workbook_and_its_formulas_come_to_the_same() {
    let Some(soffice) = libreoffice() else {
        return;
    };
    let book = usual(Language::English);
    let sheets = recalculated(&soffice, &book);
    assert_eq!(sheets.len(), 9, "{:?}", sheets.keys());
    let lead = &sheets["postings"];
    assert_eq!(
        line_of(lead, "Difference of the books"),
        ["✗", "-13.81"],
        "{lead}"
    );
    assert_eq!(
        line_of(lead, "Residual (difference less breaks)"),
        ["✓", "0.00"],
        "{lead}"
    );
    assert_eq!(
        line_of(lead, "Residual as in report.json"),
        ["✓", "0.00"],
        "{lead}"
    );
    assert_eq!(
        line_of(lead, "Sum over the sheet of exceptions"),
        ["✓", "-13.81"],
        "{lead}"
    );
    let all: String = sheets.values().cloned().collect();
    for error in ["#REF!", "#NAME?", "#VALUE!", "Err:", "#DIV/0!", "#N/A"] {
        assert!(!all.contains(error), "{error} in {all}");
    }
    let exceptions = &sheets["Exceptions"];
    assert!(
        exceptions.contains("voucher=00000000622848001234567"),
        "{exceptions}"
    );
    assert!(exceptions.contains("=HYPERLINK("), "{exceptions}");
}

#[test]
fn libreoffice_shows_a_total_that_was_tampered_with() {
    let Some(soffice) = libreoffice() else {
        return;
    };
    let book = usual(Language::English);
    let tampered = with_replaced(
        &book,
        "xl/worksheets/sheet2.xml",
        "<v>2555.56</v>",
        "<v>2555.55</v>",
    );
    let lead = &recalculated(&soffice, &tampered)["postings"];
    assert_eq!(
        line_of(lead, "Difference of the books"),
        ["✗", "-13.80"],
        "{lead}"
    );
    assert_eq!(
        line_of(lead, "Difference as in report.json"),
        ["✗", "-13.81"],
        "{lead}"
    );
    assert_eq!(
        line_of(lead, "Residual (difference less breaks)"),
        ["✗", "0.01"],
        "{lead}"
    );
}

#[test]
fn libreoffice_shows_every_text_as_it_is_in_the_books() {
    let Some(soffice) = libreoffice() else {
        return;
    };
    let texts = [
        "=1+1",
        "+1",
        "-2+3",
        "@SUM(A1)",
        "'quoted",
        "007",
        "622848001234567890",
        "12E45",
        "2013/5/24",
        "TRUE",
        "_x0041_",
        " blanks ",
        "<b>&amp;</b>",
        "余额收益",
        "😀",
    ];
    let mut dossier = story::balanced();
    let agreement = &mut dossier.report.agreements[0];
    agreement.breaks.differs = u64::try_from(texts.len()).unwrap();
    let found = |text: &&str| {
        let mut found = story::differs("V1", "memo", text, "x", "0.00");
        found.difference.clear();
        found
    };
    let breaks = texts.iter().map(found).collect();
    let book = super::xlsx(&dossier, breaks, Language::English, super::ROWS);
    let sheets = recalculated(&soffice, &book);
    let exceptions = &sheets["Exceptions"];
    for (line, text) in exceptions.lines().skip(2).zip(texts) {
        assert!(line.contains(&format!(",memo,{text},x,")), "{text}: {line}");
    }
    assert_eq!(exceptions.lines().count(), 2 + texts.len());
}
