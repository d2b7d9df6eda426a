//! Which tables and columns of both books belong together.

use super::convert::{Fit, Form, Shift, Units, fit};
use super::names::{self, MEANS_THE_SAME, SAME, SPELT_ALIKE};
use super::profile::{Class, Column, Share};
use super::sample::Sample;
use std::collections::BTreeSet;

/// A column of each side, by their indexes in the samples.
#[derive(Clone, Debug)]
pub(super) struct Pair {
    pub(super) source: usize,
    pub(super) target: usize,
    pub(super) form: Form,
    pub(super) units: Units,
    pub(super) why: Why,
    /// None where a side shows no value.
    pub(super) shared: Option<Share>,
}

/// Why two columns belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Why {
    Name,
    /// But for case and signs.
    Spelling,
    Meaning,
    Content,
}

/// A pair that could be.
struct Candidate {
    source: usize,
    target: usize,
    name: u64,
    fit: Fit,
    /// Whether both are texts that are read as something else.
    is_converted: bool,
}

/// Pairs the columns of two tables: by their names, then by what their names mean, then by what
/// they hold. In the order of the target's columns.
pub(super) fn pair_columns(
    source: &Sample,
    target: &Sample,
    has_zone: bool,
    looks_within: bool,
) -> Vec<Pair> {
    let mut pairs = Pairs {
        source,
        target,
        has_zone,
        found: Vec::new(),
    };
    pairs.by_name(SAME, Why::Name);
    pairs.by_name(SPELT_ALIKE, Why::Spelling);
    pairs.by_meaning();
    if looks_within {
        pairs.by_content();
    }
    pairs.found.sort_by_key(|pair| pair.target);
    pairs.found
}

struct Pairs<'s> {
    source: &'s Sample,
    target: &'s Sample,
    has_zone: bool,
    found: Vec<Pair>,
}

impl Pairs<'_> {
    /// The columns that have no counterpart yet.
    fn open(&self) -> (Vec<usize>, Vec<usize>) {
        let taken =
            |pick: fn(&Pair) -> usize| -> BTreeSet<usize> { self.found.iter().map(pick).collect() };
        let (sources, targets) = (taken(|pair| pair.source), taken(|pair| pair.target));
        let open = |count: usize, taken: &BTreeSet<usize>| {
            (0..count).filter(|at| !taken.contains(at)).collect()
        };
        (
            open(self.source.columns.len(), &sources),
            open(self.target.columns.len(), &targets),
        )
    }

    fn candidates(&self, wanted: impl Fn(&Column, &Column, u64) -> bool) -> Vec<Candidate> {
        let (sources, targets) = self.open();
        let mut candidates = Vec::new();
        for source in sources {
            for target in &targets {
                let (ours, theirs) = (&self.source.columns[source], &self.target.columns[*target]);
                let name = names::likeness(&ours.name, &theirs.name);
                if wanted(ours, theirs, name) {
                    let mut fit = fit(ours, theirs, self.has_zone);
                    if !(self.source.is_whole && self.target.is_whole) {
                        fit.likeness = fit.likeness.max(fit.likeness_of_part(ours, theirs));
                    }
                    if fit.form == Form::Number(Shift::None) && is_code_beside_amount(ours, theirs)
                    {
                        fit.likeness /= 2;
                    }
                    let are_texts = [ours, theirs].iter().all(|c| c.class() == Class::Text);
                    candidates.push(Candidate {
                        is_converted: are_texts && fit.form != Form::AsIs,
                        source,
                        target: *target,
                        name,
                        fit,
                    });
                }
            }
        }
        candidates
    }

    fn take(&mut self, candidate: Candidate, why: Why) {
        self.found.push(Pair {
            source: candidate.source,
            target: candidate.target,
            form: candidate.fit.form,
            units: candidate.fit.units,
            why,
            shared: candidate.fit.shared,
        });
    }

    /// Pairs names that are so much alike and no other's.
    fn by_name(&mut self, alike: u64, why: Why) {
        let candidates = self.candidates(|_, _, name| name >= alike);
        for candidate in only_choices(candidates) {
            self.take(candidate, why);
        }
    }

    /// Pairs names that mean the same, if the values do not contradict; where several do, those
    /// that share most.
    fn by_meaning(&mut self) {
        let candidates = self.candidates(|_, _, name| name >= MEANS_THE_SAME);
        let is_whole = self.source.is_whole && self.target.is_whole;
        let stands = |candidate: &Candidate| {
            let values = |sample: &Sample, at: usize| sample.columns[at].texts.len();
            let few =
                values(self.source, candidate.source).min(values(self.target, candidate.target));
            !is_whole
                || few < 5
                || candidate
                    .fit
                    .shared
                    .is_none_or(|shared| shared.permille() >= 50)
        };
        let sound: Vec<Candidate> = candidates.into_iter().filter(stands).collect();
        for candidate in best_choices(sound, 1) {
            self.take(candidate, Why::Meaning);
        }
    }

    /// Pairs what holds nearly the same values, if nothing else does nearly as well.
    fn by_content(&mut self) {
        let comparable = |ours: &Column, theirs: &Column, _| !ours.is_bare() && !theirs.is_bare();
        let candidates = self.candidates(comparable);
        let sound = candidates
            .into_iter()
            .filter(|candidate| candidate.fit.likeness >= 600 && candidate.fit.form != Form::Text);
        for candidate in best_choices(sound.collect(), 100) {
            self.take(candidate, Why::Content);
        }
    }
}

/// Whether one column holds whole numbers alone, and the other amounts, among which many whole
/// numbers are found by chance.
fn is_code_beside_amount(one: &Column, other: &Column) -> bool {
    let has_none = |column: &Column| column.filled >= 20 && column.numbers.fractions == 0;
    let has_many = |column: &Column| column.numbers.fractions * 10 > column.filled;
    has_none(one) && has_many(other) || has_none(other) && has_many(one)
}

impl Candidate {
    /// Texts that are the same weigh more than texts that are made the same.
    fn weight(&self) -> u64 {
        let made = if self.is_converted { 150 } else { 0 };
        (self.fit.likeness + self.name / 2).saturating_sub(made)
    }

    fn touches(&self, other: &Candidate) -> bool {
        self.source == other.source || self.target == other.target
    }
}

/// Candidates whose columns are in no other one.
fn only_choices(candidates: Vec<Candidate>) -> Vec<Candidate> {
    let alone: Vec<bool> = candidates
        .iter()
        .map(|one| {
            let rivals = candidates.iter().filter(|other| {
                other.name >= one.name && (other.source == one.source || other.target == one.target)
            });
            rivals.count() == 1
        })
        .collect();
    candidates
        .into_iter()
        .zip(alone)
        .filter_map(|(one, is_alone)| is_alone.then_some(one))
        .collect()
}

/// The heaviest candidates, each by a margin over all that want one of its columns.
fn best_choices(mut candidates: Vec<Candidate>, margin: u64) -> Vec<Candidate> {
    candidates.sort_by_key(|one| (std::cmp::Reverse(one.weight()), one.target, one.source));
    let mut chosen: Vec<Candidate> = Vec::new();
    while !candidates.is_empty() {
        let best = candidates.remove(0);
        let is_rival =
            |other: &Candidate| other.touches(&best) && other.weight() + margin > best.weight();
        let (mut rivals, mut others): (Vec<Candidate>, Vec<Candidate>) =
            candidates.into_iter().partition(is_rival);
        if rivals.is_empty() {
            others.retain(|other| !other.touches(&best));
            chosen.push(best);
        } else {
            // Which of them it is nobody knows: none is taken, and what they want stays open.
            rivals.push(best);
            others.retain(|other| !rivals.iter().any(|rival| rival.touches(other)));
        }
        candidates = others;
    }
    chosen
}

/// Pairs the tables of both books: by their names, then by their columns; each at most once.
/// Indexes of the source's and the target's samples, in the order of the target's.
pub(super) fn pair_tables(source: &[Sample], target: &[Sample]) -> Vec<(usize, usize)> {
    let mut pairs = Vec::new();
    let same: [fn(&str) -> String; 3] =
        [str::to_owned, |name| name.to_lowercase(), names::table_core];
    for form in same {
        for (at, table) in target.iter().enumerate() {
            let name = form(table.name());
            let alike = |(other, sample): &(usize, &Sample)| {
                is_open(&pairs, *other, at) && form(sample.name()) == name
            };
            let found: Vec<usize> = source
                .iter()
                .enumerate()
                .filter(alike)
                .map(|(other, _)| other)
                .collect();
            let rivals = target.iter().enumerate().filter(|(other, sample)| {
                *other != at
                    && form(sample.name()) == name
                    && pairs.iter().all(|(_, taken)| taken != other)
            });
            if let ([only], 0) = (&found[..], rivals.count()) {
                pairs.push((*only, at));
            }
        }
    }
    pair_by_columns(source, target, &mut pairs);
    pairs.sort_by_key(|(_, at)| *at);
    pairs
}

fn is_open(pairs: &[(usize, usize)], source: usize, target: usize) -> bool {
    pairs
        .iter()
        .all(|(one, other)| *one != source && *other != target)
}

/// Beyond so many pairs of tables that could be, names alone decide.
const MOST_LOOKED_WITHIN: usize = 100;

/// Pairs the rest, those first that have most columns in common: where two columns or more have a
/// counterpart, and a third of the table that has fewer; the last two tables where any has one.
fn pair_by_columns(source: &[Sample], target: &[Sample], pairs: &mut Vec<(usize, usize)>) {
    let open = |side: &[Sample]| side.len() - pairs.len();
    let looks_within = open(source) * open(target) <= MOST_LOOKED_WITHIN;
    let mut scored = Vec::new();
    for (one, ours) in source.iter().enumerate() {
        for (other, theirs) in target.iter().enumerate() {
            if is_open(pairs, one, other) {
                let shared = pair_columns(ours, theirs, false, looks_within).len();
                let fewer = ours.columns.len().min(theirs.columns.len()).max(1);
                let is_enough = shared >= 2 && shared * 3 >= fewer || shared == fewer;
                scored.push((shared, is_enough, one, other));
            }
        }
    }
    let is_last = scored.len() == 1;
    scored.sort_by_key(|(shared, _, one, other)| (std::cmp::Reverse(*shared), *other, *one));
    for (shared, is_enough, one, other) in scored {
        if is_open(pairs, one, other) && (is_enough || is_last && shared > 0) {
            pairs.push((one, other));
        }
    }
}
