//! Links for users whom the payment app has authenticated.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use ruixin_pages::Host as _;
use ruixin_pages::sign::link;
use ruixin_service::body::{Id, id, json};
use ruixin_service::problem::Problem;

use crate::api::App;
use crate::civil::Civil;
use crate::command::NewOwner;
use crate::refusal::{ACCOUNT_NOT_FOUND, WRONG_OWNER};

/// Makes a link for a user; merchants have no pages.
pub(crate) async fn make(State(app): State<App>, name: Id) -> Result<Response, Problem> {
    let number = id(name)?;
    let unknown = || Problem::new(ACCOUNT_NOT_FOUND);
    let account = app.books.account(&number).await?.ok_or_else(unknown)?;
    if account.owner != NewOwner::User {
        return Err(Problem::new(WRONG_OWNER).with("account", number));
    }
    let user: u64 = number.parse().map_err(|_| unknown())?;
    let written = |micros: i64| Civil::of_millis(micros.div_euclid(1_000)).to_string();
    let made = link(app.books.store(), user, app.books.now(), written).await?;
    let mut response = json(&made)?;
    *response.status_mut() = StatusCode::CREATED;
    Ok(response)
}
