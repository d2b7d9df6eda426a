//! Any text is a plan or a list of mistakes, each of which can be drawn at its place.
#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    match rules::plan::parse(text, Path::new("crossfoot.toml")) {
        Ok(plan) => assert_eq!(plan.digest().len(), 64),
        Err(errors) => {
            assert!(!errors.is_empty(), "refused without a word");
            for error in errors {
                assert!(!error.on_one_line().is_empty());
                assert!(!format!("{:?}", miette::Report::new(error)).is_empty());
            }
        }
    }
});
