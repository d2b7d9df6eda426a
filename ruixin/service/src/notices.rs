//! What users are told while a service is closed, and the hooks that close and open it.

use std::borrow::Cow;

use jiff::Timestamp;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, DeserializeOwned};
use serde::{Deserialize, Deserializer, Serialize};

use crate::body::LINE;
use crate::language::{Language, Words};
use crate::problem::{INVALID_REQUEST, Kind, Problem};

/// Where nobody says when the service opens again: seconds.
const RETRY_USUALLY: i64 = 600;
const RETRY_MOST: i64 = 86_400;
/// The kinds of notices which say that the service is open. While it is closed, they say nothing.
const OF_OPEN: [&str; 2] = ["put_off", "reopening"];

/// Is what users are told: the JSON that Crossfoot's channels send, as far as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Notice {
    /// `en` or `zh`.
    pub language: NoticeLanguage,
    /// What it is about: `stop`, `delay`, `put_off`, `reopening`.
    #[schemars(length(min = 1, max = 40), regex(pattern = LINE))]
    pub kind: String,
    /// One line.
    #[schemars(length(min = 1, max = 200), regex(pattern = LINE))]
    pub subject: String,
    /// The text.
    #[schemars(
        length(max = 4000),
        regex(pattern = r"^[^\x00-\x09\x0b-\x1f\x7f-\x9f]*$")
    )]
    pub text: String,
    /// Figures for programs; `until` is when the service is to be open again (RFC 3339).
    #[serde(default, deserialize_with = "object")]
    pub fields: NoticeFields,
}

/// Reads an object, and not a list of its values.
fn object<'de, D: Deserializer<'de>, T: DeserializeOwned>(from: D) -> Result<T, D::Error> {
    let fields = serde_json::Map::deserialize(from)?;
    T::deserialize(serde_json::Value::Object(fields)).map_err(de::Error::custom)
}

/// Is the language of a notice.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum NoticeLanguage {
    /// English.
    En,
    /// Chinese.
    Zh,
}

/// Is what is kept of a notice's fields.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NoticeFields {
    /// When the service is to be open again, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Instant>,
}

/// Is an instant with the text that it was written as (RFC 3339), checked when it is read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Instant {
    text: String,
}

impl Instant {
    /// Takes a text that was checked before, such as one that was kept.
    pub fn kept(text: String) -> Instant {
        Instant { text }
    }

    /// Gives the text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Gives the milliseconds since 1970 UTC, if the text is an instant.
    pub fn millis(&self) -> Option<i64> {
        let stamp: Timestamp = self.text.parse().ok()?;
        Some(stamp.as_millisecond())
    }
}

impl<'de> Deserialize<'de> for Instant {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Instant, D::Error> {
        let instant = Instant {
            text: String::deserialize(from)?,
        };
        match instant.millis() {
            Some(_) if instant.text.len() <= 40 => Ok(instant),
            _ => Err(de::Error::custom("it is no instant of RFC 3339")),
        }
    }
}

impl JsonSchema for Instant {
    fn schema_name() -> Cow<'static, str> {
        "Instant".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "date-time", "maxLength": 40 })
    }
}

impl NoticeLanguage {
    /// Gives its code.
    pub fn code(self) -> &'static str {
        match self {
            NoticeLanguage::En => "en",
            NoticeLanguage::Zh => "zh",
        }
    }

    /// Reads its code.
    pub fn of_code(code: &str) -> Option<NoticeLanguage> {
        match code {
            "en" => Some(NoticeLanguage::En),
            "zh" => Some(NoticeLanguage::Zh),
            _ => None,
        }
    }
}

impl From<Language> for NoticeLanguage {
    fn from(language: Language) -> NoticeLanguage {
        match language {
            Language::English => NoticeLanguage::En,
            Language::Chinese => NoticeLanguage::Zh,
        }
    }
}

impl Notice {
    /// Gives when the service is to be open again, of a notice that says so: one that it was put off
    /// names the window that there is not.
    pub fn until(&self) -> Option<&Instant> {
        let is_meant = self.kind != "put_off";
        self.fields.until.as_ref().filter(|_| is_meant)
    }

    /// Says whether it has words for when the service is closed.
    pub fn is_of_closed(&self) -> bool {
        !OF_OPEN.contains(&self.kind.as_str())
    }

    /// Says whether its texts can be shown: not empty where they must not be, not too long, without
    /// control characters.
    pub fn is_fit(&self) -> bool {
        let line = |text: &str, most: usize| {
            !text.trim().is_empty()
                && text.chars().count() <= most
                && !text.chars().any(char::is_control)
        };
        let is_text = self.text.chars().count() <= 4_000
            && !self.text.chars().any(|one| one.is_control() && one != '\n');
        line(&self.kind, 40) && line(&self.subject, 200) && is_text
    }
}

/// Gives the notice of a language; the other one where there is none: better than nothing.
pub fn of_language(notices: &[Notice], language: Language) -> Option<&Notice> {
    let wanted = NoticeLanguage::from(language);
    let same = notices.iter().find(|notice| notice.language == wanted);
    same.or(notices.first())
}

/// Gives in how many seconds it is worth trying again, by the latest `until` of the notices that are
/// of a closed service: by the service's clock, or by the world's where the service lives in another
/// time than those who send the notices, as in a rehearsal.
pub fn retry_after(notices: &[Notice], now_millis: i64) -> u64 {
    let of_closed = notices.iter().filter(|notice| notice.is_of_closed());
    let untils = of_closed.filter_map(Notice::until);
    let until = untils.filter_map(Instant::millis).max();
    let clocks = [now_millis, Timestamp::now().as_millisecond()];
    let left = until.map_or([0; 2], |until| {
        clocks.map(|now| until.saturating_sub(now).div_euclid(1_000))
    });
    let sensible = left.iter().find(|left| (1..=RETRY_MOST).contains(*left));
    let seconds = match sensible {
        Some(seconds) => *seconds,
        None if left.iter().any(|left| *left > RETRY_MOST) => RETRY_MOST,
        None => RETRY_USUALLY,
    };
    u64::try_from(seconds).unwrap_or(1)
}

/// Makes the problem that a caller is told while a service is closed: the words of the notice that it
/// is, or the usual ones.
pub fn closed(kind: &'static Kind, notices: &[Notice], now_millis: i64, usual: Words) -> Problem {
    let said = |language| {
        let of = |notice: &&Notice| notice.language == language && notice.is_of_closed();
        let notice = notices.iter().find(of)?;
        let text = format!("{}\n{}", notice.subject, notice.text);
        Some(text.trim_end().to_owned())
    };
    let en = said(NoticeLanguage::En).unwrap_or_else(|| usual.en.to_owned());
    let zh = said(NoticeLanguage::Zh).unwrap_or_else(|| usual.zh.to_owned());
    Problem::new(kind)
        .says(en, zh)
        .retry_after(retry_after(notices, now_millis))
}

/// The steps whose hooks close a service.
pub const CLOSING: &[&str] = &["freeze"];
/// The steps whose hooks open it.
pub const OPENING: &[&str] = &["rollback", "release"];

/// Makes the schema of a call that closes.
pub fn closing_schema(_: &mut SchemaGenerator) -> Schema {
    call_schema(CLOSING)
}

/// Makes the schema of a call that opens.
pub fn opening_schema(_: &mut SchemaGenerator) -> Schema {
    call_schema(OPENING)
}

/// Makes the schema of a call by the hooks of some steps, or by nobody's hook.
pub fn call_schema(steps: &[&str]) -> Schema {
    let steps: Vec<Option<&str>> = steps.iter().map(|step| Some(*step)).chain([None]).collect();
    json_schema!({
        "type": "object",
        "description": "What a hook of Crossfoot says.",
        "properties": {
            "step": { "enum": steps, "description": "The step whose hook it is." },
            "rehearsal": { "type": "boolean", "description": "Whether nothing is to be changed." },
        },
    })
}

/// Is what a hook of Crossfoot says: what step it is, and whether it is only tried.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
pub struct Call {
    /// `freeze`, `release` or `rollback`.
    #[serde(default)]
    pub step: Option<String>,
    /// Whether nothing is to be changed.
    #[serde(default)]
    pub rehearsal: bool,
}

impl Call {
    /// Lets only calls of some steps pass: a hook of another step has been given the wrong address.
    ///
    /// # Errors
    ///
    /// The step is another one.
    pub fn of_steps(self, steps: &[&str]) -> Result<Call, Problem> {
        match self.step.as_deref() {
            Some(step) if !steps.contains(&step) => Err(Problem::new(INVALID_REQUEST).says(
                format!("The step is not one of: {}.", steps.join(", ")),
                format!("步骤应为：{}。", steps.join("、")),
            )),
            _ => Ok(self),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::OVERLOADED;

    #[test]
    fn a_service_that_lives_in_another_time_says_how_long_it_takes_in_this_one() {
        let notice = |until: String| Notice {
            language: NoticeLanguage::En,
            kind: "stop".to_owned(),
            subject: "closed".to_owned(),
            text: String::new(),
            fields: NoticeFields {
                until: Some(Instant::kept(until)),
            },
        };
        let in_2013 = 1_369_641_600_000;
        let now = Timestamp::now().as_second();
        let in_two_hours = Timestamp::from_second(now + 7_200).expect("an instant");
        let seconds = retry_after(&[notice(in_two_hours.to_string())], in_2013);
        assert!((7_100..=7_200).contains(&seconds), "{seconds}");
        for (until, seconds) in [
            ("2113-05-27T08:00:00Z", 86_400),
            ("2013-05-27T08:00:01Z", 1),
            ("2013-05-27T08:00:00Z", 600),
            ("2003-01-01T00:00:00Z", 600),
        ] {
            let told = retry_after(&[notice(until.to_owned())], in_2013);
            assert_eq!(told, seconds, "{until}");
        }
    }

    #[test]
    fn a_notice_that_it_is_open_says_nothing_while_it_is_closed() {
        let usual = Words {
            en: "closed as usual",
            zh: "照常关闭",
        };
        let minute = 1_369_641_600_000 - 60_000;
        let table = [
            ("stop", 60, "words of stop", true),
            ("delay", 60, "words of delay", true),
            ("put_off", 600, "closed as usual", false),
            ("reopening", 600, "closed as usual", true),
        ];
        for (kind, seconds, says, keeps_until) in table {
            let notice = Notice {
                language: NoticeLanguage::En,
                kind: kind.to_owned(),
                subject: format!("words of {kind}"),
                text: String::new(),
                fields: NoticeFields {
                    until: Some(Instant::kept("2013-05-27T08:00:00Z".to_owned())),
                },
            };
            assert_eq!(notice.until().is_some(), keeps_until, "{kind}");
            let notices = [notice];
            assert_eq!(retry_after(&notices, minute), seconds, "{kind}");
            let told = format!("{:?}", closed(OVERLOADED, &notices, minute, usual));
            assert!(told.contains(says), "{told}");
            assert!(told.contains(&format!("Some({seconds})")), "{told}");
        }
    }
}
