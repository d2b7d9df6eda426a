//! Numbered migrations, in plain SQL for each database: `migrations/sqlite`, `migrations/postgres`.

use crate::error::StoreError;
use crate::sql::{Session, Value};

/// Number, statements for SQLite, statements for PostgreSQL.
const MIGRATIONS: [(i64, &str, &str); 7] = [
    (
        1,
        include_str!("../migrations/sqlite/0001_books.sql"),
        include_str!("../migrations/postgres/0001_books.sql"),
    ),
    (
        2,
        include_str!("../migrations/sqlite/0002_opening.sql"),
        include_str!("../migrations/postgres/0002_opening.sql"),
    ),
    (
        3,
        include_str!("../migrations/sqlite/0003_service.sql"),
        include_str!("../migrations/postgres/0003_service.sql"),
    ),
    (
        4,
        include_str!("../migrations/sqlite/0004_pruned.sql"),
        include_str!("../migrations/postgres/0004_pruned.sql"),
    ),
    (
        5,
        include_str!("../migrations/sqlite/0005_statement.sql"),
        include_str!("../migrations/postgres/0005_statement.sql"),
    ),
    (
        6,
        include_str!("../migrations/sqlite/0006_open_items.sql"),
        include_str!("../migrations/postgres/0006_open_items.sql"),
    ),
    (
        7,
        include_str!("../migrations/sqlite/0007_expiry.sql"),
        include_str!("../migrations/postgres/0007_expiry.sql"),
    ),
];

/// The version of tables that this program works with.
pub const VERSION: i64 = 7;

/// Is the advisory lock that one migration at a time has in PostgreSQL: "Bao", and a number.
const LOCK: &str = "SELECT pg_advisory_xact_lock(4350319, 3)";

/// Gives the version of the tables that are there; 0 where there are none.
pub(crate) fn version(session: &mut dyn Session) -> Result<i64, StoreError> {
    let what = "looking for the books";
    let there = if session.is_postgres() {
        "SELECT CAST(count(*) AS bigint) FROM pg_tables \
         WHERE schemaname = current_schema() AND tablename = 'bao_migration'"
    } else {
        "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'bao_migration'"
    };
    if session.number(what, there, &[])? == 0 {
        return Ok(0);
    }
    let sql = "SELECT coalesce(max(version), 0) FROM bao_migration";
    session.number(what, sql, &[])
}

/// Brings the tables to the version of this program, each migration in a transaction of its own.
///
/// # Errors
///
/// The tables are of a later version, or the database refuses.
pub(crate) fn migrate(session: &mut dyn Session) -> Result<(), StoreError> {
    let found = version(session)?;
    if found > VERSION {
        let known = VERSION;
        return Err(StoreError::LaterVersion { found, known });
    }
    if found == VERSION {
        return Ok(());
    }
    for (number, sqlite, postgres) in MIGRATIONS {
        let what = format!("migrating to version {number}");
        let is_postgres = session.is_postgres();
        let begin = match is_postgres {
            true => format!("BEGIN; {LOCK}"),
            false => "BEGIN IMMEDIATE".to_owned(),
        };
        session.script(&what, &begin)?;
        let sql = if is_postgres { postgres } else { sqlite };
        match one(session, &what, number, sql) {
            Ok(()) => session.script(&what, "COMMIT")?,
            Err(error) => {
                // The first error is the one to tell.
                drop(session.script(&what, "ROLLBACK"));
                return Err(error);
            }
        }
    }
    Ok(())
}

/// Makes a migration, unless another process has done so in the meantime.
fn one(session: &mut dyn Session, what: &str, number: i64, sql: &str) -> Result<(), StoreError> {
    session.script(
        what,
        "CREATE TABLE IF NOT EXISTS bao_migration (version bigint NOT NULL PRIMARY KEY)",
    )?;
    if version(session)? >= number {
        return Ok(());
    }
    session.script(what, sql)?;
    let insert = "INSERT INTO bao_migration (version) VALUES ($1)";
    session.execute(what, insert, &[Value::Int(number)])?;
    Ok(())
}
