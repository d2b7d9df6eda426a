//! `crossfoot convert`.

use crate::place::{Place, masked};
use std::fs;
use std::process::{Command, Stdio};
use std::time::Duration;

/// A wallet of single entries, and the double entry that its plan makes of it.
fn wallet(records: u64) -> Place {
    Place::empty()
        .with("old/flow.csv", flow(records))
        .with("crossfoot.toml", PLAN)
        .with("posting.sql", POSTING)
}

fn flow(records: u64) -> String {
    let mut text = String::from("serial,account,kind,amount\n");
    for at in 0..records {
        let (kind, cents) = (if at % 3 == 0 { "OUT" } else { "IN" }, at * 7_919 % 100_000);
        let (whole, rest) = (cents / 100, cents % 100);
        text.push_str(&format!(
            "{at:07},A{:03},{kind},{whole}.{rest:02}\n",
            at % 917
        ));
    }
    text
}

const PLAN: &str = r#"
name = "wallet"
currency = "CNY"
[source]
url = "old"
[target]
url = "new"
[[agreement]]
name = "postings"
rule = "posting.sql"
target = "posting"
key = ["voucher", "leg"]
money = ["amount"]
[[agreement]]
name = "totals by account"
rule = "SELECT account, control_total(money(amount)) AS amount FROM flow GROUP BY account"
target = "SELECT account, control_total(amount) AS amount FROM posting WHERE leg = 1 GROUP BY account"
key = ["account"]
money = ["amount"]
"#;

const POSTING: &str = "
SELECT serial AS voucher, leg,
       CASE leg WHEN 1 THEN account ELSE 'HOUSE' END AS account,
       kind, money(amount) AS amount
FROM flow CROSS JOIN (VALUES (1), (2)) AS l(leg)
";

#[test]
fn a_book_is_converted_and_verifies() {
    let place = wallet(1_000);
    insta::assert_snapshot!(place.run("convert"), @"
    $ crossfoot convert
    exit 0
    --- stdout
    wallet: converted, every record accounted for

    ── posting ─────────────────────────────────────────────────────────────────────────────────────────
      read                  1,000
      converted             1,000
      rejected                  0
      left out by the rule      0
      written               2,000
      read = converted + rejected + left out

               control total
      amount  996,810.00 CNY

    not converted: totals by account: its target is a query, and only a table can be written

    Written to: [folder]/new
    Elapsed: [time]
    ");
    insta::assert_snapshot!(place.run("convert --lang zh"), @"
    $ crossfoot convert --lang zh
    exit 0
    --- stdout
    wallet：此前已转换，各文件与写入时一致

    ── posting ─────────────────────────────────────────────────────────────────────────────────────────
      读入      1,000
      转换      1,000
      拒收          0
      规则排除      0
      写出      2,000
      读入 = 转换 + 拒收 + 排除

                    控制总数
      amount  996,810.00 CNY

    未转换：totals by account：其新账一侧是查询，只有表才能写入

    写入：[folder]/new
    用时：[time]
    ");
    assert_eq!(place.output("verify").status, "0");
}

#[test]
fn the_outcome_as_json() {
    let place = wallet(10);
    insta::assert_snapshot!(place.run("convert --json"), @r#"
    $ crossfoot convert --json
    exit 0
    --- stdout
    {
      "version": 1,
      "plan": "wallet",
      "tables": [
        {
          "agreement": "postings",
          "table": "posting",
          "chunks": 1,
          "by_record": true,
          "read": 10,
          "converted": 10,
          "rejected": 0,
          "partly": 0,
          "left_out": 0,
          "written": 20,
          "totals": [
            {
              "column": "amount",
              "currency": "CNY",
              "amount": "7127.10"
            }
          ],
          "bytes": 1523
        }
      ],
      "not_converted": [
        {
          "agreement": "totals by account",
          "why": "its target is a query, and only a table can be written"
        }
      ],
      "rejects": 0,
      "target": "[folder]/new",
      "already": false,
      "resumed_chunks": 0,
      "converted_again": [],
      "elapsed_seconds": [time]
    }
    "#);
}

#[test]
fn records_that_cannot_be_converted() {
    let place = wallet(10).with("old/flow.csv", flow(10).replace(",237.57", ",2 3 7"));
    insta::assert_snapshot!(place.run("convert"), @"
    $ crossfoot convert
    exit 1
    --- stdout
    wallet: converted, but for records that the rules reject

    ── posting ─────────────────────────────────────────────────────────────────────────────────────────
      read                  10
      converted              9
      rejected               1
      left out by the rule   0
      written               18
      read = converted + rejected + left out

              control total
      amount   6,651.96 CNY

    not converted: totals by account: its target is a query, and only a table can be written

    Written to: [folder]/new
    Rejects, each with its reason: [folder]/new/.crossfoot/convert/rejects.jsonl
    Elapsed: [time]
    ");
    insta::assert_snapshot!(place.run("convert --lang zh --discard"), @"
    $ crossfoot convert --lang zh --discard
    exit 1
    --- stdout
    wallet：转换完成，但有记录被规则拒收

    ── posting ─────────────────────────────────────────────────────────────────────────────────────────
      读入      10
      转换       9
      拒收       1
      规则排除   0
      写出      18
      读入 = 转换 + 拒收 + 排除

                  控制总数
      amount  6,651.96 CNY

    未转换：totals by account：其新账一侧是查询，只有表才能写入

    写入：[folder]/new
    拒收记录及其原因：[folder]/new/.crossfoot/convert/rejects.jsonl
    用时：[time]
    ");
}

#[test]
fn what_has_changed_since_it_was_begun() {
    let place = wallet(10);
    place.run("convert");
    let place = place
        .with("old/flow.csv", flow(11))
        .with("posting.sql", POSTING.replace("HOUSE", "BANK"));
    insta::assert_snapshot!(place.run("convert"), @"
    $ crossfoot convert
    exit 2
    --- stderr
    error: the conversion in [folder]/new was begun from something else: the rule of `postings` is another one; flow.csv had 258 bytes and has 281
      mend: put it back as it was to go on; or throw away what was converted, and begin again, with --discard
    ");
    insta::assert_snapshot!(place.run("convert --lang zh"), @"
    $ crossfoot convert --lang zh
    exit 2
    --- stderr
    错误：[folder]/new 中的转换是从另外的内容开始的：`postings` 的规则已变；flow.csv 原有 258 字节，现有 281
      处理：恢复原样即可继续；或用 --discard 丢弃已转换的内容，从头开始
    ");
    assert_eq!(place.output("convert --discard").status, "0");
}

#[test]
fn a_source_that_cannot_be_read_to_its_end() {
    let place = wallet(10);
    let text = flow(10) + "0000010,A010,IN\n";
    let place = place.with("old/flow.csv", text);
    insta::assert_snapshot!(place.run("convert"), @"
    $ crossfoot convert
    exit 3
    --- stderr
    error: in the source, flow.csv:12:1: 3 fields, 4 expected; correct the line; or declare `skip_footer` if it is a note at the end, `pad_short = true` if the rest is NULL
    ");
    let published = place
        .files()
        .into_iter()
        .filter(|file| file.starts_with("new/posting"));
    assert_eq!(published.collect::<Vec<_>>(), Vec::<String>::new());
}

#[test]
fn plans_that_give_no_table_or_the_same_twice() {
    let one = PLAN.replace("target = \"posting\"", "target = \"SELECT * FROM posting\"");
    insta::assert_snapshot!(wallet(1).with("crossfoot.toml", one).run("convert"), @r#"
    $ crossfoot convert
    exit 2
    --- stderr
      × no agreement of this plan gives a table
       ╭─[crossfoot.toml:2:8]
     1 │
     2 │ name = "wallet"
       ·        ────────
     3 │ currency = "CNY"
       ╰────
      help: give an agreement `target = "TABLE"`

    error: the plan has a mistake
    "#);
    let second = PLAN
        .split("[[agreement]]")
        .nth(1)
        .unwrap()
        .replace("postings", "again");
    let two = format!("{PLAN}[[agreement]]{second}");
    insta::assert_snapshot!(wallet(1).with("crossfoot.toml", two).run("convert --lang zh"), @r#"
    $ crossfoot convert --lang zh
    exit 2
    --- stderr
      × `postings` 与 `again` 都给出表 `posting`
        ╭─[crossfoot.toml:23:10]
     22 │ rule = "posting.sql"
     23 │ target = "posting"
        ·          ─────────
     24 │ key = ["voucher", "leg"]
        ╰────
      help: 请用 UNION ALL 合为一条规则

    错误：方案有一处错误
    "#);
    let files = format!("{PLAN}[target.tables.posting]\nfiles = \"*.parquet\"\n");
    insta::assert_snapshot!(wallet(1).with("crossfoot.toml", files).run("convert"), @r#"
    $ crossfoot convert
    exit 2
    --- stderr
      × a conversion cannot write `posting` into these files
        ╭─[crossfoot.toml:20:1]
     19 │ money = ["amount"]
     20 │ [target.tables.posting]
        · ───────────────────────
     21 │ files = "*.parquet"
        ╰────
      help: name a folder of its own: files = "posting/*.parquet"

    error: the plan has a mistake
    "#);
}

#[test]
fn a_disk_that_is_full_is_named_and_nothing_is_published() {
    let place = wallet(200_000);
    // The target on a file system of its own, of 300 kB.
    let script = "mkdir new && mount -t tmpfs -o size=300k tmpfs new && \"$0\" convert --no-progress; \
                  code=$?; ls new; exit $code";
    let output = Command::new("unshare")
        .args(["--user", "--map-root-user", "--mount", "sh", "-c", script])
        .arg(env!("CARGO_BIN_EXE_crossfoot"))
        .current_dir(place.path())
        .env("LC_ALL", "C.UTF-8")
        .output()
        .unwrap();
    let here = place.path().to_string_lossy().into_owned();
    let told =
        String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
    insta::assert_snapshot!(
        format!("exit {}\n{}", output.status.code().unwrap(), told.replace(&here, "[folder]")),
        @"
    exit 3
    error: [folder]/new/.crossfoot/convert/staging/posting/part-000000.parquet cannot be written: No space left on device (os error 28)
      mend: make room on the disk, then start it again: it goes on behind the last finished chunk
    "
    );
}

/// All files of the target but the lock, with their digests.
pub(crate) fn target(place: &Place) -> Vec<(String, Vec<u8>)> {
    let files = place.files().into_iter();
    let files = files.filter(|file| file.starts_with("new/") && !file.ends_with("/lock"));
    files
        .map(|file| (file.clone(), fs::read(place.path().join(&file)).unwrap()))
        .collect()
}

#[test]
fn killed_at_fifty_random_points_it_ends_with_the_same_bytes() {
    let parts = |place: Place| {
        (0..12).fold(place, |place, part| {
            place.with(
                &format!("old/flow/part-{part}.csv"),
                flow(4_000 + 500 * part),
            )
        })
    };
    let make = || {
        let place = parts(wallet(0));
        fs::remove_file(place.path().join("old/flow.csv")).unwrap();
        place
    };
    let undisturbed = make();
    let began = std::time::Instant::now();
    assert_eq!(undisturbed.output("convert").status, "0");
    let whole = began.elapsed();
    let expected = target(&undisturbed);
    let mut kills = 0;
    let mut random = 42_u64;
    while kills < 50 {
        let place = make();
        loop {
            random = random
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let micros = (random >> 33) % (whole.as_micros() as u64 + 1);
            let mut child = place
                .command("convert")
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            std::thread::sleep(Duration::from_micros(micros));
            child.kill().unwrap();
            match child.wait().unwrap().code() {
                Some(code) => {
                    assert_eq!(code, 0);
                    break;
                }
                None => kills += 1,
            }
        }
        assert_eq!(place.output("convert").status, "0");
        let found = target(&place);
        let names = |files: &[(String, Vec<u8>)]| {
            files
                .iter()
                .map(|(name, _)| masked(name))
                .collect::<Vec<_>>()
        };
        assert_eq!(names(&found), names(&expected));
        assert!(
            found == expected,
            "some bytes are others after {kills} kills"
        );
    }
}

#[test]
fn out_of_memory_is_a_clear_stop_and_nothing_is_published() {
    // A join that holds one side whole, in less memory than it takes.
    let plan = r#"
name = "wallet"
[source]
url = "old"
[target]
url = "new"
[[agreement]]
name = "postings"
rule = "SELECT one.serial AS voucher, other.account FROM flow AS one JOIN flow AS other ON other.serial = one.serial"
target = "posting"
key = ["voucher"]
[settings]
memory_limit = "16 MiB"
"#;
    let place = wallet(500_000).with("crossfoot.toml", plan);
    let output = place.output("convert --no-progress");
    assert_eq!(output.status, "5", "{}", output.stderr);
    assert!(output.stderr.contains("memory"), "{}", output.stderr);
    assert!(!place.path().join("new/posting").exists());
    // With room enough the same command goes on.
    let roomy = place.with("crossfoot.toml", plan.replace("16 MiB", "2 GB"));
    let output = roomy.output("convert --no-progress");
    assert_eq!(output.status, "0", "{}", output.stderr);
    assert!(roomy.path().join("new/posting").is_dir());
}
