//! Where a database is, and who asks.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use url::Url;

use crate::error::{DatabaseError, DatabaseErrorKind};
use crate::load::{Load, Throttle};
use crate::sqlite::Dates;
use crate::{mysql, postgres};

/// The schemes of the databases that are read.
pub const SCHEMES: [&str; 5] = ["postgres", "postgresql", "mysql", "mariadb", "sqlite"];

/// How long a statement may take, if the address does not say.
const STATEMENT: Duration = Duration::from_secs(600);
/// How long a statement may wait for a lock, if the address does not say.
const LOCK: Duration = Duration::from_secs(10);
/// How long connecting may take.
pub(crate) const CONNECT: Duration = Duration::from_secs(15);
/// How long a command may take to print a password; somebody may have to let it.
const COMMAND: Duration = Duration::from_secs(60);

/// Is the address of a database. It displays, and debugs, without its password.
#[derive(Clone, PartialEq, Eq)]
pub struct Address {
    pub(crate) kind: Kind,
    /// What follows the path, without what is secret.
    shown: String,
    password: Option<String>,
    /// What all who work with this address, and its clones, are held to.
    pub(crate) throttle: Option<Throttle>,
}

/// Which database, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kind {
    Postgres(Server),
    Mysql(Server),
    /// A file, and how its days and times are read.
    Sqlite(PathBuf, Dates),
}

/// A server and what to ask of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Server {
    /// A name or number, or the folder or file of a socket.
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) user: String,
    pub(crate) database: String,
    /// The schema that the tables lie in; PostgreSQL only.
    pub(crate) schema: String,
    pub(crate) tls: Tls,
    secret: Option<Secret>,
    pub(crate) statement_timeout: Duration,
    pub(crate) lock_timeout: Duration,
    /// How many connections to open, where the address says it.
    pub(crate) connections: Option<usize>,
}

/// Whether the connection is secured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Tls {
    /// Not at all: a socket, this machine, or a plan that says so.
    Off,
    /// With the server's certificate and name verified, against a file of roots or the usual ones.
    Verified { roots: Option<PathBuf> },
}

/// Where a password is, outside of the plan.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Secret {
    File(PathBuf),
    Command(String),
}

impl Server {
    /// Whether `host` is the path of a socket.
    pub(crate) fn is_socket(&self) -> bool {
        self.host.starts_with('/')
    }

    /// The server as messages name it.
    pub(crate) fn name(&self) -> String {
        match self.is_socket() {
            true => self.host.clone(),
            false => format!("{}:{}", self.bracketed_host(), self.port),
        }
    }

    /// The host as an address has it: one of IPv6 in brackets.
    pub(crate) fn bracketed_host(&self) -> String {
        match self.host.contains(':') {
            true => format!("[{}]", self.host),
            false => self.host.clone(),
        }
    }
}

impl Address {
    /// Whether a book's address is one of a database, by its scheme.
    pub fn is_database(url: &str) -> bool {
        let scheme = url
            .split_once("://")
            .map(|(scheme, _)| scheme.to_ascii_lowercase());
        scheme.is_some_and(|scheme| SCHEMES.contains(&scheme.as_str()))
    }

    /// Whether it names a file of SQLite that is not there. Of a server that is not asked.
    pub fn is_absent(&self) -> bool {
        match &self.kind {
            Kind::Sqlite(path, _) => !path.exists(),
            Kind::Postgres(_) | Kind::Mysql(_) => false,
        }
    }

    /// Writes a text as a part of an address may hold it.
    pub fn encoded(text: &str) -> String {
        utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
    }

    /// Reads an address, its variables filled in; paths in it are meant from `folder` on.
    ///
    /// # Errors
    /// Says what in it cannot be, and never repeats a password.
    pub fn parse(url: &str, folder: &Path) -> Result<Address, DatabaseError> {
        if let Some(path) = url.strip_prefix("sqlite://") {
            return sqlite(path, folder);
        }
        let parsed =
            Url::parse(&with_host(url)).map_err(|error| wrong(format!("no address: {error}")))?;
        let (is_postgres, port) = match parsed.scheme() {
            "postgres" | "postgresql" => (true, 5432),
            "mysql" | "mariadb" => (false, 3306),
            other => return Err(wrong(format!("{other}:// is no database that is read"))),
        };
        let database = decoded(parsed.path().trim_start_matches('/'))?;
        if database.is_empty() || database.contains('/') {
            return Err(wrong("it names no database".to_owned())
                .mend(format!("write {}://user@host/database", parsed.scheme())));
        }
        let host = parsed.host_str().unwrap_or_default();
        let mut server = Server {
            host: decoded(host)?.trim_matches(['[', ']']).to_owned(),
            port: parsed.port().unwrap_or(port),
            user: decoded(parsed.username())?,
            database,
            schema: "public".to_owned(),
            tls: Tls::Off,
            secret: None,
            statement_timeout: STATEMENT,
            lock_timeout: LOCK,
            connections: None,
        };
        let mut tls = None;
        let mut roots = None;
        let mut load = None;
        for (name, value) in parsed.query_pairs() {
            let path = || folder.join(&*value);
            match &*name {
                "host" | "socket" => server.host = value.to_string(),
                "schema" if is_postgres => server.schema = value.to_string(),
                "tls" => tls = Some(is_verified(&value)?),
                "ca_file" => roots = Some(path()),
                "password_file" => server.secret = Some(Secret::File(path())),
                "password_command" => server.secret = Some(Secret::Command(value.to_string())),
                "statement_timeout" => server.statement_timeout = seconds(&name, &value)?,
                "lock_timeout" => server.lock_timeout = seconds(&name, &value)?,
                "connections" => server.connections = Some(count(&value)?),
                "max_load" => load = Some(value.parse::<Load>().map_err(wrong)?),
                other => return Err(unknown(other, is_postgres)),
            }
        }
        if server.host.is_empty() {
            server.host = "localhost".to_owned();
        }
        if server.user.contains(':') {
            // Filled in by one variable, the two come as a user, who would be named everywhere.
            return Err(
                wrong("its user holds a colon, and so perhaps a password".to_owned())
                    .mend("write user and password apart: `${NAME}:${PASSWORD}@`"),
            );
        }
        if server.user.is_empty() {
            return Err(wrong("it names no user".to_owned())
                .mend(format!("write {}://user@host/database", parsed.scheme())));
        }
        // What does not leave the machine needs no seal; what does is sealed unless the plan says not.
        let is_here =
            server.is_socket() || ["localhost", "127.0.0.1", "::1"].contains(&server.host.as_str());
        server.tls = match tls.unwrap_or(roots.is_some() || !is_here) {
            true => Tls::Verified { roots },
            false => Tls::Off,
        };
        let password = parsed.password().map(decoded).transpose()?;
        passwords().extend(password.clone());
        let shown = format!(
            "{}://{}@{}/{}",
            parsed.scheme(),
            server.user,
            server.name(),
            server.database
        );
        Ok(Address {
            kind: match is_postgres {
                true => Kind::Postgres(server),
                false => Kind::Mysql(server),
            },
            shown,
            password,
            throttle: load.map(Throttle::new),
        })
    }

    /// Returns the address with another load, which clones of it share.
    #[must_use]
    pub fn with_load(mut self, load: Load) -> Address {
        self.throttle = Some(Throttle::new(load));
        self
    }

    /// Makes sure that the lag of replicas can be asked for, where the load limits it.
    pub(crate) fn gauge(&self, password: Option<&str>) -> Result<(), DatabaseError> {
        let Some(throttle) = &self.throttle else {
            return Ok(());
        };
        let password = password.map(str::to_owned);
        match self.kind.clone() {
            Kind::Postgres(server) => {
                throttle.attach(move || postgres::gauge::open(&server, password.as_deref()))
            }
            Kind::Mysql(server) => {
                throttle.attach(move || mysql::gauge::open(&server, password.as_deref()))
            }
            // A file has no replicas.
            Kind::Sqlite(..) => Ok(()),
        }
    }

    /// How many connections the address asks for.
    pub(crate) fn connections(&self) -> Option<usize> {
        match &self.kind {
            Kind::Postgres(server) | Kind::Mysql(server) => server.connections,
            Kind::Sqlite(..) => None,
        }
    }

    /// The same address, for which a server is asked for one connection only, whatever it says.
    #[must_use]
    pub fn by_one_connection(mut self) -> Address {
        if let Kind::Postgres(server) | Kind::Mysql(server) = &mut self.kind {
            server.connections = Some(1);
        }
        self
    }

    /// The password: from the address, a file, or what a command prints.
    pub(crate) fn password(&self) -> Result<Option<String>, DatabaseError> {
        let (Kind::Postgres(server) | Kind::Mysql(server)) = &self.kind else {
            return Ok(None);
        };
        match &server.secret {
            None => Ok(self.password.clone()),
            Some(Secret::File(path)) => {
                let read = std::fs::read_to_string(path);
                let text = read.map_err(|error| secret(format!("{}: {error}", path.display())))?;
                first_line(&text, &path.display().to_string()).map(Some)
            }
            Some(Secret::Command(line)) => printed(line).map(Some),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({})", self.shown)
    }
}

fn sqlite(path: &str, folder: &Path) -> Result<Address, DatabaseError> {
    let (path, asked) = match path.rsplit_once('?') {
        Some((path, asked)) if asked.starts_with("dates=") => (path, Some(asked)),
        // A file may have any name.
        _ => (path, None),
    };
    if path.is_empty() {
        return Err(wrong("it names no file".to_owned()).mend("write sqlite://path/to/file.db"));
    }
    let dates = match asked {
        None => Dates::Typed,
        Some("dates=text") => Dates::AsStored,
        Some(other) => {
            let says = format!("it says {other:?}, which means nothing in an address of SQLite");
            return Err(wrong(says).mend("there is `dates=text`"));
        }
    };
    Ok(Address {
        kind: Kind::Sqlite(folder.join(path), dates),
        shown: format!("sqlite://{path}"),
        password: None,
        throttle: None,
    })
}

fn wrong(why: String) -> DatabaseError {
    DatabaseError::new(DatabaseErrorKind::Address(why))
}

fn secret(why: String) -> DatabaseError {
    DatabaseError::new(DatabaseErrorKind::Secret(why))
}

fn unknown(name: &str, is_postgres: bool) -> DatabaseError {
    let known = "`tls`, `ca_file`, `password_file`, `password_command`, `statement_timeout`, \
                 `lock_timeout`, `connections`, `max_load`";
    let own = if is_postgres {
        "`host`, `schema`"
    } else {
        "`socket`"
    };
    wrong(format!(
        "it says {name:?}, which means nothing in an address"
    ))
    .mend(format!("there are {own}, {known}"))
}

/// The same address with a host, where it names a user and none, as it may before a socket.
fn with_host(url: &str) -> String {
    let authority = url.find("://").map(|at| at + 3);
    let slash = authority.and_then(|start| Some(start + url[start..].find('/')?));
    match slash {
        Some(slash) if url[..slash].ends_with('@') => {
            format!("{}localhost{}", &url[..slash], &url[slash..])
        }
        _ => url.to_owned(),
    }
}

/// Takes the `%20`s out of a part of an address.
fn decoded(part: &str) -> Result<String, DatabaseError> {
    let decoded = percent_decode_str(part).decode_utf8();
    let decoded = decoded.map_err(|_| wrong("a part of it is not UTF-8".to_owned()))?;
    Ok(decoded.into_owned())
}

fn is_verified(value: &str) -> Result<bool, DatabaseError> {
    match value {
        "verify" => Ok(true),
        "off" => Ok(false),
        _ => Err(wrong("`tls` is neither `verify` nor `off`".to_owned())),
    }
}

fn count(value: &str) -> Result<usize, DatabaseError> {
    match value.parse::<usize>() {
        Ok(count @ 1..=64) => Ok(count),
        _ => Err(wrong("`connections` is no number from 1 to 64".to_owned())),
    }
}

fn seconds(name: &str, value: &str) -> Result<Duration, DatabaseError> {
    let count = value.strip_suffix('s').unwrap_or(value).parse::<u32>();
    match count {
        Ok(count @ 1..=86_400) => Ok(Duration::from_secs(u64::from(count))),
        _ => Err(wrong(format!(
            "`{name}` is no number of seconds from 1 to 86400"
        ))),
    }
}

fn first_line(text: &str, of: &str) -> Result<String, DatabaseError> {
    match text.lines().next().unwrap_or_default() {
        "" => Err(secret(format!("{of} gives nothing"))),
        line => Ok(line.to_owned()),
    }
}

/// Passwords that the addresses of this process hold.
static PASSWORDS: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

fn passwords() -> MutexGuard<'static, BTreeSet<String>> {
    PASSWORDS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The variables of the environment that hold such a password, by itself or within an address. They
/// are no business of a command that prints another one.
fn secret_variables() -> Vec<OsString> {
    let known = passwords().clone();
    let is_secret = |value: &OsStr| {
        let value = value.to_string_lossy();
        let within = || {
            let address = Url::parse(&with_host(&value)).ok()?;
            decoded(address.password()?).ok()
        };
        known.contains(&*value) || within().is_some_and(|password| known.contains(&password))
    };
    let variables = std::env::vars_os().filter(|(_, value)| is_secret(value));
    variables.map(|(name, _)| name).collect()
}

/// What a command prints. Its line is split at blanks: no shell reads it. It runs in this program's
/// environment, but for the passwords there.
fn printed(line: &str) -> Result<String, DatabaseError> {
    let mut words = line.split_whitespace();
    let program = words.next().unwrap_or_default();
    let failed = |error: std::io::Error| secret(format!("{program}: {error}"));
    let mut command = Command::new(program);
    command
        .args(words)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    for name in secret_variables() {
        command.env_remove(name);
    }
    let mut child = command.spawn().map_err(failed)?;
    let mut printed = child.stdout.take().expect("its output is piped");
    let reading = std::thread::spawn(move || {
        let mut bytes = Vec::new();
        printed.read_to_end(&mut bytes).map(|_| bytes)
    });
    let until = Instant::now() + COMMAND;
    let status = loop {
        if let Some(status) = child.try_wait().map_err(failed)? {
            break status;
        }
        if Instant::now() >= until {
            drop(child.kill());
            drop(child.wait());
            let seconds = COMMAND.as_secs();
            return Err(secret(format!("{program} has not ended after {seconds} s")));
        }
        std::thread::sleep(Duration::from_millis(10));
    };
    if !status.success() {
        return Err(secret(format!("{program} failed, {status}")));
    }
    // What it has left running may hold its output open.
    while !reading.is_finished() {
        if Instant::now() >= until {
            let seconds = COMMAND.as_secs();
            return Err(secret(format!("{program} has not ended after {seconds} s")));
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    let bytes = reading.join().unwrap_or_else(|_| Ok(Vec::new()));
    let text = String::from_utf8(bytes.map_err(failed)?)
        .map_err(|_| secret(format!("{program} prints what is not UTF-8")))?;
    first_line(&text, program)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(url: &str) -> Address {
        Address::parse(url, Path::new("/plan")).expect("a good address")
    }

    fn refused(url: &str) -> String {
        let error = Address::parse(url, Path::new("/plan")).expect_err("a bad address");
        error.to_string()
    }

    #[test]
    fn a_host_of_ipv6_is_one_without_its_brackets() {
        for (scheme, port) in [("postgres", 5432), ("mysql", 3306)] {
            let address = parsed(&format!("{scheme}://teller@[::1]/pay"));
            assert_eq!(
                address.to_string(),
                format!("{scheme}://teller@[::1]:{port}/pay")
            );
            let (Kind::Postgres(server) | Kind::Mysql(server)) = &address.kind else {
                panic!("a server");
            };
            assert_eq!(
                (server.host.as_str(), server.bracketed_host().as_str()),
                ("::1", "[::1]")
            );
            assert_eq!(server.tls, Tls::Off, "it is this machine");
            let away = parsed(&format!("{scheme}://teller@[2001:db8::7]:9/pay"));
            assert_eq!(
                away.to_string(),
                format!("{scheme}://teller@[2001:db8::7]:9/pay")
            );
        }
    }

    #[test]
    #[cfg(unix)]
    fn a_command_may_print_a_lot_and_leave_something_running() {
        assert_eq!(printed("/bin/echo s3cret"), Ok("s3cret".to_owned()));
        let folder = tempfile::tempdir().expect("a folder");
        let script = folder.path().join("secret.sh");
        let text = "yes s3cret | head -c 300000\n";
        std::fs::write(&script, text).expect("a script");
        let line = format!("/bin/sh {}", script.display());
        assert_eq!(printed(&line), Ok("s3cret".to_owned()));
        let failed = printed("/bin/false").expect_err("it fails");
        assert!(failed.to_string().contains("/bin/false failed"), "{failed}");
    }

    #[test]
    fn no_form_of_an_address_shows_its_password() {
        let address = parsed("postgres://teller:s%40cret@db.example:6432/pay?schema=old");
        assert_eq!(address.password(), Ok(Some("s@cret".to_owned())));
        assert_eq!(address.to_string(), "postgres://teller@db.example:6432/pay");
        assert!(!format!("{address:?}").contains("cret"));
        assert!(!refused("postgres://teller:s3cret@db.example/").contains("s3cret"));
        assert!(!refused("postgres://teller:s3cret@db:99999/pay").contains("s3cret"));
        // What one variable fills in is taken for a user, who is named in messages.
        insta::assert_snapshot!(refused("postgres://teller%3As3cret@db/pay"), @"its user holds a colon, and so perhaps a password; write user and password apart: `${NAME}:${PASSWORD}@`");
    }

    #[test]
    fn what_leaves_the_machine_is_sealed_unless_the_address_says_not() {
        let tls = |url: &str| match parsed(url).kind {
            Kind::Postgres(server) | Kind::Mysql(server) => server.tls,
            Kind::Sqlite(..) => unreachable!("these are servers"),
        };
        assert_eq!(tls("postgres://t@localhost/pay"), Tls::Off);
        assert_eq!(tls("postgres://t@/pay?host=/run/postgresql"), Tls::Off);
        assert_eq!(
            tls("mysql://t@db.example/pay"),
            Tls::Verified { roots: None }
        );
        assert_eq!(tls("mysql://t@db.example/pay?tls=off"), Tls::Off);
        let roots = Some(PathBuf::from("/plan/ca.pem"));
        assert_eq!(
            tls("mysql://t@127.0.0.1/pay?ca_file=ca.pem"),
            Tls::Verified { roots }
        );
    }

    #[test]
    fn a_password_comes_from_a_file_or_a_command() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("word"), "from a file\n").expect("written");
        let of = |url: &str| Address::parse(url, folder.path()).expect("good").password();
        assert_eq!(
            of("postgres://t@db/pay?password_file=word"),
            Ok(Some("from a file".to_owned()))
        );
        assert_eq!(
            of("postgres://t@db/pay?password_command=echo%20printed"),
            Ok(Some("printed".to_owned()))
        );
        let none = of("postgres://t@db/pay?password_command=false").expect_err("it fails");
        assert!(
            none.to_string()
                .starts_with("the password cannot be had: false failed")
        );
    }

    #[test]
    fn a_bad_address_says_what_to_write() {
        insta::assert_snapshot!(
            [
                refused("postgres://t@db"),
                refused("postgres://db/pay"),
                refused("postgres://t@db/pay?sslmode=require"),
                refused("mysql://t@db/pay?tls=maybe"),
                refused("mysql://t@db/pay?lock_timeout=soon"),
                refused("mysql://t@db/pay?max_load=some"),
                refused("sqlite://"),
            ]
            .join("\n"),
            @r#"
        it names no database; write postgres://user@host/database
        it names no user; write postgres://user@host/database
        it says "sslmode", which means nothing in an address; there are `host`, `schema`, `tls`, `ca_file`, `password_file`, `password_command`, `statement_timeout`, `lock_timeout`, `connections`, `max_load`
        `tls` is neither `verify` nor `off`
        `lock_timeout` is no number of seconds from 1 to 86400
        a load is written `50000` (records a second), `lag=5` (seconds that replicas may be behind) or `50000,lag=5`
        it names no file; write sqlite://path/to/file.db
        "#
        );
    }
}
