//! The conversion of the wallet Ruixin Pay, from outside: the real command converts a small history
//! and verifies it; each control of the plan is shown at work; and hledger, which knows nothing of
//! us, comes to the same balances.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot prepare its books fails"
)]

mod controls;
mod conversion;
mod hledger;
mod place;
mod sheet;
