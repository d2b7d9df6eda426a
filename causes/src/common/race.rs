//! Which conjunctions can still be the common cause, before all of them are counted over all of
//! the book.
//!
//! The more records a conjunction holds of, the less it says. So a number of records that it holds
//! of at least bounds what it will say. Another one that is counted over the whole book may say
//! more than that, and then the first need not be counted: [`Finder::finish`] gives the same with it
//! and without. The bound is what was counted of a part of the book. No sample is scaled up to one:
//! records that stand side by side are alike, and a guess would decide what is reported.

use super::finder::{Candidate, Common, Finder, beats, better, first_of_full, split};
use super::tally::{Seen, Tally};
use std::collections::BTreeSet;
use std::sync::Arc;

/// What each conjunction of a finder is known to hold of.
#[derive(Debug, Clone)]
pub struct Race {
    finder: Finder,
    /// The broken records, and the whole book for what was counted to its end.
    tally: Tally,
    states: Vec<State>,
    /// Records of the book that each holds of at least.
    at_least: Vec<u64>,
    /// Records that each holds of in the shares of the book that were counted so far.
    in_shares: Vec<u64>,
    /// The place of the one that was said to lead.
    leader: Option<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    /// It cannot be chosen, whatever it comes to.
    Refuted,
    /// It was counted over the whole book.
    Settled,
}

/// Some conjunctions of a race, to be counted in one pass.
#[derive(Debug, Clone)]
pub struct Heat {
    finder: Finder,
    /// Their places among those of the race, ascending.
    places: Arc<[usize]>,
}

impl Heat {
    /// The finder of these conjunctions alone, and of the conditions that they take.
    pub fn finder(&self) -> &Finder {
        &self.finder
    }

    /// Says whether there is nothing to count.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }
}

impl Race {
    /// Begins with all broken records counted, and none of the book.
    ///
    /// # Panics
    ///
    /// The tally is of another finder.
    pub fn new(finder: &Finder, broken: Tally) -> Self {
        let conjunctions = finder.conjunctions();
        assert_eq!(
            broken.conjunctions(),
            conjunctions,
            "a tally of this finder"
        );
        Self {
            states: vec![State::Open; conjunctions.len()],
            at_least: vec![0; conjunctions.len()],
            in_shares: vec![0; conjunctions.len()],
            leader: None,
            finder: finder.clone(),
            tally: broken,
        }
    }

    /// Takes what was counted of some records of the book for a heat.
    pub fn add_part(&mut self, heat: &Heat, part: &Tally) {
        let (counts, _) = part.counts();
        for (place, seen) in heat.places.iter().zip(counts) {
            let known = &mut self.at_least[*place];
            *known = seen.book.max(*known);
        }
    }

    /// Takes what was counted for a heat of some records of the book that no other share has.
    pub fn add_share(&mut self, heat: &Heat, share: &Tally) {
        let (counts, _) = share.counts();
        for (place, seen) in heat.places.iter().zip(counts) {
            let known = &mut self.in_shares[*place];
            *known = known.saturating_add(seen.book);
            self.at_least[*place] = self.at_least[*place].max(*known);
        }
    }

    /// Takes what was counted in shares, which gave together the whole book, of all that was not
    /// ruled out meanwhile.
    pub fn settle_shares(&mut self) {
        let open = self.states.iter().enumerate();
        let open = open.filter(|(_, state)| **state == State::Open);
        let open: Vec<usize> = open.map(|(place, _)| place).collect();
        let counts = open.iter().map(|place| (*place, self.in_shares[*place]));
        let book = self.tally.counts().1.book;
        self.tally.settle(counts, book);
        for place in open {
            self.states[place] = State::Settled;
        }
    }

    /// Takes what was counted for a heat of the whole book, of so many records.
    pub fn settle(&mut self, heat: &Heat, counted: &Tally, records: u64) {
        let (counts, _) = counted.counts();
        let counts = counts.into_iter().map(|seen| seen.book);
        self.tally
            .settle(heat.places.iter().copied().zip(counts), records);
        for place in heat.places.iter() {
            self.states[*place] = State::Settled;
        }
    }

    /// All conjunctions.
    pub fn all(&self) -> Heat {
        self.heat(|_| true)
    }

    /// Begins with a book of so many records: the conjunction that would be chosen if it were like a
    /// sample of it, and whatever takes no other columns. All where the sample tells of none.
    pub fn leading(&mut self, sampled: &Tally, book: u64) -> Heat {
        self.tally.settle(std::iter::empty(), book);
        let (counts, all) = sampled.counts();
        let (broken, of_all) = self.tally.counts();
        if all.book == 0 {
            return self.all();
        }
        let scaled = |seen: &Seen| {
            let matching = u128::from(seen.book + 1) * u128::from(book) / u128::from(all.book + 1);
            u64::try_from(matching).unwrap_or(u64::MAX).min(book)
        };
        let guesses = broken.iter().zip(&counts).map(|(broken, sampled)| {
            // What is known not to agree is not guessed.
            let matching = broken.broken + broken.others;
            let unmatching = of_all.broken + of_all.others - matching;
            Seen {
                book: scaled(sampled)
                    .min(book.saturating_sub(unmatching))
                    .max(matching),
                ..*broken
            }
        });
        let Some(best) = self.finder.mask_of_best(guesses, Seen { book, ..of_all }) else {
            return self.all();
        };
        let masks = self.finder.conjunctions();
        self.leader = masks.iter().position(|mask| *mask == best);
        let of = |mask: u64| {
            let atoms = self.finder.atoms().iter().enumerate();
            atoms.filter(move |(bit, _)| mask >> bit & 1 == 1)
        };
        let columns: BTreeSet<_> = of(best).map(|(_, atom)| atom.column).collect();
        self.heat(|place| of(masks[place]).all(|(_, atom)| columns.contains(&atom.column)))
    }

    /// The one that led, where all of a heat only narrow it: then they hold of no record that it
    /// does not hold of. None where it holds of more than an eighth of the book.
    pub fn leader_of(&self, heat: &Heat) -> Option<Heat> {
        let masks = self.finder.conjunctions();
        let leader = self.leader?;
        let (counts, all) = self.tally.counts();
        if self.states[leader] != State::Settled || counts[leader].book > all.book / 8 {
            return None;
        }
        let narrows = |place: &usize| masks[*place] & masks[leader] == masks[leader];
        heat.places.iter().all(narrows).then(|| Heat {
            finder: self.finder.part(&[leader]),
            places: [leader].into(),
        })
    }

    /// Those that may still be chosen and are not counted to the end, once some are.
    ///
    /// Those of each number of conditions are looked at by themselves: one that says less than the
    /// most of them, by more than what counts as close, is not chosen and changes nothing. And none
    /// of them is where even the most that one may say is too little for a condition more.
    pub fn undecided(&mut self) -> Heat {
        let (counts, all) = self.tally.counts();
        let masks = self.finder.conjunctions();
        let places = |state| {
            let states = self.states.iter().enumerate();
            states.filter_map(move |(place, of)| (*of == state).then_some(place))
        };
        let known = places(State::Settled).filter_map(|place| {
            let split = split(counts[place], all);
            self.finder.candidate(masks[place], split)
        });
        let known: Vec<Candidate<'_>> = known.collect();
        let open = places(State::Open).filter_map(|place| {
            let seen = Seen {
                book: self.at_least[place].max(counts[place].broken),
                ..counts[place]
            };
            let most = self.finder.at_most(masks[place], split(seen, all))?;
            Some((place, most))
        });
        let open: Vec<(usize, Candidate<'_>)> = open.collect();
        let left = match all.broken < 2 || all.agreeing() == 0 {
            // Of so few, or of all, nothing is asked.
            true => vec![false; masks.len()],
            false => left(&known, &open, masks.len()),
        };
        for (state, is_left) in self.states.iter_mut().zip(&left) {
            if *state == State::Open && !is_left {
                *state = State::Refuted;
            }
        }
        self.heat(|_| true)
    }

    /// What the broken records have in common: as [`Finder::finish`] says it of all conjunctions,
    /// once none is undecided.
    pub fn finish(&self) -> Option<Common> {
        let settled = self.states.iter().map(|state| *state == State::Settled);
        self.finder.finish_among(&self.tally, settled)
    }

    /// Some of those that are open.
    fn heat(&self, is_wanted: impl Fn(usize) -> bool) -> Heat {
        let open = self.states.iter().enumerate();
        let open = open.filter(|(place, state)| **state == State::Open && is_wanted(*place));
        let places: Arc<[usize]> = open.map(|(place, _)| place).collect();
        Heat {
            finder: self.finder.part(&places),
            places,
        }
    }
}

/// Which of the open ones, given with the most that they can say, may be chosen.
fn left(known: &[Candidate<'_>], open: &[(usize, Candidate<'_>)], all: usize) -> Vec<bool> {
    let mut left = vec![false; all];
    let full = first_of_full(known.iter());
    for (place, most) in open.iter().filter(|(_, most)| most.is_full()) {
        left[*place] = full.is_none_or(|full| most.is_before(full));
    }
    if full.is_none() {
        keep_close(known, open, &mut left);
    }
    left
}

/// Marks those that could be chosen where none separates all broken records from all others.
fn keep_close(known: &[Candidate<'_>], open: &[(usize, Candidate<'_>)], left: &mut [bool]) {
    // What is chosen of those with fewer conditions, once that is known.
    let mut before: Option<Option<&Candidate<'_>>> = Some(None);
    for conditions in 1..=3 {
        let known_of_size = known.iter().filter(|one| one.size() == conditions);
        let known_most = known_of_size.map(Candidate::surprise).max();
        let open = open.iter().filter(|(_, most)| most.size() == conditions);
        let most = open.clone().map(|(_, most)| most.surprise()).max();
        if let (Some(Some(chosen)), Some(most)) = (before, most.max(known_most))
            && !beats(most, chosen)
        {
            continue;
        }
        let is_close = |most: i64| known_most.is_none_or(|known| most >= known - known / 50);
        let mut is_known = true;
        for (place, _) in open.filter(|(_, most)| is_close(most.surprise())) {
            left[*place] = true;
            is_known = false;
        }
        before = match before {
            Some(before) if is_known => Some(better(known, conditions, before)),
            _ => None,
        };
    }
}

#[cfg(test)]
mod tests;
