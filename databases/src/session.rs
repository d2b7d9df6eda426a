//! What every kind of database does for us.

use std::fmt::Debug;

use arrow_array::RecordBatch;
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use std::sync::Arc;

use crate::error::{DatabaseError, DatabaseErrorKind};
use crate::spelling::{Adding, Part};
use crate::table::TableInfo;

/// The values of a record's key, as text that the database reads in the key's own types; of a table
/// without a key its place, in the words of its session.
pub type Key = Vec<String>;

/// An open database: what it is, which moment is seen, what lies in it, and its sessions.
pub(crate) struct Opened {
    /// What it is, such as `PostgreSQL 15.14`.
    pub(crate) product: String,
    /// The snapshot all sessions see, in the database's words.
    pub(crate) snapshot: String,
    /// Its tables and views, by name.
    pub(crate) tables: Vec<Arc<TableInfo>>,
    /// The names of those that the user may not read, as far as the server tells.
    pub(crate) barred: Vec<String>,
    pub(crate) sessions: Vec<Box<dyn Session>>,
    /// How its server spells records.
    pub(crate) dialect: Dialect,
    /// What joins the snapshot again; none where it cannot be joined.
    pub(crate) joiner: Option<Box<dyn Joiner>>,
}

/// In which words a server is asked to spell records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Dialect {
    Postgres {
        /// In which the server keeps its texts.
        encoding: String,
    },
    Mysql {
        /// Whether it numbers the records of an answer.
        is_recent: bool,
    },
    Sqlite,
}

/// The name of the column that holds a record's number.
pub(crate) const NUMBER: &str = "crossfoot_number";

/// What opens more sessions of a snapshot.
pub(crate) trait Joiner: Send + Sync + Debug {
    /// Another session of the same snapshot, in place of one that was lost; `None` where that
    /// cannot be.
    fn another(&self) -> Option<Box<dyn Session>>;
}

/// One connection within the snapshot. Sessions block: they are used on threads of their own.
pub(crate) trait Session: Send {
    /// The key of the record that comes `skip` records after the first one behind `after`, in the
    /// order of the key; `None` where the table ends before.
    fn key_at(
        &mut self,
        table: &TableInfo,
        after: Option<&Key>,
        skip: u64,
    ) -> Result<Option<Key>, Failure>;

    /// How many records come behind `after`, up to another key and with it.
    fn count(
        &mut self,
        table: &TableInfo,
        after: Option<&Key>,
        upto: Option<&Key>,
    ) -> Result<u64, Failure>;

    /// How many records come behind `after`, up to each of some keys and with it; the keys come in
    /// their order.
    fn count_up_to(
        &mut self,
        table: &TableInfo,
        after: Option<&Key>,
        keys: &[Key],
    ) -> Result<Vec<u64>, Failure> {
        count_one_by_one(self, table, after, keys)
    }

    /// Reads records in the order of the table's key, or else of their places, and gives them on until
    /// `give` says `false`.
    /// All columns asked for can be read.
    /// Batches are of [`Query::schema`].
    fn read(
        &mut self,
        query: &Query,
        give: &mut dyn FnMut(RecordBatch) -> bool,
    ) -> Result<(), Failure>;

    /// Runs a statement over the records behind one key and up to another, and gives its answer
    /// as text. A database that spells nothing is never asked.
    fn add_up(
        &mut self,
        table: &TableInfo,
        _after: Option<&Key>,
        _upto: Option<&Key>,
        _adding: &Adding,
    ) -> Result<Vec<Vec<Option<String>>>, Failure> {
        let kind = DatabaseErrorKind::Statement {
            what: format!("adding up {}", table.name),
            why: "this kind of database does not".to_owned(),
        };
        Err(DatabaseError::new(kind).into())
    }
}

/// [`Session::count_up_to`] with a question for each key.
pub(crate) fn count_one_by_one<'k, S: Session + ?Sized>(
    session: &mut S,
    table: &TableInfo,
    mut after: Option<&'k Key>,
    keys: &'k [Key],
) -> Result<Vec<u64>, Failure> {
    let mut counts = Vec::with_capacity(keys.len());
    let mut counted = 0;
    for key in keys {
        counted += session.count(table, after, Some(key))?;
        counts.push(counted);
        after = Some(key);
    }
    Ok(counts)
}

/// Which records of a table, and what of them.
#[derive(Debug, Clone)]
pub(crate) struct Query {
    pub(crate) table: Arc<TableInfo>,
    /// Indexes into the table's columns; may be empty, then batches have only a length.
    pub(crate) columns: Vec<usize>,
    pub(crate) rows: Rows,
    /// Of a range only these records.
    pub(crate) part: Option<Arc<Part>>,
    /// Whether the number that a record has in its range comes behind the columns, from 1.
    pub(crate) is_numbered: bool,
    /// Whether its one statement is paused within, for the load's sake: then the server must not
    /// count the time that it takes.
    pub(crate) is_paced: bool,
    pub(crate) batch_rows: usize,
}

/// Which records of a table.
#[derive(Debug, Clone)]
pub(crate) enum Rows {
    /// Those behind a key, up to another one and with it.
    Range {
        after: Option<Key>,
        upto: Option<Key>,
    },
    /// Those of these keys, as far as they are there.
    Keys(Arc<[Key]>),
}

impl Query {
    /// Whether its records come in one order however often they are asked for. Without a key, a table
    /// that is read whole may have been written anew meanwhile, and what the server picks out may come
    /// by another index.
    pub(crate) fn is_ordered(&self) -> bool {
        let is_whole = matches!(
            self.rows,
            Rows::Range {
                after: None,
                upto: None
            }
        );
        let is_placed = self.table.has_places && !is_whole && self.part.is_none();
        !self.table.key.is_empty() || is_placed
    }

    /// The table's columns that the answer and the choice of its records take, each once.
    pub(crate) fn needed(&self) -> Vec<usize> {
        let chosen_by = self.part.iter().flat_map(|part| &part.columns);
        let mut needed: Vec<usize> = self.columns.iter().chain(chosen_by).copied().collect();
        needed.extend(&self.table.key);
        needed.sort_unstable();
        needed.dedup();
        needed
    }

    /// The error of a column that cannot be read, if one is asked for.
    pub(crate) fn unread(&self) -> Option<DatabaseError> {
        let columns = self.columns.iter().map(|at| &self.table.columns[*at]);
        let unread = columns.into_iter().find(|column| !column.is_readable())?;
        let (table, column) = (self.table.full_name(), unread.name.clone());
        Some(match unread.is_granted {
            true => DatabaseError::new(DatabaseErrorKind::Unread {
                table,
                column,
                declared: unread.declared.clone(),
            }),
            false => DatabaseError::new(DatabaseErrorKind::Barred { table, column }).mend(
                "GRANT SELECT on it to the user that reads, or leave it out with `ignore` of the \
                 table",
            ),
        })
    }

    /// The schema of the batches.
    pub(crate) fn schema(&self) -> SchemaRef {
        let field = |at: &usize| {
            let column = &self.table.columns[*at];
            Field::new(&column.name, column.data_type.clone(), column.is_nullable)
        };
        let number = Field::new(NUMBER, DataType::Int64, false);
        let number = self.is_numbered.then_some(number);
        let fields = self.columns.iter().map(field).chain(number);
        Arc::new(Schema::new(fields.collect::<Vec<_>>()))
    }
}

/// Why a session stopped.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The connection is gone; another session may go on.
    Lost(String),
    /// A value of the record of this number among those asked for, from 0, cannot be held.
    Value {
        row: u64,
        /// Index into [`Query::columns`].
        column: usize,
        why: String,
    },
    /// Anything else.
    Error(DatabaseError),
}

impl From<DatabaseError> for Failure {
    fn from(error: DatabaseError) -> Failure {
        Failure::Error(error)
    }
}
