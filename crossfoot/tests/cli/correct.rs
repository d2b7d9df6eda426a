//! `crossfoot correct`.

use crate::place::Place;

/// A converted book in which some records are off.
fn off() -> Place {
    let place = Place::empty()
        .with("old/flow.csv", FLOW)
        .with("crossfoot.toml", PLAN);
    let posting = FLOW
        .replace("V2,B,20.00,", "V2,B,20.01,")
        .replace("V4,D,-4.00,rent\n", "")
        .replace("V5,E,5.00,\n", "V5,E,5.00,\nV5,E,5.00,\n");
    place.with("new/posting.csv", posting + "V9,Z,9.00,stray\n")
}

const FLOW: &str = "voucher,account,amount,memo\nV1,A,10.00,充值\nV2,B,20.00,\"a, b\"\nV3,C,3.00,x\nV4,D,-4.00,rent\nV5,E,5.00,\n";

const PLAN: &str = r#"
name = "wallet"
currency = "CNY"
[source]
url = "old"
[target]
url = "new"
[[agreement]]
name = "postings"
rule = "flow"
target = "posting"
key = ["voucher"]
money = ["amount"]
[[control]]
name = "total"
expected = "SELECT control_total(money(amount)) AS amount FROM source.flow"
actual = "SELECT control_total(money(amount)) AS amount FROM target.posting"
"#;

#[test]
fn breaks_are_reversed_and_booked_anew_and_the_book_balances() {
    let place = off();
    assert_eq!(place.output("verify --evidence found").status, "1");
    insta::assert_snapshot!(place.run("correct --evidence found"), @r#"
    $ crossfoot correct --evidence found
    exit 0
    --- stdout
    wallet: correcting entries, proposed and not written

    ── posting ─────────────────────────────────────────────────────────────────────────────────────────
      4 breaks: 3 reversals, 3 rebookings
      they change amount by -18.01 CNY

                 cause  record
      reversal   B7     voucher=V2 account=B amount=20.01 memo="a, b"
      rebooking  B7     voucher=V2 account=B amount=20.00 memo="a, b"
      rebooking  A1     voucher=V4 account=D amount=-4.00 memo=rent
      reversal   A5     voucher=V5 account=E amount=5.00 memo=""
      rebooking  A5     voucher=V5 account=E amount=5.00 memo=""
      reversal   A9     voucher=V9 account=Z amount=9.00 memo=stray

    Nothing is written: --write --reason TEXT books them.
    "#);
    insta::assert_snapshot!(place.run("correct --evidence found --lang zh"), @r#"
    $ crossfoot correct --evidence found --lang zh
    exit 0
    --- stdout
    wallet：拟作的调账分录，尚未写入

    ── posting ─────────────────────────────────────────────────────────────────────────────────────────
      差错 4 处：红冲 3 笔，补记 3 笔
      使 amount 变动 -18.01 CNY

            原因  记录
      红冲  B7    voucher=V2 account=B amount=20.01 memo="a, b"
      补记  B7    voucher=V2 account=B amount=20.00 memo="a, b"
      补记  A1    voucher=V4 account=D amount=-4.00 memo=rent
      红冲  A5    voucher=V5 account=E amount=5.00 memo=""
      补记  A5    voucher=V5 account=E amount=5.00 memo=""
      红冲  A9    voucher=V9 account=Z amount=9.00 memo=stray

    尚未写入：加上 --write --reason 说明 即记入。
    "#);
    let before = place.read("new/posting.csv");
    let written = "correct --evidence found --write --reason 'float in the old converter'";
    insta::assert_snapshot!(place.run(written), @r#"
    $ crossfoot correct --evidence found --write --reason 'float in the old converter'
    exit 0
    --- stdout
    wallet: correcting entries, written

    ── posting ─────────────────────────────────────────────────────────────────────────────────────────
      4 breaks: 3 reversals, 3 rebookings
      they change amount by -18.01 CNY

                 cause  record
      reversal   B7     voucher=V2 account=B amount=20.01 memo="a, b"
      rebooking  B7     voucher=V2 account=B amount=20.00 memo="a, b"
      rebooking  A1     voucher=V4 account=D amount=-4.00 memo=rent
      reversal   A5     voucher=V5 account=E amount=5.00 memo=""
      rebooking  A5     voucher=V5 account=E amount=5.00 memo=""
      reversal   A9     voucher=V9 account=Z amount=9.00 memo=stray
      Written to: [folder]/new/posting.corrections/part-000000.parquet

    looked at again, postings: 4 records, 4 agree on both sides now

    Verify the whole again: crossfoot verify
    "#);
    assert_eq!(
        place.read("new/posting.csv"),
        before,
        "what is booked stays"
    );
    insta::assert_snapshot!(place.run("verify --evidence again"), @"
    $ crossfoot verify --evidence again
    exit 0
    --- stdout
    BALANCED  wallet: both books agree on everything that the plan compares
    records: 5 expected, 5 actual, 5 agreed
    no breaks; no rejects; controls: 1 holds

    ── postings ────────────────────────────────────────────────────────────────────────────────────────
                  expected  actual  difference
      records            5       5           0
      amount CNY     34.00   34.00        0.00
      5 records agree on both sides

      No breaks
      The residual is zero in every column

      Notes
        - `posting` is read with its corrections: 3 reversals, 3 rebookings

    ── Controls ────────────────────────────────────────────────────────────────────────────────────────
             control  expected  actual  difference
      holds  total       34.00   34.00        0.00

    Evidence: again/
    Elapsed: [time]
    ");
    insta::assert_snapshot!(place.run("correct --evidence again"), @"
    $ crossfoot correct --evidence again
    exit 0
    --- stdout
    wallet: no breaks, nothing to correct
    ");
    // The evidence from before is not of these books any more.
    insta::assert_snapshot!(place.run(written), @"
    $ crossfoot correct --evidence found --write --reason 'float in the old converter'
    exit 2
    --- stderr
    error: the evidence in found does not fit: posting.corrections/part-000000.parquet has changed since
      mend: run `crossfoot verify` and name its evidence with --evidence
    ");
}

#[test]
fn only_the_causes_that_were_asked_for() {
    let place = off();
    place.run("verify --evidence found");
    insta::assert_snapshot!(place.run("correct --evidence found --cause A9 --json"), @r#"
    $ crossfoot correct --evidence found --cause A9 --json
    exit 0
    --- stdout
    {
      "version": 1,
      "plan": "wallet",
      "evidence": "found",
      "tables": [
        {
          "agreement": "postings",
          "table": "posting",
          "breaks": 1,
          "reversals": 1,
          "rebookings": 0,
          "effect": [
            {
              "column": "amount",
              "currency": "CNY",
              "amount": "-9.00"
            }
          ],
          "entries": [
            {
              "entry": "REVERSAL",
              "record": {
                "voucher": "V9",
                "account": "Z",
                "amount": "9.00",
                "memo": "stray"
              },
              "cause": "A9"
            }
          ],
          "file": "[folder]/new/posting.corrections/part-000000.parquet"
        }
      ],
      "left": [],
      "not_asked": 3,
      "written": false,
      "rechecked": [],
      "not_rechecked": [],
      "error": null
    }
    "#);
}

#[test]
fn evidence_that_is_not_there_or_of_another_plan() {
    let place = off();
    insta::assert_snapshot!(place.run("correct"), @"
    $ crossfoot correct
    exit 2
    --- stderr
    error: there is no evidence in evidence
      mend: run `crossfoot verify` first, or name a folder with --evidence
    ");
    place.run("verify --evidence found");
    let place = place.with("crossfoot.toml", PLAN.replace("wallet", "purse"));
    insta::assert_snapshot!(place.run("correct --evidence found --lang zh"), @"
    $ crossfoot correct --evidence found --lang zh
    exit 2
    --- stderr
    错误：found 中的证据不符：属于另一方案，或方案此后已改动
      处理：请运行 `crossfoot verify`，并用 --evidence 指定其证据
    ");
    place.run("verify --evidence found --no-digest");
    insta::assert_snapshot!(place.run("correct --evidence found"), @"
    $ crossfoot correct --evidence found
    exit 2
    --- stderr
    error: the evidence in found does not fit: it was made with --no-digest, and tells not what it saw
      mend: run `crossfoot verify` and name its evidence with --evidence
    ");
}

#[test]
fn what_no_entry_can_correct() {
    let place = off().with(
        "crossfoot.toml",
        PLAN.replace("[[control]]", "ignore = [\"memo\"]\n[[control]]"),
    );
    place.run("verify --evidence found");
    insta::assert_snapshot!(place.run("correct --evidence found"), @"
    $ crossfoot correct --evidence found
    exit 5
    --- stdout
    wallet: no entry corrects these breaks

    not corrected: 4 breaks of postings: it leaves `memo` out, which an entry would lose
    ");
}

#[test]
fn where_every_break_is_refused_nothing_is_written() {
    let short = "rule = \"SELECT voucher, account, money(amount) AS amount FROM flow\"";
    let place = off().with("crossfoot.toml", PLAN.replace("rule = \"flow\"", short));
    place.run("verify --evidence found");
    let told = place.run("correct --evidence found --write --reason none");
    assert!(told.contains("exit 5"), "{told}");
    assert!(told.contains("the break does not tell `memo`"), "{told}");
    assert!(
        !place
            .files()
            .iter()
            .any(|file| file.contains("corrections"))
    );
}

#[test]
fn entries_are_not_written_without_a_reason() {
    assert_eq!(off().output("correct --write").status, "2");
}

#[test]
fn what_was_rejected_on_the_other_side_is_neither_undone_nor_booked_again() {
    let place = Place::empty()
        .with("old/flow.csv", FLOW.replace("V3,C,3.00", "V3,C,oops"))
        .with("crossfoot.toml", PLAN);
    let posting = FLOW
        .replace("V2,B,20.00,", "V2,B,20.01,")
        .replace("V5,E,5.00", "V5,E,none");
    let place = place.with("new/posting.csv", posting);
    // The control cannot be computed.
    assert_eq!(place.output("verify --evidence found").status, "5");
    let proposed = place.output("correct --evidence found --json");
    assert_eq!(proposed.status, "5", "{}", proposed.stderr);
    let told: serde_json::Value = serde_json::from_str(&proposed.stdout).unwrap();
    assert_eq!(told["left"].as_array().unwrap().len(), 1, "{told:#}");
    assert_eq!(told["left"][0]["breaks"], 2, "{told:#}");
    let why = told["left"][0]["why"].as_str().unwrap();
    assert!(
        why.starts_with("its record on the other side was rejected,"),
        "{why}"
    );
    // The one that is off is corrected all the same.
    assert_eq!(told["tables"][0]["breaks"], 1, "{told:#}");
    // Nor where nobody asked why.
    assert_eq!(
        place.output("verify --no-causes --evidence bare").status,
        "5"
    );
    let proposed = place.output("correct --evidence bare --json");
    let told: serde_json::Value = serde_json::from_str(&proposed.stdout).unwrap();
    assert_eq!(told["left"][0]["breaks"], 2, "{told:#}");
    assert_eq!(told["tables"][0]["breaks"], 1, "{told:#}");
}
