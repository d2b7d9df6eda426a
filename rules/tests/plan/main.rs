//! Tests of the plan, in one binary: each would link the whole SQL engine.
//!
//! `UPDATE_EXPECT=1 cargo nextest run --workspace -E 'package(rules)'` takes over what is said
//! now about the corpus, and writes the JSON Schema anew.

mod corpus;
mod in_use;
mod laws;
mod schema;
mod seeds;
