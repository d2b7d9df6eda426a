//! The sections of the page that are tables.

use ledger::{AgreementReport, ControlReport, ControlStatus, Reject};
use maud::{Markup, html};

use super::Page;
use super::largest::Kept;
use crate::detail::{amounts, details, name_of, on_one_line, places};
use crate::disposition::Disposition;
use crate::figure::{counted, grouped, is_zero};
use crate::method::{cause_shown, digest_shown, facts, steps};

/// A table of no more rows is not parted between two printed pages.
const SHORT_ROWS: usize = 12;

/// Gives a table with its caption; `heads` that begin with `#` stand over figures.
pub(super) fn table(caption: &str, heads: &[&str], rows: &Markup) -> Markup {
    captioned("", caption, heads, rows)
}

/// Gives a table whose caption says the same as the headline above it, and is not seen.
pub(super) fn titled_table(caption: &str, heads: &[&str], rows: &Markup) -> Markup {
    captioned("unseen", caption, heads, rows)
}

/// A table scrolls by itself where the page is narrow.
fn captioned(class: &str, caption: &str, heads: &[&str], rows: &Markup) -> Markup {
    let is_short = rows.0.matches("<tr").count() <= SHORT_ROWS;
    html! {
        div.scroll tabindex="0" role="region" aria-label=(caption) {
            table.short[is_short] {
                caption class=(class) { (caption) }
                thead { tr {
                    @for head in heads {
                        @match head.strip_prefix('#') {
                            Some(head) => th.n scope="col" { (head) },
                            None => th scope="col" { (head) },
                        }
                    }
                } }
                tbody { (rows) }
            }
        }
    }
}

fn figure_head(head: &str) -> String {
    format!("#{head}")
}

/// Marks a figure that should be zero.
fn zero_mark(figure: &str) -> Markup {
    match is_zero(figure) {
        true => html! { span.good { "✓ " (grouped(figure)) } },
        false => html! { span.bad { "✗ " (grouped(figure)) } },
    }
}

impl Page<'_> {
    /// Counts of records and control totals of both sides.
    pub(super) fn totals(&self, agreement: &AgreementReport) -> Markup {
        let language = self.language;
        let records = agreement.records;
        let record_difference =
            i128::from(records.actual).saturating_sub(i128::from(records.expected));
        let heads = [
            language.what().to_owned(),
            figure_head(language.source()),
            figure_head(language.target()),
            figure_head(language.difference()),
            figure_head(language.residual()),
        ];
        let heads: Vec<&str> = heads.iter().map(String::as_str).collect();
        let rows = html! {
            tr {
                th scope="row" { (language.records()) }
                td.n { (counted(records.expected)) }
                td.n { (counted(records.actual)) }
                td.n { (zero_mark(&record_difference.to_string())) }
                td.n {}
            }
            @for total in &agreement.totals {
                tr {
                    th scope="row" { (total.column) " · " (total.currency) }
                    td.n { (grouped(&total.expected)) }
                    td.n { (grouped(&total.actual)) }
                    td.n { (zero_mark(&total.difference)) }
                    td.n {
                        @match residual(agreement, &total.column, &total.currency) {
                            Some(residual) => (zero_mark(residual)),
                            None => span.bad { "✗ " (language.none()) },
                        }
                    }
                }
            }
        };
        table(language.totals(), &heads, &rows)
    }

    pub(super) fn kinds(&self, agreement: &AgreementReport) -> Markup {
        let (language, breaks) = (self.language, agreement.breaks);
        let counts = [breaks.missing, breaks.extra, breaks.differs, breaks.copies];
        let figures = figure_head(language.breaks());
        let rows = html! {
            @for (kind, count) in ledger::BreakKind::ALL.into_iter().zip(counts) {
                tr { th scope="row" { (language.break_kind(kind)) } td.n { (counted(count)) } }
            }
            tr { th scope="row" { (language.total_of()) } td.n { b { (counted(breaks.sum())) } } }
        };
        titled_table(
            language.breaks_by_kind(),
            &[language.kind(), &figures],
            &rows,
        )
    }

    pub(super) fn causes(&self, agreement: &AgreementReport) -> Markup {
        let language = self.language;
        let (breaks, difference) = (
            figure_head(language.breaks()),
            figure_head(language.difference()),
        );
        let heads = [
            language.cause(),
            language.certainty(),
            &breaks,
            &difference,
            language.conditions(),
        ];
        let rows = html! {
            @for cause in &agreement.causes {
                tr {
                    th scope="row" { (cause_shown(self.dossier, cause, language)) }
                    td { (language.cause_status(cause.status)) }
                    td.n { (counted(cause.breaks)) }
                    td.n {
                        @for amount in &cause.difference { div { (amounts(std::slice::from_ref(amount))) } }
                    }
                    td.w {
                        @if !cause.conditions.is_empty() {
                            code { (cause.conditions.join(" AND ")) }
                            " " span.quiet { (language.met_by(cause)) }
                        }
                    }
                }
            }
        };
        titled_table(language.causes(), &heads, &rows)
    }

    pub(super) fn crossed(&self, agreement: &AgreementReport) -> Markup {
        let language = self.language;
        let off = &agreement.crossed;
        if off.is_empty() {
            return html! { p.quiet { (language.no_crossed()) } };
        }
        let figures = [
            language.expected(),
            language.actual(),
            language.difference(),
        ]
        .map(figure_head);
        let [expected, actual, difference] = &figures;
        let heads = [
            language.along(),
            language.column(),
            expected,
            actual,
            difference,
        ];
        let rows = html! {
            @for crossed in off.iter().take(super::LINES) {
                @for total in &crossed.totals {
                    tr {
                        th scope="row" { (on_one_line(&crossed.by)) }
                        td { (total.column) " · " (total.currency) }
                        td.n { (grouped(&total.expected)) }
                        td.n { (grouped(&total.actual)) }
                        td.n { (zero_mark(&total.difference)) }
                    }
                }
            }
        };
        html! {
            (table(language.crossed_totals_off(), &heads, &rows))
            (self.left_out(off.len(), super::LINES, "report.json"))
        }
    }

    /// Says how many lines are not shown, where some are not.
    fn left_out(&self, of: usize, shown: usize, file: &str) -> Markup {
        let [of, shown] = [of, shown].map(|count| u64::try_from(count).unwrap_or(u64::MAX));
        html! {
            @if of > shown { p.quiet { (self.language.left_out(of.saturating_sub(shown), of, file)) } }
        }
    }

    pub(super) fn largest(&self, agreement: &AgreementReport, kept: &[Kept<'_>]) -> Markup {
        let language = self.language;
        if kept.is_empty() {
            return html! { p.quiet { (language.no_breaks()) } };
        }
        let difference = figure_head(language.difference());
        let heads = [
            language.key(),
            language.kind(),
            language.field(),
            &difference,
            language.cause(),
            language.source_place(),
            language.disposition(),
        ];
        let rows = html! { @for kept in kept { (self.break_row(kept)) } };
        let shown = u64::try_from(kept.len()).unwrap_or(u64::MAX);
        let left = agreement.breaks.sum().saturating_sub(shown);
        html! {
            (titled_table(language.largest_breaks(), &heads, &rows))
            p.quiet {
                (language.by_amount())
                @if left > 0 { " " (language.left_out(left, agreement.breaks.sum(), "breaks.jsonl")) }
            }
        }
    }

    fn break_row(&self, kept: &Kept<'_>) -> Markup {
        let (language, found) = (self.language, &kept.found);
        let value = |value: Option<&str>| value.unwrap_or(language.null()).to_owned();
        html! {
            tr {
                th.d scope="row" { (on_one_line(name_of(found))) }
                td.k { (language.break_kind(found.kind)) }
                td.w {
                    @for detail in details(found) {
                        @if let Some(field) = detail.field {
                            div { (field) ": " (value(detail.expected)) " → " (value(detail.actual)) }
                        }
                    }
                }
                td.n { @for amount in &found.difference { div { (grouped(&amount.amount)) " " (amount.currency) } } }
                td.w {
                    @if let Some(id) = &found.cause.id { b { (id) } " " }
                    (language.cause_status(found.cause.status))
                    div.quiet { (language.rivals(&found.cause.says, &found.cause.rivals)) }
                }
                td.d { (places(&found.source)) }
                td.o {
                    (language.disposed(kept.disposition))
                    @if let Disposition::Accepted(by) = kept.disposition { div.quiet { (by.owner) } }
                }
            }
        }
    }

    pub(super) fn controls(&self, controls: &[ControlReport]) -> Markup {
        let language = self.language;
        if controls.is_empty() {
            return html! { p.quiet { (language.no_controls()) } };
        }
        let figures = [
            language.expected(),
            language.actual(),
            language.difference(),
        ]
        .map(figure_head);
        let [expected, actual, difference] = &figures;
        let heads = [
            language.control(),
            language.status(),
            expected,
            actual,
            difference,
        ];
        let rows = html! { @for control in controls { (self.control_rows(control)) } };
        titled_table(language.controls(), &heads, &rows)
    }

    fn control_rows(&self, control: &ControlReport) -> Markup {
        let language = self.language;
        let (class, mark) = match control.status {
            ControlStatus::Holds => ("good", "✓"),
            ControlStatus::Broken => ("bad", "✗"),
            ControlStatus::Incomplete => ("warn", "?"),
        };
        let figure =
            |figure: Option<&String>| figure.map(|figure| grouped(figure)).unwrap_or_default();
        html! {
            tr {
                th scope="row" {
                    (control.name)
                    @if let Some(says) = &control.says { div.quiet { (says) } }
                }
                td { span class=(class) { (mark) " " (language.control_status(control.status)) } }
                td.n { (figure(control.expected.as_ref())) }
                td.n { (figure(control.actual.as_ref())) }
                td.n { (figure(control.difference.as_ref())) }
            }
            @for line in control.lines.iter().take(super::LINES) {
                tr {
                    td.d { (on_one_line(&line.key)) }
                    td {}
                    td.n { (figure(line.expected.as_ref())) }
                    td.n { (figure(line.actual.as_ref())) }
                    td.n { (figure(line.difference.as_ref())) }
                }
            }
            @if control.lines.len() > super::LINES {
                tr { td colspan="5" { (self.left_out(control.lines.len(), super::LINES, "report.json")) } }
            }
        }
    }

    pub(super) fn rejects(&self, shown: &[Reject]) -> Markup {
        let language = self.language;
        if shown.is_empty() {
            return html! { p.quiet { (language.no_rejects()) } };
        }
        let heads = [
            language.agreement(),
            language.reason(),
            language.record(),
            language.place(),
        ];
        let rows = html! {
            @for reject in shown {
                tr {
                    th scope="row" { (reject.agreement) }
                    td.w { (reject.reason) }
                    td.d { (on_one_line(&reject.record)) }
                    td.d { (language.placed(&reject.book, &places(&reject.source))) }
                }
            }
        };
        let all = usize::try_from(self.dossier.report.rejects).unwrap_or(usize::MAX);
        html! {
            (self.disposal())
            (titled_table(language.rejects(), &heads, &rows))
            (self.left_out(all, shown.len(), "rejects.jsonl"))
        }
    }

    /// What becomes of the rejects, and who answers for it.
    fn disposal(&self) -> Markup {
        let (language, disposal) = (self.language, self.dossier.disposal.as_ref());
        let disposed = language.rejects_disposed(disposal);
        html! {
            @match disposal {
                None => p.warn { (disposed) },
                Some(disposal) => p { (disposed) " · " (language.labelled(language.owner(), &disposal.owner)) },
            }
        }
    }

    pub(super) fn accepted(&self) -> Markup {
        let language = self.language;
        if self.dossier.acceptances.is_empty() {
            return html! { p.quiet { (language.nothing_accepted()) } };
        }
        let heads = [
            language.agreement(),
            language.key(),
            language.amount(),
            language.reason(),
            language.owner(),
            language.date(),
            language.status(),
        ];
        let rows = html! {
            @for (acceptance, met) in self.dispositions.met() {
                tr {
                    th scope="row" { (acceptance.agreement) }
                    td.d { (on_one_line(&acceptance.key)) }
                    td.n { (amounts(&acceptance.amount)) }
                    td.w { (acceptance.reason) }
                    td { (acceptance.owner) }
                    td { (acceptance.date) }
                    td { (language.met(met)) }
                }
            }
        };
        html! {
            (titled_table(language.accepted_breaks(), &heads, &rows))
            p.quiet { (language.accepted_stay()) }
        }
    }

    pub(super) fn sign_offs(&self) -> Markup {
        let language = self.language;
        if self.dossier.sign_offs.is_empty() {
            return html! { p.warn { (language.not_signed()) } };
        }
        let heads = [
            language.role(),
            language.name(),
            language.key_id(),
            language.time(),
        ];
        let rows = html! {
            @for signed in &self.dossier.sign_offs {
                tr {
                    th scope="row" { (signed.role) }
                    td { (signed.name) }
                    td.d { (signed.key_id) }
                    td { (signed.time) }
                }
            }
        };
        titled_table(language.sign_off(), &heads, &rows)
    }

    pub(super) fn forecasts(&self) -> Markup {
        let language = self.language;
        let heads = [language.phase(), language.ended(), language.what()];
        let rows = html! {
            @for phase in &self.dossier.forecasts {
                tr {
                    th scope="row" { (phase.phase) }
                    td.d { (phase.ended) }
                    td.w { (phase.says) }
                }
            }
        };
        titled_table(language.forecasts(), &heads, &rows)
    }

    pub(super) fn method(&self) -> Markup {
        let (language, manifest) = (self.language, &self.dossier.manifest);
        let facts = html! {
            @for (item, what) in facts(self.dossier, language) {
                tr { th scope="row" { (item) } td.d.w { (what) } }
            }
        };
        let bytes = figure_head(language.bytes());
        let inputs = html! {
            @for input in &manifest.inputs {
                tr {
                    th scope="row" { (input.file) }
                    td { (language.side(&input.book)) " · " (input.table) }
                    td.n { (counted(input.bytes)) }
                    td.d { (digest_shown(&input.blake3, language)) }
                }
            }
        };
        let outputs = html! {
            @for file in &manifest.files {
                tr {
                    th scope="row" { (file.file) }
                    td.n { (counted(file.bytes)) }
                    td.d { (digest_shown(&file.blake3, language)) }
                }
            }
        };
        let read = [language.file(), language.table(), &bytes, language.blake3()];
        let written = [language.file(), &bytes, language.blake3()];
        html! {
            ol { @for step in steps(self.dossier, language) { li { (step) } } }
            (titled_table(language.method(), &[language.item(), language.what()], &facts))
            (table(language.files_read(), &read, &inputs))
            (table(language.files_written(), &written, &outputs))
            (self.repairs())
        }
    }

    fn repairs(&self) -> Markup {
        let language = self.language;
        let agreements = &self.dossier.report.agreements;
        let repairs: Vec<_> = agreements
            .iter()
            .flat_map(|agreement| &agreement.repairs)
            .collect();
        if repairs.is_empty() {
            return html! {};
        }
        let count = figure_head(language.count());
        let heads = [language.file(), language.table(), language.what(), &count];
        let rows = html! {
            @for repair in repairs {
                tr {
                    th scope="row" { (repair.file) }
                    td { (language.side(&repair.book)) " · " (repair.table) }
                    td { code { (repair.what) } }
                    td.n { (counted(repair.count)) }
                }
            }
        };
        table(language.repairs(), &heads, &rows)
    }
}

/// Gives the residual of a column and currency; none where the report lacks it.
fn residual<'r>(agreement: &'r AgreementReport, column: &str, currency: &str) -> Option<&'r str> {
    let is_its = |amount: &&ledger::Amount| amount.column == column && amount.currency == currency;
    agreement
        .residual
        .iter()
        .find(is_its)
        .map(|amount| amount.amount.as_str())
}
