//! The tests of `ledger`, through its public items only.

mod account;
mod civil;
mod currency;
mod decimal;
mod money;
mod report;
mod rounding;
