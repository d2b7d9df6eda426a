//! What the server says of its tables.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow_schema::{DataType, TimeUnit};
use mysql::prelude::{FromRow, Queryable};
use mysql::{Conn, Error, Row, Value};

use super::compare::{TextSet, Texts};
use super::{fault, quoted};
use crate::address::Server as Place;
use crate::error::DatabaseError;
use crate::table::{ColumnInfo, TableInfo};

/// The tables, and those of an engine without transactions, with its name.
pub(super) struct Found {
    pub(super) tables: Vec<Arc<TableInfo>>,
    pub(super) without_moment: Vec<(String, String)>,
    pub(super) texts: Texts,
}

impl Found {
    /// Takes out the tables of which the user may read nothing, and gives their names. Of those for
    /// which he has no right of any kind the server says nothing.
    pub(super) fn without_rights(&mut self) -> Vec<String> {
        let is_barred = |table: &TableInfo| {
            !table.columns.is_empty() && table.columns.iter().all(|column| !column.is_granted)
        };
        let barred = self.tables.iter().filter(|table| is_barred(table));
        let barred = barred.map(|table| table.name.clone()).collect();
        self.tables.retain(|table| !is_barred(table));
        barred
    }
}

/// Adds the columns of which the server says nothing, since the user has no right to them: lest
/// `*` leave them out without a word. Only tables that the user may not read as a whole are looked
/// at, and of their columns the server names one, or none.
pub(super) fn add_hidden(
    conn: &mut Conn,
    place: &Place,
    tables: &mut [Arc<TableInfo>],
) -> Result<(), DatabaseError> {
    let failed = |error| fault::while_opening(place, "asking what may be read", error);
    let all_granted = format!(
        "SELECT 1 FROM information_schema.USER_PRIVILEGES WHERE {TO_THE_USER} \
         UNION SELECT 1 FROM information_schema.SCHEMA_PRIVILEGES WHERE {TO_THE_USER} \
         AND DATABASE() LIKE TABLE_SCHEMA"
    );
    let may_read_all: Option<u8> = conn.query_first(all_granted).map_err(failed)?;
    if may_read_all.is_some() {
        return Ok(());
    }
    let granted = format!(
        "SELECT TABLE_NAME FROM information_schema.TABLE_PRIVILEGES WHERE {TO_THE_USER} \
         AND TABLE_SCHEMA = DATABASE()"
    );
    let whole: Vec<String> = conn.query(granted).map_err(failed)?;
    for table in tables.iter_mut().filter(|one| !whole.contains(&one.name)) {
        let all = conn.prep(format!("SELECT * FROM {}", quoted(&table.name)));
        match all {
            Ok(statement) => conn.close(statement).map_err(failed)?,
            Err(Error::MySqlError(error)) if DENIED.contains(&error.code) => {
                let name = denied_column(&error.message);
                let is_known = table.columns.iter().any(|column| column.name == name);
                if !is_known {
                    Arc::make_mut(table).columns.push(hidden(name));
                }
            }
            // A view that is broken is told of when it is read.
            Err(Error::MySqlError(error)) if BROKEN.contains(&error.code) => {}
            Err(error) => return Err(failed(error)),
        }
    }
    Ok(())
}

/// The codes of columns that the user may not read.
const DENIED: [u16; 2] = [1142, 1143];
/// The codes of a view whose tables, columns or maker are gone, or may not be used by it.
const BROKEN: [u16; 5] = [1146, 1054, 1356, 1370, 1449];

/// Of the rights that the server lists, those to read that the user has himself: to some it shows the
/// rights of others, too. What he has by a role is not among them.
const TO_THE_USER: &str = "PRIVILEGE_TYPE = 'SELECT' AND GRANTEE = CONCAT('''', \
     LEFT(CURRENT_USER(), CHAR_LENGTH(CURRENT_USER()) \
     - CHAR_LENGTH(SUBSTRING_INDEX(CURRENT_USER(), '@', -1)) - 1), '''@''', \
     SUBSTRING_INDEX(CURRENT_USER(), '@', -1), '''')";

/// The column that a refusal names; `?` where it names none.
fn denied_column(message: &str) -> String {
    let column = message.split_once(" column ").map(|(_, rest)| rest);
    let quoted = column.and_then(|rest| rest.split('\'').nth(1));
    quoted.unwrap_or("?").to_owned()
}

fn hidden(name: String) -> ColumnInfo {
    ColumnInfo {
        asked: quoted(&name),
        name,
        declared: String::new(),
        data_type: DataType::Null,
        is_nullable: true,
        is_granted: false,
        comment: None,
    }
}

/// Asks for tables, columns and keys.
pub(super) fn learn(conn: &mut Conn, place: &Place) -> Result<Found, DatabaseError> {
    let failed = |error| fault::while_opening(place, "asking for the tables", error);
    let engines: Vec<String> = conn
        .query("SELECT ENGINE FROM information_schema.ENGINES WHERE TRANSACTIONS = 'YES'")
        .map_err(failed)?;
    let told: Vec<Told> = conn.query(COLUMNS).map_err(failed)?;
    let texts = told.iter().filter_map(text_set).collect();
    let mut columns = by_table(told);
    let mut indexes = by_table(conn.query(INDEXES).map_err(failed)?);
    let listed: Vec<Told> = conn.query(TABLES).map_err(failed)?;
    let mut without_moment = Vec::new();
    let mut tables = Vec::new();
    for told in listed {
        let Some(name) = told.text(0) else { continue };
        let is_view = told.text(1).as_deref() == Some("VIEW");
        let other = told
            .text(2)
            .filter(|engine| !is_view && !engines.contains(engine));
        let keeps_moment = other.is_none();
        if let Some(engine) = other {
            without_moment.push((name.clone(), engine));
        }
        let columns: Vec<ColumnInfo> = columns
            .remove(&name)
            .unwrap_or_default()
            .iter()
            .filter_map(|told| column(told, is_view))
            .collect();
        let key = key(&columns, &indexes.remove(&name).unwrap_or_default());
        tables.push(Arc::new(TableInfo {
            schema: None,
            is_view,
            comment: told
                .text(5)
                .filter(|comment| !is_view && !comment.is_empty()),
            key: if is_view { Vec::new() } else { key },
            rows_estimate: told.number(3),
            bytes_estimate: told.number(4),
            has_places: false,
            keeps_moment,
            columns,
            name,
        }));
    }
    tables.sort_by(|one, other| one.name.cmp(&other.name));
    without_moment.sort();
    Ok(Found {
        tables,
        without_moment,
        texts,
    })
}

const TABLES: &str = "SELECT TABLE_NAME, TABLE_TYPE, ENGINE, TABLE_ROWS, \
     DATA_LENGTH + INDEX_LENGTH, TABLE_COMMENT FROM information_schema.TABLES \
     WHERE TABLE_SCHEMA = DATABASE() AND TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED', 'VIEW')";

const COLUMNS: &str = "SELECT TABLE_NAME, COLUMN_NAME, DATA_TYPE, COLUMN_TYPE, IS_NULLABLE, \
     NUMERIC_PRECISION, NUMERIC_SCALE, COLUMN_COMMENT, CHARACTER_SET_NAME, COLLATION_NAME, \
     PRIVILEGES FROM information_schema.COLUMNS \
     WHERE TABLE_SCHEMA = DATABASE() ORDER BY TABLE_NAME, ORDINAL_POSITION";

const INDEXES: &str = "SELECT TABLE_NAME, INDEX_NAME, COLUMN_NAME, SUB_PART, INDEX_TYPE \
     FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = DATABASE() AND NON_UNIQUE = 0 \
     ORDER BY TABLE_NAME, INDEX_NAME, SEQ_IN_INDEX";

/// One line of what the server tells.
struct Told(Vec<Value>);

impl FromRow for Told {
    fn from_row_opt(row: Row) -> Result<Told, mysql::FromRowError> {
        let values = (0..row.len()).map(|at| row.as_ref(at).cloned().unwrap_or(Value::NULL));
        Ok(Told(values.collect()))
    }
}

impl Told {
    fn text(&self, at: usize) -> Option<String> {
        match self.0.get(at)? {
            Value::Bytes(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
            Value::Int(number) => Some(number.to_string()),
            Value::UInt(number) => Some(number.to_string()),
            _ => None,
        }
    }

    fn number<T: std::str::FromStr>(&self, at: usize) -> Option<T> {
        self.text(at)?.parse().ok()
    }
}

fn by_table(told: Vec<Told>) -> BTreeMap<String, Vec<Told>> {
    let mut by_table = BTreeMap::<String, Vec<Told>>::new();
    for told in told {
        by_table
            .entry(told.text(0).unwrap_or_default())
            .or_default()
            .push(told);
    }
    by_table
}

fn text_set(told: &Told) -> Option<((String, String), TextSet)> {
    let set = TextSet {
        charset: told.text(8)?,
        collation: told.text(9)?,
    };
    Some(((told.text(0)?, told.text(1)?), set))
}

fn column(told: &Told, is_view: bool) -> Option<ColumnInfo> {
    let name = told.text(1)?;
    let kind = told.text(2)?.to_ascii_lowercase();
    let declared = told.text(3)?;
    let is_granted = told
        .text(10)
        .is_none_or(|rights| rights.split(',').any(|one| one.trim() == "select"));
    let data_type = match is_granted {
        true => data_type(&kind, &declared, told.number(5), told.number(6)),
        false => DataType::Null,
    };
    let asked = match kind.as_str() {
        // It may be longer than a day, for which there is no type of time.
        "time" => format!("CAST({} AS CHAR)", quoted(&name)),
        _ => quoted(&name),
    };
    Some(ColumnInfo {
        // What an outer join leaves empty in a view is not always told.
        is_nullable: is_view || told.text(4).as_deref() != Some("NO"),
        is_granted,
        comment: told.text(7).filter(|comment| !comment.is_empty()),
        name,
        declared,
        data_type,
        asked,
    })
}

fn data_type(kind: &str, declared: &str, precision: Option<u8>, scale: Option<i8>) -> DataType {
    let is_unsigned = declared.to_ascii_lowercase().contains("unsigned");
    match (kind, is_unsigned) {
        ("tinyint", false) => DataType::Int8,
        ("tinyint", true) => DataType::UInt8,
        ("smallint", false) | ("year", _) => DataType::Int16,
        ("smallint", true) => DataType::UInt16,
        ("mediumint" | "int", false) => DataType::Int32,
        ("mediumint" | "int", true) => DataType::UInt32,
        ("bigint", false) => DataType::Int64,
        ("bigint", true) | ("bit", _) => DataType::UInt64,
        ("decimal", _) => match (precision, scale) {
            (Some(precision @ 1..=38), Some(scale)) => DataType::Decimal128(precision, scale),
            (Some(precision @ 39..=76), Some(scale)) => DataType::Decimal256(precision, scale),
            _ => DataType::Null,
        },
        ("float", _) => DataType::Float32,
        ("double", _) => DataType::Float64,
        ("date", _) => DataType::Date32,
        ("datetime", _) => DataType::Timestamp(TimeUnit::Microsecond, None),
        ("timestamp", _) => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        (
            "time" | "char" | "varchar" | "tinytext" | "text" | "mediumtext" | "longtext" | "enum"
            | "set" | "json" | "uuid" | "inet4" | "inet6",
            _,
        ) => DataType::Utf8View,
        ("binary" | "varbinary" | "tinyblob" | "blob" | "mediumblob" | "longblob", _) => {
            DataType::BinaryView
        }
        _ => DataType::Null,
    }
}

/// The primary key, or else the unique index of the fewest columns that hold no NULL and are
/// indexed whole.
fn key(columns: &[ColumnInfo], told: &[Told]) -> Vec<usize> {
    let mut indexes = BTreeMap::<String, Vec<&Told>>::new();
    for told in told {
        indexes
            .entry(told.text(1).unwrap_or_default())
            .or_default()
            .push(told);
    }
    let of = |parts: &[&Told], is_primary: bool| {
        let part = |told: &&Told| {
            let name = told.text(2)?;
            let at = columns.iter().position(|column| column.name == name)?;
            let is_whole = told.text(3).is_none() && told.text(4).as_deref() != Some("HASH");
            let is_good =
                columns[at].is_readable() && (is_primary || (is_whole && !columns[at].is_nullable));
            is_good.then_some(at)
        };
        parts.iter().map(part).collect::<Option<Vec<usize>>>()
    };
    let primary = indexes.get("PRIMARY").and_then(|parts| of(parts, true));
    let others = indexes.values().filter_map(|parts| of(parts, false));
    primary
        .or_else(|| others.min_by_key(Vec::len))
        .unwrap_or_default()
}
