//! The same of what people sign and are sent: sign-offs, keys, evidence, notices, channels, reports.

use super::{at, check};
use channels::{Channel, Post};
use cutover::Digest;
use cutover::notice::{Kind, Language, Occasion, Sender, Template, write};
use cutover::seal::{Flaw, Found, Sealed};
use cutover::signoff::{PublicKey, Refused, SecretKey, Statement, TwoPeople, read_trusted};
use jiff::tz::TimeZone;
use reports::ReportError;
use std::path::Path;

fn li() -> SecretKey {
    SecretKey::from_seed([1; 32], "Li Na").expect("a name")
}

fn statement(plan: &str) -> Statement {
    Statement {
        role: "accountant".to_owned(),
        name: "Li Na".to_owned(),
        plan: plan.to_owned(),
        manifest_blake3: Digest::of(b"manifest"),
        daybook_head: Digest::of(b"head"),
        at: at("11:20"),
    }
}

#[test]
fn every_refusal_of_a_sign_off_is_told() {
    let key = li().public().id();
    let (found, expected) = (Digest::of(b"one"), Digest::of(b"other"));
    let (first, second) = ("accountant".to_owned(), "engineer".to_owned());
    let (name, role, owner) = ("Li Na".to_owned(), first.clone(), "Wang Wei".to_owned());
    let two_lines = statement("ruixin-bao\nmanifest: 0").text();
    let refused = [
        Refused::UnknownKey { key },
        Refused::OtherName {
            key,
            found: name.clone(),
            owner: owner.clone(),
        },
        Refused::OtherRole {
            role: role.clone(),
            owner: owner.clone(),
            key,
            trusted: second.clone(),
        },
        Refused::NoText(two_lines.expect_err("two lines")),
        Refused::BadSignature { owner, key },
        Refused::OtherPlan {
            found: "ruixin-pay".to_owned(),
            expected: "ruixin-bao".to_owned(),
        },
        Refused::OtherManifest { found, expected },
        Refused::OtherDaybook { found },
    ];
    refused.iter().for_each(|why| check(&why.to_string()));
    let same_key = TwoPeople::SameKey {
        key,
        first: first.clone(),
        second: second.clone(),
    };
    let same_name = TwoPeople::SameName {
        name,
        first,
        second,
    };
    for why in [same_key, same_name, TwoPeople::SameRole { role }] {
        check(&why.to_string());
    }
}

#[test]
fn every_wrong_key_is_told() {
    let digits = "0".repeat(64);
    let public = li().public().to_string();
    for text in [
        "",
        "crossfoot-secret-key-1",
        &format!("crossfoot-secret-key-1 {digits}"),
    ] {
        let error = SecretKey::read(text).expect_err("no key");
        check(&format!("the key in li.key {error}"));
    }
    let secret = li().to_file();
    for text in [
        "",
        &*secret,
        &format!("crossfoot-public-key-1 {digits} Li Na"),
    ] {
        let error = text.parse::<PublicKey>().expect_err("no key");
        check(&format!("the key in li.key {error}"));
    }
    for text in [
        "accountant".to_owned(),
        format!("accountant {secret}"),
        format!("accountant {public}\nengineer {public}"),
    ] {
        let error = read_trusted(&text).expect_err("no list");
        check(&format!("signers.txt: {error}"));
    }
    check(&"0".parse::<Digest>().expect_err("too short").to_string());
}

/// A manifest that lists these files.
fn manifest(files: &[&str]) -> String {
    let digest = Digest::of(b"");
    let listed = files
        .iter()
        .map(|file| serde_json::json!({"file": file, "bytes": 0, "blake3": digest}));
    let input = serde_json::json!({
        "book": "source", "table": "posting", "file": "flow.csv", "bytes": 0, "blake3": digest,
    });
    let document = serde_json::json!({
        "version": 1, "crossfoot": "0.1.0", "plan": "ruixin-bao", "plan_blake3": digest,
        "started": "2013-05-27T00:00:00Z", "seed": "0",
        "inputs": [input.clone(), input], "files": listed.collect::<Vec<_>>(),
    });
    document.to_string()
}

#[test]
fn every_flaw_of_evidence_is_told() {
    let whole = ["breaks.jsonl", "rejects.jsonl", "report.json"];
    for text in [
        String::new(),
        "{\"version\":2}".to_owned(),
        "{\"version\":1}".to_owned(),
        manifest(&whole[..2]),
        manifest(&["../x"]),
        manifest(&["a", "a"]),
        manifest(&["a", "A"]),
        manifest(&whole),
    ] {
        let error = Sealed::read(text.as_bytes()).expect_err("no manifest");
        check(&format!("evidence/1: {error}"));
    }
    let mut once: serde_json::Value = serde_json::from_str(&manifest(&whole)).expect("JSON");
    once["inputs"].as_array_mut().expect("a list").pop();
    let sealed = Sealed::read(once.to_string().as_bytes()).expect("a manifest");
    let found = |file: &str, bytes| Found {
        file: file.to_owned(),
        bytes,
        blake3: Digest::of(b""),
    };
    let files = [
        found("breaks.jsonl", 3),
        found("report.json", 0),
        found("note.txt", 3),
        found("Note.txt", 3),
    ];
    let flaws = sealed.check(&files);
    assert_eq!(flaws.len(), 5, "{flaws:?}");
    flaws.iter().for_each(|flaw| check(&flaw.to_string()));
    let (expected, actual) = (Digest::of(b""), Digest::of(b"x"));
    let file = "breaks.jsonl".to_owned();
    let otherwise = Flaw::ReadOtherwise {
        file,
        expected,
        actual,
    };
    check(&otherwise.to_string());
}

#[test]
fn every_mistake_of_a_notice_is_told() {
    let (from, until) = (at("08:00"), at("16:00"));
    let stop = Occasion::Stop { from, until };
    let good = Sender {
        system: "瑞信支付",
        contact: "95000",
        closed: &["付款"],
        open: &["查询"],
        zone: TimeZone::UTC,
    };
    let told = |occasion: &Occasion<'_>, sender: &Sender<'_>| {
        let error = write(occasion, sender, Language::Chinese, None).expect_err("a mistake");
        check(&format!("the notice in zh cannot be written: {error}"));
    };
    let contacts = ["", "{phone}", "a\nb"];
    for contact in contacts {
        let sender = Sender {
            contact,
            ..good.clone()
        };
        told(&stop, &sender);
    }
    for sender in [
        Sender {
            system: " ",
            ..good.clone()
        },
        Sender {
            closed: &[],
            ..good.clone()
        },
        Sender {
            open: &[],
            ..good.clone()
        },
    ] {
        told(&stop, &sender);
    }
    for occasion in [
        Occasion::Stop { from, until: from },
        Occasion::Reopening { from, at: from },
        Occasion::Delay {
            was_until: until,
            until: from,
        },
        Occasion::Progress {
            at: from,
            status: "",
            details: &[],
        },
    ] {
        told(&occasion, &good);
    }
    for (subject, text) in [
        ("{sytem}", "x"),
        ("x", "a {"),
        ("x", "a }"),
        ("x", " "),
        ("a\nb", "x"),
    ] {
        let error = Template::read(Kind::Stop, subject, text).expect_err("a mistake");
        check(&format!("the text of `stop` is wrong: {error}"));
    }
}

#[test]
fn every_mistake_of_a_channel_is_told() {
    let channels = [
        r#"{"kind": "file", "name": "users", "path": ""}"#,
        r#"{"kind": "file", "name": "users", "path": "a", "patience": {"attempts": 21}}"#,
        r#"{"kind": "command", "name": "users", "argv": []}"#,
        r#"{"kind": "webhook", "name": "users", "url": "https://a.example/${NONE}"}"#,
        r#"{"kind": "webhook", "name": "users", "url": "https://a.example/${LINES}"}"#,
        r#"{"kind": "webhook", "name": "users", "url": "https://a.example/${a b}"}"#,
        r#"{"kind": "webhook", "name": "users", "url": "http://a.example"}"#,
        r#"{"kind": "webhook", "name": "users", "url": "ftp://a.example"}"#,
        r#"{"kind": "webhook", "name": "users", "url": "https://a:b@a.example"}"#,
        r#"{"kind": "webhook", "name": "users", "url": "a.example/b"}"#,
        r#"{"kind": "webhook", "name": "users", "url": "/b"}"#,
        r#"{"kind": "webhook", "name": "users", "url": "https://a.example", "headers": {"a b": "c"}}"#,
        r#"{"kind": "webhook", "name": "users", "url": "https://a.example", "headers": {"Host": "c"}}"#,
        r#"{"kind": "webhook", "name": "users", "url": "https://a.example", "body": {"text": "{sbject}"}}"#,
        r#"{"kind": "webhook", "name": "users", "url": "https://a.example", "body": "a {"}"#,
        r#"{"kind": "webhook", "name": "users", "url": "https://a.example", "ca_file": "none.pem"}"#,
        r#"{"kind": "email", "name": "users", "server": "a.example", "tls": "none", "from": "a@b.example", "to": []}"#,
        r#"{"kind": "email", "name": "users", "server": "a.example", "from": "a@b.example", "to": ["a@b.example"], "user": "a", "password": "b"}"#,
    ];
    let read = |text: &&str| serde_json::from_str::<Channel>(text).expect("a channel");
    let channels: Vec<Channel> = channels.iter().map(read).collect();
    let environment = |name: &str| (name == "LINES").then(|| "a\nb".to_owned());
    let mistakes = Post::open(&channels, Path::new("."), &environment).expect_err("mistakes");
    assert!(mistakes.len() >= channels.len(), "{mistakes:?}");
    mistakes
        .iter()
        .for_each(|mistake| check(&mistake.to_string()));
}

#[test]
fn every_error_of_a_report_is_told() {
    let line = reports::read_breaks(&b"{}\n"[..]).next();
    let line = line.expect("a line").expect_err("no break");
    let text = |text: &str| text.to_owned();
    let errors = [
        ReportError::Line(line),
        ReportError::UnknownAgreement {
            file: "breaks.jsonl",
            agreement: text("fees"),
        },
        ReportError::Count {
            file: "breaks.jsonl",
            of: text("postings missing"),
            found: 3,
            counted: 4,
            difference: 1,
        },
        ReportError::Sum {
            agreement: text("postings"),
            column: text("amount"),
            currency: text("CNY"),
            found: text("0.02"),
            counted: text("0.01"),
            difference: text("0.01"),
        },
        ReportError::Amount {
            place: text("breaks.jsonl:3"),
            text: text("1,1"),
        },
        ReportError::Started { text: text("now") },
        ReportError::Spill(text("No space left on device (os error 28)")),
        ReportError::Write(std::io::Error::from_raw_os_error(28)),
    ];
    errors.iter().for_each(|error| check(&error.to_string()));
}
