//! The program and the service on both databases.

#![expect(clippy::unwrap_used, reason = "a test that fails is a test that fails")]

mod addresses;
mod api;
mod carried;
#[path = "../../../../databases/tests/support/certificates.rs"]
mod certificates;
mod days;
mod expiry;
mod fuzz;
mod killed;
mod limits;
mod model;
mod nights;
#[expect(dead_code, reason = "it serves other tests too")]
#[path = "../../../../databases/tests/support/postgres.rs"]
mod postgres;
mod pruned;
mod screens;
mod soak;
#[path = "../../../bao-store/tests/it/support.rs"]
mod support;
mod web;
mod window;
