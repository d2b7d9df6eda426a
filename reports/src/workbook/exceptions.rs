//! The sheet of exceptions: every break with why, where, and what becomes of it.

use std::collections::BTreeMap;

use ledger::Break;
use rust_xlsxwriter::{Workbook, Worksheet};

use super::Book;
use super::accounts::Account;
use super::sheet::{Cell, Sheet, place};
use crate::detail::{details, name_of, on_one_line, places};
use crate::disposition::{Disposition, Dispositions};
use crate::error::{LineError, ReportError};
use crate::figure::scale_of;
use crate::table::owner;
use crate::tally::Tally;

/// Columns of the sheet, from 0.
const ACCOUNT: u16 = 1;
const DIFFERENCE: u16 = 9;

/// Tells what the sheet of exceptions came to.
#[derive(Debug, Default)]
pub(super) struct Filled {
    /// Whether every line found room.
    pub(super) is_whole: bool,
    /// What a reader must know of the sheet.
    pub(super) notices: Vec<String>,
    /// The ranges of account numbers and of differences; none without any line.
    pub(super) columns: Option<(String, String)>,
}

/// Writes the sheet while the breaks pass, up to `rows` rows of it.
pub(super) fn write(
    workbook: &mut Workbook,
    book: &Book<'_>,
    name: &str,
    rows: u32,
    accounts: &mut [Account<'_>],
    breaks: impl IntoIterator<Item = Result<Break, LineError>>,
    dispositions: &mut Dispositions<'_>,
) -> Result<(Worksheet, Filled), ReportError> {
    let language = book.language;
    let agreements = book.dossier.report.agreements.iter();
    let counted: u64 = agreements
        .map(|agreement| agreement.breaks.sum())
        .fold(0, u64::saturating_add);
    let sheet = Sheet::new(workbook, book.styles, name, language.exceptions())?;
    let heads = heads(book);
    let columns = u16::try_from(heads.len()).unwrap_or(u16::MAX);
    let mut sheet = sheet.of_many_columns(columns, counted)?;
    let whole = language.whole_in_breaks();
    sheet.line(&format!("{whole} {}", language.long_as_text()))?;
    sheet.head(&heads)?;
    let first_row = sheet.row_number();
    let last_row = rows.saturating_sub(1);
    let mut numbers = AccountNumbers::new(accounts);
    let mut tally = Tally::new(&book.dossier.report);
    let mut left = 0_u64;
    for (number, found) in (1_u64..).zip(breaks) {
        let found = found?;
        tally.count_break(&found)?;
        let disposition = dispositions.of(&found);
        left = left.saturating_add(write_break(
            &mut sheet,
            book,
            number,
            &found,
            disposition,
            &mut numbers,
            last_row,
        )?);
    }
    tally.close_breaks()?;
    numbers.finish(accounts);
    let end = sheet.row_number();
    let columns = (end > first_row).then(|| {
        let range = |column| {
            let (first, last) = (
                place(column, first_row),
                place(column, end.saturating_sub(1)),
            );
            format!("'{}'!{first}:{last}", name.replace('\'', "''"))
        };
        (range(ACCOUNT), range(DIFFERENCE))
    });
    let mut notices = Vec::new();
    if left > 0 {
        let notice = language.sheet_is_full(left, "breaks.jsonl");
        sheet.alarm(&notice)?;
        notices.push(language.labelled(language.exceptions(), &notice));
    }
    let filled = Filled {
        is_whole: left == 0,
        notices,
        columns,
    };
    Ok((sheet.finish_with_filter()?, filled))
}

fn heads(book: &Book<'_>) -> [&'static str; 18] {
    let language = book.language;
    [
        language.number(),
        language.account_no(),
        language.agreement(),
        language.kind(),
        language.key(),
        language.field(),
        language.expected(),
        language.actual(),
        language.currency(),
        language.difference(),
        language.cause(),
        language.certainty(),
        language.explanation(),
        language.source_place(),
        language.target_place(),
        language.owner(),
        language.disposition(),
        language.reason(),
    ]
}

/// Writes the lines of a break; gives how many of them found no room.
fn write_break(
    sheet: &mut Sheet<'_>,
    book: &Book<'_>,
    number: u64,
    found: &Break,
    disposition: Disposition<'_>,
    numbers: &mut AccountNumbers,
    last_row: u32,
) -> Result<u64, ReportError> {
    let language = book.language;
    let key = on_one_line(name_of(found));
    let explanation = language.rivals(&found.cause.says, &found.cause.rivals);
    let (source, target) = (places(&found.source), places(&found.target));
    let reason = match disposition {
        Disposition::Accepted(acceptance) => acceptance.reason.as_str(),
        Disposition::Open | Disposition::OtherAmount(_) | Disposition::OtherRecords(_) => "",
    };
    let mut left = 0_u64;
    for detail in details(found) {
        if sheet.row_number() >= last_row {
            left = left.saturating_add(1);
            continue;
        }
        let amount = detail.difference;
        let account = amount.and_then(|amount| numbers.count(&found.agreement, amount));
        let text =
            |text: Option<&'_ str>| text.map_or(Cell::Blank, |text| Cell::Said(text.to_owned()));
        sheet.row(&[
            Cell::Count(number),
            account.map_or(Cell::Blank, |(number, _)| Cell::Count(number)),
            Cell::Text(&found.agreement),
            Cell::Text(language.break_kind(found.kind)),
            Cell::Text(&key),
            text(detail.field),
            text(detail.expected),
            text(detail.actual),
            text(amount.map(|amount| amount.currency.as_str())),
            amount.map_or(Cell::Blank, |amount| {
                let scale = account.map_or(0, |(_, scale)| scale);
                Cell::Amount(&amount.amount, scale.max(scale_of(&amount.amount)))
            }),
            text(found.cause.id.as_deref()),
            Cell::Text(language.cause_status(found.cause.status)),
            Cell::Text(&explanation),
            Cell::Text(&source),
            Cell::Text(&target),
            text(owner(disposition)),
            Cell::Text(language.disposed(disposition)),
            Cell::Text(reason),
        ])?;
    }
    Ok(left)
}

/// Finds the account of each amount and follows how exactly a spreadsheet would add them up.
struct AccountNumbers {
    by_place: BTreeMap<String, BTreeMap<(String, String), usize>>,
    bounds: Vec<(u64, usize, crate::figure::SumBound)>,
}

impl AccountNumbers {
    fn new(accounts: &[Account<'_>]) -> Self {
        let mut by_place: BTreeMap<String, BTreeMap<_, _>> = BTreeMap::new();
        for (at, account) in accounts.iter().enumerate() {
            let place = (account.total.column.clone(), account.total.currency.clone());
            let places = by_place.entry(account.agreement.to_owned()).or_default();
            places.insert(place, at);
        }
        let bound = |account: &Account<'_>| (account.number, account.scale, account.exceptions);
        Self {
            by_place,
            bounds: accounts.iter().map(bound).collect(),
        }
    }

    /// Gives the number and the scale of an amount's account, and counts the amount.
    fn count(&mut self, agreement: &str, amount: &ledger::Amount) -> Option<(u64, usize)> {
        let place = (amount.column.clone(), amount.currency.clone());
        let at = *self.by_place.get(agreement)?.get(&place)?;
        let (number, scale, bound) = self.bounds.get_mut(at)?;
        bound.add(&amount.amount, *scale);
        Some((*number, *scale))
    }

    fn finish(self, accounts: &mut [Account<'_>]) {
        for (account, (_, _, bound)) in accounts.iter_mut().zip(self.bounds) {
            account.exceptions = bound;
        }
    }
}
