//! What tells the records of two tables apart.

use super::convert::Form;
use super::names;
use super::pairs::Pair;
use super::profile::{Class, Column};
use super::sample::{Measure, Sample, measure, measure_sample};
use super::say::{count, list};

/// A key, as it was measured; or why there is none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Key {
    /// Indexes into the pairs.
    pub(super) pairs: Vec<usize>,
    pub(super) source: Measure,
    pub(super) target: Measure,
    /// Why there is no key.
    pub(super) why_none: String,
}

impl Key {
    fn none(why: impl Into<String>) -> Key {
        Key {
            why_none: why.into(),
            ..Key::default()
        }
    }

    /// Why it is one, in a few words: that a database declares it, or what was measured of the source.
    pub(super) fn says_why(&self, source: &Sample, target: &Sample) -> String {
        match (self.source.is_declared, self.target.is_declared) {
            (true, true) if source.name() != target.name() => {
                format!("the primary key of {} and {}", source.name(), target.name())
            }
            (true, _) => format!("the primary key of {}", source.name()),
            (false, true) => format!("the primary key of {}", target.name()),
            (false, false) => says(self.source),
        }
    }

    /// What was measured of the source, in a few words.
    pub(super) fn says_source(&self) -> String {
        says(self.source)
    }

    /// What was measured of the target.
    pub(super) fn says_target(&self) -> String {
        says(self.target)
    }
}

fn says(measure: Measure) -> String {
    let Measure {
        records,
        distinct,
        gaps,
        is_whole,
        is_declared: _,
    } = measure;
    let of = if is_whole { "" } else { "the first " };
    let gaps = match gaps {
        0 => String::new(),
        gaps => format!(", empty in {}", count(gaps)),
    };
    format!(
        "unique in {} of {of}{}{gaps}",
        count(distinct),
        count(records)
    )
}

/// Columns that are tried together.
const MOST_CANDIDATES: usize = 12;
/// Sets of columns that are measured on all records.
const MOST_MEASURED: usize = 5;

/// Finds the best key: what a database declares; or else the set of columns that costs least and
/// tells all records of the source apart, and most of those of the target, where some may be there
/// twice by fault.
pub(super) fn find(source: &Sample, target: &Sample, pairs: &[Pair], money: &[usize]) -> Key {
    if let Some(key) = declared(source, target, pairs, money) {
        return key;
    }
    if source.records == 0 {
        return Key::none(format!(
            "{} has no records to measure a key on",
            source.name()
        ));
    }
    let candidates = candidates(source, pairs, money);
    let mut sets = sets_of(&candidates);
    sets.sort_by(|(one, first), (other, second)| {
        (one, first.len(), first).cmp(&(other, second.len(), second))
    });
    let mut measured = 0;
    let mut near: Option<Key> = None;
    let mut split: Option<Key> = None;
    for (_, set) in sets {
        if measured == MOST_MEASURED {
            break;
        }
        let columns: Vec<usize> = set.iter().map(|at| pairs[*at].source).collect();
        if !source.is_told_apart_by(&columns) && !is_near_id(source, &columns, near.as_ref()) {
            continue;
        }
        measured += 1;
        let key = measured_key(source, target, pairs, set);
        if !is_mostly_unique(key.target) {
            split = split.or(Some(key));
        } else if key.source.is_key() {
            return key;
        } else if is_nearly_unique(key.source) {
            near = near.or(Some(key));
        }
    }
    near.unwrap_or_else(|| Key::none(why_none(source, target, pairs, split.as_ref())))
}

/// The key that the source's database declares, or else the target's, where all its columns are in
/// both tables and tell the records of the other one apart as well.
fn declared(source: &Sample, target: &Sample, pairs: &[Pair], money: &[usize]) -> Option<Key> {
    let fits = |at: &usize| {
        let pair = &pairs[*at];
        // Numbers that both books gave out for themselves name nothing.
        let is_shared = !(source.is_whole && target.is_whole)
            || pair.shared.is_none_or(|shared| shared.permille() >= 500);
        is_shared && pair.form != Form::Float && !money.contains(at)
    };
    let of = |sample: &Sample, pick: fn(&Pair) -> usize| -> Option<Vec<usize>> {
        let key = sample.table.key();
        let is_called = |at: usize, name: &str| sample.columns[at].name == name;
        let pair = |name: &&str| pairs.iter().position(|pair| is_called(pick(pair), name));
        let set: Option<Vec<usize>> = key.iter().map(pair).collect();
        set.filter(|set| !set.is_empty() && set.iter().all(fits))
    };
    let sets = [
        of(source, |pair| pair.source),
        of(target, |pair| pair.target),
    ];
    let keys = sets
        .into_iter()
        .flatten()
        .map(|set| measured_key(source, target, pairs, set));
    let is_one = |key: &Key| key.source.is_key() || is_nearly_unique(key.source);
    let mut keys = keys.filter(|key| is_one(key) && is_mostly_unique(key.target));
    keys.next()
}

/// Measures the key that is wished for.
pub(super) fn wished(source: &Sample, target: &Sample, pairs: &[Pair], set: Vec<usize>) -> Key {
    measured_key(source, target, pairs, set)
}

fn measured_key(source: &Sample, target: &Sample, pairs: &[Pair], set: Vec<usize>) -> Key {
    let columns = |pick: fn(&Pair) -> usize| -> Vec<usize> {
        set.iter().map(|at| pick(&pairs[*at])).collect()
    };
    Key {
        source: measure(source, &columns(|pair| pair.source)),
        target: measure(target, &columns(|pair| pair.target)),
        pairs: set.clone(),
        why_none: String::new(),
    }
}

/// Pairs that may be in a key, each with what it costs: what names ids costs least.
fn candidates(source: &Sample, pairs: &[Pair], money: &[usize]) -> Vec<(usize, u32)> {
    let mut found: Vec<(usize, u32)> = pairs
        .iter()
        .enumerate()
        .filter(|(at, pair)| !money.contains(at) && pair.form != Form::Float)
        .filter_map(|(at, pair)| Some((at, cost(&source.columns[pair.source])?)))
        .collect();
    found.sort_by_key(|(at, cost)| (*cost, pairs[*at].source));
    found.truncate(MOST_CANDIDATES);
    found
}

/// What it costs to have a column in a key; none where it cannot be.
fn cost(column: &Column) -> Option<u32> {
    let has_gaps = column.nulls + column.blanks > 0 || !column.nothings.is_empty();
    let is_amount = column.is_number() && column.numbers.fractions > 0;
    if has_gaps || is_amount || column.class() == Class::Float {
        return None;
    }
    let shows_time = column.times().any(|times| times.format.has_time);
    let shows_day = column.times().next().is_some();
    Some(match column.class() {
        _ if shows_time => 8,
        Class::Date | Class::Moment { .. } => 9,
        _ if names::is_ordinal(&column.name) => 2,
        _ if names::is_id(&column.name) => 1,
        _ if shows_day => 9,
        _ if column.longest > 40 => 10,
        _ => 6,
    })
}

/// All sets of up to three columns, with what they cost.
fn sets_of(candidates: &[(usize, u32)]) -> Vec<(u32, Vec<usize>)> {
    let mut sets = Vec::new();
    for (one, (first, cost)) in candidates.iter().enumerate() {
        sets.push((*cost, vec![*first]));
        for (two, (second, more)) in candidates.iter().enumerate().skip(one + 1) {
            sets.push((cost + more + 2, vec![*first, *second]));
            for (third, most) in candidates.iter().skip(two + 1) {
                sets.push((cost + more + most + 4, vec![*first, *second, *third]));
            }
        }
    }
    for (_, set) in &mut sets {
        set.sort_unstable();
    }
    sets
}

/// Whether one column is so nearly unique, and named so much like an id, that what is there
/// twice is more likely a fault than a reason for another key.
fn is_near_id(source: &Sample, columns: &[usize], found: Option<&Key>) -> bool {
    let [column] = columns else { return false };
    found.is_none()
        && names::is_id(&source.columns[*column].name)
        && is_nearly_unique(measure_sample(source, columns))
}

fn is_nearly_unique(measure: Measure) -> bool {
    measure.records >= 1000
        && measure.distinct.saturating_mul(1000) >= measure.records.saturating_mul(999)
}

/// Whether most records of the target are told apart.
fn is_mostly_unique(measure: Measure) -> bool {
    measure.distinct.saturating_mul(10) > measure.records.saturating_mul(6) || measure.records == 0
}

fn why_none(source: &Sample, target: &Sample, pairs: &[Pair], split: Option<&Key>) -> String {
    match split {
        Some(key) => {
            let names = key
                .pairs
                .iter()
                .map(|at| target.columns[pairs[*at].target].name.as_str());
            let (records, distinct) = (count(key.target.records), count(key.target.distinct));
            format!(
                "{} would tell the records of {} apart, but only {distinct} of {records} of {}",
                list(names),
                source.name(),
                target.name()
            )
        }
        None => format!(
            "no set of up to three columns is unique in {}",
            source.name()
        ),
    }
}
