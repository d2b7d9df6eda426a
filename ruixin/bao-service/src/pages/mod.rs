//! The pages for people: the wallet and the fund as a phone shows them, drawn here, without script.
//!
//! A page is a pure function of plain values (`view`) and the `Frame` of `ruixin-pages`, which knows
//! the language and whether the service is open; `desk` is all that the pages ask of the service. Money moves by a
//! form, a page that says what will happen, and an order whose id follows from the form's one-time
//! id: however often it is sent, it moves money once.
//!
//! The payment app has authenticated its user. It asks for a link by `POST /v1/users/{user}/sign-ins`, which works once;
//! the link gives the browser a session.

mod bills;
mod books;
mod curve;
mod desk;
#[cfg(test)]
mod drawn;
mod figures;
mod home;
mod house;
mod kept;
mod move_money;
mod moving;
mod order;
mod read;
#[cfg(test)]
mod samples;
mod sentences;
mod sign;
mod statement;
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
use desk::Desk;

pub(crate) use ruixin_pages::sign::SignIn;
pub(crate) use sign::make as sign_in;

/// The migrations of links and sessions.
pub(crate) const MIGRATIONS: [Migration; 1] = session::migrations("bao-pages");

/// Is what all pages have at hand.
#[derive(Clone)]
struct Pages {
    desk: Arc<dyn Desk>,
    door: Door,
}

/// Makes the router of the pages.
pub(crate) fn router<S: Clone + Send + Sync + 'static>(app: &App) -> Router<S> {
    let books = Arc::new(books::Books::new(app));
    let door = Door::new(&house::HOUSE, books.clone(), app.gate.limits.per_second);
    let (status, routes) = (door.status(), door.routes());
    let pages = Pages { desk: books, door };
    Router::new()
        .route("/", get(read::home))
        .route("/bills", get(read::bills))
        .route("/incomes", get(read::incomes))
        .route("/orders/{id}", get(read::order))
        .route("/statement", get(read::statement))
        .route(
            "/move-in",
            get(move_money::move_in).post(move_money::do_move_in),
        )
        .route(
            "/move-out",
            get(move_money::move_out).post(move_money::do_move_out),
        )
        .route("/pay", get(move_money::pay).post(move_money::do_pay))
        .with_state(pages)
        .merge(status)
        .merge(routes)
        .layer(from_fn_with_state(app.gate.clone(), bound))
}

/// Draws errors as pages where a person meets them: everywhere but where programs ask.
pub(crate) async fn as_pages(request: Request, next: Next) -> Response {
    errors::as_pages(State(&house::HOUSE), request, next).await
}
