//! Writes the text of a plan, with comments that say why it is so.

use std::collections::BTreeMap;

use books::TableSpec;
use toml_edit::{Array, ArrayOfTables, DocumentMut, InlineTable, Item, Table, Value};

use super::words::TABLE;

/// A plan to be written.
///
/// Notes go behind the values that they explain: `notes["key"]` of an agreement becomes the
/// comment on its `key` line.
#[derive(Clone, Debug, Default)]
pub struct Draft {
    /// Lines of comment above everything.
    pub preface: String,
    /// See [`super::Plan::name`].
    pub name: String,
    /// See [`super::Plan::timezone`].
    pub timezone: Option<String>,
    /// See [`super::Plan::currency`]: a code of ISO 4217.
    pub currency: Option<String>,
    /// The old books.
    pub source: DraftBook,
    /// The new books.
    pub target: DraftBook,
    /// What is compared.
    pub agreements: Vec<DraftAgreement>,
    /// The checks over totals.
    pub controls: Vec<DraftControl>,
    /// Comments on `name`, `timezone` and `currency`, by key.
    pub notes: BTreeMap<String, String>,
}

/// A book of a [`Draft`].
#[derive(Clone, Debug, Default)]
pub struct DraftBook {
    /// A folder, a file or a glob, relative to the plan's folder.
    pub url: String,
    /// Words about single tables.
    pub tables: BTreeMap<String, TableSpec>,
    /// Comments, by key.
    pub notes: BTreeMap<String, String>,
}

/// An agreement of a [`Draft`].
#[derive(Clone, Debug, Default)]
pub struct DraftAgreement {
    /// Lines of comment above `[[agreement]]`.
    pub preface: String,
    /// What reports call it.
    pub name: String,
    /// A file of SQL, SQL, or the name of a source table.
    pub rule: String,
    /// The name of a target table, a file of SQL, or SQL.
    pub target: String,
    /// The columns that tell records apart.
    pub key: Vec<String>,
    /// The columns that hold amounts.
    pub money: Vec<String>,
    /// The columns along which totals are crossed.
    pub foot: Vec<String>,
    /// The column that holds the currency's code.
    pub currency: Option<String>,
    /// The source table, and its columns with the record's columns that hold their values.
    pub origin: Option<(String, BTreeMap<String, String>)>,
    /// SQL conditions on a source record.
    pub require: Vec<String>,
    /// Columns that are not compared.
    pub ignore: Vec<String>,
    /// Comments, by key.
    pub notes: BTreeMap<String, String>,
}

/// A control of a [`Draft`].
#[derive(Clone, Debug, Default)]
pub struct DraftControl {
    /// What reports call it.
    pub name: String,
    /// SQL whose column `difference` must be zero; or else both of the others.
    pub sql: Option<String>,
    /// The rows that must come out.
    pub expected: Option<String>,
    /// The rows that do come out.
    pub actual: Option<String>,
    /// Comments, by key.
    pub notes: BTreeMap<String, String>,
}

/// Writes a plan as TOML. [`super::parse`] reads back what was written, if the draft is a sound
/// plan; a draft that is not gives a text whose mistakes `parse` says.
pub fn write(draft: &Draft) -> String {
    let mut document = DocumentMut::new();
    let top = document.as_table_mut();
    let mut page = Page {
        table: top,
        notes: &draft.notes,
    };
    page.text("name", &draft.name);
    page.maybe("timezone", draft.timezone.as_deref());
    page.maybe("currency", draft.currency.as_deref());
    top.insert("source", Item::Table(book(&draft.source)));
    top.insert("target", Item::Table(book(&draft.target)));
    insert_all(top, "agreement", draft.agreements.iter().map(agreement));
    insert_all(top, "control", draft.controls.iter().map(control));
    format!("{}{document}", comment_lines(&draft.preface))
}

/// A table that is being written.
struct Page<'t> {
    table: &'t mut Table,
    notes: &'t BTreeMap<String, String>,
}

impl Page<'_> {
    fn value(&mut self, key: &str, value: impl Into<Value>) {
        let mut value = value.into();
        if let Some(note) = self.notes.get(key) {
            value
                .decor_mut()
                .set_suffix(format!(" # {}", one_line(note)));
        }
        self.table.insert(key, Item::Value(value));
    }

    fn text(&mut self, key: &str, text: &str) {
        self.value(key, text);
    }

    fn maybe(&mut self, key: &str, text: Option<&str>) {
        if let Some(text) = text {
            self.text(key, text);
        }
    }

    fn list(&mut self, key: &str, texts: &[String]) {
        if !texts.is_empty() {
            self.value(key, Array::from_iter(texts));
        }
    }
}

fn insert_all(top: &mut Table, key: &str, tables: impl Iterator<Item = Table>) {
    let tables: ArrayOfTables = tables.collect();
    if !tables.is_empty() {
        top.insert(key, Item::ArrayOfTables(tables));
    }
}

fn book(draft: &DraftBook) -> Table {
    let mut table = spaced("");
    Page {
        table: &mut table,
        notes: &draft.notes,
    }
    .text("url", &draft.url);
    if !draft.tables.is_empty() {
        let mut tables = Table::new();
        tables.set_implicit(true);
        for (name, spec) in &draft.tables {
            tables.insert(name, Item::Table(book_table(spec)));
        }
        table.insert("tables", Item::Table(tables));
    }
    table
}

fn agreement(draft: &DraftAgreement) -> Table {
    let mut table = spaced(&draft.preface);
    let mut page = Page {
        table: &mut table,
        notes: &draft.notes,
    };
    page.text("name", &draft.name);
    page.text("rule", &draft.rule);
    page.text("target", &draft.target);
    page.list("key", &draft.key);
    page.list("money", &draft.money);
    page.list("foot", &draft.foot);
    page.maybe("currency", draft.currency.as_deref());
    if let Some((source_table, on)) = &draft.origin {
        let mut origin = InlineTable::new();
        origin.insert("table", source_table.into());
        let pairs: InlineTable = on.iter().collect();
        origin.insert("on", Value::InlineTable(pairs));
        page.value("origin", origin);
    }
    page.list("require", &draft.require);
    page.list("ignore", &draft.ignore);
    table
}

fn control(draft: &DraftControl) -> Table {
    let mut table = spaced("");
    let mut page = Page {
        table: &mut table,
        notes: &draft.notes,
    };
    page.text("name", &draft.name);
    page.maybe("sql", draft.sql.as_deref());
    page.maybe("expected", draft.expected.as_deref());
    page.maybe("actual", draft.actual.as_deref());
    table
}

/// Writes what differs from the usual about a table's files.
fn book_table(spec: &TableSpec) -> Table {
    let mut table = spaced("");
    let said = toml::Table::try_from(spec).unwrap_or_default();
    let usual = toml::Table::try_from(TableSpec::default()).unwrap_or_default();
    for key in TABLE.keys {
        match said.get(key.name) {
            Some(value) if usual.get(key.name) != Some(value) => {
                table.insert(key.name, item(value));
            }
            _ => {}
        }
    }
    table
}

/// Turns a value into one that can be written; a list of tables becomes `[[…]]` parts.
fn item(value: &toml::Value) -> Item {
    let as_parts = value
        .as_array()
        .filter(|items| !items.is_empty())
        .and_then(|items| {
            let tables = items.iter().map(|item| Some(part(item.as_table()?)));
            tables.collect::<Option<ArrayOfTables>>()
        });
    match as_parts {
        Some(parts) => Item::ArrayOfTables(parts),
        None => Item::Value(inline(value)),
    }
}

fn part(said: &toml::Table) -> Table {
    let mut table = spaced("");
    for (key, value) in said {
        table.insert(key, Item::Value(inline(value)));
    }
    table
}

fn inline(value: &toml::Value) -> Value {
    match value {
        toml::Value::String(text) => text.into(),
        toml::Value::Integer(number) => (*number).into(),
        toml::Value::Float(number) => (*number).into(),
        toml::Value::Boolean(is_on) => (*is_on).into(),
        toml::Value::Datetime(moment) => (*moment).into(),
        toml::Value::Array(items) => Value::Array(items.iter().map(inline).collect()),
        toml::Value::Table(table) => {
            let pairs = table
                .iter()
                .map(|(key, value)| (key.as_str(), inline(value)));
            Value::InlineTable(pairs.collect())
        }
    }
}

/// Starts a table with an empty line and comments above it.
fn spaced(preface: &str) -> Table {
    let mut table = Table::new();
    table
        .decor_mut()
        .set_prefix(format!("\n{}", comment_lines(preface)));
    table
}

/// Makes lines of comment.
fn comment_lines(text: &str) -> String {
    text.lines()
        .map(|line| format!("# {}", one_line(line)).trim_end().to_owned() + "\n")
        .collect()
}

/// Takes out what may not stand in a comment.
fn one_line(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}
