//! Reads a daybook's bytes, and names the first damage.

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::{Damage, Daybook, Entry, Event, Torn, Version, Wrong, chain};
use crate::Digest;

const HASH_MARK: &[u8] = b",\"hash\":\"";
const PREV_MARK: &[u8] = b",\"prev\":\"";
const HASH_DIGITS: usize = 64;

/// Is a line whose bytes have the hash that it says, not yet read further.
struct Whole<'a> {
    line: &'a [u8],
    n: u64,
    prev: Digest,
    hash: Digest,
}

pub(super) fn read(bytes: &[u8]) -> Result<Daybook, Damage> {
    let mut book = Daybook::default();
    let mut rest = bytes;
    let mut offset = 0_u64;
    let mut line_number = 1_u64;
    while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
        let (line, after) = rest.split_at(end);
        let after = after.get(1..).unwrap_or_default();
        let at_place = |wrong| Damage {
            line: line_number,
            offset,
            wrong,
        };
        let entry = read_line(line, &book, after, line_number).map_err(at_place)?;
        offset = offset.saturating_add(length(line)).saturating_add(1);
        line_number = line_number.saturating_add(1);
        book.entries.push(entry);
        rest = after;
    }
    book.keep = offset;
    if !rest.is_empty() {
        let torn = Torn {
            line: line_number,
            offset,
            bytes: length(rest),
        };
        book.torn = Some(torn_line(rest, torn, line_number)?);
    }
    Ok(book)
}

/// Reads one line by itself, wherever it stands.
pub(super) fn read_back(line: &[u8]) -> Result<Entry, Wrong> {
    let line = line.strip_suffix(b"\n").ok_or(Wrong::Foreign)?;
    read_entry(&Whole::of(line)?)
}

fn length(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}

/// Checks a line in this order: its own bytes, its place in the chain, its words.
fn read_line(line: &[u8], book: &Daybook, after: &[u8], number: u64) -> Result<Entry, Wrong> {
    if book.entries.is_empty() {
        // Another version may have other rules for all that follows.
        refuse_other_version(line)?;
    }
    let whole = Whole::of(line)?;
    let (expected, head) = (length_of(book), book.head());
    if whole.n != expected || whole.prev != head {
        return Err(out_of_place(&whole, book, after, number));
    }
    let entry = read_entry(&whole)?;
    match book.entries.last() {
        None if !matches!(entry.event, Event::Opened(_)) => Err(opened_once(&entry)),
        Some(_) if matches!(entry.event, Event::Opened(_)) => Err(opened_once(&entry)),
        Some(last) if entry.at < last.at => Err(Wrong::BackInTime {
            before: last.at,
            at: entry.at,
        }),
        _ => Ok(entry),
    }
}

fn opened_once(entry: &Entry) -> Wrong {
    let event = entry.event.name();
    Wrong::OpenedOnce { event }
}

fn length_of(book: &Daybook) -> u64 {
    u64::try_from(book.entries.len()).unwrap_or(u64::MAX)
}

fn refuse_other_version(line: &[u8]) -> Result<(), Wrong> {
    let Ok(Value::Object(fields)) = serde_json::from_slice(line) else {
        return Ok(());
    };
    let is_opened = fields.get("event").and_then(Value::as_str) == Some("opened");
    match fields.get("version") {
        Some(version) if is_opened && version.as_u64() != Some(Version::NUMBER.into()) => {
            let found = version.to_string();
            Err(Wrong::OtherVersion { found })
        }
        _ => Ok(()),
    }
}

impl Whole<'_> {
    /// Takes a line apart from behind, where all lengths are fixed, and checks its hash.
    fn of(line: &[u8]) -> Result<Whole<'_>, Wrong> {
        let (body, written) = split_mark(line, HASH_MARK, b"\"}").ok_or(Wrong::Foreign)?;
        let (_, prev) = split_mark(body, PREV_MARK, b"\"").ok_or(Wrong::Foreign)?;
        let actual = chain(prev, body);
        if actual != written {
            return Err(Wrong::Changed { actual, written });
        }
        let n = number_of(body).ok_or(Wrong::Foreign)?;
        let hash = written;
        Ok(Whole {
            line,
            n,
            prev,
            hash,
        })
    }
}

/// Splits `…MARK<64 digits>END` into what is before the mark and the digest.
fn split_mark<'a>(text: &'a [u8], mark: &[u8], end: &[u8]) -> Option<(&'a [u8], Digest)> {
    let text = text.strip_suffix(end)?;
    let (before, digits) = text.split_at_checked(text.len().checked_sub(HASH_DIGITS)?)?;
    let digest = std::str::from_utf8(digits).ok()?.parse().ok()?;
    Some((before.strip_suffix(mark)?, digest))
}

/// Reads the number at the beginning: `{"n":12,`.
fn number_of(body: &[u8]) -> Option<u64> {
    let rest = body.strip_prefix(b"{\"n\":")?;
    let end = rest.iter().position(|byte| *byte == b',')?;
    std::str::from_utf8(rest.get(..end)?).ok()?.parse().ok()
}

/// Says why a line that is whole in itself is not the next one.
fn out_of_place(whole: &Whole<'_>, book: &Daybook, after: &[u8], number: u64) -> Wrong {
    let (expected, found) = (length_of(book), whole.n);
    let same = |entry: &Entry| entry.n == found && entry.hash == whole.hash;
    if book.entries.iter().any(same) {
        let first = found.saturating_add(1);
        return Wrong::Doubled { first };
    }
    if found <= expected {
        let (prev, head) = (whole.prev, book.head());
        return Wrong::OtherChain { prev, head };
    }
    let later = after.split(|byte| *byte == b'\n');
    let mut elsewhere = number;
    for line in later {
        elsewhere = elsewhere.saturating_add(1);
        if Whole::of(line).is_ok_and(|later| later.n == expected) {
            return Wrong::Moved {
                expected,
                found,
                elsewhere,
            };
        }
    }
    Wrong::Missing {
        expected,
        found,
        count: found.saturating_sub(expected),
    }
}

fn read_entry(whole: &Whole<'_>) -> Result<Entry, Wrong> {
    let Ok(Value::Object(mut fields)) = serde_json::from_slice::<Value>(whole.line) else {
        return Err(Wrong::Foreign);
    };
    let at = time_of(&fields)?;
    for own in ["n", "at", "prev", "hash"] {
        fields.shift_remove(own);
    }
    refuse_unknown_event(&fields)?;
    let event = serde_json::from_value(Value::Object(fields));
    let event = event.map_err(|error| Wrong::OtherFields {
        says: error.to_string(),
    })?;
    let entry = Entry {
        n: whole.n,
        at,
        event,
        prev: whole.prev,
        hash: whole.hash,
    };
    // One spelling only. This finds fields that are not known here, too.
    if entry.line().as_bytes().strip_suffix(b"\n") != Some(whole.line) {
        return Err(Wrong::OtherSpelling);
    }
    Ok(entry)
}

fn time_of(fields: &Map<String, Value>) -> Result<Timestamp, Wrong> {
    let text = fields.get("at").and_then(Value::as_str);
    let at = text.and_then(|text| text.parse().ok());
    at.ok_or_else(|| Wrong::OtherFields {
        says: "`at` is no time in UTC".to_owned(),
    })
}

fn refuse_unknown_event(fields: &Map<String, Value>) -> Result<(), Wrong> {
    let name = fields.get("event").and_then(Value::as_str);
    match name.unwrap_or_default() {
        known if Event::NAMES.contains(&known) => Ok(()),
        unknown => Err(Wrong::UnknownEvent {
            name: unknown.to_owned(),
        }),
    }
}

/// Says whether the bytes behind the last entry are what an interrupted write leaves: the
/// beginning of the next entry, some or all of it zeros, as file systems fill what never came.
fn torn_line(rest: &[u8], torn: Torn, number: u64) -> Result<Torn, Damage> {
    let written = rest.iter().rposition(|byte| *byte != 0);
    let written = written.map_or(&[][..], |last| rest.get(..=last).unwrap_or_default());
    let begin = format!("{{\"n\":{},\"at\":\"", number.saturating_sub(1));
    let is_begin = written.starts_with(begin.as_bytes()) || begin.as_bytes().starts_with(written);
    if is_begin && !holds_more_than_an_entry(written) {
        return Ok(torn);
    }
    let wrong = Wrong::Rubbish {
        bytes: torn.bytes,
        offset: torn.offset,
    };
    Err(Damage {
        line: torn.line,
        offset: torn.offset,
        wrong,
    })
}

/// Says whether a whole entry stands before the end of these bytes: then something else than an
/// interrupted write came after it.
fn holds_more_than_an_entry(written: &[u8]) -> bool {
    let ends = written.windows(2).enumerate();
    let mut ends = ends.filter(|(_, pair)| *pair == b"\"}");
    ends.any(|(at, _)| {
        let end = at.saturating_add(2);
        end < written.len()
            && written
                .get(..end)
                .is_some_and(|line| Whole::of(line).is_ok())
    })
}
