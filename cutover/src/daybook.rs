//! The daybook: the append-only, hash-chained record of a cutover.
//!
//! # The format, version 1
//!
//! A daybook is a file of UTF-8 lines, each ended by `\n`, each one entry:
//!
//! ```text
//! {"n":0,"at":"2013-05-26T02:00:00Z","event":"opened",…,"prev":"0000…","hash":"ab12…"}
//! ```
//!
//! - `n` counts the entries from 0. `at` is the time in UTC; it never goes back from one entry to
//!   the next. Then come the event's name and its fields, as [`Event`] writes them.
//! - `prev` is the `hash` of the entry before; 64 zeros in the first.
//! - `hash` is BLAKE3 over the 64 digits of `prev`, followed by all bytes of the line from `{` up
//!   to, and without, `,"hash":`. Both are written as 64 lower-case hexadecimal digits.
//! - The first entry is `opened`; it says the version, the plan's name and its digest.
//! - An entry has one spelling: no blanks, fields in the order of this version, none besides. The
//!   same entries are the same bytes.
//!
//! Only a torn last line, which has no `\n`, can be mended: a crash or a full disk leaves it, and
//! nobody has acted on it, because an entry counts once its line is on the disk. [`Daybook::read`]
//! then says how many bytes to keep. Everything else is [`Damage`], named with its place.
//!
//! What a chain shows: a changed, lost, doubled or moved line. What it cannot show alone: that
//! somebody wrote the whole rest anew. A sign-off holds the hash of the entry it was given on, so
//! whoever holds a sign-off or a copy of any later hash sees that too.
//!
//! Reading and writing the file, and waiting until it is on the disk, is the caller's.

#![cfg_attr(
    not(test),
    deny(
        clippy::arithmetic_side_effects,
        clippy::as_conversions,
        clippy::indexing_slicing
    )
)]

mod damage;
mod event;
mod read;
mod words;

pub use damage::{Damage, Wrong};
pub use event::{
    Again, BreakAccepted, ChunkFinished, ConversionFinished, ConvertedElsewhere, Corrected, Event,
    Figure, Forecast, Hook, LeftBy, LeftOut, Notice, Opened, OpeningFigures, Outlook, Paced, Phase,
    PhaseFinished, PhaseStarted, Piece, RehearsalFinished, RejectsDisposed, Replanned, Scope,
    TableMoved, Taken, Terms, VerificationFinished, Version,
};

use jiff::Timestamp;

use crate::Digest;

/// Is one entry: what happened, when, and after what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    n: u64,
    at: Timestamp,
    event: Event,
    prev: Digest,
    hash: Digest,
}

/// Is a daybook as read, ready to go on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Daybook {
    entries: Vec<Entry>,
    keep: u64,
    torn: Option<Torn>,
}

/// Is a torn last line: bytes without an end, which a crash or a full disk leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Torn {
    /// The line, from 1.
    pub line: u64,
    /// Where it begins: the number of bytes to keep.
    pub offset: u64,
    /// How many bytes are cut off.
    pub bytes: u64,
}

/// Says why an entry cannot follow.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AppendError {
    /// The clock went back.
    #[error(
        "the clock went back: the last entry is of {last}, and it is {now}; set the clock right, \
         then try again"
    )]
    BackInTime {
        /// Time of the last entry.
        last: Timestamp,
        /// The time given.
        now: Timestamp,
    },
    /// The first entry is another than `opened`, or a later one is.
    #[error("a daybook begins with the entry opened, and has it once; this is entry {n}, {event}")]
    OpenedOnce {
        /// Number of the entry.
        n: u64,
        /// Its event.
        event: &'static str,
    },
    /// The entry would not read back as it was written.
    #[error("the entry {event} cannot be written, since its line {why}")]
    Unreadable {
        /// Its event.
        event: &'static str,
        /// What reading it would say.
        why: Wrong,
    },
}

impl Daybook {
    /// Makes an empty daybook.
    pub fn new() -> Daybook {
        Daybook::default()
    }

    /// Reads a daybook's bytes.
    ///
    /// # Errors
    /// The first damage, with its line and byte. A torn last line is none: see [`Daybook::torn`].
    pub fn read(bytes: &[u8]) -> Result<Daybook, Damage> {
        read::read(bytes)
    }

    /// Gives the entries in their order.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Gives the hash of the last entry; zeros where there is none.
    pub fn head(&self) -> Digest {
        self.entries.last().map_or(Digest::ZERO, |entry| entry.hash)
    }

    /// Gives the number of bytes of the entries. A torn file is cut to this length.
    pub fn keep(&self) -> u64 {
        self.keep
    }

    /// Gives the torn last line that was found while reading.
    pub fn torn(&self) -> Option<Torn> {
        self.torn
    }

    /// Makes the entry that would follow, and leaves the daybook as it is.
    ///
    /// The caller appends [`Entry::line`] to the file, waits until it is on the disk, and only then
    /// calls [`Daybook::push`]. Where writing failed, the file is read anew.
    ///
    /// # Errors
    /// The time is before that of the last entry; `opened` is not the first entry; or a field holds
    /// what would not read back, such as a key that has one column twice.
    pub fn next(&self, at: Timestamp, event: Event) -> Result<Entry, AppendError> {
        let n = u64::try_from(self.entries.len()).unwrap_or(u64::MAX);
        if (n == 0) != matches!(event, Event::Opened(_)) {
            let event = event.name();
            return Err(AppendError::OpenedOnce { n, event });
        }
        match self.entries.last() {
            Some(entry) if at < entry.at => {
                let last = entry.at;
                Err(AppendError::BackInTime { last, now: at })
            }
            _ => Entry::new(n, at, event, self.head()).readable(),
        }
    }

    /// Puts an entry of [`Daybook::next`] at the end. One that does not follow is not taken, and
    /// the answer is `false`.
    #[must_use]
    pub fn push(&mut self, entry: Entry) -> bool {
        let n = u64::try_from(self.entries.len()).unwrap_or(u64::MAX);
        if entry.prev != self.head() || entry.n != n {
            return false;
        }
        let bytes = u64::try_from(entry.line().len()).unwrap_or(u64::MAX);
        self.keep = self.keep.saturating_add(bytes);
        // The caller cut the torn line off before it wrote this entry.
        self.torn = None;
        self.entries.push(entry);
        true
    }

    /// Makes the next entry, puts it at the end, and gives its line.
    ///
    /// # Errors
    /// As of [`Daybook::next`].
    pub fn append(&mut self, at: Timestamp, event: Event) -> Result<String, AppendError> {
        let entry = self.next(at, event)?;
        let line = entry.line();
        assert!(self.push(entry), "the next entry follows the last");
        Ok(line)
    }

    /// Gives the bytes of all entries.
    pub fn text(&self) -> String {
        self.entries.iter().map(Entry::line).collect()
    }
}

impl Entry {
    fn new(n: u64, at: Timestamp, event: Event, prev: Digest) -> Entry {
        let body = body(n, at, &event, prev);
        let hash = chain(prev, body.as_bytes());
        Entry {
            n,
            at,
            event,
            prev,
            hash,
        }
    }

    /// Nothing is ever written that cannot be read.
    fn readable(self) -> Result<Entry, AppendError> {
        let event = self.event.name();
        let unreadable = |why| AppendError::Unreadable { event, why };
        match read::read_back(self.line().as_bytes()).map_err(unreadable)? {
            same if same == self => Ok(self),
            _ => Err(unreadable(Wrong::OtherSpelling)),
        }
    }

    /// Gives its number, from 0.
    pub fn n(&self) -> u64 {
        self.n
    }

    /// Gives its time.
    pub fn at(&self) -> Timestamp {
        self.at
    }

    /// Gives what happened.
    pub fn event(&self) -> &Event {
        &self.event
    }

    /// Gives the hash of the entry before.
    pub fn prev(&self) -> Digest {
        self.prev
    }

    /// Gives its hash.
    pub fn hash(&self) -> Digest {
        self.hash
    }

    /// Gives its line, with the `\n` at the end.
    pub fn line(&self) -> String {
        let body = body(self.n, self.at, &self.event, self.prev);
        format!("{body},\"hash\":\"{}\"}}\n", self.hash)
    }
}

/// Writes a line up to its hash.
fn body(n: u64, at: Timestamp, event: &Event, prev: Digest) -> String {
    let fields = serde_json::to_string(event).expect("texts, numbers and times are JSON");
    let inner = fields
        .strip_prefix('{')
        .and_then(|text| text.strip_suffix('}'))
        .expect("an event is an object");
    format!("{{\"n\":{n},\"at\":\"{at}\",{inner},\"prev\":\"{prev}\"")
}

/// Gives the hash of an entry: over the digits of the hash before, then the line up to its hash.
fn chain(prev: Digest, body: &[u8]) -> Digest {
    let mut hasher = blake3::Hasher::new();
    hasher.update(prev.to_string().as_bytes());
    hasher.update(body);
    Digest::from_bytes(*hasher.finalize().as_bytes())
}
