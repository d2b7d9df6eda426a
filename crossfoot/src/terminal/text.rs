//! Text on a screen: escaped, clipped, wrapped, and as wide as the screen shows it.

use super::Style;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Gives the number of screen columns that a text takes.
pub(super) fn width(text: &str) -> usize {
    UnicodeWidthStr::width(text)
}

fn width_of(letter: char) -> usize {
    UnicodeWidthChar::width(letter).unwrap_or(0)
}

/// Gives a text of a book with everything that a screen would obey or hide written out: control
/// characters and terminal escapes, marks that turn the direction of writing, blanks of no width.
/// A backslash is doubled, so that nothing written out can be taken for text.
pub(crate) fn escaped(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\\' => shown.push_str("\\\\"),
            '\n' => shown.push_str("\\n"),
            '\r' => shown.push_str("\\r"),
            '\t' => shown.push_str("\\t"),
            unseen if is_unseen(unseen) => shown.extend(unseen.escape_unicode()),
            seen => shown.push(seen),
        }
    }
    shown
}

/// Gives a path or a sentence with control characters written out, and nothing else changed.
pub(crate) fn plain(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for letter in text.chars() {
        match is_unseen(letter) {
            true => shown.extend(letter.escape_unicode()),
            false => shown.push(letter),
        }
    }
    shown
}

/// Gives a text as it may be written to a screen: its lines, tabs and our own colours, and all
/// else that a screen would obey written out. The last guard: what is written has been through
/// [`escaped`] or [`plain`] before, piece by piece.
pub(crate) fn guarded(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        let colour = colour(rest);
        let taken = colour.unwrap_or(letter.len_utf8());
        let (piece, after) = rest.split_at(taken);
        match colour.is_some() || matches!(letter, '\n' | '\t') || !is_unseen(letter) {
            true => shown.push_str(piece),
            false => shown.extend(letter.escape_unicode()),
        }
        rest = after;
    }
    shown
}

/// The length of the colour that a text begins with: `ESC [`, numbers, `m`.
fn colour(text: &str) -> Option<usize> {
    let numbers = text.strip_prefix("\u{1b}[")?;
    let end = numbers.find(|letter: char| !letter.is_ascii_digit() && letter != ';')?;
    numbers.get(end..)?.starts_with('m').then_some(end + 3)
}

/// Says whether a character would be obeyed or hidden by a screen rather than shown.
pub(crate) fn is_unseen(letter: char) -> bool {
    let is_blank = letter.is_whitespace() && letter != ' ' && letter != '\u{3000}';
    letter.is_control()
        || is_blank
        || matches!(
            letter,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
                | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
                | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}'
                | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}'
        )
}

/// Gives a value of a record: escaped, and in quotes where its ends could not be seen or where it
/// could be taken for NULL.
pub(super) fn value(text: Option<&str>, null: &str) -> String {
    let Some(text) = text else {
        return null.to_owned();
    };
    let has_blank_end =
        text.starts_with(char::is_whitespace) || text.ends_with(char::is_whitespace);
    if text.is_empty() || has_blank_end || text == null || text.starts_with('"') {
        return format!("\"{}\"", escaped(text).replace('"', "\\\""));
    }
    escaped(text)
}

/// Gives an amount with separators between its thousands; what is no plain decimal stays as it is.
pub(crate) fn amount(text: &str) -> String {
    let (sign, rest) = match text.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", text),
    };
    let (whole, fraction) = match rest.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (rest, None),
    };
    let is_number = |digits: &str| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    if !is_number(whole) || !fraction.is_none_or(is_number) {
        return escaped(text);
    }
    let mut shown = sign.to_owned();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            shown.push(',');
        }
        shown.push(digit);
    }
    if let Some(fraction) = fraction {
        shown.push('.');
        shown.push_str(fraction);
    }
    shown
}

/// Gives the beginning of a text that fits into `room` columns, its end replaced by the ellipsis
/// where it does not.
pub(crate) fn clipped(text: &str, room: usize, style: &Style) -> String {
    if width(text) <= room {
        return text.to_owned();
    }
    let ellipsis = style.ellipsis();
    let mut shown = prefix(text, room.saturating_sub(width(ellipsis))).to_owned();
    shown.push_str(ellipsis);
    shown
}

/// Gives two values, each clipped to `room` columns around the first place on which they differ.
pub(super) fn clipped_apart(left: &str, right: &str, room: usize, style: &Style) -> [String; 2] {
    if width(left) <= room && width(right) <= room {
        return [left.to_owned(), right.to_owned()];
    }
    let same: usize = left
        .chars()
        .zip(right.chars())
        .take_while(|(a, b)| a == b)
        .map(|(letter, _)| letter.len_utf8())
        .sum();
    let before = left.get(..same).unwrap_or_default();
    if width(before) + 8 <= room {
        return [left, right].map(|text| clipped(text, room, style));
    }
    // Some of what is the same stays, to tell the place.
    let kept = suffix(before, room / 3);
    let start = same.saturating_sub(kept.len());
    let rest = room.saturating_sub(width(style.ellipsis()));
    [left, right].map(|text| {
        let tail = text.get(start..).unwrap_or_default();
        format!("{}{}", style.ellipsis(), clipped(tail, rest, style))
    })
}

/// The longest beginning of a text that takes no more than `room` columns.
fn prefix(text: &str, room: usize) -> &str {
    let mut taken = 0;
    for (at, letter) in text.char_indices() {
        taken += width_of(letter);
        if taken > room {
            return text.get(..at).unwrap_or_default();
        }
    }
    text
}

/// The longest end of a text that takes no more than `room` columns.
fn suffix(text: &str, room: usize) -> &str {
    let mut taken = 0;
    for (at, letter) in text.char_indices().rev() {
        taken += width_of(letter);
        if taken > room {
            return text.get(at + letter.len_utf8()..).unwrap_or_default();
        }
    }
    text
}

/// Breaks a sentence into lines of at most `room` columns: at blanks, beside wide characters, and
/// within a word only where it is longer than a line.
pub(crate) fn wrapped(text: &str, room: usize) -> Vec<String> {
    let room = room.max(8);
    let mut lines = Vec::new();
    let mut line = String::new();
    for piece in pieces(text) {
        if width(line.trim_end()) > 0 && width(&line) + width(piece.trim_end()) > room {
            lines.push(std::mem::take(&mut line).trim_end().to_owned());
        }
        let mut rest = if line.is_empty() && !lines.is_empty() {
            piece.trim_start()
        } else {
            piece
        };
        while width(rest.trim_end()) > room {
            let head = prefix(rest, room);
            lines.push(head.to_owned());
            rest = rest.get(head.len()..).unwrap_or_default();
        }
        line.push_str(rest);
    }
    if !line.trim_end().is_empty() || lines.is_empty() {
        lines.push(line.trim_end().to_owned());
    }
    lines
}

/// The pieces that a line may end after: words with the blanks behind them, wide characters with
/// the marks behind them.
fn pieces(text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut start = 0;
    let mut before: Option<char> = None;
    for (at, letter) in text.char_indices() {
        if before.is_some_and(|before| may_break(before, letter)) {
            pieces.extend(text.get(start..at));
            start = at;
        }
        before = Some(letter);
    }
    pieces.extend(text.get(start..));
    pieces
}

fn may_break(before: char, after: char) -> bool {
    // Marks that close a clause never begin a line.
    let closes = matches!(
        after,
        '，' | '。' | '；' | '：' | '、' | '）' | '！' | '？' | '”'
    );
    let opens = matches!(before, '（' | '“');
    let is_wide = |letter: char| width_of(letter) == 2;
    let after_blank = before == ' ' && after != ' ';
    after_blank || (!closes && !opens && after != ' ' && (is_wide(before) || is_wide(after)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::Language;

    const STYLE: Style = Style {
        language: Language::En,
        width: 80,
        colour: false,
        unicode: true,
    };

    #[test]
    fn nothing_of_a_book_reaches_the_screen_as_an_order() {
        let table = [
            ("plain 水电费", "plain 水电费"),
            (
                "\u{1b}[2J\u{1b}]0;title\u{7}",
                "\\u{1b}[2J\\u{1b}]0;title\\u{7}",
            ),
            ("\u{9b}31m", "\\u{9b}31m"),
            ("a\nb\tc\rd", "a\\nb\\tc\\rd"),
            ("a\\nb", "a\\\\nb"),
            ("\u{202e}gpj.exe", "\\u{202e}gpj.exe"),
            ("1\u{a0}000", "1\\u{a0}000"),
            ("zero\u{200b}width\u{feff}", "zero\\u{200b}width\\u{feff}"),
            ("line\u{2028}separator", "line\\u{2028}separator"),
        ];
        for (text, shown) in table {
            assert_eq!(escaped(text), shown);
        }
    }

    #[test]
    fn only_lines_and_colours_are_orders_to_the_screen() {
        let table = [
            ("a\n\tb\n", "a\n\tb\n"),
            ("\u{1b}[1;31mred\u{1b}[0m", "\u{1b}[1;31mred\u{1b}[0m"),
            ("\u{1b}[2J", "\\u{1b}[2J"),
            ("\u{1b}]0;title\u{7}", "\\u{1b}]0;title\\u{7}"),
            ("\u{1b}[31", "\\u{1b}[31"),
            ("a\rb\u{9b}31m\u{202e}c", "a\\u{d}b\\u{9b}31m\\u{202e}c"),
        ];
        for (text, shown) in table {
            assert_eq!(guarded(text), shown);
        }
    }

    #[test]
    fn the_ends_of_a_value_can_be_seen() {
        let table = [
            (None, "NULL"),
            (Some("NULL"), "\"NULL\""),
            (Some(""), "\"\""),
            (Some("a "), "\"a \""),
            (Some("\u{3000}a"), "\"\u{3000}a\""),
            (Some("a b"), "a b"),
            (Some("\"a\""), "\"\\\"a\\\"\""),
        ];
        for (text, shown) in table {
            assert_eq!(value(text, "NULL"), shown);
        }
    }

    #[test]
    fn amounts_keep_every_digit() {
        let table = [
            ("0.00", "0.00"),
            ("-0.01", "-0.01"),
            ("1234567.8900", "1,234,567.8900"),
            ("-100", "-100"),
            ("-1000", "-1,000"),
            ("9007199254740993", "9,007,199,254,740,993"),
            ("1e5", "1e5"),
            ("1.2.3", "1.2.3"),
            ("-", "-"),
            ("", ""),
            (".5", ".5"),
            ("\u{1b}[1m", "\\u{1b}[1m"),
        ];
        for (text, shown) in table {
            assert_eq!(amount(text), shown);
        }
    }

    #[test]
    fn clipping_counts_wide_characters_twice() {
        assert_eq!(clipped("水电费", 6, &STYLE), "水电费");
        assert_eq!(clipped("水电费", 5, &STYLE), "水电…");
        assert_eq!(clipped("水电费", 4, &STYLE), "水…");
        let ascii = Style {
            unicode: false,
            ..STYLE
        };
        assert_eq!(clipped("abcdefgh", 7, &ascii), "abcd...");
    }

    #[test]
    fn two_long_values_are_clipped_to_where_they_differ() {
        let left = format!("{}A{}", "x".repeat(40), "y".repeat(40));
        let right = left.replace('A', "B");
        let shown = clipped_apart(&left, &right, 20, &STYLE);
        assert_eq!(shown, ["…xxxxxxAyyyyyyyyyyy…", "…xxxxxxByyyyyyyyyyy…"]);
        assert_eq!(clipped_apart("a", "b", 20, &STYLE), ["a", "b"]);
        let longer = format!("{left}z");
        assert_eq!(
            clipped_apart(&left, &longer, 20, &STYLE),
            ["…yyyyyy", "…yyyyyyz"]
        );
    }

    #[test]
    fn lines_end_at_blanks_and_beside_wide_characters() {
        let table: [(&str, usize, &[&str]); 6] = [
            ("one two three", 8, &["one two", "three"]),
            (
                "差错不能解释两边账的差额。",
                12,
                &["差错不能解释", "两边账的差", "额。"],
            ),
            ("见evidence里", 10, &["见evidence", "里"]),
            ("abcdefghijklmnop", 10, &["abcdefghij", "klmnop"]),
            ("", 10, &[""]),
            ("a  b", 10, &["a  b"]),
        ];
        for (text, room, lines) in table {
            assert_eq!(wrapped(text, room), lines, "{text}");
        }
    }
}
