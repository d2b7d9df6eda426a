//! Conditions on text: its values, how it begins and ends, what is in it.

use super::Test;
use super::cover::Counts;
use super::mine::{Draft, VALUES_MAX};
use std::cmp::Reverse;

/// Texts are looked into up to so many characters.
const CHARACTERS_MAX: usize = 64;
/// Beginnings have up to so many characters, endings fewer.
const START_MAX: usize = 16;
const END_MAX: usize = 4;

/// Values that are themselves more frequent among the broken, or never among them.
pub(super) fn values(texts: &[&str], counts: &[Counts], all: Counts) -> Vec<Draft> {
    let chosen = frequent(counts, all);
    let text = |place: &usize| texts[*place].to_owned();
    let mut drafts: Vec<Draft> = chosen
        .iter()
        .take(3)
        .map(|place| match texts[*place] {
            "" => Draft::natural(Test::IsEmpty),
            value => Draft::read(Test::Is(value.to_owned()), 1),
        })
        .collect();
    for size in set_sizes(chosen.len()) {
        let mut values: Vec<String> = chosen[..size].iter().map(text).collect();
        values.sort_unstable();
        drafts.push(Draft::read(Test::IsIn(values), size));
    }
    drafts.extend(never(texts, counts, all));
    drafts
}

/// The places of values that are more than twice as frequent among the broken, the most frequent
/// first.
pub(super) fn frequent(counts: &[Counts], all: Counts) -> Vec<usize> {
    let is_frequent = |count: &Counts| {
        u128::from(count.broken) * u128::from(all.unbroken)
            > 2 * u128::from(count.unbroken) * u128::from(all.broken)
            || (count.broken > 0 && all.unbroken == 0)
    };
    let mut chosen: Vec<usize> = (0..counts.len())
        .filter(|place| is_frequent(&counts[*place]))
        .collect();
    chosen.sort_by_key(|place| (Reverse(counts[*place].weight(all)), *place));
    chosen
}

/// How many of the chosen values make a set: all where they are few, else some of the first.
pub(super) fn set_sizes(chosen: usize) -> Vec<usize> {
    match chosen {
        0 | 1 => Vec::new(),
        2 | 3 => vec![chosen],
        _ => vec![3, chosen.min(VALUES_MAX)],
    }
}

/// Values that are common among the unbroken and never found among the broken.
fn never(texts: &[&str], counts: &[Counts], all: Counts) -> Option<Draft> {
    let mut absent: Vec<usize> = (0..counts.len())
        .filter(|place| counts[*place].broken == 0)
        .collect();
    absent.sort_by_key(|place| (Reverse(counts[*place].unbroken), *place));
    absent.truncate(3);
    absent.retain(|place| counts[*place].unbroken * 20 >= all.unbroken.max(20));
    let mut values: Vec<String> = absent
        .iter()
        .map(|place| texts[*place].to_owned())
        .collect();
    values.sort_unstable();
    let freedom = values.len();
    (freedom > 0).then(|| Draft::read(Test::IsNotIn(values), freedom))
}

/// Beginnings, endings, signs and words of a column, each with the ranks of the texts that have it.
#[derive(Debug, Default)]
pub(super) struct Shapes {
    has_non_ascii: bool,
    starts: Vec<Shape>,
    ends: Vec<Shape>,
    parts: Vec<Shape>,
}

#[derive(Debug)]
struct Shape {
    part: String,
    ranks: Vec<u32>,
}

impl Shapes {
    /// Finds what is in one of 25 broken records at least: where another condition holds already of
    /// a fifth of them, that is a fifth of these.
    pub(super) fn of(texts: &[&str], counts: &[Counts], all: Counts) -> Self {
        let find = |cut: CutParts, has: fn(&str, &str) -> bool| {
            let shape = |part: &str| {
                let ranks = (0..).zip(texts).filter(|(_, text)| has(text, part));
                Shape {
                    part: part.to_owned(),
                    ranks: ranks.map(|(rank, _)| rank).collect(),
                }
            };
            let parts = frequent_parts(texts, counts, all, cut);
            parts.into_iter().map(shape).collect()
        };
        Self {
            has_non_ascii: texts.iter().any(|text| !text.is_ascii()),
            starts: find(starts, |text, part| text.starts_with(part)),
            ends: find(ends, |text, part| text.ends_with(part)),
            parts: find(parts, |text, part| text.contains(part)),
        }
    }

    /// Those that split best.
    pub(super) fn drafts(&self, counts: &[Counts], all: Counts) -> Vec<Draft> {
        let mut drafts = Vec::new();
        if self.has_non_ascii {
            drafts.push(Draft::natural(Test::HasNonAscii));
        }
        let mut add = |shapes: &[Shape], test: fn(String) -> Test| {
            let best = best(shapes, counts, all);
            drafts.extend(best.into_iter().map(|part| Draft::read(test(part), 1)));
        };
        add(&self.starts, Test::StartsWith);
        add(&self.ends, Test::EndsWith);
        add(&self.parts, Test::Contains);
        drafts
    }
}

/// Puts the parts of a text into a list.
type CutParts = for<'a> fn(&'a str, &mut Vec<&'a str>);

/// Parts of more than one text and of enough broken records.
fn frequent_parts<'a>(
    texts: &[&'a str],
    counts: &[Counts],
    all: Counts,
    cut: CutParts,
) -> Vec<&'a str> {
    let mut found: Vec<(&str, u64)> = Vec::new();
    let mut of_text = Vec::new();
    for (text, count) in texts
        .iter()
        .zip(counts)
        .filter(|(_, count)| count.broken > 0)
    {
        of_text.clear();
        cut(text, &mut of_text);
        of_text.sort_unstable();
        of_text.dedup();
        found.extend(of_text.iter().map(|part| (*part, count.broken)));
    }
    found.sort_unstable();
    let same = found.chunk_by(|(left, _), (right, _)| left == right);
    let frequent = same.filter(|same| {
        let broken: u64 = same.iter().map(|(_, broken)| broken).sum();
        // What only one text has is better told as that text.
        broken * 25 >= all.broken && same.len() > 1
    });
    frequent
        .filter_map(|same| same.first())
        .map(|(part, _)| *part)
        .collect()
}

/// The four parts that split best; of those in the same number of records the shortest and the
/// longest, for the sample may not show what lies between.
fn best(shapes: &[Shape], counts: &[Counts], all: Counts) -> Vec<String> {
    let count = |shape: &Shape| {
        let mut sum = Counts::default();
        for rank in &shape.ranks {
            let count = counts[*rank as usize];
            sum.broken += count.broken;
            sum.unbroken += count.unbroken;
        }
        sum
    };
    let counted = shapes
        .iter()
        .map(|shape| (shape.part.as_str(), count(shape)));
    let mut ranked: Vec<(&str, Counts)> = counted
        .filter(|(_, count)| count.broken * 5 >= all.broken)
        .collect();
    ranked.sort_by_key(|(part, count)| (Reverse(count.weight(all)), part.len(), *part));
    let mut best = Vec::new();
    for same in ranked.chunk_by(|(_, left), (_, right)| left == right) {
        best.extend(same.first());
        best.extend(same.last().filter(|_| same.len() > 1));
    }
    best.into_iter()
        .take(4)
        .map(|(part, _)| (*part).to_owned())
        .collect()
}

fn starts<'a>(text: &'a str, found: &mut Vec<&'a str>) {
    let ends = text.char_indices().map(|(at, c)| at + c.len_utf8());
    found.extend(ends.take(START_MAX).map(|end| &text[..end]));
}

fn ends<'a>(text: &'a str, found: &mut Vec<&'a str>) {
    let starts = text.char_indices().rev().map(|(at, _)| at);
    found.extend(starts.take(END_MAX).map(|start| &text[start..]));
}

/// Signs, words, and pairs of characters that are not ASCII.
fn parts<'a>(text: &'a str, found: &mut Vec<&'a str>) {
    let limit = text
        .char_indices()
        .nth(CHARACTERS_MAX)
        .map_or(text.len(), |(at, _)| at);
    let text = &text[..limit];
    for word in text.split(|c: char| !c.is_alphanumeric()) {
        if word.is_ascii() && word.len() >= 3 {
            found.push(word);
        }
    }
    let mut before: Option<(usize, char)> = None;
    for (at, character) in text.char_indices() {
        let end = at + character.len_utf8();
        if character.is_ascii() && !character.is_ascii_alphanumeric() || character == '\u{fffd}' {
            found.push(&text[at..end]);
        }
        if let Some((start, last)) = before
            && !last.is_ascii()
            && !character.is_ascii()
        {
            found.push(&text[start..end]);
        }
        before = Some((at, character));
    }
}
