//! Ruixin Pay (瑞信支付): a mobile wallet with single-entry books, as a service over HTTP.
//!
//! ```
//! use ruixin_pay::civil::Clock;
//! use ruixin_pay::command::{Command, NewOwner, OpenAccount};
//! use ruixin_pay::{Books, asked};
//! use ruixin_service::keys::{Caller, Role};
//!
//! # let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
//! # runtime.block_on(async {
//! let folder = tempfile::tempdir()?;
//! let path = folder.path().join("pay.db");
//! let books = Books::open(path.to_str().expect("UTF-8"), Clock::default()).await?;
//!
//! let teller = Caller { key_id: "1".to_owned(), name: "app".to_owned(), role: Role::Writer };
//! let open = Command::Open(OpenAccount {
//!     owner: NewOwner::User,
//!     name: "王芳".to_owned(),
//!     class: None,
//!     channel: Some("ICBC".to_owned()),
//! });
//! let first = books.run(open.clone(), asked(&teller, "k1", b"").expect("a key")).await?;
//! let again = books.run(open, asked(&teller, "k1", b"").expect("a key")).await?;
//! assert_eq!(first.result, again.result);
//! assert!(again.is_replay && !first.is_replay);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`Books`] runs [`command::Command`]s and reads; a [`Refusal`] is an answer, not an error.
//! [`api::router`] is the same over HTTP, with its OpenAPI and the pages for people; [`civil`] is the clock; [`money`] the
//! amounts; [`house`] the window: freeze, figures, notices, reopening; [`import`] fills an empty store
//! with a history that `ruixin-history` wrote, and the service goes on with it.
//!
//! **Units.** Money is fen (`i64`) within, and yuan as decimal text outside; times are civil, in
//! Shanghai, without a zone, as in the books of `ruixin/history`.
//!
//! # What it does not do
//!
//! It knows one side of each movement, as such systems did in 2010: what the house's accounts come
//! to is known at a freeze. It converts nothing, and talks to no bank: what a bank has answered, the
//! caller says.

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
mod books;
pub mod civil;
pub mod codes;
pub mod command;
mod decide;
pub mod house;
pub mod import;
mod numbers;
mod pages;
mod record;
mod refusal;
mod view;

pub use books::{Books, CommandError, Outcome, asked};
pub use numbers::is_account;
pub use refusal::{KINDS, Refusal};
pub use ruixin_service::money;
