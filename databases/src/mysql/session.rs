//! One connection at work.

use std::sync::Arc;
use std::time::{Duration, Instant};

use mysql::prelude::Queryable;
use mysql::{Binary, Conn, Error, Opts, QueryResult, Row, Statement, Value};

use arrow_array::RecordBatch;

use super::compare::Texts;
use super::{compare, connect, decode, fault, quoted};
use crate::address::Server as Place;
use crate::column::Batches;
use crate::error::{DatabaseError, DatabaseErrorKind};
use crate::session::{Failure, Key, NUMBER, Query, Rows, Session};
use crate::spelling::Adding;
use crate::table::TableInfo;

/// How long the rest of an answer that nobody wants is passed over, before it is called off.
const PATIENCE: Duration = Duration::from_millis(200);
/// The code of a statement that was called off.
const CALLED_OFF: u16 = 1317;

/// A connection within the snapshot.
pub(super) struct MysqlSession {
    conn: Conn,
    place: Place,
    options: Opts,
    texts: Arc<Texts>,
}

impl MysqlSession {
    pub(super) fn new(conn: Conn, place: &Place, options: Opts, texts: Arc<Texts>) -> MysqlSession {
        MysqlSession {
            conn,
            place: place.clone(),
            options,
            texts,
        }
    }

    /// Gives every row of an answer to `work`, until it wants no more.
    fn each_row(
        &mut self,
        what: &str,
        sql: &str,
        work: &mut dyn FnMut(&Row) -> Result<bool, Failure>,
    ) -> Result<(), Failure> {
        let failed = |error| fault::working(what, error);
        let statement = self.conn.prep(sql).map_err(failed)?;
        let done = self.execute(what, &statement, work);
        if !matches!(done, Err(Failure::Lost(_))) {
            self.conn.close(statement).map_err(failed)?;
        }
        done
    }

    fn execute(
        &mut self,
        what: &str,
        statement: &Statement,
        work: &mut dyn FnMut(&Row) -> Result<bool, Failure>,
    ) -> Result<(), Failure> {
        let failed = |error| fault::working(what, error);
        let id = self.conn.connection_id();
        let mut rows = self.conn.exec_iter(statement, ()).map_err(failed)?;
        for row in rows.by_ref() {
            let worked = work(&row.map_err(failed)?);
            if matches!(worked, Ok(true)) {
                continue;
            }
            let call_off = || call_off(&self.place, &self.options, id);
            let was_called_off = pass_over(&mut rows, call_off).map_err(failed)?;
            drop(rows);
            if was_called_off {
                self.settle().map_err(failed)?;
            }
            return worked.map(drop);
        }
        Ok(())
    }

    /// Takes in what is left of calling off: it may have come when the answer had just ended.
    fn settle(&mut self) -> Result<(), Error> {
        match self.conn.query_drop("DO 0") {
            Err(Error::MySqlError(error)) if error.code == CALLED_OFF => Ok(()),
            other => other,
        }
    }

    fn limit_statements(&mut self, what: &str, longest: Duration) -> Result<(), Failure> {
        let limited = connect::limit_statements(&mut self.conn, longest);
        limited.map_err(|error| fault::working(what, error))
    }

    fn condition(&self, query: &Query) -> Result<Option<String>, Failure> {
        let table = &query.table;
        Ok(match &query.rows {
            Rows::Keys(keys) => compare::among(table, keys, &self.texts),
            Rows::Range { after, upto } => Some(range(table, after.as_ref(), upto.as_ref())?),
        })
    }
}

impl Session for MysqlSession {
    fn key_at(
        &mut self,
        table: &TableInfo,
        after: Option<&Key>,
        skip: u64,
    ) -> Result<Option<Key>, Failure> {
        let columns: Vec<_> = table.key.iter().map(|at| &table.columns[*at]).collect();
        let asked: Vec<&str> = columns.iter().map(|column| column.asked.as_str()).collect();
        let behind = after.map(|key| behind(table, key)).transpose()?;
        let sql = format!(
            "SELECT {} FROM {}{} ORDER BY {} LIMIT 1 OFFSET {skip}",
            asked.join(", "),
            quoted(&table.name),
            filter(behind.as_deref()),
            compare::order(table),
        );
        let what = format!("finding keys of {}", table.name);
        let mut key = None;
        self.each_row(&what, &sql, &mut |row| {
            let texts = columns.iter().enumerate().map(|(at, column)| {
                let value = row.as_ref(at).unwrap_or(&Value::NULL);
                decode::key_text(value, column).map_err(|why| stated(&what, why))
            });
            key = Some(texts.collect::<Result<Key, Failure>>()?);
            Ok(true)
        })?;
        Ok(key)
    }

    fn count(
        &mut self,
        table: &TableInfo,
        after: Option<&Key>,
        upto: Option<&Key>,
    ) -> Result<u64, Failure> {
        let condition = range(table, after, upto)?;
        let condition = filter(Some(&condition));
        let sql = format!("SELECT COUNT(*) FROM {}{condition}", quoted(&table.name));
        let what = format!("counting {}", table.name);
        let mut count = None;
        self.each_row(&what, &sql, &mut |row| {
            count = match row.as_ref(0) {
                Some(Value::Int(count)) => u64::try_from(*count).ok(),
                Some(Value::UInt(count)) => Some(*count),
                _ => None,
            };
            Ok(true)
        })?;
        count.ok_or_else(|| stated(&what, "the server gives no number".to_owned()))
    }

    fn read(
        &mut self,
        query: &Query,
        give: &mut dyn FnMut(RecordBatch) -> bool,
    ) -> Result<(), Failure> {
        let Some(condition) = self.condition(query)? else {
            return Ok(());
        };
        let sql = select(query, &condition);
        let schema = query.schema();
        let is_nullable: Vec<bool> = schema
            .fields()
            .iter()
            .map(|field| field.is_nullable())
            .collect();
        let mut batches = Batches::new(schema, query.batch_rows);
        let mut number = 0;
        let mut is_wanted = true;
        let what = format!("reading {}", query.table.name);
        if query.is_paced {
            self.limit_statements(&what, Duration::ZERO)?;
        }
        let read = self.each_row(&what, &sql, &mut |row| {
            for (at, column) in batches.columns.iter_mut().enumerate() {
                let value = row.as_ref(at).unwrap_or(&Value::NULL);
                let appended = match value {
                    Value::NULL if !is_nullable[at] => {
                        Err("it is NULL, which it must not".to_owned())
                    }
                    value => decode::append(column, value),
                };
                appended.map_err(|why| Failure::Value {
                    row: number,
                    column: at,
                    why,
                })?;
            }
            number += 1;
            is_wanted = batches.end_row().is_none_or(&mut *give);
            Ok(is_wanted)
        });
        if query.is_paced && !matches!(read, Err(Failure::Lost(_))) {
            let longest = self.place.statement_timeout;
            self.limit_statements(&what, longest.max(Duration::from_secs(1)))?;
        }
        read?;
        if let Some(batch) = batches.rest().filter(|_| is_wanted) {
            give(batch);
        }
        Ok(())
    }

    fn add_up(
        &mut self,
        table: &TableInfo,
        after: Option<&Key>,
        upto: Option<&Key>,
        adding: &Adding,
    ) -> Result<Vec<Vec<Option<String>>>, Failure> {
        let condition = range(table, after, upto)?;
        let sql = format!(
            "{} {}{}{}",
            adding.head,
            quoted(&table.name),
            filter(Some(&condition)),
            adding.tail
        );
        let what = format!("adding up {}", table.name);
        let mut rows = Vec::new();
        self.each_row(&what, &sql, &mut |row| {
            let texts = (0..row.len()).map(|at| match row.as_ref(at) {
                None | Some(Value::NULL) => Ok(None),
                Some(Value::Bytes(bytes)) => match std::str::from_utf8(bytes) {
                    Ok(text) => Ok(Some(text.to_owned())),
                    Err(_) => Err(stated(&what, "the server gives no UTF-8".to_owned())),
                },
                Some(Value::Int(number)) => Ok(Some(number.to_string())),
                Some(Value::UInt(number)) => Ok(Some(number.to_string())),
                Some(_) => Err(stated(&what, "the server gives no text".to_owned())),
            });
            rows.push(texts.collect::<Result<Vec<_>, Failure>>()?);
            Ok(true)
        })?;
        Ok(rows)
    }
}

/// Records behind one key, up to another.
fn range(table: &TableInfo, after: Option<&Key>, upto: Option<&Key>) -> Result<String, Failure> {
    let after = after.map(|key| behind(table, key)).transpose()?;
    let upto = upto.map(|key| compare::upto(table, key).ok_or_else(|| no_key(table, key)));
    let sides = [after, upto.transpose()?];
    let sides: Vec<String> = sides.into_iter().flatten().collect();
    Ok(sides.join(" AND "))
}

/// The statement that reads a query's columns, in the order of the key.
fn select(query: &Query, condition: &str) -> String {
    let table = &query.table;
    let columns = query.columns.iter().map(|at| &table.columns[*at]);
    let mut asked: Vec<&str> = columns.map(|column| column.asked.as_str()).collect();
    if asked.is_empty() && !query.is_numbered {
        asked.push("1");
    }
    let order = match table.key.is_empty() {
        true => String::new(),
        false => format!(" ORDER BY {}", compare::order(table)),
    };
    let both = match &query.part {
        Some(part) if query.is_numbered => {
            asked.push(NUMBER);
            return numbered(query, &asked, condition, &part.condition);
        }
        Some(part) if condition.is_empty() => part.condition.clone(),
        Some(part) => format!("{condition} AND {}", part.condition),
        None => condition.to_owned(),
    };
    format!(
        "SELECT {} FROM {}{}{order}",
        asked.join(", "),
        quoted(&table.name),
        filter(Some(&both)),
    )
}

/// The same of records that are numbered first, and picked out then.
fn numbered(query: &Query, asked: &[&str], range: &str, chosen: &str) -> String {
    let table = &query.table;
    let needed: Vec<String> = query
        .needed()
        .iter()
        .map(|at| quoted(&table.columns[*at].name))
        .collect();
    format!(
        "SELECT {} FROM (SELECT {}, ROW_NUMBER() OVER (ORDER BY {}) AS {NUMBER} FROM {}{}) t \
         WHERE {chosen} ORDER BY {NUMBER}",
        asked.join(", "),
        needed.join(", "),
        compare::order(table),
        quoted(&table.name),
        filter(Some(range)),
    )
}

fn filter(condition: Option<&str>) -> String {
    match condition {
        None | Some("") => String::new(),
        Some(condition) => format!(" WHERE {condition}"),
    }
}

fn behind(table: &TableInfo, key: &Key) -> Result<String, Failure> {
    compare::behind(table, key).ok_or_else(|| no_key(table, key))
}

fn no_key(table: &TableInfo, key: &Key) -> Failure {
    stated(
        &format!("reading {}", table.name),
        format!("{} is no key of it", key.join(", ")),
    )
}

fn stated(what: &str, why: String) -> Failure {
    let what = what.to_owned();
    DatabaseError::new(DatabaseErrorKind::Statement { what, why }).into()
}

/// Passes over the rest of an answer, so that the next one can be asked for; a long one is called
/// off. Says whether it was.
fn pass_over(
    rows: &mut QueryResult<'_, '_, '_, Binary>,
    call_off: impl Fn(),
) -> Result<bool, Error> {
    let begun = Instant::now();
    let mut was_called_off = false;
    for row in rows {
        match row {
            Err(Error::MySqlError(error)) if error.code == CALLED_OFF => {}
            Err(error) => return Err(error),
            Ok(_) if !was_called_off && begun.elapsed() > PATIENCE => {
                was_called_off = true;
                call_off();
            }
            Ok(_) => {}
        }
    }
    Ok(was_called_off)
}

/// Tells the server to end what a session is asked for; where that fails, the rest is passed over.
fn call_off(place: &Place, options: &Opts, id: u32) {
    if let Ok(mut conn) = connect::connect(place, options) {
        drop(conn.query_drop(format!("KILL QUERY {id}")));
    }
}
