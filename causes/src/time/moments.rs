//! The instants that a break's records tell.

use ledger::{Disambiguation, parse_civil};

use crate::case::{Case, MICROS_PER_DAY, micros_of};

/// Is an instant with what the clock of the plan's zone shows then, in microseconds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment {
    pub(crate) instant: i64,
    pub(crate) civil: i64,
}

impl Moment {
    /// The clock's distance from UTC.
    pub(crate) fn offset(self) -> i64 {
        self.civil.saturating_sub(self.instant)
    }

    /// Microseconds since midnight.
    pub(crate) fn time_of_day(self) -> i64 {
        self.civil.rem_euclid(MICROS_PER_DAY)
    }

    pub(crate) fn day(self) -> i64 {
        self.civil.div_euclid(MICROS_PER_DAY)
    }
}

/// Number of instants of a break that are looked at.
const MOMENTS_MAX: usize = 8;

/// Reads all texts of the source and the expected record that have a time of day. A text with a
/// `Z` is an instant, any other a civil time in the plan's zone.
pub(crate) fn of(case: &Case<'_>) -> Vec<Moment> {
    case.source_values()
        .chain(case.expected_values())
        .filter_map(|(_, text)| read(case, text))
        .take(MOMENTS_MAX)
        .collect()
}

/// Reads one text that has a time of day.
pub(crate) fn read(case: &Case<'_>, text: &str) -> Option<Moment> {
    let text = text.trim();
    let looks_so =
        (12..=35).contains(&text.len()) && text.bytes().take(4).all(|byte| byte.is_ascii_digit());
    if !looks_so {
        return None;
    }
    if text.ends_with('Z') {
        return of_instant(case, micros_of(text)?);
    }
    let civil = parse_civil(text).ok()?;
    let instant = case
        .terms
        .zone
        .instant(civil, Disambiguation::Compatible)
        .ok()?;
    Some(Moment {
        instant,
        civil: civil.micros(),
    })
}

pub(crate) fn of_instant(case: &Case<'_>, instant: i64) -> Option<Moment> {
    let civil = case.terms.zone.civil(instant).ok()?.micros();
    Some(Moment { instant, civil })
}
