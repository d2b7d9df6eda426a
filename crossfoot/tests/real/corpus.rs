//! What is known to be off in the real books, read by the code of `cargo xtask corpus`.

#[path = "../../../xtask/src/corpus/likeness.rs"]
pub(crate) mod likeness;
#[path = "../../../xtask/src/corpus/truth.rs"]
pub(crate) mod truth;
