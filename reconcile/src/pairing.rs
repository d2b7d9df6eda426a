//! Pairs the differing records of both sides: what is missing, extra, changed, or there another
//! number of times.
//!
//! With a key, records of one key belong together. Without one, records are paired where they
//! agree on all but a few fields. Every choice is made by the values alone, so the same books give
//! the same pairs.

use crate::rows::Records;
use std::collections::{BTreeSet, HashMap};

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
    },
}

/// Pairs the records of equal keys.
pub(crate) fn pair_by_key(expected: &Records, actual: &Records) -> Vec<Found> {
    let mut found = Vec::new();
    for_each_group(expected, actual, |left, right| {
        let mut rest = cancel(expected, left, actual, right, &mut found);
        let fields: Vec<usize> = (0..expected.fields.len()).collect();
        pair_group(expected, actual, &mut rest, &fields, &mut found);
        found.extend(rest.expected.iter().map(|row| Found::Missing(*row)));
        found.extend(rest.actual.iter().map(|row| Found::Extra(*row)));
    });
    found
}

/// Pairs records without a key: those that differ in their amounts only, then by likeness.
pub(crate) fn pair_without_key(
    expected: &Records,
    actual: &Records,
    money: &[usize],
) -> Vec<Found> {
    let mut found = Vec::new();
    let mut open = OneSided::default();
    for_each_group(expected, actual, |left, right| {
        let mut rest = cancel(expected, left, actual, right, &mut found);
        if !money.is_empty() && money.len() < expected.fields.len() {
            pair_group(expected, actual, &mut rest, money, &mut found);
        }
        open.expected.append(&mut rest.expected);
        open.actual.append(&mut rest.actual);
    });
    pair_by_likeness(expected, actual, open, money, &mut found);
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
        let least: Vec<u8> = match keys {
            (Some(a), Some(b)) => a.data().min(b.data()).to_vec(),
            (Some(only), None) | (None, Some(only)) => only.data().to_vec(),
            (None, None) => return,
        };
        let end = |side: &Records, rows: &[Row], from: usize| {
            let same = |row: &&Row| side.key.row(**row as usize).data() == &least[..];
            from + rows[from..].iter().take_while(same).count()
        };
        let (to_i, to_j) = (end(expected, &left, i), end(actual, &right, j));
        then(&left[i..to_i], &right[j..to_j]);
        (i, j) = (to_i, to_j);
    }
}

/// Records that are on one side only, each as often as it is there.
#[derive(Debug, Default)]
struct OneSided {
    expected: Vec<Row>,
    actual: Vec<Row>,
}

/// Cancels equal records of two sorted runs; equal records in unequal numbers are copies.
fn cancel(
    expected: &Records,
    left: &[Row],
    actual: &Records,
    right: &[Row],
    found: &mut Vec<Found>,
) -> OneSided {
    let mut rest = OneSided::default();
    let (mut i, mut j) = (0, 0);
    let run = |side: &Records, rows: &[Row], from: usize| {
        let first = side.whole.row(rows[from] as usize);
        from + rows[from..]
            .iter()
            .take_while(|row| side.whole.row(**row as usize) == first)
            .count()
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
            (Some(_), None) => std::cmp::Ordering::Less,
            _ => std::cmp::Ordering::Greater,
        };
        match order {
            std::cmp::Ordering::Less => {
                let to = run(expected, left, i);
                rest.expected.extend(&left[i..to]);
                i = to;
            }
            std::cmp::Ordering::Greater => {
                let to = run(actual, right, j);
                rest.actual.extend(&right[j..to]);
                j = to;
            }
            std::cmp::Ordering::Equal => {
                let (to_i, to_j) = (run(expected, left, i), run(actual, right, j));
                if to_i - i != to_j - j {
                    found.push(Found::Copies {
                        expected: left[i..to_i].to_vec(),
                        actual: right[j..to_j].to_vec(),
                    });
                }
                (i, j) = (to_i, to_j);
            }
        }
    }
    rest
}

/// Pairs records that belong together but for `fields`: the closest first.
fn pair_group(
    expected: &Records,
    actual: &Records,
    rest: &mut OneSided,
    fields: &[usize],
    found: &mut Vec<Found>,
) {
    if rest.expected.is_empty() || rest.actual.is_empty() {
        return;
    }
    let pairs = closest(expected, actual, rest, fields);
    let alternatives = alternatives(expected, actual, rest);
    push_pairs(rest, pairs, alternatives, found);
}

/// More pairs than this are not weighed one by one; they are taken in the order of their values.
const WEIGHED_MAX: usize = 10_000;

/// Pairs as many of the group as possible, by positions, with the fewest and smallest differences
/// first.
fn closest(
    expected: &Records,
    actual: &Records,
    group: &OneSided,
    fields: &[usize],
) -> Vec<(usize, usize)> {
    let (left, right) = (&group.expected, &group.actual);
    if left.len().saturating_mul(right.len()) > WEIGHED_MAX {
        return aligned(expected, actual, group, fields);
    }
    let mut weighed = Vec::with_capacity(left.len() * right.len());
    for (i, a) in left.iter().enumerate() {
        for (j, b) in right.iter().enumerate() {
            weighed.push((distance(expected, *a, actual, *b, fields), i, j));
        }
    }
    weighed.sort_unstable();
    let (mut taken_left, mut taken_right) = (vec![false; left.len()], vec![false; right.len()]);
    let mut pairs = Vec::new();
    for (_, i, j) in weighed {
        if !taken_left[i] && !taken_right[j] {
            (taken_left[i], taken_right[j]) = (true, true);
            pairs.push((i, j));
        }
    }
    pairs.sort_unstable();
    pairs
}

/// Pairs a large group: equal magnitudes first, then in the order of the values.
fn aligned(
    expected: &Records,
    actual: &Records,
    group: &OneSided,
    fields: &[usize],
) -> Vec<(usize, usize)> {
    let sizes = |side: &Records, rows: &[Row]| -> Vec<Vec<Vec<u8>>> {
        let texts = |row: &Row| fields.iter().map(|f| magnitude(side, *row, *f)).collect();
        rows.iter().map(texts).collect()
    };
    let (left, right) = (
        sizes(expected, &group.expected),
        sizes(actual, &group.actual),
    );
    let mut by_size: HashMap<&[Vec<u8>], Vec<usize>> = HashMap::new();
    for (j, size) in right.iter().enumerate().rev() {
        by_size.entry(size).or_default().push(j);
    }
    let mut pairs = Vec::new();
    let mut open = Vec::new();
    for (i, size) in left.iter().enumerate() {
        match by_size.get_mut(&size[..]).and_then(Vec::pop) {
            Some(j) => pairs.push((i, j)),
            None => open.push(i),
        }
    }
    let taken: BTreeSet<usize> = pairs.iter().map(|(_, j)| *j).collect();
    let free = (0..right.len()).filter(|j| !taken.contains(j));
    pairs.extend(open.into_iter().zip(free));
    pairs.sort_unstable();
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
    let text = side.text(field, row).unwrap_or_default();
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

/// How many other ways there were to pair this group.
fn alternatives(expected: &Records, actual: &Records, group: &OneSided) -> u64 {
    let distinct = |side: &Records, rows: &[Row]| {
        let mut seen: Vec<&[u8]> = rows
            .iter()
            .map(|row| side.whole.row(*row as usize).data())
            .collect();
        seen.sort_unstable();
        seen.dedup();
        seen.len() as u64
    };
    let (left, right) = (
        distinct(expected, &group.expected),
        distinct(actual, &group.actual),
    );
    left.saturating_mul(right).saturating_sub(1)
}

/// Turns pairs of positions into breaks and takes them out of the group.
fn push_pairs(
    group: &mut OneSided,
    pairs: Vec<(usize, usize)>,
    alternatives: u64,
    found: &mut Vec<Found>,
) {
    let (mut taken_left, mut taken_right) = (
        vec![false; group.expected.len()],
        vec![false; group.actual.len()],
    );
    for (i, j) in pairs {
        (taken_left[i], taken_right[j]) = (true, true);
        let (expected, actual) = (group.expected[i], group.actual[j]);
        found.push(Found::Differs {
            expected,
            actual,
            alternatives,
        });
    }
    let keep = |rows: &mut Vec<Row>, taken: &[bool]| {
        let mut taken = taken.iter();
        rows.retain(|_| !taken.next().copied().unwrap_or(false));
    };
    keep(&mut group.expected, &taken_left);
    keep(&mut group.actual, &taken_right);
}

/// Pairs records that have no key: those that agree on all but one field, money first; then on
/// all but two; and so on while most fields agree.
fn pair_by_likeness(
    expected: &Records,
    actual: &Records,
    mut rest: OneSided,
    money: &[usize],
    found: &mut Vec<Found>,
) {
    let fields = expected.fields.len();
    for differing in field_sets(fields, money, rest.expected.len() + rest.actual.len()) {
        if rest.expected.is_empty() || rest.actual.is_empty() {
            break;
        }
        let agreeing: Vec<usize> = (0..fields).filter(|f| !differing.contains(f)).collect();
        pair_agreeing(expected, actual, &mut rest, &agreeing, &differing, found);
    }
    found.extend(rest.expected.iter().map(|row| Found::Missing(*row)));
    found.extend(rest.actual.iter().map(|row| Found::Extra(*row)));
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

/// Pairs what agrees on the `agreeing` fields.
fn pair_agreeing(
    expected: &Records,
    actual: &Records,
    rest: &mut OneSided,
    agreeing: &[usize],
    differing: &[usize],
    found: &mut Vec<Found>,
) {
    let part = |side: &Records, row: Row| {
        let mut bytes = Vec::new();
        for field in agreeing {
            let value = side.fields[*field].row(row as usize);
            bytes.extend_from_slice(&(value.data().len() as u32).to_le_bytes());
            bytes.extend_from_slice(value.data());
        }
        bytes
    };
    let mut groups: HashMap<Vec<u8>, (Vec<usize>, Vec<usize>)> = HashMap::new();
    for (at, row) in rest.expected.iter().enumerate() {
        groups.entry(part(expected, *row)).or_default().0.push(at);
    }
    for (at, row) in rest.actual.iter().enumerate() {
        if let Some(group) = groups.get_mut(&part(actual, *row)) {
            group.1.push(at);
        }
    }
    let mut matched: Vec<(usize, usize, u64)> = Vec::new();
    for (left, right) in groups.into_values().filter(|group| !group.1.is_empty()) {
        let group = OneSided {
            expected: left.iter().map(|at| rest.expected[*at]).collect(),
            actual: right.iter().map(|at| rest.actual[*at]).collect(),
        };
        let others = alternatives(expected, actual, &group);
        let pairs = closest(expected, actual, &group, differing);
        matched.extend(pairs.into_iter().map(|(i, j)| (left[i], right[j], others)));
    }
    matched.sort_unstable();
    let (mut taken_left, mut taken_right) = (
        vec![false; rest.expected.len()],
        vec![false; rest.actual.len()],
    );
    for (i, j, alternatives) in matched {
        (taken_left[i], taken_right[j]) = (true, true);
        let (expected, actual) = (rest.expected[i], rest.actual[j]);
        found.push(Found::Differs {
            expected,
            actual,
            alternatives,
        });
    }
    let mut left = taken_left.into_iter();
    rest.expected.retain(|_| !left.next().unwrap_or(false));
    let mut right = taken_right.into_iter();
    rest.actual.retain(|_| !right.next().unwrap_or(false));
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
