//! Whatever changes the books.

use axum::extract::{Extension, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{MethodRouter, post};
use ruixin_bao_store::{Answer, Asked, Deed};
use ruixin_service::body::{Body, Id, id, json_text, parsed, read};
use ruixin_service::idempotency;
use ruixin_service::keys::Caller;
use ruixin_service::language::Words;
use ruixin_service::notices;
use ruixin_service::problem::{INTERNAL, KEY_REUSED, Kind, Problem};
use serde::de::DeserializeOwned;

use super::App;
use crate::books::Ran;
use crate::clock;
use crate::command::{Command, CommandOf, With};
use crate::refusal::{CALENDAR_ENDS, Refusal, SERVICE_WINDOW};
use crate::view::StandingView;

const CLOSED: Words = Words {
    en: "Payments, top-ups, transfers, withdrawals and orders are closed; balances and bills can be seen.",
    zh: "付款、充值、转账、提现及申购赎回暂停服务，余额和账单可正常查询。",
};

/// Makes the handler of a command whose body says all.
pub(super) fn moving<T>() -> MethodRouter<App>
where
    T: Command + DeserializeOwned + Send + 'static,
{
    post(
        async move |State(app): State<App>,
                    Extension(caller): Extension<Caller>,
                    uri: Uri,
                    headers: HeaderMap,
                    body: Body| {
            let body = read(&headers, body)?;
            let asked = idempotency::Asked::new(&caller, &headers, "POST", uri.path(), &body)?;
            let command: T = parsed(&body)?;
            let deed = with(&app, asked.id(), |with| command.deed(with))?;
            run(&app, &asked, deed).await
        },
    )
}

/// Makes the handler of a command about one thing, which the path names.
pub(super) fn moving_one<T>(missing: &'static Kind) -> MethodRouter<App>
where
    T: CommandOf + DeserializeOwned + Send + 'static,
{
    post(
        async move |State(app): State<App>,
                    Extension(caller): Extension<Caller>,
                    uri: Uri,
                    name: Id,
                    headers: HeaderMap,
                    body: Body| {
            let name = id(name)?;
            let body = read(&headers, body)?;
            let asked = idempotency::Asked::new(&caller, &headers, "POST", uri.path(), &body)?;
            let command: T = parsed(&body)?;
            let deed = with(&app, asked.id(), |with| command.deed_of(&name, with))?;
            run(&app, &asked, deed.ok_or(Problem::new(missing))?).await
        },
    )
}

fn with<T>(
    app: &App,
    id: u128,
    make: impl FnOnce(&With<'_>) -> Result<T, Problem>,
) -> Result<T, Problem> {
    let today = clock::day_of(app.books.now()).ok_or(Problem::new(CALENDAR_ENDS))?;
    let terms = app.books.terms();
    make(&With { id, today, terms })
}

async fn run(app: &App, asked: &idempotency::Asked, deed: Deed) -> Result<Response, Problem> {
    let command = Asked {
        id: asked.id(),
        digest: asked.digest(),
        deed,
    };
    match app.books.run(command).await? {
        Ran::Closed => Err(closed(app).await),
        Ran::OtherRequest => Err(Problem::new(KEY_REUSED)),
        Ran::Answered { answer, fresh } => {
            let mut response = told(answer)?;
            if fresh.is_none() {
                let replayed = HeaderValue::from_static("true");
                let headers = response.headers_mut();
                headers.insert("idempotency-replayed", replayed);
            }
            Ok(response)
        }
    }
}

/// Tells an answer as it is kept: a refusal in the caller's words.
fn told(answer: Answer) -> Result<Response, Problem> {
    let status = u16::try_from(answer.status).ok();
    let status = status.and_then(|status| StatusCode::from_u16(status).ok());
    let status = status.ok_or(Problem::new(INTERNAL))?;
    if status.is_success() {
        return Ok((status, json_text(answer.text)).into_response());
    }
    let refusal: Refusal = serde_json::from_str(&answer.text).map_err(|error| {
        tracing::error!(%error, "a refusal that was kept cannot be read");
        Problem::new(INTERNAL)
    })?;
    Ok(refusal.problem().into_response())
}

/// What a caller is told while the books are closed, in the words of the notices.
async fn closed(app: &App) -> Problem {
    match app.books.standing().await {
        Ok(standing) => {
            let millis = app.books.now().div_euclid(1_000);
            let notices = StandingView::of(&standing).notices;
            notices::closed(SERVICE_WINDOW, &notices, millis, CLOSED)
        }
        Err(error) => error.into(),
    }
}
