//! What each endpoint does.

use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, PathRejection, QueryRejection};
use axum::extract::{Extension, Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, post};
use ruixin_service::idempotency::Asked;
use ruixin_service::keys::Caller;
use ruixin_service::paging;
use ruixin_service::problem::{
    INTERNAL, INVALID_CURSOR, INVALID_REQUEST, KEY_REUSED, MEDIA_TYPE, NOT_FOUND, Problem,
    TOO_LARGE,
};
use schemars::{Schema, SchemaGenerator, json_schema};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::{App, openapi as document};
use crate::books::CommandError;
use crate::command::Command;
use crate::house::{Notice, NoticeLanguage, Standing};
use crate::numbers;
use crate::refusal::{ACCOUNT_NOT_FOUND, ORDER_NOT_FOUND, SERVICE_WINDOW, TEXT_UNFIT};

/// Where nobody says when the service opens again: seconds.
const RETRY_USUALLY: i64 = 600;
const RETRY_MOST: i64 = 86_400;

type Body = Result<Bytes, BytesRejection>;
type Id = Result<Path<String>, PathRejection>;

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
    let standing = match app.books.standing().await {
        Ok(standing) => standing,
        Err(error) => return error.into(),
    };
    let now = app.books.clock.now().millis();
    let untils = standing.notices.iter().map(|notice| &notice.fields.until);
    let until = untils.flatten().filter_map(|until| until.millis()).max();
    let seconds = until.map_or(RETRY_USUALLY, |until| until.saturating_sub(now) / 1_000);
    let seconds = if seconds <= 0 {
        RETRY_USUALLY
    } else {
        seconds.min(RETRY_MOST)
    };
    let said = |language| {
        let of = |notice: &&Notice| notice.language == language;
        let notice = standing.notices.iter().find(of)?;
        Some(
            format!("{}\n{}", notice.subject, notice.text)
                .trim_end()
                .to_owned(),
        )
    };
    let en = said(NoticeLanguage::En).unwrap_or_else(|| {
        "Payments, top-ups, transfers and withdrawals are closed; balances and bills can be seen.".to_owned()
    });
    let zh = said(NoticeLanguage::Zh)
        .unwrap_or_else(|| "付款、充值、转账、提现暂停服务，余额和账单可正常查询。".to_owned());
    Problem::new(SERVICE_WINDOW)
        .says(en, zh)
        .retry_after(u64::try_from(seconds).unwrap_or(1))
}

fn read(headers: &HeaderMap, body: Body) -> Result<Bytes, Problem> {
    let kind = headers
        .get(header::CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok());
    let kind = kind
        .and_then(|kind| kind.split(';').next())
        .unwrap_or_default();
    if !kind.trim().eq_ignore_ascii_case("application/json") {
        return Err(Problem::new(MEDIA_TYPE));
    }
    body.map_err(unreadable)
}

fn unreadable(rejection: BytesRejection) -> Problem {
    match rejection.into_response().status() {
        StatusCode::PAYLOAD_TOO_LARGE => Problem::new(TOO_LARGE),
        _ => Problem::new(INVALID_REQUEST),
    }
}

fn parsed<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    // A list of values in the order of the fields is no object, though serde reads it as one.
    if !body.trim_ascii_start().starts_with(b"{") {
        return Err(Problem::new(INVALID_REQUEST)
            .says("The body must be a JSON object.", "请求体应为 JSON 对象。"));
    }
    serde_json::from_slice(body).map_err(|error| {
        let says = error.to_string();
        Problem::new(INVALID_REQUEST).says(says.clone(), format!("请求格式有误：{says}"))
    })
}

fn json_text(text: String) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], text)
}

fn json<T: Serialize>(value: &T) -> Result<Response, Problem> {
    match serde_json::to_string(value) {
        Ok(text) => Ok(json_text(text).into_response()),
        Err(error) => {
            tracing::error!(%error, "an answer could not be written");
            Err(Problem::new(INTERNAL))
        }
    }
}

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

/// Is what a hook of Crossfoot says: what step it is, and whether it is only tried.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
struct Call {
    #[serde(default)]
    step: Option<String>,
    #[serde(default)]
    rehearsal: bool,
}

/// The steps whose hooks close the service, and open it.
const CLOSING: &[&str] = &["freeze"];
const OPENING: &[&str] = &["rollback", "release"];

pub(super) fn closing_schema(_: &mut SchemaGenerator) -> Schema {
    call_schema(CLOSING)
}

pub(super) fn opening_schema(_: &mut SchemaGenerator) -> Schema {
    call_schema(OPENING)
}

fn call_schema(steps: &[&str]) -> Schema {
    let steps: Vec<Option<&str>> = steps.iter().map(|step| Some(*step)).chain([None]).collect();
    json_schema!({
        "type": "object",
        "description": "What a hook of Crossfoot says.",
        "properties": {
            "step": { "enum": steps, "description": "The step whose hook it is." },
            "rehearsal": { "type": "boolean", "description": "Whether nothing is to be changed." },
        },
    })
}

/// A hook's body: JSON, or nothing. A hook of another step has been given the wrong address.
fn call(body: Body, steps: &[&str]) -> Result<Call, Problem> {
    let body = body.map_err(unreadable)?;
    let call: Call = if body.is_empty() {
        Call::default()
    } else {
        parsed(&body)?
    };
    match call.step.as_deref() {
        Some(step) if !steps.contains(&step) => Err(Problem::new(INVALID_REQUEST).says(
            format!("The step is not one of: {}.", steps.join(", ")),
            format!("步骤应为：{}。", steps.join("、")),
        )),
        _ => Ok(call),
    }
}

pub(super) async fn freeze(State(app): State<App>, body: Body) -> Result<Response, Problem> {
    let call = call(body, CLOSING)?;
    if call.rehearsal {
        return json(&app.books.standing().await?);
    }
    // What has begun is finished, even if whoever called has gone.
    let books = app.books.clone();
    let frozen = tokio::spawn(async move { books.freeze().await }).await;
    json(&frozen.map_err(|_| Problem::new(INTERNAL))??)
}

pub(super) async fn reopen(State(app): State<App>, body: Body) -> Result<Response, Problem> {
    let call = call(body, OPENING)?;
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
    let line = |text: &str, most: usize| {
        !text.trim().is_empty()
            && text.chars().count() <= most
            && !text.chars().any(char::is_control)
    };
    let is_text = notice.text.chars().count() <= 4_000
        && !notice
            .text
            .chars()
            .any(|one| one.is_control() && one != '\n');
    if !line(&notice.kind, 40) || !line(&notice.subject, 200) || !is_text {
        return Err(Problem::new(TEXT_UNFIT));
    }
    app.books.tell(notice).await?;
    json(&app.books.standing().await?)
}

pub(super) async fn openapi() -> Result<Response, Problem> {
    json(&document::document())
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
