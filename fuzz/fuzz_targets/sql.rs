//! Any text is a query or a list of mistakes.
#![no_main]

#[path = "../src/sql.rs"]
mod sql;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    sql::check(bytes);
});
