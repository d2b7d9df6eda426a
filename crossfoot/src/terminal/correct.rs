//! Correcting entries as a bookkeeper reads them.

use super::table::{Cell, Table};
use super::{Paint, Style, text, with_currency};
use crate::commands::correct::Corrected;
use crate::words::Language;
use migrate::{Does, Entry, LISTED, TableCorrections};
use reconcile::story::Rechecked;

/// Draws what is proposed, or was written.
pub(crate) fn render(plan: &str, done: &Corrected, style: &Style) -> String {
    let words = style.language;
    let corrections = &done.corrections;
    let colon = words.pick(": ", "：");
    let (head, paint) = match (corrections.tables.is_empty(), corrections.written) {
        (true, _) if corrections.left.is_empty() => (words.nothing_to_correct(), Paint::Good),
        (true, _) => (words.nothing_can_be_corrected(), Paint::Doubtful),
        (false, true) => (words.corrections_written(), Paint::Good),
        (false, false) => (words.corrections_proposed(), Paint::Bold),
    };
    let mut out = style.said(0, paint, &format!("{}{colon}{head}", text::plain(plan)));
    for table in &corrections.tables {
        out.push_str(&one(table, corrections.written, style));
    }
    for left in &corrections.left {
        out.push('\n');
        let name = text::plain(&left.agreement);
        let why = text::plain(&words.engine(&left.why));
        let said = words.left_uncorrected(left.breaks, &name, &why);
        out.push_str(&style.said(0, Paint::Doubtful, &said));
    }
    if corrections.not_asked > 0 {
        out.push_str(&style.said(0, Paint::Plain, &words.not_asked(corrections.not_asked)));
    }
    if corrections.written {
        out.push('\n');
    }
    for rechecked in &done.rechecked {
        out.push_str(&looked_again(rechecked, style));
    }
    for agreement in &done.unchecked {
        let said = words.not_looked_at_again(&text::plain(agreement));
        out.push_str(&style.said(0, Paint::Doubtful, &said));
    }
    if !corrections.tables.is_empty() {
        out.push('\n');
        out.push_str(match corrections.written {
            true => words.verify_again(),
            false => words.write_to_book(),
        });
        out.push('\n');
    }
    out
}

fn one(table: &TableCorrections, written: bool, style: &Style) -> String {
    let words = style.language;
    let mut out = style.part(&text::plain(&table.table));
    let counts = words.entries_counted(table.breaks, table.reversals, table.rebookings);
    out.push_str(&style.said(2, Paint::Plain, &counts));
    for amount in &table.effect {
        let figure = with_currency(&text::amount(&amount.amount), &amount.currency);
        let said = words.entries_change(&text::escaped(&amount.column), &figure);
        out.push_str(&style.said(2, Paint::Plain, &said));
    }
    out.push('\n');
    out.push_str(&style.table(2, &entries(&table.entries, words)));
    let all = table.reversals + table.rebookings;
    if let Some(more) = all.checked_sub(LISTED as u64).filter(|more| *more > 0) {
        out.push_str(&style.said(2, Paint::Dim, &words.more_entries(more)));
    }
    if written {
        let file = text::plain(&table.file.to_string_lossy());
        out.push_str(&style.said(2, Paint::Plain, &words.written_to(&file)));
    }
    out
}

/// What the records came to that entries touch, and the first that differ still.
fn looked_again(rechecked: &Rechecked, style: &Style) -> String {
    let words = style.language;
    let paint = match rechecked.breaks.is_empty() {
        true => Paint::Good,
        false => Paint::Bad,
    };
    let name = text::plain(&rechecked.agreement);
    let said = words.looked_at_again(&name, rechecked.keys, rechecked.agree);
    let mut out = style.said(0, paint, &said);
    for found in rechecked.breaks.iter().take(LISTED) {
        let key = super::agreement::in_one_line(&found.key, words.null());
        out.push_str(&style.said(2, Paint::Bad, &words.differs_still(&key)));
    }
    out
}

fn entries(entries: &[Entry], words: Language) -> Table {
    let mut drawn = Table::default()
        .text("")
        .text(words.cause_title())
        .text(words.record_title());
    for entry in entries {
        let (name, paint) = match entry.entry {
            Does::Reverses => (words.reversal(), Paint::Bad),
            Does::Rebooks => (words.rebooking(), Paint::Good),
        };
        let record = super::agreement::in_one_line(&entry.record, words.null());
        drawn.row([
            Cell::painted(name, paint),
            Cell::new(entry.cause.as_deref().map(text::plain).unwrap_or_default()),
            Cell::new(record),
        ]);
    }
    drawn
}
