//! The style sheet and the icon: served under a name that changes with what is in them.

use std::sync::LazyLock;

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Response};

const STYLE: &str = include_str!("style.css");
/// The drawing of the mark, in a square of 32.
pub(super) const MARK: &str = r##"<rect width="32" height="32" rx="9" fill="#0b6b5b"/><circle cx="16" cy="12.5" r="5.5" fill="none" stroke="#fff" stroke-width="2.4"/><path d="M6 22.5c3.3-2.6 6.7-2.6 10 0s6.7 2.6 10 0" fill="none" stroke="#f5c987" stroke-width="2.4" stroke-linecap="round"/>"##;
pub(super) const STYLE_ROUTE: &str = "/style.css";
pub(super) const ICON_PATH: &str = "/icon.svg";

static STYLE_PATH: LazyLock<String> = LazyLock::new(|| {
    let hash = blake3::hash(STYLE.as_bytes()).to_hex();
    let beginning: String = hash.chars().take(12).collect();
    format!("{STYLE_ROUTE}?v={beginning}")
});

/// Gives the address of the sheet as it is in this program.
pub(super) fn style_path() -> &'static str {
    &STYLE_PATH
}

pub(super) async fn style() -> Response {
    served("text/css; charset=utf-8", STYLE.to_owned())
}

pub(super) async fn icon() -> Response {
    let svg =
        format!(r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">{MARK}</svg>"#);
    served("image/svg+xml", svg)
}

fn served(kind: &'static str, text: String) -> Response {
    let mut response = text.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    let lasting = HeaderValue::from_static("public, max-age=31536000, immutable");
    headers.insert(header::CACHE_CONTROL, lasting);
    response
}
