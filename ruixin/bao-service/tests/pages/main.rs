//! The pages over HTTP, as a person with cookies and as a real browser sees them.

#![expect(unreachable_pub, reason = "a test has no outside")]

#[path = "../../../pages/tests/support/browser.rs"]
mod browser;
#[path = "../../../../databases/tests/support/certificates.rs"]
mod certificates;
#[path = "../../../pages/tests/support/http.rs"]
mod http;
mod moving;
#[expect(dead_code, reason = "it serves other tests too")]
#[path = "../../../../databases/tests/support/postgres.rs"]
mod postgres;
#[path = "../../../pages/tests/support/reader.rs"]
mod reader;
mod seen;
mod service;
mod signing;
mod story;
