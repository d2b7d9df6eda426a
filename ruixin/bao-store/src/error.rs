//! Why the store gives no answer.

use ledger::Decimal;
use ruixin_bao::DayError;
use ruixin_bao::calendar::CalendarError;
use ruixin_bao::fund::{ADVANCE, FundError, RESERVE};
use ruixin_bao::ledger::{AccountId, LedgerError};
use thiserror::Error;

use crate::import::ImportError;
use crate::prove::Failed;

/// Says why a command was refused, or could not be carried out. Nothing of it was done then.
#[derive(Debug, Error)]
#[expect(missing_docs, reason = "the fields are what the messages name")]
pub enum StoreError {
    /// The fund's rules, the calendar or the book refuse it.
    #[error(transparent)]
    Fund(#[from] FundError),
    /// Converted books cannot be opened.
    #[error("{0}")]
    Import(Box<ImportError>),
    /// The stored books do not stand a proof.
    #[error("the books do not stand the proof: {0}")]
    Proof(Box<Failed>),
    /// The database says no, or is not there.
    #[error("{what}: {why}")]
    Database {
        what: String,
        why: String,
        kind: DatabaseKind,
    },
    /// The address is none.
    #[error("{url} is no address of a store: {why}")]
    Address { url: String, why: String },
    /// There are no books of Bao in the database.
    #[error("there are no books of Ruixin Bao in {place}")]
    NotThere { place: String },
    /// There are books already, with other terms.
    #[error("there are books already, and their {term} is {there}, not {asked}")]
    OtherTerms {
        term: &'static str,
        there: String,
        asked: String,
    },
    /// The tables are of a later version than this program knows.
    #[error("the tables are of version {found}, and this program knows versions to {known}")]
    LaterVersion { found: i64, known: i64 },
    /// A number has no place in the database.
    #[error(
        "{what} {number} is above {}, the largest that the store keeps",
        i64::MAX
    )]
    TooLarge { what: &'static str, number: u64 },
    /// A sum does not fit.
    #[error("the sum of {what} is beyond 64 bits")]
    Overflow { what: &'static str },
    /// What is stored cannot be.
    #[error("what is stored makes no sense: {0}")]
    Damaged(String),
    /// The register of a day is not made yet, or is no more known.
    #[error("there is no register of {day}: {why}")]
    NoRegister { day: String, why: String },
    /// A file could not be read or written.
    #[error("{path}: {why}")]
    File { path: String, why: String },
}

/// Is what kind of trouble a database makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DatabaseKind {
    /// Another transaction was in the way; the command is tried again.
    Conflict,
    /// Another one has written the same key; the command is tried again.
    Duplicate,
    /// A constraint or a trigger refuses.
    Refused,
    /// It is locked by another process for too long.
    Busy,
    /// A table or a column that a statement names is not there.
    Missing,
    /// Anything else: connection, disk, syntax.
    Other,
}

impl StoreError {
    /// Gives the stable code of the error.
    pub fn code(&self) -> &'static str {
        match self {
            StoreError::Fund(error) => error.code(),
            StoreError::Import(error) => error.code(),
            StoreError::Proof(_) => "store_proof_failed",
            StoreError::Database { kind, .. } => match kind {
                DatabaseKind::Conflict | DatabaseKind::Duplicate => "store_conflict",
                DatabaseKind::Refused => "store_constraint",
                DatabaseKind::Busy => "store_busy",
                DatabaseKind::Missing | DatabaseKind::Other => "store_database",
            },
            StoreError::Address { .. } => "store_address",
            StoreError::NotThere { .. } => "store_not_there",
            StoreError::OtherTerms { .. } => "store_other_terms",
            StoreError::LaterVersion { .. } => "store_later_version",
            StoreError::TooLarge { .. } => "store_number_too_large",
            StoreError::Overflow { .. } => "store_sum_overflow",
            StoreError::Damaged(_) => "store_damaged",
            StoreError::NoRegister { .. } => "store_no_register",
            StoreError::File { .. } => "store_file",
        }
    }

    /// Says what to do about it, where that is known.
    pub fn mend(&self) -> Option<String> {
        let mend = match self {
            StoreError::Import(error) => return error.mend(),
            StoreError::Proof(failed) => return Some(failed.mend()),
            StoreError::Fund(error) => return of_fund(error),
            StoreError::Database { kind, .. } => match kind {
                DatabaseKind::Conflict | DatabaseKind::Duplicate | DatabaseKind::Busy => {
                    "ask again: nothing was done, and the same id is done once only"
                }
                DatabaseKind::Refused => {
                    "`ruixin-bao prove` says whether the books are sound; this is an error of the program"
                }
                DatabaseKind::Missing | DatabaseKind::Other => return None,
            },
            StoreError::Address { .. } => {
                "give a path, such as `bao.db`, or `postgres://user:password@host/database`"
            }
            StoreError::NotThere { .. } => "`ruixin-bao init` makes them",
            StoreError::OtherTerms { .. } => {
                "terms are set once; leave the option out to keep them, or name another database"
            }
            StoreError::LaterVersion { .. } => "use the program that wrote them, or a later one",
            StoreError::NoRegister { .. } => {
                "`ruixin-bao day show` lists the days; a register is that of a distributed day"
            }
            StoreError::TooLarge { .. }
            | StoreError::Overflow { .. }
            | StoreError::Damaged(_)
            | StoreError::File { .. } => return None,
        };
        Some(mend.to_owned())
    }

    /// Says whether the session that gave it is of no use any more: open another one.
    ///
    /// Whether the last command of the session was done is not known then; a command that is asked
    /// again with its id is done once.
    pub fn is_broken(&self) -> bool {
        matches!(
            self,
            StoreError::Database {
                kind: DatabaseKind::Missing | DatabaseKind::Other,
                ..
            }
        )
    }

    /// Says whether the same command may go through when it is tried again at once.
    pub(crate) fn is_passing(&self) -> bool {
        matches!(
            self,
            StoreError::Database {
                kind: DatabaseKind::Conflict | DatabaseKind::Duplicate,
                ..
            }
        )
    }

    pub(crate) fn damaged(what: impl Into<String>) -> StoreError {
        StoreError::Damaged(what.into())
    }
}

fn of_fund(error: &FundError) -> Option<String> {
    let mend = match error {
        FundError::TooEarly { .. } => "wait for the hour, or give the instant with `--at`",
        FundError::StageNotReached { day, .. } => {
            return Some(format!(
                "`ruixin-bao day run --date {day}` does the steps in order"
            ));
        }
        FundError::DayBeforeNotReached { before, .. } => {
            return Some(format!("`ruixin-bao day run --date {before}` comes first"));
        }
        FundError::IncomeDiffers { .. } => {
            "an income is divided once; the difference is put right with the next day's"
        }
        FundError::Calendar(CalendarError::NotCovered { .. }) => {
            "the calendar was set by `ruixin-bao init`"
        }
        FundError::Ledger(LedgerError::DebitsExceedCredits { account, short_fen }) => {
            return of_house(*account, *short_fen);
        }
        _ => return None,
    };
    Some(mend.to_owned())
}

/// Says what fills an account of the house that is too small.
fn of_house(account: AccountId, short_fen: u64) -> Option<String> {
    let short = Decimal::new(i128::from(short_fen), 2);
    match account.subject {
        RESERVE => Some(format!(
            "`ruixin-bao reserve --amount {short}` puts what is missing into the risk reserve; then run the day again"
        )),
        ADVANCE => Some(format!(
            "`ruixin-bao advance --amount {short}` puts there what is missing for fast redemptions"
        )),
        _ => None,
    }
}

impl From<LedgerError> for StoreError {
    fn from(error: LedgerError) -> StoreError {
        StoreError::Fund(error.into())
    }
}

impl From<CalendarError> for StoreError {
    fn from(error: CalendarError) -> StoreError {
        StoreError::Fund(error.into())
    }
}

impl From<ruixin_bao::income::IncomeError> for StoreError {
    fn from(error: ruixin_bao::income::IncomeError) -> StoreError {
        StoreError::Fund(error.into())
    }
}

impl From<DayError> for StoreError {
    fn from(error: DayError) -> StoreError {
        StoreError::Damaged(error.to_string())
    }
}

impl From<ImportError> for StoreError {
    fn from(error: ImportError) -> StoreError {
        StoreError::Import(Box::new(error))
    }
}
