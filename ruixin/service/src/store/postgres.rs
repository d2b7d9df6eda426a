//! PostgreSQL: a small pool on a thread of its own.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::fmt;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use bytes::Bytes;
use futures::future::{LocalBoxFuture, join, join_all};
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio_postgres::error::SqlState;
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};
use tokio_postgres::{Client, Config, CopyInSink, NoTls, Statement};

use super::migrate::{HELD, LIST, Migration, NOTE, TABLE, to_run};
use super::{Change, Dialect, Figures, Row, StoreError, Tx, Value, Way, Write, count, sql};

/// Connections at most.
const CONNECTIONS: usize = 16;
/// How many transactions may wait for a connection.
const WAITING: usize = 4_096;
/// How often a transaction that meets another one is run.
const ATTEMPTS: usize = 4;
const CONNECT: Duration = Duration::from_secs(5);
/// A lock is held for milliseconds; the window's freeze waits longer, and says so itself.
const SESSION: &str = "SET lock_timeout = '5s'; SET statement_timeout = '60s'; \
     SET idle_in_transaction_session_timeout = '30s'; SET synchronous_commit = on; SET TIME ZONE 'UTC'";
/// Whoever migrates does it alone.
const MIGRATING: &str = "SELECT pg_advisory_xact_lock(7305801)";

type Job = Box<dyn FnOnce(Rc<Pool>) -> LocalBoxFuture<'static, ()> + Send>;

#[derive(Clone)]
pub(super) struct Postgres {
    jobs: mpsc::Sender<Job>,
}

impl fmt::Debug for Postgres {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Never the address: it may hold a password.
        to.write_str("Postgres")
    }
}

impl Postgres {
    pub(super) async fn open(
        address: &str,
        migrations: &[Migration],
        figures: Arc<Figures>,
    ) -> Result<Postgres, StoreError> {
        let (config, schema) = config(address)?;
        let (jobs, mut waiting) = mpsc::channel::<Job>(WAITING);
        let serve = move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            let Ok(runtime) = runtime else { return };
            let pool = Rc::new(Pool {
                config,
                idle: RefCell::default(),
                free: Semaphore::new(CONNECTIONS),
                figures,
            });
            let local = tokio::task::LocalSet::new();
            local.block_on(&runtime, async {
                while let Some(job) = waiting.recv().await {
                    tokio::task::spawn_local(job(pool.clone()));
                }
                // What has begun is finished before the connections close.
                let all = u32::try_from(CONNECTIONS).unwrap_or(1);
                drop(pool.free.acquire_many(all).await);
            });
        };
        thread::Builder::new()
            .name("postgres".to_owned())
            .spawn(serve)
            .map_err(|error| StoreError::Unreachable(error.to_string()))?;
        let store = Postgres { jobs };
        let migrations = migrations.to_vec();
        store
            .with(async move |pool| pool.migrate(&migrations, schema.as_deref()).await)
            .await?;
        Ok(store)
    }

    pub(super) async fn write<T, F>(&self, transaction: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: AsyncFn(&mut Tx<'_>) -> Result<Change<T>, StoreError> + Send + 'static,
    {
        self.with(async move |pool| pool.write(&transaction).await)
            .await
    }

    pub(super) async fn read<T, F>(&self, transaction: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: AsyncFnOnce(&mut Tx<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        self.with(async move |pool| {
            let _permit = pool.free.acquire().await.map_err(|_| StoreError::Closed)?;
            let connection = pool.take().await?;
            let read = transaction(&mut Tx(Way::Postgres(&connection))).await;
            connection.is_failed.set(false);
            pool.give_back(connection);
            read
        })
        .await
    }

    async fn with<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: AsyncFnOnce(&Pool) -> Result<T, StoreError> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let job: Job = Box::new(move |pool| {
            Box::pin(async move {
                let outcome = work(&pool).await;
                // Who asked may have gone: then nobody wants to know.
                drop(reply.send(outcome));
            })
        });
        self.jobs.try_send(job).map_err(|full| match full {
            mpsc::error::TrySendError::Full(_) => StoreError::Busy,
            mpsc::error::TrySendError::Closed(_) => StoreError::Closed,
        })?;
        answer.await.map_err(|_| StoreError::Closed)?
    }
}

/// Reads an address; `schema=…` in it names the schema that everything is in.
fn config(address: &str) -> Result<(Config, Option<String>), StoreError> {
    let (address, schema) = without_schema(address);
    // The error of the parser may quote the address, and with it a password.
    let wrong = || StoreError::Address("postgres://…".to_owned());
    let mut config: Config = address.parse().map_err(|_| wrong())?;
    config.connect_timeout(CONNECT);
    if let Some(schema) = &schema {
        if !is_schema(schema) {
            return Err(StoreError::Address(format!(
                "postgres://…?schema=… with {SCHEMA_RULE}"
            )));
        }
        let others = config.get_options().unwrap_or_default();
        let options = format!("{others} -csearch_path=\"{schema}\"");
        config.options(options.trim_start());
    }
    Ok((config, schema))
}

const SCHEMA_RULE: &str = "a name that is empty, longer than 63 bytes or has other characters than \
     letters, digits, - and _";

/// Whether a text can name a schema: between quotes, and in an address without being encoded. The
/// books of Ruixin Bao, which may lie in the same one, have the same rule.
fn is_schema(text: &str) -> bool {
    let is_fit = |one: char| one == '_' || one == '-' || one.is_alphanumeric();
    (1..=63).contains(&text.len()) && text.chars().all(is_fit)
}

/// Takes `schema=…` out of an address: the driver does not know it.
fn without_schema(address: &str) -> (String, Option<String>) {
    let Some((before, query)) = address.split_once('?') else {
        return (address.to_owned(), None);
    };
    let is_schema = |part: &&str| part.starts_with("schema=");
    let schema = query.split('&').find(is_schema);
    let schema = schema.and_then(|part| part.strip_prefix("schema="));
    let others: Vec<&str> = query.split('&').filter(|part| !is_schema(part)).collect();
    let address = match others.is_empty() {
        true => before.to_owned(),
        false => format!("{before}?{}", others.join("&")),
    };
    (address, schema.map(str::to_owned))
}

/// Makes the schema of the address where there is none; under the lock of the migrations, as two that
/// make it at once would meet. Whether it is there is looked for first: to make one takes a right that
/// who only uses it may not have.
async fn found_schema(connection: &Connection, schema: Option<&str>) -> Result<(), StoreError> {
    let Some(schema) = schema else { return Ok(()) };
    let sql = "SELECT CAST(count(*) AS bigint) FROM pg_namespace WHERE nspname = CAST(?1 AS TEXT)";
    let there = connection.rows(sql, vec![schema.into()]).await?;
    if there.first().is_some_and(|row| row.int(0) == Ok(0)) {
        let sql = format!("CREATE SCHEMA IF NOT EXISTS \"{schema}\"");
        let made = connection.client.batch_execute(&sql).await;
        made.map_err(|error| StoreError::Migration(said(&error)))?;
    }
    Ok(())
}

fn unreachable(error: tokio_postgres::Error) -> StoreError {
    StoreError::Unreachable(match error.as_db_error() {
        Some(said) => said.message().to_owned(),
        None => "no connection".to_owned(),
    })
}

/// Opens one connection for work that takes as long as it takes.
pub(super) async fn alone(address: &str) -> Result<Connection, StoreError> {
    let (config, _) = config(address)?;
    let (client, connection) = config.connect(NoTls).await.map_err(unreachable)?;
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::warn!(%error, "a connection to PostgreSQL broke");
        }
    });
    let set = "SET lock_timeout = '5s'; SET TIME ZONE 'UTC'; SET maintenance_work_mem = '256MB'";
    client.batch_execute(set).await.map_err(unreachable)?;
    Ok(Connection::new(client))
}

/// Tells whether migrations of a set were run at an address.
pub(super) async fn holds(address: &str, set: &'static str) -> Result<bool, StoreError> {
    let connection = alone(address).await?;
    let table = "SELECT CAST(count(to_regclass('migration')) AS BIGINT)";
    let table = connection.rows(table, vec![]).await?;
    if table.iter().all(|row| row.int(0) == Ok(0)) {
        return Ok(false);
    }
    let rows = connection.rows(HELD, vec![set.into()]).await?;
    Ok(!rows.is_empty())
}

struct Pool {
    config: Config,
    idle: RefCell<Vec<Connection>>,
    free: Semaphore,
    figures: Arc<Figures>,
}

impl Pool {
    async fn take(&self) -> Result<Connection, StoreError> {
        loop {
            let idle = self.idle.borrow_mut().pop();
            match idle {
                Some(connection) if connection.client.is_closed() => {}
                Some(connection) => return Ok(connection),
                None => return self.connect().await,
            }
        }
    }

    fn give_back(&self, connection: Connection) {
        if !connection.client.is_closed() {
            self.idle.borrow_mut().push(connection);
        }
    }

    async fn connect(&self) -> Result<Connection, StoreError> {
        let (client, connection) = self.config.connect(NoTls).await.map_err(unreachable)?;
        tokio::task::spawn_local(async move {
            if let Err(error) = connection.await {
                tracing::warn!(%error, "a connection to PostgreSQL broke");
            }
        });
        client.batch_execute(SESSION).await.map_err(unreachable)?;
        Ok(Connection::new(client))
    }

    async fn migrate(
        &self,
        migrations: &[Migration],
        schema: Option<&str>,
    ) -> Result<(), StoreError> {
        let connection = self.take().await?;
        let failed = |error: tokio_postgres::Error| StoreError::Migration(said(&error));
        let client = &connection.client;
        client.batch_execute("BEGIN").await.map_err(failed)?;
        let run = async {
            client.batch_execute(MIGRATING).await.map_err(failed)?;
            found_schema(&connection, schema).await?;
            client.batch_execute(TABLE).await.map_err(failed)?;
            let mut run = Vec::new();
            for row in connection.rows(LIST, vec![]).await? {
                run.push((
                    row.text(0)?.to_owned(),
                    row.int(1)?,
                    row.text(2)?.to_owned(),
                ));
            }
            for one in to_run(Dialect::Postgres, migrations, &run)? {
                client.batch_execute(one.postgres).await.map_err(failed)?;
                let digest = one.digest(Dialect::Postgres);
                let parameters = vec![one.set.into(), one.number.into(), digest.into()];
                connection.execute(&Write::one(NOTE, parameters)).await?;
            }
            client.batch_execute("COMMIT").await.map_err(failed)
        };
        // If it fails, the connection is closed, and what was begun with it.
        run.await?;
        self.give_back(connection);
        Ok(())
    }

    async fn write<T, F>(&self, transaction: &F) -> Result<T, StoreError>
    where
        F: AsyncFn(&mut Tx<'_>) -> Result<Change<T>, StoreError>,
    {
        let mut attempt: usize = 1;
        loop {
            let outcome = self.attempt(transaction).await;
            match &outcome {
                Ok(_) => {
                    count(&self.figures.transactions, 1);
                    count(&self.figures.commits, 1);
                }
                Err(StoreError::Conflict(_)) if attempt < ATTEMPTS => {
                    count(&self.figures.repeats, 1);
                    attempt = attempt.saturating_add(1);
                    continue;
                }
                Err(_) => count(&self.figures.failures, 1),
            }
            return outcome;
        }
    }

    async fn attempt<T, F>(&self, transaction: &F) -> Result<T, StoreError>
    where
        F: AsyncFn(&mut Tx<'_>) -> Result<Change<T>, StoreError>,
    {
        let _permit = self.free.acquire().await.map_err(|_| StoreError::Closed)?;
        let connection = self.take().await?;
        let mut tx = Tx(Way::Postgres(&connection));
        // Sent together: what the transaction asks first follows on the heels of BEGIN.
        let (begun, decided) = join(
            connection.client.batch_execute("BEGIN"),
            transaction(&mut tx),
        )
        .await;
        begun.map_err(|error| StoreError::Unreachable(said(&error)))?;
        let written = match decided {
            Ok(_) if connection.is_failed.get() => Err(StoreError::Fault(
                "a transaction went on after a statement had failed".to_owned(),
            )),
            Ok(change) => connection
                .execute_all(&change.writes)
                .await
                .map(|()| change.value),
            Err(error) => Err(error),
        };
        match written {
            Ok(value) => {
                let unknown = |error: tokio_postgres::Error| match error.as_db_error() {
                    // It was refused, and said so.
                    Some(_) => failure(&error),
                    None => StoreError::Unknown(said(&error)),
                };
                connection
                    .client
                    .batch_execute("COMMIT")
                    .await
                    .map_err(unknown)?;
                self.give_back(connection);
                Ok(value)
            }
            Err(error) => {
                // A connection that cannot even do this is let go, and the transaction with it.
                if connection.client.batch_execute("ROLLBACK").await.is_ok() {
                    connection.is_failed.set(false);
                    self.give_back(connection);
                }
                Err(error)
            }
        }
    }
}

pub(super) struct Connection {
    client: Client,
    /// Prepared statements, by their text in our own words.
    statements: RefCell<BTreeMap<&'static str, Statement>>,
    /// Whether a statement has failed: then COMMIT would roll back, and not say so.
    is_failed: Cell<bool>,
}

impl fmt::Debug for Connection {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("Connection")
    }
}

impl Connection {
    fn new(client: Client) -> Connection {
        Connection {
            client,
            statements: RefCell::default(),
            is_failed: Cell::default(),
        }
    }

    /// Runs statements in PostgreSQL's own words.
    pub(super) async fn run(&self, sql: &str) -> Result<(), StoreError> {
        let run = self.client.batch_execute(sql).await;
        run.map_err(|error| self.failed(&error))
    }

    /// Begins a COPY into a table.
    pub(super) async fn copy(&self, sql: &str) -> Result<Pin<Box<CopyInSink<Bytes>>>, StoreError> {
        let sink = self.client.copy_in(sql).await;
        sink.map(Box::pin).map_err(|error| self.failed(&error))
    }

    fn failed(&self, error: &tokio_postgres::Error) -> StoreError {
        self.is_failed.set(true);
        failure(error)
    }

    async fn prepared(&self, text: &'static str) -> Result<Statement, StoreError> {
        let known = self.statements.borrow().get(text).cloned();
        if let Some(statement) = known {
            return Ok(statement);
        }
        let written = sql::written(Dialect::Postgres, text);
        let statement = self
            .client
            .prepare(&written)
            .await
            .map_err(|error| self.failed(&error))?;
        self.statements.borrow_mut().insert(text, statement.clone());
        Ok(statement)
    }

    pub(super) async fn rows(
        &self,
        text: &'static str,
        parameters: Vec<Value>,
    ) -> Result<Vec<Row>, StoreError> {
        let statement = self.prepared(text).await?;
        let parameters: Vec<&(dyn ToSql + Sync)> = references(&parameters);
        let found = self
            .client
            .query(&statement, &parameters)
            .await
            .map_err(|error| self.failed(&error))?;
        found.iter().map(row).collect()
    }

    async fn execute(&self, write: &Write) -> Result<(), StoreError> {
        let statement = self.prepared(write.sql).await?;
        let parameters = references(&write.parameters);
        let touched = self
            .client
            .execute(&statement, &parameters)
            .await
            .map_err(|error| self.failed(&error))?;
        write.check(touched)
    }

    /// Makes all writes; they are sent together. The first failure is the one that is told: those
    /// after it fail only because of it.
    pub(super) async fn execute_all(&self, writes: &[Write]) -> Result<(), StoreError> {
        for write in writes {
            self.prepared(write.sql).await?;
        }
        let sent = writes.iter().map(|write| self.execute(write));
        join_all(sent).await.into_iter().collect()
    }
}

fn references(values: &[Value]) -> Vec<&(dyn ToSql + Sync)> {
    values
        .iter()
        .map(|value| -> &(dyn ToSql + Sync) { value })
        .collect()
}

fn row(row: &tokio_postgres::Row) -> Result<Row, StoreError> {
    let wrong = |error: tokio_postgres::Error| StoreError::Fault(error.to_string());
    let value = |(at, column): (usize, &tokio_postgres::Column)| {
        let found = match *column.type_() {
            Type::INT8 => row.try_get::<_, Option<i64>>(at).map(Value::from),
            Type::INT4 => row
                .try_get::<_, Option<i32>>(at)
                .map(|number| number.map(i64::from).into()),
            _ => row.try_get::<_, Option<String>>(at).map(Value::from),
        };
        found.map_err(wrong)
    };
    let values = row.columns().iter().enumerate().map(value);
    Ok(Row(values.collect::<Result<_, _>>()?))
}

impl ToSql for Value {
    fn to_sql(
        &self,
        kind: &Type,
        out: &mut bytes::BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match self {
            Value::Null => Ok(IsNull::Yes),
            Value::Int(number) if *kind == Type::INT4 => i32::try_from(*number)?.to_sql(kind, out),
            Value::Int(number) => number.to_sql(kind, out),
            Value::Text(text) => text.to_sql(kind, out),
        }
    }

    fn accepts(kind: &Type) -> bool {
        *kind == Type::INT8 || *kind == Type::INT4 || <String as ToSql>::accepts(kind)
    }

    to_sql_checked!();
}

fn said(error: &tokio_postgres::Error) -> String {
    error.as_db_error().map_or_else(
        || error.to_string(),
        |said| format!("{} ({})", said.message(), said.code().code()),
    )
}

pub(super) fn failure(error: &tokio_postgres::Error) -> StoreError {
    let Some(code) = error.code() else {
        return match error.is_closed() {
            true => StoreError::Unreachable(said(error)),
            false => StoreError::Fault(said(error)),
        };
    };
    let says = said(error);
    match *code {
        // Somebody else was there a moment earlier: another look shows what is there now.
        SqlState::UNIQUE_VIOLATION
        | SqlState::T_R_SERIALIZATION_FAILURE
        | SqlState::T_R_DEADLOCK_DETECTED => StoreError::Conflict(says),
        SqlState::LOCK_NOT_AVAILABLE | SqlState::QUERY_CANCELED => StoreError::Busy,
        SqlState::CHECK_VIOLATION
        | SqlState::FOREIGN_KEY_VIOLATION
        | SqlState::NOT_NULL_VIOLATION
        | SqlState::NUMERIC_VALUE_OUT_OF_RANGE => StoreError::Constraint(says),
        _ if matches!(code.code().get(..2), Some("08" | "53" | "57")) => {
            StoreError::Unreachable(says)
        }
        _ => StoreError::Fault(says),
    }
}
