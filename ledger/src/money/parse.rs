//! Reads an amount as people and programs write it.
//!
//! An amount is a run of digits with separators, the *body*, and marks before and after it: a sign,
//! parentheses, CR or DR, a currency. Marks come in any order with blanks between them; of signs,
//! parentheses and CR/DR only one may say on which side of zero the amount is.
//!
//! What the separators in the body mean, unless the format says which sign is the decimal one:
//!
//! | in the body | meaning |
//! |---|---|
//! | blanks, apostrophes | they group |
//! | one kind that groups, then one `.` or `,` | the last is the decimal sign: `1,234.5`, `1.234,5`, `1 234,5` |
//! | the same `.` or `,` twice or more | it groups |
//! | one `.` alone | the decimal point: programs write it so, with any number of decimals. But `1.234` is refused where the scale is below 3 or unknown: it can be 1234, and it can be 1 and 234 thousandths |
//! | one `,` alone | it groups: `1,234`. A decimal comma would have three decimals, more than the scale; where the scale is 3 or more, or unknown, it is refused. `12,34` and `1234,56` are bad groups: a book with decimal commas must say so |
//!
//! Groups are threes (`1,234,567`), Indian lakhs (`12,34,567`, with commas) or ten-thousands
//! (`1,2345,6789`, with at least two commas). Decimals beyond the scale must be zeros.

use super::body::Body;
use super::cursor::Cursor;
use super::error::shown;
use super::marks::Marks;
use super::plain::read_plain;
use super::{Decimal, MoneyError};
use crate::currency::CurrencyCode;

/// Says how a book writes its amounts, where that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MoneyFormat {
    /// The decimal sign; where it is `None` each amount must show it, or be refused.
    pub decimal: Option<DecimalSign>,
    /// Whether CR (贷) is below zero and DR (借) above it, or the other way round.
    pub credit_is_negative: bool,
    /// The currency that all amounts are in: another one beside an amount is an error.
    pub currency: Option<CurrencyCode>,
}

/// Is the sign between an amount's whole units and its decimals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DecimalSign {
    /// `.`
    Point,
    /// `,`
    Comma,
}

impl MoneyFormat {
    /// Is the format that [`parse_money`] reads: the decimal sign must show, CR is below zero, and
    /// any currency may stand beside the amount.
    pub const DEFAULT: MoneyFormat = MoneyFormat {
        decimal: None,
        credit_is_negative: true,
        currency: None,
    };
}

impl Default for MoneyFormat {
    fn default() -> MoneyFormat {
        MoneyFormat::DEFAULT
    }
}

/// Reads an amount in the default format; see [`parse_money_as`].
///
/// ```
/// use ledger::{MoneyError, parse_money};
///
/// assert_eq!(parse_money("(1,234.5)", Some(2))?.to_string(), "-1234.50");
/// assert!(matches!(parse_money("1.234", Some(2)), Err(MoneyError::Ambiguous { .. })));
/// # Ok::<(), MoneyError>(())
/// ```
///
/// # Errors
///
/// Whatever is ambiguous or would lose a digit; see [`MoneyError`].
#[inline]
pub fn parse_money(text: &str, scale: Option<u8>) -> Result<Decimal, MoneyError> {
    parse_money_as(text, scale, &MoneyFormat::DEFAULT)
}

/// Reads an amount exactly at the scale that is asked for, or without one as it is written.
///
/// It reads plain numbers; minus and plus signs before or after (also `−` and `－`); parentheses for
/// amounts below zero; CR and DR, Cr and Dr, 贷 and 借 before or after; currency signs and codes
/// before or after; thousands separators (`,` `.` `'` `’` and blanks); full-width digits and signs;
/// and blanks around all of these.
///
/// # Errors
///
/// Whatever is ambiguous or would lose a digit; see [`MoneyError`].
#[inline]
pub fn parse_money_as(
    text: &str,
    scale: Option<u8>,
    format: &MoneyFormat,
) -> Result<Decimal, MoneyError> {
    if format.decimal != Some(DecimalSign::Comma) {
        let bytes = text.as_bytes();
        // Padded fields are common; they are worth a second try before the long way.
        let plain = read_plain(bytes, scale).or_else(|| read_plain(bytes.trim_ascii(), scale));
        if let Some(amount) = plain {
            return Ok(amount);
        }
    }
    read_marked(text, scale, format)
}

/// Gives the currencies that the marks beside an amount can stand for, as codes of ISO 4217: one for
/// `€5` and `USD 5`, many for `$5`. None where no currency stands beside it, or the marks make no
/// sense.
///
/// ```
/// use ledger::currencies_beside;
///
/// assert_eq!(currencies_beside("5.00 EUR"), ["EUR"]);
/// assert_eq!(currencies_beside("¥5"), ["CNY", "JPY"]);
/// assert!(currencies_beside("5.00").is_empty());
/// ```
pub fn currencies_beside(text: &str) -> Vec<&'static str> {
    let mut cursor = Cursor::new(text);
    let mut marks = Marks::default();
    if marks
        .read(&mut cursor, None, &MoneyFormat::DEFAULT)
        .is_err()
    {
        return Vec::new();
    }
    let body = Body::read(&mut cursor);
    match marks.read(&mut cursor, Some(&body), &MoneyFormat::DEFAULT) {
        Ok(()) => marks.currencies(),
        Err(_) => Vec::new(),
    }
}

/// Reads everything else: marks, body, marks.
#[cold]
fn read_marked(text: &str, scale: Option<u8>, format: &MoneyFormat) -> Result<Decimal, MoneyError> {
    let mut cursor = Cursor::new(text);
    if cursor.rest.is_empty() {
        return Err(MoneyError::Empty);
    }
    let mut marks = Marks::default();
    marks.read(&mut cursor, None, format)?;
    let body = Body::read(&mut cursor);
    if body.digits.is_empty() {
        return Err(MoneyError::NoDigits { text: shown(text) });
    }
    marks.read(&mut cursor, Some(&body), format)?;
    marks.check_closed(text)?;
    let magnitude = body.value(scale, format)?;
    let signed = if marks.is_negative {
        magnitude.checked_neg()
    } else {
        Some(magnitude)
    };
    Ok(signed.expect("38 digits can take either sign"))
}
