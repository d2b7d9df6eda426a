//! Any bytes are a book or a refusal with its place.
#![no_main]

#[path = "../src/csv_reader.rs"]
mod csv_reader;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    csv_reader::check(bytes);
});
