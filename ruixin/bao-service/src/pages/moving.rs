//! Moving in, moving out, paying: a form, what will happen, and the asking for consent.

use maud::{Markup, html};
use ruixin_bao::Day;
use ruixin_bao::calendar::Schedule;
use ruixin_pages::Frame;
use ruixin_pages::fields::{self, wrong};

use super::figures::{plain, short_day, yuan};
use super::view::{Cap, Deed, Position};
use super::{house, order, sentences, words};

/// Is which of the three is filled in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sheet {
    MoveIn,
    MoveOut,
    Pay,
}

impl Sheet {
    pub(super) fn path(self) -> &'static str {
        match self {
            Sheet::MoveIn => "/move-in",
            Sheet::MoveOut => "/move-out",
            Sheet::Pay => "/pay",
        }
    }

    fn title(self) -> ruixin_service::language::Words {
        match self {
            Sheet::MoveIn => words::MOVE_IN,
            Sheet::MoveOut => words::MOVE_OUT,
            Sheet::Pay => words::PAY,
        }
    }

    fn check(self) -> ruixin_service::language::Words {
        match self {
            Sheet::MoveIn => words::MOVE_IN_CHECK,
            Sheet::MoveOut => words::MOVE_OUT_CHECK,
            Sheet::Pay => words::PAY_CHECK,
        }
    }

    pub(super) fn is_from_fund(self) -> bool {
        self != Sheet::MoveIn
    }
}

/// Is what somebody typed, as it was typed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Typed {
    pub(super) amount: String,
    /// `fast` or `standard`.
    pub(super) way: String,
    pub(super) merchant: String,
}

/// Is what is wrong with it, in words, by field.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Wrong {
    pub(super) amount: Option<String>,
    pub(super) way: Option<String>,
    pub(super) merchant: Option<String>,
    /// What is of no field.
    pub(super) whole: Option<String>,
}

impl Wrong {
    pub(super) fn is_empty(&self) -> bool {
        *self == Wrong::default()
    }
}

/// Is what a form is drawn from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Form {
    pub(super) sheet: Sheet,
    pub(super) typed: Typed,
    pub(super) wrong: Wrong,
    /// The one-time id, 32 hexadecimal digits.
    pub(super) once: String,
    pub(super) position: Position,
    /// What would become of an order placed now; nothing beyond the calendar.
    pub(super) schedule: Option<Schedule>,
    /// Of fast redemptions, or of payments.
    pub(super) cap: Option<Cap>,
}

impl Form {
    /// Makes a form of which what is there is not known yet.
    pub(super) fn empty(sheet: Sheet, typed: Typed, once: String) -> Form {
        Form {
            sheet,
            typed,
            once,
            wrong: Wrong::default(),
            position: Position::default(),
            schedule: None,
            cap: None,
        }
    }

    fn is_merchant_first(&self) -> bool {
        let is_amount_wrong = self.wrong.amount.is_some() && self.wrong.merchant.is_none();
        self.sheet == Sheet::Pay && !is_amount_wrong
    }
}

/// Is what is asked to be confirmed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Check {
    pub(super) sheet: Sheet,
    pub(super) once: String,
    pub(super) deed: Deed,
    pub(super) amount_fen: i64,
    pub(super) schedule: Schedule,
    pub(super) today: Day,
    /// Whether the days were others when the page was drawn first.
    pub(super) has_changed: bool,
}

/// Draws a form.
pub(super) fn draw(frame: &Frame, form: &Form) -> Markup {
    let sheet = form.sheet;
    let content = html! {
        div.narrow {
            h1.page-title { (frame.say(sheet.title())) }
            @if let Some(whole) = &form.wrong.whole { p.said.bad role="alert" { (whole) } }
            @if !frame.is_closed() {
                form.card.sheet method="get" action=(sheet.path()) {
                    input type="hidden" name="once" value=(form.once);
                    @if sheet == Sheet::Pay { (merchant(frame, form)) }
                    (amount(frame, form))
                    @match sheet {
                        Sheet::MoveIn => {
                            @if let Some(schedule) = form.schedule {
                                p.soft #when { (sentences::earns(schedule, frame.language)) }
                            }
                        }
                        Sheet::MoveOut => { (ways(frame, form)) }
                        Sheet::Pay => { p.soft { (sentences::pay_hint(form.cap, frame.language)) } }
                    }
                    div.row {
                        button.button type="submit" { (frame.say(words::NEXT)) }
                    }
                }
            }
            p.pages { a href="/" { (frame.say(words::BACK_HOME)) } }
        }
    };
    frame.page(frame.say(sheet.title()), Some(house::HOME), &content)
}

fn amount(frame: &Frame, form: &Form) -> Markup {
    let is_from_fund = form.sheet.is_from_fund();
    let there = match is_from_fund {
        true => form.position.free_fen(),
        false => form.position.wallet_fen,
    };
    let under = html! {
        span { (sentences::available(there, is_from_fund, frame.language)) }
        @if there > 0 && form.sheet != Sheet::Pay {
            a href={ (form.sheet.path()) "?fill=" (plain(there)) } { (frame.say(words::ALL_OF_IT)) }
        }
    };
    let wrong = form.wrong.amount.as_ref();
    // What is wrong has the keyboard, or the first field of all.
    let is_first = !form.is_merchant_first();
    fields::amount(frame, &form.typed.amount, wrong, is_first, &under)
}

fn merchant(frame: &Frame, form: &Form) -> Markup {
    let is_wrong = form.wrong.merchant.is_some();
    html! {
        div {
            label for="merchant" { (frame.say(words::MERCHANT)) }
            input #merchant type="text" name="merchant" inputmode="numeric" autocomplete="off" required
                maxlength="20" value=(form.typed.merchant) autofocus[form.is_merchant_first()]
                aria-invalid=[is_wrong.then_some("true")] aria-describedby=[is_wrong.then_some("merchant-wrong")];
            (wrong("merchant-wrong", form.wrong.merchant.as_ref()))
        }
    }
}

fn ways(frame: &Frame, form: &Form) -> Markup {
    let is_standard = form.typed.way == "standard";
    let is_wrong = form.wrong.way.is_some();
    html! {
        fieldset aria-describedby=[is_wrong.then_some("way-wrong")] {
            legend { (frame.say(words::HOW)) }
            label.choice {
                input type="radio" name="way" value="fast" checked[!is_standard];
                span {
                    (frame.say(words::FAST))
                    span.hint { (frame.say(words::FAST_SAYS)) }
                    span.hint { (sentences::pay_hint(form.cap, frame.language)) }
                }
            }
            label.choice {
                input type="radio" name="way" value="standard" checked[is_standard];
                span {
                    (frame.say(words::STANDARD))
                    @if let Some(schedule) = form.schedule {
                        span.hint { (sentences::standard(schedule, frame.language)) }
                    }
                }
            }
            (wrong("way-wrong", form.wrong.way.as_ref()))
        }
    }
}

/// Draws what will happen, and asks.
pub(super) fn draw_check(frame: &Frame, check: &Check) -> Markup {
    let language = frame.language;
    let day = |day| short_day(day, language);
    let schedule = check.schedule;
    let back = back(check);
    let content = html! {
        div.narrow {
            h1.page-title { (frame.say(check.sheet.check())) }
            @if check.has_changed { p.said.waits role="alert" { (frame.say(words::SINCE_CUT)) } }
            section.card {
                p.soft { (frame.say(check.deed.kind().words())) }
                p.sum-up.figure { (yuan(check.amount_fen)) " " span.soft { (frame.say(words::YUAN)) } }
                dl.facts {
                    (order::route(frame, check.deed))
                    @match check.deed {
                        Deed::MoveIn => {
                            dt { (frame.say(words::BELONGS_TO)) } dd { (day(schedule.trade_date)) }
                            dt { (frame.say(words::CONFIRMED_ON)) } dd { (day(schedule.confirmed_on)) }
                            dt { (frame.say(words::EARNS_FROM)) } dd { (day(schedule.earns_from)) }
                            dt { (frame.say(words::SEEN_ON)) } dd { (sentences::day_after(schedule.earns_from, language)) }
                        }
                        Deed::MoveOut => {
                            dt { (frame.say(words::BELONGS_TO)) } dd { (day(schedule.trade_date)) }
                            dt { (frame.say(words::EARNS_UNTIL)) } dd { (day(schedule.earns_until)) }
                            dt { (frame.say(words::ARRIVES)) } dd { (day(schedule.confirmed_on)) }
                        }
                        Deed::MoveOutFast | Deed::Pay { .. } => {
                            dt { (frame.say(words::EARNS_UNTIL)) } dd { (day(check.today.previous().unwrap_or(check.today))) }
                            dt { (frame.say(words::ARRIVES)) } dd { (frame.say(words::AT_ONCE)) }
                        }
                    }
                }
                form.sheet method="post" action=(check.sheet.path()) {
                    input type="hidden" name="csrf" value=[frame.csrf.as_ref()];
                    input type="hidden" name="once" value=(check.once);
                    input type="hidden" name="amount" value=(plain(check.amount_fen));
                    input type="hidden" name="seen" value=(schedule.trade_date);
                    @match check.deed {
                        Deed::MoveIn => {}
                        Deed::MoveOut => { input type="hidden" name="way" value="standard"; }
                        Deed::MoveOutFast => { input type="hidden" name="way" value="fast"; }
                        Deed::Pay { merchant } => { input type="hidden" name="merchant" value=(merchant); }
                    }
                    div.row {
                        button #confirm .button type="submit" { (frame.say(words::CONFIRM)) }
                        a.button.second href=(back) { (frame.say(words::CHANGE)) }
                    }
                }
            }
        }
    };
    frame.page(frame.say(check.sheet.check()), Some(house::HOME), &content)
}

/// The form again, with what was typed.
fn back(check: &Check) -> String {
    let path = check.sheet.path();
    let amount = plain(check.amount_fen);
    match check.deed {
        Deed::MoveIn => format!("{path}?fill={amount}"),
        Deed::MoveOut => format!("{path}?fill={amount}&way=standard"),
        Deed::MoveOutFast => format!("{path}?fill={amount}&way=fast"),
        Deed::Pay { merchant } => format!("{path}?fill={amount}&merchant={merchant}"),
    }
}

/// Says of an amount that there is less.
pub(super) fn too_little(form: &Form, frame: &Frame) -> String {
    let is_from_fund = form.sheet.is_from_fund();
    let there = match is_from_fund {
        true => form.position.free_fen(),
        false => form.position.wallet_fen,
    };
    sentences::too_little(there, is_from_fund, frame.language)
}
