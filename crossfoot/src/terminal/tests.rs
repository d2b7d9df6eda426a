//! Screens over reports made by hand. Verdicts are computed, so that no screen shows a report
//! that no run could give.

use super::*;
use ledger::{
    AgreementReport, Amount, BreakCounts, BreakKind, CauseFound, CauseLine, CauseStatus,
    ControlLine, ControlReport, ControlStatus, Counts, CrossedTotal, FieldDifference, Record,
    RejectLine, RejectsOf, Repair, Sides, SourceRecord, Total, Version, verdict,
};
use std::time::Duration;

fn style() -> Style {
    Style {
        language: Language::En,
        width: 90,
        colour: false,
        unicode: true,
    }
}

fn chinese() -> Style {
    Style {
        language: Language::Zh,
        ..style()
    }
}

fn report(agreements: Vec<AgreementReport>, controls: Vec<ControlReport>, rejects: u64) -> Report {
    Report {
        version: Version,
        plan: "first".to_owned(),
        verdict: verdict(&agreements, &controls, rejects, &[]),
        agreements,
        controls,
        rejects,
        rejects_of: RejectsOf {
            source: rejects,
            target: 0,
        },
        rejects_by: Vec::new(),
        not_read: Vec::new(),
        moments: Vec::new(),
        as_of: false,
        evidence: "evidence/2013-05-27T08-00-00Z/".to_owned(),
        elapsed: Duration::from_millis(9_234),
    }
}

fn total(column: &str, currency: &str, [expected, actual, difference]: [&str; 3]) -> Total {
    Total {
        column: column.to_owned(),
        currency: currency.to_owned(),
        expected: expected.to_owned(),
        actual: actual.to_owned(),
        difference: difference.to_owned(),
    }
}

fn amount(column: &str, currency: &str, amount: &str) -> Amount {
    Amount {
        column: column.to_owned(),
        currency: currency.to_owned(),
        amount: amount.to_owned(),
    }
}

fn record(columns: &[(&str, &str)]) -> Record {
    columns
        .iter()
        .map(|(name, value)| (*name, Some(*value)))
        .collect()
}

fn place(file: &str, row: u64) -> SourceRecord {
    SourceRecord {
        table: file.split('.').next().unwrap_or_default().into(),
        file: Some(file.into()),
        row: Some(row),
        fields: Record::default(),
    }
}

fn agreement(name: &str, records: [u64; 3], totals: Vec<Total>) -> AgreementReport {
    let [expected, actual, agreed] = records;
    let residual = totals
        .iter()
        .map(|one| amount(&one.column, &one.currency, "0.00"));
    AgreementReport {
        name: name.to_owned(),
        records: Counts {
            expected,
            actual,
            agreed,
        },
        residual: residual.collect(),
        totals,
        ..AgreementReport::default()
    }
}

fn unknown_cause(breaks: u64, difference: Vec<Amount>) -> Vec<CauseLine> {
    vec![CauseLine {
        breaks,
        difference,
        ..CauseLine::default()
    }]
}

fn found(kind: BreakKind, key: &[(&str, &str)]) -> Break {
    Break {
        agreement: "postings".into(),
        kind,
        key: record(key),
        copies: Sides {
            expected: 1,
            actual: 1,
        },
        expected: None,
        actual: None,
        fields: Vec::new(),
        difference: Vec::new(),
        source: Vec::new(),
        cause: CauseFound::default(),
        target: Vec::new(),
        alternatives: 0,
    }
}

fn field(name: &str, expected: &str, actual: &str) -> FieldDifference {
    FieldDifference {
        name: name.into(),
        expected: Some(expected.into()),
        actual: Some(actual.into()),
    }
}

fn control(name: &str, status: ControlStatus, figures: Option<[&str; 3]>) -> ControlReport {
    let figure = |at: usize| figures.map(|figures| figures[at].to_owned());
    ControlReport {
        name: name.to_owned(),
        status,
        expected: figure(0),
        actual: figure(1),
        difference: figure(2),
        ..ControlReport::default()
    }
}

fn line(key: &[(&str, &str)], [expected, actual, difference]: [&str; 3]) -> ControlLine {
    ControlLine {
        key: record(key),
        expected: Some(expected.to_owned()),
        actual: Some(actual.to_owned()),
        difference: Some(difference.to_owned()),
    }
}

fn balanced() -> Report {
    let postings = agreement(
        "postings",
        [100_000_000, 100_000_000, 100_000_000],
        vec![
            total(
                "amount",
                "CNY",
                ["12345678901.23", "12345678901.23", "0.00"],
            ),
            total("fee", "CNY", ["4711.00", "4711.00", "0.00"]),
        ],
    );
    let trial = control(
        "trial balance",
        ControlStatus::Holds,
        Some(["0.00", "0.00", "0.00"]),
    );
    report(vec![postings], vec![trial], 0)
}

/// The books of `examples/first`: seven breaks that leave a difference of one cent.
fn a_cent_off() -> (Report, Vec<Break>) {
    let mut postings = agreement(
        "postings",
        [120, 120, 114],
        vec![total("amount", "CNY", ["2555.56", "2555.55", "-0.01"])],
    );
    postings.breaks = BreakCounts {
        missing: 1,
        extra: 0,
        differs: 2,
        copies: 1,
    };
    postings.causes = unknown_cause(4, vec![amount("amount", "CNY", "-0.01")]);
    postings.crossed = vec![
        CrossedTotal {
            by: record(&[("accounting_date", "2013-05-24"), ("kind", "INCOME")]),
            records: Sides {
                expected: 9,
                actual: 9,
            },
            totals: vec![total("amount", "CNY", ["12.10", "12.09", "-0.01"])],
        },
        CrossedTotal {
            by: record(&[("accounting_date", "2013-05-25"), ("kind", "TOPUP")]),
            records: Sides {
                expected: 7,
                actual: 6,
            },
            totals: vec![total("amount", "CNY", ["1788.00", "1700.00", "-88.00"])],
        },
        CrossedTotal {
            by: record(&[("accounting_date", "2013-05-25"), ("kind", "TRANSFER")]),
            records: Sides {
                expected: 2,
                actual: 3,
            },
            totals: vec![total("amount", "CNY", ["0.00", "0.00", "0.00"])],
        },
    ];
    postings.notes = vec!["not compared, as the rule says nothing of it: memo".to_owned()];
    let repair = |file: &str, what: &str, count: u64| Repair {
        book: "source".to_owned(),
        table: "flow".to_owned(),
        file: file.to_owned(),
        what: what.to_owned(),
        count,
    };
    postings.repairs = vec![
        repair("flow-1.csv", "skip_footer", 1),
        repair("flow-2.csv", "skip_footer", 1),
        repair("flow-2.csv", "null_values (memo)", 1_204),
    ];
    let mut daily = control(
        "daily totals that the old system printed",
        ControlStatus::Broken,
        Some(["2555.56", "2555.55", "-0.01"]),
    );
    daily.lines = vec![
        line(&[("day", "2013-05-24")], ["4361.07", "4361.06", "-0.01"]),
        line(&[("day", "2013-05-25")], ["-802.30", "-734.10", "68.20"]),
        line(&[("day", "2013-05-26")], ["-1003.21", "-1071.41", "-68.20"]),
    ];
    let trial = control(
        "trial balance",
        ControlStatus::Holds,
        Some(["0.00", "0.00", "0.00"]),
    );
    (report(vec![postings], vec![daily, trial], 0), four_breaks())
}

fn four_breaks() -> Vec<Break> {
    let missing = Break {
        expected: Some(record(&[
            ("voucher", "P00041995"),
            ("account", "W-1019"),
            ("kind", "TOPUP"),
            ("amount", "88.00"),
        ])),
        difference: vec![amount("amount", "CNY", "-88.00")],
        source: vec![place("flow.csv", 88)],
        ..found(BreakKind::Missing, &[("voucher", "P00041995")])
    };
    let copies = Break {
        copies: Sides {
            expected: 1,
            actual: 2,
        },
        expected: Some(record(&[("voucher", "P00042002"), ("amount", "50.40")])),
        difference: vec![amount("amount", "CNY", "50.40")],
        source: vec![place("flow.csv", 95)],
        target: vec![place("posting.csv", 90), place("posting.csv", 91)],
        ..found(BreakKind::Copies, &[("voucher", "P00042002")])
    };
    let sign = Break {
        fields: vec![field("amount", "-18.80", "18.80")],
        difference: vec![amount("amount", "CNY", "37.60")],
        source: vec![place("flow.csv", 121)],
        target: vec![place("posting.csv", 14)],
        cause: CauseFound {
            id: Some("B9".to_owned()),
            status: CauseStatus::Consistent,
            says: "the sign was lost".to_owned(),
            rivals: vec!["D1".to_owned()],
        },
        ..found(BreakKind::Differs, &[("voucher", "P00042031")])
    };
    let cent = Break {
        fields: vec![field("amount", "0.29", "0.28"), field("memo", "", "rent ")],
        difference: vec![amount("amount", "CNY", "-0.01")],
        alternatives: 2,
        ..found(BreakKind::Differs, &[("voucher", "P00041979")])
    };
    vec![missing, copies, sign, cent]
}

/// A report whose breaks leave three cents unexplained.
fn unexplained() -> Report {
    let mut postings = agreement(
        "postings",
        [3_000_000, 2_999_999, 2_999_000],
        vec![
            total("amount", "CNY", ["1000000.00", "999900.03", "-99.97"]),
            total("amount", "USD", ["5.00", "5.00", "0.00"]),
        ],
    );
    postings.breaks = BreakCounts {
        missing: 1,
        extra: 0,
        differs: 999,
        copies: 0,
    };
    postings.causes = vec![
        CauseLine {
            id: Some("B3".to_owned()),
            status: CauseStatus::Proved,
            breaks: 999,
            difference: vec![amount("amount", "CNY", "-90.00")],
            conditions: vec!["source.channel = 'UNIONPAY'".to_owned()],
            counterexamples: 0,
            covered: Some(997),
            risk_ratio: Some("48,000.1".to_owned()),
        },
        CauseLine {
            breaks: 1,
            difference: vec![amount("amount", "CNY", "-10.00")],
            ..CauseLine::default()
        },
    ];
    postings.residual = vec![
        amount("amount", "CNY", "0.03"),
        amount("amount", "USD", "0.00"),
    ];
    report(vec![postings], Vec::new(), 0)
}

fn incomplete() -> Report {
    let mut postings = agreement("postings", [7, 8, 7], Vec::new());
    postings.not_checked = vec!["the crossed totals: they have more than 65536 groups".to_owned()];
    let mut trial = control("trial balance", ControlStatus::Incomplete, None);
    trial.says = Some("it gave no rows".to_owned());
    report(vec![postings], vec![trial], 0)
}

#[test]
fn books_that_balance() {
    insta::assert_snapshot!(render(&balanced(), &[], &style()), @"
    BALANCED  first: both books agree on everything that the plan compares
    records: 100,000,000 expected, 100,000,000 actual, 100,000,000 agreed
    no breaks; no rejects; controls: 1 holds

    ── postings ──────────────────────────────────────────────────────────────────────────────
                           expected             actual  difference
      records           100,000,000        100,000,000           0
      amount CNY  12,345,678,901.23  12,345,678,901.23        0.00
      fee CNY              4,711.00           4,711.00        0.00
      100,000,000 records agree on both sides

      No breaks
      The residual is zero in every column

    ── Controls ──────────────────────────────────────────────────────────────────────────────
             control        expected  actual  difference
      holds  trial balance      0.00    0.00        0.00

    Evidence: evidence/2013-05-27T08-00-00Z/
    Elapsed: 9.2 s
    ");
}

#[test]
fn books_that_are_a_cent_off() {
    let (report, largest) = a_cent_off();
    insta::assert_snapshot!(render(&report, &largest, &style()), @r#"
    OUT OF BALANCE  first: the books do not agree
    records: 120 expected, 120 actual, 114 agreed
    4 breaks; no rejects; controls: 1 holds, 1 broken

    ── postings ──────────────────────────────────────────────────────────────────────────────
                  expected    actual  difference
      records          120       120           0
      amount CNY  2,555.56  2,555.55       -0.01
      114 records agree on both sides

      Breaks by kind
        missing  1  expected, and not in the target
        extra    0  in the target, and not expected
        differs  2  on both sides, with other fields
        copies   1  the same record, another number of times

      From expected to actual: amount CNY
                  breaks    amount
        expected          2,555.56
        missing        1    -88.00
        differs        2     37.59
        copies         1     50.40
        actual            2,555.55
        residual              0.00

      Crossed totals that are off: 3
        accounting_date  kind      column      records +/-  expected    actual  difference
        2013-05-25       TOPUP     amount CNY           -1  1,788.00  1,700.00      -88.00
        2013-05-24       INCOME    amount CNY            0     12.10     12.09       -0.01
        2013-05-25       TRANSFER                        1

      Notes
        - not compared, as the rule says nothing of it: memo

      Repairs that the plan declares: null_values (memo) 1,204, skip_footer 2; each in
        evidence/2013-05-27T08-00-00Z/report.json

    ── Breaks, the largest first: 4 ──────────────────────────────────────────────────────────
      1. missing  voucher=P00041995
         record      account=W-1019 kind=TOPUP amount=88.00
         difference  -88.00 CNY (amount)
         source      flow.csv:88
      2. copies  voucher=P00042002
         record      amount=50.40
         copies      1 expected, 2 actual
         difference  50.40 CNY (amount)
         source      flow.csv:95
         target      posting.csv:90, posting.csv:91
      3. differs  voucher=P00042031
         amount      -18.80 → 18.80
         difference  37.60 CNY (amount)
         source      flow.csv:121
         target      posting.csv:14
         cause       B9 possible: the sign was lost (D1)
      4. differs  voucher=P00041979
         amount      0.29 → 0.28
         memo        "" → "rent "
         difference  -0.01 CNY (amount)
         pairing     2 other pairings would fit as well

    ── Controls ──────────────────────────────────────────────────────────────────────────────
              control                                   expected    actual  difference
      broken  daily totals that the old system printed  2,555.56  2,555.55       -0.01
      holds   trial balance                                 0.00      0.00        0.00

      daily totals that the old system printed: 3 lines off
        day          expected     actual  difference
        2013-05-24   4,361.07   4,361.06       -0.01
        2013-05-25    -802.30    -734.10       68.20
        2013-05-26  -1,003.21  -1,071.41      -68.20

    Evidence: evidence/2013-05-27T08-00-00Z/
    Elapsed: 9.2 s
    "#);
}

#[test]
fn the_same_in_chinese() {
    let (report, largest) = a_cent_off();
    insta::assert_snapshot!(render(&report, &largest, &chinese()), @r#"
    不平  first：两边账不一致
    笔数：应有 120，实有 120，一致 114
    差错 4 处；无拒收记录；控制核对：相符 1 项，不符 1 项

    ── postings ──────────────────────────────────────────────────────────────────────────────
                      应有      实有   差额
      笔数             120       120      0
      amount CNY  2,555.56  2,555.55  -0.01
      两边一致 114 笔

      差错分类
        漏转      1  应有而新账中没有
        多出      0  新账中有而不应有
        不一致    2  两边都有，字段不同
        份数不同  1  同一记录，两边份数不同

      由应有到实有：amount CNY
                    差错    amount
        应有              2,555.56
        漏转           1    -88.00
        不一致         2     37.59
        份数不同       1     50.40
        实有              2,555.55
        未解释差额            0.00

      不符的纵横合计：3 项
        accounting_date  kind      列          笔数差      应有      实有    差额
        2013-05-25       TOPUP     amount CNY      -1  1,788.00  1,700.00  -88.00
        2013-05-24       INCOME    amount CNY       0     12.10     12.09   -0.01
        2013-05-25       TRANSFER                   1

      说明
        - 未核对（规则没有提到）：memo

      按方案声明所作的修补：null_values (memo) 1,204，skip_footer 2；逐项见
        evidence/2013-05-27T08-00-00Z/report.json

    ── 差错（由大到小）：4 处 ────────────────────────────────────────────────────────────────
      1. 漏转  voucher=P00041995
         记录  account=W-1019 kind=TOPUP amount=88.00
         差额  -88.00 CNY (amount)
         源账  flow.csv:88
      2. 份数不同  voucher=P00042002
         记录      amount=50.40
         份数不同  应有 1 份，实有 2 份
         差额      50.40 CNY (amount)
         源账      flow.csv:95
         新账      posting.csv:90、posting.csv:91
      3. 不一致  voucher=P00042031
         amount  -18.80 → 18.80
         差额    37.60 CNY (amount)
         源账    flow.csv:121
         新账    posting.csv:14
         原因    B9 可能：the sign was lost (D1)
      4. 不一致  voucher=P00041979
         amount  0.29 → 0.28
         memo    "" → "rent "
         差额    -0.01 CNY (amount)
         配对    另有 2 种同样合理的配对

    ── 控制核对 ──────────────────────────────────────────────────────────────────────────────
            核对                                          应有      实有   差额
      不符  daily totals that the old system printed  2,555.56  2,555.55  -0.01
      相符  trial balance                                 0.00      0.00   0.00

      daily totals that the old system printed：3 行不符
        day              应有       实有    差额
        2013-05-24   4,361.07   4,361.06   -0.01
        2013-05-25    -802.30    -734.10   68.20
        2013-05-26  -1,003.21  -1,071.41  -68.20

    证据：evidence/2013-05-27T08-00-00Z/
    用时：9.2 秒
    "#);
}

#[test]
fn the_same_on_a_narrow_screen_without_unicode() {
    let (report, largest) = a_cent_off();
    let style = Style {
        width: 60,
        unicode: false,
        ..style()
    };
    insta::assert_snapshot!(render(&report, &largest, &style), @r#"
    OUT OF BALANCE  first: the books do not agree
    records: 120 expected, 120 actual, 114 agreed
    4 breaks; no rejects; controls: 1 holds, 1 broken

    -- postings ------------------------------------------------
                  expected    actual  difference
      records          120       120           0
      amount CNY  2,555.56  2,555.55       -0.01
      114 records agree on both sides

      Breaks by kind
        missing  1  expected, and not in the target
        extra    0  in the target, and not expected
        differs  2  on both sides, with other fields
        copies   1  the same record, another number of times

      From expected to actual: amount CNY
                  breaks    amount
        expected          2,555.56
        missing        1    -88.00
        differs        2     37.59
        copies         1     50.40
        actual            2,555.55
        residual              0.00

      Crossed totals that are off: 3
        2013-05-25  TOPUP  amount CNY
          records +/-        -1
          expected     1,788.00
          actual       1,700.00
          difference     -88.00
        2013-05-24  INCOME  amount CNY
          records +/-      0
          expected     12.10
          actual       12.09
          difference   -0.01
        2013-05-25  TRANSFER
          records +/-  1

      Notes
        - not compared, as the rule says nothing of it: memo

      Repairs that the plan declares: null_values (memo)
        1,204, skip_footer 2; each in
        evidence/2013-05-27T08-00-00Z/report.json

    -- Breaks, the largest first: 4 ----------------------------
      1. missing  voucher=P00041995
         record      account=W-1019 kind=TOPUP amount=88.00
         difference  -88.00 CNY (amount)
         source      flow.csv:88
      2. copies  voucher=P00042002
         record      amount=50.40
         copies      1 expected, 2 actual
         difference  50.40 CNY (amount)
         source      flow.csv:95
         target      posting.csv:90, posting.csv:91
      3. differs  voucher=P00042031
         amount      -18.80 -> 18.80
         difference  37.60 CNY (amount)
         source      flow.csv:121
         target      posting.csv:14
         cause       B9 possible: the sign was lost (D1)
      4. differs  voucher=P00041979
         amount      0.29 -> 0.28
         memo        "" -> "rent "
         difference  -0.01 CNY (amount)
         pairing     2 other pairings would fit as well

    -- Controls ------------------------------------------------
              control                                 difference
      broken  daily totals that the old system pr...       -0.01
      holds   trial balance                                 0.00

      daily totals that the old system printed: 3 lines off
        day          expected     actual  difference
        2013-05-24   4,361.07   4,361.06       -0.01
        2013-05-25    -802.30    -734.10       68.20
        2013-05-26  -1,003.21  -1,071.41      -68.20

    Evidence: evidence/2013-05-27T08-00-00Z/
    Elapsed: 9.2 s
    "#);
}

#[test]
fn a_residual_is_said_before_anything_else() {
    let page = render(&unexplained(), &[], &style());
    assert!(page.starts_with("!!! RESIDUAL 0.03 CNY"));
    insta::assert_snapshot!(page, @"
    !!! RESIDUAL 0.03 CNY: the breaks do not explain the difference of the books (postings,
      amount) !!!
    INCOMPLETE  first: nothing is proved, as not everything was checked
    records: 3,000,000 expected, 2,999,999 actual, 2,999,000 agreed
    1,000 breaks; no rejects; no controls
    Why nothing is proved:
      - postings: the account does not close: amount CNY

    ── postings ──────────────────────────────────────────────────────────────────────────────
                      expected      actual  difference
      records        3,000,000   2,999,999          -1
      amount CNY  1,000,000.00  999,900.03      -99.97
      amount USD          5.00        5.00        0.00
      2,999,000 records agree on both sides

      Breaks by kind
        missing    1  expected, and not in the target
        extra      0  in the target, and not expected
        differs  999  on both sides, with other fields
        copies     0  the same record, another number of times

      From expected to actual: amount CNY
                       breaks        amount
        expected               1,000,000.00
        B3 proved         999        -90.00
        cause unknown       1        -10.00
        actual                   999,900.03
        residual                   !!! 0.03
        B3 proved: where source.channel = 'UNIONPAY'; 997 of 999; counterexamples: 0, risk
          ratio 48,000.1

    ── The largest breaks: 0 of 1,000 ────────────────────────────────────────────────────────
      and 1,000 more, in evidence/2013-05-27T08-00-00Z/breaks.jsonl

    Evidence: evidence/2013-05-27T08-00-00Z/
    Elapsed: 9.2 s
    ");
}

#[test]
fn a_residual_in_chinese() {
    let page = render(&unexplained(), &[], &chinese());
    let first: Vec<&str> = page.lines().take(8).collect();
    insta::assert_snapshot!(first.join("\n"), @"
    !!! 未解释差额 0.03 CNY：所列差错不能解释两边账的差额（postings，amount） !!!
    未核完  first：未能全部核对，结论不成立
    笔数：应有 3,000,000，实有 2,999,999，一致 2,999,000
    差错 1,000 处；无拒收记录；无控制核对
    结论不成立的原因：
      - postings：账未轧平：amount CNY

    ── postings ──────────────────────────────────────────────────────────────────────────────
    ");
}

#[test]
fn a_residual_that_is_no_number_is_not_taken_for_zero() {
    let mut report = balanced();
    report.agreements[0].residual[0].amount = "?".to_owned();
    assert!(render(&report, &[], &style()).starts_with("!!! RESIDUAL ? CNY"));
}

#[test]
fn what_was_not_checked_is_said_at_the_top() {
    insta::assert_snapshot!(render(&incomplete(), &[], &style()), @"
    INCOMPLETE  first: nothing is proved, as not everything was checked
    records: 7 expected, 8 actual, 7 agreed
    no breaks; no rejects; controls: 1 incomplete
    Why nothing is proved:
      - postings: the crossed totals: they have more than 65536 groups
      - postings: the numbers of records differ, and no break says why
      - trial balance: the control could not be computed: it gave no rows

    ── postings ──────────────────────────────────────────────────────────────────────────────
               expected  actual  difference
      records         7       8           1
      7 records agree on both sides

      No breaks

    ── Controls ──────────────────────────────────────────────────────────────────────────────
                  control        expected  actual  difference
      incomplete  trial balance         -       -           -

      trial balance: it gave no rows

    Evidence: evidence/2013-05-27T08-00-00Z/
    Elapsed: 9.2 s
    ");
}

#[test]
fn a_record_that_keeps_changing_is_the_reason_and_not_the_numbers() {
    let reasons = |moving: u64, style: &Style| {
        let mut postings = agreement("postings", [7, 7, 6], Vec::new());
        postings.in_flight.moving = moving;
        let page = render(&report(vec![postings], Vec::new(), 0), &[], style);
        let reasons = page.lines().filter(|line| line.starts_with("  - "));
        reasons.map(str::trim).collect::<Vec<_>>().join("\n")
    };
    insta::assert_snapshot!(reasons(1, &style()), @"- postings: 1 record was still changing when it was last looked at");
    insta::assert_snapshot!(reasons(2000, &style()), @"- postings: 2,000 records were still changing when they were last looked at");
    insta::assert_snapshot!(reasons(1, &chinese()), @"- postings：1 笔在最后一次查看时仍在变动");
}

#[test]
fn where_no_currency_is_named_none_is_shown() {
    let mut report = balanced();
    for agreement in &mut report.agreements {
        agreement
            .totals
            .iter_mut()
            .for_each(|total| total.currency = "XXX".to_owned());
        agreement
            .residual
            .iter_mut()
            .for_each(|one| one.currency = "XXX".to_owned());
    }
    assert!(!render(&report, &[], &style()).contains("XXX"));
    // Beside a currency that is named it is one of several.
    report.agreements[0].totals[0].currency = "CNY".to_owned();
    assert!(render(&report, &[], &style()).contains("XXX"));
}

#[test]
fn nothing_compared_is_not_balanced() {
    let mut report = report(Vec::new(), Vec::new(), 0);
    report.evidence = String::new();
    insta::assert_snapshot!(render(&report, &[], &style()), @"
    INCOMPLETE  first: nothing is proved, as not everything was checked
    no rejects; no controls
    Why nothing is proved:
      - the plan holds no agreement and no control

    Evidence: none was written
    Elapsed: 9.2 s
    ");
}

#[test]
fn rejects_say_where_they_are() {
    let report = report(balanced().agreements, Vec::new(), 1_234);
    let page = render(&report, &[], &style());
    let told: Vec<&str> = page.lines().filter(|line| line.contains("eject")).collect();
    insta::assert_snapshot!(told.join("\n"), @"
    no breaks; 1,234 rejects; no controls
    Rejects: 1,234 source records could not be converted; each with its reason in
      evidence/2013-05-27T08-00-00Z/rejects.jsonl
    ");
    let one = Report {
        rejects: 1,
        rejects_of: RejectsOf {
            source: 1,
            target: 0,
        },
        evidence: String::new(),
        ..report
    };
    let page = render(&one, &[], &chinese());
    insta::assert_snapshot!(page.lines().rev().nth(2).unwrap_or_default(), @"拒收记录：1 笔源账记录无法转换；未写证据");
    // Evidence of old does not tell whose they are.
    let old = Report {
        rejects_of: RejectsOf::default(),
        ..one
    };
    let page = render(&old, &[], &style());
    insta::assert_snapshot!(page.lines().rev().nth(2).unwrap_or_default(), @"Rejects: 1 record could not be converted; no evidence was written");
}

fn reason(reason: &str, book: &str, count: u64, first: Option<SourceRecord>) -> RejectLine {
    RejectLine {
        reason: reason.to_owned(),
        book: book.to_owned(),
        count,
        first,
    }
}

#[test]
fn rejects_say_of_which_book_they_are_and_why() {
    let mut report = report(balanced().agreements, Vec::new(), 0);
    report.rejects_of = RejectsOf {
        source: 1_200,
        target: 1,
    };
    report.rejects = report.rejects_of.sum();
    report.rejects_by = vec![
        reason(
            "money: `…` has no digits",
            "source",
            1_200,
            Some(place("flow.csv", 3)),
        ),
        reason(
            "money: `oops` is not a number",
            "target",
            1,
            Some(place("posting.csv", 7)),
        ),
    ];
    let told = |style: &Style| {
        let page = render(&report, &[], style);
        let from = page.find(style.language.pick("Rejects", "拒收记录："));
        let foot = from.and_then(|from| page.get(from..)).unwrap_or_default();
        let told: Vec<&str> = foot.lines().take(4).map(str::trim_end).collect();
        told.join("\n")
    };
    insta::assert_snapshot!(told(&style()), @"
    Rejects: 1,200 source records and 1 target record could not be converted; each with its
      reason in evidence/2013-05-27T08-00-00Z/rejects.jsonl
      1,200 source records: money: `…` has no digits (the first: flow.csv:3)
      1 target record: money: `oops` is not a number (posting.csv:7)
    ");
    insta::assert_snapshot!(told(&chinese()), @"
    拒收记录：1,200 笔源账记录和 1 笔新账记录无法转换，逐笔原因见
      evidence/2013-05-27T08-00-00Z/rejects.jsonl
      1,200 笔源账记录：money：`…` 中没有数字（首笔：flow.csv:3）
      1 笔新账记录：money：`oops` 不是数字（posting.csv:7）
    ");
}

#[test]
fn reasons_of_rejects_find_room_on_ten_lines() {
    let mut report = report(balanced().agreements, Vec::new(), 12);
    let of = |count: u64| {
        let lines = (0..count).map(|number| reason(&format!("why{number}"), "source", 1, None));
        lines.collect::<Vec<_>>()
    };
    let mut lines_of = |count: u64| {
        report.rejects_by = of(count);
        let page = render(&report, &[], &style());
        let is_reason = |line: &&str| line.starts_with("  1 source") || line.starts_with("  and");
        page.lines()
            .filter(is_reason)
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert_eq!(lines_of(10).len(), 10);
    let told = lines_of(12);
    assert_eq!(told.len(), 10);
    assert_eq!(
        told.last().map(String::as_str),
        Some("  and 3 more, in evidence/2013-05-27T08-00-00Z/report.json")
    );
}

#[test]
fn controls_that_are_off_in_many_lines() {
    let days: Vec<String> = (1..=30).map(|day| format!("2013-05-{day:02}")).collect();
    let mut daily = control("daily totals", ControlStatus::Broken, None);
    daily.lines = days
        .iter()
        .enumerate()
        .map(|(at, day)| {
            let off = format!("{}.00", at * 7 % 30);
            line(&[("day", day)], ["0.00", &off, &off])
        })
        .collect();
    daily.lines.push(ControlLine {
        key: record(&[("day", "2013-06-01")]),
        ..ControlLine::default()
    });
    daily.says = Some("1 line has a figure that is NULL".to_owned());
    let report = report(Vec::new(), vec![daily], 0);
    insta::assert_snapshot!(render(&report, &[], &style()), @"
    OUT OF BALANCE  first: the books do not agree
    no rejects; controls: 1 broken

    ── Controls ──────────────────────────────────────────────────────────────────────────────
              control       expected  actual  difference
      broken  daily totals         -       -           -

      daily totals: 1 line has a figure that is NULL
      daily totals: 31 lines off
        day         expected  actual  difference
        2013-06-01         -       -           -
        2013-05-18      0.00   29.00       29.00
        2013-05-05      0.00   28.00       28.00
        2013-05-22      0.00   27.00       27.00
        2013-05-09      0.00   26.00       26.00
        2013-05-26      0.00   25.00       25.00
        2013-05-13      0.00   24.00       24.00
        2013-05-30      0.00   23.00       23.00
        2013-05-17      0.00   22.00       22.00
        2013-05-04      0.00   21.00       21.00
        2013-05-21      0.00   20.00       20.00
        2013-05-08      0.00   19.00       19.00
        and 19 more, in evidence/2013-05-27T08-00-00Z/report.json

    Evidence: evidence/2013-05-27T08-00-00Z/
    Elapsed: 9.2 s
    ");
}

#[test]
fn records_without_a_key_are_shown_by_their_fields() {
    let mut payments = agreement(
        "payments",
        [2, 3, 1],
        vec![total("amount", "GBP", ["30.00", "75.50", "45.50"])],
    );
    payments.breaks = BreakCounts {
        missing: 0,
        extra: 1,
        differs: 1,
        copies: 0,
    };
    payments.causes = unknown_cause(2, vec![amount("amount", "GBP", "45.50")]);
    let other = agreement("refunds", [1, 1, 1], Vec::new());
    let fields = [
        ("supplier", "ACME Scaffolding & Sons Ltd of Leeds"),
        ("amount", "45.50"),
    ];
    let extra = Break {
        agreement: "payments".into(),
        copies: Sides {
            expected: 0,
            actual: 1,
        },
        actual: Some(record(&fields)),
        difference: vec![amount("amount", "GBP", "45.50")],
        target: vec![place("2023-04.csv", 17)],
        ..found(BreakKind::Extra, &[])
    };
    let null = FieldDifference {
        name: "invoice".into(),
        expected: Some("NULL".into()),
        actual: None,
    };
    let differs = Break {
        agreement: "payments".into(),
        expected: Some(record(&fields)),
        actual: Some(record(&fields)),
        fields: vec![null],
        source: vec![
            SourceRecord {
                table: "bill".into(),
                ..SourceRecord::default()
            },
            place("raw/2023-04.csv", 1_017),
        ],
        ..found(BreakKind::Differs, &[])
    };
    let report = report(vec![payments, other], Vec::new(), 0);
    insta::assert_snapshot!(render(&report, &[extra, differs], &style()), @r#"
    OUT OF BALANCE  first: the books do not agree
    records: 3 expected, 4 actual, 2 agreed
    2 breaks; no rejects; no controls

    ── payments ──────────────────────────────────────────────────────────────────────────────
                  expected  actual  difference
      records            2       3           1
      amount GBP     30.00   75.50       45.50
      1 record agrees on both sides

      Breaks by kind
        missing  0  expected, and not in the target
        extra    1  in the target, and not expected
        differs  1  on both sides, with other fields
        copies   0  the same record, another number of times

      From expected to actual: amount GBP
                  breaks  amount
        expected           30.00
        extra          1   45.50
        differs        1    0.00
        actual             75.50
        residual            0.00

    ── refunds ───────────────────────────────────────────────────────────────────────────────
               expected  actual  difference
      records         1       1           0
      1 record agrees on both sides

      No breaks

    ── Breaks, the largest first: 2 ──────────────────────────────────────────────────────────
      1. extra  payments  supplier="ACME Scaffolding & Sons Ltd of Leeds" amount=45.50
         difference  45.50 GBP (amount)
         target      2023-04.csv:17
      2. differs  payments  supplier="ACME Scaffolding & Sons Ltd of Leeds" amount=45.50
         invoice  "NULL" → NULL
         source   table bill, raw/2023-04.csv:1017

    Evidence: evidence/2013-05-27T08-00-00Z/
    Elapsed: 9.2 s
    "#);
}

#[test]
fn many_crossed_totals_and_currencies_are_counted_and_the_largest_shown() {
    let currency = |at: usize| {
        format!(
            "X{}{}",
            char::from(b'A' + at as u8 / 26),
            char::from(b'A' + at as u8 % 26)
        )
    };
    let line = |at: usize| {
        let off = if at < 20 {
            format!("-{}.00", at * 13 % 20)
        } else {
            "0.00".to_owned()
        };
        total("amount", &currency(at), ["100.00", "99.00", &off])
    };
    let mut postings = agreement("postings", [1_000, 999, 950], (0..40).map(line).collect());
    postings.breaks = BreakCounts {
        missing: 1,
        extra: 0,
        differs: 49,
        copies: 0,
    };
    postings.causes = unknown_cause(
        50,
        (0..20)
            .map(|at| amount("amount", &currency(at), &line(at).difference))
            .collect(),
    );
    postings.crossed = (0..500)
        .map(|at| CrossedTotal {
            by: record(&[("day", &format!("day {at}"))]),
            records: Sides {
                expected: 10,
                actual: 10,
            },
            totals: vec![total(
                "amount",
                "XAA",
                ["0.00", "1.00", &format!("{}.00", at * 37 % 500)],
            )],
        })
        .collect();
    let page = render(
        &report(vec![postings], Vec::new(), 0),
        &four_breaks()[..1],
        &style(),
    );
    let told: Vec<&str> = page
        .lines()
        .filter(|line| line.contains("more") || line.contains("that are off"))
        .collect();
    insta::assert_snapshot!(told.join("\n"), @"
    and 28 more, in evidence/2013-05-27T08-00-00Z/report.json (7 of them off)
    and 7 more, in evidence/2013-05-27T08-00-00Z/report.json
    Crossed totals that are off: 500
      and 488 more, in evidence/2013-05-27T08-00-00Z/report.json
    and 49 more, in evidence/2013-05-27T08-00-00Z/breaks.jsonl
    ");
    assert!(page.lines().count() < 200, "{page}");
}

#[test]
fn amounts_are_never_clipped_however_narrow_the_screen_is() {
    let figures = [
        "123456789012345678901234567890123456.78",
        "-123456789012345678901234567890123456.79",
        "-246913578024691357802469135780246913.57",
    ];
    let mut report = balanced();
    report.agreements[0].totals = vec![total("amount", "CNY", figures)];
    let page = render(
        &report,
        &[],
        &Style {
            width: 60,
            ..style()
        },
    );
    for figure in figures {
        assert!(page.contains(&text::amount(figure)), "{page}");
    }
    let agreement: Vec<&str> = page.lines().skip(4).take(11).collect();
    insta::assert_snapshot!(agreement.join("\n"), @"
    no breaks; no rejects; controls: 1 holds

    ── postings ────────────────────────────────────────────────
      records
        expected    100,000,000
        actual      100,000,000
        difference            0
      amount CNY
        expected     123,456,789,012,345,678,901,234,567,890,123,456.78
        actual      -123,456,789,012,345,678,901,234,567,890,123,456.79
        difference  -246,913,578,024,691,357,802,469,135,780,246,913.57
    ");
}

/// Puts a text into every place of a report that a book or a plan can fill.
fn everywhere(text: &str) -> (Report, Vec<Break>) {
    let (mut report, mut largest) = a_cent_off();
    let all = || text.to_owned();
    report.plan = all();
    report.evidence = format!("evidence/{text}/");
    for agreement in &mut report.agreements {
        agreement.name = all();
        agreement.notes = vec![all()];
        agreement.not_checked = vec![all()];
        for total in &mut agreement.totals {
            *total = Total {
                column: all(),
                currency: all(),
                expected: all(),
                actual: all(),
                difference: all(),
            };
        }
        for amount in &mut agreement.residual {
            *amount = Amount {
                column: all(),
                currency: all(),
                amount: all(),
            };
        }
        for cause in &mut agreement.causes {
            cause.id = Some(all());
            cause.status = CauseStatus::Proved;
            cause.conditions = vec![all()];
        }
        for crossed in &mut agreement.crossed {
            crossed.by = record(&[(text, text)]);
            crossed.totals = vec![total(text, text, [text; 3])];
        }
        for repair in &mut agreement.repairs {
            repair.what = all();
        }
    }
    for control in &mut report.controls {
        control.name = all();
        control.says = Some(all());
        control.expected = Some(all());
        control.actual = Some(all());
        control.difference = Some(all());
        control.lines = vec![line(&[(text, text)], [text; 3])];
    }
    for found in &mut largest {
        found.agreement = all().into();
        found.key = record(&[(text, text)]);
        found.expected = Some(record(&[("other", text), (text, text)]));
        found.fields = vec![field(text, text, text)];
        found.difference = vec![amount(text, text, text)];
        found.source = vec![
            place(text, 1),
            SourceRecord {
                table: all().into(),
                ..SourceRecord::default()
            },
        ];
        found.cause = CauseFound {
            id: Some(all()),
            status: CauseStatus::Consistent,
            says: all(),
            rivals: vec![all()],
        };
    }
    (report, largest)
}

#[test]
fn no_text_of_a_book_or_a_plan_is_an_order_to_the_terminal() {
    let orders = "\u{1b}[2J\u{1b}]8;;http://x\u{7}\u{9b}1m\r\n\u{8}\u{202e}\u{200b}\u{7f}\0";
    let (report, largest) = everywhere(orders);
    for style in [
        style(),
        chinese(),
        Style {
            width: 60,
            unicode: false,
            ..style()
        },
    ] {
        let page = render(&report, &largest, &style);
        let obeyed = page.chars().find(|letter| {
            (letter.is_control() && *letter != '\n') || matches!(letter, '\u{202e}' | '\u{200b}')
        });
        assert_eq!(obeyed, None, "{page}");
        // A line that begins anew would be a line of the page that a book has written.
        assert!(
            !page
                .lines()
                .any(|line| line.starts_with('\u{8}') || line.contains("\r"))
        );
    }
}

#[test]
fn a_memo_with_escapes_is_shown_with_its_escapes_written_out() {
    let hostile = Break {
        fields: vec![field("memo", "rent", "rent\u{1b}[2K\rBALANCED")],
        source: vec![place("flow\u{1b}[31m.csv", 3)],
        ..found(BreakKind::Differs, &[("voucher", "P1\n2")])
    };
    let (mut report, _) = a_cent_off();
    report.agreements[0].breaks = BreakCounts {
        differs: 1,
        ..BreakCounts::default()
    };
    let page = render(&report, &[hostile], &style());
    let shown: Vec<&str> = page.lines().filter(|line| line.contains("\\")).collect();
    insta::assert_snapshot!(shown.join("\n"), @r"
    1. differs  voucher=P1\n2
       memo    rent → rent\u{1b}[2K\rBALANCED
       source  flow\u{1b}[31m.csv:3
    ");
}

#[test]
fn long_values_are_clipped_on_the_screen_to_where_they_differ() {
    let long = "货款".repeat(60);
    let differs = Break {
        fields: vec![field(
            "memo",
            &format!("{long}甲{long}"),
            &format!("{long}乙{long}"),
        )],
        ..found(BreakKind::Differs, &[("voucher", &"9".repeat(200))])
    };
    let (mut report, _) = a_cent_off();
    report.agreements[0].breaks = BreakCounts {
        differs: 1,
        ..BreakCounts::default()
    };
    let page = render(
        &report,
        &[differs],
        &Style {
            width: 60,
            ..style()
        },
    );
    let shown: Vec<&str> = page
        .lines()
        .skip_while(|line| !line.contains("1. "))
        .take(3)
        .collect();
    insta::assert_snapshot!(shown.join("\n"), @"
    1. differs  voucher=9999999999999999999999999999999999999…
       memo  …款货款货款货款甲货款货款货款货款货款货款货款…
             → …款货款货款货款乙货款货款货款货款货款货款货款…
    ");
    for line in shown {
        assert!(text::width(line) <= 60, "{line}");
    }
}

#[test]
fn colour_adds_nothing_that_words_do_not_say() {
    let (report, largest) = a_cent_off();
    let coloured = render(
        &report,
        &largest,
        &Style {
            colour: true,
            ..style()
        },
    );
    assert!(coloured.contains('\u{1b}'));
    let stripped = anstream::adapter::strip_str(&coloured).to_string();
    assert_eq!(stripped, render(&report, &largest, &style()));
}

#[test]
fn every_line_fits_the_screen() {
    let pages = [
        a_cent_off(),
        (unexplained(), Vec::new()),
        (incomplete(), four_breaks()),
    ];
    for (report, largest) in pages {
        for width in [40, 60, 80, 100, 140] {
            for style in [style(), chinese()] {
                let page = render(&report, &largest, &Style { width, ..style });
                for line in page.lines() {
                    assert!(text::width(line) <= width, "{width}: {line}");
                }
            }
        }
    }
}

#[test]
fn a_report_can_be_drawn_at_any_width() {
    let (report, largest) = everywhere("差错\u{1b} x");
    for width in 0..60 {
        assert!(!render(&report, &largest, &Style { width, ..style() }).is_empty());
    }
}
