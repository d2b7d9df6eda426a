//! Conditions on one column.

use super::reading::{self, Moment};
use super::{Attribute, ColumnIndex, Facts, Role};
use ledger::{Decimal, Zone};
use std::cmp::Ordering;
use std::ops::Bound;

/// A condition on one column. It is displayed as SQL.
#[derive(Debug, Clone)]
pub struct Predicate {
    /// The place of the column.
    pub column: ColumnIndex,
    /// The column.
    pub attribute: Attribute,
    /// What must hold of its value.
    pub test: Test,
    /// The zone in which instants have an hour and a day.
    pub zone: Zone,
    /// How many values in it were read off the broken records.
    pub(super) freedom: u64,
    /// How its figures were come by.
    pub(super) origin: Origin,
}

/// What must hold of a value. Of a null nothing holds but that it is null.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Test {
    /// It is null.
    IsNull,
    /// It is not null.
    IsNotNull,
    /// It is text of no characters.
    IsEmpty,
    /// It is this text.
    Is(String),
    /// It is one of these texts, which are in ascending order.
    IsIn(Vec<String>),
    /// It is none of these texts, which are in ascending order.
    IsNotIn(Vec<String>),
    /// It is a number, or text that reads as money, within a range.
    Number(Range<Decimal>),
    /// It is one of these numbers, which are in ascending order.
    NumberIn(Vec<Decimal>),
    /// It is a number other than this.
    NumberIsNot(Decimal),
    /// It begins with this text.
    StartsWith(String),
    /// It ends with this text.
    EndsWith(String),
    /// This text is somewhere in it.
    Contains(String),
    /// It has a character that is not ASCII.
    HasNonAscii,
    /// Its number of characters is within a range.
    Length(Range<u32>),
    /// It is a number whose decimals, zeros at the end left out, are within a range.
    Decimals(Range<u32>),
    /// It is a number whose size, the sign left out, leaves this rest: `abs(x) % modulus = rest`.
    Remainder {
        /// What is divided by; above zero.
        modulus: Decimal,
        /// What is left.
        rest: Decimal,
    },
    /// It is a date, an instant, or text that reads as a civil time, within a range.
    Moment(Range<Moment>),
    /// Part of what clock and calendar show at it is within a range. Instants are read in the zone of
    /// the predicate.
    Part(Part, Range<u32>),
}

/// Part of what clock and calendar show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// 0 to 23.
    Hour,
    /// Seconds since midnight.
    SecondOfDay,
    /// Nanoseconds since the last whole second.
    NanosOfSecond,
    /// 1 to 31.
    Day,
    /// 1 to 12.
    Month,
    /// 1, Monday, to 7, Sunday.
    Weekday,
}

/// Values from one bound to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range<T> {
    /// Where it begins.
    pub from: Bound<T>,
    /// Where it ends.
    pub to: Bound<T>,
}

/// How the figures of a condition were come by: what is given before what is rounded before what is
/// read off the records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Origin {
    /// They have a meaning of their own, such as zero or the largest number of 31 bits.
    Natural,
    /// They are round and lie between the records.
    Round,
    /// A record has them.
    Read,
}

impl<T: Ord + Copy> Range<T> {
    /// Just one value.
    pub fn only(value: T) -> Self {
        Self {
            from: Bound::Included(value),
            to: Bound::Included(value),
        }
    }

    /// The one value that it holds, where both bounds are that value.
    pub fn single(&self) -> Option<T> {
        match (self.from, self.to) {
            (Bound::Included(from), Bound::Included(to)) if from == to => Some(from),
            _ => None,
        }
    }

    /// Says whether a value lies within.
    #[inline]
    pub fn contains(&self, value: T) -> bool {
        let is_after_start = match self.from {
            Bound::Included(from) => value >= from,
            Bound::Excluded(from) => value > from,
            Bound::Unbounded => true,
        };
        is_after_start
            && match self.to {
                Bound::Included(to) => value <= to,
                Bound::Excluded(to) => value < to,
                Bound::Unbounded => true,
            }
    }

    pub(super) fn is_one_sided(&self) -> bool {
        matches!(self.from, Bound::Unbounded) || matches!(self.to, Bound::Unbounded)
    }
}

impl Predicate {
    /// Says whether the condition holds of a record.
    pub fn holds<F: Facts + ?Sized>(&self, facts: &F) -> bool {
        self.holds_of(facts.value(self.column))
    }

    /// Says whether the condition holds of the value of its column.
    pub fn holds_of(&self, value: Option<&str>) -> bool {
        let Some(text) = value else {
            return self.test == Test::IsNull;
        };
        let kind = self.attribute.kind;
        match &self.test {
            Test::Number(_)
            | Test::NumberIn(_)
            | Test::NumberIsNot(_)
            | Test::Decimals(_)
            | Test::Remainder { .. } => {
                reading::number(kind, text).is_some_and(|number| self.test.holds_of_number(number))
            }
            Test::Moment(_) | Test::Part(..) => {
                reading::moment(kind, text).is_some_and(|moment| self.holds_of_moment(moment))
            }
            _ => self.test.holds_of_text(text),
        }
    }

    /// Says whether a test of a moment holds; false for tests of anything else.
    pub(super) fn holds_of_moment(&self, moment: Moment) -> bool {
        match &self.test {
            Test::Moment(range) => range.contains(moment),
            Test::Part(part, range) => {
                let wall = reading::on_the_wall(self.attribute.kind, moment, &self.zone);
                wall.is_some_and(|wall| range.contains(reading::part(*part, wall)))
            }
            _ => false,
        }
    }

    /// A key that sorts conditions by how well they split, then by how simple they are.
    pub(super) fn rank_by(&self, weight: i128) -> impl Ord + use<> {
        (std::cmp::Reverse(weight), self.order(), self.to_string())
    }

    /// Where it stands among conditions that are told apart by nothing else: the simpler first, then
    /// the earlier column, then its text.
    pub(super) fn order(&self) -> (u8, Origin, ColumnIndex) {
        (self.test.rank(&self.attribute), self.origin, self.column)
    }
}

impl PartialEq for Predicate {
    fn eq(&self, other: &Self) -> bool {
        self.column == other.column && self.test == other.test
    }
}

impl Eq for Predicate {}

impl Test {
    /// Says whether a test of a number holds; false for tests of anything else.
    #[inline]
    pub fn holds_of_number(&self, number: Decimal) -> bool {
        match self {
            Test::Number(range) => range.contains(number),
            Test::NumberIn(numbers) => numbers.binary_search(&number).is_ok(),
            Test::NumberIsNot(other) => number != *other,
            Test::Decimals(range) => range.contains(reading::decimals(number)),
            Test::Remainder { modulus, rest } => {
                reading::remainder(number, *modulus).is_some_and(|left| left == *rest)
            }
            _ => false,
        }
    }

    /// Says whether a test of text holds; false for tests of numbers and moments.
    #[inline]
    pub fn holds_of_text(&self, text: &str) -> bool {
        match self {
            Test::IsNotNull => true,
            Test::IsEmpty => text.is_empty(),
            Test::Is(other) => text == other,
            Test::IsIn(values) => is_among(values, text),
            Test::IsNotIn(values) => !is_among(values, text),
            Test::StartsWith(start) => text.starts_with(start.as_str()),
            Test::EndsWith(end) => text.ends_with(end.as_str()),
            Test::Contains(part) => text.contains(part.as_str()),
            Test::HasNonAscii => !text.is_ascii(),
            Test::Length(range) => range.contains(reading::length(text)),
            _ => false,
        }
    }

    /// How simple it is to say, the simplest first. One file is told before text that only its
    /// records have; other places come after all values.
    fn rank(&self, attribute: &Attribute) -> u8 {
        let rank = match self {
            Test::IsNull | Test::IsNotNull | Test::IsEmpty => 0,
            Test::Number(range) if is_compared_with_zero(range) => 1,
            Test::NumberIsNot(_) => 2,
            Test::Is(_) if attribute.role != Role::Value => 3,
            Test::Is(_) => 2,
            Test::Number(range) if range.single().is_some() => 2,
            Test::Moment(range) if range.single().is_some() => 2,
            Test::Number(range) if range.is_one_sided() => 3,
            Test::StartsWith(_) | Test::HasNonAscii => 4,
            Test::Moment(range) if range.is_one_sided() => 5,
            Test::IsIn(values) if values.len() == 2 => 6,
            Test::NumberIn(values) if values.len() == 2 => 6,
            Test::IsNotIn(values) if values.len() == 1 => 6,
            Test::Part(Part::Hour | Part::Day | Part::Month | Part::Weekday, _) => 7,
            Test::Decimals(_) | Test::Remainder { .. } => 8,
            Test::EndsWith(_) | Test::Contains(_) => 9,
            Test::IsIn(_) | Test::NumberIn(_) | Test::IsNotIn(_) => 10,
            Test::Number(_) | Test::Moment(_) => 11,
            Test::Length(_) | Test::Part(..) => 12,
        };
        match attribute.role {
            Role::File | Role::Table if rank > 3 => 20 + rank,
            Role::Value | Role::File | Role::Table => rank,
            Role::Row => 40 + rank,
        }
    }

    /// The share of all that is tried on one column that this kind of test stands for, as
    /// a number of halvings. The shares of a column's tests come to less than one.
    pub(super) fn share_bits(&self, origin: Origin) -> u64 {
        match self {
            Test::Number(range) if is_compared_with_zero(range) => 4,
            Test::Number(_) if origin == Origin::Natural => 10,
            Test::Is(_) | Test::IsIn(_) => 4,
            Test::Number(_) | Test::NumberIn(_) | Test::Moment(_) => 4,
            Test::IsNull | Test::IsNotNull | Test::IsEmpty | Test::NumberIsNot(_) => 5,
            Test::StartsWith(_) | Test::HasNonAscii | Test::IsNotIn(_) => 5,
            Test::EndsWith(_) | Test::Contains(_) | Test::Part(..) => 6,
            Test::Length(_) | Test::Decimals(_) => 6,
            Test::Remainder { .. } => 8,
        }
    }
}

fn is_among(values: &[String], text: &str) -> bool {
    // Sets are small: walking along is faster than halving.
    for value in values {
        match value.as_str().cmp(text) {
            Ordering::Less => {}
            order => return order == Ordering::Equal,
        }
    }
    false
}

fn is_compared_with_zero(range: &Range<Decimal>) -> bool {
    let is_zero = |bound: &Bound<Decimal>| match bound {
        Bound::Included(value) | Bound::Excluded(value) => value.is_zero(),
        Bound::Unbounded => false,
    };
    range.is_one_sided() && (is_zero(&range.from) || is_zero(&range.to))
        || range.single().is_some_and(Decimal::is_zero)
}
