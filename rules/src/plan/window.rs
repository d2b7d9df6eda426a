//! The cutover window, and how much of the machine a run may take.

use std::num::NonZeroUsize;
use std::ops::Range;

use jiff::civil::DateTime;
use jiff::tz::TimeZoneDatabase;
use jiff::{SignedDuration, Timestamp};
use toml::value::Datetime;

use super::mistake::Mistake;
use super::reader::{Fields, Reader, text_of};
use super::sql_file::read_query;
use super::text::{Placed, SqlText};
use super::words::{CHANNEL, HOOKS, Kind, NOTICE, Section};

/// The time between closing the old books and opening the new ones.
#[derive(Clone, Debug)]
pub struct Window {
    /// When the old books close.
    pub freeze: Placed<Timestamp>,
    /// When the new books must be open; later than `freeze`.
    pub release: Placed<Timestamp>,
    /// How long it takes to open the old books again; shorter than the window.
    pub rollback_takes: Placed<SignedDuration>,
    /// Roles that must sign off, two at least.
    pub roles: Vec<String>,
    /// The file with the public keys of those who may sign off.
    pub signers: Option<Placed<String>>,
    /// Opening figures: SQL over the source; the digests of its files where there is none.
    pub figures: Option<SqlText>,
    /// How long to wait between the two readings of the opening figures.
    pub figures_apart: SignedDuration,
    /// How often a long run says when it will be done.
    pub report_every: SignedDuration,
    /// How the two systems are told to close and to open.
    pub hooks: Hooks,
    /// What users are told, once for each language.
    pub notices: Vec<NoticePlan>,
    /// Where notices are sent.
    pub channels: Vec<ChannelPlan>,
}

/// How the two systems are told to close and to open. Where there is none, it is done by hand.
#[derive(Clone, Debug)]
pub struct Hooks {
    /// Closes the old system.
    pub freeze: Option<Hook>,
    /// Opens the new system.
    pub release: Option<Hook>,
    /// Opens the old system again.
    pub rollback: Option<Hook>,
    /// How long a call may take.
    pub time_limit: SignedDuration,
}

/// How one system is told one thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hook {
    /// An address that is posted to; `${NAME}` is taken from the environment.
    Post(String),
    /// A program and its arguments.
    Command(Vec<String>),
}

/// What users are told in one language.
#[derive(Clone, Debug)]
pub struct NoticePlan {
    /// `zh` or `en`.
    pub language: String,
    /// What users call the system.
    pub system: String,
    /// Where they ask.
    pub contact: String,
    /// What is closed meanwhile.
    pub closed: Vec<String>,
    /// What goes on.
    pub open: Vec<String>,
    /// Texts in place of ours: of the window, of the reopening, of a delay, of a move put off.
    pub texts: [Option<Placed<String>>; 4],
    place: Range<usize>,
}

impl NoticePlan {
    /// Returns the place of `[[window.notice]]`.
    pub fn place(&self) -> Range<usize> {
        self.place.clone()
    }
}

/// Where notices are sent.
#[derive(Clone, Debug)]
pub struct ChannelPlan {
    /// What the daybook calls it.
    pub name: String,
    /// The notices that go there: `stop`, `reopening`, `delay`, `progress`.
    pub notices: Vec<String>,
    /// In which language; in all where there is none.
    pub language: Option<String>,
    /// How they get there.
    pub way: Way,
    /// How long an attempt may take.
    pub time_limit: SignedDuration,
    /// How often it is tried.
    pub attempts: u64,
    place: Range<usize>,
}

/// How a notice gets to where it is sent. Texts may name the environment as `${NAME}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Way {
    /// A request.
    Webhook {
        /// The address that is posted to.
        url: String,
        /// Headers.
        headers: Vec<(String, String)>,
        /// The body, in place of ours.
        body: Option<String>,
        /// What the answer must say besides its status: fields of its JSON.
        accept: Option<String>,
        /// A proxy to go through.
        proxy: Option<String>,
        /// The authorities to trust, instead of the public ones: a PEM file.
        ca_file: Option<String>,
    },
    /// Mail.
    Email {
        /// To whom.
        to: Vec<String>,
        /// From whom.
        from: String,
        /// The server and its port.
        server: String,
        /// `starttls`, `tls` or `none`.
        tls: String,
        /// Who logs in.
        user: Option<String>,
        /// With which password.
        password: Option<String>,
        /// The authorities to trust, instead of the public ones: a PEM file.
        ca_file: Option<String>,
    },
    /// A program with its arguments.
    Command(Vec<String>),
    /// A file, relative to the plan's folder.
    File(String),
}

impl ChannelPlan {
    /// Returns the place of `[[window.channel]]`.
    pub fn place(&self) -> Range<usize> {
        self.place.clone()
    }
}

impl Window {
    /// Returns the last moment at which a rollback can begin and still end in the window.
    pub fn point_of_no_return(&self) -> Timestamp {
        let last = self.release.checked_sub(self.rollback_takes.value);
        last.unwrap_or(self.freeze.value)
    }
}

/// How much of the machine a run may take. Results never depend on it.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// How many threads to work in; none: one for each processor.
    pub threads: Option<NonZeroUsize>,
    /// The most bytes that SQL may hold in memory before it spills to disk.
    pub memory_limit: Option<u64>,
}

/// Reads `[window]`. `zone` is the plan's, to say a moment's offset for those who forgot it.
pub(super) fn read_window(
    reader: &mut Reader<'_>,
    fields: &Fields<'_>,
    zone: Option<&str>,
) -> Option<Window> {
    let freeze = read_moment(reader, fields, "freeze", zone);
    let release = read_moment(reader, fields, "release", zone);
    let rollback_takes = read_duration(reader, fields, "rollback_takes");
    let roles = read_roles(reader, fields);
    let signers = fields.text(reader, "signers");
    if let Some(signers) = signers.as_ref().filter(|file| file.contains("${")) {
        let value = signers.value.clone();
        reader.note(Mistake::SignersByVariable { value }, signers.place());
    }
    let figures = fields.text(reader, "figures");
    let figures = figures.and_then(|text| read_query(reader, "figures", text));
    let figures_apart = read_or(reader, fields, "figures_apart", FIGURES_APART);
    let report_every = read_or(reader, fields, "report_every", REPORT_EVERY);
    let hooks = read_hooks(reader, fields);
    let notices = read_notices(reader, fields);
    let channels = read_channels(reader, fields);
    let (freeze, release) = (freeze?, release?);
    let length = release.duration_since(freeze.value);
    if !length.is_positive() {
        let by = match length.is_zero() {
            true => "at the moment of".to_owned(),
            false => format!("{} before", in_words(length)),
        };
        let mistake = Mistake::ReleaseBeforeFreeze { by };
        reader.note_pair(mistake, release.place(), freeze.place(), "the window opens");
        return None;
    }
    let rollback_takes = rollback_takes?;
    if rollback_takes.value >= length {
        let mistake = Mistake::RollbackTooLong {
            takes: in_words(rollback_takes.value),
            window: in_words(length),
            short: in_words(rollback_takes.saturating_sub(length)),
        };
        reader.note(mistake, rollback_takes.place());
        return None;
    }
    Some(Window {
        freeze,
        release,
        rollback_takes,
        roles,
        signers,
        figures,
        figures_apart,
        report_every,
        hooks,
        notices,
        channels,
    })
}

fn read_roles(reader: &mut Reader<'_>, fields: &Fields<'_>) -> Vec<String> {
    let roles = fields.texts(reader, "roles");
    if !fields.has("roles") {
        return ROLES.map(str::to_owned).to_vec();
    }
    if let ([_] | [], Some(place)) = (roles.as_slice(), fields.place_of("roles")) {
        reader.note(Mistake::OneRole, place);
    }
    plain(roles)
}

fn plain(texts: Vec<Placed<String>>) -> Vec<String> {
    texts.into_iter().map(|text| text.value).collect()
}

fn read_hooks(reader: &mut Reader<'_>, window: &Fields<'_>) -> Hooks {
    let mut hooks = Hooks {
        freeze: None,
        release: None,
        rollback: None,
        time_limit: HOOK_LIMIT,
    };
    if let Some((part, place)) = window.part("hooks") {
        let fields = reader.fields(&HOOKS, HOOKS.title.to_owned(), part, place);
        hooks.freeze = read_hook(reader, &fields, "freeze");
        hooks.release = read_hook(reader, &fields, "release");
        hooks.rollback = read_hook(reader, &fields, "rollback");
        hooks.time_limit = read_or(reader, &fields, "time_limit", HOOK_LIMIT);
    }
    hooks
}

/// Reads an address, or a program with its arguments. One word that is no address is a program.
fn read_hook(reader: &mut Reader<'_>, fields: &Fields<'_>, key: &'static str) -> Option<Hook> {
    let words = plain(fields.texts(reader, key));
    match words.as_slice() {
        [] => None,
        [one] if is_address(one) => Some(Hook::Post(one.clone())),
        _ => Some(Hook::Command(words)),
    }
}

fn is_address(text: &str) -> bool {
    ["http://", "https://", "${"]
        .iter()
        .any(|start| text.starts_with(start))
}

fn read_notices(reader: &mut Reader<'_>, window: &Fields<'_>) -> Vec<NoticePlan> {
    let mut notices: Vec<NoticePlan> = Vec::new();
    for (part, place) in window.parts("notice") {
        let fields = reader.fields(&NOTICE, NOTICE.title.to_owned(), part, place.clone());
        let language = read_choice(reader, &fields, &NOTICE, "language");
        let (system, contact) = (
            fields.text(reader, "system"),
            fields.text(reader, "contact"),
        );
        let closed = plain(fields.texts(reader, "closed"));
        let open = plain(fields.texts(reader, "open"));
        let texts = ["stop", "reopening", "delay", "put_off"].map(|key| fields.text(reader, key));
        let (Some(language), Some(system), Some(contact)) = (language, system, contact) else {
            continue;
        };
        if let Some(first) = notices.iter().find(|one| one.language == language) {
            let value = language.clone();
            let mistake = Mistake::Twice {
                key: "language",
                value,
            };
            reader.note_pair(mistake, place.clone(), first.place(), "first here");
        }
        notices.push(NoticePlan {
            language,
            system: system.value,
            contact: contact.value,
            closed,
            open,
            texts,
            place,
        });
    }
    notices
}

/// Reads one of a few words.
fn read_choice(
    reader: &mut Reader<'_>,
    fields: &Fields<'_>,
    section: &'static Section,
    key: &'static str,
) -> Option<String> {
    let text = fields.text(reader, key)?;
    let Some(Kind::Choice(words)) = section.key(key).map(|key| key.kind) else {
        return Some(text.value);
    };
    match words.contains(&text.as_str()) {
        true => Some(text.value),
        false => {
            note_other(reader, key, &text, words);
            None
        }
    }
}

/// Notes a word that is none of a few.
fn note_other(
    reader: &mut Reader<'_>,
    key: &'static str,
    text: &Placed<String>,
    words: &'static [&'static str],
) {
    let value = text.value.clone();
    let known = words.join(", ");
    reader.note(Mistake::NoSuchWord { key, value, known }, text.place());
}

/// What a notice can be about.
const OCCASIONS: &[&str] = &["stop", "reopening", "delay", "progress"];

/// Reads a list of words of which only some are known.
fn read_words(
    reader: &mut Reader<'_>,
    fields: &Fields<'_>,
    key: &'static str,
    known: &'static [&'static str],
) -> Vec<String> {
    let (good, other): (Vec<_>, Vec<_>) = fields
        .texts(reader, key)
        .into_iter()
        .partition(|text| known.contains(&text.as_str()));
    for text in other {
        note_other(reader, key, &text, known);
    }
    plain(good)
}

fn read_channels(reader: &mut Reader<'_>, window: &Fields<'_>) -> Vec<ChannelPlan> {
    let mut channels: Vec<ChannelPlan> = Vec::new();
    for (part, place) in window.parts("channel") {
        let fields = reader.fields(&CHANNEL, CHANNEL.title.to_owned(), part, place.clone());
        let name = fields.text(reader, "name");
        let mut notices = read_words(reader, &fields, "notices", OCCASIONS);
        if !fields.has("notices") {
            notices = OCCASIONS
                .iter()
                .take(3)
                .map(|&word| word.to_owned())
                .collect();
        }
        let language = read_choice(reader, &fields, &CHANNEL, "language");
        let attempts = fields.count(reader, "attempts", 1, 20);
        let time_limit = read_or(reader, &fields, "time_limit", CHANNEL_LIMIT);
        let way = read_way(reader, &fields);
        let (Some(name), Some(way)) = (name, way) else {
            continue;
        };
        if let Some(first) = channels.iter().find(|one| one.name == name.value) {
            let value = name.value.clone();
            let mistake = Mistake::Twice { key: "name", value };
            reader.note_pair(mistake, name.place(), first.place(), "first here");
        }
        channels.push(ChannelPlan {
            name: name.value,
            notices,
            language,
            way,
            time_limit,
            attempts: attempts.map_or(ATTEMPTS, |count| count.value),
            place,
        });
    }
    channels
}

/// Reads how a notice gets to a channel, and notes where that is said twice, or not at all.
fn read_way(reader: &mut Reader<'_>, fields: &Fields<'_>) -> Option<Way> {
    const WAYS: [&str; 4] = ["webhook", "email", "command", "file"];
    let mut said = WAYS.into_iter().filter(|key| fields.has(key));
    let (first, second) = (said.next(), said.next());
    let Some(first) = first else {
        reader.note(Mistake::NoWay, fields.place.clone());
        return None;
    };
    if let Some(second) = second {
        let place = fields.place_of(second).unwrap_or(fields.place.clone());
        reader.note(Mistake::TwoWays { first, second }, place);
        return None;
    }
    match first {
        "webhook" => Some(Way::Webhook {
            url: fields.text(reader, "webhook")?.value,
            headers: read_headers(reader, fields),
            body: fields.text(reader, "body").map(|text| text.value),
            accept: fields.text(reader, "accept").map(|text| text.value),
            proxy: fields.text(reader, "proxy").map(|text| text.value),
            ca_file: fields.text(reader, "ca_file").map(|text| text.value),
        }),
        "email" => read_email(reader, fields),
        "command" => {
            let words = plain(fields.texts(reader, "command"));
            (!words.is_empty()).then_some(Way::Command(words))
        }
        _ => Some(Way::File(fields.text(reader, "file")?.value)),
    }
}

fn read_headers(reader: &mut Reader<'_>, fields: &Fields<'_>) -> Vec<(String, String)> {
    let mut headers = Vec::new();
    for (name, value) in fields.entries("headers") {
        match text_of(value) {
            Some(text) => headers.push((name.value, text.value)),
            None => {
                let example = format!("{} = \"…\"", name.value);
                reader.note_wrong_kind(&name.value, Kind::Text, &example, value);
            }
        }
    }
    headers
}

fn read_email(reader: &mut Reader<'_>, fields: &Fields<'_>) -> Option<Way> {
    let to = plain(fields.texts(reader, "email"));
    let mut needs = |key: &'static str| {
        let text = fields.text(reader, key);
        if !fields.has(key) {
            reader.note(Mistake::MailLacks { key }, fields.place.clone());
        }
        text
    };
    let (server, from) = (needs("server"), needs("from"));
    let tls = match fields.has("tls") {
        true => read_choice(reader, fields, &CHANNEL, "tls")?,
        false => "starttls".to_owned(),
    };
    Some(Way::Email {
        to,
        from: from?.value,
        server: server?.value,
        tls,
        user: fields.text(reader, "user").map(|text| text.value),
        password: fields.text(reader, "password").map(|text| text.value),
        ca_file: fields.text(reader, "ca_file").map(|text| text.value),
    })
}

/// Roles that sign off where the plan names none.
const ROLES: [&str; 2] = ["accountant", "engineer"];
/// How long a call to a system may take where the plan does not say.
const HOOK_LIMIT: SignedDuration = SignedDuration::from_mins(2);
/// How long an attempt to send a notice may take where the plan does not say.
const CHANNEL_LIMIT: SignedDuration = SignedDuration::from_secs(10);
/// How often a notice is tried where the plan does not say.
const ATTEMPTS: u64 = 5;
/// How long to wait between two readings of figures where the plan does not say.
const FIGURES_APART: SignedDuration = SignedDuration::from_secs(10);
/// How often a long run reports where the plan does not say.
const REPORT_EVERY: SignedDuration = SignedDuration::from_mins(10);

fn read_or(
    reader: &mut Reader<'_>,
    fields: &Fields<'_>,
    key: &'static str,
    otherwise: SignedDuration,
) -> SignedDuration {
    read_duration(reader, fields, key).map_or(otherwise, |duration| duration.value)
}

fn read_moment(
    reader: &mut Reader<'_>,
    fields: &Fields<'_>,
    key: &'static str,
    zone: Option<&str>,
) -> Option<Placed<Timestamp>> {
    let value = fields.value(key)?;
    let written = value.get_ref().as_datetime()?;
    let mistake = match moment_of(key, written, zone) {
        Ok(moment) => return Some(Placed::new(moment, value.span())),
        Err(mistake) => mistake,
    };
    reader.note(mistake, value.span());
    None
}

/// Turns a date and time of TOML into a moment.
fn moment_of(
    key: &'static str,
    written: &Datetime,
    zone: Option<&str>,
) -> Result<Timestamp, Mistake> {
    let found = match (written.date, written.time, written.offset) {
        (Some(_), Some(_), Some(_)) => {
            let moment = written.to_string().parse::<Timestamp>();
            return moment.map_err(|error| Mistake::NoSuchMoment {
                key,
                why: error.to_string(),
            });
        }
        (Some(_), Some(_), None) => {
            let example = format!("{key} = {}", with_offset(written, zone));
            return Err(Mistake::NoOffset { key, example });
        }
        (Some(_), None, _) => "a date",
        _ => "a time",
    };
    Err(Mistake::NotAMoment { key, found })
}

/// Writes a civil time with the offset that it has in the plan's zone, or in UTC.
fn with_offset(written: &Datetime, zone: Option<&str>) -> String {
    let offset_of = |zone: &str| {
        if zone.len() == 6 && zone.starts_with(['+', '-']) {
            return Some(zone.to_owned());
        }
        let civil: DateTime = written.to_string().parse().ok()?;
        let zone = TimeZoneDatabase::bundled().get(zone).ok()?;
        let seconds = zone.to_zoned(civil).ok()?.offset().seconds();
        let sign = if seconds < 0 { '-' } else { '+' };
        let minutes = seconds.unsigned_abs() / 60;
        Some(format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60))
    };
    let offset = zone.and_then(offset_of).unwrap_or_else(|| "Z".to_owned());
    format!("{written}{offset}")
}

fn read_duration(
    reader: &mut Reader<'_>,
    fields: &Fields<'_>,
    key: &'static str,
) -> Option<Placed<SignedDuration>> {
    let text = fields.text(reader, key)?;
    let value = text.value.clone();
    let mistake = match text.parse::<SignedDuration>() {
        Ok(duration) if duration.is_positive() => {
            return Some(Placed::new(duration, text.place()));
        }
        Ok(_) => Mistake::NotPositive { key, value },
        Err(_) => Mistake::NotADuration { value },
    };
    reader.note(mistake, text.place());
    None
}

/// Writes a duration as `1h 30m`; less than a second as `0s`.
fn in_words(duration: SignedDuration) -> String {
    let seconds = duration.as_secs().unsigned_abs();
    let parts = [
        (seconds / 86_400, "d"),
        (seconds / 3_600 % 24, "h"),
        (seconds / 60 % 60, "m"),
        (seconds % 60, "s"),
    ];
    let said: Vec<String> = parts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, unit)| format!("{count}{unit}"))
        .collect();
    match said.is_empty() {
        true => "0s".to_owned(),
        false => said.join(" "),
    }
}

/// The most threads that make sense on one machine.
pub const MOST_THREADS: u64 = 1024;

/// The least memory that SQL can work in.
const LEAST_MEMORY: u64 = 16 << 20;

/// Reads `[settings]`.
pub(super) fn read_settings(reader: &mut Reader<'_>, fields: &Fields<'_>) -> Settings {
    let threads = fields.count(reader, "threads", 1, MOST_THREADS);
    Settings {
        threads: threads
            .and_then(|count| usize::try_from(count.value).ok())
            .and_then(NonZeroUsize::new),
        memory_limit: read_memory(reader, fields),
    }
}

fn read_memory(reader: &mut Reader<'_>, fields: &Fields<'_>) -> Option<u64> {
    let (bytes, place) = match fields.any_text("memory_limit") {
        Some(text) => {
            let Some(bytes) = bytes_of(&text) else {
                let value = text.value.clone();
                reader.note(Mistake::NotASize { value }, text.place());
                return None;
            };
            (bytes, text.place())
        }
        None => {
            let count = fields.count(reader, "memory_limit", 0, u64::MAX >> 1)?;
            (count.value, count.place())
        }
    };
    if bytes < LEAST_MEMORY {
        let mistake = Mistake::TooLittleMemory {
            bytes,
            least: LEAST_MEMORY,
            short: LEAST_MEMORY.saturating_sub(bytes),
        };
        reader.note(mistake, place);
        return None;
    }
    Some(bytes)
}

/// Reads `2 GB`, `512MiB` or `1000000`: whole numbers, units of 1000 or, with an `i`, of 1024.
fn bytes_of(text: &str) -> Option<u64> {
    let text = text.trim();
    let end = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (digits, unit) = text.split_at(end);
    let (base, power): (u64, u32) = match unit.trim_start().to_ascii_lowercase().as_str() {
        "" | "b" => (1, 0),
        "kb" | "k" => (1000, 1),
        "mb" | "m" => (1000, 2),
        "gb" | "g" => (1000, 3),
        "tb" | "t" => (1000, 4),
        "kib" => (1024, 1),
        "mib" => (1024, 2),
        "gib" => (1024, 3),
        "tib" => (1024, 4),
        _ => return None,
    };
    let count: u64 = digits.parse().ok()?;
    count.checked_mul(base.checked_pow(power)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_whole_numbers_with_a_unit() {
        let check = |text: &str, bytes: Option<u64>| assert_eq!(bytes_of(text), bytes, "{text}");
        check("1000000", Some(1_000_000));
        check("2 GB", Some(2_000_000_000));
        check("2gb", Some(2_000_000_000));
        check("512MiB", Some(512 << 20));
        check(" 1 kib ", Some(1024));
        check("1.5 GB", None);
        check("-1", None);
        check("GB", None);
        check("", None);
        check("1 金", None);
        check("99999999999 TB", None);
        check("99999999999999999999", None);
    }

    #[test]
    fn a_duration_is_said_in_its_largest_units() {
        let check = |seconds: i64, words: &str| {
            assert_eq!(in_words(SignedDuration::from_secs(seconds)), words);
        };
        check(0, "0s");
        check(45 * 60, "45m");
        check(90 * 60, "1h 30m");
        check(86_400 + 1, "1d 1s");
        check(i64::MIN, "106751991167300d 15h 30m 8s");
    }
}
