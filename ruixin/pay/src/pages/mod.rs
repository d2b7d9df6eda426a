//! The pages for people: the wallet as a phone shows it, drawn here, without script.
//!
//! A page is a pure function of plain values (`view`) and the `Frame` of `ruixin-pages`, which knows
//! the language and whether the service is open; `shelf` reads those values from the books. Money
//! moves by a form, a page that says what will happen, and a command whose `Idempotency-Key` is the
//! form's one-time id: however often it is sent, it moves money once.
//!
//! The payment app has authenticated its user. It asks for a link by
//! `POST /v1/accounts/{account}/sign-ins`, which works once; the link gives the browser a session. A
//! session sees its own account, and of others a name.

mod act;
mod bills;
#[cfg(test)]
mod drawn;
mod home;
mod house;
mod read;
#[cfg(test)]
mod samples;
mod sentences;
mod sheets;
mod shelf;
mod sign;
mod view;
mod words;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use axum::routing::get;
use ruixin_pages::{Door, errors, session};
use ruixin_service::gate::bound;
use ruixin_service::store::Migration;

use crate::api::App;
use crate::books::Books;
use sheets::Sheet;

pub(crate) use ruixin_pages::sign::SignIn;
pub(crate) use sign::make as sign_in;

/// The migrations of links and sessions.
pub(crate) const MIGRATIONS: [Migration; 1] = session::migrations("pay-pages");

/// Is what all pages have at hand.
#[derive(Clone)]
struct Pages {
    books: Books,
    door: Door,
}

/// Makes the router of the pages. The status page is outside of the limits: it says how things are
/// when nothing else is answered, too.
pub(crate) fn router<S: Clone + Send + Sync + 'static>(app: &App) -> Router<S> {
    let host = Arc::new(app.books.clone());
    let door = Door::new(&house::HOUSE, host, app.gate.limits.per_second);
    let (status, routes) = (door.status(), door.routes());
    let pages = Pages {
        books: app.books.clone(),
        door,
    };
    Router::new()
        .route("/", get(read::home))
        .route("/bills", get(read::bills))
        .route("/bills/{serial}", get(read::bill))
        .route(Sheet::TopUp.path(), get(act::top_up).post(act::do_top_up))
        .route(Sheet::Pay.path(), get(act::pay).post(act::do_pay))
        .route(
            Sheet::Transfer.path(),
            get(act::transfer).post(act::do_transfer),
        )
        .route(
            Sheet::Withdraw.path(),
            get(act::withdraw).post(act::do_withdraw),
        )
        .with_state(pages)
        .merge(routes)
        .layer(from_fn_with_state(app.gate.clone(), bound))
        .merge(status)
}

/// Draws errors as pages where a person meets them: everywhere but where programs ask.
pub(crate) async fn as_pages(request: Request, next: Next) -> Response {
    errors::as_pages(State(&house::HOUSE), request, next).await
}
