//! The pages over HTTP, as a person with cookies and as a real browser sees them.

#![expect(unreachable_pub, reason = "a test has no outside")]

mod browser;
mod http;
mod moving;
mod seen;
mod service;
mod signing;
mod story;
