//! Chinese or English, as the caller wants it.

use axum::http::{HeaderMap, header};

/// Is a language in which people are told something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    /// English.
    #[default]
    English,
    /// Chinese, in simplified characters.
    Chinese,
}

/// Is a text in both languages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Words {
    /// In English.
    pub en: &'static str,
    /// In Chinese.
    pub zh: &'static str,
}

impl Words {
    /// Gives the text in a language.
    pub fn of(self, language: Language) -> &'static str {
        match language {
            Language::English => self.en,
            Language::Chinese => self.zh,
        }
    }
}

impl Language {
    /// Gives the tag of BCP 47.
    pub fn tag(self) -> &'static str {
        match self {
            Language::English => "en",
            Language::Chinese => "zh-CN",
        }
    }

    /// Reads a tag: `zh`, `zh-Hans-CN`, `en-GB` and so on; nothing for other languages.
    pub fn of_tag(tag: &str) -> Option<Language> {
        let primary = tag.trim().split('-').next().unwrap_or_default();
        if primary.eq_ignore_ascii_case("zh") {
            Some(Language::Chinese)
        } else if primary.eq_ignore_ascii_case("en") || primary == "*" {
            Some(Language::English)
        } else {
            None
        }
    }

    /// Reads `Accept-Language` (RFC 9110): the language wanted most, English if none is known. Of
    /// two wanted alike, the first.
    pub fn wanted(headers: &HeaderMap) -> Language {
        let mut best: Option<(u16, Language)> = None;
        let values = headers.get_all(header::ACCEPT_LANGUAGE);
        for value in values.iter().filter_map(|value| value.to_str().ok()) {
            for part in value.split(',') {
                let (tag, weight) = part.split_once(';').unwrap_or((part, "q=1"));
                let (Some(language), Some(weight)) = (Language::of_tag(tag), thousandths(weight))
                else {
                    continue;
                };
                if weight > best.map_or(0, |(best, _)| best) {
                    best = Some((weight, language));
                }
            }
        }
        best.map_or(Language::default(), |(_, language)| language)
    }
}

/// Reads `q=0.85` as 850.
fn thousandths(weight: &str) -> Option<u16> {
    let number = weight.trim().strip_prefix("q=")?;
    let (whole, places) = number.split_once('.').unwrap_or((number, ""));
    let is_fine = places.len() <= 3 && places.bytes().all(|one| one.is_ascii_digit());
    let places: u16 = match is_fine {
        true => format!("{places:0<3}").parse().ok()?,
        false => return None,
    };
    match whole {
        "0" => Some(places),
        "1" if places == 0 => Some(1_000),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_wanted_most_is_taken() {
        use Language::{Chinese, English};
        let table = [
            ("zh-CN,zh;q=0.9,en;q=0.8", Chinese),
            ("en-US,en;q=0.9,zh;q=0.8", English),
            ("fr, zh;q=0.2", Chinese),
            ("en;q=0.1, zh-Hant-TW;q=0.105", Chinese),
            ("zh;q=0, en", English),
            ("zh;q=0", English),
            ("fr", English),
            ("", English),
            ("zh;q=7, en;q=0.1", English),
            ("zh;q=0.12345, en;q=0.1", English),
            (";;;,,,=", English),
        ];
        for (text, wanted) in table {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_LANGUAGE, text.parse().expect("visible"));
            assert_eq!(Language::wanted(&headers), wanted, "{text}");
        }
    }
}
