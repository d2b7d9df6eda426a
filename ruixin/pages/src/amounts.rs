//! Amounts as people type them.

use ruixin_service::language::Words;

use crate::words;

/// Reads an amount as people type it: digits of either width, thousands apart by commas or blanks, a
/// sign of yuan before it.
///
/// # Errors
///
/// What is wrong, as words.
pub fn amount_of(text: &str) -> Result<i64, Words> {
    let narrow = |one: char| match one {
        '０'..='９' => u32::from(one)
            .checked_sub(u32::from('０'))
            .and_then(|digit| char::from_digit(digit, 10))
            .unwrap_or(one),
        '．' | '。' => '.',
        '，' => ',',
        _ => one,
    };
    let text: String = text.trim().chars().map(narrow).collect();
    let text = text.trim_start_matches(['¥', '￥']).trim();
    let text: String = text
        .trim_end_matches('元')
        .chars()
        .filter(|one| *one != ',' && !one.is_whitespace())
        .collect();
    if text.is_empty() {
        return Err(words::AMOUNT_MISSING);
    }
    let (whole, places) = text.split_once('.').unwrap_or((&text, ""));
    let is_digits = |text: &str| text.bytes().all(|one| one.is_ascii_digit());
    if !is_digits(whole) || !is_digits(places) || (whole.is_empty() && places.is_empty()) {
        return Err(words::AMOUNT_UNREADABLE);
    }
    let places = places.trim_end_matches('0');
    if places.len() > 2 {
        return Err(words::AMOUNT_TOO_FINE);
    }
    let whole = whole.trim_start_matches('0');
    if whole.len() > 11 {
        return Err(words::AMOUNT_HUGE);
    }
    match format!("{whole}{places:0<2}").parse() {
        Ok(0) => Err(words::AMOUNT_ZERO),
        Ok(fen) => Ok(fen),
        Err(_) => Err(words::AMOUNT_UNREADABLE),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_as_people_type_them_or_refused_in_words() {
        let good = [
            ("100", 10_000),
            (" 1,234.5 ", 123_450),
            ("0.01", 1),
            (".5", 50),
            ("5.", 500),
            ("007", 700),
            ("１００．５０", 10_050),
            ("¥ 12 元", 1_200),
            ("￥1，000。25", 100_025),
            ("1.2300", 123),
            ("99999999999.99", 9_999_999_999_999),
        ];
        for (text, fen) in good {
            assert_eq!(amount_of(text), Ok(fen), "{text}");
        }
        let bad = [
            ("", words::AMOUNT_MISSING),
            ("  ", words::AMOUNT_MISSING),
            ("元", words::AMOUNT_MISSING),
            ("abc", words::AMOUNT_UNREADABLE),
            ("-5", words::AMOUNT_UNREADABLE),
            ("1e3", words::AMOUNT_UNREADABLE),
            ("1.2.3", words::AMOUNT_UNREADABLE),
            (".", words::AMOUNT_UNREADABLE),
            ("<b>", words::AMOUNT_UNREADABLE),
            ("1.234", words::AMOUNT_TOO_FINE),
            ("0", words::AMOUNT_ZERO),
            ("0.00", words::AMOUNT_ZERO),
            ("100000000000", words::AMOUNT_HUGE),
        ];
        for (text, says) in bad {
            assert_eq!(amount_of(text), Err(says), "{text}");
        }
    }
}
