//! Records that are the same in all but their key: one that is there under another id, and one that is
//! there twice.

use std::collections::BTreeMap;

use ledger::{BreakKind, CauseStatus, Decimal, Record};

use super::absent::{as_one, mark};
use super::{Explained, add_rival, put_first, put_first_where_open, shown_key, values};
use crate::catalogue::CauseId;
use crate::explanation::Says;
use crate::naming::{self, CURRENCY, SIDE, STATUS, TYPE};
use crate::number;
use crate::prover::Prover;
use crate::terms::Column;

/// Records that may be the same under other ids: more are many of one kind, as fares of one price are.
const ALIKE_MAX: usize = 8;

/// Breaks whose records are the same in all but the key.
#[derive(Default)]
struct Twins {
    missing: Vec<usize>,
    extra: Vec<usize>,
    /// One that is there in another way, and whose expected record is the same; likewise its actual one.
    expected: Option<usize>,
    actual: Option<usize>,
}

/// Looks for records that are the same in all but the key, which hold enough to be no chance. That
/// they are one is never proved: two payments may be alike. Marks those of which one is missing and
/// the other is extra, as those are that a cause makes a pair.
pub(super) fn find(prover: &Prover, breaks: &mut [Explained], is_paired: &mut [bool]) {
    if !prover.terms().columns.iter().any(|column| column.is_key) {
        return;
    }
    for twins in twins(prover, breaks, is_paired).into_values() {
        let (missing, extra) = (twins.missing.len(), twins.extra.len());
        if missing.saturating_add(extra) > ALIKE_MAX {
            continue;
        }
        if missing == extra {
            for (missing, extra) in twins.missing.into_iter().zip(twins.extra) {
                tell_other_id(prover, breaks, missing, extra);
                mark(is_paired, [missing, extra]);
            }
        } else {
            tell_doubled(prover, breaks, &twins);
            tell_doubled_in_source(prover, breaks, &twins);
        }
    }
}

/// The breaks that are alike, by what they hold besides the key. Missing and extra records that are a
/// pair already are told.
fn twins(prover: &Prover, breaks: &[Explained], is_paired: &[bool]) -> BTreeMap<String, Twins> {
    let rest = |record: &Record| tells(prover, record).then(|| values(record, prover.others()));
    let mut all: BTreeMap<String, Twins> = BTreeMap::new();
    for (at, (found, _)) in breaks.iter().enumerate() {
        let is_open = is_paired.get(at) == Some(&false);
        let expected = found.expected.as_ref().and_then(rest);
        let actual = found.actual.as_ref().and_then(rest);
        match found.kind {
            BreakKind::Missing if is_open => {
                if let Some(rest) = expected {
                    all.entry(rest).or_default().missing.push(at);
                }
            }
            BreakKind::Extra if is_open => {
                if let Some(rest) = actual {
                    all.entry(rest).or_default().extra.push(at);
                }
            }
            BreakKind::Missing | BreakKind::Extra => {}
            BreakKind::Differs | BreakKind::Copies => {
                if let Some(rest) = expected {
                    all.entry(rest).or_default().expected = Some(at);
                }
                if let Some(rest) = actual {
                    all.entry(rest).or_default().actual = Some(at);
                }
            }
        }
    }
    all
}

/// Says whether a record holds enough besides its key to be told from most others: an amount of some
/// digits, and something that is no code of a kind.
fn tells(prover: &Prover, record: &Record) -> bool {
    let held = |column: &Column| record.get(&column.name).flatten();
    let is_amount = |column: &Column| {
        let amount: Option<Decimal> = held(column).and_then(|text| text.parse().ok());
        column.is_money && amount.is_some_and(|amount| !number::has_few_digits(amount))
    };
    let is_kind = |column: &Column| {
        let mut words = [CURRENCY, SIDE, STATUS, TYPE].into_iter();
        words.any(|words| naming::is(&column.name, words))
    };
    let is_mark = |column: &Column| {
        let is_held = held(column).is_some_and(|text| !text.trim().is_empty());
        is_held && !column.is_money && !is_kind(column)
    };
    prover.others().any(is_amount) && prover.others().any(is_mark)
}

/// One is missing, and one is extra: it may be the same record, whose id another cause may have changed.
fn tell_other_id(prover: &Prover, breaks: &mut [Explained], missing: usize, extra: usize) {
    let of = |at: usize| breaks.get(at).map(|(found, _)| found);
    let (Some(lost), Some(found)) = (of(missing), of(extra)) else {
        return;
    };
    let (there, here) = (shown_key(found), shown_key(lost));
    let says = Says {
        en: format!(
            "{there} holds all of {here} but its key: it may be the same record under another id"
        ),
        zh: format!("{there} 除键以外与 {here} 完全相同：可能是同一记录换了编号"),
    };
    let of_key = as_one(lost, found).map(|one| prover.explain(&one, &[]));
    let of_key: Vec<CauseId> = of_key
        .into_iter()
        .flat_map(|why| why.causes.into_iter().chain(why.rivals))
        .collect();
    for at in [missing, extra] {
        let Some((_, explanation)) = breaks.get_mut(at) else {
            continue;
        };
        if explanation.status == CauseStatus::Proved {
            continue;
        }
        if at == extra && prover.knows(CauseId::A5) {
            put_first(explanation, CauseId::A5, false, says.clone());
        } else {
            explanation.says = says.clone();
        }
        for cause in &of_key {
            add_rival(explanation, *cause);
        }
    }
}

/// Extra records of which the target has another one: the same was taken twice.
fn tell_doubled(prover: &Prover, breaks: &mut [Explained], twins: &Twins) {
    if !prover.knows(CauseId::A5) {
        return;
    }
    let beside = twins.actual.or(twins.expected);
    for at in &twins.extra {
        let Some(other) = other_than(*at, &twins.extra).or(beside) else {
            continue;
        };
        let Some(other) = breaks.get(other).map(|(found, _)| shown_key(found)) else {
            continue;
        };
        let says = Says {
            en: format!("{other} is the same in all but its key"),
            zh: format!("除键以外与 {other} 完全相同"),
        };
        put_first_where_open(breaks, &[*at], CauseId::A5, &says);
    }
}

/// Missing records of which the source has another one: it had the same twice, and the target took it
/// once where the other one is there.
fn tell_doubled_in_source(prover: &Prover, breaks: &mut [Explained], twins: &Twins) {
    if !prover.knows(CauseId::A6) {
        return;
    }
    for at in &twins.missing {
        let Some(other) = twins.expected.or_else(|| other_than(*at, &twins.missing)) else {
            continue;
        };
        let Some(other) = breaks.get(other).map(|(found, _)| shown_key(found)) else {
            continue;
        };
        let Some((_, explanation)) = breaks.get_mut(*at) else {
            continue;
        };
        if explanation.status == CauseStatus::Proved {
            continue;
        }
        if twins.expected.is_some() {
            let says = Says {
                en: format!("the source holds it twice: {other} is the same in all but its key"),
                zh: format!("源账重复记录：除键以外与 {other} 完全相同"),
            };
            put_first(explanation, CauseId::A6, false, says);
        } else {
            add_rival(explanation, CauseId::A6);
        }
    }
}

/// Another place than this one.
fn other_than(at: usize, places: &[usize]) -> Option<usize> {
    places.iter().copied().find(|other| *other != at)
}
