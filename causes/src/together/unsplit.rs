//! A line that was not split into its columns: one record is missing, and another holds its columns
//! in one text.

use std::collections::{BTreeMap, BTreeSet};

use ledger::{BreakKind, Record};

use super::{Explained, put_first};
use crate::catalogue::CauseId;
use crate::explanation::Says;
use crate::prover::Prover;

/// What stands between columns.
const BETWEEN: &[char] = &[',', ';', '\t', '|'];

/// Columns that must stand together before it is no chance.
const COLUMNS_MIN: usize = 3;

/// Missing records with the same value that are looked at.
const ALIKE_MAX: usize = 64;

/// Finds extra records one of whose texts is several columns of a missing one, side by side.
pub(super) fn find(prover: &Prover, breaks: &mut [Explained]) {
    if !prover.knows(CauseId::E2) {
        return;
    }
    let candidates: Vec<(usize, String, Vec<String>)> = breaks
        .iter()
        .enumerate()
        .filter(|(_, (found, _))| found.kind == BreakKind::Extra)
        .filter_map(|(at, (found, _))| {
            let (name, parts) = together(found.actual.as_ref()?)?;
            Some((at, name, parts))
        })
        .collect();
    if candidates.is_empty() {
        return;
    }
    // Where the values that they begin with stand in the records that are missing.
    let firsts = candidates.iter().filter_map(|(_, _, parts)| parts.first());
    let firsts: BTreeSet<&str> = firsts.map(String::as_str).collect();
    let mut places: BTreeMap<String, Vec<(usize, Vec<String>)>> = BTreeMap::new();
    for (at, (found, _)) in breaks.iter().enumerate() {
        if found.kind != BreakKind::Missing {
            continue;
        }
        for source in &found.source {
            let values: Vec<String> = values(&source.fields).collect();
            for (place, value) in values.iter().enumerate() {
                if !firsts.contains(value.as_str()) {
                    continue;
                }
                let known = places.entry(value.clone()).or_default();
                if known.len() <= ALIKE_MAX {
                    known.push((at, values.iter().skip(place).cloned().collect()));
                }
            }
        }
    }
    for (extra, name, parts) in candidates {
        let alike = parts.first().and_then(|first| places.get(first));
        let alike = alike.into_iter().flatten();
        let mut whole = alike.filter(|(_, behind)| behind.starts_with(&parts));
        let (Some((missing, _)), None) = (whole.next(), whole.next()) else {
            continue;
        };
        let count = parts.len();
        let says = Says {
            en: format!(
                "a line was not split: {name} of one record holds {count} columns of the other"
            ),
            zh: format!("一行未被拆分：一条记录的 {name} 含有另一条的 {count} 列"),
        };
        for at in [*missing, extra] {
            if let Some((_, explanation)) = breaks.get_mut(at) {
                put_first(explanation, CauseId::E2, false, says.clone());
            }
        }
    }
}

/// The first text of a record that may be several columns, and these.
fn together(record: &Record) -> Option<(String, Vec<String>)> {
    record.0.iter().find_map(|(name, value)| {
        let text = value.as_deref()?;
        BETWEEN.iter().find_map(|sign| {
            let parts: Vec<String> = text.split(*sign).map(plain).collect();
            (parts.len() >= COLUMNS_MIN).then(|| (name.clone(), parts))
        })
    })
}

fn values(record: &Record) -> impl Iterator<Item = String> {
    let values = record.0.iter();
    values.map(|(_, value)| plain(value.as_deref().unwrap_or_default()))
}

/// A text as it is compared: quotes may have been kept or not.
fn plain(text: &str) -> String {
    text.trim().trim_matches('"').to_owned()
}
