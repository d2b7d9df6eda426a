//! The pages for people: the wallet and the fund as a phone shows them, drawn here, without script.
//!
//! A page is a pure function of plain values (`view`) and the `Frame`, which knows the language and
//! whether the service is open; `desk` is all that the pages ask of the service. Money moves by a
//! form, a page that says what will happen, and an order whose id follows from the form's one-time
//! id: however often it is sent, it moves money once.
//!
//! The payment app has authenticated its user. It asks for a link by `POST /v1/users/{user}/sign-ins`, which works once;
//! the link gives the browser a session.

mod assets;
mod bills;
mod books;
mod curve;
mod desk;
#[cfg(test)]
mod drawn;
mod figures;
mod frame;
mod home;
mod kept;
mod messages;
mod move_money;
mod moving;
mod order;
mod rates;
mod read;
#[cfg(test)]
mod samples;
mod sentences;
mod session;
mod sign;
mod statement;
mod view;
mod visit;
mod words;

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::http::header;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use axum::routing::{get, post};
use ruixin_service::gate::bound;

use crate::api::App;
use rates::Rates;
use visit::{Pages, Visit};

pub(crate) use session::MIGRATIONS;
pub(crate) use sign::SignIn;
pub(crate) use sign::make as sign_in;

/// Requests a second of one user: people click, and programs have the API.
const PER_SECOND: u32 = 10;

/// Makes the router of the pages.
pub(crate) fn router<S: Clone + Send + Sync + 'static>(app: &App) -> Router<S> {
    let per_second = app.gate.limits.per_second.min(PER_SECOND);
    let pages = Pages {
        desk: Arc::new(books::Books::new(app)),
        rates: Arc::new(Rates::new(per_second)),
    };
    Router::new()
        .route("/", get(read::home))
        .route("/bills", get(read::bills))
        .route("/incomes", get(read::incomes))
        .route("/orders/{id}", get(read::order))
        .route("/statement", get(read::statement))
        .route("/status", get(read::status))
        .route(
            "/move-in",
            get(move_money::move_in).post(move_money::do_move_in),
        )
        .route(
            "/move-out",
            get(move_money::move_out).post(move_money::do_move_out),
        )
        .route("/pay", get(move_money::pay).post(move_money::do_pay))
        .route("/sign-in/{link}", get(sign::enter))
        .route("/sign-out", post(sign::leave))
        .route(assets::STYLE_ROUTE, get(assets::style))
        .route(assets::ICON_PATH, get(assets::icon))
        .layer(from_fn_with_state(app.gate.clone(), bound))
        .with_state(pages)
}

/// Draws errors as pages where a person meets them: everywhere but where programs ask.
pub(crate) async fn as_pages(request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let is_of_programs = ["/v1/", "/metrics", "/healthz"]
        .iter()
        .any(|start| path.starts_with(start));
    if is_of_programs || path == "/v1" {
        return next.run(request).await;
    }
    let visit = Visit::plain(request.uri(), request.headers());
    let response = next.run(request).await;
    let kind = response.headers().get(header::CONTENT_TYPE);
    let is_page = kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    let status = response.status();
    if is_page || status.as_u16() < 400 {
        return response;
    }
    visit::error_page(&visit, status, response.headers())
}
