//! What a plan says of a channel.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use jiff::SignedDuration;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

/// A channel that takes notices.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Channel {
    /// Posts JSON to an address.
    Webhook(Webhook),
    /// Sends a mail.
    Email(Email),
    /// Runs a program with the notice on its standard input.
    Command(Command),
    /// Appends the notice to a file, a line each.
    File(File),
}

/// Posts JSON to an address.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Webhook {
    /// Name of the channel, in the daybook and in errors.
    pub name: String,
    /// Kinds of notices that it takes: stop, reopening, delay, progress. All, where left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notices: Vec<String>,
    /// Language of the notices that it takes: en or zh. Both, where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// How often it is tried, and how long it may take.
    #[serde(default)]
    pub patience: Patience,
    /// The address. ${NAME} comes from the environment, such as a token in it.
    pub url: String,
    /// Further headers. ${NAME} in a value comes from the environment.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// What is posted, where it is not the notice itself: any JSON, whose texts may hold {subject},
    /// {text}, {id}, {kind} and {language}; {{ and }} stand for braces.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Value>,
    /// What the answer must say besides status 2xx, such as { errcode = 0 }: fields of its JSON.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub accept: Map<String, Value>,
    /// A proxy to go through: http://host:port. ${NAME} comes from the environment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proxy: Option<String>,
    /// A PEM file of the authorities to trust, instead of the public ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<PathBuf>,
    /// Whether http:// is allowed to another machine, where all on the way can read it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub plain: bool,
}

/// Sends a mail by SMTP.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Email {
    /// Name of the channel, in the daybook and in errors.
    pub name: String,
    /// Kinds of notices that it takes: stop, reopening, delay, progress. All, where left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notices: Vec<String>,
    /// Language of the notices that it takes: en or zh. Both, where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// How often it is tried, and how long each step of the talk with the server may take.
    #[serde(default)]
    pub patience: Patience,
    /// Host of the mail server.
    pub server: String,
    /// Its port: 587 for starttls, 465 for tls, 25 for none, where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// How the talk is encrypted.
    #[serde(default)]
    pub tls: Tls,
    /// Whether tls = "none" is allowed to another machine, where all on the way can read it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub plain: bool,
    /// User of the mail server. ${NAME} comes from the environment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Password, from the environment: ${NAME}.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
    /// Sender, such as "Ruixin Pay <notice@example.com>".
    pub from: String,
    /// Receivers.
    pub to: Vec<String>,
    /// A PEM file of the authorities to trust, instead of the public ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<PathBuf>,
}

/// Runs a program with the notice as JSON on its standard input.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Command {
    /// Name of the channel, in the daybook and in errors.
    pub name: String,
    /// Kinds of notices that it takes: stop, reopening, delay, progress. All, where left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notices: Vec<String>,
    /// Language of the notices that it takes: en or zh. Both, where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// How often it is tried, and how long it may take before it and all that it started is ended.
    #[serde(default)]
    pub patience: Patience,
    /// The program and its arguments; no shell reads them. It runs in the plan's folder.
    pub argv: Vec<String>,
}

/// Appends the notice as a line of JSON to a file.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct File {
    /// Name of the channel, in the daybook and in errors.
    pub name: String,
    /// Kinds of notices that it takes: stop, reopening, delay, progress. All, where left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notices: Vec<String>,
    /// Language of the notices that it takes: en or zh. Both, where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// How often it is tried.
    #[serde(default)]
    pub patience: Patience,
    /// The file, from the plan's folder on.
    pub path: PathBuf,
}

/// How often a channel is tried, and how long it may take. The pause between two attempts doubles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Patience {
    /// Attempts in all, from 1 to 20.
    #[schemars(range(min = 1, max = 20))]
    pub attempts: u32,
    /// Pause after the first attempt, such as "1s".
    #[serde(with = "words")]
    #[schemars(with = "String")]
    pub pause: Duration,
    /// The longest pause, whatever the peer asks for, such as "1m".
    #[serde(with = "words")]
    #[schemars(with = "String")]
    pub pause_max: Duration,
    /// Time for one attempt, such as "10s".
    #[serde(with = "words")]
    #[schemars(with = "String")]
    pub timeout: Duration,
}

/// How the talk with a mail server is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Tls {
    /// It begins in the clear and must be encrypted before anything is said.
    #[default]
    Starttls,
    /// It is encrypted from the first byte.
    Tls,
    /// It is not.
    None,
}

/// Borrows what every channel has.
#[derive(Debug, Clone, Copy)]
pub struct Common<'a> {
    /// Its name.
    pub name: &'a str,
    /// Kinds of notices that it takes; all, where there are none.
    pub notices: &'a [String],
    /// Language of the notices that it takes; both, where there is none.
    pub language: Option<&'a str>,
    /// How often it is tried.
    pub patience: Patience,
}

impl Channel {
    /// Gives what every channel has.
    pub fn common(&self) -> Common<'_> {
        macro_rules! common {
            ($channel:expr) => {
                Common {
                    name: &$channel.name,
                    notices: &$channel.notices,
                    language: $channel.language.as_deref(),
                    patience: $channel.patience,
                }
            };
        }
        match self {
            Channel::Webhook(channel) => common!(channel),
            Channel::Email(channel) => common!(channel),
            Channel::Command(channel) => common!(channel),
            Channel::File(channel) => common!(channel),
        }
    }
}

impl Default for Patience {
    fn default() -> Patience {
        Patience {
            attempts: 5,
            pause: Duration::from_secs(1),
            pause_max: Duration::from_secs(60),
            timeout: Duration::from_secs(10),
        }
    }
}

impl Patience {
    /// Gives the pause after the attempt of this number, counted from 1: it doubles each time, up to the
    /// longest.
    pub fn pause_after(&self, number: u32) -> Duration {
        let doublings = 1_u32.checked_shl(number.saturating_sub(1));
        let pause = self.pause.saturating_mul(doublings.unwrap_or(u32::MAX));
        pause.min(self.pause_max)
    }
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands the field by reference"
)]
fn is_false(value: &bool) -> bool {
    !*value
}

/// Reads and writes a time as `1m 30s`.
mod words {
    use super::*;
    use serde::de::Error as _;

    pub(super) fn serialize<S: Serializer>(time: &Duration, to: S) -> Result<S::Ok, S::Error> {
        let time = SignedDuration::try_from(*time).unwrap_or(SignedDuration::MAX);
        to.serialize_str(&format!("{time:#}"))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
        let text = String::deserialize(from)?;
        let time = text.parse::<SignedDuration>().ok();
        let time = time.and_then(|time| Duration::try_from(time).ok());
        time.ok_or_else(|| {
            D::Error::custom(format_args!(
                "{text:?} is not a time; write it like \"10s\" or \"1m 30s\""
            ))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest() {
        let patience = Patience::default();
        let pauses: Vec<u64> = [1, 2, 3, 4, 7, 8, 40, u32::MAX]
            .map(|number| patience.pause_after(number).as_secs())
            .to_vec();
        assert_eq!(pauses, [1, 2, 4, 8, 60, 60, 60, 60]);
    }

    #[test]
    fn times_are_words() {
        let read = |timeout: &str| {
            let json = serde_json::json!({ "timeout": timeout });
            serde_json::from_value::<Patience>(json).map(|patience| patience.timeout)
        };
        assert_eq!(read("1m 30s").ok(), Some(Duration::from_secs(90)));
        let error = read("soon").expect_err("not a time").to_string();
        assert_eq!(
            error,
            "\"soon\" is not a time; write it like \"10s\" or \"1m 30s\""
        );
        assert!(read("-5s").is_err());
        let written = serde_json::to_value(Patience::default()).expect("plain data");
        assert_eq!(written["pause_max"], "1m");
    }

    #[test]
    fn an_unknown_key_is_an_error() {
        let read = |json: &str| serde_json::from_str::<Channel>(json);
        let error = read(r#"{"kind":"file","name":"a","path":"b","pth":"c"}"#);
        let error = error.expect_err("an unknown key").to_string();
        assert!(error.contains("unknown field `pth`"), "{error}");
        assert!(read(r#"{"kind":"pigeon","name":"a"}"#).is_err());
        assert!(read(r#"{"kind":"file","name":"a","path":"b"}"#).is_ok());
    }

    #[test]
    fn every_key_is_described_in_the_schema() {
        let schema = schemars::schema_for!(Channel).to_value();
        let kinds = schema["oneOf"].as_array().expect("a schema for each kind");
        let definitions = schema["$defs"].as_object().expect("what they share");
        let mut described = 0;
        for object in kinds.iter().chain(definitions.values()) {
            for (key, property) in object["properties"].as_object().into_iter().flatten() {
                assert!(
                    key == "kind" || property["description"].is_string(),
                    "{key}"
                );
                described += 1;
            }
        }
        assert_eq!(kinds.len(), 4);
        assert!(described > 30, "{described}");
    }
}
