//! Notices: what users and the team are told of the stop window, the reopening, a delay, and how
//! the work goes.
//!
//! ```
//! use cutover::notice::{Language, Occasion, Sender, write};
//! use jiff::tz::TimeZone;
//!
//! let sender = Sender {
//!     system: "瑞信支付",
//!     contact: "客服热线 95000",
//!     closed: &["付款", "充值", "提现", "转账"],
//!     open: &["查询余额和账单"],
//!     zone: TimeZone::get("Asia/Shanghai")?,
//! };
//! let stop = Occasion::Stop {
//!     from: "2013-05-27T00:00:00Z".parse()?,
//!     until: "2013-05-27T08:00:00Z".parse()?,
//! };
//! let notice = write(&stop, &sender, Language::Chinese, None)?;
//! assert_eq!(notice.subject, "瑞信支付 5月27日 08:00 至 16:00 暂停服务");
//! assert!(notice.text.contains("暂停的服务：付款、充值、提现、转账"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Every value is checked before it is told: nothing is empty, no window ends before it begins, no
//! `{place}` is left. A [`Template`] of the plan takes the place of ours; a place that it names and
//! that is not known is an error where it stands.
//!
//! Nothing is sent from here.

pub(crate) mod said;
mod template;
mod texts;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

pub use self::template::{Mistake, Template, TemplateError, Where};

/// Is a language in which we talk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Language {
    /// English.
    #[serde(rename = "en")]
    English,
    /// Chinese, in simplified characters.
    #[serde(rename = "zh")]
    Chinese,
}

/// Is what a notice is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The system will be closed for a while.
    Stop,
    /// The system is open again.
    Reopening,
    /// The move was put off: the system is open as before, or stays so.
    PutOff,
    /// It will be closed longer.
    Delay,
    /// How the work goes, for the team.
    Progress,
}

/// Is what a notice is about, with its figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Occasion<'a> {
    /// The system will be closed for a while.
    Stop {
        /// When it closes.
        from: Timestamp,
        /// When it is to be open again; later than `from`.
        until: Timestamp,
    },
    /// The system is open again.
    Reopening {
        /// When it was closed.
        from: Timestamp,
        /// Since when it is open; later than `from`.
        at: Timestamp,
    },
    /// The move was put off: the system is open as before, whether it was closed or not yet.
    PutOff {
        /// When it was to close.
        from: Timestamp,
        /// When it was to be open again; later than `from`.
        until: Timestamp,
        /// Since when it is open as before.
        at: Timestamp,
        /// Whether it was told to close; if not, it stays open.
        was_closed: bool,
    },
    /// It will be closed longer.
    Delay {
        /// When it was to be open.
        was_until: Timestamp,
        /// When it is to be open now; later than `was_until`.
        until: Timestamp,
    },
    /// How the work goes, for the team.
    Progress {
        /// The moment of the report.
        at: Timestamp,
        /// The clock's line, as [`status_line`](crate::clock::status_line) says it.
        status: &'a str,
        /// Further lines: phases, what could be left, what failed. May be empty.
        details: &'a [String],
    },
}

/// Says who gives notice, in the language of the notice.
#[derive(Debug, Clone)]
pub struct Sender<'a> {
    /// Name of the system, as its users know it.
    pub system: &'a str,
    /// Where to ask: a telephone number, an address.
    pub contact: &'a str,
    /// Services that are closed meanwhile.
    pub closed: &'a [&'a str],
    /// Services that go on.
    pub open: &'a [&'a str],
    /// Zone of the times that are told.
    pub zone: TimeZone,
}

/// Is a notice, ready to be sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// What it is about.
    pub kind: Kind,
    /// Its language.
    pub language: Language,
    /// One line.
    pub subject: String,
    /// The text, in lines that end in `\n`.
    pub text: String,
    /// The same for programs: times in RFC 3339 with their offset.
    pub fields: Fields,
}

/// Holds what a notice says, for programs. What does not belong to its kind is left out.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Fields {
    /// Name of the system.
    pub system: String,
    /// Where to ask.
    pub contact: String,
    /// Services that are closed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub closed: Vec<String>,
    /// Services that go on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub open: Vec<String>,
    /// When the system closes, or was closed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// When it was to be open, before a delay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub was_until: Option<String>,
    /// When it is to be open, or was opened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// The moment of a report, or since when the system is open as before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// The clock's line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// Further lines.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub details: Vec<String>,
}

/// Says why a notice cannot be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoticeError {
    /// A value is empty.
    #[error("{0} is empty; a notice must say it")]
    Empty(&'static str),
    /// A value holds a place that nothing filled.
    #[error("{name} still holds the place {place}; write what it stands for")]
    NotFilled {
        /// Which value.
        name: &'static str,
        /// The place, with its braces.
        place: String,
    },
    /// A value runs over several lines.
    #[error("{0} runs over several lines, and it must have one")]
    Lines(&'static str),
    /// Times are in the wrong order.
    #[error("{later} ({later_at}) is not after {earlier} ({earlier_at}); mend one of the two")]
    Order {
        /// What must come later.
        later: &'static str,
        /// When it is.
        later_at: Timestamp,
        /// What must come earlier.
        earlier: &'static str,
        /// When it is.
        earlier_at: Timestamp,
    },
    /// The template is for another kind of notice.
    #[error("the template is for the notice {}, not for {}", template.as_str(), occasion.as_str())]
    OtherKind {
        /// What the template is for.
        template: Kind,
        /// What was to be told.
        occasion: Kind,
    },
}

/// Writes a notice, by our own text or by a template of the plan.
///
/// # Errors
/// A value is empty, holds an unfilled place or a line break; times are in the wrong order; the
/// template is for another kind.
pub fn write(
    occasion: &Occasion<'_>,
    sender: &Sender<'_>,
    language: Language,
    template: Option<&Template>,
) -> Result<Notice, NoticeError> {
    sender.check()?;
    occasion.check()?;
    let kind = occasion.kind();
    let ours;
    let template = match template {
        Some(template) => template,
        None => {
            ours = match occasion {
                Occasion::PutOff {
                    was_closed: false, ..
                } => texts::stays_open(language),
                _ => texts::template(kind, language),
            };
            &ours
        }
    };
    if template.kind() != kind {
        return Err(NoticeError::OtherKind {
            template: template.kind(),
            occasion: kind,
        });
    }
    let value = |place: &str| value(place, occasion, sender, language);
    Ok(Notice {
        kind,
        language,
        subject: template.subject(value),
        text: template.text(value),
        fields: fields(occasion, sender),
    })
}

impl Language {
    /// Gives the tag of BCP 47.
    pub fn tag(self) -> &'static str {
        match self {
            Language::English => "en",
            Language::Chinese => "zh",
        }
    }

    /// Gives the services of a wallet that stop while its books move, in words of its users.
    pub fn closed(self) -> &'static [&'static str] {
        match self {
            Language::English => &["payments", "top-ups", "withdrawals", "transfers"],
            Language::Chinese => &["付款", "充值", "提现", "转账"],
        }
    }

    /// Gives the services of a wallet that go on meanwhile.
    pub fn open(self) -> &'static [&'static str] {
        match self {
            Language::English => &["reading balances and statements"],
            Language::Chinese => &["查询余额和账单"],
        }
    }

    /// Joins words as the language does.
    fn list(self, words: &[&str]) -> String {
        match (self, words) {
            (Language::Chinese, _) => words.join("、"),
            (Language::English, [rest @ .., one, last]) => {
                let before: String = rest.iter().map(|word| format!("{word}, ")).collect();
                format!("{before}{one} and {last}")
            }
            (Language::English, _) => words.concat(),
        }
    }
}

impl Kind {
    /// Gives the places that a template of this kind may name.
    pub fn places(self) -> &'static [&'static str] {
        match self {
            Kind::Stop => &[
                "system", "contact", "closed", "open", "from", "until", "window", "span", "length",
                "zone",
            ],
            Kind::Reopening => &[
                "system", "contact", "closed", "open", "from", "at", "length", "zone",
            ],
            Kind::PutOff => &[
                "system", "contact", "closed", "open", "from", "until", "at", "window", "span",
                "length", "zone",
            ],
            Kind::Delay => &[
                "system",
                "contact",
                "closed",
                "open",
                "was_until",
                "until",
                "length",
                "zone",
            ],
            Kind::Progress => &["system", "contact", "at", "status", "details", "zone"],
        }
    }

    /// Gives the word of the daybook.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Stop => "stop",
            Kind::Reopening => "reopening",
            Kind::PutOff => "put_off",
            Kind::Delay => "delay",
            Kind::Progress => "progress",
        }
    }
}

impl Occasion<'_> {
    /// Gives its kind.
    pub fn kind(&self) -> Kind {
        match self {
            Occasion::Stop { .. } => Kind::Stop,
            Occasion::Reopening { .. } => Kind::Reopening,
            Occasion::PutOff { .. } => Kind::PutOff,
            Occasion::Delay { .. } => Kind::Delay,
            Occasion::Progress { .. } => Kind::Progress,
        }
    }

    /// Gives the time that it begins with and the one that it ends with.
    fn times(&self) -> (Timestamp, Timestamp) {
        match *self {
            Occasion::Stop { from, until } | Occasion::PutOff { from, until, .. } => (from, until),
            Occasion::Reopening { from, at } => (from, at),
            Occasion::Delay { was_until, until } => (was_until, until),
            Occasion::Progress { at, .. } => (at, at),
        }
    }

    fn check(&self) -> Result<(), NoticeError> {
        let (earlier, later) = match self {
            Occasion::Stop { .. } | Occasion::Reopening { .. } | Occasion::PutOff { .. } => {
                ("the closing", "the reopening")
            }
            Occasion::Delay { .. } => ("the old time of reopening", "the new time of reopening"),
            Occasion::Progress {
                status, details, ..
            } => {
                is_told("the status", status)?;
                return details
                    .iter()
                    .try_for_each(|line| is_filled("a detail", line));
            }
        };
        let (earlier_at, later_at) = self.times();
        match later_at > earlier_at {
            true => Ok(()),
            false => Err(NoticeError::Order {
                later,
                later_at,
                earlier,
                earlier_at,
            }),
        }
    }
}

impl Sender<'_> {
    fn check(&self) -> Result<(), NoticeError> {
        is_told("the name of the system", self.system)?;
        is_told("the contact", self.contact)?;
        for (name, services) in [
            ("the list of closed services", self.closed),
            ("the list of open services", self.open),
        ] {
            if services.is_empty() {
                return Err(NoticeError::Empty(name));
            }
            services
                .iter()
                .try_for_each(|service| is_told(name, service))?;
        }
        Ok(())
    }
}

/// Checks a value of one line.
fn is_told(name: &'static str, value: &str) -> Result<(), NoticeError> {
    if value.trim().is_empty() {
        return Err(NoticeError::Empty(name));
    }
    if value.chars().any(char::is_control) {
        return Err(NoticeError::Lines(name));
    }
    is_filled(name, value)
}

fn is_filled(name: &'static str, value: &str) -> Result<(), NoticeError> {
    match template::place_in(value) {
        None => Ok(()),
        Some(place) => Err(NoticeError::NotFilled {
            name,
            place: place.to_owned(),
        }),
    }
}

/// Gives what a place of a template stands for. Templates name known places only.
fn value(place: &str, occasion: &Occasion<'_>, sender: &Sender<'_>, language: Language) -> String {
    let (first, last) = occasion.times();
    let zone = &sender.zone;
    match (place, occasion) {
        ("system", _) => sender.system.to_owned(),
        ("contact", _) => sender.contact.to_owned(),
        ("closed", _) => language.list(sender.closed),
        ("open", _) => language.list(sender.open),
        ("zone", _) => said::zone(last, zone, language),
        ("from" | "was_until", _) => said::moment(first, zone, language),
        ("until", _) => said::moment(last, zone, language),
        ("at", Occasion::PutOff { at, .. }) => said::moment(*at, zone, language),
        ("at", Occasion::Progress { .. }) => said::clock_of(last, zone),
        ("at", _) => said::moment(last, zone, language),
        ("window", _) => said::window(first, last, zone, language),
        ("span", _) => said::span(first, last, zone, language),
        ("length", _) => said::length(last.duration_since(first), language),
        ("status", Occasion::Progress { status, .. }) => (*status).to_owned(),
        ("details", Occasion::Progress { details, .. }) => details.join("\n"),
        _ => String::new(),
    }
}

fn fields(occasion: &Occasion<'_>, sender: &Sender<'_>) -> Fields {
    let owned = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect();
    let told = |at: Timestamp| {
        let zoned = at.to_zoned(sender.zone.clone());
        Some(zoned.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string())
    };
    let mut fields = Fields {
        system: sender.system.to_owned(),
        contact: sender.contact.to_owned(),
        ..Fields::default()
    };
    if occasion.kind() != Kind::Progress {
        fields.closed = owned(sender.closed);
        fields.open = owned(sender.open);
    }
    match *occasion {
        Occasion::Stop { from, until } | Occasion::Reopening { from, at: until } => {
            fields.from = told(from);
            fields.until = told(until);
        }
        Occasion::PutOff {
            from, until, at, ..
        } => {
            fields.from = told(from);
            fields.until = told(until);
            fields.at = told(at);
        }
        Occasion::Delay { was_until, until } => {
            fields.was_until = told(was_until);
            fields.until = told(until);
        }
        Occasion::Progress {
            at,
            status,
            details,
        } => {
            fields.at = told(at);
            fields.status = Some(status.to_owned());
            fields.details = details.to_vec();
        }
    }
    fields
}

#[cfg(test)]
mod tests;
