//! Conditions that cover the broken records of a sample, on one column.

use super::attribute::{Attribute, Attributes, ColumnIndex, Role};
use super::axis::{Axis, Points, Records, Texts};
use super::cover::{Counts, Cover};
use super::naturals;
use super::predicate::Origin;
use super::texts::{self, Shapes};
use super::{Part, Predicate, Range, Test};
use crate::Kind;
use ledger::Decimal;
use std::collections::BTreeMap;
use std::ops::Bound;

/// Of a set of values, no more than this many are named.
pub(super) const VALUES_MAX: usize = 8;

/// A condition before it is held against the sample.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Draft {
    pub(super) test: Test,
    pub(super) freedom: u64,
    pub(super) origin: Origin,
}

/// A condition and the sampled records that it holds of.
#[derive(Debug, Clone)]
pub(super) struct Atom {
    pub(super) predicate: Predicate,
    pub(super) cover: Cover,
    pub(super) counts: Counts,
}

/// A column of the sample, read in every way that it can be read.
#[derive(Debug)]
pub(super) struct Field<'a> {
    column: ColumnIndex,
    attribute: &'a Attribute,
    attributes: &'a Attributes,
    texts: Texts<'a>,
    shapes: Shapes,
    axes: Vec<Axis>,
}

/// A condition that holds of enough records.
struct Found<'a> {
    predicate: Predicate,
    counts: Counts,
    /// The axis that it speaks of, where it is not text.
    axis: Option<&'a Axis>,
}

impl<'a> Field<'a> {
    pub(super) fn all(records: &'a Records, attributes: &'a Attributes) -> Vec<Self> {
        let field = |(column, attribute)| {
            let texts = Texts::of(records, column);
            let axes = Axis::all(&texts, attribute, attributes);
            let shapes = if attribute.kind == Kind::Text {
                let counts = texts.count(records, None);
                Shapes::of(&texts.texts, &counts, records.counts(None))
            } else {
                Shapes::default()
            };
            Self {
                column,
                attribute,
                attributes,
                texts,
                shapes,
                axes,
            }
        };
        attributes.iter().map(field).collect()
    }

    /// The conditions that split best among the records of `within`, at most `room`.
    pub(super) fn atoms(
        &self,
        records: &Records,
        within: Option<&Cover>,
        room: usize,
    ) -> Vec<Atom> {
        let all = records.counts(within);
        let mut found: Vec<Found<'_>> = Vec::new();
        let mut add = |draft: Draft, counts: Counts, axis| {
            let is_enough = counts.broken * 5 >= all.broken && counts.broken > draft.freedom;
            if is_enough && counts.weight(all) > 0 {
                let predicate = self.predicate(draft);
                found.push(Found {
                    predicate,
                    counts,
                    axis,
                });
            }
        };
        let counts = self.texts.count(records, within);
        for draft in self.text_drafts(&counts, all) {
            let counts = if draft.test == Test::IsNull {
                all.without(Counts::sum(&counts, |_| true))
            } else {
                let holds = self.texts.holds(&draft.test);
                Counts::sum(&counts, |place| holds[place])
            };
            add(draft, counts, None);
        }
        for axis in &self.axes {
            let counts = axis.count(records, within);
            let sums = Counts::sums(&counts);
            for draft in self.axis_drafts(axis, &counts, all) {
                let counts = axis.counts_of(&draft.test, &counts, &sums);
                add(draft, counts, Some(axis));
            }
        }
        found.sort_by_cached_key(|found| found.predicate.rank_by(found.counts.weight(all)));
        found.truncate(room);
        let atom = |found: Found<'_>| Atom {
            cover: match found.axis {
                Some(axis) => axis.cover(records, &found.predicate.test),
                None => self.texts.cover(records, &found.predicate.test),
            },
            predicate: found.predicate,
            counts: found.counts,
        };
        found.into_iter().map(atom).collect()
    }

    fn predicate(&self, draft: Draft) -> Predicate {
        Predicate {
            column: self.column,
            attribute: self.attribute.clone(),
            test: draft.test,
            zone: self.attributes.zone.clone(),
            freedom: draft.freedom,
            origin: draft.origin,
        }
    }

    fn text_drafts(&self, counts: &[Counts], all: Counts) -> Vec<Draft> {
        let mut drafts = Vec::new();
        if self.texts.has_null() {
            drafts.push(Draft::natural(Test::IsNull));
            drafts.push(Draft::natural(Test::IsNotNull));
        }
        if matches!(
            self.attribute.kind,
            Kind::Text | Kind::Boolean | Kind::Float | Kind::Other
        ) {
            drafts.extend(texts::values(&self.texts.texts, counts, all));
            drafts.extend(self.shapes.drafts(counts, all));
        }
        drafts
    }

    fn axis_drafts(&self, axis: &Axis, counts: &[Counts], all: Counts) -> Vec<Draft> {
        let (kind, zone) = (self.attribute.kind, &self.attributes.zone);
        match &axis.points {
            Points::Numbers(numbers) => {
                let limits = naturals::limits();
                let line = Line {
                    points: numbers,
                    counts,
                    all,
                    naturals: &limits,
                };
                let mut drafts = line.drafts(naturals::round_number, Test::Number);
                drafts.extend(number_values(numbers, counts, all));
                drafts.extend(if self.attribute.role == Role::Row {
                    row_remainders(numbers, counts)
                } else {
                    signs_and_remainders()
                });
                drafts
            }
            Points::Moments(moments) => {
                let line = Line {
                    points: moments,
                    counts,
                    all,
                    naturals: &[],
                };
                line.drafts(
                    |below, to| naturals::round_moment(kind, zone, below, to),
                    Test::Moment,
                )
            }
            Points::Lengths(lengths) => {
                let line = Line {
                    points: lengths,
                    counts,
                    all,
                    naturals: &[],
                };
                line.drafts(|_, _| None, Test::Length)
            }
            Points::Decimals(decimals) => {
                let line = Line {
                    points: decimals,
                    counts,
                    all,
                    naturals: &[1, 2, 3, 4, 5],
                };
                line.drafts(|_, _| None, Test::Decimals)
            }
            Points::Parts(part, values) => {
                let (naturals, units): (&[u32], &[u32]) = match part {
                    Part::SecondOfDay => (&[], &[3_600, 900, 60]),
                    Part::NanosOfSecond => (&[1], &[1_000_000, 1_000]),
                    Part::Hour | Part::Day | Part::Month | Part::Weekday => (&[], &[]),
                };
                let line = Line {
                    points: values,
                    counts,
                    all,
                    naturals,
                };
                line.drafts(
                    |below, to| naturals::round_count(units, below, to),
                    |range| Test::Part(*part, range),
                )
            }
        }
    }
}

impl Draft {
    pub(super) fn natural(test: Test) -> Self {
        Self {
            test,
            freedom: 0,
            origin: Origin::Natural,
        }
    }

    pub(super) fn read(test: Test, freedom: usize) -> Self {
        Self {
            test,
            freedom: freedom as u64,
            origin: Origin::Read,
        }
    }
}

/// Values in ascending order, with the records that have each.
struct Line<'a, T> {
    points: &'a [T],
    counts: &'a [Counts],
    all: Counts,
    /// Limits that have a meaning of their own, ascending.
    naturals: &'a [T],
}

/// One end of a range.
#[derive(Clone, Copy)]
struct Cut<T> {
    bound: Bound<T>,
    origin: Origin,
}

impl<T: Ord + Copy> Line<'_, T> {
    /// The ranges that split best, each with bounds that are given, rounded and read off.
    fn drafts(
        &self,
        round: impl Fn(T, T) -> Option<T>,
        test: impl Fn(Range<T>) -> Test,
    ) -> Vec<Draft> {
        let mut drafts: Vec<Draft> = Vec::new();
        let mut add = |range: Range<T>, freedom: u64, origin: Origin| {
            let test = test(range);
            if drafts.iter().all(|draft| draft.test != test) {
                drafts.push(Draft {
                    test,
                    freedom,
                    origin,
                });
            }
        };
        for (first, last) in self.spans() {
            let froms = self.cuts_before(first, &round);
            let tos = self.cuts_after(last, &round);
            if last + 1 == self.points.len() {
                for from in &froms {
                    add(
                        Range {
                            from: from.bound,
                            to: Bound::Unbounded,
                        },
                        from.freedom(),
                        from.origin,
                    );
                }
            }
            if first == 0 {
                for to in &tos {
                    add(
                        Range {
                            from: Bound::Unbounded,
                            to: to.bound,
                        },
                        to.freedom(),
                        to.origin,
                    );
                }
            }
            for from in &froms {
                for to in tos.iter().filter(|to| to.origin == from.origin) {
                    let range = Range {
                        from: from.bound,
                        to: to.bound,
                    };
                    let freedom = if range.single().is_some() {
                        1
                    } else {
                        from.freedom() + to.freedom()
                    };
                    add(range, freedom, from.origin);
                }
            }
        }
        for single in self.spans().iter().filter(|(first, last)| first == last) {
            add(Range::only(self.points[single.0]), 1, Origin::Read);
        }
        for (from, to) in self.natural_sides() {
            add(Range { from, to }, 0, Origin::Natural);
        }
        drafts
    }

    /// Runs of points, both ends included: those that split best, and those that cover all broken.
    fn spans(&self) -> Vec<(usize, usize)> {
        let Some(end) = self.points.len().checked_sub(1) else {
            return Vec::new();
        };
        let is_broken = |count: &Counts| count.broken > 0;
        let first = self.counts.iter().position(is_broken).unwrap_or(0);
        let last = self.counts.iter().rposition(is_broken).unwrap_or(end);
        let (from_start, to_end, run) = self.best();
        let mut spans = vec![
            (0, from_start),
            (to_end, end),
            run,
            (0, last),
            (first, end),
            (first, last),
        ];
        spans.dedup();
        spans
    }

    /// The best run from the start, the best to the end, and the best of all (Kadane's way).
    fn best(&self) -> (usize, usize, (usize, usize)) {
        let weights: Vec<i128> = self
            .counts
            .iter()
            .map(|count| count.weight(self.all))
            .collect();
        let best_end = |weights: &mut dyn Iterator<Item = (usize, &i128)>| {
            let (mut sum, mut best, mut at) = (0, i128::MIN, 0);
            for (place, weight) in weights {
                sum += weight;
                if sum > best {
                    (best, at) = (sum, place);
                }
            }
            at
        };
        let from_start = best_end(&mut weights.iter().enumerate());
        let to_end = best_end(&mut weights.iter().enumerate().rev());
        let (mut sum, mut best, mut start, mut run) = (0, i128::MIN, 0, (0, 0));
        for (place, weight) in weights.iter().enumerate() {
            if sum <= 0 {
                (sum, start) = (0, place);
            }
            sum += weight;
            if sum > best {
                (best, run) = (sum, (start, place));
            }
        }
        (from_start, to_end, run)
    }

    /// Where a range can begin that takes in `first` and not the point before it. Where there is no
    /// point before, only a sample without unbroken records leaves anything to be said.
    fn cuts_before(&self, first: usize, round: impl Fn(T, T) -> Option<T>) -> Vec<Cut<T>> {
        let below = first.checked_sub(1).map(|below| self.points[below]);
        if below.is_none() && self.all.unbroken > 0 {
            return Vec::new();
        }
        let to = self.points[first];
        let natural = self.naturals[..self.naturals.partition_point(|limit| *limit <= to)].last();
        let natural = natural.filter(|limit| below.is_none_or(|below| **limit > below));
        let rounded = below
            .and_then(|below| round(below, to))
            .filter(|value| *value != to);
        let cut = |value: T, origin| Cut {
            bound: Bound::Included(value),
            origin,
        };
        let mut cuts = vec![cut(to, Origin::Read)];
        cuts.extend(rounded.map(|value| cut(value, Origin::Round)));
        cuts.extend(natural.map(|limit| cut(*limit, Origin::Natural)));
        cuts
    }

    /// Where a range can end that takes in `last` and not the point after it.
    fn cuts_after(&self, last: usize, round: impl Fn(T, T) -> Option<T>) -> Vec<Cut<T>> {
        let above = self.points.get(last + 1).copied();
        if above.is_none() && self.all.unbroken > 0 {
            return Vec::new();
        }
        let from = self.points[last];
        let natural = self
            .naturals
            .get(self.naturals.partition_point(|limit| *limit <= from));
        let natural = natural.filter(|limit| above.is_none_or(|above| **limit <= above));
        let rounded = above.and_then(|above| round(from, above));
        let cut = |value: T, origin| Cut {
            bound: Bound::Excluded(value),
            origin,
        };
        let mut cuts = vec![Cut {
            bound: Bound::Included(from),
            origin: Origin::Read,
        }];
        cuts.extend(rounded.map(|value| cut(value, Origin::Round)));
        cuts.extend(natural.map(|limit| cut(*limit, Origin::Natural)));
        cuts
    }

    /// The limits of a meaning of their own that split best: one to begin at, one to end before.
    fn natural_sides(&self) -> Vec<(Bound<T>, Bound<T>)> {
        let mut sums = vec![0_i128];
        for count in self.counts {
            sums.push(sums[sums.len() - 1] + count.weight(self.all));
        }
        let total = sums[sums.len() - 1];
        let below = |limit: &T| sums[self.points.partition_point(|point| point < limit)];
        let mut sides = Vec::new();
        // Of equals the first is taken for a start and for an end alike.
        if let Some(from) = self
            .naturals
            .iter()
            .rev()
            .max_by_key(|limit| total - below(limit))
        {
            sides.push((Bound::Included(*from), Bound::Unbounded));
        }
        if let Some(to) = self.naturals.iter().rev().max_by_key(|limit| below(limit)) {
            sides.push((Bound::Unbounded, Bound::Excluded(*to)));
        }
        sides
    }
}

impl<T> Cut<T> {
    fn freedom(&self) -> u64 {
        u64::from(self.origin != Origin::Natural)
    }
}

/// Numbers that are themselves more frequent among the broken.
fn number_values(numbers: &[Decimal], counts: &[Counts], all: Counts) -> Vec<Draft> {
    let chosen = texts::frequent(counts, all);
    let mut drafts: Vec<Draft> = chosen
        .iter()
        .take(3)
        .map(|place| Draft::read(Test::Number(Range::only(numbers[*place])), 1))
        .collect();
    for size in texts::set_sizes(chosen.len()) {
        let mut values: Vec<Decimal> = chosen[..size].iter().map(|place| numbers[*place]).collect();
        values.sort_unstable();
        drafts.push(Draft::read(Test::NumberIn(values), size));
    }
    drafts
}

/// What needs no record to be thought of: the sign, whole amounts, and ties of rounding.
fn signs_and_remainders() -> Vec<Draft> {
    let zero = Decimal::ZERO;
    let range = |from, to| Draft::natural(Test::Number(Range { from, to }));
    let mut drafts = vec![
        range(Bound::Unbounded, Bound::Excluded(zero)),
        range(Bound::Excluded(zero), Bound::Unbounded),
        range(Bound::Unbounded, Bound::Included(zero)),
        range(Bound::Included(zero), Bound::Unbounded),
        Draft::natural(Test::Number(Range::only(zero))),
        Draft::natural(Test::NumberIsNot(zero)),
    ];
    drafts.extend(remainders().map(Draft::natural));
    drafts
}

/// Ties of rounding, and whole amounts.
pub(super) fn remainders() -> impl Iterator<Item = Test> {
    let tie = |scale| (Decimal::new(1, scale), Decimal::new(5, scale + 1));
    let whole = |modulus| (Decimal::new(modulus, 0), Decimal::ZERO);
    let ties = (0..=3).map(tie);
    let all = ties.chain([1, 10, 100].map(whole));
    all.map(|(modulus, rest)| Test::Remainder { modulus, rest })
}

/// Rows at the same place of every chunk, of the sizes that programs work in.
fn row_remainders(numbers: &[Decimal], counts: &[Counts]) -> Vec<Draft> {
    const CHUNKS: [u64; 26] = [
        2, 10, 64, 100, 128, 256, 500, 512, 1_000, 1_024, 2_000, 4_096, 5_000, 8_192, 10_000,
        16_384, 20_000, 32_768, 50_000, 65_536, 100_000, 131_072, 262_144, 500_000, 1_000_000,
        1_048_576,
    ];
    let broken = numbers.iter().zip(counts);
    let broken = broken.filter(|(_, count)| count.broken > 0);
    let broken: Vec<(u64, u64)> = broken
        .filter_map(|(number, count)| Some((u64::try_from(number.mantissa).ok()?, count.broken)))
        .collect();
    let most = |chunk: u64| -> Option<Remainder> {
        let mut rests: BTreeMap<u64, u64> = BTreeMap::new();
        for (number, records) in &broken {
            *rests.entry(number % chunk).or_default() += records;
        }
        // Of equals the first.
        let (rest, records) = rests
            .into_iter()
            .rev()
            .max_by_key(|(_, records)| *records)?;
        Some(Remainder {
            chunk,
            rest,
            records,
        })
    };
    let places: Vec<Remainder> = CHUNKS.into_iter().filter_map(most).collect();
    // Where a place of larger chunks holds of the same records, that says more.
    let told = places.iter().filter(|place| {
        let mut others = places.iter();
        !others.any(|other| other.is_within(place) && other.records == place.records)
    });
    let draft = |place: &Remainder| {
        let [modulus, rest] = [place.chunk, place.rest].map(|n| Decimal::new(i128::from(n), 0));
        Draft::read(Test::Remainder { modulus, rest }, 1)
    };
    told.map(draft).collect()
}

/// A place in chunks, and how many broken records stand there.
struct Remainder {
    chunk: u64,
    rest: u64,
    records: u64,
}

impl Remainder {
    /// Whether every row of it is one of the other, of smaller chunks.
    fn is_within(&self, other: &Self) -> bool {
        self.chunk > other.chunk
            && self.chunk.is_multiple_of(other.chunk)
            && self.rest % other.chunk == other.rest
    }
}
