//! One connection of a file.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::Arc;

use arrow_array::RecordBatch;
use rusqlite::types::Value;
use rusqlite::{Connection, Row, Statement, params_from_iter};

use super::tables::Access;
use super::values::{append, key_text, key_value};
use super::{failure, words};
use crate::column::{Batches, Why};
use crate::error::{DatabaseError, DatabaseErrorKind};
use crate::session::{Failure, Key, Query, Rows, Session};
use crate::table::TableInfo;

/// How many values are given to one statement; SQLite takes up to 32,766.
const VALUES_PER_STATEMENT: usize = 30_000;

/// The values of a key, as SQLite compares them.
type KeyValues = Vec<Value>;

/// A read transaction.
pub(super) struct FileSession {
    connection: Connection,
    access: Arc<BTreeMap<String, Access>>,
    /// How many values go to one statement.
    values_per_statement: usize,
}

impl FileSession {
    pub(super) fn new(
        connection: Connection,
        access: Arc<BTreeMap<String, Access>>,
    ) -> FileSession {
        FileSession {
            connection,
            access,
            values_per_statement: VALUES_PER_STATEMENT,
        }
    }

    fn asking<'a>(&'a self, table: &'a TableInfo) -> Asking<'a> {
        Asking {
            connection: &self.connection,
            table,
            access: self
                .access
                .get(&table.name)
                .expect("every table that is shown has its access"),
        }
    }
}

impl Session for FileSession {
    fn key_at(
        &mut self,
        table: &TableInfo,
        after: Option<&Key>,
        skip: u64,
    ) -> Result<Option<Key>, Failure> {
        let asking = self.asking(table);
        let (condition, mut values) = asking.range(after, None)?;
        let sql = format!("{} LIMIT 1 OFFSET ?", asking.select(&table.key, &condition));
        values.push(Value::Integer(i64::try_from(skip).unwrap_or(i64::MAX)));
        let mut statement = asking.prepare(&sql)?;
        let mut rows = statement
            .query(params_from_iter(values))
            .map_err(|error| asking.failed(&error))?;
        let found = rows.next().map_err(|error| asking.failed(&error))?;
        let Some(row) = found else { return Ok(None) };
        let key = asking.key_of(row);
        key.map(Some).map_err(|(column, why)| {
            let record = match after {
                None => format!("record {}", skip.saturating_add(1)),
                Some(after) => {
                    format!(
                        "record {} after {}",
                        skip.saturating_add(1),
                        after.join(", ")
                    )
                }
            };
            let kind = DatabaseErrorKind::Value {
                table: table.full_name(),
                record,
                column,
                why,
            };
            DatabaseError::new(kind)
                .mend("a table cannot be cut at such a key")
                .into()
        })
    }

    fn count(
        &mut self,
        table: &TableInfo,
        after: Option<&Key>,
        upto: Option<&Key>,
    ) -> Result<u64, Failure> {
        let asking = self.asking(table);
        let (condition, values) = asking.range(after, upto)?;
        let sql = format!("SELECT count(*) FROM {}{condition}", asking.access.from);
        let mut statement = asking.prepare(&sql)?;
        let count = statement.query_row(params_from_iter(values), |row| row.get::<_, i64>(0));
        let count = count.map_err(|error| asking.failed(&error))?;
        Ok(u64::try_from(count).unwrap_or_default())
    }

    fn read(
        &mut self,
        query: &Query,
        give: &mut dyn FnMut(RecordBatch) -> bool,
    ) -> Result<(), Failure> {
        let asking = self.asking(&query.table);
        let mut reading = Reading::new(query, give);
        match &query.rows {
            Rows::Range { after, upto } => {
                let (condition, values) = asking.range(after.as_ref(), upto.as_ref())?;
                reading.take_all(&asking, &condition, values)?;
            }
            Rows::Keys(keys) => {
                let keys = asking.sorted(asking.values_of(keys), self.values_per_statement)?;
                for some in keys {
                    let (condition, values) = asking.among(some);
                    if !reading.take_all(&asking, &condition, values)? {
                        break;
                    }
                }
            }
        }
        reading.end();
        Ok(())
    }
}

/// A table that is asked for something.
struct Asking<'a> {
    connection: &'a Connection,
    table: &'a TableInfo,
    access: &'a Access,
}

impl<'a> Asking<'a> {
    fn failed(&self, error: &rusqlite::Error) -> Failure {
        failure(&format!("reading {}", self.table.full_name()), error)
    }

    fn prepare(&self, sql: &str) -> Result<Statement<'a>, Failure> {
        self.connection
            .prepare(sql)
            .map_err(|error| self.failed(&error))
    }

    /// Some columns of the records of a condition, in the order of the key.
    fn select(&self, columns: &[usize], condition: &str) -> String {
        let columns: Vec<&str> = columns
            .iter()
            .map(|at| self.table.columns[*at].asked.as_str())
            .collect();
        let columns = match columns.is_empty() {
            true => "NULL".to_owned(),
            false => columns.join(", "),
        };
        let Access { from, order } = self.access;
        let order = match order.as_str() {
            "" => String::new(),
            order => format!(" ORDER BY {order}"),
        };
        format!("SELECT {columns} FROM {from}{condition}{order}")
    }

    /// The condition of a range, and its values.
    fn range(
        &self,
        after: Option<&Key>,
        upto: Option<&Key>,
    ) -> Result<(String, Vec<Value>), Failure> {
        let mut condition = String::new();
        let mut values = Vec::new();
        for (key, than) in [(after, ">"), (upto, "<=")] {
            let Some(key) = key else { continue };
            let word = if condition.is_empty() { "WHERE" } else { "AND" };
            condition += &format!(" {word} ({}) {than} ({})", self.access.order, self.marks());
            values.extend(self.value_of(key).ok_or_else(|| self.no_key(key))?);
        }
        Ok((condition, values))
    }

    /// The condition of being among some keys, and its values.
    fn among(&self, keys: Vec<KeyValues>) -> (String, Vec<Value>) {
        let marks = format!("({})", self.marks());
        let marks = vec![marks.as_str(); keys.len()].join(",");
        let condition = format!(" WHERE ({}) IN (VALUES {marks})", self.access.order);
        (condition, keys.into_iter().flatten().collect())
    }

    fn marks(&self) -> String {
        vec!["?"; self.table.key.len()].join(", ")
    }

    fn value_of(&self, key: &Key) -> Option<KeyValues> {
        if key.len() != self.table.key.len() {
            return None;
        }
        let columns = self.table.key.iter().map(|at| &self.table.columns[*at]);
        columns
            .zip(key)
            .map(|(column, text)| key_value(column, text))
            .collect()
    }

    /// The values of some keys, each once; without those that no record can have.
    fn values_of(&self, keys: &[Key]) -> Vec<KeyValues> {
        let keys: BTreeSet<&Key> = keys.iter().collect();
        keys.into_iter()
            .filter_map(|key| self.value_of(key))
            .collect()
    }

    fn no_key(&self, key: &Key) -> Failure {
        let mut why = format!("{:?} is no key", key.join(", "));
        for name in self.table.key_names() {
            let _ = write!(why, " {name}");
        }
        DatabaseError::new(DatabaseErrorKind::Statement {
            what: format!("reading {}", self.table.full_name()),
            why,
        })
        .into()
    }

    /// The text of a key; else the name of its column that has none, and why.
    fn key_of(&self, row: &Row<'_>) -> Result<Key, (String, Why)> {
        let columns = self.table.key.iter().map(|at| &self.table.columns[*at]);
        let texts = columns.enumerate().map(|(place, column)| {
            let value = row.get_ref(place).map_err(|error| words(&error));
            let text = value.and_then(|value| key_text(column, value));
            text.map_err(|why| (column.name.clone(), why))
        });
        texts.collect()
    }

    /// Keys in as many parts as statements are needed, one part behind the other in the order of
    /// the key. More than one part are looked up in the table first: only the database knows the
    /// order of its texts.
    fn sorted(&self, keys: Vec<KeyValues>, values: usize) -> Result<Vec<Vec<KeyValues>>, Failure> {
        let size = (values / self.table.key.len().max(1)).max(1);
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        if keys.len() <= size {
            return Ok(vec![keys]);
        }
        let mut runs = Vec::new();
        for some in keys.chunks(size) {
            runs.push(self.found(some.to_vec())?);
        }
        while runs.len() > 1 {
            let mut merged = Vec::new();
            let mut pairs = runs.into_iter();
            while let Some(left) = pairs.next() {
                merged.push(match pairs.next() {
                    Some(right) => self.merged(left, right)?,
                    None => left,
                });
            }
            runs = merged;
        }
        let found = runs.pop().unwrap_or_default();
        Ok(found.chunks(size).map(<[KeyValues]>::to_vec).collect())
    }

    /// Those of some keys that are there, in the order of the key.
    fn found(&self, keys: Vec<KeyValues>) -> Result<Vec<KeyValues>, Failure> {
        let (condition, values) = self.among(keys);
        let mut statement = self.prepare(&self.select(&self.table.key, &condition))?;
        let width = self.table.key.len();
        let found = statement.query_map(params_from_iter(values), |row| {
            (0..width).map(|place| row.get(place)).collect()
        });
        let found = found.and_then(Iterator::collect);
        found.map_err(|error| self.failed(&error))
    }

    /// Two runs of found keys in one, what is in both once.
    fn merged(
        &self,
        left: Vec<KeyValues>,
        right: Vec<KeyValues>,
    ) -> Result<Vec<KeyValues>, Failure> {
        let Access { from, order } = self.access;
        let marks = self.marks();
        // That the left one is in the table makes its values the column's, collation and all.
        let mut is_behind = self.prepare(&format!(
            "SELECT 1 FROM {from} WHERE ({order}) = ({marks}) AND ({order}) > ({marks})"
        ))?;
        let mut merged = Vec::with_capacity(left.len() + right.len());
        let (mut left, mut right) = (left.into_iter().peekable(), right.into_iter().peekable());
        while let (Some(one), Some(other)) = (left.peek(), right.peek()) {
            if one == other {
                left.next();
                continue;
            }
            let behind = is_behind.exists(params_from_iter(one.iter().chain(other)));
            let next = match behind.map_err(|error| self.failed(&error))? {
                true => right.next(),
                false => left.next(),
            };
            merged.extend(next);
        }
        merged.extend(left.chain(right));
        Ok(merged)
    }
}

/// A read under way.
struct Reading<'a> {
    query: &'a Query,
    batches: Batches,
    nullable: Vec<bool>,
    /// How many records were read.
    rows: u64,
    give: &'a mut dyn FnMut(RecordBatch) -> bool,
    is_wanted: bool,
}

impl<'a> Reading<'a> {
    fn new(query: &'a Query, give: &'a mut dyn FnMut(RecordBatch) -> bool) -> Reading<'a> {
        let schema = query.schema();
        Reading {
            nullable: schema
                .fields()
                .iter()
                .map(|field| field.is_nullable())
                .collect(),
            batches: Batches::new(schema, query.batch_rows),
            query,
            rows: 0,
            give,
            is_wanted: true,
        }
    }

    /// Reads all records of a condition; says whether more are wanted.
    fn take_all(
        &mut self,
        asking: &Asking<'_>,
        condition: &str,
        values: Vec<Value>,
    ) -> Result<bool, Failure> {
        let failed = |error| asking.failed(&error);
        let mut statement = asking.prepare(&asking.select(&self.query.columns, condition))?;
        let mut rows = statement.query(params_from_iter(values)).map_err(failed)?;
        while self.is_wanted
            && let Some(row) = rows.next().map_err(failed)?
        {
            self.take(row)?;
        }
        Ok(self.is_wanted)
    }

    fn take(&mut self, row: &Row<'_>) -> Result<(), Failure> {
        for (place, column) in self.batches.columns.iter_mut().enumerate() {
            let value = row.get_ref(place).map_err(|error| words(&error));
            let appended = value.and_then(|value| match value {
                rusqlite::types::ValueRef::Null if !self.nullable[place] => {
                    Err("it is NULL, although the column is declared NOT NULL".to_owned())
                }
                value => append(column, value),
            });
            appended.map_err(|why| Failure::Value {
                row: self.rows,
                column: place,
                why,
            })?;
        }
        self.rows += 1;
        if let Some(batch) = self.batches.end_row() {
            self.is_wanted = (self.give)(batch);
        }
        Ok(())
    }

    fn end(mut self) {
        // Nothing is left where no more was wanted: that is said when a batch is full.
        if let Some(batch) = self.batches.rest() {
            (self.give)(batch);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tables;
    use super::*;

    /// What SQLite does for each kind of statement, for a table of these columns.
    fn plans(columns: &str) -> String {
        let connection = Connection::open_in_memory().expect("opened");
        let sql = format!("CREATE TABLE t (v TEXT, {columns}");
        connection.execute_batch(&sql).expect("good SQL");
        let tables::Catalogue { tables, access } =
            tables::read(&connection, crate::sqlite::Dates::Typed).expect("read");
        let table = Arc::clone(&tables[0]);
        let session = FileSession::new(connection, Arc::new(access));
        let asking = session.asking(&table);
        let key: Key = table.key.iter().map(|_| "1".to_owned()).collect();
        let keys = vec![asking.value_of(&key).expect("a key"); 2];
        let (after, _) = asking.range(Some(&key), None).expect("a range");
        let (range, _) = asking.range(Some(&key), Some(&key)).expect("a range");
        let (among, _) = asking.among(keys);
        let from = &asking.access.from;
        let plans = [
            asking.select(&[0], ""),
            asking.select(&[0], &after),
            asking.select(&[0], &range),
            format!("SELECT count(*) FROM {from}{after}"),
            asking.select(&[0], &among),
        ];
        let plan = |sql: &String| {
            tables::plan(asking.connection, sql)
                .expect("a plan")
                .replace('\n', "; ")
        };
        plans.iter().map(plan).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn ranges_are_searched_by_the_index_and_never_sorted() {
        let shown = [
            "k INTEGER PRIMARY KEY)",
            "k TEXT PRIMARY KEY)",
            "k TEXT COLLATE NOCASE, l DATE, PRIMARY KEY (l, k)) WITHOUT ROWID",
            "k TEXT NOT NULL, l INT NOT NULL, UNIQUE (l DESC, k DESC))",
        ]
        .map(|columns| {
            let plans = plans(columns);
            let of_ranges = plans.lines().take(4).collect::<Vec<_>>().join("\n");
            assert!(!of_ranges.contains("TEMP B-TREE"), "{columns}: {plans}");
            format!("{columns}\n{plans}")
        });
        insta::assert_snapshot!(shown.join("\n\n"), @"
        k INTEGER PRIMARY KEY)
        SCAN t
        SEARCH t USING INTEGER PRIMARY KEY (rowid>?)
        SEARCH t USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)
        SEARCH t USING INTEGER PRIMARY KEY (rowid>?)
        SEARCH t USING INTEGER PRIMARY KEY (rowid=?); LIST SUBQUERY 2; SCAN 2-ROW VALUES CLAUSE

        k TEXT PRIMARY KEY)
        SCAN t USING INDEX sqlite_autoindex_t_1
        SEARCH t USING INDEX sqlite_autoindex_t_1 (k>?)
        SEARCH t USING INDEX sqlite_autoindex_t_1 (k>? AND k<?)
        SEARCH t USING COVERING INDEX sqlite_autoindex_t_1 (k>?)
        SEARCH t USING INDEX sqlite_autoindex_t_1 (k=?); LIST SUBQUERY 2; SCAN 2-ROW VALUES CLAUSE

        k TEXT COLLATE NOCASE, l DATE, PRIMARY KEY (l, k)) WITHOUT ROWID
        SCAN t
        SEARCH t USING PRIMARY KEY ((l,k)>(?,?))
        SEARCH t USING PRIMARY KEY ((l,k)>(?,?) AND (l,k)<(?,?))
        SEARCH t USING PRIMARY KEY ((l,k)>(?,?))
        SEARCH t USING PRIMARY KEY (l=? AND k=?); LIST SUBQUERY 4; SCAN 2-ROW VALUES CLAUSE; USE TEMP B-TREE FOR ORDER BY

        k TEXT NOT NULL, l INT NOT NULL, UNIQUE (l DESC, k DESC))
        SCAN t USING INDEX sqlite_autoindex_t_1
        SEARCH t USING INDEX sqlite_autoindex_t_1 ((l,k)>(?,?))
        SEARCH t USING INDEX sqlite_autoindex_t_1 ((l,k)>(?,?) AND (l,k)<(?,?))
        SEARCH t USING COVERING INDEX sqlite_autoindex_t_1 ((l,k)>(?,?))
        SEARCH t USING INDEX sqlite_autoindex_t_1 (l=? AND k=?); LIST SUBQUERY 4; SCAN 2-ROW VALUES CLAUSE; USE TEMP B-TREE FOR ORDER BY
        ");
    }
}
