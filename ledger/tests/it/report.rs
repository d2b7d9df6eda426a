//! The report: its published form, and the verdict.

use std::time::Duration;

use ledger::{
    AgreementReport, Amount, Break, BreakCounts, BreakKind, CauseStatus, ControlReport,
    ControlStatus, Counts, CrossedTotal, Record, Reject, RejectLine, RejectsOf, Repair, Report,
    Sides, SourceRecord, Total, Verdict, verdict,
};

/// The report of version 1 as it is published, with one verdict, cause and control status.
fn published(verdict: &str, cause: &str, control: &str) -> String {
    let text = r#"{"version":1, "plan":"ruixin-bao", "verdict":"VERDICT",
 "agreements":[{"name":"postings", "records":{"expected":0,"actual":0,"agreed":0},
   "totals":[{"column":"amount","currency":"CNY","expected":"0.00","actual":"0.01","difference":"0.01"}],
   "breaks":{"missing":0,"extra":0,"differs":1,"copies":0},
   "causes":[{"id":"B3","status":"CAUSE","breaks":1,"difference":[{"column":"amount","currency":"CNY","amount":"0.01"}],
              "where":["source.channel = 'UNIONPAY'"],"counterexamples":0}],
   "residual":[{"column":"amount","currency":"CNY","amount":"0.00"}]}],
 "controls":[{"name":"trial balance","status":"CONTROL","expected":"0.00","actual":"0.00","difference":"0.00"}],
 "rejects":0, "evidence":"evidence/2013-05-27T08-00-00Z/", "elapsed_seconds":0.0}"#;
    let lines: String = text.lines().map(str::trim_start).collect();
    let text = lines
        .replace("VERDICT", verdict)
        .replace("CAUSE", cause)
        .replace("CONTROL", control);
    text.replace("1, ", "1,").replace(", \"", ",\"")
}

/// A line of `breaks.jsonl` as it is published, with one kind and cause.
fn published_break(kind: &str, cause: &str) -> String {
    let text = r#"{"agreement":"postings","kind":"KIND","key":{"voucher":"V1","leg":"1"},"copies":{"expected":1,"actual":1},
 "expected":{"voucher":"V1","leg":"1","amount":"10.00"}, "actual":{"voucher":"V1","leg":"1","amount":"10.01"},
 "fields":[{"name":"amount","expected":"10.00","actual":"10.01"}],"difference":[{"column":"amount","currency":"CNY","amount":"0.01"}],
 "source":[{"_table":"flow","_file":"flow-07.parquet","_row":815,"serial":"…"}],
 "cause":{"id":"B3","status":"CAUSE","says":"…","rivals":[]}}"#;
    let lines: String = text.lines().map(str::trim_start).collect();
    lines
        .replace("KIND", kind)
        .replace("CAUSE", cause)
        .replace(", \"", ",\"")
}

#[test]
fn the_published_report_comes_back_byte_for_byte() {
    for verdict in ["balanced", "out_of_balance", "incomplete"] {
        for cause in ["proved", "consistent", "unknown"] {
            for control in ["holds", "broken", "incomplete"] {
                let text = published(verdict, cause, control);
                let report: Report = serde_json::from_str(&text).expect("the published form");
                assert_eq!(serde_json::to_string(&report).expect("json"), text);
                assert_eq!(
                    (report.verdict.as_str(), report.verdict.to_string().as_str()),
                    (verdict, verdict)
                );
            }
        }
    }
}

#[test]
fn a_published_break_comes_back_byte_for_byte() {
    for kind in BreakKind::ALL {
        let text = published_break(kind.as_str(), "consistent");
        let found: Break = serde_json::from_str(&text).expect("the published form");
        assert_eq!(serde_json::to_string(&found).expect("json"), text);
        assert_eq!(
            (found.kind, found.cause.status),
            (kind, CauseStatus::Consistent)
        );
        assert_eq!(found.source[0].row, Some(815));
        assert_eq!(found.source[0].fields.get("serial"), Some(Some("…")));
    }
}

#[test]
fn a_missing_record_has_null_for_actual_and_an_empty_key_where_there_is_none() {
    let found = Break {
        agreement: "payments".into(),
        kind: BreakKind::Missing,
        key: Record::default(),
        copies: Sides {
            expected: 2,
            actual: 0,
        },
        expected: Some(Record::from_iter([
            ("amount", Some("1.00")),
            ("memo", None),
        ])),
        actual: None,
        fields: Vec::new(),
        difference: vec![Amount {
            column: "amount".into(),
            currency: "GBP".into(),
            amount: "-2.00".into(),
        }],
        source: Vec::new(),
        cause: Default::default(),
        alternatives: 0,
        target: vec![SourceRecord {
            table: "payment".into(),
            ..SourceRecord::default()
        }],
    };
    let text = serde_json::to_string(&found).expect("json");
    assert_eq!(
        text,
        r#"{"agreement":"payments","kind":"missing","key":{},"copies":{"expected":2,"actual":0},"expected":{"amount":"1.00","memo":null},"actual":null,"fields":[],"difference":[{"column":"amount","currency":"GBP","amount":"-2.00"}],"source":[],"cause":{"id":null,"status":"unknown","says":"","rivals":[]},"target":[{"_table":"payment"}]}"#
    );
    assert_eq!(serde_json::from_str::<Break>(&text).expect("json"), found);

    let doubtful = Break {
        alternatives: 2,
        ..found
    };
    let text = serde_json::to_string(&doubtful).expect("json");
    assert!(text.ends_with(r#","alternatives":2}"#), "{text}");
    assert_eq!(
        serde_json::from_str::<Break>(&text).expect("json"),
        doubtful
    );
}

#[test]
fn a_reject_keeps_its_record_and_place() {
    let place = SourceRecord {
        table: "flow".into(),
        file: Some("flow/07.csv".into()),
        row: Some(3),
        fields: Record::from_iter([("amount", Some("1.234"))]),
    };
    let reject = Reject {
        agreement: "postings".into(),
        book: "source".into(),
        reason: "`1.234` is ambiguous".into(),
        record: Record::from_iter([("amount", Some("1.234"))]),
        source: vec![place],
    };
    let text = serde_json::to_string(&reject).expect("json");
    assert_eq!(
        text,
        r#"{"agreement":"postings","book":"source","reason":"`1.234` is ambiguous","record":{"amount":"1.234"},"source":[{"_table":"flow","_file":"flow/07.csv","_row":3,"amount":"1.234"}]}"#
    );
    assert_eq!(serde_json::from_str::<Reject>(&text).expect("json"), reject);
    // Evidence from before there was a book.
    let old = text.replace(r#""book":"source","#, "");
    let read: Reject = serde_json::from_str(&old).expect("json");
    assert_eq!((read.book.as_str(), &read.source), ("", &reject.source));
    assert_eq!(serde_json::to_string(&read).expect("json"), old);
}

#[test]
fn a_report_tells_whose_rejects_they_are_and_why() {
    let text = published("out_of_balance", "unknown", "holds");
    let mut report: Report = serde_json::from_str(&text).expect("json");
    assert!(report.rejects_of.is_empty() && report.rejects_by.is_empty());
    assert!(
        !serde_json::to_string(&report)
            .expect("json")
            .contains("rejects_")
    );
    report.rejects_of = RejectsOf {
        source: 3,
        target: 1,
    };
    report.rejects = report.rejects_of.sum();
    report.rejects_by = vec![RejectLine {
        reason: "money: `…` has no digits".into(),
        book: "source".into(),
        count: 3,
        first: Some(SourceRecord {
            table: "flow".into(),
            file: Some("flow.csv".into()),
            row: Some(2),
            fields: Record::default(),
        }),
    }];
    let text = serde_json::to_string(&report).expect("json");
    let told = r#""rejects":4,"rejects_of":{"source":3,"target":1},"rejects_by":[{"reason":"money: `…` has no digits","book":"source","count":3,"first":{"_table":"flow","_file":"flow.csv","_row":2}}]"#;
    assert!(text.contains(told), "{text}");
    assert_eq!(serde_json::from_str::<Report>(&text).expect("json"), report);
}

#[test]
fn columns_keep_their_order_and_their_doubles() {
    let text = r#"{"z":"1","a":null,"Z":"","a":"2"}"#;
    let record: Record = serde_json::from_str(text).expect("json");
    assert_eq!(serde_json::to_string(&record).expect("json"), text);
    assert_eq!(
        (record.get("z"), record.get("a"), record.get("b")),
        (Some(Some("1")), Some(None), None)
    );
    assert!(
        serde_json::from_str::<Record>(r#"{"id":9007199254740993}"#).is_err(),
        "values are strings"
    );
}

#[test]
fn another_version_is_not_read() {
    let text = published("balanced", "proved", "holds").replace("\"version\":1", "\"version\":2");
    let error = serde_json::from_str::<Report>(&text).expect_err("version 2");
    assert!(
        error
            .to_string()
            .starts_with("report version 2, and only version 1 can be read"),
        "{error}"
    );
}

#[test]
fn elapsed_time_is_given_to_the_millisecond() {
    let text = published("balanced", "proved", "holds");
    let mut report: Report = serde_json::from_str(&text).expect("json");
    report.elapsed = Duration::from_micros(9_214_987);
    let text = serde_json::to_string(&report).expect("json");
    assert!(text.ends_with(r#""elapsed_seconds":9.214}"#), "{text}");
    let back: Report = serde_json::from_str(&text).expect("json");
    assert_eq!(back.elapsed, Duration::from_millis(9_214));
    assert!(serde_json::from_str::<Report>(&text.replace("9.214", "-1")).is_err());
}

#[test]
fn added_fields_show_where_they_hold_something() {
    let mut agreement = clean();
    agreement.crossed = vec![CrossedTotal {
        by: Record::from_iter([("day", Some("2013-05-27"))]),
        ..CrossedTotal::default()
    }];
    agreement.notes = vec!["3 keys are not unique in the target".into()];
    agreement.not_checked = vec!["flow/09.csv".into()];
    agreement.repairs = vec![Repair {
        book: "source".into(),
        what: "skip_footer".into(),
        count: 1,
        ..Repair::default()
    }];
    let text = serde_json::to_string(&agreement).expect("json");
    for field in [
        "\"crossed\":[{\"by\":{\"day\":\"2013-05-27\"}",
        "\"notes\":[",
        "\"not_checked\":[",
        "\"repairs\":[{\"book\":\"source\"",
    ] {
        assert!(text.contains(field), "{field} in {text}");
    }
    assert_eq!(
        serde_json::from_str::<AgreementReport>(&text).expect("json"),
        agreement
    );
}

fn zero(column: &str) -> (Total, Amount) {
    let total = Total {
        column: column.into(),
        currency: "CNY".into(),
        expected: "5.00".into(),
        actual: "5.00".into(),
        difference: "0.00".into(),
    };
    (
        total,
        Amount {
            column: column.into(),
            currency: "CNY".into(),
            amount: "0.00".into(),
        },
    )
}

fn clean() -> AgreementReport {
    let (total, residual) = zero("amount");
    AgreementReport {
        name: "postings".into(),
        records: Counts {
            expected: 3,
            actual: 3,
            agreed: 3,
        },
        totals: vec![total],
        residual: vec![residual],
        ..AgreementReport::default()
    }
}

fn with(change: impl FnOnce(&mut AgreementReport)) -> Vec<AgreementReport> {
    let mut agreement = clean();
    change(&mut agreement);
    vec![clean(), agreement]
}

fn control(status: ControlStatus) -> ControlReport {
    ControlReport {
        name: "trial balance".into(),
        status,
        ..ControlReport::default()
    }
}

#[test]
fn a_verdict_follows_a_fixed_order() {
    let one = BreakCounts {
        differs: 1,
        ..BreakCounts::default()
    };
    let holds = [control(ControlStatus::Holds)];
    let broken = [
        control(ControlStatus::Holds),
        control(ControlStatus::Broken),
    ];
    let uncomputed = [
        control(ControlStatus::Incomplete),
        control(ControlStatus::Broken),
    ];
    let why = ["target.fee could not be read".to_owned()];
    use Verdict::{Balanced, Incomplete, OutOfBalance};

    assert_eq!(verdict(&[clean()], &[], 0, &[]), Balanced);
    assert_eq!(verdict(&[clean()], &holds, 0, &[]), Balanced);
    assert_eq!(verdict(&[], &holds, 0, &[]), Balanced);
    assert_eq!(verdict(&[], &[], 0, &[]), Incomplete, "nothing was checked");

    assert_eq!(
        verdict(&with(|a| a.breaks = one), &[], 0, &[]),
        OutOfBalance
    );
    assert_eq!(verdict(&[clean()], &[], 1, &[]), OutOfBalance);
    assert_eq!(verdict(&[clean()], &broken, 0, &[]), OutOfBalance);

    assert_eq!(verdict(&[clean()], &[], 0, &why), Incomplete);
    assert_eq!(
        verdict(&with(|a| a.breaks = one), &broken, 1, &why),
        Incomplete,
        "the gap outweighs the breaks"
    );
    assert_eq!(
        verdict(&with(|a| a.not_checked = why.to_vec()), &[], 0, &[]),
        Incomplete
    );
    assert_eq!(verdict(&[clean()], &uncomputed, 0, &[]), Incomplete);
}

#[test]
fn an_account_that_does_not_close_is_never_balanced() {
    let residual = |text: &str| {
        let text = text.to_owned();
        with(move |a| a.residual[0].amount = text)
    };
    for text in [
        "0.01",
        "-0.01",
        "0.0000000000000000000000000000000000001",
        "1",
        "",
        "zero",
        "0,00",
    ] {
        assert_eq!(
            verdict(&residual(text), &[], 0, &[]),
            Verdict::Incomplete,
            "{text}"
        );
    }
    for text in ["0", "0.00", "-0.00", "0.0000"] {
        assert_eq!(
            verdict(&residual(text), &[], 0, &[]),
            Verdict::Balanced,
            "{text}"
        );
    }
    assert_eq!(
        verdict(&with(|a| a.residual.clear()), &[], 0, &[]),
        Verdict::Incomplete,
        "a total has no residual"
    );
    assert_eq!(
        verdict(&with(|a| a.records.actual = 4), &[], 0, &[]),
        Verdict::Incomplete,
        "no break explains the count"
    );
    assert_eq!(
        verdict(&with(|a| a.records.agreed = 2), &[], 0, &[]),
        Verdict::Incomplete,
        "one record is neither"
    );
}

#[test]
fn exit_codes_are_those_of_the_manual() {
    let codes = [
        Verdict::Balanced,
        Verdict::OutOfBalance,
        Verdict::Incomplete,
    ]
    .map(Verdict::exit_code);
    assert_eq!(codes, [0, 1, 5]);
}

#[test]
fn breaks_are_counted_by_kind() {
    let mut counts = BreakCounts::default();
    for kind in [
        BreakKind::Extra,
        BreakKind::Missing,
        BreakKind::Differs,
        BreakKind::Copies,
        BreakKind::Extra,
    ] {
        counts.count(kind);
    }
    assert_eq!(
        counts,
        BreakCounts {
            missing: 1,
            extra: 2,
            differs: 1,
            copies: 1
        }
    );
    assert_eq!(counts.sum(), 5);
    let most = BreakCounts {
        copies: u64::MAX,
        ..counts
    };
    assert_eq!(
        counts.plus(most),
        BreakCounts {
            missing: 2,
            extra: 4,
            differs: 2,
            copies: u64::MAX
        }
    );
}
