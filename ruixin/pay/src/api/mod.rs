//! The books over HTTP.
//!
//! `ENDPOINTS` is the one list of what there is: the router and the OpenAPI
//! document are both made from it, and the schemas from the types that the handlers read and write.

mod endpoints;
mod handlers;
mod openapi;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::get;
use ruixin_service::gate::{Gate, Limits, admit, bound, harden, observe};

use crate::books::Books;
use crate::status;

pub use openapi::document;

/// Is what every handler has at hand.
#[derive(Debug, Clone)]
pub(crate) struct App {
    pub(crate) books: Books,
    pub(crate) gate: Arc<Gate>,
}

/// Makes the router of a service.
pub fn router(books: Books, limits: Limits) -> Router {
    let gate = Gate::new(books.store().clone(), limits);
    let app = App {
        books,
        gate: gate.clone(),
    };
    let (mut inner, mut admin) = (Router::new(), Router::new());
    for endpoint in endpoints::ENDPOINTS {
        let mut route = (endpoint.handler)();
        if let Some(role) = endpoint.role {
            route = route.layer(from_fn_with_state((gate.clone(), role), admit));
        }
        // The window closes and opens whatever else is under way.
        let to = if endpoint.is_admin() {
            &mut admin
        } else {
            &mut inner
        };
        *to = std::mem::take(to).route(endpoint.path, route);
    }
    inner
        .layer(from_fn_with_state(gate.clone(), bound))
        .merge(admin)
        .route("/", get(status::page))
        .route("/status", get(status::page))
        .route("/healthz", get(handlers::health))
        .route("/metrics", get(handlers::metrics))
        .layer(DefaultBodyLimit::max(limits.body_bytes))
        .layer(from_fn_with_state(gate, observe))
        .layer(from_fn(harden))
        .with_state(app)
}
