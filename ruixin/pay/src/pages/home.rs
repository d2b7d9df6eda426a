//! The home page: what one has, what can be done with it, what happened last.

use maud::{Markup, html};
use ruixin_pages::Frame;
use ruixin_pages::figures::{long_day_of, yuan};

use super::view::{Holder, Home};
use super::{bills, house, sentences, words};

/// Draws the home page.
pub(super) fn draw(frame: &Frame, home: &Home) -> Markup {
    let content = html! {
        // At a desk the account stands under the balance, and the bills beside both.
        div.two.purse {
            (hero(frame, &home.holder))
            (latest(frame, home))
            (account(frame, &home.holder))
        }
    };
    frame.page(frame.say(words::HOME), Some(house::HOME), &content)
}

fn hero(frame: &Frame, holder: &Holder) -> Markup {
    let in_all = holder.balance_fen.saturating_add(holder.frozen_fen);
    html! {
        section.hero {
            h1 { (frame.say(words::BALANCE)) }
            p.large.figure #balance { (yuan(holder.balance_fen)) }
            dl {
                div {
                    dt { (frame.say(words::FROZEN)) }
                    dd.figure #frozen { (yuan(holder.frozen_fen)) }
                }
                div {
                    dt { (frame.say(words::IN_ALL)) }
                    dd.figure #in-all { (yuan(in_all)) }
                }
            }
            @if !frame.is_closed() {
                div.deeds.four {
                    a.button href="/top-up" { (frame.say(words::TOP_UP)) }
                    a.button href="/pay" { (frame.say(words::PAY)) }
                    a.button.second href="/transfer" { (frame.say(words::TRANSFER)) }
                    a.button.second href="/withdraw" { (frame.say(words::WITHDRAW)) }
                }
            }
        }
    }
}

fn account(frame: &Frame, holder: &Holder) -> Markup {
    html! {
        section.card {
            h2 { (frame.say(words::ACCOUNT)) }
            dl.facts {
                dt { (frame.say(words::HOLDER)) }
                dd { (holder.name) }
                dt { (frame.say(words::ACCOUNT_NUMBER)) }
                dd.figure #number { (sentences::number(&holder.number)) }
                @if let Some(bank) = &holder.bank {
                    dt { (frame.say(words::BANK)) }
                    dd { (sentences::bank(bank, frame.language)) }
                }
                dt { (frame.say(words::OPENED)) }
                dd { (long_day_of(holder.opened_at, frame.language)) }
            }
            p.soft { (frame.say(words::FOR_OTHERS)) }
        }
    }
}

fn latest(frame: &Frame, home: &Home) -> Markup {
    html! {
        section.card {
            div.head {
                h2 { (frame.say(words::LATEST_BILLS)) }
                @if !home.bills.is_empty() { a href="/bills" { (frame.say(words::ALL_BILLS)) } }
            }
            @if home.bills.is_empty() {
                p.empty { (frame.say(words::NO_BILLS)) }
            } @else {
                (bills::list(frame, home.bills.iter()))
            }
        }
    }
}
