//! The values of a column over the sampled records, each told once.

use super::attribute::{Attribute, Attributes, ColumnIndex, Role};
use super::cover::{Counts, Cover};
use super::reading::{self, Moment};
use super::sample::Row;
use super::{Part, Test};
use crate::Kind;
use ledger::Decimal;
use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::ops::{Bound, Range};

/// The rank of a record that has no value on an axis.
const NONE: u32 = u32::MAX;

/// The sampled records; the first `broken` of them are broken.
#[derive(Debug)]
pub(super) struct Records {
    pub(super) rows: Vec<Row>,
    pub(super) broken: usize,
}

/// A column as text, ascending, and the rank of each record's value.
#[derive(Debug)]
pub(super) struct Texts<'a> {
    pub(super) texts: Vec<&'a str>,
    ranks: Vec<u32>,
}

/// A column read in one way, ascending, and the rank of each record's value.
#[derive(Debug)]
pub(super) struct Axis {
    pub(super) points: Points,
    ranks: Vec<u32>,
    /// Of which values the remainders of divisions hold that need no record to be thought of.
    divided: OnceCell<Vec<(Vec<bool>, Test)>>,
}

/// The values of an axis.
#[derive(Debug)]
pub(super) enum Points {
    Numbers(Vec<Decimal>),
    Moments(Vec<Moment>),
    Lengths(Vec<u32>),
    Decimals(Vec<u32>),
    Parts(Part, Vec<u32>),
}

impl Records {
    /// Number of records of each side, of those in a cover if one is given.
    pub(super) fn counts(&self, within: Option<&Cover>) -> Counts {
        within.map_or_else(
            || Counts {
                broken: self.broken as u64,
                unbroken: (self.rows.len() - self.broken) as u64,
            },
            Cover::counts,
        )
    }

    /// Counts the records of each rank.
    fn count(&self, ranks: &[u32], values: usize, within: Option<&Cover>) -> Vec<Counts> {
        let mut counts = vec![Counts::default(); values];
        for (record, rank) in ranks.iter().enumerate() {
            if *rank == NONE || within.is_some_and(|cover| !cover.has(record, self.broken)) {
                continue;
            }
            let count = &mut counts[*rank as usize];
            if record < self.broken {
                count.broken += 1;
            } else {
                count.unbroken += 1;
            }
        }
        counts
    }

    fn cover(&self, ranks: &[u32], holds: &[bool]) -> Cover {
        Cover::of(self.rows.len(), self.broken, |record| {
            holds.get(ranks[record] as usize).copied().unwrap_or(false)
        })
    }
}

impl<'a> Texts<'a> {
    pub(super) fn of(records: &'a Records, column: ColumnIndex) -> Self {
        let value = |(record, row): (usize, &'a Row)| Some((row[column.0].as_deref()?, record));
        let mut all: Vec<(&str, usize)> =
            records.rows.iter().enumerate().filter_map(value).collect();
        all.sort_unstable();
        let mut texts: Vec<&str> = Vec::new();
        let mut ranks = vec![NONE; records.rows.len()];
        for (text, record) in all {
            if texts.last() != Some(&text) {
                texts.push(text);
            }
            ranks[record] = texts.len() as u32 - 1;
        }
        Self { texts, ranks }
    }

    pub(super) fn count(&self, records: &Records, within: Option<&Cover>) -> Vec<Counts> {
        records.count(&self.ranks, self.texts.len(), within)
    }

    /// The texts of which a test holds.
    pub(super) fn holds(&self, test: &Test) -> Vec<bool> {
        self.texts
            .iter()
            .map(|text| test.holds_of_text(text))
            .collect()
    }

    /// The records of which a test of text holds.
    pub(super) fn cover(&self, records: &Records, test: &Test) -> Cover {
        if *test == Test::IsNull {
            let is_null = |record: usize| self.ranks[record] == NONE;
            return Cover::of(records.rows.len(), records.broken, is_null);
        }
        records.cover(&self.ranks, &self.holds(test))
    }

    pub(super) fn has_null(&self) -> bool {
        self.ranks.contains(&NONE)
    }

    /// Reads every text; none where less than nine in ten records that have text can be read.
    fn read<T: Ord + Copy>(&self, read: impl Fn(&str) -> Option<T>) -> Option<(Vec<T>, Vec<u32>)> {
        let values: Vec<Option<T>> = self.texts.iter().map(|text| read(text)).collect();
        let mut points: Vec<T> = values.iter().flatten().copied().collect();
        points.sort_unstable();
        points.dedup();
        let rank = |value: &Option<T>| {
            value.map_or(NONE, |value| {
                points.partition_point(|other| *other < value) as u32
            })
        };
        let of_text: Vec<u32> = values.iter().map(rank).collect();
        let (mut are_read, mut have_text) = (0_usize, 0_usize);
        let mut ranks = Vec::with_capacity(self.ranks.len());
        for text in &self.ranks {
            let rank = of_text.get(*text as usize).copied().unwrap_or(NONE);
            let has_text = self
                .texts
                .get(*text as usize)
                .is_some_and(|text| !text.trim().is_empty());
            have_text += usize::from(has_text);
            are_read += usize::from(has_text && rank != NONE);
            ranks.push(rank);
        }
        (!points.is_empty() && are_read * 10 >= have_text * 9).then_some((points, ranks))
    }
}

impl Axis {
    /// All axes of a column.
    pub(super) fn all(
        texts: &Texts<'_>,
        attribute: &Attribute,
        attributes: &Attributes,
    ) -> Vec<Self> {
        let mut axes = Vec::new();
        let mut add = |read: Option<(Vec<u32>, Vec<u32>)>, points: &dyn Fn(Vec<u32>) -> Points| {
            axes.extend(read.map(|(values, ranks)| Self {
                points: points(values),
                ranks,
                divided: OnceCell::new(),
            }));
        };
        let kind = attribute.kind;
        let is_value = attribute.role == Role::Value;
        if is_value && kind == Kind::Text {
            add(
                texts.read(|text| Some(reading::length(text))),
                &Points::Lengths,
            );
        }
        let numbers = match (kind, attribute.role) {
            (Kind::Number, _) | (Kind::Text, Role::Value) => {
                texts.read(|text| reading::number(kind, text))
            }
            _ => None,
        };
        if is_value && numbers.is_some() {
            let decimals = |text: &str| reading::number(kind, text).map(reading::decimals);
            add(texts.read(decimals), &Points::Decimals);
        }
        let moments = match kind {
            Kind::Date | Kind::Instant | Kind::Text if is_value => {
                texts.read(|text| reading::moment(kind, text))
            }
            _ => None,
        };
        if moments.is_some() {
            for part in Part::ALL {
                let wall = |text: &str| {
                    let moment = reading::moment(kind, text)?;
                    reading::on_the_wall(kind, moment, &attributes.zone)
                };
                let read = texts.read(|text| wall(text).map(|wall| reading::part(part, wall)));
                // A part that is the same everywhere tells nothing: dates have no hours.
                let read = read.filter(|(values, _)| values.len() > 1);
                add(read, &|values| Points::Parts(part, values));
            }
        }
        axes.extend(numbers.map(|(values, ranks)| Self {
            points: Points::Numbers(values),
            ranks,
            divided: OnceCell::new(),
        }));
        axes.extend(moments.map(|(values, ranks)| Self {
            points: Points::Moments(values),
            ranks,
            divided: OnceCell::new(),
        }));
        axes
    }

    pub(super) fn count(&self, records: &Records, within: Option<&Cover>) -> Vec<Counts> {
        records.count(&self.ranks, self.points.len(), within)
    }

    /// Where the values of a range begin and end; none for a test of another kind.
    fn span(&self, test: &Test) -> Option<Range<usize>> {
        match (&self.points, test) {
            (Points::Numbers(numbers), Test::Number(range)) => Some(span(numbers, range)),
            (Points::Moments(moments), Test::Moment(range)) => Some(span(moments, range)),
            (
                Points::Lengths(counts) | Points::Decimals(counts) | Points::Parts(_, counts),
                Test::Length(range) | Test::Decimals(range) | Test::Part(_, range),
            ) => Some(span(counts, range)),
            _ => None,
        }
    }

    /// The values of which a test of this axis holds.
    fn holds(&self, test: &Test) -> Cow<'_, [bool]> {
        if let Some(span) = self.span(test) {
            return (0..self.points.len())
                .map(|place| span.contains(&place))
                .collect();
        }
        let Points::Numbers(numbers) = &self.points else {
            return Cow::Borrowed(&[]);
        };
        let holds = |test: &Test| -> Vec<bool> {
            let numbers = numbers.iter();
            numbers
                .map(|number| test.holds_of_number(*number))
                .collect()
        };
        // They are asked for within one condition after the other, and take a division each.
        let divided = self.divided.get_or_init(|| {
            let tests = super::mine::remainders();
            tests.map(|test| (holds(&test), test)).collect()
        });
        match divided.iter().find(|(_, known)| known == test) {
            Some((known, _)) => Cow::Borrowed(known),
            None => Cow::Owned(holds(test)),
        }
    }

    /// Adds up the counts of the values of which a test holds; `sums` are those of [`Counts::sums`].
    pub(super) fn counts_of(&self, test: &Test, counts: &[Counts], sums: &[Counts]) -> Counts {
        match self.span(test) {
            Some(span) => sums[span.end].without(sums[span.start]),
            None => {
                let holds = self.holds(test);
                Counts::sum(counts, |place| holds[place])
            }
        }
    }

    /// The records of which a test of this axis holds.
    pub(super) fn cover(&self, records: &Records, test: &Test) -> Cover {
        records.cover(&self.ranks, &self.holds(test))
    }
}

/// Where the values of a range begin and end among ascending points.
fn span<T: Ord + Copy>(points: &[T], range: &super::Range<T>) -> Range<usize> {
    let start = match range.from {
        Bound::Included(from) => points.partition_point(|point| *point < from),
        Bound::Excluded(from) => points.partition_point(|point| *point <= from),
        Bound::Unbounded => 0,
    };
    let end = match range.to {
        Bound::Included(to) => points.partition_point(|point| *point <= to),
        Bound::Excluded(to) => points.partition_point(|point| *point < to),
        Bound::Unbounded => points.len(),
    };
    start..end.max(start)
}

impl Points {
    fn len(&self) -> usize {
        match self {
            Self::Numbers(numbers) => numbers.len(),
            Self::Moments(moments) => moments.len(),
            Self::Lengths(counts) | Self::Decimals(counts) | Self::Parts(_, counts) => counts.len(),
        }
    }
}

impl Part {
    pub(super) const ALL: [Part; 6] = [
        Part::Hour,
        Part::SecondOfDay,
        Part::NanosOfSecond,
        Part::Day,
        Part::Month,
        Part::Weekday,
    ];
}

/// The first and the last value of each reading among all broken records, with the records that have
/// them: a limit is read off all of them, not off a sample.
#[derive(Debug, Clone, Default)]
pub(super) struct Extremes {
    of: BTreeMap<(ColumnIndex, Reading), [Extreme; 2]>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Reading {
    Number,
    Moment,
    SecondOfDay,
    Length,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Extreme {
    value: Value,
    /// Hash and values; of records that are equally far out, the smallest.
    record: (u64, Row),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Value {
    Number(Decimal),
    Other(i128),
}

impl Extremes {
    /// Offers a broken record.
    pub(super) fn offer<F: super::Facts + ?Sized>(
        &mut self,
        attributes: &Attributes,
        facts: &F,
        hash: u64,
    ) {
        for (column, attribute) in attributes.iter() {
            let Some(text) = facts.value(column) else {
                continue;
            };
            let kind = attribute.kind;
            if !matches!(attribute.role, Role::Value | Role::Row) {
                continue;
            }
            if let Some(number) = reading::number(kind, text) {
                self.note(
                    attributes,
                    facts,
                    hash,
                    (column, Reading::Number),
                    Value::Number(number),
                );
            }
            if let Some(moment) = reading::moment(kind, text) {
                self.note(
                    attributes,
                    facts,
                    hash,
                    (column, Reading::Moment),
                    Value::Other(moment.0),
                );
                if let Some(wall) = reading::on_the_wall(kind, moment, &attributes.zone) {
                    let second = i128::from(reading::part(Part::SecondOfDay, wall));
                    self.note(
                        attributes,
                        facts,
                        hash,
                        (column, Reading::SecondOfDay),
                        Value::Other(second),
                    );
                }
            }
            if kind == Kind::Text {
                let length = Value::Other(i128::from(reading::length(text)));
                self.note(attributes, facts, hash, (column, Reading::Length), length);
            }
        }
    }

    fn note<F: super::Facts + ?Sized>(
        &mut self,
        attributes: &Attributes,
        facts: &F,
        hash: u64,
        at: (ColumnIndex, Reading),
        value: Value,
    ) {
        if let Some([first, last]) = self.of.get(&at)
            && value > first.value
            && value < last.value
        {
            return;
        }
        // As far out as another is common where values repeat: then the smaller hash stays.
        let is_needed = self.of.get(&at).is_none_or(|[first, last]| {
            value < first.value
                || value > last.value
                || (value == first.value && hash <= first.record.0)
                || (value == last.value && hash <= last.record.0)
        });
        if is_needed {
            let record = (hash, super::sample::row_of(attributes, facts));
            self.put(at, Extreme { value, record });
        }
    }

    fn put(&mut self, at: (ColumnIndex, Reading), extreme: Extreme) {
        let [first, last] = self
            .of
            .entry(at)
            .or_insert_with(|| [extreme.clone(), extreme.clone()]);
        if (extreme.value, &extreme.record) < (first.value, &first.record) {
            *first = extreme.clone();
        }
        let is_later = extreme.value > last.value
            || (extreme.value == last.value && extreme.record < last.record);
        if is_later {
            *last = extreme;
        }
    }

    pub(super) fn merge(&mut self, other: Self) {
        for (at, [first, last]) in other.of {
            self.put(at, first);
            self.put(at, last);
        }
    }

    /// The records, each once.
    pub(super) fn into_rows(self) -> Vec<Row> {
        let extremes = self.of.into_values().flatten();
        let mut records: Vec<(u64, Row)> = extremes.map(|extreme| extreme.record).collect();
        records.sort_unstable();
        records.dedup();
        records.into_iter().map(|(_, row)| row).collect()
    }
}
