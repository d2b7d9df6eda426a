//! The outcome as one page of HTML that opens offline: no script, no font, no picture from outside.
//!
//! The verdict first; for each agreement the totals of both sides, the bridge between them, crossed
//! totals that are off, breaks by kind and cause, the largest breaks; then controls, rejects, what
//! was not checked, accepted breaks, sign-offs, how good the forecasts were, and the method with its digests. It prints on A4, is
//! readable at any width and by day and night, and says nothing by colour alone. All that comes from
//! the books is text, whatever it looks like. Lists are cut, and say so: `breaks.jsonl` is whole.

mod bridge;
mod heat;
mod largest;
mod sections;
mod style;
#[cfg(test)]
mod tests;

use std::io::Write;

use ledger::{AgreementReport, Break, Reject, Total, Verdict, Wide};
use maud::{DOCTYPE, Markup, PreEscaped, html};

use self::bridge::Bridge;
use self::largest::Largest;
use crate::detail::visible;
use crate::disposition::Dispositions;
use crate::dossier::Dossier;
use crate::error::{LineError, ReportError};
use crate::figure::{counted, scale_of};
use crate::language::Language;
use crate::method::cause_shown;
use crate::tally::Tally;
use crate::unchecked::{not_read_of, unchecked_of};

/// Lines of a list that the page shows at most.
const LINES: usize = 40;

/// Rejects that the page shows at most.
const REJECTS: usize = 20;

/// Writes the page. The same dossier gives the same bytes.
///
/// # Errors
/// A break or a reject cannot be read, they are not those that the report counts, an amount is no
/// number, or `out` cannot be written.
pub fn write(
    dossier: &Dossier,
    breaks: impl IntoIterator<Item = Result<Break, LineError>>,
    rejects: impl IntoIterator<Item = Result<Reject, LineError>>,
    language: Language,
    mut out: impl Write,
) -> Result<(), ReportError> {
    let mut tally = Tally::new(&dossier.report);
    let mut dispositions = Dispositions::new(&dossier.acceptances);
    let mut largest = Largest::default();
    for found in breaks {
        let found = found?;
        tally.count_break(&found)?;
        let disposition = dispositions.of(&found);
        largest.take(found, disposition);
    }
    tally.close_breaks()?;
    let mut shown = Vec::new();
    for reject in rejects {
        let reject = reject?;
        tally.count_reject(&reject)?;
        if shown.len() < REJECTS {
            shown.push(reject);
        }
    }
    tally.close_rejects()?;
    let page = Page {
        dossier,
        language,
        dispositions,
        largest,
        rejects: shown,
    };
    let html = page.draw()?.into_string();
    out.write_all(visible(&html).as_bytes())?;
    Ok(out.flush()?)
}

/// What the page is drawn from.
struct Page<'d> {
    dossier: &'d Dossier,
    language: Language,
    dispositions: Dispositions<'d>,
    largest: Largest<'d>,
    rejects: Vec<Reject>,
}

impl Page<'_> {
    fn draw(&self) -> Result<Markup, ReportError> {
        let (language, report) = (self.language, &self.dossier.report);
        let title = language.title(&report.plan);
        let agreements = report.agreements.iter().zip(1..);
        let agreements: Vec<Markup> = agreements
            .map(|(agreement, number)| self.agreement(agreement, number))
            .collect::<Result<_, _>>()?;
        Ok(html! {
            (DOCTYPE)
            html lang=(language.tag()) {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'";
                    title { (language.verdict(report.verdict)) " · " (title) }
                    style { (PreEscaped(style::sheet())) }
                }
                body {
                    header { h1 { (title) } p.quiet { (self.dossier.manifest.started) " · " (report.evidence) } }
                    main {
                        (self.verdict())
                        (self.glance())
                        (self.contents())
                        @for agreement in &agreements { (agreement) }
                        (section("controls", language.controls(), &self.controls(&report.controls)))
                        (section("rejects", language.rejects(), &self.rejects(&self.rejects)))
                        (section("not-checked", language.not_checked(), &self.not_checked()))
                        (section("accepted", language.accepted_breaks(), &self.accepted()))
                        (section("sign-off", language.sign_off(), &self.sign_offs()))
                        @if self.has_forecasts() { (section("forecasts", language.forecasts(), &self.forecasts())) }
                        (section("method", language.method(), &self.method()))
                    }
                    footer { p { (language.print_line()) } p { (language.whole_in_breaks()) } }
                }
            }
        })
    }

    /// The verdict, which nobody may miss, and why it is no better.
    fn verdict(&self) -> Markup {
        let (language, report) = (self.language, &self.dossier.report);
        let (class, mark) = match report.verdict {
            Verdict::Balanced => ("verdict good", "✓"),
            Verdict::OutOfBalance => ("verdict bad", "✗"),
            Verdict::Incomplete => ("verdict warn", "?"),
        };
        let unchecked = unchecked_of(report, language);
        html! {
            section class=(class) aria-label=(language.verdict_word()) {
                p.word { (mark) " " (language.verdict(report.verdict)) }
                p { (language.verdict_says(report.verdict)) }
                @if !unchecked.is_empty() { ul { @for what in &unchecked { li { (what) } } } }
            }
        }
    }

    /// The run in a few figures.
    fn glance(&self) -> Markup {
        let (language, report) = (self.language, &self.dossier.report);
        let sum = |of: fn(&AgreementReport) -> u64| {
            let counts = report.agreements.iter().map(of);
            counted(counts.fold(0, u64::saturating_add))
        };
        let holding = report.controls.iter();
        let holding = holding.filter(|control| control.status == ledger::ControlStatus::Holds);
        let facts = [
            (
                language.records_expected(),
                sum(|agreement| agreement.records.expected),
            ),
            (
                language.records_actual(),
                sum(|agreement| agreement.records.actual),
            ),
            (language.breaks(), sum(|agreement| agreement.breaks.sum())),
            (language.rejects(), counted(report.rejects)),
            (
                language.controls_that_hold(),
                format!("{} / {}", holding.count(), report.controls.len()),
            ),
        ];
        html! {
            ul.facts { @for (what, figure) in facts { li { (what) b { (figure) } } } }
        }
    }

    /// A run outside of a window has none.
    fn has_forecasts(&self) -> bool {
        !self.dossier.forecasts.is_empty()
    }

    fn contents(&self) -> Markup {
        let language = self.language;
        let fixed = [
            ("controls", language.controls()),
            ("rejects", language.rejects()),
            ("not-checked", language.not_checked()),
            ("accepted", language.accepted_breaks()),
            ("sign-off", language.sign_off()),
            ("forecasts", language.forecasts()),
            ("method", language.method()),
        ];
        html! {
            nav aria-label=(language.contents()) {
                ul {
                    @for (agreement, number) in self.dossier.report.agreements.iter().zip(1..) {
                        li { a href={ "#agreement-" (number) } { (agreement.name) } }
                    }
                    @for (id, name) in fixed {
                        @if id != "forecasts" || self.has_forecasts() { li { a href={ "#" (id) } { (name) } } }
                    }
                }
            }
        }
    }

    fn agreement(&self, agreement: &AgreementReport, number: usize) -> Result<Markup, ReportError> {
        let language = self.language;
        let bridges = agreement
            .totals
            .iter()
            .map(|total| self.bridge(agreement, total));
        let bridges: Vec<Bridge> = bridges.collect::<Result<_, _>>()?;
        let maps = heat::maps(&agreement.crossed);
        let body = html! {
            (self.totals(agreement))
            @if !bridges.is_empty() { h3 { (language.bridge()) } }
            @for (bridge, at) in bridges.iter().zip(1..) {
                p.of { (bridge.title) }
                (bridge.draw(&format!("bridge-{number}-{at}"), language))
            }
            h3 { (language.crossed_totals()) }
            @for (map, at) in maps.iter().zip(1..) {
                @let title = format!("{} · {}", map.of.0, map.of.1);
                p.of { (title) }
                (map.draw(&format!("heat-{number}-{at}"), &title, language))
            }
            (self.crossed(agreement))
            h3 { (language.breaks_by_kind()) }
            (self.kinds(agreement))
            @if !agreement.causes.is_empty() { h3 { (language.causes()) } (self.causes(agreement)) }
            h3 { (language.largest_breaks()) }
            (self.largest(agreement, self.largest.of(&agreement.name)))
            @if !agreement.notes.is_empty() {
                h3 { (language.notes()) }
                ul { @for note in &agreement.notes { li { (note) } } }
            }
        };
        let title = language.labelled(language.agreement(), &agreement.name);
        Ok(section(&format!("agreement-{number}"), &title, &body))
    }

    fn bridge(&self, agreement: &AgreementReport, total: &Total) -> Result<Bridge, ReportError> {
        let read = |text: &str| {
            text.parse::<Wide>().map_err(|_| ReportError::Amount {
                place: format!("report.json: `{}`, {}", agreement.name, total.column),
                text: text.to_owned(),
            })
        };
        let mut scale = scale_of(&total.expected).max(scale_of(&total.actual));
        let mut causes = Vec::new();
        for cause in &agreement.causes {
            let amounts = cause.difference.iter();
            let its = amounts.filter(|amount| {
                amount.column == total.column && amount.currency == total.currency
            });
            for amount in its {
                scale = scale.max(scale_of(&amount.amount));
                let label = cause_shown(self.dossier, cause, self.language);
                causes.push((label, read(&amount.amount)?));
            }
        }
        Ok(Bridge {
            title: format!("{} · {}", total.column, total.currency),
            source: read(&total.expected)?,
            target: read(&total.actual)?,
            causes,
            scale: u8::try_from(scale).unwrap_or(u8::MAX),
        })
    }

    fn not_checked(&self) -> Markup {
        let unchecked = unchecked_of(&self.dossier.report, self.language);
        html! {
            @if unchecked.is_empty() { p { (self.language.nothing_unchecked()) } }
            ul {
                @for what in unchecked { li.warn { (what) } }
                @for what in not_read_of(&self.dossier.report, self.language) { li { (what) } }
            }
            p.quiet { (self.language.method_limits()) }
        }
    }
}

fn section(id: &str, title: &str, body: &Markup) -> Markup {
    html! { section id=(id) { h2 { (title) } (body) } }
}
