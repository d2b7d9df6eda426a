//! The conversion of the wallet Ruixin Pay, from outside: the real command converts a small history
//! and verifies it; each control of the plan is shown at work; and hledger, which knows nothing of
//! us, comes to the same balances.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot prepare its books fails"
)]

#[expect(unreachable_pub, reason = "it serves other tests too")]
#[path = "../../../ruixin/pages/tests/support/browser.rs"]
mod browser;
#[path = "../../../databases/tests/support/certificates.rs"]
mod certificates;
mod controls;
mod conversion;
mod database;
mod hledger;
#[expect(dead_code, unreachable_pub, reason = "it serves other tests too")]
#[path = "../../../ruixin/pages/tests/support/http.rs"]
mod http;
mod moved;
mod place;
#[expect(dead_code, reason = "it serves other tests too")]
#[path = "../../../databases/tests/support/postgres.rs"]
mod postgres;
mod sheet;
