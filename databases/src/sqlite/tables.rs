//! The tables and views of a file.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow_schema::DataType;
use rusqlite::{Connection, OptionalExtension};

use super::Dates;
use super::kinds::{Affinity, affinity, data_type, is_spelled};
use crate::table::{ColumnInfo, TableInfo, quoted};

/// Of how many pages a file may be that its tables are measured in: all its pages are read for it.
const PAGES_MEASURED: i64 = 10_000;

/// Of a larger file, how many records a small table has at most, and about how long each is: they
/// are counted and not looked at.
const ROWS_SMALL: u64 = 10_000;
const BYTES_SMALL: u64 = 1_024;

/// The tables, and how to read each, by its name.
#[derive(Debug)]
pub(super) struct Catalogue {
    pub(super) tables: Vec<Arc<TableInfo>>,
    pub(super) access: BTreeMap<String, Access>,
}

/// The SQL to read a table with; it is called `t` there.
#[derive(Debug, Clone)]
pub(super) struct Access {
    /// What follows `FROM`. It names the index of the key: no sorting, however few the records.
    pub(super) from: String,
    /// What follows `ORDER BY`; may be empty.
    pub(super) order: String,
}

/// What SQLite lists.
#[derive(Debug)]
struct Listed {
    name: String,
    kind: String,
    is_without_rowid: bool,
    is_strict: bool,
}

/// A unique index, or the rowid (no name), with its columns and whether each one descends.
#[derive(Debug)]
struct Candidate {
    index: Option<String>,
    is_primary: bool,
    columns: Vec<(usize, bool)>,
}

/// Reads what the file says of its tables.
pub(super) fn read(connection: &Connection, dates: Dates) -> rusqlite::Result<Catalogue> {
    let rows = rows_estimated(connection)?;
    let mut catalogue = Catalogue {
        tables: Vec::new(),
        access: BTreeMap::new(),
    };
    let listed = listed(connection)?;
    let stored: Vec<&str> = listed
        .iter()
        .filter(|one| one.kind == "table")
        .map(|one| one.name.as_str())
        .collect();
    let bytes = bytes_estimated(connection, &stored)?;
    for one in &listed {
        let is_sound = one.kind == "table" || is_sound(connection, &one.name);
        if one.kind == "shadow" || !is_sound {
            continue;
        }
        let (mut info, access) = described(connection, one, dates)?;
        if one.kind == "table" {
            info.rows_estimate = rows.get(&one.name).copied();
            info.bytes_estimate = bytes.get(&one.name).copied();
        }
        catalogue.access.insert(info.name.clone(), access);
        catalogue.tables.push(Arc::new(info));
    }
    Ok(catalogue)
}

fn listed(connection: &Connection) -> rusqlite::Result<Vec<Listed>> {
    let mut statement = connection.prepare(
        "SELECT name, type, wr, strict FROM pragma_table_list \
         WHERE schema = 'main' AND substr(lower(name), 1, 7) <> 'sqlite_' ORDER BY name",
    )?;
    let listed = statement.query_map([], |row| {
        Ok(Listed {
            name: row.get(0)?,
            kind: row.get(1)?,
            is_without_rowid: row.get(2)?,
            is_strict: row.get(3)?,
        })
    })?;
    listed.collect()
}

/// Whether a view or a virtual table can be read at all.
fn is_sound(connection: &Connection, name: &str) -> bool {
    connection
        .prepare(&format!("SELECT * FROM main.{}", quoted(name)))
        .is_ok()
}

fn described(
    connection: &Connection,
    listed: &Listed,
    dates: Dates,
) -> rusqlite::Result<(TableInfo, Access)> {
    let mut primary: Vec<(i64, usize)> = Vec::new();
    let mut columns = Vec::new();
    let mut statement = connection.prepare(
        "SELECT name, type, \"notnull\", pk FROM pragma_table_xinfo(?1, 'main') WHERE hidden <> 1",
    )?;
    let mut rows = statement.query([&listed.name])?;
    while let Some(row) = rows.next()? {
        let (name, declared): (String, String) = (row.get(0)?, row.get(1)?);
        let place: i64 = row.get(3)?;
        if place > 0 {
            primary.push((place, columns.len()));
        }
        columns.push(ColumnInfo {
            data_type: match listed.is_strict && declared.eq_ignore_ascii_case("ANY") {
                true => DataType::Utf8View,
                false => data_type(&declared, dates),
            },
            is_nullable: !row.get::<_, bool>(2)?,
            is_granted: true,
            asked: format!("t.{}", quoted(&name)),
            comment: None,
            declared,
            name,
        });
    }
    primary.sort_unstable();
    let mut info = TableInfo {
        name: listed.name.clone(),
        schema: None,
        is_view: listed.kind == "view",
        comment: None,
        columns,
        key: Vec::new(),
        rows_estimate: None,
        bytes_estimate: None,
        has_places: false,
        keeps_moment: true,
    };
    let from = format!("main.{} AS t", quoted(&listed.name));
    if listed.kind == "table" {
        for candidate in candidates(connection, &info, &primary)? {
            if let Some(access) = access(connection, listed, &info, &from, &candidate)? {
                info.key = candidate.columns.iter().map(|(at, _)| *at).collect();
                for at in &info.key {
                    let column = &mut info.columns[*at];
                    column.is_nullable = false;
                    if is_spelled(&column.data_type) {
                        column.data_type = DataType::Utf8View;
                    }
                }
                return Ok((info, access));
            }
        }
    }
    let order = match listed.kind == "table" && !listed.is_without_rowid {
        true => rowid(&info).unwrap_or_default(),
        false => String::new(),
    };
    Ok((info, Access { from, order }))
}

/// A name of the rowid that no column has.
fn rowid(info: &TableInfo) -> Option<String> {
    let is_free = |name: &&str| {
        let mut columns = info.columns.iter();
        !columns.any(|column| column.name.eq_ignore_ascii_case(name))
    };
    let free = ["rowid", "_rowid_", "oid"].into_iter().find(is_free)?;
    Some(format!("t.{free}"))
}

/// What may be the key: the primary key first, then the unique indexes, of the fewest columns first.
fn candidates(
    connection: &Connection,
    info: &TableInfo,
    primary: &[(i64, usize)],
) -> rusqlite::Result<Vec<Candidate>> {
    let mut found = Vec::new();
    let mut statement = connection.prepare(
        "SELECT name, origin FROM pragma_index_list(?1, 'main') \
         WHERE \"unique\" AND NOT partial ORDER BY name",
    )?;
    let mut rows = statement.query([&info.name])?;
    while let Some(row) = rows.next()? {
        let (name, origin): (String, String) = (row.get(0)?, row.get(1)?);
        if let Some(columns) = indexed(connection, info, &name)? {
            found.push(Candidate {
                is_primary: origin == "pk",
                index: Some(name),
                columns,
            });
        }
    }
    // A primary key without an index is the rowid itself.
    if !primary.is_empty() && !found.iter().any(|candidate| candidate.is_primary) {
        found.push(Candidate {
            index: None,
            is_primary: true,
            columns: primary.iter().map(|(_, at)| (*at, false)).collect(),
        });
    }
    found.sort_by_key(|candidate| (!candidate.is_primary, candidate.columns.len()));
    Ok(found)
}

/// The columns of an index; `None` where something else is indexed.
fn indexed(
    connection: &Connection,
    info: &TableInfo,
    index: &str,
) -> rusqlite::Result<Option<Vec<(usize, bool)>>> {
    let mut statement = connection.prepare(
        "SELECT name, \"desc\" FROM pragma_index_xinfo(?1, 'main') WHERE key ORDER BY seqno",
    )?;
    let mut rows = statement.query([index])?;
    let mut columns: Vec<(usize, bool)> = Vec::new();
    while let Some(row) = rows.next()? {
        let name: Option<String> = row.get(0)?;
        let at = info
            .columns
            .iter()
            .position(|column| Some(&column.name) == name.as_ref());
        match at {
            Some(at) if columns.iter().all(|(other, _)| *other != at) => {
                columns.push((at, row.get(1)?));
            }
            Some(_) => {}
            None => return Ok(None),
        }
    }
    Ok(Some(columns))
}

/// How to read by a key; `None` where it does not serve.
fn access(
    connection: &Connection,
    listed: &Listed,
    info: &TableInfo,
    from: &str,
    candidate: &Candidate,
) -> rusqlite::Result<Option<Access>> {
    let column = |at: usize| &info.columns[at];
    for (at, _) in &candidate.columns {
        let declared = column(*at).declared.as_str();
        let is_any = listed.is_strict && declared.eq_ignore_ascii_case("ANY");
        let is_typed = affinity(declared) != Affinity::Unchanged || !declared.is_empty();
        if is_any || !is_typed {
            return Ok(None);
        }
        let is_filled = !column(*at).is_nullable || listed.is_without_rowid;
        if candidate.index.is_none() || is_filled {
            continue;
        }
        if !candidate.is_primary || has_null(connection, from, column(*at))? {
            return Ok(None);
        }
    }
    let asked = |(at, _): &(usize, bool)| column(*at).asked.clone();
    let key: Vec<String> = candidate.columns.iter().map(asked).collect();
    let access = Access {
        from: match &candidate.index {
            Some(index) if !listed.is_without_rowid => {
                format!("{from} INDEXED BY {}", quoted(index))
            }
            _ => from.to_owned(),
        },
        order: key.join(", "),
    };
    Ok(is_in_order(connection, &access, candidate, &key).then_some(access))
}

/// Whether the index keeps the order of the columns: their collation may be another one than its
/// own, by which two of its keys may be equal.
fn is_in_order(
    connection: &Connection,
    access: &Access,
    candidate: &Candidate,
    key: &[String],
) -> bool {
    let directed =
        candidate
            .columns
            .iter()
            .zip(key)
            .map(|((_, descends), column)| match descends {
                true => format!("{column} DESC"),
                false => column.clone(),
            });
    let directed = directed.collect::<Vec<_>>().join(", ");
    let Access { from, order } = access;
    let sql = format!("SELECT {order} FROM {from} ORDER BY {directed}");
    plan(connection, &sql).is_ok_and(|plan| !plan.contains("TEMP B-TREE"))
}

/// What SQLite would do.
pub(super) fn plan(connection: &Connection, sql: &str) -> rusqlite::Result<String> {
    let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}"))?;
    // Whatever its values would be: they stay unbound.
    let steps = statement.raw_query().mapped(|row| row.get::<_, String>(3));
    Ok(steps.collect::<rusqlite::Result<Vec<_>>>()?.join("\n"))
}

fn has_null(connection: &Connection, from: &str, column: &ColumnInfo) -> rusqlite::Result<bool> {
    let sql = format!(
        "SELECT 1 FROM {from} WHERE {} IS NULL LIMIT 1",
        column.asked
    );
    let found = connection.query_row(&sql, [], |_| Ok(()));
    Ok(found.optional()?.is_some())
}

/// What `ANALYZE` noted, if it was ever run.
fn rows_estimated(connection: &Connection) -> rusqlite::Result<BTreeMap<String, u64>> {
    let mut estimated = BTreeMap::new();
    let Ok(mut statement) = connection.prepare("SELECT tbl, stat FROM sqlite_stat1") else {
        return Ok(estimated);
    };
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (Ok(table), Ok(noted)) = (row.get::<_, String>(0), row.get::<_, String>(1)) else {
            continue;
        };
        let first = noted
            .split_whitespace()
            .next()
            .and_then(|first| first.parse::<u64>().ok());
        let most: &mut u64 = estimated.entry(table).or_default();
        *most = first.unwrap_or_default().max(*most);
    }
    Ok(estimated)
}

/// About how large the tables are. Of a large file only the small tables are told from the others,
/// which have the same share of it: a table of codes must not seem as large as a ledger beside it.
fn bytes_estimated(
    connection: &Connection,
    stored: &[&str],
) -> rusqlite::Result<BTreeMap<String, u64>> {
    let number = |pragma: &str| connection.query_row(pragma, [], |row| row.get::<_, i64>(0));
    let (pages, size) = (number("PRAGMA page_count")?, number("PRAGMA page_size")?);
    if pages <= PAGES_MEASURED
        && let Ok(measured) = measured(connection)
    {
        return Ok(measured);
    }
    let in_all = u64::try_from(pages.saturating_mul(size)).unwrap_or_default();
    let mut bytes = BTreeMap::new();
    for name in stored {
        // What cannot be counted is told of when it is read.
        if let Ok(rows @ 0..=ROWS_SMALL) = counted(connection, name) {
            bytes.insert((*name).to_owned(), rows * BYTES_SMALL);
        }
    }
    let large = (stored.len() - bytes.len()) as u64;
    let left = in_all.saturating_sub(bytes.values().sum());
    if let Some(share) = left.checked_div(large) {
        for name in stored {
            bytes.entry((*name).to_owned()).or_insert(share);
        }
    }
    Ok(bytes)
}

/// How many records a table has, as far as it is small.
fn counted(connection: &Connection, table: &str) -> rusqlite::Result<u64> {
    let limit = ROWS_SMALL + 1;
    let table = quoted(table);
    let sql = format!("SELECT count(*) FROM (SELECT 1 FROM {table} LIMIT {limit})");
    let rows = connection.query_row(&sql, [], |row| row.get::<_, i64>(0))?;
    Ok(u64::try_from(rows).unwrap_or(u64::MAX))
}

fn measured(connection: &Connection) -> rusqlite::Result<BTreeMap<String, u64>> {
    let mut statement =
        connection.prepare("SELECT name, pgsize FROM dbstat('main') WHERE aggregate = TRUE")?;
    let sizes = statement.query_map([], |row| {
        let bytes = u64::try_from(row.get::<_, i64>(1)?).unwrap_or_default();
        Ok((row.get(0)?, bytes))
    })?;
    sizes.collect()
}
