//! `crossfoot check`.

use crate::place::{Place, here};

#[test]
fn a_plan_without_mistakes() {
    let place = Place::first();
    let before = place.files();
    insta::assert_snapshot!(place.run("check"), @"
    $ crossfoot check
    exit 0
    --- stdout
    first: no mistakes; 1 agreement, 1 control
      postings compares voucher, account, kind, booked_at, accounting_date, amount
    ");
    assert_eq!(place.files(), before, "check touches nothing");
}

#[test]
fn the_same_in_chinese() {
    insta::assert_snapshot!(Place::first().run("check --lang zh"), @"
    $ crossfoot check --lang zh
    exit 0
    --- stdout
    first：方案无误；核对项 1 个，控制核对 1 项
      postings：核对 voucher, account, kind, booked_at, accounting_date, amount
    ");
}

#[test]
fn the_language_is_that_of_the_system() {
    let place = Place::first();
    let output = place
        .command("check")
        .env("LC_ALL", "zh_CN.UTF-8")
        .output()
        .unwrap();
    assert!(
        String::from_utf8(output.stdout)
            .unwrap()
            .contains("方案无误")
    );
}

#[test]
fn the_same_as_a_document() {
    insta::assert_snapshot!(Place::first().run("check --json"), @r#"
    $ crossfoot check --json
    exit 0
    --- stdout
    {
      "version": 1,
      "plan": "first",
      "agreements": [
        {
          "name": "postings",
          "compared": [
            "voucher",
            "account",
            "kind",
            "booked_at",
            "accounting_date",
            "amount"
          ],
          "not_compared": [],
          "ignored": []
        }
      ],
      "controls": [
        "daily totals that the old system printed"
      ],
      "errors": []
    }
    "#);
}

#[test]
fn files_that_belong_to_no_table_are_named() {
    let place = Place::sound()
        .with("old/ledger.csv.bak", "a\n1\n")
        .with("old/notes.txt", "remember\n")
        .with("old/_SUCCESS", "")
        .with("new/.DS_Store", "");
    for command in ["check", "verify"] {
        let output = place.output(command);
        assert_eq!(output.status, "0", "{}", output.stderr);
        let said = "Not read: 2 files of the source belong to no table: ledger.csv.bak, notes.txt";
        assert!(output.stdout.contains(said), "{}", output.stdout);
        let output = place.output(&format!("{command} --lang zh"));
        let said = "未读取：源账中有 2 个文件不属于任何表：ledger.csv.bak、notes.txt";
        assert!(output.stdout.contains(said), "{}", output.stdout);
        let output = place.output(&format!("{command} --json"));
        let document: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
        assert_eq!(
            document["not_read"],
            serde_json::json!([{
                "book": "source",
                "count": 2,
                "files": ["ledger.csv.bak", "notes.txt"],
            }])
        );
    }
    let place = Place::sound();
    for command in ["check --json", "verify --json"] {
        assert!(!place.output(command).stdout.contains("not_read"));
    }
    let place = (0..7).fold(Place::sound(), |place, at| {
        place.with(&format!("new/{at}.txt"), "")
    });
    let said = "Not read: 7 files of the target belong to no table: 0.txt, 1.txt, 2.txt, 3.txt, 4.txt and 2 more";
    assert!(place.output("check").stdout.contains(said));
}

/// A plan with mistakes in its keys, in both of its rules and in its control.
fn mistaken() -> Place {
    Place::sound()
        .with(
            "crossfoot.toml",
            r#"name     = "mistaken"
currency = "CNX"

[source]
url = "old"

[target]
url = "new"

[[agreement]]
name   = "postings"
rule   = "rules/posting.sql"
target = "rules/ledger.sql"
keys   = ["voucher"]
money  = ["amount"]
"#,
        )
        .with(
            "rules/posting.sql",
            "SELECT serial AS voucher, money(amout) AS amount FROM flow\n",
        )
}

#[test]
fn all_mistakes_of_a_plan_are_said_at_once() {
    insta::assert_snapshot!(mistaken().run("check"), @r#"
    $ crossfoot check
    exit 2
    --- stderr
      × no currency has the code `CNX`
       ╭─[crossfoot.toml:2:12]
     1 │ name     = "mistaken"
     2 │ currency = "CNX"
       ·            ─────
     3 │
       ╰────
      help: write the three capital letters of ISO 4217, such as `CNY`

      × unknown key `keys` in `[[agreement]]`
        ╭─[crossfoot.toml:14:1]
     13 │ target = "rules/ledger.sql"
     14 │ keys   = ["voucher"]
        · ──┬─
        ·   ╰── nothing reads this
     15 │ money  = ["amount"]
        ╰────
      help: did you mean `key`?

      × there is no column `amout`
       ╭─[rules/posting.sql:1:33]
     1 │ SELECT serial AS voucher, money(amout) AS amount FROM flow
       ·                                 ─────
       ╰────
      help: did you mean `amount`?

    error: the plan has 3 mistakes
    "#);
}

#[test]
fn mistakes_in_chinese() {
    let told = mistaken().output("check --lang zh");
    let last = told.stderr.lines().last().unwrap_or_default().to_owned();
    insta::assert_snapshot!(last, @"错误：方案有 3 处错误");
}

#[test]
fn all_mistakes_of_the_sql_are_said_at_once() {
    let place = Place::sound()
        .with(
            "rules/posting.sql",
            "SELECT serial AS voucher, money(amout) AS amount FROM flow\n",
        )
        .with(
            "rules/ledger.sql",
            "SELECT voucher, mony(amount) AS amount FROM posting\n",
        );
    insta::assert_snapshot!(place.run("check"), @"
    $ crossfoot check
    exit 2
    --- stderr
      × there is no column `amout`
       ╭─[rules/posting.sql:1:33]
     1 │ SELECT serial AS voucher, money(amout) AS amount FROM flow
       ·                                 ─────
       ╰────
      help: did you mean `amount`?

      × there is no function `mony`
       ╭─[rules/ledger.sql:1:17]
     1 │ SELECT voucher, mony(amount) AS amount FROM posting
       ·                 ────
       ╰────
      help: did you mean `money`?

    error: the plan has 2 mistakes
    ");
}

#[test]
fn a_mistake_in_a_requirement_hides_none_of_the_lists() {
    let place = Place::sound();
    let plan = place.read("crossfoot.toml").replace(
        "money  = [\"amount\"]",
        "money   = [\"amount\"]\nfoot    = [\"day\"]\nignore  = [\"zz\"]\nrequire = [\"memo <> ''\", \"mem <> ''\"]\norigin.table = \"flow\"\norigin.on = { voucher = \"nothing\" }",
    );
    let told = place.with("crossfoot.toml", &plan).output("check --json");
    for said in [
        "require `mem <> ''`: there is no column `mem`",
        "neither the rule nor the target has a column `zz`",
        "the foot column `day` is not among the rule's columns",
        "table `flow` has no column `voucher`",
        "the rule gives no column `nothing`",
        "the plan has 5 mistakes",
    ] {
        assert!(told.stdout.contains(said), "{said}: {}", told.stdout);
    }
    let line = plan.lines().position(|line| line.starts_with("require"));
    let line = line.expect("the line is there") + 1;
    let column = "require = [\"memo <> ''\", \"".len() + 1;
    let at = format!("crossfoot.toml:{line}:{column}: require `mem");
    assert!(told.stdout.contains(&at), "{at}: {}", told.stdout);
}

#[test]
fn mistakes_as_a_document() {
    insta::assert_snapshot!(mistaken().run("check --json"), @r#"
    $ crossfoot check --json
    exit 2
    --- stdout
    {
      "version": 1,
      "error": {
        "kind": "use",
        "exit_code": 2,
        "message": "the plan has 3 mistakes",
        "mistakes": [
          "crossfoot.toml:2:12: no currency has the code `CNX`; write the three capital letters of ISO 4217, such as `CNY`",
          "crossfoot.toml:14:1: unknown key `keys` in `[[agreement]]`; did you mean `key`?",
          "rules/posting.sql:1:33: there is no column `amout`; did you mean `amount`?"
        ],
        "hints": []
      }
    }
    --- stderr
      × no currency has the code `CNX`
       ╭─[crossfoot.toml:2:12]
     1 │ name     = "mistaken"
     2 │ currency = "CNX"
       ·            ─────
     3 │
       ╰────
      help: write the three capital letters of ISO 4217, such as `CNY`

      × unknown key `keys` in `[[agreement]]`
        ╭─[crossfoot.toml:14:1]
     13 │ target = "rules/ledger.sql"
     14 │ keys   = ["voucher"]
        · ──┬─
        ·   ╰── nothing reads this
     15 │ money  = ["amount"]
        ╰────
      help: did you mean `key`?

      × there is no column `amout`
       ╭─[rules/posting.sql:1:33]
     1 │ SELECT serial AS voucher, money(amout) AS amount FROM flow
       ·                                 ─────
       ╰────
      help: did you mean `amount`?

    error: the plan has 3 mistakes
    "#);
}

#[test]
fn a_plan_is_found_by_its_folder_or_its_name() {
    let place = Place::sound();
    for line in ["check", "check --plan .", "check -p ./crossfoot.toml"] {
        assert_eq!(place.output(line).status, "0", "{line}");
    }
}

#[test]
fn before_the_first_conversion_the_rules_are_checked_and_the_rest_is_said_to_be_left() {
    let place = Place::first();
    std::fs::remove_dir_all(place.path().join("ledger")).unwrap();
    insta::assert_snapshot!(place.run("check"), @"
    $ crossfoot check
    exit 5
    --- stdout
    first: no mistakes in 1 rule; the target is not there, so nothing that needs it was checked
      where crossfoot convert is to write it, check again afterwards
    ");
    insta::assert_snapshot!(place.run("check --lang zh"), @"
    $ crossfoot check --lang zh
    exit 5
    --- stdout
    first：规则 1 条，无误；新账尚不存在，与其有关的均未检查
      如由 crossfoot convert 写入，写入后请再检查
    ");
    insta::assert_snapshot!(place.run("check --json"), @r#"
    $ crossfoot check --json
    exit 5
    --- stdout
    {
      "version": 1,
      "plan": "first",
      "agreements": [
        {
          "name": "postings"
        }
      ],
      "not_checked": [
        "the target is not there"
      ],
      "errors": []
    }
    "#);
    let rule = place.read("rules/posting.sql");
    let place = place.with(
        "rules/posting.sql",
        rule.replacen("SELECT", "SELECT nothing,", 1),
    );
    insta::assert_snapshot!(place.run("check"), @"
    $ crossfoot check
    exit 2
    --- stderr
      × there is no column `nothing`
       ╭─[rules/posting.sql:2:8]
     1 │ -- What the ledger must hold of each record of the wallet.
     2 │ SELECT nothing,
       ·        ───────
     3 │   serial                                   AS voucher,
       ╰────
      help: there are 13 columns, beginning with _file, _row, account, accounting_date, amount, booked_at, code, happened_at, kind, memo, serial, user_id

    error: the plan has a mistake
    ");
    // A glob that finds nothing is a mistake, as ever.
    let place = Place::first();
    let plan = place.read("crossfoot.toml");
    let url = plan
        .lines()
        .filter(|line| line.starts_with("url"))
        .nth(1)
        .unwrap()
        .to_owned();
    let place = place.with("crossfoot.toml", plan.replace(&url, "url = \"none/*.csv\""));
    assert!(
        place.run("check").contains("exit 3"),
        "{}",
        place.run("check")
    );
}

#[test]
fn the_schema_of_plans_is_printed_without_a_plan() {
    let place = Place::empty();
    let printed = place.output("check --schema");
    assert_eq!(printed.status, "0", "{}", printed.stderr);
    let published = here().join("../docs/crossfoot.schema.json");
    assert_eq!(printed.stdout, std::fs::read_to_string(published).unwrap());
    // It is of no plan.
    let refused = place.output("check --schema --plan other");
    assert_eq!(refused.status, "2", "{}", refused.stdout);
}
