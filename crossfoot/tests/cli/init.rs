//! `crossfoot init`.

use crate::place::Place;

#[test]
fn a_plan_is_drafted_from_two_books_and_runs() {
    let place = Place::first();
    insta::assert_snapshot!(place.run("init wallet/flow.csv ledger/posting.csv -o drafted/crossfoot.toml"), @r#"
    $ crossfoot init wallet/flow.csv ledger/posting.csv -o drafted/crossfoot.toml
    exit 0
    --- stdout
    drafted/crossfoot.toml is written. Next: crossfoot verify --plan drafted/crossfoot.toml
    --- stderr
    nothing tells the currency of the amounts: they are totalled without one; `currency = "CNY"` in a plan would tell it
    took voucher as key (unique in 120 of 120), amount as money
    flow is held against posting
    voucher: unique in 120 of 120 records of the source, unique in 119 of 120 of the target: what is there more than once, or empty, is reported
    serial is voucher: by what they hold: all 119 values are in both
    amount: only 25 of 96 values are in both
    the source's user_id, happened_at, code, memo are not compared: the target has nothing like it
    the target's account, kind, booked_at, accounting_date are not compared: the source has nothing like it
    "#);
    insta::assert_snapshot!(place.read("drafted/crossfoot.toml"), @r#"
    # Drafted from both books by measuring them. What was taken for what stands beside it:
    # read it, and correct what you know better.
    name = "flow to posting"

    [source]
    url = "../wallet/flow.csv"

    [target]
    url = "../ledger/posting.csv"

    # flow is held against posting
    # voucher: unique in 120 of 120 records of the source, unique in 119 of 120 of the target: what is there more than once, or empty, is reported
    # serial is voucher: by what they hold: all 119 values are in both
    # amount: only 25 of 96 values are in both
    # the source's user_id, happened_at, code, memo are not compared: the target has nothing like it
    # the target's account, kind, booked_at, accounting_date are not compared: the source has nothing like it
    [[agreement]]
    name = "posting"
    rule = "rules/posting.sql"
    target = "rules/posting.target.sql"
    key = ["voucher"] # unique in 120 of 120
    money = ["amount"]
    ignore = ["account", "kind", "booked_at", "accounting_date"] # the source has nothing like it
    "#);
    let told = place.output("verify --plan drafted --evidence out --json");
    assert_eq!(told.status, "1", "{}", told.stderr);
    let report: serde_json::Value = serde_json::from_str(&told.stdout).unwrap();
    assert_eq!(report["verdict"], "out_of_balance");
}

#[test]
fn a_plan_drafted_from_the_same_book_twice_balances() {
    let place = Place::first();
    assert_eq!(
        place.output("init ledger ledger -o drafted.toml").status,
        "0"
    );
    let told = place.output("verify --plan drafted.toml --evidence out");
    assert_eq!(told.status, "0", "{}{}", told.stdout, told.stderr);
}

#[test]
fn a_plan_that_is_there_is_not_replaced_unless_told() {
    let place = Place::sound();
    let before = place.read("crossfoot.toml");
    insta::assert_snapshot!(place.run("init old new"), @"
    $ crossfoot init old new
    exit 2
    --- stderr
    error: crossfoot.toml is there already
      mend: --force replaces it
    ");
    assert_eq!(place.read("crossfoot.toml"), before);
    assert_eq!(place.output("init old new --force").status, "0");
    assert_ne!(place.read("crossfoot.toml"), before);
}

#[test]
fn books_that_are_not_there() {
    insta::assert_snapshot!(Place::sound().run("init nowhere new -o drafted.toml"), @"
    $ crossfoot init nowhere new -o drafted.toml
    exit 3
    --- stderr
    error: in the source, nothing is at [folder]/nowhere; name a file, a folder or a glob
    ");
}

#[test]
fn in_chinese() {
    insta::assert_snapshot!(
        Place::first().run("init wallet/flow.csv ledger/posting.csv -o drafted.toml --lang zh"),
        @r#"
    $ crossfoot init wallet/flow.csv ledger/posting.csv -o drafted.toml --lang zh
    exit 0
    --- stdout
    已写出 drafted.toml。下一步：crossfoot verify --plan drafted.toml
    --- stderr
    看不出金额的币种：合计时不分币种；可在方案中写 `currency = "CNY"`
    以 voucher 为键（120 笔中有 120 笔唯一），以 amount 为金额
    以 flow 核对 posting
    voucher：源账 120 笔中有 120 笔唯一，新账 120 笔中有 119 笔唯一：重复的和为空的都会报告
    serial 即 voucher：按内容：全部 119 个值两边都有
    amount：只有 96 个值中有 25 个两边都有
    源账的 user_id, happened_at, code, memo 不核对：新账没有与之对应的列
    新账的 account, kind, booked_at, accounting_date 不核对：源账没有与之对应的列
    "#
    );
}
