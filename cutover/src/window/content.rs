//! What an event must hold, wherever the window stands.

use std::collections::BTreeSet;

use ledger::{Amount, Wide};

use super::Refusal;
use crate::daybook::{Event, Opened, OpeningFigures, RehearsalFinished, TableMoved, Terms};

/// Checks the fields of an event. `terms` are those that hold before it.
pub(super) fn check(event: &Event, terms: Option<&Terms>) -> Result<(), Refusal> {
    let fields = Fields(event.name());
    match event {
        Event::Opened(opened) => check_opened(&fields, opened),
        Event::Replanned(replanned) => {
            fields.said("why", &replanned.why)?;
            fields.said("by", &replanned.by)?;
            check_terms(&fields, &replanned.terms)
        }
        Event::Extended { why, by, .. } | Event::RollingBack { why, by, .. } => {
            fields.said("why", why)?;
            fields.said("by", by)
        }
        Event::Freezing { again: Some(again) } => {
            fields.said("why", &again.why)?;
            fields.said("by", &again.by)
        }
        Event::OpeningFigures(figures) => check_figures(&fields, figures),
        Event::ChunkFinished(chunk) => fields.said("chunk", &chunk.chunk),
        Event::ConversionFinished(conversion) => check_tables(&fields, &conversion.tables),
        Event::ConvertedElsewhere(conversion) => {
            fields.said("by", &conversion.by)?;
            fields.said("how", &conversion.how)
        }
        Event::VerificationFinished(run) => fields.said("evidence", &run.evidence),
        Event::NoticeSent(notice) => {
            fields.said("kind", &notice.kind)?;
            fields.said("channel", &notice.channel)
        }
        Event::NoticeFailed { notice, says } => {
            fields.said("kind", &notice.kind)?;
            fields.said("channel", &notice.channel)?;
            fields.said("says", says)
        }
        Event::BreakAccepted(accepted) => {
            fields.said("reason", &accepted.reason)?;
            fields.said("owner", &accepted.owner)?;
            fields.amounts(&accepted.amounts)?;
            let is_known =
                terms.is_some_and(|terms| terms.agreements.contains(&accepted.agreement));
            fields.ensure(is_known, "agreement", || {
                format!("is {:?}, which the plan does not have", accepted.agreement)
            })
        }
        Event::RejectsDisposed(disposal) => {
            fields.said("how", &disposal.how)?;
            fields.said("owner", &disposal.owner)?;
            fields.ensure(disposal.rejects > 0, "rejects", || {
                "must be above 0; without rejects there is nothing to dispose of".to_owned()
            })
        }
        Event::Corrected(corrected) => {
            fields.said("agreement", &corrected.agreement)?;
            fields.said("by", &corrected.by)
        }
        Event::RehearsalFinished(rehearsal) => check_rehearsal(&fields, rehearsal),
        Event::NotReleased { says } | Event::HookFailed { says, .. } => fields.said("says", says),
        Event::Remark { by, says } => {
            fields.said("by", by)?;
            fields.said("says", says)
        }
        Event::Announced
        | Event::Freezing { again: None }
        | Event::Frozen
        | Event::PhaseStarted(_)
        | Event::PhaseFinished(_)
        | Event::Forecast(_)
        | Event::SignedOff(_)
        | Event::Gate(_)
        | Event::Releasing
        | Event::Released
        | Event::RolledBack => Ok(()),
    }
}

/// Checks fields and names the event they are of.
struct Fields(&'static str);

impl Fields {
    fn ensure(
        &self,
        holds: bool,
        field: &'static str,
        why: impl FnOnce() -> String,
    ) -> Result<(), Refusal> {
        match holds {
            true => Ok(()),
            false => Err(Refusal::Words {
                step: self.0,
                field,
                why: why(),
            }),
        }
    }

    fn said(&self, field: &'static str, text: &str) -> Result<(), Refusal> {
        self.ensure(!text.trim().is_empty(), field, || {
            "is empty; say it in words".to_owned()
        })
    }

    /// Names must be there, and differ.
    fn names(&self, field: &'static str, names: &[String]) -> Result<(), Refusal> {
        names.iter().try_for_each(|name| self.said(field, name))?;
        let twice = twice(names.iter().map(String::as_str));
        self.ensure(twice.is_none(), field, || {
            format!("names {:?} twice; name it once", twice.unwrap_or_default())
        })
    }

    fn number(&self, field: &'static str, text: &str) -> Result<(), Refusal> {
        let is_number = text.parse::<Wide>().is_ok();
        self.ensure(is_number, field, || {
            format!("is {text:?}, which is no number; write it as 1234.50")
        })
    }

    fn amounts(&self, amounts: &[Amount]) -> Result<(), Refusal> {
        amounts
            .iter()
            .try_for_each(|amount| self.number("amounts", &amount.amount))
    }
}

fn twice<'a>(names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let mut seen = BTreeSet::new();
    let mut names = names;
    names.find(|name| !seen.insert(*name))
}

fn check_opened(fields: &Fields, opened: &Opened) -> Result<(), Refusal> {
    fields.said("plan", &opened.plan)?;
    fields.said("crossfoot", &opened.crossfoot)?;
    check_terms(fields, &opened.terms)
}

fn check_terms(fields: &Fields, terms: &Terms) -> Result<(), Refusal> {
    fields.said("timezone", &terms.timezone)?;
    fields.names("roles", &terms.roles)?;
    fields.names("agreements", &terms.agreements)?;
    fields.names("controls", &terms.controls)?;
    fields.ensure(terms.roles.len() >= 2, "roles", || {
        "must be two at least; sign-off takes two people".to_owned()
    })?;
    fields.ensure(!terms.agreements.is_empty(), "agreements", || {
        "are none; a plan that compares nothing proves nothing".to_owned()
    })?;
    let length = terms.release.duration_since(terms.freeze);
    fields.ensure(length.is_positive(), "release", || {
        format!("must be after the freeze, {}", terms.freeze)
    })?;
    let is_shorter = i128::from(terms.rollback_takes_ms) < length.as_millis();
    fields.ensure(is_shorter, "rollback_takes_ms", || {
        format!(
            "must be below {}, the length of the window; there would be no way back",
            length.as_millis()
        )
    })
}

fn check_figures(fields: &Fields, figures: &OpeningFigures) -> Result<(), Refusal> {
    let (field, figures) = ("figures", &figures.figures);
    fields.ensure(!figures.is_empty(), field, || {
        "are none; without figures nothing shows that the book stands still".to_owned()
    })?;
    let names: Vec<String> = figures.iter().map(|figure| figure.name.clone()).collect();
    fields.names(field, &names)?;
    figures
        .iter()
        .try_for_each(|figure| fields.number(field, &figure.value))
}

fn check_tables(fields: &Fields, tables: &[TableMoved]) -> Result<(), Refusal> {
    let field = "tables";
    fields.ensure(!tables.is_empty(), field, || {
        "are none; a conversion writes one at least".to_owned()
    })?;
    // Two agreements may stand on one table.
    let names = tables
        .iter()
        .map(|table| format!("{} in {}", table.table, table.agreement));
    fields.names(field, &names.collect::<Vec<_>>())?;
    tables.iter().try_for_each(|table| {
        let is_told = table.converted.is_some() && table.left_out.is_some();
        fields.ensure(is_told == table.by_record, field, || {
            format!(
                "must tell of {} converted and left out if its rule works record by record, and \
                 only then",
                table.table
            )
        })
    })
}

fn check_rehearsal(fields: &Fields, rehearsal: &RehearsalFinished) -> Result<(), Refusal> {
    let RehearsalFinished {
        planted,
        found,
        explained,
        ..
    } = *rehearsal;
    fields.ensure(explained <= found && found <= planted, "found", || {
        format!("must lie between explained, {explained}, and planted, {planted}; it is {found}")
    })?;
    if let Some(scope) = &rehearsal.scope {
        let left_out = scope.left_out.iter().map(|left| left.agreement.clone());
        fields.names("left_out", &left_out.collect::<Vec<_>>())?;
        fields.names("causes", &scope.causes)?;
        let mut reasons = scope.left_out.iter();
        reasons.try_for_each(|left| fields.said("why", &left.why))?;
    }
    let is_all = planted > 0 && found == planted && explained == planted;
    fields.ensure(is_all || !rehearsal.passed, "passed", || {
        format!(
            "must be false: of {planted} faults {found} were found and {explained} explained, and \
             it takes all, and one at least"
        )
    })
}
