//! All tests of verifying from the outside, in one binary: linking DataFusion takes its time.

mod common;
mod flight;
mod laws;
mod recheck;
mod rivals;
mod verify;
