//! What stands before and after the digits: signs, parentheses, CR and DR, currencies.

use super::MoneyError;
use super::body::Body;
use super::cursor::Cursor;
use super::error::shown;
use super::parse::MoneyFormat;
use crate::currency::{code_of_letters, codes_of_prefixed_sign, codes_of_sign};

/// Collects what stands before and after the body.
#[derive(Default)]
pub(super) struct Marks {
    has_sign: bool,
    pub(super) is_negative: bool,
    /// Where a parenthesis opens that is not closed yet.
    open: Option<usize>,
    /// The currencies that the first currency mark can stand for.
    currency: Option<Codes>,
    /// Those of the second mark, which shares one with the first.
    second: Option<Codes>,
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
    pub(super) fn read(
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
            Some(first) if self.second.is_none() && first.share_one_with(&codes) => {
                self.second = Some(codes)
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

    /// Gives the currencies that all marks together can stand for; none where there is no mark.
    pub(super) fn currencies(&self) -> Vec<&'static str> {
        let Some(first) = &self.currency else {
            return Vec::new();
        };
        let is_shared = |code: &&'static str| {
            let second = self.second.as_ref();
            second.is_none_or(|second| second.list().contains(code))
        };
        first.list().iter().copied().filter(is_shared).collect()
    }

    pub(super) fn check_closed(&self, text: &str) -> Result<(), MoneyError> {
        match self.open {
            Some(at) => Err(MoneyError::LoneParenthesis {
                text: shown(text),
                at,
            }),
            None => Ok(()),
        }
    }
}
