//! Any text is an amount or a refusal.
#![no_main]

#[path = "../src/money.rs"]
mod money;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    money::check(bytes);
});
