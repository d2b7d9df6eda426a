//! Finds the word that was probably meant.

/// Finds the candidate nearest to `word`: the same but for case, or with few letters changed,
/// swapped, added or lost. None if nothing is near; the first of several that are equally near.
pub(super) fn nearest<'c>(
    word: &str,
    candidates: impl IntoIterator<Item = &'c str>,
) -> Option<&'c str> {
    let wanted: Vec<char> = word.to_lowercase().chars().take(LONGEST).collect();
    let mut best: Option<(usize, &str)> = None;
    for candidate in candidates {
        let letters: Vec<char> = candidate.to_lowercase().chars().take(LONGEST).collect();
        let allowed = wanted.len().max(letters.len()).div_ceil(3).min(3);
        let distance = distance(&wanted, &letters);
        let is_near = distance <= allowed && distance < wanted.len().max(letters.len());
        if is_near && best.is_none_or(|(least, _)| distance < least) {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// Longer words are compared by their first letters.
const LONGEST: usize = 64;

/// Counts the letters to change, add, leave out or swap with their neighbour.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, &x) in a.iter().enumerate() {
        let mut row = vec![i.saturating_add(1)];
        for (j, &y) in b.iter().enumerate() {
            let changed = last[j].saturating_add(usize::from(x != y));
            let edited = last[j + 1].min(row[j]).saturating_add(1);
            let mut least = changed.min(edited);
            if i > 0 && j > 0 && x == b[j - 1] && a[i - 1] == y {
                least = least.min(before[j - 1].saturating_add(1));
            }
            row.push(least);
        }
        before = std::mem::replace(&mut last, row);
    }
    last.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_finger_finds_its_word() {
        let known = ["rule", "target", "key", "money", "foot", "currency", "url"];
        let check = |word: &str, meant: Option<&str>| {
            assert_eq!(nearest(word, known), meant, "{word}");
        };
        check("rule", Some("rule"));
        check("RULE", Some("rule"));
        check("ruel", Some("rule"));
        check("tagret", Some("target"));
        check("keys", Some("key"));
        check("curency", Some("currency"));
        check("mony", Some("money"));
        check("x", None);
        check("", None);
        check("entirely different", None);
        check("金额", None);
        check(&"r".repeat(100_000), None);
    }

    #[test]
    fn the_distance_counts_single_slips() {
        let check = |a: &str, b: &str, far: usize| {
            let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
            assert_eq!(distance(&a, &b), far);
            assert_eq!(distance(&b, &a), far);
        };
        check("", "", 0);
        check("", "abc", 3);
        check("abc", "abc", 0);
        check("abc", "acb", 1);
        check("abc", "axc", 1);
        check("abc", "ab", 1);
        check("kitten", "sitting", 3);
    }
}
