//! Why a text is no amount.

use thiserror::Error;

/// Says why a text cannot be read as an amount, and where: `at` counts characters from 1.
///
/// The text is shown shortened where it is long.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[expect(missing_docs, reason = "the fields are what the messages name")]
pub enum MoneyError {
    /// There is nothing but blanks.
    #[error("the amount is empty")]
    Empty,
    /// There are signs and no digit.
    #[error("`{text}` has no digits")]
    NoDigits { text: String },
    /// Two amounts could be meant.
    #[error(
        "`{text}` is ambiguous: it can be {first} or {second}, for nothing says which sign is the decimal one"
    )]
    Ambiguous {
        text: String,
        first: String,
        second: String,
    },
    /// More than one sign, parenthesis or CR/DR says on which side of zero it is.
    #[error("`{text}` has a second sign at character {at}")]
    TwoSigns { text: String, at: usize },
    /// A parenthesis has no partner.
    #[error("`{text}` has a parenthesis without its partner at character {at}")]
    LoneParenthesis { text: String, at: usize },
    /// Two currencies that are not the same.
    #[error("`{text}` names a second currency at character {at}")]
    TwoCurrencies { text: String, at: usize },
    /// Another currency than the one that is asked for.
    #[error("`{text}` is not in {wanted}: it names another currency at character {at}")]
    OtherCurrency {
        text: String,
        wanted: String,
        at: usize,
    },
    /// The digits between separators are not groups of any known kind.
    #[error(
        "`{text}` has digits that are not grouped in threes around the separator at character {at}"
    )]
    BadGrouping { text: String, at: usize },
    /// Separators of which none can be the decimal sign, or whose order makes no sense.
    #[error("`{text}` mixes separators: no reading fits the one at character {at}")]
    MixedSeparators { text: String, at: usize },
    /// A number in scientific notation: a float has been here, and digits may be gone.
    #[error(
        "`{text}` has an exponent at character {at}: it was a float, and its digits cannot be trusted"
    )]
    Exponent { text: String, at: usize },
    /// A number to the base of 16.
    #[error("`{text}` is hexadecimal")]
    Hexadecimal { text: String },
    /// What a float calls itself where it is no number.
    #[error("`{text}` is not a number")]
    NotANumber { text: String },
    /// Letters that are neither a currency nor CR or DR.
    #[error("`{text}` has letters that mean nothing in an amount at character {at}")]
    Letters { text: String, at: usize },
    /// A character that has no place in an amount.
    #[error("`{text}` has {found:?} at character {at}, which has no place in an amount")]
    UnknownCharacter {
        text: String,
        found: char,
        at: usize,
    },
    /// More digits after the amount has ended.
    #[error("`{text}` holds a second number at character {at}")]
    TwoNumbers { text: String, at: usize },
    /// Decimals beyond the scale that are not zero.
    #[error("`{text}` has {decimals} decimals, and scale {scale} would lose some")]
    ExcessDecimals {
        text: String,
        decimals: usize,
        scale: u8,
    },
    /// More digits than DECIMAL(38) holds, at the scale that is asked for.
    #[error("`{text}` needs {digits} digits, and an amount has at most 38")]
    TooManyDigits { text: String, digits: usize },
}

/// Shortens a text for a message, which stays on one line.
pub(crate) fn shown(text: &str) -> String {
    const CHARACTERS_MAX: usize = 60;
    // Nearly all are as they stand, and many are made for no one to read.
    let is_plain = |byte: u8| matches!(byte, b' '..=b'~');
    if text.len() <= CHARACTERS_MAX && text.bytes().all(is_plain) {
        return text.to_owned();
    }
    let mut short = String::new();
    for character in text.chars().take(CHARACTERS_MAX) {
        if character.is_control() {
            short.extend(character.escape_debug());
        } else {
            short.push(character);
        }
    }
    if text.chars().nth(CHARACTERS_MAX).is_some() {
        short.push('…');
    }
    short
}
