//! Whether the evidence is whole, and says what its parts come to.

use std::collections::BTreeSet;

use ledger::{BreakCounts, ControlReport, ControlStatus, Verdict, Wide, verdict};

use super::books::first;
use super::item::{Check, Item, Status, difference, item};
use super::{Evidence, Facts};
use crate::seal::Flaw;
use crate::window::State;

pub(super) fn check_evidence(state: &State, facts: &Facts, items: &mut Vec<Item>) {
    items.push(evidence(state, facts));
}

fn evidence(state: &State, facts: &Facts) -> Item {
    let item = |status, says: String| item(Check::Evidence, status, says);
    let not_checked = |says: &str| item(Status::NotChecked, says.to_owned());
    let Some(run) = state.verification() else {
        return not_checked("nothing was verified since the books last changed; verify");
    };
    let Some(evidence) = &facts.evidence else {
        return match &facts.evidence_says {
            None => not_checked("the evidence was not read; name its folder"),
            Some(why) => item(Status::Failed, format!("{why}; verify again")),
        };
    };
    let hash = evidence.sealed.hash();
    if hash != run.manifest_blake3 {
        let says = format!("it is not that of the last verification, {}", run.evidence);
        return item(Status::Failed, says).values(run.manifest_blake3, hash);
    }
    let flaws = evidence.flaws();
    // What is read while it is written may be right the next time.
    if let Some(
        flaw @ Flaw::ReadOtherwise {
            expected, actual, ..
        },
    ) = flaws.first()
    {
        let says = format!("{flaw}; read it again");
        return item(Status::Failed, says).values(expected, actual);
    }
    if !flaws.is_empty() {
        let flaws: Vec<String> = flaws.iter().map(ToString::to_string).collect();
        let says = format!("{}; verify again", first(&flaws));
        return item(Status::Failed, says);
    }
    let files = evidence.sealed.manifest().files.len();
    let says = format!(
        "all {files} files of {} are as they were written",
        run.evidence
    );
    item(Status::Passed, says)
}

pub(super) fn check_report(state: &State, facts: &Facts, items: &mut Vec<Item>) {
    let Some(evidence) = &facts.evidence else {
        let says = facts.no_report();
        return items.push(item(Check::Report, Status::NotChecked, says));
    };
    items.push(report(state, evidence));
}

fn report(state: &State, evidence: &Evidence) -> Item {
    let item = |status, says: String| item(Check::Report, status, says);
    let report = &evidence.report;
    if report.as_of {
        let says = "the books were verified while they moved; freeze, and verify again";
        return item(Status::NotChecked, says.to_owned());
    }
    let comes_to = verdict(&report.agreements, &report.controls, report.rejects, &[]);
    if report.verdict == Verdict::Incomplete {
        let says = "the verification left something unchecked; verify again with nothing left out";
        return item(Status::NotChecked, says.to_owned());
    }
    if comes_to != report.verdict {
        let says = "the report's verdict is not what its parts come to; verify again".to_owned();
        return item(Status::Failed, says).values(comes_to, report.verdict);
    }
    let Some(run) = state.verification() else {
        let says = "nothing was verified since the books last changed; verify".to_owned();
        return item(Status::NotChecked, says);
    };
    let breaks = sum_breaks(evidence);
    if (run.verdict, run.breaks, run.rejects) != (report.verdict, breaks, report.rejects) {
        let says = format!(
            "the daybook recorded {} with {} breaks and {} rejects, and the report says {} with \
             {} and {}; verify again",
            run.verdict,
            run.breaks.sum(),
            run.rejects,
            report.verdict,
            breaks.sum(),
            report.rejects
        );
        return item(Status::Failed, says);
    }
    let says = format!("the report says {} and adds up", report.verdict);
    item(Status::Passed, says)
}

fn sum_breaks(evidence: &Evidence) -> BreakCounts {
    let agreements = evidence.report.agreements.iter();
    agreements.fold(BreakCounts::default(), |sum, agreement| {
        sum.plus(agreement.breaks)
    })
}

pub(super) fn check_controls(state: &State, facts: &Facts, items: &mut Vec<Item>) {
    let item = |status, says: &str| item(Check::Control, status, says);
    let (Some(evidence), Some(terms)) = (&facts.evidence, state.terms()) else {
        let says = facts.no_report();
        return items.push(item(Status::NotChecked, says));
    };
    let controls = &evidence.report.controls;
    if terms.controls.is_empty() {
        items.push(item(Status::Passed, "the plan has no control"));
    }
    for name in &terms.controls {
        let of_name: Vec<_> = controls
            .iter()
            .filter(|found| found.name == *name)
            .collect();
        items.push(match of_name.as_slice() {
            [] => item(Status::NotChecked, "is not in the report; verify again").of(name),
            [control] => check_control(control),
            _ => item(Status::Failed, "is in the report twice; verify again").of(name),
        });
    }
    let known: BTreeSet<&String> = terms.controls.iter().collect();
    let foreign = controls.iter().filter(|found| !known.contains(&found.name));
    items.extend(foreign.map(|found| {
        let says = "is no control of this plan; verify by this plan";
        item(Status::Failed, says).of(&found.name)
    }));
}

fn check_control(control: &ControlReport) -> Item {
    let item = |status, says: String| item(Check::Control, status, says).of(&control.name);
    let item = match control.status {
        ControlStatus::Incomplete => {
            let why = control
                .says
                .as_deref()
                .unwrap_or("it could not be computed");
            item(Status::NotChecked, format!("{why}; verify again"))
        }
        ControlStatus::Broken => {
            let lines = match control.lines.len() {
                1 => "1 line is".to_owned(),
                lines => format!("{lines} lines are"),
            };
            item(
                Status::Failed,
                format!("does not hold, {lines} off; find out why"),
            )
        }
        ControlStatus::Holds if !adds_up(control) => item(
            Status::Failed,
            "holds by the report, whose figures say otherwise; verify again".to_owned(),
        ),
        ControlStatus::Holds => item(Status::Passed, "holds".to_owned()),
    };
    Item {
        expected: control.expected.clone(),
        actual: control.actual.clone(),
        difference: control.difference.clone(),
        ..item
    }
}

/// Says whether the figures of a control that holds are those of one: the difference is there and
/// zero, no line is off, and where both sides are told they are equal.
fn adds_up(control: &ControlReport) -> bool {
    let number = |text: &Option<String>| text.as_deref().map(str::parse::<Wide>);
    let is_zero = matches!(number(&control.difference), Some(Ok(sum)) if sum.is_zero());
    let is_equal = match (number(&control.expected), number(&control.actual)) {
        (Some(expected), Some(actual)) => expected
            .and_then(|expected| Ok(actual?.minus(&expected).is_zero()))
            .unwrap_or(false),
        // A control may give its difference alone.
        _ => true,
    };
    is_zero && is_equal && control.lines.is_empty()
}

pub(super) fn check_rejects(state: &State, facts: &Facts, items: &mut Vec<Item>) {
    let item = |status, says: String| item(Check::Rejects, status, says);
    let Some(evidence) = &facts.evidence else {
        let says = facts.no_report().to_owned();
        return items.push(item(Status::NotChecked, says));
    };
    let (rejects, listed) = (evidence.report.rejects, evidence.rejects.rejects());
    if rejects != listed {
        let says = format!(
            "the report counts {rejects} rejects, and rejects.jsonl lists {listed}; verify again"
        );
        let off = difference(rejects, listed);
        return items.push(item(Status::Failed, says).figures(rejects, listed, off));
    }
    if rejects == 0 {
        return items.push(item(Status::Passed, "there are none".to_owned()));
    }
    let listed = evidence.sealed.blake3_of("rejects.jsonl");
    items.push(match state.disposal() {
        Some(disposal)
            if Some(disposal.rejects_blake3) != listed || disposal.rejects != rejects =>
        {
            let decided = disposal.rejects;
            let says = format!(
                "{rejects} records could not be converted, and what was decided is about {decided} \
                 others; decide what becomes of these"
            );
            item(Status::Failed, says).figures(decided, rejects, difference(decided, rejects))
        }
        Some(disposal) => {
            let says = format!(
                "{rejects} records could not be converted: {} ({}, {})",
                disposal.how, disposal.owner, disposal.date
            );
            item(Status::Passed, says)
        }
        None => {
            let says = format!(
                "{rejects} records could not be converted; convert them otherwise, or decide what \
                 becomes of them"
            );
            item(Status::Failed, says).figures(0, rejects, rejects)
        }
    });
}
