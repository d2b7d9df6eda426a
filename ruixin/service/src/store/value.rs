//! What goes into a statement and comes out of a row.

use super::StoreError;

/// Is a value of a statement or row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// Nothing.
    Null,
    /// A whole number; of money, fen.
    Int(i64),
    /// A text; also times and dates.
    Text(String),
}

impl From<i64> for Value {
    fn from(value: i64) -> Value {
        Value::Int(value)
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Value {
        Value::Text(value.to_owned())
    }
}

impl From<String> for Value {
    fn from(value: String) -> Value {
        Value::Text(value)
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Value {
        value.map_or(Value::Null, Into::into)
    }
}

/// Is a row of a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row(pub(crate) Vec<Value>);

impl Row {
    /// Gives a whole number.
    ///
    /// # Errors
    ///
    /// The column holds something else.
    pub fn int(&self, at: usize) -> Result<i64, StoreError> {
        match self.0.get(at) {
            Some(Value::Int(value)) => Ok(*value),
            other => Err(other_type("a whole number", at, other)),
        }
    }

    /// Gives a whole number, or nothing.
    ///
    /// # Errors
    ///
    /// The column holds something else.
    pub fn maybe_int(&self, at: usize) -> Result<Option<i64>, StoreError> {
        match self.0.get(at) {
            Some(Value::Null) => Ok(None),
            _ => self.int(at).map(Some),
        }
    }

    /// Gives a text.
    ///
    /// # Errors
    ///
    /// The column holds something else.
    pub fn text(&self, at: usize) -> Result<&str, StoreError> {
        match self.0.get(at) {
            Some(Value::Text(value)) => Ok(value),
            other => Err(other_type("a text", at, other)),
        }
    }

    /// Gives a text, or nothing.
    ///
    /// # Errors
    ///
    /// The column holds something else.
    pub fn maybe_text(&self, at: usize) -> Result<Option<&str>, StoreError> {
        match self.0.get(at) {
            Some(Value::Null) => Ok(None),
            _ => self.text(at).map(Some),
        }
    }
}

/// Says what was wanted and what is there, but never a value: it may be somebody's.
fn other_type(wanted: &str, at: usize, found: Option<&Value>) -> StoreError {
    let found = match found {
        None => "no column",
        Some(Value::Null) => "nothing",
        Some(Value::Int(_)) => "a whole number",
        Some(Value::Text(_)) => "a text",
    };
    StoreError::Fault(format!("column {at} holds {found}, not {wanted}"))
}
