//! The seal: what of a folder is not as its manifest says.

use cutover::Digest;
use cutover::seal::{Found, Sealed};
use insta::assert_snapshot;

use super::world::{self, Run};

fn a_run() -> Run {
    world::run(
        vec![],
        0,
        Digest::of(b"plan"),
        &[world::input("source", "flow.csv", b"old")],
    )
}

fn flaws(change: impl FnOnce(&mut Vec<Found>)) -> String {
    let run = a_run();
    let sealed = Sealed::read(&run.manifest()).expect("a manifest");
    let mut files = run.files();
    change(&mut files);
    let flaws = sealed.check(&files);
    flaws.iter().map(|flaw| format!("{flaw}\n")).collect()
}

fn found(file: &str) -> Found {
    Found {
        file: file.into(),
        bytes: 3,
        blake3: Digest::of(b"abc"),
    }
}

#[test]
fn a_folder_as_it_was_written_has_no_flaw() {
    assert_eq!(flaws(|_| {}), "");
    assert_eq!(flaws(|files| files.reverse()), "");
    assert_eq!(flaws(|files| files.push(found("daybook.jsonl"))), "");
    let manifest = a_run().manifest();
    let own = Found {
        file: "manifest.json".into(),
        bytes: manifest.len() as u64,
        blake3: Digest::of(&manifest),
    };
    assert_eq!(flaws(|files| files.push(own)), "");
}

#[test]
fn every_flaw_is_named() {
    assert_snapshot!(flaws(|files| files[0] = found("breaks.jsonl")), @"breaks.jsonl was changed: 0 bytes with BLAKE3 af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262 were written, and it has 3 bytes with 6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85");
    assert_snapshot!(flaws(|files| drop(files.remove(0))), @"breaks.jsonl is missing: 0 bytes with BLAKE3 af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262 were written");
    assert_snapshot!(flaws(|files| files.push(found("note.txt"))), @"note.txt is not listed: 3 bytes that the run did not write");
    assert_snapshot!(flaws(|files| files.push(found("manifest.json"))), @"manifest.json was changed: 1010 bytes with BLAKE3 5117c9b2aba94b6ccb799e0f67c47db094e4f84eee521f84aee5f988a73b4f95 were written, and it has 3 bytes with 6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85");
    assert_snapshot!(flaws(|files| files[0].file = "Breaks.jsonl".into()), @r"
    Breaks.jsonl is not listed: 0 bytes that the run did not write
    breaks.jsonl is missing: 0 bytes with BLAKE3 af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262 were written
    ");
    assert_snapshot!(flaws(|files| files.push(found("REPORT.json"))), @r#"
    the folder holds the names "report.json" and "REPORT.json", which some machines take for one file
    REPORT.json is not listed: 3 bytes that the run did not write
    "#);
    assert_snapshot!(flaws(|files| files.push(found("../report.json"))), @r#"
    the folder holds the name "../report.json", which is no plain path inside the folder
    ../report.json is not listed: 3 bytes that the run did not write
    "#);
    assert_snapshot!(flaws(|files| files[1].bytes += 1), @"breaks.parquet was changed: 4 bytes with BLAKE3 34a969230cd369b51961bf5c78f9a134b61f6de33380822d401ee7bc53046413 were written, and it has 5 bytes with 34a969230cd369b51961bf5c78f9a134b61f6de33380822d401ee7bc53046413");
}

#[test]
fn a_name_that_leads_astray_makes_no_manifest() {
    let text = String::from_utf8(a_run().manifest()).expect("text");
    let read = |name: &str| {
        let text = text.replace(
            "\"breaks.parquet\"",
            &serde_json::to_string(name).expect("json"),
        );
        Sealed::read(text.as_bytes()).map(|sealed| sealed.manifest().files.len())
    };
    for good in [
        "breaks.parquet",
        "sub/breaks.parquet",
        "差错.parquet",
        "a..b",
        "...a",
    ] {
        assert_eq!(read(good), Ok(4), "{good}");
    }
    for bad in [
        "",
        ".",
        "..",
        "../x",
        "a/../x",
        "/etc/passwd",
        "a//b",
        "a/",
        "./a",
        "C:\\x",
        "a\\b",
        "c:x",
        "a\nb",
        "a\0",
        "a.",
        "a ",
        "breaks.jsonl",
        "BREAKS.jsonl",
    ] {
        assert!(read(bad).is_err(), "{bad}");
    }
    assert_snapshot!(read("../x").expect_err("astray"), @r#"manifest.json lists the name "../x", which is no plain path inside the folder; no evidence is made so, do not trust this folder"#);
    assert_snapshot!(read("breaks.jsonl").expect_err("twice"), @r#"manifest.json lists the name "breaks.jsonl" twice; no evidence is made so, do not trust this folder"#);
    assert_snapshot!(read("Breaks.JSONL").expect_err("alike"), @r#"manifest.json lists the names "breaks.jsonl" and "Breaks.JSONL", which some machines take for one file; no evidence is made so, do not trust this folder"#);
}

#[test]
fn what_is_no_manifest_is_named() {
    let text = String::from_utf8(a_run().manifest()).expect("text");
    let error = |text: &str| {
        Sealed::read(text.as_bytes())
            .expect_err("no manifest")
            .to_string()
    };
    assert_snapshot!(error(""), @"manifest.json cannot be read: EOF while parsing a value at line 1 column 0; take the folder from where it was made");
    assert_snapshot!(error(&text.replace("\"version\": 1", "\"version\": 2")), @"manifest.json is version 2, and only version 1 can be read; read it with the Crossfoot that wrote it");
    assert_snapshot!(error(&text.replace("\"report.json\"", "\"other.json\"")), @"manifest.json does not list report.json, which every evidence has; do not trust this folder");
    assert_snapshot!(error(&text.replace("\"seed\"", "\"sead\"")), @"manifest.json cannot be read: unknown field `sead`, expected one of `version`, `crossfoot`, `plan`, `plan_blake3`, `started`, `seed`, `inputs`, `files` at line 7 column 8; take the folder from where it was made");
    assert_snapshot!(error(&text.replacen("\"blake3\": \"", "\"blake3\": \"X", 1)), @r#"manifest.json cannot be read: "X96a4257289f9ebcbc94bfc49276f89ed87f8c951e3fa832d44dceb9b220520a5" is no BLAKE3 digest; it must be 64 lower-case hexadecimal digits at line 15 column 5; take the folder from where it was made"#);
}

#[test]
fn an_input_without_a_digest_is_told_as_such() {
    let mut run = a_run();
    run.inputs[0].blake3 = None;
    let sealed = Sealed::read(&run.manifest()).expect("a manifest");
    assert_eq!(sealed.manifest().inputs[0].blake3, None);
    run.inputs.push(run.inputs[0].clone());
    assert_snapshot!(Sealed::read(&run.manifest()).expect_err("twice"), @"manifest.json lists the input source posting flow.csv twice; do not trust this folder");
}
