//! Amounts: whole fen within, yuan as decimal text outside.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use thiserror::Error;

/// What an account can hold at most, in fen: SQLite keeps 15 digits exactly.
pub const MOST_FEN: i64 = 999_999_999_999_999;
/// What one request can move at most, in fen.
pub const MOST_AT_ONCE_FEN: i64 = 9_999_999_999_999;

/// Is an amount of a request: from 0.01 to 99,999,999,999.99 yuan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Amount(i64);

/// Is what somebody has earned, or lost where it is below zero: from -99,999,999,999.99 to
/// 99,999,999,999.99 yuan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Income(i64);

/// Is an amount of an answer, in fen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Yuan(pub i64);

/// Says why a text is no amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error(
    "an amount is a text from \"0.01\" to \"99999999999.99\", in yuan with at most two decimals"
)]
pub struct AmountError;

/// Says why a text is no income.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error(
    "an income is a text from \"-99999999999.99\" to \"99999999999.99\", in yuan with at most two decimals"
)]
pub struct IncomeError;

const PATTERN: &str = r"^(0|[1-9][0-9]{0,10})(\.[0-9]{1,2})?$";
const INCOME_PATTERN: &str = r"^-?(0|[1-9][0-9]{0,10})(\.[0-9]{1,2})?$";

/// Reads yuan as fen: digits without a needless zero before them, a point and one or two decimals.
fn read(text: &str) -> Option<i64> {
    let (whole, places) = match text.split_once('.') {
        Some((whole, places)) if matches!(places.len(), 1 | 2) => (whole, places),
        Some(_) => return None,
        None => (text, ""),
    };
    let is_whole = matches!(whole.len(), 1..=11) && (whole == "0" || !whole.starts_with('0'));
    let mut digits = whole.bytes().chain(places.bytes());
    if !is_whole || !digits.all(|one| one.is_ascii_digit()) {
        return None;
    }
    format!("{whole}{places:0<2}").parse().ok()
}

impl Income {
    /// Reads yuan, with a minus before them for a loss.
    ///
    /// # Errors
    ///
    /// The text is none, or it is too much.
    pub fn parse(text: &str) -> Result<Income, IncomeError> {
        let (is_below, digits) = match text.strip_prefix('-') {
            Some(digits) => (true, digits),
            None => (false, text),
        };
        let fen = read(digits).ok_or(IncomeError)?;
        Ok(Income(if is_below { fen.saturating_neg() } else { fen }))
    }

    /// Gives the fen.
    pub fn fen(self) -> i64 {
        self.0
    }
}

impl Amount {
    /// Makes an amount of fen.
    ///
    /// # Errors
    ///
    /// It is nothing, less, or too much.
    pub fn from_fen(fen: i64) -> Result<Amount, AmountError> {
        match fen {
            1..=MOST_AT_ONCE_FEN => Ok(Amount(fen)),
            _ => Err(AmountError),
        }
    }

    /// Reads yuan: digits without a needless zero before them, a point and one or two decimals.
    ///
    /// # Errors
    ///
    /// The text is none, or the amount is nothing or too much.
    pub fn parse(text: &str) -> Result<Amount, AmountError> {
        Amount::from_fen(read(text).ok_or(AmountError)?)
    }

    /// Gives the fen, from 1 on.
    pub fn fen(self) -> i64 {
        self.0
    }
}

impl fmt::Display for Yuan {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let fen = self.0.unsigned_abs();
        write!(to, "{sign}{}.{:02}", fen / 100, fen % 100)
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        Yuan(self.0).fmt(to)
    }
}

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Amount, D::Error> {
        let text = <Cow<'de, str>>::deserialize(from)?;
        Amount::parse(&text).map_err(de::Error::custom)
    }
}

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl fmt::Display for Income {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        Yuan(self.0).fmt(to)
    }
}

impl<'de> Deserialize<'de> for Income {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Income, D::Error> {
        let text = <Cow<'de, str>>::deserialize(from)?;
        Income::parse(&text).map_err(de::Error::custom)
    }
}

impl Serialize for Income {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Yuan {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Yuan, D::Error> {
        let text = <Cow<'de, str>>::deserialize(from)?;
        let (is_below, digits) = match text.strip_prefix('-') {
            Some(digits) => (true, digits),
            None => (false, text.as_ref()),
        };
        let (whole, places) = digits.split_once('.').unwrap_or((digits, "00"));
        let fen: Option<i64> = format!("{whole}{places:0<2}").parse().ok();
        let fen = fen.filter(|fen| *fen >= 0 && places.len() <= 2);
        let fen = fen.ok_or_else(|| de::Error::custom(AmountError))?;
        Ok(Yuan(if is_below { fen.saturating_neg() } else { fen }))
    }
}

impl Serialize for Yuan {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl JsonSchema for Amount {
    fn schema_name() -> Cow<'static, str> {
        "Amount".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "pattern": PATTERN,
            "not": { "pattern": r"^0(\.0{1,2})?$" },
            "description": "Yuan (元) with at most two decimals, above zero.",
            "examples": ["12.30"],
        })
    }
}

impl JsonSchema for Income {
    fn schema_name() -> Cow<'static, str> {
        "Income".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "pattern": INCOME_PATTERN,
            "description": "Yuan (元) with at most two decimals, below zero for a loss.",
            "examples": ["12345.67", "0", "-0.01"],
        })
    }
}

impl JsonSchema for Yuan {
    fn schema_name() -> Cow<'static, str> {
        "Yuan".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "pattern": r"^-?[0-9]{1,16}\.[0-9]{2}$",
            "description": "Yuan (元) with two decimals.",
            "examples": ["12.30"],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_is_read_exactly_or_not_at_all() {
        let good = [
            ("0.01", 1),
            ("0.1", 10),
            ("1", 100),
            ("12.30", 1_230),
            ("99999999999.99", MOST_AT_ONCE_FEN),
        ];
        for (text, fen) in good {
            assert_eq!(Amount::parse(text).map(Amount::fen), Ok(fen), "{text}");
        }
        let bad = [
            "",
            "0",
            "0.0",
            "0.00",
            "-1",
            "+1",
            "1.",
            ".5",
            "1.234",
            "01",
            "00.01",
            "1e3",
            "1,000",
            "１",
            "1 ",
            " 1",
            "NaN",
            "100000000000",
            "1.2.3",
            "0x10",
            "9223372036854775808",
            "1.-5",
            "1.+5",
        ];
        for text in bad {
            assert_eq!(Amount::parse(text), Err(AmountError), "{text}");
        }
        assert!(serde_json::from_str::<Amount>("12.3").is_err());
    }

    #[test]
    fn an_income_may_be_nothing_or_below_zero_and_is_bounded() {
        let good = [
            ("0", 0),
            ("-0.00", 0),
            ("-0.01", -1),
            ("12.3", 1_230),
            ("99999999999.99", MOST_AT_ONCE_FEN),
            ("-99999999999.99", -MOST_AT_ONCE_FEN),
        ];
        for (text, fen) in good {
            assert_eq!(Income::parse(text).map(Income::fen), Ok(fen), "{text}");
        }
        for text in [
            "",
            "-",
            "--1",
            "+1",
            "abc",
            "1.",
            "-.5",
            "0.001",
            "9999999999999999.99",
        ] {
            assert_eq!(Income::parse(text), Err(IncomeError), "{text}");
        }
    }

    #[test]
    fn yuan_are_written_with_two_decimals() {
        let table = [
            (0, "0.00"),
            (5, "0.05"),
            (-5, "-0.05"),
            (-1_230, "-12.30"),
            (i64::MIN, "-92233720368547758.08"),
        ];
        for (fen, text) in table {
            assert_eq!(Yuan(fen).to_string(), text);
        }
    }
}
