//! SQLite: a file, read through several connections that all began at the same moment.
//!
//! # The moment
//!
//! Every session is a read transaction. All are begun one after the other, and a further
//! connection looks before and after whether anything was committed meanwhile; if so, they are
//! begun anew. With a rollback journal nobody can commit while they last: the application's writes
//! wait, and may give up. With a write-ahead log nobody waits.
//!
//! The file itself is never opened but by SQLite. Its locks belong to the process, not to a file
//! handle: to open and close the file in any other way would let go of them all.
//!
//! # What values are given as
//!
//! SQLite keeps a type with every value, and only a wish for one with the column. The wish, as it
//! was declared, decides the type here; a value that was kept as something else is an error that
//! names its record, unless it says so below.
//!
//! | declared | given as | also taken |
//! |---|---|---|
//! | with `INT` in it | `Int64` | |
//! | `BOOLEAN`, `BOOL` | `Boolean`, from 0 and 1 | |
//! | with `CHAR`, `CLOB` or `TEXT` in it | `Utf8View` | numbers, as text |
//! | with `BLOB` in it | `BinaryView` | |
//! | with `REAL`, `FLOA` or `DOUB` in it | `Float64` | whole numbers up to 2⁵³ |
//! | `DECIMAL(p,s)`, `NUMERIC(p,s)`, `DEC(p,s)`, `NUMBER(p,s)`, p from 1 to 76 | `Decimal128`, `Decimal256` | whole numbers; text; floating-point numbers, see below |
//! | `DATE` | `Date32`, from text such as 2013-05-27 | |
//! | `TIME` | `Time64`, from text such as 08:00, 08:00:00.25 | |
//! | `TIMESTAMP`, `DATETIME` | `Timestamp`, from text of both, a blank or `T` between them | |
//! | `TIMESTAMPTZ`, `TIMESTAMP WITH TIME ZONE` | `Timestamp` in UTC, from such a text and `Z`, `+08`, `+08:00` | |
//! | anything else: `NUMERIC` without digits, `JSON`, nothing | `Utf8View` | numbers, as text |
//!
//! Times in a key are given as the text that is stored: they may be spelled in several ways, and the
//! index keeps the order of the text. Where the address says `dates=text`, all days and times are.
//!
//! SQLite makes a floating-point number of a decimal that is written to a `DECIMAL(p,s)`. It is
//! given as the decimal of at most 15 digits that becomes exactly this floating-point number:
//! there is never more than one. Where there is none, as for 0.1 + 0.2, the value is an error.
//! What SQLite took off a longer decimal when it was written cannot be seen any more.
//!
//! A floating-point number is given as text by the shortest digits that read back as the same
//! number. Text that is not UTF-8 is an error.
//!
//! # What is a key
//!
//! The rowid, where a column is declared to be it; else the primary key, if none of its values is
//! NULL, which SQLite allows; else a unique index over columns declared `NOT NULL`. Columns without
//! a type (and `ANY`) are no key: 1 and '1' are two keys there, and one text. A key that the index
//! does not keep in the columns' own order of text is none either.
//!
//! # What is not read
//!
//! A view says `BLOB` of a column that its table declares without a type: numbers and text in it
//! are errors then. SQLite's own tables, those that serve a virtual table, and views and virtual tables that the
//! bundled SQLite cannot make sense of.

mod kinds;
mod session;
mod tables;
mod values;
pub(crate) mod write;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags};

use crate::error::{DatabaseError, DatabaseErrorKind};
use crate::session::{Dialect, Failure, Opened, Session};
use session::FileSession;

/// What a column that is declared to hold days or times is read as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dates {
    /// As what it is declared to be: text that is spelled otherwise is an error.
    Typed,
    /// As the text or number that is stored.
    AsStored,
}

/// How long a lock is waited for.
const LOCK: Duration = Duration::from_secs(10);
/// How long the second and later sessions wait for a lock: whoever holds it may wait for the first.
const LOCK_BETWEEN: Duration = Duration::from_millis(50);
/// How often it is tried to begin all sessions without a commit in between.
const ATTEMPTS: usize = 20;

/// Opens a file with so many sessions of the same moment.
pub(crate) fn open(path: &Path, dates: Dates, sessions: usize) -> Result<Opened, DatabaseError> {
    open_within(path, dates, sessions, LOCK)
}

fn open_within(
    path: &Path,
    dates: Dates,
    sessions: usize,
    lock: Duration,
) -> Result<Opened, DatabaseError> {
    let unreachable = |error| unreachable(path, &error);
    // A whole path: one that starts with `file:` would be read as an address of SQLite's own.
    let found = found(path)?;
    let probe = connect(&found, lock).map_err(unreachable)?;
    let mut connections = Vec::new();
    for _ in 0..sessions {
        connections.push(connect(&found, lock).map_err(unreachable)?);
    }
    begin_together(&probe, &connections, lock).map_err(|error| match error {
        NoSnapshot::Sqlite(error) => unreachable(error),
        NoSnapshot::Overtaken => no_snapshot(sessions),
    })?;
    for connection in &connections {
        prove_read_only(connection, path)?;
    }
    let first = connections.first().unwrap_or(&probe);
    let snapshot = moment(first, sessions).map_err(unreachable)?;
    let tables::Catalogue { tables, access } = tables::read(first, dates).map_err(unreachable)?;
    let access = Arc::new(access);
    let sessions = connections.into_iter().map(|connection| {
        let session = FileSession::new(connection, Arc::clone(&access));
        Box::new(session) as Box<dyn Session>
    });
    Ok(Opened {
        product: format!("SQLite {}", rusqlite::version()),
        snapshot,
        tables,
        barred: Vec::new(),
        sessions: sessions.collect(),
        dialect: Dialect::Sqlite,
        // A later transaction sees a later moment.
        joiner: None,
    })
}

/// The whole path of a file that is there.
fn found(path: &Path) -> Result<PathBuf, DatabaseError> {
    let not_there = |why: String, mend: &str| {
        let server = path.display().to_string();
        DatabaseError::new(DatabaseErrorKind::Unreachable { server, why }).mend(mend)
    };
    let known = std::fs::metadata(path).and_then(|known| Ok((known, path.canonicalize()?)));
    match known {
        Ok((known, whole)) if known.is_file() => Ok(whole),
        Ok((known, _)) if known.is_dir() => Err(not_there(
            "it is a folder".to_owned(),
            "name the file of the database in it",
        )),
        Ok(_) => Err(not_there(
            "it is no file".to_owned(),
            "name the file of the database",
        )),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Err(not_there(
            "there is no such file".to_owned(),
            "check the path, or make the file first: it is never made by reading",
        )),
        Err(error) => Err(not_there(error.to_string(), "check who may read the file")),
    }
}

fn connect(path: &Path, lock: Duration) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(lock)?;
    // What the file itself brings along (views, defaults) runs nothing that could do harm.
    connection.execute_batch(
        "PRAGMA query_only = 1; PRAGMA trusted_schema = 0; PRAGMA cell_size_check = 1;",
    )?;
    Ok(connection)
}

#[derive(Debug)]
enum NoSnapshot {
    Sqlite(rusqlite::Error),
    /// Somebody committed in between, every time.
    Overtaken,
}

impl From<rusqlite::Error> for NoSnapshot {
    fn from(error: rusqlite::Error) -> NoSnapshot {
        NoSnapshot::Sqlite(error)
    }
}

/// Begins a read transaction on each connection, without a commit of anybody in between.
fn begin_together(
    probe: &Connection,
    connections: &[Connection],
    lock: Duration,
) -> Result<(), NoSnapshot> {
    for _ in 0..ATTEMPTS {
        probe.busy_timeout(lock)?;
        let before = commits_seen(probe)?;
        let mut wait = lock;
        let mut began = Ok(());
        for connection in connections {
            connection.busy_timeout(wait)?;
            began = began.and_then(|()| begin(connection));
            wait = LOCK_BETWEEN.min(lock);
        }
        probe.busy_timeout(wait)?;
        match began.and_then(|()| commits_seen(probe)) {
            Ok(after) if after == before => {
                for connection in connections {
                    connection.busy_timeout(lock)?;
                }
                return Ok(());
            }
            // A writer waits for the sessions begun so far: let it go first.
            Ok(_) => {}
            Err(error) if is_locked(&error) && !connections.is_empty() => {
                let is_first_locked = connections.first().is_some_and(Connection::is_autocommit);
                if is_first_locked {
                    return Err(error.into());
                }
            }
            Err(error) => return Err(error.into()),
        }
        for connection in connections.iter().filter(|open| !open.is_autocommit()) {
            connection.execute_batch("ROLLBACK")?;
        }
    }
    Err(NoSnapshot::Overtaken)
}

/// A number that changes with every commit of another connection.
fn commits_seen(probe: &Connection) -> rusqlite::Result<i64> {
    probe.query_row("PRAGMA data_version", [], |row| row.get(0))
}

/// Begins a read transaction; it is under way only with its first read.
fn begin(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch("BEGIN")?;
    let read = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()));
    if read.is_err() {
        connection.execute_batch("ROLLBACK")?;
    }
    read
}

/// Tries to write, which must fail.
fn prove_read_only(connection: &Connection, path: &Path) -> Result<(), DatabaseError> {
    let writable = || DatabaseError::new(DatabaseErrorKind::Writable(path.display().to_string()));
    if !connection
        .is_readonly("main")
        .map_err(|error| unreachable(path, &error))?
    {
        return Err(writable());
    }
    match connection.execute_batch("CREATE TABLE main.\"a write that must fail\" (x)") {
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::ReadOnly) => Ok(()),
        Err(error) => Err(unreachable(path, &error)),
        Ok(()) => {
            drop(connection.execute_batch("ROLLBACK"));
            Err(writable())
        }
    }
}

/// What is read, in SQLite's words.
fn moment(connection: &Connection, sessions: usize) -> rusqlite::Result<String> {
    let text = |pragma: &str| connection.query_row(pragma, [], |row| row.get::<_, String>(0));
    let number = |pragma: &str| connection.query_row(pragma, [], |row| row.get::<_, i64>(0));
    let journal = match text("PRAGMA journal_mode")?.as_str() {
        "wal" => "WAL".to_owned(),
        other => format!("journal mode {other}"),
    };
    let transactions = match sessions {
        1 => "transaction",
        _ => "transactions",
    };
    Ok(format!(
        "{sessions} read {transactions}, {journal}, {} pages, schema version {}",
        number("PRAGMA page_count")?,
        number("PRAGMA schema_version")?
    ))
}

fn no_snapshot(sessions: usize) -> DatabaseError {
    DatabaseError::new(DatabaseErrorKind::Snapshot {
        sessions,
        why: format!("others committed in between, {ATTEMPTS} times in a row"),
    })
    .mend("read when less is written, or through one connection")
}

/// SQLite's words for an error, with its code.
fn words(error: &rusqlite::Error) -> String {
    match error.sqlite_error() {
        Some(code) => format!("{error} (code {})", code.extended_code),
        None => error.to_string(),
    }
}

fn is_locked(error: &rusqlite::Error) -> bool {
    let code = error.sqlite_error_code();
    matches!(
        code,
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked)
    )
}

/// An error from before the sessions are all there.
fn unreachable(path: &Path, error: &rusqlite::Error) -> DatabaseError {
    let server = path.display().to_string();
    if is_locked(error) {
        return locked(format!("waiting for {server}"), error);
    }
    let why = words(error);
    DatabaseError::new(DatabaseErrorKind::Unreachable { server, why }).mend(mend(error))
}

fn locked(what: String, error: &rusqlite::Error) -> DatabaseError {
    let why = words(error);
    DatabaseError::new(DatabaseErrorKind::TimedOut { what, why })
        .mend("another program holds the file locked: let it end, or read a copy")
}

/// An error of a statement.
fn failure(what: &str, error: &rusqlite::Error) -> Failure {
    if error.sqlite_error_code() == Some(ErrorCode::OperationInterrupted) {
        return Failure::Lost(words(error));
    }
    if is_locked(error) {
        return locked(what.to_owned(), error).into();
    }
    let kind = DatabaseErrorKind::Statement {
        what: what.to_owned(),
        why: words(error),
    };
    DatabaseError::new(kind).mend(mend(error)).into()
}

fn mend(error: &rusqlite::Error) -> &'static str {
    match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => "it is another kind of file, or encrypted",
        Some(ErrorCode::DatabaseCorrupt) => {
            "the file is damaged: try `PRAGMA integrity_check` and `.recover` of the sqlite3 \
             program on a copy of it"
        }
        Some(ErrorCode::SystemIoFailure) => "the file could not be read from where it lies",
        Some(ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => {
            "check who may read the file; with a write-ahead log its folder must be writable too, \
             or read a copy"
        }
        // The only case in which reading alone would have to write.
        Some(ErrorCode::ReadOnly) => {
            "a write was broken off and must be undone first: open the file once with its \
             application"
        }
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(folder: &tempfile::TempDir, journal: &str) -> (PathBuf, Connection) {
        let path = folder.path().join("pay.db");
        let writer = Connection::open(&path).expect("opened");
        writer
            .pragma_update(None, "journal_mode", journal)
            .expect("a journal");
        writer
            .execute_batch(
                "CREATE TABLE flow (id INTEGER PRIMARY KEY); INSERT INTO flow VALUES (1)",
            )
            .expect("made");
        (path, writer)
    }

    #[test]
    fn a_lock_is_waited_for_and_then_named() {
        let folder = tempfile::tempdir().expect("a folder");
        let (path, writer) = made(&folder, "delete");
        writer.execute_batch("BEGIN EXCLUSIVE").expect("locked");
        let began = std::time::Instant::now();
        let wait = Duration::from_millis(300);
        let error = open_within(&path, Dates::Typed, 2, wait)
            .map(|_| ())
            .expect_err("it is locked");
        assert!(began.elapsed() >= wait);
        assert!(matches!(error.kind, DatabaseErrorKind::TimedOut { .. }));
        let shown = error
            .to_string()
            .replace(&folder.path().display().to_string(), "/data");
        insta::assert_snapshot!(shown, @"waiting for /data/pay.db took longer than it may: database is locked (code 5); another program holds the file locked: let it end, or read a copy");
    }

    #[test]
    fn a_lock_that_is_let_go_in_time_costs_only_time() {
        let folder = tempfile::tempdir().expect("a folder");
        let (path, writer) = made(&folder, "delete");
        writer.execute_batch("BEGIN EXCLUSIVE").expect("locked");
        let other = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(200));
            writer.execute_batch("COMMIT").expect("committed");
        });
        open_within(&path, Dates::Typed, 2, LOCK).expect("opened");
        other.join().expect("ended");
    }

    #[test]
    fn the_probe_sees_every_commit_of_others() {
        for journal in ["wal", "delete"] {
            let folder = tempfile::tempdir().expect("a folder");
            let (path, writer) = made(&folder, journal);
            let open = || connect(&path, Duration::from_millis(100)).expect("opened");
            let probe = open();
            let before = commits_seen(&probe).expect("seen");
            writer
                .execute_batch("INSERT INTO flow VALUES (2)")
                .expect("written");
            assert_ne!(commits_seen(&probe).expect("seen"), before, "{journal}");
        }
    }

    /// A writer that never rests: whatever is opened beside it sees one moment.
    #[test]
    fn sessions_begun_beside_a_busy_writer_see_one_moment() {
        for journal in ["wal", "delete"] {
            let folder = tempfile::tempdir().expect("a folder");
            let (path, writer) = made(&folder, journal);
            writer.busy_timeout(LOCK).expect("set");
            writer
                .pragma_update(None, "synchronous", "OFF")
                .expect("set");
            let stop = Arc::new(std::sync::atomic::AtomicBool::new(false));
            let stopped = Arc::clone(&stop);
            let other = std::thread::spawn(move || {
                for pause in (0..20).cycle() {
                    if stopped.load(std::sync::atomic::Ordering::Relaxed) {
                        break;
                    }
                    writer
                        .execute_batch("INSERT INTO flow SELECT max(id) + 1 FROM flow")
                        .expect("written");
                    std::thread::sleep(Duration::from_micros(100 * pause));
                }
            });
            let mut begun = 0;
            for _ in 0..50 {
                let open = || connect(&path, LOCK).expect("opened");
                let (probe, connections) = (open(), [(); 8].map(|()| open()));
                match begin_together(&probe, &connections, LOCK) {
                    Err(NoSnapshot::Overtaken) => continue,
                    began => began.expect("begun"),
                }
                let counts = connections.each_ref().map(|connection| {
                    let count =
                        connection.query_row("SELECT count(*) FROM flow", [], |row| row.get(0));
                    count.expect("counted")
                });
                assert_eq!(counts, [counts[0]; 8] as [i64; 8], "{journal}");
                begun += 1;
            }
            assert!(begun > 0, "{journal}: always overtaken");
            stop.store(true, std::sync::atomic::Ordering::Relaxed);
            other.join().expect("ended");
        }
    }

    #[test]
    fn a_path_is_whole_before_sqlite_sees_it() {
        assert!(
            found(Path::new("Cargo.toml"))
                .expect("this crate's")
                .is_absolute()
        );
    }

    #[test]
    fn a_write_that_goes_through_is_an_error_and_undone() {
        let folder = tempfile::tempdir().expect("a folder");
        let (path, writer) = made(&folder, "wal");
        writer.execute_batch("BEGIN").expect("begun");
        let error = prove_read_only(&writer, &path).expect_err("it writes");
        assert!(matches!(error.kind, DatabaseErrorKind::Writable(_)));
        drop(writer);
        // Opened for reading alone does not prove it: the write itself is tried.
        let connection = connect(&path, LOCK).expect("opened");
        prove_read_only(&connection, &path).expect("it does not write");
    }
}
