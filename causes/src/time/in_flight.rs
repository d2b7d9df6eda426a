use ledger::BreakKind;

use super::moments;
use crate::case::{Case, Field};
use crate::catalogue::{Cause, CauseId, Way};
use crate::naming::{CLOCK, STATUS, VERSION};
use crate::trial::{Fit, Trial, reason};

// Cause: T8 in flight at the freeze | 停写时在途
//
// The source changed between the extract and the check: the target holds a version from before,
// or lacks a record from after. The log of changes decides. Where the plan says when the source was
// frozen, a missing record that was made or changed after that is named so before all else that may have
// become of it.
//
// expected:
//     id:key,amount:money,version:number
//     1,10.00,4
// target:
//     1,10.00,3
// says: T8 consistent; version: 4 became 3: another version of the record
pub(crate) const CAUSE: Cause = Cause {
    id: CauseId::T8,
    en: "in flight at the freeze",
    zh: "停写时在途",
    ways: &[Way::Field(offer), Way::Record(offer_record)],
};

fn offer(_: &Case<'_>, field: &Field<'_>, trial: &mut Trial<'_>) {
    if !field.is_named(VERSION) {
        return;
    }
    let says = || reason("another version of the record", "记录的另一版本");
    if let Some(pair) = field.numbers {
        trial.number(field, pair.actual, Fit::Loose, says);
    } else if let Some(pair) = field.micros {
        trial.instant(field, pair.actual, Fit::Loose, says);
    } else if let Some(pair) = field.days {
        trial.day(field, pair.actual, Fit::Loose, says);
    } else {
        trial.text(field, field.actual, Fit::Loose, says);
    }
}

fn offer_record(case: &Case<'_>, trial: &mut Trial<'_>) {
    match case.found.kind {
        BreakKind::Missing if was_written_late(case) => {
            trial.whole(None, true, Fit::Exact, || {
                reason(
                    "the source record was made or changed after the freeze: the target was made before",
                    "源记录在停写之后才写入或修改，新账在此之前生成",
                )
            });
        }
        BreakKind::Missing | BreakKind::Extra => {
            if has_clock(case) {
                trial.whole(case.found.actual.as_ref(), true, Fit::Loose, || {
                    reason(
                        "it may have been written or taken back while the books were read",
                        "可能在读取账册期间写入或撤回",
                    )
                });
            }
        }
        BreakKind::Differs => {
            offer_version(case, trial);
            offer_late_change(case, trial);
        }
        BreakKind::Copies => {}
    }
}

/// When the source record was last changed, by its columns that say so: after the freeze or not;
/// none where the plan knows no freeze or the record no such time.
fn changed_late(case: &Case<'_>) -> Option<bool> {
    let freeze = case.terms.freeze?;
    let changes = case
        .source_values()
        .filter(|(name, _)| crate::naming::is(name, VERSION))
        .filter_map(|(_, value)| moments::read(case, value));
    let last = changes.map(|moment| moment.instant).max()?;
    Some(last >= freeze)
}

/// Says whether a source record was written after the freeze: it was changed after it, or all that it
/// tells of times is later, also when it was made.
fn was_written_late(case: &Case<'_>) -> bool {
    if changed_late(case) == Some(true) {
        return true;
    }
    let Some(freeze) = case.terms.freeze else {
        return false;
    };
    let told = case.source_values();
    let times = told.filter(|(name, _)| crate::naming::is(name, CLOCK));
    let times = times.filter_map(|(_, value)| moments::read(case, value));
    let first = times.map(|moment| moment.instant).min();
    first.is_some_and(|first| first >= freeze)
}

/// A source that was changed after the freeze is not what the target was made from.
fn offer_late_change(case: &Case<'_>, trial: &mut Trial<'_>) {
    if changed_late(case) != Some(true) {
        return;
    }
    // The state of a record changes; what it was made with seldom does.
    let changes: Vec<(&str, Option<&str>)> = case
        .fields
        .iter()
        .filter(|field| field.is_named(STATUS))
        .map(|field| (field.name, field.actual))
        .collect();
    trial.fields(&changes, Fit::Loose, || {
        reason(
            "the source record was changed after the freeze: the target may hold what it was",
            "源记录在停写之后有过修改，新账可能持有修改前的内容",
        )
    });
}

/// Says whether a source record was changed after it was made, so that the target may hold what it
/// was before: what is said where nothing else fits. Where the time of the freeze is known, only a
/// change after it tells that.
pub(crate) fn was_changed(case: &Case<'_>) -> bool {
    if let Some(is_late) = changed_late(case) {
        return is_late;
    }
    let of = |words| {
        case.source_values()
            .filter(move |(name, _)| crate::naming::is(name, words))
            .map(|(_, value)| value)
    };
    of(VERSION).any(|changed| {
        let is_later = |made: &str| made.len() == changed.len() && made < changed;
        let version = changed.parse::<u32>();
        changed.len() > 9 && of(CLOCK).any(is_later)
            || version.is_ok_and(|version| version > 1 && version < 1_000_000)
    })
}

/// Where the version or the time of change differs, everything else may differ with it.
fn offer_version(case: &Case<'_>, trial: &mut Trial<'_>) {
    let is_versioned = case.fields.iter().any(|field| field.is_named(VERSION));
    if !is_versioned || case.fields.len() < 2 {
        return;
    }
    let changes: Vec<(&str, Option<&str>)> = case
        .fields
        .iter()
        .map(|field| (field.name, field.actual))
        .collect();
    trial.fields(&changes, Fit::Loose, || {
        reason(
            "the target holds another version of the record",
            "新账持有该记录的另一版本",
        )
    });
}

pub(super) fn has_clock(case: &Case<'_>) -> bool {
    case.has_column(CLOCK) || !moments::of(case).is_empty()
}
