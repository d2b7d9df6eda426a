//! PostgreSQL: `COPY … TO STDOUT (FORMAT binary)` out of an exported snapshot.
//!
//! | PostgreSQL | is read as |
//! |---|---|
//! | `smallint`, `integer`, `bigint`, `oid` | `Int16`, `Int32`, `Int64`, `UInt32` |
//! | `numeric(p,s)` of up to 76 digits | `Decimal128(p,s)`, beyond 38 digits `Decimal256(p,s)` |
//! | `numeric` without a precision, or of more digits; `money` | `Utf8View`, every digit |
//! | `real`, `double precision` | `Float32`, `Float64`, bit by bit |
//! | `boolean`, `bytea` | `Boolean`, `BinaryView` |
//! | `date`, `time`, `timestamp`, `timestamptz` | `Date32`, `Time64(µs)`, `Timestamp(µs)`, `Timestamp(µs, UTC)` |
//! | `text`, `varchar`, `name` | `Utf8View` |
//! | `char(n)` | `Utf8View` without its padding, which PostgreSQL does not count either |
//! | anything else: `uuid`, `json`, enums, arrays, intervals, ranges … | `Utf8View`: the text PostgreSQL itself writes |
//!
//! `infinity`, `NaN` in a `numeric(p,s)` and `24:00:00` are in no type of Arrow: the record that
//! holds one is named.

mod catalogue;
mod connect;
mod copy;
pub(crate) mod gauge;
pub(crate) mod spelling;
pub(crate) mod write;

use std::sync::{Arc, Mutex, PoisonError};

use arrow_schema::DataType;
use futures::StreamExt as _;
use tokio_postgres::Error;
use tokio_postgres::error::SqlState;

use crate::address::Server as Place;
use crate::error::{DatabaseError, DatabaseErrorKind};
use crate::session::{
    Dialect, Failure, Joiner, Key, NUMBER, Opened, Query, Rows, Session, count_one_by_one,
};
use crate::spelling::Adding;
use crate::table::{ColumnInfo, TableInfo, quoted};

use self::connect::Link;
use self::copy::Decoder;

/// Records that are taken at a time, as far as they have come: to wait for each by itself costs more
/// than to read it.
const RECORDS: usize = 1_000;

/// Opens a database for reading only; the first connection holds the snapshot for the others.
pub(crate) fn open(
    place: &Place,
    password: Option<&str>,
    sessions: usize,
) -> Result<Opened, DatabaseError> {
    let leader = Link::connect(place, password)?;
    leader.begin(None)?;
    let product = leader.text("SELECT 'PostgreSQL ' || current_setting('server_version')")?;
    let moment = leader.text(
        "SELECT to_char(now(), 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') || ', log at ' || \
         CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() \
         ELSE pg_current_wal_lsn() END",
    )?;
    let exported = leader
        .text("SELECT pg_export_snapshot()")
        .map_err(|error| {
            DatabaseError::new(DatabaseErrorKind::Snapshot {
                sessions,
                why: error.to_string(),
            })
        })?;
    leader.prove()?;
    let encoding = leader.text("SELECT current_setting('server_encoding')")?;
    let tables = catalogue::tables(&leader, &place.schema)?;
    let barred = catalogue::barred(&leader, &place.schema)?;
    if tables.is_empty() {
        ensure_empty(&leader, place, &barred)?;
    }
    let version = product.split('(').next().unwrap_or_default().trim();
    let leader = Leader {
        snapshot: exported,
        place: place.clone(),
        password: password.map(str::to_owned),
        link: Mutex::new(leader),
    };
    let join = |_| Ok(Box::new(leader.join()?) as Box<dyn Session>);
    let joined: Result<Vec<_>, DatabaseError> = (0..sessions).map(join).collect();
    Ok(Opened {
        product: version.to_owned(),
        snapshot: format!("snapshot {}, {moment}", leader.snapshot),
        tables: tables.into_iter().map(Arc::new).collect(),
        barred,
        sessions: joined?,
        dialect: Dialect::Postgres { encoding },
        joiner: Some(Box::new(leader)),
    })
}

/// Tells a schema that holds nothing, as before a conversion, from one in which the user may see
/// nothing.
fn ensure_empty(leader: &Link, place: &Place, barred: &[String]) -> Result<(), DatabaseError> {
    let (schema, database) = (&place.schema, &place.database);
    let (why, mend) = match catalogue::may_use(leader, schema)? {
        Some(true) if barred.is_empty() => return Ok(()),
        None => (
            format!("there is no schema {schema:?} in {database:?}"),
            "name another with `?schema=…`",
        ),
        Some(_) => (
            format!(
                "{} may read no table in the schema {schema:?} of {database:?}",
                place.user
            ),
            "name another with `?schema=…`, or GRANT USAGE on it and SELECT on its tables",
        ),
    };
    let what = "looking for tables".to_owned();
    Err(DatabaseError::new(DatabaseErrorKind::Statement { what, why }).mend(mend))
}

/// The connection that holds the snapshot, and how to open others.
struct Leader {
    snapshot: String,
    place: Place,
    password: Option<String>,
    /// Its transaction is what keeps the snapshot.
    link: Mutex<Link>,
}

impl std::fmt::Debug for Leader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} at {}", self.snapshot, self.place.name())
    }
}

impl Leader {
    /// Another connection that sees the same moment.
    fn join(&self) -> Result<Joined, DatabaseError> {
        let link = Link::connect(&self.place, self.password.as_deref())?;
        link.begin(Some(&self.snapshot))?;
        link.prove()?;
        Ok(Joined { link })
    }
}

impl Joiner for Leader {
    fn another(&self) -> Option<Box<dyn Session>> {
        let leader = self.link.lock().unwrap_or_else(PoisonError::into_inner);
        leader.text("SELECT 'alive'").ok()?;
        let joined = self.join().ok()?;
        Some(Box::new(joined))
    }
}

/// A connection within the snapshot.
struct Joined {
    link: Link,
}

impl Joined {
    /// Makes the transaction usable again after the server said no, and says what it said.
    fn failed(&self, what: &str, error: &Error) -> Failure {
        let failure = failure(what, error);
        if !matches!(failure, Failure::Lost(_)) && self.link.back_to_start().is_err() {
            return Failure::Lost(error.to_string());
        }
        failure
    }
}

impl Joined {
    /// Makes the session free for what is asked next, where nobody wants the rest of an answer: a
    /// long one is called off.
    fn pass_over(&self) -> Result<(), Failure> {
        if self.link.is_soon_free() {
            return Ok(());
        }
        self.link.call_off();
        // Called off too late, it may be this that has failed in the place of the answer.
        let back = self.link.back_to_start();
        let back = back.or_else(|_| self.link.back_to_start());
        back.map_err(|error| Failure::Lost(reason(&error)))
    }
}

impl Session for Joined {
    fn key_at(
        &mut self,
        table: &TableInfo,
        after: Option<&Key>,
        skip: u64,
    ) -> Result<Option<Key>, Failure> {
        let found = format!(
            "FROM {}{}{} LIMIT 1 OFFSET {skip}",
            name_of(table),
            range(table, after, None),
            order(table),
        );
        let key = table.key.iter();
        let columns: Vec<String> = key
            .map(|at| format!("{}::text", quoted(&table.columns[*at].name)))
            .collect();
        let sql = match table.has_places {
            // A server computes what it is asked of the records that it skips, too.
            true => format!(
                "SELECT t.ctid::text, {} FROM (SELECT t.ctid {found}) t",
                heap_of(table)
            ),
            false => format!("SELECT {} {found}", columns.join(", ")),
        };
        let found = self.link.rows(&sql);
        let found =
            found.map_err(|error| self.failed(&format!("cutting {}", table.name), &error))?;
        Ok(found.into_iter().next())
    }

    fn count(
        &mut self,
        table: &TableInfo,
        after: Option<&Key>,
        upto: Option<&Key>,
    ) -> Result<u64, Failure> {
        let sql = format!(
            "SELECT count(*)::text FROM {}{}",
            name_of(table),
            range(table, after, upto)
        );
        let what = format!("counting {}", table.name);
        let found = self
            .link
            .rows(&sql)
            .map_err(|error| self.failed(&what, &error))?;
        let count = found.first().and_then(|row| row.first());
        let count = count.and_then(|count| count.parse().ok());
        count.ok_or_else(|| no_number(&what))
    }

    fn count_up_to(
        &mut self,
        table: &TableInfo,
        after: Option<&Key>,
        keys: &[Key],
    ) -> Result<Vec<u64>, Failure> {
        let (Some(first), true) = (keys.first(), table.has_number_as_key()) else {
            return count_one_by_one(self, table, after, keys);
        };
        let mut counted = self.count(table, after, Some(first))?;
        let mut counts = vec![counted];
        if keys.len() == 1 {
            return Ok(counts);
        }
        let what = format!("counting {}", table.name);
        let found = self.link.values(&gaps(table, keys));
        let found = found.map_err(|error| self.failed(&what, &error))?;
        for row in found {
            let gap = row.into_iter().next().flatten();
            let gap: Option<u64> = gap.and_then(|gap| gap.parse().ok());
            counted += gap.ok_or_else(|| no_number(&what))?;
            counts.push(counted);
        }
        Ok(counts)
    }

    fn read(
        &mut self,
        query: &Query,
        give: &mut dyn FnMut(arrow_array::RecordBatch) -> bool,
    ) -> Result<(), Failure> {
        let table = &*query.table;
        let sql = format!("COPY ({}) TO STDOUT (FORMAT binary)", select(query));
        let mut decoder = Decoder::new(query);
        let what = format!("reading {}", table.full_name());
        let link = &self.link;
        if query.is_paced {
            let unlimited = link.limit_statements(None);
            unlimited.map_err(|error| self.failed(&what, &error))?;
        }
        let read = link.wait(async |client| {
            let stream = link.patiently(client.copy_out(&sql)).await;
            let stream = stream.map_err(Stopped::Server)?;
            let mut stream = std::pin::pin!(stream.ready_chunks(RECORDS));
            while let Some(some) = link.patiently(stream.next()).await {
                for bytes in some {
                    let bytes = bytes.map_err(Stopped::Server)?;
                    if !decoder.take(&bytes, give).map_err(Stopped::Value)? {
                        return Err(Stopped::Unwanted);
                    }
                }
            }
            decoder.finish(give).map_err(Stopped::Value)
        });
        let read = match read {
            Err(Stopped::Unwanted) => {
                self.pass_over()?;
                Ok(())
            }
            // What is wrong with the value is what is told, whatever becomes of the session: if it
            // cannot be used any more, its next user finds it lost.
            Err(Stopped::Value(failure)) => {
                if self.pass_over().is_ok() && query.is_paced {
                    let limited = self.link.limit_statements(Some(self.link.longest()));
                    drop(limited);
                }
                return Err(failure);
            }
            other => other,
        };
        // After an error of the server all is as it was before.
        if query.is_paced && !matches!(read, Err(Stopped::Server(_))) {
            let limited = link.limit_statements(Some(link.longest()));
            limited.map_err(|error| self.failed(&what, &error))?;
        }
        read.map_err(|stopped| match stopped {
            Stopped::Server(error) => self.failed(&what, &error),
            Stopped::Value(failure) => failure,
            Stopped::Unwanted => unreachable!("it was passed over"),
        })
    }

    fn add_up(
        &mut self,
        table: &TableInfo,
        after: Option<&Key>,
        upto: Option<&Key>,
        adding: &Adding,
    ) -> Result<Vec<Vec<Option<String>>>, Failure> {
        let sql = format!(
            "{} {}{}{}",
            adding.head,
            name_of(table),
            range(table, after, upto),
            adding.tail
        );
        let added = self.link.values(&sql);
        added.map_err(|error| self.failed(&format!("adding up {}", table.full_name()), &error))
    }
}

/// The error of a server that was asked how many there are, and gave no number.
fn no_number(what: &str) -> Failure {
    let (what, why) = (what.to_owned(), "the server gives no number".to_owned());
    DatabaseError::new(DatabaseErrorKind::Statement { what, why }).into()
}

/// What ended a read.
enum Stopped {
    Server(Error),
    Value(Failure),
    /// Nobody wants the rest.
    Unwanted,
}

/// What a query asks for.
fn select(query: &Query) -> String {
    let table = &*query.table;
    let columns: Vec<&str> = query
        .columns
        .iter()
        .map(|at| table.columns[*at].asked.as_str())
        .collect();
    let condition = match &query.rows {
        Rows::Range { after, upto } => range(table, after.as_ref(), upto.as_ref()),
        Rows::Keys(keys) => among(table, keys),
    };
    let order = order(table);
    let Some(part) = &query.part else {
        return format!(
            "SELECT {} FROM {}{condition}{order}",
            columns.join(", "),
            name_of(table)
        );
    };
    let chosen = &part.condition;
    if !query.is_numbered {
        let both = match condition.is_empty() {
            true => format!(" WHERE {chosen}"),
            false => format!("{condition} AND {chosen}"),
        };
        return format!(
            "SELECT {} FROM {}{both}{order}",
            columns.join(", "),
            name_of(table)
        );
    }
    // The records are numbered first, and picked out then.
    let needed = query.needed();
    let needed: Vec<String> = needed
        .iter()
        .map(|at| quoted(&table.columns[*at].name))
        .collect();
    let columns: Vec<&str> = columns.into_iter().chain([NUMBER]).collect();
    format!(
        "SELECT {} FROM (SELECT {}, row_number() OVER (ORDER BY {}) AS {NUMBER} FROM {}{condition}) t \
         WHERE {chosen} ORDER BY {NUMBER}",
        columns.join(", "),
        needed.join(", "),
        key_columns(table),
        name_of(table)
    )
}

/// `ORDER BY` the key. By their places records come as they are found.
fn order(table: &TableInfo) -> String {
    match table.key.is_empty() {
        true => String::new(),
        false => format!(" ORDER BY {}", key_columns(table)),
    }
}

/// `WHERE` for what comes behind one key and up to another.
fn range(table: &TableInfo, after: Option<&Key>, upto: Option<&Key>) -> String {
    let side = |sign: &str, key: &Key| match (table.has_places, key.first()) {
        (true, Some(place)) => format!("t.ctid {sign} {}::tid", literal(place)),
        _ => format!("({}) {sign} ({})", key_columns(table), literals(table, key)),
    };
    let mut sides: Vec<String> = after
        .map(|key| side(">", key))
        .into_iter()
        .chain(upto.map(|key| side("<=", key)))
        .collect();
    if let (true, Some([_, heap])) = (table.has_places, after.or(upto).map(Vec::as_slice)) {
        sides.push(format!("{} = {}", heap_of(table), literal(heap)));
    }
    match sides.is_empty() {
        true => String::new(),
        false => format!(" WHERE {}", sides.join(" AND ")),
    }
}

/// The file that a table's records lie in now, whatever the moment: in another one they lie elsewhere,
/// and no place found before means anything.
fn heap_of(table: &TableInfo) -> String {
    let name = literal(&qualified(table));
    format!("pg_catalog.pg_relation_filenode({name}::regclass)::text")
}

/// Counts the records behind each of some keys, up to the next one and with it: keys of one whole
/// number, each by a walk along the index. A server that does not know how near the keys are may think
/// it better to read the whole table each time, and is told not to.
fn gaps(table: &TableInfo, keys: &[Key]) -> String {
    let numbers: Vec<&str> = keys.iter().flatten().map(String::as_str).collect();
    let array = |numbers: &[&str]| literal(&format!("{{{}}}", numbers.join(",")));
    let (key, name) = (key_columns(table), name_of(table));
    format!(
        "SET enable_seqscan = off; SET enable_bitmapscan = off; \
         SELECT (SELECT count(*) FROM {name} WHERE {key} > gap.after AND {key} <= gap.upto)::text \
         FROM unnest({}::int8[], {}::int8[]) WITH ORDINALITY AS gap (after, upto, place) \
         ORDER BY place; \
         RESET enable_seqscan; RESET enable_bitmapscan",
        array(&numbers[..numbers.len().saturating_sub(1)]),
        array(numbers.get(1..).unwrap_or_default()),
    )
}

/// `WHERE` for the records of some keys.
fn among(table: &TableInfo, keys: &[Key]) -> String {
    let values: Vec<String> = keys
        .iter()
        .map(|key| format!("({})", literals(table, key)))
        .collect();
    match values.is_empty() {
        true => " WHERE false".to_owned(),
        false => format!(" WHERE ({}) IN ({})", key_columns(table), values.join(", ")),
    }
}

fn key_columns(table: &TableInfo) -> String {
    // Without the table's name, ORDER BY would mean the column of the answer: the text of the key.
    let names: Vec<String> = table
        .key_names()
        .map(|name| format!("t.{}", quoted(name)))
        .collect();
    names.join(", ")
}

/// The values of a key as SQL, each in the type of its column; whole numbers in one that holds them
/// all, as a domain may refuse what only the other book has.
fn literals(table: &TableInfo, key: &Key) -> String {
    let columns = table.key.iter().map(|at| &table.columns[*at]);
    let value = |(column, value): (&ColumnInfo, &String)| {
        let declared = match &column.data_type {
            DataType::Int16 | DataType::Int32 | DataType::Int64 => "int8",
            _ => &column.declared,
        };
        format!("{}::{declared}", literal(value))
    };
    let values: Vec<String> = columns.zip(key).map(value).collect();
    values.join(", ")
}

/// The table, to be called `t`.
fn name_of(table: &TableInfo) -> String {
    format!("{} t", qualified(table))
}

/// The table's name with its schema.
fn qualified(table: &TableInfo) -> String {
    let schema = table.schema.as_deref().unwrap_or("public");
    format!("{}.{}", quoted(schema), quoted(&table.name))
}

/// A text as SQL; sessions keep `standard_conforming_strings` on, so that only quotes are special.
fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// What an error of the server means for a read.
fn failure(what: &str, error: &Error) -> Failure {
    let Some(said) = error.as_db_error() else {
        return Failure::Lost(reason(error));
    };
    let code = said.code();
    let is_gone = [
        SqlState::ADMIN_SHUTDOWN,
        SqlState::CRASH_SHUTDOWN,
        SqlState::CANNOT_CONNECT_NOW,
        SqlState::DATABASE_DROPPED,
        SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT,
    ]
    .contains(code);
    if is_gone {
        return Failure::Lost(said.message().to_owned());
    }
    let why = format!("{} ({})", said.message(), code.code());
    let what = what.to_owned();
    let error = match *code {
        SqlState::QUERY_CANCELED => DatabaseError::new(DatabaseErrorKind::TimedOut { what, why })
            .mend("say how long it may take with `?statement_timeout=…` in the address"),
        SqlState::LOCK_NOT_AVAILABLE => {
            DatabaseError::new(DatabaseErrorKind::TimedOut { what, why }).mend(
                "end what holds the lock, or wait longer with `?lock_timeout=…` in the address",
            )
        }
        SqlState::INSUFFICIENT_PRIVILEGE if said.routine() == Some("check_enable_rls") => {
            DatabaseError::new(DatabaseErrorKind::Statement { what, why }).mend(
                "its policies would hide records from this user: read as one that has BYPASSRLS, \
                 or that owns the table",
            )
        }
        SqlState::INSUFFICIENT_PRIVILEGE => {
            DatabaseError::new(DatabaseErrorKind::Statement { what, why })
                .mend("GRANT SELECT on it to the user that reads")
        }
        _ => DatabaseError::new(DatabaseErrorKind::Statement { what, why }),
    };
    Failure::Error(error)
}

/// An error without a word of the server, with what is behind it.
fn reason(error: &Error) -> String {
    let mut said = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(behind) = source {
        let more = behind.to_string();
        if !said.contains(&more) {
            said = format!("{said}: {more}");
        }
        source = behind.source();
    }
    said
}
