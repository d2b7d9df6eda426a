//! Writing into MySQL and MariaDB: `INSERT` of many records at a time.

use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::DataType;
use mysql::prelude::Queryable;
use mysql::{Conn, Error, Row, Value};

use super::{Product, connect, fault, quoted, tables};
use crate::address::Server as Place;
use crate::column::Why;
use crate::error::{DatabaseError, DatabaseErrorKind};
use crate::session::Failure;
use crate::table::TableInfo;
use crate::write::{
    Destination, Dialect, Form, Texts, WriteSession, fitted, literal, misfit, put_hex, taken,
};

/// How long a statement is, about; less where the server takes less.
const STATEMENT: usize = 1 << 20;
/// Collations that compare texts byte by byte; the last one passes over trailing blanks.
const COLLATIONS: [&str; 3] = ["utf8mb4_0900_bin", "utf8mb4_nopad_bin", "utf8mb4_bin"];
/// The codes of a transaction that must be begun again.
const AGAIN: [u16; 2] = [1213, 1020];
/// The codes of what a user may not do.
const DENIED: [u16; 4] = [1044, 1142, 1143, 1227];
/// The codes of a disk or a table that is full.
const FULL: [u16; 2] = [1021, 1114];

/// Connects for writing.
pub(crate) fn open(
    place: &Place,
    password: Option<&str>,
) -> Result<(Dialect, Box<dyn WriteSession>), DatabaseError> {
    // A statement may take as long as it takes: to make an index of a large table, for one.
    let options = mysql::OptsBuilder::from_opts(connect::options(place, password)?)
        .read_timeout(None)
        .write_timeout(None);
    let mut conn = connect::connect(place, &options.into())?;
    let failed = |error| fault::opening(place, error);
    let product = Product::of(&mut conn).map_err(failed)?;
    connect::settle_for_writing(&mut conn, place, &product).map_err(failed)?;
    let collation = collation(&mut conn).map_err(failed)?;
    let packet: Option<usize> = conn
        .query_first("SELECT @@max_allowed_packet")
        .map_err(failed)?;
    let naming: Option<u8> = conn
        .query_first("SELECT @@lower_case_table_names")
        .map_err(failed)?;
    let dialect = Dialect::Mysql {
        collation,
        folds_names: naming != Some(0),
    };
    let session = Writing {
        product: product.to_string(),
        place: place.clone(),
        statement_bytes: packet.map_or(STATEMENT, |packet| STATEMENT.min(packet / 2)),
        without_transactions: Vec::new(),
        conn,
    };
    Ok((dialect, Box::new(session)))
}

fn collation(conn: &mut Conn) -> Result<String, Error> {
    let known: Vec<String> = conn.query(
        "SELECT COLLATION_NAME FROM information_schema.COLLATIONS \
         WHERE CHARACTER_SET_NAME = 'utf8mb4'",
    )?;
    let best = COLLATIONS
        .into_iter()
        .find(|one| known.iter().any(|known| known == one));
    Ok(best.unwrap_or("utf8mb4_bin").to_owned())
}

struct Writing {
    product: String,
    place: Place,
    conn: Conn,
    statement_bytes: usize,
    /// Tables whose engine knows no transactions, with its name.
    without_transactions: Vec<(String, String)>,
}

impl WriteSession for Writing {
    fn product(&self) -> String {
        self.product.clone()
    }

    fn execute(&mut self, what: &str, sql: &str) -> Result<(), Failure> {
        self.conn
            .query_drop(sql)
            .map_err(|error| refused(what, error))
    }

    fn rows(&mut self, what: &str, sql: &str) -> Result<Vec<Vec<String>>, Failure> {
        let rows: Vec<Row> = self.conn.query(sql).map_err(|error| refused(what, error))?;
        Ok(rows.into_iter().map(texts).collect())
    }

    fn tables(&mut self) -> Result<Vec<Arc<TableInfo>>, Failure> {
        let found = tables::learn(&mut self.conn, &self.place)?;
        self.without_transactions = found.without_moment;
        Ok(found.tables)
    }

    fn can_be_written(&self, table: &str) -> Result<(), Failure> {
        let engine = self
            .without_transactions
            .iter()
            .find(|(name, _)| name == table);
        let Some((_, engine)) = engine else {
            return Ok(());
        };
        let kind = DatabaseErrorKind::Statement {
            what: format!("writing {table}"),
            why: format!("it is {engine}, which knows no transactions: a broken write would stay"),
        };
        Err(DatabaseError::new(kind)
            .mend(format!("ALTER TABLE {table} ENGINE = InnoDB"))
            .into())
    }

    fn ensure_free(&mut self, name: &str) -> Result<(), Failure> {
        let what = format!("looking for {name}");
        // What is no table and no view is a sequence of MariaDB's. Names are compared there whatever
        // their case.
        let sql = format!(
            "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() \
             AND TABLE_TYPE = 'SEQUENCE' AND TABLE_NAME = {}",
            literal(name)
        );
        let rows = self.rows(&what, &sql)?;
        match rows.iter().flatten().any(|found| found == name) {
            true => Err(taken(name, "a sequence")),
            false => Ok(()),
        }
    }

    fn can_be_truncated(&mut self, table: &str) -> Result<bool, Failure> {
        let what = format!("looking at {table}");
        let sql = format!(
            "SELECT TABLE_NAME FROM information_schema.REFERENTIAL_CONSTRAINTS \
             WHERE UNIQUE_CONSTRAINT_SCHEMA = DATABASE() AND REFERENCED_TABLE_NAME = {} \
             AND NOT (CONSTRAINT_SCHEMA = DATABASE() AND TABLE_NAME = REFERENCED_TABLE_NAME)",
            literal(table)
        );
        let pointing = self.rows(&what, &sql)?;
        Ok(pointing.is_empty())
    }

    fn hold(&mut self) -> Result<bool, Failure> {
        let sql = "SELECT GET_LOCK(CONCAT('crossfoot ', MD5(DATABASE())), 0)";
        let rows = self.rows("asking for the lock of a conversion", sql)?;
        Ok(rows
            .first()
            .and_then(|row| row.first())
            .is_some_and(|held| held == "1"))
    }

    fn append(
        &mut self,
        into: &Destination,
        next: &mut dyn FnMut() -> Option<RecordBatch>,
    ) -> Result<u64, Failure> {
        let names: Vec<String> = into
            .columns
            .iter()
            .map(|column| quoted(&column.name))
            .collect();
        let head = format!("INSERT INTO {} ({}) VALUES ", into.table, names.join(", "));
        let what = format!("writing {}", into.name);
        let mut written = 0;
        let mut held = 0;
        let mut sql = head.clone();
        while let Some(batch) = next() {
            let columns = fitted(into, &batch)?;
            let texts = Texts::of(&columns);
            for row in 0..batch.num_rows() {
                if held > 0 {
                    sql.push(',');
                }
                if let Err((column, why)) = put_record(&mut sql, into, &texts, row) {
                    return Err(misfit(into, &batch, row, column, why).into());
                }
                held += 1;
                if sql.len() >= self.statement_bytes {
                    self.insert(&what, &sql, held)?;
                    written += held;
                    held = 0;
                    sql.truncate(head.len());
                }
            }
        }
        if held > 0 {
            self.insert(&what, &sql, held)?;
            written += held;
        }
        Ok(written)
    }
}

impl Writing {
    /// Runs an `INSERT` of so many records, none of which may be changed on its way.
    fn insert(&mut self, what: &str, sql: &str, records: u64) -> Result<(), Failure> {
        self.execute(what, sql)?;
        let not_so = |why: String| {
            let what = what.to_owned();
            let kind = DatabaseErrorKind::Statement { what, why };
            Failure::from(DatabaseError::new(kind))
        };
        let inserted = self.conn.affected_rows();
        if self.conn.warnings() > 0 {
            let warnings = self.rows(what, "SHOW WARNINGS")?;
            let first = warnings
                .first()
                .map(|row| row.join(" "))
                .unwrap_or_default();
            return Err(not_so(format!("the server has changed a value: {first}")));
        }
        match inserted == records {
            true => Ok(()),
            false => Err(not_so(format!(
                "{inserted} of {records} records were taken"
            ))),
        }
    }
}

/// The values of a row as text; NULL is the empty text.
fn texts(row: Row) -> Vec<String> {
    let text = |value: Value| match value {
        Value::NULL => String::new(),
        Value::Bytes(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Value::Int(number) => number.to_string(),
        Value::UInt(number) => number.to_string(),
        other => other.as_sql(true),
    };
    row.unwrap().into_iter().map(text).collect()
}

/// A record as SQL; else the column whose value has no word there, and why.
fn put_record(
    out: &mut String,
    into: &Destination,
    texts: &Texts<'_>,
    row: usize,
) -> Result<(), (usize, Why)> {
    out.push('(');
    for (at, (text, column)) in texts.columns.iter().zip(&into.columns).enumerate() {
        if at > 0 {
            out.push(',');
        }
        match &text.form {
            _ if text.is_null(row) => out.push_str("NULL"),
            Form::Float(value, _) if !value(row).is_finite() => {
                let why = format!("{} is no number of this database", value(row));
                return Err((at, why));
            }
            Form::Float(_, write) => write(row, out),
            Form::Plain(write) => match column.data_type {
                DataType::Date32 | DataType::Timestamp(..) => {
                    out.push('\'');
                    write(row, out);
                    out.push('\'');
                }
                _ => write(row, out),
            },
            Form::Bytes(array) => {
                out.push_str("X'");
                put_hex(out, array.value(row));
                out.push('\'');
            }
            Form::Text(array) => {
                out.push('\'');
                let mut parts = array.value(row).split('\'');
                out.push_str(parts.next().unwrap_or_default());
                for part in parts {
                    out.push_str("''");
                    out.push_str(part);
                }
                out.push('\'');
            }
        }
    }
    out.push(')');
    Ok(())
}

/// What an error of the server means for a write.
fn refused(what: &str, error: Error) -> Failure {
    let code = match &error {
        Error::MySqlError(error) => error.code,
        _ => 0,
    };
    match fault::working(what, error) {
        Failure::Error(error) if AGAIN.contains(&code) => Failure::Lost(error.to_string()),
        Failure::Error(mut error) => {
            if DENIED.contains(&code) {
                error.mend = "GRANT SELECT, INSERT, CREATE, ALTER and DROP on the database to the \
                              user that writes, and for --discard DELETE"
                    .to_owned();
            }
            if FULL.contains(&code) {
                error.mend = "make room where the server keeps its data, then start it again: it \
                              goes on behind the last finished chunk"
                    .to_owned();
            }
            error.into()
        }
        other => other,
    }
}
