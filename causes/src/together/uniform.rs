//! Amounts of one column that are all off by the same: a rule that is wrong for a class of records.
//!
//! Of a fee that a class pays at another rate, some amounts come by chance to what two swapped digits
//! or a lost one would have made of them. One record alone cannot tell; the others of its class do.

use std::collections::{BTreeMap, BTreeSet};

use ledger::{Break, BreakKind, CauseStatus, Decimal, SmolStr};

use super::{Explained, add_rival, named, put_first};
use crate::catalogue::CauseId;
use crate::explanation::Says;
use crate::number;
use crate::prover::Prover;
use crate::terms::{Column, Kind};

/// Breaks from which on what they share may be no chance.
const LEAST: usize = 4;
/// How many more breaks share something than are near to it, where they are a small part of all.
const FAR: usize = 6;
/// How many times as far from it as those that share it a break is still near.
const NEAR: i128 = 8;
/// The part of all breaks of a column from which on few are enough: one in so many.
const PART: usize = 4;
/// Smallest units up to which a difference is what roundings and remainders leave by themselves.
const SMALL: u128 = 9;
/// Columns of the source that amounts are held against.
const BASES_MAX: usize = 8;
/// Source records behind a break up to which their columns are looked at.
const SOURCES_MAX: usize = 8;
/// Different shares of a base that are told of a column.
const SHARES_MAX: usize = 4;
/// One, as shares are counted: in millionths of a millionth.
const ONE: i128 = 1_000_000_000_000;
/// The decimals of a share.
const PLACES: u8 = 12;

/// Names a defect of the rule where many amounts are off by the same difference, hold the same value or
/// the same share of something, and no cause is named for all of them. A proof of what one of them
/// alone could be is taken back.
pub(super) fn find(prover: &Prover, breaks: &mut [Explained]) {
    if !prover.knows(CauseId::R1) {
        return;
    }
    let columns = prover.terms().columns.iter();
    let numbers = columns.filter(|column| column.kind == Kind::Number);
    let mut places: BTreeMap<&str, (&Column, Vec<usize>)> = numbers
        .map(|column| (column.name.as_str(), (column, Vec::new())))
        .collect();
    for (at, (found, _)) in breaks.iter().enumerate() {
        if found.kind != BreakKind::Differs {
            continue;
        }
        for field in &found.fields {
            if let Some((_, places)) = places.get_mut(field.name.as_str()) {
                places.push(at);
            }
        }
    }
    for (column, places) in places.into_values() {
        if places.len() < LEAST || !has_open(&places, breaks) {
            continue;
        }
        let amounts = Amounts::of(column, &places, breaks);
        for group in amounts.groups(breaks) {
            tell(breaks, &group);
        }
    }
}

/// Says whether anything of some breaks is proved or unknown: of others there is nothing to take back.
fn has_open(places: &[usize], breaks: &[Explained]) -> bool {
    let mut found = places.iter().filter_map(|at| breaks.get(*at));
    found.any(|(_, why)| why.status != CauseStatus::Consistent)
}

/// Breaks of which is told what they share.
struct Group {
    places: Vec<usize>,
    says: Says,
}

fn tell(breaks: &mut [Explained], group: &Group) {
    for at in &group.places {
        let Some((found, explanation)) = breaks.get_mut(*at) else {
            continue;
        };
        if explanation.status != CauseStatus::Unknown {
            add_rival(explanation, CauseId::R1);
        } else if found.fields.len() == 1 {
            put_first(explanation, CauseId::R1, false, group.says.clone());
        }
    }
}

/// What breaks share.
enum Shared {
    /// Actual minus expected.
    Difference(Decimal),
    /// The actual value.
    Value(Decimal),
    /// The share that the actual value is of a column of the source; of the expected one where there
    /// is none.
    Share(Decimal, Option<SmolStr>),
}

impl Shared {
    fn says(&self, count: usize) -> Says {
        let (en, zh) = match self {
            Shared::Difference(off) => (
                format!("{count} breaks are off by the same {off}"),
                format!("{count} 处差错的差额同为 {off}"),
            ),
            Shared::Value(value) => (
                format!("{count} breaks hold the same {value}"),
                format!("{count} 处差错的值同为 {value}"),
            ),
            Shared::Share(share, None) => (
                format!("{count} breaks hold {share} times what they should"),
                format!("{count} 处差错均为应有金额的 {share} 倍"),
            ),
            Shared::Share(share, Some(base)) => (
                format!("{count} breaks hold {share} times {base}"),
                format!("{count} 处差错均为 {base} 的 {share} 倍"),
            ),
        };
        Says { en, zh }
    }
}

/// Is an amount that is off, in the smallest unit of its column.
struct Off {
    /// The place of its break.
    at: usize,
    expected: i128,
    actual: i128,
    /// Numbers of the source record behind it, with the places of their columns.
    bases: Vec<(usize, Decimal)>,
}

impl Off {
    fn difference(&self) -> Option<i128> {
        self.actual.checked_sub(self.expected)
    }

    /// Says whether roundings and remainders leave as much by themselves.
    fn is_small(&self) -> bool {
        self.difference()
            .is_none_or(|off| off.unsigned_abs() <= SMALL)
    }

    /// Says whether the amount tells a share of something well enough: it has some digits, and is
    /// not just rounded otherwise.
    fn is_telling(&self) -> bool {
        !number::has_few_digits(Decimal::new(self.actual, 0)) && !self.is_small()
    }
}

/// Is the breaks of one amount column.
struct Amounts {
    scale: u8,
    offs: Vec<Off>,
    /// The names of the source's columns, by their places.
    bases: Vec<SmolStr>,
}

impl Amounts {
    fn of(column: &Column, places: &[usize], breaks: &[Explained]) -> Amounts {
        let both = |found: &Break| -> Option<(Decimal, Decimal)> {
            let mut fields = found.fields.iter();
            let field = fields.find(|field| column.name == field.name)?;
            let (expected, actual) = (field.expected.as_deref()?, field.actual.as_deref()?);
            Some((expected.parse().ok()?, actual.parse().ok()?))
        };
        let found = || {
            let places = places.iter();
            places.filter_map(move |at| Some((*at, breaks.get(*at)?)))
        };
        let values = found().filter_map(|(_, (found, _))| both(found));
        let scales = values.map(|(expected, actual)| expected.scale.max(actual.scale));
        let scale = scales.max().unwrap_or(0);
        let mut bases = Bases {
            column,
            known: BTreeMap::new(),
        };
        let mut offs = Vec::new();
        for (at, (found, _)) in found() {
            let minor = |value: Decimal| Some(value.rescale_exact(scale)?.mantissa);
            let values = both(found).map(|(expected, actual)| (minor(expected), minor(actual)));
            if let Some((Some(expected), Some(actual))) = values {
                offs.push(Off {
                    at,
                    expected,
                    actual,
                    bases: bases.of(found),
                });
            }
        }
        // Whole numbers are codes and counts, unless the plan calls them money.
        if scale == 0 && !column.is_money {
            offs.clear();
        }
        Amounts {
            scale,
            offs,
            bases: bases.names(),
        }
    }

    /// What is to be told of the column's breaks.
    fn groups(&self, breaks: &[Explained]) -> Vec<Group> {
        let mut groups = Vec::new();
        let mut told = BTreeSet::new();
        let difference = |off: &Off| off.difference().filter(|off| *off != 0);
        for (off, members) in self.equal(&told, difference) {
            let shared = Shared::Difference(Decimal::new(off, self.scale));
            let least = if off.unsigned_abs() <= SMALL {
                Unknown::Several
            } else {
                Unknown::Any
            };
            groups.extend(group(&members, &[], breaks, &shared, least));
        }
        told.extend(groups.iter().flat_map(|group| group.places.iter().copied()));
        let value = |off: &Off| (off.actual != 0).then_some(off.actual);
        for (value, members) in self.equal(&told, value) {
            let shared = Shared::Value(Decimal::new(value, self.scale));
            groups.extend(group(&members, &[], breaks, &shared, Unknown::Most));
        }
        told.extend(groups.iter().flat_map(|group| group.places.iter().copied()));
        self.add_shares(told, breaks, &mut groups);
        groups
    }

    /// The breaks that are equal in something, where they stand out among those that are nearly so.
    fn equal(
        &self,
        told: &BTreeSet<usize>,
        by: impl Fn(&Off) -> Option<i128>,
    ) -> Vec<(i128, Vec<&Off>)> {
        let mut equal: BTreeMap<i128, Vec<&Off>> = BTreeMap::new();
        for off in self.offs.iter().filter(|off| !told.contains(&off.at)) {
            if let Some(value) = by(off) {
                equal.entry(value).or_default().push(off);
            }
        }
        let near = |value: i128, own: usize| {
            let (low, high) = (value.saturating_sub(NEAR), value.saturating_add(NEAR));
            let around = equal.range(low..=high).map(|(_, members)| members.len());
            around.sum::<usize>().saturating_sub(own)
        };
        let mut standing = Vec::new();
        for (value, members) in &equal {
            let own = members.len();
            if stands_out(own, near(*value, own), self.offs.len()) {
                standing.push((*value, members.clone()));
            }
        }
        standing
    }

    /// Adds the breaks that hold the same share of what they should, or of a column of the source: the
    /// share that most hold first.
    fn add_shares(&self, mut told: BTreeSet<usize>, breaks: &[Explained], groups: &mut Vec<Group>) {
        for _ in 0..SHARES_MAX {
            let of_source = (0..self.bases.len()).map(Some);
            let mut best: Option<Peak<'_>> = None;
            for base in std::iter::once(None).chain(of_source) {
                let peak = self.peak(base, &told);
                let most = best.as_ref().map_or(0, |best| best.members.len());
                best = peak.filter(|peak| peak.members.len() > most).or(best);
            }
            let Some(peak) = best else { return };
            let held = peak.members.iter().chain(&peak.joined);
            told.extend(held.map(|off| off.at));
            let name = peak.base.and_then(|base| self.bases.get(base).cloned());
            let shared = Shared::Share(peak.share, name);
            let (members, joined) = (&peak.members, &peak.joined);
            groups.extend(group(members, joined, breaks, &shared, Unknown::Any));
        }
    }

    /// The share of a base that most of the breaks hold, where they stand out among those near it.
    fn peak(&self, base: Option<usize>, told: &BTreeSet<usize>) -> Option<Peak<'_>> {
        let open = self.offs.iter().filter(|off| !told.contains(&off.at));
        let spans: Vec<Span<'_>> = open.filter_map(|off| self.span(off, base)).collect();
        let telling = spans.iter().filter(|span| span.off.is_telling());
        let telling: Vec<&Span<'_>> = telling.collect();
        let point = highest(&telling)?;
        let (members, others): (Vec<&Span<'_>>, Vec<&Span<'_>>) =
            telling.iter().copied().partition(|span| span.holds(point));
        let near = others.iter().filter(|span| span.is_near(point)).count();
        if !stands_out(members.len(), near, telling.len()) {
            return None;
        }
        let low = members.iter().map(|span| span.low).max()?;
        let high = members.iter().map(|span| span.high).min()?;
        let is_joined = |span: &&Span<'_>| !span.off.is_telling() && span.holds(point);
        Some(Peak {
            base,
            share: simplest(low, high)?,
            members: members.iter().map(|span| span.off).collect(),
            joined: spans
                .iter()
                .filter(is_joined)
                .map(|span| span.off)
                .collect(),
        })
    }

    /// What share an amount may be of its base: it may have been rounded either way, or cut.
    fn span<'o>(&self, off: &'o Off, base: Option<usize>) -> Option<Span<'o>> {
        // Nothing is left of a zero that tells what it was a share of.
        if off.actual == 0 {
            return None;
        }
        let base = match base {
            None => Decimal::new(off.expected, self.scale),
            Some(base) => off.bases.iter().find(|(own, _)| *own == base)?.1,
        };
        let power = |scale: u8| 10_i128.checked_pow(u32::from(scale));
        let unit = ONE.checked_mul(power(base.scale)?)?;
        let whole = base
            .mantissa
            .checked_abs()?
            .checked_mul(power(self.scale)?)?;
        let actual = off.actual.checked_mul(base.mantissa.signum())?;
        let share = |amount: i128| amount.checked_mul(unit)?.checked_div_euclid(whole);
        Some(Span {
            off,
            low: share(actual.checked_sub(1)?)?,
            high: share(actual.checked_add(1)?)?.checked_add(1)?,
        })
    }
}

/// Collects the numbers of source records that amounts of a column may be a share of.
struct Bases<'c> {
    column: &'c Column,
    /// The places of columns of the source, by table and name.
    known: BTreeMap<(SmolStr, SmolStr), usize>,
}

impl Bases<'_> {
    fn of(&mut self, found: &Break) -> Vec<(usize, Decimal)> {
        let mut bases = Vec::new();
        if found.source.len() > SOURCES_MAX {
            return bases;
        }
        for record in &found.source {
            // Of several lines none is what their total is a share of.
            let of_table = found.source.iter().filter(|one| one.table == record.table);
            if of_table.count() > 1 {
                continue;
            }
            for (name, value) in &record.fields.0 {
                let value = value.as_deref().and_then(number::read);
                let Some(value) = value.filter(|value| !value.is_zero()) else {
                    continue;
                };
                if let Some(place) = self.place(&record.table, name) {
                    bases.push((place, value));
                }
            }
        }
        bases
    }

    /// The place of a column that the rule may compute the amount from.
    fn place(&mut self, table: &SmolStr, name: &SmolStr) -> Option<usize> {
        let mut origins = self.column.comes_from.iter();
        let is_read = self.column.comes_from.is_empty()
            || origins.any(|one| one.table == *table && one.column == *name);
        if !is_read {
            return None;
        }
        let key = (table.clone(), name.clone());
        let next = self.known.len();
        match self.known.get(&key) {
            Some(place) => Some(*place),
            None if next < BASES_MAX => {
                self.known.insert(key, next);
                Some(next)
            }
            None => None,
        }
    }

    /// The names of the columns, by their places.
    fn names(self) -> Vec<SmolStr> {
        let mut names: Vec<(usize, SmolStr)> = self
            .known
            .into_iter()
            .map(|((_, name), place)| (place, name))
            .collect();
        names.sort_by_key(|(place, _)| *place);
        names.into_iter().map(|(_, name)| name).collect()
    }
}

/// Is what share of its base an amount may be: from one to another, counted as [`ONE`] is.
struct Span<'o> {
    off: &'o Off,
    low: i128,
    high: i128,
}

impl Span<'_> {
    fn holds(&self, share: i128) -> bool {
        (self.low..=self.high).contains(&share)
    }

    /// Says whether it would hold a share if it were some times as wide.
    fn is_near(&self, share: i128) -> bool {
        let width = self.high.saturating_sub(self.low).saturating_mul(NEAR);
        let middle = self.low.saturating_add(self.high);
        let off = share.saturating_mul(2).saturating_sub(middle);
        off.saturating_abs() <= width
    }
}

/// Is a share that many breaks hold.
struct Peak<'o> {
    /// The place of the column that it is a share of; none where that is the expected value.
    base: Option<usize>,
    share: Decimal,
    members: Vec<&'o Off>,
    /// Amounts of so few digits, or so little off, that they tell no share but may hold this one.
    joined: Vec<&'o Off>,
}

/// The share that most spans hold; the smallest of several.
fn highest(spans: &[&Span<'_>]) -> Option<i128> {
    let mut ends: Vec<(i128, bool)> = Vec::new();
    for span in spans {
        ends.push((span.low, false));
        ends.push((span.high, true));
    }
    // Where one ends and another begins, both hold it.
    ends.sort_unstable();
    let (mut count, mut most, mut best) = (0_usize, 0, None);
    for (at, is_end) in ends {
        if is_end {
            count = count.saturating_sub(1);
            continue;
        }
        count = count.saturating_add(1);
        if count > most {
            (most, best) = (count, Some(at));
        }
    }
    best
}

/// The number of fewest decimals between two shares.
fn simplest(low: i128, high: i128) -> Option<Decimal> {
    (0..=PLACES).find_map(|places| {
        let lost = PLACES.checked_sub(places)?;
        let step = 10_i128.checked_pow(u32::from(lost))?;
        // The next multiple from the lower one on.
        let next = low.checked_neg()?.checked_div_euclid(step)?.checked_neg()?;
        let is_between = next.checked_mul(step)? <= high;
        is_between.then(|| Decimal::new(next, places))
    })
}

/// Says whether so many breaks that share something are no chance, as others are near to it and all
/// breaks of the column are so many.
fn stands_out(shared: usize, near: usize, all: usize) -> bool {
    let is_far = shared >= near.saturating_add(FAR);
    let is_large_part = shared.saturating_mul(PART) >= all;
    shared >= LEAST && shared > near && (is_far || is_large_part)
}

/// How many of the breaks that share something must have no cause at all.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Unknown {
    /// It does not matter: the causes that are named speak against each other.
    Any,
    /// Several: others may be off by so little for reasons of their own.
    Several,
    /// Most: a cause of its own, such as a default, puts one value in many places.
    Most,
}

/// Makes a group of breaks that share something, with those that may share it; none where the causes
/// that are named tell more.
fn group(
    members: &[&Off],
    joined: &[&Off],
    breaks: &[Explained],
    shared: &Shared,
    unknown: Unknown,
) -> Option<Group> {
    // Equal amounts are off by the same whatever was done to them.
    let expected: BTreeSet<i128> = members.iter().map(|off| off.expected).collect();
    if expected.len() < LEAST {
        return None;
    }
    let statuses = members.iter().filter_map(|off| breaks.get(off.at));
    let open = statuses.filter(|(_, why)| why.status == CauseStatus::Unknown);
    let open = open.count();
    let is_enough = match unknown {
        Unknown::Any => true,
        Unknown::Several => open >= LEAST,
        Unknown::Most => open >= LEAST && open.saturating_mul(2) >= members.len(),
    };
    let mut untold = untold(members, breaks);
    if untold.is_empty() || !is_enough {
        return None;
    }
    if untold.len() == members.len() {
        untold.extend(joined);
    }
    let count = members.len().saturating_add(joined.len());
    Some(Group {
        places: untold.iter().map(|off| off.at).collect(),
        says: shared.says(count),
    })
}

/// The breaks of which the cause that most of them name does not tell: none where all name it, and all
/// of them where it leaves many untold, or one for which nothing else is named.
fn untold<'o>(members: &[&'o Off], breaks: &[Explained]) -> Vec<&'o Off> {
    let mut counts: BTreeMap<CauseId, usize> = BTreeMap::new();
    for off in members {
        for cause in named(breaks, off.at) {
            let count = counts.entry(cause).or_default();
            *count = count.saturating_add(1);
        }
    }
    let best = counts.iter().max_by_key(|(_, count)| **count);
    let best = best.map(|(cause, _)| *cause);
    let all = members.iter().copied();
    let rest: Vec<&Off> = all
        .filter(|off| !named(breaks, off.at).any(|cause| Some(cause) == best))
        .collect();
    let are_many = rest.len() >= LEAST || rest.len().saturating_mul(2) >= members.len();
    let mut open = rest.iter().map(|off| named(breaks, off.at).next());
    if are_many || open.any(|cause| cause.is_none()) {
        members.to_vec()
    } else {
        rest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_of_many_are_chance_and_so_are_those_among_others_that_are_near() {
        assert!(stands_out(4, 0, 4) && !stands_out(3, 0, 3));
        assert!(stands_out(6, 0, 100) && !stands_out(4, 0, 100));
        assert!(stands_out(500, 3, 1_000) && !stands_out(20, 140, 1_000));
    }

    #[test]
    fn a_share_has_as_few_decimals_as_it_can() {
        let between = |low: i128, high: i128| simplest(low * 1_000_000, high * 1_000_000);
        assert_eq!(between(1_741_667, 1_752_212), Some(Decimal::new(175, 2)));
        assert_eq!(between(-1_000_100, -999_900), Some(Decimal::from(-1)));
        assert_eq!(between(10_472, 10_551), Some(Decimal::new(105, 4)));
        assert_eq!(between(2, 1), None);
    }
}
