//! The style sheet and the icon: served under a name that changes with what is in them.

use std::sync::OnceLock;

use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Response};

use crate::door::Door;

const SHEET: &str = include_str!("style.css");
pub(crate) const STYLE_ROUTE: &str = "/style.css";
pub(crate) const ICON_PATH: &str = "/icon.svg";

/// Is the style sheet of a house: its colours, and the sheet that all houses share.
#[derive(Debug)]
pub struct Style {
    colours: &'static str,
    path: OnceLock<String>,
}

impl Style {
    /// Makes it of the house's colours: the custom properties of CSS that the shared sheet takes.
    pub const fn new(colours: &'static str) -> Style {
        Style {
            colours,
            path: OnceLock::new(),
        }
    }

    fn text(&self) -> String {
        format!("{}{SHEET}", self.colours)
    }

    /// Gives the address of the sheet as it is in this program.
    pub fn path(&self) -> &str {
        self.path.get_or_init(|| {
            let hash = blake3::hash(self.text().as_bytes()).to_hex();
            let beginning: String = hash.chars().take(12).collect();
            format!("{STYLE_ROUTE}?v={beginning}")
        })
    }
}

pub(crate) async fn style(State(door): State<Door>) -> Response {
    served("text/css; charset=utf-8", door.house.style.text())
}

pub(crate) async fn icon(State(door): State<Door>) -> Response {
    let mark = door.house.mark;
    let svg =
        format!(r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">{mark}</svg>"#);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sheet_has_a_new_address_when_it_changes() {
        let (one, other) = (Style::new("a{}"), Style::new("b{}"));
        assert_ne!(one.path(), other.path());
        let (path, version) = one.path().split_once("?v=").expect("a version");
        assert_eq!(path, STYLE_ROUTE);
        let hash = blake3::hash(one.text().as_bytes()).to_hex();
        assert!(hash.starts_with(version));
    }

    #[test]
    fn the_sheet_takes_its_colours_from_the_house_alone() {
        assert!(!SHEET.contains("url(") && !SHEET.contains("@import"));
        let literal = SHEET.match_indices('#').filter(|(at, _)| {
            let behind = SHEET.get(at + 1..at + 4).unwrap_or_default();
            behind.len() == 3 && behind.bytes().all(|one| one.is_ascii_hexdigit())
        });
        // Ink on paper, where there are no schemes.
        let printed = SHEET
            .split("@media print")
            .nth(1)
            .expect("a part for paper");
        assert_eq!(literal.count(), printed.matches('#').count());
    }
}
