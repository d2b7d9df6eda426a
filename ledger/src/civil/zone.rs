//! A time zone, prepared for a hundred million questions.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::{TimeZone, TimeZoneDatabase};

use super::calendar::{Civil, DAYS_PER_CYCLE, Day, MICROS_PER_DAY, MICROS_PER_SECOND};
use super::{CivilError, Disambiguation};

/// Is a time zone with all its clock changes at hand. It is cheap to clone.
#[derive(Debug, Clone)]
pub struct Zone {
    name: Arc<str>,
    spans: Arc<[Span]>,
}

/// Is a stretch of time during which the clock was not touched. All times are in microseconds.
#[derive(Debug, Clone, Copy)]
struct Span {
    /// First instant.
    start: i64,
    /// What the clock shows at the first instant.
    civil_start: i64,
    /// What the clock would show at the first instant after the last.
    civil_end: i64,
    /// What the clock shows less the instant.
    offset: i64,
}

/// Length of the 400 years after which the rules for clock changes repeat, weekdays and all.
const CYCLE: i64 = DAYS_PER_CYCLE.saturating_mul(MICROS_PER_DAY);
/// From 2100 on a zone's rules are taken to repeat. Changes that were decreed singly end before.
const REPEATS_FROM: i64 = Day {
    year: 2100,
    month: 1,
    day: 1,
}
.number()
.saturating_mul(MICROS_PER_DAY);

impl Zone {
    /// Prepares a zone: an IANA name such as `Asia/Shanghai`, or an offset such as `+08:00`.
    ///
    /// # Errors
    ///
    /// There is no such zone.
    pub fn new(name: &str) -> Result<Zone, CivilError> {
        let unknown = || CivilError::UnknownZone {
            name: name.to_owned(),
        };
        let spans = match offset_of_text(name) {
            Some(offset) => vec![Span {
                start: i64::MIN,
                civil_start: i64::MIN,
                civil_end: i64::MAX,
                offset,
            }],
            None => spans(
                &TimeZoneDatabase::bundled()
                    .get(name)
                    .map_err(|_| unknown())?,
            ),
        };
        Ok(Zone {
            name: name.into(),
            spans: spans.into(),
        })
    }

    /// Gives the name that the zone was asked for by.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Gives what the clock shows at an instant.
    ///
    /// # Errors
    ///
    /// The instant is at the end of the range of 64 bits.
    pub fn civil(&self, instant_micros: i64) -> Result<Civil, CivilError> {
        let (instant, _) = folded(instant_micros);
        let index = self.spans.partition_point(|span| span.start <= instant);
        let offset = self.span(index.saturating_sub(1)).offset;
        let out_of_range = || CivilError::OutOfRange {
            civil: Civil::from_micros(instant_micros),
        };
        instant_micros
            .checked_add(offset)
            .map(Civil::from_micros)
            .ok_or_else(out_of_range)
    }

    /// Gives the instant at which the clock shows a time, in microseconds since 1970 UTC.
    ///
    /// # Errors
    ///
    /// The clock never shows it, or shows it twice, and `disambiguation` does not say which instant
    /// is meant; or the instant is at the end of the range of 64 bits.
    pub fn instant(&self, civil: Civil, disambiguation: Disambiguation) -> Result<i64, CivilError> {
        let (micros, _) = folded(civil.micros());
        let index = self
            .spans
            .partition_point(|span| span.civil_start <= micros)
            .saturating_sub(1);
        let span = self.span(index);
        let previous = index.checked_sub(1).map(|index| self.span(index));
        let offset = if micros >= span.civil_end {
            self.offset_of_skipped(
                civil,
                span,
                self.span(index.saturating_add(1)),
                disambiguation,
            )?
        } else {
            match previous.filter(|previous| micros < previous.civil_end) {
                Some(previous) => self.offset_of_doubled(civil, previous, span, disambiguation)?,
                None => span.offset,
            }
        };
        civil
            .micros()
            .checked_sub(offset)
            .ok_or(CivilError::OutOfRange { civil })
    }

    fn span(&self, index: usize) -> &Span {
        self.spans
            .get(index)
            .or(self.spans.last())
            .expect("a zone has at least one span")
    }

    fn offset_of_skipped(
        &self,
        civil: Civil,
        before: &Span,
        after: &Span,
        disambiguation: Disambiguation,
    ) -> Result<i64, CivilError> {
        match disambiguation {
            // The clock went forward: reading it by the new offset gives the earlier instant.
            Disambiguation::Earlier => Ok(after.offset),
            Disambiguation::Later | Disambiguation::Compatible => Ok(before.offset),
            Disambiguation::Refuse => {
                let (from, to) = change(civil, before, after);
                Err(CivilError::Skipped {
                    civil,
                    zone: self.name.to_string(),
                    from,
                    to,
                })
            }
        }
    }

    fn offset_of_doubled(
        &self,
        civil: Civil,
        before: &Span,
        after: &Span,
        disambiguation: Disambiguation,
    ) -> Result<i64, CivilError> {
        match disambiguation {
            Disambiguation::Earlier | Disambiguation::Compatible => Ok(before.offset),
            Disambiguation::Later => Ok(after.offset),
            Disambiguation::Refuse => {
                let (from, to) = change(civil, before, after);
                Err(CivilError::Doubled {
                    civil,
                    zone: self.name.to_string(),
                    from,
                    to,
                })
            }
        }
    }
}

/// Gives what the clock shows at a change, before and after it is touched.
fn change(civil: Civil, before: &Span, after: &Span) -> (Civil, Civil) {
    let (_, cycles) = folded(civil.micros());
    let at = |micros: i64| Civil::from_micros(micros.saturating_add(cycles));
    (at(before.civil_end), at(after.civil_start))
}

/// Brings a time after 2100 into the 400 years from then; says also how far it was moved.
fn folded(micros: i64) -> (i64, i64) {
    if micros < REPEATS_FROM {
        return (micros, 0);
    }
    let cycles = micros
        .saturating_sub(REPEATS_FROM)
        .div_euclid(CYCLE)
        .saturating_mul(CYCLE);
    (micros.saturating_sub(cycles), cycles)
}

/// Lists the spans of a zone up to the end of the 400 years that repeat.
fn spans(zone: &TimeZone) -> Vec<Span> {
    // One year more than is asked for, so that an answer near the end has a span behind it.
    let end = REPEATS_FROM
        .saturating_add(CYCLE)
        .saturating_add(366 * MICROS_PER_DAY);
    let micros =
        |offset: jiff::tz::Offset| i64::from(offset.seconds()).saturating_mul(MICROS_PER_SECOND);
    let first = micros(zone.to_offset(Timestamp::MIN));
    let mut spans = vec![Span {
        start: i64::MIN,
        civil_start: i64::MIN,
        civil_end: i64::MAX,
        offset: first,
    }];
    for transition in zone.following(Timestamp::MIN) {
        let (start, offset) = (
            transition.timestamp().as_microsecond(),
            micros(transition.offset()),
        );
        if start >= end {
            break;
        }
        let Some(last) = spans.last_mut().filter(|last| last.offset != offset) else {
            continue;
        };
        last.civil_end = start.saturating_add(last.offset);
        spans.push(Span {
            start,
            civil_start: start.saturating_add(offset),
            civil_end: i64::MAX,
            offset,
        });
    }
    spans
}

/// Reads `+08:00`.
fn offset_of_text(text: &str) -> Option<i64> {
    let sign = match text.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let (hours, minutes) = text.get(1..)?.split_once(':')?;
    let number = |digits: &str| {
        let is_pair = digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_digit());
        if is_pair {
            digits.parse::<i64>().ok()
        } else {
            None
        }
    };
    let (hours, minutes) = (
        number(hours).filter(|h| *h <= 23)?,
        number(minutes).filter(|m| *m <= 59)?,
    );
    let seconds = hours
        .checked_mul(60)?
        .checked_add(minutes)?
        .checked_mul(60)?;
    seconds.checked_mul(MICROS_PER_SECOND)?.checked_mul(sign)
}
