//! The little that the store asks of a database: statements with numbered parameters, rows that
//! stream, rows that are appended in bulk. Both databases are given the same statements.

mod postgres;
mod sqlite;

use crate::error::StoreError;

pub(crate) use postgres::Postgres;
pub(crate) use sqlite::Sqlite;

/// Is a value in a statement or a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    Null,
    Int(i64),
    Text(String),
    Bytes(Vec<u8>),
}

/// Is a row that was read.
#[derive(Debug, Default)]
pub(crate) struct Row {
    values: Vec<Value>,
}

/// Takes rows one after the other.
pub(crate) type OnRow<'a> = dyn FnMut(&Row) -> Result<(), StoreError> + 'a;
/// Fills the next row in, or says that there is none.
pub(crate) type NextRow<'a> = dyn FnMut(&mut Vec<Value>) -> Result<bool, StoreError> + 'a;

/// Is a connection. Parameters are `$1`, `$2` and so on; whole numbers are 64 bits.
pub(crate) trait Session: Send {
    /// Whether it is PostgreSQL: there are locks to take.
    fn is_postgres(&self) -> bool;

    /// Says where the database is.
    fn place(&self) -> String;

    /// Limits the mebibytes of the database's pages that this session keeps itself; for a server's,
    /// which keeps them for all, there is nothing to do.
    fn keep_at_most(&mut self, _mebibytes: u32) -> Result<(), StoreError> {
        Ok(())
    }

    /// Runs statements without parameters.
    fn script(&mut self, what: &str, sql: &str) -> Result<(), StoreError>;

    /// Runs a statement, and gives how many rows it touched.
    fn execute(&mut self, what: &str, sql: &str, with: &[Value]) -> Result<u64, StoreError>;

    /// Runs a statement once for each row of parameters, and gives how many rows it touched.
    fn execute_many(
        &mut self,
        what: &str,
        sql: &str,
        rows: &[Vec<Value>],
    ) -> Result<u64, StoreError>;

    /// Reads rows.
    fn each(
        &mut self,
        what: &str,
        sql: &str,
        with: &[Value],
        on_row: &mut OnRow<'_>,
    ) -> Result<(), StoreError>;

    /// Appends rows to a table.
    fn append(
        &mut self,
        table: &str,
        columns: &[&str],
        next: &mut NextRow<'_>,
    ) -> Result<u64, StoreError>;
}

impl dyn Session + '_ {
    /// Reads the first row.
    pub(crate) fn first<T>(
        &mut self,
        what: &str,
        sql: &str,
        with: &[Value],
        mut of: impl FnMut(&Row) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        let mut found = None;
        self.each(what, sql, with, &mut |row| {
            if found.is_none() {
                found = Some(of(row)?);
            }
            Ok(())
        })?;
        Ok(found)
    }

    /// Reads all rows.
    pub(crate) fn all<T>(
        &mut self,
        what: &str,
        sql: &str,
        with: &[Value],
        mut of: impl FnMut(&Row) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        let mut all = Vec::new();
        self.each(what, sql, with, &mut |row| {
            all.push(of(row)?);
            Ok(())
        })?;
        Ok(all)
    }

    /// Reads one whole number.
    pub(crate) fn number(
        &mut self,
        what: &str,
        sql: &str,
        with: &[Value],
    ) -> Result<i64, StoreError> {
        let found = self.first(what, sql, with, |row| row.int(0))?;
        found.ok_or_else(|| StoreError::damaged(format!("{what}: no row")))
    }

    /// Appends rows that are there already.
    pub(crate) fn append_rows(
        &mut self,
        table: &str,
        columns: &[&str],
        rows: impl IntoIterator<Item = Vec<Value>>,
    ) -> Result<u64, StoreError> {
        let mut rows = rows.into_iter();
        let mut first = rows.next();
        if first.is_none() {
            return Ok(0);
        }
        self.append(
            table,
            columns,
            &mut |row| match first.take().or_else(|| rows.next()) {
                Some(next) => {
                    *row = next;
                    Ok(true)
                }
                None => Ok(false),
            },
        )
    }
}

impl Row {
    fn value(&self, at: usize) -> &Value {
        self.values.get(at).unwrap_or(&Value::Null)
    }

    /// Gives a whole number.
    pub(crate) fn int(&self, at: usize) -> Result<i64, StoreError> {
        match self.value(at) {
            Value::Int(number) => Ok(*number),
            other => Err(unfit(at, "a whole number", other)),
        }
    }

    /// Gives a whole number, if there is one.
    pub(crate) fn int_or_null(&self, at: usize) -> Result<Option<i64>, StoreError> {
        match self.value(at) {
            Value::Null => Ok(None),
            _ => self.int(at).map(Some),
        }
    }

    /// Gives a text.
    pub(crate) fn text(&self, at: usize) -> Result<&str, StoreError> {
        match self.value(at) {
            Value::Text(text) => Ok(text),
            other => Err(unfit(at, "a text", other)),
        }
    }

    /// Gives a text, if there is one.
    pub(crate) fn text_or_null(&self, at: usize) -> Result<Option<&str>, StoreError> {
        match self.value(at) {
            Value::Null => Ok(None),
            _ => self.text(at).map(Some),
        }
    }

    /// Gives an id of 16 bytes.
    pub(crate) fn id(&self, at: usize) -> Result<u128, StoreError> {
        let found = match self.value(at) {
            Value::Bytes(bytes) => bytes.as_slice().try_into().ok().map(u128::from_be_bytes),
            _ => None,
        };
        found.ok_or_else(|| unfit(at, "an id", self.value(at)))
    }

    /// Gives a digest of 32 bytes.
    pub(crate) fn digest(&self, at: usize) -> Result<[u8; 32], StoreError> {
        let found = match self.value(at) {
            Value::Bytes(bytes) => bytes.as_slice().try_into().ok(),
            _ => None,
        };
        found.ok_or_else(|| unfit(at, "a digest", self.value(at)))
    }

    /// Gives a number that is never below zero.
    pub(crate) fn unsigned(&self, at: usize) -> Result<u64, StoreError> {
        let number = self.int(at)?;
        u64::try_from(number)
            .map_err(|_| unfit(at, "a number that is not below zero", &Value::Int(number)))
    }
}

fn unfit(at: usize, wanted: &str, found: &Value) -> StoreError {
    StoreError::damaged(format!("column {at} holds {found:?}, not {wanted}"))
}

impl From<i64> for Value {
    fn from(number: i64) -> Value {
        Value::Int(number)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Value {
        Value::Text(text.to_owned())
    }
}

impl From<Option<i64>> for Value {
    fn from(number: Option<i64>) -> Value {
        number.map_or(Value::Null, Value::Int)
    }
}

impl From<u128> for Value {
    fn from(id: u128) -> Value {
        Value::Bytes(id.to_be_bytes().to_vec())
    }
}

/// Writes a list of parameters, `$first` and so on, in brackets.
pub(crate) fn parameters(first: usize, count: usize) -> String {
    let list: Vec<String> = (first..first.saturating_add(count))
        .map(|at| format!("${at}"))
        .collect();
    format!("({})", list.join(", "))
}
