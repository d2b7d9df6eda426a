//! One order: how far it is, and what becomes of it when.

use maud::{Markup, html};
use ruixin_pages::Frame;

use super::figures::{long_moment, moment, short_day, yuan};
use super::view::{Deed, OrderView};
use super::{bills, house, sentences, words};

/// Says what is told above an order that was just placed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Just {
    /// Nothing: it is looked at.
    Seen,
    /// It has been placed.
    Done,
    /// It had been placed before.
    DoneBefore,
}

/// Draws an order.
pub(super) fn draw(frame: &Frame, order: &OrderView, just: Just) -> Markup {
    let content = html! {
        div.narrow {
            @match just {
                Just::Seen => {}
                Just::Done => { p.said role="status" { (frame.say(words::DONE)) } }
                Just::DoneBefore => { p.said.waits role="status" { (frame.say(words::DONE_BEFORE)) } }
            }
            section.card {
                div.head {
                    h1 { (frame.say(order.deed.kind().words())) }
                    (bills::state_of(frame, order.state()))
                }
                p.sum-up.figure { (yuan(order.amount_fen)) " " span.soft { (frame.say(words::YUAN)) } }
                ol.steps { (steps(frame, order)) }
                dl.facts {
                    (route(frame, order.deed))
                    dt { (frame.say(words::PLACED)) }
                    dd { (long_moment(order.placed_at, frame.language)) }
                    dt { (frame.say(words::ORDER_NUMBER)) }
                    dd.mono { (format!("{:032x}", order.id)) }
                }
            }
            section.card {
                h2 { (frame.say(words::HOW_DAYS_GO)) }
                p { (sentences::belongs(order.placed_at, order.schedule, frame.language)) }
                p.soft { (frame.say(words::RULE)) }
            }
            p.pages { a href="/" { (frame.say(words::BACK_HOME)) } a href="/bills" { (frame.say(words::ALL_BILLS)) } }
        }
    };
    frame.page(
        frame.say(order.deed.kind().words()),
        Some(house::BILLS),
        &content,
    )
}

/// Draws from where to where it moves.
pub(super) fn route(frame: &Frame, deed: Deed) -> Markup {
    let (wallet, fund) = (frame.say(words::THE_WALLET), frame.say(words::THE_FUND));
    let (from, to) = match deed {
        Deed::MoveIn => (wallet, fund.to_owned()),
        Deed::MoveOut | Deed::MoveOutFast => (fund, wallet.to_owned()),
        Deed::Pay { merchant } => (fund, sentences::merchant(merchant, frame.language)),
    };
    html! {
        dt { (frame.say(words::FROM)) }
        dd { (from) }
        dt { (frame.say(words::TO)) }
        dd { (to) }
    }
}

/// What happens to it, one after the other; what is over has a full mark.
fn steps(frame: &Frame, order: &OrderView) -> Markup {
    let day = |day| short_day(day, frame.language);
    let schedule = order.schedule;
    let is_over = order.is_confirmed;
    let step = |is_done: bool, what: &str, when: String| {
        html! { li.done[is_done] { (what) span.when { (when) } } }
    };
    let placed = moment(order.placed_at, frame.language);
    let last_day = order.placed_on.previous().unwrap_or(order.placed_on);
    match order.deed {
        Deed::MoveIn => html! {
            (step(true, frame.say(words::PLACED), placed))
            (step(is_over, frame.say(words::CONFIRMED_ON), day(schedule.confirmed_on)))
            (step(is_over, frame.say(words::EARNS_FROM), day(schedule.earns_from)))
            (step(false, frame.say(words::SEEN_ON), sentences::day_after(schedule.earns_from, frame.language)))
        },
        Deed::MoveOut => html! {
            (step(true, frame.say(words::PLACED), placed))
            (step(is_over, frame.say(words::EARNS_UNTIL), day(schedule.earns_until)))
            (step(is_over, frame.say(words::ARRIVES), day(schedule.confirmed_on)))
        },
        Deed::MoveOutFast | Deed::Pay { .. } => html! {
            (step(true, frame.say(words::EARNS_UNTIL), day(last_day)))
            (step(true, frame.say(words::PLACED), placed))
            (step(true, frame.say(words::ARRIVES), frame.say(words::AT_ONCE).to_owned()))
        },
    }
}
