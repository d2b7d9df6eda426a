//! Signing in by a link of the payment app, and out.

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Path, State};
use axum::http::request::Parts;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse as _, Response};
use ruixin_bao::fund::USERS;
use ruixin_bao::ledger::AccountId;
use ruixin_service::body::{Id, id, json};
use ruixin_service::problem::Problem;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::move_money::is_ours;
use super::visit::{Pages, Visit, error_page, pairs};
use super::{messages, session, words};
use crate::api::App;
use crate::clock;
use crate::names::Number;
use crate::refusal::ACCOUNT_NOT_FOUND;

/// Is a link that signs a user in, once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct SignIn {
    /// The path of the link on this service: whoever has it, is signed in by it.
    pub(crate) path: String,
    /// Until when it works: day and time in Shanghai, `2013-05-27 11:35:00.000`.
    pub(crate) expires_at: String,
}

/// Makes a link for a user, whom the caller has authenticated.
pub(crate) async fn make(State(app): State<App>, name: Id) -> Result<Response, Problem> {
    let user = Number::parse(&id(name)?).ok_or_else(|| Problem::new(ACCOUNT_NOT_FOUND))?;
    let account = AccountId::new(USERS, user.0);
    let found = app.books.read(move |store| store.account(account)).await?;
    if found.is_none() {
        return Err(Problem::new(ACCOUNT_NOT_FOUND));
    }
    let (secret, until) = session::link(app.books.store(), user.0, app.books.now()).await?;
    let link = SignIn {
        path: format!("/sign-in/{secret}"),
        expires_at: clock::text(until),
    };
    let mut response = json(&link)?;
    *response.status_mut() = StatusCode::CREATED;
    Ok(response)
}

/// Begins a session by a link. A look (HEAD) does not use it up.
pub(super) async fn enter(
    State(pages): State<Pages>,
    Path(link): Path<String>,
    method: Method,
    parts: Parts,
) -> Response {
    let mut visit = match pages.visit(&parts).await {
        Ok(visit) => visit,
        Err(response) => return response,
    };
    // No page may lead back to the link, not even by the choice of another language.
    "/".clone_into(&mut visit.frame.here);
    if method == Method::HEAD {
        return visit.see_other("/");
    }
    let desk = &pages.desk;
    match session::begin(desk.store(), &link, desk.now()).await {
        Ok(Some(secret)) => {
            if let Some(old) = visit.secret(&parts.headers)
                && let Err(error) = session::end(desk.store(), old).await
            {
                return visit.problem(&error.into());
            }
            let mut response = visit.see_other("/");
            visit.give_session(&mut response, &secret);
            response
        }
        Ok(None) => {
            let says = [words::LINK_USED_SAYS];
            let page = messages::strangers(&visit.frame, words::LINK_USED, &says);
            visit.page(StatusCode::GONE, page)
        }
        Err(error) => visit.problem(&error.into()),
    }
}

/// Ends the session, wherever the service stands.
pub(super) async fn leave(
    State(pages): State<Pages>,
    parts: Parts,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let visit = match pages.visit(&parts).await {
        Ok(visit) => visit,
        Err(response) => return response,
    };
    let body = match body {
        Ok(body) => body,
        Err(rejection) => {
            let told = rejection.into_response();
            return error_page(&visit, told.status(), told.headers());
        }
    };
    if visit.session.is_some() && !is_ours(&visit, &pairs(&body)) {
        return visit.message(StatusCode::FORBIDDEN, words::CSRF, words::CSRF_SAYS);
    }
    if let Some(secret) = visit.secret(&parts.headers)
        && let Err(error) = session::end(pages.desk.store(), secret).await
    {
        return visit.problem(&error.into());
    }
    let mut out = Visit::plain(&parts.uri, &parts.headers);
    "/".clone_into(&mut out.frame.here);
    out.frame.told = visit.frame.told;
    let page = messages::strangers(&out.frame, words::SIGNED_OUT, &[words::SIGNED_OUT_SAYS]);
    let mut response = out.page(StatusCode::OK, page);
    out.take_session(&mut response);
    response
}
