//! Moving money: a form, what will happen, one order, and where to look at it.

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Response;
use ruixin_bao::Day;
use ruixin_bao::fund::{OrderKind, Request};
use ruixin_pages::amounts::amount_of;
use ruixin_pages::forms::{self, Body, is_once, is_ours, once as once_of};
use ruixin_pages::{Visit, first};
use ruixin_service::problem::{INTERNAL, Problem};

use super::desk::Refused;
use super::moving::{self, Check, Form, Sheet, Typed, Wrong};
use super::read::signed_in;
use super::view::Deed;
use super::{Pages, sentences, words};
use crate::clock;

/// Gives the day that clocks in Shanghai show.
pub(super) fn today(pages: &Pages) -> Result<Day, Problem> {
    clock::day_of(pages.desk.now()).ok_or_else(|| Problem::new(INTERNAL))
}

pub(super) async fn move_in(State(pages): State<Pages>, parts: Parts) -> Response {
    ask(&pages, &parts, Sheet::MoveIn).await
}

pub(super) async fn move_out(State(pages): State<Pages>, parts: Parts) -> Response {
    ask(&pages, &parts, Sheet::MoveOut).await
}

pub(super) async fn pay(State(pages): State<Pages>, parts: Parts) -> Response {
    ask(&pages, &parts, Sheet::Pay).await
}

pub(super) async fn do_move_in(State(pages): State<Pages>, parts: Parts, body: Body) -> Response {
    act(&pages, &parts, body, Sheet::MoveIn).await
}

pub(super) async fn do_move_out(State(pages): State<Pages>, parts: Parts, body: Body) -> Response {
    act(&pages, &parts, body, Sheet::MoveOut).await
}

pub(super) async fn do_pay(State(pages): State<Pages>, parts: Parts, body: Body) -> Response {
    act(&pages, &parts, body, Sheet::Pay).await
}

fn typed(pairs: &[(String, String)]) -> Typed {
    let field = |name| first(pairs, name).unwrap_or_default().to_owned();
    Typed {
        amount: field("amount"),
        way: field("way"),
        merchant: field("merchant"),
    }
}

/// Reads what is wanted.
fn read(sheet: Sheet, typed: &Typed, visit: &Visit) -> Result<(Deed, i64), Wrong> {
    let mut wrong = Wrong::default();
    let say = |words| Some(visit.frame.say(words).to_owned());
    let amount = amount_of(&typed.amount);
    if let Err(words) = amount {
        wrong.amount = say(words);
    }
    let deed = match (sheet, typed.way.as_str()) {
        (Sheet::MoveIn, _) => Some(Deed::MoveIn),
        (Sheet::MoveOut, "fast") => Some(Deed::MoveOutFast),
        (Sheet::MoveOut, "standard") => Some(Deed::MoveOut),
        (Sheet::MoveOut, _) => {
            wrong.way = say(words::WAY_MISSING);
            None
        }
        (Sheet::Pay, _) => {
            let number = typed.merchant.trim();
            let is_number = !number.is_empty() && number.bytes().all(|one| one.is_ascii_digit());
            // A number of the books has 63 bits.
            let merchant = number.parse::<i64>().ok().filter(|_| is_number);
            let merchant = merchant.and_then(|merchant| u64::try_from(merchant).ok());
            if merchant.is_none() {
                wrong.merchant = say(words::MERCHANT_UNREADABLE);
            }
            merchant.map(|merchant| Deed::Pay { merchant })
        }
    };
    match (deed, amount) {
        (Some(deed), Ok(amount_fen)) => Ok((deed, amount_fen)),
        _ => Err(wrong),
    }
}

/// Draws the form, or what will happen where one has been filled in.
async fn ask(pages: &Pages, parts: &Parts, sheet: Sheet) -> Response {
    let (visit, user) = signed_in!(pages, parts);
    if visit.frame.is_closed() {
        return visit.closed();
    }
    let once = visit.asked("once").filter(|once| is_once(once));
    let once = match once {
        Some(once) => once.to_owned(),
        None => match once_of() {
            Ok(once) => once,
            Err(problem) => return visit.problem(&problem),
        },
    };
    let mut typed = typed(&visit.query);
    if let Some(fill) = visit.asked("fill") {
        // The form with an amount in it, such as all that is there.
        fill.clone_into(&mut typed.amount);
        return form(pages, &visit, user, Form::empty(sheet, typed, once)).await;
    }
    if visit.asked("amount").is_none() {
        return form(pages, &visit, user, Form::empty(sheet, typed, once)).await;
    }
    let id = order_of(user, &once);
    match pages.desk.order(user, id).await {
        Ok(None) => {}
        // Back from an order to the page that asked for consent: there is nothing to consent to.
        Ok(Some(order)) => {
            return visit.see_other(&format!("/orders/{:032x}?done=again", order.id));
        }
        Err(problem) => return visit.problem(&problem),
    }
    let (deed, amount_fen) = match read(sheet, &typed, &visit) {
        Ok(wanted) => wanted,
        Err(wrong) => {
            let form_again = Form {
                wrong,
                ..Form::empty(sheet, typed, once)
            };
            return form(pages, &visit, user, form_again).await;
        }
    };
    let mut form_again = Form::empty(sheet, typed, once);
    if let Err(problem) = foresee(pages, &visit, user, deed, amount_fen, &mut form_again).await {
        return visit.problem(&problem);
    }
    if !form_again.wrong.is_empty() {
        return form(pages, &visit, user, form_again).await;
    }
    check(pages, &visit, form_again, (deed, amount_fen), false)
}

/// Finds what the fund would refuse, before anybody is asked for consent. The fund has the last word.
async fn foresee(
    pages: &Pages,
    visit: &Visit,
    user: u64,
    deed: Deed,
    amount_fen: i64,
    form: &mut Form,
) -> Result<(), Problem> {
    form.position = pages.desk.position(user).await?;
    let caps = pages.desk.caps(user).await?;
    let there = match form.sheet.is_from_fund() {
        true => form.position.free_fen(),
        false => form.position.wallet_fen,
    };
    let language = visit.frame.language;
    if form.sheet.is_from_fund() && form.position.shares_fen == 0 {
        form.wrong.amount = Some(visit.frame.say(words::NO_SHARES).to_owned());
        return Ok(());
    }
    if amount_fen > there {
        let says = sentences::too_little(there, form.sheet.is_from_fund(), language);
        form.wrong.amount = Some(says);
        return Ok(());
    }
    let cap = match deed {
        Deed::MoveOutFast => caps.fast,
        Deed::Pay { .. } => caps.payment,
        Deed::MoveIn | Deed::MoveOut => None,
    };
    if let Some(cap) = cap.filter(|cap| amount_fen > cap.left_fen()) {
        form.wrong.amount = Some(sentences::above_cap(cap, language));
    }
    Ok(())
}

/// Draws the form with what is there now.
async fn form(pages: &Pages, visit: &Visit, user: u64, mut form: Form) -> Response {
    let read = async {
        form.position = pages.desk.position(user).await?;
        let caps = pages.desk.caps(user).await?;
        form.cap = match form.sheet {
            Sheet::Pay => caps.payment,
            Sheet::MoveIn | Sheet::MoveOut => caps.fast,
        };
        Ok::<(), Problem>(())
    };
    if let Err(problem) = read.await {
        return visit.problem(&problem);
    }
    form.schedule = pages.desk.calendar().schedule(pages.desk.now()).ok();
    let status = match form.wrong.is_empty() {
        true => StatusCode::OK,
        false => StatusCode::UNPROCESSABLE_ENTITY,
    };
    visit.page(status, moving::draw(&visit.frame, &form))
}

/// Draws what will happen.
fn check(
    pages: &Pages,
    visit: &Visit,
    form: Form,
    (deed, amount_fen): (Deed, i64),
    has_changed: bool,
) -> Response {
    let today = match today(pages) {
        Ok(today) => today,
        Err(problem) => return visit.problem(&problem),
    };
    let Ok(schedule) = pages.desk.calendar().schedule(pages.desk.now()) else {
        let title = words::NOT_MOVED;
        return visit.message(StatusCode::CONFLICT, title, words::CALENDAR_ENDS);
    };
    let check = Check {
        sheet: form.sheet,
        once: form.once,
        deed,
        amount_fen,
        schedule,
        today,
        has_changed,
    };
    visit.page(StatusCode::OK, moving::draw_check(&visit.frame, &check))
}

/// Does what was consented to, once.
async fn act(pages: &Pages, parts: &Parts, body: Body, sheet: Sheet) -> Response {
    let (visit, user) = signed_in!(pages, parts);
    if visit.frame.is_closed() {
        return visit.closed();
    }
    let fields = match forms::fields(&visit, body) {
        Ok(fields) => fields,
        Err(response) => return response,
    };
    let once = first(&fields, "once").filter(|once| is_once(once));
    let Some(once) = once.filter(|_| is_ours(&visit, &fields)) else {
        return forms::refused(&visit);
    };
    let mut form_again = Form::empty(sheet, typed(&fields), once.to_owned());
    let (deed, amount_fen) = match read(sheet, &form_again.typed, &visit) {
        Ok(wanted) => wanted,
        Err(wrong) => {
            form_again.wrong = wrong;
            return form(pages, &visit, user, form_again).await;
        }
    };
    let id = order_of(user, once);
    match pages.desk.order(user, id).await {
        Ok(None) if have_days_changed(pages, deed, &fields) => {
            return check(pages, &visit, form_again, (deed, amount_fen), true);
        }
        Ok(_) => {}
        Err(problem) => return visit.problem(&problem),
    }
    let kind = match deed {
        Deed::MoveIn => OrderKind::Subscribe,
        Deed::MoveOut => OrderKind::Redeem,
        Deed::MoveOutFast => OrderKind::RedeemFast,
        Deed::Pay { merchant } => OrderKind::Pay { merchant },
    };
    let request = Request {
        id,
        investor: user,
        kind,
        amount_fen,
    };
    match pages.desk.place(request).await {
        Ok(is_repeat) => {
            let done = if is_repeat { "again" } else { "1" };
            visit.see_other(&format!("/orders/{id:032x}?done={done}"))
        }
        Err(Refused::Closed) => closed_meanwhile(pages, parts, &visit).await,
        Err(Refused::Problem(problem)) => visit.problem(&problem),
        Err(why) => {
            let said = refused(pages, &visit, user, (&why, deed), &mut form_again).await;
            // A refusal is an answer and stays one: another try is another order.
            match said.and_then(|()| once_of()) {
                Ok(once) => form_again.once = once,
                Err(problem) => return visit.problem(&problem),
            }
            form(pages, &visit, user, form_again).await
        }
    }
}

/// The days that were consented to must be those that the order gets. A fast one has none.
fn have_days_changed(pages: &Pages, deed: Deed, fields: &[(String, String)]) -> bool {
    let schedule = pages.desk.calendar().schedule(pages.desk.now());
    let seen = first(fields, "seen").unwrap_or_default();
    let is_fast = matches!(deed, Deed::MoveOutFast | Deed::Pay { .. });
    !is_fast && schedule.is_ok_and(|now| now.trade_date.to_string() != seen)
}

/// The window closed between the question and the order.
async fn closed_meanwhile(pages: &Pages, parts: &Parts, visit: &Visit) -> Response {
    match pages.door.visit(parts).await {
        Ok(again) => again.closed(),
        Err(_) => visit.closed(),
    }
}

/// Puts a refusal into words, beside the field that it is about.
async fn refused(
    pages: &Pages,
    visit: &Visit,
    user: u64,
    (why, deed): (&Refused, Deed),
    form: &mut Form,
) -> Result<(), Problem> {
    form.position = pages.desk.position(user).await?;
    let caps = pages.desk.caps(user).await?;
    let say = |words| Some(visit.frame.say(words).to_owned());
    let wrong = &mut form.wrong;
    match why {
        Refused::TooLittle if form.sheet.is_from_fund() && form.position.shares_fen == 0 => {
            wrong.amount = say(words::NO_SHARES);
        }
        Refused::TooLittle => form.wrong.amount = Some(moving::too_little(form, &visit.frame)),
        Refused::AboveCap => {
            let cap = match deed {
                Deed::Pay { .. } => caps.payment,
                _ => caps.fast,
            };
            let says = cap.map(|cap| sentences::above_cap(cap, visit.frame.language));
            wrong.amount = says.or_else(|| say(words::TRY_LATER));
        }
        Refused::NoAdvance => wrong.amount = say(words::FUND_SHORT_HOUSE),
        Refused::NoMerchant => wrong.merchant = say(words::MERCHANT_UNKNOWN),
        Refused::CalendarEnds => wrong.whole = say(words::CALENDAR_ENDS),
        Refused::BeforeFirstDay => wrong.whole = say(words::FUND_NOT_YET),
        Refused::OtherOrder => wrong.whole = say(words::ORDER_OTHER),
        Refused::Other | Refused::Closed | Refused::Problem(_) => {
            wrong.whole = say(words::TRY_LATER);
        }
    }
    Ok(())
}

/// Gives the order that a one-time id of a user's form stands for: nobody can take another's.
fn order_of(user: u64, once: &str) -> u128 {
    let mut material = user.to_le_bytes().to_vec();
    material.extend_from_slice(once.as_bytes());
    let key = blake3::derive_key("ruixin-bao-service 2026 order of a form", &material);
    let mut id = [0; 16];
    for (to, from) in id.iter_mut().zip(key) {
        *to = from;
    }
    u128::from_be_bytes(id)
}
