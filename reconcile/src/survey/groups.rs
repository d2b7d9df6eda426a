//! Files that are parts of one table: names that differ in digits alone, and mostly the same
//! columns.

use super::names::{SPELT_ALIKE, is_misspelt, likeness};
use super::say::{list, many};
use books::{FileOverride, TableSpec};
use std::collections::{BTreeMap, BTreeSet};

/// A table that is one file so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Part {
    /// The table's name.
    pub(super) table: String,
    /// The file, relative to its book.
    pub(super) file: String,
    /// The columns, each with its type.
    pub(super) columns: Vec<(String, String)>,
    /// How the file is written.
    pub(super) spec: TableSpec,
}

/// Parts that make one table.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) name: String,
    pub(super) spec: TableSpec,
    /// Names of the tables that it takes the place of.
    pub(super) parts: Vec<String>,
    /// What was taken for what.
    pub(super) said: Vec<String>,
}

/// Finds the groups among the tables of a book; `files` are all its files.
pub(super) fn groups(parts: &[Part], files: &BTreeSet<String>) -> Vec<Group> {
    let signs = ['*', '?', '[', ']', '{', '}', '!', '\\'];
    let mut alike: BTreeMap<String, Vec<&Part>> = BTreeMap::new();
    for part in parts.iter().filter(|part| !part.file.contains(signs)) {
        alike.entry(shape_of(&part.file)).or_default().push(part);
    }
    let mut taken: BTreeSet<String> = parts.iter().map(|part| part.table.clone()).collect();
    let mut found = Vec::new();
    for (shape, mut left) in alike {
        while let Some(base) = most_usual(&left) {
            let (members, others): (Vec<&Part>, Vec<&Part>) =
                left.into_iter().partition(|part| joins(base, part));
            if members.len() > 1 {
                let globs = globs(&shape, &members, files);
                let group = group(free_name(&members, &taken), &members, globs);
                taken.insert(group.name.clone());
                found.push(group);
            }
            left = others;
        }
    }
    found
}

/// The part whose columns most others have too; the first of equals.
fn most_usual<'p>(parts: &[&'p Part]) -> Option<&'p Part> {
    let count = |part: &Part| {
        parts
            .iter()
            .filter(|other| other.columns == part.columns)
            .count()
    };
    let ranked = parts.iter().enumerate();
    let best = ranked.max_by_key(|(at, part)| (count(part), std::cmp::Reverse(*at)));
    best.map(|(_, part)| *part)
}

/// Whether half of the columns of both are the same, but for their spelling.
fn joins(base: &Part, other: &Part) -> bool {
    let same = |(name, data_type): &&(String, String)| {
        let mut alike = base
            .columns
            .iter()
            .filter(|(own, _)| likeness(own, name) >= SPELT_ALIKE);
        alike.any(|(_, own)| own == data_type)
    };
    let clash = |(name, data_type): &(String, String)| {
        base.columns
            .iter()
            .any(|(own, own_type)| own == name && own_type != data_type)
    };
    let shared = other.columns.iter().filter(same).count();
    let is_alike = shared * 2 >= base.columns.len().max(other.columns.len());
    is_alike && base.spec.format == other.spec.format && !other.columns.iter().any(clash)
}

/// Globs that match the members and no other file of the book.
fn globs(shape: &str, members: &[&Part], files: &BTreeSet<String>) -> Vec<String> {
    let is_member = |file: &String| members.iter().any(|part| part.file == *file);
    let is_exact = files
        .iter()
        .all(|file| is_member(file) || !is_match(shape, file));
    match is_exact {
        true => vec![shape.to_owned()],
        false => members.iter().map(|part| part.file.clone()).collect(),
    }
}

fn group(name: String, members: &[&Part], globs: Vec<String>) -> Group {
    let columns = Columns::of(members);
    let specs: Vec<&TableSpec> = members.iter().map(|part| &part.spec).collect();
    let usual = usual_spec(&specs);
    let mut overrides: Vec<FileOverride> = Vec::new();
    for part in members.iter().filter(|part| part.spec != *usual) {
        let other = FileOverride {
            files: Vec::new(),
            ..difference(usual, part)
        };
        match overrides.iter_mut().find(|known| {
            FileOverride {
                files: Vec::new(),
                ..(*known).clone()
            } == other
        }) {
            Some(known) => known.files.push(part.file.clone()),
            None => overrides.push(FileOverride {
                files: vec![part.file.clone()],
                ..other
            }),
        }
    }
    let count = members.len() as u64;
    let shown = match globs.len() {
        1..4 => list(globs.iter().map(String::as_str)),
        _ => format!("{} and {} more", globs[0], globs.len() - 1),
    };
    let mut said = vec![format!(
        "{name}: {} are one table: {shown}",
        many(count, "file")
    )];
    said.extend(columns.says(&name));
    let parts = members.iter().map(|part| part.table.clone()).collect();
    let spec = TableSpec {
        files: globs,
        columns: columns.aliases,
        optional: columns.optional,
        overrides,
        ..usual.clone()
    };
    Group {
        name,
        spec,
        parts,
        said,
    }
}

/// The way most files are written.
fn usual_spec<'s>(specs: &[&'s TableSpec]) -> &'s TableSpec {
    let count = |spec: &TableSpec| specs.iter().filter(|other| **other == spec).count();
    let ranked = specs.iter().enumerate();
    let best = ranked.max_by_key(|(at, spec)| (count(spec), std::cmp::Reverse(*at)));
    best.map(|(_, spec)| *spec).expect("a group has members")
}

/// What is different about one file.
fn difference(usual: &TableSpec, part: &Part) -> FileOverride {
    let own = &part.spec;
    let names = || match own.names.is_empty() {
        true => part.columns.iter().map(|(name, _)| name.clone()).collect(),
        false => own.names.clone(),
    };
    let encoding = || own.encoding.clone().or_else(|| Some("utf-8".to_owned()));
    FileOverride {
        encoding: (own.encoding != usual.encoding).then(encoding).flatten(),
        delimiter: (own.delimiter != usual.delimiter).then(|| own.delimiter.unwrap_or(',')),
        header: (own.header != usual.header).then_some(own.header),
        names: (own.names != usual.names).then(names),
        skip_header: (own.skip_header != usual.skip_header).then_some(own.skip_header),
        skip_blank_lines: (own.skip_blank_lines != usual.skip_blank_lines)
            .then_some(own.skip_blank_lines),
        extra_fields: (own.extra_fields != usual.extra_fields).then_some(own.extra_fields),
        keep_stray_quotes: (own.keep_stray_quotes != usual.keep_stray_quotes)
            .then_some(own.keep_stray_quotes),
        ..FileOverride::default()
    }
}

/// The columns of all parts together.
#[derive(Debug, Default)]
struct Columns {
    /// Other spellings of a column.
    aliases: BTreeMap<String, Vec<String>>,
    /// Columns that some parts lack.
    optional: Vec<String>,
}

impl Columns {
    fn of(members: &[&Part]) -> Columns {
        let names = |part: &Part| -> BTreeSet<String> {
            part.columns.iter().map(|(name, _)| name.clone()).collect()
        };
        let mut known: Vec<String> = Vec::new();
        let mut found = Columns::default();
        let usual = most_usual(members);
        for part in usual.into_iter().chain(members.iter().copied()) {
            for (name, _) in &part.columns {
                let is_known =
                    known.contains(name) || found.other_names().any(|other| other == name);
                if is_known {
                    continue;
                }
                let alike = known.iter().find(|own| {
                    let together =
                        |part: &&Part| names(part).contains(*own) && names(part).contains(name);
                    let is_alike = likeness(own, name) >= SPELT_ALIKE || is_misspelt(own, name);
                    is_alike && !members.iter().any(together)
                });
                match alike.cloned() {
                    Some(own) => found.aliases.entry(own).or_default().push(name.clone()),
                    None => known.push(name.clone()),
                }
            }
        }
        let lacks = |name: &String, part: &&Part| {
            let own = names(part);
            let others = found.aliases.get(name).into_iter().flatten();
            !own.contains(name) && !others.into_iter().any(|other| own.contains(other))
        };
        found.optional = known
            .into_iter()
            .filter(|name| members.iter().any(|part| lacks(name, part)))
            .collect();
        found
    }

    fn other_names(&self) -> impl Iterator<Item = &String> {
        self.aliases.values().flatten()
    }

    fn says(&self, table: &str) -> Vec<String> {
        let spelt = self.aliases.iter().map(|(name, others)| {
            format!(
                "{table}: {} is {name}",
                list(others.iter().map(String::as_str))
            )
        });
        let optional = (!self.optional.is_empty()).then(|| {
            let names = list(self.optional.iter().map(String::as_str));
            format!("{table}: some files lack {names}: NULL there")
        });
        spelt.chain(optional).collect()
    }
}

/// The table's name: what the parts' names have besides digits, else the folder's.
fn free_name(parts: &[&Part], taken: &BTreeSet<String>) -> String {
    let own = parts
        .first()
        .map(|part| part.table.as_str())
        .unwrap_or_default();
    let mut name: String = shape_of(own)
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty() && *word != "part")
        .collect::<Vec<_>>()
        .join("_");
    if name.len() < 2 {
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

/// A name with `*` in the place of each run of digits.
fn shape_of(text: &str) -> String {
    let mut shape = String::new();
    for character in text.chars() {
        match character.is_ascii_digit() {
            true if shape.ends_with('*') => {}
            true => shape.push('*'),
            false => shape.push(character),
        }
    }
    shape
}

/// Whether a file's path matches a glob whose only sign is `*`.
pub(super) fn is_match(glob: &str, path: &str) -> bool {
    let Some((start, rest)) = glob.split_once('*') else {
        return glob == path;
    };
    let Some(path) = path.strip_prefix(start) else {
        return false;
    };
    let ends = path.char_indices().map(|(at, _)| at).chain([path.len()]);
    let mut within =
        ends.take_while(|end| path.get(..*end).is_some_and(|part| !part.contains('/')));
    within.any(|end| path.get(end..).is_some_and(|left| is_match(rest, left)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Files, each with its columns in one text.
    fn found(files: &[(&str, &str)]) -> Vec<Group> {
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
            columns: columns
                .split_whitespace()
                .map(|name| (name.to_owned(), "text".to_owned()))
                .collect(),
            spec: TableSpec::default(),
        };
        let parts: Vec<Part> = files.iter().map(part).collect();
        groups(
            &parts,
            &files.iter().map(|(file, _)| (*file).to_owned()).collect(),
        )
    }

    #[test]
    fn files_that_differ_in_digits_are_one_table() {
        let check = |files: &[(&str, &str)], name: &str, globs: &[&str]| {
            let found = found(files);
            assert_eq!(found.len(), 1, "{files:?}");
            assert_eq!(
                (found[0].name.as_str(), &found[0].spec.files[..]),
                (
                    name,
                    &globs.iter().map(ToString::to_string).collect::<Vec<_>>()[..]
                )
            );
        };
        check(
            &[
                ("flow-01.csv", "a"),
                ("flow-02.csv", "a"),
                ("user.csv", "b"),
            ],
            "flow",
            &["flow-*.csv"],
        );
        check(
            &[("2013-05.csv", "a"), ("2013-06.csv", "a")],
            "records",
            &["*-*.csv"],
        );
        check(
            &[("pay/2013.csv", "a"), ("pay/2014.csv", "a")],
            "pay",
            &["pay/*.csv"],
        );
        check(
            &[("part-0.parquet", "a"), ("part-1.parquet", "a")],
            "records",
            &["part-*.parquet"],
        );
        check(
            &[
                ("flow1.csv", "a"),
                ("flow2.csv", "a"),
                ("flow_old.csv", "a"),
            ],
            "flow",
            &["flow1.csv", "flow2.csv"],
        );
        check(
            &[("flow.csv", "b"), ("flow1.csv", "a"), ("flow2.csv", "a")],
            "flow_2",
            &["flow1.csv", "flow2.csv"],
        );
        check(
            &[("pay1.csv", "a"), ("pay2.csv", "a"), ("pay3.csv", "b")],
            "pay",
            &["pay1.csv", "pay2.csv"],
        );
    }

    #[test]
    fn columns_may_be_spelt_otherwise_or_lack_in_some_files() {
        let found = found(&[
            ("1.csv", "id Net_Amount day"),
            ("2.csv", "id NetAmount"),
            ("3.csv", "id Net_Amount day"),
        ]);
        let spec = &found[0].spec;
        assert_eq!(
            spec.columns,
            BTreeMap::from([("Net_Amount".to_owned(), vec!["NetAmount".to_owned()])])
        );
        assert_eq!(spec.optional, ["day"]);
        assert_eq!(
            found[0].said,
            [
                "records: 3 files are one table: *.csv",
                "records: NetAmount is Net_Amount",
                "records: some files lack day: NULL there"
            ]
        );
    }

    #[test]
    fn other_columns_make_another_table() {
        assert!(found(&[("flow-01.csv", "a"), ("flow-02.csv", "b")]).is_empty());
        assert!(found(&[("a/1.csv", "a"), ("b/1.csv", "a")]).is_empty());
        let two = found(&[
            ("1.csv", "a"),
            ("2.csv", "b"),
            ("3.csv", "a"),
            ("4.csv", "b"),
        ]);
        assert_eq!(
            two.iter()
                .map(|group| group.spec.files.len())
                .collect::<Vec<_>>(),
            [2, 2]
        );
    }
}
