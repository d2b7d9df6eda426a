//! The first and the last sheets: summary, method, accepted breaks, sign-off and forecasts.

use ledger::Verdict;
use rust_xlsxwriter::{Workbook, Worksheet, XlsxError};

use super::Book;
use super::sheet::{Cell, Sheet, count_text};
use crate::detail::{amounts, on_one_line};
use crate::disposition::Dispositions;
use crate::method::{digest_shown, facts, steps};
use crate::unchecked::{not_read_of, unchecked_of};

/// Empty lines for signatures by hand.
const SIGNATURE_LINES: usize = 4;

/// Height of a line for a signature, in points.
const SIGNATURE_HEIGHT: u32 = 30;

/// Writes the verdict and what it rests on; `leads` are the names of the lead sheets.
pub(super) fn summary(
    workbook: &mut Workbook,
    book: &Book<'_>,
    name: &str,
    leads: &[String],
    notices: &[String],
) -> Result<Worksheet, XlsxError> {
    let (language, report) = (book.language, &book.dossier.report);
    let title = language.title(&report.plan);
    let mut sheet = Sheet::new(workbook, book.styles, name, &title)?;
    sheet.title(&title)?;
    let verdict = format!(
        "{} {}",
        language.verdict(report.verdict),
        language.verdict_says(report.verdict)
    );
    let verdict = language.labelled(language.verdict_word(), &verdict);
    match report.verdict {
        Verdict::Balanced => sheet.title(&verdict)?,
        Verdict::OutOfBalance | Verdict::Incomplete => sheet.alarm(&verdict)?,
    }
    for notice in notices {
        sheet.alarm(notice)?;
    }
    sheet.gap()?;
    agreements(&mut sheet, book, leads)?;
    sheet.gap()?;
    let rejects = count_text(report.rejects);
    sheet.row(&[Cell::Strong(language.rejects()), Cell::Said(rejects)])?;
    for control in &report.controls {
        let status = language.control_status(control.status);
        sheet.row(&[
            Cell::Said(language.labelled(language.control(), &control.name)),
            Cell::Text(status),
        ])?;
    }
    sheet.gap()?;
    sheet.section(language.not_checked(), 9)?;
    let unchecked = unchecked_of(report, language);
    if unchecked.is_empty() {
        sheet.line(language.nothing_unchecked())?;
    }
    for what in unchecked {
        sheet.alarm(&what)?;
    }
    for what in not_read_of(report, language) {
        sheet.line(&what)?;
    }
    sheet.finish()
}

fn agreements(sheet: &mut Sheet<'_>, book: &Book<'_>, leads: &[String]) -> Result<(), XlsxError> {
    let language = book.language;
    let kinds = ledger::BreakKind::ALL.map(|kind| language.break_kind(kind));
    sheet.head(&[
        language.agreement(),
        language.records_expected(),
        language.records_actual(),
        language.records_agreed(),
        language.breaks(),
        kinds[0],
        kinds[1],
        kinds[2],
        kinds[3],
    ])?;
    for (agreement, lead) in book.dossier.report.agreements.iter().zip(leads) {
        let (records, breaks) = (agreement.records, agreement.breaks);
        sheet.row(&[
            Cell::Link(&agreement.name, lead),
            Cell::Count(records.expected),
            Cell::Count(records.actual),
            Cell::Count(records.agreed),
            Cell::Count(breaks.sum()),
            Cell::Count(breaks.missing),
            Cell::Count(breaks.extra),
            Cell::Count(breaks.differs),
            Cell::Count(breaks.copies),
        ])?;
    }
    Ok(())
}

/// Writes how it was done: the steps, the program, the digests, the repairs.
pub(super) fn method(
    workbook: &mut Workbook,
    book: &Book<'_>,
    name: &str,
) -> Result<Worksheet, XlsxError> {
    let (language, manifest) = (book.language, &book.dossier.manifest);
    let mut sheet = Sheet::new(workbook, book.styles, name, language.method())?;
    sheet.title(language.method())?;
    sheet.head(&[language.item(), language.what()])?;
    for (item, what) in facts(book.dossier, book.language) {
        sheet.row(&[Cell::Text(item), Cell::Said(what)])?;
    }
    sheet.gap()?;
    for step in steps(book.dossier, book.language) {
        sheet.line(step)?;
    }
    sheet.gap()?;
    sheet.section(language.files_read(), 5)?;
    sheet.head(&[
        language.file(),
        language.blake3(),
        language.book(),
        language.table(),
        language.bytes(),
    ])?;
    for input in &manifest.inputs {
        sheet.row(&[
            Cell::Text(&input.file),
            Cell::Text(digest_shown(&input.blake3, language)),
            Cell::Text(language.side(&input.book)),
            Cell::Text(&input.table),
            Cell::Count(input.bytes),
        ])?;
    }
    sheet.gap()?;
    sheet.section(language.files_written(), 5)?;
    for file in &manifest.files {
        sheet.row(&[
            Cell::Text(&file.file),
            Cell::Text(digest_shown(&file.blake3, language)),
            Cell::Blank,
            Cell::Blank,
            Cell::Count(file.bytes),
        ])?;
    }
    repairs(&mut sheet, book)?;
    sheet.finish()
}

fn repairs(sheet: &mut Sheet<'_>, book: &Book<'_>) -> Result<(), XlsxError> {
    let agreements = &book.dossier.report.agreements;
    let repairs: Vec<_> = agreements
        .iter()
        .flat_map(|agreement| &agreement.repairs)
        .collect();
    if repairs.is_empty() {
        return Ok(());
    }
    sheet.gap()?;
    sheet.section(book.language.repairs(), 5)?;
    for repair in repairs {
        sheet.row(&[
            Cell::Text(&repair.file),
            Cell::Text(&repair.what),
            Cell::Text(book.language.side(&repair.book)),
            Cell::Text(&repair.table),
            Cell::Count(repair.count),
        ])?;
    }
    Ok(())
}

/// Writes the accepted breaks, the signatures, and room for those by hand.
pub(super) fn sign_off(
    workbook: &mut Workbook,
    book: &Book<'_>,
    name: &str,
    dispositions: &Dispositions<'_>,
) -> Result<Worksheet, XlsxError> {
    let (language, dossier) = (book.language, book.dossier);
    let mut sheet = Sheet::new(workbook, book.styles, name, language.sign_off())?;
    sheet.title(language.sign_off())?;
    let digest = &dossier.manifest.plan_blake3;
    sheet.line(&language.labelled(language.plan_digest(), digest))?;
    sheet.head(&[
        language.role(),
        language.name(),
        language.key_id(),
        language.time(),
        language.signature(),
    ])?;
    for signed in &dossier.sign_offs {
        sheet.row(&[
            Cell::Text(&signed.role),
            Cell::Text(&signed.name),
            Cell::Text(&signed.key_id),
            Cell::Text(&signed.time),
        ])?;
    }
    if dossier.sign_offs.is_empty() {
        sheet.alarm(language.not_signed())?;
    }
    for _ in 0..SIGNATURE_LINES {
        let row = sheet.row_number();
        sheet.worksheet.set_row_height(row, SIGNATURE_HEIGHT)?;
        sheet.section(language.signature_line(), 5)?;
    }
    sheet.gap()?;
    accepted(&mut sheet, book, dispositions)?;
    forecasts(&mut sheet, book)?;
    sheet.finish()
}

/// Writes how good the forecasts were, where the window had any.
fn forecasts(sheet: &mut Sheet<'_>, book: &Book<'_>) -> Result<(), XlsxError> {
    let (language, forecasts) = (book.language, &book.dossier.forecasts);
    if forecasts.is_empty() {
        return Ok(());
    }
    sheet.gap()?;
    sheet.section(language.forecasts(), 3)?;
    sheet.head(&[language.phase(), language.ended(), language.what()])?;
    for phase in forecasts {
        sheet.row(&[
            Cell::Text(&phase.phase),
            Cell::Text(&phase.ended),
            Cell::Text(&phase.says),
        ])?;
    }
    Ok(())
}

fn accepted(
    sheet: &mut Sheet<'_>,
    book: &Book<'_>,
    dispositions: &Dispositions<'_>,
) -> Result<(), XlsxError> {
    let language = book.language;
    sheet.section(language.accepted_breaks(), 7)?;
    if book.dossier.acceptances.is_empty() {
        return sheet.line(language.nothing_accepted());
    }
    sheet.line(language.accepted_stay())?;
    sheet.head(&[
        language.agreement(),
        language.key(),
        language.amount(),
        language.owner(),
        language.date(),
        language.reason(),
        language.status(),
    ])?;
    for (acceptance, met) in dispositions.met() {
        sheet.row(&[
            Cell::Text(&acceptance.agreement),
            Cell::Said(on_one_line(&acceptance.key)),
            Cell::Said(amounts(&acceptance.amount)),
            Cell::Text(&acceptance.owner),
            Cell::Text(&acceptance.date),
            Cell::Text(&acceptance.reason),
            Cell::Text(language.met(met)),
        ])?;
    }
    Ok(())
}
