//! The cutover window, and how much of the machine a run may take.

use std::num::NonZeroUsize;

use jiff::civil::DateTime;
use jiff::tz::TimeZoneDatabase;
use jiff::{SignedDuration, Timestamp};
use toml::value::Datetime;

use super::mistake::Mistake;
use super::reader::{Fields, Reader};
use super::text::Placed;

/// The time between closing the old books and opening the new ones.
#[derive(Clone, Debug)]
pub struct Window {
    /// When the old books close.
    pub freeze: Placed<Timestamp>,
    /// When the new books must be open; later than `freeze`.
    pub release: Placed<Timestamp>,
    /// How long it takes to open the old books again; shorter than the window.
    pub rollback_takes: Placed<SignedDuration>,
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
    let rollback_takes = read_duration(reader, fields);
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
    })
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

fn read_duration(reader: &mut Reader<'_>, fields: &Fields<'_>) -> Option<Placed<SignedDuration>> {
    let text = fields.text(reader, "rollback_takes")?;
    let value = text.value.clone();
    let mistake = match text.parse::<SignedDuration>() {
        Ok(duration) if duration.is_positive() => {
            return Some(Placed::new(duration, text.place()));
        }
        Ok(_) => Mistake::NotPositive { value },
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
const MOST_THREADS: u64 = 1024;

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
