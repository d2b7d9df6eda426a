//! Connecting, and what every session is told.

use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use mysql::prelude::Queryable;
use mysql::{Conn, DriverError, Error, Opts, OptsBuilder, SslOpts};

use super::{Product, fault};
use crate::address::{CONNECT, Server as Place, Tls};
use crate::error::DatabaseError;

/// How much longer than a statement may take the line may be silent, before it counts as dead.
const SILENCE: Duration = Duration::from_secs(30);
/// How long a session may be idle, while others read: a day.
const IDLE_SECONDS: u32 = 86_400;

/// Where to connect, as whom, and how secured.
pub(super) fn options(place: &Place, password: Option<&str>) -> Result<Opts, DatabaseError> {
    let silence = place.statement_timeout.saturating_add(SILENCE);
    let builder = OptsBuilder::new()
        .user(Some(&place.user))
        .pass(password)
        .db_name(Some(&place.database))
        .prefer_socket(false)
        .tcp_connect_timeout(Some(CONNECT))
        .tcp_keepalive_time_ms(Some(60_000))
        .read_timeout(Some(silence))
        .write_timeout(Some(silence));
    if place.is_socket() {
        return Ok(builder.socket(Some(&place.host)).into());
    }
    let builder = builder
        .ip_or_hostname(Some(place.bracketed_host()))
        .tcp_port(place.port);
    let Tls::Verified { roots } = &place.tls else {
        return Ok(builder.into());
    };
    // The driver asks for the process's provider, which nobody else may have named yet.
    drop(rustls::crypto::ring::default_provider().install_default());
    let mut secured = SslOpts::default();
    if let Some(path) = roots {
        if let Err(error) = std::fs::read(path) {
            let why = format!("{}: {error}", path.display());
            return Err(DatabaseError::without_roots(place.name(), why));
        }
        secured = secured.with_root_cert_path(Some(path.clone()));
    }
    Ok(builder.ssl_opts(secured).into())
}

/// Connects. Where a name stands for several addresses, the driver tries only the first of them
/// unless it is told a family; so the families follow.
pub(super) fn connect(place: &Place, options: &Opts) -> Result<Conn, DatabaseError> {
    let is_name = !place.is_socket() && place.host.parse::<IpAddr>().is_err();
    let families = [Ipv4Addr::UNSPECIFIED.into(), Ipv6Addr::UNSPECIFIED.into()];
    let mut failed = match attempt(options.clone()) {
        Ok(conn) => return Ok(conn),
        Err(failed) => failed,
    };
    for family in families.into_iter().filter(|_| is_name) {
        if !failed.may_go_otherwise() {
            break;
        }
        let bound =
            OptsBuilder::from_opts(options.clone()).bind_address(Some(SocketAddr::new(family, 0)));
        match attempt(bound.into()) {
            Ok(conn) => return Ok(conn),
            Err(Failed::With(Error::DriverError(DriverError::CouldNotConnect(_)))) => {}
            Err(other) => failed = other,
        }
    }
    Err(match failed {
        Failed::With(error) => fault::opening(place, error),
        Failed::Silent => fault::unreachable(
            place,
            format!("it was silent for {} seconds", CONNECT.as_secs()),
        ),
        Failed::Broken => fault::refused(
            place,
            "it asks for a way of logging in that is not spoken here".to_owned(),
        )
        .mend("give the user a password by `mysql_native_password` or `caching_sha2_password`"),
    })
}

/// How an attempt ended.
enum Failed {
    With(Error),
    Silent,
    Broken,
}

impl Failed {
    fn may_go_otherwise(&self) -> bool {
        let Failed::With(Error::DriverError(DriverError::CouldNotConnect(Some((_, _, kind))))) =
            self
        else {
            return false;
        };
        [
            ErrorKind::ConnectionRefused,
            ErrorKind::AddrNotAvailable,
            ErrorKind::NetworkUnreachable,
            ErrorKind::HostUnreachable,
        ]
        .contains(kind)
    }
}

/// Connects on a thread of its own, which is left alone with a server that never speaks.
fn attempt(options: Opts) -> Result<Conn, Failed> {
    let (sender, receiver) = mpsc::sync_channel(1);
    let connecting = move || drop(sender.send(Conn::new(options)));
    let started = thread::Builder::new()
        .name("connect".to_owned())
        .spawn(connecting);
    started.map_err(|error| Failed::With(error.into()))?;
    match receiver.recv_timeout(CONNECT) {
        Ok(connected) => connected.map_err(Failed::With),
        Err(RecvTimeoutError::Timeout) => Err(Failed::Silent),
        Err(RecvTimeoutError::Disconnected) => Err(Failed::Broken),
    }
}

/// Tells a session how to speak, how long to wait, and that it only reads.
pub(super) fn settle(conn: &mut Conn, place: &Place, product: &Product) -> Result<(), Error> {
    let lock = place.lock_timeout.as_secs().max(1);
    conn.query_drop("SET NAMES utf8mb4")?;
    // Zero dates are read, so that they can be named; no limit of the server's cuts a read short.
    conn.query_drop(format!(
        "SET SESSION sql_mode = 'NO_BACKSLASH_ESCAPES', time_zone = '+00:00', \
         lock_wait_timeout = {lock}, innodb_lock_wait_timeout = {lock}, \
         wait_timeout = {IDLE_SECONDS}, net_write_timeout = {IDLE_SECONDS}, \
         sql_select_limit = 18446744073709551615, sql_big_selects = 1, sql_safe_updates = 0"
    ))?;
    conn.query_drop("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ")?;
    conn.query_drop("SET SESSION TRANSACTION READ ONLY")?;
    let seconds = place.statement_timeout.as_secs().max(1);
    let millis = seconds.saturating_mul(1000);
    let own = match product.is_mariadb {
        true => vec![
            format!("max_statement_time = {seconds}"),
            // Long lists of keys stay what the index is searched for.
            "in_predicate_conversion_threshold = 0".to_owned(),
            "idle_transaction_timeout = 0".to_owned(),
            "idle_readonly_transaction_timeout = 0".to_owned(),
        ],
        false => vec![
            format!("max_execution_time = {millis}"),
            "range_optimizer_max_mem_size = 0".to_owned(),
        ],
    };
    set_if_known(conn, &own)
}

/// Says how long the server lets a statement take from now on; zero is for ever.
pub(super) fn limit_statements(conn: &mut Conn, longest: Duration) -> Result<(), Error> {
    let (seconds, millis) = (longest.as_secs(), longest.as_millis());
    // One of them is known to either product.
    let settings = [
        format!("max_statement_time = {seconds}"),
        format!("max_execution_time = {millis}"),
    ];
    set_if_known(conn, &settings)
}

/// Tells a session how to speak and that it writes: nothing is changed to fit without an error.
pub(super) fn settle_for_writing(
    conn: &mut Conn,
    place: &Place,
    product: &Product,
) -> Result<(), Error> {
    let lock = place.lock_timeout.as_secs().max(1);
    conn.query_drop("SET NAMES utf8mb4")?;
    // A zero in a column that counts by itself is a zero.
    conn.query_drop(format!(
        "SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_BACKSLASH_ESCAPES,NO_AUTO_VALUE_ON_ZERO,\
         NO_ENGINE_SUBSTITUTION', time_zone = '+00:00', lock_wait_timeout = {lock}, \
         innodb_lock_wait_timeout = {lock}, wait_timeout = {IDLE_SECONDS}, \
         net_read_timeout = {IDLE_SECONDS}, sql_select_limit = 18446744073709551615, \
         sql_big_selects = 1, sql_safe_updates = 0, sql_notes = 1, autocommit = 1"
    ))?;
    // One statement may become visible while another is under way, as on the other databases.
    conn.query_drop("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED")?;
    conn.query_drop("SET SESSION TRANSACTION READ WRITE")?;
    let own: &[&str] = match product.is_mariadb {
        true => &["max_statement_time = 0", "idle_transaction_timeout = 0"],
        false => &[],
    };
    set_if_known(conn, own)
}

/// Sets what an older version may not know.
fn set_if_known<T: std::fmt::Display>(conn: &mut Conn, settings: &[T]) -> Result<(), Error> {
    for setting in settings {
        match conn.query_drop(format!("SET SESSION {setting}")) {
            Err(Error::MySqlError(error)) if error.code == 1193 => {}
            other => other?,
        }
    }
    Ok(())
}
