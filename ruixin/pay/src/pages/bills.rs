//! Bills by month, those that are wanted, and one of them.

use maud::{Markup, html};
use ruixin_pages::Frame;
use ruixin_pages::fields::turn;
use ruixin_pages::figures::{long_moment, moment, month, signed, yuan};

use super::view::{Bill, Detail, Group, Order, Other, Page, State, Wanted};
use super::{house, sentences, words};

/// Says what is told above a bill that was just made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Just {
    /// Nothing: it is looked at.
    Seen,
    /// It has been done.
    Done,
    /// It had been done before.
    DoneBefore,
}

/// Draws a page of bills.
pub(super) fn draw(frame: &Frame, page: &Page) -> Markup {
    let name = |bill: &Bill| month(bill.day, frame.language);
    let is_all = page.wanted == Wanted::default();
    let none = if is_all {
        words::NO_BILLS
    } else {
        words::NO_SUCH_BILLS
    };
    let query = page.wanted.query();
    let content = html! {
        div.narrow {
            h1.page-title { (frame.say(words::BILLS)) }
            (choice(frame, page))
            section.card {
                @if page.rows.is_empty() { p.empty { (frame.say(none)) } }
                @for rows in page.rows.chunk_by(|one, next| name(one) == name(next)) {
                    @if let Some(first) = rows.first() { h2.month { (name(first)) } }
                    (list(frame, rows.iter()))
                }
            }
            (turn(frame, "/bills", &query, page.next.as_deref(), page.is_later))
        }
    };
    frame.page(frame.say(words::BILLS), Some(house::BILLS), &content)
}

/// Draws what can be chosen.
fn choice(frame: &Frame, page: &Page) -> Markup {
    html! {
        form.card.choose method="get" action="/bills" {
            div {
                label for="kind" { (frame.say(words::KIND)) }
                select #kind name="kind" {
                    option value="" { (frame.say(words::ALL_KINDS)) }
                    @for group in Group::ALL {
                        option value=(group.key()) selected[page.wanted.group == Some(group)] {
                            (frame.say(group.words()))
                        }
                    }
                }
            }
            div {
                label for="month" { (frame.say(words::MONTH)) }
                select #month name="month" {
                    option value="" { (frame.say(words::ALL_MONTHS)) }
                    @for one in &page.months {
                        option value=(one) selected[page.wanted.month == Some(*one)] {
                            (month(one.first_day(), frame.language))
                        }
                    }
                }
            }
            button.button.second type="submit" { (frame.say(words::SHOW)) }
        }
    }
}

/// Draws bills as lines, each a link to it.
pub(super) fn list<'a>(frame: &Frame, bills: impl Iterator<Item = &'a Bill>) -> Markup {
    html! {
        ul.lines {
            @for bill in bills {
                li { a.line href={ "/bills/" (bill.serial) } { (line(frame, bill)) } }
            }
        }
    }
}

fn line(frame: &Frame, bill: &Bill) -> Markup {
    html! {
        span.what { (frame.say(bill.words())) }
        span.amount.figure.gain[bill.amount_fen > 0] { (signed(bill.amount_fen)) }
        span.soft {
            (moment(bill.at, frame.language))
            @if let Some(memo) = &bill.memo { " · " (memo) }
        }
        span.end {
            // What is done goes without saying.
            @if let Some(state) = bill.state().filter(|state| *state != State::Done) {
                (state_of(frame, state))
            }
        }
    }
}

fn state_of(frame: &Frame, state: State) -> Markup {
    html! { span.badge.waits[state.is_waiting()] { (frame.say(state.words())) } }
}

/// Draws one bill.
pub(super) fn draw_one(frame: &Frame, detail: &Detail, just: Just) -> Markup {
    let bill = &detail.bill;
    let order = bill.order.as_ref();
    let is_waiting = bill.state().is_some_and(State::is_waiting);
    let done = if is_waiting {
        words::ACCEPTED
    } else {
        words::DONE
    };
    let content = html! {
        div.narrow {
            @match just {
                Just::Seen => {}
                Just::Done => { p.said role="status" { (frame.say(done)) } }
                Just::DoneBefore => { p.said.waits role="status" { (frame.say(words::DONE_BEFORE)) } }
            }
            section.card {
                div.head {
                    h1 { (frame.say(bill.words())) }
                    @if let Some(state) = bill.state() { (state_of(frame, state)) }
                }
                p.sum-up.figure { (signed(bill.amount_fen)) " " span.soft { (frame.say(words::YUAN)) } }
                @if let Some(order) = order.filter(|order| order.is_withdrawal) { (steps(frame, order)) }
                dl.facts { (facts(frame, detail)) }
            }
            @if !detail.beside.is_empty() {
                section.card {
                    h2 { (frame.say(words::SAME_ORDER)) }
                    (list(frame, detail.beside.iter()))
                }
            }
            p.pages { a href="/" { (frame.say(words::BACK_HOME)) } a href="/bills" { (frame.say(words::ALL_BILLS)) } }
        }
    };
    frame.page(frame.say(bill.words()), Some(house::BILLS), &content)
}

fn facts(frame: &Frame, detail: &Detail) -> Markup {
    let bill = &detail.bill;
    let order = bill.order.as_ref();
    let bank = bill.bank.as_ref();
    let bank = bank.or_else(|| order.and_then(|order| order.bank.as_ref()));
    let refunded = order.map_or(0, |order| order.refunded_fen);
    html! {
        @if let Some(other) = &detail.other {
            @let role = if bill.amount_fen < 0 { words::TO } else { words::FROM };
            dt { (frame.say(role)) }
            dd { (name_of(other)) br; span.soft.figure { (sentences::tail(&other.number)) } }
        }
        @if let Some(bank) = bank {
            dt { (frame.say(words::BANK)) }
            dd { (sentences::bank(bank, frame.language)) }
        }
        @if bill.fee_fen != 0 {
            dt { (frame.say(words::FEE)) }
            dd.figure { (yuan(bill.fee_fen)) }
        }
        @if let Some(coupon) = bill.coupon_fen {
            dt { (frame.say(words::COUPON)) }
            dd.figure { (yuan(coupon)) }
        }
        @if refunded > 0 {
            dt { (frame.say(words::GIVEN_BACK)) }
            dd.figure { (yuan(refunded)) }
        }
        dt { (frame.say(words::BALANCE_AFTER)) }
        dd.figure { (yuan(bill.balance_after_fen)) }
        @if let Some(memo) = &bill.memo {
            dt { (frame.say(words::MEMO)) }
            dd { (memo) }
        }
        dt { (frame.say(words::BOOKED)) }
        dd { (long_moment(bill.at, frame.language)) }
        @if let Some(order) = order {
            dt { (frame.say(words::ORDER_NUMBER)) }
            dd.mono { (order.id) }
        }
        dt { (frame.say(words::SERIAL)) }
        dd.mono { (bill.serial) }
    }
}

/// Names the other side: a merchant in full, a person as those who know him recognise him.
pub(super) fn name_of(other: &Other) -> String {
    match other.is_merchant {
        true => other.name.clone(),
        false => sentences::masked(&other.name),
    }
}

/// What happens to a withdrawal, one after the other; what is over has a full mark.
fn steps(frame: &Frame, order: &Order) -> Markup {
    let is_over = order.finished_at.is_some();
    let end = match order.state {
        Some(State::Failed) => words::BANK_REFUSED,
        Some(State::Done) => words::BANK_PAID,
        _ => words::BANK_WAITS,
    };
    html! {
        ol.steps aria-label=(frame.say(words::WHAT_BECOMES)) {
            li.done {
                (frame.say(words::ASKED_FOR))
                span.when { (moment(order.created_at, frame.language)) }
            }
            li.done[is_over] {
                (frame.say(end))
                @if let Some(at) = order.finished_at { span.when { (moment(at, frame.language)) } }
            }
        }
    }
}
