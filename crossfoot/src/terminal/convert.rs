//! What a conversion came to, as a table.

use super::table::{Cell, Table};
use super::{Paint, Style, text, with_currency};
use crate::words::grouped;
use migrate::{Outcome, TableTotal};
use std::time::Duration;

/// Draws what a conversion came to.
pub(crate) fn render(outcome: &Outcome, elapsed: Duration, style: &Style) -> String {
    let words = style.language;
    let conversion = &outcome.conversion;
    let (head, paint) = match (conversion.rejects, outcome.already) {
        (0, false) => (words.converted(), Paint::Good),
        (0, true) if outcome.into_database => (words.counted_already(), Paint::Good),
        (0, true) => (words.converted_already(), Paint::Good),
        (..) => (words.converted_but_rejects(), Paint::Bad),
    };
    let colon = words.pick(": ", "：");
    let plan = text::plain(&conversion.plan);
    let mut out = style.said(0, paint, &format!("{plan}{colon}{head}"));
    for one in &outcome.redone {
        let one = text::plain(&words.engine(one));
        out.push_str(&style.said(0, Paint::Doubtful, &words.converted_again(&one)));
    }
    if outcome.resumed > 0 && !outcome.already {
        out.push_str(&style.said(0, Paint::Plain, &words.resumed(outcome.resumed as u64)));
    }
    for table in &conversion.tables {
        out.push_str(&style.part(&text::plain(&table.table)));
        out.push_str(&style.table(2, &counts(table, style)));
        let equation = match table.by_record {
            true => words.all_accounted(),
            false => words.mixes_records(),
        };
        out.push_str(&style.said(2, Paint::Dim, equation));
        if !table.totals.is_empty() {
            out.push('\n');
            out.push_str(&style.table(2, &totals(table, style)));
        }
    }
    for one in &conversion.left_out {
        out.push('\n');
        let why = text::plain(&words.engine(&one.why));
        let name = text::plain(&one.agreement);
        out.push_str(&style.said(0, Paint::Doubtful, &words.not_converted(&name, &why)));
    }
    let target = text::plain(&outcome.target);
    out.push('\n');
    out.push_str(&words.written_to(&target));
    out.push('\n');
    if conversion.rejects > 0 {
        let rejects = text::plain(&outcome.rejects.to_string_lossy());
        out.push_str(&words.rejects_lie_in(&rejects));
        out.push('\n');
    }
    out.push_str(&words.elapsed(elapsed.as_millis()));
    out.push('\n');
    out
}

fn counts(table: &TableTotal, style: &Style) -> Table {
    let words = style.language;
    let counts = &table.counts;
    let mut drawn = Table::default().text("").figure("");
    let mut line = |title: &str, count: u64, paint: Paint| {
        drawn.row([Cell::new(title), Cell::painted(grouped(count), paint)]);
    };
    line(words.read_records(), counts.read, Paint::Plain);
    if table.by_record {
        line(words.converted_records(), counts.converted, Paint::Plain);
    }
    let paint = if counts.rejected > 0 {
        Paint::Bad
    } else {
        Paint::Plain
    };
    line(words.rejected_records(), counts.rejected, paint);
    if counts.partly > 0 {
        line(words.partly_converted(), counts.partly, Paint::Bad);
    }
    if table.by_record {
        line(words.left_out_records(), counts.left_out, Paint::Plain);
    }
    line(words.written_records(), counts.written, Paint::Bold);
    drawn
}

fn totals(table: &TableTotal, style: &Style) -> Table {
    let mut drawn = Table::default()
        .text("")
        .figure(style.language.control_totals());
    for total in &table.totals {
        let amount = with_currency(&text::amount(&total.amount), &total.currency);
        drawn.row([Cell::new(text::escaped(&total.column)), Cell::new(amount)]);
    }
    drawn
}
