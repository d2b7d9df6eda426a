//! Chooses the common cause from the counts of the whole book.

use super::attribute::{Attributes, ColumnIndex};
use super::masker::Masker;
use super::predicate::{Origin, Predicate};
use super::surprise::{BIT, Split, log2};
use super::tally::{Seen, Tally};
use crate::Says;
use std::fmt;
use std::sync::Arc;

/// Chance may have done it once in 2^7 books, and no oftener.
const SURPRISE_MIN: i64 = 7 * BIT;

/// What was proposed: conditions, and the conjunctions of them that are counted over the whole book.
#[derive(Debug, Clone)]
pub struct Finder {
    attributes: Attributes,
    atoms: Vec<Predicate>,
    conjunctions: Arc<[u64]>,
}

/// What the broken records have in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Common {
    /// The conditions; all hold. Empty where every record of the book is broken.
    pub conditions: Vec<Predicate>,
    /// Broken records that meet them.
    pub covered: u64,
    /// Broken records.
    pub broken: u64,
    /// Records of the whole book that meet them, with those that are broken in another way.
    pub matching: u64,
    /// Records that meet them and yet agree.
    pub counterexamples: u64,
    /// Records of the whole book but those that are broken in another way.
    pub book: u64,
    /// How many times as often records are broken that meet the conditions as those that do not.
    pub risk_ratio: RiskRatio,
}

/// How much there is to say, then the places of the conditions.
type Order = (u64, Vec<(u8, Origin, ColumnIndex)>);

/// An exact ratio; without end where its denominator is zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RiskRatio {
    /// Above the line.
    pub numerator: u128,
    /// Below the line.
    pub denominator: u128,
}

/// A conjunction that may be the common cause.
pub(super) struct Candidate<'a> {
    mask: u64,
    conditions: Vec<&'a Predicate>,
    split: Split,
    surprise: i64,
}

impl Finder {
    pub(super) fn new(
        attributes: Attributes,
        atoms: Vec<Predicate>,
        conjunctions: Vec<u64>,
    ) -> Self {
        Self {
            attributes,
            atoms,
            conjunctions: conjunctions.into(),
        }
    }

    /// The proposed conditions, at most 64. Bit n of a mask stands for condition n.
    pub fn atoms(&self) -> &[Predicate] {
        &self.atoms
    }

    /// Makes masks of records, for one thread.
    pub fn masker(&self) -> Masker {
        Masker::new(&self.atoms)
    }

    /// Counts masks, for one thread.
    pub fn tally(&self) -> Tally {
        Tally::new(Arc::clone(&self.conjunctions))
    }

    /// Chooses: what separates fully first, then fewest conditions, then the simplest, then fewest
    /// counterexamples. None where nothing is more than chance may do, as always with one break.
    ///
    /// # Panics
    ///
    /// The tally is of another finder.
    pub fn finish(&self, tally: &Tally) -> Option<Common> {
        self.finish_among(tally, self.conjunctions.iter().map(|_| true))
    }

    /// As [`Finder::finish`], but some conjunctions are left out.
    pub(super) fn finish_among(
        &self,
        tally: &Tally,
        among: impl Iterator<Item = bool>,
    ) -> Option<Common> {
        let (counts, all) = tally.counts();
        assert_eq!(
            counts.len(),
            self.conjunctions.len(),
            "a tally of this finder"
        );
        if all.broken < 2 {
            return None;
        }
        if all.agreeing() == 0 {
            return Some(Common::new(Vec::new(), split(all, all), all.others));
        }
        let candidates = self.conjunctions.iter().zip(&counts).zip(among);
        let candidates = candidates.filter(|(_, is_among)| *is_among);
        let candidates: Vec<Candidate<'_>> = candidates
            .filter_map(|((mask, seen), _)| self.candidate(*mask, split(*seen, all)))
            .collect();
        let chosen = chosen(&candidates)?;
        let of_chosen = self.conjunctions.iter().zip(&counts);
        let mut of_chosen = of_chosen.filter(|(mask, _)| **mask == chosen.mask);
        let others = of_chosen.next().map_or(0, |(_, seen)| seen.others);
        let conditions = chosen
            .conditions
            .iter()
            .map(|condition| (*condition).clone());
        Some(Common::new(conditions.collect(), chosen.split, others))
    }

    /// How many records of the book a tally of this finder has counted of which conditions hold that
    /// were [chosen](Finder::finish).
    pub fn holds_of(&self, conditions: &[Predicate], tally: &Tally) -> u64 {
        if conditions.is_empty() {
            return tally.records();
        }
        let is_among = |atom: &Predicate| conditions.contains(atom);
        let atoms = self.atoms.iter().enumerate();
        let mask = atoms.filter(|(_, atom)| is_among(atom));
        let mask = mask.fold(0, |mask, (bit, _)| mask | 1_u64 << bit);
        let (counts, _) = tally.counts();
        let mut own = self.conjunctions.iter().zip(counts);
        own.find(|(own, _)| **own == mask)
            .map_or(0, |(_, seen)| seen.book)
    }

    /// The mask of the conjunction that is chosen where this is seen of each, and that of all
    /// records.
    pub(super) fn mask_of_best(
        &self,
        counts: impl Iterator<Item = Seen>,
        all: Seen,
    ) -> Option<u64> {
        let candidates = self.conjunctions.iter().zip(counts);
        let candidates: Vec<Candidate<'_>> = candidates
            .filter_map(|(mask, seen)| self.candidate(*mask, split(seen, all)))
            .collect();
        Some(chosen(&candidates)?.mask)
    }

    /// The conjunctions, as masks of conditions.
    pub(super) fn conjunctions(&self) -> &[u64] {
        &self.conjunctions
    }

    /// A finder of some of the conjunctions, by their places, and of the conditions that these take.
    pub(super) fn part(&self, places: &[usize]) -> Self {
        let masks = places.iter().map(|place| self.conjunctions[*place]);
        let used = masks.clone().fold(0, |used, mask| used | mask);
        let kept: Vec<usize> = (0..self.atoms.len())
            .filter(|bit| used >> bit & 1 == 1)
            .collect();
        let renumbered = |mask: u64| {
            let bits = kept.iter().enumerate();
            bits.fold(0, |bits, (new, old)| bits | (mask >> old & 1) << new)
        };
        Self {
            attributes: self.attributes.clone(),
            conjunctions: masks.map(renumbered).collect(),
            atoms: kept.iter().map(|bit| self.atoms[*bit].clone()).collect(),
        }
    }

    pub(super) fn candidate(&self, mask: u64, split: Split) -> Option<Candidate<'_>> {
        let candidate = self.judged(mask, split, 0);
        candidate.is_acceptable().then_some(candidate)
    }

    /// What a conjunction can say at most that holds of no fewer records than these. Logarithms are
    /// rounded, so that a hair more is granted.
    pub(super) fn at_most(&self, mask: u64, split: Split) -> Option<Candidate<'_>> {
        let rounding = i64::try_from(split.broken).unwrap_or(i64::MAX / 64);
        let candidate = self.judged(mask, split, rounding.saturating_mul(16) + BIT);
        candidate.is_acceptable().then_some(candidate)
    }

    fn judged(&self, mask: u64, split: Split, more: i64) -> Candidate<'_> {
        let places = (0..self.atoms.len()).filter(|place| mask >> place & 1 == 1);
        let mut conditions: Vec<&Predicate> = places.map(|place| &self.atoms[place]).collect();
        conditions.sort_by_key(|condition| condition.column);
        let freedom = conditions.iter().map(|condition| condition.freedom).sum();
        let surprise = split.surprise(freedom).saturating_add(more) - self.cost(&conditions);
        Candidate {
            mask,
            conditions,
            split,
            surprise,
        }
    }

    /// What a conjunction must pay for all the others that were tried, in halvings.
    fn cost(&self, conditions: &[&Predicate]) -> i64 {
        let columns = log2(self.attributes.columns.len() as u64);
        let cost = |condition: &&Predicate| {
            let bits = condition.test.share_bits(condition.origin);
            columns + i64::try_from(bits).unwrap_or(0) * BIT
        };
        conditions.iter().map(cost).sum()
    }
}

impl Candidate<'_> {
    /// How many conditions it has.
    pub(super) fn size(&self) -> usize {
        self.conditions.len()
    }

    pub(super) fn surprise(&self) -> i64 {
        self.surprise
    }

    /// Whether it holds of all broken records and of no other.
    pub(super) fn is_full(&self) -> bool {
        self.counterexamples() == 0 && self.split.covered == self.split.broken
    }

    /// Whether it comes before another where both separate all broken records from all others.
    pub(super) fn is_before(&self, other: &Self) -> bool {
        self.rank() < other.rank()
    }

    fn rank(&self) -> (usize, Order, String) {
        (self.conditions.len(), self.order(), self.text())
    }

    fn is_acceptable(&self) -> bool {
        let Split {
            covered, broken, ..
        } = self.split;
        let is_frequent = RiskRatio::of(self.split).is_at_least(3);
        self.surprise >= SURPRISE_MIN && covered.saturating_mul(5) >= broken && is_frequent
    }

    fn counterexamples(&self) -> u64 {
        self.split.matching - self.split.covered
    }

    /// The simplest first: the sum of what its conditions take to say, then places and text.
    fn order(&self) -> Order {
        let orders: Vec<_> = self
            .conditions
            .iter()
            .map(|condition| condition.order())
            .collect();
        (orders.iter().map(|order| u64::from(order.0)).sum(), orders)
    }

    fn text(&self) -> String {
        let texts: Vec<String> = self.conditions.iter().map(ToString::to_string).collect();
        texts.join(" AND ")
    }
}

fn chosen<'a, 'b>(candidates: &'b [Candidate<'a>]) -> Option<&'b Candidate<'a>> {
    first_of_full(candidates.iter()).or_else(|| best(candidates))
}

/// The first in order of those that separate all broken records from all others.
pub(super) fn first_of_full<'a: 'b, 'b>(
    candidates: impl Iterator<Item = &'b Candidate<'a>>,
) -> Option<&'b Candidate<'a>> {
    let full = candidates.filter(|candidate| candidate.is_full());
    full.min_by_key(|candidate| candidate.rank())
}

/// The most surprising. A condition more must raise the surprise by a ninth; of those within
/// a fiftieth of each other the simplest is taken.
fn best<'a, 'b>(candidates: &'b [Candidate<'a>]) -> Option<&'b Candidate<'a>> {
    (1..=3).fold(None, |chosen, conditions| {
        better(candidates, conditions, chosen)
    })
}

/// Of those of so many conditions the simplest that is close to the most surprising, where it
/// is worth more than what was chosen before; else that.
pub(super) fn better<'a, 'b>(
    candidates: &'b [Candidate<'a>],
    conditions: usize,
    chosen: Option<&'b Candidate<'a>>,
) -> Option<&'b Candidate<'a>> {
    let of_size = || {
        candidates
            .iter()
            .filter(move |candidate| candidate.conditions.len() == conditions)
    };
    let Some(most) = of_size().map(|candidate| candidate.surprise).max() else {
        return chosen;
    };
    let close = of_size().filter(|candidate| candidate.surprise >= most - most / 50);
    let simplest = close.min_by_key(|candidate| {
        (
            candidate.order(),
            candidate.counterexamples(),
            candidate.text(),
        )
    });
    match chosen {
        Some(before) if !beats(most, before) => Some(before),
        _ => simplest,
    }
}

/// Whether so much is worth a condition more.
pub(super) fn beats(most: i64, before: &Candidate<'_>) -> bool {
    most / 10 > before.surprise / 9
}

pub(super) fn split(seen: Seen, all: Seen) -> Split {
    Split {
        covered: seen.broken,
        broken: all.broken,
        matching: seen.sum(),
        book: all.sum(),
    }
}

impl Common {
    fn new(conditions: Vec<Predicate>, split: Split, others: u64) -> Self {
        Self {
            conditions,
            covered: split.covered,
            broken: split.broken,
            matching: split.matching + others,
            counterexamples: split.matching - split.covered,
            book: split.book,
            risk_ratio: RiskRatio::of(split),
        }
    }

    /// Says whether the conditions hold of all broken records and of no other.
    pub fn separates(&self) -> bool {
        self.covered == self.broken && self.counterexamples == 0
    }

    /// What the same conditions say of other broken records of the book, as many, of which they hold of
    /// `covered`: the records that agree are the same.
    pub fn of_others(&self, covered: u64, broken: u64) -> Self {
        let split = Split {
            covered,
            broken,
            matching: covered + self.counterexamples,
            book: self.book - self.broken + broken,
        };
        Self {
            conditions: self.conditions.clone(),
            covered,
            broken,
            matching: self.matching,
            counterexamples: self.counterexamples,
            book: split.book,
            risk_ratio: RiskRatio::of(split),
        }
    }

    /// The conditions as a report's `where` shows them.
    pub fn shown(&self) -> Vec<String> {
        self.conditions.iter().map(ToString::to_string).collect()
    }

    /// One sentence: how many of how many, the conditions, and what speaks against them.
    pub fn says(&self) -> Says {
        let count = format!("{} of {}", grouped(self.covered), grouped(self.broken));
        let count_zh = format!(
            "{} 条中的 {} 条",
            grouped(self.broken),
            grouped(self.covered)
        );
        if self.conditions.is_empty() {
            return Says {
                en: format!("{count}: every record of the book"),
                zh: format!("{count_zh}：账中每一条记录"),
            };
        }
        let conditions = self.shown().join(" AND ");
        let (against_en, against_zh) = self.against();
        Says {
            en: format!("{count}: {conditions}; {against_en}"),
            zh: format!("{count_zh}：{conditions}；{against_zh}"),
        }
    }

    /// What speaks against the conditions, in both languages.
    fn against(&self) -> (String, String) {
        if self.counterexamples == 0 {
            return ("no counterexample".to_owned(), "无反例".to_owned());
        }
        let plural = if self.counterexamples == 1 { "" } else { "s" };
        let count = grouped(self.counterexamples);
        let ratio = self.risk_ratio;
        let (en, zh) = match ratio.denominator {
            0 => (
                "no break without it".to_owned(),
                "不符合者无一出错".to_owned(),
            ),
            _ => (format!("risk ratio {ratio}"), format!("风险比 {ratio}")),
        };
        (
            format!("{count} counterexample{plural}, {en}"),
            format!("反例 {count} 条，{zh}"),
        )
    }
}

impl RiskRatio {
    fn of(split: Split) -> Self {
        let Split {
            covered,
            broken,
            matching,
            book,
        } = split;
        Self {
            numerator: u128::from(covered) * u128::from(book - matching),
            denominator: u128::from(matching) * u128::from(broken - covered),
        }
    }

    /// Says whether it is at least so much.
    pub fn is_at_least(self, times: u64) -> bool {
        self.denominator == 0 || self.numerator / u128::from(times.max(1)) >= self.denominator
    }
}

impl fmt::Display for RiskRatio {
    /// Writes the ratio with one decimal, the rest cut off.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.denominator == 0 {
            return f.pad("∞");
        }
        let whole = self.numerator / self.denominator;
        let rest = self.numerator % self.denominator;
        // One tenth of the denominator may be nothing where the denominator is small: multiply then.
        let tenth = rest
            .checked_mul(10)
            .map_or(0, |tens| tens / self.denominator);
        let whole = grouped(u64::try_from(whole).unwrap_or(u64::MAX));
        f.pad(&format!("{whole}.{tenth}"))
    }
}

/// A count with its thousands set apart.
fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
