//! Writes a case as a folder: both books, plan, rules and truth.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::book::{Book, Kind, Table};
use crate::plant::Planted;
use crate::truth::Truth;

/// Writes a case; replaces an older one, and nothing else.
///
/// # Errors
/// When the folder holds something else, or cannot be written.
pub(crate) fn write(folder: &Path, book: &Book, planted: &Planted) -> Result<()> {
    make_room(folder)?;
    let (source, target) = (folder.join("source"), folder.join("target"));
    let rules = folder.join("rules");
    for one in [&source, &target, &rules] {
        fs::create_dir_all(one).with_context(|| format!("{} cannot be made", one.display()))?;
    }
    for table in &book.tables {
        write_table(&source, table)?;
    }
    let name = format!("{}.csv", book.target);
    save(&target.join(name), &target_text(book, &planted.target))?;
    for (name, sql) in &book.rules {
        save(&rules.join(name), sql)?;
    }
    save(&folder.join("crossfoot.toml"), &book.plan)?;
    save(&folder.join("truth.jsonl"), &truth_text(&planted.truths)?)
}

fn make_room(folder: &Path) -> Result<()> {
    if !folder.exists() {
        return Ok(());
    }
    let is_empty = fs::read_dir(folder)?.next().is_none();
    if is_empty {
        return Ok(());
    }
    if !folder.join("truth.jsonl").is_file() {
        bail!("{} holds something else than a case", folder.display());
    }
    fs::remove_dir_all(folder).with_context(|| format!("{} cannot be replaced", folder.display()))
}

fn write_table(folder: &Path, table: &Table) -> Result<()> {
    let files = table.files();
    for (at, rows) in files.iter().enumerate() {
        let name = match table.chunks.as_slice() {
            [] => format!("{}.csv", table.name),
            _ => format!("{}-{:03}.csv", table.name, at + 1),
        };
        let mut text = line(table.columns.iter().copied());
        for row in &table.rows[rows.clone()] {
            text.push_str(&line(row.iter().map(String::as_str)));
        }
        save(&folder.join(name), &text)?;
    }
    Ok(())
}

/// The target's file: a surrogate id that nobody compares, then the columns.
fn target_text(book: &Book, records: &[Vec<String>]) -> String {
    let names = book.columns.iter().map(|column| column.name);
    let mut text = line(std::iter::once("posting_no").chain(names));
    for (number, cells) in records.iter().enumerate() {
        let number = (700_000 + number).to_string();
        let columns = book.columns.iter().zip(cells);
        let written: Vec<String> = columns
            .map(|(column, cell)| match column.kind {
                Kind::Instant => cell.trim_end_matches('Z').replace('T', " "),
                _ => cell.clone(),
            })
            .collect();
        let cells = written.iter().map(String::as_str);
        text.push_str(&line(std::iter::once(number.as_str()).chain(cells)));
    }
    text
}

fn truth_text(truths: &[Truth]) -> Result<String> {
    let mut text = String::new();
    for truth in truths {
        text.push_str(&serde_json::to_string(truth).context("a truth is no JSON")?);
        text.push('\n');
    }
    Ok(text)
}

/// One record of a CSV file, quoted where it must be.
fn line<'a>(cells: impl Iterator<Item = &'a str>) -> String {
    let quoted: Vec<String> = cells
        .map(|cell| {
            if cell.contains([',', '"', '\n', '\r']) {
                format!("\"{}\"", cell.replace('"', "\"\""))
            } else {
                cell.to_owned()
            }
        })
        .collect();
    quoted.join(",") + "\n"
}

fn save(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text).with_context(|| format!("{} cannot be written", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_field_may_not_hold_bare_is_quoted() {
        let cells = ["plain", "1,234.00", "a \"b\"", "two\nlines", ""];
        let expected = "plain,\"1,234.00\",\"a \"\"b\"\"\",\"two\nlines\",\n";
        assert_eq!(line(cells.into_iter()), expected);
    }
}
