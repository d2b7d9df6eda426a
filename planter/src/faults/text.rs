//! What becomes of a text, an id, an account number.

use encoding_rs::{Encoding, GBK, UTF_8, WINDOWS_1252};

use crate::book::{Book, Change, Role};

pub(super) fn of_id(cause: &str, text: &str) -> Vec<String> {
    match cause {
        "A11" => through_double(text),
        "E3" => normalised(text),
        _ => Vec::new(),
    }
}

pub(super) fn of_account(cause: &str, text: &str) -> Vec<String> {
    match cause {
        "D3" => one_digit_off(text),
        _ => Vec::new(),
    }
}

pub(super) fn of_memo(cause: &str, text: &str) -> Vec<String> {
    match cause {
        "E1" => misread(text),
        "E2" => broken_up(text),
        "E4" => cut(text),
        "M1" => flipped(text),
        _ => Vec::new(),
    }
}

pub(super) fn of_reference(cause: &str, text: &str) -> Vec<String> {
    match cause {
        "E3" => normalised(text),
        "M1" => flipped(text),
        _ => Vec::new(),
    }
}

/// A number beyond 2^53 through a double, as it is printed in full, and in a spreadsheet's 15 digits.
fn through_double(text: &str) -> Vec<String> {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
    let Some(number) = text.parse::<u128>().ok().filter(|_| is_number) else {
        return Vec::new();
    };
    if number <= 1 << 53 {
        return Vec::new();
    }
    let Ok(double) = text.parse::<f64>() else {
        return Vec::new();
    };
    let spreadsheet: Result<f64, _> = format!("{double:.14e}").parse();
    let mut all = vec![format!("{double:.0}"), format!("{double}")];
    all.extend(spreadsheet.map(|rounded| format!("{rounded}")));
    all
}

/// Trimmed, without leading zeros, in one case, in full-width forms.
fn normalised(text: &str) -> Vec<String> {
    vec![
        text.trim().to_owned(),
        text.trim_start_matches('0').to_owned(),
        text.to_lowercase(),
        text.to_uppercase(),
        full_width(text),
    ]
}

/// The forms that take the width of a Chinese character.
fn full_width(text: &str) -> String {
    let wide = |letter: char| match letter {
        '!'..='~' => char::from_u32(u32::from(letter) + 0xfee0).unwrap_or(letter),
        other => other,
    };
    text.chars().map(wide).collect()
}

/// Every account number that differs in one digit.
fn one_digit_off(text: &str) -> Vec<String> {
    let digits = text
        .char_indices()
        .filter(|(_, letter)| letter.is_ascii_digit());
    digits
        .flat_map(|(at, digit)| {
            let others = ('0'..='9').filter(move |other| *other != digit);
            others.map(move |other| format!("{}{other}{}", &text[..at], &text[at + 1..]))
        })
        .collect()
}

/// Bytes of one encoding read as another; and cut within a character, as a field of bytes does.
fn misread(text: &str) -> Vec<String> {
    let read = |written: &'static Encoding, read: &'static Encoding| {
        let (bytes, _, lost) = written.encode(text);
        (!lost).then(|| read.decode_without_bom_handling(&bytes).0.into_owned())
    };
    let mut all: Vec<String> = [
        read(UTF_8, GBK),
        read(GBK, UTF_8),
        read(UTF_8, WINDOWS_1252),
        read(GBK, WINDOWS_1252),
    ]
    .into_iter()
    .flatten()
    .collect();
    for width in [10, 20] {
        if width < text.len() && !text.is_char_boundary(width) {
            all.push(String::from_utf8_lossy(&text.as_bytes()[..width]).into_owned());
        }
    }
    all
}

/// The first of two lines, and quotes that were doubled or taken away.
fn broken_up(text: &str) -> Vec<String> {
    let mut all = Vec::new();
    if let Some((first, _)) = text.split_once('\n') {
        all.push(first.to_owned());
    }
    if text.contains('"') {
        all.push(text.replace('"', "\"\""));
        all.push(text.replace('"', ""));
    }
    all
}

/// A memo with a comma, not quoted: the rest of it moves into the next column.
pub(super) fn shifted(book: &Book, cells: &[String]) -> Vec<Change> {
    let columns = book
        .with_role(Role::Memo)
        .zip(book.with_role(Role::AfterMemo));
    let Some((memo, after)) = columns else {
        return Vec::new();
    };
    match cells[memo].split_once(',') {
        Some((first, rest)) => vec![vec![(memo, first.to_owned()), (after, rest.to_owned())]],
        None => Vec::new(),
    }
}

/// What is left of a text in fields of some widths in characters, and in bytes between characters.
fn cut(text: &str) -> Vec<String> {
    let in_characters = [4, 8, 10, 16].map(|width| text.chars().take(width).collect::<String>());
    let in_bytes = [12, 20, 32]
        .into_iter()
        .filter(|width| *width < text.len())
        .map(|width| text[..text.floor_char_boundary(width)].to_owned());
    in_characters.into_iter().chain(in_bytes).collect()
}

/// One bit set or cleared within an ASCII character that stays one that is printed.
pub(super) fn flipped(text: &str) -> Vec<String> {
    let mut all = Vec::new();
    for (at, letter) in text
        .char_indices()
        .filter(|(_, letter)| letter.is_ascii_graphic())
    {
        for bit in 0..7 {
            let other = char::from(letter as u8 ^ (1 << bit));
            if other.is_ascii_graphic() {
                all.push(format!("{}{other}{}", &text[..at], &text[at + 1..]));
            }
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_beyond_2_to_the_53_loses_its_low_digits() {
        let lost = through_double("20130527123456789");
        assert!(lost.contains(&"20130527123456788".to_owned()), "{lost:?}");
        let excel = through_double("201305271234567890");
        assert!(
            excel.contains(&"201305271234568000".to_owned()),
            "{excel:?}"
        );
        assert!(through_double("9007199254740992").is_empty());
        assert!(through_double("00020130527123456789").is_empty());
        assert!(through_double("aB3").is_empty());
    }

    #[test]
    fn normal_forms_are_what_careless_systems_make() {
        let all = normalised("00aB1 ");
        for form in ["00aB1", "aB1 ", "00ab1 ", "00AB1 ", "００ａＢ１ "] {
            assert!(all.contains(&form.to_owned()), "{form} in {all:?}");
        }
    }

    #[test]
    fn one_digit_is_off_and_no_more() {
        let all = one_digit_off("W-42");
        assert_eq!(all.len(), 18);
        for other in all {
            let differing = other.chars().zip("W-42".chars());
            assert_eq!(differing.filter(|(one, two)| one != two).count(), 1);
        }
    }

    #[test]
    fn text_is_misread_by_real_decoders() {
        let all = misread("张伟");
        assert!(all.contains(&"寮犱紵".to_owned()), "{all:?}");
        assert!(all.iter().any(|one| one.contains('\u{fffd}')));
        assert!(all.contains(&"å¼ ä¼Ÿ".replace(' ', "\u{a0}")), "{all:?}");
        // Where no byte is above 127 every decoder agrees.
        assert!(misread("taxi").iter().all(|one| one == "taxi"));
        // Zoë is not in GBK's repertoire as written by this encoder, or it is: never a panic.
        assert!(!misread("Zoë's Café").is_empty());
    }

    #[test]
    fn a_cut_leaves_a_prefix_of_whole_characters() {
        for left in cut("上海浦东机场二号航站楼 12345号订单") {
            assert!("上海浦东机场二号航站楼 12345号订单".starts_with(&left));
        }
        assert!(cut("水").iter().all(|left| left == "水"));
    }

    #[test]
    fn a_flipped_bit_is_one_bit_of_one_byte() {
        for other in flipped("Taxi 车") {
            let pairs = other.bytes().zip("Taxi 车".bytes());
            let bits: u32 = pairs.map(|(one, two)| (one ^ two).count_ones()).sum();
            assert_eq!(bits, 1, "{other}");
        }
    }

    #[test]
    fn quotes_and_lines_break_a_text_up() {
        assert_eq!(broken_up("a\nb"), ["a"]);
        assert_eq!(broken_up("a \"b\""), ["a \"\"b\"\"", "a b"]);
        assert!(broken_up("plain").is_empty());
    }
}
