//! From the conditions on single columns to those worth counting over the whole book.

use super::Predicate;
use super::attribute::Attributes;
use super::axis::Records;
use super::cover::{Counts, Cover};
use super::mine::{Atom, Field};
use super::surprise::log2;
use std::cmp::Reverse;

/// Conditions that are kept of those found among all records, and those found where one or two
/// others hold already. Together they fit into a mask of 64 bits.
const FIRST_MAX: usize = 36;
const SECOND_MAX: usize = 18;
const THIRD_MAX: usize = 10;
/// Conditions, and pairs of them, that others are looked for within.
const PARENTS_MAX: usize = 6;
/// Conjunctions that are kept of each size.
const PAIRS_MAX: usize = 224;
const TRIPLES_MAX: usize = 128;
/// Pairs that are kept though the sample cannot show that they are better than their parts.
const UNSEEN_MAX: usize = 96;

/// Gives conditions, and the conjunctions of up to three of them as masks.
pub(super) fn propose(records: &Records, attributes: &Attributes) -> (Vec<Predicate>, Vec<u64>) {
    if records.broken == 0 {
        return (Vec::new(), Vec::new());
    }
    let atoms = grow(records, attributes);
    let joined = conjunctions(&atoms, records.counts(None));
    promising(atoms, joined)
}

/// Keeps the conjunctions that the sample says at least half as much for as for the best, and the
/// conditions that these are made of: each one kept is paid for with every record of the book.
fn promising(atoms: Vec<Atom>, joined: Vec<Joined>) -> (Vec<Predicate>, Vec<u64>) {
    let best = joined.iter().map(|joined| joined.gain).max().unwrap_or(0);
    let masks = joined.iter().filter(|joined| joined.gain * 2 >= best);
    let mut masks: Vec<u64> = masks.map(|joined| joined.mask).collect();
    let used = masks.iter().fold(0, |used, mask| used | mask);
    let places: Vec<usize> = (0..atoms.len())
        .filter(|place| used >> place & 1 == 1)
        .collect();
    let renumbered = |mask: u64| {
        let bits = places.iter().enumerate();
        bits.fold(0, |bits, (new, old)| bits | (mask >> old & 1) << new)
    };
    masks.retain(|mask| mask.count_ones() > 1);
    let singles = (0..places.len()).map(|place| 1 << place);
    let conjunctions = singles.chain(masks.into_iter().map(renumbered)).collect();
    let is_used = |place: usize| used >> place & 1 == 1;
    let atoms = atoms
        .into_iter()
        .enumerate()
        .filter(|(place, _)| is_used(*place));
    (
        atoms.map(|(_, atom)| atom.predicate).collect(),
        conjunctions,
    )
}

/// Finds conditions; then, among the records of which the best hold, further ones.
fn grow(records: &Records, attributes: &Attributes) -> Vec<Atom> {
    let fields = Field::all(records, attributes);
    let find = |within: Option<&Cover>, room: usize| -> Vec<Atom> {
        let of_field = fields
            .iter()
            .flat_map(|field| field.atoms(records, within, room));
        let (mut found, all) = (of_field.collect::<Vec<_>>(), records.counts(within));
        found.sort_by_cached_key(|atom| atom.predicate.rank_by(atom.counts.weight(all)));
        found
    };
    let mut atoms = Vec::new();
    take(&mut atoms, find(None, 12), FIRST_MAX, 6);
    let mut pairs: Vec<Cover> = Vec::new();
    // Where one condition separates the sample fully, others are only for what the sample hides.
    let all = records.counts(None);
    let is_full = |atom: &Atom| atom.counts.broken == all.broken && atom.counts.unbroken == 0;
    let count = if atoms.iter().any(is_full) {
        2
    } else {
        PARENTS_MAX
    };
    let parents: Vec<Atom> = parents(&atoms).take(count).cloned().collect();
    for parent in &parents {
        let found = find(Some(&parent.cover), 4);
        pairs.extend(found.first().map(|best| best.cover.and(&parent.cover)));
        let room = FIRST_MAX + SECOND_MAX - atoms.len().min(FIRST_MAX + SECOND_MAX);
        take(&mut atoms, found, room.min(SECOND_MAX / PARENTS_MAX), 1);
    }
    pairs.sort_by_key(|pair| Reverse(pair.counts().weight(all)));
    pairs.dedup();
    for pair in pairs
        .iter()
        .filter(|pair| pair.counts().unbroken > 0)
        .take(PARENTS_MAX)
    {
        let found = find(Some(pair), 4);
        let room = (FIRST_MAX + SECOND_MAX + THIRD_MAX).saturating_sub(atoms.len());
        take(&mut atoms, found, room.min(2), 1);
    }
    atoms
}

/// Takes the first of the found, not too many of one column, nor of those that hold of the same
/// records.
fn take(atoms: &mut Vec<Atom>, found: Vec<Atom>, room: usize, of_a_column: usize) {
    let before = atoms.len();
    for atom in found {
        if atoms.len() >= before + room {
            break;
        }
        let is_known = atoms.iter().any(|other| other.predicate == atom.predicate);
        let taken = &atoms[before..];
        let alike = taken
            .iter()
            .filter(|other| other.cover == atom.cover)
            .count();
        let column = taken
            .iter()
            .filter(|other| other.predicate.column == atom.predicate.column);
        // What the sample cannot tell apart the whole book may: many of it are kept.
        let alike_max = if atom.counts.unbroken == 0 { 24 } else { 6 };
        if !is_known && alike < alike_max && column.count() < of_a_column {
            atoms.push(atom);
        }
    }
}

/// Conditions that hold of some unbroken records too, so that others may narrow them; at most two of
/// a column.
fn parents(atoms: &[Atom]) -> impl Iterator<Item = &Atom> {
    let is_second_of_column = |place: usize| {
        let column = atoms[place].predicate.column;
        let before = &atoms[..place];
        before
            .iter()
            .filter(|other| other.predicate.column == column)
            .count()
            < 2
    };
    let open = move |(place, atom): &(usize, &Atom)| {
        let is_new = !atoms[..*place]
            .iter()
            .any(|other| other.cover == atom.cover);
        atom.counts.unbroken > 0 && is_new && is_second_of_column(*place)
    };
    let open = atoms.iter().enumerate().filter(open);
    open.map(|(_, atom)| atom).take(PARENTS_MAX)
}

/// A conjunction with what the sample says of it.
struct Joined {
    mask: u64,
    gain: i128,
    ranks: u64,
}

/// All single conditions; then pairs and triples that separate the sample better than their parts.
fn conjunctions(atoms: &[Atom], all: Counts) -> Vec<Joined> {
    let gain = |counts: Counts| gain(counts, all);
    let singles: Vec<i128> = atoms.iter().map(|atom| gain(atom.cover.counts())).collect();
    let (mut pairs, mut unseen, mut triples) = (Vec::new(), Vec::new(), Vec::new());
    for (i, first) in atoms.iter().enumerate() {
        for (j, second) in atoms.iter().enumerate().skip(i + 1) {
            let cover = first.cover.and(&second.cover);
            let counts = cover.counts();
            let mask = 1 << i | 1 << j;
            let best_part = singles[i].max(singles[j]);
            let pair = Joined {
                mask,
                gain: gain(counts),
                ranks: rank(first) + rank(second),
            };
            if counts.broken * 5 < all.broken {
                continue;
            }
            if !is_better(pair.gain, best_part) {
                let are_unseen =
                    first.cover.counts().unbroken == 0 || second.cover.counts().unbroken == 0;
                let are_apart = first.predicate.column != second.predicate.column;
                if are_unseen && are_apart && counts.broken == all.broken {
                    unseen.push(pair);
                }
                continue;
            }
            let pair_gain = pair.gain;
            pairs.push(pair);
            if counts.unbroken == 0 {
                continue;
            }
            for (k, third) in atoms.iter().enumerate().skip(j + 1) {
                let counts = cover.counts_with(&third.cover);
                let triple = Joined {
                    mask: mask | 1 << k,
                    gain: gain(counts),
                    ranks: rank(first) + rank(second) + rank(third),
                };
                let is_enough = counts.broken * 5 >= all.broken;
                if is_enough && is_better(triple.gain, pair_gain.max(singles[k])) {
                    triples.push(triple);
                }
            }
        }
    }
    let single = |(place, gain)| Joined {
        mask: 1_u64 << place,
        gain,
        ranks: rank(&atoms[place]),
    };
    let mut all_joined: Vec<Joined> = singles.into_iter().enumerate().map(single).collect();
    for (mut joined, room) in [
        (pairs, PAIRS_MAX),
        (unseen, UNSEEN_MAX),
        (triples, TRIPLES_MAX),
    ] {
        joined.sort_by_key(|joined| (Reverse(joined.gain), joined.ranks, joined.mask));
        joined.truncate(room);
        all_joined.append(&mut joined);
    }
    all_joined
}

fn rank(atom: &Atom) -> u64 {
    u64::from(atom.predicate.order().0)
}

/// How much the sample says for a conjunction: the broken records that it covers, times how rare it
/// is among the unbroken.
fn gain(counts: Counts, all: Counts) -> i128 {
    let rare = log2(all.unbroken + 2) - log2(counts.unbroken + 1);
    i128::from(counts.broken) * i128::from(rare)
}

/// One condition more must be worth a fiftieth.
fn is_better(gain: i128, part: i128) -> bool {
    gain * 50 > part * 51
}
