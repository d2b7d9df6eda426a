//! The tables that every service has: keys, and the answers that were given.

use crate::store::Migration;

const KEYS_AND_REQUESTS: &str = include_str!("../migrations/0001_keys_and_requests.sql");

const ANSWERED_AT: &str = include_str!("../migrations/0002_answered_at.sql");

const MADE_AT: &str = include_str!("../migrations/0003_made_at.sql");

/// Lists the migrations of this crate's tables; a service adds its own behind them.
pub const MIGRATIONS: [Migration; 4] = [
    Migration {
        set: "service",
        number: 1,
        sqlite: KEYS_AND_REQUESTS,
        postgres: KEYS_AND_REQUESTS,
    },
    Migration {
        set: "service",
        number: 2,
        sqlite: ANSWERED_AT,
        postgres: ANSWERED_AT,
    },
    Migration {
        set: "service",
        number: 3,
        sqlite: MADE_AT,
        postgres: MADE_AT,
    },
    Migration {
        set: "service",
        number: 4,
        sqlite: include_str!("../migrations/0004_answers_stay.sqlite.sql"),
        postgres: include_str!("../migrations/0004_answers_stay.postgres.sql"),
    },
];
