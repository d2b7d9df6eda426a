//! The books over HTTP.

use axum::Router;
use ruixin_service::gate::{Gate, Limits};

pub(crate) use crate::app::App;
use crate::books::Books;

/// Makes the router of a service.
pub fn router(books: Books, limits: Limits) -> Router {
    let gate = Gate::new(books.store().clone(), limits);
    let app = App { books, gate };
    // `pages::router(&app)` is merged in here once `pages/books.rs` is there.
    Router::new().with_state(app)
}
