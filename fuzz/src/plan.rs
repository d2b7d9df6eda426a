//! Any text is a plan or a list of mistakes, each of which can be drawn at its place.

use std::path::Path;

/// Says whether the text is a plan without mistakes.
pub(crate) fn check(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return false;
    };
    match rules::plan::parse(text, Path::new("crossfoot.toml")) {
        Ok(plan) => {
            assert_eq!(plan.digest().len(), 64);
            true
        }
        Err(errors) => {
            assert!(!errors.is_empty(), "refused without a word");
            for error in errors {
                assert!(!error.on_one_line().is_empty());
                assert!(!format!("{:?}", miette::Report::new(error)).is_empty());
            }
            false
        }
    }
}
