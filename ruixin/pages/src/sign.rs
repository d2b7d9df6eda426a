//! Signing in by a link that a program asked for, and out.

use axum::extract::{Path, State};
use axum::http::request::Parts;
use axum::http::{Method, StatusCode};
use axum::response::Response;
use ruixin_service::store::{Store, StoreError};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::door::Door;
use crate::forms::{self, Body};
use crate::visit::Visit;
use crate::{messages, session, words};

/// Is a link that signs a user in, once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SignIn {
    /// The path of the link on this service: whoever has it, is signed in by it.
    pub path: String,
    /// Until when it works: day and time in Shanghai, `2013-05-27 11:35:00.000`.
    pub expires_at: String,
}

/// Makes a link for a user, whom the caller has authenticated. `now` is microseconds since 1970 UTC,
/// and `written` writes such an instant as the service does.
///
/// # Errors
///
/// The store failed, or the system gives no random bytes.
pub async fn link(
    store: &Store,
    user: u64,
    now: i64,
    written: impl FnOnce(i64) -> String,
) -> Result<SignIn, StoreError> {
    let (secret, until) = session::link(store, user, now).await?;
    Ok(SignIn {
        path: format!("/sign-in/{secret}"),
        expires_at: written(until),
    })
}

/// Begins a session by a link. A look (HEAD) does not use it up.
pub(crate) async fn enter(
    State(door): State<Door>,
    Path(link): Path<String>,
    method: Method,
    parts: Parts,
) -> Response {
    let mut visit = match door.visit(&parts).await {
        Ok(visit) => visit,
        Err(response) => return response,
    };
    // No page may lead back to the link, not even by the choice of another language.
    "/".clone_into(&mut visit.frame.here);
    if method == Method::HEAD {
        return visit.see_other("/");
    }
    let host = &door.host;
    match session::begin(host.store(), &link, host.now()).await {
        Ok(Some(secret)) => {
            if let Some(old) = visit.secret(&parts.headers)
                && let Err(error) = session::end(host.store(), old).await
            {
                return visit.problem(&error.into());
            }
            let mut response = visit.see_other("/");
            visit.give_session(&mut response, &secret);
            response
        }
        Ok(None) => {
            let says = [door.house.link_used];
            let page = messages::strangers(&visit.frame, words::LINK_USED, &says);
            visit.page(StatusCode::GONE, page)
        }
        Err(error) => visit.problem(&error.into()),
    }
}

/// Ends the session, wherever the service stands.
pub(crate) async fn leave(State(door): State<Door>, parts: Parts, body: Body) -> Response {
    let visit = match door.visit(&parts).await {
        Ok(visit) => visit,
        Err(response) => return response,
    };
    let fields = match forms::fields(&visit, body) {
        Ok(fields) => fields,
        Err(response) => return response,
    };
    if visit.session.is_some() && !forms::is_ours(&visit, &fields) {
        return forms::refused(&visit);
    }
    if let Some(secret) = visit.secret(&parts.headers)
        && let Err(error) = session::end(door.host.store(), secret).await
    {
        return visit.problem(&error.into());
    }
    let mut out = Visit::plain(door.house, &parts.uri, &parts.headers);
    "/".clone_into(&mut out.frame.here);
    out.frame.told = visit.frame.told;
    let page = messages::strangers(&out.frame, words::SIGNED_OUT, &[words::SIGNED_OUT_SAYS]);
    let mut response = out.page(StatusCode::OK, page);
    out.take_session(&mut response);
    response
}
