//! Converted tables as they are corrected.
//!
//! `crossfoot correct` changes nothing that is booked: it writes a table `posting.corrections` beside
//! `posting`, with the whole records that are taken out (`REVERSAL`) and put in (`REBOOKING`). Whoever
//! opens books with the ledger must read it as it was verified. So each table that has corrections is
//! hidden, for this session alone, by a temporary view of the same name: every statement sees it.

use super::check::{TABLES, refuse};
use super::error::ImportError;
use crate::error::StoreError;
use crate::sql::Session;

/// What stands in a table of corrections beside the record itself.
const OWN: [&str; 4] = ["_entry", "_cause", "_reason", "_number"];

/// Is how many entries correct a converted table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Corrected {
    /// The table, such as `posting`.
    pub table: &'static str,
    /// Records that were taken out.
    pub reversals: i64,
    /// Records that were put in.
    pub rebookings: i64,
}

/// Puts the corrected tables in the place of those that have corrections. It is done before the
/// transaction that reads, which PostgreSQL lets make no view.
pub(super) fn correct(session: &mut dyn Session) -> Result<Vec<Corrected>, StoreError> {
    let mut all = Vec::new();
    for (table, taken) in TABLES {
        let columns = columns(session, table)?;
        if columns.is_empty() {
            continue;
        }
        let first = taken.split(',').next().unwrap_or(taken);
        all.push(view(session, table, first, &columns)?);
    }
    Ok(all)
}

/// Gives the columns of a table's corrections that are the table's own; none where it has none.
fn columns(session: &mut dyn Session, table: &str) -> Result<Vec<String>, StoreError> {
    let sql = match session.is_postgres() {
        true => format!(
            "SELECT CAST(attname AS text) FROM pg_attribute \
             WHERE attrelid = to_regclass('\"{table}.corrections\"') AND attnum > 0 \
             AND NOT attisdropped ORDER BY attnum"
        ),
        false => format!("SELECT name FROM pragma_table_info('{table}.corrections') ORDER BY cid"),
    };
    let mut columns = session.all("looking for corrections", &sql, &[], |row| {
        Ok(row.text(0)?.to_owned())
    })?;
    columns.retain(|column| !OWN.contains(&column.as_str()));
    Ok(columns)
}

fn view(
    session: &mut dyn Session,
    table: &'static str,
    first: &str,
    columns: &[String],
) -> Result<Corrected, StoreError> {
    let quoted = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
    // The name without more would be the view itself, in SQLite.
    let real = match session.is_postgres() {
        true => table.to_owned(),
        false => format!("main.{table}"),
    };
    let entries = match session.is_postgres() {
        true => format!("\"{table}.corrections\""),
        false => format!("main.\"{table}.corrections\""),
    };
    let sql = format!(
        "SELECT _entry, {first} FROM {entries} \
         WHERE coalesce(_entry, '') NOT IN ('REVERSAL', 'REBOOKING') LIMIT 1"
    );
    refuse(session, &sql, |row| {
        Ok(ImportError::Unreadable {
            table,
            place: format!(
                "a correction of {first} {}",
                row.text_or_null(1)?.unwrap_or("NULL")
            ),
            what: "its kind of entry",
            found: row.text_or_null(0)?.unwrap_or("NULL").to_owned(),
        })
    })?;
    // The first column is never NULL, and by `=` a database can join by a hash.
    let mut is_same = format!("t.{first} = c.{first}");
    for column in columns.iter().map(|column| quoted(column)) {
        is_same.push_str(&format!(" AND t.{column} IS NOT DISTINCT FROM c.{column}"));
    }
    let sql = format!(
        "SELECT c.{first} FROM {entries} AS c WHERE c._entry = 'REVERSAL' \
         AND NOT EXISTS (SELECT 1 FROM {real} AS t WHERE {is_same}) ORDER BY 1 LIMIT 1"
    );
    refuse(session, &sql, |row| {
        let place = format!("{first} {}", row.text(0)?);
        Ok(ImportError::ReversalOfNothing { table, place })
    })?;
    let list = columns.iter().map(|column| quoted(column));
    let list = list.collect::<Vec<_>>().join(", ");
    // SQLite looks a subquery's rows through for each record, unless they have a key.
    let reversed = match session.is_postgres() {
        true => entries.clone(),
        false => format!("temp.\"{table}.reversed\""),
    };
    if !session.is_postgres() {
        let key = format!("temp.\"{table}.reversed_key\" ON \"{table}.reversed\" ({first})");
        session.script(
            "correcting",
            &format!(
                "CREATE TEMPORARY TABLE \"{table}.reversed\" AS SELECT _entry, {list} FROM {entries} \
                 WHERE _entry = 'REVERSAL'; CREATE INDEX {key}"
            ),
        )?;
    }
    session.script(
        "correcting",
        &format!(
            "CREATE TEMPORARY VIEW {table} AS SELECT {list} FROM {real} AS t WHERE NOT EXISTS \
             (SELECT 1 FROM {reversed} AS c WHERE c._entry = 'REVERSAL' AND {is_same}) \
             UNION ALL SELECT {list} FROM {entries} WHERE _entry = 'REBOOKING'"
        ),
    )?;
    let mut count = |entry: &str| {
        let sql =
            format!("SELECT CAST(count(*) AS bigint) FROM {entries} WHERE _entry = '{entry}'");
        session.number("counting corrections", &sql, &[])
    };
    Ok(Corrected {
        table,
        reversals: count("REVERSAL")?,
        rebookings: count("REBOOKING")?,
    })
}
