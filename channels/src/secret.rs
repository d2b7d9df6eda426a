//! Secrets: from the environment, and never out again.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::mistake::Mistake;

/// Looks a variable of the environment up.
pub(crate) type Environment<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Holds every secret that was taken from the environment, in each form in which a peer may say it
/// again.
#[derive(Clone, Default)]
pub(crate) struct Secrets {
    /// The form, and what is shown in its place; the longest first.
    forms: Vec<(String, String)>,
}

/// Is a text of the plan with its variables filled in. Its debug text is what the plan says.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Filled {
    pub(crate) value: String,
    shown: String,
}

/// The most characters of what a peer says that are told.
const EXCERPT: usize = 400;

impl Secrets {
    /// Fills the `${NAME}` of a text in, and remembers their values as secrets.
    pub(crate) fn fill(
        &mut self,
        text: &str,
        environment: Environment<'_>,
    ) -> Result<Filled, Mistake> {
        let mut value = String::new();
        let mut rest = text;
        while let Some(start) = rest.find("${") {
            value.push_str(&rest[..start]);
            let after = &rest[start + 2..];
            let name = after.split_once('}').map(|(name, _)| name);
            let Some(name) = name.filter(|name| is_name(name)) else {
                let before = text.len() - rest.len() + start;
                let column = text[..before].chars().count() + 1;
                return Err(Mistake::NotAName { column });
            };
            let found = environment(name).filter(|found| !found.is_empty());
            let found = found.ok_or_else(|| Mistake::NotSet(name.to_owned()))?;
            if found.chars().any(char::is_control) {
                return Err(Mistake::Control(name.to_owned()));
            }
            self.remember(name, &found);
            value.push_str(&found);
            rest = &after[name.len() + 1..];
        }
        value.push_str(rest);
        Ok(Filled {
            value,
            shown: text.to_owned(),
        })
    }

    fn remember(&mut self, name: &str, value: &str) {
        let json = serde_json::Value::from(value).to_string();
        let forms = [
            value.to_owned(),
            percent_encoded(value),
            percent_encoded_small(value),
            json.trim_matches('"').to_owned(),
            STANDARD.encode(value),
        ];
        for form in forms {
            self.remember_form(&format!("${{{name}}}"), form);
        }
    }

    /// Remembers one more form of secrets, such as what a log-in makes of them.
    pub(crate) fn remember_form(&mut self, shown: &str, form: String) {
        if form.is_empty() || self.forms.iter().any(|(known, _)| *known == form) {
            return;
        }
        self.forms.push((form, shown.to_owned()));
        self.forms
            .sort_by_key(|(form, _)| std::cmp::Reverse(form.len()));
    }

    /// Gives the text with every secret replaced by its name, in one line, and the beginning of it where it
    /// is long.
    pub(crate) fn hide(&self, text: &str) -> String {
        let line = self.hide_all(text);
        match line.char_indices().nth(EXCERPT) {
            Some((end, _)) => format!("{}…", &line[..end]),
            None => line,
        }
    }

    fn hide_all(&self, text: &str) -> String {
        let mut hidden = text.to_owned();
        for (form, shown) in &self.forms {
            hidden = hidden.replace(form, shown);
        }
        let blank = |letter: char| if letter.is_control() { ' ' } else { letter };
        let line: String = hidden.chars().map(blank).collect();
        line.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// Gives the beginning of what a peer said; where it was cut, without the end that may hold a part of
    /// a secret.
    pub(crate) fn hide_head(&self, bytes: &[u8], is_cut: bool) -> String {
        let end = match is_cut {
            true => bytes.len().saturating_sub(self.longest()),
            false => bytes.len(),
        };
        self.hide(&String::from_utf8_lossy(&bytes[..end]))
    }

    /// Gives the end of what a command said, likewise.
    pub(crate) fn hide_tail(&self, bytes: &[u8], is_cut: bool) -> String {
        let start = match is_cut {
            true => self.longest().min(bytes.len()),
            false => 0,
        };
        let line = self.hide_all(&String::from_utf8_lossy(&bytes[start..]));
        match line.char_indices().rev().nth(EXCERPT) {
            Some((before, letter)) => format!("…{}", &line[before + letter.len_utf8()..]),
            None => line,
        }
    }

    fn longest(&self) -> usize {
        self.forms.first().map_or(0, |(form, _)| form.len())
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.forms.iter().map(|(_, shown)| shown);
        f.debug_list().entries(names).finish()
    }
}

impl Filled {
    /// Says whether anything came from the environment.
    pub(crate) fn has_secret(&self) -> bool {
        self.shown.contains("${")
    }
}

impl fmt::Debug for Filled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.shown, f)
    }
}

fn is_name(name: &str) -> bool {
    let is_letter = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    !name.is_empty()
        && name.chars().all(is_letter)
        && !name.starts_with(|c: char| c.is_ascii_digit())
}

fn percent_encoded(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                encoded.push(char::from(byte));
            }
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

/// Encodes with small hex digits, as some peers do.
fn percent_encoded_small(text: &str) -> String {
    let mut encoded = String::new();
    for letter in text.chars() {
        let one = percent_encoded(letter.encode_utf8(&mut [0; 4]));
        match one.starts_with('%') {
            true => encoded.push_str(&one.to_ascii_lowercase()),
            false => encoded.push_str(&one),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(name: &str) -> Option<String> {
        match name {
            "TOKEN" => Some("s3cr+t/\"x".to_owned()),
            "EMPTY" => Some(String::new()),
            "LINES" => Some("a\r\nb".to_owned()),
            _ => None,
        }
    }

    #[test]
    fn variables_are_filled_in_and_shown_by_name() {
        let mut secrets = Secrets::default();
        let filled = secrets
            .fill("Bearer ${TOKEN}!", &environment)
            .expect("it is set");
        assert_eq!(filled.value, "Bearer s3cr+t/\"x!");
        assert_eq!(format!("{filled:?}"), "\"Bearer ${TOKEN}!\"");
        assert!(filled.has_secret());
        let plain = secrets.fill("$5 {x} }", &environment).expect("no variable");
        assert_eq!(
            (plain.value.as_str(), plain.has_secret()),
            ("$5 {x} }", false)
        );
    }

    #[test]
    fn what_cannot_be_filled_in_is_told() {
        let check = |text: &str, told: &str| {
            let mistake = Secrets::default()
                .fill(text, &environment)
                .expect_err("a mistake");
            assert_eq!(mistake.to_string(), told);
        };
        check(
            "${NONE}",
            "the environment has no NONE, or it is empty; set it before the run",
        );
        check(
            "${EMPTY}",
            "the environment has no EMPTY, or it is empty; set it before the run",
        );
        check(
            "${LINES}",
            "the environment's LINES holds a line break or a control character; set it without",
        );
        check("令牌${a b}", "at 3, ${ names no variable; write ${NAME}");
        check("${TOKEN", "at 1, ${ names no variable; write ${NAME}");
        check("${}", "at 1, ${ names no variable; write ${NAME}");
    }

    #[test]
    fn a_secret_is_hidden_in_every_form() {
        let mut secrets = Secrets::default();
        secrets.fill("${TOKEN}", &environment).expect("it is set");
        let said = "raw s3cr+t/\"x url s3cr%2Bt%2F%22x or s3cr%2bt%2f%22x json s3cr+t/\\\"x base64 czNjcit0LyJ4";
        assert_eq!(
            secrets.hide(said),
            "raw ${TOKEN} url ${TOKEN} or ${TOKEN} json ${TOKEN} base64 ${TOKEN}"
        );
        assert!(!format!("{secrets:?}").contains("s3cr"));
    }

    #[test]
    fn what_is_cut_shows_no_part_of_a_secret() {
        let mut secrets = Secrets::default();
        secrets.fill("${TOKEN}", &environment).expect("it is set");
        assert_eq!(
            secrets
                .hide_head(b"an answer that is cut s3cr+t", true)
                .trim(),
            "an answer tha"
        );
        assert!(
            !secrets
                .hide_tail(b"cr+t/\"x the last words", true)
                .contains("cr+t")
        );
        assert_eq!(secrets.hide_tail(b"whole", false), "whole");
        let long = format!("{}账", "错".repeat(EXCERPT));
        let tail = format!("…{}", &long["错".len()..]);
        assert_eq!(secrets.hide_tail(long.as_bytes(), false), tail);
    }

    #[test]
    fn what_is_told_is_one_short_line() {
        let told = Secrets::default().hide(&format!("a\r\n\u{1b}[31mb{}", "长".repeat(1000)));
        assert!(told.starts_with("a [31mb长"), "{told}");
        assert_eq!(told.chars().count(), EXCERPT + 1);
    }
}
