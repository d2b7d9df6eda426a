//! Pairs the differing records of both sides: what is missing, extra, changed, or there another
//! number of times.
//!
//! With a key, records of one key belong together. Without one, records are paired where they
//! agree on all but a few fields. Every choice is made by the values alone, so the same books give
//! the same pairs.

use crate::rows::Records;
use footing::Side;
use ledger::Sides;
use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};

/// A record, by its row number on its side.
pub(crate) type Row = u32;

/// One break, by row numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// Expected, and not in the target.
    Missing(Row),
    /// In the target, and not expected.
    Extra(Row),
    /// A pair that belongs together and differs.
    Differs {
        expected: Row,
        actual: Row,
        /// How many other pairings would have been as good; 0 where there was no choice.
        alternatives: u64,
    },
    /// The same record, so often on each side.
    Copies {
        expected: Vec<Row>,
        actual: Vec<Row>,
        /// How many there are; the rows may be of the first ones only.
        copies: Sides,
    },
}

impl Found {
    /// The copies of one record.
    pub(crate) fn copies(expected: Vec<Row>, actual: Vec<Row>) -> Self {
        let copies = Sides {
            expected: expected.len() as u64,
            actual: actual.len() as u64,
        };
        Self::Copies {
            expected,
            actual,
            copies,
        }
    }

    /// The rows of a side's records.
    pub(crate) fn rows(&self, side: Side) -> &[Row] {
        match (self, side) {
            (Found::Missing(row) | Found::Differs { expected: row, .. }, Side::Expected)
            | (Found::Extra(row) | Found::Differs { actual: row, .. }, Side::Actual) => {
                std::slice::from_ref(row)
            }
            (Found::Copies { expected, .. }, Side::Expected) => expected,
            (Found::Copies { actual, .. }, Side::Actual) => actual,
            (Found::Missing(_), Side::Actual) | (Found::Extra(_), Side::Expected) => &[],
        }
    }
}

/// Pairs the records of equal keys.
pub(crate) fn pair_by_key(expected: &Records, actual: &Records) -> Vec<Found> {
    let mut found = Vec::new();
    let fields: Vec<usize> = (0..expected.fields.len()).collect();
    for_each_group(expected, actual, |left, right| {
        if let Some(only) = of_one_each(expected, left, actual, right) {
            return found.extend(only);
        }
        let mut open = Open::default();
        open.cancel(expected, left, actual, right);
        pair_group(expected, actual, &mut open, &fields, &mut found);
        open.close(&mut found);
    });
    found
}

/// What becomes of a key that is on each side once at most, as nearly all are: there is no choice.
fn of_one_each(
    expected: &Records,
    left: &[Row],
    actual: &Records,
    right: &[Row],
) -> Option<Option<Found>> {
    match (left, right) {
        ([one], [other]) => {
            let whole = (
                expected.whole.row(*one as usize),
                actual.whole.row(*other as usize),
            );
            Some(
                (whole.0.data() != whole.1.data()).then_some(Found::Differs {
                    expected: *one,
                    actual: *other,
                    alternatives: 0,
                }),
            )
        }
        ([only], []) => Some(Some(Found::Missing(*only))),
        ([], [only]) => Some(Some(Found::Extra(*only))),
        _ => None,
    }
}

/// Pairs records without a key: those that differ in their amounts only, then by likeness.
pub(crate) fn pair_without_key(
    expected: &Records,
    actual: &Records,
    money: &[usize],
) -> Vec<Found> {
    let mut found = Vec::new();
    let mut open = Open::default();
    let amounts_may_differ = !money.is_empty() && money.len() < expected.fields.len();
    for_each_group(expected, actual, |left, right| {
        let mut group = Open::default();
        group.cancel(expected, left, actual, right);
        if amounts_may_differ {
            pair_group(expected, actual, &mut group, money, &mut found);
        }
        open.append(group);
    });
    pair_by_likeness(expected, actual, &mut open, money, &mut found);
    open.close(&mut found);
    let order = |found: &Found| -> (Vec<u8>, Vec<u8>, u8) {
        let place = |side: &Records, row: u32, rank| {
            let row = row as usize;
            (
                side.key.row(row).data().to_vec(),
                side.whole.row(row).data().to_vec(),
                rank,
            )
        };
        match found {
            Found::Missing(row) => place(expected, *row, 0),
            Found::Differs { expected: row, .. } => place(expected, *row, 1),
            Found::Copies { expected: rows, .. } => place(expected, rows[0], 2),
            Found::Extra(row) => place(actual, *row, 3),
        }
    };
    found.sort_by_cached_key(order);
    found
}

/// Calls `then` with the rows of each key, in the order of the keys.
fn for_each_group(expected: &Records, actual: &Records, mut then: impl FnMut(&[Row], &[Row])) {
    let (left, right) = (expected.sorted(), actual.sorted());
    let (mut i, mut j) = (0, 0);
    loop {
        let keys = (
            left.get(i).map(|row| expected.key.row(*row as usize)),
            right.get(j).map(|row| actual.key.row(*row as usize)),
        );
        let least: &[u8] = match keys {
            (Some(a), Some(b)) => a.data().min(b.data()),
            (Some(only), None) | (None, Some(only)) => only.data(),
            (None, None) => return,
        };
        let end = |side: &Records, rows: &[Row], from: usize| {
            let same = |row: &&Row| side.key.row(**row as usize).data() == least;
            from + rows[from..].iter().take_while(same).count()
        };
        let (to_i, to_j) = (end(expected, &left, i), end(actual, &right, j));
        then(&left[i..to_i], &right[j..to_j]);
        (i, j) = (to_i, to_j);
    }
}

/// Records that are more often on one side than on the other, and are not paired yet.
#[derive(Debug, Default)]
struct Open {
    expected: Vec<Row>,
    actual: Vec<Row>,
    /// Records that are on both sides, in unequal numbers.
    uneven: Vec<Uneven>,
}

/// A record that both sides have: so often, and the surplus of one side, which is open.
#[derive(Debug)]
struct Uneven {
    expected: Vec<Row>,
    actual: Vec<Row>,
    /// Rows of the surplus on each side; one of both is empty.
    surplus: [Vec<Row>; 2],
}

impl Open {
    /// Cancels equal records of two runs that are sorted alike; what is left is open.
    fn cancel(&mut self, expected: &Records, left: &[Row], actual: &Records, right: &[Row]) {
        let (mut i, mut j) = (0, 0);
        let run = |side: &Records, rows: &[Row], from: usize| {
            let first = side.whole.row(rows[from] as usize);
            let same = |row: &&Row| side.whole.row(**row as usize) == first;
            from + rows[from..].iter().take_while(same).count()
        };
        while i < left.len() || j < right.len() {
            let order = match (left.get(i), right.get(j)) {
                (Some(a), Some(b)) => {
                    let (a, b) = (
                        expected.whole.row(*a as usize),
                        actual.whole.row(*b as usize),
                    );
                    a.data().cmp(b.data())
                }
                (Some(_), None) => Ordering::Less,
                _ => Ordering::Greater,
            };
            match order {
                Ordering::Less => {
                    let to = run(expected, left, i);
                    self.expected.extend(&left[i..to]);
                    i = to;
                }
                Ordering::Greater => {
                    let to = run(actual, right, j);
                    self.actual.extend(&right[j..to]);
                    j = to;
                }
                Ordering::Equal => {
                    let (to_i, to_j) = (run(expected, left, i), run(actual, right, j));
                    self.even_out(&left[i..to_i], &right[j..to_j]);
                    (i, j) = (to_i, to_j);
                }
            }
        }
    }

    /// Takes the copies of one record that both sides have; the surplus of one side stays open.
    fn even_out(&mut self, left: &[Row], right: &[Row]) {
        let both = left.len().min(right.len());
        if left.len() == right.len() {
            return;
        }
        self.expected.extend(&left[both..]);
        self.actual.extend(&right[both..]);
        self.uneven.push(Uneven {
            expected: left[..both].to_vec(),
            actual: right[..both].to_vec(),
            surplus: [left[both..].to_vec(), right[both..].to_vec()],
        });
    }

    fn append(&mut self, mut other: Self) {
        self.expected.append(&mut other.expected);
        self.actual.append(&mut other.actual);
        self.uneven.append(&mut other.uneven);
    }

    fn has_both(&self) -> bool {
        !self.expected.is_empty() && !self.actual.is_empty()
    }

    /// Ends the pairing: what is still open is missing or extra, or one copy too many.
    fn close(self, found: &mut Vec<Found>) {
        let (left, right): (HashSet<Row>, HashSet<Row>) = (
            self.expected.iter().copied().collect(),
            self.actual.iter().copied().collect(),
        );
        let (mut told_left, mut told_right) = (HashSet::new(), HashSet::new());
        for Uneven {
            mut expected,
            mut actual,
            surplus: [more_left, more_right],
        } in self.uneven
        {
            let both = expected.len();
            expected.extend(more_left.into_iter().filter(|row| left.contains(row)));
            actual.extend(more_right.into_iter().filter(|row| right.contains(row)));
            told_left.extend(&expected[both..]);
            told_right.extend(&actual[both..]);
            if expected.len() != actual.len() {
                found.push(Found::copies(expected, actual));
            }
        }
        let open = |rows: Vec<Row>, told: &HashSet<Row>| -> Vec<Row> {
            rows.into_iter().filter(|row| !told.contains(row)).collect()
        };
        found.extend(
            open(self.expected, &told_left)
                .into_iter()
                .map(Found::Missing),
        );
        found.extend(open(self.actual, &told_right).into_iter().map(Found::Extra));
    }
}

/// Pairs records that belong together but for `fields`: the closest first.
fn pair_group(
    expected: &Records,
    actual: &Records,
    open: &mut Open,
    fields: &[usize],
    found: &mut Vec<Found>,
) {
    if open.has_both() {
        let pairs = closest(expected, actual, &open.expected, &open.actual, fields);
        take_pairs(open, pairs, found);
    }
}

/// Two open records, by their positions, that may belong together. Sorts the surest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Pair {
    /// Other pairs of either record that would be as close.
    alternatives: u64,
    /// How far apart they are.
    distance: (usize, u64),
    left: usize,
    right: usize,
}

/// More pairs than this are not weighed one by one; they are taken in the order of their values.
const WEIGHED_MAX: usize = 10_000;

/// Pairs as many of a group as possible, with the fewest and smallest differences first.
fn closest(
    expected: &Records,
    actual: &Records,
    left: &[Row],
    right: &[Row],
    fields: &[usize],
) -> Vec<Pair> {
    if left.len().saturating_mul(right.len()) > WEIGHED_MAX {
        return aligned(expected, actual, left, right, fields);
    }
    let mut weighed = Vec::with_capacity(left.len() * right.len());
    for (i, a) in left.iter().enumerate() {
        for (j, b) in right.iter().enumerate() {
            let distance = distance(expected, *a, actual, *b, fields);
            weighed.push(Pair {
                alternatives: 0,
                distance,
                left: i,
                right: j,
            });
        }
    }
    let ties = |chosen: &Pair| {
        let whole = |side: &Records, row: Row| side.whole.row(row as usize).data().to_vec();
        let others = weighed.iter().filter(|other| {
            other.distance == chosen.distance
                && ((other.left == chosen.left
                    && whole(actual, right[other.right]) != whole(actual, right[chosen.right]))
                    || (other.right == chosen.right
                        && whole(expected, left[other.left]) != whole(expected, left[chosen.left])))
        });
        others.count() as u64
    };
    let mut order = weighed.clone();
    order.sort_unstable();
    let (mut taken_left, mut taken_right) = (vec![false; left.len()], vec![false; right.len()]);
    let mut pairs = Vec::new();
    for pair in order {
        if !taken_left[pair.left] && !taken_right[pair.right] {
            (taken_left[pair.left], taken_right[pair.right]) = (true, true);
            pairs.push(Pair {
                alternatives: ties(&pair),
                ..pair
            });
        }
    }
    pairs
}

/// Pairs a large group: equal magnitudes first, then in the order of the values.
fn aligned(
    expected: &Records,
    actual: &Records,
    left: &[Row],
    right: &[Row],
    fields: &[usize],
) -> Vec<Pair> {
    let sizes = |side: &Records, rows: &[Row]| -> Vec<Vec<Vec<u8>>> {
        let texts = |row: &Row| fields.iter().map(|f| magnitude(side, *row, *f)).collect();
        rows.iter().map(texts).collect()
    };
    let (sizes_left, sizes_right) = (sizes(expected, left), sizes(actual, right));
    let mut by_size: HashMap<&[Vec<u8>], Vec<usize>> = HashMap::new();
    for (j, size) in sizes_right.iter().enumerate().rev() {
        by_size.entry(size).or_default().push(j);
    }
    let mut pairs = Vec::new();
    let mut open = Vec::new();
    for (i, size) in sizes_left.iter().enumerate() {
        match by_size.get_mut(&size[..]).and_then(Vec::pop) {
            Some(j) => pairs.push(Pair {
                alternatives: 0,
                distance: (1, 0),
                left: i,
                right: j,
            }),
            None => open.push(i),
        }
    }
    let taken: HashSet<usize> = pairs.iter().map(|pair| pair.right).collect();
    let free: Vec<usize> = (0..right.len()).filter(|j| !taken.contains(j)).collect();
    let alternatives = (open.len().max(free.len()) as u64).saturating_sub(1);
    let rest = open.into_iter().zip(free);
    pairs.extend(rest.map(|(left, right)| Pair {
        alternatives,
        distance: (1, 1),
        left,
        right,
    }));
    pairs
}

/// How far two records lie apart: fields that differ, then how unlike these are.
fn distance(
    expected: &Records,
    a: Row,
    actual: &Records,
    b: Row,
    fields: &[usize],
) -> (usize, u64) {
    let mut differing = 0;
    let mut unlike = 0_u64;
    for field in fields {
        if !expected.same(*field, a, actual, b) {
            let texts = (expected.text(*field, a), actual.text(*field, b));
            differing += 1;
            unlike = unlike.saturating_add(unlikeness(
                &texts.0.unwrap_or_default(),
                &texts.1.unwrap_or_default(),
            ));
        }
    }
    (differing, unlike)
}

/// The value without its sign, as text.
fn magnitude(side: &Records, row: Row, field: usize) -> Vec<u8> {
    without_sign(side.text(field, row))
}

/// A value's text without its sign.
pub(crate) fn without_sign(text: Option<String>) -> Vec<u8> {
    let text = text.unwrap_or_default();
    text.trim_start_matches('-').as_bytes().to_vec()
}

/// How unlike two texts are: 0 but for the sign, else by shared digits and by letters to change.
fn unlikeness(a: &str, b: &str) -> u64 {
    let digits = |text: &str| {
        let mut digits: Vec<char> = text.chars().filter(char::is_ascii_digit).collect();
        while digits.first() == Some(&'0') {
            digits.remove(0);
        }
        while digits.last() == Some(&'0') {
            digits.pop();
        }
        digits
    };
    if a.trim_start_matches('-') == b.trim_start_matches('-') {
        return 0;
    }
    let (left, right) = (digits(a), digits(b));
    if !left.is_empty() && left == right {
        return 1;
    }
    2 + letters_to_change(a, b)
}

/// The edit distance, looking at 64 letters at most.
fn letters_to_change(a: &str, b: &str) -> u64 {
    let (a, b): (Vec<char>, Vec<char>) =
        (a.chars().take(64).collect(), b.chars().take(64).collect());
    let mut row: Vec<u64> = (0..=b.len() as u64).collect();
    for (i, from) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i as u64 + 1;
        for (j, to) in b.iter().enumerate() {
            let change = diagonal + u64::from(from != to);
            diagonal = row[j + 1];
            row[j + 1] = change.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

/// Turns pairs of open records into breaks, the first ones first; a record goes into one pair.
/// Returns how many there were.
fn take_pairs(open: &mut Open, pairs: Vec<Pair>, found: &mut Vec<Found>) -> usize {
    let (mut left, mut right) = (
        vec![false; open.expected.len()],
        vec![false; open.actual.len()],
    );
    let before = found.len();
    for pair in pairs {
        if !left[pair.left] && !right[pair.right] {
            (left[pair.left], right[pair.right]) = (true, true);
            found.push(Found::Differs {
                expected: open.expected[pair.left],
                actual: open.actual[pair.right],
                alternatives: pair.alternatives,
            });
        }
    }
    let keep = |rows: &mut Vec<Row>, taken: Vec<bool>| {
        let mut taken = taken.into_iter();
        rows.retain(|_| !taken.next().unwrap_or(false));
    };
    keep(&mut open.expected, left);
    keep(&mut open.actual, right);
    found.len() - before
}

/// Pairs records that have no key: those that agree on all but one field; then on all but two; and
/// so on while most fields agree. Of pairs with the same number of differing fields the surest come
/// first.
fn pair_by_likeness(
    expected: &Records,
    actual: &Records,
    open: &mut Open,
    money: &[usize],
    found: &mut Vec<Found>,
) {
    let fields = expected.fields.len();
    let sets = field_sets(fields, money, open.expected.len() + open.actual.len());
    for same_size in sets.chunk_by(|a, b| a.len() == b.len()) {
        // A record that is taken may leave its rivals free for another one.
        let mut paired = usize::MAX;
        while paired > 0 && open.has_both() {
            let mut pairs = Vec::new();
            for (rank, differing) in same_size.iter().enumerate() {
                let agreeing: Vec<usize> = (0..fields)
                    .filter(|field| !differing.contains(field))
                    .collect();
                let more = pairs_agreeing(expected, actual, open, &agreeing, differing);
                pairs.extend(more.into_iter().map(|pair| (rank, pair)));
            }
            pairs.sort_unstable_by_key(|(rank, pair)| {
                (
                    pair.alternatives,
                    pair.distance,
                    *rank,
                    pair.left,
                    pair.right,
                )
            });
            let pairs = pairs.into_iter().map(|(_, pair)| pair).collect();
            paired = take_pairs(open, pairs, found);
        }
    }
}

/// More open records than this are paired only where one field differs.
const MANY_OPEN: usize = 2_000_000;

/// The sets of fields that may differ, in the order in which they are tried: money first, fewer
/// first, never half of the fields or more.
fn field_sets(fields: usize, money: &[usize], open: usize) -> Vec<Vec<usize>> {
    let rest = (0..fields).filter(|field| !money.contains(field));
    let order: Vec<usize> = money.iter().copied().chain(rest).collect();
    let most = match (fields.saturating_sub(1) / 2, open > MANY_OPEN) {
        (0, _) if fields == 2 => 1,
        (most, true) => most.min(1),
        (most, false) => most.min(3),
    };
    let mut sets: Vec<Vec<usize>> = Vec::new();
    let mut last: Vec<Vec<usize>> = vec![Vec::new()];
    for _ in 0..most {
        let longer = |set: &Vec<usize>| -> Vec<Vec<usize>> {
            let from = set.last().map_or(0, |last| last + 1);
            (from..order.len())
                .map(|next| [&set[..], &[next]].concat())
                .collect()
        };
        last = last.iter().flat_map(longer).collect();
        sets.extend(
            last.iter()
                .map(|set| set.iter().map(|at| order[*at]).collect::<Vec<_>>()),
        );
    }
    sets
}

/// The closest pairs of what agrees on the `agreeing` fields, by positions among the open records.
fn pairs_agreeing(
    expected: &Records,
    actual: &Records,
    open: &Open,
    agreeing: &[usize],
    differing: &[usize],
) -> Vec<Pair> {
    let part = |side: &Records, row: Row| {
        let mut bytes = Vec::new();
        for field in agreeing {
            let value = side.fields[*field].row(row as usize);
            bytes.extend_from_slice(&(value.data().len() as u64).to_le_bytes());
            bytes.extend_from_slice(value.data());
        }
        bytes
    };
    let mut groups: HashMap<Vec<u8>, (Vec<usize>, Vec<usize>)> = HashMap::new();
    for (at, row) in open.expected.iter().enumerate() {
        groups.entry(part(expected, *row)).or_default().0.push(at);
    }
    for (at, row) in open.actual.iter().enumerate() {
        if let Some(group) = groups.get_mut(&part(actual, *row)) {
            group.1.push(at);
        }
    }
    let mut pairs = Vec::new();
    for (left, right) in groups.into_values().filter(|group| !group.1.is_empty()) {
        let rows = |rows: &[Row], at: &[usize]| at.iter().map(|at| rows[*at]).collect::<Vec<_>>();
        let (a, b) = (rows(&open.expected, &left), rows(&open.actual, &right));
        let close = closest(expected, actual, &a, &b, differing);
        pairs.extend(close.into_iter().map(|pair| Pair {
            left: left[pair.left],
            right: right[pair.right],
            ..pair
        }));
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_that_may_differ_are_tried_money_first_and_fewest_first() {
        assert_eq!(field_sets(3, &[1], 0), [[1], [0], [2]].map(Vec::from));
        assert_eq!(field_sets(2, &[1], 0), [[1], [0]].map(Vec::from));
        assert_eq!(field_sets(1, &[0], 0), Vec::<Vec<usize>>::new());
        let sets = field_sets(6, &[1], 0);
        assert_eq!(sets.len(), 6 + 15);
        assert_eq!(sets[6], [1, 0]);
    }

    #[test]
    fn a_lost_sign_is_nearest_then_a_lost_point_then_few_letters() {
        assert_eq!(unlikeness("-252.00", "252.00"), 0);
        assert_eq!(unlikeness("100.00", "1.00"), 1);
        assert_eq!(unlikeness("0.29", "0.28"), 3);
        assert!(unlikeness("10.00", "11.00") < unlikeness("10.00", "975.31"));
    }
}
