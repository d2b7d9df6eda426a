//! What is done with a plan after it was read: its books are opened, and what is wrong with its
//! columns and its SQL is underlined.

use std::fs;
use std::path::Path;

use miette::{GraphicalReportHandler, GraphicalTheme};
use rules::plan::{self, Draft, DraftAgreement, DraftBook, Plan, PlanError, write};

const PLAN: &str = r#"name = "wallet"
[source]
url = "books/${DAY}"
[target]
url = "/srv/${HOST}/${DAY}"
[[agreement]]
name = "postings"
rule = """
SELECT vouchr,
       amount
FROM flow"""
target = "SELECT \"id\" AS 号, \u91d1 FROM t"
key = ["voucher"]
"#;

fn plan() -> Plan {
    plan::parse(PLAN, Path::new("plans/wallet/crossfoot.toml")).expect("a good plan")
}

fn render(error: &PlanError) -> String {
    let handler =
        GraphicalReportHandler::new_themed(GraphicalTheme::unicode_nocolor()).with_width(100);
    let mut said = String::new();
    handler
        .render_report(&mut said, error)
        .expect("a text takes all");
    said.lines()
        .map(|line| line.trim_end().to_owned() + "\n")
        .collect()
}

#[test]
fn what_is_wrong_in_sql_that_the_plan_holds_is_underlined_in_the_plan() {
    let plan = plan();
    let rule = &plan.agreements[0].rule;
    let at = rule.as_str().find("vouchr").expect("it is there");
    let error = rule.error(
        Some(at..at + 6),
        "no column is called `vouchr`",
        Some("did you mean `voucher`?".to_owned()),
    );
    assert_eq!(
        render(&error),
        "  × no column is called `vouchr`
    ╭─[plans/wallet/crossfoot.toml:9:8]
  8 │ rule = \"\"\"
  9 │ SELECT vouchr,
    ·        ──────
 10 │        amount
    ╰────
  help: did you mean `voucher`?
"
    );
}

#[test]
fn escapes_in_the_plan_do_not_shift_what_is_underlined() {
    let plan = plan();
    let target = &plan.agreements[0].target;
    let at = target.as_str().find('金').expect("it is there");
    let error = target.error(Some(at..at + 3), "no column is called `金`", None);
    assert_eq!(
        render(&error),
        "  × no column is called `金`
    ╭─[plans/wallet/crossfoot.toml:12:31]
 11 │ FROM flow\"\"\"
 12 │ target = \"SELECT \\\"id\\\" AS 号, \\u91d1 FROM t\"
    ·                                ──────
 13 │ key = [\"voucher\"]
    ╰────
"
    );
}

#[test]
fn what_is_wrong_in_a_file_of_sql_is_underlined_in_that_file() {
    let path = Path::new("tests/plans/good-everything/crossfoot.toml");
    let plan = plan::read(path).expect("a good plan");
    let rule = &plan.agreements[0].rule;
    let at = rule.as_str().find("money").expect("it is there");
    let error = rule.error(Some(at..at + 5), "no function is called `money`", None);
    assert_eq!(
        render(&error),
        "  × no function is called `money`
   ╭─[rules/postings.sql:2:22]
 1 │ -- Every flow is one posting.
 2 │ SELECT voucher, leg, money(amount) AS amount FROM flow
   ·                      ─────
   ╰────
"
    );
    let whole = rule.error(None, "the rule gives no records", None);
    assert_eq!(whole.line_column(), Some((1, 1)));
}

#[test]
fn a_place_beyond_the_sql_is_kept_inside_it() {
    let plan = plan();
    let backwards = std::ops::Range { start: 3, end: 1 };
    for span in [0..usize::MAX, usize::MAX..usize::MAX, backwards, 12..13] {
        for sql in [&plan.agreements[0].rule, &plan.agreements[0].target] {
            let error = sql.error(Some(span.clone()), "wrong", None);
            assert!(render(&error).contains("crossfoot.toml"), "{span:?}");
        }
    }
}

#[test]
fn a_column_that_is_not_there_is_underlined_where_the_plan_names_it() {
    let plan = plan();
    let column = &plan.agreements[0].key[0];
    let label = Some("not in `postings`".to_owned());
    let error = plan.error(
        column.place(),
        "the rule gives no column `voucher`",
        label,
        None,
    );
    assert_eq!(
        error.on_one_line(),
        "plans/wallet/crossfoot.toml:13:8: the rule gives no column `voucher`"
    );
}

#[test]
fn books_are_found_from_the_plans_folder_and_the_environment() {
    let environment = |name: &str| (name != "HOST").then(|| "2013-05-27".to_owned());
    let errors = plan().books(&environment).expect_err("HOST is not set");
    let said: Vec<String> = errors.iter().map(PlanError::on_one_line).collect();
    assert_eq!(
        said,
        [
            "plans/wallet/crossfoot.toml:5:13: the environment variable `HOST` is not set; \
          set it: `export HOST=…`"
        ]
    );

    let environment = |name: &str| Some(if name == "DAY" { "27" } else { "a" }.to_owned());
    let (source, target) = plan().books(&environment).expect("all is set");
    let here = std::env::current_dir().expect("a folder");
    assert_eq!(source.root, here.join("plans/wallet/books/27"));
    assert_eq!(target.root, Path::new("/srv/a/27"));
}

#[test]
fn a_variable_can_hold_a_kind_of_book_that_is_not_built_and_is_not_shown() {
    let text = PLAN.replace("books/${DAY}", "${BOOK}");
    let plan = plan::parse(&text, Path::new("crossfoot.toml")).expect("a good plan");
    let environment = |_: &str| Some("oracle://bao:hunter2@localhost/bao".to_owned());
    let errors = plan.books(&environment).expect_err("no such book");
    let said: String = errors.iter().map(render).collect();
    assert!(
        said.contains("`oracle://` books are not in this build"),
        "{said}"
    );
    assert!(!said.contains("hunter2"), "{said}");
    let message = "oracle://bao:hunter2@localhost/bao: cannot be opened";
    assert_eq!(
        plan.source.url.conceal(message, &environment),
        "${BOOK}: cannot be opened"
    );
    assert_eq!(
        plan.source.url.conceal("nothing", &|_| Some(String::new())),
        "nothing"
    );
}

#[test]
fn the_digest_goes_by_what_is_written_and_not_by_where() {
    let folder = tempfile::tempdir().expect("a folder");
    let original = Path::new("tests/plans/good-everything");
    fs::create_dir(folder.path().join("rules")).expect("a folder");
    for file in ["crossfoot.toml", "rules/postings.sql", "rules/monthly.sql"] {
        fs::copy(original.join(file), folder.path().join(file)).expect("a copy");
    }
    let digest = |folder: &Path| {
        plan::read(&folder.join("crossfoot.toml"))
            .expect("a good plan")
            .digest()
    };
    let before = digest(original);
    assert_eq!(before.len(), 64);
    assert_eq!(digest(folder.path()), before);
    let sql = folder.path().join("rules/monthly.sql");
    let longer = fs::read_to_string(&sql).expect("SQL") + "-- said so\n";
    fs::write(&sql, longer).expect("a file");
    assert_ne!(digest(folder.path()), before);
}

#[test]
fn whoever_may_sign_is_in_the_digest_and_a_list_that_is_not_there_is_no_empty_list() {
    let folder = tempfile::tempdir().expect("a folder");
    let plan = Path::new("tests/plans/good-everything/crossfoot.toml");
    fs::create_dir(folder.path().join("rules")).expect("a folder");
    for file in ["crossfoot.toml", "rules/postings.sql", "rules/monthly.sql"] {
        let from = plan.with_file_name(file);
        fs::copy(from, folder.path().join(file)).expect("a copy");
    }
    let digest = || {
        let plan = plan::read(&folder.path().join("crossfoot.toml"));
        plan.expect("a good plan").digest()
    };
    let list = folder.path().join("signers.txt");
    let mut seen = std::collections::BTreeSet::from([digest()]);
    for text in ["", "accountant one\n", "accountant other\n"] {
        fs::write(&list, text).expect("a file");
        assert!(seen.insert(digest()), "{text:?}");
    }
    // Bytes that are no text are a list all the same.
    for bytes in [[0xff_u8], [0xfe_u8]] {
        fs::write(&list, bytes).expect("a file");
        assert!(seen.insert(digest()), "{bytes:?}");
    }
}

#[test]
fn a_draft_is_written_as_a_person_would() {
    let draft = Draft {
        preface: "A first plan.\nRead it before you trust it.".to_owned(),
        name: "wallet".to_owned(),
        currency: Some("CNY".to_owned()),
        source: DraftBook {
            url: "old".to_owned(),
            tables: [(
                "flow".to_owned(),
                books::TableSpec {
                    files: vec!["flow-*.csv".to_owned()],
                    encoding: Some("gb18030".to_owned()),
                    columns: [("amount".to_owned(), vec!["金额".to_owned()])].into(),
                    ..books::TableSpec::default()
                },
            )]
            .into(),
            ..DraftBook::default()
        },
        target: DraftBook {
            url: "new".to_owned(),
            ..DraftBook::default()
        },
        agreements: vec![DraftAgreement {
            preface: "12 columns on both sides.".to_owned(),
            name: "postings".to_owned(),
            rule: "SELECT voucher,\n       money(amount) AS amount\nFROM flow\n".to_owned(),
            target: "posting".to_owned(),
            key: vec!["voucher".to_owned()],
            money: vec!["amount".to_owned()],
            origin: Some((
                "flow".to_owned(),
                [("serial".into(), "source".into())].into(),
            )),
            notes: [(
                "key".to_owned(),
                "unique in 1,000 of 1,000 records".to_owned(),
            )]
            .into(),
            ..DraftAgreement::default()
        }],
        ..Draft::default()
    };
    assert_eq!(
        write(&draft),
        r#"# A first plan.
# Read it before you trust it.
name = "wallet"
currency = "CNY"

[source]
url = "old"

[source.tables.flow]
files = "flow-*.csv"
encoding = "gb18030"
columns = { amount = ["金额"] }

[target]
url = "new"

# 12 columns on both sides.
[[agreement]]
name = "postings"
rule = """
SELECT voucher,
       money(amount) AS amount
FROM flow
"""
target = "posting"
key = ["voucher"] # unique in 1,000 of 1,000 records
money = ["amount"]
origin = { table = "flow", on = { serial = "source" } }
"#
    );
}

#[test]
fn of_the_tables_of_a_database_those_matter_that_the_sql_reads_from() {
    let rule =
        r#"FROM source.Flow JOIN (SELECT 1 FROM \"day sum\") AS overflow ON kind = 'account'"#;
    let text = PLAN.replace("FROM flow", rule);
    let plan = plan::parse(&text, Path::new("crossfoot.toml")).expect("a good plan");
    let (source, target) = plan
        .books(&|_| Some("here".to_owned()))
        .expect("all variables are set");
    assert_eq!(source.named_in, target.named_in);
    let mut named = source.named_in.expect("they are told");
    named.sort();
    // Each with what corrects it; no alias, no text and no column is among them.
    let expected = [
        "Flow",
        "Flow.corrections",
        "day sum",
        "day sum.corrections",
        "t",
        "t.corrections",
    ];
    assert_eq!(named, expected);
}

#[test]
fn an_agreement_may_be_empty_only_where_the_plan_says_so() {
    let may_be_empty = |more: &str| {
        let text = format!("{PLAN}{more}");
        let plan = plan::parse(&text, Path::new("crossfoot.toml")).expect("a good plan");
        plan.agreements[0].may_be_empty
    };
    assert!(!may_be_empty(""));
    assert!(!may_be_empty("may_be_empty = false\n"));
    assert!(may_be_empty("may_be_empty = true\n"));
}
