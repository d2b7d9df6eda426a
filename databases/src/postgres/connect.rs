//! A connection, and the thread-bound runtime that drives it.

use std::cell::Cell;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use tokio::runtime::{Builder, Runtime};
use tokio::task::AbortHandle;
use tokio::time::timeout;
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Config, Error, NoTls, SimpleQueryMessage};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::address::{CONNECT, Server, Tls};
use crate::error::{DatabaseError, DatabaseErrorKind};
use crate::session::Failure;

use super::{failure, literal, reason};

/// The statement that must fail.
const WRITE: &str = "CREATE TABLE crossfoot_must_not_be_able_to_write ()";

/// How a session writes and reads values, whatever the server's own settings. Policies of rows must
/// hide no record without a word: with `row_security` off the server refuses instead.
const SETTINGS: &str = "SET row_security = off; SET idle_in_transaction_session_timeout = 0; \
     SET standard_conforming_strings = on; SET TimeZone = 'UTC'; SET DateStyle = 'ISO'; \
     SET IntervalStyle = 'iso_8601'; SET bytea_output = 'hex'; SET extra_float_digits = 3; \
     SET lc_monetary = 'C'; SET jit = off";

/// How long the rest of an answer that nobody wants is passed over, before it is called off.
const SOON: Duration = Duration::from_millis(200);
/// How much longer than a statement may take a server may be silent.
const SILENCE: Duration = Duration::from_secs(30);

/// One connection. It is driven only while somebody waits for it.
pub(super) struct Link {
    /// Taken when it is dropped.
    runtime: Option<Runtime>,
    client: Client,
    /// What talks to the server, to be given up when that is silent.
    connection: AbortHandle,
    /// How long the server may be silent: longer than it lets a statement take.
    patience: Cell<Option<Duration>>,
    place: Server,
}

impl Drop for Link {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // Dropping it would wait, which some threads must not.
            runtime.shutdown_background();
        }
    }
}

impl Link {
    pub(super) fn connect(place: &Server, password: Option<&str>) -> Result<Link, DatabaseError> {
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| {
            DatabaseError::new(DatabaseErrorKind::Unreachable {
                server: place.name(),
                why: error.to_string(),
            })
        })?;
        let mut config = Config::new();
        config
            .host(&place.host)
            .port(place.port)
            .user(&place.user)
            .dbname(&place.database)
            .application_name("crossfoot")
            .connect_timeout(CONNECT)
            .keepalives_idle(Duration::from_secs(30));
        if let Some(password) = password {
            config.password(password);
        }
        // The client's own limit is for reaching the server alone, which may then say nothing.
        let connected = match &place.tls {
            Tls::Off => {
                config.ssl_mode(tokio_postgres::config::SslMode::Disable);
                runtime.block_on(async {
                    timeout(CONNECT, async {
                        let (client, connection) = config.connect(NoTls).await?;
                        Ok((client, tokio::spawn(connection).abort_handle()))
                    })
                    .await
                })
            }
            Tls::Verified { roots } => {
                config.ssl_mode(tokio_postgres::config::SslMode::Require);
                let connector = connector(place, roots.as_deref())?;
                runtime.block_on(async {
                    timeout(CONNECT, async {
                        let (client, connection) = config.connect(connector).await?;
                        Ok((client, tokio::spawn(connection).abort_handle()))
                    })
                    .await
                })
            }
        };
        let connected =
            connected.map_err(|_| DatabaseError::unreachable(place.name(), silent_for(CONNECT)))?;
        let (client, connection) = connected.map_err(|error: Error| not_let_in(place, &error))?;
        Ok(Link {
            runtime: Some(runtime),
            client,
            connection,
            patience: Cell::new(None),
            place: place.clone(),
        })
    }

    /// Waits for the server as long as it lets a statement take, and a while longer. One that is
    /// silent for ever is as good as gone: the connection is then closed, and what waits is told.
    pub(super) async fn patiently<T>(&self, work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        if let Some(patience) = self.patience.get() {
            match timeout(patience, work.as_mut()).await {
                Ok(done) => return done,
                Err(_) => self.connection.abort(),
            }
        }
        work.await
    }

    /// Drives the connection until something is done.
    pub(super) fn wait<T>(&self, work: impl AsyncFnOnce(&Client) -> T) -> T {
        let runtime = self
            .runtime
            .as_ref()
            .expect("it is taken only when dropped");
        runtime.block_on(work(&self.client))
    }

    /// Begins the transaction that lasts as long as the connection. A statement is the work of one
    /// process: so many at once as the address says, and no records that come as several find them.
    pub(super) fn begin(&self, snapshot: Option<&str>) -> Result<(), DatabaseError> {
        let mut sql = format!(
            "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY; {SETTINGS}; \
             SET statement_timeout = {}; SET lock_timeout = {}; SET synchronize_seqscans = off; \
             SET max_parallel_workers_per_gather = 0; \
             BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
            self.place.statement_timeout.as_millis(),
            self.place.lock_timeout.as_millis(),
        );
        let longest = self.place.statement_timeout.max(self.place.lock_timeout);
        self.patience.set(Some(longest.saturating_add(SILENCE)));
        if let Some(snapshot) = snapshot {
            sql.push_str(&format!("; SET TRANSACTION SNAPSHOT {}", literal(snapshot)));
        }
        self.execute(&sql)
            .map_err(|error| self.said("beginning to read", &error))
    }

    /// How long a statement may take.
    pub(super) fn longest(&self) -> Duration {
        self.place.statement_timeout
    }

    /// Says how long the server lets a statement take, from now on and as long as none fails.
    pub(super) fn limit_statements(&self, longest: Option<Duration>) -> Result<(), Error> {
        let millis = longest.unwrap_or_default().as_millis();
        self.execute(&format!("SET statement_timeout = {millis}"))
    }

    /// Sets a session up for questions about the server, each with its own answer.
    pub(super) fn begin_asking(&self) -> Result<(), DatabaseError> {
        let sql = format!(
            "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY; {SETTINGS}; \
             SET statement_timeout = {}",
            self.place.lock_timeout.as_millis(),
        );
        let longest = self.place.lock_timeout;
        self.patience.set(Some(longest.saturating_add(SILENCE)));
        self.execute(&sql)
            .map_err(|error| self.said("beginning to ask", &error))
    }

    /// Sets a session up for writing. A statement may take as long as it takes: to make an index
    /// of a large table, for one.
    pub(super) fn begin_writing(&self) -> Result<(), DatabaseError> {
        let sql = format!(
            "SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE; {SETTINGS}; \
             SET statement_timeout = 0; SET lock_timeout = {}; SET client_min_messages = warning",
            self.place.lock_timeout.as_millis(),
        );
        self.execute(&sql)
            .map_err(|error| self.said("beginning to write", &error))
    }

    /// Tries to write, and fails if that works.
    pub(super) fn prove(&self) -> Result<(), DatabaseError> {
        self.execute("SAVEPOINT crossfoot")
            .map_err(|error| self.said("beginning to read", &error))?;
        match self.execute(WRITE) {
            Err(error) if is_read_only(&error) => {}
            Err(error) => return Err(self.said("trying whether a write fails", &error)),
            Ok(()) => {
                // The server has let it through: nothing of it may stay.
                drop(self.execute("ROLLBACK"));
                return Err(DatabaseError::writable(self.place.name()));
            }
        }
        self.back_to_start()
            .map_err(|error| self.said("going back after a refused write", &error))
    }

    /// Forgets that a statement failed; the snapshot stays.
    pub(super) fn back_to_start(&self) -> Result<(), Error> {
        self.execute("ROLLBACK TO SAVEPOINT crossfoot")
    }

    /// Whether the server is soon through with what it was asked for.
    pub(super) fn is_soon_free(&self) -> bool {
        let asked = self.wait(async |client| timeout(SOON, client.batch_execute("SELECT 1")).await);
        matches!(asked, Ok(Ok(())))
    }

    /// Tells the server to end what it is at; where that fails, the rest of it is passed over.
    pub(super) fn call_off(&self) {
        let token = self.client.cancel_token();
        let called_off = match &self.place.tls {
            Tls::Off => self.wait(async |_| timeout(CONNECT, token.cancel_query(NoTls)).await),
            Tls::Verified { roots } => match connector(&self.place, roots.as_deref()) {
                Ok(connector) => {
                    self.wait(async |_| timeout(CONNECT, token.cancel_query(connector)).await)
                }
                Err(_) => return,
            },
        };
        drop(called_off);
    }

    pub(super) fn execute(&self, sql: &str) -> Result<(), Error> {
        self.wait(async |client| self.patiently(client.batch_execute(sql)).await)
    }

    /// The answer to a question of one value.
    pub(super) fn text(&self, sql: &str) -> Result<String, DatabaseError> {
        let rows = self
            .rows(sql)
            .map_err(|error| self.said("asking what it is", &error))?;
        let first = rows
            .into_iter()
            .next()
            .and_then(|row| row.into_iter().next());
        Ok(first.unwrap_or_default())
    }

    /// All rows of an answer, as text; NULL is the empty text.
    pub(super) fn rows(&self, sql: &str) -> Result<Vec<Vec<String>>, Error> {
        let rows = self.values(sql)?.into_iter();
        let filled = |row: Vec<Option<String>>| row.into_iter().map(Option::unwrap_or_default);
        Ok(rows.map(|row| filled(row).collect()).collect())
    }

    /// All rows of an answer, as text.
    pub(super) fn values(&self, sql: &str) -> Result<Vec<Vec<Option<String>>>, Error> {
        let messages = self.wait(async |client| self.patiently(client.simple_query(sql)).await)?;
        let rows = messages.into_iter().filter_map(|message| match message {
            SimpleQueryMessage::Row(row) => Some(
                (0..row.len())
                    .map(|at| row.get(at).map(str::to_owned))
                    .collect(),
            ),
            _ => None,
        });
        Ok(rows.collect())
    }

    pub(super) fn said(&self, what: &str, error: &Error) -> DatabaseError {
        match failure(what, error) {
            Failure::Error(error) => error,
            Failure::Lost(why) => DatabaseError::new(DatabaseErrorKind::Lost(why)),
            Failure::Value { why, .. } => DatabaseError::new(DatabaseErrorKind::Lost(why)),
        }
    }
}

/// Whether a write failed as it must: the transaction is for reading, or the user may not write.
fn is_read_only(error: &Error) -> bool {
    let refusals = [
        SqlState::READ_ONLY_SQL_TRANSACTION,
        SqlState::INSUFFICIENT_PRIVILEGE,
    ];
    error.code().is_some_and(|code| refusals.contains(code))
}

fn silent_for(time: Duration) -> String {
    format!("it was silent for {} seconds", time.as_secs())
}

/// Why no connection came about.
fn not_let_in(place: &Server, error: &Error) -> DatabaseError {
    let server = place.name();
    let Some(said) = error.as_db_error() else {
        let why = reason(error);
        if why.contains("password missing") {
            return DatabaseError::new(DatabaseErrorKind::Refused {
                server,
                user: place.user.clone(),
                why: "it asks for a password, and there is none".to_owned(),
            })
            .mend("write `user:${NAME}@` in the address, or `?password_file=…`");
        }
        return if why.contains("server does not support TLS") {
            DatabaseError::without_tls(server)
        } else if why.contains("TLS") || why.contains("certificate") {
            DatabaseError::insecure(server, why)
        } else {
            DatabaseError::unreachable(server, why)
        };
    };
    let why = format!("{} ({})", said.message(), said.code().code());
    match said.code().code().starts_with("28") || *said.code() == SqlState::UNDEFINED_DATABASE {
        true => DatabaseError::new(DatabaseErrorKind::Refused {
            server,
            user: place.user.clone(),
            why,
        }),
        false => DatabaseError::new(DatabaseErrorKind::Unreachable { server, why }),
    }
}

fn connector(
    place: &Server,
    roots: Option<&std::path::Path>,
) -> Result<MakeRustlsConnect, DatabaseError> {
    let wrong = |why: String| DatabaseError::without_roots(place.name(), why);
    let mut store = RootCertStore::empty();
    match roots {
        None => store.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
        Some(path) => {
            let name = path.display();
            let certificates = CertificateDer::pem_file_iter(path)
                .map_err(|error| wrong(format!("{name}: {error}")))?;
            for certificate in certificates {
                let certificate = certificate.map_err(|error| wrong(format!("{name}: {error}")))?;
                store
                    .add(certificate)
                    .map_err(|error| wrong(format!("{name}: {error}")))?;
            }
            if store.is_empty() {
                return Err(wrong(format!("{name} holds no certificate")));
            }
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| DatabaseError::insecure(place.name(), error.to_string()))?
        .with_root_certificates(store)
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}
