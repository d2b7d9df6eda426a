//! Whether plan, freeze, rehearsal, conversion and books are those that the daybook tells of.

use std::collections::BTreeMap;

use ledger::Counts;

use super::Facts;
use super::item::{Check, Item, Status, difference, item};
use crate::Digest;
use crate::daybook::{ConvertedElsewhere, Figure, LeftBy, LeftOut, RehearsalFinished, TableMoved};
use crate::seal::{Input, book_blake3, table_blake3};
use crate::window::{Stage, State, differences};

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
        return item(Status::NotChecked, facts.no_evidence());
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

pub(super) fn check_frozen(state: &State, facts: &Facts, items: &mut Vec<Item>) {
    items.push(frozen(state, facts));
}

/// The figures of the freeze are held against those of this moment: the book that was read then may
/// be another than the one that was converted.
fn frozen(state: &State, facts: &Facts) -> Item {
    let item = |status, says: String| item(Check::Frozen, status, says);
    let stage = state.stage();
    let is_closed = stage.is_closed() || stage == Stage::Releasing;
    let ((Some(_), Some(after)), true) = (state.opening_figures(), is_closed) else {
        let says = format!("the window is {stage}; {}", stage.what_next());
        return item(Status::Failed, says);
    };
    let now = match &facts.figures {
        None => {
            let says = "the opening figures were not read again; do so".to_owned();
            return item(Status::NotChecked, says);
        }
        Some(Err(why)) => {
            let says = format!("the opening figures could not be read again: {why}");
            return item(Status::NotChecked, says);
        }
        Some(Ok(now)) => now,
    };
    match differences(after, now) {
        None => {
            let figures = after
                .figures
                .iter()
                .map(|Figure { name, value }| format!("{name} {value}"));
            let figures = figures.collect::<Vec<_>>().join(", ");
            let says = format!("the old book is closed, and reads as it was frozen: {figures}");
            item(Status::Passed, says)
        }
        Some(differences) => {
            let says = format!(
                "the old book is another than was frozen: {differences}; read the one that was \
                 frozen, or freeze this one, convert and verify"
            );
            item(Status::Failed, says).values(after.blake3, now.blake3)
        }
    }
}

pub(super) fn check_rehearsal(state: &State, facts: &Facts, items: &mut Vec<Item>) {
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
        (true, true) => covered(rehearsal, facts).figures(planted, found, 0),
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
    let scopes = rehearsal.scope.iter().filter(|_| is_this_plan);
    items.extend(scopes.flat_map(|scope| {
        let left_out = scope.left_out.iter();
        left_out.map(|left| check_left_out(left, scope.source_blake3, facts))
    }));
}

/// What nobody can rehearse passes: it was verified all the same, and whether a fault in it would be
/// found, the other agreements have shown. What could not be in the books that were rehearsed passes
/// for these books alone.
fn check_left_out(left: &LeftOut, source: Option<Digest>, facts: &Facts) -> Item {
    let item = |status, says: String| item(Check::Rehearsal, status, says).of(&left.agreement);
    let why = &left.why;
    if has_no_record(&left.agreement, facts) {
        let says = "was not rehearsed, and has no record on either side";
        return item(Status::Passed, says.to_owned());
    }
    let is_so_here = match &left.by {
        Some(LeftBy::Plan) => true,
        Some(LeftBy::Table { table, blake3 }) => holds_the_same(source, table, *blake3, facts),
        None => false,
    };
    match (left.is_for_good, is_so_here) {
        (true, true) => item(Status::Passed, format!("cannot be rehearsed, as {why}")),
        (true, false) => {
            let says = format!(
                "could not be rehearsed, as {why}, and that is known of the books of the rehearsal \
                 only; rehearse those that were verified"
            );
            item(Status::NotChecked, says)
        }
        (false, _) => {
            let says = format!("was not rehearsed, as {why}; rehearse it too");
            item(Status::NotChecked, says)
        }
    }
}

/// Says whether the old book, and a table of the new one, held what they hold in the verified books.
/// Corrections of other tables are no matter.
fn holds_the_same(
    source: Option<Digest>,
    table: &str,
    held: Option<Digest>,
    facts: &Facts,
) -> bool {
    let Some(evidence) = &facts.evidence else {
        return false;
    };
    let inputs = &evidence.sealed.manifest().inputs;
    let (source_now, held_now) = (
        book_blake3(inputs, "source"),
        table_blake3(inputs, "target", table),
    );
    source.is_some() && source == source_now && held.is_some() && held == held_now
}

/// Says whether an agreement was verified and nothing was found to compare: there is nothing in which
/// a fault could be planted.
fn has_no_record(agreement: &str, facts: &Facts) -> bool {
    let evidence = facts.evidence.iter();
    let mut agreements = evidence.flat_map(|evidence| &evidence.report.agreements);
    agreements.any(|found| {
        found.name == agreement && (found.records.expected, found.records.actual) == (0, 0)
    })
}

/// Says of a rehearsal in which everything planted was found whether that was all there is to plant,
/// and in which books.
fn covered(rehearsal: &RehearsalFinished, facts: &Facts) -> Item {
    let item = |status, says: String| item(Check::Rehearsal, status, says);
    let Some(scope) = &rehearsal.scope else {
        let says = "the daybook does not tell what the rehearsal covered; rehearse again";
        return item(Status::NotChecked, says.to_owned());
    };
    if !scope.causes.is_empty() {
        let says = format!(
            "the rehearsal was limited to the causes {}; rehearse without a limit",
            scope.causes.join(", ")
        );
        return item(Status::NotChecked, says);
    }
    let verified = facts.evidence.as_ref().and_then(|evidence| {
        let inputs = &evidence.sealed.manifest().inputs;
        book_blake3(inputs, "source")
    });
    let books = match (scope.source_blake3, verified) {
        (Some(then), Some(now)) if then == now => "in a shadow of these books",
        // The evening before there are smaller ones; what that shows of these is for people to say.
        (Some(_), Some(_)) => "in a shadow of other books than were verified",
        _ => "and whether in a shadow of these books is not known",
    };
    let planted = rehearsal.planted;
    let says = format!("all {planted} planted faults were found and explained, {books}");
    item(Status::Passed, says)
}

pub(super) fn check_conversion(state: &State, facts: &Facts, items: &mut Vec<Item>) {
    if let Some(conversion) = state.converted_elsewhere() {
        return check_elsewhere(conversion, state, facts, items);
    }
    let item = |status, says: &str| item(Check::Conversion, status, says);
    let Some(conversion) = state.conversion() else {
        let says = "no conversion is recorded; convert, or record who converted: crossfoot window \
                    converted";
        return items.push(item(Status::NotChecked, says));
    };
    if let Some(unasked) = unasked(facts) {
        return items.push(unasked);
    }
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

/// Says why the account of a conversion could not be asked for, where it could not.
fn unasked(facts: &Facts) -> Option<Item> {
    let why = facts.conversion_says.as_ref()?;
    let says = format!(
        "whether the target has the account of a conversion by Crossfoot could not be asked: {why}"
    );
    Some(item(Check::Conversion, Status::NotChecked, says))
}

/// Of a conversion by something else there is no account. In its place stands the verification, which
/// must have read both sides of every agreement.
fn check_elsewhere(
    conversion: &ConvertedElsewhere,
    state: &State,
    facts: &Facts,
    items: &mut Vec<Item>,
) {
    let item = |status, says: &str| item(Check::Conversion, status, says);
    if let Some(unasked) = unasked(facts) {
        return items.push(unasked);
    }
    // Then there is an account, and nothing shows that it was not this that wrote the books.
    if facts.conversion_blake3.is_some() {
        let says = "the target has the account of a conversion by Crossfoot, and the daybook says \
                    that something else converted; convert again";
        return items.push(item(Status::Failed, says));
    }
    let ConvertedElsewhere { by, how } = conversion;
    let says =
        format!("converted by {by} ({how}): its records are held against the rule by verify");
    items.push(item(Status::Passed, &says));
    let agreements = state.terms().map_or(&[][..], |terms| &terms.agreements);
    items.extend(agreements.iter().map(|name| both_sides(name, state, facts)));
}

/// Read on both sides, or it is not known what was converted.
fn both_sides(name: &str, state: &State, facts: &Facts) -> Item {
    let evidence = facts.evidence.as_ref();
    let evidence = evidence.filter(|_| state.verification().is_some());
    let found = evidence.and_then(|evidence| {
        let mut agreements = evidence.report.agreements.iter();
        agreements.find(|agreement| agreement.name == name && agreement.not_checked.is_empty())
    });
    let Some(agreement) = found else {
        let says = "was not verified on both sides; verify";
        return item(Check::Conversion, Status::NotChecked, says).of(name);
    };
    let Counts {
        expected,
        actual,
        agreed,
    } = agreement.records;
    let says = format!("{expected} by the rule, {actual} in the target, {agreed} agree");
    item(Check::Conversion, Status::Passed, says).of(name)
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
        return item(Status::NotChecked, facts.no_evidence().to_owned());
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
