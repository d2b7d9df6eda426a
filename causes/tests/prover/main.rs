//! Tests of the prover: the blocks of the catalogue, stories, laws.

#[path = "../../../xtask/src/causes/block.rs"]
mod block;

mod books;
mod catalogue;
mod laws;
mod readings;
mod stories;
mod together;
