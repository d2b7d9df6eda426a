//! Currencies: their codes, their minor units and the signs that people write for them.

use std::fmt;
use std::str::FromStr;

use iso_currency::Currency;

/// Gives the number of decimals of a currency's minor unit: 2 for CNY, 0 for JPY, 3 for KWD.
///
/// `None` where ISO 4217 has no such code (codes are in upper case), or no minor unit for it (gold).
pub fn minor_units(code: &str) -> Option<u8> {
    Currency::from_code(code)?.exponent()?.try_into().ok()
}

/// Is a code of ISO 4217.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CurrencyCode(Currency);

impl CurrencyCode {
    /// Gives the three letters.
    pub fn as_str(&self) -> &'static str {
        self.0.code()
    }

    /// Gives the number of decimals of the minor unit, where there is one.
    pub fn minor_units(self) -> Option<u8> {
        self.0.exponent()?.try_into().ok()
    }
}

impl fmt::Display for CurrencyCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Says that a text is no currency code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{code}` is no currency code of ISO 4217")]
pub struct UnknownCurrency {
    /// What stands in its place.
    pub code: String,
}

impl FromStr for CurrencyCode {
    type Err = UnknownCurrency;

    fn from_str(code: &str) -> Result<CurrencyCode, UnknownCurrency> {
        let unknown = || UnknownCurrency {
            code: code.to_owned(),
        };
        Currency::from_code(code)
            .map(CurrencyCode)
            .ok_or_else(unknown)
    }
}

const DOLLARS: &[&str] = &[
    "USD", "AUD", "BBD", "BMD", "BND", "BSD", "BZD", "CAD", "FJD", "GYD", "HKD", "JMD", "KYD",
    "LRD", "NAD", "NZD", "SBD", "SGD", "SRD", "TTD", "TWD", "XCD", "ARS", "CLP", "COP", "CUP",
    "DOP", "MXN", "UYU",
];
const POUNDS: &[&str] = &[
    "GBP", "EGP", "FKP", "GIP", "LBP", "SDG", "SHP", "SSP", "SYP",
];

/// Gives the currencies that a sign can stand for; `None` where it is no currency sign.
pub(crate) fn codes_of_sign(sign: char) -> Option<&'static [&'static str]> {
    Some(match sign {
        '$' => DOLLARS,
        '¥' => &["CNY", "JPY"],
        '元' | '圆' => &["CNY", "HKD", "MOP", "TWD"],
        '圓' => &["HKD", "MOP", "TWD", "JPY"],
        '円' => &["JPY"],
        '£' => POUNDS,
        '€' => &["EUR"],
        '₹' => &["INR"],
        '₩' => &["KRW", "KPW"],
        '₽' => &["RUB"],
        '฿' => &["THB"],
        '₫' => &["VND"],
        '₺' => &["TRY"],
        '₴' => &["UAH"],
        '₪' => &["ILS"],
        '₱' => &["PHP"],
        '₦' => &["NGN"],
        '₸' => &["KZT"],
        '₮' => &["MNT"],
        '₭' => &["LAK"],
        '₾' => &["GEL"],
        '₼' => &["AZN"],
        '₡' => &["CRC"],
        '₲' => &["PYG"],
        '₵' => &["GHS"],
        '៛' => &["KHR"],
        _ => return None,
    })
}

/// Gives the currencies of letters that stand before a sign, such as the `HK` of `HK$`.
pub(crate) fn codes_of_prefixed_sign(letters: &str, sign: char) -> Option<&'static [&'static str]> {
    Some(match (letters, sign) {
        ("US", '$') => &["USD"],
        ("A" | "AU", '$') => &["AUD"],
        ("C" | "CA", '$') => &["CAD"],
        ("HK", '$') => &["HKD"],
        ("MX", '$') => &["MXN"],
        ("NT", '$') => &["TWD"],
        ("NZ", '$') => &["NZD"],
        ("S", '$') => &["SGD"],
        ("R", '$') => &["BRL"],
        ("CN", '¥') => &["CNY"],
        ("JP", '¥') => &["JPY"],
        _ => return None,
    })
}

/// Gives the code that letters stand for: one of ISO 4217, or `RMB`, which people write for CNY.
pub(crate) fn code_of_letters(letters: &str) -> Option<&'static str> {
    let code = if letters == "RMB" { "CNY" } else { letters };
    Some(Currency::from_code(code)?.code())
}
