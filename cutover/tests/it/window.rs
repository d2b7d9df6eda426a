//! The window in stories: where each ends, and why a step is refused.

use cutover::window::{OpenBook, Stage};
use insta::assert_snapshot;

use super::story::{SIGNED, VERIFYING, check, play, told};

fn refusal(story: &str) -> String {
    play(story).expect_err("a refusal")
}

#[test]
fn the_good_morning_ends_released() {
    check("07:00 open", "planned");
    check("07:00 open\n07:10 announce", "announced");
    check("07:00 open\n07:10 announce\n08:00 freeze", "freezing");
    check(VERIFYING, "verifying");
    check(&format!("{VERIFYING}\n11:00 verified"), "balanced");
    check(&format!("{VERIFYING}{SIGNED}\n11:30 release"), "releasing");
    check(
        &format!("{VERIFYING}{SIGNED}\n11:30 release\n11:31 released"),
        "released",
    );
}

#[test]
fn breaks_accepted_by_name_and_rejects_disposed_of_can_be_released() {
    check(
        &format!(
            "{VERIFYING}
            11:00 verified V1 0.01, V2 -0.02
            11:10 accept V1 0.01
            11:10 accept V2 -0.02
            11:20 sign accountant
            11:20 sign engineer
            11:30 release"
        ),
        "releasing",
    );
    check(
        &format!(
            "{VERIFYING}
            11:00 verified rejects 3
            11:10 dispose
            11:20 sign accountant
            11:20 sign engineer
            11:30 release"
        ),
        "releasing",
    );
}

#[test]
fn a_step_out_of_its_stage_is_refused_and_told_what_to_do() {
    assert_snapshot!(refusal("07:00 announce"), @"07:00 announce: there is no window yet: open a daybook for the plan first");
    assert_snapshot!(refusal("07:00 open\n07:01 open"), @"07:01 open: this daybook is open already: another window is another daybook");
    assert_snapshot!(refusal("07:00 open\n08:00 freeze"), @"08:00 freeze: freezing has no place while the window is planned; announce it first");
    assert_snapshot!(refusal("07:00 open\n08:00 convert"), @"08:00 convert: convert has no place while the window is planned; announce it first");
    assert_snapshot!(refusal("07:00 open\n08:00 rollback"), @"08:00 rollback: rolling back has no place while the window is planned; announce it first");
    assert_snapshot!(refusal("07:00 open\n07:10 announce\n07:20 announce"), @"07:20 announce: announced has no place while the window is announced; freeze the old book first, or roll back to call it off");
    assert_snapshot!(refusal("07:00 open\n07:10 announce\n08:00 convert"), @"08:00 convert: convert has no place while the window is announced; freeze the old book first, or roll back to call it off");
    assert_snapshot!(refusal(&format!("{VERIFYING}\n10:02 correct")), @"10:02 correct: corrected has no place while the window is verifying; finish the verification first, or roll back");
    assert_snapshot!(refusal(&format!("{VERIFYING}\n10:02 release")), @"10:02 release: releasing has no place while the window is verifying; finish the verification first, or roll back");
    assert_snapshot!(refusal(&format!("{VERIFYING}\n11:00 verified incomplete\n11:01 sign accountant")), @"11:01 sign accountant: signed off has no place while the window is incomplete; verify again with nothing left out, or roll back");
    assert_snapshot!(refusal(&format!("{VERIFYING}{SIGNED}\n11:30 release\n11:31 released\n11:32 rollback")), @"11:32 rollback: rolling back has no place while the window is released; the new book is open: a mistake is mended by entries, and another window is another daybook");
    assert_snapshot!(refusal(&format!("{VERIFYING}{SIGNED}\n11:30 rollback\n11:31 rolled-back\n11:32 release")), @"11:32 release: gate has no place while the window is rolled back; the old book is open again: another attempt is another daybook");
}

/// Up to the old book closed, before anything is converted.
fn frozen() -> String {
    let (frozen, _) = VERIFYING
        .split_once("\n08:05 convert")
        .expect("it converts");
    frozen.to_owned()
}

#[test]
fn what_something_else_converted_is_recorded_and_then_verified() {
    let frozen = frozen();
    assert_snapshot!(refusal(&format!("{frozen}\n10:01 verify")), @"10:01 verify: verify has no place while the window is frozen; convert first, or record who converted: crossfoot window converted; or roll back");
    let converted = format!("{frozen}\n10:00 converted-elsewhere etl 4.2");
    check(&converted, "converted");
    let world = told(&converted);
    assert_eq!(
        world.state.converted_elsewhere().map(|one| &*one.how),
        Some("etl 4.2")
    );
    check(
        &format!("{converted}\n10:01 verify{SIGNED}\n11:30 release\n11:31 released"),
        "released",
    );
    // Nothing is released on what was not verified since.
    let again = format!("{converted}\n10:01 verify{SIGNED}\n11:25 converted-elsewhere etl 4.3");
    assert_snapshot!(refusal(&format!("{again}\n11:30 release")), @"11:30 release: releasing has no place while the window is converted; verify first, or roll back");
    // Another plan may convert otherwise.
    let world = told(&format!("{converted}\n10:30 replan"));
    assert_eq!(world.state.converted_elsewhere(), None);
    check(&format!("{converted}\n10:30 replan"), "frozen");
}

#[test]
fn of_two_who_convert_the_last_one_counts() {
    let frozen = frozen();
    let elsewhere = "10:00 converted-elsewhere etl 4.2";
    // A conversion of our own that was given up, or that is still at work: it ends in vain.
    let given_up = format!("{frozen}\n08:05 convert\n{elsewhere}");
    check(&given_up, "converted");
    assert_snapshot!(refusal(&format!("{given_up}\n10:02 converted")), @"10:02 converted: conversion finished has no place while the window is converted; verify first, or roll back");
    let ours = told(&format!(
        "{frozen}\n{elsewhere}\n10:05 convert\n10:06 converted"
    ));
    assert_eq!(ours.state.converted_elsewhere(), None);
    assert!(ours.state.conversion().is_some());
    let theirs = told(&format!(
        "{VERIFYING}\n11:00 {}",
        &elsewhere["10:00 ".len()..]
    ));
    assert_eq!(theirs.state.conversion(), None);
    assert!(theirs.state.converted_elsewhere().is_some());
    assert_snapshot!(refusal("07:00 open\n07:10 announce\n08:00 converted-elsewhere etl 4.2"), @"08:00 converted-elsewhere etl 4.2: converted elsewhere has no place while the window is announced; freeze the old book first, or roll back to call it off");
    assert_snapshot!(refusal(&format!("{frozen}\n10:00 converted-elsewhere")), @"10:00 converted-elsewhere: the how of converted elsewhere is empty; say it in words");
}

#[test]
fn nothing_is_frozen_before_its_time_or_without_a_way_back() {
    let announced = "07:00 open\n07:10 announce";
    assert_snapshot!(refusal(&format!("{announced}\n07:59 freeze")), @"07:59 freeze: the old book closes at 2013-05-27T08:00:00Z, 1m from now; wait, or change the plan");
    check(&format!("{announced}\n15:15 freeze"), "freezing");
    assert_snapshot!(refusal(&format!("{announced}\n15:16 freeze")), @"15:16 freeze: the point of no return was 2013-05-27T15:15:00Z, 1m ago: after a freeze now no rollback would end by 2013-05-27T16:00:00Z; put off the release, or roll back to call it off");
    // Where the old system was already told to close, asking again is never too late.
    check(
        &format!("{announced}\n15:15 freeze\n15:20 freeze"),
        "freezing",
    );
}

#[test]
fn what_still_moves_is_not_frozen() {
    let freezing = "07:00 open\n07:10 announce\n08:00 freeze";
    assert_snapshot!(refusal(&format!("{freezing}\n08:03 frozen")), @"08:03 frozen: the first reading of the opening figures is lacking; read them twice, a while apart, then confirm that the old book is closed");
    assert_snapshot!(refusal(&format!("{freezing}\n08:01 before 1.00\n08:03 frozen")), @"08:03 frozen: the second reading of the opening figures is lacking; read them twice, a while apart, then confirm that the old book is closed");
    assert_snapshot!(refusal(&format!("{freezing}\n08:01 after 1.00")), @"08:01 after 1.00: the first reading of the opening figures is lacking; read them twice, a while apart, then confirm that the old book is closed");
    let moved = format!("{freezing}\n08:01 before 1234.50\n08:03 after 1234.51");
    assert_snapshot!(refusal(&format!("{moved}\n08:03 frozen")), @"08:03 frozen: something still moves in the old book: sum of balances was 1234.50, then 1234.51 (0.01 more); find out what still writes, then take the opening figures again");
    // Equal figures of other digests are not the same book either.
    assert_snapshot!(refusal(&format!("{freezing}\n08:01 before 1.0\n08:03 after 1.00\n08:03 frozen")), @"08:03 frozen: something still moves in the old book: all figures are equal, but what they were read from had the digest ecf87622ea5c78b2b1f44016ea95d14feb3bd825f7544e7201862f3d12b4cd1b and then 31aa720a6fc3d41cef475b90f33415b14d8dd2cf0a547ac4eef7f314411d79bf; find out what still writes, then take the opening figures again");
    // Taken again, both of them.
    check(
        &format!("{moved}\n08:05 before 1234.51\n08:07 after 1234.51\n08:07 frozen"),
        "frozen",
    );
    assert_snapshot!(refusal(&format!("{moved}\n08:05 before 1234.50\n08:07 frozen")), @"08:07 frozen: the second reading of the opening figures is lacking; read them twice, a while apart, then confirm that the old book is closed");
    assert_snapshot!(refusal(&format!("{moved}\n08:05 freeze\n08:07 frozen")), @"08:07 frozen: the first reading of the opening figures is lacking; read them twice, a while apart, then confirm that the old book is closed");
    assert_snapshot!(refusal(&format!("{freezing}\n08:01 before 12,3")), @r#"08:01 before 12,3: the figures of opening figures is "12,3", which is no number; write it as 1234.50"#);
}

#[test]
fn a_call_whose_answer_is_not_known_is_made_again() {
    let releasing = format!("{VERIFYING}{SIGNED}\n11:30 release");
    check(
        &format!("{releasing}\n11:31 release-failed no answer\n11:32 released"),
        "released",
    );
    check(
        &format!("{releasing}\n11:31 not-released queue is down"),
        "balanced",
    );
    // Two open books are worse than none.
    assert_snapshot!(refusal(&format!("{releasing}\n11:31 rollback")), @"11:31 rollback: rolling back has to wait: the new system was told to open, and may be open; ask it, then confirm the release or record that it is not open, and roll back then");
    check(
        &format!("{releasing}\n11:31 not-released down\n11:32 rollback\n11:33 rolled-back"),
        "rolled back",
    );
    // Whoever releases again is judged again.
    check(
        &format!("{releasing}\n11:31 not-released down\n11:32 release\n11:33 released"),
        "released",
    );
}

#[test]
fn a_release_is_called_again_on_a_go_of_that_moment_only() {
    use cutover::window::Command;
    let releasing = format!("{VERIFYING}{SIGNED}\n11:30 release\n11:31 release-failed no answer");
    check(&format!("{releasing}\n11:32 release"), "releasing");
    check(
        &format!("{releasing}\n11:32 release\n11:33 released"),
        "released",
    );
    assert_snapshot!(refusal(&format!("{releasing}\n11:32 input-changes\n11:32 release")), @"11:32 release: the gate says NO-GO: inputs: of 2 files these are other than when they were verified: source flow.csv had 96a4257289f9 and has 6a9f75eec646; verify again; ask the new system whether it is open, then give `crossfoot window release --released TEXT` or `--not-released TEXT`");
    assert_snapshot!(refusal(&format!("{releasing}\n16:00 release")), @"16:00 release: the gate says NO-GO: deadline: the new book had to be open less than 1s ago; ask the new system whether it is open, then give `crossfoot window release --released TEXT` or `--not-released TEXT`; ask the new system whether it is open, then give `crossfoot window release --released TEXT` or `--not-released TEXT`");
    let mut world = told(&releasing);
    let judgement = world.judge("11:32");
    let late = world
        .clone()
        .step("16:00", Command::Release(judgement.clone()));
    assert!(late.is_err(), "a judgement of hours ago");
    // The judgement is told, and the intent stands as it was.
    let before = world.book.entries().len();
    world
        .step("11:33", Command::Release(judgement))
        .expect("a GO of now");
    assert_eq!(world.book.entries().len(), before + 1);
    check(
        &format!("{releasing}\n11:32 release\n11:33 not-released down"),
        "balanced",
    );
}

#[test]
fn a_book_that_is_frozen_anew_is_converted_anew() {
    let verified = format!("{VERIFYING}{SIGNED}");
    let world = told(&format!("{verified}\n11:25 freeze-again it was open"));
    assert_eq!(world.state.stage(), Stage::Freezing);
    assert_eq!(world.state.sign_offs(), []);
    assert!(world.state.conversion().is_none() && world.state.verification().is_none());
    check(
        &format!(
            "{verified}\n11:25 freeze-again it was open\n11:26 before 2.00\n11:27 after 2.00\n11:27 frozen"
        ),
        "frozen",
    );
    assert_snapshot!(refusal(&format!("{verified}\n11:30 release\n11:31 freeze")), @"11:31 freeze: freezing has no place while the window is releasing; ask the new system whether it is open, then confirm the release or record that it is not");
}

#[test]
fn what_was_made_of_a_frozen_book_is_not_given_up_unasked() {
    let frozen = frozen();
    // Where nothing was made of it, and where the first attempt failed, it is frozen as before.
    check(&format!("{frozen}\n08:04 freeze"), "freezing");
    check(
        "07:00 open\n07:10 announce\n08:00 freeze\n08:01 before 1.00\n08:02 after 2.00\n08:03 freeze",
        "freezing",
    );
    check(
        &format!("{VERIFYING}{SIGNED}\n11:25 freeze-again why\n11:26 freeze"),
        "freezing",
    );
    let said = |story: &str| refusal(&format!("{frozen}\n{story}\n11:25 freeze"));
    assert_snapshot!(said("08:05 convert"), @"11:25 freeze: the old book is frozen, and freezing it again voids the conversion that is under way; if it must be, decide it: `crossfoot window freeze --again --why TEXT --by NAME`");
    assert_snapshot!(said("10:00 converted-elsewhere etl 4.2"), @"11:25 freeze: the old book is frozen, and freezing it again voids the conversion; if it must be, decide it: `crossfoot window freeze --again --why TEXT --by NAME`");
    assert_snapshot!(said("10:00 converted-elsewhere etl 4.2\n10:01 verify\n11:00 verified"), @"11:25 freeze: the old book is frozen, and freezing it again voids the conversion and the verification; if it must be, decide it: `crossfoot window freeze --again --why TEXT --by NAME`");
    assert_snapshot!(refusal(&format!("{VERIFYING}{SIGNED}\n11:25 freeze")), @"11:25 freeze: the old book is frozen, and freezing it again voids the conversion, the verification and what was signed; if it must be, decide it: `crossfoot window freeze --again --why TEXT --by NAME`");
    assert_snapshot!(refusal(&format!("{VERIFYING}{SIGNED}\n11:25 freeze-again")), @"11:25 freeze-again: the why of freezing is empty; say it in words");
    // The daybook tells who decided it.
    let world = told(&format!("{VERIFYING}\n11:25 freeze-again it was open"));
    let last = world.book.entries().last().expect("an entry");
    let again = r#""event":"freezing","again":{"why":"it was open","by":"Wang Wei"}"#;
    assert!(last.line().contains(again), "{}", last.line());
}

#[test]
fn whatever_changes_what_there_is_to_sign_voids_what_was_signed() {
    let signed = format!("{VERIFYING}{SIGNED}");
    for change in [
        "correct",
        "convert",
        "converted-elsewhere etl 4.2",
        "verify",
        "rehearse",
        "extend 17:00",
        "replan",
    ] {
        let world = told(&format!("{signed}\n11:30 judge\n11:31 {change}"));
        assert_eq!(world.state.sign_offs(), [], "{change}");
        assert!(!world.state.is_go(), "{change}");
    }
    for no_change in ["forecast", "remark all is well", "judge"] {
        let world = told(&format!("{signed}\n11:30 judge\n11:31 {no_change}"));
        assert_eq!(world.state.sign_offs().len(), 2, "{no_change}");
        assert!(world.state.is_go(), "{no_change}");
    }
    check(&format!("{signed}\n11:30 correct"), "converted");
    check(&format!("{signed}\n11:30 convert"), "converting");
    check(&format!("{signed}\n11:30 replan"), "frozen");
    check(&format!("{signed}\n11:30 rehearse"), "balanced");
    assert_snapshot!(refusal(&format!("{signed}\n11:30 correct\n11:31 release")), @"11:31 release: releasing has no place while the window is converted; verify first, or roll back");
    assert_snapshot!(refusal(&format!("{signed}\n11:30 extend 17:00\n11:31 release")), @"11:31 release: the gate says INCOMPLETE: sign-off accountant: nobody has signed in this role since what there is to sign last changed; sign; sign-off engineer: nobody has signed in this role since what there is to sign last changed; sign; two people: 0 signed off, and it takes two; have another person of another role sign; mend these, and let the gate judge again");
    // A decision after the first signature is not what was signed.
    let accepted_late = format!(
        "{VERIFYING}\n11:00 verified V1 0.01\n11:10 sign accountant\n11:15 accept V1 0.01\n11:20 sign engineer"
    );
    assert_eq!(told(&accepted_late).state.sign_offs().len(), 1);
}

#[test]
fn too_late_is_rolling_back_not_releasing() {
    let signed = format!("{VERIFYING}{SIGNED}");
    check(&format!("{signed}\n15:15 rollback"), "rolling back");
    assert_snapshot!(refusal(&format!("{signed}\n15:16 rollback")), @"15:16 rollback: a rollback takes 45m and would end 1m after 2013-05-27T16:00:00Z; if it must be, say that this is accepted, and tell those who wait");
    check(&format!("{signed}\n15:16 rollback late"), "rolling back");
    check(&format!("{signed}\n17:00 rollback late"), "rolling back");
    check(&format!("{signed}\n15:59 release"), "releasing");
    assert_snapshot!(refusal(&format!("{signed}\n16:00 release")), @"16:00 release: the gate says NO-GO: deadline: the new book had to be open less than 1s ago; put off the release and tell those who wait, or roll back; mend these, and let the gate judge again");
    // Put off and signed anew, it can be released; the call itself may end later.
    let put_off =
        format!("{signed}\n15:50 extend 17:00\n15:55 sign engineer\n15:56 sign accountant");
    check(
        &format!("{put_off}\n16:30 release\n17:05 released"),
        "released",
    );
    // A plan that takes longer to roll back in rehearsal than on paper has less time.
    let world = told(VERIFYING);
    assert_eq!(
        world.state.point_of_no_return(),
        Some(super::world::at("15:15"))
    );
    // Before the freeze nothing is closed, and nothing is late.
    check(
        "07:00 open\n07:10 announce\n15:50 rollback\n15:51 rolled-back",
        "rolled back",
    );
}

#[test]
fn a_rollback_is_open_from_every_stage_between_announced_and_released() {
    for (story, stage) in [
        ("07:00 open\n07:10 announce", "announced"),
        ("07:00 open\n07:10 announce\n08:00 freeze", "freezing"),
        (
            "07:00 open\n07:10 announce\n08:00 freeze\n08:00 before 1\n08:00 after 1\n08:00 frozen",
            "frozen",
        ),
        (
            &VERIFYING.replace("10:00 converted\n10:01 verify", ""),
            "converting",
        ),
        (&VERIFYING.replace("10:01 verify", ""), "converted"),
        (VERIFYING, "verifying"),
        (&format!("{VERIFYING}\n11:00 verified"), "balanced"),
        (
            &format!("{VERIFYING}\n11:00 verified V1 0.01"),
            "out of balance",
        ),
        (
            &format!("{VERIFYING}\n11:00 verified incomplete"),
            "incomplete",
        ),
    ] {
        check(story, stage);
        check(
            &format!("{story}\n12:00 rollback\n12:01 rolled-back"),
            "rolled back",
        );
    }
}

#[test]
fn a_sign_off_is_of_a_role_of_the_plan_by_another_person_about_this_evidence() {
    let verified = format!("{VERIFYING}\n11:00 verified");
    assert_snapshot!(refusal(&format!("{verified}\n11:20 sign auditor as li")), @r#"11:20 sign auditor as li: this sign-off is not taken: the plan asks for accountant, engineer, and not for "auditor"; sign as one of these"#);
    assert_snapshot!(refusal(&format!("{verified}\n11:20 sign accountant\n11:21 sign engineer as li")), @r#"11:21 sign engineer as li: this sign-off is not taken: the key 83561adb398fd87f signed as "accountant" and as "engineer"; have another person sign with a key of their own"#);
    // The same role signs again, and takes the place of the first.
    let world = told(&format!(
        "{verified}\n11:20 sign accountant\n11:21 sign accountant"
    ));
    assert_eq!(world.state.sign_offs().len(), 1);
}

#[test]
fn a_break_is_accepted_once_and_in_an_agreement_of_the_plan() {
    let verified = format!("{VERIFYING}\n11:00 verified V1 0.01");
    assert_snapshot!(refusal(&format!("{verified}\n11:10 accept V1 0.01\n11:11 accept V1 0.01")), @"11:11 accept V1 0.01: the break of break accepted was accepted by Li Na on 2013-05-27");
    assert_snapshot!(refusal(&format!("{VERIFYING}\n11:00 verified\n11:10 accept V1 0.01")), @"11:10 accept V1 0.01: break accepted has no place while the window is balanced; sign off, let the gate judge and release, or roll back");
}

#[test]
fn time_never_goes_back() {
    assert_snapshot!(refusal("07:00 open\n06:59 announce"), @"06:59 announce: the clock went back: the last entry is of 2013-05-27T07:00:00Z, and it is 2013-05-27T06:59:00Z; set the clock right, then try again");
    check("07:00 open\n07:00 announce", "announced");
}

#[test]
fn a_gate_that_is_not_open_says_what_to_mend() {
    let verified = format!("{VERIFYING}\n11:00 verified");
    assert_snapshot!(refusal(&format!("{verified}\n11:30 release")), @"11:30 release: the gate says INCOMPLETE: sign-off accountant: nobody has signed in this role since what there is to sign last changed; sign; sign-off engineer: nobody has signed in this role since what there is to sign last changed; sign; two people: 0 signed off, and it takes two; have another person of another role sign; mend these, and let the gate judge again");
    let signed = format!("{VERIFYING}{SIGNED}");
    assert_snapshot!(refusal(&format!("{signed}\n11:30 input-changes\n11:30 release")), @"11:30 release: the gate says NO-GO: inputs: of 2 files these are other than when they were verified: source flow.csv had 96a4257289f9 and has 6a9f75eec646; verify again; mend these, and let the gate judge again");
    assert_snapshot!(refusal(&format!("{signed}\n11:30 plan-changes\n11:30 release")), @"11:30 release: the gate says NO-GO: plan: the plan was changed since; record the change, convert and verify by it, or put the plan back; mend these, and let the gate judge again");
    let broken =
        format!("{VERIFYING}\n11:00 verified V1 0.01\n11:20 sign accountant\n11:21 sign engineer");
    assert_snapshot!(refusal(&format!("{broken}\n11:30 release")), @"11:30 release: the gate says NO-GO: agreement postings: 1 break, 0 accepted, 1 open: voucher=V1 differs amount 0.01 CNY; correct them, or accept each by name; mend these, and let the gate judge again");
}

#[test]
fn an_old_or_foreign_judgement_opens_nothing() {
    let signed = format!("{VERIFYING}{SIGNED}");
    let mut world = told(&signed);
    let judgement = world.judge("11:30");
    let release = |judgement| cutover::window::Command::Release(judgement);
    let old = world.clone().step("11:41", release(judgement.clone()));
    assert_snapshot!(old.expect_err("it is old"), @"the gate judged at 2013-05-27T11:30:00Z, and a judgement holds for 10 minutes; let the gate judge again, and release at once");
    let early = world.clone().step("11:29", release(judgement.clone()));
    assert_snapshot!(early.expect_err("it is of later"), @"the gate judged later than it is now; let the gate judge again, and release at once");
    assert_eq!(
        world.clone().step("11:40", release(judgement.clone())),
        Ok(())
    );
    let mut other = told(&format!("{VERIFYING}\n10:30 remark all is well{SIGNED}"));
    assert!(
        other.step("11:31", release(judgement.clone())).is_err(),
        "another daybook"
    );
    // Forecasts and remarks go on; what there is to judge may not.
    let mut same = told(&format!("{signed}\n11:30 remark all is well"));
    assert_eq!(same.step("11:31", release(judgement.clone())), Ok(()));
    world
        .step("11:31", cutover::window::Command::Judge(judgement.clone()))
        .expect("it is of now");
    assert_eq!(
        world.clone().step("11:32", release(judgement.clone())),
        Ok(())
    );
    let signed_again = world.sign("11:33", "engineer", &super::world::wang());
    let sign = cutover::daybook::Event::SignedOff(Box::new(signed_again));
    world
        .step("11:33", cutover::window::Command::Record(sign))
        .expect("a sign-off");
    let gone_on = world.step("11:34", release(judgement));
    assert_snapshot!(gone_on.expect_err("the daybook went on"), @"the daybook has gone on since the gate judged; let the gate judge again, and release at once");
}

#[test]
fn the_intent_to_release_stands_right_behind_its_judgement() {
    use cutover::daybook::Event;
    use cutover::window::Command;
    let judged = format!("{VERIFYING}{SIGNED}\n11:30 judge");
    // Where the power went between the two, the intent may follow, and nothing in between.
    let releasing = Command::Record(Event::Releasing);
    assert_eq!(told(&judged).step("11:31", releasing.clone()), Ok(()));
    let mut with_remark = told(&format!("{judged}\n11:31 remark all is well"));
    assert_snapshot!(with_remark.step("11:32", releasing).expect_err("a remark"), @"the entry before is no judgement of the gate; let the gate judge again, and release at once");
}

#[test]
fn a_judgement_in_time_does_not_release_too_late() {
    use cutover::window::Command;
    let mut world = told(&format!("{VERIFYING}{SIGNED}"));
    let judgement = world.judge("15:55");
    let late = world.step("16:00", Command::Release(judgement.clone()));
    assert_snapshot!(late.expect_err("it is late"), @"the new book had to be open at 2013-05-27T16:00:00Z, less than 1s ago; put off the release and tell those who wait, or roll back");
    // Where it was told to open before, neither of the two has a place.
    world
        .step("15:56", Command::Release(judgement))
        .expect("a GO");
    let judgement = world.judge("15:58");
    let late = world.step("16:00", Command::Release(judgement));
    assert_snapshot!(late.expect_err("it is late"), @"the new book had to be open at 2013-05-27T16:00:00Z, less than 1s ago; ask the new system whether it is open, then give `crossfoot window release --released TEXT` or `--not-released TEXT`");
}

#[test]
fn a_statement_made_before_a_decision_is_not_taken_after_it() {
    use cutover::daybook::Event;
    use cutover::window::Command;
    let verified = format!("{VERIFYING}\n11:00 verified V1 0.01");
    let before = told(&verified).sign("11:05", "accountant", &super::world::li());
    let sign = Command::Record(Event::SignedOff(Box::new(before)));
    assert_eq!(told(&verified).step("11:10", sign.clone()), Ok(()));
    assert_eq!(
        told(&format!("{verified}\n11:06 remark seen")).step("11:10", sign.clone()),
        Ok(())
    );
    let mut decided = told(&format!("{verified}\n11:06 accept V1 0.01"));
    assert_snapshot!(decided.step("11:10", sign).expect_err("a decision"), @"this sign-off is not taken: what there is to sign has changed since; look at it and sign again");
}

#[test]
fn terms_that_leave_no_way_back_or_one_pair_of_eyes_open_nothing() {
    use cutover::window::{Command, State, decide};
    let mut refused = String::new();
    type Change = fn(&mut cutover::daybook::Terms);
    let changes: [Change; 7] = [
        |terms| terms.roles.truncate(1),
        |terms| terms.roles = vec!["engineer".into(), "engineer".into()],
        |terms| terms.agreements.clear(),
        |terms| terms.release = terms.freeze,
        |terms| terms.rollback_takes_ms = 8 * 3_600_000,
        |terms| terms.rollback_takes_ms = u64::MAX,
        |terms| terms.controls.push(" ".into()),
    ];
    for change in changes {
        let mut terms = super::world::terms();
        change(&mut terms);
        let open = Command::Record(super::world::opened(terms));
        let why = decide(&State::new(), open, super::world::at("07:00")).expect_err("a refusal");
        refused += &format!("{why}\n");
    }
    assert_snapshot!(refused, @r#"
    the roles of opened must be two at least; sign-off takes two people
    the roles of opened names "engineer" twice; name it once
    the agreements of opened are none; a plan that compares nothing proves nothing
    the release of opened must be after the freeze, 2013-05-27T08:00:00Z
    the rollback_takes_ms of opened must be below 28800000, the length of the window; there would be no way back
    the rollback_takes_ms of opened must be below 28800000, the length of the window; there would be no way back
    the controls of opened is empty; say it in words
    "#);
}

#[test]
fn every_stage_says_which_book_is_open() {
    let told: Vec<String> = Stage::ALL
        .iter()
        .map(|stage| format!("{stage}: {:?}", stage.open_book()))
        .collect();
    assert_snapshot!(told.join("\n"), @r"
    planned: Source
    announced: Source
    freezing: AskSource
    frozen: None
    converting: None
    converted: None
    verifying: None
    balanced: None
    out of balance: None
    incomplete: None
    releasing: AskTarget
    released: Target
    rolling back: AskSource
    rolled back: Source
    ");
    assert!(Stage::ALL.iter().all(|stage| !stage.what_next().is_empty()));
    assert_eq!(Stage::Frozen.open_book(), OpenBook::None);
}

#[test]
fn a_daybook_that_no_window_could_have_written_is_not_replayed() {
    use cutover::daybook::{Daybook, Event};
    use cutover::window::State;
    // Chained as it should be, and yet released without a gate.
    let mut book = Daybook::new();
    let world = told(&format!("{VERIFYING}{SIGNED}"));
    for entry in world.book.entries() {
        book.append(entry.at(), entry.event().clone())
            .expect("it follows");
    }
    book.append(super::world::at("11:30"), Event::Releasing)
        .expect("it follows");
    let why = State::replay(book.entries()).expect_err("no gate");
    assert_snapshot!(why, @"entry 13 of the daybook, releasing, cannot have been: the entry before is no judgement of the gate; let the gate judge again, and release at once. Do not trust this daybook");
    // An outcome that its lines do not come to.
    let forged = serde_json::to_string(&world.judge("11:30")).expect("json");
    let other = forged.replace(
        &world
            .state
            .verification()
            .expect("a run")
            .manifest_blake3
            .to_string(),
        &cutover::Digest::ZERO.to_string(),
    );
    let other = serde_json::from_str(&other).expect("a judgement");
    let mut world = world;
    let refused = world.step("11:30", cutover::window::Command::Release(other));
    assert_snapshot!(refused.expect_err("other evidence"), @"the gate judged other evidence than the last verification's; let the gate judge again, and release at once");
    let forged = forged.replacen("\"passed\"", "\"failed\"", 1);
    let forged = serde_json::from_str(&forged).expect("a judgement");
    let refused = world.step("11:30", cutover::window::Command::Release(forged));
    assert_snapshot!(refused.expect_err("it is forged"), @"the gate's outcome is not what its lines come to; let the gate judge again, and release at once");
}
