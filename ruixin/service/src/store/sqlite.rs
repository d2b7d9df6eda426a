//! SQLite: one thread writes in groups, a few read.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use futures::FutureExt as _;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ErrorCode, OpenFlags, params_from_iter};
use tokio::sync::oneshot;

use super::migrate::{HELD, LIST, Migration, NOTE, TABLE, to_run};
use super::{Change, Dialect, Figures, Row, StoreError, Tx, Value, Way, Write, count, sql};

/// How many transactions may wait for the writer, and reads for a reader.
const WAITING: usize = 4_096;
/// How many transactions go together at most.
const GROUP: usize = 512;
const READERS: usize = 2;
/// How long another process may hold the file.
const PATIENCE: Duration = Duration::from_secs(5);
const STATEMENTS: usize = 128;

/// Is a transaction that waits: it runs on the connection, or is told why it cannot, and gives what
/// is to be called when the group is on the disk or has failed.
type Job = Box<dyn FnOnce(Result<&Connection, StoreError>) -> Finish + Send>;
type Finish = Box<dyn FnOnce(Option<StoreError>) + Send>;
type Reading = Box<dyn FnOnce(&Connection) + Send>;

#[derive(Clone)]
pub(super) struct Sqlite {
    writer: SyncSender<Job>,
    readers: SyncSender<Reading>,
}

impl fmt::Debug for Sqlite {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("Sqlite")
    }
}

impl Sqlite {
    pub(super) fn open(
        path: &str,
        migrations: &[Migration],
        figures: Arc<Figures>,
    ) -> Result<Sqlite, StoreError> {
        let mut connection = connect(path)?;
        migrate(&mut connection, migrations)?;
        let (writer, jobs) = sync_channel::<Job>(WAITING);
        let (readers, readings) = sync_channel::<Reading>(WAITING);
        let readings = Arc::new(Mutex::new(readings));
        let named = |name: &str| thread::Builder::new().name(name.to_owned());
        let failed = |error: std::io::Error| StoreError::Unreachable(error.to_string());
        named("sqlite writer")
            .spawn(move || write_groups(&connection, &jobs, &figures))
            .map_err(failed)?;
        for _ in 0..READERS {
            let connection = connect(path)?;
            connection
                .pragma_update(None, "query_only", true)
                .map_err(|error| failure(&error))?;
            let readings = readings.clone();
            named("sqlite reader")
                .spawn(move || read_on(&connection, &readings))
                .map_err(failed)?;
        }
        Ok(Sqlite { writer, readers })
    }

    pub(super) async fn write<T, F>(&self, transaction: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: AsyncFn(&mut Tx<'_>) -> Result<Change<T>, StoreError> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let job: Job = Box::new(move |connection| {
            let outcome = connection.and_then(|connection| saved(connection, &transaction));
            Box::new(move |failed| {
                let outcome = match failed {
                    Some(failed) => outcome.and(Err(failed)),
                    None => outcome,
                };
                // Who asked may have gone: then nobody wants to know.
                drop(reply.send(outcome));
            })
        });
        self.writer.try_send(job).map_err(|full| refused(&full))?;
        answer.await.map_err(|_| StoreError::Closed)?
    }

    pub(super) async fn read<T, F>(&self, transaction: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: AsyncFnOnce(&mut Tx<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let reading: Reading = Box::new(move |connection| {
            let outcome = at_one_moment(connection, transaction);
            drop(reply.send(outcome));
        });
        self.readers
            .try_send(reading)
            .map_err(|full| refused(&full))?;
        answer.await.map_err(|_| StoreError::Closed)?
    }
}

fn refused<T>(full: &TrySendError<T>) -> StoreError {
    match full {
        TrySendError::Full(_) => StoreError::Busy,
        TrySendError::Disconnected(_) => StoreError::Closed,
    }
}

pub(super) fn connect(path: &str) -> Result<Connection, StoreError> {
    let open = || -> rusqlite::Result<Connection> {
        let connection = Connection::open(path)?;
        connection.busy_timeout(PATIENCE)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "foreign_keys", true)?;
        connection.pragma_update(None, "cache_size", -65_536)?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        Ok(connection)
    };
    open().map_err(|error| StoreError::Unreachable(error.to_string()))
}

/// Tells whether migrations of a set were run on a file, which is not made if it is not there.
pub(super) fn holds(path: &str, set: &'static str) -> Result<bool, StoreError> {
    let mut flags = OpenFlags::default();
    flags.remove(OpenFlags::SQLITE_OPEN_CREATE);
    let failed = |error: rusqlite::Error| StoreError::Unreachable(error.to_string());
    let connection = match Connection::open_with_flags(path, flags) {
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::CannotOpen) => return Ok(false),
        opened => opened.map_err(failed)?,
    };
    connection.busy_timeout(PATIENCE).map_err(failed)?;
    let table = "SELECT count(*) FROM sqlite_schema WHERE name = 'migration'";
    let table: i64 = connection
        .query_row(table, [], |row| row.get(0))
        .map_err(failed)?;
    Ok(table > 0 && !rows(&connection, HELD, &[set.into()])?.is_empty())
}

pub(super) fn migrate(
    connection: &mut Connection,
    migrations: &[Migration],
) -> Result<(), StoreError> {
    let failed = |error: rusqlite::Error| StoreError::Migration(error.to_string());
    let behavior = rusqlite::TransactionBehavior::Immediate;
    let transaction = connection
        .transaction_with_behavior(behavior)
        .map_err(failed)?;
    transaction.execute_batch(TABLE).map_err(failed)?;
    let mut run = Vec::new();
    for row in rows(&transaction, LIST, &[])? {
        run.push((
            row.text(0)?.to_owned(),
            row.int(1)?,
            row.text(2)?.to_owned(),
        ));
    }
    for one in to_run(Dialect::Sqlite, migrations, &run)? {
        transaction.execute_batch(one.sqlite).map_err(failed)?;
        let digest = one.digest(Dialect::Sqlite);
        let parameters = vec![one.set.into(), one.number.into(), digest.into()];
        execute(&transaction, &Write::one(NOTE, parameters))?;
    }
    transaction.commit().map_err(failed)
}

/// Writes until nobody can ask any more. What waits while a group is being committed is the next.
fn write_groups(connection: &Connection, jobs: &Receiver<Job>, figures: &Figures) {
    while let Ok(first) = jobs.recv() {
        if let Err(error) = connection.execute_batch("BEGIN IMMEDIATE") {
            count(&figures.failures, 1);
            // Nothing of it has run.
            first(Err(failure(&error)))(None);
            continue;
        }
        let mut finishes = Vec::new();
        let mut next = Some(first);
        while let Some(job) = next {
            finishes.extend(run_one(connection, job));
            next = (finishes.len() < GROUP)
                .then(|| jobs.try_recv().ok())
                .flatten();
        }
        let failed = connection.execute_batch("COMMIT").err();
        if failed.is_some() && !connection.is_autocommit() {
            // The group is refused as a whole, and the next one begins afresh.
            drop(connection.execute_batch("ROLLBACK"));
        }
        let failed = failed.map(|error| StoreError::Unknown(error.to_string()));
        match failed {
            None => {
                count(&figures.commits, 1);
                count(&figures.transactions, finishes.len());
            }
            Some(_) => count(&figures.failures, finishes.len()),
        }
        for finish in finishes {
            finish(failed.clone());
        }
    }
}

/// Runs one transaction of a group. One that panics (there is none that we know of) takes nothing
/// with it: its asker learns that the answer is missing.
fn run_one(connection: &Connection, job: Job) -> Option<Finish> {
    let ran = catch_unwind(AssertUnwindSafe(|| job(Ok(connection))));
    if ran.is_err() {
        drop(connection.execute_batch("ROLLBACK TO one; RELEASE one"));
        tracing::error!("a transaction panicked");
    }
    ran.ok()
}

/// Runs a transaction in a savepoint of its own.
fn saved<T, F>(connection: &Connection, transaction: &F) -> Result<T, StoreError>
where
    F: AsyncFn(&mut Tx<'_>) -> Result<Change<T>, StoreError>,
{
    let step = |sql: &str| -> Result<(), StoreError> {
        let mut statement = connection
            .prepare_cached(sql)
            .map_err(|error| failure(&error))?;
        statement
            .raw_execute()
            .map(drop)
            .map_err(|error| failure(&error))
    };
    step("SAVEPOINT one")?;
    let mut tx = Tx(Way::Sqlite(connection));
    let decided = at_once(transaction(&mut tx)).and_then(|change| {
        for write in &change.writes {
            execute(connection, write)?;
        }
        Ok(change.value)
    });
    if decided.is_err() {
        step("ROLLBACK TO one")?;
    }
    step("RELEASE one")?;
    decided
}

/// The value of a transaction, which never has to wait for anything here.
fn at_once<T>(future: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
    let waits = || {
        Err(StoreError::Fault(
            "a transaction waits for something".to_owned(),
        ))
    };
    future.now_or_never().unwrap_or_else(waits)
}

fn read_on(connection: &Connection, readings: &Mutex<Receiver<Reading>>) {
    loop {
        let next = readings
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .recv();
        let Ok(reading) = next else { return };
        if catch_unwind(AssertUnwindSafe(|| reading(connection))).is_err() {
            tracing::error!("a read panicked");
        }
        if !connection.is_autocommit() {
            drop(connection.execute_batch("ROLLBACK"));
        }
    }
}

fn at_one_moment<T, F>(connection: &Connection, transaction: F) -> Result<T, StoreError>
where
    F: AsyncFnOnce(&mut Tx<'_>) -> Result<T, StoreError>,
{
    let step = |sql| {
        connection
            .execute_batch(sql)
            .map_err(|error| failure(&error))
    };
    step("BEGIN")?;
    let mut tx = Tx(Way::Sqlite(connection));
    let read = at_once(transaction(&mut tx));
    step("COMMIT")?;
    read
}

thread_local! {
    static WRITTEN: RefCell<BTreeMap<&'static str, Rc<str>>> = RefCell::default();
}

/// A statement in SQLite's words, which each thread works out once.
fn written(text: &'static str) -> Rc<str> {
    WRITTEN.with_borrow_mut(|known| {
        known
            .entry(text)
            .or_insert_with(|| sql::written(Dialect::Sqlite, text).into())
            .clone()
    })
}

pub(super) fn rows(
    connection: &Connection,
    text: &'static str,
    parameters: &[Value],
) -> Result<Vec<Row>, StoreError> {
    let read = || -> rusqlite::Result<Vec<Row>> {
        let mut statement = connection.prepare_cached(&written(text))?;
        let columns = statement.column_count();
        let mut found = statement.query(params_from_iter(parameters))?;
        let mut rows = Vec::new();
        while let Some(row) = found.next()? {
            let values = (0..columns).map(|at| row.get_ref(at).and_then(value));
            rows.push(Row(values.collect::<rusqlite::Result<_>>()?));
        }
        Ok(rows)
    };
    read().map_err(|error| failure(&error))
}

pub(super) fn execute(connection: &Connection, write: &Write) -> Result<(), StoreError> {
    let touch = || -> rusqlite::Result<usize> {
        let mut statement = connection.prepare_cached(&written(write.sql))?;
        statement.execute(params_from_iter(&write.parameters))
    };
    let touched = touch().map_err(|error| failure(&error))?;
    write.check(u64::try_from(touched).unwrap_or(u64::MAX))
}

fn value(value: ValueRef<'_>) -> rusqlite::Result<Value> {
    Ok(match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => Value::Int(number),
        ValueRef::Text(text) => Value::Text(String::from_utf8(text.to_vec()).map_err(|_| {
            rusqlite::Error::InvalidColumnType(0, String::new(), value.data_type())
        })?),
        // Money comes as fen, by `fen:`; nothing else has a fraction.
        ValueRef::Real(_) | ValueRef::Blob(_) => {
            return Err(rusqlite::Error::InvalidColumnType(
                0,
                String::new(),
                value.data_type(),
            ));
        }
    })
}

impl rusqlite::ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Value::Null => ValueRef::Null,
            Value::Int(number) => ValueRef::Integer(*number),
            Value::Text(text) => ValueRef::Text(text.as_bytes()),
        }))
    }
}

pub(super) fn failure(error: &rusqlite::Error) -> StoreError {
    match error.sqlite_error_code() {
        Some(ErrorCode::ConstraintViolation) => StoreError::Constraint(error.to_string()),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StoreError::Busy,
        Some(
            ErrorCode::DiskFull
            | ErrorCode::SystemIoFailure
            | ErrorCode::CannotOpen
            | ErrorCode::ReadOnly,
        ) => StoreError::Unreachable(error.to_string()),
        _ => StoreError::Fault(error.to_string()),
    }
}
