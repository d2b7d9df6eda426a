//! Writing into a database: tables made or found, records appended within a transaction, and a
//! small table of documents beside them that is written in the same transaction.

mod fit;
mod limit;
mod values;

use std::fmt;
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::{DataType, Schema};

use crate::address::{Address, Kind};
use crate::database::apart;
use crate::error::{DatabaseError, DatabaseErrorKind};
use crate::load::Throttle;
use crate::session::Failure;
use crate::table::{self, ColumnInfo, TableInfo};
use crate::{mysql, postgres, sqlite};

use self::limit::Limit;

pub use fit::{Destination, Unfit};
pub(crate) use values::{Form, Texts, fitted, misfit, put_hex};

/// How the names of the tables begin that a conversion keeps for itself; books do not show them.
pub(crate) const OWN: &str = "crossfoot_convert";

/// One connection that writes. It blocks: it is used on threads of its own.
pub(crate) trait WriteSession: Send {
    /// What it is, such as `PostgreSQL 15.14`.
    fn product(&self) -> String;

    /// Runs a statement without an answer; `what` names it in an error.
    fn execute(&mut self, what: &str, sql: &str) -> Result<(), Failure>;

    /// The rows of an answer, as text.
    fn rows(&mut self, what: &str, sql: &str) -> Result<Vec<Vec<String>>, Failure>;

    /// The tables, as a reader sees them.
    fn tables(&mut self) -> Result<Vec<Arc<TableInfo>>, Failure>;

    /// Whether a table of this name, found by [`tables`](Self::tables), keeps to transactions.
    fn can_be_written(&self, table: &str) -> Result<(), Failure> {
        let _ = table;
        Ok(())
    }

    /// Refuses a name that something has which [`tables`](Self::tables) does not show: no table
    /// could be given it.
    fn ensure_free(&mut self, name: &str) -> Result<(), Failure>;

    /// Whether all records of a table can be taken out at once, and not only one by one.
    fn can_be_truncated(&mut self, table: &str) -> Result<bool, Failure>;

    /// Takes the lock that only one conversion has; `false` where another one has it.
    fn hold(&mut self) -> Result<bool, Failure>;

    /// Appends records until `next` gives none; gives how many they were.
    fn append(
        &mut self,
        into: &Destination,
        next: &mut dyn FnMut() -> Option<RecordBatch>,
    ) -> Result<u64, Failure>;
}

/// How a kind of database writes what the others write otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Dialect {
    Postgres {
        schema: String,
    },
    Mysql {
        /// It compares texts byte by byte, trailing blanks too where it can.
        collation: String,
        /// Whether two names are one where capital and small letters alone tell them apart.
        folds_names: bool,
    },
    Sqlite,
}

impl Dialect {
    pub(crate) fn quoted(&self, name: &str) -> String {
        match self {
            Dialect::Mysql { .. } => mysql::quoted(name),
            Dialect::Postgres { .. } | Dialect::Sqlite => table::quoted(name),
        }
    }

    /// A table's name, with its schema.
    pub(crate) fn table(&self, name: &str) -> String {
        match self {
            Dialect::Postgres { schema } => {
                format!("{}.{}", table::quoted(schema), table::quoted(name))
            }
            Dialect::Mysql { .. } => mysql::quoted(name),
            Dialect::Sqlite => format!("main.{}", table::quoted(name)),
        }
    }

    /// Whether two names are those of one table.
    fn is_same_name(&self, one: &str, other: &str) -> bool {
        match self {
            Dialect::Mysql {
                folds_names: true, ..
            } => one.to_lowercase() == other.to_lowercase(),
            Dialect::Postgres { .. } | Dialect::Mysql { .. } => one == other,
            Dialect::Sqlite => one.eq_ignore_ascii_case(other),
        }
    }

    fn whole_number(&self) -> &'static str {
        match self {
            Dialect::Postgres { .. } | Dialect::Mysql { .. } => "bigint",
            Dialect::Sqlite => "INTEGER",
        }
    }

    fn text(&self) -> String {
        match self {
            Dialect::Postgres { .. } | Dialect::Sqlite => "text".to_owned(),
            Dialect::Mysql { collation, .. } => {
                format!("longtext CHARACTER SET utf8mb4 COLLATE {collation} NULL")
            }
        }
    }

    /// The type in which a column of entries keeps the values of another column, which here may be
    /// NULL: its own, where that keeps every value as it is; else one that does, and is read alike.
    fn of_entries(&self, column: &ColumnInfo) -> String {
        match Limit::of(self, &column.declared, &column.data_type) {
            Ok(_) => self.nullable(&column.declared),
            Err(_) => match column.data_type {
                DataType::Float32 => self.nullable("float"),
                DataType::Float64 => self.nullable("double"),
                _ => self.text(),
            },
        }
    }

    /// A column's type as it is declared, of values that may be NULL.
    fn nullable(&self, declared: &str) -> String {
        let collation = match self {
            Dialect::Mysql { collation, .. } => collation,
            Dialect::Sqlite => return declared.to_owned(),
            Dialect::Postgres { .. } => {
                return match declared.strip_prefix("enum ") {
                    Some(name) => name.to_owned(),
                    // Its extension may lie in a schema that is not searched.
                    None if declared == "citext" => self.text(),
                    None => declared.to_owned(),
                };
            }
        };
        let kind = declared.split(['(', ' ']).next().unwrap_or_default();
        let has_letters = [
            "char",
            "varchar",
            "tinytext",
            "text",
            "mediumtext",
            "longtext",
            "enum",
            "set",
        ]
        .iter()
        .any(|one| kind.eq_ignore_ascii_case(one));
        match has_letters {
            true => format!("{declared} CHARACTER SET utf8mb4 COLLATE {collation} NULL"),
            false => format!("{declared} NULL"),
        }
    }

    /// How long a name may be, in bytes: PostgreSQL cuts a longer one off without a word.
    fn name_bytes_max(&self) -> Option<usize> {
        match self {
            Dialect::Postgres { .. } => Some(63),
            Dialect::Mysql { .. } => Some(64),
            Dialect::Sqlite => None,
        }
    }

    fn columns(&self, names: &[String]) -> String {
        let quoted: Vec<String> = names.iter().map(|name| self.quoted(name)).collect();
        quoted.join(", ")
    }
}

/// A text as SQL; in every session only quotes are special.
pub(crate) fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// The error of a name that no table can be given: something else has it.
pub(crate) fn taken(name: &str, by: &str) -> Failure {
    let kind = DatabaseErrorKind::Statement {
        what: format!("writing {name}"),
        why: format!("its name is taken by {by}"),
    };
    DatabaseError::new(kind)
        .mend("give the table another name, or take that away")
        .into()
}

/// Is a connection to a database that is written to.
///
/// Whatever is done between [`begin`](Self::begin) and [`commit`](Self::commit) is there as a
/// whole or not at all, whoever is killed meanwhile. The database alone says which, so after a
/// connection that is lost in a commit it must be asked: [`get`](Self::get).
pub struct Writer {
    shown: String,
    dialect: Dialect,
    session: Box<dyn WriteSession>,
    throttle: Option<Throttle>,
}

impl fmt::Debug for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Writer({}, {})", self.shown, self.product())
    }
}

impl Writer {
    /// Connects. The file of a SQLite database is made where there is none.
    ///
    /// # Errors
    /// When the server cannot be reached or lets nobody in, or the connection cannot be secured.
    pub fn open(address: &Address) -> Result<Writer, DatabaseError> {
        apart(|| {
            let password = address.password()?;
            let secret = password.as_deref();
            let opened = match &address.kind {
                Kind::Postgres(server) => postgres::write::open(server, secret),
                Kind::Mysql(server) => mysql::write::open(server, secret),
                Kind::Sqlite(path, dates) => sqlite::write::open(path, *dates),
            };
            let opened = opened.and_then(|opened| {
                address.gauge(secret)?;
                Ok(opened)
            });
            let (dialect, session) =
                opened.map_err(|error| error.without(secret.unwrap_or_default()))?;
            Ok(Writer {
                throttle: address.throttle.clone(),
                shown: address.to_string(),
                dialect,
                session,
            })
        })
    }

    /// Connects, but makes nothing: there is no writer where there is no file.
    ///
    /// # Errors
    /// See [`open`](Self::open).
    pub fn find(address: &Address) -> Result<Option<Writer>, DatabaseError> {
        match &address.kind {
            Kind::Sqlite(path, _) if matches!(path.try_exists(), Ok(false)) => Ok(None),
            _ => Writer::open(address).map(Some),
        }
    }

    /// Whether a table of this name would be taken for one that a conversion keeps for itself,
    /// which no book shows.
    pub fn is_own(table: &str) -> bool {
        let beginning = table.get(..OWN.len());
        beginning.is_some_and(|beginning| beginning.eq_ignore_ascii_case(OWN))
    }

    /// Whether the database takes two names for those of one table.
    pub fn is_same_table(&self, one: &str, other: &str) -> bool {
        self.dialect.is_same_name(one, other)
    }

    /// How many bytes the name of a table may have, where there is a limit.
    pub fn name_bytes_max(&self) -> Option<usize> {
        self.dialect.name_bytes_max()
    }

    /// Returns what it is, such as `PostgreSQL 15.14`.
    pub fn product(&self) -> String {
        self.session.product()
    }

    /// Whether tables are made and renamed within a transaction, too.
    pub fn has_transactional_tables(&self) -> bool {
        !matches!(self.dialect, Dialect::Mysql { .. })
    }

    /// How many connections may write side by side, where the database sets a limit.
    pub fn writers_max(address: &Address) -> Option<usize> {
        matches!(address.kind, Kind::Sqlite(..)).then_some(1)
    }

    fn work<T: Send>(
        &mut self,
        work: impl FnOnce(&mut dyn WriteSession, &Dialect) -> Result<T, Failure> + Send,
    ) -> Result<T, DatabaseError> {
        let Writer {
            dialect, session, ..
        } = self;
        apart(|| work(&mut **session, dialect).map_err(told))
    }

    fn execute(&mut self, what: &str, sql: &str) -> Result<(), DatabaseError> {
        self.work(|session, _| session.execute(what, sql))
    }

    /// Takes the lock that one conversion at a time has of this database, for as long as this
    /// connection lasts; `false` where another one has it.
    ///
    /// # Errors
    /// When the connection is lost, or the server says no; so with all that follows.
    pub fn hold(&mut self) -> Result<bool, DatabaseError> {
        self.work(|session, _| session.hold())
    }

    /// The tables of this name: none, or one; its columns as a reader sees them.
    ///
    /// # Errors
    /// Also when there is one that cannot be written to, or something else that has its name.
    pub fn table(&mut self, name: &str) -> Result<Option<Arc<TableInfo>>, DatabaseError> {
        self.work(|session, dialect| {
            let mut tables = session.tables()?.into_iter();
            let found = tables.find(|table| dialect.is_same_name(&table.name, name));
            match &found {
                Some(found) => session.can_be_written(&found.name)?,
                None => session.ensure_free(name)?,
            }
            Ok(found)
        })
    }

    /// Counts the records of a table.
    pub fn count(&mut self, table: &str) -> Result<u64, DatabaseError> {
        let what = format!("counting {table}");
        let rows = self.work(|session, dialect| {
            let sql = format!("SELECT count(*) FROM {}", dialect.table(table));
            session.rows(&what, &sql)
        })?;
        let count = rows
            .first()
            .and_then(|row| row.first())
            .and_then(|count| count.parse().ok());
        count.ok_or_else(|| {
            let why = "the server gives no number".to_owned();
            DatabaseError::new(DatabaseErrorKind::Statement { what, why })
        })
    }

    /// Whether a table holds no record.
    pub fn is_empty(&mut self, table: &str) -> Result<bool, DatabaseError> {
        let what = format!("looking into {table}");
        let rows = self.work(|session, dialect| {
            let sql = format!("SELECT 1 FROM {} LIMIT 1", dialect.table(table));
            session.rows(&what, &sql)
        })?;
        Ok(rows.is_empty())
    }

    /// How records of these columns would be kept in a table that is made for them.
    ///
    /// # Errors
    /// Every column that the database has no type for.
    pub fn types(&self, schema: &Schema, key: &[String]) -> Result<Vec<String>, Vec<Unfit>> {
        fit::declared(&self.dialect, schema, key)
    }

    /// Makes a table for records of these columns, `key` without NULL. MySQL keeps records in the
    /// order of the key from the beginning; elsewhere [`finish_table`](Self::finish_table) makes
    /// its index.
    ///
    /// # Errors
    /// Also when the database has no type for a column; see [`types`](Self::types).
    pub fn create(
        &mut self,
        table: &str,
        schema: &Schema,
        key: &[String],
    ) -> Result<(), DatabaseError> {
        let what = format!("making the table {table}");
        let types = self.types(schema, key).map_err(|unfit| {
            let why: Vec<String> = unfit.iter().map(ToString::to_string).collect();
            let why = why.join("; ");
            let what = what.clone();
            DatabaseError::new(DatabaseErrorKind::Statement { what, why })
        })?;
        let dialect = &self.dialect;
        self::short_enough(dialect, table, &what)?;
        let column = |(field, declared): (&Arc<arrow_schema::Field>, &String)| {
            let bound = match key.contains(field.name()) {
                true => " NOT NULL",
                false => match dialect {
                    // Without it, an older server fills a TIMESTAMP in.
                    Dialect::Mysql { .. } => " NULL",
                    _ => "",
                },
            };
            format!("{} {declared}{bound}", dialect.quoted(field.name()))
        };
        let mut parts: Vec<String> = schema.fields().iter().zip(&types).map(column).collect();
        let mut ending = "";
        if let Dialect::Mysql { .. } = dialect {
            if !key.is_empty() {
                parts.push(format!("PRIMARY KEY ({})", dialect.columns(key)));
            }
            ending = " ENGINE = InnoDB";
        }
        let sql = format!(
            "CREATE TABLE {} ({}){ending}",
            dialect.table(table),
            parts.join(", ")
        );
        self.execute(&what, &sql)
    }

    /// Makes a table of entries about the records of another one: a number for its key, the columns
    /// of the other one in their own types, or in others that keep their values as they are, which
    /// here may all be NULL, and some of text.
    ///
    /// # Errors
    /// Also when there is one of its name.
    pub fn create_entries(
        &mut self,
        table: &str,
        about: &TableInfo,
        number: &str,
        texts: &[&str],
    ) -> Result<(), DatabaseError> {
        let what = format!("making the table {table}");
        let dialect = &self.dialect;
        self::short_enough(dialect, table, &what)?;
        let text = dialect.text();
        let mut parts = vec![format!(
            "{} {} NOT NULL PRIMARY KEY",
            dialect.quoted(number),
            dialect.whole_number()
        )];
        parts.extend(about.columns.iter().map(|column| {
            let name = dialect.quoted(&column.name);
            format!("{name} {}", dialect.of_entries(column))
        }));
        parts.extend(
            texts
                .iter()
                .map(|name| format!("{} {text}", dialect.quoted(name))),
        );
        let ending = match dialect {
            Dialect::Mysql { .. } => " ENGINE = InnoDB",
            _ => "",
        };
        let sql = format!(
            "CREATE TABLE {} ({}){ending}",
            dialect.table(table),
            parts.join(", ")
        );
        self.execute(&what, &sql)
    }

    /// Makes the index of a table that was made here, to be called `known_as`, unless it is there.
    ///
    /// # Errors
    /// Also when two records have the same key.
    pub fn finish_table(
        &mut self,
        table: &str,
        known_as: &str,
        key: &[String],
    ) -> Result<(), DatabaseError> {
        let has_key = |found: Arc<TableInfo>| !found.key.is_empty();
        if key.is_empty() || self.table(table)?.is_some_and(has_key) {
            return Ok(());
        }
        let dialect = &self.dialect;
        let columns = dialect.columns(key);
        let sql = match dialect {
            Dialect::Mysql { .. } => return Ok(()),
            Dialect::Postgres { .. } => format!(
                "ALTER TABLE {} ADD CONSTRAINT {} PRIMARY KEY ({columns})",
                dialect.table(table),
                dialect.quoted(&format!("{known_as}_pkey")),
            ),
            Dialect::Sqlite => format!(
                "CREATE UNIQUE INDEX main.{} ON {} ({columns})",
                dialect.quoted(&format!("{known_as}_key")),
                dialect.quoted(table),
            ),
        };
        self.execute(&format!("making the key of {known_as}"), &sql)
    }

    /// Says where each column of some records goes in a table that is there.
    ///
    /// # Errors
    /// Every column that is not there, or is of another kind.
    pub fn destination(
        &self,
        table: &TableInfo,
        schema: &Schema,
    ) -> Result<Destination, Vec<Unfit>> {
        fit::destination(&self.dialect, table, schema)
    }

    /// Renames tables, all or none.
    pub fn rename(&mut self, tables: &[(String, String)]) -> Result<(), DatabaseError> {
        let what = |(_, to): &(String, String)| format!("putting {to} in its place");
        let dialect = &self.dialect;
        let statements: Vec<(String, String)> = match dialect {
            Dialect::Mysql { .. } => {
                let moves: Vec<String> = tables
                    .iter()
                    .map(|(from, to)| format!("{} TO {}", dialect.table(from), dialect.table(to)))
                    .collect();
                let sql = format!("RENAME TABLE {}", moves.join(", "));
                let names: Vec<&str> = tables.iter().map(|(_, to)| to.as_str()).collect();
                match tables {
                    [] => Vec::new(),
                    [one] => vec![(what(one), sql)],
                    _ => vec![(format!("putting {} in their places", names.join(", ")), sql)],
                }
            }
            Dialect::Postgres { .. } | Dialect::Sqlite => tables
                .iter()
                .map(|one| {
                    let (from, to) = (dialect.table(&one.0), dialect.quoted(&one.1));
                    (what(one), format!("ALTER TABLE {from} RENAME TO {to}"))
                })
                .collect(),
        };
        for (what, sql) in statements {
            self.execute(&what, &sql)?;
        }
        Ok(())
    }

    /// Takes a table away, if it is there.
    pub fn remove(&mut self, table: &str) -> Result<(), DatabaseError> {
        let sql = format!("DROP TABLE IF EXISTS {}", self.dialect.table(table));
        self.execute(&format!("taking {table} away"), &sql)
    }

    /// Takes all records out of a table: one by one where a foreign key points to it.
    pub fn clear(&mut self, table: &str) -> Result<(), DatabaseError> {
        let name = self.dialect.table(table);
        let sql = match self.work(|session, _| session.can_be_truncated(table))? {
            true => format!("TRUNCATE TABLE {name}"),
            false => format!("DELETE FROM {name}"),
        };
        self.execute(&format!("emptying {table}"), &sql)
    }

    /// Begins a transaction.
    pub fn begin(&mut self) -> Result<(), DatabaseError> {
        let sql = match self.dialect {
            Dialect::Postgres { .. } => "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE",
            Dialect::Mysql { .. } => "START TRANSACTION READ WRITE",
            Dialect::Sqlite => "BEGIN IMMEDIATE",
        };
        self.execute("beginning to write", sql)
    }

    /// Ends a transaction, and everything done in it is there.
    pub fn commit(&mut self) -> Result<(), DatabaseError> {
        self.execute("committing", "COMMIT")
    }

    /// Ends a transaction, and nothing done in it is there.
    pub fn roll_back(&mut self) -> Result<(), DatabaseError> {
        self.execute("rolling back", "ROLLBACK")
    }

    /// Appends records until `next` gives none; gives how many they were.
    ///
    /// # Errors
    /// Also when a value cannot be kept exactly, or the table refuses a record.
    pub fn append(
        &mut self,
        into: &Destination,
        next: &mut (dyn FnMut() -> Option<RecordBatch> + Send),
    ) -> Result<u64, DatabaseError> {
        let throttle = self.throttle.clone();
        let mut waited = Ok(());
        let mut paced = || {
            let batch = next()?;
            if let Some(throttle) = &throttle {
                waited = throttle.wait();
                throttle.count(batch.num_rows() as u64);
            }
            waited.is_ok().then_some(batch)
        };
        let written = self.work(|session, _| session.append(into, &mut paced))?;
        waited.map(|()| written)
    }

    /// Makes the table of documents, if it is not there.
    pub fn prepare_documents(&mut self) -> Result<(), DatabaseError> {
        let dialect = &self.dialect;
        let name = dialect.table(OWN);
        let columns = match dialect {
            Dialect::Postgres { .. } | Dialect::Sqlite => {
                "name text NOT NULL PRIMARY KEY, body text NOT NULL".to_owned()
            }
            Dialect::Mysql { collation, .. } => format!(
                "name varchar(255) CHARACTER SET utf8mb4 COLLATE {collation} NOT NULL PRIMARY KEY, \
                 body longtext CHARACTER SET utf8mb4 COLLATE {collation} NOT NULL"
            ),
        };
        let ending = match dialect {
            Dialect::Mysql { .. } => " ENGINE = InnoDB",
            _ => "",
        };
        let sql = format!("CREATE TABLE IF NOT EXISTS {name} ({columns}){ending}");
        self.execute(&format!("making the table {OWN}"), &sql)
    }

    /// Takes the table of documents away.
    pub fn remove_documents(&mut self) -> Result<(), DatabaseError> {
        self.remove(OWN)
    }

    /// Whether there is a table of documents.
    pub fn has_documents(&mut self) -> Result<bool, DatabaseError> {
        Ok(self.table(OWN)?.is_some())
    }

    /// Writes a document; there must be none of its name yet.
    pub fn put(&mut self, name: &str, body: &str) -> Result<(), DatabaseError> {
        let sql = format!(
            "INSERT INTO {} (name, body) VALUES ({}, {})",
            self.dialect.table(OWN),
            literal(name),
            literal(body)
        );
        self.execute(&format!("writing {name}"), &sql)
    }

    /// Reads a document.
    pub fn get(&mut self, name: &str) -> Result<Option<String>, DatabaseError> {
        let what = format!("reading {name}");
        let rows = self.work(|session, dialect| {
            let table = dialect.table(OWN);
            let sql = format!("SELECT body FROM {table} WHERE name = {}", literal(name));
            session.rows(&what, &sql)
        })?;
        Ok(rows
            .into_iter()
            .next()
            .and_then(|row| row.into_iter().next()))
    }

    /// Reads all documents whose names begin so, by name.
    pub fn documents(&mut self, beginning: &str) -> Result<Vec<(String, String)>, DatabaseError> {
        let what = format!("reading {beginning}");
        let rows = self.work(|session, dialect| {
            let table = dialect.table(OWN);
            // Not LIKE, in which some characters mean others.
            let sql = format!(
                "SELECT name, body FROM {table} WHERE substr(name, 1, {}) = {}",
                beginning.chars().count(),
                literal(beginning)
            );
            session.rows(&what, &sql)
        })?;
        let mut found: Vec<(String, String)> = rows
            .into_iter()
            .filter_map(|row| {
                let mut values = row.into_iter();
                Some((values.next()?, values.next()?))
            })
            .collect();
        found.sort();
        Ok(found)
    }
}

/// Refuses a name that the database would cut off.
fn short_enough(dialect: &Dialect, name: &str, what: &str) -> Result<(), DatabaseError> {
    match dialect.name_bytes_max() {
        Some(most) if name.len() > most => {
            let why = format!("its name has {} bytes, and may have {most}", name.len());
            let what = what.to_owned();
            Err(
                DatabaseError::new(DatabaseErrorKind::Statement { what, why })
                    .mend("make the table yourself, under its own name, before converting"),
            )
        }
        _ => Ok(()),
    }
}

fn told(failure: Failure) -> DatabaseError {
    match failure {
        Failure::Error(error) => error,
        Failure::Lost(why) | Failure::Value { why, .. } => {
            DatabaseError::new(DatabaseErrorKind::Lost(why))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_as_the_database_does() {
        let mysql = |folds_names| Dialect::Mysql {
            collation: "utf8mb4_bin".to_owned(),
            folds_names,
        };
        let postgres = Dialect::Postgres {
            schema: "public".to_owned(),
        };
        for exact in [postgres, mysql(false)] {
            assert!(exact.is_same_name("Posting", "Posting"), "{exact:?}");
            assert!(!exact.is_same_name("Posting", "posting"), "{exact:?}");
        }
        assert!(mysql(true).is_same_name("BÜCHER", "bücher"));
        // SQLite folds the letters of ASCII only.
        assert!(Dialect::Sqlite.is_same_name("Posting", "posting"));
        assert!(!Dialect::Sqlite.is_same_name("BÜCHER", "bücher"));
    }

    #[test]
    fn entries_keep_a_column_in_its_own_type_or_in_one_that_is_read_alike() {
        let kept = |dialect: &Dialect, declared: &str, data_type: DataType| {
            dialect.of_entries(&ColumnInfo {
                name: "c".to_owned(),
                declared: declared.to_owned(),
                data_type,
                is_nullable: false,
                is_granted: true,
                comment: None,
                asked: "c".to_owned(),
            })
        };
        let postgres = Dialect::Postgres {
            schema: "public".to_owned(),
        };
        for (declared, made) in [
            ("enum pay.mood", "pay.mood"),
            ("character varying(9)", "character varying(9)"),
            ("uuid", "uuid"),
            ("jsonb", "text"),
            ("text[]", "text"),
            ("interval", "text"),
            ("money", "text"),
            ("numeric", "text"),
            ("bit(3)", "text"),
            ("citext", "text"),
        ] {
            assert_eq!(kept(&postgres, declared, DataType::Utf8View), made);
        }
        let numeric = DataType::Decimal128(12, 2);
        assert_eq!(kept(&postgres, "numeric(12,2)", numeric), "numeric(12,2)");
        let mysql = Dialect::Mysql {
            collation: "utf8mb4_bin".to_owned(),
            folds_names: false,
        };
        let letters = "CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL";
        for (declared, made) in [
            ("set('a','b')", format!("longtext {letters}")),
            ("inet6", format!("longtext {letters}")),
            ("varchar(9)", format!("varchar(9) {letters}")),
        ] {
            assert_eq!(kept(&mysql, declared, DataType::Utf8View), made);
        }
        let float = kept(&mysql, "float(7,2)", DataType::Float32);
        assert_eq!(float, "float NULL");
        let double = kept(&mysql, "double(9,3)", DataType::Float64);
        assert_eq!(double, "double NULL");
        assert_eq!(kept(&Dialect::Sqlite, "DATE", DataType::Date32), "DATE");
    }

    #[test]
    fn a_name_of_our_own_is_known_by_its_beginning() {
        for own in [
            "crossfoot_convert",
            "crossfoot_convert_posting",
            "Crossfoot_Converted",
        ] {
            assert!(Writer::is_own(own), "{own}");
        }
        for other in [
            "",
            "posting",
            "crossfoot",
            "my_crossfoot_convert",
            "crossfoot_conver瑞",
        ] {
            assert!(!Writer::is_own(other), "{other}");
        }
    }
}
