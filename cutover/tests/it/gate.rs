//! What the gate says, in sentences.

use cutover::daybook::{Event, LeftBy, LeftOut, Scope};
use cutover::gate::{Check, Evidence, Facts, Item, Outcome, RejectTally, Status, Tally, judge};
use cutover::window::State;
use insta::assert_snapshot;

use super::story::{SIGNED, VERIFYING, told};
use super::world::{World, acceptance, at, found, money};

fn signed() -> World {
    told(&format!("{VERIFYING}{SIGNED}"))
}

fn in_words(outcome: Outcome, items: &[Item]) -> String {
    let lines = items
        .iter()
        .map(|item| format!("{:<11} {item}\n", item.status.to_string()));
    format!("{outcome}\n{}", lines.collect::<String>())
}

fn all(world: &World, time: &str) -> String {
    let judgement = world.judge(time);
    in_words(judgement.outcome(), judgement.items())
}

/// What did not pass, of a world that was changed.
fn open(change: impl FnOnce(&mut World)) -> String {
    let mut world = signed();
    change(&mut world);
    let judgement = world.judge("11:30");
    let items: Vec<Item> = judgement.open_items().cloned().collect();
    in_words(judgement.outcome(), &items)
}

/// What did not pass, of facts that were changed.
fn open_facts(change: impl FnOnce(&mut Facts)) -> String {
    let world = signed();
    let mut facts = world.facts();
    change(&mut facts);
    let judgement = judge(&world.state, &facts, at("11:30"));
    let items: Vec<Item> = judgement.open_items().cloned().collect();
    in_words(judgement.outcome(), &items)
}

#[test]
fn a_go_says_what_it_rests_on() {
    assert_snapshot!(all(&signed(), "11:30"), @r"
    GO
    passed      plan: the plan is the one that was verified
    passed      freeze: the old book is closed, and reads as it was frozen: sum of balances 1234.50
    passed      rehearsal: all 20 planted faults were found and explained, in a shadow of these books
    passed      conversion: the account of the conversion is the one that was recorded
    passed      conversion posting: 1000 read, 990 converted + 4 rejected + 6 left out
    passed      conversion balance: its rule works on groups; the agreement balances compares each
    passed      evidence: all 4 files of 1 are as they were written
    passed      inputs: all 2 files are as they were verified
    passed      report: the report says balanced and adds up
    passed      agreement postings: all 1000 records agree
    passed      residual postings: the account closes
    passed      nothing unchecked postings: nothing was left unchecked
    passed      agreement balances: all 1000 records agree
    passed      residual balances: the account closes
    passed      nothing unchecked balances: nothing was left unchecked
    passed      control trial balance: holds
    passed      rejects: there are none
    passed      deadline: 4h 30m before the release time, 3h 45m before the point of no return 2013-05-27T15:15:00Z
    passed      sign-off accountant: Li Na (key 83561adb398fd87f) at 2013-05-27T11:20:00Z
    passed      sign-off engineer: Wang Wei (key 1eed29b1654fbca9) at 2013-05-27T11:21:00Z
    passed      two people: signed by Li Na and Wang Wei
    ");
}

#[test]
fn accepted_breaks_and_rejects_stay_in_what_it_says() {
    let world = told(&format!(
        "{VERIFYING}
        11:00 verified V1 0.01, V2 -0.03
        11:10 accept V1 0.01
        11:10 accept V2 -0.03
        11:20 sign accountant
        11:21 sign engineer"
    ));
    let told_of = |world: &World| {
        let judgement = world.judge("15:30");
        let items = judgement.items().iter();
        let items = items.filter(|item| {
            matches!(
                item.check,
                Check::Agreement | Check::Residual | Check::Rejects | Check::Deadline
            )
        });
        in_words(judgement.outcome(), &items.cloned().collect::<Vec<_>>())
    };
    assert_snapshot!(told_of(&world), @r"
    GO
    passed      agreement postings: 998 records agree, and 2 breaks accepted by name, amount -0.02 CNY
    passed      residual postings: the account closes: the breaks add up to the difference, amount -0.02 CNY
    passed      agreement balances: all 1000 records agree
    passed      residual balances: the account closes
    passed      rejects: there are none
    passed      deadline: 30m before the release time; the point of no return was 15m ago, and a rollback would end that much late
    ");
    let world = told(&format!(
        "{VERIFYING}
        11:00 verified rejects 2
        11:10 dispose
        11:20 sign accountant
        11:21 sign engineer"
    ));
    assert_snapshot!(told_of(&world), @r"
    GO
    passed      agreement postings: all 1000 records agree
    passed      residual postings: the account closes
    passed      agreement balances: all 1000 records agree
    passed      residual balances: the account closes
    passed      rejects: 2 records could not be converted: booked to suspense (Li Na, 2013-05-27)
    passed      deadline: 30m before the release time; the point of no return was 15m ago, and a rollback would end that much late
    ");
}

#[test]
fn nothing_known_is_nothing_passed() {
    let judgement = judge(&State::new(), &Facts::default(), at("11:30"));
    assert_snapshot!(in_words(judgement.outcome(), judgement.items()), @r"
    NO-GO
    not checked plan: no daybook was opened; open one
    failed      freeze: the window is planned; announce it first
    not checked rehearsal: there was no rehearsal; rehearse this plan
    not checked conversion: no conversion is recorded; convert, or record who converted: crossfoot window converted
    not checked evidence: nothing was verified since the books last changed; verify
    not checked inputs: there is no evidence yet; verify
    not checked report: there is no report yet; verify
    not checked agreement: there is no report yet; verify
    not checked residual: there is no report yet; verify
    not checked nothing unchecked: there is no report yet; verify
    not checked control: there is no report yet; verify
    not checked rejects: there is no report yet; verify
    not checked deadline: no daybook was opened; open one
    not checked sign-off: the plan asks nobody to sign; name two roles
    not checked two people: 0 signed off, and it takes two; have another person of another role sign
    ");
    assert_eq!(Outcome::of(&[]), Outcome::Incomplete);
    assert_snapshot!(all(&told(VERIFYING), "11:30"), @r"
    INCOMPLETE
    not checked plan: there is no evidence yet; verify
    passed      freeze: the old book is closed, and reads as it was frozen: sum of balances 1234.50
    passed      rehearsal: all 20 planted faults were found and explained, and whether in a shadow of these books is not known
    passed      conversion: the account of the conversion is the one that was recorded
    passed      conversion posting: 1000 read, 990 converted + 4 rejected + 6 left out
    not checked conversion balance: its rule works on groups, and balances was not compared; verify it
    not checked evidence: nothing was verified since the books last changed; verify
    not checked inputs: there is no evidence yet; verify
    not checked report: there is no report yet; verify
    not checked agreement: there is no report yet; verify
    not checked residual: there is no report yet; verify
    not checked nothing unchecked: there is no report yet; verify
    not checked control: there is no report yet; verify
    not checked rejects: there is no report yet; verify
    passed      deadline: 4h 30m before the release time, 3h 45m before the point of no return 2013-05-27T15:15:00Z
    not checked sign-off accountant: nobody has signed in this role since what there is to sign last changed; sign
    not checked sign-off engineer: nobody has signed in this role since what there is to sign last changed; sign
    not checked two people: 0 signed off, and it takes two; have another person of another role sign
    ");
}

#[test]
fn a_conversion_by_something_else_is_held_to_the_verification_of_both_sides() {
    let elsewhere = VERIFYING.replace(
        "08:05 convert\n10:00 converted",
        "10:00 converted-elsewhere etl 4.2",
    );
    let conversion = |world: &World, facts: &Facts| {
        let judgement = judge(&world.state, facts, at("11:30"));
        let items = judgement.items().iter();
        let items = items.filter(|item| item.check == Check::Conversion);
        in_words(judgement.outcome(), &items.cloned().collect::<Vec<_>>())
    };
    let world = told(&format!("{elsewhere}{SIGNED}"));
    let mut facts = world.facts();
    assert_snapshot!(conversion(&world, &facts), @r"
    GO
    passed      conversion: converted by Wang Wei (etl 4.2): its records are held against the rule by verify
    passed      conversion postings: 1000 by the rule, 1000 in the target, 1000 agree
    passed      conversion balances: 1000 by the rule, 1000 in the target, 1000 agree
    ");
    // Where nobody can ask, it is not known that there is none.
    facts.conversion_says = Some("no right to read it".into());
    assert_snapshot!(conversion(&world, &facts), @r"
    INCOMPLETE
    not checked conversion: whether the target has the account of a conversion by Crossfoot could not be asked: no right to read it
    ");
    facts.conversion_says = None;
    // An account of our own says that it was not something else.
    facts.conversion_blake3 = Some(world.conversion.conversion_blake3);
    assert_snapshot!(conversion(&world, &facts), @r"
    NO-GO
    failed      conversion: the target has the account of a conversion by Crossfoot, and the daybook says that something else converted; convert again
    ");
    let world = told(&format!("{elsewhere}\n11:00 verified incomplete"));
    assert_snapshot!(conversion(&world, &world.facts()), @r"
    INCOMPLETE
    passed      conversion: converted by Wang Wei (etl 4.2): its records are held against the rule by verify
    passed      conversion postings: 1000 by the rule, 1000 in the target, 1000 agree
    not checked conversion balances: was not verified on both sides; verify
    ");
    let world = told(&elsewhere);
    assert_snapshot!(conversion(&world, &world.facts()), @r"
    INCOMPLETE
    passed      conversion: converted by Wang Wei (etl 4.2): its records are held against the rule by verify
    not checked conversion postings: was not verified on both sides; verify
    not checked conversion balances: was not verified on both sides; verify
    ");
}

#[test]
fn an_incomplete_verification_is_incomplete_whatever_else_it_found() {
    let world = told(&format!("{VERIFYING}\n11:00 verified incomplete"));
    let judgement = world.judge("11:30");
    let items = judgement.open_items();
    let items: Vec<Item> = items
        .filter(|item| item.check != Check::SignOff)
        .cloned()
        .collect();
    assert_snapshot!(in_words(judgement.outcome(), &items), @r"
    INCOMPLETE
    not checked report: the verification left something unchecked; verify again with nothing left out
    not checked nothing unchecked balances: the run was stopped; verify again with nothing left out
    not checked two people: 0 signed off, and it takes two; have another person of another role sign
    ");
}

#[test]
fn what_was_not_looked_at_is_not_checked() {
    assert_snapshot!(open_facts(|facts| facts.plan_blake3 = None), @r"
    INCOMPLETE
    not checked plan: the plan was not digested anew; do so
    ");
    assert_snapshot!(open_facts(|facts| facts.inputs = None), @r"
    INCOMPLETE
    not checked inputs: the books were not digested anew; do so
    ");
    assert_snapshot!(open_facts(|facts| facts.conversion_blake3 = None), @r"
    INCOMPLETE
    not checked conversion: the account of the conversion was not read again; do so
    ");
    let unasked = |facts: &mut Facts| {
        facts.conversion_blake3 = None;
        facts.conversion_says = Some("no right to read it".into());
    };
    assert_snapshot!(open_facts(unasked), @r"
    INCOMPLETE
    not checked conversion: whether the target has the account of a conversion by Crossfoot could not be asked: no right to read it
    ");
    assert_snapshot!(open_facts(|facts| facts.trusted.clear()), @r"
    NO-GO
    failed      sign-off accountant: signed by the key 83561adb398fd87f, which is not among the trusted keys; add it, or have a trusted person sign
    failed      sign-off engineer: signed by the key 1eed29b1654fbca9, which is not among the trusted keys; add it, or have a trusted person sign
    not checked two people: 0 signed off, and it takes two; have another person of another role sign
    ");
    assert_snapshot!(open_facts(|facts| facts.figures = None), @r"
    INCOMPLETE
    not checked freeze: the opening figures were not read again; do so
    ");
    let unread = |facts: &mut Facts| facts.figures = Some(Err("old/flow.csv: no such file".into()));
    assert_snapshot!(open_facts(unread), @r"
    INCOMPLETE
    not checked freeze: the opening figures could not be read again: old/flow.csv: no such file
    ");
    assert_snapshot!(open_facts(|facts| facts.evidence = None), @r"
    INCOMPLETE
    not checked plan: there is no evidence yet; verify
    not checked conversion balance: its rule works on groups, and balances was not compared; verify it
    not checked evidence: the evidence was not read; name its folder
    not checked inputs: there is no evidence yet; verify
    not checked report: there is no report yet; verify
    not checked agreement: there is no report yet; verify
    not checked residual: there is no report yet; verify
    not checked nothing unchecked: there is no report yet; verify
    not checked control: there is no report yet; verify
    not checked rejects: there is no report yet; verify
    not checked sign-off accountant: there is no evidence to hold the sign-off against; name its folder
    not checked sign-off engineer: there is no evidence to hold the sign-off against; name its folder
    not checked two people: 0 signed off, and it takes two; have another person of another role sign
    ");
}

#[test]
fn evidence_that_cannot_be_read_is_named_in_its_line_and_nowhere_called_lacking() {
    let open = open_facts(|facts| {
        facts.evidence = None;
        facts.evidence_says = Some("evidence/1: breaks.jsonl: no such file".into());
    });
    assert!(open.starts_with("NO-GO\n"), "{open}");
    let line = "failed      evidence: evidence/1: breaks.jsonl: no such file; verify again\n";
    assert!(open.contains(line), "{open}");
    let line = "not checked report: the evidence cannot be read; see its line\n";
    assert!(open.contains(line), "{open}");
    assert!(
        !open.contains("no evidence yet") && !open.contains("no report yet"),
        "{open}"
    );
}

#[test]
fn the_figures_of_the_freeze_are_held_against_those_of_now() {
    let other = |facts: &mut Facts| facts.figures = Some(Ok(super::world::read("1234.51")));
    assert_snapshot!(open_facts(other), @r"
    NO-GO
    failed      freeze: the old book is another than was frozen: sum of balances was 1234.50, then 1234.51 (0.01 more); read the one that was frozen, or freeze this one, convert and verify
    ");
    // Where the new system was told to open and did not answer, the old book is closed still.
    let world = told(&format!("{VERIFYING}{SIGNED}\n11:30 release"));
    assert_eq!(world.judge("11:31").outcome(), Outcome::Go);
}

#[test]
fn a_rehearsal_that_left_something_out_is_not_one_of_the_plan() {
    let after = |change: fn(&mut Scope)| {
        let mut rehearsal = super::world::rehearsal(super::world::terms().plan_blake3);
        rehearsal.scope.iter_mut().for_each(change);
        let mut world = told(VERIFYING);
        let step = |world: &mut World, time: &str, event| {
            let done = world.step(time, cutover::window::Command::Record(event));
            done.unwrap_or_else(|why| panic!("{why}"));
        };
        step(&mut world, "10:02", Event::RehearsalFinished(rehearsal));
        let run = super::world::run(vec![], 0, world.plan_blake3, &world.inputs);
        let finished = Event::VerificationFinished(run.finished());
        world.run = Some(run);
        step(&mut world, "11:00", finished);
        for (role, key) in [
            ("accountant", super::world::li()),
            ("engineer", super::world::wang()),
        ] {
            let sign_off = world.sign("11:20", role, &key);
            step(&mut world, "11:20", Event::SignedOff(Box::new(sign_off)));
        }
        let judgement = world.judge("11:30");
        let items = judgement.items().iter();
        let items = items.filter(|item| item.check == Check::Rehearsal);
        in_words(judgement.outcome(), &items.cloned().collect::<Vec<_>>())
    };
    assert_snapshot!(after(|scope| scope.causes = vec!["A5".into(), "B3".into()]), @r"
    INCOMPLETE
    not checked rehearsal: the rehearsal was limited to the causes A5, B3; rehearse without a limit
    ");
    let left = |scope: &mut Scope| {
        scope.left_out.push(LeftOut {
            agreement: "postings".into(),
            why: "its table has corrections already".into(),
            is_for_good: false,
            by: None,
        })
    };
    assert_snapshot!(after(left), @r"
    INCOMPLETE
    passed      rehearsal: all 20 planted faults were found and explained, in a shadow of these books
    not checked rehearsal postings: was not rehearsed, as its table has corrections already; rehearse it too
    ");
    // Smaller books the evening before are no mistake, and not hidden.
    assert_snapshot!(after(|scope| scope.source_blake3 = Some(cutover::Digest::ZERO)), @r"
    GO
    passed      rehearsal: all 20 planted faults were found and explained, in a shadow of other books than were verified
    ");
    let mut world = signed();
    let old = cutover::daybook::RehearsalFinished {
        scope: None,
        ..super::world::rehearsal(world.plan_blake3)
    };
    let old = cutover::window::Command::Record(Event::RehearsalFinished(old));
    world.step("11:25", old).expect("a rehearsal");
    let judgement = world.judge("11:30");
    let item = judgement
        .items()
        .iter()
        .find(|item| item.check == Check::Rehearsal);
    assert_snapshot!(item.expect("there"), @"rehearsal: the daybook does not tell what the rehearsal covered; rehearse again");
}

/// What the gate says of an agreement in which nothing can be planted, by a rehearsal of the books
/// that were verified, or of others.
fn left_for_good(why: &str, by: Option<LeftBy>, is_of_these_books: bool) -> String {
    let mut world = signed();
    let mut rehearsal = super::world::rehearsal(world.plan_blake3);
    let left_out = LeftOut {
        agreement: "postings".into(),
        why: why.into(),
        is_for_good: true,
        by,
    };
    let scope = rehearsal.scope.as_mut().expect("a rehearsal has a scope");
    scope.left_out.push(left_out);
    if !is_of_these_books {
        scope.source_blake3 = Some(cutover::Digest::ZERO);
    }
    let rehearsed = cutover::window::Command::Record(Event::RehearsalFinished(rehearsal));
    world.step("11:25", rehearsed).expect("a rehearsal");
    let judgement = world.judge("11:30");
    let mut items = judgement.items().iter();
    let item = items.find(|item| item.check == Check::Rehearsal && item.of.is_some());
    let item = item.expect("it is named");
    format!("{}: {item}", item.status)
}

#[test]
fn what_nobody_can_rehearse_is_named_and_passes() {
    let why = "its target is a query, and only a table has a shadow";
    let says = left_for_good(why, Some(LeftBy::Plan), true);
    assert_snapshot!(says, @"passed: rehearsal postings: cannot be rehearsed, as its target is a query, and only a table has a shadow");
    assert_eq!(left_for_good(why, Some(LeftBy::Plan), false), says);
}

#[test]
fn what_could_not_be_rehearsed_in_other_books_is_rehearsed_in_these() {
    let why = "its table has no records with plain amounts";
    let held = |blake3| {
        let table = "posting".into();
        Some(LeftBy::Table { table, blake3 })
    };
    let now = cutover::seal::table_blake3(&super::world::books(), "target", "posting");
    assert!(now.is_some());
    assert_snapshot!(left_for_good(why, held(now), true), @"passed: rehearsal postings: cannot be rehearsed, as its table has no records with plain amounts");
    let others = left_for_good(why, held(now), false);
    assert_snapshot!(others, @"not checked: rehearsal postings: could not be rehearsed, as its table has no records with plain amounts, and that is known of the books of the rehearsal only; rehearse those that were verified");
    // Another table of the new book, one without a digest, and what an older version wrote.
    assert_eq!(
        left_for_good(why, held(Some(cutover::Digest::ZERO)), true),
        others
    );
    assert_eq!(left_for_good(why, held(None), true), others);
    assert_eq!(left_for_good(why, None, true), others);
}

#[test]
fn an_agreement_without_a_record_has_nothing_to_rehearse() {
    let mut world = signed();
    let mut rehearsal = super::world::rehearsal(world.plan_blake3);
    let left_out = LeftOut {
        agreement: "balances".into(),
        why: "its table has no records with plain amounts".into(),
        is_for_good: false,
        by: None,
    };
    rehearsal
        .scope
        .iter_mut()
        .for_each(|scope| scope.left_out.push(left_out.clone()));
    let rehearsed = cutover::window::Command::Record(Event::RehearsalFinished(rehearsal));
    world.step("11:25", rehearsed).expect("a rehearsal");
    let said = |world: &World| {
        let judgement = world.judge("11:30");
        let mut items = judgement.items().iter();
        let item = items.find(|item| item.of.as_deref() == Some("balances"));
        let item = item.expect("there");
        (item.check, item.status)
    };
    assert_eq!(said(&world), (Check::Rehearsal, Status::NotChecked));
    let report = &mut world.run.as_mut().expect("a run").report;
    report.agreements[1].records = Default::default();
    assert_eq!(said(&world), (Check::Rehearsal, Status::Passed));
}

#[test]
fn evidence_without_digests_is_not_checked() {
    let mut world = told(VERIFYING);
    for input in &mut world.inputs {
        input.blake3 = None;
    }
    let run = super::world::run(vec![], 0, world.plan_blake3, &world.inputs);
    let finished = cutover::daybook::Event::VerificationFinished(run.finished());
    world.run = Some(run);
    world
        .step("11:00", cutover::window::Command::Record(finished))
        .expect("a run");
    let judgement = world.judge("11:30");
    let inputs = judgement
        .items()
        .iter()
        .find(|item| item.check == Check::Inputs);
    assert_snapshot!(inputs.expect("there"), @"inputs: of 2 files these have no digest: source flow.csv, target p.parquet; verify again with digests");
    assert_eq!(inputs.map(|item| item.status), Some(Status::NotChecked));
}

#[test]
fn evidence_that_was_read_otherwise_than_it_is_listed_is_no_evidence() {
    let world = signed();
    let run = world.run.as_ref().expect("a run");
    assert_eq!(run.evidence(&[]).expect("it is read").flaws(), []);
    // A file that is not there is the first to be told; what was read of the others is not.
    let evidence = run.evidence_with(vec![], &[]).expect("it is read");
    assert!(evidence.flaws().len() > 1, "{:?}", evidence.flaws());
    assert!(!format!("{:?}", evidence.flaws()).contains("ReadOtherwise"));
    // The files are as they were written, and yet other lines were read.
    let mut rejects = RejectTally::new();
    rejects
        .see_line(b"{\"agreement\":\"a\",\"reason\":\"r\",\"record\":{},\"source\":[]}\n")
        .expect("a reject");
    let (manifest, report) = (run.manifest(), run.report_json());
    let read = Evidence::read(&manifest, &report, run.files(), Tally::new(&[]), rejects);
    let evidence = read.expect("it is read");
    let flaws: Vec<String> = evidence.flaws().iter().map(ToString::to_string).collect();
    assert_eq!(
        flaws,
        ["rejects.jsonl was read with other bytes than are listed"]
    );
    let mut facts = world.facts();
    facts.evidence = Some(evidence);
    let judgement = judge(&world.state, &facts, at("11:30"));
    let item = judgement
        .items()
        .iter()
        .find(|item| item.check == Check::Evidence);
    let item = item.expect("there");
    assert_eq!(item.status, Status::Failed);
    assert_eq!(
        item.says,
        "rejects.jsonl was read with other bytes than are listed; read it again"
    );
    assert!(item.expected != item.actual && item.expected.is_some());
}

#[test]
fn what_changed_since_fails() {
    assert_snapshot!(open(|world| world.inputs.truncate(1)), @r"
    NO-GO
    failed      inputs: of 2 files these are other than when they were verified: target p.parquet is not there; verify again
    ");
    assert_snapshot!(open(|world| world.inputs.push(super::world::input("target", "q.csv", b""))), @r"
    NO-GO
    failed      inputs: of 2 files these are other than when they were verified: target q.csv was added; verify again
    ");
    assert_snapshot!(open(|world| world.conversion = super::world::conversion(1, 1, 0, 0)), @r"
    NO-GO
    failed      conversion: the account of the conversion is another than was recorded; convert and verify again
    ");
    assert_snapshot!(open(|world| world.run.as_mut().expect("a run").parquet.push(0)), @r"
    NO-GO
    failed      evidence: it is not that of the last verification, 1
    failed      sign-off accountant: it signs the manifest 8409231f44f7d648832f63f10a64b4b12085115e1a0e7484f881c5b6fdc1e841, and the evidence has 73eb84514ae26db64f994f01e6faeb37534608ba73d510947e390c863eea1359; look at this evidence and sign again
    failed      sign-off engineer: it signs the manifest 8409231f44f7d648832f63f10a64b4b12085115e1a0e7484f881c5b6fdc1e841, and the evidence has 73eb84514ae26db64f994f01e6faeb37534608ba73d510947e390c863eea1359; look at this evidence and sign again
    not checked two people: 0 signed off, and it takes two; have another person of another role sign
    ");
}

#[test]
fn an_acceptance_is_by_exact_name_and_amount() {
    let break_of = |change: fn(&mut cutover::daybook::BreakAccepted)| {
        let found = found("V1", "0.01");
        let mut accepted = acceptance(&found);
        change(&mut accepted);
        let mut tally = Tally::new(&[accepted]);
        let line = serde_json::to_string(&found).expect("json") + "\n";
        tally.see_line(line.as_bytes()).expect("a break");
        let tally = tally.agreement("postings");
        format!("{} accepted {}", tally.accepted, tally.named.join(""))
    };
    assert_snapshot!(break_of(|_| {}), @"1 accepted");
    assert_snapshot!(break_of(|accepted| accepted.agreement = "balances".into()), @"0 accepted voucher=V1 differs amount 0.01 CNY");
    assert_snapshot!(break_of(|accepted| accepted.key.push("leg", None)), @"0 accepted voucher=V1 differs amount 0.01 CNY");
    assert_snapshot!(break_of(|accepted| accepted.kind = ledger::BreakKind::Extra), @"0 accepted voucher=V1 differs amount 0.01 CNY, which was accepted as extra and is differs");
    assert_snapshot!(break_of(|accepted| accepted.amounts = vec![money("0.02")]), @"0 accepted voucher=V1 differs amount 0.01 CNY, where amount 0.02 CNY was accepted and it is 0.01 (difference -0.01)");
    assert_snapshot!(break_of(|accepted| accepted.amounts.clear()), @"0 accepted voucher=V1 differs amount 0.01 CNY, where amount 0 CNY was accepted and it is 0.01 (difference 0.01)");
    assert_snapshot!(break_of(|accepted| accepted.amounts.push(money("0.00"))), @"1 accepted");
    assert_snapshot!(break_of(|accepted| accepted.break_blake3 = cutover::Digest::ZERO), @"0 accepted voucher=V1 differs amount 0.01 CNY, where a break with other records was accepted");
}

#[test]
fn one_acceptance_is_for_one_break() {
    let mut found = found("V1", "0.01");
    found.key = ledger::Record::default();
    let line = serde_json::to_string(&found).expect("json") + "\n";
    let mut tally = Tally::new(&[acceptance(&found)]);
    for _ in 0..5 {
        tally.see_line(line.as_bytes()).expect("a break");
    }
    let of_postings = tally.agreement("postings");
    assert_eq!((of_postings.accepted, of_postings.open), (1, 4));
    assert_eq!(of_postings.named.len(), 3);
    assert_eq!(tally.idle(), 0);
    assert_eq!(Tally::new(&[acceptance(&found)]).idle(), 1);
}

#[test]
fn lines_that_are_no_breaks_are_named() {
    let error = |line: &str| {
        Tally::new(&[])
            .see_line(line.as_bytes())
            .expect_err("no break")
            .to_string()
    };
    assert_snapshot!(error("{}\n"), @"line 1 of breaks.jsonl cannot be read: missing field `agreement` at line 1 column 2; do not trust this evidence");
    let line = serde_json::to_string(&found("V1", "0.01")).expect("json");
    assert_snapshot!(error(&line.replace("\"amount\":\"0.01\"}]", "\"amount\":\"1,1\"}]")), @r#"line 1 of breaks.jsonl has the amount "1,1", which is no number; do not trust this evidence"#);
    let run = signed().run.expect("a run");
    let (breaks, mut rejects) = (Tally::new(&[]), RejectTally::new());
    assert_snapshot!(rejects.see_line(b"{}\n").expect_err("no reject"), @"line 1 of rejects.jsonl cannot be read: missing field `agreement` at line 1 column 2; do not trust this evidence");
    let report = Evidence::read(
        &run.manifest(),
        b"{\"version\":2}",
        run.files(),
        breaks,
        rejects,
    );
    assert_snapshot!(report.expect_err("no report"), @"report.json cannot be read: report version 2, and only version 1 can be read at line 1 column 13; do not trust this evidence");
}

#[test]
fn every_check_has_a_name_in_both_languages_and_a_word_in_the_file() {
    let mut names = std::collections::BTreeSet::new();
    for check in Check::ALL {
        assert!(names.insert(check.as_str()) && names.insert(check.chinese()));
        let word = serde_json::to_string(&check).expect("json");
        assert_eq!(
            serde_json::from_str::<Check>(&word).expect("its own word"),
            check
        );
    }
    let codes = [Outcome::Go, Outcome::NoGo, Outcome::Incomplete].map(Outcome::exit_code);
    assert_eq!(codes, [0, 1, 5]);
}
