//! Texts with named places.

use super::Kind;

/// Is the subject and text of a notice, with named places: `{system} is closed from {from}`.
///
/// `{{` and `}}` stand for braces. What fills a place is never read as a template again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    kind: Kind,
    subject: Vec<Part>,
    text: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Words(String),
    Place(&'static str),
}

/// Says which part of a template an error is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Where {
    /// The subject.
    Subject,
    /// The text.
    Text,
}

/// Says what is wrong with a template, and where: lines and columns count from 1, columns in
/// characters.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{part} {line}:{column}: {mistake}")]
pub struct TemplateError {
    /// The part.
    pub part: Where,
    /// The line in it.
    pub line: usize,
    /// The column in the line.
    pub column: usize,
    /// What is wrong.
    pub mistake: Mistake,
}

/// Is what can be wrong with a template.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Mistake {
    /// It names a place that is not known.
    #[error("there is no place {{{name}}} in this notice; there are {}", listed(.known))]
    Unknown {
        /// The name.
        name: String,
        /// The names that are known.
        known: &'static [&'static str],
    },
    /// A brace is not closed.
    #[error("this {{ is never closed; write {{{{ for a brace")]
    NotClosed,
    /// A brace closes nothing.
    #[error("this }} closes nothing; write }}}} for a brace")]
    NotOpen,
    /// There is nothing.
    #[error("it is empty")]
    Empty,
    /// A subject has one line.
    #[error("a subject has one line")]
    Lines,
}

impl Template {
    /// Reads a template for a kind of notice.
    ///
    /// # Errors
    /// The first mistake, with its place: an unknown place, a lone brace, an empty part, a subject of
    /// several lines.
    pub fn read(kind: Kind, subject: &str, text: &str) -> Result<Template, TemplateError> {
        if let Some(at) = subject.find(char::is_control) {
            return Err(error(Where::Subject, subject, at, Mistake::Lines));
        }
        Ok(Template {
            kind,
            subject: parts(kind, Where::Subject, subject)?,
            text: parts(kind, Where::Text, text)?,
        })
    }

    /// Gives the kind of notice that it is for.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    pub(super) fn subject(&self, value: impl Fn(&str) -> String) -> String {
        fill(&self.subject, value)
    }

    /// Fills the text in; it ends in a line break, and has no blanks at the ends of lines.
    pub(super) fn text(&self, value: impl Fn(&str) -> String) -> String {
        let filled = fill(&self.text, value);
        let lines: Vec<&str> = filled.trim_end().lines().map(str::trim_end).collect();
        lines.join("\n") + "\n"
    }
}

fn fill(parts: &[Part], value: impl Fn(&str) -> String) -> String {
    let filled = parts.iter().map(|part| match part {
        Part::Words(words) => words.clone(),
        Part::Place(name) => value(name),
    });
    filled.collect()
}

fn parts(kind: Kind, part: Where, text: &str) -> Result<Vec<Part>, TemplateError> {
    let fail = |at: usize, mistake: Mistake| Err(error(part, text, at, mistake));
    if text.trim().is_empty() {
        return fail(0, Mistake::Empty);
    }
    let mut parts = Vec::new();
    let mut words = String::new();
    let mut at = 0;
    while let Some(brace) = text[at..].find(['{', '}']) {
        words.push_str(&text[at..at + brace]);
        at += brace;
        let rest = &text[at..];
        if let Some(doubled) = ["{{", "}}"].into_iter().find(|two| rest.starts_with(two)) {
            words.push_str(&doubled[1..]);
            at += 2;
            continue;
        }
        if rest.starts_with('}') {
            return fail(at, Mistake::NotOpen);
        }
        let Some(end) = rest[1..].find(['{', '}', '\n']).map(|end| end + 1) else {
            return fail(at, Mistake::NotClosed);
        };
        if !rest[end..].starts_with('}') {
            return fail(at, Mistake::NotClosed);
        }
        let name = rest[1..end].trim();
        let known = kind.places();
        let Some(place) = known.iter().copied().find(|known| *known == name) else {
            let name = name.to_owned();
            return fail(at, Mistake::Unknown { name, known });
        };
        parts.push(Part::Words(std::mem::take(&mut words)));
        parts.push(Part::Place(place));
        at += end + 1;
    }
    words.push_str(&text[at..]);
    parts.push(Part::Words(words));
    Ok(parts)
}

/// Gives the first thing in a value that looks like a place, with its braces.
pub(super) fn place_in(value: &str) -> Option<&str> {
    let is_name = |name: &str| {
        let mut letters = name.chars();
        !name.is_empty() && letters.all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
    };
    value.match_indices('{').find_map(|(at, _)| {
        let rest = &value[at + 1..];
        let end = rest.find('}')?;
        is_name(rest[..end].trim()).then(|| &value[at..=at + 1 + end])
    })
}

fn error(part: Where, text: &str, at: usize, mistake: Mistake) -> TemplateError {
    let before = &text[..at];
    let line_start = before.rfind('\n').map_or(0, |end| end + 1);
    TemplateError {
        part,
        line: before.matches('\n').count() + 1,
        column: before[line_start..].chars().count() + 1,
        mistake,
    }
}

fn listed(names: &[&str]) -> String {
    let braced: Vec<String> = names.iter().map(|name| format!("{{{name}}}")).collect();
    braced.join(", ")
}

impl std::fmt::Display for Where {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Where::Subject => "subject",
            Where::Text => "text",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_filled_and_double_braces_are_braces() {
        let check = |text: &str, filled: &str| {
            let template = Template::read(Kind::Stop, text, "x").expect("a template");
            assert_eq!(template.subject(|place| format!("<{place}>")), filled);
        };
        check("{system} is closed", "<system> is closed");
        check("{ system }{from}", "<system><from>");
        check("{{system}} {{{system}}}", "{system} {<system>}");
        check("关闭：{closed}。", "关闭：<closed>。");
        check("}}{{", "}{");
    }

    #[test]
    fn a_mistake_is_told_with_its_place_and_the_mend() {
        let check = |text: &str, told: &str| {
            let error = Template::read(Kind::Progress, "x", text).expect_err("a mistake");
            assert_eq!(error.to_string(), told);
        };
        check(
            "第一行\n系统 {sytem}",
            "text 2:4: there is no place {sytem} in this notice; \
             there are {system}, {contact}, {at}, {status}, {details}, {zone}",
        );
        check(
            "{from}",
            "text 1:1: there is no place {from} in this notice; \
             there are {system}, {contact}, {at}, {status}, {details}, {zone}",
        );
        check(
            "a {",
            "text 1:3: this { is never closed; write {{ for a brace",
        );
        check(
            "a {system\n}",
            "text 1:3: this { is never closed; write {{ for a brace",
        );
        check(
            "{system{at}",
            "text 1:1: this { is never closed; write {{ for a brace",
        );
        check(
            "系统}",
            "text 1:3: this } closes nothing; write }} for a brace",
        );
        check(" \n", "text 1:1: it is empty");
    }

    #[test]
    fn a_subject_has_one_line() {
        let error = Template::read(Kind::Stop, "a\r\nBcc: b", "x").expect_err("two lines");
        assert_eq!(error.to_string(), "subject 1:2: a subject has one line");
    }

    #[test]
    fn what_looks_like_a_place_is_found_in_a_value() {
        let check = |value: &str, place: Option<&str>| assert_eq!(place_in(value), place);
        check("call {phone}", Some("{phone}"));
        check("{{ phone }}", Some("{ phone }"));
        check("{} {说} {a b} {", None);
        check("{a-{b}", Some("{b}"));
    }
}
