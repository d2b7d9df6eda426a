//! Any bytes are a daybook or a named damage.
#![no_main]

#[path = "../src/daybook.rs"]
mod daybook;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    daybook::check(bytes);
});
