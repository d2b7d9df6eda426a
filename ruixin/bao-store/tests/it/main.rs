//! The store on both databases: against the pure core, under concurrency, and by direct SQL.

#![expect(clippy::unwrap_used, reason = "a test that fails is a test that fails")]

mod carried;
#[path = "../../../../databases/tests/support/certificates.rs"]
mod certificates;
mod concurrency;
mod constraints;
mod desk;
mod expiry;
mod import;
mod migrations;
mod model;
#[expect(dead_code, reason = "it serves other tests too")]
#[path = "../../../../databases/tests/support/postgres.rs"]
mod postgres;
mod prove;
mod statement;
#[expect(dead_code, reason = "it serves the tests of the service too")]
mod support;
