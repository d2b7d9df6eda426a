//! Sheets that are lists: control totals, controls, crossed totals, rejects.

use ledger::{ControlReport, ControlStatus, Reject};
use rust_xlsxwriter::{Workbook, Worksheet, XlsxError};

use super::Book;
use super::accounts::Account;
use super::sheet::{Cell, Sheet, place};
use crate::detail::{on_one_line, places};
use crate::error::{LineError, ReportError};
use crate::figure::{is_zero, scale_of};
use crate::tally::Tally;

/// Writes the control totals of both books, with their difference as a formula.
pub(super) fn control_totals(
    workbook: &mut Workbook,
    book: &Book<'_>,
    name: &str,
    accounts: &[Account<'_>],
) -> Result<Worksheet, XlsxError> {
    let language = book.language;
    let mut sheet = Sheet::new(workbook, book.styles, name, language.control_totals())?;
    sheet.line(language.legend())?;
    sheet.head(&[
        language.account_no(),
        language.agreement(),
        language.column(),
        language.currency(),
        language.expected(),
        language.actual(),
        language.difference(),
        language.tick(),
        language.residual(),
        language.tick(),
        language.note(),
    ])?;
    for account in accounts {
        total_row(&mut sheet, account, language)?;
    }
    sheet.finish_with_filter()
}

fn total_row(
    sheet: &mut Sheet<'_>,
    account: &Account<'_>,
    language: crate::Language,
) -> Result<(), XlsxError> {
    let (row, total) = (sheet.row_number(), account.total);
    let [expected, actual, difference] = [4, 5, 6].map(|column| place(column, row));
    let sum = account.sums.difference.to_string();
    let is_right = is_zero(&sum);
    let mark = |is_right| Cell::Text(if is_right { "✓" } else { "✗" });
    let (cell, tick, note) = match account.difference_is_live() {
        true => (
            Cell::Formula(
                format!("=ROUND({actual}-{expected},{})", account.scale),
                sum,
                account.scale,
            ),
            Cell::Tick(format!("=IF({difference}=0,\"✓\",\"✗\")"), is_right),
            Cell::Blank,
        ),
        false => (
            Cell::Figure(sum),
            mark(is_right),
            Cell::Text(language.sum_as_text()),
        ),
    };
    let residual = account
        .residual
        .map_or(Cell::Text(language.none()), |residual| {
            Cell::Amount(residual, account.scale)
        });
    sheet.row(&[
        Cell::Count(account.number),
        Cell::Text(account.agreement),
        Cell::Text(&total.column),
        Cell::Text(&total.currency),
        Cell::Amount(&total.expected, account.scale),
        Cell::Amount(&total.actual, account.scale),
        cell,
        tick,
        residual,
        mark(account.is_closed()),
        note,
    ])
}

/// Writes the controls, each with the lines that are off.
pub(super) fn controls(
    workbook: &mut Workbook,
    book: &Book<'_>,
    name: &str,
) -> Result<Worksheet, XlsxError> {
    let language = book.language;
    let mut sheet = Sheet::new(workbook, book.styles, name, language.controls())?;
    if book.dossier.report.controls.is_empty() {
        sheet.line(language.no_controls())?;
    }
    sheet.line(language.long_as_text())?;
    sheet.head(&[
        language.control(),
        language.status(),
        language.along(),
        language.expected(),
        language.actual(),
        language.difference(),
        language.note(),
    ])?;
    for control in &book.dossier.report.controls {
        control_rows(&mut sheet, control, language)?;
    }
    sheet.finish_with_filter()
}

fn control_rows(
    sheet: &mut Sheet<'_>,
    control: &ControlReport,
    language: crate::Language,
) -> Result<(), XlsxError> {
    let status = language.control_status(control.status);
    let told = match control.status {
        ControlStatus::Holds => Cell::Text(status),
        ControlStatus::Broken | ControlStatus::Incomplete => Cell::Alarm(status.to_owned()),
    };
    let says = control.says.as_deref().unwrap_or_default();
    sheet.row(&[
        Cell::Strong(&control.name),
        told,
        Cell::Blank,
        figure(control.expected.as_deref()),
        figure(control.actual.as_deref()),
        figure(control.difference.as_deref()),
        Cell::Text(says),
    ])?;
    for line in &control.lines {
        sheet.row(&[
            Cell::Text(&control.name),
            Cell::Text(status),
            Cell::Said(on_one_line(&line.key)),
            figure(line.expected.as_deref()),
            figure(line.actual.as_deref()),
            figure(line.difference.as_deref()),
        ])?;
    }
    Ok(())
}

/// A figure of a control: shown with the decimals that it has.
fn figure(text: Option<&str>) -> Cell<'_> {
    text.map_or(Cell::Blank, |text| Cell::Amount(text, scale_of(text)))
}

/// Writes the crossed totals that are off, up to `rows` rows of the sheet.
pub(super) fn crossed_totals(
    workbook: &mut Workbook,
    book: &Book<'_>,
    name: &str,
    rows: u32,
) -> Result<(Worksheet, Option<String>), XlsxError> {
    let language = book.language;
    let agreements = &book.dossier.report.agreements;
    let mut sheet = Sheet::new(workbook, book.styles, name, language.crossed_totals_off())?;
    if agreements
        .iter()
        .all(|agreement| agreement.crossed.is_empty())
    {
        sheet.line(language.no_crossed())?;
    }
    sheet.line(language.long_as_text())?;
    sheet.head(&[
        language.agreement(),
        language.along(),
        language.records_expected(),
        language.records_actual(),
        language.column(),
        language.currency(),
        language.expected(),
        language.actual(),
        language.difference(),
    ])?;
    let mut left = 0_u64;
    for agreement in agreements {
        for crossed in &agreement.crossed {
            let by = on_one_line(&crossed.by);
            let fixed = [
                Cell::Text(agreement.name.as_str()),
                Cell::Text(&by),
                Cell::Count(crossed.records.expected),
                Cell::Count(crossed.records.actual),
            ];
            let totals = crossed.totals.iter().map(Some);
            let none = crossed.totals.is_empty().then_some(None);
            for total in totals.chain(none) {
                if sheet.row_number() >= rows.saturating_sub(1) {
                    left = left.saturating_add(1);
                    continue;
                }
                let mut cells = fixed.to_vec();
                if let Some(total) = total {
                    cells.push(Cell::Text(&total.column));
                    cells.push(Cell::Text(&total.currency));
                    cells.push(figure(Some(&total.expected)));
                    cells.push(figure(Some(&total.actual)));
                    cells.push(figure(Some(&total.difference)));
                }
                sheet.row(&cells)?;
            }
        }
    }
    let notice = finish_full(
        &mut sheet,
        book,
        language.crossed_totals(),
        left,
        "report.json",
    )?;
    Ok((sheet.finish_with_filter()?, notice))
}

/// Says on the sheet, and for the first sheet, how many lines found no room.
fn finish_full(
    sheet: &mut Sheet<'_>,
    book: &Book<'_>,
    of: &str,
    left: u64,
    file: &str,
) -> Result<Option<String>, XlsxError> {
    if left == 0 {
        return Ok(None);
    }
    let notice = book.language.sheet_is_full(left, file);
    sheet.alarm(&notice)?;
    Ok(Some(book.language.labelled(of, &notice)))
}

/// Writes the rejects while they pass, up to `rows` rows of the sheet.
pub(super) fn rejects(
    workbook: &mut Workbook,
    book: &Book<'_>,
    name: &str,
    rows: u32,
    rejects: impl IntoIterator<Item = Result<Reject, LineError>>,
) -> Result<(Worksheet, Option<String>), ReportError> {
    let language = book.language;
    let mut sheet = Sheet::new(workbook, book.styles, name, language.rejects())?;
    sheet.line(language.whole_in_rejects())?;
    sheet.head(&[
        language.number(),
        language.agreement(),
        language.reason(),
        language.record(),
        language.place(),
        language.owner(),
        language.disposition(),
    ])?;
    let disposal = book.dossier.disposal.as_ref();
    let owner = disposal.map_or(Cell::Blank, |disposal| Cell::Text(&disposal.owner));
    let disposed = language.rejects_disposed(disposal);
    let mut tally = Tally::new(&book.dossier.report);
    let mut left = 0_u64;
    for (number, reject) in (1_u64..).zip(rejects) {
        let reject = reject?;
        tally.count_reject(&reject)?;
        if sheet.row_number() >= rows.saturating_sub(1) {
            left = left.saturating_add(1);
            continue;
        }
        sheet.row(&[
            Cell::Count(number),
            Cell::Text(&reject.agreement),
            Cell::Text(&reject.reason),
            Cell::Said(on_one_line(&reject.record)),
            Cell::Said(language.placed(&reject.book, &places(&reject.source))),
            owner.clone(),
            Cell::Text(&disposed),
        ])?;
    }
    tally.close_rejects()?;
    let notice = finish_full(&mut sheet, book, language.rejects(), left, "rejects.jsonl")?;
    Ok((sheet.finish_with_filter()?, notice))
}
