//! Looks at two books and drafts a plan that runs: what is in them, which tables and columns
//! belong together, what tells records apart and what is money.
//!
//! [`survey`] measures; nothing is taken for granted, and everything that was taken is in
//! [`Survey::said`], with its reason. [`write_plan`] writes the plan, [`plan_of`] has it in memory
//! for a comparison without one.
//!
//! ```no_run
//! use reconcile::survey::{Wishes, plan_of, survey};
//!
//! let environment = |name: &str| std::env::var(name).ok();
//! let found = survey("sqlite://old.db", "new.parquet", &Wishes::default(), &environment)?;
//! println!("{}", found.in_one_line());
//! let plan = plan_of(&found).expect("what was drafted is a plan");
//! # Ok::<(), reconcile::survey::SurveyError>(())
//! ```

mod convert;
mod dialect;
mod draft;
mod groups;
mod key;
mod money;
mod names;
mod open;
mod pairs;
mod profile;
mod sample;
mod say;
mod site;
#[cfg(test)]
mod stories;
mod times;

use crate::Beforehand;
use books::{BookError, ReadError};
use rules::plan::{Draft, Plan, PlanError};
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// What the user already knows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wishes {
    /// The columns that tell records apart, by their names in either book.
    pub key: Option<Vec<String>>,
    /// The columns that hold amounts, by their names in either book.
    pub money: Option<Vec<String>>,
    /// The currency of the amounts: a code of ISO 4217.
    pub currency: Option<String>,
    /// The zone of civil times: an IANA name, or an offset such as `+08:00`.
    pub timezone: Option<String>,
}

/// What two books turned out to be.
#[derive(Clone, Debug, Default)]
pub struct Survey {
    /// The plan; its rules are SQL, its books lie where they were said to be.
    pub draft: Draft,
    /// What was taken for what, and why: a line each.
    pub said: Vec<String>,
    /// The same for the reports of a run without a plan that people have read: what it leaves out,
    /// and what was taken only because it fits, it does not check. In the order of the agreements.
    pub beforehand: Vec<Beforehand>,
    took: Vec<String>,
    /// Where in the books' addresses paths stand that start from the working folder.
    paths: [Vec<Range<usize>>; 2],
}

impl Survey {
    /// Says what was taken for key and money, of all agreements, how columns are read and what is
    /// not compared, in one line.
    pub fn in_one_line(&self) -> String {
        self.took.join("; ")
    }
}

/// Why two books cannot be surveyed.
#[derive(Debug, thiserror::Error)]
pub enum SurveyError {
    /// Books that cannot be opened.
    #[error("a book cannot be opened: {}", .0.first().map(ToString::to_string).unwrap_or_default())]
    Books(Vec<BookError>),
    /// Addresses that cannot be.
    #[error("{}", .0.first().map(ToString::to_string).unwrap_or_default())]
    Address(Vec<PlanError>),
    /// A file that cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// What is asked for is not there: columns to be the key or money, or anything that the two
    /// books have in common.
    #[error("{0}")]
    Wish(String),
}

/// Looks at two books, and drafts the plan that compares them. A book is a file, a folder, a glob or
/// the address of a database, as a plan names it; `environment` gives the variables in it, whose
/// values never come into the plan.
///
/// It judges columns by some 200,000 records of each table, and keys by all records up to
/// 5,000,000, unless a database declares them.
///
/// # Errors
/// A book cannot be opened or read, or there is nothing to compare in the way that is wished for.
pub fn survey(
    source: &str,
    target: &str,
    wishes: &Wishes,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<Survey, SurveyError> {
    draft::survey(source, target, wishes, environment)
}

/// Reads the plan of a survey, without writing it. Its paths start from the working folder.
///
/// # Errors
/// Mistakes in the plan, such as a currency that does not exist.
pub fn plan_of(survey: &Survey) -> Result<Plan, Vec<PlanError>> {
    rules::plan::parse(&plan_text(survey, Path::new("")), Path::new(PLANLESS))
}

/// What a plan that is in no file is called.
const PLANLESS: &str = "the plan drafted from both books";

/// Writes the plan of a survey as text, all SQL in it, its paths starting from `folder`.
pub fn plan_text(survey: &Survey, folder: &Path) -> String {
    rules::plan::write(&survey.seen_from(folder))
}

/// Writes the plan of a survey to `path`, and its SQL to files in the folder `rules` beside it.
/// It replaces the plan, but no file of SQL. Returns the files that it wrote, the plan first.
///
/// # Errors
/// What the system says when a file cannot be written.
pub fn write_plan(survey: &Survey, path: &Path) -> io::Result<Vec<PathBuf>> {
    let folder = path.parent().unwrap_or(Path::new(""));
    std::fs::create_dir_all(folder)?;
    let mut draft = survey.seen_from(folder);
    let mut written = vec![path.to_owned()];
    for agreement in &mut draft.agreements {
        let name = file_name(&agreement.name);
        let sides = [
            (&mut agreement.rule, name.clone()),
            (&mut agreement.target, format!("{name}.target")),
        ];
        for (sql, stem) in sides {
            if sql.contains('\n') {
                let file = write_sql(folder, &stem, sql)?;
                written.push(folder.join(&file));
                *sql = file;
            }
        }
    }
    std::fs::write(path, rules::plan::write(&draft))?;
    Ok(written)
}

/// Writes SQL to a file that is not there yet, or that says the same; returns its name.
fn write_sql(folder: &Path, stem: &str, sql: &str) -> io::Result<String> {
    let mut number = 1_u32;
    std::fs::create_dir_all(folder.join("rules"))?;
    loop {
        let name = match number {
            1 => format!("rules/{stem}.sql"),
            more => format!("rules/{stem}-{more}.sql"),
        };
        let path = folder.join(&name);
        match std::fs::read(&path) {
            Ok(there) if there == sql.as_bytes() => return Ok(name),
            Ok(_) => number += 1,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                std::fs::write(&path, sql)?;
                return Ok(name);
            }
            Err(error) => return Err(error),
        }
    }
}

/// A name that every file system takes.
fn file_name(name: &str) -> String {
    let fit = |c: char| match c.is_alphanumeric() || matches!(c, '-' | '_') {
        true => c,
        false => '-',
    };
    name.chars().map(fit).collect()
}

impl Survey {
    /// The draft with its books named as they are found from `folder`.
    fn seen_from(&self, folder: &Path) -> Draft {
        let mut draft = self.draft.clone();
        let books = [&mut draft.source, &mut draft.target];
        for (book, paths) in books.into_iter().zip(&self.paths) {
            book.url = site::seen_from(folder, &book.url, paths);
        }
        draft
    }
}
