//! Faults in small tables.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on ends there")]

mod plant;
mod table;
