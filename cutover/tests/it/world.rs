//! A small world around a window: a plan, two books, evidence, keys and the daybook.

use cutover::Digest;
use cutover::daybook::{
    BreakAccepted, ConversionFinished, Daybook, Event, Figure, Opened, OpeningFigures, Phase,
    PhaseStarted, RehearsalFinished, RejectsDisposed, Scope, TableMoved, Taken, Terms,
    VerificationFinished, Version,
};
use cutover::gate::{Evidence, Facts, Judgement, RejectTally, Tally, break_blake3, judge};
use cutover::seal::{Found, Input, book_blake3};
use cutover::signoff::{SecretKey, SignOff, Statement, Trusted};
use cutover::window::{Command, State, decide};
use jiff::Timestamp;
use ledger::{
    AgreementReport, Amount, Break, BreakKind, ControlReport, ControlStatus, Counts, Record,
    Report, Sides, Total, Wide, verdict,
};

pub(crate) const PLAN: &str = "ruixin-bao";

/// Reads `09:30` as that time of the day of the cutover, in UTC.
pub(crate) fn at(time: &str) -> Timestamp {
    format!("2013-05-27T{time}:00Z")
        .parse()
        .unwrap_or_else(|error| panic!("{time}: {error}"))
}

pub(crate) fn terms() -> Terms {
    Terms {
        plan_blake3: Digest::of(b"plan"),
        freeze: at("08:00"),
        release: at("16:00"),
        rollback_takes_ms: 45 * 60_000,
        timezone: "Asia/Shanghai".into(),
        roles: vec!["accountant".into(), "engineer".into()],
        agreements: vec!["postings".into(), "balances".into()],
        controls: vec!["trial balance".into()],
    }
}

pub(crate) fn opened(terms: Terms) -> Event {
    Event::Opened(Box::new(Opened {
        version: Version,
        crossfoot: "0.1.0".into(),
        plan: PLAN.into(),
        terms,
    }))
}

pub(crate) fn figures(taken: Taken, value: &str) -> Event {
    Event::OpeningFigures(OpeningFigures {
        taken,
        ..read(value)
    })
}

/// The figures as they are read once more.
pub(crate) fn read(value: &str) -> OpeningFigures {
    let figure = Figure {
        name: "sum of balances".into(),
        value: value.into(),
    };
    OpeningFigures {
        taken: Taken::After,
        figures: vec![figure],
        blake3: Digest::of(value.as_bytes()),
    }
}

pub(crate) fn started(phase: Phase) -> Event {
    Event::PhaseStarted(PhaseStarted {
        phase,
        records: Some(100),
        chunks: Some(4),
        source_bytes: None,
    })
}

pub(crate) fn rehearsal(plan_blake3: Digest) -> RehearsalFinished {
    RehearsalFinished {
        plan_blake3,
        planted: 20,
        found: 20,
        explained: 20,
        rollback_took_ms: 30 * 60_000,
        verified: None,
        scope: Some(Scope {
            left_out: Vec::new(),
            causes: Vec::new(),
            source_blake3: book_blake3(&books(), "source"),
        }),
        passed: true,
    }
}

/// The files of both books.
pub(crate) fn books() -> Vec<Input> {
    vec![
        input("source", "flow.csv", b"old"),
        input("target", "p.parquet", b"new"),
    ]
}

/// A key pair that a test draws from one byte.
pub(crate) fn key(seed: u8, name: &str) -> SecretKey {
    SecretKey::from_seed([seed; 32], name).expect("a name")
}

pub(crate) fn li() -> SecretKey {
    key(1, "Li Na")
}

pub(crate) fn wang() -> SecretKey {
    key(2, "Wang Wei")
}

pub(crate) fn trusted() -> Vec<Trusted> {
    let trust = |key: SecretKey, role: &str| Trusted {
        key: key.public(),
        roles: vec![role.to_owned()],
    };
    vec![trust(li(), "accountant"), trust(wang(), "engineer")]
}

/// A break of `postings` by the voucher of the record.
pub(crate) fn found(voucher: &str, amount: &str) -> Break {
    let record =
        |amount: &str| Record::from_iter([("voucher", Some(voucher)), ("amount", Some(amount))]);
    let expected: Wide = "10.00".parse().expect("a number");
    let mut actual = expected.clone();
    actual.add_wide(&amount.parse().expect("a number"));
    Break {
        agreement: "postings".into(),
        kind: BreakKind::Differs,
        key: Record::from_iter([("voucher", Some(voucher))]),
        copies: Sides {
            expected: 1,
            actual: 1,
        },
        expected: Some(record("10.00")),
        actual: Some(record(&actual.to_string())),
        fields: vec![],
        difference: vec![money(amount)],
        source: vec![],
        cause: Default::default(),
        target: vec![],
        alternatives: 0,
    }
}

pub(crate) fn money(amount: &str) -> Amount {
    Amount {
        column: "amount".into(),
        currency: "CNY".into(),
        amount: amount.into(),
    }
}

pub(crate) fn acceptance(found: &Break) -> BreakAccepted {
    BreakAccepted {
        agreement: found.agreement.to_string(),
        kind: found.kind,
        key: found.key.clone(),
        amounts: found.difference.clone(),
        break_blake3: break_blake3(found),
        reason: "booked by hand on the day before".into(),
        owner: "Li Na".into(),
        date: "2013-05-27".parse().expect("a date"),
    }
}

/// What a verification leaves in its folder.
#[derive(Debug, Clone)]
pub(crate) struct Run {
    pub(crate) report: Report,
    pub(crate) breaks: Vec<Break>,
    pub(crate) rejects: Vec<u8>,
    pub(crate) plan: String,
    pub(crate) plan_blake3: Digest,
    pub(crate) inputs: Vec<Input>,
    pub(crate) parquet: Vec<u8>,
}

/// A run whose counts and totals follow from its breaks.
pub(crate) fn run(breaks: Vec<Break>, rejects: u64, plan_blake3: Digest, inputs: &[Input]) -> Run {
    let mut postings = agreement("postings");
    for found in &breaks {
        postings.breaks.count(found.kind);
    }
    let off = breaks.len() as u64;
    postings.records.agreed = postings.records.expected - off;
    let mut actual: Wide = postings.totals[0].expected.parse().expect("a number");
    let mut difference = Wide::new();
    difference.show_decimals(2);
    for found in &breaks {
        difference.add_wide(&found.difference[0].amount.parse().expect("a number"));
    }
    actual.add_wide(&difference);
    postings.totals[0].actual = actual.to_string();
    postings.totals[0].difference = difference.to_string();
    let mut report = Report {
        version: ledger::Version,
        plan: PLAN.into(),
        verdict: ledger::Verdict::Balanced,
        agreements: vec![postings, agreement("balances")],
        controls: vec![control("trial balance")],
        rejects,
        rejects_of: ledger::RejectsOf {
            source: rejects,
            target: 0,
        },
        rejects_by: Vec::new(),
        not_read: Vec::new(),
        moments: Vec::new(),
        as_of: false,
        evidence: "evidence/1".into(),
        elapsed: Default::default(),
    };
    report.verdict = verdict(&report.agreements, &report.controls, rejects, &[]);
    let lines: String = (0..rejects).map(a_reject).collect();
    Run {
        report,
        breaks,
        rejects: lines.into_bytes(),
        plan: PLAN.into(),
        plan_blake3,
        inputs: inputs.to_vec(),
        parquet: b"PAR1".to_vec(),
    }
}

fn a_reject(n: u64) -> String {
    let reject = ledger::Reject {
        agreement: "postings".into(),
        book: "source".into(),
        reason: "a decimal would be lost".into(),
        record: Record::from_iter([("amount", Some(format!("12.34{n}")))]),
        source: vec![],
    };
    serde_json::to_string(&reject).expect("json") + "\n"
}

fn agreement(name: &str) -> AgreementReport {
    AgreementReport {
        name: name.into(),
        records: Counts {
            expected: 1000,
            actual: 1000,
            agreed: 1000,
        },
        totals: vec![Total {
            column: "amount".into(),
            currency: "CNY".into(),
            expected: "10000.00".into(),
            actual: "10000.00".into(),
            difference: "0.00".into(),
        }],
        residual: vec![money("0.00")],
        ..AgreementReport::default()
    }
}

pub(crate) fn control(name: &str) -> ControlReport {
    ControlReport {
        name: name.into(),
        status: ControlStatus::Holds,
        expected: Some("0.00".into()),
        actual: Some("0.00".into()),
        difference: Some("0.00".into()),
        ..ControlReport::default()
    }
}

pub(crate) fn input(book: &str, file: &str, bytes: &[u8]) -> Input {
    Input {
        book: book.into(),
        table: "posting".into(),
        file: file.into(),
        bytes: bytes.len() as u64,
        blake3: Some(Digest::of(bytes)),
    }
}

impl Run {
    pub(crate) fn breaks_jsonl(&self) -> String {
        let line = |found| serde_json::to_string(found).expect("json") + "\n";
        self.breaks.iter().map(line).collect()
    }

    pub(crate) fn report_json(&self) -> Vec<u8> {
        serde_json::to_vec_pretty(&self.report).expect("json")
    }

    pub(crate) fn files(&self) -> Vec<Found> {
        let file = |name: &str, bytes: &[u8]| Found {
            file: name.into(),
            bytes: bytes.len() as u64,
            blake3: Digest::of(bytes),
        };
        vec![
            file("breaks.jsonl", self.breaks_jsonl().as_bytes()),
            file("breaks.parquet", &self.parquet),
            file("rejects.jsonl", &self.rejects),
            file("report.json", &self.report_json()),
        ]
    }

    pub(crate) fn manifest(&self) -> Vec<u8> {
        let inputs = self.inputs.iter().map(|input| {
            let blake3 = input
                .blake3
                .map_or(String::new(), |digest| digest.to_string());
            serde_json::json!({"book": input.book, "table": input.table, "file": input.file,
                "bytes": input.bytes, "blake3": blake3})
        });
        let manifest = serde_json::json!({
            "version": 1, "crossfoot": "0.1.0", "plan": self.plan, "plan_blake3": self.plan_blake3,
            "started": "2013-05-27T09:00:00Z", "seed": "00",
            "inputs": inputs.collect::<Vec<_>>(), "files": self.files(),
        });
        serde_json::to_vec_pretty(&manifest).expect("json")
    }

    pub(crate) fn manifest_blake3(&self) -> Digest {
        Digest::of(&self.manifest())
    }

    /// The folder as read, with its files and tally as they are.
    pub(crate) fn evidence(&self, accepted: &[BreakAccepted]) -> Option<Evidence> {
        self.evidence_with(self.files(), accepted)
    }

    /// None where the folder cannot be read as evidence at all.
    pub(crate) fn evidence_with(
        &self,
        files: Vec<Found>,
        accepted: &[BreakAccepted],
    ) -> Option<Evidence> {
        let mut tally = Tally::new(accepted);
        for line in self.breaks_jsonl().split_inclusive('\n') {
            tally.see_line(line.as_bytes()).ok()?;
        }
        let mut rejects = RejectTally::new();
        for line in self.rejects.split_inclusive(|byte| *byte == b'\n') {
            rejects.see_line(line).ok()?;
        }
        Evidence::read(&self.manifest(), &self.report_json(), files, tally, rejects).ok()
    }

    pub(crate) fn finished(&self) -> VerificationFinished {
        let mut breaks = ledger::BreakCounts::default();
        self.breaks
            .iter()
            .for_each(|found| breaks.count(found.kind));
        VerificationFinished {
            evidence: "1".into(),
            manifest_blake3: self.manifest_blake3(),
            verdict: self.report.verdict,
            agreements: 2,
            breaks,
            controls_off: 0,
            rejects: self.report.rejects,
        }
    }

    pub(crate) fn disposal(&self) -> RejectsDisposed {
        RejectsDisposed {
            rejects: self.report.rejects,
            rejects_blake3: Digest::of(&self.rejects),
            how: "booked to suspense".into(),
            owner: "Li Na".into(),
            date: "2013-05-27".parse().expect("a date"),
        }
    }
}

/// What is really there, and the daybook.
#[derive(Debug, Clone)]
pub(crate) struct World {
    pub(crate) book: Daybook,
    pub(crate) state: State,
    pub(crate) plan_blake3: Digest,
    pub(crate) inputs: Vec<Input>,
    pub(crate) conversion: ConversionFinished,
    pub(crate) run: Option<Run>,
    pub(crate) trusted: Vec<Trusted>,
}

impl World {
    pub(crate) fn new() -> World {
        World {
            book: Daybook::new(),
            state: State::new(),
            plan_blake3: terms().plan_blake3,
            inputs: books(),
            conversion: conversion(1000, 990, 4, 6),
            run: None,
            trusted: trusted(),
        }
    }

    /// Decides, writes and takes; or gives the refusal.
    pub(crate) fn step(&mut self, time: &str, command: Command) -> Result<(), String> {
        let now = at(time);
        let events = decide(&self.state, command, now).map_err(|why| why.to_string())?;
        for event in events {
            let entry = self.book.next(now, event).map_err(|why| why.to_string())?;
            self.state.apply(&entry).map_err(|why| why.to_string())?;
            assert!(self.book.push(entry));
        }
        Ok(())
    }

    pub(crate) fn facts(&self) -> Facts {
        Facts {
            plan_blake3: Some(self.plan_blake3),
            // Nothing moves, unless a test lets it.
            figures: self.state.opening_figures().1.cloned().map(Ok),
            evidence_says: None,
            evidence: self
                .run
                .as_ref()
                .and_then(|run| run.evidence(self.state.accepted())),
            inputs: Some(self.inputs.clone()),
            // What something else has converted has no account.
            conversion_says: None,
            conversion_blake3: match self.state.converted_elsewhere() {
                None => Some(self.conversion.conversion_blake3),
                Some(_) => None,
            },
            trusted: self.trusted.clone(),
        }
    }

    pub(crate) fn judge(&self, time: &str) -> Judgement {
        judge(&self.state, &self.facts(), at(time))
    }

    pub(crate) fn sign(&self, time: &str, role: &str, key: &SecretKey) -> SignOff {
        let now = at(time);
        let statement = self.state.statement(role, key.name(), now);
        // Where nothing was verified, somebody signs all the same, and must be refused.
        let statement = statement.unwrap_or_else(|| Statement {
            role: role.into(),
            name: key.name().into(),
            plan: PLAN.into(),
            manifest_blake3: Digest::ZERO,
            daybook_head: self.state.head(),
            at: now,
        });
        statement.sign(key).expect("one line each")
    }
}

pub(crate) fn conversion(
    read: u64,
    converted: u64,
    rejected: u64,
    left_out: u64,
) -> ConversionFinished {
    let table = TableMoved {
        agreement: "postings".into(),
        table: "posting".into(),
        by_record: true,
        read,
        converted: Some(converted),
        rejected,
        left_out: Some(left_out),
        written: converted,
    };
    let groups = TableMoved {
        agreement: "balances".into(),
        table: "balance".into(),
        by_record: false,
        read,
        converted: None,
        rejected: 0,
        left_out: None,
        written: 1000,
    };
    ConversionFinished {
        conversion_blake3: Digest::of(format!("{read} {converted}").as_bytes()),
        tables: vec![table, groups],
    }
}
