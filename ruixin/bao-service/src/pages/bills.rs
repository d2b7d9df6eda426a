//! Bills by month, and incomes by day.

use maud::{Markup, html};
use ruixin_pages::Frame;
use ruixin_pages::fields::turn;

use super::figures::{moment, month, short_day, signed, yuan};
use super::view::{Bill, BillKind, DayIncome, OrderState};
use super::{house, sentences, words};

/// Is one page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Page<T> {
    pub(super) rows: Vec<T>,
    /// Where the next page begins.
    pub(super) next: Option<String>,
    /// Whether there are newer rows than these.
    pub(super) is_later: bool,
}

/// Draws a page of bills.
pub(super) fn draw(frame: &Frame, page: &Page<Bill>) -> Markup {
    let content = html! {
        div.narrow {
            h1.page-title { (frame.say(words::BILLS)) }
            section.card {
                @if page.rows.is_empty() { p.empty { (frame.say(words::NO_BILLS)) } }
                @for rows in page.rows.chunk_by(|one, next| month(one.day, frame.language) == month(next.day, frame.language)) {
                    @if let Some(first) = rows.first() {
                        h2.month { (month(first.day, frame.language)) }
                    }
                    (list(frame, rows.iter()))
                }
            }
            (turn(frame, "/bills", "", page.next.as_deref(), page.is_later))
        }
    };
    frame.page(frame.say(words::BILLS), Some(house::BILLS), &content)
}

/// Draws bills as lines, each order's a link to it.
pub(super) fn list<'a>(frame: &Frame, bills: impl Iterator<Item = &'a Bill>) -> Markup {
    html! {
        ul.lines {
            @for bill in bills {
                li {
                    @match bill.order {
                        Some(order) => { a.line href={ "/orders/" (format!("{order:032x}")) } { (line(frame, bill)) } }
                        None => { div.line { (line(frame, bill)) } }
                    }
                }
            }
        }
    }
}

fn line(frame: &Frame, bill: &Bill) -> Markup {
    html! {
        span.what { (frame.say(bill.kind.words())) }
        span.amount.figure.gain[bill.amount_fen > 0] { (signed(bill.amount_fen)) }
        span.soft {
            @if bill.kind == BillKind::Income {
                (sentences::of_day(bill.day, frame.language))
            } @else {
                (moment(bill.at, frame.language))
            }
            @if !bill.memo.is_empty() { " · " (bill.memo) }
        }
        span.end {
            @if let Some(state) = bill.state { (state_of(frame, state)) }
        }
    }
}

/// Draws how far an order is.
pub(super) fn state_of(frame: &Frame, state: OrderState) -> Markup {
    html! {
        span.badge.waits[state == OrderState::Waits] { (frame.say(state.words())) }
    }
}

/// Draws a page of incomes.
pub(super) fn draw_incomes(frame: &Frame, in_all_fen: i64, page: &Page<DayIncome>) -> Markup {
    let content = html! {
        div.narrow {
            h1.page-title { (frame.say(words::INCOMES)) }
            section.card {
                dl {
                    dt.soft { (frame.say(words::INCOME_IN_ALL)) }
                    dd.sum-up.figure.gain[in_all_fen > 0] { (signed(in_all_fen)) }
                }
            }
            section.card {
                @if page.rows.is_empty() { p.empty { (frame.say(words::NO_INCOMES)) } }
                @for rows in page.rows.chunk_by(|one, next| month(one.day, frame.language) == month(next.day, frame.language)) {
                    @if let Some(first) = rows.first() {
                        h2.month { (month(first.day, frame.language)) }
                    }
                    ul.lines {
                        @for row in rows {
                            li {
                                div.line {
                                    span.what { (short_day(row.day, frame.language)) }
                                    span.amount.figure.gain[row.income_fen > 0] { (signed(row.income_fen)) }
                                    span.soft { (frame.say(words::SHARES_THAT_DAY)) " " (yuan(row.shares_fen)) }
                                }
                            }
                        }
                    }
                }
            }
            (turn(frame, "/incomes", "", page.next.as_deref(), page.is_later))
        }
    };
    frame.page(frame.say(words::INCOMES), Some(house::INCOMES), &content)
}
