//! SQLite, embedded: one writer at a time, `synchronous=FULL`, a write-ahead log.

use std::path::Path;
use std::time::Duration;

use rusqlite::types::{ToSqlOutput, Value as Kept, ValueRef};
use rusqlite::{CachedStatement, Connection, ErrorCode, OpenFlags, ToSql};

use super::{NextRow, OnRow, Row, Session, Value};
use crate::error::{DatabaseKind, StoreError};

/// How long a command waits for another process's, which is longer than any but a night's run.
const BUSY: Duration = Duration::from_secs(60);

/// Statements that are kept prepared at most.
const STATEMENTS_MAX: usize = 200;

/// Is a connection to a file.
pub(crate) struct Sqlite {
    connection: Connection,
    path: String,
}

impl Sqlite {
    /// Opens a file; makes it where it is not there and `create` says so.
    pub(crate) fn open(path: &Path, create: bool) -> Result<Sqlite, StoreError> {
        let place = path.display().to_string();
        let mut flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        if create {
            flags |= OpenFlags::SQLITE_OPEN_CREATE;
        } else if !path.exists() {
            return Err(StoreError::NotThere { place });
        }
        let what = format!("opening {place}");
        let connection =
            Connection::open_with_flags(path, flags).map_err(|error| told(&what, &error))?;
        let set_up = || {
            connection.busy_timeout(BUSY)?;
            connection.pragma_update(None, "journal_mode", "WAL")?;
            connection.pragma_update(None, "synchronous", "FULL")?;
            connection.pragma_update(None, "foreign_keys", true)?;
            // Kibibytes: for a night's run and other work of one session by itself.
            connection.pragma_update(None, "cache_size", -131_072)?;
            // A night's run writes gigabytes into the log; afterwards it need not stay so large.
            connection.pragma_update(None, "journal_size_limit", 67_108_864)
        };
        set_up().map_err(|error| told(&what, &error))?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
        Ok(Sqlite {
            connection,
            path: place,
        })
    }

    fn prepare(&self, what: &str, sql: &str) -> Result<CachedStatement<'_>, StoreError> {
        let sql = sql.replace('$', "?");
        self.connection
            .prepare_cached(&sql)
            .map_err(|error| told(what, &error))
    }
}

impl Session for Sqlite {
    fn is_postgres(&self) -> bool {
        false
    }

    fn place(&self) -> String {
        self.path.clone()
    }

    fn keep_at_most(&mut self, mebibytes: u32) -> Result<(), StoreError> {
        let limited = self.connection.pragma_update(
            None,
            "cache_size",
            i64::from(mebibytes).saturating_mul(-1_024),
        );
        limited.map_err(|error| told("limiting the memory of a session", &error))
    }

    fn script(&mut self, what: &str, sql: &str) -> Result<(), StoreError> {
        self.connection
            .execute_batch(sql)
            .map_err(|error| told(what, &error))
    }

    fn execute(&mut self, what: &str, sql: &str, with: &[Value]) -> Result<u64, StoreError> {
        let mut statement = self.prepare(what, sql)?;
        let touched = statement
            .execute(rusqlite::params_from_iter(with))
            .map_err(|error| told(what, &error))?;
        Ok(u64::try_from(touched).unwrap_or(u64::MAX))
    }

    fn execute_many(
        &mut self,
        what: &str,
        sql: &str,
        rows: &[Vec<Value>],
    ) -> Result<u64, StoreError> {
        let mut statement = self.prepare(what, sql)?;
        let mut touched = 0_u64;
        for row in rows {
            let some = statement
                .execute(rusqlite::params_from_iter(row))
                .map_err(|error| told(what, &error))?;
            touched = touched.saturating_add(u64::try_from(some).unwrap_or(u64::MAX));
        }
        Ok(touched)
    }

    fn each(
        &mut self,
        what: &str,
        sql: &str,
        with: &[Value],
        on_row: &mut OnRow<'_>,
    ) -> Result<(), StoreError> {
        let mut statement = self.prepare(what, sql)?;
        let columns = statement.column_count();
        let mut rows = statement
            .query(rusqlite::params_from_iter(with))
            .map_err(|error| told(what, &error))?;
        let mut read = Row::default();
        while let Some(row) = rows.next().map_err(|error| told(what, &error))? {
            read.values.clear();
            for at in 0..columns {
                let value = row.get_ref(at).map_err(|error| told(what, &error))?;
                read.values.push(kept(what, value)?);
            }
            on_row(&read)?;
        }
        Ok(())
    }

    fn append(
        &mut self,
        table: &str,
        columns: &[&str],
        next: &mut NextRow<'_>,
    ) -> Result<u64, StoreError> {
        let what = format!("writing {table}");
        let sql = format!(
            "INSERT INTO {table} ({}) VALUES {}",
            columns.join(", "),
            super::parameters(1, columns.len())
        );
        let mut statement = self.prepare(&what, &sql)?;
        let mut row = Vec::with_capacity(columns.len());
        let mut written = 0_u64;
        while next(&mut row)? {
            for (at, value) in (1..).zip(&row) {
                statement
                    .raw_bind_parameter(at, value)
                    .map_err(|error| told(&what, &error))?;
            }
            statement
                .raw_execute()
                .map_err(|error| told(&what, &error))?;
            written = written.saturating_add(1);
            row.clear();
        }
        Ok(written)
    }
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self {
            Value::Null => ToSqlOutput::Owned(Kept::Null),
            Value::Int(number) => ToSqlOutput::Owned(Kept::Integer(*number)),
            Value::Text(text) => ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
            Value::Bytes(bytes) => ToSqlOutput::Borrowed(ValueRef::Blob(bytes)),
        })
    }
}

fn kept(what: &str, value: ValueRef<'_>) -> Result<Value, StoreError> {
    Ok(match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => Value::Int(number),
        ValueRef::Text(text) => match std::str::from_utf8(text) {
            Ok(text) => Value::Text(text.to_owned()),
            Err(error) => return Err(StoreError::damaged(format!("{what}: {error}"))),
        },
        ValueRef::Blob(bytes) => Value::Bytes(bytes.to_vec()),
        ValueRef::Real(_) => {
            let why = format!("{what}: a floating-point number, where none is kept");
            return Err(StoreError::damaged(why));
        }
    })
}

fn told(what: &str, error: &rusqlite::Error) -> StoreError {
    let kind = match error {
        rusqlite::Error::SqliteFailure(failure, _) => match failure.code {
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => DatabaseKind::Busy,
            ErrorCode::ConstraintViolation => DatabaseKind::Refused,
            // Whatever else is wrong has a code of its own.
            ErrorCode::Unknown => DatabaseKind::Missing,
            _ => DatabaseKind::Other,
        },
        rusqlite::Error::SqlInputError { .. } => DatabaseKind::Missing,
        _ => DatabaseKind::Other,
    };
    StoreError::Database {
        what: what.to_owned(),
        why: error.to_string(),
        kind,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_keeps_no_more_pages_than_it_is_told() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut session = Sqlite::open(&folder.path().join("bao.db"), true).expect("it opens");
        let kept = |session: &Sqlite| -> i64 {
            let read = session
                .connection
                .pragma_query_value(None, "cache_size", |row| row.get(0));
            read.expect("it is told")
        };
        assert_eq!(kept(&session), -128 * 1_024);
        session.keep_at_most(16).expect("it is limited");
        assert_eq!(kept(&session), -16 * 1_024);
    }
}
