//! SQL as the plan names it: in a file, written out, or a table's name instead.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;

use super::likeness::nearest;
use super::mistake::Mistake;
use super::reader::Reader;
use super::text::{Placed, SqlText};

/// The most bytes that a plan or a file of SQL may have: they are written by hand.
pub(super) const MOST_BYTES: u64 = 4 << 20;

/// Reads a rule or a target: a file of SQL if it ends in `.sql`, SQL if it begins like a query,
/// else the name of a table.
pub(super) fn read_rule(
    reader: &mut Reader<'_>,
    key: &'static str,
    text: Placed<String>,
) -> Option<SqlText> {
    if is_file(&text) {
        return read_file(reader, text);
    }
    if is_query(&text) {
        return read_query(reader, key, text);
    }
    Some(SqlText::table(text, &reader.text))
}

/// Reads a control's SQL: a file if it ends in `.sql`, else SQL.
pub(super) fn read_query(
    reader: &mut Reader<'_>,
    key: &'static str,
    text: Placed<String>,
) -> Option<SqlText> {
    if is_file(&text) {
        return read_file(reader, text);
    }
    if is_blank(&text) {
        let key = key.to_owned();
        reader.note(Mistake::NoSql { key }, text.place());
        return None;
    }
    Some(SqlText::inline(text, reader.raw, &reader.text))
}

/// Whether a text is the path of a file of SQL: one line that ends in `.sql`.
fn is_file(text: &str) -> bool {
    let ends = text.len().checked_sub(4).and_then(|at| text.get(at..));
    ends.is_some_and(|end| end.eq_ignore_ascii_case(".sql")) && !text.contains('\n')
}

/// Whether a text is SQL and not a table's name: it begins with `SELECT`, `WITH` or a comment.
fn is_query(text: &str) -> bool {
    let start = text.trim_start();
    let word = start.split(|c: char| c.is_whitespace() || matches!(c, '(' | '*' | '\''));
    let first = word.into_iter().next().unwrap_or_default();
    let is_verb = first.eq_ignore_ascii_case("select") || first.eq_ignore_ascii_case("with");
    let is_longer = start.len() > first.len();
    (is_verb && is_longer) || ["--", "/*", "("].iter().any(|mark| start.starts_with(mark))
}

/// Whether SQL is nothing but space, comments and semicolons.
pub(super) fn is_blank(sql: &str) -> bool {
    let mut rest = sql;
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == ';' || c == '\u{feff}');
        rest = if let Some(comment) = rest.strip_prefix("--") {
            comment.split_once('\n').map_or("", |(_, after)| after)
        } else if let Some(comment) = rest.strip_prefix("/*") {
            comment.split_once("*/").map_or("", |(_, after)| after)
        } else {
            return rest.is_empty();
        };
    }
}

fn read_file(reader: &mut Reader<'_>, name: Placed<String>) -> Option<SqlText> {
    match load(reader.folder, &name) {
        Ok(sql) => Some(SqlText::file(name, sql, &reader.text)),
        Err(mistake) => {
            reader.note(mistake, name.place());
            None
        }
    }
}

/// Loads a file of SQL, without its byte-order mark.
fn load(folder: &Path, name: &str) -> Result<String, Mistake> {
    let named = || name.to_owned();
    let path = folder.join(name);
    if path.is_dir() {
        return Err(Mistake::SqlIsFolder { path: named() });
    }
    let bytes = read_bytes(&path).map_err(|error| match error {
        Unread::TooLarge => Mistake::TooLarge {
            path: named(),
            most: MOST_BYTES,
        },
        Unread::Io(error) if error.kind() == ErrorKind::NotFound => Mistake::NoSqlFile {
            path: named(),
            folder: match folder.as_os_str().is_empty() {
                true => "this folder".to_owned(),
                false => folder.display().to_string(),
            },
            like: like_on_disk(folder, name),
        },
        Unread::Io(error) => Mistake::SqlUnreadable {
            path: named(),
            why: error.to_string(),
        },
    })?;
    let text = String::from_utf8(bytes).map_err(|error| {
        let (byte, line, column) = first_wrong_byte(&error);
        let path = named();
        Mistake::SqlNotUtf8 {
            path,
            byte,
            line,
            column,
        }
    })?;
    let sql = text.strip_prefix('\u{feff}').unwrap_or(&text).to_owned();
    match is_blank(&sql) {
        true => Err(Mistake::NoSql { key: named() }),
        false => Ok(sql),
    }
}

/// Why a file was not read.
pub(super) enum Unread {
    /// It has more than [`MOST_BYTES`].
    TooLarge,
    /// The system refused.
    Io(std::io::Error),
}

/// Reads a whole file, unless it is too large to have been written by hand.
pub(super) fn read_bytes(path: &Path) -> Result<Vec<u8>, Unread> {
    let file = File::open(path).map_err(Unread::Io)?;
    let mut bytes = Vec::new();
    let mut limited = file.take(MOST_BYTES.saturating_add(1));
    limited.read_to_end(&mut bytes).map_err(Unread::Io)?;
    let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    match length > MOST_BYTES {
        true => Err(Unread::TooLarge),
        false => Ok(bytes),
    }
}

/// Finds the first byte that is no UTF-8, with its line and column.
fn first_wrong_byte(error: &std::string::FromUtf8Error) -> (u8, usize, usize) {
    let (before, after) = error
        .as_bytes()
        .split_at(error.utf8_error().valid_up_to().min(error.as_bytes().len()));
    let text = String::from_utf8_lossy(before);
    let line = text.matches('\n').count().saturating_add(1);
    let last = text.rsplit('\n').next().unwrap_or_default();
    let column = last.chars().count().saturating_add(1);
    (after.first().copied().unwrap_or_default(), line, column)
}

/// Finds a file of nearly this name in the folder that it should be in.
fn like_on_disk(folder: &Path, name: &str) -> Option<String> {
    let (parent, file) = match name.rsplit_once('/') {
        Some((parent, file)) => (folder.join(parent), file),
        None => (folder.to_owned(), name),
    };
    let parent = match parent.as_os_str().is_empty() {
        true => Path::new("."),
        false => parent.as_path(),
    };
    let mut there: Vec<String> = std::fs::read_dir(parent)
        .ok()?
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|found| is_file(found))
        .collect();
    there.sort();
    let like = nearest(file, there.iter().map(String::as_str))?;
    let start = name.strip_suffix(file).unwrap_or_default();
    Some(format!("{start}{like}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_a_file_a_query_or_a_table() {
        let check = |text: &str, file: bool, query: bool| {
            assert_eq!((is_file(text), is_query(text)), (file, query), "{text}");
        };
        check("posting", false, false);
        check("rules/posting.sql", true, false);
        check("RULES/POSTING.SQL", true, false);
        check("select", false, false);
        check("selected flows", false, false);
        check("with", false, false);
        check("SELECT 1", false, true);
        check("\n  select\n1", false, true);
        check("select*from t", false, true);
        check("with a as (select 1) select * from a", false, true);
        check("-- said so\nSELECT 1", false, true);
        check("(select 1)", false, true);
        check("SELECT 1 -- as in\n-- x.sql", false, true);
        check("分录", false, false);
        check("金.sq", false, false);
        check("", false, false);
    }

    #[test]
    fn comments_alone_are_no_sql() {
        for sql in [
            "",
            " \n;",
            "-- a",
            "/* a */ -- b\n ;",
            "/* open",
            "\u{feff}",
        ] {
            assert!(is_blank(sql), "{sql:?}");
        }
        for sql in ["SELECT 1", "/* a */ x", "-- a\nx", "- -"] {
            assert!(!is_blank(sql), "{sql:?}");
        }
    }
}
