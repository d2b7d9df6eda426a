//! What the `books` crate promises, on files made for it.
#![expect(clippy::unwrap_used, reason = "a test may fail where it stands")]

mod bookshelf;
mod broken;
mod columns;
mod damage;
mod databases;
mod encodings;
mod finding;
mod laws;
mod parquet_books;
mod plan_words;
mod reference;
mod repairs;
mod stories;
