//! The corpus of plans: each folder of `tests/plans` holds a `crossfoot.toml`, most of them
//! broken, and in `expected.txt` what is said about it.
//!
//! A new mistake is a new folder; `UPDATE_EXPECT=1` writes what is said now.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use miette::{GraphicalReportHandler, GraphicalTheme};
use rules::plan::{self, ControlCheck, Plan, PlanError, SqlText};

#[test]
fn every_plan_of_the_corpus_gets_what_is_expected_of_it() {
    let mut differing = Vec::new();
    for folder in corpus() {
        let said = say(&folder.join("crossfoot.toml"));
        let expected = folder.join("expected.txt");
        if std::env::var_os("UPDATE_EXPECT").is_some() {
            fs::write(&expected, &said).expect("the corpus can be written");
        }
        let known = fs::read_to_string(&expected).unwrap_or_default();
        if known != said {
            differing.push(format!("{}:\n{said}", folder.display()));
        }
    }
    assert!(
        differing.is_empty(),
        "UPDATE_EXPECT=1 takes over what is said now:\n{}",
        differing.join("\n")
    );
}

#[test]
fn a_plan_is_good_exactly_where_its_folder_says_so() {
    let plans = corpus();
    for folder in &plans {
        let name = folder.file_name().expect("a folder has a name");
        let is_good = name.to_string_lossy().starts_with("good-");
        let read = plan::read(&folder.join("crossfoot.toml"));
        assert_eq!(read.is_ok(), is_good, "{}", folder.display());
    }
    assert!(plans.len() > 80, "the corpus was found: {}", plans.len());
}

#[test]
fn mistakes_come_in_the_order_of_their_places() {
    for folder in corpus() {
        let mistakes = plan::read(&folder.join("crossfoot.toml"))
            .err()
            .unwrap_or_default();
        let places: Vec<usize> = mistakes
            .iter()
            .filter_map(|m| Some(m.place()?.start))
            .collect();
        assert!(places.is_sorted(), "{}: {places:?}", folder.display());
    }
}

#[test]
fn no_password_is_ever_shown() {
    for folder in corpus() {
        let path = folder.join("crossfoot.toml");
        let said = say(&path);
        assert!(!said.contains("hunter2"), "{}", folder.display());
        if let Err(mistakes) = plan::read(&path) {
            assert!(
                !format!("{mistakes:?}").contains("hunter2"),
                "{}",
                folder.display()
            );
        }
    }
}

/// The folders of the corpus, in order. Paths are relative, so that messages are the same
/// everywhere.
fn corpus() -> Vec<PathBuf> {
    let entries = fs::read_dir("tests/plans").expect("tests run in the crate's folder");
    let mut folders: Vec<PathBuf> = entries
        .map(|entry| entry.expect("readable").path())
        .collect();
    folders.retain(|path| path.is_dir());
    folders.sort();
    folders
}

/// Says what a plan holds, or what is wrong with it, as the command line does.
fn say(path: &Path) -> String {
    let said = match plan::read(path) {
        Ok(plan) => outline(&plan),
        Err(mistakes) => render(&mistakes),
    };
    // Snapshots are for people: no trailing space, and nothing that cannot be seen.
    let lines = said.lines().map(|line| {
        let seen: String = line.chars().map(visible).collect();
        seen.trim_end().to_owned() + "\n"
    });
    lines.collect()
}

fn visible(c: char) -> char {
    if c.is_control() { '␀' } else { c }
}

fn render(mistakes: &[PlanError]) -> String {
    let handler =
        GraphicalReportHandler::new_themed(GraphicalTheme::unicode_nocolor()).with_width(100);
    let mut said = match mistakes.len() {
        1 => "1 mistake\n\n".to_owned(),
        many => format!("{many} mistakes\n\n"),
    };
    for mistake in mistakes {
        handler
            .render_report(&mut said, mistake)
            .expect("a text takes all");
        said.push('\n');
    }
    said
}

fn outline(plan: &Plan) -> String {
    let mut said = String::new();
    let mut line = |words: String| writeln!(said, "{words}").expect("a text takes all");
    line(format!("name {:?}", plan.name));
    line(format!("timezone {:?}", plan.timezone));
    line(format!("currency {:?}", plan.currency));
    for (side, book) in [("source", &plan.source), ("target", &plan.target)] {
        line(format!("{side} {} at {:?}", book.url, book.url.place()));
        for (name, spec) in &book.tables {
            line(format!("  table {name}: {spec:?}"));
        }
    }
    for agreement in &plan.agreements {
        line(format!("agreement {:?}", agreement.name));
        line(format!("  rule {:?}", agreement.rule));
        line(format!("  target {:?}", agreement.target));
        line(format!("  key {:?}", agreement.key));
        line(format!("  money {:?}", agreement.money));
        line(format!("  foot {:?}", agreement.foot));
        line(format!("  currency {:?}", agreement.currency));
        line(format!("  origin {:?}", agreement.origin));
        line(format!("  require {:?}", agreement.require));
        line(format!("  ignore {:?}", agreement.ignore));
        if agreement.is_pushed {
            line("  pushed".to_owned());
        }
        if agreement.may_be_empty {
            line("  may be empty".to_owned());
        }
    }
    for control in &plan.controls {
        line(format!("control {:?}", control.name));
        let say = |sql: &SqlText| format!("{sql:?}");
        line(match &control.check {
            ControlCheck::Zero(sql) => format!("  zero {}", say(sql)),
            ControlCheck::Equal { expected, actual } => {
                format!("  expected {}\n  actual {}", say(expected), say(actual))
            }
        });
    }
    line(format!("window {:?}", plan.window));
    let turn = plan
        .window
        .as_ref()
        .map(|window| window.point_of_no_return());
    line(format!("point of no return {turn:?}"));
    line(format!("settings {:?}", plan.settings));
    line(format!("digest {}", plan.digest()));
    said
}
