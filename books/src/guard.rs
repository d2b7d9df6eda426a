//! Decoders that may panic on damaged files.

use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe, Location, catch_unwind};
use std::path::Path;
use std::sync::Once;

use parquet::errors::ParquetError;

/// Runs a decoder: on damaged files those of the parquet crate panic here and
/// there, which for us is an error of the file, not of the program.
///
/// Such a panic is told as the error alone. A panic of our own code within a
/// decoder, such as a filter's, is printed as any other.
pub(crate) fn guard<T>(decode: impl FnOnce() -> Result<T, ParquetError>) -> Result<T, String> {
    be_silent_within_decoders();
    let was = IS_DECODING.replace(true);
    let decoded = catch_unwind(AssertUnwindSafe(decode));
    IS_DECODING.set(was);
    match decoded {
        Ok(decoded) => decoded.map_err(|error| error.to_string()),
        Err(panic) => Err(
            match (panic.downcast_ref::<&str>(), panic.downcast_ref::<String>()) {
                (Some(why), _) => (*why).to_owned(),
                (_, Some(why)) => why.clone(),
                _ => "the decoder gave up".to_owned(),
            },
        ),
    }
}

thread_local! {
    /// Whether this thread is within a decoder.
    static IS_DECODING: Cell<bool> = const { Cell::new(false) };
}

/// Puts a hook before the one that prints panics, once.
fn be_silent_within_decoders() {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let print = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            let is_decoders = IS_DECODING.get() && !panic.location().is_some_and(is_ours);
            if !is_decoders {
                print(panic);
            }
        }));
    });
}

/// Says whether a panic comes from code of this workspace: Cargo compiles its
/// files by relative paths, and those of dependencies by absolute ones.
fn is_ours(location: &Location<'_>) -> bool {
    Path::new(location.file()).is_relative()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_of_ours_is_ours_and_an_error_all_the_same() {
        assert!(is_ours(Location::caller()));
        let given = guard(|| -> Result<u8, ParquetError> { panic!("a filter of {}", "ours") });
        assert_eq!(given, Err("a filter of ours".to_owned()));
        assert!(!IS_DECODING.get(), "over with the decoder");
        assert_eq!(guard(|| Ok(7)), Ok(7));
    }
}
