//! A generated history as a folder of CSV, records of it that are damaged and sealed again, and books
//! in a store held against the seed that they began with.

use std::fs;
use std::path::{Path, PathBuf};

use ruixin_history::{Auditor, ColumnKind, Field, Format, History, Table};
use ruixin_pay::Books;
use ruixin_service::store::Row;

pub const SEED: u64 = 13;

/// Writes a history into a folder.
pub fn write(folder: &Path, records: u64) {
    let history = History::new(SEED, records).expect("a size");
    history
        .write(folder, Format::Csv, 2, &|_| {})
        .expect("written");
}

/// Copies a folder, so that one history serves many damages.
pub fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let to = to.join(entry.file_name());
        match entry.path().is_dir() {
            true => copy(&entry.path(), &to),
            false => drop(fs::copy(entry.path(), to).expect("copied")),
        }
    }
}

/// Is a file of a history, line by line. Only lines without quotes are changed.
pub struct File {
    path: PathBuf,
    pub lines: Vec<String>,
}

impl File {
    pub fn open(folder: &Path, name: &str) -> File {
        let path = folder.join(name);
        let text = fs::read_to_string(&path).expect("a file");
        let lines = text.lines().map(str::to_owned).collect();
        File { path, lines }
    }

    /// The place of the first record of which something holds.
    pub fn find(&self, table: Table, holds: impl Fn(&[&str]) -> bool) -> usize {
        let columns = table.columns().len();
        let fits = |line: &String| {
            let fields: Vec<&str> = line.split(',').collect();
            !line.contains('"') && fields.len() == columns && holds(&fields)
        };
        let at = self.lines.iter().skip(1).position(fits);
        at.expect("such a record") + 1
    }

    /// Changes a field, and makes the check code right again.
    pub fn change(&mut self, table: Table, at: usize, column: &str, to: &str) {
        let mut fields: Vec<String> = self.lines[at].split(',').map(str::to_owned).collect();
        let place = table.columns().iter().position(|one| one.name == column);
        fields[place.expect("a column")] = to.to_owned();
        let (last, rest) = fields.split_last_mut().expect("fields");
        let kinds = table.columns().iter().map(|column| column.kind);
        let sealed: Vec<Field> = rest
            .iter()
            .zip(kinds)
            .map(|(field, kind)| match kind {
                _ if field.is_empty() => Field::Nothing,
                ColumnKind::Money => Field::Number(field.replace('.', "").parse().expect("fen")),
                ColumnKind::Number => Field::Number(field.parse().expect("a number")),
                _ => Field::Text(field),
            })
            .collect();
        let code = Auditor::new(SEED).check_code(table, sealed.into_iter());
        *last = code.expect("a code").to_string();
        self.lines[at] = fields.join(",");
    }

    pub fn field(&self, table: Table, at: usize, column: &str) -> String {
        let place = table.columns().iter().position(|one| one.name == column);
        let field = self.lines[at].split(',').nth(place.expect("a column"));
        field.expect("a field").to_owned()
    }

    pub fn save(&self) {
        fs::write(&self.path, self.lines.join("\n") + "\n").expect("written");
    }
}

/// All rows of a table, as a CSV file of the history would hold them.
pub async fn rows(books: &Books, table: Table) -> Vec<Vec<Option<String>>> {
    let list: Vec<String> = table
        .columns()
        .iter()
        .map(|column| match column.kind {
            ColumnKind::Money => format!("fen:{}", column.name),
            ColumnKind::Time => format!("clock:{}", column.name),
            ColumnKind::Date => format!("date:{}", column.name),
            _ => column.name.to_owned(),
        })
        .collect();
    let by = table.columns()[0].name;
    let sql = format!(
        "SELECT {} FROM {} ORDER BY {by}",
        list.join(", "),
        table.name()
    );
    let sql: &'static str = sql.leak();
    let rows = books
        .store()
        .read(async move |tx| tx.rows(sql, vec![]).await)
        .await
        .expect("rows");
    let written = |row: &Row| {
        let columns = table.columns().iter().enumerate();
        columns
            .map(|(at, column)| match column.kind {
                ColumnKind::Money => row.maybe_int(at).expect("fen").map(yuan),
                ColumnKind::Number => row
                    .maybe_int(at)
                    .expect("a number")
                    .map(|one| one.to_string()),
                _ => row.maybe_text(at).expect("text").map(str::to_owned),
            })
            .collect()
    };
    rows.iter().map(written).collect()
}

pub fn yuan(fen: i64) -> String {
    let sign = if fen < 0 { "-" } else { "" };
    format!("{sign}{}.{:02}", fen.abs() / 100, fen.abs() % 100)
}

/// Every row of the four tables has the check code that the seed of the history gives it.
pub async fn is_sealed(books: &Books) {
    let auditor = Auditor::new(SEED);
    for table in Table::ALL {
        for row in rows(books, table).await {
            let fields: Vec<Option<&str>> = row.iter().map(Option::as_deref).collect();
            assert!(auditor.audit(table, &fields), "{}: {row:?}", table.name());
        }
    }
}
