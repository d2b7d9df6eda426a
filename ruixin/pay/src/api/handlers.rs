//! What each endpoint does.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Extension, Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, post};
use ruixin_service::body::{self, Body, Id, json, json_text, parsed, read};
use ruixin_service::idempotency::Asked;
use ruixin_service::keys::Caller;
use ruixin_service::language::Words;
use ruixin_service::notices::{self, Call, Notice};
use ruixin_service::paging;
use ruixin_service::problem::{
    INTERNAL, INVALID_CURSOR, INVALID_REQUEST, KEY_REUSED, NOT_FOUND, Problem,
};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::App;
use crate::books::CommandError;
use crate::command::Command;
use crate::house::{FreezeError, Frozen, Standing};
use crate::numbers;
use crate::refusal::{
    ACCOUNT_NOT_FOUND, BEYOND_SQLITE, ORDER_NOT_FOUND, SERVICE_WINDOW, TEXT_UNFIT,
};

/// Makes the handler of a command whose body says all.
pub(super) fn moving<T>(make: fn(T) -> Command) -> MethodRouter<App>
where
    T: DeserializeOwned + Send + 'static,
{
    post(
        async move |State(app): State<App>,
                    Extension(caller): Extension<Caller>,
                    uri: Uri,
                    headers: HeaderMap,
                    body: Body| {
            let body = read(&headers, body)?;
            let asked = Asked::new(&caller, &headers, "POST", uri.path(), &body)?;
            run(&app, make(parsed(&body)?), asked).await
        },
    )
}

/// Makes the handler of a command about one thing, which the path names.
pub(super) fn moving_one<T>(make: fn(String, T) -> Command) -> MethodRouter<App>
where
    T: DeserializeOwned + Send + 'static,
{
    post(
        async move |State(app): State<App>,
                    Extension(caller): Extension<Caller>,
                    uri: Uri,
                    id: Id,
                    headers: HeaderMap,
                    body: Body| {
            let Path(id) = id.map_err(|_| Problem::new(NOT_FOUND))?;
            let body = read(&headers, body)?;
            let asked = Asked::new(&caller, &headers, "POST", uri.path(), &body)?;
            run(&app, make(id, parsed(&body)?), asked).await
        },
    )
}

async fn run(app: &App, command: Command, asked: Asked) -> Result<Response, Problem> {
    let outcome = match app.books.run(command, asked).await {
        Ok(outcome) => outcome,
        Err(CommandError::Closed) => return Err(closed(app).await),
        Err(CommandError::KeyReused) => return Err(Problem::new(KEY_REUSED)),
        Err(CommandError::Store(error)) => return Err(error.into()),
    };
    let mut response = match outcome.result {
        Ok(text) => {
            let status = u16::try_from(outcome.status).ok();
            let status = status.and_then(|status| StatusCode::from_u16(status).ok());
            (status.unwrap_or(StatusCode::OK), json_text(text)).into_response()
        }
        Err(refusal) => refusal.problem().into_response(),
    };
    if outcome.is_replay {
        let replayed = HeaderValue::from_static("true");
        response
            .headers_mut()
            .insert("idempotency-replayed", replayed);
    }
    Ok(response)
}

/// What a caller is told while the books are closed, in the words of the notices.
async fn closed(app: &App) -> Problem {
    match app.books.standing().await {
        Ok(standing) => {
            let now = app.books.clock.now().millis();
            notices::closed(SERVICE_WINDOW, &standing.notices, now, CLOSED)
        }
        Err(error) => error.into(),
    }
}

const CLOSED: Words = Words {
    en: "Payments, top-ups, transfers and withdrawals are closed; balances and bills can be seen.",
    zh: "付款、充值、转账、提现暂停服务，余额和账单可正常查询。",
};

pub(super) async fn account(State(app): State<App>, id: Id) -> Result<Response, Problem> {
    let Path(number) = id.map_err(|_| Problem::new(NOT_FOUND))?;
    let account = app.books.account(&number).await?;
    json(&account.ok_or(Problem::new(ACCOUNT_NOT_FOUND))?)
}

pub(super) async fn order(State(app): State<App>, id: Id) -> Result<Response, Problem> {
    let Path(order) = id.map_err(|_| Problem::new(NOT_FOUND))?;
    let order = app.books.order(&order).await?;
    json(&order.ok_or(Problem::new(ORDER_NOT_FOUND))?)
}

/// Is which page of a list is wanted.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    cursor: Option<String>,
    limit: Option<i64>,
}

pub(super) async fn movements(
    State(app): State<App>,
    id: Id,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Result<Response, Problem> {
    let Path(number) = id.map_err(|_| Problem::new(NOT_FOUND))?;
    let Query(wanted) = wanted.map_err(|_| Problem::new(INVALID_REQUEST))?;
    let limit = paging::limit(wanted.limit)?;
    let before = wanted.cursor.as_deref().map(paging::position).transpose()?;
    if before.is_some_and(|serial| !numbers::is_digits(serial, 22)) {
        return Err(Problem::new(INVALID_CURSOR));
    }
    let page = app.books.movements(&number, before, limit).await?;
    let mut page = page.ok_or(Problem::new(ACCOUNT_NOT_FOUND))?;
    page.next = page.next.as_deref().map(paging::cursor);
    json(&page)
}

pub(super) async fn standing(State(app): State<App>) -> Result<Response, Problem> {
    json(&app.books.standing().await?)
}

pub(super) async fn freeze(State(app): State<App>, body: Body) -> Result<Response, Problem> {
    let call = body::read_or_usual::<Call>(body)?.of_steps(notices::CLOSING)?;
    if call.rehearsal {
        let standing = app.books.standing().await?;
        return json(&Frozen {
            state: standing.state,
            since: standing.since,
            figures: None,
        });
    }
    // What has begun is finished, even if whoever called has gone.
    let books = app.books.clone();
    let frozen = tokio::spawn(async move { books.freeze().await }).await;
    match frozen.map_err(|_| Problem::new(INTERNAL))? {
        Ok(frozen) => json(&frozen),
        Err(FreezeError::Store(error)) => Err(error.into()),
        Err(error @ FreezeError::BeyondSqlite { .. }) => Err(beyond_sqlite(&error)),
    }
}

/// Says where the books can go on: closed they stay until somebody opens them.
fn beyond_sqlite(error: &FreezeError) -> Problem {
    tracing::error!(%error, "the books are closed and not added up");
    Problem::new(BEYOND_SQLITE).says(
        format!("{error}. They are closed and not added up: reopen them."),
        "汇总数字超出 SQLite 可精确到分保存的范围，请改用 PostgreSQL 保存账簿。服务已停止受理，汇总未完成，请恢复受理。",
    )
}

pub(super) async fn reopen(State(app): State<App>, body: Body) -> Result<Response, Problem> {
    let call = body::read_or_usual::<Call>(body)?.of_steps(notices::OPENING)?;
    let standing: Standing = match call.rehearsal {
        true => app.books.standing().await?,
        false => app.books.reopen().await?,
    };
    json(&standing)
}

pub(super) async fn notice(
    State(app): State<App>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let notice: Notice = parsed(&read(&headers, body)?)?;
    if !notice.is_fit() {
        return Err(Problem::new(TEXT_UNFIT));
    }
    app.books.tell(notice).await?;
    json(&app.books.standing().await?)
}

pub(super) async fn openapi() -> Result<Response, Problem> {
    json(&super::document())
}

pub(super) async fn health(State(app): State<App>) -> Result<Response, Problem> {
    app.books.standing().await?;
    Ok("ok\n".into_response())
}

pub(super) async fn metrics(State(app): State<App>) -> Response {
    let closed = app.books.closed.load(std::sync::atomic::Ordering::Acquire);
    let gauges = [(
        "pay_closed",
        "Whether payments are refused.",
        i64::from(closed),
    )];
    let text = app.gate.metrics.text(app.books.store(), &gauges);
    let kind = "text/plain; version=0.0.4; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], text).into_response()
}
