//! The window from outside: `window`, `gate`, `sign`, `rehearse`, `evidence`, `daybook`, `report`.

use crate::peer::Peer;
use crate::place::{Place, timeless as masked};
use cutover::daybook::{Daybook, Event, Forecast, Outlook, Phase, PhaseFinished};
use jiff::{SignedDuration, Timestamp};
use std::fmt::Write as _;
use std::fs;
use std::process::Stdio;
use std::time::{Duration, Instant};

/// Records of the old book; enough for every cause to find one.
const RECORDS: u32 = 1_200;

/// A book whose window is open: it closed a minute ago, and must be open in some hours.
fn night() -> Place {
    let place = Place::empty()
        .with("old/flow.csv", flow())
        .with("crossfoot.toml", plan(-1, 240));
    let key = |file: &str, name: &str| {
        let made = place.output(&format!("sign --new {file} --name '{name}'"));
        assert_eq!(made.status, "0", "{}", made.stderr);
        made.stdout
    };
    let (li, wang) = (key("li.key", "Li Na"), key("wang.key", "Wang Wei"));
    let signers = format!("accountant {li}engineer {wang}");
    place.with("signers.txt", signers)
}

fn flow() -> String {
    let mut flow = "voucher,account,amount,fee,memo,booked\n".to_owned();
    for n in 0..RECORDS {
        let (account, amount) = (n * 7 % 211, 10_000 + n * 977 % 900_000);
        let memo = ["充值", "转账", "rent", "水电费"][n as usize % 4];
        let (day, hour, minute) = (1 + n % 27, n % 24, n * 7 % 60);
        writeln!(
            flow,
            "V{n:05},A{account:05},{}.{:02},{}.50,{memo} {},2013-05-{day:02} {hour:02}:{minute:02}:{:02}",
            amount / 100,
            amount % 100,
            n % 3,
            n % 13,
            n % 59
        )
        .unwrap();
    }
    flow
}

/// A plan whose window closes and opens so many minutes from now.
fn plan(freeze: i64, release: i64) -> String {
    let at = |minutes: i64| {
        let at = Timestamp::now() + SignedDuration::from_mins(minutes);
        at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
    };
    PLAN.replace("[freeze]", &at(freeze))
        .replace("[release]", &at(release))
}

/// The same, with another hook for one step.
fn hooked(step: &str, hook: &str) -> String {
    let line = format!("{step} = {HOOK}");
    let plan = plan(-1, 240);
    assert!(plan.contains(&line), "{step}");
    plan.replace(&line, &format!("{step} = {hook}"))
}

/// Each hook of the plan: it writes down what it was told.
const HOOK: &str = r#"["/bin/sh", "-c", "cat >> calls.jsonl; echo >> calls.jsonl"]"#;

const PLAN: &str = r#"
name = "wallet"
timezone = "Asia/Shanghai"
currency = "CNY"
[source]
url = "old"
[target]
url = "new"
[[agreement]]
name = "postings"
rule = "SELECT voucher, account, money(amount) AS amount, money(fee) AS fee, memo, local_time(booked, 'Asia/Shanghai') AS booked FROM flow"
target = "posting"
key = ["voucher"]
money = ["amount", "fee"]
[[control]]
name = "total"
expected = "SELECT control_total(money(amount)) AS amount FROM source.flow"
actual = "SELECT control_total(amount) AS amount FROM target.posting"
[window]
freeze = [freeze]
release = [release]
rollback_takes = "45m"
figures = "SELECT count(*) AS records, control_total(money(amount)) AS amount FROM flow"
figures_apart = "1s"
signers = "signers.txt"
[window.hooks]
freeze = ["/bin/sh", "-c", "cat >> calls.jsonl; echo >> calls.jsonl"]
release = ["/bin/sh", "-c", "cat >> calls.jsonl; echo >> calls.jsonl"]
rollback = ["/bin/sh", "-c", "cat >> calls.jsonl; echo >> calls.jsonl"]
[[window.notice]]
language = "zh"
system = "瑞信支付"
contact = "客服热线 95000"
[[window.notice]]
language = "en"
system = "Ruixin Pay"
contact = "95000"
[[window.channel]]
name = "users"
file = "notices.jsonl"
"#;

/// Runs a command that must end with this status.
fn ends(place: &Place, line: &str, status: &str) -> String {
    let output = place.output(line);
    assert_eq!(
        output.status, status,
        "{line}\n{}\n{}",
        output.stdout, output.stderr
    );
    output.stdout + &output.stderr
}

/// Announces the window and closes the old book.
fn frozen(place: &Place) {
    ends(place, "window announce", "0");
    ends(place, "window freeze", "0");
}

/// Converts, and verifies that both books agree.
fn converted_and_verified(place: &Place) {
    ends(place, "convert", "0");
    ends(place, "verify --evidence evidence/first", "0");
}

fn signed(place: &Place) {
    ends(place, "sign --role accountant --key li.key", "0");
    ends(place, "sign --role engineer --key wang.key", "0");
}

/// Comes to where nothing but the release is left to do.
fn ready(place: &Place) {
    ends(place, "convert", "0");
    ends(place, "rehearse --count 1", "0");
    frozen(place);
    converted_and_verified(place);
    signed(place);
}

/// Another old book: one record was booked otherwise by hand.
fn off(place: Place) -> Place {
    let flow = place.read("old/flow.csv").replacen("V00007,", "V0000X,", 1);
    let place = place.with("old/flow.csv", flow);
    ends(&place, "verify --evidence evidence/off", "1");
    place
}

fn rehearsed_and_announced(place: &Place) {
    ends(place, "convert", "0");
    ends(place, "rehearse --count 1 --rollback-took 12m", "0");
    ends(place, "window announce", "0");
    let notices = place.read("notices.jsonl");
    assert_eq!(notices.lines().count(), 2, "{notices}");
    assert!(
        notices.contains("暂停服务") && notices.contains("Ruixin Pay"),
        "{notices}"
    );
}

#[test]
fn a_night_from_the_announcement_to_the_release() {
    let place = night();
    rehearsed_and_announced(&place);

    // Nothing may be released that was not frozen, converted and verified.
    let early = ends(&place, "window release", "1");
    assert!(early.contains("NO-GO"), "{early}");
    ends(&place, "window freeze", "0");
    converted_and_verified(&place);

    // Nobody has signed.
    insta::assert_snapshot!(masked(&place.run("gate")), @"
    $ crossfoot gate
    exit 5
    --- stdout
    INCOMPLETE: not everything was checked, and what was not checked is not passed

                   check       of          expected  actual  difference
      not checked  sign-off    accountant
      not checked  sign-off    engineer
      not checked  two people

      sign-off accountant: nobody has signed in this role since what there is to sign last changed;
        sign
      sign-off engineer: nobody has signed in this role since what there is to sign last changed; sign
      two people: 0 signed off, and it takes two; have another person of another role sign
      rehearsal: all 23 planted faults were found and explained, in a shadow of these books
      14 items passed
    ");
    ends(&place, "sign --role accountant --key li.key", "0");
    let twice = ends(&place, "sign --role engineer --key li.key", "2");
    assert!(twice.contains("trusted as accountant only"), "{twice}");
    ends(&place, "sign --role engineer --key wang.key", "0");
    insta::assert_snapshot!(masked(&place.run("window release")), @"
    $ crossfoot window release
    exit 0
    --- stdout
    wallet: released
      the new system is open
      closes [date] [time] [time], must be open [date] [time] [time], point of no return
        [date] [time] [time]
      opening figures: records 1200, amount 4646538.00
      converted: 1,200 records read, 0 rejects
      verified: BALANCED, 0 breaks; evidence first
      signed off by Li Na as accountant
      signed off by Wang Wei as engineer
      next: the new book is open: a mistake is mended by entries, and another window is another
        daybook
      daybook: 25 entries, head [hash]
    ");

    let calls = place.read("calls.jsonl");
    let steps: Vec<&str> = calls.lines().filter(|line| !line.is_empty()).collect();
    assert_eq!(steps.len(), 2, "{calls}");
    assert!(
        steps[0].contains("\"freeze\"") && steps[1].contains("\"release\""),
        "{calls}"
    );
    assert_eq!(place.read("notices.jsonl").lines().count(), 4);

    // What is over is over.
    let gate = ends(&place, "gate", "2");
    assert!(gate.contains("the window is released"), "{gate}");
    let back = ends(&place, "window rollback --why x --by y", "2");
    assert!(back.contains("released"), "{back}");
    ends(&place, "daybook verify window/daybook.jsonl", "0");
    insta::assert_snapshot!(
        masked(&place.run("evidence verify evidence/first --keys signers.txt")), @"
    $ crossfoot evidence verify evidence/first --keys signers.txt
    exit 0
    --- stdout
    wallet: sound: 5 files as they were written
      BALANCED, released, daybook of 25 entries
      signed by Li Na (accountant, [hash])
      signed by Wang Wei (engineer, [hash])
      manifest.json [hash]
    "
    );
    insta::assert_snapshot!(
        masked(&place.run("evidence verify evidence/first --keys signers.txt --lang zh")), @"
    $ crossfoot evidence verify evidence/first --keys signers.txt --lang zh
    exit 0
    --- stdout
    wallet：完好：5 个文件均与写入时一致
      配平，已开放，日记账 25 条
      签核：Li Na (accountant, [hash])
      签核：Wang Wei (engineer, [hash])
      manifest.json [hash]
    "
    );
    insta::assert_snapshot!(masked(&place.run("window status --lang zh")), @"
    $ crossfoot window status --lang zh
    exit 0
    --- stdout
    wallet：已开放
      新系统开放
      停写 [date] [time] [time]，须开放 [date] [time] [time]，最后回退时点 [date]
        [time] [time]
      期初数：records 1200，amount 4646538.00
      已转换：读取 1,200 条，拒收 0 条
      已核对：配平，差错 0 处；证据 first
      Li Na 以 accountant 身份签核
      Wang Wei 以 engineer 身份签核
      下一步：新账已开放：有误以分录更正；另一次切换另用一本日记账
      日记账：25 条，末条摘要 [hash]
    ");
}

/// Leaves the tables as another program would have written them, without our account of them.
fn without_account(place: &Place) {
    ends(place, "convert", "0");
    fs::remove_dir_all(place.path().join("new/.crossfoot")).unwrap();
}

#[test]
fn a_night_in_which_something_else_converts_ends_released_too() {
    let place = night();
    without_account(&place);
    ends(&place, "rehearse --count 1", "0");
    frozen(&place);

    // Nothing is verified of which nobody says that it was converted.
    let early = ends(&place, "verify", "2");
    let says = "verify has no place while the window is frozen; convert first, or record who \
                converted: crossfoot window converted";
    assert!(early.contains(says), "{early}");
    let not_ours = ends(&place, "convert", "2");
    assert!(
        not_ours.contains("in a window, record who converted: `crossfoot window converted"),
        "{not_ours}"
    );
    let shut = ends(&place, "gate", "5");
    assert!(
        shut.contains("no conversion is recorded; convert, or record who converted"),
        "{shut}"
    );

    let told = ends(
        &place,
        "window converted --by 'Wang Wei' --how 'etl 4.2'",
        "0",
    );
    for line in [
        "wallet: converted, not verified\n",
        "  converted by Wang Wei, and not by Crossfoot: etl 4.2\n",
        "  next: verify first, or roll back\n",
    ] {
        assert!(told.contains(line), "{line}\n{told}");
    }
    ends(&place, "verify --evidence evidence/first", "0");
    signed(&place);
    let gate = ends(&place, "gate --json", "0");
    let gate: serde_json::Value = serde_json::from_str(&gate).unwrap();
    let items = gate["items"].as_array().unwrap().iter();
    let conversion: Vec<&str> = items
        .filter(|item| item["check"] == "conversion")
        .map(|item| item["says"].as_str().unwrap())
        .collect();
    assert_eq!(
        conversion,
        [
            "converted by Wang Wei (etl 4.2): its records are held against the rule by verify",
            "1200 by the rule, 1200 in the target, 1200 agree",
        ]
    );
    ends(&place, "window release", "0");
    assert_eq!(stage(&place), "released");
    let zh = ends(&place, "window status --lang zh", "0");
    assert!(
        zh.contains("由 Wang Wei 转换，未用 Crossfoot：etl 4.2"),
        "{zh}"
    );
    ends(&place, "daybook verify window/daybook.jsonl", "0");
    ends(
        &place,
        "evidence verify evidence/first --keys signers.txt",
        "0",
    );
}

/// Two books of CSV, the new one written by something else, as in `examples/first`; a table of CSV
/// holds texts, and so the rule gives them.
fn books_of_csv() -> Place {
    let mut flow = "serial,user_id,code,happened_at,amount\n".to_owned();
    let mut ledger = "voucher,account,kind,booked_at,amount\n".to_owned();
    for n in 0..240_u32 {
        let (code, kind, sign) = [
            ("01", "TOPUP", ""),
            ("02", "PAYMENT", "-"),
            ("03", "REFUND", ""),
            ("04", "WITHDRAWAL", "-"),
        ][n as usize % 4];
        let (person, cents) = (1_000 + n * 7 % 53, 1_000 + n * 977 % 90_000);
        let amount = format!("{}.{:02}", cents / 100, cents % 100);
        let (day, hour) = (1 + n % 27, n % 24);
        let (minute, second) = (n * 7 % 60, n * 11 % 60);
        let at = format!("2013-05-{day:02} {hour:02}:{minute:02}:{second:02}");
        writeln!(flow, "P{n:05},U{person},{code},{at},{amount}").unwrap();
        writeln!(ledger, "P{n:05},W-{person},{kind},{at},{sign}{amount}").unwrap();
    }
    let plan = plan(-1, 240);
    let (head, rest) = plan.split_once("[[agreement]]").unwrap();
    let (_, window) = rest.split_once("[window]").unwrap();
    night()
        .with("old/flow.csv", flow)
        .with("new/posting.csv", ledger)
        .with("crossfoot.toml", format!("{head}{TEXTS}[window]{window}"))
}

const TEXTS: &str = r#"[[agreement]]
name = "postings"
rule = """
SELECT serial AS voucher, concat('W-', substr(user_id, 2)) AS account,
  CASE code WHEN '01' THEN 'TOPUP' WHEN '02' THEN 'PAYMENT' WHEN '03' THEN 'REFUND'
    WHEN '04' THEN 'WITHDRAWAL' END AS kind,
  happened_at AS booked_at,
  CASE WHEN code IN ('02', '04') THEN -money(amount) ELSE money(amount) END AS amount
FROM flow"""
target = "posting"
key = ["voucher"]
money = ["amount"]
"#;

#[test]
fn two_books_of_csv_that_crossfoot_only_verifies_are_released() {
    let place = books_of_csv();
    ends(&place, "rehearse --count 1", "0");
    frozen(&place);
    ends(&place, "verify", "2");
    ends(
        &place,
        "window converted --by 'Wang Wei' --how 'etl 4.2'",
        "0",
    );
    ends(&place, "verify --evidence evidence/first", "0");
    signed(&place);
    ends(&place, "window release", "0");
    assert_eq!(stage(&place), "released");
    ends(
        &place,
        "evidence verify evidence/first --keys signers.txt",
        "0",
    );
}

#[test]
fn what_crossfoot_converted_is_not_said_to_be_anothers() {
    let place = night();
    let early = ends(&place, "window announce", "0");
    let early = early + &ends(&place, "window converted --by x --how y", "2");
    assert!(
        early.contains("converted elsewhere has no place while the window is announced"),
        "{early}"
    );
    ends(&place, "window freeze", "0");
    ends(&place, "convert", "0");
    let said = ends(&place, "window converted --by x --how y", "2");
    assert!(
        said.contains("the target has the account of a conversion by Crossfoot"),
        "{said}"
    );
    // What is verified is what was converted last: another conversion voids it.
    ends(&place, "verify --evidence evidence/first", "0");
    fs::remove_dir_all(place.path().join("new/.crossfoot")).unwrap();
    ends(&place, "window converted --by x --how y", "0");
    assert_eq!(stage(&place), "converted");
}

#[test]
fn another_signer_is_another_plan() {
    let place = night();
    ends(&place, "window announce", "0");
    let more = place.output("sign --new mallory.key --name Mallory").stdout;
    let signers = place.read("signers.txt") + "accountant " + &more;
    let place = place.with("signers.txt", signers);
    let said = ends(&place, "window freeze", "2");
    assert!(said.contains("the plan has changed"), "{said}");
    ends(&place, "window replan --why 'one more' --by 'Li Na'", "0");
    ends(&place, "window freeze", "0");
}

#[test]
fn evidence_of_which_any_byte_was_changed_is_refused_by_name() {
    let place = night();
    ready(&place);
    ends(&place, "window release", "0");
    let check = "evidence verify evidence/first --keys signers.txt";
    ends(&place, check, "0");
    let folder = place.path().join("evidence/first");
    let mut files: Vec<_> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    assert!(files.len() >= 5, "{files:?}");
    for file in files {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        let whole = fs::read(&file).unwrap();
        // A first, a middle and a last byte; an empty file gets one.
        let places: Vec<usize> = match whole.len() {
            0 => vec![0],
            length => vec![0, length / 2, length - 1],
        };
        for at in places {
            let mut other = whole.clone();
            match other.get_mut(at) {
                Some(byte) => *byte ^= 1,
                None => other.push(b'x'),
            }
            fs::write(&file, &other).unwrap();
            let said = ends(&place, check, "1");
            assert!(said.contains(&name), "{name} at {at}: {said}");
        }
        fs::remove_file(&file).unwrap();
        let gone = place.output(check);
        assert_ne!(gone.status, "0", "{name} is gone: {}", gone.stdout);
        assert!(
            (gone.stdout + &gone.stderr).contains(&name),
            "{name} is gone"
        );
        fs::write(&file, &whole).unwrap();
    }
    fs::write(folder.join("note.txt"), "x").unwrap();
    assert!(ends(&place, check, "1").contains("note.txt"));
    fs::remove_file(folder.join("note.txt")).unwrap();
    ends(&place, check, "0");
    // Another key is another person's.
    let other = place.output("sign --new other.key --name 'Li Na'").stdout;
    let foreign = place.with("other.txt", format!("accountant {other}"));
    let said = ends(
        &foreign,
        "evidence verify evidence/first --keys other.txt",
        "1",
    );
    assert!(said.contains("not among the"), "{said}");
    ends(&foreign, "evidence verify evidence/first", "5");
}

#[test]
fn nothing_is_frozen_while_something_moves() {
    let place = night();
    let moving = hooked(
        "freeze",
        r#"["/bin/sh", "-c", "(sleep 0.5; echo 'V99999,A1,0.01,0.00,late,2013-05-27 08:00:01' >> old/flow.csv) > /dev/null 2>&1 &"]"#,
    );
    let place = place.with("crossfoot.toml", moving);
    ends(&place, "window announce", "0");
    let said = ends(&place, "window freeze", "1");
    assert!(
        said.contains("records was 1200, then 1201 (1 more)"),
        "{said}"
    );
    assert!(said.contains("freezing"), "{said}");
    let refused = ends(&place, "window release", "1");
    assert!(refused.contains("freeze"), "{refused}");
    // Once it stands still, the same command goes on.
    let place = place.with("calm", "");
    let calm = place
        .read("crossfoot.toml")
        .replace("(sleep 0.5; echo", "(true; true");
    let place = place.with("crossfoot.toml", calm);
    let changed = ends(&place, "window freeze", "2");
    assert!(changed.contains("the plan has changed"), "{changed}");
    ends(
        &place,
        "window replan --why 'the hook was wrong' --by 'Li Na'",
        "0",
    );
    ends(&place, "window freeze", "0");
}

#[test]
fn a_call_that_fails_is_not_known_to_have_done_nothing() {
    let place = night();
    let failing = hooked(
        "freeze",
        r#"["/bin/sh", "-c", "if [ ! -e once ]; then touch once; echo 'no route to pay' >&2; exit 7; fi"]"#,
    );
    let place = place.with("crossfoot.toml", failing);
    ends(&place, "window announce", "0");
    let said = ends(&place, "window freeze", "5");
    assert!(
        said.contains("no route to pay") && said.contains("is not known"),
        "{said}"
    );
    let status = ends(&place, "window status", "0");
    assert!(status.contains("its answer is not known"), "{status}");
    ends(&place, "window freeze", "0");
}

#[test]
fn what_a_system_answers_brings_no_secret_of_the_environment_out() {
    const SECRETS: [&str; 3] = ["s3cr3t/0ne", "s3cr3t%2F0ne", "tw0-s3cr3t"];
    let peer = Peer::start(|request| (500, format!("no, not by {request}")));
    let place = night();
    let spying = hooked("freeze", &format!("\"{}/${{TOKEN}}\"", peer.url())).replace(
        HOOK,
        r#"["/bin/sh", "-c", "echo it is $TOKEN and $OTHER >&2; exit 3"]"#,
    ) + &format!(
        "[[window.channel]]\nname = \"status page\"\nwebhook = \"{}/?key=${{OTHER}}\"\n\
             attempts = 1\n",
        peer.url()
    );
    let place = place.with("crossfoot.toml", spying);
    let said = |line: &str, status: i32| {
        let mut command = place.command(line);
        command
            .env("TOKEN", "s3cr3t/0ne")
            .env("OTHER", "tw0-s3cr3t");
        let output = command.output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8(said).unwrap();
        assert_eq!(output.status.code(), Some(status), "{line}: {said}");
        said
    };
    let announced = said("window announce", 0);
    assert!(announced.contains("?key=${OTHER}"), "{announced}");
    let frozen = said("window freeze", 5);
    assert!(
        frozen.contains("answered 500: no, not by POST /${TOKEN}"),
        "{frozen}"
    );
    let back = said("window rollback --why x --by y", 5);
    assert!(back.contains("it is ${TOKEN} and ${OTHER}"), "{back}");
    let status = said("window status --json", 0);
    let daybook = place.read("window/daybook.jsonl");
    assert!(daybook.contains("by POST /${TOKEN}"), "{daybook}");
    let heard = peer.heard().concat();
    assert!(
        heard.contains("s3cr3t/0ne") && heard.contains("tw0-s3cr3t"),
        "{heard}"
    );
    for told in [announced, frozen, back, status, daybook] {
        for secret in SECRETS {
            assert!(!told.contains(secret), "{secret} in {told}");
        }
    }
}

#[test]
fn a_hook_that_cannot_be_called_is_told_before_the_night() {
    let place = night();
    let place = place.with("plain-text", "no program");
    let said = |step: &str, hook: &str| {
        fs::write(place.path().join("crossfoot.toml"), hooked(step, hook)).unwrap();
        let said = ends(&place, "window announce", "2");
        assert!(!place.path().join("window/daybook.jsonl").exists());
        said
    };
    let told = [
        said("freeze", r#"["./close-pay"]"#),
        said("release", r#"["./plain-text"]"#),
        said("rollback", r#"["no-such-program-anywhere"]"#),
        said("release", "\"https://bao.example/${NOT_SET}\""),
        said("freeze", "\"ftp://bao.example\""),
    ];
    insta::assert_snapshot!(told.concat(), @"
    error: the hook `freeze`: there is no program `./close-pay` that may be run
    error: the hook `release`: there is no program `./plain-text` that may be run
    error: the hook `rollback`: there is no program `no-such-program-anywhere` that may be run
    error: the hook `release`: the environment has no NOT_SET, or it is empty; set it before the run
    error: the hook `freeze`: there is no program `ftp://bao.example` that may be run
    ");
}

/// Robots of chat systems answer 200 to what they do not take.
#[test]
fn what_an_answer_must_say_and_whom_to_trust_is_in_the_plan() {
    let peer = Peer::start(|_| {
        (
            200,
            r#"{"errcode": 93000, "errmsg": "no such key"}"#.to_owned(),
        )
    });
    let channel = |more: &str| {
        let place = night();
        let plan = place.read("crossfoot.toml");
        let url = peer.url();
        let channel = format!(
            "[[window.channel]]\nname = \"robot\"\nwebhook = \"{url}\"\nattempts = 1\n{more}\n"
        );
        place.with("crossfoot.toml", plan + &channel)
    };
    let delivered = |place: &Place| {
        let daybook = place.read("window/daybook.jsonl");
        let told = daybook.lines().find(|line| line.contains("\"robot\""));
        let told: serde_json::Value = serde_json::from_str(told.unwrap()).unwrap();
        (
            told["event"].as_str().unwrap().to_owned(),
            told["says"].as_str().unwrap_or_default().to_owned(),
        )
    };
    let place = channel("");
    ends(&place, "window announce", "0");
    assert_eq!(delivered(&place).0, "notice_sent");
    let place = channel(r#"accept = '{"errcode": 0}'"#);
    ends(&place, "window announce", "0");
    let (event, says) = delivered(&place);
    assert_eq!(event, "notice_failed");
    assert!(says.contains("no such key"), "{says}");
    let place = channel("accept = '7'");
    let said = ends(&place, "window announce", "2");
    assert!(said.contains("its `accept` is no object of JSON"), "{said}");
    let place = channel("ca_file = \"nobody.pem\"");
    let said = ends(&place, "window announce", "2");
    assert!(said.contains("nobody.pem"), "{said}");
    // A proxy that is not there reaches nobody.
    drop(peer.heard());
    let place = channel("proxy = \"http://127.0.0.1:1\"");
    ends(&place, "window announce", "0");
    assert_eq!(delivered(&place).0, "notice_failed");
    assert!(peer.heard().is_empty());
}

/// A hook that has been called and does not answer, until it may.
const BLOCKS: &str = r#"["/bin/sh", "-c", "echo $CROSSFOOT_CALL_ID >> ids; cat >> calls.jsonl; echo >> calls.jsonl; touch called; n=0; until [ -e answer ] || [ $n -gt 600 ]; do n=$((n+1)); sleep 0.1; done"]"#;

/// Kills a command while the hook that it calls is at work.
fn killed_in_the_call(place: &Place, line: &str) {
    drop(fs::remove_file(place.path().join("called")));
    let mut command = place.command(line);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    let began = Instant::now();
    while !place.path().join("called").exists() {
        assert!(
            began.elapsed() < Duration::from_secs(60),
            "{line} calls nobody"
        );
        assert!(child.try_wait().unwrap().is_none(), "{line} has ended");
        std::thread::sleep(Duration::from_millis(10));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    ends(place, "daybook verify window/daybook.jsonl", "0");
}

fn last_event(place: &Place) -> String {
    let daybook = place.read("window/daybook.jsonl");
    let last: serde_json::Value = serde_json::from_str(daybook.lines().last().unwrap()).unwrap();
    last["event"].as_str().unwrap().to_owned()
}

fn stage(place: &Place) -> String {
    // Under another plan that is said, too, and not in the document.
    let status = place.output("window status --json").stdout;
    let status: serde_json::Value = serde_json::from_str(&status).unwrap();
    status["stage"].as_str().unwrap().to_owned()
}

#[test]
fn a_freeze_that_was_killed_in_its_call_is_called_again() {
    let place = night().with("crossfoot.toml", hooked("freeze", BLOCKS));
    ends(&place, "window announce", "0");
    killed_in_the_call(&place, "window freeze");
    assert_eq!(last_event(&place), "freezing");
    assert_eq!(stage(&place), "freezing");
    let status = ends(&place, "window status", "0");
    assert!(status.contains("its answer is not known"), "{status}");
    // Nothing goes on from a book of which it is not known whether it is closed.
    let convert = ends(&place, "convert", "0");
    assert!(convert.contains("the window is not under way"), "{convert}");
    ends(&place, "window release", "1");
    assert_eq!(stage(&place), "freezing");

    let place = place.with("answer", "");
    ends(&place, "window freeze", "0");
    assert_eq!(stage(&place), "frozen");
    let calls = place.read("calls.jsonl");
    assert_eq!(calls.matches("\"freeze\"").count(), 2, "{calls}");
    ends(&place, "daybook verify window/daybook.jsonl", "0");
    let ids = place.read("ids");
    let ids: Vec<&str> = ids.lines().collect();
    assert_eq!(ids.len(), 2, "{ids:?}");
    assert_eq!(ids[0], ids[1], "the call that was cut off, once more");
    ends(&place, "window freeze", "0");
    let ids = place.read("ids");
    let ids: Vec<&str> = ids.lines().collect();
    assert_ne!(ids[1], ids[2], "a call of its own");
}

#[test]
fn a_release_that_was_killed_in_its_call_is_called_again_or_told_not_to_be() {
    let place = night().with("crossfoot.toml", hooked("release", BLOCKS));
    ready(&place);
    killed_in_the_call(&place, "window release");
    assert_eq!(last_event(&place), "releasing");
    let status = ends(&place, "window status", "0");
    assert!(status.contains("its answer is not known"), "{status}");
    // The new system may be open, so the old one stays closed, and nothing else is done.
    let back = ends(&place, "window rollback --why x --by y", "2");
    assert!(back.contains("may be open"), "{back}");
    ends(&place, "window freeze", "2");
    ends(&place, "sign --role engineer --key wang.key", "2");
    assert_eq!(last_event(&place), "releasing");

    // Where the gate says NO-GO now, nobody says that the new system stays closed.
    let flow = place.read("old/flow.csv");
    let place = place.with("old/flow.csv", flow.replacen("V00007,", "V0000X,", 1));
    let gate = ends(&place, "gate", "1");
    let head = "NO-GO: the new system was told to open, and may be open; ask it\n";
    assert!(gate.starts_with(head), "{gate}");
    let status = ends(&place, "window status", "0");
    assert!(!status.contains("stays closed"), "{status}");
    let place = place.with("old/flow.csv", flow);

    // Somebody has looked: it is closed. The signatures hold, and the gate is asked anew.
    ends(&place, "window release --not-released 'it is closed'", "1");
    assert_eq!(stage(&place), "balanced");
    killed_in_the_call(&place, "window release");
    assert_eq!(last_event(&place), "releasing");
    let gates = place
        .read("window/daybook.jsonl")
        .matches("\"event\":\"gate\"")
        .count();

    let place = place.with("answer", "");
    ends(&place, "window release", "0");
    assert_eq!(stage(&place), "released");
    // What the books were at the first call they need not be now: the gate is asked again.
    let daybook = place.read("window/daybook.jsonl");
    assert_eq!(daybook.matches("\"event\":\"gate\"").count(), gates + 1);
    let ids = place.read("ids");
    let ids: Vec<&str> = ids.lines().collect();
    assert_eq!(ids.len(), 3, "{ids:?}");
    assert_ne!(ids[0], ids[1], "a call of its own");
    assert_eq!(ids[1], ids[2], "the call that was cut off, once more");
    ends(&place, "daybook verify window/daybook.jsonl", "0");
    ends(
        &place,
        "evidence verify evidence/first --keys signers.txt",
        "0",
    );
}

#[test]
fn a_daybook_that_was_cut_off_in_its_first_entry_is_begun_anew() {
    let place = night().with("window/daybook.jsonl", "{\"n\":0,\"at\"");
    let none = ends(&place, "window freeze", "2");
    assert!(none.contains("there is no daybook"), "{none}");
    ends(&place, "window announce", "0");
    assert_eq!(stage(&place), "announced");
    ends(&place, "daybook verify window/daybook.jsonl", "0");
}

#[test]
fn a_window_is_rolled_back_from_anywhere_before_the_release() {
    let place = night();
    let none = ends(&place, "window rollback --why x --by y", "2");
    assert!(none.contains("there is no daybook"), "{none}");
    frozen(&place);
    ends(&place, "convert", "0");
    insta::assert_snapshot!(
        masked(&place.run("window rollback --why 'two cents, nobody knows where' --by 'Li Na'")), @"
    $ crossfoot window rollback --why 'two cents, nobody knows where' --by 'Li Na'
    exit 0
    --- stdout
    wallet: rolled back
      the old system is open
      closes [date] [time] [time], must be open [date] [time] [time], point of no return
        [date] [time] [time]
      opening figures: records 1200, amount 4646538.00
      converted: 1,200 records read, 0 rejects
      next: the old book is open again: another attempt is another daybook
      daybook: 17 entries, head [hash]
    "
    );
    assert!(place.read("calls.jsonl").contains("\"rollback\""));
    let notices = place.read("notices.jsonl");
    assert_eq!(notices.matches("\"kind\":\"put_off\"").count(), 2);
    assert!(
        notices.contains("升级推迟") && notices.contains("was put off"),
        "{notices}"
    );
    assert!(
        !notices.contains("is done") && !notices.contains("已完成"),
        "{notices}"
    );
    // Given again, it looks whether somebody was not told, and tells nobody twice.
    ends(&place, "window rollback --why x --by y", "0");
    assert_eq!(place.read("notices.jsonl"), notices);
    let over = ends(&place, "window freeze", "2");
    assert!(over.contains("rolled back"), "{over}");
    assert!(
        place
            .read("window/daybook.jsonl")
            .contains("two cents, nobody knows where")
    );
}

#[test]
fn too_early_and_too_late_are_refused_with_the_time() {
    let early = night().with("crossfoot.toml", plan(30, 240));
    ends(&early, "window announce", "0");
    let said = ends(&early, "window freeze", "2");
    assert!(said.contains("from now"), "{said}");
    // The point of no return is 45 minutes before the release.
    let late = night().with("crossfoot.toml", plan(-300, 10));
    ends(&late, "window announce", "0");
    let said = ends(&late, "window freeze", "2");
    assert!(said.contains("the point of no return was"), "{said}");
}

#[test]
fn a_break_is_accepted_by_name_and_amount_and_stays_in_the_report() {
    let place = night();
    ends(&place, "convert", "0");
    ends(&place, "rehearse --count 1", "0");
    frozen(&place);
    ends(&place, "convert", "0");
    let place = off(place);
    let shut = ends(&place, "gate", "1");
    assert!(shut.contains("NO-GO"), "{shut}");
    let accept = "gate accept --agreement postings --reason 'renamed by hand' --owner 'Li Na'";
    let wrong = ends(&place, &format!("{accept} V00007 --amount 0.01"), "2");
    assert!(wrong.contains("not 0.01"), "{wrong}");
    let none = ends(&place, &format!("{accept} V99999"), "2");
    assert!(none.contains("no such break"), "{none}");
    ends(&place, &format!("{accept} V00007"), "0");
    ends(&place, &format!("{accept} V0000X"), "0");
    let twice = ends(&place, &format!("{accept} V0000X"), "2");
    assert!(twice.contains("was accepted by Li Na"), "{twice}");
    // All that is missing now is two signatures.
    let gate = ends(&place, "gate", "5");
    assert!(!gate.contains("agreement postings"), "{gate}");
    ends(
        &place,
        "report --csv breaks.csv --html page.html --xlsx book.xlsx --junit junit.xml",
        "0",
    );
    assert!(place.read("breaks.csv").contains("Li Na"));
    assert!(place.read("page.html").contains("renamed by hand"));
    assert!(place.read("junit.xml").contains("V0000X"));
    assert!(
        fs::read(place.path().join("book.xlsx"))
            .unwrap()
            .starts_with(b"PK")
    );
}

#[test]
fn what_was_accepted_of_an_old_verification_stays_accepted_in_its_reports() {
    let place = night();
    ends(&place, "convert", "0");
    frozen(&place);
    ends(&place, "convert", "0");
    let place = off(place);
    let accept = "gate accept --agreement postings --reason 'renamed by hand' --owner 'Li Na'";
    ends(&place, &format!("{accept} V00007"), "0");
    ends(&place, &format!("{accept} V0000X"), "0");
    // Verified once more, with one break more, which is accepted as well.
    let flow = place.read("old/flow.csv").replacen("V00008,", "V0000Y,", 1);
    let place = place.with("old/flow.csv", flow);
    ends(&place, "verify --evidence evidence/again", "1");
    ends(&place, &format!("{accept} V00008"), "0");
    let reported = |evidence: &str| {
        ends(
            &place,
            &format!("report --evidence {evidence} --csv breaks.csv --html page.html"),
            "0",
        );
        let json = ends(&place, &format!("report --evidence {evidence} --json"), "0");
        let json: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(json["verdict"], "out_of_balance");
        let accepted = json["daybook"]["accepted"].as_array().unwrap().len();
        (place.read("breaks.csv"), place.read("page.html"), accepted)
    };
    let (csv, page, accepted) = reported("evidence/off");
    assert!(csv.contains("V0000X") && !csv.contains(",open"), "{csv}");
    assert!(page.contains("renamed by hand"), "{page}");
    assert_eq!(accepted, 2, "of those breaks that it has");
    let (csv, _, accepted) = reported("evidence/again");
    let open: Vec<&str> = csv.lines().filter(|line| line.ends_with(",open")).collect();
    assert!(!open.is_empty(), "{csv}");
    assert!(open.iter().all(|line| line.contains("V0000Y")), "{open:?}");
    assert_eq!(accepted, 3);
}

#[test]
fn what_becomes_of_rejects_stands_in_every_report() {
    let place = night();
    ends(&place, "convert", "0");
    frozen(&place);
    ends(&place, "convert", "0");
    let flow = place
        .read("old/flow.csv")
        .replacen(",168.39,", ",168.395,", 1);
    let place = place.with("old/flow.csv", flow);
    let verified = place.output("verify --evidence evidence/rejects");
    assert_ne!(verified.status, "0", "{}", verified.stdout);
    let report = "report --csv breaks.csv --html page.html";
    ends(&place, report, "0");
    let csv = place.read("breaks.csv");
    assert!(
        csv.contains(",rejected,") && csv.contains(",,open"),
        "{csv}"
    );
    ends(
        &place,
        "gate dispose --how 'booked to suspense, voucher M-17' --owner 'Li Na'",
        "0",
    );
    ends(&place, report, "0");
    let how = "booked to suspense, voucher M-17";
    let (csv, page) = (place.read("breaks.csv"), place.read("page.html"));
    assert!(csv.contains(how) && csv.contains("Li Na"), "{csv}");
    assert!(page.contains(how) && page.contains("Li Na"), "{page}");
    let json = ends(&place, "report --json", "0");
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["daybook"]["rejects_disposed"]["how"], how);
    ends(&place, "report --lang zh --csv breaks.csv", "0");
    let csv = place.read("breaks.csv");
    assert!(csv.contains(",拒收,") && csv.contains("处置："), "{csv}");
}

/// Puts what a long run would have told into the daybook: a forecast whose p50 was six minutes too
/// early, and the end.
fn forecast_and_ended(place: &Place) {
    let path = place.path().join("window/daybook.jsonl");
    let mut book = Daybook::read(&fs::read(&path).unwrap()).unwrap();
    let began = book.entries().last().unwrap().at();
    let at = |minutes: i64| began + SignedDuration::from_mins(minutes);
    let phase = Phase::Verify;
    let forecast = Event::Forecast(Forecast {
        phase,
        done: 1,
        total: None,
        p50: Some(at(5)),
        p90: Some(at(20)),
        point_of_no_return: at(100),
        margin_ms: None,
        outlook: Outlook::OnTrack,
    });
    let finished = Event::PhaseFinished(PhaseFinished {
        phase,
        records: 1,
        took_ms: 1,
    });
    for (minutes, event) in [(1, forecast), (11, finished)] {
        let entry = book.next(at(minutes), event).unwrap();
        assert!(book.push(entry));
    }
    fs::write(&path, book.text()).unwrap();
}

#[test]
fn how_good_the_forecasts_were_stands_in_status_and_reports() {
    let place = night();
    frozen(&place);
    converted_and_verified(&place);
    let before = ends(&place, "window status", "0");
    assert!(!before.contains("forecasts of"), "{before}");
    forecast_and_ended(&place);
    ends(&place, "daybook verify window/daybook.jsonl", "0");
    let status = ends(&place, "window status", "0");
    let said = "forecasts of verify: 1 forecast: done by p50 in 0, by p90 in 1";
    assert!(status.contains(said), "{status}");
    let status = ends(&place, "window status --lang zh", "0");
    assert!(
        status.contains("核对的预测：共 1 次预测：0 次在 p50 前完成，1 次在 p90 前完成"),
        "{status}"
    );
    let status = ends(&place, "window status --json", "0");
    let status: serde_json::Value = serde_json::from_str(&status).unwrap();
    let report = ends(&place, "report --json", "0");
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    let forecasts = &status["forecasts"];
    assert_eq!(forecasts, &report["daybook"]["forecasts"]);
    assert_eq!(forecasts[0]["phase"], "verify");
    assert_eq!(forecasts[0]["by_p90"], 1);
    assert_eq!(forecasts[0]["median_off_ms"], 360_000);
    ends(&place, "report --html page.html --xlsx book.xlsx", "0");
    let page = place.read("page.html");
    let said = "the middle one was 6 minutes off, 60.0 % of the time left";
    assert!(page.contains("How good the forecasts were"), "{page}");
    assert!(page.contains(said), "{page}");
}

#[test]
fn a_correction_within_the_window_voids_what_was_verified() {
    let place = night();
    ends(&place, "convert", "0");
    frozen(&place);
    ends(&place, "convert", "0");
    let place = off(place);
    ends(
        &place,
        "correct --evidence evidence/off --write --reason 'key' --by 'Wang Wei'",
        "0",
    );
    let daybook = place.read("window/daybook.jsonl");
    assert!(
        daybook.contains("\"event\":\"corrected\"") && daybook.contains("Wang Wei"),
        "{daybook}"
    );
    let status = ends(&place, "window status --json", "0");
    let status: serde_json::Value = serde_json::from_str(&status).unwrap();
    assert_eq!(status["stage"], "converted");
    ends(&place, "verify --evidence evidence/right", "0");
}

#[test]
fn a_rehearsal_says_what_it_planted_found_and_left() {
    let place = night();
    ends(&place, "convert", "0");
    let before = place.files();
    insta::assert_snapshot!(masked(&place.run("rehearse --count 1 --cause A1,A5,B3,B9,D3,E1,T1,B13")), @"
    $ crossfoot rehearse --count 1 --cause A1,A5,B3,B9,D3,E1,T1,B13
    exit 0
    --- stdout
    wallet: rehearsal passed: every planted fault was found and explained, and nothing else

    ── postings ────────────────────────────────────────────────────────────────────────────────────────
      cause                       planted  found  proved  named  not named
      A1     omitted                    1      1       0      1          0
      A5     duplicated                 1      1       0      1          0
      B3     cut after a float          1      1       0      1          0
      B9     sign lost or turned        1      1       0      1          0
      D3     wrong account              1      1       0      1          0
      T1     time zone                  1      1       0      1          0
      E1     encoding                   1      1       1      0          0
      all                               7      7       1      6          0
      not planted, and --json tells why: A7 A8 A9 A10 A11 B1 B2 B4 B8 B10 B11 B12 B13 B14 B15 B16 D1
        D2 D4 D5 D6 D7 D8 T2 T4 T5 T6 T7 T11 E2 E3 E4 M1 A2 P1 P3 A3 R1 R2 R3 R4 A4 A6 T8 T9 S1 S2 S3 B5
        B6 B7 Q3 T3 Q1 Q2 Q4 Q5 T10 V2 P2 P4 M2 V1

      verifying took [time]
      how long a rollback takes was not measured: --call-rollback, or --rollback-took
    --- stderr
    verifying the books as they are
    7 faults planted in a shadow of the target; verifying again
    ");
    insta::assert_snapshot!(
        masked(&place.run("rehearse --count 1 --cause A1,B3 --lang zh --rollback-took 12m")), @"
    $ crossfoot rehearse --count 1 --cause A1,B3 --lang zh --rollback-took 12m
    exit 0
    --- stdout
    wallet：演练通过：植入的错误全部找到并说明原因，且无误报

    ── postings ────────────────────────────────────────────────────────────────────────────────────────
      原因            植入  找到  已证实  已列出  未列出
      A1    漏转         1     1       0       1       0
      B3    浮点截断     1     1       0       1       0
      合计               2     2       0       2       0
      未植入（原因见 --json）：A5 A7 A8 A9 A10 A11 B1 B2 B4 B8 B9 B10 B11 B12 B13 B14 B15 B16 D1 D2 D3
        D4 D5 D6 D7 D8 T1 T2 T4 T5 T6 T7 T11 E1 E2 E3 E4 M1 A2 P1 P3 A3 R1 R2 R3 R4 A4 A6 T8 T9 S1 S2 S3
        B5 B6 B7 Q3 T3 Q1 Q2 Q4 Q5 T10 V2 P2 P4 M2 V1

      核对用时：[time]
      回退用时 720.0 s
    --- stderr
    先按现状核对账簿
    已在新账的影子中植入 2 处错误，再次核对
    "
    );
    let after: Vec<String> = place.files();
    let new: Vec<&String> = after.iter().filter(|file| !before.contains(file)).collect();
    assert_eq!(new, ["window/daybook.jsonl"]);
    let document = place.output("rehearse --count 2 --json").stdout;
    let document: serde_json::Value = serde_json::from_str(&document).unwrap();
    assert_eq!(document["passed"], true);
    let total = &document["agreements"][0]["total"];
    assert!(total["planted"].as_u64() > Some(20), "{total}");
    assert_eq!(total["planted"], total["found"]);
}

#[test]
fn where_nothing_can_be_rehearsed_nothing_has_passed() {
    let query = plan(-1, 240).replace("target = \"posting\"", "target = \"SELECT * FROM posting\"");
    let place = night();
    ends(&place, "convert", "0");
    let place = place.with("crossfoot.toml", query);
    let said = ends(&place, "rehearse --count 1", "1");
    assert!(said.contains("nothing was rehearsed"), "{said}");
    assert!(said.contains("only a table has a shadow"), "{said}");
}

#[test]
fn a_daybook_names_its_damage() {
    let place = night();
    ends(&place, "window announce", "0");
    let daybook = place.read("window/daybook.jsonl");
    let torn = format!("{daybook}{{\"n\":{},\"at\"", daybook.lines().count());
    let place = place.with("window/daybook.jsonl", torn);
    let said = ends(&place, "daybook verify window/daybook.jsonl", "0");
    assert!(said.contains("half written"), "{said}");
    ends(&place, "window note 'on we go' --by 'Li Na'", "0");
    assert!(place.read("window/daybook.jsonl").starts_with(&daybook));
    let place = place.with(
        "window/daybook.jsonl",
        daybook.replacen("wallet", "wallot", 1),
    );
    let said = ends(&place, "window status", "3");
    assert!(said.contains("line 1 of the daybook"), "{said}");
    let place = place.with("crossfoot.toml", "name = \"x\"\n[source]\nurl=\"old\"\n[target]\nurl=\"new\"\n[[control]]\nname=\"c\"\nsql=\"SELECT 0 AS difference\"\n");
    let said = ends(&place, "window announce", "2");
    assert!(said.contains("no `[window]`"), "{said}");
}

/// The hook of the release fails, and says so.
const FAILS: &str = r#"["/bin/sh", "-c", "cat >> calls.jsonl; echo >> calls.jsonl; exit 7"]"#;

fn calls(place: &Place, step: &str) -> usize {
    let calls = place.read("calls.jsonl");
    calls.matches(&format!("\"step\":\"{step}\"")).count()
}

#[test]
fn a_release_is_not_called_again_on_books_that_are_not_those_of_its_go() {
    let place = night().with("crossfoot.toml", hooked("release", FAILS));
    ready(&place);
    ends(&place, "window release", "5");
    assert_eq!(
        (stage(&place).as_str(), calls(&place, "release")),
        ("releasing", 1)
    );
    let flow = place.read("old/flow.csv");
    let place = place.with("old/flow.csv", flow.replacen("V00007,", "V0000X,", 1));
    let said = ends(&place, "window release", "1");
    assert!(
        said.contains("NO-GO") && said.contains("--not-released TEXT"),
        "{said}"
    );
    assert!(said.contains("flow.csv"), "{said}");
    assert_eq!(
        (stage(&place).as_str(), calls(&place, "release")),
        ("releasing", 1)
    );
    // As they were, it is called again; and somebody who has looked may say that it is open.
    let place = place.with("old/flow.csv", flow);
    ends(&place, "window release", "5");
    assert_eq!(calls(&place, "release"), 2);
    ends(&place, "window release --released x --not-released y", "2");
    ends(
        &place,
        "window release --released 'the first page answers'",
        "0",
    );
    assert_eq!(
        (stage(&place).as_str(), calls(&place, "release")),
        ("released", 2)
    );
    let daybook = place.read("window/daybook.jsonl");
    let said = daybook.find("the first page answers").unwrap();
    let released = daybook.find("\"event\":\"released\"").unwrap();
    assert!(
        said < released,
        "who said it stands before what it says: {daybook}"
    );
    ends(&place, "daybook verify window/daybook.jsonl", "0");
}

#[test]
fn whoever_was_told_of_a_window_hears_that_it_was_called_off() {
    let place = night();
    ends(&place, "window announce", "0");
    ends(&place, "window rollback --why x --by y", "0");
    let notices = place.read("notices.jsonl");
    assert_eq!(notices.lines().count(), 4, "{notices}");
    assert_eq!(notices.matches("\"kind\":\"put_off\"").count(), 2);
    // It never closed, and is not said to be open again.
    assert!(notices.contains("Ruixin Pay stays open"), "{notices}");
    assert!(!notices.contains("is open as before"), "{notices}");
    ends(&place, "window announce", "0");
    ends(&place, "window freeze", "0");
    ends(&place, "window rollback --why x --by y", "0");
    let notices = place.read("notices.jsonl");
    assert!(notices.contains("is open as before"), "{notices}");
    // A rehearsal that no daybook takes says so before it begins.
    ends(&place, "convert", "0");
    let before = place.read("window/daybook.jsonl");
    let output = place.output("rehearse --count 1");
    assert_eq!(output.status, "0", "{}", output.stderr);
    let said = output.stderr.replace('\n', " ");
    let told = "is not recorded, and opens no gate: the window is rolled back; for another window, \
                announce it first: `crossfoot window announce`";
    assert_eq!(said.matches(told).count(), 1, "{said}");
    assert!(said.find(told) < said.find("as they are"), "{said}");
    assert_eq!(place.read("window/daybook.jsonl"), before);
}

#[test]
fn another_attempt_is_another_daybook_and_the_one_before_is_kept() {
    let place = night();
    frozen(&place);
    ends(&place, "window rollback --why x --by y", "0");
    let before = place.read("window/daybook.jsonl");
    let said = ends(&place, "window announce", "0");
    assert!(
        said.contains("the daybook of the window before is now"),
        "{said}"
    );
    assert_eq!(stage(&place), "announced");
    let kept = fs::read_dir(place.path().join("window")).unwrap();
    let kept = kept.map(|entry| entry.unwrap().path());
    let kept: Vec<_> = kept
        .filter(|path| !path.ends_with("daybook.jsonl"))
        .collect();
    assert_eq!(kept.len(), 1, "{kept:?}");
    assert_eq!(fs::read_to_string(&kept[0]).unwrap(), before);
    // By its own times, a window cannot be opened that would be over.
    ends(&place, "window rollback --why x --by y", "0");
    let place = place.with("crossfoot.toml", plan(-300, -1));
    let said = ends(&place, "window announce", "2");
    assert!(said.contains("which is past"), "{said}");
    assert_eq!(stage(&place), "rolled_back");
}

#[test]
fn what_was_released_is_announced_anew_by_another_plan_only() {
    let place = night();
    ready(&place);
    ends(&place, "window release", "0");
    let said = ends(&place, "window announce", "2");
    assert!(said.contains("the window is released"), "{said}");
    let place = place.with("crossfoot.toml", plan(-1, 300));
    ends(&place, "window announce", "0");
    assert_eq!(stage(&place), "announced");
}

/// Runs a command with one variable more, which must end with this status.
fn with_variable(place: &Place, line: &str, (name, value): (&str, &str), status: i32) -> String {
    let output = place.command(line).env(name, value).output().unwrap();
    let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert_eq!(output.status.code(), Some(status), "{line}: {said}");
    said
}

#[test]
fn a_channel_that_cannot_be_opened_keeps_neither_a_run_nor_a_notice() {
    let peer = Peer::start(|_| (200, String::new()));
    let place = night();
    let plan = place.read("crossfoot.toml")
        + &format!(
            "[[window.channel]]\nname = \"status page\"\nwebhook = \"{}\"\n\
             headers = {{ Authorization = \"Bearer ${{TOKEN}}\" }}\nattempts = 1\n",
            peer.url()
        );
    let place = place.with("crossfoot.toml", plan);
    let token = ("TOKEN", "t0ken");
    ends(&place, "convert", "0");
    ends(&place, "rehearse --count 1", "0");
    // Before the night it is told, and nothing begins.
    let said = ends(&place, "window announce", "2");
    assert!(said.contains("TOKEN"), "{said}");
    with_variable(&place, "window announce", token, 0);
    with_variable(&place, "window freeze", token, 0);
    drop(peer.heard());
    // On the night it is told at the beginning, and the work is done.
    let said = ends(&place, "convert", "0");
    assert!(said.contains("TOKEN"), "{said}");
    assert_eq!(stage(&place), "converted");
    ends(&place, "verify --evidence evidence/first", "0");
    assert_eq!(stage(&place), "balanced");
    signed(&place);
    let said = ends(&place, "window release", "0");
    assert!(said.contains("TOKEN"), "{said}");
    assert_eq!(stage(&place), "released");
    assert!(peer.heard().is_empty());
    let users = place.read("notices.jsonl");
    assert_eq!(
        users.matches("\"kind\":\"reopening\"").count(),
        2,
        "{users}"
    );
    let daybook = place.read("window/daybook.jsonl");
    let failed = daybook
        .lines()
        .filter(|line| line.contains("notice_failed"));
    assert_eq!(
        failed.filter(|line| line.contains("status page")).count(),
        2
    );
    // Given again, it tells those who were not told.
    with_variable(&place, "window release", token, 0);
    assert_eq!(peer.heard().len(), 2);
    assert_eq!(place.read("notices.jsonl"), users);
    with_variable(&place, "window release", token, 0);
    assert!(peer.heard().is_empty());
    ends(
        &place,
        "evidence verify evidence/first --keys signers.txt",
        "0",
    );
}

#[test]
fn a_role_that_nobody_signed_for_is_told_of_evidence() {
    let place = night();
    let roles = "signers = \"signers.txt\"\nroles = [\"accountant\", \"engineer\", \"auditor\"]";
    let plan = plan(-1, 240).replace("signers = \"signers.txt\"", roles);
    let place = place.with("crossfoot.toml", plan);
    ready(&place);
    ends(&place, "window release", "5");
    ends(
        &place,
        "window rollback --why 'no auditor' --by 'Li Na'",
        "0",
    );
    let check = "evidence verify evidence/first --keys signers.txt";
    let said = ends(&place, check, "5");
    assert!(said.contains("nobody signed as auditor"), "{said}");
    let told: serde_json::Value =
        serde_json::from_str(&place.output(&format!("{check} --json")).stdout).unwrap();
    assert_eq!(told["verdict"], "balanced");
    assert_eq!(told["stage"], "rolled_back");
    assert!(told["entries"].as_u64() > Some(10), "{told}");
}

#[test]
fn evidence_that_cannot_be_read_is_named_by_the_gate() {
    let place = night();
    ready(&place);
    let breaks = place.path().join("evidence/first/breaks.jsonl");
    let whole = fs::read(&breaks).unwrap();
    fs::remove_file(&breaks).unwrap();
    let said = ends(&place, "gate", "1");
    assert!(said.contains("breaks.jsonl"), "{said}");
    assert!(!said.contains("there is no evidence yet"), "{said}");
    fs::write(&breaks, whole).unwrap();
    let report = place.path().join("evidence/first/report.json");
    let mut other = fs::read(&report).unwrap();
    other[0] = b'[';
    fs::write(&report, other).unwrap();
    let said = ends(&place, "gate", "1");
    assert!(said.contains("report.json"), "{said}");
}

#[test]
fn the_books_that_were_frozen_are_those_that_open() {
    let place = night();
    let plan = plan(-1, 240).replace("url = \"old\"", "url = \"${BOOKS}\"");
    let small: String = flow()
        .lines()
        .take(100)
        .map(|line| line.to_owned() + "\n")
        .collect();
    let place = place
        .with("crossfoot.toml", plan)
        .with("small/flow.csv", small);
    let (whole, small) = (("BOOKS", "old"), ("BOOKS", "small"));
    with_variable(&place, "convert", whole, 0);
    with_variable(&place, "rehearse --count 1", whole, 0);
    with_variable(&place, "window announce", small, 0);
    with_variable(&place, "window freeze", small, 0);
    with_variable(&place, "convert", whole, 0);
    with_variable(&place, "verify --evidence evidence/first", whole, 0);
    with_variable(&place, "sign --role accountant --key li.key", whole, 0);
    with_variable(&place, "sign --role engineer --key wang.key", whole, 0);
    let said = with_variable(&place, "window release", whole, 1);
    assert!(said.contains("another than was frozen"), "{said}");
    assert!(said.contains("records was 99, then 1200"), "{said}");
    // Frozen as they are, they are converted and proved as what was frozen; somebody must decide that.
    let said = with_variable(&place, "window freeze", whole, 2);
    assert!(
        said.contains("voids the conversion, the verification and what was signed"),
        "{said}"
    );
    let again = "window freeze --again --why 'another book was frozen' --by 'Li Na'";
    let said = with_variable(&place, again, whole, 0);
    assert!(said.contains("has voided the conversion"), "{said}");
    let daybook = place.read("window/daybook.jsonl");
    let decision = r#""again":{"why":"another book was frozen","by":"Li Na"}"#;
    assert!(daybook.contains(decision), "{daybook}");
    ends(&place, "daybook verify window/daybook.jsonl", "0");
    assert_eq!(
        stage_of(&with_variable(&place, "window status --json", whole, 0)),
        "frozen"
    );
}

fn stage_of(status: &str) -> String {
    let status: serde_json::Value = serde_json::from_str(status).unwrap();
    status["stage"].as_str().unwrap().to_owned()
}

#[test]
fn a_rehearsal_of_some_causes_shuts_the_gate_and_one_of_smaller_books_is_told() {
    let place = night();
    ends(&place, "convert", "0");
    ends(&place, "rehearse --count 1 --cause A5", "0");
    frozen(&place);
    converted_and_verified(&place);
    let said = ends(&place, "gate", "5");
    assert!(said.contains("limited to the causes A5"), "{said}");
    let rehearsal = || {
        let judged = place.output("gate --json").stdout;
        let judged: serde_json::Value = serde_json::from_str(&judged).unwrap();
        let mut items = judged["items"].as_array().unwrap().iter();
        let item = items.find(|item| item["check"] == "rehearsal").unwrap();
        assert_eq!(item["status"], "passed");
        item["says"].as_str().unwrap().to_owned()
    };
    ends(&place, "rehearse --count 1", "0");
    let said = rehearsal();
    assert!(said.ends_with("in a shadow of these books"), "{said}");
    // The same plan by books of the evening before.
    let whole = place.path().join("whole");
    fs::create_dir(&whole).unwrap();
    for book in ["old", "new"] {
        fs::rename(place.path().join(book), whole.join(book)).unwrap();
    }
    let small: Vec<String> = flow().lines().take(1_001).map(str::to_owned).collect();
    fs::create_dir(place.path().join("old")).unwrap();
    fs::write(place.path().join("old/flow.csv"), small.join("\n") + "\n").unwrap();
    let evening = Place::empty()
        .with("old/flow.csv", small.join("\n") + "\n")
        .with("signers.txt", place.read("signers.txt"))
        .with("crossfoot.toml", place.read("crossfoot.toml"));
    ends(&evening, "convert", "0");
    fs::rename(evening.path().join("new"), place.path().join("new")).unwrap();
    ends(&place, "rehearse --count 1", "0");
    for book in ["old", "new"] {
        fs::remove_dir_all(place.path().join(book)).unwrap();
        fs::rename(whole.join(book), place.path().join(book)).unwrap();
    }
    let said = rehearsal();
    assert!(
        said.ends_with("in a shadow of other books than were verified"),
        "{said}"
    );
}

#[test]
fn nothing_is_signed_or_accepted_under_a_plan_that_changed() {
    let place = night();
    ready(&place);
    let other = place.read("crossfoot.toml") + "# another\n";
    let place = place.with("crossfoot.toml", other);
    for line in [
        "sign --role accountant --key li.key",
        "gate accept --agreement postings V00007 --reason x --owner y",
        "gate dispose --how x --owner y",
    ] {
        let said = ends(&place, line, "2");
        assert!(said.contains("the plan has changed"), "{line}: {said}");
    }
}

#[test]
fn corrections_that_the_window_refuses_are_not_written() {
    let place = night();
    ends(&place, "convert", "0");
    let place = off(place);
    frozen(&place);
    let before = place.files();
    let correct = "correct --evidence evidence/off --write --reason key --by 'Wang Wei'";
    let said = ends(&place, correct, "2");
    assert!(
        said.contains("corrected has no place while the window is frozen"),
        "{said}"
    );
    assert_eq!(place.files(), before);
    let output = place.output(&format!("{correct} --json"));
    let told: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!(told["error"]["kind"], "use");
    assert_eq!(place.files(), before);
}

/// A plan whose both books are in one database, without figures of its own.
const ONE_DATABASE: &str = r#"
name = "one"
currency = "CNY"
[source]
url = "sqlite://books.db"
[target]
url = "[url]"
[[agreement]]
name = "postings"
rule = "SELECT voucher, amount FROM flow"
target = "[records]"
key = ["voucher"]
money = ["amount"]
[[control]]
name = "fees"
expected = "SELECT control_total(amount) AS amount FROM source.fees"
actual = "SELECT control_total(amount) AS amount FROM target.posting"
[window]
freeze = [freeze]
release = [release]
rollback_takes = "45m"
figures_apart = "1s"
"#;

#[test]
fn what_is_written_to_the_new_book_is_no_change_of_the_old_one_in_the_same_database() {
    for (url, target) in [
        ("sqlite://books.db", "posting"),
        ("sqlite://./books.db", "posting"),
        (
            "sqlite://books.db",
            "SELECT voucher, amount FROM target.posting",
        ),
    ] {
        let at = |minutes: i64| {
            let at = Timestamp::now() + SignedDuration::from_mins(minutes);
            at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
        };
        let plan = ONE_DATABASE
            .replace("[url]", url)
            .replace("[records]", target)
            .replace("[freeze]", &at(-1))
            .replace("[release]", &at(240));
        let place = Place::empty().with("crossfoot.toml", plan);
        let execute = |statements: &str| {
            let file = rusqlite::Connection::open(place.path().join("books.db")).unwrap();
            file.execute_batch(statements).unwrap();
        };
        let columns = "(voucher text PRIMARY KEY, amount decimal(18,2) NOT NULL)";
        execute(&format!(
            "CREATE TABLE flow {columns}; CREATE TABLE fees {columns}; CREATE TABLE posting {columns}; \
             INSERT INTO flow VALUES ('V1', '1.25'); INSERT INTO fees VALUES ('F1', '1.25');"
        ));
        frozen(&place);
        let freeze = || {
            let judged = place.output("gate --json").stdout;
            let judged: serde_json::Value = serde_json::from_str(&judged).unwrap();
            let mut items = judged["items"].as_array().unwrap().iter();
            let item = items.find(|item| item["check"] == "frozen").unwrap();
            let says = item["says"].as_str().unwrap();
            format!("{}: {says}", item["status"].as_str().unwrap())
        };
        execute("INSERT INTO posting SELECT * FROM flow");
        ends(&place, "window converted --by 'Wang Wei' --how etl", "0");
        let said = freeze();
        assert!(said.starts_with("passed: "), "{url} {target}: {said}");
        // What a control reads of the old book stands still, too.
        execute("INSERT INTO fees VALUES ('F2', '0.01')");
        let said = freeze();
        assert!(said.starts_with("failed: "), "{url} {target}: {said}");
    }
}
