//! A line that was not split into its columns: one record is missing, and another holds its columns
//! in one text.

use std::collections::{BTreeMap, BTreeSet};

use ledger::{BreakKind, CauseStatus, Record};

use super::{Explained, put_first};
use crate::catalogue::CauseId;
use crate::explanation::Says;
use crate::prover::Prover;

/// What stands between columns.
const BETWEEN: &[char] = &[',', ';', '\t', '|'];

/// Different columns that must stand together before it is no chance.
const COLUMNS_MIN: usize = 3;

/// Is a text that may be several columns.
struct Line<'b> {
    /// The break of the extra record that holds it.
    extra: usize,
    /// The column that it stands in.
    name: &'b str,
    parts: Vec<&'b str>,
}

/// Is an extra record that is the line of a missing one.
struct Unsplit {
    missing: usize,
    extra: usize,
    name: String,
    count: usize,
}

/// Finds extra records one of whose texts is several columns of a missing one, side by side. What is
/// proved already, and what is one of a pair, is there under another key and was split.
pub(super) fn find(prover: &Prover, breaks: &mut [Explained], is_paired: &[bool]) {
    if !prover.knows(CauseId::E2) {
        return;
    }
    for found in unsplit(breaks, is_paired) {
        let (name, count) = (found.name, found.count);
        let says = Says {
            en: format!(
                "a line was not split: {name} of one record holds {count} columns of the other"
            ),
            zh: format!("一行未被拆分：一条记录的 {name} 含有另一条的 {count} 列"),
        };
        for at in [found.missing, found.extra] {
            if let Some((_, explanation)) = breaks.get_mut(at) {
                put_first(explanation, CauseId::E2, false, says.clone());
            }
        }
    }
}

/// The extra records that are the line of one missing record, and of no other.
fn unsplit(breaks: &[Explained], is_paired: &[bool]) -> Vec<Unsplit> {
    let is_open = |(at, (_, explanation)): &(usize, &Explained)| {
        explanation.status != CauseStatus::Proved && is_paired.get(*at) != Some(&true)
    };
    let of_kind = |kind: BreakKind| {
        let open = breaks.iter().enumerate().filter(is_open);
        open.filter(move |(_, (found, _))| found.kind == kind)
    };
    let missing = || {
        of_kind(BreakKind::Missing).flat_map(|(at, (found, _))| {
            let records = found.source.iter();
            records.map(move |source| (at, values(&source.fields)))
        })
    };
    let longest = missing().map(|(_, values)| values.len()).max();
    let longest = longest.unwrap_or_default();
    let lines: Vec<Line<'_>> = of_kind(BreakKind::Extra)
        .filter_map(|(at, (found, _))| Some((at, found.actual.as_ref()?)))
        .flat_map(|(at, record)| lines(at, record, longest))
        .collect();
    if lines.is_empty() {
        return Vec::new();
    }
    let mut tree = Tree::default();
    let ends: Vec<usize> = lines.iter().map(|line| tree.add(&line.parts)).collect();
    for (at, values) in missing() {
        for place in 0..values.len() {
            tree.mark(at, values.get(place..).unwrap_or_default());
        }
    }
    // An extra record may hold several texts that may be lines, each of some missing records.
    let mut of_extra: BTreeMap<usize, Vec<(&Line<'_>, &Held)>> = BTreeMap::new();
    for (line, end) in lines.iter().zip(&ends) {
        if let Some(held) = tree.held.get(end) {
            of_extra.entry(line.extra).or_default().push((line, held));
        }
    }
    let sole = |(extra, of_it): (usize, Vec<(&Line<'_>, &Held)>)| {
        let (line, held) = of_it.first()?;
        let is_sole = |(_, other): &(_, &Held)| !other.has_more && other.first == held.first;
        of_it.iter().all(is_sole).then(|| Unsplit {
            missing: held.first,
            extra,
            name: line.name.to_owned(),
            count: line.parts.len(),
        })
    };
    of_extra.into_iter().filter_map(sole).collect()
}

/// The texts of a record that may be columns of a record of at most so many.
fn lines(extra: usize, record: &Record, longest: usize) -> impl Iterator<Item = Line<'_>> {
    let texts = record.0.iter();
    let texts = texts.filter_map(|(name, value)| Some((name.as_str(), value.as_deref()?)));
    texts.flat_map(move |(name, text)| {
        BETWEEN.iter().filter_map(move |sign| {
            let parts = text.split(*sign).map(plain);
            let parts: Vec<&str> = parts.take(longest.saturating_add(1)).collect();
            let is_line = parts.len() <= longest && tells(&parts);
            is_line.then_some(Line { extra, name, parts })
        })
    })
}

/// Says whether parts are no chance: empty columns follow each other in any record, and so do zeros.
fn tells(parts: &[&str]) -> bool {
    let different: BTreeSet<&str> = parts.iter().copied().filter(|it| !it.is_empty()).collect();
    different.len() >= COLUMNS_MIN && parts.first().is_some_and(|first| !first.is_empty())
}

fn values(record: &Record) -> Vec<&str> {
    let values = record.0.iter();
    let values = values.map(|(_, value)| plain(value.as_deref().unwrap_or_default()));
    values.collect()
}

/// A text as it is compared: quotes may have been kept or not.
fn plain(text: &str) -> &str {
    text.trim().trim_matches('"')
}

/// Is the beginnings of lines, each part a step from the one before: however many records begin
/// alike, each is walked along once for each of its columns.
#[derive(Default)]
struct Tree<'b> {
    steps: BTreeMap<(usize, &'b str), usize>,
    /// What holds the line that ends at a place.
    held: BTreeMap<usize, Held>,
    /// The places where a line ends.
    ends: BTreeSet<usize>,
}

/// Is the missing records that hold the parts of a line.
struct Held {
    first: usize,
    has_more: bool,
}

impl<'b> Tree<'b> {
    /// Adds a line; gives the place where it ends.
    fn add(&mut self, parts: &[&'b str]) -> usize {
        let mut place = 0;
        for part in parts {
            let next = self.steps.len().saturating_add(1);
            place = *self.steps.entry((place, *part)).or_insert(next);
        }
        self.ends.insert(place);
        place
    }

    /// Marks all lines that the values of a missing record begin with.
    fn mark(&mut self, missing: usize, values: &[&'b str]) {
        let mut place = 0;
        for value in values {
            let Some(next) = self.steps.get(&(place, *value)) else {
                return;
            };
            place = *next;
            if self.ends.contains(&place) {
                let held = self.held.entry(place).or_insert(Held {
                    first: missing,
                    has_more: false,
                });
                held.has_more |= held.first != missing;
            }
        }
    }
}
