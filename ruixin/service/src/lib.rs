//! What the services of Ruixin share: HTTP with its limits, and a store that loses nothing.
//!
//! ```
//! use ruixin_service::store::{Change, Migration, Store, Write};
//!
//! # let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
//! # runtime.block_on(async {
//! let folder = tempfile::tempdir()?;
//! let path = folder.path().join("till.db");
//! const TILL: Migration = Migration {
//!     set: "till",
//!     number: 1,
//!     sqlite: "CREATE TABLE till (coins BIGINT NOT NULL CHECK (coins >= 0)); INSERT INTO till VALUES (3)",
//!     postgres: "CREATE TABLE till (coins BIGINT NOT NULL CHECK (coins >= 0)); INSERT INTO till VALUES (3)",
//! };
//! let store = Store::open(path.to_str().expect("UTF-8"), &[TILL]).await?;
//!
//! // A transaction reads, decides, and gives what is to be written.
//! let left = store
//!     .write(async |tx| {
//!         let rows = tx.rows("SELECT coins FROM till lock:", vec![]).await?;
//!         let left = rows[0].int(0)? - 2;
//!         Ok(Change::new(left).with(Write::one("UPDATE till SET coins = ?1", vec![left.into()])))
//!     })
//!     .await?;
//! assert_eq!(left, 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`store`] is SQLite or PostgreSQL, by its address; [`problem`] the errors of RFC 9457 in two
//! languages; [`keys`] API keys with roles; [`idempotency`] answers that are given once and said
//! again, and [`prune`] how long; [`gate`] the limits that every request passes; [`metrics`] what Prometheus reads;
//! [`server`] listens and stops gracefully; [`api`] is a list of endpoints, and the OpenAPI that follows from
//! it; [`body`] what comes and goes as JSON; [`money`] amounts as text; [`notices`] what users are told
//! while a service is closed; [`settlement`] what a bank answers; [`options`] what the command line of
//! every service takes.
//!
//! # What it does not do
//!
//! It knows nothing of wallets and funds, and of money one rule: an amount is a whole number of fen in
//! the program, and yuan with two decimals in the database and outside. It terminates no TLS and renders no page.

#![cfg_attr(
    not(test),
    deny(
        clippy::arithmetic_side_effects,
        clippy::as_conversions,
        clippy::indexing_slicing,
        clippy::panic
    )
)]

pub mod api;
pub mod body;
pub mod gate;
pub mod idempotency;
pub mod keys;
pub mod language;
pub mod logs;
pub mod metrics;
pub mod money;
pub mod notices;
pub mod options;
pub mod paging;
pub mod problem;
pub mod prune;
pub mod server;
pub mod settlement;
pub mod store;
mod tables;

pub use tables::MIGRATIONS;
