//! What the window says is all told in Chinese: nothing is left of the English but names and values.

mod papers;

use super::chinese;
use cutover::Digest;
use cutover::daybook::{AppendError, Damage, Wrong};
use cutover::gate::{Facts, Outcome, Tally, judge};
use cutover::signoff::TwoPeople;
use cutover::window::{Refusal, ReplayError, Stage, State};
use jiff::Timestamp;
use miette::Diagnostic;
use std::collections::BTreeSet;

/// Words that stay as they are: names of our own, of this world, and of formats.
const NAMES: &str = "Crossfoot BLAKE3 ASCII JSON SQL UTC NULL GO NO-GO INCOMPLETE SELECT AS FROM CNY \
    UnknownIssuer Authorization NAME TOKEN NONE LINES TMPDIR false io XX \
    postings posting records flow owed amount fee voucher leg users zh en accountant engineer \
    Li Na Wang Wei ruixin-bao announced opened";

/// Checks that a sentence has Chinese words, and that nothing else is left.
fn check(said: &str) {
    let told = chinese(said).unwrap_or_else(|| panic!("not told in Chinese: {said}"));
    let known: BTreeSet<&str> = NAMES.split_whitespace().collect();
    let left: Vec<String> = words(&told)
        .into_iter()
        .filter(|word| !known.contains(word.as_str()) && !is_value(word))
        .collect();
    assert!(left.is_empty(), "{left:?} of {told}\nsaid as {said}");
    assert!(told.chars().any(super::is_chinese), "{told}");
}

/// The words of a text outside of code, quotes and braces.
pub(super) fn words(told: &str) -> Vec<String> {
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
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || "_-.:/".contains(letter);
    let words = plain.split(|letter| !is_part(letter));
    let trimmed = words.map(|word| word.trim_matches(|c: char| ".:".contains(c)).to_owned());
    trimmed
        .filter(|word| word.contains(|letter: char| letter.is_ascii_alphabetic()))
        .collect()
}

/// Files, options, addresses, digests, times: what has a digit or a sign in it.
pub(super) fn is_value(word: &str) -> bool {
    word.starts_with("--") || word.contains(|c: char| c.is_ascii_digit() || "./_".contains(c))
}

fn at(time: &str) -> Timestamp {
    let text = format!("2013-05-27T{time}:00Z");
    text.parse().expect("a time of the day")
}

#[test]
fn sentences_are_told_as_the_trade_says_them() {
    let check = |said: &str, told: &str| assert_eq!(chinese(said).as_deref(), Some(told));
    check(
        "releasing has no place while the window is converted; verify first, or roll back",
        "窗口处于“已转换”，不能记录“正在开放”；请先核对，或回退",
    );
    check(
        "verify has no place while the window is frozen; convert first, or record who converted: \
         crossfoot window converted; or roll back",
        "窗口处于“已停写”，不能核对；请先转换，或以 `crossfoot window converted` 记录由谁转换；或回退",
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
            instead: "mend these, and let the gate judge again",
        },
        Refusal::TooLate {
            release: at("16:00"),
            late: "2h 5m".to_owned(),
            instead: "ask the new system whether it is open, then give `crossfoot window release \
                      --released TEXT` or `--not-released TEXT`",
        },
        Refusal::WouldVoid {
            voided: "the conversion, the verification and what was signed",
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
    use cutover::daybook::Phase;
    let phases = [
        Phase::Freeze,
        Phase::Digest,
        Phase::Convert,
        Phase::Correct,
        Phase::Verify,
        Phase::SignOff,
        Phase::Release,
        Phase::Rollback,
    ];
    for phase in phases {
        let refusal = Refusal::NotNow {
            step: phase.name(),
            stage,
            instead: stage.what_next(),
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
        check(
            &Damage {
                line,
                offset,
                wrong,
            }
            .to_string(),
        );
    }
    check(
        &AppendError::OpenedOnce {
            n: 1,
            event: "opened",
        }
        .to_string(),
    );
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
        signers = "${SIG}/signers.txt"
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
