//! Random complete evidence, and the daybook around it.

use cutover::Digest;
use cutover::daybook::{
    BreakAccepted, ConversionFinished, ConvertedElsewhere, Daybook, Event, OpeningFigures, Phase,
    RehearsalFinished, RejectsDisposed, Taken, Terms, VerificationFinished,
};
use cutover::gate::{Facts, Judgement, Outcome, judge};
use cutover::seal::{Found, Input};
use cutover::signoff::{SecretKey, Statement, Trusted};
use cutover::window::State;
use jiff::Timestamp;
use ledger::{Break, BreakKind};
use proptest::prelude::*;

use crate::world::{self, PLAN, Run, acceptance, at, figures, found, li, opened, started, wang};

/// All that a judgement rests on. Whatever is changed in it, the rest follows.
#[derive(Debug, Clone)]
pub(super) struct Case {
    pub(super) terms: Terms,
    pub(super) rehearsal: Option<RehearsalFinished>,
    pub(super) figures: [Option<&'static str>; 2],
    pub(super) figures_now: Option<Result<OpeningFigures, String>>,
    pub(super) conversion: Option<ConversionFinished>,
    /// In its place, where something else has converted.
    pub(super) elsewhere: Option<ConvertedElsewhere>,
    pub(super) conversion_now: Option<Digest>,
    pub(super) run: Run,
    /// What the daybook says of the run, where it is not what the run says.
    pub(super) recorded: Option<VerificationFinished>,
    pub(super) files: Option<Vec<Found>>,
    pub(super) inputs_now: Option<Vec<Input>>,
    pub(super) plan_now: Option<Digest>,
    pub(super) accepted: Vec<BreakAccepted>,
    pub(super) disposal: Option<RejectsDisposed>,
    pub(super) signers: Vec<Signer>,
    pub(super) trusted: Vec<Trusted>,
    pub(super) now: Timestamp,
}

/// Who signs, as what, and what they change after it.
#[derive(Debug, Clone)]
pub(super) struct Signer {
    pub(super) role: String,
    pub(super) key: SecretKey,
    pub(super) change: fn(&mut Statement),
    pub(super) change_after: fn(&mut Statement),
}

pub(super) fn signer(role: &str, key: SecretKey) -> Signer {
    Signer {
        role: role.into(),
        key,
        change: |_| {},
        change_after: |_| {},
    }
}

impl Case {
    /// Judges; none where the daybook itself is refused.
    pub(super) fn judge(&self) -> Option<Judgement> {
        let recorded = self.recorded.clone();
        let recorded = recorded.unwrap_or_else(|| self.run.finished());
        let optional = |event: Option<Event>| event.into_iter();
        let [before, after] = self.figures;
        let mut events = vec![opened(self.terms.clone())];
        events.extend(optional(
            self.rehearsal.clone().map(Event::RehearsalFinished),
        ));
        events.extend([Event::Announced, Event::Freezing { again: None }]);
        events.extend(optional(before.map(|value| figures(Taken::Before, value))));
        events.extend(optional(after.map(|value| figures(Taken::After, value))));
        events.push(Event::Frozen);
        events.push(match self.elsewhere.clone() {
            Some(conversion) => Event::ConvertedElsewhere(conversion),
            None => started(Phase::Convert),
        });
        events.extend(optional(
            self.conversion.clone().map(Event::ConversionFinished),
        ));
        events.extend([
            started(Phase::Verify),
            Event::VerificationFinished(recorded),
        ]);
        let accepted = self.accepted.iter().cloned().map(Box::new);
        events.extend(accepted.map(Event::BreakAccepted));
        events.extend(optional(self.disposal.clone().map(Event::RejectsDisposed)));

        let (mut book, mut state) = (Daybook::new(), State::new());
        for event in events {
            let entry = book.next(at("08:00"), event).ok()?;
            state.apply(&entry).ok()?;
            assert!(book.push(entry));
        }
        for signer in &self.signers {
            let sign_off = signer.sign(&state);
            let event = Event::SignedOff(Box::new(sign_off));
            let entry = book.next(at("08:00"), event).ok()?;
            // A sign-off that is not taken leaves its role unsigned.
            if state.apply(&entry).is_ok() {
                assert!(book.push(entry));
            }
        }
        Some(judge(&state, &self.facts(&state), self.now))
    }

    fn facts(&self, state: &State) -> Facts {
        let files = self.files.clone().unwrap_or_else(|| self.run.files());
        Facts {
            plan_blake3: self.plan_now,
            figures: self.figures_now.clone(),
            evidence_says: None,
            evidence: self.run.evidence_with(files, state.accepted()),
            inputs: self.inputs_now.clone(),
            conversion_blake3: self.conversion_now,
            conversion_says: None,
            trusted: self.trusted.clone(),
        }
    }

    pub(super) fn outcome(&self) -> Option<Outcome> {
        Some(self.judge()?.outcome())
    }
}

impl Signer {
    fn sign(&self, state: &State) -> cutover::signoff::SignOff {
        let manifest = state.verification().map(|run| run.manifest_blake3);
        let mut statement = Statement {
            role: self.role.clone(),
            name: self.key.name().into(),
            plan: PLAN.into(),
            manifest_blake3: manifest.unwrap_or_default(),
            daybook_head: state.head(),
            at: at("08:00"),
        };
        (self.change)(&mut statement);
        let mut sign_off = statement.sign(&self.key).expect("one line each");
        (self.change_after)(&mut sign_off.statement);
        sign_off
    }
}

/// What random evidence is made of.
#[derive(Debug, Clone)]
pub(super) struct Seed {
    pub(super) breaks: Vec<(u8, i64)>,
    pub(super) keyless: bool,
    pub(super) rejects: u64,
    pub(super) inputs: u8,
    pub(super) controls: u8,
    pub(super) elsewhere: bool,
    pub(super) planted: u64,
    pub(super) read: u32,
    pub(super) minute: i64,
}

pub(super) fn seeds() -> impl Strategy<Value = Seed> {
    let breaks = prop::collection::vec((0..4_u8, -500..500_i64), 0..4);
    let elsewhere = any::<bool>();
    let parts = (breaks, any::<bool>(), 0..3_u64, 1..4_u8, 0..3_u8, elsewhere);
    (parts, 1..50_u64, 10..u32::MAX, 0..470_i64).prop_map(|(parts, planted, read, minute)| {
        let (breaks, keyless, rejects, inputs, controls, elsewhere) = parts;
        Seed {
            breaks,
            keyless,
            rejects,
            inputs,
            controls,
            elsewhere,
            planted,
            read,
            minute,
        }
    })
}

pub(super) fn a_break(index: usize, kind: u8, cents: i64, keyless: bool) -> Break {
    let sign = if cents < 0 { "-" } else { "" };
    let amount = format!("{sign}{}.{:02}", cents.abs() / 100, cents.abs() % 100);
    let mut found = found(&format!("V{index}"), &amount);
    found.kind = BreakKind::ALL[usize::from(kind)];
    match found.kind {
        BreakKind::Missing => (found.actual, found.copies.actual) = (None, 0),
        BreakKind::Extra => (found.expected, found.copies.expected) = (None, 0),
        BreakKind::Copies => found.copies.actual = 2,
        BreakKind::Differs => {}
    }
    if keyless {
        found.key = ledger::Record::default();
    }
    found
}

pub(super) fn case(seed: &Seed) -> Case {
    let mut terms = world::terms();
    terms.controls = (0..seed.controls).map(|n| format!("control {n}")).collect();
    let breaks: Vec<Break> = seed
        .breaks
        .iter()
        .enumerate()
        .map(|(index, (kind, cents))| a_break(index, *kind, *cents, seed.keyless))
        .collect();
    let inputs: Vec<Input> = ["source", "target"]
        .into_iter()
        .flat_map(|book| {
            (0..seed.inputs).map(move |n| world::input(book, &format!("{n}.csv"), &[n]))
        })
        .collect();
    let mut run = world::run(breaks, seed.rejects, terms.plan_blake3, &inputs);
    run.report.controls = terms
        .controls
        .iter()
        .map(|name| world::control(name))
        .collect();
    fit_counts(&mut run);
    let read = u64::from(seed.read);
    let conversion = world::conversion(read, read - 7, 3, 4);
    let conversion = (!seed.elsewhere).then_some(conversion);
    Case {
        rehearsal: Some(RehearsalFinished {
            planted: seed.planted,
            found: seed.planted,
            explained: seed.planted,
            ..world::rehearsal(terms.plan_blake3)
        }),
        figures: [Some("1.00"); 2],
        figures_now: Some(Ok(world::read("1.00"))),
        conversion_now: conversion.as_ref().map(|one| one.conversion_blake3),
        conversion,
        elsewhere: seed.elsewhere.then(|| ConvertedElsewhere {
            by: "Wang Wei".into(),
            how: "etl 4.2".into(),
        }),
        accepted: run.breaks.iter().map(acceptance).collect(),
        disposal: (seed.rejects > 0).then(|| run.disposal()),
        recorded: None,
        files: None,
        inputs_now: Some(inputs),
        plan_now: Some(terms.plan_blake3),
        signers: vec![signer("accountant", li()), signer("engineer", wang())],
        trusted: world::trusted(),
        now: at("08:00")
            .saturating_add(jiff::SignedDuration::from_mins(seed.minute))
            .expect("a time"),
        run,
        terms,
    }
}

/// Both sides' counts, as they follow from the breaks.
pub(super) fn fit_counts(run: &mut Run) {
    let records = &mut run.report.agreements[0].records;
    (records.expected, records.actual) = (records.agreed, records.agreed);
    for found in &run.breaks {
        match found.kind {
            BreakKind::Missing => records.expected += 1,
            BreakKind::Extra | BreakKind::Copies => records.actual += 1,
            BreakKind::Differs => {
                (records.expected, records.actual) = (records.expected + 1, records.actual + 1)
            }
        }
    }
}
