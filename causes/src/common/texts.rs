//! Conditions on text: its values, how it begins and ends, what is in it.

use super::Test;
use super::cover::Counts;
use super::mine::{Draft, VALUES_MAX};
use std::collections::BTreeMap;

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
    chosen.sort_by_key(|place| (std::cmp::Reverse(counts[*place].weight(all)), *place));
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
    absent.sort_by_key(|place| (std::cmp::Reverse(counts[*place].unbroken), *place));
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

/// Beginnings, endings, signs and words, and characters that are not ASCII.
pub(super) fn shapes(texts: &[&str], counts: &[Counts], all: Counts) -> Vec<Draft> {
    let mut drafts = Vec::new();
    if texts.iter().any(|text| !text.is_ascii()) {
        drafts.push(Draft::natural(Test::HasNonAscii));
    }
    let starts = best(texts, counts, all, |text, found| starts(text, found));
    drafts.extend(
        starts
            .into_iter()
            .map(|part| Draft::read(Test::StartsWith(part), 1)),
    );
    let ends = best(texts, counts, all, |text, found| ends(text, found));
    drafts.extend(
        ends.into_iter()
            .map(|part| Draft::read(Test::EndsWith(part), 1)),
    );
    let parts = best(texts, counts, all, |text, found| parts(text, found));
    drafts.extend(
        parts
            .into_iter()
            .map(|part| Draft::read(Test::Contains(part), 1)),
    );
    drafts
}

/// The three parts of text that split best, of those that are in a fifth of the broken records; of
/// equals the shortest.
fn best<'a>(
    texts: &[&'a str],
    counts: &[Counts],
    all: Counts,
    parts: impl Fn(&'a str, &mut Vec<&'a str>),
) -> Vec<String> {
    let mut of_part: BTreeMap<&str, (Counts, u32)> = BTreeMap::new();
    let mut found = Vec::new();
    let both = texts.iter().zip(counts);
    // Only parts that some broken record has are worth counting among the unbroken.
    for (text, count) in both.clone().filter(|(_, count)| count.broken > 0) {
        found.clear();
        parts(text, &mut found);
        found.sort_unstable();
        found.dedup();
        for part in &found {
            let entry = of_part.entry(part).or_default();
            entry.0.broken += count.broken;
            entry.1 += 1;
        }
    }
    // What only one text has is better told as that text.
    of_part.retain(|_, (count, texts)| count.broken * 5 >= all.broken && *texts > 1);
    for (text, count) in both.filter(|(_, count)| count.unbroken > 0) {
        found.clear();
        parts(text, &mut found);
        found.sort_unstable();
        found.dedup();
        for part in &found {
            if let Some((of_part, _)) = of_part.get_mut(part) {
                of_part.unbroken += count.unbroken;
            }
        }
    }
    let mut ranked: Vec<(&str, Counts)> = of_part
        .into_iter()
        .map(|(part, (count, _))| (part, count))
        .collect();
    ranked.sort_by_key(|(part, count)| (std::cmp::Reverse(count.weight(all)), part.len(), *part));
    // The same records under a longer part tell nothing more.
    ranked.dedup_by(|(_, later), (_, earlier)| later == earlier);
    ranked
        .into_iter()
        .take(3)
        .map(|(part, _)| part.to_owned())
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
