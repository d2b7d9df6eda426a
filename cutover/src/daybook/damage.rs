//! What can be wrong with a daybook, each with its place.

use jiff::Timestamp;

use super::Version;
use crate::Digest;

/// Is the first damage of a daybook.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line} of the daybook (byte {offset}) {wrong}")]
pub struct Damage {
    /// The line, from 1.
    pub line: u64,
    /// The byte at which the line begins, from 0.
    pub offset: u64,
    /// What is wrong with it.
    pub wrong: Wrong,
}

/// Says what is wrong with a line, and how it is mended.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Wrong {
    /// Another text than an entry.
    #[error("is no entry of a daybook; put back a copy of the daybook, or name the right file")]
    Foreign,
    /// A daybook of another version.
    #[error(
        "says that this is daybook version {found}, and only version {} can be read; read it with \
         the Crossfoot that wrote it",
        Version::NUMBER
    )]
    OtherVersion {
        /// The version it says.
        found: String,
    },
    /// The bytes are not those that were hashed.
    #[error(
        "was changed: its bytes have the hash {actual}, and it says {written}; put back a copy of \
         the daybook"
    )]
    Changed {
        /// Hash of the bytes.
        actual: Digest,
        /// Hash that the line says.
        written: Digest,
    },
    /// Entries are not there.
    #[error(
        "is entry {found}, and entry {expected} should be here: {count} missing before it; put \
         back a copy of the daybook"
    )]
    Missing {
        /// Number of the entry that should be here.
        expected: u64,
        /// Number of the entry that is.
        found: u64,
        /// How many lie between.
        count: u64,
    },
    /// Lines are in another order.
    #[error(
        "is entry {found}, and entry {expected} stands in line {elsewhere}: lines were put in \
         another order; put back a copy of the daybook"
    )]
    Moved {
        /// Number of the entry that should be here.
        expected: u64,
        /// Number of the entry that is.
        found: u64,
        /// Where the entry is that should be here, from 1.
        elsewhere: u64,
    },
    /// A line is there once more.
    #[error("is line {first} once more; put back a copy of the daybook")]
    Doubled {
        /// The line, from 1, where it stood first.
        first: u64,
    },
    /// The line follows another than the one before it.
    #[error(
        "does not follow the line before: it was written after the hash {prev}, and that line's \
         hash is {head}; lines of two daybooks are mixed, or lines before it were written anew: \
         put back a copy of the daybook"
    )]
    OtherChain {
        /// Hash of the entry before, as the line says it.
        prev: Digest,
        /// Hash of the line before.
        head: Digest,
    },
    /// Time goes back.
    #[error(
        "is of {at}, before the entry before it, {before}; no daybook is written so: put back a \
         copy of it"
    )]
    BackInTime {
        /// Time of the entry before.
        before: Timestamp,
        /// Time of the entry.
        at: Timestamp,
    },
    /// The event is none of this version.
    #[error(
        "tells of the event {name:?}, which daybook version {} does not know; read it with the \
         Crossfoot that wrote it",
        Version::NUMBER
    )]
    UnknownEvent {
        /// The event's name.
        name: String,
    },
    /// The fields are not those of the event.
    #[error("has other fields than its event: {says}; read it with the Crossfoot that wrote it")]
    OtherFields {
        /// What the first difference is.
        says: String,
    },
    /// The same could be written in fewer words, and would be.
    #[error(
        "is spelled otherwise than daybook version {} spells it; read it with the Crossfoot that \
         wrote it",
        Version::NUMBER
    )]
    OtherSpelling,
    /// The first entry is another than `opened`, or a later one is.
    #[error(
        "is {event}, and a daybook begins with the entry opened and has it once; put back a copy \
         of the daybook"
    )]
    OpenedOnce {
        /// The event's name.
        event: &'static str,
    },
    /// What stands behind the last entry is no beginning of an entry.
    #[error(
        "is {bytes} bytes behind the last entry that are no part of one; see what wrote them, \
         then cut the file to {offset} bytes"
    )]
    Rubbish {
        /// How many bytes.
        bytes: u64,
        /// Where they begin.
        offset: u64,
    },
}
