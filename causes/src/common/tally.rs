//! Counts over the whole book.

use super::sample::mixed;
use std::sync::Arc;

/// Masks whose counts are remembered before they are handed down; a power of two.
const SLOTS: usize = 1_024;

/// Counts, in one pass over the book, what each proposed conjunction holds of.
///
/// A mask has a bit for each condition of [`Finder::atoms`](super::Finder::atoms) that holds of
/// a record. Tallies of parts of the book merge in any order to the same counts.
#[derive(Debug, Clone)]
pub struct Tally {
    conjunctions: Arc<[u64]>,
    slots: Box<[Slot]>,
    counts: Vec<Seen>,
    all: Seen,
}

/// Records of one mask or one conjunction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Seen {
    pub(super) broken: u64,
    pub(super) unbroken: u64,
    /// Records of which it is not known here whether they are broken.
    pub(super) book: u64,
    /// Those among them that do not agree either, and are not counted as broken here: records that are
    /// broken in another way, and further copies.
    pub(super) others: u64,
}

#[derive(Debug, Clone, Copy, Default)]
struct Slot {
    mask: u64,
    seen: Seen,
}

impl Seen {
    fn add(&mut self, other: Self) {
        self.broken = self.broken.saturating_add(other.broken);
        self.unbroken = self.unbroken.saturating_add(other.unbroken);
        self.book = self.book.saturating_add(other.book);
        self.others = self.others.saturating_add(other.others);
    }

    /// Records that agree. Broken ones are among those of the book, if it was counted.
    pub(super) fn agreeing(self) -> u64 {
        let open = self.book.saturating_sub(self.broken);
        self.unbroken
            .saturating_add(open.saturating_sub(self.others))
    }

    /// All records but those that are broken in another way.
    pub(super) fn sum(self) -> u64 {
        self.agreeing().saturating_add(self.broken)
    }
}

impl Tally {
    pub(super) fn new(conjunctions: Arc<[u64]>) -> Self {
        Self {
            counts: vec![Seen::default(); conjunctions.len()],
            slots: vec![Slot::default(); SLOTS].into(),
            conjunctions,
            all: Seen::default(),
        }
    }

    /// Counts a broken record.
    #[inline]
    pub fn add_broken(&mut self, mask: u64) {
        self.slot(mask).broken += 1;
    }

    /// Counts a record that agrees.
    #[inline]
    pub fn add_unbroken(&mut self, mask: u64) {
        self.slot(mask).unbroken += 1;
    }

    /// Counts a record of the book without knowing whether it is broken. Whoever calls this for all
    /// records of the book calls [`Self::add_broken`] for the broken ones besides, and
    /// never [`Self::add_unbroken`].
    #[inline]
    pub fn add_record(&mut self, mask: u64) {
        self.slot(mask).book += 1;
    }

    /// Takes what was counted, as records of the book, of all that are broken in any way. What is
    /// not broken in the way that is looked at here is then held against nothing: it does not
    /// agree.
    ///
    /// # Panics
    ///
    /// The other is of another finder.
    pub fn leave_out_of(&mut self, broken: &Self) {
        assert_eq!(
            self.conjunctions, broken.conjunctions,
            "tallies of one finder"
        );
        let (counts, all) = broken.counts();
        let (own, of_all) = self.counts();
        let others = |any: Seen, own: Seen| any.book.saturating_sub(own.broken);
        for (place, any) in counts.into_iter().enumerate() {
            self.counts[place].others = others(any, own[place]);
        }
        self.all.others = others(all, of_all);
    }

    /// How many records of the book were counted.
    pub fn records(&self) -> u64 {
        self.counts().1.book
    }

    /// The conjunctions that are counted, as masks.
    pub(super) fn conjunctions(&self) -> &[u64] {
        &self.conjunctions
    }

    /// Adds records as [`Self::add_record`] does, of which it was counted elsewhere how many meet each
    /// conjunction.
    pub(super) fn add_counted(&mut self, of_each: impl Iterator<Item = u64>, records: u64) {
        let book = |book| Seen {
            book,
            ..Seen::default()
        };
        for (count, matching) in self.counts.iter_mut().zip(of_each) {
            count.add(book(matching));
        }
        self.all.add(book(records));
    }

    /// Says how many records the book has, and of some conjunctions, by their places, of how many
    /// of these they hold.
    pub(super) fn settle(&mut self, counted: impl Iterator<Item = (usize, u64)>, records: u64) {
        self.all.book = records;
        for (place, matching) in counted {
            self.counts[place].book = matching;
        }
    }

    /// Adds what another has counted for the same finder.
    ///
    /// # Panics
    ///
    /// The other is of another finder.
    pub fn merge(&mut self, other: &Self) {
        assert_eq!(
            self.conjunctions, other.conjunctions,
            "tallies of one finder"
        );
        let (counts, all) = other.counts();
        for (mine, theirs) in self.counts.iter_mut().zip(counts) {
            mine.add(theirs);
        }
        self.all.add(all);
    }

    #[inline]
    fn slot(&mut self, mask: u64) -> &mut Seen {
        let place = mixed(mask) as usize % SLOTS;
        if self.slots[place].mask != mask {
            self.hand_down(place);
            self.slots[place].mask = mask;
        }
        &mut self.slots[place].seen
    }

    fn hand_down(&mut self, place: usize) {
        let slot = std::mem::take(&mut self.slots[place]);
        if slot.seen != Seen::default() {
            slot.hand_down(&self.conjunctions, &mut self.counts, &mut self.all);
        }
    }

    /// What was counted for each conjunction, and for all records.
    pub(super) fn counts(&self) -> (Vec<Seen>, Seen) {
        let (mut counts, mut all) = (self.counts.clone(), self.all);
        for slot in &self.slots {
            slot.hand_down(&self.conjunctions, &mut counts, &mut all);
        }
        (counts, all)
    }
}

impl PartialEq for Tally {
    /// Tallies are equal that have counted the same for the same conjunctions.
    fn eq(&self, other: &Self) -> bool {
        self.conjunctions == other.conjunctions && self.counts() == other.counts()
    }
}

impl Eq for Tally {}

impl Slot {
    fn hand_down(self, conjunctions: &[u64], counts: &mut [Seen], all: &mut Seen) {
        all.add(self.seen);
        if self.mask == 0 {
            return;
        }
        for (conjunction, count) in conjunctions.iter().zip(counts) {
            if self.mask & conjunction == *conjunction {
                count.add(self.seen);
            }
        }
    }
}
