//! All tests of verifying from the outside, in one binary: linking DataFusion takes its time.

mod common;
mod flight;
mod laws;
mod rivals;
mod verify;
