//! Writing into a file of SQLite.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Decimal128Type, Decimal256Type, Float64Type, Int64Type, Time64MicrosecondType,
    TimestampMicrosecondType,
};
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_buffer::i256;
use arrow_schema::{DataType, TimeUnit};
use rusqlite::types::{ToSqlOutput, Value, ValueRef};
use rusqlite::{Connection, OpenFlags};

use super::kinds::{Affinity, affinity};
use super::values::{is_number, units_of_real};
use super::{Dates, LOCK, failure, tables, unreachable};
use crate::civil::{put_day, put_moment, put_time};
use crate::column::Why;
use crate::error::{DatabaseError, DatabaseErrorKind};
use crate::session::Failure;
use crate::table::{TableInfo, quoted};
use crate::write::{Destination, Dialect, WriteSession, fitted, literal, misfit, taken};

/// Opens a file for writing, and makes it where there is none.
pub(crate) fn open(
    path: &Path,
    dates: Dates,
) -> Result<(Dialect, Box<dyn WriteSession>), DatabaseError> {
    let unreachable = |error: rusqlite::Error| unreachable(path, &error);
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    // A whole path: one that starts with `file:` would be read as an address of SQLite's own.
    let whole = std::path::absolute(path).map_err(|error| {
        DatabaseError::new(DatabaseErrorKind::Unreachable {
            server: path.display().to_string(),
            why: error.to_string(),
        })
    })?;
    let connection = Connection::open_with_flags(&whole, flags).map_err(unreachable)?;
    connection.busy_timeout(LOCK).map_err(unreachable)?;
    connection
        .execute_batch(
            "PRAGMA trusted_schema = 0; PRAGMA foreign_keys = 1; PRAGMA synchronous = 2;",
        )
        .map_err(unreachable)?;
    let session = Writing {
        connection,
        path: whole,
        dates,
        lock: None,
    };
    Ok((Dialect::Sqlite, Box::new(session)))
}

struct Writing {
    connection: Connection,
    path: PathBuf,
    dates: Dates,
    /// Locked as long as it is open.
    lock: Option<File>,
}

impl WriteSession for Writing {
    fn product(&self) -> String {
        format!("SQLite {}", rusqlite::version())
    }

    fn execute(&mut self, what: &str, sql: &str) -> Result<(), Failure> {
        let done = self.connection.execute_batch(sql);
        done.map_err(|error| failure(what, &error))
    }

    fn rows(&mut self, what: &str, sql: &str) -> Result<Vec<Vec<String>>, Failure> {
        let failed = |error: rusqlite::Error| failure(what, &error);
        let mut statement = self.connection.prepare(sql).map_err(failed)?;
        let width = statement.column_count();
        let rows = statement.query_map([], |row| {
            let text = |at| {
                Ok(match row.get::<_, Value>(at)? {
                    Value::Null | Value::Blob(_) => String::new(),
                    Value::Integer(number) => number.to_string(),
                    Value::Real(number) => number.to_string(),
                    Value::Text(text) => text,
                })
            };
            (0..width)
                .map(text)
                .collect::<rusqlite::Result<Vec<String>>>()
        });
        let rows = rows.map_err(failed)?;
        rows.collect::<rusqlite::Result<_>>().map_err(failed)
    }

    fn tables(&mut self) -> Result<Vec<Arc<TableInfo>>, Failure> {
        let found = tables::read(&self.connection, self.dates);
        let found = found.map_err(|error| failure("asking for the tables", &error))?;
        Ok(found.tables)
    }

    fn ensure_free(&mut self, name: &str) -> Result<(), Failure> {
        let sql = format!(
            "SELECT type FROM main.sqlite_schema WHERE type IN ('table', 'view', 'index') \
             AND name = {} COLLATE NOCASE",
            literal(name)
        );
        let rows = self.rows(&format!("looking for {name}"), &sql)?;
        match rows.iter().flatten().next().map(String::as_str) {
            None => Ok(()),
            Some("index") => Err(taken(name, "an index")),
            Some("view") => Err(taken(name, "a view that cannot be read")),
            Some(_) => Err(taken(name, "a table that cannot be read")),
        }
    }

    fn can_be_truncated(&mut self, _: &str) -> Result<bool, Failure> {
        // It has no word for it.
        Ok(false)
    }

    fn hold(&mut self) -> Result<bool, Failure> {
        let mut path = self.path.clone().into_os_string();
        path.push("-crossfoot");
        let failed = |error: std::io::Error| {
            let kind = DatabaseErrorKind::Unreachable {
                server: Path::new(&path).display().to_string(),
                why: error.to_string(),
            };
            Failure::from(DatabaseError::new(kind).mend("its folder must be writable"))
        };
        let lock = File::create(&path).map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => {
                self.lock = Some(lock);
                Ok(true)
            }
            Err(TryLockError::WouldBlock) => Ok(false),
            Err(TryLockError::Error(error)) => Err(failed(error)),
        }
    }

    fn append(
        &mut self,
        into: &Destination,
        next: &mut dyn FnMut() -> Option<RecordBatch>,
    ) -> Result<u64, Failure> {
        let what = format!("writing {}", into.name);
        let failed = |error: rusqlite::Error| failure(&what, &error);
        let names: Vec<String> = into
            .columns
            .iter()
            .map(|column| quoted(&column.name))
            .collect();
        let marks = vec!["?"; names.len()].join(", ");
        let sql = format!(
            "INSERT INTO {} ({}) VALUES ({marks})",
            into.table,
            names.join(", ")
        );
        let mut statement = self.connection.prepare(&sql).map_err(failed)?;
        let affinities: Vec<Affinity> = into
            .columns
            .iter()
            .map(|column| affinity(&column.declared))
            .collect();
        let mut written = 0;
        while let Some(batch) = next() {
            let columns = fitted(into, &batch)?;
            for row in 0..batch.num_rows() {
                for (at, (array, affinity)) in columns.iter().zip(&affinities).enumerate() {
                    let value = value(array, row, *affinity);
                    let value = value.map_err(|why| misfit(into, &batch, row, at, why))?;
                    statement
                        .raw_bind_parameter(at + 1, value)
                        .map_err(failed)?;
                }
                statement.raw_execute().map_err(failed)?;
                written += 1;
            }
        }
        Ok(written)
    }
}

/// A value as SQLite keeps it, so that a reader is given the same one.
fn value(array: &ArrayRef, row: usize, affinity: Affinity) -> Result<ToSqlOutput<'_>, Why> {
    if array.is_null(row) {
        return Ok(ToSqlOutput::Owned(Value::Null));
    }
    Ok(match array.data_type() {
        DataType::Int64 => {
            ToSqlOutput::Owned(Value::Integer(array.as_primitive::<Int64Type>().value(row)))
        }
        DataType::Boolean => {
            ToSqlOutput::Owned(Value::Integer(i64::from(array.as_boolean().value(row))))
        }
        DataType::Float64 => {
            let number = array.as_primitive::<Float64Type>().value(row);
            if number.is_nan() {
                return Err("NaN becomes NULL in SQLite".to_owned());
            }
            ToSqlOutput::Owned(Value::Real(number))
        }
        DataType::Decimal128(_, scale) => {
            let units = array.as_primitive::<Decimal128Type>().value(row);
            ToSqlOutput::Owned(decimal(units, *scale)?)
        }
        DataType::Decimal256(_, scale) => {
            let units = array.as_primitive::<Decimal256Type>().value(row);
            let units = i256::to_i128(units).ok_or_else(|| too_long(&units))?;
            ToSqlOutput::Owned(decimal(units, *scale)?)
        }
        DataType::BinaryView => {
            ToSqlOutput::Borrowed(ValueRef::Blob(array.as_binary_view().value(row)))
        }
        DataType::Utf8View => {
            let text = array.as_string_view().value(row);
            let is_changed = !matches!(affinity, Affinity::Text | Affinity::Unchanged);
            if is_changed && is_number(text.trim()) {
                return Err(format!(
                    "SQLite would make a number of {text:?}; a column declared TEXT keeps it"
                ));
            }
            ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes()))
        }
        DataType::Date32 => {
            let day = array.as_primitive::<Date32Type>().value(row);
            text(|out| put_day(out, i64::from(day)))
        }
        DataType::Time64(TimeUnit::Microsecond) => {
            let time = array.as_primitive::<Time64MicrosecondType>().value(row);
            text(|out| put_time(out, time))
        }
        DataType::Timestamp(TimeUnit::Microsecond, zone) => {
            let moment = array.as_primitive::<TimestampMicrosecondType>().value(row);
            let is_instant = zone.is_some();
            text(|out| {
                put_moment(out, moment);
                out.push_str(if is_instant { "Z" } else { "" });
            })
        }
        other => return Err(format!("{other} is not written to SQLite")),
    })
}

fn text(put: impl Fn(&mut String)) -> ToSqlOutput<'static> {
    let mut out = String::new();
    put(&mut out);
    ToSqlOutput::Owned(Value::Text(out))
}

/// A decimal as a whole number, or else as the floating-point number that it is read back from.
fn decimal(units: i128, scale: i8) -> Result<Value, Why> {
    let places = u32::try_from(scale).unwrap_or(0);
    let power = 10_i128
        .checked_pow(places)
        .ok_or_else(|| too_long(&units))?;
    if units % power == 0 {
        let whole = i64::try_from(units / power).map_err(|_| too_long(&units))?;
        return Ok(Value::Integer(whole));
    }
    // Both are whole numbers that a floating-point number holds, so that it is rounded once only.
    let number = (units as f64) / (power as f64);
    match units_of_real(number, places) == Some(units) {
        true => Ok(Value::Real(number)),
        false => Err(too_long(&units)),
    }
}

fn too_long(units: &dyn std::fmt::Display) -> Why {
    format!(
        "SQLite keeps 15 digits of a decimal, and it has {} in units of its scale; a column \
         declared TEXT keeps all",
        units
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::column::Column;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        /// What is written is what a reader is given, or it is refused; of 15 digits, never.
        #[test]
        fn a_decimal_comes_back_or_is_refused(
            units in prop_oneof![
                any::<i64>().prop_map(i128::from),
                -999_999_999_999_999_i128..1_000_000_000_000_000,
                (-1_000_i128..1_000).prop_map(|some| some * 1_000_000),
                any::<i128>().prop_map(|some| some / 1_000),
            ],
            scale in 0_i8..20,
        ) {
            let kept = decimal(units, scale);
            if units.unsigned_abs() < 1_000_000_000_000_000 {
                prop_assert!(kept.is_ok(), "{kept:?}");
            }
            if let Ok(value) = kept {
                let mut column = Column::new(&DataType::Decimal128(38, scale), 1);
                let read = super::super::values::append(&mut column, ValueRef::from(&value));
                prop_assert_eq!(read, Ok(()));
                let read = column.finish();
                prop_assert_eq!(read.as_primitive::<Decimal128Type>().value(0), units);
            }
        }
    }
}
