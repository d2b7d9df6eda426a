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

#[cfg(test)]
mod tests {
    use super::*;

    /// Texts and what they stand on.
    const PAIRS: [(&str, &str); 21] = [
        ("ink", "ground"),
        ("ink", "card"),
        ("ink", "tint"),
        ("ink", "note-tint"),
        ("soft", "ground"),
        ("soft", "card"),
        ("soft", "tint"),
        ("brand", "ground"),
        ("brand", "card"),
        ("brand", "tint"),
        ("on-brand", "brand"),
        ("gain", "card"),
        ("gain", "tint"),
        ("bad", "card"),
        ("bad", "bad-tint"),
        ("note", "note-tint"),
        ("on-hero", "hero"),
        ("on-hero", "hero-deep"),
        ("on-hero-soft", "hero"),
        ("on-hero-soft", "hero-deep"),
        ("hero-deep", "on-hero"),
    ];

    /// A colour of a scheme; what the dark one does not say, is as in the light one.
    fn colour(name: &str, is_dark: bool) -> [u8; 3] {
        let mut schemes = STYLE.split(":root {").skip(1);
        let light = schemes.next().expect("the light one");
        let dark = schemes.next().expect("the dark one");
        let of = |scheme: &str| {
            let scheme = scheme.split('}').next()?;
            let text = scheme.split(&format!("--{name}: #")).nth(1)?;
            Some(text.split(';').next()?.trim().to_owned())
        };
        let text = is_dark.then(|| of(dark)).flatten().or_else(|| of(light));
        let mut text = text.unwrap_or_else(|| panic!("no colour {name}"));
        if text.len() == 3 {
            text = text.chars().flat_map(|digit| [digit, digit]).collect();
        }
        let part = |at: usize| u8::from_str_radix(&text[at..at + 2], 16).expect("two digits");
        [part(0), part(2), part(4)]
    }

    /// The contrast of WCAG 2.2.
    fn contrast(one: [u8; 3], other: [u8; 3]) -> f64 {
        let light = |colour: [u8; 3]| {
            let [red, green, blue] = colour.map(|part| {
                let part = f64::from(part) / 255.0;
                match part <= 0.040_45 {
                    true => part / 12.92,
                    false => ((part + 0.055) / 1.055).powf(2.4),
                }
            });
            0.212_6 * red + 0.715_2 * green + 0.072_2 * blue
        };
        let (one, other) = (light(one), light(other));
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }

    #[test]
    fn every_text_can_be_read_on_what_it_stands_on() {
        for is_dark in [false, true] {
            for (text, ground) in PAIRS {
                let found = contrast(colour(text, is_dark), colour(ground, is_dark));
                assert!(
                    found >= 4.5,
                    "{text} on {ground}, dark {is_dark}: {found:.2}"
                );
            }
        }
    }

    #[test]
    fn the_sheet_has_a_new_address_when_it_changes() {
        let (path, version) = style_path().split_once("?v=").expect("a version");
        assert_eq!(path, STYLE_ROUTE);
        assert!(blake3::hash(STYLE.as_bytes()).to_hex().starts_with(version));
    }
}
