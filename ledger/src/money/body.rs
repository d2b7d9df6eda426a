//! The run of digits and separators, and what the separators mean.

use super::cursor::{Cursor, plain_form};
use super::error::shown;
use super::parse::{DecimalSign, MoneyFormat};
use super::{DIGITS_MAX, Decimal, MoneyError, power_of_ten};

/// Is the run of digits and separators, with what one look at it tells.
pub(super) struct Body<'a> {
    /// The whole text, for messages.
    text: &'a str,
    pub(super) digits: &'a str,
    /// Position behind it, as the cursor counts.
    pub(super) end: usize,
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
    pub(super) fn read(cursor: &mut Cursor<'a>) -> Body<'a> {
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
    pub(super) fn refuse_other_notation(
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

    pub(super) fn value(
        &self,
        scale: Option<u8>,
        format: &MoneyFormat,
    ) -> Result<Decimal, MoneyError> {
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
