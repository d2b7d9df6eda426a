//! `crossfoot verify`.

use crate::place::{Place, masked};
use std::process::Stdio;

#[test]
fn books_that_balance() {
    let place = Place::sound();
    insta::assert_snapshot!(place.run("verify"), @"
    $ crossfoot verify
    exit 0
    --- stdout
    BALANCED  sound: both books agree on everything that the plan compares
    records: 4 expected, 4 actual, 4 agreed
    no breaks; no rejects; no controls

    ── postings ────────────────────────────────────────────────────────────────────────────────────────
                  expected    actual  difference
      records            4         4           0
      amount CNY  1,257.59  1,257.59        0.00
      4 records agree on both sides

      No breaks
      The residual is zero in every column

    Evidence: evidence/[run]/
    Elapsed: [time]
    ");
    insta::assert_snapshot!(place.files().join("\n"), @"
    crossfoot.toml
    evidence/[run]/breaks.jsonl
    evidence/[run]/breaks.parquet
    evidence/[run]/manifest.json
    evidence/[run]/rejects.jsonl
    evidence/[run]/report.json
    new/posting.csv
    old/flow.csv
    rules/ledger.sql
    rules/posting.sql
    ");
}

#[test]
fn books_that_balance_in_chinese() {
    insta::assert_snapshot!(Place::sound().run("verify --lang zh"), @"
    $ crossfoot verify --lang zh
    exit 0
    --- stdout
    配平  sound：方案所列各项，两边账完全一致
    笔数：应有 4，实有 4，一致 4
    无差错；无拒收记录；无控制核对

    ── postings ────────────────────────────────────────────────────────────────────────────────────────
                      应有      实有  差额
      笔数               4         4     0
      amount CNY  1,257.59  1,257.59  0.00
      两边一致 4 笔

      无差错
      各列未解释差额均为零

    证据：evidence/[run]/
    用时：[time]
    ");
}

#[test]
fn the_first_example_is_a_cent_off() {
    insta::assert_snapshot!(Place::first().run("verify"), @"
    $ crossfoot verify
    exit 1
    --- stdout
    OUT OF BALANCE  first: the books do not agree
    records: 120 expected, 120 actual, 114 agreed
    7 breaks; no rejects; controls: 1 broken

    ── postings ────────────────────────────────────────────────────────────────────────────────────────
                  expected    actual  difference
      records          120       120           0
      amount CNY  2,555.56  2,555.55       -0.01
      114 records agree on both sides

      Breaks by kind
        missing  1  expected, and not in the target
        extra    0  in the target, and not expected
        differs  5  on both sides, with other fields
        copies   1  the same record, another number of times

      From expected to actual: amount CNY
                      breaks    amount
        expected              2,555.56
        A10 possible       2      0.00
        A1 possible        1    -88.00
        A5 possible        1     50.40
        B3 possible        1     -0.01
        B9 possible        1     37.60
        T2 possible        1      0.00
        actual                2,555.55
        residual                  0.00

      Crossed totals that are off: 5
        accounting_date  kind     column      records +/-   expected     actual  difference
        2013-05-25       PAYMENT  amount CNY           -1  -3,978.88  -3,873.08      105.80
        2013-05-25       TOPUP    amount CNY           -1   2,988.00   2,900.00      -88.00
        2013-05-26       PAYMENT  amount CNY            1  -4,096.43  -4,164.63      -68.20
        2013-05-25       REFUND   amount CNY            1     183.93     234.33       50.40
        2013-05-24       INCOME   amount CNY            0       8.02       8.01       -0.01

    ── Breaks, the largest first: 7 ────────────────────────────────────────────────────────────────────
      1. missing  voucher=P00041995
         record      account=W-1034 kind=TOPUP booked_at=2013-05-24T20:36:22Z accounting_date=2013-05-2…
         difference  -88.00 CNY (amount)
         source      flow.csv:57
         cause       A1 possible: the record is not in the target (A2, A3, A4, A8, T8, T9, P3)
      2. copies  voucher=P00042002
         record      account=W-1056 kind=REFUND booked_at=2013-05-24T21:28:29Z accounting_date=2013-05-…
         copies      1 expected, 2 actual
         difference  50.40 CNY (amount)
         source      flow.csv:60
         target      posting.csv:108, posting.csv:109
         cause       A5 possible: the same record is there 2 times instead of 1 (B16, P1)
      3. differs  voucher=P00042031
         amount      -18.80 → 18.80
         difference  37.60 CNY (amount)
         source      flow.csv:76
         target      posting.csv:95
         cause       B9 possible: amount: -18.80 became 18.80: the minus sign was lost (D1, D2)
      4. differs  voucher=P00041979
         amount      0.29 → 0.28
         difference  -0.01 CNY (amount)
         source      flow.csv:45
         target      posting.csv:48
         cause       B3 possible: amount: 0.29 became 0.28: multiplied by 100 in a double, and cut (B7,
                     M1)
      5. differs  voucher=P00041933
         account  W-1003 → W-1034
         source   flow.csv:17
         target   posting.csv:78
         cause    A10 possible: P00041933 and P00041964 hold each other's account (D3, D5, D7, D8)
      6. differs  voucher=P00041964
         account  W-1034 → W-1003
         source   flow.csv:35
         target   posting.csv:27
         cause    A10 possible: P00041933 and P00041964 hold each other's account (D3, D5, D7, D8)
      7. differs  voucher=P00042047
         accounting_date  2013-05-25 → 2013-05-26
         source           flow.csv:86
         target           posting.csv:61
         cause            T2 possible: accounting_date: 2013-05-25 became 2013-05-26: the day after, at
                          22:59:58 (T1, T3, M1)

    ── Controls ────────────────────────────────────────────────────────────────────────────────────────
              control                                   expected    actual  difference
      broken  daily totals that the old system printed  2,555.56  2,555.55       -0.01

      daily totals that the old system printed: 3 lines off
        day          expected     actual  difference
        2013-05-24   4,361.07   4,361.06       -0.01
        2013-05-25    -802.30    -734.10       68.20
        2013-05-26  -1,003.21  -1,071.41      -68.20

    Evidence: evidence/[run]/
    Elapsed: [time]
    ");
}

#[test]
fn the_first_example_in_chinese() {
    insta::assert_snapshot!(Place::first().run("verify --lang zh"), @"
    $ crossfoot verify --lang zh
    exit 1
    --- stdout
    不平  first：两边账不一致
    笔数：应有 120，实有 120，一致 114
    差错 7 处；无拒收记录；控制核对：不符 1 项

    ── postings ────────────────────────────────────────────────────────────────────────────────────────
                      应有      实有   差额
      笔数             120       120      0
      amount CNY  2,555.56  2,555.55  -0.01
      两边一致 114 笔

      差错分类
        漏转      1  应有而新账中没有
        多出      0  新账中有而不应有
        不一致    5  两边都有，字段不同
        份数不同  1  同一记录，两边份数不同

      由应有到实有：amount CNY
                    差错    amount
        应有              2,555.56
        A10 可能       2      0.00
        A1 可能        1    -88.00
        A5 可能        1     50.40
        B3 可能        1     -0.01
        B9 可能        1     37.60
        T2 可能        1      0.00
        实有              2,555.55
        未解释差额            0.00

      不符的纵横合计：5 项
        accounting_date  kind     列          笔数差       应有       实有    差额
        2013-05-25       PAYMENT  amount CNY      -1  -3,978.88  -3,873.08  105.80
        2013-05-25       TOPUP    amount CNY      -1   2,988.00   2,900.00  -88.00
        2013-05-26       PAYMENT  amount CNY       1  -4,096.43  -4,164.63  -68.20
        2013-05-25       REFUND   amount CNY       1     183.93     234.33   50.40
        2013-05-24       INCOME   amount CNY       0       8.02       8.01   -0.01

    ── 差错（由大到小）：7 处 ──────────────────────────────────────────────────────────────────────────
      1. 漏转  voucher=P00041995
         记录  account=W-1034 kind=TOPUP booked_at=2013-05-24T20:36:22Z accounting_date=2013-05-25 amou…
         差额  -88.00 CNY (amount)
         源账  flow.csv:57
         原因  A1 可能：新账中没有这条记录 (A2、A3、A4、A8、T8、T9、P3)
      2. 份数不同  voucher=P00042002
         记录      account=W-1056 kind=REFUND booked_at=2013-05-24T21:28:29Z accounting_date=2013-05-25…
         份数不同  应有 1 份，实有 2 份
         差额      50.40 CNY (amount)
         源账      flow.csv:60
         新账      posting.csv:108、posting.csv:109
         原因      A5 可能：同一记录出现 2 次，应为 1 次 (B16、P1)
      3. 不一致  voucher=P00042031
         amount  -18.80 → 18.80
         差额    37.60 CNY (amount)
         源账    flow.csv:76
         新账    posting.csv:95
         原因    B9 可能：amount：-18.80 变成 18.80：负号丢失 (D1、D2)
      4. 不一致  voucher=P00041979
         amount  0.29 → 0.28
         差额    -0.01 CNY (amount)
         源账    flow.csv:45
         新账    posting.csv:48
         原因    B3 可能：amount：0.29 变成 0.28：以双精度浮点乘以 100 后截断 (B7、M1)
      5. 不一致  voucher=P00041933
         account  W-1003 → W-1034
         源账     flow.csv:17
         新账     posting.csv:78
         原因     A10 可能：P00041933 与 P00041964 的 account 互换 (D3、D5、D7、D8)
      6. 不一致  voucher=P00041964
         account  W-1034 → W-1003
         源账     flow.csv:35
         新账     posting.csv:27
         原因     A10 可能：P00041933 与 P00041964 的 account 互换 (D3、D5、D7、D8)
      7. 不一致  voucher=P00042047
         accounting_date  2013-05-25 → 2013-05-26
         源账             flow.csv:86
         新账             posting.csv:61
         原因             T2 可能：accounting_date：2013-05-25 变成 2013-05-26：后一日，时间为 22:59:58
                          (T1、T3、M1)

    ── 控制核对 ────────────────────────────────────────────────────────────────────────────────────────
            核对                                          应有      实有   差额
      不符  daily totals that the old system printed  2,555.56  2,555.55  -0.01

      daily totals that the old system printed：3 行不符
        day              应有       实有    差额
        2013-05-24   4,361.07   4,361.06   -0.01
        2013-05-25    -802.30    -734.10   68.20
        2013-05-26  -1,003.21  -1,071.41  -68.20

    证据：evidence/[run]/
    用时：[time]
    ");
}

#[test]
#[expect(clippy::too_many_lines, reason = "the document is shown whole")]
fn one_document_on_stdout_and_nothing_else() {
    let place = Place::first();
    insta::assert_snapshot!(place.run("verify --json"), @r#"
    $ crossfoot verify --json
    exit 1
    --- stdout
    {
      "version": 1,
      "plan": "first",
      "verdict": "out_of_balance",
      "agreements": [
        {
          "name": "postings",
          "records": {
            "expected": 120,
            "actual": 120,
            "agreed": 114
          },
          "totals": [
            {
              "column": "amount",
              "currency": "CNY",
              "expected": "2555.56",
              "actual": "2555.55",
              "difference": "-0.01"
            }
          ],
          "breaks": {
            "missing": 1,
            "extra": 0,
            "differs": 5,
            "copies": 1
          },
          "causes": [
            {
              "id": "A10",
              "status": "consistent",
              "breaks": 2,
              "difference": [],
              "where": [],
              "counterexamples": 0
            },
            {
              "id": "A1",
              "status": "consistent",
              "breaks": 1,
              "difference": [
                {
                  "column": "amount",
                  "currency": "CNY",
                  "amount": "-88.00"
                }
              ],
              "where": [],
              "counterexamples": 0
            },
            {
              "id": "A5",
              "status": "consistent",
              "breaks": 1,
              "difference": [
                {
                  "column": "amount",
                  "currency": "CNY",
                  "amount": "50.40"
                }
              ],
              "where": [],
              "counterexamples": 0
            },
            {
              "id": "B3",
              "status": "consistent",
              "breaks": 1,
              "difference": [
                {
                  "column": "amount",
                  "currency": "CNY",
                  "amount": "-0.01"
                }
              ],
              "where": [],
              "counterexamples": 0
            },
            {
              "id": "B9",
              "status": "consistent",
              "breaks": 1,
              "difference": [
                {
                  "column": "amount",
                  "currency": "CNY",
                  "amount": "37.60"
                }
              ],
              "where": [],
              "counterexamples": 0
            },
            {
              "id": "T2",
              "status": "consistent",
              "breaks": 1,
              "difference": [],
              "where": [],
              "counterexamples": 0
            }
          ],
          "residual": [
            {
              "column": "amount",
              "currency": "CNY",
              "amount": "0.00"
            }
          ],
          "crossed": [
            {
              "by": {
                "accounting_date": "2013-05-24",
                "kind": "INCOME"
              },
              "records": {
                "expected": 5,
                "actual": 5
              },
              "totals": [
                {
                  "column": "amount",
                  "currency": "CNY",
                  "expected": "8.02",
                  "actual": "8.01",
                  "difference": "-0.01"
                }
              ]
            },
            {
              "by": {
                "accounting_date": "2013-05-25",
                "kind": "PAYMENT"
              },
              "records": {
                "expected": 23,
                "actual": 22
              },
              "totals": [
                {
                  "column": "amount",
                  "currency": "CNY",
                  "expected": "-3978.88",
                  "actual": "-3873.08",
                  "difference": "105.80"
                }
              ]
            },
            {
              "by": {
                "accounting_date": "2013-05-25",
                "kind": "REFUND"
              },
              "records": {
                "expected": 4,
                "actual": 5
              },
              "totals": [
                {
                  "column": "amount",
                  "currency": "CNY",
                  "expected": "183.93",
                  "actual": "234.33",
                  "difference": "50.40"
                }
              ]
            },
            {
              "by": {
                "accounting_date": "2013-05-25",
                "kind": "TOPUP"
              },
              "records": {
                "expected": 8,
                "actual": 7
              },
              "totals": [
                {
                  "column": "amount",
                  "currency": "CNY",
                  "expected": "2988.00",
                  "actual": "2900.00",
                  "difference": "-88.00"
                }
              ]
            },
            {
              "by": {
                "accounting_date": "2013-05-26",
                "kind": "PAYMENT"
              },
              "records": {
                "expected": 21,
                "actual": 22
              },
              "totals": [
                {
                  "column": "amount",
                  "currency": "CNY",
                  "expected": "-4096.43",
                  "actual": "-4164.63",
                  "difference": "-68.20"
                }
              ]
            }
          ]
        }
      ],
      "controls": [
        {
          "name": "daily totals that the old system printed",
          "status": "broken",
          "expected": "2555.56",
          "actual": "2555.55",
          "difference": "-0.01",
          "lines": [
            {
              "key": {
                "day": "2013-05-24"
              },
              "expected": "4361.07",
              "actual": "4361.06",
              "difference": "-0.01"
            },
            {
              "key": {
                "day": "2013-05-25"
              },
              "expected": "-802.30",
              "actual": "-734.10",
              "difference": "68.20"
            },
            {
              "key": {
                "day": "2013-05-26"
              },
              "expected": "-1003.21",
              "actual": "-1071.41",
              "difference": "-68.20"
            }
          ]
        }
      ],
      "rejects": 0,
      "evidence": "evidence/[run]/",
      "elapsed_seconds": [time]
    }
    "#);
}

#[test]
fn the_document_is_the_report_of_the_evidence() {
    let place = Place::first();
    let told = place.output("verify --json --evidence out");
    let printed: serde_json::Value = serde_json::from_str(&told.stdout).unwrap();
    let written: serde_json::Value = serde_json::from_str(&place.read("out/report.json")).unwrap();
    assert_eq!(printed, written);
    assert_eq!(printed["version"], 1);
    assert_eq!(told.stderr, "");
}

#[test]
fn the_breaks_are_all_in_the_evidence() {
    let place = Place::first();
    place.output("verify --evidence out");
    let breaks = place.read("out/breaks.jsonl");
    let told: Vec<String> = breaks
        .lines()
        .map(|line| {
            let found: serde_json::Value = serde_json::from_str(line).unwrap();
            format!("{} {} {}", found["kind"], found["key"], found["difference"])
        })
        .collect();
    insta::assert_snapshot!(told.join("\n"), @r#"
    "differs" {"voucher":"P00041933"} []
    "differs" {"voucher":"P00041964"} []
    "differs" {"voucher":"P00041979"} [{"column":"amount","currency":"CNY","amount":"-0.01"}]
    "missing" {"voucher":"P00041995"} [{"column":"amount","currency":"CNY","amount":"-88.00"}]
    "copies" {"voucher":"P00042002"} [{"column":"amount","currency":"CNY","amount":"50.40"}]
    "differs" {"voucher":"P00042031"} [{"column":"amount","currency":"CNY","amount":"37.60"}]
    "differs" {"voucher":"P00042047"} []
    "#);
}

#[test]
fn breaks_are_located_without_their_causes() {
    let place = Place::first();
    let explained = place.output("verify --json --evidence explained");
    let located = place.output("verify --json --evidence located --no-causes");
    assert_eq!(
        (located.status, located.stderr),
        (explained.status, explained.stderr)
    );
    let lines = |folder: &str| -> Vec<serde_json::Value> {
        let breaks = place.read(&format!("{folder}/breaks.jsonl"));
        breaks
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    };
    let nothing = serde_json::json!({"id": null, "status": "unknown", "says": "", "rivals": []});
    let mut explained = lines("explained");
    for found in &mut explained {
        let cause = std::mem::replace(&mut found["cause"], nothing.clone());
        assert_ne!(cause, nothing);
    }
    assert_eq!(lines("located"), explained);
    insta::assert_snapshot!(place.run("verify --evidence located --no-causes"));
    insta::assert_snapshot!(place.run("verify --evidence located --no-causes --lang zh"));
    // Where there is no break, there is nothing to leave out.
    let sound = Place::sound().output("verify --json --no-causes");
    assert!(!sound.stdout.contains("as asked"), "{}", sound.stdout);
}

#[test]
fn a_damaged_daybook_of_another_window_keeps_no_evidence_from_being_reported() {
    let place = Place::first().with("window/daybook-2013-05-27T05-12-00Z.jsonl", "torn\n");
    place.output("verify --evidence out");
    for (lang, said) in [
        ("en", "\nthe daybook of another window was passed over\n"),
        ("zh", "\n已略过另一窗口的日记账\n"),
    ] {
        let told = place.output(&format!(
            "report --evidence out --html out.html --lang {lang}"
        ));
        assert_eq!(told.status, "0", "{}", told.stderr);
        assert!(told.stderr.contains(said), "{}", told.stderr);
        assert!(
            told.stderr.contains("daybook-2013-05-27T05-12-00Z.jsonl"),
            "{}",
            told.stderr
        );
    }
}

#[test]
fn threads_change_nothing_but_the_time() {
    let told = |threads: &str| {
        let place = Place::first();
        let told = place.run(&format!("verify --evidence out --threads {threads}"));
        let breaks = place.read("out/breaks.jsonl");
        let lines: Vec<String> = told.lines().skip(1).map(masked).collect();
        (lines, breaks)
    };
    let one = told("1");
    for threads in ["2", "3", "8"] {
        assert_eq!(told(threads), one, "{threads}");
    }
}

#[test]
fn a_text_file_that_begins_with_a_byte_order_mark_is_read_by_it() {
    let place = Place::sound();
    let text = place.read("new/posting.csv");
    let units = [0xfeff].into_iter().chain(text.encode_utf16());
    let bytes: Vec<u8> = units.flat_map(u16::to_le_bytes).collect();
    let place = place.with("new/posting.csv", bytes);
    assert_eq!(place.output("verify").status, "0");
}

#[test]
fn a_run_does_not_overwrite_what_is_no_evidence() {
    let place = Place::sound().with("out/thesis.txt", "years of work");
    insta::assert_snapshot!(place.run("verify --evidence out"), @"
    $ crossfoot verify --evidence out
    exit 2
    --- stderr
    error: out: holds thesis.txt, which is no evidence; name an empty or a new folder
    ");
    assert_eq!(place.read("out/thesis.txt"), "years of work");
}

#[test]
fn a_run_deletes_nothing_that_only_is_called_as_ours_is() {
    let ledger = "1,2.00\n";
    let place = Place::sound()
        .with("d/manifest.json", "{}")
        .with("d/ledger-2013.csv", ledger)
        .with("x.partial/books.csv", ledger);
    let before = place.files();
    insta::assert_snapshot!(place.run("verify --evidence d"), @"
    $ crossfoot verify --evidence d
    exit 2
    --- stderr
    error: d: holds ledger-2013.csv, which is no evidence; name an empty or a new folder
    ");
    insta::assert_snapshot!(place.run("verify --evidence x --lang zh"), @"
    $ crossfoot verify --evidence x --lang zh
    exit 2
    --- stderr
    错误：x.partial：其中的 books.csv 不是核对所写；请移走，或另写一个文件夹
    ");
    assert_eq!(place.files(), before);
    // Nor beside evidence of ours.
    assert_eq!(place.output("verify --evidence out").status, "0");
    let place = place.with("out/ledger-2013.csv", ledger);
    let said = place.output("verify --evidence out");
    assert_eq!(said.status, "2", "{}", said.stderr);
    assert_eq!(place.read("out/ledger-2013.csv"), ledger);
    assert_eq!(place.read("x.partial/books.csv"), ledger);
}

/// The folders in `evidence`, in order.
fn folders_of_evidence(place: &Place) -> Vec<String> {
    let entries = std::fs::read_dir(place.path().join("evidence")).unwrap();
    let name = |entry: std::io::Result<std::fs::DirEntry>| entry.unwrap().file_name();
    let mut names: Vec<String> = entries
        .map(|entry| name(entry).into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn runs_at_the_same_time_leave_evidence_each() {
    let place = Place::sound();
    let begin = || {
        let mut command = place.command("verify --json");
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().unwrap()
    };
    let running: Vec<_> = (0..4).map(|_| begin()).collect();
    let mut told: Vec<String> = running
        .into_iter()
        .chain((0..2).map(|_| begin()))
        .map(|child| {
            let output = child.wait_with_output().unwrap();
            assert_eq!(output.status.code(), Some(0), "{output:?}");
            let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
            let evidence = report["evidence"].as_str().unwrap().to_owned();
            // The report in the folder is that of the run that has left it.
            let left = place.read(&format!("{evidence}report.json"));
            let left: serde_json::Value = serde_json::from_str(&left).unwrap();
            assert_eq!(left, report);
            evidence
        })
        .collect();
    told.sort();
    let mut folders: Vec<String> = folders_of_evidence(&place)
        .iter()
        .map(|name| format!("evidence/{name}/"))
        .collect();
    folders.sort();
    assert_eq!(folders.len(), 6, "{folders:?}");
    assert_eq!(told, folders);
    for folder in &folders {
        let checked = place.output(&format!("evidence verify {folder}"));
        // Nobody signed it; but every file is as it was written.
        assert_eq!(checked.status, "5", "{}{}", checked.stdout, checked.stderr);
    }
}

#[test]
fn the_latest_evidence_is_that_of_the_run_that_began_last() {
    let place = Place::sound();
    let sound = place.read("new/posting.csv");
    let wrong = sound.replacen("1250.50", "1250.51", 1);
    assert_ne!(wrong, sound);
    let mut place = place;
    // Twelve in a few seconds: names with numbers of one digit and of two, whatever the clock shows.
    for round in 0..12 {
        let (text, verdict) = match round % 2 {
            0 => (&wrong, "out_of_balance"),
            _ => (&sound, "balanced"),
        };
        place = place.with("new/posting.csv", text);
        place.output("verify");
        let report = place.output("report --json");
        let report: serde_json::Value = serde_json::from_str(&report.stdout).unwrap();
        assert_eq!(report["verdict"], verdict, "round {round}");
    }
    assert_eq!(folders_of_evidence(&place).len(), 12);
}

#[test]
fn what_is_said_of_two_books_does_not_go_with_a_plan() {
    let place = Place::sound();
    for line in [
        "verify --plan crossfoot.toml --key nosuch",
        "verify --plan crossfoot.toml --money x",
        "verify --plan crossfoot.toml --key nosuch --money x",
        "explain V1 --column amount",
        "explain V1 --currency CNY",
        "demo --fault B3 --people 5",
        "sign --role engineer --key wang.key --name 'Wang Wei'",
    ] {
        let told = place.output(line);
        assert_eq!(told.status, "2", "{line}: {}", told.stdout);
        assert!(
            told.stderr.contains("cannot be used with"),
            "{line}: {}",
            told.stderr
        );
    }
    // Without either there is nothing that they could be said of.
    let told = place.output("verify --key nosuch");
    assert_eq!(told.status, "2", "{}", told.stdout);
    assert!(told.stderr.contains("required"), "{}", told.stderr);
}

#[test]
fn more_threads_than_a_plan_may_ask_for_are_wrong_use() {
    let place = Place::sound();
    for line in [
        "demo",
        "verify",
        "explain V1",
        "convert",
        "correct",
        "window freeze",
        "window release",
        "gate",
        "rehearse",
    ] {
        for count in ["0", "1025", "100000", "many"] {
            let told = place.output(&format!("{line} --threads {count}"));
            assert_eq!(told.status, "2", "{line}, {count}: {}", told.stderr);
            let said = format!(
                "invalid value '{count}' for '--threads <N>': threads are a whole number from 1 to 1024"
            );
            assert!(told.stderr.contains(&said), "{line}: {}", told.stderr);
        }
    }
    assert_eq!(place.output("verify --threads 64").status, "0");
}

/// Both books of the sound example without a record.
fn without_records(more: &str) -> Place {
    let place = Place::sound();
    let header = |file: &str| {
        let text = place.read(file);
        let line = text.lines().next().unwrap();
        format!("{line}\n")
    };
    let (old, new) = (header("old/flow.csv"), header("new/posting.csv"));
    let plan = place.read("crossfoot.toml") + more;
    place
        .with("old/flow.csv", old)
        .with("new/posting.csv", new)
        .with("crossfoot.toml", plan)
}

#[test]
fn books_without_a_record_are_not_proved_unless_the_plan_allows_it() {
    insta::assert_snapshot!(without_records("").run("verify"), @"
    $ crossfoot verify
    exit 5
    --- stdout
    INCOMPLETE  sound: nothing is proved, as not everything was checked
    records: 0 expected, 0 actual, 0 agreed
    no breaks; no rejects; no controls
    Why nothing is proved:
      - postings: neither side has a record: nothing was compared; `may_be_empty = true` in a plan
        allows it

    ── postings ────────────────────────────────────────────────────────────────────────────────────────
               expected  actual  difference
      records         0       0           0
      0 records agree on both sides

      No breaks

    Evidence: evidence/[run]/
    Elapsed: [time]
    ");
    let told = without_records("").output("verify --lang zh");
    assert_eq!(told.status, "5");
    assert!(
        told.stdout.contains("两边都没有记录：什么也没有核对"),
        "{}",
        told.stdout
    );
    let allowed = without_records("may_be_empty = true\n").output("verify --json");
    assert_eq!(allowed.status, "0", "{}", allowed.stdout);
    // Two books without a plan have nobody who allows it.
    let books = "verify old/flow.csv new/posting.csv --json";
    let told = without_records("").output(books);
    let report: serde_json::Value = serde_json::from_str(&told.stdout).unwrap();
    assert_eq!(
        (told.status.as_str(), &report["verdict"]),
        ("5", &"incomplete".into())
    );
}

#[test]
fn evidence_may_be_written_anew() {
    let place = Place::sound();
    assert_eq!(place.output("verify --evidence out").status, "0");
    assert_eq!(place.output("verify --evidence out").status, "0");
}

#[test]
#[expect(clippy::too_many_lines, reason = "the screen is shown whole")]
fn two_books_without_a_plan() {
    insta::assert_snapshot!(
        Place::first().run("verify wallet/flow.csv ledger/posting.csv --evidence out"),
        @r#"
    $ crossfoot verify wallet/flow.csv ledger/posting.csv --evidence out
    exit 5
    --- stdout
    INCOMPLETE  flow to posting: nothing is proved, as not everything was checked
    records: 120 expected, 120 actual, 51 agreed
    70 breaks; no rejects; no controls
    Why nothing is proved:
      - posting: the source's user_id, happened_at, code, memo are not compared: the target has
        nothing like it
      - posting: the target's account, kind, booked_at, accounting_date are not compared: the source
        has nothing like it

    ── posting ─────────────────────────────────────────────────────────────────────────────────────────
                expected    actual  difference
      records        120       120           0
      amount   29,406.60  2,555.55  -26,851.05
      51 records agree on both sides

      Breaks by kind
        missing   1  expected, and not in the target
        extra     0  in the target, and not expected
        differs  68  on both sides, with other fields
        copies    1  the same record, another number of times

      From expected to actual: amount
                     breaks      amount
        expected              29,406.60
        B9 possible      67  -26,813.44
        A1 possible       1      -88.00
        A5 possible       1       50.40
        B3 possible       1       -0.01
        actual                 2,555.55
        residual                   0.00
        B9 possible: where source.serial <> 'P00042031' and money(source.code) IN (2, 4); 67 of 67;
          counterexamples: 0

      Notes
        - nothing tells the currency of the amounts: they are totalled without one; `currency = "CNY"`
          in a plan would tell it
        - took voucher as key (unique in 120 of 120), amount as money
        - flow is held against posting
        - voucher: unique in 120 of 120 records of the source, unique in 119 of 120 of the target:
          what is there more than once, or empty, is reported
        - serial is voucher: by what they hold: all 119 values are in both
        - amount: only 25 of 96 values are in both
        - not compared, as the plan says: account, kind, booked_at, accounting_date
        - B9 reading of the rule, amount: turns the sign, `-money(amount, 2)` instead of
          `money(amount, 2)`: gives what the target holds for 67 breaks, and would change 120 records of
          the whole book, of which 51 agree with the rule

    ── The largest breaks: 10 of 70 ────────────────────────────────────────────────────────────────────
      1. differs  voucher=P00042081
         amount      379.94 → -379.94
         difference  -759.88 (amount)
         source      flow.csv:104
         target      posting.csv:63
         cause       B9 possible: amount: 379.94 became -379.94: the sign was turned (D1)
      2. differs  voucher=P00041910
         amount      379.93 → -379.93
         difference  -759.86 (amount)
         source      flow.csv:3
         target      posting.csv:92
         cause       B9 possible: amount: 379.93 became -379.93: the sign was turned (D1)
      3. differs  voucher=P00041948
         amount      375.91 → -375.91
         difference  -751.82 (amount)
         source      flow.csv:25
         target      posting.csv:101
         cause       B9 possible: amount: 375.91 became -375.91: the sign was turned (D1)
      4. differs  voucher=P00042020
         amount      375.15 → -375.15
         difference  -750.30 (amount)
         source      flow.csv:71
         target      posting.csv:60
         cause       B9 possible: amount: 375.15 became -375.15: the sign was turned (D1)
      5. differs  voucher=P00041975
         amount      369.12 → -369.12
         difference  -738.24 (amount)
         source      flow.csv:43
         target      posting.csv:47
         cause       B9 possible: amount: 369.12 became -369.12: the sign was turned (D1)
      6. differs  voucher=P00041918
         amount      345.88 → -345.88
         difference  -691.76 (amount)
         source      flow.csv:8
         target      posting.csv:14
         cause       B9 possible: amount: 345.88 became -345.88: the sign was turned (D1)
      7. differs  voucher=P00041947
         amount      344.10 → -344.10
         difference  -688.20 (amount)
         source      flow.csv:24
         target      posting.csv:100
         cause       B9 possible: amount: 344.10 became -344.10: the sign was turned (D1)
      8. differs  voucher=P00042045
         amount      341.10 → -341.10
         difference  -682.20 (amount)
         source      flow.csv:85
         target      posting.csv:119
         cause       B9 possible: amount: 341.10 became -341.10: the sign was turned (D1)
      9. differs  voucher=P00042080
         amount      337.51 → -337.51
         difference  -675.02 (amount)
         source      flow.csv:103
         target      posting.csv:76
         cause       B9 possible: amount: 337.51 became -337.51: the sign was turned (D1)
      10. differs  voucher=P00041961
          amount      332.69 → -332.69
          difference  -665.38 (amount)
          source      flow.csv:34
          target      posting.csv:103
          cause       B9 possible: amount: 332.69 became -332.69: the sign was turned (D1)
      and 60 more, in out/breaks.jsonl

    Evidence: out/
    Elapsed: [time]
    --- stderr
    took voucher as key (unique in 120 of 120), amount as money; not compared: user_id, happened_at, code, memo of the source's flow, account, kind, booked_at, accounting_date of the target's posting
    "#
    );
}

/// Two books of CSV, compared without a plan: the exit code, the report and what is said.
fn at_once(old: &str, new: &str) -> (String, serde_json::Value, String) {
    let place = Place::empty().with("old.csv", old).with("new.csv", new);
    let told = place.output("verify old.csv new.csv --evidence out --json --lang en");
    let report = serde_json::from_str(&told.stdout).unwrap_or_default();
    (told.status, report, told.stderr)
}

#[test]
fn marks_of_several_currencies_without_a_plan_are_not_checked() {
    let target = "id,amount\n1,1.00\n2,CNY 2.00\n3,5.00 EUR\n";
    let (status, report, said) = at_once("id,amount\n1,USD 1.00\n2,$2.00\n3,JPY 5\n", target);
    assert_eq!(
        (status.as_str(), &report["verdict"]),
        ("5", &"incomplete".into()),
        "{said}"
    );
    assert_eq!(
        report["agreements"][0]["not_checked"],
        serde_json::json!([
            "whether amounts are of the same currency: the marks beside them ($ CNY EUR JPY) tell \
             several, and only their figures are compared: a plan whose rules give the currency of \
             each record in a column settles it"
        ])
    );
    // Where they tell one, another than that is a reject.
    let yuan = "id,amount\n1,¥1.00\n2,2.00元\n3,5.00\n";
    let (status, report, said) = at_once(yuan, "id,amount\n1,1.00\n2,2.00\n3,5.00\n");
    assert_eq!(
        (
            status.as_str(),
            &report["agreements"][0]["totals"][0]["currency"]
        ),
        ("0", &"CNY".into()),
        "{said}"
    );
}

#[test]
fn what_two_books_without_a_plan_leave_out_is_not_checked() {
    let (status, report, said) = at_once(
        "id,total,lost\n1,5.00,x\n2,7.00,y\n",
        "id,total\n1,5.00\n2,7.00\n",
    );
    assert_eq!(
        (status.as_str(), &report["verdict"]),
        ("5", &"incomplete".into()),
        "{said}"
    );
    assert_eq!(
        report["agreements"][0]["not_checked"],
        serde_json::json!(["the source's lost is not compared: the target has nothing like it"])
    );
    let place = Place::empty()
        .with("old/x.csv", "id,total\n1,5.00\n2,7.00\n")
        .with("old/y.csv", "name\nrent\n")
        .with("new/x.csv", "id,total\n1,5.00\n2,7.00\n");
    let told = place.output("verify old new --evidence out --json");
    assert_eq!(told.status, "5", "{}", told.stderr);
    assert!(
        told.stdout
            .contains("the source's table y (1 record) has no counterpart"),
        "{}",
        told.stdout
    );
    // A plan says what is left out, and people have read it.
    assert_eq!(
        place
            .output("init old new -o drafts/1/crossfoot.toml")
            .status,
        "0"
    );
    let told = place.output("verify --plan drafts/1 --evidence again");
    assert_eq!(told.status, "0", "{}{}", told.stdout, told.stderr);
}

#[test]
fn no_conversion_is_fitted_to_a_fault() {
    let rows = |row: fn(u32) -> String| (1..=40).map(row).collect::<String>();
    let check = |old: String, new: String, expect: &str| {
        let (status, report, said) = at_once(&old, &new);
        assert_eq!(status, expect, "{old}{new}{said}{report}");
        report.to_string() + &said
    };
    // Every amount a hundred times as large.
    let amounts = |end: &'static str| {
        let rows = (1..=40).map(|n| format!("P{n},{}{end}\n", n * 7));
        format!("id,amount\n{}", rows.collect::<String>())
    };
    let told = check(amounts(".25"), amounts("25"), "1");
    assert!(told.contains("most would be the same times 100"), "{told}");
    // Zeros and signs that were lost.
    let account = |n: u32| format!("P{n},{:06},{n}.50\n", n * 11);
    let number = |n: u32| format!("P{n},{},{n}.50\n", n * 11);
    let head = "id,account,amount\n";
    check(
        head.to_owned() + &rows(account),
        head.to_owned() + &rows(number),
        "1",
    );
    let phone = |n: u32| format!("P{n},+138{n:05}\n");
    let plain = |n: u32| format!("P{n},138{n:05}\n");
    let head = "id,phone\n";
    check(
        head.to_owned() + &rows(phone),
        head.to_owned() + &rows(plain),
        "1",
    );
    // An offset that only the values tell.
    let civil = |n: u32| format!("P{n},2013-05-{:02} 09:{:02}:00\n", 1 + n % 27, n % 60);
    let instant = |n: u32| format!("P{n},2013-05-{:02}T00:{:02}:00Z\n", 1 + n % 27, n % 60);
    let head = "id,at\n";
    let told = check(
        head.to_owned() + &rows(civil),
        head.to_owned() + &rows(instant),
        "5",
    );
    assert!(
        told.contains("at was read with the offset +09:00 from UTC because most values"),
        "{told}"
    );
    assert!(
        told.contains("at: as instants: with the offset +09:00 most are the same"),
        "{told}"
    );
}

#[test]
fn files_that_cannot_be_a_book_are_told_by_their_fault() {
    let cut = |text: &str| {
        let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        [&[0xFF, 0xFE][..], &bytes[..bytes.len() - 1]].concat()
    };
    let sound = "id,amount\n1,2.00\n";
    let check = |old: &[u8], name: &str, expect: &str| {
        let place = Place::empty().with(name, old).with("new.csv", sound);
        let told = place.output(&format!("verify {name} new.csv --lang en"));
        assert_eq!(told.status, "3", "{name}: {}", told.stderr);
        assert!(told.stderr.contains(expect), "{name}: {}", told.stderr);
    };
    check(b"", "old.csv", "old.csv: there is no header");
    check(
        "\u{feff}".as_bytes(),
        "old.csv",
        "old.csv: there is no header",
    );
    check(
        &cut(sound),
        "old.csv",
        "is no character in UTF-16LE; fetch the file again",
    );
    check(
        b"SQLite format 3\0\x10\0\x01\x01",
        "old.db",
        "old.db: this is a SQLite database; give it as a database: `sqlite://`",
    );
}

#[test]
fn a_book_against_itself_balances() {
    let place = Place::first();
    let told = place.output("verify ledger ledger --evidence out --json");
    // It is the book with the refund that was posted twice: a doubled key is no difference here.
    assert_eq!(told.status, "0", "{}{}", told.stdout, told.stderr);
}

#[test]
fn a_reader_that_has_seen_enough_is_no_error() {
    let place = Place::first();
    let mut child = place
        .command("verify --evidence out")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn colour_is_for_terminals_and_for_those_who_ask() {
    let place = Place::first();
    let plain = place.output("verify --evidence out").stdout;
    assert!(!plain.contains('\u{1b}'));
    let coloured = place.output("verify --evidence out --color always").stdout;
    assert!(coloured.contains("\u{1b}[1m"));
    let never = place.output("verify --evidence out --color never").stdout;
    assert!(!never.contains('\u{1b}'));
}

/// Records that take a while, so that there is a run to stop.
fn many(records: u64) -> Place {
    let mut book = String::from("serial,amount,memo\n");
    for serial in 0..records {
        book.push_str(&format!(
            "V{serial},{}.{:02},some words to read\n",
            serial % 977,
            serial % 100
        ));
    }
    let target = book.replacen("serial,", "voucher,", 1);
    Place::sound()
        .with("old/flow.csv", book)
        .with("new/posting.csv", target)
}

/// A signal: what `kill` calls it, and its number.
#[cfg(target_os = "linux")]
type Signal = (&'static str, u32);

#[cfg(target_os = "linux")]
const INT: Signal = ("-INT", 2);
#[cfg(target_os = "linux")]
const HUP: Signal = ("-HUP", 1);
#[cfg(target_os = "linux")]
const TERM: Signal = ("-TERM", 15);

/// Says whether the kernel lists a signal of a process: under `SigCgt` where it has a handler, under
/// `SigIgn` where it is ignored.
#[cfg(target_os = "linux")]
fn is_listed(pid: &str, list: &str, (_, number): Signal) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let listed = status.lines().find_map(|line| line.strip_prefix(list));
    let mask = listed.map(|mask| mask.trim_matches([':', '\t', ' ']));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask, 16).ok());
    mask.is_some_and(|mask| (mask >> (number - 1)) & 1 == 1)
}

/// Starts a command, and sends it a signal as soon as it listens and has begun, which its id may tell.
#[cfg(target_os = "linux")]
fn stopped(
    mut command: std::process::Command,
    signal: Signal,
    has_begun: impl Fn(&str) -> bool,
) -> std::process::Output {
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let pid = child.id().to_string();
    while !has_begun(&pid) || !is_listed(&pid, "SigCgt", signal) {
        assert!(
            child.try_wait().unwrap().is_none(),
            "it ended before it could be stopped"
        );
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    let killed = std::process::Command::new("kill")
        .args([signal.0, &pid])
        .status()
        .unwrap();
    assert!(killed.success());
    child.wait_with_output().unwrap()
}

/// Starts a command line, and interrupts it as soon as it listens and has begun.
#[cfg(target_os = "linux")]
fn interrupted(place: &Place, line: &str, has_begun: impl Fn() -> bool) -> std::process::Output {
    stopped(place.command(line), INT, |_| has_begun())
}

#[cfg(target_os = "linux")]
#[test]
fn an_interrupt_ends_the_measuring_of_two_books() {
    let place = many(600_000);
    let books = "old/flow.csv new/posting.csv";
    for (line, said) in [
        (
            format!("verify {books} --evidence out"),
            "error: stopped before the end: nothing is proved, and no evidence was written\n",
        ),
        (
            format!("init {books} -o drafted.toml"),
            "error: stopped before the end: no plan was written\n",
        ),
    ] {
        let output = interrupted(&place, &line, || true);
        assert_eq!(output.status.code(), Some(5), "{line}: {output:?}");
        assert_eq!(String::from_utf8(output.stderr).unwrap(), said, "{line}");
        assert!(output.stdout.is_empty(), "{line}");
    }
    let is_left = |file: &String| file.starts_with("out") || file.starts_with("drafted");
    assert!(!place.files().iter().any(is_left), "{:?}", place.files());
}

#[cfg(target_os = "linux")]
#[test]
fn an_interrupt_ends_in_good_order_and_proves_nothing() {
    let place = many(600_000);
    // The run has begun when its evidence has.
    let begun = place.path().join("out.partial");
    let output = interrupted(&place, "verify --evidence out", || begun.exists());
    assert_eq!(output.status.code(), Some(5), "{output:?}");
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "");
    insta::assert_snapshot!(String::from_utf8(output.stderr).unwrap(), @"
    stopping; what was found so far proves nothing
    error: stopped before the end: nothing is proved, and no evidence was written
    ");
    let left: Vec<String> = place
        .files()
        .into_iter()
        .filter(|file| file.contains("out") || file.contains("spill"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

/// The folders of runs that are not complete, in a folder.
#[cfg(target_os = "linux")]
fn unfinished_in(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let paths = entries.map(|entry| entry.path());
    paths
        .filter(|path| path.to_string_lossy().ends_with(".partial"))
        .collect()
}

/// What a system sends before it ends a program, and what comes where a terminal is gone. Every record
/// is off, so that more than memory holds is on the disk when it comes.
#[cfg(target_os = "linux")]
#[test]
fn a_signal_to_end_ends_in_good_order_and_leaves_nothing() {
    let place = many(300_000);
    let off = place
        .read("new/posting.csv")
        .replace("some words", "other words");
    let place = place.with("new/posting.csv", off);
    let before = place.files();
    let own = std::process::id().to_string();
    for (signal, line, folder) in [
        (TERM, "verify --evidence out", ""),
        (TERM, "verify", "evidence"),
        (HUP, "verify", "evidence"),
    ] {
        // Who runs the tests may have them go on without a terminal.
        if is_listed(&own, "SigIgn", signal) {
            continue;
        }
        let folder = place.path().join(folder);
        let has_spilt = |_: &str| {
            let unfinished = unfinished_in(&folder);
            let inside = unfinished
                .iter()
                .filter_map(|path| std::fs::read_dir(path).ok());
            let names = inside.flatten().flatten().map(|entry| entry.file_name());
            let mut names = names.map(|name| name.to_string_lossy().into_owned());
            names.any(|name| name.starts_with("spill-"))
        };
        let output = stopped(place.command(line), signal, has_spilt);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(5), "{line}: {said}");
        assert!(
            said.contains("stopped before the end: nothing is proved"),
            "{line}: {said}"
        );
        assert_eq!(place.files(), before, "{line}");
        assert_eq!(unfinished_in(&folder).len(), 0, "{line}");
        let evidence = std::fs::read_dir(place.path().join("evidence"));
        assert_eq!(evidence.map_or(0, Iterator::count), 0, "{line}");
    }
}

/// `nohup` has a program ignore that its terminal is gone; what is meant for it ends it all the same.
#[cfg(target_os = "linux")]
#[test]
fn a_run_that_is_to_outlive_its_terminal_does() {
    let place = many(300_000);
    let mut command = std::process::Command::new("/bin/sh");
    let told = "trap '' HUP; exec \"$0\" verify --evidence out";
    command
        .args(["-c", told, env!("CARGO_BIN_EXE_crossfoot")])
        .current_dir(place.path())
        .env("LC_ALL", "C.UTF-8");
    let begun = place.path().join("out.partial");
    let output = stopped(command, TERM, |pid| {
        // It listens to what ends it last.
        let has_begun = begun.exists() && is_listed(pid, "SigCgt", TERM);
        assert!(!has_begun || is_listed(pid, "SigIgn", HUP));
        has_begun
    });
    assert_eq!(output.status.code(), Some(5), "{output:?}");
    assert!(!begun.exists());
}

/// A run that is killed leaves its folder; the next one takes it over, or sweeps it away.
#[cfg(target_os = "linux")]
#[test]
fn what_a_killed_run_leaves_is_gone_after_the_next() {
    let place = many(300_000);
    for (line, folder) in [("verify --evidence out", ""), ("verify", "evidence")] {
        let folder = place.path().join(folder);
        let mut child = place
            .command(line)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        while unfinished_in(&folder).is_empty() {
            assert!(child.try_wait().unwrap().is_none(), "it ended too early");
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
        // What marks it is there when there is something in it.
        std::thread::sleep(std::time::Duration::from_millis(20));
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(unfinished_in(&folder).len(), 1, "{line}");
        assert_eq!(place.output(line).status, "0", "{line}");
        assert_eq!(unfinished_in(&folder).len(), 0, "{line}");
    }
}
