//! What the window says is all told in Chinese: nothing is left of the English but names and values.

use super::chinese;
use channels::{Channel, Post};
use cutover::Digest;
use cutover::daybook::{AppendError, Damage, Wrong};
use cutover::gate::{Facts, Outcome, Tally, judge};
use cutover::notice::{Kind, Language, Occasion, Sender, Template, write};
use cutover::seal::{Found, Sealed};
use cutover::signoff::{PublicKey, Refused, SecretKey, Statement, TwoPeople, read_trusted};
use cutover::window::{Refusal, ReplayError, Stage, State};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use miette::Diagnostic;
use reports::ReportError;
use std::collections::BTreeSet;
use std::path::Path;

/// Words that stay as they are: names of our own, of this world, and of formats.
const NAMES: &str = "Crossfoot BLAKE3 ASCII JSON SQL UTC NULL GO NO-GO INCOMPLETE CNY SELECT AS FROM \
    COLUMN VALUE SIGKILL UnknownIssuer io Authorization XX true false plain path mail \
    postings posting records flow owed amount fee voucher leg fees users abc phone zh en a b c \
    accountant engineer auditor Li Na Wang Wei ruixin-bao ruixin-pay evidence window close-pay tell \
    announced opened frozing break_accepted ca_file TMPDIR url headers patience attempts to user \
    password body text server tls argv command";

/// Fields of entries, as the daybook writes them.
const FIELDS: &str = "why by roles figures agreement agreements rejects release rollback_takes_ms \
    late_ms tables found passed break";

/// Checks that a sentence has Chinese words, and that nothing else is left.
fn check(said: &str) {
    let told = chinese(said).unwrap_or_else(|| panic!("not told in Chinese: {said}"));
    let known: BTreeSet<&str> = [NAMES, FIELDS]
        .iter()
        .flat_map(|words| words.split_whitespace())
        .collect();
    let left: Vec<String> = words(&told)
        .into_iter()
        .filter(|word| !known.contains(word.as_str()) && !is_value(word))
        .collect();
    assert!(left.is_empty(), "{left:?} of {told}\nsaid as {said}");
    assert!(told.chars().any(super::is_chinese), "{told}");
}

/// The words of a text outside of code, quotes and braces.
fn words(told: &str) -> Vec<String> {
    let mut plain = String::new();
    let mut closing = None;
    for letter in told.chars() {
        match (closing, letter) {
            (Some(close), letter) if close == letter => closing = None,
            (Some(_), _) => {}
            (None, '`' | '"') => closing = Some(letter),
            (None, '{') => closing = Some('}'),
            (None, letter) => plain.push(letter),
        }
    }
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || "_-.:/+".contains(letter);
    let words = plain.split(|letter| !is_part(letter));
    let trimmed = words.map(|word| word.trim_matches(|c: char| ".:/+".contains(c)).to_owned());
    trimmed
        .filter(|word| word.contains(|letter: char| letter.is_ascii_alphabetic()))
        .collect()
}

/// Files, options, addresses, digests, times: what has a point, a slash or a digit in it.
fn is_value(word: &str) -> bool {
    word.starts_with("--") || word.contains(|c: char| c.is_ascii_digit() || "./".contains(c))
}

fn at(time: &str) -> Timestamp {
    let text = format!("2013-05-27T{time}:00Z");
    text.parse().expect("a time of the day")
}

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
fn sentences_are_told_as_the_trade_says_them() {
    let check = |said: &str, told: &str| assert_eq!(chinese(said).as_deref(), Some(told));
    check(
        "releasing has no place while the window is converted; verify first, or roll back",
        "窗口处于“已转换”，不能记录“正在开放”；请先核对，或回退",
    );
    check(
        "1 break, 0 accepted, 1 open: voucher=V1 differs amount 0.01 CNY; correct them, or accept \
         each by name",
        "1 处差错，已接受 0 处，未决 1 处：voucher=V1 不一致 amount 0.01 CNY；请更正，或逐一指名接受",
    );
    check(
        "/pay/window/daybook.jsonl: line 6 of the daybook (byte 1705) is line 5 once more; put back \
         a copy of the daybook",
        "/pay/window/daybook.jsonl：日记账第 6 行（字节 1705）与第 5 行重复；请恢复日记账的副本",
    );
    check(
        "of 2 files these are other than when they were verified: source flow.csv had 96a4 and has \
         6a9f, target p.parquet is not there; verify again",
        "2 个文件中，以下与核对时不同：源账 flow.csv 原为 96a4，现为 6a9f，新账 p.parquet 已不存在；\
         请再次核对",
    );
}

#[test]
fn every_sentence_of_the_table_is_told() {
    let said = include_str!("said.txt").lines();
    let said = said.filter(|line| !line.is_empty() && !line.starts_with("# "));
    let count = said.inspect(|said| check(said)).count();
    assert!(count > 120, "the table was read: {count}");
}

#[test]
fn every_refusal_of_a_step_is_told() {
    let stage = Stage::Frozen;
    let refusals = [
        Refusal::NotOpened,
        Refusal::AlreadyOpened,
        Refusal::MayBeReleased,
        Refusal::BackInTime {
            last: at("08:00"),
            now: at("07:59"),
        },
        Refusal::OutOfOrder { last: 3, found: 5 },
        Refusal::TooEarly {
            freeze: at("08:00"),
            early: "22h".to_owned(),
        },
        Refusal::NoWayBack {
            point: at("15:15"),
            late: "less than 1s".to_owned(),
            release: at("16:00"),
        },
        Refusal::FiguresLacking { reading: "first" },
        Refusal::FiguresLacking { reading: "second" },
        Refusal::StillMoves {
            differences: "first records, owed was read, then records".to_owned(),
        },
        Refusal::JudgementOld { at: at("11:30") },
        Refusal::Shut {
            outcome: Outcome::Incomplete,
            reasons: "nothing was checked".to_owned(),
        },
        Refusal::TooLate {
            release: at("16:00"),
            late: "2h 5m".to_owned(),
        },
        Refusal::LateRollback {
            takes: "45m".to_owned(),
            release: at("16:00"),
            late: "1m".to_owned(),
        },
        Refusal::SignOff {
            why: TwoPeople::TooFew { found: 1 }.to_string(),
        },
    ];
    for why in refusals {
        check(&why.to_string());
        let (n, event) = (13, "opening_figures");
        check(&ReplayError { n, event, why }.to_string());
    }
    for why in [
        "the entry before is no judgement of the gate",
        "the daybook has gone on since the gate judged",
        "the gate judged other evidence than the last verification's",
        "the gate judged later than it is now",
        "the gate's outcome is not what its lines come to",
    ] {
        let why = why.to_owned();
        check(&Refusal::NotJudged { why }.to_string());
    }
    for step in cutover::daybook::Event::NAMES {
        let instead = stage.what_next();
        let refusal = Refusal::NotNow {
            step,
            stage,
            instead,
        };
        check(&refusal.to_string());
    }
}

#[test]
fn every_stage_says_what_is_next() {
    for stage in Stage::ALL {
        check(stage.what_next());
        check(&format!("the window is {stage}; {}", stage.what_next()));
    }
}

#[test]
fn every_damage_of_a_daybook_is_told() {
    let (one, other) = (Digest::of(b"one"), Digest::of(b"other"));
    let wrongs = [
        Wrong::Foreign,
        Wrong::OtherVersion {
            found: "2".to_owned(),
        },
        Wrong::Changed {
            actual: one,
            written: other,
        },
        Wrong::Missing {
            expected: 4,
            found: 7,
            count: 3,
        },
        Wrong::Moved {
            expected: 4,
            found: 5,
            elsewhere: 6,
        },
        Wrong::Doubled { first: 5 },
        Wrong::OtherChain {
            prev: one,
            head: other,
        },
        Wrong::BackInTime {
            before: at("08:00"),
            at: at("07:00"),
        },
        Wrong::UnknownEvent {
            name: "frozing".to_owned(),
        },
        Wrong::OtherFields {
            says: "missing field `taken`".to_owned(),
        },
        Wrong::OtherSpelling,
        Wrong::OpenedOnce { event: "announced" },
        Wrong::Rubbish {
            bytes: 4,
            offset: 10_208,
        },
    ];
    for wrong in wrongs {
        let (line, offset) = (6, 1705);
        let event = "break_accepted";
        let why = wrong.clone();
        check(&AppendError::Unreadable { event, why }.to_string());
        check(&Damage { line, offset, wrong }.to_string());
    }
    check(&AppendError::OpenedOnce { n: 1, event: "opened" }.to_string());
}

#[test]
fn a_gate_that_knows_nothing_is_told() {
    let judgement = judge(&State::new(), &Facts::default(), at("11:30"));
    for item in judgement.items() {
        check(&item.says);
    }
    let error = Tally::new(&[]).see_line(b"{}\n").expect_err("no break");
    check(&error.to_string());
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
    for text in ["", "crossfoot-secret-key-1", &format!("crossfoot-secret-key-1 {digits}")] {
        let error = SecretKey::read(text).expect_err("no key");
        check(&format!("the key in li.key {error}"));
    }
    let secret = li().to_file();
    for text in ["", &*secret, &format!("crossfoot-public-key-1 {digits} Li Na")] {
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
}

#[test]
fn every_mistake_of_a_notice_is_told() {
    let (from, until) = (at("08:00"), at("16:00"));
    let stop = Occasion::Stop { from, until };
    let good = Sender {
        system: "瑞信支付",
        contact: "95188",
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
        Sender { system: " ", ..good.clone() },
        Sender { closed: &[], ..good.clone() },
        Sender { open: &[], ..good.clone() },
    ] {
        told(&stop, &sender);
    }
    for occasion in [
        Occasion::Stop { from, until: from },
        Occasion::Reopening { from, at: from },
        Occasion::Delay { was_until: until, until: from },
        Occasion::Progress { at: from, status: "", details: &[] },
    ] {
        told(&occasion, &good);
    }
    for (subject, text) in [("{sytem}", "x"), ("x", "a {"), ("x", "a }"), ("x", " "), ("a\nb", "x")] {
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
    assert!(mistakes.len() > 30, "{mistakes:?}");
    mistakes.iter().for_each(|mistake| check(&mistake.to_string()));
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

#[test]
fn every_mistake_of_a_window_in_a_plan_is_told() {
    let plan = r#"
        name = "wallet"
        source.url = "old"
        target.url = "new"
        agreement = [{ name = "all", rule = "flow", target = "flow" }]
        [window]
        freeze = 2013-05-27T08:00:00+08:00
        release = 2013-05-27T16:00:00+08:00
        rollback_takes = "45m"
        roles = ["accountant"]
        figures_apart = "0s"
        [[window.notice]]
        language = "fr"
        [[window.notice]]
        [[window.channel]]
        name = "users"
        [[window.channel]]
        name = "team"
        webhook = "https://a.example"
        file = "notices.jsonl"
        [[window.channel]]
        email = "a@b.example"
    "#;
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("crossfoot.toml");
    std::fs::write(&path, plan).expect("written");
    let mistakes = rules::plan::read(&path).expect_err("mistakes");
    assert!(mistakes.len() >= 9, "{mistakes:?}");
    for mistake in &mistakes {
        check(&mistake.to_string());
        let help = mistake.help().expect("a mend").to_string();
        assert!(chinese(&help).is_some(), "{help}");
    }
}
