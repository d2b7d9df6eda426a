//! The books over HTTP.
//!
//! `ENDPOINTS` is the one list of what there is: the router and the OpenAPI
//! document are both made from it, see [`ruixin_service::api`].

mod endpoints;
mod handlers;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::get;
use ruixin_service::api::Api;
use ruixin_service::gate::{Gate, Limits, harden, observe};
use serde_json::Value;

use crate::books::Books;
use crate::pages;
use crate::refusal::{KINDS, SERVICE_WINDOW};

/// Is what every handler has at hand.
#[derive(Debug, Clone)]
pub(crate) struct App {
    pub(crate) books: Books,
    pub(crate) gate: Arc<Gate>,
}

static API: Api<App> = Api {
    title: "Ruixin Pay (瑞信支付)",
    version: env!("CARGO_PKG_VERSION"),
    description: "A mobile wallet. Money is yuan as decimal text. Whatever moves money takes an Idempotency-Key: the same key and body give the same answer, and are done once.",
    endpoints: endpoints::ENDPOINTS,
    kinds: KINDS,
    closed: SERVICE_WINDOW,
};

/// Makes the OpenAPI 3.1 document.
pub fn document() -> Value {
    API.document()
}

/// Makes the router of a service.
pub fn router(books: Books, limits: Limits) -> Router {
    let gate = Gate::new(books.store().clone(), limits);
    let app = App {
        books,
        gate: gate.clone(),
    };
    API.router(&gate)
        .merge(pages::router(&app))
        .route("/healthz", get(handlers::health))
        .route("/metrics", get(handlers::metrics))
        .layer(DefaultBodyLimit::max(limits.body_bytes))
        .layer(from_fn_with_state(gate, observe))
        .layer(from_fn(pages::as_pages))
        .layer(from_fn(harden))
        .with_state(app)
}
