//! Rehearsals as stories, as laws, and judged.

mod auditor;
mod judged;
mod laws;
mod refused;
mod stories;
mod story;
