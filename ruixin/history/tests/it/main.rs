//! What must hold of every generated book.
#![expect(clippy::unwrap_used, reason = "a test ends where something is missing")]

mod audit;
mod book;
mod files;
mod invariants;
mod statistics;
