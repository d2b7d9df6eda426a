//! Conversions from outside: what they write, what they refuse, how they go on.

mod place;
mod resume;
mod whole;
