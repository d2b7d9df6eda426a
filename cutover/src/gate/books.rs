//! Whether plan, freeze, rehearsal, conversion and books are those that the daybook tells of.

use std::collections::BTreeMap;

use super::Facts;
use super::item::{Check, Item, Status, difference, item};
use crate::daybook::{Figure, TableMoved};
use crate::seal::Input;
use crate::window::State;

/// Files that an item names; the rest is counted.
const NAMED: usize = 3;

pub(super) fn check_plan(state: &State, facts: &Facts, items: &mut Vec<Item>) {
    items.push(plan(state, facts));
}

fn plan(state: &State, facts: &Facts) -> Item {
    let item = |status, says: &str| item(Check::Plan, status, says);
    let (Some(terms), Some(name)) = (state.terms(), state.plan()) else {
        return item(Status::NotChecked, "no daybook was opened; open one");
    };
    let Some(now) = facts.plan_blake3 else {
        return item(Status::NotChecked, "the plan was not digested anew; do so");
    };
    if now != terms.plan_blake3 {
        let says = "the plan was changed since; record the change, convert and verify by it, or \
                    put the plan back";
        return item(Status::Failed, says).values(terms.plan_blake3, now);
    }
    let Some(evidence) = &facts.evidence else {
        return item(Status::NotChecked, "there is no evidence yet; verify");
    };
    let manifest = evidence.sealed.manifest();
    if manifest.plan_blake3 != terms.plan_blake3 {
        let says = "the evidence was made by another state of the plan; verify again";
        return item(Status::Failed, says).values(terms.plan_blake3, manifest.plan_blake3);
    }
    let names = [&manifest.plan, &evidence.report.plan];
    match names.into_iter().find(|other| *other != name) {
        Some(other) => item(
            Status::Failed,
            "the evidence is that of another plan; verify this one",
        )
        .values(name, other),
        None => item(Status::Passed, "the plan is the one that was verified"),
    }
}

pub(super) fn check_frozen(state: &State, items: &mut Vec<Item>) {
    let stage = state.stage();
    items.push(match state.opening_figures() {
        (Some(_), Some(after)) if stage.is_closed() => {
            let figures = after
                .figures
                .iter()
                .map(|Figure { name, value }| format!("{name} {value}"));
            let figures = figures.collect::<Vec<_>>().join(", ");
            let says = format!("the old book is closed, and was read twice the same: {figures}");
            item(Check::Frozen, Status::Passed, says)
        }
        _ => {
            let says = format!("the window is {stage}; {}", stage.what_next());
            item(Check::Frozen, Status::Failed, says)
        }
    });
}

pub(super) fn check_rehearsal(state: &State, items: &mut Vec<Item>) {
    let item = |status, says: String| item(Check::Rehearsal, status, says);
    let Some(rehearsal) = state.rehearsal() else {
        let says = "there was no rehearsal; rehearse this plan".to_owned();
        return items.push(item(Status::NotChecked, says));
    };
    let (planted, found) = (rehearsal.planted, rehearsal.found);
    let plan = state.terms().map(|terms| terms.plan_blake3);
    let is_this_plan = plan == Some(rehearsal.plan_blake3);
    let is_all = planted > 0 && found == planted && rehearsal.explained == planted;
    items.push(match (is_this_plan, rehearsal.passed && is_all) {
        (false, _) => {
            let says = "the last rehearsal was of another state of the plan; rehearse this one";
            item(Status::NotChecked, says.to_owned())
                .values(plan.unwrap_or_default(), rehearsal.plan_blake3)
        }
        (true, true) => item(
            Status::Passed,
            format!("all {planted} planted faults were found and explained"),
        )
        .figures(planted, found, 0),
        (true, false) => item(
            Status::Failed,
            format!(
                "of {planted} planted faults {found} were found and {} explained; find out why, \
                 and rehearse again",
                rehearsal.explained
            ),
        )
        .figures(planted, found, difference(planted, found)),
    });
}

pub(super) fn check_conversion(state: &State, facts: &Facts, items: &mut Vec<Item>) {
    let item = |status, says: &str| item(Check::Conversion, status, says);
    let Some(conversion) = state.conversion() else {
        let says = "no conversion is recorded; convert, or record what the conversion came to";
        return items.push(item(Status::NotChecked, says));
    };
    items.push(match facts.conversion_blake3 {
        None => item(
            Status::NotChecked,
            "the account of the conversion was not read again; do so",
        ),
        Some(now) if now != conversion.conversion_blake3 => item(
            Status::Failed,
            "the account of the conversion is another than was recorded; convert and verify again",
        )
        .values(conversion.conversion_blake3, now),
        Some(_) => item(
            Status::Passed,
            "the account of the conversion is the one that was recorded",
        ),
    });
    if conversion.tables.is_empty() {
        items.push(item(Status::NotChecked, "no table was converted; convert"));
    }
    let tables = conversion.tables.iter();
    items.extend(tables.map(|table| table_account(table, facts)));
}

/// Read = converted + rejected + left out. A rule over groups has no such account; its agreement
/// compares every group.
fn table_account(table: &TableMoved, facts: &Facts) -> Item {
    let item = |status, says: String| item(Check::Conversion, status, says).of(&table.table);
    let (Some(converted), Some(left_out)) = (table.converted, table.left_out) else {
        let report = facts.evidence.as_ref().map(|evidence| &evidence.report);
        let is_compared = report.is_some_and(|report| {
            let mut agreements = report.agreements.iter();
            agreements.any(|agreement| agreement.name == table.agreement)
        });
        let agreement = &table.agreement;
        return match is_compared {
            true => item(
                Status::Passed,
                format!("its rule works on groups; the agreement {agreement} compares each"),
            ),
            false => item(
                Status::NotChecked,
                format!("its rule works on groups, and {agreement} was not compared; verify it"),
            ),
        };
    };
    let parts = [converted, table.rejected, left_out];
    let sum: i128 = parts.into_iter().map(i128::from).sum();
    let account = format!(
        "{} read, {converted} converted + {} rejected + {left_out} left out",
        table.read, table.rejected
    );
    let off = sum.saturating_sub(i128::from(table.read));
    let item = match off {
        0 => item(Status::Passed, account),
        _ => item(
            Status::Failed,
            format!("{account}: {off} off; convert again"),
        ),
    };
    item.figures(table.read, sum, off)
}

pub(super) fn check_inputs(facts: &Facts, items: &mut Vec<Item>) {
    items.push(inputs(facts));
}

fn inputs(facts: &Facts) -> Item {
    let item = |status, says: String| item(Check::Inputs, status, says);
    let Some(evidence) = &facts.evidence else {
        return item(
            Status::NotChecked,
            "there is no evidence yet; verify".into(),
        );
    };
    let then = &evidence.sealed.manifest().inputs;
    for book in ["source", "target"] {
        if !then.iter().any(|input| input.book == book) {
            let says = format!("the evidence names no file of the {book}; verify again");
            return item(Status::NotChecked, says);
        }
    }
    let Some(now) = &facts.inputs else {
        let says = "the books were not digested anew; do so".to_owned();
        return item(Status::NotChecked, says);
    };
    let Compared { changed, unknown } = compare(then, now);
    let files = then.len();
    if !changed.is_empty() {
        let says = format!(
            "of {files} files these are other than when they were verified: {}; verify again",
            first(&changed)
        );
        return item(Status::Failed, says);
    }
    match unknown.is_empty() {
        true => item(
            Status::Passed,
            format!("all {files} files are as they were verified"),
        ),
        false => item(
            Status::NotChecked,
            format!(
                "of {files} files these have no digest: {}; verify again with digests",
                first(&unknown)
            ),
        ),
    }
}

/// Is what became of the files that were read.
struct Compared {
    changed: Vec<String>,
    unknown: Vec<String>,
}

fn compare(then: &[Input], now: &[Input]) -> Compared {
    let place = |input: &Input| (input.book.clone(), input.table.clone(), input.file.clone());
    let mut rest: BTreeMap<_, &Input> = now.iter().map(|input| (place(input), input)).collect();
    let (mut changed, mut unknown) = (Vec::new(), Vec::new());
    for input in then {
        let name = format!("{} {}", input.book, input.file);
        match (input.blake3, rest.remove(&place(input))) {
            (_, None) => changed.push(format!("{name} is not there")),
            (
                Some(was),
                Some(Input {
                    blake3: Some(is),
                    bytes,
                    ..
                }),
            ) => {
                if was != *is || input.bytes != *bytes {
                    changed.push(format!("{name} had {} and has {}", was.short(), is.short()));
                }
            }
            _ => unknown.push(name),
        }
    }
    let added = rest.into_values();
    changed.extend(added.map(|input| format!("{} {} was added", input.book, input.file)));
    Compared { changed, unknown }
}

pub(super) fn first(names: &[String]) -> String {
    let mut shown: Vec<String> = names.iter().take(NAMED).cloned().collect();
    match names.len().saturating_sub(NAMED) {
        0 => {}
        more => shown.push(format!("and {more} more")),
    }
    shown.join(", ")
}
