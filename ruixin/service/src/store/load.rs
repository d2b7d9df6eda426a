//! Filling an empty store in bulk: one transaction, alone, as fast as the database takes it.
//!
//! It is for whoever brings books that were kept elsewhere. In SQLite the file is taken from
//! everybody else, and written without a log: what goes wrong before [`Loading::commit`] leaves the
//! file as it was. In PostgreSQL rows go in by COPY. Foreign keys are not asked about while rows come
//! in: the statements of the caller drop and make them again, or he has seen to them himself.
//!
//! It blocks, so it belongs on a thread of its own.

use std::time::{Duration, Instant};

use bytes::Bytes;
use futures::SinkExt as _;
use tokio::runtime::Runtime;

use super::{Dialect, Figures, Migration, Row, StoreError, Value, Write, postgres, sqlite};

/// How long others may take to let go of a file of SQLite.
const PATIENCE: Duration = Duration::from_secs(5);

/// Is a table that rows go into. A column of money is written `yuan:amount`.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// Its name.
    pub table: &'static str,
    /// The columns of each row, in order.
    pub columns: &'static [&'static str],
}

/// Holds rows of one table, field by field.
#[derive(Debug, Clone, Default)]
pub struct Rows {
    text: String,
    fields: Vec<Field>,
}

#[derive(Debug, Clone, Copy)]
enum Field {
    Nothing,
    Number(i64),
    Fen(i64),
    /// Up to where the text goes that begins where the one before it ends.
    Text(usize),
}

impl Rows {
    /// Adds a text, or nothing.
    pub fn text(&mut self, text: Option<&str>) {
        match text {
            None => self.fields.push(Field::Nothing),
            Some(text) => {
                self.text.push_str(text);
                self.fields.push(Field::Text(self.text.len()));
            }
        }
    }

    /// Adds an amount in fen, or nothing.
    pub fn fen(&mut self, fen: Option<i64>) {
        self.fields.push(fen.map_or(Field::Nothing, Field::Fen));
    }

    /// Adds a whole number.
    pub fn number(&mut self, number: i64) {
        self.fields.push(Field::Number(number));
    }

    /// Tells how many bytes of text there are.
    pub fn bytes(&self) -> usize {
        self.text.len()
    }

    fn each(
        &self,
        mut take: impl FnMut(Field, &str) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let mut from = 0;
        for field in &self.fields {
            let text = match field {
                Field::Text(to) => {
                    let text = self.text.get(from..*to);
                    from = *to;
                    text.unwrap_or_default()
                }
                _ => "",
            };
            take(*field, text)?;
        }
        Ok(())
    }
}

/// Is a store while it is filled. Dropped without [`Loading::commit`], it is as it was before.
#[derive(Debug)]
pub struct Loading(Way);

#[derive(Debug)]
enum Way {
    Sqlite(rusqlite::Connection),
    Postgres(Runtime, postgres::Connection),
}

impl Loading {
    /// Brings the tables at an address up to date, takes the store for itself, and begins.
    ///
    /// # Errors
    ///
    /// As [`super::Store::open`]; [`StoreError::Unreachable`] if somebody else has the file open.
    pub fn begin(address: &str, migrations: &[Migration]) -> Result<Loading, StoreError> {
        let way = if super::is_postgres(address) {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            let runtime = runtime.map_err(|error| StoreError::Unreachable(error.to_string()))?;
            let connection = runtime.block_on(async {
                let figures = std::sync::Arc::new(Figures::default());
                postgres::Postgres::open(address, migrations, figures).await?;
                postgres::alone(address).await
            })?;
            Way::Postgres(runtime, connection)
        } else {
            Way::Sqlite(alone(super::path_of(address)?, migrations)?)
        };
        let loading = Loading(way);
        match loading.dialect() {
            Dialect::Sqlite => loading.run("BEGIN EXCLUSIVE")?,
            Dialect::Postgres => loading.run("BEGIN")?,
        }
        Ok(loading)
    }

    /// Tells which database it is.
    pub fn dialect(&self) -> Dialect {
        match self.0 {
            Way::Sqlite(_) => Dialect::Sqlite,
            Way::Postgres(..) => Dialect::Postgres,
        }
    }

    /// Gives the rows of a query.
    ///
    /// # Errors
    ///
    /// The database cannot be reached, or the statement is wrong.
    pub fn rows(&self, sql: &'static str, parameters: Vec<Value>) -> Result<Vec<Row>, StoreError> {
        match &self.0 {
            Way::Sqlite(connection) => sqlite::rows(connection, sql, &parameters),
            Way::Postgres(runtime, connection) => {
                runtime.block_on(connection.rows(sql, parameters))
            }
        }
    }

    /// Runs statements in the database's own words, one after another.
    ///
    /// # Errors
    ///
    /// The database refuses one of them.
    pub fn run(&self, sql: &str) -> Result<(), StoreError> {
        match &self.0 {
            Way::Sqlite(connection) => connection
                .execute_batch(sql)
                .map_err(|error| sqlite::failure(&error)),
            Way::Postgres(runtime, connection) => runtime.block_on(connection.run(sql)),
        }
    }

    /// Makes writes, one after another.
    ///
    /// # Errors
    ///
    /// The database refuses one, or it touches another number of rows than it says.
    pub fn write(&self, writes: &[Write]) -> Result<(), StoreError> {
        match &self.0 {
            Way::Sqlite(connection) => writes
                .iter()
                .try_for_each(|write| sqlite::execute(connection, write)),
            Way::Postgres(runtime, connection) => runtime.block_on(connection.execute_all(writes)),
        }
    }

    /// Puts rows into a table, as long as some come.
    ///
    /// # Errors
    ///
    /// What stands in the place of rows, or what the database says to them.
    pub fn fill<E: From<StoreError>>(
        &self,
        target: Target,
        batches: impl Iterator<Item = Result<Rows, E>>,
    ) -> Result<(), E> {
        match &self.0 {
            Way::Sqlite(connection) => {
                let sql = insert(target);
                let failed = |error: rusqlite::Error| E::from(sqlite::failure(&error));
                let mut statement = connection.prepare(&sql).map_err(failed)?;
                for rows in batches {
                    insert_all(&mut statement, target, &rows?)?;
                }
                Ok(())
            }
            Way::Postgres(runtime, connection) => runtime.block_on(async {
                let mut copy = connection.copy(&copy(target)).await?;
                for rows in batches {
                    let lines = Bytes::from(lines(target, &rows?)?);
                    let sent = copy.send(lines).await;
                    sent.map_err(|error| postgres::failure(&error))?;
                }
                let done = copy.as_mut().finish().await;
                done.map_err(|error| postgres::failure(&error))?;
                Ok(())
            }),
        }
    }

    /// Puts all of it on the disk, and lets go of the store.
    ///
    /// # Errors
    ///
    /// The database refuses it: then nothing has changed.
    pub fn commit(self) -> Result<(), StoreError> {
        self.run("COMMIT")?;
        match &self.0 {
            Way::Sqlite(_) => self.run("PRAGMA locking_mode = NORMAL; PRAGMA journal_mode = WAL"),
            // What a planner knows of the tables.
            Way::Postgres(..) => self.run("ANALYZE"),
        }
    }
}

/// Opens a file of SQLite for nobody else, its log folded into it.
fn alone(path: &str, migrations: &[Migration]) -> Result<rusqlite::Connection, StoreError> {
    let mut connection = sqlite::connect(path)?;
    sqlite::migrate(&mut connection, migrations)?;
    let until = Instant::now().checked_add(PATIENCE);
    loop {
        // Not while anybody else has it open.
        let asked = connection.query_row("PRAGMA journal_mode = DELETE", [], |row| {
            row.get::<_, String>(0)
        });
        match asked {
            Ok(mode) if mode == "delete" => break,
            _ if until.is_some_and(|until| Instant::now() >= until) => {
                let says = "somebody else has the file open; stop what runs on it";
                return Err(StoreError::Unreachable(says.to_owned()));
            }
            _ => std::thread::sleep(Duration::from_millis(50)),
        }
    }
    let set =
        "PRAGMA foreign_keys = OFF; PRAGMA locking_mode = EXCLUSIVE; PRAGMA cache_size = -262144";
    connection
        .execute_batch(set)
        .map_err(|error| sqlite::failure(&error))?;
    Ok(connection)
}

fn name(column: &str) -> &str {
    column.strip_prefix("yuan:").unwrap_or(column)
}

fn insert(target: Target) -> String {
    let names: Vec<&str> = target.columns.iter().map(|column| name(column)).collect();
    let values: Vec<&str> = target
        .columns
        .iter()
        .map(|column| match column.starts_with("yuan:") {
            true => "? / 100.0",
            false => "?",
        })
        .collect();
    format!(
        "INSERT INTO {} ({}) VALUES ({})",
        target.table,
        names.join(", "),
        values.join(", ")
    )
}

fn copy(target: Target) -> String {
    let names: Vec<&str> = target.columns.iter().map(|column| name(column)).collect();
    format!("COPY {} ({}) FROM STDIN", target.table, names.join(", "))
}

fn insert_all(
    statement: &mut rusqlite::Statement<'_>,
    target: Target,
    rows: &Rows,
) -> Result<(), StoreError> {
    let failed = |error: rusqlite::Error| sqlite::failure(&error);
    let mut at: usize = 0;
    rows.each(|field, text| {
        at = at.saturating_add(1);
        match field {
            Field::Nothing => statement.raw_bind_parameter(at, rusqlite::types::Null),
            Field::Number(number) | Field::Fen(number) => statement.raw_bind_parameter(at, number),
            Field::Text(_) => statement.raw_bind_parameter(at, text),
        }
        .map_err(failed)?;
        if at == target.columns.len() {
            at = 0;
            statement.raw_execute().map_err(failed)?;
        }
        Ok(())
    })
}

/// Rows as COPY reads them: tabs between, `\N` for nothing.
fn lines(target: Target, rows: &Rows) -> Result<String, StoreError> {
    let mut out = String::with_capacity(rows.text.len().saturating_mul(2));
    let mut at: usize = 0;
    rows.each(|field, text| {
        match field {
            Field::Nothing => out.push_str("\\N"),
            Field::Number(number) => out.push_str(&number.to_string()),
            Field::Fen(fen) => {
                let sign = if fen < 0 { "-" } else { "" };
                let fen = fen.unsigned_abs();
                out.push_str(&format!("{sign}{}.{:02}", fen / 100, fen % 100));
            }
            Field::Text(_) if !text.contains(['\\', '\t', '\n', '\r']) => out.push_str(text),
            Field::Text(_) => out.extend(text.chars().flat_map(escaped)),
        }
        at = at.saturating_add(1);
        let is_last = at == target.columns.len();
        out.push(if is_last { '\n' } else { '\t' });
        if is_last {
            at = 0;
        }
        Ok(())
    })?;
    Ok(out)
}

fn escaped(letter: char) -> impl Iterator<Item = char> {
    let [first, second] = match letter {
        '\\' => [Some('\\'), Some('\\')],
        '\t' => [Some('\\'), Some('t')],
        '\n' => [Some('\\'), Some('n')],
        '\r' => [Some('\\'), Some('r')],
        other => [Some(other), None],
    };
    first.into_iter().chain(second)
}
