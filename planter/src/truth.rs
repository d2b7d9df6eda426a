//! The truth about a case: one line for each break that a verification must find.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::book::Book;

/// Is one break that the damage makes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Truth {
    /// Number of the fault; one fault can make several breaks.
    pub(crate) fault: usize,
    pub(crate) agreement: String,
    pub(crate) kind: Kind,
    /// The key columns; empty without a key.
    pub(crate) key: Map<String, Value>,
    /// What was planted: one cause, or two on one record.
    pub(crate) causes: Vec<String>,
    /// Causes, or pairs, that would have made the same record of this one, byte for byte.
    pub(crate) equals: Vec<String>,
    /// The record as it must be, or null.
    pub(crate) before: Option<Map<String, Value>>,
    /// The record as the target holds it, or null.
    pub(crate) after: Option<Map<String, Value>>,
}

/// Says what a break is, in the words of the evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    Missing,
    Extra,
    Differs,
    Copies,
}

/// A record as the evidence writes it: text or null.
pub(crate) fn record(book: &Book, cells: &[String]) -> Map<String, Value> {
    let columns = book.columns.iter().zip(cells);
    let values = columns.map(|(column, cell)| {
        let is_null = column.nullable && cell.is_empty();
        let value = if is_null {
            Value::Null
        } else {
            Value::String(cell.clone())
        };
        (column.name.to_owned(), value)
    });
    values.collect()
}

/// The key of a record as the evidence writes it.
pub(crate) fn key(book: &Book, cells: &[String]) -> Map<String, Value> {
    let columns = book.columns.iter().zip(cells);
    let keys = columns.filter(|(column, _)| column.is_key());
    keys.map(|(column, cell)| (column.name.to_owned(), Value::String(cell.clone())))
        .collect()
}
