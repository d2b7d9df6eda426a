//! The outcome as a workbook, as accountants keep it.
//!
//! A summary; for each agreement a lead sheet from the source total over the breaks by cause to the
//! target total, whose difference and residual are live formulas; every break with its cause, place
//! and disposition; control totals and controls; crossed totals that are off; rejects; the method;
//! the sign-off.
//!
//! A spreadsheet keeps 15 digits of a number. An amount that has more is text here, and says so; so
//! is a sum that a spreadsheet would not add up exactly. Keys, ids and all values of records are
//! always text: no zero in front is lost, and nothing becomes a formula.

mod accounts;
mod exceptions;
mod lead;
mod lists;
mod names;
mod papers;
mod sheet;
#[cfg(test)]
mod tests;

use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use ledger::{Break, CauseLine, Reject};
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Workbook};

use self::accounts::Account;
use self::names::SheetNames;
use self::sheet::{ROWS, Styles};
use crate::detail::visible;
use crate::disposition::Dispositions;
use crate::dossier::Dossier;
use crate::error::{LineError, ReportError};
use crate::language::Language;
use crate::method::cause_shown;

/// Writes the workbook. The same dossier gives the same bytes.
///
/// Breaks and rejects are passed through; what a sheet cannot hold is told on it and on the first
/// sheet. Sheets grow in the folder for temporary files (`TMPDIR`).
///
/// # Errors
/// A break or a reject cannot be read, they are not those that the report counts, the start of the
/// run is no time, a temporary file or `out` cannot be written. What was written until then is no
/// workbook.
pub fn write(
    dossier: &Dossier,
    breaks: impl IntoIterator<Item = Result<Break, LineError>>,
    rejects: impl IntoIterator<Item = Result<Reject, LineError>>,
    language: Language,
    out: impl Write + Send,
) -> Result<(), ReportError> {
    write_with_room(dossier, breaks, rejects, language, ROWS, out)
}

/// What every sheet is written from.
struct Book<'d> {
    dossier: &'d Dossier,
    language: Language,
    styles: &'d Styles,
}

impl Book<'_> {
    fn cause(&self, cause: &CauseLine) -> String {
        cause_shown(self.dossier, cause, self.language)
    }
}

/// Writes the workbook with sheets of up to `rows` rows.
fn write_with_room(
    dossier: &Dossier,
    breaks: impl IntoIterator<Item = Result<Break, LineError>>,
    rejects: impl IntoIterator<Item = Result<Reject, LineError>>,
    language: Language,
    rows: u32,
    out: impl Write + Send,
) -> Result<(), ReportError> {
    let styles = Styles::new();
    let book = Book {
        dossier,
        language,
        styles: &styles,
    };
    catching_spills(|| {
        let mut workbook = Workbook::new();
        workbook.set_properties(&properties(&book)?);
        write_sheets(&mut workbook, &book, breaks, rejects, rows)?;
        Ok(workbook.save_to_writer(out)?)
    })
}

/// Writes the sheets. The exceptions come before the lead sheets that add them up, and behind them
/// in the workbook.
fn write_sheets(
    workbook: &mut Workbook,
    book: &Book<'_>,
    breaks: impl IntoIterator<Item = Result<Break, LineError>>,
    rejects: impl IntoIterator<Item = Result<Reject, LineError>>,
    rows: u32,
) -> Result<(), ReportError> {
    let (language, report) = (book.language, &book.dossier.report);
    let mut accounts = accounts::accounts(report)?;
    let mut dispositions = Dispositions::new(&book.dossier.acceptances);
    let mut names = SheetNames::default();
    let fixed = [
        language.summary(),
        language.exceptions(),
        language.control_totals(),
        language.controls(),
        language.crossed_totals(),
        language.rejects(),
        language.method(),
        language.sign_off(),
    ];
    let [
        summary,
        exceptions,
        totals,
        controls,
        crossed,
        rejected,
        method,
        sign_off,
    ] = fixed.map(|name| names.name(name));
    let agreements = report.agreements.iter();
    let leads: Vec<String> = agreements
        .map(|agreement| names.name(&agreement.name))
        .collect();

    let (exceptions, filled) = exceptions::write(
        workbook,
        book,
        &exceptions,
        rows,
        &mut accounts,
        breaks,
        &mut dispositions,
    )?;
    let (crossed, crossed_notice) = lists::crossed_totals(workbook, book, &crossed, rows)?;
    let (rejected, rejects_notice) = lists::rejects(workbook, book, &rejected, rows, rejects)?;
    let mut notices = filled.notices.clone();
    notices.extend(crossed_notice);
    notices.extend(rejects_notice);

    let summary = papers::summary(workbook, book, &summary, &leads, &notices)?;
    workbook.push_worksheet(summary);
    for (agreement, name) in report.agreements.iter().zip(&leads) {
        let is_its = |account: &&Account<'_>| account.agreement == agreement.name;
        let its: Vec<&Account<'_>> = accounts.iter().filter(is_its).collect();
        let lead = lead::write(workbook, book, agreement, name, &its, &filled)?;
        workbook.push_worksheet(lead);
    }
    workbook.push_worksheet(exceptions);
    let totals = lists::control_totals(workbook, book, &totals, &accounts)?;
    workbook.push_worksheet(totals);
    let controls = lists::controls(workbook, book, &controls)?;
    workbook.push_worksheet(controls);
    workbook.push_worksheet(crossed);
    workbook.push_worksheet(rejected);
    let method = papers::method(workbook, book, &method)?;
    workbook.push_worksheet(method);
    let sign_off = papers::sign_off(workbook, book, &sign_off, &dispositions)?;
    workbook.push_worksheet(sign_off);
    Ok(())
}

/// Gives the workbook's properties. Its time is that of the run: the same evidence, the same bytes.
fn properties(book: &Book<'_>) -> Result<DocProperties, ReportError> {
    let manifest = &book.dossier.manifest;
    let started = started(&manifest.started).ok_or_else(|| ReportError::Started {
        text: manifest.started.clone(),
    })?;
    let report = &book.dossier.report;
    let verdict = book.language.verdict(report.verdict);
    Ok(DocProperties::new()
        .set_title(visible(&book.language.title(&report.plan)))
        .set_subject(verdict)
        .set_author(format!("Crossfoot {}", visible(&manifest.crossfoot)))
        .set_status(verdict)
        .set_comment(visible(&manifest.plan_blake3))
        .set_creation_datetime(&started))
}

/// Reads an instant such as `2013-05-27T00:00:00.5Z`, to the second.
fn started(text: &str) -> Option<ExcelDateTime> {
    let civil = text.strip_suffix('Z')?;
    ledger::parse_civil(civil.split('.').next()?).ok()?;
    let (day, time) = civil.split_once('T')?;
    let seconds = time.get(..8)?;
    ExcelDateTime::parse_from_str(&format!("{day}T{seconds}Z")).ok()
}

/// Runs what writes temporary files. The writer of sheets gives up by a panic where such a file
/// cannot be written: here it becomes an error that says what to do.
fn catching_spills<T>(write: impl FnOnce() -> Result<T, ReportError>) -> Result<T, ReportError> {
    catch_unwind(AssertUnwindSafe(write)).unwrap_or_else(|panic| {
        let said = panic.downcast_ref::<String>().map(String::as_str);
        let said = said.or_else(|| panic.downcast_ref::<&str>().copied());
        match said.and_then(|said| said.strip_prefix(SPILL_FAILED)) {
            Some(why) => Err(ReportError::Spill(reason(why).to_owned())),
            None => resume_unwind(panic),
        }
    })
}

/// Gives the system's own words out of an error as it is shown to programmers.
fn reason(shown: &str) -> &str {
    let said = shown.split_once("message: \"");
    let said = said.and_then(|(_, said)| said.split_once('"'));
    said.map_or(shown.trim_start_matches(": "), |(said, _)| said)
}

/// How the panic of the writer of sheets begins.
const SPILL_FAILED: &str = "Couldn't write to xml file";
