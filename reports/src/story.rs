//! A small run for the tests: one wallet whose books are off in every way there is.

use ledger::{
    AgreementReport, Amount, Break, BreakCounts, BreakKind, CauseFound, CauseLine, CauseStatus,
    ControlLine, ControlReport, ControlStatus, Counts, CrossedTotal, FieldDifference, Record,
    Reject, Repair, Report, Sides, SourceRecord, Total, Verdict, Version,
};

use crate::dossier::{Acceptance, Disposal, Dossier, Forecasts, Input, Manifest, Output, SignOff};
use crate::error::LineError;

pub(crate) fn text(text: &str) -> String {
    text.to_owned()
}

pub(crate) fn record(columns: &[(&str, &str)]) -> Record {
    columns
        .iter()
        .map(|(name, value)| (*name, Some(*value)))
        .collect()
}

pub(crate) fn amount(currency: &str, amount: &str) -> Amount {
    Amount {
        column: text("amount"),
        currency: text(currency),
        amount: text(amount),
    }
}

pub(crate) fn total(expected: &str, actual: &str, difference: &str) -> Total {
    Total {
        column: text("amount"),
        currency: text("CNY"),
        expected: text(expected),
        actual: text(actual),
        difference: text(difference),
    }
}

fn place(table: &str, file: &str, row: u64) -> SourceRecord {
    SourceRecord {
        table: table.into(),
        file: Some(file.into()),
        row: Some(row),
        fields: Record::default(),
    }
}

pub(crate) fn cause(id: &str, status: CauseStatus, says: &str) -> CauseFound {
    CauseFound {
        id: Some(text(id)),
        status,
        says: text(says),
        rivals: Vec::new(),
    }
}

pub(crate) fn missing(voucher: &str, of: &str) -> Break {
    Break {
        agreement: "postings".into(),
        kind: BreakKind::Missing,
        key: record(&[("voucher", voucher)]),
        copies: Sides {
            expected: 1,
            actual: 0,
        },
        expected: Some(record(&[("voucher", voucher), ("amount", of)])),
        actual: None,
        fields: Vec::new(),
        difference: vec![amount("CNY", &format!("-{of}"))],
        source: vec![place("flow", "flow.csv", 45)],
        cause: CauseFound::default(),
        target: Vec::new(),
        alternatives: 0,
    }
}

pub(crate) fn differs(voucher: &str, field: &str, expected: &str, actual: &str, by: &str) -> Break {
    Break {
        kind: BreakKind::Differs,
        copies: Sides {
            expected: 1,
            actual: 1,
        },
        expected: Some(record(&[("voucher", voucher), (field, expected)])),
        actual: Some(record(&[("voucher", voucher), (field, actual)])),
        fields: vec![FieldDifference {
            name: field.into(),
            expected: Some(expected.into()),
            actual: Some(actual.into()),
        }],
        difference: vec![amount("CNY", by)],
        target: vec![place("posting", "posting.csv", 48)],
        ..missing(voucher, "0.00")
    }
}

pub(crate) fn acceptance(voucher: &str, of: &str) -> Acceptance {
    Acceptance {
        agreement: text("postings"),
        key: record(&[("voucher", voucher)]),
        amount: vec![amount("CNY", of)],
        reason: text("below the limit for write-offs; memo 17"),
        owner: text("Lin Yue"),
        date: text("2013-05-27"),
        has_its_records: true,
    }
}

/// The breaks of the run, some with texts that a careless report would run or lose.
pub(crate) fn breaks() -> Vec<Break> {
    let mut cut = differs("00000000622848001234567", "amount", "0.29", "0.28", "-0.01");
    cut.cause = cause("B3", CauseStatus::Proved, "the amount was cut, not rounded");
    let mut lost = missing("P2", "18.80");
    lost.cause = cause(
        "A1",
        CauseStatus::Consistent,
        "the record is not in the target",
    );
    lost.cause.rivals = vec![text("A2"), text("A3")];
    let mut memo = differs(
        "P3",
        "memo",
        "=HYPERLINK(\"http://x\")",
        "<script>alert(1)</script>",
        "0.00",
    );
    memo.difference.clear();
    let mut extra = missing("-2+3", "5.00");
    extra.kind = BreakKind::Extra;
    extra.copies = Sides {
        expected: 0,
        actual: 1,
    };
    std::mem::swap(&mut extra.expected, &mut extra.actual);
    extra.difference = vec![amount("CNY", "5.00")];
    std::mem::swap(&mut extra.source, &mut extra.target);
    extra.cause = cause("Z9", CauseStatus::Consistent, "booked twice & <never> seen");
    vec![cut, lost, memo, extra]
}

pub(crate) fn rejects() -> Vec<Reject> {
    vec![Reject {
        agreement: text("postings"),
        book: text("source"),
        reason: text("`12.3456` has more decimals than CNY"),
        record: record(&[("amount", "12.3456")]),
        source: vec![place("flow", "flow.csv", 77)],
    }]
}

/// Passes values on as if they had been read.
pub(crate) fn read<T>(values: Vec<T>) -> impl Iterator<Item = Result<T, LineError>> {
    values.into_iter().map(Ok)
}

fn cause_line(id: Option<&str>, status: CauseStatus, breaks: u64, of: Option<&str>) -> CauseLine {
    CauseLine {
        id: id.map(text),
        status,
        breaks,
        difference: of.map(|of| amount("CNY", of)).into_iter().collect(),
        conditions: id.map(|_| text("source.code = '05'")).into_iter().collect(),
        counterexamples: 2,
        covered: id.map(|_| breaks),
        risk_ratio: None,
    }
}

fn crossed(
    day: &str,
    subject: &str,
    expected: &str,
    actual: &str,
    difference: &str,
) -> CrossedTotal {
    CrossedTotal {
        by: record(&[("accounting_date", day), ("subject", subject)]),
        records: Sides {
            expected: 3,
            actual: 3,
        },
        totals: vec![total(expected, actual, difference)],
    }
}

fn agreement() -> AgreementReport {
    AgreementReport {
        name: text("postings"),
        records: Counts {
            expected: 120,
            actual: 120,
            agreed: 117,
        },
        totals: vec![total("2555.56", "2541.75", "-13.81")],
        breaks: BreakCounts {
            missing: 1,
            extra: 1,
            differs: 2,
            copies: 0,
        },
        in_flight: ledger::InFlight::default(),
        causes: vec![
            cause_line(Some("A1"), CauseStatus::Consistent, 1, Some("-18.80")),
            cause_line(Some("Z9"), CauseStatus::Consistent, 1, Some("5.00")),
            cause_line(Some("B3"), CauseStatus::Proved, 1, Some("-0.01")),
            cause_line(None, CauseStatus::Unknown, 1, None),
        ],
        residual: vec![amount("CNY", "0.00")],
        crossed: vec![
            crossed("2013-05-24", "220101", "4361.07", "4361.06", "-0.01"),
            crossed("2013-05-25", "220101", "-802.30", "-821.10", "-18.80"),
            crossed("2013-05-26", "640302", "0.00", "5.00", "5.00"),
        ],
        notes: vec![text("the column `remark` of the target is not compared")],
        not_checked: Vec::new(),
        repairs: vec![Repair {
            book: text("source"),
            table: text("flow"),
            file: text("flow.csv"),
            what: text("skip_footer"),
            count: 1,
        }],
        fold: None,
    }
}

fn controls() -> Vec<ControlReport> {
    let broken = ControlReport {
        name: text("daily totals that the old system printed"),
        status: ControlStatus::Broken,
        expected: None,
        actual: None,
        difference: None,
        lines: vec![ControlLine {
            key: record(&[("day", "2013-05-24")]),
            expected: Some(text("4361.07")),
            actual: Some(text("4361.06")),
            difference: Some(text("-0.01")),
        }],
        says: None,
    };
    let holds = ControlReport {
        name: text("trial balance"),
        status: ControlStatus::Holds,
        expected: Some(text("0.00")),
        actual: Some(text("0.00")),
        difference: Some(text("0.00")),
        ..ControlReport::default()
    };
    let incomplete = ControlReport {
        name: text("roll-forward"),
        says: Some(text("it gave no rows")),
        ..ControlReport::default()
    };
    vec![holds, broken, incomplete]
}

fn manifest() -> Manifest {
    Manifest {
        version: 1,
        crossfoot: text("0.1.0"),
        plan: text("first"),
        plan_blake3: "1f".repeat(32),
        started: text("2013-05-27T00:00:00.123456789Z"),
        seed: "5e".repeat(16),
        inputs: vec![
            Input {
                book: text("source"),
                table: text("flow"),
                file: text("flow.csv"),
                bytes: 9012,
                blake3: "ab".repeat(32),
            },
            Input {
                book: text("target"),
                table: text("posting"),
                file: text("posting.csv"),
                bytes: 12345,
                blake3: String::new(),
            },
        ],
        files: vec![Output {
            file: text("breaks.jsonl"),
            bytes: 4096,
            blake3: "cd".repeat(32),
        }],
    }
}

/// The run: out of balance in its records, and incomplete as one control could not be computed.
pub(crate) fn dossier() -> Dossier {
    let report = Report {
        version: Version,
        plan: text("first"),
        verdict: Verdict::Incomplete,
        agreements: vec![agreement()],
        controls: controls(),
        rejects: 1,
        rejects_of: ledger::RejectsOf {
            source: 1,
            target: 0,
        },
        rejects_by: Vec::new(),
        not_read: Vec::new(),
        moments: Vec::new(),
        as_of: false,
        evidence: text("evidence/2013-05-27T00-00-00Z"),
        elapsed: std::time::Duration::from_millis(1234),
    };
    let names = [("A1", "omitted"), ("B3", "cut instead of rounded")];
    Dossier {
        report,
        manifest: manifest(),
        cause_names: names.map(|(id, name)| (text(id), text(name))).into(),
        acceptances: vec![acceptance("P2", "-18.80"), acceptance("P9", "-1.00")],
        sign_offs: vec![SignOff {
            role: text("accountant"),
            name: text("Lin Yue"),
            key_id: text("ed25519:3fa9c1"),
            time: text("2013-05-27T05:31:00Z"),
        }],
        disposal: Some(Disposal {
            how: text("booked to suspense, voucher M-17"),
            owner: text("Lin Yue"),
            date: text("2013-05-27"),
        }),
        forecasts: vec![Forecasts {
            phase: text("verify"),
            ended: text("2013-05-27 05:12:40 +00:00"),
            says: text("12 forecasts: done by p50 in 6, by p90 in 11"),
        }],
    }
}

/// A run whose books agree.
pub(crate) fn balanced() -> Dossier {
    let mut dossier = dossier();
    let agreement = &mut dossier.report.agreements[0];
    agreement.records.agreed = 120;
    agreement.totals = vec![total("2555.56", "2555.56", "0.00")];
    agreement.breaks = BreakCounts::default();
    agreement.causes.clear();
    agreement.crossed.clear();
    dossier.report.controls.truncate(1);
    dossier.report.rejects = 0;
    dossier.report.rejects_of = ledger::RejectsOf::default();
    dossier.report.verdict = Verdict::Balanced;
    dossier.acceptances.clear();
    dossier
}
