//! Conditions as SQL text.

use super::reading::{Moment, NANOS_PER_SECOND};
use super::{Part, Predicate, Range, Role, Test};
use crate::Kind;
use ledger::{Civil, Decimal, Zone};
use std::fmt::{self, Display, Write as _};
use std::ops::Bound;

impl Display for Predicate {
    /// Writes the condition as SQL, on one line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let column = self.attribute.to_string();
        let text = match &self.test {
            Test::IsNull => format!("{column} IS NULL"),
            Test::IsNotNull => format!("{column} IS NOT NULL"),
            Test::IsEmpty => format!("{column} = ''"),
            Test::Is(value) => format!("{column} = {}", quoted(value)),
            Test::IsIn(values) => {
                format!("{column} IN ({})", list(values.iter().map(|v| quoted(v))))
            }
            Test::IsNotIn(values) => match values.as_slice() {
                [value] => format!("{column} <> {}", quoted(value)),
                _ => format!(
                    "{column} NOT IN ({})",
                    list(values.iter().map(|v| quoted(v)))
                ),
            },
            Test::Number(range) => compared(&self.number(), range, |number| number_text(*number)),
            Test::NumberIn(numbers) => {
                let numbers = list(numbers.iter().map(|number| number_text(*number)));
                format!("{} IN ({numbers})", self.number())
            }
            Test::NumberIsNot(number) => format!("{} <> {}", self.number(), number_text(*number)),
            Test::StartsWith(start) => match like(start) {
                Some(start) => format!("{column} LIKE '{start}%'"),
                None => format!("starts_with({column}, {})", quoted(start)),
            },
            Test::EndsWith(end) => match like(end) {
                Some(end) => format!("{column} LIKE '%{end}'"),
                None => format!("ends_with({column}, {})", quoted(end)),
            },
            Test::Contains(part) => match like(part) {
                Some(part) => format!("{column} LIKE '%{part}%'"),
                None => format!("contains({column}, {})", quoted(part)),
            },
            Test::HasNonAscii => format!("octet_length({column}) > character_length({column})"),
            Test::Length(range) => compared(
                &format!("character_length({column})"),
                range,
                u32::to_string,
            ),
            Test::Decimals(range) => compared(
                &format!("min_scale({})", self.number()),
                range,
                u32::to_string,
            ),
            Test::Remainder { modulus, rest } => {
                // Rows are never below zero.
                let size = match self.attribute.role {
                    Role::Row => self.number(),
                    _ => format!("abs({})", self.number()),
                };
                format!(
                    "{size} % {} = {}",
                    number_text(*modulus),
                    number_text(*rest)
                )
            }
            Test::Moment(range) => {
                let column = match self.attribute.kind {
                    Kind::Text => self.read_as_time(),
                    _ => column,
                };
                compared(&column, range, |moment| {
                    format!(
                        "'{}'",
                        moment_text(self.attribute.kind, &self.zone, *moment)
                    )
                })
            }
            Test::Part(part, range) => self.part(*part, range),
        };
        f.pad(&text)
    }
}

impl Predicate {
    /// The column as a number.
    fn number(&self) -> String {
        match self.attribute.kind {
            Kind::Text => format!("money({})", self.attribute),
            _ => self.attribute.to_string(),
        }
    }

    /// A text as the time that it says, whatever its spelling: as text it would be compared letter by
    /// letter.
    fn read_as_time(&self) -> String {
        format!("local_time({}, 'UTC')", self.attribute)
    }

    /// The column as what the clock on the wall shows.
    fn wall(&self) -> String {
        match self.attribute.kind {
            Kind::Instant => {
                let zone = quoted(self.zone.name());
                format!("{} AT TIME ZONE {zone}", self.attribute)
            }
            Kind::Text => self.read_as_time(),
            _ => self.attribute.to_string(),
        }
    }

    fn part(&self, part: Part, range: &Range<u32>) -> String {
        let of = |name: &str| format!("date_part('{name}', {})", self.wall());
        match part {
            Part::Hour => compared(&of("hour"), range, u32::to_string),
            Part::Day => compared(&of("day"), range, u32::to_string),
            Part::Month => compared(&of("month"), range, u32::to_string),
            Part::Weekday => compared(&of("isodow"), range, u32::to_string),
            Part::NanosOfSecond => {
                let nanos = format!("{} % 1000000000", of("nanosecond"));
                compared(&nanos, range, u32::to_string)
            }
            Part::SecondOfDay => {
                let time = format!("CAST({} AS TIME)", self.wall());
                compared(&time, range, |seconds| {
                    let (hours, minutes) = (seconds / 3_600, seconds / 60 % 60);
                    format!("'{hours:02}:{minutes:02}:{:02}'", seconds % 60)
                })
            }
        }
    }
}

/// A comparison with the bounds of a range.
fn compared<T: Ord + Copy>(what: &str, range: &Range<T>, show: impl Fn(&T) -> String) -> String {
    if let Some(only) = range.single() {
        return format!("{what} = {}", show(&only));
    }
    if let (Bound::Included(from), Bound::Included(to)) = (&range.from, &range.to) {
        return format!("{what} BETWEEN {} AND {}", show(from), show(to));
    }
    let mut text = String::new();
    let from = match &range.from {
        Bound::Included(from) => Some((">=", from)),
        Bound::Excluded(from) => Some((">", from)),
        Bound::Unbounded => None,
    };
    let to = match &range.to {
        Bound::Included(to) => Some(("<=", to)),
        Bound::Excluded(to) => Some(("<", to)),
        Bound::Unbounded => None,
    };
    for (sign, bound) in from.into_iter().chain(to) {
        if !text.is_empty() {
            text.push_str(" AND ");
        }
        let written = write!(text, "{what} {sign} {}", show(bound));
        written.expect("a string takes whatever is written");
    }
    text
}

fn list(items: impl Iterator<Item = String>) -> String {
    items.collect::<Vec<_>>().join(", ")
}

/// A number without zeros at the end of its decimals, where it has more than none.
fn number_text(number: Decimal) -> String {
    number.normalized().to_string()
}

/// A literal of SQL. What would break the line is escaped.
fn quoted(text: &str) -> String {
    format!("'{}'", on_one_line(&text.replace('\'', "''")))
}

fn on_one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_control() {
            line.extend(character.escape_debug());
        } else {
            line.push(character);
        }
    }
    line
}

/// The text as a pattern of LIKE; none where it has a sign that means something there.
fn like(text: &str) -> Option<String> {
    (!text.contains(['%', '_', '\\'])).then(|| on_one_line(&text.replace('\'', "''")))
}

/// A moment as the column writes it; an instant as the clock of the zone shows it, which is what people
/// know of a cut-off, with its distance from UTC.
fn moment_text(kind: Kind, zone: &Zone, moment: Moment) -> String {
    let seconds = moment.0.div_euclid(NANOS_PER_SECOND);
    let nanos = moment.0.rem_euclid(NANOS_PER_SECOND);
    let micros = i64::try_from(seconds * 1_000_000).unwrap_or(i64::MAX);
    let shown = match kind {
        Kind::Instant => on_the_clock(zone, micros),
        _ => None,
    };
    let (civil, distance) = shown.unwrap_or((Civil::from_micros(micros), "Z".to_owned()));
    let mut text = civil.to_string();
    if nanos != 0 {
        let fraction = format!(".{nanos:09}");
        text.push_str(fraction.trim_end_matches('0'));
    }
    match kind {
        Kind::Instant => text + &distance,
        Kind::Date => text.split('T').next().unwrap_or_default().to_owned(),
        _ => text.replacen('T', " ", 1),
    }
}

/// What the clock of a zone shows at an instant, with its distance from UTC; none where that is none, or
/// no whole minutes, as before there were zones.
fn on_the_clock(zone: &Zone, micros: i64) -> Option<(Civil, String)> {
    let civil = zone.civil(micros).ok()?;
    let distance = civil.micros().checked_sub(micros)?;
    let minutes = distance / 60_000_000;
    if distance == 0 || distance % 60_000_000 != 0 {
        return None;
    }
    let sign = if minutes < 0 { '-' } else { '+' };
    let minutes = minutes.abs();
    let shown = format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60);
    Some((civil, shown))
}
