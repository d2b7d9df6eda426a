//! A whole book in memory, as fields of text.

use std::convert::Infallible;

use ruixin_history::{Desk, History, Sealed, Table};

/// Is a record as a CSV file holds it.
pub(crate) type Fields = Vec<Option<String>>;

#[derive(Debug, Default)]
pub(crate) struct Book {
    pub(crate) tables: [Vec<Fields>; 4],
}

struct Collector<'a> {
    history: &'a History,
    book: Book,
}

impl Desk for Collector<'_> {
    type Error = Infallible;

    fn take<R: Sealed>(&mut self, record: &R) -> Result<(), Infallible> {
        let fields = self.history.fields(record);
        self.book.tables[R::TABLE as usize].push(fields);
        Ok(())
    }
}

impl Book {
    pub(crate) fn of(history: &History) -> Self {
        let book = Self::default();
        let mut collector = Collector { history, book };
        for shard in 0..history.shards() {
            let Ok(()) = history.shard(shard, &mut collector);
        }
        collector.book
    }

    pub(crate) fn table(&self, table: Table) -> &[Fields] {
        &self.tables[table as usize]
    }
}

/// The field of a column; empty where there is nothing.
pub(crate) fn field<'a>(table: Table, record: &'a Fields, column: &str) -> &'a str {
    let mut columns = table.columns().iter();
    let at = columns.position(|one| one.name == column).unwrap();
    record[at].as_deref().unwrap_or("")
}

/// An amount in fen; nothing is nought.
pub(crate) fn fen(table: Table, record: &Fields, column: &str) -> i64 {
    let text = field(table, record, column).replace('.', "");
    if text.is_empty() {
        0
    } else {
        text.parse().unwrap()
    }
}
