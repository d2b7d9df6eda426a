//! PostgreSQL: a connection with a runtime of its own, driven while somebody waits for it.

use std::collections::BTreeMap;
use std::io::Cursor;
use std::pin::pin;
use std::sync::Arc;

use futures::future::try_join_all;
use futures::{SinkExt as _, TryStreamExt as _};
use rustls::{ClientConfig, RootCertStore};
use tokio::runtime::{Builder, Runtime};
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres::error::SqlState;
use tokio_postgres::types::private::BytesMut;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};
use tokio_postgres::{Client, Config, Error, NoTls, Statement};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::{NextRow, OnRow, Row, Session, Value};
use crate::error::{DatabaseKind, StoreError};

/// How a session writes and reads values, whatever the server's own settings.
const SETTINGS: &str = "SET TimeZone = 'UTC'; SET DateStyle = 'ISO'; SET jit = off; \
     SET synchronous_commit = on; SET client_min_messages = warning";
/// Statements that are kept prepared at most.
const STATEMENTS_MAX: usize = 200;
/// Statements that are sent before the first answer is waited for.
const PIPELINE: usize = 256;
/// Bytes that go to the server at once.
const COPY_BYTES: usize = 1 << 18;

/// Is a connection to a server.
pub(crate) struct Postgres {
    /// Taken when it is dropped.
    runtime: Option<Runtime>,
    client: Client,
    statements: BTreeMap<String, Statement>,
    place: String,
}

impl Drop for Postgres {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Postgres {
    /// Connects; `schema=…` in the address names a schema, which is made where there is none if
    /// something is to be created.
    ///
    /// To another machine the connection is encrypted, and the server's name checked by the public
    /// authorities.
    pub(crate) fn connect(url: &str, create: bool) -> Result<Postgres, StoreError> {
        let (url, schema) = without_schema(url);
        if schema.as_deref().is_some_and(|schema| !is_schema(schema)) {
            return Err(StoreError::Address {
                url: without_password(&url),
                why: format!("`schema=` is {SCHEMA_RULE}"),
            });
        }
        let mut config: Config = url.parse().map_err(|error: Error| StoreError::Address {
            url: without_password(&url),
            why: reason(&error),
        })?;
        config.application_name("ruixin-bao");
        let place = place_of(&config);
        let is_here = config.get_hosts().iter().all(|host| match host {
            Host::Unix(_) => true,
            Host::Tcp(name) => matches!(name.as_str(), "localhost" | "127.0.0.1" | "::1"),
        });
        let what = format!("connecting to {place}");
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| other(&what, &error.to_string()))?;
        let connected = if is_here {
            config.ssl_mode(SslMode::Disable);
            runtime.block_on(async {
                let (client, connection) = config.connect(NoTls).await?;
                tokio::spawn(connection);
                Ok(client)
            })
        } else {
            config.ssl_mode(SslMode::Require);
            let connector = connector().map_err(|error| other(&what, &error.to_string()))?;
            runtime.block_on(async {
                let (client, connection) = config.connect(connector).await?;
                tokio::spawn(connection);
                Ok(client)
            })
        };
        let client = connected.map_err(|error: Error| told(&what, &error))?;
        let mut postgres = Postgres {
            runtime: Some(runtime),
            client,
            statements: BTreeMap::new(),
            place,
        };
        postgres.script(&what, SETTINGS)?;
        if let Some(schema) = schema {
            if create && !postgres.has_schema(&what, &schema)? {
                let sql = format!("CREATE SCHEMA IF NOT EXISTS \"{schema}\"");
                let made = postgres.script(&what, &sql);
                // Of two that make it at once, one is refused: it is there all the same.
                if made.is_err() && !postgres.has_schema(&what, &schema)? {
                    made?;
                }
            }
            postgres.script(&what, &format!("SET search_path = \"{schema}\""))?;
        }
        Ok(postgres)
    }

    /// Whether a schema is there: to make one takes a right that who only uses it may not have.
    fn has_schema(&mut self, what: &str, schema: &str) -> Result<bool, StoreError> {
        let sql = "SELECT CAST(count(*) AS bigint) FROM pg_namespace WHERE nspname = $1::text";
        let session: &mut dyn Session = self;
        Ok(session.number(what, sql, &[Value::from(schema)])? > 0)
    }

    fn wait<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        Some(self.runtime.as_ref()?.block_on(work))
    }

    fn prepared(&mut self, what: &str, sql: &str) -> Result<Statement, StoreError> {
        if let Some(statement) = self.statements.get(sql) {
            return Ok(statement.clone());
        }
        if self.statements.len() >= STATEMENTS_MAX {
            self.statements.clear();
        }
        let prepared = self.wait(self.client.prepare(sql));
        let statement = finished(what, prepared)?;
        self.statements.insert(sql.to_owned(), statement.clone());
        Ok(statement)
    }
}

impl Session for Postgres {
    fn is_postgres(&self) -> bool {
        true
    }

    fn place(&self) -> String {
        self.place.clone()
    }

    fn script(&mut self, what: &str, sql: &str) -> Result<(), StoreError> {
        finished(what, self.wait(self.client.batch_execute(sql)))
    }

    fn execute(&mut self, what: &str, sql: &str, with: &[Value]) -> Result<u64, StoreError> {
        let statement = self.prepared(what, sql)?;
        finished(what, self.wait(self.client.execute_raw(&statement, with)))
    }

    fn execute_many(
        &mut self,
        what: &str,
        sql: &str,
        rows: &[Vec<Value>],
    ) -> Result<u64, StoreError> {
        let statement = self.prepared(what, sql)?;
        let mut touched = 0_u64;
        for rows in rows.chunks(PIPELINE) {
            // Futures that are polled together go to the server together.
            let all = rows
                .iter()
                .map(|row| self.client.execute_raw(&statement, row));
            let done = finished(what, self.wait(try_join_all(all)))?;
            touched = done.into_iter().fold(touched, u64::saturating_add);
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
        let statement = self.prepared(what, sql)?;
        let read = async {
            let failed = |error: Error| told(what, &error);
            let rows = self.client.query_raw(&statement, with).await;
            let mut rows = pin!(rows.map_err(failed)?);
            let mut read = Row::default();
            while let Some(row) = rows.try_next().await.map_err(failed)? {
                read.values.clear();
                for at in 0..row.len() {
                    read.values.push(row.try_get(at).map_err(failed)?);
                }
                on_row(&read)?;
            }
            Ok(())
        };
        self.wait(read).unwrap_or_else(|| Err(gone(what)))
    }

    fn append(
        &mut self,
        table: &str,
        columns: &[&str],
        next: &mut NextRow<'_>,
    ) -> Result<u64, StoreError> {
        let what = format!("writing {table}");
        let columns = columns.join(", ");
        let sql = format!("COPY {table} ({columns}) FROM STDIN (FORMAT binary)");
        let copied = async {
            let failed = |error: Error| told(&what, &error);
            let sink = self.client.copy_in::<_, Cursor<Vec<u8>>>(&sql);
            let mut sink = pin!(sink.await.map_err(failed)?);
            let mut bytes = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0".to_vec();
            let mut row = Vec::new();
            while next(&mut row)? {
                frame(&row, &mut bytes);
                row.clear();
                if bytes.len() >= COPY_BYTES {
                    let full = std::mem::replace(&mut bytes, Vec::with_capacity(COPY_BYTES));
                    sink.send(Cursor::new(full)).await.map_err(failed)?;
                }
            }
            bytes.extend((-1_i16).to_be_bytes());
            sink.send(Cursor::new(bytes)).await.map_err(failed)?;
            sink.finish().await.map_err(failed)
        };
        self.wait(copied).unwrap_or_else(|| Err(gone(&what)))
    }
}

/// Writes a row as COPY takes it.
fn frame(row: &[Value], bytes: &mut Vec<u8>) {
    bytes.extend(i16::try_from(row.len()).unwrap_or(i16::MAX).to_be_bytes());
    for value in row {
        match value {
            Value::Null => bytes.extend((-1_i32).to_be_bytes()),
            Value::Int(number) => field(&number.to_be_bytes(), bytes),
            Value::Text(text) => field(text.as_bytes(), bytes),
            Value::Bytes(value) => field(value, bytes),
        }
    }
}

fn field(value: &[u8], bytes: &mut Vec<u8>) {
    // No value of ours is longer than a gigabyte, which is all that PostgreSQL takes.
    bytes.extend(i32::try_from(value.len()).unwrap_or(i32::MAX).to_be_bytes());
    bytes.extend(value);
}

impl ToSql for Value {
    fn to_sql(
        &self,
        _: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match self {
            Value::Null => return Ok(IsNull::Yes),
            Value::Int(number) => out.extend_from_slice(&number.to_be_bytes()),
            Value::Text(text) => out.extend_from_slice(text.as_bytes()),
            Value::Bytes(bytes) => out.extend_from_slice(bytes),
        }
        Ok(IsNull::No)
    }

    fn accepts(kind: &Type) -> bool {
        matches!(*kind, Type::INT8 | Type::TEXT | Type::VARCHAR | Type::BYTEA)
    }

    to_sql_checked!();
}

impl<'a> FromSql<'a> for Value {
    fn from_sql(
        kind: &Type,
        raw: &'a [u8],
    ) -> Result<Value, Box<dyn std::error::Error + Sync + Send>> {
        Ok(match *kind {
            Type::INT8 => Value::Int(i64::from_sql(kind, raw)?),
            Type::INT4 => Value::Int(i64::from(i32::from_sql(kind, raw)?)),
            Type::BYTEA => Value::Bytes(raw.to_vec()),
            _ => Value::Text(String::from_sql(kind, raw)?),
        })
    }

    fn from_sql_null(_: &Type) -> Result<Value, Box<dyn std::error::Error + Sync + Send>> {
        Ok(Value::Null)
    }

    fn accepts(kind: &Type) -> bool {
        matches!(*kind, Type::INT8 | Type::INT4 | Type::BYTEA) || <String as FromSql>::accepts(kind)
    }
}

fn connector() -> Result<MakeRustlsConnect, rustls::Error> {
    let roots = RootCertStore::from_iter(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

const SCHEMA_RULE: &str = "a name that is empty, longer than 63 bytes or has other characters than \
     letters, digits, - and _";

/// Whether a text can name a schema: between quotes, and in an address without being encoded. The
/// store of keys, which lies in the same one, has the same rule.
fn is_schema(text: &str) -> bool {
    let is_fit = |one: char| one == '_' || one == '-' || one.is_alphanumeric();
    (1..=63).contains(&text.len()) && text.chars().all(is_fit)
}

/// Takes `schema=…` out of an address: the driver does not know it. Of two the first one counts.
fn without_schema(url: &str) -> (String, Option<String>) {
    let Some((before, query)) = url.split_once('?') else {
        return (url.to_owned(), None);
    };
    let mut parts = query.split('&');
    let schema = parts.find_map(|part| part.strip_prefix("schema="));
    let is_other = |part: &&str| !part.starts_with("schema=");
    let others: Vec<&str> = query.split('&').filter(is_other).collect();
    let url = if others.is_empty() {
        before.to_owned()
    } else {
        format!("{before}?{}", others.join("&"))
    };
    (url, schema.map(str::to_owned))
}

fn without_password(url: &str) -> String {
    let after = url.rsplit_once('@').map_or(url, |(_, host)| host);
    format!("postgres://…@{after}")
}

fn place_of(config: &Config) -> String {
    let host = config.get_hosts().first().map_or_else(
        || "localhost".to_owned(),
        |host| match host {
            Host::Tcp(name) => name.clone(),
            Host::Unix(path) => path.display().to_string(),
        },
    );
    let port = config.get_ports().first().copied().unwrap_or(5432);
    let database = config.get_dbname().unwrap_or_default();
    format!("postgres://{host}:{port}/{database}")
}

fn finished<T>(what: &str, done: Option<Result<T, Error>>) -> Result<T, StoreError> {
    match done {
        Some(done) => done.map_err(|error| told(what, &error)),
        None => Err(gone(what)),
    }
}

fn gone(what: &str) -> StoreError {
    other(what, "the connection is being closed")
}

fn other(what: &str, why: &str) -> StoreError {
    StoreError::Database {
        what: what.to_owned(),
        why: why.to_owned(),
        kind: DatabaseKind::Other,
    }
}

fn told(what: &str, error: &Error) -> StoreError {
    let kind = match error.code() {
        Some(&(SqlState::T_R_SERIALIZATION_FAILURE | SqlState::T_R_DEADLOCK_DETECTED)) => {
            DatabaseKind::Conflict
        }
        Some(&SqlState::UNIQUE_VIOLATION) => DatabaseKind::Duplicate,
        Some(&SqlState::LOCK_NOT_AVAILABLE) => DatabaseKind::Busy,
        Some(&(SqlState::UNDEFINED_TABLE | SqlState::UNDEFINED_COLUMN)) => DatabaseKind::Missing,
        // Class 23: constraints, and what our triggers raise.
        Some(code) if code.code().starts_with("23") => DatabaseKind::Refused,
        _ => DatabaseKind::Other,
    };
    StoreError::Database {
        what: what.to_owned(),
        why: reason(error),
        kind,
    }
}

/// What the server said, or else the whole chain.
fn reason(error: &Error) -> String {
    if let Some(said) = error.as_db_error() {
        return said.message().to_owned();
    }
    let mut why = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        why = format!("{why}: {inner}");
        cause = inner.source();
    }
    why
}
