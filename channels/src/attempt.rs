//! What came of sending.

use std::time::Duration;

use jiff::Timestamp;

/// Is one attempt to send a message to a channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// Name of the channel.
    pub channel: String,
    /// Number of the attempt, from 1.
    pub number: u32,
    /// When it began.
    pub began: Timestamp,
    /// How long it took.
    pub took: Duration,
    /// What came of it.
    pub outcome: Outcome,
}

/// Says what came of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The channel took the message.
    Delivered {
        /// What the channel said, in one line.
        says: String,
    },
    /// It did not.
    Failed {
        /// Why, and what to do, in one line.
        says: String,
        /// After which time it is tried again; `None` where this was the last attempt.
        again_in: Option<Duration>,
    },
}

/// Says why a message was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    /// Why, with secrets hidden.
    pub(crate) says: String,
    /// Whether another attempt may help.
    pub(crate) again: Again,
}

/// Says whether another attempt may help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Again {
    /// Not before somebody has mended something.
    Never,
    /// It may.
    Later,
    /// The peer asks for this much time first.
    After(Duration),
}

impl Attempt {
    /// Says whether the channel took the message.
    pub fn is_delivered(&self) -> bool {
        matches!(self.outcome, Outcome::Delivered { .. })
    }

    /// Gives what the channel said, or why it failed.
    pub fn says(&self) -> &str {
        match &self.outcome {
            Outcome::Delivered { says } | Outcome::Failed { says, .. } => says,
        }
    }
}

impl Failure {
    pub(crate) fn for_good(says: impl Into<String>) -> Failure {
        Failure {
            says: says.into(),
            again: Again::Never,
        }
    }

    pub(crate) fn for_now(says: impl Into<String>) -> Failure {
        Failure {
            says: says.into(),
            again: Again::Later,
        }
    }
}
