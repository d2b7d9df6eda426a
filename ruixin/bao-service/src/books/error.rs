//! Why the books give no answer, and what a caller is told then.

use std::sync::Arc;

use ruixin_bao_store::{DatabaseKind, ImportError, StoreError};
use ruixin_service::problem::{INTERNAL, OUTCOME_UNKNOWN, OVERLOADED, Problem, STORE_UNREACHABLE};
use thiserror::Error;

use crate::refusal::{BOOKS_CHANGED, DAY_NOT_FOUND, NOTHING_TAKEN_OVER, OUT_OF_BALANCE, Refusal};

/// Says why the books give no answer.
#[derive(Debug, Clone, Error)]
#[non_exhaustive]
pub enum BooksError {
    /// Too much is waiting. Nothing was done.
    #[error("the books have too much to do")]
    Busy,
    /// The books are closing. Nothing was done.
    #[error("the books are closing")]
    Gone,
    /// The session broke while a command was under way, and there is no other: it was done or not.
    #[error("it is not known whether it was done: {0}")]
    Unknown(Arc<StoreError>),
    /// The store of the books failed. Nothing was done.
    #[error(transparent)]
    Store(Arc<StoreError>),
    /// The store of keys failed.
    #[error(transparent)]
    Keys(#[from] ruixin_service::store::StoreError),
    /// The system gives no thread.
    #[error("the system gives no thread: {0}")]
    Thread(String),
}

impl From<StoreError> for BooksError {
    fn from(error: StoreError) -> BooksError {
        BooksError::Store(Arc::new(error))
    }
}

impl From<BooksError> for Problem {
    fn from(error: BooksError) -> Problem {
        match error {
            BooksError::Busy => Problem::new(OVERLOADED).retry_after(1),
            BooksError::Gone | BooksError::Thread(_) => {
                tracing::error!(%error, "the books gave no answer");
                Problem::new(STORE_UNREACHABLE).retry_after(5)
            }
            BooksError::Unknown(error) => {
                tracing::error!(%error, "a command's end is not known");
                Problem::new(OUTCOME_UNKNOWN).retry_after(1)
            }
            BooksError::Keys(error) => error.into(),
            BooksError::Store(error) => of_store(&error),
        }
    }
}

fn of_store(error: &StoreError) -> Problem {
    match error {
        StoreError::Fund(error) => Refusal::of_fund(error, None).problem(),
        StoreError::NoRegister { .. } => Problem::new(DAY_NOT_FOUND),
        // Over HTTP nothing is taken over: converted books are looked at when a move is released.
        StoreError::Import(error) if **error == ImportError::NothingTakenOver => {
            Problem::new(NOTHING_TAKEN_OVER)
        }
        StoreError::Import(error) => {
            tracing::error!(%error, code = error.code(), "what would open is not what was verified");
            let code = error.code();
            // What else it says may hold somebody's data: it goes to the log and not to the caller.
            let says = match **error {
                ImportError::Changed { .. } => format!("{error}."),
                _ => format!("The converted ledger is refused as it is: {code}."),
            };
            Problem::new(BOOKS_CHANGED).says(says, format!("账册与核对时不一致（{code}）。"))
        }
        StoreError::Proof(failed) => {
            tracing::error!(%failed, "the books do not stand the proof");
            Problem::new(OUT_OF_BALANCE)
                .with("proof", failed.proof)
                .with("place", failed.place.as_str())
                .with("expected", failed.expected.to_string())
                .with("actual", failed.actual.to_string())
        }
        StoreError::Database {
            kind: DatabaseKind::Busy | DatabaseKind::Conflict | DatabaseKind::Duplicate,
            ..
        } => {
            tracing::warn!(%error, "the database is busy");
            Problem::new(OVERLOADED).retry_after(1)
        }
        StoreError::Database {
            kind: DatabaseKind::Missing | DatabaseKind::Other,
            ..
        }
        | StoreError::NotThere { .. } => {
            tracing::error!(%error, "the database cannot be reached");
            Problem::new(STORE_UNREACHABLE).retry_after(5)
        }
        // What it says may hold somebody's data: it goes to the log and not to the caller.
        _ => {
            tracing::error!(%error, code = error.code(), "the store failed");
            Problem::new(INTERNAL)
        }
    }
}
