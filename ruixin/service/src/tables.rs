//! The tables that every service has: keys, and the answers that were given.

use crate::store::Migration;

const KEYS_AND_REQUESTS: &str = include_str!("../migrations/0001_keys_and_requests.sql");

/// Lists the migrations of this crate's tables; a service adds its own behind them.
pub const MIGRATIONS: [Migration; 1] = [Migration {
    set: "service",
    number: 1,
    sqlite: KEYS_AND_REQUESTS,
    postgres: KEYS_AND_REQUESTS,
}];
