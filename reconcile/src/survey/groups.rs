//! Files that are parts of one table: the same columns, and names that differ in digits alone.

use std::collections::{BTreeMap, BTreeSet};

/// A table that is one file so far.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Part {
    /// The table's name.
    pub(super) table: String,
    /// The file, relative to its book.
    pub(super) file: String,
    /// All that must be the same: the columns and how the file is written.
    pub(super) columns: String,
}

/// Parts that make one table.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Group {
    pub(super) name: String,
    /// Globs that match these files and none of the others.
    pub(super) globs: Vec<String>,
    /// Names of the tables that it takes the place of.
    pub(super) parts: Vec<String>,
}

/// Finds the groups among the tables of a book; `files` are all its files.
pub(super) fn groups(parts: &[Part], files: &BTreeSet<String>) -> Vec<Group> {
    let mut alike: BTreeMap<(String, &str), Vec<&Part>> = BTreeMap::new();
    for part in parts.iter().filter(|part| {
        !part
            .file
            .contains(['*', '?', '[', ']', '{', '}', '!', '\\'])
    }) {
        let shape = runs_of_digits(&part.file, |_| "*".to_owned());
        alike.entry((shape, &part.columns)).or_default().push(part);
    }
    let mut taken: BTreeSet<String> = parts.iter().map(|part| part.table.clone()).collect();
    let mut found = Vec::new();
    for ((shape, _), parts) in alike.into_iter().filter(|(_, parts)| parts.len() > 1) {
        let members: BTreeSet<&str> = parts.iter().map(|part| part.file.as_str()).collect();
        let is_exact = files
            .iter()
            .all(|file| members.contains(file.as_str()) || !is_match(&shape, file));
        let globs = match is_exact {
            true => vec![shape],
            false => exact_globs(&members),
        };
        let name = free_name(&parts, &taken);
        taken.insert(name.clone());
        let parts = parts.iter().map(|part| part.table.clone()).collect();
        found.push(Group { name, globs, parts });
    }
    found
}

fn exact_globs(files: &BTreeSet<&str>) -> Vec<String> {
    let digits = |run: &str| "[0-9]".repeat(run.len());
    let globs: BTreeSet<String> = files
        .iter()
        .map(|file| runs_of_digits(file, digits))
        .collect();
    globs.into_iter().collect()
}

/// The table's name: what the parts' names have besides digits, else the folder's.
fn free_name(parts: &[&Part], taken: &BTreeSet<String>) -> String {
    let own = parts
        .first()
        .map(|part| part.table.as_str())
        .unwrap_or_default();
    let mut name: String = runs_of_digits(own, |_| " ".to_owned())
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty() && *word != "part")
        .collect::<Vec<_>>()
        .join("_");
    if name.is_empty() {
        let folder = parts.first().and_then(|part| part.file.rsplit('/').nth(1));
        name = folder.unwrap_or("records").to_owned();
    }
    let mut free = name.clone();
    let mut number = 1_u32;
    while taken.contains(&free) {
        number += 1;
        free = format!("{name}_{number}");
    }
    free
}

/// Puts something else in the place of each run of digits.
fn runs_of_digits(text: &str, instead: impl Fn(&str) -> String) -> String {
    let mut changed = String::new();
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        let (before, from) = rest.split_at(start);
        let end = from
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(from.len());
        let (run, after) = from.split_at(end);
        changed.push_str(before);
        changed.push_str(&instead(run));
        rest = after;
    }
    changed + rest
}

/// Whether a file's path matches a glob whose only sign is `*`.
fn is_match(glob: &str, path: &str) -> bool {
    let Some((start, rest)) = glob.split_once('*') else {
        return glob == path;
    };
    let Some(path) = path.strip_prefix(start) else {
        return false;
    };
    let ends = path.char_indices().map(|(at, _)| at).chain([path.len()]);
    let within = ends.take_while(|end| path.get(..*end).is_some_and(|part| !part.contains('/')));
    within
        .into_iter()
        .any(|end| path.get(end..).is_some_and(|left| is_match(rest, left)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(files: &[(&str, &str)]) -> Vec<(String, Vec<String>, usize)> {
        let part = |(file, columns): &(&str, &str)| Part {
            table: file
                .rsplit('/')
                .next()
                .unwrap()
                .split('.')
                .next()
                .unwrap()
                .to_owned(),
            file: (*file).to_owned(),
            columns: (*columns).to_owned(),
        };
        let parts: Vec<Part> = files.iter().map(part).collect();
        let files = files.iter().map(|(file, _)| (*file).to_owned()).collect();
        groups(&parts, &files)
            .into_iter()
            .map(|group| (group.name, group.globs, group.parts.len()))
            .collect()
    }

    #[test]
    fn files_that_differ_in_digits_are_one_table() {
        let check = |files: &[(&str, &str)], name: &str, glob: &str, count: usize| {
            assert_eq!(
                found(files),
                [(name.to_owned(), vec![glob.to_owned()], count)]
            );
        };
        check(
            &[
                ("flow-01.csv", "a"),
                ("flow-02.csv", "a"),
                ("user.csv", "b"),
            ],
            "flow",
            "flow-*.csv",
            2,
        );
        check(
            &[("2013-05.csv", "a"), ("2013-06.csv", "a")],
            "records",
            "*-*.csv",
            2,
        );
        check(
            &[("pay/2013.csv", "a"), ("pay/2014.csv", "a")],
            "pay",
            "pay/*.csv",
            2,
        );
        check(
            &[("part-0.parquet", "a"), ("part-1.parquet", "a")],
            "records",
            "part-*.parquet",
            2,
        );
        check(
            &[
                ("flow1.csv", "a"),
                ("flow2.csv", "a"),
                ("flow_old.csv", "a"),
            ],
            "flow",
            "flow[0-9].csv",
            2,
        );
        check(
            &[("flow.csv", "b"), ("flow1.csv", "a"), ("flow2.csv", "a")],
            "flow_2",
            "flow[0-9].csv",
            2,
        );
    }

    #[test]
    fn other_columns_make_another_table() {
        assert_eq!(found(&[("flow-01.csv", "a"), ("flow-02.csv", "b")]), []);
        assert_eq!(found(&[("a/1.csv", "a"), ("b/1.csv", "a")]), []);
    }
}
