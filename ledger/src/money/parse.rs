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

use super::error::shown;
use super::{DIGITS_MAX, Decimal, MoneyError, POWERS_OF_TEN, power_of_ten};
use crate::currency::{CurrencyCode, code_of_letters, codes_of_prefixed_sign, codes_of_sign};

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
    if format.decimal != Some(DecimalSign::Comma)
        && let Some(plain) = read_plain(text.as_bytes(), scale)
    {
        return Ok(plain);
    }
    read_marked(text, scale, format)
}

/// Reads what [`Decimal`] displays and nothing else, up to the last of its 128 bits.
pub(super) fn parse_displayed(text: &str) -> Result<Decimal, MoneyError> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, decimals) = digits.split_once('.').unwrap_or((digits, "0"));
    let unknown = |at: usize, found: char| MoneyError::UnknownCharacter {
        text: shown(text),
        found,
        at,
    };
    if text.is_empty() {
        return Err(MoneyError::Empty);
    }
    if whole.is_empty() || decimals.is_empty() {
        return Err(MoneyError::NoDigits { text: shown(text) });
    }
    let too_many = || MoneyError::TooManyDigits {
        text: shown(text),
        digits: digits.len(),
    };
    let mut value = Decimal::ZERO;
    let mut has_point = false;
    // Below zero there is room for one more amount than above.
    for (index, byte) in text.char_indices() {
        match byte {
            '-' if index == 0 => continue,
            '.' if !has_point => has_point = true,
            '0'..='9' => {
                let digit = i128::from(byte.to_digit(10).unwrap_or(0));
                let longer = value
                    .mantissa
                    .checked_mul(10)
                    .and_then(|tens| tens.checked_sub(digit));
                value.mantissa = longer.ok_or_else(too_many)?;
                value.scale = value
                    .scale
                    .checked_add(u8::from(has_point))
                    .ok_or_else(too_many)?;
            }
            other => return Err(unknown(index.saturating_add(1), other)),
        }
    }
    if digits.len() == text.len() {
        value.checked_neg().ok_or_else(too_many)
    } else {
        Ok(value)
    }
}

/// Reads the plain form within 64 bits; `None` sends everything else down the long way.
#[inline]
#[expect(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "at most 19 digits, which 64 bits hold; indexes and shifts are below 20"
)]
fn read_plain(bytes: &[u8], scale: Option<u8>) -> Option<Decimal> {
    let (is_negative, digits) = match bytes {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    if digits.len() > 19 {
        return None;
    }
    let mut value = 0_u64;
    let mut point = None;
    for (index, byte) in digits.iter().enumerate() {
        let digit = byte.wrapping_sub(b'0');
        if digit <= 9 {
            value = value * 10 + u64::from(digit);
        } else if *byte == b'.' && point.is_none() {
            point = Some(index);
        } else {
            return None;
        }
    }
    let whole = point.unwrap_or(digits.len());
    let decimals = point.map_or(0, |point| digits.len() - point - 1);
    if whole == 0 || (decimals == 0 && point.is_some()) {
        return None;
    }
    let decimals = u8::try_from(decimals).ok()?;
    let could_be_a_thousand = decimals == 3 && whole <= 3 && digits[0] != b'0';
    if could_be_a_thousand && scale.is_none_or(|scale| scale < 3) {
        return None;
    }
    let scale = scale.unwrap_or(decimals);
    let magnitude = if scale >= decimals {
        let factor = *POWERS_OF_TEN
            .get(usize::from(scale - decimals))
            .filter(|_| scale - decimals <= 19)?;
        i128::from(value) * factor
    } else {
        let divisor = SMALL_POWERS_OF_TEN[usize::from(decimals - scale)];
        if value % divisor != 0 {
            return None;
        }
        i128::from(value / divisor)
    };
    Some(Decimal::new(
        if is_negative { -magnitude } else { magnitude },
        scale,
    ))
}

const SMALL_POWERS_OF_TEN: [u64; 20] = small_powers_of_ten();

#[expect(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "evaluated while compiling, where an overflow is an error"
)]
const fn small_powers_of_ten() -> [u64; 20] {
    let mut powers = [1; 20];
    let mut exponent = 1;
    while exponent < powers.len() {
        powers[exponent] = powers[exponent - 1] * 10;
        exponent += 1;
    }
    powers
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

/// Walks over a text, character by character.
struct Cursor<'a> {
    text: &'a str,
    rest: &'a str,
    /// Position of the next character, counted from 1.
    at: usize,
}

impl<'a> Cursor<'a> {
    fn new(text: &'a str) -> Cursor<'a> {
        let rest = text.trim_start();
        let blanks = text.chars().count().saturating_sub(rest.chars().count());
        Cursor {
            text,
            rest: rest.trim_end(),
            at: blanks.saturating_add(1),
        }
    }

    fn peek(&self) -> Option<char> {
        self.rest.chars().next().map(plain_form)
    }

    fn peek_second(&self) -> Option<char> {
        self.rest.chars().nth(1).map(plain_form)
    }

    fn bump(&mut self) {
        let mut characters = self.rest.chars();
        characters.next();
        self.rest = characters.as_str();
        self.at = self.at.saturating_add(1);
    }

    /// Takes the characters that are letters in their plain form.
    fn take_letters(&mut self) -> String {
        let mut letters = String::new();
        while let Some(letter) = self.peek().filter(char::is_ascii_alphabetic) {
            letters.push(letter);
            self.bump();
        }
        letters
    }

    fn is_followed_by_digit(&self) -> bool {
        self.peek_second().is_some_and(|next| next.is_ascii_digit())
    }
}

/// Gives the ASCII character that a full-width or typographic one stands for.
fn plain_form(character: char) -> char {
    match character {
        character if character.is_ascii() => character,
        '\u{ff01}'..='\u{ff5e}' => {
            let ascii = u32::from(character).saturating_sub(0xff01 - 0x21);
            char::from_u32(ascii).unwrap_or(character)
        }
        '\u{2212}' | '\u{fe63}' => '-',
        '\u{2019}' => '\'',
        '\u{a0}' | '\u{2007}' | '\u{2009}' | '\u{202f}' | '\u{3000}' => ' ',
        '￥' => '¥',
        '￡' => '£',
        '￦' => '₩',
        other => other,
    }
}

/// Collects what stands before and after the body.
#[derive(Default)]
struct Marks {
    has_sign: bool,
    is_negative: bool,
    /// Where a parenthesis opens that is not closed yet.
    open: Option<usize>,
    /// The currencies that the first currency mark can stand for.
    currency: Option<Codes>,
    has_two_currencies: bool,
}

/// Lists the currencies that a mark can stand for.
#[derive(Clone, Copy)]
enum Codes {
    One(&'static str),
    Some(&'static [&'static str]),
}

impl Codes {
    fn list(&self) -> &[&'static str] {
        match self {
            Codes::One(code) => std::slice::from_ref(code),
            Codes::Some(codes) => codes,
        }
    }

    fn share_one_with(&self, other: &Codes) -> bool {
        self.list().iter().any(|code| other.list().contains(code))
    }
}

impl Marks {
    /// Reads marks up to the body, or with a body those after it.
    fn read(
        &mut self,
        cursor: &mut Cursor<'_>,
        body: Option<&Body<'_>>,
        format: &MoneyFormat,
    ) -> Result<(), MoneyError> {
        while let Some(next) = cursor.peek() {
            let (text, at) = (cursor.text, cursor.at);
            match next {
                ' ' => cursor.bump(),
                '0'..='9' if body.is_none() => break,
                '0'..='9' => {
                    return Err(MoneyError::TwoNumbers {
                        text: shown(text),
                        at,
                    });
                }
                '.' | ',' | '\'' if body.is_none() && cursor.is_followed_by_digit() => break,
                '.' | ',' | '\'' => {
                    return Err(MoneyError::BadGrouping {
                        text: shown(text),
                        at,
                    });
                }
                '-' | '+' => self.read_sign(cursor, next == '-')?,
                '借' => self.read_sign(cursor, !format.credit_is_negative)?,
                '贷' | '貸' => self.read_sign(cursor, format.credit_is_negative)?,
                '(' if body.is_none() => {
                    self.read_sign(cursor, true)?;
                    self.open = Some(at);
                }
                ')' if body.is_some() && self.open.is_some() => {
                    self.open = None;
                    cursor.bump();
                }
                '(' | ')' => {
                    return Err(MoneyError::LoneParenthesis {
                        text: shown(text),
                        at,
                    });
                }
                letter if letter.is_ascii_alphabetic() => {
                    self.read_letters(cursor, body, format)?
                }
                '∞' => return Err(MoneyError::NotANumber { text: shown(text) }),
                other => match codes_of_sign(other) {
                    Some(codes) => {
                        self.read_currency(text, at, Codes::Some(codes), format)?;
                        cursor.bump();
                    }
                    None if other.is_alphabetic() => {
                        return Err(MoneyError::Letters {
                            text: shown(text),
                            at,
                        });
                    }
                    None => {
                        return Err(MoneyError::UnknownCharacter {
                            text: shown(text),
                            found: other,
                            at,
                        });
                    }
                },
            }
        }
        Ok(())
    }

    fn read_sign(&mut self, cursor: &mut Cursor<'_>, is_negative: bool) -> Result<(), MoneyError> {
        self.set_sign(cursor.text, cursor.at, is_negative)?;
        cursor.bump();
        Ok(())
    }

    fn set_sign(&mut self, text: &str, at: usize, is_negative: bool) -> Result<(), MoneyError> {
        if self.has_sign {
            return Err(MoneyError::TwoSigns {
                text: shown(text),
                at,
            });
        }
        self.has_sign = true;
        self.is_negative = is_negative;
        Ok(())
    }

    fn read_letters(
        &mut self,
        cursor: &mut Cursor<'_>,
        body: Option<&Body<'_>>,
        format: &MoneyFormat,
    ) -> Result<(), MoneyError> {
        let (text, at) = (cursor.text, cursor.at);
        let letters = cursor.take_letters();
        if let Some(body) = body.filter(|body| body.end == at) {
            body.refuse_other_notation(&letters, cursor, at)?;
        }
        if letters.eq_ignore_ascii_case("CR") {
            return self.set_sign(text, at, format.credit_is_negative);
        }
        if letters.eq_ignore_ascii_case("DR") {
            return self.set_sign(text, at, !format.credit_is_negative);
        }
        let sign = cursor.peek().unwrap_or(' ');
        if let Some(codes) = codes_of_prefixed_sign(&letters, sign) {
            cursor.bump();
            return self.read_currency(text, at, Codes::Some(codes), format);
        }
        if let Some(code) = code_of_letters(&letters) {
            return self.read_currency(text, at, Codes::One(code), format);
        }
        let is_named = |name: &&str| letters.eq_ignore_ascii_case(name);
        if ["nan", "inf", "infinity"].iter().any(is_named) {
            return Err(MoneyError::NotANumber { text: shown(text) });
        }
        Err(MoneyError::Letters {
            text: shown(text),
            at,
        })
    }

    /// Takes a currency mark. A second one may say the same, as in `¥5元` or `CNY ¥5`.
    fn read_currency(
        &mut self,
        text: &str,
        at: usize,
        codes: Codes,
        format: &MoneyFormat,
    ) -> Result<(), MoneyError> {
        if let Some(wanted) = format
            .currency
            .filter(|wanted| !codes.list().contains(&wanted.as_str()))
        {
            let wanted = wanted.to_string();
            return Err(MoneyError::OtherCurrency {
                text: shown(text),
                wanted,
                at,
            });
        }
        match self.currency {
            None => self.currency = Some(codes),
            Some(first) if !self.has_two_currencies && first.share_one_with(&codes) => {
                self.has_two_currencies = true
            }
            Some(_) => {
                return Err(MoneyError::TwoCurrencies {
                    text: shown(text),
                    at,
                });
            }
        }
        Ok(())
    }

    fn check_closed(&self, text: &str) -> Result<(), MoneyError> {
        match self.open {
            Some(at) => Err(MoneyError::LoneParenthesis {
                text: shown(text),
                at,
            }),
            None => Ok(()),
        }
    }
}

/// Is the run of digits and separators, with what one look at it tells.
struct Body<'a> {
    /// The whole text, for messages.
    text: &'a str,
    digits: &'a str,
    /// Position behind it, as the cursor counts.
    end: usize,
    starts_with_zero: bool,
    separators: Separators,
    /// Number of digits before the first separator.
    before_first: usize,
    /// Number of digits after the last separator.
    after_last: usize,
}

/// Is a kind of separator; blanks of all widths are one kind, and so are apostrophes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Separator {
    Point,
    Comma,
    Apostrophe,
    Blank,
}

/// Summarises the separators of a body in their order.
#[derive(Default)]
struct Separators {
    count: usize,
    first: Option<(Separator, usize)>,
    last: Option<(Separator, usize)>,
    /// Where one stands that differs from the first and is not the last.
    mixed_at: Option<usize>,
}

/// Says what a body's separators mean.
#[derive(Clone, Copy)]
struct Reading {
    /// The kind that groups, if any does.
    group: Option<Separator>,
    /// Whether the last separator is the decimal sign.
    has_decimals: bool,
}

const GROUPED: fn(Separator) -> Reading = |group| Reading {
    group: Some(group),
    has_decimals: false,
};
const DECIMAL: Reading = Reading {
    group: None,
    has_decimals: true,
};

impl Separators {
    fn add(&mut self, separator: Separator, at: usize) {
        let is_first_kind =
            |last: (Separator, usize)| self.first.is_some_and(|first| first.0 == last.0);
        if self.mixed_at.is_none() {
            self.mixed_at = self
                .last
                .filter(|last| !is_first_kind(*last))
                .map(|last| last.1);
        }
        self.count = self.count.saturating_add(1);
        self.first = self.first.or(Some((separator, at)));
        self.last = Some((separator, at));
    }
}

fn separator(character: char) -> Option<Separator> {
    match character {
        '.' => Some(Separator::Point),
        ',' => Some(Separator::Comma),
        '\'' => Some(Separator::Apostrophe),
        ' ' => Some(Separator::Blank),
        _ => None,
    }
}

impl From<DecimalSign> for Separator {
    fn from(sign: DecimalSign) -> Separator {
        match sign {
            DecimalSign::Point => Separator::Point,
            DecimalSign::Comma => Separator::Comma,
        }
    }
}

impl<'a> Body<'a> {
    /// Takes digits and what separates them, and a decimal sign right behind them.
    fn read(cursor: &mut Cursor<'a>) -> Body<'a> {
        let start = cursor.rest;
        let mut body = Body {
            text: cursor.text,
            digits: "",
            end: cursor.at,
            starts_with_zero: cursor.peek() == Some('0'),
            separators: Separators::default(),
            before_first: 0,
            after_last: 0,
        };
        while let Some(next) = cursor.peek() {
            if next.is_ascii_digit() {
                body.after_last = body.after_last.saturating_add(1);
                cursor.bump();
                continue;
            }
            let ends_the_body = !cursor.is_followed_by_digit();
            match separator(next) {
                Some(kind)
                    if !ends_the_body || matches!(kind, Separator::Point | Separator::Comma) =>
                {
                    body.add_separator(kind, cursor.at);
                    cursor.bump();
                }
                _ => break,
            }
            if ends_the_body {
                break;
            }
        }
        body.end = cursor.at;
        let length = start.len().saturating_sub(cursor.rest.len());
        body.digits = start.get(..length).unwrap_or(start);
        body
    }

    fn add_separator(&mut self, kind: Separator, at: usize) {
        if self.separators.count == 0 {
            self.before_first = self.after_last;
        }
        self.separators.add(kind, at);
        self.after_last = 0;
    }

    /// Refuses `1e7` and `0x1F`, whose letters stand right behind the digits.
    fn refuse_other_notation(
        &self,
        letters: &str,
        cursor: &Cursor<'_>,
        at: usize,
    ) -> Result<(), MoneyError> {
        let has_power = match cursor.peek() {
            Some('0'..='9') => true,
            Some('-' | '+') => cursor.is_followed_by_digit(),
            _ => false,
        };
        if letters.eq_ignore_ascii_case("e") && has_power {
            return Err(MoneyError::Exponent {
                text: shown(self.text),
                at,
            });
        }
        if self.before_first == 0
            && self.after_last == 1
            && self.starts_with_zero
            && letters.starts_with(['x', 'X'])
        {
            return Err(MoneyError::Hexadecimal {
                text: shown(self.text),
            });
        }
        Ok(())
    }

    /// Decides what the separators mean; the table above is this function in words.
    fn reading(&self, scale: Option<u8>, format: &MoneyFormat) -> Result<Reading, MoneyError> {
        let declared = format.decimal.map(Separator::from);
        let (Some((first, first_at)), Some((last, last_at))) =
            (self.separators.first, self.separators.last)
        else {
            return Ok(Reading {
                group: None,
                has_decimals: false,
            });
        };
        let mixed = |at: usize| MoneyError::MixedSeparators {
            text: shown(self.text),
            at,
        };
        if let Some(at) = self.separators.mixed_at {
            return Err(mixed(at));
        }
        if self.after_last == 0 && last != Separator::Point && declared != Some(last) {
            return Err(MoneyError::BadGrouping {
                text: shown(self.text),
                at: last_at,
            });
        }
        let is_decimal_sign = declared.map_or(
            matches!(last, Separator::Point | Separator::Comma),
            |sign| sign == last,
        );
        if first != last {
            let reading = Reading {
                group: Some(first),
                has_decimals: true,
            };
            return if is_decimal_sign {
                Ok(reading)
            } else {
                Err(mixed(last_at))
            };
        }
        match (declared, self.separators.count) {
            (Some(sign), 1) if sign == first => Ok(DECIMAL),
            (Some(sign), _) if sign == first => Err(mixed(last_at)),
            (None, 1) if first == Separator::Point => self.lone_point(scale),
            (None, 1) if first == Separator::Comma => self.lone_comma(scale, first_at),
            _ => Ok(GROUPED(first)),
        }
    }

    fn lone_point(&self, scale: Option<u8>) -> Result<Reading, MoneyError> {
        let could_group = self.looks_like_a_group() && !self.starts_with_zero;
        if could_group && scale.is_none_or(|scale| scale < 3) {
            return Err(self.ambiguous());
        }
        Ok(DECIMAL)
    }

    fn lone_comma(&self, scale: Option<u8>, at: usize) -> Result<Reading, MoneyError> {
        if !self.looks_like_a_group() {
            return Err(MoneyError::BadGrouping {
                text: shown(self.text),
                at,
            });
        }
        if self.starts_with_zero || scale.is_none_or(|scale| scale >= 3) {
            return Err(self.ambiguous());
        }
        Ok(GROUPED(Separator::Comma))
    }

    fn looks_like_a_group(&self) -> bool {
        (1..=3).contains(&self.before_first) && self.after_last == 3
    }

    fn ambiguous(&self) -> MoneyError {
        let only = |keep: fn(char) -> bool| {
            self.digits
                .chars()
                .map(plain_form)
                .filter(|c| keep(*c))
                .collect::<String>()
        };
        MoneyError::Ambiguous {
            text: shown(self.text),
            first: only(|c| c.is_ascii_digit()),
            second: only(|_| true).replace(',', "."),
        }
    }

    fn value(&self, scale: Option<u8>, format: &MoneyFormat) -> Result<Decimal, MoneyError> {
        let reading = self.reading(scale, format)?;
        let decimals = if reading.has_decimals {
            self.after_last
        } else {
            0
        };
        if let Some(group) = reading.group {
            self.check_groups(group, reading.has_decimals)?;
        }
        let too_many = |digits: usize| MoneyError::TooManyDigits {
            text: shown(self.text),
            digits,
        };
        let kept = usize::from(scale.unwrap_or(u8::MAX)).min(decimals);
        let mut digits = Digits::default();
        let lost = decimals.saturating_sub(kept);
        let mut to_keep = self.digit_values().count().saturating_sub(lost);
        for digit in self.digit_values() {
            if to_keep > 0 {
                to_keep = to_keep.saturating_sub(1);
                digits.push(digit);
            } else if digit != 0 {
                let scale = scale.unwrap_or(u8::MAX);
                return Err(MoneyError::ExcessDecimals {
                    text: shown(self.text),
                    decimals,
                    scale,
                });
            }
        }
        let zeros = usize::from(scale.unwrap_or(0)).saturating_sub(kept);
        let wide = if digits.count == 0 {
            0
        } else {
            digits.count.saturating_add(zeros)
        };
        let mantissa = digits
            .value
            .filter(|_| wide <= usize::from(DIGITS_MAX))
            .ok_or_else(|| too_many(wide))?;
        let Some(scale) = scale else {
            let scale = u8::try_from(kept).ok().filter(|kept| *kept <= DIGITS_MAX);
            return Ok(Decimal::new(
                mantissa,
                scale.ok_or_else(|| too_many(decimals))?,
            ));
        };
        let factor = u8::try_from(zeros).ok().and_then(power_of_ten).unwrap_or(1);
        let mantissa = mantissa.checked_mul(factor).ok_or_else(|| too_many(wide))?;
        Ok(Decimal::new(mantissa, scale))
    }

    fn digit_values(&self) -> impl Iterator<Item = u32> {
        self.digits
            .chars()
            .filter_map(|character| plain_form(character).to_digit(10))
    }

    fn check_groups(&self, group: Separator, has_decimals: bool) -> Result<(), MoneyError> {
        let boundaries = self
            .separators
            .count
            .saturating_sub(usize::from(has_decimals));
        let is_separator = |character: char| separator(plain_form(character)).is_some();
        let lengths = self
            .digits
            .split(is_separator)
            .take(boundaries.saturating_add(1));
        let mut groups = Groups::default();
        lengths.for_each(|digits| groups.add(digits.chars().count()));
        if groups.are_in_order(group) {
            return Ok(());
        }
        let at = self.separators.first.map_or(1, |(_, at)| at);
        Err(MoneyError::BadGrouping {
            text: shown(self.text),
            at,
        })
    }
}

/// Summarises the lengths of the groups before the decimal sign.
struct Groups {
    count: usize,
    first: usize,
    last: usize,
    are_threes: bool,
    are_fours: bool,
    /// Whether all between the first and the last have two digits.
    have_twos_between: bool,
}

impl Default for Groups {
    fn default() -> Groups {
        Groups {
            count: 0,
            first: 0,
            last: 0,
            are_threes: true,
            are_fours: true,
            have_twos_between: true,
        }
    }
}

impl Groups {
    fn add(&mut self, length: usize) {
        if self.count == 0 {
            self.first = length;
        } else {
            self.are_threes &= length == 3;
            self.are_fours &= length == 4;
            self.have_twos_between &= self.count == 1 || self.last == 2;
        }
        self.last = length;
        self.count = self.count.saturating_add(1);
    }

    fn are_in_order(&self, separator: Separator) -> bool {
        let western = self.are_threes && (1..=3).contains(&self.first);
        let can_be_other = separator == Separator::Comma && self.count >= 3;
        let indian = self.have_twos_between && self.last == 3 && (1..=2).contains(&self.first);
        let chinese = self.are_fours && (1..=4).contains(&self.first);
        western || (can_be_other && (indian || chinese))
    }
}

/// Adds up digits; the value is gone where there are more than 38 behind the leading zeros.
struct Digits {
    value: Option<i128>,
    count: usize,
}

impl Default for Digits {
    fn default() -> Digits {
        Digits {
            value: Some(0),
            count: 0,
        }
    }
}

impl Digits {
    fn push(&mut self, digit: u32) {
        if self.count == 0 && digit == 0 {
            return;
        }
        self.count = self.count.saturating_add(1);
        let fits = self.count <= usize::from(DIGITS_MAX);
        let tens = self
            .value
            .filter(|_| fits)
            .and_then(|value| value.checked_mul(10));
        self.value = tens.and_then(|tens| tens.checked_add(i128::from(digit)));
    }
}
