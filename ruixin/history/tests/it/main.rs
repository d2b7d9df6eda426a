//! What must hold of every generated book.

mod audit;
mod book;
mod files;
mod invariants;
mod statistics;
