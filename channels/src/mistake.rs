//! What can be wrong with what a plan says of channels.

use thiserror::Error;

/// Is a mistake in one channel of a plan, with its key.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("channel {channel:?}, {key}: {mistake}")]
pub struct ChannelMistake {
    /// Name of the channel.
    pub channel: String,
    /// The key in it, such as `url` or `body.text.content`.
    pub key: String,
    /// What is wrong.
    pub mistake: Mistake,
}

/// Says what is wrong, and how to mend it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Mistake {
    /// There is nothing.
    #[error("it is empty; write it, or leave the channel out")]
    Empty,
    /// Another channel has this name.
    #[error("another channel has this name; names tell channels apart")]
    Doubled,
    /// A number is out of bounds.
    #[error("{found} is not from {least} to {most}")]
    OutOfBounds {
        /// What was found.
        found: String,
        /// The least.
        least: &'static str,
        /// The most.
        most: &'static str,
    },
    /// The environment has no such variable.
    #[error("the environment has no {0}, or it is empty; set it before the run")]
    NotSet(String),
    /// A variable holds what this place cannot carry.
    #[error("the environment's {0} holds a line break or a control character; set it without")]
    Control(String),
    /// `${` is not closed, or what it names is not a name.
    #[error("at {column}, ${{ names no variable; write ${{NAME}}")]
    NotAName {
        /// The column, in characters from 1.
        column: usize,
    },
    /// A secret stands in the plan.
    #[error("a secret stands in the plan; write ${{NAME}} and set NAME in the environment")]
    InThePlan,
    /// A place of a body is not known.
    #[error("at {column}, there is no place {{{name}}}; there are {known}")]
    UnknownPlace {
        /// The column, in characters from 1.
        column: usize,
        /// Its name.
        name: String,
        /// The names that are known.
        known: String,
    },
    /// A brace of a body stands alone.
    #[error("at {column}, a brace stands alone; write {{{{ or }}}} for a brace")]
    LoneBrace {
        /// The column, in characters from 1.
        column: usize,
    },
    /// An address cannot be read.
    #[error("{0}")]
    NotAnAddress(String),
    /// A header cannot be sent, or is ours.
    #[error("{0}")]
    NotAHeader(String),
    /// What is sent could be read on the way.
    #[error(
        "it would go in the clear to another machine; use {instead}, or write plain = true if the way is safe"
    )]
    InTheClear {
        /// What to use.
        instead: &'static str,
    },
    /// A file cannot be read.
    #[error("failed to read {path}: {why}")]
    Unreadable {
        /// The file.
        path: String,
        /// Why.
        why: String,
    },
}
