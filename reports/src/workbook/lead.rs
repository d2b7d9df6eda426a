//! The lead sheet of an agreement: from the source total over the breaks by cause to the target
//! total, with the difference and the residual as live formulas.

use ledger::{AgreementReport, CauseLine, Wide};
use rust_xlsxwriter::{
    ConditionalFormatCell, ConditionalFormatCellRule, Workbook, Worksheet, XlsxError,
};

use super::Book;
use super::accounts::Account;
use super::exceptions::Filled;
use super::sheet::{Cell, Sheet, place};
use crate::figure::{exact_number, scale_of};
use crate::language::Language;

/// Columns of the sheet, from 0.
const AMOUNT: u16 = 4;
const COLUMNS: u16 = 7;

/// Writes the lead sheet of one agreement.
pub(super) fn write(
    workbook: &mut Workbook,
    book: &Book<'_>,
    agreement: &AgreementReport,
    name: &str,
    accounts: &[&Account<'_>],
    exceptions: &Filled,
) -> Result<Worksheet, XlsxError> {
    let language = book.language;
    let title = language.labelled(language.lead_sheet(), &agreement.name);
    let mut sheet = Sheet::new(workbook, book.styles, name, &title)?;
    sheet.title(&title)?;
    sheet.line(language.legend())?;
    for notice in &exceptions.notices {
        sheet.alarm(notice)?;
    }
    sheet.head(&[
        language.account_no(),
        language.line(),
        language.certainty(),
        language.breaks(),
        language.amount(),
        language.tick(),
        language.note(),
    ])?;
    write_records(&mut sheet, agreement, language)?;
    for account in accounts {
        sheet.gap()?;
        let mut lines = Lines {
            sheet: &mut sheet,
            account,
            language,
        };
        lines.write(book, exceptions)?;
    }
    if accounts.is_empty() {
        sheet.gap()?;
        sheet.line(language.no_money())?;
    }
    write_list(&mut sheet, language.not_checked(), &agreement.not_checked)?;
    write_list(&mut sheet, language.notes(), &agreement.notes)?;
    sheet.finish()
}

fn write_records(
    sheet: &mut Sheet<'_>,
    agreement: &AgreementReport,
    language: Language,
) -> Result<(), XlsxError> {
    let records = agreement.records;
    sheet.section(language.records(), COLUMNS)?;
    let source = place(AMOUNT, sheet.row_number());
    let mut line = |says, cell| {
        sheet.row(&[
            Cell::Blank,
            Cell::Text(says),
            Cell::Blank,
            Cell::Blank,
            cell,
        ])
    };
    line(language.source_records(), Cell::Count(records.expected))?;
    line(language.target_records(), Cell::Count(records.actual))?;
    line(language.records_agreed(), Cell::Count(records.agreed))?;
    let target = place(AMOUNT, sheet.row_number().saturating_sub(2));
    let difference = i128::from(records.actual).saturating_sub(i128::from(records.expected));
    let result = difference.to_string();
    let formula = format!("={target}-{source}");
    let at = place(AMOUNT, sheet.row_number());
    sheet.row(&[
        Cell::Blank,
        Cell::Strong(language.records_difference()),
        Cell::Blank,
        Cell::Count(agreement.breaks.sum()),
        Cell::Formula(formula, result, 0),
        tick(&format!("{at}=0"), difference == 0),
    ])
}

/// Writes the lines of one account.
struct Lines<'w, 's, 'r> {
    sheet: &'w mut Sheet<'s>,
    account: &'w Account<'r>,
    language: Language,
}

/// Is a sum: where it stands, what it comes to, and whether it stands there as a formula.
struct Sum<'w> {
    cell: String,
    value: &'w Wide,
    is_live: bool,
}

impl Sum<'_> {
    /// Says by a formula, or in its place, whether the sum is zero.
    fn zero_tick(&self) -> Cell<'static> {
        match self.is_live {
            true => tick(&format!("{}=0", self.cell), self.value.is_zero()),
            false => mark(self.value.is_zero()),
        }
    }
}

impl<'w> Lines<'w, '_, '_> {
    fn write(&mut self, book: &Book<'_>, exceptions: &Filled) -> Result<(), XlsxError> {
        let (language, account) = (self.language, self.account);
        let total = account.total;
        let title = format!("{}. {} · {}", account.number, total.column, total.currency);
        self.sheet.section(&title, COLUMNS)?;
        let source = self.figure(language.source_total(), &total.expected)?;
        let breaks = self.breaks(book)?;
        let target = self.figure(language.target_total(), &total.actual)?;
        let difference = self.next_sum(&account.sums.difference, account.difference_is_live());
        let formula = format!("=ROUND({target}-{source},{})", account.scale);
        self.zero_sum(language.books_difference(), &difference, formula)?;
        self.as_reported(
            language.reported_difference(),
            Some(&total.difference),
            &difference,
        )?;
        let residual = self.next_sum(&account.sums.residual, difference.is_live && breaks.is_live);
        let formula = format!(
            "=ROUND({}-{},{})",
            difference.cell, breaks.cell, account.scale
        );
        self.zero_sum(language.residual_line(), &residual, formula)?;
        self.as_reported(language.reported_residual(), account.residual, &residual)?;
        self.exceptions(&breaks, exceptions)
    }

    /// Gives a sum that will stand in the next row.
    fn next_sum<'v>(&self, value: &'v Wide, is_live: bool) -> Sum<'v> {
        Sum {
            cell: place(AMOUNT, self.sheet.row_number()),
            value,
            is_live,
        }
    }

    /// Writes a figure of the report; gives its place.
    fn figure(&mut self, says: &str, amount: &str) -> Result<String, XlsxError> {
        let at = place(AMOUNT, self.sheet.row_number());
        self.sheet.row(&[
            Cell::Count(self.account.number),
            Cell::Text(says),
            Cell::Blank,
            Cell::Blank,
            Cell::Amount(amount, self.account.scale),
            Cell::Blank,
            self.note_on(amount),
        ])?;
        Ok(at)
    }

    fn note_on(&self, amount: &str) -> Cell<'static> {
        match exact_number(amount) {
            Some(_) => Cell::Blank,
            None => Cell::Text(self.language.as_text()),
        }
    }

    /// Writes the causes and their sum.
    fn breaks(&mut self, book: &Book<'_>) -> Result<Sum<'w>, XlsxError> {
        let account = self.account;
        let first = place(AMOUNT, self.sheet.row_number());
        for (cause, amount) in &account.causes {
            let (says, note) = (book.cause(cause), self.conditions(cause, amount));
            self.sheet.row(&[
                Cell::Count(account.number),
                Cell::Said(says),
                Cell::Text(self.language.cause_status(cause.status)),
                Cell::Count(cause.breaks),
                Cell::Amount(amount, account.scale),
                Cell::Blank,
                Cell::Said(note),
            ])?;
        }
        let last = place(AMOUNT, self.sheet.row_number().saturating_sub(1));
        let sum = self.next_sum(&account.sums.breaks, account.breaks_are_live());
        let formula = match account.causes.is_empty() {
            true => "=0".to_owned(),
            false => format!("=ROUND(SUM({first}:{last}),{})", account.scale),
        };
        self.sum(self.language.sum_of_breaks(), &sum, formula, Cell::Blank)?;
        Ok(sum)
    }

    fn conditions(&self, cause: &CauseLine, amount: &str) -> String {
        let mut notes: Vec<String> = Vec::new();
        if exact_number(amount).is_none() {
            notes.push(self.language.as_text().to_owned());
        }
        if !cause.conditions.is_empty() {
            let conditions = cause.conditions.join(" AND ");
            notes.push(self.language.with_note(&conditions, cause));
        }
        notes.join(" ")
    }

    /// Writes a sum that must be zero, in red where it is not.
    fn zero_sum(&mut self, says: &str, sum: &Sum<'_>, formula: String) -> Result<(), XlsxError> {
        let row = self.sheet.row_number();
        let rule = ConditionalFormatCellRule::NotEqualTo(0);
        let format = ConditionalFormatCell::new()
            .set_rule(rule)
            .set_format(&self.sheet.styles().off);
        let sheet = &mut self.sheet.worksheet;
        sheet.add_conditional_format(row, AMOUNT, row, AMOUNT, &format)?;
        self.sum(says, sum, formula, sum.zero_tick())
    }

    /// Writes a sum: as a formula where a spreadsheet comes to it exactly, otherwise as text.
    fn sum(
        &mut self,
        says: &str,
        sum: &Sum<'_>,
        formula: String,
        tick: Cell<'_>,
    ) -> Result<(), XlsxError> {
        let value = sum.value.to_string();
        let (cell, note) = match sum.is_live {
            true => (
                Cell::Formula(formula, value, self.account.scale),
                Cell::Blank,
            ),
            false => (Cell::Figure(value), Cell::Text(self.language.sum_as_text())),
        };
        self.sheet.row(&[
            Cell::Count(self.account.number),
            Cell::Strong(says),
            Cell::Blank,
            Cell::Blank,
            cell,
            tick,
            note,
        ])
    }

    /// Writes what the report says of a sum, and whether the sum comes to the same.
    fn as_reported(
        &mut self,
        says: &str,
        reported: Option<&str>,
        sum: &Sum<'_>,
    ) -> Result<(), XlsxError> {
        let at = place(AMOUNT, self.sheet.row_number());
        let is_number =
            |reported| scale_of(reported) <= self.account.scale && exact_number(reported).is_some();
        let is_same = |reported: &str| {
            reported
                .parse()
                .is_ok_and(|value: Wide| value == *sum.value)
        };
        let (cell, tick, note) = match reported {
            Some(reported) => (
                Cell::Amount(reported, self.account.scale),
                match sum.is_live && is_number(reported) {
                    true => tick(&format!("{at}={}", sum.cell), is_same(reported)),
                    false => mark(is_same(reported)),
                },
                self.note_on(reported),
            ),
            None => (
                Cell::Alarm(self.language.none().to_owned()),
                mark(false),
                Cell::Blank,
            ),
        };
        self.sheet.row(&[
            Cell::Count(self.account.number),
            Cell::Text(says),
            Cell::Blank,
            Cell::Blank,
            cell,
            tick,
            note,
        ])
    }

    /// Adds up the sheet of exceptions, and holds it against the sum of the breaks.
    fn exceptions(&mut self, breaks: &Sum<'_>, exceptions: &Filled) -> Result<(), XlsxError> {
        let account = self.account;
        let is_live = breaks.is_live && exceptions.is_whole && account.exceptions.is_exact();
        let sum = account.sums.breaks.to_string();
        let (cell, tick, note) = match (is_live, &exceptions.columns) {
            (true, Some((numbers, amounts))) => {
                let at = place(AMOUNT, self.sheet.row_number());
                let formula = format!(
                    "=ROUND(SUMIF({numbers},{},{amounts}),{})",
                    account.number, account.scale
                );
                (
                    Cell::Formula(formula, sum, account.scale),
                    tick(&format!("{at}={}", breaks.cell), true),
                    Cell::Blank,
                )
            }
            (true, None) => (
                Cell::Formula("=0".to_owned(), sum, account.scale),
                Cell::Blank,
                Cell::Text(self.language.no_breaks()),
            ),
            // That all breaks come to this sum was checked, exactly, while they passed.
            (false, _) => (
                Cell::Figure(sum),
                mark(true),
                Cell::Text(self.language.exceptions_too_many()),
            ),
        };
        self.sheet.row(&[
            Cell::Count(account.number),
            Cell::Strong(self.language.sum_of_exceptions()),
            Cell::Blank,
            Cell::Blank,
            cell,
            tick,
            note,
        ])
    }
}

fn tick(condition: &str, is_right: bool) -> Cell<'static> {
    Cell::Tick(format!("=IF({condition},\"✓\",\"✗\")"), is_right)
}

fn mark(is_right: bool) -> Cell<'static> {
    Cell::Text(if is_right { "✓" } else { "✗" })
}

fn write_list(sheet: &mut Sheet<'_>, head: &str, lines: &[String]) -> Result<(), XlsxError> {
    if lines.is_empty() {
        return Ok(());
    }
    sheet.gap()?;
    sheet.section(head, COLUMNS)?;
    lines.iter().try_for_each(|line| sheet.line(line))
}
