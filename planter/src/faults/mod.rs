//! What each cause makes of a record: every outcome that it can have, by real machinery where it can.

mod amount;
mod signature;
mod text;
mod time;

use crate::book::{Book, Change, Column, Kind, Record, Role};

pub(crate) use signature::bears;

/// Causes that damage a record in its place, in the order of the catalogue.
pub(crate) const CHANGING: &[&str] = &[
    "A11", "B1", "B2", "B3", "B4", "B5", "B6", "B7", "B8", "B9", "B10", "B11", "B12", "B13", "B14",
    "B15", "B16", "D2", "D3", "D4", "D5", "D7", "D8", "T1", "T2", "T3", "T4", "T5", "T6", "T7",
    "T8", "T11", "E1", "E2", "E3", "E4", "P2", "P4", "M1", "M2", "Q1", "Q2", "Q4", "Q5",
];

/// Causes whose change is the rule's, so that all records of a class have it.
pub(crate) const RULED: &[&str] = &["R1", "R2"];

/// Every change that a cause can make to a record as it stands, without those that change nothing.
pub(crate) fn outcomes(cause: &str, book: &Book, record: &Record, cells: &[String]) -> Vec<Change> {
    let raw = raw_outcomes(cause, book, record, cells);
    let mut changes: Vec<Change> = raw
        .into_iter()
        .map(|change| effective(change, cells))
        .filter(|change| !change.is_empty())
        .collect();
    changes.sort();
    changes.dedup();
    changes
}

/// As [`outcomes`], with those that change nothing, in the order of the shape's own tables.
pub(crate) fn raw_outcomes(
    cause: &str,
    book: &Book,
    record: &Record,
    cells: &[String],
) -> Vec<Change> {
    let own = record.would.iter().filter(|would| would.cause == cause);
    let mut changes: Vec<Change> = own
        .filter(|would| still_applies(&would.change, &record.cells, cells))
        .map(|would| would.change.clone())
        .collect();
    for (at, column) in book.columns.iter().enumerate() {
        let values = of_column(cause, column, &cells[at]);
        changes.extend(values.into_iter().map(|value| vec![(at, value)]));
    }
    if cause == "E2" {
        changes.extend(text::shifted(book, cells));
    }
    changes
}

/// A value that the shape computed belongs to the record as it should be, not to a damaged one.
fn still_applies(change: &Change, before: &[String], cells: &[String]) -> bool {
    change.iter().all(|(at, _)| before[*at] == cells[*at])
}

fn effective(change: Change, cells: &[String]) -> Change {
    let mut change: Change = change
        .into_iter()
        .filter(|(at, value)| cells[*at] != *value)
        .collect();
    change.sort();
    change
}

fn of_column(cause: &str, column: &Column, text: &str) -> Vec<String> {
    if column.nullable && text.is_empty() {
        return Vec::new();
    }
    match (column.kind, column.role) {
        (Kind::Money(scale), _) => amount::outcomes(cause, text, scale),
        (Kind::Instant, _) => time::of_instant(cause, text),
        (Kind::Date, _) => time::of_date(cause, text),
        (Kind::Text, Role::Id) => text::of_id(cause, text),
        (Kind::Text, Role::Account) => text::of_account(cause, text),
        (Kind::Text, Role::Memo) => text::of_memo(cause, text),
        (Kind::Text, Role::AfterMemo) => text::of_reference(cause, text),
        (Kind::Text, Role::Plain | Role::Key) => Vec::new(),
    }
}
