//! What can go wrong with running systems.

use thiserror::Error;

/// Says why a system does not run, or does not do what it was asked.
#[derive(Debug, Error)]
#[expect(missing_docs, reason = "the fields are what the messages name")]
pub enum LiveError {
    #[error("{system} does not start: {why}")]
    NotStarted { system: &'static str, why: String },
    #[error("{what} was not answered: {why}")]
    NotAnswered { what: String, why: String },
    #[error("{what} was answered with {status}: {answer}")]
    Unexpected {
        what: String,
        status: u16,
        answer: String,
    },
    #[error("{place}: {why}")]
    Database { place: String, why: String },
    #[error("what was under way in circle {circle} was not brought to its end")]
    NotEnded { circle: usize },
    #[error("somebody of the crowd fell: {0}")]
    Fallen(String),
    #[error("{0}")]
    Io(#[from] std::io::Error),
}
