//! The books over HTTP.
//!
//! `ENDPOINTS` is the one list of what there is: the router and the OpenAPI document are both made
//! from it, see [`ruixin_service::api`].

mod admin;
mod commands;
mod endpoints;
mod reads;
mod registers;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::get;
use ruixin_service::api::Api;
use ruixin_service::gate::{Gate, Limits, harden, observe};
use serde_json::Value;

pub(crate) use crate::app::App;
use crate::books::Books;
use crate::pages;
use crate::refusal::{KINDS, SERVICE_WINDOW};

static API: Api<App> = Api {
    title: "Ruixin Bao (瑞信宝)",
    version: env!("CARGO_PKG_VERSION"),
    description: "A wallet and a money fund on double-entry books. Money is yuan as decimal text. Whatever changes the books takes an Idempotency-Key: the same key and body give the same answer, and are done once.",
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
        registers: Arc::default(),
        holders: Arc::default(),
    };
    API.router(&gate)
        .merge(pages::router(&app))
        .route("/healthz", get(reads::health))
        .route("/metrics", get(reads::metrics))
        .layer(DefaultBodyLimit::max(limits.body_bytes))
        .layer(from_fn_with_state(gate, observe))
        .layer(from_fn(pages::as_pages))
        .layer(from_fn(harden))
        .with_state(app)
}
