//! The store on both databases: against the pure core, under concurrency, killed, and by direct SQL.

#[path = "../../../../databases/tests/support/certificates.rs"]
mod certificates;
mod concurrency;
mod constraints;
mod import;
mod killed;
mod migrations;
mod model;
#[expect(dead_code, reason = "it serves other tests too")]
#[path = "../../../../databases/tests/support/postgres.rs"]
mod postgres;
mod screens;
mod support;
