//! Civil time: what clock and calendar of a zone show, and the instants and dates behind it.
//!
//! A time that the clock of a zone skips or shows twice is refused by name, unless the caller says
//! which instant it means. The zones' history is compiled in, so that the same text gives the same
//! instant on every machine.

mod calendar;
mod text;
mod zone;

pub use calendar::Civil;
pub use text::parse_civil;
pub use zone::Zone;

use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use calendar::MICROS_PER_DAY;

/// Says which instant a time means that the clock skips or shows twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Disambiguation {
    /// None: it is an error.
    #[default]
    Refuse,
    /// The earlier instant.
    Earlier,
    /// The later instant.
    Later,
    /// What calendars do (RFC 5545): the earlier of two, and the later where the clock skips.
    Compatible,
}

/// Says why a text is no civil time, or a civil time no instant. `at` counts characters from 1.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[expect(missing_docs, reason = "the fields are what the messages name")]
pub enum CivilError {
    /// There is nothing but blanks.
    #[error("the time is empty")]
    Empty,
    /// The text is not written in a form that is read.
    #[error("`{text}` is no date and time of the form 2013-05-27 08:00:00, from character {at} on")]
    Unreadable { text: String, at: usize },
    /// The calendar has no such day.
    #[error("`{text}` is a date that the calendar does not have")]
    NoSuchDate { text: String },
    /// The clock has no such time.
    #[error("`{text}` is a time that no clock shows")]
    NoSuchTime { text: String },
    /// The text says its own distance from UTC, so that a zone must not be applied.
    #[error(
        "`{text}` carries its own offset at character {at}: it is an instant, not a civil time"
    )]
    HasOffset { text: String, at: usize },
    /// The fraction has more than six decimals that are not zero.
    #[error("`{text}` is finer than a microsecond")]
    FinerThanMicros { text: String },
    /// The clock was put forward over this time.
    #[error("{civil} does not exist in {zone}: the clock goes from {from} to {to}")]
    Skipped {
        civil: Civil,
        zone: String,
        from: Civil,
        to: Civil,
    },
    /// The clock was put back and showed this time twice.
    #[error("{civil} happens twice in {zone}: the clock goes back from {from} to {to}")]
    Doubled {
        civil: Civil,
        zone: String,
        from: Civil,
        to: Civil,
    },
    /// The instant does not fit into 64 bits of microseconds.
    #[error("{civil} is too far away to be an instant")]
    OutOfRange { civil: Civil },
    /// The zone is not known.
    #[error(
        "`{name}` is no time zone: it takes a name such as Asia/Shanghai, or an offset such as +08:00"
    )]
    UnknownZone { name: String },
    /// The text is no time of day.
    #[error("`{text}` is no time of day such as 23:00")]
    NoSuchCutOff { text: String },
    /// The text is no way to read a skipped or doubled time.
    #[error("`{text}` is none of refuse, earlier, later, compatible")]
    NoSuchDisambiguation { text: String },
}

/// Is the time of day at which the business date changes.
///
/// From the cut-off on it is the next day: at a cut-off of 23:00 the day ends an hour before
/// midnight. A cut-off of 00:00 or 24:00 changes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct CutOff {
    /// Time of day in microseconds, below one day.
    micros: i64,
}

/// Reads a civil time and gives its instant in a zone, in microseconds since 1970 UTC.
///
/// ```
/// use ledger::{Disambiguation, Zone, local_time};
///
/// let shanghai = Zone::new("Asia/Shanghai")?;
/// let instant = local_time("1970-01-01 08:00:00.5", &shanghai, Disambiguation::Refuse)?;
/// assert_eq!(instant, 500_000);
/// # Ok::<(), ledger::CivilError>(())
/// ```
///
/// # Errors
///
/// The text is no civil time (see [`parse_civil`]), or it means no instant or two.
pub fn local_time(
    text: &str,
    zone: &Zone,
    disambiguation: Disambiguation,
) -> Result<i64, CivilError> {
    zone.instant(parse_civil(text)?, disambiguation)
}

/// Gives the business date of an instant, in days since 1970-01-01.
///
/// ```
/// use ledger::{CutOff, Zone, business_date};
///
/// let shanghai = Zone::new("Asia/Shanghai")?;
/// let cut: CutOff = "23:00".parse()?;
/// let at = |hour: i64| hour * 3_600_000_000;
/// assert_eq!(business_date(at(14), &shanghai, cut)?, 0); // 22:00 on the first
/// assert_eq!(business_date(at(15), &shanghai, cut)?, 1); // 23:00
/// # Ok::<(), ledger::CivilError>(())
/// ```
///
/// # Errors
///
/// The instant is at the end of the range of 64 bits, some 290,000 years away.
pub fn business_date(instant_micros: i64, zone: &Zone, cut: CutOff) -> Result<i32, CivilError> {
    let civil = zone.civil(instant_micros)?;
    let rest_of_day = MICROS_PER_DAY
        .saturating_sub(cut.micros)
        .checked_rem(MICROS_PER_DAY)
        .unwrap_or(0);
    let moved = civil
        .micros()
        .checked_add(rest_of_day)
        .ok_or(CivilError::OutOfRange { civil })?;
    i32::try_from(moved.div_euclid(MICROS_PER_DAY)).map_err(|_| CivilError::OutOfRange { civil })
}

impl FromStr for CutOff {
    type Err = CivilError;

    /// Reads `23:00` or `23:00:00`.
    ///
    /// # Errors
    ///
    /// It is no time of day.
    fn from_str(text: &str) -> Result<CutOff, CivilError> {
        text::parse_time_of_day(text).map(|micros| CutOff { micros })
    }
}

impl FromStr for Disambiguation {
    type Err = CivilError;

    /// Reads the word of the plan.
    ///
    /// # Errors
    ///
    /// It is another word.
    fn from_str(text: &str) -> Result<Disambiguation, CivilError> {
        match text {
            "refuse" => Ok(Disambiguation::Refuse),
            "earlier" => Ok(Disambiguation::Earlier),
            "later" => Ok(Disambiguation::Later),
            "compatible" => Ok(Disambiguation::Compatible),
            other => Err(CivilError::NoSuchDisambiguation {
                text: other.to_owned(),
            }),
        }
    }
}
