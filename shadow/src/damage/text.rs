//! What becomes of a text.

use encoding_rs::{Encoding, GBK, UTF_8, WINDOWS_1252};

use crate::cause::Cause;

/// Widths of fields that cut a text, in characters.
const WIDTHS: [usize; 6] = [32, 20, 16, 12, 8, 4];

/// Signs that separate columns or records.
const SEPARATORS: [char; 5] = [',', ';', '|', '\t', '\n'];

/// Every other text that a cause can make of one.
pub(super) fn outcomes(cause: Cause, text: &str) -> Vec<String> {
    match cause {
        Cause::E1 => misread(text),
        Cause::E2 => broken_up(text),
        Cause::E4 => cut(text),
        Cause::M1 => flipped(text),
        _ => Vec::new(),
    }
}

/// Bytes of one encoding read as another, by real decoders; nothing where a character is lacking in
/// the first, or where both read the same.
fn misread(text: &str) -> Vec<String> {
    let read = |written: &'static Encoding, read: &'static Encoding| {
        let (bytes, _, is_lacking) = written.encode(text);
        let (garbled, _) = read.decode_without_bom_handling(&bytes);
        (!is_lacking && garbled != text).then(|| garbled.into_owned())
    };
    let ways = [
        read(GBK, WINDOWS_1252),
        read(UTF_8, GBK),
        read(GBK, UTF_8),
        read(UTF_8, WINDOWS_1252),
    ];
    ways.into_iter().flatten().collect()
}

/// What stands before the first separator, and quotes that were doubled.
fn broken_up(text: &str) -> Vec<String> {
    let heads = SEPARATORS
        .into_iter()
        .filter_map(|sign| text.split_once(sign));
    let heads = heads.map(|(head, _)| head.to_owned());
    let doubled = text.replace('"', "\"\"");
    let all = heads.filter(|head| !head.trim().is_empty());
    all.chain((doubled != text).then_some(doubled)).collect()
}

/// The same text in other notations: with its leading zeros, blanks, case or width lost.
pub(super) fn notations(text: &str) -> Vec<String> {
    if text.trim().is_empty() {
        return Vec::new();
    }
    let stripped = text.trim_start_matches('0');
    let made = [
        Some(text.trim().to_owned()),
        Some(format!("{text} ")),
        stripped
            .starts_with(|first: char| first.is_ascii_alphanumeric())
            .then(|| stripped.to_owned()),
        Some(text.to_lowercase()),
        Some(text.to_uppercase()),
        Some(full_width(text)),
        Some(half_width(text)),
    ];
    let made = made.into_iter().flatten();
    made.filter(|other| other != text && !other.is_empty() && is_one_notation(other, text))
        .collect()
}

/// Says whether two texts are one but for blanks, case, width and leading zeros.
pub(super) fn is_one_notation(one: &str, other: &str) -> bool {
    normalised(one) == normalised(other)
}

fn normalised(text: &str) -> String {
    let narrow = half_width(text);
    let words: Vec<&str> = narrow.split_whitespace().collect();
    let text = words.join(" ").to_lowercase();
    text.trim_start_matches('0').to_owned()
}

/// The forms that take the width of a Chinese character.
fn full_width(text: &str) -> String {
    moved(text, |code| match code {
        0x21..=0x7e => code.checked_add(0xfee0),
        _ => None,
    })
}

fn half_width(text: &str) -> String {
    moved(text, |code| match code {
        0xff01..=0xff5e => code.checked_sub(0xfee0),
        0x3000 => Some(0x20),
        _ => None,
    })
}

fn moved(text: &str, place: impl Fn(u32) -> Option<u32>) -> String {
    let other = |letter: char| place(u32::from(letter)).and_then(char::from_u32);
    text.chars()
        .map(|letter| other(letter).unwrap_or(letter))
        .collect()
}

/// What is left of a text in fields of some widths.
fn cut(text: &str) -> Vec<String> {
    let length = text.chars().count();
    let narrower = WIDTHS.into_iter().filter(|width| *width < length);
    let kept = narrower.map(|width| text.chars().take(width).collect::<String>());
    kept.filter(|kept| !kept.trim().is_empty() && kept.trim_end() == kept)
        .collect()
}

/// One bit turns within a letter or digit that stays one.
fn flipped(text: &str) -> Vec<String> {
    let letters = text.char_indices();
    let plain = letters.filter(|(_, letter)| letter.is_ascii_alphanumeric());
    let flips = plain.flat_map(|(at, letter)| {
        (0..5_u32).filter_map(move |bit| {
            let other = char::from_u32(u32::from(letter) ^ 1_u32.checked_shl(bit)?)?;
            let (before, rest) = text.split_at_checked(at)?;
            let after = rest.get(1..)?;
            let is_printed = other.is_ascii_alphanumeric();
            is_printed.then(|| format!("{before}{other}{after}"))
        })
    });
    flips.take(64).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(cause: Cause, text: &str, expect: &[&str]) {
        assert_eq!(outcomes(cause, text), expect, "{cause} of {text}");
    }

    #[test]
    fn text_is_misread_by_real_decoders() {
        check(
            Cause::E1,
            "张伟",
            &["ÕÅÎ°", "寮犱紵", "\u{fffd}\u{fffd}\u{3b0}", "å¼\u{a0}ä¼Ÿ"],
        );
        check(Cause::E1, "taxi", &[]);
        check(Cause::E1, "", &[]);
    }

    #[test]
    fn texts_are_broken_up_at_what_separates() {
        check(Cause::E2, "rent, March", &["rent"]);
        check(Cause::E2, "a \"b\"", &["a \"\"b\"\""]);
        check(Cause::E2, ",x", &[]);
        check(Cause::E2, "plain", &[]);
    }

    #[test]
    fn texts_are_cut_to_fields() {
        let kept = ["transfer to savi", "transfer", "tran"];
        check(Cause::E4, "transfer to savings", &kept);
        check(Cause::E4, "水电费", &[]);
        check(Cause::E4, "上海浦东机场", &["上海浦东"]);
    }

    #[test]
    fn notations_of_a_text_are_one_text() {
        let check = |text: &str, expect: &[&str]| assert_eq!(notations(text), expect, "{text}");
        check("0042", &["0042 ", "42", "００４２"]);
        check(" aB", &["aB", " aB ", " ab", " AB", " ａＢ"]);
        check("ＡＢ", &["ＡＢ ", "ａｂ", "AB"]);
        check("", &[]);
        assert!(is_one_notation("0042 ", "42") && !is_one_notation("42", "43"));
    }

    #[test]
    fn a_flipped_bit_is_one_bit_of_one_byte() {
        let all = outcomes(Cause::M1, "Taxi 车");
        assert!(!all.is_empty());
        for other in all {
            let pairs = other.bytes().zip("Taxi 车".bytes());
            let bits: u32 = pairs.map(|(one, two)| (one ^ two).count_ones()).sum();
            assert_eq!(bits, 1, "{other}");
        }
    }
}
