//! One record's whole story: what the source holds of it, what the rule gives, what the target
//! holds, and why they differ.
//!
//! Only the columns that are asked for are read of the books, and whole records where they answer.
//! What is found is compared with the code of the second look, and explained like any break.

mod ask;
mod chosen;
mod desk;
mod error;
mod fetch;
mod neighbours;
mod partners;
mod recheck;
mod tell;

pub use causes::desk::Suspect;
pub use causes::{CauseId, Says, Tried};
pub use desk::{Bare, Entry, SideSuspects, Suspected, Suspicions, suspect};
pub use error::StoryError;
pub use recheck::{RECHECKED_MAX, Rechecked, recheck};

use crate::prepare::{Agreement, Prepared};
use crate::watch::Watch;
use ask::Asked;
use causes::{CATALOGUE, Explanation};
pub(crate) use chosen::Chosen;
use fetch::Fetch;
use ledger::{Break, CauseStatus, Record, Reject, SourceRecord};
use rules::plan::SqlText;
use rules::sql::{ComesFrom, SourceColumn, Which};
use std::sync::Arc;
pub(crate) use tell::trace;

/// More records than this are not told at once.
pub const TOLD_MAX: usize = 20;

/// Which record is asked for.
#[derive(Debug, Clone, Default)]
pub struct Question {
    /// The agreement; needed where more than one could answer.
    pub agreement: Option<String>,
    /// The values of the key, or `column=value` for any compared columns.
    pub words: Vec<String>,
    /// Threads to work in.
    pub threads: usize,
}

/// Everything about the records that were asked for.
#[derive(Debug)]
pub struct Story {
    /// The plan.
    pub plan: String,
    /// The agreement.
    pub agreement: String,
    /// The columns that were asked for, with the values as they were written.
    pub asked: Record,
    /// What says what the target must hold.
    pub rule: Rule,
    /// The records, those that differ first; empty where all were rejected.
    pub records: Vec<Told>,
    /// Records of either book that could not be converted, and that hold a value that was asked for.
    pub rejects: Vec<Reject>,
    /// What stands before and after the records in their files.
    pub neighbours: Vec<Neighbours>,
}

/// The rule of an agreement.
#[derive(Debug, Clone)]
pub struct Rule {
    /// The file that it stands in, where it is not in the plan itself.
    pub file: Option<String>,
    /// Its SQL, or the name of the table that is taken as it is.
    pub sql: String,
    /// Whether it is the name of a table.
    pub is_table: bool,
    /// The compared columns, with what they come from.
    pub columns: Vec<ComesFrom>,
    /// The columns that decide whether there is a record at all.
    pub decided_by: Vec<SourceColumn>,
}

/// A record that was asked for.
#[derive(Debug)]
pub enum Told {
    /// The sides differ on it.
    Breaks(Box<Explained>),
    /// The sides agree on it.
    Agrees(Agreed),
}

/// A break and all that was tried to explain it.
#[derive(Debug)]
pub struct Explained {
    /// The break, with its cause.
    pub found: Break,
    /// Why it is there.
    pub why: Explanation,
    /// Causes that are not decided, for they show only in evidence beside the records.
    pub undecided: Vec<Undecided>,
    /// What the cause was told from.
    pub sight: Sight,
}

/// What the cause of a break was told from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sight {
    /// The records that were asked for.
    Alone,
    /// All breaks of the agreement, as a verification holds them together.
    WithAll,
    /// What a verification said of it, whose evidence lies there.
    AsVerified(String),
}

/// A cause that the records alone do not show.
#[derive(Debug, Clone, Copy)]
pub struct Undecided {
    /// The cause.
    pub cause: CauseId,
    /// The evidence that it takes.
    pub needs: &'static str,
}

/// A record on which the sides agree.
#[derive(Debug, Clone)]
pub struct Agreed {
    /// The record.
    pub record: Record,
    /// How often it is there on either side.
    pub copies: u64,
    /// The source records that it comes from.
    pub source: Vec<SourceRecord>,
    /// Where it stands in the target.
    pub target: Vec<SourceRecord>,
}

/// What stands before and after a record in its file.
#[derive(Debug, Clone)]
pub struct Neighbours {
    /// The book.
    pub book: Which,
    /// The place of the record.
    pub of: SourceRecord,
    /// The record before; none at the beginning of the file.
    pub before: Option<SourceRecord>,
    /// The record after; none at the end of the file.
    pub after: Option<SourceRecord>,
}

impl Story {
    /// Whether the sides agree on all that was asked for.
    pub fn agrees(&self) -> bool {
        let agrees = |told: &Told| matches!(told, Told::Agrees(_));
        self.rejects.is_empty() && self.records.iter().all(agrees)
    }
}

/// Tells the story of a record, or of a few.
///
/// # Errors
/// The question does not fit the plan, no record answers it or too many do, or a book cannot be
/// read.
pub async fn story(
    prepared: &Prepared,
    question: &Question,
    watch: &Arc<dyn Watch>,
) -> Result<Story, StoryError> {
    let (place, asked) = choose(prepared, question)?;
    let agreement = &prepared.agreements[place];
    let fetch = Fetch {
        prepared,
        agreement,
        threads: question.threads.max(1),
        watch,
    };
    let found = fetch.asked(&asked).await?;
    let rejects = found.rejects.clone();
    let records = tell::tell(&fetch, found).await?;
    let neighbours = neighbours::of(&prepared.session, &records)?;
    let rule = &prepared.plan.agreements[place].rule;
    Ok(Story {
        plan: prepared.plan.name.value.clone(),
        agreement: agreement.name.clone(),
        asked: asked.record(&agreement.layout),
        rule: Rule::new(rule, agreement),
        records,
        rejects,
        neighbours,
    })
}

/// Finds the agreement that a question is about, and reads the question.
fn choose(prepared: &Prepared, question: &Question) -> Result<(usize, Asked), StoryError> {
    let agreements = || prepared.agreements.iter().enumerate();
    let names = || agreements().map(|(_, one)| one.name.clone()).collect();
    if let Some(name) = &question.agreement {
        let named = agreements().find(|(_, one)| one.name == *name);
        let (place, agreement) = named.ok_or_else(|| StoryError::NoAgreement {
            name: name.clone(),
            agreements: names(),
        })?;
        return Ok((place, Asked::read(&question.words, agreement)?));
    }
    let read = |agreement: &Agreement| -> Result<Asked, StoryError> {
        let asked = Asked::read(&question.words, agreement)?;
        asked.chosen(&agreement.layout)?;
        Ok(asked)
    };
    if let [only] = &prepared.agreements[..] {
        return Ok((0, read(only)?));
    }
    let mut fitting = agreements().filter_map(|(place, one)| Some((place, read(one).ok()?)));
    match (fitting.next(), fitting.next()) {
        (Some(only), None) => Ok(only),
        _ => Err(StoryError::ManyAgreements {
            agreements: names(),
        }),
    }
}

impl Rule {
    fn new(sql: &SqlText, agreement: &Agreement) -> Self {
        let is_compared = |column: &ComesFrom| {
            let mut columns = agreement.layout.columns().iter();
            columns.any(|one| one.name == column.column)
        };
        let mut columns = agreement.expected.comes_from();
        columns.retain(is_compared);
        Self {
            file: sql.file_name().map(str::to_owned),
            sql: sql.as_str().to_owned(),
            is_table: sql.is_table(),
            columns,
            decided_by: agreement.expected.decided_by(),
        }
    }
}

impl Explained {
    fn new(mut found: Break, mut why: Explanation) -> Self {
        found.cause = why.found();
        // Two ways to the same value are one hypothesis to a reader.
        let mut told: Vec<Tried> = Vec::with_capacity(why.tried.len());
        for tried in std::mem::take(&mut why.tried) {
            if !told.contains(&tried) {
                told.push(tried);
            }
        }
        why.tried = told;
        Self {
            undecided: undecided(&why),
            found,
            why,
            sight: Sight::Alone,
        }
    }

    /// Takes over what a look at all breaks says of this one. Says no, and changes nothing, where it is
    /// of another break, or names a cause that nobody knows.
    pub fn hear(&mut self, told: &Break, sight: Sight) -> bool {
        let causes = told.cause.id.iter().flat_map(|id| id.split('+'));
        let causes: Option<Vec<CauseId>> = causes.map(CauseId::find).collect();
        let rivals = told.cause.rivals.iter().map(|id| CauseId::find(id));
        let rivals: Option<Vec<CauseId>> = rivals.collect();
        let (Some(causes), Some(rivals), true) = (causes, rivals, is_same(&self.found, told))
        else {
            return false;
        };
        // A sentence that is known already is known in both languages.
        if self.why.says.en != told.cause.says {
            self.why.says = Says {
                en: told.cause.says.clone(),
                zh: String::new(),
            };
        }
        self.why.status = told.cause.status;
        (self.why.causes, self.why.rivals) = (causes, rivals);
        self.undecided = undecided(&self.why);
        self.found.cause = told.cause.clone();
        self.sight = sight;
        true
    }
}

/// Whether two breaks are one: of the same records, as they are still.
fn is_same(one: &Break, other: &Break) -> bool {
    (one.kind, one.copies) == (other.kind, other.copies)
        && (&one.agreement, &one.key) == (&other.agreement, &other.key)
        && (&one.expected, &one.actual) == (&other.expected, &other.actual)
}

/// The causes that take evidence beside the records, of those that are open.
fn undecided(why: &Explanation) -> Vec<Undecided> {
    let is_open = |cause: &CauseId| match why.status {
        CauseStatus::Proved => false,
        CauseStatus::Consistent => why.causes.contains(cause) || why.rivals.contains(cause),
        CauseStatus::Unknown => true,
    };
    let needing = CATALOGUE.iter().filter_map(|cause| {
        let needs = cause.needs()?;
        let cause = cause.id;
        is_open(&cause).then_some(Undecided { cause, needs })
    });
    needing.collect()
}
