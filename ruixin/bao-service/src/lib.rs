//! Ruixin Bao (瑞信宝) as a service over HTTP: the wallet and the money fund on double-entry books.
//!
//! [`Books`] runs commands on [`ruixin_bao_store`] and reads from it; [`command`] is what can be asked
//! for, [`view`] what is answered; [`api::router`] is the same over HTTP, with its OpenAPI; `pages`
//! are what people see.
//!
//! **Units.** Money is fen (`i64`) within, and yuan as decimal text outside. Instants are
//! microseconds since 1970 UTC within, and Shanghai's clock as text outside.

#![cfg_attr(
    not(test),
    deny(
        clippy::arithmetic_side_effects,
        clippy::float_arithmetic,
        clippy::as_conversions,
        clippy::indexing_slicing,
        clippy::panic
    )
)]

pub mod api;
mod app;
mod books;
pub mod clock;
pub mod command;
pub mod names;
mod pages;
mod refusal;
pub mod view;

pub use books::{Books, BooksError, Figures, Ran};
pub use refusal::KINDS;

/// The migrations of the tables beside the books and the keys.
const MIGRATIONS: [ruixin_service::store::Migration; 1] = pages::MIGRATIONS;
