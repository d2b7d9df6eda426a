//! What holds for every text, every plan and every draft.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use books::{ExtraFields, FileOverride, Format, TableSpec};
use miette::{GraphicalReportHandler, GraphicalTheme};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use rules::plan::{
    self, ControlCheck, Draft, DraftAgreement, DraftBook, DraftControl, Plan, PlanError,
};

const GOOD: &str = include_str!("../plans/good-everything/crossfoot.toml");
const BROKEN: &str = include_str!("../plans/many-at-once/crossfoot.toml");

/// Words to put into a plan where they do not belong.
const WORDS: [&str; 40] = [
    "\"",
    "'",
    "\"\"\"",
    "'''",
    "[",
    "]",
    "[[",
    "]]",
    "{",
    "}",
    "=",
    ",",
    ".",
    "#",
    "\n",
    "\r",
    "\r\n",
    "\\",
    "\\u0000",
    "\u{0}",
    "\u{feff}",
    "金",
    "é",
    "\u{301}",
    "🧾",
    "true",
    "-1",
    "1.5",
    "0x",
    "2013-05-27",
    "08:00:00",
    "[[agreement]]\n",
    "[source]\n",
    "key = []\n",
    "name = ''\n",
    "${",
    "}",
    "://a:b@",
    ".sql",
    "inf",
];

/// Reads a text, renders every mistake, and tells what must hold whatever the text.
fn read_anything(text: &str) -> Result<Plan, Vec<PlanError>> {
    let path = Path::new("tests/plans/good-everything/crossfoot.toml");
    let read = plan::parse(text, path);
    let Err(mistakes) = &read else {
        return read;
    };
    assert!(!mistakes.is_empty(), "a refusal says why");
    let handler = GraphicalReportHandler::new_themed(GraphicalTheme::unicode_nocolor());
    for mistake in mistakes {
        let mut said = String::new();
        handler
            .render_report(&mut said, mistake)
            .expect("every place can be shown");
        let place = mistake.place().unwrap_or(0..0);
        assert!(
            place.end <= text.len() && text.get(place).is_some(),
            "{mistake:?}"
        );
    }
    assert!(
        mistakes
            .iter()
            .map(|m| m.place().map(|p| p.start))
            .is_sorted()
    );
    read
}

/// One blow to a text.
#[derive(Clone, Debug)]
enum Blow {
    Insert(Index, &'static str),
    Delete(Index, usize),
    Repeat(Index, usize),
    Swap(Index, Index),
}

fn blows() -> impl Strategy<Value = Vec<Blow>> {
    let blow = prop_oneof![
        (any::<Index>(), select(&WORDS[..])).prop_map(|(at, word)| Blow::Insert(at, word)),
        (any::<Index>(), 1..40_usize).prop_map(|(at, count)| Blow::Delete(at, count)),
        (any::<Index>(), 1..80_usize).prop_map(|(at, count)| Blow::Repeat(at, count)),
        (any::<Index>(), any::<Index>()).prop_map(|(one, other)| Blow::Swap(one, other)),
    ];
    prop::collection::vec(blow, 1..6)
}

fn struck(text: &str, blows: &[Blow]) -> String {
    let mut letters: Vec<char> = text.chars().collect();
    for blow in blows {
        let length = letters.len().max(1);
        let span = |at: &Index, count: usize| {
            let start = at.index(length).min(letters.len());
            start..(start + count).min(letters.len())
        };
        match blow {
            Blow::Insert(at, word) => {
                let at = span(at, 0);
                letters.splice(at, word.chars());
            }
            Blow::Delete(at, count) => {
                let gone = span(at, *count);
                letters.drain(gone);
            }
            Blow::Repeat(at, count) => {
                let again: Vec<char> = letters[span(at, *count)].to_vec();
                let at = span(at, 0);
                letters.splice(at, again);
            }
            Blow::Swap(one, other) if !letters.is_empty() => {
                letters.swap(one.index(length), other.index(length));
            }
            Blow::Swap(..) => {}
        }
    }
    letters.into_iter().collect()
}

proptest! {
    #[test]
    fn any_text_is_read_without_a_panic(text in any::<String>()) {
        let _ = read_anything(&text);
    }

    #[test]
    fn words_of_plans_in_any_order_are_read_without_a_panic(
        words in prop::collection::vec(select(&WORDS[..]), 0..60)
    ) {
        let _ = read_anything(&words.concat());
    }

    #[test]
    fn a_plan_that_was_struck_is_read_without_a_panic(blows in blows()) {
        let _ = read_anything(&struck(GOOD, &blows));
    }

    #[test]
    fn a_broken_plan_that_was_struck_is_read_without_a_panic(blows in blows()) {
        let _ = read_anything(&struck(BROKEN, &blows));
    }

    #[test]
    fn the_same_text_gives_the_same_words(blows in blows()) {
        let text = struck(BROKEN, &blows);
        prop_assert_eq!(format!("{:?}", read_anything(&text)), format!("{:?}", read_anything(&text)));
    }

    #[test]
    fn any_bytes_are_read_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("crossfoot.toml");
        fs::write(&path, &bytes).expect("a file");
        prop_assert!(plan::read(&path).is_err());
    }

    #[test]
    fn what_was_drafted_is_what_is_read(draft in drafts()) {
        let text = plan::write(&draft);
        match plan::parse(&text, Path::new("crossfoot.toml")) {
            Ok(plan) => same(&draft, &plan),
            Err(mistakes) => prop_assert!(false, "{text}\n{mistakes:?}"),
        }
    }

    #[test]
    fn every_byte_of_a_plan_counts_in_its_digest(at in any::<Index>()) {
        // A comment is the one place where any letter may change and leave a plan.
        let before = format!("# {}\n{GOOD}", "a".repeat(100));
        let mut after = before.clone().into_bytes();
        after[2 + at.index(100)] = b'b';
        let after = String::from_utf8(after).expect("it was ASCII");
        let digest = |text: &str| read_anything(text).expect("a good plan").digest();
        prop_assert_eq!(digest(&before), digest(&before));
        prop_assert_ne!(digest(&before), digest(&after));
    }
}

/// A text without a control character that is not blank: what a name may be.
fn names() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z][a-z_0-9]{0,8}",
        r#"[ a-zA-Z"'\\#=.,\[\]{}金额é🧾-]{0,12}[a-z金]"#,
    ]
}

/// The name of a table or a condition: no file of SQL, no query and no comment.
fn tables() -> impl Strategy<Value = String> {
    names().prop_filter("no SQL", |name| {
        let start = name.trim_start().to_lowercase();
        !start.ends_with(".sql")
            && !["--", "/*", "(", "select", "with"]
                .iter()
                .any(|mark| start.starts_with(mark))
    })
}

/// SQL, written out, of one or more lines.
fn queries() -> impl Strategy<Value = String> {
    ("SELECT [a-z(),.*'\" \t\n\\\\金]{0,40}", Just(" x")).prop_map(|(start, end)| start + end)
}

fn lists(most: usize) -> impl Strategy<Value = Vec<String>> {
    prop::collection::btree_set(names(), 0..=most).prop_map(|set| set.into_iter().collect())
}

/// Columns in lists that have none in common.
fn columns() -> impl Strategy<Value = [Vec<String>; 4]> {
    prop::collection::btree_set(names(), 0..9).prop_map(|set| {
        let mut lists: [Vec<String>; 4] = Default::default();
        for (at, name) in set.into_iter().enumerate() {
            lists[at % 4].push(name);
        }
        lists
    })
}

fn notes(keys: &'static [&'static str]) -> impl Strategy<Value = BTreeMap<String, String>> {
    let key = select(keys).prop_map(str::to_owned);
    prop::collection::btree_map(key, any::<String>(), 0..3)
}

fn agreements() -> impl Strategy<Value = Vec<DraftAgreement>> {
    let agreement = (
        prop_oneof![tables(), queries()],
        prop_oneof![tables(), queries()],
        columns(),
        prop::option::of((names(), prop::collection::btree_map(names(), names(), 1..3))),
        prop::collection::btree_set(tables(), 0..=2),
        notes(&["name", "rule", "key", "money", "origin", "require"]),
        any::<String>(),
    )
        .prop_map(
            |(rule, target, [key, money, foot, ignore], origin, require, notes, preface)| {
                DraftAgreement {
                    preface,
                    rule,
                    target,
                    key,
                    money,
                    foot,
                    ignore,
                    origin,
                    require: require.into_iter().collect(),
                    notes,
                    currency: None,
                    name: String::new(),
                }
            },
        );
    let numbered = |mut agreements: Vec<DraftAgreement>| {
        for (at, agreement) in agreements.iter_mut().enumerate() {
            agreement.name = format!("agreement {at}");
            agreement.currency = (at % 2 == 1).then(|| "currency column".to_owned());
        }
        agreements
    };
    prop::collection::vec(agreement, 0..4).prop_map(numbered)
}

fn specs() -> impl Strategy<Value = TableSpec> {
    let written = (
        prop::option::of(select(&["utf-8", "gb18030", "windows-1252"][..])),
        prop::option::of(select(&[',', ';', '\t', '|'][..])),
        prop::option::of(select(&["", "'", "\""][..])),
        lists(3),
        prop::collection::btree_map("[a-z]{1,5}", "[A-Z]{6}", 0..3),
        (0..3_usize, 0..3_usize, any::<[bool; 4]>()),
    );
    (
        written,
        prop::option::of(select(&[Format::Csv][..])),
        lists(2),
    )
        .prop_map(
            |(
                (encoding, delimiter, quote, names, aliases, (header, footer, is)),
                format,
                nulls,
            )| {
                TableSpec {
                    files: vec!["a/*.csv".to_owned(), "!a/b.csv".to_owned()],
                    format,
                    encoding: encoding.map(str::to_owned),
                    delimiter,
                    quote: quote.map(str::to_owned),
                    header: names.is_empty() || is[0],
                    names,
                    // One name in a file belongs to one column only.
                    columns: aliases
                        .into_iter()
                        .enumerate()
                        .map(|(at, (name, alias))| (name, vec![format!("{alias}{at}")]))
                        .collect(),
                    skip_header: header,
                    skip_footer: footer,
                    null_values: nulls,
                    trim: is[1],
                    pad_short: is[2],
                    extra_fields: if is[3] {
                        ExtraFields::Drop
                    } else {
                        ExtraFields::Refuse
                    },
                    overrides: vec![FileOverride {
                        files: vec!["a/1.csv".to_owned()],
                        header: Some(is[1]),
                        skip_footer: Some(footer),
                        ..FileOverride::default()
                    }],
                    ..TableSpec::default()
                }
            },
        )
}

fn drafts() -> impl Strategy<Value = Draft> {
    let book = || {
        let tables = prop::collection::btree_map(names(), specs(), 0..3);
        ("[a-z金 ][a-z/*.\"' 金]{0,10}[a-z]", tables, notes(&["url"]))
            .prop_map(|(url, tables, notes)| DraftBook { url, tables, notes })
    };
    let top = (
        names(),
        any::<bool>(),
        any::<String>(),
        notes(&["name", "timezone", "currency"]),
    );
    let controls = prop::collection::vec((queries(), prop::option::of(queries())), 1..3);
    (top, book(), book(), agreements(), controls).prop_map(
        |((name, is_chinese, preface, notes), source, target, agreements, controls)| Draft {
            preface,
            name,
            timezone: is_chinese.then(|| "Asia/Shanghai".to_owned()),
            currency: is_chinese.then(|| "CNY".to_owned()),
            source,
            target,
            agreements,
            controls: controls
                .into_iter()
                .enumerate()
                .map(drafted_control)
                .collect(),
            notes,
        },
    )
}

fn drafted_control((at, (sql, other)): (usize, (String, Option<String>))) -> DraftControl {
    let name = format!("control {at}");
    match other {
        None => DraftControl {
            name,
            sql: Some(sql),
            ..DraftControl::default()
        },
        actual => DraftControl {
            name,
            expected: Some(sql),
            actual,
            ..DraftControl::default()
        },
    }
}

/// Asserts that a plan holds what was drafted.
fn same(draft: &Draft, plan: &Plan) {
    let texts = |list: &[plan::Placed<String>]| -> Vec<String> {
        list.iter().map(|text| text.value.clone()).collect()
    };
    assert_eq!(plan.name.value, draft.name);
    assert_eq!(
        plan.timezone.as_ref().map(|zone| zone.value.clone()),
        draft.timezone
    );
    assert_eq!(
        plan.currency.as_ref().map(|code| code.to_string()),
        draft.currency
    );
    for (read, drafted) in [(&plan.source, &draft.source), (&plan.target, &draft.target)] {
        assert_eq!(read.url.as_written(), drafted.url);
        let tables: BTreeMap<String, TableSpec> = read
            .tables
            .iter()
            .map(|(name, spec)| (name.clone(), spec.value.clone()))
            .collect();
        assert_eq!(tables, drafted.tables);
    }
    assert_eq!(plan.agreements.len(), draft.agreements.len());
    for (read, drafted) in plan.agreements.iter().zip(&draft.agreements) {
        assert_eq!(read.name.value, drafted.name);
        assert_eq!(read.rule.as_str(), drafted.rule);
        assert_eq!(read.target.as_str(), drafted.target);
        assert_eq!(texts(&read.key), drafted.key);
        assert_eq!(texts(&read.money), drafted.money);
        assert_eq!(texts(&read.foot), drafted.foot);
        assert_eq!(texts(&read.ignore), drafted.ignore);
        assert_eq!(
            read.currency.as_ref().map(|column| column.value.clone()),
            drafted.currency
        );
        let origin = read.origin.as_ref().map(|origin| {
            let on = origin
                .on
                .iter()
                .map(|(one, other)| (one.value.clone(), other.value.clone()));
            (origin.table.value.clone(), on.collect())
        });
        assert_eq!(origin, drafted.origin);
        let require: Vec<&str> = read.require.iter().map(|sql| sql.as_str()).collect();
        assert_eq!(require, drafted.require);
    }
    assert_eq!(plan.controls.len(), draft.controls.len());
    for (read, drafted) in plan.controls.iter().zip(&draft.controls) {
        assert_eq!(read.name.value, drafted.name);
        match &read.check {
            ControlCheck::Zero(sql) => assert_eq!(Some(sql.as_str()), drafted.sql.as_deref()),
            ControlCheck::Equal { expected, actual } => {
                assert_eq!(Some(expected.as_str()), drafted.expected.as_deref());
                assert_eq!(Some(actual.as_str()), drafted.actual.as_deref());
            }
        }
    }
}

#[test]
fn nesting_of_any_depth_is_refused_without_a_panic() {
    let deep = 100_000;
    let texts = [
        format!("a = {}", "[".repeat(deep)),
        format!("a = {}1{}", "[".repeat(deep), "]".repeat(deep)),
        format!("a = {}", "{a=".repeat(deep)),
        format!("{}a = 1", "a.".repeat(deep)),
        format!("[{}a]", "a.".repeat(deep)),
        "[[a]]\n".repeat(deep / 10),
        format!("a = {{ {}a = 1 }}", "a.".repeat(deep)),
        (0..deep / 100)
            .map(|at| format!("[{}a]\n", "a.".repeat(at % 90)))
            .collect(),
    ];
    for text in texts {
        let mistakes = plan::parse(&text, Path::new("crossfoot.toml"))
            .err()
            .unwrap_or_default();
        assert!(!mistakes.is_empty());
    }
}

#[test]
fn a_file_that_is_no_plan_is_refused_in_no_time() {
    let lines: String = (0..100_000).map(|at| format!("V{at};1;10.00\n")).collect();
    let keys: String = (0..20_000)
        .map(|at| format!("column_{at} = {at}\n"))
        .collect();
    let began = std::time::Instant::now();
    let mistakes = plan::parse(&lines, Path::new("crossfoot.toml")).expect_err("no plan");
    assert_eq!(mistakes.len(), 21, "the first twenty, and how many more");
    let mistakes = plan::parse(&keys, Path::new("crossfoot.toml")).expect_err("no plan");
    assert!(mistakes.len() > 20_000);
    let seconds = began.elapsed().as_secs();
    assert!(
        seconds < 30,
        "{seconds} s; a fault in the order of growth takes minutes"
    );
}

#[test]
fn a_file_of_more_than_four_megabytes_is_not_read_as_a_plan() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("crossfoot.toml");
    fs::write(&path, "#".repeat((4 << 20) + 1)).expect("a file");
    let mistakes = plan::read(&path).expect_err("too large");
    assert!(
        mistakes[0]
            .to_string()
            .contains("larger than 4194304 bytes"),
        "{mistakes:?}"
    );
}
