//! The home page: what one has, what it earned, how it earns.

use maud::{Markup, html};
use ruixin_bao::Day;
use ruixin_pages::Frame;

use super::figures::{per_ten_thousand, percent, signed, yuan};
use super::view::{FundDay, Home, Yesterday};
use super::{bills, curve, house, sentences, words};

/// Draws the home page.
pub(super) fn draw(frame: &Frame, home: &Home) -> Markup {
    let content = html! {
        div.two {
            div.stack {
                (hero(frame, home))
                @if !home.under_way.is_empty() { (under_way(frame, home)) }
                (latest(frame, home))
            }
            (fund(frame, home))
        }
    };
    frame.page(frame.say(words::HOME), Some(house::HOME), &content)
}

fn hero(frame: &Frame, home: &Home) -> Markup {
    let (figure, note) = match home.yesterday {
        Yesterday::TooEarly => ("—".to_owned(), frame.say(words::NO_YESTERDAY).to_owned()),
        Yesterday::Open(day) => (
            "—".to_owned(),
            sentences::being_worked_out(day, frame.language),
        ),
        Yesterday::Done(income) => (
            signed(income.income_fen),
            sentences::of_day(income.day, frame.language),
        ),
    };
    let position = &home.position;
    html! {
        section.hero {
            h1 { (frame.say(words::YESTERDAY)) }
            p.large.figure #yesterday { (figure) }
            p.note { (note) }
            dl {
                div.first {
                    dt { (frame.say(words::TOTAL_ASSETS)) }
                    dd.figure #total { (yuan(position.total_fen())) }
                }
                div {
                    dt { (frame.say(words::FUND)) }
                    dd.figure #shares { (yuan(position.shares_fen)) }
                    @if position.leaving_fen > 0 {
                        small { (sentences::leaving(position.leaving_fen, frame.language)) }
                    }
                }
                div {
                    dt { (frame.say(words::WALLET)) }
                    dd.figure #wallet { (yuan(position.wallet_fen)) }
                    @if position.held_fen > 0 {
                        small { (sentences::held(position.held_fen, frame.language)) }
                    }
                }
                @if position.coming_fen > 0 {
                    div {
                        dt { (frame.say(words::COMING)) }
                        dd.figure #coming { (yuan(position.coming_fen)) }
                    }
                }
            }
            @if !frame.is_closed() {
                div.deeds {
                    a.button href="/move-in" { (frame.say(words::MOVE_IN)) }
                    a.button.second href="/move-out" { (frame.say(words::MOVE_OUT)) }
                    @if home.pays { a.button.second href="/pay" { (frame.say(words::PAY)) } }
                }
            }
        }
    }
}

/// Draws what was under way when the books were moved, by its number in the old ones.
fn under_way(frame: &Frame, home: &Home) -> Markup {
    html! {
        section.card #under-way {
            div.head { h2 { (frame.say(words::UNDER_WAY)) } }
            ul.lines {
                @for item in &home.under_way {
                    li {
                        div.line {
                            span.what { (frame.say(item.words())) }
                            span.amount.figure { (yuan(item.left_fen)) }
                            span.soft { (frame.say(words::ITEM_NUMBER)) " " (item.name) }
                        }
                    }
                }
            }
        }
    }
}

fn latest(frame: &Frame, home: &Home) -> Markup {
    html! {
        section.card {
            div.head {
                h2 { (frame.say(words::LAST_BILLS)) }
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

fn fund(frame: &Frame, home: &Home) -> Markup {
    let last = home.days.last();
    let yields: Vec<(Day, i64)> = home
        .days
        .iter()
        .filter_map(|day| Some((day.day, day.seven_day?)))
        .collect();
    html! {
        div.stack {
            section.card {
                dl.pair {
                    div {
                        dt { (frame.say(words::INCOME_IN_ALL)) }
                        dd.figure.gain[home.position.income_fen > 0] #income-in-all { (signed(home.position.income_fen)) }
                    }
                    div {
                        dt { (frame.say(words::PER_TEN_THOUSAND)) }
                        dd.figure #per-ten-thousand {
                            @match last {
                                Some(day) => { (per_ten_thousand(day.per_ten_thousand)) }
                                None => { "—" }
                            }
                        }
                    }
                }
            }
            section.card {
                h2 { (frame.say(words::SEVEN_DAY)) }
                (yield_of(frame, &home.days, &yields))
                @if !home.days.is_empty() {
                    details {
                        summary { (frame.say(words::AS_TABLE)) }
                        (table(frame, &home.days))
                    }
                }
                p.soft { (frame.say(words::CARRIED_DAILY)) }
            }
        }
    }
}

fn yield_of(frame: &Frame, days: &[FundDay], yields: &[(Day, i64)]) -> Markup {
    match (yields.last(), curve::draw(yields, frame.language)) {
        (Some((day, value)), Some(curve)) => html! {
            p.yield.figure #seven-day { (percent(*value)) small { " %" } }
            p.soft { (sentences::of_day(*day, frame.language)) }
            figure.curve { (curve) }
        },
        _ if days.is_empty() => html! { p.plainly { (frame.say(words::NO_DAYS)) } },
        _ => {
            let so_far = days.len().min(6);
            html! {
                div.plainly {
                    p { (sentences::days_so_far(so_far, frame.language)) }
                    span.meter aria-hidden="true" {
                        svg viewBox="0 0 7 1" preserveAspectRatio="none" {
                            rect width=(so_far) height="1" {}
                        }
                    }
                }
            }
        }
    }
}

fn table(frame: &Frame, days: &[FundDay]) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label=(frame.say(words::SEVEN_DAY)) {
            table {
                thead {
                    tr {
                        th scope="col" { (frame.say(words::DAY)) }
                        th.figure scope="col" { (frame.say(words::PER_TEN_THOUSAND)) }
                        th.figure scope="col" { (frame.say(words::SEVEN_DAY)) }
                    }
                }
                tbody {
                    @for day in days.iter().rev() {
                        tr {
                            th.booked scope="row" { span { (day.day) } }
                            td.figure { (per_ten_thousand(day.per_ten_thousand)) }
                            td.figure {
                                @match day.seven_day {
                                    Some(value) => { (percent(value)) " %" }
                                    None => { "—" }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
