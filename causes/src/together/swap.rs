//! Two records that hold each other's values.

use std::collections::BTreeMap;

use ledger::{Break, BreakKind, CauseStatus};

use super::{Explained, add_rival, put_first, shown_key};
use crate::catalogue::CauseId;
use crate::explanation::Says;
use crate::naming::{self, PAIR};
use crate::prover::Prover;
use crate::terms::Kind;

/// What differs on a break: the columns, and their values on one side and on the other.
type Change = (String, String);

pub(super) fn find(prover: &Prover, breaks: &mut [Explained]) {
    let mut changes: BTreeMap<Change, Vec<usize>> = BTreeMap::new();
    for (at, (found, _)) in breaks.iter().enumerate() {
        if found.kind == BreakKind::Differs && !found.fields.is_empty() {
            changes.entry(change(found)).or_default().push(at);
        }
    }
    let mut pairs = Vec::new();
    let mut others = Vec::new();
    for ((from, to), ones) in &changes {
        let Some(turned) = changes.get(&(to.clone(), from.clone())) else {
            continue;
        };
        match (ones.as_slice(), turned.as_slice()) {
            ([one], [other]) => {
                if one < other {
                    pairs.push((*one, *other));
                }
            }
            _ => others.extend(ones.iter().copied()),
        }
    }
    for (one, other) in pairs {
        explain(prover, breaks, one, other);
    }
    // Where many records change alike, any two of them may have been swapped, and none is told.
    for at in others.into_iter().filter(|_| prover.knows(CauseId::A10)) {
        if let Some((_, explanation)) = breaks.get_mut(at) {
            add_rival(explanation, CauseId::A10);
        }
    }
}

fn change(found: &Break) -> Change {
    let (mut from, mut to) = (String::new(), String::new());
    for field in &found.fields {
        for (text, value) in [(&mut from, &field.expected), (&mut to, &field.actual)] {
            text.push_str(&field.name);
            text.push('\u{0}');
            text.push_str(value.as_deref().unwrap_or("\u{1}"));
            text.push('\u{0}');
        }
    }
    (from, to)
}

fn explain(prover: &Prover, breaks: &mut [Explained], one: usize, other: usize) {
    let of = |at: usize| breaks.get(at).map(|(found, _)| found);
    let (Some(first), Some(second)) = (of(one), of(other)) else {
        return;
    };
    let mut causes = causes(prover, first, second);
    causes.retain(|cause| prover.knows(*cause));
    let says = says(first, second);
    let Some((head, rivals)) = causes.split_first() else {
        return;
    };
    for at in [one, other] {
        let Some((_, explanation)) = breaks.get_mut(at) else {
            continue;
        };
        if explanation.status == CauseStatus::Proved {
            add_rival(explanation, *head);
        } else {
            let is_only = explanation.status == CauseStatus::Unknown && rivals.is_empty();
            put_first(explanation, *head, is_only, says.clone());
        }
        for rival in rivals {
            add_rival(explanation, *rival);
        }
    }
}

/// The causes that swap what differs, the likeliest first.
fn causes(prover: &Prover, one: &Break, other: &Break) -> Vec<CauseId> {
    let kind = |name: &str| {
        let columns = &prover.terms().columns;
        columns
            .iter()
            .find(|column| column.name == name)
            .map(|column| column.kind)
    };
    let mut causes = vec![CauseId::A10];
    let is_time = |name: &str| matches!(kind(name), Some(Kind::Instant | Kind::Date));
    if one.fields.iter().all(|field| is_time(&field.name)) {
        causes.push(CauseId::T5);
    }
    if one.fields.iter().any(|field| naming::is(&field.name, PAIR)) {
        causes.push(CauseId::D6);
    }
    // Two legs of one voucher that change places are a debit and a credit that do.
    let shares_key = one
        .key
        .0
        .iter()
        .any(|(name, value)| value.is_some() && other.key.get(name) == Some(value.as_deref()));
    if shares_key {
        causes.push(CauseId::D1);
    }
    causes
}

fn says(one: &Break, other: &Break) -> Says {
    let names: Vec<&str> = one.fields.iter().map(|field| field.name.as_str()).collect();
    let (first, second) = (shown_key(one), shown_key(other));
    Says {
        en: format!(
            "{first} and {second} hold each other's {}",
            names.join(" and ")
        ),
        zh: format!("{first} 与 {second} 的 {} 互换", names.join("、")),
    }
}
