//! Whatever only looks.

use std::sync::atomic::Ordering;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse as _, Response};
use ruixin_bao::fund::{MERCHANTS, USERS};
use ruixin_bao::ledger::{AccountId, Side, VoucherId};
use ruixin_bao_store::{BillAt, LineAt, StatementPage, Store};
use ruixin_service::body::{Id as Name, id, json};
use ruixin_service::language::Language;
use ruixin_service::money::Yuan;
use ruixin_service::paging;
use ruixin_service::problem::{INVALID_CURSOR, INVALID_REQUEST, Problem};
use serde::Deserialize;

use super::App;
use crate::names::{Date, Id, Moment, Number, VoucherName, carried};
use crate::refusal::{
    ACCOUNT_NOT_FOUND, ITEM_NOT_FOUND, ORDER_NOT_FOUND, SPAN_UNFIT, VOUCHER_NOT_FOUND,
};
use crate::view::{
    BalanceView, BillPage, BillView, FundDayPage, FundDayView, FundView, IncomePage, OpenItemPage,
    OpenItemView, OrderView, SheetView, StandingView, StatementView, TrialBalanceView, UserDayView,
    UserView, VoucherView,
};

/// Days that a statement covers at most.
const LONGEST: i32 = 366;
/// Days of the fund that are shown with it.
const LAST_DAYS: usize = 7;
/// Days before one that its yield is made of.
const WEEK: usize = 6;

/// Is which page of a list is wanted.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    cursor: Option<String>,
    limit: Option<i64>,
}

type Page = Result<Query<Wanted>, QueryRejection>;

/// Reads the cursor, and how many rows are wanted.
fn wanted<T>(
    page: Page,
    read: impl FnOnce(&str) -> Option<T>,
) -> Result<(Option<T>, usize), Problem> {
    let Query(wanted) = page.map_err(|wrong| unreadable(&wrong))?;
    let limit = paging::limit(wanted.limit)?;
    let position = wanted.cursor.as_deref().map(paging::position).transpose()?;
    let position = match position {
        None => None,
        Some(text) => Some(read(text).ok_or(Problem::new(INVALID_CURSOR))?),
    };
    Ok((position, usize::try_from(limit).unwrap_or(1)))
}

/// Says what is wrong with a query.
fn unreadable(wrong: &QueryRejection) -> Problem {
    let says = wrong.body_text();
    Problem::new(INVALID_REQUEST).says(says.clone(), format!("查询参数有误：{says}"))
}

/// Cuts a list that has one row more than is wanted, and gives where the next page begins.
fn cut<T>(rows: &mut Vec<T>, limit: usize, at: impl FnOnce(&T) -> String) -> Option<String> {
    if rows.len() <= limit {
        return None;
    }
    rows.truncate(limit);
    rows.last().map(|last| paging::cursor(&at(last)))
}

fn number(name: Name) -> Result<u64, Problem> {
    let number = Number::parse(&id(name)?);
    number
        .map(|number| number.0)
        .ok_or(Problem::new(ACCOUNT_NOT_FOUND))
}

pub(super) async fn user(State(app): State<App>, name: Name) -> Result<Response, Problem> {
    let user = number(name)?;
    let found = app.books.read(move |store| store.user(user)).await?;
    let found = found.ok_or(Problem::new(ACCOUNT_NOT_FOUND))?;
    json(&UserView::of(user, &found))
}

pub(super) async fn merchant(State(app): State<App>, name: Name) -> Result<Response, Problem> {
    let id = AccountId::new(MERCHANTS, number(name)?);
    let found = app.books.read(move |store| store.account(id)).await?;
    let found = found.ok_or(Problem::new(ACCOUNT_NOT_FOUND))?;
    json(&BalanceView::of(&found))
}

pub(super) async fn open_items(
    State(app): State<App>,
    name: Name,
    page: Page,
) -> Result<Response, Problem> {
    let account = number(name)?;
    let (after, limit) = wanted(page, |text| carried(text).map(str::to_owned))?;
    let more = limit.saturating_add(1);
    let read = move |store: &mut Store| {
        let ids = [USERS, MERCHANTS].map(|subject| AccountId::new(subject, account));
        for id in ids {
            if store.account(id)?.is_some() {
                let found = store.under_way(account, after.as_deref(), more);
                return found.map(Some);
            }
        }
        Ok(None)
    };
    let found = app.books.read(read).await?;
    let mut items = found.ok_or(Problem::new(ACCOUNT_NOT_FOUND))?;
    let next = cut(&mut items, limit, |item| item.name.clone());
    json(&OpenItemPage {
        items: items.iter().map(OpenItemView::of).collect(),
        next,
    })
}

pub(super) async fn open_item(State(app): State<App>, name: Name) -> Result<Response, Problem> {
    let name = id(name)?;
    let item = carried(&name)
        .ok_or(Problem::new(ITEM_NOT_FOUND))?
        .to_owned();
    let found = app.books.read(move |store| store.open_item(&item)).await?;
    json(&OpenItemView::of(
        &found.ok_or(Problem::new(ITEM_NOT_FOUND))?,
    ))
}

/// Says whether there is such a user.
pub(super) async fn is_user(app: &App, user: u64) -> Result<(), Problem> {
    let id = AccountId::new(USERS, user);
    let found = app.books.read(move |store| store.account(id)).await?;
    found.map(|_| ()).ok_or(Problem::new(ACCOUNT_NOT_FOUND))
}

pub(super) async fn bills(
    State(app): State<App>,
    name: Name,
    page: Page,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let user = number(name)?;
    let (before, limit) = wanted(page, bill_at)?;
    is_user(&app, user).await?;
    let more = limit.saturating_add(1);
    let read = move |store: &mut Store| store.bills(user, before, more);
    let mut bills = app.books.read(read).await?;
    let next = cut(&mut bills, limit, |bill| {
        let voucher = VoucherName(bill.at.voucher);
        format!("{}~{voucher}", bill.at.booked_at)
    });
    let language = Language::wanted(&headers);
    json(&BillPage {
        bills: bills
            .iter()
            .map(|bill| BillView::of(bill, language))
            .collect(),
        next,
    })
}

/// Reads the place of a bill back.
fn bill_at(text: &str) -> Option<BillAt> {
    let (booked_at, voucher) = text.split_once('~')?;
    Some(BillAt {
        booked_at: booked_at.parse().ok()?,
        voucher: VoucherName::parse(voucher)?.0,
    })
}

pub(super) async fn incomes(
    State(app): State<App>,
    name: Name,
    page: Page,
) -> Result<Response, Problem> {
    let user = number(name)?;
    let (before, limit) = wanted(page, Date::parse)?;
    is_user(&app, user).await?;
    let (before, more) = (before.map(|day| day.0), limit.saturating_add(1));
    let read = move |store: &mut Store| store.incomes(user, before, more);
    let mut days = app.books.read(read).await?;
    let next = cut(&mut days, limit, |day| day.day.to_string());
    json(&IncomePage {
        incomes: days.iter().map(UserDayView::of).collect(),
        next,
    })
}

/// Is which days a statement is to cover, and which page of it is wanted.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Span {
    from: Date,
    until: Date,
    cursor: Option<String>,
    limit: Option<i64>,
}

pub(super) async fn statement(
    State(app): State<App>,
    name: Name,
    span: Result<Query<Span>, QueryRejection>,
) -> Result<Response, Problem> {
    let user = number(name)?;
    let Query(span) = span.map_err(|wrong| unreadable(&wrong))?;
    let (from, until) = (span.from, span.until);
    let page = Wanted {
        cursor: span.cursor,
        limit: span.limit,
    };
    let (after, limit) = wanted(Ok(Query(page)), line_at)?;
    let days = until.0.number().saturating_sub(from.0.number());
    if !(0..LONGEST).contains(&days) {
        return Err(Problem::new(SPAN_UNFIT).says(
            format!("A statement covers 1 to {LONGEST} days."),
            format!("对账单应为 1 至 {LONGEST} 天。"),
        ));
    }
    is_user(&app, user).await?;
    let wanted = StatementPage {
        user,
        from: from.0,
        until: until.0,
        after,
        limit,
    };
    let read = move |store: &mut Store| store.statement_page(&wanted);
    let (sheets, next) = app.books.read(read).await?;
    json(&StatementView {
        user: Number(user),
        from,
        until,
        accounts: sheets.iter().map(SheetView::of).collect(),
        next: next.as_ref().map(|at| paging::cursor(&line_text(at))),
    })
}

/// Writes the place of a line.
fn line_text(at: &LineAt) -> String {
    let (day, voucher) = (Date(at.accounting_date), VoucherName(at.voucher));
    let side = match at.side {
        Side::Debit => "D",
        Side::Credit => "C",
    };
    format!(
        "{}~{}~{day}~{voucher}~{}~{side}",
        at.subject, at.booked_at, at.leg
    )
}

/// Reads the place of a line back.
fn line_at(text: &str) -> Option<LineAt> {
    let mut parts = text.split('~');
    let mut part = || parts.next();
    let at = LineAt {
        subject: part()?.parse().ok()?,
        booked_at: part()?.parse().ok()?,
        accounting_date: Date::parse(part()?)?.0,
        voucher: VoucherName::parse(part()?)?.0,
        leg: part()?.parse().ok()?,
        side: match part()? {
            "D" => Side::Debit,
            "C" => Side::Credit,
            _ => return None,
        },
    };
    parts.next().is_none().then_some(at)
}

pub(super) async fn order(State(app): State<App>, name: Name) -> Result<Response, Problem> {
    let Some(Id(order)) = Id::parse(&id(name)?) else {
        return Err(Problem::new(ORDER_NOT_FOUND));
    };
    let found = app.books.read(move |store| store.order(order)).await?;
    json(&OrderView::of(&found.ok_or(Problem::new(ORDER_NOT_FOUND))?))
}

pub(super) async fn voucher(State(app): State<App>, name: Name) -> Result<Response, Problem> {
    let voucher = VoucherName::parse(&id(name)?);
    let voucher: VoucherId = voucher.ok_or(Problem::new(VOUCHER_NOT_FOUND))?.0;
    let found = app.books.read(move |store| store.voucher(voucher)).await?;
    json(&VoucherView::of(
        &found.ok_or(Problem::new(VOUCHER_NOT_FOUND))?,
    ))
}

pub(super) async fn fund(State(app): State<App>) -> Result<Response, Problem> {
    let read = |store: &mut Store| store.days_before(None, LAST_DAYS.saturating_add(WEEK));
    let days = app.books.read(read).await?;
    let terms = app.books.terms();
    json(&FundView {
        first_day: Date(terms.first_day),
        basis: "daily_carry".to_owned(),
        fast_redemption_cap: terms.fast_redemption_cap_fen.map(Yuan),
        payment_cap: terms.payment_cap_fen.map(Yuan),
        days: FundDayView::all(&days, LAST_DAYS),
    })
}

pub(super) async fn fund_days(State(app): State<App>, page: Page) -> Result<Response, Problem> {
    let (before, limit) = wanted(page, Date::parse)?;
    let more = limit.saturating_add(WEEK.max(1));
    let before = before.map(|day| day.0);
    let read = move |store: &mut Store| store.days_before(before, more);
    let found = app.books.read(read).await?;
    let mut days = FundDayView::all(&found, limit.saturating_add(1));
    let next = cut(&mut days, limit, |day| day.day.to_string());
    json(&FundDayPage { days, next })
}

/// Is of which moment a trial balance is wanted.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AtMoment {
    at: Option<Moment>,
}

pub(super) async fn trial_balance(
    State(app): State<App>,
    wanted: Result<Query<AtMoment>, QueryRejection>,
) -> Result<Response, Problem> {
    let Query(wanted) = wanted.map_err(|wrong| unreadable(&wrong))?;
    let at = wanted.at.map_or_else(|| app.books.now(), |at| at.0);
    // It adds up all vouchers: beside those that wait for a balance.
    let balance = app.books.long(move |store| store.trial_balance(at)).await?;
    json(&TrialBalanceView::of(&balance))
}

pub(super) async fn standing(State(app): State<App>) -> Result<Response, Problem> {
    json(&StandingView::of(&app.books.standing().await?))
}

pub(super) async fn openapi() -> Result<Response, Problem> {
    json(&super::document())
}

pub(super) async fn health(State(app): State<App>) -> Result<Response, Problem> {
    app.books.standing().await?;
    Ok("ok\n".into_response())
}

pub(super) async fn metrics(State(app): State<App>) -> Response {
    let mut gauges = Vec::new();
    let figures = app.books.figures();
    let counted = [
        (
            "bao_commands",
            "Commands answered, since the start.",
            &figures.commands,
        ),
        (
            "bao_repeats",
            "Commands that had been answered before, since the start.",
            &figures.repeats,
        ),
        (
            "bao_groups",
            "Transactions of commands, since the start.",
            &figures.groups,
        ),
        (
            "bao_expired",
            "Pending vouchers that had expired and were released, since the start.",
            &figures.released,
        ),
        (
            "bao_sessions_reopened",
            "Sessions that broke, since the start.",
            &figures.reopened,
        ),
        ("bao_queue", "Commands that wait.", &figures.waiting),
    ];
    for (name, help, figure) in counted {
        let value = i64::try_from(figure.load(Ordering::Relaxed)).unwrap_or(i64::MAX);
        gauges.push((name, help, value));
    }
    // Where the books cannot be read, the other figures are wanted the more.
    if let Ok(standing) = app.books.standing().await {
        gauges.push((
            "bao_open",
            "Whether commands are taken.",
            i64::from(standing.is_open),
        ));
    }
    if let Ok(days) = app.books.read(|store| store.days_before(None, 1)).await
        && let Some(last) = days.first()
    {
        let number = i64::from(last.day.number());
        gauges.push((
            "bao_last_day",
            "The last day that is distributed, since 1970.",
            number,
        ));
        let shares = last.income.map_or(0, |income| income.shares);
        gauges.push((
            "bao_shares",
            "Shares with a right on the last day, hundredths.",
            shares,
        ));
        if let Some(holders) = holders(&app, last.day).await {
            gauges.push(("bao_holders", "Who held them.", holders));
        }
    }
    let text = app.gate.metrics.text(app.books.store(), &gauges);
    let kind = "text/plain; version=0.0.4; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], text).into_response()
}

/// Counts the holders of a day, once.
async fn holders(app: &App, day: ruixin_bao::Day) -> Option<i64> {
    let mut kept = app.holders.lock().await;
    let counted = match *kept {
        Some((of, holders)) if of == day => holders,
        _ => {
            let counted = app.books.read(move |store| store.holders(day)).await.ok()?;
            *kept = Some((day, counted));
            counted
        }
    };
    i64::try_from(counted).ok()
}
