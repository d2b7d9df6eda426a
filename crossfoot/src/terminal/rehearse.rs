//! What a rehearsal came to.

use super::table::{Cell, Table};
use super::{Paint, Style, text};
use crate::commands::rehearse::{Rehearsed, Whole};

/// Draws it.
pub(crate) fn render(plan: &str, whole: &Whole, style: &Style) -> String {
    let words = style.language;
    let colon = words.pick(": ", "：");
    let (head, paint) = match (whole.passed(), whole.agreements.is_empty()) {
        (true, _) => (words.rehearsal_passed(), Paint::Good),
        (false, true) => (words.nothing_rehearsed(), Paint::Doubtful),
        (false, false) => (words.rehearsal_failed(), Paint::Loud),
    };
    let mut out = style.said(0, paint, &format!("{}{colon}{head}", text::plain(plan)));
    for one in &whole.agreements {
        out.push_str(&agreement(one, style));
    }
    out.push('\n');
    for (name, left) in &whole.left {
        let said = words.not_rehearsed(&text::plain(name), &text::plain(&words.engine(&left.why)));
        out.push_str(&style.said(2, Paint::Doubtful, &said));
    }
    let [before, after] = whole.took;
    out.push_str(&style.said(2, Paint::Plain, &words.verifying_took(before, after)));
    let rollback = words.rollback_took(whole.rollback);
    out.push_str(&style.said(2, Paint::Plain, &rollback));
    out
}

fn agreement(one: &Rehearsed, style: &Style) -> String {
    let (words, outcome) = (style.language, &one.outcome);
    let mut out = style.part(&text::plain(&one.agreement));
    let mut table = Table::default()
        .text(words.cause_title())
        .text("")
        .figure(words.planted_title())
        .figure(words.found_title())
        .figure(words.proved_title())
        .figure(words.named_title())
        .figure(words.unnamed_title());
    let all = outcome
        .causes
        .iter()
        .map(|line| (Some(line.cause), line.counts));
    for (cause, counts) in all.chain([(None, outcome.total)]) {
        let id = cause.map_or_else(|| words.all().to_owned(), |cause| cause.to_string());
        let name = cause.and_then(|cause| causes::CauseId::find(cause.as_str()));
        let name = name.map_or("", |id| words.pick(id.name_en(), id.name_zh()));
        let wrong = counts.unnamed + counts.wrongly_proved;
        let paint = match counts.found == counts.planted && wrong == 0 {
            true => Paint::Good,
            false => Paint::Bad,
        };
        let figure = |count: u64| Cell::new(count.to_string());
        table.row([
            Cell::painted(id, paint),
            Cell::new(name),
            figure(counts.planted),
            figure(counts.found),
            figure(counts.proved),
            figure(counts.named),
            figure(wrong),
        ]);
    }
    out.push_str(&style.table(2, &table));
    for failure in &outcome.failures {
        let said = words.pick(&failure.en, &failure.zh);
        out.push_str(&style.said(2, Paint::Bad, &text::plain(said)));
    }
    let left: Vec<&str> = outcome
        .not_rehearsed
        .iter()
        .map(|one| one.cause.as_str())
        .collect();
    if !left.is_empty() {
        out.push_str(&style.said(2, Paint::Dim, &words.causes_not_rehearsed(&left.join(" "))));
    }
    out
}
