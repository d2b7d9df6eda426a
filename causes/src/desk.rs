//! Desk tests: what a bare difference of two totals suggests, where there is no record to hold
//! against another.
//!
//! Bookkeepers' oldest tricks: a difference that equals an entry (left out or booked twice), whose half
//! does (booked on the wrong side), that is divisible by 9 (digits swapped, or the point moved), by 99
//! (yuan taken for fen), or that two or three open entries add up to. They are **suspects, never
//! proof**: among enough entries some equal any amount. So each comes with the number of hits that
//! chance alone would give, and where that is more than one in ten it is refused.
//!
//! ```
//! use causes::desk::{Candidate, suspects};
//! use ledger::Decimal;
//!
//! let entry = |label: &str, minor| Candidate { label: label.into(), amount: Decimal::new(minor, 2) };
//! let open = [
//!     entry("V-17", 123_456),
//!     entry("V-18", 9_995_000),
//!     entry("V-19", -5_731_108),
//!     entry("V-20", 321),
//! ];
//! let found = suspects(Decimal::new(-246_912, 2), 2, &open);
//! assert_eq!(found.suspects[0].entries[0][0].label, "V-17");
//! assert_eq!(
//!     found.suspects[0].says.en,
//!     "1,234.56 is half of it: V-17 may stand on the wrong side; by chance < 0.0001",
//! );
//! ```
//!
//! [`Desk`] looks at entries one by one and keeps nothing but those that fit, so that it can look at
//! all entries of a book; desks that looked at parts merge in any order. Sums are looked for only
//! among entries that are open, at most [`OPEN_MAX`], and only where chance leaves them a meaning:
//! the ways to choose the entries must not be more than a twentieth of the spread of their amounts in
//! minor units. The work is at most the square of the number of open entries:
//! some 0.1 s for sums of three among 6,000. To look at one entry takes 6 to 20 ns.
//!
//! Signs are left aside where the difference is compared with one entry: which of the totals lacks
//! something is for the reader to say.

mod arithmetic;
mod chance;
mod sums;
mod words;

pub use chance::Chance;

use crate::Says;
use ledger::Decimal;
use std::collections::BTreeSet;

/// Sums are looked for among so many open entries at most.
pub const OPEN_MAX: usize = 10_000;

/// Of the entries or sums that fit, so many are named.
pub const NAMED_MAX: usize = 10;

/// How many places a decimal point may have moved.
const PLACES_MAX: u32 = 4;

/// An entry that the difference may come from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Candidate {
    /// What it is called: a voucher, a key, a file and line.
    pub label: String,
    /// Its amount.
    pub amount: Decimal,
}

/// What a difference suggests.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Suspects {
    /// What may be behind it, the least likely by chance first.
    pub suspects: Vec<Suspect>,
    /// Tests that say nothing here, for chance alone would pass them.
    pub refused: Vec<Suspect>,
}

/// One thing that may be behind a difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suspect {
    /// The test.
    pub test: DeskTest,
    /// How many entries, or sums of entries, fit.
    pub hits: u64,
    /// The first of them by label, at most [`NAMED_MAX`]; each is one entry, or those that add up.
    pub entries: Vec<Vec<Candidate>>,
    /// How many would fit by chance.
    pub chance: Chance,
    /// The suspicion in a sentence.
    pub says: Says,
}

/// A test of a difference, in the order in which they are told where chance is the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DeskTest {
    /// It equals an entry: left out, or booked twice.
    Entry,
    /// Its half equals an entry: booked on the wrong side.
    WrongSide,
    /// It is 9 × 10^`place` × `step` minor units: two neighbouring digits that differ by `step` were
    /// swapped, the lower of them at `place`, counted from 0 at the minor unit.
    Transposition {
        /// The place of the lower digit.
        place: u32,
        /// By how much the digits differ, 1 to 9.
        step: u32,
    },
    /// An entry whose decimal point has moved to the right by so many places would leave it.
    SlideUp {
        /// How far; two turn yuan into fen.
        places: u32,
    },
    /// An entry whose decimal point has moved to the left by so many places would leave it.
    SlideDown {
        /// How far; two turn fen into yuan.
        places: u32,
    },
    /// So many open entries add up to it.
    Sum {
        /// Two or three.
        of: u32,
    },
}

/// Looks at entries for one difference.
#[derive(Debug, Clone)]
pub struct Desk {
    difference: Decimal,
    /// The difference without its sign, in minor units.
    size: i128,
    scale: u8,
    wanted: Vec<Wanted>,
    entries: u64,
}

/// An amount that is looked for.
#[derive(Debug, Clone)]
struct Wanted {
    test: DeskTest,
    /// In minor units, above zero.
    size: i128,
    /// An entry is near if it is no farther away than this.
    window: i128,
    hits: u64,
    near: u64,
    named: BTreeSet<Candidate>,
}

/// Makes all tests of a difference against entries that are open. `scale` is the number of decimals of
/// the minor unit.
pub fn suspects(difference: Decimal, scale: u8, open: &[Candidate]) -> Suspects {
    let mut desk = Desk::new(difference, scale);
    for candidate in open {
        desk.look(candidate.amount, || candidate.label.clone());
    }
    desk.finish(open)
}

impl Desk {
    /// Begins with a difference; `scale` is the number of decimals of the minor unit. Finer decimals
    /// of the difference make the unit finer.
    pub fn new(difference: Decimal, scale: u8) -> Self {
        let scale = difference.normalized().scale.max(scale);
        let minor = difference.rescale_exact(scale);
        let size = minor
            .and_then(|minor| minor.mantissa.checked_abs())
            .unwrap_or(0);
        let wanted = arithmetic::wanted(size).into_iter();
        let wanted = wanted.map(|(test, size)| Wanted::new(test, size));
        Self {
            difference,
            size,
            scale,
            wanted: wanted.collect(),
            entries: 0,
        }
    }

    /// The amounts that are looked for, above zero; an entry of either sign fits.
    pub fn wanted(&self) -> impl Iterator<Item = (DeskTest, Decimal)> {
        let wanted = self.wanted.iter();
        wanted.map(|wanted| (wanted.test, self.amount(wanted.size)))
    }

    /// Looks at an entry. Its label is asked for only if it fits.
    #[inline]
    pub fn look(&mut self, amount: Decimal, label: impl FnOnce() -> String) {
        self.entries = self.entries.saturating_add(1);
        let minor = amount.rescale_exact(self.scale);
        let Some(size) = minor.and_then(|minor| minor.mantissa.checked_abs()) else {
            return;
        };
        let mut fits = None;
        for (place, wanted) in self.wanted.iter_mut().enumerate() {
            let distance = size.saturating_sub(wanted.size).saturating_abs();
            if distance <= wanted.window {
                wanted.near = wanted.near.saturating_add(1);
                if distance == 0 {
                    fits = Some(place);
                }
            }
        }
        // Every wanted amount is another, so that one at most fits.
        if let Some(wanted) = fits.and_then(|place| self.wanted.get_mut(place)) {
            wanted.take(Candidate {
                label: label(),
                amount,
            });
        }
    }

    /// Adds what another desk has seen of the same difference.
    ///
    /// # Panics
    ///
    /// The other looks for other amounts.
    pub fn merge(&mut self, other: Self) {
        assert_eq!(
            (self.size, self.scale),
            (other.size, other.scale),
            "desks of one difference"
        );
        self.entries = self.entries.saturating_add(other.entries);
        for (mine, theirs) in self.wanted.iter_mut().zip(other.wanted) {
            mine.near = mine.near.saturating_add(theirs.near);
            mine.hits = mine.hits.saturating_add(theirs.hits);
            mine.named.extend(theirs.named);
            mine.shorten();
        }
    }

    /// Number of entries that were looked at.
    pub fn entries(&self) -> u64 {
        self.entries
    }

    /// Says what the difference suggests; sums are looked for among the open entries.
    pub fn finish(&self, open: &[Candidate]) -> Suspects {
        if self.size == 0 {
            return Suspects::default();
        }
        let mut all: Vec<Suspect> = self
            .wanted
            .iter()
            .filter_map(|wanted| self.hit(wanted))
            .collect();
        all.extend(self.transposition(open));
        all.extend(self.slides());
        for of in [2, 3] {
            all.extend(self.sum(of, open));
        }
        all.sort_by(|left, right| {
            let by_chance = left.chance.cmp(&right.chance);
            by_chance.then_with(|| left.test.cmp(&right.test))
        });
        let (suspects, refused) = all
            .into_iter()
            .partition(|suspect| suspect.chance.is_small());
        Suspects { suspects, refused }
    }

    /// An amount of minor units.
    fn amount(&self, minor: i128) -> Decimal {
        Decimal::new(minor, self.scale)
    }

    fn hit(&self, wanted: &Wanted) -> Option<Suspect> {
        (wanted.hits > 0).then(|| {
            let entries = wanted.named.iter().map(|candidate| vec![candidate.clone()]);
            self.suspect(wanted.test, wanted.hits, entries.collect(), wanted.chance())
        })
    }

    /// The digits that a swap would take, with the open entries that have them.
    fn transposition(&self, open: &[Candidate]) -> Option<Suspect> {
        let (place, step) = arithmetic::swap(self.size)?;
        let test = DeskTest::Transposition { place, step };
        let fits = |candidate: &&Candidate| {
            let minor = candidate.amount.rescale_exact(self.scale);
            minor.is_some_and(|minor| arithmetic::has_swap(minor.mantissa, place, step))
        };
        let mut found: Vec<&Candidate> = open.iter().filter(fits).collect();
        found.sort_unstable();
        let hits = u64::try_from(found.len()).unwrap_or(u64::MAX);
        let named = found.into_iter().take(NAMED_MAX);
        let entries = named.map(|candidate| vec![candidate.clone()]).collect();
        Some(self.suspect(test, hits, entries, arithmetic::chance_of_swap(self.size)))
    }

    /// Moved points that the difference alone suggests, where no entry was looked at that could have
    /// been the one.
    fn slides(&self) -> impl Iterator<Item = Suspect> {
        let slides = self
            .wanted
            .iter()
            .filter(|wanted| self.entries == 0 && matches!(wanted.test, DeskTest::SlideUp { .. }));
        slides.map(|wanted| {
            let chance = arithmetic::chance_of_slide(wanted.test);
            self.suspect(wanted.test, 0, Vec::new(), chance)
        })
    }

    fn sum(&self, of: u32, open: &[Candidate]) -> Option<Suspect> {
        let minors = open.iter().filter_map(|candidate| {
            let minor = candidate.amount.rescale_exact(self.scale)?.mantissa;
            // What is far beyond any amount could overflow a sum of three.
            (minor != 0 && minor.checked_abs()? < i128::MAX / 8).then_some((minor, candidate))
        });
        let mut minors: Vec<(i128, &Candidate)> = minors.collect();
        if minors.len() < usize::try_from(of).ok()? {
            return None;
        }
        minors.sort_unstable();
        let test = DeskTest::Sum { of };
        let chance = sums::chance(&minors, of);
        if minors.len() > OPEN_MAX {
            return Some(self.suspect(test, 0, Vec::new(), Chance::SURE));
        }
        if !chance.is_small() {
            return Some(self.suspect(test, 0, Vec::new(), chance));
        }
        let found = sums::find(&minors, of, self.size);
        let entry = |place: &usize| {
            minors
                .get(*place)
                .map(|(_, candidate)| (*candidate).clone())
        };
        let sums = found.named.iter();
        let named = sums.map(|places| places.iter().filter_map(entry).collect());
        // As with single entries: of many sums all but a few are there by chance.
        let chance = chance.plus(found.hits.saturating_sub(2));
        (found.hits > 0).then(|| self.suspect(test, found.hits, named.collect(), chance))
    }

    fn suspect(
        &self,
        test: DeskTest,
        hits: u64,
        entries: Vec<Vec<Candidate>>,
        chance: Chance,
    ) -> Suspect {
        let wanted = self.wanted.iter().find(|wanted| wanted.test == test);
        let amount = self.amount(wanted.map_or(self.size, |wanted| wanted.size));
        let says = words::says(self.difference, test, amount, hits, &entries, chance);
        Suspect {
            test,
            hits,
            entries,
            chance,
            says,
        }
    }
}

impl Wanted {
    fn new(test: DeskTest, size: i128) -> Self {
        // An eighth on either side, and five units of currency at two decimals where that is less.
        let window = size.checked_div(8).unwrap_or(0).max(500);
        Self {
            test,
            size,
            window,
            hits: 0,
            near: 0,
            named: BTreeSet::new(),
        }
    }

    fn take(&mut self, candidate: Candidate) {
        self.hits = self.hits.saturating_add(1);
        self.named.insert(candidate);
        self.shorten();
    }

    fn shorten(&mut self) {
        while self.named.len() > NAMED_MAX {
            self.named.pop_last();
        }
    }

    /// As many as are near and one, over the width of what is near; and all hits beyond two, for
    /// what was booked twice is there twice.
    fn chance(&self) -> Chance {
        let others = u128::from(self.near.saturating_sub(self.hits)).saturating_add(1);
        // Sizes begin at one: nothing is nearer to zero.
        let below = self.window.min(self.size.saturating_sub(1));
        let width = self.window.saturating_add(below).unsigned_abs().max(1);
        Chance::new(others, width).plus(self.hits.saturating_sub(2))
    }
}
