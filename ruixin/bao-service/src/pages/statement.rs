//! The statement of a span of days, to be printed.

use maud::{Markup, html};
use ruixin_bao::Day;
use ruixin_pages::Frame;

use super::figures::{digits, signed, yuan};
use super::view::Sheet;
use super::{house, sentences, words};

/// Is which days are wanted, as they were typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) from: String,
    pub(super) until: String,
    /// What is wrong with them.
    pub(super) wrong: Option<String>,
}

/// Is a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Statement {
    pub(super) user: u64,
    pub(super) from: Day,
    pub(super) until: Day,
    pub(super) sheets: Vec<Sheet>,
}

/// Draws the form, and the statement where the days can be read.
pub(super) fn draw(frame: &Frame, asked: &Asked, statement: Option<&Statement>) -> Markup {
    let is_wrong = asked.wrong.is_some();
    let day = |id: &str, label: &str, value: &str| {
        html! {
            div {
                label for=(id) { (label) }
                input id=(id) type="date" name=(id) value=(value) required
                    aria-invalid=[is_wrong.then_some("true")] aria-describedby=[is_wrong.then_some("days-wrong")];
            }
        }
    };
    let content = html! {
        div.stack {
            h1.page-title.no-print { (frame.say(words::STATEMENT)) }
            form.card.sheet.no-print method="get" action="/statement" {
                div.row {
                    (day("from", frame.say(words::FROM_DAY), &asked.from))
                    (day("until", frame.say(words::UNTIL_DAY), &asked.until))
                }
                @if let Some(says) = &asked.wrong { p.wrong #days-wrong role="alert" { (says) } }
                div.row { button.button type="submit" { (frame.say(words::SHOW)) } }
                p.soft { (frame.say(words::PRINT_HINT)) }
            }
            @if let Some(statement) = statement { (paper(frame, statement)) }
        }
    };
    frame.page(
        frame.say(words::STATEMENT),
        Some(house::STATEMENT),
        &content,
    )
}

fn paper(frame: &Frame, statement: &Statement) -> Markup {
    html! {
        section.card #paper {
            div.head {
                h2 { (frame.say(words::NAME)) " · " (frame.say(words::STATEMENT)) }
                span { (sentences::user(statement.user, frame.language)) }
            }
            p.soft { (sentences::span(statement.from, statement.until, frame.language)) }
            @for sheet in &statement.sheets { (one(frame, sheet)) }
            p.soft { (frame.say(words::CLOCK_NOTE)) }
        }
    }
}

fn one(frame: &Frame, sheet: &Sheet) -> Markup {
    let name = match sheet.is_fund {
        true => words::FUND,
        false => words::WALLET,
    };
    let balance = |label: &str, fen: i64| {
        html! {
            tr.sum { td colspan="2" { (label) } td.figure {} td.figure { (yuan(fen)) } }
        }
    };
    html! {
        div.scroll tabindex="0" role="region" aria-label=(frame.say(name)) {
            table {
                caption { (frame.say(name)) }
                thead {
                    tr {
                        th scope="col" { (frame.say(words::BOOKED)) }
                        th scope="col" { (frame.say(words::WHAT)) }
                        th.figure scope="col" { (frame.say(words::MOVED)) }
                        th.figure scope="col" { (frame.say(words::BALANCE)) }
                    }
                }
                tbody {
                    (balance(frame.say(words::OPENING), sheet.opening_fen))
                    @if sheet.lines.is_empty() {
                        tr { td.soft colspan="4" { (frame.say(words::NOTHING_MOVED)) } }
                    }
                    @for line in &sheet.lines {
                        @let (day, time) = digits(line.at);
                        tr {
                            td.booked { span { (day) } " " span { (time) } }
                            td.word {
                                (frame.say(line.kind.words()))
                                @if !line.memo.is_empty() { " " span.soft { (line.memo) } }
                            }
                            td.figure { (signed(line.amount_fen)) }
                            td.figure { (yuan(line.balance_fen)) }
                        }
                    }
                    (balance(frame.say(words::CLOSING), sheet.closing_fen))
                }
            }
        }
    }
}
