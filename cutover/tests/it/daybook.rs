//! The daybook's format, what damages it, and that nothing does so in silence.

use cutover::Digest;
use cutover::daybook::{Daybook, Event, Hook, Notice, Outlook, Phase, PhaseFinished, Torn, Wrong};
use insta::assert_snapshot;
use proptest::prelude::*;

use super::story::{SIGNED, VERIFYING, told};
use super::world::{at, opened, terms};

/// The bytes of a whole window.
fn whole() -> String {
    let story = format!(
        "{VERIFYING}
        10:30 forecast
        11:00 verified V1 0.01
        11:05 accept V1 0.01
        11:20 sign accountant
        11:21 sign engineer
        11:30 release
        11:31 release-failed no answer
        11:32 not-released the queue is down
        11:33 rollback
        11:34 rolled-back
        11:35 remark tomorrow again"
    );
    told(&story).book.text()
}

fn lines(text: &str) -> Vec<String> {
    text.split_inclusive('\n').map(str::to_owned).collect()
}

/// Checks what a change of the lines of a whole window is called.
fn damage(change: impl FnOnce(&mut Vec<String>)) -> String {
    let mut lines = lines(&whole());
    change(&mut lines);
    match Daybook::read(lines.concat().as_bytes()) {
        Ok(book) => format!("{} entries, torn: {:?}", book.entries().len(), book.torn()),
        Err(damage) => damage.to_string(),
    }
}

#[test]
fn the_published_form_to_the_byte() {
    let mut book = Daybook::new();
    let remark = Event::Remark {
        by: "李娜".into(),
        says: "\"开始\"".into(),
    };
    for event in [opened(terms()), Event::Announced, remark] {
        book.append(at("07:00"), event).expect("it follows");
    }
    assert_snapshot!(book.text(), @r#"
    {"n":0,"at":"2013-05-27T07:00:00Z","event":"opened","version":1,"crossfoot":"0.1.0","plan":"ruixin-bao","terms":{"plan_blake3":"29fde71e3ef298312227db745efc78ceb1c4e97c3a45f8e1f3f8680fa8a8f9ac","freeze":"2013-05-27T08:00:00Z","release":"2013-05-27T16:00:00Z","rollback_takes_ms":2700000,"timezone":"Asia/Shanghai","roles":["accountant","engineer"],"agreements":["postings","balances"],"controls":["trial balance"]},"prev":"0000000000000000000000000000000000000000000000000000000000000000","hash":"6c6c0ddf909b50881b6806c349785fc1aefd9f7d6561a7b2e7f9381d06647fc0"}
    {"n":1,"at":"2013-05-27T07:00:00Z","event":"announced","prev":"6c6c0ddf909b50881b6806c349785fc1aefd9f7d6561a7b2e7f9381d06647fc0","hash":"66441a9b2ae180877d283ae1f0f74e31a246381af13e8e6e06974c35d5488bbc"}
    {"n":2,"at":"2013-05-27T07:00:00Z","event":"remark","by":"李娜","says":"\"开始\"","prev":"66441a9b2ae180877d283ae1f0f74e31a246381af13e8e6e06974c35d5488bbc","hash":"50d9714bbaa91c739fbbb59e540d892c105efdc487994c1c8f21833f394d2672"}
    "#);
}

#[test]
fn the_hash_is_over_prev_and_the_line_before_it() {
    for line in whole().lines() {
        let (body, hash) = line.rsplit_once(",\"hash\":\"").expect("a hash");
        let (_, prev) = body.rsplit_once(",\"prev\":\"").expect("a prev");
        let prev = prev.trim_end_matches('"');
        let hashed = Digest::of(format!("{prev}{body}").as_bytes());
        assert_eq!(format!("{hashed}\"}}"), hash);
    }
}

#[test]
fn every_event_comes_back_as_it_was_written() {
    let notice = Notice {
        kind: "stop".into(),
        channel: "webhook".into(),
        attempt: 1,
        took_ms: 120,
    };
    let story = format!(
        "{VERIFYING}
        10:10 verified rejects 2
        10:11 dispose
        10:12 correct
        10:13 extend 17:00
        10:14 replan
        10:14 converted-elsewhere etl 4.2
        10:15 convert
        10:16 converted
        10:17 verify{SIGNED}
        11:30 release
        11:31 released"
    );
    let mut book = told(&story).book;
    for event in [
        Event::NoticeSent(notice.clone()),
        Event::NoticeFailed {
            notice,
            says: "no answer".into(),
        },
        Event::ChunkFinished(cutover::daybook::ChunkFinished {
            phase: Phase::Convert,
            chunk: "posting-0001".into(),
            records: u64::MAX,
            began: "-000001-01-01T00:00:00.000000001Z".parse().expect("a time"),
            took_ms: u64::MAX,
        }),
        Event::PhaseFinished(PhaseFinished {
            phase: Phase::SignOff,
            records: 0,
            took_ms: 1,
        }),
        Event::HookFailed {
            hook: Hook::Freeze,
            says: "exit 3\u{0}\u{2028}".into(),
        },
    ] {
        book.append(at("12:00"), event).expect("it follows");
    }
    let (other, book) = (whole(), book.text());
    let mut seen = std::collections::BTreeSet::new();
    for text in [&other, &book] {
        let read = Daybook::read(text.as_bytes()).expect("its own bytes");
        assert_eq!(read.text(), **text);
        for (entry, line) in read.entries().iter().zip(text.lines()) {
            let name = entry.event().name();
            assert!(line.contains(&format!("\"event\":\"{name}\"")), "{line}");
            seen.insert(name);
        }
    }
    let all: std::collections::BTreeSet<_> = Event::NAMES.into_iter().collect();
    assert_eq!(seen, all);
    assert_eq!(Outlook::OnTrack.to_string(), "ON TRACK");
}

#[test]
fn each_damage_is_named_with_its_place() {
    assert_snapshot!(damage(|_| {}), @"22 entries, torn: None");
    assert_snapshot!(damage(|lines| lines[5] = lines[5].replace("1234.50", "1234.51")), @"line 6 of the daybook (byte 1824) was changed: its bytes have the hash 5ece1be7925bf5d35dfc5aac4ee3f2007c5f4ead1621f6620d895ed79113bc8d, and it says 6877631f377ce96d9b99d18cd4b6e56cae7bb4950eefa3cedff9d95caad48d4e; put back a copy of the daybook");
    assert_snapshot!(damage(|lines| drop(lines.remove(4))), @"line 5 of the daybook (byte 1464) is entry 5, and entry 4 should be here: 1 missing before it; put back a copy of the daybook");
    assert_snapshot!(damage(|lines| drop(lines.drain(4..7))), @"line 5 of the daybook (byte 1464) is entry 7, and entry 4 should be here: 3 missing before it; put back a copy of the daybook");
    assert_snapshot!(damage(|lines| lines.swap(4, 5)), @"line 5 of the daybook (byte 1464) is entry 5, and entry 4 stands in line 6: lines were put in another order; put back a copy of the daybook");
    assert_snapshot!(damage(|lines| lines.insert(5, lines[4].clone())), @"line 6 of the daybook (byte 1824) is line 5 once more; put back a copy of the daybook");
    assert_snapshot!(damage(|lines| lines.insert(9, lines[4].clone())), @"line 10 of the daybook (byte 3209) is line 5 once more; put back a copy of the daybook");
    assert_snapshot!(damage(|lines| drop(lines.remove(0))), @"line 1 of the daybook (byte 0) is entry 1, and entry 0 should be here: 1 missing before it; put back a copy of the daybook");
    assert_snapshot!(damage(|lines| lines[3] = "{\"level\":\"info\"}\n".into()), @"line 4 of the daybook (byte 1261) is no entry of a daybook; put back a copy of the daybook, or name the right file");
    assert_snapshot!(damage(|lines| lines.insert(2, "\n".into())), @"line 3 of the daybook (byte 1057) is no entry of a daybook; put back a copy of the daybook, or name the right file");
    assert_snapshot!(damage(|lines| lines[0] = lines[0].replace("\"version\":1", "\"version\":2")), @"line 1 of the daybook (byte 0) says that this is daybook version 2, and only version 1 can be read; read it with the Crossfoot that wrote it");
    assert_snapshot!(damage(|lines| lines.push("more".into())), @"line 23 of the daybook (byte 10354) is 4 bytes behind the last entry that are no part of one; see what wrote them, then cut the file to 10354 bytes");
    assert_snapshot!(damage(|lines| lines[0] = lines[0].replace('\n', "\r\n")), @"line 1 of the daybook (byte 0) is no entry of a daybook; put back a copy of the daybook, or name the right file");
}

#[test]
fn lines_written_anew_with_right_hashes_are_named_too() {
    let book = Daybook::read(whole().as_bytes()).expect("its own bytes");
    // Another daybook's entry in the place of the fifth.
    let mut other = Daybook::new();
    for entry in book.entries().iter().take(5) {
        other
            .append(entry.at(), entry.event().clone())
            .expect("it follows");
    }
    let mixed = |line: String| damage(move |lines| lines[5] = line);
    let says = Event::Remark {
        by: "x".into(),
        says: "y".into(),
    };
    let forged = other.next(at("08:03"), says).expect("it follows").line();
    assert_snapshot!(mixed(forged).split(" (").next().expect("text"), @"line 7 of the daybook");
    let unknown = rehash(&whole(), 3, |body| {
        body.replace("\"freezing\"", "\"frozing\"")
    });
    assert_snapshot!(Daybook::read(unknown.as_bytes()).expect_err("unknown"), @r#"line 4 of the daybook (byte 1261) tells of the event "frozing", which daybook version 1 does not know; read it with the Crossfoot that wrote it"#);
    let field = rehash(&whole(), 3, |body| {
        body.replace("\"freezing\"", "\"freezing\",\"why\":1")
    });
    assert_snapshot!(Daybook::read(field.as_bytes()).expect_err("a field"), @"line 4 of the daybook (byte 1261) is spelled otherwise than daybook version 1 spells it; read it with the Crossfoot that wrote it");
    let lacking = rehash(&whole(), 4, |body| {
        body.replace("\"taken\":\"before\",", "")
    });
    assert_snapshot!(Daybook::read(lacking.as_bytes()).expect_err("a field"), @"line 5 of the daybook (byte 1464) has other fields than its event: missing field `taken`; read it with the Crossfoot that wrote it");
    let blank = rehash(&whole(), 3, |body| {
        body.replace("\"freezing\"", " \"freezing\"")
    });
    assert_snapshot!(Daybook::read(blank.as_bytes()).expect_err("a blank"), @"line 4 of the daybook (byte 1261) is spelled otherwise than daybook version 1 spells it; read it with the Crossfoot that wrote it");
    let back = rehash(&whole(), 3, |body| body.replace("T08:00", "T06:00"));
    assert_snapshot!(Daybook::read(back.as_bytes()).expect_err("a time"), @"line 4 of the daybook (byte 1261) is of 2013-05-27T06:00:00Z, before the entry before it, 2013-05-27T07:10:00Z; no daybook is written so: put back a copy of it");
    let again = rehash(&whole(), 3, |_| {
        let opened = whole();
        let line = opened.lines().next().expect("a line");
        line.split(",\"prev\"")
            .next()
            .expect("text")
            .replace("\"n\":0", "\"n\":3")
            .replace("T07", "T08")
            + ",\"prev\":\"0000000000000000000000000000000000000000000000000000000000000000\""
    });
    assert_snapshot!(Daybook::read(again.as_bytes()).expect_err("opened again"), @"line 4 of the daybook (byte 1261) is opened, and a daybook begins with the entry opened and has it once; put back a copy of the daybook");
}

/// Changes the words of one line and gives it, and no other, the right hashes.
fn rehash(text: &str, index: usize, change: impl FnOnce(String) -> String) -> String {
    let mut lines = lines(text);
    let (before, line) = (lines[index - 1].clone(), lines[index].clone());
    let hash_of = |line: &str| line.rsplit('"').nth(1).expect("a hash").to_owned();
    let prev = hash_of(&before);
    let (body, _) = line.rsplit_once(",\"hash\":\"").expect("a hash");
    let body = change(body.to_owned());
    let (body, _) = body.rsplit_once(",\"prev\":\"").expect("a prev");
    let body = format!("{body},\"prev\":\"{prev}\"");
    let hash = Digest::of(format!("{prev}{body}").as_bytes());
    lines[index] = format!("{body},\"hash\":\"{hash}\"}}\n");
    lines.concat()
}

#[test]
fn cut_anywhere_it_goes_on_from_the_last_whole_line() {
    let text = whole();
    let all = Daybook::read(text.as_bytes()).expect("its own bytes");
    for end in 0..=text.len() {
        let Some(part) = text.as_bytes().get(..end) else {
            continue;
        };
        let mut read = Daybook::read(part).unwrap_or_else(|why| panic!("cut to {end}: {why}"));
        let entries = read.entries().len();
        assert_eq!(read.entries(), &all.entries()[..entries]);
        let keep = text[..end].rfind('\n').map_or(0, |last| last + 1);
        assert_eq!(read.keep(), keep as u64);
        let torn = (keep < end).then_some(Torn {
            line: entries as u64 + 1,
            offset: keep as u64,
            bytes: (end - keep) as u64,
        });
        assert_eq!(read.torn(), torn);
        let Some(next) = all.entries().get(entries) else {
            continue;
        };
        let line = read
            .append(next.at(), next.event().clone())
            .expect("it follows");
        assert_eq!((text[..keep].to_owned() + &line), read.text());
        assert_eq!(read.torn(), None);
    }
}

#[test]
fn what_a_power_cut_leaves_is_torn_and_what_somebody_wrote_is_not() {
    let text = whole();
    let tail = |tail: &[u8]| Daybook::read(&[text.as_bytes(), tail].concat());
    let next = format!("{{\"n\":{},\"at\":\"", text.lines().count());
    for torn in [
        &b"\0\0\0\0"[..],
        b"{",
        next.as_bytes(),
        &[next.as_bytes(), b"2013-\0\0\0"].concat(),
    ] {
        assert!(tail(torn).expect("torn").torn().is_some(), "{torn:?}");
    }
    let other = next.replace(":2", ":9");
    for rubbish in [
        &b"more"[..],
        b" ",
        b"\0a",
        b"{}",
        b"\xff\xfe",
        other.as_bytes(),
    ] {
        let damage = tail(rubbish).expect_err("rubbish");
        assert!(
            matches!(damage.wrong, Wrong::Rubbish { .. }),
            "{rubbish:?}: {damage}"
        );
    }
    // A whole line with something else than its end behind it was not torn by a crash.
    let mut spoilt = text.into_bytes();
    *spoilt.last_mut().expect("an end") = b'x';
    assert!(Daybook::read(&spoilt).is_err());
}

#[test]
fn nothing_is_written_that_would_not_read_back() {
    let mut book = Daybook::new();
    assert_snapshot!(book.append(at("07:00"), Event::Announced).expect_err("not opened"), @"a daybook begins with the entry opened, and has it once; this is entry 0, announced");
    book.append(at("07:00"), opened(terms()))
        .expect("the first");
    assert_snapshot!(book.append(at("07:00"), opened(terms())).expect_err("again"), @"a daybook begins with the entry opened, and has it once; this is entry 1, opened");
    assert_snapshot!(book.append(at("06:59"), Event::Announced).expect_err("back"), @"the clock went back: the last entry is of 2013-05-27T07:00:00Z, and it is 2013-05-27T06:59:00Z; set the clock right, then try again");
    let mut twice = super::world::acceptance(&super::world::found("V1", "0.01"));
    twice.key.push("voucher", Some("V2".into()));
    let twice = Event::BreakAccepted(Box::new(twice));
    assert_snapshot!(book.append(at("07:01"), twice).expect_err("twice"), @"the entry break_accepted cannot be written, since its line is spelled otherwise than daybook version 1 spells it; read it with the Crossfoot that wrote it");
    assert_eq!(book.entries().len(), 1);
    let (first, second) = (
        book.next(at("07:01"), Event::Announced)
            .expect("it follows"),
        book.next(at("07:02"), Event::Announced)
            .expect("it follows"),
    );
    assert!(book.push(first));
    assert!(!book.push(second), "it follows another entry");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn a_single_changed_byte_is_never_read_as_the_same(place in any::<prop::sample::Index>(), to in any::<u8>()) {
        let text = whole().into_bytes();
        let mut other = text.clone();
        let place = place.index(text.len());
        prop_assume!(other[place] != to);
        other[place] = to;
        // An end that is gone leaves a torn line; nothing else goes through.
        if let Ok(book) = Daybook::read(&other) {
            prop_assert!(place == text.len() - 1 && book.torn().is_some());
            prop_assert_eq!(to, 0);
        }
    }

    #[test]
    fn lines_in_any_other_order_number_or_choice_are_damage(
        places in prop::collection::vec(any::<prop::sample::Index>(), 0..20),
    ) {
        let whole = whole();
        let all = lines(&whole);
        let chosen: Vec<usize> = places.iter().map(|place| place.index(all.len())).collect();
        let text: String = chosen.iter().map(|place| all[*place].as_str()).collect();
        let is_prefix = chosen.iter().enumerate().all(|(index, place)| index == *place);
        prop_assert_eq!(Daybook::read(text.as_bytes()).is_ok(), is_prefix);
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..400), cut in any::<prop::sample::Index>()) {
        let text = whole();
        let cut = cut.index(text.len());
        drop(Daybook::read(&bytes));
        let mixed = [&text.as_bytes()[..cut], &bytes].concat();
        drop(Daybook::read(&mixed));
    }

    #[test]
    fn any_words_come_back(by in any::<String>(), says in any::<String>()) {
        let mut book = Daybook::new();
        book.append(at("07:00"), opened(terms())).expect("the first");
        book.append(at("07:00"), Event::Remark { by, says }).expect("it follows");
        let text = book.text();
        prop_assert_eq!(text.lines().count(), 2);
        prop_assert_eq!(Daybook::read(text.as_bytes()), Ok(book));
    }
}
