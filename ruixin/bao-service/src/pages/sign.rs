//! Links for users whom the payment app has authenticated.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use ruixin_bao::fund::USERS;
use ruixin_bao::ledger::AccountId;
use ruixin_pages::sign::link;
use ruixin_service::body::{Id, id, json};
use ruixin_service::problem::Problem;

use crate::api::App;
use crate::clock;
use crate::names::Number;
use crate::refusal::ACCOUNT_NOT_FOUND;

/// Makes a link for a user, whom the caller has authenticated.
pub(crate) async fn make(State(app): State<App>, name: Id) -> Result<Response, Problem> {
    let user = Number::parse(&id(name)?).ok_or_else(|| Problem::new(ACCOUNT_NOT_FOUND))?;
    let account = AccountId::new(USERS, user.0);
    let found = app.books.read(move |store| store.account(account)).await?;
    if found.is_none() {
        return Err(Problem::new(ACCOUNT_NOT_FOUND));
    }
    let link = link(app.books.store(), user.0, app.books.now(), clock::text).await?;
    let mut response = json(&link)?;
    *response.status_mut() = StatusCode::CREATED;
    Ok(response)
}
